/* engine.c - ask every rule about one event; what hits makes the verdict.
 *
 * There is no "first match": all rules are asked, the level is the highest of
 * those that hit, and the detection type the first in detection.h's order.  So
 * a rule can be added or masked without looking at the others, and the seed
 * query's nested ifs need no order of rules.
 *
 * The engine holds what must not be shared: pcre2's memory and the field values
 * of the event at hand.  A value is fetched when the first rule asks for it and
 * kept for the others, so a field that has to be put together is so once.
 */
#include "engine.h"

#include "field.h"

struct engine {
	const struct ruleset *rules;
	struct sigma_scratch scratch;
	uint64_t evaluated;
};

int engine_new(const struct ruleset *rs, struct engine **ret)
{
	_cleanup_(engine_freep) struct engine *e = calloc(1, sizeof(*e));
	int r;

	if (!e)
		return -ENOMEM;
	e->rules = rs;
	e->scratch.values = calloc(field_count(), sizeof(e->scratch.values[0]));
	if (!e->scratch.values)
		return -ENOMEM;
	r = matcher_scratch_new(&e->scratch.matcher);
	if (r < 0)
		return r;

	*ret = TAKE_PTR(e);
	return 0;
}

struct engine *engine_free(struct engine *e)
{
	if (e) {
		matcher_scratch_free(e->scratch.matcher);
		free(e->scratch.values);
		free(e);
	}
	return NULL;
}

/* A rule that names no type stands behind those that name one. */
static unsigned type_rank(enum detection_type t)
{
	return t == DETECTION_NONE ? DETECTION_TYPES : (unsigned)t;
}

/* Does `a` stand before `b` in a verdict? */
static bool is_before(const struct sigma_rule *a, const struct sigma_rule *b)
{
	if (a->level != b->level)
		return a->level > b->level;
	if (a->detection_type != b->detection_type)
		return type_rank(a->detection_type) < type_rank(b->detection_type);
	return bytes_compare(bytes_of(a->id), bytes_of(b->id)) < 0;
}

static void add_hit(struct verdict *v, const struct sigma_rule *rule)
{
	size_t i;

	if (v->hits++ == 0 || rule->level > v->level)
		v->level = rule->level;
	if (type_rank(rule->detection_type) < type_rank(v->type))
		v->type = rule->detection_type;

	/* Insert; the last one falls off when the list is full. */
	if (v->rule_count < VERDICT_RULES_MAX)
		v->rule_count++;
	else if (!is_before(rule, v->rules[VERDICT_RULES_MAX - 1]))
		return;
	for (i = v->rule_count - 1; i > 0 && is_before(rule, v->rules[i - 1]); i--)
		v->rules[i] = v->rules[i - 1];
	v->rules[i] = rule;
}

int engine_run(struct engine *e, const struct facts *f, struct verdict *ret)
{
	struct verdict v = { .type = DETECTION_NONE };

	e->scratch.facts = f;
	for (size_t i = 0; i < field_count(); i++)
		e->scratch.values[i].fetched = false;

	for (size_t i = 0; i < ruleset_count(e->rules); i++) {
		const struct sigma_rule *rule = ruleset_rule(e->rules, i);
		int r;

		if (!(rule->category & f->category))
			continue;
		e->evaluated++;
		r = sigma_rule_match(rule, &e->scratch);
		if (r < 0)
			return r;
		if (r > 0)
			add_hit(&v, rule);
	}

	*ret = v;
	return 0;
}

void engine_counters(const struct engine *e, struct engine_counters *ret)
{
	*ret = (struct engine_counters){
		.evaluated = e->evaluated,
		.regex_limited = e->scratch.limited,
	};
}
