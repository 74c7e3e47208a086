#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "installer_private.h"

static struct stat file(unsigned number)
{
	return (struct stat){ .st_ino = number, .st_dev = 1, .st_size = 10, .st_ctim = { .tv_sec = 5, .tv_nsec = 7 } };
}

static void test_same_file_only(void **state)
{
	_cleanup_(installer_cache_freep) struct installer_cache *cache = NULL;
	struct stat st = file(1), other;
	bool answer = true;

	(void)state;
	assert_int_equal(installer_cache_new(&cache), 0);
	assert_false(memo_get(cache, MEMO_HOOK, &st, 0, &answer));
	memo_put(cache, MEMO_HOOK, &st, 0, false);
	assert_true(memo_get(cache, MEMO_HOOK, &st, 0, &answer));
	assert_false(answer);
	memo_put(cache, MEMO_HOOK, &st, 0, true);
	assert_true(memo_get(cache, MEMO_HOOK, &st, 0, &answer));
	assert_true(answer);
	assert_false(memo_get(cache, MEMO_MARKER, &st, 0, &answer));
	assert_false(memo_get(cache, MEMO_HOOK, &st, 1, &answer));
	other = st;
	other.st_ctim.tv_nsec++;
	assert_false(memo_get(cache, MEMO_HOOK, &other, 0, &answer));
	other = st;
	other.st_size++;
	assert_false(memo_get(cache, MEMO_HOOK, &other, 0, &answer));
	other = st;
	other.st_dev++;
	assert_false(memo_get(cache, MEMO_HOOK, &other, 0, &answer));
	assert_false(memo_get(NULL, MEMO_HOOK, &st, 0, &answer));
	memo_put(NULL, MEMO_HOOK, &st, 0, true);
}

/* Whoever makes directories without end pushes out what nobody asks for, not what is in use. */
static void test_used_stays(void **state)
{
	_cleanup_(installer_cache_freep) struct installer_cache *cache = NULL;
	struct stat used = file(1), idle = file(2);
	bool answer;

	(void)state;
	assert_int_equal(installer_cache_new(&cache), 0);
	memo_put(cache, MEMO_PACKAGE, &used, 3, true);
	memo_put(cache, MEMO_PACKAGE, &idle, 3, true);
	for (unsigned i = 0; i < 20 * INSTALLER_MEMOS_MAX; i++) {
		struct stat st = file(1000 + i);

		memo_put(cache, MEMO_PACKAGE, &st, i, false);
		assert_true(memo_get(cache, MEMO_PACKAGE, &used, 3, &answer));
		assert_true(answer);
	}
	assert_false(memo_get(cache, MEMO_PACKAGE, &idle, 3, &answer));
}

/* Three in four of so many are there, though not each group has the same number. */
static void test_many_stay(void **state)
{
	_cleanup_(installer_cache_freep) struct installer_cache *cache = NULL;
	unsigned there = 0;
	bool answer;

	(void)state;
	assert_int_equal(installer_cache_new(&cache), 0);
	for (unsigned i = 0; i < INSTALLER_MEMOS_MAX; i++) {
		struct stat st = file(i);

		memo_put(cache, MEMO_HOOK, &st, 0, true);
	}
	for (unsigned i = 0; i < INSTALLER_MEMOS_MAX; i++) {
		struct stat st = file(i);

		there += memo_get(cache, MEMO_HOOK, &st, 0, &answer);
	}
	assert_true(there > INSTALLER_MEMOS_MAX / 4 * 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_file_only),
		cmocka_unit_test(test_used_stays),
		cmocka_unit_test(test_many_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
