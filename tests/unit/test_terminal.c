#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cleanup.h"
#include "terminal.h"

/* As new_encode_dev() has it. */
#define TTY(major, minor) (((minor) & 0xffu) | (major) << 8 | ((minor) & ~0xffu) << 12)

static void names_terminals(void **state)
{
	static const struct {
		uint32_t tty;
		unsigned major, minor;
		const char *name;
	} cases[] = {
		{ TTY(4, 0), 4, 0, "tty0" },
		{ TTY(4, 63), 4, 63, "tty63" },
		{ TTY(4, 64), 4, 64, "ttyS0" },
		{ TTY(4, 255), 4, 255, "ttyS191" },
		{ TTY(5, 1), 5, 1, "5:1" },
		{ 34816, 136, 0, "pts/0" },		/* as a process of an ssh session shows it */
		{ TTY(136, 255), 136, 255, "pts/255" },
		{ TTY(136, 256), 136, 256, "pts/256" },
		{ TTY(136, 1048575), 136, 1048575, "pts/1048575" },
		{ TTY(204, 63), 204, 63, "204:63" },
		{ TTY(204, 64), 204, 64, "ttyAMA0" },
		{ TTY(188, 2), 188, 2, "ttyUSB2" },
		{ TTY(229, 0), 229, 0, "hvc0" },
		{ TTY(4, 256), 4, 256, "4:256" },
		{ UINT32_MAX, 4095, 1048575, "4095:1048575" },
		{ 0, 0, 0, "0:0" },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_str_ struct str out = STR_INIT;

		assert_int_equal(terminal_major(cases[i].tty), cases[i].major);
		assert_int_equal(terminal_minor(cases[i].tty), cases[i].minor);
		assert_int_equal(str_append_text(&out, "on "), 0);
		assert_int_equal(terminal_name(cases[i].tty, &out), 0);
		assert_string_equal(out.buf + 3, cases[i].name);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_terminals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
