#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>

#include "ring.h"

static void comes_out_as_it_went_in(void **state)
{
	_cleanup_(ring_freep) struct ring *r = NULL;
	const struct bytes parts[] = { BYTES_LIT("ab"), BYTES_LIT(""), BYTES_LIT("c\0d") };
	struct bytes out;

	(void)state;
	assert_int_equal(ring_new(64, &r), 0);
	assert_false(ring_peek(r, &out));
	assert_true(ring_push(r, parts, 3));
	assert_true(ring_peek(r, &out));
	assert_true(bytes_equal(out, BYTES_LIT("abc\0d")));
	ring_pop(r);
	assert_false(ring_peek(r, &out));
	assert_int_equal(ring_used(r), 0);
}

static void says_when_it_is_full(void **state)
{
	_cleanup_(ring_freep) struct ring *r = NULL;
	struct bytes part = BYTES_LIT("0123456789ab"), out;	/* 16 with its length */

	(void)state;
	assert_int_equal(ring_new(64, &r), 0);
	for (int i = 0; i < 4; i++)
		assert_true(ring_push(r, &part, 1));
	assert_false(ring_push(r, &part, 1));
	assert_true(ring_peek(r, &out));
	ring_pop(r);
	assert_true(ring_push(r, &part, 1));
	assert_int_equal(ring_new(48, &r), -EINVAL);
}

static void never_wraps_a_record(void **state)
{
	_cleanup_(ring_freep) struct ring *r = NULL;
	char text[40] = { 0 };
	struct bytes out;

	(void)state;
	assert_int_equal(ring_new(128, &r), 0);
	for (unsigned i = 0; i < 1000; i++) {
		struct bytes part = { text, i % sizeof(text) };

		memset(text, (char)i, sizeof(text));
		assert_true(ring_push(r, &part, 1));
		assert_true(ring_peek(r, &out));
		assert_true(bytes_equal(out, part));
		ring_pop(r);
	}
}

#define RECORDS 200000

static void *produce(void *userdata)
{
	struct ring *r = userdata;

	for (uint32_t i = 0; i < RECORDS;) {
		struct bytes part = { (const char *)&i, sizeof(i) };

		i += ring_push(r, &part, 1);
	}
	return NULL;
}

static void two_threads(void **state)
{
	_cleanup_(ring_freep) struct ring *r = NULL;
	pthread_t thread;
	uint32_t next = 0;
	struct bytes out;

	(void)state;
	assert_int_equal(ring_new(1024, &r), 0);
	assert_int_equal(pthread_create(&thread, NULL, produce, r), 0);
	while (next < RECORDS) {
		uint32_t got;

		if (!ring_peek(r, &out))
			continue;
		assert_int_equal(out.len, sizeof(got));
		memcpy(&got, out.ptr, sizeof(got));
		assert_int_equal(got, next);
		ring_pop(r);
		next++;
	}
	pthread_join(thread, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_out_as_it_went_in),
		cmocka_unit_test(says_when_it_is_full),
		cmocka_unit_test(never_wraps_a_record),
		cmocka_unit_test(two_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
