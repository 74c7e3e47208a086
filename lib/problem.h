/* problem.h - what is wrong with a rule or a configuration file, and where.
 *
 * Loaders collect every problem instead of stopping at the first, so that
 * `pyhookd --check` shows them all, one `FILE:LINE:COLUMN: message` a line.
 */
#ifndef PYHOOKD_PROBLEM_H
#define PYHOOKD_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>

#include "str.h"

struct problem {
	char *file;		/* as the caller named it */
	unsigned line;		/* from 1; 0: the file as a whole */
	unsigned column;	/* from 1, in bytes */
	bool warning;		/* the file is usable all the same */
	char *text;		/* lower case, no full stop */
};

struct problems {
	struct problem *list;
	size_t count;
	size_t errors;		/* those that are not warnings */
	bool incomplete;	/* memory ran out or PROBLEMS_MAX was reached */
};

#define PROBLEMS_INIT ((struct problems){ NULL, 0, 0, false })

void problems_release(struct problems *p);
void problems_add(struct problems *p, const char *file, unsigned line, unsigned column,
		  const char *format, ...) __attribute__((format(printf, 5, 6)));
void problems_warn(struct problems *p, const char *file, unsigned line, unsigned column,
		   const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Append "FILE:LINE:COLUMN: message", escaped, without a newline.  -ENOMEM. */
int problem_text(const struct problem *p, struct str *out);

#define _cleanup_problems_ __attribute__((cleanup(problems_release)))

#endif
