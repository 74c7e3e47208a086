/* coalesce.h - hold an event until its file is complete, and merge what belongs
 * to one act.
 *
 * `echo x > a.pth` is CREATE, MODIFY, CLOSE_WRITE: one act, one judgement.  An event
 * that leaves the file complete (close, rename, removal, a link) is ready at once and
 * takes what is held for its path along.  One that does not (created and still
 * open) is held COALESCE_HOLD_NS, counted from the first, so that a writer who
 * never closes, or never pauses, is judged all the same.
 *
 * One thread.  Time is CLOCK_MONOTONIC in ns, given by the caller.
 */
#ifndef PYHOOKD_COALESCE_H
#define PYHOOKD_COALESCE_H

#include "cleanup.h"
#include "event.h"

struct coalesce;

int coalesce_new(struct coalesce **ret);
struct coalesce *coalesce_free(struct coalesce *c);
DEFINE_CLEANUP(struct coalesce, coalesce_free)

/* Take over *e (it is empty afterwards).  `complete`: no more is to be expected
 * for now (of attributes alone: if nothing is held of that path).  Merged: the set of what happened, the earliest times, and the pid (with its times) of
 * CREATE, MODIFY or a rename rather than the last closer's (fanotify reports the
 * closer, who need not be the writer).  -ENOMEM: *e is still the caller's. */
int coalesce_add(struct coalesce *c, struct event *e, bool complete, uint64_t now_ns);

/* The oldest event that is ready, now the caller's: true; or false. */
bool coalesce_take(struct coalesce *c, uint64_t now_ns, struct event *ret);

/* When the next held event will be ready; 0: something is ready; UINT64_MAX: nothing is held. */
uint64_t coalesce_deadline(const struct coalesce *c);

size_t coalesce_count(const struct coalesce *c);

#endif
