#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "baseline.h"

static int setup(void **state)
{
	return baseline_new((struct baseline **)state);
}

static int teardown(void **state)
{
	baseline_free(*state);
	return 0;
}

static void replaces_and_removes(void **state)
{
	struct baseline *b = *state;
	uint64_t list[] = { 1, 2 };
	struct baseline_entry e = { .path = BYTES_LIT("/a\n.pth"), .ino = 1, .assignments = list,
				    .assignment_count = 2 };
	const struct baseline_entry *found;

	assert_int_equal(baseline_put(b, &e), 0);
	list[0] = 9;
	found = baseline_find(b, BYTES_LIT("/a\n.pth"));
	assert_non_null(found);
	assert_true(baseline_entry_has(found, 1));
	assert_false(baseline_entry_has(found, 9));

	e.ino = 2;
	assert_int_equal(baseline_put(b, &e), 0);
	assert_int_equal(baseline_count(b), 1);
	assert_int_equal(baseline_find(b, e.path)->ino, 2);
	assert_null(baseline_find(b, BYTES_LIT("/a")));
	baseline_remove(b, e.path);
	baseline_remove(b, e.path);
	assert_int_equal(baseline_count(b), 0);
}

static void count_one(const struct baseline_entry *e, void *userdata)
{
	(void)e;
	++*(int *)userdata;
}

static void finds_by_directory_and_inode(void **state)
{
	struct baseline *b = *state;
	static const char *const paths[] = { "/v/a.pth", "/v/lib/b.pth", "/v2/c.pth", "/v" };
	int n = 0;

	for (size_t i = 0; i < ELEMENTSOF(paths); i++) {
		struct baseline_entry e = { .path = bytes_of(paths[i]), .dev = 1, .ino = i < 2 ? 5 : 6 };

		assert_int_equal(baseline_put(b, &e), 0);
	}
	baseline_below(b, BYTES_LIT("/v"), count_one, &n);
	assert_int_equal(n, 2);
	n = 0;
	baseline_below(b, BYTES_LIT("/"), count_one, &n);
	assert_int_equal(n, 4);
	n = 0;
	baseline_by_inode(b, 1, 5, count_one, &n);
	assert_int_equal(n, 2);
	n = 0;
	baseline_by_inode(b, 2, 5, count_one, &n);
	assert_int_equal(n, 0);
}

static void digests_tell_assignments_apart(void **state)
{
	uint64_t a, b, c;

	(void)state;
	assert_int_equal(baseline_assignment_hash(BYTES_LIT("PYTHONPATH"), BYTES_LIT("/x"), BYTES_NONE, &a), 0);
	assert_int_equal(baseline_assignment_hash(BYTES_LIT("PYTHONPATH"), BYTES_LIT("/y"), BYTES_NONE, &b), 0);
	assert_int_equal(baseline_assignment_hash(BYTES_LIT("PYTHONPATH"), BYTES_LIT("/x"), BYTES_NONE, &c), 0);
	assert_true(a != b);
	assert_true(a == c);
	assert_int_equal(baseline_assignment_hash(BYTES_LIT("PYTHONPATH"), BYTES_LIT("/x"), BYTES_LIT("/f"), &b), 0);
	assert_true(a != b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(replaces_and_removes, setup, teardown),
		cmocka_unit_test_setup_teardown(finds_by_directory_and_inode, setup, teardown),
		cmocka_unit_test(digests_tell_assignments_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
