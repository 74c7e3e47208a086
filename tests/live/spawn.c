/* spawn.c - start programs, one after the other, and say which pids they had.
 *
 *	spawn STDIN-FILE
 *
 * Each line of standard input is one run: SKIP, PROGRAM, ARGUMENT..., with tabs between.  SKIP processes are
 * made first that do nothing (pids go by; or, if SKIP is "=", /proc/sys/kernel/ns_last_pid is written, so that the program
 * gets the pid of the one before, unless somebody else is faster), then the program is started by
 * posix_spawn(3) and reaped at once, so that nothing of it is left to be found in /proc.  The answer is one line: the pid, and
 * those that descendants said on descriptor 3 (writers.c), in their order; or "failed STATUS".
 *
 * Written in C because an interpreter is a few milliseconds late, in which the dead process would
 * still be a zombie.  Orphans of a run are adopted (PR_SET_CHILD_SUBREAPER) and reaped, too: the next
 * run starts when nothing of the last one is left.  Ends with standard input or with its parent.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TELL_FD = 3, ARGS_MAX = 32, PIDS_MAX = 32 };

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "spawn: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* A process that does nothing. */
static void let_a_pid_go_by(void)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(0);
	if (pid < 0)
		fail("cannot fork");
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* The next process gets that pid, if nobody forks in between. */
static void want_pid(pid_t pid)
{
	static int fd = -1;
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", (int)pid - 1);

	if (fd < 0)
		fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || pwrite(fd, text, (size_t)len, 0) != len)
		fail("ns_last_pid");
}

/* All of them; the worst status. */
static int reap(void)
{
	int status, worst = 0;
	pid_t pid;

	while ((pid = waitpid(-1, &status, 0)) > 0 || errno == EINTR)
		if (pid > 0 && status != 0)
			worst = status;
	return worst;
}

static void run(char *line, const posix_spawn_file_actions_t *actions, int told)
{
	char *argv[ARGS_MAX + 1] = { NULL }, *rest = line, *skipped = strsep(&rest, "\t");
	int pids[PIDS_MAX], status;
	size_t argc = 0;
	ssize_t n;
	static pid_t pid;

	while (rest && argc < ARGS_MAX)
		argv[argc++] = strsep(&rest, "\t");
	if (skipped[0] == '=' && pid > 0)
		want_pid(pid);
	for (unsigned long i = strtoul(skipped, NULL, 10); i > 0; i--)
		let_a_pid_go_by();
	errno = posix_spawnp(&pid, argv[0], actions, NULL, argv, environ);
	if (errno != 0)
		fail(argv[0]);
	status = reap();
	n = read(told, pids, sizeof(pids));
	if (status != 0) {
		printf("failed %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
		return;
	}
	printf("%d", (int)pid);
	for (ssize_t i = 0; i < n / (ssize_t)sizeof(pids[0]); i++)
		printf(" %d", pids[i]);
	putchar('\n');
}

int main(int argc, char **argv)
{
	posix_spawn_file_actions_t actions;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int tell[2];

	if (argc != 2) {
		fputs("usage: spawn STDIN-FILE\n", stderr);
		return 2;
	}
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		fail("prctl");
	if (pipe2(tell, O_CLOEXEC | O_NONBLOCK) < 0)
		fail("pipe");
	/* Descriptors 0 to 2 are open, so the pipe's are 3 or above, and TELL_FD may be one of them:
	 * dup2() to itself takes away O_CLOEXEC in posix_spawn (POSIX.1-2024; glibc 2.29). */
	if (posix_spawn_file_actions_init(&actions) != 0 ||
	    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, argv[1], O_RDONLY, 0) != 0 ||
	    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) != 0 ||
	    posix_spawn_file_actions_adddup2(&actions, tell[1], TELL_FD) != 0)
		fail("posix_spawn_file_actions");

	while ((len = getline(&line, &size, stdin)) > 0) {
		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		run(line, &actions, tell[0]);
		fflush(stdout);
	}
	free(line);
	(void)posix_spawn_file_actions_destroy(&actions);
	return 0;
}
