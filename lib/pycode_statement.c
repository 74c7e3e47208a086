/* pycode_statement.c - statements: blocks, definitions, imports, assignments.
 *
 * Every block is read, whatever its condition; what is assigned in one is a choice of values (pyvalue_either).  The body
 * of a function is passed over where it is defined and read where it is called.
 */
#include "pycode_private.h"

#include "cleanup.h"

static void read_statement(struct frame *f);
static void read_simple_line(struct frame *f);
static bool read_magic(struct frame *f);

/* ---- assignment ---------------------------------------------------------------------------- */

static bool is_callable(struct pyvalue v)
{
	v = pyvalue_one(v);
	return v.kind == PYVALUE_FUNCTION || v.kind == PYVALUE_CLASS || v.kind == PYVALUE_OBJECT || v.kind == PYVALUE_PARTIAL;
}

/* sys.path = [new] + sys.path, sys.path[0:0] = [new]: what stands first is looked in first. */
static void assign_path(struct frame *f, struct pyvalue v, unsigned line)
{
	v = pyvalue_one(v);
	if (v.kind == PYVALUE_LIST && v.list->count > 0 && pyvalue_one(v.list->items[0]).kind == PYVALUE_TEXT) {
		report(f, INDICATOR_PATH_INSERT, line, BYTES_LIT("sys.path = [...]"));
		for (size_t i = 0; i < v.list->count && i < PYCODE_PATHS_MAX; i++)
			report_path(f, pyvalue_one(v.list->items[i]), PYCODE_PATH_INSERT, line);
	}
}

/* A function of another module gets one of ours in its place. */
static void replace_outside(struct frame *f, const struct target *t, struct pyvalue name)
{
	report_ordinary(f, INDICATOR_IMPORT_HOOK, t->line, name.name->text);
	name.name->replaced = true;
}

/* module.name = value */
static void assign_outside(struct frame *f, const struct target *t, struct pyvalue base, struct pyvalue v)
{
	struct pyvalue name = outside_name(f->e, base.name->text, t->name);

	escape_value(f, v);
	if (name.kind != PYVALUE_NAME)
		return;
	if (name_is(name, "sys.path"))
		assign_path(f, v, t->line);
	else if (name.name->classes & NAME_IMPORT_HOOK)
		report(f, INDICATOR_IMPORT_HOOK, t->line, name.name->text);
	else if (name_is(name, "sys.ps1") || name_is(name, "sys.ps2"))
		return;		/* prompts: an object of which str() is taken */
	else if (!(base.flags & PYVALUE_INSTANCE) && pyvalue_one(v).kind != PYVALUE_PARTIAL && is_callable(v))
		replace_outside(f, t, name);
	if (name_is(base, "sys") && pyvalue_one(v).kind == PYVALUE_NAME && pyvalue_one(v).name->classes & NAME_PROCESS)
		(void)call_with(f, v, NULL, 0, t->line);	/* sys.displayhook = os.system */
	/* ssl._create_default_https_context = ssl._create_unverified_context */
	if (pyvalue_one(v).kind == PYVALUE_NAME && pyvalue_one(v).name->classes & NAME_INTERFERENCE)
		report(f, INDICATOR_INTERFERENCE, t->line, pyvalue_one(v).name->text);
}

/* ipython_config.py: c.InteractiveShellApp.exec_lines = [...] (IPython/core/shellapp.py); `v` is one, or a list of them. */
static const struct {
	struct bytes name;
	const char *callee;	/* what the program will call with it */
} settings[] = {
	{ BYTES_LIT("exec_lines"), "get_ipython.run_cell" },
	{ BYTES_LIT("code_to_run"), "get_ipython.run_cell" },
	{ BYTES_LIT("exec_files"), "runpy.run_path" },
	{ BYTES_LIT("file_to_run"), "runpy.run_path" },
	{ BYTES_LIT("extensions"), "importlib.import_module" },
	{ BYTES_LIT("module_to_run"), "importlib.import_module" },
	{ BYTES_LIT("kernel_dirs"), "sys.path.append" },	/* each names the program of its kernel */
};

static void apply_setting(struct frame *f, struct bytes name, struct pyvalue v, unsigned line)
{
	struct pyvalue list = pyvalue_one(v);
	size_t count = list.kind == PYVALUE_LIST ? list.list->count : 1;

	for (size_t i = 0; i < ELEMENTSOF(settings); i++) {
		if (!bytes_equal(name, settings[i].name))
			continue;
		for (size_t k = 0; k < count && k < PYCODE_ESCAPE_ITEMS_MAX; k++) {
			struct pyvalue one = list.kind == PYVALUE_LIST ? list.list->items[k] : v;

			if (pyvalue_one(one).kind == PYVALUE_TEXT)
				(void)call_with(f, outside_name(f->e, BYTES_NONE, bytes_of(settings[i].callee)), &one, 1, line);
		}
	}
}

/* c.App.exec_lines.append(x): the same. */
void extend_setting(struct frame *f, struct pyvalue setting, struct pyvalue v, unsigned line)
{
	ptrdiff_t dot = setting.kind == PYVALUE_NAME ? bytes_find_last_byte(setting.name->text, '.') : -1;

	if (dot >= 0)
		apply_setting(f, bytes_slice(setting.name->text, (size_t)dot + 1, setting.name->text.len - (size_t)dot - 1), v, line);
}

/* o.name = v, of an object of the source: its class may do something else with it. */
static void set_attribute(struct frame *f, struct pyvalue o, struct bytes name, struct pyvalue v)
{
	struct pyvalue method = pyvalue_one(read_attribute(f, o, BYTES_LIT("__setattr__"), frame_line(f)));
	struct pyvalue args[] = { pyvalue_text(name, 0), v };

	if (method.kind == PYVALUE_FUNCTION)
		(void)call_method_of(f, o, method, args, ELEMENTSOF(args));
	use_value(f, class_attribute(f->e, o.object->class, name, 0));	/* a descriptor's __set__() */
	scope_set(f->e, o.object->scope, name, v, f->conditional > 0);
}

static void assign_attribute(struct frame *f, const struct target *t, struct pyvalue v)
{
	struct pyvalue base = pyvalue_one(t->base);

	/* f.__code__ = compile(...): it is executed when f is called. */
	if (bytes_equal(t->name, BYTES_LIT("__code__")) && pyvalue_one(v).kind != PYVALUE_TEXT)
		report(f, INDICATOR_OBFUSCATION, t->line, t->name);
	if (bytes_equal(t->name, BYTES_LIT("__code__")))
		(void)call_with(f, outside_name(f->e, BYTES_NONE, BYTES_LIT("exec")), &v, 1, t->line);
	if (base.kind == PYVALUE_NAME && (bytes_has_suffix(base.name->text, BYTES_LIT("ShellApp")) ||
					  bytes_has_suffix(base.name->text, BYTES_LIT("App")) ||
					  bytes_has_suffix(base.name->text, BYTES_LIT("KernelSpecManager"))))
		apply_setting(f, t->name, v, t->line);

	switch (base.kind) {
	case PYVALUE_NAME:
		assign_outside(f, t, base, v);
		return;
	case PYVALUE_CLASS:
		base.class->specials = base.class->used = false;
		scope_set(f->e, base.class->scope, t->name, v, f->conditional > 0);
		return;
	case PYVALUE_OBJECT:
		set_attribute(f, base, t->name, v);
		return;
	default:
		if (is_special_name(t->name))	/* x.__class__ = */
			escape_value(f, v);
		else
			keep_value(f, v);
	}
}

static bool is_path_variable(struct bytes name)
{
	static const struct bytes names[] = {
		BYTES_LIT("PATH"), BYTES_LIT("PYTHONPATH"), BYTES_LIT("PYTHONHOME"), BYTES_LIT("PYTHONUSERBASE"),
		BYTES_LIT("LD_LIBRARY_PATH"), BYTES_LIT("PYTHONPYCACHEPREFIX"),
	};

	for (size_t i = 0; i < ELEMENTSOF(names); i++)
		if (bytes_equal(name, names[i]))
			return true;
	return false;
}

/* "/a:/b:" and what is not known. */
static void report_path_list(struct frame *f, struct pyvalue v, unsigned line)
{
	for (size_t at = 0; v.kind == PYVALUE_TEXT && at < v.text.len && f->e->ret->path_count < PYCODE_PATHS_MAX;) {
		ptrdiff_t colon = bytes_find_byte(v.text, ':', at);
		size_t end = colon < 0 ? v.text.len : (size_t)colon;

		if (end > at && (colon >= 0 || !(v.flags & PYVALUE_CUT)))
			report_path(f, pyvalue_text(bytes_slice(v.text, at, end - at), 0), PYCODE_PATH_INSERT, line);
		at = end + 1;
	}
}

/* os.environ[key] = value, for what is started from here: of some variables it is an act (vocabulary: "os.environ.NAME"). */
void set_variable(struct frame *f, struct pyvalue key, struct pyvalue v, unsigned line)
{
	struct pyvalue name, variables = outside_name(f->e, BYTES_NONE, BYTES_LIT("os.environ"));

	key = pyvalue_one(key);
	if (key.kind != PYVALUE_TEXT || key.flags & PYVALUE_CUT || variables.kind != PYVALUE_NAME || f->nesting > PYCODE_NESTING_MAX)
		return;
	name = outside_name(f->e, variables.name->text, key.text);
	if (name.kind == PYVALUE_NAME && (name.name->classes || name.name->known))
		(void)call_with(f, name, &v, 1, line);
	if (is_path_variable(key.text))
		report_path_list(f, pyvalue_one(v), line);
}

/* sys.modules["os.path"] = path: a module that it imports, under one more name.  What that module does is judged where it
 * is imported. */
static bool is_alias_of_module(struct pyvalue base, struct pyvalue v)
{
	v = pyvalue_one(v);
	return name_is(base, "sys.modules") && v.kind == PYVALUE_NAME && !(v.flags & PYVALUE_INSTANCE);
}

static void assign_item(struct frame *f, const struct target *t, struct pyvalue v)
{
	struct pyvalue base = pyvalue_one(t->base), key = pyvalue_one(t->key);

	if (name_is(base, "os.environ") || name_is(base, "os.environb"))
		set_variable(f, key, v, t->line);
	if (name_is(base, "sys.path")) {
		assign_path(f, v, t->line);
	} else if (is_alias_of_module(base, v)) {
		return;
	} else if (name_is(base, "sys.modules") || name_is(base, "__builtins__") ||
		   (base.kind == PYVALUE_NAME && base.flags & PYVALUE_DICT)) {
		report(f, INDICATOR_IMPORT_HOOK, t->line, base.name->text);
		escape_value(f, v);
	} else if (base.kind == PYVALUE_PARTIAL && base.partial->kind == PARTIAL_NAMES && key.kind == PYVALUE_TEXT &&
		   key.text.len <= PYCODE_NAME_MAX) {
		scope_set(f->e, f->scope->module, key.text, v, f->conditional > 0);
	} else if (base.kind == PYVALUE_LIST && base.flags & PYVALUE_DICT) {
		pylist_append(&f->e->heap, base.list, t->key);
		pylist_append(&f->e->heap, base.list, v);
	} else if (base.kind == PYVALUE_LIST) {
		pylist_append(&f->e->heap, base.list, v);
		base.list->cut = true;	/* which one it replaces is not followed */
	} else if (base.kind == PYVALUE_NAME) {
		escape_value(f, v);
	} else {
		keep_value(f, v);
	}
}

void assign(struct frame *f, const struct target *t, struct pyvalue v)
{
	if (t->kind != TARGET_NAME && pyvalue_one(v).flags & PYVALUE_JOINED)
		look_at_text(f, v, t->line);
	switch (t->kind) {
	case TARGET_NAME:
		scope_set(f->e, f->scope, t->name, v, f->conditional > 0);
		return;
	case TARGET_ATTRIBUTE:
		assign_attribute(f, t, v);
		return;
	case TARGET_ITEM:
		assign_item(f, t, v);
		return;
	default:
		return;
	}
}

/* ---- expressions as statements ----------------------------------------------------------------- */

/* What stands on the left of "=", one group of targets for each sign. */
struct target_list {
	struct target items[PYCODE_TARGETS_MAX];
	unsigned char group[PYCODE_TARGETS_MAX];
	size_t count, groups;
	bool more;			/* than are kept */
};

static void note_target(struct frame *f, struct target_list *l)
{
	if (l->count == PYCODE_TARGETS_MAX) {
		l->more = true;
		return;
	}
	l->group[l->count] = (unsigned char)l->groups;
	l->items[l->count++] = f->e->target;
}

/* Expressions with commas, and what each would be on the left of "=". */
static struct pyvalue read_group(struct frame *f, struct target_list *l)
{
	bool star = frame_take_op(f, "*");
	struct pyvalue v = read_expression(f), list;

	note_target(f, l);
	if (!frame_is_op(f, ",") && !star)
		return v;
	list = pyvalue_list(&f->e->heap, 0);
	if (list.kind == PYVALUE_LIST)
		pylist_append(&f->e->heap, list.list, v);
	while (frame_take_op(f, ",")) {
		(void)frame_take_op(f, "*");
		if (frame_at_line_end(f) || frame_is_op(f, "="))
			break;
		v = read_expression(f);
		if (list.kind == PYVALUE_LIST)
			pylist_append(&f->e->heap, list.list, v);
		note_target(f, l);
	}
	return list;
}

/* The targets from `from` to before `to` are one group. */
static void assign_group(struct frame *f, const struct target_list *l, size_t from, size_t to, struct pyvalue v)
{
	struct pyvalue items;

	if (to - from == 1) {
		assign(f, &l->items[from], v);
		return;
	}
	use_value(f, v);
	items = pyvalue_items(&f->e->heap, pyvalue_one(v));
	for (size_t i = from; i < to; i++)
		assign(f, &l->items[i], items.kind == PYVALUE_LIST && i - from < items.list->count ?
		       items.list->items[i - from] : pyvalue_unknown(items.flags));
}

/* sys.ps1 = "...": Python prints it and evaluates nothing of it. */
static bool is_prompt(const struct target_list *l)
{
	struct pyvalue base = l->count == 1 && l->items[0].kind == TARGET_ATTRIBUTE ? pyvalue_one(l->items[0].base) : PYVALUE_NONE;

	return name_is(base, "sys") &&
	       (bytes_equal(l->items[0].name, BYTES_LIT("ps1")) || bytes_equal(l->items[0].name, BYTES_LIT("ps2")));
}

/* a, b = c = value, behind the first group: the last one is no target. */
static struct pyvalue read_assignments(struct frame *f, struct target_list *l)
{
	struct pyvalue v = PYVALUE_NONE;
	size_t count = l->count;
	bool quiet = f->quiet;

	while (frame_take_op(f, "=")) {
		if (l->more)
			report(f, INDICATOR_NOT_UNDERSTOOD, frame_line(f), BYTES_LIT("too many targets"));
		count = l->count;
		l->groups = l->groups < UINT8_MAX ? l->groups + 1 : l->groups;
		f->quiet |= is_prompt(l) && f->token.kind == PYTOKEN_STRING;
		v = read_magic(f) ? PYVALUE_NONE : read_group(f, l);
	}
	f->quiet = quiet;
	for (size_t from = 0, to; from < count; from = to) {
		for (to = from + 1; to < count && l->group[to] == l->group[from];)
			to++;
		assign_group(f, l, from, to, v);
	}
	return v;
}

static bool is_augmented(const struct pytoken *t)
{
	size_t n = t->text.len;

	return t->kind == PYTOKEN_OP && n >= 2 && t->text.ptr[n - 1] == '=' && !memchr("=!<>:", t->text.ptr[0], 5) &&
	       memchr("+-*/%&|^@", t->text.ptr[0], 9);
}

static void read_augmented(struct frame *f, const struct target *t, struct pyvalue old)
{
	struct bytes op = bytes_slice(f->token.text, 0, f->token.text.len - 1);
	struct pyvalue v, sum;

	frame_advance(f);
	v = read_expressions(f);
	use_value(f, old);
	use_value(f, v);
	if (t->kind == TARGET_NAME) {
		sum = pyvalue_binary(&f->e->heap, op, old, v);
		scope_set(f->e, f->scope, t->name, sum, false);
	} else {
		if (name_is(pyvalue_one(old), "sys.path") && pyvalue_one(v).kind == PYVALUE_LIST)
			for (size_t i = 0; i < v.list->count && i < PYCODE_PATHS_MAX; i++)
				report_path(f, pyvalue_one(v.list->items[i]), PYCODE_PATH_APPEND, t->line);
		escape_value(f, v);
	}
}

/* exec code, exec code in names, print x: Python 2. */
static void read_old_statement(struct frame *f, struct pyvalue callee, unsigned line)
{
	struct pyvalue arg;

	(void)frame_take_op(f, ">>");
	arg = read_without_comparison(f);
	(void)call_with(f, callee, &arg, 1, line);
}

static void read_expression_statement(struct frame *f)
{
	unsigned line = frame_line(f);
	struct target_list l;
	struct pyvalue v;

	l.count = l.groups = 0;
	l.more = false;
	v = read_group(f, &l);
	if (frame_is_op(f, ":")) {	/* name: annotation */
		frame_advance(f);
		if (frame_at_line_end(f))
			return;
		(void)read_expression(f);
	}
	if (frame_is_op(f, "=")) {
		f->value = read_assignments(f, &l);
	} else if (is_augmented(&f->token)) {
		read_augmented(f, &l.items[0], v);
	} else {
		f->value = v;
		if (!frame_at_line_end(f) && pyvalue_one(v).kind == PYVALUE_NAME)
			read_old_statement(f, v, line);
	}
}

/* ---- imports -------------------------------------------------------------------------------------- */

/* a.b.c; what it is called in the heap. */
static struct bytes read_dotted(struct frame *f)
{
	struct pyvalue v = PYVALUE_NONE;
	struct bytes name = BYTES_LIT("");

	while (f->token.kind == PYTOKEN_NAME && !frame_is_name(f, BYTES_LIT("import"))) {
		v = outside_name(f->e, name, token_name(f));
		name = v.kind == PYVALUE_NAME ? v.name->text : name;
		frame_advance(f);
		if (!frame_take_op(f, "."))
			break;
	}
	return name;
}

static struct bytes first_component(struct bytes name)
{
	ptrdiff_t dot = bytes_find_byte(name, '.', 0);

	return dot < 0 ? name : bytes_slice(name, 0, (size_t)dot);
}

static void import_module(struct frame *f, struct bytes module, unsigned level, unsigned line)
{
	struct pyvalue v = outside_name(f->e, BYTES_NONE, module);

	(void)report_import(f, module, level, line);
	if (level == 0 && v.kind == PYVALUE_NAME && v.name->classes & NAME_NATIVE)
		report(f, INDICATOR_NATIVE, line, v.name->text);
	if (level == 0 && name_is(v, "antigravity"))	/* Lib/antigravity.py calls webbrowser.open(), which runs $BROWSER */
		(void)call_with(f, v, NULL, 0, line);
}

static void read_import(struct frame *f)
{
	size_t first = f->e->ret->import_count;
	bool alone;

	do {
		unsigned line = frame_line(f);
		struct bytes module = read_dotted(f), bound = first_component(module);

		if (module.len == 0)
			break;
		import_module(f, module, 0, line);
		if (frame_take_name(f, BYTES_LIT("as")) && f->token.kind == PYTOKEN_NAME) {
			struct bytes name = token_name(f);

			scope_set(f->e, f->scope, name, outside_name(f->e, BYTES_NONE, module), false);
			frame_advance(f);
		} else {
			scope_set(f->e, f->scope, bound, outside_name(f->e, BYTES_NONE, bound), false);
		}
	} while (frame_take_op(f, ","));
	alone = f->token.kind == PYTOKEN_NEWLINE || f->token.kind == PYTOKEN_END;
	for (size_t i = first; i < f->e->ret->import_count; i++)
		f->e->ret->imports[i].alone = alone;
}

static void import_all(struct frame *f, struct bytes module)
{
	struct evaluation *e = f->e;

	if (e->star_count < PYCODE_STARS_MAX)
		e->stars[e->star_count++] = module;
}

/* "..a" and "b": "..a.b", which no vocabulary knows. */
static struct pyvalue relative_name(struct frame *f, unsigned level, struct bytes module, struct bytes name)
{
	_cleanup_str_ struct str s = STR_INIT;
	int r = 0;

	for (unsigned i = 0; i < level && i <= PYCODE_LEVELS_MAX && r >= 0; i++)
		r = str_append_char(&s, '.');
	if (r >= 0 && module.len > 0)
		r = str_append_bytes(&s, module);
	if (r >= 0 && module.len > 0)
		r = str_append_char(&s, '.');
	if (r >= 0)
		r = str_append_bytes(&s, name);
	if (r < 0)
		f->e->heap.failed = true;
	return outside_name(f->e, BYTES_NONE, str_bytes(&s));
}

/* from module import name: perhaps a module itself. */
static struct pyvalue import_name(struct frame *f, struct bytes module, unsigned level, struct bytes name, unsigned line)
{
	struct pyvalue dotted = level == 0 || module.len > 0 ? outside_name(f->e, module, name) :
		outside_name(f->e, BYTES_NONE, name);
	size_t count = f->e->ret->import_count;
	struct pycode_import *import = NULL;

	/* Names that mean something are those of the standard library. */
	if (dotted.kind == PYVALUE_NAME && dotted.name->classes == 0)
		import = report_import(f, dotted.name->text, level, line);
	if (import && f->e->ret->import_count > count)
		import->maybe = true;
	return level > 0 ? relative_name(f, level, module, name) : dotted;
}

static void read_from(struct frame *f)
{
	unsigned level = 0, line = frame_line(f);
	struct bytes module;

	while (f->token.kind == PYTOKEN_OP && f->token.text.ptr[0] == '.') {
		level += (unsigned)f->token.text.len;	/* "..." is one token */
		frame_advance(f);
	}
	module = read_dotted(f);
	import_module(f, module, level, line);
	(void)frame_take_name(f, BYTES_LIT("import"));
	(void)frame_take_op(f, "(");
	if (frame_take_op(f, "*")) {
		import_all(f, module);
		return;
	}
	while (f->token.kind == PYTOKEN_NAME) {
		struct bytes name = token_name(f), bound = name;

		frame_advance(f);
		if (frame_take_name(f, BYTES_LIT("as")) && f->token.kind == PYTOKEN_NAME) {
			bound = token_name(f);
			frame_advance(f);
		}
		scope_set(f->e, f->scope, bound, import_name(f, module, level, name, line), false);
		(void)frame_take_op(f, ",");
	}
	(void)frame_take_op(f, ")");
}

/* ---- blocks ------------------------------------------------------------------------------------------ */

static void read_block(struct frame *f)
{
	while (f->token.kind != PYTOKEN_END && f->token.kind != PYTOKEN_DEDENT)
		read_simple_line(f);
	if (f->token.kind == PYTOKEN_DEDENT)
		frame_advance(f);
}

static void skip_suite(struct frame *f)
{
	unsigned depth = 0;

	if (f->token.kind != PYTOKEN_NEWLINE) {
		while (f->token.kind != PYTOKEN_NEWLINE && f->token.kind != PYTOKEN_END)
			frame_advance(f);
		frame_advance(f);
		return;
	}
	frame_advance(f);
	if (f->token.kind != PYTOKEN_INDENT)
		return;
	do {
		depth += f->token.kind == PYTOKEN_INDENT;
		depth -= f->token.kind == PYTOKEN_DEDENT;
		frame_advance(f);
	} while (depth > 0 && f->token.kind != PYTOKEN_END);
}

void read_suite(struct frame *f)
{
	/* "if a: if b: ..." is no Python, and would nest without end. */
	if (f->e->blocks >= PYTOKEN_INDENTS_MAX) {
		report(f, INDICATOR_NOT_UNDERSTOOD, frame_line(f), BYTES_LIT("nested too deep"));
		skip_suite(f);
		return;
	}
	f->e->blocks++;
	if (f->token.kind != PYTOKEN_NEWLINE) {
		read_simple_line(f);
	} else {
		frame_advance(f);
		if (f->token.kind == PYTOKEN_INDENT) {
			frame_advance(f);
			read_block(f);
		}
	}
	f->e->blocks--;
}

static void read_conditional_suite(struct frame *f)
{
	/* An error in the header is passed over. */
	while (!frame_is_op(f, ":") && !frame_at_line_end(f))
		frame_advance(f);
	if (!frame_take_op(f, ":"))
		return;
	f->conditional++;
	read_suite(f);
	f->conditional--;
}

/* if __name__ == "__main__": a module that starts with the interpreter is not. */
static bool is_main_guard(struct frame *f)
{
	struct pytoken_reader reader = f->reader;
	struct pytoken t[3];

	if (!frame_is_name(f, BYTES_LIT("__name__")) || f->e->request->is_main ||
	    is_in_list(f->e->request->call, BYTES_LIT("__main__")) || scope_find(f->scope->module, BYTES_LIT("__name__")))
		return false;
	for (size_t i = 0; i < ELEMENTSOF(t); i++)
		pytoken_next(&reader, &t[i]);
	return pytoken_is_op(&t[0], "==") && t[1].kind == PYTOKEN_STRING && !t[1].prefix &&
	       bytes_equal(t[1].body, BYTES_LIT("__main__")) && pytoken_is_op(&t[2], ":");
}

static void read_if(struct frame *f)
{
	if (is_main_guard(f)) {
		/* It was seen to be there; but what may be read may end before. */
		while (!frame_take_op(f, ":") && f->token.kind != PYTOKEN_END)
			frame_advance(f);
		skip_suite(f);
		return;
	}
	(void)read_expression(f);
	read_conditional_suite(f);
}

/* "match" and "case" are words of a statement only where a colon ends its header (reference manual, "Soft Keywords"); of a
 * match, the line ends there, too.  What is looked at ahead is read again. */
static bool is_soft_header(struct frame *f, struct bytes word)
{
	struct pytoken_reader reader = f->reader;
	struct pytoken t;
	bool first = true, match = word.ptr[0] == 'm';

	if (!frame_is_name(f, word))
		return false;
	for (; may_read_again(f->e); first = false) {
		pytoken_next(&reader, &t);
		f->e->again++;
		if (t.kind == PYTOKEN_NEWLINE || t.kind == PYTOKEN_END || pytoken_is_op(&t, ";") ||
		    (first && (pytoken_is_op(&t, "=") || pytoken_is_op(&t, ".") || pytoken_is_op(&t, ":"))))
			return false;
		if (reader.depth > 0 || !pytoken_is_op(&t, ":"))
			continue;
		pytoken_next(&reader, &t);
		return !match || t.kind == PYTOKEN_NEWLINE;
	}
	return false;
}

static void read_match(struct frame *f)
{
	f->subject = read_expressions(f);
	if (frame_take_op(f, ":"))
		read_suite(f);
}

/* Any part of the subject, what is no literal last: the newest of a choice are kept. */
static struct pyvalue any_part(struct frame *f, struct pyvalue v, bool literals, unsigned depth, struct pyvalue ret)
{
	struct pyvalue one = pyvalue_one(v);

	if (one.kind != PYVALUE_LIST)
		return (one.kind == PYVALUE_TEXT || one.kind == PYVALUE_INT) == literals ?
			pyvalue_either(&f->e->heap, ret, v) : ret;
	for (size_t i = 0; i < one.list->count && i < PYCODE_ESCAPE_ITEMS_MAX && depth < 2 &&
	     pyheap_work(&f->e->heap, sizeof(ret)); i++)
		ret = any_part(f, one.list->items[i], literals, depth + 1, ret);
	return ret;
}

/* A pattern binds the names in it to parts of the subject: which one to which is not followed.  Classes and constants have a
 * bracket or a dot behind them, fields of a class "=". */
static void read_case(struct frame *f)
{
	struct pyvalue any = any_part(f, f->subject, false, 0, any_part(f, f->subject, true, 0, PYVALUE_NONE));
	bool dot = false;

	while (f->token.kind != PYTOKEN_END && !frame_at_line_end(f) && !frame_is_name(f, BYTES_LIT("if")) &&
	       !(f->reader.depth == 0 && frame_is_op(f, ":"))) {
		struct bytes name = f->token.kind == PYTOKEN_NAME && !dot ? token_name(f) : BYTES_NONE;

		dot = frame_is_op(f, ".");
		frame_advance(f);
		if (name.ptr && !frame_is_op(f, ".") && !frame_is_op(f, "(") && !frame_is_op(f, "="))
			scope_set(f->e, f->scope, name, any, true);
	}
	if (frame_take_name(f, BYTES_LIT("if")))
		(void)read_expression(f);
	read_conditional_suite(f);
}

static void read_headed(struct frame *f)
{
	if (!frame_is_op(f, ":"))
		(void)read_expression(f);
	assign_as(f, PYVALUE_NONE);
	read_conditional_suite(f);
}

static void read_except(struct frame *f)
{
	(void)frame_take_op(f, "*");
	read_headed(f);
}

/* What "with" gives a name: of contextlib.contextmanager() what the generator yields. */
static struct pyvalue entered(struct frame *f, struct pyvalue v)
{
	struct pyvalue list = pyvalue_one(v), ret = PYVALUE_NONE;

	if (list.kind != PYVALUE_LIST || list.flags & PYVALUE_DICT)
		return v;
	for (size_t i = 0; i < list.list->count && i < PYVALUE_CHOICES_MAX; i++)
		ret = pyvalue_either(&f->e->heap, ret, list.list->items[i]);
	return ret;
}

static void read_with(struct frame *f)
{
	while (!frame_is_op(f, ":") && !frame_at_line_end(f)) {
		size_t at = f->reader.at;
		struct pyvalue v = read_expression(f);

		escape_value(f, v);
		assign_as(f, entered(f, v));
		if (!frame_take_op(f, ",") && !frame_is_op(f, ":") && f->reader.at == at)
			frame_advance(f);
	}
	if (frame_take_op(f, ":"))
		read_suite(f);
}

/* The body of a loop, once for each item that is known. */
static void read_loop(struct frame *f, const struct targets *targets, struct pyvalue items)
{
	struct pytoken_reader body = f->reader;
	struct pytoken first = f->token;
	size_t harm = f->e->harm;
	bool again = f->again;

	items = pyvalue_items(&f->e->heap, pyvalue_one(items));
	if (items.kind != PYVALUE_LIST || items.list->count == 0) {
		assign_targets(f, targets, pyvalue_unknown(items.flags));
		f->conditional++;
		read_suite(f);
		f->conditional--;
		return;
	}
	for (size_t i = 0; i < items.list->count && may_go_round(f, i, harm); i++) {
		f->reader = body;
		f->token = first;
		assign_targets(f, targets, items.list->items[i]);
		read_suite(f);
		f->again = true;
	}
	f->again = again;
}

static void read_for(struct frame *f)
{
	struct targets targets;
	struct pyvalue items;

	read_targets(f, &targets);
	(void)frame_take_name(f, BYTES_LIT("in"));
	items = read_expressions(f);
	while (!frame_is_op(f, ":") && !frame_at_line_end(f))
		frame_advance(f);
	if (frame_take_op(f, ":"))
		read_loop(f, &targets, items);
}

/* ---- definitions --------------------------------------------------------------------------------------- */

struct pyfunction *new_function(struct frame *f, struct bytes name)
{
	struct pyfunction *fn = pyheap_alloc(&f->e->heap, sizeof(*fn));

	if (!fn)
		return NULL;
	fn->name = name;
	fn->closure = f->scope;
	fn->owner = f->class;
	fn->next = f->e->functions;
	f->e->functions = fn;
	return fn;
}

/* The text that a suite begins with, which is at ":". */
static struct bytes docstring_ahead(const struct frame *f)
{
	struct pytoken_reader reader = f->reader;
	struct pytoken t = f->token;

	while (t.kind == PYTOKEN_NEWLINE || t.kind == PYTOKEN_INDENT)
		pytoken_next(&reader, &t);
	return t.kind == PYTOKEN_STRING && !(t.prefix & PYSTRING_FORMAT) ? t.body : BYTES_NONE;
}

static struct pyvalue read_def(struct frame *f)
{
	struct bytes name = f->token.kind == PYTOKEN_NAME ? token_name(f) : BYTES_LIT("?");
	struct pyfunction *fn = new_function(f, name), spare = { .name = name };
	struct pyvalue v = { .kind = PYVALUE_FUNCTION, .function = fn };

	frame_advance(f);
	while (!frame_is_op(f, "(") && !frame_is_op(f, ":") && !frame_at_line_end(f))
		frame_advance(f);	/* type parameters */
	if (frame_take_op(f, "("))
		read_parameters(f, fn ? fn : &spare, ")");
	if (frame_take_op(f, "->"))
		(void)read_expression(f);
	if (frame_take_op(f, ":")) {
		if (fn) {
			fn->body = frame_place(f);
			fn->doc = docstring_ahead(f);
		}
		skip_suite(f);
	}
	if (fn)
		scope_set(f->e, f->scope, name, v, f->conditional > 0);
	return fn ? v : PYVALUE_NONE;
}

static void read_bases(struct frame *f, struct pyclass *class)
{
	struct call c = { .line = frame_line(f) };

	read_arguments(f, &c);
	for (size_t i = 0; i < c.count; i++) {
		struct pyvalue base = pyvalue_one(c.args[i]);

		class->foreign = class->foreign || base.kind != PYVALUE_CLASS;
		if (base.kind == PYVALUE_CLASS && base.class->foreign)
			class->foreign = true;
		if (base.kind == PYVALUE_CLASS && !c.keys[i].ptr && class->base_count < PYCODE_BASES_MAX)
			class->bases[class->base_count++] = base.class;
		if (c.keys[i].ptr)	/* a metaclass, or what __init_subclass__ is given */
			escape_value(f, base);
		if (base.kind == PYVALUE_CLASS)
			escape_method(f, base.class, BYTES_LIT("__init_subclass__"));
	}
}

static struct pyvalue read_class(struct frame *f)
{
	struct bytes name = f->token.kind == PYTOKEN_NAME ? token_name(f) : BYTES_LIT("?");
	struct pyclass *class = pyheap_alloc(&f->e->heap, sizeof(*class)), *outer = f->class;
	struct pyscope *scope = f->scope;
	struct pyvalue v = { .kind = PYVALUE_CLASS, .class = class };

	if (!class) {
		read_conditional_suite(f);
		return PYVALUE_NONE;
	}
	class->name = name;
	class->scope = scope_new(f->e, scope);
	frame_advance(f);
	while (!frame_is_op(f, "(") && !frame_is_op(f, ":") && !frame_at_line_end(f))
		frame_advance(f);
	if (frame_take_op(f, "("))
		read_bases(f, class);
	if (frame_take_op(f, ":")) {
		class->scope->is_class = class->scope != scope;
		f->scope = class->scope;
		f->class = class;
		read_suite(f);
		f->scope = scope;
		f->class = outer;
	}
	scope_set(f->e, scope, name, v, f->conditional > 0);
	return v;
}

static bool is_definition(struct frame *f)
{
	return frame_is_name(f, BYTES_LIT("def")) || frame_is_name(f, BYTES_LIT("class")) || frame_is_name(f, BYTES_LIT("async"));
}

static struct pyvalue read_definition(struct frame *f)
{
	(void)frame_take_name(f, BYTES_LIT("async"));
	if (frame_take_name(f, BYTES_LIT("class")))
		return read_class(f);
	return frame_take_name(f, BYTES_LIT("def")) ? read_def(f) : PYVALUE_NONE;
}

/* Decorators that give back what they got, or something that calls it later: of the standard library, and a property's. */
static bool is_harmless_decorator(struct pyvalue v, const struct target *t)
{
	static const char *const names[] = { "property", "staticmethod", "classmethod", "functools.wraps" };
	static const char *const methods[] = { "setter", "getter", "deleter" };

	v = pyvalue_one(v);
	if (v.kind == PYVALUE_NAME && v.name->classes & NAME_KEEP)
		return true;
	for (size_t i = 0; i < ELEMENTSOF(names); i++)
		if (name_is(v, names[i]))
			return true;
	for (size_t i = 0; i < ELEMENTSOF(methods); i++)
		if (t->kind == TARGET_ATTRIBUTE && bytes_equal(t->name, bytes_of(methods[i])))
			return true;
	return false;
}

static void apply_decorator(struct frame *f, struct pyvalue decorator, struct pyvalue *v, bool harmless)
{
	struct pyvalue got;

	if (name_is(pyvalue_one(decorator), "staticmethod") && v->kind == PYVALUE_FUNCTION)
		v->function->no_self = true;
	if ((name_is(pyvalue_one(decorator), "property") || name_is(pyvalue_one(decorator), "functools.cached_property")) &&
	    v->kind == PYVALUE_FUNCTION)
		v->function->property = true;
	if (harmless)
		return;
	got = call_with(f, decorator, v, 1, frame_line(f));
	if (is_callable(got))
		*v = pyvalue_either(&f->e->heap, *v, got);
}

static void read_decorated(struct frame *f)
{
	struct pyvalue decorators[PYCODE_ARGUMENTS_MAX], v;
	bool harmless[PYCODE_ARGUMENTS_MAX];
	size_t count = 0;
	struct bytes name;

	do {
		struct pyvalue d = read_expression(f);

		if (count < PYCODE_ARGUMENTS_MAX) {
			harmless[count] = is_harmless_decorator(d, &f->e->target);
			decorators[count++] = d;
		}
		while (f->token.kind == PYTOKEN_NEWLINE)
			frame_advance(f);
	} while (frame_take_op(f, "@"));
	if (!is_definition(f))
		return;
	v = read_definition(f);
	name = v.kind == PYVALUE_FUNCTION ? v.function->name : v.kind == PYVALUE_CLASS ? v.class->name : BYTES_NONE;
	while (count > 0) {
		count--;
		apply_decorator(f, decorators[count], &v, harmless[count]);
	}
	if (name.ptr)
		scope_set(f->e, f->scope, name, v, f->conditional > 0);
}

/* ---- the other statements --------------------------------------------------------------------------------- */

static void read_async(struct frame *f)
{
	if (frame_is_name(f, BYTES_LIT("def")))
		(void)read_definition(f);
	/* "async for", "async with" go on as the statement behind the word. */
}

static void read_def_statement(struct frame *f)
{
	(void)read_def(f);
}

static void read_class_statement(struct frame *f)
{
	(void)read_class(f);
}

static void read_return(struct frame *f)
{
	if (!frame_at_line_end(f))
		f->result = pyvalue_either(&f->e->heap, f->result, read_expressions(f));
}

/* Texts of an exception are messages. */
static void read_message(struct frame *f)
{
	bool quiet = f->quiet;

	f->quiet = true;
	if (!frame_at_line_end(f))
		use_value(f, read_expressions(f));
	f->quiet = quiet;
}

static void read_raise(struct frame *f)
{
	unsigned line = frame_line(f);
	bool quiet = f->quiet;
	struct pyvalue v;

	if (frame_at_line_end(f))
		return;
	f->quiet = true;
	v = read_expression(f);
	use_value(f, v);
	f->quiet = quiet;
	if (name_is(v, "SystemExit") || name_is(v, "KeyboardInterrupt"))
		report_ordinary(f, INDICATOR_INTERFERENCE, line, v.name->text);
	else if (pyvalue_one(v).kind == PYVALUE_CLASS)	/* raise E is raise E() */
		(void)call_with(f, v, NULL, 0, line);
	if (frame_take_name(f, BYTES_LIT("from")))
		(void)read_expression(f);
}

static void read_global(struct frame *f)
{
	while (f->token.kind == PYTOKEN_NAME) {
		struct bytes name = token_name(f);
		struct variable *v;

		if (f->scope != f->scope->module) {
			scope_set(f->e, f->scope, name, PYVALUE_NONE, false);
			v = scope_find(f->scope, name);
			if (v)
				v->global = true;
		}
		frame_advance(f);
		(void)frame_take_op(f, ",");
	}
}

static void read_nothing(struct frame *f)
{
	(void)f;
}

/* del x.name, y[0] */
static void read_del(struct frame *f)
{
	do {
		f->e->target.kind = TARGET_NONE;
		(void)read_expression(f);
		if (f->e->target.kind == TARGET_ATTRIBUTE)
			use_value(f, f->e->target.base);
	} while (frame_take_op(f, ",") && !frame_at_line_end(f));
}

struct statement {
	struct bytes word;
	void (*read)(struct frame *f);
	bool inert;		/* by itself it does nothing */
};

static const struct statement *find_statement(const struct frame *f)
{
	static const struct statement statements[] = {
		{ BYTES_LIT("import"), read_import, false },
		{ BYTES_LIT("from"), read_from, false },
		{ BYTES_LIT("def"), read_def_statement, false },
		{ BYTES_LIT("class"), read_class_statement, false },
		{ BYTES_LIT("async"), read_async, false },
		{ BYTES_LIT("if"), read_if, false },
		{ BYTES_LIT("elif"), read_if, false },
		{ BYTES_LIT("else"), read_conditional_suite, true },
		{ BYTES_LIT("try"), read_conditional_suite, true },
		{ BYTES_LIT("finally"), read_conditional_suite, true },
		{ BYTES_LIT("except"), read_except, true },
		{ BYTES_LIT("while"), read_headed, false },
		{ BYTES_LIT("for"), read_for, false },
		{ BYTES_LIT("with"), read_with, false },
		{ BYTES_LIT("return"), read_return, true },
		{ BYTES_LIT("raise"), read_raise, false },
		{ BYTES_LIT("assert"), read_message, false },
		{ BYTES_LIT("del"), read_del, false },
		{ BYTES_LIT("global"), read_global, true },
		{ BYTES_LIT("nonlocal"), read_nothing, true },
		{ BYTES_LIT("pass"), read_nothing, true },
		{ BYTES_LIT("break"), read_nothing, true },
		{ BYTES_LIT("continue"), read_nothing, true },
	};

	if (f->token.kind != PYTOKEN_NAME)
		return NULL;
	for (size_t i = 0; i < ELEMENTSOF(statements); i++)
		if (f->token.text.ptr[0] == statements[i].word.ptr[0] && pytoken_is_name(&f->token, statements[i].word))
			return &statements[i];
	return NULL;
}

/* The first text of a module or class is its __doc__; what is executed of it is code.  A later one does no harm. */
static void note_docstring(struct frame *f)
{
	const struct variable *v = scope_find(f->scope, BYTES_LIT("__doc__"));

	if (!v && f->nesting == 0 && (f->scope == f->scope->module || f->scope->is_class))
		scope_set(f->e, f->scope, BYTES_LIT("__doc__"), f->value, false);
}

/* A statement that is nothing but text: a docstring, or commented out code. */
static bool skip_docstring(struct frame *f)
{
	struct pytoken_reader reader = f->reader;
	struct pytoken t = f->token;

	if (t.kind != PYTOKEN_STRING || t.prefix & PYSTRING_FORMAT)
		return false;
	while (t.kind == PYTOKEN_STRING && !(t.prefix & PYSTRING_FORMAT))
		pytoken_next(&reader, &t);
	if (t.kind != PYTOKEN_NEWLINE && t.kind != PYTOKEN_END)
		return false;
	count_token(f, reader.at - f->reader.at);
	f->value = pyvalue_text(f->token.body, 0);
	note_docstring(f);
	f->reader = reader;
	f->token = t;
	return true;
}

/* %run script, %load_ext module (IPython/core/magics): as the settings of these names. */
static void read_file_magic(struct frame *f, struct bytes command)
{
	static const struct {
		struct bytes word;
		const char *setting;
	} magics[] = {
		{ BYTES_LIT("run "), "exec_files" }, { BYTES_LIT("load_ext "), "extensions" },
		{ BYTES_LIT("reload_ext "), "extensions" },
	};

	for (size_t i = 0; i < ELEMENTSOF(magics); i++) {
		size_t at = magics[i].word.len, end;

		if (!bytes_has_prefix(command, magics[i].word))
			continue;
		for (;; at = end + 1) {	/* behind its options */
			for (end = at; end < command.len && command.ptr[end] != ' ';)
				end++;
			if (end >= command.len || (end > at && command.ptr[at] != '-'))
				break;
		}
		apply_setting(f, bytes_of(magics[i].setting), pyvalue_text(bytes_slice(command, at, end - at), 0), frame_line(f));
	}
}

/* "!command" and "%sx command" of IPython, no Python at all, in its start-up files and exec_lines. */
static bool read_magic(struct frame *f)
{
	static const struct bytes shells[] = {
		BYTES_LIT("sx"), BYTES_LIT("sc"), BYTES_LIT("system"), BYTES_LIT("bash"), BYTES_LIT("sh"), BYTES_LIT("script"),
		BYTES_LIT("perl"), BYTES_LIT("ruby"),
	};
	bool shell = frame_is_op(f, "!");
	struct bytes rest, command;
	ptrdiff_t end;

	if ((!shell && !frame_is_op(f, "%")) || f->token.text.len != 1)
		return false;
	rest = bytes_slice(f->reader.text, (size_t)(f->token.text.ptr - f->reader.text.ptr), f->reader.text.len -
			   (size_t)(f->token.text.ptr - f->reader.text.ptr));
	end = bytes_find_byte(rest, '\n', 0);
	command = bytes_trim(bytes_slice(rest, 1, (end < 0 ? rest.len : (size_t)end) - 1));
	while (!shell && command.len > 0 && command.ptr[0] == '%')	/* a whole cell */
		command = bytes_slice(command, 1, command.len - 1);
	for (size_t i = 0; i < ELEMENTSOF(shells) && !shell; i++)
		shell = bytes_has_prefix(command, shells[i]) &&
			(command.len == shells[i].len || command.ptr[shells[i].len] == ' ' || command.ptr[shells[i].len] == '\t');
	if (shell) {
		struct pyvalue v = pyvalue_text(command, 0);

		look_at_text(f, v, frame_line(f));
		(void)call_with(f, outside_name(f->e, BYTES_LIT("get_ipython"), BYTES_LIT("system")), &v, 1, frame_line(f));
	}
	read_file_magic(f, command);
	while (f->token.kind != PYTOKEN_NEWLINE && f->token.kind != PYTOKEN_END)
		frame_advance(f);
	return true;
}

static void read_statement(struct frame *f)
{
	const struct statement *s = find_statement(f);

	if (read_magic(f)) {
		f->e->ret->runs = true;
		return;
	}
	if (skip_docstring(f))
		return;
	if (frame_take_op(f, "@")) {
		f->e->ret->runs = true;
		read_decorated(f);
		return;
	}
	f->e->ret->runs = f->e->ret->runs || !s || !s->inert;
	if (is_soft_header(f, BYTES_LIT("match"))) {
		frame_advance(f);
		read_match(f);
	} else if (is_soft_header(f, BYTES_LIT("case"))) {
		frame_advance(f);
		read_case(f);
	} else if (s) {
		frame_advance(f);
		s->read(f);
	} else {
		read_expression_statement(f);
	}
}

/* Statements up to the end of a line; whatever cannot be read is passed over. */
static void read_simple_line(struct frame *f)
{
	for (;;) {
		size_t at = f->reader.at;
		enum pytoken_kind kind = f->token.kind;

		if (kind == PYTOKEN_NEWLINE || kind == PYTOKEN_INDENT) {
			frame_advance(f);
			if (kind == PYTOKEN_INDENT)
				read_block(f);	/* indented for no reason that is seen */
			return;
		}
		if (kind == PYTOKEN_END || kind == PYTOKEN_DEDENT)
			return;
		if (frame_take_op(f, ";"))
			continue;
		read_statement(f);
		if (f->reader.at == at && f->token.kind == kind && kind != PYTOKEN_NEWLINE)
			frame_advance(f);
	}
}

void read_statements(struct frame *f)
{
	while (f->token.kind != PYTOKEN_END) {
		if (f->token.kind == PYTOKEN_DEDENT)
			frame_advance(f);
		else
			read_simple_line(f);
	}
}
