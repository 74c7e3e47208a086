/* terminal.c - the name of a terminal from its device number.
 *
 * By number and not by a look into /dev: the terminal is gone when its session is, and the one of
 * a container is not in our /dev.
 */
#include "terminal.h"

#include "cleanup.h"

/* As new_encode_dev() of the kernel packs it (include/linux/kdev_t.h). */
unsigned terminal_major(uint32_t tty)
{
	return tty >> 8 & 0xfff;
}

unsigned terminal_minor(uint32_t tty)
{
	return (tty & 0xff) | (tty >> 12 & 0xfff00);
}

int terminal_name(uint32_t tty, struct str *out)
{
	/* Documentation/admin-guide/devices.txt of the kernel. */
	static const struct {
		unsigned major, first, last;	/* minor numbers */
		const char *prefix;
	} drivers[] = {
		{ 4, 0, 63, "tty" },
		{ 4, 64, 255, "ttyS" },
		{ 136, 0, 0xfffff, "pts/" },	/* one major for all since devpts has 20 bits of minor */
		{ 166, 0, 255, "ttyACM" },
		{ 188, 0, 255, "ttyUSB" },
		{ 204, 64, 79, "ttyAMA" },
		{ 229, 0, 255, "hvc" },
	};
	unsigned major = terminal_major(tty), minor = terminal_minor(tty);

	for (size_t i = 0; i < ELEMENTSOF(drivers); i++)
		if (drivers[i].major == major && minor >= drivers[i].first && minor <= drivers[i].last)
			return str_appendf(out, "%s%u", drivers[i].prefix, minor - drivers[i].first);
	return str_appendf(out, "%u:%u", major, minor);
}
