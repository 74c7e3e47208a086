#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <cmocka.h>

#include "fake_proc.h"
#include "limits.h"
#include "process.h"
#include "procfs.h"

#define SECOND UINT64_C(1000000000)

static struct process *get(struct process_table *t, pid_t pid, uint64_t at)
{
	struct process *p = process_table_get(t, pid, at);

	assert_non_null(p);
	assert_int_equal(p->pid, pid);
	return p;
}

/* ---- records ------------------------------------------------------------------ */

static void follows_fork_exec_exit(void **state)
{
	struct tree *tree = *state;
	_cleanup_(process_table_freep) struct process_table *t = NULL;
	_cleanup_(process_unrefp) struct process *shell = NULL, *forked = NULL, *executed = NULL, *dead = NULL;
	struct process_table_counters c;

	write_process(tree, (struct fake){ 1, 0, 1, "/sbin/init", BYTES_LIT("init\0"), 0, 1, "/init.scope" });
	write_process(tree, (struct fake){ 10, 1, 5, "/bin/sh", BYTES_LIT("-sh\0"), 1000, 10, "/user" });
	assert_int_equal(process_table_new(tree->fd, &t), 0);
	assert_int_equal(process_table_sync(t, 100), 0);

	shell = get(t, 10, 100);
	assert_int_equal(shell->uid, 1000);
	assert_int_equal(shell->gid, 5);
	assert_int_equal(shell->egid, 6);
	assert_int_equal(shell->loginuid, 1000);
	assert_int_equal(shell->sessionid, 3);
	assert_int_equal(shell->tty, 34816);
	assert_int_equal(shell->start_ns, 0);
	assert_int_equal(shell->start_ticks, 5);
	assert_string_equal(shell->comm, "name");
	assert_true(bytes_equal(shell->image->cgroup, BYTES_LIT("/user")));
	assert_true(bytes_equal(shell->image->cwd, BYTES_LIT("/srv")));
	assert_true(bytes_equal(process_environment(shell, BYTES_LIT("HOME")), BYTES_LIT("/h")));
	assert_null(process_environment(shell, BYTES_LIT("HOM")).ptr);
	assert_true(bytes_equal(process_environment(shell, BYTES_LIT("PATH")), BYTES_LIT("/bin")));
	assert_null(process_environment(shell, BYTES_LIT("LANG")).ptr);
	assert_non_null(shell->parent);
	assert_int_equal(shell->parent->pid, 1);

	assert_int_equal(process_table_fork(t, 10, 20, 200), 0);
	forked = get(t, 20, 200);
	assert_true(forked->inherited);
	assert_ptr_equal(forked->image, shell->image);
	assert_ptr_equal(forked->parent, shell);
	assert_int_equal(forked->ppid, 10);
	assert_int_equal(forked->uid, 1000);
	assert_int_equal(forked->start_ticks, 0);
	assert_null(process_table_get(t, 20, 199));

	/* The same session and user: the login and the cgroup are the parent's. */
	write_process(tree, (struct fake){ 20, 10, 7, "/bin/tee (deleted)", BYTES_LIT("tee\0x.pth\0"), 1000, 10, "/other" });
	assert_int_equal(process_table_exec(t, 20, 300), 0);
	executed = get(t, 20, 300);
	assert_false(executed->inherited);
	assert_true(bytes_equal(executed->image->exe, BYTES_LIT("/bin/tee")));
	assert_true(executed->image->exe_deleted);
	assert_false(executed->image->exe_memfd);
	assert_true(bytes_equal(process_argument(executed, 1), BYTES_LIT("x.pth")));
	assert_null(process_argument(executed, 2).ptr);
	assert_true(bytes_equal(executed->image->cgroup, BYTES_LIT("/user")));
	assert_int_equal(executed->start_ns, 200);
	assert_int_equal(executed->start_ticks, 7);
	assert_ptr_equal(executed->parent, shell);
	/* What somebody holds did not change. */
	assert_true(forked->inherited);
	assert_ptr_equal(forked->image, shell->image);

	assert_int_equal(process_table_exit(t, 20, 400), 0);
	dead = get(t, 20, 500);
	assert_int_equal(dead->exit_ns, 400);
	assert_int_equal(executed->exit_ns, 0);
	assert_ptr_equal(dead->image, executed->image);

	process_table_counters(t, &c);
	assert_int_equal(c.forks, 1);
	assert_int_equal(c.execs, 1);
	assert_int_equal(c.exits, 1);
	assert_int_equal(c.exec_unread, 0);
	assert_int_equal(c.entries, 3);
}

static void answers_with_the_state_of_then(void **state)
{
	struct tree *tree = *state;
	_cleanup_(process_table_freep) struct process_table *t = NULL;
	_cleanup_(process_unrefp) struct process *a = NULL, *b = NULL, *c = NULL, *d = NULL, *before = NULL;

	assert_int_equal(process_table_new(tree->fd, &t), 0);
	write_process(tree, (struct fake){ 10, 1, 5, "/bin/sh", BYTES_LIT("sh\0"), 0, 10, NULL });
	assert_int_equal(process_table_exec(t, 10, 50), 0);
	assert_int_equal(process_table_fork(t, 10, 20, 100), 0);
	write_process(tree, (struct fake){ 20, 10, 7, "/bin/one", BYTES_LIT("one\0"), 0, 10, NULL });
	assert_int_equal(process_table_exec(t, 20, 200), 0);
	write_process(tree, (struct fake){ 20, 10, 7, "/bin/two", BYTES_LIT("two\0"), 0, 10, NULL });
	assert_int_equal(process_table_exec(t, 20, 300), 0);

	a = get(t, 20, 150);
	assert_true(a->inherited);
	b = get(t, 20, 299);
	assert_true(bytes_equal(b->image->exe, BYTES_LIT("/bin/one")));
	c = get(t, 20, 300);
	assert_true(bytes_equal(c->image->exe, BYTES_LIT("/bin/two")));
	before = process_table_get_before(t, c);
	assert_ptr_equal(before, b);

	/* Another generation: the pid is used again. */
	assert_int_equal(process_table_exit(t, 20, 400), 0);
	assert_int_equal(process_table_fork(t, 10, 20, 500), 0);
	d = get(t, 20, 600);
	assert_true(d->inherited);
	assert_int_equal(d->start_ns, 500);
	(void)process_unref(c);
	c = get(t, 20, 499);	/* it had exited, but there is none after it yet */
	assert_true(bytes_equal(c->image->exe, BYTES_LIT("/bin/two")));
	assert_int_equal(c->exit_ns, 400);
	(void)process_unref(before);
	before = process_table_get_before(t, d);
	assert_ptr_equal(before, c);
}

static bool is_contested(struct process_table *t, pid_t pid, uint64_t at_ns, uint64_t since_ns)
{
	_cleanup_(process_unrefp) struct process *p = process_table_get(t, pid, at_ns);

	assert_non_null(p);
	return process_table_is_contested(t, p, since_ns);
}

/* An act of a number, after a time: whose may it be? */
static void knows_when_a_number_is_contested(void **state)
{
	struct tree *tree = *state;
	_cleanup_(process_table_freep) struct process_table *t = NULL;

	assert_int_equal(process_table_new(tree->fd, &t), 0);
	assert_int_equal(process_table_fork(t, 1, 20, 100), 0);
	assert_false(is_contested(t, 20, 150, 0));	/* nobody else had it */
	assert_int_equal(process_table_exit(t, 20, 200), 0);
	assert_int_equal(process_table_fork(t, 1, 21, 250), 0);
	assert_int_equal(process_table_fork(t, 1, 20, 300), 0);

	assert_true(is_contested(t, 20, 350, 199));
	assert_false(is_contested(t, 20, 350, 200));	/* the first had ended then */
	assert_false(is_contested(t, 20, 350, 300));	/* the second was there */
	assert_false(is_contested(t, 20, 299, 150));	/* who comes later does not matter */
	assert_false(is_contested(t, 21, 350, 0));

	/* The kernel frees a number before it makes the record of the end: the next process is there already,
	 * and the second record is of its own end. */
	assert_int_equal(process_table_exit(t, 20, 310), 0);
	assert_int_equal(process_table_exit(t, 20, 400), 0);
	assert_int_equal(process_table_fork(t, 1, 20, 500), 0);
	assert_true(is_contested(t, 20, 550, 399));
	assert_false(is_contested(t, 20, 550, 400));

	/* Without a record of its end it was there until the next one began. */
	assert_int_equal(process_table_fork(t, 1, 20, 600), 0);
	assert_true(is_contested(t, 20, 650, 599));
	assert_false(is_contested(t, 20, 650, 600));

	/* Nor was there a record of the next one's beginning. */
	write_process(tree, (struct fake){ 20, 1, 9, "/bin/b", BYTES_LIT("b\0"), 0, 20, NULL });
	assert_int_equal(process_table_exit(t, 20, 700), 0);
	assert_int_equal(process_table_sync(t, 1000), 0);
	assert_true(is_contested(t, 20, 1100, 999));
	assert_false(is_contested(t, 20, 1100, 1000));
}

/* Who was forgotten for want of room may have had any number. */
static void does_not_trust_what_it_has_forgotten(void **state)
{
	struct tree *tree = *state;
	_cleanup_(process_table_freep) struct process_table *t = NULL;
	uint64_t at_ns = 1000;

	assert_int_equal(process_table_new(tree->fd, &t), 0);
	for (pid_t pid = 1000; pid < 1000 + PROCESS_TABLE_MAX + 10; pid++) {
		assert_int_equal(process_table_fork(t, 1, pid, ++at_ns), 0);
		assert_int_equal(process_table_exit(t, pid, ++at_ns), 0);
	}
	assert_int_equal(process_table_fork(t, 1, 20, ++at_ns), 0);
	assert_true(is_contested(t, 20, at_ns, 1001));
	assert_false(is_contested(t, 20, at_ns, 1000 + 100));
	assert_false(is_contested(t, 20, at_ns, at_ns));
}

static void starts_a_generation_when_records_were_lost(void **state)
{
	struct tree *tree = *state;
	_cleanup_(process_table_freep) struct process_table *t = NULL;
	_cleanup_(process_unrefp) struct process *old = NULL, *p = NULL, *q = NULL;

	assert_int_equal(process_table_new(tree->fd, &t), 0);
	write_process(tree, (struct fake){ 10, 1, 5, "/bin/sh", BYTES_LIT("sh\0"), 0, 10, NULL });
	assert_int_equal(process_table_sync(t, 10), 0);

	/* EXIT lost: the FORK of the same pid says it. */
	assert_int_equal(process_table_fork(t, 10, 20, 100), 0);
	assert_int_equal(process_table_fork(t, 10, 20, 200), 0);
	old = get(t, 20, 199);
	assert_int_equal(old->exit_ns, 200);

	/* EXIT and FORK lost: the start time in /proc says it at the next exec. */
	write_process(tree, (struct fake){ 20, 10, 7, "/bin/one", BYTES_LIT("one\0"), 0, 10, NULL });
	assert_int_equal(process_table_exec(t, 20, 300), 0);
	write_process(tree, (struct fake){ 20, 10, 8, "/bin/two", BYTES_LIT("two\0"), 0, 10, NULL });
	assert_int_equal(process_table_exec(t, 20, 400), 0);
	p = get(t, 20, 399);
	assert_true(bytes_equal(p->image->exe, BYTES_LIT("/bin/one")));
	assert_int_equal(p->exit_ns, 400);
	q = get(t, 20, 400);
	assert_int_equal(q->start_ns, 400);
	assert_int_equal(q->ppid, 10);
	assert_int_equal(q->parent->pid, 10);
}

static void resynchronises(void **state)
{
	struct tree *tree = *state;
	_cleanup_(process_table_freep) struct process_table *t = NULL;
	_cleanup_(process_unrefp) struct process *sh = NULL, *sh2 = NULL, *gone = NULL, *exec = NULL, *reused = NULL,
		*reused_old = NULL, *orphan = NULL;

	assert_int_equal(process_table_new(tree->fd, &t), 0);
	write_process(tree, (struct fake){ 10, 1, 5, "/bin/sh", BYTES_LIT("sh\0"), 0, 10, NULL });
	write_process(tree, (struct fake){ 11, 10, 5, "/bin/a", BYTES_LIT("a\0"), 0, 10, NULL });
	write_process(tree, (struct fake){ 12, 10, 6, "/bin/b", BYTES_LIT("b\0"), 0, 10, NULL });
	write_process(tree, (struct fake){ 13, 10, 6, "/bin/c", BYTES_LIT("c\0"), 0, 10, NULL });
	assert_int_equal(process_table_sync(t, 100), 0);
	sh = get(t, 10, 100);

	remove_process(tree, 11);						/* EXIT lost */
	write_link(tree, 12, "exe", "/bin/bb");					/* EXEC lost */
	write_process(tree, (struct fake){ 13, 10, 9, "/bin/cc", BYTES_LIT("c\0"), 0, 10, NULL });	/* reused */
	write_process(tree, (struct fake){ 3, 13, 9, "/bin/d", BYTES_LIT("d\0"), 0, 10, NULL });	/* FORK lost */
	assert_int_equal(process_table_sync(t, 1000), 0);

	sh2 = get(t, 10, 1000);
	assert_ptr_equal(sh, sh2);	/* known generations keep what is known */
	gone = get(t, 11, 1000);
	assert_int_equal(gone->exit_ns, 1000);
	exec = get(t, 12, 1000);
	assert_true(bytes_equal(exec->image->exe, BYTES_LIT("/bin/bb")));
	assert_int_equal(exec->exit_ns, 0);
	reused = get(t, 13, 1000);
	assert_true(bytes_equal(reused->image->exe, BYTES_LIT("/bin/cc")));
	assert_int_equal(reused->exit_ns, 0);
	reused_old = process_table_get_before(t, reused);
	assert_non_null(reused_old);
	assert_true(bytes_equal(reused_old->image->exe, BYTES_LIT("/bin/c")));
	assert_true(reused_old->exit_ns != 0);
	orphan = get(t, 3, 1000);
	assert_non_null(orphan);
}

/* FORK and EXIT records that were in the queue before /proc was read. */
static void takes_late_records_for_what_they_are(void **state)
{
	struct tree *tree = *state;
	_cleanup_(process_table_freep) struct process_table *t = NULL;
	_cleanup_(process_unrefp) struct process *p = NULL, *early = NULL;

	assert_int_equal(process_table_new(tree->fd, &t), 0);
	write_process(tree, (struct fake){ 10, 1, 5, "/bin/sh", BYTES_LIT("sh\0"), 0, 10, NULL });
	write_process(tree, (struct fake){ 20, 1, 6, "/bin/tee", BYTES_LIT("tee\0"), 0, 10, NULL });
	assert_int_equal(process_table_sync(t, 1000), 0);

	assert_int_equal(process_table_exit(t, 20, 800), 0);	/* of the generation before */
	assert_int_equal(process_table_fork(t, 10, 20, 900), 0);
	p = get(t, 20, 1000);
	assert_int_equal(p->exit_ns, 0);
	assert_false(p->inherited);
	assert_true(bytes_equal(p->image->exe, BYTES_LIT("/bin/tee")));
	assert_int_equal(p->start_ns, 900);
	assert_int_equal(p->ppid, 10);	/* /proc said 1: it was re-parented */
	assert_int_equal(p->parent->pid, 10);
	assert_int_equal(process_table_exit(t, 20, 1100), 0);
	early = get(t, 20, 1200);
	assert_int_equal(early->exit_ns, 1100);
}

static void says_when_exec_was_unreadable(void **state)
{
	struct tree *tree = *state;
	_cleanup_(process_table_freep) struct process_table *t = NULL;
	_cleanup_(process_unrefp) struct process *p = NULL;
	struct process_table_counters c;

	assert_int_equal(process_table_new(tree->fd, &t), 0);
	write_process(tree, (struct fake){ 10, 1, 5, "/bin/sh", BYTES_LIT("sh\0"), 42, 10, "/x" });
	assert_int_equal(process_table_sync(t, 1), 0);
	assert_int_equal(process_table_fork(t, 10, 20, 100), 0);
	assert_int_equal(process_table_exec(t, 20, 200), 0);
	p = get(t, 20, 200);
	assert_false(p->inherited);
	assert_int_equal(p->image->exe.len, 0);
	assert_int_equal(p->image->argv.len, 0);
	assert_int_equal(p->image->exec_ns, 200);
	assert_true(p->credentials_known);
	assert_int_equal(p->uid, 42);
	assert_int_equal(p->ppid, 10);
	assert_true(bytes_equal(p->image->cgroup, BYTES_LIT("/x")));
	process_table_counters(t, &c);
	assert_int_equal(c.exec_unread, 1);
}

static void reads_a_login_anew(void **state)
{
	struct tree *tree = *state;
	_cleanup_(process_table_freep) struct process_table *t = NULL;
	_cleanup_(process_unrefp) struct process *p = NULL, *q = NULL;

	assert_int_equal(process_table_new(tree->fd, &t), 0);
	write_process(tree, (struct fake){ 10, 1, 5, "/sbin/sshd", BYTES_LIT("sshd\0"), 0, 10, "/sshd" });
	assert_int_equal(process_table_sync(t, 1), 0);
	assert_int_equal(process_table_fork(t, 10, 20, 100), 0);
	write_process(tree, (struct fake){ 20, 10, 6, "/bin/sh", BYTES_LIT("-sh\0"), 0, 20, "/session" });
	write_file(tree, 20, "loginuid", BYTES_LIT("7"));
	assert_int_equal(process_table_exec(t, 20, 200), 0);
	p = get(t, 20, 200);
	assert_int_equal(p->loginuid, 7);
	assert_int_equal(p->sid, 20);
	assert_true(bytes_equal(p->image->cgroup, BYTES_LIT("/session")));
	/* ... and its children have it from there. */
	assert_int_equal(process_table_fork(t, 20, 30, 300), 0);
	q = get(t, 30, 300);
	assert_int_equal(q->loginuid, 7);
}

static void knows_a_memfd(void **state)
{
	struct tree *tree = *state;
	_cleanup_(process_table_freep) struct process_table *t = NULL;
	_cleanup_(process_unrefp) struct process *p = NULL;

	assert_int_equal(process_table_new(tree->fd, &t), 0);
	write_process(tree, (struct fake){ 10, 1, 5, "/memfd:pip (deleted)", BYTES_LIT("pip\0"), 0, 10, NULL });
	assert_int_equal(process_table_exec(t, 10, 1), 0);
	p = get(t, 10, 1);
	assert_true(p->image->exe_memfd);
	assert_true(bytes_equal(p->image->exe, BYTES_LIT("/memfd:pip")));
}

static void bounds_arguments(void **state)
{
	struct tree *tree = *state;
	_cleanup_(process_table_freep) struct process_table *t = NULL;
	_cleanup_(process_unrefp) struct process *p = NULL;
	_cleanup_str_ struct str argv = STR_INIT;

	assert_int_equal(process_table_new(tree->fd, &t), 0);
	for (int i = 0; i < 3 * PROCESS_ARGV_MAX; i++)
		assert_int_equal(str_append_char(&argv, 'a'), 0);
	write_process(tree, (struct fake){ 10, 1, 5, "/bin/x", str_bytes(&argv), 0, 10, NULL });
	assert_int_equal(process_table_exec(t, 10, 1), 0);
	p = get(t, 10, 1);
	assert_true(p->image->argv_truncated);
	assert_int_equal(p->image->argv.len, PROCESS_ARGV_MAX + 1);
	assert_int_equal(p->image->argv.ptr[PROCESS_ARGV_MAX], '\0');
	assert_int_equal(process_argument_count(p), 1);
}

/* ---- readings, and records of what a process makes of itself ---------------------- */

static struct process_reading reading_of(const char *exe, struct bytes argv, uint64_t exec_ns, uint64_t read_ns)
{
	struct process_reading r = { .loginuid = (uid_t)-1, .sessionid = (uint32_t)-1, .read_ns = read_ns };

	r.image.exe = bytes_of(exe);
	r.image.argv = argv;
	r.image.exec_ns = exec_ns;
	(void)snprintf(r.comm, sizeof(r.comm), "%s", "read");
	return r;
}

/* A shell that /proc shows, and a fork of it that /proc does not. */
static struct process_table *with_fork(struct tree *tree)
{
	struct process_table *t = NULL;

	write_process(tree, (struct fake){ 10, 1, 5, "/bin/sh", BYTES_LIT("sh\0"), 1000, 10, "/user" });
	assert_int_equal(process_table_new(tree->fd, &t), 0);
	assert_int_equal(process_table_sync(t, 10), 0);
	assert_int_equal(process_table_fork(t, 10, 20, 100), 0);
	return t;
}

static void takes_a_reading_in(void **state)
{
	_cleanup_(process_table_freep) struct process_table *t = with_fork(*state);
	_cleanup_(process_unrefp) struct process *p = NULL, *leader = NULL;
	struct process_reading r = reading_of("/bin/tee", BYTES_LIT("tee\0x\0"), 200, 201);
	struct process_table_counters c;

	/* It is gone: nothing is asked of /proc, and nothing is missing. */
	r.sid = 10;
	assert_int_equal(process_table_exec_read(t, 20, 200, 300, &r), 0);
	p = get(t, 20, 200);
	assert_true(bytes_equal(p->image->exe, BYTES_LIT("/bin/tee")));
	assert_true(bytes_equal(process_argument(p, 1), BYTES_LIT("x")));
	assert_string_equal(p->comm, "read");
	assert_true(p->credentials_known);
	assert_int_equal(p->uid, 1000);
	assert_int_equal(p->start_ns, 100);
	assert_int_equal(p->start_ticks, 0);
	assert_int_equal(p->sid, 10);
	assert_int_equal(p->tty, 34816);
	assert_int_equal(p->loginuid, 1000);
	assert_true(bytes_equal(p->image->cgroup, BYTES_LIT("/user")));
	process_table_counters(t, &c);
	assert_int_equal(c.execs, 1);
	assert_int_equal(c.exec_unread, 0);

	/* Of a session leader the reader brings the context. */
	assert_int_equal(process_table_fork(t, 10, 21, 400), 0);
	r.sid = 21;
	r.stat = (struct procfs_stat){ .pid = 21, .comm = "login", .ppid = 1, .sid = 21, .tty = 5, .start_ticks = 77 };
	r.stat_known = r.context_known = true;
	r.loginuid = 7;
	r.sessionid = 8;
	r.image.cgroup = BYTES_LIT("/session");
	assert_int_equal(process_table_exec_read(t, 21, 500, 600, &r), 0);
	leader = get(t, 21, 500);
	assert_int_equal(leader->loginuid, 7);
	assert_int_equal(leader->sessionid, 8);
	assert_int_equal(leader->tty, 5);
	assert_int_equal(leader->sid, 21);
	assert_int_equal(leader->start_ticks, 77);
	assert_int_equal(leader->ppid, 10);	/* at fork */
	assert_string_equal(leader->comm, "login");
	assert_true(bytes_equal(leader->image->cgroup, BYTES_LIT("/session")));
}

static void reads_what_a_reading_lacks(void **state)
{
	struct tree *tree = *state;
	_cleanup_(process_table_freep) struct process_table *t = with_fork(tree);
	_cleanup_(process_unrefp) struct process *p = NULL, *q = NULL;
	struct process_reading r = reading_of("/bin/x", BYTES_LIT("x\0"), 200, 200);

	/* No fork was seen. */
	write_process(tree, (struct fake){ 30, 10, 9, "/bin/x", BYTES_LIT("x\0"), 33, 10, "/its", "x" });
	assert_int_equal(process_table_exec_read(t, 30, 200, 250, &r), 0);
	p = get(t, 30, 200);
	assert_int_equal(p->ppid, 10);
	assert_int_equal(p->parent->pid, 10);
	assert_int_equal(p->uid, 33);
	assert_int_equal(p->start_ticks, 9);
	assert_true(bytes_equal(p->image->cgroup, BYTES_LIT("/its")));

	/* Its user has changed since its fork: another login, perhaps. */
	write_process(tree, (struct fake){ 20, 10, 9, "/bin/x", BYTES_LIT("x\0"), 44, 10, "/elsewhere", "x" });
	write_file(tree, 20, "loginuid", BYTES_LIT("44"));
	assert_int_equal(process_table_uid(t, 20, 44, 44, 150), 0);
	assert_int_equal(process_table_exec_read(t, 20, 200, 250, &r), 0);
	q = get(t, 20, 200);
	assert_int_equal(q->loginuid, 44);
	assert_true(bytes_equal(q->image->cgroup, BYTES_LIT("/elsewhere")));

	/* Once /proc was read in full there is no doubt: nothing is read. */
	process_table_set_doubt(t);
	assert_int_equal(process_table_sync(t, 1000), 0);
	assert_int_equal(process_table_fork(t, 10, 40, 1100), 0);
	write_process(tree, (struct fake){ 40, 10, 9, "/bin/x", BYTES_LIT("x\0"), 77, 10, NULL });
	assert_int_equal(process_table_exec_read(t, 40, 1200, 1250, &r), 0);
	(void)process_unref(q);
	q = get(t, 40, 1200);
	assert_int_equal(q->uid, 1000);
}

static void keeps_the_user_of_then(void **state)
{
	_cleanup_(process_table_freep) struct process_table *t = with_fork(*state);
	_cleanup_(process_unrefp) struct process *first = NULL, *shell = NULL, *changed = NULL, *sudo = NULL, *child = NULL,
		*before = NULL;
	struct process_reading sh = reading_of("/bin/sh", BYTES_LIT("sh\0"), 200, 200);
	struct process_reading su = reading_of("/bin/sudo", BYTES_LIT("sudo\0"), 400, 400);

	assert_int_equal(process_table_exec_read(t, 20, 200, 200, &sh), 0);
	first = get(t, 20, 200);
	/* The kernel tells of a setuid program's user before its EXEC. */
	assert_int_equal(process_table_uid(t, 20, 1000, 0, 300), 0);
	assert_int_equal(process_table_gid(t, 20, 5, 0, 301), 0);
	changed = get(t, 20, 350);
	assert_int_equal(changed->uid, 1000);
	assert_int_equal(changed->euid, 0);
	assert_int_equal(changed->egid, 0);
	assert_ptr_equal(changed->image, first->image);
	assert_int_equal(process_table_exec_read(t, 20, 400, 400, &su), 0);
	sudo = get(t, 20, 400);
	assert_int_equal(sudo->euid, 0);
	assert_int_equal(sudo->changed_ns, 0);
	assert_true(bytes_equal(sudo->image->exe, BYTES_LIT("/bin/sudo")));
	/* What the shell did before, it did as itself. */
	shell = get(t, 20, 299);
	assert_ptr_equal(shell, first);
	assert_int_equal(shell->euid, 1000);
	before = process_table_get_before(t, sudo);
	assert_ptr_equal(before->image, first->image);
	(void)process_unref(before);
	before = process_table_get_before(t, changed);	/* what it was before that exec */
	assert_true(before->inherited);

	assert_int_equal(process_table_fork(t, 20, 21, 500), 0);
	child = get(t, 21, 500);
	assert_int_equal(child->euid, 0);
	assert_int_equal(child->egid, 0);
}

/* setresuid() a million times is no way to make the table forget what was executed. */
static void forgets_nothing_for_changes_of_user(void **state)
{
	_cleanup_(process_table_freep) struct process_table *t = with_fork(*state);
	_cleanup_(process_unrefp) struct process *p = NULL, *last = NULL;
	struct process_reading r = reading_of("/bin/x", BYTES_LIT("x\0"), 200, 200);

	assert_int_equal(process_table_exec_read(t, 20, 200, 200, &r), 0);
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(process_table_uid(t, 20, i, i, 300 + i), 0);
	p = get(t, 20, 150);
	assert_true(p->inherited);
	assert_int_equal(p->uid, 1000);
	last = get(t, 20, 5000);
	assert_int_equal(last->uid, 999);

	/* Nor of one that is gone, or unknown, or was read later. */
	assert_int_equal(process_table_exit(t, 20, 6000), 0);
	assert_int_equal(process_table_uid(t, 20, 1, 1, 6001), 0);
	assert_int_equal(process_table_uid(t, 99, 1, 1, 6001), 0);
	assert_int_equal(process_table_uid(t, 10, 1, 1, 9), 0);
	(void)process_unref(p);
	p = get(t, 20, 7000);
	assert_int_equal(p->uid, 999);
	(void)process_unref(p);
	p = get(t, 10, 7000);
	assert_int_equal(p->uid, 1000);
}

static void follows_what_a_process_makes_of_itself(void **state)
{
	_cleanup_(process_table_freep) struct process_table *t = with_fork(*state);
	_cleanup_(process_unrefp) struct process *held = get(t, 20, 100), *p = NULL, *child = NULL, *executed = NULL;
	struct process_reading r = reading_of("/bin/x", BYTES_LIT("x\0"), 500, 500);
	struct process_table_counters c;

	assert_int_equal(process_table_session(t, 20, 200), 0);
	assert_int_equal(process_table_traced(t, 20, 201), 0);
	assert_int_equal(process_table_rename(t, 20, BYTES_LIT("a name of more than fifteen"), 202), 0);
	p = get(t, 20, 300);
	assert_int_equal(p->sid, 20);
	assert_int_equal(p->tty, 0);
	assert_true(p->traced);
	assert_string_equal(p->renamed, "a name of more ");
	assert_string_equal(p->comm, "name");
	/* What somebody holds did not change. */
	assert_int_equal(held->sid, 10);
	assert_false(held->traced);
	assert_string_equal(held->renamed, "");

	assert_int_equal(process_table_fork(t, 20, 21, 400), 0);
	child = get(t, 21, 400);
	assert_int_equal(child->sid, 20);
	assert_string_equal(child->renamed, "a name of more ");
	assert_false(child->traced);

	assert_int_equal(process_table_exec_read(t, 20, 500, 500, &r), 0);
	executed = get(t, 20, 500);
	assert_string_equal(executed->renamed, "");
	assert_true(executed->traced);
	process_table_counters(t, &c);
	assert_int_equal(c.changes, 3);
}

/* UID, GID, SID, COMM, PTRACE were lost, and an EXEC of the same program. */
static void makes_lost_changes_good(void **state)
{
	struct tree *tree = *state;
	static const struct fake sshd = { 10, 1, 5, "/sbin/sshd", { "sshd", 5 }, 0, 9, "/x", "sshd", 0 };
	static const struct {
		struct fake now;
		int uid, before;
		bool same, moved, traced, argv_changed;
		const char *renamed;
	} cases[] = {
#define F(argv, uid, sid, comm, tracer) { 10, 1, 5, "/sbin/sshd", { argv, sizeof(argv) }, uid, sid, "/y", comm, tracer }
		{ F("sshd", 0, 9, "sshd", 0), 0, 0, true, false, false, false, "" },
		{ F("sshd", 1000, 9, "sshd", 0), 1000, 0, false, true, false, false, "" },
		{ F("sshd", 0, 10, "sshd", 0), 0, 0, false, true, false, false, "" },
		{ F("sshd", 0, 9, "pip", 0), 0, 0, false, true, false, false, "pip" },
		{ F("sshd", 0, 9, "sshd", 7), 0, 0, false, true, true, false, "" },
		{ F("sshd\0-D", 0, 9, "sshd", 0), 0, 0, false, true, false, true, "" },
		{ F("python3\0/tmp/x.py", 1000, 10, "python3", 7), 1000, 0, false, true, true, true, "python3" },
#undef F
	};

	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_(process_table_freep) struct process_table *t = NULL;
		_cleanup_(process_unrefp) struct process *first = NULL, *before = NULL, *p = NULL, *child = NULL;
		struct process_reading r = reading_of("/bin/x", BYTES_LIT("x\0"), 400, 400);

		assert_int_equal(process_table_new(tree->fd, &t), 0);
		write_process(tree, sshd);
		assert_int_equal(process_table_sync(t, 100), 0);
		first = get(t, 10, 100);
		write_process(tree, cases[i].now);
		process_table_set_doubt(t);
		assert_int_equal(process_table_sync(t, 200), 0);

		before = get(t, 10, 199);
		assert_int_equal(before->euid, cases[i].before);
		p = get(t, 10, 200);
		assert_int_equal(p == first, cases[i].same);
		assert_ptr_equal(p->image, first->image);	/* what it was executed as */
		assert_int_equal(p->uid, cases[i].uid);
		assert_int_equal(p->euid, cases[i].uid);
		assert_int_equal(p->sid, cases[i].now.sid);
		assert_int_equal(p->traced, cases[i].traced);
		assert_int_equal(p->argv_changed, cases[i].argv_changed);
		assert_string_equal(p->renamed, cases[i].renamed);

		/* What it forks is of the new user, and looks for its context. */
		assert_int_equal(process_table_fork(t, 10, 20, 300), 0);
		write_process(tree, (struct fake){ 20, 10, 9, "/bin/x", BYTES_LIT("x\0"), cases[i].uid, 9, "/z", "x", 0 });
		assert_int_equal(process_table_exec_read(t, 20, 400, 410, &r), 0);
		child = get(t, 20, 400);
		assert_int_equal(child->euid, cases[i].uid);
		assert_true(bytes_equal(child->image->cgroup, cases[i].moved ? BYTES_LIT("/z") : BYTES_LIT("/x")));
		assert_false(child->argv_changed);
		remove_process(tree, 20);

		/* The next record finds it. */
		assert_int_equal(process_table_exit(t, 10, 500), 0);
		(void)process_unref(p);
		p = get(t, 10, 500);
		assert_int_equal(p->exit_ns, 500);
	}
}

/* No descriptors, no memory: nobody is gone for that, and it is tried again. */
static void takes_nobody_for_gone_in_a_shortage(void **state)
{
	struct tree *tree = *state;

	write_process(tree, (struct fake){ 10, 1, 5, "/bin/sh", BYTES_LIT("sh\0"), 0, 10, NULL });
	write_process(tree, (struct fake){ 11, 10, 6, "/bin/a", BYTES_LIT("a\0"), 0, 10, NULL });
	for (unsigned more = 0; more < 8; more++) {
		_cleanup_(process_table_freep) struct process_table *t = NULL;
		_cleanup_(process_unrefp) struct process *p = NULL, *q = NULL;
		_cleanup_close_ int lowest = -EBADF;
		struct rlimit before, few;
		int r;

		assert_int_equal(process_table_new(tree->fd, &t), 0);
		assert_int_equal(process_table_sync(t, 100), 0);
		lowest = open("/", O_PATH | O_CLOEXEC);
		assert_true(lowest >= 0);
		assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
		few = (struct rlimit){ (rlim_t)lowest + 1 + more, before.rlim_max };
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
		r = process_table_sync(t, 200);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
		assert_int_equal(r, more < 3 ? -EMFILE : 0);	/* the directory, the process, its file */
		p = get(t, 10, 1000);
		q = get(t, 11, 1000);
		assert_int_equal(p->exit_ns, 0);
		assert_int_equal(q->exit_ns, 0);
	}
}

/* The reading was made at 300.  A record from before says that it was not of this process. */
static void takes_late_readings_back(void **state)
{
	struct tree *tree = *state;
	struct process_reading late = reading_of("/bin/other", BYTES_LIT("other\0"), 200, 300);
	struct process_reading next = reading_of("/bin/next", BYTES_LIT("next\0"), 250, 251);
	enum { EXIT, FORK, EXEC, LATER_EXIT };

	for (int record = EXIT; record <= LATER_EXIT; record++) {
		_cleanup_(process_table_freep) struct process_table *t = with_fork(tree);
		_cleanup_(process_unrefp) struct process *p = NULL, *newest = NULL;
		struct process_table_counters c;

		assert_int_equal(process_table_exec_read(t, 20, 200, 310, &late), 0);
		if (record == EXIT)
			assert_int_equal(process_table_exit(t, 20, 250), 0);
		else if (record == FORK)
			assert_int_equal(process_table_fork(t, 10, 20, 250), 0);
		else if (record == EXEC)
			assert_int_equal(process_table_exec_read(t, 20, 250, 310, &next), 0);
		else
			assert_int_equal(process_table_exit(t, 20, 305), 0);
		p = get(t, 20, 249);
		assert_int_equal(p->image->exec_ns, 200);
		assert_true(bytes_equal(p->image->exe, record == LATER_EXIT ? BYTES_LIT("/bin/other") : BYTES_LIT("")));
		assert_int_equal(p->image->argv.len > 0, record == LATER_EXIT);
		assert_string_equal(p->comm, record == LATER_EXIT ? "read" : "");
		assert_true(p->credentials_known);	/* from its parent */
		assert_true(bytes_equal(p->image->cgroup, BYTES_LIT("/user")));
		process_table_counters(t, &c);
		assert_int_equal(c.exec_unread, record != LATER_EXIT);
		newest = get(t, 20, 1000);
		if (record == EXEC)
			assert_true(bytes_equal(newest->image->exe, BYTES_LIT("/bin/next")));
	}
}

/* Nobody else has got it meanwhile: neither a child nor the state before a change of group. */
static void hands_no_late_reading_on(void **state)
{
	_cleanup_(process_table_freep) struct process_table *t = with_fork(*state);
	_cleanup_(process_unrefp) struct process *child = NULL, *before = NULL, *later = NULL, *grandchild = NULL;
	struct process_reading late = reading_of("/bin/other", BYTES_LIT("other\0"), 200, 300);
	struct process_reading next = reading_of("/bin/next", BYTES_LIT("next\0"), 250, 251);

	assert_int_equal(process_table_exec_read(t, 20, 200, 310, &late), 0);
	assert_int_equal(process_table_fork(t, 20, 21, 220), 0);
	assert_int_equal(process_table_fork(t, 20, 22, 305), 0);	/* it was as it was read */
	assert_int_equal(process_table_fork(t, 21, 23, 305), 0);
	child = get(t, 21, 230);
	assert_true(child->inherited);
	assert_int_equal(child->image->exe.len + child->image->argv.len, 0);
	assert_string_equal(child->comm, "");
	assert_int_equal(child->image->exec_ns, 200);
	assert_int_equal(child->uid, 1000);
	assert_true(bytes_equal(child->image->cgroup, BYTES_LIT("/user")));
	assert_int_equal(child->parent->pid, 20);
	assert_int_equal(child->parent->image->exe.len, 0);
	later = get(t, 22, 305);
	assert_true(bytes_equal(later->image->exe, BYTES_LIT("/bin/other")));
	grandchild = get(t, 23, 305);
	assert_int_equal(grandchild->image->exe.len, 0);

	assert_int_equal(process_table_gid(t, 20, 5, 5, 240), 0);
	assert_int_equal(process_table_exec_read(t, 20, 250, 310, &next), 0);
	before = get(t, 20, 239);
	assert_int_equal(before->image->exec_ns, 200);
	assert_int_equal(before->image->exe.len, 0);
}

/* The executable was read in time, the login was not: only that is taken back. */
static void takes_a_late_context_back(void **state)
{
	struct tree *tree = *state;
	_cleanup_(process_table_freep) struct process_table *t = with_fork(tree);
	_cleanup_(process_unrefp) struct process *p = NULL, *q = NULL;
	struct process_reading r = reading_of("/bin/x", BYTES_LIT("x\0"), 200, 201);

	write_process(tree, (struct fake){ 20, 10, 9, "/bin/y", BYTES_LIT("y\0"), 44, 10, "/elsewhere" });
	write_file(tree, 20, "loginuid", BYTES_LIT("44"));
	assert_int_equal(process_table_session(t, 20, 150), 0);
	assert_int_equal(process_table_exec_read(t, 20, 200, 300, &r), 0);
	assert_int_equal(process_table_exit(t, 20, 250), 0);
	p = get(t, 20, 200);
	assert_true(bytes_equal(p->image->exe, BYTES_LIT("/bin/x")));
	assert_int_equal(p->loginuid, 1000);
	assert_true(bytes_equal(p->image->cgroup, BYTES_LIT("/user")));

	/* Of one whose fork was not seen, everything that /proc said late. */
	write_process(tree, (struct fake){ 30, 10, 9, "/bin/y", BYTES_LIT("y\0"), 44, 10, "/elsewhere" });
	assert_int_equal(process_table_exec_read(t, 30, 200, 300, &r), 0);
	assert_int_equal(process_table_exit(t, 30, 250), 0);
	q = get(t, 30, 200);
	assert_true(bytes_equal(q->image->exe, BYTES_LIT("/bin/x")));
	assert_false(q->credentials_known);
	assert_int_equal(q->ppid, 0);
	assert_null(q->parent);
	assert_int_equal(q->loginuid, (uid_t)-1);
	assert_int_equal(q->image->cgroup.len, 0);
}

/* 10 s after the boot by both clocks; start times are in hundredths. */
static void tells_generations_by_their_start(void **state)
{
	struct tree *tree = *state;
	static const struct {
		bool doubt, sync;
		unsigned long start;	/* of the process that /proc shows; the known one was forked at 10 s */
		bool same;
	} cases[] = {
		{ true, false, 1000, true },
		{ true, false, 1004, true },	/* within what the clocks are cut to */
		{ true, false, 1010, false },
		{ false, false, 1010, true },	/* no record was lost: nothing is compared */
		{ true, true, 1000, true },
		{ true, true, 1010, false },
	};

	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		struct process_reading r = reading_of("/bin/x", BYTES_LIT("x\0"), 10 * SECOND + 1000, 0);
		_cleanup_(process_table_freep) struct process_table *t = NULL;
		_cleanup_(process_unrefp) struct process *p = NULL;
		int fd = openat(tree->fd, "uptime", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		assert_true(fd >= 0);
		assert_int_equal(write(fd, "10.00 1.00\n", 11), 11);
		(void)close(fd);
		write_process(tree, (struct fake){ 10, 1, 5, "/bin/sh", BYTES_LIT("sh\0"), 1000, 10, "/user" });
		assert_int_equal(process_table_new(tree->fd, &t), 0);
		assert_int_equal(process_table_sync(t, 10), 0);
		assert_int_equal(process_table_fork(t, 10, 20, 10 * SECOND), 0);
		write_process(tree, (struct fake){ 20, 10, cases[i].start, "/bin/x", BYTES_LIT("x\0"), 9, 10, "/its" });
		if (cases[i].doubt)
			process_table_set_doubt(t);
		if (cases[i].sync)
			assert_int_equal(process_table_sync(t, 10 * SECOND + 1000), 0);
		else
			assert_int_equal(process_table_exec_read(t, 20, 10 * SECOND + 1000, 0, &r), 0);
		p = get(t, 20, 11 * SECOND);
		if ((p->start_ns == 10 * SECOND) != cases[i].same)
			fail_msg("case %zu: start %lu", i, (unsigned long)p->start_ns);
		assert_true(bytes_equal(p->image->exe, BYTES_LIT("/bin/x")));
		remove_process(tree, 20);
	}
	assert_int_equal(unlinkat(tree->fd, "uptime", 0), 0);
}

/* The FORK was lost, and it is gone when stat is to be read: whoever had the number before is somebody else. */
static void takes_nobody_for_the_one_before_in_doubt(void **state)
{
	for (int doubt = 0; doubt < 2; doubt++) {
		_cleanup_(process_table_freep) struct process_table *t = with_fork(*state);
		_cleanup_(process_unrefp) struct process *p = NULL;
		struct process_reading r = reading_of("/bin/x", BYTES_LIT("x\0"), 500, 500);

		assert_int_equal(process_table_exit(t, 20, 200), 0);
		if (doubt)
			process_table_set_doubt(t);
		assert_int_equal(process_table_exec_read(t, 20, 500, 510, &r), 0);
		p = get(t, 20, 500);
		assert_true(bytes_equal(p->image->exe, BYTES_LIT("/bin/x")));
		assert_int_equal(p->ppid, doubt ? 0 : 10);
		assert_int_equal(p->parent != NULL, !doubt);
		assert_int_equal(p->credentials_known, !doubt);
	}
}

static void reads_as_deep_as_told(void **state)
{
	struct tree *tree = *state;
	_cleanup_(process_reader_freep) struct process_reader *r = NULL;
	struct process_reading got;

	write_process(tree, (struct fake){ 20, 10, 9, "/bin/x", BYTES_LIT("x\0y\0"), 44, 20, "/its", "sixteen-letters1" });
	assert_int_equal(process_reader_new(tree->fd, &r), 0);

	process_reader_read(r, 20, 200, 0, PROCESS_DEPTH_SAFE, &got);
	assert_true(bytes_equal(got.image.exe, BYTES_LIT("/bin/x")));
	assert_true(bytes_equal(got.image.cwd, BYTES_LIT("/srv")));
	assert_int_equal(got.image.argv.len, 0);
	assert_false(got.image.environ_known);
	assert_int_equal(got.image.exec_ns, 200);

	process_reader_read(r, 20, 200, 5, PROCESS_DEPTH_IMAGE, &got);
	assert_true(bytes_equal(got.image.argv, BYTES_LIT("x\0y\0")));
	assert_int_equal(got.image.environ.len, sizeof("PATH=/bin") + sizeof("HOME=/h"));
	assert_string_equal(got.comm, "sixteen-letters");
	assert_int_equal(got.sid, 5);
	assert_false(got.stat_known || got.status_known || got.context_known);

	process_reader_read(r, 20, 200, 20, PROCESS_DEPTH_IMAGE, &got);	/* it leads its session */
	assert_true(got.stat_known && got.context_known && !got.status_known);
	assert_int_equal(got.loginuid, 1000);
	assert_true(bytes_equal(got.image.cgroup, BYTES_LIT("/its")));

	process_reader_read(r, 20, 200, 0, PROCESS_DEPTH_ALL, &got);
	assert_true(got.stat_known && got.status_known && !got.context_known);
	assert_int_equal(got.status.uid, 44);

	/* It gave its memory up after its arguments were read: they are kept. */
	assert_int_equal(unlinkat(tree->fd, "20/exe", 0), 0);
	process_reader_read(r, 20, 200, 0, PROCESS_DEPTH_IMAGE, &got);
	assert_int_equal(got.image.exe.len, 0);
	assert_true(bytes_equal(got.image.argv, BYTES_LIT("x\0y\0")));

	process_reader_read(r, 4711, 300, 4711, PROCESS_DEPTH_ALL, &got);
	assert_int_equal(got.image.exe.len, 0);
	assert_int_equal(got.image.argv.len, 0);
	assert_int_equal(got.image.exec_ns, 300);
	assert_false(got.stat_known || got.context_known);
}

static void count_call(void *argument)
{
	++*(int *)argument;
}

static void catches_up_where_it_can(void **state)
{
	_cleanup_(process_table_freep) struct process_table *t = with_fork(*state);
	int calls = 0;

	process_table_catch_up(t);
	process_table_set_catch_up(t, count_call, &calls);
	process_table_catch_up(t);
	process_table_set_catch_up(t, NULL, NULL);
	process_table_catch_up(t);
	assert_int_equal(calls, 1);
}

/* ---- bounds ------------------------------------------------------------------------ */

static void forgets_the_dead(void **state)
{
	struct tree *tree = *state;
	_cleanup_(process_table_freep) struct process_table *t = NULL;
	_cleanup_(process_unrefp) struct process *p = NULL;
	struct process_table_counters c;

	assert_int_equal(process_table_new(tree->fd, &t), 0);
	assert_int_equal(process_table_fork(t, 1, 20, 1 * SECOND), 0);
	assert_int_equal(process_table_exit(t, 20, 2 * SECOND), 0);
	assert_int_equal(process_table_fork(t, 1, 21, 61 * SECOND), 0);
	p = get(t, 20, 61 * SECOND);
	assert_int_equal(process_table_fork(t, 1, 22, 62 * SECOND), 0);
	assert_null(process_table_get(t, 20, 62 * SECOND));
	assert_int_equal(p->exit_ns, 2 * SECOND);	/* still ours */
	process_table_counters(t, &c);
	assert_int_equal(c.entries, 2);
	assert_int_equal(c.evicted_early, 0);
}

static void bounds_the_table(void **state)
{
	struct tree *tree = *state;
	_cleanup_(process_table_freep) struct process_table *t = NULL;
	_cleanup_(process_unrefp) struct process *oldest_kept = NULL;
	struct process_table_counters c;
	enum { N = PROCESS_TABLE_MAX + 1000 };

	assert_int_equal(process_table_new(tree->fd, &t), 0);
	for (int i = 1; i <= N; i++) {
		assert_int_equal(process_table_fork(t, 1, 1000 + i, (uint64_t)i), 0);
		assert_int_equal(process_table_exit(t, 1000 + i, (uint64_t)i), 0);
	}
	process_table_counters(t, &c);
	assert_int_equal(c.entries, PROCESS_TABLE_MAX);
	assert_int_equal(c.evicted_early, 1000);
	assert_null(process_table_get(t, 1000 + 1000, N));
	oldest_kept = get(t, 1000 + 1001, N);
}

static void bounds_memory(void **state)
{
	struct tree *tree = *state;
	_cleanup_(process_table_freep) struct process_table *t = NULL;
	_cleanup_(process_unrefp) struct process *last = NULL, *scant = NULL;
	_cleanup_str_ struct str argv = STR_INIT;
	struct process_table_counters c;
	enum { N = 2 * PROCESS_MEMORY_MAX / PROCESS_ARGV_MAX };

	assert_int_equal(process_table_new(tree->fd, &t), 0);
	for (int i = 0; i < PROCESS_ARGV_MAX; i++)
		assert_int_equal(str_append_char(&argv, 'a'), 0);
	write_process(tree, (struct fake){ 10, 1, 5, "/bin/x", str_bytes(&argv), 0, 10, NULL });

	/* Dead ones make room. */
	for (int i = 1; i <= N; i++) {
		assert_int_equal(process_table_fork(t, 1, 10, (uint64_t)i * 10), 0);
		assert_int_equal(process_table_exec(t, 10, (uint64_t)i * 10 + 1), 0);
		assert_int_equal(process_table_exit(t, 10, (uint64_t)i * 10 + 2), 0);
	}
	process_table_counters(t, &c);
	assert_true(c.evicted_early > 0);
	assert_true(c.entries <= N / 2);
	assert_true(c.entries > N / 4);
	last = get(t, 10, UINT64_MAX);
	assert_true(last->image->argv.len > PROCESS_ARGV_MAX);

	/* What living processes hold can't: the next are kept scantly. */
	for (int i = 1; i <= 4 * N; i++) {
		_cleanup_(process_unrefp) struct process *fork = NULL;

		fork = get(t, 10, UINT64_MAX);
		assert_int_equal(process_table_fork(t, 10, 5000 + i, UINT64_C(1) << 40), 0);
		assert_int_equal(process_table_exec(t, 10, (UINT64_C(1) << 40) + (uint64_t)i), 0);
		if (fork->image->argv.len <= PROCESS_ARGV_SCANT + 1)
			break;
	}
	scant = get(t, 10, UINT64_MAX);
	assert_int_equal(scant->image->argv.len, PROCESS_ARGV_SCANT + 1);
	assert_true(scant->image->argv_truncated);
	assert_false(scant->image->environ_known);
	assert_true(bytes_equal(scant->image->exe, BYTES_LIT("/bin/x")));
}

static size_t depth_of(const struct process *p)
{
	size_t n = 0;

	for (; p; p = p->parent)
		n++;
	return n;
}

/* while fork; do parent exits; done */
static void cuts_long_chains(void **state)
{
	struct tree *tree = *state;
	_cleanup_(process_table_freep) struct process_table *t = NULL;
	enum { N = 20000 };

	assert_int_equal(process_table_new(tree->fd, &t), 0);
	for (int i = 1; i <= N; i++) {
		_cleanup_(process_unrefp) struct process *p = NULL;
		size_t depth;

		assert_int_equal(process_table_fork(t, i, i + 1, (uint64_t)i * SECOND), 0);
		assert_int_equal(process_table_exit(t, i, (uint64_t)i * SECOND), 0);
		p = get(t, i + 1, (uint64_t)i * SECOND);
		depth = depth_of(p);
		assert_true(depth <= PROCESS_ANCESTORS_MAX);
		assert_true(depth >= PROCESS_ANCESTORS_KEPT || depth == (size_t)i);
		assert_int_equal(p->ppid, i);
	}
}

/* A chain that others made: releasing it must not recurse. */
static void releases_a_chain_without_recursion(void **state)
{
	struct process *head = NULL;

	(void)state;
	for (int i = 0; i < 300000; i++) {
		struct process *p;

		assert_int_equal(process_new(&(struct process){ .pid = i + 1, .parent = head,
								.image = head ? head->image : NULL }, &p), 0);
		(void)process_unref(head);
		head = p;
	}
	assert_null(process_unref(head));
}

static void outlives_the_table(void **state)
{
	struct tree *tree = *state;
	struct process_table *t = NULL;
	struct process *p;

	assert_int_equal(process_table_new(tree->fd, &t), 0);
	assert_int_equal(process_table_fork(t, 1, 2, 1), 0);
	assert_int_equal(process_table_fork(t, 2, 3, 2), 0);
	p = get(t, 3, 2);
	t = process_table_free(t);
	assert_int_equal(p->parent->pid, 2);
	assert_null(process_unref(p));
}

static void takes_recordings(void **state)
{
	_cleanup_(process_table_freep) struct process_table *t = NULL;
	_cleanup_(process_unrefp) struct process *p = NULL;
	struct process *made;
	struct image *image;

	(void)state;
	assert_int_equal(process_table_new(-EBADF, &t), 0);
	for (uint64_t exec = 10; exec <= 60; exec += 10) {
		assert_int_equal(image_new(&(struct image){ .exe = BYTES_LIT("/bin/x"), .exec_ns = exec }, &image), 0);
		assert_int_equal(process_new(&(struct process){ .pid = 5, .start_ns = 5, .image = image }, &made), 0);
		(void)image_unref(image);
		assert_int_equal(process_table_put(t, made), 0);
	}
	p = get(t, 5, 45);
	assert_int_equal(p->image->exec_ns, 40);
	assert_null(process_table_get(t, 5, 4));
	/* No /proc: records of processes still work, with less in them. */
	assert_int_equal(process_table_fork(t, 5, 6, 100), 0);
	assert_int_equal(process_table_exec(t, 6, 101), 0);
	assert_true(process_table_sync(t, 102) < 0);
}

static void survives_rubbish(void **state)
{
	struct tree *tree = *state;
	_cleanup_(process_table_freep) struct process_table *t = NULL;
	_cleanup_(process_unrefp) struct process *p = NULL;

	assert_int_equal(process_table_new(tree->fd, &t), 0);
	write_process(tree, (struct fake){ 10, 10, 5, "/bin/sh", BYTES_LIT(""), 0, 10, NULL });	/* its own parent */
	write_process(tree, (struct fake){ 11, 12, 5, NULL, BYTES_LIT("\0\0\0"), 0, 10, NULL });	/* a circle */
	write_process(tree, (struct fake){ 12, 11, 5, "?", BYTES_LIT("x"), 0, 10, NULL });
	write_process(tree, (struct fake){ 13, 1, 5, "/bin/sh", BYTES_LIT("x"), 0, 10, NULL });
	write_file(tree, 13, "stat", BYTES_LIT("13 ("));
	write_process(tree, (struct fake){ 14, 1, 5, "/bin/sh", BYTES_LIT("x"), 0, 10, NULL });
	write_file(tree, 14, "stat", BYTES_LIT("1 (x) S 1 1 1 0 0 0 0 0 0 0 0 0 0 0 0 0 1 0 5\n"));
	for (uint64_t i = 1; i < 5; i++)
		assert_int_equal(process_table_sync(t, i), 0);
	assert_null(process_table_get(t, 13, 9));
	assert_null(process_table_get(t, 14, 9));
	assert_int_equal(process_table_fork(t, -1, -2, 10), 0);
	assert_int_equal(process_table_fork(t, 0, 0, 10), 0);
	assert_int_equal(process_table_exec(t, -5, 10), 0);
	assert_int_equal(process_table_exit(t, 77, 10), 0);
	assert_int_equal(process_read(t, tree->fd, 13, 10, &p), -ESRCH);
	assert_int_equal(process_read(t, tree->fd, 4711, 10, &p), -ESRCH);
	assert_int_equal(process_read(NULL, tree->fd, 10, 10, &p), 0);
}

/* ---- who does not let itself be read ------------------------------------------------ */

/* `argument`: counts.  The process with one argument answers, that with two never does. */
static int read_unless_silent(void *argument, int dirfd, const char *name, char *buf, size_t size, size_t *ret_len,
			      bool *ret_more)
{
	char text[64];
	size_t len;

	++*(int *)argument;
	if (procfs_read(dirfd, "cmdline", text, sizeof(text), &len, NULL) < 0 || len > sizeof("x"))
		return -ETIMEDOUT;
	return procfs_read(dirfd, name, buf, size, ret_len, ret_more);
}

static void goes_on_without_memory_that_is_not_answered(void **state)
{
	struct tree *tree = *state;
	_cleanup_(process_table_freep) struct process_table *t = NULL;
	_cleanup_(process_reader_freep) struct process_reader *r = NULL;
	_cleanup_(process_unrefp) struct process *silent = NULL, *open = NULL, *read = NULL, *executed = NULL;
	struct process_reading got;
	int calls = 0;

	write_process(tree, (struct fake){ 10, 1, 5, "/bin/sh", BYTES_LIT("x\0y\0"), 1000, 10, "/user" });
	write_process(tree, (struct fake){ 11, 1, 6, "/bin/ls", BYTES_LIT("x\0"), 1000, 11, "/user" });
	assert_int_equal(process_table_new(tree->fd, &t), 0);
	process_table_set_memory_reader(t, read_unless_silent, &calls);
	assert_int_equal(process_table_new_reader(t, &r), 0);

	assert_int_equal(process_table_sync(t, 100), 0);
	assert_int_equal(calls, 1 + 2);		/* its environment is not asked for, too */
	silent = get(t, 10, 100);
	assert_true(silent->image->unanswered);
	assert_int_equal(silent->image->argv.len, 0);
	assert_false(silent->image->environ_known);
	assert_true(bytes_equal(silent->image->exe, BYTES_LIT("/bin/sh")));
	assert_true(bytes_equal(silent->image->cwd, BYTES_LIT("/srv")));
	assert_true(bytes_equal(silent->image->cgroup, BYTES_LIT("/user")));
	assert_true(silent->credentials_known);
	open = get(t, 11, 100);
	assert_false(open->image->unanswered);
	assert_true(open->image->environ_known);
	assert_true(bytes_equal(open->image->argv, BYTES_LIT("x\0")));

	assert_int_equal(process_read(t, tree->fd, 10, 200, &read), 0);
	assert_true(read->image->unanswered);
	assert_int_equal(read->uid, 1000);
	assert_int_equal(calls, 4);

	process_reader_read(r, 10, 200, 0, PROCESS_DEPTH_IMAGE, &got);
	assert_true(got.image.unanswered);
	assert_true(bytes_equal(got.image.exe, BYTES_LIT("/bin/sh")));
	assert_int_equal(process_table_exec_read(t, 10, 200, 200, &got), 0);
	executed = get(t, 10, 200);
	assert_true(executed->image->unanswered);
	assert_int_equal(calls, 5);
	process_reader_read(r, 10, 200, 0, PROCESS_DEPTH_SAFE, &got);
	assert_int_equal(calls, 5);
}

/* ---- threads: for the thread sanitizer ------------------------------------------------- */

struct shared {
	struct process_table *table;
	_Atomic bool stop;
};

static void *ask(void *argument)
{
	struct shared *s = argument;
	size_t answers = 0;

	while (!s->stop)
		for (pid_t pid = 1; pid < 64; pid++) {
			_cleanup_(process_unrefp) struct process *p = process_table_get(s->table, pid, UINT64_MAX);
			_cleanup_(process_unrefp) struct process *before = NULL;

			if (!p)
				continue;
			before = process_table_get_before(s->table, p);
			answers += depth_of(p) + p->image->exe.len + (p->exit_ns != 0);
		}
	return (void *)answers;
}

static void shares_with_readers(void **state)
{
	struct tree *tree = *state;
	_cleanup_(process_table_freep) struct process_table *t = NULL;
	struct shared shared = { 0 };
	pthread_t threads[2];

	assert_int_equal(process_table_new(tree->fd, &t), 0);
	write_process(tree, (struct fake){ 10, 1, 5, "/bin/sh", BYTES_LIT("sh\0"), 0, 10, NULL });
	shared.table = t;
	for (size_t i = 0; i < ELEMENTSOF(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask, &shared), 0);
	for (int i = 0; i < 6000; i++) {
		pid_t pid = 1 + i % 63;

		assert_int_equal(process_table_fork(t, 1 + (i + 60) % 63, pid, (uint64_t)i * SECOND), 0);
		if (i % 3 == 0)
			assert_int_equal(process_table_exec(t, pid, (uint64_t)i * SECOND + 1), 0);
		if (i % 5 == 0)
			assert_int_equal(process_table_exit(t, pid, (uint64_t)i * SECOND + 2), 0);
	}
	shared.stop = true;
	for (size_t i = 0; i < ELEMENTSOF(threads); i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

/* ---- texts ------------------------------------------------------------------------------- */

static void writes_command_lines(void **state)
{
	static const struct {
		struct bytes argv, line;
	} cases[] = {
		{ BYTES_LIT(""), BYTES_LIT("") },
		{ BYTES_LIT("ls\0-l\0"), BYTES_LIT("ls -l") },
		{ BYTES_LIT("a\0\0b c\0"), BYTES_LIT("a '' 'b c'") },
		{ BYTES_LIT("a\0it's\0"), BYTES_LIT("a 'it'\\''s'") },
		{ BYTES_LIT("x\ny\0"), BYTES_LIT("'x\ny'") },
		{ BYTES_LIT("cut"), BYTES_LIT("cut") },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_str_ struct str out = STR_INIT;
		struct image image = { .argv = cases[i].argv };
		struct process p = { .image = &image };

		assert_int_equal(process_command_line(&p, &out), 0);
		assert_true(bytes_equal(str_bytes(&out), cases[i].line));
	}
}

static void finds_scripts(void **state)
{
	static const struct {
		const char *exe;
		struct bytes argv;
		const char *script;	/* NULL: none */
	} cases[] = {
#define PY "/usr/bin/python3.11"
		{ PY, BYTES_LIT("python3\0/usr/bin/pip\0install\0x\0"), "/usr/bin/pip" },
		{ PY, BYTES_LIT("/v/bin/python3\0v/bin/pip\0"), "/w/v/bin/pip" },
		{ PY, BYTES_LIT("python3\0././a.py\0"), "/w/a.py" },
		{ PY, BYTES_LIT("python3\0-I\0-E\0-s\0-S\0-P\0-u\0-B\0-O\0-OO\0-v\0-q\0-b\0-d\0-i\0-x\0/a.py\0-c\0"), "/a.py" },
		{ PY, BYTES_LIT("python3\0-W\0ignore\0-X\0dev\0-Wx\0-Xy\0--check-hash-based-pycs\0never\0/a.py\0"), "/a.py" },
		{ PY, BYTES_LIT("python3\0-IBW\0ignore\0/a.py\0"), "/a.py" },
		{ PY, BYTES_LIT("python3\0-c\0print()\0/a.py\0"), "-c" },
		{ PY, BYTES_LIT("python3\0-Ic\0print()\0"), "-c" },
		{ PY, BYTES_LIT("python3\0-cprint()\0"), "-c" },
		{ PY, BYTES_LIT("python3\0-m\0pip\0install\0"), "-m pip" },
		{ PY, BYTES_LIT("python3\0-Impip.__main__\0"), "-m pip.__main__" },
		{ PY, BYTES_LIT("python3\0-W\0ignore::DeprecationWarning\0-c\0import runpy\0"), "-c" },
		{ PY, BYTES_LIT("python3\0-\0/a.py\0"), NULL },
		{ PY, BYTES_LIT("python3\0"), NULL },
		{ PY, BYTES_LIT("python3\0-m\0"), NULL },
		{ PY, BYTES_LIT("python3\0-W\0"), NULL },
		{ PY, BYTES_LIT("python3\0\0/a.py\0"), NULL },
		{ PY, BYTES_LIT("python3\0--\0-a.py\0"), "/w/-a.py" },
		{ PY, BYTES_LIT("-c\0/a.py\0"), "/a.py" },
		{ PY, BYTES_LIT(""), NULL },
		{ "/usr/bin/python3.13t", BYTES_LIT("p\0/a.py\0"), "/a.py" },
		{ "/usr/bin/python3-dbg", BYTES_LIT("p\0/a.py\0"), "/a.py" },
		{ "/opt/pypy3.10", BYTES_LIT("p\0/a.py\0"), "/a.py" },
		{ "/usr/bin/python3.11-config", BYTES_LIT("p\0/a.py\0"), NULL },
		{ "/usr/bin/pythonista", BYTES_LIT("p\0/a.py\0"), NULL },
		{ "/usr/bin/tee", BYTES_LIT("python3\0/a.py\0"), NULL },
		{ "", BYTES_LIT("python3\0/a.py\0"), "/a.py" },
		{ "/bin/dash", BYTES_LIT("sh\0-c\0exit 0\0"), "-c" },
		{ "/bin/bash", BYTES_LIT("bash\0-eo\0pipefail\0-c\0x\0"), "-c" },
		{ "/bin/bash", BYTES_LIT("bash\0-eo\0pipefail\0/a.sh\0"), "/a.sh" },
		{ "/bin/bash", BYTES_LIT("bash\0+o\0posix\0--rcfile\0/r\0--noprofile\0/a.sh\0"), "/a.sh" },
		{ "/bin/bash", BYTES_LIT("bash\0-lc\0x\0"), "-c" },
		{ "/bin/bash", BYTES_LIT("-bash\0"), NULL },
		{ "/bin/dash", BYTES_LIT("sh\0-e\0/a.sh\0-c\0"), "/a.sh" },
		{ "/bin/dash", BYTES_LIT("sh\0-s\0arg\0"), NULL },
		{ "/bin/dash", BYTES_LIT("sh\0-\0/a.sh\0"), "/a.sh" },
		{ "/bin/dash", BYTES_LIT("sh\0--\0/a.sh\0"), "/a.sh" },
		{ "/bin/busybox", BYTES_LIT("sh\0/a.sh\0"), "/a.sh" },
		{ "/bin/busybox", BYTES_LIT("busybox\0sh\0-c\0x\0"), "-c" },
		{ "/bin/busybox", BYTES_LIT("busybox\0wget\0x\0"), NULL },
		{ "/usr/bin/perl5.36.0", BYTES_LIT("perl\0-I\0lib\0-Mstrict\0-w\0/a.pl\0"), "/a.pl" },
		{ "/usr/bin/perl", BYTES_LIT("perl\0-wpi.bake\0-e\0s/a/b/\0/a.pl\0"), "-c" },
		{ "/usr/bin/perl", BYTES_LIT("perl\0-Mre\0/a.pl\0"), "/a.pl" },
		{ "/usr/bin/ruby3.1", BYTES_LIT("ruby\0-rjson\0-I\0lib\0--encoding\0utf-8\0/a.rb\0"), "/a.rb" },
		{ "/usr/bin/ruby", BYTES_LIT("ruby\0-e\0puts\0"), "-c" },
		{ "/usr/bin/node", BYTES_LIT("node\0--require\0x\0--max-old-space-size=4\0/a.js\0"), "/a.js" },
		{ "/usr/bin/node", BYTES_LIT("node\0--eval=1\0/a.js\0"), "-c" },
		{ "/usr/bin/node", BYTES_LIT("node\0-r\0x\0-e\0y\0"), "-c" },
		{ "/usr/bin/php8.2", BYTES_LIT("php\0-d\0x=y\0-f\0/a.php\0"), "/a.php" },
		{ "/usr/bin/php8.2", BYTES_LIT("php\0-r\0x\0"), "-c" },
		{ "/usr/bin/lua5.4", BYTES_LIT("lua\0-l\0m\0/a.lua\0"), "/a.lua" },
		{ "/lib64/ld-linux-x86-64.so.2", BYTES_LIT("ld.so\0--library-path\0/x\0/usr/bin/python3\0/a.py\0"), "/a.py" },
		{ "/lib64/ld-linux-x86-64.so.2", BYTES_LIT("ld.so\0/usr/bin/tee\0/a.py\0"), NULL },
		{ "/lib64/ld-linux-x86-64.so.2", BYTES_LIT("ld.so\0--preload\0"), NULL },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_str_ struct str storage = STR_INIT;
		struct image image = { .exe = bytes_of(cases[i].exe), .argv = cases[i].argv, .cwd = BYTES_LIT("/w") };
		struct process p = { .image = &image };
		struct bytes script = process_script(&p, &storage);

		if (!bytes_equal(script, bytes_of(cases[i].script)) || !script.ptr != !cases[i].script)
			fail_msg("case %zu: %s: got \"%.*s\"", i, cases[i].exe, (int)script.len, script.ptr ? script.ptr : "-");
	}
}

int main(void)
{
#define WITH_TREE(f) cmocka_unit_test_setup_teardown(f, make_tree, remove_tree)
	static const struct CMUnitTest tests[] = {
		WITH_TREE(follows_fork_exec_exit),
		WITH_TREE(answers_with_the_state_of_then),
		WITH_TREE(knows_when_a_number_is_contested),
		WITH_TREE(does_not_trust_what_it_has_forgotten),
		WITH_TREE(starts_a_generation_when_records_were_lost),
		WITH_TREE(resynchronises),
		WITH_TREE(takes_late_records_for_what_they_are),
		WITH_TREE(says_when_exec_was_unreadable),
		WITH_TREE(reads_a_login_anew),
		WITH_TREE(knows_a_memfd),
		WITH_TREE(bounds_arguments),
		WITH_TREE(takes_a_reading_in),
		WITH_TREE(reads_what_a_reading_lacks),
		WITH_TREE(keeps_the_user_of_then),
		WITH_TREE(forgets_nothing_for_changes_of_user),
		WITH_TREE(follows_what_a_process_makes_of_itself),
		WITH_TREE(makes_lost_changes_good),
		WITH_TREE(takes_nobody_for_gone_in_a_shortage),
		WITH_TREE(takes_late_readings_back),
		WITH_TREE(hands_no_late_reading_on),
		WITH_TREE(takes_a_late_context_back),
		WITH_TREE(takes_nobody_for_the_one_before_in_doubt),
		WITH_TREE(tells_generations_by_their_start),
		WITH_TREE(reads_as_deep_as_told),
		WITH_TREE(catches_up_where_it_can),
		WITH_TREE(forgets_the_dead),
		WITH_TREE(bounds_the_table),
		WITH_TREE(bounds_memory),
		WITH_TREE(cuts_long_chains),
		cmocka_unit_test(releases_a_chain_without_recursion),
		WITH_TREE(outlives_the_table),
		cmocka_unit_test(takes_recordings),
		WITH_TREE(goes_on_without_memory_that_is_not_answered),
		WITH_TREE(survives_rubbish),
		WITH_TREE(shares_with_readers),
		cmocka_unit_test(writes_command_lines),
		cmocka_unit_test(finds_scripts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
