/* What directories and archives bring that a hook puts onto sys.path.  The judgement data are the defaults. */
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
#include "zip_fixture.h"

#define SITE "/v/lib/python3.11/site-packages/"
#define RUN "import os\nos.system('touch /tmp/x')\n"

struct disk_file {
	const char *path;
	struct bytes bytes;
};

/* A directory of this name has any number of elements: "/many/17". */
#define MANY "/many/"

static struct bytes archive, nested, compiled, damaged;

static int give(struct bytes b, size_t max, struct str *ret, struct stat *ret_st)
{
	*ret_st = (struct stat){ .st_size = (off_t)b.len };
	return str_append_bytes(ret, bytes_slice(b, 0, b.len < max ? b.len : max));
}

static int read_disk(void *userdata, struct bytes path, size_t max, struct work *work, struct str *ret,
		     struct stat *ret_st)
{
	static const struct disk_file disk[] = {
		{ "/opt/site/sitecustomize.py", BYTES_LIT(RUN) },
		{ "/opt/user/usercustomize/__init__.py", BYTES_LIT(RUN) },
		{ "/opt/calm/sitecustomize.py", BYTES_LIT("import sys\nsys.path\n") },
		{ "/opt/calm/io.py", BYTES_LIT("x = 1\n") },
		{ "/opt/parts/sitecustomize.py", BYTES_LIT("import part\n") },
		{ "/opt/parts/part.py", BYTES_LIT(RUN) },
		{ "/opt/packaged/sitecustomize/__init__.py", BYTES_LIT("from . import inner\n") },
		{ "/opt/packaged/sitecustomize/inner.py", BYTES_LIT("x = 1\n") },
		{ "/opt/codec/encodings/__init__.py", BYTES_LIT("x = 1\n") },
		{ "/opt/codec/encodings/utf_8.py", BYTES_LIT(RUN) },
		{ "/opt/front/_collections_abc.py", BYTES_LIT(RUN) },
		{ "/opt/front/json.py", BYTES_LIT(RUN) },
		{ "/opt/native/sitecustomize.cpython-311-x86_64-linux-gnu.so", BYTES_LIT("\x7f" "ELF no more than that") },
		{ "/usr/lib/python3.11/io.py", BYTES_LIT(RUN) },
		{ "/opt/mods/evil.py", BYTES_LIT(RUN) },
		{ "/opt/own/sitecustomize.py", BYTES_LIT("import inside\n") },
		{ SITE "inside.py", BYTES_LIT(RUN) },
		{ "/opt/mods/os.py", BYTES_LIT(RUN) },
		{ SITE "lib/sitecustomize.py", BYTES_LIT(RUN) },
		{ "/home/a/proj/src/sitecustomize.py", BYTES_LIT(RUN) },
	};
	const struct disk_file archives[] = {
		{ "/opt/a.zip", archive }, { "/opt/n.egg", nested }, { "/opt/c.zip", compiled }, { "/opt/d.zip", damaged },
	};

	(void)work;
	(void)userdata;
	str_clear(ret);
	for (size_t i = 0; i < ELEMENTSOF(disk); i++)
		if (bytes_equal(path, bytes_of(disk[i].path)))
			return give(disk[i].bytes, max, ret, ret_st);
	for (size_t i = 0; i < ELEMENTSOF(archives); i++)
		if (bytes_equal(path, bytes_of(archives[i].path)))
			return give(archives[i].bytes, max, ret, ret_st);
	return -ENOENT;
}

static struct judgement *judgement;

static struct archive make[4];

static int load(void **state)
{
	(void)state;
	zip_add(&make[0], "sitecustomize.py", 0, BYTES_LIT(RUN), strlen(RUN));
	zip_add(&make[1], "usercustomize/__init__.py", 0, BYTES_LIT("import helper\n"), 14);
	zip_add(&make[1], "helper.py", 0, BYTES_LIT(RUN), strlen(RUN));
	zip_add(&make[2], "sitecustomize.py", 0, BYTES_LIT("x = 1\n"), 6);
	/* of Python 3.11, an unchecked hash, and nothing behind it */
	zip_add(&make[2], "sitecustomize.pyc", 0, BYTES_LIT("\xa7\x0d\r\n\1\0\0\0\0\0\0\0\0\0\0\0"), 16);
	zip_add(&make[2], "__pycache__/usercustomize.py", 0, BYTES_LIT(RUN), strlen(RUN));
	for (size_t i = 0; i < 3; i++)
		zip_finish(&make[i], BYTES_LIT(""));
	zip_put_bytes(&make[3].text, bytes_slice(str_bytes(&make[0].text), 0, make[0].text.len - 1));
	archive = str_bytes(&make[0].text);
	nested = str_bytes(&make[1].text);
	compiled = str_bytes(&make[2].text);
	damaged = str_bytes(&make[3].text);
	return judgement_load(NULL, &PROBLEMS_INIT, &judgement);
}

static int unload(void **state)
{
	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(make); i++)
		archive_done(&make[i]);
	judgement = judgement_free(judgement);
	return 0;
}

static void judge_at(const char *path, struct bytes bytes, struct region *region, struct content *ret)
{
	struct hook hook = { 0 };

	(void)hookpath_classify(bytes_of(path), &hook);
	assert_int_equal(content_judge(&(struct content_request){ .path = bytes_of(path), .bytes = bytes, .size = bytes.len,
								  .rootfd = -EBADF, .judgement = judgement, .read = read_disk },
				       &hook, region, ret), 0);
}

static const struct path_case {
	const char *path;
	struct bytes bytes;
	enum content_verdict verdict;
	const char *target;	/* of the last line */
} cases[] = {
	/* a path line: sitecustomize and usercustomize, and what those import there */
	{ SITE "x.pth", BYTES_LIT("/opt/site\n"), CONTENT_SUSPICIOUS, "/opt/site/sitecustomize.py" },
	{ SITE "x.pth", BYTES_LIT("/opt/user\n"), CONTENT_SUSPICIOUS, "/opt/user/usercustomize/__init__.py" },
	{ SITE "x.pth", BYTES_LIT("lib\n"), CONTENT_SUSPICIOUS, SITE "lib/sitecustomize.py" },
	{ SITE "x.pth", BYTES_LIT("/opt/calm\n"), CONTENT_EXECUTES, "/opt/calm/sitecustomize.py" },
	{ SITE "x.pth", BYTES_LIT("/opt/parts\n"), CONTENT_SUSPICIOUS, "/opt/parts/sitecustomize.py" },
	{ SITE "x.pth", BYTES_LIT("/opt/packaged\n"), CONTENT_EXECUTES, "/opt/packaged/sitecustomize/__init__.py" },
	{ SITE "x.pth", BYTES_LIT("/opt/native\n"), CONTENT_SUSPICIOUS, "/opt/native/sitecustomize.cpython-311-x86_64-linux-gnu.so" },
	{ SITE "x.pth", BYTES_LIT("/opt/nothing\n"), CONTENT_EXECUTES, NULL },
	{ SITE "x.pth", BYTES_LIT("/opt/own\n"), CONTENT_SUSPICIOUS, "/opt/own/sitecustomize.py" },
	/* it comes behind the standard library, and a start imports nothing else */
	{ SITE "x.pth", BYTES_LIT("/opt/codec\n/opt/front\n/opt/mods\n"), CONTENT_EXECUTES, NULL },
	/* archives: of two forms, with what the module imports from the archive */
	{ SITE "x.pth", BYTES_LIT("/opt/a.zip\n"), CONTENT_SUSPICIOUS, "/opt/a.zip/sitecustomize.py" },
	{ SITE "x.pth", BYTES_LIT("/opt/n.egg\n"), CONTENT_SUSPICIOUS, "/opt/n.egg/usercustomize/__init__.py" },
	{ SITE "x.pth", BYTES_LIT("/opt/c.zip\n"), CONTENT_SUSPICIOUS, "/opt/c.zip/sitecustomize.py" },
	{ SITE "x.pth", BYTES_LIT("/opt/d.zip\n"), CONTENT_EXECUTES, NULL },
	/* an import line, where the path line before it leads, or one behind it; a library's module stands before that */
	{ SITE "x.pth", BYTES_LIT("/opt/mods\nimport evil\n"), CONTENT_SUSPICIOUS, "/opt/mods/evil.py" },
	{ SITE "x.pth", BYTES_LIT("/opt/front\n/opt/mods\n/opt/a.zip\nimport nothing; import evil\n"), CONTENT_SUSPICIOUS,
	  "/opt/mods/evil.py" },
	{ SITE "x.pth", BYTES_LIT("/opt/n.egg\nimport helper\n"), CONTENT_SUSPICIOUS, "/opt/n.egg/helper.py" },
	{ SITE "x.pth", BYTES_LIT("/opt/front\nimport json\n"), CONTENT_EXECUTES, NULL },
	{ SITE "x.pth", BYTES_LIT("import sys; sys.path.append('/opt/mods'); import evil\n"), CONTENT_SUSPICIOUS, "/opt/mods/evil.py" },
	{ SITE "x.pth", BYTES_LIT("import sys; sys.path.insert(0, '/opt/front'); import json\n"), CONTENT_SUSPICIOUS,
	  "/opt/front/json.py" },
	{ SITE "x.pth", BYTES_LIT("import sys; sys.path.append('/opt/site')\n"), CONTENT_SUSPICIOUS, "/opt/site/sitecustomize.py" },
	{ SITE "sitecustomize.py", BYTES_LIT("import sys\nsys.path.append('/opt/mods')\nimport evil\n"), CONTENT_SUSPICIOUS, NULL },
	/* PYTHONPATH: the same, and what a start imports of the standard library */
	{ "/home/a/.bashrc", BYTES_LIT("export PYTHONPATH=/opt/site\n"), CONTENT_SUSPICIOUS, "/opt/site/sitecustomize.py" },
	{ "/home/a/.bashrc", BYTES_LIT("export PYTHONPATH=/opt/calm:/opt/a.zip:$PYTHONPATH\n"), CONTENT_SUSPICIOUS,
	  "/opt/calm/sitecustomize.py" },
	{ "/home/a/.bashrc", BYTES_LIT("export PYTHONPATH=/opt/calm:/opt/mods/\n"), CONTENT_SUSPICIOUS, "/opt/calm/sitecustomize.py" },
	{ "/home/a/.bashrc", BYTES_LIT("export PYTHONPATH=/opt/calm\n"), CONTENT_EXECUTES, "/opt/calm/sitecustomize.py" },
	{ "/home/a/.bashrc", BYTES_LIT("export PYTHONPATH=/opt/codec\n"), CONTENT_SUSPICIOUS, "/opt/codec/encodings/__init__.py" },
	{ "/home/a/.bashrc", BYTES_LIT("export PYTHONPATH=/opt/front\n"), CONTENT_SUSPICIOUS, "/opt/front/_collections_abc.py" },
	{ "/home/a/.bashrc", BYTES_LIT("export PYTHONPATH=/usr/lib/python3.11\n"), CONTENT_EXECUTES, NULL },
	{ "/home/a/.bashrc", BYTES_LIT("export PYTHONPATH=$(pwd)/opt/site\n"), CONTENT_EXECUTES, NULL },
	{ "/home/a/.bashrc", BYTES_LIT("export PYTHONHOME=/opt/site\n"), CONTENT_EXECUTES, NULL },
	{ "/home/a/proj/.env", BYTES_LIT("PYTHONPATH=src\n"), CONTENT_SUSPICIOUS, "/home/a/proj/src/sitecustomize.py" },
	{ "/usr/bin/python3._pth", BYTES_LIT("/opt/front\n"), CONTENT_MALICIOUS, "/opt/front/_collections_abc.py" },
};

static void follows_paths(void **state)
{
	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		const struct path_case *e = &cases[i];
		_cleanup_region_ struct region region = REGION_INIT;
		struct bytes target = BYTES_NONE;
		struct content c;

		judge_at(e->path, e->bytes, &region, &c);
		if (c.line_count > 0)
			target = c.lines[c.line_count - 1].target;
		if (c.verdict != e->verdict || !bytes_equal(target, bytes_of(e->target)))
			fail_msg("%s: %s: %s (%d), target %.*s", e->path, e->bytes.ptr, content_verdict_to_string(c.verdict), c.score,
				 (int)target.len, target.ptr ? target.ptr : "");
	}
}

/* What runs from there is watched with the hook: modules, and archives as a whole. */
static void says_what_is_to_be_watched(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	struct content c;

	(void)state;
	judge_at(SITE "x.pth", BYTES_LIT("/opt/n.egg\n/opt/parts\n"), &region, &c);
	assert_int_equal(c.target_count, 3);
	assert_true(bytes_equal(c.targets[0].path, BYTES_LIT("/opt/n.egg")));
	assert_true(bytes_equal(c.targets[1].path, BYTES_LIT("/opt/parts/sitecustomize.py")));
	assert_true(bytes_equal(c.targets[2].path, BYTES_LIT("/opt/parts/part.py")));
	for (size_t i = 0; i < c.target_count; i++)
		assert_int_equal(strlen(c.targets[i].sha256), 64);
}

/* More than is looked into: what stands before the library is said, a developer's paths are not. */
static void says_what_it_did_not_look_into(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_str_ struct str pth = STR_INIT, env = STR_INIT;
	struct content c;

	(void)state;
	assert_int_equal(str_append_text(&env, "export PYTHONPATH=/opt/calm"), 0);
	for (int i = 0; i < 2 * CONTENT_SEARCHES_MAX; i++) {
		assert_int_equal(str_appendf(&env, ":" MANY "%d", i), 0);
		assert_int_equal(str_appendf(&pth, MANY "%d\n", i), 0);
	}
	assert_int_equal(str_append_char(&env, '\n'), 0);
	judge_at("/home/a/.bashrc", str_bytes(&env), &region, &c);
	assert_true(c.indicators & INDICATOR_BIT(INDICATOR_NOT_UNDERSTOOD));
	assert_int_equal(c.verdict, CONTENT_EXECUTES);
	judge_at(SITE "easy-install.pth", str_bytes(&pth), &region, &c);
	assert_int_equal(c.indicators, 0);
	assert_int_equal(str_append_text(&pth, "import os, json\n"), 0);
	judge_at(SITE "easy-install.pth", str_bytes(&pth), &region, &c);
	assert_int_equal(c.indicators, 0);
	assert_int_equal(str_append_text(&pth, "import unknown\n"), 0);
	judge_at(SITE "easy-install.pth", str_bytes(&pth), &region, &c);
	assert_int_equal(c.indicators, INDICATOR_BIT(INDICATOR_NOT_UNDERSTOOD));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_paths),
		cmocka_unit_test(says_what_is_to_be_watched),
		cmocka_unit_test(says_what_it_did_not_look_into),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
