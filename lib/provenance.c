/* provenance.c - asks the databases, the cheapest first, until one has the file with its content.
 *
 * dpkg, pacman, apk: an index.  Python distributions: the RECORDs of the site directory, those that changed last
 * first, because a question follows an installation; a file that does not contain the
 * name at all is not parsed.  conda: the same with its JSON.  A RECORD or a JSON that has given the answer
 * is remembered: as long as it and the file are the same, no other is searched.  So is that no file of a directory has one:
 * as long as all of them are the same by their times, which costs a look at each, they are not searched.
 *
 * An easy-install.pth is in no RECORD: each line of it is a project's that has an .egg-link beside it.
 *
 * rpm's database has an index of its own and is asked each time.  Not asked are rpm's older formats (BDB, ndb).  Nothing here
 * decides whether an owner is to be believed; see provenance.h.
 */
#include "provenance.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "digest.h"
#include "dpkg_db.h"
#include "filedata.h"
#include "limits.h"
#include "package_db.h"
#include "record.h"
#include "rpm_db.h"

/* The packages of one root directory, as far as they were asked for. */
struct root {
	dev_t dev;
	ino_t ino;
	struct dpkg_db *dpkg;
	struct package_db *others[PACKAGE_DB_KINDS];
	bool used;
};

/* What tells whether a file is the same: whoever changes it cannot put ctime back. */
struct identity {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed;
};

/* A file and the database that says, with its digest, that the file is its own. */
struct known {
	struct identity file, database;
	struct provenance answer;	/* its texts are owned, one block */
	char *path;			/* owned, and that block */
	size_t path_len;
	uint64_t used;			/* when it was asked for, in questions; 0: empty */
};

struct provenance_cache {
	struct known known[PROVENANCE_KNOWN_MAX];
	uint64_t nothing[PROVENANCE_NOTHING_MAX];	/* directories, as they are, in which a file has no package */
	uint64_t clock;
	unsigned next_nothing;
	struct root roots[PROVENANCE_ROOTS_MAX];
	unsigned next;		/* the one that is replaced next */
};

struct question {
	struct provenance_cache *cache;
	int rootfd;
	struct bytes path, name, dir;
	struct root_dir root;		/* whose packages are asked */
	struct bytes inner;		/* the path in it */
	int fd;
	struct work *work;
	struct region *region;
	off_t budget;		/* bytes of databases that may still be searched */
	struct provenance best;
};

static void delete_json(cJSON **json)
{
	cJSON_Delete(*json);
}

/* What cannot be looked at has no answer; memory, and too much work, end the question. */
static int only_ends(int r)
{
	return r == -ENOMEM || r == -EDQUOT ? r : 0;
}

static int content_fits(const struct question *q, const struct digest *digest, struct provenance *p)
{
	bool fits = false;
	struct stat st;
	int r = 0;

	if (q->fd >= 0 && digest->algorithm && fstat(q->fd, &st) == 0)
		r = work_take(q->work, st.st_size < PROVENANCE_FILE_BYTES_MAX ? (uint64_t)st.st_size : PROVENANCE_FILE_BYTES_MAX);
	if (r == 0 && q->fd >= 0 && digest->algorithm)
		r = digest_fits_file(digest, q->fd, PROVENANCE_FILE_BYTES_MAX, &fits);
	p->has_digest = digest->algorithm;
	p->match = fits;
	return only_ends(r);
}

const char *provenance_kind_to_string(enum provenance_kind k)
{
	static const char *const names[] = {
		[PROVENANCE_NONE] = "none",
		[PROVENANCE_RECORD] = "record",
		[PROVENANCE_EGG] = "egg",
		[PROVENANCE_EGG_LINK] = "egg-link",
		[PROVENANCE_DPKG] = "dpkg",
		[PROVENANCE_CONDA] = "conda",
		[PROVENANCE_PACMAN] = "pacman",
		[PROVENANCE_APK] = "apk",
		[PROVENANCE_RPM] = "rpm",
	};

	return (size_t)k < ELEMENTSOF(names) ? names[k] : NULL;
}

static uint64_t nanoseconds(const struct timespec *t)
{
	return t->tv_sec < 0 ? 0 : (uint64_t)t->tv_sec * 1000000000u + (uint64_t)t->tv_nsec;
}

bool provenance_was_written_by(const struct provenance *p, uid_t uid, uint64_t since_ns, uint64_t until_ns)
{
	uint64_t changed = nanoseconds(&p->database_changed);

	return p->kind != PROVENANCE_NONE && p->database_uid == uid && changed >= since_ns && changed <= until_ns;
}

/* Whose is the database that p->database names? */
static void look_at_database(const struct question *q, struct provenance *p)
{
	bool root_owned = false;
	_cleanup_close_ int fd = filedata_open_local(q->rootfd, p->database, O_PATH, &root_owned);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return;
	p->database_root_owned = root_owned;
	p->database_uid = st.st_uid;
	p->database_changed = st.st_ctim;
}

/* Keep an answer, unless there is a better one: content that fits, then a database of root's. */
static void offer(struct question *q, const struct provenance *p)
{
	if (q->best.kind == PROVENANCE_NONE || (p->match && !q->best.match) ||
	    (p->match == q->best.match && p->database_root_owned && !q->best.database_root_owned))
		q->best = *p;
}

/* ---- the system's packages ------------------------------------------------ */

static void forget_root(struct root *root)
{
	dpkg_db_free(root->dpkg);
	for (int i = 0; i < PACKAGE_DB_KINDS; i++)
		package_db_free(root->others[i]);
	*root = (struct root){ 0 };
}

/* What is known of the root directory; `own` where nothing is remembered. */
static int find_root(struct question *q, struct root *own, struct root **ret)
{
	_cleanup_close_ int fd = filedata_open_in(&q->root, BYTES_LIT("/."), O_PATH | O_DIRECTORY, NULL);
	struct provenance_cache *c = q->cache;
	struct root *root;
	struct stat st;

	*ret = own;
	if (fd < 0 || fstat(fd, &st) < 0)
		return fd < 0 ? fd : -errno;
	if (!c)
		return 0;
	for (unsigned i = 0; i < PROVENANCE_ROOTS_MAX; i++)
		if (c->roots[i].used && c->roots[i].dev == st.st_dev && c->roots[i].ino == st.st_ino) {
			*ret = &c->roots[i];
			return 0;
		}
	root = &c->roots[c->next];
	c->next = (c->next + 1) % PROVENANCE_ROOTS_MAX;
	forget_root(root);
	*root = (struct root){ .dev = st.st_dev, .ino = st.st_ino, .used = true };
	*ret = root;
	return 0;
}

/* It is counted afterwards, so that one that is large is at least there the next time. */
static int get_dpkg(struct question *q, struct root *root)
{
	int r;

	if (root->dpkg && !dpkg_db_is_stale(root->dpkg, &q->root))
		return 0;
	root->dpkg = dpkg_db_free(root->dpkg);
	r = dpkg_db_new(&q->root, &root->dpkg);
	if (r == 0)
		(void)work_take_search(q->work, dpkg_db_bytes_read(root->dpkg));
	return r;
}

static int get_other(struct question *q, struct root *root, enum package_db_kind kind)
{
	struct package_db **db = &root->others[kind];
	int r;

	if (*db && !package_db_is_stale(*db, &q->root))
		return 0;
	*db = package_db_free(*db);
	r = package_db_new(kind, &q->root, db);
	if (r == 0)
		(void)work_take_search(q->work, package_db_bytes_read(*db));
	return r;
}

/* A path in the root directory, as it is called below rootfd. */
static int say_outside(struct question *q, struct bytes inner, struct bytes *ret)
{
	*ret = region_printf(q->region, "%.*s%.*s", (int)q->root.path.len, q->root.path.ptr, (int)inner.len, inner.ptr);
	return ret->ptr ? 0 : -ENOMEM;
}

/* Where `path` is a link, the path that it leads to; 0: it is none. */
static int follow_link(const struct question *q, struct bytes path, struct str *ret)
{
	_cleanup_close_ int fd = filedata_open_in(&q->root, path, O_PATH, NULL);
	char target[4096];
	struct stat st;
	ssize_t n;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISLNK(st.st_mode))
		return 0;
	n = readlinkat(fd, "", target, sizeof(target));
	if (n <= 0 || (size_t)n == sizeof(target))
		return 0;
	r = record_path(bytes_dirname(path), (struct bytes){ target, (size_t)n }, ret);
	return r < 0 ? r : 1;
}

/* A package ships a link to its conffile (/usr/lib/python3.11/sitecustomize.py): the link has an owner
 * and no digest, what it leads to has both. */
static int find_behind_links(struct question *q, const struct dpkg_db *db, struct dpkg_owner *owner)
{
	_cleanup_str_ struct str at = STR_INIT, next = STR_INIT;
	int r = str_append_bytes(&at, q->inner);

	for (unsigned i = 0; r == 0 && !owner->digest.algorithm && i < PROVENANCE_LINKS_MAX; i++) {
		struct str swap;

		r = follow_link(q, str_bytes(&at), &next);
		if (r <= 0)
			return r;
		swap = at;
		at = next;
		next = swap;
		r = dpkg_db_find(db, &q->root, str_bytes(&at), 0, q->region, owner);
		if (r <= 0)
			return r;
		r = 0;
	}
	return r;
}

/* 1: there may be more. */
static int ask_dpkg_owner(struct question *q, const struct dpkg_db *db, size_t number)
{
	struct dpkg_owner owner = { 0 };
	struct provenance p = { .kind = PROVENANCE_DPKG };
	int r = dpkg_db_find(db, &q->root, q->inner, number, q->region, &owner);

	if (r == 0)
		return 0;
	if (r > 0)
		r = work_take_search(q->work, owner.bytes_read);
	if (r < 0)
		return r;
	p.package = owner.package;
	p.version = owner.version;
	r = find_behind_links(q, db, &owner);
	if (r == 0)
		r = content_fits(q, &owner.digest, &p);
	if (r == 0)
		r = say_outside(q, owner.database, &p.database);
	if (r < 0)
		return r;
	look_at_database(q, &p);
	offer(q, &p);
	return 1;
}

static int ask_dpkg(struct question *q, struct root *root)
{
	int r = get_dpkg(q, root);

	for (size_t i = 0; r >= 0 && !q->best.match && i < PROVENANCE_OWNERS_MAX; i++) {
		r = ask_dpkg_owner(q, root->dpkg, i);
		if (r == 0)
			break;
	}
	return only_ends(r);
}

static int ask_other(struct question *q, struct root *root, enum package_db_kind kind)
{
	static const enum provenance_kind kinds[] = {
		[PACKAGE_DB_PACMAN] = PROVENANCE_PACMAN,
		[PACKAGE_DB_APK] = PROVENANCE_APK,
	};
	struct provenance p = { .kind = kinds[kind] };
	struct package_owner owner;
	int r = get_other(q, root, kind);

	if (r < 0 || !package_db_find(root->others[kind], q->inner, &owner))
		return only_ends(r);
	p.package = region_copy(q->region, owner.package);
	if (owner.version.ptr)
		p.version = region_copy(q->region, owner.version);
	if (!p.package.ptr || (owner.version.ptr && !p.version.ptr))
		return -ENOMEM;
	r = say_outside(q, owner.database, &p.database);
	if (r == 0)
		r = content_fits(q, &owner.digest, &p);
	if (r < 0)
		return r;
	look_at_database(q, &p);
	offer(q, &p);
	return 0;
}

/* 1: there may be more. */
static int ask_rpm_owner(struct question *q, size_t number)
{
	struct provenance p = { .kind = PROVENANCE_RPM };
	struct rpm_owner owner = { 0 };
	int found = rpm_db_find(&q->root, q->inner, number, q->region, &owner);
	int r = work_take_search(q->work, owner.bytes_read);

	if (r < 0 || found <= 0)
		return r < 0 ? r : found;
	p.package = owner.package;
	p.version = owner.version;
	r = content_fits(q, &owner.digest, &p);
	if (r == 0)
		r = say_outside(q, owner.database, &p.database);
	if (r < 0)
		return r;
	look_at_database(q, &p);
	offer(q, &p);
	return 1;
}

static int ask_rpm(struct question *q)
{
	int r = 1;

	for (size_t i = 0; r > 0 && !q->best.match && i < PROVENANCE_OWNERS_MAX; i++)
		r = ask_rpm_owner(q, i);
	return only_ends(r);
}

static int ask_root(struct question *q, struct bytes name)
{
	_cleanup_(forget_root) struct root own = { 0 };
	struct root *root;
	int r;

	q->root.path = name;
	q->inner = bytes_slice(q->path, name.len, q->path.len - name.len);
	r = find_root(q, &own, &root);
	if (r < 0)
		return only_ends(r);
	r = ask_dpkg(q, root);
	for (int kind = 0; r == 0 && !q->best.match && kind < PACKAGE_DB_KINDS; kind++)
		r = ask_other(q, root, (enum package_db_kind)kind);
	if (r == 0 && !q->best.match)
		r = ask_rpm(q);
	return r;
}

/* Is there a database of packages below the directory? */
static int looks_like_root(struct question *q, struct bytes dir, bool *ret)
{
	static const char *const places[] = { "var/lib/dpkg/info", "var/lib/pacman/local", "lib/apk/db/installed",
					      "usr/lib/sysimage/rpm/rpmdb.sqlite", "var/lib/rpm/rpmdb.sqlite" };
	_cleanup_close_ int fd = filedata_open_local(q->rootfd, dir, O_PATH | O_DIRECTORY, NULL);
	int r = fd < 0 ? fd : 0;

	for (size_t i = 0; r == 0 && !*ret && i < ELEMENTSOF(places); i++) {
		_cleanup_close_ int place = filedata_open_beneath(fd, bytes_of(places[i]), O_RDONLY);

		r = work_take_path(q->work);
		*ret = place >= 0;
	}
	return only_ends(r);
}

/* The root that the file is known to be in, the one that all is in, and each directory above the file that looks like one:
 * an image that is built (dpkg --root), a container's that was found on the disk. */
static int ask_system(struct question *q)
{
	struct bytes known = q->root.path, dir = q->dir;
	int r = 0;

	if (!dpkg_db_knows_name(q->name))
		return 0;
	if (known.len > 0)
		r = ask_root(q, known);
	if (r == 0 && !q->best.match)
		r = ask_root(q, BYTES_LIT(""));
	for (unsigned i = 0; r == 0 && !q->best.match && dir.len > 1 && i < PROVENANCE_ROOT_LEVELS; i++) {
		bool is_root = false;

		if (!bytes_equal(dir, known))
			r = looks_like_root(q, dir, &is_root);
		if (r == 0 && is_root)
			r = ask_root(q, dir);
		dir = bytes_dirname(dir);
	}
	return r;
}

/* ---- a directory of databases ------------------------------------------- */

/* One entry of a site directory or of conda-meta. */
struct candidate {
	char *name;		/* owned */
	const char *file;	/* the database in it, with the slash before; "": the entry itself */
	bool inner;		/* paths count from the entry, not from the directory that holds it */
	struct timespec changed;
};

struct candidates {
	struct candidate *list;
	size_t count, room;
	unsigned seen;		/* names that were looked at */
	uint64_t print;		/* of all of them: another one, if any of them is another */
	bool settled;		/* a change from now on will have another time */
};

static const struct form {
	const char *suffix, *file;
	bool inner;
} site_forms[] = {
	{ ".dist-info", "/RECORD", false },
	/* pip before 20 behind `setup.py install`: names without digests. */
	{ ".egg-info", "/installed-files.txt", true },
	{ NULL, NULL, false },
}, link_forms[] = {
	{ ".egg-link", "", false },
	{ NULL, NULL, false },
}, conda_forms[] = {
	{ ".json", "", false },
	{ NULL, NULL, false },
};

static void candidates_release(struct candidates *c)
{
	for (size_t i = 0; i < c->count; i++)
		free(c->list[i].name);
	free(c->list);
}

static int compare_changed(const void *a, const void *b)
{
	const struct candidate *left = a, *right = b;

	if (left->changed.tv_sec != right->changed.tv_sec)
		return left->changed.tv_sec > right->changed.tv_sec ? -1 : 1;
	return left->changed.tv_nsec == right->changed.tv_nsec ? 0 :
	       left->changed.tv_nsec > right->changed.tv_nsec ? -1 : 1;
}

/* FNV-1a (draft-eastlake-fnv), and the last step of MurmurHash3 so that sums of it are as good.  Who makes two that are
 * alike in his directory has it taken for one in which his file has no package. */
static uint64_t print_of(const void *data, size_t size, uint64_t h)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < size; i++)
		h = (h ^ bytes[i]) * UINT64_C(0x100000001b3);
	h = (h ^ h >> 33) * UINT64_C(0xff51afd7ed558ccd);
	return h ^ h >> 33;
}

/* A directory may give its names in any order, so it is a sum. */
static void add_print(struct candidates *c, const struct stat *st)
{
	const uint64_t parts[] = { st->st_dev, st->st_ino, (uint64_t)st->st_size, nanoseconds(&st->st_ctim) };

	c->print += print_of(parts, sizeof(parts), UINT64_C(0xcbf29ce484222325));
	c->settled = c->settled && filedata_is_settled(&st->st_ctim);
}

static int add_candidate(struct candidates *c, int dirfd, const char *name, const struct form *form)
{
	_cleanup_str_ struct str file = STR_INIT;
	struct stat st;

	if (str_append_text(&file, name) < 0 || str_append_text(&file, form->file) < 0)
		return -ENOMEM;
	/* "~ip-1.0.dist-info": what pip has moved aside; it is about to go. */
	if (name[0] == '~' || fstatat(dirfd, file.buf, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return 0;
	add_print(c, &st);
	if (c->count == c->room) {
		size_t room = c->room ? c->room * 2 : 64;
		struct candidate *more = reallocarray(c->list, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		c->list = more;
		c->room = room;
	}
	c->list[c->count] = (struct candidate){ strdup(name), form->file, form->inner, st.st_mtim };
	if (!c->list[c->count].name)
		return -ENOMEM;
	c->count++;
	return 0;
}

static int list_candidates(int fd, const struct form *forms, struct candidates *ret)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0), r = 0;
	_cleanup_closedir_ DIR *dir = own < 0 ? NULL : fdopendir(own);

	if (!dir) {
		closep(&own);
		return -ENOMEM;
	}
	for (; r == 0 && ret->seen < PROVENANCE_ENTRIES_MAX && ret->count < PROVENANCE_DISTS_MAX; ret->seen++) {
		const struct dirent *de = readdir(dir);

		if (!de)
			break;
		for (const struct form *f = forms; r == 0 && f->suffix; f++)
			if (bytes_has_suffix(bytes_of(de->d_name), bytes_of(f->suffix)))
				r = add_candidate(ret, fd, de->d_name, f);
	}
	if (ret->count > 0)
		qsort(ret->list, ret->count, sizeof(*ret->list), compare_changed);
	return r;
}

/* Asks one candidate's database: `fd` is open, a regular file that holds the name; `base` is the
 * directory that holds the candidate. */
typedef int (*ask_fn)(struct question *q, struct bytes base, const struct candidate *c, int fd);

/* A name with a quote in it is written otherwise than it is called. */
static bool is_written_plainly(struct bytes name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.ptr[i] == '"' || name.ptr[i] == '\\' || (unsigned char)name.ptr[i] < ' ' ||
		    (unsigned char)name.ptr[i] >= 0x7f)
			return false;
	return true;
}

static int ask_counted(struct question *q, struct bytes base, const struct candidate *c, int fd, ask_fn ask, uint64_t size)
{
	int r = work_take(q->work, size);

	return r < 0 ? r : ask(q, base, c, fd);
}

static int ask_candidate(struct question *q, int dirfd, struct bytes base, const struct candidate *c, ask_fn ask)
{
	_cleanup_str_ struct str path = STR_INIT;
	_cleanup_close_ int fd = -EBADF;
	bool holds = true;
	struct stat st;
	int r = 0;

	if (str_append_text(&path, c->name) < 0 || str_append_text(&path, c->file) < 0)
		return -ENOMEM;
	fd = filedata_open_beneath(dirfd, str_bytes(&path), O_RDONLY);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > q->budget)
		return only_ends(fd < 0 ? fd : 0);
	q->budget -= st.st_size;
	r = work_take_search(q->work, (uint64_t)st.st_size);
	if (r == 0 && is_written_plainly(q->name))
		r = filedata_holds(fd, &q->name, 1, st.st_size, &holds);
	return only_ends(r == 0 && holds ? ask_counted(q, base, c, fd, ask, (uint64_t)st.st_size) : r);
}

static bool is_nothing(const struct provenance_cache *c, uint64_t print)
{
	for (size_t i = 0; c && i < PROVENANCE_NOTHING_MAX; i++)
		if (c->nothing[i] == print)
			return true;
	return false;
}

static int ask_dir(struct question *q, struct bytes dir, struct bytes base, const struct form *forms, ask_fn ask)
{
	_cleanup_(candidates_release) struct candidates found = { .settled = true };
	_cleanup_close_ int fd = filedata_open_local(q->rootfd, dir, O_RDONLY | O_DIRECTORY, NULL);
	int r;

	if (fd < 0)
		return only_ends(fd);
	r = list_candidates(fd, forms, &found);
	if (r == 0)
		r = work_take(q->work, (uint64_t)found.seen * WORK_NAME + found.count * WORK_STAT);
	found.print += print_of(q->path.ptr, q->path.len, q->path.len);
	if (r < 0 || found.count == 0 || is_nothing(q->cache, found.print))
		return r;
	for (size_t i = 0; r == 0 && !q->best.match && i < found.count; i++)
		r = ask_candidate(q, fd, base, &found.list[i], ask);
	if (r == 0 && q->cache && found.settled && q->best.kind == PROVENANCE_NONE)
		q->cache->nothing[q->cache->next_nothing++ % PROVENANCE_NOTHING_MAX] = found.print;
	return r;
}

/* ---- Python distributions ----------------------------------------------- */

struct row_search {
	const struct question *q;
	struct bytes base;
	struct str path;
	bool found;
	struct digest digest;
};

static int search_row(const struct record_row *row, void *userdata)
{
	struct row_search *s = userdata;
	int r;

	if (!bytes_has_suffix(row->path, s->q->name))
		return 0;
	r = record_path(s->base, row->path, &s->path);
	if (r < 0)
		return r;
	if (!bytes_equal(str_bytes(&s->path), s->q->path))
		return 0;
	s->found = true;
	s->digest = row->digest;
	return -ECANCELED;
}

/* "pip-23.0.1.dist-info", "foo_bar-1.0-py3.8.egg-info": a '-' in a name is written '_'. */
static int say_dist(struct question *q, const char *text, struct provenance *p)
{
	struct bytes name = bytes_of(text);
	struct bytes dot = bytes_slice(name, 0, (size_t)bytes_find_last_byte(name, '.'));
	ptrdiff_t dash = bytes_find_byte(dot, '-', 0);
	struct bytes version = BYTES_NONE;

	if (dash >= 0) {
		version = bytes_slice(dot, (size_t)dash + 1, dot.len - (size_t)dash - 1);
		dot = bytes_slice(dot, 0, (size_t)dash);
		dash = bytes_find(version, BYTES_LIT("-py"), 0);
		if (dash >= 0)
			version = bytes_slice(version, 0, (size_t)dash);
	}
	p->package = region_copy(q->region, dot);
	if (version.ptr)
		p->version = region_copy(q->region, version);
	return p->package.ptr && (p->version.ptr || !version.ptr) ? 0 : -ENOMEM;
}

static int say_database(struct question *q, struct bytes base, const char *name, const char *file,
			struct provenance *p)
{
	p->database = region_printf(q->region, "%.*s/%s%s", (int)base.len, base.ptr, name, file);
	if (!p->database.ptr)
		return -ENOMEM;
	look_at_database(q, p);
	return 0;
}

static int ask_record(struct question *q, struct bytes site, const struct candidate *c, int fd)
{
	struct provenance p = { .kind = c->inner ? PROVENANCE_EGG : PROVENANCE_RECORD };
	struct row_search s = { .q = q, .base = site, .path = STR_INIT };
	_cleanup_str_ struct str inner = STR_INIT;
	int r = 0;

	if (c->inner) {
		r = record_path(site, bytes_of(c->name), &inner);
		s.base = str_bytes(&inner);
	}
	if (r == 0)
		r = record_read(fd, search_row, &s);
	str_release(&s.path);
	if (r < 0 && r != -ECANCELED)
		return r;
	if (!s.found)
		return 0;
	r = say_dist(q, c->name, &p);
	if (r == 0)
		r = say_database(q, site, c->name, c->file, &p);
	if (r == 0)
		r = content_fits(q, &s.digest, &p);
	if (r == 0)
		offer(q, &p);
	return r;
}

static int ask_sites(struct question *q)
{
	struct bytes site = q->dir;
	int r = 0;

	for (unsigned i = 0; r == 0 && !q->best.match && site.len > 1 && i < PROVENANCE_SITE_LEVELS; i++) {
		r = ask_dir(q, site, site, site_forms, ask_record);
		site = bytes_dirname(site);
	}
	return r;
}

/* ---- projects that are developed ------------------------------------------ */

/* line.strip(), of a file in text mode. */
static struct bytes stripped(struct bytes line)
{
	if (bytes_has_suffix(line, BYTES_LIT("\r")))
		line.len--;
	return bytes_trim(line);
}

static bool has_line(struct bytes text, struct bytes line)
{
	struct bytes one;

	while (bytes_next_line(&text, &one))
		if (bytes_equal(stripped(one), line))
			return true;
	return false;
}

/* NAME.egg-link: the project's directory, and a line more. */
static int ask_link(struct question *q, int dirfd, const struct candidate *c, struct bytes text)
{
	_cleanup_close_ int fd = filedata_open_beneath(dirfd, bytes_of(c->name), O_RDONLY);
	struct provenance p = { .kind = PROVENANCE_EGG_LINK };
	_cleanup_str_ struct str link = STR_INIT;
	struct bytes rest, project;
	int r = fd < 0 ? fd : filedata_read_all(fd, PROVENANCE_LINK_BYTES_MAX, &link);

	rest = str_bytes(&link);
	if (r >= 0)
		r = work_take(q->work, text.len + link.len);
	if (r < 0 || !bytes_next_line(&rest, &project) || project.len == 0 || !has_line(text, stripped(project)))
		return only_ends(r);
	/* In this name there is no version. */
	p.package = region_copy(q->region, bytes_slice(bytes_of(c->name), 0, strlen(c->name) - strlen(".egg-link")));
	r = p.package.ptr ? say_database(q, q->dir, c->name, "", &p) : -ENOMEM;
	if (r == 0)
		offer(q, &p);
	return r;
}

/* easy-install.pth has a line of each project that setuptools' `develop` was run for, and no package has the file
 * (setuptools, command/easy_install.py: PthDistributions; command/develop.py).  Said is the one that came last. */
static int ask_links(struct question *q)
{
	_cleanup_(candidates_release) struct candidates found = { .settled = true };
	_cleanup_str_ struct str text = STR_INIT;
	_cleanup_close_ int fd = -EBADF;
	int r;

	if (!bytes_equal(q->name, BYTES_LIT("easy-install.pth")) || q->fd < 0)
		return 0;
	r = filedata_read_all(q->fd, PROVENANCE_PTH_BYTES_MAX, &text);
	if (r >= 0)
		r = fd = filedata_open_local(q->rootfd, q->dir, O_RDONLY | O_DIRECTORY, NULL);
	if (r < 0)
		return only_ends(r);
	r = list_candidates(fd, link_forms, &found);
	if (r == 0)
		r = work_take(q->work, (uint64_t)found.seen * WORK_NAME + found.count * WORK_STAT);
	for (size_t i = 0; r == 0 && q->best.kind == PROVENANCE_NONE && i < found.count; i++)
		r = ask_link(q, fd, &found.list[i], str_bytes(&text));
	return r;
}

/* ---- conda -------------------------------------------------------------- */

static struct bytes text_of(const cJSON *object, const char *key)
{
	return bytes_of(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key)));
}

/* A bound on the memory that the tree takes, before there is one. */
static bool has_few_values(struct bytes text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += text.ptr[i] == ',' || text.ptr[i] == '[' || text.ptr[i] == '{';
	return count <= PROVENANCE_CONDA_NODES_MAX;
}

static bool find_conda_path(const cJSON *root, struct bytes path, struct digest *ret)
{
	const cJSON *item, *paths = cJSON_GetObjectItemCaseSensitive(
		cJSON_GetObjectItemCaseSensitive(root, "paths_data"), "paths");

	cJSON_ArrayForEach(item, paths) {
		if (!bytes_equal(text_of(item, "_path"), path))
			continue;
		/* Where the prefix was written into it, it differs from the package's. */
		if (digest_parse_hex("sha256", text_of(item, "sha256_in_prefix"), ret) < 0)
			(void)digest_parse_hex("sha256", text_of(item, "sha256"), ret);
		return true;
	}
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(root, "files"))
		if (bytes_equal(bytes_of(cJSON_GetStringValue(item)), path))
			return true;
	return false;
}

static int say_conda(struct question *q, const cJSON *root, struct provenance *p)
{
	struct bytes name = text_of(root, "name"), version = text_of(root, "version");

	p->package = region_copy(q->region, name);
	if (version.ptr)
		p->version = region_copy(q->region, version);
	return p->package.ptr && (p->version.ptr || !version.ptr) ? 0 : -ENOMEM;
}

static int ask_meta(struct question *q, struct bytes prefix, const struct candidate *c, int fd)
{
	struct provenance p = { .kind = PROVENANCE_CONDA };
	_cleanup_str_ struct str text = STR_INIT, meta = STR_INIT;
	_cleanup_(delete_json) cJSON *root = NULL;
	struct digest digest = { 0 };
	int r = filedata_read_all(fd, PROVENANCE_CONDA_BYTES_MAX, &text);

	if (r == 0)
		r = work_take(q->work, text.len * WORK_JSON);
	if (r < 0 || !has_few_values(str_bytes(&text)))
		return r;
	root = cJSON_ParseWithLength(text.buf, text.len);
	if (!find_conda_path(root, bytes_slice(q->path, prefix.len + 1, q->path.len - prefix.len - 1), &digest))
		return 0;
	r = record_path(prefix, BYTES_LIT("conda-meta"), &meta);
	if (r == 0)
		r = say_conda(q, root, &p);
	if (r == 0)
		r = say_database(q, str_bytes(&meta), c->name, c->file, &p);
	if (r == 0)
		r = content_fits(q, &digest, &p);
	if (r == 0)
		offer(q, &p);
	return r;
}

static int ask_conda(struct question *q)
{
	struct bytes prefix = q->dir;
	_cleanup_str_ struct str meta = STR_INIT;
	int r = 0;

	for (unsigned i = 0; r == 0 && !q->best.match && prefix.len > 1 && i < PROVENANCE_CONDA_LEVELS; i++) {
		r = record_path(prefix, BYTES_LIT("conda-meta"), &meta);
		if (r == 0)
			r = ask_dir(q, str_bytes(&meta), prefix, conda_forms, ask_meta);
		prefix = bytes_dirname(prefix);
	}
	return r;
}

/* ---- what is remembered -------------------------------------------------- */

static bool identity_of(int fd, struct identity *ret)
{
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return false;
	*ret = (struct identity){ .dev = st.st_dev, .ino = st.st_ino, .size = st.st_size, .changed = st.st_ctim };
	return true;
}

static bool is_same(const struct identity *a, const struct identity *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size && a->changed.tv_sec == b->changed.tv_sec &&
	       a->changed.tv_nsec == b->changed.tv_nsec;
}

static bool is_about(const struct known *k, const struct question *q, const struct identity *file)
{
	return k->used > 0 && is_same(&k->file, file) && bytes_equal((struct bytes){ k->path, k->path_len }, q->path);
}

/* Who may write the database now is asked again: the directories above it do not change with it. */
static int recall(struct question *q, const struct identity *file)
{
	struct known *k = NULL;
	struct provenance p;
	struct identity now;
	_cleanup_close_ int fd = -EBADF;
	bool root_owned;
	int r;

	for (size_t i = 0; !k && q->cache && i < PROVENANCE_KNOWN_MAX; i++)
		if (is_about(&q->cache->known[i], q, file))
			k = &q->cache->known[i];
	if (!k)
		return 0;
	r = work_take_path(q->work);
	if (r < 0)
		return r;
	fd = filedata_open_local(q->rootfd, k->answer.database, O_PATH, &root_owned);
	if (!identity_of(fd, &now) || !is_same(&k->database, &now))
		return only_ends(fd);
	p = k->answer;
	p.database_root_owned = root_owned;
	p.package = region_copy(q->region, k->answer.package);
	p.database = region_copy(q->region, k->answer.database);
	if (k->answer.version.ptr)
		p.version = region_copy(q->region, k->answer.version);
	if (!p.package.ptr || !p.database.ptr || (k->answer.version.ptr && !p.version.ptr))
		return -ENOMEM;
	k->used = ++q->cache->clock;
	q->best = p;
	return 0;
}

static struct bytes take_text(char **at, struct bytes text)
{
	struct bytes copy = { *at, text.len };

	if (!text.ptr)
		return BYTES_NONE;
	memcpy(*at, text.ptr, text.len);
	*at += text.len;
	return copy;
}

/* That of this file, or an empty one, or the one that was not asked for longest. */
static struct known *place_for(struct provenance_cache *c, const struct question *q, const struct identity *file)
{
	struct known *oldest = &c->known[0];

	for (size_t i = 0; i < PROVENANCE_KNOWN_MAX; i++) {
		if (is_about(&c->known[i], q, file))
			return &c->known[i];
		if (c->known[i].used < oldest->used)
			oldest = &c->known[i];
	}
	return oldest;
}

static bool is_of_system(enum provenance_kind kind)
{
	return kind == PROVENANCE_DPKG || kind == PROVENANCE_PACMAN || kind == PROVENANCE_APK ||
	       kind == PROVENANCE_RPM;
}

/* Those of the system are in an index already, and more than one file of them has a say. */
static int remember(struct question *q, const struct identity *file)
{
	const struct provenance *best = &q->best;
	_cleanup_close_ int fd = -EBADF;
	struct identity database;
	struct known *k;
	char *at;

	if (!q->cache || !best->match || is_of_system(best->kind) || !filedata_is_settled(&file->changed))
		return 0;
	fd = filedata_open_local(q->rootfd, best->database, O_PATH, NULL);
	if (!identity_of(fd, &database))
		return only_ends(fd);
	if (!filedata_is_settled(&database.changed))
		return 0;
	at = malloc(q->path.len + best->package.len + best->version.len + best->database.len + 1);
	if (!at)
		return -ENOMEM;
	k = place_for(q->cache, q, file);
	free(k->path);
	*k = (struct known){ .file = *file, .database = database, .answer = *best, .path = at, .path_len = q->path.len,
			     .used = ++q->cache->clock };
	(void)take_text(&at, q->path);
	k->answer.package = take_text(&at, best->package);
	k->answer.version = take_text(&at, best->version);
	k->answer.database = take_text(&at, best->database);
	return 0;
}

/* ---- the question ------------------------------------------------------- */

int provenance_cache_new(struct provenance_cache **ret)
{
	struct provenance_cache *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	*ret = c;
	return 0;
}

struct provenance_cache *provenance_cache_free(struct provenance_cache *c)
{
	for (unsigned i = 0; c && i < PROVENANCE_ROOTS_MAX; i++)
		forget_root(&c->roots[i]);
	for (size_t i = 0; c && i < PROVENANCE_KNOWN_MAX; i++)
		free(c->known[i].path);
	free(c);
	return NULL;
}

int provenance_find_in(struct provenance_cache *cache, int rootfd, struct bytes root, struct bytes path, int fd,
		       struct work *work, struct region *region, struct provenance *ret)
{
	static int (*const databases[])(struct question *q) = { ask_system, ask_sites, ask_conda, ask_links };
	_cleanup_str_ struct str normal = STR_INIT;
	struct question q = {
		.cache = cache,
		.rootfd = rootfd,
		.fd = fd,
		.work = work,
		.region = region,
		.budget = PROVENANCE_SEARCH_BYTES_MAX,
	};
	bool has_identity, recalled;
	struct identity file = { 0 };
	int r = record_path(BYTES_NONE, path, &normal);

	if (r < 0)
		return r;
	q.path = str_bytes(&normal);
	q.name = bytes_basename(q.path);
	q.dir = bytes_dirname(q.path);
	/* "/srv/c" of "/srv/c/usr/lib": not of "/srv/cc". */
	if (root.len == 0 || root.ptr[root.len - 1] == '/' || !bytes_has_prefix(q.path, root) || q.path.len <= root.len ||
	    q.path.ptr[root.len] != '/')
		root = BYTES_LIT("");
	q.root = (struct root_dir){ rootfd, root };
	q.inner = bytes_slice(q.path, root.len, q.path.len - root.len);
	/* Of the file as it was before it was hashed: one that is changed meanwhile is another the next time. */
	has_identity = identity_of(fd, &file);
	if (has_identity)
		r = recall(&q, &file);
	if (r < 0)
		return r;
	recalled = q.best.match;
	for (size_t i = 0; !q.best.match && q.name.len > 0 && q.name.len < 256 && i < ELEMENTSOF(databases); i++) {
		r = databases[i](&q);
		if (r < 0)
			return r;
	}
	if (has_identity && !recalled)
		r = remember(&q, &file);
	if (r < 0)
		return r;
	q.best.asked = true;
	*ret = q.best;
	return 0;
}

int provenance_find(struct provenance_cache *cache, int rootfd, struct bytes path, int fd, struct work *work,
		    struct region *region, struct provenance *ret)
{
	return provenance_find_in(cache, rootfd, BYTES_LIT(""), path, fd, work, region, ret);
}
