/* sigma_rule.h - one compiled rule: what a user may see of it, and how the
 * engine asks it.
 *
 * A rule is immutable once made.  What it needs while it is asked (the event's
 * field values, pcre2's memory) is in a scratch, which the engine holds.
 */
#ifndef PYHOOKD_SIGMA_RULE_H
#define PYHOOKD_SIGMA_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "cleanup.h"
#include "detection.h"
#include "facts.h"
#include "field.h"
#include "matcher.h"
#include "problem.h"

struct sigma_detection;		/* the compiled selections and condition: sigma_rule.c */

struct sigma_rule {
	char *id;		/* UUID as written */
	char *title;
	char *description;	/* or NULL */
	char *summary;		/* custom.summary, or NULL */
	char *file;		/* where it was loaded from */
	enum level level;
	enum detection_type detection_type;	/* DETECTION_NONE: the rule names none */
	char **tags;		/* NULL-terminated */
	unsigned category;	/* enum facts_category, or-ed: events it is asked about */
	struct sigma_detection *detection;
};

/* Compile one document of a rule file (document.h).  Every mistake is a problem
 * with its place; -EINVAL: there was at least one error.  -ENOMEM. */
int sigma_rule_parse(const cJSON *document, const char *file, struct problems *problems,
		     struct sigma_rule **ret);
struct sigma_rule *sigma_rule_free(struct sigma_rule *rule);
DEFINE_CLEANUP(struct sigma_rule, sigma_rule_free)

/* The values of one field for one event, fetched when a rule first asks. */
struct field_values {
	bool fetched;
	size_t count;
	struct bytes list[FIELD_VALUES_MAX];
};

struct sigma_scratch {
	const struct facts *facts;
	struct matcher_scratch *matcher;
	struct field_values *values;	/* one for each entry of field_table */
	uint64_t limited;		/* matches ended by a limit: counted as no match */
};

/* Does the rule's detection hold for scratch->facts?  (Its category is the caller's
 * business.)  1, 0 or -ENOMEM. */
int sigma_rule_match(const struct sigma_rule *rule, struct sigma_scratch *scratch);

#endif
