/* temp_tree.h - a directory of the test's own, and what is put into it.
 * Included after cmocka.h. */
#ifndef PYHOOKD_TEMP_TREE_H
#define PYHOOKD_TEMP_TREE_H

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "str.h"

struct temp {
	char path[64];
	int fd;		/* O_RDONLY: its handle can be asked for, files can be made in it */
};

__attribute__((unused)) static void temp_make(struct temp *t)
{
	(void)snprintf(t->path, sizeof(t->path), "/tmp/pyhookd-tree.XXXXXX");
	assert_non_null(mkdtemp(t->path));
	t->fd = open(t->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(t->fd >= 0);
	/* A umask must not decide what others may do there. */
	assert_int_equal(fchmod(t->fd, 0755), 0);
}

/* rm(1) goes down by descriptors, so that paths longer than PATH_MAX go away, too. */
__attribute__((unused)) static void temp_release(struct temp *t)
{
	pid_t pid;

	if (t->fd >= 0)
		(void)close(t->fd);
	t->fd = -EBADF;
	pid = fork();
	if (pid == 0) {
		execlp("rm", "rm", "-rf", "--one-file-system", t->path, (char *)NULL);
		_exit(127);
	}
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
}
#define _cleanup_temp_ __attribute__((cleanup(temp_release)))
#define TEMP_INIT ((struct temp){ .fd = -EBADF })

__attribute__((unused)) static void temp_mkdir(const struct temp *t, const char *name)
{
	assert_int_equal(mkdirat(t->fd, name, 0755), 0);
}

__attribute__((unused)) static void temp_write(const struct temp *t, const char *name, struct bytes content)
{
	_cleanup_close_ int fd = openat(t->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content.ptr, content.len), (ssize_t)content.len);
}

/* Until what was made so far is old enough for a search to take it as being there before it
 * began (scans.c leaves younger files to the kernel's events). */
__attribute__((unused)) static void temp_age(const struct temp *t)
{
	struct timespec made, now;

	(void)t;
	(void)clock_gettime(CLOCK_REALTIME, &made);
	do {
		struct timespec tick = { .tv_nsec = 10 * 1000 * 1000 };

		(void)nanosleep(&tick, NULL);
		(void)clock_gettime(CLOCK_REALTIME, &now);
	} while (now.tv_sec - made.tv_sec < 1 || (now.tv_sec - made.tv_sec == 1 && now.tv_nsec <= made.tv_nsec));
}

/* "T/name", in a buffer of the caller's. */
__attribute__((unused)) static const char *temp_path(const struct temp *t, const char *name, char *buffer,
						     size_t size)
{
	int n = snprintf(buffer, size, "%s/%s", t->path, name);

	assert_true(n > 0 && (size_t)n < size);
	return buffer;
}

/* From here on mounts of this process are nobody else's business.  False: not permitted. */
__attribute__((unused)) static bool own_mount_namespace(void)
{
	return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

#endif
