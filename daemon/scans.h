/* scans.h - searches of the disk, one after the other, in slices between events.
 *
 * What arrived or was mounted is searched first; a search of everything waits meanwhile.
 *
 * Owns: the queue of searches.  What a search meets is handed to the pipeline as an
 * event of its own, so that the disk and the kernel go down the same line.
 */
#ifndef PYHOOKD_SCANS_H
#define PYHOOKD_SCANS_H

#include "cleanup.h"
#include "event.h"

struct scans;

enum scan_purpose {
	SCAN_INVENTORY,		/* take in what is there, say nothing */
	SCAN_DIFFERENCE,	/* what differs from the inventory is said */
	SCAN_NEWER,		/* say what changed after the template's time, take in the rest */
	SCAN_ARRIVED,		/* a directory came as a whole: everything in it is the template's act */
};

typedef void (*scans_event_fn)(struct event *e, void *userdata);	/* takes over *e */
typedef void (*scans_dir_fn)(int dirfd, void *userdata);
/* A link behind which hooks are expected (scan.h), met by a search of that purpose. */
typedef void (*scans_link_fn)(struct bytes path, enum scan_purpose purpose, const struct event *template, void *userdata);

int scans_new(scans_event_fn event_fn, scans_dir_fn dir_fn, void *userdata, struct scans **ret);
struct scans *scans_free(struct scans *s);
DEFINE_CLEANUP(struct scans, scans_free)

/* From now on call fn for such links, with the userdata of scans_new(). */
void scans_set_link_fn(struct scans *s, scans_link_fn fn);

/* Queue a search of the directory `dirfd` (duplicated), named `path` in events; with -EBADF the directory
 * at `path` is opened when its turn comes, and nothing is held until then.  `template`
 * lends pid, times, executable; may be NULL.  The same search is not queued twice.  -ENOSPC: SCANS_MAX wait: ask for a search of
 * everything instead. */
int scans_add(struct scans *s, int dirfd, struct bytes path, enum scan_purpose purpose,
	      const struct event *template);

/* Queue a search of what the link `path` leads to, the directory `dirfd` (duplicated): at once, and only where its names
 * lead to hooks.  What changed after `template->time_ns` is said whatever the purpose, if that is not 0: nobody watched it under
 * this name.  Otherwise as scans_add(). */
int scans_add_behind(struct scans *s, int dirfd, struct bytes path, enum scan_purpose purpose,
		     const struct event *template);

/* Do a slice.  True: there is more to do. */
bool scans_step(struct scans *s);
/* End every search that starts at `path`: what was mounted there is gone. */
void scans_cancel(struct scans *s, struct bytes path);

bool scans_idle(const struct scans *s);
bool scans_are_urgent(const struct scans *s);	/* more than a search of everything waits */

struct scans_counters {
	uint64_t done, waiting;
	uint64_t entries, hooks, unreadable, too_deep;
};
void scans_counters(const struct scans *s, struct scans_counters *ret);

#endif
