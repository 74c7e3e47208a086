#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <cmocka.h>

#include "attribution.h"
#include "fake_proc.h"
#include "limits.h"

/* Two processes that everything starts from: a shell (10) and what it forks (20). */
struct scene {
	struct tree *tree;
	struct process_table *table;
};

static int set_up(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	void *tree;

	if (!s || make_tree(&tree) < 0)
		return -1;
	s->tree = tree;
	write_process(s->tree, (struct fake){ 10, 1, 5, "/bin/bash", BYTES_LIT("bash\0"), 1000, 10, "/user" });
	if (process_table_new(s->tree->fd, &s->table) < 0 || process_table_sync(s->table, 10) < 0)
		return -1;
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *s = *state;
	void *tree = s->tree;

	(void)process_table_free(s->table);
	(void)remove_tree(&tree);
	free(s);
	return 0;
}

static struct event event_at(uint64_t mono_ns, const char *exec_path)
{
	struct event e = EVENT_INIT;

	e.pid = 20;
	e.mono_ns = mono_ns;
	e.exec_path = bytes_of(exec_path);
	return e;
}

static void execute(struct scene *s, struct fake f, uint64_t time_ns)
{
	write_process(s->tree, f);
	assert_int_equal(process_table_exec(s->table, f.pid, time_ns), 0);
}

#define SECOND UINT64_C(1000000000)

#define TEE ((struct fake){ 20, 10, 7, "/usr/bin/tee", BYTES_LIT("tee\0x.pth\0"), 1000, 10, "/user", "tee" })

static void nobody_is_no_error(void **state)
{
	struct scene *s = *state;
	_cleanup_attribution_ struct attribution a = { 0 };
	struct event e = event_at(100, "");

	e.pid = 0;
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 100, &a), 0);
	assert_int_equal(a.source, ATTRIBUTION_NONE);
	assert_null(a.process);
	e.pid = 4711;
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 100, &a), 0);
	assert_int_equal(a.source, ATTRIBUTION_NONE);
	assert_false(a.complete);
	assert_null(a.process);
}

static void the_table_knows_the_dead(void **state)
{
	struct scene *s = *state;
	_cleanup_attribution_ struct attribution a = { 0 };
	struct event e = event_at(300, "/usr/bin/other");	/* what the connector saw is stronger */

	assert_int_equal(process_table_fork(s->table, 10, 20, 100), 0);
	execute(s, TEE, 200);
	remove_process(s->tree, 20);
	assert_int_equal(process_table_exit(s->table, 20, 250), 0);

	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 400, &a), 0);
	assert_int_equal(a.source, ATTRIBUTION_CONNECTOR);
	assert_true(a.complete);
	assert_int_equal(a.mismatch, MISMATCH_EXEC_RACE);	/* but that exec was a moment ago */
	assert_true(bytes_equal(a.process->image->exe, BYTES_LIT("/usr/bin/tee")));
	assert_int_equal(a.process->parent->pid, 10);
}

static void a_hint_names_what_the_connector_missed(void **state)
{
	struct scene *s = *state;
	_cleanup_attribution_ struct attribution a = { 0 }, b = { 0 }, c = { 0 }, d = { 0 };
	struct event e = event_at(300, "/usr/bin/tee");

	/* Not in the table at all. */
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 400, &a), 0);
	assert_int_equal(a.source, ATTRIBUTION_OPEN_EXEC);
	assert_false(a.complete);
	assert_int_equal(a.process->pid, 20);
	assert_true(bytes_equal(a.process->image->exe, BYTES_LIT("/usr/bin/tee")));
	assert_string_equal(a.process->comm, "tee");

	/* Its EXEC record was lost, and it is gone. */
	assert_int_equal(process_table_fork(s->table, 10, 20, 100), 0);
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 400, &b), 0);
	assert_int_equal(b.source, ATTRIBUTION_OPEN_EXEC);
	assert_true(bytes_equal(b.process->image->exe, BYTES_LIT("/usr/bin/tee")));
	assert_int_equal(b.process->image->argv.len, 0);
	assert_false(b.complete);
	assert_false(b.process->inherited);
	assert_int_equal(b.process->uid, 1000);
	assert_int_equal(b.process->ppid, 10);
	assert_true(bytes_equal(b.process->image->cgroup, BYTES_LIT("/user")));

	/* The record came, /proc was gone. */
	assert_int_equal(process_table_exec(s->table, 20, 200), 0);
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 400, &c), 0);
	assert_int_equal(c.source, ATTRIBUTION_OPEN_EXEC);
	assert_int_equal(c.process->image->exec_ns, 200);

	/* The loader alone says nothing. */
	e.exec_path = BYTES_LIT("/usr/lib/ld-linux-x86-64.so.2");
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 400, &d), 0);
	assert_int_equal(d.source, ATTRIBUTION_CONNECTOR);
	assert_int_equal(d.process->image->exe.len, 0);
}

static void a_hint_keeps_the_arguments_that_were_read(void **state)
{
	struct scene *s = *state;
	_cleanup_attribution_ struct attribution a = { 0 }, b = { 0 };
	struct event e = event_at(300, "/usr/bin/tee");
	struct process_reading reading = { .image = { .exec_ns = 200, .argv = BYTES_LIT("tee\0/x\0"),
						      .argv_truncated = true } };

	/* It ended between the reading of its arguments and that of its executable. */
	assert_int_equal(process_table_fork(s->table, 10, 20, 100), 0);
	assert_int_equal(process_table_exec_read(s->table, 20, 200, 210, &reading), 0);
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 400, &a), 0);
	assert_int_equal(a.source, ATTRIBUTION_OPEN_EXEC);
	assert_true(bytes_equal(a.process->image->exe, BYTES_LIT("/usr/bin/tee")));
	assert_true(bytes_equal(a.process->image->argv, BYTES_LIT("tee\0/x\0")));
	assert_true(a.process->image->argv_truncated);
	assert_true(bytes_equal(a.process->image->cgroup, BYTES_LIT("/user")));
	assert_true(a.complete);

	/* Those of a parent, which the child has until it executes, are not its own. */
	assert_int_equal(process_table_fork(s->table, 20, 21, 220), 0);
	e.pid = 21;
	e.exec_ns = 230;
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 400, &b), 0);
	assert_int_equal(b.source, ATTRIBUTION_OPEN_EXEC);
	assert_true(bytes_equal(b.process->image->exe, BYTES_LIT("/usr/bin/tee")));
	assert_int_equal(b.process->image->argv.len, 0);
	assert_false(b.complete);
}

static void a_hint_is_not_taken_for_anothers(void **state)
{
	struct scene *s = *state;
	_cleanup_attribution_ struct attribution a = { 0 }, b = { 0 }, c = { 0 }, d = { 0 };
	struct event e = event_at(600, "/usr/bin/tee");

	e.since_ns = 590;
	/* tee was pid 20 before; now 20 is a subshell of bash that never executed. */
	assert_int_equal(process_table_fork(s->table, 10, 20, 100), 0);
	execute(s, TEE, 200);
	assert_int_equal(process_table_exit(s->table, 20, 300), 0);
	remove_process(s->tree, 20);
	assert_int_equal(process_table_fork(s->table, 10, 20, 500), 0);
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 700, &a), 0);
	assert_int_equal(a.source, ATTRIBUTION_CONNECTOR);
	assert_true(a.process->inherited);
	assert_true(bytes_equal(a.process->image->exe, BYTES_LIT("/bin/bash")));
	assert_true(a.complete);

	/* And once more 20: nobody remembers who executed that, but it was before this one's fork. */
	assert_int_equal(process_table_exit(s->table, 20, 550), 0);
	assert_int_equal(process_table_fork(s->table, 10, 20, 560), 0);
	e.exec_ns = 210;
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 700, &d), 0);
	assert_int_equal(d.source, ATTRIBUTION_CONNECTOR);
	assert_true(bytes_equal(d.process->image->exe, BYTES_LIT("/bin/bash")));
	e.exec_ns = 560;	/* its own */
	attribution_done(&d);
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 700, &d), 0);
	assert_int_equal(d.source, ATTRIBUTION_OPEN_EXEC);
	assert_true(bytes_equal(d.process->image->exe, BYTES_LIT("/usr/bin/tee")));

	/* Alive, and still what it was forked from. */
	write_process(s->tree, (struct fake){ 20, 10, 9, "/bin/bash", BYTES_LIT("bash\0"), 1000, 10, NULL, "bash" });
	e.exec_path = BYTES_LIT("/usr/bin/left-over");
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 700, &b), 0);
	assert_int_equal(b.source, ATTRIBUTION_CONNECTOR);
	assert_true(bytes_equal(b.process->image->exe, BYTES_LIT("/bin/bash")));

	/* A memfd is on no marked filesystem: the queue shows the image before. */
	execute(s, (struct fake){ 20, 10, 9, "/memfd:pip (deleted)", BYTES_LIT("pip\0"), 1000, 10, NULL, "memfd:pip" }, 650);
	e = event_at(700, "/bin/bash");
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 800, &c), 0);
	assert_int_equal(c.source, ATTRIBUTION_CONNECTOR);
	assert_true(c.process->image->exe_memfd);
	assert_int_equal(c.mismatch & MISMATCH_MEMFD, MISMATCH_MEMFD);
	assert_int_equal(c.mismatch & MISMATCH_DELETED, 0);
}

/* sh -c 'echo ... >x.pth; exec true': the write is the shell's, whenever it is read. */
static void an_exec_after_the_event_changes_nothing(void **state)
{
	struct scene *s = *state;
	_cleanup_attribution_ struct attribution a = { 0 }, b = { 0 }, c = { 0 };
	struct event e;

	assert_int_equal(process_table_fork(s->table, 10, 20, 100), 0);
	/* real files: the two executables must be on one filesystem */
	execute(s, (struct fake){ 20, 10, 7, "/bin/sh", BYTES_LIT("sh\0-c\0"), 1000, 10, NULL, "sh" }, 200);
	execute(s, (struct fake){ 20, 10, 7, "/bin/true", BYTES_LIT("true\0"), 1000, 10, NULL, "true" }, 500);

	e = event_at(400, "/bin/sh");	/* read before the exec */
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 600, &a), 0);
	assert_true(bytes_equal(a.process->image->exe, BYTES_LIT("/bin/sh")));
	assert_int_equal(a.mismatch, 0);
	assert_true(a.complete);

	e = event_at(550, "/bin/sh");	/* read after it: the queue tells the order */
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 600, &b), 0);
	assert_true(bytes_equal(b.process->image->exe, BYTES_LIT("/bin/sh")));
	assert_int_equal(b.mismatch, MISMATCH_EXEC_RACE);	/* of the honest: an execve(2) of sh may have failed */

	e.since_ns = 500;	/* it was after the exec: then sh's file was opened by one that failed */
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 600, &c), 0);
	assert_true(bytes_equal(c.process->image->exe, BYTES_LIT("/bin/true")));
	assert_int_equal(c.mismatch, 0);
}

/* python3 -c '...', which writes and then executes python3 -m pip: the queue shows the same file twice. */
static void the_same_file_twice_tells_no_order(void **state)
{
	struct scene *s = *state;
	_cleanup_attribution_ struct attribution a = { 0 }, b = { 0 };
	struct event e = event_at(600, "/usr/bin/python3.11");

	assert_int_equal(process_table_fork(s->table, 10, 20, 100), 0);
	execute(s, (struct fake){ 20, 10, 7, "/usr/bin/python3.11", BYTES_LIT("python3\0-c\0"), 1000, 10, NULL,
				  "python3" }, 200);
	execute(s, (struct fake){ 20, 10, 7, "/usr/bin/python3.11", BYTES_LIT("python3\0-m\0pip\0"), 1000, 10, NULL,
				  "python3" }, 500);

	e.since_ns = 499;
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 700, &a), 0);
	assert_int_equal(a.mismatch, MISMATCH_EXEC_RACE);
	e.since_ns = 500;
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 700, &b), 0);
	assert_int_equal(b.mismatch, 0);
	assert_true(attribution_executed_after(b.process, 499));
	assert_false(attribution_executed_after(b.process, 500));
}

static void falls_back_to_proc(void **state)
{
	struct scene *s = *state;
	_cleanup_attribution_ struct attribution a = { 0 }, b = { 0 };
	struct event e = event_at(300, "");

	write_process(s->tree, TEE);
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 400, &a), 0);
	assert_int_equal(a.source, ATTRIBUTION_PROC);
	assert_true(a.complete);
	assert_true(bytes_equal(a.process->image->exe, BYTES_LIT("/usr/bin/tee")));
	assert_int_equal(a.process->parent->pid, 10);

	/* Its record was too late for /proc at exec, but it is alive after all. */
	remove_process(s->tree, 20);
	assert_int_equal(process_table_fork(s->table, 10, 20, 100), 0);
	assert_int_equal(process_table_exec(s->table, 20, 200), 0);
	write_process(s->tree, TEE);
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 400, &b), 0);
	assert_int_equal(b.source, ATTRIBUTION_PROC);
	assert_true(b.complete);
	assert_false(b.compared);	/* with what? */
	assert_true(bytes_equal(b.process->image->argv, BYTES_LIT("tee\0x.pth\0")));
}

static void another_process_with_the_pid_is_not_asked(void **state)
{
	struct scene *s = *state;
	_cleanup_attribution_ struct attribution a = { 0 }, b = { 0 };
	_cleanup_close_ int uptime = -EBADF;
	struct event e = event_at(300, "/usr/bin/tee");

	assert_int_equal(process_table_fork(s->table, 10, 20, 100), 0);
	execute(s, TEE, 200);
	write_process(s->tree, (struct fake){ 20, 1, 8, "/usr/bin/evil", BYTES_LIT("evil\0"), 0, 20, NULL, "evil", 3 });
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 400, &a), 0);
	assert_int_equal(a.mismatch, 0);
	assert_true(bytes_equal(a.process->image->exe, BYTES_LIT("/usr/bin/tee")));
	assert_int_equal(a.process->uid, 1000);

	/* Not in the table, and what has its pid now started after the event:
	 * 5 s after the boot, the event was 1 s after it. */
	uptime = openat(s->tree->fd, "uptime", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(uptime, "9.00 1.00\n", 10), 10);
	write_process(s->tree, (struct fake){ 21, 1, 500, "/usr/bin/evil", BYTES_LIT("evil\0"), 0, 20, NULL, "evil" });
	e.pid = 21;
	e.exec_path = BYTES_LIT("");
	e.mono_ns = UINT64_C(1000000000);
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, UINT64_C(9000000000), &b), 0);
	assert_int_equal(b.source, ATTRIBUTION_NONE);
	e.mono_ns = UINT64_C(6000000000);
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, UINT64_C(9000000000), &b), 0);
	assert_int_equal(b.source, ATTRIBUTION_PROC);
	(void)unlinkat(s->tree->fd, "uptime", 0);
}

static void write_uptime(struct tree *tree, const char *text)
{
	_cleanup_close_ int fd = openat(tree->fd, "uptime", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void tell_of_the_fork(void *argument)
{
	assert_int_equal(process_table_fork(argument, 10, 20, 30 * SECOND), 0);
}

/* dpkg was 20 until 2 s; since 30 s evil is, whose FORK was lost.  The event was read at 31 s.  Or it was read
 * just before that, by clocks that are cut to 10 ms, and the FORK is on its way. */
static void the_dead_predecessor_is_not_the_writer(void **state)
{
	struct scene *s = *state;
	static const struct {
		bool exit_known, on_its_way;
		uint64_t since_ns;
		unsigned mismatch;
		const char *exe;
	} cases[] = {
		{ true, false, 30 * SECOND + SECOND / 2, 0, "/tmp/evil" },
		{ true, false, SECOND, MISMATCH_PID_REUSED, "/tmp/evil" },
		{ false, false, 30 * SECOND + SECOND / 2, MISMATCH_PID_REUSED, "/tmp/evil" },
		{ true, true, 29 * SECOND, 0, "/usr/bin/dpkg" },
	};

	write_uptime(s->tree, "31.00 1.00\n");
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_attribution_ struct attribution a = { 0 };
		_cleanup_(process_table_freep) struct process_table *t = NULL;
		struct event e = event_at(cases[i].on_its_way ? 30 * SECOND - SECOND / 50 : 31 * SECOND - 5, "/usr/bin/dpkg");

		e.since_ns = cases[i].since_ns;
		e.exec_ns = SECOND + 2000;
		remove_process(s->tree, 20);
		assert_int_equal(process_table_new(s->tree->fd, &t), 0);
		assert_int_equal(process_table_sync(t, 10), 0);
		assert_int_equal(process_table_fork(t, 10, 20, SECOND), 0);
		write_process(s->tree, (struct fake){ 20, 10, 100, "/usr/bin/dpkg", BYTES_LIT("dpkg\0-i\0x.deb\0"), 0, 10, "/user",
						      "dpkg" });
		assert_int_equal(process_table_exec(t, 20, SECOND + 1000), 0);
		if (cases[i].exit_known)
			assert_int_equal(process_table_exit(t, 20, 2 * SECOND), 0);
		write_process(s->tree, (struct fake){ 20, 10, 3000, "/tmp/evil", BYTES_LIT("evil\0"), 1000, 10, "/user", "evil" });
		if (cases[i].on_its_way)
			process_table_set_catch_up(t, tell_of_the_fork, t);
		assert_int_equal(attribution_join(t, s->tree->fd, &e, 31 * SECOND, &a), 0);
		if (!bytes_equal(a.process->image->exe, bytes_of(cases[i].exe)) || a.mismatch != cases[i].mismatch)
			fail_msg("case %zu: %.*s, %#x", i, (int)a.process->image->exe.len, a.process->image->exe.ptr, a.mismatch);
		assert_int_equal(a.source, cases[i].on_its_way ? ATTRIBUTION_CONNECTOR : ATTRIBUTION_PROC);
	}
	assert_int_equal(unlinkat(s->tree->fd, "uptime", 0), 0);
}

/* The table is not fed: the hint is all there is of the number, and /proc tells whose it is. */
static void a_hint_from_before_the_process_is_not_its_own(void **state)
{
	struct scene *s = *state;
	_cleanup_attribution_ struct attribution a = { 0 }, b = { 0 };
	struct event e = event_at(31 * SECOND - 5, "/usr/bin/dpkg");

	process_table_set_fed(s->table, false);
	write_uptime(s->tree, "31.00 1.00\n");
	write_process(s->tree, (struct fake){ 20, 10, 3000, "/bin/bash", BYTES_LIT("bash\0"), 1000, 10, "/user", "bash" });
	e.exec_ns = 29 * SECOND;
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 31 * SECOND, &a), 0);
	assert_int_equal(a.source, ATTRIBUTION_PROC);
	assert_true(bytes_equal(a.process->image->exe, BYTES_LIT("/bin/bash")));
	e.exec_ns = 30 * SECOND + 1000;
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 31 * SECOND, &b), 0);
	assert_int_equal(b.source, ATTRIBUTION_OPEN_EXEC);
	assert_true(bytes_equal(b.process->image->exe, BYTES_LIT("/usr/bin/dpkg")));
	assert_int_equal(unlinkat(s->tree->fd, "uptime", 0), 0);
}

static void corrects_credentials(void **state)
{
	struct scene *s = *state;
	_cleanup_attribution_ struct attribution a = { 0 };
	struct event e = event_at(300, "");

	assert_int_equal(process_table_fork(s->table, 10, 20, 100), 0);
	execute(s, TEE, 200);
	write_process(s->tree, (struct fake){ 20, 1, 7, "/usr/bin/tee", BYTES_LIT("tee\0x.pth\0"), 0, 20, "/scope", "tee" });
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 400, &a), 0);
	assert_int_equal(a.source, ATTRIBUTION_CONNECTOR);
	assert_int_equal(a.mismatch & MISMATCH_USER, MISMATCH_USER);
	assert_int_equal(a.process->uid, 0);
	assert_int_equal(a.process->sid, 20);
	assert_true(bytes_equal(a.process->image->cgroup, BYTES_LIT("/scope")));
	assert_int_equal(a.process->ppid, 10);	/* not 1: it was re-parented since */
	assert_int_equal(a.process->parent->pid, 10);
}

static void names_what_does_not_fit(void **state)
{
	struct scene *s = *state;
	static const struct {
		struct fake then, now;
		struct bytes environ;
		unsigned mismatch;
	} cases[] = {
#define F(exe, argv, comm) { 20, 10, 7, exe, { argv, sizeof(argv) }, 1000, 10, NULL, comm, 0 }
#define PYTHON F("/usr/bin/python3.11", "python3\0/opt/tool.py", "python3")
		{ PYTHON, PYTHON, { "", 0 }, 0 },
		{ PYTHON, F("/usr/bin/other", "python3\0/opt/tool.py", "python3"), { "", 0 }, MISMATCH_EXE },
		{ PYTHON, F("/usr/bin/python3.11", "/usr/bin/python3\0-m\0pip", "python3"), { "", 0 }, MISMATCH_ARGV },
		/* no arguments any more; one that is ending has no executable either */
		{ PYTHON, { 20, 10, 7, "/usr/bin/python3.11", { "", 0 }, 1000, 10, NULL, "python3", 0 }, { "", 0 }, MISMATCH_ARGV },
		{ PYTHON, { 20, 10, 7, NULL, { "", 0 }, 1000, 10, NULL, "python3", 0 }, { "", 0 }, 0 },
		{ PYTHON, F("/usr/bin/python3.11", "python3\0/opt/tool.py", "pip"), { "", 0 }, MISMATCH_COMM },
		{ PYTHON, F("/usr/bin/python3.11", "python3\0/opt/tool.py", "tool.py"), { "", 0 }, 0 },
		{ PYTHON, F("/usr/bin/python3.11", "python3\0/opt/tool.py", "python3.11"), { "", 0 }, 0 },
		{ PYTHON, F("/usr/bin/python3.11 (deleted)", "python3\0/opt/tool.py", "python3"), { "", 0 }, MISMATCH_DELETED },
		{ PYTHON, { 20, 10, 7, "/usr/bin/python3.11", { "python3\0/opt/tool.py", 21 }, 1000, 10, NULL, "python3", 99 },
		  { "", 0 }, MISMATCH_TRACED },
		{ PYTHON, { 20, 10, 7, "/usr/bin/python3.11", { "python3\0/opt/tool.py", 21 }, 0, 10, NULL, "python3", 0 },
		  { "", 0 }, MISMATCH_USER },
		{ F("/lib64/ld-linux-x86-64.so.2", "ld.so\0/bin/x", "ld-linux-x86-64"),
		  F("/lib64/ld-linux-x86-64.so.2", "ld.so\0/bin/x", "ld-linux-x86-64"), { "", 0 }, MISMATCH_LOADER },
		{ F("/memfd:a (deleted)", "a", "memfd:a"), F("/memfd:a (deleted)", "a", "memfd:a"), { "", 0 }, MISMATCH_MEMFD },
		{ PYTHON, PYTHON, { "LD_PRELOAD=/x.so", 17 }, MISMATCH_PRELOAD },
		{ PYTHON, PYTHON, { "LD_AUDIT=/x.so", 15 }, MISMATCH_PRELOAD },
		{ PYTHON, PYTHON, { "LD_LIBRARY_PATH=/x", 19 }, MISMATCH_PRELOAD },
		{ PYTHON, PYTHON, { "LD_PRELOAD=", 12 }, 0 },
		{ PYTHON, PYTHON, { "GCONV_PATH=/x", 14 }, MISMATCH_PRELOAD },
		{ PYTHON, PYTHON, { "OPENSSL_CONF=/x", 16 }, MISMATCH_PRELOAD },
		{ PYTHON, PYTHON, { "OPENSSL_MODULES=/x", 19 }, MISMATCH_PRELOAD },
		{ PYTHON, PYTHON, { "OPENSSL_ia32cap=1", 18 }, 0 },
		{ PYTHON, PYTHON, { "PYTHONPATH=/x", 14 }, MISMATCH_PYTHON_ENV },
		{ PYTHON, PYTHON, { "PYTHONUNBUFFERED=1", 19 }, 0 },
	};

	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_attribution_ struct attribution a = { 0 };
		uint64_t at = SECOND * (i + 1);
		struct event e = event_at(at + SECOND / 2, "");

		e.since_ns = at + 200 + 1;
		assert_int_equal(process_table_fork(s->table, 10, 20, at), 0);
		write_process(s->tree, cases[i].then);
		write_file(s->tree, 20, "environ", cases[i].environ);
		assert_int_equal(process_table_exec(s->table, 20, at + 200), 0);
		write_process(s->tree, cases[i].now);
		assert_int_equal(attribution_join(s->table, s->tree->fd, &e, e.mono_ns, &a), 0);
		assert_true(a.compared);
		if (a.mismatch != cases[i].mismatch)
			fail_msg("case %zu: %x, not %x", i, a.mismatch, cases[i].mismatch);
		/* The word of exec time stands. */
		assert_true(bytes_equal(process_argument(a.process, 0),
					bytes_of(cases[i].then.argv.ptr)));
	}
}

/* Whose name is it that the command line begins with?  argv[0] is what exec was given. */
static void knows_a_false_name(void **state)
{
	static const struct {
		const char *exe;
		struct bytes argv;
		bool false_name;
	} cases[] = {
#define A(text) { text, sizeof(text) }
		/* exec -a pip, as whatever */
		{ "/usr/bin/python3.11", A("pip\0install\0x"), true },
		{ "/usr/bin/python3.11", A("/usr/bin/pip3.11\0install\0x"), true },
		{ "/usr/bin/python3.11", A("/usr/bin/pip install requests\0-c\0evil"), true },
		{ "/opt/my tools/x", A("/opt/my tools/pip\0install"), true },
		{ "/tmp/x", A("python3\0-m\0pip\0install\0x"), true },
		{ "/usr/bin/bash", A("dpkg\0-i\0x.deb"), true },
		{ "/usr/bin/tee", A("/usr/bin/apt-get\0install"), true },
		{ "/usr/bin/perl", A("conda\0install"), true },
		{ "/memfd:pip", A("pip\0install"), true },
		{ "/usr/bin/dpkg", A("rpm\0-i\0x"), true },
		{ "/usr/bin/pip", A("dnf5\0install"), true },
		{ "/bin/x", A("-pip"), false },			/* nobody takes this for pip */
		/* the same program, by whichever of its names */
		{ "/usr/bin/python3.11", A("python3\0x.py"), false },
		{ "/usr/bin/python3.11", A("/srv/venv/bin/python\0x.py"), false },
		{ "/usr/bin/python3.11-dbg", A("python3-dbg"), false },
		{ "/opt/python3.13t", A("python3.13t"), false },
		{ "/opt/pypy/bin/pypy3.10", A("python3\0-m\0pip"), false },
		{ "/tmp/pip", A("pip\0install\0x"), false },	/* the executable itself says so: no disguise of it */
		{ "/usr/bin/dnf5", A("yum\0install\0x"), false },
		{ "/usr/bin/dnf5", A("dnf\0install\0x"), false },
		{ "/usr/bin/aptitude-curses", A("aptitude\0install"), false },
		{ "/nix/store/x-nix/bin/nix", A("nix-env\0-i\0x"), false },
		{ "/nix/store/x-uv/bin/.uv-wrapped", A("/nix/store/x-uv/bin/uv\0pip\0install"), false },
		{ "/opt/conda/bin/mamba", A("micromamba\0install"), false },
		/* a program of many names */
		{ "/bin/busybox", A("dpkg\0-i\0x.deb"), false },
		{ "/bin/busybox", A("sh\0-c\0x"), false },
		{ "/usr/bin/snap", A("/snap/bin/conda\0install"), false },
		/* what argv[0] tells, the script tells */
		{ "/usr/bin/python3.11", A("pip\0/usr/bin/pip\0install"), false },
		{ "/usr/bin/python3.11", A("pip\0-m\0pip\0install"), false },
		{ "/usr/bin/python3.11", A("pip\0-m\0pipx\0install"), true },
		{ "/usr/bin/python3.11", A("pip\0-c\0pip"), true },
		/* names that nobody is exempted for: links, login shells, titles, wrappers */
		{ "/usr/bin/dash", A("sh\0-c\0x"), false },
		{ "/usr/bin/bash", A("-bash"), false },
		{ "/usr/sbin/sshd", A("sshd: root@pts/0"), false },
		{ "/usr/bin/mawk", A("awk"), false },
		{ "/usr/bin/x86_64-linux-gnu-gcc-12", A("cc\0-c"), false },
		{ "/opt/google/chrome/chrome", A("/usr/bin/google-chrome"), false },
		{ "/usr/bin/runc", A("/proc/self/exe\0init"), false },
		{ "/usr/bin/x", A("pip-compile"), false },
		{ "/usr/bin/x", A("pip.sh"), false },
		{ "/usr/bin/x", A("uvicorn"), false },
		/* nothing to compare */
		{ "", A("pip\0install"), false },
		{ "/usr/bin/x", { "", 0 }, false },
		{ "/usr/bin/x", { "\0pip", 5 }, false },
		{ "/usr/bin/x", A(" pip"), false },
		{ "/usr/bin/x", A("pip/"), false },
	};
	struct scene *s = *state;

	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_attribution_ struct attribution a = { 0 };
		struct event e = event_at(SECOND, "");
		struct process *p;
		struct image *image;

		assert_int_equal(image_new(&(struct image){ .exe = bytes_of(cases[i].exe), .argv = cases[i].argv }, &image), 0);
		assert_int_equal(process_new(&(struct process){ .pid = 20, .ppid = 3, .image = image }, &p), 0);
		(void)image_unref(image);
		assert_int_equal(process_table_put(s->table, p), 0);
		e.feed = FEED_REPLAY;
		assert_int_equal(attribution_join(s->table, -EBADF, &e, SECOND, &a), 0);
		if (!!(a.mismatch & MISMATCH_ARGV0) != cases[i].false_name)
			fail_msg("case %zu: %s as %s", i, cases[i].exe, cases[i].argv.ptr);
	}
}

/* What the event itself says against its writer. */
static void doubts_what_the_event_leaves_open(void **state)
{
	struct scene *s = *state;
	_cleanup_attribution_ struct attribution a = { 0 }, b = { 0 }, c = { 0 }, d = { 0 };
	struct event e = event_at(SECOND, "/usr/bin/tee");

	assert_int_equal(process_table_fork(s->table, 10, 20, 100), 0);
	execute(s, TEE, 500);
	remove_process(s->tree, 20);

	/* It may have been before the exec, but the queue has seen that first. */
	e.since_ns = 499;
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, SECOND, &a), 0);
	assert_int_equal(a.mismatch, 0);
	assert_false(a.compared);

	/* Not of this process, but of an earlier one with its number. */
	e.exec_ns = 99;
	attribution_done(&a);
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, SECOND, &a), 0);
	assert_int_equal(a.mismatch, MISMATCH_EXEC_RACE);
	e.exec_ns = 0;

	/* It has not; and one who closed it last. */
	e.exec_path = BYTES_LIT("");
	e.closer_pid = 21;
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, SECOND, &b), 0);
	assert_int_equal(b.mismatch, MISMATCH_EXEC_RACE | MISMATCH_CLOSER);

	/* It was after the exec, whatever the queue has seen; and the writer itself closed it. */
	e.since_ns++;
	e.closer_pid = 20;
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, SECOND, &c), 0);
	assert_int_equal(c.mismatch, 0);

	/* A recording has its own order. */
	e.since_ns--;
	e.feed = FEED_REPLAY;
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, SECOND, &d), 0);
	assert_int_equal(d.mismatch, 0);
}

/* A process writes and ends, another one gets its number and executes, and only then the event is read. */
static void doubts_a_number_that_was_used_again(void **state)
{
	struct scene *s = *state;
	struct fake evil = { 20, 10, 7, "/tmp/evil", BYTES_LIT("evil\0"), 1000, 10, "/user", "evil" };
	const struct {
		uint64_t since_ns;
		enum event_feed feed;
		bool doubted;
	} rows[] = {
		{ 0, FEED_LIVE, true },		/* nothing is known of its time */
		{ 250, FEED_LIVE, true },	/* both had the number after that */
		{ 299, FEED_LIVE, true },
		{ 300, FEED_LIVE, false },	/* the first had ended */
		{ 400, FEED_LIVE, false },
		{ 250, FEED_REPLAY, false },	/* has an order of its own */
	};

	assert_int_equal(process_table_fork(s->table, 10, 20, 100), 0);
	execute(s, evil, 200);
	assert_int_equal(process_table_exit(s->table, 20, 300), 0);
	assert_int_equal(process_table_fork(s->table, 10, 20, 400), 0);
	execute(s, TEE, 500);

	for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
		_cleanup_attribution_ struct attribution a = { 0 };
		struct event e = event_at(600, "/usr/bin/tee");

		/* That tee's file was executed before the event tells nothing: evil may have tried to. */
		e.since_ns = rows[i].since_ns;
		e.feed = rows[i].feed;
		assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 700, &a), 0);
		assert_true(bytes_equal(a.process->image->exe, BYTES_LIT("/usr/bin/tee")));
		if (a.mismatch != (rows[i].doubted ? MISMATCH_PID_REUSED : 0) || a.complete == rows[i].doubted)
			fail_msg("row %zu: %x, complete %d", i, a.mismatch, a.complete);
	}
}

/* Of the dead there is nothing to compare with, and that is said. */
static void compares_the_living_only(void **state)
{
	struct scene *s = *state;
	_cleanup_attribution_ struct attribution a = { 0 }, b = { 0 }, c = { 0 };
	struct event e = event_at(SECOND, "");

	e.since_ns = SECOND - 1;
	assert_int_equal(process_table_fork(s->table, 10, 20, 100), 0);
	execute(s, TEE, 200);
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, SECOND, &a), 0);
	assert_true(a.compared);

	/* It executed something else since the event. */
	execute(s, (struct fake){ 20, 10, 7, "/usr/bin/pip", BYTES_LIT("pip\0"), 0, 10, NULL, "pip" }, SECOND + 1);
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, SECOND, &b), 0);
	assert_false(b.compared);
	assert_int_equal(b.mismatch, 0);

	remove_process(s->tree, 20);
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, SECOND, &c), 0);
	assert_false(c.compared);
}

static void recordings_do_not_ask_proc(void **state)
{
	struct scene *s = *state;
	_cleanup_attribution_ struct attribution a = { 0 };
	struct event e = event_at(300, "");
	struct process *p;
	struct image *image;

	assert_int_equal(image_new(&(struct image){ .exe = BYTES_LIT("/bin/x"), .argv = BYTES_LIT("x\0") }, &image), 0);
	assert_int_equal(process_new(&(struct process){ .pid = 20, .ppid = 3, .credentials_known = true,
							.image = image }, &p), 0);
	(void)image_unref(image);
	assert_int_equal(process_table_put(s->table, p), 0);
	write_process(s->tree, TEE);
	e.feed = FEED_REPLAY;
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 400, &a), 0);
	assert_int_equal(a.source, ATTRIBUTION_RECORDED);
	assert_true(a.complete);
	assert_int_equal(a.mismatch, 0);
	assert_true(bytes_equal(a.process->image->exe, BYTES_LIT("/bin/x")));
}

/* On the real /proc: a process that takes another's name and arguments. */
static void sees_through_a_real_disguise(void **state)
{
	_cleanup_close_ int procfd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_(process_table_freep) struct process_table *t = NULL;
	_cleanup_attribution_ struct attribution a = { 0 };
	struct event e = EVENT_INIT;
	int ready[2], status;
	struct timespec ts;
	uint64_t now;
	pid_t pid;
	char c;

	(void)state;
	assert_int_equal(process_table_new(procfd, &t), 0);
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_NAME, "pip");
		(void)!write(ready[1], "x", 1);
		(void)pause();
		_exit(0);
	}
	assert_int_equal(process_table_sync(t, 1), 0);
	assert_int_equal(read(ready[0], &c, 1), 1);
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	now = (uint64_t)ts.tv_sec * UINT64_C(1000000000) + (uint64_t)ts.tv_nsec;
	e.pid = pid;
	e.mono_ns = now;
	assert_int_equal(attribution_join(t, procfd, &e, now, &a), 0);
	assert_int_equal(a.source, ATTRIBUTION_CONNECTOR);
	assert_true(a.complete);
	/* Either the sync came before prctl(), or its name is that of the snapshot. */
	assert_int_equal(a.mismatch & ~(unsigned)(MISMATCH_COMM | MISMATCH_PRELOAD | MISMATCH_PYTHON_ENV | MISMATCH_TRACED), 0);
	assert_int_equal(a.process->ppid, getpid());

	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, &status, 0);
	(void)close(ready[0]);
	(void)close(ready[1]);
}

static void has_a_name_for_each(void **state)
{
	(void)state;
	for (int i = ATTRIBUTION_NONE; i <= ATTRIBUTION_RECORDED; i++)
		assert_non_null(attribution_source_to_string((enum attribution_source)i));
	for (unsigned bit = 1; bit <= MISMATCH_LAST; bit <<= 1)
		assert_non_null(mismatch_to_string((enum mismatch)bit));
	assert_null(mismatch_to_string((enum mismatch)(MISMATCH_LAST << 1)));
	assert_string_equal(mismatch_to_string(MISMATCH_ARGV), "argv-rewritten");
	assert_string_equal(mismatch_to_string(MISMATCH_PRELOAD), "preload");
}

/* pyhookd.rules(5) explains each, and no other. */
static void the_manual_explains_each(void **state)
{
	_cleanup_fclose_ FILE *page = fopen("docs/pyhookd.rules.5", "re");
	bool in_section = false;
	char line[1024];
	unsigned found = 0;

	(void)state;
	assert_non_null(page);
	while (fgets(line, sizeof(line), page)) {
		bool known = false;

		if (bytes_has_prefix(bytes_of(line), BYTES_LIT(".Sh ")))
			in_section = strcmp(line, ".Sh MISMATCHES\n") == 0;
		if (!in_section || !bytes_has_prefix(bytes_of(line), BYTES_LIT(".It Cm ")))
			continue;
		line[strcspn(line, "\n")] = '\0';
		for (unsigned bit = 1; bit <= MISMATCH_LAST; bit <<= 1)
			if (strcmp(line + 7, mismatch_to_string((enum mismatch)bit)) == 0) {
				found |= bit;
				known = true;
			}
		if (!known)
			fail_msg("the manual explains %s", line + 7);
	}
	assert_int_equal(found, (MISMATCH_LAST << 1) - 1);
}

/* What records said of it while it lived. */
static void names_what_the_dead_had_changed(void **state)
{
	struct scene *s = *state;
	_cleanup_attribution_ struct attribution a = { 0 };
	struct event e = event_at(300, "/usr/bin/tee");

	assert_int_equal(process_table_fork(s->table, 10, 20, 100), 0);
	execute(s, TEE, 200);
	assert_int_equal(process_table_traced(s->table, 20, 210), 0);
	assert_int_equal(process_table_rename(s->table, 20, BYTES_LIT("pip"), 220), 0);
	assert_int_equal(process_table_uid(s->table, 20, 1000, 1234, 230), 0);
	remove_process(s->tree, 20);
	assert_int_equal(process_table_exit(s->table, 20, 250), 0);

	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 400, &a), 0);
	assert_int_equal(a.mismatch, MISMATCH_TRACED | MISMATCH_COMM | MISMATCH_USER);
}

/* An exec of the same program was lost: whether it is what it was is not known, also when it is gone. */
static void doubts_arguments_when_an_exec_may_be_lost(void **state)
{
	struct scene *s = *state;
	_cleanup_attribution_ struct attribution a = { 0 };
	struct event e = event_at(900, "");

	e.since_ns = 890;
	assert_int_equal(process_table_fork(s->table, 10, 20, 100), 0);
	execute(s, (struct fake){ 20, 10, 7, "/usr/bin/python3.11", BYTES_LIT("python3\0/usr/bin/pip\0"), 1000, 10, "/user",
				  "python3" }, 200);
	write_process(s->tree, (struct fake){ 20, 10, 7, "/usr/bin/python3.11", BYTES_LIT("python3\0/tmp/evil.py\0"), 1000,
					      10, "/user", "python3" });
	process_table_set_doubt(s->table);
	assert_int_equal(process_table_sync(s->table, 500), 0);
	remove_process(s->tree, 20);
	assert_int_equal(process_table_exit(s->table, 20, 950), 0);
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 1000, &a), 0);
	assert_int_equal(a.source, ATTRIBUTION_CONNECTOR);
	assert_int_equal(a.mismatch & MISMATCH_ARGV, MISMATCH_ARGV);
	assert_true(bytes_equal(process_argument(a.process, 1), BYTES_LIT("/usr/bin/pip")));
}

/* An exec whose record is on its way when /proc already shows it. */
static void tell_of_the_exec(void *argument)
{
	assert_int_equal(process_table_exec(argument, 20, 310), 0);
}

static void waits_for_a_record_on_its_way(void **state)
{
	struct scene *s = *state;
	_cleanup_attribution_ struct attribution a = { 0 };
	struct event e = event_at(300, "/usr/bin/tee");

	assert_int_equal(process_table_fork(s->table, 10, 20, 100), 0);
	execute(s, TEE, 200);
	write_process(s->tree, (struct fake){ 20, 10, 7, "/bin/true", BYTES_LIT("true\0"), 1000, 10, "/user", "true" });
	process_table_set_catch_up(s->table, tell_of_the_exec, s->table);
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 400, &a), 0);
	assert_int_equal(a.mismatch, 0);
	assert_true(bytes_equal(a.process->image->exe, BYTES_LIT("/usr/bin/tee")));
}

static void count_call(void *argument)
{
	++*(int *)argument;
}

/* Of most that live there is nothing on its way: they are as they were. */
static void does_not_wait_where_nothing_differs(void **state)
{
	struct scene *s = *state;
	_cleanup_attribution_ struct attribution a = { 0 }, b = { 0 };
	struct event e = event_at(300, "/usr/bin/tee");
	int calls = 0;

	assert_int_equal(process_table_fork(s->table, 10, 20, 100), 0);
	execute(s, TEE, 200);
	process_table_set_catch_up(s->table, count_call, &calls);
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 400, &a), 0);
	assert_true(a.compared);
	assert_int_equal(calls, 0);
	write_process(s->tree, (struct fake){ 20, 10, 7, "/usr/bin/tee", BYTES_LIT("tee\0y.pth\0"), 1000, 10, "/user", "tee" });
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 400, &b), 0);
	assert_int_equal(calls, 1);
	assert_int_equal(b.mismatch & MISMATCH_ARGV, MISMATCH_ARGV);
}

/* A process that does not let its memory be read is there, and nobody can say whether it is what it was. */
static int never_answers(void *argument, int dirfd, const char *name, char *buf, size_t size, size_t *ret_len,
			 bool *ret_more)
{
	(void)argument, (void)dirfd, (void)name, (void)buf, (void)size, (void)ret_len, (void)ret_more;
	return -ETIMEDOUT;
}

static void is_not_complete_without_an_answer(void **state)
{
	struct scene *s = *state;
	_cleanup_attribution_ struct attribution a = { 0 }, b = { 0 };
	struct event e = event_at(300, "/usr/bin/tee");

	assert_int_equal(process_table_fork(s->table, 10, 20, 100), 0);
	execute(s, TEE, 200);
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 400, &a), 0);
	assert_true(a.complete && a.compared);

	process_table_set_memory_reader(s->table, never_answers, NULL);
	assert_int_equal(attribution_join(s->table, s->tree->fd, &e, 400, &b), 0);
	assert_int_equal(b.source, ATTRIBUTION_CONNECTOR);
	assert_false(b.complete || b.compared);
	assert_true(bytes_equal(b.process->image->exe, BYTES_LIT("/usr/bin/tee")));
	assert_true(bytes_equal(b.process->image->argv, BYTES_LIT("tee\0x.pth\0")));
	assert_int_equal(b.process->uid, 1000);
}

int main(void)
{
#define IN_SCENE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
		IN_SCENE(nobody_is_no_error),
		IN_SCENE(the_table_knows_the_dead),
		IN_SCENE(a_hint_names_what_the_connector_missed),
		IN_SCENE(a_hint_keeps_the_arguments_that_were_read),
		IN_SCENE(a_hint_is_not_taken_for_anothers),
		IN_SCENE(an_exec_after_the_event_changes_nothing),
		IN_SCENE(the_same_file_twice_tells_no_order),
		IN_SCENE(falls_back_to_proc),
		IN_SCENE(another_process_with_the_pid_is_not_asked),
		IN_SCENE(the_dead_predecessor_is_not_the_writer),
		IN_SCENE(a_hint_from_before_the_process_is_not_its_own),
		IN_SCENE(corrects_credentials),
		IN_SCENE(names_what_does_not_fit),
		IN_SCENE(knows_a_false_name),
		IN_SCENE(doubts_what_the_event_leaves_open),
		IN_SCENE(doubts_a_number_that_was_used_again),
		IN_SCENE(compares_the_living_only),
		IN_SCENE(recordings_do_not_ask_proc),
		IN_SCENE(names_what_the_dead_had_changed),
		IN_SCENE(doubts_arguments_when_an_exec_may_be_lost),
		IN_SCENE(waits_for_a_record_on_its_way),
		IN_SCENE(does_not_wait_where_nothing_differs),
		IN_SCENE(is_not_complete_without_an_answer),
		cmocka_unit_test(sees_through_a_real_disguise),
		cmocka_unit_test(has_a_name_for_each),
		cmocka_unit_test(the_manual_explains_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
