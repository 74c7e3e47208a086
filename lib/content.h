/* content.h - what a hook does: what its bytes tell, and what else would run with it.
 *
 * The stage between process and rules.  Given the bytes and the path, it reads them as the interpreter would, judges
 * each line that runs (pycode.h), follows an import line or an entry point into the site directory, judges where paths
 * and variables lead (place.h), and says with which weight (judgement.h).
 */
#ifndef PYHOOKD_CONTENT_H
#define PYHOOKD_CONTENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "envfile.h"
#include "hookpath.h"
#include "indicator.h"
#include "judgement.h"
#include "region.h"
#include "str.h"
#include "work.h"

enum content_verdict {
	CONTENT_UNREAD,		/* not read: why is in `unread` */
	CONTENT_INERT,		/* nothing of it runs, nothing leads elsewhere */
	CONTENT_TEMPLATE,	/* every line that runs is, as a whole, one that a well-known tool writes */
	CONTENT_EXECUTES,	/* code of it runs, or it leads to code: path lines, home = */
	CONTENT_SUSPICIOUS,	/* the score says so (judgement.h) */
	CONTENT_MALICIOUS,
};

enum content_line_does {
	LINE_EXECUTES,		/* an import line, a module's code */
	LINE_CALLS,		/* an entry point */
	LINE_ADDS_PATH,		/* a path onto sys.path */
	LINE_SETS,		/* a setting of the interpreter (home = ...) */
};

struct content_line {
	unsigned number;
	struct bytes text;			/* cut at ALERT_LINE_BYTES_MAX */
	enum content_line_does does;
	bool hidden;				/* see pth.h */
	unsigned eras;				/* enum pth_era where it runs, the locale being UTF-8; 0: in none, or no line of a
						 * .pth or .start, or a path line */
	enum content_verdict verdict;		/* of this line and of what it leads to */
	const char *template;			/* name of the template that it is; NULL: of none */
	unsigned places;			/* place.h: where a path or a value leads; 0: nowhere, or not looked at */
	struct bytes target;			/* absolute path of the module that it imports or calls, if it was found */
};

/* Another file that runs, or is read, with the hook: a module, a script, a file of variables. */
struct content_target {
	struct bytes path;			/* absolute; in the region */
	char sha256[65];			/* of what was read, hex; "": it is not there, or was not read */
	bool changed;				/* since the hook was judged before; set by who knows that */
};

struct content {
	enum content_verdict verdict;
	const char *unread;			/* "gone", "not a regular file", "permission", "busy" (leased), "remote",
						 * "unreadable", "dangling link", "too long a way"; NULL if it was read */
	uint64_t size;				/* of the file, bytes */
	bool truncated;				/* more than CONTENT_BYTES_MAX: judged by the first part */
	char sha256[65];			/* of what was read, hex; "" if it was not */
	struct content_line *lines;		/* ALERT_LINES_MAX at most, in their order.  If there are more, those
						 * that run are kept before others, hidden ones before plain ones;
						 * copies in the region */
	size_t line_count;			/* in `lines` */
	size_t executing;			/* all lines that run (0 for what is not text) */
	size_t paths;				/* all path lines */
	bool hidden;				/* any line hidden */
	unsigned places;			/* place.h: union over the lines */
	int score;				/* sum of the weights of the indicators; of what imported modules do later, the heaviest */
	uint64_t indicators;			/* a set of INDICATOR_BIT, the targets' included */
	struct finding *findings;		/* CONTENT_FINDINGS_MAX at most; in the region */
	size_t finding_count;
	struct bytes decoded;			/* the start of what it decodes and would execute; absent: nothing */
	struct content_target *targets;		/* CONTENT_TARGETS_MAX at most, as they were met; in the region */
	size_t target_count;
	struct bytes disables;			/* absolute path of a hook that this one switches off or is imported instead of */
};

/* Another file, as the interpreter would read it with this hook: a module that it imports, the source of a .pyc.
 * `path`: absolute.  At most `max` bytes into *ret (initialised, emptied first).  0; -ENOENT: not there, or not to be
 * read without danger; -EDQUOT: the way there is longer than `work`, of which it is taken, or than any; -ENOMEM. */
typedef int (*content_read_fn)(void *userdata, struct bytes path, size_t max, struct work *work, struct str *ret,
			       struct stat *ret_st);

struct content_request {
	struct bytes path;			/* where the hook stands, or shall stand: absolute */
	struct bytes bytes;			/* CONTENT_BYTES_MAX of it at most */
	uint64_t size;				/* of the file */
	uid_t owner;				/* of the file: place.h */
	int rootfd;				/* for places; -EBADF: nothing of the disk is looked at */
	const struct judgement *judgement;
	struct work *work;			/* what judging may cost; NULL: CONTENT_WORK_MAX */
	size_t most;				/* bytes that are judged, behind which it is truncated; 0: all */
	content_read_fn read;			/* NULL: there is nothing but the hook itself */
	void *userdata;
};

/* Judge a hook.  For VECTOR_ENV all assignments together; a hook of VECTOR_NONE is judged as the Python module that its
 * name says.  Sets hook->vector to PTH_EXEC or PTH_PATH where it was PTH.  Memory comes from
 * `region`.  0 or -ENOMEM; hostile content is no error. */
int content_judge(const struct content_request *request, struct hook *hook, struct region *region, struct content *ret);

/* One assignment of a file that sets variables: verdict, score, indicators, findings, places; the rest is zero. */
int content_judge_assignment(const struct content_request *request, const struct env_assignment *a, struct region *region,
			     struct content *ret);

/* Every assignment of a file that sets variables, and where it includes another file, that one's: `file` is set then.  A file that
 * is a hook itself is left out, since it is judged by itself.  Nothing is included without request->read.  0, -ENOMEM, or
 * what the callback answered. */
int content_assignments(const struct content_request *request, enum env_syntax syntax, env_assignment_fn fn, void *userdata);

/* The template of which all is made that runs: the first line's name; NULL unless the verdict is TEMPLATE. */
const char *content_template(const struct content *c);

const char *content_verdict_to_string(enum content_verdict v);
const char *content_line_does_to_string(enum content_line_does d);

#endif
