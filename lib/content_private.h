/* content_private.h - between the files of lib/content*.c.
 *
 *	content.c		what is common: findings, lines, score, verdict
 *	content_pth.c		.pth and .start
 *	content_module.c	hooks that are modules
 *	content_import.c	what code does; modules that a hook imports
 *	content_path.c		directories and archives that a hook puts onto sys.path
 *	content_compiled.c	bytecode, native code, archives
 *	content_config.c	files of the interpreter: pyvenv.cfg, ._pth, pybuilddir.txt
 *	content_json.c		IPython's and Jupyter's JSON
 *	content_env.c		assignments of variables
 *	content_name.c		the name of the hook
 *
 * What is found goes two ways: into the subject (the line that is being judged, with all that it leads to) and into the
 * whole.  Each indicator counts once in either.
 */
#ifndef PYHOOKD_CONTENT_PRIVATE_H
#define PYHOOKD_CONTENT_PRIVATE_H

#include "content.h"
#include "limits.h"
#include "place.h"
#include "pycode.h"
#include "pysource.h"

/* Indicators that were found, with the most that each weighs where it was. */
struct tally {
	bool unread;		/* something of it was not read: subject_unread() */
	uint64_t set;
	int weights[INDICATOR_COUNT];
	int later;		/* the heaviest of what imported modules do later: all of it counts as one */
};

/* A module that a line led to, so that a thousand lines read it once. */
struct content_module {
	struct bytes dir, name, call;	/* where it was looked for, and what it was asked as; `dir` is a view */
	struct bytes path;		/* of the last package on the way, or of itself; absent: not found */
	bool all;			/* of itself */
	bool deep;			/* see struct subject */
	struct tally tally;		/* what was found in it */
};

enum search_order {
	SEARCH_LAST,			/* behind the standard library */
	SEARCH_FIRST,			/* before it, by code that runs at the start */
	SEARCH_FROM_START,		/* before it, and before anything is imported */
};

/* A directory or an archive that the hook puts onto sys.path. */
struct content_search {
	struct bytes path;		/* absolute; in the region */
	enum search_order order;	/* the foremost */
};

/* An archive whose members are read as files below its path. */
struct content_archive {
	struct bytes path;		/* absent: none */
	const struct str *content;
};

struct judging {
	const struct content_request *request;
	struct region *region;
	struct hook *hook;		/* a copy of the caller's */
	struct bytes bytes;
	struct bytes own_dir;		/* where the hook's modules are: a view */
	struct bytes dir;		/* where modules are looked for now: that, or one of `searches` */
	struct content_archive archive;	/* what `dir` is, if it is one */
	struct content_search searches[CONTENT_SEARCHES_MAX];
	size_t search_count;
	bool unsearched;		/* there were more */
	bool source_only;		/* no extension modules are looked for: there are none in archives, and it saves reads */

	struct tally tally;
	struct finding findings[CONTENT_FINDINGS_MAX];
	size_t finding_count;
	struct content_line lines[ALERT_LINES_MAX];
	int weights[ALERT_LINES_MAX];	/* of the lines, for which of them are kept */
	size_t line_count;
	int least;			/* no line kept weighs less, once there is no room */
	size_t executing, paths, templates;
	bool hidden;
	bool far;			/* what is looked for and read is: subject_is_far() */
	bool leads;			/* it leads to code, though nothing of it runs */
	unsigned places;
	struct bytes decoded, disables;

	struct work *work, own;		/* what its code may still cost: the request's, or its own */
	uint64_t far_work;		/* of it, what is left for `far` */
	unsigned place_steps;		/* looks at the disk that are left, for places */
	unsigned reads;			/* other files that may still be asked for */
	size_t read_bytes;		/* and read of them */
	struct content_module modules[CONTENT_MODULES_MAX];
	size_t module_count;
	struct content_target targets[CONTENT_TARGETS_MAX];
	size_t target_count;
	struct bytes included;		/* the file of variables that is being judged, if that is not the hook */
};

/* What is being judged: a line, a module, an assignment. */
struct subject {
	struct judging *j;
	enum judged_as as;
	unsigned line;			/* of the hook; 0: the whole of it */
	unsigned depth;			/* 0: in the hook; 1: in a module that it imports; ... */
	bool quiet;			/* it is a template: what it does itself is known and not said */
	bool deep;			/* a module that a module imports: only what is bad enough alone counts */
	struct tally tally;
	unsigned places;
	struct bytes target;		/* the first module that it leads to; in the region */
};

void tally_add(struct tally *t, enum indicator i, int weight);
void tally_add_later(struct tally *t, enum indicator i, int weight);
void tally_merge(struct tally *into, const struct tally *from);

#define SUBJECT(judging, how, number) ((struct subject){ .j = (judging), .as = (how), .line = (number) })

/* The part of the hook's bytes that is judged. */
struct bytes content_part(const struct content_request *request, struct bytes b);

/* Texts of a finding are copied. */
int subject_found(struct subject *s, const struct finding *f);
int subject_note(struct subject *s, enum indicator indicator, struct bytes detail);
/* Code that libraries import among themselves: nobody follows all of that, and that it is much says nothing. */
bool subject_is_far(const struct subject *s);
/* A bound kept something from being read that runs: suspicious at least, whatever weighs how much, unless it is far. */
void subject_unread(struct subject *s);
/* It costs so much.  False: there is not so much left, which is said, and it is not to be done. */
bool subject_work(struct subject *s, uint64_t units);

/* What was found speaks; else it is `otherwise`. */
enum content_verdict subject_verdict(const struct subject *s, enum content_verdict otherwise);

/* Who asks where a path leads. */
struct place_asker judging_asker(struct judging *j);

/* Where a path leads, as seen from the hook's directory; dangerous: UNSAFE_PATH. */
int subject_path(struct subject *s, struct bytes path);

/* The line is quoted if there is room: the worst are kept.  Its text is copied. */
int judging_line(struct judging *j, const struct content_line *line);
int subject_line(struct subject *s, struct bytes text, enum content_line_does does, bool hidden,
		 enum content_verdict otherwise);

/* Python source where it stands: findings, paths; with `follow` the modules that it imports from the hook's directory, too. */
struct content_code {
	struct bytes source;
	struct bytes path;	/* of the file that it is in */
	struct bytes file;	/* the same if that is not the hook; else absent */
	unsigned line;
	bool is_line;
	bool is_text;		/* it is decoded; else it is the bytes of a file (pysource.h), if it is no line */
	bool follow;
	struct bytes package;	/* it is the __init__ of the package in this directory; else absent */
	struct bytes call;
};
int subject_code(struct subject *s, const struct content_code *code, bool *ret_runs);

/* What its encoding says of it. */
int subject_encoding(struct subject *s, const struct pysource *source, struct bytes file);

/* The module `dotted` as CPython would find it in the hook's directory: judged, with `call` called.
 * *ret_found: it is there. */
int subject_module(struct subject *s, struct bytes dotted, struct bytes call, bool *ret_found);

/* Likewise the module in judging.dir, whatever its name and however often it is asked for; *ret_path: of the last package on
 * the way, or of itself, absent: not found. */
int subject_module_here(struct subject *s, struct bytes dotted, struct bytes call, struct bytes *ret_path, bool *ret_found);

/* Asked in a directory or archive, with judging.dir there: 0 goes on to the next one, 1 ends it; negative errno. */
typedef int (*content_search_fn)(struct subject *s, const struct content_search *search, void *userdata);

/* Put a path, as seen from the hook's directory, onto sys.path: from now on modules are looked for there, too. */
int judging_search(struct judging *j, struct bytes path, enum search_order order);

/* The same, and what every start imports from there. */
int subject_start(struct subject *s, struct bytes path, enum search_order order);

/* subject_path(), and that. */
int subject_search(struct subject *s, struct bytes path, enum search_order order);

/* In the hook's own directory, unless that is judging.dir, and in each directory and archive that was put onto sys.path. */
int subject_searches(struct subject *s, content_search_fn fn, void *userdata);

/* What stands at `path`, if that is a member of the archive that is open.  -ENOENT, -ENOMEM. */
int judging_read_member(struct judging *j, struct bytes path, size_t max, struct str *ret, struct stat *ret_st);
bool judging_in_archive(const struct judging *j, struct bytes path);

/* Another file of known path, executed as a script. */
int subject_file(struct subject *s, struct bytes path);

/* Compiled code in the file `file` (absent: in the hook).  `source`, `source_st`: of what it was compiled from; NULL: not to be
 * had. */
int subject_bytecode(struct subject *s, struct bytes bytes, struct bytes file, const struct str *source, const struct stat *source_st);
int subject_native(struct subject *s, struct bytes bytes, struct bytes file);

bool content_is_identifier(struct bytes b);

/* An assignment, wherever it stands. */
int subject_assignment(struct subject *s, const struct env_assignment *a);

/* Another file by the caller's reader, within the bounds.  -ENOENT, -ENOMEM. */
int judging_read(struct judging *j, struct bytes path, struct str *ret, struct stat *ret_st);

/* A file that runs with the hook, to be watched for it; `content` NULL: it would, if it were there.  One that was met is
 * not told again. */
int judging_target(struct judging *j, struct bytes path, const struct str *content);

/* One for each kind of hook: 0 or -ENOMEM. */
int content_judge_pth(struct judging *j);
int content_judge_start(struct judging *j);
int content_judge_module(struct judging *j, enum judged_as as);
int content_judge_bytecode(struct judging *j, enum judged_as as);
int content_judge_native(struct judging *j, enum judged_as as);
int content_judge_archive(struct judging *j, enum judged_as as);
int content_judge_pyvenv_cfg(struct judging *j);
int content_judge_path_file(struct judging *j);
int content_judge_json(struct judging *j);
int content_judge_env(struct judging *j);
int content_judge_name(struct judging *j);

#endif
