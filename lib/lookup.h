/* lookup.h - may a name be looked up without waiting for another machine or process?
 *
 * A path that an attacker chose can lead into a FUSE filesystem that never answers, or
 * an NFS server that is gone; whoever looks there waits for ever.  Asking the
 * file itself (stat, statfs) is looking, too: only the table of mounts tells.
 */
#ifndef PYHOOKD_LOOKUP_H
#define PYHOOKD_LOOKUP_H

#include <stdbool.h>

#include "mountinfo.h"
#include "str.h"

/* `path` is absolute, below `rootfd`, and no component of it but the last may be a link.  True if
 * it lies on a filesystem of this machine (mountinfo_type_is_local()), or is not there.
 * A root without proc/self/mountinfo (a recording) has no mounts. */
bool lookup_is_local(int rootfd, struct bytes path);

/* The same below the root of a process with other mounts than ours, which are in `mounts`: the proc/self in
 * there is not ours, and what is there may be a trap.  A table that is not complete says nothing of
 * what it does not have.  NULL: the mounts are ours.  With mounts->ours `rootfd` is ours, and what that process
 * does not see there is as good as not there. */
bool lookup_is_local_in(int rootfd, const struct mount_table *mounts, struct bytes path);

/* The same for `name` in `dirfd`, which is local; `path` is what they are called together. */
bool lookup_is_local_at(int rootfd, int dirfd, const char *name, struct bytes path);

#endif
