/* hookfile.h - look at a hook on disk and read it, without ever waiting for it.
 *
 * The file is hostile: a FIFO, a device, a link into a FUSE mount that never
 * answers, a sparse file of exabytes.  Links are followed by hand, and only through
 * filesystems of this machine.
 */
#ifndef PYHOOKD_HOOKFILE_H
#define PYHOOKD_HOOKFILE_H

#include "facts.h"
#include "work.h"

/* A link, or where it leads: `name` in `dirfd`, together `path`, which has no links above the name.  `missing`: the name is not
 * there, and this would follow behind it; absent: it is there. */
typedef void (*hookfile_met_fn)(int dirfd, const char *name, struct bytes path, struct bytes missing, void *userdata);

struct hookfile {
	struct file_facts facts;	/* facts.known is false if the name is gone */
	struct stat content_st;		/* of what was read: of a link its target */
	struct str content;		/* at most CONTENT_BYTES_MAX bytes */
	int fd;				/* of which that was read, for other questions about the same file: owned; -EBADF: none */
	uint64_t size;			/* of the file */
	const char *unread;		/* why nothing was read (content.h), NULL if it was */
	hookfile_met_fn met;		/* the caller's, may be NULL: told of what a link leads through when it is read */
	void *userdata;
};

#define HOOKFILE_INIT ((struct hookfile){ .content = { (char *)"", 0, 0 }, .fd = -EBADF })

/* Look at the name, but do not open it.  `path`: the absolute path of the name; `rootfd`: where it starts.
 * A name that is gone, or that must not be looked at, is no error. */
void hookfile_look(int rootfd, int dirfd, const char *name, struct bytes path, struct region *region,
		   struct hookfile *ret);

/* Read what hookfile_look() saw; links are followed below `rootfd`.  0 or -ENOMEM. */
int hookfile_read(int rootfd, int dirfd, const char *name, struct bytes path, struct hookfile *f);

/* Another file that a hook leads to: a module that it imports.  A content_read_fn; `userdata`: the
 * descriptor of the root directory (int *).  -ENOENT also for what is no regular file, lies on another machine or is not to
 * be read without waiting. */
int hookfile_read_other(void *userdata, struct bytes path, size_t max, struct work *work, struct str *ret,
			struct stat *ret_st);

/* Read what `fd` (O_PATH; borrowed) is open on, whatever the filesystem, but not what is no regular file: sets
 * content_st, size and content, or unread.  0 or -ENOMEM. */
int hookfile_read_opened(int fd, struct hookfile *f);

/* Go down `path`, absolute and below `rootfd`, following links by hand; `met` (may be NULL) is told of every link, and
 * of the component where it ends.  *ret_fd: O_PATH, or as it was and *ret_unread says why (hookfile.unread).  -ENOMEM. */
int hookfile_walk(int rootfd, struct bytes path, hookfile_met_fn met, void *userdata, int *ret_fd, const char **ret_unread);

void hookfile_done(struct hookfile *f);
#define _cleanup_hookfile_ __attribute__((cleanup(hookfile_done)))

#endif
