#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <errno.h>

#include "cleanup.h"
#include "limits.h"
#include "pysource.h"

static const struct source_case {
	struct bytes bytes;
	const char *encoding;	/* NULL: none */
	bool odd, unknown;
	struct bytes text;	/* absent: as it is */
} cases[] = {
	{ BYTES_LIT(""), NULL, false, false, BYTES_NONE },
	{ BYTES_LIT("x = '\xc3\xa4'\n"), NULL, false, false, BYTES_NONE },
	{ BYTES_LIT("\xef\xbb\xbfx\n"), NULL, false, false, BYTES_LIT("x\n") },
	{ BYTES_LIT("\xef\xbb\xbf# coding: utf-8\n"), "utf-8", false, false, BYTES_LIT("# coding: utf-8\n") },
	/* CPython refuses it */
	{ BYTES_LIT("\xef\xbb\xbf# coding: latin-1\n\xe4"), "latin-1", false, false, BYTES_LIT("# coding: latin-1\n\xe4") },

	/* where it may stand */
	{ BYTES_LIT("# -*- coding: utf-8 -*-\n"), "utf-8", false, false, BYTES_NONE },
	{ BYTES_LIT("#!/bin/x\n\t # vim: set fileencoding=utf-8 :\n"), "utf-8", false, false, BYTES_NONE },
	{ BYTES_LIT("\f\r#coding=utf_8\r"), "utf_8", false, false, BYTES_NONE },
	{ BYTES_LIT("# encoding, coding:, coding: \tutf8-x?\n"), "utf8-x", true, true, BYTES_NONE },
	{ BYTES_LIT("x\n# coding: utf-7\n"), NULL, false, false, BYTES_NONE },
	{ BYTES_LIT("x # coding: utf-7\n"), NULL, false, false, BYTES_NONE },
	{ BYTES_LIT("\n\n# coding: utf-7\n"), NULL, false, false, BYTES_NONE },
	{ BYTES_LIT("'''\n# coding: utf-7\n'''\n"), NULL, false, false, BYTES_NONE },
	{ BYTES_LIT("# coding utf-7\n"), NULL, false, false, BYTES_NONE },
	{ BYTES_LIT("# coding:"), NULL, false, false, BYTES_NONE },

	/* bytes and characters */
	{ BYTES_LIT("#coding:Latin_1\n\xe4\n"), "Latin_1", false, false, BYTES_LIT("#coding:Latin_1\n\xc3\xa4\n") },
	{ BYTES_LIT("#coding:latin-1-unix\n\xe4\n"), "latin-1-unix", false, false, BYTES_LIT("#coding:latin-1-unix\n\xc3\xa4\n") },
	{ BYTES_LIT("#coding:UTF_8-dos\n\xe4\n"), "UTF_8-dos", false, false, BYTES_NONE },
	{ BYTES_LIT("#coding:iso8859-15\n\xa4\n"), "iso8859-15", false, false, BYTES_LIT("#coding:iso8859-15\n\xe2\x82\xac\n") },
	{ BYTES_LIT("#coding:cp1252\n\x80\x81\n"), "cp1252", false, false, BYTES_LIT("#coding:cp1252\n\xe2\x82\xac\xc2\x81\n") },
	{ BYTES_LIT("#coding:windows-1251\n\xe4\n"), "windows-1251", false, false, BYTES_LIT("#coding:windows-1251\n\xd0\xb4\n") },
	{ BYTES_LIT("#coding:437\n\xa7s\n"), "437", false, false, BYTES_LIT("#coding:437\n\xc2\xbas\n") },
	{ BYTES_LIT("#coding:mac-greek\n\xe4\n"), "mac-greek", false, false, BYTES_LIT("#coding:mac-greek\n\xc3\xa4\n") },
	{ BYTES_LIT("#coding:ascii\n\xe4\n"), "ascii", false, false, BYTES_NONE },
	/* the second byte is a backslash, and is none */
	{ BYTES_LIT("#coding:sjis\n'\x95\x5c'\n"), "sjis", false, false, BYTES_LIT("#coding:sjis\n'\xe8\xa1\xa8'\n") },
	{ BYTES_LIT("#coding:shift_jis\n'\x5c\x5c'\n"), "shift_jis", false, false, BYTES_LIT("#coding:shift_jis\n'\x5c\x5c'\n") },
	{ BYTES_LIT("#coding:big5\n'\xa5\x5c'\n"), "big5", false, false, BYTES_LIT("#coding:big5\n'\xe5\x8a\x9f'\n") },
	/* full width letters, one that is cut off, one that is none */
	{ BYTES_LIT("#coding:gbk\n\xa3\xef\xa3\xf3\n\xff\n\xa3"), "gbk", false, false,
	  BYTES_LIT("#coding:gbk\n\xef\xbd\x8f\xef\xbd\x93\n\xc3\xbf\n\xc2\xa3") },

	/* comments that are code */
	{ BYTES_LIT("#coding:utf-7\n# +AAo-x+ACIAIg-\n"), "utf-7", true, false, BYTES_LIT("#coding:utf-7\n# \nx\"\"\n") },
	{ BYTES_LIT("#coding:unicode_escape\n# \\u000ax\\x0a\\N{LATIN SMALL LETTER O}\\\ny\xe4\n"), "unicode_escape", true,
	  false, BYTES_LIT("#coding:unicode_escape\n# \nx\noy\xc3\xa4\n") },
	{ BYTES_LIT("#coding:raw-unicode-escape\n#\\u000ax\\x0a\\\\u000a\\U0000000ay\\u00\\\n\xe4"), "raw-unicode-escape", true, false,
	  BYTES_LIT("#coding:raw-unicode-escape\n#\nx\\x0a\\\\u000a\ny\\u00\\\n\xc3\xa4") },
	{ BYTES_LIT("#coding:rot13\nvzcbeg bf\n"), "rot13", true, false, BYTES_LIT("#pbqvat:ebg13\nimport os\n") },
	{ BYTES_LIT("#coding:iso2022_jp\nx\n"), "iso2022_jp", true, true, BYTES_NONE },
	{ BYTES_LIT("#coding:cp037\nx\n"), "cp037", true, true, BYTES_NONE },
	{ BYTES_LIT("#coding:utf-16\nx\n"), "utf-16", true, true, BYTES_NONE },
	{ BYTES_LIT("#coding:a-name-that-is-longer-than-any-that-is-known\nx\n"), "a-name-that-is-longer-than-any-that-is-known",
	  true, true, BYTES_NONE },
};

static void reads_what_cpython_reads(void **state)
{
	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		const struct source_case *e = &cases[i];
		_cleanup_pysource_ struct pysource s = PYSOURCE_INIT;

		assert_int_equal(pysource_read(e->bytes, &s), 0);
		if (!bytes_equal(s.encoding, bytes_of(e->encoding)) || s.odd != e->odd || s.unknown != e->unknown ||
		    !bytes_equal(s.text, e->text.ptr ? e->text : e->bytes))
			fail_msg("%s: %.*s, %d, %d: %.*s", e->bytes.ptr, (int)s.encoding.len, s.encoding.ptr ? s.encoding.ptr : "", s.odd,
				 s.unknown, (int)s.text.len, s.text.ptr);
	}
}

/* Much that is wrong, and more than is converted at once. */
static void reads_on_behind_what_is_wrong(void **state)
{
	_cleanup_pysource_ struct pysource s = PYSOURCE_INIT;
	_cleanup_str_ struct str text = STR_INIT;
	const size_t count = 2 * PYSOURCE_PIECE;

	(void)state;
	assert_int_equal(str_append_text(&text, "#coding:gbk\n"), 0);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(str_append(&text, "\xa3\xe1\xff\n", 4), 0);
	assert_int_equal(str_append_text(&text, "import os\n"), 0);
	assert_int_equal(pysource_read(str_bytes(&text), &s), 0);
	assert_true(bytes_has_suffix(s.text, BYTES_LIT("\nimport os\n")));
	assert_true(s.text.len > 12 + 6 * PYSOURCE_ERRORS_MAX);
	assert_true(bytes_has_prefix(s.text, BYTES_LIT("#coding:gbk\n\xef\xbd\x81\xc3\xbf\n\xef\xbd\x81")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_cpython_reads),
		cmocka_unit_test(reads_on_behind_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
