/* fuzz_procfs.c - stat, status, cgroup and environ with any bytes in them, and an
 * argument list through the reading of interpreters' options. */
#include <stdint.h>
#include <stdlib.h>

#include "limits.h"
#include "process.h"
#include "procfs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
	if (!condition)
		abort();
}

static void is_within(struct bytes view, struct bytes text)
{
	if (view.ptr)
		require(view.ptr >= text.ptr && view.ptr + view.len <= text.ptr + text.len);
}

static void check_environ(struct bytes text)
{
	_cleanup_str_ struct str once = STR_INIT, twice = STR_INIT;
	bool complete, again;
	struct bytes list, one;
	size_t kept = 0;

	require(procfs_filter_environ(text, &once, &complete) == 0);
	require(once.len <= PROCFS_ENVIRON_MAX);
	require(once.len == 0 || once.buf[once.len - 1] == '\0');
	for (list = str_bytes(&once); procfs_next_text(&list, &one); kept++) {
		require(one.len <= PROCFS_VARIABLE_MAX && bytes_find_byte(one, '=', 0) > 0);
		is_within(one, str_bytes(&once));
	}
	/* What is kept is what would be kept of it. */
	require(procfs_filter_environ(str_bytes(&once), &twice, &again) == 0);
	require(again && bytes_equal(str_bytes(&once), str_bytes(&twice)));
}

static void check_script(struct bytes text)
{
	static const struct bytes executables[] = {
		{ "/usr/bin/python3.11", 19 }, { "/bin/dash", 9 }, { "/usr/bin/perl", 13 },
		{ "/usr/bin/ruby3.1", 16 },    { "/usr/bin/node", 13 }, { "/usr/bin/php8.2", 15 },
		{ "/bin/busybox", 12 },	       { "/lib64/ld-linux-x86-64.so.2", 27 }, { "", 0 },
	};

	for (size_t i = 0; i < ELEMENTSOF(executables); i++) {
		_cleanup_str_ struct str storage = STR_INIT, line = STR_INIT;
		struct image image = { .exe = executables[i], .argv = text, .cwd = BYTES_LIT("/w") };
		struct process p = { .image = &image };
		struct bytes script = process_script(&p, &storage);
		size_t n = process_argument_count(&p);

		is_within(script, str_bytes(&storage));
		require(!script.ptr || n > 0);
		if (n > 0)
			is_within(process_argument(&p, n - 1), text);
		require(process_argument(&p, n).ptr == NULL);
		require(process_command_line(&p, &line) == 0);
		require(bytes_find_byte(str_bytes(&line), '\0', 0) < 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = { (const char *)data, size };
	struct procfs_status status;
	struct procfs_stat stat;
	struct bytes cgroup;

	if (procfs_parse_stat(text, &stat) == 0) {
		require(stat.pid >= 0 && stat.ppid >= 0 && stat.sid >= 0);
		require(stat.comm[sizeof(stat.comm) - 1] == '\0');
	}
	if (procfs_parse_status(text, &status) == 0)
		require(status.tracer >= 0);
	cgroup = procfs_parse_cgroup(text);
	is_within(cgroup, text);
	if (cgroup.ptr)
		require(cgroup.len > 0 && cgroup.ptr[0] == '/' && bytes_find_byte(cgroup, '\n', 0) < 0);
	check_environ(text);
	check_script(text);
	return 0;
}
