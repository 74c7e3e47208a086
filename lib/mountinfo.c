#include "mountinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cleanup.h"
#include "limits.h"

/* The kernel writes space, tab, newline, backslash (and # and , in options) as \ooo
 * (fs/proc_namespace.c, mangle()). */
static bool octal(const char *p, size_t left, unsigned char *ret)
{
	unsigned n = 0;

	if (left < 4 || p[0] != '\\')
		return false;
	for (int i = 1; i < 4; i++) {
		if (p[i] < '0' || p[i] > '7')
			return false;
		n = n * 8 + (unsigned)(p[i] - '0');
	}
	if (n > 255)
		return false;
	*ret = (unsigned char)n;
	return true;
}

static struct bytes unescape(char *text, size_t len)
{
	size_t out = 0;
	unsigned char c;

	for (size_t i = 0; i < len;) {
		if (octal(text + i, len - i, &c)) {
			text[out++] = (char)c;
			i += 4;
		} else {
			text[out++] = text[i++];
		}
	}
	return (struct bytes){ text, out };
}

static bool next_word(char **at, char *end, struct bytes *ret)
{
	char *start = *at, *p;

	while (start < end && *start == ' ')
		start++;
	if (start == end)
		return false;
	for (p = start; p < end && *p != ' '; p++)
		;
	*ret = (struct bytes){ start, (size_t)(p - start) };
	*at = p;
	return true;
}

int mountinfo_parse_line(char *line, size_t len, struct mount_line *ret)
{
	char *at = line, *end = line + len;
	struct bytes word[6], w, type, source, options;
	uint64_t id, major, minor;
	ptrdiff_t colon;

	/* id parent major:minor root point options [optional...] - type source options */
	for (size_t i = 0; i < 6; i++)
		if (!next_word(&at, end, &word[i]))
			return -EINVAL;
	do {
		if (!next_word(&at, end, &w))
			return -EINVAL;
	} while (!bytes_equal(w, BYTES_LIT("-")));
	if (!next_word(&at, end, &type) || !next_word(&at, end, &source))
		return -EINVAL;
	if (!next_word(&at, end, &options))
		options = BYTES_LIT("");

	colon = bytes_find_byte(word[2], ':', 0);
	if (colon < 0 || bytes_to_u64(word[0], &id) < 0 ||
	    bytes_to_u64(bytes_slice(word[2], 0, (size_t)colon), &major) < 0 ||
	    bytes_to_u64(bytes_slice(word[2], (size_t)colon + 1, word[2].len - (size_t)colon - 1),
			 &minor) < 0)
		return -EINVAL;

	*ret = (struct mount_line){
		.id = id,
		.dev = makedev((unsigned)major, (unsigned)minor),
		.root = unescape((char *)word[3].ptr, word[3].len),
		.point = unescape((char *)word[4].ptr, word[4].len),
		.type = type,
		.options = options,
	};
	return 0;
}

bool mountinfo_is_below(struct bytes path, struct bytes dir)
{
	if (bytes_equal(dir, BYTES_LIT("/")))
		return true;
	return bytes_has_prefix(path, dir) && (path.len == dir.len || path.ptr[dir.len] == '/');
}

struct bytes mountinfo_rest_of(struct bytes path, struct bytes dir)
{
	return bytes_equal(dir, BYTES_LIT("/")) ? path : bytes_slice(path, dir.len, path.len - dir.len);
}

int mountinfo_find(int fd, struct bytes path, char **storage, struct mount_line *ret)
{
	_cleanup_close_ int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	_cleanup_fclose_ FILE *f = NULL;
	_cleanup_free_ char *line = NULL, *best = NULL;
	struct mount_line found = { 0 };
	size_t size = 0;
	ssize_t n;

	f = own < 0 ? NULL : fdopen(own, "r");
	if (!f)
		return -errno;
	TAKE_FD(own);

	while ((n = getline(&line, &size, f)) > 0) {
		struct mount_line m;

		if (line[n - 1] == '\n')
			n--;
		if (mountinfo_parse_line(line, (size_t)n, &m) < 0 || m.point.len < found.point.len ||
		    !mountinfo_is_below(path, m.point))
			continue;
		found = m;
		free(best);
		best = TAKE_PTR(line);
		size = 0;
	}
	if (ferror(f))
		return -EIO;
	if (!best)
		return -ENOENT;
	*storage = TAKE_PTR(best);
	*ret = found;
	return 0;
}

int mount_table_parse(struct bytes text, struct region *region, struct mount_table *ret)
{
	struct bytes copy = region_copy(region, text);
	struct mount_table t = { .complete = true };
	size_t lines = 0, at = 0;

	for (ptrdiff_t end = -1; (end = bytes_find_byte(text, '\n', (size_t)(end + 1))) >= 0;)
		lines++;
	if (lines > MOUNTS_MAX) {
		lines = MOUNTS_MAX;
		t.complete = false;
	}
	t.lines = region_alloc_array(region, lines + 1, sizeof(*t.lines));
	if (!copy.ptr || !t.lines)
		return -ENOMEM;

	for (size_t i = 0; i < lines; i++) {
		ptrdiff_t end = bytes_find_byte(copy, '\n', at);

		if (mountinfo_parse_line((char *)copy.ptr + at, (size_t)end - at, &t.lines[t.count]) < 0)
			t.complete = false;
		else
			t.count++;
		at = (size_t)end + 1;
	}
	/* A line without an end is one that was cut. */
	if (at < text.len)
		t.complete = false;
	*ret = t;
	return 0;
}

int mount_table_read(int rootfd, struct region *region, struct mount_table *ret)
{
	_cleanup_close_ int fd = openat(rootfd, "proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	_cleanup_str_ struct str text = STR_INIT;
	ssize_t n = 1;

	if (fd < 0)
		return -errno;
	while (n > 0 && text.len < MOUNTS_BYTES_MAX) {
		if (str_reserve(&text, MOUNTS_CHUNK) < 0)
			return -ENOMEM;
		n = read(fd, text.buf + text.len, MOUNTS_CHUNK);
		if (n < 0 && errno != EINTR)
			return -errno;
		text.len += n > 0 ? (size_t)n : 0;
		n = n < 0 ? 1 : n;
	}
	/* One byte less than all: the last line has no end, and the table is not complete. */
	return mount_table_parse(n > 0 ? bytes_slice(str_bytes(&text), 0, text.len - 1) : str_bytes(&text), region, ret);
}

const struct mount_line *mount_table_find(const struct mount_table *t, struct bytes path)
{
	const struct mount_line *best = NULL;

	for (size_t i = 0; i < t->count; i++)
		if ((!best || t->lines[i].point.len >= best->point.len) &&
		    mountinfo_is_below(path, t->lines[i].point))
			best = &t->lines[i];
	return best;
}

/* "/" is what is left out when two paths are put together. */
static struct bytes without_slash(struct bytes path)
{
	return bytes_equal(path, BYTES_LIT("/")) ? BYTES_LIT("") : path;
}

bool mount_table_same_place(const struct mount_table *a, const struct mount_table *b, struct bytes path)
{
	const struct mount_line *m = mount_table_find(a, path), *n = mount_table_find(b, path);
	struct bytes outer, inner, rest;
	size_t between;

	if (!m || !n || m->dev != n->dev)
		return m == n;
	if (m->point.len > n->point.len) {
		const struct mount_line *swap = m;

		m = n;
		n = swap;
	}
	/* The mount points are both above the path: the longer rest begins with what is between them. */
	outer = without_slash(m->root);
	inner = without_slash(n->root);
	rest = without_slash(mountinfo_rest_of(path, m->point));
	between = rest.len - without_slash(mountinfo_rest_of(path, n->point)).len;
	return bytes_has_prefix(inner, outer) &&
	       bytes_equal(bytes_slice(inner, outer.len, inner.len - outer.len), bytes_slice(rest, 0, between));
}

struct bytes mountinfo_option(const struct mount_line *m, struct bytes name, struct str *storage)
{
	struct bytes rest = m->options;

	while (rest.len > 0) {
		ptrdiff_t comma = bytes_find_byte(rest, ',', 0);
		struct bytes one = comma < 0 ? rest : bytes_slice(rest, 0, (size_t)comma);

		if (bytes_has_prefix(one, name) && one.len > name.len && one.ptr[name.len] == '=') {
			size_t from = name.len + 1;

			str_clear(storage);
			if (str_append(storage, one.ptr + from, one.len - from) < 0)
				return BYTES_NONE;
			return unescape(storage->buf, storage->len);
		}
		if (comma < 0)
			break;
		rest = bytes_slice(rest, (size_t)comma + 1, rest.len - (size_t)comma - 1);
	}
	return BYTES_NONE;
}

bool mountinfo_type_is_local(struct bytes type)
{
	static const char *const local[] = {
		"ext2", "ext3", "ext4", "xfs", "btrfs", "tmpfs", "ramfs", "f2fs", "bcachefs", "zfs",
		"jfs", "reiserfs", "nilfs2", "vfat", "exfat", "ntfs3", "udf", "overlay", "squashfs",
		"erofs", "iso9660", "ubifs", "jffs2", "rootfs",
	};

	for (size_t i = 0; i < ELEMENTSOF(local); i++)
		if (bytes_equal(type, bytes_of(local[i])))
			return true;
	return false;
}
