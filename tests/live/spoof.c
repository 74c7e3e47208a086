/* spoof.c - plants a hook while it looks like somebody else.
 *
 *	spoof DISGUISE [ARGUMENT...]
 *
 * The hook's path is in the environment, SPOOF_HOOK; what is written is one line that site.py runs.  Called with
 * anything else than a disguise of the table at the end it plants at once: so a copy or a mount of this file stands
 * in for any program (dpkg, uv, python3), whatever arguments that is given.  With SPOOF_STAY in the environment it
 * lives, having planted, until its standard input ends: so it is seen alive.  0 planted, 1 failed (why is on standard
 * error), 77 this kernel or processor cannot.
 *
 * Built a second time with -DSPOOF_LIBRARY it is a shared object that plants when it is loaded: for LD_PRELOAD, an
 * OpenSSL provider, a character set of iconv, an extension module.
 *
 * Only what a script cannot do is here: memory, prctl(2), ptrace(2), exec of a descriptor.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static const char code[] = "import os; os.environ.get('PYHOOKD_LIVE')\n";

/* Async-signal-safe, and without memory of its own: it runs in constructors and behind vfork(2). */
static int plant(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, code, sizeof(code) - 1);
	if (close(fd) < 0 || n != (ssize_t)sizeof(code) - 1)
		return -EIO;
	return 0;
}

#ifdef SPOOF_LIBRARY

static void __attribute__((constructor)) plant_when_loaded(void)
{
	const char *path = getenv("SPOOF_HOOK");
	char *traitor = getenv("LD_PRELOAD"), c;
	int fd;

	/* The kernel shows this memory as /proc/PID/environ. */
	if (traitor && getenv("SPOOF_WIPE"))
		memset(traitor - strlen("LD_PRELOAD="), 'X', strlen("LD_PRELOAD=") + strlen(traitor));
	/* The first process that loads it plants; its children need not. */
	fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd >= 0)
		close(fd);
	else if (path && plant(path) == 0 && getenv("SPOOF_STAY"))
		while (read(STDIN_FILENO, &c, 1) > 0)
			;
}

#else

#define EXIT_CANNOT 77
#define TEXT_BYTES_MAX 4096

static const char *hook;

static _Noreturn void fail(const char *what)
{
	int e = errno;

	fprintf(stderr, "spoof: %s: %s\n", what, strerror(e));
	exit(e == ENOSYS || e == EOPNOTSUPP ? EXIT_CANNOT : 1);
}

static void plant_or_fail(void)
{
	int r = plant(hook);

	if (r < 0) {
		errno = -r;
		fail("cannot plant");
	}
	if (getenv("SPOOF_STAY"))
		while (read(STDIN_FILENO, &(char){ 0 }, 1) > 0)
			;
}

/* "a b" as the kernel keeps a command line: each word with a NUL behind it. */
static size_t words(const char *text, char *to, size_t size)
{
	size_t len = strlen(text) + 1;

	if (len > size) {
		errno = E2BIG;
		fail("the text is too long");
	}
	memcpy(to, text, len);
	for (size_t i = 0; i < len; i++)
		if (to[i] == ' ')
			to[i] = '\0';
	return len;
}

/* ---- its own memory ----------------------------------------------------------- */

/* COMM TEXT: the memory of its arguments overwritten, as setproctitle(3) does, and its name. */
static void spoof_title(char **arg)
{
	const char *comm = arg[0];
	char text[TEXT_BYTES_MAX];
	char *start = arg[-2], *end;
	size_t room, len;
	char **last = arg;

	while (*last)
		last++;
	end = last[-1] + strlen(last[-1]) + 1;
	room = (size_t)(end - start);
	len = words(arg[1], text, sizeof(text));
	if (prctl(PR_SET_NAME, comm, 0, 0, 0) < 0)
		fail("PR_SET_NAME");
	if (len > room)
		len = room;
	memset(start, 0, room);
	memcpy(start, text, len);
	plant_or_fail();
}

static uint64_t stat_number(unsigned field)
{
	char text[4096], *p;
	FILE *f = fopen("/proc/self/stat", "re");
	size_t n;

	if (!f)
		fail("/proc/self/stat");
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	p = strrchr(text, ')');
	for (unsigned i = 2; p && i < field; i++)
		p = strchr(p + 1, ' ');
	return p ? strtoull(p, NULL, 10) : 0;
}

/* proc(5) gives the fields of the same names; -1 leaves the executable. */
static void set_map(uint64_t arg_start, uint64_t arg_end, int exe_fd)
{
	struct prctl_mm_map map = {
		.start_code = stat_number(26), .end_code = stat_number(27), .start_data = stat_number(45),
		.end_data = stat_number(46), .start_brk = stat_number(47), .brk = (uint64_t)(uintptr_t)sbrk(0),
		.start_stack = stat_number(28), .arg_start = arg_start, .arg_end = arg_end,
		.env_start = stat_number(50), .env_end = stat_number(51), .exe_fd = (uint32_t)exe_fd,
	};

	if (prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0) < 0)
		fail("PR_SET_MM_MAP");
}

/* TEXT: the kernel is told that the arguments are elsewhere; it shows anonymous memory only.  Without a text there are
 * none, as of a thread of the kernel. */
static void spoof_map(char **arg)
{
	char *text = mmap(NULL, TEXT_BYTES_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t len;

	if (text == MAP_FAILED)
		fail("mmap");
	len = arg[0][0] ? words(arg[0], text, TEXT_BYTES_MAX) : 0;
	set_map((uint64_t)(uintptr_t)text, (uint64_t)(uintptr_t)text + len, -1);
	plant_or_fail();
}

/* One mapping of this program's file replaced by a copy of it in memory.  The call returns into the copy, which is
 * the same to the byte. */
static void uproot(void *start, size_t len, int prot)
{
	void *copy = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (copy == MAP_FAILED)
		fail("mmap");
	memcpy(copy, start, len);
	if (mprotect(copy, len, prot) < 0 || mremap(copy, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, start) == MAP_FAILED)
		fail("mremap");
}

/* FILE: /proc/self/exe leads to FILE.  The kernel allows it once nothing of the true one is mapped. */
static void spoof_exe(char **arg)
{
	char line[8192], mine[4096], perms[8], path[4096];
	ssize_t n = readlink("/proc/self/exe", mine, sizeof(mine) - 1);
	unsigned long start[64], end[64];
	int prot[64], fd;
	size_t count = 0;
	FILE *maps;

	if (n < 0)
		fail("/proc/self/exe");
	mine[n] = '\0';
	maps = fopen("/proc/self/maps", "re");
	if (!maps)
		fail("/proc/self/maps");
	while (count < 64 && fgets(line, sizeof(line), maps)) {
		path[0] = '\0';
		if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %4095[^\n]", &start[count], &end[count], perms, path) < 4 ||
		    strcmp(path, mine) != 0)
			continue;
		prot[count++] = (perms[0] == 'r' ? PROT_READ : 0) | (perms[1] == 'w' ? PROT_WRITE : 0) |
				(perms[2] == 'x' ? PROT_EXEC : 0);
	}
	fclose(maps);
	for (size_t i = 0; i < count; i++)
		uproot((void *)start[i], end[i] - start[i], prot[i]);

	fd = open(arg[0], O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail(arg[0]);
	set_map(stat_number(48), stat_number(49), fd);
	plant_or_fail();
}

/* ---- what is executed ---------------------------------------------------------- */

/* FILE ARGV0 ARGUMENT...: FILE copied into memory and executed from there. */
static void spoof_memfd(char **arg)
{
	int from = open(arg[0], O_RDONLY | O_CLOEXEC), to = memfd_create("pip", MFD_CLOEXEC);
	char buffer[65536];
	ssize_t n;

	if (from < 0 || to < 0)
		fail("memfd");
	while ((n = read(from, buffer, sizeof(buffer))) > 0)
		if (write(to, buffer, (size_t)n) != n)
			fail("write to memfd");
	close(from);
	fexecve(to, arg + 1, environ);
	fail("fexecve");
}

/* NAME FIRST SECOND FILE ARGUMENT...: a variable that is there twice.  getenv(3) finds the first, ld.so(8) takes the
 * last. */
static void spoof_twice(char **arg)
{
	char variable[2][TEXT_BYTES_MAX], *env[256];
	size_t count = 0;

	for (size_t i = 0; i < 2; i++) {
		snprintf(variable[i], sizeof(variable[i]), "%s=%s", arg[0], arg[1 + i]);
		env[count++] = variable[i];
	}
	for (size_t i = 0; environ[i] && count < 255; i++)
		env[count++] = environ[i];
	env[count] = NULL;
	execve(arg[3], arg + 3, env);
	fail(arg[3]);
}

/* FILE ARGUMENT...: planted, and at once this process is another program. */
static void spoof_then_exec(char **arg)
{
	plant_or_fail();
	execv(arg[0], arg);
	fail(arg[0]);
}

/* The same by a child that still shares its parent's memory. */
static void spoof_vfork(char **arg)
{
	pid_t child = vfork();
	int status;

	if (child < 0)
		fail("vfork");
	if (child == 0) {
		if (plant(hook) == 0)
			execv(arg[0], arg);
		_exit(1);
	}
	if (waitpid(child, &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail("the child");
}

/* FILE ARGUMENT...: the hook is opened here, written here, and closed by another program as it ends. */
static void spoof_leave_open(char **arg)
{
	int fd = open(hook, O_WRONLY | O_CREAT, 0644);

	if (fd < 0 || write(fd, code, sizeof(code) - 1) != (ssize_t)sizeof(code) - 1)
		fail("cannot plant");
	execv(arg[0], arg);
	fail(arg[0]);
}

/* ---- another process's memory ---------------------------------------------------- */

#ifdef __x86_64__

static void wait_for_stop(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status)) {
		errno = ESRCH;
		fail("the victim does not stop");
	}
}

/* One system call by the victim, whose next instruction is `syscall`. */
static long victim_call(pid_t pid, struct user_regs_struct base, long nr, unsigned long a, unsigned long b,
			unsigned long c)
{
	struct user_regs_struct regs = base;

	regs.rax = (unsigned long)nr;
	regs.orig_rax = (unsigned long)-1;	/* do not restart what it was in */
	regs.rdi = a;
	regs.rsi = b;
	regs.rdx = c;
	if (ptrace(PTRACE_SETREGS, pid, NULL, &regs) < 0 || ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) < 0)
		fail("ptrace");
	wait_for_stop(pid);
	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) < 0)
		fail("ptrace");
	return (long)regs.rax;
}

static void poke(pid_t pid, unsigned long where, const void *data, size_t len)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || pwrite(fd, data, len, (off_t)where) != (ssize_t)len)
		fail(path);
	close(fd);
}

/* PID [stay]: the victim plants, and goes on as if nothing had been.  "stay": it is traced until a line comes. */
static void spoof_trace(char **arg)
{
	static const unsigned char instruction[] = { 0x0f, 0x05, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90 };
	pid_t pid = (pid_t)atoi(arg[0]);
	struct user_regs_struct regs, at;
	unsigned long text, path;
	long before, fd;

	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) < 0)
		fail("PTRACE_ATTACH");
	wait_for_stop(pid);
	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) < 0)
		fail("ptrace");
	errno = 0;
	before = ptrace(PTRACE_PEEKTEXT, pid, (void *)regs.rip, NULL);
	if (errno)
		fail("PTRACE_PEEKTEXT");
	poke(pid, regs.rip, instruction, sizeof(instruction));
	text = regs.rsp - 8192;
	path = text + sizeof(code);
	poke(pid, text, code, sizeof(code));
	poke(pid, path, hook, strlen(hook) + 1);

	at = regs;
	fd = victim_call(pid, at, SYS_open, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0) {
		errno = (int)-fd;
		fail("open in the victim");
	}
	victim_call(pid, at, SYS_write, (unsigned long)fd, text, sizeof(code) - 1);
	victim_call(pid, at, SYS_close, (unsigned long)fd, 0, 0);
	poke(pid, regs.rip, &before, sizeof(before));
	if (ptrace(PTRACE_SETREGS, pid, NULL, &regs) < 0)
		fail("ptrace");
	if (arg[1]) {
		puts("ready");
		fflush(stdout);
		(void)!read(STDIN_FILENO, &(char){ 0 }, 1);
	}
	if (ptrace(PTRACE_DETACH, pid, NULL, NULL) < 0)
		fail("PTRACE_DETACH");
}

/* PID: machine code written over the place to which the victim's system call returns, through /proc/PID/mem: nothing
 * is traced, and read-only memory is no hindrance.  It plants when that call returns, and does nothing more. */
static void spoof_memory(char **arg)
{
	static const unsigned char shell[] = {
		0x48, 0x8d, 0x3d, 0x00, 0x01, 0x00, 0x00,	/* lea 0x100(%rip),%rdi		the path */
		0xbe, 0x41, 0x02, 0x00, 0x00,			/* mov $O_WRONLY|O_CREAT|O_TRUNC,%esi */
		0xba, 0xa4, 0x01, 0x00, 0x00,			/* mov $0644,%edx */
		0xb8, 0x02, 0x00, 0x00, 0x00, 0x0f, 0x05,	/* open */
		0x89, 0xc7,					/* mov %eax,%edi */
		0x48, 0x8d, 0x35, 0x60, 0x00, 0x00, 0x00,	/* lea 0x60(%rip),%rsi		the text */
		0xba, sizeof(code) - 1, 0x00, 0x00, 0x00,	/* mov $length,%edx */
		0xb8, 0x01, 0x00, 0x00, 0x00, 0x0f, 0x05,	/* write */
		0xb8, 0x03, 0x00, 0x00, 0x00, 0x0f, 0x05,	/* close */
		0xb8, 0x22, 0x00, 0x00, 0x00, 0x0f, 0x05,	/* pause */
		0xeb, 0xf7,					/* and again */
	};
	char path[64], line[512];
	unsigned long pc = 0;
	pid_t pid = (pid_t)atoi(arg[0]);
	char *last;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/syscall", (int)pid);
	f = fopen(path, "re");
	if (!f || !fgets(line, sizeof(line), f))
		fail(path);
	fclose(f);
	last = strrchr(line, ' ');
	if (last)
		pc = strtoul(last, NULL, 16);
	if (!pc) {
		errno = EBUSY;
		fail("the victim is not in a system call");
	}
	poke(pid, pc + 7 + 0x100, hook, strlen(hook) + 1);
	poke(pid, pc + 33 + 0x60, code, sizeof(code));
	poke(pid, pc, shell, sizeof(shell));
}

#else

static void spoof_trace(char **arg)
{
	(void)arg;
	exit(EXIT_CANNOT);
}

#define spoof_memory spoof_trace

#endif

static const struct disguise {
	const char *name;
	int arguments;		/* at least */
	void (*run)(char **arg);
} disguises[] = {
	{ "title", 2, spoof_title },		{ "map", 1, spoof_map },
	{ "exe", 1, spoof_exe },		{ "memfd", 2, spoof_memfd },
	{ "then-exec", 1, spoof_then_exec },	{ "vfork", 1, spoof_vfork },
	{ "leave-open", 1, spoof_leave_open },	{ "trace", 1, spoof_trace },
	{ "memory", 1, spoof_memory },		{ "twice", 4, spoof_twice },
};

int main(int argc, char **argv)
{
	hook = getenv("SPOOF_HOOK");
	if (!hook) {
		fputs("spoof: SPOOF_HOOK is not set\n", stderr);
		return 1;
	}
	for (size_t i = 0; argc > 1 && i < sizeof(disguises) / sizeof(disguises[0]); i++)
		if (strcmp(argv[1], disguises[i].name) == 0 && argc - 2 >= disguises[i].arguments) {
			disguises[i].run(argv + 2);
			return 0;
		}
	plant_or_fail();
	return 0;
}

#endif
