/* pyvalue.h - what is known of a value while Python code is read.
 *
 * A text, a number, a list, a function of a name, or unknown; in any case where it comes from, which is what counts when
 * it is executed.  Values are passed by copy and share what they point to, which lives in the heap until the reading is
 * over.  The heap is bounded in bytes and in work: beyond a bound a result is unknown, and the heap says so.
 */
#ifndef PYHOOKD_PYVALUE_H
#define PYHOOKD_PYVALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "region.h"
#include "str.h"
#include "work.h"

struct pyheap {
	struct region region;
	size_t work;		/* bytes and items that were copied or looked at */
	struct work *shared;	/* the same, of all that is read for one hook; NULL: no bound */
	bool full;		/* a bound was reached: something is unknown for that alone */
	bool failed;		/* no memory: the reading is void */
	char *tail;		/* the text made last, which may grow where it stands */
	size_t tail_len, tail_cap;
};

void pyheap_release(struct pyheap *h);
#define _cleanup_pyheap_ __attribute__((cleanup(pyheap_release)))

/* Zeroed memory, or NULL: full or failed. */
void *pyheap_alloc(struct pyheap *h, size_t size);

/* Count work.  False: there was too much of it. */
bool pyheap_work(struct pyheap *h, size_t amount);

enum pyvalue_kind {
	PYVALUE_UNKNOWN,
	PYVALUE_TEXT,		/* str (as UTF-8) or bytes */
	PYVALUE_INT,
	PYVALUE_NAME,		/* a module, function or class that is not of this source: "os.system" */
	PYVALUE_LIST,		/* list, tuple, set, dict (keys and values in turn) */
	PYVALUE_FUNCTION,	/* defined in this source, as are the two below */
	PYVALUE_CLASS,
	PYVALUE_OBJECT,		/* of such a class */
	PYVALUE_PARTIAL,	/* a function with its first arguments */
	PYVALUE_CHOICE,		/* one of a list: it depends on what is not decided here; the newest is last */
};

enum pyvalue_flag {
	/* where it comes from */
	PYVALUE_DECODED		= 1 << 0,	/* base64, zlib, marshal */
	PYVALUE_NETWORK		= 1 << 1,
	PYVALUE_FILE		= 1 << 2,	/* of `path`, if that is known */
	PYVALUE_ENVIRONMENT	= 1 << 3,	/* of one variable */
	PYVALUE_WHOLE_ENVIRONMENT = 1 << 4,
	PYVALUE_PROCESS		= 1 << 5,	/* output of a program */
	PYVALUE_PIECES		= 1 << 6,	/* put together from characters, turned round, replaced */
	PYVALUE_INPUT		= 1 << 7,	/* an argument, standard input, the clipboard */
	/* what it is */
	PYVALUE_BYTES		= 1 << 8,
	PYVALUE_JOINED		= 1 << 9,	/* stands nowhere in the source like this */
	PYVALUE_CUT		= 1 << 10,	/* it goes on with what is not known */
	PYVALUE_DICT		= 1 << 11,
	PYVALUE_INSTANCE	= 1 << 12,	/* what a call of the name gave */
	PYVALUE_ENDLESS		= 1 << 14,	/* a list that begins anew: itertools.cycle() */
	PYVALUE_OPEN_PATH	= 1 << 13,	/* `path` is only its beginning, or nothing is known of it */
};
#define PYVALUE_SOURCES 0xffu

struct pylist;
struct pyname;
struct pyfunction;
struct pyclass;
struct pyobject;
struct pypartial;

struct pyvalue {
	uint16_t kind, flags;
	union {
		struct bytes text;	/* of an UNKNOWN: what it ends with, if that is known; absent: it is not */
		int64_t number;
		struct pylist *list;		/* LIST, CHOICE */
		struct pyname *name;
		struct pyfunction *function;
		struct pyclass *class;
		struct pyobject *object;
		struct pypartial *partial;
	};
	struct bytes label;	/* "base64.b64decode": the call that gave it; absent: none */
	struct bytes path;	/* FILE, or an INSTANCE that stands for a path */
};

struct pylist {
	struct pyvalue *items;
	size_t count, cap;
	bool cut;		/* there are more, which are not known */
};

#define PYVALUE_NONE ((struct pyvalue){ .kind = PYVALUE_UNKNOWN })

struct pyvalue pyvalue_text(struct bytes text, unsigned flags);
struct pyvalue pyvalue_int(int64_t number);
struct pyvalue pyvalue_unknown(unsigned flags);		/* only the sources of `flags` */

/* A new list; an unknown value if the heap is full. */
struct pyvalue pyvalue_list(struct pyheap *h, unsigned flags);
void pylist_append(struct pyheap *h, struct pylist *l, struct pyvalue v);
void pylist_extend(struct pyheap *h, struct pylist *l, const struct pylist *more);

/* The value itself, of a choice the newest. */
struct pyvalue pyvalue_one(struct pyvalue v);

/* Either: what is known of both.  At most PYVALUE_CHOICES_MAX are kept, the newest. */
struct pyvalue pyvalue_either(struct pyheap *h, struct pyvalue old, struct pyvalue new);

/* A copy of a text in the heap, flags as given. */
struct pyvalue pyvalue_copy(struct pyheap *h, struct bytes text, unsigned flags);

/* Operators.  `op` as it is spelled: + - * / // % & | ^ << >> **. */
struct pyvalue pyvalue_binary(struct pyheap *h, struct bytes op, struct pyvalue a, struct pyvalue b);
struct pyvalue pyvalue_negative(struct pyvalue v);
struct pyvalue pyvalue_inverted(struct pyvalue v);

/* str(), for what has a known one. */
struct pyvalue pyvalue_str(struct pyheap *h, struct pyvalue v);
/* list(): of a text its characters, of bytes its numbers. */
struct pyvalue pyvalue_items(struct pyheap *h, struct pyvalue v);
struct pyvalue pyvalue_character(struct pyheap *h, int64_t c);	/* chr() */
struct pyvalue pyvalue_ordinal(struct pyvalue v);		/* ord() */
struct pyvalue pyvalue_bytes(struct pyheap *h, struct pyvalue v);	/* bytes(), of a list of numbers */

struct pyvalue pyvalue_index(struct pyheap *h, struct pyvalue v, struct pyvalue key);
/* v[bounds[0]:bounds[1]:bounds[2]]; `given` is a set of the bits of those that are there. */
struct pyvalue pyvalue_slice(struct pyheap *h, struct pyvalue v, const struct pyvalue bounds[3], unsigned given);

struct pyvalue pyvalue_join(struct pyheap *h, struct pyvalue separator, struct pyvalue list);
struct pyvalue pyvalue_replace(struct pyheap *h, struct pyvalue v, struct pyvalue old, struct pyvalue new);
struct pyvalue pyvalue_split(struct pyheap *h, struct pyvalue v, struct pyvalue separator);
/* str.translate() with a dict or a text of 256 bytes. */
struct pyvalue pyvalue_translate(struct pyheap *h, struct pyvalue v, struct pyvalue table);
/* str.format(); `keys` of keyword arguments, absent for others. */
struct pyvalue pyvalue_format(struct pyheap *h, struct pyvalue v, const struct pyvalue *args, const struct bytes *keys,
			      size_t count);
/* Each character by itself: str.upper() and the like. */
struct pyvalue pyvalue_map_bytes(struct pyheap *h, struct pyvalue v, unsigned char (*map)(unsigned char));
/* bytes.decode() and str.encode() for the 8-bit encodings; UTF-8 needs no change. */
struct pyvalue pyvalue_from_latin1(struct pyheap *h, struct pyvalue v);
struct pyvalue pyvalue_to_latin1(struct pyheap *h, struct pyvalue v);

#endif
