/* package_db.h - which package of pacman's or apk's owns a hook, and which digest it gave it.
 *
 * As dpkg_db.h: an index of what can be a Python start-up hook, read once.  What is read belongs to whoever made the root
 * directory, so it is bounded and nothing of it is believed here.
 */
#ifndef PYHOOKD_PACKAGE_DB_H
#define PYHOOKD_PACKAGE_DB_H

#include <stdbool.h>

#include "cleanup.h"
#include "digest.h"
#include "filedata.h"
#include "region.h"

enum package_db_kind {
	PACKAGE_DB_PACMAN,	/* /var/lib/pacman/local/NAME-VERSION/{desc,files,mtree} */
	PACKAGE_DB_APK,		/* /lib/apk/db/installed */
	PACKAGE_DB_KINDS,
};

struct package_db;

/* Reads it; the root's descriptor is not kept.
 * One that is larger than any real one names nothing.  -ENOENT: there is none; -ENOMEM; -errno. */
int package_db_new(enum package_db_kind kind, const struct root_dir *root, struct package_db **ret);
struct package_db *package_db_free(struct package_db *db);
DEFINE_CLEANUP(struct package_db, package_db_free)

/* Has the database changed since it was read?  True also where that cannot be told. */
bool package_db_is_stale(const struct package_db *db, const struct root_dir *root);

/* Bytes of the files that were read for it. */
size_t package_db_bytes_read(const struct package_db *db);

/* Views into the database. */
struct package_owner {
	struct bytes package, version;
	struct bytes database;		/* absolute path, in that root, of the file that says so */
	struct digest digest;		/* algorithm NULL: none is recorded */
};

/* `path`: absolute in that root, normal.  The first package that names it.  False: none does. */
bool package_db_find(const struct package_db *db, struct bytes path, struct package_owner *ret);

#endif
