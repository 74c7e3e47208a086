#include "handle.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "limits.h"

/* glibc's struct file_handle ends in a flexible array, which cannot be a local. */
union handle_buffer {
	struct file_handle h;
	char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
};

int handle_open(int mount_fd, const struct handle_view *h, int *ret_fd)
{
	union handle_buffer b;
	int fd;

	if (h->bytes.len > MAX_HANDLE_SZ)
		return -EINVAL;
	b.h.handle_bytes = (unsigned)h->bytes.len;
	b.h.handle_type = h->type;
	memcpy(b.room + offsetof(struct file_handle, f_handle), h->bytes.ptr, h->bytes.len);

	fd = open_by_handle_at(mount_fd, &b.h, O_PATH | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

int handle_of(int fd, uint64_t fsid, char *storage, size_t size, struct handle_view *ret)
{
	union handle_buffer b;
	int mount_id;

	b.h.handle_bytes = MAX_HANDLE_SZ;
	if (name_to_handle_at(fd, "", &b.h, &mount_id, AT_EMPTY_PATH) < 0)
		return -errno;
	if (b.h.handle_bytes > size)
		return -E2BIG;
	memcpy(storage, b.room + offsetof(struct file_handle, f_handle), b.h.handle_bytes);
	*ret = (struct handle_view){
		.fsid = fsid,
		.type = b.h.handle_type,
		.bytes = { storage, b.h.handle_bytes },
	};
	return 0;
}

/* The path as the kernel says it; -ENAMETOOLONG if it is longer than a page. */
static int proc_path(int fd, struct str *ret)
{
	char link[64], path[PATH_MAX];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path));
	if (n < 0)
		return -errno;
	if ((size_t)n == sizeof(path))
		return -ENAMETOOLONG;
	return str_append(ret, path, (size_t)n);
}

/* The name in `parent` under which the directory `st` stands. */
static int name_in(int parent, const struct stat *st, struct str *ret)
{
	_cleanup_close_ int fd = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct dirent *entry;
	int r = -ESTALE;
	DIR *d;

	if (fd < 0)
		return -errno;
	d = fdopendir(fd);
	if (!d)
		return -errno;
	TAKE_FD(fd);

	while ((entry = readdir(d))) {
		struct stat one;

		if (entry->d_ino != st->st_ino && entry->d_type != DT_UNKNOWN)
			continue;
		if (fstatat(dirfd(d), entry->d_name, &one, AT_SYMLINK_NOFOLLOW) < 0 ||
		    one.st_ino != st->st_ino || one.st_dev != st->st_dev)
			continue;
		r = str_append_text(ret, entry->d_name);
		break;
	}
	(void)closedir(d);
	return r;
}

/* Climb until the kernel can say the rest, remembering the names on the way. */
static int long_path(int fd, struct str *ret)
{
	_cleanup_close_ int at = openat(fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct str names[HANDLE_CLIMB_MAX];
	size_t depth = 0;
	int r = -ELOOP;

	if (at < 0)
		return -errno;

	while (depth < HANDLE_CLIMB_MAX) {
		_cleanup_close_ int parent = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		struct stat st;

		if (parent < 0 || fstat(at, &st) < 0) {
			r = -errno;
			break;
		}
		str_init(&names[depth]);
		r = name_in(parent, &st, &names[depth++]);
		if (r < 0)
			break;

		r = proc_path(parent, ret);
		if (r != -ENAMETOOLONG) {
			for (size_t i = depth; r >= 0 && i-- > 0;) {
				if (ret->len == 0 || ret->buf[ret->len - 1] != '/')
					r = str_append_char(ret, '/');
				if (r >= 0)
					r = str_append_bytes(ret, str_bytes(&names[i]));
			}
			break;
		}
		(void)close(at);
		at = TAKE_FD(parent);
		r = -ELOOP;
	}

	for (size_t i = 0; i < depth; i++)
		str_release(&names[i]);
	return r;
}

int handle_directory_path(int fd, struct str *ret)
{
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_nlink == 0)
		return -ESTALE;	/* the kernel's path would end in " (deleted)" */

	r = proc_path(fd, ret);
	return r == -ENAMETOOLONG ? long_path(fd, ret) : r;
}
