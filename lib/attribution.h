/* attribution.h - join an event with the process that caused it.
 *
 * In this order, each filling what the former left open: the process table
 * (connector), the last FAN_OPEN_EXEC of that pid in the same queue, /proc now.
 * How we know, and what does not fit together, is part of the answer.
 */
#ifndef PYHOOKD_ATTRIBUTION_H
#define PYHOOKD_ATTRIBUTION_H

#include <stdbool.h>

#include "event.h"
#include "process.h"

enum attribution_source {
	ATTRIBUTION_NONE,
	ATTRIBUTION_CONNECTOR,	/* the process table had it from exec or fork records */
	ATTRIBUTION_OPEN_EXEC,	/* only the executable, from the fanotify queue */
	ATTRIBUTION_PROC,	/* read from /proc when the event was handled */
	ATTRIBUTION_RECORDED,	/* a recording said so */
};

enum mismatch {
	MISMATCH_EXE = 1 << 0,		/* /proc/PID/exe now is not the executable at exec */
	MISMATCH_ARGV = 1 << 1,		/* command line rewritten since exec */
	MISMATCH_COMM = 1 << 2,		/* name changed since exec (prctl) to one that is not a script's or the exe's */
	MISMATCH_DELETED = 1 << 3,	/* the executable's file was deleted */
	MISMATCH_MEMFD = 1 << 4,	/* the executable is a memfd: never was a file */
	MISMATCH_LOADER = 1 << 5,	/* started through ld.so */
	MISMATCH_PRELOAD = 1 << 6,	/* LD_PRELOAD, GCONV_PATH and the like, which load a library into it, in its environment */
	MISMATCH_PYTHON_ENV = 1 << 7,	/* PYTHONPATH, PYTHONHOME and the like in its environment */
	MISMATCH_TRACED = 1 << 8,	/* ptraced */
	MISMATCH_ARGV0 = 1 << 9,	/* argv[0] names an installer or Python, what runs is another program */
	MISMATCH_USER = 1 << 10,	/* effective user changed since exec, without an exec */
	MISMATCH_ROOT = 1 << 11,	/* its root directory or mount namespace is not ours: the caller of
					 * attribution_join() sets it, who has looked (view.h) */
	MISMATCH_CLOSER = 1 << 12,	/* another process than the writer closed the file */
	MISMATCH_EXEC_RACE = 1 << 13,	/* executed about when the event happened: who wrote may be what it
					 * was before */
	MISMATCH_PID_REUSED = 1 << 14,	/* another process had its number about when the event happened, and
					 * may be the one that wrote */
};

/* The highest of them: for whoever goes through all. */
#define MISMATCH_LAST MISMATCH_PID_REUSED

struct attribution {
	enum attribution_source source;
	bool complete;			/* executable, command line, user and parent are known, and it is no other
					 * process of the same number */
	bool compared;			/* it was still there, as what it was, and was compared with what it had
					 * executed: without, EXE, ARGV, COMM and USER could not be seen */
	unsigned mismatch;		/* enum mismatch, or-ed */
	struct process *process;	/* reference; NULL when source is NONE */
};

void attribution_done(struct attribution *a);
#define _cleanup_attribution_ __attribute__((cleanup(attribution_done)))

/* `procfd` may be -EBADF (recordings): then nothing is read.  pid 0 answers NONE.
 * 0 or -ENOMEM; a process that cannot be found is no error. */
int attribution_join(struct process_table *table, int procfd, const struct event *event,
		     uint64_t now_ns, struct attribution *ret);

/* Did `p` execute its program after that?  With the event's since_ns: it may have acted before, as what it was
 * then.  The order of the queue tells that of an honest process only (FAN_OPEN_EXEC comes of an execve(2) that
 * fails, too); who trusts a program must not trust one that was executed so late. */
bool attribution_executed_after(const struct process *p, uint64_t ns);

const char *attribution_source_to_string(enum attribution_source s);
const char *mismatch_to_string(enum mismatch one);	/* one bit: "argv-rewritten", "preload", ... */

#endif
