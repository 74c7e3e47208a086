/* launcher.c - a script is taken apart line by line, and each must fit a pattern of a table.
 *
 * Owns the grammar: the lines that distlib (pip, virtualenv), installer (poetry, pdm), setuptools,
 * uv, conda and dnf write, as data.  It is no Python parser and must not become one: what
 * it does not know is refused.
 *
 * How a line could hide another, and why it cannot here:
 * - a string over several lines turns what looks like a comment into code, or the other way
 *   round: such strings stand in the table as a whole, with everything between their quotes;
 * - a carriage return or a form feed begins a new line for Python, a NUL ended one before
 *   3.12: no control character but tab and newline is let through;
 * - "coding: utf-7" in one of the first two lines (PEP 263) makes "+AAo-" a newline:
 *   only encodings that leave ASCII as it is;
 * - "#!/usr/bin/python3 -cCODE" is an option for the kernel: letters without a value only;
 * - a path of the two-line form for long paths is quoted for the shell and lies within a string
 *   for Python: no quotes, no '$', no '\' in it.
 */
#include "launcher.h"

#include "cleanup.h"
#include "limits.h"

/* A pattern is the text itself, with
 *   '    a quote of either kind, and its partner of the same kind;
 *   %f   the name that the tool's import binds, or an attribute of it (main, cli.run);
 *   %p   a requirement of the tool's own project (pip, pip==9.0.1);
 *   %s   a plain name.
 * Blanks at the front of the first line do not count; those of the lines after it do.
 * A pattern of one tool says nothing beside the import of another: dnf's puts the directory above the
 * script's onto sys.path, where /usr/bin/dnf has nothing and an environment has whatever its owner likes. */
#define CONDA_IMPORT "from conda.cli import main"
#define DNF_IMPORT "from dnf.cli import main"
static const struct {
	const char *text;
	const char *import;	/* only beside this import; NULL: beside any */
	bool asks;		/* it leaves it to the metadata of a project what is run */
} patterns[] = {
	{ .text = "import re" },
	{ .text = "import sys" },
	{ .text = "from __future__ import %s" },
	{ .text = "if __name__ == '__main__':" },

	/* The ending of a Windows launcher: distlib, installer, setuptools; then uv. */
	{ .text = "sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])" },
	{ .text = "sys.argv[0] = re.sub(r'(-script\\.pyw?|\\.exe)?$', '', sys.argv[0])" },
	{ .text = "sys.argv[0] = sys.argv[0].removesuffix('.exe')" },
	{ .text = "if sys.argv[0].endswith('-script.pyw'):" },
	{ .text = "sys.argv[0] = sys.argv[0][:-11]" },
	{ .text = "elif sys.argv[0].endswith('.exe'):" },
	{ .text = "sys.argv[0] = sys.argv[0][:-4]" },

	{ .text = "sys.exit(%f())" },
	{ .text = "sys.exit(%f(sys.argv))" },
	{ .text = "sys.exit(%f(sys.argv[1:]))" },
	{ .text = "%f()" },
	{ .text = "rc = %f()" },
	{ .text = "sys.exit(rc)" },

	/* setuptools, before 42 and after. */
	{ .text = "__requires__ = '%p'", .asks = true },
	{ .text = "from pkg_resources import load_entry_point", .asks = true },
	{ .text = "sys.exit(load_entry_point('%p', 'console_scripts', '%s')())", .asks = true },
	{ .text = "load_entry_point('%p', 'console_scripts', '%s')()", .asks = true },
	{ .text = "sys.exit(", .asks = true },
	{ .text = ")", .asks = true },
	{ .text = "try:\n"
	  "    from importlib.metadata import distribution\n"
	  "except ImportError:\n"
	  "    try:\n"
	  "        from importlib_metadata import distribution\n"
	  "    except ImportError:\n"
	  "        from pkg_resources import load_entry_point", .asks = true },
	{ .text = "def importlib_load_entry_point(spec, group, name):\n"
	  "    dist_name, _, _ = spec.partition('==')\n"
	  "    matches = (\n"
	  "        entry_point\n"
	  "        for entry_point in distribution(dist_name).entry_points\n"
	  "        if entry_point.group == group and entry_point.name == name\n"
	  "    )\n"
	  "    return next(matches).load()", .asks = true },
	{ .text = "globals().setdefault('load_entry_point', importlib_load_entry_point)", .asks = true },

	/* conda of the base environment. */
	{ .text = "if len(sys.argv) > 1 and sys.argv[1].startswith('shell.') and sys.path and sys.path[0] == '':\n"
	  "    # The standard first entry in sys.path is an empty string,\n"
	  "    # and os.path.abspath('') expands to os.getcwd().\n"
	  "    del sys.path[0]", .import = CONDA_IMPORT },

	/* dnf 4. */
	{ .text = "def suppress_keyboard_interrupt_message():\n"
	  "    '''Prevent unsightly KeyboardInterrupt tracebacks.\n"
	  "\n"
	  "    Nothing will be printed to the terminal after an uncaught\n"
	  "    :class:`exceptions.KeyboardInterrupt`.\n"
	  "\n"
	  "    '''\n"
	  "    old_excepthook = sys.excepthook\n"
	  "\n"
	  "    def new_hook(type, value, traceback):\n"
	  "        if type != KeyboardInterrupt:\n"
	  "            old_excepthook(type, value, traceback)\n"
	  "        else:\n"
	  "            pass\n"
	  "\n"
	  "    sys.excepthook = new_hook", .import = DNF_IMPORT },
	{ .text = "suppress_keyboard_interrupt_message()", .import = DNF_IMPORT },
	{ .text = "if __name__ != '__main__':\n"
	  "    sys.stderr.write('The executable DNF module must not be imported.')\n"
	  "    sys.exit(1)", .import = DNF_IMPORT },
	{ .text = "here = sys.path[0]\n"
	  "if here == '/usr/bin':\n"
	  "    # we never import Python modules from /usr/bin\n"
	  "    # removing this lowers the risk of accidental imports of weird files\n"
	  "    del sys.path[0]\n"
	  "else:\n"
	  "    # git checkout\n"
	  "    import os\n"
	  "    dnf_toplevel = os.path.dirname(here)\n"
	  "    sys.path[0] = dnf_toplevel", .import = DNF_IMPORT },
	{ .text = "%f(sys.argv[1:], exit_code=True)", .import = DNF_IMPORT },
};

/* Encodings in which every ASCII byte is itself, and every other one is not ASCII. */
static const char *const encodings[] = { "utf-8", "utf8", "ascii", "us-ascii", "latin-1", "iso-8859-1" };

/* How the second line of the form for long paths stands around the path: distlib quotes only
 * what has a blank, uv always; the last two are uv's relocatable environments. */
static const struct {
	const char *before, *after;
	bool name;	/* a name in the script's directory, no path */
} exec_forms[] = {
	{ "'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")\"/'", "' \"$0\" \"$@\"", true },
	{ "'''exec' \"$(dirname -- \"$(realpath \"$0\")\")\"/'", "' \"$0\" \"$@\"", true },
	{ "'''exec' \"", "\" \"$0\" \"$@\"", false },
	{ "'''exec' '", "' \"$0\" \"$@\"", false },
	{ "'''exec' ", " \"$0\" \"$@\"", false },
};

struct launcher {
	struct bytes rest;		/* what follows the present line */
	const char *const *imports;
	struct bytes bound;		/* the name that the import has bound; absent before it */
	struct bytes import;		/* that line; absent before it */
	const char *needed;		/* the import that a line of one tool's belongs to; NULL: there was none */
	bool may_ask;			/* patterns that ask the metadata are taken, too */
	struct bytes interpreter;
	unsigned programs;		/* lines that say what is run: the import, or the entry point's requirement */
};

static bool is_one_of(char c, const char *set)
{
	return bytes_find_byte(bytes_of(set), c, 0) >= 0;
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static struct bytes skip(struct bytes b, size_t n)
{
	return bytes_slice(b, n, b.len - n);
}

static size_t span(struct bytes b, const char *more)
{
	size_t n = 0;

	while (n < b.len && (is_word(b.ptr[n]) || is_one_of(b.ptr[n], more)))
		n++;
	return n;
}

static struct bytes trim_front(struct bytes b)
{
	while (b.len > 0 && (b.ptr[0] == ' ' || b.ptr[0] == '\t'))
		b = skip(b, 1);
	return b;
}

/* ---- the interpreter ---------------------------------------------------- */

static bool is_plain_path(struct bytes path)
{
	if (path.len < 2 || path.ptr[0] != '/')
		return false;
	for (size_t i = 0; i < path.len; i++)
		if (is_one_of(path.ptr[i], "'\"$`\\"))
			return false;
	return true;
}

static bool is_env(struct bytes path)
{
	return bytes_equal(bytes_basename(path), BYTES_LIT("env"));
}

/* "#!/usr/bin/python3 -Es": the kernel gives all behind the path as one argument. */
static bool read_hashbang(struct bytes line, struct bytes *ret)
{
	struct bytes path = bytes_trim(skip(line, 2)), options = BYTES_NONE;
	size_t n = 0;

	while (n < path.len && path.ptr[n] != ' ' && path.ptr[n] != '\t')
		n++;
	options = trim_front(skip(path, n));
	path = bytes_slice(path, 0, n);
	if (!is_plain_path(path) || is_env(path))
		return false;
	for (size_t i = 0; i < options.len; i++)
		if (i == 0 ? options.ptr[i] != '-' : !is_one_of(options.ptr[i], "BEIOPRSbdqsuv"))
			return false;
	*ret = path;
	return options.len != 1;
}

static bool read_exec_line(struct bytes line, struct bytes *ret)
{
	for (size_t i = 0; i < ELEMENTSOF(exec_forms); i++) {
		struct bytes before = bytes_of(exec_forms[i].before), after = bytes_of(exec_forms[i].after);
		struct bytes path;

		if (!bytes_has_prefix(line, before) || !bytes_has_suffix(line, after) ||
		    line.len <= before.len + after.len)
			continue;
		path = bytes_slice(line, before.len, line.len - before.len - after.len);
		if (exec_forms[i].name ? span(path, ".") != path.len : !is_plain_path(path) || is_env(path))
			return false;
		/* Without quotes the shell would split it. */
		if (before.ptr[before.len - 1] == ' ' && span(path, "/.-+~") != path.len)
			return false;
		*ret = path;
		return true;
	}
	return false;
}

static bool read_interpreter(struct launcher *l, struct bytes first)
{
	struct bytes line;

	if (!bytes_has_prefix(first, BYTES_LIT("#!")))
		return false;
	if (!bytes_equal(first, BYTES_LIT("#!/bin/sh")))
		return read_hashbang(first, &l->interpreter);
	return bytes_next_line(&l->rest, &line) && read_exec_line(line, &l->interpreter) &&
	       bytes_next_line(&l->rest, &line) && bytes_equal(line, BYTES_LIT("' '''"));
}

/* ---- one line ----------------------------------------------------------- */

static bool is_plain_encoding(struct bytes name)
{
	for (size_t i = 0; i < ELEMENTSOF(encodings); i++)
		if (bytes_equal_fold(name, bytes_of(encodings[i])))
			return true;
	return false;
}

/* PEP 263: "coding", ':' or '=', blanks, a name; anywhere in a comment. */
static bool names_strange_encoding(struct bytes line)
{
	ptrdiff_t at = -1;

	while ((at = bytes_find(line, BYTES_LIT("coding"), (size_t)(at + 1))) >= 0) {
		struct bytes b = skip(line, (size_t)at + 6);

		if (b.len == 0 || !is_one_of(b.ptr[0], ":="))
			continue;
		b = trim_front(skip(b, 1));
		b = bytes_slice(b, 0, span(b, "-."));
		if (!is_plain_encoding(b))
			return true;
	}
	return false;
}

static char fold_name(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return c == '-' || c == '.' ? '_' : c;
}

/* Does the project `name` bring the package of one of the imports? */
static bool is_own_project(const struct launcher *l, struct bytes name)
{
	for (const char *const *p = l->imports; *p; p++) {
		struct bytes import = bytes_of(*p);
		ptrdiff_t blank = bytes_find_byte(import, ' ', 0);
		bool same;

		if (blank < 0)
			continue;
		import = skip(import, (size_t)blank + 1);
		import = bytes_slice(import, 0, span(import, ""));
		same = import.len == name.len && name.len > 0;
		for (size_t i = 0; same && i < name.len; i++)
			same = fold_name(import.ptr[i]) == fold_name(name.ptr[i]);
		if (same)
			return true;
	}
	return false;
}

/* The length of what a wildcard takes from the front of `b`; 0: it takes nothing. */
static size_t match_wildcard(const struct launcher *l, char kind, struct bytes b)
{
	size_t n;

	switch (kind) {
	case 'f':
		if (!l->bound.ptr || !bytes_has_prefix(b, l->bound))
			return 0;
		n = l->bound.len;
		while (n + 1 < b.len && b.ptr[n] == '.' && span(skip(b, n + 1), "") > 0)
			n += 1 + span(skip(b, n + 1), "");
		return n;
	case 'p':
		return is_own_project(l, bytes_slice(b, 0, span(b, "-."))) ? span(b, "-.=<>!~+") : 0;
	default:
		return span(b, "-.");
	}
}

/* The length of the part of `b` that fits the pattern, up to the end of a line; -1: none. */
static ptrdiff_t match_pattern(const struct launcher *l, const char *pattern, struct bytes b)
{
	size_t at = 0, n;
	char quote = 0;

	for (const char *p = pattern; *p; p++) {
		if (at >= b.len)
			return -1;
		if (*p == '%') {
			n = match_wildcard(l, *++p, skip(b, at));
			if (n == 0)
				return -1;
			at += n;
		} else if (*p == '\'') {
			if (quote ? b.ptr[at] != quote : !is_one_of(b.ptr[at], "'\""))
				return -1;
			quote = quote ? 0 : b.ptr[at];
			at++;
		} else if (*p != b.ptr[at++]) {
			return -1;
		}
	}
	return at == b.len || b.ptr[at] == '\n' ? (ptrdiff_t)at : -1;
}

static bool is_import(struct launcher *l, struct bytes line)
{
	for (const char *const *p = l->imports; *p; p++) {
		if (!bytes_equal(line, bytes_of(*p)))
			continue;
		l->import = line;
		l->bound = skip(line, (size_t)(bytes_find_last_byte(line, ' ') + 1));
		l->programs++;
		return true;
	}
	return false;
}

/* Is it a line of this launcher's?  Those of one tool only beside each other. */
static bool is_allowed(const struct launcher *l, size_t i)
{
	if (patterns[i].asks && !l->may_ask)
		return false;
	return !patterns[i].import || !l->needed || bytes_equal(bytes_of(patterns[i].import), bytes_of(l->needed));
}

/* Take what begins with `line` (its front blanks are off) off l->rest. */
static bool take_pattern(struct launcher *l, struct bytes line)
{
	struct bytes from = { line.ptr, (size_t)(l->rest.ptr + l->rest.len - line.ptr) };

	for (size_t i = 0; i < ELEMENTSOF(patterns); i++) {
		ptrdiff_t n = is_allowed(l, i) ? match_pattern(l, patterns[i].text, from) : -1;

		if (n < 0)
			continue;
		if (patterns[i].import)
			l->needed = patterns[i].import;
		l->programs += bytes_find(bytes_of(patterns[i].text), BYTES_LIT("load_entry_point('%p'"), 0) >= 0;
		l->rest = skip(from, (size_t)n);
		if (l->rest.len > 0)
			l->rest = skip(l->rest, 1);
		return true;
	}
	return false;
}

static bool is_known_line(struct launcher *l, struct bytes line, unsigned number)
{
	line = trim_front(line);
	if (line.len == 0)
		return true;
	if (line.ptr[0] == '#')
		return number > 2 || !names_strange_encoding(line);
	return is_import(l, line) || take_pattern(l, line);
}

static bool has_control(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] < ' ' && !is_one_of(text.ptr[i], "\t\n"))
			return true;
	return false;
}

bool launcher_is(struct bytes text, const char *const *imports, bool may_ask, struct bytes *ret_interpreter)
{
	struct launcher l = { .rest = text, .imports = imports, .may_ask = may_ask };
	struct bytes line;
	unsigned number = 1;

	if (text.len > LAUNCHER_BYTES_MAX || has_control(text) || !bytes_next_line(&l.rest, &line) ||
	    names_strange_encoding(line) || !read_interpreter(&l, line))
		return false;
	while (bytes_next_line(&l.rest, &line))
		if (!is_known_line(&l, line, ++number))
			return false;
	if (l.programs != 1 || (l.needed && !bytes_equal(l.import, bytes_of(l.needed))))
		return false;
	*ret_interpreter = l.interpreter;
	return true;
}
