/* view.c - the filesystem as the writer sees it.
 *
 *	writer, or who shares its container --> its root (rootfd) and its mounts (mountinfo)
 *	host path --our mountinfo--> filesystem and path in it --its mountinfo--> path in the view
 *
 * Owns: whose view it is, the way from our names to its.  Must not own: what is made of the files
 * there (installer.c), the names of control groups (cgroup.c).
 *
 * The ways for a file into another root:
 *	chroot		/proc/PID/root is a directory of ours: the rest of the path
 *	overlay		the path is below upperdir=, as the options name it: mount point and rest.  A
 *			relative one, or one that another container named (docker in docker),
 *			counts by its last two components, if the file is the same.
 *	bind mount	the same filesystem (major:minor) is mounted there: mount point and rest
 * Each is tried; what another mount hides does not count, and what is there has to be the file.
 *
 * Whose files say what the writer is:
 *	its root is our directory, its mount namespace another (a service with PrivateTmp=, or
 *	unshare -m and `mount --bind evil /usr/bin/dpkg`): ours, and a doubt if what it has code
 *	from is another place by its table of mounts than by ours.  A directory that is bound
 *	onto itself is the same place.
 *	it executed a file of our root, and has another root since (rpm --root, dnf --installroot, the
 *	unpackers of images): ours.
 *	else it was executed in its root: that one.  Whoever made it vouches for what is in it only.
 * Of a dead writer nobody knows its namespace: the nearest living ancestor tells, or it is taken as one of ours.
 *
 * Nothing may wait.  A root, or what is mounted in it, may be a FUSE filesystem of the writer's, whose
 * answers never come.  Opening the root with O_PATH asks no filesystem; while it is open, the number of its mount is
 * given to no other, and the table that is read then says what it is.  Only if that is local it is kept, and
 * looked into without leaving that mount.
 *
 * References: fs/proc_namespace.c (mountinfo shows what is below the root of the process), fs/d_path.c
 * (links of another namespace are told from its root), fs/overlayfs/super.c (the options are as
 * they were given), fs/proc/fd.c (fdinfo).
 */
#include "view.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cleanup.h"
#include "limits.h"
#include "lookup.h"
#include "procfs.h"

void view_done(struct view *v)
{
	if (!v->ours)
		closep(&v->rootfd);
	closep(&v->procfd);
	*v = VIEW_INIT;
}

/* ---- one process ------------------------------------------------------------ */

/* Its directory, if it still is the process that started then, and not a zombie, which has no root. */
static int open_living(int procfd, pid_t pid, uint64_t start_ticks)
{
	_cleanup_close_ int dirfd = procfs_open(procfd, pid);
	struct procfs_stat stat;
	int r;

	if (dirfd < 0)
		return dirfd;
	r = procfs_read_stat(dirfd, &stat);
	if (r < 0)
		return r;
	if (stat.start_ticks != start_ticks || stat.state == 'Z' || stat.state == 'X')
		return -ESRCH;
	return TAKE_FD(dirfd);
}

static int read_link(int dirfd, const char *name, struct region *region, struct bytes *ret)
{
	char buf[PROCESS_PATH_MAX];
	size_t len;
	int r = procfs_readlink(dirfd, name, buf, sizeof(buf), &len);

	if (r < 0)
		return r;
	if (len == sizeof(buf))
		return -ENAMETOOLONG;
	*ret = region_copy(region, (struct bytes){ buf, len });
	return ret->ptr ? 0 : -ENOMEM;
}

/* The mount namespace of a process; no filesystem of anybody's is asked. */
static bool namespace_of(int procfd, const char *name, struct stat *ret)
{
	return fstatat(procfd, name, ret, 0) == 0;
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Is it one whose names are ours: our own, or, since a service has a namespace of its own (ProtectSystem=), that
 * of the first process, if its root is the directory that ours is?  Answers the table of its mounts
 * below `procfd`; NULL: it is another one. */
static const char *our_table(const struct view_request *request, int dirfd)
{
	struct stat its, ours, root, first;

	if (!namespace_of(dirfd, "ns/mnt", &its))
		return NULL;
	if (namespace_of(request->procfd, "self/ns/mnt", &ours) && is_same_file(&ours, &its))
		return "self/mountinfo";
	if (namespace_of(request->procfd, "1/ns/mnt", &ours) && is_same_file(&ours, &its) &&
	    fstat(request->rootfd, &root) == 0 && fstatat(request->procfd, "1/root", &first, 0) == 0 &&
	    is_same_file(&root, &first))
		return "1/mountinfo";
	return NULL;
}

/* The whole table, or as much of it as is allowed. */
static int read_mounts(int dirfd, struct region *region, struct mount_table *ret)
{
	_cleanup_str_ struct str text = STR_INIT;
	bool more = true;
	size_t len = 0;
	int r;

	for (size_t want = 65536; more && want <= VIEW_MOUNTS_BYTES_MAX; want *= 4) {
		str_clear(&text);
		if (str_reserve(&text, want) < 0)
			return -ENOMEM;
		r = procfs_read(dirfd, "mountinfo", text.buf, want, &len, &more);
		if (r < 0)
			return r;
	}
	r = mount_table_parse((struct bytes){ text.buf, len }, region, ret);
	if (r >= 0 && more)
		ret->complete = false;
	return r;
}

/* The mount that `path` is on, by one of our own tables. */
static int our_mount(int procfd, const char *table, struct bytes path, char **storage, struct mount_line *ret)
{
	_cleanup_close_ int fd = openat(procfd, table, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : mountinfo_find(fd, path, storage, ret);
}

/* ---- paths ------------------------------------------------------------------ */

/* `dir` and a rest of another.  ptr is NULL when there is no memory. */
static struct bytes join(struct region *region, struct bytes dir, struct bytes rest)
{
	if (bytes_equal(dir, BYTES_LIT("/")) && rest.len > 0)
		return region_copy(region, rest);
	if (bytes_equal(rest, BYTES_LIT("/")))
		rest.len = 0;
	return region_printf(region, "%.*s%.*s", (int)dir.len, dir.ptr, (int)rest.len, rest.len ? rest.ptr : "");
}

static bool has_dots(struct bytes path)
{
	struct bytes part;

	while (bytes_next_component(&path, &part))
		if (bytes_equal(part, BYTES_LIT("..")) || bytes_equal(part, BYTES_LIT(".")))
			return true;
	return false;
}

/* O_PATH; `resolve` as openat2(2) has it. */
static int open_beneath(int dirfd, struct bytes path, uint64_t flags, uint64_t resolve)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC | flags,
				.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | resolve };
	_cleanup_str_ struct str below = STR_INIT;
	int fd;

	while (path.len > 0 && path.ptr[0] == '/')
		path = bytes_slice(path, 1, path.len - 1);
	if (str_append_bytes(&below, path) < 0)
		return -ENOMEM;
	fd = (int)syscall(SYS_openat2, dirfd, below.len > 0 ? below.buf : ".", &how, sizeof(how));
	return fd < 0 ? -errno : fd;
}

/* ---- its root ---------------------------------------------------------------- */

struct sight {
	const struct view_request *request;
	struct region *region;
	struct mount_table *mounts;
	const struct mount_line *root;	/* what "/" is on; NULL: not known */
	bool same_root;			/* its "/" is the directory that ours is */
	const char *table;		/* our table that is of its namespace; NULL: its namespace is another */
};

/* Keep the root if the table says that it can be looked into.  What is asked for here the kernel knows
 * without asking the filesystem. */
static void keep_root(struct sight *s, int *fd, struct view *v)
{
	const unsigned want = STATX_BASIC_STATS | STATX_MNT_ID;
	struct statx its, ours;

	if (*fd < 0 || !s->root || !mountinfo_type_is_local(s->root->type) ||
	    statx(*fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, want, &its) < 0)
		return;
	/* Known from 5.8. */
	if (its.stx_mask & STATX_MNT_ID && its.stx_mnt_id != s->root->id)
		return;
	s->same_root = statx(s->request->rootfd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, want, &ours) == 0 &&
		       ours.stx_ino == its.stx_ino && ours.stx_dev_major == its.stx_dev_major &&
		       ours.stx_dev_minor == its.stx_dev_minor;
	v->rootfd = TAKE_FD(*fd);
}

/* A chroot into a directory that is no mount point: its mount is not in its table, but in ours. */
static int add_root_line(struct sight *s, const char *table, struct bytes prefix)
{
	_cleanup_free_ char *storage = NULL;
	struct mount_table *t = s->mounts;
	struct mount_line line;
	struct bytes text;
	int r = our_mount(s->request->procfd, table, prefix, &storage, &line);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	line.root = join(s->region, line.root, mountinfo_rest_of(prefix, line.point));
	line.type = region_copy(s->region, line.type);
	text = region_copy(s->region, line.options);
	if (!line.root.ptr || !line.type.ptr || !text.ptr)
		return -ENOMEM;
	line.options = text;
	line.point = BYTES_LIT("/");
	t->lines[t->count] = line;	/* mount_table_parse() left room for it */
	s->root = &t->lines[t->count++];
	return 0;
}

/* ---- the file in it ------------------------------------------------------------ */

/* `path` in the view, without a link, if it is on the root's own mount, which is held: whoever mounts something over
 * it that never answers, after the table was read, is not waited for. */
static bool stat_in_view(const struct sight *s, int rootfd, struct bytes path, struct stat *ret)
{
	_cleanup_close_ int fd = -EBADF;

	if (rootfd < 0 || !s->root || mount_table_find(s->mounts, path) != s->root)
		return false;
	fd = open_beneath(rootfd, path, O_NOFOLLOW, RESOLVE_NO_SYMLINKS);
	return fd >= 0 && fstat(fd, ret) == 0;
}

enum sameness { SAME, DIFFERENT, UNSURE };

/* Is what stands at `path` in the view the event's file?  Through overlay device and perhaps number are
 * others, but the rest comes from the file itself. */
static enum sameness compare(const struct sight *s, const struct view *v, const struct mount_line *m,
			     struct bytes path)
{
	const struct stat *want = s->request->st;
	struct stat st;

	if (!want || !stat_in_view(s, v->rootfd, path, &st))
		return UNSURE;
	if (is_same_file(&st, want))
		return SAME;
	if (!bytes_equal(m->type, BYTES_LIT("overlay")))
		return DIFFERENT;
	return st.st_size == want->st_size && st.st_mode == want->st_mode && st.st_uid == want->st_uid &&
			       st.st_ctim.tv_sec == want->st_ctim.tv_sec &&
			       st.st_ctim.tv_nsec == want->st_ctim.tv_nsec ?
		       SAME :
		       DIFFERENT;
}

/* The last two components of it, with a slash before; absent: it has not so many. */
static struct bytes tail_of(struct bytes dir, struct region *region)
{
	struct bytes name = bytes_basename(dir), above = bytes_basename(bytes_dirname(dir));

	if (name.len == 0 || above.len == 0)
		return BYTES_NONE;
	return region_printf(region, "/%.*s/%.*s", (int)above.len, above.ptr, (int)name.len, name.ptr);
}

/* Where in the mount `m` the event's file is: a rest of its root; absent: not in it.  *ret_exact: by the
 * whole name of a directory, not by the end of one. */
static struct bytes rest_in_overlay(const struct sight *s, const struct mount_line *m, bool *ret_exact)
{
	_cleanup_str_ struct str storage = STR_INIT;
	struct bytes path = s->request->path, upper, top, tail;
	ptrdiff_t at;

	upper = mountinfo_option(m, BYTES_LIT("upperdir"), &storage);
	if (upper.len == 0)
		return BYTES_NONE;
	top = join(s->region, upper, m->root);
	if (top.len > 0 && top.ptr[0] == '/' && mountinfo_is_below(path, top)) {
		*ret_exact = true;
		return mountinfo_rest_of(path, top);
	}
	tail = tail_of(upper, s->region);
	if (tail.len > 0)
		tail = join(s->region, tail, m->root);
	at = tail.len > 0 ? bytes_find(path, tail, 0) : -1;
	if (at < 0 || (size_t)at + tail.len >= path.len || path.ptr[(size_t)at + tail.len] != '/')
		return BYTES_NONE;
	*ret_exact = false;
	return bytes_slice(path, (size_t)at + tail.len, path.len - (size_t)at - tail.len);
}

struct location {
	bool known;
	dev_t dev;
	struct bytes path;	/* in that filesystem */
};

static struct bytes rest_in(const struct sight *s, const struct location *where, const struct mount_line *m,
			    bool *ret_exact)
{
	if (bytes_equal(m->type, BYTES_LIT("overlay")))
		return rest_in_overlay(s, m, ret_exact);
	if (!where->known || where->dev != m->dev || !mountinfo_is_below(where->path, m->root))
		return BYTES_NONE;
	*ret_exact = true;
	return mountinfo_rest_of(where->path, m->root);
}

static int locate(const struct sight *s, struct location *ret)
{
	_cleanup_free_ char *storage = NULL;
	struct mount_line m;
	int r = our_mount(s->request->procfd, "self/mountinfo", s->request->path, &storage, &m);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	ret->path = join(s->region, m.root, mountinfo_rest_of(s->request->path, m.point));
	ret->dev = m.dev;
	ret->known = true;
	return ret->path.ptr ? 0 : -ENOMEM;
}

/* Whose is it?  What other roots show as well is not vouched for by one of them. */
static bool is_shared(const struct sight *s, const struct mount_line *m, struct bytes path)
{
	if (s->same_root)
		return !bytes_equal(path, s->request->path);
	return m != s->root;
}

/* Find the event's file in the view: its own root first, then from the last mount to the first. */
static int find_path(const struct sight *s, struct view *v)
{
	const struct mount_table *t = s->mounts;
	struct location where = { 0 };
	unsigned tried = 0;
	int r = locate(s, &where);

	if (r < 0)
		return r;
	for (size_t i = 0; i <= t->count && tried < VIEW_CANDIDATES_MAX; i++) {
		const struct mount_line *m = i == 0 ? s->root : &t->lines[t->count - i];
		struct bytes rest, path;
		enum sameness same;
		bool exact;

		if (!m || (i > 0 && m == s->root))
			continue;
		rest = rest_in(s, &where, m, &exact);
		if (!rest.ptr)
			continue;
		tried++;
		path = join(s->region, m->point, rest);
		if (!path.ptr)
			return -ENOMEM;
		if (mount_table_find(t, path) != m)
			continue;
		same = compare(s, v, m, path);
		/* What is gone, or written again meanwhile, is told by its name alone. */
		if (same == SAME || (exact && (same == UNSURE || bytes_equal(m->type, BYTES_LIT("overlay"))))) {
			v->path = path;
			v->shared = is_shared(s, m, path);
			return 0;
		}
	}
	return 0;
}

/* ---- what it executed, in which root? ------------------------------------------------- */

static struct bytes without_prefix(const struct view *v, struct bytes path)
{
	struct bytes rest;

	if (!mountinfo_is_below(path, v->prefix))
		return path;
	rest = mountinfo_rest_of(path, v->prefix);
	return rest.len > 0 ? rest : BYTES_LIT("/");
}

/* Has its root the very file that the writer executed? */
static bool has_executable(const struct sight *s, const struct view *v)
{
	const struct image *image = s->request->writer->image;
	struct bytes exe = v->prefix.len > 0 ? without_prefix(v, image->exe) : image->exe;
	struct stat st;

	return image->exe_ino != 0 && exe.len > 1 && exe.ptr[0] == '/' && stat_in_view(s, v->rootfd, exe, &st) &&
	       st.st_ino == image->exe_ino && st.st_dev == image->exe_dev;
}

/* Can it have been executed in its root?  What is there by another mount is not looked into. */
static bool executed_inside(const struct sight *s, const struct view *v)
{
	struct bytes exe = s->request->writer->image->exe;

	return (v->prefix.len > 0 && mountinfo_is_below(exe, v->prefix)) || !s->mounts->complete ||
	       mount_table_find(s->mounts, exe) != s->root || has_executable(s, v);
}

/* Has our root that file, under that name? */
static bool we_have_executable(const struct sight *s)
{
	const struct image *image = s->request->writer->image;
	_cleanup_str_ struct str below = STR_INIT;
	struct stat st;

	if (image->exe_ino == 0 || image->exe.len < 2 || image->exe.ptr[0] != '/' ||
	    !lookup_is_local(s->request->rootfd, bytes_dirname(image->exe)) ||
	    !lookup_is_local(s->request->rootfd, image->exe) ||
	    str_append(&below, image->exe.ptr + 1, image->exe.len - 1) < 0)
		return false;
	return fstatat(s->request->rootfd, below.buf, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       st.st_ino == image->exe_ino && st.st_dev == image->exe_dev;
}

/* ---- does its namespace show what ours does? ------------------------------------------- */

/* Where programs, libraries and what they are told by lie. */
static const char *const code_places[] = {
	"/etc", "/usr", "/lib", "/lib32", "/lib64", "/libx32", "/bin", "/sbin", "/opt",
};

/* Nothing of it is code, or names any, and a namespace has its own for good reasons: ip-netns(8), systemd.exec(5)
 * (ProtectKernelModules=). */
static const char *const data_places[] = {
	"/etc/resolv.conf", "/etc/hosts", "/etc/hostname", "/etc/machine-id", "/usr/lib/modules", "/lib/modules",
};

/* What systemd mounts over what it hides: InaccessiblePaths= (src/shared/mount-setup.c). */
#define INACCESSIBLE BYTES_LIT("/run/systemd/inaccessible")

struct comparison {
	const struct sight *sight;
	struct mount_table *theirs, *ours;
	struct bytes dirs[VIEW_PLACES_MAX];
	size_t count;
	struct bytes cwd;		/* absent: nothing comes from it */
	unsigned left;			/* mounts that may be compared yet */
	struct bytes different;		/* the answer: what is another place there; absent: nothing */
	bool unknown;			/* or it cannot be told */
};

/* Without the links in it, by our root, where that can be told without leaving the mount of the root.  Beyond that
 * it is taken as it is, and lookup.h sees to each name that has to be there. */
static int real_path(struct comparison *c, struct bytes path, struct bytes *ret)
{
	const struct view_request *request = c->sight->request;
	_cleanup_close_ int fd = open_beneath(request->rootfd, path, 0, RESOLVE_IN_ROOT);
	char name[sizeof("self/fd/") + 11];
	int r;

	*ret = path;
	if (fd < 0) {
		c->unknown |= has_dots(path);
		return fd == -ENOMEM ? fd : 0;
	}
	(void)snprintf(name, sizeof(name), "self/fd/%d", fd);
	r = read_link(request->procfd, name, c->sight->region, ret);
	c->unknown |= r < 0;
	return r == -ENOMEM ? r : 0;
}

/* Where `path`, a directory, is.  Of "/" the parts are compared. */
static int add_place(struct comparison *c, struct bytes path)
{
	struct bytes real;
	int r;

	if (path.len < 2 || path.ptr[0] != '/')
		return 0;
	r = real_path(c, path, &real);
	if (r < 0)
		return r;
	for (size_t i = 0; i < c->count; i++)
		if (mountinfo_is_below(real, c->dirs[i]))
			return 0;
	if (c->count == ELEMENTSOF(c->dirs))
		c->unknown = true;
	else if (real.len > 1)
		c->dirs[c->count++] = real;
	return 0;
}

/* The prefix that holds the directory of programs `dir`: a virtual environment, or /usr/local. */
static int add_prefix_of(struct comparison *c, struct bytes dir)
{
	struct bytes real;
	int r;

	if (dir.len < 2 || dir.ptr[0] != '/')
		return 0;
	r = real_path(c, dir, &real);
	if (r >= 0)
		r = add_place(c, real);
	return r < 0 ? r : add_place(c, bytes_dirname(real));
}

/* A name without a slash is looked for in PATH, by whoever started it and by Python itself (getpath.py). */
static int add_search_path(struct comparison *c, const struct process *p)
{
	struct bytes list = process_environment(p, BYTES_LIT("PATH"));
	int r = 0;

	for (size_t n = 0; list.len > 0 && r >= 0; n++) {
		ptrdiff_t colon = bytes_find_byte(list, ':', 0);
		size_t len = colon < 0 ? list.len : (size_t)colon;

		c->unknown |= n >= INSTALLER_PATH_DIRS_MAX;
		if (n >= INSTALLER_PATH_DIRS_MAX)
			break;
		r = add_prefix_of(c, bytes_slice(list, 0, len));
		len += colon >= 0;
		list = bytes_slice(list, len, list.len - len);
	}
	return r;
}

static int add_script(struct comparison *c, const struct process *p)
{
	_cleanup_str_ struct str storage = STR_INIT;
	struct bytes script = process_script(p, &storage), real;
	int r;

	/* -m, -c, or not known: modules come from the working directory, too. */
	if (script.len < 2 || script.ptr[0] != '/') {
		c->cwd = script.ptr ? p->image->cwd : BYTES_NONE;
		return 0;
	}
	script = region_copy(c->sight->region, script);
	if (!script.ptr)
		return -ENOMEM;
	r = add_prefix_of(c, bytes_dirname(script));
	if (r < 0)
		return r;
	/* A link to it may stand elsewhere (~/.local/bin). */
	r = real_path(c, script, &real);
	return r < 0 ? r : add_prefix_of(c, bytes_dirname(real));
}

/* All from which the writer has its code. */
static int collect_places(struct comparison *c, const struct process *p)
{
	struct bytes argv0 = process_argument(p, 0), home = process_environment(p, BYTES_LIT("HOME"));
	struct region *region = c->sight->region;
	int r = 0;

	for (size_t i = 0; i < ELEMENTSOF(code_places) && r >= 0; i++)
		r = add_place(c, bytes_of(code_places[i]));
	if (r >= 0)
		r = add_prefix_of(c, bytes_dirname(p->image->exe));
	if (r >= 0 && bytes_find_byte(argv0, '/', 0) < 0)
		r = add_search_path(c, p);
	else if (r >= 0 && argv0.ptr[0] != '/')
		argv0 = region_printf(region, "%.*s/%.*s", (int)p->image->cwd.len, p->image->cwd.len ? p->image->cwd.ptr : "",
				      (int)argv0.len, argv0.ptr);
	if (r >= 0 && bytes_find_byte(argv0, '/', 0) >= 0)
		r = add_prefix_of(c, bytes_dirname(argv0));
	if (r >= 0)
		r = add_script(c, p);
	/* site.py: the packages of a user. */
	if (r >= 0 && home.len > 1) {
		home = region_printf(region, "%.*s/.local", (int)home.len, home.ptr);
		r = home.ptr ? add_place(c, home) : -ENOMEM;
	}
	return r;
}

static bool is_data(struct bytes path)
{
	for (size_t i = 0; i < ELEMENTSOF(data_places); i++)
		if (mountinfo_is_below(path, bytes_of(data_places[i])))
			return true;
	return false;
}

/* Is it one of systemd's empty files that hide others?  Nothing comes from it. */
static bool is_hidden(const struct comparison *c, const struct mount_line *m)
{
	const struct mount_line *run = mount_table_find(c->ours, INACCESSIBLE);
	struct bytes root, path;
	struct stat st;

	if (!m || !run || run->dev != m->dev || !bytes_equal(run->type, BYTES_LIT("tmpfs")))
		return false;
	root = join(c->sight->region, run->root, mountinfo_rest_of(INACCESSIBLE, run->point));
	if (!root.ptr || !mountinfo_is_below(m->root, root))
		return false;
	path = join(c->sight->region, INACCESSIBLE, mountinfo_rest_of(m->root, root));
	if (!path.ptr)
		return false;
	path = region_copy(c->sight->region, bytes_slice(path, 1, path.len - 1));
	/* An empty directory of a tmpfs has no size but that of "." and ".." (mm/shmem.c). */
	return path.ptr && fstatat(c->sight->request->rootfd, path.ptr, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       st.st_dev == m->dev && st.st_uid == 0 && (st.st_mode & 0777) == 0 &&
	       st.st_size <= (S_ISDIR(st.st_mode) ? VIEW_EMPTY_DIR_SIZE : 0);
}

static void compare_at(struct comparison *c, struct bytes path)
{
	if (c->left == 0) {
		c->unknown = true;
		return;
	}
	c->left--;
	if (!c->different.ptr && !mount_table_same_place(c->theirs, c->ours, path) &&
	    !is_hidden(c, mount_table_find(c->theirs, path)))
		c->different = path;
}

/* The mounts of one of the tables that are below what counts. */
static void compare_mounts_of(struct comparison *c, const struct mount_table *t)
{
	for (size_t i = 0; i < t->count && !c->different.ptr && !c->unknown; i++) {
		const struct mount_line *m = &t->lines[i];
		bool counts = false;

		for (size_t k = 0; k < c->count && !counts; k++)
			counts = mountinfo_is_below(m->point, c->dirs[k]);
		if (counts && !is_data(m->point))
			compare_at(c, m->point);
	}
}

static int compare_tables(struct comparison *c, struct bytes *ret)
{
	const struct sight *s = c->sight;
	int r = collect_places(c, s->request->writer);

	if (r < 0)
		return r;
	c->unknown |= !c->theirs->complete || !c->ours->complete ||
		      c->theirs->count + c->ours->count > VIEW_LINES_MAX;
	for (size_t i = 0; i < c->count && !c->unknown; i++)
		compare_at(c, c->dirs[i]);
	/* What others mount below it hides nothing that is not seen from here as well. */
	if (c->cwd.len > 0 && !c->unknown)
		compare_at(c, c->cwd);
	compare_mounts_of(c, c->theirs);
	compare_mounts_of(c, c->ours);

	*ret = BYTES_NONE;
	if (c->unknown)
		*ret = BYTES_LIT("it cannot be told whether its mount namespace shows what the host's does");
	else if (c->different.ptr)
		*ret = region_printf(s->region, "its mount namespace shows another %.*s than the host's",
				     (int)(c->different.len < INSTALLER_QUOTE_MAX ? c->different.len : INSTALLER_QUOTE_MAX),
				     c->different.ptr);
	return (c->unknown || c->different.ptr) && !ret->ptr ? -ENOMEM : 0;
}

/* Its root is ours, its mounts are `theirs`: what it executed is looked at below our root, where nobody who has a
 * namespace of his own can put something else over it; and it counts only where both show the same. */
static int compare_with_ours(const struct sight *s, struct mount_table *theirs, struct view *v)
{
	_cleanup_close_ int self = openat(s->request->procfd, "self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct comparison *c = region_alloc(s->region, sizeof(*c));
	_cleanup_(process_unrefp) struct process *writer = NULL;
	struct mount_table *ours = region_alloc(s->region, sizeof(*ours));
	struct view_request request = *s->request;
	struct sight named = *s;
	int r;

	if (!c || !ours)
		return -ENOMEM;
	r = view_process(v, (struct process *)request.writer, &writer);
	if (r < 0)
		return r;
	request.writer = writer;
	named.request = &request;
	r = self < 0 ? -errno : read_mounts(self, s->region, ours);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		ours->complete = false;
	*c = (struct comparison){ .sight = &named, .theirs = theirs, .ours = ours, .left = VIEW_COMPARED_MAX };
	r = compare_tables(c, &v->doubt);
	v->mounts = NULL;
	if (!v->doubt.ptr) {
		theirs->ours = ours;
		v->mounts = theirs;
	}
	return r;
}

/* ---- the view of one process ------------------------------------------------------ */

static struct view ours_of(const struct view_request *request)
{
	return (struct view){ .rootfd = request->rootfd, .ours = true, .path = request->path, .procfd = -EBADF };
}

/* The view of the process at `dirfd`, without the event's path.  -ESRCH: it is gone, or hides it. */
static int look_from(const struct view_request *request, int dirfd, struct region *region, struct view *v,
		     struct sight *s)
{
	_cleanup_close_ int rootfd = -EBADF;
	const char *table = our_table(request, dirfd);
	struct bytes link;
	int r;

	*v = ours_of(request);
	*s = (struct sight){ .request = request, .region = region, .table = table };
	r = read_link(dirfd, "root", region, &link);
	if (r < 0)
		return r == -ENOMEM ? r : -ESRCH;
	if (table && bytes_equal(link, BYTES_LIT("/")))
		return 0;

	*v = (struct view){ .rootfd = -EBADF, .other = true, .procfd = -EBADF };
	if (!bytes_equal(link, BYTES_LIT("/")))
		v->prefix = link;
	s->mounts = region_alloc(region, sizeof(*s->mounts));
	if (!s->mounts)
		return -ENOMEM;
	v->mounts = s->mounts;
	rootfd = openat(dirfd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	r = read_mounts(dirfd, region, s->mounts);
	if (r < 0)
		return r == -ENOMEM ? r : -ESRCH;
	s->root = mount_table_find(s->mounts, BYTES_LIT("/"));
	if (!s->root && table) {
		r = add_root_line(s, table, link);
		if (r < 0)
			return r;
	}
	keep_root(s, &rootfd, v);
	return 0;
}

/* ---- whose view, if the writer is dead --------------------------------------------- */

struct search {
	const struct view_request *request;
	struct region *region;
	struct view view;		/* the answer, if `found` */
	struct sight sight;
	bool found;
	bool saw_ours;			/* one of the container has our root */
};

static bool in_container(const struct search *s)
{
	return s->request->cgroup->runtime != CONTAINER_NONE;
}

/* Is it of the writer's container? */
static int is_companion(struct search *s, int dirfd, bool *ret)
{
	char text[PROCFS_TEXT_MAX];
	struct cgroup cgroup;
	size_t len;
	int r;

	*ret = false;
	r = procfs_read(dirfd, "cgroup", text, sizeof(text), &len, NULL);
	if (r < 0)
		return 0;
	r = cgroup_parse(procfs_parse_cgroup((struct bytes){ text, len }), s->region, &cgroup);
	if (r < 0)
		return r;
	*ret = cgroup_same_container(&cgroup, s->request->cgroup);
	return 0;
}

/* Take the view of a living process, if it can be the writer's. */
static int try_process(struct search *s, int dirfd)
{
	_cleanup_view_ struct view v = VIEW_INIT;
	struct sight sight;
	bool fits = true;
	int r;

	if (in_container(s)) {
		r = is_companion(s, dirfd, &fits);
		if (r < 0 || !fits)
			return r;
	}
	r = look_from(s->request, dirfd, s->region, &v, &sight);
	if (r < 0)
		return r == -ESRCH ? 0 : r;
	if (!v.other) {
		s->saw_ours = true;
		return 0;
	}
	/* Without a container nothing but the executable tells that the two see the same.  Whose root is ours can only
	 * be a reason for doubt. */
	if (!in_container(s) && !sight.same_root && !has_executable(&sight, &v))
		return 0;
	s->view = v;
	v = VIEW_INIT;
	s->sight = sight;
	s->found = true;
	return 0;
}

static int search_ancestors(struct search *s)
{
	const struct process *p = s->request->writer->parent;
	unsigned n = 0;
	int r;

	for (; p && n < PROCESS_ANCESTORS_MAX; p = p->parent, n++) {
		_cleanup_close_ int dirfd =
			p->start_ticks ? open_living(s->request->procfd, p->pid, p->start_ticks) : -ESRCH;

		if (dirfd < 0)
			continue;
		r = try_process(s, dirfd);
		if (r < 0 || s->found)
			return r;
		/* The nearest one speaks for those above it. */
		if (!in_container(s))
			return 0;
	}
	return 0;
}

/* The list of a group, wherever its hierarchy is mounted. */
static int open_group(const struct search *s, struct bytes group)
{
	static const char *const hierarchies[] = {
		"sys/fs/cgroup/systemd", "sys/fs/cgroup", "sys/fs/cgroup/unified",
	};
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC,
				.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };

	if (has_dots(group))
		return -ENOENT;
	for (size_t i = 0; i < ELEMENTSOF(hierarchies); i++) {
		struct bytes path = region_printf(s->region, "%s%.*s/cgroup.procs", hierarchies[i], (int)group.len,
						  group.ptr);
		int fd;

		if (!path.ptr)
			return -ENOMEM;
		fd = (int)syscall(SYS_openat2, s->request->rootfd, path.ptr, &how, sizeof(how));
		if (fd >= 0)
			return fd;
	}
	return -ENOENT;
}

/* A number of the list may be given away before it is opened: the group is asked again, of the process. */
static int search_group(struct search *s, struct bytes group)
{
	_cleanup_close_ int fd = open_group(s, group);
	char text[VIEW_PEERS_MAX * 8];
	struct bytes left = { text, 0 };
	ssize_t n;
	int r;

	if (fd < 0)
		return fd == -ENOMEM ? fd : 0;
	n = read(fd, text, sizeof(text));
	left.len = n > 0 ? (size_t)n : 0;
	for (ptrdiff_t end; (end = bytes_find_byte(left, '\n', 0)) >= 0;) {
		struct bytes line = bytes_slice(left, 0, (size_t)end);
		_cleanup_close_ int dirfd = -EBADF;
		uint64_t pid;

		left = bytes_slice(left, (size_t)end + 1, left.len - (size_t)end - 1);
		if (bytes_to_u64(line, &pid) < 0 || pid == 0 || pid > INT32_MAX)
			continue;
		dirfd = procfs_open(s->request->procfd, (pid_t)pid);
		if (dirfd < 0)
			continue;
		r = try_process(s, dirfd);
		if (r < 0 || s->found)
			return r;
	}
	return 0;
}

static int search_living(struct search *s)
{
	const struct cgroup *c = s->request->cgroup;
	struct bytes own = s->request->writer->image->cgroup;
	int r = search_ancestors(s);

	if (r < 0 || s->found || !in_container(s))
		return r;
	r = search_group(s, own);
	if (r < 0 || s->found || bytes_equal(own, c->container_group))
		return r;
	return search_group(s, c->container_group);
}

/* ---- which files tell what it is? ------------------------------------------------------ */

/* The mounts that the namespace of the writer shows below our root, by an ancestor that lives there; NULL: none does. */
static int find_mounts(const struct sight *s, int dirfd, struct mount_table **ret)
{
	const struct process *p = s->request->writer->parent;
	struct stat its, above;

	*ret = NULL;
	if (dirfd < 0 || !namespace_of(dirfd, "ns/mnt", &its))
		return 0;
	for (unsigned n = 0; p && n < PROCESS_ANCESTORS_MAX; p = p->parent, n++) {
		_cleanup_close_ int fd =
			p->start_ticks ? open_living(s->request->procfd, p->pid, p->start_ticks) : -ESRCH;
		_cleanup_view_ struct view v = VIEW_INIT;
		struct sight sight;
		int r;

		if (fd < 0 || !namespace_of(fd, "ns/mnt", &above) || !is_same_file(&its, &above))
			continue;
		r = look_from(s->request, fd, s->region, &v, &sight);
		if (r < 0 && r != -ESRCH)
			return r;
		if (r >= 0 && sight.same_root) {
			*ret = sight.mounts;
			return 0;
		}
	}
	return 0;
}

/* It executed a file of our root, and has another root since: rpm --root and the unpackers of images enter the root
 * that they fill. */
static int judge_before_chroot(const struct sight *s, int dirfd, struct view *v)
{
	struct mount_table *theirs = NULL;
	int r = s->table ? 0 : find_mounts(s, dirfd, &theirs);

	if (r < 0)
		return r;
	v->prefix = BYTES_NONE;
	v->mounts = NULL;
	if (theirs)
		return compare_with_ours(s, theirs, v);
	/* Who is root in there makes what he likes of what is in there, and of nothing else. */
	if (!s->table && (!v->path.ptr || v->shared))
		v->doubt = BYTES_LIT("what its mount namespace had shown before it changed its root is not known");
	return 0;
}

/* Whose files are looked at for what it is: those of its root, which are nothing but its own claim, or ours? */
static int choose_root(const struct sight *s, int dirfd, struct view *v)
{
	int r;

	if (s->same_root)
		r = compare_with_ours(s, s->mounts, v);
	else if (!executed_inside(s, v) && we_have_executable(s))
		r = judge_before_chroot(s, dirfd, v);
	else
		return 0;
	if (r < 0)
		return r;
	closep(&v->rootfd);
	v->rootfd = s->request->rootfd;
	v->ours = true;
	return 0;
}

int view_open(const struct view_request *request, struct region *region, struct view *ret)
{
	const struct process *writer = request->writer;
	struct search s = { .request = request, .region = region, .view = VIEW_INIT };
	struct view ours = ours_of(request);
	_cleanup_close_ int dirfd = -EBADF;
	int r = -ESRCH;

	if (request->procfd < 0) {
		*ret = ours;
		return 0;
	}
	if (writer->start_ticks != 0)
		dirfd = open_living(request->procfd, writer->pid, writer->start_ticks);
	if (dirfd >= 0) {
		r = look_from(request, dirfd, region, &s.view, &s.sight);
		s.found = r >= 0;
	}
	if (r == -ESRCH) {
		view_done(&s.view);
		r = search_living(&s);
	}
	if (r >= 0 && s.found && s.view.other)
		r = find_path(&s.sight, &s.view);
	if (r >= 0 && s.found && s.view.other)
		r = choose_root(&s.sight, dirfd, &s.view);
	if (r < 0) {
		view_done(&s.view);
		return r;
	}

	if (s.found)
		*ret = s.view;
	else if (in_container(&s) && !s.saw_ours)
		*ret = (struct view){ .rootfd = -EBADF, .other = true, .procfd = -EBADF };
	else
		*ret = ours;
	if (dirfd >= 0)
		ret->procfd = TAKE_FD(dirfd);
	return 0;
}

/* ---- what else is asked of it --------------------------------------------------------- */

/* One generation after the other, the oldest first, so that each has its parent. */
int view_process(const struct view *v, struct process *p, struct process **ret)
{
	_cleanup_(process_unrefp) struct process *above = NULL;
	const struct process *chain[PROCESS_ANCESTORS_MAX];
	size_t n = 0;

	if (v->prefix.len == 0) {
		*ret = process_ref(p);
		return 0;
	}
	for (const struct process *a = p; a && n < ELEMENTSOF(chain); a = a->parent)
		chain[n++] = a;
	while (n > 0) {
		const struct process *one = chain[--n];
		_cleanup_(image_unrefp) struct image *image = NULL;
		struct image values;
		struct process copy, *fresh;
		int r;

		memcpy(&values, one->image, offsetof(struct image, refs));
		values.exe = without_prefix(v, values.exe);
		values.cwd = without_prefix(v, values.cwd);
		r = image_new(&values, &image);
		if (r < 0)
			return r;
		process_copy_values(one, &copy);
		copy.image = image;
		copy.parent = above;
		r = process_new(&copy, &fresh);
		if (r < 0)
			return r;
		(void)process_unref(above);
		above = fresh;
	}
	*ret = TAKE_PTR(above);
	return 0;
}

/* The number in the line "NAME:\tNUMBER". */
static bool number_of(struct bytes text, struct bytes name, uint64_t *ret)
{
	for (ptrdiff_t end; (end = bytes_find_byte(text, '\n', 0)) >= 0;) {
		struct bytes line = bytes_slice(text, 0, (size_t)end);

		text = bytes_slice(text, (size_t)end + 1, text.len - (size_t)end - 1);
		if (bytes_has_prefix(line, name))
			return bytes_to_u64(bytes_trim(bytes_slice(line, name.len, line.len - name.len)), ret) >= 0;
	}
	return false;
}

/* By its name, as we or it would say it, and by its number (from 5.14): neither asks the filesystem, as stat would.
 * Through overlay a new file has its own number; one that was copied up has that of the lower file. */
bool view_output_is(const struct view *v, struct bytes path, const struct stat *st)
{
	static const struct {
		const char *link, *info;
	} outputs[] = { { "fd/1", "fdinfo/1" }, { "fd/2", "fdinfo/2" } };
	char link[PROCESS_PATH_MAX], info[VIEW_FDINFO_MAX];
	size_t len;

	for (size_t i = 0; v->procfd >= 0 && i < ELEMENTSOF(outputs); i++) {
		struct bytes target = { link, 0 };
		uint64_t ino;

		/* "pipe:[123]", "socket:[123]" */
		if (procfs_readlink(v->procfd, outputs[i].link, link, sizeof(link), &target.len) < 0 ||
		    link[0] != '/')
			continue;
		(void)procfs_strip_deleted(&target);
		if (bytes_equal(target, path) || (v->path.len > 0 && bytes_equal(without_prefix(v, target), v->path)))
			return true;
		if (st && procfs_read(v->procfd, outputs[i].info, info, sizeof(info), &len, NULL) >= 0 &&
		    number_of((struct bytes){ info, len }, BYTES_LIT("ino:"), &ino) && ino == st->st_ino)
			return true;
	}
	return false;
}
