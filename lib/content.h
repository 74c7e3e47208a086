/* content.h - what a hook does, as far as its bytes tell.
 *
 * The stage between process and rules.  Given the bytes and what the path said,
 * it parses them as the interpreter would and says what would run.  (How bad
 * the code is, is not judged here yet: the verdicts `template`, `suspicious`
 * and `malicious` are reserved for that.)
 */
#ifndef PYHOOKD_CONTENT_H
#define PYHOOKD_CONTENT_H

#include <stdbool.h>
#include <stdint.h>

#include "hookpath.h"
#include "region.h"
#include "str.h"

enum content_verdict {
	CONTENT_UNREAD,		/* not read: why is in `unread` */
	CONTENT_INERT,		/* nothing of it runs, nothing leads elsewhere */
	CONTENT_TEMPLATE,
	CONTENT_EXECUTES,	/* code of it runs, or it leads to code: path lines, home = */
	CONTENT_SUSPICIOUS,
	CONTENT_MALICIOUS,
};

enum content_line_does {
	LINE_EXECUTES,		/* an import line, a module's code */
	LINE_CALLS,		/* an entry point */
	LINE_ADDS_PATH,		/* a path onto sys.path */
	LINE_SETS,		/* a setting of the interpreter (home = ...) */
};

struct content_line {
	unsigned number;
	struct bytes text;			/* cut at ALERT_LINE_BYTES_MAX */
	enum content_line_does does;
	bool hidden;				/* see pth.h */
};

struct content {
	enum content_verdict verdict;
	const char *unread;			/* "gone", "not a regular file", "permission", "busy" (leased), "remote",
						 * "unreadable", "dangling link"; NULL if it was read */
	uint64_t size;				/* of the file, bytes */
	bool truncated;				/* more than CONTENT_BYTES_MAX: judged by the first part */
	char sha256[65];			/* of what was read, hex; "" if it was not */
	struct content_line *lines;		/* ALERT_LINES_MAX at most, in their order.  If there are more, those
						 * that run are kept before others, hidden ones before plain ones;
						 * copies in the region */
	size_t line_count;			/* in `lines` */
	size_t executing;			/* all lines that run (0 for what is not text) */
	size_t paths;				/* all path lines */
	bool hidden;				/* any line hidden */
};

/* Judge `bytes` (of a file of `size` bytes) as the content of a hook.  For
 * VECTOR_ENV only hash and size are filled: assignments are events of their
 * own.  Sets hook->vector to PTH_EXEC or PTH_PATH where it was PTH.  Memory comes from
 * `region`.  0 or -ENOMEM; hostile content is no error. */
int content_judge(struct hook *hook, struct bytes bytes, uint64_t size, struct region *region,
		  struct content *ret);

const char *content_verdict_to_string(enum content_verdict v);
const char *content_line_does_to_string(enum content_line_does d);

#endif
