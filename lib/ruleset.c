/* ruleset.c - the rule files of some directories become one immutable set.
 *
 * First the names: of all directories, sorted, a later directory's file
 * replacing an earlier one's of the same name (as systemd's drop-in directories
 * do), so that /etc overrides /usr/share without touching a packaged file.  Then
 * the files, each read once.  A mistake in one file does not keep the others
 * from being checked, but the set is made only if there is none: a daemon that
 * reloads half of its rules would be blind where nobody looks.
 *
 * Compiling and matching are sigma_rule.c's.
 */
#include "ruleset.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "document.h"
#include "limits.h"
#include "sigma_rule.h"

struct ruleset {
	struct sigma_rule **rules;
	size_t count, capacity;
};

struct file {
	char *name;
	size_t dir;		/* index: the later one wins */
};

struct files {
	struct file *list;
	size_t count;
};

static void files_release(struct files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->list[i].name);
	free(files->list);
}

/* Hidden files are an editor's or a package manager's leftovers. */
static bool is_rule_file(struct bytes name)
{
	return !bytes_has_prefix(name, BYTES_LIT(".")) &&
	       (bytes_has_suffix(name, BYTES_LIT(".yml")) || bytes_has_suffix(name, BYTES_LIT(".yaml")) ||
		bytes_has_suffix(name, BYTES_LIT(".json")));
}

static int add_file(struct files *files, const char *name, size_t dir)
{
	struct file *list = realloc(files->list, (files->count + 1) * sizeof(*list));

	if (!list)
		return -ENOMEM;
	files->list = list;
	list[files->count] = (struct file){ strdup(name), dir };
	if (!list[files->count].name)
		return -ENOMEM;
	files->count++;
	return 0;
}

static int list_dir(const char *path, size_t index, struct files *files, struct problems *problems)
{
	_cleanup_closedir_ DIR *dir = opendir(path);

	if (!dir) {
		problems_add(problems, path, 0, 0, "cannot open the directory: %s", strerror(errno));
		return 0;
	}

	for (;;) {
		const struct dirent *entry;
		int r;

		errno = 0;
		entry = readdir(dir);
		if (!entry) {
			if (errno != 0)
				problems_add(problems, path, 0, 0, "cannot read the directory: %s", strerror(errno));
			return 0;
		}
		if (!is_rule_file(bytes_of(entry->d_name)))
			continue;
		if (files->count == SIGMA_FILES_MAX) {
			problems_add(problems, path, 0, 0, "more than %d rule files", SIGMA_FILES_MAX);
			return 0;
		}
		r = add_file(files, entry->d_name, index);
		if (r < 0)
			return r;
	}
}

static int compare_files(const void *a, const void *b)
{
	const struct file *x = a, *y = b;
	int r = bytes_compare(bytes_of(x->name), bytes_of(y->name));

	return r != 0 ? r : (x->dir > y->dir) - (x->dir < y->dir);
}

/* A link to /dev/null masks the file of that name in the directories before it. */
static bool is_mask(const char *path)
{
	char target[sizeof("/dev/null") + 1];
	ssize_t n = readlink(path, target, sizeof(target));

	return n > 0 && bytes_equal((struct bytes){ target, (size_t)n }, BYTES_LIT("/dev/null"));
}

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

static int load_file(struct ruleset *rs, const char *path, struct problems *problems)
{
	_cleanup_cjson_ cJSON *documents = NULL;
	int r;

	if (is_mask(path))
		return 0;
	r = document_load(AT_FDCWD, path, path, problems, &documents);
	if (r < 0)
		return r == -EINVAL ? 0 : r;
	return add_documents(rs, documents, path, problems);
}

int ruleset_load(char *const *dirs, struct problems *problems, struct ruleset **ret)
{
	_cleanup_(ruleset_freep) struct ruleset *rs = calloc(1, sizeof(*rs));
	_cleanup_(files_release) struct files files = { NULL, 0 };
	size_t errors = problems->errors;
	int r;

	if (!rs)
		return -ENOMEM;

	for (size_t i = 0; dirs[i]; i++) {
		r = list_dir(dirs[i], i, &files, problems);
		if (r < 0)
			return r;
	}
	if (files.count > 0)
		qsort(files.list, files.count, sizeof(*files.list), compare_files);

	for (size_t i = 0; i < files.count; i++) {
		_cleanup_free_ char *path = NULL;

		if (i + 1 < files.count &&
		    bytes_equal(bytes_of(files.list[i].name), bytes_of(files.list[i + 1].name)))
			continue;
		if (asprintf(&path, "%s/%s", dirs[files.list[i].dir], files.list[i].name) < 0) {
			path = NULL;
			return -ENOMEM;
		}
		r = load_file(rs, path, problems);
		if (r < 0)
			return r;
	}

	if (problems->errors > errors)
		return -EINVAL;
	if (rs->count == 0 && dirs[0])
		problems_warn(problems, dirs[0], 0, 0, "there is no rule in any directory: nothing will be detected");

	*ret = TAKE_PTR(rs);
	return 0;
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
