/* fanotify_record.h - take apart what read(2) gives from a fanotify group.
 *
 * The kernel is trusted, yet the decoder treats the buffer as it would a file:
 * every length is checked, nothing is assumed to be aligned or complete, so it
 * can be fuzzed and a future kernel's longer records do no harm.
 * Layout: fanotify(7), struct fanotify_event_metadata and the info records.
 */
#ifndef PYHOOKD_FANOTIFY_RECORD_H
#define PYHOOKD_FANOTIFY_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "str.h"

/* A file handle as name_to_handle_at(2) gives it, without its C struct. */
struct handle_view {
	uint64_t fsid;
	int type;
	struct bytes bytes;		/* empty with type 0: no handle in the record */
};

/* Views into the record. */
struct fanotify_record {
	uint64_t mask;			/* FAN_*, or-ed */
	pid_t pid;
	int fd;				/* FAN_NOFD in groups that report handles */
	uint64_t mount_id;		/* of FAN_MNT_ATTACH and _DETACH; 0: none */
	struct handle_view dir;		/* directory that holds `name` (of a rename: the new one) */
	struct bytes name;		/* empty: none was reported; "." is the directory itself */
	struct handle_view old_dir;	/* of FAN_RENAME */
	struct bytes old_name;
	struct handle_view object;	/* the object itself (FAN_REPORT_TARGET_FID) */
	uint32_t length;		/* of the whole record: where the next one begins */
};

/* Decode the record at the start of `buffer`.
 * -ENODATA: the buffer is empty.  -EBADMSG: not a record that we can read: the rest
 * of the buffer is useless.  -EPROTO: the kernel speaks another metadata version. */
int fanotify_record_decode(struct bytes buffer, struct fanotify_record *ret);

#endif
