/* What hooks may cost together: all of it first, then what comes back, never less than the least. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "allowance.h"
#include "limits.h"

#define SECOND 1000000000ull

static void test_spent(void **state)
{
	struct allowance a = { 0 };

	(void)state;
	assert_int_equal(allowance_of(&a, 5 * SECOND), CONTENT_WORK_MAX);
	allowance_spend(&a, CONTENT_WORK_MAX);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(allowance_of(&a, 5 * SECOND), ALLOWANCE_MIN);
		allowance_spend(&a, ALLOWANCE_MIN);
	}
	/* A hundred that had the least are not owed for. */
	assert_int_equal(allowance_of(&a, 6 * SECOND), SECOND / ALLOWANCE_UNIT_NS);
	assert_int_equal(allowance_of(&a, 60 * SECOND), CONTENT_WORK_MAX);
}

static void test_small(void **state)
{
	struct allowance a = { 0 };

	(void)state;
	for (uint64_t now = 0; now < 50 * ALLOWANCE_UNIT_NS; now++)	/* looks that are nearer than a unit */
		(void)allowance_of(&a, now);
	allowance_spend(&a, 1000);
	assert_int_equal(allowance_of(&a, 50 * ALLOWANCE_UNIT_NS), CONTENT_WORK_MAX - 999);
	assert_int_equal(allowance_of(&a, 50 * ALLOWANCE_UNIT_NS + ALLOWANCE_UNIT_NS / 2), CONTENT_WORK_MAX - 999);
	assert_int_equal(allowance_of(&a, 51 * ALLOWANCE_UNIT_NS), CONTENT_WORK_MAX - 998);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spent),
		cmocka_unit_test(test_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
