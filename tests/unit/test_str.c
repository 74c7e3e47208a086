#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "str.h"

static void finds_with_nul_bytes(void **state)
{
	struct bytes b = BYTES_LIT("a\0b/c\0d");

	(void)state;
	assert_int_equal(bytes_find(b, BYTES_LIT("\0d"), 0), 5);
	assert_int_equal(bytes_find(b, BYTES_LIT("x"), 0), -1);
	assert_int_equal(bytes_find(b, BYTES_LIT(""), 7), 7);
	assert_int_equal(bytes_find(b, BYTES_LIT(""), 8), -1);
	assert_true(bytes_equal(bytes_basename(b), BYTES_LIT("c\0d")));
	assert_true(bytes_equal(bytes_dirname(b), BYTES_LIT("a\0b")));
}

static void splits_paths(void **state)
{
	struct bytes path = BYTES_LIT("//usr///lib/x"), c;

	(void)state;
	assert_true(bytes_next_component(&path, &c));
	assert_true(bytes_equal(c, BYTES_LIT("usr")));
	assert_true(bytes_next_component(&path, &c));
	assert_true(bytes_equal(c, BYTES_LIT("lib")));
	assert_true(bytes_next_component(&path, &c));
	assert_true(bytes_equal(c, BYTES_LIT("x")));
	assert_false(bytes_next_component(&path, &c));
	assert_true(bytes_equal(bytes_dirname(BYTES_LIT("/x")), BYTES_LIT("/")));
	assert_true(bytes_equal(bytes_dirname(BYTES_LIT("x")), BYTES_LIT("")));
}

static void compares(void **state)
{
	(void)state;
	assert_true(bytes_equal_fold(BYTES_LIT("SiteCustomize.PY"), BYTES_LIT("sitecustomize.py")));
	assert_false(bytes_equal_fold(BYTES_LIT("\xc3\x84"), BYTES_LIT("\xc3\xa4")));
	assert_true(bytes_compare(BYTES_LIT("a"), BYTES_LIT("ab")) < 0);
	assert_true(bytes_compare(BYTES_LIT("b"), BYTES_LIT("ab")) > 0);
	assert_int_equal(bytes_compare(BYTES_NONE, BYTES_LIT("")), 0);
}

static void reads_numbers(void **state)
{
	uint64_t n = 7;

	(void)state;
	assert_int_equal(bytes_to_u64(BYTES_LIT("18446744073709551615"), &n), 0);
	assert_true(n == UINT64_MAX);
	assert_int_equal(bytes_to_u64(BYTES_LIT("18446744073709551616"), &n), -ERANGE);
	assert_int_equal(bytes_to_u64(BYTES_LIT(""), &n), -EINVAL);
	assert_int_equal(bytes_to_u64(BYTES_LIT("-1"), &n), -EINVAL);
	assert_true(n == UINT64_MAX);
}

static void grows(void **state)
{
	_cleanup_str_ struct str s = STR_INIT;
	char *text;

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(str_appendf(&s, "%d,", i), 0);
	assert_int_equal(s.len, 3890);
	assert_int_equal(s.buf[s.len], '\0');
	text = str_detach(&s);
	assert_non_null(text);
	assert_int_equal(s.len, 0);
	free(text);
	assert_int_equal(str_reserve(&s, SIZE_MAX), -ENOMEM);
}

static void test_next_line(void **state)
{
	struct bytes text = BYTES_LIT("a\n\nb\r\0\nc"), line;

	(void)state;
	assert_true(bytes_next_line(&text, &line));
	assert_true(bytes_equal(line, BYTES_LIT("a")));
	assert_true(bytes_next_line(&text, &line));
	assert_int_equal(line.len, 0);
	assert_true(bytes_next_line(&text, &line));
	assert_true(bytes_equal(line, BYTES_LIT("b\r\0")));
	assert_true(bytes_next_line(&text, &line));
	assert_true(bytes_equal(line, BYTES_LIT("c")));
	assert_false(bytes_next_line(&text, &line));
	text = BYTES_LIT("d\n");
	assert_true(bytes_next_line(&text, &line));
	assert_false(bytes_next_line(&text, &line));
	text = BYTES_NONE;
	assert_false(bytes_next_line(&text, &line));
	assert_true(bytes_equal(line, BYTES_LIT("d")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next_line),
		cmocka_unit_test(finds_with_nul_bytes),
		cmocka_unit_test(splits_paths),
		cmocka_unit_test(compares),
		cmocka_unit_test(reads_numbers),
		cmocka_unit_test(grows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
