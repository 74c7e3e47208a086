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
#include "filedata.h"
#include "limits.h"
#include "pipeline.h"
#include "temp_tree.h"

#define SITE "usr/lib/python3/dist-packages"
#define CODE BYTES_LIT("import os\n")

/* Reads what is said. */
struct witness {
	struct sink sink;
	unsigned with_evidence;	/* alerts that say where the bytes of the hook are kept */
};

struct fixture {
	struct temp temp;
	struct witness witness;
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

static int witness_write(struct sink *s, const struct alert *a)
{
	struct witness *w = (struct witness *)s;

	w->with_evidence += strstr(a->json, "\"evidence\":") != NULL;
	return 0;
}

static int64_t witness_flush(struct sink *s)
{
	(void)s;
	return 0;
}

static struct sink *witness_free(struct sink *s)
{
	(void)s;
	return NULL;
}

static const struct sink_ops witness_ops = {
	.name = "witness", .write = witness_write, .flush = witness_flush, .free = witness_free,
};

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
	x->witness.sink.ops = &witness_ops;
	assert_int_equal(sinks_add(x->sinks, &x->witness.sink), 0);
	assert_int_equal(sinks_start(x->sinks), 0);
	assert_int_equal(scans_new(take, NULL, x, &x->scans), 0);
	config = (struct pipeline_config){
		.rootfd = x->temp.fd, .procfd = -EBADF, .processes = x->processes, .baseline = x->baseline,
		.scans = x->scans, .sinks = x->sinks, .computer = BYTES_LIT("test"),
		.evidence_dir = BYTES_LIT("/state/evidence"), .evidence_max_file = CONTENT_BYTES_MAX,
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

/* An event on "/NAME". */
static void push_by(struct fixture *x, pid_t pid, uint32_t what, const char *name)
{
	struct event e = EVENT_INIT;
	_cleanup_str_ struct str path = STR_INIT, dir = STR_INIT;

	assert_int_equal(str_appendf(&path, "/%s", name), 0);
	assert_int_equal(event_set_paths(&e, str_bytes(&path), BYTES_LIT(""), BYTES_LIT("")), 0);
	assert_int_equal(str_append_bytes(&dir, bytes_dirname(bytes_of(name))), 0);
	e.what = what;
	e.feed = pid > 0 ? FEED_LIVE : FEED_SCAN;
	e.pid = pid;
	e.time_ns = clock_ns(CLOCK_REALTIME);
	e.since_ns = e.mono_ns = clock_mono_ns();
	e.dirfd = openat(x->temp.fd, dir.len > 0 ? dir.buf : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	pipeline_push(x->pipeline, &e);
	/* It was taken over: this one is empty, or its memory is the pipeline's. */
}

/* Of pid 10, which nobody knows. */
static void push(struct fixture *x, uint32_t what, const char *name)
{
	push_by(x, 10, what, name);
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

/* Nothing of it runs, but all of it is read. */
static void write_long(struct fixture *x, const char *name, size_t size)
{
	_cleanup_str_ struct str content = STR_INIT;

	while (content.len < size)
		assert_int_equal(str_append_text(&content, "# a line that nothing is to be said of\n"), 0);
	temp_write(&x->temp, name, str_bytes(&content));
}

/* Those before have spent what there is: the next is judged by its beginning, and what was not looked at is said. */
static void who_comes_behind_many_is_judged_in_a_hurry(void **state)
{
	struct fixture *x = *state;
	_cleanup_str_ struct str name = STR_INIT;
	uint64_t hurried;

	for (unsigned i = 0; i < 2 * CONTENT_WORK_MAX / CONTENT_BYTES_MAX / WORK_LINE_BYTE; i++) {
		str_clear(&name);
		assert_int_equal(str_appendf(&name, SITE "/%u.pth", i), 0);
		write_long(x, name.buf, CONTENT_BYTES_MAX - 100);
		push(x, EVENT_CREATE | EVENT_CLOSE_WRITE, name.buf);
	}
	while (pipeline_run(x->pipeline, clock_mono_ns()) != UINT64_MAX)
		;
	hurried = counters(x).hurried;
	assert_true(hurried > 0);
	/* Suspicious, where those that were read whole are inert. */
	assert_int_equal(counters(x).alerts[LEVEL_HIGH], hurried);

	/* An ordinary one is judged whole. */
	temp_write(&x->temp, SITE "/ordinary.pth", CODE);
	push(x, EVENT_CREATE | EVENT_CLOSE_WRITE, SITE "/ordinary.pth");
	assert_int_equal(pipeline_run(x->pipeline, clock_mono_ns()), UINT64_MAX);
	assert_int_equal(counters(x).hurried, hurried);
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

/* ---- code of an installer waits for its package ------------------------------------- */

#define VENV "home/a/v/lib/python3.12/site-packages"
#define HOOK VENV "/x.pth"
#define UV "home/a/.local/bin/uv"
#define UV_PID 20

/* Whose digests these are: `printf 'import os\n' | openssl dgst -sha256 -binary | basenc --base64url`. */
#define ROW "x.pth,sha256=Nyet_1JOBhYCLq3Y9K8hoHeLKfxMd73-_Rr84sv15Lc,10\n"

static void make_dirs(struct fixture *x, const char *path)
{
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		char dir[256];

		(void)snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
		if (mkdirat(x->temp.fd, dir, 0755) < 0)
			assert_int_equal(errno, EEXIST);
	}
}

/* A uv that is verified, and is at work until it exits. */
static void start_uv(struct fixture *x)
{
	/* elf(5): 64 bits, little-endian, version 1; of type ET_EXEC. */
	static const char program[] = "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2";
	_cleanup_str_ struct str text = STR_INIT;
	struct image image = { .exe = BYTES_LIT("/" UV), .argv = BYTES_LIT("uv\0pip\0install\0x\0"),
			       .environ = BYTES_LIT("HOME=/home/a\0"), .environ_known = true, .cwd = BYTES_LIT("/home/a") };
	struct process from = { .pid = UV_PID, .ppid = 1, .uid = geteuid(), .euid = geteuid(), .gid = getegid(),
				.egid = getegid(), .loginuid = (uid_t)-1, .credentials_known = true, .comm = "uv",
				.image = &image }, *p;
	struct stat st;

	make_dirs(x, UV);
	make_dirs(x, HOOK);
	assert_int_equal(str_append(&text, program, sizeof(program)), 0);
	assert_int_equal(str_append_text(&text, "An extremely fast Python package manager."), 0);
	temp_write(&x->temp, UV, str_bytes(&text));
	assert_int_equal(fchmodat(x->temp.fd, UV, 0755, 0), 0);
	assert_int_equal(fstatat(x->temp.fd, UV, &st, 0), 0);
	while (!filedata_is_settled(&st.st_ctim))
		(void)sched_yield();
	image.exe_dev = st.st_dev;
	image.exe_ino = st.st_ino;
	image.exe_uid = st.st_uid;
	image.exe_mode = st.st_mode;
	from.start_ns = image.exec_ns = clock_mono_ns();
	assert_int_equal(image_new(&image, &from.image), 0);
	assert_int_equal(process_new(&from, &p), 0);
	image_unref(from.image);
	assert_int_equal(process_table_put(x->processes, p), 0);
}

static void write_record(struct fixture *x, const char *rows)
{
	make_dirs(x, VENV "/x-1.0.dist-info/RECORD");
	temp_write(&x->temp, VENV "/x-1.0.dist-info/RECORD", bytes_of(rows));
}

/* uv writes the hook. */
static void deliver(struct fixture *x, struct bytes content)
{
	temp_write(&x->temp, HOOK, content);
	push_by(x, UV_PID, EVENT_CREATE | EVENT_CLOSE_WRITE, HOOK);
	(void)pipeline_run(x->pipeline, clock_mono_ns());
}

static void run_at(struct fixture *x, uint64_t after_ns)
{
	while (pipeline_run(x->pipeline, clock_mono_ns() + after_ns) == 0)
		;
}

static void assert_said(struct fixture *x, unsigned deferred, unsigned medium, unsigned high)
{
	struct pipeline_counters c = counters(x);

	assert_int_equal(c.deferred, deferred);
	assert_int_equal(c.alerts[LEVEL_MEDIUM], medium);
	assert_int_equal(c.alerts[LEVEL_HIGH], high);
	/* What waits must not be taken as known by a snapshot that is written meanwhile. */
	assert_int_equal(c.hooks, deferred ? 0 : 1);
}

/* So many of the alerts until now say where the bytes are. */
static void assert_evidence(struct fixture *x, unsigned count)
{
	const uint64_t deadline = clock_mono_ns() + NSEC_PER_SEC * 10;

	while (!sinks_are_settled(x->sinks)) {
		assert_true(clock_mono_ns() < deadline);
		(void)sched_yield();
	}
	assert_int_equal(x->witness.with_evidence, count);
}

static void exit_uv(struct fixture *x)
{
	assert_int_equal(process_table_exit(x->processes, UV_PID, clock_mono_ns()), 0);
}

static void waits_until_a_record_names_it(void **state)
{
	struct fixture *x = *state;

	start_uv(x);
	deliver(x, CODE);
	assert_said(x, 1, 0, 0);
	run_at(x, 2 * DEFERRAL_FIRST_NS);
	assert_said(x, 1, 0, 0);
	write_record(x, ROW);
	run_at(x, 2 * DEFERRAL_LAST_NS);
	assert_said(x, 0, 1, 0);
	assert_evidence(x, 1);
	assert_int_equal(counters(x).judged, 1);
	run_at(x, 2 * DEFERRAL_TIMEOUT_NS);
	assert_said(x, 0, 1, 0);
}

static void does_not_wait_where_the_record_is_there(void **state)
{
	struct fixture *x = *state;

	start_uv(x);
	write_record(x, ROW);
	deliver(x, CODE);
	assert_said(x, 0, 1, 0);
}

static void is_of_no_package_when_the_installer_ended(void **state)
{
	struct fixture *x = *state;

	start_uv(x);
	write_record(x, "y.pth,,\n");
	deliver(x, CODE);
	exit_uv(x);
	/* What it did last is still on its way. */
	run_at(x, DEFERRAL_FIRST_NS);
	assert_said(x, 1, 0, 0);
	run_at(x, DEFERRAL_LAST_NS);
	assert_said(x, 0, 0, 1);
	assert_int_equal(counters(x).deferral_timeouts, 0);
}

/* It cannot be told yet, and is not said to be of no package. */
static void is_said_when_time_is_up(void **state)
{
	struct fixture *x = *state;

	start_uv(x);
	deliver(x, CODE);
	run_at(x, 2 * DEFERRAL_TIMEOUT_NS);
	assert_said(x, 0, 1, 0);
	assert_int_equal(counters(x).deferral_timeouts, 1);
}

static void takes_what_the_installer_writes_again(void **state)
{
	struct fixture *x = *state;

	start_uv(x);
	deliver(x, BYTES_LIT("import sys\n"));
	deliver(x, CODE);
	assert_said(x, 1, 0, 0);
	/* A search that meets it must not take it as known. */
	push_by(x, 0, EVENT_FOUND, HOOK);
	run_at(x, 0);
	assert_said(x, 1, 0, 0);
	write_record(x, ROW);
	run_at(x, DEFERRAL_LAST_NS);
	assert_said(x, 0, 1, 0);
}

/* A search sees no writer: who changed it has an event. */
static void a_search_does_not_end_the_wait(void **state)
{
	struct fixture *x = *state;

	start_uv(x);
	deliver(x, CODE);
	temp_write(&x->temp, HOOK, BYTES_LIT("import sys\n"));
	push_by(x, 0, EVENT_FOUND, HOOK);
	run_at(x, 0);
	assert_said(x, 1, 0, 0);
}

static void says_it_before_what_another_writes(void **state)
{
	struct fixture *x = *state;

	start_uv(x);
	deliver(x, CODE);
	temp_write(&x->temp, HOOK, BYTES_LIT("import sys\n"));
	push(x, EVENT_CLOSE_WRITE, HOOK);
	run_at(x, 0);
	assert_said(x, 0, 1, 1);
	assert_evidence(x, 1);	/* of what stands there now */
	run_at(x, 2 * DEFERRAL_TIMEOUT_NS);
	assert_said(x, 0, 1, 1);
}

/* Through another name, or by who never closes: no event of this hook tells. */
static void sees_that_another_changed_it(void **state)
{
	struct fixture *x = *state;

	start_uv(x);
	deliver(x, CODE);
	temp_write(&x->temp, HOOK, BYTES_LIT("import sys\n"));
	write_record(x, ROW);
	/* His event may be on its way. */
	run_at(x, 2 * DEFERRAL_FIRST_NS);
	assert_said(x, 1, 0, 0);
	run_at(x, 2 * (DEFERRAL_FIRST_NS + PIPELINE_JOIN_NS));
	assert_said(x, 0, 0, 1);
}

/* chmod(2): the same content. */
static void does_not_mind_another_mode(void **state)
{
	struct fixture *x = *state;

	start_uv(x);
	deliver(x, CODE);
	assert_int_equal(fchmodat(x->temp.fd, HOOK, 0600, 0), 0);
	write_record(x, ROW);
	run_at(x, 2 * DEFERRAL_FIRST_NS);
	run_at(x, 2 * (DEFERRAL_FIRST_NS + PIPELINE_JOIN_NS));
	assert_said(x, 0, 1, 0);
}

static void says_it_when_it_is_gone(void **state)
{
	struct fixture *x = *state;

	start_uv(x);
	deliver(x, CODE);
	assert_int_equal(unlinkat(x->temp.fd, HOOK, 0), 0);
	exit_uv(x);
	run_at(x, DEFERRAL_FIRST_NS);
	run_at(x, DEFERRAL_LAST_NS);
	assert_int_equal(counters(x).deferred, 0);
	assert_int_equal(counters(x).alerts[LEVEL_MEDIUM], 1);
	assert_int_equal(counters(x).hooks, 0);
	/* Nobody has its bytes any more. */
	assert_evidence(x, 0);
}

static void has_room_for_so_many(void **state)
{
	struct fixture *x = *state;

	start_uv(x);
	for (unsigned i = 0; i < DEFERRAL_MAX + 3; i++) {
		char name[128];

		(void)snprintf(name, sizeof(name), VENV "/%u.pth", i);
		temp_write(&x->temp, name, CODE);
		push_by(x, UV_PID, EVENT_CREATE | EVENT_CLOSE_WRITE, name);
	}
	run_at(x, 0);
	assert_int_equal(counters(x).deferred, DEFERRAL_MAX);
	assert_int_equal(counters(x).undeferred, 3);
	assert_int_equal(counters(x).alerts[LEVEL_MEDIUM], 3);
	run_at(x, 2 * DEFERRAL_TIMEOUT_NS);
	assert_int_equal(counters(x).deferred, 0);
	assert_int_equal(counters(x).alerts[LEVEL_MEDIUM], DEFERRAL_MAX + 3);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_is_complete_is_judged_at_once),
		TEST(many_are_judged_in_parts),
		TEST(who_comes_behind_many_is_judged_in_a_hurry),
		TEST(what_is_still_open_waits_a_little),
		TEST(a_close_ends_the_wait),
		TEST(links_and_nodes_do_not_wait),
		TEST(a_removal_does_not_answer_for_what_came_after),
		TEST(what_is_no_hook_is_counted),
		TEST(a_directory_that_arrives_is_searched),
		TEST(an_inventory_says_nothing),
		TEST(gaps_are_counted_and_said_once_in_a_while),
		TEST(what_still_waits_is_freed),
		TEST(waits_until_a_record_names_it),
		TEST(does_not_wait_where_the_record_is_there),
		TEST(is_of_no_package_when_the_installer_ended),
		TEST(is_said_when_time_is_up),
		TEST(takes_what_the_installer_writes_again),
		TEST(a_search_does_not_end_the_wait),
		TEST(says_it_before_what_another_writes),
		TEST(sees_that_another_changed_it),
		TEST(does_not_mind_another_mode),
		TEST(says_it_when_it_is_gone),
		TEST(has_room_for_so_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
