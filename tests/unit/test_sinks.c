#include "sinks_support.h"

#include <pthread.h>
#include <stdatomic.h>

#include "limits.h"
#include "sinks.h"

/* A sink that takes notes, can be made slow, or owe. */
struct probe {
	struct sink sink;
	atomic_uint writes, flushes, freed;
	atomic_int owes;		/* flush answers so many times that something is owed */
	atomic_bool hold;		/* write waits while set */
	atomic_int answer;		/* of write */
	atomic_uint order;		/* of the first write among the probes */
	char thread_name[16];
	sigset_t mask;
	unsigned last;			/* number of the last alert */
	bool disorder;
	int evidence_fd;		/* a state directory; 0: do not look */
	atomic_uint seen;		/* alerts whose evidence was there by then */
};

static atomic_uint next_order;

static int probe_write(struct sink *s, const struct alert *a)
{
	struct probe *p = (struct probe *)s;
	unsigned n = (unsigned)strtoul(a->id + 1, NULL, 10);

	if (p->writes == 0) {
		p->order = ++next_order;
		(void)pthread_getname_np(pthread_self(), p->thread_name, sizeof(p->thread_name));
		(void)pthread_sigmask(SIG_SETMASK, NULL, &p->mask);
	} else if (n != p->last + 1) {
		p->disorder = true;
	}
	p->last = n;
	if (p->evidence_fd > 0 && a->evidence) {
		char path[96];

		(void)snprintf(path, sizeof(path), EVIDENCE_DIR "/%s", a->evidence_name);
		p->seen += faccessat(p->evidence_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	}
	while (p->hold)
		pause_ms(1);
	if (p->answer == 0)
		s->counters.written++;
	else
		s->counters.failed++;
	p->writes++;
	return p->answer;
}

static int64_t probe_flush(struct sink *s)
{
	struct probe *p = (struct probe *)s;

	p->flushes++;
	if (p->owes == 0)
		return 0;
	if (p->owes > 0)
		p->owes--;
	return s->counters.owed = 1;
}

static struct sink *probe_free(struct sink *s)
{
	((struct probe *)s)->freed++;
	return NULL;
}

static const struct sink_ops probe_ops = {
	.name = "probe", .write = probe_write, .flush = probe_flush, .free = probe_free,
};

static uint64_t monotonic(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static void wait_for(atomic_uint *what, unsigned value)
{
	for (int i = 0; i < 30000 && *what < value; i++)
		pause_ms(1);
	assert_true(*what >= value);
}

static void feeds_all_sinks_in_order(void **data)
{
	struct probe a = { .sink = { .ops = &probe_ops } }, b = { .sink = { .ops = &probe_ops } };
	struct sinks_counters c;
	struct sinks *s = NULL;

	(void)data;
	next_order = 0;
	b.answer = -EAGAIN;	/* is the sink's own affair */
	assert_int_equal(sinks_new(&s), 0);
	assert_int_equal(sinks_add(s, &a.sink), 0);
	assert_int_equal(sinks_add(s, &b.sink), 0);
	assert_int_equal(sinks_start(s), 0);
	for (unsigned n = 0; n < 1000; n++) {
		struct alert *alert = numbered_alert(n, (enum level)(n % LEVELS));

		alert->read_ns = monotonic();
		assert_int_equal(sinks_push(s, alert), 0);
	}
	wait_for(&b.writes, 1000);
	s = sinks_free(s, 1000);
	assert_null(s);
	assert_int_equal(a.writes, 1000);
	assert_false(a.disorder || b.disorder);
	assert_int_equal(a.order, 1);
	assert_int_equal(b.order, 2);
	assert_string_equal(a.thread_name, "sinks");
	assert_int_equal(sigismember(&a.mask, SIGPIPE), 1);
	assert_int_equal(sigismember(&a.mask, SIGTERM), 1);
	assert_int_equal(a.freed, 1);
	assert_int_equal(b.freed, 1);

	/* the counters, while it lives */
	a = (struct probe){ .sink = { .ops = &probe_ops } };
	assert_int_equal(sinks_new(&s), 0);
	assert_int_equal(sinks_add(s, &a.sink), 0);
	assert_int_equal(sinks_start(s), 0);
	for (unsigned n = 0; n < 3; n++) {
		struct alert *alert = numbered_alert(n, LEVEL_CRITICAL);

		alert->read_ns = n == 2 ? 0 : monotonic() - 5000000;	/* 0: not a live event */
		assert_int_equal(sinks_push(s, alert), 0);
	}
	wait_for(&a.flushes, 2);	/* the counters are noted behind the alert */
	sinks_counters(s, &c);
	assert_int_equal(c.pushed, 3);
	assert_int_equal(c.dropped, 0);
	assert_int_equal(c.queued, 0);
	assert_int_equal(c.by_level[LEVEL_CRITICAL], 3);
	assert_int_equal(c.sink_count, 1);
	assert_string_equal(c.sink[0].name, "probe");
	assert_int_equal(c.sink[0].c.written, 3);
	assert_true(c.last_latency_ns >= 5000000 && c.max_latency_ns >= c.last_latency_ns);
	assert_null(sinks_free(s, 0));
}

static void drops_and_counts_when_full(void **data)
{
	static char large[1024 * 1024];
	struct probe p = { .sink = { .ops = &probe_ops } };
	struct sinks_counters c;
	struct sinks *s = NULL;
	unsigned taken = 0;

	(void)data;
	p.hold = true;
	assert_int_equal(sinks_new(&s), 0);
	assert_int_equal(sinks_add(s, &p.sink), 0);
	assert_int_equal(sinks_start(s), 0);
	for (unsigned n = 0; n < SINKS_QUEUE_MAX + 100; n++)
		taken += sinks_push(s, numbered_alert(n, LEVEL_LOW)) == 0;
	/* one may be in the sink */
	assert_true(taken == SINKS_QUEUE_MAX || taken == SINKS_QUEUE_MAX + 1);
	sinks_counters(s, &c);
	assert_int_equal(c.pushed, taken);
	assert_int_equal(c.dropped, SINKS_QUEUE_MAX + 100 - taken);
	p.hold = false;
	wait_for(&p.writes, taken);
	assert_false(p.disorder);

	p.hold = true;
	memset(large, 'x', sizeof(large) - 1);
	taken = 0;
	for (unsigned n = 0; n < 100; n++)
		taken += sinks_push(s, new_alert("a0", LEVEL_LOW, large)) == 0;
	assert_in_range(taken, SINKS_QUEUE_BYTES_MAX / sizeof(large) - 1,
			SINKS_QUEUE_BYTES_MAX / sizeof(large) + 1);
	p.hold = false;
	assert_null(sinks_free(s, 1000));
}

static void flushes_while_owed_then_sleeps(void **data)
{
	struct probe p = { .sink = { .ops = &probe_ops } };
	struct sinks *s = NULL;
	unsigned flushes;
	uint64_t start;

	(void)data;
	p.owes = 3;
	assert_int_equal(sinks_new(&s), 0);
	assert_int_equal(sinks_add(s, &p.sink), 0);
	start = monotonic();
	assert_int_equal(sinks_start(s), 0);
	wait_for(&p.flushes, 4);	/* owed from the start on, three more at 100 ms */
	assert_true(monotonic() - start >= 290000000);
	pause_ms(250);
	flushes = p.flushes;
	assert_int_equal(flushes, 4);
	assert_int_equal(sinks_push(s, numbered_alert(0, LEVEL_LOW)), 0);
	wait_for(&p.flushes, 5);
	assert_null(sinks_free(s, 0));
	assert_int_equal(p.flushes, 6);
}

static void ends_in_time(void **data)
{
	struct probe p = { .sink = { .ops = &probe_ops } };
	struct sinks *s = NULL;
	uint64_t start;

	(void)data;
	p.owes = -1;	/* for ever */
	assert_int_equal(sinks_new(&s), 0);
	assert_int_equal(sinks_add(s, &p.sink), 0);
	assert_int_equal(sinks_start(s), 0);
	for (unsigned n = 0; n < 50; n++)
		assert_int_equal(sinks_push(s, numbered_alert(n, LEVEL_LOW)), 0);
	start = monotonic();
	assert_null(sinks_free(s, 200));
	/* Generous: what is measured is that it ends at all, on a busy machine, too. */
	assert_in_range(monotonic() - start, 190000000, 20000000000);
	assert_int_equal(p.writes, 50);
	assert_int_equal(p.freed, 1);
}

/* A flood must not keep the flush away. */
static void flushes_under_load(void **data)
{
	struct probe p = { .sink = { .ops = &probe_ops } };
	struct sinks *s = NULL;
	unsigned n = 0;

	(void)data;
	assert_int_equal(sinks_new(&s), 0);
	assert_int_equal(sinks_add(s, &p.sink), 0);
	assert_int_equal(sinks_start(s), 0);
	/* Ten flushes are due in the first second; longer only where the thread does not get to run. */
	for (uint64_t start = monotonic(), now = start;
	     now - start < 1000000000 || (p.flushes < 2 && now - start < 20000000000); now = monotonic())
		n += sinks_push(s, numbered_alert(n, LEVEL_LOW)) == 0;
	assert_true(p.flushes >= 2);
	assert_null(sinks_free(s, 1000));
	assert_int_equal(p.writes, n);
}

static void frees_at_any_stage(void **data)
{
	struct probe p[9];
	struct sinks *s = NULL;

	(void)data;
	assert_null(sinks_free(NULL, 0));
	assert_int_equal(sinks_new(&s), 0);
	assert_null(sinks_free(s, 0));

	/* never started: what was pushed is delivered */
	assert_int_equal(sinks_new(&s), 0);
	for (unsigned i = 0; i < ELEMENTSOF(p); i++) {
		memset(&p[i], 0, sizeof(p[i]));
		p[i].sink.ops = &probe_ops;
		assert_int_equal(sinks_add(s, &p[i].sink), i < 8 ? 0 : -E2BIG);
	}
	assert_int_equal(p[8].freed, 1);
	assert_int_equal(sinks_push(s, numbered_alert(0, LEVEL_LOW)), 0);
	assert_null(sinks_free(s, 100));
	assert_int_equal(p[7].writes, 1);
	assert_int_equal(p[7].freed, 1);

	/* no sinks */
	assert_int_equal(sinks_new(&s), 0);
	assert_int_equal(sinks_start(s), 0);
	assert_int_equal(sinks_push(s, numbered_alert(0, LEVEL_LOW)), 0);
	assert_null(sinks_free(s, 100));
}

static struct alert *alert_with_evidence(unsigned n, size_t len)
{
	struct alert *a = numbered_alert(n, LEVEL_HIGH);

	a->evidence = calloc(1, len);
	assert_non_null(a->evidence);
	a->evidence_len = len;
	(void)snprintf(a->evidence_name, sizeof(a->evidence_name), "%064x", n);
	return a;
}

static void keeps_evidence_before_the_alert_is_written(void **data)
{
	struct probe p = { .sink = { .ops = &probe_ops }, .evidence_fd = state };
	struct evidence *evidence;
	struct sinks_counters c;
	struct sinks *s = NULL;

	(void)data;
	assert_int_equal(evidence_new(state, 64 * 1024, &evidence), 0);
	assert_int_equal(sinks_new(&s), 0);
	assert_int_equal(sinks_add(s, &p.sink), 0);
	sinks_set_evidence(s, evidence);
	assert_int_equal(sinks_start(s), 0);
	assert_int_equal(sinks_push(s, alert_with_evidence(0, 10)), 0);
	assert_int_equal(sinks_push(s, alert_with_evidence(1, 10)), 0);
	assert_int_equal(sinks_push(s, alert_with_evidence(2, 65 * 1024)), 0);	/* cannot be kept: said all the same */
	wait_for(&p.writes, 3);
	assert_int_equal(p.seen, 2);
	wait_for(&p.flushes, 2);
	sinks_counters(s, &c);
	assert_int_equal(c.evidence.kept, 2);
	assert_int_equal(c.evidence.failed, 1);
	assert_null(sinks_free(s, 1000));
}

static void drops_evidence_before_alerts(void **data)
{
	const size_t len = SINKS_QUEUE_BYTES_MAX / 4;
	struct probe p = { .sink = { .ops = &probe_ops } };
	struct sinks_counters c;
	struct sinks *s = NULL;

	(void)data;
	p.hold = true;
	assert_int_equal(sinks_new(&s), 0);
	assert_int_equal(sinks_add(s, &p.sink), 0);
	assert_int_equal(sinks_start(s), 0);
	for (unsigned n = 0; n < 10; n++)
		assert_int_equal(sinks_push(s, alert_with_evidence(n, len)), 0);
	sinks_counters(s, &c);
	assert_int_equal(c.dropped, 0);
	assert_in_range(c.evidence_dropped, 6, 7);	/* one may be in the sink */
	p.hold = false;
	assert_null(sinks_free(s, 1000));
	assert_int_equal(p.writes, 10);
}

/* The real ones together: journald is absent, comes later; the log gets all. */
static void feeds_the_real_sinks(void **data)
{
	struct sink *log = NULL, *journal = NULL;
	struct sinks_counters c;
	struct sinks *s = NULL;
	char path[96];

	(void)data;
	(void)snprintf(path, sizeof(path), "%s/socket", state_path);
	assert_int_equal(sinks_new(&s), 0);
	assert_int_equal(sink_log_new(state, 0, 3, &log), 0);
	assert_int_equal(sink_journal_new(state, path, LEVEL_MEDIUM, &journal), 0);
	assert_int_equal(sinks_add(s, log), 0);
	assert_int_equal(sinks_add(s, journal), 0);
	assert_int_equal(sinks_start(s), 0);
	for (unsigned n = 0; n < 100; n++)
		assert_int_equal(sinks_push(s, numbered_alert(n, LEVEL_HIGH)), 0);
	for (int i = 0; i < 3000; i++) {
		sinks_counters(s, &c);
		if (c.sink[0].c.written == 100)
			break;
		pause_ms(10);
	}
	assert_int_equal(c.sink[0].c.written, 100);
	assert_int_equal(c.sink[1].c.owed, 100);
	assert_null(sinks_free(s, 50));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(feeds_all_sinks_in_order),
		cmocka_unit_test(drops_and_counts_when_full),
		cmocka_unit_test(flushes_while_owed_then_sleeps),
		cmocka_unit_test(ends_in_time),
		cmocka_unit_test(flushes_under_load),
		cmocka_unit_test(frees_at_any_stage),
		cmocka_unit_test_setup_teardown(keeps_evidence_before_the_alert_is_written, make_state, drop_state),
		cmocka_unit_test(drops_evidence_before_alerts),
		cmocka_unit_test_setup_teardown(feeds_the_real_sinks, make_state, drop_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
