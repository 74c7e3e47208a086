/* rpm_db.h - which rpm package owns a file, and which digest it gave it.
 *
 * The database is asked each time: it has an index of names, a question reads some ten pages and one header.  Only the format
 * that rpm writes since 4.16 (SQLite), and only databases that root alone can write.
 */
#ifndef PYHOOKD_RPM_DB_H
#define PYHOOKD_RPM_DB_H

#include "digest.h"
#include "filedata.h"
#include "region.h"

struct rpm_owner {
	struct bytes package;		/* all in the region */
	struct bytes version;		/* "EPOCH:VERSION-RELEASE"; absent: the package has none */
	struct bytes database;		/* absolute path, in that root */
	struct digest digest;		/* algorithm NULL: none is recorded */
	uint64_t bytes_read;		/* of the database; said of no package, too */
};

/* `path`: absolute in that root, normal.  The owner of that `number`, from 0 on: packages may share a file.
 * 1; 0: of no package; -ENOENT: no such database; -EPERM: others than root can write it; -EOPNOTSUPP: libsqlite3 is
 * absent; -EBADMSG: damaged, or larger than any real one; -ENOMEM; -errno. */
int rpm_db_find(const struct root_dir *root, struct bytes path, size_t number, struct region *region,
		struct rpm_owner *ret);

#endif
