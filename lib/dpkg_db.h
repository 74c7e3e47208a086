/* dpkg_db.h - which Debian package owns a hook, and which digest it gave it.
 *
 * Only files whose name can be a Python start-up hook's are known (dpkg_db_knows_name()): an
 * index of everything would be 20 MiB on an ordinary host.  Diversions are not read: of a path that two packages
 * name, both are told.
 */
#ifndef PYHOOKD_DPKG_DB_H
#define PYHOOKD_DPKG_DB_H

#include <stdbool.h>

#include "cleanup.h"
#include "digest.h"
#include "filedata.h"
#include "region.h"

struct dpkg_db;

/* Reads the lists of all packages below `root` once; the descriptor is not kept.
 * -ENOENT: no dpkg there; -E2BIG: larger than any real one; -ENOMEM; -errno. */
int dpkg_db_new(const struct root_dir *root, struct dpkg_db **ret);
struct dpkg_db *dpkg_db_free(struct dpkg_db *db);
DEFINE_CLEANUP(struct dpkg_db, dpkg_db_free)

/* Has the database changed since it was read?  True also where that cannot be told. */
bool dpkg_db_is_stale(const struct dpkg_db *db, const struct root_dir *root);

/* Bytes of the files that were read for it. */
size_t dpkg_db_bytes_read(const struct dpkg_db *db);

bool dpkg_db_knows_name(struct bytes name);

struct dpkg_owner {
	struct bytes package;		/* "libpython3.11-minimal"; all in the region */
	struct bytes version;		/* absent: status does not name the package */
	struct bytes database;		/* absolute path, in that root, of the file that says so */
	struct digest digest;		/* algorithm NULL: none is recorded (a link, a file made at configuration) */
	size_t bytes_read;		/* of the database, to find the digest */
};

/* `path`: absolute in that root, normal; /lib and /usr/lib are one (usr-merge).  The owner of that `number`, from 0 on:
 * where a file is diverted (dpkg-divert(1)) two packages name it.
 * 1; 0: of no package; -ENOMEM; -errno. */
int dpkg_db_find(const struct dpkg_db *db, const struct root_dir *root, struct bytes path, size_t number,
		 struct region *region, struct dpkg_owner *ret);

#endif
