/* accuracy.c - how many programs that live for a moment does the table of processes know?
 *
 *	accuracy COUNT PROGRAM
 *
 * Every processor is kept busy, another process forks without end, and two processes run
 * PROGRAM, each run with an argument of its own.  Then the table is asked for each: is the executable
 * that one, are the arguments those, is the parent the one that started it?  A figure and not a
 * test: what a host under such a load does is its own affair.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "proc_connector.h"

extern char **environ;

enum { WORKERS = 2 };

struct run {
	pid_t pid, parent;
	uint64_t end_ns;	/* it was gone then */
};

static void keep_busy(void)
{
	for (;;)
		__asm__ volatile("");
}

static void fork_without_end(void)
{
	for (;;) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		if (pid > 0)
			(void)waitpid(pid, NULL, 0);
	}
}

static pid_t start(void (*what)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		what();
		_exit(0);
	}
	return pid;
}

static void work(struct run *runs, int worker, int count, char *program)
{
	for (int i = worker; i < count; i += WORKERS) {
		char argument[32];
		char *argv[] = { program, argument, NULL };
		int status;

		(void)snprintf(argument, sizeof(argument), "run-%d", i);
		if (posix_spawn(&runs[i].pid, program, NULL, NULL, argv, environ) != 0 ||
		    waitpid(runs[i].pid, &status, 0) != runs[i].pid)
			runs[i].pid = 0;
		runs[i].end_ns = clock_mono_ns();
		runs[i].parent = getpid();
	}
}

static void catch_up(struct proc_connector *c)
{
	uint64_t now = clock_mono_ns();

	while (proc_connector_watermark(c) < now) {
		struct pollfd fd = { .fd = proc_connector_fd(c), .events = POLLIN };

		proc_connector_nudge(c);
		(void)poll(&fd, 1, 10);
	}
}

struct result {
	int missed, wrong, orphans;
};

static void judge(struct process_table *table, const struct run *run, int number, const char *program,
		  const struct stat *file, struct result *result)
{
	_cleanup_(process_unrefp) struct process *p = process_table_get(table, run->pid, run->end_ns);
	char argv[4096];
	int len = snprintf(argv, sizeof(argv), "%s%crun-%d", program, '\0', number) + 1;
	const struct image *image = p ? p->image : NULL;

	if (!p || image->exe.len == 0 || image->argv.len == 0 || p->inherited)
		result->missed++;
	else if (!bytes_equal(image->argv, (struct bytes){ argv, (size_t)len }) ||
		 image->exe_ino != file->st_ino || image->exe_dev != file->st_dev)
		result->wrong++;
	if (!p || p->ppid != run->parent || !p->credentials_known || p->uid != getuid())
		result->orphans++;
}

static int measure(struct process_table *table, struct proc_connector *c, struct run *runs, int count,
		   char *program)
{
	struct proc_connector_counters counters;
	struct result result = { 0 };
	pid_t load[64], workers[WORKERS];
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	int n = 0;
	struct stat file;

	if (stat(program, &file) < 0)
		return -errno;
	for (; n < processors && n < 63; n++)
		load[n] = start(keep_busy);
	load[n++] = start(fork_without_end);
	for (int i = 0; i < WORKERS; i++) {
		workers[i] = fork();
		if (workers[i] == 0) {
			work(runs, i, count, program);
			_exit(0);
		}
	}
	for (int i = 0; i < WORKERS; i++)
		(void)waitpid(workers[i], NULL, 0);
	for (int i = 0; i < n; i++)
		if (load[i] > 0 && kill(load[i], SIGKILL) == 0)
			(void)waitpid(load[i], NULL, 0);
	catch_up(c);

	for (int i = 0; i < count; i++)
		judge(table, &runs[i], i, program, &file, &result);
	proc_connector_counters(c, &counters);
	printf("programs of a moment, host busy: %d; executable or arguments missed %d, wrong %d; parent or user "
	       "missed %d\n", count, result.missed, result.wrong, result.orphans);
	printf("records lost %llu times, by readers %llu, execs read late %llu\n",
	       (unsigned long long)counters.lost, (unsigned long long)counters.readers_lost,
	       (unsigned long long)counters.unstaged);
	return 0;
}

int main(int argc, char **argv)
{
	_cleanup_(process_table_freep) struct process_table *table = NULL;
	_cleanup_(proc_connector_freep) struct proc_connector *c = NULL;
	_cleanup_close_ int procfd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int count = argc > 2 ? atoi(argv[1]) : 0, r;
	size_t size = (size_t)(count > 0 ? count : 1) * sizeof(struct run);
	struct run *runs = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (count < 1 || runs == MAP_FAILED || procfd < 0)
		return 2;
	r = process_table_new(procfd, &table);
	if (r >= 0)
		r = proc_connector_new(table, &c);
	if (r >= 0)
		r = measure(table, c, runs, count, argv[2]);
	if (r < 0)
		fprintf(stderr, "accuracy: %s\n", strerror(-r));
	return r < 0 ? 77 : r;
}
