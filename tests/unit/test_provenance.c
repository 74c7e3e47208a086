#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sched.h>

#include "filedata.h"
#include "limits.h"
#include "provenance.h"
#include "temp_tree.h"

#define SHA "sha256=WJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vgM"	/* "hello\n" */
#define HEX "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
#define MD5 "b1946ac92492d2347c6235b4d2611184"
#define SITE "v/lib/python3.11/site-packages"
#define META "v/conda-meta"
#define INFO "var/lib/dpkg/info/"

struct tree {
	struct temp t;
	struct provenance_cache *cache;
	struct region region;
};

static void make_tree(struct tree *tree)
{
	static const char *const dirs[] = {
		"v", "v/lib", "v/lib/python3.11", SITE, META, "usr", "usr/lib", "usr/lib/python3.11", "etc",
		"etc/python3.11", "var", "var/lib", "var/lib/dpkg", "var/lib/dpkg/info",
	};

	*tree = (struct tree){ .region = REGION_INIT };
	temp_make(&tree->t);
	for (size_t i = 0; i < ELEMENTSOF(dirs); i++)
		temp_mkdir(&tree->t, dirs[i]);
	assert_int_equal(provenance_cache_new(&tree->cache), 0);
}

static void release_tree(struct tree *tree)
{
	provenance_cache_free(tree->cache);
	region_release(&tree->region);
	temp_release(&tree->t);
}
#define _cleanup_tree_ __attribute__((cleanup(release_tree)))

static struct provenance find(struct tree *tree, const char *path)
{
	_cleanup_close_ int fd = openat(tree->t.fd, path + 1, O_RDONLY | O_CLOEXEC);
	struct provenance cached = { 0 }, p = { 0 };

	assert_int_equal(provenance_find(tree->cache, tree->t.fd, bytes_of(path), fd, NULL, &tree->region, &cached), 0);
	assert_int_equal(provenance_find(NULL, tree->t.fd, bytes_of(path), fd, NULL, &tree->region, &p), 0);
	assert_int_equal(p.kind, cached.kind);
	assert_int_equal(p.match, cached.match);
	assert_true(bytes_equal(p.database, cached.database));
	return p;
}

static void assert_found(struct provenance p, enum provenance_kind kind, bool match, const char *package,
			 const char *version, const char *database)
{
	assert_int_equal(p.kind, kind);
	assert_true(p.asked);
	assert_int_equal(p.match, match);
	if (!bytes_equal(p.package, bytes_of(package)) || !bytes_equal(p.version, bytes_of(version)) ||
	    !bytes_equal(p.database, bytes_of(database)))
		fail_msg("%s %s %s", p.package.ptr, p.version.ptr, p.database.ptr);
}

static void add_dist(struct tree *tree, const char *name, const char *file, struct bytes content)
{
	char path[256];

	(void)snprintf(path, sizeof(path), SITE "/%s", name);
	temp_mkdir(&tree->t, path);
	(void)snprintf(path, sizeof(path), SITE "/%s/%s", name, file);
	temp_write(&tree->t, path, content);
}

/* What gave the answer is asked again at the cost of two names, until it or the file is another. */
static void test_remembered(void **state)
{
	const struct bytes path = BYTES_LIT("/" SITE "/a.pth");
	_cleanup_tree_ struct tree tree;
	const uint64_t enough = 20 * WORK_PATH;
	struct provenance p = { 0 };
	struct work work;
	struct stat st;
	int fd;

	(void)state;
	make_tree(&tree);
	temp_write(&tree.t, SITE "/a.pth", BYTES_LIT("hello\n"));
	add_dist(&tree, "a-1.dist-info", "RECORD", BYTES_LIT("a.pth," SHA ",6\n"));
	for (unsigned i = 0; i < 100; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "x%u-1.dist-info", i);
		add_dist(&tree, name, "RECORD", BYTES_LIT("not here\n"));
	}
	fd = openat(tree.t.fd, SITE "/a.pth", O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	work.left = enough;
	assert_int_equal(provenance_find(tree.cache, tree.t.fd, path, fd, &work, &tree.region, &p), -EDQUOT);
	assert_int_equal(work.left, 0);

	/* Not while the clock has not gone on. */
	assert_int_equal(fstatat(tree.t.fd, SITE "/a-1.dist-info/RECORD", &st, 0), 0);
	while (!filedata_is_settled(&st.st_ctim))
		(void)sched_yield();
	assert_int_equal(provenance_find(tree.cache, tree.t.fd, path, fd, NULL, &tree.region, &p), 0);
	work.left = enough;
	assert_int_equal(provenance_find(tree.cache, tree.t.fd, path, fd, &work, &tree.region, &p), 0);
	assert_found(p, PROVENANCE_RECORD, true, "a", "1", "/" SITE "/a-1.dist-info/RECORD");

	temp_write(&tree.t, SITE "/a-1.dist-info/RECORD", BYTES_LIT("a.pth," SHA ",66\n"));
	work.left = enough;
	assert_int_equal(provenance_find(tree.cache, tree.t.fd, path, fd, &work, &tree.region, &p), -EDQUOT);
	assert_int_equal(provenance_find(tree.cache, tree.t.fd, path, fd, NULL, &tree.region, &p), 0);
	assert_true(p.match);
	temp_write(&tree.t, SITE "/a.pth", BYTES_LIT("evil\n\n"));
	assert_int_equal(provenance_find(tree.cache, tree.t.fd, path, fd, NULL, &tree.region, &p), 0);
	assert_false(p.match);
	close(fd);
}

/* That none has it is known, too, until one of them is another. */
static void test_nothing_remembered(void **state)
{
	const struct bytes path = BYTES_LIT("/" SITE "/a.pth");
	_cleanup_tree_ struct tree tree;
	_cleanup_str_ struct str record = STR_INIT;
	struct provenance p = { 0 };
	struct work work;
	struct stat st;
	int fd;

	(void)state;
	make_tree(&tree);
	temp_write(&tree.t, SITE "/a.pth", BYTES_LIT("hello\n"));
	temp_write(&tree.t, SITE "/b.pth", BYTES_LIT("hello\n"));
	assert_int_equal(str_append_text(&record, "b.pth," SHA ",6\n"), 0);
	assert_int_equal(str_reserve(&record, 1 << 20), 0);
	while (record.len < 1 << 20)
		assert_int_equal(str_append_text(&record, "x,,\n"), 0);
	add_dist(&tree, "a-1.dist-info", "RECORD", str_bytes(&record));
	assert_int_equal(fstatat(tree.t.fd, SITE "/a-1.dist-info/RECORD", &st, 0), 0);
	while (!filedata_is_settled(&st.st_ctim))
		(void)sched_yield();
	fd = openat(tree.t.fd, SITE "/a.pth", O_RDONLY | O_CLOEXEC);
	assert_int_equal(provenance_find(tree.cache, tree.t.fd, path, fd, NULL, &tree.region, &p), 0);
	assert_int_equal(p.kind, PROVENANCE_NONE);
	work.left = (1 << 20) / WORK_SEARCH_BYTES;	/* names may be looked at, the RECORD may not be searched */
	assert_int_equal(provenance_find(tree.cache, tree.t.fd, path, fd, &work, &tree.region, &p), 0);
	assert_int_equal(p.kind, PROVENANCE_NONE);
	/* It is about this file only. */
	assert_int_equal(find(&tree, "/" SITE "/b.pth").kind, PROVENANCE_RECORD);
	/* In place, and of the same size. */
	temp_write(&tree.t, SITE "/a-1.dist-info/RECORD", BYTES_LIT("a.pth," SHA ",6\n"));
	assert_int_equal(provenance_find(tree.cache, tree.t.fd, path, fd, NULL, &tree.region, &p), 0);
	assert_true(p.match);
	close(fd);
}

/* The packages of a container are in its own root, by the names that they have there. */
static void test_other_root(void **state)
{
	_cleanup_tree_ struct tree tree;
	_cleanup_close_ int fd = -EBADF;
	static const char *const dirs[] = { "c", "c/v", "c/v/lib", "c/v/lib/python3.11", ("c/" SITE), "c/lib", "c/lib/apk",
					    "c/lib/apk/db" };
	static const struct bytes path = BYTES_LIT("/c/" SITE "/a.pth");
	static const struct bytes roots[] = {
		BYTES_LIT("/c"),
		/* An image that is found, or built by a tool that has another root: by what is there. */
		BYTES_LIT(""),
		BYTES_LIT("/"),
		BYTES_LIT("/c/"),
		BYTES_LIT("/c/v"),
		BYTES_LIT("/other"),
		BYTES_LIT("/c/" SITE "/a.pth"),
	};

	(void)state;
	make_tree(&tree);
	for (size_t i = 0; i < ELEMENTSOF(dirs); i++)
		temp_mkdir(&tree.t, dirs[i]);
	temp_write(&tree.t, "c/" SITE "/a.pth", BYTES_LIT("hello\n"));
	temp_write(&tree.t, "c/lib/apk/db/installed",
		   BYTES_LIT("P:py3-a\nV:1.0\nF:" SITE "\nR:a.pth\nZ:Q19XLTlvrpIGYocU+yzgD3LpTyJY8=\n\n"));
	fd = openat(tree.t.fd, "c/" SITE "/a.pth", O_RDONLY | O_CLOEXEC);
	for (size_t i = 0; i < 2 * ELEMENTSOF(roots); i++) {
		struct bytes root = roots[i / 2];
		struct provenance p = { 0 };

		assert_int_equal(provenance_find_in(i % 2 ? tree.cache : NULL, tree.t.fd, root, path, fd, NULL, &tree.region,
						    &p), 0);
		assert_found(p, PROVENANCE_APK, true, "py3-a", "1.0", "/c/lib/apk/db/installed");
	}
}

/* Where a file is diverted two packages name it: that whose content it is is said. */
static void test_diverted(void **state)
{
	_cleanup_tree_ struct tree tree;
	struct bytes name = BYTES_LIT("/usr/lib/python3.11/a.pth\n");

	(void)state;
	make_tree(&tree);
	temp_write(&tree.t, "usr/lib/python3.11/a.pth", BYTES_LIT("hello\n"));
	temp_write(&tree.t, INFO "a.list", name);
	temp_write(&tree.t, INFO "a.md5sums", BYTES_LIT("00000000000000000000000000000000  usr/lib/python3.11/a.pth\n"));
	temp_write(&tree.t, INFO "b.list", name);
	temp_write(&tree.t, INFO "b.md5sums", BYTES_LIT(MD5 "  usr/lib/python3.11/a.pth\n"));
	temp_write(&tree.t, "var/lib/dpkg/status", BYTES_LIT("Package: a\nVersion: 1\n\nPackage: b\nVersion: 2\n"));
	assert_found(find(&tree, "/usr/lib/python3.11/a.pth"), PROVENANCE_DPKG, true, "b", "2",
		     "/" INFO "b.md5sums");
}

/* By an installer, while it was at work: by its user, and in its time. */
static void test_written_by(void **state)
{
	const struct provenance p = { .kind = PROVENANCE_RECORD, .database_uid = 7, .database_changed = { 10, 5 } };
	const struct provenance none = { .database_uid = 7, .database_changed = { 10, 5 } };
	const uint64_t at = 10 * UINT64_C(1000000000) + 5;

	(void)state;
	assert_true(provenance_was_written_by(&p, 7, at, at));
	assert_true(provenance_was_written_by(&p, 7, 0, UINT64_MAX));
	assert_false(provenance_was_written_by(&p, 8, 0, UINT64_MAX));
	assert_false(provenance_was_written_by(&p, 7, at + 1, UINT64_MAX));
	assert_false(provenance_was_written_by(&p, 7, 0, at - 1));
	assert_false(provenance_was_written_by(&none, 7, 0, UINT64_MAX));
}

static void test_nobodys(void **state)
{
	_cleanup_tree_ struct tree tree;
	struct provenance p = { 0 };

	(void)state;
	make_tree(&tree);
	temp_write(&tree.t, SITE "/a.pth", BYTES_LIT("hello\n"));
	add_dist(&tree, "b-1.dist-info", "RECORD", BYTES_LIT("ba.pth," SHA ",6\nb/a.pth," SHA ",6\na.pthx," SHA ",6\n"));
	add_dist(&tree, "c-1.dist-info", "METADATA", BYTES_LIT("a.pth\n"));
	add_dist(&tree, "d.egg", "RECORD", BYTES_LIT("a.pth," SHA ",6\n"));
	/* What pip has moved aside. */
	add_dist(&tree, "~-1.dist-info", "RECORD", BYTES_LIT("a.pth," SHA ",6\n"));
	assert_found(find(&tree, "/" SITE "/a.pth"), PROVENANCE_NONE, false, NULL, NULL, NULL);
	assert_found(find(&tree, "/none/a.pth"), PROVENANCE_NONE, false, NULL, NULL, NULL);
	assert_int_equal(provenance_find(NULL, tree.t.fd, BYTES_LIT(""), -1, NULL, &tree.region, &p), 0);
	assert_int_equal(provenance_find(NULL, tree.t.fd, BYTES_LIT("/"), -1, NULL, &tree.region, &p), 0);
	assert_int_equal(p.kind, PROVENANCE_NONE);
}

static void test_record(void **state)
{
	static const struct {
		const char *dist, *file;
		struct bytes content;
		bool match;
		const char *package, *version;
	} cases[] = {
		{ "a_b-1.0.dist-info", "RECORD", BYTES_LIT("a.py,,\na.pth," SHA ",6\n"), true, "a_b", "1.0" },
		{ "a-1.0.dist-info", "RECORD", BYTES_LIT("a.pth,,\n"), false, "a", "1.0" },
		{ "a-1.0.dist-info", "RECORD", BYTES_LIT("a.pth,sha256=x,\n"), false, "a", "1.0" },
		{ "a-1.0.dist-info", "RECORD", BYTES_LIT("a.pth,md5=sZRqySSS0jR8YjW00mERhA,6\n"), true, "a", "1.0" },
		{ "a-1.0.dist-info", "RECORD", BYTES_LIT("/" SITE "/a.pth," SHA ",6\n"), true, "a", "1.0" },
		{ "a-1.0.dist-info", "RECORD", BYTES_LIT("../site-packages/./a.pth," SHA ",6\n"), true, "a", "1.0" },
		{ "a-1.0.dist-info", "RECORD", BYTES_LIT("\"a.pth\"," SHA ",6\n"), true, "a", "1.0" },
		{ "a-1.0-py3.11.egg-info", "installed-files.txt", BYTES_LIT("../a.py\n../a.pth\n"), false, "a", "1.0" },
		{ "odd.dist-info", "RECORD", BYTES_LIT("a.pth," SHA ",6\n"), true, "odd", NULL },
		{ "-.dist-info", "RECORD", BYTES_LIT("a.pth," SHA ",6\n"), true, "", "" },
		{ ".dist-info", "RECORD", BYTES_LIT("a.pth," SHA ",6\n"), true, "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_tree_ struct tree tree;
		const enum provenance_kind kind = cases[i].file[0] == 'i' ? PROVENANCE_EGG : PROVENANCE_RECORD;
		char database[256];
		struct provenance p;

		make_tree(&tree);
		temp_write(&tree.t, SITE "/a.pth", BYTES_LIT("hello\n"));
		add_dist(&tree, cases[i].dist, cases[i].file, cases[i].content);
		(void)snprintf(database, sizeof(database), "/" SITE "/%s/%s", cases[i].dist, cases[i].file);
		p = find(&tree, "/" SITE "/a.pth");
		assert_found(p, kind, cases[i].match, cases[i].package, cases[i].version, database);
		assert_int_equal(p.database_root_owned, geteuid() == 0);
		assert_int_equal(p.has_digest, cases[i].match);
		/* Another content. */
		temp_write(&tree.t, SITE "/a.pth", BYTES_LIT("import evil\n"));
		assert_found(find(&tree, "/" SITE "/a.pth"), kind, false, cases[i].package,
			     cases[i].version, database);
	}
}

/* easy-install.pth is of no package, but each of its lines is a project's. */
static void test_projects_that_are_developed(void **state)
{
	static const struct {
		struct bytes link;
		bool found;
	} rows[] = {
		{ BYTES_LIT("/home/a/project\n."), true },
		{ BYTES_LIT("/home/a/project"), true },
		{ BYTES_LIT("/home/a/project\r\n../\n"), true },
		{ BYTES_LIT("/home/a/proj\n."), false },
		{ BYTES_LIT("import os\n."), false },
		{ BYTES_LIT("\n/home/a/project\n"), false },
		{ BYTES_LIT(""), false },
	};
	const char *const pth = SITE "/easy-install.pth", *const link = SITE "/my-project.egg-link";

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
		_cleanup_tree_ struct tree tree;

		make_tree(&tree);
		temp_write(&tree.t, pth, BYTES_LIT("/opt/other\n/home/a/project\n"));
		temp_write(&tree.t, link, rows[i].link);
		if (rows[i].found)
			assert_found(find(&tree, "/" SITE "/easy-install.pth"), PROVENANCE_EGG_LINK, false, "my-project", NULL,
				     "/" SITE "/my-project.egg-link");
		else
			assert_int_equal(find(&tree, "/" SITE "/easy-install.pth").kind, PROVENANCE_NONE);
		/* Of another name it is no file of setuptools'. */
		temp_write(&tree.t, SITE "/other.pth", BYTES_LIT("/home/a/project\n"));
		assert_int_equal(find(&tree, "/" SITE "/other.pth").kind, PROVENANCE_NONE);
		/* The link is the same, the hook is not. */
		temp_write(&tree.t, pth, BYTES_LIT("/opt/other\n"));
		assert_int_equal(find(&tree, "/" SITE "/easy-install.pth").kind, PROVENANCE_NONE);
	}
}

static void test_names_that_are_quoted(void **state)
{
	_cleanup_tree_ struct tree tree;

	(void)state;
	make_tree(&tree);
	temp_write(&tree.t, SITE "/a\"b,c\n.pth", BYTES_LIT("hello\n"));
	add_dist(&tree, "a-1.dist-info", "RECORD", BYTES_LIT("\"a\"\"b,c\n.pth\"," SHA ",6\n"));
	assert_found(find(&tree, "/" SITE "/a\"b,c\n.pth"), PROVENANCE_RECORD, true, "a", "1",
		     "/" SITE "/a-1.dist-info/RECORD");
}

/* A start-up module as a package, and its bytecode, belong to the site directory above. */
static void test_below_a_package(void **state)
{
	_cleanup_tree_ struct tree tree;

	(void)state;
	make_tree(&tree);
	temp_mkdir(&tree.t, SITE "/sitecustomize");
	temp_mkdir(&tree.t, SITE "/sitecustomize/__pycache__");
	temp_write(&tree.t, SITE "/sitecustomize/__init__.py", BYTES_LIT("hello\n"));
	temp_write(&tree.t, SITE "/sitecustomize/__pycache__/__init__.cpython-311.pyc", BYTES_LIT("x"));
	add_dist(&tree, "s-1.dist-info", "RECORD",
		 BYTES_LIT("sitecustomize/__init__.py," SHA ",6\nsitecustomize/__pycache__/__init__.cpython-311.pyc,,\n"));
	assert_found(find(&tree, "/" SITE "/sitecustomize/__init__.py"), PROVENANCE_RECORD, true, "s", "1",
		     "/" SITE "/s-1.dist-info/RECORD");
	assert_found(find(&tree, "/" SITE "/sitecustomize/__pycache__/__init__.cpython-311.pyc"), PROVENANCE_RECORD,
		     false, "s", "1", "/" SITE "/s-1.dist-info/RECORD");
}

/* Two claim it: the one whose digest fits is said, whichever is newer. */
static void test_two_owners(void **state)
{
	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		_cleanup_tree_ struct tree tree;
		struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };

		make_tree(&tree);
		temp_write(&tree.t, SITE "/a.pth", BYTES_LIT("hello\n"));
		add_dist(&tree, "a-1.dist-info", "RECORD", BYTES_LIT("a.pth,,\n"));
		add_dist(&tree, "b-2.dist-info", "RECORD", BYTES_LIT("a.pth," SHA ",6\n"));
		assert_int_equal(utimensat(tree.t.fd, turn ? SITE "/a-1.dist-info/RECORD" : SITE "/b-2.dist-info/RECORD", old, 0), 0);
		assert_found(find(&tree, "/" SITE "/a.pth"), PROVENANCE_RECORD, true, "b", "2",
			     "/" SITE "/b-2.dist-info/RECORD");
	}
}

/* What one question may read is used up by the databases that changed last. */
static void test_budget(void **state)
{
	const struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	_cleanup_tree_ struct tree tree;
	_cleanup_close_ int fd = -EBADF;

	(void)state;
	make_tree(&tree);
	temp_write(&tree.t, SITE "/a.pth", BYTES_LIT("hello\n"));
	add_dist(&tree, "new-1.dist-info", "RECORD", BYTES_LIT("x"));
	add_dist(&tree, "old-1.dist-info", "RECORD", BYTES_LIT("a.pth," SHA ",6\n"));
	assert_int_equal(utimensat(tree.t.fd, SITE "/old-1.dist-info/RECORD", old, 0), 0);
	fd = openat(tree.t.fd, SITE "/new-1.dist-info/RECORD", O_WRONLY | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, PROVENANCE_SEARCH_BYTES_MAX), 0);
	assert_int_equal(find(&tree, "/" SITE "/a.pth").kind, PROVENANCE_NONE);
	assert_int_equal(ftruncate(fd, PROVENANCE_SEARCH_BYTES_MAX / 2), 0);
	assert_int_equal(find(&tree, "/" SITE "/a.pth").kind, PROVENANCE_RECORD);
}

/* The database is looked at where it is, and who could have written it. */
static void test_trust(void **state)
{
	_cleanup_tree_ struct tree tree;

	(void)state;
	make_tree(&tree);
	temp_write(&tree.t, SITE "/a.pth", BYTES_LIT("hello\n"));
	add_dist(&tree, "a-1.dist-info", "RECORD", BYTES_LIT("a.pth," SHA ",6\n"));
	assert_int_equal(find(&tree, "/" SITE "/a.pth").database_root_owned, geteuid() == 0);
	assert_int_equal(fchmodat(tree.t.fd, SITE, 0777, 0), 0);
	assert_false(find(&tree, "/" SITE "/a.pth").database_root_owned);
	assert_int_equal(fchmodat(tree.t.fd, SITE, 0755, 0), 0);
	assert_int_equal(fchmodat(tree.t.fd, SITE "/a-1.dist-info/RECORD", 0666, 0), 0);
	assert_false(find(&tree, "/" SITE "/a.pth").database_root_owned);
	assert_true(find(&tree, "/" SITE "/a.pth").match);
}

static void test_links_and_special_files(void **state)
{
	_cleanup_tree_ struct tree tree;

	(void)state;
	make_tree(&tree);
	temp_write(&tree.t, SITE "/a.pth", BYTES_LIT("hello\n"));
	add_dist(&tree, "b-1.dist-info", "x", BYTES_LIT("a.pth," SHA ",6\n"));
	assert_int_equal(symlinkat("x", tree.t.fd, SITE "/b-1.dist-info/RECORD"), 0);
	temp_mkdir(&tree.t, SITE "/c-1.dist-info");
	assert_int_equal(mkfifoat(tree.t.fd, SITE "/c-1.dist-info/RECORD", 0666), 0);
	assert_int_equal(symlinkat("b-1.dist-info", tree.t.fd, SITE "/d-1.dist-info"), 0);
	assert_int_equal(find(&tree, "/" SITE "/a.pth").kind, PROVENANCE_NONE);
	/* A component of the path is a link: it is not the path that was asked for. */
	assert_int_equal(symlinkat("v", tree.t.fd, "w"), 0);
	add_dist(&tree, "e-1.dist-info", "RECORD", BYTES_LIT("a.pth," SHA ",6\n"));
	assert_int_equal(find(&tree, "/" SITE "/a.pth").kind, PROVENANCE_RECORD);
	assert_int_equal(find(&tree, "/w/lib/python3.11/site-packages/a.pth").kind, PROVENANCE_NONE);
}

static void test_dpkg(void **state)
{
	_cleanup_tree_ struct tree tree;
	struct provenance p;

	(void)state;
	make_tree(&tree);
	temp_write(&tree.t, "etc/python3.11/sitecustomize.py", BYTES_LIT("hello\n"));
	assert_int_equal(symlinkat("/etc/python3.11/sitecustomize.py", tree.t.fd, "usr/lib/python3.11/sitecustomize.py"), 0);
	temp_write(&tree.t, "usr/lib/python3.11/a.pth", BYTES_LIT("hello\n"));
	temp_write(&tree.t, INFO "libpython3.11-minimal:amd64.list",
		   BYTES_LIT("/etc/python3.11/sitecustomize.py\n/usr/lib/python3.11/sitecustomize.py\n/usr/lib/python3.11/a.pth\n"));
	temp_write(&tree.t, INFO "libpython3.11-minimal:amd64.md5sums", BYTES_LIT(MD5 "  usr/lib/python3.11/a.pth\n"));
	temp_write(&tree.t, "var/lib/dpkg/status",
		   BYTES_LIT("Package: libpython3.11-minimal\nArchitecture: amd64\nVersion: 3.11.2\nConffiles:\n"
			     " /etc/python3.11/sitecustomize.py " MD5 "\n"));

	assert_found(find(&tree, "/usr/lib/python3.11/a.pth"), PROVENANCE_DPKG, true, "libpython3.11-minimal", "3.11.2",
		     "/" INFO "libpython3.11-minimal:amd64.md5sums");
	assert_found(find(&tree, "/etc/python3.11/sitecustomize.py"), PROVENANCE_DPKG, true, "libpython3.11-minimal",
		     "3.11.2", "/var/lib/dpkg/status");
	/* The link is asked with the content that it leads to. */
	p = (struct provenance){ 0 };
	{
		_cleanup_close_ int fd = openat(tree.t.fd, "etc/python3.11/sitecustomize.py", O_RDONLY | O_CLOEXEC);

		assert_int_equal(provenance_find(NULL, tree.t.fd, BYTES_LIT("/usr/lib/python3.11/sitecustomize.py"), fd,
						 NULL, &tree.region, &p), 0);
	}
	assert_found(p, PROVENANCE_DPKG, true, "libpython3.11-minimal", "3.11.2", "/var/lib/dpkg/status");

	temp_write(&tree.t, "usr/lib/python3.11/a.pth", BYTES_LIT("import evil\n"));
	assert_false(find(&tree, "/usr/lib/python3.11/a.pth").match);

	/* The link leads elsewhere now: the package's link, another's content. */
	temp_write(&tree.t, "etc/evil.py", BYTES_LIT("hello\n"));
	assert_int_equal(unlinkat(tree.t.fd, "usr/lib/python3.11/sitecustomize.py", 0), 0);
	assert_int_equal(symlinkat("../../../etc/evil.py", tree.t.fd, "usr/lib/python3.11/sitecustomize.py"), 0);
	p = find(&tree, "/usr/lib/python3.11/sitecustomize.py");
	assert_int_equal(p.kind, PROVENANCE_DPKG);
	assert_false(p.match);
	/* A circle of links ends. */
	assert_int_equal(unlinkat(tree.t.fd, "usr/lib/python3.11/sitecustomize.py", 0), 0);
	assert_int_equal(symlinkat("sitecustomize.py", tree.t.fd, "usr/lib/python3.11/sitecustomize.py"), 0);
	assert_false(find(&tree, "/usr/lib/python3.11/sitecustomize.py").match);

	/* The index is read anew when dpkg was at work. */
	temp_write(&tree.t, SITE "/late.pth", BYTES_LIT("hello\n"));
	assert_int_equal(find(&tree, "/" SITE "/late.pth").kind, PROVENANCE_NONE);
	temp_write(&tree.t, INFO "late.list-new", BYTES_LIT("/" SITE "/late.pth\n"));
	assert_int_equal(renameat(tree.t.fd, INFO "late.list-new", tree.t.fd, INFO "late.list"), 0);
	assert_found(find(&tree, "/" SITE "/late.pth"), PROVENANCE_DPKG, false, "late", NULL, "/" INFO "late.list");
}

/* More roots than are remembered: the answers stay right. */
static void test_many_roots(void **state)
{
	struct temp roots[PROVENANCE_ROOTS_MAX + 2];
	_cleanup_tree_ struct tree tree;

	(void)state;
	make_tree(&tree);
	for (size_t i = 0; i < ELEMENTSOF(roots); i++) {
		temp_make(&roots[i]);
		temp_mkdir(&roots[i], "var");
		temp_mkdir(&roots[i], "var/lib");
		temp_mkdir(&roots[i], "var/lib/dpkg");
		temp_mkdir(&roots[i], "var/lib/dpkg/info");
		temp_write(&roots[i], "var/lib/dpkg/status", BYTES_LIT("x\n"));
		if (i % 2)
			temp_write(&roots[i], INFO "p.list", BYTES_LIT("/a.pth\n"));
	}
	for (unsigned round = 0; round < 3; round++)
		for (size_t i = 0; i < ELEMENTSOF(roots); i++) {
			struct provenance p = { 0 };

			assert_int_equal(provenance_find(tree.cache, roots[i].fd, BYTES_LIT("/a.pth"), -1, NULL, &tree.region, &p), 0);
			assert_int_equal(p.kind, i % 2 ? PROVENANCE_DPKG : PROVENANCE_NONE);
		}
	for (size_t i = 0; i < ELEMENTSOF(roots); i++)
		temp_release(&roots[i]);
}

static void test_conda(void **state)
{
#define AT "lib/python3.11/site-packages/a.pth"
	static const struct {
		struct bytes json;
		enum provenance_kind kind;
		bool match;
		const char *version;
	} cases[] = {
		{ BYTES_LIT("{\"name\":\"p\",\"version\":\"1\",\"paths_data\":{\"paths\":[{\"_path\":\"x\"},"
			    "{\"_path\":\"" AT "\",\"sha256\":\"" HEX "\"}]}}"), PROVENANCE_CONDA, true, "1" },
		/* The prefix was written into it. */
		{ BYTES_LIT("{\"name\":\"p\",\"paths_data\":{\"paths\":[{\"_path\":\"" AT "\",\"sha256\":\"00\","
			    "\"sha256_in_prefix\":\"" HEX "\"}]}}"), PROVENANCE_CONDA, true, NULL },
		{ BYTES_LIT("{\"name\":\"p\",\"files\":[\"" AT "\"]}"), PROVENANCE_CONDA, false, NULL },
		{ BYTES_LIT("{\"name\":\"p\",\"files\":[\"y/" AT "\"]}"), PROVENANCE_NONE, false, NULL },
		{ BYTES_LIT("{\"name\":[],\"files\":[\"" AT "\"]}"), PROVENANCE_CONDA, false, NULL },
		{ BYTES_LIT("{\"files\":[\"" AT "\""), PROVENANCE_NONE, false, NULL },
		{ BYTES_LIT("[\"" AT "\"]"), PROVENANCE_NONE, false, NULL },
		{ BYTES_LIT("{\"paths_data\":{\"paths\":\"" AT "\"},\"files\":7}"), PROVENANCE_NONE, false, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_tree_ struct tree tree;
		struct provenance p;

		make_tree(&tree);
		temp_write(&tree.t, SITE "/a.pth", BYTES_LIT("hello\n"));
		temp_write(&tree.t, META "/p-1-0.json", cases[i].json);
		p = find(&tree, "/" SITE "/a.pth");
		if (p.kind != cases[i].kind || p.match != cases[i].match)
			fail_msg("%s", cases[i].json.ptr);
		assert_true(bytes_equal(p.version, bytes_of(cases[i].version)));
	}
}

/* So many values that the tree would take too much memory. */
static void test_conda_too_large(void **state)
{
	_cleanup_tree_ struct tree tree;
	_cleanup_str_ struct str json = STR_INIT;

	(void)state;
	make_tree(&tree);
	temp_write(&tree.t, SITE "/a.pth", BYTES_LIT("hello\n"));
	assert_int_equal(str_append_text(&json, "{\"name\":\"p\",\"files\":[\"" AT "\""), 0);
	for (unsigned i = 0; i < PROVENANCE_CONDA_NODES_MAX; i++)
		assert_int_equal(str_append_text(&json, ",0"), 0);
	assert_int_equal(str_append_text(&json, "]}"), 0);
	temp_write(&tree.t, META "/p-1-0.json", str_bytes(&json));
	assert_int_equal(find(&tree, "/" SITE "/a.pth").kind, PROVENANCE_NONE);
}

static void test_names(void **state)
{
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_remembered),
		cmocka_unit_test(test_other_root),
		cmocka_unit_test(test_diverted),
		cmocka_unit_test(test_written_by),
		cmocka_unit_test(test_nobodys),
		cmocka_unit_test(test_remembered),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_projects_that_are_developed),
		cmocka_unit_test(test_names_that_are_quoted),
		cmocka_unit_test(test_below_a_package),
		cmocka_unit_test(test_two_owners),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_trust),
		cmocka_unit_test(test_links_and_special_files),
		cmocka_unit_test(test_dpkg),
		cmocka_unit_test(test_many_roots),
		cmocka_unit_test(test_conda),
		cmocka_unit_test(test_conda_too_large),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
