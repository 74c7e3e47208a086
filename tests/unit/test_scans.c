#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "clock.h"
#include "limits.h"
#include "scans.h"
#include "temp_tree.h"

#define SITE "lib/python3.11/site-packages"

struct told {
	struct event events[16];
	size_t count;
	unsigned dirs;
};

static void take(struct event *e, void *userdata)
{
	struct told *t = userdata;

	assert_true(t->count < ELEMENTSOF(t->events));
	t->events[t->count++] = *e;
	*e = EVENT_INIT;
}

static void take_dir(int dirfd, void *userdata)
{
	struct told *t = userdata;

	assert_true(dirfd >= 0);
	t->dirs++;
}

static void told_release(struct told *t)
{
	for (size_t i = 0; i < t->count; i++)
		event_done(&t->events[i]);
	t->count = 0;
}
#define _cleanup_told_ __attribute__((cleanup(told_release)))

static const struct event *find(const struct told *t, struct bytes path)
{
	for (size_t i = 0; i < t->count; i++)
		if (bytes_equal(t->events[i].path, path))
			return &t->events[i];
	fail_msg("%s was not told", path.ptr);
	return NULL;
}

static void make(struct temp *t)
{
	temp_make(t);
	temp_mkdir(t, "lib");
	temp_mkdir(t, "lib/python3.11");
	temp_mkdir(t, SITE);
	temp_write(t, SITE "/a.pth", BYTES_LIT("import os\n"));
	temp_write(t, SITE "/sitecustomize.py", BYTES_LIT("import os\n"));
}

static void run(struct scans *s)
{
	unsigned steps = 0;

	while (scans_step(s))
		assert_true(++steps < 10000);
	assert_true(scans_idle(s));
}

static struct event moved(void)
{
	struct event e = EVENT_INIT;

	e.what = EVENT_MOVED_TO;
	e.feed = FEED_LIVE;
	e.pid = 42;
	e.time_ns = 1790000000ULL * NSEC_PER_SEC;
	e.mono_ns = 77;
	e.exec_ns = 70;
	e.since_ns = 60;
	e.path_relative = true;
	assert_int_equal(event_set_paths(&e, BYTES_LIT("/v"), BYTES_LIT("/old"), BYTES_LIT("/bin/mv")), 0);
	return e;
}

static void an_inventory_is_silent(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_told_ struct told told = { .count = 0 };
	_cleanup_(scans_freep) struct scans *s = NULL;
	struct scans_counters c;
	struct stat st;

	(void)state;
	make(&t);
	temp_age(&t);
	assert_int_equal(scans_new(take, take_dir, &told, &s), 0);
	assert_true(scans_idle(s));
	assert_false(scans_step(s));
	assert_int_equal(scans_add(s, t.fd, BYTES_LIT("/v"), SCAN_INVENTORY, NULL), 0);
	assert_false(scans_idle(s));
	run(s);

	assert_int_equal(told.count, 2);
	for (size_t i = 0; i < told.count; i++) {
		const struct event *e = &told.events[i];

		assert_true(e->silent);
		assert_int_equal(e->what, EVENT_FOUND);
		assert_int_equal(e->feed, FEED_SCAN);
		assert_int_equal(e->pid, 0);
		assert_true(e->time_ns > 0 && e->mono_ns > 0);
		assert_false(e->is_dir);
	}
	/* The directory is the event's own, and the right one. */
	assert_int_equal(fstatat(find(&told, BYTES_LIT("/v/" SITE "/a.pth"))->dirfd, "sitecustomize.py", &st, 0), 0);
	/* The directory that was given stays the caller's. */
	assert_true(fcntl(t.fd, F_GETFD) >= 0);

	scans_counters(s, &c);
	assert_int_equal(c.done, 1);
	assert_int_equal(c.waiting, 0);
	assert_int_equal(c.hooks, 2);
}

static void a_difference_is_told(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_told_ struct told told = { .count = 0 };
	_cleanup_(scans_freep) struct scans *s = NULL;

	(void)state;
	make(&t);
	temp_age(&t);
	assert_int_equal(scans_new(take, NULL, &told, &s), 0);
	assert_int_equal(scans_add(s, t.fd, BYTES_LIT("/v"), SCAN_DIFFERENCE, NULL), 0);
	run(s);
	assert_int_equal(told.count, 2);
	assert_false(told.events[0].silent);
	assert_false(told.events[1].silent);
	assert_int_equal(told.events[0].feed, FEED_SCAN);
}

/* What changes while the search goes on comes as an event, which knows by whom. */
static void what_is_younger_is_left_to_its_event(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_told_ struct told told = { .count = 0 };
	_cleanup_(scans_freep) struct scans *s = NULL;

	(void)state;
	make(&t);
	assert_int_equal(scans_new(take, NULL, &told, &s), 0);
	assert_int_equal(scans_add(s, t.fd, BYTES_LIT("/v"), SCAN_INVENTORY, NULL), 0);
	run(s);
	assert_int_equal(told.count, 0);
}

/* ctime cannot be set, so the template's time is put between the two: at that of the
 * later file, after the clock of the filesystem has moved on. */
static void what_is_newer_is_told(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_told_ struct told told = { .count = 0 };
	_cleanup_(scans_freep) struct scans *s = NULL;
	_cleanup_event_ struct event template = moved();
	struct stat old, young;
	uint64_t deadline = clock_mono_ns() + 10 * NSEC_PER_SEC;

	(void)state;
	make(&t);
	assert_int_equal(fstatat(t.fd, SITE "/a.pth", &old, 0), 0);
	do {
		temp_write(&t, SITE "/sitecustomize.py", BYTES_LIT("import sys\n"));
		assert_int_equal(fstatat(t.fd, SITE "/sitecustomize.py", &young, 0), 0);
		assert_true(clock_mono_ns() < deadline);
	} while (timespec_ns(&young.st_ctim) <= timespec_ns(&old.st_ctim));

	template.time_ns = timespec_ns(&young.st_ctim);
	assert_int_equal(scans_new(take, NULL, &told, &s), 0);
	assert_int_equal(scans_add(s, t.fd, BYTES_LIT("/v"), SCAN_NEWER, &template), 0);
	run(s);
	assert_int_equal(told.count, 2);
	assert_true(find(&told, BYTES_LIT("/v/" SITE "/a.pth"))->silent);
	assert_false(find(&told, BYTES_LIT("/v/" SITE "/sitecustomize.py"))->silent);
}

static void what_arrived_is_the_movers_act(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_told_ struct told told = { .count = 0 };
	_cleanup_(scans_freep) struct scans *s = NULL;
	struct event template = moved();

	(void)state;
	make(&t);
	assert_int_equal(scans_new(take, NULL, &told, &s), 0);
	assert_int_equal(scans_add(s, t.fd, BYTES_LIT("/v"), SCAN_ARRIVED, &template), 0);
	event_done(&template);	/* it was only looked at */
	run(s);
	assert_int_equal(told.count, 2);
	for (size_t i = 0; i < told.count; i++) {
		const struct event *e = &told.events[i];

		assert_false(e->silent);
		assert_int_equal(e->what, EVENT_MOVED_TO);
		assert_int_equal(e->feed, FEED_LIVE);
		assert_int_equal(e->pid, 42);
		assert_int_equal(e->mono_ns, 77);
		assert_int_equal(e->time_ns, 1790000000ULL * NSEC_PER_SEC);
		assert_true(e->path_relative);
		assert_true(bytes_equal(e->exec_path, BYTES_LIT("/bin/mv")));
		assert_int_equal(e->exec_ns, 70);
		assert_int_equal(e->since_ns, 60);
		assert_int_equal(e->old_path.len, 0);	/* the directory's, not the file's */
	}
}

static void searches_come_one_after_the_other(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_told_ struct told told = { .count = 0 };
	_cleanup_(scans_freep) struct scans *s = NULL;
	struct scans_counters c;

	(void)state;
	make(&t);
	temp_mkdir(&t, "etc");
	temp_mkdir(&t, "etc/cron.d");
	temp_age(&t);
	assert_int_equal(scans_new(take, take_dir, &told, &s), 0);
	assert_int_equal(scans_add(s, t.fd, BYTES_LIT("/one"), SCAN_DIFFERENCE, NULL), 0);
	assert_int_equal(scans_add(s, t.fd, BYTES_LIT("/two"), SCAN_INVENTORY, NULL), 0);
	scans_counters(s, &c);
	assert_int_equal(c.waiting, 2);

	assert_true(scans_step(s));	/* small enough for one slice; the second waits */
	assert_int_equal(told.count, 2);
	assert_true(bytes_has_prefix(told.events[1].path, BYTES_LIT("/one/")));
	run(s);
	assert_int_equal(told.count, 4);
	assert_true(bytes_has_prefix(told.events[2].path, BYTES_LIT("/two/")));
	assert_int_equal(told.dirs, 2);
}

static void a_long_queue_is_refused(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_(scans_freep) struct scans *s = NULL;
	struct scans_counters c;
	char path[16];

	(void)state;
	temp_make(&t);
	assert_int_equal(scans_new(take, NULL, NULL, &s), 0);
	for (unsigned i = 0; i < SCANS_MAX; i++) {
		(void)snprintf(path, sizeof(path), "/v%u", i);
		assert_int_equal(scans_add(s, t.fd, bytes_of(path), SCAN_INVENTORY, NULL), 0);
	}
	/* One that waits already is not queued again, also when there is no room. */
	assert_int_equal(scans_add(s, t.fd, BYTES_LIT("/v0"), SCAN_INVENTORY, NULL), 0);
	assert_int_equal(scans_add(s, t.fd, BYTES_LIT("/v"), SCAN_INVENTORY, NULL), -ENOSPC);
	scans_counters(s, &c);
	assert_int_equal(c.waiting, SCANS_MAX);

	/* One less, one more. */
	assert_true(scans_step(s));
	assert_int_equal(scans_add(s, t.fd, BYTES_LIT("/v"), SCAN_INVENTORY, NULL), 0);
	assert_int_equal(scans_add(s, t.fd, BYTES_LIT("/w"), SCAN_INVENTORY, NULL), -ENOSPC);
	run(s);
	scans_counters(s, &c);
	assert_int_equal(c.done, SCANS_MAX + 1);
}

static void what_is_no_directory_is_refused(void **state)
{
	_cleanup_(scans_freep) struct scans *s = NULL;
	struct scans_counters c;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(scans_new(take, NULL, NULL, &s), 0);
	assert_int_equal(scans_add(s, fds[0], BYTES_LIT("/v"), SCAN_INVENTORY, NULL), -ENOTDIR);
	assert_true(scans_idle(s));
	/* One that is opened when its turn comes is passed over then, and counted. */
	assert_int_equal(scans_add(s, -EBADF, BYTES_LIT("/nothing/of/this/name"), SCAN_INVENTORY, NULL), 0);
	assert_false(scans_step(s));
	scans_counters(s, &c);
	assert_int_equal(c.unreadable, 1);
	assert_true(scans_idle(s));
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_inventory_is_silent),
		cmocka_unit_test(a_difference_is_told),
		cmocka_unit_test(what_is_younger_is_left_to_its_event),
		cmocka_unit_test(what_is_newer_is_told),
		cmocka_unit_test(what_arrived_is_the_movers_act),
		cmocka_unit_test(searches_come_one_after_the_other),
		cmocka_unit_test(a_long_queue_is_refused),
		cmocka_unit_test(what_is_no_directory_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
