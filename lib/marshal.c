/* marshal.c - walking over marshalled objects.
 *
 * Every object is a type byte and its body; one with FLAG_REF gets the next number, and TYPE_REF stands for it later
 * (Python/marshal.c, r_object).  A number is given where the object starts, containers included.  Only where something
 * of it is wanted is a referenced object read again, at its first place: the same tuple of names may serve two functions.
 * What a hostile file makes of that (a tuple that holds itself) ends at a depth and at an amount of work.
 */
#include "marshal.h"

#include <errno.h>
#include <stdint.h>

#include "cleanup.h"
#include "limits.h"

#define FLAG_REF 0x80

/* What is wanted of an object. */
enum role {
	ROLE_NONE,
	ROLE_CONSTANT,		/* its texts */
	ROLE_NAMES,
};

struct offsets {
	size_t *list;
	size_t count, room;
};

struct reader {
	struct bytes data;
	size_t at;
	unsigned python;
	unsigned depth;			/* of objects */
	unsigned code_depth;
	unsigned again;			/* an object is read for a second time */
	uint64_t work;			/* objects that may still be read */
	struct offsets refs;		/* where the numbered objects start */
	struct offsets interned;	/* Python 2: TYPE_STRINGREF counts interned strings */
	marshal_fn fn;
	void *userdata;
};

static int read_object(struct reader *r, enum role role);

static int remember(struct offsets *o, size_t at)
{
	if (o->count == o->room) {
		size_t room = o->room ? o->room * 2 : 64;
		size_t *list = reallocarray(o->list, room, sizeof(*list));

		if (!list)
			return -ENOMEM;
		o->list = list;
		o->room = room;
	}
	o->list[o->count++] = at;
	return 0;
}

static int skip(struct reader *r, uint64_t bytes)
{
	if (bytes > r->data.len - r->at)
		return -EINVAL;
	r->at += bytes;
	return 0;
}

static int read_byte(struct reader *r, uint32_t *ret)
{
	if (r->at == r->data.len)
		return -EINVAL;
	*ret = (unsigned char)r->data.ptr[r->at++];
	return 0;
}

static int read_long(struct reader *r, uint32_t *ret)
{
	const unsigned char *p = (const unsigned char *)r->data.ptr + r->at;
	int k = skip(r, 4);

	if (k >= 0)
		*ret = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
	return k;
}

/* A text of `len` bytes, wanted or not. */
static int read_text(struct reader *r, uint64_t len, enum marshal_what what, enum role role)
{
	size_t start = r->at;
	int k = skip(r, len);

	if (k < 0 || role == ROLE_NONE)
		return k;
	/* Five bytes that refer to it have a text of megabytes looked at again. */
	if (r->again && len / WORK_SEARCH_BYTES > r->work)
		return -EDQUOT;
	r->work -= r->again ? len / WORK_SEARCH_BYTES : 0;
	return r->fn(&(struct marshal_item){
			     .what = role == ROLE_NAMES ? MARSHAL_NAME : what,
			     .depth = r->code_depth,
			     .text = bytes_slice(r->data, start, (size_t)len),
		     },
		     r->userdata);
}

/* A number as text, behind its length. */
static int skip_digits(struct reader *r)
{
	uint32_t n;
	int k = read_byte(r, &n);

	return k < 0 ? k : skip(r, n);
}

static int read_items(struct reader *r, uint64_t count, enum role role)
{
	int k = 0;

	for (uint64_t i = 0; i < count && k >= 0; i++)
		k = read_object(r, role);
	return k;
}

static int read_dict(struct reader *r)
{
	int k = 0;

	while (k >= 0) {
		if (r->at < r->data.len && r->data.ptr[r->at] == '0')
			return skip(r, 1);
		k = read_object(r, ROLE_NONE);	/* a constant dict does not exist in code */
	}
	return k;
}

/* Python/marshal.c, TYPE_CODE; the layouts of Objects/codeobject.c. */
static int read_code(struct reader *r)
{
	/* code, consts, names; then varnames, freevars, cellvars, filename, name,
	 * from 3.11 localsplusnames, localspluskinds, filename, name, qualname */
	static const enum role objects[] = {
		ROLE_NONE, ROLE_CONSTANT, ROLE_NAMES, ROLE_NONE, ROLE_NONE, ROLE_NONE, ROLE_NONE, ROLE_NONE,
	};
	/* argcount, nlocals, stacksize, flags; kwonlyargcount from 3.0, posonlyargcount from 3.8, no nlocals from 3.11 */
	const unsigned longs = r->python < 0x0300 ? 4 : r->python < 0x0308 ? 5 : r->python < 0x030b ? 6 : 5;
	const bool newer = r->python >= 0x030b;
	int k;

	k = skip(r, 4 * (uint64_t)longs);
	r->code_depth++;
	if (k >= 0)
		k = r->fn(&(struct marshal_item){ .what = MARSHAL_CODE, .depth = r->code_depth }, r->userdata);
	for (size_t i = 0; i < ELEMENTSOF(objects) && k >= 0; i++)
		k = read_object(r, objects[i]);
	if (k >= 0)
		k = skip(r, 4);		/* firstlineno */
	if (k >= 0)
		k = read_items(r, newer ? 2 : 1, ROLE_NONE);	/* linetable (lnotab), exceptiontable */
	if (k >= 0)
		k = r->fn(&(struct marshal_item){ .what = MARSHAL_CODE_END, .depth = r->code_depth }, r->userdata);
	r->code_depth--;
	return k;
}

/* Read again what stands at the place that a number means. */
static int read_reference(struct reader *r, const struct offsets *o, enum role role)
{
	size_t back;
	uint32_t number;
	int k = read_long(r, &number);

	if (k < 0)
		return k;
	if (number >= o->count)
		return -EINVAL;
	if (role == ROLE_NONE)
		return 0;
	back = r->at;
	r->at = o->list[number];
	r->again++;
	k = read_object(r, role);
	r->again--;
	r->at = back;
	return k;
}

static int read_body(struct reader *r, char type, enum role role)
{
	uint32_t n = 0;
	int k = 0;

	switch (type) {
	case '0':	/* NULL: the end of a dict */
	case 'N': case 'F': case 'T': case 'S': case '.':
		return 0;
	case 'i':
		return skip(r, 4);
	case 'I': case 'g':
		return skip(r, 8);
	case 'y':
		return skip(r, 16);
	case 'f':
		return skip_digits(r);
	case 'x':
		k = skip_digits(r);
		return k < 0 ? k : skip_digits(r);
	case 'l':	/* 15 bits in each two bytes; the sign is the count's */
		k = read_long(r, &n);
		if (n > INT32_MAX)
			n = -n;
		return k < 0 ? k : skip(r, 2 * (uint64_t)n);
	case 's':
		k = read_long(r, &n);
		return k < 0 ? k : read_text(r, n, MARSHAL_BYTES, role);
	case 't': case 'u': case 'a': case 'A':
		k = read_long(r, &n);
		return k < 0 ? k : read_text(r, n, type == 't' && r->python < 0x0300 ? MARSHAL_BYTES : MARSHAL_TEXT, role);
	case 'z': case 'Z':
		k = read_byte(r, &n);
		return k < 0 ? k : read_text(r, n, MARSHAL_TEXT, role);
	case ')':
		k = read_byte(r, &n);
		return k < 0 ? k : read_items(r, n, role);
	case '(': case '[': case '<': case '>':
		k = read_long(r, &n);
		return k < 0 ? k : read_items(r, n, role);
	case ':':	/* slice, 3.14 */
		return read_items(r, 3, role);
	case '{':
		return read_dict(r);
	case 'c':
		return role == ROLE_NAMES ? -EINVAL : read_code(r);
	case 'r':
		return read_reference(r, &r->refs, role);
	case 'R':
		return read_reference(r, &r->interned, role);
	default:
		return -EINVAL;
	}
}

static int read_object(struct reader *r, enum role role)
{
	const size_t start = r->at;
	uint32_t type;
	int k = read_byte(r, &type);

	if (k < 0)
		return k;
	if (r->depth == MARSHAL_DEPTH_MAX || r->work == 0)
		return -EDQUOT;
	r->work--;
	if (!r->again) {
		if (type & FLAG_REF)
			k = remember(&r->refs, start);
		else if (type == 't' && r->python < 0x0300)
			k = remember(&r->interned, start);
		if (k < 0)
			return k;
	}
	r->depth++;
	k = read_body(r, (char)(type & ~(uint32_t)FLAG_REF), role);
	r->depth--;
	return k;
}

int marshal_read(struct bytes data, unsigned python, marshal_fn fn, void *userdata)
{
	struct reader r = {
		.data = data,
		.python = python,
		/* Each object has a byte at least; references are read again. */
		.work = 2 * (uint64_t)data.len + MARSHAL_WORK_MIN,
		.fn = fn,
		.userdata = userdata,
	};
	int k;

	if (data.len == 0 || ((unsigned char)data.ptr[0] & ~FLAG_REF) != 'c')
		return -EINVAL;
	k = read_object(&r, ROLE_CONSTANT);
	free(r.refs.list);
	free(r.interned.list);
	return k;
}
