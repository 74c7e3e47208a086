/* judgement.h - the data by which content is judged: weights, vocabularies, templates.
 *
 * Three kinds of documents, each a YAML file (pyhookd.judgement(5)):
 *
 *	indicators	what each indicator weighs, and from which score on content is suspicious or malicious
 *	vocabulary	which dotted names, modules and texts belong to which indicator or class
 *	templates	whole lines and whole files that well-known tools write, with the names under which they do
 *
 * The defaults are in the program (builtin.h); a file of the same name in a directory replaces them, one of another
 * name adds.  Immutable once loaded.
 */
#ifndef PYHOOKD_JUDGEMENT_H
#define PYHOOKD_JUDGEMENT_H

#include <stdbool.h>

#include "cleanup.h"
#include "indicator.h"
#include "problem.h"
#include "str.h"

struct judgement;

/* The defaults, with the *.yml and *.yaml of `dirs` (NULL-terminated; may be NULL) over them; a
 * directory that does not exist is passed over.
 * -EINVAL: problems say why, with places; *ret is untouched.  -ENOMEM. */
int judgement_load(char *const *dirs, struct problems *problems, struct judgement **ret);

/* One text over the defaults, for tests. */
int judgement_load_text(struct bytes text, const char *file, struct problems *problems, struct judgement **ret);

struct judgement *judgement_free(struct judgement *j);
DEFINE_CLEANUP(struct judgement, judgement_free)

/* ---- scores ------------------------------------------------------------------- */

/* Where code stands, which says how much of it is needed there. */
enum judged_as {
	JUDGED_LINE,		/* a line of a .pth; a PYTHONSTARTUP= or the like has none */
	JUDGED_MODULE,		/* a module that runs at start-up: sitecustomize, the target of an import line or entry point */
	JUDGED_MODULE_FUNCTION,	/* what one that is imported does later (struct finding) */
	JUDGED_LIBRARY,		/* a module of the standard library */
	JUDGED_LIBRARY_FUNCTION,	/* what is ordinary in a function of one (struct finding) */
	JUDGED_INTERACTIVE,	/* IPython's and Jupyter's files, PYTHONSTARTUP */
};

/* Points for one indicator; each counts once for a hook, however often it is found. */
int judgement_weight(const struct judgement *j, enum indicator i, enum judged_as as);

/* What the data says of an indicator, for people: "T1059.006"; "starts a process when Python starts".  Empty: nothing.
 * Owned by `j`. */
struct bytes judgement_technique(const struct judgement *j, enum indicator i);
struct bytes judgement_description(const struct judgement *j, enum indicator i);

enum judgement_answer {
	JUDGEMENT_NOTHING,	/* nothing against it */
	JUDGEMENT_SUSPICIOUS,
	JUDGEMENT_MALICIOUS,
};
enum judgement_answer judgement_of_score(const struct judgement *j, int score);

/* ---- vocabulary ------------------------------------------------------------------ */

/* What calling a function, or importing a module, amounts to.  A set. */
enum name_class {
	NAME_PROCESS		= 1 << 0,	/* os.system, subprocess.Popen, pty.spawn */
	NAME_BACKGROUND		= 1 << 1,	/* os.fork, threading.Thread */
	NAME_NETWORK		= 1 << 2,	/* socket.socket, urllib.request.urlopen: its result is of the network */
	NAME_NATIVE		= 1 << 3,	/* ctypes.CDLL */
	NAME_DECODE		= 1 << 4,	/* base64.b64decode, zlib.decompress, marshal.loads: its result is decoded */
	NAME_EXECUTE		= 1 << 5,	/* exec, eval, code.InteractiveInterpreter.runsource: runs its first argument */
	NAME_COMPILE		= 1 << 6,	/* compile: its result is its first argument */
	NAME_UNMARSHAL		= 1 << 7,	/* marshal.loads, pickle.loads: decoding that is execution, or nearly */
	NAME_READ_FILE		= 1 << 8,	/* open, pathlib.Path.read_text */
	NAME_WRITE_FILE		= 1 << 9,	/* os.rename, shutil.copy, os.chmod; open() by its mode */
	NAME_PATH_INSERT	= 1 << 10,	/* site.addsitedir, sys.path.insert */
	NAME_IMPORT_HOOK	= 1 << 11,	/* sys.meta_path, sys.path_hooks, builtins.__import__ = */
	NAME_LOAD_FILE		= 1 << 12,	/* runpy.run_path, SourceFileLoader, spec_from_file_location: runs a file */
	NAME_INTERFERENCE	= 1 << 13,	/* os.kill, os._exit, sys.exit */
	NAME_ANTI_ANALYSIS	= 1 << 14,	/* sys.gettrace, os.utime */
	NAME_HARVEST		= 1 << 15,	/* os.walk, glob.glob, getpass.getuser, platform.uname */
	NAME_REFLECTION		= 1 << 16,	/* getattr, globals, vars, __builtins__ */
	NAME_IMPORT		= 1 << 17,	/* __import__, importlib.import_module: its result is the module */
	NAME_INPUT		= 1 << 19,	/* input, sys.stdin, sys.argv: what whoever starts the interpreter gives */
	NAME_KEEP		= 1 << 20,	/* functools.lru_cache, dataclasses.dataclass: gives back what does as its first argument */
	NAME_LIBRARY		= 1 << 18,	/* a module that comes with the interpreter: judgement_is_library() alone tells */
};

/* The classes of a dotted name such as "os.system"; 0: none.  `name` is resolved (aliases replaced). */
unsigned judgement_name(const struct judgement *j, struct bytes name);

/* Does this module ("os.path", "json") come with the interpreter, so that it is there without a file beside the hook? */
bool judgement_is_library(const struct judgement *j, struct bytes module);

/* Indicators that a text (a string of the code, decoded) amounts to: ".ssh/id_rsa", "/etc/cron.d/", "http://".
 * A set of INDICATOR_BIT.  Linear in the text for a bounded number of patterns. */
uint64_t judgement_text(const struct judgement *j, struct bytes text);

/* ---- templates -------------------------------------------------------------------- */

enum template_kind {
	TEMPLATE_PTH_LINE,
	TEMPLATE_START_LINE,
	TEMPLATE_FILE,		/* a whole module */
};

/* Is the whole of `text` (both ends) a template's, and the file's name one under which that is written?
 * `file`: the absolute path of the hook.  NULL: no; else the template's name ("setuptools-distutils"), owned by `j`. */
const char *judgement_template(const struct judgement *j, enum template_kind kind, struct bytes file, struct bytes text);

/* Is this file name one of the templates' (with no placeholder alone), so that other content under it is a mimic? */
bool judgement_is_known_name(const struct judgement *j, enum template_kind kind, struct bytes file);

#endif
