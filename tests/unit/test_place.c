#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "cleanup.h"
#include "limits.h"
#include "place.h"

/* A small root below a temporary directory.  All of it belongs to whoever runs
 * the test, so `me` is the owner of the hook and NOT_ROOTS depends on him; the
 * table leaves that flag out. */
static unsigned judge(int rootfd, struct bytes path, struct bytes home, uid_t owner)
{
	return place_judge(&(struct place_asker){ .rootfd = rootfd, .home = home, .owner = owner }, path);
}

static unsigned judge_list(int rootfd, struct bytes list, struct bytes home, uid_t owner)
{
	return place_judge_list(&(struct place_asker){ .rootfd = rootfd, .home = home, .owner = owner }, list);
}

struct tree {
	char dir[64];
	int fd;
	uid_t me;
};

static void make_dir(struct tree *t, const char *path, mode_t mode)
{
	assert_int_equal(mkdirat(t->fd, path, 0700), 0);
	assert_int_equal(fchmodat(t->fd, path, mode, 0), 0);
}

static void make_file(struct tree *t, const char *path)
{
	_cleanup_close_ int fd = openat(t->fd, path, O_CREAT | O_WRONLY | O_EXCL, 0600);

	assert_true(fd >= 0);
}

static int setup(void **state)
{
	struct tree *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	memcpy(t->dir, "/tmp/test_place.XXXXXX", 23);
	assert_non_null(mkdtemp(t->dir));
	t->fd = open(t->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(t->fd >= 0);
	t->me = geteuid();

	make_dir(t, "opt", 0755);
	make_dir(t, "opt/app", 0755);
	make_dir(t, "opt/.cache", 0755);
	make_dir(t, "opt/.venv", 0755);
	make_dir(t, "opt/.venv/lib", 0755);
	make_dir(t, "opt/open", 0777);
	make_dir(t, "opt/open/inner", 0755);
	make_dir(t, "opt/sticky", 01777);
	make_dir(t, "tmp", 01777);
	make_dir(t, "tmp/x", 0755);
	make_dir(t, "proc", 0755);
	make_dir(t, "home", 0755);
	make_dir(t, "home/a", 0755);
	make_dir(t, "home/a/src", 0755);
	make_file(t, "home/a/.pythonrc");
	make_file(t, "home/a/.rc.py");
	make_file(t, "opt/lib.zip");
	assert_int_equal(symlinkat("/opt/open/inner", t->fd, "opt/to-open"), 0);
	assert_int_equal(symlinkat("app", t->fd, "opt/to-app"), 0);
	assert_int_equal(symlinkat("../tmp", t->fd, "opt/to-tmp"), 0);
	assert_int_equal(symlinkat("../../../../opt/app", t->fd, "opt/climbs"), 0);
	assert_int_equal(symlinkat("nowhere", t->fd, "opt/dangles"), 0);
	assert_int_equal(symlinkat("loop", t->fd, "opt/loop"), 0);
	assert_int_equal(symlinkat("opt/to-tmp/../opt", t->fd, "via-tmp"), 0);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	static const char *const files[] = {
		"home/a/.pythonrc", "home/a/.rc.py", "opt/lib.zip", "opt/to-open", "opt/to-app",
		"opt/to-tmp", "opt/climbs", "opt/dangles", "opt/loop", "via-tmp",
	};
	static const char *const dirs[] = {
		"opt/open/inner", "opt/open", "opt/.venv/lib", "opt/.venv", "opt/.cache", "opt/app",
		"opt/sticky", "opt", "tmp/x", "tmp", "proc", "home/a/src", "home/a", "home",
	};
	struct tree *t = *state;

	for (size_t i = 0; i < ELEMENTSOF(files); i++)
		(void)unlinkat(t->fd, files[i], 0);
	for (size_t i = 0; i < ELEMENTSOF(dirs); i++)
		(void)unlinkat(t->fd, dirs[i], AT_REMOVEDIR);
	(void)close(t->fd);
	(void)rmdir(t->dir);
	free(t);
	return 0;
}

#define REL PLACE_RELATIVE
#define MISS PLACE_MISSING
#define TEMP PLACE_TEMPORARY
#define HID PLACE_HIDDEN
#define OTH PLACE_OTHERS_WRITE
#define UND PLACE_UNDECIDABLE

struct place_case {
	struct bytes path;
	unsigned flags;
};

static const struct place_case paths[] = {
	{ BYTES_LIT("/opt/app"), 0 },
	{ BYTES_LIT("//opt/./app/"), 0 },
	{ BYTES_LIT("/opt/none/../app"), 0 },		/* abspath() first, as Python does */
	{ BYTES_LIT("/../../opt/app"), 0 },
	{ BYTES_LIT("/opt/lib.zip"), 0 },
	{ BYTES_LIT("/opt/lib.zip/pkg"), 0 },		/* zipimport */
	{ BYTES_LIT("/opt/none"), MISS },
	{ BYTES_LIT("/opt/none/deeper"), MISS },
	{ BYTES_LIT("/opt/a\0pp"), MISS },
	{ BYTES_LIT(""), REL },
	{ BYTES_LIT("."), REL },
	{ BYTES_LIT("src"), REL },
	{ BYTES_LIT("../.x"), REL | HID },
	{ BYTES_LIT("/opt/.cache"), HID },
	{ BYTES_LIT("/opt/.cache/none"), HID | MISS },
	{ BYTES_LIT("/opt/.venv/lib"), 0 },
	{ BYTES_LIT("/opt/open"), OTH },
	{ BYTES_LIT("/opt/open/inner"), OTH },
	{ BYTES_LIT("/opt/sticky"), OTH | TEMP },
	{ BYTES_LIT("/tmp/x"), OTH | TEMP },
	{ BYTES_LIT("/tmp"), OTH | TEMP },
	{ BYTES_LIT("/tmpx"), MISS },
	{ BYTES_LIT("/var/tmp/x"), TEMP | MISS },
	{ BYTES_LIT("/dev/shm/x"), TEMP | MISS },
	{ BYTES_LIT("/run/user/0/x"), TEMP | MISS },
	{ BYTES_LIT("/proc/self/fd/3"), TEMP | MISS },
	{ BYTES_LIT("/none/../tmp/x"), OTH | TEMP },

	/* links are judged by every directory on their way, and stay below the root */
	{ BYTES_LIT("/opt/to-app"), 0 },
	{ BYTES_LIT("/opt/climbs"), 0 },
	{ BYTES_LIT("/opt/to-open"), OTH },
	{ BYTES_LIT("/opt/to-tmp/x"), OTH | TEMP },
	{ BYTES_LIT("/via-tmp/app"), OTH | TEMP },
	{ BYTES_LIT("/opt/dangles"), MISS },
	{ BYTES_LIT("/opt/loop/x"), MISS },

	{ BYTES_LIT("~/src"), 0 },
	{ BYTES_LIT("$HOME/src"), 0 },
	{ BYTES_LIT("${HOME}/src"), 0 },
	{ BYTES_LIT("@{HOME}/src"), 0 },
	{ BYTES_LIT("~"), 0 },
	{ BYTES_LIT("$HOME/../../tmp/x"), OTH | TEMP },
	{ BYTES_LIT("~/.pythonrc"), 0 },
	{ BYTES_LIT("~/.rc.py"), 0 },
	{ BYTES_LIT("~/.x/y"), HID | MISS },
	{ BYTES_LIT("~bob/src"), UND },
	{ BYTES_LIT("$HOMER/src"), UND },
	{ BYTES_LIT("%h/src"), UND },
	{ BYTES_LIT("`pwd`"), UND },
	{ BYTES_LIT("/opt/$X/y"), UND },
	{ BYTES_LIT("/tmp/$USER"), UND | OTH | TEMP },
	{ BYTES_LIT("x/$Y"), UND | REL },
};

static void judges_paths(void **state)
{
	struct tree *t = *state;

	for (size_t i = 0; i < ELEMENTSOF(paths); i++) {
		unsigned flags = judge(t->fd, paths[i].path, BYTES_LIT("/home/a"), t->me);

		if ((flags & ~(unsigned)PLACE_NOT_ROOTS) != paths[i].flags)
			fail_msg("'%s': %#x, not %#x", paths[i].path.ptr, flags, paths[i].flags);
		assert_int_equal(place_is_dangerous(flags), (paths[i].flags & ~(unsigned)(MISS | UND)) != 0);
	}
	assert_int_equal(judge(t->fd, BYTES_LIT("~/src"), BYTES_NONE, t->me), UND);
}

static void judges_owners(void **state)
{
	struct tree *t = *state;
	unsigned mine = judge(t->fd, BYTES_LIT("/opt/app"), BYTES_NONE, t->me);
	unsigned of_another = judge(t->fd, BYTES_LIT("/opt/app"), BYTES_NONE, t->me + 1);

	if (t->me == 0) {
		assert_int_equal(mine, 0);
		assert_int_equal(of_another, 0);	/* root may always */
		assert_int_equal(fchownat(t->fd, "opt/app", 12345, 0, 0), 0);
		assert_int_equal(judge(t->fd, BYTES_LIT("/opt/app"), BYTES_NONE, 0),
				 OTH | PLACE_NOT_ROOTS);
		assert_int_equal(judge(t->fd, BYTES_LIT("/opt/app"), BYTES_NONE, 12345),
				 PLACE_NOT_ROOTS);
		/* writable by a group: root's, the owner's own, another */
		assert_int_equal(fchmodat(t->fd, "opt/app", 0775, 0), 0);
		assert_int_equal(judge(t->fd, BYTES_LIT("/opt/app"), BYTES_NONE, 12345),
				 PLACE_NOT_ROOTS);
		assert_int_equal(fchownat(t->fd, "opt/app", 12345, 12345, 0), 0);
		assert_int_equal(judge(t->fd, BYTES_LIT("/opt/app"), BYTES_NONE, 12345),
				 PLACE_NOT_ROOTS);
		assert_int_equal(fchownat(t->fd, "opt/app", 12345, 50, 0), 0);
		assert_int_equal(judge(t->fd, BYTES_LIT("/opt/app"), BYTES_NONE, 12345),
				 OTH | PLACE_NOT_ROOTS);
	} else {
		assert_int_equal(mine, PLACE_NOT_ROOTS);
		assert_int_equal(of_another, OTH | PLACE_NOT_ROOTS);
	}
}

static const struct place_case lists[] = {
	{ BYTES_LIT(""), 0 },				/* PYTHONPATH= does nothing */
	{ BYTES_LIT("/opt/app"), 0 },
	{ BYTES_LIT("/opt/app:/home/a/src"), 0 },
	{ BYTES_LIT(":/opt/app"), REL },
	{ BYTES_LIT("/opt/app:"), REL },
	{ BYTES_LIT("/opt/app::/home/a/src"), REL },
	{ BYTES_LIT(":"), REL },
	{ BYTES_LIT("/opt/app:/tmp/x"), OTH | TEMP },
	{ BYTES_LIT("/opt/app:$PYTHONPATH"), 0 },
	{ BYTES_LIT("$PYTHONPATH:/opt/app"), 0 },
	{ BYTES_LIT("/opt/app:${PYTHONPATH}"), 0 },
	{ BYTES_LIT("/opt/app:${PYTHONPATH:-}"), 0 },
	{ BYTES_LIT("/opt/app${PYTHONPATH:+:$PYTHONPATH}"), 0 },
	{ BYTES_LIT("/opt/app${PYTHONPATH:+:${PYTHONPATH}}"), 0 },
	{ BYTES_LIT("${PYTHONPATH:+${PYTHONPATH}:}/opt/app"), 0 },
	{ BYTES_LIT("/opt/app:${PYTHONPATH:-/tmp/x}"), UND },
	{ BYTES_LIT("$PYTHONPATH/../x"), UND },
	{ BYTES_LIT("$PYTHONPATHX"), UND },
	{ BYTES_LIT("/opt/app:$OTHER"), UND },
	{ BYTES_LIT("/opt/${X:/tmp/x"), UND | OTH | TEMP },	/* never closed: no expansion */
	{ BYTES_LIT("~/src:$HOME/src"), 0 },
};

static void judges_lists(void **state)
{
	struct tree *t = *state;

	for (size_t i = 0; i < ELEMENTSOF(lists); i++) {
		unsigned flags = judge_list(t->fd, lists[i].path, BYTES_LIT("/home/a"), t->me);

		if ((flags & ~(unsigned)PLACE_NOT_ROOTS) != lists[i].flags)
			fail_msg("'%s': %#x, not %#x", lists[i].path.ptr, flags, lists[i].flags);
	}
}

static void bounds_its_work(void **state)
{
	struct tree *t = *state;
	_cleanup_str_ struct str deep = STR_INIT, list = STR_INIT;

	for (int i = 0; i < PLACE_PATH_MAX; i++)
		assert_int_equal(str_append_text(&deep, "/x"), 0);
	assert_true(judge(t->fd, str_bytes(&deep), BYTES_NONE, t->me) & MISS);

	for (int i = 0; i <= PLACE_ELEMENTS_MAX; i++)
		assert_int_equal(str_append_text(&list, "/opt/app:"), 0);
	assert_true(judge_list(t->fd, str_bytes(&list), BYTES_NONE, t->me) & UND);

	/* 200 elements of three looks each are within the bound, 200 of 42 are not. */
	str_clear(&list);
	for (int i = 0; i < 200; i++)
		assert_int_equal(str_append_text(&list, i ? ":/opt/app" : "/opt/app"), 0);
	assert_false(place_is_dangerous(judge_list(t->fd, str_bytes(&list), BYTES_NONE, t->me)));
	str_clear(&list);
	for (int i = 0; i < 200; i++)
		assert_int_equal(str_append_text(&list, i ? ":/opt/loop" : "/opt/loop"), 0);
	assert_true(judge_list(t->fd, str_bytes(&list), BYTES_NONE, t->me) & UND);
}

/* Nothing of the disk: by the text. */
static void does_not_look(void **state)
{
	(void)state;
	assert_int_equal(judge(-EBADF, BYTES_LIT("/opt/../tmp/x"), BYTES_NONE, 0), TEMP);
	assert_int_equal(judge(-EBADF, BYTES_LIT("/opt/.x/$Y"), BYTES_NONE, 0), HID | UND);
	assert_int_equal(judge(-EBADF, BYTES_LIT("/opt/app"), BYTES_NONE, 0), 0);
}

static void joins_paths(void **state)
{
	static const struct {
		const char *dir, *path, *joined;
	} cases[] = {
		{ "/a/b", "c", "/a/b/c" }, { "/a/b", "/c", "/c" }, { "/a/b", "../../../c", "/c" },
		{ "/a/b", "./c//d/.", "/a/b/c/d" }, { "/a", "..", "" }, { "", "x", "/x" },
	};
	char buf[PLACE_PATH_MAX];

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		ptrdiff_t n = place_join(bytes_of(cases[i].dir), bytes_of(cases[i].path), buf);

		assert_true(n >= 0);
		assert_true(bytes_equal((struct bytes){ buf, (size_t)n }, bytes_of(cases[i].joined)));
	}
}

static void resolves_what_a_file_writes(void **state)
{
	static const struct {
		const char *path, *resolved;	/* NULL: nobody can tell */
	} cases[] = {
		{ "/x/../y", "/y" }, { "y", "/dir/y" }, { "./y", "/dir/y" }, { "~/y", "/home/a/y" }, { "$HOME//y", "/home/a/y" },
		{ "${HOME}/y", "/home/a/y" }, { "%h/y", "/home/a/y" }, { "%i/y", NULL }, { "~b/y", NULL }, { "/x/$Y", NULL },
		{ "/x/*.conf", NULL }, { "/x/`y`", NULL },
	};
	char buf[PLACE_PATH_MAX];

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		ptrdiff_t n = place_resolve(BYTES_LIT("/home/a"), BYTES_LIT("/dir"), bytes_of(cases[i].path), buf);

		if (cases[i].resolved ? n < 0 || !bytes_equal((struct bytes){ buf, (size_t)n }, bytes_of(cases[i].resolved)) : n >= 0)
			fail_msg("%s", cases[i].path);
	}
	assert_true(place_resolve(BYTES_NONE, BYTES_LIT("/dir"), BYTES_LIT("~/y"), buf) < 0);
}

/* What is judged together has its looks together: afterwards nothing is known any more, but said. */
static void shares_its_steps(void **state)
{
	struct tree *t = *state;
	unsigned steps = 5;
	struct place_asker asker = { .rootfd = t->fd, .steps = &steps };

	assert_int_equal(place_judge(&asker, BYTES_LIT("/opt/app")) & UND, 0);
	assert_int_equal(steps, 2);
	assert_int_equal(place_judge(&asker, BYTES_LIT("/tmp/x")) & (UND | TEMP), UND | TEMP);
}

static void finds_the_home(void **state)
{
	static const struct {
		const char *path, *home;
	} cases[] = {
		{ "/home/a/.bashrc", "/home/a" }, { "/home/a/proj/.env", "/home/a" }, { "/root/x", "/root" },
		{ "/srv/u/.profile", "/srv/u" }, { "/etc/profile", NULL }, { "/home/a", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++)
		assert_true(bytes_equal(place_home_of(bytes_of(cases[i].path)), bytes_of(cases[i].home)));
}

static void names_its_flags(void **state)
{
	(void)state;
	assert_string_equal(place_flag_to_string(PLACE_OTHERS_WRITE), "others-write");
	assert_null(place_flag_to_string((enum place_flag)(1 << 7)));
}

/* What the hook has in common with where it leads is no danger that the path adds. */
static void counts_nothing_that_is_common(void **state)
{
	static const struct {
		struct bytes base, path;
		unsigned flags;
	} rows[] = {
		/* of one who is in a temporary place himself */
		{ BYTES_LIT("/tmp/x/venv"), BYTES_LIT("/tmp/x/source"), MISS },
		{ BYTES_LIT("/tmp/x"), BYTES_LIT("/tmp/x/source"), MISS },
		{ BYTES_LIT("/tmp/x"), BYTES_LIT("/tmp/x"), 0 },
		{ BYTES_LIT("/tmp/x/venv"), BYTES_LIT("/tmp/y"), TEMP | OTH | MISS },
		{ BYTES_LIT("/tmp/x/venv"), BYTES_LIT("/tmp/xy"), TEMP | OTH | MISS },
		{ BYTES_LIT("/tmp/xy"), BYTES_LIT("/tmp/x"), TEMP | OTH },
		{ BYTES_LIT("/tmp/x"), BYTES_LIT("/tmp"), TEMP | OTH },
		{ BYTES_LIT("/tmp"), BYTES_LIT("/tmp/x"), 0 },
		{ BYTES_LIT("/dev/sh"), BYTES_LIT("/tmp/xyz"), TEMP | OTH | MISS },
		/* of a directory that others can write to; the last one that is common counts */
		{ BYTES_LIT("/opt/open/inner"), BYTES_LIT("/opt/open/inner/a"), MISS },
		{ BYTES_LIT("/opt/open/inner"), BYTES_LIT("/opt/open/other"), OTH | MISS },
		{ BYTES_LIT("/opt/sticky/a/b"), BYTES_LIT("/opt/sticky/c"), TEMP | OTH | MISS },
		{ BYTES_LIT("/opt"), BYTES_LIT("/opt/open"), OTH },
		{ BYTES_LIT("/opt/app"), BYTES_LIT("/opt/open/inner"), OTH },
		/* of a hidden one */
		{ BYTES_LIT("/opt/.cache/a"), BYTES_LIT("/opt/.cache/b"), MISS },
		{ BYTES_LIT("/opt/.cache/a"), BYTES_LIT("/opt/.cache/.b"), HID | MISS },
		{ BYTES_LIT("/opt/.cac"), BYTES_LIT("/opt/.cache"), HID },
		/* what a link leads to is asked as it is */
		{ BYTES_LIT("/opt/to-tmp/a"), BYTES_LIT("/opt/to-tmp/b"), TEMP | OTH | MISS },
		{ BYTES_LIT("/tmp/x/a"), BYTES_LIT("/opt/to-tmp/x"), 0 },
		/* none */
		{ BYTES_LIT("tmp"), BYTES_LIT("/tmp/x"), TEMP | OTH },
		{ BYTES_LIT("/"), BYTES_LIT("/tmp/x"), TEMP | OTH },
	};
	struct tree *t = *state;

	for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
		struct place_asker asker = { .rootfd = t->fd, .owner = t->me, .base = rows[i].base };
		unsigned flags = place_judge(&asker, rows[i].path) & ~(unsigned)PLACE_NOT_ROOTS;

		if (flags != rows[i].flags)
			fail_msg("%zu: '%.*s' from '%.*s' is %x", i, (int)rows[i].path.len, rows[i].path.ptr,
				 (int)rows[i].base.len, rows[i].base.ptr, flags);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(judges_paths, setup, teardown),
		cmocka_unit_test_setup_teardown(judges_owners, setup, teardown),
		cmocka_unit_test_setup_teardown(judges_lists, setup, teardown),
		cmocka_unit_test_setup_teardown(bounds_its_work, setup, teardown),
		cmocka_unit_test(does_not_look),
		cmocka_unit_test(joins_paths),
		cmocka_unit_test(resolves_what_a_file_writes),
		cmocka_unit_test_setup_teardown(shares_its_steps, setup, teardown),
		cmocka_unit_test(finds_the_home),
		cmocka_unit_test_setup_teardown(counts_nothing_that_is_common, setup, teardown),
		cmocka_unit_test(names_its_flags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
