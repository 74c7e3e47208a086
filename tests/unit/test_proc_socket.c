#include <errno.h>
#include <linux/connector.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "proc_socket.h"

struct message {
	struct nlmsghdr header;
	struct cn_msg connector;
	char event[sizeof(struct proc_event) + 64];
} __attribute__((packed));

static struct message exec_of(pid_t pid)
{
	struct proc_event event = { .what = (int)WHAT_EXEC, .cpu = 3, .timestamp_ns = 12345 };
	struct message m = {
		.header = { .nlmsg_len = sizeof(m), .nlmsg_type = NLMSG_DONE },
		.connector = { .id = { CN_IDX_PROC, CN_VAL_PROC }, .len = sizeof(event) },
	};

	event.event_data.exec.process_pid = event.event_data.exec.process_tgid = pid;
	memcpy(m.event, &event, sizeof(event));
	return m;
}

static const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

static bool decode(const struct message *m, size_t size, struct proc_event *ret)
{
	return proc_record_decode((const char *)m, size, &kernel, sizeof(kernel), ret);
}

static void decodes_records_of_every_age(void **state)
{
	enum { BEFORE = sizeof(struct nlmsghdr) + sizeof(struct cn_msg), WORDS = 16 };
	struct message m = exec_of(42);
	struct proc_event event;

	(void)state;
	for (size_t size = 0; size <= sizeof(m); size++) {
		m.header.nlmsg_len = (uint32_t)size;
		assert_int_equal(decode(&m, size, &event), size >= BEFORE + WORDS);
	}
	assert_int_equal(event.what, WHAT_EXEC);
	assert_int_equal(event.cpu, 3);
	assert_true(event.timestamp_ns == 12345);
	assert_int_equal(event.event_data.exec.process_tgid, 42);

	/* What a short one does not have is zero. */
	m.header.nlmsg_len = BEFORE + WORDS;
	assert_true(decode(&m, BEFORE + WORDS, &event));
	assert_int_equal(event.event_data.exec.process_tgid, 0);
}

static void refuses_what_is_no_record(void **state)
{
	struct message m = exec_of(42);
	struct sockaddr_nl somebody = { .nl_family = AF_NETLINK, .nl_pid = 1 };
	struct proc_event event = { .cpu = 77 };

	(void)state;
	m.header.nlmsg_len = sizeof(m) + 1;
	assert_false(decode(&m, sizeof(m), &event));
	m = exec_of(42);
	m.connector.id.idx = 5;
	assert_false(decode(&m, sizeof(m), &event));
	m = exec_of(42);
	m.connector.id.val = 5;
	assert_false(decode(&m, sizeof(m), &event));
	m = exec_of(42);
	assert_false(proc_record_decode((const char *)&m, sizeof(m), &somebody, sizeof(somebody), &event));
	assert_false(proc_record_decode((const char *)&m, sizeof(m), &kernel, 0, &event));
	assert_int_equal(event.cpu, 77);
	assert_true(decode(&m, sizeof(m), &event));
}

static void closes_what_is_not_open(void **state)
{
	int fd = -EBADF;

	(void)state;
	proc_socket_close(&fd);
	proc_socket_close_execs(&fd);
	assert_int_equal(fd, -EBADF);
	assert_true(proc_socket_prod(fd) < 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes_records_of_every_age),
		cmocka_unit_test(refuses_what_is_no_record),
		cmocka_unit_test(closes_what_is_not_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
