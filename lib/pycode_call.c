/* pycode_call.c - what a call does.
 *
 * A function of the source is read with its arguments bound.  One of outside is what its classes say (judgement.h):
 * each amounts to an indicator, and to where the result comes from.  Whatever can be called and is given to somebody
 * else, may be called: it escapes, and its body is read when all else is done.
 */
#include "pycode_private.h"

#include "cleanup.h"
#include "pytext.h"

/* ---- arguments --------------------------------------------------------------------------- */

static size_t argument_index(const struct call *c, size_t position, const char *key)
{
	for (size_t i = 0, n = 0; i < c->count; i++) {
		if (!c->keys[i].ptr && n++ == position)
			return i;
		if (key && c->keys[i].ptr && bytes_equal(c->keys[i], bytes_of(key)))
			return i;
	}
	return c->count;
}

bool has_argument(const struct call *c, size_t position, const char *key)
{
	return argument_index(c, position, key) < c->count;
}

struct pyvalue argument(const struct call *c, size_t position, const char *key)
{
	size_t i = argument_index(c, position, key);

	return i < c->count ? c->args[i] : PYVALUE_NONE;
}

struct pyvalue call_with(struct frame *f, struct pyvalue callee, const struct pyvalue *args, size_t count, unsigned line)
{
	struct call c = { .callee = callee, .line = line };

	for (; c.count < count && c.count < PYCODE_ARGUMENTS_MAX; c.count++)
		c.args[c.count] = args[c.count];
	return call_value(f, &c);
}

static unsigned sources_of_arguments(const struct call *c)
{
	unsigned flags = 0;

	for (size_t i = 0; i < c->count; i++)
		flags |= c->args[i].flags & PYVALUE_SOURCES;
	return flags;
}

/* ---- functions of the source ------------------------------------------------------------------ */

/* Positional arguments from `next` on, as a list: *args. */
static struct pyvalue rest_of_arguments(struct frame *f, const struct call *c, size_t next)
{
	struct pyvalue ret = pyvalue_list(&f->e->heap, 0);

	if (ret.kind != PYVALUE_LIST)
		return ret;
	for (; has_argument(c, next, NULL); next++)
		pylist_append(&f->e->heap, ret.list, argument(c, next, NULL));
	ret.list->cut = ret.list->cut || c->more;
	return ret;
}

static void bind_parameters(struct frame *f, const struct pyfunction *fn, struct pyscope *scope, const struct call *c,
			    const struct pyvalue *self)
{
	size_t next = 0;

	for (size_t i = 0; i < fn->parameter_count; i++) {
		const struct parameter *p = &fn->parameters[i];
		struct pyvalue v = p->value;

		if (i == 0 && self) {
			v = *self;
		} else if (p->rest) {
			v = rest_of_arguments(f, c, next);
		} else if (!p->keywords) {
			size_t at = argument_index(c, next, NULL);

			for (size_t k = 0; k < c->count; k++)
				if (c->keys[k].ptr && bytes_equal(c->keys[k], p->name))
					at = k;
			if (at < c->count)
				v = c->args[at];
			next += at < c->count && !c->keys[at].ptr;
		}
		scope_set(f->e, scope, p->name, v, false);
	}
}

/* What it can be when the arguments are others: the same function or object, but no text or number. */
static struct pyvalue result_of_other_call(const struct pyfunction *fn)
{
	struct pyvalue v = pyvalue_one(fn->result);

	return v.kind == PYVALUE_TEXT || v.kind == PYVALUE_INT || v.kind == PYVALUE_LIST ? pyvalue_unknown(v.flags) : fn->result;
}

static struct pyvalue call_function(struct frame *f, struct pyfunction *fn, const struct call *c, const struct pyvalue *self)
{
	struct evaluation *e = f->e;
	size_t harm = e->harm;
	struct frame inner;

	if (!fn->body.text.ptr || fn->running)
		return fn->result;
	if (fn->read && !may_read_again(e)) {
		if (fn->harmful && (c->count > 0 || c->more))	/* without arguments it does what it did */
			report_unread(f, c->line, "more calls than are followed");
		return result_of_other_call(fn);
	}
	if (e->calls >= PYCODE_CALLS_MAX) {
		escape_value(f, (struct pyvalue){ .kind = PYVALUE_FUNCTION, .function = fn });
		return PYVALUE_NONE;
	}
	e->calls++;
	fn->running = true;
	frame_begin(&inner, e, scope_new(e, fn->closure), &fn->body);
	inner.again = f->again || fn->read;
	inner.owner = fn->owner;
	bind_parameters(f, fn, inner.scope, c, self);
	if (fn->lambda)
		inner.result = read_expression(&inner);
	else
		read_suite(&inner);
	fn->running = false;
	fn->read = true;
	fn->harmful = fn->harmful || e->harm != harm;
	fn->result = inner.yields.kind == PYVALUE_LIST ? inner.yields : inner.result;
	e->calls--;
	return fn->result;
}

/* Those that it calls of every object, be it used or not, or of a class that is inherited or filled. */
static bool is_called_always(struct bytes name)
{
	static const struct bytes names[] = {
		BYTES_LIT("__new__"), BYTES_LIT("__init__"), BYTES_LIT("__post_init__"), BYTES_LIT("__del__"),
		BYTES_LIT("__init_subclass__"), BYTES_LIT("__set_name__"),
	};

	for (size_t i = 0; i < ELEMENTSOF(names); i++)
		if (bytes_equal(name, names[i]))
			return true;
	return false;
}

/* Methods that the interpreter calls by itself, of an object that exists; the others when it is used. */
static void escape_special_methods(struct frame *f, struct pyclass *class, bool used, unsigned depth)
{
	bool *done = used ? &class->used : &class->specials;

	if (*done)	/* once for a class, however many objects it has and whoever inherits it */
		return;
	*done = true;
	if (!pyheap_work(&f->e->heap, class->scope->size))
		return;
	for (size_t i = 0; i < class->scope->size; i++) {
		const struct variable *v = &class->scope->slots[i];

		if (!v->name.ptr || !is_special_name(v->name))
			continue;
		/* Whoever calls the object is seen to. */
		if (used ? !bytes_equal(v->name, BYTES_LIT("__call__")) : is_called_always(v->name))
			escape_value(f, v->value);
		else
			keep_value(f, v->value);
	}
	for (size_t i = 0; i < class->base_count; i++)
		if (class->bases[i] != class && depth < PYCODE_BASES_MAX)
			escape_special_methods(f, class->bases[i], used, depth + 1);
}

void use_value(struct frame *f, struct pyvalue v)
{
	if (v.kind == PYVALUE_OBJECT)
		escape_special_methods(f, v.object->class, true, 0);
	for (size_t i = 0; v.kind == PYVALUE_CHOICE && i < v.list->count; i++)
		if (v.list->items[i].kind == PYVALUE_OBJECT)
			escape_special_methods(f, v.list->items[i].object->class, true, 0);
}

static struct pyvalue make_object(struct frame *f, struct pyclass *class, struct call *c)
{
	struct pyobject *o = pyheap_alloc(&f->e->heap, sizeof(*o));
	struct pyvalue v = { .kind = PYVALUE_OBJECT, .object = o }, init;

	if (!o)
		return PYVALUE_NONE;
	o->class = class;
	o->scope = scope_new(f->e, NULL);
	if (!o->scope)
		return PYVALUE_NONE;
	init = pyvalue_one(read_attribute(f, v, BYTES_LIT("__init__"), c->line));
	if (init.kind == PYVALUE_FUNCTION)
		(void)call_function(f, init.function, c, &v);
	escape_special_methods(f, class, false, 0);
	return v;
}

/* BuiltinImporter.load_module("posix"), __loader__.load_module("os"): an import by a loader that is no file's. */
static bool is_loaded_module(struct bytes name, struct pyvalue loader, const struct call *c)
{
	struct pyvalue module = pyvalue_one(argument(c, 0, NULL));

	return bytes_equal(name, BYTES_LIT("load_module")) && loader.kind == PYVALUE_NAME && !(loader.flags & PYVALUE_INSTANCE) &&
	       module.kind == PYVALUE_TEXT && !(module.flags & PYVALUE_CUT);
}

struct pyvalue call_attribute(struct frame *f, struct pyvalue v, struct bytes name, struct call *c)
{
	struct pyvalue one = pyvalue_one(v), ret;

	if (v.kind == PYVALUE_CHOICE) {
		ret = PYVALUE_NONE;
		for (size_t i = 0; i < v.list->count; i++) {
			struct call copy = *c;

			ret = pyvalue_either(&f->e->heap, ret, call_attribute(f, v.list->items[i], name, &copy));
		}
		return ret;
	}
	if (bytes_equal(name, BYTES_LIT("load")) && one.kind == PYVALUE_NAME && one.name->classes && c->count == 0 &&
	    !(one.flags & PYVALUE_INSTANCE))
		return one;	/* EntryPoint.load() */
	if (bytes_equal(name, BYTES_LIT("__getattribute__")) && c->count == 1)
		return reflect(f, one, c->args[0], c->line);
	if (bytes_equal(name, BYTES_LIT("append")) || bytes_equal(name, BYTES_LIT("extend")))
		extend_setting(f, one, argument(c, 0, NULL), c->line);
	c->callee = read_attribute(f, one, name, c->line);
	if (c->callee.kind == PYVALUE_NAME && is_loaded_module(name, one, c))
		return outside_name(f->e, BYTES_NONE, pyvalue_one(c->args[0]).text);
	if (one.kind == PYVALUE_OBJECT && c->callee.kind == PYVALUE_FUNCTION)
		return call_function(f, c->callee.function, c, c->callee.function->no_self ? NULL : &one);
	if (c->callee.kind == PYVALUE_UNKNOWN && call_method(f, one, name, c, &ret))
		return ret;
	/* Thread.start() calls run(), others' bases call what a class overrides: any of it. */
	if (one.kind == PYVALUE_OBJECT && c->callee.kind == PYVALUE_UNKNOWN && one.object->class->foreign)
		escape_value(f, one);
	if (c->callee.kind == PYVALUE_UNKNOWN)
		c->callee.label = name;
	ret = call_value(f, c);
	if (bytes_equal(name, BYTES_LIT("to_bytes")))	/* a text that is a number */
		ret.flags |= PYVALUE_PIECES;
	return ret;
}

/* ---- escaping ----------------------------------------------------------------------------------- */

static void escape_function(struct evaluation *e, struct pyfunction *fn)
{
	if (fn->escaped)
		return;
	fn->escaped = true;
	fn->next_escaped = e->escaped;
	e->escaped = fn;
}

static void keep_function(struct evaluation *e, struct pyfunction *fn)
{
	if (fn->escaped || fn->kept)
		return;
	fn->kept = true;
	fn->next_kept = e->kept;
	e->kept = fn;
}

/* How much more is looked through: lists hold each other, and themselves. */
struct escape {
	unsigned depth, left;
	bool kept;
};

static void escape_deep(struct frame *f, struct pyvalue v, struct escape *x);

static void escape_class(struct frame *f, struct pyclass *class, struct escape *x)
{
	if (class->escaped || (x->kept && class->kept))
		return;
	class->escaped = !x->kept;
	class->kept = true;
	for (size_t i = 0; i < class->scope->size; i++)
		if (class->scope->slots[i].name.ptr)
			escape_deep(f, class->scope->slots[i].value, x);
	for (size_t i = 0; i < class->base_count; i++)
		escape_deep(f, (struct pyvalue){ .kind = PYVALUE_CLASS, .class = class->bases[i] }, x);
}

static void escape_items(struct frame *f, const struct pylist *l, struct escape *x)
{
	for (size_t i = 0; i < l->count && x->left > 0; i++) {
		x->left--;
		escape_deep(f, l->items[i], x);
	}
}

static void escape_one(struct frame *f, struct pyvalue v, struct escape *x)
{
	switch (v.kind) {
	case PYVALUE_FUNCTION:
		if (x->kept)
			keep_function(f->e, v.function);
		else
			escape_function(f->e, v.function);
		return;
	case PYVALUE_NAME:
		if (!x->kept)
			note_call_of_import(f, v.name->text);
		return;
	case PYVALUE_CLASS:
		escape_class(f, v.class, x);
		return;
	case PYVALUE_OBJECT:
		escape_class(f, v.object->class, x);
		return;
	case PYVALUE_PARTIAL:
		escape_deep(f, v.partial->callee, x);
		if (!x->kept && v.partial->kind == PARTIAL_CALL && pyvalue_one(v.partial->callee).kind == PYVALUE_NAME)
			(void)call_with(f, v, NULL, 0, frame_line(f));
		return;
	case PYVALUE_LIST:
	case PYVALUE_CHOICE:
		escape_items(f, v.list, x);
		return;
	default:
		return;
	}
}

static void escape_deep(struct frame *f, struct pyvalue v, struct escape *x)
{
	if (x->depth >= PYCODE_ESCAPE_DEPTH_MAX)
		return;
	x->depth++;
	escape_one(f, v, x);
	x->depth--;
}

void escape_value(struct frame *f, struct pyvalue v)
{
	escape_deep(f, v, &(struct escape){ .left = PYCODE_ESCAPE_ITEMS_MAX });
}

/* What __reduce__ gives is called when a copy is made: (callable, arguments, ...). */
static void call_reduced(struct frame *f, struct pyvalue v)
{
	struct pyvalue args;

	v = pyvalue_one(v);
	if (v.kind != PYVALUE_LIST || v.list->count < 2)
		return;
	args = pyvalue_one(v.list->items[1]);
	if (args.kind == PYVALUE_LIST)
		(void)call_with(f, v.list->items[0], args.list->items, args.list->count, frame_line(f));
}

void keep_value(struct frame *f, struct pyvalue v)
{
	escape_deep(f, v, &(struct escape){ .left = PYCODE_ESCAPE_ITEMS_MAX, .kept = true });
}

static void run_unread(struct frame *f, struct pyfunction *fn)
{
	static const struct call nothing = { .more = true };

	if (!fn->read)
		(void)call_function(f, fn, &nothing, NULL);
	if (bytes_has_prefix(fn->name, BYTES_LIT("__reduce")))
		call_reduced(f, fn->result);
}

static void run_pending(struct frame *f)
{
	while (f->e->escaped) {
		struct pyfunction *fn = f->e->escaped;

		f->e->escaped = fn->next_escaped;
		run_unread(f, fn);
	}
}

static void run_kept(struct frame *f)
{
	f->e->later = true;
	while (f->e->kept) {
		struct pyfunction *fn = f->e->kept;

		f->e->kept = fn->next_kept;
		run_unread(f, fn);
		run_pending(f);
	}
	f->e->later = false;
}

void run_escaped(struct frame *f)
{
	struct pyfunction *seen = NULL, *first;

	run_pending(f);
	/* In a line, what is defined and not called is there for no good reason. */
	for (unsigned i = 0; f->e->request->is_line && i < PYCODE_CALLS_MAX && f->e->functions != seen; i++) {
		first = f->e->functions;
		for (struct pyfunction *fn = first; fn != seen; fn = fn->next)
			escape_function(f->e, fn);
		seen = first;
		run_pending(f);
	}
	run_kept(f);
}

/* ---- executing text ------------------------------------------------------------------------------- */

struct pyvalue run_text(struct frame *f, struct bytes text, bool same_scope, unsigned line)
{
	struct evaluation *e = f->e;
	struct place_in_text place = { .text = pytext_skip_bom(text), .line = 1, .fixed_line = line, .nesting = f->nesting + 1 };
	struct pyscope *scope = same_scope ? f->scope : scope_new(e, NULL);
	struct frame inner;

	if (f->nesting >= PYCODE_NESTING_MAX || e->nested_bytes + text.len > PYCODE_NESTED_BYTES_MAX || !scope) {
		report_unread(f, line, "code in code, too deep or too much");
		return PYVALUE_NONE;
	}
	e->nested_bytes += text.len;
	(void)count_work(e, WORK_PYCODE);
	frame_begin(&inner, e, scope, &place);
	inner.again = f->again;
	read_statements(&inner);
	if (inner.reader.too_deep)
		report(f, INDICATOR_NOT_UNDERSTOOD, line, BYTES_LIT("nested too deep"));
	return inner.value;
}

static void note_decoded(struct frame *f, struct bytes text)
{
	struct pycode *c = f->e->ret;

	if (c->decoded.ptr)
		return;
	c->decoded = region_copy(f->e->region, bytes_slice(text, 0, text.len < PYCODE_DECODED_MAX ? text.len :
							   PYCODE_DECODED_MAX));
}

static void execute_file(struct frame *f, const struct call *c, struct pyvalue v)
{
	bool known = v.path.ptr && !(v.flags & PYVALUE_OPEN_PATH);

	report_path(f, v, PYCODE_PATH_RUN, c->line);
	/* A file that executes a part of itself has it in a comment or a text. */
	if (known && v.path.len > 0 && bytes_equal(v.path, f->e->request->path)) {
		report_call(f, INDICATOR_OBFUSCATION, c);
		report_call(f, INDICATOR_EXECUTE_COMPUTED, c);
	}
	if (v.path.len == 0)
		report_ordinary_call(f, INDICATOR_EXECUTE_FILE, c);
	else if (!known || !is_own_path(f->e, v))
		report_call_file(f, INDICATOR_EXECUTE_FILE, c, known ? v.path : BYTES_NONE);
}

/* What it executes that is neither of the network, nor of a file, nor decoded.  A text of which the beginning is known decides
 * itself what is done with what comes behind. */
static void execute_given(struct frame *f, const struct call *c, struct pyvalue v)
{
	bool text = v.kind == PYVALUE_TEXT;

	if (!text && v.flags & (PYVALUE_ENVIRONMENT | PYVALUE_WHOLE_ENVIRONMENT | PYVALUE_INPUT))
		report_ordinary_call(f, INDICATOR_EXECUTE_INPUT, c);
	else if (!text || v.flags & PYVALUE_CUT)
		report_ordinary_call(f, INDICATOR_EXECUTE_COMPUTED, c);
}

static struct pyvalue execute(struct frame *f, const struct call *c, struct pyvalue v)
{
	bool text = v.kind == PYVALUE_TEXT;

	if (v.kind == PYVALUE_NAME)
		note_call_of_import(f, v.name->text);
	if (v.flags & PYVALUE_NETWORK)
		report_call(f, INDICATOR_EXECUTE_NETWORK, c);
	else if (v.flags & PYVALUE_FILE)
		execute_file(f, c, v);
	else if (v.flags & (PYVALUE_DECODED | PYVALUE_PIECES))
		report_call(f, INDICATOR_DECODE_EXECUTE, c);
	else
		execute_given(f, c, v);
	if (v.kind == PYVALUE_UNKNOWN && v.text.len > 0)	/* os.linesep + 'import os' */
		return run_text(f, v.text, true, c->line);
	if (!text)
		return pyvalue_unknown(v.flags);
	if (v.flags & (PYVALUE_DECODED | PYVALUE_PIECES))
		note_decoded(f, v.text);
	return run_text(f, v.text, true, c->line);
}

/* exec(v), of each value that v may have. */
static struct pyvalue execute_each(struct frame *f, const struct call *c, struct pyvalue v)
{
	struct pyvalue ret = PYVALUE_NONE;

	if (v.kind != PYVALUE_CHOICE)
		return execute(f, c, v);
	for (size_t i = 0; i < v.list->count; i++)
		ret = pyvalue_either(&f->e->heap, ret, execute(f, c, v.list->items[i]));
	return ret;
}

/* exec and eval execute their first argument; timeit, profilers and debuggers any of theirs, be it in a list or behind a
 * prompt (doctest). */
static struct pyvalue execute_arguments(struct frame *f, const struct call *c)
{
	struct pyvalue ret = execute_each(f, c, argument(c, 0, NULL));
	bool dotted = bytes_find_byte(c->callee.name->text, '.', 0) >= 0;

	for (size_t i = 0; dotted && i < c->count; i++) {
		struct pyvalue v = pyvalue_one(c->args[i]);
		struct pyvalue items = v.kind == PYVALUE_LIST ? v : PYVALUE_NONE;
		size_t count = items.kind == PYVALUE_LIST ? items.list->count : 1;

		for (size_t k = 0; k < count && k < PYCODE_ESCAPE_ITEMS_MAX; k++) {
			struct pyvalue text = pyvalue_replace(&f->e->heap, items.kind == PYVALUE_LIST ? items.list->items[k] : v,
							      pyvalue_text(BYTES_LIT(">>> "), 0), pyvalue_text(BYTES_LIT(""), 0));

			if (text.kind == PYVALUE_TEXT && (i > 0 || items.kind == PYVALUE_LIST || text.flags & PYVALUE_JOINED))
				(void)run_text(f, text.text, false, c->line);
		}
	}
	return ret;
}

/* ---- processes ---------------------------------------------------------------------------------------- */

static bool is_interpreter(struct pyvalue v)
{
	struct bytes name;

	if (name_is(v, "sys.executable") || name_is(v, "sys._base_executable"))
		return true;
	if (v.kind != PYVALUE_TEXT || bytes_find_byte(v.text, ' ', 0) >= 0)
		return false;
	name = bytes_basename(v.text);
	return bytes_has_prefix(name, BYTES_LIT("python")) || bytes_has_prefix(name, BYTES_LIT("pypy"));
}

/* "python3 -c 'code'": the quoted text. */
static struct bytes code_of_command(struct bytes command)
{
	ptrdiff_t python = bytes_find(command, BYTES_LIT("py"), 0);
	ptrdiff_t option = python < 0 ? -1 : bytes_find(command, BYTES_LIT(" -c "), (size_t)python);
	size_t at = (size_t)option + 4;
	ptrdiff_t end;

	while (option >= 0 && at < command.len && command.ptr[at] == ' ')
		at++;
	if (option < 0 || at >= command.len || (command.ptr[at] != '\'' && command.ptr[at] != '"'))
		return BYTES_NONE;
	end = bytes_find_last_byte(command, command.ptr[at]);
	return bytes_slice(command, at + 1, (size_t)end > at ? (size_t)end - at - 1 : command.len - at - 1);
}

struct command {
	bool python, code_next, network, program;
};

/* One argument of a process. */
static void look_at_word(struct frame *f, const struct call *c, struct pyvalue v, struct command *command)
{
	struct bytes code;

	v = pyvalue_one(v);
	/* One text may be given to a hundred thousand processes. */
	if (v.kind == PYVALUE_TEXT && !pyheap_work(&f->e->heap, v.text.len))
		return;
	if (v.kind == PYVALUE_TEXT && judgement_text(f->e->request->judgement, v.text) & INDICATOR_BIT(INDICATOR_NETWORK))
		command->network = true;
	if (is_interpreter(v)) {
		command->python = true;
	} else if (v.kind == PYVALUE_TEXT && command->code_next) {
		(void)run_text(f, v.text, false, c->line);
	} else if (v.kind == PYVALUE_TEXT && (code = code_of_command(v.text)).ptr) {
		(void)run_text(f, code, false, c->line);
	}
	command->code_next = command->python && v.kind == PYVALUE_TEXT && bytes_has_prefix(v.text, BYTES_LIT("-")) &&
			     bytes_has_suffix(v.text, BYTES_LIT("c"));
	if (!command->program && v.kind == PYVALUE_TEXT && bytes_has_prefix(v.text, BYTES_LIT("/"))) {
		ptrdiff_t blank = bytes_find_byte(v.text, ' ', 0);

		report_path(f, pyvalue_text(blank < 0 ? v.text : bytes_slice(v.text, 0, (size_t)blank), v.flags),
			    PYCODE_PATH_PROCESS, c->line);
		command->program = true;
	}
}

/* os.system("clear"): what only changes the terminal, named without a path and with nothing behind. */
static bool is_terminal_command(struct pyvalue v)
{
	static const struct bytes commands[] = { BYTES_LIT("clear"), BYTES_LIT("cls"), BYTES_LIT("reset"), BYTES_LIT("tput clear") };

	v = pyvalue_one(v);
	for (size_t i = 0; v.kind == PYVALUE_TEXT && !(v.flags & PYVALUE_CUT) && i < ELEMENTSOF(commands); i++)
		if (bytes_equal(v.text, commands[i]))
			return true;
	return false;
}

static void start_process(struct frame *f, const struct call *c, struct pyvalue *result)
{
	struct command command = { .python = false };

	if (c->count > 0 && is_terminal_command(c->args[0]))
		return;
	report_call(f, INDICATOR_PROCESS, c);
	for (size_t i = 0; i < c->count; i++) {
		struct pyvalue v = pyvalue_one(c->args[i]);

		if (v.kind == PYVALUE_TEXT && v.flags & (PYVALUE_DECODED | PYVALUE_PIECES))
			report_call(f, INDICATOR_DECODE_EXECUTE, c);
		if (v.kind != PYVALUE_LIST) {
			look_at_word(f, c, v, &command);
			continue;
		}
		for (size_t k = 0; k < v.list->count && k < PYCODE_ESCAPE_ITEMS_MAX; k++)
			look_at_word(f, c, v.list->items[k], &command);
	}
	result->flags |= PYVALUE_PROCESS | (command.network ? PYVALUE_NETWORK : 0);
}

/* ---- what the classes of a name mean ------------------------------------------------------------------ */

/* The path that a call is about: its first argument, or the object's own. */
static struct pyvalue path_argument(struct frame *f, const struct call *c)
{
	struct pyvalue v = pyvalue_str(&f->e->heap, argument(c, 0, NULL));

	if (c->callee.path.ptr)
		v = pyvalue_text(c->callee.path, c->callee.flags & PYVALUE_OPEN_PATH ? PYVALUE_CUT : 0);
	return v;
}

static void write_file(struct frame *f, const struct call *c)
{
	struct pyvalue path = path_argument(f, c), second = pyvalue_str(&f->e->heap, argument(c, 1, NULL));

	/* shutil.copy(own, "/elsewhere") */
	if (is_own_path(f->e, path) && second.kind == PYVALUE_TEXT && bytes_has_prefix(second.text, BYTES_LIT("/")))
		path = second;
	if (is_own_path(f->e, path))
		return;
	report_written(f, path, c->line);
	if (second.kind == PYVALUE_TEXT && bytes_find_byte(second.text, '/', 0) >= 0)	/* copied, renamed or linked to */
		report_written(f, second, c->line);
	report_call(f, INDICATOR_FILE_WRITE, c);
}

static void load_file(struct frame *f, const struct call *c)
{
	struct pyvalue path = pyvalue_str(&f->e->heap, argument(c, 0, NULL));
	bool known;

	/* Loaders take the module's name first. */
	if (has_argument(c, 1, "path") || has_argument(c, 1, "location"))
		path = pyvalue_str(&f->e->heap, has_argument(c, 1, "path") ? argument(c, 1, "path") :
				   argument(c, 1, "location"));
	known = path.kind == PYVALUE_TEXT && !(path.flags & PYVALUE_CUT);
	report_path(f, path, PYCODE_PATH_RUN, c->line);
	/* A finder loads what it is asked for: one that is not known says nothing. */
	if (known && !is_own_path(f->e, path))
		report_call_file(f, INDICATOR_EXECUTE_FILE, c, path.text);
}

static void insert_path(struct frame *f, const struct call *c)
{
	bool insert = bytes_has_suffix(c->callee.name->text, BYTES_LIT(".insert"));
	struct pyvalue path = pyvalue_one(pyvalue_str(&f->e->heap, argument(c, insert ? 1 : 0, "sitedir")));

	report_call(f, INDICATOR_PATH_INSERT, c);
	report_path(f, path, PYCODE_PATH_INSERT, c->line);
}

/* A package that lists its own directory knows what it will find there. */
static void harvest(struct frame *f, const struct call *c)
{
	if (!is_own_path(f->e, path_argument(f, c)))
		report_call(f, INDICATOR_HARVEST, c);
}

static void unmarshal(struct frame *f, const struct call *c)
{
	/* marshal gives code, and does not run it. */
	if (bytes_has_prefix(c->callee.name->text, BYTES_LIT("marshal.")))
		return;
	if (sources_of_arguments(c) & PYVALUE_NETWORK)
		report_call(f, INDICATOR_EXECUTE_NETWORK, c);
	else if (sources_of_arguments(c) & PYVALUE_FILE)
		execute_file(f, c, pyvalue_one(argument(c, 0, NULL)));
	else if (sources_of_arguments(c) & (PYVALUE_DECODED | PYVALUE_PIECES) || argument(c, 0, NULL).kind == PYVALUE_TEXT)
		report_call(f, INDICATOR_DECODE_EXECUTE, c);
}

static const struct {
	unsigned class;
	enum indicator indicator;
} simple_classes[] = {
	{ NAME_BACKGROUND, INDICATOR_BACKGROUND },
	{ NAME_NETWORK, INDICATOR_NETWORK },
	{ NAME_NATIVE, INDICATOR_NATIVE },
	{ NAME_IMPORT_HOOK, INDICATOR_IMPORT_HOOK },
	{ NAME_INTERFERENCE, INDICATOR_INTERFERENCE },
	{ NAME_ANTI_ANALYSIS, INDICATOR_ANTI_ANALYSIS },
};

static const struct {
	unsigned class;
	void (*look)(struct frame *f, const struct call *c);
} other_classes[] = {
	{ NAME_WRITE_FILE, write_file },
	{ NAME_LOAD_FILE, load_file },
	{ NAME_PATH_INSERT, insert_path },
	{ NAME_UNMARSHAL, unmarshal },
	{ NAME_HARVEST, harvest },
};

static const struct {
	unsigned class;
	unsigned source;
} sources[] = {
	{ NAME_NETWORK, PYVALUE_NETWORK },
	{ NAME_DECODE, PYVALUE_DECODED },
	{ NAME_UNMARSHAL, PYVALUE_DECODED },
	{ NAME_READ_FILE, PYVALUE_FILE },
	{ NAME_INPUT, PYVALUE_INPUT },
};

/* Names of what turns data into text that can be sent. */
static bool is_serializer(struct bytes name)
{
	static const char *const names[] = { "json.dumps", "json.dump", "pickle.dumps", "str", "repr", "urllib.parse.urlencode",
					     "pprint.pformat", "base64.b64encode", "marshal.dumps" };

	for (size_t i = 0; i < ELEMENTSOF(names); i++)
		if (bytes_equal(name, bytes_of(names[i])))
			return true;
	return false;
}

/* The texts that are given, as they are given: put together, they stand nowhere else. */
static void look_at_arguments(struct frame *f, const struct call *c)
{
	for (size_t i = 0; i < c->count; i++) {
		struct pyvalue v = pyvalue_one(c->args[i]);

		if (v.flags & PYVALUE_JOINED)
			look_at_text(f, v, c->line);
	}
}

static void look_at_classes(struct frame *f, struct call *c, unsigned classes, struct pyvalue *result)
{
	for (size_t i = 0; i < ELEMENTSOF(simple_classes); i++)
		if (classes & simple_classes[i].class)
			report_call(f, simple_classes[i].indicator, c);
	for (size_t i = 0; i < ELEMENTSOF(other_classes); i++)
		if (classes & other_classes[i].class)
			other_classes[i].look(f, c);
	for (size_t i = 0; i < ELEMENTSOF(sources); i++)
		if (classes & sources[i].class)
			result->flags |= sources[i].source;
	if (classes & NAME_PROCESS)
		start_process(f, c, result);
	if (sources_of_arguments(c) & PYVALUE_WHOLE_ENVIRONMENT &&
	    (classes & NAME_NETWORK || is_serializer(c->callee.name->text)))
		report_call(f, INDICATOR_HARVEST, c);
}

/* Functions that only look at what they are given. */
static bool is_onlooker(struct bytes name)
{
	static const char *const names[] = { "isinstance", "issubclass", "hasattr", "callable", "print", "repr", "id", "type",
					     "functools.wraps", "functools.update_wrapper", "inspect.signature", "hash", "str",
					     "super", "len", "getattr", "bool", "dir" };

	for (size_t i = 0; i < ELEMENTSOF(names); i++)
		if (bytes_equal(name, bytes_of(names[i])))
			return true;
	return false;
}

/* Thread(target=os.system, args=("x",)), atexit.register(os.system, "x"): somebody else calls it. */
static void hand_over(struct frame *f, const struct call *c)
{
	for (size_t i = 0; i < c->count; i++) {
		struct pyvalue v = pyvalue_one(c->args[i]), args;

		escape_value(f, c->args[i]);
		if (v.kind != PYVALUE_NAME || v.flags & PYVALUE_INSTANCE || !(v.name->classes & (NAME_PROCESS | NAME_EXECUTE)))
			continue;
		args = pyvalue_one(argument(c, PYCODE_ARGUMENTS_MAX, "args"));
		if (args.kind == PYVALUE_LIST)
			(void)call_with(f, v, args.list->items, args.list->count, c->line);
		else
			(void)call_with(f, v, c->args + i + 1, c->count - i - 1, c->line);
	}
}

/* lru_cache(f) does as f, when it is called. */
static struct pyvalue keep_arguments(struct frame *f, const struct call *c, struct pyvalue otherwise)
{
	struct pyvalue first = pyvalue_one(argument(c, 0, NULL));

	for (size_t i = 0; i < c->count; i++)
		keep_value(f, c->args[i]);
	return first.kind == PYVALUE_FUNCTION || first.kind == PYVALUE_CLASS ? first : otherwise;
}

/* A function that may have come by "from module import *". */
static void note_call_of_star(struct frame *f, const struct pyname *n)
{
	if (n->classes || n->known || bytes_find_byte(n->text, '.', 0) >= 0)
		return;
	for (size_t i = 0; i < f->e->star_count; i++) {
		struct pyvalue v = outside_name(f->e, f->e->stars[i], n->text);

		if (v.kind == PYVALUE_NAME)
			note_call_of_import(f, v.name->text);
	}
}

/* def ours(*a): return theirs(*a), in the place of theirs, a function that connects: it does what it is asked, as before. */
static bool is_handed_through(const struct frame *f, const struct call *c)
{
	return c->callee.name->replaced && f->e->calls > 0 && c->more && c->count == 0 &&
	       c->callee.name->classes == NAME_NETWORK;
}

static struct pyvalue call_outside(struct frame *f, struct call *c)
{
	const struct pyname *n = c->callee.name;
	unsigned classes = c->callee.flags & PYVALUE_INSTANCE || is_handed_through(f, c) ? 0 : n->classes;
	struct pyvalue ret = c->callee;

	note_call_of_import(f, n->text);
	note_call_of_star(f, n);
	if (!(classes & NAME_EXECUTE))	/* it is read as code */
		look_at_arguments(f, c);
	ret.flags = (uint16_t)((ret.flags | sources_of_arguments(c)) & PYVALUE_SOURCES) | PYVALUE_INSTANCE;
	ret.label = n->text;
	look_at_classes(f, c, classes, &ret);
	f->e->harm += (classes & (NAME_EXECUTE | NAME_PROCESS | NAME_UNMARSHAL | NAME_LOAD_FILE | NAME_NATIVE)) != 0;
	if (classes & NAME_EXECUTE)
		return execute_arguments(f, c);
	if (n->known && !(c->callee.flags & PYVALUE_INSTANCE))
		ret = n->known->fn(f, c);
	else if (classes & NAME_COMPILE)
		ret = argument(c, 0, "source");
	else if (classes & NAME_READ_FILE)
		ret.path = path_argument(f, c).kind == PYVALUE_TEXT ? path_argument(f, c).text : BYTES_NONE;
	if (classes & NAME_KEEP && c->count > 0)
		return keep_arguments(f, c, ret);
	for (size_t i = 0; i < c->count; i++)	/* isinstance() asks the class */
		if (pyvalue_one(c->args[i]).kind == PYVALUE_CLASS)
			escape_special_methods(f, pyvalue_one(c->args[i]).class, true, 0);
	if (!is_onlooker(n->text))
		hand_over(f, c);
	if (!ret.label.ptr)
		ret.label = n->text;
	return ret;
}

/* ---- everything that can be called -------------------------------------------------------------------------- */

static struct pyvalue call_partial(struct frame *f, const struct pypartial *p, struct call *c)
{
	struct call whole = { .callee = p->callee, .line = c->line, .more = c->more };
	struct pyvalue ret = PYVALUE_NONE;

	for (size_t i = 0; i < p->count && whole.count < PYCODE_ARGUMENTS_MAX; i++)
		whole.args[whole.count++] = p->args[i];
	switch (p->kind) {
	case PARTIAL_CALL:
		for (size_t i = 0; i < c->count && whole.count < PYCODE_ARGUMENTS_MAX; i++) {
			whole.keys[whole.count] = c->keys[i];
			whole.args[whole.count++] = c->args[i];
		}
		return call_value(f, &whole);
	case PARTIAL_ATTRIBUTE:
		return reflect(f, argument(c, 0, NULL), p->args[0], c->line);
	case PARTIAL_ITEM:
		return read_item(f, argument(c, 0, NULL), p->args[0], c->line);
	case PARTIAL_METHOD:
		whole.callee = reflect(f, argument(c, 0, NULL), p->args[0], c->line);
		for (size_t i = 1; i < whole.count; i++)
			whole.args[i - 1] = whole.args[i];
		whole.count -= whole.count > 0;
		return call_value(f, &whole);
	case PARTIAL_NAMES:
		break;
	}
	return ret;
}

static struct pyvalue call_one(struct frame *f, struct call *c)
{
	struct pyvalue v = c->callee, ret = PYVALUE_NONE;

	switch (v.kind) {
	case PYVALUE_CHOICE:
		for (size_t i = 0; i < v.list->count; i++) {
			struct call copy = *c;

			copy.callee = v.list->items[i];
			ret = pyvalue_either(&f->e->heap, ret, call_value(f, &copy));
		}
		return ret;
	case PYVALUE_NAME:
		return call_outside(f, c);
	case PYVALUE_FUNCTION:
		return call_function(f, v.function, c, NULL);
	case PYVALUE_CLASS:
		return make_object(f, v.class, c);
	case PYVALUE_OBJECT:
		ret = pyvalue_one(read_attribute(f, v, BYTES_LIT("__call__"), c->line));
		return ret.kind == PYVALUE_FUNCTION ? call_function(f, ret.function, c, &v) : PYVALUE_NONE;
	case PYVALUE_PARTIAL:
		return call_partial(f, v.partial, c);
	default:
		hand_over(f, c);	/* list.sort(key=os.system) */
		look_at_arguments(f, c);
		ret = pyvalue_unknown(v.flags | sources_of_arguments(c));
		ret.path = v.path;
		ret.label = v.label;
		return ret;
	}
}

struct pyvalue call_value(struct frame *f, struct call *c)
{
	struct pyvalue ret;

	/* functools.partial() of functools.partial() of ... */
	if (!count_work(f->e, WORK_CALL))
		return PYVALUE_NONE;
	if (f->e->call_depth >= PYCODE_CALL_DEPTH_MAX) {
		report_unread(f, c->line, "nested too deep");
		return PYVALUE_NONE;
	}
	f->e->call_depth++;
	ret = call_one(f, c);
	f->e->call_depth--;
	return ret;
}
