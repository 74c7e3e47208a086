/* startfile.h - a .start file (PEP 829, CPython >= 3.15): entry points that are
 * imported and called at start-up. */
#ifndef PYHOOKD_STARTFILE_H
#define PYHOOKD_STARTFILE_H

#include <stdbool.h>

#include "str.h"

struct start_line {
	unsigned number;	/* from 1 */
	struct bytes text;	/* stripped */
	struct bytes module;	/* before the colon; empty if the line is not an entry point */
	struct bytes object;	/* behind it */
	bool hidden;		/* placed so that a person does not see it: see pth.h */
	bool valid;		/* pkgutil.resolve_name(strict=True) would take it */
};

typedef int (*start_line_fn)(const struct start_line *line, void *userdata);

/* Report every line that is neither blank nor a comment.  A file that is not
 * UTF-8 is skipped as a whole by CPython, and then does not disable the import lines of the
 * .pth of its name, as any other would, even an empty one: -EILSEQ, after reporting what it holds
 * (an attacker may mend it later).  0, or the callback's negative answer. */
int startfile_parse(struct bytes content, start_line_fn fn, void *userdata);

#endif
