/* envfile.h - which Python variables does a file set?
 *
 * Sixteen grammars, one answer: the assignments of variables that CPython (or
 * a start-up hook) reads.  An assignment is reported wherever the file's reader
 * could perform it: shell conditions are not evaluated, all branches count.
 * Byte-exact, one pass, no recursion deeper than limits.h allows.
 *
 * Grammars: bash(1), fish(1), csh(1), pam_env(8), environment.d(5),
 * systemd.exec(5) and systemd.syntax(7), crontab(5), sshd(8) and
 * sshd_config(5), conda's conda-meta/state, supervisord's environment=.
 */
#ifndef PYHOOKD_ENVFILE_H
#define PYHOOKD_ENVFILE_H

#include <stdbool.h>

#include "hookpath.h"
#include "str.h"

struct env_assignment {
	struct bytes name;	/* PYTHONPATH, ...; valid during the callback only.  Of a name
				 * put together (export PYTHON$x=v) the text as written, and
				 * undecidable: then it is none of Python's names */
	struct bytes value;	/* quotes and escapes resolved; expansions ($HOME, ${X}, @{HOME})
				 * kept as written; valid during the callback only */
	struct bytes resolved;	/* the same, with the variables that this file has set before put in
				 * and ${X:-word} taken for word; what only the environment knows ($HOME,
				 * ~, @{HOME}) as written.  A place is judged by this one.  Valid
				 * during the callback only */
	unsigned line;		/* from 1: where the assignment begins */
	struct bytes file;	/* absolute path of the included file that it stands in (content_assignments());
				 * absent: of the file itself.  Valid during the callback only */
	bool append;		/* NAME+=value, or the like */
	bool undecidable;	/* the value depends on what only a run would tell: command
				 * substitution, arithmetic, a name put together, input
				 * (read NAME: then the value is empty) */
	bool export;		/* reaches child processes (a plain shell assignment may not:
				 * it is reported all the same, `set -a` may be anywhere) */
};

/* Called for each; a negative answer ends the parse and is returned. */
typedef int (*env_assignment_fn)(const struct env_assignment *a, void *userdata);

/* Another file that is read together with this one: systemd's EnvironmentFile=, `. FILE`, direnv's
 * dotenv, supervisord's [include].  Whoever may write to that file may set variables here. */
struct env_include {
	struct bytes path;	/* as env_assignment.resolved: absolute, relative (to the file, or the reader's
				 * directory), or a pattern; valid during the callback only */
	enum env_syntax syntax;	/* how it is read */
	unsigned line;
	bool optional;		/* nobody complains when it is not there */
	bool undecidable;
};

typedef int (*env_include_fn)(const struct env_include *i, void *userdata);

/* Report the assignments of Python variables in `content`.  Hostile content is
 * no error: what cannot be understood is skipped.  0, -ENOMEM, or what the
 * callback answered. */
int envfile_parse(enum env_syntax syntax, struct bytes content, env_assignment_fn fn, void *userdata);

/* The same, and the files that are included, in the order of the file. */
int envfile_parse_all(enum env_syntax syntax, struct bytes content, env_assignment_fn fn, env_include_fn include_fn,
		      void *userdata);

/* Is this a variable that can make Python run other code or find other modules
 * (python-startup: PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONEXECUTABLE
 * __PYVENV_LAUNCHER__ PYTHONWARNINGS PYTHONUSERBASE PYTHONPLATLIBDIR
 * PYTHONPYCACHEPREFIX PYTHONINSPECT PYTHONBREAKPOINT ...)?  Any PYTHON[A-Z0-9_]+ is,
 * and __PYVENV_LAUNCHER__. */
bool envfile_is_python_variable(struct bytes name);

const char *env_syntax_to_string(enum env_syntax s);

#endif
