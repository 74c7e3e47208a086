/* mountinfo.h - the lines of /proc/PID/mountinfo (proc_pid_mountinfo(5)). */
#ifndef PYHOOKD_MOUNTINFO_H
#define PYHOOKD_MOUNTINFO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "region.h"
#include "str.h"

struct mount_line {
	uint64_t id;
	dev_t dev;			/* of the superblock, also where st_dev differs (btrfs) */
	struct bytes root;		/* what of the filesystem is mounted; octal escapes resolved */
	struct bytes point;		/* where, likewise */
	struct bytes type;		/* "ext4"; without a subtype ("fuse.sshfs" is kept whole) */
	struct bytes options;		/* of the superblock: upperdir=, subvolid=; escapes kept */
};

/* Resolve the escapes in place and describe one line (without its newline).  `line` is
 * changed.  -EINVAL: not such a line. */
int mountinfo_parse_line(char *line, size_t len, struct mount_line *ret);

/* Is `path` the directory `dir`, or below it?  Both absolute, without "." and "..". */
bool mountinfo_is_below(struct bytes path, struct bytes dir);

/* What of `path` is below `dir`, which it is: "" or "/...". */
struct bytes mountinfo_rest_of(struct bytes path, struct bytes dir);

/* The line of the mount that `path` lies on, of the mountinfo that `fd` reads: the longest mount point that is a
 * prefix of it, and of two at one place the later, which covers the earlier.  Exact if no component of
 * `path` is a link.  Views into *storage, which the caller frees.  -ENOENT: none; -errno. */
int mountinfo_find(int fd, struct bytes path, char **storage, struct mount_line *ret);

/* Another process's mounts, whose number is up to it. */
struct mount_table {
	struct mount_line *lines;	/* in the region */
	size_t count;
	bool complete;			/* no line was left out: none was too many, cut or not understood */
	const struct mount_table *ours;	/* these mounts are not looked through, ours are: a name counts only where both
					 * have the same place (lookup.h); NULL: they are looked through */
};

/* `text`: all of a mountinfo; copied.  -ENOMEM. */
int mount_table_parse(struct bytes text, struct region *region, struct mount_table *ret);

/* The mounts of ourselves, below `rootfd`: proc/self/mountinfo.  Of a table longer than MOUNTS_BYTES_MAX the rest is left
 * out, and it is not complete.  -ENOENT: there is no such file (a recording); -ENOMEM; -errno. */
int mount_table_read(int rootfd, struct region *region, struct mount_table *ret);

/* As mountinfo_find(); NULL: none. */
const struct mount_line *mount_table_find(const struct mount_table *t, struct bytes path);

/* Does `path`, no component of which is a link, lead to the same place of the same filesystem by both?  What is bound onto
 * itself does. */
bool mount_table_same_place(const struct mount_table *a, const struct mount_table *b, struct bytes path);

/* Filesystems whose data is on this machine and whose reads cannot hang on somebody else:
 * those are marked and read.  What is not named there is neither. */
bool mountinfo_type_is_local(struct bytes type);

/* Value of "name=" in superblock options, absent if it is not there.  Escapes resolved into
 * `storage`.  -ENOMEM is told as absent. */
struct bytes mountinfo_option(const struct mount_line *m, struct bytes name, struct str *storage);

#endif
