#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "cleanup.h"
#include "limits.h"
#include "pth.h"

#define A PTH_ERA_A
#define B PTH_ERA_B
#define C PTH_ERA_C
#define ALL (A | B | C)

static void append_eras(struct str *s, const char *sign, unsigned eras)
{
	if (eras)
		assert_int_equal(str_appendf(s, "%s%s%s%s", sign, eras & A ? "A" : "", eras & B ? "B" : "",
					     eras & C ? "C" : ""), 0);
}

/* Lines as "number:ABC-ABC~ABC!0:text": eras that execute it, for which it is a path (all: "-"), that do not reach it with a
 * UTF-8 locale; hidden; refused. */
static int describe(const struct pth_line *line, void *userdata)
{
	struct str *s = userdata;

	assert_true(line->text.len > 0);
	assert_int_equal(line->kind == PTH_LINE_EXEC, line->eras != 0);
	assert_true(line->eras || line->path_eras);
	assert_int_equal(line->eras & line->path_eras, 0);
	assert_int_equal(str_appendf(s, "%u:", line->number), 0);
	append_eras(s, "", line->eras);
	if (line->path_eras == ALL)
		assert_int_equal(str_append_char(s, '-'), 0);
	else
		append_eras(s, "-", line->path_eras);
	append_eras(s, "~", line->unreached);
	assert_int_equal(str_appendf(s, "%s%s:", line->hidden ? "!" : "", line->refused ? "0" : ""), 0);
	assert_int_equal(str_append_bytes(s, line->text), 0);
	assert_int_equal(str_append_char(s, '\n'), 0);
	return 0;
}

#define CASE(content, lines) { BYTES_LIT(content), BYTES_LIT(lines) }

static const struct {
	struct bytes content;
	struct bytes lines;
} cases[] = {
	CASE("", ""),
	CASE("\n\n \n# import os\n", ""),
	CASE("foo\n/bar\n", "1:-:foo\n2:-:/bar\n"),
	CASE("import os", "1:ABC:import os\n"),
	CASE("import\tos\r\nx", "1:ABC:import\tos\n2:-:x\n"),
	CASE("# c\n\nimport os; x\n", "3:ABC:import os; x\n"),

	/* not an import line in any era */
	CASE("from os import x\nimport(os)\nimport\fos\nimportos\nIMPORT os\n",
	     "1:-:from os import x\n2:-:import(os)\n3:-A!:import\fos\n3:-BC:import\n4:-BC!:os\n5:-:importos\n6:-:IMPORT os\n"),

	/* blanks in front: only C strips them */
	CASE("  import os\n", "1:C-AB:import os\n"),
	CASE("\t# x\n", ""),
	CASE("\xc2\xa0import os\n", "1:C-AB:import os\n"),
	CASE("\xe3\x80\x80\x1fimport os \xe2\x80\x83\n", "1:C-AB:import os\n"),
	CASE("import \n", "1:AB-C:import\n"),

	/* the mark hides line 1 from A only */
	CASE("\xef\xbb\xbfimport os\nimport sys\n", "1:BC!:import os\n2:ABC:import sys\n"),
	CASE("\xef\xbb\xbf/x\n", "1:-BC:/x\n"),
	CASE("\xef\xbb\xbf# c\n", ""),
	CASE("\xef\xbb\xbf\xef\xbb\xbfimport os\n", "1:-BC:\xef\xbb\xbfimport os\n"),
	CASE("\n\xef\xbb\xbfimport os\n", "2:-:\xef\xbb\xbfimport os\n"),
	CASE("\xef\xbb\xbf/../x\n", "1:-A:\xef\xbb\xbf/../x\n1:-BC:/../x\n"),

	/* separators that only B and C break at */
	CASE("# c\vimport os\n", "2:BC!:import os\n"),
	CASE("# c\fimport os\n", "2:BC!:import os\n"),
	CASE("foo\x1cimport a\x1dimport b\x1eimport c\n",
	     "1:-A!:foo\x1cimport a\x1dimport b\x1eimport c\n1:-BC:foo\n2:BC!:import a\n3:BC!:import b\n4:BC!:import c\n"),
	CASE("# c\xc2\x85import os\n", "2:BC!:import os\n"),
	CASE("# c\xe2\x80\xa8import os\xe2\x80\xa9import sys", "2:BC!:import os\n3:BC!:import sys\n"),
	/* ... but not as the second half of a character */
	CASE("# \xc3\x85import os\n", ""),
	CASE("# \xf0\x9f\x98\x85import os\n", ""),
	CASE("/x\xf0\x9f\x98\x85\n", "1:-:/x\xf0\x9f\x98\x85\n"),
	/* U+001F is a blank and no separator */
	CASE("# c\x1fimport os\n", ""),
	/* a blank separator at the end changes nothing, at the start hides it from A */
	CASE("import os\v\nfoo\f", "1:ABC:import os\n3:-:foo\n"),
	CASE("\vimport os\n", "1:-A!:import os\n2:BC!:import os\n"),

	/* an import line of A goes on behind them: all of it is executed there */
	CASE("import os\vfoo\v# c\v \vimport sys\nbar\n",
	     "1:A!:import os\vfoo\v# c\v \vimport sys\n1:BC:import os\n2:-BC!:foo\n5:BC!:import sys\n6:-:bar\n"),
	CASE("import os\vfoo\rbar\n", "1:A!:import os\vfoo\n1:BC:import os\n2:-BC!:foo\n3:-!:bar\n"),
	/* a comment of A goes on, too */
	CASE("# c\vfoo\n", "2:-BC!:foo\n"),

	/* a bare CR ends a line in every era, and a terminal overwrites it */
	CASE("import evil\r# harmless\n", "1:ABC!:import evil\n"),
	CASE("# harmless\rimport evil\n", "2:ABC!:import evil\n"),
	CASE("a\r\r\nb\r", "1:-:a\n3:-:b\n"),

	/* exec() refuses a NUL, and A and B leave the file there; in a comment or a path it ends nothing */
	CASE("# \0\nimport os\n", "2:ABC:import os\n"),
	CASE("/x\0y\nimport os\n", "1:-!:/x\0y\n2:ABC:import os\n"),
	CASE("import os; '\0'\nimport sys\nx\n", "1:ABC!0:import os; '\0'\n2:C:import sys\n3:-C:x\n"),
	CASE("import os\v\0\nimport sys\n", "1:A!0:import os\v\0\n1:BC:import os\n2:-BC!:\0\n3:BC:import sys\n"),
	CASE("import os\v\0import\vimport \0\vx\nimport sys\n",
	     "1:A!0:import os\v\0import\vimport \0\vx\n1:BC:import os\n2:-BC!:\0import\n3:BC!0:import \0\n4:-C!:x\n5:C:import sys\n"),

	/* not UTF-8: an 8-bit locale reads on, with 0x85 and 0xA0, without the mark */
	CASE("# \xff\xfe\nimport os\n", "2:ABC~ABC:import os\n"),
	CASE("\xff\nimport os\n", "1:-~ABC:\xff\n2:ABC~ABC:import os\n"),
	CASE("# \xe4\x85import os\n", "2:BC~BC!:import os\n"),
	CASE("\xa0import os\n", "1:C-AB~ABC:import os\n"),
	CASE("\xef\xbb\xbfimport os\n# \xff", "1:-~ABC:\xef\xbb\xbfimport os\n"),
	CASE("# \xc3\x85import os # \xff", "2:BC~BC!:import os # \xff\n"),
	/* ... in which U+2028 is no separator */
	CASE("# \xe2\x80\xa8import os\n# \xff", ""),
	/* cut off at the end */
	CASE("import os\nimport sys # \xe2\x80", "1:ABC~BC:import os\n2:ABC~ABC:import sys # \xe2\x80\n"),
	CASE("import os\r\xe2", "1:ABC~ABC!:import os\n2:-~ABC!:\xe2\n"),
	CASE("import os\vx\n\xff", "1:A~A!:import os\vx\n1:BC~BC:import os\n2:-BC~BC!:x\n3:-~ABC:\xff\n"),
	CASE("\xff\xfei\0m\0", "1:-~ABC!:\xff\xfei\0m\0\n"),

	/* os.path.abspath() makes a path of an indented comment that climbs out */
	CASE("  # see http://x/\n", ""),
	CASE(" # x/../../../tmp\n", "1:-AB:# x/../../../tmp\n"),
	CASE("\xef\xbb\xbf# x/..\n", "1:-A:\xef\xbb\xbf# x/..\n"),
	CASE("# x/../../../tmp\n", ""),
	CASE("foo\v# x/../../../tmp\n", "1:-A!:foo\v# x/../../../tmp\n1:-BC:foo\n"),
	CASE("\v# x\vfoo\n", "3:-BC!:foo\n"),
};

static void reads_as_every_era(void **state)
{
	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_str_ struct str s = STR_INIT;

		assert_int_equal(pth_parse(cases[i].content, describe, &s), 0);
		if (!bytes_equal(str_bytes(&s), cases[i].lines))
			fail_msg("case %zu:\n%.*s\ngives\n%s", i, (int)cases[i].content.len,
				 cases[i].content.ptr, s.buf);
	}
}

/* A comment of `length` bytes, then `tail`; before it an import line.  Answers its `unreached`. */
static int first_unreached(const struct pth_line *line, void *userdata)
{
	if (line->number == 1)
		*(unsigned *)userdata = line->unreached;
	return 0;
}

static unsigned unreached_at(const char *first, size_t length, struct bytes tail)
{
	_cleanup_str_ struct str s = STR_INIT;
	unsigned unreached = 0;

	assert_int_equal(str_append_text(&s, first), 0);
	while (s.len < length)
		assert_int_equal(str_append_char(&s, '#'), 0);
	assert_int_equal(str_append_bytes(&s, tail), 0);
	assert_int_equal(pth_fatal_eras(str_bytes(&s)), ALL);
	assert_int_equal(pth_parse(str_bytes(&s), first_unreached, &unreached), 0);
	return unreached;
}

/* Python 3.12 has executed what was complete before the 8 KiB with the bad byte. */
static void knows_where_a_start_dies(void **state)
{
	(void)state;
	assert_int_equal(pth_fatal_eras(BYTES_LIT("import os # \xc3\xa4")), 0);
	assert_int_equal(pth_fatal_eras(BYTES_NONE), 0);
	assert_int_equal(unreached_at("import os\n", 8191, BYTES_LIT("\xff\n")), ALL);
	assert_int_equal(unreached_at("import os\n", 8192, BYTES_LIT("\xff\n")), B | C);
	/* noticed at the second byte, which is of the next chunk; the first waits */
	assert_int_equal(unreached_at("import os\n", 8191, BYTES_LIT("\xc3(")), B | C);
	assert_int_equal(unreached_at("import os\n", 8190, BYTES_LIT("\xc3(")), ALL);
	assert_int_equal(unreached_at("import os\n", 8190, BYTES_LIT("\xe0\x9f\xbf")), ALL);
	assert_int_equal(unreached_at("import os\n", 8190, BYTES_LIT("\xe0\xa0(")), B | C);
	/* half a surrogate waits for its third byte */
	assert_int_equal(unreached_at("import os\n", 8190, BYTES_LIT("\xed\xa0\x80")), B | C);
	assert_int_equal(unreached_at("import os\n", 8190, BYTES_LIT("\xed\xbf")), B | C);
	assert_int_equal(unreached_at("import os\n", 8189, BYTES_LIT("\xed\xa0\x80")), ALL);
	assert_int_equal(unreached_at("import os\n", 8190, BYTES_LIT("\xed\xc0\x80")), ALL);
	assert_int_equal(unreached_at("import os\n", 8190, BYTES_LIT("\xf4\xa0\x80\x80")), ALL);
	assert_int_equal(unreached_at("import os\n", 8189, BYTES_LIT("\xf4\x8f\xbf(")), B | C);
	assert_int_equal(unreached_at("import os\n", 8189, BYTES_LIT("\xf4\x90\x80\x80")), ALL);
}

/* The separator of line 1 is the last that is decoded before the bad chunk. */
static unsigned unreached_with(const char *separator, size_t end, const char *tail)
{
	_cleanup_str_ struct str s = STR_INIT;

	assert_int_equal(str_append_text(&s, "import os"), 0);
	while (s.len < end - strlen(separator))
		assert_int_equal(str_append_char(&s, '#'), 0);
	assert_int_equal(str_append_text(&s, separator), 0);
	return unreached_at(s.buf, 0, bytes_of(tail));
}

static void waits_for_the_newline(void **state)
{
	(void)state;
	assert_int_equal(unreached_with("\n", 8192, "\xff"), B | C);
	assert_int_equal(unreached_with("\r\n", 8192, "\xff"), B | C);
	assert_int_equal(unreached_with("\r", 8192, "\xff"), ALL);
	assert_int_equal(unreached_with("\r", 8191, "x\xff"), B | C);
	assert_int_equal(unreached_with("\r\n", 8193, "\xff"), ALL);
	/* a character that is cut off is no character yet */
	assert_int_equal(unreached_with("\n", 8190, "\xe2\x80("), B | C);
	assert_int_equal(unreached_with("\r", 8190, "\xe2\x80("), ALL);
}

/* The bound on what is read cuts a character: that is no bad byte, and the mark and U+2028 keep their meaning. */
static void forgives_the_cut(void **state)
{
	_cleanup_str_ struct str s = STR_INIT;
	unsigned unreached = 0;

	(void)state;
	assert_int_equal(str_append_text(&s, "import os\n"), 0);
	assert_int_equal(str_reserve(&s, CONTENT_BYTES_MAX), 0);
	while (s.len < CONTENT_BYTES_MAX - 1)
		assert_int_equal(str_append_char(&s, '#'), 0);
	assert_int_equal(str_append_char(&s, '\xe2'), 0);
	assert_int_equal(pth_parse(str_bytes(&s), first_unreached, &unreached), 0);
	assert_int_equal(unreached, 0);
	s.buf[s.len - 1] = '\xff';
	assert_int_equal(pth_parse(str_bytes(&s), first_unreached, &unreached), 0);
	assert_int_equal(unreached, B | C);
}

static void names_the_versions(void **state)
{
	(void)state;
	assert_string_equal(pth_eras_to_string(A), "Python 3.12 and earlier");
	assert_string_equal(pth_eras_to_string(B | C), "Python 3.13 and later");
	assert_string_equal(pth_eras_to_string(ALL), "all versions of Python");
	for (unsigned eras = 0; eras <= ALL; eras++)
		assert_non_null(pth_eras_to_string(eras));
}

static int note_hidden(const struct pth_line *line, void *userdata)
{
	*(bool *)userdata = line->hidden;
	return 0;
}

static bool last_is_hidden(const char *before, unsigned count, char fill, const char *line)
{
	_cleanup_str_ struct str s = STR_INIT;
	bool hidden = false;

	assert_int_equal(str_append_text(&s, before), 0);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(str_append_char(&s, fill), 0);
	assert_int_equal(str_append_text(&s, line), 0);
	assert_int_equal(pth_parse(str_bytes(&s), note_hidden, &hidden), 0);
	return hidden;
}

static void sees_what_is_out_of_sight(void **state)
{
	(void)state;
	assert_true(last_is_hidden("import os;", PYTEXT_BLANK_RUN, ' ', "evil()\n"));
	assert_false(last_is_hidden("import os;", PYTEXT_BLANK_RUN - 1, ' ', "evil()\n"));
	assert_true(last_is_hidden("", PYTEXT_BLANK_RUN, '\t', "import os\n"));
	assert_false(last_is_hidden("import os", PYTEXT_BLANK_RUN, ' ', "\n"));
	assert_true(last_is_hidden("x\n", PYTEXT_BLANK_LINES, '\n', "import os\n"));
	assert_false(last_is_hidden("x\n", PYTEXT_BLANK_LINES - 1, '\n', "import os\n"));
}

static int stop(const struct pth_line *line, void *userdata)
{
	(void)line;
	++*(int *)userdata;
	return -ECANCELED;
}

static void callback_ends_the_parse(void **state)
{
	int calls = 0;

	(void)state;
	assert_int_equal(pth_parse(BYTES_LIT("a\nb\n"), stop, &calls), -ECANCELED);
	assert_int_equal(calls, 1);
	assert_int_equal(pth_parse(BYTES_NONE, stop, &calls), 0);
	assert_int_equal(calls, 1);
}

static void knows_weights(void **state)
{
	char tar[262] = { 0 };

	(void)state;
	assert_true(pth_is_binary(BYTES_LIT("PK\x03\x04zip")));
	assert_true(pth_is_binary(BYTES_LIT("\x80\x02\x8a\x0al\xfc")));
	assert_false(pth_is_binary(BYTES_LIT("\x80")));
	assert_false(pth_is_binary(BYTES_LIT("import os")));
	assert_false(pth_is_binary(BYTES_NONE));
	for (size_t i = 0; i < 5; i++)
		tar[257 + i] = "ustar"[i];
	assert_true(pth_is_binary((struct bytes){ tar, sizeof(tar) }));
	assert_false(pth_is_binary((struct bytes){ tar, sizeof(tar) - 1 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_as_every_era),
		cmocka_unit_test(knows_where_a_start_dies),
		cmocka_unit_test(waits_for_the_newline),
		cmocka_unit_test(forgives_the_cut),
		cmocka_unit_test(names_the_versions),
		cmocka_unit_test(sees_what_is_out_of_sight),
		cmocka_unit_test(callback_ends_the_parse),
		cmocka_unit_test(knows_weights),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
