/* ruleset.c - the rule files of some directories become one immutable set.
 *
 * Which files is overlay.c's to say.  A mistake in one file does not keep the others
 * from being checked, but the set is made only if there is none: a daemon that
 * reloads half of its rules would be blind where nobody looks.
 *
 * Compiling and matching are sigma_rule.c's.
 */
#include "ruleset.h"

#include "document.h"
#include "limits.h"
#include "overlay.h"
#include "sigma_rule.h"

struct ruleset {
	struct sigma_rule **rules;
	size_t count, capacity;
};

/* Ids are compared without case: a UUID's digits may be written either way. */
static bool is_known(const struct ruleset *rs, const struct sigma_rule *rule, struct problems *problems,
		     const cJSON *document)
{
	for (size_t i = 0; i < rs->count; i++) {
		const cJSON *id;

		if (!bytes_equal_fold(bytes_of(rs->rules[i]->id), bytes_of(rule->id)))
			continue;
		id = cJSON_GetObjectItemCaseSensitive(document, "id");
		problems_add(problems, rule->file, document_line(id), document_column(id),
			     "the rule '%.64s' in %s has the same id: `uuidgen` makes a new one",
			     rs->rules[i]->title, rs->rules[i]->file);
		return true;
	}
	return false;
}

/* Takes the rule over, also on failure. */
static int add_rule(struct ruleset *rs, struct sigma_rule *new_rule)
{
	_cleanup_(sigma_rule_freep) struct sigma_rule *rule = new_rule;

	if (rs->count == rs->capacity) {
		size_t capacity = rs->capacity ? rs->capacity * 2 : 64;
		struct sigma_rule **rules = realloc(rs->rules, capacity * sizeof(*rules));

		if (!rules)
			return -ENOMEM;
		rs->rules = rules;
		rs->capacity = capacity;
	}
	rs->rules[rs->count++] = TAKE_PTR(rule);
	return 0;
}

/* Add the rules of one file's documents.  Mistakes are problems and no failure. */
static int add_documents(struct ruleset *rs, const cJSON *documents, const char *file,
			 struct problems *problems)
{
	for (const cJSON *d = documents->child; d; d = d->next) {
		_cleanup_(sigma_rule_freep) struct sigma_rule *rule = NULL;
		int r;

		if (cJSON_IsNull(d))	/* an empty document: a `---` too many */
			continue;
		r = sigma_rule_parse(d, file, problems, &rule);
		if (r == -EINVAL)
			continue;
		if (r < 0)
			return r;
		if (is_known(rs, rule, problems, d))
			continue;
		if (rs->count == SIGMA_RULES_MAX) {
			problems_add(problems, file, document_line(d), document_column(d),
				     "more than %d rules", SIGMA_RULES_MAX);
			return 0;
		}
		r = add_rule(rs, TAKE_PTR(rule));
		if (r < 0)
			return r;
	}
	return 0;
}

static int add_file(void *userdata, const cJSON *documents, const char *file, struct problems *problems)
{
	return add_documents(userdata, documents, file, problems);
}

static const char *const suffixes[] = { ".yml", ".yaml", ".json", NULL };

static int load(const struct overlay_source *source, struct problems *problems, struct ruleset **ret)
{
	_cleanup_(ruleset_freep) struct ruleset *rs = calloc(1, sizeof(*rs));
	size_t errors = problems->errors;
	int r;

	if (!rs)
		return -ENOMEM;

	r = overlay_load(source, problems, add_file, rs);
	if (r < 0)
		return r;
	if (problems->errors > errors)
		return -EINVAL;
	if (rs->count == 0 && source->dirs[0])
		problems_warn(problems, source->dirs[0], 0, 0,
			      "there is no rule in any directory: nothing will be detected");

	*ret = TAKE_PTR(rs);
	return 0;
}

int ruleset_load(char *const *dirs, struct problems *problems, struct ruleset **ret)
{
	return load(&(struct overlay_source){ .what = "rule", .dirs = dirs, .suffixes = suffixes,
					      .files_max = SIGMA_FILES_MAX }, problems, ret);
}

int ruleset_load_over(const struct builtin_file *base, char *const *dirs, struct problems *problems, struct ruleset **ret)
{
	return load(&(struct overlay_source){ .what = "rule", .builtin = base, .dirs = dirs, .suffixes = suffixes,
					      .may_be_missing = true, .files_max = SIGMA_FILES_MAX }, problems, ret);
}

int ruleset_load_text(struct bytes text, const char *file, struct problems *problems,
		      struct ruleset **ret)
{
	_cleanup_(ruleset_freep) struct ruleset *rs = calloc(1, sizeof(*rs));
	_cleanup_cjson_ cJSON *documents = NULL;
	size_t errors = problems->errors;
	int r;

	if (!rs)
		return -ENOMEM;

	r = document_parse(text, file, problems, &documents);
	if (r < 0)
		return r;
	r = add_documents(rs, documents, file, problems);
	if (r < 0)
		return r;
	if (problems->errors > errors)
		return -EINVAL;

	*ret = TAKE_PTR(rs);
	return 0;
}

struct ruleset *ruleset_free(struct ruleset *rs)
{
	if (rs) {
		for (size_t i = 0; i < rs->count; i++)
			sigma_rule_free(rs->rules[i]);
		free(rs->rules);
		free(rs);
	}
	return NULL;
}

size_t ruleset_count(const struct ruleset *rs)
{
	return rs->count;
}

const struct sigma_rule *ruleset_rule(const struct ruleset *rs, size_t index)
{
	return index < rs->count ? rs->rules[index] : NULL;
}
