/* Command lines that a writer chose.  Input: the arguments, a NUL between; the
 * same bytes are tried as the text of -c and as a pyvenv.cfg.  There are no
 * files (the root is no descriptor), so nobody may be verified.
 */
#include <stdlib.h>

#include "installer_private.h"

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
		command_parse(&process, &run);
		MUST(inside(run.what, input) && inside(run.refused, input));
		MUST(run.how != RUN_SCRIPT || run.what.len == 0 || run.what.ptr[0] != '-');

		MUST(installer_identify(&(struct installer_request){ .writer = &writer, .rootfd = -1, .target = input }, &region, &in) == 0);
		MUST(!in.verified);
		MUST(in.reason_count > 0 && in.reason_count <= INSTALLER_REASONS_MAX);
		for (size_t k = 0; k < in.reason_count; k++)
			MUST(in.reasons[k].len > 0);
	}

	if (command_is_ensurepip(input, &wheels)) {
		MUST(inside(wheels, input) && wheels.len > 0);
		while (command_next_literal(&wheels, &wheel)) {
			MUST(inside(wheel, input) && is_absolute(wheel));
			MUST(bytes_find_byte(wheel, '\'', 0) < 0 && bytes_find_byte(wheel, '\\', 0) < 0);
		}
		MUST(wheels.len == 0);
	}

	/* Which arguments a tool writes with, for every grammar there is. */
	for (size_t i = 0; installer_entries[i].name; i++) {
		bool building = false;
		struct bytes word = BYTES_NONE;

		if (!installer_entries[i].grammar)
			continue;
		MUST(installer_entries[i].grammar->verbs && installer_entries[i].grammar->verbs[0]);
		(void)command_writes(installer_entries[i].grammar, &process, 1, &building, &word);
		MUST(inside(word, input));
	}
	(void)command_is_shim(input);

	value = python_config_value(input, BYTES_LIT("home"));
	MUST(inside(value, input));
	MUST(bytes_find_byte(value, '\n', 0) < 0);
	MUST(bytes_equal(value, bytes_trim(value)));
	return 0;
}
