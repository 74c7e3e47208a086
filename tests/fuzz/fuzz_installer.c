/* Command lines that a writer chose.  Input: the arguments, a NUL between; the
 * same bytes are tried as the text of -c and as a pyvenv.cfg.  There are no
 * files (the root is no descriptor), so nobody may be verified.
 *
 * The .c is included to reach its parsers. */
#include "../../lib/installer.c"

static struct bytes nth(struct bytes list, size_t index)
{
	while (list.len > 0) {
		ptrdiff_t end = bytes_find_byte(list, '\0', 0);
		size_t len = end < 0 ? list.len : (size_t)end;

		if (index-- == 0)
			return bytes_slice(list, 0, len);
		list = end < 0 ? BYTES_NONE : bytes_slice(list, len + 1, list.len - len - 1);
	}
	return BYTES_NONE;
}

__attribute__((weak)) struct bytes process_argument(const struct process *p, size_t index)
{
	return nth(p->image->argv, index);
}

__attribute__((weak)) size_t process_argument_count(const struct process *p)
{
	struct bytes argv = p->image->argv;
	size_t n = 0;

	for (size_t i = 0; i < argv.len; i++)
		n += argv.ptr[i] == '\0' || i + 1 == argv.len;
	return n;
}

__attribute__((weak)) struct bytes process_environment(const struct process *p, struct bytes name)
{
	(void)p;
	(void)name;
	return BYTES_NONE;
}

#define MUST(condition) \
	do { \
		if (!(condition)) \
			abort(); \
	} while (0)

static bool inside(struct bytes part, struct bytes whole)
{
	return !part.ptr || part.len == 0 || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const executables[] = { "/usr/bin/python3.11", "/usr/bin/ruby", "/usr/bin/dpkg", "" };
	const struct bytes input = { size ? (const char *)data : "", size };
	struct bytes wheels, wheel, value;
	struct image image = { .argv = input, .environ_known = true, .cwd = BYTES_LIT("/") };
	struct process parent = { .pid = 2, .image = &image, .credentials_known = true };
	struct process process = { .pid = 3, .image = &image, .credentials_known = true, .parent = &parent };
	struct attribution writer = { .source = ATTRIBUTION_CONNECTOR, .complete = true, .process = &process };

	for (size_t i = 0; i < sizeof(executables) / sizeof(executables[0]); i++) {
		_cleanup_region_ struct region region = REGION_INIT;
		struct installer in;
		struct run run;

		image.exe = bytes_of(executables[i]);
		parse_python(&process, &run);
		MUST(inside(run.what, input) && inside(run.refused, input));
		MUST(run.how != RUN_SCRIPT || run.what.len == 0 || run.what.ptr[0] != '-');

		MUST(installer_identify(&writer, -1, input, 0, &region, &in) == 0);
		MUST(!in.verified);
		MUST(in.reason_count > 0 && in.reason_count <= INSTALLER_REASONS_MAX);
		for (size_t k = 0; k < in.reason_count; k++)
			MUST(in.reasons[k].len > 0);
	}

	if (is_ensurepip_text(input, &wheels)) {
		MUST(inside(wheels, input) && wheels.len > 0);
		while (next_literal(&wheels, &wheel)) {
			MUST(inside(wheel, input) && is_absolute(wheel));
			MUST(bytes_find_byte(wheel, '\'', 0) < 0 && bytes_find_byte(wheel, '\\', 0) < 0);
		}
		MUST(wheels.len == 0);
	}

	value = config_value(input, BYTES_LIT("home"));
	MUST(inside(value, input));
	MUST(bytes_find_byte(value, '\n', 0) < 0);
	MUST(bytes_equal(value, bytes_trim(value)));
	return 0;
}
