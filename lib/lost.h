/* lost.h - hooks that nobody accounts for and that went away: where, and when.
 *
 * A hook can remove itself before the interpreter that runs it does anything that is seen.  Of what stood
 * in a directory when a process started nothing tells afterwards, but the watch has seen it go.
 */
#ifndef PYHOOKD_LOST_H
#define PYHOOKD_LOST_H

#include <stdbool.h>
#include <stdint.h>

#include "cleanup.h"
#include "str.h"

struct lost;

int lost_new(struct lost **ret);	/* -ENOMEM */
struct lost *lost_free(struct lost *l);
DEFINE_CLEANUP(struct lost, lost_free)

/* The hook at `path` is gone, or is another one now.  What there is no room or memory for is remembered as
 * anything, anywhere. */
void lost_add(struct lost *l, struct bytes path, uint64_t mono_ns);

/* The directory that Python runs the hook from: SITE of SITE/sitecustomize/__init__.py. */
struct bytes lost_directory(struct bytes path);

/* Did one go that Python ran from this directory, later than that?  True also where it cannot be told any more. */
bool lost_since(const struct lost *l, struct bytes dir, uint64_t mono_ns);

#endif
