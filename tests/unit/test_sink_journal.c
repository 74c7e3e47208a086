#include "sinks_support.h"

#include <linux/limits.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "limits.h"

/* ---- a journald of our own ----------------------------------------------------- */

static char socket_path[96];
static int journald = -EBADF;
static struct str received = { (char *)"", 0, 0 };	/* ids, "a00000 a00001 " */
static struct str last_entry = { (char *)"", 0, 0 };	/* bytes of the entry received last */
static bool last_was_memfd;

static void journald_start(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	(void)unlink(socket_path);
	memcpy(address.sun_path, socket_path, strlen(socket_path) + 1);
	journald = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(journald >= 0);
	assert_int_equal(bind(journald, (struct sockaddr *)&address, sizeof(address)), 0);
}

static unsigned journald_read(unsigned max);

/* What was sent to it is read: systemd keeps the socket while journald restarts. */
static void journald_stop(bool unlink_too)
{
	(void)journald_read(UINT32_MAX);
	(void)close(journald);
	journald = -EBADF;
	if (unlink_too)
		assert_int_equal(unlink(socket_path), 0);
}

/* The first field of that name in the entry, as journald would see it; the entry must be well-formed. */
static struct bytes field(struct bytes entry, const char *name)
{
	struct bytes found = BYTES_NONE;

	while (entry.len > 0) {
		ptrdiff_t eol = bytes_find_byte(entry, '\n', 0);
		struct bytes line, key, value;
		ptrdiff_t eq;

		assert_true(eol > 0);
		line = bytes_slice(entry, 0, (size_t)eol);
		eq = bytes_find_byte(line, '=', 0);
		if (eq >= 0) {
			key = bytes_slice(line, 0, (size_t)eq);
			value = bytes_slice(line, (size_t)eq + 1, line.len - (size_t)eq - 1);
			entry = bytes_slice(entry, (size_t)eol + 1, entry.len - (size_t)eol - 1);
		} else {
			uint64_t len = 0;

			key = line;
			entry = bytes_slice(entry, (size_t)eol + 1, entry.len - (size_t)eol - 1);
			assert_true(entry.len >= 9);
			for (int i = 7; i >= 0; i--)
				len = len << 8 | (unsigned char)entry.ptr[i];
			assert_true(len < entry.len - 8);
			value = bytes_slice(entry, 8, len);
			assert_int_equal(entry.ptr[8 + len], '\n');
			entry = bytes_slice(entry, 9 + len, entry.len - 9 - len);
		}
		if (!found.ptr && bytes_equal(key, bytes_of(name)))
			found = value;
	}
	return found;
}

static struct bytes last_field(const char *name)
{
	return field(str_bytes(&last_entry), name);
}

static void read_memfd(int fd)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
	struct stat st;

	assert_int_equal(fcntl(fd, F_GET_SEALS), seals);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(str_reserve(&last_entry, (size_t)st.st_size), 0);
	assert_int_equal(pread(fd, last_entry.buf, (size_t)st.st_size, 0), st.st_size);
	last_entry.len = (size_t)st.st_size;
	(void)close(fd);
}

/* Take at most `max` datagrams.  Answers how many there were. */
static unsigned journald_read(unsigned max)
{
	static char buf[256 * 1024];
	unsigned count;

	for (count = 0; count < max; count++) {
		union {
			struct cmsghdr header;
			char space[CMSG_SPACE(sizeof(int))];
		} control;
		struct iovec iov = { buf, sizeof(buf) };
		struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
				    .msg_controllen = sizeof(control) };
		ssize_t n = recvmsg(journald, &m, MSG_CMSG_CLOEXEC);
		struct cmsghdr *c;
		struct bytes id;
		int fd;

		if (n < 0) {
			assert_int_equal(errno, EAGAIN);
			break;
		}
		str_clear(&last_entry);
		c = CMSG_FIRSTHDR(&m);
		last_was_memfd = c != NULL;
		if (c) {
			assert_int_equal(n, 0);
			memcpy(&fd, CMSG_DATA(c), sizeof(fd));
			read_memfd(fd);
		} else {
			assert_int_equal(str_append(&last_entry, buf, (size_t)n), 0);
		}
		id = last_field("PYHOOKD_ALERT_ID");
		assert_non_null(id.ptr);
		assert_int_equal(str_append_bytes(&received, id), 0);
		assert_int_equal(str_append_char(&received, ' '), 0);
	}
	return count;
}

static void check_received(const char *expected)
{
	(void)journald_read(UINT32_MAX);
	assert_string_equal(received.buf, expected);
	str_clear(&received);
}

/* ---- the two sinks, as sinks.c drives them --------------------------------------- */

static struct sink *log_sink, *journal;
static struct rlimit unlimited;
static uint64_t max_bytes;
static unsigned keep;
static enum level min;

static void sinks_up(void)
{
	assert_int_equal(sink_log_new(state, max_bytes, keep, &log_sink), 0);
	assert_int_equal(sink_journal_new(state, socket_path, min, &journal), 0);
}

static void sinks_down(void)
{
	if (log_sink)
		log_sink = log_sink->ops->free(log_sink);
	if (journal)
		journal = journal->ops->free(journal);
}

static int both(struct alert *a)
{
	(void)log_sink->ops->write(log_sink, a);
	return give(journal, a);
}

static int push(unsigned n)
{
	return both(numbered_alert(n, LEVEL_HIGH));
}

static int64_t flush(void)
{
	(void)log_sink->ops->flush(log_sink);
	return journal->ops->flush(journal);
}

/* Flush and read until nothing is owed. */
static void settle(void)
{
	for (int i = 0; i < 1000; i++) {
		int64_t owed = flush();

		(void)journald_read(UINT32_MAX);
		if (owed == 0)
			break;
	}
	assert_int_equal(journal->counters.owed, 0);
}

static int setup(void **data)
{
	int r = make_state(data);

	(void)snprintf(socket_path, sizeof(socket_path), "%s/socket", state_path);
	max_bytes = 0;
	keep = 5;
	min = LEVEL_MEDIUM;
	str_clear(&received);
	str_clear(&last_entry);
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)getrlimit(RLIMIT_FSIZE, &unlimited);
	return r;
}

static int teardown(void **data)
{
	(void)setrlimit(RLIMIT_FSIZE, &unlimited);
	sinks_down();
	if (journald >= 0)
		(void)close(journald);
	journald = -EBADF;
	str_release(&received);
	str_release(&last_entry);
	return drop_state(data);
}

/* ---- tests ---------------------------------------------------------------------------- */

static void sends_directly(void **data)
{
	(void)data;
	journald_start();
	sinks_up();
	for (unsigned n = 0; n < 5; n++)
		assert_int_equal(push(n), 0);
	check_received("a00000 a00001 a00002 a00003 a00004 ");
	assert_int_equal(journal->counters.written, 5);
	assert_int_equal(flush(), 0);
	check_received("");
	sinks_down();
	sinks_up();
	assert_int_equal(journal->counters.owed, 0);
	assert_int_equal(flush(), 0);
	check_received("");
}

static void frames_hostile_values(void **data)
{
	static const struct {
		const char *message, *sent;
	} table[] = {
		{ "two\nPRIORITY=0\nlines", "two\\nPRIORITY=0\\nlines" }, { "\n", "\\n" }, { "", "" },
		{ "a=b", "a=b" }, { "PRIORITY\n\001\n", "PRIORITY\\n\\x01\\n" },
		{ "\x01\x1b[31m \xff\xfe", "\\x01\\x1b[31m \\xff\\xfe" },
	};

	(void)data;
	journald_start();
	sinks_up();
	for (size_t i = 0; i < ELEMENTSOF(table); i++) {
		assert_int_equal(both(new_alert("h", LEVEL_HIGH, table[i].message)), 0);
		assert_int_equal(journald_read(9), 1);
		assert_true(bytes_equal(last_field("MESSAGE"), bytes_of(table[i].sent)));
		assert_true(bytes_equal(last_field("PRIORITY"), BYTES_LIT("3")));
	}
}

/* The one field that is sent as it is: the JSON text, which may be of several lines. */
static void frames_values_of_several_lines(void **data)
{
	static const char *const between[] = { "\n", "\nPRIORITY=0\n", "\n\n" };

	(void)data;
	journald_start();
	sinks_up();
	for (size_t i = 0; i < ELEMENTSOF(between); i++) {
		_cleanup_str_ struct str json = STR_INIT;
		struct alert *a = numbered_alert((unsigned)i, LEVEL_HIGH);

		assert_int_equal(a->json[0], '{');
		assert_int_equal(str_append_char(&json, '{'), 0);
		if (i == 1)	/* inside a text: cJSON lets it pass */
			assert_int_equal(str_append_text(&json, "\"x\":\""), 0);
		assert_int_equal(str_append_text(&json, between[i]), 0);
		if (i == 1)
			assert_int_equal(str_append_text(&json, "\","), 0);
		assert_int_equal(str_append(&json, a->json + 1, a->json_len - 1), 0);
		free(a->json);
		a->json_len = json.len;
		a->json = str_detach(&json);
		assert_int_equal(journal->ops->write(journal, a), 0);
		assert_int_equal(journald_read(9), 1);
		assert_true(bytes_equal(last_field("PYHOOKD_JSON"), (struct bytes){ a->json, a->json_len }));
		assert_true(bytes_equal(last_field("PRIORITY"), BYTES_LIT("3")));
		(void)alert_free(a);
	}
}

static void sends_large_by_memfd(void **data)
{
	static char large[1024 * 1024 + 1];

	(void)data;
	journald_start();
	sinks_up();
	memset(large, 'x', sizeof(large) - 1);
	large[1000] = '\n';
	assert_int_equal(both(new_alert("large", LEVEL_HIGH, large)), 0);
	assert_int_equal(journald_read(9), 1);
	assert_true(last_was_memfd);
	assert_int_equal(last_field("MESSAGE").len, sizeof(large));	/* "\\n" for the newline */
	assert_memory_equal(last_field("MESSAGE").ptr, large, 1000);
	assert_memory_equal(last_field("MESSAGE").ptr + 1000, "\\n", 2);
	assert_memory_equal(last_field("MESSAGE").ptr + 1002, large + 1001, sizeof(large) - 1002);
	assert_int_equal(push(1), 0);

	/* and from the log */
	journald_stop(true);
	assert_int_equal(both(new_alert("large2", LEVEL_HIGH, large)), -EAGAIN);
	journald_start();
	settle();
	assert_true(last_was_memfd);
	assert_int_equal(last_field("MESSAGE").len, sizeof(large));
}

static void waits_for_an_absent_journald(void **data)
{
	(void)data;
	sinks_up();			/* never there yet */
	for (unsigned n = 0; n < 3; n++)
		assert_int_equal(push(n), -EAGAIN);
	assert_int_equal(journal->counters.owed, 3);
	assert_int_equal(flush(), 3);
	journald_start();
	assert_int_equal(push(3), -EAGAIN);	/* behind the others */
	check_received("");
	assert_int_equal(flush(), 0);
	assert_int_equal(journal->counters.owed, 0);
	assert_int_equal(push(4), 0);
	check_received("a00000 a00001 a00002 a00003 a00004 ");

	journald_stop(false);		/* the socket is there, nobody listens */
	assert_int_equal(push(5), -EAGAIN);
	assert_int_equal(flush(), 1);
	journald_start();
	assert_int_equal(flush(), 0);
	assert_int_equal(push(6), 0);
	check_received("a00005 a00006 ");
}

static void waits_for_a_stuck_journald(void **data)
{
	unsigned direct = 0;

	(void)data;
	journald_start();
	sinks_up();
	for (unsigned n = 0; n < 1000; n++)
		direct += push(n) == 0;
	assert_true(direct > 0 && direct < 1000);
	assert_int_equal(journal->counters.owed, 1000 - direct);
	assert_int_equal(flush(), 1000 - direct);
	settle();
	assert_int_equal(received.len, 7 * 1000);
	for (unsigned n = 0; n < 1000; n++) {
		char id[16];

		(void)snprintf(id, sizeof(id), "a%05u ", n);
		assert_memory_equal(received.buf + 7 * n, id, 7);
	}
	str_clear(&received);
	assert_int_equal(push(1000), 0);
	check_received("a01000 ");
}

static void remembers_over_restart(void **data)
{
	struct alert *a = numbered_alert(0, LEVEL_HIGH);

	(void)data;
	max_bytes = 2 * (a->json_len + 1);	/* two alerts a file */
	alert_free(a);
	journald_start();
	sinks_up();
	assert_int_equal(push(0), 0);
	journald_stop(true);
	for (unsigned n = 1; n < 8; n++)	/* in four files */
		assert_int_equal(push(n), -EAGAIN);
	sinks_down();
	sinks_up();
	assert_int_equal(journal->counters.owed, 7);
	assert_int_equal(push(8), -EAGAIN);
	sinks_down();
	journald_start();
	sinks_up();
	assert_int_equal(push(9), -EAGAIN);
	assert_int_equal(flush(), 0);
	assert_int_equal(push(10), 0);
	check_received("a00000 a00001 a00002 a00003 a00004 a00005 a00006 a00007 a00008 a00009 a00010 ");
	assert_int_equal(faccessat(state, "alerts.jsonl.5", F_OK, 0), 0);
}

/* Files were rotated away while owed: what is left is sent, from the oldest on. */
static void goes_on_after_rotation_out(void **data)
{
	struct alert *a = numbered_alert(0, LEVEL_HIGH);

	(void)data;
	max_bytes = a->json_len + 1;
	alert_free(a);
	keep = 2;
	sinks_up();
	for (unsigned n = 0; n < 6; n++)
		assert_int_equal(push(n), -EAGAIN);
	journald_start();
	settle();
	/* a00000's file is still open in here */
	check_received("a00000 a00003 a00004 a00005 ");

	journald_stop(true);
	for (unsigned n = 6; n < 12; n++)
		assert_int_equal(push(n), -EAGAIN);
	sinks_down();
	journald_start();
	sinks_up();
	assert_int_equal(journal->counters.owed, 3);
	settle();
	check_received("a00009 a00010 a00011 ");
}

/* What stood in the log before there was a cursor is history. */
static void starts_at_the_end(void **data)
{
	(void)data;
	assert_int_equal(sink_log_new(state, 0, 5, &log_sink), 0);
	for (unsigned n = 0; n < 3; n++)
		assert_int_equal(give(log_sink, numbered_alert(n, LEVEL_HIGH)), 0);
	log_sink = log_sink->ops->free(log_sink);
	assert_int_equal(renameat(state, "alerts.jsonl", state, "alerts.jsonl.1"), 0);

	journald_start();
	sinks_up();	/* with an empty current file */
	assert_int_equal(flush(), 0);
	sinks_down();
	sinks_up();
	assert_int_equal(flush(), 0);
	check_received("");
	assert_int_equal(push(3), 0);
	sinks_down();
	sinks_up();
	assert_int_equal(push(4), 0);
	assert_int_equal(flush(), 0);
	check_received("a00003 a00004 ");
}

static void skips_below_the_level(void **data)
{
	(void)data;
	journald_start();
	sinks_up();
	assert_int_equal(both(numbered_alert(0, LEVEL_LOW)), 0);
	assert_int_equal(both(numbered_alert(1, LEVEL_MEDIUM)), 0);
	check_received("a00001 ");
	journald_stop(true);
	assert_int_equal(both(numbered_alert(2, LEVEL_INFORMATIONAL)), 0);
	assert_int_equal(both(numbered_alert(3, LEVEL_CRITICAL)), -EAGAIN);
	assert_int_equal(both(numbered_alert(4, LEVEL_LOW)), 0);
	assert_int_equal(journal->counters.owed, 1);
	sinks_down();
	journald_start();
	sinks_up();
	assert_int_equal(journal->counters.owed, 1);
	assert_int_equal(flush(), 0);
	check_received("a00003 ");
	assert_int_equal(both(numbered_alert(5, LEVEL_HIGH)), 0);
	check_received("a00005 ");
}

static void skips_damaged_lines(void **data)
{
	static const char *const damaged[] = {
		"{\"event\":{\"id\":\"x\"\n", "\n", "nonsense\n", "{\"message\":\"no id\"}\n",
		"{\"event\":{\"id\":\"no-message\"}}\n",
	};
	struct alert *a;
	int fd;

	(void)data;
	sinks_up();
	assert_int_equal(push(0), -EAGAIN);
	sinks_down();
	fd = openat(state, "alerts.jsonl", O_WRONLY | O_APPEND | O_CLOEXEC);
	for (size_t i = 0; i < ELEMENTSOF(damaged); i++)
		assert_int_equal(write(fd, damaged[i], strlen(damaged[i])), strlen(damaged[i]));
	assert_int_equal(write(fd, "\0\0\n", 3), 3);
	a = numbered_alert(1, LEVEL_HIGH);
	assert_int_equal(write(fd, a->json, a->json_len), a->json_len);
	assert_int_equal(write(fd, "\nbad\n", 5), 5);
	alert_free(a);
	(void)close(fd);

	journald_start();
	sinks_up();
	settle();
	assert_int_equal(journal->counters.failed, ELEMENTSOF(damaged) + 2);
	check_received("a00000 a00001 ");
	sinks_down();
	sinks_up();	/* behind a damaged last line */
	assert_int_equal(flush(), 0);
	assert_int_equal(push(2), 0);
	check_received("a00002 ");
}

static void repeats_after_a_damaged_cursor(void **data)
{
	static const struct { struct bytes cursor; } table[] = {
		{ BYTES_LIT("") }, { BYTES_LIT("\0\0\0\0") }, { BYTES_LIT("{}") }, { BYTES_LIT("[1,2,3]") },
		{ BYTES_LIT("{\"file\":\"a00000\",\"offset\":-1,\"alert\":\"a00000\"}") },
		{ BYTES_LIT("{\"file\":\"a00000\",\"offset\":1e300,\"alert\":\"a00000\"}") },
		{ BYTES_LIT("{\"file\":\"a\\\"b\",\"offset\":0,\"alert\":\"\"}") },
		{ BYTES_LIT("{\"file\":\"0123456789abcdef0123456789abcdef0\",\"offset\":0,\"alert\":\"\"}") },
		{ BYTES_LIT("{\"file\":\"unknown\",\"offset\":5,\"alert\":\"unknown\"}") },
	};

	(void)data;
	journald_start();
	sinks_up();
	assert_int_equal(push(0), 0);
	check_received("a00000 ");
	for (size_t i = 0; i < ELEMENTSOF(table); i++) {
		sinks_down();
		put_file("journal.cursor", table[i].cursor);
		sinks_up();
		assert_int_equal(journal->counters.owed, 1);
		settle();
		check_received("a00000 ");
	}
	sinks_down();
	assert_int_equal(unlinkat(state, "journal.cursor", 0), 0);
	put_file("elsewhere", BYTES_LIT("precious"));
	assert_int_equal(symlinkat("elsewhere", state, "journal.cursor"), 0);
	sinks_up();
	settle();
	check_received("a00000 ");
	{
		_cleanup_str_ struct str kept = content("elsewhere");

		assert_string_equal(kept.buf, "precious");
	}
}

static void finds_its_place_again(void **data)
{
	struct str log;
	struct stat st;
	int fd;

	(void)data;
	journald_start();
	sinks_up();
	for (unsigned n = 0; n < 3; n++)
		assert_int_equal(push(n), 0);
	journald_stop(true);
	assert_int_equal(push(3), -EAGAIN);
	sinks_down();
	journald_start();
	str_clear(&received);

	/* restored from a backup: another inode */
	log = content("alerts.jsonl");
	assert_int_equal(unlinkat(state, "alerts.jsonl", 0), 0);
	put_file("filler", BYTES_LIT("x"));
	put_file("alerts.jsonl", str_bytes(&log));
	str_release(&log);
	sinks_up();
	assert_int_equal(journal->counters.owed, 1);
	settle();
	check_received("a00003 ");
	sinks_down();

	/* the second line cut out: the offset is another alert's */
	log = content("alerts.jsonl");
	{
		size_t one = (size_t)bytes_find_byte(str_bytes(&log), '\n', 0) + 1;

		memmove(log.buf + one, log.buf + 2 * one, log.len - 2 * one);
		log.len -= one;
	}
	put_file("alerts.jsonl", str_bytes(&log));
	str_release(&log);
	sinks_up();
	assert_int_equal(journal->counters.owed, 0);
	assert_int_equal(flush(), 0);
	check_received("");
	journald_stop(true);
	assert_int_equal(push(9), -EAGAIN);
	sinks_down();
	log = content("alerts.jsonl");
	{
		size_t one = (size_t)bytes_find_byte(str_bytes(&log), '\n', 0) + 1;

		memmove(log.buf + one, log.buf + 2 * one, log.len - 2 * one);
		log.len -= one;
	}
	put_file("alerts.jsonl", str_bytes(&log));
	str_release(&log);
	journald_start();
	sinks_up();
	assert_int_equal(journal->counters.owed, 1);
	settle();
	check_received("a00009 ");
	sinks_down();

	/* the first line cut out: found by the last alert's id */
	log = content("alerts.jsonl");
	fd = (int)bytes_find_byte(str_bytes(&log), '\n', 0) + 1;
	put_file("alerts.jsonl", bytes_slice(str_bytes(&log), (size_t)fd, log.len - (size_t)fd));
	str_release(&log);
	sinks_up();
	assert_int_equal(journal->counters.owed, 0);
	assert_int_equal(push(4), 0);
	check_received("a00004 ");
	sinks_down();

	/* a power cut took the last lines of the log, not the cursor: nothing twice */
	assert_int_equal(fstatat(state, "alerts.jsonl", &st, 0), 0);
	fd = openat(state, "alerts.jsonl", O_WRONLY | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, st.st_size - 10), 0);
	(void)close(fd);
	sinks_up();
	assert_int_equal(journal->counters.owed, 0);
	assert_int_equal(flush(), 0);
	assert_int_equal(push(5), 0);
	check_received("a00005 ");
	sinks_down();
	sinks_up();
	assert_int_equal(flush(), 0);
	check_received("");
}

static void survives_removal_of_its_files(void **data)
{
	(void)data;
	journald_start();
	sinks_up();
	assert_int_equal(push(0), 0);
	assert_int_equal(unlinkat(state, "journal.cursor", 0), 0);
	assert_int_equal(push(1), 0);
	assert_int_equal(flush(), 0);
	assert_int_equal(faccessat(state, "journal.cursor", F_OK, 0), 0);
	assert_int_equal(unlinkat(state, "alerts.jsonl", 0), 0);
	assert_int_equal(push(2), 0);
	sinks_down();
	sinks_up();
	assert_int_equal(push(3), 0);
	check_received("a00000 a00001 a00002 a00003 ");
}

static void disk_full(bool full)
{
	struct rlimit l = { full ? 0 : unlimited.rlim_cur, unlimited.rlim_max };

	if (full) {
		struct stat st;

		assert_int_equal(fstatat(state, "alerts.jsonl", &st, 0), 0);
		/* the cursor is written in place; cmocka's output is not a file here */
		l.rlim_cur = st.st_size > 256 ? (rlim_t)st.st_size : 256;
	}
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
}

static void sends_while_the_disk_is_full(void **data)
{
	(void)data;
	journald_start();
	sinks_up();
	for (unsigned n = 0; n < 4; n++)
		assert_int_equal(push(n), 0);
	disk_full(true);
	for (unsigned n = 4; n < 7; n++)
		assert_int_equal(push(n), 0);
	check_received("a00000 a00001 a00002 a00003 a00004 a00005 a00006 ");
	assert_int_equal(log_sink->counters.owed, 3);
	assert_int_equal(both(numbered_alert(7, LEVEL_LOW)), 0);
	journald_stop(true);		/* neither disk nor journald */
	assert_int_equal(push(8), -EAGAIN);
	assert_int_equal(push(9), -EAGAIN);
	assert_int_equal(journal->counters.owed, 2);
	journald_start();
	assert_int_equal(flush(), 0);
	check_received("a00008 a00009 ");
	disk_full(false);
	assert_int_equal(push(10), 0);	/* the log puts it behind the others, we do not wait */
	check_received("a00010 ");
	settle();
	assert_int_equal(log_sink->counters.owed, 0);
	assert_int_equal(log_sink->counters.written, 11);
	assert_int_equal(push(11), 0);
	check_received("a00011 ");	/* nothing twice */
	assert_int_equal(journal->counters.written, 11);
	sinks_down();
	sinks_up();
	assert_int_equal(flush(), 0);
	check_received("");
}

/* kill -9 of a process that sends: nothing lost, at most one alert twice. */
static void survives_kill(void **data)
{
	(void)data;
	max_bytes = 2000;
	keep = 90;
	for (unsigned round = 0; round < 10; round++) {
		unsigned twice = 0, lines = 0, status;
		pid_t pid;

		journald_start();
		str_clear(&received);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			sinks_up();
			for (unsigned n = 0;; n++) {
				(void)push(n);
				if (n % 7 == 0)
					(void)flush();
				/* No further ahead than the log's files can hold, whoever runs. */
				while (journal->counters.owed > 300) {
					pause_ms(1);
					(void)flush();
				}
			}
		}
		while (received.len < 7 * (200 + 13 * round))
			(void)journald_read(3);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, (int *)&status, 0), pid);
		(void)journald_read(UINT32_MAX);

		sinks_up();
		settle();
		sinks_down();
		/* ids must be 0, 1, 2 ... with at most one repetition */
		for (size_t i = 0; i < received.len; i += 7) {
			unsigned n = (unsigned)strtoul(received.buf + i + 1, NULL, 10);

			if (lines > 0 && n == lines - 1)
				twice++;
			else
				assert_int_equal(n, lines++);
		}
		assert_true(twice <= 1);
		journald_stop(true);
		assert_int_equal(drop_state(data), 0);
		assert_int_equal(make_state(data), 0);
		(void)snprintf(socket_path, sizeof(socket_path), "%s/socket", state_path);
	}
}

/* Anything may happen in any order; at the end every alert that is worth it has arrived once, and
 * in order unless the disk was full (every other round).  The same seeds each time; TEST_SEED=N tries others. */
static void delivers_each_once(void **data)
{
	const char *other = getenv("TEST_SEED");
	unsigned seed = other ? (unsigned)strtoul(other, NULL, 10) : 1;
	_cleanup_free_ unsigned char *count = NULL;

	(void)data;
	max_bytes = 1500;
	keep = 99;
	for (unsigned round = 0; round < 20; round++) {
		bool full = false;
		unsigned n = 0;

		srand(seed + round);
		count = calloc(1000, 1);
		journald_start();
		sinks_up();
		for (unsigned step = 0; step < 600; step++) {
			switch (rand() % 16) {
			case 0:
				if (journald >= 0)
					journald_stop(rand() % 2);
				break;
			case 1:
				if (journald < 0)
					journald_start();
				break;
			case 2:		/* a restart loses what only memory holds: not with a full disk */
				if (!full && log_sink->counters.owed == 0) {
					sinks_down();
					sinks_up();
				}
				break;
			case 3:
				if (round % 2)
					disk_full(full = !full);
				break;
			case 4:
			case 5:
				(void)flush();
				break;
			case 6:
				if (journald >= 0)
					(void)journald_read((unsigned)rand() % 20);
				break;
			default:
				count[n] = (unsigned char)(rand() % LEVELS);
				(void)both(numbered_alert(n, (enum level)count[n]));
				count[n] = count[n] >= LEVEL_MEDIUM ? 0 : 1;
				n++;
			}
		}
		disk_full(false);
		if (journald < 0)
			journald_start();
		settle();
		pause_ms(1);
		settle();
		assert_int_equal(log_sink->counters.owed, 0);
		for (size_t i = 0; i < received.len; i += 7) {
			count[strtoul(received.buf + i + 1, NULL, 10)]++;
			if (round % 2 == 0 && i > 0 && memcmp(received.buf + i, received.buf + i - 7, 7) <= 0)
				fail_msg("seed %u: %.14s", seed + round, received.buf + i - 7);
		}
		for (unsigned i = 0; i < n; i++)
			if (count[i] != 1)
				fail_msg("alert %u of seed %u: %u times", i, seed + round, count[i]);
		sinks_down();
		journald_stop(true);
		str_clear(&received);
		freep(&count);
		count = NULL;
		assert_int_equal(drop_state(data), 0);
		assert_int_equal(make_state(data), 0);
		(void)snprintf(socket_path, sizeof(socket_path), "%s/socket", state_path);
	}
}

static void refuses_a_path_too_long(void **data)
{
	char path[200];
	struct sink *s = NULL;

	(void)data;
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(sink_journal_new(state, path, LEVEL_LOW, &s), -ENAMETOOLONG);
	assert_int_equal(sink_journal_new(-1, "/x", LEVEL_LOW, &s), -EBADF);
	assert_null(s);
}

/* ---- the real journald ------------------------------------------------------------------ */

/* On a busy machine journald takes its time. */
static bool deliver_all(void)
{
	for (int i = 0; i < 6000; i++) {
		if (flush() == 0)
			return true;
		pause_ms(10);
	}
	return false;
}

/* What runs inside tests/journald-in-a-namespace. */
static int send_to_real(const char *dir)
{
	static char large[1024 * 1024 + 1];
	pid_t pid = (pid_t)strtol(getenv("JOURNALD_PID"), NULL, 10);

	state = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	(void)snprintf(socket_path, sizeof(socket_path), "%s", SINK_JOURNAL_SOCKET);
	min = LEVEL_MEDIUM;
	keep = 5;
	sinks_up();
	memset(large, 'x', sizeof(large) - 1);
	(void)push(0);
	(void)both(new_alert("hostile", LEVEL_HIGH, "two\nPRIORITY=0\nlines"));
	(void)both(new_alert("large", LEVEL_HIGH, large));
	if (!deliver_all())
		return 1;

	/* a journald that hangs must not hold us up */
	if (kill(pid, SIGSTOP) < 0)
		return 1;
	for (unsigned n = 1; n < 200; n++)
		(void)push(n);
	if (journal->counters.owed == 0)
		return 1;
	sinks_down();
	if (kill(pid, SIGCONT) < 0)
		return 1;
	sinks_up();
	(void)push(200);
	if (!deliver_all())
		return 1;
	sinks_down();
	return 0;
}

static void reaches_the_real_journald(void **data)
{
	_cleanup_str_ struct str command = STR_INIT, expected = STR_INIT;
	unsigned numbered = 0;
	char self[PATH_MAX];
	struct str journal_text;
	ssize_t n;
	int rc;

	(void)data;
	if (access("tests/journald-in-a-namespace", X_OK) < 0)
		skip();		/* not started from the top of the tree */
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	assert_true(n > 0);
	self[n] = '\0';
	assert_int_equal(str_appendf(&command,
				     "tests/journald-in-a-namespace -o %s/journal -- %s --send %s", state_path,
				     self, state_path), 0);
	rc = system(command.buf);
	if (WIFEXITED(rc) && WEXITSTATUS(rc) == 77)
		skip();
	assert_int_equal(rc, 0);

	journal_text = content("journal");
	for (struct bytes rest = str_bytes(&journal_text); rest.len > 0;) {
		size_t eol = (size_t)bytes_find_byte(rest, '\n', 0);
		cJSON *json = cJSON_ParseWithLength(rest.ptr, eol);
		const cJSON *id = cJSON_GetObjectItem(json, "PYHOOKD_ALERT_ID");
		const cJSON *message = cJSON_GetObjectItem(json, "MESSAGE");

		assert_non_null(json);
		if (cJSON_IsString(id)) {
			assert_string_equal(cJSON_GetObjectItem(json, "PRIORITY")->valuestring, "3");
			assert_true(cJSON_IsString(message));
			if (bytes_equal(bytes_of(id->valuestring), BYTES_LIT("hostile"))) {
				assert_string_equal(message->valuestring, "two\\nPRIORITY=0\\nlines");
			} else if (bytes_equal(bytes_of(id->valuestring), BYTES_LIT("large"))) {
				assert_int_equal(strlen(message->valuestring), 1024 * 1024);
			} else {
				str_clear(&expected);
				assert_int_equal(str_appendf(&expected, "a%05u", numbered++), 0);
				assert_string_equal(id->valuestring, expected.buf);
			}
		}
		cJSON_Delete(json);
		rest = bytes_slice(rest, eol + 1, rest.len - eol - 1);
	}
	assert_int_equal(numbered, 201);	/* all, once, in order */
	str_release(&journal_text);
}

#define with_state(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		with_state(sends_directly),
		with_state(frames_hostile_values),
		with_state(frames_values_of_several_lines),
		with_state(sends_large_by_memfd),
		with_state(waits_for_an_absent_journald),
		with_state(waits_for_a_stuck_journald),
		with_state(remembers_over_restart),
		with_state(goes_on_after_rotation_out),
		with_state(starts_at_the_end),
		with_state(skips_below_the_level),
		with_state(skips_damaged_lines),
		with_state(repeats_after_a_damaged_cursor),
		with_state(finds_its_place_again),
		with_state(survives_removal_of_its_files),
		with_state(sends_while_the_disk_is_full),
		with_state(survives_kill),
		with_state(delivers_each_once),
		with_state(refuses_a_path_too_long),
		with_state(reaches_the_real_journald),
	};

	if (argc == 3)
		return send_to_real(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
