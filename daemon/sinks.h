/* sinks.h - the sinks thread: takes alerts from main, feeds every sink in order.
 *
 * The durable log comes first, so that an alert which was seen anywhere is in it.
 */
#ifndef PYHOOKD_SINKS_H
#define PYHOOKD_SINKS_H

#include "cleanup.h"
#include "evidence.h"
#include "sink.h"

struct sinks;

int sinks_new(struct sinks **ret);

/* Before sinks_start(); takes over the sink. */
int sinks_add(struct sinks *s, struct sink *sink);
/* Likewise, taking it over; what alerts bring as evidence is kept there before they are written. */
void sinks_set_evidence(struct sinks *s, struct evidence *evidence);
int sinks_start(struct sinks *s);

/* Hand over an alert: never waits for a disk or a socket.  Takes it over in any case.
 * -ENOBUFS: SINKS_QUEUE_MAX alerts wait already; it was dropped and counted.  Evidence that finds no room is dropped
 * before an alert is. */
int sinks_push(struct sinks *s, struct alert *a);

/* Drain the queue, flush all sinks for at most `timeout_ms`, stop the thread, free the sinks. */
struct sinks *sinks_free(struct sinks *s, unsigned timeout_ms);

/* Is everything that was pushed in the durable log? */
bool sinks_are_settled(struct sinks *s);

struct sinks_counters {
	uint64_t pushed, dropped, queued;
	uint64_t by_level[LEVELS];
	struct { const char *name; struct sink_counters c; } sink[8];
	size_t sink_count;
	struct evidence_counters evidence;
	uint64_t evidence_dropped;	/* there was no room for it in the queue */
	uint64_t last_latency_ns;	/* event read -> in the durable log, of the last alert */
	uint64_t max_latency_ns;
};
void sinks_counters(struct sinks *s, struct sinks_counters *ret);

#endif
