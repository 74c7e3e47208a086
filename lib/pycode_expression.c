/* pycode_expression.c - expressions, evaluated while they are read.
 *
 * Operator precedence climbing over the tokens (reference manual, "Expressions").  Every alternative is read: both sides
 * of "or", all of a conditional expression.  Where something is nested deeper than CPython takes, the rest of it is read
 * flat: calls of known names are seen, what they are given is not.
 */
#include "pycode_private.h"

#include "cleanup.h"

static struct pyvalue read_binary(struct frame *f, unsigned least);
static struct pyvalue read_unary(struct frame *f);

/* ---- names ------------------------------------------------------------------------------ */

struct bytes token_name(struct frame *f)
{
	_cleanup_str_ struct str s = STR_INIT;
	struct pyvalue v;

	if (f->token.ascii)
		return f->token.text;
	if (pytoken_normalise(f->token.text, &s) < 0) {
		f->e->heap.failed = true;
		return f->token.text;
	}
	if (bytes_equal(str_bytes(&s), f->token.text))
		return f->token.text;
	report(f, INDICATOR_OBFUSCATION, frame_line(f), f->token.text);
	v = pyvalue_copy(&f->e->heap, str_bytes(&s), 0);
	return v.kind == PYVALUE_TEXT ? v.text : f->token.text;
}

/* Words that cannot be a name, and end an expression where they stand in the place of an operator. */
static bool is_reserved(const struct pytoken *t)
{
	static const struct bytes words[] = {
		BYTES_LIT("and"), BYTES_LIT("as"), BYTES_LIT("assert"), BYTES_LIT("break"), BYTES_LIT("class"),
		BYTES_LIT("continue"), BYTES_LIT("def"), BYTES_LIT("del"), BYTES_LIT("elif"), BYTES_LIT("else"),
		BYTES_LIT("except"), BYTES_LIT("finally"), BYTES_LIT("for"), BYTES_LIT("from"), BYTES_LIT("global"),
		BYTES_LIT("if"), BYTES_LIT("import"), BYTES_LIT("in"), BYTES_LIT("is"), BYTES_LIT("nonlocal"),
		BYTES_LIT("or"), BYTES_LIT("pass"), BYTES_LIT("raise"), BYTES_LIT("return"), BYTES_LIT("try"),
		BYTES_LIT("while"), BYTES_LIT("with"),
	};

	for (size_t i = 0; i < ELEMENTSOF(words); i++)
		if (t->text.ptr[0] == words[i].ptr[0] && pytoken_is_name(t, words[i]))
			return true;
	return false;
}

static bool is_close(const struct frame *f)
{
	return frame_is_op(f, ")") || frame_is_op(f, "]") || frame_is_op(f, "}");
}

static bool is_open(const struct frame *f)
{
	return frame_is_op(f, "(") || frame_is_op(f, "[") || frame_is_op(f, "{");
}

static bool ends_expression(const struct frame *f)
{
	if (frame_at_line_end(f) || is_close(f))
		return true;
	if (frame_is_op(f, ",") || frame_is_op(f, ":") || frame_is_op(f, "=") || frame_is_op(f, ":="))
		return true;
	return f->token.kind == PYTOKEN_INDENT || f->token.kind == PYTOKEN_DEDENT;
}

/* ---- too deep ------------------------------------------------------------------------------ */

static void read_flat_name(struct frame *f)
{
	struct call c = { .line = frame_line(f), .more = true };

	c.callee = scope_get(f, token_name(f));
	frame_advance(f);
	while (frame_take_op(f, ".")) {
		if (f->token.kind != PYTOKEN_NAME)
			return;
		c.callee = read_attribute(f, c.callee, token_name(f), frame_line(f));
		frame_advance(f);
	}
	if (frame_is_op(f, "(") && c.callee.kind == PYVALUE_NAME)
		(void)call_value(f, &c);
}

/* To the end of an expression, not following its brackets.  `lambda`: its body; a colon of another one is no end. */
static void skip_expression(struct frame *f, bool flat)
{
	unsigned open = 0, lambdas = 0;

	while (f->token.kind != PYTOKEN_END) {
		if (open == 0 && (frame_is_name(f, BYTES_LIT("for")) || (ends_expression(f) && !(lambdas > 0 && frame_is_op(f, ":")))))
			return;
		if (f->token.kind == PYTOKEN_NAME && flat) {
			read_flat_name(f);
			continue;
		}
		if (is_open(f))
			open++;
		else if (is_close(f))
			open--;
		else if (open == 0 && frame_is_name(f, BYTES_LIT("lambda")))
			lambdas++;
		else if (open == 0 && frame_is_op(f, ":"))
			lambdas--;
		frame_advance(f);
	}
}

static struct pyvalue too_deep(struct frame *f)
{
	report(f, INDICATOR_NOT_UNDERSTOOD, frame_line(f), BYTES_LIT("nested too deep"));
	skip_expression(f, true);
	return PYVALUE_NONE;
}

/* ---- literals --------------------------------------------------------------------------------- */

static struct pyvalue read_number(struct frame *f)
{
	struct bytes t = f->token.text;
	unsigned base = 10;
	size_t at = 0;
	int64_t n = 0;

	if (t.len > 2 && t.ptr[0] == '0') {
		char kind = (char)(t.ptr[1] | 0x20);

		base = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 10;
		at = base == 10 ? 0 : 2;
	}
	frame_advance(f);
	for (; at < t.len; at++) {
		int digit = hex_digit(t.ptr[at]);

		if (t.ptr[at] == '_' || ((t.ptr[at] | 0x20) == 'l' && at + 1 == t.len))
			continue;
		if (digit < 0 || (unsigned)digit >= base)
			return PYVALUE_NONE;
		/* No number of anything: a text. */
		if (__builtin_mul_overflow(n, (int64_t)base, &n) || __builtin_add_overflow(n, (int64_t)digit, &n))
			return pyvalue_unknown(PYVALUE_PIECES);
	}
	return pyvalue_int(n);
}

/* Ordinary letters, written as numbers. */
static void look_at_escapes(struct frame *f, struct bytes body, size_t disguised, unsigned line)
{
	if (disguised >= PYCODE_DISGUISED_MIN && disguised * 8 >= body.len)
		report(f, INDICATOR_OBFUSCATION, line, body);
}

static struct pyvalue literal_text(struct frame *f, struct bytes body, unsigned prefix, unsigned line)
{
	unsigned flags = prefix & PYSTRING_BYTES ? PYVALUE_BYTES : 0;
	_cleanup_str_ struct str s = STR_INIT;
	size_t disguised;

	if (prefix & PYSTRING_RAW || bytes_find_byte(body, '\\', 0) < 0)
		return pyvalue_text(body, flags);
	if (pytoken_unescape(body, prefix, &s, &disguised) < 0) {
		f->e->heap.failed = true;
		return PYVALUE_NONE;
	}
	look_at_escapes(f, body, disguised, line);
	return pyvalue_copy(&f->e->heap, str_bytes(&s), flags);
}

/* The code of a field, in a frame of its own. */
static struct pyvalue read_field(struct frame *f, struct bytes code)
{
	struct place_in_text place = { .text = code, .line = 1, .depth = 1, .fixed_line = frame_line(f), .nesting = f->nesting };
	struct frame inner;
	struct pyvalue v;

	frame_begin(&inner, f->e, f->scope, &place);
	inner.again = f->again;
	v = read_expressions(&inner);
	use_value(f, v);
	f->result = inner.result.kind == PYVALUE_UNKNOWN ? f->result : inner.result;
	f->yields = inner.yields.kind == PYVALUE_LIST ? inner.yields : f->yields;
	return v;
}

static struct pyvalue add(struct frame *f, struct pyvalue a, struct pyvalue b)
{
	return pyvalue_binary(&f->e->heap, BYTES_LIT("+"), a, b);
}

static struct pyvalue read_format(struct frame *f, struct bytes body, unsigned prefix, unsigned depth)
{
	struct pyvalue ret = pyvalue_text(BYTES_LIT(""), 0);
	unsigned line = frame_line(f);
	size_t from = 0, at = 0;

	while (at < body.len) {
		struct bytes code, format;
		size_t next;

		if (body.ptr[at] != '{' && body.ptr[at] != '}') {
			at++;
			continue;
		}
		ret = add(f, ret, literal_text(f, bytes_slice(body, from, at - from), prefix, line));
		if (at + 1 < body.len && body.ptr[at + 1] == body.ptr[at]) {
			from = at + 1;	/* a brace that is text */
			at += 2;
			continue;
		}
		if (body.ptr[at] == '}') {
			from = at++;
			continue;
		}
		/* One that does not end is looked for to the end of the text: no version takes that, nor what is behind. */
		from = at;
		if (!pytoken_field(body, at + 1, &code, &format, &next))
			break;
		ret = add(f, ret, pyvalue_str(&f->e->heap, read_field(f, code)));
		if (depth < PYTOKEN_FORMATS_MAX && bytes_find_byte(format, '{', 0) >= 0)
			(void)read_format(f, format, prefix, depth + 1);
		at = from = next;
	}
	return add(f, ret, literal_text(f, bytes_slice(body, from, body.len - from), prefix, line));
}

static struct pyvalue read_string(struct frame *f)
{
	struct pytoken t = f->token;

	return t.prefix & PYSTRING_FORMAT ? read_format(f, t.body, t.prefix, 0) :
		literal_text(f, t.body, t.prefix, frame_line(f));
}

static struct pyvalue read_strings(struct frame *f)
{
	unsigned line = frame_line(f);
	struct pyvalue v = read_string(f);

	frame_advance(f);
	while (f->token.kind == PYTOKEN_STRING) {
		v = add(f, v, read_string(f));
		frame_advance(f);
	}
	look_at_text(f, v, line);
	return v;
}

static void append_all(struct frame *f, struct pylist *l, struct pyvalue v);

/* ---- comprehensions ----------------------------------------------------------------------------- */

struct element {
	struct place_in_text place;	/* where it begins */
	struct mark mark;
	size_t harm;			/* evaluation.harm */
	bool pair;			/* key: value */
};

/* A part of a comprehension, in which "if" is none of a conditional expression. */
static struct pyvalue read_clause(struct frame *f)
{
	struct pyvalue v;

	if (f->e->depth >= PYCODE_DEPTH_MAX)
		return too_deep(f);
	f->e->depth++;
	v = read_binary(f, 0);
	f->e->depth--;
	return v;
}

/* One of the items, whichever. */
static struct pyvalue any_of(struct frame *f, struct pyvalue items)
{
	struct pyvalue ret;

	items = pyvalue_items(&f->e->heap, items);
	ret = pyvalue_unknown(items.flags);
	for (size_t i = 0; items.kind == PYVALUE_LIST && i < items.list->count && i < PYVALUE_CHOICES_MAX; i++)
		ret = pyvalue_either(&f->e->heap, ret, items.list->items[i]);
	return ret;
}

/* for x in y if z for ...: the first one's targets and items; the others are bound to any of theirs. */
static void read_for_clauses(struct frame *f, struct targets *ret, struct pyvalue *ret_items, bool *ret_more)
{
	bool first = true;

	for (;;) {
		if (frame_take_name(f, BYTES_LIT("if"))) {
			(void)read_clause(f);
			continue;
		}
		(void)frame_take_name(f, BYTES_LIT("async"));
		if (!frame_take_name(f, BYTES_LIT("for")))
			return;
		if (first) {
			read_targets(f, ret);
			(void)frame_take_name(f, BYTES_LIT("in"));
			*ret_items = read_clause(f);
			assign_targets(f, ret, any_of(f, *ret_items));
		} else {
			struct targets t;

			read_targets(f, &t);
			(void)frame_take_name(f, BYTES_LIT("in"));
			assign_targets(f, &t, any_of(f, read_clause(f)));
			*ret_more = true;
		}
		first = false;
	}
}

static void read_element_again(struct frame *f, const struct element *el, struct pylist *list)
{
	frame_back(f, &el->place);
	pylist_append(&f->e->heap, list, read_expression(f));
	if (el->pair && frame_take_op(f, ":"))
		pylist_append(&f->e->heap, list, read_expression(f));
}

/* Behind the first element, at "for": the element is read again for each item, as far as they are known. */
static struct pyvalue read_comprehension(struct frame *f, const struct element *el, struct pyvalue first)
{
	struct evaluation *e = f->e;
	struct pyvalue ret = pyvalue_list(&e->heap, first.flags & PYVALUE_SOURCES), items = PYVALUE_NONE;
	struct pyscope *outer = f->scope;
	struct targets targets = { .count = 0 };
	struct place_in_text end;
	size_t harm = e->harm;
	bool again = f->again, known, more = false, twice = ret.kind == PYVALUE_LIST && may_read_again(e);

	/* What the element was found to do is found again; what its items are, only once. */
	if (twice)
		report_back(e, el->mark);
	else if (e->harm != el->harm)
		report_unread(f, frame_line(f), "more rounds than are followed");
	f->scope = scope_new(e, outer);
	read_for_clauses(f, &targets, &items, &more);
	items = pyvalue_items(&e->heap, items);
	end = frame_place(f);
	known = items.kind == PYVALUE_LIST && items.list->count > 0;
	if (twice) {
		f->again = true;
		for (size_t i = 0; i < (known ? items.list->count : 1) && may_go_round(f, i, harm); i++) {
			assign_targets(f, &targets, known ? items.list->items[i] : pyvalue_unknown(items.flags));
			read_element_again(f, el, ret.list);
		}
		frame_back(f, &end);
		f->again = again;
	}
	if (ret.kind == PYVALUE_LIST)
		ret.list->cut = ret.list->cut || !known || more || items.list->cut || !may_read_again(e);
	ret.flags |= items.flags & PYVALUE_SOURCES;
	f->scope = outer;
	return ret;
}

static struct element element_here(struct frame *f)
{
	return (struct element){ .place = frame_place(f), .mark = report_mark(f->e), .harm = f->e->harm };
}

static bool is_comprehension(const struct frame *f)
{
	return frame_is_name(f, BYTES_LIT("for")) || frame_is_name(f, BYTES_LIT("async"));
}

void assign_as(struct frame *f, struct pyvalue v)
{
	struct target target;

	if (!frame_take_name(f, BYTES_LIT("as")))
		return;
	(void)read_expression(f);
	target = f->e->target;
	assign(f, &target, v);
}

/* ---- brackets ------------------------------------------------------------------------------------ */

static void append_all(struct frame *f, struct pylist *l, struct pyvalue v)
{
	v = pyvalue_items(&f->e->heap, pyvalue_one(v));
	if (v.kind != PYVALUE_LIST) {
		l->cut = true;
		return;
	}
	pylist_extend(&f->e->heap, l, v.list);
}

/* Behind an opening bracket, to behind `close`.  *ret_single: it is one expression in brackets, not a tuple of one. */
static struct pyvalue read_elements(struct frame *f, const char *close, bool *ret_single)
{
	struct pyvalue ret = PYVALUE_NONE, v = PYVALUE_NONE;
	size_t count = 0, commas = 0;
	unsigned sources = 0;
	bool dict = false;

	*ret_single = false;
	while (f->token.kind != PYTOKEN_END && !is_close(f)) {
		struct element el;
		bool star;

		if (frame_take_op(f, ",")) {
			commas++;
			continue;
		}
		star = frame_take_op(f, "*") || frame_take_op(f, "**");
		el = element_here(f);
		v = read_expression(f);
		assign_as(f, v);	/* with (open(x) as y, ...) */
		if (count++ == 0 && frame_is_op(f, ":"))
			dict = true;
		if (ret.kind != PYVALUE_LIST && (commas > 0 || !frame_is_op(f, close) || close[0] != ')' || star)) {
			ret = pyvalue_list(&f->e->heap, dict ? PYVALUE_DICT : 0);
			if (ret.kind != PYVALUE_LIST) {	/* full: what comes is read all the same */
				skip_expression(f, true);
				if (!is_close(f))
					frame_advance(f);
				continue;
			}
		}
		if (frame_take_op(f, ":")) {
			struct pyvalue second = read_expression(f);

			el.pair = true;
			if (!is_comprehension(f)) {
				pylist_append(&f->e->heap, ret.list, v);
				v = second;
			}
		}
		sources |= v.flags & PYVALUE_SOURCES;
		if (is_comprehension(f)) {
			v = read_comprehension(f, &el, v);
			if (v.kind == PYVALUE_LIST)
				v.flags |= el.pair ? PYVALUE_DICT : 0;
			(void)frame_take_op(f, close);
			return v;
		}
		if (ret.kind == PYVALUE_LIST && star)
			append_all(f, ret.list, v);
		else if (ret.kind == PYVALUE_LIST)
			pylist_append(&f->e->heap, ret.list, v);
		if (!ends_expression(f))
			frame_advance(f);	/* an error in it */
		else if (!is_close(f) && !frame_is_op(f, ","))
			frame_advance(f);
	}
	if (is_close(f))
		frame_advance(f);
	*ret_single = count == 1 && commas == 0 && ret.kind != PYVALUE_LIST;
	if (count == 0)
		ret = pyvalue_list(&f->e->heap, close[0] == '}' ? PYVALUE_DICT : 0);
	ret.flags |= (uint16_t)sources;
	return *ret_single ? v : ret;
}

void read_arguments(struct frame *f, struct call *c)
{
	while (f->token.kind != PYTOKEN_END && !is_close(f)) {
		struct bytes key = BYTES_NONE;
		struct element el;
		struct pyvalue v;
		bool one, two;

		if (frame_take_op(f, ","))
			continue;
		two = frame_take_op(f, "**");
		one = !two && frame_take_op(f, "*");
		el = element_here(f);
		v = read_expression(f);
		if (frame_is_op(f, "=") && f->e->target.kind == TARGET_NAME) {
			key = f->e->target.name;
			frame_advance(f);
			v = read_expression(f);
		}
		if (is_comprehension(f))
			v = read_comprehension(f, &el, v);
		if (one && v.kind == PYVALUE_LIST) {
			for (size_t i = 0; i < v.list->count && c->count < PYCODE_ARGUMENTS_MAX; i++)
				c->args[c->count++] = v.list->items[i];
			c->more = c->more || v.list->cut;
		} else if (!one && !two && c->count < PYCODE_ARGUMENTS_MAX) {
			c->keys[c->count] = key;
			c->args[c->count++] = v;
		} else {
			c->more = true;
			escape_value(f, v);
		}
		if (!ends_expression(f))
			frame_advance(f);
		else if (!is_close(f) && !frame_is_op(f, ","))
			frame_advance(f);
	}
	if (is_close(f))
		frame_advance(f);
}

static struct pyvalue read_subscript(struct frame *f, struct pyvalue v)
{
	struct pyvalue parts[3] = { PYVALUE_NONE, PYVALUE_NONE, PYVALUE_NONE }, key;
	unsigned line = frame_line(f), given = 0, part = 0;
	bool tuple = false;

	while (f->token.kind != PYTOKEN_END && !is_close(f)) {
		if (frame_take_op(f, ":")) {
			part += part < 2;
			given |= 8;
		} else if (frame_take_op(f, ",")) {
			tuple = true;
		} else {
			size_t at = f->reader.at;

			(void)frame_take_op(f, "*");
			parts[part] = read_expression(f);
			given |= 1u << part;
			if (f->reader.at == at && !is_close(f))
				frame_advance(f);
		}
	}
	if (is_close(f))
		frame_advance(f);
	key = tuple ? PYVALUE_NONE : parts[0];
	f->e->target = (struct target){ .kind = TARGET_ITEM, .base = v, .key = given & 8 ? PYVALUE_NONE : key, .line = line };
	if (given & 8)
		return pyvalue_slice(&f->e->heap, v, parts, given & 7);
	return read_item(f, v, key, line);
}

/* What is bad to call, so that its name is hidden with a reason. */
#define HARMFUL (NAME_PROCESS | NAME_NETWORK | NAME_EXECUTE | NAME_COMPILE | NAME_DECODE | NAME_UNMARSHAL | NAME_IMPORT | \
		 NAME_LOAD_FILE | NAME_NATIVE | NAME_INTERFERENCE)

/* ---- what a value has ------------------------------------------------------------------------------- */

/* Is base.name a module that the source imports? */
static bool is_imported(const struct frame *f, struct bytes base, struct bytes name)
{
	if (!count_work(f->e, WORK_IMPORT * f->e->ret->import_count))
		return false;
	for (size_t i = 0; i < f->e->ret->import_count; i++) {
		struct bytes m = f->e->ret->imports[i].module;

		if (m.len == base.len + 1 + name.len && bytes_has_prefix(m, base) && m.ptr[base.len] == '.' &&
		    bytes_has_suffix(m, name) && !f->e->ret->imports[i].maybe)
			return true;
	}
	return false;
}

/* The class of a literal: where "().__class__.__base__.__subclasses__()" begins. */
#define LITERAL_CLASS BYTES_LIT("().__class__")

static bool is_literal(struct pyvalue v)
{
	return v.kind == PYVALUE_TEXT || v.kind == PYVALUE_INT || v.kind == PYVALUE_LIST;
}

/* All classes that there are, found from a literal's or from object: for what is not to be named. */
static void look_at_subclasses(struct frame *f, struct pyvalue v, struct bytes name, unsigned line)
{
	if (!bytes_equal(name, BYTES_LIT("__subclasses__")) && !bytes_equal(name, BYTES_LIT("__mro__")) &&
	    !bytes_equal(name, BYTES_LIT("__base__")) && !bytes_equal(name, BYTES_LIT("__bases__")))
		return;
	if ((v.kind == PYVALUE_UNKNOWN && v.label.ptr && bytes_equal(v.label, LITERAL_CLASS)) ||
	    (bytes_equal(name, BYTES_LIT("__subclasses__")) && name_is(v, "object"))) {
		report(f, INDICATOR_OBFUSCATION, line, name);
		report(f, INDICATOR_EXECUTE_COMPUTED, line, name);
	}
}

struct pyvalue class_attribute(struct evaluation *e, const struct pyclass *c, struct bytes name, unsigned depth)
{
	const struct variable *v = count_work(e, WORK_CALL) ? scope_find(c->scope, name) : NULL;
	struct pyvalue ret = PYVALUE_NONE;

	if (v)
		return v->value;
	for (size_t i = 0; i < c->base_count && depth < PYCODE_BASES_MAX && ret.kind == PYVALUE_UNKNOWN; i++)
		ret = class_attribute(e, c->bases[i], name, depth + 1);
	return ret;
}

/* shutil.os, tempfile._os: modules that others import are theirs, too, unless it is a submodule that was imported.
 * asyncio.subprocess and the like are modules of their own. */
static bool is_borrowed_module(const struct frame *f, struct pyvalue v, struct bytes *name)
{
	static const struct bytes modules[] = {
		BYTES_LIT("os"), BYTES_LIT("sys"), BYTES_LIT("subprocess"), BYTES_LIT("builtins"), BYTES_LIT("importlib"),
		BYTES_LIT("marshal"), BYTES_LIT("posix"), BYTES_LIT("ctypes"), BYTES_LIT("pickle"),
	};
	struct bytes plain = *name;

	if (v.flags & PYVALUE_INSTANCE || name_is(v, "asyncio"))
		return false;
	while (plain.len > 0 && plain.ptr[0] == '_')
		plain = bytes_slice(plain, 1, plain.len - 1);
	for (size_t i = 0; i < ELEMENTSOF(modules); i++)
		if (bytes_equal(plain, modules[i])) {
			if (is_imported(f, v.name->text, *name))
				return false;
			*name = modules[i];
			return true;
		}
	return false;
}

/* Attributes that lead out of a function or frame, to all names of a module: of `v`, whatever it is. */
static bool is_way_out(struct frame *f, struct pyvalue v, struct bytes name, struct pyvalue *ret)
{
	ptrdiff_t dot = v.kind == PYVALUE_NAME ? bytes_find_last_byte(v.name->text, '.') : -1;

	if (bytes_equal(name, BYTES_LIT("__builtins__")) || bytes_equal(name, BYTES_LIT("f_builtins"))) {
		*ret = outside_name(f->e, BYTES_NONE, BYTES_LIT("__builtins__"));
	} else if (bytes_equal(name, BYTES_LIT("__self__")) && v.kind == PYVALUE_NAME && !(v.flags & PYVALUE_INSTANCE)) {
		/* Of a builtin function its module. */
		*ret = outside_name(f->e, BYTES_NONE, dot < 0 ? BYTES_LIT("__builtins__") :
				    bytes_slice(v.name->text, 0, (size_t)dot));
	} else if (bytes_equal(name, BYTES_LIT("__globals__")) || bytes_equal(name, BYTES_LIT("f_globals")) ||
		   bytes_equal(name, BYTES_LIT("gi_frame"))) {
		*ret = outside_name(f->e, BYTES_NONE, BYTES_LIT("__globals__"));
	} else {
		return false;
	}
	if (ret->kind == PYVALUE_NAME)
		ret->flags |= PYVALUE_DICT;
	return true;
}

/* What stands under a name in somebody's globals: a builtin, a module, or, as in os.walk.__globals__["system"], something of os. */
static struct pyvalue from_globals(struct frame *f, struct bytes name)
{
	static const struct bytes modules[] = { BYTES_LIT("os"), BYTES_LIT("subprocess") };
	struct pyvalue ret = outside_name(f->e, BYTES_NONE, name);

	for (size_t i = 0; i < ELEMENTSOF(modules) && ret.kind == PYVALUE_NAME && !ret.name->classes && !ret.name->known; i++) {
		struct pyvalue v = outside_name(f->e, modules[i], name);

		if (v.kind == PYVALUE_NAME && v.name->classes & HARMFUL)
			return v;
	}
	if (name_is(ret, "__builtins__"))
		ret.flags |= PYVALUE_DICT;
	return ret;
}

void escape_method(struct frame *f, const struct pyclass *class, struct bytes name)
{
	escape_value(f, class_attribute(f->e, class, name, 0));
}

/* super().name: of any of the bases. */
static void escape_inherited(struct frame *f, struct bytes name)
{
	for (size_t i = 0; f->owner && i < f->owner->base_count; i++)
		escape_method(f, f->owner->bases[i], name);
}

static struct pyvalue outside_attribute(struct frame *f, struct pyvalue v, struct bytes name)
{
	struct pyvalue ret;

	if (name_is(v, "super"))
		escape_inherited(f, name);
	if (name_is(v, "__globals__"))
		return from_globals(f, name);
	if (is_borrowed_module(f, v, &name))
		return outside_name(f->e, BYTES_NONE, name);
	if (bytes_equal(name, BYTES_LIT("__dict__")) && !(v.flags & PYVALUE_INSTANCE)) {
		v.flags |= PYVALUE_DICT;
		return v;
	}
	ret = outside_name(f->e, v.name->text, name);
	ret.flags |= v.flags & (PYVALUE_SOURCES | PYVALUE_OPEN_PATH);
	ret.path = v.path;
	return ret;
}

/* A method that was found in a class of the source: of a function the object comes first. */
struct pyvalue call_method_of(struct frame *f, struct pyvalue self, struct pyvalue method, const struct pyvalue *args, size_t count)
{
	struct pyvalue all[PYCODE_ARGUMENTS_MAX] = { self };
	bool bound = method.kind == PYVALUE_FUNCTION && !method.function->no_self;

	for (size_t i = 0; i < count && i + 1 < PYCODE_ARGUMENTS_MAX; i++)
		all[i + bound] = args[i];
	return call_with(f, method, all, count + bound, frame_line(f));
}

/* o.name, where nothing is of that name: __getattr__(self, name). */
static struct pyvalue missing_attribute(struct frame *f, struct pyvalue v, struct bytes name)
{
	struct pyvalue method = pyvalue_one(class_attribute(f->e, v.object->class, BYTES_LIT("__getattr__"), 0));
	struct pyvalue key = pyvalue_text(name, 0);

	if (method.kind != PYVALUE_FUNCTION || bytes_has_prefix(name, BYTES_LIT("__")))
		return PYVALUE_NONE;
	return call_method_of(f, v, method, &key, 1);
}

struct pyvalue read_attribute(struct frame *f, struct pyvalue v, struct bytes name, unsigned line)
{
	struct pyvalue ret = PYVALUE_NONE;
	const struct variable *own;

	if (is_literal(v) && bytes_equal(name, BYTES_LIT("__class__"))) {
		ret.label = LITERAL_CLASS;
		return ret;
	}
	look_at_subclasses(f, v, name, line);
	if (v.kind != PYVALUE_CHOICE && is_way_out(f, v, name, &ret))
		return ret;
	switch (v.kind) {
	case PYVALUE_CHOICE:
		for (size_t i = 0; i < v.list->count; i++)
			ret = pyvalue_either(&f->e->heap, ret, read_attribute(f, v.list->items[i], name, line));
		return ret;
	case PYVALUE_NAME:
		return outside_attribute(f, v, name);
	case PYVALUE_FUNCTION:
		return bytes_equal(name, BYTES_LIT("__doc__")) && v.function->doc.ptr ? pyvalue_text(v.function->doc, 0) : ret;
	case PYVALUE_CLASS:
		ret = class_attribute(f->e, v.class, name, 0);
		use_value(f, ret);
		return ret;
	case PYVALUE_OBJECT:
		own = scope_find(v.object->scope, name);
		ret = own ? own->value : class_attribute(f->e, v.object->class, name, 0);
		escape_method(f, v.object->class, BYTES_LIT("__getattribute__"));
		if (!own && ret.kind == PYVALUE_UNKNOWN)
			escape_method(f, v.object->class, BYTES_LIT("__getattr__"));
		else if (!own)
			use_value(f, ret);	/* a descriptor's __get__() */
		if (ret.kind == PYVALUE_FUNCTION && ret.function->property)
			return call_with(f, ret, &v, 1, line);
		return ret.kind == PYVALUE_UNKNOWN ? missing_attribute(f, v, name) : ret;
	default:
		ret = pyvalue_unknown(v.flags);
		ret.label = v.label;
		ret.path = v.path;
		return ret;
	}
}

/* "system", or "path.join": attributes of attributes. */
static struct pyvalue read_path(struct frame *f, struct pyvalue v, struct bytes path, unsigned line)
{
	for (size_t at = 0; at <= path.len;) {
		ptrdiff_t dot = bytes_find_byte(path, '.', at);
		size_t end = dot < 0 ? path.len : (size_t)dot;

		v = read_attribute(f, v, bytes_slice(path, at, end - at), line);
		at = end + 1;
	}
	return v;
}

struct pyvalue reflect(struct frame *f, struct pyvalue v, struct pyvalue key, unsigned line)
{
	struct pyvalue ret;

	key = pyvalue_one(key);
	if (key.kind != PYVALUE_TEXT || key.flags & PYVALUE_CUT || key.text.len > PYCODE_NAME_MAX)
		return pyvalue_unknown(v.flags | key.flags);
	ret = read_path(f, v, key.text, line);
	if (key.flags & (PYVALUE_JOINED | PYVALUE_DECODED | PYVALUE_PIECES) && pyvalue_one(ret).kind == PYVALUE_NAME &&
	    pyvalue_one(ret).name->classes & HARMFUL)
		report(f, INDICATOR_OBFUSCATION, line, pyvalue_one(ret).name->text);
	return ret;
}

/* What a class of the source does with brackets. */
static struct pyvalue read_own_item(struct frame *f, struct pyvalue v, struct pyvalue key, unsigned line)
{
	static const struct bytes names[] = { BYTES_LIT("__class_getitem__"), BYTES_LIT("__getitem__"), BYTES_LIT("__missing__") };
	struct pyvalue ret = PYVALUE_NONE;

	use_value(f, v);	/* __setitem__(), __delitem__() */
	for (size_t i = 0; i < ELEMENTSOF(names); i++) {
		struct pyvalue method = pyvalue_one(read_attribute(f, v, names[i], line));
		struct pyvalue args[2] = { v, key };
		bool bound = method.kind == PYVALUE_FUNCTION;

		if (bound || method.kind == PYVALUE_NAME)
			ret = call_with(f, method, bound ? args : &key, bound ? 2 : 1, line);
	}
	return ret;
}

struct pyvalue read_item(struct frame *f, struct pyvalue v, struct pyvalue key, unsigned line)
{
	struct pyvalue one = pyvalue_one(v), text = pyvalue_one(key);

	if (one.kind == PYVALUE_CLASS || one.kind == PYVALUE_OBJECT)
		return read_own_item(f, one, key, line);
	if (one.kind == PYVALUE_NAME && text.kind == PYVALUE_TEXT) {
		if (name_is(one, "sys.modules"))
			return reflect(f, PYVALUE_NONE, key, line).kind == PYVALUE_UNKNOWN ?
				outside_name(f->e, BYTES_NONE, text.text) : PYVALUE_NONE;
		if (one.flags & PYVALUE_DICT || name_is(one, "__builtins__"))
			return reflect(f, one, key, line);
	}
	if (one.kind == PYVALUE_NAME && one.flags & PYVALUE_WHOLE_ENVIRONMENT)
		return pyvalue_unknown(PYVALUE_ENVIRONMENT);
	if (one.kind == PYVALUE_PARTIAL && one.partial->kind == PARTIAL_NAMES && text.kind == PYVALUE_TEXT &&
	    text.text.len <= PYCODE_NAME_MAX)
		return scope_get(f, text.text);
	return pyvalue_index(&f->e->heap, one, key);
}

/* ---- operands ---------------------------------------------------------------------------------------- */

static struct pyvalue read_lambda(struct frame *f)
{
	struct pyfunction *fn = new_function(f, BYTES_LIT("lambda"));

	frame_advance(f);
	if (!fn) {
		skip_expression(f, false);
		return PYVALUE_NONE;
	}
	fn->lambda = true;
	read_parameters(f, fn, ":");
	fn->body = frame_place(f);
	skip_expression(f, false);
	return (struct pyvalue){ .kind = PYVALUE_FUNCTION, .function = fn };
}

static struct pyvalue read_bracket(struct frame *f)
{
	char open = f->token.text.ptr[0];
	struct target target;
	struct pyvalue v;
	bool single;

	frame_advance(f);
	v = read_elements(f, open == '(' ? ")" : open == '[' ? "]" : "}", &single);
	target = f->e->target;
	f->e->target = single ? target : (struct target){ .kind = TARGET_NONE };
	return v;
}

static struct pyvalue read_name(struct frame *f)
{
	struct bytes name = token_name(f);
	unsigned line = frame_line(f);
	struct pyvalue v;

	if (frame_is_name(f, BYTES_LIT("lambda")))
		return read_lambda(f);
	if (is_reserved(&f->token))
		return PYVALUE_NONE;
	frame_advance(f);
	if (bytes_equal(name, BYTES_LIT("True")) || bytes_equal(name, BYTES_LIT("False")))
		return pyvalue_int(name.ptr[0] == 'T');
	if (bytes_equal(name, BYTES_LIT("None")))
		return PYVALUE_NONE;
	v = scope_get(f, name);
	f->e->target = (struct target){ .kind = TARGET_NAME, .name = name, .line = line };
	return v;
}

static struct pyvalue read_atom(struct frame *f)
{
	struct pyvalue v;

	f->e->target.kind = TARGET_NONE;
	switch (f->token.kind) {
	case PYTOKEN_NAME:
		return read_name(f);
	case PYTOKEN_NUMBER:
		return read_number(f);
	case PYTOKEN_STRING:
		return read_strings(f);
	case PYTOKEN_OP:
		if (is_open(f))
			return read_bracket(f);
		if (frame_take_op(f, "`")) {	/* Python 2: repr() */
			v = read_expressions(f);
			(void)frame_take_op(f, "`");
			return pyvalue_unknown(v.flags);
		}
		if (!ends_expression(f))
			frame_advance(f);
		return PYVALUE_NONE;
	default:
		return PYVALUE_NONE;
	}
}

static struct pyvalue read_dot(struct frame *f, struct pyvalue v)
{
	unsigned line = frame_line(f);
	struct bytes name;

	if (f->token.kind != PYTOKEN_NAME)
		return v;
	name = token_name(f);
	frame_advance(f);
	if (frame_take_op(f, "(")) {
		struct call c = { .line = line };

		read_arguments(f, &c);
		f->e->target.kind = TARGET_NONE;
		return call_attribute(f, v, name, &c);
	}
	f->e->target = (struct target){ .kind = TARGET_ATTRIBUTE, .base = v, .name = name, .line = line };
	return read_attribute(f, v, name, line);
}

static struct pyvalue read_primary(struct frame *f)
{
	struct pyvalue v = read_atom(f);

	for (;;) {
		if (frame_take_op(f, ".")) {
			v = read_dot(f, v);
		} else if (frame_is_op(f, "(")) {
			struct call c = { .callee = v, .line = frame_line(f) };

			frame_advance(f);
			read_arguments(f, &c);
			v = call_value(f, &c);
			f->e->target.kind = TARGET_NONE;
		} else if (frame_take_op(f, "[")) {
			struct bytes label = v.label;

			v = read_subscript(f, v);
			if (v.kind == PYVALUE_UNKNOWN && !v.label.ptr)
				v.label = label;
		} else {
			break;
		}
	}
	/* What is only stored, or called by a name that it has, is not used. */
	if (!frame_at_line_end(f) && !frame_is_op(f, "="))
		use_value(f, v);
	return v;
}

/* ---- operators ------------------------------------------------------------------------------------------ */

enum { LEVEL_OR = 1, LEVEL_AND, LEVEL_COMPARE, LEVEL_BIT_OR, LEVEL_XOR, LEVEL_BIT_AND, LEVEL_SHIFT, LEVEL_SUM, LEVEL_TERM };

#define OP2(a, b) ((uint32_t)(a) << 8 | (uint32_t)(b))

/* How strong the next token binds as an operator; 0: it is none. */
static unsigned operator_level(const struct frame *f)
{
	switch (f->token.op) {
	case 0: break;
	case '<': case '>': case OP2('=', '='): case OP2('!', '='): case OP2('<', '>'): case OP2('<', '='): case OP2('>', '='):
		return LEVEL_COMPARE;
	case '|': return LEVEL_BIT_OR;
	case '^': return LEVEL_XOR;
	case '&': return LEVEL_BIT_AND;
	case OP2('<', '<'): case OP2('>', '>'): return LEVEL_SHIFT;
	case '+': case '-': return LEVEL_SUM;
	case '*': case '/': case OP2('/', '/'): case '%': case '@': return LEVEL_TERM;
	default: return 0;
	}
	if (f->token.kind != PYTOKEN_NAME || f->token.text.len > 3)
		return 0;
	if (frame_is_name(f, BYTES_LIT("or")))
		return LEVEL_OR;
	if (frame_is_name(f, BYTES_LIT("and")))
		return LEVEL_AND;
	return frame_is_name(f, BYTES_LIT("in")) || frame_is_name(f, BYTES_LIT("is")) || frame_is_name(f, BYTES_LIT("not")) ?
		LEVEL_COMPARE : 0;
}

/* Path(...), Path.home() / ...: "/" joins. */
static bool is_path_object(struct pyvalue v)
{
	v = pyvalue_one(v);
	return v.kind == PYVALUE_NAME && v.flags & PYVALUE_INSTANCE && bytes_has_prefix(v.name->text, BYTES_LIT("pathlib."));
}

/* What an operator calls of an object (reference manual, "Emulating numeric types"). */
static const struct {
	const char *op, *method, *reflected;
} operator_methods[] = {
	{ "+", "__add__", "__radd__" }, { "-", "__sub__", "__rsub__" }, { "*", "__mul__", "__rmul__" },
	{ "/", "__truediv__", "__rtruediv__" }, { "//", "__floordiv__", "__rfloordiv__" }, { "%", "__mod__", "__rmod__" },
	{ "@", "__matmul__", "__rmatmul__" }, { "&", "__and__", "__rand__" }, { "|", "__or__", "__ror__" },
	{ "^", "__xor__", "__rxor__" }, { "<<", "__lshift__", "__rlshift__" }, { ">>", "__rshift__", "__rrshift__" },
	{ "<", "__lt__", "__gt__" }, { ">", "__gt__", "__lt__" }, { "<=", "__le__", "__ge__" }, { ">=", "__ge__", "__le__" },
	{ "==", "__eq__", "__eq__" }, { "!=", "__ne__", "__ne__" }, { "in", NULL, "__contains__" },
};

/* An object's own method, with the other operand; false: it has none. */
static bool call_operator(struct frame *f, struct bytes op, struct pyvalue a, struct pyvalue b, struct pyvalue *ret)
{
	if (a.kind != PYVALUE_OBJECT && b.kind != PYVALUE_OBJECT)
		return false;
	for (size_t i = 0; i < ELEMENTSOF(operator_methods); i++)
		for (unsigned side = 0; side < 2 && bytes_equal(op, bytes_of(operator_methods[i].op)); side++) {
			const char *name = side ? operator_methods[i].reflected : operator_methods[i].method;
			struct pyvalue self = side ? b : a, other = side ? a : b, method;

			if (!name || self.kind != PYVALUE_OBJECT)
				continue;
			method = pyvalue_one(read_attribute(f, self, bytes_of(name), frame_line(f)));
			if (method.kind != PYVALUE_FUNCTION && method.kind != PYVALUE_NAME)
				continue;
			*ret = call_method_of(f, self, method, &other, 1);
			return true;
		}
	return false;
}

static struct pyvalue combine(struct frame *f, unsigned level, struct bytes op, struct pyvalue a, struct pyvalue b)
{
	struct pyvalue ret;

	if (level >= LEVEL_COMPARE && call_operator(f, op, pyvalue_one(a), pyvalue_one(b), &ret))
		return ret;
	switch (level) {
	case LEVEL_OR:
	case LEVEL_AND:
		return pyvalue_either(&f->e->heap, a, b);
	case LEVEL_COMPARE:
		return PYVALUE_NONE;
	default:
		if (is_path_object(a) && bytes_equal(op, BYTES_LIT("/")))
			return call_with(f, outside_name(f->e, BYTES_LIT("pathlib"), BYTES_LIT("Path")), (struct pyvalue[]){ a, b }, 2,
					 frame_line(f));
		return pyvalue_binary(&f->e->heap, op, a, b);
	}
}

static struct pyvalue read_binary(struct frame *f, unsigned least)
{
	struct pyvalue v = read_unary(f), right;
	unsigned level;

	while ((level = operator_level(f)) > 0 && level >= least) {
		struct bytes op = f->token.text;

		frame_advance(f);
		if (level == LEVEL_COMPARE) {	/* "not in", "is not" */
			(void)frame_take_name(f, BYTES_LIT("in"));
			(void)frame_take_name(f, BYTES_LIT("not"));
		}
		right = read_binary(f, level + 1);
		use_value(f, v);
		use_value(f, right);
		v = combine(f, level, op, v, right);
		f->e->target.kind = TARGET_NONE;
	}
	return v;
}

static bool take_sign(struct frame *f, char *ret)
{
	if (frame_is_op(f, "-") || frame_is_op(f, "+") || frame_is_op(f, "~")) {
		*ret = f->token.text.ptr[0];
		frame_advance(f);
		return true;
	}
	if (frame_take_name(f, BYTES_LIT("not"))) {
		*ret = '!';
		return true;
	}
	*ret = '+';
	return frame_take_name(f, BYTES_LIT("await"));
}

static struct pyvalue apply_sign(char sign, struct pyvalue v)
{
	switch (sign) {
	case '-': return pyvalue_negative(v);
	case '~': return pyvalue_inverted(v);
	case '!': return PYVALUE_NONE;
	default: return v;
	}
}

static struct pyvalue read_unary(struct frame *f)
{
	char signs[PYCODE_SIGNS_MAX], sign;
	size_t count = 0;
	struct pyvalue v, right;

	while (take_sign(f, &sign))
		signs[count++ % PYCODE_SIGNS_MAX] = sign;
	v = read_primary(f);
	if (frame_is_op(f, "**") && f->e->depth < PYCODE_DEPTH_MAX) {
		f->e->depth++;
		frame_advance(f);
		right = read_unary(f);
		use_value(f, right);
		v = pyvalue_binary(&f->e->heap, BYTES_LIT("**"), v, right);
		f->e->depth--;
	} else if (frame_is_op(f, "**")) {
		return too_deep(f);
	}
	if (count > PYCODE_SIGNS_MAX)
		return pyvalue_unknown(v.flags);
	if (count > 0) {
		use_value(f, v);
		f->e->target.kind = TARGET_NONE;
	}
	while (count > 0)
		v = apply_sign(signs[--count], v);
	return v;
}

/* "yield x", "yield from x": the function gives a list of them. */
static struct pyvalue read_yield(struct frame *f)
{
	struct pyvalue v;
	bool from;

	frame_advance(f);
	from = frame_take_name(f, BYTES_LIT("from"));
	if (f->yields.kind != PYVALUE_LIST)
		f->yields = pyvalue_list(&f->e->heap, 0);
	if (ends_expression(f))
		return PYVALUE_NONE;
	v = read_expressions(f);
	if (f->yields.kind == PYVALUE_LIST && from)
		append_all(f, f->yields.list, v);
	else if (f->yields.kind == PYVALUE_LIST)
		pylist_append(&f->e->heap, f->yields.list, v);
	f->yields.flags |= v.flags & PYVALUE_SOURCES;
	return PYVALUE_NONE;
}

/* "f() if (f := g) else ...": what stands first is evaluated last. */
static struct pyvalue read_once_more(struct frame *f, const struct place_in_text *begin)
{
	struct place_in_text end = frame_place(f);
	bool again = f->again;
	struct pyvalue v;

	if (!may_read_again(f->e) || f->e->depth >= PYCODE_DEPTH_MAX)
		return PYVALUE_NONE;
	f->again = true;
	f->e->depth++;
	frame_back(f, begin);
	v = read_binary(f, 0);
	frame_back(f, &end);
	f->e->depth--;
	f->again = again;
	return v;
}

/* x if y else z if ... */
static struct pyvalue read_conditional(struct frame *f)
{
	struct place_in_text begin = frame_place(f);
	struct pyvalue v = read_binary(f, 0);

	while (frame_take_name(f, BYTES_LIT("if"))) {
		unsigned bound = f->e->bound;

		(void)read_binary(f, 0);
		if (f->e->bound != bound)
			v = read_once_more(f, &begin);
		if (!frame_take_name(f, BYTES_LIT("else")))
			return v;
		v = pyvalue_either(&f->e->heap, v, frame_is_name(f, BYTES_LIT("lambda")) ? read_lambda(f) : read_binary(f, 0));
		f->e->target.kind = TARGET_NONE;
	}
	return v;
}

struct pyvalue read_expression(struct frame *f)
{
	struct target target;
	struct pyvalue v;

	if (f->e->depth >= PYCODE_DEPTH_MAX)
		return too_deep(f);
	f->e->depth++;
	v = frame_is_name(f, BYTES_LIT("yield")) ? read_yield(f) : read_conditional(f);
	target = f->e->target;
	if (frame_is_op(f, ":=") && target.kind == TARGET_NAME) {
		frame_advance(f);
		v = read_expression(f);
		assign(f, &target, v);
		f->e->bound++;
		f->e->target.kind = TARGET_NONE;
	}
	f->e->depth--;
	return v;
}

struct pyvalue read_without_comparison(struct frame *f)
{
	return read_binary(f, LEVEL_COMPARE + 1);
}

struct pyvalue read_expressions(struct frame *f)
{
	bool star = frame_take_op(f, "*");
	struct pyvalue v = read_expression(f), list;

	if (!frame_is_op(f, ","))
		return v;
	list = pyvalue_list(&f->e->heap, 0);
	if (list.kind == PYVALUE_LIST && star)
		append_all(f, list.list, v);
	else if (list.kind == PYVALUE_LIST)
		pylist_append(&f->e->heap, list.list, v);
	while (frame_take_op(f, ",")) {
		star = frame_take_op(f, "*");
		if (ends_expression(f))
			break;
		v = read_expression(f);
		if (list.kind == PYVALUE_LIST && star)
			append_all(f, list.list, v);
		else if (list.kind == PYVALUE_LIST)
			pylist_append(&f->e->heap, list.list, v);
	}
	f->e->target.kind = TARGET_NONE;
	return list;
}

/* ---- targets ------------------------------------------------------------------------------------------------ */

void read_targets(struct frame *f, struct targets *ret)
{
	unsigned open = 0;

	ret->count = 0;
	while (f->token.kind != PYTOKEN_END && !(open == 0 && frame_at_line_end(f))) {
		if (frame_is_name(f, BYTES_LIT("in")) || (open == 0 && (frame_is_op(f, ":") || frame_is_op(f, "="))))
			return;
		if (is_open(f)) {
			open++;
		} else if (is_close(f)) {
			if (open == 0)
				return;
			open--;
		} else if (f->token.kind == PYTOKEN_NAME && ret->count < PYCODE_TARGETS_MAX) {
			ret->names[ret->count++] = token_name(f);
		}
		frame_advance(f);
	}
}

void assign_targets(struct frame *f, const struct targets *t, struct pyvalue v)
{
	struct pyvalue one = pyvalue_one(v);

	if (t->count == 1) {
		scope_set(f->e, f->scope, t->names[0], v, false);
		return;
	}
	for (size_t i = 0; i < t->count; i++) {
		struct pyvalue item = one.kind == PYVALUE_LIST && i < one.list->count && !(one.flags & PYVALUE_DICT) ?
			one.list->items[i] : pyvalue_unknown(one.flags);

		scope_set(f->e, f->scope, t->names[i], item, false);
	}
}

static void add_parameter(struct frame *f, struct pyfunction *fn, struct parameter p)
{
	size_t cap = fn->parameter_count;

	/* Room for a power of two. */
	if (cap < PYCODE_PARAMETERS_MAX && (cap & (cap - 1)) == 0) {
		struct parameter *more = pyheap_alloc(&f->e->heap, (cap ? 2 * cap : 1) * sizeof(*more));

		if (!more)
			return;
		for (size_t i = 0; i < cap; i++)
			more[i] = fn->parameters[i];
		fn->parameters = more;
	}
	if (cap < PYCODE_PARAMETERS_MAX)
		fn->parameters[fn->parameter_count++] = p;
}

void read_parameters(struct frame *f, struct pyfunction *fn, const char *end)
{
	while (f->token.kind != PYTOKEN_END && !frame_is_op(f, end) && !frame_at_line_end(f)) {
		struct parameter p = { .name = BYTES_NONE };

		p.keywords = frame_take_op(f, "**");
		p.rest = !p.keywords && frame_take_op(f, "*");
		if (f->token.kind != PYTOKEN_NAME) {
			if (!frame_is_op(f, end))
				frame_advance(f);
			continue;
		}
		p.name = token_name(f);
		frame_advance(f);
		if (end[0] == ')' && frame_take_op(f, ":")) {
			(void)frame_take_op(f, "*");
			(void)read_expression(f);	/* an annotation is evaluated */
		}
		if (frame_take_op(f, "="))
			p.value = read_expression(f);
		add_parameter(f, fn, p);
	}
	(void)frame_take_op(f, end);
}
