/* silent.c - write a hook as a process whose memory nobody can read: whoever tries waits.
 *
 *	silent MOUNT-POINT HOOK
 *
 * Mounts a FUSE filesystem at MOUNT-POINT whose server, a process of its own, answers everything but READ.  The
 * writer, another one, maps a file of it; a thread reads that page through /proc/self/mem, which holds the
 * mmap_lock for reading as long as the server is silent, and a second one waits for it in mmap(2) (state D), which keeps
 * all later readers out.  When both wait the writer writes HOOK, and "PID" of it is printed.
 * All ends with standard input, or with the parent.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, REQUEST_MAX = 1 << 18 };

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "silent: %s: %s\n", what, strerror(errno));
	_exit(1);
}

/* ---- the server ----------------------------------------------------------------- */

static void answer(int fd, uint64_t unique, int error, const void *data, size_t size)
{
	char buf[256];
	struct fuse_out_header out = { .len = (uint32_t)(sizeof(out) + size), .error = error, .unique = unique };

	memcpy(buf, &out, sizeof(out));
	if (size > 0)
		memcpy(buf + sizeof(out), data, size);
	(void)!write(fd, buf, out.len);
}

/* `held`: gets a byte for each READ. */
static void handle(int fd, int held, const struct fuse_in_header *in)
{
	struct fuse_attr attr = { .ino = 2, .size = PAGE, .mode = S_IFREG | 0444, .nlink = 1, .blksize = PAGE };
	struct fuse_init_out init = { .major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 65536 };
	struct fuse_entry_out entry = { .nodeid = 2, .entry_valid = 9999, .attr_valid = 9999, .attr = attr };
	struct fuse_attr_out got = { .attr_valid = 9999, .attr = attr };
	struct fuse_open_out opened = { .fh = 1 };

	switch (in->opcode) {
	case FUSE_INIT:
		answer(fd, in->unique, 0, &init, sizeof(init));
		break;
	case FUSE_LOOKUP:
		answer(fd, in->unique, 0, &entry, sizeof(entry));
		break;
	case FUSE_GETATTR:
		if (in->nodeid == FUSE_ROOT_ID) {
			got.attr.ino = FUSE_ROOT_ID;
			got.attr.mode = S_IFDIR | 0755;
		}
		answer(fd, in->unique, 0, &got, sizeof(got));
		break;
	case FUSE_OPEN:
		answer(fd, in->unique, 0, &opened, sizeof(opened));
		break;
	case FUSE_READ:
		(void)!write(held, "", 1);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;
	default:
		answer(fd, in->unique, -ENOSYS, NULL, 0);
	}
}

static _Noreturn void serve(int fd, int held)
{
	static _Alignas(8) char buf[REQUEST_MAX];

	for (;;) {
		ssize_t n = read(fd, buf, sizeof(buf));

		if (n >= (ssize_t)sizeof(struct fuse_in_header))
			handle(fd, held, (const void *)buf);
		else if (n >= 0 || errno != EINTR)
			_exit(0);
	}
}

/* ---- the writer ------------------------------------------------------------------- */

static void *hold(void *page)
{
	int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	char c;

	(void)!pread(fd, &c, 1, (off_t)(uintptr_t)page);
	return NULL;
}

static void *queue(void *argument)
{
	int go = *(int *)argument;
	char c;

	(void)!read(go, &c, 1);
	(void)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return NULL;
}

static void write_hook(const char *path)
{
	static const char text[] = "import os; os.system('id')\n";
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	(void)!write(fd, text, sizeof(text) - 1);
	(void)close(fd);
}

/* `go`: a byte for the second thread, and one for the hook.  What it executes and touches at the end it
 * has touched before: it could not have a page any more. */
static _Noreturn void be_the_writer(const char *file, const char *hook, int go[2])
{
	pthread_t one, two;
	void *page;
	char c;
	int fd;

	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail(file);
	page = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		fail("mmap");
	write_hook("/dev/null");
	if (pthread_create(&two, NULL, queue, &go[0]) != 0 || pthread_create(&one, NULL, hold, page) != 0)
		fail("pthread_create");
	(void)!read(go[1], &c, 1);
	write_hook(hook);
	for (;;)
		(void)pause();
}

/* ---- the two are brought together -------------------------------------------------- */

/* Threads of `pid` that sleep without being interruptible. */
static int count_waiting(pid_t pid)
{
	char command[128];
	int n = -1;
	FILE *f;

	(void)snprintf(command, sizeof(command), "cat /proc/%d/task/*/stat | grep -c ') D '", (int)pid);
	f = popen(command, "r");
	if (!f || fscanf(f, "%d", &n) != 1)
		n = -1;
	if (f)
		(void)pclose(f);
	return n;
}

static void wait_until_waiting(pid_t pid, int threads)
{
	static const struct timespec step = { .tv_nsec = 10 * 1000 * 1000 };

	for (int i = 0; i < 2000; i++) {
		if (count_waiting(pid) >= threads)
			return;
		(void)nanosleep(&step, NULL);
	}
	errno = ETIMEDOUT;
	fail("the writer's threads do not wait");
}

static pid_t start(void)
{
	pid_t pid = fork();

	if (pid < 0)
		fail("fork");
	if (pid == 0)
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

int main(int argc, char **argv)
{
	char options[100], file[PAGE], c;
	int fd, waiting, held_pipe[2], queue_pipe[2], hook_pipe[2];
	pid_t server, writer;

	if (argc != 3) {
		fprintf(stderr, "usage: silent MOUNT-POINT HOOK\n");
		return 2;
	}
	fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (fd < 0 || pipe(held_pipe) < 0 || pipe(queue_pipe) < 0 || pipe(hook_pipe) < 0)
		fail("/dev/fuse");
	(void)snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	if (mount("silent", argv[1], "fuse.silent", 0, options) < 0)
		fail("mount");
	(void)snprintf(file, sizeof(file), "%s/file", argv[1]);

	server = start();
	if (server == 0)
		serve(fd, held_pipe[1]);
	writer = start();
	if (writer == 0) {
		(void)close(fd);	/* the server's end is the connection's */
		be_the_writer(file, argv[2], (int[]){ queue_pipe[0], hook_pipe[0] });
	}
	(void)close(fd);
	(void)close(held_pipe[1]);
	if (read(held_pipe[0], &c, 1) != 1)
		fail("nothing was read");
	waiting = count_waiting(writer);
	(void)!write(queue_pipe[1], "", 1);
	wait_until_waiting(writer, waiting + 1);
	(void)!write(hook_pipe[1], "", 1);
	printf("%d\n", (int)writer);
	(void)fflush(stdout);
	(void)!read(STDIN_FILENO, &c, 1);

	(void)kill(writer, SIGKILL);
	(void)kill(server, SIGKILL);	/* ends what waits for it */
	while (wait(NULL) > 0)
		;
	(void)umount2(argv[1], MNT_DETACH);
	return 0;
}
