/* engine.h - run a ruleset over facts.  One engine per thread: it holds the
 * scratch memory (pcre2 match data) that a ruleset, being shared, cannot. */
#ifndef PYHOOKD_ENGINE_H
#define PYHOOKD_ENGINE_H

#include "cleanup.h"
#include "facts.h"
#include "ruleset.h"
#include "sigma_rule.h"

struct engine;

/* `rs` must outlive the engine.  -ENOMEM. */
int engine_new(const struct ruleset *rs, struct engine **ret);
struct engine *engine_free(struct engine *e);
DEFINE_CLEANUP(struct engine, engine_free)

#define VERDICT_RULES_MAX 16

/* What the rules say about one event. */
struct verdict {
	const struct sigma_rule *rules[VERDICT_RULES_MAX];	/* those that hit, the decisive one first:
								 * highest level, then detection type, then id */
	size_t rule_count;		/* in `rules` */
	size_t hits;			/* all */
	enum level level;		/* the highest of the hits */
	enum detection_type type;	/* the first in precedence of the hits */
};

/* 0: the verdict is filled (rule_count 0: nothing hit).  -ENOMEM. */
int engine_run(struct engine *e, const struct facts *f, struct verdict *ret);

struct engine_counters {
	uint64_t evaluated;		/* rules tried */
	uint64_t regex_limited;		/* matches ended by a limit of limits.h: counted as no match */
};
void engine_counters(const struct engine *e, struct engine_counters *ret);

#endif
