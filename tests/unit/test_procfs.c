#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "cleanup.h"
#include "limits.h"
#include "procfs.h"

#define TAIL " S 7 42 41 34816 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 987654321 1 2\n"

static void parses_stat(void **state)
{
	static const struct {
		struct bytes text;
		const char *comm;	/* NULL: refused */
	} cases[] = {
		{ BYTES_LIT("42 (sh)" TAIL), "sh" },
		{ BYTES_LIT("42 ()" TAIL), "" },
		{ BYTES_LIT("42 (a) S 1 (b)" TAIL), "a) S 1 (b" },
		{ BYTES_LIT("42 (x\n1 (y)" TAIL), "x\n1 (y" },
		{ BYTES_LIT("42 (0123456789abcdefgh)" TAIL), "0123456789abcde" },
		{ BYTES_LIT(""), NULL },
		{ BYTES_LIT("42"), NULL },
		{ BYTES_LIT(")("), NULL },
		{ BYTES_LIT("(sh)" TAIL), NULL },
		{ BYTES_LIT("42 (sh"), NULL },
		{ BYTES_LIT("42 (sh) S 7"), NULL },
		{ BYTES_LIT("4294967296 (sh)" TAIL), NULL },
		{ BYTES_LIT("-42 (sh)" TAIL), NULL },
		{ BYTES_LIT("42 (sh) SS 7 42 41 0 -1 0 1 2 3 4 5 6 7 8 20 0 3 0 9 1\n"), NULL },
		{ BYTES_LIT("42 (sh) S 7 42 41 0 -1 0 1 2 3 4 5 6 7 8 20 0 3 0 99999999999999999999 1\n"), NULL },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		struct procfs_stat s = { .pid = 99 };
		int r = procfs_parse_stat(cases[i].text, &s);

		if (!cases[i].comm) {
			assert_int_equal(r, -EBADMSG);
			assert_int_equal(s.pid, 99);
			continue;
		}
		assert_int_equal(r, 0);
		assert_string_equal(s.comm, cases[i].comm);
		assert_int_equal(s.pid, 42);
		assert_int_equal(s.state, 'S');
		assert_int_equal(s.ppid, 7);
		assert_int_equal(s.sid, 41);
		assert_int_equal(s.tty, 34816);
		assert_int_equal(s.threads, 3);
		assert_true(s.start_ticks == 987654321);
	}
}

static void parses_a_negative_terminal(void **state)
{
	struct procfs_stat s;

	(void)state;
	assert_int_equal(procfs_parse_stat(BYTES_LIT("1 (a) R 0 1 1 -2147483648 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 5"), &s), 0);
	assert_true(s.tty == 0x80000000u);
	assert_int_equal(procfs_parse_stat(BYTES_LIT("1 (a) R 0 1 1 -2147483649 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 5"), &s),
			 -EBADMSG);
}

static void tells_who_exits(void **state)
{
	struct procfs_stat s;

	(void)state;
	assert_int_equal(procfs_parse_stat(BYTES_LIT("1 (a) Z 0 1 1 0 -1 4194316 1 2 3 4 5 6 7 8 20 0 1 0 5"), &s), 0);
	assert_true(s.exiting);
	assert_int_equal(procfs_parse_stat(BYTES_LIT("1 (a) R 0 1 1 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 5"), &s), 0);
	assert_false(s.exiting);
	assert_int_equal(procfs_parse_stat(BYTES_LIT("1 (a) R 0 1 1 0 -1 x 1 2 3 4 5 6 7 8 20 0 1 0 5"), &s), -EBADMSG);
}

static void parses_status(void **state)
{
	struct procfs_status s = { .uid = 77 };

	(void)state;
	assert_int_equal(procfs_parse_status(BYTES_LIT("Name:\tx\\nUid:\t0\nTracerPid:\t12\nUid:\t1000\t0\t0\t0\n"
						       "Gid:\t100\t4294967295\t5\t5\nUid:\t3\t3\t3\t3\n"), &s), 0);
	assert_int_equal(s.uid, 1000);
	assert_int_equal(s.euid, 0);
	assert_int_equal(s.gid, 100);
	assert_true(s.egid == UINT32_MAX);
	assert_int_equal(s.tracer, 12);

	assert_int_equal(procfs_parse_status(BYTES_LIT(""), &s), -EBADMSG);
	assert_int_equal(procfs_parse_status(BYTES_LIT("Uid:\t1\t1\n"), &s), -EBADMSG);
	assert_int_equal(procfs_parse_status(BYTES_LIT("Uid:\t1\nGid:\t1\t1\n"), &s), -EBADMSG);
	assert_int_equal(procfs_parse_status(BYTES_LIT("Uid:\t4294967296\t1\nGid:\t1\t1\n"), &s), -EBADMSG);
	assert_int_equal(s.uid, 1000);
}

static void parses_cgroup(void **state)
{
	static const struct {
		struct bytes text, path;
	} cases[] = {
		{ BYTES_LIT("0::/user.slice/a:b\n"), BYTES_LIT("/user.slice/a:b") },
		{ BYTES_LIT("12:pids:/x\n1:name=systemd:/system.slice/s.service\n0::/\n"),
		  BYTES_LIT("/system.slice/s.service") },
		{ BYTES_LIT("0::/one\n0::/two"), BYTES_LIT("/one") },
		{ BYTES_LIT("5:cpu,cpuacct:/x\n"), BYTES_LIT("") },
		{ BYTES_LIT("0::relative\n"), BYTES_LIT("") },
		{ BYTES_LIT("0:\n:\n\n::"), BYTES_LIT("") },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++)
		assert_true(bytes_equal(procfs_parse_cgroup(cases[i].text), cases[i].path));
	assert_null(procfs_parse_cgroup(BYTES_LIT("")).ptr);
}

static void filters_environ(void **state)
{
	_cleanup_str_ struct str out = STR_INIT;
	bool complete;

	(void)state;
	assert_int_equal(procfs_filter_environ(
		BYTES_LIT("PATH=/bin\0LD_PRELOAD=/x.so\0HOME=/root\0HOMEX=1\0=LD_\0LD_\0\0PYTHONPATH=\0"
			  "SUDO_USER=a=b\0XLD_PRELOAD=1\0SSH_CONNECTION=1 2\0VIRTUAL_ENV=/v\0"
			  "GCONV_PATH=/g\0GCONV_PATHS=1\0OPENSSL_CONF=/c"), &out, &complete), 0);
	assert_true(complete);
	assert_true(bytes_equal(str_bytes(&out), BYTES_LIT("PATH=/bin\0LD_PRELOAD=/x.so\0HOME=/root\0PYTHONPATH=\0SUDO_USER=a=b\0"
							   "SSH_CONNECTION=1 2\0VIRTUAL_ENV=/v\0"
							   "GCONV_PATH=/g\0OPENSSL_CONF=/c\0")));
}

static void bounds_environ(void **state)
{
	_cleanup_str_ struct str in = STR_INIT, out = STR_INIT;
	bool complete;

	(void)state;
	/* One that is too long is cut; the others after it are still found. */
	assert_int_equal(str_append_text(&in, "LD_LIBRARY_PATH="), 0);
	for (int i = 0; i < 5000; i++)
		assert_int_equal(str_append_char(&in, 'x'), 0);
	assert_int_equal(str_append(&in, "\0LD_PRELOAD=e\0", 14), 0);
	assert_int_equal(procfs_filter_environ(str_bytes(&in), &out, &complete), 0);
	assert_false(complete);
	assert_int_equal(out.len, PROCFS_VARIABLE_MAX + 1 + 13);
	assert_true(bytes_has_suffix(str_bytes(&out), BYTES_LIT("LD_PRELOAD=e\0")));

	/* Many: the sum has its bound, and what is left out is said. */
	str_clear(&in);
	str_clear(&out);
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(str_appendf(&in, "LD_%d=aaaaaaaaaaaaaaaa", i), 0);
		assert_int_equal(str_append_char(&in, '\0'), 0);
	}
	assert_int_equal(procfs_filter_environ(str_bytes(&in), &out, &complete), 0);
	assert_false(complete);
	assert_true(out.len <= PROCFS_ENVIRON_MAX);
	assert_true(out.len > PROCFS_ENVIRON_MAX - 64);
}

static void strips_deleted(void **state)
{
	struct bytes path = BYTES_LIT("/memfd:x (deleted)");

	(void)state;
	assert_true(procfs_strip_deleted(&path));
	assert_true(bytes_equal(path, BYTES_LIT("/memfd:x")));
	assert_false(procfs_strip_deleted(&path));
}

static void parses_uptime(void **state)
{
	uint64_t ns = 1;

	(void)state;
	assert_int_equal(procfs_parse_uptime(BYTES_LIT("12.34 99.00\n"), &ns), 0);
	assert_true(ns == UINT64_C(12340000000));
	assert_int_equal(procfs_parse_uptime(BYTES_LIT(""), &ns), -EBADMSG);
	assert_int_equal(procfs_parse_uptime(BYTES_LIT("x"), &ns), -EBADMSG);
	assert_int_equal(procfs_parse_uptime(BYTES_LIT("1.x0"), &ns), -EBADMSG);
	assert_int_equal(procfs_parse_uptime(BYTES_LIT("1.000"), &ns), -EBADMSG);
	assert_int_equal(procfs_parse_uptime(BYTES_LIT("99999999999999.00"), &ns), -EBADMSG);
	assert_true(ns == UINT64_C(12340000000));
}

static void reads_itself(void **state)
{
	_cleanup_close_ int procfd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -EBADF;
	struct procfs_status status;
	struct procfs_stat stat;
	char buf[8];
	size_t len;
	bool more;
	uint64_t up;

	(void)state;
	fd = procfs_open(procfd, getpid());
	assert_true(fd >= 0);
	assert_int_equal(procfs_read_stat(fd, &stat), 0);
	assert_int_equal(stat.pid, getpid());
	assert_int_equal(stat.ppid, getppid());
	assert_int_equal(stat.sid, getsid(0));
	assert_int_equal(procfs_read_status(fd, &status), 0);
	assert_int_equal(status.euid, geteuid());
	assert_int_equal(procfs_read_uptime(procfd, &up), 0);

	/* A file that is longer than the buffer says so. */
	assert_int_equal(procfs_read(fd, "stat", buf, sizeof(buf), &len, &more), 0);
	assert_int_equal(len, sizeof(buf));
	assert_true(more);
	assert_int_equal(procfs_read(fd, "nothing", buf, sizeof(buf), &len, &more), -ENOENT);
	assert_int_equal(procfs_open(procfd, 0), -ESRCH);
	assert_int_equal(procfs_open(procfd, -1), -ESRCH);
	assert_int_equal(procfs_open(procfd, INT32_MAX), -ESRCH);
}

static void pins_the_process(void **state)
{
	_cleanup_close_ int procfd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -EBADF;
	struct procfs_stat stat;
	char buf[64];
	size_t len;
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0) {
		(void)pause();
		_exit(0);
	}
	fd = procfs_open(procfd, pid);
	assert_true(fd >= 0);
	assert_int_equal(procfs_read_stat(fd, &stat), 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(procfs_read_stat(fd, &stat), -ESRCH);
	assert_true(procfs_readlink(fd, "exe", buf, sizeof(buf), &len) < 0);
}

static void compares_start_times(void **state)
{
	static const uint64_t second = UINT64_C(1000000000);
	char path[] = "/tmp/test_procfs.XXXXXX";
	uint64_t suspended = 0;
	int dirfd, fd;

	(void)state;
	/* Started 12 s after the boot, of which 2 were slept through. */
	assert_true(procfs_started_by(1200, 10 * second, 2 * second));
	assert_true(procfs_started_by(1205, 10 * second, 2 * second));
	assert_false(procfs_started_by(1206, 10 * second, 2 * second));
	assert_false(procfs_started_by(1200, 10 * second, 0));
	assert_false(procfs_started_by(UINT64_MAX, 10 * second, 0));

	assert_non_null(mkdtemp(path));
	dirfd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(procfs_read_suspended(dirfd, 10 * second, &suspended) < 0);
	fd = openat(dirfd, "uptime", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "12.34 5.00\n", 11), 11);
	assert_int_equal(procfs_read_suspended(dirfd, 10 * second, &suspended), 0);
	assert_int_equal(suspended, 2 * second + 340 * 1000 * 1000);
	/* Cut to hundredths it may seem to be behind. */
	assert_int_equal(procfs_read_suspended(dirfd, 12 * second + 345 * 1000 * 1000, &suspended), 0);
	assert_int_equal(suspended, 0);
	assert_int_equal(procfs_read_suspended(dirfd, 13 * second, &suspended), -EBADMSG);
	assert_int_equal(unlinkat(dirfd, "uptime", 0), 0);
	(void)close(fd);
	(void)close(dirfd);
	assert_int_equal(rmdir(path), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_stat),
		cmocka_unit_test(parses_a_negative_terminal),
		cmocka_unit_test(tells_who_exits),
		cmocka_unit_test(parses_status),
		cmocka_unit_test(parses_cgroup),
		cmocka_unit_test(filters_environ),
		cmocka_unit_test(bounds_environ),
		cmocka_unit_test(strips_deleted),
		cmocka_unit_test(parses_uptime),
		cmocka_unit_test(compares_start_times),
		cmocka_unit_test(reads_itself),
		cmocka_unit_test(pins_the_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
