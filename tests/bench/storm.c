/* storm.c - executes a program again and again.
 *
 *	storm WORKERS COUNT PROGRAM [MARK]
 *
 * WORKERS processes each run PROGRAM COUNT times, one after the other, as a shell or
 * make does it (posix_spawn: no copy of the parent's memory).  Prints the nanoseconds
 * that it took.  With MARK each run has an argument of its own, MARK-WORKER-NUMBER,
 * and its pid is printed: "pid WORKER NUMBER".
 */
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static uint64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int work(int worker, int count, char *program, const char *mark)
{
	for (int i = 0; i < count; i++) {
		char argument[64];
		char *argv[] = { program, argument, NULL };
		pid_t pid;
		int status;

		(void)snprintf(argument, sizeof(argument), "%s-%d-%d", mark ? mark : "x", worker, i);
		if (posix_spawn(&pid, program, NULL, NULL, argv, environ) != 0 || waitpid(pid, &status, 0) != pid)
			return 1;
		if (mark)
			printf("%d %d %d\n", (int)pid, worker, i);
	}
	return fflush(stdout) != 0;
}

int main(int argc, char **argv)
{
	int workers = argc > 3 ? atoi(argv[1]) : 0, count = argc > 3 ? atoi(argv[2]) : 0, rc = 0;
	uint64_t begin;

	if (workers < 1 || count < 1) {
		fprintf(stderr, "usage: storm WORKERS COUNT PROGRAM [MARK]\n");
		return 2;
	}
	begin = now_ns();
	for (int i = 0; i < workers; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return 1;
		if (pid == 0)
			_exit(work(i, count, argv[3], argc > 4 ? argv[4] : NULL));
	}
	for (int i = 0; i < workers; i++) {
		int status;

		if (wait(&status) < 0 || status != 0)
			rc = 1;
	}
	printf("ns %llu\n", (unsigned long long)(now_ns() - begin));
	return rc;
}
