/* rpm_db.c - rpm's database, read by SQLite and not by librpm.
 *
 * librpm is made for a program that installs: it reads configuration, macros and plugins, runs Lua, blocks signals, waits
 * for the lock of who installs, and writes to what it only looks at.  A daemon must not hang or end with it.  Its database
 * is an ordinary SQLite file (rpm, lib/backend/sqlite.c): Basenames says in which package a name is, and as which of its files;
 * Packages has the headers.  libsqlite3 is where librpm is, because librpm needs it, so it is loaded when there is a
 * database; without one nothing of it is in the process.
 *
 * SQLite reads through a file system of ours (sqlite3.h, "OS Interface Object") that knows two open descriptors: no path
 * is looked up again, nothing is written, no lock is taken or waited for, and what is read is counted.  So who installs
 * is never held up.  What is in the journal (-wal) counts as soon as it is committed.  What is read while somebody writes may
 * not fit together: then there is no answer, or one whose digest does not match, and the next question
 * has another.  SQLite is told to believe nothing in the file (https://sqlite.org/security.html).
 */
#include "rpm_db.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "limits.h"
#include "rpm_header.h"

#define LIBRARY "libsqlite3.so.0"

#define FUNCTIONS(F) \
	F(vfs_register) F(vfs_unregister) F(open_v2) F(close) F(db_config) F(limit) F(progress_handler) F(exec) F(prepare_v2) \
	F(bind_text) F(step) F(column_blob) F(column_bytes) F(column_int64) F(finalize)

struct library {
#define MEMBER(name) __typeof__(sqlite3_##name) *name;
	FUNCTIONS(MEMBER)
#undef MEMBER
};

/* One question. */
struct source {
	struct library lib;
	int fd, wal;			/* -EBADF: there is no journal */
	uint64_t bytes_read;
	unsigned turns;			/* of SQLite's machine, in RPM_DB_TURN */
	sqlite3_vfs vfs;
	char name[64];			/* of the file system: one for each question, since threads may ask at the same time */
	sqlite3 *db;
	sqlite3_stmt *rows;
};

/* ---- the library ---------------------------------------------------------- */

/* It stays loaded: to load it for each question would cost more than the question. */
static int load_library(struct library *ret)
{
	static const struct {
		const char *name;
		size_t at;
	} functions[] = {
#define ROW(name) { "sqlite3_" #name, offsetof(struct library, name) },
		FUNCTIONS(ROW)
#undef ROW
	};
	void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	int r = handle ? 0 : -EOPNOTSUPP;

	for (size_t i = 0; r == 0 && i < ELEMENTSOF(functions); i++) {
		void *function = dlsym(handle, functions[i].name);

		/* A pointer to data is one to a function (dlsym(3)), which C does not know. */
		memcpy((char *)ret + functions[i].at, &function, sizeof(function));
		r = function ? 0 : -EOPNOTSUPP;
	}
	if (handle)
		(void)dlclose(handle);
	return r;
}

/* ---- a file system of two files --------------------------------------------- */

struct file {
	sqlite3_file base;
	struct source *source;
	int fd;
};

static int file_close(sqlite3_file *f)
{
	(void)f;
	return SQLITE_OK;
}

/* SQLite wants zeros for what is behind the end. */
static int file_read(sqlite3_file *base, void *buf, int size, sqlite3_int64 at)
{
	struct file *f = (struct file *)base;
	ssize_t n = 0;

	f->source->bytes_read += (unsigned)size;
	if (f->source->bytes_read > RPM_DB_BYTES_MAX)
		return SQLITE_IOERR_READ;
	if (f->fd >= 0)
		n = filedata_read_at(f->fd, buf, (size_t)size, at);
	if (n < 0)
		return SQLITE_IOERR_READ;
	memset((char *)buf + n, 0, (size_t)(size - n));
	return n == size ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *f, const void *buf, int size, sqlite3_int64 at)
{
	(void)f, (void)buf, (void)size, (void)at;
	return SQLITE_READONLY;
}

static int file_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	(void)f, (void)size;
	return SQLITE_READONLY;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *ret)
{
	struct file *f = (struct file *)base;
	struct stat st = { .st_size = 0 };

	if (f->fd >= 0 && fstat(f->fd, &st) < 0)
		return SQLITE_IOERR_FSTAT;
	*ret = st.st_size;
	return SQLITE_OK;
}

/* For xSync, xLock and xUnlock: there is nothing to do. */
static int file_nothing(sqlite3_file *f, int what)
{
	(void)f, (void)what;
	return SQLITE_OK;
}

static int file_reserved(sqlite3_file *f, int *ret)
{
	(void)f;
	*ret = 0;
	return SQLITE_OK;
}

static int file_control(sqlite3_file *f, int op, void *arg)
{
	(void)f, (void)op, (void)arg;
	return SQLITE_NOTFOUND;
}

static int file_sector(sqlite3_file *f)
{
	(void)f;
	return 0;	/* the default */
}

/* Version 1: without shared memory, so that the journal's index is in the heap (https://sqlite.org/wal.html, "Use of WAL
 * Without Shared-Memory"), and without memory maps. */
static const sqlite3_io_methods methods = {
	.iVersion = 1, .xClose = file_close, .xRead = file_read, .xWrite = file_write, .xTruncate = file_truncate,
	.xSync = file_nothing, .xFileSize = file_size, .xLock = file_nothing, .xUnlock = file_nothing,
	.xCheckReservedLock = file_reserved, .xFileControl = file_control, .xSectorSize = file_sector,
	.xDeviceCharacteristics = file_sector,
};

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *ret_flags)
{
	struct file *f = (struct file *)base;
	struct source *s = vfs->pAppData;

	(void)name;
	f->base.pMethods = NULL;
	if (!(flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)))
		return SQLITE_CANTOPEN;
	*f = (struct file){ .base.pMethods = &methods, .source = s, .fd = flags & SQLITE_OPEN_WAL ? s->wal : s->fd };
	if (ret_flags)
		*ret_flags = SQLITE_OPEN_READONLY | (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL));
	return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	(void)vfs, (void)name, (void)sync;
	return SQLITE_READONLY;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret)
{
	const struct source *s = vfs->pAppData;

	(void)flags;
	*ret = s->wal >= 0 && bytes_has_suffix(bytes_of(name), BYTES_LIT("-wal"));
	return SQLITE_OK;
}

static int vfs_path(sqlite3_vfs *vfs, const char *name, int size, char *ret)
{
	(void)vfs;
	return snprintf(ret, (size_t)size, "%s", name) < size ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int vfs_random(sqlite3_vfs *vfs, int size, char *ret)
{
	(void)vfs;
	memset(ret, 0, (size_t)size);
	return size;
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds)
{
	(void)vfs;
	return microseconds;	/* there is nothing to wait for */
}

static int vfs_time(sqlite3_vfs *vfs, double *ret)
{
	(void)vfs;
	*ret = 0;
	return SQLITE_OK;
}

static int vfs_error(sqlite3_vfs *vfs, int size, char *ret)
{
	(void)vfs, (void)size, (void)ret;
	return 0;
}

/* ---- the database ------------------------------------------------------------- */

static int count_turns(void *userdata)
{
	struct source *s = userdata;

	return ++s->turns > RPM_DB_TURNS_MAX;
}

static void source_release(struct source *s)
{
	if (s->rows)
		(void)s->lib.finalize(s->rows);
	if (s->db)
		(void)s->lib.close(s->db);
	if (s->vfs.zName)
		(void)s->lib.vfs_unregister(&s->vfs);
	closep(&s->fd);
	closep(&s->wal);
}

/* Before anything is read of it: nothing in the file may run, or make work without end. */
static int restrain(struct source *s)
{
	static const int off[] = { SQLITE_DBCONFIG_TRUSTED_SCHEMA, SQLITE_DBCONFIG_ENABLE_VIEW, SQLITE_DBCONFIG_ENABLE_TRIGGER };
	static const int on[] = { SQLITE_DBCONFIG_DEFENSIVE, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE };

	/* What an older library does not know it refuses, and there is nothing to be done about it. */
	for (size_t i = 0; i < ELEMENTSOF(off); i++)
		(void)s->lib.db_config(s->db, off[i], 0, (int *)NULL);
	for (size_t i = 0; i < ELEMENTSOF(on); i++)
		(void)s->lib.db_config(s->db, on[i], 1, (int *)NULL);
	(void)s->lib.limit(s->db, SQLITE_LIMIT_LENGTH, RPM_DB_HEADER_MAX);
	s->lib.progress_handler(s->db, RPM_DB_TURN, count_turns, s);
	return s->lib.exec(s->db, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY", NULL,
			   NULL, NULL);
}

/* Every error is one of the database: it can be written so that SQLite says SQLITE_NOMEM (a size that it does not allocate),
 * and for a lack of memory a hook goes unsaid. */
static int open_database(struct source *s)
{
	static const char query[] = "SELECT Packages.blob, Basenames.idx FROM Basenames "
				    "JOIN Packages ON Packages.hnum = Basenames.hnum WHERE Basenames.key = ?1";
	int code;

	(void)snprintf(s->name, sizeof(s->name), "pyhookd-%p", (void *)s);
	s->vfs = (sqlite3_vfs){
		.iVersion = 1, .szOsFile = sizeof(struct file), .mxPathname = 64, .zName = s->name, .pAppData = s,
		.xOpen = vfs_open, .xDelete = vfs_delete, .xAccess = vfs_access, .xFullPathname = vfs_path,
		.xRandomness = vfs_random, .xSleep = vfs_sleep, .xCurrentTime = vfs_time, .xGetLastError = vfs_error,
	};
	code = s->lib.vfs_register(&s->vfs, 0);
	if (code != SQLITE_OK) {
		s->vfs.zName = NULL;
		return -EBADMSG;
	}
	code = s->lib.open_v2("rpm", &s->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, s->name);
	if (code == SQLITE_OK)
		code = restrain(s);
	if (code == SQLITE_OK)
		code = s->lib.prepare_v2(s->db, query, sizeof(query), &s->rows, NULL);
	return code == SQLITE_OK ? 0 : -EBADMSG;
}

static int say_version(const struct rpm_file *file, struct region *region, struct bytes *ret)
{
	const struct bytes version = file->version, release = file->release.ptr ? file->release : BYTES_LIT("");
	const char *dash = release.len > 0 ? "-" : "";

	if (!version.ptr)
		return 0;
	*ret = file->has_epoch ?
	       region_printf(region, "%u:%.*s%s%.*s", file->epoch, (int)version.len, version.ptr, dash, (int)release.len,
			     release.ptr) :
	       region_printf(region, "%.*s%s%.*s", (int)version.len, version.ptr, dash, (int)release.len, release.ptr);
	return ret->ptr ? 0 : -ENOMEM;
}

/* The row that was stepped to.  1: it is the file; 0: another one of that name, or a header that is damaged. */
static int look_at_row(struct source *s, struct bytes path, struct rpm_file *ret)
{
	sqlite3_int64 index = s->lib.column_int64(s->rows, 1);
	struct bytes header = { s->lib.column_blob(s->rows, 0), 0 };

	header.len = header.ptr ? (size_t)s->lib.column_bytes(s->rows, 0) : 0;
	if (index < 0 || index > UINT32_MAX)
		return 0;
	return rpm_header_find(header, (uint32_t)index, path, ret) > 0;
}

static int find_row(struct source *s, struct bytes path, size_t number, struct rpm_file *ret)
{
	struct bytes name = bytes_basename(path);
	int code = s->lib.bind_text(s->rows, 1, name.ptr, (int)name.len, SQLITE_STATIC);

	for (unsigned seen = 0; code == SQLITE_OK || code == SQLITE_ROW; seen++) {
		if (seen == RPM_DB_ROWS_MAX)
			return 0;
		code = s->lib.step(s->rows);
		if (code == SQLITE_ROW && look_at_row(s, path, ret) && number-- == 0)
			return 1;
	}
	return code == SQLITE_DONE ? 0 : -EBADMSG;
}

/* Of root alone, and a file: what else it may be would not be read to its end. */
static int open_file(const struct root_dir *root, struct bytes path, int *ret)
{
	bool root_owned = false;
	_cleanup_close_ int fd = filedata_open_in(root, path, O_RDONLY, &root_owned);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!root_owned || !S_ISREG(st.st_mode))
		return -EPERM;
	*ret = TAKE_FD(fd);
	return 0;
}

static int open_files(struct source *s, const struct root_dir *root, struct bytes path, struct region *region)
{
	struct bytes wal = region_printf(region, "%.*s-wal", (int)path.len, path.ptr);
	int r = wal.ptr ? open_file(root, path, &s->fd) : -ENOMEM;

	if (r < 0)
		return r;
	r = open_file(root, wal, &s->wal);
	return r == -ENOENT ? 0 : r;
}

static int ask(const struct root_dir *root, struct bytes database, struct bytes path, size_t number,
	       struct region *region, struct rpm_owner *ret)
{
	_cleanup_(source_release) struct source s = { .fd = -EBADF, .wal = -EBADF };
	struct rpm_owner owner = { .database = database };
	struct rpm_file file = { 0 };
	int r = open_files(&s, root, database, region);

	if (r == 0)
		r = load_library(&s.lib);
	if (r == 0)
		r = open_database(&s);
	if (r == 0)
		r = find_row(&s, path, number, &file);
	if (r == 0)
		*ret = (struct rpm_owner){ .bytes_read = s.bytes_read };
	if (r <= 0)
		return r;
	owner.package = region_copy(region, file.package);
	owner.digest = file.digest;
	owner.bytes_read = s.bytes_read;
	r = say_version(&file, region, &owner.version);
	if (!owner.package.ptr || r < 0)
		return -ENOMEM;
	*ret = owner;
	return 1;
}

int rpm_db_find(const struct root_dir *root, struct bytes path, size_t number, struct region *region,
		struct rpm_owner *ret)
{
	/* Where one is a link to the other (Fedora) that is found by the path without it. */
	static const struct bytes places[] = {
		BYTES_LIT("/usr/lib/sysimage/rpm/rpmdb.sqlite"),
		BYTES_LIT("/var/lib/rpm/rpmdb.sqlite"),
	};
	int r = -ENOENT;

	for (size_t i = 0; r < 0 && r != -ENOMEM && i < ELEMENTSOF(places); i++)
		r = ask(root, places[i], path, number, region, ret);
	return r;
}
