/* storm.c - a host that is busy: each processor computes, and somebody starts programs without end.
 *
 *	storm SECONDS
 *
 * One process for each processor that only counts, and one that forks and executes /bin/true as fast as it
 * goes.  Says "ready" when they are started.  All of it ends with the parent, or after that time,
 * whichever is first, so that a test that was killed leaves no load behind.
 */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* The signal is for the death of the parent's thread; it may have died before. */
static void end_with(pid_t parent, unsigned seconds)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(1);
	(void)alarm(seconds);
}

static _Noreturn void compute(void)
{
	for (volatile unsigned long n = 0;; n++)
		;
}

static _Noreturn void start_programs(void)
{
	char name[] = "/bin/true", *argv[] = { name, NULL };

	for (;;) {
		pid_t pid;
		int r = posix_spawn(&pid, name, NULL, NULL, argv, environ);

		if (r != 0)
			_exit(r);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
}

static void start(void (*what)(void), unsigned seconds)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0) {
		fprintf(stderr, "storm: cannot fork: %s\n", strerror(errno));
		exit(1);
	}
	if (pid == 0) {
		end_with(parent, seconds);
		what();
	}
}

int main(int argc, char **argv)
{
	unsigned seconds = argc == 2 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (seconds == 0) {
		fputs("usage: storm SECONDS\n", stderr);
		return 2;
	}
	end_with(getppid(), seconds);
	for (long i = 0; i < processors; i++)
		start(compute, seconds);
	start(start_programs, seconds);
	puts("ready");
	fflush(stdout);
	(void)wait(NULL);	/* none of them ends by itself */
	return 1;
}
