/* inventory.h - the inventory in the state directory: "inventory.jsonl" and the alert log.
 *
 * See baseline_file.h for why both.  Called by main, and by pyhookctl, which holds the daemon's lock when it writes.
 */
#ifndef PYHOOKD_INVENTORY_H
#define PYHOOKD_INVENTORY_H

#include "baseline.h"
#include "baseline_file.h"

/* Snapshot and log, whatever its scope.  *ret_head.scope points into `storage`.  -ENOENT: there is none; -EBADMSG: it is
 * damaged, and `b` may hold a part; -ENOMEM; -errno. */
int inventory_read(int state_dirfd, struct baseline *b, struct baseline_head *ret_head, struct str *storage);

/* Read what an earlier run knew.  `scope` names what is watched now: a snapshot of another scope is
 * not used.  1: *ret is it, the caller's.  0: there is none that can be used, and why is logged; *ret holds
 * at most what the log says since *ret_begun_ns (CLOCK_REALTIME), when a run that was ended before
 * its first search was over had begun; 0: there was none.  -ENOMEM. */
int inventory_load(int state_dirfd, struct bytes scope, struct baseline **ret, uint64_t *ret_begun_ns);

/* Write a snapshot, whole or not at all.  `begun_ns`: the first search is not over, that run began
 * then; 0: it is. -errno. */
int inventory_save(int state_dirfd, struct bytes scope, const struct baseline *b, uint64_t begun_ns);

#endif
