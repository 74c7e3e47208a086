/* dpkg_db.c - the part of dpkg's database that speaks of start-up hooks.
 *
 * info/PKG[:ARCH].list names the paths of a package, info/PKG[:ARCH].md5sums the digests of
 * all but the conffiles, whose digests stand in `status` (dpkg(1), deb-md5sums(5), and
 * lib/dpkg/dump.c).  A thousand lists are read once (some 10 ms when they are in the
 * cache), and of their paths only those are kept that can be a hook; the digest is looked up when it
 * is asked for.  dpkg replaces all of these files by rename, so the times of the directory and of
 * status tell that they changed; but not within the tick of the clock in which they were read.
 */
#include "dpkg_db.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "filedata.h"
#include "limits.h"

#define INFO "/var/lib/dpkg/info"
#define STATUS "/var/lib/dpkg/status"

struct package {
	struct bytes name;	/* as its files in info are called: "PKG" or "PKG:ARCH" */
	struct bytes version;
};

struct owned {
	struct bytes path;
	struct bytes package;	/* its name, as in struct package */
	struct digest conffile;	/* algorithm NULL: it is none */
};

struct stamp {
	dev_t dev;
	ino_t ino;
	struct timespec changed;
	bool settled;		/* a change from now on will have another time */
};

struct dpkg_db {
	struct region region;		/* all texts */
	struct package *packages;	/* only those that own a path here; sorted by name */
	size_t package_count, package_room;
	struct owned *owned;		/* sorted by path, then by package */
	size_t owned_count, owned_room;
	struct stamp info, status;
	size_t budget;			/* bytes that may still be read */
};

bool dpkg_db_knows_name(struct bytes name)
{
	return bytes_has_suffix(name, BYTES_LIT(".pth")) || bytes_has_suffix(name, BYTES_LIT(".start")) ||
	       bytes_equal(name, BYTES_LIT("sitecustomize.py")) || bytes_equal(name, BYTES_LIT("usercustomize.py"));
}

/* ---- opening ------------------------------------------------------------ */

static int open_below(const struct root_dir *root, const char *path, int flags)
{
	return filedata_open_in(root, bytes_of(path), O_RDONLY | flags, NULL);
}

static int get_stamp(int fd, struct stamp *ret)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	*ret = (struct stamp){ st.st_dev, st.st_ino, st.st_ctim, filedata_is_settled(&st.st_ctim) };
	return 0;
}

static bool same_stamp(const struct stamp *a, const struct stamp *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->changed.tv_sec == b->changed.tv_sec &&
	       a->changed.tv_nsec == b->changed.tv_nsec;
}

static bool still_is(const struct root_dir *root, const char *path, int flags, const struct stamp *stamp)
{
	_cleanup_close_ int fd = open_below(root, path, flags);
	struct stamp now = { 0 };

	return stamp->settled && fd >= 0 && get_stamp(fd, &now) == 0 && same_stamp(&now, stamp);
}

bool dpkg_db_is_stale(const struct dpkg_db *db, const struct root_dir *root)
{
	return !still_is(root, INFO, O_DIRECTORY, &db->info) || !still_is(root, STATUS, 0, &db->status);
}

/* ---- the lists ---------------------------------------------------------- */

static int grow(void **array, size_t count, size_t *room, size_t size)
{
	size_t more = *room ? *room * 2 : 64;
	void *bigger;

	if (count < *room)
		return 0;
	bigger = reallocarray(*array, more, size);
	if (!bigger)
		return -ENOMEM;
	*array = bigger;
	*room = more;
	return 0;
}

static int add_package(struct dpkg_db *db, struct bytes name)
{
	int r = grow((void **)&db->packages, db->package_count, &db->package_room, sizeof(*db->packages));

	if (r < 0)
		return r;
	name = region_copy(&db->region, name);
	if (!name.ptr)
		return -ENOMEM;
	db->packages[db->package_count++] = (struct package){ .name = name };
	return 0;
}

/* Of the package that was added last. */
static int add_owned(struct dpkg_db *db, struct bytes path)
{
	int r = grow((void **)&db->owned, db->owned_count, &db->owned_room, sizeof(*db->owned));

	if (r < 0)
		return r;
	path = region_copy(&db->region, path);
	if (!path.ptr)
		return -ENOMEM;
	db->owned[db->owned_count++] = (struct owned){ .path = path, .package = db->packages[db->package_count - 1].name };
	return 0;
}

/* Like filedata_read_all(), and counted: in a container this is what somebody else has put there. */
static int read_counted(struct dpkg_db *db, int fd, struct str *ret)
{
	int r = filedata_read_all(fd, DPKG_DB_FILE_MAX, ret);

	if (r == 0 && ret->len > db->budget)
		return -E2BIG;
	if (r == 0)
		db->budget -= ret->len;
	return r;
}

static int take_list(struct dpkg_db *db, struct bytes package, struct bytes text)
{
	bool added = false;
	struct bytes line;
	int r = 0;

	/* Nearly all lists end here. */
	if (bytes_find(text, BYTES_LIT(".pth"), 0) < 0 && bytes_find(text, BYTES_LIT("customize.py"), 0) < 0 &&
	    bytes_find(text, BYTES_LIT(".start"), 0) < 0)
		return 0;
	while (r == 0 && bytes_next_line(&text, &line)) {
		if (line.len == 0 || line.ptr[0] != '/' || !dpkg_db_knows_name(bytes_basename(line)))
			continue;
		if (db->owned_count == DPKG_DB_PATHS_MAX)
			return -E2BIG;
		if (!added)
			r = add_package(db, package);
		added = true;
		if (r == 0)
			r = add_owned(db, line);
	}
	return r;
}

/* A list that is gone or unreadable owns nothing; memory is another thing. */
static int read_list(struct dpkg_db *db, int infofd, const char *name, struct str *text)
{
	struct bytes file = bytes_of(name);
	_cleanup_close_ int fd = -EBADF;
	int r;

	if (!bytes_has_suffix(file, BYTES_LIT(".list")))
		return 0;
	fd = filedata_open_beneath(infofd, file, O_RDONLY);
	r = fd < 0 ? fd : read_counted(db, fd, text);
	if (r < 0)
		return r == -ENOMEM || r == -E2BIG ? r : 0;
	return take_list(db, bytes_slice(file, 0, file.len - 5), str_bytes(text));
}

static int read_lists(struct dpkg_db *db, const struct root_dir *root)
{
	_cleanup_str_ struct str text = STR_INIT;
	_cleanup_closedir_ DIR *dir = NULL;
	int fd = open_below(root, INFO, O_DIRECTORY), r;

	if (fd < 0)
		return fd;
	r = get_stamp(fd, &db->info);
	dir = r < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		r = r < 0 ? r : -errno;
		closep(&fd);
		return r;
	}
	for (unsigned seen = 0; r == 0 && seen < DPKG_DB_ENTRIES_MAX; seen++) {
		const struct dirent *de;

		errno = 0;
		de = readdir(dir);
		if (!de)
			return -errno;
		r = read_list(db, fd, de->d_name, &text);
	}
	return r;
}

/* ---- status ------------------------------------------------------------- */

static bool take_field(struct bytes line, const char *name, struct bytes *ret)
{
	struct bytes key = bytes_of(name);

	if (!bytes_has_prefix(line, key))
		return false;
	*ret = bytes_trim(bytes_slice(line, key.len, line.len - key.len));
	return true;
}

static int compare_packages(const void *a, const void *b)
{
	const struct package *left = a, *right = b;

	return bytes_compare(left->name, right->name);
}

static struct package *find_package(const struct dpkg_db *db, struct bytes name)
{
	const struct package key = { .name = name };

	return db->package_count == 0 ? NULL :
	       bsearch(&key, db->packages, db->package_count, sizeof(key), compare_packages);
}

/* The files in info are called "PKG:ARCH" for Multi-Arch: same, "PKG" for all others. */
static int find_stanzas_package(const struct dpkg_db *db, struct bytes name, struct bytes arch, struct package **ret)
{
	_cleanup_str_ struct str both = STR_INIT;

	if (str_append_bytes(&both, name) < 0 || str_append_char(&both, ':') < 0 || str_append_bytes(&both, arch) < 0)
		return -ENOMEM;
	*ret = find_package(db, str_bytes(&both));
	if (!*ret)
		*ret = find_package(db, name);
	return 0;
}

static int compare_paths(const void *a, const void *b)
{
	const struct owned *left = a, *right = b;

	return bytes_compare(left->path, right->path);
}

static int compare_owned(const void *a, const void *b)
{
	const struct owned *left = a, *right = b;
	int order = compare_paths(a, b);

	return order != 0 ? order : bytes_compare(left->package, right->package);
}

static struct owned *find_owned(const struct dpkg_db *db, const struct owned *key,
				int (*compare)(const void *, const void *))
{
	return db->owned_count == 0 ? NULL : bsearch(key, db->owned, db->owned_count, sizeof(*key), compare);
}

/* " PATH MD5 [obsolete] [remove-on-upgrade]"; a path may hold blanks, a digest does not. */
static void take_conffile(struct dpkg_db *db, struct bytes package, struct bytes line)
{
	static const char *const flags[] = { " obsolete", " remove-on-upgrade" };
	struct owned key = { .package = package }, *owned;
	struct digest digest;
	ptrdiff_t blank;

	line = bytes_trim(line);
	for (size_t i = 0; i < ELEMENTSOF(flags); i++)
		if (bytes_has_suffix(line, bytes_of(flags[i])))
			line = bytes_slice(line, 0, line.len - bytes_of(flags[i]).len);
	blank = bytes_find_last_byte(line, ' ');
	if (blank < 0 || digest_parse_hex("md5", bytes_slice(line, (size_t)blank + 1, line.len - (size_t)blank - 1),
					  &digest) < 0)
		return;
	key.path = bytes_slice(line, 0, (size_t)blank);
	owned = find_owned(db, &key, compare_owned);
	if (owned)
		owned->conffile = digest;
}

static int take_stanza(struct dpkg_db *db, struct bytes stanza)
{
	struct bytes name = BYTES_NONE, arch = BYTES_NONE, version = BYTES_NONE, rest = stanza, line, ignored;
	struct package *package = NULL;
	bool conffiles = false;
	int r = 0;

	while (bytes_next_line(&rest, &line))
		(void)(take_field(line, "Package:", &name) || take_field(line, "Architecture:", &arch) ||
		       take_field(line, "Version:", &version));
	if (name.ptr)
		r = find_stanzas_package(db, name, arch, &package);
	if (r < 0 || !package)
		return r;
	if (version.ptr) {
		package->version = region_copy(&db->region, version);
		if (!package->version.ptr)
			return -ENOMEM;
	}
	for (rest = stanza; bytes_next_line(&rest, &line);) {
		if (conffiles && line.len > 0 && line.ptr[0] == ' ')
			take_conffile(db, package->name, line);
		else
			conffiles = take_field(line, "Conffiles:", &ignored);
	}
	return 0;
}

static int read_status(struct dpkg_db *db, const struct root_dir *root)
{
	_cleanup_str_ struct str text = STR_INIT;
	_cleanup_close_ int fd = open_below(root, STATUS, 0);
	size_t at = 0;
	int r;

	if (fd < 0)
		return fd;
	r = get_stamp(fd, &db->status);
	if (r == 0)
		r = read_counted(db, fd, &text);
	while (r == 0 && at < text.len) {
		ptrdiff_t end = bytes_find(str_bytes(&text), BYTES_LIT("\n\n"), at);
		size_t len = end < 0 ? text.len - at : (size_t)end - at;

		r = take_stanza(db, bytes_slice(str_bytes(&text), at, len));
		at += len + 2;
	}
	return r;
}

/* ---- life --------------------------------------------------------------- */

struct dpkg_db *dpkg_db_free(struct dpkg_db *db)
{
	if (!db)
		return NULL;
	region_release(&db->region);
	free(db->packages);
	free(db->owned);
	free(db);
	return NULL;
}

int dpkg_db_new(const struct root_dir *root, struct dpkg_db **ret)
{
	_cleanup_(dpkg_db_freep) struct dpkg_db *db = calloc(1, sizeof(*db));
	int r;

	if (!db)
		return -ENOMEM;
	db->budget = DPKG_DB_BYTES_MAX;
	r = read_lists(db, root);
	if (r < 0)
		return r;
	if (db->owned_count > 0) {
		qsort(db->packages, db->package_count, sizeof(*db->packages), compare_packages);
		qsort(db->owned, db->owned_count, sizeof(*db->owned), compare_owned);
	}
	r = read_status(db, root);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(db);
	return 0;
}

size_t dpkg_db_bytes_read(const struct dpkg_db *db)
{
	return DPKG_DB_BYTES_MAX - db->budget;
}

/* ---- asking ------------------------------------------------------------- */

static const struct owned *find_path(const struct dpkg_db *db, struct bytes path, size_t number)
{
	const struct owned key = { .path = path }, *owned = find_owned(db, &key, compare_paths);

	while (owned && owned > db->owned && bytes_equal(owned[-1].path, path))
		owned--;
	for (; owned && number > 0; number--)
		owned = (size_t)(owned - db->owned) + 1 < db->owned_count && bytes_equal(owned[1].path, path) ? owned + 1 : NULL;
	return owned;
}

/* Where /lib is a link to /usr/lib, a package may name its file by either path. */
static int find_alias(const struct dpkg_db *db, struct bytes path, size_t number, const struct owned **ret)
{
	static const char *const merged[] = { "/lib/", "/lib64/", "/lib32/", "/bin/", "/sbin/" };
	const struct bytes usr = BYTES_LIT("/usr");
	bool below_usr = bytes_has_prefix(path, usr);
	struct bytes inner = below_usr ? bytes_slice(path, usr.len, path.len - usr.len) : path;
	_cleanup_str_ struct str other = STR_INIT;
	bool is_merged = false;

	for (size_t i = 0; i < ELEMENTSOF(merged); i++)
		is_merged = is_merged || bytes_has_prefix(inner, bytes_of(merged[i]));
	if (is_merged && ((!below_usr && str_append_bytes(&other, usr) < 0) || str_append_bytes(&other, inner) < 0))
		return -ENOMEM;
	*ret = is_merged ? find_path(db, str_bytes(&other), number) : NULL;
	return 0;
}

/* "MD5  PATH" in the package's md5sums, PATH without its first slash. */
static int find_md5(const struct root_dir *root, struct bytes file, struct bytes path, struct dpkg_owner *ret)
{
	_cleanup_str_ struct str text = STR_INIT;
	_cleanup_close_ int fd = filedata_open_in(root, file, O_RDONLY, NULL);
	struct bytes rest, line;
	int r = fd < 0 ? fd : filedata_read_all(fd, DPKG_DB_FILE_MAX, &text);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	ret->bytes_read = text.len;
	path = bytes_slice(path, 1, path.len - 1);
	for (rest = str_bytes(&text); bytes_next_line(&rest, &line);)
		if (line.len == 34 + path.len && bytes_has_suffix(line, path) && line.ptr[32] == ' ' &&
		    line.ptr[33] == ' ' && digest_parse_hex("md5", bytes_slice(line, 0, 32), &ret->digest) == 0)
			return 1;
	return 0;
}

static struct bytes info_file(struct region *region, struct bytes package, const char *suffix)
{
	return region_printf(region, INFO "/%.*s%s", (int)package.len, package.ptr, suffix);
}

static int say_digest(const struct root_dir *root, const struct owned *owned, struct bytes package, struct region *region,
		      struct dpkg_owner *ret)
{
	struct bytes file = BYTES_NONE;
	int r;

	if (owned->conffile.algorithm) {
		ret->digest = owned->conffile;
		ret->database = region_copy(region, BYTES_LIT(STATUS));
		return ret->database.ptr ? 0 : -ENOMEM;
	}
	file = info_file(region, package, ".md5sums");
	r = file.ptr ? find_md5(root, file, owned->path, ret) : -ENOMEM;
	if (r < 0)
		return r;
	ret->database = r > 0 ? file : info_file(region, package, ".list");
	return ret->database.ptr ? 0 : -ENOMEM;
}

int dpkg_db_find(const struct dpkg_db *db, const struct root_dir *root, struct bytes path, size_t number,
		 struct region *region, struct dpkg_owner *ret)
{
	const struct owned *owned = find_path(db, path, number);
	struct dpkg_owner answer = { 0 };
	const struct package *package;
	ptrdiff_t colon;
	int r = 0;

	if (!owned)
		r = find_alias(db, path, number, &owned);
	if (r < 0 || !owned)
		return r;
	package = find_package(db, owned->package);
	if (!package)
		return 0;
	colon = bytes_find_byte(package->name, ':', 0);
	answer.package = region_copy(region, bytes_slice(package->name, 0, colon < 0 ? package->name.len : (size_t)colon));
	if (!answer.package.ptr)
		return -ENOMEM;
	if (package->version.ptr) {
		answer.version = region_copy(region, package->version);
		if (!answer.version.ptr)
			return -ENOMEM;
	}
	r = say_digest(root, owned, package->name, region, &answer);
	if (r < 0)
		return r;
	*ret = answer;
	return 1;
}
