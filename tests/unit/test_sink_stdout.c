#include "sinks_support.h"

#include <sys/wait.h>

static int ends[2];		/* of a pipe */

static int make_pipe(void **data)
{
	(void)data;
	(void)signal(SIGPIPE, SIG_IGN);	/* in the daemon it is blocked by the thread */
	return pipe2(ends, O_CLOEXEC);
}

static int drop_pipe(void **data)
{
	(void)data;
	(void)close(ends[0]);
	(void)close(ends[1]);
	return 0;
}

static struct str drain(int fd)
{
	struct str s = STR_INIT;
	ssize_t n;

	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	do {
		assert_int_equal(str_reserve(&s, 65536), 0);
		n = read(fd, s.buf + s.len, 65536);
		if (n > 0)
			s.len += (size_t)n;
		s.buf[s.len] = '\0';
	} while (n > 0);
	return s;
}

static uint64_t monotonic_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void writes_lines(void **data)
{
	struct sink *text = NULL, *json = NULL;

	(void)data;
	assert_int_equal(sink_text_new(ends[1], &text), 0);
	assert_int_equal(sink_json_new(ends[1], &json), 0);
	assert_int_equal(give(text, new_alert("a", LEVEL_HIGH, "a sentence")), 0);
	assert_int_equal(give(json, new_alert("b", LEVEL_LOW, "x")), 0);
	{
		_cleanup_str_ struct str got = drain(ends[0]);

		assert_string_equal(got.buf, "2026-11-24T08:20:00Z HIGH     PTH_FILE_CREATED a sentence\n"
				    "{\"@timestamp\":\"2026-11-24T08:20:00.123456789Z\",\"message\":\"x\","
				    "\"DetectionType\":\"PTH_FILE_CREATED\",\"event\":{\"id\":\"b\"},"
				    "\"pyhookd\":{\"level\":\"low\"}}\n");
	}
	assert_int_equal(text->counters.written, 1);
	assert_int_equal(text->ops->flush(text), 0);
	text->ops->free(text);
	json->ops->free(json);
	assert_int_equal(fcntl(ends[1], F_GETFD), FD_CLOEXEC);	/* the caller's */
}

static void refuses_what_is_no_alert(void **data)
{
	struct alert a = { .json = (char *)"{]", .json_len = 2 };
	struct sink *s = NULL;

	(void)data;
	assert_int_equal(sink_text_new(ends[1], &s), 0);
	assert_int_equal(s->ops->write(s, &a), -EINVAL);
	assert_int_equal(s->counters.failed, 1);
	assert_int_equal(give(s, new_alert("a", LEVEL_HIGH, "next")), 0);
	{
		_cleanup_str_ struct str got = drain(ends[0]);

		assert_string_equal(got.buf, "2026-11-24T08:20:00Z HIGH     PTH_FILE_CREATED next\n");
	}
	s->ops->free(s);
}

/* The reader stalls: no hang, no torn line, and the losses are counted. */
static void outlives_a_stalled_reader(void **data)
{
	_cleanup_str_ struct str all = STR_INIT;
	uint64_t start = monotonic_ms();
	static char large[10000];
	struct sink *s = NULL;
	unsigned lines = 0;

	(void)data;
	memset(large, 'x', sizeof(large) - 1);
	assert_int_equal(sink_json_new(ends[1], &s), 0);
	for (unsigned n = 0; n < 1000; n++)
		(void)give(s, new_alert("a", LEVEL_HIGH, large));
	assert_true(monotonic_ms() - start < 10000);	/* 50 s, were each to wait */
	assert_true(s->counters.failed > 900);
	assert_int_equal(s->counters.owed, 1);
	assert_int_equal(s->ops->flush(s), 1);

	for (int i = 0; i < 10; i++) {
		_cleanup_str_ struct str got = drain(ends[0]);

		assert_int_equal(str_append_bytes(&all, str_bytes(&got)), 0);
		if (s->ops->flush(s) == 0)
			break;
	}
	assert_int_equal(give(s, new_alert("last", LEVEL_HIGH, "y")), 0);
	{
		_cleanup_str_ struct str got = drain(ends[0]);

		assert_int_equal(str_append_bytes(&all, str_bytes(&got)), 0);
	}
	for (struct bytes rest = str_bytes(&all); rest.len > 0; lines++) {
		ptrdiff_t eol = bytes_find_byte(rest, '\n', 0);
		char id[ALERT_ID_LEN + 1];
		cJSON *json = NULL;

		assert_true(eol > 0);
		assert_int_equal(alert_line_parse(bytes_slice(rest, 0, (size_t)eol), id, &json), 0);
		cJSON_Delete(json);
		rest = bytes_slice(rest, (size_t)eol + 1, rest.len - (size_t)eol - 1);
	}
	assert_int_equal(lines, s->counters.written);
	assert_int_equal(s->counters.written + s->counters.failed, 1001);
	s->ops->free(s);
}

static void outlives_a_reader_that_is_gone(void **data)
{
	struct sink *s = NULL;

	(void)data;
	assert_int_equal(sink_json_new(ends[1], &s), 0);
	(void)close(ends[0]);
	assert_int_equal(give(s, numbered_alert(0, LEVEL_LOW)), -EPIPE);
	assert_int_equal(give(s, numbered_alert(1, LEVEL_LOW)), -EPIPE);
	assert_int_equal(s->counters.failed, 2);
	assert_int_equal(s->counters.owed, 0);
	assert_int_equal(s->ops->flush(s), 0);
	s->ops->free(s);
}

static void colours_for_a_person(void **data)
{
	static const struct { const char *no_color; bool colour; } table[] = {
		{ NULL, true }, { "", true }, { "1", false }, { "0", false },
	};
	int leader, terminal;

	(void)data;
	leader = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (leader < 0)
		skip();
	assert_int_equal(grantpt(leader), 0);
	assert_int_equal(unlockpt(leader), 0);
	terminal = open(ptsname(leader), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(terminal >= 0);
	for (size_t i = 0; i < ELEMENTSOF(table); i++) {
		struct sink *s = NULL;

		(void)unsetenv("NO_COLOR");
		if (table[i].no_color)
			(void)setenv("NO_COLOR", table[i].no_color, 1);
		assert_int_equal(sink_text_new(terminal, &s), 0);
		assert_int_equal(give(s, new_alert("a", LEVEL_HIGH, "hello")), 0);
		s->ops->free(s);
		{
			_cleanup_str_ struct str got = STR_INIT;

			/* a terminal hands over when its kernel worker runs */
			for (int wait = 0; wait < 500 && bytes_find_byte(str_bytes(&got), '\n', 0) < 0; wait++) {
				struct str more = drain(leader);

				assert_int_equal(str_append_bytes(&got, str_bytes(&more)), 0);
				str_release(&more);
				pause_ms(10);
			}
			assert_string_equal(got.buf, table[i].colour ?
				"2026-11-24T08:20:00Z \033[31mHIGH    \033[0m PTH_FILE_CREATED hello\r\n" :
				"2026-11-24T08:20:00Z HIGH     PTH_FILE_CREATED hello\r\n");
		}
	}
	(void)close(terminal);
	(void)close(leader);
}

#define with_pipe(f) cmocka_unit_test_setup_teardown(f, make_pipe, drop_pipe)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_pipe(writes_lines),
		with_pipe(refuses_what_is_no_alert),
		with_pipe(outlives_a_stalled_reader),
		with_pipe(outlives_a_reader_that_is_gone),
		with_pipe(colours_for_a_person),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
