#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "cleanup.h"
#include "startfile.h"

static int describe(const struct start_line *line, void *userdata)
{
	struct str *s = userdata;

	assert_int_equal(line->valid, line->module.len > 0 && line->object.len > 0);
	assert_int_equal(str_appendf(s, "%u%s%s:", line->number, line->valid ? "+" : "-",
				     line->hidden ? "!" : ""), 0);
	assert_int_equal(str_append_bytes(s, line->valid ? line->module : line->text), 0);
	assert_int_equal(str_append_char(s, '|'), 0);
	assert_int_equal(str_append_bytes(s, line->object), 0);
	assert_int_equal(str_append_char(s, '\n'), 0);
	return 0;
}

#define CASE(content, lines, ret) { BYTES_LIT(content), BYTES_LIT(lines), ret }

static const struct {
	struct bytes content, lines;
	int ret;
} cases[] = {
	CASE("", "", 0),
	CASE("# c\n\n \t\n  # d\n", "", 0),
	CASE("pkg.mod:run\n", "1+:pkg.mod|run\n", 0),
	CASE("\xef\xbb\xbf" "a:b.c\r\n_x:y\n", "1+:a|b.c\n2+:_x|y\n", 0),
	CASE("\xc2\xa0 a:b \x1f", "1+:a|b\n", 0),
	CASE("# c\fa:b\xe2\x80\xa8" "c:d", "2+!:a|b\n3+!:c|d\n", 0),
	CASE("a\n", "1-:a|\n", 0),		/* strict: no colon, no entry point */
	CASE("a:\n", "1-:a:|\n", 0),
	CASE(":b\n", "1-::b|\n", 0),
	CASE("a:b:c\n", "1-:a:b:c|\n", 0),
	CASE("a..b:c\n", "1-:a..b:c|\n", 0),
	CASE(".a:b\na.:b\n1a:b\na:1b\na.2:b\n", "1-:.a:b|\n2-:a.:b|\n3-:1a:b|\n4-:a:1b|\n5-:a.2:b|\n", 0),
	CASE("azAZ09:zZ9\n", "1+:azAZ09|zZ9\n", 0),
	CASE("a`:b\na@:b\na/:b\na{:b\na[:b\n", "1-:a`:b|\n2-:a@:b|\n3-:a/:b|\n4-:a{:b|\n5-:a[:b|\n", 0),
	CASE("a1:b_2\n", "1+:a1|b_2\n", 0),
	CASE("a b:c\n", "1-:a b:c|\n", 0),
	CASE("import os\n", "1-:import os|\n", 0),
	CASE("a:b #\n", "1-:a:b #|\n", 0),
	CASE("\xc3\xa4:b\n", "1+:\xc3\xa4|b\n", 0),
	CASE("a:b\n# \xff\n", "1+:a|b\n", -EILSEQ),
	CASE("a:b\xed\xa0\x80\n", "1+:a|b\xed\xa0\x80\n", -EILSEQ),	/* a surrogate */
	CASE("\xc0\xaf:b\n", "1+:\xc0\xaf|b\n", -EILSEQ),		/* overlong */
	CASE("a\0:b\n", "1-!:a\0:b|\n", 0),
};

static void reads_entry_points(void **state)
{
	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_str_ struct str s = STR_INIT;
		int r = startfile_parse(cases[i].content, describe, &s);

		if (r != cases[i].ret || !bytes_equal(str_bytes(&s), cases[i].lines))
			fail_msg("case %zu gives %d\n%s", i, r, s.buf);
	}
}

static int stop(const struct start_line *line, void *userdata)
{
	(void)line;
	++*(int *)userdata;
	return -ECANCELED;
}

static void callback_ends_the_parse(void **state)
{
	int calls = 0;

	(void)state;
	assert_int_equal(startfile_parse(BYTES_LIT("a:b\nc:d\n"), stop, &calls), -ECANCELED);
	assert_int_equal(calls, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_entry_points),
		cmocka_unit_test(callback_ends_the_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
