/* content_path.c - directories and archives that a hook puts onto sys.path: what comes from there.
 *
 * site.py imports sitecustomize and usercustomize from sys.path (Lib/site.py, execsitecustomize()), when the path lines of .pth
 * files have been added.  What PYTHONPATH and ._pth name stands before the standard library (Modules/getpath.py): of its modules
 * those that a start itself imports from the disk come from there, too.  An archive is a directory to zipimport; its members are
 * read here as though they were files.
 *
 * Where these modules stand in front of others, or behind, is not decided: each counts.  Nothing is listed, names are
 * asked for, with half of the reads; .pth files there are not read (nor are they by Python), except that site.addsitedir()
 * would have them read, which is not followed.
 */
#include "content_private.h"

#include <errno.h>

#include "cleanup.h"
#include "pyc.h"
#include "zipfile.h"

/* ---- archives -------------------------------------------------------------------- */

bool judging_in_archive(const struct judging *j, struct bytes path)
{
	struct bytes archive = j->archive.path;

	return archive.ptr && path.len > archive.len && bytes_has_prefix(path, archive) && path.ptr[archive.len] == '/';
}

struct wanted_member {
	struct judging *j;
	struct bytes name;
	struct zipfile_member member;
	bool found;
};

static int take_member(const struct zipfile_member *member, void *userdata)
{
	struct wanted_member *w = userdata;

	if (work_take_search(w->j->work, member->name.len) < 0)
		return -EDQUOT;
	if (bytes_equal(member->name, w->name)) {
		w->member = *member;
		w->found = true;
	}
	return 0;
}

/* Lib/zipimport.py, _zip_searchorder: source and bytecode beside it; no extension modules, no __pycache__. */
static bool is_imported_from_archives(struct bytes path)
{
	return (bytes_has_suffix(path, BYTES_LIT(".py")) || bytes_has_suffix(path, BYTES_LIT(".pyc"))) &&
	       !bytes_equal(bytes_basename(bytes_dirname(path)), BYTES_LIT("__pycache__"));
}

int judging_read_member(struct judging *j, struct bytes path, size_t max, struct str *ret, struct stat *ret_st)
{
	size_t skip = j->archive.path.len + 1;
	struct wanted_member w = { .j = j, .name = bytes_slice(path, skip, path.len - skip) };
	int r;

	if (!is_imported_from_archives(path))
		return -ENOENT;
	r = zipfile_read(str_bytes(j->archive.content), take_member, &w);
	if (r == -ENOMEM || !w.found)
		return r == -ENOMEM ? r : -ENOENT;
	r = zipfile_extract(str_bytes(j->archive.content), &w.member, max, ret);
	if (r < 0 && r != -EINVAL)	/* damaged: what could be had is judged */
		return r;
	*ret_st = (struct stat){ .st_size = (off_t)w.member.size };
	return 0;
}

/* ---- places on sys.path ------------------------------------------------------------ */

static int ignore_member(const struct zipfile_member *member, void *userdata)
{
	(void)member;
	(void)userdata;
	return 0;
}

/* One that only we cannot read. */
static int judge_archive(struct subject *s, struct bytes path, const struct str *content, const struct stat *st)
{
	bool cut = (uint64_t)st->st_size > content->len;
	int r = cut ? -E2BIG : zipfile_read(str_bytes(content), ignore_member, NULL);

	return r == -E2BIG ? subject_note(s, INDICATOR_NOT_UNDERSTOOD, path) : 0;
}

/* Half of the reads are left for what the hook itself imports. */
static bool may_search(const struct subject *s)
{
	return s->j->request->read && s->j->reads > CONTENT_READS_MAX / 2;
}

/* Have fn() look at one of them, with judging.dir there. */
static int look_into(struct subject *s, const struct content_search *search, content_search_fn fn, void *userdata)
{
	struct judging *j = s->j;
	const struct bytes dir = j->dir;
	const struct content_archive archive = j->archive;
	const bool source_only = j->source_only;
	_cleanup_str_ struct str content = STR_INIT;
	struct stat st;
	int r;

	j->archive = (struct content_archive){ BYTES_NONE, NULL };
	r = judging_read(j, search->path, &content, &st);
	if (r >= 0) {
		j->archive = (struct content_archive){ search->path, &content };
		r = judge_archive(s, search->path, &content, &st);
	} else if (r == -ENOENT) {
		r = 0;
	}
	j->dir = search->path;
	j->source_only = j->archive.path.ptr != NULL;
	if (r >= 0)
		r = fn(s, search, userdata);
	j->dir = dir;
	j->archive = archive;
	j->source_only = source_only;
	return r;
}

int subject_searches(struct subject *s, content_search_fn fn, void *userdata)
{
	const struct content_search own = { s->j->own_dir, SEARCH_LAST };
	int r = 0;

	/* The directory of a .pth is there before what that adds; the one of a file of variables is not. */
	if (s->j->hook->site_dir.len > 0 && !bytes_equal(own.path, s->j->dir) && may_search(s))
		r = look_into(s, &own, fn, userdata);
	for (size_t i = 0; i < s->j->search_count && r == 0 && may_search(s); i++) {
		const struct content_search search = s->j->searches[i];

		/* Somebody is there already. */
		if (!bytes_equal(search.path, s->j->dir))
			r = look_into(s, &search, fn, userdata);
	}
	return r;
}

static struct content_search *known(struct judging *j, struct bytes path)
{
	for (size_t i = 0; i < j->search_count; i++)
		if (bytes_equal(j->searches[i].path, path))
			return &j->searches[i];
	return NULL;
}

/* What cannot be a name for the kernel, or is not there, is on no path. */
static struct bytes path_of(struct judging *j, struct bytes path, char buf[PLACE_PATH_MAX])
{
	const struct place_asker asker = judging_asker(j);
	ptrdiff_t len = place_join(j->dir, path, buf);
	struct bytes joined = { buf, len > 0 ? (size_t)len : 0 };

	if (len <= 0 || bytes_find_byte(joined, '\0', 0) >= 0 || bytes_equal(joined, j->own_dir) ||
	    place_judge(&asker, joined) & PLACE_MISSING)
		return BYTES_NONE;
	return joined;
}

int judging_search(struct judging *j, struct bytes path, enum search_order order)
{
	char buf[PLACE_PATH_MAX];
	struct content_search *search;

	path = path_of(j, path, buf);
	search = path.ptr ? known(j, path) : NULL;
	if (search && search->order < order)
		search->order = order;
	if (!path.ptr || search)
		return 0;
	if (j->search_count == CONTENT_SEARCHES_MAX) {
		j->unsearched = true;
		return 0;
	}
	search = &j->searches[j->search_count];
	*search = (struct content_search){ region_copy(j->region, path), order };
	if (!search->path.ptr)
		return -ENOMEM;
	j->search_count++;
	return 0;
}

/* ---- what a start imports ------------------------------------------------------------- */

/* Modules of the standard library that a start has read from the disk in some version: encodings in all of them, the others up to
 * 3.10 (3.11 has frozen them) and in PyPy.  Those of a package are asked for where that is there. */
static const char *const start_modules[] = {
	"encodings", "encodings.aliases", "encodings.utf_8", "codecs", "io", "abc", "site", "os", "stat", "posixpath", "genericpath",
	"_collections_abc", "_sitebuiltins", "_bootlocale", "_weakrefset", "linecache",
};

static const char *const customize_modules[] = { "sitecustomize", "usercustomize" };

static int import_all(struct subject *s, const char *const *names, size_t count)
{
	bool package = false, found;
	struct bytes path;
	int r = 0;

	for (size_t i = 0; i < count && r >= 0 && may_search(s); i++) {
		struct bytes name = bytes_of(names[i]);
		bool inner = bytes_find_byte(name, '.', 0) >= 0;

		if (inner && !package)
			continue;
		r = subject_module_here(s, name, BYTES_NONE, &path, &found);
		package = inner ? package : found;
	}
	return r;
}

/* The library itself, which is watched as such, in its own place. */
static bool is_library(struct bytes dir)
{
	char buf[PLACE_PATH_MAX];
	ptrdiff_t len = place_join(dir, BYTES_LIT("os.py"), buf);
	struct hook hook;

	return len > 0 && hookpath_classify((struct bytes){ buf, (size_t)len }, &hook) && hook.vector == VECTOR_STDLIB;
}

/* A developer's easy-install.pth has many path lines, and a sitecustomize where they lead is a hook of its own; what stands before
 * the library is seen from here alone. */
static int too_many(struct subject *s)
{
	return subject_note(s, INDICATOR_NOT_UNDERSTOOD, BYTES_LIT("too many directories to look into"));
}

static int start_from(struct subject *s, const struct content_search *search, void *userdata)
{
	struct judging *j = s->j;
	int r = import_all(s, customize_modules, ELEMENTSOF(customize_modules));

	(void)userdata;
	if (r < 0 || search->order != SEARCH_FROM_START || is_library(search->path))
		return r;
	j->source_only = true;
	r = import_all(s, start_modules, ELEMENTSOF(start_modules));
	j->source_only = j->archive.path.ptr != NULL;
	return r < 0 || may_search(s) ? r : too_many(s);
}

int subject_start(struct subject *s, struct bytes path, enum search_order order)
{
	const struct content_search *search;
	struct content_search copy;
	char buf[PLACE_PATH_MAX];
	int r = judging_search(s->j, path, order);

	/* What a module adds when it runs is there too late for these. */
	if (r < 0 || s->depth > 0 || !s->j->request->read)
		return r;
	path = path_of(s->j, path, buf);
	search = path.ptr ? known(s->j, path) : NULL;
	if (!search || !may_search(s))
		return path.ptr && order == SEARCH_FROM_START ? too_many(s) : 0;
	copy = *search;
	return look_into(s, &copy, start_from, NULL);
}

int subject_search(struct subject *s, struct bytes path, enum search_order order)
{
	int r = subject_path(s, path);

	return r < 0 ? r : subject_start(s, path, order);
}
