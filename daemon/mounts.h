/* mounts.h - which filesystems there are, and a mark on each that can have one.
 *
 * Owns: the table of superblocks and mounts.  Must not own: the fanotify group
 * (source_fanotify.c), events.
 *
 * No descriptor of a mount is kept: an open one would make umount(8) fail with EBUSY,
 * from another mount namespace as well.  One is opened when an event must be
 * resolved, and closed with mounts_close_fds() when the batch is done.
 */
#ifndef PYHOOKD_MOUNTS_H
#define PYHOOKD_MOUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "cleanup.h"
#include "str.h"

/* One superblock. */
struct filesystem {
	dev_t dev;
	uint64_t fsid;			/* as its events carry it; 0 while not marked */
	uint64_t line_id;		/* the number in mountinfo of the mount below */
	char *type;
	char *point;			/* a mount of it; of its root if there is one */
	size_t point_len;
	bool whole;			/* its root is mounted there, not a part of it */
	bool marked;
	const char *why_not;		/* if not marked, in words */
	uint32_t generation;		/* private to mounts.c */
	bool seen_before;		/* likewise: a mount of it was there at the last refresh */
	int fd;				/* private: open during a batch, else -EBADF */
};

struct mounts;

/* `fanotify_fd` and `mask`: what to mark with; the group stays the caller's.
 * `watch`: NULL-terminated absolute paths, only the filesystems that hold one are marked; NULL: all. */
int mounts_new(int fanotify_fd, uint64_t mask, char *const *watch, struct mounts **ret);
struct mounts *mounts_free(struct mounts *m);
DEFINE_CLEANUP(struct mounts, mounts_free)

/* A mount that was not there at the last refresh (never called by the first).  `fresh`: no mount of
 * that superblock was there before, so nobody watched it until now. */
typedef void (*mounts_new_fn)(struct bytes point, bool is_dir, const struct filesystem *fs, bool fresh,
			      void *userdata);

/* A mount that was there at the last refresh, and is not any more. */
typedef void (*mounts_gone_fn)(struct bytes point, void *userdata);

/* Read /proc/self/mountinfo, mark what is new, forget what is gone.  Marks are set again on
 * every filesystem: one that was unmounted and mounted between two looks has lost
 * its mark and may look the same.  0 or -errno if mountinfo cannot be read. */
int mounts_refresh(struct mounts *m, mounts_new_fn fn, mounts_gone_fn gone_fn, void *userdata);

/* For open_by_handle_at(2): a descriptor in the filesystem of that fsid (borrowed), and what
 * is known of it.  -ENODEV: no such filesystem is marked. */
int mounts_fd(struct mounts *m, uint64_t fsid, int *ret_fd, const struct filesystem **ret);
void mounts_close_fds(struct mounts *m);

/* All superblocks, marked or not. */
size_t mounts_count(const struct mounts *m);
const struct filesystem *mounts_at(const struct mounts *m, size_t index);

/* By the longest mount point that is a prefix; a path without links. */
bool mounts_is_local(const struct mounts *m, struct bytes path);

/* Call fn for each directory where a search of all that is watched starts: the marked filesystems', or, of
 * those, what is watched.  Every place is met from one of them without leaving a mount. */
typedef void (*mounts_root_fn)(const char *dir, void *userdata);
void mounts_search_roots(const struct mounts *m, mounts_root_fn fn, void *userdata);

/* Call fn for the point of every mount of this machine's filesystems, marked or not. */
void mounts_points(const struct mounts *m, mounts_root_fn fn, void *userdata);

/* Below a watched path, seen through the mounts: always true without `watch`.  A path in an
 * overlay's upper directory is below the watched merged directory. */
bool mounts_watches(const struct mounts *m, struct bytes path);

#endif
