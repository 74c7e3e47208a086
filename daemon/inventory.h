/* inventory.h - the inventory in the state directory: "inventory.jsonl" and the alert log.
 *
 * See baseline_file.h for why both.  Called by main only.
 */
#ifndef PYHOOKD_INVENTORY_H
#define PYHOOKD_INVENTORY_H

#include "baseline.h"

/* Read what an earlier run knew.  `scope` names what is watched now: a snapshot of another scope is
 * not used.  1: *ret is it, the caller's; 0: there is none that can be used (*ret is empty), and why is
 * logged.  -ENOMEM. */
int inventory_load(int state_dirfd, struct bytes scope, struct baseline **ret);

/* Write a snapshot, whole or not at all. -errno. */
int inventory_save(int state_dirfd, struct bytes scope, const struct baseline *b);

#endif
