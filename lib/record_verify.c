/* record_verify.c - does a package consist of the files that its RECORD names?
 *
 * Two looks: each row's file is hashed, and each file of the tree must have a row, because an
 * added main.so or main/__init__.py wins over the main.py that was left as it is
 * (importlib's FileFinder: packages, extension modules, sources, bytecode).
 *
 * A row without a digest vouches for nothing, and says nothing either: virtualenv writes rows of
 * bytecode that never was there (seed/embed/via_app_data/pip_install/copy.py, _cache_files()).
 * So such rows are passed over, and what is there is judged by its place: of bytecode in
 * __pycache__ only the header is looked at; bytecode beside its source is what Python 2 caches
 * and Python 3 does not import. */
#include "record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "filedata.h"
#include "limits.h"
#include "pyc.h"
#include "region.h"

/* ---- the tree ----------------------------------------------------------- */

struct entry {
	int dirfd;
	const char *name;
	struct bytes path;	/* below the site directory */
	struct stat st;
};

typedef int (*entry_fn)(const struct entry *entry, void *userdata);

struct walk {
	int sitefd;
	entry_fn visit;
	void *userdata;
	struct str path;
	struct work *work;
	unsigned seen;
};

static int walk_dir(struct walk *w, unsigned depth);

static int walk_entry(struct walk *w, int dirfd, const char *name, unsigned depth)
{
	struct entry e = { .dirfd = dirfd, .name = name };
	size_t len = w->path.len;
	int r;

	if (++w->seen > RECORD_FILES_MAX)
		return -E2BIG;
	r = work_take(w->work, WORK_STAT);
	if (r < 0)
		return r;
	/* Gone meanwhile: then it is not imported either. */
	if (fstatat(dirfd, name, &e.st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	r = str_append_text(&w->path, name);
	if (r < 0)
		return r;
	e.path = str_bytes(&w->path);
	r = w->visit(&e, w->userdata);
	if (r >= 0 && S_ISDIR(e.st.st_mode)) {
		r = str_append_char(&w->path, '/');
		if (r >= 0)
			r = walk_dir(w, depth + 1);
	}
	w->path.len = len;
	w->path.buf[len] = '\0';
	return r;
}

/* w->path ends with a slash. */
static int walk_dir(struct walk *w, unsigned depth)
{
	_cleanup_closedir_ DIR *dir = NULL;
	int fd, r = 0;

	if (depth > RECORD_DEPTH_MAX)
		return -E2BIG;
	fd = filedata_open_beneath(w->sitefd, str_bytes(&w->path), O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return fd;
	dir = fdopendir(fd);
	if (!dir) {
		r = -errno;
		closep(&fd);
		return r;
	}
	while (r >= 0) {
		const struct dirent *de;

		errno = 0;
		de = readdir(dir);
		if (!de)
			return -errno;
		if (strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0)
			r = walk_entry(w, fd, de->d_name, depth);
	}
	return r;
}

static int walk_tree(int sitefd, struct bytes prefix, struct work *work, entry_fn visit, void *userdata)
{
	struct walk w = { .sitefd = sitefd, .visit = visit, .userdata = userdata, .path = STR_INIT,
			  .work = work };
	int r = str_append_bytes(&w.path, prefix);

	if (r == 0)
		r = walk_dir(&w, 0);
	str_release(&w.path);
	return r < 0 ? r : 0;
}

/* ---- what both have in common ------------------------------------------- */

static bool is_one_name(struct bytes name)
{
	return name.len > 0 && bytes_find_byte(name, '/', 0) < 0 && bytes_find_byte(name, '\0', 0) < 0 &&
	       !bytes_equal(name, BYTES_LIT(".")) && !bytes_equal(name, BYTES_LIT(".."));
}

/* A descriptor of RECORD; -EINVAL: the names are none. */
static int open_record(int sitefd, struct bytes dist_info, struct bytes prefix, struct stat *ret_st)
{
	_cleanup_str_ struct str path = STR_INIT;
	_cleanup_close_ int fd = -EBADF;

	if (!is_one_name(dist_info) || !bytes_has_suffix(prefix, BYTES_LIT("/")) ||
	    !is_one_name(bytes_slice(prefix, 0, prefix.len - 1)))
		return -EINVAL;
	if (str_append_bytes(&path, dist_info) < 0 || str_append_text(&path, "/RECORD") < 0)
		return -ENOMEM;
	fd = filedata_open_beneath(sitefd, str_bytes(&path), O_RDONLY);
	if (fd < 0)
		return fd;
	if (fstat(fd, ret_st) < 0)
		return -errno;
	return S_ISREG(ret_st->st_mode) ? TAKE_FD(fd) : -EINVAL;
}

/* ---- comparing ---------------------------------------------------------- */

struct check {
	int sitefd;
	struct bytes prefix;
	struct record_verdict v;
	off_t budget;		/* bytes that may still be hashed */
	struct work *work;
	struct region region;	/* the paths of the rows */
	struct bytes *paths;	/* with a digest; sorted when all are there; to be freed */
	size_t count, room;
};

/* importlib.machinery.all_suffixes(): an extension module's is ".so" with or without more before it. */
static bool is_importable(struct bytes path)
{
	return bytes_has_suffix(path, BYTES_LIT(".py")) || bytes_has_suffix(path, BYTES_LIT(".pyc")) ||
	       bytes_has_suffix(path, BYTES_LIT(".pyo")) || bytes_has_suffix(path, BYTES_LIT(".so"));
}

static void bad_module(struct check *c, unsigned *counter, struct bytes path)
{
	size_t len = path.len < sizeof(c->v.first_bad) ? path.len : sizeof(c->v.first_bad) - 1;

	(*counter)++;
	if (c->v.first_bad[0])
		return;
	memcpy(c->v.first_bad, path.ptr, len);
	c->v.first_bad[len] = '\0';
}

static void bad(struct check *c, unsigned *counter, struct bytes path)
{
	if (is_importable(path))
		bad_module(c, counter, path);
	else
		c->v.other_data++;
}

static bool is_cached_bytecode(struct bytes path)
{
	return bytes_has_suffix(path, BYTES_LIT(".pyc")) &&
	       bytes_equal(bytes_basename(bytes_dirname(path)), BYTES_LIT("__pycache__"));
}

static int check_content(struct check *c, const struct record_row *row, struct bytes path)
{
	_cleanup_close_ int fd = filedata_open_beneath(c->sitefd, path, O_RDONLY);
	struct stat st;
	bool fits;
	int r;

	if (fd == -ENOMEM)
		return fd;
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		bad(c, &c->v.missing, path);
		return 0;
	}
	/* Rows may name one file again and again. */
	c->budget -= st.st_size;
	if (c->budget < 0)
		return -E2BIG;
	r = work_take(c->work, (uint64_t)st.st_size);
	if (r < 0)
		return r;
	r = digest_fits_file(&row->digest, fd, st.st_size, &fits);
	if (r == -ENOMEM)
		return r;
	if (r < 0 || !fits)
		bad(c, &c->v.mismatched, path);
	else
		c->v.checked++;
	return 0;
}

static int add_path(struct check *c, struct bytes path)
{
	if (c->count == RECORD_FILES_MAX)
		return -E2BIG;
	if (c->count == c->room) {
		size_t room = c->room ? c->room * 2 : 256;
		struct bytes *more = reallocarray(c->paths, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		c->paths = more;
		c->room = room;
	}
	path = region_copy(&c->region, path);
	if (!path.ptr)
		return -ENOMEM;
	c->paths[c->count++] = path;
	return 0;
}

static int check_row(const struct record_row *row, void *userdata)
{
	struct check *c = userdata;
	struct bytes path = row->path;
	int r;

	if (bytes_has_prefix(path, BYTES_LIT("./")))
		path = bytes_slice(path, 2, path.len - 2);
	if (!bytes_has_prefix(path, c->prefix))
		return 0;
	c->v.rows++;
	r = work_take_path(c->work);
	if (r < 0)
		return r;
	if (row->digest.algorithm) {
		r = add_path(c, path);
		return r < 0 ? r : check_content(c, row, path);
	}
	if (row->damaged)
		bad(c, &c->v.mismatched, path);
	return 0;
}

static int compare_paths(const void *a, const void *b)
{
	const struct bytes *left = a, *right = b;

	return bytes_compare(*left, *right);
}

static void check_bytecode(struct check *c, const struct entry *e)
{
	_cleanup_close_ int fd = filedata_open_beneath(c->sitefd, e->path, O_RDONLY);
	struct pyc_header header;
	char head[16];
	ssize_t n = fd < 0 ? fd : filedata_read_at(fd, head, sizeof(head), 0);

	/* What cannot be read here may be readable for the interpreter. */
	if (n < 0 || (pyc_parse_header((struct bytes){ head, (size_t)n }, &header) == 0 &&
		      header.kind == PYC_UNCHECKED_HASH))
		bad(c, &c->v.unchecked_bytecode, e->path);
}

static bool has_row(const struct check *c, struct bytes path)
{
	return c->count > 0 && bsearch(&path, c->paths, c->count, sizeof(*c->paths), compare_paths);
}

/* main.pyc or main.pyo beside a main.py that was compared.  Without one it is a module of its own. */
static bool is_beside_source(const struct check *c, struct bytes path)
{
	return (bytes_has_suffix(path, BYTES_LIT(".pyc")) || bytes_has_suffix(path, BYTES_LIT(".pyo"))) &&
	       has_row(c, bytes_slice(path, 0, path.len - 1));
}

static int check_entry(const struct entry *e, void *userdata)
{
	struct check *c = userdata;

	if (S_ISDIR(e->st.st_mode))
		return 0;
	if (is_cached_bytecode(e->path))
		check_bytecode(c, e);
	else if (has_row(c, e->path) || is_beside_source(c, e->path))
		return 0;
	else if (S_ISLNK(e->st.st_mode))
		/* A directory may be behind it: that is a package, whatever its name ends with. */
		bad_module(c, &c->v.extra, e->path);
	else
		bad(c, &c->v.extra, e->path);
	return 0;
}

bool record_verdict_good(const struct record_verdict *v)
{
	return v->checked > 0 && v->mismatched == 0 && v->missing == 0 && v->extra == 0 &&
	       v->unchecked_bytecode == 0;
}

int record_verify(int sitefd, struct bytes dist_info, struct bytes prefix, struct work *work, struct record_verdict *ret)
{
	struct check c = { .sitefd = sitefd, .prefix = prefix, .budget = RECORD_VERIFY_BYTES_MAX, .work = work,
			   .region = REGION_INIT };
	struct stat st;
	_cleanup_close_ int fd = open_record(sitefd, dist_info, prefix, &st);
	int r;

	if (fd < 0)
		return fd;
	r = work_take(work, (uint64_t)st.st_size);
	if (r == 0)
		r = record_read(fd, check_row, &c);
	if (r == 0 && c.count > 0)
		qsort(c.paths, c.count, sizeof(*c.paths), compare_paths);
	if (r == 0)
		r = walk_tree(sitefd, prefix, work, check_entry, &c);
	if (r == 0)
		*ret = c.v;
	free(c.paths);
	region_release(&c.region);
	return r;
}

/* ---- fingerprint -------------------------------------------------------- */

/* A sum of the entries' hashes, because a directory may give its names in any order.  The hash
 * is a cryptographic one: with a simple one somebody could choose a time of change that
 * gives the sum he wants. */
static int add_fingerprint(uint64_t *sum, struct bytes path, const struct stat *st)
{
	struct {
		uint64_t dev, ino, size, mode, uid, ctime, ctime_ns, mtime, mtime_ns, path_len;
	} f = {
		.dev = st->st_dev,
		.ino = st->st_ino,
		.size = (uint64_t)st->st_size,
		.mode = st->st_mode,
		.uid = st->st_uid,
		.ctime = (uint64_t)st->st_ctim.tv_sec,
		.ctime_ns = (uint64_t)st->st_ctim.tv_nsec,
		.mtime = (uint64_t)st->st_mtim.tv_sec,
		.mtime_ns = (uint64_t)st->st_mtim.tv_nsec,
		.path_len = path.len,
	};
	unsigned char md[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint64_t part;
	bool done = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
		    EVP_DigestUpdate(ctx, &f, sizeof(f)) == 1 &&
		    EVP_DigestUpdate(ctx, path.ptr, path.len) == 1 &&
		    EVP_DigestFinal_ex(ctx, md, NULL) == 1;

	EVP_MD_CTX_free(ctx);
	if (!done)
		return -ENOMEM;
	memcpy(&part, md, sizeof(part));
	*sum += part;
	return 0;
}

static int fingerprint_entry(const struct entry *e, void *userdata)
{
	return add_fingerprint(userdata, e->path, &e->st);
}

int record_fingerprint(int sitefd, struct bytes dist_info, struct bytes prefix, struct work *work, uint64_t *ret)
{
	struct stat st;
	_cleanup_close_ int fd = open_record(sitefd, dist_info, prefix, &st);
	uint64_t sum = 0;
	int r;

	if (fd < 0)
		return fd;
	r = add_fingerprint(&sum, dist_info, &st);
	if (r == 0)
		r = walk_tree(sitefd, prefix, work, fingerprint_entry, &sum);
	if (r == 0)
		*ret = sum;
	return r;
}
