#include "sinks_support.h"

#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "limits.h"

static struct sink *log_new(uint64_t max_bytes, unsigned keep)
{
	struct sink *s = NULL;

	assert_int_equal(sink_log_new(state, max_bytes, keep, &s), 0);
	return s;
}

/* Ids of the log from its oldest file on, "a00000 a00001 "; every line must be whole. */
static struct str ids(void)
{
	struct str out = STR_INIT;

	for (int n = ALERT_FILES_MAX; n >= 0; n--) {
		struct line_reader r = LINE_READER_INIT;
		char id[ALERT_ID_LEN + 1];
		struct bytes line;
		struct stat st;
		cJSON *json;
		int fd = alert_file_open(state, (unsigned)n);

		if (fd < 0)
			continue;
		line_reader_open(&r, fd, 0);
		while (line_reader_next(&r, &line) == 1) {
			assert_int_equal(alert_line_parse(line, id, &json), 0);
			cJSON_Delete(json);
			assert_int_equal(str_appendf(&out, "%s ", id), 0);
		}
		assert_int_equal(fstat(r.fd, &st), 0);
		assert_int_equal(st.st_size, r.offset);
		line_reader_close(&r);
	}
	return out;
}

static void check_ids(const char *expected)
{
	_cleanup_str_ struct str got = ids();

	assert_string_equal(got.buf, expected);
}

static void appends_lines(void **data)
{
	struct sink *s = log_new(0, 3);
	struct stat st;

	(void)data;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(give(s, numbered_alert(i, (enum level)(i + 2))), 0);
	assert_int_equal(s->counters.written, 3);
	check_ids("a00000 a00001 a00002 ");
	assert_int_equal(fstatat(state, "alerts.jsonl", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	s->ops->free(s);

	s = log_new(0, 3);
	assert_int_equal(give(s, numbered_alert(3, LEVEL_LOW)), 0);
	check_ids("a00000 a00001 a00002 a00003 ");
	s->ops->free(s);
}

static void cuts_torn_tail(void **data)
{
	static char zeros[10000];
	struct { struct bytes torn; const char *kept; } table[] = {
		{ BYTES_LIT("{\"event\":{\"id\":\"x\"}}\n{\"event"), "x a00001 " },
		{ BYTES_LIT("{\"torn at the very first line"), "a00001 " },
		{ BYTES_LIT("{\"event\":{\"id\":\"x\"}}\n\0\0\0\0"), "x a00001 " },
		{ { zeros, sizeof(zeros) }, "a00001 " },
		{ BYTES_LIT("{\"event\":{\"id\":\"x\"}}\n"), "x a00001 " },
		{ BYTES_LIT(""), "a00001 " },
	};

	(void)data;
	for (size_t i = 0; i < ELEMENTSOF(table); i++) {
		struct bytes t = table[i].torn;
		bool whole = t.len == 0 || t.ptr[t.len - 1] == '\n';
		struct sink *s;

		put_file("alerts.jsonl", t);
		s = log_new(0, 3);
		assert_int_equal(s->counters.failed, !whole);
		assert_int_equal(give(s, numbered_alert(1, LEVEL_LOW)), 0);
		check_ids(table[i].kept);
		s->ops->free(s);
	}
}

static void rotates(void **data)
{
	struct { unsigned keep; const char *kept; } table[] = {
		{ 2, "a00004 a00005 a00006 a00007 a00008 a00009 " },
		{ 0, "a00008 a00009 " },
		{ 50, "a00000 a00001 a00002 a00003 a00004 a00005 a00006 a00007 a00008 a00009 " },
	};

	(void)data;
	for (size_t i = 0; i < ELEMENTSOF(table); i++) {
		struct alert *a = numbered_alert(0, LEVEL_HIGH);
		struct sink *s = log_new(2 * (a->json_len + 1), table[i].keep);

		alert_free(a);
		for (unsigned n = 0; n < 10; n++)
			assert_int_equal(give(s, numbered_alert(n, LEVEL_HIGH)), 0);
		check_ids(table[i].kept);
		s->ops->free(s);

		s = log_new(0, 0);	/* keeps none of the older ones */
		assert_int_equal(faccessat(state, "alerts.jsonl.1", F_OK, 0), -1);
		s->ops->free(s);
		assert_int_equal(unlinkat(state, "alerts.jsonl", 0), 0);
	}
}

/* A line longer than max_bytes has a file to itself. */
static void rotates_for_large(void **data)
{
	struct sink *s = log_new(10, 5);

	(void)data;
	for (unsigned n = 0; n < 3; n++)
		assert_int_equal(give(s, numbered_alert(n, LEVEL_LOW)), 0);
	check_ids("a00000 a00001 a00002 ");
	assert_int_equal(faccessat(state, "alerts.jsonl.2", F_OK, 0), 0);
	assert_int_equal(faccessat(state, "alerts.jsonl.3", F_OK, 0), -1);
	s->ops->free(s);
}

static void refuses_what_is_no_file(void **data)
{
	struct sink *s = NULL;

	(void)data;
	put_file("elsewhere", BYTES_LIT("precious"));
	assert_int_equal(symlinkat("elsewhere", state, "alerts.jsonl"), 0);
	assert_int_equal(sink_log_new(state, 0, 3, &s), -ELOOP);
	assert_int_equal(unlinkat(state, "alerts.jsonl", 0), 0);
	assert_int_equal(mkfifoat(state, "alerts.jsonl", 0600), 0);
	assert_int_equal(sink_log_new(state, 0, 3, &s), -EINVAL);
	assert_int_equal(unlinkat(state, "alerts.jsonl", 0), 0);
	assert_int_equal(mkdirat(state, "alerts.jsonl", 0700), 0);
	assert_int_equal(sink_log_new(state, 0, 3, &s), -EISDIR);
	assert_int_equal(sink_log_new(state, 0, ALERT_FILES_MAX + 1, &s), -EINVAL);
	assert_null(s);
}

static void survives_removal(void **data)
{
	struct sink *s = log_new(0, 3);

	(void)data;
	assert_int_equal(give(s, numbered_alert(0, LEVEL_LOW)), 0);
	assert_int_equal(unlinkat(state, "alerts.jsonl", 0), 0);
	assert_int_equal(give(s, numbered_alert(1, LEVEL_LOW)), 0);
	check_ids("a00001 ");
	assert_int_equal(renameat(state, "alerts.jsonl", state, "old"), 0);
	assert_int_equal(give(s, numbered_alert(2, LEVEL_LOW)), 0);
	check_ids("a00002 ");

	/* and does not follow what was put there */
	put_file("elsewhere", BYTES_LIT("precious"));
	assert_int_equal(unlinkat(state, "alerts.jsonl", 0), 0);
	assert_int_equal(symlinkat("elsewhere", state, "alerts.jsonl"), 0);
	assert_int_equal(give(s, numbered_alert(3, LEVEL_LOW)), -EAGAIN);
	assert_int_equal(s->counters.owed, 1);
	assert_int_equal(unlinkat(state, "alerts.jsonl", 0), 0);
	assert_int_equal(s->ops->flush(s), 0);
	check_ids("a00003 ");
	s->ops->free(s);
}

/* RLIMIT_FSIZE stands for a full disk: write(2) is short, then fails. */
static void survives_a_full_disk(void **data)
{
	struct rlimit before, full;
	struct alert *a = numbered_alert(0, LEVEL_CRITICAL);
	size_t line = a->json_len + 1;
	struct sink *s = log_new(0, 3);

	(void)data;
	alert_free(a);
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	full = (struct rlimit){ 2 * line + line / 2, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);

	for (unsigned n = 0; n < 5; n++)
		assert_int_equal(give(s, numbered_alert(n, LEVEL_CRITICAL)), n < 2 ? 0 : -EAGAIN);
	assert_int_equal(s->counters.owed, 3);
	check_ids("a00000 a00001 ");	/* no torn line */
	pause_ms(110);
	assert_int_equal(s->ops->flush(s), 3);
	check_ids("a00000 a00001 ");

	full.rlim_cur = 3 * line;	/* room for one more */
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
	assert_true(s->ops->flush(s) >= 2);
	check_ids("a00000 a00001 a00002 ");

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(give(s, numbered_alert(5, LEVEL_LOW)), -EAGAIN);	/* behind the others */
	pause_ms(110);
	assert_int_equal(s->ops->flush(s), 0);
	assert_int_equal(s->counters.owed, 0);
	assert_int_equal(s->counters.written, 6);
	check_ids("a00000 a00001 a00002 a00003 a00004 a00005 ");
	s->ops->free(s);
}

static void bounds_the_backlog(void **data)
{
	struct rlimit before, full;
	struct sink *s = log_new(0, 3);
	unsigned kept = 0;

	(void)data;
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	full = (struct rlimit){ 0, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
	for (unsigned n = 0; n < SINK_BACKLOG_MAX + 10; n++)
		kept += give(s, numbered_alert(n, LEVEL_LOW)) == -EAGAIN;
	assert_int_equal(kept, SINK_BACKLOG_MAX);
	assert_int_equal(s->counters.owed, SINK_BACKLOG_MAX);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(s->ops->flush(s), 0);
	assert_int_equal(s->counters.written, SINK_BACKLOG_MAX);
	s->ops->free(s);
}

/* A real file system that is full, and empty again. */
static void survives_a_full_tmpfs(void **data)
{
	static char large[6000], filler[16384];
	struct sink *s = NULL;
	unsigned n = 0;

	(void)data;
	if (mount("tmpfs", state_path, "tmpfs", 0, "size=32k") < 0)
		skip();
	(void)close(state);
	state = open(state_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	put_file("filler", (struct bytes){ filler, sizeof(filler) });
	s = log_new(0, 3);
	memset(large, 'x', sizeof(large) - 1);
	while (n < 10 && give(s, new_alert("large", LEVEL_HIGH, large)) == 0)
		n++;
	assert_int_equal(n, 2);		/* 16 KiB hold two of 6, and a half */
	{
		_cleanup_str_ struct str got = ids();

		assert_string_equal(got.buf, "large large ");
	}
	assert_int_equal(unlinkat(state, "filler", 0), 0);
	assert_true(s->ops->flush(s) >= 0);
	pause_ms(110);
	(void)s->ops->flush(s);
	{
		_cleanup_str_ struct str got = ids();

		assert_int_equal(s->counters.written, got.len / 6);
	}
	assert_int_equal(s->counters.owed, 0);
	s->ops->free(s);
	(void)close(state);
	assert_int_equal(umount2(state_path, MNT_DETACH), 0);
	state = open(state_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* kill -9 in the middle of a flood: what was answered for is there, and no torn line. */
static void survives_kill(void **data)
{
	unsigned last = 0, lines = 0;
	int report[2], status;
	struct sink *s;
	pid_t pid;

	(void)data;
	assert_int_equal(pipe(report), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct sink *child = NULL;

		if (sink_log_new(state, 8192, 90, &child) < 0)
			_exit(1);
		for (unsigned n = 0; n < 2000; n++)
			if (give(child, numbered_alert(n, LEVEL_LOW)) < 0 ||
			    write(report[1], &n, sizeof(n)) != sizeof(n))
				_exit(1);
		for (;;)
			(void)pause();
	}
	(void)close(report[1]);
	while (last < 1000)
		assert_int_equal(read(report[0], &last, sizeof(last)), sizeof(last));
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	while (read(report[0], &last, sizeof(last)) == (ssize_t)sizeof(last))
		;
	(void)close(report[0]);

	s = log_new(8192, 90);
	{
		_cleanup_str_ struct str got = ids();

		lines = (unsigned)(got.len / 7);
		assert_true(lines >= last + 1);
		for (unsigned n = 0; n < lines; n++) {
			char id[16];

			(void)snprintf(id, sizeof(id), "a%05u ", n);
			assert_memory_equal(got.buf + 7 * n, id, 7);
		}
	}
	s->ops->free(s);
}

static void reads_lines(void **data)
{
	struct line_reader r = LINE_READER_INIT;
	_cleanup_str_ struct str file = STR_INIT;
	static char run[100000];
	struct bytes line;
	struct stat st;
	int fd;

	(void)data;
	memset(run, 'y', sizeof(run));
	assert_int_equal(str_append_text(&file, "one\n\nthree\n"), 0);
	assert_int_equal(str_append(&file, run, sizeof(run)), 0);
	assert_int_equal(str_append_text(&file, "\npart"), 0);
	put_file("alerts.jsonl", str_bytes(&file));
	line_reader_open(&r, alert_file_open(state, 0), 0);
	assert_int_equal(line_reader_next(&r, &line), 1);
	assert_true(bytes_equal(line, BYTES_LIT("one")));
	assert_int_equal(line_reader_next(&r, &line), 1);
	assert_int_equal(line.len, 0);
	assert_int_equal(line_reader_next(&r, &line), 1);
	assert_true(bytes_equal(line, BYTES_LIT("three")));
	r.offset = r.start;	/* again */
	assert_int_equal(line_reader_next(&r, &line), 1);
	assert_true(bytes_equal(line, BYTES_LIT("three")));
	assert_int_equal(line_reader_next(&r, &line), 1);
	assert_int_equal(line.len, sizeof(run));
	assert_int_equal(line_reader_next(&r, &line), 0);

	/* the torn part is taken back and other bytes come */
	fd = openat(state, "alerts.jsonl", O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, (off_t)(file.len - 4)), 0);
	assert_int_equal(write(fd, "new\nmore\n", 9), 9);
	assert_int_equal(line_reader_next(&r, &line), 1);
	assert_true(bytes_equal(line, BYTES_LIT("new")));
	assert_int_equal(line_reader_next(&r, &line), 1);
	assert_true(bytes_equal(line, BYTES_LIT("more")));

	/* the same, with a whole line read ahead of the torn part */
	assert_int_equal(write(fd, "ahead\nlast\ntorn", 15), 15);
	assert_int_equal(line_reader_next(&r, &line), 1);
	assert_true(bytes_equal(line, BYTES_LIT("ahead")));
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(ftruncate(fd, st.st_size - 4), 0);
	assert_int_equal(write(fd, "whole\n", 6), 6);
	assert_int_equal(line_reader_next(&r, &line), 1);
	assert_int_equal(line_reader_next(&r, &line), 1);
	assert_true(bytes_equal(line, BYTES_LIT("whole")));

	/* a hole of 17 MiB is no line of ours, what follows is */
	assert_int_equal(ftruncate(fd, 17 * 1024 * 1024), 0);
	assert_int_equal(line_reader_next(&r, &line), 0);
	assert_int_equal(write(fd, "\nlast\n", 6), 6);
	assert_int_equal(line_reader_next(&r, &line), 1);
	assert_null(line.ptr);
	assert_int_equal(line_reader_next(&r, &line), 1);
	assert_true(bytes_equal(line, BYTES_LIT("last")));
	assert_int_equal(line_reader_next(&r, &line), 0);
	(void)close(fd);
	line_reader_close(&r);
}

static void parses_lines(void **data)
{
	static const struct { struct bytes line; int r; } table[] = {
		{ BYTES_LIT("{\"event\":{\"id\":\"0123456789abcdef0123456789abcdef\"}}"), 0 },
		{ BYTES_LIT("{\"event\":{\"id\":\"0123456789abcdef0123456789abcdef0\"}}"), -EINVAL },
		{ BYTES_LIT("{\"event\":{\"id\":\"\"}}"), -EINVAL },
		{ BYTES_LIT("{\"event\":{\"id\":\"a\\\"b\"}}"), -EINVAL },
		{ BYTES_LIT("{\"event\":{\"id\":7}}"), -EINVAL },
		{ BYTES_LIT("{\"event\":[]}"), -EINVAL },
		{ BYTES_LIT("[]"), -EINVAL },
		{ BYTES_LIT("{\"event\":{\"id\":\"a\"}} x"), -EINVAL },
		{ BYTES_LIT("{\"event\":{\"id\":\"a\"}}\0"), -EINVAL },
		{ BYTES_LIT("{\"event\":{\"id\":\"a\"}"), -EINVAL },
		{ BYTES_LIT("\0\0\0"), -EINVAL },
		{ BYTES_LIT(""), -EINVAL },
		{ BYTES_NONE, -EINVAL },
	};
	char id[ALERT_ID_LEN + 1];

	(void)data;
	for (size_t i = 0; i < ELEMENTSOF(table); i++) {
		cJSON *json = NULL;

		assert_int_equal(alert_line_parse(table[i].line, id, &json), table[i].r);
		assert_true((json != NULL) == (table[i].r == 0));
		cJSON_Delete(json);
	}
}

#define with_state(f) cmocka_unit_test_setup_teardown(f, make_state, drop_state)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_state(appends_lines),
		with_state(cuts_torn_tail),
		with_state(rotates),
		with_state(rotates_for_large),
		with_state(refuses_what_is_no_file),
		with_state(survives_removal),
		with_state(survives_a_full_disk),
		with_state(bounds_the_backlog),
		with_state(survives_a_full_tmpfs),
		with_state(survives_kill),
		with_state(reads_lines),
		with_state(parses_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
