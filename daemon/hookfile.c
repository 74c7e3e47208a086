#include "hookfile.h"

#include <fcntl.h>
#include <linux/limits.h>
#include <stdlib.h>
#include <sys/sysmacros.h>

#include "limits.h"
#include "lookup.h"

void hookfile_done(struct hookfile *f)
{
	str_release(&f->content);
	closep(&f->fd);
	*f = HOOKFILE_INIT;
}

void hookfile_look(int rootfd, int dirfd, const char *name, struct bytes path, struct region *region,
		   struct hookfile *ret)
{
	struct file_facts *facts = &ret->facts;
	struct stat dir;
	char target[PATH_MAX];
	ssize_t n;

	/* A single file may have been mounted over the name, too. */
	if (!lookup_is_local_at(rootfd, dirfd, name, path)) {
		ret->unread = "remote";
		return;
	}
	if (fstatat(dirfd, name, &facts->st, AT_SYMLINK_NOFOLLOW) < 0) {
		facts->gone = errno == ENOENT || errno == ENOTDIR || errno == ESTALE;
		ret->unread = facts->gone ? "gone" : "permission";
		return;
	}
	facts->known = true;
	facts->dir_uid = fstat(dirfd, &dir) == 0 ? dir.st_uid : (uid_t)-1;
	ret->content_st = facts->st;

	/* Overlayfs: a file of the lower layer that was removed (Documentation/
	 * filesystems/overlayfs.rst, "whiteouts"). */
	facts->whiteout = S_ISCHR(facts->st.st_mode) && facts->st.st_rdev == makedev(0, 0);
	facts->is_symlink = S_ISLNK(facts->st.st_mode);
	if (facts->is_symlink) {
		n = readlinkat(dirfd, name, target, sizeof(target));
		if (n > 0)
			facts->link_target = region_copy(region, (struct bytes){ target, (size_t)n });
	} else {
		facts->owner = ownership_of(&facts->st, false);
	}
}

static bool is_same(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* "/a/b" and "c" are "/a/b/c"; and ".." is "/a". */
static int append_component(struct str *path, struct bytes component)
{
	int r;

	if (bytes_equal(component, BYTES_LIT("."))) {
		return 0;
	} else if (bytes_equal(component, BYTES_LIT(".."))) {
		struct bytes up = bytes_dirname(str_bytes(path));

		if (path->len > 0) {
			path->len = up.len > 1 ? up.len : 0;
			path->buf[path->len] = '\0';
		}
		return 0;
	}
	r = str_append_char(path, '/');
	return r < 0 ? r : str_append_bytes(path, component);
}

static bool is_last(struct bytes left)
{
	struct bytes component;

	return !bytes_next_component(&left, &component);
}

/* A reason that is compared by its address. */
static const char too_far[] = "too long a way";

static bool is_link(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISLNK(st.st_mode);
}

/* Go down one component at a time; what has been gone is kept as a path without links, by which
 * the table of mounts is asked before the next is looked up.  Links found on the way are put in front of
 * the rest.  Each component is paid for: who makes the links decides how many there are.  *ret_fd: O_PATH. */
static int walk(int rootfd, struct str *rest, hookfile_met_fn met, void *userdata, struct work *work, int *ret_fd,
		const char **ret_unread)
{
	_cleanup_close_ int at = openat(rootfd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_str_ struct str gone = STR_INIT;
	unsigned links = 0, steps = 0;
	int r;

	if (at < 0)
		return -errno;

	for (;;) {
		struct bytes left = str_bytes(rest), component;
		_cleanup_close_ int next = -EBADF;
		char name[NAME_MAX + 1], target[PATH_MAX];
		struct stat st;
		ssize_t n;

		if (!bytes_next_component(&left, &component)) {
			*ret_fd = TAKE_FD(at);
			return 0;
		}
		if (++steps > HOOKFILE_STEPS_MAX || work_take_path(work) < 0) {
			*ret_unread = too_far;
			return 0;
		}
		if (component.len > NAME_MAX) {
			*ret_unread = "dangling link";
			return 0;
		}
		memcpy(name, component.ptr, component.len);
		name[component.len] = '\0';
		if (bytes_equal(component, BYTES_LIT("..")) && is_same(at, rootfd))
			name[1] = '\0';	/* the parent of the root is the root */

		r = append_component(&gone, component);
		if (r < 0)
			return r;
		if (!bytes_equal(component, BYTES_LIT("..")) &&
		    !lookup_is_local_at(rootfd, at, name, str_bytes(&gone))) {
			*ret_unread = "remote";
			return 0;
		}
		next = openat(at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		/* Where it ends, or would go on if somebody made what is missing. */
		if (met && !bytes_equal(component, BYTES_LIT("..")) && !bytes_equal(component, BYTES_LIT(".")) &&
		    (next < 0 || is_last(left) || is_link(next)))
			met(at, name, str_bytes(&gone), next < 0 ? left : BYTES_NONE, userdata);
		if (next < 0 || fstat(next, &st) < 0) {
			*ret_unread = "dangling link";
			return 0;
		}

		if (S_ISLNK(st.st_mode)) {
			_cleanup_str_ struct str joined = STR_INIT;

			n = readlinkat(next, "", target, sizeof(target));
			if (n <= 0 || ++links > HOOKFILE_LINKS_MAX) {
				*ret_unread = "dangling link";
				return 0;
			}
			r = str_append(&joined, target, (size_t)n);
			if (r >= 0)
				r = str_append_char(&joined, '/');
			if (r >= 0)
				r = str_append_bytes(&joined, left);
			if (r < 0)
				return r;
			str_release(rest);
			*rest = joined;
			str_init(&joined);
			r = append_component(&gone, BYTES_LIT(".."));	/* the link itself is not gone through */
			if (r < 0)
				return r;
			if (target[0] == '/') {
				int root = openat(rootfd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

				if (root < 0)
					return -errno;
				(void)close(at);
				at = root;
				str_clear(&gone);
			}
			continue;
		}

		{
			_cleanup_str_ struct str shorter = STR_INIT;

			r = str_append_bytes(&shorter, left);
			if (r < 0)
				return r;
			str_release(rest);
			*rest = shorter;
			str_init(&shorter);
		}
		(void)close(at);
		at = TAKE_FD(next);
	}
}

/* Open the target of the link for reading (O_PATH). */
static int open_target(int rootfd, struct bytes path, struct bytes target, const struct hookfile *f, int *ret_fd,
		       const char **ret_unread)
{
	_cleanup_str_ struct str rest = STR_INIT;
	int r = 0;

	if (target.len == 0) {
		*ret_unread = "dangling link";
		return 0;
	}
	if (target.ptr[0] != '/') {
		r = str_append_bytes(&rest, bytes_dirname(path));
		if (r >= 0)
			r = str_append_char(&rest, '/');
	}
	if (r >= 0)
		r = str_append_bytes(&rest, target);
	if (r < 0)
		return r;
	return walk(rootfd, &rest, f->met, f->userdata, NULL, ret_fd, ret_unread);
}

int hookfile_walk(int rootfd, struct bytes path, hookfile_met_fn met, void *userdata, int *ret_fd, const char **ret_unread)
{
	_cleanup_str_ struct str rest = STR_INIT;
	int r = str_append_bytes(&rest, path);

	return r < 0 ? r : walk(rootfd, &rest, met, userdata, NULL, ret_fd, ret_unread);
}

/* The very inode that was looked at, at most `max` bytes; non-blocking for a lease's sake.  *ret_fd: open for
 * reading, or -EBADF. */
static int read_bytes(int path_fd, size_t max, struct str *ret, int *ret_fd, const char **ret_unread)
{
	char link[64];
	int fd;

	*ret_fd = -EBADF;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", path_fd);
	fd = open(link, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0) {
		*ret_unread = errno == ENOENT ? "gone" : errno == EAGAIN ? "busy" : "permission";
		return 0;
	}
	*ret_fd = fd;

	for (;;) {
		size_t room = max - ret->len;
		ssize_t n;
		int r;

		if (room == 0)
			return 0;
		if (room > 65536)
			room = 65536;
		r = str_reserve(ret, room);
		if (r < 0)
			return r;
		n = read(fd, ret->buf + ret->len, room);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			*ret_unread = errno == EAGAIN ? "busy" : "unreadable";
			return 0;
		}
		if (n == 0)
			return 0;
		ret->len += (size_t)n;
		ret->buf[ret->len] = '\0';
	}
}

int hookfile_read_opened(int path_fd, struct hookfile *f)
{
	char link[64];

	if (fstat(path_fd, &f->content_st) < 0) {
		f->unread = "gone";
		return 0;
	}
	f->size = (uint64_t)f->content_st.st_size;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", path_fd);
	f->facts.owner = ownership_of(&f->content_st, ownership_has_acl(link));
	if (!S_ISREG(f->content_st.st_mode)) {
		f->unread = "not a regular file";
		return 0;
	}
	return read_bytes(path_fd, CONTENT_BYTES_MAX, &f->content, &f->fd, &f->unread);
}

int hookfile_read_other(void *userdata, struct bytes path, size_t max, struct work *work, struct str *ret,
			struct stat *ret_st)
{
	const int *rootfd = userdata;
	_cleanup_close_ int fd = -EBADF, read_fd = -EBADF;
	_cleanup_str_ struct str rest = STR_INIT;
	const char *unread = NULL;
	struct stat st;
	int r;

	str_clear(ret);
	/* A NUL would end the path for the kernel. */
	if (path.len == 0 || path.ptr[0] != '/' || bytes_find_byte(path, '\0', 0) >= 0)
		return -ENOENT;
	r = str_append_bytes(&rest, path);
	if (r >= 0)
		r = walk(*rootfd, &rest, NULL, NULL, work, &fd, &unread);
	if (r < 0)
		return r == -ENOMEM ? r : -ENOENT;
	if (unread == too_far)
		return -EDQUOT;
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -ENOENT;
	r = read_bytes(fd, max, ret, &read_fd, &unread);
	if (r < 0)
		return r;
	if (unread)
		return -ENOENT;
	*ret_st = st;
	return 0;
}

int hookfile_read(int rootfd, int dirfd, const char *name, struct bytes path, struct hookfile *f)
{
	_cleanup_close_ int fd = -EBADF;
	int r;

	if (!f->facts.known || f->facts.whiteout)
		return 0;

	if (f->facts.is_symlink) {
		r = open_target(rootfd, path, f->facts.link_target, f, &fd, &f->unread);
		if (r < 0)
			return r;
		if (fd < 0) {
			if (!f->unread)
				f->unread = "dangling link";
			return 0;
		}
	} else {
		fd = openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0) {
			f->unread = "gone";
			return 0;
		}
	}
	return hookfile_read_opened(fd, f);
}
