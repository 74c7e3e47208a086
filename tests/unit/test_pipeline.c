/* What recordings cannot say: time that passes between events, searches of the disk, the
 * counters.  The decisions themselves are in tests/replay/.
 *
 * Runs in the source tree, where packaging/rules.d is. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "clock.h"
#include "limits.h"
#include "pipeline.h"
#include "temp_tree.h"

#define SITE "usr/lib/python3/dist-packages"
#define CODE BYTES_LIT("import os\n")

struct fixture {
	struct temp temp;
	struct process_table *processes;
	struct sinks *sinks;
	struct scans *scans;
	struct policy policy;
	struct baseline *baseline;
	struct pipeline *pipeline;
};

static void take(struct event *e, void *userdata)
{
	struct fixture *x = userdata;

	pipeline_push(x->pipeline, e);
}

static int setup(void **state)
{
	static char rules_dir[] = "packaging/rules.d", *dirs[] = { rules_dir, NULL };
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	struct fixture *x = calloc(1, sizeof(*x));
	struct pipeline_config config;

	assert_non_null(x);
	temp_make(&x->temp);
	temp_mkdir(&x->temp, "usr");
	temp_mkdir(&x->temp, "usr/lib");
	temp_mkdir(&x->temp, "usr/lib/python3");
	temp_mkdir(&x->temp, SITE);
	assert_int_equal(policy_load(dirs, NULL, &problems, &x->policy), 0);
	assert_int_equal(process_table_new(-EBADF, &x->processes), 0);
	assert_int_equal(baseline_new(&x->baseline), 0);
	assert_int_equal(sinks_new(&x->sinks), 0);
	assert_int_equal(sinks_start(x->sinks), 0);
	assert_int_equal(scans_new(take, NULL, x, &x->scans), 0);
	config = (struct pipeline_config){
		.rootfd = x->temp.fd, .procfd = -EBADF, .processes = x->processes, .baseline = x->baseline,
		.scans = x->scans, .sinks = x->sinks, .computer = BYTES_LIT("test"),
	};
	assert_int_equal(pipeline_new(&config, &x->pipeline), 0);
	assert_int_equal(pipeline_set_policy(x->pipeline, &x->policy), 0);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;

	pipeline_free(x->pipeline);
	scans_free(x->scans);
	sinks_free(x->sinks, 5000);
	process_table_free(x->processes);
	baseline_free(x->baseline);
	policy_release(&x->policy);
	temp_release(&x->temp);
	free(x);
	return 0;
}

/* An event of pid 10 (nobody knows it) on "/NAME". */
static void push(struct fixture *x, uint32_t what, const char *name)
{
	struct event e = EVENT_INIT;
	_cleanup_str_ struct str path = STR_INIT, dir = STR_INIT;

	assert_int_equal(str_appendf(&path, "/%s", name), 0);
	assert_int_equal(event_set_paths(&e, str_bytes(&path), BYTES_LIT(""), BYTES_LIT("")), 0);
	assert_int_equal(str_append_bytes(&dir, bytes_dirname(bytes_of(name))), 0);
	e.what = what;
	e.feed = FEED_LIVE;
	e.pid = 10;
	e.time_ns = clock_ns(CLOCK_REALTIME);
	e.mono_ns = clock_mono_ns();
	e.dirfd = openat(x->temp.fd, dir.len > 0 ? dir.buf : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	pipeline_push(x->pipeline, &e);
	/* It was taken over: this one is empty, or its memory is the pipeline's. */
}

static struct pipeline_counters counters(const struct fixture *x)
{
	struct pipeline_counters c;

	pipeline_counters(x->pipeline, &c);
	return c;
}

static void what_is_complete_is_judged_at_once(void **state)
{
	struct fixture *x = *state;

	temp_write(&x->temp, SITE "/x.pth", CODE);
	push(x, EVENT_CREATE | EVENT_CLOSE_WRITE, SITE "/x.pth");
	assert_int_equal(counters(x).waiting, 1);
	assert_int_equal(pipeline_run(x->pipeline, clock_mono_ns()), UINT64_MAX);
	assert_int_equal(counters(x).judged, 1);
	assert_int_equal(counters(x).alerts[LEVEL_HIGH], 1);
	assert_int_equal(counters(x).waiting, 0);
	assert_int_equal(counters(x).hooks, 1);
	assert_int_equal(counters(x).unattributed, 1);
}

/* Main has other things to do, too: it is called again for the rest. */
static void many_are_judged_in_parts(void **state)
{
	struct fixture *x = *state;

	for (int i = 0; i <= PIPELINE_RUN_MAX; i++) {
		_cleanup_str_ struct str name = STR_INIT;

		assert_int_equal(str_appendf(&name, SITE "/%d.pth", i), 0);
		temp_write(&x->temp, name.buf, CODE);
		push(x, EVENT_CREATE | EVENT_CLOSE_WRITE, name.buf);
	}
	assert_int_equal(pipeline_run(x->pipeline, clock_mono_ns()), 0);
	assert_int_equal(counters(x).judged, PIPELINE_RUN_MAX);
	assert_int_equal(counters(x).waiting, 1);
	assert_int_equal(pipeline_run(x->pipeline, clock_mono_ns()), UINT64_MAX);
	assert_int_equal(counters(x).judged, PIPELINE_RUN_MAX + 1);
}

/* Its writer is about to write, so it is read later; but not never. */
static void what_is_still_open_waits_a_little(void **state)
{
	struct fixture *x = *state;
	uint64_t before = clock_mono_ns(), next;

	temp_write(&x->temp, SITE "/x.pth", BYTES_LIT(""));
	push(x, EVENT_CREATE, SITE "/x.pth");
	next = pipeline_run(x->pipeline, before);
	assert_true(next > before && next <= clock_mono_ns() + COALESCE_HOLD_NS);
	assert_int_equal(counters(x).judged, 0);
	assert_int_equal(counters(x).waiting, 1);

	/* Written meanwhile: judged by what stands there then. */
	temp_write(&x->temp, SITE "/x.pth", CODE);
	assert_int_equal(pipeline_run(x->pipeline, next), UINT64_MAX);
	assert_int_equal(counters(x).judged, 1);
	assert_int_equal(counters(x).alerts[LEVEL_HIGH], 1);
}

static void a_close_ends_the_wait(void **state)
{
	struct fixture *x = *state;

	temp_write(&x->temp, SITE "/x.pth", CODE);
	push(x, EVENT_CREATE, SITE "/x.pth");
	push(x, EVENT_MODIFY, SITE "/x.pth");
	push(x, EVENT_CLOSE_WRITE, SITE "/x.pth");
	assert_int_equal(counters(x).events, 3);
	assert_int_equal(counters(x).waiting, 1);	/* one act */
	assert_int_equal(pipeline_run(x->pipeline, clock_mono_ns()), UINT64_MAX);
	assert_int_equal(counters(x).judged, 1);
	assert_int_equal(counters(x).alerts[LEVEL_HIGH], 1);
}

static void links_and_nodes_do_not_wait(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(symlinkat("/nowhere", x->temp.fd, SITE "/l.pth"), 0);
	assert_int_equal(mkfifoat(x->temp.fd, SITE "/f.pth", 0644), 0);
	temp_write(&x->temp, "t", CODE);
	assert_int_equal(linkat(x->temp.fd, "t", x->temp.fd, SITE "/h.pth", 0), 0);
	push(x, EVENT_CREATE, SITE "/l.pth");
	push(x, EVENT_CREATE, SITE "/f.pth");
	push(x, EVENT_CREATE, SITE "/h.pth");
	assert_int_equal(pipeline_run(x->pipeline, clock_mono_ns()), UINT64_MAX);
	assert_int_equal(counters(x).judged, 3);
	assert_int_equal(counters(x).unread, 2);
	assert_int_equal(counters(x).alerts[LEVEL_HIGH], 3);
}

/* Read late, a removal finds what another has put there meanwhile. */
static void a_removal_does_not_answer_for_what_came_after(void **state)
{
	struct fixture *x = *state;

	temp_write(&x->temp, SITE "/x.pth", BYTES_LIT("# nothing\n"));
	push(x, EVENT_CREATE | EVENT_CLOSE_WRITE, SITE "/x.pth");
	(void)pipeline_run(x->pipeline, clock_mono_ns());
	assert_int_equal(counters(x).judged, 1);

	temp_write(&x->temp, SITE "/x.pth", CODE);
	push(x, EVENT_MOVED_FROM | EVENT_ATTRIB, SITE "/x.pth");
	(void)pipeline_run(x->pipeline, clock_mono_ns());
	assert_int_equal(counters(x).judged, 1);
	push(x, EVENT_CREATE | EVENT_CLOSE_WRITE, SITE "/x.pth");
	(void)pipeline_run(x->pipeline, clock_mono_ns());
	assert_int_equal(counters(x).judged, 2);
	assert_int_equal(counters(x).alerts[LEVEL_HIGH], 1);

	assert_int_equal(unlinkat(x->temp.fd, SITE "/x.pth", 0), 0);
	push(x, EVENT_DELETE, SITE "/x.pth");
	(void)pipeline_run(x->pipeline, clock_mono_ns());
	assert_int_equal(counters(x).judged, 3);
	assert_int_equal(counters(x).hooks, 0);
}

static void what_is_no_hook_is_counted(void **state)
{
	struct fixture *x = *state;

	temp_write(&x->temp, "x.pth", CODE);
	temp_write(&x->temp, SITE "/x.pth.dpkg-new", CODE);
	push(x, EVENT_CREATE | EVENT_CLOSE_WRITE, "x.pth");
	push(x, EVENT_CREATE | EVENT_CLOSE_WRITE, SITE "/x.pth.dpkg-new");
	assert_int_equal(pipeline_run(x->pipeline, clock_mono_ns()), UINT64_MAX);
	assert_int_equal(counters(x).events, 2);
	assert_int_equal(counters(x).not_hooks, 1);
	assert_int_equal(counters(x).temporary, 1);
	assert_int_equal(counters(x).judged, 0);
}

/* A virtual environment is made elsewhere and renamed into place: not a byte is written. */
static void a_directory_that_arrives_is_searched(void **state)
{
	struct fixture *x = *state;
	struct event e = EVENT_INIT;
	unsigned steps = 0;

	temp_write(&x->temp, SITE "/a.pth", CODE);
	temp_write(&x->temp, SITE "/sitecustomize.py", CODE);
	assert_int_equal(event_set_paths(&e, BYTES_LIT("/usr"), BYTES_LIT("/staging"), BYTES_LIT("")), 0);
	e.what = EVENT_MOVED_TO;
	e.is_dir = true;
	e.pid = 10;
	e.mono_ns = clock_mono_ns();
	e.time_ns = clock_ns(CLOCK_REALTIME);
	e.dirfd = openat(x->temp.fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	pipeline_push(x->pipeline, &e);
	assert_false(scans_idle(x->scans));
	while (scans_step(x->scans))
		assert_true(++steps < 1000);
	(void)pipeline_run(x->pipeline, clock_mono_ns());
	assert_int_equal(counters(x).judged, 2);
	assert_int_equal(counters(x).alerts[LEVEL_HIGH], 2);
	assert_int_equal(counters(x).hooks, 2);
}

/* At start: what was there before is nobody's act. */
static void an_inventory_says_nothing(void **state)
{
	struct fixture *x = *state;
	unsigned steps = 0;

	temp_write(&x->temp, SITE "/a.pth", CODE);
	temp_write(&x->temp, ".profile", BYTES_LIT("export PYTHONPATH=/tmp/x\n"));
	temp_age(&x->temp);
	for (int round = 0; round < 2; round++) {
		/* The second is the search after lost events: nothing is different. */
		assert_int_equal(scans_add(x->scans, x->temp.fd, BYTES_LIT("/"),
					   round == 0 ? SCAN_INVENTORY : SCAN_DIFFERENCE, NULL), 0);
		while (scans_step(x->scans))
			assert_true(++steps < 1000);
		(void)pipeline_run(x->pipeline, clock_mono_ns());
	}
	assert_int_equal(counters(x).hooks, 2);
	for (int level = 0; level < LEVELS; level++)
		assert_int_equal(counters(x).alerts[level], 0);

	/* The third finds one more. */
	temp_write(&x->temp, SITE "/b.pth", CODE);
	temp_age(&x->temp);
	assert_int_equal(scans_add(x->scans, x->temp.fd, BYTES_LIT("/"), SCAN_DIFFERENCE, NULL), 0);
	while (scans_step(x->scans))
		assert_true(++steps < 1000);
	(void)pipeline_run(x->pipeline, clock_mono_ns());
	assert_int_equal(counters(x).alerts[LEVEL_HIGH], 1);
	assert_int_equal(counters(x).hooks, 3);
}

static void gaps_are_counted_and_said_once_in_a_while(void **state)
{
	struct fixture *x = *state;
	struct event e = EVENT_INIT;

	e.time_ns = 1;
	e.mono_ns = NSEC_PER_SEC;
	pipeline_gap(x->pipeline, BYTES_LIT("one"), &e);
	e.mono_ns += PIPELINE_GAP_NS - 1;
	pipeline_gap(x->pipeline, BYTES_LIT("two"), &e);
	assert_int_equal(counters(x).alerts[LEVEL_HIGH], 1);
	e.mono_ns += 1;
	pipeline_gap(x->pipeline, BYTES_LIT("three"), &e);
	assert_int_equal(counters(x).alerts[LEVEL_HIGH], 2);
	assert_int_equal(counters(x).gaps, 3);
}

/* At the end of the daemon. */
static void what_still_waits_is_freed(void **state)
{
	struct fixture *x = *state;

	temp_write(&x->temp, SITE "/x.pth", CODE);
	push(x, EVENT_CREATE, SITE "/x.pth");
	assert_int_equal(counters(x).waiting, 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_is_complete_is_judged_at_once),
		TEST(many_are_judged_in_parts),
		TEST(what_is_still_open_waits_a_little),
		TEST(a_close_ends_the_wait),
		TEST(links_and_nodes_do_not_wait),
		TEST(a_removal_does_not_answer_for_what_came_after),
		TEST(what_is_no_hook_is_counted),
		TEST(a_directory_that_arrives_is_searched),
		TEST(an_inventory_says_nothing),
		TEST(gaps_are_counted_and_said_once_in_a_while),
		TEST(what_still_waits_is_freed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
