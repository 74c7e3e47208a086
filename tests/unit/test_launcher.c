#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cleanup.h"
#include "launcher.h"
#include "limits.h"

#define IMPORT "from pip._internal.cli.main import main\n"
#define PYTHON "#!/usr/bin/python3\n"
#define GUARD "if __name__ == '__main__':\n"
#define SUB "    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])\n"
#define EXIT "    sys.exit(main())\n"
#define REST "import re\nimport sys\n" IMPORT GUARD SUB EXIT

static const char *const imports[] = {
	"from pip._internal.cli.main import main",
	"from conda.cli import main",
	"from dnf.cli import main",
	"from pkg.app import App as run",
	NULL,
};

/* What the tools write, and what their users make of it without harm. */
static const struct {
	const char *text, *interpreter;
} genuine[] = {
	/* distlib within pip and virtualenv; pip's own since 25.1 */
	{ PYTHON "# -*- coding: utf-8 -*-\n" REST, "/usr/bin/python3" },
	{ PYTHON "import sys\n" IMPORT GUARD "    sys.argv[0] = sys.argv[0].removesuffix('.exe')\n" EXIT, "/usr/bin/python3" },
	/* Fedora, Debian: options, a blank before the path */
	{ "#!/usr/bin/python3 -sP\n" REST, "/usr/bin/python3" },
	{ "#! /usr/bin/python3\n" REST, "/usr/bin/python3" },
	/* a blank line behind the first: setuptools of pip 18 */
	{ "#!/v/bin/python3.6\n\n# -*- coding: utf-8 -*-\nimport re\nimport sys\n\n" IMPORT "\n" GUARD SUB EXIT,
	  "/v/bin/python3.6" },
	/* long paths: distlib, uv, uv's relocatable environments */
	{ "#!/bin/sh\n'''exec' \"/a b/bin/python\" \"$0\" \"$@\"\n' '''\n" REST, "/a b/bin/python" },
	{ "#!/bin/sh\n'''exec' /long/bin/python3.11 \"$0\" \"$@\"\n' '''\n" REST, "/long/bin/python3.11" },
	{ "#!/bin/sh\n'''exec' '/a b/bin/python' \"$0\" \"$@\"\n' '''\n" REST, "/a b/bin/python" },
	{ "#!/bin/sh\n'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")\"/'python3' \"$0\" \"$@\"\n' '''\n" REST, "python3" },
	{ "#!/bin/sh\n'''exec' \"$(dirname -- \"$(realpath \"$0\")\")\"/'python' \"$0\" \"$@\"\n' '''\n" REST, "python" },
	/* uv */
	{ PYTHON "# -*- coding: utf-8 -*-\nimport sys\n" IMPORT "if __name__ == \"__main__\":\n"
	  "    if sys.argv[0].endswith(\"-script.pyw\"):\n        sys.argv[0] = sys.argv[0][:-11]\n"
	  "    elif sys.argv[0].endswith(\".exe\"):\n        sys.argv[0] = sys.argv[0][:-4]\n" EXIT,
	  "/usr/bin/python3" },
	/* poetry's editable install */
	{ PYTHON IMPORT "\n" GUARD "    main()\n", "/usr/bin/python3" },
	/* an attribute of what is imported; another name for it */
	{ PYTHON "from pkg.app import App as run\nrun.start.now()\n", "/usr/bin/python3" },
	/* setuptools */
	{ PYTHON "# EASY-INSTALL-ENTRY-SCRIPT: 'pip==9.0.1','console_scripts','pip'\n__requires__ = 'pip==9.0.1'\n"
	  "import re\nimport sys\nfrom pkg_resources import load_entry_point\n\n" GUARD
	  "    sys.argv[0] = re.sub(r'(-script\\.pyw?|\\.exe)?$', '', sys.argv[0])\n    sys.exit(\n"
	  "        load_entry_point('pip==9.0.1', 'console_scripts', 'pip')()\n    )\n", "/usr/bin/python3" },
	{ PYTHON "# EASY-INSTALL-ENTRY-SCRIPT: 'pip==23.0','console_scripts','pip3'\nimport re\nimport sys\n\n"
	  "# for compatibility with easy_install; see #2198\n__requires__ = 'pip==23.0'\n\ntry:\n"
	  "    from importlib.metadata import distribution\nexcept ImportError:\n    try:\n"
	  "        from importlib_metadata import distribution\n    except ImportError:\n"
	  "        from pkg_resources import load_entry_point\n\n\n"
	  "def importlib_load_entry_point(spec, group, name):\n    dist_name, _, _ = spec.partition('==')\n"
	  "    matches = (\n        entry_point\n        for entry_point in distribution(dist_name).entry_points\n"
	  "        if entry_point.group == group and entry_point.name == name\n    )\n    return next(matches).load()\n\n\n"
	  "globals().setdefault('load_entry_point', importlib_load_entry_point)\n\n\n" GUARD
	  "    sys.argv[0] = re.sub(r'(-script\\.pyw?|\\.exe)?$', '', sys.argv[0])\n"
	  "    sys.exit(load_entry_point('pip==23.0', 'console_scripts', 'pip3')())\n", "/usr/bin/python3" },
	/* conda of the base environment */
	{ "#!/opt/conda/bin/python\n# -*- coding: utf-8 -*-\nimport sys\n"
	  "# Before any more imports, leave cwd out of sys.path for internal 'conda shell.*' commands.\n"
	  "# see https://github.com/conda/conda/issues/6549\n"
	  "if len(sys.argv) > 1 and sys.argv[1].startswith('shell.') and sys.path and sys.path[0] == '':\n"
	  "    # The standard first entry in sys.path is an empty string,\n"
	  "    # and os.path.abspath('') expands to os.getcwd().\n    del sys.path[0]\n\n" GUARD
	  "    from conda.cli import main\n    sys.exit(main())\n", "/opt/conda/bin/python" },
	/* dnf 4, shortened */
	{ PYTHON "from __future__ import unicode_literals\nimport sys\nhere = sys.path[0]\nif here == '/usr/bin':\n"
	  "    # we never import Python modules from /usr/bin\n"
	  "    # removing this lowers the risk of accidental imports of weird files\n    del sys.path[0]\nelse:\n"
	  "    # git checkout\n    import os\n    dnf_toplevel = os.path.dirname(here)\n    sys.path[0] = dnf_toplevel\n\n"
	  "from dnf.cli import main\nmain.user_main(sys.argv[1:], exit_code=True)\n", "/usr/bin/python3" },
	/* no newline at the end; a comment in another language; a tab */
	{ PYTHON "# \xc3\xa9\n" IMPORT "main()", "/usr/bin/python3" },
	{ PYTHON IMPORT GUARD "\tmain()\n", "/usr/bin/python3" },
	{ PYTHON "# vim: set fileencoding=utf-8 :\n" IMPORT "main()\n", "/usr/bin/python3" },
	{ PYTHON "#\n#\n# encoding: whatever\n" IMPORT "main()\n", "/usr/bin/python3" },
};

static const struct {
	const char *what, *text;
} others[] = {
	{ "empty", "" },
	{ "no interpreter", REST },
	{ "nothing is run", PYTHON "import re\nimport sys\n" },
	{ "another import", PYTHON "from evil import main\nmain()\n" },
	{ "the import and another", PYTHON IMPORT "from evil import main\nmain()\n" },
	{ "two programs", PYTHON IMPORT "from conda.cli import main\nmain()\n" },
	{ "a longer import", PYTHON "from pip._internal.cli.main import main, x\nmain()\n" },
	{ "a second statement", PYTHON IMPORT "main(); import evil\n" },
	{ "a second statement behind the import", PYTHON "from pip._internal.cli.main import main; import evil\n" },
	{ "a line before", PYTHON "import os\n" REST },
	{ "a line after", PYTHON REST "print(1)\n" },
	{ "an argument that is evaluated", PYTHON IMPORT "sys.exit(main(evil()))\n" },
	{ "another function", PYTHON IMPORT "sys.exit(maine())\n" },
	{ "called before it is imported", PYTHON "main()\n" IMPORT },
	{ "the path is changed", PYTHON "import sys\nsys.path.insert(0, '/tmp')\n" REST },
	{ "a block of dnf's beside the import of pip",
	  PYTHON "import sys\nhere = sys.path[0]\nif here == '/usr/bin':\n"
	  "    # we never import Python modules from /usr/bin\n"
	  "    # removing this lowers the risk of accidental imports of weird files\n    del sys.path[0]\nelse:\n"
	  "    # git checkout\n    import os\n    dnf_toplevel = os.path.dirname(here)\n    sys.path[0] = dnf_toplevel\n"
	  IMPORT GUARD EXIT },
	{ "conda's beside the import of pip",
	  PYTHON "import sys\nif len(sys.argv) > 1 and sys.argv[1].startswith('shell.') and sys.path and sys.path[0] == '':\n"
	  "    # The standard first entry in sys.path is an empty string,\n"
	  "    # and os.path.abspath('') expands to os.getcwd().\n    del sys.path[0]\n" IMPORT GUARD EXIT },
	{ "a line of dnf's and one of conda's",
	  PYTHON "import sys\nsuppress_keyboard_interrupt_message()\n"
	  "if len(sys.argv) > 1 and sys.argv[1].startswith('shell.') and sys.path and sys.path[0] == '':\n"
	  "    # The standard first entry in sys.path is an empty string,\n"
	  "    # and os.path.abspath('') expands to os.getcwd().\n    del sys.path[0]\nfrom conda.cli import main\nmain()\n" },
	{ "a block that is incomplete",
	  PYTHON "here = sys.path[0]\nsys.path[0] = dnf_toplevel\nfrom dnf.cli import main\nmain()\n" },
	{ "a block with a line in it",
	  PYTHON "here = sys.path[0]\nimport os\nif here == '/usr/bin':\nfrom dnf.cli import main\nmain()\n" },
	{ "unlike quotes", PYTHON IMPORT "if __name__ == '__main__\":\n" EXIT },
	{ "the project of another", PYTHON "__requires__ = 'evil==1'\n" REST },
	{ "the entry point of another", PYTHON "import sys\nsys.exit(load_entry_point('evil', 'console_scripts', 'pip')())\n" },
	{ "the entry point of one that begins alike",
	  PYTHON "import sys\nsys.exit(load_entry_point('pipe', 'console_scripts', 'pip')())\n" },
	{ "an entry point with an escape",
	  PYTHON "import sys\nsys.exit(load_entry_point('pip', 'console_scripts', 'x\\x41')())\n" },
	/* Lines that are not what they look like. */
	{ "carriage return in a comment", PYTHON "# x\rimport evil\n" REST },
	{ "carriage returns", "#!/usr/bin/python3\r\n" IMPORT "main()\r\n" },
	{ "form feed", PYTHON "\fimport re\n" REST },
	{ "utf-7", PYTHON "# -*- coding: utf-7 -*-\n# +AAo-import evil\n" REST },
	{ "utf-7 beside the interpreter", "#!/usr/bin/python3 -s coding=utf-7\n" REST },
	{ "utf-7 as the interpreter", "#!/usr/bin/coding=utf-7\n# +AAo-import evil\n" REST },
	{ "two encodings", PYTHON "# coding: utf-8 coding=utf_7\n" REST },
	{ "no encoding", PYTHON "# coding:\n" REST },
	{ "encoding of the second line, third form", PYTHON "\t# vim: set fileencoding=rot13 :\n" REST },
	{ "a string that swallows", PYTHON "'''\n" REST "'''\n" },
	{ "a docstring of its own", PYTHON "\"\"\"x\"\"\"\n" REST },
	{ "a docstring ended in a comment",
	  PYTHON "def suppress_keyboard_interrupt_message():\n    '''Prevent unsightly KeyboardInterrupt tracebacks.\n"
	  "# '''; import evil\n" REST },
	{ "the line goes on", PYTHON "import re \\\n" REST },
	/* The interpreter. */
	{ "code as an option", "#!/usr/bin/python3 -cimport\tevil\n" REST },
	{ "a module as an option", "#!/usr/bin/python3 -mevil\n" REST },
	{ "an option with a value", "#!/usr/bin/python3 -Wd\n" REST },
	{ "a lone dash", "#!/usr/bin/python3 -\n" REST },
	{ "two words", "#!/usr/bin/python3 -s -m\n" REST },
	{ "env", "#!/usr/bin/env python3\n" REST },
	{ "env without a word", "#!/usr/bin/env\n" REST },
	{ "env in the long form", "#!/bin/sh\n'''exec' /usr/bin/env \"$0\" \"$@\"\n' '''\n" REST },
	{ "a relative path", "#!python3\n" REST },
	{ "no path", "#!\n" REST },
	{ "a shell alone", "#!/bin/sh\n" REST },
	{ "a shell with an option", "#!/bin/sh -e\n'''exec' \"/p\" \"$0\" \"$@\"\n' '''\n" REST },
	{ "the string is not closed", "#!/bin/sh\n'''exec' \"/p/q\" \"$0\" \"$@\"\n" REST },
	{ "closed elsewhere", "#!/bin/sh\n'''exec' \"/p/q\" \"$0\" \"$@\"\n\n' '''\n" REST },
	{ "closed within", "#!/bin/sh\n'''exec' \"/p/'''+evil()+'''\" \"$0\" \"$@\"\n' '''\n" REST },
	{ "closed within, single quotes", "#!/bin/sh\n'''exec' '/p'''+evil()+'''' \"$0\" \"$@\"\n' '''\n" REST },
	{ "a command in it", "#!/bin/sh\n'''exec' \"/p/$(evil)\" \"$0\" \"$@\"\n' '''\n" REST },
	{ "two commands", "#!/bin/sh\n'''exec' /p/q;evil \"$0\" \"$@\"\n' '''\n" REST },
	{ "a path as a name", "#!/bin/sh\n'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")\"/'../x/python' \"$0\" \"$@\"\n' '''\n" REST },
	{ "a line behind the name", "#!/bin/sh\n'''exec' \"/p/q\" \"$0\" \"$@\"\n' '''; import evil\n" REST },
};

static void test_genuine(void **state)
{
	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(genuine); i++) {
		struct bytes interpreter = BYTES_NONE;

		if (!launcher_is(bytes_of(genuine[i].text), imports, true, &interpreter))
			fail_msg("refused: %s", genuine[i].text);
		if (!bytes_equal(interpreter, bytes_of(genuine[i].interpreter)))
			fail_msg("interpreter %.*s of: %s", (int)interpreter.len, interpreter.ptr, genuine[i].text);
	}
}

static void test_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(others); i++) {
		struct bytes interpreter = BYTES_NONE;

		if (launcher_is(bytes_of(others[i].text), imports, true, &interpreter))
			fail_msg("taken: %s", others[i].what);
		assert_null(interpreter.ptr);
	}
}

/* What an entry point leads to is said elsewhere: not for a tool of which every file has to be known. */
static void test_entry_points(void **state)
{
	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(genuine); i++) {
		bool asks = strstr(genuine[i].text, "load_entry_point") != NULL;
		struct bytes interpreter;

		assert_int_equal(launcher_is(bytes_of(genuine[i].text), imports, false, &interpreter), !asks);
	}
	/* Nor does pkg_resources have to be loaded. */
	assert_false(launcher_is(BYTES_LIT(PYTHON "from pkg_resources import load_entry_point\n" REST), imports, false,
				 &(struct bytes){ 0 }));
}

static void test_bytes_that_end_a_line(void **state)
{
	static const char bytes[] = { 0, 1, '\v', '\f', '\r', 0x1c, 0x1f };

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		_cleanup_str_ struct str text = STR_INIT;
		struct bytes interpreter;

		assert_int_equal(str_append_text(&text, PYTHON "# a"), 0);
		assert_int_equal(str_append_char(&text, bytes[i]), 0);
		assert_int_equal(str_append_text(&text, "import evil\n" REST), 0);
		assert_false(launcher_is(str_bytes(&text), imports, true, &interpreter));
	}
}

/* Whatever is put into a launcher at whatever place, be it a line or a byte that means something. */
static void test_anything_added(void **state)
{
	static const char *const added[] = {
		"import evil\n", "\nimport evil\n", "; import evil\n", "evil()\n", "\\", "'", "\"", "'''", ";", "(", "\r",
	};
	const struct bytes whole = BYTES_LIT(PYTHON "# -*- coding: utf-8 -*-\n" REST);

	(void)state;
	for (size_t a = 0; a < ELEMENTSOF(added); a++)
		for (size_t at = 0; at <= whole.len; at++) {
			_cleanup_str_ struct str text = STR_INIT;
			struct bytes interpreter, before = bytes_slice(whole, 0, at);
			ptrdiff_t line = bytes_find_last_byte(before, '\n') + 1;

			/* Within a comment, or the path, and no newline: that is what they are for. */
			if (bytes_find_byte(bytes_of(added[a]), '\n', 0) < 0 && whole.ptr[line] == '#')
				continue;
			assert_int_equal(str_append_bytes(&text, before), 0);
			assert_int_equal(str_append_text(&text, added[a]), 0);
			assert_int_equal(str_append(&text, whole.ptr + at, whole.len - at), 0);
			/* In a comment the first line of what is added is a comment, too. */
			if (line < (ptrdiff_t)at && whole.ptr[line] == '#' && added[a][0] != '\n')
				continue;
			if (launcher_is(str_bytes(&text), imports, true, &interpreter))
				fail_msg("taken: %s", text.buf);
		}
}

static void test_too_large(void **state)
{
	_cleanup_str_ struct str text = STR_INIT;
	struct bytes interpreter;

	(void)state;
	assert_int_equal(str_append_text(&text, PYTHON REST), 0);
	while (text.len < LAUNCHER_BYTES_MAX)
		assert_int_equal(str_append_char(&text, '\n'), 0);
	assert_true(launcher_is(str_bytes(&text), imports, true, &interpreter));
	assert_int_equal(str_append_char(&text, '\n'), 0);
	assert_false(launcher_is(str_bytes(&text), imports, true, &interpreter));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_genuine),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_entry_points),
		cmocka_unit_test(test_bytes_that_end_a_line),
		cmocka_unit_test(test_anything_added),
		cmocka_unit_test(test_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
