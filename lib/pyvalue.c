/* pyvalue.c - operations on what is known of values.
 *
 * Each says what Python's operation would give, or an unknown value; the sources of the operands stay with the result.
 * Every byte that is copied is counted (pyheap_work), so that "x = y + y; y = x + x" ends soon.
 */
#include "pyvalue.h"

#include <errno.h>
#include <stdlib.h>

#include "cleanup.h"
#include "limits.h"
#include "pytext.h"

/* ---- the heap ----------------------------------------------------------------------- */

void pyheap_release(struct pyheap *h)
{
	region_release(&h->region);
}

bool pyheap_work(struct pyheap *h, size_t amount)
{
	if (h->work > PYVALUE_WORK_MAX - amount || amount > PYVALUE_WORK_MAX || work_take(h->shared, amount) < 0) {
		h->work = PYVALUE_WORK_MAX;
		h->full = true;
		return false;
	}
	h->work += amount;
	return !h->failed;
}

void *pyheap_alloc(struct pyheap *h, size_t size)
{
	void *p;

	if (h->failed)
		return NULL;
	if (size > PYVALUE_MEMORY_MAX || h->region.used > PYVALUE_MEMORY_MAX - size) {
		h->full = true;
		return NULL;
	}
	/* What is there when the work is spent is still kept: there is a bound of its own on it. */
	(void)work_take(h->shared, size / WORK_ZERO_BYTES);
	p = region_alloc(&h->region, size);
	h->failed = !p;
	return p;
}

/* ---- making values --------------------------------------------------------------------- */

struct pyvalue pyvalue_text(struct bytes text, unsigned flags)
{
	return (struct pyvalue){ .kind = PYVALUE_TEXT, .flags = (uint16_t)flags, .text = text };
}

struct pyvalue pyvalue_int(int64_t number)
{
	return (struct pyvalue){ .kind = PYVALUE_INT, .number = number };
}

struct pyvalue pyvalue_unknown(unsigned flags)
{
	return (struct pyvalue){ .kind = PYVALUE_UNKNOWN, .flags = (uint16_t)(flags & PYVALUE_SOURCES) };
}

/* What is left of v where its value is lost. */
static struct pyvalue lost(struct pyvalue v)
{
	struct pyvalue u = pyvalue_unknown(v.flags);

	u.label = v.label;
	u.path = v.path;
	u.flags |= v.flags & PYVALUE_OPEN_PATH;
	return u;
}

/* Of two. */
static struct pyvalue lost_both(struct pyvalue a, struct pyvalue b)
{
	struct pyvalue u = lost(a.flags & PYVALUE_SOURCES ? a : b);

	u.flags |= (a.flags | b.flags) & PYVALUE_SOURCES;
	return u;
}

/* `v` with where it comes from taken over from `from`. */
static struct pyvalue keep(struct pyvalue v, struct pyvalue from)
{
	v.flags |= from.flags & (PYVALUE_SOURCES | PYVALUE_OPEN_PATH);
	if (!v.label.ptr)
		v.label = from.label;
	if (!v.path.ptr)
		v.path = from.path;
	return v;
}

struct pyvalue pyvalue_copy(struct pyheap *h, struct bytes text, unsigned flags)
{
	char *p = text.len <= PYVALUE_TEXT_MAX && pyheap_work(h, text.len) ? pyheap_alloc(h, text.len + 1) : NULL;

	if (!p)
		return pyvalue_unknown(flags);
	memcpy(p, text.ptr, text.len);
	return pyvalue_text((struct bytes){ p, text.len }, flags);
}

/* `b` goes behind what was put together.  -E2BIG: it is too long, or too much was done for others. */
static int put(struct pyheap *h, struct str *s, struct bytes b)
{
	if (b.len > PYVALUE_TEXT_MAX || s->len > PYVALUE_TEXT_MAX - b.len || !pyheap_work(h, WORK_ITEM + b.len))
		return -E2BIG;
	return str_append_bytes(s, b);
}

/* The same of what was put together in a string; a string that ran out of memory fails the heap. */
static struct pyvalue of_str(struct pyheap *h, const struct str *s, int result, unsigned flags)
{
	if (result == -E2BIG)
		return pyvalue_unknown(flags);
	if (result < 0) {
		h->failed = true;
		return PYVALUE_NONE;
	}
	return pyvalue_copy(h, str_bytes(s), flags);
}

struct pyvalue pyvalue_list(struct pyheap *h, unsigned flags)
{
	struct pylist *l = pyheap_alloc(h, sizeof(*l));

	if (!l)
		return pyvalue_unknown(flags);
	return (struct pyvalue){ .kind = PYVALUE_LIST, .flags = (uint16_t)flags, .list = l };
}

void pylist_append(struct pyheap *h, struct pylist *l, struct pyvalue v)
{
	if (l->count == l->cap && !l->cut) {
		size_t cap = l->cap ? l->cap * 2 : 4;
		struct pyvalue *items = NULL;

		if (cap <= PYVALUE_ITEMS_MAX && pyheap_work(h, l->count))
			items = pyheap_alloc(h, cap * sizeof(*items));
		if (items) {
			for (size_t i = 0; i < l->count; i++)
				items[i] = l->items[i];
			l->items = items;
			l->cap = cap;
		}
	}
	l->cut = l->cut || l->count == l->cap || !pyheap_work(h, sizeof(v));
	if (!l->cut)
		l->items[l->count++] = v;
}

void pylist_extend(struct pyheap *h, struct pylist *l, const struct pylist *more)
{
	for (size_t i = 0; i < more->count && !l->cut; i++)
		pylist_append(h, l, more->items[i]);
	l->cut = l->cut || more->cut;
}

struct pyvalue pyvalue_one(struct pyvalue v)
{
	return v.kind == PYVALUE_CHOICE ? v.list->items[v.list->count - 1] : v;
}

static bool is_same(struct pyvalue a, struct pyvalue b)
{
	if (a.kind != b.kind || a.flags != b.flags)
		return false;
	switch (a.kind) {
	case PYVALUE_UNKNOWN: return bytes_equal(a.path, b.path);
	case PYVALUE_TEXT: return a.text.ptr == b.text.ptr && a.text.len == b.text.len;
	case PYVALUE_INT: return a.number == b.number;
	default: return a.list == b.list;	/* the same place, whichever pointer it is */
	}
}

struct pyvalue pyvalue_either(struct pyheap *h, struct pyvalue old, struct pyvalue new)
{
	struct pyvalue ret;

	if (old.kind == PYVALUE_UNKNOWN && !(old.flags & PYVALUE_SOURCES))
		return new;
	if (is_same(old, new) || is_same(pyvalue_one(old), new))
		return old;
	ret = pyvalue_list(h, 0);
	if (ret.kind != PYVALUE_LIST)
		return new;
	ret.kind = PYVALUE_CHOICE;
	if (old.kind == PYVALUE_CHOICE)
		for (size_t i = old.list->count >= PYVALUE_CHOICES_MAX ? 1 : 0; i < old.list->count; i++)
			pylist_append(h, ret.list, old.list->items[i]);
	else
		pylist_append(h, ret.list, old);
	pylist_append(h, ret.list, pyvalue_one(new));
	ret.flags = (uint16_t)((old.flags | new.flags) & PYVALUE_SOURCES);
	return ret.list->count > 0 ? ret : new;
}

/* ---- texts ------------------------------------------------------------------------------ */

static bool is_text(struct pyvalue v)
{
	return v.kind == PYVALUE_TEXT;
}

/* Each byte is a character. */
static bool is_plain(struct pyvalue v)
{
	const uint64_t high = 0x8080808080808080u;
	size_t i = 0;

	if (v.flags & PYVALUE_BYTES)
		return true;
	for (uint64_t eight; v.text.len - i >= sizeof(eight); i += sizeof(eight)) {
		memcpy(&eight, v.text.ptr + i, sizeof(eight));
		if (eight & high)
			return false;
	}
	for (; i < v.text.len; i++)
		if ((unsigned char)v.text.ptr[i] >= 0x80)
			return false;
	return true;
}

/* Where `len` bytes of a new text go, behind `a`, whose copy may stand there already.  NULL: full. */
static char *grow(struct pyheap *h, struct bytes a, size_t len)
{
	char *p;

	if (h->tail && a.ptr == h->tail && a.len == h->tail_len && h->tail_cap - h->tail_len >= len) {
		h->tail_len += len;
		return h->tail + a.len;
	}
	if (a.len + len > PYVALUE_TEXT_MAX || !pyheap_work(h, a.len))
		return NULL;
	p = pyheap_alloc(h, 2 * (a.len + len) + 1);
	if (!p)
		return NULL;
	memcpy(p, a.ptr, a.len);
	h->tail = p;
	h->tail_len = a.len + len;
	h->tail_cap = 2 * (a.len + len);
	return p + a.len;
}

static struct pyvalue add_texts(struct pyheap *h, struct pyvalue a, struct pyvalue b)
{
	char *p;

	if (a.flags & PYVALUE_CUT)
		return keep(a, b);
	p = pyheap_work(h, b.text.len) ? grow(h, a.text, b.text.len) : NULL;
	if (!p)
		return lost_both(a, b);
	memcpy(p, b.text.ptr, b.text.len);
	return keep(keep(pyvalue_text((struct bytes){ p - a.text.len, a.text.len + b.text.len },
				      (a.flags & PYVALUE_BYTES) | (b.flags & PYVALUE_CUT) | PYVALUE_JOINED), a), b);
}

static struct pyvalue add_lists(struct pyheap *h, struct pyvalue a, struct pyvalue b)
{
	struct pyvalue ret = pyvalue_list(h, 0);

	if (ret.kind != PYVALUE_LIST)
		return ret;
	pylist_extend(h, ret.list, a.list);
	pylist_extend(h, ret.list, b.list);
	return keep(keep(ret, a), b);
}

static struct pyvalue repeat_text(struct pyheap *h, struct pyvalue v, int64_t n)
{
	size_t total;
	char *p;

	if (n <= 0 || v.text.len == 0)
		return keep(pyvalue_text(BYTES_LIT(""), v.flags & PYVALUE_BYTES), v);
	if (__builtin_mul_overflow(v.text.len, (size_t)n, &total) || total > PYVALUE_TEXT_MAX || !pyheap_work(h, total) ||
	    !(p = pyheap_alloc(h, total)))
		return lost(v);
	for (size_t i = 0; i < (size_t)n; i++)
		memcpy(p + i * v.text.len, v.text.ptr, v.text.len);
	return keep(pyvalue_text((struct bytes){ p, total }, v.flags | PYVALUE_JOINED), v);
}

struct pyvalue pyvalue_str(struct pyheap *h, struct pyvalue v)
{
	v = pyvalue_one(v);
	if (is_text(v) || v.kind == PYVALUE_UNKNOWN)
		return v;
	if (v.kind == PYVALUE_INT) {
		_cleanup_str_ struct str s = STR_INIT;
		int r = str_appendf(&s, "%lld", (long long)v.number);

		return keep(of_str(h, &s, r, PYVALUE_JOINED), v);
	}
	if (v.flags & PYVALUE_INSTANCE && v.path.ptr)	/* a pathlib.Path */
		return pyvalue_text(v.path, PYVALUE_JOINED | (v.flags & PYVALUE_OPEN_PATH ? PYVALUE_CUT : 0));
	return lost(v);
}

struct pyvalue pyvalue_items(struct pyheap *h, struct pyvalue v)
{
	struct pyvalue ret;

	v = pyvalue_one(v);
	if (!is_text(v) && !(v.kind == PYVALUE_LIST && v.flags & PYVALUE_DICT))
		return v;
	ret = pyvalue_list(h, v.flags & PYVALUE_SOURCES);
	if (ret.kind != PYVALUE_LIST)
		return lost(v);
	if (v.kind == PYVALUE_LIST) {
		for (size_t i = 0; i < v.list->count && !ret.list->cut; i += 2)
			pylist_append(h, ret.list, v.list->items[i]);
		ret.list->cut = ret.list->cut || v.list->cut;
		return ret;
	}
	for (size_t at = 0; at < v.text.len && !ret.list->cut;) {
		uint32_t c;
		bool valid;
		size_t n = v.flags & PYVALUE_BYTES ? 1 : pytext_decode(v.text, at, &c, &valid);
		struct pyvalue item = v.flags & PYVALUE_BYTES ? pyvalue_int((unsigned char)v.text.ptr[at]) :
			pyvalue_text(bytes_slice(v.text, at, n), PYVALUE_JOINED);

		pylist_append(h, ret.list, keep(item, v));
		at += n;
	}
	ret.list->cut = ret.list->cut || v.flags & PYVALUE_CUT;
	return ret;
}

static size_t encode(uint32_t c, char utf8[4])
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = n - 1; i > 0; i--) {
		utf8[i] = (char)(0x80 | (c & 0x3f));
		c >>= 6;
	}
	utf8[0] = (char)(lead[n] | c);
	return n;
}

struct pyvalue pyvalue_character(struct pyheap *h, int64_t c)
{
	char utf8[4];

	if (c < 0 || c > 0x10ffff)
		return PYVALUE_NONE;
	return pyvalue_copy(h, (struct bytes){ utf8, encode((uint32_t)c, utf8) }, PYVALUE_PIECES | PYVALUE_JOINED);
}

struct pyvalue pyvalue_ordinal(struct pyvalue v)
{
	uint32_t c;
	bool valid;

	v = pyvalue_one(v);
	if (!is_text(v) || v.text.len == 0)
		return lost(v);
	if (v.flags & PYVALUE_BYTES)
		c = (unsigned char)v.text.ptr[0];
	else
		(void)pytext_decode(v.text, 0, &c, &valid);
	return keep(pyvalue_int(c), v);
}

struct pyvalue pyvalue_bytes(struct pyheap *h, struct pyvalue v)
{
	char *p;

	v = pyvalue_one(v);
	if (is_text(v)) {
		v.flags |= PYVALUE_BYTES;
		return v;
	}
	if (v.kind != PYVALUE_LIST || !pyheap_work(h, v.list->count * sizeof(v)) || !(p = pyheap_alloc(h, v.list->count + 1)))
		return lost(v);
	for (size_t i = 0; i < v.list->count; i++) {
		struct pyvalue item = pyvalue_one(v.list->items[i]);

		if (item.kind != PYVALUE_INT)
			return lost_both(v, item);
		p[i] = (char)item.number;
		v = keep(v, item);
	}
	return keep(pyvalue_text((struct bytes){ p, v.list->count }, PYVALUE_BYTES | PYVALUE_JOINED | PYVALUE_PIECES |
				 (v.list->cut ? PYVALUE_CUT : 0)), v);
}

struct pyvalue pyvalue_map_bytes(struct pyheap *h, struct pyvalue v, unsigned char (*map)(unsigned char))
{
	char *p;

	v = pyvalue_one(v);
	if (!is_text(v) || !pyheap_work(h, v.text.len) || !(p = pyheap_alloc(h, v.text.len + 1)))
		return lost(v);
	for (size_t i = 0; i < v.text.len; i++)
		p[i] = (char)map((unsigned char)v.text.ptr[i]);
	v.text.ptr = p;
	v.flags |= PYVALUE_JOINED;
	return v;
}

struct pyvalue pyvalue_from_latin1(struct pyheap *h, struct pyvalue v)
{
	_cleanup_str_ struct str s = STR_INIT;
	int r = 0;

	if (!is_text(v) || !pyheap_work(h, v.text.len))
		return lost(v);
	for (size_t i = 0; i < v.text.len && r == 0; i++) {
		char utf8[4];
		size_t n = encode((unsigned char)v.text.ptr[i], utf8);

		r = str_append(&s, utf8, n);
	}
	return keep(of_str(h, &s, r, v.flags & ~(unsigned)PYVALUE_BYTES), v);
}

struct pyvalue pyvalue_to_latin1(struct pyheap *h, struct pyvalue v)
{
	_cleanup_str_ struct str s = STR_INIT;
	int r = 0;

	if (!is_text(v) || !pyheap_work(h, v.text.len))
		return lost(v);
	for (size_t at = 0; at < v.text.len && r == 0;) {
		uint32_t c;
		bool valid;

		at += pytext_decode(v.text, at, &c, &valid);
		r = str_append_char(&s, (char)c);
	}
	return keep(of_str(h, &s, r, v.flags | PYVALUE_BYTES), v);
}

/* ---- items and slices --------------------------------------------------------------------- */

/* Offsets of the characters of a text that is not plain, one more for its end.  NULL: full. */
static uint32_t *offsets(struct pyheap *h, struct bytes text, size_t *ret_count)
{
	uint32_t *at = pyheap_work(h, text.len) ? pyheap_alloc(h, (text.len + 1) * sizeof(*at)) : NULL;
	size_t n = 0;

	if (!at)
		return NULL;
	for (size_t i = 0; i < text.len;) {
		uint32_t c;
		bool valid;

		at[n++] = (uint32_t)i;
		i += pytext_decode(text, i, &c, &valid);
	}
	at[n] = (uint32_t)text.len;
	*ret_count = n;
	return at;
}

/* A text or list as a row of items. */
struct row {
	struct pyvalue v;
	uint32_t *offsets;	/* NULL: each byte is one */
	size_t count;
};

static bool make_row(struct pyheap *h, struct pyvalue v, struct row *ret)
{
	*ret = (struct row){ .v = v };
	if (v.kind == PYVALUE_LIST) {
		ret->count = v.list->count;
		return !(v.flags & PYVALUE_DICT);
	}
	if (!is_text(v))
		return false;
	ret->count = v.text.len;
	if (!pyheap_work(h, v.text.len / 16) || is_plain(v))
		return true;
	ret->offsets = offsets(h, v.text, &ret->count);
	return ret->offsets != NULL;
}

static struct bytes row_text(const struct row *row, size_t i)
{
	size_t from = row->offsets ? row->offsets[i] : i;
	size_t to = row->offsets ? row->offsets[i + 1] : i + 1;

	return bytes_slice(row->v.text, from, to - from);
}

static struct pyvalue dict_get(struct pyheap *h, struct pyvalue dict, struct pyvalue key)
{
	const struct pylist *l = dict.list;

	if (!pyheap_work(h, l->count / 2))
		return lost(dict);
	for (size_t i = l->count & ~(size_t)1; i >= 2; i -= 2) {	/* the last of equal keys counts */
		struct pyvalue k = pyvalue_one(l->items[i - 2]);

		if (k.kind != key.kind)
			continue;
		/* Of the keys each may be as long as the hook. */
		if (k.kind == PYVALUE_TEXT && k.text.len == key.text.len && !pyheap_work(h, key.text.len / WORK_SEARCH_BYTES))
			return lost(dict);
		if (k.kind == PYVALUE_TEXT ? bytes_equal(k.text, key.text) : k.kind == PYVALUE_INT && k.number == key.number)
			return l->items[i - 1];
	}
	return lost(dict);
}

struct pyvalue pyvalue_index(struct pyheap *h, struct pyvalue v, struct pyvalue key)
{
	struct row row;
	int64_t i;

	v = pyvalue_one(v);
	key = pyvalue_one(key);
	if (v.kind == PYVALUE_LIST && v.flags & PYVALUE_DICT)
		return dict_get(h, v, key);
	if (key.kind != PYVALUE_INT || !make_row(h, v, &row))
		return lost(v);
	i = key.number < 0 ? key.number + (int64_t)row.count : key.number;
	if (i < 0 || i >= (int64_t)row.count)
		return lost(v);
	if (v.kind == PYVALUE_LIST)
		return v.list->items[i];
	if (v.flags & PYVALUE_BYTES)
		return keep(pyvalue_int((unsigned char)v.text.ptr[i]), v);
	return keep(pyvalue_text(row_text(&row, (size_t)i), PYVALUE_JOINED | PYVALUE_PIECES), v);
}

/* PySlice_AdjustIndices() for one bound. */
static int64_t clamp(int64_t i, int64_t count, bool backwards)
{
	if (i < 0)
		i += count;
	if (i < 0)
		return backwards ? -1 : 0;
	if (i >= count)
		return backwards ? count - 1 : count;
	return i;
}

struct pyvalue pyvalue_slice(struct pyheap *h, struct pyvalue v, const struct pyvalue bounds[3], unsigned given)
{
	_cleanup_str_ struct str s = STR_INIT;
	int64_t at[3] = { 0, 0, 1 };
	struct pyvalue ret = PYVALUE_NONE;
	struct row row;
	bool back;
	int r = 0;

	v = pyvalue_one(v);
	for (unsigned i = 0; i < 3; i++) {
		if (!(given & 1u << i))
			continue;
		if (pyvalue_one(bounds[i]).kind != PYVALUE_INT)
			return lost(v);
		at[i] = pyvalue_one(bounds[i]).number;
	}
	if (at[2] == 0 || at[2] <= -INT32_MAX || at[2] >= INT32_MAX || !make_row(h, v, &row))
		return lost(v);
	back = at[2] < 0;
	at[0] = given & 1 ? clamp(at[0], (int64_t)row.count, back) : back ? (int64_t)row.count - 1 : 0;
	at[1] = given & 2 ? clamp(at[1], (int64_t)row.count, back) : back ? -1 : (int64_t)row.count;
	if (v.kind == PYVALUE_LIST)
		ret = pyvalue_list(h, 0);
	else if (at[2] == 1)	/* a part of a text needs no copy */
		return at[1] <= at[0] ? keep(pyvalue_text(BYTES_LIT(""), v.flags), v) :
			keep(pyvalue_text((struct bytes){ row_text(&row, (size_t)at[0]).ptr,
				(size_t)(row_text(&row, (size_t)at[1] - 1).ptr - row_text(&row, (size_t)at[0]).ptr) +
				row_text(&row, (size_t)at[1] - 1).len },
				(v.flags & ~(unsigned)(at[1] < (int64_t)row.count ? PYVALUE_CUT : 0)) | PYVALUE_JOINED), v);
	for (int64_t i = at[0]; (back ? i > at[1] : i < at[1]) && r == 0 && pyheap_work(h, WORK_ITEM); i += at[2]) {
		if (ret.kind == PYVALUE_LIST)
			pylist_append(h, ret.list, v.list->items[i]);
		else if (v.kind == PYVALUE_TEXT)
			r = str_append_bytes(&s, row_text(&row, (size_t)i));
	}
	if (v.kind == PYVALUE_LIST)
		return keep(ret, v);
	return keep(of_str(h, &s, r, (v.flags & PYVALUE_BYTES) | PYVALUE_JOINED | PYVALUE_PIECES), v);
}

/* ---- methods of texts ------------------------------------------------------------------------ */

struct pyvalue pyvalue_join(struct pyheap *h, struct pyvalue separator, struct pyvalue list)
{
	_cleanup_str_ struct str s = STR_INIT;
	unsigned flags = (separator.flags & PYVALUE_BYTES) | PYVALUE_JOINED;
	int r = 0;

	separator = pyvalue_one(separator);
	list = pyvalue_items(h, list);
	if (!is_text(separator) || list.kind != PYVALUE_LIST)
		return lost_both(list, separator);
	for (size_t i = 0; i < list.list->count && r == 0; i++) {
		struct pyvalue item = pyvalue_one(list.list->items[i]);

		list = keep(list, item);
		if (!is_text(item)) {
			flags |= PYVALUE_CUT;
			break;
		}
		if (i > 0)
			r = put(h, &s, separator.text);
		if (r == 0)
			r = put(h, &s, item.text);
	}
	flags |= list.list->cut ? PYVALUE_CUT : 0;
	return keep(keep(of_str(h, &s, r, flags), list), separator);
}

struct pyvalue pyvalue_replace(struct pyheap *h, struct pyvalue v, struct pyvalue old, struct pyvalue new)
{
	_cleanup_str_ struct str s = STR_INIT;
	size_t at = 0;
	ptrdiff_t hit;
	int r = 0;

	v = pyvalue_one(v);
	old = pyvalue_one(old);
	new = pyvalue_one(new);
	if (!is_text(v) || !is_text(old) || !is_text(new) || old.text.len == 0 || !pyheap_work(h, v.text.len))
		return lost_both(v, new);
	while (r == 0 && (hit = bytes_find(v.text, old.text, at)) >= 0) {
		r = put(h, &s, bytes_slice(v.text, at, (size_t)hit - at));
		if (r == 0)
			r = put(h, &s, new.text);
		at = (size_t)hit + old.text.len;
	}
	if (at == 0)
		return v;
	if (r == 0)
		r = put(h, &s, bytes_slice(v.text, at, v.text.len - at));
	return keep(keep(of_str(h, &s, r, (v.flags & (PYVALUE_BYTES | PYVALUE_CUT)) | PYVALUE_JOINED), v), new);
}

static bool next_word(struct bytes text, struct bytes separator, size_t *at, struct bytes *ret)
{
	ptrdiff_t hit;

	if (*at > text.len)
		return false;
	hit = bytes_find(text, separator, *at);
	*ret = bytes_slice(text, *at, (hit < 0 ? text.len : (size_t)hit) - *at);
	*at += ret->len + separator.len;
	return true;
}

struct pyvalue pyvalue_split(struct pyheap *h, struct pyvalue v, struct pyvalue separator)
{
	struct pyvalue ret;
	struct bytes word;
	bool blanks;
	size_t at = 0;

	v = pyvalue_one(v);
	separator = pyvalue_one(separator);
	blanks = !is_text(separator);
	if (!is_text(v) || !pyheap_work(h, v.text.len) || (!blanks && separator.text.len == 0))
		return lost(v);
	ret = pyvalue_list(h, v.flags & PYVALUE_SOURCES);
	if (ret.kind != PYVALUE_LIST)
		return lost(v);
	while (!ret.list->cut && next_word(v.text, blanks ? BYTES_LIT(" ") : separator.text, &at, &word))
		if (!blanks || word.len > 0)
			pylist_append(h, ret.list, keep(pyvalue_text(word, (v.flags & PYVALUE_BYTES) | PYVALUE_JOINED), v));
	ret.list->cut = ret.list->cut || v.flags & PYVALUE_CUT;
	return ret;
}

/* What str.translate() puts for one character. */
static int translate_one(struct pyheap *h, struct pyvalue table, struct bytes one, struct str *ret)
{
	struct pyvalue to;

	if (is_text(table))
		return str_append_char(ret, table.text.ptr[(unsigned char)one.ptr[0]]);
	to = pyvalue_one(pyvalue_index(h, table, pyvalue_ordinal(pyvalue_text(one, 0))));
	if (to.kind == PYVALUE_INT)
		to = pyvalue_character(h, to.number);
	return str_append_bytes(ret, is_text(to) ? to.text : one);
}

struct pyvalue pyvalue_translate(struct pyheap *h, struct pyvalue v, struct pyvalue table)
{
	_cleanup_str_ struct str s = STR_INIT;
	struct row row;
	int r = 0;

	v = pyvalue_one(v);
	table = pyvalue_one(table);
	if (!(table.kind == PYVALUE_LIST && table.flags & PYVALUE_DICT) && !(is_text(table) && table.text.len == 256))
		return lost(v);
	if (!is_text(v) || !pyheap_work(h, WORK_ITEM * v.text.len) || !make_row(h, v, &row))
		return lost(v);
	for (size_t i = 0; i < row.count && r == 0 && s.len <= PYVALUE_TEXT_MAX && !h->full; i++)
		r = translate_one(h, table, row_text(&row, i), &s);
	return keep(of_str(h, &s, r, (v.flags & PYVALUE_BYTES) | PYVALUE_JOINED | PYVALUE_PIECES), v);
}

/* ---- formatting ------------------------------------------------------------------------------- */

/* One value of a format goes behind what there is; an unknown one ends what is known. */
static int append_value(struct pyheap *h, struct str *s, struct pyvalue v, unsigned *flags)
{
	v = pyheap_work(h, WORK_CALL) ? pyvalue_str(h, v) : PYVALUE_NONE;
	*flags |= v.flags & PYVALUE_SOURCES;
	if (!is_text(v) || v.flags & PYVALUE_CUT)
		*flags |= PYVALUE_CUT;
	return is_text(v) ? put(h, s, v.text) : 0;
}

/* `text` % args: flags, width and precision are passed over, %(name)s looks into a dict. */
static struct pyvalue percent(struct pyheap *h, struct pyvalue v, struct pyvalue args)
{
	_cleanup_str_ struct str s = STR_INIT;
	unsigned flags = (v.flags & (PYVALUE_BYTES | PYVALUE_SOURCES)) | PYVALUE_JOINED;
	size_t next = 0;
	int r = 0;

	args = pyvalue_one(args);
	for (size_t at = 0; at < v.text.len && r == 0 && !(flags & PYVALUE_CUT) && s.len <= PYVALUE_TEXT_MAX;) {
		ptrdiff_t hit = bytes_find_byte(v.text, '%', at);
		size_t to = hit < 0 ? v.text.len : (size_t)hit;
		struct pyvalue value = PYVALUE_NONE;

		r = str_append(&s, v.text.ptr + at, to - at);
		if (r < 0 || hit < 0)
			break;
		at = to + 1;
		if (at < v.text.len && v.text.ptr[at] == '(' && args.kind == PYVALUE_LIST) {
			ptrdiff_t end = bytes_find_byte(v.text, ')', at);

			if (end < 0)
				break;
			value = pyvalue_index(h, args, pyvalue_text(bytes_slice(v.text, at + 1, (size_t)end - at - 1), 0));
			at = (size_t)end + 1;
		} else if (at < v.text.len && v.text.ptr[at] != '%') {
			value = args.kind == PYVALUE_LIST ? pyvalue_index(h, args, pyvalue_int((int64_t)next)) : args;
			next++;
		}
		while (at < v.text.len && memchr("0123456789.-+# *lh", v.text.ptr[at], 18))
			at++;
		if (at < v.text.len && v.text.ptr[at] == '%') {
			r = str_append_char(&s, '%');
		} else if (at < v.text.len && v.text.ptr[at] == 'c' && pyvalue_one(value).kind == PYVALUE_INT) {
			value = pyvalue_character(h, pyvalue_one(value).number);
			r = append_value(h, &s, value, &flags);
		} else {
			r = append_value(h, &s, value, &flags);
		}
		at++;
	}
	return keep(of_str(h, &s, r, flags), v);
}

/* The argument that a field of str.format() names: a number, a keyword, nothing for the next one. */
static struct pyvalue format_argument(struct bytes field, const struct pyvalue *args, const struct bytes *keys, size_t count,
				      size_t *next)
{
	size_t len = 0, wanted;
	uint64_t number;

	while (len < field.len && !memchr(".[!:", field.ptr[len], 4))
		len++;
	field = bytes_slice(field, 0, len);
	for (size_t i = 0; i < count && len > 0; i++)
		if (keys[i].ptr && bytes_equal(keys[i], field))
			return args[i];
	if (len > 0 && bytes_to_u64(field, &number) < 0)
		return PYVALUE_NONE;
	wanted = len > 0 ? (size_t)number : (*next)++;
	for (size_t i = 0; i < count; i++)
		if (!keys[i].ptr && wanted-- == 0)
			return args[i];
	return PYVALUE_NONE;
}

struct pyvalue pyvalue_format(struct pyheap *h, struct pyvalue v, const struct pyvalue *args, const struct bytes *keys,
			      size_t count)
{
	_cleanup_str_ struct str s = STR_INIT;
	unsigned flags = (v.flags & PYVALUE_SOURCES) | PYVALUE_JOINED;
	size_t next = 0;
	ptrdiff_t last;
	int r = 0;

	if (!is_text(v) || !pyheap_work(h, v.text.len))
		return lost(v);
	last = bytes_find_last_byte(v.text, '}');
	for (size_t at = 0; at < v.text.len && r == 0 && !(flags & PYVALUE_CUT) && s.len <= PYVALUE_TEXT_MAX; at++) {
		char c = v.text.ptr[at];
		bool doubled = at + 1 < v.text.len && v.text.ptr[at + 1] == c;
		ptrdiff_t end;

		if (c == '{' && !doubled && (ptrdiff_t)at < last && (end = bytes_find_byte(v.text, '}', at)) >= 0) {
			struct bytes field = bytes_slice(v.text, at + 1, (size_t)end - at - 1);

			r = append_value(h, &s, format_argument(field, args, keys, count, &next), &flags);
			at = (size_t)end;
			continue;
		}
		at += (c == '{' || c == '}') && doubled;
		r = str_append_char(&s, c);
	}
	return keep(of_str(h, &s, r, flags), v);
}

/* ---- operators ---------------------------------------------------------------------------------- */

static struct pyvalue divide(int64_t a, int64_t b, bool remainder)
{
	int64_t q, m;

	if (b == 0 || (a == INT64_MIN && b == -1))
		return PYVALUE_NONE;
	q = a / b;
	m = a % b;
	if (m != 0 && (m < 0) != (b < 0)) {	/* Python rounds down */
		q--;
		m += b;
	}
	return pyvalue_int(remainder ? m : q);
}

static struct pyvalue power(int64_t base, int64_t exponent)
{
	int64_t ret = 1;

	if (exponent < 0 || exponent > 64)
		return PYVALUE_NONE;
	while (exponent-- > 0)
		if (__builtin_mul_overflow(ret, base, &ret))
			return PYVALUE_NONE;
	return pyvalue_int(ret);
}

static struct pyvalue on_numbers(struct bytes op, int64_t a, int64_t b)
{
	bool doubled = op.len == 2;
	int64_t ret = 0;
	bool overflow = false;

	switch (op.ptr[0]) {
	case '+': overflow = __builtin_add_overflow(a, b, &ret); break;
	case '-': overflow = __builtin_sub_overflow(a, b, &ret); break;
	case '*':
		if (doubled)
			return power(a, b);
		overflow = __builtin_mul_overflow(a, b, &ret);
		break;
	case '/': return doubled ? divide(a, b, false) : PYVALUE_NONE;
	case '%': return divide(a, b, true);
	case '&': ret = a & b; break;
	case '|': ret = a | b; break;
	case '^': ret = a ^ b; break;
	case '<':
		if (b < 0 || b > 62 || a < 0 || a > INT64_MAX >> b)
			return PYVALUE_NONE;
		ret = a << b;
		break;
	case '>': ret = b < 0 ? 0 : a >> (b > 63 ? 63 : b); break;
	default: return PYVALUE_NONE;
	}
	return overflow ? PYVALUE_NONE : pyvalue_int(ret);
}

/* Path / "name". */
static struct pyvalue join_path(struct pyheap *h, struct pyvalue a, struct pyvalue b)
{
	struct pyvalue joined;

	if (!is_text(b) || a.flags & PYVALUE_OPEN_PATH)
		return a.flags |= PYVALUE_OPEN_PATH, a;
	joined = add_texts(h, add_texts(h, pyvalue_text(a.path, 0), pyvalue_text(BYTES_LIT("/"), 0)), b);
	if (bytes_has_prefix(b.text, BYTES_LIT("/")))
		joined = b;
	a.path = is_text(joined) ? joined.text : a.path;
	a.flags |= is_text(joined) && !(joined.flags & PYVALUE_CUT) ? 0 : PYVALUE_OPEN_PATH;
	return a;
}

struct pyvalue pyvalue_binary(struct pyheap *h, struct bytes op, struct pyvalue a, struct pyvalue b)
{
	char c = op.len == 1 ? op.ptr[0] : 0;
	struct bytes tail;

	a = pyvalue_one(a);
	b = pyvalue_one(b);
	if (a.kind == PYVALUE_INT && b.kind == PYVALUE_INT)
		return keep(keep(on_numbers(op, a.number, b.number), a), b);
	if (c == '+' && is_text(a) && is_text(b))
		return add_texts(h, a, b);
	if (c == '+' && is_text(a) && a.text.len == 0 && b.kind == PYVALUE_UNKNOWN)
		return keep(b, a);
	if (c == '+' && is_text(a)) {	/* its beginning is known */
		a.flags |= PYVALUE_CUT;
		return keep(a, b);
	}
	if (c == '+' && a.kind == PYVALUE_LIST && b.kind == PYVALUE_LIST)
		return add_lists(h, a, b);
	if (c == '%' && is_text(a) && pyheap_work(h, a.text.len))
		return percent(h, a, b);
	if (c == '*' && is_text(a) && b.kind == PYVALUE_INT)
		return repeat_text(h, a, b.number);
	if (c == '*' && is_text(b) && a.kind == PYVALUE_INT)
		return repeat_text(h, b, a.number);
	if (c == '/' && a.flags & PYVALUE_INSTANCE && a.path.ptr)
		return join_path(h, a, b);
	tail = c == '+' && a.kind != PYVALUE_INT && (is_text(b) || b.kind == PYVALUE_UNKNOWN) ? b.text : BYTES_NONE;
	a = lost_both(a, b);
	a.flags |= c == '^' ? PYVALUE_PIECES : 0;
	a.text = tail;
	return a;
}

struct pyvalue pyvalue_negative(struct pyvalue v)
{
	v = pyvalue_one(v);
	if (v.kind != PYVALUE_INT || v.number == INT64_MIN)
		return lost(v);
	v.number = -v.number;
	return v;
}

struct pyvalue pyvalue_inverted(struct pyvalue v)
{
	v = pyvalue_one(v);
	if (v.kind != PYVALUE_INT)
		return lost(v);
	v.number = ~v.number;
	return v;
}
