/* pytext.h - text as Python's str sees it: where lines end, what is blank.
 *
 * A person and an editor see other lines than str.splitlines() and other blanks
 * than str.strip(); code is hidden in the difference.  Shared by the parsers of
 * .pth, .start and module source.  Views only, no memory.
 */
#ifndef PYHOOKD_PYTEXT_H
#define PYHOOKD_PYTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "str.h"

/* Decode the character at `at` (< b.len) and answer its length in bytes.  Strict
 * UTF-8; a byte that is none counts as one Latin-1 character (*ret_valid false). */
size_t pytext_decode(struct bytes b, size_t at, uint32_t *ret, bool *ret_valid);

bool pytext_is_valid(struct bytes b);		/* UTF-8 throughout */

/* Where a strict decoder that is fed from the start reports an error: the first byte with which no character can go on,
 * or b.len if the end cuts one off.  *ret_from: where that character begins.  -1: all of it is UTF-8. */
ptrdiff_t pytext_find_invalid(struct bytes b, size_t *ret_from);

bool pytext_is_blank(uint32_t c);		/* str.isspace() */
struct bytes pytext_strip(struct bytes b);	/* str.strip() */
struct bytes pytext_skip_bom(struct bytes b);	/* what "utf-8-sig" skips: one, at the start */

/* What stands between two lines. */
enum pytext_break {
	BREAK_EDGE,	/* the start or the end of the text */
	BREAK_NEWLINE,	/* \n or \r\n: every editor breaks here */
	BREAK_RETURN,	/* a bare \r: a terminal writes over what stands before it */
	BREAK_OTHER,	/* \v \f FS GS RS NEL LS PS: seen by str.splitlines() alone */
};

enum pytext_lines {
	LINES_UNIVERSAL,	/* \n \r \r\n: files opened as text, Python source */
	LINES_SPLITLINES,	/* all of str.splitlines() */
};

struct pytext_line {
	struct bytes raw;		/* without its separator */
	struct bytes text;		/* stripped */
	unsigned number;		/* from 1 */
	unsigned blank_before;		/* blank lines directly before this one */
	enum pytext_break before, after;
	bool hidden;			/* see pytext_reader_next() */
};

struct pytext_reader {
	struct bytes text;
	enum pytext_lines lines;
	bool latin1;		/* every byte is a character of Latin-1; false after the init: UTF-8 where it is UTF-8 */
	size_t at;
	unsigned number, blank_lines;
	enum pytext_break before;
};

void pytext_reader_init(struct pytext_reader *r, struct bytes text, enum pytext_lines lines);

/* The next line, blank ones included; false at the end.  Linear over the whole
 * text.  A line is hidden when its text stands behind PYTEXT_BLANK_RUN blanks or
 * PYTEXT_BLANK_LINES blank lines, next to a separator that is no newline, or
 * holds a NUL. */
bool pytext_reader_next(struct pytext_reader *r, struct pytext_line *ret);

#endif
