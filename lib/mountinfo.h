/* mountinfo.h - the lines of /proc/PID/mountinfo (proc_pid_mountinfo(5)). */
#ifndef PYHOOKD_MOUNTINFO_H
#define PYHOOKD_MOUNTINFO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

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

/* Filesystems whose data is on this machine and whose reads cannot hang on somebody else:
 * those are marked and read.  What is not named there is neither. */
bool mountinfo_type_is_local(struct bytes type);

/* Value of "name=" in superblock options, absent if it is not there.  Escapes resolved into
 * `storage`.  -ENOMEM is told as absent. */
struct bytes mountinfo_option(const struct mount_line *m, struct bytes name, struct str *storage);

#endif
