/* installer_private.h - between the parts of installer, and for nobody else.
 *
 *	installer.c		the question: pick an entry, make its checks, say what was found
 *	installer_table.c	data: the installers, where they write, what makes them run other code
 *	installer_command.c	what a command line runs, and which entry that is
 *	installer_python.c	the interpreter, its packages, its script, its working directory
 *	installer_inside.c	what else runs in that interpreter: its package's files, its hooks
 *	installer_trust.c	files: who can change them, what is in them
 *	installer_cache.c	what was found of files that have not changed since
 *
 * All memory is the region's; nothing here outlives the question.
 */
#ifndef PYHOOKD_INSTALLER_PRIVATE_H
#define PYHOOKD_INSTALLER_PRIVATE_H

#include <dirent.h>

#include "installer.h"
#include "limits.h"
#include "provenance.h"
#include "work.h"

/* ---- the table (installer_table.c) ------------------------------------------ */

enum kind {
	KIND_SCRIPT,	/* a launcher script, run by Python: names are its name */
	KIND_FILE,	/* a file of an installed package, run by path: names are how the path ends */
	KIND_MODULE,	/* python -m NAME */
	KIND_ENSUREPIP,	/* python -c with the text of ensurepip/__init__.py */
	KIND_SHIM,	/* python -c with the text with which pip runs a setup.py */
	KIND_CODE,	/* python -c: the text holds one of the names */
	KIND_NATIVE,	/* a program of its own: names are its executable's */
	KIND_TOOL,	/* named by executable, or by the script of any interpreter */
};

/* Where an installer writes.  A true pip that writes ~/.bashrc is no more at
 * its business than a stranger. */
struct habitat {
	enum {
		HABITAT_CONTAINS = 1,	/* part of the path */
		HABITAT_NAME,		/* the file's name */
		HABITAT_BESIDE,		/* a name in a directory above */
		HABITAT_SUFFIX,		/* how the path ends */
		HABITAT_BELOW,		/* directories that follow each other in it: "overlay2" "*" "diff"; a star is any one */
	} how;
	const char *text;
};

/* With which arguments a tool writes.  Without: `pip config get x > x.pth` would be an
 * installation.  All are lists that end with NULL, or NULL. */
struct grammar {
	/* "install", "tool install" (two words), or options: "-i", "--install". */
	const char *const *verbs;
	/* With these it writes to `building_writes` only: what a build needs. */
	const char *const *building;
	const struct habitat *building_writes;
	/* Options that make another thing of a verb: rpm -q -i asks. */
	const char *const *without;
	/* What may stand before the verb: options that take the next argument, and those that do
	 * not; "*": any.  Another option could take what looks like the verb as its value. */
	const char *const *valued;
	const char *const *flags;
	bool anywhere;		/* the verb may be any argument (distutils: several commands, each with options) */
};

enum {
	ENTRY_ROOT = 1 << 0,	/* the system's own: only root may be able to change it */
	ENTRY_STDLIB = 1 << 1,	/* the package is in the standard library, not in a site directory */
	ENTRY_FLEETING = 1 << 2, /* the file is temporary: it may be gone by now, the parent vouches for it */
	ENTRY_SYSTEM = 1 << 3,	/* it writes where the system is, in directories of root's */
	ENTRY_MANAGED = 1 << 4,	/* a configuration management: informs, is never verified */
	ENTRY_PATH_LINES = 1 << 5, /* believed only for files that hold nothing but path lines */
	ENTRY_OWN_SCRIPT = 1 << 6, /* the script is no launcher: it may lie anywhere, and hold anything */
	ENTRY_ANY_CWD = 1 << 7,	/* what is in its working directory does not matter: it runs code from there anyway */
	ENTRY_RECORDED = 1 << 9, /* its package has a RECORD wherever it is not root's alone */
	ENTRY_SITES = 1 << 10,	/* it installs into the site directories of its interpreter, or where its arguments say */
	ENTRY_LINKED = 1 << 8,	/* its package may be in a directory that a .pth names (pipx's shared pip) */
};

struct entry {
	const char *name;
	enum kind kind;
	const char *names[8];
	const char *package;		/* file below a site directory that has to be there */
	const char *texts[6];		/* one of them is what the launcher script imports; a NULL behind the last */
	const char *markers[4];		/* one of them is in the program; a NULL behind the last */
	const struct grammar *grammar;	/* NULL: it writes whatever its arguments are */
	const char *local[3];		/* files of the project that it runs in its own process */
	const struct habitat *writes;	/* NULL: anything */
	const char *place;		/* part of the path of its own script */
	const char *parent;		/* its parent has to be a verified installer of this name */
	unsigned flags;			/* ENTRY_* */
	const char *otherwise;		/* the reason where it is not believed for this target */
	const char *never;		/* why it is not verified, whatever it looks like */
};

/* Order matters: the first that fits the command line is taken.  Ends with one without a name. */
extern const struct entry installer_entries[];

/* These end with NULL. */
extern const char *const installer_system_dirs[];
extern const char *const installer_system_stores[];
extern const char *const installer_python_variables[];
extern const char *const installer_loader_variables[];
extern const char *const installer_output_variables[];	/* name a file that is written */
extern const char *const installer_reading_options[];	/* the next argument is a file that is read */
extern const char *const installer_python_markers[];
extern const char *const installer_path_files[];	/* beside an interpreter: replace its path */
extern const char *const installer_optional_modules[];
extern const char *const installer_tool_options[];	/* before a script */
extern const char *const installer_program_places[];	/* directories, as HABITAT_BELOW */
extern const char *const installer_homes[];		/* begin a path that is no part of the system */

struct found;

/* ---- answers (installer.c) ---------------------------------------------------- */

/* One question under way.  `error` sticks: a check that ran out of memory says
 * nothing more, and the caller gets the error.  -EDQUOT is one here: too much was looked at, the
 * question ends where it is, and the process is refused. */
struct check {
	const struct installer_request *request;
	const struct mount_table *mounts;	/* what is mounted below rootfd; NULL: nothing, as in a recording */
	struct mount_table own_mounts;	/* where they are ours, read for this question */
	struct work *work;		/* shared with the question about the parent */
	const struct process *process;
	const struct entry *entry;
	int rootfd;
	bool vouches;			/* it is asked about as a parent: what it writes itself does not matter */
	struct bytes target;
	uid_t owner;
	struct region *region;
	struct bytes reasons[INSTALLER_REASONS_MAX];
	size_t reason_count;
	struct bytes changed;		/* what of its package or script was changed after its start; absent: nothing */
	bool renewed;			/* the whole package was: it has replaced itself */
	bool upgraded;			/* a tool of the system's whose executable was replaced by another of root's */
	size_t refusal_count;		/* so many of the reasons, the first ones, speak against it */
	bool refused;
	int error;
};

/* Of a path or argument, what a reason quotes: for "%.*s". */
#define QUOTE(b) (int)((b).len < INSTALLER_QUOTE_MAX ? (b).len : INSTALLER_QUOTE_MAX), (b).len ? (b).ptr : ""

/* The same for a path that is built: one that is cut is another file's. */
#define WHOLE(b) (int)(b).len, (b).len ? (b).ptr : ""

/* Note what a check found.  Answers `holds`. */
bool check_say(struct check *c, bool holds, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* a/b in the region; absent (and the error set) when there is no memory. */
struct bytes check_join(struct check *c, struct bytes a, struct bytes b);
struct bytes check_join_text(struct check *c, struct bytes a, const char *b);

/* As the process meant it; absent when its working directory is not known. */
struct bytes check_absolute(struct check *c, struct bytes path);

bool check_is_set(const struct process *p, const char *name);

/* Does the program hold one of the texts?  `extra` names the list, for what is remembered.  Says
 * nothing where it holds one. */
bool check_holds(struct check *c, const struct found *exe, const char *const *markers, uint64_t extra,
		 const char *what);

/* The absent path has the empty name. */
static inline struct bytes name_of(struct bytes path)
{
	return path.ptr ? bytes_basename(path) : BYTES_LIT("");
}

static inline bool is_absolute(struct bytes path)
{
	return path.len > 0 && path.ptr[0] == '/';
}

/* ---- files (installer_trust.c) -------------------------------------------------- */

enum {
	LOOK_ROOT = 1 << 0,	/* only root may be able to change it */
	LOOK_NO_STICKY = 1 << 1, /* /tmp and its like are no place for it */
};

struct found {
	bool exists;
	struct bytes path;	/* without symbolic links; a NUL behind it */
	struct stat st;
	struct bytes weak;	/* the first component that others can change; absent: none */
	const char *why;	/* and how */
	struct timespec changed;	/* the last change of the file, and of the links on the way to it */
};

/* Resolve `path` below rootfd, one component at a time, and look at the owner
 * and mode of each: a file is as safe as the weakest directory on the way.
 * False: `error` is set.  Not to be found is an answer. */
bool trust_look(struct check *c, struct bytes path, unsigned flags, struct found *ret);
unsigned trust_flags(const struct check *c);	/* LOOK_ROOT where only root's code counts */

/* Count what is about to be looked at.  False: it is too much, and `error` is -EDQUOT. */
bool trust_afford(struct check *c, uint64_t units);

/* A regular file that only root or the owner can change; says why not. */
bool trust_file(struct check *c, const struct found *f, const char *what, struct bytes path);

/* Is it later than the process's execution of its program? */
bool trust_after_exec(const struct check *c, const struct timespec *t);

/* Was it changed after the process had executed its program?  Whoever changes what it ran can put it back,
 * but not its time of change.  A file of several names changes when one is made. */
bool trust_changed_since(const struct check *c, const struct found *f);

/* Was it made after that?  False where the filesystem does not know. */
bool trust_born_since(const struct check *c, const struct found *f);

/* Was something taken out of the directory after that?  What is added, or comes by a rename, is at least as new as
 * the directory's own change; what is taken out leaves nothing that new.  Whoever puts something in afterwards
 * hides it, so this is a trap for those who only tidy up. */
bool trust_lost_since(struct check *c, const struct found *dir);

/* The file that was found, to be read; -errno, -ESTALE: another is there by now. */
int trust_open(struct check *c, const struct found *f);

/* Up to `size` bytes of the file that was found.  Absent: cannot be read. */
struct bytes trust_read(struct check *c, const struct found *f, char *buffer, size_t size);

/* NULL: cannot be read.  The caller reads INSTALLER_ENTRIES_MAX names at most, and closes it. */
DIR *trust_open_directory(struct check *c, const struct found *f);

/* ---- the command line (installer_command.c) ---------------------------------------- */

struct run {
	enum { RUN_NOTHING, RUN_SCRIPT, RUN_MODULE, RUN_CODE } how;
	struct bytes what;		/* the script as given, the module, the text */
	bool no_environment;		/* -E, -I: PYTHON* do not count */
	bool safe_path;			/* -P, -I: the working directory is not searched */
	bool no_user_site;		/* -s, -I */
	bool no_site;			/* -S */
	size_t rest;			/* index of the first argument behind `what` */
	struct bytes refused;		/* the first option that no installer uses */
};

/* python, python3, python3.11, python3.7m, python3.13t, python3.11d, pypy3.9 */
bool command_is_python(struct bytes name);

/* Python/initconfig.c, config_parse_cmdline(): short options may stand
 * together, -c and -m end them, -W and -X take the rest or the next argument. */
void command_parse(const struct process *p, struct run *ret);

/* Is it ensurepip's text, as _run_pip() of 3.8 to 3.14 writes it, and nothing
 * else?  *ret_wheels is the list of wheels that it runs pip from. */
bool command_is_ensurepip(struct bytes text, struct bytes *ret_wheels);

/* Is it the text with which pip (10 to 25.2) runs a setup.py, and nothing else? */
bool command_is_shim(struct bytes text);

/* Do the arguments from `rest` on say that the tool writes?  *ret_building: only what a
 * build needs.  *ret_word: the verb, or the option that is not known. */
bool command_writes(const struct grammar *g, const struct process *p, size_t rest, bool *ret_building,
		    struct bytes *ret_word);

/* One item of a list that Python's repr() wrote: 'text' without an escape.
 * Takes it off *b, with the ", " behind it. */
bool command_next_literal(struct bytes *b, struct bytes *ret);

/* The entry that the process is, if its claims are true; NULL: none. */
const struct entry *command_pick(const struct process *p, struct run *ret_run);

/* The entry that the process only calls itself after: argv[0], its executable's
 * or its own name is a tool's, and what runs is something else. */
const struct entry *command_claim(const struct process *p, struct bytes *ret_claim);

/* ---- Python (installer_python.c) ----------------------------------------------------- */

/* What the interpreter works out at its start (Modules/getpath.py). */
struct python {
	struct bytes launcher;		/* argv[0] as a path: the link in a virtual environment */
	struct bytes prefix;		/* of the virtual environment, or base */
	struct bytes base;
	struct bytes lib;		/* "python3.11": the directory's name in lib/ */
	bool venv;
	bool system_site;		/* the virtual environment also sees base's packages */
	struct bytes sites[INSTALLER_SITES_MAX];	/* the site directories that are there, in the order of sys.path */
	size_t site_count;
};

/* False: said why not, or no memory. */
bool python_find(struct check *c, const struct found *exe, const struct run *run, struct python *ret);

/* `name = value` of pyvenv.cfg (Lib/site.py, venv()). */
struct bytes python_config_value(struct bytes config, struct bytes name);

void python_check_package(struct check *c, const struct python *py);
void python_check_script(struct check *c, const struct python *py, const struct run *run);

/* A file of an installed package that is run by its path; for a directory
 * Python runs __main__.py. */
void python_check_file(struct check *c, const struct python *py, const struct run *run);

/* A script that is the project's, or was made for this one run. */
void python_check_own_script(struct check *c, const struct run *run);

/* -m and -c search the working directory first: a pip.py there is what runs. */
void python_check_working_directory(struct check *c, const struct python *py, const struct run *run);

/* A file that can be imported: "re.cpython-311-x86_64-linux-gnu.so" is the module "re". */
bool python_is_file(struct bytes name, struct bytes *ret_module);

/* Byte code is written before its module runs, so it tells of one that has removed itself: that of one of the modules,
 * which is newer than the process's program and has no source in `dir`.  Absent: none. */
struct bytes python_find_orphan(struct check *c, struct bytes dir, const char *const *modules);

/* Are the files of the package, of which `file` is one, those of its RECORD? (installer_inside.c) */
void python_check_record(struct check *c, struct bytes file);

/* Is it where this pip installs to?  A member of a wheel can be written through a link, and what is moved to
 * --target is all that is in a temporary directory. */
void python_check_place(struct check *c, const struct python *py, const struct run *run);

/* Does a package account for the file `f`, if it is called `path`? (installer_inside.c) */
bool python_is_provenanced(struct check *c, const struct found *f, struct bytes path, struct provenance *ret);

/* Do only known hooks run in it? (installer_inside.c) */
void python_check_inside(struct check *c, const struct python *py, const struct run *run);

/* ensurepip runs pip from wheels that it unpacked a moment ago and removes. */
void python_check_wheels(struct check *c, const struct run *run);

/* ---- what is remembered (installer_cache.c) -------------------------------------------- */

enum memo_kind {
	MEMO_MARKER = 1,	/* the program has its entry's marker */
	MEMO_PACKAGE,		/* the package is what its RECORD says, or is not */
	MEMO_HOOK,		/* a package accounts for the hook */
	MEMO_PROCESS,		/* the process had a good package */
	MEMO_COPY,		/* the program is a copy of another */
};

/* An answer about a file holds as long as the file is the same: inode, size, time of change.
 * `extra` is what else the answer depends on. */
bool memo_get(struct installer_cache *cache, enum memo_kind kind, const struct stat *st, uint64_t extra,
	      bool *ret);
void memo_put(struct installer_cache *cache, enum memo_kind kind, const struct stat *st, uint64_t extra, bool answer);

#endif
