/* installer_command.c - what does a command line run, and which entry is that?
 *
 * The arguments are the writer's own words; nothing is believed here, only read
 * the way CPython reads them.
 */
#include "installer_private.h"

#include "procfs.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool command_is_python(struct bytes name)
{
	size_t i;

	if (bytes_has_prefix(name, BYTES_LIT("python")))
		i = 6;
	else if (bytes_has_prefix(name, BYTES_LIT("pypy")))
		i = 4;
	else
		return false;
	while (i < name.len && (is_digit(name.ptr[i]) || name.ptr[i] == '.'))
		i++;
	/* The kinds of builds: m and u up to 3.7, d debugging, t without the lock. */
	while (i < name.len && bytes_find_byte(BYTES_LIT("mudt"), name.ptr[i], 0) >= 0)
		i++;
	return i == name.len;
}

void command_parse(const struct process *p, struct run *ret)
{
	static const struct bytes harmless = BYTES_LIT("IEsPuBOSbdvqRt");
	struct run run = { 0 };
	size_t count = process_argument_count(p);

	for (size_t i = 1; i < count && i < INSTALLER_OPTIONS_MAX; i++) {
		struct bytes a = process_argument(p, i);

		if (a.len == 0 || a.ptr[0] != '-') {
			run.how = RUN_SCRIPT;
			run.what = a;
			run.rest = i + 1;
			break;
		}
		if (a.len == 1 || a.ptr[1] == '-') {
			run.refused = a;
			break;
		}
		for (size_t k = 1; k < a.len; k++) {
			char option = a.ptr[k];
			struct bytes value = bytes_slice(a, k + 1, a.len - k - 1);

			if (option == 'c' || option == 'm' || option == 'W' || option == 'X') {
				if (value.len == 0)
					value = ++i < count ? process_argument(p, i) : BYTES_NONE;
				if (option == 'c' || option == 'm') {
					run.how = option == 'c' ? RUN_CODE : RUN_MODULE;
					run.what = value;
					run.rest = i + 1;
					*ret = run;
					return;
				}
				/* A warning's category is imported if it has a dot; -X can name a
				 * directory of byte code or a module to import. */
				if (!run.refused.ptr &&
				    ((option == 'W' && bytes_find_byte(value, '.', 0) >= 0) ||
				     (option == 'X' && (bytes_has_prefix(value, BYTES_LIT("pycache_prefix")) ||
							bytes_has_prefix(value, BYTES_LIT("presite"))))))
					run.refused = a;
				break;
			}
			run.no_environment |= option == 'E' || option == 'I';
			run.safe_path |= option == 'P' || option == 'I';
			run.no_user_site |= option == 's' || option == 'I';
			run.no_site |= option == 'S';
			if (bytes_find_byte(harmless, option, 0) < 0 && !run.refused.ptr)
				run.refused = a;
		}
	}

	*ret = run;
}

/* Name and nothing more, but for a version: pip, pip3, pip-3.11.  A star at the
 * end of the pattern stands for anything. */
static bool name_fits(const char *pattern, struct bytes name)
{
	struct bytes p = bytes_of(pattern);

	if (bytes_has_suffix(p, BYTES_LIT("*")))
		return bytes_has_prefix(name, bytes_slice(p, 0, p.len - 1));
	if (!bytes_has_prefix(name, p))
		return false;
	name = bytes_slice(name, p.len, name.len - p.len);
	if (name.len > 1 && name.ptr[0] == '-')
		name = bytes_slice(name, 1, name.len - 1);
	for (size_t i = 0; i < name.len; i++)
		if (!is_digit(name.ptr[i]) && name.ptr[i] != '.')
			return false;
	return true;
}

static bool any_name_fits(const struct entry *e, struct bytes name)
{
	for (size_t i = 0; i < sizeof(e->names) / sizeof(e->names[0]) && e->names[i]; i++)
		if (name_fits(e->names[i], name))
			return true;
	return false;
}

bool command_next_literal(struct bytes *b, struct bytes *ret)
{
	ptrdiff_t end;

	if (b->len < 2 || b->ptr[0] != '\'')
		return false;
	end = bytes_find_byte(*b, '\'', 1);
	if (end < 0)
		return false;
	*ret = bytes_slice(*b, 1, (size_t)end - 1);
	if (bytes_find_byte(*ret, '\\', 0) >= 0)
		return false;
	*b = bytes_slice(*b, (size_t)end + 1, b->len - (size_t)end - 1);
	if (bytes_has_prefix(*b, BYTES_LIT(", ")))
		*b = bytes_slice(*b, 2, b->len - 2);
	else if (b->len > 0)
		return false;
	return true;
}

/* The text between `before` and `after`, which have to follow at once. */
static bool between(struct bytes *text, struct bytes before, struct bytes after, struct bytes *ret)
{
	ptrdiff_t end;

	if (!bytes_has_prefix(*text, before))
		return false;
	end = bytes_find(*text, after, before.len);
	if (end < 0)
		return false;
	*ret = bytes_slice(*text, before.len, (size_t)end - before.len);
	*text = bytes_slice(*text, (size_t)end + after.len, text->len - (size_t)end - after.len);
	return true;
}

bool command_is_ensurepip(struct bytes text, struct bytes *ret_wheels)
{
	struct bytes wheels, arguments, item, list;

	if (!between(&text, BYTES_LIT("\nimport runpy\nimport sys\nsys.path = ["), BYTES_LIT("] + sys.path\n"), &wheels) ||
	    !between(&text, BYTES_LIT("sys.argv[1:] = ["), BYTES_LIT("]\n"), &arguments) ||
	    !bytes_equal(text, BYTES_LIT("runpy.run_module(\"pip\", run_name=\"__main__\", alter_sys=True)\n")))
		return false;

	/* Each item is a piece of the text, so the text bounds the loops. */
	for (list = wheels; list.len > 0;)
		if (!command_next_literal(&list, &item) || !is_absolute(item) ||
		    (!bytes_has_prefix(name_of(item), BYTES_LIT("pip-")) &&
		     !bytes_has_prefix(name_of(item), BYTES_LIT("setuptools-"))) ||
		    !bytes_has_suffix(item, BYTES_LIT(".whl")))
			return false;
	for (list = arguments; list.len > 0;)
		if (!command_next_literal(&list, &item))
			return false;

	*ret_wheels = wheels;
	return wheels.len > 0;
}

/* What pip puts around the path of a setup.py, as its {!r}.  From pip/_internal/utils/
 * setuptools_build.py: 21.3 to 25.2; 21.0 to 21.2; 19.3 to 20.3; before that. */
static const char *const shims[][4] = {
	{ "\nexec(compile('''\n"
	  "# This is <pip-setuptools-caller> -- a caller that pip uses to run setup.py\n"
	  "#\n"
	  "# - It imports setuptools before invoking setup.py, to enable projects that directly\n"
	  "#   import from `distutils.core` to work with newer packaging standards.\n"
	  "# - It provides a clear error message when setuptools is not installed.\n"
	  "# - It sets `sys.argv[0]` to the underlying `setup.py`, when invoking `setup.py` so\n"
	  "#   setuptools doesn't think the script is `-c`. This avoids the following warning:\n"
	  "#     manifest_maker: standard file '-c' not found\".\n"
	  "# - It generates a shim setup.py, for handling setup.cfg-only projects.\n"
	  "import os, sys, tokenize\n"
	  "\n"
	  "try:\n"
	  "    import setuptools\n"
	  "except ImportError as error:\n"
	  "    print(\n"
	  "        \"ERROR: Can not execute `setup.py` since setuptools is not available in \"\n"
	  "        \"the build environment.\",\n"
	  "        file=sys.stderr,\n"
	  "    )\n"
	  "    sys.exit(1)\n"
	  "\n"
	  "__file__ = %r\n"
	  "sys.argv[0] = __file__\n"
	  "\n"
	  "if os.path.exists(__file__):\n"
	  "    filename = __file__\n"
	  "    with tokenize.open(__file__) as f:\n"
	  "        setup_py_code = f.read()\n"
	  "else:\n"
	  "    filename = \"<auto-generated setuptools caller>\"\n"
	  "    setup_py_code = \"from setuptools import setup; setup()\"\n"
	  "\n"
	  "exec(compile(setup_py_code, filename, \"exec\"))\n"
	  "''' % (", ",), \"<pip-setuptools-caller>\", \"exec\"))" },
	{ "import io, os, sys, setuptools, tokenize; sys.argv[0] = ", "; __file__=",
	  ";f = getattr(tokenize, 'open', open)(__file__) if os.path.exists(__file__) else "
	  "io.StringIO('from setuptools import setup; setup()');code = f.read().replace('\\r\\n', '\\n');"
	  "f.close();exec(compile(code, __file__, 'exec'))" },
	{ "import sys, setuptools, tokenize; sys.argv[0] = ", "; __file__=",
	  ";f=getattr(tokenize, 'open', open)(__file__);code=f.read().replace('\\r\\n', '\\n');f.close();"
	  "exec(compile(code, __file__, 'exec'))" },
	{ "import setuptools, tokenize;__file__=",
	  ";f=getattr(tokenize, 'open', open)(__file__);code=f.read().replace('\\r\\n', '\\n');f.close();"
	  "exec(compile(code, __file__, 'exec'))" },
};

/* A string as Python's repr() writes it, at the front of *b: taken off.  None with an escape. */
static bool take_literal(struct bytes *b, struct bytes *ret)
{
	ptrdiff_t end;

	if (b->len < 2 || (b->ptr[0] != '\'' && b->ptr[0] != '"'))
		return false;
	end = bytes_find_byte(*b, b->ptr[0], 1);
	if (end < 0)
		return false;
	*ret = bytes_slice(*b, 1, (size_t)end - 1);
	*b = bytes_slice(*b, (size_t)end + 1, b->len - (size_t)end - 1);
	return bytes_find_byte(*ret, '\\', 0) < 0 && bytes_find_byte(*ret, '\n', 0) < 0;
}

static bool is_this_shim(const char *const *parts, struct bytes text)
{
	struct bytes first = BYTES_NONE, path, part = bytes_of(parts[0]);

	if (!bytes_has_prefix(text, part))
		return false;
	text = bytes_slice(text, part.len, text.len - part.len);
	for (size_t i = 1; parts[i]; i++) {
		if (!take_literal(&text, &path))
			return false;
		if (first.ptr && !bytes_equal(path, first))
			return false;
		first = path;
		part = bytes_of(parts[i]);
		if (!bytes_has_prefix(text, part))
			return false;
		text = bytes_slice(text, part.len, text.len - part.len);
	}
	return text.len == 0 && bytes_equal(name_of(first), BYTES_LIT("setup.py"));
}

bool command_is_shim(struct bytes text)
{
	for (size_t i = 0; i < ELEMENTSOF(shims); i++)
		if (is_this_shim(shims[i], text))
			return true;
	return false;
}

/* ---- with which arguments ---------------------------------------------------- */

static bool in_list(const char *const *list, struct bytes text)
{
	for (size_t i = 0; list && list[i]; i++)
		if (bytes_equal(bytes_of(list[i]), text))
			return true;
	return false;
}

/* "-i" stands in "-ivh", too; a long option may have "=value" behind it. */
static bool option_fits(const char *option, struct bytes a)
{
	struct bytes o = bytes_of(option);

	if (o.len == 2)
		return a.len >= 2 && a.ptr[0] == '-' && a.ptr[1] != '-' && bytes_find_byte(a, o.ptr[1], 1) >= 0;
	return bytes_has_prefix(a, o) && (a.len == o.len || a.ptr[o.len] == '=');
}

static bool any_option_fits(const char *const *list, struct bytes a)
{
	for (size_t i = 0; list && list[i]; i++)
		if (option_fits(list[i], a))
			return true;
	return false;
}

/* dpkg, rpm, pacman: the verb is an option, anywhere among them. */
static bool options_write(const struct grammar *g, struct bytes list, struct bytes *ret_word)
{
	bool writes = false;
	struct bytes a;

	*ret_word = BYTES_NONE;
	while (procfs_next_text(&list, &a)) {
		if (bytes_equal(a, BYTES_LIT("--")))
			break;
		if (any_option_fits(g->without, a)) {
			*ret_word = a;
			return false;
		}
		if (!writes && any_option_fits(g->verbs, a)) {
			*ret_word = a;
			writes = true;
		}
	}
	return writes;
}

/* Is an option before the verb known, and does it take the next argument?  -vvq is -v -v -q. */
static bool option_is_known(const struct grammar *g, struct bytes a, bool *ret_takes_next)
{
	ptrdiff_t equals = bytes_find_byte(a, '=', 0);
	bool any = in_list(g->flags, BYTES_LIT("*"));

	*ret_takes_next = false;
	if (bytes_has_prefix(a, BYTES_LIT("--"))) {
		if (equals > 0)
			return any || in_list(g->valued, bytes_slice(a, 0, (size_t)equals));
		*ret_takes_next = in_list(g->valued, a);
		return *ret_takes_next || any || in_list(g->flags, a);
	}
	for (size_t i = 1; i < a.len; i++) {
		const char one[2] = { '-', a.ptr[i] };

		if (in_list(g->valued, (struct bytes){ one, 2 })) {
			*ret_takes_next = i + 1 == a.len;
			return true;
		}
		if (!any && !in_list(g->flags, (struct bytes){ one, 2 }))
			return false;
	}
	return true;
}

/* "install", or the two words of "tool install". */
static bool verb_fits(const char *const *verbs, struct bytes first, struct bytes second)
{
	for (size_t i = 0; verbs && verbs[i]; i++) {
		struct bytes verb = bytes_of(verbs[i]);
		ptrdiff_t blank = bytes_find_byte(verb, ' ', 0);

		if (blank < 0 ? bytes_equal(verb, first)
			      : bytes_equal(bytes_slice(verb, 0, (size_t)blank), first) &&
					bytes_equal(bytes_slice(verb, (size_t)blank + 1, verb.len - (size_t)blank - 1), second))
			return true;
	}
	return false;
}

/* The next argument that is no option.  False: an option that is not known, which *ret then is.
 * At the end *ret is absent. */
static bool next_word(const struct grammar *g, struct bytes *list, struct bytes *ret)
{
	struct bytes a, value;
	bool takes_next;

	*ret = BYTES_NONE;
	while (procfs_next_text(list, &a)) {
		if (a.len == 0 || a.ptr[0] != '-') {
			*ret = a;
			return true;
		}
		if (!option_is_known(g, a, &takes_next)) {
			*ret = a;
			return false;
		}
		if (takes_next)
			(void)procfs_next_text(list, &value);
	}
	return true;
}

static bool words_write(const struct grammar *g, struct bytes list, bool *ret_building, struct bytes *ret_word)
{
	struct bytes first, second, all = list, a;

	*ret_word = BYTES_NONE;
	while (procfs_next_text(&all, &a))
		if (any_option_fits(g->without, a)) {
			*ret_word = a;
			return false;
		}
	if (!next_word(g, &list, &first)) {
		*ret_word = first;
		return false;
	}
	if (!first.ptr)
		return false;
	*ret_word = first;
	/* Options between the two words are the first one's; what they take is not known, so they end it. */
	if (!next_word(g, &list, &second))
		second = BYTES_NONE;
	if (verb_fits(g->verbs, first, second))
		return true;
	*ret_building = verb_fits(g->building, first, second);
	return *ret_building;
}

bool command_writes(const struct grammar *g, const struct process *p, size_t rest, bool *ret_building,
		    struct bytes *ret_word)
{
	struct bytes list = p->image->argv, a;

	*ret_building = false;
	*ret_word = BYTES_NONE;
	for (size_t i = 0; i < rest; i++)
		if (!procfs_next_text(&list, &a))
			return false;
	if (g->verbs[0][0] == '-')
		return options_write(g, list, ret_word);
	if (!g->anywhere)
		return words_write(g, list, ret_building, ret_word);
	while (procfs_next_text(&list, &a)) {
		*ret_word = a;
		if (in_list(g->verbs, a))
			return true;
	}
	return false;
}

/* ---- which entry --------------------------------------------------------------- */

static bool is_a_name(const struct entry *e, struct bytes name)
{
	for (size_t i = 0; i < ELEMENTSOF(e->names) && e->names[i]; i++)
		if (bytes_equal(name, bytes_of(e->names[i])))
			return true;
	return false;
}

/* The process is this, if its claims are true. */
static bool entry_is(const struct entry *e, bool python, const struct run *run, struct bytes exe)
{
	struct bytes wheels;

	switch (e->kind) {
	case KIND_SCRIPT:
		return python && run->how == RUN_SCRIPT && any_name_fits(e, name_of(run->what));
	case KIND_FILE:
		if (!python || run->how != RUN_SCRIPT)
			return false;
		for (size_t i = 0; i < sizeof(e->names) / sizeof(e->names[0]) && e->names[i]; i++)
			if (bytes_has_suffix(run->what, bytes_of(e->names[i])))
				return true;
		return false;
	case KIND_MODULE:
		return python && run->how == RUN_MODULE && is_a_name(e, run->what);
	case KIND_ENSUREPIP:
		return python && run->how == RUN_CODE && command_is_ensurepip(run->what, &wheels);
	case KIND_SHIM:
		return python && run->how == RUN_CODE && command_is_shim(run->what);
	case KIND_CODE:
		if (!python || run->how != RUN_CODE)
			return false;
		for (size_t i = 0; i < sizeof(e->names) / sizeof(e->names[0]) && e->names[i]; i++)
			if (bytes_find(run->what, bytes_of(e->names[i]), 0) >= 0)
				return true;
		return false;
	case KIND_NATIVE:
		return is_a_name(e, name_of(exe));
	case KIND_TOOL:
		return any_name_fits(e, name_of(exe)) ||
		       (run->how == RUN_SCRIPT && any_name_fits(e, name_of(run->what)));
	}
	return false;
}

/* An interpreter whose first argument without a dash is a script. */
static bool is_other_interpreter(struct bytes name)
{
	static const char *const interpreters[] = { "ruby", "perl", "sh", "bash", "dash" };

	for (size_t i = 0; i < sizeof(interpreters) / sizeof(interpreters[0]); i++)
		if (name_fits(interpreters[i], name))
			return true;
	return false;
}

/* Of these only the options are known that change nothing; with another one it is no tool. */
static void parse_other(const struct process *p, struct run *run)
{
	struct bytes a = BYTES_NONE;
	size_t i = 1, count = process_argument_count(p);

	while (i < count && i < INSTALLER_OPTIONS_MAX && in_list(installer_tool_options, a = process_argument(p, i)))
		i++;
	if (i == count || i == INSTALLER_OPTIONS_MAX || a.len == 0 || a.ptr[0] == '-')
		return;
	run->how = RUN_SCRIPT;
	run->what = a;
	run->rest = i + 1;
}

const struct entry *command_pick(const struct process *p, struct run *ret_run)
{
	struct bytes exe = p->image->exe, name = name_of(exe);
	bool python = command_is_python(name);
	struct run run = { .rest = 1 };

	if (python) {
		command_parse(p, &run);
	} else if (is_other_interpreter(name)) {
		parse_other(p, &run);
	}

	*ret_run = run;
	for (size_t i = 0; installer_entries[i].name; i++)
		if (entry_is(&installer_entries[i], python, &run, exe))
			return &installer_entries[i];
	return NULL;
}

const struct entry *command_claim(const struct process *p, struct bytes *ret_claim)
{
	struct bytes claims[3] = {
		name_of(process_argument(p, 0)),
		name_of(p->image->exe),
		{ p->comm, strnlen(p->comm, sizeof(p->comm)) },
	};

	for (size_t k = 0; k < 3; k++) {
		ptrdiff_t blank = bytes_find_byte(claims[k], ' ', 0);
		struct bytes claim = blank < 0 ? claims[k] : bytes_slice(claims[k], 0, (size_t)blank);

		for (size_t i = 0; installer_entries[i].name; i++) {
			const struct entry *e = &installer_entries[i];

			if (claim.len > 0 && (e->kind == KIND_SCRIPT || e->kind == KIND_NATIVE || e->kind == KIND_TOOL) &&
			    any_name_fits(e, claim)) {
				*ret_claim = claim;
				return e;
			}
		}
	}
	return NULL;
}
