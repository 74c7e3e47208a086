/* Which module wins, in layouts of Debian, Fedora, a prefix of one's own and virtual environments. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "shadow.h"
#include "temp_tree.h"

struct layout {
	const char *files[8];		/* that are there, besides the hook; relative to the root */
	const char *hook;
	const char *shadows, *shadowed_by;
	enum shadow_kind kind;
};

static void make_parents(const struct temp *t, const char *path)
{
	struct bytes rest = bytes_dirname(bytes_of(path)), component;
	_cleanup_str_ struct str prefix = STR_INIT;

	while (bytes_next_component(&rest, &component)) {
		assert_int_equal(str_append_bytes(&prefix, component), 0);
		assert_true(mkdirat(t->fd, prefix.buf, 0755) == 0 || errno == EEXIST);
		assert_int_equal(str_append_char(&prefix, '/'), 0);
	}
}

static void put(const struct temp *t, const char *path)
{
	make_parents(t, path);
	temp_write(t, path, bytes_has_suffix(bytes_of(path), BYTES_LIT("pyvenv.cfg")) ?
				    BYTES_LIT("home = /usr/bin\ninclude-system-site-packages = true\n") : BYTES_LIT("pass\n"));
}

#define DEBIAN "usr/lib/python3.11/os.py"
#define NAME "sitecustomize"

static const struct layout layouts[] = {
	/* nothing else */
	{ { DEBIAN }, "usr/lib/python3/dist-packages/" NAME ".py", NULL, NULL, SHADOW_NONE },
	/* the standard library comes first: on Debian no other ever runs */
	{ { DEBIAN, "usr/lib/python3.11/" NAME ".py" }, "usr/lib/python3/dist-packages/" NAME ".py", NULL,
	  "/usr/lib/python3.11/" NAME ".py", SHADOW_NONE },
	{ { DEBIAN, "usr/lib/python3.11/" NAME ".py" }, "home/a/.local/lib/python3.11/site-packages/" NAME ".py", NULL,
	  "/usr/lib/python3.11/" NAME ".py", SHADOW_NONE },
	/* ... but for one of two versions that share a directory */
	{ { DEBIAN, "usr/lib/python3.11/" NAME ".py", "usr/lib/python3.12/os.py" },
	  "usr/lib/python3/dist-packages/" NAME ".py", NULL, NULL, SHADOW_NONE },
	/* the user's before the system's, local before the distribution's */
	{ { DEBIAN, "usr/lib/python3/dist-packages/" NAME ".py" }, "home/a/.local/lib/python3.11/site-packages/" NAME ".py",
	  "/usr/lib/python3/dist-packages/" NAME ".py", NULL, SHADOW_PATH },
	{ { DEBIAN, "usr/lib/python3/dist-packages/" NAME ".py" }, "usr/local/lib/python3.11/dist-packages/" NAME ".pyc",
	  "/usr/lib/python3/dist-packages/" NAME ".py", NULL, SHADOW_PATH },
	{ { DEBIAN, "usr/local/lib/python3.11/dist-packages/" NAME ".py" }, "usr/lib/python3/dist-packages/" NAME ".py", NULL,
	  "/usr/local/lib/python3.11/dist-packages/" NAME ".py", SHADOW_NONE },
	/* in the library, before all; by Debian's link, too */
	{ { DEBIAN, "usr/lib/python3/dist-packages/" NAME ".py" }, "usr/lib/python3.11/" NAME ".py",
	  "/usr/lib/python3/dist-packages/" NAME ".py", NULL, SHADOW_PATH },
	{ { DEBIAN, "usr/lib/python3/dist-packages/" NAME ".py" }, "etc/python3.11/" NAME ".py",
	  "/usr/lib/python3/dist-packages/" NAME ".py", NULL, SHADOW_PATH },
	{ { DEBIAN, "usr/lib/python3/dist-packages/" NAME ".py" }, "usr/lib/python3.11/lib-dynload/" NAME ".py",
	  "/usr/lib/python3/dist-packages/" NAME ".py", NULL, SHADOW_PATH },
	/* another version's */
	{ { DEBIAN, "usr/lib/python3.12/" NAME ".py" }, "usr/local/lib/python3.11/dist-packages/" NAME ".py", NULL, NULL,
	  SHADOW_NONE },
	/* an interpreter in /usr/local does not have the standard library's of /usr */
	{ { "usr/local/lib/python3.11/os.py", DEBIAN, "usr/lib/python3.11/" NAME ".py" },
	  "home/a/.local/lib/python3.11/site-packages/" NAME ".py", NULL, NULL, SHADOW_NONE },
	/* Fedora */
	{ { "usr/lib64/python3.12/os.py", "usr/lib/python3.12/site-packages/" NAME ".py" },
	  "usr/lib64/python3.12/site-packages/" NAME ".py", "/usr/lib/python3.12/site-packages/" NAME ".py", NULL, SHADOW_PATH },
	/* forms */
	{ { DEBIAN, "usr/lib/python3/dist-packages/" NAME ".pyc" }, "usr/lib/python3/dist-packages/" NAME ".py",
	  "/usr/lib/python3/dist-packages/" NAME ".pyc", NULL, SHADOW_FORM },
	{ { DEBIAN, "usr/lib/python3/dist-packages/" NAME ".py" }, "usr/lib/python3/dist-packages/" NAME ".so",
	  "/usr/lib/python3/dist-packages/" NAME ".py", NULL, SHADOW_FORM },
	{ { DEBIAN, "usr/lib/python3/dist-packages/" NAME ".so" }, "usr/lib/python3/dist-packages/" NAME ".abi3.so",
	  "/usr/lib/python3/dist-packages/" NAME ".so", NULL, SHADOW_FORM },
	{ { DEBIAN, "usr/lib/python3/dist-packages/" NAME ".so" }, "usr/lib/python3/dist-packages/" NAME "/__init__.pyc",
	  "/usr/lib/python3/dist-packages/" NAME ".so", NULL, SHADOW_FORM },
	{ { DEBIAN, "usr/lib/python3/dist-packages/" NAME "/__init__.py" }, "usr/lib/python3/dist-packages/" NAME ".py", NULL,
	  "/usr/lib/python3/dist-packages/" NAME "/__init__.py", SHADOW_NONE },
	/* of another version: nobody imports it */
	{ { DEBIAN, "usr/lib/python3/dist-packages/" NAME ".py" },
	  "usr/lib/python3/dist-packages/" NAME ".cpython-399-x86_64-linux-gnu.so", NULL, NULL, SHADOW_NONE },
	/* a prefix of one's own */
	{ { "opt/py/lib/python3.13t/os.py", "opt/py/lib/python3.13t/site-packages/" NAME ".py" },
	  "opt/py/lib/python3.13t/" NAME ".py", "/opt/py/lib/python3.13t/site-packages/" NAME ".py", NULL, SHADOW_PATH },
	{ { DEBIAN, "usr/lib/python3.11/" NAME ".py" }, "opt/py/lib/python3.11/site-packages/" NAME ".py", NULL, NULL,
	  SHADOW_NONE },
	/* a virtual environment */
	{ { DEBIAN, "srv/v/pyvenv.cfg", "usr/lib/python3/dist-packages/" NAME ".py" },
	  "srv/v/lib/python3.11/site-packages/" NAME ".py", "/usr/lib/python3/dist-packages/" NAME ".py", NULL,
	  SHADOW_ENVIRONMENT },
	{ { DEBIAN, "srv/v/pyvenv.cfg", "usr/lib/python3.11/" NAME ".py" },
	  "srv/v/lib/python3.11/site-packages/" NAME ".py", NULL, "/usr/lib/python3.11/" NAME ".py", SHADOW_NONE },
	{ { DEBIAN, "srv/v/pyvenv.cfg", "srv/v/lib/python3.11/site-packages/" NAME ".py" },
	  "srv/v/lib64/python3.11/site-packages/" NAME ".py", "/srv/v/lib/python3.11/site-packages/" NAME ".py", NULL,
	  SHADOW_PATH },
	/* the other module, and what is none */
	{ { DEBIAN, "usr/lib/python3/dist-packages/" NAME ".py" }, "usr/local/lib/python3.11/dist-packages/usercustomize.py",
	  NULL, NULL, SHADOW_NONE },
	{ { DEBIAN, "usr/lib/python3/dist-packages/usercustomize.py" },
	  "usr/local/lib/python3.11/dist-packages/usercustomize.py", "/usr/lib/python3/dist-packages/usercustomize.py", NULL,
	  SHADOW_PATH },
	{ { DEBIAN, "usr/lib/python3/dist-packages/" NAME ".py" }, "usr/local/lib/python3.11/dist-packages/x.pth", NULL, NULL,
	  SHADOW_NONE },
	{ { DEBIAN, "usr/lib/python3/dist-packages/" NAME ".py" }, "srv/app/" NAME ".py", NULL, NULL, SHADOW_NONE },
};

static void assert_path(struct bytes got, const char *want, size_t row)
{
	if (!bytes_equal(got, bytes_of(want ? want : "")))
		fail_msg("row %zu (%s): got '%.*s'", row, layouts[row].hook, (int)got.len, got.ptr);
}

static void find(const struct temp *t, const char *name, struct region *region, struct shadow *ret)
{
	_cleanup_str_ struct str path = STR_INIT;
	struct bytes kept;
	struct hook hook;

	assert_int_equal(str_appendf(&path, "/%s", name), 0);
	kept = region_copy(region, str_bytes(&path));
	assert_true(hookpath_classify(kept, &hook));
	assert_int_equal(shadow_find(t->fd, kept, &hook, region, ret), 0);
}

static void the_first_one_wins(void **state)
{
	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(layouts); i++) {
		_cleanup_temp_ struct temp t = TEMP_INIT;
		_cleanup_region_ struct region region = REGION_INIT;
		struct shadow s;

		temp_make(&t);
		for (size_t k = 0; k < ELEMENTSOF(layouts[i].files) && layouts[i].files[k]; k++)
			put(&t, layouts[i].files[k]);
		put(&t, layouts[i].hook);
		find(&t, layouts[i].hook, &region, &s);
		assert_path(s.shadows, layouts[i].shadows, i);
		assert_path(s.shadowed_by, layouts[i].shadowed_by, i);
		if (s.kind != layouts[i].kind)
			fail_msg("row %zu (%s): kind %d", i, layouts[i].hook, (int)s.kind);
	}
}

/* The tag is of the machine that this runs on. */
static void extensions_of_the_version(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_region_ struct region region = REGION_INIT;
	struct shadow s;

	(void)state;
#if defined(__x86_64__)
	temp_make(&t);
	put(&t, DEBIAN);
	put(&t, "usr/lib/python3/dist-packages/" NAME ".abi3.so");
	put(&t, "usr/lib/python3/dist-packages/" NAME ".cpython-311-x86_64-linux-gnu.so");
	find(&t, "usr/lib/python3/dist-packages/" NAME ".abi3.so", &region, &s);
	assert_true(bytes_equal(s.shadowed_by, BYTES_LIT("/usr/lib/python3/dist-packages/" NAME
							  ".cpython-311-x86_64-linux-gnu.so")));
	find(&t, "usr/lib/python3/dist-packages/" NAME ".cpython-311-x86_64-linux-gnu.so", &region, &s);
	assert_true(bytes_equal(s.shadows, BYTES_LIT("/usr/lib/python3/dist-packages/" NAME ".abi3.so")));
#else
	skip();
#endif
}

/* Debian's module is a link; a directory that is one may lead anywhere. */
static void links_are_modules_but_no_directories(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_region_ struct region region = REGION_INIT;
	struct shadow s;

	(void)state;
	temp_make(&t);
	put(&t, DEBIAN);
	put(&t, "elsewhere/" NAME ".py");
	put(&t, "usr/local/lib/python3.11/dist-packages/" NAME ".py");
	assert_int_equal(mkdirat(t.fd, "usr/lib/python3", 0755), 0);
	assert_int_equal(symlinkat("../../../elsewhere", t.fd, "usr/lib/python3/dist-packages"), 0);
	find(&t, "usr/local/lib/python3.11/dist-packages/" NAME ".py", &region, &s);
	assert_null(s.shadows.ptr);
	assert_int_equal(symlinkat("/etc/python3.11/" NAME ".py", t.fd, "usr/lib/python3.11/" NAME ".py"), 0);
	find(&t, "usr/local/lib/python3.11/dist-packages/" NAME ".py", &region, &s);
	assert_true(bytes_equal(s.shadowed_by, BYTES_LIT("/usr/lib/python3.11/" NAME ".py")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_one_wins),
		cmocka_unit_test(extensions_of_the_version),
		cmocka_unit_test(links_are_modules_but_no_directories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
