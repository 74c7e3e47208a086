/* event.h - what happened to one name on disk.
 *
 * The value that flows down the line.  A source fills it; later stages only
 * look at it.  Whoever holds an event calls event_done() once.
 */
#ifndef PYHOOKD_EVENT_H
#define PYHOOKD_EVENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "str.h"

/* A set: fanotify merges what one process does to one object while unread, so
 * one event may say several of these (fanotify(7)). */
enum event_what {
	EVENT_CREATE = 1 << 0,		/* the name is new: open(O_CREAT), link, symlink, mknod, mkdir */
	EVENT_MODIFY = 1 << 1,		/* content changed, the file is perhaps still open */
	EVENT_CLOSE_WRITE = 1 << 2,	/* a descriptor open for writing was closed */
	EVENT_MOVED_TO = 1 << 3,	/* the name was renamed to; old_path is the former name if known */
	EVENT_MOVED_FROM = 1 << 4,	/* the name was renamed away */
	EVENT_DELETE = 1 << 5,		/* the name was unlinked */
	EVENT_ATTRIB = 1 << 6,		/* mode, owner, times or link count of a known hook */
	EVENT_MOUNTED = 1 << 7,		/* something was mounted over the name */
	EVENT_FOUND = 1 << 8,		/* no event: a scan of the disk met it */
	EVENT_OVERFLOW = 1 << 9,	/* the kernel's queue was full: events were lost; no path */
};

/* Where the event came from. */
enum event_feed {
	FEED_LIVE,		/* fanotify, as it happened */
	FEED_SCAN,		/* the state of the disk: start, overflow, new mount */
	FEED_REPLAY,		/* a recording */
};

struct event {
	uint32_t what;			/* enum event_what, or-ed */
	enum event_feed feed;
	uint64_t time_ns;		/* CLOCK_REALTIME when it was read from the kernel */
	uint64_t mono_ns;		/* CLOCK_MONOTONIC of the same moment; orders it against
					 * the process table's records */
	uint64_t since_ns;		/* likewise: it happened after this and before it was read; 0: not known */
	pid_t pid;			/* thread group that acted; 0: unknown.  Of CREATE, RENAME
					 * or MODIFY where there is one, else of the last closer */
	pid_t closer_pid;		/* thread group of the last close, 0: unknown */

	struct bytes path;		/* absolute, owned (event_set_path); empty on overflow */
	struct bytes old_path;		/* likewise; empty unless renamed from a known place.  Of a name that was renamed
					 * away: where to (event_new_path()) */
	bool path_relative;		/* only a part of its filesystem is mounted here: path may
					 * lack its first components */
	bool alias;			/* path is another name of where it happened (alias.h) */
	bool through;			/* it happened to another file, which the hook `path` leads to */
	bool is_dir;			/* the object is a directory */
	bool silent;			/* take it into the inventory, say nothing */
	int dirfd;			/* directory that holds the name: owned, O_PATH; -EBADF if it
					 * could not be opened */
	struct bytes exec_path;		/* last file that `pid` executed before, as seen in the same
					 * queue (FAN_OPEN_EXEC); owned; empty: not seen */
	uint64_t exec_ns;		/* CLOCK_MONOTONIC when that was read; 0: not known (recordings) */
	char *memory;			/* what the views above point into; private to event.c */
};

#define EVENT_INIT ((struct event){ .dirfd = -EBADF, .path = { "", 0 }, .old_path = { "", 0 }, \
				    .exec_path = { "", 0 } })

void event_done(struct event *e);

/* Set the three texts at once (copied).  -ENOMEM, and e as it was. */
int event_set_paths(struct event *e, struct bytes path, struct bytes old_path, struct bytes exec_path);

/* The event's name in its directory: a view into path. */
static inline struct bytes event_name(const struct event *e)
{
	return bytes_basename(e->path);
}

static inline bool event_is_moved_away(const struct event *e)
{
	return e->what & EVENT_MOVED_FROM && !(e->what & EVENT_MOVED_TO);
}

/* What its name is now, and what it was before; empty where it is not known, or was not renamed. */
static inline struct bytes event_new_path(const struct event *e)
{
	return event_is_moved_away(e) ? e->old_path : BYTES_LIT("");
}

static inline struct bytes event_former_path(const struct event *e)
{
	return event_is_moved_away(e) ? BYTES_LIT("") : e->old_path;
}

/* "create", "moved-to"...: name of one bit, for recordings and output. */
const char *event_what_to_string(enum event_what one);
int event_what_from_string(struct bytes name, enum event_what *ret);	/* -EINVAL */

#define _cleanup_event_ __attribute__((cleanup(event_done)))

#endif
