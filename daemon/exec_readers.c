/* exec_readers.c - threads that read what executes, before it runs.
 *
 *	processor c: execve() --EXEC--> cBPF "c % n == i" --> socket i --> [exec-i] --/proc/PID--> ring i
 *	                                                                                         |
 *	                                                        [processes] --exec_readers_take()-+
 *
 * Owns: threads, sockets, rings, what was put aside.  Must not own: the table.
 *
 * Why a thread for each processor.  What /proc shows of an exec is gone when the program
 * ends, which may be 100 us later.  The kernel sends the record in execve(2), on the processor
 * that will run the program.  A real-time thread that is bound to this processor is
 * therefore run before that processor returns to the program, whatever else is going on, and also
 * where the kernel is not preemptible.  On another processor it would have to wait
 * until that one leaves its kernel: 1 to 10 % of programs that live less than a
 * millisecond were missed then.
 *
 * What may still come too late.  The processor's interrupts go first: where the tick finds RCU callbacks
 * (rcu_do_batch() in kernel/rcu/tree.c; handle_softirqs() repeats it up to ten times), the reader
 * stands still for 0.1 to 0.2 ms, in one exec of a thousand.  The program waits behind it, unless another
 * processor that has become idle takes it over (sched_balance_newidle() in kernel/sched/fair.c)
 * and ends it meanwhile.  Both at once are rare, and the sooner the arguments are read, the rarer.
 * A program that is real-time itself, at this priority or above, is never preempted:
 * it is read after it, if it is there.
 *
 * It takes no lock of ours and allocates nothing: the reading is copied into a ring.  So it waits for nobody
 * but the process itself (mmap_lock, for the arguments).  One that is stuck with such a process
 * blinds its processor's part; the feeder then reads as well as it can.
 *
 * Priority 11: above the thread that feeds the table, below what an administrator gives to
 * real work.
 */
#include "exec_readers.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "limits.h"
#include "proc_socket.h"
#include "ring.h"
#include "rt_thread.h"

enum { PRIORITY = 11 };

/* As it stands in a ring; behind it are the image's texts, in the order of texts_of(). */
struct staged {
	pid_t pid;
	uint64_t time_ns;
	struct process_reading reading;
};

enum { TEXTS = 5 };

struct aside {
	struct aside *next;
	size_t size;
	_Alignas(8) char data[];	/* as in the ring */
};

struct reader {
	int socket;
	int wakefd;			/* not owned */
	struct process_reader *process_reader;	/* the thread's */
	struct ring *ring;
	pthread_t thread;
	bool running;
	bool realtime;

	_Atomic bool *stop;
	_Atomic uint64_t active_ns;	/* when it last did something */
	_Atomic uint64_t reading_ns;	/* of this exec, now; 0: of none */
	_Atomic uint64_t done_ns;	/* with this exec, the last one */
	_Atomic uint64_t lost;
};

struct exec_readers {
	_Atomic bool stop;
	_Atomic uint64_t unkept;	/* readings that there was no memory for */
	struct aside *aside;		/* the oldest first */
	size_t aside_count;
	struct aside *taken;		/* what the last answer points into, or NULL: a ring */
	struct reader *popped;		/* whose ring the last answer points into */
	unsigned n;
	struct reader reader[];
};

static void texts_of(struct image *image, struct bytes *ret[TEXTS])
{
	ret[0] = &image->exe;
	ret[1] = &image->argv;
	ret[2] = &image->environ;
	ret[3] = &image->cwd;
	ret[4] = &image->cgroup;
}

/* ---- the threads ------------------------------------------------------------------ */

static bool stage(struct ring *ring, struct staged *s)
{
	struct bytes parts[1 + TEXTS] = { { (const char *)s, sizeof(*s) } }, *texts[TEXTS];

	texts_of(&s->reading.image, texts);
	for (int i = 0; i < TEXTS; i++)
		parts[1 + i] = *texts[i];
	return ring_push(ring, parts, ELEMENTSOF(parts));
}

static void read_exec(struct reader *r, pid_t pid, uint64_t time_ns)
{
	struct staged s = { .pid = pid, .time_ns = time_ns };
	size_t used = ring_used(r->ring);
	uint64_t now = clock_mono_ns(), one = 1;
	pid_t sid = getsid(pid);

	atomic_store_explicit(&r->active_ns, now, memory_order_relaxed);
	atomic_store_explicit(&r->reading_ns, time_ns, memory_order_release);
	process_reader_read(r->process_reader, pid, time_ns, sid > 0 ? sid : 0, PROCESS_DEPTH_IMAGE,
			    &s.reading);
	s.reading.read_ns = now;
	if (!stage(r->ring, &s))
		atomic_fetch_add_explicit(&r->lost, 1, memory_order_relaxed);
	atomic_store_explicit(&r->active_ns, clock_mono_ns(), memory_order_relaxed);
	atomic_store_explicit(&r->done_ns, time_ns, memory_order_release);
	atomic_store_explicit(&r->reading_ns, 0, memory_order_release);
	if (used < EXEC_READERS_RING_SIZE / 2 && ring_used(r->ring) >= EXEC_READERS_RING_SIZE / 2)
		(void)!write(r->wakefd, &one, sizeof(one));
}

static void *run(void *argument)
{
	struct reader *r = argument;

	while (!atomic_load_explicit(r->stop, memory_order_relaxed)) {
		struct sockaddr_nl from = { 0 };
		socklen_t from_size = sizeof(from);
		struct proc_event event;
		char buf[PROC_RECORD_BYTES];
		ssize_t n = recvfrom(r->socket, buf, sizeof(buf), 0, (struct sockaddr *)&from, &from_size);

		if (n < 0 && errno == ENOBUFS)
			atomic_fetch_add_explicit(&r->lost, 1, memory_order_relaxed);
		else if (n < 0 && errno != EINTR)
			break;
		if (n >= 0 && proc_record_decode(buf, (size_t)n, &from, from_size, &event) &&
		    (uint32_t)event.what == WHAT_EXEC)
			read_exec(r, event.event_data.exec.process_tgid, event.timestamp_ns);
	}
	return NULL;
}

/* Refused where a cpuset leaves it none of these: it runs elsewhere then. */
static void bind_to_processors(pthread_t thread, unsigned part, unsigned parts)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (unsigned cpu = part; cpu < CPU_SETSIZE; cpu += parts)
		CPU_SET(cpu, &set);
	(void)pthread_setaffinity_np(thread, sizeof(set), &set);
}

static int start(struct reader *r, int procfd, unsigned part, unsigned parts)
{
	char name[16];
	int e;

	e = process_reader_new(procfd, &r->process_reader);
	if (e < 0)
		return e;
	e = ring_new(EXEC_READERS_RING_SIZE, &r->ring);
	if (e < 0)
		return e;
	e = proc_socket_open_execs(part, parts, &r->socket);
	if (e < 0)
		return e;
	(void)snprintf(name, sizeof(name), "exec-%u", part);
	e = rt_thread_start(name, PRIORITY, run, r, &r->thread, &r->realtime);
	if (e < 0)
		return e;
	r->running = true;
	/* One that is not real-time would wait there until the program is done. */
	if (r->realtime)
		bind_to_processors(r->thread, part, parts);
	return 0;
}

/* ---- life cycle ---------------------------------------------------------------------- */

int exec_readers_new(int procfd, int wakefd, struct exec_readers **ret)
{
	_cleanup_(exec_readers_freep) struct exec_readers *rs = NULL;
	long processors = sysconf(_SC_NPROCESSORS_CONF);
	unsigned n = processors < 1 ? 1 : processors > EXEC_READERS_MAX ? EXEC_READERS_MAX : (unsigned)processors;
	int r;

	rs = calloc(1, sizeof(*rs) + n * sizeof(rs->reader[0]));
	if (!rs)
		return -ENOMEM;
	for (; rs->n < n; rs->n++) {
		rs->reader[rs->n].socket = -EBADF;
		rs->reader[rs->n].wakefd = wakefd;
		rs->reader[rs->n].stop = &rs->stop;
	}
	for (unsigned i = 0; i < n; i++) {
		r = start(&rs->reader[i], procfd, i, n);
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(rs);
	return 0;
}

/* It waits in recv().  The loop is for a message that found no memory.  False: it is stuck with a process. */
static bool stop(struct reader *r, uint64_t deadline_ns)
{
	do {
		struct timespec until;

		(void)proc_socket_prod(r->socket);
		(void)clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 100 * 1000 * 1000;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		if (pthread_timedjoin_np(r->thread, NULL, &until) == 0)
			return true;
	} while (clock_mono_ns() < deadline_ns);
	return false;
}

struct exec_readers *exec_readers_free(struct exec_readers *rs)
{
	uint64_t deadline_ns = clock_mono_ns() + EXEC_READERS_STOP_NS;
	bool stuck = false;

	if (!rs)
		return NULL;
	atomic_store(&rs->stop, true);
	for (unsigned i = 0; i < rs->n; i++) {
		struct reader *r = &rs->reader[i];

		/* What a stuck one has is left to it; the process ends soon. */
		if (r->running && !stop(r, deadline_ns)) {
			stuck = true;
			continue;
		}
		proc_socket_close_execs(&r->socket);
		r->ring = ring_free(r->ring);
		r->process_reader = process_reader_free(r->process_reader);
	}
	while (rs->aside) {
		struct aside *next = rs->aside->next;

		free(rs->aside);
		rs->aside = next;
	}
	free(rs->taken);
	if (!stuck)
		free(rs);
	return NULL;
}

/* ---- taking out ---------------------------------------------------------------------- */

static void identify(struct bytes record, struct staged *ret)
{
	memcpy(ret, record.ptr, sizeof(*ret));
}

static void unstage(struct bytes record, struct process_reading *ret)
{
	struct bytes *texts[TEXTS];
	const char *at = record.ptr + sizeof(struct staged);
	struct staged s;

	identify(record, &s);
	*ret = s.reading;
	texts_of(&ret->image, texts);
	for (int i = 0; i < TEXTS; i++) {
		texts[i]->ptr = texts[i]->ptr ? at : NULL;
		at += texts[i]->len;
	}
}

static bool is_of(struct bytes record, pid_t pid, uint64_t time_ns)
{
	struct staged s;

	identify(record, &s);
	return s.pid == pid && s.time_ns == time_ns;
}

/* Readings that are there before their record: where several processors share a reader,
 * two records may have come in another order on its socket. */
static void put_aside(struct exec_readers *rs, struct bytes record)
{
	struct aside *a = malloc(sizeof(*a) + record.len), **end = &rs->aside;

	if (!a) {
		atomic_fetch_add_explicit(&rs->unkept, 1, memory_order_relaxed);
		return;
	}
	a->next = NULL;
	a->size = record.len;
	memcpy(a->data, record.ptr, record.len);
	while (*end)
		end = &(*end)->next;
	*end = a;
	rs->aside_count++;
}

static void drop_old(struct exec_readers *rs, uint64_t now_ns)
{
	while (rs->aside) {
		struct aside *a = rs->aside;
		struct staged s;

		identify((struct bytes){ a->data, a->size }, &s);
		if (rs->aside_count <= EXEC_READERS_ASIDE_MAX && s.time_ns + EXEC_READERS_ASIDE_NS > now_ns)
			return;
		rs->aside = a->next;
		rs->aside_count--;
		free(a);
	}
}

static bool take_from_aside(struct exec_readers *rs, pid_t pid, uint64_t time_ns,
			    struct process_reading *ret)
{
	for (struct aside **link = &rs->aside; *link; link = &(*link)->next) {
		struct aside *a = *link;

		if (!is_of((struct bytes){ a->data, a->size }, pid, time_ns))
			continue;
		*link = a->next;
		rs->aside_count--;
		rs->taken = a;
		unstage((struct bytes){ a->data, a->size }, ret);
		return true;
	}
	return false;
}

static bool take_from_ring(struct exec_readers *rs, struct reader *r, pid_t pid, uint64_t time_ns,
			   struct process_reading *ret)
{
	struct bytes record;

	while (ring_peek(r->ring, &record)) {
		if (is_of(record, pid, time_ns)) {
			rs->popped = r;
			unstage(record, ret);
			return true;
		}
		put_aside(rs, record);
		ring_pop(r->ring);
	}
	return false;
}

/* It will not come: waited for long; the reader has nothing more to do; it was told of later
 * ones, and not of this one. */
static bool is_hopeless(uint64_t waited, uint64_t quiet, uint64_t age, uint64_t ahead)
{
	return waited >= EXEC_READERS_WAIT_NS || ahead >= EXEC_READERS_IDLE_NS ||
	       (quiet >= EXEC_READERS_IDLE_NS && age >= EXEC_READERS_IDLE_NS);
}

bool exec_readers_take(struct exec_readers *rs, unsigned cpu, pid_t pid, uint64_t time_ns,
		       struct process_reading *ret, bool *ret_stuck)
{
	static const struct timespec step = { .tv_nsec = PROC_CONNECTOR_STEP_NS };
	struct reader *r = &rs->reader[cpu % rs->n];
	uint64_t begin = clock_mono_ns();

	if (rs->popped)
		ring_pop(rs->popped->ring);
	rs->popped = NULL;
	free(rs->taken);
	rs->taken = NULL;
	drop_old(rs, begin);

	for (;;) {
		/* Before looking: what it finishes meanwhile is seen in the next round. */
		uint64_t done = atomic_load_explicit(&r->done_ns, memory_order_acquire);
		uint64_t active = atomic_load_explicit(&r->active_ns, memory_order_acquire), now;
		uint64_t reading = atomic_load_explicit(&r->reading_ns, memory_order_acquire);

		if (take_from_aside(rs, pid, time_ns, ret) || take_from_ring(rs, r, pid, time_ns, ret))
			return true;
		now = clock_mono_ns();
		*ret_stuck = reading == time_ns;
		if (is_hopeless(now - begin, now - active, now - time_ns, done > time_ns ? done - time_ns : 0))
			return false;
		(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &step, NULL);
	}
}

void exec_readers_counters(const struct exec_readers *rs, struct exec_readers_counters *ret)
{
	*ret = (struct exec_readers_counters){
		.lost = atomic_load_explicit(&rs->unkept, memory_order_relaxed), .realtime = true };
	for (unsigned i = 0; i < rs->n; i++) {
		ret->lost += atomic_load_explicit(&rs->reader[i].lost, memory_order_relaxed);
		ret->realtime &= rs->reader[i].realtime;
	}
}
