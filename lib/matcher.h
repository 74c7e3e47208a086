/* matcher.h - one compiled pattern, matched against untrusted bytes.
 *
 * Two kinds: a Sigma text with its wildcards, and a regular expression.  Both
 * look at bytes, not at characters: a file name or a line of a hook need not be
 * UTF-8, and one bad byte must not make a value unmatchable.  So `?` and `.` are
 * one byte, and case is folded for ASCII letters only.
 *
 * A matcher is immutable once made and may be shared between threads; what
 * pcre2 writes to while it matches is in a scratch, one per thread.
 */
#ifndef PYHOOKD_MATCHER_H
#define PYHOOKD_MATCHER_H

#include <stdbool.h>

#include "cleanup.h"
#include "str.h"

struct matcher;
struct matcher_scratch;

/* Where a Sigma text must stand in the value. */
enum matcher_where {
	MATCHER_WHOLE,
	MATCHER_CONTAINS,
	MATCHER_STARTSWITH,
	MATCHER_ENDSWITH,
};

enum matcher_option {
	MATCHER_IGNORE_CASE = 1 << 0,
	MATCHER_MULTILINE = 1 << 1,	/* regular expressions: ^ and $ at each line */
	MATCHER_DOTALL = 1 << 2,	/* likewise: . matches a newline, too */
};

/* Where and why a pattern is refused. */
struct matcher_error {
	size_t offset;			/* byte of the pattern */
	char text[128];
};

/* A Sigma text: * is any run of bytes, ? one byte; \* \? \\ are the bytes
 * themselves, and a backslash before anything else is a backslash.
 * -E2BIG: longer than MATCHER_PATTERN_BYTES_MAX; -ENOMEM. */
int matcher_new_text(struct bytes text, enum matcher_where where, unsigned options,
		     struct matcher **ret);

/* A Perl-compatible expression, found anywhere in the value.
 * -EINVAL: *reterr says why; -ENOMEM. */
int matcher_new_regex(struct bytes pattern, unsigned options, struct matcher **ret,
		      struct matcher_error *reterr);

struct matcher *matcher_free(struct matcher *m);
DEFINE_CLEANUP(struct matcher, matcher_free)

/* Does it run as machine code?  False where the kernel or the service's
 * confinement (MemoryDenyWriteExecute=) refuses it: the interpreter runs then. */
bool matcher_is_jit(const struct matcher *m);

int matcher_scratch_new(struct matcher_scratch **ret);	/* -ENOMEM */
struct matcher_scratch *matcher_scratch_free(struct matcher_scratch *s);
DEFINE_CLEANUP(struct matcher_scratch, matcher_scratch_free)

/* `s` may be NULL for a text.  1: matches, 0: does not, -E2BIG: a limit of limits.h ended it, -ENOMEM. */
int matcher_match(const struct matcher *m, struct matcher_scratch *s, struct bytes value);

#endif
