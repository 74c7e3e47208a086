/* proc_connector.c - the processes thread.
 *
 *	kernel --netlink--> cBPF --> socket --recvmmsg--> [thread] --> process table
 *	                                                     |
 *	                         main <--eventfd, watermark--+
 *
 * Owns: the socket, the thread, two eventfds, the watermark.  Must not own: the
 * table, and whoever asks it.  It logs nothing: what it could not get is in its
 * counters, and main says it.
 *
 * Why a real-time thread.  An EXEC record is worth what /proc/PID still shows when
 * it is handled.  At normal priority 1 to 13 % of short programs were gone by then,
 * at SCHED_FIFO none of 13 854, with both cores busy.  Priority 10 is above every
 * ordinary thread and below what an administrator gives to real work.  The thread
 * sleeps in poll() when there is nothing, and takes one lock, which hands on its
 * priority.
 *
 * Why a filter in the kernel.  The connector also tells of each thread, uid, name
 * and session; without the filter they would be three quarters of the wakeups.
 *
 * The watermark.  The kernel puts a record into the socket before the process that
 * it is about goes on.  So when a receive that began at T has emptied the socket,
 * every process that did anything before T is in the table as it was.
 *
 * Losses.  ENOBUFS says that records were dropped, not which.  What is in the socket
 * is handled first (it is the past), then /proc is read in full.
 */
#include "proc_connector.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "limits.h"

enum {
	PRIORITY = 10,
	STACK_BYTES = 256 * 1024,
	RECORD_BYTES = 256,	/* nlmsghdr 16, cn_msg 20, proc_event 40: room for a longer one */
};

struct proc_connector {
	struct process_table *table;	/* not owned */
	int socket;
	int wakefd;			/* main wakes the thread: a nudge, or stop */
	int movedfd;			/* the thread wakes main: the watermark has moved */
	pthread_t thread;
	bool running;

	_Atomic bool stop;
	_Atomic bool nudged;
	_Atomic uint64_t watermark;
	_Atomic uint64_t records;
	_Atomic uint64_t lost;
	_Atomic bool realtime;
};

/* ---- the socket ------------------------------------------------------------- */

/* Offsets from the start of the netlink message.  A BPF load reads big-endian. */
enum {
	AT_EVENT = sizeof(struct nlmsghdr) + sizeof(struct cn_msg),
	AT_WHAT = AT_EVENT + offsetof(struct proc_event, what),
	AT_DATA = AT_EVENT + offsetof(struct proc_event, event_data),
	AT_CHILD_PID = AT_DATA + offsetof(struct fork_proc_event, child_pid),
	AT_CHILD_TGID = AT_DATA + offsetof(struct fork_proc_event, child_tgid),
	AT_EXIT_PID = AT_DATA + offsetof(struct exit_proc_event, process_pid),
	AT_EXIT_TGID = AT_DATA + offsetof(struct exit_proc_event, process_tgid),
};

_Static_assert(AT_WHAT == 36 && AT_DATA == 52, "layout of linux/cn_proc.h");

/* The names of the enumerators moved in Linux 6.6 (out of struct proc_event);
 * the numbers are the interface. */
#define WHAT_NONE 0u
#define WHAT_FORK 1u
#define WHAT_EXEC 2u
#define WHAT_EXIT 0x80000000u

static int attach_filter(int fd)
{
	enum { FORK = 6, EXIT = 10, COMPARE = 13, PASS = 14 };	/* places below */
	struct sock_filter code[] = {
		/* Jumps are relative to the next instruction. */
		/* 0 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT_WHAT),
		/* 1 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(WHAT_EXEC), PASS - 2, 0),
		/* 2 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(WHAT_FORK), FORK - 3, 0),
		/* 3 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(WHAT_EXIT), EXIT - 4, 0),
		/* 4 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(WHAT_NONE), PASS - 5, 0),
		/* 5 */ BPF_STMT(BPF_RET | BPF_K, 0),

		/* 6: FORK, but not of a thread */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT_CHILD_PID),
		/* 7 */ BPF_STMT(BPF_MISC | BPF_TAX, 0),
		/* 8 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT_CHILD_TGID),
		/* 9 */ BPF_STMT(BPF_JMP | BPF_JA, COMPARE - 10),

		/* 10: EXIT, but not of a thread */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT_EXIT_PID),
		/* 11 */ BPF_STMT(BPF_MISC | BPF_TAX, 0),
		/* 12 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT_EXIT_TGID),

		/* 13 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 1),
		/* 14 */ BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		/* 15 */ BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { .len = ELEMENTSOF(code), .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno
											   : 0;
}

/* LISTEN or IGNORE.  `number` comes back, one higher, in the acknowledgement's ack;
 * its seq is the kernel's own count (drivers/connector/cn_proc.c, cn_proc_ack()). */
static int send_request(int fd, enum proc_cn_mcast_op op, uint32_t number)
{
	char request[AT_EVENT + sizeof(uint32_t)];
	struct nlmsghdr header = { .nlmsg_len = sizeof(request), .nlmsg_type = NLMSG_DONE };
	struct cn_msg connector = {
		.id = { .idx = CN_IDX_PROC, .val = CN_VAL_PROC },
		.ack = number,
		.len = sizeof(uint32_t),
	};
	uint32_t what = op;

	memcpy(request, &header, sizeof(header));
	memcpy(request + sizeof(header), &connector, sizeof(connector));
	memcpy(request + AT_EVENT, &what, sizeof(what));
	return send(fd, request, sizeof(request), 0) < 0 ? -errno : 0;
}

/* The record in one netlink message: a copy, since in the message it is not
 * aligned.  False for anything else. */
static bool decode(const char *message, size_t size, struct cn_msg *ret_connector,
		   struct proc_event *ret)
{
	struct nlmsghdr header;
	size_t len;

	if (size < AT_DATA)
		return false;
	memcpy(&header, message, sizeof(header));
	memcpy(ret_connector, message + sizeof(header), sizeof(*ret_connector));
	if (header.nlmsg_len > size || ret_connector->id.idx != CN_IDX_PROC ||
	    ret_connector->id.val != CN_VAL_PROC)
		return false;

	/* A kernel of another age may have a shorter or longer record. */
	memset(ret, 0, sizeof(*ret));
	len = size - AT_EVENT;
	memcpy(ret, message + AT_EVENT, len < sizeof(*ret) ? len : sizeof(*ret));
	return true;
}

static int wait_for_acknowledgement(int fd, uint32_t number)
{
	uint64_t end = clock_mono_ns() + PROC_CONNECTOR_ACK_NS;

	for (;;) {
		struct pollfd pfd = { .fd = fd, .events = POLLIN };
		struct sockaddr_nl from = { 0 };
		socklen_t fromlen = sizeof(from);
		uint64_t now = clock_mono_ns();
		struct proc_event event;
		struct cn_msg connector;
		char buf[RECORD_BYTES];
		ssize_t n;
		int r;

		if (now >= end)
			return -ETIMEDOUT;
		r = poll(&pfd, 1, (int)((end - now) / 1000000) + 1);
		if (r < 0 && errno != EINTR)
			return -errno;
		if (r <= 0)
			continue;
		n = recvfrom(fd, buf, sizeof(buf), MSG_DONTWAIT, (struct sockaddr *)&from,
			     &fromlen);
		if (n < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS))
			continue;
		if (n < 0)
			return -errno;
		/* Records that come before it are in /proc when that is read. */
		if (from.nl_pid != 0 || !decode(buf, (size_t)n, &connector, &event) ||
		    (uint32_t)event.what != WHAT_NONE)
			continue;
		/* Acknowledgements go to every listener; ours answers our number. */
		if (connector.ack != number + 1)
			continue;
		return event.event_data.ack.err == 0 ? 0 : -(int)event.event_data.ack.err;
	}
}

static int open_socket(int *ret)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC };
	int bytes = PROC_CONNECTOR_QUEUE_BYTES, r;
	_cleanup_close_ int fd = -EBADF;
	uint32_t number;

	fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	r = attach_filter(fd);
	if (r < 0)
		return r;
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;

	number = (uint32_t)getpid() ^ (uint32_t)clock_mono_ns();
	r = send_request(fd, PROC_CN_MCAST_LISTEN, number);
	if (r < 0)
		return r;
	r = wait_for_acknowledgement(fd, number);
	if (r < 0)
		return r;
	*ret = TAKE_FD(fd);
	return 0;
}

/* ---- the thread ---------------------------------------------------------------- */

static void handle(struct proc_connector *c, const char *message, size_t size)
{
	struct proc_event event;
	struct cn_msg connector;

	if (!decode(message, size, &connector, &event))
		return;
	/* A failure is out of memory, which the table has counted. */
	switch ((uint32_t)event.what) {
	case WHAT_FORK:
		if (event.event_data.fork.child_pid == event.event_data.fork.child_tgid)
			(void)process_table_fork(c->table, event.event_data.fork.parent_tgid,
						 event.event_data.fork.child_tgid,
						 event.timestamp_ns);
		break;
	case WHAT_EXEC:
		(void)process_table_exec(c->table, event.event_data.exec.process_tgid,
					 event.timestamp_ns);
		break;
	case WHAT_EXIT:
		if (event.event_data.exit.process_pid == event.event_data.exit.process_tgid)
			(void)process_table_exit(c->table, event.event_data.exit.process_tgid,
						 event.timestamp_ns);
		break;
	default:
		return;
	}
	atomic_fetch_add_explicit(&c->records, 1, memory_order_relaxed);
}

/* Until the socket is empty.  -ENOBUFS: records were lost (and it is not empty).
 * *ret_since: everything sent before this moment was handled. */
static int drain(struct proc_connector *c, uint64_t *ret_since)
{
	static const struct sockaddr_nl nobody;
	char buf[PROC_CONNECTOR_BATCH][RECORD_BYTES];
	struct sockaddr_nl from[PROC_CONNECTOR_BATCH];
	struct iovec iov[PROC_CONNECTOR_BATCH];
	struct mmsghdr messages[PROC_CONNECTOR_BATCH];
	int n;

	do {
		uint64_t since = clock_mono_ns();

		for (size_t i = 0; i < PROC_CONNECTOR_BATCH; i++) {
			from[i] = nobody;
			iov[i] = (struct iovec){ buf[i], RECORD_BYTES };
			messages[i] = (struct mmsghdr){ .msg_hdr = {
				.msg_name = &from[i], .msg_namelen = sizeof(from[i]),
				.msg_iov = &iov[i], .msg_iovlen = 1 } };
		}
		n = recvmmsg(c->socket, messages, PROC_CONNECTOR_BATCH, MSG_DONTWAIT, NULL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return -errno;
		for (int i = 0; i < n; i++)
			/* Only the kernel has port 0: anybody may send to a port. */
			if (messages[i].msg_hdr.msg_namelen == sizeof(from[i]) &&
			    from[i].nl_pid == 0)
				handle(c, buf[i], messages[i].msg_len);
		*ret_since = since;
		/* Fewer than asked for: the next receive would have been refused. */
	} while (n == PROC_CONNECTOR_BATCH && !atomic_load(&c->stop));
	return 0;
}

static void tell_main(struct proc_connector *c)
{
	uint64_t one = 1;

	(void)!write(c->movedfd, &one, sizeof(one));
}

static void *run(void *argument)
{
	struct proc_connector *c = argument;
	uint64_t next_sync = 0;
	bool resync = false;

	while (!atomic_load(&c->stop)) {
		struct pollfd fds[] = {
			{ .fd = c->socket, .events = POLLIN },
			{ .fd = c->wakefd, .events = POLLIN },
		};
		uint64_t since = 0, now = clock_mono_ns();
		int timeout = -1, r;
		bool asked;

		if (resync)
			timeout = next_sync > now ? (int)((next_sync - now) / 1000000) + 1 : 0;
		(void)poll(fds, ELEMENTSOF(fds), timeout);
		if (fds[1].revents & POLLIN) {
			uint64_t count;

			(void)!read(c->wakefd, &count, sizeof(count));
		}

		/* Before the drain: who asks during it gets another round. */
		asked = atomic_exchange(&c->nudged, false);
		do {
			r = drain(c, &since);
			if (r < 0) {
				atomic_fetch_add_explicit(&c->lost, 1, memory_order_relaxed);
				resync = true;
			}
		} while (r == -ENOBUFS && !atomic_load(&c->stop));

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

/* The thread must not wait for a page to come back from swap.  ONFAULT: only what
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

static int start_thread(struct proc_connector *c)
{
	struct sched_param priority = { .sched_priority = PRIORITY };
	sigset_t all, former;
	pthread_attr_t attr;
	int r;

	r = pthread_attr_init(&attr);
	if (r != 0)
		return -r;
	(void)pthread_attr_setstacksize(&attr, STACK_BYTES);

	/* Signals are main's. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &former);
	r = pthread_create(&c->thread, &attr, run, c);
	(void)pthread_sigmask(SIG_SETMASK, &former, NULL);
	(void)pthread_attr_destroy(&attr);
	if (r != 0)
		return -r;
	c->running = true;

	(void)pthread_setname_np(c->thread, "processes");
	atomic_store(&c->realtime, pthread_setschedparam(c->thread, SCHED_FIFO, &priority) == 0);
	lock_memory();
	return 0;
}

/* ---- life cycle -------------------------------------------------------------------- */

static void wake(struct proc_connector *c)
{
	uint64_t one = 1;

	(void)!write(c->wakefd, &one, sizeof(one));
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
	r = open_socket(&c->socket);
	if (r < 0)
		return r;
	r = process_table_sync(table, clock_mono_ns());
	if (r < 0)
		return r;
	r = start_thread(c);
	if (r < 0)
		return r;
	wake(c);	/* a first round, for a first watermark */

	*ret = TAKE_PTR(c);
	return 0;
}

struct proc_connector *proc_connector_free(struct proc_connector *c)
{
	if (!c)
		return NULL;
	if (c->running) {
		atomic_store(&c->stop, true);
		wake(c);
		(void)pthread_join(c->thread, NULL);
	}
	/* Before 6.6 the kernel counts listeners by their words alone: without this
	 * it would make records for nobody until the next boot. */
	if (c->socket >= 0)
		(void)send_request(c->socket, PROC_CN_MCAST_IGNORE, 0);
	closep(&c->socket);
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
	*ret = (struct proc_connector_counters){
		.records = atomic_load_explicit(&c->records, memory_order_relaxed),
		.lost = atomic_load_explicit(&c->lost, memory_order_relaxed),
		.realtime = atomic_load_explicit(&c->realtime, memory_order_relaxed),
	};
}
