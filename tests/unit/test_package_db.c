/* What pacman and apk write, and what somebody writes who wants them misread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <zlib.h>

#include "limits.h"
#include "package_db.h"
#include "temp_tree.h"

#define ROOT(t) (&(struct root_dir){ (t).fd, BYTES_LIT("") })
#define SHA256 "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"	/* "hello\n" */
#define LOCAL "var/lib/pacman/local/"
#define SITE "usr/lib/python3.12/site-packages/"

static void make_root(struct temp *t)
{
	static const char *const dirs[] = { "var", "var/lib", "var/lib/pacman", "var/lib/pacman/local", "lib", "lib/apk",
					    "lib/apk/db" };

	temp_make(t);
	for (size_t i = 0; i < ELEMENTSOF(dirs); i++)
		temp_mkdir(t, dirs[i]);
}

static void write_packed(const struct temp *t, const char *name, const char *text)
{
	char packed[4096];
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)text, .avail_in = (unsigned)strlen(text),
		       .next_out = (unsigned char *)packed, .avail_out = sizeof(packed) };

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	temp_write(t, name, (struct bytes){ packed, sizeof(packed) - z.avail_out });
	(void)deflateEnd(&z);
}

static void add_pacman(const struct temp *t, const char *name, const char *desc, const char *files, const char *mtree)
{
	char path[128];

	(void)snprintf(path, sizeof(path), LOCAL "%s", name);
	temp_mkdir(t, path);
	(void)snprintf(path, sizeof(path), LOCAL "%s/desc", name);
	temp_write(t, path, bytes_of(desc));
	(void)snprintf(path, sizeof(path), LOCAL "%s/files", name);
	temp_write(t, path, bytes_of(files));
	(void)snprintf(path, sizeof(path), LOCAL "%s/mtree", name);
	write_packed(t, path, mtree);
}

static void assert_owner(const struct package_db *db, const char *path, const char *package, const char *version,
			 const char *algorithm)
{
	struct package_owner o = { 0 };

	assert_int_equal(package_db_find(db, bytes_of(path), &o), package != NULL);
	if (!package)
		return;
	assert_true(bytes_equal(o.package, bytes_of(package)));
	assert_true(bytes_equal(o.version, bytes_of(version)));
	assert_int_equal(o.digest.algorithm != NULL, algorithm != NULL);
	if (algorithm)
		assert_string_equal(o.digest.algorithm, algorithm);
}

static void reads_pacman(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_(package_db_freep) struct package_db *db = NULL;
	struct package_owner o;

	(void)state;
	make_root(&t);
	temp_write(&t, LOCAL "ALPM_DB_VERSION", BYTES_LIT("9\n"));
	add_pacman(&t, "python-a-1.2-3", "%NAME%\npython-a\n\n%VERSION%\n1.2-3\n\n%BASE%\npython-a\n",
		   "%FILES%\nusr/\n" SITE "a.pth\n" SITE "blank name.pth\n" SITE "other.py\n\n%BACKUP%\n" SITE "backup.pth\tx\n",
		   "#mtree\n/set type=file uid=0 gid=0 mode=644\n./.PKGINFO time=1.0 size=9 sha256digest=00\n"
		   "./" SITE "a.pth time=1.0 size=6 md5digest=b1946ac92492d2347c6235b4d2611184 sha256digest=" SHA256 "\n"
		   "./" SITE "blank\\040name.pth time=1.0 sha256digest=" SHA256 "\n");
	add_pacman(&t, "none-1-1", "%NAME%\nnone\n\n%VERSION%\n1-1\n", "%FILES%\n" SITE "n.py\n", "");
	/* No mtree's row, no version; a link for a directory is of nobody. */
	add_pacman(&t, "bare", "%NAME%\nbare\n", "%FILES%\n" SITE "b.start\n", "./" SITE "b.startx sha256digest=" SHA256 "\n");
	assert_int_equal(symlinkat("bare", t.fd, LOCAL "link"), 0);

	assert_int_equal(package_db_new(PACKAGE_DB_PACMAN, ROOT(t), &db), 0);
	assert_owner(db, "/" SITE "a.pth", "python-a", "1.2-3", "SHA256");
	assert_owner(db, "/" SITE "blank name.pth", "python-a", "1.2-3", "SHA256");
	assert_owner(db, "/" SITE "b.start", "bare", NULL, NULL);
	assert_owner(db, "/" SITE "n.py", NULL, NULL, NULL);
	assert_owner(db, "/" SITE "backup.pth", NULL, NULL, NULL);
	assert_owner(db, "/" SITE "x.pth", NULL, NULL, NULL);
	assert_true(package_db_find(db, BYTES_LIT("/" SITE "a.pth"), &o));
	assert_true(bytes_equal(o.database, BYTES_LIT("/" LOCAL "python-a-1.2-3/mtree")));
}

static void reads_apk(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_(package_db_freep) struct package_db *db = NULL;

	(void)state;
	make_root(&t);
	temp_write(&t, "lib/apk/db/installed",
		   BYTES_LIT("C:Q1abc=\nP:py3-a\nV:1.0-r2\nA:x86_64\nF:usr\nF:usr/lib/python3.12/site-packages\nR:a.pth\n"
			     "Z:Q19XLTlvrpIGYocU+yzgD3LpTyJY8=\nR:a.py\nZ:Q19XLTlvrpIGYocU+yzgD3LpTyJY8=\nR:b.pth\nR:c.pth\n"
			     "a:0:0:755\nZ:Q1short\n\nP:py3-b\nV:2\nR:top.pth\nZ:Q2WJG1tSLV3whtD/CxEPvZ0hu0/HFjrzTQgoai6Eb2vgM=\n"
			     "F:etc\nR:x.pth"));
	assert_int_equal(package_db_new(PACKAGE_DB_APK, ROOT(t), &db), 0);
	assert_owner(db, "/" SITE "a.pth", "py3-a", "1.0-r2", "SHA1");
	assert_owner(db, "/" SITE "b.pth", "py3-a", "1.0-r2", NULL);
	assert_owner(db, "/" SITE "c.pth", "py3-a", "1.0-r2", NULL);
	/* A package's first files are in the top directory, not in the last one of the package before. */
	assert_owner(db, "/top.pth", "py3-b", "2", "SHA256");
	assert_owner(db, "/etc/x.pth", "py3-b", "2", NULL);
	assert_owner(db, "/" SITE "a.py", NULL, NULL, NULL);
}

static void is_read_again_when_it_changed(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_(package_db_freep) struct package_db *db = NULL;
	struct stat st;

	(void)state;
	make_root(&t);
	assert_int_equal(package_db_new(PACKAGE_DB_APK, ROOT(t), &db), -ENOENT);
	temp_write(&t, "lib/apk/db/installed", BYTES_LIT("P:a\nF:x\nR:a.pth\n"));
	assert_int_equal(fstatat(t.fd, "lib/apk/db/installed", &st, 0), 0);
	while (!filedata_is_settled(&st.st_ctim))
		(void)sched_yield();
	assert_int_equal(package_db_new(PACKAGE_DB_APK, ROOT(t), &db), 0);
	assert_false(package_db_is_stale(db, ROOT(t)));
	temp_write(&t, "lib/apk/db/installed", BYTES_LIT("P:b\nF:x\nR:b.pth\n"));
	assert_true(package_db_is_stale(db, ROOT(t)));
}

/* What is larger than any real one names nothing, and is not read again for each question. */
static void is_bounded(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_(package_db_freep) struct package_db *db = NULL;
	_cleanup_str_ struct str text = STR_INIT;
	_cleanup_close_ int fd = -EBADF;

	(void)state;
	make_root(&t);
	assert_int_equal(str_append_text(&text, "P:a\nF:x\nR:a.pth\n"), 0);
	for (unsigned i = 0; i < PACKAGE_DB_PATHS_MAX; i++)
		assert_int_equal(str_appendf(&text, "R:%u.pth\n", i), 0);
	temp_write(&t, "lib/apk/db/installed", str_bytes(&text));
	assert_int_equal(package_db_new(PACKAGE_DB_APK, ROOT(t), &db), 0);
	assert_owner(db, "/x/a.pth", NULL, NULL, NULL);
	db = package_db_free(db);
	temp_write(&t, "lib/apk/db/installed", BYTES_LIT("P:a\nF:x\nR:a.pth\n\n"));
	fd = openat(t.fd, "lib/apk/db/installed", O_WRONLY | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, PACKAGE_DB_FILE_MAX + 1), 0);
	assert_int_equal(package_db_new(PACKAGE_DB_APK, ROOT(t), &db), 0);
	assert_owner(db, "/x/a.pth", NULL, NULL, NULL);
}

/* A few bytes that unpack to much, and bytes that unpack to nothing. */
static void survives_a_hostile_mtree(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_(package_db_freep) struct package_db *db = NULL;
	char *zeros = calloc(1, PACKAGE_DB_FILE_MAX * 2), *packed = malloc(1 << 20);
	z_stream z = { .next_in = (unsigned char *)zeros, .avail_in = PACKAGE_DB_FILE_MAX * 2,
		       .next_out = (unsigned char *)packed, .avail_out = 1 << 20 };

	(void)state;
	assert_non_null(zeros);
	assert_non_null(packed);
	make_root(&t);
	add_pacman(&t, "a-1", "%NAME%\na\n", "%FILES%\nx/a.pth\n", "");
	temp_write(&t, LOCAL "a-1/mtree", BYTES_LIT("no gzip"));
	assert_int_equal(package_db_new(PACKAGE_DB_PACMAN, ROOT(t), &db), 0);
	assert_owner(db, "/x/a.pth", "a", NULL, NULL);
	db = package_db_free(db);

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	temp_write(&t, LOCAL "a-1/mtree", (struct bytes){ packed, (1 << 20) - z.avail_out });
	(void)deflateEnd(&z);
	free(zeros);
	free(packed);
	assert_int_equal(package_db_new(PACKAGE_DB_PACMAN, ROOT(t), &db), 0);
	assert_owner(db, "/x/a.pth", NULL, NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_pacman),
		cmocka_unit_test(reads_apk),
		cmocka_unit_test(is_read_again_when_it_changed),
		cmocka_unit_test(is_bounded),
		cmocka_unit_test(survives_a_hostile_mtree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
