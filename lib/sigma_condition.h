/* sigma_condition.h - a rule's condition: `selection and not 1 of filter_*`.
 *
 * Grammar (sigma-specification, Condition), the loosest first:
 *
 *	or  := and { "or" and }
 *	and := not { "and" not }
 *	not := "not" not | "(" or ")" | ("1" | "all") "of" ("them" | PATTERN) | NAME
 *
 * `them` is every selection whose name does not start with an underscore; in a
 * PATTERN, * is any run.  Key words may be written in any case; names are exact.
 * Immutable once made.
 */
#ifndef PYHOOKD_SIGMA_CONDITION_H
#define PYHOOKD_SIGMA_CONDITION_H

#include <stdbool.h>

#include "cleanup.h"
#include "str.h"

struct sigma_condition;

struct sigma_condition_error {
	size_t offset;		/* byte of the text */
	char text[200];		/* what is wrong and what to do */
};

/* `names`: the rule's selections, which the condition will know by their index.
 * used[i] is set for each that it names.  -EINVAL: *reterr says why; -ENOMEM. */
int sigma_condition_parse(struct bytes text, const struct bytes *names, size_t count, bool *used,
			  struct sigma_condition **ret, struct sigma_condition_error *reterr);
struct sigma_condition *sigma_condition_free(struct sigma_condition *c);
DEFINE_CLEANUP(struct sigma_condition, sigma_condition_free)

/* Does the selection hold?  1, 0 or a negative error. */
typedef int (*sigma_selection_fn)(size_t selection, void *userdata);

/* 1, 0, or the callback's negative answer.  A selection is asked only when its
 * answer decides. */
int sigma_condition_eval(const struct sigma_condition *c, sigma_selection_fn fn, void *userdata);

/* A word of the language, which no selection may be called. */
bool sigma_condition_is_reserved(struct bytes name);

#endif
