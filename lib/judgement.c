/* judgement.c - see judgement.h.
 *
 * Owns: which keys a file of data has, weights, thresholds.  Names and texts are vocabulary.c's, templates
 * template.c's, which files count overlay.c's.
 *
 * All or nothing, as with rules: with a mistake in any file nothing is loaded, and whoever loads keeps what he had.
 * A weight may be given again in a later file, so that a site changes one without a copy of all; in the end each
 * indicator must have one, since one without would be found and never count.
 */
#include "judgement.h"

#include <errno.h>
#include <stdlib.h>

#include "builtin.h"
#include "document.h"
#include "limits.h"
#include "overlay.h"
#include "template.h"
#include "vocabulary.h"

enum { JUDGED_AS_COUNT = JUDGED_INTERACTIVE + 1 };

struct judgement {
	int weights[INDICATOR_COUNT][JUDGED_AS_COUNT];
	bool weighed[INDICATOR_COUNT];
	struct str techniques[INDICATOR_COUNT], descriptions[INDICATOR_COUNT];
	int suspicious, malicious;	/* 0: not said */
	struct vocabulary *vocabulary;
	struct templates *templates;
};

/* One file. */
struct source {
	struct judgement *judgement;
	const char *file;
	struct problems *problems;
};

static const char *const judged_as_names[JUDGED_AS_COUNT] = {
	[JUDGED_LINE] = "line",
	[JUDGED_MODULE] = "module",
	[JUDGED_MODULE_FUNCTION] = "module-function",
	[JUDGED_LIBRARY] = "library",
	[JUDGED_LIBRARY_FUNCTION] = "library-function",
	[JUDGED_INTERACTIVE] = "interactive",
};

/* ---- what is wrong ---------------------------------------------------------------------------- */

static void refuse(const struct source *s, const cJSON *node, const char *what)
{
	problems_add(s->problems, s->file, document_line(node), document_column(node), "%s", what);
}

static void refuse_key(const struct source *s, const cJSON *node, const char *what)
{
	problems_add(s->problems, s->file, document_key_line(node), document_key_column(node), "unknown %s '%.64s'",
		     what, node->string);
}

/* ---- weights ----------------------------------------------------------------------------------- */

static bool read_number(const struct source *s, const cJSON *node, uint64_t min, int *ret)
{
	uint64_t n;

	if (!cJSON_IsString(node) || bytes_to_u64(bytes_of(node->valuestring), &n) < 0 || n < min ||
	    n > JUDGEMENT_WEIGHT_MAX) {
		problems_add(s->problems, s->file, document_line(node), document_column(node),
			     "must be a number from %u to %d", (unsigned)min, JUDGEMENT_WEIGHT_MAX);
		return false;
	}
	*ret = (int)n;
	return true;
}

static int parse_thresholds(const struct source *s, const cJSON *node)
{
	struct judgement *j = s->judgement;
	const cJSON *item;

	if (!cJSON_IsObject(node)) {
		refuse(s, node, "must be a mapping of 'suspicious' and 'malicious'");
		return 0;
	}
	cJSON_ArrayForEach(item, node) {
		if (bytes_equal(bytes_of(item->string), BYTES_LIT("suspicious")))
			(void)read_number(s, item, 1, &j->suspicious);
		else if (bytes_equal(bytes_of(item->string), BYTES_LIT("malicious")))
			(void)read_number(s, item, 1, &j->malicious);
		else
			refuse_key(s, item, "threshold");
	}
	if (j->suspicious > j->malicious)
		refuse(s, node, "'suspicious' must not be above 'malicious'");
	return 0;
}

static bool judged_as_from_string(struct bytes name, size_t *ret)
{
	for (size_t i = 0; i < JUDGED_AS_COUNT; i++)
		if (bytes_equal(name, bytes_of(judged_as_names[i]))) {
			*ret = i;
			return true;
		}
	return false;
}

/* Places of which few indicators have a weight of their own. */
static const struct {
	enum judged_as place, otherwise;
} optional[] = {
	{ JUDGED_MODULE_FUNCTION, JUDGED_MODULE },
	{ JUDGED_LIBRARY_FUNCTION, JUDGED_LIBRARY },
};

/* One number for all places, or one for each of them. */
static void parse_weight(const struct source *s, const cJSON *node, int weights[static JUDGED_AS_COUNT])
{
	const cJSON *item;
	unsigned seen = 0;
	size_t as;

	if (!cJSON_IsObject(node)) {
		if (read_number(s, node, 0, &weights[0]))
			for (size_t i = 1; i < JUDGED_AS_COUNT; i++)
				weights[i] = weights[0];
		return;
	}
	cJSON_ArrayForEach(item, node) {
		if (judged_as_from_string(bytes_of(item->string), &as)) {
			(void)read_number(s, item, 0, &weights[as]);
			seen |= 1u << as;
		} else {
			refuse_key(s, item, "place");
		}
	}
	for (size_t i = 0; i < ELEMENTSOF(optional); i++)
		if (!(seen & 1u << optional[i].place)) {
			weights[optional[i].place] = weights[optional[i].otherwise];
			seen |= 1u << optional[i].place;
		}
	for (size_t i = 0; i < JUDGED_AS_COUNT; i++)
		if (!(seen & 1u << i))
			problems_add(s->problems, s->file, document_line(node), document_column(node),
				     "has no weight for '%s'", judged_as_names[i]);
}

/* T1546, T1546.018 */
static bool is_technique(struct bytes text)
{
	static const char shape[] = "Tdddd.ddd";

	for (size_t i = 0; i < text.len; i++)
		if (i >= sizeof(shape) - 1 ||
		    (shape[i] == 'd' ? text.ptr[i] < '0' || text.ptr[i] > '9' : text.ptr[i] != shape[i]))
			return false;
	return text.len == sizeof("T1546") - 1 || text.len == sizeof(shape) - 1;
}

static int take_text(struct str *to, const cJSON *node)
{
	str_clear(to);
	return str_append_text(to, node->valuestring);
}

static int parse_description(const struct source *s, const cJSON *node, struct str *to)
{
	if (cJSON_IsString(node) && bytes_of(node->valuestring).len <= JUDGEMENT_DESCRIPTION_MAX)
		return take_text(to, node);
	problems_add(s->problems, s->file, document_line(node), document_column(node),
		     "must be a text of at most %d bytes", JUDGEMENT_DESCRIPTION_MAX);
	return 0;
}

static int parse_technique(const struct source *s, const cJSON *node, struct str *to)
{
	if (cJSON_IsString(node) && is_technique(bytes_of(node->valuestring)))
		return take_text(to, node);
	refuse(s, node, "must be a technique of ATT&CK, as T1546.018");
	return 0;
}

static int parse_indicator(const struct source *s, const cJSON *node)
{
	struct judgement *j = s->judgement;
	const cJSON *item, *weight = NULL;
	enum indicator i;
	int r = 0;

	if (indicator_from_string(bytes_of(node->string), &i) < 0) {
		refuse_key(s, node, "indicator");
		return 0;
	}
	if (!cJSON_IsObject(node)) {
		refuse(s, node, "must be a mapping with 'weight'");
		return 0;
	}
	for (item = node->child; item && r >= 0; item = item->next) {
		struct bytes key = bytes_of(item->string);

		if (bytes_equal(key, BYTES_LIT("weight")))
			weight = item;
		else if (bytes_equal(key, BYTES_LIT("description")))
			r = parse_description(s, item, &j->descriptions[i]);
		else if (bytes_equal(key, BYTES_LIT("technique")))
			r = parse_technique(s, item, &j->techniques[i]);
		else
			refuse_key(s, item, "key");
	}
	if (!weight) {
		refuse(s, node, "has no 'weight'");
		return r;
	}
	parse_weight(s, weight, j->weights[i]);
	j->weighed[i] = true;
	return r;
}

static int parse_indicators(const struct source *s, const cJSON *node)
{
	int r = 0;

	if (!cJSON_IsObject(node))
		refuse(s, node, "must be a mapping of indicators");
	else
		for (const cJSON *item = node->child; item && r >= 0; item = item->next)
			r = parse_indicator(s, item);
	return r;
}

/* ---- documents ---------------------------------------------------------------------------------- */

static int parse_aliases(const struct source *s, const cJSON *node)
{
	return vocabulary_add_aliases(s->judgement->vocabulary, node, s->file, s->problems);
}

static int parse_names(const struct source *s, const cJSON *node)
{
	return vocabulary_add_names(s->judgement->vocabulary, node, s->file, s->problems);
}

static int parse_texts(const struct source *s, const cJSON *node)
{
	return vocabulary_add_texts(s->judgement->vocabulary, node, s->file, s->problems);
}

static int parse_templates(const struct source *s, const cJSON *node)
{
	return templates_add(s->judgement->templates, node, s->file, s->problems);
}

static const struct {
	struct bytes key;
	int (*parse)(const struct source *s, const cJSON *node);
} keys[] = {
	{ BYTES_LIT("thresholds"), parse_thresholds },
	{ BYTES_LIT("indicators"), parse_indicators },
	{ BYTES_LIT("aliases"), parse_aliases },
	{ BYTES_LIT("names"), parse_names },
	{ BYTES_LIT("texts"), parse_texts },
	{ BYTES_LIT("templates"), parse_templates },
};

static int parse_key(const struct source *s, const cJSON *node)
{
	for (size_t i = 0; i < ELEMENTSOF(keys); i++)
		if (bytes_equal(bytes_of(node->string), keys[i].key))
			return keys[i].parse(s, node);
	refuse_key(s, node, "key");
	return 0;
}

static int add_documents(void *userdata, const cJSON *documents, const char *file, struct problems *problems)
{
	const struct source s = { userdata, file, problems };

	for (const cJSON *d = documents->child; d; d = d->next) {
		const cJSON *node;

		if (cJSON_IsNull(d))	/* nothing but comments */
			continue;
		if (!cJSON_IsObject(d)) {
			refuse(&s, d, "must be a mapping ('key: value')");
			continue;
		}
		cJSON_ArrayForEach(node, d) {
			int r = parse_key(&s, node);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* ---- loading --------------------------------------------------------------------------------------- */

static int judgement_new(struct judgement **ret)
{
	_cleanup_(judgement_freep) struct judgement *j = calloc(1, sizeof(*j));
	int r;

	if (!j)
		return -ENOMEM;
	for (unsigned i = 0; i < INDICATOR_COUNT; i++) {
		str_init(&j->techniques[i]);
		str_init(&j->descriptions[i]);
	}
	r = vocabulary_new(&j->vocabulary);
	if (r < 0)
		return r;
	r = templates_new(&j->templates);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(j);
	return 0;
}

static void check_complete(const struct judgement *j, const char *file, struct problems *problems)
{
	for (unsigned i = 0; i < INDICATOR_COUNT; i++)
		if (!j->weighed[i])
			problems_add(problems, file, 0, 0, "no file gives a weight for the indicator '%s'",
				     indicator_to_string((enum indicator)i));
	if (j->suspicious == 0 || j->malicious == 0)
		problems_add(problems, file, 0, 0, "no file gives the thresholds 'suspicious' and 'malicious'");
}

/* The directories over the defaults, and one text more. */
static int load(char *const *dirs, struct bytes text, const char *file, struct problems *problems, struct judgement **ret)
{
	static const char *const suffixes[] = { ".yml", ".yaml", NULL };
	const struct overlay_source source = {
		.what = "judgement", .builtin = builtin_judgement, .dirs = dirs, .suffixes = suffixes,
		.may_be_missing = true, .files_max = JUDGEMENT_FILES_MAX,
	};
	_cleanup_(judgement_freep) struct judgement *j = NULL;
	_cleanup_cjson_ cJSON *documents = NULL;
	size_t errors = problems->errors;
	int r;

	r = judgement_new(&j);
	if (r < 0)
		return r;
	r = overlay_load(&source, problems, add_documents, j);
	if (r < 0)
		return r;
	if (text.ptr) {
		r = document_parse(text, file, problems, &documents);
		if (r >= 0)
			r = add_documents(j, documents, file, problems);
		if (r < 0)
			return r;
	}
	check_complete(j, dirs && dirs[0] ? dirs[0] : file, problems);
	if (problems->errors > errors)
		return -EINVAL;

	r = vocabulary_finish(j->vocabulary);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(j);
	return 0;
}

int judgement_load(char *const *dirs, struct problems *problems, struct judgement **ret)
{
	return load(dirs, BYTES_NONE, "judgement", problems, ret);
}

int judgement_load_text(struct bytes text, const char *file, struct problems *problems, struct judgement **ret)
{
	return load(NULL, text, file, problems, ret);
}

struct judgement *judgement_free(struct judgement *j)
{
	if (j) {
		vocabulary_free(j->vocabulary);
		templates_free(j->templates);
		for (unsigned i = 0; i < INDICATOR_COUNT; i++) {
			str_release(&j->techniques[i]);
			str_release(&j->descriptions[i]);
		}
		free(j);
	}
	return NULL;
}

/* ---- asking ------------------------------------------------------------------------------------------ */

int judgement_weight(const struct judgement *j, enum indicator i, enum judged_as as)
{
	return j->weights[i][as];
}

struct bytes judgement_technique(const struct judgement *j, enum indicator i)
{
	return str_bytes(&j->techniques[i]);
}

struct bytes judgement_description(const struct judgement *j, enum indicator i)
{
	return str_bytes(&j->descriptions[i]);
}

enum judgement_answer judgement_of_score(const struct judgement *j, int score)
{
	return score >= j->malicious ? JUDGEMENT_MALICIOUS :
	       score >= j->suspicious ? JUDGEMENT_SUSPICIOUS : JUDGEMENT_NOTHING;
}

unsigned judgement_name(const struct judgement *j, struct bytes name)
{
	/* That a module is there says nothing of what it does. */
	return vocabulary_name(j->vocabulary, name) & ~(unsigned)NAME_LIBRARY;
}

bool judgement_is_library(const struct judgement *j, struct bytes module)
{
	ptrdiff_t dot = bytes_find_byte(module, '.', 0);

	return vocabulary_name(j->vocabulary, dot < 0 ? module : bytes_slice(module, 0, (size_t)dot)) & NAME_LIBRARY;
}

uint64_t judgement_text(const struct judgement *j, struct bytes text)
{
	return vocabulary_text(j->vocabulary, text);
}

const char *judgement_template(const struct judgement *j, enum template_kind kind, struct bytes file, struct bytes text)
{
	return templates_match(j->templates, kind, file, text);
}

bool judgement_is_known_name(const struct judgement *j, enum template_kind kind, struct bytes file)
{
	return templates_know_name(j->templates, kind, file);
}
