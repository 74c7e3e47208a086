/* installer_trust.c - files: who can change them, what is in them.
 *
 * A path is resolved below the writer's root here, not by the kernel, since the
 * owner and mode of every directory and link on the way count: whoever can
 * rename in one of them chooses what is found.
 */
#include "installer_private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <unistd.h>

#include "lookup.h"

static bool can_be_changed(const struct check *c, const struct stat *st, unsigned flags, const char **ret_why)
{
	bool sticky = S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) && !(flags & LOOK_NO_STICKY);

	if (st->st_uid != 0 && ((flags & LOOK_ROOT) || st->st_uid != c->owner)) {
		*ret_why = "belongs to another user";
		return true;
	}
	if (S_ISLNK(st->st_mode) || sticky)
		return false;
	if (st->st_mode & S_IWOTH) {
		*ret_why = "can be written by everybody";
		return true;
	}
	if ((st->st_mode & S_IWGRP) && st->st_gid != 0 && (st->st_uid == 0 || st->st_gid != st->st_uid)) {
		*ret_why = "can be written by a group";
		return true;
	}
	return false;
}

/* fstatat() and friends want a path relative to rootfd. */
static const char *below_root(const struct str *path)
{
	return path->len > 1 ? path->buf + 1 : ".";
}

static int64_t wall_ns(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

static void note_change(struct found *f)
{
	if (wall_ns(&f->st.st_ctim) > wall_ns(&f->changed))
		f->changed = f->st.st_ctim;
}

bool trust_after_exec(const struct check *c, const struct timespec *t)
{
	uint64_t exec_ns = c->process->image->exec_ns;

	return exec_ns != 0 && c->request->clock_offset_ns != 0 && wall_ns(t) > (int64_t)exec_ns + c->request->clock_offset_ns;
}

bool trust_changed_since(const struct check *c, const struct found *f)
{
	return f->st.st_nlink <= 1 && trust_after_exec(c, &f->changed);
}

bool trust_born_since(const struct check *c, const struct found *f)
{
	struct statx st;

	if (statx(c->rootfd, f->path.len > 1 ? f->path.ptr + 1 : ".", AT_SYMLINK_NOFOLLOW, STATX_BTIME, &st) < 0 ||
	    !(st.stx_mask & STATX_BTIME))
		return false;
	return trust_after_exec(c, &(struct timespec){ .tv_sec = st.stx_btime.tv_sec, .tv_nsec = st.stx_btime.tv_nsec });
}

/* The last change of what is in the directory now. */
static int64_t newest_in(DIR *d)
{
	int64_t newest = INT64_MIN;

	for (unsigned i = 0; i < INSTALLER_PROGRAMS_MAX; i++) {
		struct dirent *entry = readdir(d);
		struct stat st;

		if (!entry)
			break;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (fstatat(dirfd(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && wall_ns(&st.st_ctim) > newest)
			newest = wall_ns(&st.st_ctim);
	}
	return newest;
}

bool trust_lost_since(struct check *c, const struct found *dir)
{
	bool everybodys = dir->st.st_uid == 0 && (dir->st.st_mode & S_ISVTX) && (dir->st.st_mode & S_IWOTH);
	int64_t newest;
	DIR *d;

	/* What it made itself is its own; /tmp and its like change all the time. */
	if (!trust_after_exec(c, &dir->st.st_ctim) || everybodys || trust_born_since(c, dir))
		return false;
	d = trust_open_directory(c, dir);
	if (!d)
		return true;
	newest = newest_in(d);
	closedir(d);
	return newest < wall_ns(&dir->st.st_ctim) - INSTALLER_ADDING_NS;
}

bool trust_afford(struct check *c, uint64_t units)
{
	int r = c->error;

	if (r >= 0)
		r = work_take(c->work, units);
	if (r < 0)
		c->error = r;
	return r >= 0;
}

/* The kernel goes down the whole path for each component, and whether it is on this machine the tables of mounts say. */
static uint64_t cost_of(const struct check *c, const struct str *path)
{
	uint64_t lines = 0;

	if (c->mounts)
		lines = c->mounts->count + (c->mounts->ours ? c->mounts->ours->count : 0);
	return WORK_PATH + path->len * WORK_PATH_BYTE + lines * WORK_MOUNT;
}

bool trust_look(struct check *c, struct bytes path, unsigned flags, struct found *ret)
{
	_cleanup_str_ struct str done = STR_INIT, rest = STR_INIT, next = STR_INIT;
	struct found found = { 0 };
	unsigned links = 0;
	int r;

	*ret = found;
	if (c->error < 0)
		return false;
	if (!is_absolute(path) || path.len >= PATH_MAX || bytes_find_byte(path, '\0', 0) >= 0)
		return true;
	r = str_append_bytes(&rest, path);
	if (r < 0)
		goto no_memory;
	if (fstatat(c->rootfd, ".", &found.st, 0) < 0)
		return true;
	if (can_be_changed(c, &found.st, flags, &found.why))
		found.weak = BYTES_LIT("/");

	for (unsigned i = 0; i < INSTALLER_COMPONENTS_MAX; i++) {
		struct bytes left = str_bytes(&rest), name;
		size_t before = done.len;
		char target[PATH_MAX];
		ssize_t n;

		if (!bytes_next_component(&left, &name)) {
			found.path = region_copy(c->region, done.len ? str_bytes(&done) : BYTES_LIT("/"));
			if (!found.path.ptr)
				goto no_memory;
			found.exists = true;
			*ret = found;
			return true;
		}
		if (bytes_equal(name, BYTES_LIT(".")))
			goto step;
		if (bytes_equal(name, BYTES_LIT(".."))) {
			struct bytes up = bytes_dirname(str_bytes(&done));

			done.len = up.len > 1 ? up.len : 0;
			if (done.cap > 0)
				done.buf[done.len] = '\0';
			goto step;
		}

		r = str_append_char(&done, '/');
		if (r >= 0)
			r = str_append_bytes(&done, name);
		if (r < 0)
			goto no_memory;
		if (!trust_afford(c, cost_of(c, &done)))
			return false;
		if (done.len >= PATH_MAX || !lookup_is_local_in(c->rootfd, c->mounts, str_bytes(&done)) ||
		    fstatat(c->rootfd, below_root(&done), &found.st, AT_SYMLINK_NOFOLLOW) < 0)
			return true;
		if (!found.weak.ptr && can_be_changed(c, &found.st, flags, &found.why)) {
			found.weak = region_copy(c->region, str_bytes(&done));
			if (!found.weak.ptr)
				goto no_memory;
		}
		if (!S_ISDIR(found.st.st_mode))
			note_change(&found);
		if (!S_ISLNK(found.st.st_mode))
			goto step;

		if (++links > INSTALLER_LINKS_MAX)
			return true;
		n = readlinkat(c->rootfd, below_root(&done), target, sizeof(target));
		if (n <= 0 || n == (ssize_t)sizeof(target))
			return true;
		done.len = target[0] == '/' ? 0 : before;
		done.buf[done.len] = '\0';
		str_clear(&next);
		r = str_append(&next, target, (size_t)n);
		if (r >= 0)
			r = str_append_char(&next, '/');
		if (r >= 0)
			r = str_append_bytes(&next, left);
		if (r < 0)
			goto no_memory;
		if (next.len >= 2 * PATH_MAX)
			return true;
		str_clear(&rest);
		r = str_append_bytes(&rest, str_bytes(&next));
		if (r < 0)
			goto no_memory;
		continue;
step:
		str_clear(&next);
		r = str_append_bytes(&next, left);
		if (r < 0)
			goto no_memory;
		str_clear(&rest);
		r = str_append_bytes(&rest, str_bytes(&next));
		if (r < 0)
			goto no_memory;
	}
	return true;

no_memory:
	c->error = -ENOMEM;
	return false;
}

unsigned trust_flags(const struct check *c)
{
	return (c->entry->flags & ENTRY_ROOT) || c->owner == 0 ? LOOK_ROOT : 0;
}

bool trust_file(struct check *c, const struct found *f, const char *what, struct bytes path)
{
	if (!f->exists)
		return check_say(c, false, "%s %.*s is not there", what, QUOTE(path));
	if (!S_ISREG(f->st.st_mode))
		return check_say(c, false, "%s %.*s is not a regular file", what, QUOTE(path));
	if (f->weak.ptr)
		return check_say(c, false, "%s %.*s can be changed by others: %.*s %s", what, QUOTE(path), QUOTE(f->weak),
			   f->why);
	return true;
}

int trust_open(struct check *c, const struct found *f)
{
	struct stat st;
	int fd, r;

	if (!trust_afford(c, WORK_PATH))
		return c->error;
	if (f->path.len < 2)
		return -EISDIR;
	/* region_copy() has put a NUL behind it. */
	fd = openat(c->rootfd, f->path.ptr + 1, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = fstat(fd, &st) < 0 ? -errno : 0;
	if (r == 0 && (!S_ISREG(st.st_mode) || st.st_ino != f->st.st_ino || st.st_dev != f->st.st_dev))
		r = -ESTALE;
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

struct bytes trust_read(struct check *c, const struct found *f, char *buffer, size_t size)
{
	size_t len = 0;
	int fd;

	fd = trust_open(c, f);
	if (fd < 0)
		return BYTES_NONE;
	while (len < size) {
		ssize_t n = read(fd, buffer + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	close(fd);
	return (struct bytes){ buffer, len };
}

DIR *trust_open_directory(struct check *c, const struct found *f)
{
	DIR *dir;
	int fd;

	/* A name takes about as much of a directory's size as it takes time (ext4: 12 bytes and the name, tmpfs: 20). */
	if (!trust_afford(c, WORK_PATH + (uint64_t)f->st.st_size))
		return NULL;
	fd = openat(c->rootfd, f->path.len > 1 ? f->path.ptr + 1 : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	dir = fdopendir(fd);
	if (!dir)
		close(fd);
	return dir;
}
