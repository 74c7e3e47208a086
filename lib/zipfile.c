/* zipfile.c - see zipfile.h; names of Lib/zipimport.py in comments. */
#include "zipfile.h"

#include <errno.h>
#include <zlib.h>

#include "cleanup.h"
#include "limits.h"

#define END_SIZE 22		/* END_CENTRAL_DIR_SIZE */
#define COMMENT_MAX 65535	/* MAX_COMMENT_LEN */
#define ENTRY_SIZE 46
#define LOCAL_SIZE 30

static uint32_t le16(struct bytes b, size_t at)
{
	const unsigned char *p = (const unsigned char *)b.ptr + at;

	return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t le32(struct bytes b, size_t at)
{
	return le16(b, at) | le16(b, at + 2) << 16;
}

static bool has_at(struct bytes b, size_t at, struct bytes what)
{
	return at <= b.len && what.len <= b.len - at && bytes_equal(bytes_slice(b, at, what.len), what);
}

/* Where the end record stands: at the very end, or, with a comment behind it, the last that can be found there. */
static int find_end(struct bytes b, size_t *ret)
{
	const struct bytes signature = BYTES_LIT("PK\5\6");
	size_t from;

	if (b.len < END_SIZE)
		return -EINVAL;
	if (has_at(b, b.len - END_SIZE, signature)) {
		*ret = b.len - END_SIZE;
		return 0;
	}
	from = b.len > COMMENT_MAX + END_SIZE ? b.len - COMMENT_MAX - END_SIZE : 0;
	for (size_t at = b.len - END_SIZE; at > from;)
		if (has_at(b, --at, signature)) {
			*ret = at;
			return 0;
		}
	return -EINVAL;
}

int zipfile_read(struct bytes archive, zipfile_fn fn, void *userdata)
{
	size_t end, at, before;
	uint32_t size, offset;
	int r = find_end(archive, &end);

	if (r < 0)
		return r;
	size = le32(archive, end + 12);
	offset = le32(archive, end + 16);
	if (end < size || end - size < offset)
		return -EINVAL;	/* "bad central directory size", "bad central directory size or offset" */
	at = end - size;
	before = at - offset;	/* arc_offset: what was put in front of the archive */

	for (unsigned n = 0; has_at(archive, at, BYTES_LIT("PK\1\2")); n++) {
		struct zipfile_member m;
		size_t name, extra, comment;

		if (archive.len - at < ENTRY_SIZE)
			return -EINVAL;
		if (n == ZIPFILE_MEMBERS_MAX)
			return -E2BIG;
		name = le16(archive, at + 28);
		extra = le16(archive, at + 30);
		comment = le16(archive, at + 32);
		if (name + extra + comment > archive.len - at - ENTRY_SIZE || le32(archive, at + 42) > offset)
			return -EINVAL;
		m = (struct zipfile_member){
			.name = bytes_slice(archive, at + ENTRY_SIZE, name),
			.method = (uint16_t)le16(archive, at + 10),
			.packed_size = le32(archive, at + 20),
			.size = le32(archive, at + 24),
			.at = before + le32(archive, at + 42),
		};
		r = fn(&m, userdata);
		if (r < 0)
			return r;
		at += ENTRY_SIZE + name + extra + comment;
	}
	return 0;
}

static int inflate_raw(struct bytes packed, size_t max, struct str *ret)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)packed.ptr, .avail_in = (uInt)packed.len };
	int status, r = 0;

	status = inflateInit2(&z, -MAX_WBITS);
	if (status != Z_OK)
		return -ENOMEM;
	while (status == Z_OK && r >= 0 && ret->len < max) {
		size_t room = max - ret->len < ZIPFILE_PIECE ? max - ret->len : ZIPFILE_PIECE;

		r = str_reserve(ret, room);
		if (r < 0)
			break;
		z.next_out = (Bytef *)ret->buf + ret->len;
		z.avail_out = (uInt)room;
		status = inflate(&z, Z_NO_FLUSH);
		ret->len += room - z.avail_out;
		ret->buf[ret->len] = '\0';
	}
	(void)inflateEnd(&z);
	return r < 0 ? r : status == Z_STREAM_END || ret->len == max ? 0 : -EINVAL;
}

int zipfile_extract(struct bytes archive, const struct zipfile_member *member, size_t max, struct str *ret)
{
	struct bytes packed;
	size_t header;

	str_clear(ret);
	if (!has_at(archive, member->at, BYTES_LIT("PK\3\4")) || archive.len - member->at < LOCAL_SIZE)
		return -EINVAL;
	header = LOCAL_SIZE + le16(archive, member->at + 26) + le16(archive, member->at + 28);
	if (header > archive.len - member->at || member->packed_size > archive.len - member->at - header)
		return -EINVAL;
	packed = bytes_slice(archive, member->at + header, member->packed_size);
	if (member->method != 0)
		return inflate_raw(packed, max, ret);
	if (packed.len > max)
		packed.len = max;
	return str_append_bytes(ret, packed);
}
