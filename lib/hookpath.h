/* hookpath.h - from a path alone: can what stands here make code run when a
 * Python interpreter starts, and how?
 *
 * The answer follows the structure of the path, never a list of directories:
 * virtual environments are everywhere.  Sources: CPython's Lib/site.py,
 * Modules/getpath.py, PEP 405 (pyvenv.cfg), PEP 829 (.start), and the layouts
 * of Debian, PyPy, conda and pyenv.  Pure functions of their arguments.
 */
#ifndef PYHOOKD_HOOKPATH_H
#define PYHOOKD_HOOKPATH_H

#include <stdbool.h>

#include "str.h"

enum vector {
	VECTOR_NONE,
	VECTOR_PTH,			/* .pth: content decides between the next two */
	VECTOR_PTH_EXEC,
	VECTOR_PTH_PATH,
	VECTOR_START,			/* PEP 829 entry points */
	VECTOR_SITECUSTOMIZE,		/* any form: .py .pyc .so package */
	VECTOR_USERCUSTOMIZE,
	VECTOR_PYC,			/* __pycache__ of a start-up module */
	VECTOR_STDLIB,			/* a module that every start imports from disk */
	VECTOR_INTERPRETER_CONFIG,	/* ._pth, pybuilddir.txt, python3XY.zip */
	VECTOR_PYVENV_CFG,
	VECTOR_ENV,			/* a file that sets variables */
	VECTOR_IPYTHON,
	VECTOR_JUPYTER,
};

/* Where it stands, which says how surely it runs. */
enum hook_scope {
	SCOPE_NONE,
	SCOPE_SITE,		/* root of a site directory: every start of its interpreter */
	SCOPE_STDLIB,		/* standard library of an interpreter, or its lib-dynload */
	SCOPE_BIN,		/* beside an interpreter, or in the directory above it */
	SCOPE_SYSTEM,		/* env: for all users or services */
	SCOPE_USER,		/* env, ipython, jupyter: for one user */
	SCOPE_PROJECT,		/* env: only where a tool loads it (.envrc, .env, venv activate) */
	SCOPE_ELSEWHERE,	/* runs only if its directory gets onto sys.path some other way */
};

enum hook_form {
	FORM_NONE,
	FORM_TEXT,		/* .pth, .start, cfg, env */
	FORM_SOURCE,		/* .py, .ipy */
	FORM_BYTECODE,		/* .pyc */
	FORM_EXTENSION,		/* .so */
	FORM_PACKAGE,		/* __init__ of a package directory sitecustomize/ */
	FORM_ARCHIVE,		/* python3XY.zip */
	FORM_JSON,
};

/* Grammar of a file that sets variables. */
enum env_syntax {
	ENV_NONE,
	ENV_SHELL,		/* sh, bash, zsh, ksh: profile, rc, /etc/default, EnvironmentFile, activate */
	ENV_FISH,
	ENV_FISH_VARIABLES,	/* fish_variables: SETUVAR */
	ENV_CSH,
	ENV_ETC_ENVIRONMENT,	/* pam_env's envfile */
	ENV_PAM_ENV,		/* pam_env.conf, ~/.pam_environment */
	ENV_ENVIRONMENT_D,	/* environment.d(5) */
	ENV_SYSTEMD,		/* units, drop-ins, system.conf */
	ENV_CRON,
	ENV_SSH_ENVIRONMENT,	/* ~/.ssh/environment */
	ENV_SSH_AUTHORIZED_KEYS,
	ENV_SSHD_CONFIG,	/* SetEnv */
	ENV_CONDA_STATE,	/* conda-meta/state */
	ENV_SUPERVISORD,
	ENV_DOTENV,		/* .env */
	ENV_SYNTAX_LAST = ENV_DOTENV,
};

/* Raised when paths become hooks that were none: the inventory of an older daemon then says
 * nothing of them (baseline_file.h). */
#define HOOKPATH_REVISION 1

struct hook {
	enum vector vector;
	enum hook_scope scope;
	enum hook_form form;
	enum env_syntax syntax;		/* ENV_NONE unless vector is VECTOR_ENV */
	bool temporary;			/* a package manager's temporary name (X.dpkg-new, X;HEX8,
					 * X.pyc.NNN): not read by Python until it is renamed */
	struct bytes site_dir;		/* view into the path: the site directory, or the directory
					 * that the module would be imported from; empty if none */
};

/* Classify an absolute, normalised path of a file.  True and *ret filled, or
 * false (and *ret says VECTOR_NONE).  Linear in the length of the path. */
bool hookpath_classify(struct bytes path, struct hook *ret);

/* Also true for "sitecustomize" and "usercustomize": a directory of that name is
 * the package form.
 *
 * Could a file of this name be a hook in *some* directory where not every name
 * is one?  Called for every event on the host: a few comparisons, no false
 * negatives against hookpath_classify() except for directories below. */
bool hookpath_name_is_candidate(struct bytes name);

/* Is this a directory in which files of *any* name are hooks, or names so
 * common that only the directory tells (/etc/profile.d, cron.d, systemd units,
 * encodings/, IPython's startup/)?  Its handle is registered with the source,
 * since the name alone would be filtered out there. */
bool hookpath_dir_takes_any_name(struct bytes dir);

/* Is this a directory of hooks, or one above them in an environment: .../site-packages, .../lib/python3.11, .../lib?  Then
 * it matters where it leads if it is a link, and a search of what it leads to need go down into such only. */
bool hookpath_leads_to_hooks(struct bytes dir);

/* Could a link of this name, in some place, be one of those?  Called for every event of the host that makes or removes a
 * name.  No false negatives against the above, with the same exception as hookpath_dirname_is_candidate(), and but for
 * lib-python/3 of a PyPy before 7.3.5. */
bool hookpath_linkname_is_candidate(struct bytes name);

/* `name` leads to the directory `real`.  Are there hooks by the one name that are none, or of another scope, by
 * the other?  (/lib leads to /usr/lib, and both say the same.) */
bool hookpath_alias_differs(struct bytes name, struct bytes real);

/* Could a directory of this name, in some place, be one of those?  The filter for
 * directories that are created: no false negatives against
 * hookpath_dir_takes_any_name(), except for a directory whose parent takes any
 * name itself (the parent's handle tells then). */
bool hookpath_dirname_is_candidate(struct bytes name);

/* Must a scan go into this directory?  False for kernel filesystems' places
 * (/proc, /sys, what is below /dev except /dev/shm) only; /dev itself is entered,
 * since it leads to /dev/shm.  What is a mount is the caller's business. */
bool hookpath_scan_enters(struct bytes dir);

/* Do the databases of packages have hooks of this kind, so that one is asked which package it is of?  Those are what Python
 * runs out of a site directory at every start. */
bool hook_is_of_package(const struct hook *hook);

/* Well-known directories whose files are judged whatever their name, and files,
 * for the registration at start before the disk has been scanned.  Shell globs;
 * a leading "~" stands for each home directory.  Terminated by NULL. */
extern const char *const hookpath_well_known[];

const char *vector_to_string(enum vector v);	/* "pth-exec", "sitecustomize", ... (DESIGN: the vector) */
const char *hook_scope_to_string(enum hook_scope s);
const char *hook_form_to_string(enum hook_form f);

#endif
