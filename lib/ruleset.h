/* ruleset.h - Sigma rules, compiled: load once, never change, share.
 *
 *	ruleset_load_dir()... -> struct ruleset (immutable) -> struct engine (per thread)
 *
 * Understood now: detection with selections (maps, lists of maps, lists of
 * values), the modifiers contains, startswith, endswith, re (with i, m, s),
 * all, cased, exists, wildcards * and ? with Sigma's escaping, null; conditions
 * with and, or, not, parentheses, `1 of`/`all of` a pattern or `them`.
 * Anything else is an error with its place, not a rule that never matches.
 *
 * Two keys are ours, in the rule's `custom` map (Sigma leaves unknown keys to the
 * user): `detection_type`, one of detection.h's names, and `summary`, a sentence
 * for the alert.
 */
#ifndef PYHOOKD_RULESET_H
#define PYHOOKD_RULESET_H

#include "builtin.h"
#include "cleanup.h"
#include "detection.h"
#include "problem.h"
#include "str.h"

struct sigma_rule;		/* sigma_rule.h */
struct ruleset;

/* Load every *.yml, *.yaml and *.json of the directories, in the order given, files in
 * byte order of their names.  A name that comes again in a later directory
 * replaces the earlier one; a link to /dev/null masks it.  A directory that does
 * not exist is a problem.  Two rules of one id are an error.
 * 0: loaded (problems may hold warnings).  -EINVAL: problems say why; *ret is
 * untouched.  -ENOMEM. */
int ruleset_load(char *const *dirs, struct problems *problems, struct ruleset **ret);

/* The same over the files of `base` (builtin.h; may be NULL), as though they were in a directory before all others; a
 * directory that does not exist is passed over. */
int ruleset_load_over(const struct builtin_file *base, char *const *dirs, struct problems *problems, struct ruleset **ret);

/* One text, for tests. */
int ruleset_load_text(struct bytes text, const char *file, struct problems *problems,
		      struct ruleset **ret);

struct ruleset *ruleset_free(struct ruleset *rs);
DEFINE_CLEANUP(struct ruleset, ruleset_free)

size_t ruleset_count(const struct ruleset *rs);
const struct sigma_rule *ruleset_rule(const struct ruleset *rs, size_t index);

#endif
