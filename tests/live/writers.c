/* writers.c - plant a hook and be gone: the shortest-lived processes that there can be.
 *
 *	writers write PATH
 *	writers rename FROM TO
 *	writers chain PATH [PROGRAM...]
 *
 * Between its first instruction and its end such a program makes two or three system
 * calls; a dynamic loader or a C library's start-up takes a hundred times as long, and would
 * give the daemon that much more time to look at /proc.  So there is neither: the kernel
 * jumps to _start, and system calls are made by hand.  A machine whose call is not
 * written down here uses the C library; the Makefile decides (-ffreestanding).
 *
 * chain: forks and ends; the child waits until its parent has gone, says its pid on
 * descriptor 3 (its only trace: whoever started the chain is not its parent), and executes
 * the next program, which is given the rest of the list; at the end of the list it
 * writes.  So none of those who led to the writer is alive when it writes.
 *
 * The exit status is the error number of what failed.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>

#define AT_FDCWD_ARG ((long)AT_FDCWD)
enum { TELL_FD = 3, EXIT_USAGE = 127 };

static const char hook[] = "import os; os.environ.get('PYHOOKD_LIVE')\n";

/* ---- without a C library ------------------------------------------------------ */

#if !__STDC_HOSTED__ && defined(__x86_64__)

/* System V ABI, AMD64 supplement, A.2.1: the kernel's conventions. */
static long call(long number, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	long ret;

	__asm__ volatile("syscall" : "=a"(ret) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return ret;
}

/* argc and argv are on the stack, which main() wants aligned. */
__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall begin\n");

#elif !__STDC_HOSTED__ && defined(__aarch64__)

/* syscall(2): number in x8, arguments in x0 to x5. */
static long call(long number, long a, long b, long c, long d, long e)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
	return x0;
}

__asm__(".globl _start\n_start:\n\tmov x29, xzr\n\tmov x0, sp\n\tbl begin\n");

#else

#include <errno.h>
#include <unistd.h>

static long call(long number, long a, long b, long c, long d, long e)
{
	long ret = syscall(number, a, b, c, d, e);

	return ret < 0 ? -errno : ret;
}

#endif

static _Noreturn void end(long error)
{
	for (;;)
		(void)call(SYS_exit_group, error < 0 ? -error : error, 0, 0, 0, 0);
}

static long or_end(long result)
{
	if (result < 0)
		end(result);
	return result;
}

/* ---- the three ways -------------------------------------------------------------- */

static _Noreturn void plant(const char *path)
{
	long fd = or_end(call(SYS_openat, AT_FDCWD_ARG, (long)path, O_WRONLY | O_CREAT | O_EXCL, 0644, 0));

	or_end(call(SYS_write, fd, (long)hook, sizeof(hook) - 1, 0, 0));
	end(0);
}

static _Noreturn void move(const char *from, const char *to)
{
	or_end(call(SYS_renameat2, AT_FDCWD_ARG, (long)from, AT_FDCWD_ARG, (long)to, 0));
	end(0);
}

/* A fork whose parent is gone when it returns. */
static void leave_parent(void)
{
	long parent = call(SYS_getpid, 0, 0, 0, 0, 0);
	int pid;

	if (or_end(call(SYS_clone, SIGCHLD, 0, 0, 0, 0)) > 0)
		end(0);
	pid = (int)call(SYS_getpid, 0, 0, 0, 0, 0);
	or_end(call(SYS_write, TELL_FD, (long)&pid, sizeof(pid), 0, 0));
	while (call(SYS_getppid, 0, 0, 0, 0, 0) == parent)
		(void)call(SYS_sched_yield, 0, 0, 0, 0, 0);
}

/* argv: this program, "chain", PATH, the next programs.  The next one's argv is made of it by leaving out its
 * own name and moving the first two words to behind the next name. */
static _Noreturn void chain(char **argv)
{
	static const char *const environment[] = { "PATH=/usr/bin:/bin", (char *)0 };
	char *word = argv[1], *path = argv[2];

	leave_parent();
	if (!argv[3])
		plant(path);
	argv[1] = argv[3];
	argv[2] = word;
	argv[3] = path;
	end(call(SYS_execve, (long)argv[1], (long)(argv + 1), (long)environment, 0, 0));
}

static _Noreturn void start(int argc, char **argv)
{
	char first = argc > 2 ? argv[1][0] : '\0';

	if (first == 'w')
		plant(argv[2]);
	if (first == 'r' && argc > 3)
		move(argv[2], argv[3]);
	if (first == 'c')
		chain(argv);
	end(EXIT_USAGE);
}

#if __STDC_HOSTED__
int main(int argc, char **argv)
{
	start(argc, argv);
}
#else
_Noreturn void begin(long *stack);
_Noreturn void begin(long *stack)
{
	start((int)stack[0], (char **)(stack + 1));
}
#endif
