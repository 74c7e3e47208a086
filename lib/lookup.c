/* lookup.c - most names lie on the mount where the look-up starts, which openat2(2)
 * says without leaving it; for the others the longest mount point that is a prefix of
 * the path decides, which is exact because the path has no links. */
#include "lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "mountinfo.h"

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

static bool is_below(struct bytes path, struct bytes dir)
{
	if (bytes_equal(dir, BYTES_LIT("/")))
		return true;
	return bytes_has_prefix(path, dir) && (path.len == dir.len || path.ptr[dir.len] == '/');
}

static bool table_says_local(int rootfd, struct bytes path)
{
	_cleanup_close_ int fd = openat(rootfd, "proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	_cleanup_fclose_ FILE *f = NULL;
	_cleanup_free_ char *line = NULL;
	size_t size = 0, best = 0;
	bool local = true;
	ssize_t n;

	if (fd < 0)
		return true;
	f = fdopen(fd, "r");
	if (!f)
		return false;
	TAKE_FD(fd);

	while ((n = getline(&line, &size, f)) > 0) {
		struct mount_line m;

		if (line[n - 1] == '\n')
			n--;
		/* The later of two mounts at one place covers the earlier. */
		if (mountinfo_parse_line(line, (size_t)n, &m) < 0 || m.point.len < best ||
		    !is_below(path, m.point))
			continue;
		best = m.point.len;
		local = mountinfo_type_is_local(m.type);
	}
	return local;
}

bool lookup_is_local_at(int rootfd, int dirfd, const char *name, struct bytes path)
{
	return stays(dirfd, name) || table_says_local(rootfd, path);
}

bool lookup_is_local(int rootfd, struct bytes path)
{
	_cleanup_str_ struct str below = STR_INIT;

	while (path.len > 1 && path.ptr[0] == '/' && path.ptr[1] == '/')
		path = bytes_slice(path, 1, path.len - 1);
	if (path.len < 2)
		return true;
	if (str_append(&below, path.ptr + 1, path.len - 1) < 0)
		return false;
	return lookup_is_local_at(rootfd, rootfd, below.buf, path);
}
