#include <errno.h>
#include <linux/connector.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "cleanup.h"
#include "proc_socket.h"

enum { BEFORE = sizeof(struct nlmsghdr) + sizeof(struct cn_msg), WORDS = 16 };

/* Apart, since in the message they are not aligned. */
struct message {
	struct nlmsghdr header;
	struct cb_id id;
	size_t size;		/* of the whole */
};

static struct message exec_message(void)
{
	enum { LONGER = 64 };	/* than the record of today */
	size_t size = BEFORE + sizeof(struct proc_event) + LONGER;

	return (struct message){ .header = { .nlmsg_len = (uint32_t)size, .nlmsg_type = NLMSG_DONE },
				 .id = { CN_IDX_PROC, CN_VAL_PROC }, .size = size };
}

static const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

static bool decode(const struct message *m, const struct sockaddr_nl *from, size_t from_size,
		   struct proc_event *ret)
{
	struct proc_event event = { .what = (int)WHAT_EXEC, .cpu = 3, .timestamp_ns = 12345 };
	struct cn_msg connector = { .id = m->id, .len = sizeof(event) };
	_cleanup_free_ char *text = NULL, *exact = NULL;

	event.event_data.exec.process_pid = event.event_data.exec.process_tgid = 42;
	text = calloc(1, 512);
	exact = malloc(m->size + 1);	/* a sanitizer sees a byte too many that is read */
	assert_true(text && exact);
	memcpy(text, &m->header, sizeof(m->header));
	memcpy(text + sizeof(m->header), &connector, sizeof(connector));
	memcpy(text + BEFORE, &event, sizeof(event));
	memcpy(exact + 1, text, m->size);
	return proc_record_decode(exact + 1, m->size, from, (socklen_t)from_size, ret);
}

static bool decode_from_kernel(const struct message *m, struct proc_event *ret)
{
	return decode(m, &kernel, sizeof(kernel), ret);
}

static void decodes_records_of_every_age(void **state)
{
	struct message m = exec_message();
	struct proc_event event;

	(void)state;
	for (size_t size = 0, all = m.size; size <= all; size++) {
		m.size = size;
		m.header.nlmsg_len = (uint32_t)size;
		assert_int_equal(decode_from_kernel(&m, &event), size >= BEFORE + WORDS);
	}
	assert_int_equal(event.what, WHAT_EXEC);
	assert_int_equal(event.cpu, 3);
	assert_true(event.timestamp_ns == 12345);
	assert_int_equal(event.event_data.exec.process_tgid, 42);

	/* What a short one does not have is zero. */
	m.header.nlmsg_len = BEFORE + WORDS;
	m.size = BEFORE + WORDS;
	assert_true(decode_from_kernel(&m, &event));
	assert_int_equal(event.event_data.exec.process_tgid, 0);
}

static void refuses_what_is_no_record(void **state)
{
	struct message m = exec_message();
	struct sockaddr_nl somebody = { .nl_family = AF_NETLINK, .nl_pid = 1 };
	struct proc_event event = { .cpu = 77 };

	(void)state;
	m.header.nlmsg_len++;
	assert_false(decode_from_kernel(&m, &event));
	m = exec_message();
	m.id.idx = 5;
	assert_false(decode_from_kernel(&m, &event));
	m = exec_message();
	m.id.val = 5;
	assert_false(decode_from_kernel(&m, &event));
	m = exec_message();
	assert_false(decode(&m, &somebody, sizeof(somebody), &event));
	assert_false(decode(&m, &kernel, 0, &event));
	assert_int_equal(event.cpu, 77);
	assert_true(decode_from_kernel(&m, &event));
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
