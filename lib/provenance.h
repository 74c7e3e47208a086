/* provenance.h - which package says that a file is its own, and is the content the package's?
 *
 * Asks RECORD (or what stood for it before) of the Python distributions in the file's site directory, conda-meta of the environment, and the
 * databases of dpkg, pacman, apk and rpm.  An answer is as good as the database's owner: `match` alone means that
 * file and database fit each other; who can write one in his own environment can write both.  With
 * `database_root_owned` only root could have; provenance_was_written_by() tells whether it was a process that
 * is known to be an installer.
 */
#ifndef PYHOOKD_PROVENANCE_H
#define PYHOOKD_PROVENANCE_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "cleanup.h"
#include "region.h"
#include "work.h"

enum provenance_kind {
	PROVENANCE_NONE,
	PROVENANCE_RECORD,		/* of a dist-info */
	PROVENANCE_EGG,			/* installed-files.txt of an egg-info: names without digests */
	PROVENANCE_EGG_LINK,		/* of a project that `setup.py develop` made importable: its line is in easy-install.pth */
	PROVENANCE_DPKG,
	PROVENANCE_CONDA,
	PROVENANCE_PACMAN,
	PROVENANCE_APK,
	PROVENANCE_RPM,
};

struct provenance {
	bool asked;			/* the databases were asked: without a kind, no package names the file */
	enum provenance_kind kind;
	bool has_digest;		/* the database gives one; without, the package names the file and no more */
	bool match;			/* the content has that digest */
	bool database_root_owned;	/* the database and all directories above it are root's, and no other's to write */
	struct bytes package, version;	/* in the region; version may be absent */
	struct bytes database;		/* absolute path of the file that says so, in the region */
	uid_t database_uid;		/* its owner */
	struct timespec database_changed;	/* when it was changed last (ctime): nobody can put that back */
	bool authentic;			/* it matches, and root alone or a verified installer wrote the database: the
					 * caller sets it, who knows of installers */
	bool deferred;			/* likewise: the answer was waited for while the installer was at work */
};

const char *provenance_kind_to_string(enum provenance_kind k);	/* "none", "record", "dpkg", ... */

/* Was the database changed last by a process of that user, between these times (CLOCK_REALTIME)?  Others of the
 * same user could have done it in that time, too. */
bool provenance_was_written_by(const struct provenance *p, uid_t uid, uint64_t since_ns, uint64_t until_ns);

/* The indexes of dpkg, so that they are not read for each question. */
struct provenance_cache;

int provenance_cache_new(struct provenance_cache **ret);	/* -ENOMEM */
struct provenance_cache *provenance_cache_free(struct provenance_cache *c);
DEFINE_CLEANUP(struct provenance_cache, provenance_cache_free)

/* `path`: absolute below `rootfd`, no component of it but the last a link.  `fd`: the file's content, readable
 * (where path is a link: that of what it leads to); -EBADF: not to be had, nothing matches.  Its position is not
 * used.  `cache` and `work` may be NULL.
 * Of several packages that claim the file the one whose digest matches is said.
 * 0, and what could not be looked at has no answer (PROVENANCE_NONE); -ENOMEM; -EDQUOT: there is too much
 * for what is left of `work`. */
int provenance_find(struct provenance_cache *cache, int rootfd, struct bytes path, int fd, struct work *work,
		    struct region *region, struct provenance *ret);

/* The same for a file of a container or a chroot, whose packages are of that root: `root` is its name below rootfd,
 * which `path` begins with.  What does not fit together is asked as though there were no such root. */
int provenance_find_in(struct provenance_cache *cache, int rootfd, struct bytes root, struct bytes path, int fd,
		       struct work *work, struct region *region, struct provenance *ret);


#endif
