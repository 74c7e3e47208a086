/* memory_reader.c - reads what lies in the memory of another process, in threads that may be lost.
 *
 *	memory_reader_read() --job--> slot --> [memory-N] --read(2) of cmdline, environ--> slot --> answer
 *	                              ^---- 50 ms later: left behind, no answer
 *
 * Owns: the threads, their buffers, which of them are left behind.  Must not own: what is
 * read and when (lib/process_read.c), the exec readers, which are as expendable themselves.
 *
 * Why.  Arguments and environment are read out of the other's memory, under its mmap_lock, after
 * exec_update_lock at open (access_remote_vm() in mm/memory.c, mm_access() in kernel/fork.c).  A process
 * decides how long that takes: a thread of it reads /proc/self/mem at a page of a FUSE file whose server does
 * not answer, so holds the lock for reading, and another calls mmap(2), which queues for writing; from then on all
 * readers wait.  Or its arguments are such a page (PR_SET_MM_ARG_START).  It may be anybody's: FUSE needs no
 * privilege.  Whoever asks here loses 50 ms to it, and one thread is lost until that process ends.
 *
 * Of a process that has a thread already, nothing more is asked: it costs one thread, however
 * often its hooks are judged.  When MEMORY_READER_STUCK_MAX are lost, nobody's memory is read until
 * one returns; what is not known then makes attributions incomplete and installers not verified, which errs on the
 * side that is reported.
 *
 * A job that no thread has begun in time (a busy host without real-time priority) is taken back:
 * nobody is stuck then.
 *
 * Priority 10: the processes thread, which has this one, waits for it.
 */
#include "memory_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "limits.h"
#include "procfs.h"
#include "rt_thread.h"

enum { PRIORITY = 10, CALLERS = 2, SLOTS = MEMORY_READER_STUCK_MAX + CALLERS };

enum state {
	IDLE,
	ASKED,			/* not begun */
	READING,
	ANSWERED,		/* the caller takes it and makes it idle */
	LEFT,			/* nobody waits: it becomes idle by itself */
};

struct slot {
	struct memory_reader *owner;
	pthread_t thread;
	bool running;
	enum state state;
	pthread_cond_t asked, answered;

	int dirfd;		/* a duplicate; the thread's once it has begun */
	dev_t dev;		/* of dirfd: which process, as long as the slot holds it */
	ino_t ino;
	const char *name;
	size_t size;

	int result;
	size_t len;
	bool more;
	char *buf;		/* PROCFS_ENVIRON_READ_MAX; the thread's while it is reading */
};

struct memory_reader {
	pthread_mutex_t lock;	/* of all below, buffers excepted */
	bool stop;
	uint64_t unanswered;
	struct slot slot[SLOTS];
};

/* ---- the threads ------------------------------------------------------------------ */

static void *run(void *argument)
{
	struct slot *s = argument;
	struct memory_reader *m = s->owner;

	(void)pthread_mutex_lock(&m->lock);
	while (!m->stop) {
		size_t len = 0;
		bool more = false;
		int r;

		if (s->state != ASKED) {
			(void)pthread_cond_wait(&s->asked, &m->lock);
			continue;
		}
		s->state = READING;
		(void)pthread_mutex_unlock(&m->lock);
		r = procfs_read(s->dirfd, s->name, s->buf, s->size, &len, &more);
		(void)pthread_mutex_lock(&m->lock);
		closep(&s->dirfd);
		s->result = r;
		s->len = len;
		s->more = more;
		s->state = s->state == LEFT ? IDLE : ANSWERED;
		(void)pthread_cond_signal(&s->answered);
	}
	(void)pthread_mutex_unlock(&m->lock);
	return NULL;
}

static int start(struct slot *s)
{
	char name[16];
	bool realtime;
	int r;

	if (s->running)
		return 0;
	if (!s->buf)
		s->buf = malloc(PROCFS_ENVIRON_READ_MAX);
	if (!s->buf)
		return -ENOMEM;
	(void)snprintf(name, sizeof(name), "memory-%d", (int)(s - s->owner->slot));
	r = rt_thread_start(name, PRIORITY, run, s, &s->thread, &realtime);
	if (r < 0)
		return r;
	s->running = true;
	return 0;
}

/* ---- life cycle ---------------------------------------------------------------------- */

/* With priority inheritance: main, which has no priority, holds the lock for short. */
static int init_lock(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attr;
	int r;

	if (pthread_mutexattr_init(&attr) != 0)
		return -ENOMEM;
	(void)pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	r = pthread_mutex_init(lock, &attr);
	if (r != 0)	/* a kernel without it: a plain one will do */
		r = pthread_mutex_init(lock, NULL);
	(void)pthread_mutexattr_destroy(&attr);
	return r != 0 ? -ENOMEM : 0;
}

int memory_reader_new(struct memory_reader **ret)
{
	struct memory_reader *m = calloc(1, sizeof(*m));
	pthread_condattr_t attr;

	if (!m)
		return -ENOMEM;
	if (init_lock(&m->lock) < 0 || pthread_condattr_init(&attr) != 0) {
		free(m);
		return -ENOMEM;
	}
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	for (size_t i = 0; i < SLOTS; i++) {
		m->slot[i].owner = m;
		m->slot[i].dirfd = -EBADF;
		/* Neither fails: futexes need nothing (nptl). */
		(void)pthread_cond_init(&m->slot[i].asked, &attr);
		(void)pthread_cond_init(&m->slot[i].answered, &attr);
	}
	(void)pthread_condattr_destroy(&attr);
	*ret = m;
	return 0;
}

struct memory_reader *memory_reader_free(struct memory_reader *m)
{
	bool stuck = false;

	if (!m)
		return NULL;
	(void)pthread_mutex_lock(&m->lock);
	m->stop = true;
	for (size_t i = 0; i < SLOTS; i++) {
		(void)pthread_cond_signal(&m->slot[i].asked);
		stuck |= m->slot[i].state == LEFT;
	}
	(void)pthread_mutex_unlock(&m->lock);
	if (stuck)
		return NULL;

	for (size_t i = 0; i < SLOTS; i++) {
		struct slot *s = &m->slot[i];

		if (s->running)
			(void)pthread_join(s->thread, NULL);
		(void)pthread_cond_destroy(&s->asked);
		(void)pthread_cond_destroy(&s->answered);
		free(s->buf);
	}
	(void)pthread_mutex_destroy(&m->lock);
	free(m);
	return NULL;
}

/* ---- asking --------------------------------------------------------------------------- */

static uint64_t count_left(const struct memory_reader *m)
{
	uint64_t n = 0;

	for (size_t i = 0; i < SLOTS; i++)
		n += m->slot[i].state == LEFT;
	return n;
}

/* A slot for the process that `st` is; NULL: it has one that is stuck, or too many are. */
static struct slot *find_slot(struct memory_reader *m, const struct stat *st)
{
	struct slot *idle = NULL;

	if (count_left(m) >= MEMORY_READER_STUCK_MAX)
		return NULL;
	for (size_t i = 0; i < SLOTS; i++) {
		struct slot *s = &m->slot[i];

		if (s->state == LEFT && s->dev == st->st_dev && s->ino == st->st_ino)
			return NULL;
		if (s->state == IDLE && !idle)
			idle = s;
	}
	return idle && start(idle) >= 0 ? idle : NULL;
}

/* Hand it a job and wait for the end of it.  False: there is no answer. */
static bool ask(struct memory_reader *m, struct slot *s)
{
	uint64_t end = clock_mono_ns() + MEMORY_READER_WAIT_NS;
	struct timespec until = { .tv_sec = (time_t)(end / 1000000000), .tv_nsec = (long)(end % 1000000000) };
	int r = 0;

	s->state = ASKED;
	(void)pthread_cond_signal(&s->asked);
	while (s->state != ANSWERED && r != ETIMEDOUT)
		r = pthread_cond_timedwait(&s->answered, &m->lock, &until);
	switch (s->state) {
	case ANSWERED:
		s->state = IDLE;
		return true;
	case ASKED:
		closep(&s->dirfd);
		s->state = IDLE;
		return false;
	default:
		s->state = LEFT;
		return false;
	}
}

int memory_reader_read(void *argument, int dirfd, const char *name, char *buf, size_t size, size_t *ret_len,
		       bool *ret_more)
{
	struct memory_reader *m = argument;
	_cleanup_close_ int mine = fcntl(dirfd, F_DUPFD_CLOEXEC, 0);
	struct slot *s;
	struct stat st;
	int r = -ETIMEDOUT;

	if (mine < 0 || fstat(mine, &st) < 0)
		return -errno;
	(void)pthread_mutex_lock(&m->lock);
	s = find_slot(m, &st);
	if (s) {
		s->dirfd = mine;
		mine = -EBADF;
		s->dev = st.st_dev;
		s->ino = st.st_ino;
		s->name = name;
		s->size = size < PROCFS_ENVIRON_READ_MAX ? size : PROCFS_ENVIRON_READ_MAX;
	}
	if (s && ask(m, s)) {
		r = s->result;
		if (r >= 0) {
			memcpy(buf, s->buf, s->len);
			*ret_len = s->len;
		}
		if (r >= 0 && ret_more)
			*ret_more = s->more;
	} else {
		m->unanswered++;
	}
	(void)pthread_mutex_unlock(&m->lock);
	return r;
}

void memory_reader_counters(struct memory_reader *m, struct memory_reader_counters *ret)
{
	(void)pthread_mutex_lock(&m->lock);
	*ret = (struct memory_reader_counters){ .unanswered = m->unanswered, .stuck = count_left(m) };
	(void)pthread_mutex_unlock(&m->lock);
}
