/* proc_connector.h - the processes thread: the kernel's records of processes
 * into the process table.
 *
 *	kernel --netlink--> [SCHED_FIFO thread] --> struct process_table --> main asks
 *
 * Owns: the netlink socket, the thread, the watermark, the exec readers.  Must not own: the table
 * (its creator frees it after the thread was stopped), events, alerts.
 *
 * The watermark: everything that the kernel had sent before that moment is in
 * the table.  Main, before it joins an event read at T, wants a watermark >= T;
 * proc_connector_nudge() makes the thread drain its socket and move it, and
 * proc_connector_fd() becomes readable when it has moved.
 */
#ifndef PYHOOKD_PROC_CONNECTOR_H
#define PYHOOKD_PROC_CONNECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "cleanup.h"
#include "process.h"

struct proc_connector;

/* Open the socket, ask to be sent records and wait (at most a second) for the
 * kernel's acknowledgement, then start the thread.  The table is synchronised with
 * /proc after the subscription, so that nothing falls between.
 * -EPERM, -ECONNREFUSED (not the initial network namespace), -ETIMEDOUT (no
 * acknowledgement: another pid namespace): the caller goes on without, and says so. */
int proc_connector_new(struct process_table *table, struct proc_connector **ret);
struct proc_connector *proc_connector_free(struct proc_connector *c);	/* stops the thread */
DEFINE_CLEANUP(struct proc_connector, proc_connector_free)

uint64_t proc_connector_watermark(const struct proc_connector *c);	/* CLOCK_MONOTONIC ns */
void proc_connector_nudge(struct proc_connector *c);
int proc_connector_fd(const struct proc_connector *c);		/* eventfd, non-blocking: main reads it */

struct proc_connector_counters {
	uint64_t records;
	uint64_t lost;		/* times the kernel said ENOBUFS: the table was resynchronised */
	uint64_t readers_lost;	/* times an exec reader was not told, or had no room */
	uint64_t unstaged;	/* execs that no exec reader had read */
	bool realtime;		/* SCHED_FIFO was granted to all threads */
};
void proc_connector_counters(const struct proc_connector *c, struct proc_connector_counters *ret);

#endif
