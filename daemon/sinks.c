/* sinks.c - the sinks thread and the queue in front of it.
 *
 * Owns the queue, the thread and the sinks.  Decides nothing: what is worth which sink, is the
 * sink's own business.
 *
 *	main ── sinks_push() ──▶ queue ──▶ thread ──▶ log ──▶ journal ──▶ text, json
 *	        never waits        bounded            one after the other, per alert
 *
 * The queue is what lets main go on while a disk or a pipe is slow.  When it is full the newest alert
 * is dropped and counted: what is in it is the beginning of the story, and the
 * manager says that alerts were dropped.
 *
 * After a write the sinks are flushed at the next tick, and again at every tick until
 * none of them needs it; while idle the thread sleeps without a timer.
 *
 * The lock guards the queue and the counters, and is never held while a sink works.
 */
#include "sinks.h"

#include <pthread.h>
#include <signal.h>

#include "clock.h"
#include "limits.h"
#include "log.h"

#define TICK_NS (100 * 1000 * 1000ULL)
/* At the end: what is owed is tried this often until the caller's time is up. */
#define LAST_TICK_NS (10 * 1000 * 1000ULL)

struct sinks {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	bool started;

	struct sink *sink[ELEMENTSOF(((struct sinks_counters *)NULL)->sink)];
	size_t sink_count;	/* fixed once started */
	struct evidence *evidence;	/* likewise; NULL: nothing is kept */
	bool unkept;		/* said so already */

	/* under the lock */
	struct alert *queue[SINKS_QUEUE_MAX];
	size_t first, waiting;
	size_t waiting_bytes;
	bool stopping;
	uint64_t stop_ns;
	uint64_t delivered;		/* alerts that every sink was given */
	struct sinks_counters counters;
};

int sinks_new(struct sinks **ret)
{
	struct sinks *s = calloc(1, sizeof(*s));
	pthread_condattr_t attr;

	if (!s)
		return -ENOMEM;
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&s->wake, &attr);
	(void)pthread_condattr_destroy(&attr);
	*ret = s;
	return 0;
}

int sinks_add(struct sinks *s, struct sink *sink)
{
	if (s->started || s->sink_count == ELEMENTSOF(s->sink)) {
		(void)sink->ops->free(sink);
		return s->started ? -EBUSY : -E2BIG;
	}
	s->counters.sink[s->sink_count].name = sink->ops->name;
	s->counters.sink[s->sink_count].c = sink->counters;
	s->sink[s->sink_count++] = sink;
	s->counters.sink_count = s->sink_count;
	return 0;
}

void sinks_set_evidence(struct sinks *s, struct evidence *evidence)
{
	s->evidence = evidence;
}

/* ---- the thread ------------------------------------------------------------ */

static void note_counters(struct sinks *s)
{
	for (size_t i = 0; i < s->sink_count; i++)
		s->counters.sink[i].c = s->sink[i]->counters;
	if (s->evidence)
		evidence_counters(s->evidence, &s->counters.evidence);
}

/* Where an alert says that something is kept, it is there.  A full disk costs the evidence, not the alert. */
static void keep_evidence(struct sinks *s, const struct alert *a)
{
	int r;

	if (!s->evidence || !a->evidence)
		return;
	r = evidence_keep(s->evidence, bytes_of(a->evidence_name), (struct bytes){ a->evidence, a->evidence_len },
			  a->level >= LEVEL_HIGH);
	if (r < 0 && !s->unkept)
		log_error_errno(r, "evidence: cannot keep %s", a->evidence_name);
	else if (r >= 0 && s->unkept)
		log_info("evidence: is kept again");
	s->unkept = r < 0;
}

/* The first sink is the durable log: only what it took may be called recorded. */
static void deliver(struct sinks *s, const struct alert *a)
{
	uint64_t latency = 0;

	keep_evidence(s, a);

	for (size_t i = 0; i < s->sink_count; i++) {
		int r = s->sink[i]->ops->write(s->sink[i], a);

		if (i == 0 && r == 0 && a->read_ns > 0) {
			uint64_t now = clock_mono_ns();

			latency = now > a->read_ns ? now - a->read_ns : 0;
		}
	}

	(void)pthread_mutex_lock(&s->lock);
	s->delivered++;
	note_counters(s);
	if (latency > 0) {
		s->counters.last_latency_ns = latency;
		if (latency > s->counters.max_latency_ns)
			s->counters.max_latency_ns = latency;
	}
	(void)pthread_mutex_unlock(&s->lock);
}

/* The log first, so that the journal sink finds there what the log has got rid of.  True: again. */
static bool flush(struct sinks *s)
{
	bool again = false;

	for (size_t i = 0; i < s->sink_count; i++)
		if (s->sink[i]->ops->flush && s->sink[i]->ops->flush(s->sink[i]) != 0)
			again = true;

	(void)pthread_mutex_lock(&s->lock);
	note_counters(s);
	(void)pthread_mutex_unlock(&s->lock);
	return again;
}

static struct timespec timespec_of(uint64_t ns)
{
	return (struct timespec){ (time_t)(ns / 1000000000U), (long)(ns % 1000000000U) };
}

/* The next alert, NULL: it is time to flush, or (*ret_stop) to end. */
static struct alert *next(struct sinks *s, bool due, uint64_t flush_ns, bool *ret_stop)
{
	struct timespec until = timespec_of(flush_ns);
	struct alert *a = NULL;

	*ret_stop = false;
	(void)pthread_mutex_lock(&s->lock);
	/* An endless flood must not keep the flush away. */
	while (!(due && clock_mono_ns() >= flush_ns)) {
		if (s->waiting > 0) {
			a = s->queue[s->first];
			s->first = (s->first + 1) % SINKS_QUEUE_MAX;
			s->waiting--;
			s->waiting_bytes -= a->json_len + a->evidence_len;
			break;
		}
		if (s->stopping) {
			*ret_stop = true;
			break;
		}
		if (due)
			(void)pthread_cond_timedwait(&s->wake, &s->lock, &until);
		else
			(void)pthread_cond_wait(&s->wake, &s->lock);
	}
	(void)pthread_mutex_unlock(&s->lock);
	return a;
}

static void *run(void *userdata)
{
	struct sinks *s = userdata;
	bool due = true, stop = false;	/* due: a restart may owe from the first moment on */
	uint64_t flush_ns = clock_mono_ns();

	while (!stop) {
		struct alert *a = next(s, due, flush_ns, &stop);

		if (a) {
			deliver(s, a);
			a = alert_free(a);
			if (!due) {
				due = true;
				flush_ns = clock_mono_ns() + TICK_NS;
			}
		} else if (!stop) {
			due = flush(s);
			flush_ns = clock_mono_ns() + TICK_NS;
		}
	}

	while (flush(s) && clock_mono_ns() < s->stop_ns) {
		struct timespec tick = timespec_of(LAST_TICK_NS);

		(void)nanosleep(&tick, NULL);
	}
	return NULL;
}

int sinks_start(struct sinks *s)
{
	sigset_t all, before;
	int r;

	/* Signals are main's, and SIGPIPE and SIGXFSZ become errors of write(2).  A thread inherits the
	 * mask, so there is no moment without it. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&s->thread, NULL, run, s);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r != 0)
		return -r;
	(void)pthread_setname_np(s->thread, "sinks");
	s->started = true;
	return 0;
}

/* ---- main's side ------------------------------------------------------------ */

static bool has_room(const struct sinks *s, size_t bytes)
{
	return bytes <= SINKS_QUEUE_BYTES_MAX && s->waiting_bytes <= SINKS_QUEUE_BYTES_MAX - bytes;
}

int sinks_push(struct sinks *s, struct alert *a)
{
	int r = 0;

	(void)pthread_mutex_lock(&s->lock);
	if (a->evidence_len > 0 && !has_room(s, a->json_len + a->evidence_len)) {
		s->counters.evidence_dropped++;
		free(TAKE_PTR(a->evidence));
		a->evidence_len = 0;
	}
	if (s->waiting == SINKS_QUEUE_MAX || !has_room(s, a->json_len)) {
		s->counters.dropped++;
		r = -ENOBUFS;
	} else {
		s->counters.pushed++;
		if ((unsigned)a->level < LEVELS)
			s->counters.by_level[a->level]++;
		s->waiting_bytes += a->json_len + a->evidence_len;
		s->queue[(s->first + s->waiting) % SINKS_QUEUE_MAX] = TAKE_PTR(a);
		if (s->waiting++ == 0)
			(void)pthread_cond_signal(&s->wake);
	}
	(void)pthread_mutex_unlock(&s->lock);
	if (a)
		(void)alert_free(a);
	return r;
}

void sinks_counters(struct sinks *s, struct sinks_counters *ret)
{
	(void)pthread_mutex_lock(&s->lock);
	*ret = s->counters;
	ret->queued = s->waiting;
	(void)pthread_mutex_unlock(&s->lock);
}

bool sinks_are_settled(struct sinks *s)
{
	bool settled;

	(void)pthread_mutex_lock(&s->lock);
	settled = s->sink_count > 0 && s->delivered == s->counters.pushed &&
		  s->counters.sink[0].c.owed == 0;
	(void)pthread_mutex_unlock(&s->lock);
	return settled;
}

struct sinks *sinks_free(struct sinks *s, unsigned timeout_ms)
{
	if (!s)
		return NULL;

	(void)pthread_mutex_lock(&s->lock);
	s->stopping = true;
	s->stop_ns = clock_mono_ns() + timeout_ms * 1000000ULL;
	(void)pthread_cond_signal(&s->wake);
	(void)pthread_mutex_unlock(&s->lock);

	/* Without a thread (the start failed) what was pushed is delivered from here. */
	if (!s->started && s->sink_count > 0)
		(void)sinks_start(s);
	if (s->started)
		(void)pthread_join(s->thread, NULL);

	for (; s->waiting > 0; s->waiting--, s->first = (s->first + 1) % SINKS_QUEUE_MAX)
		(void)alert_free(s->queue[s->first]);
	/* In the order of use: the log is whole when the journal sink saves where it stands in it. */
	for (size_t i = 0; i < s->sink_count; i++)
		(void)s->sink[i]->ops->free(s->sink[i]);
	evidence_free(s->evidence);
	(void)pthread_cond_destroy(&s->wake);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
	return NULL;
}
