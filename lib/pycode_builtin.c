/* pycode_builtin.c - functions and methods whose result is known when their arguments are.
 *
 * What puts text together, decodes it, finds something by its name: the ways in which code hides what it runs.  All
 * others give an unknown value.
 */
#include "pycode_private.h"

#include <linux/limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "pydecode.h"

static struct pyheap *heap(struct frame *f)
{
	return &f->e->heap;
}

static struct pyvalue first(const struct call *c)
{
	return pyvalue_one(argument(c, 0, NULL));
}

/* ---- decoding ------------------------------------------------------------------------------ */

static struct pyvalue decoded(struct frame *f, struct pyvalue v, enum pydecode_codec codec, struct bytes label)
{
	unsigned flags = PYVALUE_DECODED | PYVALUE_JOINED | (v.flags & (PYVALUE_SOURCES | PYVALUE_CUT));
	_cleanup_str_ struct str s = STR_INIT;
	struct pyvalue ret = pyvalue_unknown(flags);
	int r = -EINVAL;

	if (v.kind == PYVALUE_TEXT && pyheap_work(heap(f), v.text.len * (codec == PYDECODE_DEFLATE ? WORK_INFLATE : 1)))
		r = pydecode(codec, v.text, PYCODE_DECODE_MAX, &s);
	if (r == -ENOMEM)
		heap(f)->failed = true;
	if (r == 0)
		ret = pyvalue_copy(heap(f), str_bytes(&s), flags | (codec == PYDECODE_ROT13 || codec == PYDECODE_ESCAPES ||
								    codec == PYDECODE_UTF16 ? 0 : PYVALUE_BYTES));
	ret.label = label;
	ret.path = v.path;
	return ret;
}

static struct pyvalue known_decode(struct frame *f, struct call *c)
{
	return decoded(f, first(c), (enum pydecode_codec)c->callee.name->known->number, c->callee.name->text);
}

/* Names of encodings, as codecs.lookup() takes them: case and _ or - make no difference. */
static bool is_encoding(struct bytes name, const char *wanted)
{
	size_t at = 0;

	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		if (c == '_' || c == '-' || c == ' ')
			continue;
		if (c >= 'A' && c <= 'Z')
			c = (char)(c + ('a' - 'A'));
		if (wanted[at] != c)
			return false;
		at++;
	}
	return !wanted[at];
}

static const struct {
	const char *name;
	enum pydecode_codec codec;
} encodings[] = {
	{ "rot13", PYDECODE_ROT13 }, { "rot", PYDECODE_ROT13 }, { "base64", PYDECODE_BASE64 },
	{ "base64codec", PYDECODE_BASE64 }, { "hex", PYDECODE_BASE16 }, { "hexcodec", PYDECODE_BASE16 },
	{ "zip", PYDECODE_DEFLATE }, { "zlib", PYDECODE_DEFLATE }, { "zlibcodec", PYDECODE_DEFLATE },
	{ "unicodeescape", PYDECODE_ESCAPES }, { "rawunicodeescape", PYDECODE_ESCAPES },
	{ "stringescape", PYDECODE_ESCAPES }, { "utf16", PYDECODE_UTF16 }, { "utf16le", PYDECODE_UTF16 },
	{ "utf7", PYDECODE_UTF7 },
};

static bool is_latin1(struct bytes name)
{
	return is_encoding(name, "latin1") || is_encoding(name, "latin") || is_encoding(name, "iso88591") ||
	       is_encoding(name, "cp1252") || is_encoding(name, "cp437");
}

/* text.encode(name) or bytes.decode(name).  An encoding that hides nothing is no decoding. */
static struct pyvalue change_encoding(struct frame *f, struct pyvalue v, struct pyvalue name, bool encode)
{
	struct bytes label = encode ? BYTES_LIT("encode") : BYTES_LIT("decode");

	name = pyvalue_one(name);
	/* codecs.lookup() leaves out any number of dashes: that many hide what it is. */
	if (name.kind == PYVALUE_TEXT && name.text.len > PYCODE_NAME_MAX)
		return pyvalue_unknown(PYVALUE_DECODED | v.flags);
	if (name.kind == PYVALUE_TEXT) {
		for (size_t i = 0; i < ELEMENTSOF(encodings); i++)
			if (is_encoding(name.text, encodings[i].name) && (!encode || encodings[i].codec == PYDECODE_ROT13))
				return decoded(f, v, encodings[i].codec, label);
		if (v.kind == PYVALUE_TEXT && is_latin1(name.text))
			return encode ? pyvalue_to_latin1(heap(f), v) : pyvalue_from_latin1(heap(f), v);
	}
	if (v.kind == PYVALUE_TEXT)
		v.flags = (uint16_t)(encode ? v.flags | PYVALUE_BYTES : v.flags & ~(unsigned)PYVALUE_BYTES);
	return v;
}

static struct pyvalue known_codecs(struct frame *f, struct call *c)
{
	return change_encoding(f, first(c), argument(c, 1, "encoding"), c->callee.name->known->number);
}

/* ---- characters and lists ---------------------------------------------------------------------- */

static struct pyvalue known_chr(struct frame *f, struct call *c)
{
	struct pyvalue v = first(c), ret;

	if (v.kind != PYVALUE_INT)
		return pyvalue_unknown(v.flags | PYVALUE_PIECES);
	ret = pyvalue_character(heap(f), v.number);
	ret.flags |= v.flags & PYVALUE_SOURCES;
	return ret;
}

static struct pyvalue known_ord(struct frame *f, struct call *c)
{
	(void)f;
	return pyvalue_ordinal(first(c));
}

static struct pyvalue known_bytes(struct frame *f, struct call *c)
{
	struct pyvalue v = first(c);

	return v.kind == PYVALUE_INT ? PYVALUE_NONE : pyvalue_bytes(heap(f), v);
}

static struct pyvalue known_str(struct frame *f, struct call *c)
{
	struct pyvalue v = first(c);

	if (has_argument(c, 1, "encoding"))
		return change_encoding(f, v, argument(c, 1, "encoding"), false);
	return pyvalue_str(heap(f), v);
}

static struct pyvalue known_int(struct frame *f, struct call *c)
{
	struct pyvalue v = first(c), base = pyvalue_one(argument(c, 1, "base"));
	unsigned b = base.kind == PYVALUE_INT && base.number >= 2 && base.number <= 16 ? (unsigned)base.number : 10;
	int64_t n = 0;

	(void)f;
	if (v.kind != PYVALUE_TEXT || v.text.len > PYCODE_NAME_MAX)
		return v.kind == PYVALUE_INT ? v : pyvalue_unknown(v.flags);
	if (b == 16 && bytes_has_prefix(v.text, BYTES_LIT("0x")))
		v.text = bytes_slice(v.text, 2, v.text.len - 2);
	for (size_t i = 0; i < v.text.len; i++) {
		int digit = hex_digit(v.text.ptr[i]);

		if (digit < 0 || (unsigned)digit >= b || n > INT32_MAX)
			return pyvalue_unknown(v.flags);
		n = n * b + digit;
	}
	return pyvalue_int(n);
}

static struct pyvalue known_list(struct frame *f, struct call *c)
{
	if (!has_argument(c, 0, NULL))
		return pyvalue_list(heap(f), 0);
	return pyvalue_items(heap(f), first(c));
}

static struct pyvalue known_same(struct frame *f, struct call *c)
{
	(void)f;
	return first(c);
}

static struct pyvalue known_reversed(struct frame *f, struct call *c)
{
	struct pyvalue bounds[3] = { PYVALUE_NONE, PYVALUE_NONE, pyvalue_int(-1) };

	return pyvalue_slice(heap(f), pyvalue_items(heap(f), first(c)), bounds, 4);
}

static struct pyvalue known_range(struct frame *f, struct call *c)
{
	struct pyvalue ret = pyvalue_list(heap(f), 0);
	int64_t at[3] = { 0, 0, 1 };

	if (ret.kind != PYVALUE_LIST)
		return ret;
	for (size_t i = 0; i < c->count && i < 3; i++) {
		if (pyvalue_one(c->args[i]).kind != PYVALUE_INT)
			return PYVALUE_NONE;
		at[i] = pyvalue_one(c->args[i]).number;
	}
	if (c->count == 1) {
		at[1] = at[0];
		at[0] = 0;
	}
	for (int64_t i = at[0]; at[2] && (at[2] > 0 ? i < at[1] : i > at[1]) && !ret.list->cut; ) {
		pylist_append(heap(f), ret.list, pyvalue_int(i));
		if (__builtin_add_overflow(i, at[2], &i))
			break;
	}
	return ret;
}

/* map(function, items): called for each, as long as that gives something new. */
static struct pyvalue known_map(struct frame *f, struct call *c)
{
	struct pyvalue function = argument(c, 0, NULL), items = pyvalue_items(heap(f), pyvalue_one(argument(c, 1, NULL)));
	struct pyvalue ret = pyvalue_list(heap(f), items.flags & PYVALUE_SOURCES);
	bool filter = c->callee.name->known->number;
	size_t harm = f->e->harm;

	if (items.kind != PYVALUE_LIST || items.list->count == 0 || ret.kind != PYVALUE_LIST) {
		struct pyvalue unknown = pyvalue_unknown(items.flags);

		return pyvalue_unknown(call_with(f, function, &unknown, 1, c->line).flags | items.flags);
	}
	for (size_t i = 0; i < items.list->count && may_go_round(f, i, harm); i++) {
		struct pyvalue v = call_with(f, function, &items.list->items[i], 1, c->line);

		pylist_append(heap(f), ret.list, filter ? items.list->items[i] : v);
		ret.flags |= v.flags & PYVALUE_SOURCES;
	}
	ret.list->cut = ret.list->cut || items.list->cut || ret.list->count < items.list->count;
	return ret;
}

static struct pyvalue known_reduce(struct frame *f, struct call *c)
{
	struct pyvalue function = argument(c, 0, NULL), items = pyvalue_items(heap(f), pyvalue_one(argument(c, 1, NULL)));
	struct pyvalue pair[2] = { argument(c, 2, NULL), PYVALUE_NONE };
	size_t i = 0, harm = f->e->harm;

	if (items.kind != PYVALUE_LIST || items.list->count == 0)
		return call_with(f, function, pair, 2, c->line);
	if (!has_argument(c, 2, NULL))
		pair[0] = items.list->items[i++];
	for (; i < items.list->count && may_go_round(f, i, harm); i++) {
		pair[1] = items.list->items[i];
		pair[0] = call_with(f, function, pair, 2, c->line);
	}
	return pair[0];
}

static struct pyvalue known_zip(struct frame *f, struct call *c)
{
	struct pyvalue ret = pyvalue_list(heap(f), 0), columns[PYCODE_ARGUMENTS_MAX];
	size_t count = SIZE_MAX;

	for (size_t i = 0; i < c->count; i++) {
		columns[i] = pyvalue_items(heap(f), pyvalue_one(c->args[i]));
		if (columns[i].kind != PYVALUE_LIST)
			return pyvalue_unknown(columns[i].flags);
		if (!(columns[i].flags & PYVALUE_ENDLESS) || columns[i].list->count == 0)
			count = columns[i].list->count < count ? columns[i].list->count : count;
	}
	if (count == SIZE_MAX)	/* none of them ends */
		return PYVALUE_NONE;
	for (size_t k = 0; ret.kind == PYVALUE_LIST && c->count > 0 && k < count && !ret.list->cut; k++) {
		struct pyvalue row = pyvalue_list(heap(f), 0);

		for (size_t i = 0; row.kind == PYVALUE_LIST && i < c->count; i++)
			pylist_append(heap(f), row.list, columns[i].list->items[k % columns[i].list->count]);
		pylist_append(heap(f), ret.list, row);
	}
	return ret;
}

static struct pyvalue known_enumerate(struct frame *f, struct call *c)
{
	struct pyvalue ret = pyvalue_list(heap(f), 0), items = pyvalue_items(heap(f), first(c));

	if (items.kind != PYVALUE_LIST || ret.kind != PYVALUE_LIST)
		return pyvalue_unknown(items.flags);
	for (size_t i = 0; i < items.list->count && !ret.list->cut; i++) {
		struct pyvalue pair = pyvalue_list(heap(f), 0);

		if (pair.kind == PYVALUE_LIST) {
			pylist_append(heap(f), pair.list, pyvalue_int((int64_t)i));
			pylist_append(heap(f), pair.list, items.list->items[i]);
		}
		pylist_append(heap(f), ret.list, pair);
	}
	return ret;
}

/* next(items): which one is not followed. */
static struct pyvalue known_next(struct frame *f, struct call *c)
{
	struct pyvalue items = pyvalue_items(heap(f), first(c)), ret = argument(c, 1, NULL);

	if (items.kind != PYVALUE_LIST)
		return pyvalue_unknown(items.flags);
	for (size_t i = items.list->count < PYVALUE_CHOICES_MAX ? items.list->count : PYVALUE_CHOICES_MAX; i > 0; i--)
		ret = pyvalue_either(heap(f), ret, items.list->items[i - 1]);
	return ret;
}

static int compare_values(const void *a, const void *b)
{
	struct pyvalue one = pyvalue_one(*(const struct pyvalue *)a), two = pyvalue_one(*(const struct pyvalue *)b);

	if (one.kind == PYVALUE_INT && two.kind == PYVALUE_INT)
		return (one.number > two.number) - (one.number < two.number);
	return one.kind == PYVALUE_TEXT && two.kind == PYVALUE_TEXT ? bytes_compare(one.text, two.text) : 0;
}

/* Each is compared some twenty times, in the longest list that there may be, to its end at worst. */
static bool may_sort(struct frame *f, const struct pylist *l)
{
	for (size_t i = 0; i < l->count; i++) {
		struct pyvalue v = pyvalue_one(l->items[i]);

		if (!pyheap_work(heap(f), 20 * (1 + (v.kind == PYVALUE_TEXT ? v.text.len : 0))))
			return false;
	}
	return true;
}

/* sorted(items): by what they are; by a key, which is called, they stay as they are. */
static struct pyvalue known_sorted(struct frame *f, struct call *c)
{
	struct pyvalue items = pyvalue_items(heap(f), first(c)), ret = pyvalue_list(heap(f), items.flags & PYVALUE_SOURCES);
	struct pyvalue key = argument(c, PYCODE_ARGUMENTS_MAX, "key");

	if (items.kind != PYVALUE_LIST || ret.kind != PYVALUE_LIST)
		return pyvalue_unknown(items.flags);
	for (size_t i = 0; i < items.list->count; i++) {
		pylist_append(heap(f), ret.list, items.list->items[i]);
		if (key.kind != PYVALUE_UNKNOWN && may_read_again(f->e)) {
			f->e->again++;
			(void)call_with(f, key, &items.list->items[i], 1, c->line);
		}
	}
	ret.list->cut = ret.list->cut || items.list->cut;
	if (key.kind == PYVALUE_UNKNOWN && ret.list->count > 1 && may_sort(f, ret.list))
		qsort(ret.list->items, ret.list->count, sizeof(*ret.list->items), compare_values);
	return ret;
}

/* itertools.cycle(key): zip() takes as many as there are of the others. */
static struct pyvalue known_cycle(struct frame *f, struct call *c)
{
	struct pyvalue ret = pyvalue_items(heap(f), first(c));

	ret.flags |= ret.kind == PYVALUE_LIST ? PYVALUE_ENDLESS : 0;
	return ret;
}

static struct pyvalue known_length(struct frame *f, struct call *c)
{
	struct pyvalue v = pyvalue_items(heap(f), first(c));

	return v.kind == PYVALUE_LIST && !v.list->cut ? pyvalue_int((int64_t)v.list->count) : PYVALUE_NONE;
}

/* str.maketrans(from, to): a dict of numbers. */
static struct pyvalue known_maketrans(struct frame *f, struct call *c)
{
	struct pyvalue from = pyvalue_items(heap(f), first(c)), to = pyvalue_items(heap(f), pyvalue_one(argument(c, 1, NULL)));
	struct pyvalue ret = pyvalue_list(heap(f), PYVALUE_DICT);

	if (first(c).kind == PYVALUE_LIST)
		return first(c);
	if (from.kind != PYVALUE_LIST || to.kind != PYVALUE_LIST || ret.kind != PYVALUE_LIST)
		return PYVALUE_NONE;
	for (size_t i = 0; i < from.list->count && i < to.list->count && !ret.list->cut; i++) {
		pylist_append(heap(f), ret.list, pyvalue_ordinal(from.list->items[i]));
		pylist_append(heap(f), ret.list, to.list->items[i]);
	}
	return ret;
}

/* ---- names ------------------------------------------------------------------------------------ */

static struct pyvalue known_getattr(struct frame *f, struct call *c)
{
	return reflect(f, argument(c, 0, NULL), argument(c, 1, NULL), c->line);
}

static struct pyvalue known_setattr(struct frame *f, struct call *c)
{
	struct pyvalue key = pyvalue_one(argument(c, 1, NULL));
	struct target t = { .kind = TARGET_ATTRIBUTE, .base = argument(c, 0, NULL), .name = key.text, .line = c->line };

	if (key.kind == PYVALUE_TEXT && key.text.len <= PYCODE_NAME_MAX)
		assign(f, &t, argument(c, 2, NULL));
	return PYVALUE_NONE;
}

static struct pyvalue new_partial(struct frame *f, enum partial_kind kind, const struct call *c, size_t skip)
{
	struct pypartial *p = pyheap_alloc(heap(f), sizeof(*p));
	struct pyvalue *args = pyheap_alloc(heap(f), PYCODE_ARGUMENTS_MAX * sizeof(*args));

	if (!p || !args)
		return PYVALUE_NONE;
	p->kind = kind;
	p->callee = skip ? argument(c, 0, NULL) : PYVALUE_NONE;
	p->args = args;
	for (size_t i = skip; i < c->count; i++)
		args[p->count++] = c->args[i];
	return (struct pyvalue){ .kind = PYVALUE_PARTIAL, .partial = p };
}

static struct pyvalue known_names(struct frame *f, struct call *c)
{
	struct pyvalue v = first(c);

	if (c->count == 0)
		return new_partial(f, PARTIAL_NAMES, c, 0);
	if (v.kind == PYVALUE_NAME)	/* vars(module) */
		v.flags |= PYVALUE_DICT;
	return v;
}

static struct pyvalue known_partial(struct frame *f, struct call *c)
{
	enum partial_kind kind = (enum partial_kind)c->callee.name->known->number;

	return new_partial(f, kind, c, kind == PARTIAL_CALL);
}

/* __import__("a.b") is a, importlib.import_module("a.b") is a.b. */
static struct pyvalue known_import(struct frame *f, struct call *c)
{
	struct pyvalue name = first(c);
	struct bytes module = name.text;
	ptrdiff_t dot;

	if (name.kind != PYVALUE_TEXT || name.flags & PYVALUE_CUT || name.text.len > PYCODE_NAME_MAX)
		return pyvalue_unknown(name.flags);
	if (name.flags & (PYVALUE_DECODED | PYVALUE_PIECES | PYVALUE_JOINED))
		(void)reflect(f, PYVALUE_NONE, name, c->line);
	(void)report_import(f, module, 0, c->line);
	dot = bytes_find_byte(module, '.', 0);
	if (c->callee.name->known->number == 0 && dot > 0 && !has_argument(c, 3, "fromlist"))
		module = bytes_slice(module, 0, (size_t)dot);
	return outside_name(f->e, BYTES_NONE, module);
}

static struct pyvalue resolve_text(struct frame *f, struct bytes text, unsigned line)
{
	struct pyvalue ret = PYVALUE_NONE;

	for (size_t at = 0, end; at < text.len && text.len <= PYCODE_NAME_MAX; at = end + 1) {
		for (end = at; end < text.len && text.ptr[end] != '.' && text.ptr[end] != ':';)
			end++;
		ret = at == 0 ? outside_name(f->e, BYTES_NONE, bytes_slice(text, 0, end)) :
			read_attribute(f, ret, bytes_slice(text, at, end - at), line);
	}
	if (ret.kind == PYVALUE_NAME)
		(void)report_import(f, ret.name->text, 0, line);
	return ret;
}

/* pkgutil.resolve_name("os:system"), pydoc.locate("os.system"): any name, by its text. */
static struct pyvalue known_resolve(struct frame *f, struct call *c)
{
	struct pyvalue name = pyvalue_one(argument(c, (size_t)c->callee.name->known->number, "name"));

	if (name.kind != PYVALUE_TEXT || name.flags & PYVALUE_CUT)
		return pyvalue_unknown(name.flags);
	return resolve_text(f, name.text, c->line);
}

/* logging.config.dictConfig(): "()" and "class" name what is called (logging's documentation, "User-defined objects"). */
static void call_factories(struct frame *f, struct pyvalue v, unsigned line, unsigned depth)
{
	v = pyvalue_one(v);
	/* The same list may be in it, and in that, a thousand times. */
	for (size_t i = 0; v.kind == PYVALUE_LIST && i < v.list->count && depth < PYCODE_ESCAPE_DEPTH_MAX &&
	     count_work(f->e, WORK_ITEM); i++) {
		struct pyvalue key = pyvalue_one(v.list->items[i]), name;
		bool value = v.flags & PYVALUE_DICT && i + 1 < v.list->count && i % 2 == 0;

		if (key.kind == PYVALUE_LIST)
			call_factories(f, key, line, depth + 1);
		if (!value || key.kind != PYVALUE_TEXT ||
		    (!bytes_equal(key.text, BYTES_LIT("()")) && !bytes_equal(key.text, BYTES_LIT("class"))))
			continue;
		name = pyvalue_one(v.list->items[i + 1]);
		if (name.kind == PYVALUE_TEXT)
			name = resolve_text(f, bytes_has_prefix(name.text, BYTES_LIT("ext://")) ?
					    bytes_slice(name.text, 6, name.text.len - 6) : name.text, line);
		/* A handler that writes to a file or a socket is what logging is for. */
		if (name.kind != PYVALUE_NAME || !bytes_has_prefix(name.name->text, BYTES_LIT("logging.")))
			(void)call_with(f, name, &v, 1, line);
	}
}

/* get_ipython().run_line_magic("sx", command): as a line that says so. */
static struct pyvalue known_magic(struct frame *f, struct call *c)
{
	struct pyvalue line = pyvalue_text(BYTES_LIT("%"), 0);

	line = pyvalue_binary(heap(f), BYTES_LIT("+"), line, first(c));
	line = pyvalue_binary(heap(f), BYTES_LIT("+"), line, pyvalue_text(BYTES_LIT(" "), 0));
	line = pyvalue_binary(heap(f), BYTES_LIT("+"), line, argument(c, 1 + (size_t)c->callee.name->known->number, NULL));
	return line.kind == PYVALUE_TEXT ? run_text(f, line.text, true, c->line) : PYVALUE_NONE;
}

static struct pyvalue known_dict_config(struct frame *f, struct call *c)
{
	call_factories(f, argument(c, 0, "config"), c->line, 0);
	return PYVALUE_NONE;
}

/* EntryPoint("a", "os:system", "group"), of which load() is os.system. */
static struct pyvalue known_entry_point(struct frame *f, struct call *c)
{
	struct pyvalue value = pyvalue_one(argument(c, 1, "value"));

	return value.kind == PYVALUE_TEXT ? resolve_text(f, value.text, c->line) : pyvalue_unknown(value.flags);
}

/* runpy.run_module("a"): imported, and what is behind its main guard runs, too. */
static struct pyvalue known_run_module(struct frame *f, struct call *c)
{
	struct pyvalue name = first(c), main;

	if (name.kind != PYVALUE_TEXT || name.flags & PYVALUE_CUT || name.text.len > PYCODE_NAME_MAX)
		return PYVALUE_NONE;
	(void)report_import(f, name.text, 0, c->line);
	main = outside_name(f->e, name.text, BYTES_LIT("__main__"));
	if (main.kind == PYVALUE_NAME) {	/* of a package, its module of that name */
		note_call_of_import(f, main.name->text);
		(void)report_import(f, main.name->text, 0, c->line);
	}
	main = outside_name(f->e, name.text, BYTES_LIT("main"));
	if (main.kind == PYVALUE_NAME && main.name->classes)	/* pip */
		(void)call_with(f, main, NULL, 0, c->line);
	return PYVALUE_NONE;
}

static struct pyvalue known_modules_get(struct frame *f, struct call *c)
{
	return read_item(f, outside_name(f->e, BYTES_LIT("sys"), BYTES_LIT("modules")), argument(c, 0, NULL), c->line);
}

static struct pyvalue known_environment(struct frame *f, struct call *c)
{
	struct pyvalue ret = pyvalue_unknown(PYVALUE_ENVIRONMENT), fallback = argument(c, 1, "default");

	ret.label = c->callee.name->text;
	return fallback.kind == PYVALUE_TEXT && fallback.text.len > 0 ? pyvalue_either(heap(f), fallback, ret) : ret;
}

/* PYTHONBREAKPOINT=os.system: breakpoint() calls it (sys.breakpointhook). */
static struct pyvalue known_breakpoint(struct frame *f, struct call *c)
{
	struct pyvalue name = first(c);

	return name.kind == PYVALUE_TEXT && !(name.flags & PYVALUE_CUT) ?
		call_with(f, resolve_text(f, name.text, c->line), NULL, 0, c->line) : PYVALUE_NONE;
}

/* os.putenv(key, value), os.environ.setdefault(), os.environ.update(key=value) or of a dict. */
static struct pyvalue known_set_environment(struct frame *f, struct call *c)
{
	struct pyvalue dict = first(c);

	if (!c->callee.name->known->number) {
		set_variable(f, argument(c, 0, NULL), argument(c, 1, NULL), c->line);
		return known_environment(f, c);
	}
	for (size_t i = 0; i < c->count; i++)
		if (c->keys[i].ptr)
			set_variable(f, pyvalue_text(c->keys[i], 0), c->args[i], c->line);
	for (size_t i = 0; dict.kind == PYVALUE_LIST && dict.flags & PYVALUE_DICT && i + 1 < dict.list->count; i += 2)
		set_variable(f, dict.list->items[i], dict.list->items[i + 1], c->line);
	return PYVALUE_NONE;
}

/* ---- files --------------------------------------------------------------------------------------- */

static bool is_writing_mode(struct pyvalue mode)
{
	if (mode.kind != PYVALUE_TEXT || mode.text.len > PYCODE_NAME_MAX)
		return false;
	for (size_t i = 0; i < mode.text.len; i++)
		if (memchr("wax+", mode.text.ptr[i], 4))
			return true;
	return false;
}

/* certifi.where(): the file of a package that is no part of the library, which says itself where its data are: with it, in the
 * site directory.  What is not only named but computed, fetched or an attribute (requests.__file__) is no such path. */
static bool is_given_by_package(const struct frame *f, struct pyvalue path)
{
	path = pyvalue_one(path);
	return path.kind == PYVALUE_NAME && path.flags & PYVALUE_INSTANCE && !(path.flags & PYVALUE_SOURCES) &&
	       !path.path.ptr && path.name->classes == 0 && bytes_find_byte(path.name->text, '.', 0) > 0 &&
	       !judgement_is_library(f->e->request->judgement, path.name->text);
}

static struct pyvalue known_open(struct frame *f, struct call *c)
{
	struct pyvalue path = pyvalue_str(heap(f), argument(c, 0, "file")), ret = c->callee;
	bool method = c->callee.path.ptr;	/* Path.open(mode) */

	if (method)
		path = pyvalue_text(c->callee.path, c->callee.flags & PYVALUE_OPEN_PATH ? PYVALUE_CUT : 0);
	ret.flags = PYVALUE_INSTANCE | PYVALUE_FILE | (path.flags & PYVALUE_SOURCES);
	if (path.kind == PYVALUE_TEXT)
		ret.path = path.text;
	if (path.kind != PYVALUE_TEXT || path.flags & PYVALUE_CUT)
		ret.flags |= PYVALUE_OPEN_PATH;
	if (is_writing_mode(pyvalue_one(argument(c, method ? 0 : 1, "mode"))) && !is_own_path(f->e, path) &&
	    (method || !is_given_by_package(f, argument(c, 0, "file")))) {
		report_written(f, path, c->line);
		report_call(f, INDICATOR_FILE_WRITE, c);
	}
	return ret;
}

/* os.path.join(), pathlib.Path(a, b): an absolute part begins anew. */
static struct pyvalue join_paths(struct frame *f, const struct call *c)
{
	struct pyvalue ret = pyvalue_str(heap(f), first(c));

	for (size_t i = 1; i < c->count; i++) {
		struct pyvalue part = pyvalue_str(heap(f), c->args[i]);

		if (ret.kind == PYVALUE_TEXT && part.kind == PYVALUE_TEXT && bytes_has_prefix(part.text, BYTES_LIT("/"))) {
			ret = part;
			continue;
		}
		if (ret.kind == PYVALUE_TEXT && !bytes_has_suffix(ret.text, BYTES_LIT("/")))
			ret = pyvalue_binary(heap(f), BYTES_LIT("+"), ret, pyvalue_text(BYTES_LIT("/"), 0));
		ret = pyvalue_binary(heap(f), BYTES_LIT("+"), ret, part);
	}
	if (c->more && ret.kind == PYVALUE_TEXT)
		ret.flags |= PYVALUE_CUT;
	return ret;
}

static struct pyvalue known_path_join(struct frame *f, struct call *c)
{
	return join_paths(f, c);
}

static struct pyvalue known_path(struct frame *f, struct call *c)
{
	struct pyvalue path = join_paths(f, c), ret = c->callee;

	ret.flags = PYVALUE_INSTANCE | (path.flags & PYVALUE_SOURCES);
	ret.path = path.kind == PYVALUE_TEXT ? path.text : BYTES_LIT("");
	if (path.kind != PYVALUE_TEXT || path.flags & PYVALUE_CUT)
		ret.flags |= PYVALUE_OPEN_PATH;
	return ret;
}

static struct pyvalue known_dirname(struct frame *f, struct call *c)
{
	struct pyvalue v = pyvalue_str(heap(f), first(c));

	if (v.kind == PYVALUE_TEXT && !(v.flags & PYVALUE_CUT) && v.text.len < PATH_MAX)
		v.text = bytes_dirname(v.text);
	return v;
}

static struct pyvalue known_path_string(struct frame *f, struct call *c)
{
	return pyvalue_str(heap(f), first(c));
}

/* os.chmod(path, 0o4755): a program that runs as its owner stays a way in. */
static struct pyvalue known_chmod(struct frame *f, struct call *c)
{
	struct pyvalue mode = pyvalue_one(argument(c, c->callee.path.ptr ? 0 : 1, "mode"));

	if (mode.kind == PYVALUE_INT && mode.number & (S_ISUID | S_ISGID) && mode.number & S_IXUSR)
		report_call(f, INDICATOR_PERSISTENCE, c);
	return PYVALUE_NONE;
}

/* shutil.rmtree("/home"), of a whole part of the system: its path has two components at most, "~" among them. */
static struct pyvalue known_rmtree(struct frame *f, struct call *c)
{
	struct pyvalue path = pyvalue_str(heap(f), argument(c, 0, "path"));
	struct bytes rest = path.text, component;
	size_t count = 0;

	if (path.kind != PYVALUE_TEXT || path.flags & PYVALUE_CUT || path.text.len == 0 ||
	    !memchr("/~", path.text.ptr[0], 2) || bytes_has_prefix(path.text, BYTES_LIT("/tmp/")))
		return PYVALUE_NONE;
	while (count < 3 && bytes_next_component(&rest, &component))
		count++;
	if (count < 3 && !bytes_has_prefix(path.text, BYTES_LIT("~/.")))
		report_call(f, INDICATOR_INTERFERENCE, c);
	return PYVALUE_NONE;
}

/* os.write(fd, data), where os.open(path) gave the descriptor. */
static struct pyvalue known_write(struct frame *f, struct call *c)
{
	struct pyvalue file = first(c);

	if (file.flags & PYVALUE_FILE && !is_own_path(f->e, file)) {
		report_written(f, file, c->line);
		report_call(f, INDICATOR_FILE_WRITE, c);
	}
	return PYVALUE_NONE;
}

/* Path.expanduser(), Path.resolve() ...: a path, of which what is known stays so. */
static struct pyvalue known_same_path(struct frame *f, struct call *c)
{
	struct pyvalue ret = outside_name(f->e, BYTES_LIT("pathlib"), BYTES_LIT("Path"));

	ret.flags = PYVALUE_INSTANCE | (c->callee.flags & (PYVALUE_SOURCES | PYVALUE_OPEN_PATH));
	ret.path = c->callee.path;
	if (!ret.path.ptr) {	/* Path.home() */
		ret.path = c->callee.name->known->number ? BYTES_LIT("~") : BYTES_LIT("");
		ret.flags |= c->callee.name->known->number ? 0 : PYVALUE_OPEN_PATH;
	}
	return ret;
}

static struct pyvalue known_path_append(struct frame *f, struct call *c)
{
	struct pyvalue v = first(c);
	size_t count = v.kind == PYVALUE_LIST ? v.list->count : 1;

	for (size_t i = 0; i < count && i < PYCODE_PATHS_MAX; i++)
		report_path(f, pyvalue_one(pyvalue_str(heap(f), v.kind == PYVALUE_LIST ? v.list->items[i] : v)),
			    PYCODE_PATH_APPEND, c->line);
	return PYVALUE_NONE;
}

/* ---- the table -------------------------------------------------------------------------------------- */

static const struct known_function functions[] = {
	{ BYTES_LIT("base64.b64decode"), known_decode, PYDECODE_BASE64 },
	{ BYTES_LIT("base64.standard_b64decode"), known_decode, PYDECODE_BASE64 },
	{ BYTES_LIT("base64.urlsafe_b64decode"), known_decode, PYDECODE_BASE64 },
	{ BYTES_LIT("base64.decodebytes"), known_decode, PYDECODE_BASE64 },
	{ BYTES_LIT("base64.decodestring"), known_decode, PYDECODE_BASE64 },
	{ BYTES_LIT("base64.b32decode"), known_decode, PYDECODE_BASE32 },
	{ BYTES_LIT("base64.b16decode"), known_decode, PYDECODE_BASE16 },
	{ BYTES_LIT("base64.b85decode"), known_decode, PYDECODE_BASE85 },
	{ BYTES_LIT("base64.a85decode"), known_decode, PYDECODE_ASCII85 },
	{ BYTES_LIT("binascii.a2b_base64"), known_decode, PYDECODE_BASE64 },
	{ BYTES_LIT("binascii.a2b_hex"), known_decode, PYDECODE_BASE16 },
	{ BYTES_LIT("binascii.unhexlify"), known_decode, PYDECODE_BASE16 },
	{ BYTES_LIT("bytes.fromhex"), known_decode, PYDECODE_BASE16 },
	{ BYTES_LIT("bytearray.fromhex"), known_decode, PYDECODE_BASE16 },
	{ BYTES_LIT("zlib.decompress"), known_decode, PYDECODE_DEFLATE },
	{ BYTES_LIT("zlib.decompressobj.decompress"), known_decode, PYDECODE_DEFLATE },
	{ BYTES_LIT("gzip.decompress"), known_decode, PYDECODE_DEFLATE },
	{ BYTES_LIT("urllib.parse.unquote"), known_decode, PYDECODE_PERCENT },
	{ BYTES_LIT("urllib.parse.unquote_plus"), known_decode, PYDECODE_PERCENT },
	{ BYTES_LIT("urllib.unquote"), known_decode, PYDECODE_PERCENT },
	{ BYTES_LIT("codecs.decode"), known_codecs, false },
	{ BYTES_LIT("codecs.encode"), known_codecs, true },
	{ BYTES_LIT("chr"), known_chr, 0 },
	{ BYTES_LIT("unichr"), known_chr, 0 },
	{ BYTES_LIT("ord"), known_ord, 0 },
	{ BYTES_LIT("bytes"), known_bytes, 0 },
	{ BYTES_LIT("bytearray"), known_bytes, 0 },
	{ BYTES_LIT("memoryview"), known_same, 0 },
	{ BYTES_LIT("io.StringIO"), known_same, 0 },
	{ BYTES_LIT("io.BytesIO"), known_same, 0 },
	{ BYTES_LIT("textwrap.dedent"), known_same, 0 },
	{ BYTES_LIT("inspect.cleandoc"), known_same, 0 },
	{ BYTES_LIT("sys.intern"), known_same, 0 },
	{ BYTES_LIT("str"), known_str, 0 },
	{ BYTES_LIT("unicode"), known_str, 0 },
	{ BYTES_LIT("int"), known_int, 0 },
	{ BYTES_LIT("list"), known_list, 0 },
	{ BYTES_LIT("tuple"), known_list, 0 },
	{ BYTES_LIT("set"), known_list, 0 },
	{ BYTES_LIT("iter"), known_list, 0 },
	{ BYTES_LIT("dict"), known_same, 0 },
	{ BYTES_LIT("reversed"), known_reversed, 0 },
	{ BYTES_LIT("range"), known_range, 0 },
	{ BYTES_LIT("xrange"), known_range, 0 },
	{ BYTES_LIT("map"), known_map, false },
	{ BYTES_LIT("filter"), known_map, true },
	{ BYTES_LIT("functools.reduce"), known_reduce, 0 },
	{ BYTES_LIT("reduce"), known_reduce, 0 },
	{ BYTES_LIT("zip"), known_zip, 0 },
	{ BYTES_LIT("enumerate"), known_enumerate, 0 },
	{ BYTES_LIT("next"), known_next, 0 },
	{ BYTES_LIT("sorted"), known_sorted, 0 },
	{ BYTES_LIT("itertools.cycle"), known_cycle, 0 },
	{ BYTES_LIT("len"), known_length, 0 },
	{ BYTES_LIT("str.maketrans"), known_maketrans, 0 },
	{ BYTES_LIT("bytes.maketrans"), known_maketrans, 0 },
	{ BYTES_LIT("string.maketrans"), known_maketrans, 0 },
	{ BYTES_LIT("getattr"), known_getattr, 0 },
	{ BYTES_LIT("object.__getattribute__"), known_getattr, 0 },
	{ BYTES_LIT("setattr"), known_setattr, 0 },
	{ BYTES_LIT("globals"), known_names, 0 },
	{ BYTES_LIT("locals"), known_names, 0 },
	{ BYTES_LIT("vars"), known_names, 0 },
	{ BYTES_LIT("functools.partial"), known_partial, PARTIAL_CALL },
	{ BYTES_LIT("operator.attrgetter"), known_partial, PARTIAL_ATTRIBUTE },
	{ BYTES_LIT("operator.itemgetter"), known_partial, PARTIAL_ITEM },
	{ BYTES_LIT("operator.methodcaller"), known_partial, PARTIAL_METHOD },
	{ BYTES_LIT("__import__"), known_import, 0 },
	{ BYTES_LIT("importlib.__import__"), known_import, 0 },
	{ BYTES_LIT("importlib.import_module"), known_import, 1 },
	{ BYTES_LIT("pkgutil.resolve_name"), known_resolve, 0 },
	{ BYTES_LIT("pydoc.locate"), known_resolve, 0 },
	{ BYTES_LIT("logging.config._resolve"), known_resolve, 0 },
	{ BYTES_LIT("unittest.mock._importer"), known_resolve, 0 },
	{ BYTES_LIT("django.utils.module_loading.import_string"), known_resolve, 0 },
	{ BYTES_LIT("werkzeug.utils.import_string"), known_resolve, 0 },
	{ BYTES_LIT("zope.dottedname.resolve.resolve"), known_resolve, 0 },
	{ BYTES_LIT("logging.config.dictConfig"), known_dict_config, 0 },
	{ BYTES_LIT("importlib.metadata.EntryPoint"), known_entry_point, 0 },
	{ BYTES_LIT("get_ipython.run_line_magic"), known_magic, 0 },
	{ BYTES_LIT("get_ipython.run_cell_magic"), known_magic, 1 },
	{ BYTES_LIT("IPython.get_ipython.run_line_magic"), known_magic, 0 },
	{ BYTES_LIT("IPython.get_ipython.run_cell_magic"), known_magic, 1 },
	{ BYTES_LIT("runpy.run_module"), known_run_module, 0 },
	{ BYTES_LIT("runpy._run_module_as_main"), known_run_module, 0 },
	{ BYTES_LIT("sys.modules.get"), known_modules_get, 0 },
	{ BYTES_LIT("sys.modules.__getitem__"), known_modules_get, 0 },
	{ BYTES_LIT("os.environ.PYTHONBREAKPOINT"), known_breakpoint, 0 },
	{ BYTES_LIT("os.getenv"), known_environment, 0 },
	{ BYTES_LIT("os.environ.get"), known_environment, 0 },
	{ BYTES_LIT("os.environ.pop"), known_environment, 0 },
	{ BYTES_LIT("os.environ.setdefault"), known_set_environment, 0 },
	{ BYTES_LIT("os.putenv"), known_set_environment, 0 },
	{ BYTES_LIT("os.environ.update"), known_set_environment, 1 },
	{ BYTES_LIT("open"), known_open, 0 },
	{ BYTES_LIT("io.open"), known_open, 0 },
	{ BYTES_LIT("codecs.open"), known_open, 0 },
	{ BYTES_LIT("file"), known_open, 0 },
	{ BYTES_LIT("pathlib.Path.open"), known_open, 0 },
	{ BYTES_LIT("pathlib.Path"), known_path, 0 },
	{ BYTES_LIT("pathlib.PurePath"), known_path, 0 },
	{ BYTES_LIT("pathlib.PosixPath"), known_path, 0 },
	{ BYTES_LIT("pathlib.Path.joinpath"), known_path, 0 },
	{ BYTES_LIT("pathlib.Path.expanduser"), known_same_path, 0 },
	{ BYTES_LIT("pathlib.Path.resolve"), known_same_path, 0 },
	{ BYTES_LIT("pathlib.Path.absolute"), known_same_path, 0 },
	{ BYTES_LIT("pathlib.Path.home"), known_same_path, 1 },
	{ BYTES_LIT("pathlib.Path.cwd"), known_same_path, 0 },
	{ BYTES_LIT("pathlib.Path.chmod"), known_chmod, 0 },
	{ BYTES_LIT("os.chmod"), known_chmod, 0 },
	{ BYTES_LIT("os.fchmod"), known_chmod, 0 },
	{ BYTES_LIT("shutil.rmtree"), known_rmtree, 0 },
	{ BYTES_LIT("os.write"), known_write, 0 },
	{ BYTES_LIT("os.path.join"), known_path_join, 0 },
	{ BYTES_LIT("os.path.dirname"), known_dirname, 0 },
	{ BYTES_LIT("os.path.abspath"), known_path_string, 0 },
	{ BYTES_LIT("os.path.realpath"), known_path_string, 0 },
	{ BYTES_LIT("os.path.normpath"), known_path_string, 0 },
	{ BYTES_LIT("os.path.expanduser"), known_path_string, 0 },
	{ BYTES_LIT("os.path.expandvars"), known_path_string, 0 },
	{ BYTES_LIT("os.fspath"), known_path_string, 0 },
	{ BYTES_LIT("sys.path.append"), known_path_append, 0 },
	{ BYTES_LIT("sys.path.extend"), known_path_append, 0 },
};

const struct known_function *known_function(struct bytes name)
{
	for (size_t i = 0; i < ELEMENTSOF(functions); i++)
		if (bytes_equal(name, functions[i].name))
			return &functions[i];
	return NULL;
}

/* ---- methods ------------------------------------------------------------------------------------------- */

static unsigned char to_upper(unsigned char c)
{
	return c >= 'a' && c <= 'z' ? (unsigned char)(c - ('a' - 'A')) : c;
}

static unsigned char to_lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + ('a' - 'A')) : c;
}

static unsigned char swap_case(unsigned char c)
{
	return to_upper(c) != c ? to_upper(c) : to_lower(c);
}

typedef struct pyvalue (*method_fn)(struct frame *f, struct pyvalue self, struct call *c);

static struct pyvalue method_join(struct frame *f, struct pyvalue self, struct call *c)
{
	return pyvalue_join(heap(f), self, pyvalue_one(argument(c, 0, NULL)));
}

static struct pyvalue method_decode(struct frame *f, struct pyvalue self, struct call *c)
{
	return change_encoding(f, self, argument(c, 0, "encoding"), false);
}

static struct pyvalue method_encode(struct frame *f, struct pyvalue self, struct call *c)
{
	return change_encoding(f, self, argument(c, 0, "encoding"), true);
}

static struct pyvalue method_replace(struct frame *f, struct pyvalue self, struct call *c)
{
	return pyvalue_replace(heap(f), self, argument(c, 0, NULL), argument(c, 1, NULL));
}

static struct pyvalue method_format(struct frame *f, struct pyvalue self, struct call *c)
{
	struct pyvalue ret = pyvalue_format(heap(f), self, c->args, c->keys, c->count);

	ret.flags |= (uint16_t)(c->more ? PYVALUE_CUT : 0);
	return ret;
}

static struct pyvalue method_split(struct frame *f, struct pyvalue self, struct call *c)
{
	return pyvalue_split(heap(f), self, argument(c, 0, "sep"));
}

static struct pyvalue method_translate(struct frame *f, struct pyvalue self, struct call *c)
{
	return pyvalue_translate(heap(f), self, argument(c, 0, NULL));
}

static struct pyvalue method_upper(struct frame *f, struct pyvalue self, struct call *c)
{
	(void)c;
	return pyvalue_map_bytes(heap(f), self, to_upper);
}

static struct pyvalue method_lower(struct frame *f, struct pyvalue self, struct call *c)
{
	(void)c;
	return pyvalue_map_bytes(heap(f), self, to_lower);
}

static struct pyvalue method_swapcase(struct frame *f, struct pyvalue self, struct call *c)
{
	struct pyvalue ret = pyvalue_map_bytes(heap(f), self, swap_case);

	(void)c;
	ret.flags |= PYVALUE_PIECES;
	return ret;
}

static struct pyvalue method_same(struct frame *f, struct pyvalue self, struct call *c)
{
	(void)f;
	(void)c;
	return self;
}

static struct pyvalue method_append(struct frame *f, struct pyvalue self, struct call *c)
{
	pylist_append(heap(f), self.list, argument(c, 0, NULL));
	return PYVALUE_NONE;
}

static struct pyvalue method_extend(struct frame *f, struct pyvalue self, struct call *c)
{
	struct pyvalue more = pyvalue_items(heap(f), pyvalue_one(argument(c, 0, NULL)));

	if (more.kind == PYVALUE_LIST && more.list != self.list)
		pylist_extend(heap(f), self.list, more.list);
	else
		self.list->cut = true;
	return PYVALUE_NONE;
}

static struct pyvalue method_get(struct frame *f, struct pyvalue self, struct call *c)
{
	struct pyvalue v = read_item(f, self, argument(c, 0, NULL), c->line);

	return v.kind == PYVALUE_UNKNOWN && has_argument(c, 1, NULL) ? argument(c, 1, NULL) : v;
}

static struct pyvalue method_pop(struct frame *f, struct pyvalue self, struct call *c)
{
	return has_argument(c, 0, NULL) ? pyvalue_index(heap(f), self, argument(c, 0, NULL)) :
		pyvalue_index(heap(f), self, pyvalue_int(-1));
}

/* dict.items() and dict.values(). */
static struct pyvalue dict_view(struct frame *f, struct pyvalue self, bool pairs)
{
	struct pyvalue ret = pyvalue_list(heap(f), self.flags & PYVALUE_SOURCES);

	if (!(self.flags & PYVALUE_DICT) || ret.kind != PYVALUE_LIST)
		return pyvalue_unknown(self.flags);
	for (size_t i = 0; i + 1 < self.list->count && !ret.list->cut; i += 2) {
		struct pyvalue pair = pairs ? pyvalue_list(heap(f), 0) : self.list->items[i + 1];

		if (pairs && pair.kind == PYVALUE_LIST) {
			pylist_append(heap(f), pair.list, self.list->items[i]);
			pylist_append(heap(f), pair.list, self.list->items[i + 1]);
		}
		pylist_append(heap(f), ret.list, pair);
	}
	ret.list->cut = ret.list->cut || self.list->cut;
	return ret;
}

static struct pyvalue method_items(struct frame *f, struct pyvalue self, struct call *c)
{
	(void)c;
	return dict_view(f, self, true);
}

static struct pyvalue method_values(struct frame *f, struct pyvalue self, struct call *c)
{
	(void)c;
	return dict_view(f, self, false);
}

/* globals().update(name=value) */
static struct pyvalue method_update(struct frame *f, struct pyvalue self, struct call *c)
{
	struct pyvalue dict = pyvalue_one(argument(c, 0, NULL));

	for (size_t i = 0; i < c->count; i++)
		if (c->keys[i].ptr)
			assign(f, &(struct target){ .kind = TARGET_ITEM, .base = self, .key = pyvalue_text(c->keys[i], 0),
						    .line = c->line }, c->args[i]);
	for (size_t i = 0; dict.kind == PYVALUE_LIST && dict.flags & PYVALUE_DICT && i + 1 < dict.list->count; i += 2)
		assign(f, &(struct target){ .kind = TARGET_ITEM, .base = self, .key = dict.list->items[i], .line = c->line },
		       dict.list->items[i + 1]);
	return PYVALUE_NONE;
}

static struct pyvalue method_keys(struct frame *f, struct pyvalue self, struct call *c)
{
	(void)c;
	return pyvalue_items(heap(f), self);
}

static const struct {
	const char *name;
	enum pyvalue_kind of;
	method_fn fn;
} methods[] = {
	{ "join", PYVALUE_TEXT, method_join },
	{ "decode", PYVALUE_TEXT, method_decode },
	{ "encode", PYVALUE_TEXT, method_encode },
	{ "replace", PYVALUE_TEXT, method_replace },
	{ "format", PYVALUE_TEXT, method_format },
	{ "split", PYVALUE_TEXT, method_split },
	{ "translate", PYVALUE_TEXT, method_translate },
	{ "upper", PYVALUE_TEXT, method_upper },
	{ "lower", PYVALUE_TEXT, method_lower },
	{ "casefold", PYVALUE_TEXT, method_lower },
	{ "swapcase", PYVALUE_TEXT, method_swapcase },
	{ "strip", PYVALUE_TEXT, method_same },
	{ "lstrip", PYVALUE_TEXT, method_same },
	{ "rstrip", PYVALUE_TEXT, method_same },
	{ "expandtabs", PYVALUE_TEXT, method_same },
	{ "tobytes", PYVALUE_TEXT, method_same },
	{ "read", PYVALUE_TEXT, method_same },		/* io.StringIO */
	{ "getvalue", PYVALUE_TEXT, method_same },
	{ "append", PYVALUE_LIST, method_append },
	{ "add", PYVALUE_LIST, method_append },
	{ "extend", PYVALUE_LIST, method_extend },
	{ "get", PYVALUE_LIST, method_get },
	{ "setdefault", PYVALUE_LIST, method_get },
	{ "pop", PYVALUE_LIST, method_pop },
	{ "copy", PYVALUE_LIST, method_same },
	{ "items", PYVALUE_LIST, method_items },
	{ "values", PYVALUE_LIST, method_values },
	{ "keys", PYVALUE_LIST, method_keys },
	{ "__getitem__", PYVALUE_LIST, method_get },
	{ "update", PYVALUE_PARTIAL, method_update },
	{ "get", PYVALUE_PARTIAL, method_get },
	{ "__getitem__", PYVALUE_PARTIAL, method_get },
};

bool call_method(struct frame *f, struct pyvalue self, struct bytes name, struct call *c, struct pyvalue *ret)
{
	for (size_t i = 0; i < ELEMENTSOF(methods); i++)
		if (self.kind == methods[i].of && bytes_equal(name, bytes_of(methods[i].name))) {
			*ret = methods[i].fn(f, self, c);
			return true;
		}
	return false;
}
