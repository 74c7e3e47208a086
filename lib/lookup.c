/* lookup.c - most names lie on the mount where the look-up starts, which openat2(2)
 * says without leaving it; for the others the longest mount point that is a prefix of
 * the path decides, which is exact because the path has no links. */
#include "lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cleanup.h"

/* Does the look-up stay on the mount of `dirfd`?  A name that is not there does. */
static bool stays(int dirfd, const char *name)
{
	struct open_how how = {
		.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS,
	};
	_cleanup_close_ int fd = (int)syscall(SYS_openat2, dirfd, name, &how, sizeof(how));

	/* Too old for openat2 (before 5.6), or not allowed: let the table say. */
	return fd >= 0 || (errno != EXDEV && errno != ENOSYS && errno != EPERM);
}

static bool own_table_says_local(int rootfd, struct bytes path)
{
	_cleanup_close_ int fd = openat(rootfd, "proc/self/mountinfo", O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	_cleanup_free_ char *storage = NULL;
	struct mount_line m;
	struct statfs fs;
	int r;

	if (fd < 0)
		return true;
	/* An image of a disk may have a file of that name: it says what it likes. */
	if (fstatfs(fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
		return false;
	r = mountinfo_find(fd, path, &storage, &m);
	return r == -ENOENT || (r >= 0 && mountinfo_type_is_local(m.type));
}

static bool table_says_local(int rootfd, const struct mount_table *mounts, struct bytes path)
{
	const struct mount_line *m;

	if (!mounts)
		return own_table_says_local(rootfd, path);
	m = mounts->complete ? mount_table_find(mounts, path) : NULL;
	return m && mountinfo_type_is_local(m->type);
}

bool lookup_is_local_at(int rootfd, int dirfd, const char *name, struct bytes path)
{
	return stays(dirfd, name) || table_says_local(rootfd, NULL, path);
}

bool lookup_is_local_in(int rootfd, const struct mount_table *mounts, struct bytes path)
{
	_cleanup_str_ struct str below = STR_INIT;

	while (path.len > 1 && path.ptr[0] == '/' && path.ptr[1] == '/')
		path = bytes_slice(path, 1, path.len - 1);
	if (path.len < 2)
		return true;
	if (mounts && mounts->ours && !mount_table_same_place(mounts, mounts->ours, path))
		return false;
	if (str_append(&below, path.ptr + 1, path.len - 1) < 0)
		return false;
	return stays(rootfd, below.buf) || table_says_local(rootfd, mounts, path);
}

bool lookup_is_local(int rootfd, struct bytes path)
{
	return lookup_is_local_in(rootfd, NULL, path);
}
