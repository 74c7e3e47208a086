/* storm.c - executes a program again and again.
 *
 *	storm WORKERS COUNT PROGRAM
 *
 * WORKERS processes each run PROGRAM COUNT times, one after the other, as a shell or
 * make does it (posix_spawn: no copy of the parent's memory).  Prints the nanoseconds
 * that it took.
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

static int work(int count, char *program)
{
	for (int i = 0; i < count; i++) {
		char *argv[] = { program, NULL };
		pid_t pid;
		int status;

		if (posix_spawn(&pid, program, NULL, NULL, argv, environ) != 0 || waitpid(pid, &status, 0) != pid)
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int workers = argc > 3 ? atoi(argv[1]) : 0, count = argc > 3 ? atoi(argv[2]) : 0, rc = 0;
	uint64_t begin;

	if (workers < 1 || count < 1) {
		fprintf(stderr, "usage: storm WORKERS COUNT PROGRAM\n");
		return 2;
	}
	begin = now_ns();
	for (int i = 0; i < workers; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return 1;
		if (pid == 0)
			_exit(work(count, argv[3]));
	}
	for (int i = 0; i < workers; i++) {
		int status;

		if (wait(&status) < 0 || status != 0)
			rc = 1;
	}
	printf("ns %llu\n", (unsigned long long)(now_ns() - begin));
	return rc;
}
