/* process_read.c - one process of /proc into an image and its identity.
 *
 *	dirfd --(exe, argv, cwd, environ)--> image;  (stat, status, loginuid...) --> process
 *
 * Owns: what is read, and in which order.  Must not own: formats (procfs.c), when
 * to read (process_table.c).
 *
 * The arguments first: the target may die at any moment, and nothing else tells them, while
 * the fanotify queue tells the executable, too (FAN_OPEN_EXEC).  Reading a link needs no
 * lock of the target, the arguments and the environment do (mmap_lock, which a process
 * may hold for ever): whoever must not wait reads them through others (process_table_set_memory_reader()),
 * and there is a reading without them.  All is read through one
 * descriptor of /proc/PID, so it is of one process; an exec in the middle gives the
 * arguments of before and the executable of after, until the record of that exec is
 * handled, at once.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "process_private.h"

struct process_reader *process_reader_free(struct process_reader *r)
{
	if (r) {
		str_release(&r->scratch.raw);
		str_release(&r->scratch.environ);
		free(r);
	}
	return NULL;
}

/* All that it will need: reading allocates nothing then.  What is not touched costs nothing. */
int process_reader_new(int procfd, struct process_reader **ret)
{
	_cleanup_(process_reader_freep) struct process_reader *r = malloc(sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->procfd = procfd;
	str_init(&r->scratch.raw);
	str_init(&r->scratch.environ);
	if (str_reserve(&r->scratch.raw, PROCFS_ENVIRON_READ_MAX) < 0 ||
	    str_reserve(&r->scratch.environ, PROCFS_ENVIRON_MAX) < 0)
		return -ENOMEM;
	r->scratch.read_memory = NULL;
	r->scratch.read_memory_argument = NULL;
	*ret = TAKE_PTR(r);
	return 0;
}

/* What lies in the memory of the process, whose lock it may never give back. */
static int read_memory(int dirfd, struct scratch *s, const char *name, char *buf, size_t size, size_t *ret_len,
		       bool *ret_more, struct image *image)
{
	int r;

	if (!s->read_memory)
		return procfs_read(dirfd, name, buf, size, ret_len, ret_more);
	r = s->read_memory(s->read_memory_argument, dirfd, name, buf, size, ret_len, ret_more);
	image->unanswered |= r == -ETIMEDOUT;
	return r;
}

void process_read_argv(int dirfd, struct scratch *s, struct image *image)
{
	size_t len;

	if (read_memory(dirfd, s, "cmdline", s->argv, PROCESS_ARGV_MAX, &len, NULL, image) < 0 || len == 0)
		return;
	/* Whether there was more could not be asked of one that died meanwhile. */
	image->argv_truncated = len == PROCESS_ARGV_MAX;
	/* A process may have overwritten its arguments without a NUL at the end, and
	 * a cut one has none. */
	if (s->argv[len - 1] != '\0')
		s->argv[len++] = '\0';
	image->argv = (struct bytes){ s->argv, len };
}

static void read_environ(int dirfd, struct scratch *s, struct image *image)
{
	size_t len, want = 4096;
	bool more = true, complete;

	/* Usually one page; the file has no size, so ask for more until it ends. */
	for (;; want *= 4) {
		if (read_memory(dirfd, s, "environ", s->raw.buf, want, &len, &more, image) < 0)
			return;
		if (!more || want >= PROCFS_ENVIRON_READ_MAX)
			break;
	}

	str_clear(&s->environ);
	if (procfs_filter_environ((struct bytes){ s->raw.buf, len }, &s->environ, &complete) < 0)
		return;
	image->environ = str_bytes(&s->environ);
	image->environ_known = complete && !more;
	/* A process that has given up its memory has an empty environment, and one that
	 * does so while it is read has no more of it: both read as an end.  Where an
	 * end may be such a one, the link that goes with the memory tells. */
	if (image->environ_known && (len == 0 || len == want)) {
		char c;

		image->environ_known = procfs_readlink(dirfd, "exe", &c, 1, &len) >= 0;
	}
}

void process_read_cgroup(int dirfd, struct scratch *s, struct image *image)
{
	struct procfs_stat stat;
	struct bytes path;
	size_t len;

	if (procfs_read(dirfd, "cgroup", s->cgroup, sizeof(s->cgroup), &len, NULL) < 0)
		return;
	path = procfs_parse_cgroup((struct bytes){ s->cgroup, len });
	/* Of one that exits, version 1 says the root (proc_cgroup_show()).  Asked afterwards, so that it cannot
	 * have begun in between. */
	if (bytes_equal(path, BYTES_LIT("/")) && (procfs_read_stat(dirfd, &stat) < 0 || stat.exiting))
		return;
	if (path.len > PROCESS_CGROUP_MAX)
		path.len = PROCESS_CGROUP_MAX;
	image->cgroup = path;
}

int process_read_exe(int dirfd, struct scratch *s, struct image *image)
{
	struct bytes path;
	size_t len;
	int r;

	r = procfs_readlink(dirfd, "exe", s->exe, sizeof(s->exe), &len);
	if (r < 0)
		return r;

	path = (struct bytes){ s->exe, len };
	/* A file may really be called "x (deleted)"; taking it for a deleted one errs
	 * on the side that is reported. */
	image->exe_deleted = procfs_strip_deleted(&path);
	image->exe_memfd = image->exe_deleted && bytes_has_prefix(path, BYTES_LIT("/memfd:"));
	image->exe = path;
	return 0;
}

/* `safe`: without what needs a lock of the process. */
static int read_image(int dirfd, struct scratch *s, bool safe, struct image *image)
{
	struct statx st;
	size_t len;
	int r;

	if (!safe)
		process_read_argv(dirfd, s, image);
	r = process_read_exe(dirfd, s, image);
	if (r < 0)
		return r;
	/* DONT_SYNC: a program may lie on a file system whose server does not answer. */
	if (statx(dirfd, "exe", AT_STATX_DONT_SYNC, STATX_TYPE | STATX_MODE | STATX_UID | STATX_INO,
		  &st) == 0) {
		image->exe_dev = makedev(st.stx_dev_major, st.stx_dev_minor);
		image->exe_ino = st.stx_ino;
		image->exe_uid = st.stx_uid;
		image->exe_mode = st.stx_mode;
	}
	if (procfs_readlink(dirfd, "cwd", s->cwd, sizeof(s->cwd), &len) >= 0)
		image->cwd = (struct bytes){ s->cwd, len };
	if (!safe && !image->unanswered)
		read_environ(dirfd, s, image);
	return 0;
}

int process_read_image(int dirfd, struct scratch *s, struct image *image)
{
	return read_image(dirfd, s, false, image);
}

void process_read_audit(int dirfd, uid_t *ret_loginuid, uint32_t *ret_sessionid)
{
	/* Absent where the kernel has no auditing; then they stay unset. */
	*ret_loginuid = (uid_t)-1;
	*ret_sessionid = (uint32_t)-1;
	(void)procfs_read_number(dirfd, "loginuid", ret_loginuid);
	(void)procfs_read_number(dirfd, "sessionid", ret_sessionid);
}

void process_apply_status(struct process *p, const struct procfs_status *status)
{
	p->uid = status->uid;
	p->euid = status->euid;
	p->gid = status->gid;
	p->egid = status->egid;
	p->traced |= status->tracer != 0;
	p->credentials_known = true;
}

void process_apply_stat(struct process *p, const struct procfs_stat *stat)
{
	memcpy(p->comm, stat->comm, sizeof(p->comm));
	p->sid = stat->sid;
	p->tty = stat->tty;
	p->start_ticks = stat->start_ticks;
}

/* The leader of a thread group may exit before its threads; /proc/PID is then a
 * zombie without an executable, while a thread goes on and writes. */
int process_read_image_of_thread(int dirfd, struct scratch *s, struct image *image)
{
	int fd, r = -ENOENT;
	DIR *dir;

	fd = openat(dirfd, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	if (!dir) {
		r = -errno;
		(void)close(fd);
		return r;
	}
	for (int n = 0; r < 0 && n < PROCESS_TASKS_MAX; n++) {
		const struct dirent *de = readdir(dir);
		_cleanup_close_ int taskfd = -EBADF;

		if (!de)
			break;
		if (de->d_name[0] < '0' || de->d_name[0] > '9')
			continue;
		taskfd = openat(fd, de->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (taskfd >= 0)
			r = process_read_image(taskfd, s, image);
	}
	(void)closedir(dir);
	return r;
}

static void read_comm(int dirfd, char ret[16])
{
	char buf[16];
	size_t len;

	if (procfs_read(dirfd, "comm", buf, sizeof(buf), &len, NULL) < 0)
		return;
	if (len > 0 && buf[len - 1] == '\n')
		len--;
	if (len > sizeof(buf) - 1)
		len = sizeof(buf) - 1;
	memcpy(ret, buf, len);
	ret[len] = '\0';
}

void process_reader_read(struct process_reader *r, pid_t pid, uint64_t time_ns, pid_t sid,
			 enum process_depth depth, struct process_reading *ret)
{
	_cleanup_close_ int dirfd = -EBADF;

	*ret = (struct process_reading){ .image.exec_ns = time_ns, .sid = sid, .loginuid = (uid_t)-1,
					 .sessionid = (uint32_t)-1 };
	dirfd = procfs_open(r->procfd, pid);
	if (dirfd < 0 || read_image(dirfd, &r->scratch, depth == PROCESS_DEPTH_SAFE, &ret->image) < 0)
		return;
	if (depth == PROCESS_DEPTH_ALL || sid == pid)
		ret->stat_known = procfs_read_stat(dirfd, &ret->stat) >= 0;
	else
		read_comm(dirfd, ret->comm);
	if (depth == PROCESS_DEPTH_ALL)
		ret->status_known = procfs_read_status(dirfd, &ret->status) >= 0;
	if (sid == pid) {
		process_read_audit(dirfd, &ret->loginuid, &ret->sessionid);
		process_read_cgroup(dirfd, &r->scratch, &ret->image);
		ret->context_known = true;
	}
}
