/* pth.h - a .pth file, line by line, as each generation of CPython reads it.
 *
 * Three eras read differently (Lib/site.py, addpackage): A up to 3.12, B 3.13
 * and 3.14, C from 3.15 (PEP 829).  A line executes in an era when that era's
 * splitting, decoding and stripping make it start with "import " or
 * "import\t".  What is reported is the union of the eras: a hook that runs
 * anywhere is a hook.
 *
 * The locale matters, too.  With a UTF-8 locale, a file that is not UTF-8 ends
 * the start of every interpreter; with an 8-bit locale it is read as Latin-1 or the
 * like.  Both are reported, and which is which is said (`unreached`).
 */
#ifndef PYHOOKD_PTH_H
#define PYHOOKD_PTH_H

#include <stdbool.h>

#include "str.h"

enum pth_era {
	PTH_ERA_A = 1 << 0,	/* <= 3.12, Python 2 */
	PTH_ERA_B = 1 << 1,	/* 3.13, 3.14 */
	PTH_ERA_C = 1 << 2,	/* >= 3.15 */
};
#define PTH_ERAS_ALL (PTH_ERA_A | PTH_ERA_B | PTH_ERA_C)

enum pth_line_kind {
	PTH_LINE_PATH,		/* added to sys.path if it exists */
	PTH_LINE_EXEC,		/* executed in at least one era */
};

struct pth_line {
	unsigned number;		/* from 1, counted with the union of all line separators.  A line of era A that
					 * holds several of the later eras has the number of the first, and comes first */
	enum pth_line_kind kind;
	unsigned eras;			/* enum pth_era: where exactly this text is handed to exec(); 0: PATH */
	unsigned path_eras;		/* where exactly this text is a path line; EXEC lines may have some, too */
	unsigned unreached;		/* of both: where a UTF-8 locale does not get this far, because the start dies
					 * before; an 8-bit locale, and Python 2, do */
	struct bytes text;		/* view into the content, separators and outer blanks off */
	bool hidden;			/* placed so that a person does not see it: behind a long run
					 * of blanks or blank lines, a separator that editors do not
					 * break at, a byte order mark, a NUL, a bare CR */
	bool refused;			/* EXEC: holds a NUL, so exec() raises and nothing of it runs; eras A and B then
					 * ignore the rest of the file, and no later line is reported for them */
};

typedef int (*pth_line_fn)(const struct pth_line *line, void *userdata);

/* Report every line that is neither blank nor a comment.  An indented comment
 * with a ".." component is a path line for eras A and B and reported as one.
 * Linear in the size, no memory.  0, or the first negative answer of the callback. */
int pth_parse(struct bytes content, pth_line_fn fn, void *userdata);

/* The eras (enum pth_era) in which, where the locale is UTF-8, this file kills every start of the interpreter: it is
 * not UTF-8 ("Fatal Python error: init_import_site").  UTF-16 with a mark is such a file.  PyPy goes on.  With
 * LC_ALL=C, 3.6, 3.11 and 3.12 decode by ASCII, and any byte beyond it is as deadly: not said. */
unsigned pth_fatal_eras(struct bytes content);

/* The versions in words: "Python 3.13 and later". */
const char *pth_eras_to_string(unsigned eras);

/* Not a text that site.py could use: PyTorch weights (zip, pickle protocol),
 * or other well-known magic.  Such a file in a site directory is read by site.py
 * all the same, so it is judged by its lines; this only explains it. */
bool pth_is_binary(struct bytes content);

#endif
