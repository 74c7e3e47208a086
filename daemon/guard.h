/* guard.h - the directories that hooks stand in, and those above them: who may write there.
 *
 * Whoever may write to a site directory, or may rename a directory above it, plants without changing any hook.  So their
 * changes of owner and mode are asked for, one mark a directory, and compared with what was before.
 *
 * Owns: what is remembered of each directory.  Must not own: the marks (source_fanotify.c), what is said of a change.
 */
#ifndef PYHOOKD_GUARD_H
#define PYHOOKD_GUARD_H

#include "baseline.h"
#include "hookpath.h"
#include "ownership.h"
#include "source_fanotify.h"

struct guard;

/* `source` is borrowed; NULL: a recording, directories are remembered and not marked. */
int guard_new(struct source_fanotify *source, struct guard **ret);
struct guard *guard_free(struct guard *g);
DEFINE_CLEANUP(struct guard, guard_free)

/* From now on watch over the directories of a hook: `dirfd` holds it.  A directory that is known costs a
 * look into a tree.  Bounded (GUARD_DIRECTORIES_MAX): what is beyond is counted. */
void guard_hook(struct guard *g, int dirfd, struct bytes path, const struct hook *hook);

/* Take note of what a directory is like now.  False: nobody watches over it.  *ret_before is what it was like. */
bool guard_update(struct guard *g, struct bytes dir, const struct ownership *now, struct ownership *ret_before);

/* The directory is gone, with all below it. */
void guard_forget(struct guard *g, struct bytes dir);

size_t guard_count(const struct guard *g);
uint64_t guard_refused(const struct guard *g);

#endif
