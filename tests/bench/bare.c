/* bare.c - the least that anybody can do with the kernel's records of processes:
 * receive and discard.
 *
 *	bare
 *
 * Prints "ready" when it listens; ends with SIGTERM and prints how many execs it was
 * told of and the processor time that it has used.  It is what the daemon's cost of an
 * exec is measured against, so it is as good as one socket can be: fork, exec and exit of
 * processes only (the filter drops threads in the kernel), a real-time thread, one
 * system call a record.
 *
 * Of its own and not of daemon/proc_socket.c: a yardstick must not change with what
 * it measures.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	AT_EVENT = sizeof(struct nlmsghdr) + sizeof(struct cn_msg),
	AT_DATA = AT_EVENT + 16,	/* event_data of struct proc_event */
};

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

static int request(int fd, uint32_t operation)
{
	char message[AT_EVENT + sizeof(operation)];
	struct nlmsghdr header = { .nlmsg_len = sizeof(message), .nlmsg_type = NLMSG_DONE };
	struct cn_msg connector = { .id = { CN_IDX_PROC, CN_VAL_PROC }, .len = sizeof(operation) };

	memcpy(message, &header, sizeof(header));
	memcpy(message + sizeof(header), &connector, sizeof(connector));
	memcpy(message + AT_EVENT, &operation, sizeof(operation));
	return send(fd, message, sizeof(message), 0) < 0 ? -1 : 0;
}

static int attach_filter(int fd)
{
	struct sock_filter code[] = {
		/* 0 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT_EVENT),
		/* 1 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(2), 11, 0),		/* EXEC */
		/* 2 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(1), 2, 0),		/* FORK */
		/* 3 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(0x80000000), 5, 0),	/* EXIT */
		/* 4 */ BPF_STMT(BPF_RET | BPF_K, 0),
		/* 5: the child, and its leader */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT_DATA + 8),
		/* 6 */ BPF_STMT(BPF_MISC | BPF_TAX, 0),
		/* 7 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT_DATA + 12),
		/* 8 */ BPF_STMT(BPF_JMP | BPF_JA, 3),
		/* 9: who ended, and its leader */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT_DATA),
		/* 10 */ BPF_STMT(BPF_MISC | BPF_TAX, 0),
		/* 11 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT_DATA + 4),
		/* 12 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 1),
		/* 13 */ BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		/* 14 */ BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { .len = sizeof(code) / sizeof(code[0]), .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

int main(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC };
	struct sched_param priority = { .sched_priority = 10 };
	struct sigaction action = { .sa_handler = on_signal };	/* no SA_RESTART: recv() ends */
	unsigned long execs = 0, lost = 0;
	struct timespec used;
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_CONNECTOR);
	uint32_t exec = 2;
	int bytes = 8 * 1024 * 1024;

	if (fd < 0 || attach_filter(fd) < 0 ||
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    request(fd, PROC_CN_MCAST_LISTEN) < 0) {
		fprintf(stderr, "bare: %s\n", strerror(errno));
		return 77;
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	(void)sched_setscheduler(0, SCHED_FIFO, &priority);
	(void)sigaction(SIGTERM, &action, NULL);
	(void)puts("ready");
	(void)fflush(stdout);

	while (!stop) {
		char buffer[256];

		if (recv(fd, buffer, sizeof(buffer), 0) >= AT_DATA)
			execs += memcmp(buffer + AT_EVENT, &exec, sizeof(exec)) == 0;
		else if (errno == ENOBUFS)
			lost++;
	}
	(void)request(fd, PROC_CN_MCAST_IGNORE);
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	printf("execs=%lu lost=%lu ns=%llu\n", execs, lost,
	       (unsigned long long)used.tv_sec * 1000000000 + (unsigned long long)used.tv_nsec);
	return 0;
}
