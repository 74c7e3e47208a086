/* rt_thread.h - starts a thread that must run when it is woken.
 *
 * SCHED_FIFO at `priority` where that is granted, all signals blocked (they are main's), a
 * small stack, since all memory may be locked. */
#ifndef PYHOOKD_RT_THREAD_H
#define PYHOOKD_RT_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* `name`: at most 15 bytes.  *ret_realtime: the priority was granted. */
int rt_thread_start(const char *name, int priority, void *(*run)(void *), void *argument,
		    pthread_t *ret, bool *ret_realtime);

#endif
