/* exec_readers.h - threads that read what executes, before it runs.
 *
 *	kernel --EXEC of a processor--> [reader on that processor] --/proc--> ring --> who feeds the table
 *
 * Owns: the threads "exec-0"..., their sockets and rings.  Must not own: the table, the
 * order of records.  One thread takes the readings out.
 */
#ifndef PYHOOKD_EXEC_READERS_H
#define PYHOOKD_EXEC_READERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cleanup.h"
#include "process.h"

struct exec_readers;

/* Open the sockets (after that of proc_socket_open(), see proc_socket.c) and start the threads.
 * `procfd` stays the caller's, as does `wakefd`, an eventfd that is written to when a ring is
 * half full. */
int exec_readers_new(int procfd, int wakefd, struct exec_readers **ret);
struct exec_readers *exec_readers_free(struct exec_readers *rs);	/* stops the threads */
DEFINE_CLEANUP(struct exec_readers, exec_readers_free)

/* What was read of `pid`, which executed at `time_ns` on `cpu`; where its reader is still
 * at it, wait for that (EXEC_READERS_WAIT_NS).  The views are valid until the next call.  False: nobody read it.
 * *ret_stuck: the reader does not come back from this process; who reads it himself must beware, too. */
bool exec_readers_take(struct exec_readers *rs, unsigned cpu, pid_t pid, uint64_t time_ns,
		       struct process_reading *ret, bool *ret_stuck);

struct exec_readers_counters {
	uint64_t lost;		/* times the kernel said ENOBUFS, and readings without room in a ring or memory */
	bool realtime;		/* SCHED_FIFO was granted to all */
};
void exec_readers_counters(const struct exec_readers *rs, struct exec_readers_counters *ret);

#endif
