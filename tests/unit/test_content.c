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
#include "place.h"
#include "pth.h"

static struct judgement *judgement;

static int load(void **state)
{
	(void)state;
	return judgement_load(NULL, &PROBLEMS_INIT, &judgement);
}

static int unload(void **state)
{
	(void)state;
	judgement = judgement_free(judgement);
	return 0;
}

/* Nothing but the bytes. */
static int judge(struct hook *hook, struct bytes bytes, uint64_t size, struct region *region, struct content *ret)
{
	return content_judge(&(struct content_request){ .bytes = bytes, .size = size, .rootfd = -EBADF,
							.judgement = judgement }, hook, region, ret);
}

struct sample {
	const char *path;
	struct bytes bytes;
	enum content_verdict verdict;	/* unless what was found weighs more */
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
		if (c.verdict < CONTENT_SUSPICIOUS ? c.verdict != e->verdict : c.score <= 0)
			fail_msg("sample %zu: %s, score %d", i, content_verdict_to_string(c.verdict), c.score);
		if (h.vector != e->vector || c.executing != e->executing ||
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

/* ---- findings --------------------------------------------------------------- */

/* The disk: files by their paths. */
struct disk_file {
	const char *path;
	struct bytes bytes;
};

struct disk {
	const struct disk_file *files;	/* ended by a NULL path */
	unsigned asked;
};

static int read_disk(void *userdata, struct bytes path, size_t max, struct work *work, struct str *ret,
		     struct stat *ret_st)
{
	struct disk *d = userdata;

	(void)work;
	d->asked++;
	str_clear(ret);
	for (const struct disk_file *f = d->files; f && f->path; f++) {
		if (!bytes_equal(path, bytes_of(f->path)))
			continue;
		*ret_st = (struct stat){ .st_size = (off_t)f->bytes.len };
		return str_append(ret, f->bytes.ptr, f->bytes.len < max ? f->bytes.len : max);
	}
	return -ENOENT;
}

static int judge_at(const char *path, struct bytes bytes, struct disk *disk, struct region *region, struct content *ret)
{
	struct hook hook = { 0 };

	(void)hookpath_classify(bytes_of(path), &hook);
	return content_judge(&(struct content_request){ .path = bytes_of(path), .bytes = bytes, .size = bytes.len,
							.rootfd = -EBADF, .judgement = judgement,
							.read = disk ? read_disk : NULL, .userdata = disk },
			     &hook, region, ret);
}

/* "known-name unsafe-path": those of a set, in the order of the enumeration. */
static void say_indicators(uint64_t set, struct str *out)
{
	for (unsigned i = 0; i < INDICATOR_COUNT; i++)
		if (set & INDICATOR_BIT(i))
			assert_int_equal(str_appendf(out, "%s%s", out->len ? " " : "",
						     indicator_to_string((enum indicator)i)), 0);
}

static void assert_found(const char *path, struct bytes bytes, struct disk *disk, const char *expected)
{
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_str_ struct str found = STR_INIT;
	struct content c;
	uint64_t listed = 0;
	int score = 0;

	assert_int_equal(judge_at(path, bytes, disk, &region, &c), 0);
	say_indicators(c.indicators, &found);
	if (strcmp(found.buf, expected) != 0)
		fail_msg("%s (%.60s): '%s', expected '%s'", path, bytes.ptr, found.buf, expected);
	/* Each is among the findings, and the weights of all are the score. */
	for (size_t i = 0; i < c.finding_count; i++)
		listed |= INDICATOR_BIT(c.findings[i].indicator);
	assert_true(listed == c.indicators);
	for (unsigned i = 0; i < INDICATOR_COUNT; i++)
		if (c.indicators & INDICATOR_BIT(i))
			score += judgement_weight(judgement, (enum indicator)i, JUDGED_LINE) > 0;
	assert_true(score == 0 || c.score > 0);
}

static const struct finding_case {
	const char *path;
	struct bytes bytes;
	const char *indicators;
} finding_cases[] = {
	/* where path lines lead */
	{ SITE "x.pth", BYTES_LIT("/opt/app\n../../../../srv/x\nsrc/\n"), "" },
	{ SITE "x.pth", BYTES_LIT("/tmp\n"), "unsafe-path" },
	{ SITE "x.pth", BYTES_LIT("../../../../../var/../dev/shm/x\n"), "unsafe-path" },
	{ SITE "x.pth", BYTES_LIT("/proc/self/cwd\n"), "unsafe-path" },
	{ SITE "x.pth", BYTES_LIT("/proc/self/fd/3\n"), "unsafe-path" },
	{ SITE "x.pth", BYTES_LIT("/opt/.hidden/x\n"), "unsafe-path" },
	{ SITE "x.pth", BYTES_LIT("/tmp/\0\n"), "hidden-text" },	/* no path at all */
	/* its own environment is no worse than the hook itself */
	{ "/tmp/v/lib/python3.11/site-packages/x.pth", BYTES_LIT("sub\n/tmp/v/src\n"), "" },
	{ "/tmp/v/lib/python3.11/site-packages/x.pth", BYTES_LIT("/tmp/vv\n"), "unsafe-path" },
	{ "/tmp/v/lib/python3.11/site-packages/x.pth", BYTES_LIT("sub/.hidden\n"), "unsafe-path" },
	/* what a person does not see */
	{ SITE "x.pth", BYTES_LIT("/opt/app\v/opt/b\n"), "hidden-text" },
	{ SITE ".x.pth", BYTES_LIT("/opt/app\n"), "hidden-name" },
	{ SITE ".x.pth", BYTES_LIT("# nothing\n"), "" },
	{ SITE "x .pth", BYTES_LIT("/opt/app\n"), "hidden-name" },
	{ SITE "a b.pth", BYTES_LIT("/opt/app\n"), "" },
	{ SITE "caf\xc3\xa9.pth", BYTES_LIT("/opt/app\n"), "" },
	{ SITE "\xd0\xbf\xd1\x80\xd0\xbe.pth", BYTES_LIT("/opt/app\n"), "" },		/* all of one script */
	{ SITE "n\xd1\x83mpy.pth", BYTES_LIT("/opt/app\n"), "hidden-name" },		/* a Cyrillic letter */
	{ SITE "numpy\xe2\x80\x8b.pth", BYTES_LIT("/opt/app\n"), "hidden-name" },	/* zero width */
	{ SITE "\xef\xbd\x8eumpy.pth", BYTES_LIT("/opt/app\n"), "hidden-name" },	/* full width */
	{ SITE "x\ny.pth", BYTES_LIT("/opt/app\n"), "hidden-name" },
	{ SITE "x\xff.pth", BYTES_LIT("/opt/app\n"), "hidden-name" },
	{ SITE "x\xc2\xa0y.pth", BYTES_LIT("/opt/app\n"), "hidden-name" },		/* no-break space */
	/* no interpreter starts any more */
	{ SITE "x.pth", BYTES_LIT("/opt/\xff\n"), "breaks-start" },
	{ SITE "x.pth", BYTES_LIT("\xff\xfei\0m\0"), "hidden-text breaks-start" },
	/* exec() refuses it */
	{ SITE "x.pth", BYTES_LIT("import os; os.system('x')\0\n"), "hidden-text" },
	{ SITE "x.pth", BYTES_LIT("PK\3\4\0\0\xff\xfe\n/tmp\n"), "" },			/* weights */
	/* entry points */
	{ SITE "x.start", BYTES_LIT(""), "suppresses" },
	{ SITE "x.start", BYTES_LIT("# only\n"), "suppresses" },
	{ SITE "x.start", BYTES_LIT("no entry point\n"), "suppresses" },
	{ SITE "x.start", BYTES_LIT("# \xff\n"), "" },		/* passed over as a whole */
	{ SITE "x.start", BYTES_LIT("\xef\xbb\xbfhere:run\n"), "" },
	{ SITE "x.start", BYTES_LIT("there:run\n"), "missing-target" },
	{ SITE "both.start", BYTES_LIT("here:run\n"), "suppresses" },
	{ SITE "mine.start", BYTES_LIT("here.sub:run\n"), "missing-target" },
	/* the interpreter's own files */
	{ "/v/pyvenv.cfg", BYTES_LIT("home = /usr/bin\n"), "" },
	{ "/v/pyvenv.cfg", BYTES_LIT("home = /tmp/x/bin\n"), "unsafe-path" },
	{ "/v/pyvenv.cfg", BYTES_LIT("home = /root/.local/share/uv/python/x/bin\n"), "" },
	{ "/usr/bin/pyvenv.cfg", BYTES_LIT("home = /usr/bin\n"), "" },
	{ "/usr/pyvenv.cfg", BYTES_LIT("home = /usr/bin/\n"), "" },
	{ "/srv/image/usr/pyvenv.cfg", BYTES_LIT("home = /usr/bin/\n"), "" },
	{ "/usr/pyvenv.cfg", BYTES_LIT("HOME=/opt/x/bin\n"), "interpreter-config" },
	{ "/usr/pyvenv.cfg", BYTES_LIT("home=\n"), "interpreter-config" },
	{ "/usr/pyvenv.cfg", BYTES_LIT("home=..\n"), "interpreter-config" },
	{ "/usr/bin/python3._pth", BYTES_LIT("/usr/lib/python3.11\n"), "interpreter-config" },
	{ "/usr/bin/python3._pth", BYTES_LIT("/tmp/x\nimport site\n"), "unsafe-path interpreter-config" },
	{ "/usr/bin/pybuilddir.txt", BYTES_LIT(""), "interpreter-config" },
	{ "/home/a/cpython/pybuilddir.txt", BYTES_LIT("build/lib.linux"), "" },
	/* compiled */
	{ SITE "sitecustomize.so", BYTES_LIT("no ELF"), "" },
	{ "/usr/lib/python311.zip", BYTES_LIT("no zip"), "" },
	/* kernelspecs */
	{ "/usr/share/jupyter/kernels/p/kernel.json",
	  BYTES_LIT("{\"argv\": [\"/usr/bin/python3\", \"-m\", \"ipykernel_launcher\", \"-f\", \"{connection_file}\"]}"), "" },
	{ "/usr/share/jupyter/kernels/r/kernel.json",
	  BYTES_LIT("{\"argv\": [\"R\", \"--slave\", \"-e\", \"IRkernel::main()\"]}"), "" },
	{ "/usr/share/jupyter/kernels/p/kernel.json", BYTES_LIT("{\"argv\": [\"/bin/sh\", \"-c\", \"x\"]}"), "foreign-command" },
	{ "/usr/share/jupyter/kernels/p/kernel.json",
	  BYTES_LIT("{\"argv\": [\"env\", \"-i\", \"A=b\", \"bash\", \"-c\", \"x\"]}"), "foreign-command" },
	{ "/usr/share/jupyter/kernels/p/kernel.json", BYTES_LIT("{\"argv\": [\"/tmp/python3\", \"-m\", \"x\"]}"), "unsafe-path" },
	{ "/usr/share/jupyter/kernels/p/kernel.json", BYTES_LIT("{\"argv\": [\"python\", \"/tmp/x.py\"]}"), "unsafe-path" },
	{ "/usr/share/jupyter/kernels/p/kernel.json", BYTES_LIT("{\"argv\": [\"python\", 1, {}], \"env\": []}"), "" },
	{ "/usr/share/jupyter/kernels/p/kernel.json",
	  BYTES_LIT("{\"argv\": [], \"env\": {\"PYTHONPATH\": \"/tmp/x\", \"A\": 1}}"), "unsafe-path path-variable" },
	{ "/usr/share/jupyter/kernels/p/kernel.json", BYTES_LIT("{\"argv\": NaN}"), "not-understood" },
	{ "/h/.ipython/profile_default/ipython_config.json",
	  BYTES_LIT("{\"InteractiveShellApp\": {\"exec_files\": [\"/tmp/x.py\"]}}"), "unsafe-path" },
	/* variables, all of a file */
	{ "/home/a/.bashrc", BYTES_LIT("export PYTHONUNBUFFERED=1 PYTHONPATH= PYTHONHASHSEED=0\n"), "" },
	{ "/home/a/.bashrc", BYTES_LIT("export PYTHONPATH=/opt/x PYTHONSTARTUP=~/.pythonrc\n"),
	  "startup-variable path-variable" },
	{ "/etc/environment", BYTES_LIT("PYTHONEXECUTABLE=/opt/x/bin/python3\n"), "hijack-variable" },
};

static void finds(void **state)
{
	static const struct disk_file files[] = {
		{ SITE "here.py", BYTES_LIT("run = None\n") },
		{ SITE "both.pth", BYTES_LIT("/opt/x\nimport agent\n") },
		{ SITE "mine.pth", BYTES_LIT("import here; here.run()\n") },
		{ NULL, { NULL, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(finding_cases); i++)
		assert_found(finding_cases[i].path, finding_cases[i].bytes, &(struct disk){ .files = files },
			     finding_cases[i].indicators);
}

static const struct assignment_case {
	const char *file, *name;
	struct bytes value;
	const char *indicators;
	unsigned places;
	bool undecidable;
} assignment_cases[] = {
	{ "/home/a/.bashrc", "PYTHONPATH", BYTES_LIT("/opt/x"), "path-variable", 0, false },
	{ "/home/a/.bashrc", "PYTHONPATH", BYTES_LIT("/opt/x:/tmp"), "unsafe-path path-variable", PLACE_TEMPORARY, false },
	{ "/home/a/.bashrc", "PYTHONPATH", BYTES_LIT(""), "", 0, false },
	{ "/home/a/.bashrc", "PYTHONPATH", BYTES_LIT(":/opt/x"), "unsafe-path path-variable", PLACE_RELATIVE, false },
	{ "/home/a/.bashrc", "PYTHONPATH", BYTES_LIT("."), "unsafe-path path-variable", PLACE_RELATIVE, false },
	{ "/home/a/proj/.env", "PYTHONPATH", BYTES_LIT("src:."), "path-variable", PLACE_RELATIVE, false },
	{ "/home/a/proj/.env", "PYTHONPATH", BYTES_LIT("/dev/shm/x"), "unsafe-path path-variable", PLACE_TEMPORARY, false },
	{ "/home/a/.bashrc", "PYTHONPATH", BYTES_LIT("$(x)"), "path-variable", PLACE_UNDECIDABLE, true },
	{ "/home/a/.bashrc", "PYTHONPATH", BYTES_LIT(""), "path-variable", PLACE_UNDECIDABLE, true },
	{ "/home/a/.bashrc", "PYTHONHOME", BYTES_LIT("/tmp/h"), "unsafe-path path-variable", PLACE_TEMPORARY, false },
	{ "/home/a/.bashrc", "PYTHONUSERBASE", BYTES_LIT("~/.cache/u"), "unsafe-path path-variable", PLACE_HIDDEN, false },
	{ "/home/a/.bashrc", "PYTHONPYCACHEPREFIX", BYTES_LIT("$HOME/.cache/py"), "path-variable", PLACE_HIDDEN, false },
	{ "/home/a/.bashrc", "PYTHONPYCACHEPREFIX", BYTES_LIT("/tmp/py"), "unsafe-path path-variable", PLACE_TEMPORARY, false },
	{ "/home/a/.bashrc", "PYTHONPLATLIBDIR", BYTES_LIT("lib64"), "path-variable", PLACE_RELATIVE, false },
	{ "/home/a/.bashrc", "PYTHONPLATLIBDIR", BYTES_LIT("../../tmp/x"), "unsafe-path path-variable", PLACE_RELATIVE,
	  false },
	{ "/home/a/.bashrc", "PYTHONSTARTUP", BYTES_LIT("/home/a/.rc.py"), "startup-variable", 0, false },
	{ "/home/a/.bashrc", "PYTHONSTARTUP", BYTES_LIT("/home/a/.cache/.s.py"), "unsafe-path startup-variable", PLACE_HIDDEN, false },
	{ "/etc/environment", "PYTHONEXECUTABLE", BYTES_LIT("/usr/bin/python3"), "hijack-variable", 0, false },
	{ "/etc/environment", "__PYVENV_LAUNCHER__", BYTES_LIT("/tmp/v/bin/py"), "unsafe-path hijack-variable", PLACE_TEMPORARY, false },
	{ "/etc/environment", "PYTHONWARNINGS", BYTES_LIT("ignore,default::DeprecationWarning"), "", 0, false },
	{ "/etc/environment", "PYTHONWARNINGS", BYTES_LIT("ignore::urllib3.exceptions.InsecureRequestWarning"), "", 0, false },
	{ "/etc/environment", "PYTHONWARNINGS", BYTES_LIT("error,all:0: antigravity.x :0:0"), "hijack-variable", 0, false },
	{ "/etc/environment", "PYTHONWARNINGS", BYTES_LIT("ignore:a.b"), "", 0, false },	/* the message */
	{ "/etc/environment", "PYTHONWARNINGS", BYTES_LIT("ignore::a.b"), "hijack-variable", 0, false },
	{ "/etc/environment", "PYTHONBREAKPOINT", BYTES_LIT("ipdb.set_trace"), "", 0, false },
	{ "/etc/environment", "PYTHONBREAKPOINT", BYTES_LIT("os.system"), "hijack-variable", 0, false },
	{ "/home/a/.bashrc", "PYTHONPATH", BYTES_LIT("$(curl -s http://198.51.100.7/p)"), "network path-variable", PLACE_UNDECIDABLE,
	  true },
	{ "/home/a/.bashrc", "PYTHONPATH", BYTES_LIT("$(git rev-parse --show-toplevel)/src"), "path-variable", PLACE_UNDECIDABLE,
	  true },
	{ "/home/a/.bashrc", "PYTHONSTARTUP", BYTES_LIT("/home/a/.config/python/rc.py"), "startup-variable", 0, false },
	{ "/etc/environment", "PYTHONINSPECT", BYTES_LIT("1"), "", 0, false },
	{ "/etc/environment", "PYTHONUNBUFFERED", BYTES_LIT("/tmp/x"), "", 0, false },
};

static void judges_assignments(void **state)
{
	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(assignment_cases); i++) {
		const struct assignment_case *e = &assignment_cases[i];
		_cleanup_region_ struct region region = REGION_INIT;
		_cleanup_str_ struct str found = STR_INIT;
		struct env_assignment a = { .name = bytes_of(e->name), .value = e->value, .resolved = e->value, .line = 7,
					    .undecidable = e->undecidable };
		struct content c;

		assert_int_equal(content_judge_assignment(&(struct content_request){ .path = bytes_of(e->file), .rootfd = -EBADF,
										     .judgement = judgement },
							  &a, &region, &c), 0);
		say_indicators(c.indicators, &found);
		if (strcmp(found.buf, e->indicators) != 0 || c.places != e->places)
			fail_msg("%s=%s in %s: '%s' %#x, expected '%s' %#x", e->name, e->value.ptr, e->file, found.buf, c.places,
				 e->indicators, e->places);
		if (c.indicators == 0)
			assert_int_equal(c.verdict, CONTENT_INERT);
		for (size_t n = 0; n < c.finding_count; n++)
			assert_int_equal(c.findings[n].line, 7);
	}
}

/* A .start that switches a .pth off says which; one that takes its place does not. */
static void says_what_it_disables(void **state)
{
	static const struct disk_file files[] = {
		{ SITE "agent.pth", BYTES_LIT("import agent\n") },
		{ SITE "here.py", BYTES_LIT("") },
		{ SITE "agent.py", BYTES_LIT("") },
		{ SITE "paths.pth", BYTES_LIT("/opt/x\n") },
		{ NULL, { NULL, 0 } },
	};
	_cleanup_region_ struct region region = REGION_INIT;
	struct disk disk = { .files = files };
	struct content c;

	(void)state;
	assert_int_equal(judge_at(SITE "agent.start", BYTES_LIT("here:run\n"), &disk, &region, &c), 0);
	assert_true(bytes_equal(c.disables, BYTES_LIT(SITE "agent.pth")));
	assert_true(bytes_equal(c.lines[0].target, BYTES_LIT(SITE "here.py")));
	assert_int_equal(c.lines[0].eras, PTH_ERA_C);
	assert_int_equal(judge_at(SITE "agent.start", BYTES_LIT("agent:run\n"), &disk, &region, &c), 0);
	assert_null(c.disables.ptr);
	assert_int_equal(c.indicators, 0);
	assert_int_equal(judge_at(SITE "paths.start", BYTES_LIT("here:run\n"), &disk, &region, &c), 0);
	assert_null(c.disables.ptr);
	assert_int_equal(judge_at(SITE "gone.start", BYTES_LIT(""), NULL, &region, &c), 0);
	assert_null(c.disables.ptr);
	assert_true(c.indicators & INDICATOR_BIT(INDICATOR_SUPPRESSES));
}

/* ---- other files ----------------------------------------------------------- */

static void assert_targets(const struct content *c, const char *expected)
{
	_cleanup_str_ struct str list = STR_INIT;

	for (size_t i = 0; i < c->target_count; i++) {
		assert_int_equal(str_appendf(&list, "%s%s", i ? " " : "", c->targets[i].sha256[0] ? "" : "-"), 0);
		assert_int_equal(str_append_bytes(&list, c->targets[i].path), 0);
	}
	if (strcmp(list.buf, expected) != 0)
		fail_msg("targets '%s', expected '%s'", list.buf, expected);
}

/* Modules, packages on the way, scripts, whether they are there or not; each once; not what a cache holds for no harm. */
static void says_what_runs_with_it(void **state)
{
	static const struct disk_file files[] = {
		{ SITE "a.py", BYTES_LIT("x = 1\n") },
		{ SITE "p/__init__.py", BYTES_LIT("from .inner import x\n") },
		{ SITE "p/inner.py", BYTES_LIT("x = 2\n") },
		{ SITE "__pycache__/a.cpython-311.pyc", BYTES_LIT("odd") },
		{ "/home/a/rc.py", BYTES_LIT("x = 1\n") },
		{ NULL, { NULL, 0 } },
	};
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_str_ struct str many = STR_INIT;
	struct disk disk = { .files = files };
	struct content c;

	(void)state;
	assert_int_equal(judge_at(SITE "x.pth", BYTES_LIT("import a\nimport p; import a\n"), &disk, &region, &c), 0);
	assert_targets(&c, SITE "a.py " SITE "p/__init__.py " SITE "p/inner.py");
	assert_false(bytes_equal(bytes_of(c.targets[0].sha256), bytes_of(c.targets[1].sha256)));
	assert_int_equal(judge_at(SITE "x.pth", BYTES_LIT("import os, json, gone\n"), &disk, &region, &c), 0);
	assert_targets(&c, "-" SITE "gone.py -" SITE "gone/__init__.py");
	assert_int_equal(judge_at(SITE "x.pth", BYTES_LIT("import b, c, d, e, a\n"), &disk, &region, &c), 0);
	assert_int_equal(c.target_count, CONTENT_TARGETS_MAX);
	assert_true(bytes_equal(c.targets[CONTENT_TARGETS_MAX - 1].path, BYTES_LIT(SITE "a.py")));
	assert_int_equal(judge_at("/home/a/.bashrc", BYTES_LIT("export PYTHONSTARTUP=/home/a/rc.py\n"), &disk, &region, &c), 0);
	assert_targets(&c, "/home/a/rc.py");
	assert_int_equal(judge_at("/home/a/.bashrc", BYTES_LIT("export PYTHONSTARTUP=/home/a/no.py\n"), &disk, &region, &c), 0);
	assert_targets(&c, "-/home/a/no.py");
	for (int i = 0; i < 2 * CONTENT_TARGETS_MAX; i++)
		assert_int_equal(str_appendf(&many, "export PYTHONSTARTUP=/s%d\n", i), 0);
	assert_int_equal(judge_at("/home/a/.bashrc", str_bytes(&many), &disk, &region, &c), 0);
	assert_int_equal(c.target_count, CONTENT_TARGETS_MAX);
}

struct told {
	struct str list;
	int stop;
};

static int tell(const struct env_assignment *a, void *userdata)
{
	struct told *t = userdata;

	assert_int_equal(str_append_bytes(&t->list, a->name), 0);
	assert_int_equal(str_appendf(&t->list, ":%u", a->line), 0);
	if (a->file.ptr) {
		assert_int_equal(str_append_char(&t->list, '@'), 0);
		assert_int_equal(str_append_bytes(&t->list, a->file), 0);
	}
	assert_int_equal(str_append_char(&t->list, ' '), 0);
	return t->stop;
}

#define UNIT "/etc/systemd/system/x.service"

static void reads_what_is_included(void **state)
{
	static const struct disk_file files[] = {
		{ "/opt/env", BYTES_LIT("A=1\nPYTHONPATH=/tmp/x\n") },
		{ "/home/a/b.sh", BYTES_LIT(". ./c.sh\n. $HOME/b.sh\nexport PYTHONHOME=/b\n") },
		{ "/home/a/c.sh", BYTES_LIT("export PYTHONHOME=/c\n. ~/d.sh\n") },
		{ "/home/a/d.sh", BYTES_LIT("export PYTHONHOME=/d\n") },
		{ "/home/a/.profile", BYTES_LIT("export PYTHONHOME=/profile\n") },
		{ NULL, { NULL, 0 } },
	};
	static const struct {
		const char *path, *text, *told;
	} cases[] = {
		{ UNIT, "[Service]\nEnvironmentFile=-/opt/env\nEnvironment=PYTHONHOME=/y\n",
		  "PYTHONPATH:2@/opt/env PYTHONHOME:3 " },
		{ UNIT, "[Service]\nEnvironmentFile=/opt/e*\nEnvironmentFile=/nowhere\n", "" },
		{ "/home/a/.bashrc", "[ -f ~/b.sh ] && . ~/b.sh\nexport PYTHONHOME=/a\n",	/* two deep, and no circle */
		  "PYTHONHOME:1@/home/a/c.sh PYTHONHOME:3@/home/a/b.sh PYTHONHOME:2 " },
		{ "/home/a/.bashrc", ". ~/.profile\n. $UNKNOWN/b.sh\n", "" },		/* judged by itself */
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		struct disk disk = { .files = files };
		struct content_request request = { .path = bytes_of(cases[i].path), .bytes = bytes_of(cases[i].text),
						   .rootfd = -EBADF, .judgement = judgement, .read = read_disk,
						   .userdata = &disk };
		struct told told = { STR_INIT, 0 };
		struct hook hook;

		assert_true(hookpath_classify(request.path, &hook));
		assert_int_equal(content_assignments(&request, hook.syntax, tell, &told), 0);
		assert_string_equal(told.list.buf, cases[i].told);
		told.stop = cases[i].told[0] ? -EDOM : 0;
		assert_int_equal(content_assignments(&request, hook.syntax, tell, &told), told.stop);
		str_release(&told.list);
	}
}

/* A finding there has the line of the hook and the file; who may write to the file counts, too. */
static void judges_what_is_included(void **state)
{
	static const struct disk_file files[] = {
		{ "/opt/env", BYTES_LIT("\n\n\nPYTHONEXECUTABLE=/opt/y\n") }, { NULL, { NULL, 0 } },
	};
	_cleanup_region_ struct region region = REGION_INIT;
	struct disk disk = { .files = files };
	struct content c;

	(void)state;
	assert_int_equal(judge_at(UNIT, BYTES_LIT("[Service]\nEnvironmentFile=/opt/env\n"), &disk, &region, &c), 0);
	assert_int_equal(c.finding_count, 1);
	assert_int_equal(c.findings[0].indicator, INDICATOR_HIJACK_VARIABLE);
	assert_int_equal(c.findings[0].line, 2);
	assert_true(bytes_equal(c.findings[0].file, BYTES_LIT("/opt/env")));
	assert_targets(&c, "/opt/env");
	assert_int_equal(judge_at(UNIT, BYTES_LIT("[Service]\nEnvironmentFile=/tmp/env\n"), &disk, &region, &c), 0);
	assert_int_equal(c.indicators, INDICATOR_BIT(INDICATOR_UNSAFE_PATH));
	assert_int_equal(c.findings[0].line, 2);
	assert_targets(&c, "-/tmp/env");
}

/* However many are included, and however they include one another. */
static void includes_so_many_files(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_str_ struct str s = STR_INIT;
	struct disk_file files[101] = { { NULL, { NULL, 0 } } };
	char names[100][16];
	struct disk disk = { .files = files };
	struct content c;

	(void)state;
	for (int i = 0; i < 100; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "/opt/%d", i);
		assert_int_equal(str_appendf(&s, ". /opt/%d\n", i), 0);
	}
	for (int i = 0; i < 100; i++)
		files[i] = (struct disk_file){ names[i], str_bytes(&s) };
	assert_int_equal(judge_at("/home/a/.bashrc", str_bytes(&s), &disk, &region, &c), 0);
	assert_int_equal(disk.asked, CONTENT_INCLUDES_MAX);
}

/* However many entry points, files are asked for a bounded number of times, and that is said. */
static void asks_for_so_many_files(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_str_ struct str s = STR_INIT;
	struct disk disk = { 0 };
	struct content c;

	(void)state;
	for (int i = 0; i < 3000; i++)
		assert_int_equal(str_appendf(&s, "m%d.a:run\n", i), 0);
	assert_int_equal(judge_at("/usr/lib/python3/dist-packages/x.start", str_bytes(&s), &disk, &region, &c), 0);
	assert_int_equal(disk.asked, CONTENT_READS_MAX);
	assert_true(c.indicators & INDICATOR_BIT(INDICATOR_NOT_UNDERSTOOD));
	assert_int_equal(c.finding_count, CONTENT_FINDINGS_MAX);
	assert_true(region.used < 256 * 1024);

	/* The same one is looked for once. */
	str_clear(&s);
	disk.asked = 0;
	for (int i = 0; i < 3000; i++)
		assert_int_equal(str_append_text(&s, "m:run\n"), 0);
	assert_int_equal(judge_at(SITE "x.start", str_bytes(&s), &disk, &region, &c), 0);
	assert_true(disk.asked < 20);
	assert_false(c.indicators & INDICATOR_BIT(INDICATOR_NOT_UNDERSTOOD));
}

/* An assignment behind more than are quoted counts like any other; longer than any path is no path. */
static void judges_to_the_end(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_str_ struct str s = STR_INIT;
	struct content c;

	(void)state;
	for (int i = 0; i < 2 * ENVFILE_KEPT_MAX; i++)
		assert_int_equal(str_appendf(&s, "export PYTHONHASHSEED=%d\n", i), 0);
	assert_int_equal(str_append_text(&s, "export PYTHONPATH=/tmp/x\n"), 0);
	assert_int_equal(judge_at("/home/a/.bashrc", str_bytes(&s), NULL, &region, &c), 0);
	assert_true(c.indicators & INDICATOR_BIT(INDICATOR_UNSAFE_PATH));
	assert_int_equal(c.findings[0].line, 2 * ENVFILE_KEPT_MAX + 1);
	assert_int_equal(c.lines[0].verdict, CONTENT_INERT);
	assert_true(region.used < 1024 * 1024);

	str_clear(&s);
	for (int i = 0; i < PLACE_PATH_MAX; i++)
		assert_int_equal(str_append_text(&s, "x/"), 0);
	assert_int_equal(judge_at(SITE "x.pth", str_bytes(&s), NULL, &region, &c), 0);
	assert_int_equal(c.indicators, 0);
	assert_int_equal(c.places, PLACE_MISSING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_to_the_end),
		cmocka_unit_test(finds),
		cmocka_unit_test(judges_assignments),
		cmocka_unit_test(says_what_it_disables),
		cmocka_unit_test(says_what_runs_with_it),
		cmocka_unit_test(reads_what_is_included),
		cmocka_unit_test(judges_what_is_included),
		cmocka_unit_test(includes_so_many_files),
		cmocka_unit_test(asks_for_so_many_files),
		cmocka_unit_test(judges),
		cmocka_unit_test(hashes),
		cmocka_unit_test(keeps_the_lines_that_matter),
		cmocka_unit_test(bounds_what_it_keeps),
		cmocka_unit_test(numbers_json_lines),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
