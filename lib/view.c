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
#include "procfs.h"

void view_done(struct view *v)
{
	if (v->other)
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

/* What of `path` is below `dir`: "" or "/...". */
static struct bytes rest_of(struct bytes path, struct bytes dir)
{
	return bytes_equal(dir, BYTES_LIT("/")) ? path : bytes_slice(path, dir.len, path.len - dir.len);
}

/* `dir` and a rest_of().  ptr is NULL when there is no memory. */
static struct bytes join(struct region *region, struct bytes dir, struct bytes rest)
{
	if (bytes_equal(dir, BYTES_LIT("/")) && rest.len > 0)
		return region_copy(region, rest);
	if (bytes_equal(rest, BYTES_LIT("/")))
		rest.len = 0;
	return region_printf(region, "%.*s%.*s", (int)dir.len, dir.ptr, (int)rest.len, rest.len ? rest.ptr : "");
}

/* ---- its root ---------------------------------------------------------------- */

struct sight {
	const struct view_request *request;
	struct region *region;
	struct mount_table *mounts;
	const struct mount_line *root;	/* what "/" is on; NULL: not known */
	bool same_root;			/* its "/" is the directory that ours is */
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
	line.root = join(s->region, line.root, rest_of(prefix, line.point));
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

static int open_beneath(int dirfd, struct bytes path)
{
	struct open_how how = {
		.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	_cleanup_str_ struct str below = STR_INIT;
	int fd;

	while (path.len > 0 && path.ptr[0] == '/')
		path = bytes_slice(path, 1, path.len - 1);
	if (str_append_bytes(&below, path) < 0)
		return -ENOMEM;
	fd = (int)syscall(SYS_openat2, dirfd, below.len > 0 ? below.buf : ".", &how, sizeof(how));
	return fd < 0 ? -errno : fd;
}

/* `path` in the view, without a link, if it is on the root's own mount, which is held: whoever mounts something over
 * it that never answers, after the table was read, is not waited for. */
static bool stat_in_view(const struct sight *s, int rootfd, struct bytes path, struct stat *ret)
{
	_cleanup_close_ int fd = -EBADF;

	if (rootfd < 0 || !s->root || mount_table_find(s->mounts, path) != s->root)
		return false;
	fd = open_beneath(rootfd, path);
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

/* Where in the mount `m` the event's file is: a rest_of() its root; absent: not in it.  *ret_exact: by the
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
		return rest_of(path, top);
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
	return rest_of(where->path, m->root);
}

static int locate(const struct sight *s, struct location *ret)
{
	_cleanup_free_ char *storage = NULL;
	struct mount_line m;
	int r = our_mount(s->request->procfd, "self/mountinfo", s->request->path, &storage, &m);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	ret->path = join(s->region, m.root, rest_of(s->request->path, m.point));
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

/* ---- the view of one process ------------------------------------------------------ */

/* The view of the process at `dirfd`, without the event's path.  -ESRCH: it is gone, or hides it. */
static int look_from(const struct view_request *request, int dirfd, struct region *region, struct view *v,
		     struct sight *s)
{
	_cleanup_close_ int rootfd = -EBADF;
	const char *table = our_table(request, dirfd);
	struct bytes link;
	int r;

	*v = (struct view){ .rootfd = request->rootfd, .path = request->path, .procfd = -EBADF };
	*s = (struct sight){ .request = request, .region = region };
	r = read_link(dirfd, "root", region, &link);
	if (r < 0)
		return r == -ENOMEM ? r : -ESRCH;
	if (table && bytes_equal(link, BYTES_LIT("/")))
		return 0;

	v->other = true;
	v->rootfd = -EBADF;
	v->path = BYTES_NONE;
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

/* Has the root the very file that the writer executed? */
static bool has_executable(const struct sight *s, const struct view *v)
{
	const struct image *image = s->request->writer->image;
	struct bytes exe = image->exe;
	struct stat st;

	if (v->prefix.len > 0 && mountinfo_is_below(exe, v->prefix))
		exe = rest_of(exe, v->prefix);
	return image->exe_ino != 0 && exe.len > 1 && exe.ptr[0] == '/' && stat_in_view(s, v->rootfd, exe, &st) &&
	       st.st_ino == image->exe_ino && st.st_dev == image->exe_dev;
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
	/* Without a container nothing but the executable tells that the two see the same. */
	if (!in_container(s) && !has_executable(&sight, &v))
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
	struct bytes left = group, part;

	while (bytes_next_component(&left, &part))
		if (bytes_equal(part, BYTES_LIT("..")) || bytes_equal(part, BYTES_LIT(".")))
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

int view_open(const struct view_request *request, struct region *region, struct view *ret)
{
	const struct process *writer = request->writer;
	struct search s = { .request = request, .region = region, .view = VIEW_INIT };
	struct view ours = { .rootfd = request->rootfd, .path = request->path, .procfd = -EBADF };
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

static struct bytes without_prefix(const struct view *v, struct bytes path)
{
	struct bytes rest;

	if (!mountinfo_is_below(path, v->prefix))
		return path;
	rest = rest_of(path, v->prefix);
	return rest.len > 0 ? rest : BYTES_LIT("/");
}

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
