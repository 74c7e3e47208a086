#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "cleanup.h"
#include "pytext.h"

static void decodes_strictly(void **state)
{
	static const struct {
		struct bytes bytes;
		uint32_t c;
		size_t len;
		bool valid;
	} cases[] = {
		{ BYTES_LIT("a"), 'a', 1, true },
		{ BYTES_LIT("\0"), 0, 1, true },
		{ BYTES_LIT("\xc2\x85"), 0x85, 2, true },
		{ BYTES_LIT("\xe2\x80\xa8"), 0x2028, 3, true },
		{ BYTES_LIT("\xf4\x8f\xbf\xbf"), 0x10ffff, 4, true },
		{ BYTES_LIT("\xf4\x90\x80\x80"), 0xf4, 1, false },
		{ BYTES_LIT("\xc0\x80"), 0xc0, 1, false },	/* overlong */
		{ BYTES_LIT("\xe0\x80\x80"), 0xe0, 1, false },
		{ BYTES_LIT("\xed\xa0\x80"), 0xed, 1, false },	/* a surrogate */
		{ BYTES_LIT("\xe2\x80"), 0xe2, 1, false },	/* cut off */
		{ BYTES_LIT("\x85"), 0x85, 1, false },
		{ BYTES_LIT("\xff"), 0xff, 1, false },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		uint32_t c;
		bool valid;

		assert_int_equal(pytext_decode(cases[i].bytes, 0, &c, &valid), cases[i].len);
		assert_int_equal(c, cases[i].c);
		assert_int_equal(valid, cases[i].valid);
		assert_int_equal(pytext_is_valid(cases[i].bytes), cases[i].valid);
	}
}

static void finds_where_a_decoder_stops(void **state)
{
	static const struct {
		struct bytes bytes;
		ptrdiff_t at;
		size_t from;
	} cases[] = {
		{ BYTES_LIT(""), -1, 0 },
		{ BYTES_LIT("a\xc3\xa4\xf0\x9f\x98\x85"), -1, 0 },
		{ BYTES_LIT("a\x80"), 1, 1 },
		{ BYTES_LIT("a\xff"), 1, 1 },
		{ BYTES_LIT("a\xc0\x80"), 1, 1 },
		{ BYTES_LIT("a\xc3("), 2, 1 },
		{ BYTES_LIT("a\xc3"), 2, 1 },			/* the end cuts it off */
		{ BYTES_LIT("\xe2\x80"), 2, 0 },
		{ BYTES_LIT("\xe2\x80("), 2, 0 },
		{ BYTES_LIT("\xe0\x80\x80"), 1, 0 },
		{ BYTES_LIT("\xed\xa0\x80"), 1, 0 },
		{ BYTES_LIT("\xf0\x80"), 1, 0 },
		{ BYTES_LIT("\xf0\x9f\x98"), 3, 0 },
		{ BYTES_LIT("\xf0\x9f\x98\xc3"), 3, 0 },
		{ BYTES_LIT("\xf4\x90"), 1, 0 },
		{ BYTES_LIT("\xf5\x80"), 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		size_t from = 0;

		assert_int_equal(pytext_find_invalid(cases[i].bytes, &from), cases[i].at);
		assert_int_equal(from, cases[i].from);
	}
}

static void strips_what_python_strips(void **state)
{
	static const struct {
		struct bytes bytes, stripped;
	} cases[] = {
		{ BYTES_LIT(""), BYTES_LIT("") },
		{ BYTES_LIT(" \t\n\v\f\r\x1c\x1d\x1e\x1f"), BYTES_LIT("") },
		{ BYTES_LIT("\xc2\x85 a b \xc2\xa0"), BYTES_LIT("a b") },
		{ BYTES_LIT("\xe1\x9a\x80\xe2\x80\x80\xe2\x80\x8a" "a\xe2\x80\xaf\xe2\x81\x9f\xe3\x80\x80"), BYTES_LIT("a") },
		{ BYTES_LIT("\xe2\x80\x8b" "a\xef\xbb\xbf"), BYTES_LIT("\xe2\x80\x8b" "a\xef\xbb\xbf") },
		/* characters whose last byte looks like a blank of Latin-1 */
		{ BYTES_LIT("\xf0\x9f\x98\x85"), BYTES_LIT("\xf0\x9f\x98\x85") },
		{ BYTES_LIT("\xc3\xa0"), BYTES_LIT("\xc3\xa0") },
		{ BYTES_LIT("\xe2\x82\xa0"), BYTES_LIT("\xe2\x82\xa0") },
		/* stray bytes are Latin-1 */
		{ BYTES_LIT("\xa0" "a\x85"), BYTES_LIT("a") },
		{ BYTES_LIT("a\x80\x80\x80\x80\xa0"), BYTES_LIT("a\x80\x80\x80\x80") },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++)
		if (!bytes_equal(pytext_strip(cases[i].bytes), cases[i].stripped))
			fail_msg("case %zu", i);
}

static size_t count(struct bytes b, enum pytext_lines lines, size_t *ret_raw)
{
	struct pytext_reader r;
	struct pytext_line line;
	size_t n = 0;

	*ret_raw = 0;
	pytext_reader_init(&r, b, lines);
	while (pytext_reader_next(&r, &line)) {
		assert_int_equal(line.number, ++n);
		*ret_raw += line.raw.len;
	}
	return n;
}

static void breaks_lines(void **state)
{
	struct bytes all = BYTES_LIT("a\nb\rc\r\nd\ve\ff\x1cg\x1dh\x1ei\xc2\x85j\xe2\x80\xa8k\xe2\x80\xa9l\x1fm");
	size_t raw;

	(void)state;
	assert_int_equal(count(all, LINES_SPLITLINES, &raw), 12);
	assert_int_equal(raw, 14);	/* thirteen letters and the U+001F */
	assert_int_equal(count(all, LINES_UNIVERSAL, &raw), 4);
	assert_int_equal(count(BYTES_LIT("\n\n"), LINES_SPLITLINES, &raw), 2);
	assert_int_equal(count(BYTES_LIT("a\n"), LINES_SPLITLINES, &raw), 1);
	assert_int_equal(count(BYTES_NONE, LINES_SPLITLINES, &raw), 0);
}

static void reads_latin1(void **state)
{
	struct bytes text = BYTES_LIT("a\xc3\x85\xa0" "b\xc3\xa0\n\xe2\x80\xa8");
	static const struct bytes lines[] = { BYTES_LIT("a\xc3"), BYTES_LIT("b\xc3"), BYTES_LIT("\xe2\x80\xa8") };
	struct pytext_reader r;
	struct pytext_line line;

	(void)state;
	pytext_reader_init(&r, text, LINES_SPLITLINES);
	r.latin1 = true;
	for (size_t i = 0; i < ELEMENTSOF(lines); i++) {
		assert_true(pytext_reader_next(&r, &line));
		assert_true(bytes_equal(line.text, lines[i]));
	}
	assert_false(pytext_reader_next(&r, &line));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes_strictly),
		cmocka_unit_test(finds_where_a_decoder_stops),
		cmocka_unit_test(strips_what_python_strips),
		cmocka_unit_test(breaks_lines),
		cmocka_unit_test(reads_latin1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
