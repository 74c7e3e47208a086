#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cleanup.h"
#include "region.h"

/* Sizes on both sides of a block and of the alignment. */
static const size_t sizes[] = { 0, 1, 7, 15, 16, 17, 100, 4079, 4095, 4096, 4097, 8192, 70000, 1, 3 };

static void memory_is_zeroed_aligned_and_apart(void **state)
{
	_cleanup_region_ struct region r = REGION_INIT;
	char *given[3 * ELEMENTSOF(sizes)];

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(given); i++) {
		size_t size = sizes[i % ELEMENTSOF(sizes)];

		given[i] = region_alloc(&r, size);
		assert_non_null(given[i]);
		assert_int_equal((uintptr_t)given[i] % _Alignof(max_align_t), 0);
		for (size_t k = 0; k < size; k++)
			assert_int_equal(given[i][k], 0);
		memset(given[i], (int)i + 1, size);
	}
	/* Nobody wrote into somebody else's. */
	for (size_t i = 0; i < ELEMENTSOF(given); i++)
		for (size_t k = 0; k < sizes[i % ELEMENTSOF(sizes)]; k++)
			assert_int_equal(given[i][k], (int)i + 1);
}

/* Up to the last byte of a block and into the next one (the sanitizer sees one too many). */
static void blocks_are_filled_to_the_end(void **state)
{
	_cleanup_region_ struct region r = REGION_INIT;

	(void)state;
	for (int i = 0; i < 1000; i++)
		memset(region_alloc(&r, 16), 0xff, 16);
	assert_int_equal(r.used, 16000);
	for (const char *p = region_alloc(&r, 16), *end = p + 16; p < end; p++)
		assert_int_equal(*p, 0);
}

static void two_empty_ones_are_different(void **state)
{
	_cleanup_region_ struct region r = REGION_INIT;

	(void)state;
	assert_ptr_not_equal(region_alloc(&r, 0), region_alloc(&r, 0));
}

static void sizes_that_overflow_give_nothing(void **state)
{
	_cleanup_region_ struct region r = REGION_INIT;
	static const size_t huge[] = { SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 15, SIZE_MAX - 16, SIZE_MAX - 40 };

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(huge); i++)
		assert_null(region_alloc(&r, huge[i]));
	assert_null(region_alloc_array(&r, SIZE_MAX / 8 + 1, 8));
	assert_null(region_alloc_array(&r, 2, SIZE_MAX));
	assert_null(region_copy(&r, (struct bytes){ "", SIZE_MAX }).ptr);
	assert_int_equal(r.used, 0);
	assert_non_null(region_alloc(&r, 8));
}

static void copies_keep_every_byte(void **state)
{
	_cleanup_region_ struct region r = REGION_INIT;
	char source[] = "a\0b\xff";
	struct bytes copy = region_copy(&r, (struct bytes){ source, 4 }), empty;

	(void)state;
	memset(source, 'x', sizeof(source));
	assert_true(bytes_equal(copy, BYTES_LIT("a\0b\xff")));
	assert_int_equal(copy.ptr[4], '\0');

	empty = region_copy(&r, BYTES_NONE);
	assert_non_null(empty.ptr);
	assert_int_equal(empty.len, 0);
	assert_int_equal(empty.ptr[0], '\0');
}

static void prints_what_is_longer_than_a_block(void **state)
{
	_cleanup_region_ struct region r = REGION_INIT;
	struct bytes short_one = region_printf(&r, "%d:%s", 7, "x");
	struct bytes long_one = region_printf(&r, "%09000d", 1);

	(void)state;
	assert_true(bytes_equal(short_one, BYTES_LIT("7:x")));
	assert_int_equal(short_one.ptr[3], '\0');
	assert_int_equal(long_one.len, 9000);
	assert_int_equal(long_one.ptr[8999], '1');
	assert_int_equal(long_one.ptr[9000], '\0');
}

static void counts_what_it_hands_out(void **state)
{
	_cleanup_region_ struct region r = REGION_INIT;

	(void)state;
	assert_non_null(region_alloc(&r, 1));
	assert_int_equal(r.used, _Alignof(max_align_t));
	assert_non_null(region_alloc(&r, 5000));
	assert_true(r.used >= 5001 && r.used < 5001 + 2 * _Alignof(max_align_t));
}

static void is_usable_after_release(void **state)
{
	struct region r = REGION_INIT;

	(void)state;
	region_release(&r);
	for (int i = 0; i < 3; i++) {
		assert_non_null(region_alloc(&r, 100000));
		region_release(&r);
		assert_int_equal(r.used, 0);
		assert_null(r.head);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
		cmocka_unit_test(blocks_are_filled_to_the_end),
		cmocka_unit_test(two_empty_ones_are_different),
		cmocka_unit_test(sizes_that_overflow_give_nothing),
		cmocka_unit_test(copies_keep_every_byte),
		cmocka_unit_test(prints_what_is_longer_than_a_block),
		cmocka_unit_test(counts_what_it_hands_out),
		cmocka_unit_test(is_usable_after_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
