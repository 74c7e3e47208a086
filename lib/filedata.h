/* filedata.h - reading files that others may change at any moment.
 *
 * Nothing is mapped: whoever may truncate a file could end the daemon by SIGBUS.  The position of
 * a descriptor is neither used nor moved.
 */
#ifndef PYHOOKD_FILEDATA_H
#define PYHOOKD_FILEDATA_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "str.h"

/* Reads until `size` bytes are there or the file ends.  How many; -errno. */
ssize_t filedata_read_at(int fd, char *buf, size_t size, off_t at);

/* The whole file, with a NUL behind it, into *ret (initialised, emptied first).
 * -EFBIG: longer than `max`; -EINVAL: no regular file; -ENOMEM; -errno. */
int filedata_read_all(int fd, size_t max, struct str *ret);

/* Does the file hold one of the texts?  Each has 1 to FILEDATA_NEEDLE_MAX bytes; at most `max` bytes of
 * the file are searched.  0; -EINVAL: an empty or too long text; -ENOMEM; -errno. */
int filedata_holds(int fd, const struct bytes *needles, size_t count, off_t max, bool *ret);

/* Opens what a path below `dirfd` leads to, as long as it leads through no link (the last included)
 * and onto no other mount, so that it is on the same filesystem as `dirfd` and cannot block.
 * `flags` as for open(2).  A descriptor; -errno. */
int filedata_open_beneath(int dirfd, struct bytes path, int flags);

/* Opens an absolute path below `rootfd` of which no component is a link, on filesystems of this
 * machine only.  *ret_root_owned (may be NULL): it and all directories above it belong to root, and
 * nobody else may write them.  A descriptor; -ELOOP or -ENOTDIR: a link; -EREMOTE; -ENOMEM; -errno. */
int filedata_open_local(int rootfd, struct bytes path, int flags, bool *ret_root_owned);

/* A root directory, by its name below `fd`: "" is that one itself.  By its name, because it is the table of mounts of
 * `fd` that says what is local (lookup.h). */
struct root_dir {
	int fd;
	struct bytes path;	/* absolute, without a slash at its end; or "" */
};

/* filedata_open_local() below it. */
int filedata_open_in(const struct root_dir *root, struct bytes path, int flags, bool *ret_root_owned);

/* Will a change from now on have another time of change?  Not within the tick of the clock in which it changed last. */
bool filedata_is_settled(const struct timespec *changed);

#endif
