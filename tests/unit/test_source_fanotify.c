/* The live source on the live kernel: for root only.
 *
 * What happens is done by child processes (the source skips its own), and waited for with a
 * deadline.  That something is not told is shown by a later event that is: the queue keeps
 * the order.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "clock.h"
#include "limits.h"
#include "source_fanotify.h"
#include "temp_tree.h"

#define DEADLINE_NS (10 * NSEC_PER_SEC)
#define EVENTS_MAX 64

struct fixture {
	struct temp temp;
	struct source_fanotify *source;
	struct event events[EVENTS_MAX];	/* of the test's own directory, in order */
	size_t count;
};

static void take(struct event *e, void *userdata)
{
	struct fixture *x = userdata;

	if (!bytes_has_prefix(e->path, bytes_of(x->temp.path))) {
		event_done(e);	/* the host's */
		return;
	}
	assert_true(x->count < EVENTS_MAX);
	x->events[x->count++] = *e;
	*e = EVENT_INIT;
}

static int setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));
	char *watch[2] = { NULL, NULL };

	assert_non_null(x);
	temp_make(&x->temp);
	watch[0] = x->temp.path;
	assert_int_equal(source_fanotify_new(watch, &x->source), 0);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;

	source_fanotify_free(x->source);
	for (size_t i = 0; i < x->count; i++)
		event_done(&x->events[i]);
	temp_release(&x->temp);
	free(x);
	return 0;
}

static bool is_path(const struct fixture *x, struct bytes path, const char *name)
{
	return bytes_has_prefix(path, bytes_of(x->temp.path)) &&
	       path.len > bytes_of(x->temp.path).len &&
	       bytes_equal(bytes_slice(path, bytes_of(x->temp.path).len + 1,
				       path.len - bytes_of(x->temp.path).len - 1), bytes_of(name));
}

static const struct event *seen(const struct fixture *x, uint32_t what, const char *name)
{
	for (size_t i = 0; i < x->count; i++)
		if (x->events[i].what & what && is_path(x, x->events[i].path, name))
			return &x->events[i];
	return NULL;
}

/* The first event that says all of `what` (perhaps more) of that name. */
static const struct event *expect(struct fixture *x, uint32_t what, const char *name)
{
	uint64_t deadline = clock_mono_ns() + DEADLINE_NS, now;
	struct pollfd p = { .fd = source_fanotify_fd(x->source), .events = POLLIN };
	const struct event *e;

	while (!(e = seen(x, what, name))) {
		now = clock_mono_ns();
		if (now >= deadline) {
			for (size_t i = 0; i < x->count; i++)
				print_message("%#x %s\n", x->events[i].what, x->events[i].path.ptr);
			fail_msg("no event %#x on %s", what, name);
		}
		(void)poll(&p, 1, (int)((deadline - now) / 1000000) + 1);
		while (source_fanotify_dispatch(x->source, 16, take, x) == 16)
			;
	}
	return e;
}

enum act {
	ACT_CREATE, ACT_APPEND, ACT_TRUNCATE, ACT_UNLINK, ACT_MKDIR, ACT_RMDIR, ACT_RENAME, ACT_LINK,
	ACT_SYMLINK, ACT_TMPFILE_LINK, ACT_MAP,
};

static bool act(int dirfd, enum act a, const char *name, const char *other)
{
	char self[64], *map;
	int fd;

	switch (a) {
	case ACT_CREATE:
	case ACT_APPEND:
		fd = openat(dirfd, name, O_WRONLY | O_CLOEXEC | (a == ACT_CREATE ? O_CREAT | O_EXCL : O_APPEND), 0644);
		return fd >= 0 && write(fd, "import os\n", 10) == 10 && close(fd) == 0;
	case ACT_TRUNCATE:
		return fchdir(dirfd) == 0 && truncate(name, 3) == 0;
	case ACT_UNLINK:
		return unlinkat(dirfd, name, 0) == 0;
	case ACT_MKDIR:
		return mkdirat(dirfd, name, 0755) == 0;
	case ACT_RMDIR:
		return unlinkat(dirfd, name, AT_REMOVEDIR) == 0;
	case ACT_RENAME:
		return renameat(dirfd, name, dirfd, other) == 0;
	case ACT_LINK:
		return linkat(dirfd, name, dirfd, other, 0) == 0;
	case ACT_SYMLINK:
		return symlinkat(other, dirfd, name) == 0;
	case ACT_TMPFILE_LINK:
		fd = openat(dirfd, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0644);
		(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
		return fd >= 0 && write(fd, "import os\n", 10) == 10 &&
		       linkat(AT_FDCWD, self, dirfd, name, AT_SYMLINK_FOLLOW) == 0;
	case ACT_MAP:
		fd = openat(dirfd, name, O_RDWR | O_CLOEXEC);
		map = fd >= 0 ? mmap(NULL, 4, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
		if (map == MAP_FAILED)
			return false;
		memcpy(map, "exec", 4);
		return munmap(map, 4) == 0 && close(fd) == 0;
	}
	return false;
}

/* Another process does it; it is gone when this answers its pid. */
static pid_t by_child(const struct fixture *x, enum act a, const char *name, const char *other)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(!act(x->temp.fd, a, name, other));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	return pid;
}

static void a_file_is_created(void **state)
{
	struct fixture *x = *state;
	uint64_t before = clock_mono_ns(), real = clock_ns(CLOCK_REALTIME);
	pid_t pid = by_child(x, ACT_CREATE, "x.pth", NULL);
	const struct event *e = expect(x, EVENT_CREATE, "x.pth"), *c;
	struct stat st;

	assert_int_equal(e->pid, pid);
	assert_int_equal(e->feed, FEED_LIVE);
	assert_false(e->is_dir);
	assert_false(e->silent);
	assert_false(e->path_relative);
	assert_true(e->mono_ns >= before && e->mono_ns <= clock_mono_ns());
	assert_true(e->since_ns > 0 && e->since_ns < e->mono_ns);
	assert_true(e->time_ns >= real);
	assert_int_equal(fstatat(e->dirfd, "x.pth", &st, 0), 0);

	c = expect(x, EVENT_CLOSE_WRITE, "x.pth");
	assert_int_equal(c->closer_pid, pid);
}

static void a_name_is_told_as_bytes(void **state)
{
	struct fixture *x = *state;
	static const char *const names[] = { "new\nline.pth", "\xff\xfe.pth", "%s\033[0m.pth" };

	for (size_t i = 0; i < ELEMENTSOF(names); i++) {
		pid_t pid = by_child(x, ACT_CREATE, names[i], NULL);

		assert_int_equal(expect(x, EVENT_CREATE, names[i])->pid, pid);
	}
}

static void a_rename_is_two_events(void **state)
{
	struct fixture *x = *state;
	const struct event *to;
	pid_t pid;

	(void)by_child(x, ACT_CREATE, "harmless", NULL);
	pid = by_child(x, ACT_RENAME, "harmless", "x.pth");
	to = expect(x, EVENT_MOVED_TO, "x.pth");
	assert_int_equal(to->pid, pid);
	assert_true(is_path(x, to->old_path, "harmless"));
	assert_int_equal(to->closer_pid, 0);

	pid = by_child(x, ACT_RENAME, "x.pth", "y");
	assert_int_equal(expect(x, EVENT_MOVED_FROM, "x.pth")->pid, pid);
	/* What it was named before it was a hook is of no interest. */
	assert_null(seen(x, EVENT_CREATE, "harmless"));
}

static void a_removal_is_told(void **state)
{
	struct fixture *x = *state;
	pid_t pid;

	(void)by_child(x, ACT_CREATE, "x.pth", NULL);
	pid = by_child(x, ACT_UNLINK, "x.pth", NULL);
	assert_int_equal(expect(x, EVENT_DELETE, "x.pth")->pid, pid);
}

static void what_comes_without_a_write_is_told(void **state)
{
	struct fixture *x = *state;
	pid_t pid;

	(void)by_child(x, ACT_CREATE, "plain", NULL);
	pid = by_child(x, ACT_LINK, "plain", "linked.pth");
	assert_int_equal(expect(x, EVENT_CREATE, "linked.pth")->pid, pid);
	pid = by_child(x, ACT_SYMLINK, "symbolic.pth", "/nowhere");
	assert_int_equal(expect(x, EVENT_CREATE, "symbolic.pth")->pid, pid);
	pid = by_child(x, ACT_TMPFILE_LINK, "unnamed.pth", NULL);
	assert_int_equal(expect(x, EVENT_CREATE, "unnamed.pth")->pid, pid);
}

static void other_names_are_not_told(void **state)
{
	struct fixture *x = *state;

	(void)by_child(x, ACT_CREATE, "notes.txt", NULL);
	(void)by_child(x, ACT_CREATE, "x.PTH", NULL);
	(void)by_child(x, ACT_CREATE, "last.pth", NULL);
	(void)expect(x, EVENT_CREATE, "last.pth");
	assert_null(seen(x, ~0u, "notes.txt"));
	assert_null(seen(x, ~0u, "x.PTH"));
}

static void our_own_acts_are_not_told(void **state)
{
	struct fixture *x = *state;

	assert_true(act(x->temp.fd, ACT_CREATE, "own.pth", NULL));
	(void)by_child(x, ACT_CREATE, "last.pth", NULL);
	(void)expect(x, EVENT_CREATE, "last.pth");
	assert_null(seen(x, ~0u, "own.pth"));
}

static void a_directory_that_moves_is_told(void **state)
{
	struct fixture *x = *state;
	const struct event *e;
	pid_t pid;

	(void)by_child(x, ACT_MKDIR, "staging", NULL);
	pid = by_child(x, ACT_RENAME, "staging", "site-packages");
	e = expect(x, EVENT_MOVED_TO, "site-packages");
	assert_true(e->is_dir);
	assert_int_equal(e->pid, pid);
	assert_true(is_path(x, e->old_path, "staging"));
	e = expect(x, EVENT_MOVED_FROM, "staging");
	assert_true(e->is_dir);
}

static void a_new_directory_of_any_names_is_told(void **state)
{
	struct fixture *x = *state;

	(void)by_child(x, ACT_MKDIR, "cron.d", NULL);
	assert_true(expect(x, EVENT_CREATE, "cron.d")->is_dir);
}

static void a_watched_directory_takes_any_name(void **state)
{
	struct fixture *x = *state;
	_cleanup_close_ int dir = -EBADF;
	pid_t pid;

	temp_mkdir(&x->temp, "d");
	(void)by_child(x, ACT_CREATE, "d/before", NULL);
	dir = openat(x->temp.fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	(void)by_child(x, ACT_CREATE, "fence.pth", NULL);
	(void)expect(x, EVENT_CLOSE_WRITE, "fence.pth");	/* the thread has read what was before */

	source_fanotify_watch_dir(x->source, dir);
	pid = by_child(x, ACT_CREATE, "d/anything", NULL);
	assert_int_equal(expect(x, EVENT_CREATE, "d/anything")->pid, pid);
	assert_null(seen(x, ~0u, "d/before"));
}

static void a_tracked_file_tells_of_truncate(void **state)
{
	struct fixture *x = *state;
	const struct event *e;
	struct source_counters c;
	pid_t pid;

	temp_write(&x->temp, "x.pth", BYTES_LIT("import os\n"));
	source_fanotify_track(x->source, x->temp.fd, "x.pth", false);
	source_fanotify_counters(x->source, &c);
	assert_int_equal(c.tracked, 1);
	assert_int_equal(c.untracked, 0);

	/* No descriptor, no close. */
	pid = by_child(x, ACT_TRUNCATE, "x.pth", NULL);
	e = expect(x, EVENT_MODIFY, "x.pth");
	assert_int_equal(e->pid, pid);
	assert_int_equal(e->closer_pid, 0);
}

/* Through a name that is no hook's, in another directory. */
static void a_tracked_file_tells_of_its_other_name(void **state)
{
	struct fixture *x = *state;
	const struct event *e;
	pid_t pid;

	temp_write(&x->temp, "x.pth", BYTES_LIT("import os\n"));
	temp_mkdir(&x->temp, "d");
	assert_int_equal(linkat(x->temp.fd, "x.pth", x->temp.fd, "d/notes.txt", 0), 0);
	source_fanotify_track(x->source, x->temp.fd, "x.pth", false);
	pid = by_child(x, ACT_APPEND, "d/notes.txt", NULL);
	e = expect(x, EVENT_MODIFY, "d/notes.txt");
	assert_int_equal(e->pid, pid);
	assert_int_equal(expect(x, EVENT_CLOSE_WRITE, "d/notes.txt")->closer_pid, pid);
}

/* Writing into a mapping is no modification for fanotify(7); the close is all there is. */
static void a_tracked_file_tells_of_a_mapping(void **state)
{
	struct fixture *x = *state;
	pid_t pid;

	temp_write(&x->temp, "x.pth", BYTES_LIT("import os\n"));
	assert_int_equal(linkat(x->temp.fd, "x.pth", x->temp.fd, "notes.txt", 0), 0);
	source_fanotify_track(x->source, x->temp.fd, "x.pth", false);
	pid = by_child(x, ACT_MAP, "notes.txt", NULL);
	assert_int_equal(expect(x, EVENT_CLOSE_WRITE, "notes.txt")->closer_pid, pid);
}

static void a_links_target_can_be_tracked(void **state)
{
	struct fixture *x = *state;
	pid_t pid;

	temp_write(&x->temp, "target", BYTES_LIT("import os\n"));
	assert_int_equal(symlinkat("target", x->temp.fd, "x.pth"), 0);
	/* The link itself is no file: nothing to track, and nothing to count. */
	source_fanotify_track(x->source, x->temp.fd, "x.pth", false);
	source_fanotify_track(x->source, x->temp.fd, "x.pth", true);
	pid = by_child(x, ACT_APPEND, "target", NULL);
	assert_int_equal(expect(x, EVENT_MODIFY, "target")->pid, pid);
}

static void what_cannot_be_tracked_is_passed_over(void **state)
{
	struct fixture *x = *state;
	struct source_counters c;

	assert_int_equal(mkfifoat(x->temp.fd, "fifo.pth", 0644), 0);
	source_fanotify_track(x->source, x->temp.fd, "fifo.pth", true);
	source_fanotify_track(x->source, x->temp.fd, "missing.pth", false);
	source_fanotify_track(x->source, -EBADF, "x.pth", false);
	source_fanotify_counters(x->source, &c);
	assert_int_equal(c.tracked, 0);
}

/* The program in the same queue, so that its name is known when it is gone. */
static void the_last_program_is_told(void **state)
{
	struct fixture *x = *state;
	const struct event *e;
	char program[128], script[256];
	pid_t pid;
	int status;

	temp_path(&x->temp, "program", program, sizeof(program));
	(void)snprintf(script, sizeof(script), "cp /bin/sh '%s'", program);
	assert_int_equal(system(script), 0);
	(void)snprintf(script, sizeof(script), "echo import os >'%s/x.pth'", x->temp.path);

	pid = fork();
	if (pid == 0) {
		execl(program, "disguise", "-c", script, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	e = expect(x, EVENT_CREATE, "x.pth");
	assert_int_equal(e->pid, pid);
	assert_true(is_path(x, e->exec_path, "program"));
	assert_true(e->exec_ns > 0 && e->exec_ns <= e->mono_ns);

	/* A process that has executed nothing has none, although pids may be alike. */
	(void)by_child(x, ACT_CREATE, "y.pth", NULL);
	assert_int_equal(expect(x, EVENT_CREATE, "y.pth")->exec_path.len, 0);
}

static void a_directory_that_is_gone_is_counted(void **state)
{
	struct fixture *x = *state;
	struct source_counters c;

	temp_mkdir(&x->temp, "d");
	(void)by_child(x, ACT_CREATE, "d/x.pth", NULL);
	(void)by_child(x, ACT_UNLINK, "d/x.pth", NULL);
	(void)by_child(x, ACT_RMDIR, "d", NULL);
	(void)by_child(x, ACT_CREATE, "last.pth", NULL);
	(void)expect(x, EVENT_CREATE, "last.pth");
	assert_null(seen(x, ~0u, "d/x.pth"));
	source_fanotify_counters(x->source, &c);
	assert_true(c.stale >= 1);
	assert_int_equal(c.unresolved, 0);
}

static void a_dispatch_is_bounded(void **state)
{
	struct fixture *x = *state;
	struct pollfd p = { .fd = source_fanotify_fd(x->source), .events = POLLIN };
	uint64_t deadline = clock_mono_ns() + DEADLINE_NS;
	struct source_counters c;
	char name[32];

	for (int i = 0; i < 20; i++) {
		(void)snprintf(name, sizeof(name), "f%d.pth", i);
		(void)by_child(x, ACT_CREATE, name, NULL);
	}
	do {
		source_fanotify_counters(x->source, &c);
		assert_true(clock_mono_ns() < deadline);
		(void)poll(&p, 1, 1000);
	} while (c.candidates < 20);
	assert_int_equal(source_fanotify_dispatch(x->source, 3, take, x), 3);
	assert_true(x->count <= 6);
	/* There is more: it stays readable. */
	assert_int_equal(poll(&p, 1, 0), 1);
	(void)expect(x, EVENT_CREATE, "f19.pth");
	for (int i = 0; i < 20; i++) {
		(void)snprintf(name, sizeof(name), "f%d.pth", i);
		assert_non_null(seen(x, EVENT_CREATE, name));
	}
}

/* What is known of the time of an event: after the start of an earlier read, before the end of its own. */
static void the_time_of_an_event_has_two_ends(void **state)
{
	struct fixture *x = *state;
	uint64_t start = clock_mono_ns(), former = 0, before, after;
	const struct event *e = NULL;
	char name[32];

	for (int i = 0; i < 20; i++) {		/* more than are read at once (WATCH_BURST) */
		(void)snprintf(name, sizeof(name), "f%d.pth", i);
		before = clock_mono_ns();
		(void)by_child(x, ACT_CREATE, name, NULL);
		after = clock_mono_ns();
		e = expect(x, EVENT_CREATE, name);
		assert_true(e->since_ns < after && e->mono_ns > before);
		assert_true(e->since_ns < e->mono_ns && e->since_ns >= former);
		former = e->since_ns;
	}
	/* It moves on: of so many reads, each before a file was made, one at least has emptied the queue. */
	assert_true(e->since_ns > start);
}

/* When nothing happens for a while, the next event is known to be later than what was done before that. */
static void a_pause_is_noticed(void **state)
{
	struct fixture *x = *state;
	const struct timespec pause = { .tv_nsec = 4 * WATCH_QUIET_NS };
	uint64_t deadline = clock_mono_ns() + DEADLINE_NS, before;
	const struct event *e = NULL;
	char name[32];

	for (int i = 0; i < EVENTS_MAX / 2; i++) {	/* a busy host may let the thread wait */
		(void)snprintf(name, sizeof(name), "f%d.pth", i);
		before = clock_mono_ns();
		(void)nanosleep(&pause, NULL);
		(void)by_child(x, ACT_CREATE, name, NULL);
		e = expect(x, EVENT_CREATE, name);
		if (e->since_ns > before)
			return;
		(void)expect(x, EVENT_CLOSE_WRITE, name);	/* nothing of it is left to be read */
		assert_true(clock_mono_ns() < deadline);
	}
	fail_msg("no pause was noticed");
}

static void it_stops_and_starts(void **state)
{
	char path[] = "/tmp", *watch[] = { path, NULL };

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct source_fanotify *s = NULL;
		int fd;

		assert_int_equal(source_fanotify_new(watch, &s), 0);
		assert_true(bytes_of(source_fanotify_features(s)).len > 0);
		assert_true(mounts_count(source_fanotify_mounts(s)) > 0);
		fd = source_fanotify_fd(s);
		assert_null(source_fanotify_free(s));
		assert_int_equal(fcntl(fd, F_GETFD), -1);
	}
	assert_null(source_fanotify_free(NULL));
}

static void a_watched_path_must_exist(void **state)
{
	char path[] = "/nonexistent/x", *watch[] = { path, NULL };
	struct source_fanotify *s = NULL;

	(void)state;
	assert_int_equal(source_fanotify_new(watch, &s), -ENOENT);
	assert_null(s);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_file_is_created),
		TEST(a_name_is_told_as_bytes),
		TEST(a_rename_is_two_events),
		TEST(a_removal_is_told),
		TEST(what_comes_without_a_write_is_told),
		TEST(other_names_are_not_told),
		TEST(our_own_acts_are_not_told),
		TEST(a_directory_that_moves_is_told),
		TEST(a_new_directory_of_any_names_is_told),
		TEST(a_watched_directory_takes_any_name),
		TEST(a_tracked_file_tells_of_truncate),
		TEST(a_tracked_file_tells_of_its_other_name),
		TEST(a_tracked_file_tells_of_a_mapping),
		TEST(a_links_target_can_be_tracked),
		TEST(what_cannot_be_tracked_is_passed_over),
		TEST(the_last_program_is_told),
		TEST(a_directory_that_is_gone_is_counted),
		TEST(a_dispatch_is_bounded),
		TEST(the_time_of_an_event_has_two_ends),
		TEST(a_pause_is_noticed),
		cmocka_unit_test(it_stops_and_starts),
		cmocka_unit_test(a_watched_path_must_exist),
	};
	char tmp[] = "/tmp", *watch[] = { tmp, NULL };
	struct source_fanotify *probe;
	bool marked = false;

	if (source_fanotify_new(watch, &probe) < 0) {
		puts("fanotify is not permitted");
		return 77;
	}
	for (size_t i = 0; i < mounts_count(source_fanotify_mounts(probe)); i++)
		marked |= mounts_at(source_fanotify_mounts(probe), i)->marked;
	source_fanotify_free(probe);
	if (!marked) {
		puts("the filesystem of /tmp cannot be marked");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
