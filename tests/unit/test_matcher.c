#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "limits.h"
#include "matcher.h"

static struct matcher_scratch *scratch;

static int text_matches(struct bytes pattern, enum matcher_where where, unsigned options, struct bytes value)
{
	_cleanup_(matcher_freep) struct matcher *m = NULL;

	assert_int_equal(matcher_new_text(pattern, where, options, &m), 0);
	return matcher_match(m, NULL, value);
}

static int regex_matches(struct bytes pattern, unsigned options, struct bytes value)
{
	_cleanup_(matcher_freep) struct matcher *m = NULL;
	struct matcher_error err;

	assert_int_equal(matcher_new_regex(pattern, options, &m, &err), 0);
	return matcher_match(m, scratch, value);
}

static void matches_texts(void **state)
{
#define I MATCHER_IGNORE_CASE
	static const struct {
		struct bytes pattern;
		enum matcher_where where;
		unsigned options;
		struct bytes value;
		int hit;
	} table[] = {
		{ BYTES_LIT("abc"), MATCHER_WHOLE, I, BYTES_LIT("ABC"), 1 },
		{ BYTES_LIT("abc"), MATCHER_WHOLE, 0, BYTES_LIT("ABC"), 0 },
		{ BYTES_LIT("abc"), MATCHER_WHOLE, I, BYTES_LIT("abcd"), 0 },
		{ BYTES_LIT("abc"), MATCHER_WHOLE, I, BYTES_LIT("ab"), 0 },
		{ BYTES_LIT(""), MATCHER_WHOLE, I, BYTES_LIT(""), 1 },
		{ BYTES_LIT(""), MATCHER_WHOLE, I, BYTES_LIT("x"), 0 },
		{ BYTES_LIT("bc"), MATCHER_CONTAINS, I, BYTES_LIT("aBCd"), 1 },
		{ BYTES_LIT("bc"), MATCHER_CONTAINS, I, BYTES_LIT("abd"), 0 },
		{ BYTES_LIT("ab"), MATCHER_STARTSWITH, I, BYTES_LIT("abc"), 1 },
		{ BYTES_LIT("ab"), MATCHER_STARTSWITH, I, BYTES_LIT("ab"), 1 },
		{ BYTES_LIT("ab"), MATCHER_STARTSWITH, I, BYTES_LIT("cab"), 0 },
		{ BYTES_LIT("bc"), MATCHER_ENDSWITH, I, BYTES_LIT("bcbc"), 1 },
		{ BYTES_LIT("bc"), MATCHER_ENDSWITH, I, BYTES_LIT("bcb"), 0 },
		/* one byte bad UTF-8, NUL and newline are bytes like others */
		{ BYTES_LIT("\xff*\0?"), MATCHER_WHOLE, I, BYTES_LIT("\xff\n\0\xfe"), 1 },
		{ BYTES_LIT("a"), MATCHER_CONTAINS, I, BYTES_LIT("\0\0a"), 1 },
		{ BYTES_LIT("\xc3\xa4"), MATCHER_WHOLE, I, BYTES_LIT("\xc3\x84"), 0 },
		/* wildcards */
		{ BYTES_LIT("*"), MATCHER_WHOLE, I, BYTES_LIT(""), 1 },
		{ BYTES_LIT("?"), MATCHER_WHOLE, I, BYTES_LIT(""), 0 },
		{ BYTES_LIT("prog?.exe"), MATCHER_WHOLE, I, BYTES_LIT("progA.exe"), 1 },
		{ BYTES_LIT("prog?.exe"), MATCHER_WHOLE, I, BYTES_LIT("prog.exe"), 0 },
		{ BYTES_LIT("a*b*c"), MATCHER_WHOLE, I, BYTES_LIT("a-b-b-c"), 1 },
		{ BYTES_LIT("a*b*c"), MATCHER_WHOLE, I, BYTES_LIT("a-c-b"), 0 },
		{ BYTES_LIT("*ab"), MATCHER_WHOLE, I, BYTES_LIT("aabab"), 1 },
		{ BYTES_LIT("a*"), MATCHER_ENDSWITH, I, BYTES_LIT("xxa"), 1 },
		{ BYTES_LIT("*?*"), MATCHER_WHOLE, I, BYTES_LIT("x"), 1 },
		/* Sigma's escapes (sigma-specification, Escaping) */
		{ BYTES_LIT("a\\*b"), MATCHER_WHOLE, I, BYTES_LIT("a*b"), 1 },
		{ BYTES_LIT("a\\*b"), MATCHER_WHOLE, I, BYTES_LIT("axb"), 0 },
		{ BYTES_LIT("a\\?"), MATCHER_WHOLE, I, BYTES_LIT("a?"), 1 },
		{ BYTES_LIT("C:\\dir"), MATCHER_WHOLE, I, BYTES_LIT("c:\\DIR"), 1 },
		{ BYTES_LIT("C:\\\\dir"), MATCHER_WHOLE, I, BYTES_LIT("C:\\dir"), 1 },
		{ BYTES_LIT("a\\\\*"), MATCHER_WHOLE, I, BYTES_LIT("a\\xyz"), 1 },
		{ BYTES_LIT("a\\\\*"), MATCHER_WHOLE, I, BYTES_LIT("a*"), 0 },
		{ BYTES_LIT("\\\\\\*"), MATCHER_WHOLE, I, BYTES_LIT("\\*"), 1 },
		{ BYTES_LIT("\\\\\\*"), MATCHER_WHOLE, I, BYTES_LIT("\\x"), 0 },
		{ BYTES_LIT("\\\\\\"), MATCHER_WHOLE, I, BYTES_LIT("\\\\"), 1 },
		{ BYTES_LIT("\\\\\\\\"), MATCHER_WHOLE, I, BYTES_LIT("\\\\"), 1 },
		{ BYTES_LIT("\\"), MATCHER_WHOLE, I, BYTES_LIT("\\"), 1 },
	};
#undef I

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(table); i++)
		if (text_matches(table[i].pattern, table[i].where, table[i].options, table[i].value) != table[i].hit)
			fail_msg("%zu: '%.*s'", i, (int)table[i].pattern.len, table[i].pattern.ptr);
}

static void matches_expressions(void **state)
{
	static const struct {
		struct bytes pattern;
		unsigned options;
		struct bytes value;
		int hit;
	} table[] = {
		{ BYTES_LIT("\\.pth$"), 0, BYTES_LIT("/x/a.pth"), 1 },
		{ BYTES_LIT("\\.pth$"), 0, BYTES_LIT("/x/a.pth.bak"), 0 },
		{ BYTES_LIT("\\.pth$"), 0, BYTES_LIT("/x/a.PTH"), 0 },
		{ BYTES_LIT("\\.pth$"), MATCHER_IGNORE_CASE, BYTES_LIT("/x/a.PTH"), 1 },
		{ BYTES_LIT("PYTHONPATH"), 0, BYTES_LIT("/etc/environment:PYTHONPATH"), 1 },
		{ BYTES_LIT("^b"), 0, BYTES_LIT("a\nb"), 0 },
		{ BYTES_LIT("^b"), MATCHER_MULTILINE, BYTES_LIT("a\nb"), 1 },
		{ BYTES_LIT("a.b"), 0, BYTES_LIT("a\nb"), 0 },
		{ BYTES_LIT("a.b"), MATCHER_DOTALL, BYTES_LIT("a\nb"), 1 },
		{ BYTES_LIT("a.b$"), 0, BYTES_LIT("\xff\xfe\0a\xff" "b"), 1 },
		{ BYTES_LIT("^$"), 0, BYTES_NONE, 1 },
		{ BYTES_LIT("a\0b"), 0, BYTES_LIT("a\0b"), 1 },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(table); i++)
		if (regex_matches(table[i].pattern, table[i].options, table[i].value) != table[i].hit)
			fail_msg("%zu: '%.*s'", i, (int)table[i].pattern.len, table[i].pattern.ptr);
}

static void refuses_bad_patterns(void **state)
{
	static const struct {
		struct bytes pattern;
		size_t offset;
	} table[] = {
		{ BYTES_LIT("(a"), 2 },
		{ BYTES_LIT("a)"), 1 },
		{ BYTES_LIT("ab[c-"), 5 },
		{ BYTES_LIT("*a"), 0 },
		{ BYTES_LIT("(*UTF)a"), 6 },
		{ BYTES_LIT("((a{1000}){1000}){1000}"), 23 },
	};
	static char huge[MATCHER_PATTERN_BYTES_MAX + 1];
	struct bytes too_long = { huge, sizeof(huge) };
	struct matcher *m = (struct matcher *)0x1;
	struct matcher_error err;

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(table); i++) {
		assert_int_equal(matcher_new_regex(table[i].pattern, 0, &m, &err), -EINVAL);
		assert_true(err.text[0] != '\0');
		if (err.offset != table[i].offset)
			fail_msg("%zu: offset %zu: %s", i, err.offset, err.text);
	}
	memset(huge, 'a', sizeof(huge));
	assert_int_equal(matcher_new_regex(too_long, 0, &m, &err), -EINVAL);
	assert_int_equal(matcher_new_text(too_long, MATCHER_WHOLE, 0, &m), -E2BIG);
	assert_ptr_equal(m, (struct matcher *)0x1);
}

/* What would take years ends, and says that it did not find out. */
static void gives_up_at_the_limits(void **state)
{
	enum { N = 1 << 20 };
	char *aaa = malloc(N);
	struct bytes value = { aaa, N };
	_cleanup_(matcher_freep) struct matcher *stars = NULL;

	(void)state;
	assert_non_null(aaa);
	memset(aaa, 'a', N);
	assert_int_equal(regex_matches(BYTES_LIT("(a+)+b"), 0, bytes_slice(value, 0, 64)), 0);	/* needs a b */
	assert_int_equal(regex_matches(BYTES_LIT("^(a+)+[bc]"), 0, bytes_slice(value, 0, 64)), -E2BIG);
	assert_int_equal(regex_matches(BYTES_LIT("(*NO_JIT)^(a+)+[bc]"), 0, bytes_slice(value, 0, 64)), -E2BIG);
	assert_int_equal(regex_matches(BYTES_LIT("(*NO_JIT)^(a|b)+c"), 0, value), -E2BIG);
	/* more than the JIT's stack: the interpreter answers */
	assert_int_equal(regex_matches(BYTES_LIT("^(?:a(?=a|x)|b)+a$"), 0, bytes_slice(value, 0, 32000)), 1);

	assert_int_equal(matcher_new_text(BYTES_LIT("*aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab*"), MATCHER_WHOLE, 0, &stars), 0);
	assert_int_equal(matcher_match(stars, NULL, value), -E2BIG);
	free(aaa);
}

static int set_up(void **state)
{
	(void)state;
	return matcher_scratch_new(&scratch);
}

static int tear_down(void **state)
{
	(void)state;
	scratch = matcher_scratch_free(scratch);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches_texts),
		cmocka_unit_test(matches_expressions),
		cmocka_unit_test(refuses_bad_patterns),
		cmocka_unit_test(gives_up_at_the_limits),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
