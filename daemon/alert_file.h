/* alert_file.h - the files of the durable log, for who writes and who reads them.
 *
 * alerts.jsonl is file 0, alerts.jsonl.N the Nth older one.  A rotation cut off by a crash
 * leaves a gap in the numbers, so a reader looks at all of them.
 */
#ifndef PYHOOKD_ALERT_FILE_H
#define PYHOOKD_ALERT_FILE_H

#include <cjson/cJSON.h>

#include "alert.h"
#include "str.h"

#define ALERT_FILE_NAME_MAX 32

void alert_file_name(unsigned n, char ret[static ALERT_FILE_NAME_MAX]);

/* Open file n for reading.  -ENOENT; -ELOOP: a symlink; -EINVAL: not a regular file. */
int alert_file_open(int state_dirfd, unsigned n);

/* ---- its lines ------------------------------------------------------------- */

/* Reads complete lines at a growing offset of a file that its owner may be appending to. */
struct line_reader {
	int fd;			/* owned; -EBADF: none */
	uint64_t offset;	/* of the next line; may be set back to `start` */
	uint64_t start;		/* of the line given last */
	struct str window;	/* bytes of the file from `base` on */
	uint64_t base;
};

#define LINE_READER_INIT ((struct line_reader){ .fd = -EBADF, .window = STR_INIT })

void line_reader_open(struct line_reader *r, int fd, uint64_t offset);	/* takes fd over */
void line_reader_close(struct line_reader *r);

/* The line at r->offset, without its newline, valid until the next call; r->offset is then
 * behind it.  1: *ret is it, BYTES_NONE for one beyond ALERT_FILE_LINE_MAX; 0: no complete line
 * there (yet); -errno, and r->offset as it was. */
int line_reader_next(struct line_reader *r, struct bytes *ret);

/* One line of the log -> its JSON, with the id copied out and checked.  -EINVAL: damaged. */
int alert_line_parse(struct bytes line, char ret_id[static ALERT_ID_LEN + 1], cJSON **ret);

/* 1 to ALERT_ID_LEN letters, digits and - _ . */
bool alert_id_valid(struct bytes id);

#endif
