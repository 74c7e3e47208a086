/* A database as rpm makes it, with and without its journal, one that somebody else made, and one that is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "rpm_db.h"
#include "temp_tree.h"
#include "rpm_fixture.h"

#define DB "var/lib/rpm/rpmdb.sqlite"
#define DB_OF_SYSIMAGE "usr/lib/sysimage/rpm/rpmdb.sqlite"

struct place {
	struct temp t;
	sqlite3 *db;
	struct region region;
	struct rpm_owner owner;
};

static void place_release(struct place *p)
{
	(void)sqlite3_close(p->db);
	region_release(&p->region);
	temp_release(&p->t);
}
#define _cleanup_place_ __attribute__((cleanup(place_release)))

static void add_package(struct place *p, const char *package, const char *name, int index)
{
	struct builder b;
	struct bytes header = make_header(build_package(&b, package));

	add_rpm(p->db, header, name, index);
	free((char *)(uintptr_t)header.ptr);
}

static void make_place(struct place *p, const char *database)
{
	static const char *const dirs[] = { "var", "var/lib", "var/lib/rpm", "usr", "usr/lib", "usr/lib/sysimage",
					    "usr/lib/sysimage/rpm" };

	*p = (struct place){ .t = TEMP_INIT };
	/* Whose databases are not root's are not asked. */
	if (geteuid() != 0)
		skip();
	temp_make(&p->t);
	for (size_t i = 0; i < ELEMENTSOF(dirs); i++)
		temp_mkdir(&p->t, dirs[i]);
	if (database)
		p->db = make_rpm_db(&p->t, database);
}

static int find(struct place *p, const char *path, size_t number)
{
	const struct root_dir root = { p->t.fd, BYTES_LIT("") };

	return rpm_db_find(&root, bytes_of(path), number, &p->region, &p->owner);
}

static void assert_owner(struct place *p, size_t number, const char *package, const char *database)
{
	assert_int_equal(find(p, SITE_DIR "a.pth", number), 1);
	assert_true(bytes_equal(p->owner.package, bytes_of(package)));
	assert_true(bytes_equal(p->owner.version, BYTES_LIT("3:1.0-2.fc40")));
	assert_true(bytes_equal(p->owner.database, bytes_of(database)));
	assert_string_equal(p->owner.digest.algorithm, "SHA256");
	assert_true(p->owner.bytes_read > 0);
}

static void finds_owner(void **state)
{
	static const char *const databases[] = { "/" DB, "/" DB_OF_SYSIMAGE };

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(databases); i++) {
		_cleanup_place_ struct place p;

		make_place(&p, databases[i] + 1);
		add_package(&p, "other", "a.pth", 0);	/* another file, by that header */
		add_package(&p, "python3-a", "a.pth", 1);
		add_package(&p, "python3-b", "a.pth", 1);
		/* The journal has it, and it is open: as while rpm is at work. */
		assert_owner(&p, 0, "python3-a", databases[i]);
		assert_owner(&p, 1, "python3-b", databases[i]);
		assert_int_equal(find(&p, SITE_DIR "a.pth", 2), 0);
		assert_int_equal(find(&p, SITE_DIR "a.py", 0), 0);
		assert_int_equal(find(&p, "/etc/a.pth", 0), 0);
		assert_true(p.owner.bytes_read > 0);
		run_sql(p.db, "PRAGMA wal_checkpoint(TRUNCATE)");
		assert_owner(&p, 0, "python3-a", databases[i]);
		/* Closed by its last user, the journal goes. */
		assert_int_equal(sqlite3_close(p.db), SQLITE_OK);
		p.db = NULL;
		assert_owner(&p, 1, "python3-b", databases[i]);
	}
}

/* Who writes is not waited for, and not seen before he has committed. */
static void while_it_is_written(void **state)
{
	_cleanup_place_ struct place p;

	(void)state;
	make_place(&p, DB);
	run_sql(p.db, "BEGIN EXCLUSIVE");
	add_package(&p, "python3-a", "a.pth", 1);
	assert_int_equal(find(&p, SITE_DIR "a.pth", 0), 0);
	run_sql(p.db, "COMMIT");
	assert_owner(&p, 0, "python3-a", "/" DB);
	run_sql(p.db, "DELETE FROM Basenames");
	assert_int_equal(find(&p, SITE_DIR "a.pth", 0), 0);
}

/* Nothing is written beside it: no journal is made, none is taken away. */
static void leaves_it_alone(void **state)
{
	_cleanup_place_ struct place p;
	struct stat before, after;

	(void)state;
	make_place(&p, DB);
	add_package(&p, "python3-a", "a.pth", 1);
	assert_int_equal(sqlite3_close(p.db), SQLITE_OK);
	p.db = NULL;
	assert_int_equal(fstatat(p.t.fd, "var/lib/rpm", &before, 0), 0);
	assert_owner(&p, 0, "python3-a", "/" DB);
	assert_int_equal(fstatat(p.t.fd, "var/lib/rpm", &after, 0), 0);
	assert_memory_equal(&before.st_ctim, &after.st_ctim, sizeof(before.st_ctim));
}

static void of_others(void **state)
{
	_cleanup_place_ struct place p;

	(void)state;
	make_place(&p, NULL);
	assert_int_equal(find(&p, SITE_DIR "a.pth", 0), -ENOENT);
	p.db = make_rpm_db(&p.t, DB);
	add_package(&p, "python3-a", "a.pth", 1);
	assert_owner(&p, 0, "python3-a", "/" DB);
	/* The journal says as much as the database. */
	assert_int_equal(fchownat(p.t.fd, DB "-wal", 1000, 0, 0), 0);
	assert_int_equal(find(&p, SITE_DIR "a.pth", 0), -EPERM);
	assert_int_equal(fchownat(p.t.fd, DB "-wal", 0, 0, 0), 0);
	assert_int_equal(fchmodat(p.t.fd, DB, 0666, 0), 0);
	assert_int_equal(find(&p, SITE_DIR "a.pth", 0), -EPERM);
	assert_int_equal(fchmodat(p.t.fd, DB, 0644, 0), 0);
	assert_int_equal(fchmodat(p.t.fd, "var/lib/rpm", 0777, 0), 0);
	assert_int_equal(find(&p, SITE_DIR "a.pth", 0), -EPERM);
}

static void is_none(void **state)
{
	_cleanup_place_ struct place p;

	(void)state;
	make_place(&p, NULL);
	temp_write(&p.t, DB, BYTES_LIT(""));
	assert_int_equal(find(&p, SITE_DIR "a.pth", 0), -EBADMSG);
	temp_write(&p.t, DB, BYTES_LIT("SQLite format 3\0and then something else"));
	assert_int_equal(find(&p, SITE_DIR "a.pth", 0), -EBADMSG);
	assert_int_equal(unlinkat(p.t.fd, DB, 0), 0);
	assert_int_equal(mkfifoat(p.t.fd, DB, 0644), 0);
	assert_true(find(&p, SITE_DIR "a.pth", 0) < 0);
}

/* A name may have any number of rows, and a view in the table's place runs for ever. */
static void hostile(void **state)
{
	_cleanup_place_ struct place p;

	(void)state;
	make_place(&p, DB);
	run_sql(p.db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
		"INSERT INTO Basenames SELECT 'a.pth', 1, i + 1 FROM n");
	assert_int_equal(find(&p, SITE_DIR "a.pth", 0), 0);
	add_package(&p, "python3-a", "b.pth", 1);
	run_sql(p.db, "PRAGMA wal_checkpoint(TRUNCATE)");
	assert_int_equal(find(&p, SITE_DIR "a.pth", 0), 0);
	assert_true(p.owner.bytes_read < 1024 * 1024);
	run_sql(p.db, "DROP TABLE Basenames; CREATE VIEW Basenames AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
		"SELECT i + 1 FROM n) SELECT 'a.pth' AS key, 7 AS hnum, i AS idx FROM n");
	assert_int_equal(find(&p, SITE_DIR "a.pth", 0), -EBADMSG);
}

/* What is damaged anywhere is no answer, or the same. */
static void damaged(void **state)
{
	_cleanup_place_ struct place p;
	_cleanup_close_ int fd = -EBADF;
	struct stat st;

	(void)state;
	make_place(&p, DB);
	add_package(&p, "python3-a", "a.pth", 1);
	assert_int_equal(sqlite3_close(p.db), SQLITE_OK);
	p.db = NULL;
	fd = openat(p.t.fd, DB, O_RDWR | O_CLOEXEC);
	assert_int_equal(fstat(fd, &st), 0);
	for (off_t at = 0; at < st.st_size; at += 37) {
		char was, now;

		assert_int_equal(pread(fd, &was, 1, at), 1);
		now = (char)~was;
		assert_int_equal(pwrite(fd, &now, 1, at), 1);
		(void)find(&p, SITE_DIR "a.pth", 0);
		assert_int_equal(pwrite(fd, &was, 1, at), 1);
	}
	assert_owner(&p, 0, "python3-a", "/" DB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_owner),	   cmocka_unit_test(while_it_is_written),
		cmocka_unit_test(leaves_it_alone), cmocka_unit_test(of_others),
		cmocka_unit_test(is_none),	   cmocka_unit_test(hostile),
		cmocka_unit_test(damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
