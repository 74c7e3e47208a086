/* pycode.c - one reading of a piece of source: where it stands, what it has found.
 *
 * Bounds are not errors.  Whatever cannot be followed is unknown from there on, and INDICATOR_NOT_UNDERSTOOD says that
 * it was so; only a lack of memory ends a reading.
 */
#include "pycode_private.h"

#include <errno.h>
#include <linux/limits.h>

#include "cleanup.h"
#include "pytext.h"

/* ---- the place ---------------------------------------------------------------------------- */

bool count_work(struct evaluation *e, size_t units)
{
	if (work_take(e->work, units) < 0)
		e->heap.full = e->spent = true;
	return !e->spent;
}

/* A text of a MiB is one token, too. */
void count_token(struct frame *f, size_t bytes)
{
	struct evaluation *e = f->e;

	if (f->again)
		e->again += 1 + bytes / PYCODE_AGAIN_BYTES;
	(void)count_work(e, WORK_TOKEN + WORK_TOKEN_BYTE * bytes);
}

void frame_advance(struct frame *f)
{
	size_t at = f->reader.at;

	if (f->e->heap.failed || f->e->spent) {
		/* It still stands somewhere. */
		f->token = (struct pytoken){ .kind = PYTOKEN_END, .line = f->reader.line,
					     .text = bytes_slice(f->reader.text, f->reader.at, 0) };
		return;
	}
	pytoken_next(&f->reader, &f->token);
	count_token(f, f->reader.at > at ? f->reader.at - at : 0);
}

void frame_begin(struct frame *f, struct evaluation *e, struct pyscope *scope, const struct place_in_text *place)
{
	*f = (struct frame){ .e = e, .scope = scope, .fixed_line = place->fixed_line, .nesting = place->nesting };
	pytoken_init(&f->reader, place->text, place->line);
	f->reader.at = place->at;
	f->reader.depth = place->depth;
	f->reader.line_start = place->at == 0 && place->depth == 0;
	f->reader.in_line = !f->reader.line_start;
	if (!f->reader.line_start) {
		f->reader.indents[0] = place->indent;
		f->reader.indent_count = 1;
	}
	frame_advance(f);
}

struct place_in_text frame_place(const struct frame *f)
{
	const struct pytoken_reader *r = &f->reader;
	bool opens = f->token.kind == PYTOKEN_OP && memchr("([{", f->token.text.ptr[0], 3);

	return (struct place_in_text){
		.text = r->text,
		.at = (size_t)(f->token.text.ptr - r->text.ptr),
		.line = f->token.line,
		.depth = r->depth - (opens && r->depth > 0),
		.indent = r->indent_count > 0 ? r->indents[r->indent_count - 1] : 0,
		.fixed_line = f->fixed_line,
		.nesting = f->nesting,
	};
}

void frame_back(struct frame *f, const struct place_in_text *place)
{
	f->reader.at = place->at;
	f->reader.line = place->line;
	f->reader.depth = place->depth;
	f->reader.dedents = 0;
	f->reader.line_start = false;
	f->reader.in_line = true;
	frame_advance(f);
}

bool frame_at_line_end(const struct frame *f)
{
	return f->token.kind == PYTOKEN_NEWLINE || f->token.kind == PYTOKEN_END || frame_is_op(f, ";");
}

unsigned frame_line(const struct frame *f)
{
	return f->fixed_line ? f->fixed_line : f->token.line;
}

/* ---- findings --------------------------------------------------------------------------------- */

/* What was found, where. */
struct found {
	enum indicator indicator;
	unsigned line;
	bool ordinary;
	bool later;
};

static bool is_found(const struct pycode *c, const struct found *n, unsigned depth)
{
	for (size_t k = 0; k < c->finding_count; k++) {
		const struct finding *old = &c->findings[k];

		if (old->indicator == n->indicator && old->line == n->line && old->depth == depth &&
		    (n->ordinary || !old->ordinary) && (n->later || !old->later))
			return true;
	}
	return false;
}

/* Would a finding be kept?  So much room is left for indicators that were not found yet, of each the ordinary and the
 * other kind. */
static bool is_wanted(const struct frame *f, const struct found *n)
{
	const struct pycode *c = f->e->ret;
	/* What comes later is read last. */
	uint64_t same_kind = n->ordinary || n->later ? c->indicators : c->plain;

	if (c->finding_count >= PYCODE_FINDINGS_MAX || is_found(c, n, f->nesting))
		return false;
	return !(same_kind & INDICATOR_BIT(n->indicator)) ||
	       c->finding_count + (size_t)2 * INDICATOR_COUNT < PYCODE_FINDINGS_MAX;
}

static void add_finding(const struct frame *f, const struct found *n, struct bytes detail, struct bytes file)
{
	struct evaluation *e = f->e;
	struct pycode *c = e->ret;

	if (!is_wanted(f, n))
		return;
	c->indicators |= INDICATOR_BIT(n->indicator);
	c->plain |= n->ordinary ? 0 : INDICATOR_BIT(n->indicator);
	if (detail.len > FINDING_DETAIL_MAX)
		detail.len = FINDING_DETAIL_MAX;
	c->findings[c->finding_count++] = (struct finding){
		.indicator = n->indicator,
		.line = n->line,
		.ordinary = n->ordinary,
		.later = n->later,
		.depth = f->nesting,
		.detail = region_copy(e->region, detail),
		.file = file.ptr ? region_copy(e->region, file) : BYTES_NONE,
	};
	if (!c->findings[c->finding_count - 1].detail.ptr)
		e->heap.failed = true;
}

static struct found found_here(const struct frame *f, enum indicator i, unsigned line)
{
	return (struct found){ .indicator = i, .line = line, .later = f->e->later };
}

void report(const struct frame *f, enum indicator i, unsigned line, struct bytes detail)
{
	struct found n = found_here(f, i, line);

	add_finding(f, &n, detail, BYTES_NONE);
}

void report_unread(const struct frame *f, unsigned line, const char *why)
{
	f->e->ret->unread = true;
	report(f, INDICATOR_NOT_UNDERSTOOD, line, bytes_of(why));
}

/* Only in a function's body, and not in a text that is executed there. */
static bool is_in_function(const struct frame *f)
{
	return f->e->calls > 0 && f->nesting == 0;
}

void report_ordinary(const struct frame *f, enum indicator i, unsigned line, struct bytes detail)
{
	struct found n = found_here(f, i, line);

	n.ordinary = is_in_function(f);
	add_finding(f, &n, detail, BYTES_NONE);
}

static void append_cut(struct str *s, struct bytes text, size_t max)
{
	if (text.len > max) {
		(void)str_append(s, text.ptr, max);
		(void)str_append_text(s, "...");
	} else {
		(void)str_append_bytes(s, text);
	}
}

/* An appended text that is lost for want of memory only shortens what a person reads. */
static void append_value(struct str *s, struct pyvalue v)
{
	v = pyvalue_one(v);
	switch (v.kind) {
	case PYVALUE_TEXT:
		if (v.label.ptr && v.flags & PYVALUE_SOURCES) {
			append_cut(s, v.label, PYCODE_SHOWN_MAX);
			(void)str_append_text(s, "(...)");
			return;
		}
		(void)str_append_char(s, '\'');
		append_cut(s, v.text, PYCODE_SHOWN_MAX);
		(void)str_append_char(s, '\'');
		return;
	case PYVALUE_INT:
		(void)str_appendf(s, "%lld", (long long)v.number);
		return;
	case PYVALUE_NAME:
		append_cut(s, v.name->text, PYCODE_SHOWN_MAX);
		(void)str_append_text(s, v.flags & PYVALUE_INSTANCE ? "(...)" : "");
		return;
	case PYVALUE_FUNCTION:
		append_cut(s, v.function->name, PYCODE_SHOWN_MAX);
		return;
	case PYVALUE_LIST:
		(void)str_append_char(s, '[');
		for (size_t i = 0; i < v.list->count && i < 4; i++) {
			(void)str_append_text(s, i > 0 ? ", " : "");
			if (pyvalue_one(v.list->items[i]).kind == PYVALUE_LIST)
				(void)str_append_text(s, "[...]");
			else
				append_value(s, v.list->items[i]);
		}
		(void)str_append_text(s, v.list->count > 4 ? ", ...]" : "]");
		return;
	default:
		append_cut(s, v.label.ptr ? v.label : BYTES_LIT("..."), PYCODE_SHOWN_MAX);
		(void)str_append_text(s, v.label.ptr ? "(...)" : "");
	}
}

static void append_call(struct str *s, const struct call *c)
{
	append_value(s, c->callee);
	(void)str_append_char(s, '(');
	for (size_t i = 0; i < c->count && s->len < FINDING_DETAIL_MAX; i++) {
		(void)str_append_text(s, i > 0 ? ", " : "");
		if (c->keys[i].ptr) {
			append_cut(s, c->keys[i], PYCODE_SHOWN_MAX);
			(void)str_append_char(s, '=');
		}
		append_value(s, c->args[i]);
	}
	(void)str_append_text(s, c->more ? ", ...)" : ")");
}

static void report_found_call(struct frame *f, const struct found *n, const struct call *c, struct bytes file)
{
	_cleanup_str_ struct str s = STR_INIT;

	if (!is_wanted(f, n))
		return;
	append_call(&s, c);
	add_finding(f, n, str_bytes(&s), file);
}

void report_call_file(struct frame *f, enum indicator i, const struct call *c, struct bytes file)
{
	struct found n = found_here(f, i, c->line);

	report_found_call(f, &n, c, file);
}

void report_call(struct frame *f, enum indicator i, const struct call *c)
{
	report_call_file(f, i, c, BYTES_NONE);
}

void report_ordinary_call(struct frame *f, enum indicator i, const struct call *c)
{
	struct found n = found_here(f, i, c->line);

	n.ordinary = is_in_function(f);
	report_found_call(f, &n, c, BYTES_NONE);
}

struct mark report_mark(const struct evaluation *e)
{
	return (struct mark){ *e->ret };
}

void report_back(struct evaluation *e, struct mark m)
{
	m.state.unread = e->ret->unread;
	*e->ret = m.state;
}

bool may_go_round(struct frame *f, size_t round, size_t harm)
{
	struct evaluation *e = f->e;

	if (round > 0 && !may_read_again(e)) {
		/* exec(x) for x in [a, b]: what was done with a would be done with b. */
		if (e->harm != harm)
			report_unread(f, frame_line(f), "more rounds than are followed");
		return false;
	}
	e->again++;
	return count_work(e, WORK_CALL);
}

/* ---- texts ------------------------------------------------------------------------------------- */

static bool is_blob_byte(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/' ||
	       c == '=' || c == '-' || c == '_';
}

/* What a run is made of: letters alone are words without blanks, digits alone a number, many slashes a path. */
static bool is_blob(struct bytes run)
{
	size_t upper = 0, lower = 0, digits = 0, others = 0;

	for (size_t i = 0; i < run.len; i++) {
		char c = run.ptr[i];

		upper += c >= 'A' && c <= 'Z';
		lower += c >= 'a' && c <= 'z';
		digits += c >= '0' && c <= '9';
		others += !((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'));
	}
	if (others * 8 > run.len || digits == 0)
		return false;
	if (upper == 0 || lower == 0)	/* base32, hex */
		return digits * 8 >= run.len && digits < run.len;
	/* An alphabet, in its order, is no blob; each of its characters is rare. */
	return digits * 64 >= run.len && run.len > 2 * 64 - 8;
}

static void look_for_blob(struct frame *f, struct bytes text, unsigned line)
{
	size_t from = 0;

	if (text.len < PYCODE_BLOB_MIN)
		return;
	for (size_t i = 0; i <= text.len; i++) {
		if (i < text.len && is_blob_byte((unsigned char)text.ptr[i]))
			continue;
		if (i - from >= PYCODE_BLOB_MIN && is_blob(bytes_slice(text, from, i - from)))
			report(f, INDICATOR_ENCODED_BLOB, line, bytes_slice(text, from, i - from));
		from = i + 1;
	}
}

/* What a text only speaks of: the function that does something with it is found for itself. */
#define MENTIONS (INDICATOR_BIT(INDICATOR_ADDRESS) | INDICATOR_BIT(INDICATOR_CREDENTIALS))

void look_at_text(struct frame *f, struct pyvalue v, unsigned line)
{
	uint64_t found;

	v = pyvalue_one(v);
	/* A literal's bytes were counted when it was read; one that was put together may be looked at a million times. */
	if (v.kind != PYVALUE_TEXT || f->quiet || (v.flags & PYVALUE_JOINED && !pyheap_work(&f->e->heap, WORK_ITEM * v.text.len)))
		return;
	found = judgement_text(f->e->request->judgement, v.text);
	for (unsigned i = 0; i < INDICATOR_COUNT && found; i++)
		if (found & INDICATOR_BIT(i) & MENTIONS)
			report_ordinary(f, (enum indicator)i, line, v.text);
		else if (found & INDICATOR_BIT(i))
			report(f, (enum indicator)i, line, v.text);
	look_for_blob(f, v.text, line);
}

/* ---- paths and modules ---------------------------------------------------------------------------- */

bool is_own_path(const struct evaluation *e, struct pyvalue v)
{
	struct bytes text = v.kind == PYVALUE_TEXT ? v.text : v.path;

	/* A longer one is no path, and may be as long as it likes. */
	return e->directory.ptr && text.ptr && text.len < PATH_MAX && bytes_has_prefix(text, e->directory) &&
	       bytes_find(text, BYTES_LIT("/../"), 0) < 0;
}

void report_path(const struct frame *f, struct pyvalue v, enum pycode_path_use use, unsigned line)
{
	struct pycode *c = f->e->ret;
	struct bytes path = v.kind == PYVALUE_TEXT ? v.text : v.path.ptr ? v.path : BYTES_LIT("");

	if (c->path_count >= PYCODE_PATHS_MAX)
		return;
	c->paths[c->path_count++] = (struct pycode_path){
		.path = region_copy(f->e->region, bytes_slice(path, 0, path.len < PATH_MAX ? path.len : PATH_MAX)),
		.known = path.len >= PATH_MAX ? false : v.kind == PYVALUE_TEXT ? !(v.flags & PYVALUE_CUT) : v.path.ptr && !(v.flags & PYVALUE_OPEN_PATH),
		.use = use,
		.line = line,
	};
}

/* Names under which Python itself runs a file, wherever it is: hooks, start-up files, packages. */
static bool is_run_by_name(struct bytes path)
{
	static const struct bytes names[] = {
		BYTES_LIT("sitecustomize.py"), BYTES_LIT("usercustomize.py"), BYTES_LIT("__init__.py"), BYTES_LIT(".pythonrc"),
		BYTES_LIT(".pythonrc.py"), BYTES_LIT("pyvenv.cfg"),
	};

	for (size_t i = 0; i < ELEMENTSOF(names); i++)
		if (bytes_equal(bytes_basename(path), names[i]))
			return true;
	return bytes_has_suffix(path, BYTES_LIT(".pth")) || bytes_has_suffix(path, BYTES_LIT("._pth"));
}

void report_written(const struct frame *f, struct pyvalue v, unsigned line)
{
	struct bytes path = v.kind == PYVALUE_TEXT || v.kind == PYVALUE_UNKNOWN ? v.text : v.path;

	report_path(f, v, PYCODE_PATH_WRITE, line);
	if (path.ptr && is_run_by_name(path))
		report(f, INDICATOR_PERSISTENCE, line, path);
}

struct pycode_import *report_import(const struct frame *f, struct bytes module, unsigned level, unsigned line)
{
	struct pycode *c = f->e->ret;

	if (!count_work(f->e, WORK_IMPORT * c->import_count))
		return NULL;
	for (size_t i = 0; i < c->import_count; i++)
		if (c->imports[i].level == level && bytes_equal(c->imports[i].module, module))
			return &c->imports[i];
	if (c->import_count >= PYCODE_IMPORTS_MAX) {
		report(f, INDICATOR_NOT_UNDERSTOOD, line, BYTES_LIT("too many imports"));
		return NULL;
	}
	c->imports[c->import_count] = (struct pycode_import){
		.module = region_copy(f->e->region, module),
		.level = level,
		.line = line,
		.later = f->e->later,
	};
	return &c->imports[c->import_count++];
}

bool is_in_list(struct bytes list, struct bytes name)
{
	for (size_t at = 0; at <= list.len;) {
		ptrdiff_t comma = bytes_find_byte(list, ',', at);
		size_t end = comma < 0 ? list.len : (size_t)comma;

		if (bytes_equal(bytes_slice(list, at, end - at), name))
			return true;
		at = end + 1;
	}
	return false;
}

static void add_call(struct frame *f, struct pycode_import *import, struct bytes name)
{
	_cleanup_str_ struct str s = STR_INIT;

	if (!count_work(f->e, import->calls.len) || is_in_list(import->calls, name))
		return;
	if (import->calls.len + 1 + name.len > PYCODE_IMPORT_CALLS_MAX) {
		report(f, INDICATOR_NOT_UNDERSTOOD, import->line, BYTES_LIT("too many calls of one module"));
		return;
	}
	if (import->calls.len > 0 && (str_append_bytes(&s, import->calls) < 0 || str_append_char(&s, ',') < 0))
		f->e->heap.failed = true;
	if (str_append_bytes(&s, name) < 0)
		f->e->heap.failed = true;
	import->calls = region_copy(f->e->region, str_bytes(&s));
}

/* Of the longest module that the name begins with: of "from . import a" and a.run() the name is ".a.run". */
void note_call_of_import(struct frame *f, struct bytes name)
{
	struct pycode *c = f->e->ret;
	struct pycode_import *longest = NULL;
	unsigned level = 0;

	if (f->e->later)	/* what is imported is judged by what it does at once */
		return;
	while (level < name.len && name.ptr[level] == '.')
		level++;
	name = bytes_slice(name, level, name.len - level);
	if (!count_work(f->e, WORK_IMPORT * c->import_count))
		return;
	for (size_t i = 0; i < c->import_count; i++) {
		struct bytes m = c->imports[i].module;

		/* What may be an attribute is called in the module that it is of, too. */
		if (c->imports[i].level != level || !bytes_has_prefix(name, m) || name.len <= m.len || name.ptr[m.len] != '.' ||
		    m.len == 0)
			continue;
		if (c->imports[i].maybe)
			add_call(f, &c->imports[i], bytes_slice(name, m.len + 1, name.len - m.len - 1));
		else if (!longest || m.len > longest->module.len)
			longest = &c->imports[i];
	}
	if (longest)
		add_call(f, longest, bytes_slice(name, longest->module.len + 1, name.len - longest->module.len - 1));
}

/* ---- the reading ------------------------------------------------------------------------------------- */

/* "Class.method" or "function" of the source, as an entry point names it. */
static void call_one_from_outside(struct frame *f, struct bytes path)
{
	struct call c = { .line = f->e->request->line };
	struct pyvalue v = PYVALUE_NONE;
	bool first = true;

	for (size_t at = 0; at <= path.len; first = false) {
		ptrdiff_t dot = bytes_find_byte(path, '.', at);
		struct bytes part = bytes_slice(path, at, (dot < 0 ? path.len : (size_t)dot) - at);

		v = first ? scope_get(f, part) : read_attribute(f, v, part, c.line);
		at += part.len + 1;
	}
	if (pyvalue_one(v).kind == PYVALUE_TEXT) {	/* exec(module.TEXT) */
		(void)run_text(f, pyvalue_one(v).text, false, c.line);
		return;
	}
	c.callee = v;
	(void)call_value(f, &c);
}

static void call_from_outside(struct frame *f, struct bytes list)
{
	for (size_t at = 0; at < list.len;) {
		ptrdiff_t comma = bytes_find_byte(list, ',', at);
		size_t end = comma < 0 ? list.len : (size_t)comma;

		call_one_from_outside(f, bytes_slice(list, at, end - at));
		at = end + 1;
	}
}

/* What the interpreter calls of a module that it has imported (PEP 562). */
static void escape_module_hooks(struct frame *f)
{
	static const struct bytes names[] = { BYTES_LIT("__getattr__"), BYTES_LIT("__dir__") };

	for (size_t i = 0; i < ELEMENTSOF(names); i++) {
		const struct variable *v = scope_find(f->e->module, names[i]);

		if (v)
			escape_value(f, v->value);
	}
}

static void look_at_length(struct frame *f, struct bytes source, unsigned line)
{
	struct pytext_reader reader;
	struct pytext_line l;

	pytext_reader_init(&reader, source, LINES_UNIVERSAL);
	while (pytext_reader_next(&reader, &l))
		if (l.text.len > PYCODE_LINE_MAX) {
			report(f, INDICATOR_LONG_LINE, line + l.number - 1, bytes_slice(l.text, 0, FINDING_DETAIL_MAX));
			return;
		}
}

static void read_source(struct frame *f)
{
	const struct pycode_request *request = f->e->request;

	read_statements(f);
	if (request->call.len > 0)
		call_from_outside(f, request->call);
	escape_module_hooks(f);
	run_escaped(f);
	look_at_length(f, request->source, request->line);
	if (f->e->heap.full)
		report_unread(f, request->line, "too much to follow");
	else if (f->reader.too_deep)
		report(f, INDICATOR_NOT_UNDERSTOOD, request->line, BYTES_LIT("nested too deep"));
}

/* All that may be done for the hook was done before. */
static int judge_unread(const struct pycode_request *request, struct region *region, struct pycode *ret)
{
	struct finding *f = region_alloc(region, sizeof(*f));

	if (!f)
		return -ENOMEM;
	*f = (struct finding){ .indicator = INDICATOR_NOT_UNDERSTOOD, .line = request->line,
			       .detail = BYTES_LIT("too much to look at") };
	*ret = (struct pycode){ .indicators = INDICATOR_BIT(f->indicator), .findings = f, .finding_count = 1,
				.runs = request->source.len > 0, .unread = request->source.len > 0 };
	return 0;
}

static int judge_read(const struct pycode_request *request, struct region *region, struct pycode *ret)
{
	struct work own = { CONTENT_WORK_MAX };
	struct evaluation e = { .request = request, .region = region, .work = request->work ? request->work : &own };
	_cleanup_pyheap_ struct pyheap heap = { .region = REGION_INIT, .shared = e.work };
	struct pycode result = {
		.findings = region_alloc_array(region, PYCODE_FINDINGS_MAX, sizeof(*result.findings)),
		.imports = region_alloc_array(region, PYCODE_IMPORTS_MAX, sizeof(*result.imports)),
		.paths = region_alloc_array(region, PYCODE_PATHS_MAX, sizeof(*result.paths)),
	};
	struct place_in_text place = { .text = request->source, .line = request->line };
	ptrdiff_t slash = bytes_find_last_byte(request->path, '/');
	struct frame f;

	if (!result.findings || !result.imports || !result.paths)
		return -ENOMEM;
	if (!place.text.ptr)
		place.text = BYTES_LIT("");
	if (slash >= 0)
		e.directory = bytes_slice(request->path, 0, (size_t)slash + 1);
	e.ret = &result;
	e.heap = heap;
	e.module = scope_new(&e, NULL);
	if (e.module) {
		frame_begin(&f, &e, e.module, &place);
		read_source(&f);
	}
	heap = e.heap;
	if (heap.failed)
		return -ENOMEM;
	*ret = result;
	return 0;
}

int pycode_judge(const struct pycode_request *request, struct region *region, struct pycode *ret)
{
	return work_take(request->work, WORK_PYCODE) < 0 ? judge_unread(request, region, ret) :
							    judge_read(request, region, ret);
}
