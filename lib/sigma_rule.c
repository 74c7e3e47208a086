/* sigma_rule.c - from one YAML document to a compiled rule, and asking it.
 *
 * What is compiled is exactly what ruleset.h lists.  A rule that says more than
 * that is refused with the place of what is not understood: a rule that loads
 * but can never match would be worse than no rule, because somebody relies on it.
 *
 *	detection                     a condition over named selections
 *	  selection = a or b or ...   groups: one map, or a list's entries
 *	    group = a and b and ...   items: the keys of one map
 *	      item                    one field, one way to compare, some values
 *
 * An item without a field is a keyword: it looks at every field there is.  (Sigma
 * says: at the whole log message; the fields together are ours.)
 *
 * Parsing goes on after a mistake, so that one run of `pyhookd --check` shows
 * them all; whatever is half made is freed with the rule.
 */
#include "sigma_rule.h"

#include "document.h"
#include "limits.h"
#include "sigma_condition.h"

#define TITLE_CHARS_MAX 256	/* sigma-specification, Title */

enum item_kind {
	ITEM_VALUES,
	ITEM_EXISTS,
	ITEM_EXISTS_NOT,
};

struct item {
	const struct field *field;	/* NULL: any field */
	enum item_kind kind;
	bool all;			/* every value must be found, not just one */
	bool null;			/* `null` is among the values */
	struct matcher **values;
	size_t count;
};

struct group {
	struct item *items;
	size_t count;
};

struct selection {
	struct group *groups;
	size_t count;
};

struct sigma_detection {
	struct selection *selections;
	size_t count;
	struct sigma_condition **conditions;	/* the rule hits if one of them holds */
	size_t condition_count;
};

struct parser {
	const char *file;
	struct problems *problems;
};

#define PROBLEM_AT(p, line, column, ...) problems_add((p)->problems, (p)->file, line, column, __VA_ARGS__)
#define PROBLEM(p, node, ...) \
	PROBLEM_AT(p, document_line(node), document_column(node), __VA_ARGS__)
#define KEY_PROBLEM(p, node, ...) \
	PROBLEM_AT(p, document_key_line(node), document_key_column(node), __VA_ARGS__)
#define KEY_WARNING(p, node, ...) \
	problems_warn((p)->problems, (p)->file, document_key_line(node), document_key_column(node), __VA_ARGS__)
#define SHOW(b) (int)((b).len < 64 ? (b).len : 64), (b).ptr

/* ---- the tree ------------------------------------------------------------- */

static struct bytes text_of(const cJSON *node)
{
	return bytes_of(node->valuestring);
}

/* A member by its exact name.  Linear, but so are rules. */
static const cJSON *member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

static size_t child_count(const cJSON *node)
{
	return (size_t)cJSON_GetArraySize(node);
}

/* The node itself, or the entries of a list: Sigma takes one where it takes many. */
static const cJSON *first_of(const cJSON *node)
{
	return cJSON_IsArray(node) ? node->child : node;
}

static const cJSON *next_of(const cJSON *node, const cJSON *entry)
{
	return cJSON_IsArray(node) ? entry->next : NULL;
}

/* Copy the text of an optional member.  0, or -ENOMEM; another type is a problem. */
static int copy_text(struct parser *p, const cJSON *object, const char *name, bool required, char **ret)
{
	const cJSON *node = member(object, name);

	if (!node || cJSON_IsNull(node)) {
		if (required)
			PROBLEM(p, node ? node : object, "the rule has no %s: add one", name);
		return 0;
	}
	if (!cJSON_IsString(node)) {
		PROBLEM(p, node, "%s must be a text", name);
		return 0;
	}
	*ret = strdup(node->valuestring);
	return *ret ? 0 : -ENOMEM;
}

/* ---- items ---------------------------------------------------------------- */

enum modifier_group { GROUP_WHERE, GROUP_RE, GROUP_RE_OPTION, GROUP_EXISTS, GROUP_ALL, GROUP_CASED };

static const struct modifier {
	const char *name;
	enum modifier_group group;
	unsigned value;			/* enum matcher_where or matcher_option */
} modifiers[] = {
	{ "contains", GROUP_WHERE, MATCHER_CONTAINS },
	{ "startswith", GROUP_WHERE, MATCHER_STARTSWITH },
	{ "endswith", GROUP_WHERE, MATCHER_ENDSWITH },
	{ "re", GROUP_RE, 0 },
	{ "i", GROUP_RE_OPTION, MATCHER_IGNORE_CASE },
	{ "m", GROUP_RE_OPTION, MATCHER_MULTILINE },
	{ "s", GROUP_RE_OPTION, MATCHER_DOTALL },
	{ "all", GROUP_ALL, 0 },
	{ "cased", GROUP_CASED, 0 },
	{ "exists", GROUP_EXISTS, 0 },
};

static const struct modifier *find_modifier(struct bytes name)
{
	for (size_t i = 0; i < ELEMENTSOF(modifiers); i++)
		if (bytes_equal(name, bytes_of(modifiers[i].name)))
			return &modifiers[i];
	return NULL;
}

/* What a key says about its values. */
struct comparison {
	unsigned seen;			/* 1 << enum modifier_group, or-ed */
	enum matcher_where where;
	unsigned options;		/* of a regular expression */
};

static bool has(const struct comparison *c, enum modifier_group group)
{
	return c->seen & 1u << group;
}

/* Take the next part of "Field|modifier|modifier" off *key; the offset behind
 * it goes on counting in *at.  False: none is left. */
static bool next_part(struct bytes key, size_t *at, struct bytes *ret)
{
	ptrdiff_t bar;
	size_t end;

	if (*at > key.len)
		return false;
	bar = bytes_find_byte(key, '|', *at);
	end = bar < 0 ? key.len : (size_t)bar;
	*ret = bytes_slice(key, *at, end - *at);
	*at = end + 1;
	return true;
}

static void parse_key(struct parser *p, const cJSON *node, struct item *item, struct comparison *c)
{
	struct bytes key = bytes_of(node->string), part;
	unsigned line = document_key_line(node), column = document_key_column(node);
	bool keyword, after_re = false;
	size_t at = 0, from;

	(void)next_part(key, &at, &part);
	keyword = part.len == 0;
	item->field = keyword ? NULL : field_find(part);
	if (!keyword && !item->field) {
		PROBLEM_AT(p, line, column, "unknown field '%.*s': pyhookd.rules(5) lists them all", SHOW(part));
		item->field = field_table;	/* any, so that its values are not taken for keywords */
	}
	if (keyword && at > key.len)
		PROBLEM_AT(p, line, column, "a field's name is missing before the colon");

	for (from = at; next_part(key, &at, &part); from = at) {
		const struct modifier *m = find_modifier(part);
		unsigned here = column + (unsigned)from;

		if (!m) {
			PROBLEM_AT(p, line, here, "unknown modifier '%.*s': use contains, startswith, endswith, re (with i, m, s), all, cased or exists",
				   SHOW(part));
			continue;
		}
		if (m->group == GROUP_RE_OPTION) {
			if (!after_re)
				PROBLEM_AT(p, line, here, "'%s' belongs directly behind 're'", m->name);
			c->options |= m->value;
			continue;
		}
		if (has(c, m->group))
			PROBLEM_AT(p, line, here, m->group == GROUP_WHERE ?
				   "'%s' cannot be combined with another place: use one of contains, startswith, endswith" :
				   "'%s' stands here a second time", m->name);
		if (m->group == GROUP_WHERE)
			c->where = (enum matcher_where)m->value;
		c->seen |= 1u << m->group;
		after_re = m->group == GROUP_RE;
	}

	if (has(c, GROUP_RE) && has(c, GROUP_WHERE))
		PROBLEM_AT(p, line, column, "'re' cannot be combined with contains, startswith or endswith: use ^, $ and .*");
	if (has(c, GROUP_RE) && has(c, GROUP_CASED))
		PROBLEM_AT(p, line, column, "'re' is case-sensitive already: remove 'cased'");
	if (has(c, GROUP_EXISTS) && (c->seen != 1u << GROUP_EXISTS || keyword))
		PROBLEM_AT(p, line, column, "'exists' stands alone behind a field's name");
}

static int parse_value(struct parser *p, const cJSON *node, const struct comparison *c, struct item *item)
{
	_cleanup_(matcher_freep) struct matcher *m = NULL;
	struct matcher_error err;
	struct bytes text;
	int r;

	if (cJSON_IsNull(node)) {
		if (!item->field || has(c, GROUP_WHERE) || has(c, GROUP_RE) || has(c, GROUP_CASED))
			PROBLEM(p, node, "null can only be compared with a field as a whole, without modifiers");
		item->null = true;
		return 0;
	}
	if (!cJSON_IsString(node)) {
		PROBLEM(p, node, "a value must be a text, a number or null, not a list or a mapping");
		return 0;
	}

	text = text_of(node);
	if (text.len == 0 && (!item->field || has(c, GROUP_WHERE) || has(c, GROUP_RE))) {
		PROBLEM(p, node, "an empty text would match every value: write what to look for, or use '|exists: true'");
		return 0;
	}

	if (has(c, GROUP_RE)) {
		r = matcher_new_regex(text, c->options, &m, &err);
		if (r == -EINVAL) {
			PROBLEM_AT(p, document_line(node), document_text_column(node) + (unsigned)err.offset,
				   "not a regular expression: %s (at byte %zu of it)", err.text, err.offset);
			return 0;
		}
	} else {
		r = matcher_new_text(text, item->field ? c->where : MATCHER_CONTAINS,
				     has(c, GROUP_CASED) ? 0 : MATCHER_IGNORE_CASE, &m);
		if (r == -E2BIG) {
			PROBLEM(p, node, "longer than %d bytes", MATCHER_PATTERN_BYTES_MAX);
			return 0;
		}
	}
	if (r < 0)
		return r;

	item->values[item->count++] = TAKE_PTR(m);
	return 0;
}

static void parse_exists(struct parser *p, const cJSON *node, struct item *item)
{
	struct bytes text = cJSON_IsString(node) ? text_of(node) : BYTES_NONE;

	if (bytes_equal(text, BYTES_LIT("true")))
		item->kind = ITEM_EXISTS;
	else if (bytes_equal(text, BYTES_LIT("false")))
		item->kind = ITEM_EXISTS_NOT;
	else
		PROBLEM(p, node, "'exists' takes true or false");
}

/* One or more values for an item whose key has been read. */
static int parse_values(struct parser *p, const cJSON *node, const struct comparison *c, struct item *item)
{
	size_t count = cJSON_IsArray(node) ? child_count(node) : 1;

	if (count == 0) {
		PROBLEM(p, node, "the list of values is empty");
		return 0;
	}
	item->all = has(c, GROUP_ALL);
	if (item->all && count == 1)	/* sigma-appendix-modifiers, all */
		KEY_PROBLEM(p, node, "'all' needs a list of several values: remove it");

	item->values = calloc(count, sizeof(item->values[0]));
	if (!item->values)
		return -ENOMEM;
	for (const cJSON *v = first_of(node); v; v = next_of(node, v)) {
		int r = parse_value(p, v, c, item);

		if (r < 0)
			return r;
	}
	return 0;
}

static int parse_item(struct parser *p, const cJSON *node, struct item *item)
{
	struct comparison c = { 0 };

	parse_key(p, node, item, &c);
	if (has(&c, GROUP_EXISTS)) {
		parse_exists(p, node, item);
		return 0;
	}
	return parse_values(p, node, &c, item);
}

/* ---- selections ------------------------------------------------------------- */

static int parse_group(struct parser *p, const cJSON *node, struct group *group)
{
	size_t count = cJSON_IsObject(node) ? child_count(node) : 1;

	if (count == 0) {
		PROBLEM(p, node, "an empty map would match every event: name a field");
		return 0;
	}
	group->items = calloc(count, sizeof(group->items[0]));
	if (!group->items)
		return -ENOMEM;

	if (!cJSON_IsObject(node)) {	/* a keyword */
		struct comparison c = { 0 };

		return parse_values(p, node, &c, &group->items[group->count++]);
	}
	for (const cJSON *n = node->child; n; n = n->next) {
		int r = parse_item(p, n, &group->items[group->count++]);

		if (r < 0)
			return r;
	}
	return 0;
}

static int parse_selection(struct parser *p, const cJSON *node, struct selection *selection)
{
	size_t count = cJSON_IsArray(node) ? child_count(node) : 1;

	if (sigma_condition_is_reserved(bytes_of(node->string)))
		KEY_PROBLEM(p, node, "'%.64s' is a word of the condition: give the selection another name",
			    node->string);
	if (!cJSON_IsArray(node) && !cJSON_IsObject(node)) {
		PROBLEM(p, node, "'%.64s' must be a map of fields, or a list of maps or texts", node->string);
		return 0;
	}
	if (count == 0) {
		PROBLEM(p, node, "the list is empty");
		return 0;
	}

	selection->groups = calloc(count, sizeof(selection->groups[0]));
	if (!selection->groups)
		return -ENOMEM;
	for (const cJSON *n = first_of(node); n; n = next_of(node, n)) {
		int r;

		if (cJSON_IsArray(n)) {
			PROBLEM(p, n, "a list inside a list: make each entry a map or a text");
			continue;
		}
		r = parse_group(p, n, &selection->groups[selection->count++]);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- the condition ---------------------------------------------------------- */

static int parse_conditions(struct parser *p, const cJSON *node, const struct bytes *names,
			    const cJSON *const *nodes, struct sigma_detection *d)
{
	size_t count = cJSON_IsArray(node) ? child_count(node) : 1, errors = p->problems->errors;
	_cleanup_free_ bool *used = calloc(d->count + 1, sizeof(*used));

	d->conditions = calloc(count + 1, sizeof(d->conditions[0]));
	if (!used || !d->conditions)
		return -ENOMEM;
	if (count == 0)
		PROBLEM(p, node, "the condition is empty: name a selection");

	for (const cJSON *n = first_of(node); n; n = next_of(node, n)) {
		struct sigma_condition_error err;
		int r;

		if (!cJSON_IsString(n)) {
			PROBLEM(p, n, "the condition must be a text such as 'selection and not filter'");
			continue;
		}
		r = sigma_condition_parse(text_of(n), names, d->count, used,
					  &d->conditions[d->condition_count], &err);
		if (r == -EINVAL)
			PROBLEM_AT(p, document_line(n), document_text_column(n) + (unsigned)err.offset,
				   "%s", err.text);
		else if (r < 0)
			return r;
		else
			d->condition_count++;
	}

	/* Most often a filter that was written and forgotten. */
	if (p->problems->errors == errors)
		for (size_t i = 0; i < d->count; i++)
			if (!used[i])
				KEY_WARNING(p, nodes[i], "no condition uses '%.*s'", SHOW(names[i]));
	return 0;
}

static int parse_detection(struct parser *p, const cJSON *rule, struct sigma_detection *d)
{
	_cleanup_free_ struct bytes *names = NULL;
	_cleanup_free_ const cJSON **nodes = NULL;
	const cJSON *detection = member(rule, "detection"), *condition;
	size_t count;

	if (!cJSON_IsObject(detection)) {
		PROBLEM(p, detection ? detection : rule, detection ?
			"detection must be a map of selections and a condition" :
			"the rule has no detection: add one");
		return 0;
	}

	count = child_count(detection);
	if (count > SIGMA_SELECTIONS_MAX) {
		KEY_PROBLEM(p, detection, "more than %d selections", SIGMA_SELECTIONS_MAX);
		return 0;
	}
	d->selections = calloc(count + 1, sizeof(d->selections[0]));
	names = calloc(count + 1, sizeof(*names));
	nodes = calloc(count + 1, sizeof(*nodes));
	if (!d->selections || !names || !nodes)
		return -ENOMEM;

	for (const cJSON *n = detection->child; n; n = n->next) {
		struct bytes name = bytes_of(n->string);
		int r;

		if (bytes_equal(name, BYTES_LIT("condition")))
			continue;
		if (bytes_equal(name, BYTES_LIT("timeframe"))) {
			KEY_PROBLEM(p, n, "timeframe (correlation of events) is not supported: remove it");
			continue;
		}
		names[d->count] = name;
		nodes[d->count] = n;
		r = parse_selection(p, n, &d->selections[d->count++]);
		if (r < 0)
			return r;
	}

	condition = member(detection, "condition");
	if (!condition) {
		KEY_PROBLEM(p, detection, "the detection has no condition: add one, such as 'condition: selection'");
		return 0;
	}
	return parse_conditions(p, condition, names, nodes, d);
}

/* ---- the rest of the rule --------------------------------------------------- */

/* Keys of a rule (sigma-specification 2, sigma-detection-rule-schema.json) and ours. */
static const char *const rule_keys[] = {
	"title", "id", "name", "related", "taxonomy", "status", "description", "license", "references",
	"author", "date", "modified", "logsource", "detection", "fields", "falsepositives", "level",
	"tags", "scope", "custom", "regression_tests_path", "simulation",
};

/* Documents that are no detection rules. */
static const struct {
	const char *key, *what;
} other_documents[] = {
	{ "correlation", "correlation rules are not supported" },
	{ "filter", "global filters are not supported: put a 'not filter_...' into the rule's own condition" },
	{ "action", "rule collections ('action: ...') are not supported: write each rule out" },
};

static const struct {
	const char *name;
	unsigned category;
} categories[] = {
	{ "file_event", CATEGORY_FILE_EVENT },
	{ "file_change", CATEGORY_FILE_EVENT },
	{ "file_delete", CATEGORY_FILE_EVENT },
	{ "file_rename", CATEGORY_FILE_EVENT },
	{ "registry_set", CATEGORY_REGISTRY_SET },
	{ "registry_event", CATEGORY_REGISTRY_SET },
};

static void check_keys(struct parser *p, const cJSON *rule)
{
	for (const cJSON *n = rule->child; n; n = n->next) {
		bool known = false;

		for (size_t i = 0; i < ELEMENTSOF(rule_keys) && !known; i++)
			known = bytes_equal(bytes_of(n->string), bytes_of(rule_keys[i]));
		for (size_t i = 0; i < ELEMENTSOF(other_documents) && !known; i++)
			if (bytes_equal(bytes_of(n->string), bytes_of(other_documents[i].key))) {
				KEY_PROBLEM(p, n, "%s", other_documents[i].what);
				known = true;
			}
		if (!known)
			KEY_WARNING(p, n, "unknown key '%.64s' is not looked at: a misspelling? (own keys belong below 'custom')",
				    n->string);
	}
}

/* RFC 9562: 8-4-4-4-12 hexadecimal digits. */
static bool is_uuid(struct bytes b)
{
	if (b.len != 36)
		return false;
	for (size_t i = 0; i < b.len; i++) {
		char c = b.ptr[i];

		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (c != '-')
				return false;
		} else if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) {
			return false;
		}
	}
	return true;
}

static size_t count_chars(struct bytes utf8)
{
	size_t n = 0;

	for (size_t i = 0; i < utf8.len; i++)
		n += ((unsigned char)utf8.ptr[i] & 0xc0) != 0x80;
	return n;
}

static void parse_level(struct parser *p, const cJSON *object, struct sigma_rule *rule)
{
	const cJSON *node = member(object, "level");

	if (!node)
		PROBLEM(p, object, "the rule has no level: add one of informational, low, medium, high, critical");
	else if (!cJSON_IsString(node) || level_from_string(text_of(node), &rule->level) < 0)
		PROBLEM(p, node, "unknown level: use informational, low, medium, high or critical");
}

static void parse_logsource(struct parser *p, const cJSON *object, struct sigma_rule *rule)
{
	const cJSON *source = member(object, "logsource"), *category, *product, *service;

	if (!cJSON_IsObject(source)) {
		PROBLEM(p, source ? source : object, source ?
			"logsource must be a map with a category" :
			"the rule has no logsource: add 'logsource: {category: file_event, product: linux}'");
		return;
	}

	category = member(source, "category");
	if (!category) {
		KEY_PROBLEM(p, source, "logsource has no category: use file_event or registry_set");
	} else {
		for (size_t i = 0; i < ELEMENTSOF(categories); i++)
			if (cJSON_IsString(category) &&
			    bytes_equal(text_of(category), bytes_of(categories[i].name)))
				rule->category = categories[i].category;
		if (rule->category == 0)
			PROBLEM(p, category, "unknown category: use file_event (file_change, file_delete, file_rename) or registry_set (registry_event)");
	}

	service = member(source, "service");
	if (service)
		KEY_WARNING(p, service, "logsource's service is not looked at");

	product = member(source, "product");
	if (product && !cJSON_IsString(product)) {
		PROBLEM(p, product, "product must be a text");
	} else if (product && !bytes_equal(text_of(product), BYTES_LIT("linux"))) {
		problems_warn(p->problems, p->file, document_line(product), document_column(product),
			      "a rule for '%.64s' is loaded but no event of this host is shown to it",
			      product->valuestring);
		rule->category = 0;
	}
}

static int parse_tags(struct parser *p, const cJSON *object, struct sigma_rule *rule)
{
	const cJSON *tags = member(object, "tags");
	size_t count = 0;

	if (tags && !cJSON_IsArray(tags)) {
		PROBLEM(p, tags, "tags must be a list of texts");
		tags = NULL;
	}
	rule->tags = calloc((tags ? child_count(tags) : 0) + 1, sizeof(rule->tags[0]));
	if (!rule->tags)
		return -ENOMEM;

	for (const cJSON *n = tags ? tags->child : NULL; n; n = n->next) {
		if (!cJSON_IsString(n)) {
			PROBLEM(p, n, "a tag must be a text");
			continue;
		}
		rule->tags[count] = strdup(n->valuestring);
		if (!rule->tags[count++])
			return -ENOMEM;
	}
	return 0;
}

static int parse_custom(struct parser *p, const cJSON *object, struct sigma_rule *rule)
{
	const cJSON *custom = member(object, "custom"), *type;

	if (!custom)
		return 0;
	if (!cJSON_IsObject(custom)) {
		PROBLEM(p, custom, "custom must be a map");
		return 0;
	}

	type = member(custom, "detection_type");
	if (type && (!cJSON_IsString(type) ||
		     detection_type_from_string(text_of(type), &rule->detection_type) < 0))
		PROBLEM(p, type, "unknown detection_type: pyhookd.rules(5) lists them");
	for (const cJSON *n = custom->child; n; n = n->next)
		if (n != type && !bytes_equal(bytes_of(n->string), BYTES_LIT("summary")))
			KEY_WARNING(p, n, "unknown key '%.64s': detection_type and summary are looked at here",
				    n->string);
	return copy_text(p, custom, "summary", false, &rule->summary);
}

int sigma_rule_parse(const cJSON *document, const char *file, struct problems *problems,
		     struct sigma_rule **ret)
{
	_cleanup_(sigma_rule_freep) struct sigma_rule *rule = NULL;
	struct parser p = { file, problems };
	size_t errors = problems->errors;
	int r;

	if (!cJSON_IsObject(document)) {
		PROBLEM(&p, document, "a rule must be a map that begins with its title");
		return -EINVAL;
	}

	rule = calloc(1, sizeof(*rule));
	if (!rule)
		return -ENOMEM;
	rule->detection = calloc(1, sizeof(*rule->detection));
	rule->file = strdup(file);
	if (!rule->detection || !rule->file)
		return -ENOMEM;

	check_keys(&p, document);
	r = copy_text(&p, document, "title", true, &rule->title);
	if (r < 0)
		return r;
	r = copy_text(&p, document, "id", true, &rule->id);
	if (r < 0)
		return r;
	r = copy_text(&p, document, "description", false, &rule->description);
	if (r < 0)
		return r;
	if (rule->title && count_chars(bytes_of(rule->title)) > TITLE_CHARS_MAX)
		PROBLEM(&p, member(document, "title"), "title is longer than %d characters", TITLE_CHARS_MAX);
	if (rule->id && !is_uuid(bytes_of(rule->id)))
		PROBLEM(&p, member(document, "id"), "id must be a UUID: `uuidgen` makes one");

	parse_level(&p, document, rule);
	parse_logsource(&p, document, rule);
	r = parse_tags(&p, document, rule);
	if (r < 0)
		return r;
	r = parse_custom(&p, document, rule);
	if (r < 0)
		return r;
	r = parse_detection(&p, document, rule->detection);
	if (r < 0)
		return r;
	if (problems->errors > errors)
		return -EINVAL;

	*ret = TAKE_PTR(rule);
	return 0;
}

static void detection_free(struct sigma_detection *d)
{
	if (!d)
		return;
	for (size_t s = 0; s < d->count; s++) {
		struct selection *selection = &d->selections[s];

		for (size_t g = 0; g < selection->count; g++) {
			struct group *group = &selection->groups[g];

			for (size_t i = 0; i < group->count; i++) {
				for (size_t v = 0; v < group->items[i].count; v++)
					matcher_free(group->items[i].values[v]);
				free(group->items[i].values);
			}
			free(group->items);
		}
		free(selection->groups);
	}
	for (size_t c = 0; c < d->condition_count; c++)
		sigma_condition_free(d->conditions[c]);
	free(d->conditions);
	free(d->selections);
	free(d);
}

struct sigma_rule *sigma_rule_free(struct sigma_rule *rule)
{
	if (!rule)
		return NULL;
	free(rule->id);
	free(rule->title);
	free(rule->description);
	free(rule->summary);
	free(rule->file);
	for (char **tag = rule->tags; tag && *tag; tag++)
		free(*tag);
	free(rule->tags);
	detection_free(rule->detection);
	free(rule);
	return NULL;
}

/* ---- asking ------------------------------------------------------------------ */

static const struct field_values *values_of(struct sigma_scratch *s, const struct field *field)
{
	struct field_values *v = &s->values[field - field_table];

	if (!v->fetched) {
		v->count = field->get(s->facts, v->list, FIELD_VALUES_MAX);
		v->fetched = true;
	}
	return v;
}

/* Does one of the field's values match? */
static int field_matches(const struct field *field, const struct matcher *m, struct sigma_scratch *s)
{
	const struct field_values *v = values_of(s, field);

	for (size_t i = 0; i < v->count; i++) {
		int r = matcher_match(m, s->matcher, v->list[i]);

		if (r == -E2BIG) {
			s->limited++;
			continue;
		}
		if (r != 0)
			return r;
	}
	return 0;
}

static int any_field_matches(const struct matcher *m, struct sigma_scratch *s)
{
	for (const struct field *f = field_table; f->name; f++) {
		int r = field_matches(f, m, s);

		if (r != 0)
			return r;
	}
	return 0;
}

/* `null`: there is no value, or none with anything in it. */
static bool field_is_null(const struct field *field, struct sigma_scratch *s)
{
	const struct field_values *v = values_of(s, field);

	for (size_t i = 0; i < v->count; i++)
		if (v->list[i].len > 0)
			return false;
	return true;
}

static int item_matches(const struct item *item, struct sigma_scratch *s)
{
	if (item->kind != ITEM_VALUES)
		return (values_of(s, item->field)->count > 0) == (item->kind == ITEM_EXISTS);

	if (item->null && field_is_null(item->field, s) != item->all)
		return !item->all;
	for (size_t i = 0; i < item->count; i++) {
		int r = item->field ? field_matches(item->field, item->values[i], s)
				    : any_field_matches(item->values[i], s);

		if (r < 0 || (r > 0) != item->all)
			return r;
	}
	return item->all;
}

struct asking {
	const struct sigma_detection *detection;
	struct sigma_scratch *scratch;
};

static int selection_matches(size_t index, void *userdata)
{
	const struct asking *a = userdata;
	const struct selection *selection = &a->detection->selections[index];

	for (size_t g = 0; g < selection->count; g++) {
		const struct group *group = &selection->groups[g];
		int r = 1;

		for (size_t i = 0; i < group->count && r == 1; i++)
			r = item_matches(&group->items[i], a->scratch);
		if (r != 0)
			return r;
	}
	return 0;
}

int sigma_rule_match(const struct sigma_rule *rule, struct sigma_scratch *scratch)
{
	struct asking asking = { rule->detection, scratch };

	for (size_t i = 0; i < rule->detection->condition_count; i++) {
		int r = sigma_condition_eval(rule->detection->conditions[i], selection_matches, &asking);

		if (r != 0)
			return r;
	}
	return 0;
}
