#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "coalesce.h"
#include "limits.h"

static struct event make(const char *path, uint32_t what, pid_t pid)
{
	struct event e = EVENT_INIT;

	assert_int_equal(event_set_paths(&e, bytes_of(path), BYTES_LIT(""), BYTES_LIT("")), 0);
	e.what = what;
	e.pid = pid;
	e.closer_pid = what & EVENT_CLOSE_WRITE ? pid : 0;
	return e;
}

static int setup(void **state)
{
	return coalesce_new((struct coalesce **)state);
}

static int teardown(void **state)
{
	coalesce_free(*state);
	return 0;
}

static void holds_until_the_deadline(void **state)
{
	struct coalesce *c = *state;
	struct event e = make("/a.pth", EVENT_CREATE, 7), out;

	assert_int_equal(coalesce_add(c, &e, false, 1000), 0);
	assert_int_equal(e.path.len, 0);
	assert_false(coalesce_take(c, 1000 + COALESCE_HOLD_NS - 1, &out));
	assert_true(coalesce_deadline(c) == 1000 + COALESCE_HOLD_NS);
	assert_true(coalesce_take(c, 1000 + COALESCE_HOLD_NS, &out));
	assert_int_equal(out.pid, 7);
	event_done(&out);
	assert_true(coalesce_deadline(c) == UINT64_MAX);
}

static void a_close_ends_the_hold(void **state)
{
	struct coalesce *c = *state;
	struct event a = make("/a.pth", EVENT_CREATE, 7), b = make("/a.pth", EVENT_CLOSE_WRITE, 7), out;

	assert_int_equal(coalesce_add(c, &a, false, 1000), 0);
	assert_int_equal(coalesce_add(c, &b, true, 2000), 0);
	assert_int_equal(coalesce_count(c), 1);
	assert_true(coalesce_take(c, 2000, &out));
	assert_int_equal(out.what, EVENT_CREATE | EVENT_CLOSE_WRITE);
	event_done(&out);
	assert_false(coalesce_take(c, UINT64_MAX - 1, &out));
}

/* A writer sets mode and owner of what it still writes; of a file that nobody writes it is an act by itself. */
static void a_change_of_mode_ends_no_hold(void **state)
{
	struct coalesce *c = *state;
	struct event a = make("/a.pth", EVENT_CREATE, 7), b = make("/a.pth", EVENT_ATTRIB, 7), out;
	struct event d = make("/b.pth", EVENT_ATTRIB, 8);

	assert_int_equal(coalesce_add(c, &a, false, 1000), 0);
	assert_int_equal(coalesce_add(c, &b, true, 2000), 0);
	assert_false(coalesce_take(c, 2000, &out));
	assert_int_equal(coalesce_add(c, &d, true, 2000), 0);
	assert_true(coalesce_take(c, 2000, &out));
	assert_int_equal(out.pid, 8);
	event_done(&out);
	assert_true(coalesce_take(c, 1000 + COALESCE_HOLD_NS, &out));
	assert_int_equal(out.what, EVENT_CREATE | EVENT_ATTRIB);
	event_done(&out);
}

/* fanotify(7) names the last closer in CLOSE_WRITE, who need not be the writer. */
static void the_actor_is_preferred_to_the_closer(void **state)
{
	struct coalesce *c = *state;
	struct event a = make("/a.pth", EVENT_MODIFY, 7), b = make("/a.pth", EVENT_CLOSE_WRITE, 8), out;
	struct event d = make("/b.pth", EVENT_CLOSE_WRITE | EVENT_ATTRIB, 9), f = make("/b.pth", EVENT_MODIFY, 10);

	a.exec_ns = 5;
	a.since_ns = 1;
	a.mono_ns = 2;
	b.exec_ns = 6;
	b.since_ns = b.mono_ns = d.mono_ns = 3;
	f.exec_ns = 7;
	f.since_ns = 4;
	f.mono_ns = 5;
	assert_int_equal(coalesce_add(c, &a, false, 0), 0);
	assert_int_equal(coalesce_add(c, &b, true, 1), 0);
	assert_true(coalesce_take(c, 1, &out));
	assert_int_equal(out.pid, 7);
	assert_int_equal(out.closer_pid, 8);
	assert_int_equal(out.exec_ns, 5);
	assert_int_equal(out.since_ns, 1);
	assert_int_equal(out.mono_ns, 2);
	event_done(&out);

	assert_int_equal(coalesce_add(c, &d, false, 2), 0);
	assert_int_equal(coalesce_add(c, &f, true, 3), 0);
	assert_true(coalesce_take(c, 3, &out));
	assert_int_equal(out.pid, 10);
	assert_int_equal(out.closer_pid, 9);
	assert_int_equal(out.exec_ns, 7);
	assert_int_equal(out.since_ns, 4);	/* of the one who acted */
	assert_int_equal(out.mono_ns, 5);
	event_done(&out);
}

/* A writer that never pauses is judged all the same: the hold counts from the first. */
static void later_events_do_not_prolong(void **state)
{
	struct coalesce *c = *state;
	struct event out;

	for (uint64_t t = 0; t < COALESCE_HOLD_NS; t += COALESCE_HOLD_NS / 10) {
		struct event e = make("/a.pth", EVENT_MODIFY, 7);

		assert_int_equal(coalesce_add(c, &e, false, t), 0);
	}
	assert_true(coalesce_take(c, COALESCE_HOLD_NS, &out));
	event_done(&out);
}

static void keeps_order_and_paths_apart(void **state)
{
	struct coalesce *c = *state;
	struct event a = make("/1.pth", EVENT_CREATE, 1), b = make("/2.pth", EVENT_CREATE, 2),
		     d = make("/1.pth", EVENT_CLOSE_WRITE, 1), out;

	assert_int_equal(coalesce_add(c, &a, false, 0), 0);
	assert_int_equal(coalesce_add(c, &b, true, 1), 0);
	assert_int_equal(coalesce_add(c, &d, true, 2), 0);
	assert_true(coalesce_take(c, 2, &out));
	assert_int_equal(out.pid, 2);
	event_done(&out);
	assert_true(coalesce_take(c, 2, &out));
	assert_int_equal(out.pid, 1);
	event_done(&out);
}

static void is_bounded(void **state)
{
	struct coalesce *c = *state;
	struct event out;
	char path[32];
	unsigned ready = 0;

	for (unsigned i = 0; i < COALESCE_PATHS_MAX + 10; i++) {
		struct event e;

		(void)snprintf(path, sizeof(path), "/%u.pth", i);
		e = make(path, EVENT_CREATE, 1);
		assert_int_equal(coalesce_add(c, &e, false, 5), 0);
	}
	while (coalesce_take(c, 5, &out)) {
		event_done(&out);
		ready++;
	}
	assert_int_equal(ready, 10);
}

/* What happened to the hook itself is not only what happened to another file. */
static void an_act_of_its_own_counts(void **state)
{
	struct coalesce *c = *state;
	struct event out;

	for (int own = 0; own < 3; own++) {
		struct event a = make("/x.pth", EVENT_MODIFY, 1), b = make("/x.pth", EVENT_MODIFY, 2);

		a.through = own != 1;
		b.through = own != 2;
		assert_int_equal(coalesce_add(c, &a, false, 0), 0);
		assert_int_equal(coalesce_add(c, &b, true, 0), 0);
		assert_true(coalesce_take(c, 0, &out));
		assert_int_equal(out.through, own == 0);
		event_done(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(holds_until_the_deadline, setup, teardown),
		cmocka_unit_test_setup_teardown(a_close_ends_the_hold, setup, teardown),
		cmocka_unit_test_setup_teardown(a_change_of_mode_ends_no_hold, setup, teardown),
		cmocka_unit_test_setup_teardown(the_actor_is_preferred_to_the_closer, setup, teardown),
		cmocka_unit_test_setup_teardown(later_events_do_not_prolong, setup, teardown),
		cmocka_unit_test_setup_teardown(keeps_order_and_paths_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(an_act_of_its_own_counts, setup, teardown),
		cmocka_unit_test_setup_teardown(is_bounded, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
