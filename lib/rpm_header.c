/* rpm_header.c - reads the few tags of a header that speak of one file.
 *
 * The paths of a package are three arrays: the name of each file, the number of its directory, and the directories.  To
 * find the n-th text of an array those before it are passed over, so a question costs one pass over the header at
 * most for each tag.  Nothing is copied.
 */
#include "rpm_header.h"

#include <errno.h>

#include "cleanup.h"
#include "limits.h"

/* rpm, include/rpm/rpmtag.h: rpmTag_e and rpmTagType_e. */
enum tag {
	TAG_NAME = 1000,
	TAG_VERSION = 1001,
	TAG_RELEASE = 1002,
	TAG_EPOCH = 1003,
	TAG_FILESTATES = 1029,
	TAG_FILEDIGESTS = 1035,
	TAG_FILEFLAGS = 1037,
	TAG_DIRINDEXES = 1116,
	TAG_BASENAMES = 1117,
	TAG_DIRNAMES = 1118,
	TAG_FILEDIGESTALGO = 5011,
};

enum type {
	TYPE_CHAR = 1,
	TYPE_INT8 = 2,
	TYPE_INT32 = 4,
	TYPE_STRING = 6,
	TYPE_STRING_ARRAY = 8,
};

#define ENTRY_BYTES 16
#define FILE_GHOST (1u << 6)	/* rpmfiles.h: RPMFILE_GHOST: named by the package, its content is not the package's */

struct header {
	struct bytes index, data;
};

struct entry {
	uint32_t type, offset, count;
};

static uint32_t number_at(struct bytes b, size_t at)
{
	const unsigned char *p = (const unsigned char *)b.ptr + at;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int open_header(struct bytes blob, struct header *ret)
{
	size_t index, data;

	if (blob.len < 8)
		return -EBADMSG;
	index = number_at(blob, 0);
	data = number_at(blob, 4);
	if (index > RPM_HEADER_ENTRIES_MAX || data > blob.len || blob.len - data < 8 + index * ENTRY_BYTES)
		return -EBADMSG;
	ret->index = bytes_slice(blob, 8, index * ENTRY_BYTES);
	ret->data = bytes_slice(blob, 8 + index * ENTRY_BYTES, data);
	return 0;
}

/* The first with that tag; false: there is none. */
static bool find_entry(const struct header *h, enum tag tag, struct entry *ret)
{
	for (size_t at = 0; at < h->index.len; at += ENTRY_BYTES) {
		if (number_at(h->index, at) != (uint32_t)tag)
			continue;
		*ret = (struct entry){ number_at(h->index, at + 4), number_at(h->index, at + 8), number_at(h->index, at + 12) };
		return ret->offset <= h->data.len;
	}
	return false;
}

/* The text of that number; absent: there is none. */
static struct bytes text_at(const struct header *h, enum tag tag, uint32_t number)
{
	struct entry e;
	size_t at;
	ptrdiff_t end;

	if (!find_entry(h, tag, &e) || (e.type != TYPE_STRING && e.type != TYPE_STRING_ARRAY) || number >= e.count)
		return BYTES_NONE;
	for (at = e.offset;; at = (size_t)end + 1) {
		end = bytes_find_byte(h->data, '\0', at);
		if (end < 0)
			return BYTES_NONE;
		if (number-- == 0)
			return bytes_slice(h->data, at, (size_t)end - at);
	}
}

static bool int32_at(const struct header *h, enum tag tag, uint32_t number, uint32_t *ret)
{
	struct entry e;

	if (!find_entry(h, tag, &e) || e.type != TYPE_INT32 || number >= e.count || number >= (h->data.len - e.offset) / 4)
		return false;
	*ret = number_at(h->data, e.offset + (size_t)number * 4);
	return true;
}

static bool has_path(const struct header *h, uint32_t index, struct bytes path)
{
	struct bytes name = text_at(h, TAG_BASENAMES, index), dir;
	uint32_t number;

	if (!name.ptr || !bytes_has_suffix(path, name) || !int32_at(h, TAG_DIRINDEXES, index, &number))
		return false;
	dir = text_at(h, TAG_DIRNAMES, number);		/* it ends in a slash */
	return dir.ptr && dir.len + name.len == path.len && bytes_has_prefix(path, dir);
}

/* rpmfi.h: RPMFILE_STATE_NORMAL is 0.  What has no states is not installed yet, or of an old rpm. */
static bool is_installed(const struct header *h, uint32_t index)
{
	struct entry e;

	if (!find_entry(h, TAG_FILESTATES, &e) || (e.type != TYPE_CHAR && e.type != TYPE_INT8) || index >= e.count ||
	    index >= h->data.len - e.offset)
		return true;
	return h->data.ptr[e.offset + index] == 0;
}

/* The number of the algorithm is OpenPGP's (RFC 9580, 9.5); without one it is MD5. */
static void get_digest(const struct header *h, uint32_t index, struct digest *ret)
{
	static const char *const algorithms[] = { [1] = "md5", [2] = "sha1", [8] = "sha256", [9] = "sha384", [10] = "sha512",
						  [11] = "sha224" };
	struct bytes text = text_at(h, TAG_FILEDIGESTS, index);
	uint32_t algorithm = 1, flags = 0;

	(void)int32_at(h, TAG_FILEDIGESTALGO, 0, &algorithm);
	(void)int32_at(h, TAG_FILEFLAGS, index, &flags);
	if (text.len > 0 && algorithm < ELEMENTSOF(algorithms) && algorithms[algorithm] && !(flags & FILE_GHOST))
		(void)digest_parse_hex(algorithms[algorithm], text, ret);
}

int rpm_header_find(struct bytes header, uint32_t index, struct bytes path, struct rpm_file *ret)
{
	struct rpm_file file = { 0 };
	struct header h;
	int r = open_header(header, &h);

	if (r < 0)
		return r;
	if (!has_path(&h, index, path) || !is_installed(&h, index))
		return 0;
	file.package = text_at(&h, TAG_NAME, 0);
	if (!file.package.ptr)
		return -EBADMSG;
	file.version = text_at(&h, TAG_VERSION, 0);
	file.release = text_at(&h, TAG_RELEASE, 0);
	file.has_epoch = int32_at(&h, TAG_EPOCH, 0, &file.epoch);
	get_digest(&h, index, &file.digest);
	*ret = file;
	return 1;
}
