/* scan.c - depth first, with a stack of open directories.
 *
 * Names come from the file system and are hostile: a directory is opened relative
 * to its parent's descriptor, never by its path, so that no exchange of a
 * component for a link leads elsewhere, and paths longer than PATH_MAX work.
 */
#include "scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "limits.h"

struct level {
	DIR *dir;
	size_t path_len;		/* of scan.path while this level is current */
	bool any_name;
};

struct scan {
	struct str path;
	struct level *levels;
	size_t depth, room;
	scan_link_fn link_fn;		/* NULL: links are files like others */
	bool narrow;
	struct scan_counters counters;
};

/* A directory of the same mount, without ever touching the root of another, which may be a
 * filesystem that does not answer. */
static int open_directory(int parent, const char *name)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOATIME,
		.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS,
	};
	int fd = (int)syscall(SYS_openat2, parent, name, &how, sizeof(how));

	if (fd < 0 && errno == EPERM) {	/* O_NOATIME is for the owner and root only */
		how.flags &= ~(uint64_t)O_NOATIME;
		fd = (int)syscall(SYS_openat2, parent, name, &how, sizeof(how));
	}
	return fd < 0 ? -errno : fd;
}

/* Make `fd` (taken over) the current level; scan.path is already its path. */
static int enter(struct scan *s, int fd, scan_dir_fn dir, void *userdata)
{
	_cleanup_close_ int own = fd;
	DIR *d;

	if (s->depth == s->room) {
		size_t room = s->room ? s->room * 2 : 16;
		struct level *levels = realloc(s->levels, room * sizeof(*levels));

		if (!levels)
			return -ENOMEM;
		s->levels = levels;
		s->room = room;
	}

	d = fdopendir(own);
	if (!d)
		return -errno;
	TAKE_FD(own);

	s->levels[s->depth++] = (struct level){
		.dir = d,
		.path_len = s->path.len,
		.any_name = hookpath_dir_takes_any_name(str_bytes(&s->path)),
	};
	s->counters.directories++;
	if (s->levels[s->depth - 1].any_name && dir)
		dir(dirfd(d), str_bytes(&s->path), userdata);
	return 0;
}

int scan_new(int dirfd, struct bytes path, struct scan **ret)
{
	_cleanup_close_ int fd = dirfd;
	_cleanup_(scan_freep) struct scan *s = NULL;
	int r;

	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	str_init(&s->path);
	r = str_append_bytes(&s->path, path);
	if (r < 0)
		return r;

	r = enter(s, TAKE_FD(fd), NULL, NULL);
	if (r < 0)
		return r;

	*ret = TAKE_PTR(s);
	return 0;
}

struct scan *scan_free(struct scan *s)
{
	if (!s)
		return NULL;
	while (s->depth > 0)
		(void)closedir(s->levels[--s->depth].dir);
	free(s->levels);
	str_release(&s->path);
	free(s);
	return NULL;
}

static unsigned char type_of(int dirfd, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type;
	/* Filesystems that do not say are old ones of this machine. */
	return fstatat(dirfd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? IFTODT(st.st_mode) : DT_UNKNOWN;
}

static int go_down(struct scan *s, int parent, const char *name, scan_dir_fn dir, void *userdata)
{
	_cleanup_close_ int fd = -EBADF;
	int r;

	if (!hookpath_scan_enters(str_bytes(&s->path)) || (s->narrow && !hookpath_leads_to_hooks(str_bytes(&s->path))))
		return 0;
	if (s->depth >= SCAN_DEPTH_MAX) {
		s->counters.too_deep++;
		return 0;
	}

	fd = open_directory(parent, name);
	if (fd == -EXDEV)
		return 0;	/* another mount has a search of its own */
	if (fd < 0) {
		s->counters.unreadable++;
		return 0;
	}

	r = enter(s, TAKE_FD(fd), dir, userdata);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		s->counters.unreadable++;
	return 0;
}

static int look_at(struct scan *s, struct level *level, const struct dirent *entry,
		   scan_found_fn found, scan_dir_fn dir, void *userdata)
{
	struct bytes name = bytes_of(entry->d_name);	/* the C library's string */
	bool directory, candidate, link;
	unsigned char type;
	struct hook hook;
	int r;

	s->counters.entries++;
	if (bytes_equal(name, BYTES_LIT(".")) || bytes_equal(name, BYTES_LIT("..")))
		return 0;

	type = type_of(dirfd(level->dir), entry);
	directory = type == DT_DIR;
	link = type == DT_LNK && s->link_fn && hookpath_linkname_is_candidate(name);
	candidate = level->any_name || hookpath_name_is_candidate(name);
	if (!directory && !candidate && !link)
		return 0;

	if (s->path.len != 1 || s->path.buf[0] != '/') {	/* not directly below the root */
		r = str_append_char(&s->path, '/');
		if (r < 0)
			return r;
	}
	r = str_append_bytes(&s->path, name);
	if (r < 0)
		return r;

	if (directory)
		return go_down(s, dirfd(level->dir), entry->d_name, dir, userdata);

	if (link && hookpath_leads_to_hooks(str_bytes(&s->path)))
		s->link_fn(dirfd(level->dir), str_bytes(&s->path), userdata);
	if (!candidate || !hookpath_classify(str_bytes(&s->path), &hook))
		return 0;
	s->counters.hooks++;
	return found(dirfd(level->dir), str_bytes(&s->path), &hook, userdata);
}

int scan_step(struct scan *s, unsigned entries, scan_found_fn found, scan_dir_fn dir, void *userdata)
{
	/* The start directory was entered without a callback at hand. */
	if (s->counters.entries == 0 && s->depth == 1 && s->levels[0].any_name && dir)
		dir(dirfd(s->levels[0].dir), str_bytes(&s->path), userdata);

	while (s->depth > 0) {
		size_t depth = s->depth;
		struct level *level = &s->levels[depth - 1];
		const struct dirent *entry;
		int r;

		s->path.len = level->path_len;
		s->path.buf[s->path.len] = '\0';

		if (entries-- == 0)
			return 1;

		errno = 0;
		entry = readdir(level->dir);
		if (!entry) {
			if (errno != 0)
				s->counters.unreadable++;
			(void)closedir(level->dir);
			s->depth--;
			continue;
		}

		r = look_at(s, level, entry, found, dir, userdata);
		if (r < 0)
			return r;
	}
	return 0;
}

void scan_set_link_fn(struct scan *s, scan_link_fn fn)
{
	s->link_fn = fn;
}

void scan_set_narrow(struct scan *s)
{
	s->narrow = true;
}

void scan_counters(const struct scan *s, struct scan_counters *ret)
{
	*ret = s->counters;
}
