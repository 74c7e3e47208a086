/* config.c - the table of keys, and the walk that applies a file to it.
 *
 * Owns: names, types, bounds and defaults of all keys.  Must not own: YAML
 * (document.c), what a value does (daemon/).
 *
 * A key is a line of config_table: its parser knows the type, its offset the
 * place.  Defaults are written in the table as a user would write them and
 * go through the same parsers, as do the daemon's options (config_set()), so there is
 * one notion of a valid value.
 *
 * The walk never stops at a problem, so that `pyhookd --check` shows all of them.
 * What a user meant is guessed only to say it ("did you mean"), never to act on it.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>

#include "cleanup.h"
#include "document.h"
#include "escape.h"
#include "limits.h"
#include "str.h"

struct config_source {
	const char *file;
	struct problems *problems;
};

/* ---- what is wrong ----------------------------------------------------------- */

/* `what` for the node, about its value where it has one.  Answers -EINVAL, or
 * -ENOMEM. */
static int refuse(const struct config_source *s, const char *name, const cJSON *node,
		  const char *what, const char *detail)
{
	_cleanup_str_ struct str text = STR_INIT;
	int r;

	r = str_appendf(&text, "'%s' ", name);
	if (r >= 0)
		r = str_append_text(&text, what);
	if (r >= 0)
		r = str_append_text(&text, detail);
	if (r >= 0 && cJSON_IsString(node)) {
		r = str_append_text(&text, ", not ");
		if (r >= 0)
			r = escape_append_quoted(&text, bytes_of(node->valuestring),
						 CONFIG_QUOTE_BYTES_MAX, ESCAPE_CUT_END);
	}
	if (r < 0)
		return r;

	problems_add(s->problems, s->file, document_line(node), document_column(node), "%s",
		     text.buf);
	return -EINVAL;
}

static int refuse_type(const struct config_source *s, const struct config_key *key,
		       const cJSON *node)
{
	if (cJSON_IsNull(node)) {
		problems_add(s->problems, s->file, document_line(node), document_column(node),
			     "'%s' has no value (to have the default, remove the key)", key->name);
		return -EINVAL;
	}
	return refuse(s, key->name, node, "must be ", key->expects);
}

/* ---- types --------------------------------------------------------------------- */

/* Normalised; NULL with *ret_why for what is no path, without for want of memory. */
static char *normal_path(struct bytes text, const char **ret_why)
{
	_cleanup_str_ struct str path = STR_INIT;
	struct bytes component;

	*ret_why = NULL;
	if (text.len == 0 || text.ptr[0] != '/') {
		*ret_why = "must be an absolute path (beginning with '/')";
		return NULL;
	}
	if (text.len >= PATH_MAX) {
		*ret_why = "is longer than a path can be";
		return NULL;
	}
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7f) {
			*ret_why = "must not contain control characters";
			return NULL;
		}

	while (bytes_next_component(&text, &component)) {
		if (bytes_equal(component, BYTES_LIT(".")) ||
		    bytes_equal(component, BYTES_LIT(".."))) {
			*ret_why = "must be a path without '.' and '..'";
			return NULL;
		}
		if (str_append_char(&path, '/') < 0 || str_append_bytes(&path, component) < 0)
			return NULL;
	}
	if (path.len == 0 && str_append_char(&path, '/') < 0)
		return NULL;
	return str_detach(&path);
}

static int parse_path(const struct config_source *s, const struct config_key *key,
		      const cJSON *node, void *field)
{
	char **ret = field, *path;
	const char *why;

	if (!cJSON_IsString(node))
		return refuse_type(s, key, node);
	path = normal_path(bytes_of(node->valuestring), &why);
	if (!path)
		return why ? refuse(s, key->name, node, why, "") : -ENOMEM;

	free(*ret);
	*ret = path;
	return 0;
}

static void list_free(char **list)
{
	for (char **one = list; one && *one; one++)
		free(*one);
	free(list);
}

static void list_freep(char ***list)
{
	list_free(*list);
}

/* A sequence of as many elements as the key allows. */
static int check_list(const struct config_source *s, const struct config_key *key,
		      const cJSON *node, size_t *ret)
{
	char detail[64];
	int count;

	if (cJSON_IsString(node)) {
		_cleanup_str_ struct str text = STR_INIT;
		int r = escape_append_max(&text, bytes_of(node->valuestring),
					  CONFIG_QUOTE_BYTES_MAX, ESCAPE_CUT_END);

		if (r < 0)
			return r;
		problems_add(s->problems, s->file, document_line(node), document_column(node),
			     "'%s' must be a list (write '[%s]')", key->name, text.buf);
		return -EINVAL;
	}
	if (!cJSON_IsArray(node))
		return refuse_type(s, key, node);

	count = cJSON_GetArraySize(node);
	if ((uint64_t)count < key->min || (uint64_t)count > key->max) {
		(void)snprintf(detail, sizeof(detail), "%llu to %llu elements, not %d",
			       (unsigned long long)key->min, (unsigned long long)key->max, count);
		return refuse(s, key->name, node, "must have ", detail);
	}
	*ret = (size_t)count;
	return 0;
}

static int refuse_double(const struct config_source *s, const struct config_key *key,
			 const cJSON *node, const cJSON *first)
{
	_cleanup_str_ struct str text = STR_INIT;
	int r = escape_append_quoted(&text, bytes_of(node->valuestring), CONFIG_QUOTE_BYTES_MAX,
				     ESCAPE_CUT_MIDDLE);

	if (r < 0)
		return r;
	problems_add(s->problems, s->file, document_line(node), document_column(node),
		     "%s is in '%s' twice (first in line %u)", text.buf, key->name,
		     document_line(first));
	return -EINVAL;
}

static int parse_paths(const struct config_source *s, const struct config_key *key,
		       const cJSON *node, void *field)
{
	_cleanup_(list_freep) char **list = NULL;
	char ***ret = field;
	const cJSON *item;
	size_t count, n = 0;
	int r, result = 0;

	r = check_list(s, key, node, &count);
	if (r < 0)
		return r;
	list = calloc(count + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;

	cJSON_ArrayForEach(item, node) {
		size_t same;

		r = parse_path(s, key, item, &list[n]);
		if (r == -ENOMEM)
			return r;
		if (r < 0) {
			result = r;
			continue;
		}
		for (same = 0; same < n; same++)
			if (bytes_equal(bytes_of(list[same]), bytes_of(list[n])))
				break;
		if (same < n) {
			const cJSON *first = node->child;
			const char *why;

			/* The element it is the double of: not the same index when
			 * one before it was refused. */
			for (; first != item; first = first->next) {
				_cleanup_free_ char *path = cJSON_IsString(first) ?
					normal_path(bytes_of(first->valuestring), &why) : NULL;

				if (path && bytes_equal(bytes_of(path), bytes_of(list[n])))
					break;
			}
			result = refuse_double(s, key, item, first);
			if (result == -ENOMEM)
				return result;
			free(list[n]);
			list[n] = NULL;
			continue;
		}
		n++;
	}
	if (result < 0)
		return result;

	list_free(*ret);
	*ret = TAKE_PTR(list);
	return 0;
}

static int parse_outputs(const struct config_source *s, const struct config_key *key,
			 const cJSON *node, void *field)
{
	static const struct {
		struct bytes name;
		enum config_output bit;
	} outputs[] = {
		{ BYTES_LIT("journal"), CONFIG_OUTPUT_JOURNAL },
		{ BYTES_LIT("text"), CONFIG_OUTPUT_TEXT },
		{ BYTES_LIT("json"), CONFIG_OUTPUT_JSON },
	};
	const cJSON *item, *first[ELEMENTSOF(outputs)] = { NULL };
	unsigned *ret = field, set = 0;
	size_t count;
	int r, result = 0;

	r = check_list(s, key, node, &count);
	if (r < 0)
		return r;

	cJSON_ArrayForEach(item, node) {
		size_t i = ELEMENTSOF(outputs);

		if (cJSON_IsString(item))
			for (i = 0; i < ELEMENTSOF(outputs); i++)
				if (bytes_equal(bytes_of(item->valuestring), outputs[i].name))
					break;
		if (i == ELEMENTSOF(outputs)) {
			result = refuse_type(s, key, item);
		} else if (first[i]) {
			result = refuse_double(s, key, item, first[i]);
		} else {
			first[i] = item;
			set |= outputs[i].bit;
		}
		if (result == -ENOMEM)
			return result;
	}
	if (result < 0)
		return result;

	*ret = set;
	return 0;
}

static int parse_level(const struct config_source *s, const struct config_key *key,
		       const cJSON *node, void *field)
{
	enum level *ret = field;

	if (!cJSON_IsString(node) || level_from_string(bytes_of(node->valuestring), ret) < 0)
		return refuse_type(s, key, node);
	return 0;
}

static int parse_priority(const struct config_source *s, const struct config_key *key,
			  const cJSON *node, void *field)
{
	static const struct {
		struct bytes name;
		int priority;
	} priorities[] = {
		{ BYTES_LIT("error"), LOG_ERR },
		{ BYTES_LIT("warning"), LOG_WARNING },
		{ BYTES_LIT("info"), LOG_INFO },
		{ BYTES_LIT("debug"), LOG_DEBUG },
	};
	int *ret = field;

	for (size_t i = 0; cJSON_IsString(node) && i < ELEMENTSOF(priorities); i++)
		if (bytes_equal(bytes_of(node->valuestring), priorities[i].name)) {
			*ret = priorities[i].priority;
			return 0;
		}
	return refuse_type(s, key, node);
}

/* Digits and, if `units`, one of K M G: powers of 1024. */
static int read_number(struct bytes text, bool units, uint64_t *ret)
{
	unsigned shift = 0;
	uint64_t n;
	int r;

	if (units && text.len > 0) {
		switch (text.ptr[text.len - 1]) {
		case 'K': shift = 10; break;
		case 'M': shift = 20; break;
		case 'G': shift = 30; break;
		default: break;
		}
		text.len -= shift > 0;
	}
	r = bytes_to_u64(text, &n);
	if (r < 0)
		return r;
	if (__builtin_mul_overflow(n, (uint64_t)1 << shift, ret))
		return -ERANGE;
	return 0;
}

static int parse_size(const struct config_source *s, const struct config_key *key,
		      const cJSON *node, void *field)
{
	uint64_t n, *ret = field;

	if (!cJSON_IsString(node) || read_number(bytes_of(node->valuestring), true, &n) < 0 ||
	    n < key->min || n > key->max)
		return refuse_type(s, key, node);
	*ret = n;
	return 0;
}

static int parse_count(const struct config_source *s, const struct config_key *key,
		       const cJSON *node, void *field)
{
	unsigned *ret = field;
	uint64_t n;

	if (!cJSON_IsString(node) || read_number(bytes_of(node->valuestring), false, &n) < 0 ||
	    n < key->min || n > key->max)
		return refuse_type(s, key, node);
	*ret = (unsigned)n;
	return 0;
}

/* ---- the keys --------------------------------------------------------------------- */

#define FIELD(member) offsetof(struct config, member)

const struct config_key config_table[] = {
	{ "state_dir", "an absolute path", { "/var/lib/pyhookd" },
	  "Directory of the alert log, the inventory of hooks and the journal's cursor.",
	  parse_path, FIELD(state_dir), 0, 0 },
	{ "rules_dirs", "a list of absolute paths",
	  { "/usr/share/pyhookd/rules.d", "/etc/pyhookd/rules.d" },
	  "Directories of rules; a file name that comes again in a later one replaces the earlier.",
	  parse_paths, FIELD(rules_dirs), 1, CONFIG_LIST_MAX },
	{ "judgement_dirs", "a list of absolute paths",
	  { "/usr/share/pyhookd/judgement.d", "/etc/pyhookd/judgement.d" },
	  "Directories of weights and templates, over those in the program; one that does not exist is passed over.",
	  parse_paths, FIELD(judgement_dirs), 0, CONFIG_LIST_MAX },
	{ "outputs", "a list of journal, text, json", { "journal" },
	  "Where alerts go beside the alert log; text and json are lines on standard output.",
	  parse_outputs, FIELD(outputs), 0, CONFIG_LIST_MAX },
	{ "watch", "a list of absolute paths", { NULL },
	  "Only what is below these paths is watched; an empty list: every local filesystem.",
	  parse_paths, FIELD(watch), 0, CONFIG_LIST_MAX },
	{ "journal.min_level", "a level (informational, low, medium, high, critical)", { "medium" },
	  "Alerts below this level do not go to the journal.",
	  parse_level, FIELD(journal_min_level), 0, 0 },
	{ "log.max_size", "a size from 1M to 1024G (a number of bytes, or one with K, M or G)",
	  { "64M" },
	  "The alert log is rotated when it is larger.",
	  parse_size, FIELD(log_max_size), CONFIG_LOG_SIZE_MIN, (uint64_t)1 << 40 },
	{ "log.keep", "a number from 0 to 100", { "4" },
	  "Rotated alert logs that are kept.",
	  parse_count, FIELD(log_keep), 0, 100 },
	{ "evidence.max_size", "a size from 0 to 1024G (a number of bytes, or one with K, M or G)",
	  { "64M" },
	  "Bytes of hooks that are kept beside the alert log; the oldest go first.  0: none is kept.",
	  parse_size, FIELD(evidence_max_size), 0, (uint64_t)1 << 40 },
	{ "evidence.max_file", "a size from 1K to 4M (a number of bytes, or one with K or M)", { "4M" },
	  "A hook that is larger is not kept.",
	  parse_size, FIELD(evidence_max_file), 1024, CONTENT_BYTES_MAX },
	{ "log_level", "error, warning, info or debug", { "info" },
	  "What the daemon says about itself.",
	  parse_priority, FIELD(log_level), 0, 0 },
	{ NULL, NULL, { NULL }, NULL, NULL, 0, 0, 0 },
};

void config_release(struct config *c)
{
	free(c->state_dir);
	list_free(c->rules_dirs);
	list_free(c->judgement_dirs);
	list_free(c->watch);
	*c = CONFIG_INIT;
}

static const struct config_key *find_key(struct bytes name)
{
	for (const struct config_key *key = config_table; key->name; key++)
		if (bytes_equal(bytes_of(key->name), name))
			return key;
	return NULL;
}

/* "journal" of "journal.min_level"; absent if there is none. */
static struct bytes section_of(const struct config_key *key)
{
	struct bytes name = bytes_of(key->name);
	ptrdiff_t dot = bytes_find_byte(name, '.', 0);

	return dot < 0 ? BYTES_NONE : bytes_slice(name, 0, (size_t)dot);
}

static bool is_section(struct bytes name)
{
	for (const struct config_key *key = config_table; key->name; key++)
		if (section_of(key).ptr && bytes_equal(section_of(key), name))
			return true;
	return false;
}

/* ---- did you mean --------------------------------------------------------------------- */

/* Letters to insert, remove, replace or swap to make b of a (optimal string
 * alignment); both at most CONFIG_KEY_BYTES_MAX long. */
static size_t edit_distance(struct bytes a, struct bytes b)
{
	size_t rows[3][CONFIG_KEY_BYTES_MAX + 1];
	size_t *before = rows[0], *last = rows[1], *now = rows[2];

	for (size_t j = 0; j <= b.len; j++)
		last[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t *reuse = before;

		now[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			size_t best = last[j - 1] + (a.ptr[i - 1] != b.ptr[j - 1]);

			if (last[j] + 1 < best)
				best = last[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] &&
			    a.ptr[i - 2] == b.ptr[j - 1] &&
			    before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			now[j] = best;
		}
		before = last;
		last = now;
		now = reuse;
	}
	return last[b.len];
}

/* The key or section that is most like `name`; absent if none is. */
static struct bytes nearest(struct bytes name)
{
	struct bytes best = BYTES_NONE;
	size_t best_distance = name.len / 3 < 3 ? name.len / 3 : 3;

	if (name.len > CONFIG_KEY_BYTES_MAX)
		return BYTES_NONE;
	for (const struct config_key *key = config_table; key->name; key++) {
		struct bytes full = bytes_of(key->name), section = section_of(key);
		size_t distance = edit_distance(name, full);

		if (section.ptr) {
			struct bytes rest = bytes_slice(full, section.len + 1,
							full.len - section.len - 1);
			size_t to_section = edit_distance(name, section);

			/* The right name in the wrong place. */
			if (bytes_equal(name, rest))
				return full;
			if (to_section <= best_distance &&
			    (!best.ptr || to_section < best_distance)) {
				best = section;
				best_distance = to_section;
			}
		}
		if (distance <= best_distance && (!best.ptr || distance < best_distance)) {
			best = full;
			best_distance = distance;
		}
	}
	return best;
}

static int refuse_unknown(const struct config_source *s, struct bytes name, const cJSON *node)
{
	_cleanup_str_ struct str shown = STR_INIT, hint = STR_INIT;
	const struct config_key *dotted = find_key(name);
	struct bytes near = dotted ? BYTES_NONE : nearest(name);
	int r;

	r = escape_append_max(&shown, name, CONFIG_QUOTE_BYTES_MAX, ESCAPE_CUT_END);
	if (r >= 0 && dotted) {
		struct bytes section = section_of(dotted);

		r = str_appendf(&hint, " (write '%.*s:' and '%s:' below it)", (int)section.len,
				section.ptr, dotted->name + section.len + 1);
	} else if (r >= 0 && near.ptr) {
		r = str_appendf(&hint, " (did you mean '%.*s'?)", (int)near.len, near.ptr);
	}
	if (r < 0)
		return r;
	problems_add(s->problems, s->file, document_key_line(node), document_key_column(node),
		     "unknown key '%s'%s", shown.buf, hint.buf);
	return -EINVAL;
}

/* ---- applying --------------------------------------------------------------------------- */

/* One mapping: the root, or the section `section`, which holds no further ones. */
static int apply_mapping(struct config *c, const struct config_source *s, struct bytes section,
			 const cJSON *mapping)
{
	const cJSON *node;
	int result = 0;

	cJSON_ArrayForEach(node, mapping) {
		struct bytes own = bytes_of(node->string);
		_cleanup_str_ struct str name = STR_INIT;
		const struct config_key *key;
		int r = 0;

		if (section.ptr) {
			r = str_append_bytes(&name, section);
			if (r >= 0)
				r = str_append_char(&name, '.');
		}
		if (r >= 0)
			r = str_append_bytes(&name, own);
		if (r < 0)
			return r;

		key = find_key(str_bytes(&name));
		/* "journal.min_level" is no key of the root, though it looks like one. */
		if (key && (section.ptr || !section_of(key).ptr)) {
			r = key->parse(s, key, node, (char *)c + key->offset);
		} else if (!section.ptr && is_section(own)) {
			/* All that was below it may be commented out. */
			if (cJSON_IsObject(node))
				r = apply_mapping(c, s, own, node);
			else if (!cJSON_IsNull(node))
				r = refuse(s, name.buf, node, "must hold keys of its own", "");
		} else {
			r = refuse_unknown(s, str_bytes(&name), node);
		}
		if (r == -ENOMEM)
			return r;
		if (r < 0)
			result = r;
	}
	return result;
}

int config_apply(struct config *c, const cJSON *documents, const char *file,
		 struct problems *problems)
{
	const struct config_source source = { file, problems };
	const cJSON *root = cJSON_GetArrayItem(documents, 0);
	int result = 0, r;

	if (root && root->next) {
		problems_add(problems, file, document_line(root->next), document_column(root->next),
			     "a configuration file holds one document");
		result = -EINVAL;
	}
	/* Nothing but comments. */
	if (!root || cJSON_IsNull(root))
		return result;
	if (!cJSON_IsObject(root)) {
		problems_add(problems, file, document_line(root), document_column(root),
			     "must be a mapping ('key: value')");
		return -EINVAL;
	}

	r = apply_mapping(c, &source, BYTES_NONE, root);
	return r < 0 ? r : result;
}

int config_set(struct config *c, const char *key_name, const char *const *values,
	       const char *origin, struct problems *problems)
{
	const struct config_source source = { origin, problems };
	const struct config_key *key = find_key(bytes_of(key_name));
	_cleanup_cjson_ cJSON *node = NULL;

	if (!key)
		return -ENOENT;
	if (key->parse == parse_paths || key->parse == parse_outputs) {
		node = cJSON_CreateArray();
		if (!node)
			return -ENOMEM;
		for (; *values; values++) {
			cJSON *item = cJSON_CreateString(*values);

			if (!item || !cJSON_AddItemToArray(node, item)) {
				cJSON_Delete(item);
				return -ENOMEM;
			}
		}
	} else {
		node = *values ? cJSON_CreateString(*values) : cJSON_CreateNull();
		if (!node)
			return -ENOMEM;
	}
	return key->parse(&source, key, node, (char *)c + key->offset);
}

int config_defaults(struct config *ret)
{
	_cleanup_config_ struct config c = CONFIG_INIT;
	_cleanup_problems_ struct problems none = PROBLEMS_INIT;

	for (const struct config_key *key = config_table; key->name; key++) {
		int r = config_set(&c, key->name, key->defaults, "defaults", &none);

		if (r < 0)
			return r;
	}
	*ret = TAKE(c, CONFIG_INIT);
	return 0;
}

/* ---- files --------------------------------------------------------------------------------- */

static int apply_file(struct config *c, const char *path, struct problems *problems)
{
	_cleanup_cjson_ cJSON *documents = NULL;
	int r;

	r = document_load(AT_FDCWD, path, path, problems, &documents);
	if (r < 0)
		return r;
	return config_apply(c, documents, path, problems);
}

static int by_name(const void *a, const void *b)
{
	return bytes_compare(bytes_of(*(char *const *)a), bytes_of(*(char *const *)b));
}

/* The names of the drop-ins, sorted. */
static int list_dropins(const char *dir_path, struct problems *problems, char ***ret)
{
	_cleanup_(list_freep) char **list = NULL;
	_cleanup_closedir_ DIR *dir = opendir(dir_path);
	struct dirent *entry;
	size_t n = 0;

	list = calloc(CONFIG_DROPINS_MAX + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	if (!dir && errno != ENOENT) {
		problems_add(problems, dir_path, 0, 0, "cannot be read: %s", strerror(errno));
		return -EINVAL;
	}

	while (dir && (errno = 0, entry = readdir(dir)) != NULL) {
		struct bytes name = bytes_of(entry->d_name);

		if (!bytes_has_suffix(name, BYTES_LIT(".yaml")) || name.ptr[0] == '.')
			continue;
		if (n == CONFIG_DROPINS_MAX) {
			problems_add(problems, dir_path, 0, 0, "holds more than %d files",
				     CONFIG_DROPINS_MAX);
			return -EINVAL;
		}
		list[n] = strdup(entry->d_name);
		if (!list[n++])
			return -ENOMEM;
	}
	if (dir && errno != 0) {
		problems_add(problems, dir_path, 0, 0, "cannot be read: %s", strerror(errno));
		return -EINVAL;
	}

	qsort(list, n, sizeof(*list), by_name);
	*ret = TAKE_PTR(list);
	return 0;
}

static int apply_dropins(struct config *c, const char *path, struct problems *problems)
{
	_cleanup_(list_freep) char **names = NULL;
	_cleanup_str_ struct str dir = STR_INIT;
	int r, result = 0;

	r = str_appendf(&dir, "%s.d", path);
	if (r < 0)
		return r;
	r = list_dropins(dir.buf, problems, &names);
	if (r < 0)
		return r;

	for (char **name = names; *name; name++) {
		_cleanup_str_ struct str file = STR_INIT;

		r = str_appendf(&file, "%s/%s", dir.buf, *name);
		if (r >= 0)
			r = apply_file(c, file.buf, problems);
		if (r == -ENOMEM)
			return r;
		if (r < 0)
			result = r;
	}
	return result;
}

int config_load(const char *path, bool required, struct problems *problems, struct config *ret)
{
	_cleanup_config_ struct config c = CONFIG_INIT;
	int r, result = 0;

	r = config_defaults(&c);
	if (r < 0)
		return r;

	/* Asked for beforehand, since to document_load() a missing file is a
	 * problem like any other.  A dangling link is one: somebody meant a file. */
	if (required || faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
	    errno != ENOENT) {
		r = apply_file(&c, path, problems);
		if (r == -ENOMEM)
			return r;
		if (r < 0)
			result = r;
	}
	r = apply_dropins(&c, path, problems);
	if (r < 0)
		return r;
	if (result < 0)
		return result;

	*ret = TAKE(c, CONFIG_INIT);
	return 0;
}
