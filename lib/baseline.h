/* baseline.h - the inventory of hooks that changes are measured against.
 *
 * For each path where a hook stands: which inode, which bytes, which assignments.
 * It answers three questions: is this hook new, changed or the same; which
 * assignments of a file are new; and which hooks does an inode carry that was
 * written through another name.  In memory; one thread.
 */
#ifndef PYHOOKD_BASELINE_H
#define PYHOOKD_BASELINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "ownership.h"
#include "str.h"

/* What is remembered of one hook.  A value; paths and digests are the baseline's. */
struct baseline_entry {
	struct bytes path;
	dev_t dev;			/* of the file that is read: of a link, its target */
	ino_t ino;
	uint64_t size;
	int64_t ctime_ns;
	struct ownership owner;		/* of that file; not known to an older inventory */
	char sha256[65];		/* "" : content was never read */
	pid_t writer_pid;		/* of the last judged change; 0: none, or a scan */
	uint64_t writer_start_ns;
	uint64_t *assignments;		/* digests of the Python assignments that stood there */
	size_t assignment_count;
	uint64_t *targets;		/* likewise, of the other files that run with it: path and SHA-256 */
	size_t target_count;
	bool targets_known;		/* false: of an older inventory, or never read */
	bool open;			/* it was created, and its writer had not closed it */
	bool unaccounted;		/* it runs code, and whoever wrote it was no verified installer; not saved */
	bool tracked;			/* its file is marked itself, in this run */
};

struct baseline;

int baseline_new(struct baseline **ret);
struct baseline *baseline_free(struct baseline *b);
DEFINE_CLEANUP(struct baseline, baseline_free)

/* NULL: not known.  Valid until the next call that changes the baseline. */
const struct baseline_entry *baseline_find(const struct baseline *b, struct bytes path);

/* Remember (replace) what `e` says; path, assignments and targets are copied.  -ENOMEM; -ENOSPC:
 * BASELINE_ENTRIES_MAX are there already. */
int baseline_put(struct baseline *b, const struct baseline_entry *e);
void baseline_remove(struct baseline *b, struct bytes path);
void baseline_set_tracked(struct baseline *b, struct bytes path);

/* Call fn for each path whose content lies in that inode.  fn must not change the baseline. */
typedef void (*baseline_fn)(const struct baseline_entry *e, void *userdata);
void baseline_by_inode(const struct baseline *b, dev_t dev, ino_t ino, baseline_fn fn, void *userdata);

/* Every path below the directory `dir`. */
void baseline_below(const struct baseline *b, struct bytes dir, baseline_fn fn, void *userdata);

size_t baseline_count(const struct baseline *b);

/* Digest of one assignment for the set above: the start of its SHA-256, so that
 * nobody can make a new value look like one that was there.  `file`: the included one that it stands in, or absent; of a target, path
 * and SHA-256 are name and value.  -ENOMEM. */
int baseline_assignment_hash(struct bytes name, struct bytes value, struct bytes file, uint64_t *ret);

/* Is it in the entry's set? */
bool baseline_entry_has(const struct baseline_entry *e, uint64_t assignment);
bool baseline_entry_has_target(const struct baseline_entry *e, uint64_t target);

#endif
