/* content_import.c - what a hook runs besides itself: its code's findings, and the modules that it imports.
 *
 * A module is looked for as importlib's FileFinder does (Lib/importlib/_bootstrap_external.py, _get_supported_file_loaders()):
 * in the hook's own directory a package with an __init__ first, then the module, either as an extension module, as source,
 * as bytecode; of `a.b` the package `a` runs, too.  A directory without __init__ is a namespace and runs nothing.  Other
 * directories on sys.path are not looked into: what is there needs no hook here.
 *
 * Depth is one: what a module imports in its turn is not followed, except that a package's __init__ is
 * followed into its own modules, since that is how packages are made.
 *
 * Files come from the caller's reader, so many for a hook (CONTENT_READS_MAX); what is not looked at for want of
 * them is said (NOT_UNDERSTOOD).
 */
#include "content_private.h"

#include <errno.h>

#include "cleanup.h"
#include "place.h"
#include "pytext.h"

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
			r = subject_path(s, p->path);
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

static int judge_modules(struct subject *s, struct bytes dir, struct bytes dotted, struct bytes call, struct bytes *ret_path);

static int follow_imports(struct subject *s, const struct content_code *code, const struct pycode *found)
{
	int r = 0;

	for (size_t i = 0; i < found->import_count && r >= 0; i++) {
		const struct pycode_import *import = &found->imports[i];
		struct bytes path;
		bool is_there;

		if (import->level == 0 && code->follow)
			r = subject_module(s, import->module, import->calls, &is_there);
		else if (import->level == 1 && code->package.ptr && s->depth <= 1)
			r = judge_modules(s, code->package, import->module, import->calls, &path);
	}
	return r;
}

int subject_code(struct subject *s, const struct content_code *code, bool *ret_runs)
{
	/* Of a hundred thousand lines each has its own memory, and only what is kept is kept. */
	_cleanup_region_ struct region scratch = REGION_INIT;
	struct pycode found = { 0 };
	int r;

	r = pycode_judge(&(struct pycode_request){ .source = code->source, .path = code->path, .line = code->line,
						   .is_line = code->is_line, .call = code->call,
						   .judgement = s->j->request->judgement },
			 &scratch, &found);
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
	r = j->request->read(j->request->userdata, path, max, ret, ret_st);
	if (r >= 0)
		j->read_bytes -= ret->len < j->read_bytes ? ret->len : j->read_bytes;
	return r;
}

enum module_kind {
	MODULE_EXTENSION,
	MODULE_SOURCE,
	MODULE_BYTECODE,
};

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

/* Where extension modules are looked for, by the version in the directory's name; without one, all. */
static const char *const extension_tags[] = {
	"36m", "37m", "38", "39", "310", "311", "312", "313", "313t", "314", "314t", "315", "315t",
};

#if defined(__x86_64__)
#define MACHINE "x86_64"
#elif defined(__aarch64__)
#define MACHINE "aarch64"
#else
#define MACHINE "unknown"
#endif

/* "311" of ".../python3.11/site-packages". */
static bool tag_fits(struct bytes dir, struct bytes tag)
{
	const struct bytes marker = BYTES_LIT("/python3.");
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

/* One spelling: `stem` and the suffix, read. */
static int try_file(struct judging *j, struct str *stem, const char *suffix, struct str *ret)
{
	size_t len = stem->len;
	struct stat st;
	int r = str_append_text(stem, suffix);

	if (r >= 0)
		r = judging_read(j, str_bytes(stem), ret, &st);
	if (r < 0) {
		stem->len = len;
		stem->buf[len] = '\0';
	}
	return r;
}

/* The loaders in their order.  *stem becomes the path. */
static int find_file(struct judging *j, struct str *stem, struct str *ret, enum module_kind *ret_kind)
{
	char suffix[64];
	int r = -ENOENT;

	*ret_kind = MODULE_EXTENSION;
	for (size_t i = 0; i < ELEMENTSOF(extension_tags) && r == -ENOENT; i++) {
		if (!tag_fits(j->dir, bytes_of(extension_tags[i])))
			continue;
		(void)snprintf(suffix, sizeof(suffix), ".cpython-%s-" MACHINE "-linux-gnu.so", extension_tags[i]);
		r = try_file(j, stem, suffix, ret);
	}
	if (r == -ENOENT)
		r = try_file(j, stem, ".abi3.so", ret);
	if (r == -ENOENT)
		r = try_file(j, stem, ".so", ret);
	if (r == -ENOENT) {
		*ret_kind = MODULE_SOURCE;
		r = try_file(j, stem, ".py", ret);
	}
	if (r == -ENOENT) {
		*ret_kind = MODULE_BYTECODE;
		r = try_file(j, stem, ".pyc", ret);
	}
	return r;
}

/* "dir/name": the package's __init__, or the module.  *stem becomes its path. */
static int find_module(struct judging *j, struct str *stem, struct str *ret, enum module_kind *ret_kind, bool *ret_package)
{
	size_t len = stem->len;
	int r = str_append_text(stem, "/__init__");

	*ret_package = true;
	if (r >= 0)
		r = find_file(j, stem, ret, ret_kind);
	if (r != -ENOENT)
		return r;
	stem->len = len;
	stem->buf[len] = '\0';
	*ret_package = false;
	return find_file(j, stem, ret, ret_kind);
}

/* `package`: the directory, if it is the __init__ of one; else absent. */
static int judge_file(struct subject *s, struct bytes path, struct bytes content, enum module_kind kind, struct bytes package,
		      struct bytes call)
{
	struct judging *j = s->j;
	struct subject module = { .j = j, .as = s->as == JUDGED_LINE ? JUDGED_MODULE : s->as, .line = s->line,
				  .depth = s->depth + 1 };
	bool runs;
	int r = 0;

	switch (kind) {
	case MODULE_EXTENSION:
		r = subject_native(&module, content, path);
		break;
	case MODULE_BYTECODE:
		r = subject_bytecode(&module, content, path, NULL, NULL);
		break;
	case MODULE_SOURCE:
		if (judgement_template(j->request->judgement, TEMPLATE_FILE, path, content))
			break;
		r = subject_code(&module, &(struct content_code){ .source = pytext_skip_bom(content), .path = path,
								  .file = path, .line = 1, .package = package,
								  .call = call },
				 &runs);
		break;
	}
	s->places |= module.places;
	tally_merge(&s->tally, &module.tally);
	return r;
}

/* Each package on the way, and the module.  *ret_path: of the last that was found. */
static int judge_modules(struct subject *s, struct bytes in, struct bytes dotted, struct bytes call, struct bytes *ret_path)
{
	_cleanup_str_ struct str dir = STR_INIT;
	int r = str_append_bytes(&dir, in);
	size_t at = 0;

	for (bool last = false; r >= 0 && !last;) {
		_cleanup_str_ struct str stem = STR_INIT, content = STR_INIT;
		ptrdiff_t dot = bytes_find_byte(dotted, '.', at);
		size_t end = dot < 0 ? dotted.len : (size_t)dot;
		enum module_kind kind;
		bool package;

		last = dot < 0;
		if (!content_is_identifier(bytes_slice(dotted, at, end - at)))
			break;
		r = str_append_char(&dir, '/');
		if (r >= 0)
			r = str_append(&dir, dotted.ptr + at, end - at);
		if (r >= 0)
			r = str_append_bytes(&stem, str_bytes(&dir));
		if (r >= 0)
			r = find_module(s->j, &stem, &content, &kind, &package);
		at = end + 1;
		if (r == -ENOENT) {	/* a namespace, or an attribute of the package before */
			r = 0;
			continue;
		}
		if (r < 0)
			break;
		*ret_path = region_copy(s->j->region, str_bytes(&stem));
		if (!ret_path->ptr)
			return -ENOMEM;
		r = judge_file(s, *ret_path, str_bytes(&content), kind, package ? str_bytes(&dir) : BYTES_NONE,
			       last ? call : BYTES_NONE);
		if (!package)
			break;
	}
	return r;
}

static struct content_module *known_module(struct judging *j, struct bytes dotted, struct bytes call)
{
	for (size_t i = 0; i < j->module_count; i++)
		if (bytes_equal(j->modules[i].name, dotted) && bytes_equal(j->modules[i].call, call))
			return &j->modules[i];
	return NULL;
}

static int remember_module(struct judging *j, struct bytes dotted, struct bytes call, struct bytes path, const struct tally *t)
{
	struct content_module m = { .path = path, .tally = *t };

	if (j->module_count == CONTENT_MODULES_MAX)
		return 0;
	m.name = region_copy(j->region, dotted);
	m.call = region_copy(j->region, call);
	if (!m.name.ptr || !m.call.ptr)
		return -ENOMEM;
	j->modules[j->module_count++] = m;
	return 0;
}

int subject_module(struct subject *s, struct bytes dotted, struct bytes call, bool *ret_found)
{
	struct subject alone = { .j = s->j, .as = s->as, .line = s->line, .depth = s->depth };
	ptrdiff_t dot = bytes_find_byte(dotted, '.', 0);
	struct content_module *known;
	struct bytes path = BYTES_NONE;
	int r = 0;

	*ret_found = false;
	if (!call.ptr)
		call = BYTES_LIT("");
	if (!s->j->request->read || s->j->dir.len == 0 || dotted.len == 0 || dotted.len > CONTENT_MODULE_NAME_MAX ||
	    call.len > CONTENT_MODULE_NAME_MAX ||
	    is_loaded_before(dot < 0 ? dotted : bytes_slice(dotted, 0, (size_t)dot)))
		return 0;

	known = known_module(s->j, dotted, call);
	if (known) {
		path = known->path;
		tally_merge(&s->tally, &known->tally);
	} else if (s->j->reads == 0) {
		r = subject_note(s, INDICATOR_NOT_UNDERSTOOD, BYTES_LIT("too many modules to look at"));
	} else {
		r = judge_modules(&alone, s->j->dir, dotted, call.len > 0 ? call : BYTES_NONE, &path);
		if (r >= 0)
			r = remember_module(s->j, dotted, call, path, &alone.tally);
		tally_merge(&s->tally, &alone.tally);
		s->places |= alone.places;
	}
	*ret_found = path.ptr != NULL;
	if (path.ptr && !s->target.ptr)
		s->target = path;
	return r;
}

int subject_file(struct subject *s, struct bytes path)
{
	_cleanup_str_ struct str content = STR_INIT;
	char buf[PLACE_PATH_MAX];
	ptrdiff_t len = place_join(s->j->dir, path, buf);
	struct bytes joined;
	struct stat st;
	int r = subject_path(s, path);

	if (r < 0 || len <= 0)
		return r;
	joined = (struct bytes){ buf, (size_t)len };
	r = judging_read(s->j, joined, &content, &st);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (!s->target.ptr) {
		s->target = region_copy(s->j->region, joined);
		if (!s->target.ptr)
			return -ENOMEM;
	}
	return judge_file(s, joined, str_bytes(&content), MODULE_SOURCE, BYTES_NONE, BYTES_NONE);
}
