/* memory_reader.h - reads what lies in the memory of another process, and waits for it a short time only.
 *
 *	main, processes --"cmdline" of /proc/PID--> [memory-0, memory-1, ...] --answer, or none in time--> back
 *
 * Owns: the threads, what is read until it is handed over.  Must not own: what it means.
 * Any two threads may ask at a time.
 */
#ifndef PYHOOKD_MEMORY_READER_H
#define PYHOOKD_MEMORY_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cleanup.h"

struct memory_reader;

int memory_reader_new(struct memory_reader **ret);	/* -ENOMEM */
/* A thread that is stuck by then keeps its memory: the process ends soon. */
struct memory_reader *memory_reader_free(struct memory_reader *m);
DEFINE_CLEANUP(struct memory_reader, memory_reader_free)

/* As procfs_read(), for at most MEMORY_READER_WAIT_NS; as process_table_set_memory_reader() wants it
 * (`argument`: the struct memory_reader).  `name`: a literal.  -ETIMEDOUT: there was no answer, or
 * there would be none. */
int memory_reader_read(void *argument, int dirfd, const char *name, char *buf, size_t size, size_t *ret_len,
		       bool *ret_more);

struct memory_reader_counters {
	uint64_t unanswered;	/* readings without an answer */
	uint64_t stuck;		/* threads that wait for one, now */
};
void memory_reader_counters(struct memory_reader *m, struct memory_reader_counters *ret);

#endif
