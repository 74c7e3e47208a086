/* stdlib.c - the names that are in sys.stdlib_module_names (Python/stdlib_module_names.h) of 3.10, 3.11, 3.12 and 3.13 alike.  Those that
 * came or went in between are not here: in some version a file of that name is imported. */
#include "stdlib.h"

#include <stdlib.h>

#include "cleanup.h"

static int compare(const void *name, const void *row)
{
	return bytes_compare(*(const struct bytes *)name, bytes_of(*(const char *const *)row));
}

bool stdlib_has_module(struct bytes name)
{
	/* Sorted. */
	static const char *const names[] = {
		"__future__", "abc", "argparse", "array", "ast", "asyncio", "atexit", "base64", "bdb", "binascii",
		"bisect", "builtins", "bz2", "cProfile", "calendar", "cmath", "cmd", "code", "codecs", "codeop",
		"collections", "colorsys", "compileall", "concurrent", "configparser", "contextlib", "contextvars",
		"copy", "copyreg", "csv", "ctypes", "curses", "dataclasses", "datetime", "dbm", "decimal",
		"difflib", "dis", "doctest", "email", "encodings", "ensurepip", "enum", "errno", "faulthandler",
		"fcntl", "filecmp", "fileinput", "fnmatch", "fractions", "ftplib", "functools", "gc",
		"genericpath", "getopt", "getpass", "gettext", "glob", "graphlib", "grp", "gzip", "hashlib",
		"heapq", "hmac", "html", "http", "imaplib", "importlib", "inspect", "io", "ipaddress", "itertools",
		"json", "keyword", "linecache", "locale", "logging", "lzma", "mailbox", "marshal", "math",
		"mimetypes", "mmap", "modulefinder", "multiprocessing", "netrc", "ntpath", "numbers", "opcode",
		"operator", "optparse", "os", "pathlib", "pdb", "pickle", "pickletools", "pkgutil", "platform",
		"plistlib", "poplib", "posix", "posixpath", "pprint", "profile", "pstats", "pty", "pwd",
		"py_compile", "pyclbr", "pydoc", "pydoc_data", "pyexpat", "queue", "quopri", "random", "re",
		"readline", "reprlib", "resource", "rlcompleter", "runpy", "sched", "secrets", "select",
		"selectors", "shelve", "shlex", "shutil", "signal", "site", "smtplib", "socket", "socketserver",
		"sqlite3", "sre_compile", "sre_constants", "sre_parse", "ssl", "stat", "statistics", "string",
		"stringprep", "struct", "subprocess", "symtable", "sys", "sysconfig", "syslog", "tabnanny",
		"tarfile", "tempfile", "termios", "textwrap", "threading", "time", "timeit", "tkinter", "token",
		"tokenize", "trace", "traceback", "tracemalloc", "tty", "turtle", "types", "typing", "unicodedata",
		"unittest", "urllib", "uuid", "venv", "warnings", "wave", "weakref", "webbrowser", "wsgiref",
		"xml", "xmlrpc", "zipapp", "zipfile", "zipimport", "zlib", "zoneinfo",
	};

	return bsearch(&name, names, ELEMENTSOF(names), sizeof(names[0]), compare) != NULL;
}
