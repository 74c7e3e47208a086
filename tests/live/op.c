/* op.c - one file operation, by the system call that it is named after.
 *
 *	op NAME ARGUMENT...
 *
 * Prints "pid N" first, so that a test knows whom the alert must name, does the
 * one thing and exits: 0 done, 1 failed (why is on standard error), 77 this
 * kernel or filesystem cannot.  The names are those of the table at the end.
 *
 * The tests need these exact calls: a shell's `cp` or a Python's open() may use
 * another one (reflink, copy_file_range, a temporary name), and each has its own
 * set of fanotify events: O_TMPFILE with linkat(2) and link(2) close nothing,
 * truncate(2) only modifies, a shared mapping is not seen until it goes.
 *
 * An operation that holds a descriptor says "ready" and waits for a line on
 * standard input before the second half, so that a daemon can be started in
 * between.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef RENAME_EXCHANGE
#define RENAME_EXCHANGE (1 << 1)
#endif

#define EXIT_CANNOT 77

static _Noreturn void fail(const char *what, const char *on)
{
	int e = errno;

	fprintf(stderr, "op: %s '%s': %s\n", what, on, strerror(e));
	exit(e == ENOSYS || e == EOPNOTSUPP ? EXIT_CANNOT : 1);
}

static int open_or_fail(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0644);

	if (fd < 0)
		fail("cannot open", path);
	return fd;
}

/* Short writes do not happen to these few bytes; if one does, the test must not go on. */
static void write_or_fail(int fd, const char *text, const char *path)
{
	size_t len = strlen(text);
	ssize_t n = write(fd, text, len);

	if (n < 0)
		fail("cannot write", path);
	if ((size_t)n != len) {
		errno = EIO;
		fail("short write to", path);
	}
}

static void close_or_fail(int fd, const char *path)
{
	if (close(fd) < 0)
		fail("cannot close", path);
}

static void write_file(const char *path, int flags, const char *text)
{
	int fd = open_or_fail(path, O_WRONLY | flags);

	write_or_fail(fd, text, path);
	close_or_fail(fd, path);
}

static long number(const char *text)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (errno || end == text || *end || n < 0) {
		errno = EINVAL;
		fail("not a number", text);
	}
	return n;
}

/* The end of the first half: the driver goes on, and answers with a line. */
static void wait_for_driver(void)
{
	char c;

	puts("ready");
	fflush(stdout);
	if (read(STDIN_FILENO, &c, 1) != 1) {
		errno = EPIPE;
		fail("the driver went away from", "standard input");
	}
}

/* ---- writes ------------------------------------------------------------------ */
static void op_create(char **arg)
{
	write_file(arg[0], O_CREAT | O_EXCL, arg[1]);
}

static void op_overwrite(char **arg)
{
	write_file(arg[0], O_TRUNC, arg[1]);
}

static void op_append(char **arg)
{
	write_file(arg[0], O_APPEND, arg[1]);
}

static void op_truncate(char **arg)
{
	if (truncate(arg[0], number(arg[1])) < 0)
		fail("cannot truncate", arg[0]);
}

static void op_ftruncate(char **arg)
{
	int fd = open_or_fail(arg[0], O_WRONLY);

	wait_for_driver();
	if (ftruncate(fd, number(arg[1])) < 0)
		fail("cannot ftruncate", arg[0]);
	close_or_fail(fd, arg[0]);
}

static void op_write_held(char **arg)
{
	int fd = open_or_fail(arg[0], O_WRONLY);

	wait_for_driver();
	write_or_fail(fd, arg[1], arg[0]);
	close_or_fail(fd, arg[0]);
}

static void op_via_root(char **arg)
{
	char *path;

	if (asprintf(&path, "/proc/%ld/root%s", number(arg[0]), arg[1]) < 0) {
		errno = ENOMEM;
		fail("cannot name", arg[1]);
	}
	write_file(path, O_CREAT | O_EXCL, arg[2]);
	free(path);
}

/* The descriptor is closed before the mapping: the mapping alone holds the file. */
static void op_mmap(char **arg)
{
	size_t len = strlen(arg[1]);
	int fd = open_or_fail(arg[0], O_RDWR);
	char *map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		fail("cannot map", arg[0]);
	close_or_fail(fd, arg[0]);
	memcpy(map, arg[1], len);
	if (munmap(map, len) < 0)
		fail("cannot unmap", arg[0]);
}

static void op_copy_file_range(char **arg)
{
	int from = open_or_fail(arg[0], O_RDONLY);
	int to = open_or_fail(arg[1], O_WRONLY | O_CREAT | O_EXCL);

	if (copy_file_range(from, NULL, to, NULL, 1 << 20, 0) < 0)
		fail("cannot copy_file_range to", arg[1]);
	close_or_fail(to, arg[1]);
	close_or_fail(from, arg[0]);
}

static void op_sendfile(char **arg)
{
	int from = open_or_fail(arg[0], O_RDONLY);
	int to = open_or_fail(arg[1], O_WRONLY | O_CREAT | O_EXCL);

	if (sendfile(to, from, NULL, 1 << 20) < 0)
		fail("cannot sendfile to", arg[1]);
	close_or_fail(to, arg[1]);
	close_or_fail(from, arg[0]);
}

static void op_clone(char **arg)
{
	int from = open_or_fail(arg[0], O_RDONLY);
	int to = open_or_fail(arg[1], O_WRONLY | O_CREAT | O_EXCL);

	if (ioctl(to, FICLONE, from) < 0)
		fail("cannot clone to", arg[1]);
	close_or_fail(to, arg[1]);
	close_or_fail(from, arg[0]);
}

/* The child writes and exits, the parent closes last: MODIFY names the child,
 * CLOSE_WRITE the parent. */
static void op_pass_fd(char **arg)
{
	int fd = open_or_fail(arg[0], O_WRONLY);
	pid_t child;
	int status;

	fflush(stdout);
	child = fork();
	if (child < 0)
		fail("cannot fork for", arg[0]);
	if (child == 0) {
		printf("child %d\n", (int)getpid());
		fflush(stdout);
		write_or_fail(fd, arg[1], arg[0]);
		_exit(0);
	}
	if (waitpid(child, &status, 0) < 0 || status != 0) {
		errno = ECHILD;
		fail("the child failed on", arg[0]);
	}
	close_or_fail(fd, arg[0]);
}

/* ---- io_uring, by its system calls ------------------------------------------- */
struct ring {
	int fd;
	struct io_uring_sqe *sqes;
	char *sq, *cq;			/* the shared rings, by the offsets in params */
	struct io_uring_params params;
};

static void *ring_map(int fd, size_t len, off_t what)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, what);

	if (p == MAP_FAILED)
		fail("cannot map", "io_uring");
	return p;
}

static void ring_open(struct ring *r)
{
	memset(r, 0, sizeof(*r));
	r->fd = (int)syscall(SYS_io_uring_setup, 4, &r->params);
	if (r->fd < 0)
		fail("cannot set up", "io_uring");
	r->sq = ring_map(r->fd, r->params.sq_off.array + r->params.sq_entries * sizeof(uint32_t),
			 IORING_OFF_SQ_RING);
	r->cq = ring_map(r->fd, r->params.cq_off.cqes +
			 r->params.cq_entries * sizeof(struct io_uring_cqe), IORING_OFF_CQ_RING);
	r->sqes = ring_map(r->fd, r->params.sq_entries * sizeof(*r->sqes), IORING_OFF_SQES);
}

/* Submit one entry and wait for its completion; answers the result. */
static int ring_do(struct ring *r, const struct io_uring_sqe *sqe)
{
	uint32_t *sq_tail = (uint32_t *)(r->sq + r->params.sq_off.tail);
	uint32_t *sq_mask = (uint32_t *)(r->sq + r->params.sq_off.ring_mask);
	uint32_t *sq_array = (uint32_t *)(r->sq + r->params.sq_off.array);
	uint32_t *cq_head = (uint32_t *)(r->cq + r->params.cq_off.head);
	uint32_t *cq_mask = (uint32_t *)(r->cq + r->params.cq_off.ring_mask);
	struct io_uring_cqe *cqes = (struct io_uring_cqe *)(r->cq + r->params.cq_off.cqes);
	uint32_t tail = *sq_tail, index = tail & *sq_mask, head = *cq_head;
	int result;

	r->sqes[index] = *sqe;
	sq_array[index] = index;
	__atomic_store_n(sq_tail, tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, r->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		fail("cannot enter", "io_uring");
	result = cqes[head & *cq_mask].res;
	__atomic_store_n(cq_head, head + 1, __ATOMIC_RELEASE);
	return result;
}

static int ring_do_or_fail(struct ring *r, const struct io_uring_sqe *sqe, const char *path)
{
	int result = ring_do(r, sqe);

	if (result < 0) {
		errno = -result;
		fail("io_uring fails on", path);
	}
	return result;
}

static void op_io_uring(char **arg)
{
	struct ring r;
	struct io_uring_sqe sqe;
	int fd;

	ring_open(&r);

	memset(&sqe, 0, sizeof(sqe));
	sqe.opcode = IORING_OP_OPENAT;
	sqe.fd = AT_FDCWD;
	sqe.addr = (uint64_t)(uintptr_t)arg[0];
	sqe.open_flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
	sqe.len = 0644;
	fd = ring_do_or_fail(&r, &sqe, arg[0]);

	memset(&sqe, 0, sizeof(sqe));
	sqe.opcode = IORING_OP_WRITE;
	sqe.fd = fd;
	sqe.addr = (uint64_t)(uintptr_t)arg[1];
	sqe.len = (uint32_t)strlen(arg[1]);
	if ((size_t)ring_do_or_fail(&r, &sqe, arg[0]) != strlen(arg[1])) {
		errno = EIO;
		fail("short write to", arg[0]);
	}

	memset(&sqe, 0, sizeof(sqe));
	sqe.opcode = IORING_OP_CLOSE;
	sqe.fd = fd;
	(void)ring_do_or_fail(&r, &sqe, arg[0]);
}

/* ---- names ------------------------------------------------------------------- */
static void op_tmpfile_linkat(char **arg)
{
	char proc[64];
	int fd = open_or_fail(arg[0], O_TMPFILE | O_WRONLY);

	write_or_fail(fd, arg[2], arg[0]);
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, proc, AT_FDCWD, arg[1], AT_SYMLINK_FOLLOW) < 0)
		fail("cannot link the temporary file to", arg[1]);
	close_or_fail(fd, arg[1]);
}

static void op_link(char **arg)
{
	if (link(arg[0], arg[1]) < 0)
		fail("cannot link", arg[1]);
}

static void op_symlink(char **arg)
{
	if (symlink(arg[0], arg[1]) < 0)
		fail("cannot symlink", arg[1]);
}

static void rename_or_fail(const char *from, const char *to, unsigned flags)
{
	if (syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags) < 0)
		fail("cannot rename to", to);
}

static void op_rename(char **arg)
{
	rename_or_fail(arg[0], arg[1], 0);
}

static void op_exchange(char **arg)
{
	rename_or_fail(arg[0], arg[1], RENAME_EXCHANGE);
}

/* As editors and sed -i do it: a temporary name beside, then over the old one. */
static void op_replace(char **arg)
{
	char *temporary;
	int fd;

	if (asprintf(&temporary, "%s.%d~", arg[0], (int)getpid()) < 0) {
		errno = ENOMEM;
		fail("cannot name", arg[0]);
	}
	fd = open_or_fail(temporary, O_WRONLY | O_CREAT | O_EXCL);
	write_or_fail(fd, arg[1], temporary);
	if (fsync(fd) < 0)
		fail("cannot fsync", temporary);
	close_or_fail(fd, temporary);
	rename_or_fail(temporary, arg[0], 0);
	free(temporary);
}

/* Build the directory STAGE with FILE in it (the directories between too), wait,
 * and move it to DEST in one step. */
static void op_move_tree(char **arg)
{
	const char *stage = arg[0], *file = arg[1], *text = arg[2], *dest = arg[3];
	char *path;

	if (mkdir(stage, 0755) < 0)
		fail("cannot make", stage);
	if (asprintf(&path, "%s/%s", stage, file) < 0) {
		errno = ENOMEM;
		fail("cannot name", file);
	}
	for (char *slash = path + strlen(stage) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(path, 0755) < 0)
			fail("cannot make", path);
		*slash = '/';
	}
	write_file(path, O_CREAT | O_EXCL, text);
	free(path);
	wait_for_driver();
	rename_or_fail(stage, dest, 0);
}

static void op_mknod(char **arg)
{
	if (mknod(arg[0], S_IFREG | 0644, 0) < 0)
		fail("cannot mknod", arg[0]);
}

static void op_mkfifo(char **arg)
{
	if (mknod(arg[0], S_IFIFO | 0644, 0) < 0)
		fail("cannot mknod", arg[0]);
}

static void op_unlink(char **arg)
{
	if (unlink(arg[0]) < 0)
		fail("cannot unlink", arg[0]);
}

/* COUNT empty files: a flood for the kernel's queue (16384 events by default). */
static void op_flood(char **arg)
{
	long count = number(arg[1]);
	char name[32];
	int dirfd = open_or_fail(arg[0], O_RDONLY | O_DIRECTORY);

	for (long i = 0; i < count; i++) {
		int fd;

		snprintf(name, sizeof(name), "f%08ld", i);
		fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
		if (fd < 0)
			fail("cannot create in", arg[0]);
		close_or_fail(fd, name);
	}
	close_or_fail(dirfd, arg[0]);
}

static const struct {
	const char *name;
	int args;
	const char *usage;
	void (*run)(char **arg);
} ops[] = {
	{ "create", 2, "PATH TEXT", op_create },
	{ "overwrite", 2, "PATH TEXT", op_overwrite },
	{ "append", 2, "PATH TEXT", op_append },
	{ "truncate", 2, "PATH LENGTH", op_truncate },
	{ "ftruncate", 2, "PATH LENGTH", op_ftruncate },
	{ "write-held", 2, "PATH TEXT", op_write_held },
	{ "via-root", 3, "PID PATH TEXT", op_via_root },
	{ "mmap", 2, "PATH TEXT", op_mmap },
	{ "copy-file-range", 2, "FROM TO", op_copy_file_range },
	{ "sendfile", 2, "FROM TO", op_sendfile },
	{ "clone", 2, "FROM TO", op_clone },
	{ "pass-fd", 2, "PATH TEXT", op_pass_fd },
	{ "io-uring", 2, "PATH TEXT", op_io_uring },
	{ "tmpfile-linkat", 3, "DIR PATH TEXT", op_tmpfile_linkat },
	{ "link", 2, "OLD NEW", op_link },
	{ "symlink", 2, "TARGET PATH", op_symlink },
	{ "rename", 2, "OLD NEW", op_rename },
	{ "exchange", 2, "ONE OTHER", op_exchange },
	{ "replace", 2, "PATH TEXT", op_replace },
	{ "move-tree", 4, "STAGE FILE TEXT DEST", op_move_tree },
	{ "mknod", 1, "PATH", op_mknod },
	{ "mkfifo", 1, "PATH", op_mkfifo },
	{ "unlink", 1, "PATH", op_unlink },
	{ "flood", 2, "DIR COUNT", op_flood },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(ops) / sizeof(ops[0]); i++) {
		if (strcmp(argv[1], ops[i].name) != 0)
			continue;
		if (argc - 2 != ops[i].args)
			break;
		printf("pid %d\n", (int)getpid());
		fflush(stdout);
		ops[i].run(argv + 2);
		return 0;
	}

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		fprintf(stderr, "op %s %s\n", ops[i].name, ops[i].usage);
	return 2;
}
