/* rpm_fixture.h - headers and databases as rpm writes them (rpm, lib/header.c, lib/backend/sqlite.c).
 * Included after cmocka.h and temp_tree.h. */
#ifndef PYHOOKD_RPM_FIXTURE_H
#define PYHOOKD_RPM_FIXTURE_H

#include <sqlite3.h>

#include "str.h"

enum { NAME = 1000, VERSION = 1001, RELEASE = 1002, EPOCH = 1003, STATES = 1029, DIGESTS = 1035, FLAGS = 1037, DIRINDEXES = 1116,
       BASENAMES = 1117, DIRNAMES = 1118, DIGESTALGO = 5011 };
enum { CHAR = 1, INT32 = 4, STRING = 6, ARRAY = 8 };

struct builder {
	char index[64 * 16], data[65536];
	size_t entries, len;
};

__attribute__((unused)) static void put_number(char *at, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		at[i] = (char)(n >> (24 - 8 * i));
}

__attribute__((unused)) static void add_data(struct builder *b, unsigned tag, unsigned type, unsigned count, struct bytes data)
{
	char *entry = b->index + 16 * b->entries++;

	assert_true(b->entries <= 64 && b->len + data.len <= sizeof(b->data));
	put_number(entry, tag);
	put_number(entry + 4, type);
	put_number(entry + 8, (uint32_t)b->len);
	put_number(entry + 12, count);
	memcpy(b->data + b->len, data.ptr, data.len);
	b->len += data.len;
}

/* Texts with a NUL behind each: the literal's own ends the last. */
#define ADD_TEXTS(b, tag, type, count, texts) add_data(b, tag, type, count, (struct bytes){ texts, sizeof(texts) })

__attribute__((unused)) static void add_numbers(struct builder *b, unsigned tag, unsigned count, const uint32_t *numbers)
{
	char data[64];

	for (unsigned i = 0; i < count; i++)
		put_number(data + (size_t)4 * i, numbers[i]);
	add_data(b, tag, INT32, count, (struct bytes){ data, (size_t)4 * count });
}

/* In a block of its exact size, so that a sanitizer sees who reads beyond it.  The caller frees it. */
__attribute__((unused)) static struct bytes make_header(const struct builder *b)
{
	size_t len = 8 + 16 * b->entries + b->len;
	char *blob = malloc(len);

	assert_non_null(blob);
	put_number(blob, (uint32_t)b->entries);
	put_number(blob + 4, (uint32_t)b->len);
	memcpy(blob + 8, b->index, 16 * b->entries);
	memcpy(blob + 8 + 16 * b->entries, b->data, b->len);
	return (struct bytes){ blob, len };
}

#define SHA256_HELLO "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"	/* "hello\n" */
#define SITE_DIR "/usr/lib/python3.12/site-packages/"

/* A package of three files: a.py, a.pth with the digest of "hello\n", b.pth that is a ghost. */
__attribute__((unused)) static struct builder *build_package(struct builder *b, const char *name)
{
	static const uint32_t dirs[] = { 1, 1, 1 }, flags[] = { 0, 0, 1u << 6 }, sha256 = 8, epoch = 3;

	*b = (struct builder){ 0 };
	add_data(b, NAME, STRING, 1, (struct bytes){ name, strlen(name) + 1 });
	ADD_TEXTS(b, VERSION, STRING, 1, "1.0");
	ADD_TEXTS(b, RELEASE, STRING, 1, "2.fc40");
	add_numbers(b, EPOCH, 1, &epoch);
	ADD_TEXTS(b, STATES, CHAR, 3, "\0\0");
	ADD_TEXTS(b, DIGESTS, ARRAY, 3, "00\0" SHA256_HELLO "\0" SHA256_HELLO);
	add_numbers(b, FLAGS, 3, flags);
	add_numbers(b, DIRINDEXES, 3, dirs);
	ADD_TEXTS(b, BASENAMES, ARRAY, 3, "a.py\0a.pth\0b.pth");
	ADD_TEXTS(b, DIRNAMES, ARRAY, 2, "/etc/\0" SITE_DIR);
	add_numbers(b, DIGESTALGO, 1, &sha256);
	return b;
}

__attribute__((unused)) static void run_sql(sqlite3 *db, const char *sql)
{
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
}

/* As rpm makes it, with its journal. */
__attribute__((unused)) static sqlite3 *make_rpm_db(const struct temp *t, const char *name)
{
	char path[256];
	sqlite3 *db;

	(void)snprintf(path, sizeof(path), "%s/%s", t->path, name);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	run_sql(db, "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0;"
		"CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT,blob BLOB NOT NULL);"
		"CREATE TABLE 'Basenames' (key 'TEXT' NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL, "
		"FOREIGN KEY (hnum) REFERENCES 'Packages'(hnum));"
		"CREATE INDEX 'Basenames_key_idx' ON 'Basenames'(key ASC)");
	return db;
}

__attribute__((unused)) static void add_rpm(sqlite3 *db, struct bytes header, const char *name, int index)
{
	sqlite3_stmt *s;

	assert_int_equal(sqlite3_prepare_v2(db, "INSERT INTO Packages(blob) VALUES(?1)", -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_bind_blob(s, 1, header.ptr, (int)header.len, SQLITE_STATIC), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_DONE);
	(void)sqlite3_finalize(s);
	assert_int_equal(sqlite3_prepare_v2(db, "INSERT INTO Basenames VALUES(?1, (SELECT max(hnum) FROM Packages), ?2)", -1, &s,
					    NULL), SQLITE_OK);
	assert_int_equal(sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC), SQLITE_OK);
	assert_int_equal(sqlite3_bind_int(s, 2, index), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_DONE);
	(void)sqlite3_finalize(s);
}

#endif
