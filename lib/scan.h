/* scan.h - find every hook below a directory, a step at a time.
 *
 * The same walk serves the inventory at start, the search after lost events, a
 * directory that was moved into place and a new mount.  It runs in the
 * caller's thread in slices, opens nothing but directories, follows no link and
 * does not leave the mount it started on.  Directories are held open along one
 * branch only.
 */
#ifndef PYHOOKD_SCAN_H
#define PYHOOKD_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "cleanup.h"
#include "hookpath.h"
#include "str.h"

struct scan;

/* A hook was met.  `dirfd` (borrowed) holds `name`, the last component of `path`.  A
 * negative answer ends the scan. */
typedef int (*scan_found_fn)(int dirfd, struct bytes path, const struct hook *hook, void *userdata);
/* A directory whose files matter whatever their name (hookpath_dir_takes_any_name()). */
typedef void (*scan_dir_fn)(int dirfd, struct bytes path, void *userdata);

/* A link that stands where hooks are expected behind it (hookpath_leads_to_hooks()). */
typedef void (*scan_link_fn)(int dirfd, struct bytes path, void *userdata);

/* `dirfd`: the directory to start with, taken over in any case.  `path`: the name
 * that its path shall have in the answers (absolute). */
int scan_new(int dirfd, struct bytes path, struct scan **ret);
struct scan *scan_free(struct scan *s);
DEFINE_CLEANUP(struct scan, scan_free)

/* Look at up to `entries` directory entries.  1: there is more; 0: done; or the
 * callback's negative answer.  What cannot be opened or read is counted, and passed over. */
int scan_step(struct scan *s, unsigned entries, scan_found_fn found, scan_dir_fn dir, void *userdata);

/* From now on call fn for such links; it gets the userdata of scan_step(). */
void scan_set_link_fn(struct scan *s, scan_link_fn fn);

/* Go down into directories of hooks, and those above them, only: for what a link leads to, which may be everything. */
void scan_set_narrow(struct scan *s);

struct scan_counters {
	uint64_t entries, directories, hooks;
	uint64_t unreadable;		/* directories that could not be opened or read */
	uint64_t too_deep;		/* directories below SCAN_DEPTH_MAX */
};
void scan_counters(const struct scan *s, struct scan_counters *ret);

#endif
