/* fake_proc.h - a /proc made of files in a temporary directory, for tests.
 * Included after cmocka.h. */
#ifndef PYHOOKD_FAKE_PROC_H
#define PYHOOKD_FAKE_PROC_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "str.h"

struct tree {
	char path[64];
	int fd;
};

static int make_tree(void **state)
{
	struct tree *t = calloc(1, sizeof(*t));

	if (!t)
		return -1;
	(void)snprintf(t->path, sizeof(t->path), "/tmp/test_process.XXXXXX");
	if (!mkdtemp(t->path))
		return -1;
	t->fd = open(t->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	*state = t;
	return t->fd < 0 ? -1 : 0;
}

static void remove_process(struct tree *t, int pid)
{
	static const char *const names[] = { "exe", "cwd", "stat", "status", "cmdline", "environ",
					     "cgroup", "loginuid", "sessionid", "comm" };
	char path[128];

	for (size_t i = 0; i < ELEMENTSOF(names); i++) {
		(void)snprintf(path, sizeof(path), "%d/%s", pid, names[i]);
		(void)unlinkat(t->fd, path, 0);
	}
	(void)snprintf(path, sizeof(path), "%d", pid);
	(void)unlinkat(t->fd, path, AT_REMOVEDIR);
}

static int remove_tree(void **state)
{
	struct tree *t = *state;
	int fd = openat(t->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *de;

	while (dir && (de = readdir(dir)))
		if (atoi(de->d_name) > 0)
			remove_process(t, atoi(de->d_name));
	if (dir)
		(void)closedir(dir);
	(void)close(t->fd);
	(void)rmdir(t->path);
	free(t);
	return 0;
}

static void write_file(struct tree *t, int pid, const char *name, struct bytes content)
{
	_cleanup_close_ int fd = -EBADF;
	char path[128];

	(void)snprintf(path, sizeof(path), "%d/%s", pid, name);
	fd = openat(t->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, content.ptr, content.len), content.len);
}

static void write_link(struct tree *t, int pid, const char *name, const char *target)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%d/%s", pid, name);
	(void)unlinkat(t->fd, path, 0);
	assert_int_equal(symlinkat(target, t->fd, path), 0);
}

/* Written by position; what is left out at the end is zero and has a meaning. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

struct fake {
	int pid, ppid;
	unsigned long start;
	const char *exe;	/* NULL: none */
	struct bytes argv;
	int uid, sid;
	const char *cgroup;
	const char *comm;	/* NULL: "name" */
	int tracer;
};

static void write_process(struct tree *t, struct fake f)
{
	_cleanup_str_ struct str s = STR_INIT;
	char name[16];

	remove_process(t, f.pid);
	(void)snprintf(name, sizeof(name), "%d", f.pid);
	assert_int_equal(mkdirat(t->fd, name, 0700), 0);
	if (f.exe)
		write_link(t, f.pid, "exe", f.exe);
	write_link(t, f.pid, "cwd", "/srv");
	write_file(t, f.pid, "cmdline", f.argv);
	write_file(t, f.pid, "environ", BYTES_LIT("LANG=C\0PATH=/bin\0HOME=/h\0"));
	assert_int_equal(str_appendf(&s, "%d (%s) S %d 1 %d 34816 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %lu 0\n",
				     f.pid, f.comm ? f.comm : "name", f.ppid, f.sid, f.start), 0);
	write_file(t, f.pid, "stat", str_bytes(&s));
	str_clear(&s);
	assert_int_equal(str_appendf(&s, "Name:\tname\nTracerPid:\t%d\nUid:\t%d\t%d\t%d\t%d\nGid:\t5\t6\t6\t6\n",
				     f.tracer, f.uid, f.uid, f.uid, f.uid), 0);
	write_file(t, f.pid, "status", str_bytes(&s));
	str_clear(&s);
	assert_int_equal(str_appendf(&s, "0::%s\n", f.cgroup ? f.cgroup : "/"), 0);
	write_file(t, f.pid, "cgroup", str_bytes(&s));
	str_clear(&s);
	assert_int_equal(str_appendf(&s, "%s\n", f.comm ? f.comm : "name"), 0);
	write_file(t, f.pid, "comm", str_bytes(&s));
	write_file(t, f.pid, "loginuid", BYTES_LIT("1000"));
	write_file(t, f.pid, "sessionid", BYTES_LIT("3\n"));
}

#endif
