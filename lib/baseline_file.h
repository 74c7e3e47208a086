/* baseline_file.h - the inventory on disk, so that a restart knows what was there before.
 *
 * Two things make it up: a snapshot, written whole now and then, and the alert log, in which
 * everything that was said since stands.  An alert is in the log before anything else happens
 * with it, so a daemon that is killed says neither nothing nor twice.
 *
 * The snapshot is one JSON object a line: a head, an entry for each hook, and a tail that counts
 * them.  Paths are escaped (escape.h).
 */
#ifndef PYHOOKD_BASELINE_FILE_H
#define PYHOOKD_BASELINE_FILE_H

#include <cjson/cJSON.h>

#include "baseline.h"

struct baseline_head {
	uint64_t time_ns;	/* CLOCK_REALTIME when it was taken: the log is read from there */
	struct bytes scope;	/* what was watched; a snapshot of another scope says nothing of this one */
	bool begun;		/* the first search was not over: the entries are not all, and what has changed
				 * since `time_ns` is not known unless the log has it */
};

/* Append the snapshot's text.  -ENOMEM. */
int baseline_save(const struct baseline *b, const struct baseline_head *head, struct str *ret);

/* Put all entries of a snapshot into `b`.  *ret_head.scope points into `storage`.
 * -EBADMSG: damaged, or of another format: `b` may hold a part, throw it away.  -ENOMEM. */
int baseline_load(struct baseline *b, struct bytes text, struct baseline_head *ret_head,
		  struct str *storage);

/* Put into `b` what an alert says of its hook.  An alert that is not about a hook changes
 * nothing.  -ENOMEM. */
int baseline_take_alert(struct baseline *b, const cJSON *alert);

#endif
