/* rt_thread.c - starts a thread that must run when it is woken.
 *
 * Owns: how it is started.  Must not own: what it does, its end (pthread_join() is the caller's).
 */
#include "rt_thread.h"

#include <sched.h>
#include <signal.h>

enum { STACK_BYTES = 256 * 1024 };

int rt_thread_start(const char *name, int priority, void *(*run)(void *), void *argument,
		    pthread_t *ret, bool *ret_realtime)
{
	struct sched_param parameter = { .sched_priority = priority };
	sigset_t all, former;
	pthread_attr_t attr;
	int r;

	r = pthread_attr_init(&attr);
	if (r != 0)
		return -r;
	(void)pthread_attr_setstacksize(&attr, STACK_BYTES);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &former);
	r = pthread_create(ret, &attr, run, argument);
	(void)pthread_sigmask(SIG_SETMASK, &former, NULL);
	(void)pthread_attr_destroy(&attr);
	if (r != 0)
		return -r;

	(void)pthread_setname_np(*ret, name);
	*ret_realtime = pthread_setschedparam(*ret, SCHED_FIFO, &parameter) == 0;
	return 0;
}
