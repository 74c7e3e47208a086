/* content_import.c - what a hook runs besides itself: its code's findings, and the modules that it imports.
 *
 * A module is looked for as importlib's FileFinder does (Lib/importlib/_bootstrap_external.py, _get_supported_file_loaders()):
 * in the hook's own directory a package with an __init__ first, then the module, either as an extension module, as source,
 * as bytecode; of `a.b` the package `a` runs, too.  A directory without __init__ is a namespace and runs nothing.  Then it is looked
 * for where the hook itself makes sys.path lead (content_path.c).  Other directories are not looked into: what is there needs
 * no hook here.
 *
 * What a module imports in its turn is followed to a bounded depth (a loader in three files is an old trick), but of such
 * modules only what is bad enough alone counts; a package's __init__ and its own modules count as one.
 *
 * What an imported module keeps in functions that nothing calls at once (pycode.h, `later`) weighs as a library's: all of
 * it counts as one, and what is imported only there is not followed.
 *
 * Files come from the caller's reader, so many for a hook (CONTENT_READS_MAX); what is not looked at for want of
 * them is said (NOT_UNDERSTOOD).
 */
#include "content_private.h"

#include <errno.h>

#include "cleanup.h"
#include "place.h"
#include "pyc.h"

/* ---- what code does -------------------------------------------------------------- */

static int take_paths(struct subject *s, const struct pycode *code)
{
	int r = 0;

	for (size_t i = 0; i < code->path_count && r >= 0; i++) {
		const struct pycode_path *p = &code->paths[i];

		if (!p->known || p->path.len == 0)
			continue;
		switch (p->use) {
		case PYCODE_PATH_INSERT:
		case PYCODE_PATH_APPEND:
			r = subject_search(s, p->path, p->use == PYCODE_PATH_INSERT ? SEARCH_FIRST : SEARCH_LAST);
			break;
		case PYCODE_PATH_RUN:
			r = subject_file(s, p->path);
			break;
		case PYCODE_PATH_PROCESS:
			if (p->path.ptr[0] == '/')
				r = subject_path(s, p->path);
			break;
		case PYCODE_PATH_WRITE:
			break;
		}
	}
	return r;
}

static int take_findings(struct subject *s, const struct content_code *code, const struct pycode *found)
{
	int r = 0;

	for (size_t i = 0; i < found->finding_count && r >= 0; i++) {
		struct finding f = found->findings[i];

		if (!f.file.ptr)
			f.file = code->file;
		r = subject_found(s, &f);
	}
	/* The list is bounded, the set is not. */
	for (unsigned i = 0; i < INDICATOR_COUNT && r >= 0; i++)
		if ((found->indicators & INDICATOR_BIT(i)) && !(s->tally.set & INDICATOR_BIT(i)))
			r = subject_found(s, &(struct finding){ .indicator = (enum indicator)i, .file = code->file });
	if (r >= 0 && found->decoded.len > 0 && !s->j->decoded.ptr) {
		size_t len = found->decoded.len < CONTENT_DECODED_MAX ? found->decoded.len : CONTENT_DECODED_MAX;

		s->j->decoded = region_copy(s->j->region, bytes_slice(found->decoded, 0, len));
		r = s->j->decoded.ptr ? 0 : -ENOMEM;
	}
	return r;
}

static int judge_modules(struct subject *s, struct bytes in, struct bytes dotted, struct bytes call, struct bytes *ret_path,
			 bool *ret_all);

/* What a module imports: most of the reads are left for what the hook itself does. */
static bool may_follow(const struct subject *s)
{
	return s->depth == 0 ||
	       (s->depth < CONTENT_IMPORT_DEPTH_MAX && s->j->reads > CONTENT_READS_MAX - CONTENT_DEEP_READS_MAX &&
		s->j->read_bytes > CONTENT_READ_BYTES_MAX / 2);
}

/* The reader gave as much as there was room for: of code that is a beginning. */
static void note_cut(struct subject *s, const struct str *content, const struct stat *st)
{
	if (st->st_size > 0 && content->len < (uint64_t)st->st_size)
		subject_unread(s);
}

static struct content_module *known_module(struct judging *j, struct bytes dotted, struct bytes call, bool deep)
{
	for (size_t i = 0; i < j->module_count; i++)
		if (j->modules[i].deep == deep && bytes_equal(j->modules[i].dir, j->dir) &&
		    bytes_equal(j->modules[i].name, dotted) && bytes_equal(j->modules[i].call, call))
			return &j->modules[i];
	return NULL;
}

static int remember_module(struct judging *j, struct bytes dotted, struct bytes call, struct content_module m)
{
	if (j->module_count == CONTENT_MODULES_MAX)
		return 0;
	m.dir = j->dir;
	m.name = region_copy(j->region, dotted);
	m.call = region_copy(j->region, call);
	if (!m.name.ptr || !m.call.ptr)
		return -ENOMEM;
	j->modules[j->module_count++] = m;
	return 0;
}

/* from ..a import b, in a package. */
static int follow_relative(struct subject *s, struct bytes package, const struct pycode_import *import)
{
	struct subject inner = { .j = s->j, .as = s->as, .line = s->line, .depth = s->depth, .deep = s->deep || s->depth > 1 };
	_cleanup_str_ struct str name = STR_INIT;
	struct bytes call = import->calls.ptr ? import->calls : BYTES_LIT("");
	const struct content_module *known;
	struct content_module m = { 0 };
	int r;

	for (unsigned i = 1; i < import->level; i++)
		package = bytes_dirname(package);
	if (!bytes_has_prefix(package, s->j->dir))
		return 0;
	/* No dotted name has a slash, so that it is nobody else's. */
	r = str_append_bytes(&name, package);
	if (r >= 0)
		r = str_append_char(&name, '/');
	if (r >= 0)
		r = str_append_bytes(&name, import->module);
	if (r < 0)
		return r;
	known = known_module(s->j, str_bytes(&name), call, inner.deep);
	if (!known) {
		r = judge_modules(&inner, package, import->module, import->calls, &m.path, &m.all);
		m.tally = inner.tally;
		m.deep = inner.deep;
		if (r >= 0)
			r = remember_module(s->j, str_bytes(&name), call, m);
	}
	s->places |= inner.places;
	tally_merge(&s->tally, known ? &known->tally : &m.tally);
	return r;
}

/* What libraries import among themselves has one amount of work for all of it: the rest is for what the hook itself leads
 * to.  What is kept back is returned. */
static uint64_t begin_far(struct judging *j)
{
	uint64_t kept = j->work->left > j->far_work ? j->work->left - j->far_work : 0;

	j->far = true;
	j->work->left -= kept;
	j->far_work -= j->work->left < j->far_work ? j->work->left : j->far_work;
	return kept;
}

static void end_far(struct judging *j, uint64_t kept)
{
	j->far = false;
	j->far_work += j->work->left;
	j->work->left += kept;
}

static int follow_imports(struct subject *s, const struct content_code *code, const struct pycode *found)
{
	bool far = s->depth >= CONTENT_NEAR_DEPTH && !s->j->far;
	uint64_t kept = far ? begin_far(s->j) : 0;
	int r = 0;

	for (size_t i = 0; i < found->import_count && r >= 0; i++) {
		const struct pycode_import *import = &found->imports[i];
		bool is_there;

		if (!may_follow(s) || (import->later && s->depth > 0))
			continue;
		if (import->level == 0 && code->follow)
			r = subject_module(s, import->module, import->calls, &is_there);
		else if (import->level > 0 && code->package.ptr && import->module.len > 0)
			r = follow_relative(s, code->package, import);
	}
	if (far)
		end_far(s->j, kept);
	return r;
}

int subject_encoding(struct subject *s, const struct pysource *source, struct bytes file)
{
	if (!source->odd || s->quiet)
		return 0;
	return subject_found(s, &(struct finding){ .indicator = INDICATOR_HIDDEN_TEXT, .file = file,
						   .detail = BYTES_LIT("an encoding in which a comment can be code") });
}

/* Bytes of a file. */
static int judge_encoded(struct subject *s, const struct content_code *code, bool *ret_runs)
{
	_cleanup_pysource_ struct pysource source = PYSOURCE_INIT;
	struct content_code text = *code;
	int r = pysource_read(code->source, &source);

	if (r >= 0)
		r = subject_encoding(s, &source, code->file);
	if (r < 0)
		return r;
	text.source = source.text;
	text.is_text = true;
	return subject_code(s, &text, ret_runs);
}

int subject_code(struct subject *s, const struct content_code *code, bool *ret_runs)
{
	/* Of a hundred thousand lines each has its own memory, and only what is kept is kept. */
	_cleanup_region_ struct region scratch = REGION_INIT;
	struct pycode found = { 0 };
	int r;

	if (!code->is_line && !code->is_text)
		return judge_encoded(s, code, ret_runs);
	r = pycode_judge(&(struct pycode_request){ .source = code->source, .path = code->path, .line = code->line,
						   .is_line = code->is_line, .call = code->call,
						   .judgement = s->j->request->judgement, .work = s->j->work },
			 &scratch, &found);
	if (found.unread && !s->quiet)
		subject_unread(s);
	if (r >= 0 && !s->quiet)
		r = take_findings(s, code, &found);
	if (r >= 0 && !s->quiet)
		r = take_paths(s, &found);
	if (r >= 0)
		r = follow_imports(s, code, &found);
	if (r >= 0)
		*ret_runs = found.runs;
	return r;
}

/* ---- other files ------------------------------------------------------------------ */

int judging_read(struct judging *j, struct bytes path, struct str *ret, struct stat *ret_st)
{
	size_t max = j->read_bytes < CONTENT_BYTES_MAX ? j->read_bytes : CONTENT_BYTES_MAX;
	int r;

	if (!j->request->read || j->reads == 0 || max == 0)
		return -ENOENT;
	j->reads--;
	if (work_take_path(j->work) < 0) {	/* ten thousand names are asked for by as many lines */
		j->tally.unread |= !j->far;
		return -ENOENT;
	}
	if (judging_in_archive(j, path))
		r = judging_read_member(j, path, max, ret, ret_st);
	else
		r = j->request->read(j->request->userdata, path, max, j->work, ret, ret_st);
	if (r == -EDQUOT) {	/* it may be there, and run */
		j->tally.unread |= !j->far;
		return -ENOENT;
	}
	if (r >= 0)
		j->read_bytes -= ret->len < j->read_bytes ? ret->len : j->read_bytes;
	return r;
}

enum module_kind {
	MODULE_EXTENSION,
	MODULE_SOURCE,
	MODULE_BYTECODE,
};

/* A module that was found. */
struct module_file {
	struct str path, content;
	struct stat st;
	enum module_kind kind;
	bool package;		/* it is the __init__ of one */
};

static void module_file_done(struct module_file *f)
{
	str_release(&f->path);
	str_release(&f->content);
}
#define _cleanup_module_file_ __attribute__((cleanup(module_file_done)))
#define MODULE_FILE_INIT ((struct module_file){ .path = STR_INIT, .content = STR_INIT })

/* Modules that are there before site.py looks into any directory: no file of the same name is ever imported.
 * (Modules that are frozen or that every version imports before site: facts of Lib/site.py and Python/pylifecycle.c.) */
static bool is_loaded_before(struct bytes name)
{
	static const struct bytes loaded[] = {
		BYTES_LIT("sys"), BYTES_LIT("os"), BYTES_LIT("builtins"), BYTES_LIT("__builtin__"), BYTES_LIT("site"),
		BYTES_LIT("io"), BYTES_LIT("abc"), BYTES_LIT("codecs"), BYTES_LIT("encodings"), BYTES_LIT("stat"),
		BYTES_LIT("posix"), BYTES_LIT("posixpath"), BYTES_LIT("genericpath"), BYTES_LIT("time"),
		BYTES_LIT("marshal"), BYTES_LIT("zipimport"), BYTES_LIT("_imp"), BYTES_LIT("_thread"),
		BYTES_LIT("_weakref"), BYTES_LIT("_io"), BYTES_LIT("_codecs"), BYTES_LIT("_signal"),
	};

	for (size_t i = 0; i < ELEMENTSOF(loaded); i++)
		if (bytes_equal(name, loaded[i]))
			return true;
	return false;
}

bool content_is_identifier(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++) {
		unsigned char c = (unsigned char)b.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c >= 0x80))
			return false;
	}
	return b.len > 0;
}

/* sys.implementation.cache_tag without "cpython-", and the letters that extension modules have behind it. */
static const struct tag {
	const char *version, *abi;
} tags[] = {
	{ "36", "m" }, { "37", "m" }, { "38", "" }, { "39", "" }, { "310", "" }, { "311", "" }, { "312", "" },
	{ "313", "" }, { "313t", "" }, { "314", "" }, { "314t", "" }, { "315", "" }, { "315t", "" },
};

#if defined(__x86_64__)
#define MACHINE "x86_64"
#elif defined(__aarch64__)
#define MACHINE "aarch64"
#else
#define MACHINE "unknown"
#endif

/* "311" of ".../python3.11/site-packages", where the hook is; where that has no version, any. */
static bool tag_fits(const struct judging *j, struct bytes tag)
{
	const struct bytes marker = BYTES_LIT("/python3.");
	struct bytes dir = j->own_dir;
	ptrdiff_t at = bytes_find(dir, marker, 0);
	size_t n = 0;
	struct bytes digits;

	if (at < 0)
		return true;
	digits = bytes_slice(dir, (size_t)at + marker.len, dir.len - (size_t)at - marker.len);
	while (n < digits.len && digits.ptr[n] >= '0' && digits.ptr[n] <= '9')
		n++;
	/* The tag is 3, the minor version and a letter or none. */
	return tag.len >= n + 1 && bytes_equal(bytes_slice(tag, 1, n), bytes_slice(digits, 0, n)) &&
	       (tag.len == n + 1 || tag.ptr[n + 1] > '9');
}

/* One spelling of the name that is in f->path.  -ENOENT: f->path is as it was. */
static int try_file(struct judging *j, struct module_file *f, enum module_kind kind, const char *suffix)
{
	size_t len = f->path.len;
	int r = str_append_text(&f->path, suffix);

	if (r >= 0)
		r = judging_read(j, str_bytes(&f->path), &f->content, &f->st);
	if (r < 0) {
		f->path.len = len;
		f->path.buf[len] = '\0';
	}
	f->kind = kind;
	return r;
}

/* The loaders in their order. */
static int find_file(struct judging *j, struct module_file *f)
{
	char suffix[64];
	int r = -ENOENT;

	for (size_t i = 0; i < ELEMENTSOF(tags) && r == -ENOENT && !j->source_only; i++) {
		if (!tag_fits(j, bytes_of(tags[i].version)))
			continue;
		(void)snprintf(suffix, sizeof(suffix), ".cpython-%s%s-" MACHINE "-linux-gnu.so", tags[i].version, tags[i].abi);
		r = try_file(j, f, MODULE_EXTENSION, suffix);
	}
	if (r == -ENOENT && !j->source_only)
		r = try_file(j, f, MODULE_EXTENSION, ".abi3.so");
	if (r == -ENOENT && !j->source_only)
		r = try_file(j, f, MODULE_EXTENSION, ".so");
	if (r == -ENOENT)
		r = try_file(j, f, MODULE_SOURCE, ".py");
	if (r == -ENOENT)
		r = try_file(j, f, MODULE_BYTECODE, ".pyc");
	return r;
}

/* "dir/name": the package's __init__, or the module. */
static int find_module(struct judging *j, struct bytes stem, struct module_file *ret)
{
	int r = str_append_bytes(&ret->path, stem);

	if (r >= 0)
		r = str_append_text(&ret->path, "/__init__");
	if (r >= 0)
		r = find_file(j, ret);
	ret->package = r >= 0;
	if (r != -ENOENT)
		return r;
	ret->path.len = stem.len;
	ret->path.buf[stem.len] = '\0';
	return find_file(j, ret);
}

/* zipimport takes bytecode beside the source if it has the source's time (Lib/zipimport.py, _unmarshal_code()), which whoever packs
 * them decides. */
static int judge_beside(struct subject *s, const struct module_file *f)
{
	_cleanup_str_ struct str path = STR_INIT, bytecode = STR_INIT;
	struct pyc_header header = { 0 };
	struct stat st = f->st;
	int r = str_append_bytes(&path, str_bytes(&f->path));

	if (r >= 0)
		r = str_append_char(&path, 'c');
	if (r >= 0)
		r = judging_read(s->j, str_bytes(&path), &bytecode, &st);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	(void)pyc_parse_header(str_bytes(&bytecode), &header);
	st.st_mtim.tv_sec = header.source_mtime;
	st.st_size = header.source_size;
	return subject_bytecode(s, str_bytes(&bytecode), str_bytes(&path), &f->content, &st);
}

/* What is in __pycache__ is used in the source's stead: bytecode that is not the source's is what runs. */
static int judge_cache(struct subject *s, const struct module_file *f)
{
	struct bytes name = bytes_basename(str_bytes(&f->path));
	int r = 0;

	for (size_t i = 0; i < ELEMENTSOF(tags) && r >= 0; i++) {
		_cleanup_str_ struct str path = STR_INIT, bytecode = STR_INIT;
		struct stat st;

		if (!tag_fits(s->j, bytes_of(tags[i].version)))
			continue;
		r = str_append_bytes(&path, bytes_dirname(str_bytes(&f->path)));
		if (r >= 0)
			r = str_append_text(&path, "/__pycache__/");
		if (r >= 0)
			r = str_append(&path, name.ptr, name.len - strlen(".py"));
		if (r >= 0)
			r = str_appendf(&path, ".cpython-%s.pyc", tags[i].version);
		if (r >= 0)
			r = judging_read(s->j, str_bytes(&path), &bytecode, &st);
		if (r >= 0)
			r = subject_bytecode(s, str_bytes(&bytecode), str_bytes(&path), &f->content, &f->st);
		/* What an interpreter makes of the source is another with each version of it, and no news. */
		if (r >= 0 && s->tally.set & INDICATOR_BIT(INDICATOR_BYTECODE_DIFFERS))
			r = judging_target(s->j, str_bytes(&path), &bytecode);
		if (r == -ENOENT)
			r = 0;
	}
	return r;
}

/* Absent: the module is in none. */
static struct bytes package_of(const struct judging *j, const struct module_file *f)
{
	struct bytes dir = bytes_dirname(str_bytes(&f->path));

	return f->package || !bytes_equal(dir, j->dir) ? dir : BYTES_NONE;
}

static int judge_source(struct subject *s, const struct module_file *f, struct bytes call)
{
	struct bytes path = str_bytes(&f->path), source = str_bytes(&f->content);
	bool runs;
	int r = 0;

	if (!judgement_template(s->j->request->judgement, TEMPLATE_FILE, path, source))
		r = subject_code(s, &(struct content_code){ .source = source, .path = path, .file = path,
							    .line = 1, .call = call, .follow = true,
							    .package = package_of(s->j, f) },
				 &runs);
	if (r < 0)
		return r;
	return judging_in_archive(s->j, path) ? judge_beside(s, f) : judge_cache(s, f);
}

static int judge_file(struct subject *s, const struct module_file *f, struct bytes call)
{
	struct subject module = { .j = s->j, .as = s->as == JUDGED_LINE ? JUDGED_MODULE : s->as, .line = s->line,
				  .depth = s->depth + 1, .deep = s->deep };
	struct bytes path = str_bytes(&f->path), content = str_bytes(&f->content);
	int r = 0;

	switch (f->kind) {
	case MODULE_EXTENSION:
		/* Native code is what fast packages have: it counts by what it calls.  One that stands alone is no package's. */
		module.deep = module.deep || !bytes_equal(bytes_dirname(path), s->j->dir);
		r = subject_native(&module, content, path);
		break;
	case MODULE_BYTECODE:
		note_cut(&module, &f->content, &f->st);
		r = subject_bytecode(&module, content, path, NULL, NULL);
		break;
	case MODULE_SOURCE:
		note_cut(&module, &f->content, &f->st);
		r = judge_source(&module, f, call);
		break;
	}
	s->places |= module.places;
	tally_merge(&s->tally, &module.tally);
	return r;
}

/* Each package on the way, and the module.  *ret_path: of the last that was found, absent: none; *ret_all: all were. */
static int judge_modules(struct subject *s, struct bytes in, struct bytes dotted, struct bytes call, struct bytes *ret_path,
			 bool *ret_all)
{
	_cleanup_str_ struct str dir = STR_INIT;
	int r = str_append_bytes(&dir, in);
	size_t at = 0;

	*ret_path = BYTES_NONE;
	*ret_all = false;
	for (bool last = false; r >= 0 && !last;) {
		_cleanup_module_file_ struct module_file file = MODULE_FILE_INIT;
		ptrdiff_t dot = bytes_find_byte(dotted, '.', at);
		size_t end = dot < 0 ? dotted.len : (size_t)dot;

		last = dot < 0;
		if (!content_is_identifier(bytes_slice(dotted, at, end - at)))
			break;
		r = str_append_char(&dir, '/');
		if (r >= 0)
			r = str_append(&dir, dotted.ptr + at, end - at);
		if (r >= 0)
			r = find_module(s->j, str_bytes(&dir), &file);
		at = end + 1;
		if (r == -ENOENT) {	/* a namespace, or an attribute of the package before */
			r = 0;
			continue;
		}
		if (r < 0)
			break;
		*ret_path = region_copy(s->j->region, str_bytes(&file.path));
		if (!ret_path->ptr)
			return -ENOMEM;
		r = judging_target(s->j, *ret_path, &file.content);
		if (r < 0)
			break;
		r = judge_file(s, &file, last ? call : BYTES_NONE);
		*ret_all = last;
		if (!file.package)
			break;
	}
	return r;
}

/* It is not there.  Whoever puts it there has it run: as source or as a package, which is what people write. */
static int await_module(struct subject *s, struct bytes top)
{
	static const char *const forms[] = { ".py", "/__init__.py" };
	int r = 0;

	if (s->quiet || !content_is_identifier(top) || judgement_is_library(s->j->request->judgement, top))
		return 0;
	for (size_t i = 0; i < ELEMENTSOF(forms) && r >= 0; i++) {
		_cleanup_str_ struct str path = STR_INIT;

		r = str_append_bytes(&path, s->j->dir);
		if (r >= 0)
			r = str_append_char(&path, '/');
		if (r >= 0)
			r = str_append_bytes(&path, top);
		if (r >= 0)
			r = str_append_text(&path, forms[i]);
		if (r >= 0)
			r = judging_target(s->j, str_bytes(&path), NULL);
	}
	return r;
}

int subject_module_here(struct subject *s, struct bytes dotted, struct bytes call, struct bytes *ret_path, bool *ret_found)
{
	struct subject alone = { .j = s->j, .as = s->as, .line = s->line, .depth = s->depth, .deep = s->deep || s->depth > 0 };
	int r = judge_modules(&alone, s->j->dir, dotted, call, ret_path, ret_found);

	s->places |= alone.places;
	tally_merge(&s->tally, &alone.tally);
	if (r >= 0 && ret_path->ptr && !s->target.ptr)
		s->target = *ret_path;
	return r;
}

struct wanted {
	struct bytes dotted, call;
	bool library;		/* it comes with the interpreter: only what is before that counts */
	struct content_module *module;
};

static int search_module(struct subject *s, const struct content_search *search, void *userdata)
{
	struct wanted *w = userdata;
	int r = 0;

	if (!w->library || search->order != SEARCH_LAST)
		r = subject_module_here(s, w->dotted, w->call, &w->module->path, &w->module->all);
	return r < 0 ? r : w->module->path.ptr != NULL;
}

/* In the hook's own directory, and then in those that it adds. */
static int find_anywhere(struct subject *s, struct bytes top, struct wanted *w)
{
	int r = subject_module_here(s, w->dotted, w->call, &w->module->path, &w->module->all);

	if (r < 0 || w->module->path.ptr)
		return r;
	w->library = judgement_is_library(s->j->request->judgement, top);
	r = subject_searches(s, search_module, w);
	if (r < 0 || w->module->path.ptr)
		return r;
	if (s->j->unsearched && !w->library)
		r = subject_note(s, INDICATOR_NOT_UNDERSTOOD, BYTES_LIT("too many directories to look into"));
	return r < 0 ? r : await_module(s, top);
}

int subject_module(struct subject *s, struct bytes dotted, struct bytes call, bool *ret_found)
{
	struct subject alone = { .j = s->j, .as = s->as, .line = s->line, .depth = s->depth, .deep = s->deep || s->depth > 0 };
	ptrdiff_t dot = bytes_find_byte(dotted, '.', 0);
	struct bytes top = dot < 0 ? dotted : bytes_slice(dotted, 0, (size_t)dot);
	struct content_module *known, m = { 0 };
	int r = 0;

	*ret_found = false;
	if (!call.ptr)
		call = BYTES_LIT("");
	if (!s->j->request->read || s->j->dir.len == 0 || dotted.len == 0 || dotted.len > CONTENT_MODULE_NAME_MAX ||
	    call.len > CONTENT_MODULE_NAME_MAX ||
	    is_loaded_before(top))
		return 0;

	known = known_module(s->j, dotted, call, alone.deep);
	if (known) {
		m = *known;
	} else if (s->j->reads == 0 || s->j->read_bytes == 0) {
		/* Of what a module imports not all is followed; what the hook itself imports runs for certain. */
		if (s->depth == 0)
			subject_unread(s);
		r = subject_note(s, INDICATOR_NOT_UNDERSTOOD, BYTES_LIT("too many modules to look at"));
	} else {
		alone.quiet = s->quiet;
		r = find_anywhere(&alone, top, &(struct wanted){ .dotted = dotted, .call = call.len > 0 ? call : BYTES_NONE,
								 .module = &m });
		m.tally = alone.tally;
		m.deep = alone.deep;
		s->places |= alone.places;
		if (r >= 0)
			r = remember_module(s->j, dotted, call, m);
	}
	tally_merge(&s->tally, &m.tally);
	*ret_found = m.all;
	if (m.path.ptr && !s->target.ptr)
		s->target = m.path;
	return r;
}

/* A script is executed from its source, or is bytecode itself: nothing in __pycache__ counts. */
static int judge_script(struct subject *s, const struct module_file *f)
{
	struct subject script = { .j = s->j, .as = s->as == JUDGED_LINE ? JUDGED_MODULE : s->as, .line = s->line,
				  .depth = s->depth + 1 };
	bool runs;
	int r;

	/* Scripts that run scripts that run this one. */
	if (s->depth >= CONTENT_SCRIPT_DEPTH_MAX)
		return subject_note(s, INDICATOR_NOT_UNDERSTOOD, str_bytes(&f->path));
	note_cut(&script, &f->content, &f->st);
	r = subject_code(&script, &(struct content_code){ .source = str_bytes(&f->content),
							  .path = str_bytes(&f->path), .file = str_bytes(&f->path),
							  .line = 1 },
			 &runs);
	s->places |= script.places;
	tally_merge(&s->tally, &script.tally);
	return r;
}

int subject_file(struct subject *s, struct bytes path)
{
	_cleanup_module_file_ struct module_file file = MODULE_FILE_INIT;
	char buf[PLACE_PATH_MAX];
	ptrdiff_t len = place_join(s->j->dir, path, buf);
	int r = subject_path(s, path);

	file.kind = MODULE_SOURCE;
	if (r < 0 || len <= 0)
		return r;
	r = str_append(&file.path, buf, (size_t)len);
	if (r >= 0)
		r = judging_read(s->j, str_bytes(&file.path), &file.content, &file.st);
	if (r < 0 && r != -ENOENT)
		return r;
	if (r < 0)	/* whoever puts it there has it run */
		return judging_target(s->j, str_bytes(&file.path), NULL);
	r = judging_target(s->j, str_bytes(&file.path), &file.content);
	if (r < 0)
		return r;
	if (!s->target.ptr) {
		s->target = region_copy(s->j->region, str_bytes(&file.path));
		if (!s->target.ptr)
			return -ENOMEM;
	}
	return judge_script(s, &file);
}
