/* Taking readings out, without the threads: the kernel's side is in test_proc_connector.c.  The
 * module is included, since what is between the two is nobody else's business. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../daemon/exec_readers.c"

static int setup(void **state)
{
	struct exec_readers *rs = calloc(1, sizeof(*rs) + 2 * sizeof(rs->reader[0]));

	if (!rs)
		return -1;
	for (rs->n = 0; rs->n < 2; rs->n++) {
		struct reader *r = &rs->reader[rs->n];

		r->socket = r->wakefd = -EBADF;
		r->stop = &rs->stop;
		if (ring_new(EXEC_READERS_RING_SIZE, &r->ring) < 0)
			return -1;
	}
	*state = rs;
	return 0;
}

static int teardown(void **state)
{
	assert_null(exec_readers_free(*state));
	return 0;
}

static void put(struct exec_readers *rs, unsigned reader, pid_t pid, uint64_t time_ns)
{
	struct staged s = { .pid = pid, .time_ns = time_ns };
	char exe[32];

	s.reading.image.exe = (struct bytes){ exe, (size_t)snprintf(exe, sizeof(exe), "/bin/%d", (int)pid) };
	s.reading.image.argv = BYTES_LIT("a\0b\0");
	s.reading.image.cwd = BYTES_LIT("");
	s.reading.sid = pid;
	assert_true(stage(rs->reader[reader].ring, &s));
}

static bool take(struct exec_readers *rs, unsigned cpu, pid_t pid, uint64_t time_ns)
{
	struct process_reading got;
	char exe[32];
	bool stuck;

	if (!exec_readers_take(rs, cpu, pid, time_ns, &got, &stuck))
		return false;
	(void)snprintf(exe, sizeof(exe), "/bin/%d", (int)pid);
	assert_true(bytes_equal(got.image.exe, bytes_of(exe)));
	assert_true(bytes_equal(got.image.argv, BYTES_LIT("a\0b\0")));
	assert_null(got.image.environ.ptr);
	assert_non_null(got.image.cwd.ptr);
	assert_int_equal(got.image.cwd.len, 0);
	assert_int_equal(got.sid, pid);
	return true;
}

static void takes_in_order(void **state)
{
	struct exec_readers *rs = *state;

	for (int i = 1; i <= 100; i++)
		put(rs, (unsigned)i % 2, i, (uint64_t)i);
	for (int i = 1; i <= 100; i++)	/* 16 processors */
		assert_true(take(rs, (unsigned)i % 2 + 2 * ((unsigned)i % 8), i, (uint64_t)i));
	assert_false(take(rs, 0, 101, 101));
	assert_int_equal(rs->aside_count, 0);
}

/* Two processors, one reader: the records came the other way round. */
static void puts_aside_what_comes_early(void **state)
{
	struct exec_readers *rs = *state;
	uint64_t now = clock_mono_ns();

	for (int i = 1; i <= 10; i++)
		put(rs, 0, i, now + (uint64_t)i);
	assert_true(take(rs, 0, 10, now + 10));
	assert_int_equal(rs->aside_count, 9);
	assert_true(take(rs, 0, 4, now + 4));
	assert_true(take(rs, 0, 9, now + 9));
	put(rs, 0, 11, now + 11);
	assert_true(take(rs, 0, 11, now + 11));
	assert_true(take(rs, 0, 1, now + 1));
	assert_int_equal(rs->aside_count, 6);
}

/* The same pid again, or the same moment of another. */
static void mistakes_none_for_another(void **state)
{
	struct exec_readers *rs = *state;
	uint64_t now = clock_mono_ns();

	put(rs, 0, 5, now);
	assert_false(take(rs, 0, 5, now - EXEC_READERS_IDLE_NS));
	assert_false(take(rs, 0, 6, now));
	assert_false(take(rs, 1, 7, 1));
	assert_true(take(rs, 0, 5, now));
}

static void bounds_what_is_put_aside(void **state)
{
	struct exec_readers *rs = *state;
	uint64_t now = clock_mono_ns();

	for (int i = 0; i < 2 * EXEC_READERS_ASIDE_MAX; i++)
		put(rs, 0, 1 + i, now);
	put(rs, 0, 9999, 2);
	assert_true(take(rs, 0, 9999, 2));
	assert_false(take(rs, 1, 9998, 2));
	assert_int_equal(rs->aside_count, EXEC_READERS_ASIDE_MAX);

	/* Nor is it kept for long. */
	drop_old(rs, now + EXEC_READERS_ASIDE_NS);
	assert_int_equal(rs->aside_count, 0);
}

static void says_that_a_reader_is_stuck(void **state)
{
	struct exec_readers *rs = *state;
	struct process_reading got;
	bool stuck = false;

	rs->reader[1].reading_ns = 77;
	assert_false(exec_readers_take(rs, 1, 5, 77, &got, &stuck));
	assert_true(stuck);
	assert_false(exec_readers_take(rs, 1, 6, 78, &got, &stuck));	/* but not with this one */
	assert_false(stuck);
}

static void knows_when_to_give_up(void **state)
{
	enum { A_MOMENT = 1000 };

	(void)state;
	assert_false(is_hopeless(0, 0, 0, 0));
	assert_false(is_hopeless(EXEC_READERS_WAIT_NS - 1, A_MOMENT, EXEC_READERS_IDLE_NS, A_MOMENT));
	assert_false(is_hopeless(A_MOMENT, EXEC_READERS_IDLE_NS, A_MOMENT, 0));	/* it may not be awake yet */
	assert_true(is_hopeless(EXEC_READERS_WAIT_NS, A_MOMENT, EXEC_READERS_WAIT_NS, 0));
	assert_true(is_hopeless(0, EXEC_READERS_IDLE_NS, EXEC_READERS_IDLE_NS, 0));
	assert_true(is_hopeless(0, A_MOMENT, EXEC_READERS_WAIT_NS, EXEC_READERS_IDLE_NS));	/* lost before it */
}

static void counts_what_has_no_room(void **state)
{
	struct exec_readers *rs = *state;
	struct exec_readers_counters c;
	struct reader *r = &rs->reader[0];

	assert_int_equal(process_reader_new(-EBADF, &r->process_reader), 0);
	for (int i = 0; i < EXEC_READERS_RING_SIZE / (int)sizeof(struct staged) + 1; i++)
		read_exec(r, 4711, 1);
	exec_readers_counters(rs, &c);
	assert_true(c.lost > 0);
	assert_true(r->active_ns > 0);
	assert_int_equal(r->reading_ns, 0);
	assert_int_equal(r->done_ns, 1);
}

/* As one that reads a process which does not let it. */
static void *be_stuck(void *argument)
{
	static const struct timespec step = { .tv_nsec = 1000 * 1000 };
	_Atomic bool *release = argument;

	while (!*release)
		(void)nanosleep(&step, NULL);
	return NULL;
}

static void ends_with_a_reader_that_is_stuck(void **state)
{
	static struct exec_readers *rs;	/* what the stuck one has is left to it: found by the leak checker */
	static _Atomic bool release;
	void *made;

	(void)state;
	assert_int_equal(setup(&made), 0);
	rs = made;
	rs->reader[1].running = true;
	assert_int_equal(pthread_create(&rs->reader[1].thread, NULL, be_stuck, &release), 0);
	assert_null(exec_readers_free(rs));
	release = true;
	assert_int_equal(pthread_join(rs->reader[1].thread, NULL), 0);
	assert_null(rs->reader[0].ring);
	assert_non_null(rs->reader[1].ring);
}

int main(void)
{
#define WITH_READERS(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	static const struct CMUnitTest tests[] = {
		WITH_READERS(takes_in_order),
		WITH_READERS(puts_aside_what_comes_early),
		WITH_READERS(mistakes_none_for_another),
		WITH_READERS(bounds_what_is_put_aside),
		WITH_READERS(says_that_a_reader_is_stuck),
		cmocka_unit_test(knows_when_to_give_up),
		WITH_READERS(counts_what_has_no_room),
		cmocka_unit_test(ends_with_a_reader_that_is_stuck),
	};

	assert_null(exec_readers_free(NULL));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
