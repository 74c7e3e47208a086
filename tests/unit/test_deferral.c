/* What waits keeps all that was known of it, and is looked at when its time has come. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>

#include "deferral.h"
#include "limits.h"

struct fixture {
	struct deferral *deferral;
	struct event event;
	struct region region;
	struct facts facts;
};

static void make(struct fixture *x)
{
	*x = (struct fixture){ .event = EVENT_INIT, .region = REGION_INIT };
	assert_int_equal(deferral_new(&x->deferral), 0);
}

static void release(struct fixture *x)
{
	deferral_free(x->deferral);
	event_done(&x->event);
	region_release(&x->region);
}
#define _cleanup_fixture_ __attribute__((cleanup(release)))

static int add(struct fixture *x, const char *path, uint64_t since_ns, uint64_t now_ns)
{
	const struct hookfile file = HOOKFILE_INIT;

	event_done(&x->event);
	x->event = EVENT_INIT;
	assert_int_equal(event_set_paths(&x->event, bytes_of(path), BYTES_LIT(""), BYTES_LIT("")), 0);
	x->event.dirfd = open("/", O_PATH | O_CLOEXEC);
	x->facts = (struct facts){ .event = &x->event, .region = &x->region };
	x->facts.user_name = region_copy(&x->region, BYTES_LIT("alice"));
	return deferral_add(x->deferral, &x->facts, &x->event, &x->region, &file, since_ns, now_ns);
}

static void keeps_what_was_known(void **state)
{
	_cleanup_fixture_ struct fixture x;
	struct deferred *one;

	(void)state;
	make(&x);
	assert_null(deferral_find(x.deferral, BYTES_LIT("/a")));
	assert_int_equal(deferral_deadline(x.deferral), UINT64_MAX);
	assert_int_equal(add(&x, "/a", 5, 5), 0);
	assert_int_equal(x.event.path.len, 0);
	assert_null(x.region.head);
	assert_int_equal(add(&x, "/b", 5, 5), 0);
	assert_int_equal(deferral_count(x.deferral), 2);
	one = deferral_find(x.deferral, BYTES_LIT("/a"));
	assert_non_null(one);
	assert_ptr_equal(one->facts.event, &one->event);
	assert_ptr_equal(one->facts.region, &one->region);
	assert_true(bytes_equal(one->event.path, BYTES_LIT("/a")));
	assert_true(bytes_equal(one->facts.user_name, BYTES_LIT("alice")));
	/* A mount must not be kept busy for a minute. */
	assert_int_equal(one->event.dirfd, -EBADF);
	deferred_free(deferral_take(x.deferral, one));
	assert_null(deferral_find(x.deferral, BYTES_LIT("/a")));
	assert_non_null(deferral_find(x.deferral, BYTES_LIT("/b")));
	/* The list's end is right after its last one was taken. */
	deferred_free(deferral_take(x.deferral, deferral_find(x.deferral, BYTES_LIT("/b"))));
	assert_int_equal(add(&x, "/c", 5, 5), 0);
	assert_int_equal(deferral_count(x.deferral), 1);
}

static void is_looked_at_less_and_less_often(void **state)
{
	_cleanup_fixture_ struct fixture x;
	struct deferred *one;
	uint64_t now = 1000;

	(void)state;
	make(&x);
	assert_int_equal(add(&x, "/a", now, now), 0);
	assert_null(deferral_due(x.deferral, now));
	assert_int_equal(deferral_deadline(x.deferral), now + DEFERRAL_FIRST_NS);
	now += DEFERRAL_FIRST_NS;
	one = deferral_due(x.deferral, now);
	assert_non_null(one);
	deferred_again(one, 0, now);
	assert_int_equal(deferral_deadline(x.deferral), now + 2 * DEFERRAL_FIRST_NS);
	for (int i = 0; i < 10; i++)
		deferred_again(one, 0, now);
	assert_int_equal(deferral_deadline(x.deferral), now + DEFERRAL_LAST_NS);
	/* What a look costs is a small part of the time. */
	deferred_again(one, DEFERRAL_LAST_NS, now);
	assert_int_equal(deferral_deadline(x.deferral), now + DEFERRAL_LAST_NS * DEFERRAL_COST_FACTOR);
	/* But not beyond the time it has. */
	deferred_again(one, DEFERRAL_TIMEOUT_NS, now);
	assert_int_equal(deferral_deadline(x.deferral), one->since_ns + DEFERRAL_TIMEOUT_NS);
	one->gone_ns = now;
	deferred_again(one, 0, now);
	assert_int_equal(deferral_deadline(x.deferral), now + DEFERRAL_SETTLE_NS);
}

static void has_a_bound_of_memory(void **state)
{
	_cleanup_fixture_ struct fixture x;

	(void)state;
	make(&x);
	assert_non_null(region_alloc(&x.region, DEFERRAL_BYTES_MAX - 4096));
	assert_int_equal(add(&x, "/a", 1, 1), 0);
	assert_non_null(region_alloc(&x.region, 8192));
	assert_int_equal(add(&x, "/b", 1, 1), -ENOSPC);
	deferred_free(deferral_take(x.deferral, deferral_find(x.deferral, BYTES_LIT("/a"))));
	assert_int_equal(add(&x, "/b", 1, 1), 0);
}

static void has_bounds(void **state)
{
	_cleanup_fixture_ struct fixture x;
	char path[32];

	(void)state;
	make(&x);
	assert_non_null(region_alloc(&x.region, DEFERRAL_BYTES_MAX));
	assert_int_equal(add(&x, "/a", 1, 1), -ENOSPC);
	assert_true(bytes_equal(x.event.path, BYTES_LIT("/a")));	/* it is the caller's still */
	region_release(&x.region);
	for (unsigned i = 0; i < DEFERRAL_MAX; i++) {
		(void)snprintf(path, sizeof(path), "/%u", i);
		assert_int_equal(add(&x, path, 1, 1), 0);
	}
	assert_int_equal(add(&x, "/a", 1, 1), -ENOSPC);
	deferred_free(deferral_take(x.deferral, deferral_find(x.deferral, BYTES_LIT("/7"))));
	assert_int_equal(add(&x, "/a", 1, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_what_was_known),
		cmocka_unit_test(is_looked_at_less_and_less_often),
		cmocka_unit_test(has_a_bound_of_memory),
		cmocka_unit_test(has_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
