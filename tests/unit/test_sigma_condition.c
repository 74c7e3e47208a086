#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "limits.h"
#include "sigma_condition.h"

/* The selections that every condition here may name. */
static const struct bytes names[] = {
	BYTES_LIT("a"), BYTES_LIT("b"), BYTES_LIT("c"), BYTES_LIT("sel_1"), BYTES_LIT("sel_2"), BYTES_LIT("_hidden"),
};
enum { COUNT = ELEMENTSOF(names) };

struct asked {
	const char *true_ones;	/* a letter a selection: A..F */
	unsigned asked;
};

static int holds(size_t selection, void *userdata)
{
	struct asked *a = userdata;

	a->asked |= 1u << selection;
	return strchr(a->true_ones, (char)('A' + (int)selection)) != NULL;
}

static int eval(const char *text, const char *true_ones, unsigned *ret_asked)
{
	_cleanup_(sigma_condition_freep) struct sigma_condition *c = NULL;
	struct sigma_condition_error err = { 0 };
	struct asked a = { true_ones, 0 };
	bool used[COUNT] = { false };
	int r;

	r = sigma_condition_parse(bytes_of(text), names, COUNT, used, &c, &err);
	if (r < 0)
		fail_msg("'%s': %zu: %s", text, err.offset, err.text);
	r = sigma_condition_eval(c, holds, &a);
	if (ret_asked)
		*ret_asked = a.asked;
	return r;
}

#define HOLDS(text, true_ones) assert_int_equal(eval(text, true_ones, NULL), 1)
#define FAILS(text, true_ones) assert_int_equal(eval(text, true_ones, NULL), 0)

static void evaluates(void **state)
{
	(void)state;
	HOLDS("a", "A");
	FAILS("a", "B");
	HOLDS("a and b", "AB");
	FAILS("a and b", "A");
	HOLDS("a or b", "B");
	HOLDS("not a", "");
	FAILS("not a", "A");
	HOLDS("not not a", "A");
	/* or binds loosest, not tightest */
	HOLDS("a or b and c", "A");
	FAILS("(a or b) and c", "A");
	HOLDS("not a and b", "B");
	FAILS("not (a and b)", "AB");
	FAILS("not a or b", "A");
	HOLDS("a and not (b or c)", "A");
	HOLDS("(a or b) or (b and c)", "B");
	HOLDS("((((a))))", "A");
	HOLDS("  a\n\tAND\r\nNot b ", "A");
	HOLDS("(a)and(b)", "AB");
	HOLDS("a and a and a", "A");
}

static void counts_selections(void **state)
{
	(void)state;
	HOLDS("1 of sel_*", "E");
	FAILS("1 of sel_*", "A");
	HOLDS("all of sel_*", "DE");
	FAILS("all of sel_*", "D");
	HOLDS("1 of them", "C");
	FAILS("1 of them", "F");		/* not those with an underscore */
	HOLDS("all of them", "ABCDE");
	HOLDS("1 of _*", "F");
	HOLDS("all of a", "A");
	HOLDS("1 of *_2 and not 1 of _hid*", "E");
	FAILS("a and not 1 of sel_*", "AD");
	HOLDS("ALL OF THEM", "ABCDE");
}

static void asks_only_what_decides(void **state)
{
	unsigned asked;

	(void)state;
	assert_int_equal(eval("a or b", "A", &asked), 1);
	assert_int_equal(asked, 1);
	assert_int_equal(eval("b and a", "A", &asked), 0);
	assert_int_equal(asked, 2);
}

static int breaks(size_t selection, void *userdata)
{
	(void)selection;
	(void)userdata;
	return -ENOMEM;
}

static void passes_errors_on(void **state)
{
	_cleanup_(sigma_condition_freep) struct sigma_condition *c = NULL;
	struct sigma_condition_error err;
	bool used[COUNT] = { false };

	(void)state;
	assert_int_equal(sigma_condition_parse(BYTES_LIT("not (a or b)"), names, COUNT, used, &c, &err), 0);
	assert_int_equal(sigma_condition_eval(c, breaks, NULL), -ENOMEM);
	assert_true(used[0] && used[1] && !used[2]);
}

static void refuses(void **state)
{
	static const struct {
		const char *text;
		size_t offset;
		const char *part;
	} table[] = {
		{ "", 0, "empty" },
		{ "  ", 0, "empty" },
		{ "a and", 5, "name is missing" },
		{ "and a", 0, "name is missing" },
		{ "a or or b", 5, "name is missing" },
		{ "a b", 2, "'and' or 'or' is missing before 'b'" },
		{ "a not b", 2, "missing before 'not'" },
		{ "(a", 2, "closing parenthesis" },
		{ "a)", 1, "missing before ')'" },
		{ "()", 1, "name is missing" },
		{ "a and nosuch", 6, "no selection 'nosuch'" },
		{ "A", 0, "no selection 'A'" },
		{ "1 of nosuch*", 5, "no selection fits 'nosuch*'" },
		{ "1 of", 4, "'of' needs" },
		{ "2 of them", 0, "'2 of' is not understood" },
		{ "any of them", 0, "'any of' is not understood" },
		{ "1", 0, "name is missing" },
		{ "all", 0, "name is missing" },
		{ "them", 0, "name is missing" },
		{ "a | count() > 5", 2, "aggregation" },
		{ "| a", 0, "aggregation" },
		{ "not", 3, "name is missing" },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(table); i++) {
		struct sigma_condition *c = (struct sigma_condition *)0x1;
		struct sigma_condition_error err = { 0 };
		bool used[COUNT] = { false };

		assert_int_equal(sigma_condition_parse(bytes_of(table[i].text), names, COUNT, used, &c, &err), -EINVAL);
		assert_ptr_equal(c, (struct sigma_condition *)0x1);
		if (err.offset != table[i].offset || !strstr(err.text, table[i].part))
			fail_msg("'%s': %zu: %s", table[i].text, err.offset, err.text);
	}
}

static int parse_repeated(const char *text, size_t times, const char *end)
{
	_cleanup_(sigma_condition_freep) struct sigma_condition *c = NULL;
	_cleanup_str_ struct str s = STR_INIT;
	struct sigma_condition_error err;
	bool used[COUNT] = { false };

	for (size_t i = 0; i < times; i++)
		assert_int_equal(str_append_text(&s, text), 0);
	assert_int_equal(str_append_text(&s, end), 0);
	return sigma_condition_parse(str_bytes(&s), names, COUNT, used, &c, &err);
}

static void keeps_its_limits(void **state)
{
	(void)state;
	assert_int_equal(parse_repeated("not ", SIGMA_CONDITION_DEPTH_MAX, "a"), 0);
	assert_int_equal(parse_repeated("not ", SIGMA_CONDITION_DEPTH_MAX + 1, "a"), -EINVAL);
	assert_int_equal(parse_repeated("(", 1000000, "a"), -EINVAL);
	assert_int_equal(parse_repeated("(a) and ", 1000, "a"), 0);	/* wide is not deep */
	assert_int_equal(parse_repeated("a or ", SIGMA_CONDITION_NODES_MAX - 2, "a"), 0);
	assert_int_equal(parse_repeated("a or ", SIGMA_CONDITION_NODES_MAX - 1, "a"), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(evaluates),
		cmocka_unit_test(counts_selections),
		cmocka_unit_test(asks_only_what_decides),
		cmocka_unit_test(passes_errors_on),
		cmocka_unit_test(refuses),
		cmocka_unit_test(keeps_its_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
