/* pycode_private.h - what the parts of pycode share.
 *
 *	pycode.c		one reading: its bounds, what it found
 *	pycode_scope.c		names: those of this source, those of others
 *	pycode_expression.c	expressions, read and evaluated in one pass
 *	pycode_statement.c	statements, definitions, imports
 *	pycode_call.c		what a call does, whoever is called
 *	pycode_builtin.c	functions and methods whose result is known
 *
 * The source is evaluated while it is read, token by token; there is no tree.  What has to be read again (the body of a
 * function that is called, a loop over known items) is read again from its place in the text, as long as the bounds on
 * that last.
 */
#ifndef PYHOOKD_PYCODE_PRIVATE_H
#define PYHOOKD_PYCODE_PRIVATE_H

#include "limits.h"
#include "pycode.h"
#include "pytoken.h"
#include "pyvalue.h"

/* ---- names ---------------------------------------------------------------------------- */

/* A dotted name of something outside of the source. */
struct pyname {
	struct bytes text;		/* "os.system"; without "builtins." */
	unsigned classes;		/* enum name_class */
	bool replaced;			/* by a function of the source */
	unsigned sources;		/* what it is by itself: os.environ, sys.argv */
	const struct known_function *known;	/* what it gives, if that is known here; NULL: not */
};

struct name_table {
	struct pyname **slots;
	size_t count, size;
};

struct variable {
	struct bytes name;	/* absent: a free slot */
	struct pyvalue value;
	bool global;		/* "global x": the module's is meant */
};

struct pyscope {
	struct pyscope *parent;		/* where names are looked for next: what encloses the function, the module */
	struct pyscope *module;
	struct variable *slots;
	size_t count, size;
	bool is_class;			/* not seen from the functions in it */
};

/* ---- things of the source --------------------------------------------------------------- */

struct parameter {
	struct bytes name;
	struct pyvalue value;		/* default */
	bool rest;			/* *args */
	bool keywords;			/* **kwargs */
};

/* Where something stands that is read later, or again. */
struct place_in_text {
	struct bytes text;
	size_t at;
	unsigned line, depth, indent;
	unsigned fixed_line;		/* see struct frame */
	unsigned nesting;
};

struct pyfunction {
	struct pyfunction *next;	/* of all */
	struct pyfunction *next_escaped, *next_kept;
	struct place_in_text body;
	struct bytes name;
	struct bytes doc;		/* its first text, as it stands there; absent: none */
	struct pyscope *closure;
	struct pyclass *owner;		/* a method's class */
	struct parameter *parameters;
	size_t parameter_count;
	bool lambda;
	bool no_self;			/* a static method */
	bool property;			/* called when it is read */
	bool read, running, escaped, kept;
	bool harmful;			/* evaluation.harm grew while it was read */
	struct pyvalue result;		/* of the last reading */
};

struct pyclass {
	struct pyscope *scope;
	struct bytes name;
	struct pyclass *bases[PYCODE_BASES_MAX];
	size_t base_count;
	bool foreign;			/* a base is not of this source */
	bool specials, used;		/* its special methods have escaped: those that are called always; all of them */
	bool escaped, kept;
};

struct pyobject {
	struct pyclass *class;
	struct pyscope *scope;
};

enum partial_kind {
	PARTIAL_CALL,		/* functools.partial, a bound method */
	PARTIAL_ATTRIBUTE,	/* operator.attrgetter */
	PARTIAL_ITEM,		/* operator.itemgetter */
	PARTIAL_METHOD,		/* operator.methodcaller */
	PARTIAL_NAMES,		/* globals(), locals(): looks names up */
};

struct pypartial {
	enum partial_kind kind;
	struct pyvalue callee;
	struct pyvalue *args;
	size_t count;
};

/* ---- a reading ------------------------------------------------------------------------------ */

/* Where a method or subscript would be assigned to. */
enum target_kind {
	TARGET_NONE,
	TARGET_NAME,
	TARGET_ATTRIBUTE,
	TARGET_ITEM,
};

struct target {
	enum target_kind kind;
	struct bytes name;
	struct pyvalue base, key;
	unsigned line;
};

struct call {
	struct pyvalue callee;
	struct pyvalue args[PYCODE_ARGUMENTS_MAX];
	struct bytes keys[PYCODE_ARGUMENTS_MAX];	/* absent: positional */
	size_t count;
	unsigned line;
	bool more;		/* there are arguments that are not known */
};

struct evaluation {
	const struct pycode_request *request;
	struct work *work;		/* the request's, or its own */
	struct bytes directory;		/* of the request's path, with the slash; absent: not known */
	struct region *region;		/* of the result */
	struct pycode *ret;
	struct pyheap heap;
	struct name_table names;
	struct pyfunction *functions;	/* all that were defined */
	struct pyfunction *escaped;	/* those that are still to be read */
	struct pyfunction *kept;	/* those that are to be read behind them */
	bool later;			/* those are being read */
	struct pyscope *module;
	struct target target;		/* what the last expression would be, on the left of "=" */
	size_t again;			/* tokens that were read again, and rounds of loops */
	size_t harm;			/* calls of what executes, starts or loads what it is given */
	bool spent;			/* `work` is: nothing more is read */
	size_t nested_bytes;		/* of texts that were judged as code */
	unsigned depth;			/* expressions within expressions */
	unsigned calls;			/* functions within functions */
	unsigned call_depth;		/* the same, with those that only hand on */
	unsigned blocks;		/* blocks within blocks */
	struct bytes stars[PYCODE_STARS_MAX];	/* modules of "from x import *" */
	size_t star_count;
	unsigned bound;			/* names that were bound in an expression (":=") */
};

/* One text that is being read, or one function's body. */
struct frame {
	struct evaluation *e;
	struct pytoken_reader reader;
	struct pytoken token;		/* the next one */
	struct pyscope *scope;
	struct pyclass *class;		/* whose body is read */
	struct pyclass *owner;		/* whose method's body is read */
	struct pyvalue result;		/* what was returned */
	struct pyvalue yields;		/* a list of what was, of a generator; unknown: it is none */
	struct pyvalue value;		/* of the last expression that was a statement */
	struct pyvalue subject;		/* of the last "match" */
	unsigned fixed_line;		/* of a text that is executed: the line of the call; 0: its own lines count */
	unsigned nesting;		/* finding.depth */
	unsigned conditional;		/* within if, for, try ...: what is assigned is one of several values */
	bool again;			/* its tokens count as read again */
	bool quiet;			/* texts are messages: not looked at */
};

/* ---- pycode.c ---- */

void frame_advance(struct frame *f);

/* What is done beside reading tokens takes from the same amount.  False: it is spent, and nothing more is to be done. */
bool count_work(struct evaluation *e, size_t units);
void count_token(struct frame *f, size_t bytes);

static inline bool frame_is_op(const struct frame *f, const char *op)
{
	return pytoken_is_op(&f->token, op);
}

static inline bool frame_is_name(const struct frame *f, struct bytes name)
{
	return pytoken_is_name(&f->token, name);
}

static inline bool frame_take_op(struct frame *f, const char *op)
{
	if (!frame_is_op(f, op))
		return false;
	frame_advance(f);
	return true;
}

static inline bool frame_take_name(struct frame *f, struct bytes name)
{
	if (!frame_is_name(f, name))
		return false;
	frame_advance(f);
	return true;
}

bool frame_at_line_end(const struct frame *f);	/* NEWLINE, END, or a semicolon */
unsigned frame_line(const struct frame *f);

/* May something be read once more?  It need not be: what is found the first time counts. */
static inline bool may_read_again(const struct evaluation *e)
{
	return e->again < PYCODE_AGAIN_MAX && !e->heap.full;
}


/* Where the next token stands; to come back to it in the same frame, or to begin a new frame there. */
struct place_in_text frame_place(const struct frame *f);
void frame_back(struct frame *f, const struct place_in_text *place);
void frame_begin(struct frame *f, struct evaluation *e, struct pyscope *scope, const struct place_in_text *place);

/* Before each round of a loop, which may have no token: is there one?  `harm`: evaluation.harm before the first. */
bool may_go_round(struct frame *f, size_t round, size_t harm);

void report(const struct frame *f, enum indicator i, unsigned line, struct bytes detail);
/* Something that runs is not read; what is said of the rest is no more than that. */
void report_unread(const struct frame *f, unsigned line, const char *why);
/* The same as report(); in a function's body it is ordinary (struct finding). */
void report_ordinary(const struct frame *f, enum indicator i, unsigned line, struct bytes detail);
void report_ordinary_call(struct frame *f, enum indicator i, const struct call *c);
/* The detail is "name(argument, ...)". */
void report_call(struct frame *f, enum indicator i, const struct call *c);
void report_call_file(struct frame *f, enum indicator i, const struct call *c, struct bytes file);
/* The file of `v` is written, removed or changed. */
void report_written(const struct frame *f, struct pyvalue v, unsigned line);
void report_path(const struct frame *f, struct pyvalue v, enum pycode_path_use use, unsigned line);
/* Indicators of a text. */
void look_at_text(struct frame *f, struct pyvalue v, unsigned line);
/* NULL: there are too many. */
struct pycode_import *report_import(const struct frame *f, struct bytes module, unsigned level, unsigned line);
/* Is `name` in the list "a,b.c" of calls? */
bool is_in_list(struct bytes list, struct bytes name);
void note_call_of_import(struct frame *f, struct bytes name);

/* Is this path in the hook's own directory? */
bool is_own_path(const struct evaluation *e, struct pyvalue v);

/* How far what was found goes, to take back what a first reading found. */
struct mark {
	struct pycode state;
};
struct mark report_mark(const struct evaluation *e);
void report_back(struct evaluation *e, struct mark m);

/* ---- pycode_scope.c ---- */

struct pyscope *scope_new(struct evaluation *e, struct pyscope *parent);
struct variable *scope_find(const struct pyscope *s, struct bytes name);
void scope_set(struct evaluation *e, struct pyscope *s, struct bytes name, struct pyvalue v, bool either);
struct pyvalue scope_get(struct frame *f, struct bytes name);

/* The value of a name outside, "os.system"; unknown if it is too long or there are too many. */
struct pyvalue outside_name(struct evaluation *e, struct bytes base, struct bytes attribute);
bool is_special_name(struct bytes name);	/* __init__ */
bool name_is(struct pyvalue v, const char *name);

/* ---- pycode_expression.c ---- */

struct pyvalue read_expression(struct frame *f);	/* one, no comma */
struct pyvalue read_expressions(struct frame *f);	/* "a, b": a list of those */
struct pyvalue read_attribute(struct frame *f, struct pyvalue v, struct bytes name, unsigned line);
struct pyvalue class_attribute(struct evaluation *e, const struct pyclass *class, struct bytes name,
			       unsigned depth);	/* unknown if there is none */
void escape_method(struct frame *f, const struct pyclass *class, struct bytes name);
struct pyvalue read_item(struct frame *f, struct pyvalue v, struct pyvalue key, unsigned line);
/* The targets of a loop: the names up to "in". */
struct targets {
	struct bytes names[PYCODE_TARGETS_MAX];
	size_t count;
};
void read_targets(struct frame *f, struct targets *ret);
void assign_as(struct frame *f, struct pyvalue v);	/* "as target", if that comes next */
void assign_targets(struct frame *f, const struct targets *t, struct pyvalue v);
struct bytes token_name(struct frame *f);		/* of a NAME, normalised */
void read_parameters(struct frame *f, struct pyfunction *fn, const char *end);
void read_arguments(struct frame *f, struct call *c);	/* behind the bracket, to behind the closing one */
struct pyvalue read_without_comparison(struct frame *f);	/* "exec code in names", Python 2 */
/* A method of an object, called by the interpreter itself. */
struct pyvalue call_method_of(struct frame *f, struct pyvalue self, struct pyvalue method, const struct pyvalue *args, size_t count);
/* v.name(...) */
struct pyvalue call_attribute(struct frame *f, struct pyvalue v, struct bytes name, struct call *c);
/* getattr(v, key): a name that was put together is told from one that stands there. */
struct pyvalue reflect(struct frame *f, struct pyvalue v, struct pyvalue key, unsigned line);

/* ---- pycode_statement.c ---- */

void read_statements(struct frame *f);		/* to the end of the text */
void read_suite(struct frame *f);		/* behind a colon */
void assign(struct frame *f, const struct target *t, struct pyvalue v);
void set_variable(struct frame *f, struct pyvalue key, struct pyvalue v, unsigned line);
void extend_setting(struct frame *f, struct pyvalue setting, struct pyvalue v, unsigned line);
struct pyfunction *new_function(struct frame *f, struct bytes name);

/* ---- pycode_call.c ---- */

struct pyvalue call_value(struct frame *f, struct call *c);
struct pyvalue call_with(struct frame *f, struct pyvalue callee, const struct pyvalue *args, size_t count, unsigned line);
void escape_value(struct frame *f, struct pyvalue v);	/* somebody else may call it */
void use_value(struct frame *f, struct pyvalue v);	/* something is done with it: of an object __add__(), __str__() ... */
void keep_value(struct frame *f, struct pyvalue v);	/* somebody else may call it, not before the code has run to its end */
void run_escaped(struct frame *f);
struct pyvalue argument(const struct call *c, size_t position, const char *key);	/* unknown if it is not there */
bool has_argument(const struct call *c, size_t position, const char *key);
/* Judge a text that is executed; in the same scope or, of another process, in its own.  Its last expression's value. */
struct pyvalue run_text(struct frame *f, struct bytes text, bool same_scope, unsigned line);

/* ---- pycode_builtin.c ---- */

typedef struct pyvalue (*known_fn)(struct frame *f, struct call *c);

struct known_function {
	struct bytes name;
	known_fn fn;
	int number;
};

const struct known_function *known_function(struct bytes name);
/* A method of a text or list; false: none that is known. */
bool call_method(struct frame *f, struct pyvalue self, struct bytes name, struct call *c, struct pyvalue *ret);

#endif
