/* package_db.c - two databases of plain text, one index.
 *
 * pacman (lib/libalpm/be_local.c): a directory for each package.  `files` names its paths, without the first slash, below
 * %FILES%; `mtree` has their digests, gzip of mtree(5) as bsdtar writes it: "./PATH key=value ...", with characters that
 * are not printable as \ooo.  An upgrade makes another directory, so the time of the one that holds them all
 * tells of a change.
 *
 * apk (apk-tools, src/database.c): one file.  P: and V: begin a package, F: names a directory, R: a file in it, and
 * Z: the digest of that: "Q1" and base64 of SHA-1, "Q2" of SHA-256.  It is replaced by rename.
 */
#include "package_db.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <zlib.h>

#include "dpkg_db.h"
#include "limits.h"

#define PACMAN_LOCAL "/var/lib/pacman/local"
#define APK_INSTALLED "/lib/apk/db/installed"

struct owned {
	struct bytes path;
	struct package_owner owner;
};

struct package_db {
	enum package_db_kind kind;
	struct region region;		/* all texts */
	struct owned *owned;		/* sorted by path, then as they were read */
	size_t count, room;
	struct stat stamp;		/* of the directory, or the file */
	bool settled;			/* a change from now on will have another time */
	size_t budget;			/* bytes that may still be read */
};

static const char *place_of(enum package_db_kind kind)
{
	return kind == PACKAGE_DB_PACMAN ? PACMAN_LOCAL : APK_INSTALLED;
}

/* Like filedata_read_all(), and counted. */
static int read_counted(struct package_db *db, int fd, struct str *ret)
{
	int r = filedata_read_all(fd, PACKAGE_DB_FILE_MAX, ret);

	if (r == 0 && ret->len > db->budget)
		return -E2BIG;
	if (r == 0)
		db->budget -= ret->len;
	return r;
}

/* The owner's texts are in the region already; the path is not. */
static int add_owned(struct package_db *db, struct bytes path, const struct package_owner *owner)
{
	if (db->count == PACKAGE_DB_PATHS_MAX)
		return -E2BIG;
	if (db->count == db->room) {
		size_t room = db->room ? db->room * 2 : 32;
		struct owned *more = reallocarray(db->owned, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		db->owned = more;
		db->room = room;
	}
	path = region_printf(&db->region, "/%.*s", (int)path.len, path.ptr);
	if (!path.ptr)
		return -ENOMEM;
	db->owned[db->count++] = (struct owned){ path, *owner };
	return 0;
}

/* ---- pacman ----------------------------------------------------------------- */

/* One directory of local/. */
struct pacman_package {
	int dirfd;
	struct str files, mtree;
	struct package_owner owner;
};

static int read_beneath(struct package_db *db, int dirfd, const char *name, struct str *ret)
{
	_cleanup_close_ int fd = filedata_open_beneath(dirfd, bytes_of(name), O_RDONLY);

	return fd < 0 ? fd : read_counted(db, fd, ret);
}

static int inflate_all(z_stream *z, struct str *ret)
{
	int r;

	for (;;) {
		if (ret->len > PACKAGE_DB_FILE_MAX)
			return -E2BIG;
		r = str_reserve(ret, FILEDATA_CHUNK);
		if (r < 0)
			return r;
		z->next_out = (unsigned char *)ret->buf + ret->len;
		z->avail_out = FILEDATA_CHUNK;
		r = inflate(z, Z_NO_FLUSH);
		ret->len += FILEDATA_CHUNK - z->avail_out;
		ret->buf[ret->len] = '\0';
		if (r == Z_STREAM_END)
			return 0;
		if (r != Z_OK)
			return r == Z_MEM_ERROR ? -ENOMEM : -EBADMSG;
	}
}

static int gunzip(struct bytes packed, struct str *ret)
{
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)packed.ptr, .avail_in = (unsigned)packed.len };
	int r;

	/* 16: a gzip header is there (zlib.h). */
	if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
		return -ENOMEM;
	r = inflate_all(&z, ret);
	(void)inflateEnd(&z);
	return r;
}

static bool is_octal(struct bytes text, size_t at)
{
	if (text.len - at < 4 || text.ptr[at] != '\\')
		return false;
	for (size_t i = at + 1; i < at + 4; i++)
		if (text.ptr[i] < '0' || text.ptr[i] > '7')
			return false;
	return true;
}

/* Does the name of an mtree's line, "./usr/lib/a\040b.pth", mean this path? */
static bool is_name_of(struct bytes name, struct bytes path)
{
	size_t n = 2, p = 0;

	if (!bytes_has_prefix(name, BYTES_LIT("./")))
		return false;
	for (; n < name.len && p < path.len; p++) {
		char c = name.ptr[n];

		if (is_octal(name, n)) {
			c = (char)((name.ptr[n + 1] - '0') << 6 | (name.ptr[n + 2] - '0') << 3 | (name.ptr[n + 3] - '0'));
			n += 3;
		}
		if (c != path.ptr[p])
			return false;
		n++;
	}
	return n == name.len && p == path.len;
}

static struct bytes next_word(struct bytes *line)
{
	ptrdiff_t blank = bytes_find_byte(*line, ' ', 0);
	size_t end = blank < 0 ? line->len : (size_t)blank;
	struct bytes word = bytes_slice(*line, 0, end);

	*line = blank < 0 ? BYTES_NONE : bytes_slice(*line, end + 1, line->len - end - 1);
	return word;
}

static void find_mtree_digest(struct bytes mtree, struct bytes path, struct digest *ret)
{
	static const struct bytes key = BYTES_LIT("sha256digest=");
	struct bytes line;

	while (bytes_next_line(&mtree, &line)) {
		if (!is_name_of(next_word(&line), path))
			continue;
		while (line.len > 0) {
			struct bytes word = next_word(&line);

			if (bytes_has_prefix(word, key))
				(void)digest_parse_hex("sha256", bytes_slice(word, key.len, word.len - key.len), ret);
		}
		return;
	}
}

/* "%NAME%", and what stands in the line below it. */
static struct bytes desc_value(struct bytes desc, const char *heading)
{
	struct bytes line, value = BYTES_NONE;

	while (bytes_next_line(&desc, &line))
		if (bytes_equal(line, bytes_of(heading)))
			return bytes_next_line(&desc, &value) ? value : BYTES_NONE;
	return BYTES_NONE;
}

/* Name and digests are looked for only in a package that has a hook. */
static int describe_pacman_package(struct package_db *db, struct pacman_package *p, const char *name)
{
	_cleanup_str_ struct str text = STR_INIT;
	int r = read_beneath(db, p->dirfd, "desc", &text);
	struct bytes version;

	if (r < 0)
		return r;
	version = desc_value(str_bytes(&text), "%VERSION%");
	p->owner.package = region_copy(&db->region, desc_value(str_bytes(&text), "%NAME%"));
	p->owner.version = version.ptr ? region_copy(&db->region, version) : BYTES_NONE;
	p->owner.database = region_printf(&db->region, PACMAN_LOCAL "/%s/mtree", name);
	if (!p->owner.package.ptr || !p->owner.database.ptr || (version.ptr && !p->owner.version.ptr))
		return -ENOMEM;
	r = read_beneath(db, p->dirfd, "mtree", &text);
	if (r == 0)
		r = gunzip(str_bytes(&text), &p->mtree);
	return r == -ENOMEM || r == -E2BIG ? r : 0;
}

static int take_pacman_files(struct package_db *db, struct pacman_package *p, const char *name)
{
	struct bytes text = str_bytes(&p->files), line;
	bool files = false;
	int r = 0;

	while (r == 0 && bytes_next_line(&text, &line)) {
		if (line.len > 1 && line.ptr[0] == '%') {
			files = bytes_equal(line, BYTES_LIT("%FILES%"));
			continue;
		}
		if (!files || !dpkg_db_knows_name(bytes_basename(line)))
			continue;
		if (!p->owner.package.ptr)
			r = describe_pacman_package(db, p, name);
		if (r < 0)
			return r;
		/* Each search costs the whole of it. */
		if (p->mtree.len > db->budget)
			return -E2BIG;
		db->budget -= p->mtree.len;
		p->owner.digest = (struct digest){ 0 };
		find_mtree_digest(str_bytes(&p->mtree), line, &p->owner.digest);
		r = add_owned(db, line, &p->owner);
	}
	return r;
}

/* A package that is gone or unreadable owns nothing; memory and size are another thing. */
static int read_pacman_package(struct package_db *db, int localfd, const char *name)
{
	_cleanup_close_ int fd = filedata_open_beneath(localfd, bytes_of(name), O_RDONLY | O_DIRECTORY);
	struct pacman_package p = { .dirfd = fd, .files = STR_INIT, .mtree = STR_INIT };
	int r = fd < 0 ? fd : read_beneath(db, fd, "files", &p.files);

	if (r == 0)
		r = take_pacman_files(db, &p, name);
	str_release(&p.files);
	str_release(&p.mtree);
	return r == -ENOMEM || r == -E2BIG ? r : 0;
}

static int read_pacman(struct package_db *db, int fd)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0), r = 0;
	_cleanup_closedir_ DIR *dir = own < 0 ? NULL : fdopendir(own);

	if (!dir) {
		closep(&own);
		return -ENOMEM;
	}
	for (unsigned seen = 0; r == 0 && seen < PACKAGE_DB_ENTRIES_MAX; seen++) {
		const struct dirent *de;

		errno = 0;
		de = readdir(dir);
		if (!de)
			return -errno;
		if (de->d_name[0] != '.')
			r = read_pacman_package(db, fd, de->d_name);
	}
	return r;
}

/* ---- apk ---------------------------------------------------------------------- */

struct apk_state {
	struct package_owner owner;
	struct bytes dir, name;		/* views into the text */
};

/* digest_parse_record() reads base64 as RECORD writes it. */
static void parse_apk_digest(struct bytes value, struct digest *ret)
{
	static const char *const names[] = { "sha1=", "sha256=" };
	char text[128];
	size_t len = 0;

	if (value.len < 2 || value.len > 64 || value.ptr[0] != 'Q' || value.ptr[1] < '1' || value.ptr[1] > '2')
		return;
	for (const char *n = names[value.ptr[1] - '1']; *n; n++)
		text[len++] = *n;
	for (size_t i = 2; i < value.len && value.ptr[i] != '='; i++)
		text[len++] = value.ptr[i] == '+' ? '-' : value.ptr[i] == '/' ? '_' : value.ptr[i];
	(void)digest_parse_record((struct bytes){ text, len }, ret);
}

static int add_apk_file(struct package_db *db, struct apk_state *s)
{
	_cleanup_str_ struct str path = STR_INIT;

	if (!s->name.ptr || !s->owner.package.ptr)
		return 0;
	if (str_append_bytes(&path, s->dir) < 0 || (s->dir.len > 0 && str_append_char(&path, '/') < 0) ||
	    str_append_bytes(&path, s->name) < 0)
		return -ENOMEM;
	s->name = BYTES_NONE;
	return add_owned(db, str_bytes(&path), &s->owner);
}

static int copy_text(struct package_db *db, struct bytes value, struct bytes *ret)
{
	*ret = region_copy(&db->region, value);
	return ret->ptr ? 0 : -ENOMEM;
}

static int take_apk_line(struct package_db *db, struct apk_state *s, char key, struct bytes value)
{
	int r = 0;

	switch (key) {
	case 'P':
		s->owner.version = BYTES_NONE;
		s->dir = BYTES_LIT("");
		return copy_text(db, value, &s->owner.package);
	case 'V':
		return copy_text(db, value, &s->owner.version);
	case 'F':
	case 'R':
		r = add_apk_file(db, s);
		s->owner.digest = (struct digest){ 0 };
		if (key == 'F')
			s->dir = value;
		else if (dpkg_db_knows_name(value))
			s->name = value;
		return r;
	case 'Z':
		parse_apk_digest(value, &s->owner.digest);
		return 0;
	default:
		return 0;
	}
}

/* A file is complete when the next begins, or the package ends. */
static int read_apk(struct package_db *db, int fd)
{
	struct apk_state s = { .owner.database = BYTES_LIT(APK_INSTALLED), .dir = BYTES_LIT("") };
	_cleanup_str_ struct str text = STR_INIT;
	struct bytes rest, line;
	int r = read_counted(db, fd, &text);

	for (rest = str_bytes(&text); r == 0 && bytes_next_line(&rest, &line);) {
		if (line.len >= 2 && line.ptr[1] == ':') {
			r = take_apk_line(db, &s, line.ptr[0], bytes_slice(line, 2, line.len - 2));
		} else if (line.len == 0) {
			r = add_apk_file(db, &s);
			s.owner.package = BYTES_NONE;
		}
	}
	return r < 0 ? r : add_apk_file(db, &s);
}

/* ---- both ------------------------------------------------------------------------ */

static int compare_owned(const void *a, const void *b)
{
	const struct owned *left = a, *right = b;

	return bytes_compare(left->path, right->path);
}

struct package_db *package_db_free(struct package_db *db)
{
	if (!db)
		return NULL;
	region_release(&db->region);
	free(db->owned);
	free(db);
	return NULL;
}

static int open_place(enum package_db_kind kind, const struct root_dir *root)
{
	return filedata_open_in(root, bytes_of(place_of(kind)),
				O_RDONLY | (kind == PACKAGE_DB_PACMAN ? O_DIRECTORY : 0), NULL);
}

int package_db_new(enum package_db_kind kind, const struct root_dir *root, struct package_db **ret)
{
	_cleanup_close_ int fd = open_place(kind, root);
	_cleanup_(package_db_freep) struct package_db *db = NULL;
	int r;

	if (fd < 0)
		return fd;
	db = calloc(1, sizeof(*db));
	if (!db)
		return -ENOMEM;
	db->kind = kind;
	db->budget = PACKAGE_DB_BYTES_MAX;
	if (fstat(fd, &db->stamp) < 0)
		return -errno;
	db->settled = filedata_is_settled(&db->stamp.st_ctim);
	r = kind == PACKAGE_DB_PACMAN ? read_pacman(db, fd) : read_apk(db, fd);
	if (r == -E2BIG || r == -EFBIG)
		db->count = 0;	/* known, so that it is not read for each question */
	else if (r < 0)
		return r;
	if (db->count > 0)
		qsort(db->owned, db->count, sizeof(*db->owned), compare_owned);
	*ret = TAKE_PTR(db);
	return 0;
}

bool package_db_is_stale(const struct package_db *db, const struct root_dir *root)
{
	_cleanup_close_ int fd = open_place(db->kind, root);
	struct stat st;

	return !db->settled || fd < 0 || fstat(fd, &st) < 0 || st.st_dev != db->stamp.st_dev ||
	       st.st_ino != db->stamp.st_ino || st.st_ctim.tv_sec != db->stamp.st_ctim.tv_sec ||
	       st.st_ctim.tv_nsec != db->stamp.st_ctim.tv_nsec;
}

size_t package_db_bytes_read(const struct package_db *db)
{
	return PACKAGE_DB_BYTES_MAX - db->budget;
}

bool package_db_find(const struct package_db *db, struct bytes path, struct package_owner *ret)
{
	const struct owned key = { .path = path }, *found;

	found = db->count == 0 ? NULL : bsearch(&key, db->owned, db->count, sizeof(key), compare_owned);
	if (found)
		*ret = found->owner;
	return found;
}
