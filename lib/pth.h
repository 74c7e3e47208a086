/* pth.h - a .pth file, line by line, as each generation of CPython reads it.
 *
 * Three eras read differently (Lib/site.py, addpackage): A up to 3.12, B 3.13
 * and 3.14, C from 3.15 (PEP 829).  A line executes in an era when that era's
 * splitting, decoding and stripping make it start with "import " or
 * "import\t".  What is reported is the union of the eras: a hook that runs
 * anywhere is a hook.
 */
#ifndef PYHOOKD_PTH_H
#define PYHOOKD_PTH_H

#include <stdbool.h>

#include "str.h"

enum pth_era {
	PTH_ERA_A = 1 << 0,	/* <= 3.12 */
	PTH_ERA_B = 1 << 1,	/* 3.13, 3.14 */
	PTH_ERA_C = 1 << 2,	/* >= 3.15 */
};

enum pth_line_kind {
	PTH_LINE_PATH,		/* added to sys.path if it exists */
	PTH_LINE_EXEC,		/* executed in at least one era */
};

struct pth_line {
	unsigned number;		/* from 1, counted with the union of all line separators */
	enum pth_line_kind kind;
	unsigned eras;			/* enum pth_era: where it executes (EXEC).  A line of era A may hold
					 * several of ours: if it executes, all of them do */
	struct bytes text;		/* view into the content, separators and outer blanks off */
	bool hidden;			/* placed so that a person does not see it: behind a long run
					 * of blanks or blank lines, a separator that editors do not
					 * break at, a byte order mark, a NUL, a bare CR */
};

typedef int (*pth_line_fn)(const struct pth_line *line, void *userdata);

/* Report every line that is neither blank nor a comment.  An indented comment
 * with a ".." component is a path line for eras A and B and reported as one;
 * bytes that cannot be decoded change nothing (pth.c says why).  Linear in the size,
 * no memory.  0, or the first negative answer of the callback. */
int pth_parse(struct bytes content, pth_line_fn fn, void *userdata);

/* Not a text that site.py could use: PyTorch weights (zip, pickle protocol),
 * or other well-known magic.  Such a file in a site directory is read by site.py
 * all the same, so it is judged by its lines; this only explains it. */
bool pth_is_binary(struct bytes content);

#endif
