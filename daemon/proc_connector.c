/* proc_connector.c - the processes thread.
 *
 *	kernel --netlink--> socket --recvmmsg, every 10 ms or when asked--> [processes] --> process table
 *	       \-EXEC--> [exec readers] --readings----------------------------^  |
 *	                                          main <--eventfd, watermark----+
 *
 * Owns: the socket, the thread, two eventfds, the watermark, the readers.  Must not own: the
 * table, and whoever asks it.  It logs nothing: what it could not get is in its
 * counters, and main says it.
 *
 * Who must be quick and who must not.  What /proc shows of an exec is taken by the exec readers,
 * in time.  What is left are records that do not spoil, so this thread takes them in
 * batches: a wake-up for each would cost more than all the rest.  Whoever needs the
 * table to be up to date says so (nudge), and has it within a fraction of a millisecond,
 * since it is a real-time thread, too: 10, below the readers.  A host on which nothing forks wakes nobody.
 *
 * The watermark.  The kernel puts a record into the socket before the process that
 * it is about goes on.  So when a receive that began at T has found the socket empty,
 * every process that did anything before T is in the table as it was.
 *
 * Losses.  ENOBUFS says that records were dropped, not which.  What is in the socket
 * is handled first (it is the past), then /proc is read in full.  A reading that does not come
 * (its reader had no room, or is stuck) is made here, late; the table takes it back
 * if it turns out to be of another process.
 */
#include "proc_connector.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "exec_readers.h"
#include "limits.h"
#include "proc_socket.h"
#include "rt_thread.h"

enum { PRIORITY = 10 };

struct proc_connector {
	struct process_table *table;	/* not owned */
	struct exec_readers *readers;
	struct process_reader *reader;	/* the thread's own */
	int socket;
	int wakefd;			/* wakes the thread: a nudge, a ring that fills, or stop */
	int movedfd;			/* the thread wakes main: the watermark has moved */
	pthread_t thread;
	bool running;
	bool realtime;

	_Atomic bool stop;
	_Atomic bool nudged;
	_Atomic uint64_t watermark;
	_Atomic uint64_t records;
	_Atomic uint64_t lost;
	_Atomic uint64_t unstaged;
};

/* ---- the thread ---------------------------------------------------------------- */

static void handle_exec(struct proc_connector *c, const struct proc_event *event)
{
	pid_t pid = event->event_data.exec.process_tgid;
	struct process_reading reading;
	bool stuck;

	if (!exec_readers_take(c->readers, event->cpu, pid, event->timestamp_ns, &reading, &stuck)) {
		uint64_t now = clock_mono_ns();

		process_reader_read(c->reader, pid, event->timestamp_ns, 0,
				    stuck ? PROCESS_DEPTH_SAFE : PROCESS_DEPTH_IMAGE, &reading);
		reading.read_ns = now;
		atomic_fetch_add_explicit(&c->unstaged, 1, memory_order_relaxed);
	}
	(void)process_table_exec_read(c->table, pid, event->timestamp_ns, clock_mono_ns(), &reading);
}

static void handle(struct proc_connector *c, const struct proc_event *event)
{
	uint64_t at = event->timestamp_ns;
	const struct comm_proc_event *comm = &event->event_data.comm;
	const struct fork_proc_event *fork = &event->event_data.fork;
	const struct id_proc_event *id = &event->event_data.id;

	/* A failure is out of memory, which the table has counted. */
	switch ((uint32_t)event->what) {
	case WHAT_FORK:
		(void)process_table_fork(c->table, fork->parent_tgid, fork->child_tgid, at);
		break;
	case WHAT_EXEC:
		handle_exec(c, event);
		break;
	case WHAT_EXIT:
		(void)process_table_exit(c->table, event->event_data.exit.process_tgid, at);
		break;
	case WHAT_UID:
		(void)process_table_uid(c->table, id->process_tgid, id->r.ruid, id->e.euid, at);
		break;
	case WHAT_GID:
		(void)process_table_gid(c->table, id->process_tgid, id->r.rgid, id->e.egid, at);
		break;
	case WHAT_SID:
		(void)process_table_session(c->table, event->event_data.sid.process_tgid, at);
		break;
	case WHAT_COMM:
		(void)process_table_rename(c->table, comm->process_tgid,
					   (struct bytes){ comm->comm, strnlen(comm->comm, sizeof(comm->comm)) }, at);
		break;
	case WHAT_PTRACE:
		if (event->event_data.ptrace.tracer_tgid != 0)
			(void)process_table_traced(c->table, event->event_data.ptrace.process_tgid, at);
		break;
	default:
		return;
	}
	atomic_fetch_add_explicit(&c->records, 1, memory_order_relaxed);
}

/* One batch of records into the table.  How many; 0: the socket is empty.  -ENOBUFS: records were lost. */
static int take_batch(struct proc_connector *c)
{
	static const struct sockaddr_nl nobody;
	char buf[PROC_CONNECTOR_BATCH][PROC_RECORD_BYTES];
	struct sockaddr_nl from[PROC_CONNECTOR_BATCH];
	struct iovec iov[PROC_CONNECTOR_BATCH];
	struct mmsghdr messages[PROC_CONNECTOR_BATCH];
	int n;

	for (size_t i = 0; i < PROC_CONNECTOR_BATCH; i++) {
		from[i] = nobody;
		iov[i] = (struct iovec){ buf[i], PROC_RECORD_BYTES };
		messages[i] = (struct mmsghdr){ .msg_hdr = {
			.msg_name = &from[i], .msg_namelen = sizeof(from[i]),
			.msg_iov = &iov[i], .msg_iovlen = 1 } };
	}
	do
		n = recvmmsg(c->socket, messages, PROC_CONNECTOR_BATCH, MSG_DONTWAIT, NULL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	for (int i = 0; i < n; i++) {
		struct proc_event event;

		if (proc_record_decode(buf[i], messages[i].msg_len, &from[i],
				       messages[i].msg_hdr.msg_namelen, &event))
			handle(c, &event);
	}
	return n;
}

/* Until the socket is empty.  A batch that is not full does not say so: where records were lost
 * meanwhile it ends early, with others still there, and the next call tells of the loss
 * (do_recvmmsg() in net/socket.c keeps the error).
 *
 * *ret_since: what was sent before this moment was handled, or is lost; 0: not known.  *ret_any: there
 * were records.  True: some were lost. */
static bool drain(struct proc_connector *c, uint64_t *ret_since, bool *ret_any)
{
	uint64_t begin = clock_mono_ns();
	bool lost = false;

	*ret_any = false;
	*ret_since = 0;
	for (int batches = 0; !atomic_load(&c->stop); batches++) {
		uint64_t since = clock_mono_ns();
		int n;

		/* Who is faster than this thread must not keep it in here.  As much has been taken as fits into
		 * the socket: all that was there at the beginning was among it. */
		if (batches == PROC_CONNECTOR_BATCHES_MAX) {
			*ret_since = begin;
			break;
		}
		n = take_batch(c);
		*ret_any |= n > 0;
		if (n < 0) {
			atomic_fetch_add_explicit(&c->lost, 1, memory_order_relaxed);
			process_table_set_doubt(c->table);
			lost = true;
		}
		if (n == 0)
			*ret_since = since;
		if (n <= 0 && n != -ENOBUFS)
			break;
	}
	return lost;
}

static void tell_main(struct proc_connector *c)
{
	uint64_t one = 1;

	(void)!write(c->movedfd, &one, sizeof(one));
}

/* Wait for what calls for a round: records, if `idle`; else the end of the pause; a nudge in both. */
static void wait_for_work(struct proc_connector *c, bool idle, bool resync, uint64_t next_sync)
{
	static const struct timespec pause = { .tv_nsec = PROC_CONNECTOR_PAUSE_NS };
	struct pollfd fds[] = {
		{ .fd = c->wakefd, .events = POLLIN },
		{ .fd = c->socket, .events = POLLIN },
	};
	uint64_t now = clock_mono_ns();
	int timeout = -1;

	if (resync)
		timeout = next_sync > now ? (int)((next_sync - now) / 1000000) + 1 : 0;
	/* The first record after a quiet time: more will come, nobody waits for this one. */
	if (!idle || (poll(fds, ELEMENTSOF(fds), timeout) > 0 && !(fds[0].revents & POLLIN)))
		(void)ppoll(fds, 1, &pause, NULL);
	if (fds[0].revents & POLLIN) {
		uint64_t count;

		(void)!read(c->wakefd, &count, sizeof(count));
	}
}

static void *run(void *argument)
{
	struct proc_connector *c = argument;
	uint64_t next_sync = 0;
	bool resync = false, idle = false;

	while (!atomic_load(&c->stop)) {
		uint64_t since, now;
		bool asked, any;

		wait_for_work(c, idle, resync, next_sync);

		/* Before the drain: who asks during it gets another round. */
		asked = atomic_exchange(&c->nudged, false);
		resync |= drain(c, &since, &any);
		idle = !any;

		if (resync && clock_mono_ns() >= next_sync && !atomic_load(&c->stop)) {
			now = clock_mono_ns();
			resync = process_table_sync(c->table, now) < 0;
			next_sync = clock_mono_ns() + PROC_CONNECTOR_SYNC_NS;
		}
		if (since != 0)
			atomic_store_explicit(&c->watermark, since, memory_order_release);
		if (asked)
			tell_main(c);
	}
	return NULL;
}

/* The threads must not wait for a page to come back from swap.  ONFAULT: only what
 * is touched, since MCL_CURRENT alone would read in every mapping to its end.
 * FUTURE makes each later mmap() of the whole process fail beyond
 * RLIMIT_MEMLOCK, so only where there is none (LimitMEMLOCK=infinity in the unit);
 * without it what the table allocates later may be swapped out.  A refusal costs
 * nothing but that. */
static void lock_memory(void)
{
	struct rlimit limit;
	int flags = MCL_CURRENT | MCL_ONFAULT;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY)
		flags |= MCL_FUTURE;
	(void)mlockall(flags);
}

/* ---- life cycle -------------------------------------------------------------------- */

static void wake(struct proc_connector *c)
{
	uint64_t one = 1;

	(void)!write(c->wakefd, &one, sizeof(one));
}

/* For who compares the table with /proc, in the thread that asks it. */
static void catch_up(void *argument)
{
	static const struct timespec step = { .tv_nsec = PROC_CONNECTOR_STEP_NS };
	struct proc_connector *c = argument;
	uint64_t now = clock_mono_ns(), end = now + PROC_CONNECTOR_CATCH_UP_NS;

	while (proc_connector_watermark(c) < now && clock_mono_ns() < end) {
		wake(c);
		(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &step, NULL);
	}
}

int proc_connector_new(struct process_table *table, struct proc_connector **ret)
{
	_cleanup_(proc_connector_freep) struct proc_connector *c = NULL;
	int r;

	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->table = table;
	c->socket = c->wakefd = c->movedfd = -EBADF;

	c->wakefd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->wakefd < 0)
		return -errno;
	c->movedfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->movedfd < 0)
		return -errno;
	r = process_table_new_reader(table, &c->reader);
	if (r < 0)
		return r;
	r = proc_socket_open(&c->socket);
	if (r < 0)
		return r;
	r = exec_readers_new(process_table_procfd(table), c->wakefd, &c->readers);
	if (r < 0)
		return r;
	r = process_table_sync(table, clock_mono_ns());
	if (r < 0)
		return r;
	r = rt_thread_start("processes", PRIORITY, run, c, &c->thread, &c->realtime);
	if (r < 0)
		return r;
	c->running = true;
	lock_memory();
	wake(c);	/* a first round, for a first watermark */
	process_table_set_catch_up(table, catch_up, c);

	*ret = TAKE_PTR(c);
	return 0;
}

struct proc_connector *proc_connector_free(struct proc_connector *c)
{
	if (!c)
		return NULL;
	if (c->running) {
		process_table_set_catch_up(c->table, NULL, NULL);
		atomic_store(&c->stop, true);
		wake(c);
		(void)pthread_join(c->thread, NULL);
	}
	(void)exec_readers_free(c->readers);
	proc_socket_close(&c->socket);
	(void)process_reader_free(c->reader);
	closep(&c->wakefd);
	closep(&c->movedfd);
	free(c);
	return NULL;
}

uint64_t proc_connector_watermark(const struct proc_connector *c)
{
	return atomic_load_explicit(&c->watermark, memory_order_acquire);
}

void proc_connector_nudge(struct proc_connector *c)
{
	atomic_store(&c->nudged, true);
	wake(c);
}

int proc_connector_fd(const struct proc_connector *c)
{
	return c->movedfd;
}

void proc_connector_counters(const struct proc_connector *c, struct proc_connector_counters *ret)
{
	struct exec_readers_counters readers;

	exec_readers_counters(c->readers, &readers);
	*ret = (struct proc_connector_counters){
		.records = atomic_load_explicit(&c->records, memory_order_relaxed),
		.lost = atomic_load_explicit(&c->lost, memory_order_relaxed),
		.readers_lost = readers.lost,
		.unstaged = atomic_load_explicit(&c->unstaged, memory_order_relaxed),
		.realtime = c->realtime && readers.realtime,
	};
}
