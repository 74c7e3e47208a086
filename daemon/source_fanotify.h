/* source_fanotify.h - the live source: what the kernel says, as events with paths.
 *
 *	kernel --> [watch thread: filter by name] --ring--> main: resolve --> struct event
 *
 * Owns: the fanotify group, the watch thread, the ring, the table of marks
 * (mounts.h).  Must not own: what becomes of an event.
 */
#ifndef PYHOOKD_SOURCE_FANOTIFY_H
#define PYHOOKD_SOURCE_FANOTIFY_H

#include "cleanup.h"
#include "event.h"
#include "mounts.h"

struct source_fanotify;

/* Make the group with the best flags that the kernel has, mark the filesystems and
 * start the thread.  -EPERM: a capability is missing; -ENOSYS: the kernel has no fanotify
 * or no directory-entry events (before 5.9).  `watch` as in mounts.h. */
int source_fanotify_new(char *const *watch, struct source_fanotify **ret);
struct source_fanotify *source_fanotify_free(struct source_fanotify *s);
DEFINE_CLEANUP(struct source_fanotify, source_fanotify_free)

/* Read what the kernel has told until now, and no more: the thread ends, what it
 * read can still be dispatched. */
void source_fanotify_stop(struct source_fanotify *s);

/* Readable when events wait, or the queue overflowed: an eventfd, for main's loop. */
int source_fanotify_fd(const struct source_fanotify *s);

/* Take over *e. */
typedef void (*source_event_fn)(struct event *e, void *userdata);

/* Resolve up to `max` waiting records and hand over their events (a rename is two).
 * Answers how many records were taken; fewer than `max`: none are left. */
unsigned source_fanotify_dispatch(struct source_fanotify *s, unsigned max, source_event_fn fn,
				  void *userdata);

/* From now on files in this directory are candidates whatever their name. */
void source_fanotify_watch_dir(struct source_fanotify *s, int dirfd);

/* From now on events of this name in the directory are candidates. */
void source_fanotify_watch_name(struct source_fanotify *s, int dirfd, struct bytes name);

/* The path that events of this directory will have; appended.  -ENODEV: its filesystem is not marked. */
int source_fanotify_real_path(struct source_fanotify *s, int dirfd, struct str *ret);

/* Report changes of content, owner and mode of this very file, through whatever name or descriptor. `follow`: of a link's target.
 * (A file that cannot be marked is counted.) */
void source_fanotify_track(struct source_fanotify *s, int dirfd, const char *name, bool follow);

/* Report changes of owner and mode of this very directory. */
void source_fanotify_track_dir(struct source_fanotify *s, int dirfd);

struct mounts *source_fanotify_mounts(struct source_fanotify *s);

/* What the kernel can do and cannot: a sentence for the log, valid as long as the source. */
const char *source_fanotify_features(const struct source_fanotify *s);

struct source_counters {
	uint64_t events;		/* records read from the kernel */
	uint64_t reads;
	uint64_t candidates;		/* that passed the filter */
	uint64_t overflow;		/* times that the kernel's queue was full */
	uint64_t ring_full;		/* candidates that found no room: handled as an overflow */
	uint64_t stale;			/* whose directory was gone when it was to be resolved */
	uint64_t unresolved;		/* that could not be resolved for another reason */
	uint64_t undecodable;		/* reads whose records could not be understood */
	uint64_t tracked, untracked;	/* hooks marked themselves, and those that could not be */
	uint64_t interest;		/* handles in the filter (interest.h) */
	uint64_t ring_bytes;		/* on their way to main, now */
};
void source_fanotify_counters(const struct source_fanotify *s, struct source_counters *ret);

#endif
