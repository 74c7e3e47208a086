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

/* Lines as "number:eras:text" (eras "-" for a path line, "!" behind it if hidden). */
static int describe(const struct pth_line *line, void *userdata)
{
	struct str *s = userdata;

	assert_true(line->text.len > 0);
	assert_int_equal(line->kind == PTH_LINE_EXEC, line->eras != 0);
	assert_int_equal(str_appendf(s, "%u:%s%s%s%s%s:", line->number, line->eras & A ? "A" : "",
				     line->eras & B ? "B" : "", line->eras & C ? "C" : "",
				     line->eras ? "" : "-", line->hidden ? "!" : ""), 0);
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
	     "1:-:from os import x\n2:-:import(os)\n3:-:import\n4:-!:os\n5:-:importos\n6:-:IMPORT os\n"),

	/* blanks in front: only C strips them */
	CASE("  import os\n", "1:C:import os\n"),
	CASE("\t# x\n", ""),
	CASE("\xc2\xa0import os\n", "1:C:import os\n"),
	CASE("\xe3\x80\x80\x1fimport os \xe2\x80\x83\n", "1:C:import os\n"),
	CASE("import \n", "1:AB:import\n"),

	/* the mark hides line 1 from A only */
	CASE("\xef\xbb\xbfimport os\nimport sys\n", "1:BC!:import os\n2:ABC:import sys\n"),
	CASE("\xef\xbb\xbf/x\n", "1:-:/x\n"),
	CASE("\xef\xbb\xbf# c\n", ""),
	CASE("\xef\xbb\xbf\xef\xbb\xbfimport os\n", "1:-:\xef\xbb\xbfimport os\n"),

	/* separators that only B and C break at */
	CASE("# c\vimport os\n", "2:BC!:import os\n"),
	CASE("# c\fimport os\n", "2:BC!:import os\n"),
	CASE("foo\x1cimport a\x1dimport b\x1eimport c\n",
	     "1:-:foo\n2:BC!:import a\n3:BC!:import b\n4:BC!:import c\n"),
	CASE("# c\xc2\x85import os\n", "2:BC!:import os\n"),
	CASE("# c\xe2\x80\xa8import os\xe2\x80\xa9import sys", "2:BC!:import os\n3:BC!:import sys\n"),
	/* in an 8-bit locale, a lone 0x85 is NEL */
	CASE("# \xe4\x85import os\n", "2:BC!:import os\n"),
	/* ... but not as the second half of a character */
	CASE("# \xc3\x85import os\n", ""),
	CASE("# \xf0\x9f\x98\x85import os\n", ""),
	CASE("/x\xf0\x9f\x98\x85\n", "1:-:/x\xf0\x9f\x98\x85\n"),
	/* U+001F is a blank and no separator */
	CASE("# c\x1fimport os\n", ""),

	/* an import line of A goes on behind them: all of it is executed there */
	CASE("import os\vfoo\v# c\v \vimport sys\nbar\n",
	     "1:ABC:import os\n2:A!:foo\n3:A!:# c\n5:ABC!:import sys\n6:-:bar\n"),
	/* a comment of A goes on, too */
	CASE("# c\vfoo\n", "2:-!:foo\n"),

	/* a bare CR ends a line in every era, and a terminal overwrites it */
	CASE("import evil\r# harmless\n", "1:ABC!:import evil\n"),
	CASE("# harmless\rimport evil\n", "2:ABC!:import evil\n"),
	CASE("a\r\r\nb\r", "1:-:a\n3:-:b\n"),

	/* NUL and undecodable bytes end nothing */
	CASE("# \0\nimport os\n", "2:ABC:import os\n"),
	CASE("/x\0y\nimport os\n", "1:-!:/x\0y\n2:ABC:import os\n"),
	CASE("import os; '\0'\n", "1:ABC!:import os; '\0'\n"),
	CASE("# \xff\xfe\nimport os\n", "2:ABC:import os\n"),
	CASE("\xff\nimport os\n", "1:-:\xff\n2:ABC:import os\n"),

	/* os.path.abspath() makes a path of an indented comment that climbs out */
	CASE("  # see http://x/\n", ""),
	CASE(" # x/../../../tmp\n", "1:-:# x/../../../tmp\n"),
	CASE("\xef\xbb\xbf# x/..\n", "1:-:# x/..\n"),
	CASE("# x/../../../tmp\n", ""),
	CASE("foo\v# x/../../../tmp\n", "1:-:foo\n2:-!:# x/../../../tmp\n"),
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
		cmocka_unit_test(sees_what_is_out_of_sight),
		cmocka_unit_test(callback_ends_the_parse),
		cmocka_unit_test(knows_weights),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
