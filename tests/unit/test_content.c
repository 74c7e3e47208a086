#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <errno.h>

#include "cleanup.h"
#include "content.h"
#include "limits.h"

/* Nothing but the bytes. */
static int judge(struct hook *hook, struct bytes bytes, uint64_t size, struct region *region, struct content *ret)
{
	return content_judge(&(struct content_request){ .bytes = bytes, .size = size, .rootfd = -EBADF }, hook, region, ret);
}

struct sample {
	const char *path;
	struct bytes bytes;
	enum content_verdict verdict;
	enum vector vector;
	size_t executing, paths;
	bool hidden;
	const char *lines;	/* "does:text", one a line */
};

#define SITE "/v/lib/python3.11/site-packages/"
#define I CONTENT_INERT
#define X CONTENT_EXECUTES

static const struct sample samples[] = {
	{ SITE "x.pth", BYTES_LIT(""), I, VECTOR_PTH_PATH, 0, 0, false, "" },
	{ SITE "x.pth", BYTES_LIT("# only a comment\n"), I, VECTOR_PTH_PATH, 0, 0, false, "" },
	{ SITE "x.pth", BYTES_LIT("/src\n../y\n"), X, VECTOR_PTH_PATH, 0, 2, false,
	  "adds-path:/src\nadds-path:../y\n" },
	{ SITE "x.pth", BYTES_LIT("/src\nimport os\n"), X, VECTOR_PTH_EXEC, 1, 1, false,
	  "adds-path:/src\nexecutes:import os\n" },
	{ SITE "x.pth", BYTES_LIT("# c\vimport os\n"), X, VECTOR_PTH_EXEC, 1, 0, true, "executes:import os\n" },

	{ SITE "x.start", BYTES_LIT("a:b\nbad\n"), X, VECTOR_START, 1, 0, false, "calls:a:b\ncalls:bad\n" },
	{ SITE "x.start", BYTES_LIT(""), I, VECTOR_START, 0, 0, false, "" },
	{ SITE "x.start", BYTES_LIT("bad\n"), I, VECTOR_START, 0, 0, false, "calls:bad\n" },
	{ SITE "x.start", BYTES_LIT("a:b\n\xff\n"), I, VECTOR_START, 0, 0, false, "calls:a:b\ncalls:\xff\n" },

	{ SITE "sitecustomize.py", BYTES_LIT(""), I, VECTOR_SITECUSTOMIZE, 0, 0, false, "" },
	{ SITE "sitecustomize.py", BYTES_LIT("# empty\n\n  # too\n"), I, VECTOR_SITECUSTOMIZE, 0, 0, false, "" },
	{ SITE "sitecustomize.py", BYTES_LIT("# c\nimport os\n"), X, VECTOR_SITECUSTOMIZE, 1, 0, false,
	  "executes:import os\n" },
	{ SITE "sitecustomize.py", BYTES_LIT("# c\rimport os\n"), X, VECTOR_SITECUSTOMIZE, 1, 0, true,
	  "executes:import os\n" },
	/* \v ends no line of Python source */
	{ SITE "sitecustomize.py", BYTES_LIT("# c\vimport os\n"), I, VECTOR_SITECUSTOMIZE, 0, 0, false, "" },
	{ SITE "usercustomize/__init__.py", BYTES_LIT("x=1"), X, VECTOR_USERCUSTOMIZE, 1, 0, false, "executes:x=1\n" },
	{ SITE "usercustomize/__init__.py", BYTES_LIT("\xef\xbb\xbf# c\n"), I, VECTOR_USERCUSTOMIZE, 0, 0, false, "" },
	{ SITE "sitecustomize/__init__.so", BYTES_LIT("\x7f" "ELF\2\1\1"), X, VECTOR_SITECUSTOMIZE, 0, 0, false, "" },
	{ SITE "sitecustomize/__init__.pyc", BYTES_LIT("\xa7\x0d\r\n\0\0\0\0\0\0\0\0\0\0\0\0\xe3"), X,
	  VECTOR_SITECUSTOMIZE, 0, 0, false, "" },
	{ SITE "sitecustomize/__init__.py", BYTES_LIT("#!\r\n# no more than comments\n"), I,
	  VECTOR_SITECUSTOMIZE, 0, 0, false, "" },
	/* a comment is code in some encodings */
	{ SITE "sitecustomize.py", BYTES_LIT("# -*- coding: utf-8 -*-\n# c\n"), I, VECTOR_SITECUSTOMIZE, 0, 0, false, "" },
	{ SITE "sitecustomize.py", BYTES_LIT("#!/bin/x\n# vim: set fileencoding=utf-7 :\n# +AAo-evil()\n"), X,
	  VECTOR_SITECUSTOMIZE, 1, 0, true, "sets:# vim: set fileencoding=utf-7 :\nexecutes:# +AAo-evil()\n" },
	{ SITE "sitecustomize.py", BYTES_LIT("\n\n# coding: utf-7\n"), I, VECTOR_SITECUSTOMIZE, 0, 0, false, "" },

	{ SITE "sitecustomize.pyc", BYTES_LIT("\xa7\x0d\r\n"), X, VECTOR_SITECUSTOMIZE, 0, 0, false, "" },
	{ SITE "sitecustomize.so", BYTES_LIT("\x7f" "ELF"), X, VECTOR_SITECUSTOMIZE, 0, 0, false, "" },
	{ SITE "sitecustomize.so", BYTES_LIT(""), I, VECTOR_SITECUSTOMIZE, 0, 0, false, "" },
	{ "/usr/lib/python3.11/__pycache__/os.cpython-311.pyc", BYTES_LIT("xyz"), X, VECTOR_PYC, 0, 0, false, "" },
	{ "/usr/lib/python3.11/encodings/__init__.py", BYTES_LIT("import codecs\n"), X, VECTOR_STDLIB, 1, 0, false,
	  "executes:import codecs\n" },
	{ "/usr/lib/python311.zip", BYTES_LIT("PK\3\4"), X, VECTOR_INTERPRETER_CONFIG, 0, 0, false, "" },

	{ "/v/pyvenv.cfg", BYTES_LIT("HOME = /usr/bin\ninclude-system-site-packages = false\nversion = 3\n"), X,
	  VECTOR_PYVENV_CFG, 0, 0, false, "sets:HOME = /usr/bin\n" },
	{ "/v/pyvenv.cfg", BYTES_LIT("include-system-site-packages=TRUE\n"), I, VECTOR_PYVENV_CFG, 0, 0, false,
	  "sets:include-system-site-packages=TRUE\n" },
	{ "/v/pyvenv.cfg", BYTES_LIT("# nothing\nhomes = x\nhome\n"), I, VECTOR_PYVENV_CFG, 0, 0, false, "" },
	{ "/usr/bin/python3._pth", BYTES_LIT("/usr/lib/python3.11\n# c\nimport site\nimport os\n"), X,
	  VECTOR_INTERPRETER_CONFIG, 1, 1, false, "adds-path:/usr/lib/python3.11\nexecutes:import site\n" },
	{ "/usr/bin/pybuilddir.txt", BYTES_LIT(""), X, VECTOR_INTERPRETER_CONFIG, 0, 0, false, "" },

	{ "/h/.ipython/profile_default/startup/1.py", BYTES_LIT("x()\n"), X, VECTOR_IPYTHON, 1, 0, false, "executes:x()\n" },
	{ "/h/.ipython/profile_default/ipython_config.json", BYTES_LIT("{}"), I, VECTOR_IPYTHON, 0, 0, false, "" },
	{ "/h/.ipython/profile_default/ipython_config.json",
	  BYTES_LIT("{\"InteractiveShellApp\":{\"exec_lines\":[\"x()\"]}}"), X, VECTOR_IPYTHON, 0, 0, false,
	  "sets:InteractiveShellApp = {\"exec_lines\":[\"x()\"]}\n" },
	{ "/usr/share/jupyter/kernels/p/kernel.json", BYTES_LIT("{\"argv\": [\"sh\"],\n\"env\": {\"A\":\"b\"}}"), X,
	  VECTOR_JUPYTER, 0, 0, false, "sets:argv = [\"sh\"]\nsets:env = {\"A\":\"b\"}\n" },
	{ "/usr/share/jupyter/kernels/p/kernel.json", BYTES_LIT("{\"argv\": NaN"), X, VECTOR_JUPYTER, 0, 0, false,
	  "sets:{\"argv\": NaN\n" },
	{ "/usr/share/jupyter/kernels/p/kernel.json", BYTES_LIT(" \n"), I, VECTOR_JUPYTER, 0, 0, false, "" },

	{ "/h/.bashrc", BYTES_LIT("export PYTHONPATH=/x\n"), X, VECTOR_ENV, 0, 0, false, "sets:PYTHONPATH=/x\n" },
	{ "/h/.bashrc", BYTES_LIT("export PYTHONUNBUFFERED=1 PYTHONPATH=\n"), I, VECTOR_ENV, 0, 0, false,
	  "sets:PYTHONUNBUFFERED=1\nsets:PYTHONPATH=\n" },
};

static void judges(void **state)
{
	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(samples); i++) {
		const struct sample *e = &samples[i];
		_cleanup_region_ struct region region = REGION_INIT;
		_cleanup_str_ struct str s = STR_INIT;
		struct content c;
		struct hook h;

		assert_true(hookpath_classify(bytes_of(e->path), &h));
		assert_int_equal(judge(&h, e->bytes, e->bytes.len, &region, &c), 0);
		for (size_t k = 0; k < c.line_count; k++) {
			assert_int_equal(str_append_text(&s, content_line_does_to_string(c.lines[k].does)), 0);
			assert_int_equal(str_append_char(&s, ':'), 0);
			assert_int_equal(str_append_bytes(&s, c.lines[k].text), 0);
			assert_int_equal(str_append_char(&s, '\n'), 0);
		}
		if (c.verdict != e->verdict || h.vector != e->vector || c.executing != e->executing ||
		    c.paths != e->paths || c.hidden != e->hidden || c.truncated || c.unread ||
		    !bytes_equal(str_bytes(&s), bytes_of(e->lines)))
			fail_msg("sample %zu: %s %s, %zu run, %zu paths, hidden %d\n%s", i,
				 content_verdict_to_string(c.verdict), vector_to_string(h.vector),
				 c.executing, c.paths, c.hidden, s.buf);
	}
}

static void hashes(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	struct hook h = { .vector = VECTOR_ENV };
	struct content c;

	(void)state;
	assert_int_equal(judge(&h, BYTES_LIT("abc"), 3, &region, &c), 0);
	assert_string_equal(c.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(c.size, 3);
	assert_int_equal(judge(&h, BYTES_NONE, 0, &region, &c), 0);
	assert_string_equal(c.sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_int_equal(judge(&h, BYTES_LIT("abc"), 4, &region, &c), 0);
	assert_true(c.truncated);
}

/* A payload behind a crowd of harmless lines is among the lines that are kept. */
static void keeps_the_lines_that_matter(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_str_ struct str s = STR_INIT;
	struct hook h = { .vector = VECTOR_PTH };
	struct content c;

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(str_appendf(&s, "/path%d\n", i), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(str_appendf(&s, "import m%d\n", i), 0);
	assert_int_equal(str_append_text(&s, "# c\vimport evil\n/last\n"), 0);

	assert_int_equal(judge(&h, str_bytes(&s), s.len, &region, &c), 0);
	assert_int_equal(c.line_count, ALERT_LINES_MAX);
	assert_int_equal(c.executing, 101);
	assert_int_equal(c.paths, 101);
	assert_int_equal(c.lines[0].number, 101);
	assert_true(bytes_equal(c.lines[0].text, BYTES_LIT("import m0")));
	assert_true(bytes_equal(c.lines[ALERT_LINES_MAX - 1].text, BYTES_LIT("import evil")));
	for (size_t i = 1; i < c.line_count; i++)
		assert_true(c.lines[i - 1].number < c.lines[i].number);
}

static void bounds_what_it_keeps(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_free_ char *big = NULL;
	struct hook h = { .vector = VECTOR_PTH };
	struct content c;
	size_t size = CONTENT_BYTES_MAX + 100;

	(void)state;
	big = malloc(size);
	assert_non_null(big);
	memset(big, 'x', size);
	memcpy(big, "import ", 7);
	memcpy(big + CONTENT_BYTES_MAX, "\nimport y\n", 10);
	assert_int_equal(judge(&h, (struct bytes){ big, size }, size, &region, &c), 0);
	assert_true(c.truncated);
	assert_int_equal(c.executing, 1);
	assert_int_equal(c.lines[0].text.len, ALERT_LINE_BYTES_MAX);
	assert_true(region.used < 2 * ALERT_LINE_BYTES_MAX);
	/* The lines outlive the content. */
	memset(big, 'y', size);
	assert_true(bytes_has_prefix(c.lines[0].text, BYTES_LIT("import xxx")));
}

static void numbers_json_lines(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	struct hook h = { .vector = VECTOR_JUPYTER, .form = FORM_JSON };
	struct content c;
	struct bytes b = BYTES_LIT("{\n \"argv\": [],\n \"env\": {}\n}");

	(void)state;
	assert_int_equal(judge(&h, b, b.len, &region, &c), 0);
	assert_int_equal(c.line_count, 2);
	assert_int_equal(c.lines[0].number, 2);
	assert_int_equal(c.lines[1].number, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges),
		cmocka_unit_test(hashes),
		cmocka_unit_test(keeps_the_lines_that_matter),
		cmocka_unit_test(bounds_what_it_keeps),
		cmocka_unit_test(numbers_json_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
