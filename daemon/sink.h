/* sink.h - where alerts end: the interface of a sink, and the ones there are.
 *
 * All of a sink's functions are called by the sinks thread alone (sinks.c).
 */
#ifndef PYHOOKD_SINK_H
#define PYHOOKD_SINK_H

#include <stdbool.h>
#include <stdint.h>

#include "alert.h"

struct sink;

struct sink_counters {
	uint64_t written;	/* accepted by the sink's other end */
	uint64_t failed;	/* attempts that failed, and lines found damaged */
	uint64_t owed;		/* not delivered yet */
};

struct sink_ops {
	const char *name;
	/* Take note of one alert; must not block.  -EAGAIN: not now; the sink itself
	 * remembers (the journal sink re-reads the log), the caller goes on. */
	int (*write)(struct sink *s, const struct alert *a);
	/* Deliver what is owed.  Called 100 ms after a write and then every 100 ms until all
	 * sinks answer 0, and at the end.  Answers how many alerts still need a flush, or
	 * -errno. */
	int64_t (*flush)(struct sink *s);
	struct sink *(*free)(struct sink *s);
};

struct sink {
	const struct sink_ops *ops;
	struct sink_counters counters;	/* kept by the sink, copied out by sinks.c */
};

/* ---- the durable log: alerts.jsonl, alerts.jsonl.1, ... in the state directory ----
 * Appends one line an alert, whole or not at all: a torn last line (power cut, kill -9)
 * is cut off at open.  Rotates before a line that would make it larger than max_bytes (0:
 * never), keeps `keep` old files.  While the disk is full alerts wait in memory.
 * -ELOOP: alerts.jsonl is a symlink; -EINVAL: not a regular file, or keep above
 * ALERT_FILES_MAX. */
int sink_log_new(int state_dirfd, uint64_t max_bytes, unsigned keep, struct sink **ret);

/* ---- journald -------------------------------------------------------------
 * Speaks the native protocol on a non-blocking socket of its own, because
 * sd_journal_send() answers 0 when journald is absent and blocks when it is stuck.  What
 * cannot be sent now is sent later from the durable log, from a cursor kept in the state
 * directory ("journal.cursor"), across restarts too.  Alerts below `min` are not sent.
 * Make it after sink_log_new(), which repairs the log.  A journald that is absent is no
 * error here. */
int sink_journal_new(int state_dirfd, const char *socket_path, enum level min, struct sink **ret);
#define SINK_JOURNAL_SOCKET "/run/systemd/journal/socket"

/* ---- standard output, a line an alert: for a person, or JSON ----------------
 * The fd stays the caller's.  A reader that stalls costs lines, never the thread. */
int sink_text_new(int fd, struct sink **ret);
int sink_json_new(int fd, struct sink **ret);

#endif
