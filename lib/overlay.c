/* overlay.c - see overlay.h.
 *
 * First the names: of all directories, sorted, then the files, each read once.  Must not know what is in them.
 */
#include "overlay.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "cleanup.h"
#include "document.h"
#include "str.h"

struct file {
	char *name;
	size_t dir;		/* 0: in the program; else index + 1, of which the highest wins */
	struct bytes text;	/* in the program */
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
static bool is_wanted(const struct overlay_source *source, struct bytes name)
{
	if (bytes_has_prefix(name, BYTES_LIT(".")))
		return false;
	for (const char *const *suffix = source->suffixes; *suffix; suffix++)
		if (bytes_has_suffix(name, bytes_of(*suffix)))
			return true;
	return false;
}

static int add_file(struct files *files, const char *name, size_t dir, struct bytes text)
{
	struct file *list = realloc(files->list, (files->count + 1) * sizeof(*list));

	if (!list)
		return -ENOMEM;
	files->list = list;
	list[files->count] = (struct file){ strdup(name), dir, text };
	if (!list[files->count].name)
		return -ENOMEM;
	files->count++;
	return 0;
}

static int list_dir(const struct overlay_source *source, size_t index, struct files *files, struct problems *problems)
{
	const char *path = source->dirs[index];
	_cleanup_closedir_ DIR *dir = opendir(path);

	if (!dir) {
		if (errno != ENOENT || !source->may_be_missing)
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
		if (!is_wanted(source, bytes_of(entry->d_name)))
			continue;
		if (files->count >= source->files_max) {
			problems_add(problems, path, 0, 0, "more than %zu %s files", source->files_max, source->what);
			return 0;
		}
		r = add_file(files, entry->d_name, index + 1, BYTES_NONE);
		if (r < 0)
			return r;
	}
}

static int list_all(const struct overlay_source *source, struct files *files, struct problems *problems)
{
	int r;

	for (const struct builtin_file *f = source->builtin; f && f->name; f++) {
		r = add_file(files, f->name, 0, f->text);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; source->dirs && source->dirs[i]; i++) {
		r = list_dir(source, i, files, problems);
		if (r < 0)
			return r;
	}
	return 0;
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

static int load_file(const struct overlay_source *source, const struct file *file, struct problems *problems,
		     overlay_fn fn, void *userdata)
{
	_cleanup_cjson_ cJSON *documents = NULL;
	_cleanup_free_ char *path = NULL;
	int r;

	if (asprintf(&path, "%s/%s", file->dir > 0 ? source->dirs[file->dir - 1] : "(built in)", file->name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	if (file->dir == 0)
		r = document_parse(file->text, path, problems, &documents);
	else if (is_mask(path))
		return 0;
	else
		r = document_load(AT_FDCWD, path, path, problems, &documents);
	if (r < 0)
		return r == -EINVAL ? 0 : r;
	return fn(userdata, documents, path, problems);
}

int overlay_load(const struct overlay_source *source, struct problems *problems, overlay_fn fn, void *userdata)
{
	_cleanup_(files_release) struct files files = { NULL, 0 };
	int r;

	r = list_all(source, &files, problems);
	if (r < 0)
		return r;
	if (files.count > 0)
		qsort(files.list, files.count, sizeof(*files.list), compare_files);

	for (size_t i = 0; i < files.count; i++) {
		if (i + 1 < files.count && bytes_equal(bytes_of(files.list[i].name), bytes_of(files.list[i + 1].name)))
			continue;
		r = load_file(source, &files.list[i], problems, fn, userdata);
		if (r < 0)
			return r;
	}
	return 0;
}
