#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "escape.h"

static const struct {
	struct bytes raw;
	const char *escaped;
} cases[] = {
	{ BYTES_LIT(""), "" },
	{ BYTES_LIT("plain ~text~"), "plain ~text~" },
	{ BYTES_LIT("a\\b"), "a\\\\b" },
	{ BYTES_LIT("\\n"), "\\\\n" },
	{ BYTES_LIT("\n\t\r"), "\\n\\t\\r" },
	{ BYTES_LIT("a\0b"), "a\\x00b" },
	{ BYTES_LIT("\x1b[31mred\x7f"), "\\x1b[31mred\\x7f" },
	{ BYTES_LIT("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x8d"), "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x8d" },
	{ BYTES_LIT("\xc2\x9b" "31m"), "\\u{9b}31m" },			/* C1 CSI */
	{ BYTES_LIT("a\xe2\x80\xae" "htp.b"), "a\\u{202e}htp.b" },	/* right-to-left override */
	{ BYTES_LIT("a\xe2\x81\xa6" "b"), "a\\u{2066}b" },		/* isolate */
	{ BYTES_LIT("a\xe2\x80\x8b" "b"), "a\\u{200b}b" },		/* zero-width space */
	{ BYTES_LIT("\xef\xbb\xbf" "b"), "\\u{feff}b" },
	{ BYTES_LIT("a\xc2\xa0" "b"), "a\\u{a0}b" },
	{ BYTES_LIT("x\xf3\xa0\x81\xa1"), "x\\u{e0061}" },		/* a tag */
	{ BYTES_LIT("x\xef\xb8\x8f"), "x\\u{fe0f}" },			/* a variation selector */
	{ BYTES_LIT("\xee\x80\x80"), "\\u{e000}" },
	{ BYTES_LIT("\xf4\x8f\xbf\xbf"), "\\u{10ffff}" },
	{ BYTES_LIT("\xe2\x80\xa8"), "\\u{2028}" },			/* line separator */
	{ BYTES_LIT("\xc3"), "\\xc3" },					/* cut short */
	{ BYTES_LIT("\xe2\x82"), "\\xe2\\x82" },
	{ BYTES_LIT("\xc0\xaf"), "\\xc0\\xaf" },			/* overlong */
	{ BYTES_LIT("\xe0\x80\xaf"), "\\xe0\\x80\\xaf" },
	{ BYTES_LIT("\xf0\x80\x80\xaf"), "\\xf0\\x80\\x80\\xaf" },
	{ BYTES_LIT("\xed\xa0\x80"), "\\xed\\xa0\\x80" },		/* a surrogate */
	{ BYTES_LIT("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80" },	/* beyond the last */
	{ BYTES_LIT("\xff\xfe"), "\\xff\\xfe" },
	{ BYTES_LIT("\xc3(\xc3\xa9"), "\\xc3(\xc3\xa9" },
};

static void assert_text(const struct str *s, const char *expected)
{
	assert_string_equal(s->buf, expected);
	assert_int_equal(s->len, strlen(expected));
}

static void escapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_str_ struct str s = STR_INIT, again = STR_INIT;

		assert_int_equal(escape_append(&s, cases[i].raw), 0);
		assert_text(&s, cases[i].escaped);
		assert_int_equal(escape_append_escaped(&again, str_bytes(&s)), 0);
		assert_text(&again, cases[i].escaped);
	}
}

static void reads_sequences(void **state)
{
	uint32_t c = 7;

	(void)state;
	assert_int_equal(utf8_sequence(BYTES_NONE, &c), 0);
	assert_int_equal(utf8_sequence(BYTES_LIT("\x80"), &c), 0);
	assert_int_equal(utf8_sequence(BYTES_LIT("\xf5\x80\x80\x80"), &c), 0);
	assert_int_equal(c, 7);
	assert_int_equal(utf8_sequence(BYTES_LIT("\0"), &c), 1);
	assert_int_equal(c, 0);
	assert_int_equal(utf8_sequence(BYTES_LIT("\xed\x9f\xbf"), &c), 3);
	assert_int_equal(c, 0xd7ff);
	assert_int_equal(utf8_sequence(BYTES_LIT("\xf0\x90\x80\x80zz"), &c), 4);
	assert_int_equal(c, 0x10000);
}

static void cuts_at_units(void **state)
{
	static const struct {
		struct bytes raw;
		size_t max;
		enum escape_cut cut;
		const char *expected;
	} cut[] = {
		{ BYTES_LIT("abcdef"), 6, ESCAPE_CUT_END, "abcdef" },
		{ BYTES_LIT("abcdefg"), 6, ESCAPE_CUT_END, "abc…" },
		{ BYTES_LIT("ab\n\n\n"), 6, ESCAPE_CUT_END, "ab…" },
		{ BYTES_LIT("ab\n\n\n"), 7, ESCAPE_CUT_END, "ab\\n…" },
		{ BYTES_LIT("a\xc3\xa9\xc3\xa9\xc3\xa9"), 6, ESCAPE_CUT_END, "aé…" },
		{ BYTES_LIT("/aaaaaaaaaaaaaaaa/x.pth"), 15, ESCAPE_CUT_MIDDLE, "/aaa…aa/x.pth" },
		{ BYTES_LIT("/aaaaaaaaaaaaa\n\n.pth"), 15, ESCAPE_CUT_MIDDLE, "/aaa…\\n\\n.pth" },
		{ BYTES_LIT("/aaaaaaaaaaaaa\xff\xff\xff.pth"), 15, ESCAPE_CUT_MIDDLE, "/aaa…\\xff.pth" },
		{ BYTES_LIT("/aaaaaaaaaaaa\xe2\x82\xac\xe2\x82\xac.pth"), 14, ESCAPE_CUT_MIDDLE, "/aa…€.pth" },
		{ BYTES_LIT("abcd"), 3, ESCAPE_CUT_END, "…" },
		{ BYTES_LIT("abcd"), 3, ESCAPE_CUT_MIDDLE, "…" },
		{ BYTES_LIT("abcd"), 2, ESCAPE_CUT_END, "" },
		{ BYTES_LIT("abcd"), 0, ESCAPE_CUT_MIDDLE, "" },
		{ BYTES_NONE, 0, ESCAPE_CUT_MIDDLE, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
		_cleanup_str_ struct str s = STR_INIT;

		assert_int_equal(escape_append_max(&s, cut[i].raw, cut[i].max, cut[i].cut), 0);
		assert_text(&s, cut[i].expected);
	}
}

static void quotes(void **state)
{
	_cleanup_str_ struct str s = STR_INIT;

	(void)state;
	assert_int_equal(escape_append_quoted(&s, BYTES_LIT("a\" by \"b\\\""), 100, ESCAPE_CUT_END), 0);
	assert_text(&s, "\"a\\\" by \\\"b\\\\\\\"\"");
	str_clear(&s);
	assert_int_equal(escape_append_quoted(&s, BYTES_LIT("abcdefgh"), 5, ESCAPE_CUT_END), 0);
	assert_text(&s, "\"ab…\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes),
		cmocka_unit_test(reads_sequences),
		cmocka_unit_test(cuts_at_units),
		cmocka_unit_test(quotes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
