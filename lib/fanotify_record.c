/* fanotify_record.c - the decoder.  Owns nothing, allocates nothing. */
#include "fanotify_record.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/fanotify.h>

/* Records that the build system's headers may not know yet (linux/fanotify.h). */
#define INFO_TYPE_FID 1
#define INFO_TYPE_DFID_NAME 2
#define INFO_TYPE_DFID 3
#define INFO_TYPE_MNT 7
#define INFO_TYPE_OLD_DFID_NAME 10
#define INFO_TYPE_NEW_DFID_NAME 12

/* struct fanotify_event_info_header, then __kernel_fsid_t, then struct file_handle
 * { handle_bytes, handle_type, f_handle[] }. */
#define INFO_HEADER 4
#define INFO_FSID 8
#define HANDLE_HEADER 8

static uint32_t u32(const char *p)
{
	uint32_t n;

	memcpy(&n, p, sizeof(n));
	return n;
}

static uint64_t u64(const char *p)
{
	uint64_t n;

	memcpy(&n, p, sizeof(n));
	return n;
}

static uint16_t u16(const char *p)
{
	uint16_t n;

	memcpy(&n, p, sizeof(n));
	return n;
}

/* `info` is one whole record with a handle; what is behind the handle is the
 * name, NUL-terminated and padded with NULs to a multiple of four. */
static int decode_handle(struct bytes info, struct handle_view *ret, struct bytes *ret_name)
{
	struct handle_view h;
	struct bytes rest;
	uint32_t size;
	ptrdiff_t end;

	if (info.len < INFO_HEADER + INFO_FSID + HANDLE_HEADER)
		return -EBADMSG;
	h.fsid = u64(info.ptr + INFO_HEADER);
	size = u32(info.ptr + INFO_HEADER + INFO_FSID);
	h.type = (int)u32(info.ptr + INFO_HEADER + INFO_FSID + 4);

	rest = bytes_slice(info, INFO_HEADER + INFO_FSID + HANDLE_HEADER,
			   info.len - (INFO_HEADER + INFO_FSID + HANDLE_HEADER));
	if (size > rest.len || size > MAX_HANDLE_SZ)
		return -EBADMSG;
	h.bytes = bytes_slice(rest, 0, size);

	rest = bytes_slice(rest, size, rest.len - size);
	end = bytes_find_byte(rest, '\0', 0);

	*ret = h;
	if (ret_name)
		*ret_name = bytes_slice(rest, 0, end < 0 ? rest.len : (size_t)end);
	return 0;
}

static int decode_info(struct bytes info, struct fanotify_record *r)
{
	switch ((unsigned char)info.ptr[0]) {
	case INFO_TYPE_FID:
		return decode_handle(info, &r->object, NULL);
	case INFO_TYPE_DFID:
		return decode_handle(info, &r->dir, NULL);
	case INFO_TYPE_DFID_NAME:
	case INFO_TYPE_NEW_DFID_NAME:
		return decode_handle(info, &r->dir, &r->name);
	case INFO_TYPE_OLD_DFID_NAME:
		return decode_handle(info, &r->old_dir, &r->old_name);
	case INFO_TYPE_MNT:
		/* The identifier is 8-byte aligned within the record or directly
		 * behind the header, by kernel version: it is the last member. */
		if (info.len < INFO_HEADER + 8)
			return -EBADMSG;
		r->mount_id = u64(info.ptr + info.len - 8);
		return 0;
	default:
		return 0;	/* pidfd, error, range: not asked for, or of a later kernel */
	}
}

int fanotify_record_decode(struct bytes buffer, struct fanotify_record *ret)
{
	struct fanotify_event_metadata meta;
	struct fanotify_record r = { .fd = FAN_NOFD };
	size_t at;

	if (buffer.len == 0)
		return -ENODATA;
	if (buffer.len < sizeof(meta))
		return -EBADMSG;
	memcpy(&meta, buffer.ptr, sizeof(meta));
	if (meta.vers != FANOTIFY_METADATA_VERSION)
		return -EPROTO;
	if (meta.metadata_len < sizeof(meta) || meta.event_len < meta.metadata_len ||
	    meta.event_len > buffer.len)
		return -EBADMSG;

	r.mask = meta.mask;
	r.pid = meta.pid;
	r.fd = meta.fd;
	r.length = meta.event_len;

	for (at = meta.metadata_len; at < meta.event_len;) {
		size_t left = meta.event_len - at, len;
		int e;

		if (left < INFO_HEADER)
			return -EBADMSG;
		len = u16(buffer.ptr + at + 2);
		if (len < INFO_HEADER || len > left)
			return -EBADMSG;

		e = decode_info(bytes_slice(buffer, at, len), &r);
		if (e < 0)
			return e;
		at += len;
	}

	*ret = r;
	return 0;
}
