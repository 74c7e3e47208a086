#include "sinks_support.h"

#include <pthread.h>
#include <sys/socket.h>

#include "limits.h"
#include "log.h"

/* Standard error goes to `to` while the test runs; the other end is `from`. */
static int saved, from;

static void redirect(int to, int other_end)
{
	saved = dup(STDERR_FILENO);
	assert_true(dup2(to, STDERR_FILENO) >= 0);
	(void)close(to);
	from = other_end;
	(void)fcntl(from, F_SETFL, O_NONBLOCK);
}

static int restore(void **data)
{
	(void)data;
	(void)dup2(saved, STDERR_FILENO);
	(void)close(saved);
	(void)close(from);
	(void)unsetenv("JOURNAL_STREAM");
	log_open(LOG_INFO);
	return 0;
}

static void to_pipe(void)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	redirect(ends[1], ends[0]);
	log_open(LOG_INFO);
}

static void to_journal(void)
{
	char text[64];
	struct stat st;
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	redirect(ends[1], ends[0]);
	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	(void)snprintf(text, sizeof(text), "%llu:%llu", (unsigned long long)st.st_dev,
		       (unsigned long long)st.st_ino);
	(void)setenv("JOURNAL_STREAM", text, 1);
	log_open(LOG_INFO);
}

static struct str get(void)
{
	struct str s = STR_INIT;
	ssize_t n;

	do {
		assert_int_equal(str_reserve(&s, 65536), 0);
		n = read(from, s.buf + s.len, 65536);
		if (n > 0)
			s.len += (size_t)n;
		s.buf[s.len] = '\0';
	} while (n > 0);
	return s;
}

static void check(const char *expected)
{
	_cleanup_str_ struct str got = get();

	assert_string_equal(got.buf, expected);
}

static void says_lines(void **data)
{
	(void)data;
	to_pipe();
	errno = EBADF;
	log_info("a rule in %s", "/etc/x");
	log_debug("too small");
	log_error_errno(-ENOENT, "cannot open '%s'", "y");
	log_error_errno(ENOENT, "cannot open '%s'", "z");
	assert_int_equal(errno, EBADF);
	check("a rule in /etc/x\ncannot open 'y': No such file or directory\n"
	      "cannot open 'z': No such file or directory\n");
}

static void prefixes_for_the_journal(void **data)
{
	(void)data;
	to_journal();
	log_error("bad");
	log_info("good");
	check("<3>bad\n<6>good\n");

	/* the variable is inherited, the stream is not */
	(void)setenv("JOURNAL_STREAM", "1:2", 1);
	log_open(LOG_ERR);
	log_error("bad");
	log_warning("too small");
	check("bad\n");
}

static void ignores_a_bad_variable(void **data)
{
	static const char *const table[] = { "", ":", "1", "1:", ":1", "x:y", "99999999999999999999:1", "1:2:3" };

	(void)data;
	to_journal();
	for (size_t i = 0; i < ELEMENTSOF(table); i++) {
		(void)setenv("JOURNAL_STREAM", table[i], 1);
		log_open(LOG_INFO);
		log_info("x");
		check("x\n");
	}
}

static void forges_nothing(void **data)
{
	(void)data;
	to_journal();
	log_warning("hook '%s'", "/tmp/a\n<0>all is well\x1b[2J.pth");
	check("<4>hook '/tmp/a\\n<0>all is well\\x1b[2J.pth'\n");
}

static void cuts_what_is_too_long(void **data)
{
	static char path[2 * LOG_LINE_BYTES_MAX];

	(void)data;
	to_pipe();
	memset(path, 'p', sizeof(path) - 1);
	log_info("%s", path);
	{
		_cleanup_str_ struct str got = get();

		assert_int_equal(got.len, LOG_LINE_BYTES_MAX - 1 + 4);
		assert_string_equal(got.buf + got.len - 4, "...\n");
	}
}

/* Nobody reads: lines are dropped and counted, and the rest is whole. */
static void never_waits(size_t prefix)
{
	static char text[6001];	/* beyond PIPE_BUF, so that a line may be torn */
	uint64_t before = log_dropped(), lines = 0;
	bool torn = false;

	memset(text, 't', sizeof(text) - 1);
	for (unsigned n = 0; n < 3000; n++)
		log_info("%04u %s", n, text);
	assert_true(log_dropped() > before + 100);
	for (int i = 0; i < 2; i++) {
		_cleanup_str_ struct str got = get();

		for (struct bytes rest = str_bytes(&got); rest.len > 0;) {
			ptrdiff_t eol = bytes_find_byte(rest, '\n', 0);

			if (eol < 0) {
				torn = true;	/* ended below */
				break;
			}
			lines++;
			rest = bytes_slice(rest, (size_t)eol + 1, rest.len - (size_t)eol - 1);
		}
		if (i == 0) {
			log_info("again");
		} else {
			assert_int_equal(got.buf[0] == '\n', torn);
			assert_string_equal(got.buf + torn + prefix, "again\n");
		}
	}
	/* the rest of a torn line counts as one here */
	assert_int_equal(lines, 3001 - (log_dropped() - before) + torn);
}

static void never_waits_for_a_pipe(void **data)
{
	(void)data;
	to_pipe();
	never_waits(0);
}

static void never_waits_for_the_journal(void **data)
{
	(void)data;
	to_journal();
	never_waits(sizeof("<6>") - 1);
}

static void *talk(void *userdata)
{
	for (unsigned n = 0; n < 100; n++)
		log_info("thread %d says", *(int *)userdata);
	return NULL;
}

static void keeps_lines_of_threads_apart(void **data)
{
	pthread_t thread[4];
	int number[4];

	(void)data;
	to_pipe();
	for (int i = 0; i < 4; i++) {
		number[i] = i;
		assert_int_equal(pthread_create(&thread[i], NULL, talk, &number[i]), 0);
	}
	for (int i = 0; i < 4; i++)
		(void)pthread_join(thread[i], NULL);
	{
		_cleanup_str_ struct str got = get();

		assert_int_equal(got.len, 400 * sizeof("thread 0 says"));
		for (size_t i = 0; i < got.len; i += sizeof("thread 0 says"))
			assert_memory_equal(got.buf + i, "thread ", 7);
	}
}

#define with_restore(f) cmocka_unit_test_teardown(f, restore)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_restore(says_lines),
		with_restore(prefixes_for_the_journal),
		with_restore(ignores_a_bad_variable),
		with_restore(forges_nothing),
		with_restore(cuts_what_is_too_long),
		with_restore(never_waits_for_a_pipe),
		with_restore(never_waits_for_the_journal),
		with_restore(keeps_lines_of_threads_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
