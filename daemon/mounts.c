/* mounts.c - the table of superblocks, rebuilt from mountinfo at every change.
 *
 *	/proc/self/mountinfo --> [lines] --> one struct filesystem a superblock --> mark
 *
 * A superblock is known by its device number, as mountinfo gives it: for btrfs
 * that is the same for all subvolumes, which st_dev is not.  Of its mounts the one is
 * chosen that shows its root, because a handle resolved through a mount of a
 * subdirectory can give a path that is silently wrong (measured: "/").
 */
#include "mounts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/fanotify.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "limits.h"
#include "log.h"
#include "mountinfo.h"

#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x00004000U	/* Linux 6.8 */
#endif

struct known_mount {
	uint64_t id;
	char *point;
	size_t point_len;
	bool local;
	dev_t dev;
	char *root;
};

struct mounts {
	int fanotify_fd;
	uint64_t mask;
	struct filesystem **fs;
	size_t fs_count;
	struct known_mount *known;
	size_t known_count;
	uint32_t generation;
	char **watch;			/* NULL-terminated, or NULL: everything */
	char **upper;			/* the same, seen from the backing filesystem: overlay */
	size_t upper_count;
};

/* Remote or in user space: worth a word in the status that it is not watched. */
static bool is_foreign(struct bytes type)
{
	static const char *const foreign[] = {
		"nfs", "nfs4", "cifs", "smb3", "9p", "virtiofs", "ceph", "afs", "fuse", "fuseblk", "gfs2", "ocfs2", "lustre",
	};

	for (size_t i = 0; i < ELEMENTSOF(foreign); i++)
		if (bytes_equal(type, bytes_of(foreign[i])))
			return true;
	return bytes_has_prefix(type, BYTES_LIT("fuse."));
}

static struct filesystem *filesystem_free(struct filesystem *fs)
{
	if (!fs)
		return NULL;
	if (fs->fd >= 0)
		(void)close(fs->fd);
	free(fs->type);
	free(fs->point);
	free(fs);
	return NULL;
}

static void strings_free(char **list)
{
	for (char **s = list; s && *s; s++)
		free(*s);
	free(list);
}

static void known_free(struct known_mount *known, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(known[i].point);
		free(known[i].root);
	}
	free(known);
}

int mounts_new(int fanotify_fd, uint64_t mask, char *const *watch, struct mounts **ret)
{
	_cleanup_(mounts_freep) struct mounts *m = calloc(1, sizeof(*m));
	size_t n = 0;

	if (!m)
		return -ENOMEM;
	m->fanotify_fd = fanotify_fd;
	m->mask = mask;

	if (watch && watch[0]) {
		while (watch[n])
			n++;
		m->watch = calloc(n + 1, sizeof(*m->watch));
		if (!m->watch)
			return -ENOMEM;
		for (size_t i = 0; i < n; i++) {
			/* Links in it are resolved: events carry the real path. */
			m->watch[i] = realpath(watch[i], NULL);
			if (!m->watch[i])
				return -errno;
		}
	}

	*ret = TAKE_PTR(m);
	return 0;
}

struct mounts *mounts_free(struct mounts *m)
{
	if (!m)
		return NULL;
	for (size_t i = 0; i < m->fs_count; i++)
		filesystem_free(m->fs[i]);
	free(m->fs);
	known_free(m->known, m->known_count);
	strings_free(m->watch);
	strings_free(m->upper);
	free(m);
	return NULL;
}

static char *copy(struct bytes b)
{
	char *s = malloc(b.len + 1);

	if (!s)
		return NULL;
	memcpy(s, b.ptr, b.len);
	s[b.len] = '\0';
	return s;
}

/* Open the mount's root and make sure that it is this mount which is seen there (another
 * may cover it).  *ret_id: the unique id if the kernel has it, else mountinfo's. */
static int open_mount(const struct mount_line *line, int *ret_fd, uint64_t *ret_id, bool *ret_is_dir)
{
	_cleanup_free_ char *point = copy(line->point);
	_cleanup_close_ int fd = -EBADF, path_fd = -EBADF;
	struct statx st;
	char self[64];

	if (!point)
		return -ENOMEM;
	path_fd = open(point, O_PATH | O_CLOEXEC | O_NOFOLLOW);
	if (path_fd < 0)
		return -errno;
	if (statx(path_fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_MNT_ID, &st) < 0)
		return -errno;
	if ((st.stx_mask & STATX_MNT_ID) && st.stx_mnt_id != line->id)
		return -ESTALE;
	*ret_is_dir = S_ISDIR(st.stx_mode);
	*ret_id = line->id;
	if (statx(path_fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MNT_ID_UNIQUE, &st) == 0 &&
	    (st.stx_mask & STATX_MNT_ID_UNIQUE))
		*ret_id = st.stx_mnt_id;

	if (!S_ISDIR(st.stx_mode) && !S_ISREG(st.stx_mode))
		return -ENOTSUP;
	/* open_by_handle_at() refuses an O_PATH descriptor. */
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", path_fd);
	fd = open(self, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;

	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* The type, too: an anonymous device number soon belongs to another filesystem. */
static struct filesystem *find(const struct mounts *m, const struct mount_line *line)
{
	for (size_t i = 0; i < m->fs_count; i++)
		if (m->fs[i]->dev == line->dev && bytes_equal(bytes_of(m->fs[i]->type), line->type))
			return m->fs[i];
	return NULL;
}

static struct filesystem *add(struct mounts *m, const struct mount_line *line)
{
	struct filesystem **list, *fs = calloc(1, sizeof(*fs));

	if (!fs)
		return NULL;
	fs->fd = -EBADF;
	fs->dev = line->dev;
	fs->type = copy(line->type);
	list = realloc(m->fs, (m->fs_count + 1) * sizeof(*list));
	if (!fs->type || !list) {
		if (list)
			m->fs = list;
		return filesystem_free(fs);
	}
	m->fs = list;
	m->fs[m->fs_count++] = fs;
	return fs;
}

/* Does a watched path lie in this filesystem? */
static bool holds_watched(const struct mounts *m, const struct filesystem *fs)
{
	for (char **w = m->watch; w && *w; w++) {
		struct stat st;
		struct statfs sf;

		if (stat(*w, &st) == 0 && st.st_dev == fs->dev)
			return true;
		/* btrfs: st_dev is the subvolume's, f_fsid differs likewise; the mount point tells. */
		if (bytes_equal(bytes_of(fs->type), BYTES_LIT("btrfs")) &&
		    mountinfo_is_below(bytes_of(*w), bytes_of(fs->point)) && statfs(*w, &sf) == 0 &&
		    sf.f_type == 0x9123683e)
			return true;
	}
	for (char **u = m->upper; u && *u; u++) {
		struct stat st;

		if (stat(*u, &st) == 0 && st.st_dev == fs->dev)
			return true;
	}
	/* A filesystem mounted below a watched path counts, too. */
	for (char **w = m->watch; w && *w; w++)
		if (mountinfo_is_below(bytes_of(fs->point), bytes_of(*w)))
			return true;
	return !m->watch;
}

static void mark(struct mounts *m, struct filesystem *fs, int fd)
{
	bool was = fs->marked;
	struct statfs sf;

	fs->marked = false;
	fs->why_not = NULL;
	if (!holds_watched(m, fs)) {
		fs->why_not = "holds nothing that is to be watched (--watch)";
		return;
	}
	if (bytes_equal(bytes_of(fs->type), BYTES_LIT("overlay"))) {
		fs->why_not = "overlay: seen through the filesystem that backs it";
		return;
	}

	if (fanotify_mark(m->fanotify_fd, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, m->mask, fd, NULL) < 0) {
		switch (errno) {
		case EXDEV:
			fs->why_not = "btrfs: only a subvolume is mounted, not its top level";
			break;
		case ENODEV:
			fs->why_not = "the kernel gives this filesystem no identifier (tmpfs before 6.1)";
			break;
		case EOPNOTSUPP:
			fs->why_not = "its files have no handles";
			break;
		default:
			fs->why_not = "the kernel refused the mark";
		}
		if (was)
			log_warning_errno(errno, "lost the mark on %s (%s)", fs->point, fs->why_not);
		return;
	}
	if (fstatfs(fd, &sf) < 0) {
		fs->why_not = "statfs failed";
		return;
	}
	memcpy(&fs->fsid, &sf.f_fsid, sizeof(fs->fsid));
	fs->marked = true;
}

/* A mount that was not there before, told when the table is whole. */
struct new_mount {
	struct new_mount *next;
	char *point;
	size_t point_len;
	bool is_dir;
	const struct filesystem *fs;
};

/* One pass over the lines; the best mount of each superblock wins. */
struct refresh {
	struct mounts *m;
	struct known_mount *known;
	size_t known_count, known_room;
	struct new_mount *fresh, **fresh_end;
	bool first;
};

static bool was_known(const struct mounts *m, uint64_t id, struct bytes point)
{
	for (size_t i = 0; i < m->known_count; i++)
		if (m->known[i].id == id &&
		    bytes_equal((struct bytes){ m->known[i].point, m->known[i].point_len }, point))
			return true;
	return false;
}

static int remember(struct refresh *r, uint64_t id, const struct mount_line *line)
{
	struct known_mount *k;

	if (r->known_count == r->known_room) {
		size_t room = r->known_room ? r->known_room * 2 : 64;
		struct known_mount *known = realloc(r->known, room * sizeof(*known));

		if (!known)
			return -ENOMEM;
		r->known = known;
		r->known_room = room;
	}
	k = &r->known[r->known_count++];
	*k = (struct known_mount){
		.id = id, .point = copy(line->point), .point_len = line->point.len, .root = copy(line->root),
		.local = mountinfo_type_is_local(line->type), .dev = line->dev,
	};
	return k->point && k->root ? 0 : -ENOMEM;
}

static int remember_new(struct refresh *r, const struct mount_line *line, bool is_dir,
			const struct filesystem *fs)
{
	struct new_mount *n = calloc(1, sizeof(*n));

	if (!n)
		return -ENOMEM;
	n->point = copy(line->point);
	if (!n->point) {
		free(n);
		return -ENOMEM;
	}
	n->point_len = line->point.len;
	n->is_dir = is_dir;
	n->fs = fs;
	*r->fresh_end = n;
	r->fresh_end = &n->next;
	return 0;
}

static void remember_upper(struct mounts *m, const struct mount_line *line)
{
	_cleanup_str_ struct str storage = STR_INIT;
	struct bytes upper = mountinfo_option(line, BYTES_LIT("upperdir"), &storage);
	bool watched = false;
	char **list;

	for (char **w = m->watch; w && *w; w++)
		watched |= mountinfo_is_below(bytes_of(*w), line->point) ||
			   mountinfo_is_below(line->point, bytes_of(*w));
	if (!watched || upper.len == 0 || upper.ptr[0] != '/')
		return;
	for (size_t i = 0; i < m->upper_count; i++)
		if (bytes_equal(bytes_of(m->upper[i]), upper))
			return;
	list = realloc(m->upper, (m->upper_count + 2) * sizeof(*list));
	if (!list)
		return;
	m->upper = list;
	m->upper[m->upper_count] = copy(upper);
	m->upper[m->upper_count + 1] = NULL;
	if (m->upper[m->upper_count])
		m->upper_count++;
}

static int take_line(struct refresh *r, const struct mount_line *line)
{
	struct mounts *m = r->m;
	bool local = mountinfo_type_is_local(line->type), whole = bytes_equal(line->root, BYTES_LIT("/"));
	_cleanup_close_ int fd = -EBADF;
	uint64_t id = line->id;
	bool is_dir = true;
	struct filesystem *fs;
	int e;

	if (!local) {
		fs = is_foreign(line->type) ? find(m, line) : NULL;
		if (is_foreign(line->type)) {
			if (!fs)
				fs = add(m, line);
			if (!fs)
				return -ENOMEM;
			fs->generation = m->generation;
			if (!fs->point) {
				fs->point = copy(line->point);
				fs->point_len = line->point.len;
				if (!fs->point)
					return -ENOMEM;
			}
			fs->why_not = "remote or in user space: reading it may hang, others write to it unseen";
		}
		return remember(r, id, line);
	}

	if (bytes_equal(line->type, BYTES_LIT("overlay")))
		remember_upper(m, line);

	e = open_mount(line, &fd, &id, &is_dir);
	if (remember(r, id, line) < 0)
		return -ENOMEM;

	fs = find(m, line);
	if (!fs)
		fs = add(m, line);
	if (!fs)
		return -ENOMEM;

	if (e < 0) {
		/* Covered by another mount or gone again: another line may show it. */
		if (fs->generation != m->generation && !fs->point) {
			fs->point = copy(line->point);
			fs->point_len = line->point.len;
			if (!fs->point)
				return -ENOMEM;
			fs->why_not = "covered by another mount";
			fs->generation = m->generation;
		}
		return 0;
	}

	if (fs->generation != m->generation || !fs->fsid || (whole && !fs->whole)) {
		char *point = copy(line->point);

		if (!point)
			return -ENOMEM;
		free(fs->point);
		fs->point = point;
		fs->point_len = line->point.len;
		fs->whole = whole;
		fs->line_id = line->id;
		if (fs->generation != m->generation)
			fs->seen_before = false;
		fs->generation = m->generation;
		if (fs->fd >= 0)
			(void)close(fs->fd);
		fs->fd = -EBADF;
		mark(m, fs, fd);
	}

	if (r->first)
		return 0;
	if (was_known(m, id, line->point)) {
		fs->seen_before = true;
		return 0;
	}
	return remember_new(r, line, is_dir, fs);
}

static void tell_new(struct refresh *r, mounts_new_fn fn, void *userdata)
{
	while (r->fresh) {
		struct new_mount *n = r->fresh;

		if (fn)
			fn((struct bytes){ n->point, n->point_len }, n->is_dir, n->fs, !n->fs->seen_before,
			   userdata);
		r->fresh = n->next;
		free(n->point);
		free(n);
	}
}

static void tell_gone(const struct mounts *m, const struct refresh *r, mounts_gone_fn fn, void *userdata)
{
	for (size_t i = 0; i < m->known_count; i++) {
		const struct known_mount *k = &m->known[i];
		bool there = false;

		for (size_t n = 0; n < r->known_count && !there; n++)
			there = r->known[n].id == k->id && r->known[n].point_len == k->point_len &&
				memcmp(r->known[n].point, k->point, k->point_len) == 0;
		if (!there)
			fn((struct bytes){ k->point, k->point_len }, userdata);
	}
}

static void forget_gone(struct mounts *m)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->fs_count; i++) {
		if (m->fs[i]->generation == m->generation)
			m->fs[kept++] = m->fs[i];
		else
			filesystem_free(m->fs[i]);
	}
	m->fs_count = kept;
}

int mounts_refresh(struct mounts *m, mounts_new_fn fn, mounts_gone_fn gone_fn, void *userdata)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/self/mountinfo", "re");
	size_t upper_before = m->upper_count;
	struct refresh r = { .m = m, .first = !m->known };
	_cleanup_free_ char *line = NULL;
	size_t size = 0;
	ssize_t n;

	if (!f)
		return -errno;
	r.fresh_end = &r.fresh;
	m->generation++;

	while ((n = getline(&line, &size, f)) > 0) {
		struct mount_line parsed;
		int e;

		if (line[n - 1] == '\n')
			n--;
		if (mountinfo_parse_line(line, (size_t)n, &parsed) < 0)
			continue;
		e = take_line(&r, &parsed);
		if (e < 0) {
			tell_new(&r, NULL, NULL);
			known_free(r.known, r.known_count);
			return e;
		}
	}

	if (gone_fn)
		tell_gone(m, &r, gone_fn, userdata);
	forget_gone(m);
	known_free(m->known, m->known_count);
	m->known = r.known;
	m->known_count = r.known_count;
	tell_new(&r, fn, userdata);

	/* An overlay's line comes after those of the filesystems that back it, which
	 * were judged without knowing of it. */
	if (m->upper_count != upper_before)
		return mounts_refresh(m, fn, gone_fn, userdata);
	return 0;
}

/* Something else may have been mounted over it since the last look, which must not even be
 * asked what it is: it may never answer. */
static int open_same(const struct filesystem *fs)
{
	_cleanup_close_ int path_fd = open(fs->point, O_PATH | O_CLOEXEC | O_NOFOLLOW), fd = -EBADF;
	struct statx st;
	struct statfs sf;
	char self[64];

	if (path_fd < 0)
		return -errno;
	if (statx(path_fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MNT_ID, &st) < 0)
		return -errno;
	if ((st.stx_mask & STATX_MNT_ID) && st.stx_mnt_id != fs->line_id)
		return -ESTALE;
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", path_fd);
	fd = open(self, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	if (fstatfs(fd, &sf) < 0)
		return -errno;
	if (memcmp(&sf.f_fsid, &fs->fsid, sizeof(fs->fsid)) != 0)
		return -ESTALE;
	return TAKE_FD(fd);
}

int mounts_fd(struct mounts *m, uint64_t fsid, int *ret_fd, const struct filesystem **ret)
{
	for (size_t i = 0; i < m->fs_count; i++) {
		struct filesystem *fs = m->fs[i];

		if (!fs->marked || fs->fsid != fsid)
			continue;
		if (fs->fd < 0)
			fs->fd = open_same(fs);
		if (fs->fd < 0)
			return -ENODEV;
		*ret_fd = fs->fd;
		*ret = fs;
		return 0;
	}
	return -ENODEV;
}

void mounts_close_fds(struct mounts *m)
{
	for (size_t i = 0; i < m->fs_count; i++) {
		if (m->fs[i]->fd >= 0)
			(void)close(m->fs[i]->fd);
		m->fs[i]->fd = -EBADF;
	}
}

size_t mounts_count(const struct mounts *m)
{
	return m->fs_count;
}

const struct filesystem *mounts_at(const struct mounts *m, size_t index)
{
	return m->fs[index];
}

bool mounts_watches(const struct mounts *m, struct bytes path)
{
	if (!m->watch)
		return true;
	for (char **w = m->watch; *w; w++)
		if (mountinfo_is_below(path, bytes_of(*w)))
			return true;
	for (char **u = m->upper; u && *u; u++)
		if (mountinfo_is_below(path, bytes_of(*u)))
			return true;
	return false;
}

/* Below a watched directory, and not that itself, which is a root of its own. */
static bool is_below_watched(const struct mounts *m, struct bytes path)
{
	for (char **w = m->watch; w && *w; w++)
		if (mountinfo_is_below(path, bytes_of(*w)) && !bytes_equal(path, bytes_of(*w)))
			return true;
	return false;
}

/* A directory that is mounted onto itself, as ProtectHome= and ProtectSystem= of systemd.exec(5) do: a
 * search that stays on its mount passes it by, though its files have no other path. */
static bool is_bound_to_itself(const struct mounts *m, const struct known_mount *k)
{
	for (size_t i = 0; i < m->fs_count; i++) {
		const struct filesystem *fs = m->fs[i];
		struct bytes point = { k->point, k->point_len }, root = bytes_of(k->root);
		size_t base = fs->point_len > 1 ? fs->point_len : 0;

		if (fs->dev == k->dev && fs->marked && fs->whole && root.len > 1 &&
		    bytes_has_prefix(point, (struct bytes){ fs->point, base }) &&
		    bytes_equal(bytes_slice(point, base, point.len - base), root))
			return true;
	}
	return false;
}

void mounts_search_roots(const struct mounts *m, mounts_root_fn fn, void *userdata)
{
	for (char **w = m->watch; w && *w; w++)
		fn(*w, userdata);
	for (char **u = m->upper; u && *u; u++)
		fn(*u, userdata);
	for (size_t i = 0; i < m->fs_count; i++)
		if (m->fs[i]->marked && (!m->watch || is_below_watched(m, bytes_of(m->fs[i]->point))))
			fn(m->fs[i]->point, userdata);
	for (size_t i = 0; i < m->known_count; i++)
		if (is_bound_to_itself(m, &m->known[i]) &&
		    (!m->watch || is_below_watched(m, bytes_of(m->known[i].point))))
			fn(m->known[i].point, userdata);
}

void mounts_points(const struct mounts *m, mounts_root_fn fn, void *userdata)
{
	for (size_t i = 0; i < m->known_count; i++)
		if (m->known[i].local)
			fn(m->known[i].point, userdata);
}

bool mounts_is_local(const struct mounts *m, struct bytes path)
{
	size_t best = 0;
	bool local = false;

	for (size_t i = 0; i < m->known_count; i++) {
		const struct known_mount *k = &m->known[i];

		/* The later line covers the earlier one at the same place. */
		if (k->point_len >= best && mountinfo_is_below(path, (struct bytes){ k->point, k->point_len })) {
			best = k->point_len;
			local = k->local;
		}
	}
	return local;
}
