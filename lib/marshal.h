/* marshal.h - the names and texts of a compiled module, without running it.
 *
 * A reader of what marshal.dump() wrote (Python/marshal.c, versions 0 to 5) for code objects of Python 2.7 and
 * 3.3 to 3.15, and of PyPy.  No object is built: names and texts are handed out as views into the data.
 */
#ifndef PYHOOKD_MARSHAL_H
#define PYHOOKD_MARSHAL_H

#include "str.h"

enum marshal_what {
	MARSHAL_CODE,		/* a code object begins; depth 1 is the module */
	MARSHAL_CODE_END,
	MARSHAL_NAME,		/* of co_names: globals, attributes, imported modules, in order of first use */
	MARSHAL_TEXT,		/* a constant str, also one in a tuple: UTF-8 with surrogates */
	MARSHAL_BYTES,		/* a constant bytes object (Python 2: str) */
};

struct marshal_item {
	enum marshal_what what;
	unsigned depth;		/* of code objects */
	struct bytes text;
};

/* A negative answer ends the reading. */
typedef int (*marshal_fn)(const struct marshal_item *item, void *userdata);

/* `python`: 0x0207, 0x030b, ...: of the interpreter that reads it, which says what a code object consists of.
 * Linear; constants of a code object come before its names.
 * 0; -EINVAL: damaged, or no code object: what stands before the damage was handed out; -EDQUOT: deeper or with
 * more references than any compiler makes; -ENOMEM; the callback's answer. */
int marshal_read(struct bytes data, unsigned python, marshal_fn fn, void *userdata);

#endif
