/* handle.h - from a file handle to a path. */
#ifndef PYHOOKD_HANDLE_H
#define PYHOOKD_HANDLE_H

#include "fanotify_record.h"
#include "str.h"

/* open_by_handle_at(2) with O_PATH; *ret_fd is the caller's.  -ESTALE: it is gone. */
int handle_open(int mount_fd, const struct handle_view *h, int *ret_fd);

/* The handle of what `fd` refers to; its bytes point into `storage` (at least MAX_HANDLE_SZ + 8). */
int handle_of(int fd, uint64_t fsid, char *storage, size_t size, struct handle_view *ret);

/* Append the absolute path of the directory `fd`, also one longer than PATH_MAX, which
 * /proc/self/fd cannot say.  -ESTALE: it was removed; -ELOOP: deeper than limits.h allows. */
int handle_directory_path(int fd, struct str *ret);

#endif
