/* alias.h - other names of files and directories: a hook whose bytes, or whose directory, stand elsewhere.
 *
 *	/opt/venv/lib/python3.11/site-packages -> /data/sp	what is written to /data/sp/x.pth is a hook
 *	/etc/profile.d/x.sh -> /data/y				who replaces /data/y replaces the hook
 *
 * The kernel tells of an event by the real path, from which nothing can be seen.  This remembers which other names
 * lead there: through symbolic links and mounts of one directory onto another.  Paths are absolute and without links; they
 * are compared byte by byte, and are not looked up.  Bounded; in memory; one thread.
 */
#ifndef PYHOOKD_ALIAS_H
#define PYHOOKD_ALIAS_H

#include <stdbool.h>
#include <stdint.h>

#include "cleanup.h"
#include "str.h"

struct aliases;

int aliases_new(struct aliases **ret);
struct aliases *aliases_free(struct aliases *a);
DEFINE_CLEANUP(struct aliases, aliases_free)

/* `real`, and all below it, is known as `name`, too.  1: it is new; 0: it was known; -EINVAL: they are the same, or one of
 * them is no absolute path; -ENOSPC: ALIASES_MAX are there, or ALIAS_NAMES_MAX of `real`; -ENOMEM. */
int aliases_add(struct aliases *a, struct bytes real, struct bytes name);

/* Nothing leads anywhere by `name` any more, nor by what is below it. */
void aliases_remove(struct aliases *a, struct bytes name);

/* Every other name of `path`: of itself, and by the directories above it.  `name` is valid during the call; `itself`: it is
 * a name of the path, not of a directory above.  fn must not change the aliases.  Linear in the length of the path.
 * -ENOMEM: some were left out. */
typedef void (*alias_fn)(struct bytes name, bool itself, void *userdata);
int aliases_of(const struct aliases *a, struct bytes path, alias_fn fn, void *userdata);

/* Every name by which something at or below `dir` is known, whatever that is. */
void aliases_below(const struct aliases *a, struct bytes dir, alias_fn fn, void *userdata);

size_t aliases_count(const struct aliases *a);

#endif
