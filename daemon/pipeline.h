/* pipeline.h - the line:
 *
 *	source --> event --> process --> content --> rules --> alert --> sinks
 *
 * Events go in from any feed; alerts go out to the sinks.  A stage that cannot answer
 * leaves its fact out; it never drops the event.
 */
#ifndef PYHOOKD_PIPELINE_H
#define PYHOOKD_PIPELINE_H

#include "baseline.h"
#include "cleanup.h"
#include "detection.h"
#include "event.h"
#include "proc_connector.h"
#include "process.h"
#include "policy.h"
#include "scans.h"
#include "sinks.h"
#include "source_fanotify.h"

struct pipeline;

/* What the line works with; all borrowed, all must outlive it. */
struct pipeline_config {
	int rootfd;				/* "/", or the root of a recording */
	int procfd;				/* /proc; -EBADF: no process is looked at */
	struct process_table *processes;
	struct baseline *baseline;		/* the inventory: read and changed by the line */
	struct proc_connector *connector;	/* NULL: there is none, events are joined at once */
	struct source_fanotify *source;		/* NULL: a recording; nothing is tracked */
	struct scans *scans;			/* NULL: directories that arrive are not searched */
	struct sinks *sinks;
	struct bytes computer;
	struct bytes evidence_dir;		/* where the sinks keep the bytes of hooks; absent: they do not */
	uint64_t evidence_max_file;		/* a larger one is not kept */
};

int pipeline_new(const struct pipeline_config *config, struct pipeline **ret);
struct pipeline *pipeline_free(struct pipeline *p);
DEFINE_CLEANUP(struct pipeline, pipeline_free)

/* Judge with this from now on; what it holds must outlive the pipeline or the next call.
 * -ENOMEM, and the former policy stays. */
int pipeline_set_policy(struct pipeline *p, const struct policy *policy);

/* An event enters the line; *e is taken over. */
void pipeline_push(struct pipeline *p, struct event *e);

/* Events were lost: say so, and search the whole disk for what they would have told. */
void pipeline_gap(struct pipeline *p, struct bytes reason, const struct event *e);

/* Move on what is ready, PIPELINE_RUN_MAX events at most.  Answers when it wants to be called again
 * (CLOCK_MONOTONIC ns); 0: at once, there is more; UINT64_MAX: when there is a new event. */
uint64_t pipeline_run(struct pipeline *p, uint64_t now_ns);

/* A search met a link behind which hooks are expected (scans_link_fn). */
void pipeline_take_link(struct pipeline *p, struct bytes path, enum scan_purpose purpose, const struct event *template);

/* The directory `dirfd` is mounted at `path`, where hooks are expected. */
void pipeline_take_mount(struct pipeline *p, int dirfd, struct bytes path);

void pipeline_forget_mount(struct pipeline *p, struct bytes path);

/* Say which hooks of the inventory are gone, after a search has met those that are there. */
void pipeline_find_removed(struct pipeline *p);

/* Search everything that is marked.  `since_ns`: of SCAN_NEWER, CLOCK_REALTIME. */
void pipeline_scan_all(struct pipeline *p, enum scan_purpose purpose, uint64_t since_ns);

struct pipeline_counters {
	uint64_t events;		/* that entered */
	uint64_t not_hooks;		/* whose path is none: the name only looked like one */
	uint64_t temporary;		/* a package manager's temporary names */
	uint64_t judged;
	uint64_t same_act;		/* that repeated what was said already */
	uint64_t unread;		/* hooks whose content could not be read */
	uint64_t unattributed;		/* hooks whose writer is not known (scans not counted) */
	uint64_t join_timeouts;		/* that the process table did not catch up with in time */
	uint64_t gaps;			/* times that events were lost */
	uint64_t untracked;		/* hooks and directories of hooks not marked themselves: there are too many */
	uint64_t aliases;		/* other names of directories and targets that are known, now */
	uint64_t unfollowed;		/* names that there was no room for */
	uint64_t regex_limited;		/* matches of rules that were ended by a limit */
	uint64_t no_rule;		/* that no rule spoke about */
	uint64_t no_memory;		/* events lost because memory ran out */
	uint64_t alerts[LEVELS];
	uint64_t waiting;		/* held or waiting for their process, now */
	uint64_t deferred;		/* waiting for their package, now */
	uint64_t deferral_timeouts;	/* whose installer was not done in time */
	uint64_t hurried;		/* hooks not judged whole because others had cost too much */
	uint64_t undeferred;		/* that could not wait: there are too many */
	uint64_t hooks;			/* in the inventory, now */
};
void pipeline_counters(const struct pipeline *p, struct pipeline_counters *ret);

#endif
