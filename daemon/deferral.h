/* deferral.h - hooks of a genuine installer that are not said yet, because their package is not complete.
 *
 * An installer writes the file first and the database that names it last: RECORD, dpkg's list.  Until then nobody can
 * tell whether a package accounts for the hook.  So all that is known of it waits here: the writer will be gone, and
 * the file perhaps, too.  What waits is not in the inventory: a daemon that is killed finds it again.
 *
 * Owns: what waits.  Must not own: when it is said, and what is looked at (pipeline.c).
 */
#ifndef PYHOOKD_DEFERRAL_H
#define PYHOOKD_DEFERRAL_H

#include "cleanup.h"
#include "facts.h"
#include "hookfile.h"

struct deferred {
	struct deferred *next;
	struct event event;		/* owned; without a descriptor: a mount must not be kept busy */
	struct region region;		/* owned */
	struct facts facts;		/* of the first moment: views into the two above, and the writer's reference */
	struct hookfile file;		/* what was read; without the content */
	uint64_t since_ns;		/* CLOCK_MONOTONIC: when it began to wait */
	uint64_t next_ns;		/* when the databases are asked again */
	uint64_t interval_ns;
	uint64_t gone_ns;		/* when its writer was seen to be gone; 0: it is at work */
	uint64_t changed_ns;		/* when the file was seen to be another; 0: it is the same */
};

/* Frees it with all that it owns. */
struct deferred *deferred_free(struct deferred *d);
DEFINE_CLEANUP(struct deferred, deferred_free)

struct deferral;

int deferral_new(struct deferral **ret);	/* -ENOMEM */
struct deferral *deferral_free(struct deferral *d);	/* what waits is gone, unsaid */
DEFINE_CLEANUP(struct deferral, deferral_free)

/* Let this one wait: takes over event, the facts' region and the writer's reference, which are empty afterwards.
 * `since_ns`: of one that it takes the place of, or now.  -ENOSPC: too many wait; -ENOMEM: the caller's still. */
int deferral_add(struct deferral *d, struct facts *f, struct event *event, struct region *region,
		 const struct hookfile *file, uint64_t since_ns, uint64_t now_ns);

/* The one of that path, which goes on waiting; NULL: none. */
struct deferred *deferral_find(const struct deferral *d, struct bytes path);

/* The one that is to be looked at first, if its time has come; NULL: none.  It goes on waiting. */
struct deferred *deferral_due(const struct deferral *d, uint64_t now_ns);

/* It has been looked at in vain, which took `cost_ns`. */
void deferred_again(struct deferred *one, uint64_t cost_ns, uint64_t now_ns);

/* It waits no more: the caller's. */
struct deferred *deferral_take(struct deferral *d, struct deferred *one);

uint64_t deferral_deadline(const struct deferral *d);	/* UINT64_MAX: nothing waits */
size_t deferral_count(const struct deferral *d);

#endif
