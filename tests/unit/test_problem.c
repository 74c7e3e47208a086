#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "limits.h"
#include "problem.h"

static void keeps_them_in_order(void **state)
{
	_cleanup_problems_ struct problems p = PROBLEMS_INIT;
	char file[] = "a.yml";

	(void)state;
	problems_add(&p, file, 3, 7, "unknown key '%s'", "x");
	file[0] = 'b';
	problems_warn(&p, file, 0, 0, "empty");
	problems_add(&p, "c", 4294967295u, 1, "%s", "100% sure");

	assert_int_equal(p.count, 3);
	assert_int_equal(p.errors, 2);
	assert_false(p.incomplete);

	assert_string_equal(p.list[0].file, "a.yml");
	assert_int_equal(p.list[0].line, 3);
	assert_int_equal(p.list[0].column, 7);
	assert_false(p.list[0].warning);
	assert_string_equal(p.list[0].text, "unknown key 'x'");

	assert_string_equal(p.list[1].file, "b.yml");
	assert_int_equal(p.list[1].line, 0);
	assert_true(p.list[1].warning);

	assert_int_equal(p.list[2].line, 4294967295u);
	assert_string_equal(p.list[2].text, "100% sure");
}

/* A file made to have a million mistakes costs no more than PROBLEMS_MAX; that it
 * has errors is never forgotten, also where the kept ones are all warnings. */
static void stops_keeping_but_not_counting(void **state)
{
	_cleanup_problems_ struct problems p = PROBLEMS_INIT;

	(void)state;
	for (unsigned i = 0; i < PROBLEMS_MAX; i++)
		problems_warn(&p, "f", i, 1, "w%u", i);
	assert_int_equal(p.count, PROBLEMS_MAX);
	assert_false(p.incomplete);

	problems_warn(&p, "f", 1, 1, "one more");
	assert_true(p.incomplete);
	assert_int_equal(p.errors, 0);
	problems_add(&p, "f", 1, 1, "an error");
	assert_int_equal(p.count, PROBLEMS_MAX);
	assert_int_equal(p.errors, 1);
	assert_string_equal(p.list[PROBLEMS_MAX - 1].text, "w999");
}

static void is_usable_after_release(void **state)
{
	struct problems p = PROBLEMS_INIT;

	(void)state;
	problems_release(&p);
	problems_add(&p, "f", 1, 1, "x");
	problems_release(&p);
	assert_int_equal(p.count, 0);
	assert_int_equal(p.errors, 0);
	assert_null(p.list);
	problems_add(&p, "f", 1, 1, "y");
	assert_string_equal(p.list[0].text, "y");
	problems_release(&p);
}

static void is_said_with_its_place(void **state)
{
	_cleanup_problems_ struct problems p = PROBLEMS_INIT;
	_cleanup_str_ struct str text = STR_INIT;

	(void)state;
	problems_add(&p, "a\nb", 3, 4, "wrong\x1b");
	problems_warn(&p, "f", 0, 0, "odd");
	assert_int_equal(problem_text(&p.list[0], &text), 0);
	assert_int_equal(str_append_char(&text, '|'), 0);
	assert_int_equal(problem_text(&p.list[1], &text), 0);
	assert_string_equal(text.buf, "a\\nb:3:4: wrong\\x1b|f: warning: odd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_them_in_order),
		cmocka_unit_test(stops_keeping_but_not_counting),
		cmocka_unit_test(is_usable_after_release),
		cmocka_unit_test(is_said_with_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
