/* proc_socket.c - sockets on which the kernel tells of processes.
 *
 *	kernel (drivers/connector/cn_proc.c) --multicast--> cBPF --> one socket with all
 *	                                              \----> cBPF --> a socket for each reader
 *
 * Owns: requests, filters, the layout of a message.  Must not own: threads, what a record
 * means.
 *
 * The order of the sockets.  The kernel offers a record to the newest member of the group
 * first (hlist_add_head() in net/netlink/af_netlink.c), and only once a socket has
 * kept it the next ones cost a copy of its head.  So the one with all records is the oldest.
 * It is also told last: when it has an EXEC record, that execs' reader was woken.
 *
 * Since Linux 6.6 the kernel filters by kind of record, too, at the request of eight bytes
 * {operation, kinds}.  A filtered socket gets no acknowledgement (its kind is none of
 * those), and an older kernel ignores a request of that length, so nothing is waited for: it
 * is the cheaper filter where there is one, and the cBPF does the whole alone.
 *
 * Before 6.6 the kernel counts the listeners by their requests of four bytes alone: each LISTEN
 * is taken back with an IGNORE, or it would make records for nobody until the next boot.
 */
#include "proc_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/connector.h>
#include <linux/filter.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"
#include "limits.h"

/* ---- filters ------------------------------------------------------------------ */

/* Offsets from the start of the netlink message.  A BPF load reads big-endian. */
enum {
	AT_EVENT = sizeof(struct nlmsghdr) + sizeof(struct cn_msg),
	AT_WHAT = AT_EVENT + offsetof(struct proc_event, what),
	AT_DATA = AT_EVENT + offsetof(struct proc_event, event_data),
	/* Who, and whose thread that is: all kinds but FORK begin with these two. */
	AT_PID = AT_DATA + offsetof(struct exit_proc_event, process_pid),
	AT_TGID = AT_DATA + offsetof(struct exit_proc_event, process_tgid),
	AT_CHILD_PID = AT_DATA + offsetof(struct fork_proc_event, child_pid),
	AT_CHILD_TGID = AT_DATA + offsetof(struct fork_proc_event, child_tgid),
};

_Static_assert(AT_WHAT == 36 && AT_DATA == 52, "layout of linux/cn_proc.h");
_Static_assert(offsetof(struct comm_proc_event, process_tgid) == 4 &&
	       offsetof(struct id_proc_event, process_tgid) == 4 &&
	       offsetof(struct sid_proc_event, process_tgid) == 4, "layout of linux/cn_proc.h");

static int attach(int fd, struct sock_filter *code, size_t n)
{
	struct sock_fprog program = { .len = (unsigned short)n, .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno : 0;
}

/* Processes, not their other threads, except that any thread may be traced. */
static int attach_processes(int fd)
{
	enum { FORK = 11, SELF = 15, COMPARE = 18, PASS = 19 };	/* places below */
#define WHAT(at, what, to) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(what), (to) - (at) - 1, 0)
	struct sock_filter code[] = {
		/* Jumps are relative to the next instruction. */
		/* 0 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT_WHAT),
		/* 1 */ WHAT(1, WHAT_FORK, FORK),
		/* 2 */ WHAT(2, WHAT_EXIT, SELF),
		/* 3 */ WHAT(3, WHAT_EXEC, PASS),
		/* 4 */ WHAT(4, WHAT_UID, SELF),
		/* 5 */ WHAT(5, WHAT_GID, SELF),
		/* 6 */ WHAT(6, WHAT_SID, SELF),
		/* 7 */ WHAT(7, WHAT_COMM, SELF),
		/* 8 */ WHAT(8, WHAT_PTRACE, PASS),
		/* 9 */ WHAT(9, WHAT_NONE, PASS),
		/* 10 */ BPF_STMT(BPF_RET | BPF_K, 0),

		/* 11: FORK, but not of a thread */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT_CHILD_PID),
		/* 12 */ BPF_STMT(BPF_MISC | BPF_TAX, 0),
		/* 13 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT_CHILD_TGID),
		/* 14 */ BPF_STMT(BPF_JMP | BPF_JA, COMPARE - 15),

		/* 15: by a process, but not by one of its threads */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT_PID),
		/* 16 */ BPF_STMT(BPF_MISC | BPF_TAX, 0),
		/* 17 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT_TGID),

		/* 18 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 1),
		/* 19 */ BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		/* 20 */ BPF_STMT(BPF_RET | BPF_K, 0),
	};

	return attach(fd, code, ELEMENTSOF(code));
}

/* The processor is the one that sends: that of the process which executes. */
static int attach_execs(int fd, unsigned part, unsigned parts)
{
	struct sock_filter code[] = {
		/* 0 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT_WHAT),
		/* 1 */ WHAT(1, WHAT_EXEC, 4),
		/* 2 */ WHAT(2, WHAT_NONE, 7),
		/* 3 */ BPF_STMT(BPF_RET | BPF_K, 0),
		/* 4 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_CPU)),
		/* 5 */ BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, parts),
		/* 6 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, part, 0, 1),
		/* 7 */ BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		/* 8 */ BPF_STMT(BPF_RET | BPF_K, 0),
	};
#undef WHAT

	return attach(fd, code, ELEMENTSOF(code));
}

/* ---- messages ------------------------------------------------------------------- */

/* `words`: 1, the operation alone, or 2, the kinds of records (Linux 6.6).  `number` comes back,
 * one higher, in the acknowledgement's ack; its seq is the kernel's own count (cn_proc_ack()). */
static int send_request(int fd, const uint32_t *words, size_t n, uint32_t number)
{
	char request[AT_EVENT + 2 * sizeof(uint32_t)];
	size_t size = AT_EVENT + n * sizeof(uint32_t);
	struct nlmsghdr header = { .nlmsg_len = (uint32_t)size, .nlmsg_type = NLMSG_DONE };
	struct cn_msg connector = {
		.id = { .idx = CN_IDX_PROC, .val = CN_VAL_PROC },
		.ack = number,
		.len = (uint16_t)(n * sizeof(uint32_t)),
	};

	memcpy(request, &header, sizeof(header));
	memcpy(request + sizeof(header), &connector, sizeof(connector));
	memcpy(request + AT_EVENT, words, n * sizeof(uint32_t));
	return send(fd, request, size, 0) < 0 ? -errno : 0;
}

static int send_operation(int fd, uint32_t operation, uint32_t number)
{
	return send_request(fd, &operation, 1, number);
}

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

bool proc_record_decode(const char *message, size_t size, const struct sockaddr_nl *from,
			socklen_t from_size, struct proc_event *ret)
{
	struct cn_msg connector;

	/* Only the kernel has port 0: anybody may send to a port. */
	return from_size == sizeof(*from) && from->nl_pid == 0 &&
	       decode(message, size, &connector, ret);
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
		char buf[PROC_RECORD_BYTES];
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

/* ---- sockets ---------------------------------------------------------------------- */

static int join_group(int fd, int bytes)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC };

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	return bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

int proc_socket_open(int *ret)
{
	_cleanup_close_ int fd = -EBADF;
	uint32_t number;
	int r;

	fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR);
	if (fd < 0)
		return -errno;
	r = attach_processes(fd);
	if (r < 0)
		return r;
	r = join_group(fd, PROC_CONNECTOR_QUEUE_BYTES);
	if (r < 0)
		return r;
	number = (uint32_t)getpid() ^ (uint32_t)clock_mono_ns();
	r = send_operation(fd, PROC_CN_MCAST_LISTEN, number);
	if (r < 0)
		return r;
	r = wait_for_acknowledgement(fd, number);
	if (r < 0)
		return r;
	*ret = TAKE_FD(fd);
	return 0;
}

int proc_socket_open_execs(unsigned part, unsigned parts, int *ret)
{
	const uint32_t request[] = { PROC_CN_MCAST_LISTEN, WHAT_EXEC };
	_cleanup_close_ int fd = -EBADF;
	int r;

	fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_CONNECTOR);
	if (fd < 0)
		return -errno;
	r = attach_execs(fd, part, parts);
	if (r < 0)
		return r;
	r = join_group(fd, EXEC_READERS_QUEUE_BYTES);
	if (r < 0)
		return r;
	(void)send_request(fd, request, ELEMENTSOF(request), 0);
	*ret = TAKE_FD(fd);
	return 0;
}

/* A request of four bytes is acknowledged on every kernel, to all who listen; it subscribes the
 * socket to all kinds, its filter does not let them pass.  The second takes it back. */
int proc_socket_prod(int fd)
{
	int r = send_operation(fd, PROC_CN_MCAST_LISTEN, 0);

	(void)send_operation(fd, PROC_CN_MCAST_IGNORE, 0);
	return r;
}

void proc_socket_close(int *fd)
{
	if (*fd >= 0)
		(void)send_operation(*fd, PROC_CN_MCAST_IGNORE, 0);
	closep(fd);
	*fd = -EBADF;
}

/* Where LISTEN of eight bytes was understood, so is this; after proc_socket_prod() it changes nothing. */
void proc_socket_close_execs(int *fd)
{
	const uint32_t request[] = { PROC_CN_MCAST_IGNORE, WHAT_EXEC };

	if (*fd >= 0)
		(void)send_request(*fd, request, ELEMENTSOF(request), 0);
	closep(fd);
	*fd = -EBADF;
}
