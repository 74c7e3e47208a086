/* installer.h - is the writer a genuine installer of Python packages?
 *
 * A name proves nothing: pip runs as python3.11, and /tmp/pip is anybody's.  A
 * writer counts as an installer only when executable, owner, arguments, script
 * and environment all fit one entry of a table; each answer carries its reasons
 * in plain words.  A child of an installer (a setup.py) is not the installer.
 */
#ifndef PYHOOKD_INSTALLER_H
#define PYHOOKD_INSTALLER_H

#include <stdbool.h>
#include <sys/stat.h>

#include "attribution.h"
#include "cleanup.h"
#include "mountinfo.h"
#include "region.h"

#define INSTALLER_REASONS_MAX 16

struct installer {
	const char *name;		/* "pip", "dpkg", "conda", ...; NULL: looks like none of them */
	bool verified;			/* every condition of its entry holds */
	bool managed;			/* a genuine configuration management (ansible, salt, ...): informs, exempts nothing */
	struct bytes reasons[INSTALLER_REASONS_MAX];	/* why, or why not: in the region */
	size_t reason_count;
};

struct provenance_cache;

/* What was found of executables and packages, so that it is not computed for each event again. */
struct installer_cache;

int installer_cache_new(struct installer_cache **ret);	/* -ENOMEM */
struct installer_cache *installer_cache_free(struct installer_cache *c);
DEFINE_CLEANUP(struct installer_cache, installer_cache_free)

/* What it has found of the databases of packages, for other questions to them: the cache's.  NULL for NULL. */
struct provenance_cache *installer_cache_provenance(struct installer_cache *cache);

struct installer_request {
	const struct attribution *writer;
	/* The root directory of the writer (a container's, a chroot's, or ours): all files are
	 * looked at below it. */
	int rootfd;
	const struct mount_table *mounts;	/* what is mounted there (lookup.h); NULL: it is our root */
	struct bytes target;		/* the file, absolute, in the writer's view; absent: cannot be told */
	/* Owner of the directory that holds it: a writer whose code others can change does not
	 * count for a directory of root's. */
	uid_t target_dir_uid;
	bool target_runs;		/* the target holds anything that runs code when Python starts: more than path
					 * lines.  True also where that is not known. */
	bool output_is_target;		/* the writer's standard output or error leads into the target */
	/* CLOCK_REALTIME minus CLOCK_MONOTONIC: what came, or was changed, after the writer had executed
	 * its program is told by it.  0: not known. */
	int64_t clock_offset_ns;
	/* Was this hook there, as it is, when the watch began?  A host has hooks that no package accounts for; what
	 * was there before is taken as known here as it is everywhere.  `path` is below rootfd.  NULL: none is. */
	bool (*is_known_hook)(void *userdata, struct bytes path, const struct stat *st);
	/* Was there a hook in the directory (below rootfd) that nobody accounts for, and that has gone, or changed, since
	 * then?  NULL: nobody knows. */
	bool (*has_lost_hook)(void *userdata, struct bytes dir, uint64_t since_mono_ns);
	void *userdata;
	struct installer_cache *cache;	/* borrowed; NULL: nothing is remembered */
};

/* 0 or -ENOMEM. */
int installer_identify(const struct installer_request *request, struct region *region, struct installer *ret);

#endif
