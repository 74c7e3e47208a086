/* pycode.h - what a piece of Python source does when it runs.
 *
 * A tokenizer (pytoken.h) and a tolerant reader of expressions: names are followed through import, import as, from,
 * assignment, getattr and __import__; texts are put together as the interpreter would (escapes, adjacent and added
 * literals, join, chr, bytes, replace, slices, format); what is decoded by base64, hex, zlib and the like is decoded,
 * and what is executed as text is judged as code again, to a bounded depth.  No branch is decided: all count.  Code
 * in a function body weighs only if something at the top calls it, or its name escapes.
 *
 * A finding is `ordinary` if it stands in the body of a function that executes what it is given (not what it finds at a path
 * of its own), puts a function of its own into another module, raises SystemExit, or speaks of an address or a place of
 * secrets.  Functions of the standard library do (site.py executes the lines of .pth files, and defines quit() and the
 * interactive hook, which knows ~/.python_history); where the module itself is read, nothing is.
 *
 * A finding is `later` if it stands in a function that the code only keeps: a method of a class that is a base, or of an
 * object that is never used so (__str__ of one that is only stored); what is put where nobody knows; what functools.lru_cache
 * and the like are given (vocabulary: keep).  What is called, handed to a function outside (atexit.register, Thread), set
 * into another module or on sys.meta_path is not: somebody may call it at once.  Kept functions are read behind all others.
 *
 * It says what was found (findings) and what else would run (imports, files, paths), which the caller looks at.
 * Linear in the source, bounded in memory and depth; what is beyond a bound is INDICATOR_NOT_UNDERSTOOD.
 */
#ifndef PYHOOKD_PYCODE_H
#define PYHOOKD_PYCODE_H

#include <stdbool.h>

#include "indicator.h"
#include "judgement.h"
#include "region.h"
#include "str.h"
#include "work.h"

struct pycode_request {
	struct bytes source;		/* without byte order mark; UTF-8 or not */
	struct bytes path;		/* absolute path of the file that it stands in, for what is "its own directory" */
	unsigned line;			/* number of its first line, from 1 */
	bool is_main;			/* __name__ is "__main__", as for PYTHONSTARTUP and IPython's files */
	bool is_line;			/* one line of a .pth: `sitedir`, `name`, `fullname` are its locals */
	struct bytes call;		/* "run", "Class.method,stop": also called from outside, as by an entry point; or absent */
	const struct judgement *judgement;
	struct work *work;		/* what reading it may cost; NULL: CONTENT_WORK_MAX, for it alone */
};

/* A module that the code imports where it runs. */
struct pycode_import {
	struct bytes module;		/* dotted, "" for "from . import x"; in the region */
	struct bytes calls;		/* "install,Agent.start": what is called of it or handed on; absent: nothing */
	unsigned level;			/* dots of a relative import */
	bool maybe;			/* "from a import b": a.b is a module, or an attribute of a */
	unsigned line;
	bool alone;			/* the statement is nothing but "import NAME[, NAME]" */
	bool later;			/* see struct finding */
};

enum pycode_path_use {
	PYCODE_PATH_INSERT,		/* onto sys.path before others, addsitedir */
	PYCODE_PATH_APPEND,		/* at its end */
	PYCODE_PATH_RUN,		/* exec(open(PATH).read()), runpy.run_path(PATH), a loader */
	PYCODE_PATH_WRITE,
	PYCODE_PATH_PROCESS,		/* the program of a process, where it is a path */
};

struct pycode_path {
	struct bytes path;		/* as far as it is known; in the region */
	bool known;			/* all of it is */
	enum pycode_path_use use;
	unsigned line;
};

struct pycode {
	uint64_t indicators;		/* a set of INDICATOR_BIT; with `unread`, INDICATOR_NOT_UNDERSTOOD is in it */
	uint64_t plain;			/* those of which a finding is not `ordinary` */
	struct finding *findings;	/* PYCODE_FINDINGS_MAX at most: the first of each indicator, then others */
	size_t finding_count;
	struct pycode_import *imports;	/* PYCODE_IMPORTS_MAX at most */
	size_t import_count;
	struct pycode_path *paths;	/* PYCODE_PATHS_MAX at most */
	size_t path_count;
	bool runs;			/* anything at all is executed: false for comments, docstrings and the like */
	bool unread;			/* a bound on work or memory kept something from being read that runs */
	struct bytes decoded;		/* start of the first text that was decoded and would be executed; absent: none */
};

/* 0 or -ENOMEM; hostile source is no error. */
int pycode_judge(const struct pycode_request *request, struct region *region, struct pycode *ret);

#endif
