/* filedata.c - a search reads a file once, in pieces that overlap by the longest text. */
#include "filedata.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "limits.h"
#include "lookup.h"

ssize_t filedata_read_at(int fd, char *buf, size_t size, off_t at)
{
	size_t have = 0;

	while (have < size) {
		ssize_t n = pread(fd, buf + have, size - have, at + (off_t)have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

int filedata_read_all(int fd, size_t max, struct str *ret)
{
	struct stat st;
	size_t ask;
	int r;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (st.st_size > (off_t)max)
		return -EFBIG;
	str_clear(ret);
	/* One more, which shows its end: most are small, and many are read. */
	for (ask = (size_t)st.st_size + 1;; ask = FILEDATA_CHUNK) {	/* it may have grown since */
		ssize_t n;

		r = str_reserve(ret, ask);
		if (r < 0)
			return r;
		n = filedata_read_at(fd, ret->buf + ret->len, ask, (off_t)ret->len);
		if (n < 0)
			return (int)n;
		ret->len += (size_t)n;
		ret->buf[ret->len] = '\0';
		if (ret->len > max)
			return -EFBIG;
		if ((size_t)n < ask)
			return 0;
	}
}

static bool holds_one(struct bytes piece, const struct bytes *needles, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (bytes_find(piece, needles[i], 0) >= 0)
			return true;
	return false;
}

int filedata_holds(int fd, const struct bytes *needles, size_t count, off_t max, bool *ret)
{
	_cleanup_free_ char *buf = NULL;
	size_t overlap = 0, kept = 0;
	bool found = false;

	for (size_t i = 0; i < count; i++) {
		if (needles[i].len == 0 || needles[i].len > FILEDATA_NEEDLE_MAX)
			return -EINVAL;
		if (needles[i].len - 1 > overlap)
			overlap = needles[i].len - 1;
	}
	buf = malloc(FILEDATA_NEEDLE_MAX + FILEDATA_CHUNK);
	if (!buf)
		return -ENOMEM;

	for (off_t at = 0; !found && at < max;) {
		size_t ask = max - at < FILEDATA_CHUNK ? (size_t)(max - at) : FILEDATA_CHUNK;
		ssize_t n = filedata_read_at(fd, buf + kept, ask, at);
		size_t have;

		if (n < 0)
			return (int)n;
		if (n == 0)
			break;
		have = kept + (size_t)n;
		found = holds_one((struct bytes){ buf, have }, needles, count);
		kept = have < overlap ? have : overlap;
		memmove(buf, buf + have - kept, kept);
		at += n;
	}
	*ret = found;
	return 0;
}

int filedata_open_beneath(int dirfd, struct bytes path, int flags)
{
	struct open_how how = {
		.flags = (unsigned)(flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
	};
	_cleanup_str_ struct str name = STR_INIT;
	int fd;

	if (bytes_find_byte(path, '\0', 0) >= 0)
		return -EINVAL;
	if (str_append_bytes(&name, path) < 0)
		return -ENOMEM;
	fd = (int)syscall(SYS_openat2, dirfd, name.buf, &how, sizeof(how));
	return fd < 0 ? -errno : fd;
}

/* The mode's group bits are the mask where there is an access control list (acl(5)). */
static bool is_roots(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_uid == 0 && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

int filedata_open_local(int rootfd, struct bytes path, int flags, bool *ret_root_owned)
{
	_cleanup_close_ int fd = openat(rootfd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool root_owned = fd >= 0 && is_roots(fd);
	struct bytes rest = path, component;
	bool more;

	if (fd < 0)
		return -errno;
	if (bytes_find_byte(path, '\0', 0) >= 0 || !bytes_next_component(&rest, &component))
		return -EINVAL;
	do {
		_cleanup_str_ struct str name = STR_INIT;
		size_t end = (size_t)(component.ptr + component.len - path.ptr);
		int next;

		if (str_append_bytes(&name, component) < 0)
			return -ENOMEM;
		if (!lookup_is_local_at(rootfd, fd, name.buf, bytes_slice(path, 0, end)))
			return -EREMOTE;
		more = bytes_next_component(&rest, &component);
		next = openat(fd, name.buf, (more ? O_PATH | O_DIRECTORY : flags | O_NONBLOCK | O_NOCTTY) |
					    O_NOFOLLOW | O_CLOEXEC);
		if (next < 0)
			return -errno;
		closep(&fd);
		fd = next;
		root_owned = root_owned && is_roots(fd);
	} while (more);
	if (ret_root_owned)
		*ret_root_owned = root_owned;
	return TAKE_FD(fd);
}

int filedata_open_in(const struct root_dir *root, struct bytes path, int flags, bool *ret_root_owned)
{
	_cleanup_str_ struct str all = STR_INIT;

	if (root->path.len == 0)
		return filedata_open_local(root->fd, path, flags, ret_root_owned);
	if (str_append_bytes(&all, root->path) < 0 || str_append_bytes(&all, path) < 0)
		return -ENOMEM;
	return filedata_open_local(root->fd, str_bytes(&all), flags, ret_root_owned);
}

/* The clock is the one from which the kernel takes the times of files (current_time() in
 * fs/inode.c).  A time that lies ahead is from before the clock was set. */
bool filedata_is_settled(const struct timespec *changed)
{
	struct timespec now;
	bool ahead;

	if (clock_gettime(CLOCK_REALTIME_COARSE, &now) < 0)
		return false;
	ahead = changed->tv_sec > now.tv_sec || (changed->tv_sec == now.tv_sec && changed->tv_nsec >= now.tv_nsec);
	return !ahead || changed->tv_sec > now.tv_sec + 1;
}
