#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "dpkg_db.h"
#include "limits.h"
#include "temp_tree.h"

#define ROOT(t) (&(struct root_dir){ (t).fd, BYTES_LIT("") })
#define MD5 "b1946ac92492d2347c6235b4d2611184"	/* "hello\n" */
#define INFO "var/lib/dpkg/info/"

static const char *const dirs[] = { "var", "var/lib", "var/lib/dpkg", "var/lib/dpkg/info" };

static const struct {
	const char *name;
	struct bytes content;
} files[] = {
	{ INFO "python3-a.list", BYTES_LIT("/.\n/usr\n/usr/lib/python3/dist-packages/a.pth\n/usr/lib/python3/dist-packages/a.py\n") },
	{ INFO "python3-a.md5sums", BYTES_LIT("00000000000000000000000000000000  usr/lib/python3/dist-packages/a.py\n"
					      MD5 "  usr/lib/python3/dist-packages/a.pth\n") },
	/* Multi-Arch: same */
	{ INFO "libpython3.11-minimal:amd64.list", BYTES_LIT("/etc/python3.11/sitecustomize.py\n"
							     "/usr/lib/python3.11/sitecustomize.py\n") },
	{ INFO "libpython3.11-minimal:amd64.md5sums", BYTES_LIT("") },
	/* from before the merge; the last line without a newline */
	{ INFO "old.list", BYTES_LIT("/lib/old/b.pth\n/lib64/usercustomize.py") },
	{ INFO "old.md5sums", BYTES_LIT(MD5 "  lib/old/b.pth\nnot a digest at all, but as long ...  lib64/usercustomize.py\n") },
	/* no database of its own; not in status */
	{ INFO "bare.list", BYTES_LIT("/usr/c.pth\nrelative.pth\n\n/usr/blank name.pth\n") },
	{ INFO "a.list-new", BYTES_LIT("/usr/lib/new.pth\n") },
	{ INFO "a.postinst", BYTES_LIT("/usr/lib/postinst.pth\n") },
	{ "var/lib/dpkg/status", BYTES_LIT(
		"Package: other\nStatus: install ok installed\nArchitecture: amd64\nVersion: 9\nConffiles:\n"
		" /etc/python3.11/sitecustomize.py 00000000000000000000000000000000\n\n"
		"Package: python3-a\nStatus: install ok installed\nArchitecture: all\nVersion: 1.2-3\n"
		"Description: x\n Version: 7\n /usr/lib/python3/dist-packages/a.pth 00000000000000000000000000000000\n\n"
		"Package: libpython3.11-minimal\nArchitecture: amd64\nVersion: 3.11.2\nConffiles:\n"
		" /etc/python3.11/sitecustomize.py " MD5 " obsolete\n /etc/x newconffile\nHomepage: x\n\n"
		"Package: libpython3.11-minimal\nArchitecture: i386\nVersion: 0\nConffiles:\n"
		" /etc/python3.11/sitecustomize.py 00000000000000000000000000000000\n\n"
		"Package: old\nArchitecture: amd64\n") },
};

static void make_root(struct temp *t)
{
	temp_make(t);
	for (size_t i = 0; i < ELEMENTSOF(dirs); i++)
		temp_mkdir(t, dirs[i]);
	for (size_t i = 0; i < ELEMENTSOF(files); i++)
		temp_write(t, files[i].name, files[i].content);
}

static void test_find(void **state)
{
	static const struct {
		const char *path;
		int r;
		const char *package, *version, *database;
		bool digest;
	} cases[] = {
		{ "/usr/lib/python3/dist-packages/a.pth", 1, "python3-a", "1.2-3", "/" INFO "python3-a.md5sums", true },
		/* only hooks are known */
		{ "/usr/lib/python3/dist-packages/a.py", 0, NULL, NULL, NULL, false },
		{ "/etc/python3.11/sitecustomize.py", 1, "libpython3.11-minimal", "3.11.2", "/var/lib/dpkg/status", true },
		/* the link to it */
		{ "/usr/lib/python3.11/sitecustomize.py", 1, "libpython3.11-minimal", "3.11.2",
		  "/" INFO "libpython3.11-minimal:amd64.list", false },
		{ "/lib/old/b.pth", 1, "old", NULL, "/" INFO "old.md5sums", true },
		{ "/usr/lib/old/b.pth", 1, "old", NULL, "/" INFO "old.md5sums", true },
		{ "/usr/lib64/usercustomize.py", 1, "old", NULL, "/" INFO "old.list", false },
		{ "/lib/python3.11/sitecustomize.py", 1, "libpython3.11-minimal", "3.11.2",
		  "/" INFO "libpython3.11-minimal:amd64.list", false },
		{ "/usr/c.pth", 1, "bare", NULL, "/" INFO "bare.list", false },
		{ "/c.pth", 0, NULL, NULL, NULL, false },	/* not a directory that was merged */
		{ "/usr/blank name.pth", 1, "bare", NULL, "/" INFO "bare.list", false },
		{ "relative.pth", 0, NULL, NULL, NULL, false },
		{ "/usr/lib/new.pth", 0, NULL, NULL, NULL, false },
		{ "/usr/lib/postinst.pth", 0, NULL, NULL, NULL, false },
		{ "/usr", 0, NULL, NULL, NULL, false },
	};
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_(dpkg_db_freep) struct dpkg_db *db = NULL;
	_cleanup_region_ struct region region = REGION_INIT;

	(void)state;
	make_root(&t);
	assert_int_equal(dpkg_db_new(ROOT(t), &db), 0);
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		struct dpkg_owner o = { 0 };
		struct digest hello;

		if (dpkg_db_find(db, ROOT(t), bytes_of(cases[i].path), 0, &region, &o) != cases[i].r)
			fail_msg("%s", cases[i].path);
		if (!bytes_equal(o.package, bytes_of(cases[i].package)) ||
		    !bytes_equal(o.version, bytes_of(cases[i].version)) ||
		    !bytes_equal(o.database, bytes_of(cases[i].database)))
			fail_msg("%s: %s %s %s", cases[i].path, o.package.ptr, o.version.ptr, o.database.ptr);
		assert_int_equal(o.digest.algorithm != NULL, cases[i].digest);
		if (!cases[i].digest)
			continue;
		assert_int_equal(digest_parse_hex("md5", BYTES_LIT(MD5), &hello), 0);
		assert_memory_equal(o.digest.bytes, hello.bytes, hello.len);
	}
}

/* A file of several packages: of each in turn. */
static void test_shared(void **state)
{
	static const char *const packages[] = { "x", "y", "z" };
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_(dpkg_db_freep) struct dpkg_db *db = NULL;
	_cleanup_region_ struct region region = REGION_INIT;
	unsigned seen = 0;

	(void)state;
	make_root(&t);
	for (size_t i = 0; i < ELEMENTSOF(packages); i++) {
		_cleanup_str_ struct str name = STR_INIT;

		assert_int_equal(str_appendf(&name, INFO "%s.list", packages[i]), 0);
		temp_write(&t, name.buf, BYTES_LIT("/usr/s.pth\n"));
	}
	assert_int_equal(dpkg_db_new(ROOT(t), &db), 0);
	for (size_t n = 0; n < ELEMENTSOF(packages); n++) {
		struct dpkg_owner o = { 0 };

		assert_int_equal(dpkg_db_find(db, ROOT(t), BYTES_LIT("/usr/s.pth"), n, &region, &o), 1);
		for (size_t i = 0; i < ELEMENTSOF(packages); i++)
			seen |= (unsigned)bytes_equal(o.package, bytes_of(packages[i])) << i;
	}
	assert_int_equal(seen, 7);
	assert_int_equal(dpkg_db_find(db, ROOT(t), BYTES_LIT("/usr/s.pth"), ELEMENTSOF(packages), &region,
				      &(struct dpkg_owner){ 0 }), 0);
}

static void test_none(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	struct dpkg_db *db = NULL;

	(void)state;
	temp_make(&t);
	assert_int_equal(dpkg_db_new(ROOT(t), &db), -ENOENT);
	for (size_t i = 0; i < ELEMENTSOF(dirs); i++)
		temp_mkdir(&t, dirs[i]);
	assert_int_equal(dpkg_db_new(ROOT(t), &db), -ENOENT);
	/* Who may put a link there may put a database there. */
	assert_int_equal(symlinkat("/etc/passwd", t.fd, "var/lib/dpkg/status"), 0);
	assert_int_equal(dpkg_db_new(ROOT(t), &db), -ELOOP);
	assert_int_equal(unlinkat(t.fd, "var/lib/dpkg/status", 0), 0);
	assert_int_equal(mkfifoat(t.fd, "var/lib/dpkg/status", 0600), 0);
	assert_int_equal(dpkg_db_new(ROOT(t), &db), -EINVAL);
	assert_null(db);
	dpkg_db_free(db);
}

/* Until the clock of the files has gone on. */
/* Until all that was done so far is in the past of the clock that stamps files: it may be more than
 * one tick behind, if a tick came late. */
static void wait_tick(void)
{
	struct timespec from, now;

	assert_int_equal(clock_gettime(CLOCK_REALTIME, &from), 0);
	do
		assert_int_equal(clock_gettime(CLOCK_REALTIME_COARSE, &now), 0);
	while (now.tv_sec < from.tv_sec || (now.tv_sec == from.tv_sec && now.tv_nsec <= from.tv_nsec));
}

/* Whenever it is read, a change after that is seen. */
static void test_same_tick(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		_cleanup_temp_ struct temp t = TEMP_INIT;
		_cleanup_(dpkg_db_freep) struct dpkg_db *db = NULL;

		make_root(&t);
		assert_int_equal(dpkg_db_new(ROOT(t), &db), 0);
		assert_int_equal(renameat(t.fd, INFO "a.list-new", t.fd, INFO "a.list"), 0);
		assert_true(dpkg_db_is_stale(db, ROOT(t)));
	}
}

static void test_stale(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_(dpkg_db_freep) struct dpkg_db *db = NULL;

	(void)state;
	make_root(&t);
	wait_tick();
	assert_int_equal(dpkg_db_new(ROOT(t), &db), 0);
	assert_false(dpkg_db_is_stale(db, ROOT(t)));
	/* As dpkg does: a new file, then rename. */
	temp_write(&t, "var/lib/dpkg/status-new", BYTES_LIT("Package: x\n"));
	assert_false(dpkg_db_is_stale(db, ROOT(t)));
	assert_int_equal(renameat(t.fd, "var/lib/dpkg/status-new", t.fd, "var/lib/dpkg/status"), 0);
	assert_true(dpkg_db_is_stale(db, ROOT(t)));
	db = dpkg_db_free(db);
	wait_tick();
	assert_int_equal(dpkg_db_new(ROOT(t), &db), 0);
	assert_false(dpkg_db_is_stale(db, ROOT(t)));
	assert_int_equal(renameat(t.fd, "var/lib/dpkg/info", t.fd, "var/lib/dpkg/gone"), 0);
	assert_true(dpkg_db_is_stale(db, ROOT(t)));
}

static void test_too_many(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_str_ struct str list = STR_INIT;
	struct dpkg_db *db = NULL;

	(void)state;
	make_root(&t);
	for (unsigned i = 0; i <= DPKG_DB_PATHS_MAX; i++)
		assert_int_equal(str_appendf(&list, "/x/%u.pth\n", i), 0);
	temp_write(&t, INFO "many.list", str_bytes(&list));
	assert_int_equal(dpkg_db_new(ROOT(t), &db), -E2BIG);
	assert_null(db);
}

/* A status and lists that are made to be compared each with each. */
static void test_many_to_many(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_str_ struct str text = STR_INIT;
	_cleanup_(dpkg_db_freep) struct dpkg_db *db = NULL;
	_cleanup_region_ struct region region = REGION_INIT;
	struct dpkg_owner o = { 0 };
	char name[64];

	(void)state;
	make_root(&t);
	for (unsigned i = 0; i < 500; i++) {
		(void)snprintf(name, sizeof(name), INFO "p%03u.list", i);
		temp_write(&t, name, BYTES_LIT("/x/same.pth\n"));
	}
	for (unsigned i = 0; i < 20000; i++)
		assert_int_equal(str_append_text(&text, "Package: p\n\n"), 0);
	assert_int_equal(str_append_text(&text, "Package: p000\nVersion: 5\nConffiles:\n"), 0);
	for (unsigned i = 0; i < 20000; i++)
		assert_int_equal(str_append_text(&text, " /x/same.pth " MD5 "\n"), 0);
	temp_write(&t, "var/lib/dpkg/status", str_bytes(&text));
	assert_int_equal(dpkg_db_new(ROOT(t), &db), 0);
	assert_int_equal(dpkg_db_find(db, ROOT(t), BYTES_LIT("/x/same.pth"), 0, &region, &o), 1);
}

static void test_too_large(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	struct dpkg_db *db = NULL;
	char name[64];

	(void)state;
	make_root(&t);
	/* Files without blocks: what counts is what is read. */
	for (unsigned i = 0; i <= DPKG_DB_BYTES_MAX / DPKG_DB_FILE_MAX; i++) {
		_cleanup_close_ int fd = -EBADF;

		(void)snprintf(name, sizeof(name), INFO "p%u.list", i);
		fd = openat(t.fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
		assert_int_equal(ftruncate(fd, DPKG_DB_FILE_MAX), 0);
	}
	assert_int_equal(dpkg_db_new(ROOT(t), &db), -E2BIG);
	assert_null(db);
}

static void test_name(void **state)
{
	(void)state;
	assert_true(dpkg_db_knows_name(BYTES_LIT("a.pth")));
	assert_true(dpkg_db_knows_name(BYTES_LIT("sitecustomize.py")));
	assert_false(dpkg_db_knows_name(BYTES_LIT("mysitecustomize.py")));
	assert_false(dpkg_db_knows_name(BYTES_LIT("a.pth.dpkg-new")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_same_tick),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_many_to_many),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
