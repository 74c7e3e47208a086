/* sink_log.c - the durable log: what happened, whatever becomes of journald.
 *
 * Owns alerts.jsonl and its older files in the state directory: who else writes there breaks
 * the promise.  One directory has one daemon (the manager's lock sees to it).
 *
 *	write ──▶ [backlog empty?] ──▶ rotate? ──▶ writev(line, "\n") ──▶ fdatasync?
 *	               │ no                            │ short or error
 *	               ▼                               ▼
 *	            backlog ◀───────────────── truncate to the former length
 *
 * A line is in the file whole or not at all.  A disk that fills up in the middle of one takes
 * half of it (write(2): a short count is no error), so the file is cut back to the
 * length before; should even that fail, nothing more is appended until it succeeds.  The alert then
 * waits in memory, in order, and is tried again at each flush.
 *
 * What a crash may cost.  kill -9: nothing that write() took, it is in the page cache; only the
 * backlog of a full disk.  Power cut or kernel crash: fdatasync(2) of one line costs
 * about 0.2 ms on an SSD-backed ext4 and 5 to 15 ms on a spinning disk, against 4 us for the append.  So
 * alerts of level high and above are forced to the disk at once, at most one sync in
 * SYNC_EVERY_NS with the rest of a burst at the next flush; lower ones go when the kernel
 * writes back (about 30 s, vm.dirty_expire_centisecs) or with the next high one.  A power
 * cut thus costs at most the last 100 ms of a burst, and half a minute of lesser alerts.
 *
 * An administrator may mv or rm the file under us: each append looks whether the name still
 * leads to our file (1 us) and makes a new one otherwise.
 */
#include "sink.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "alert_file.h"
#include "clock.h"
#include "limits.h"
#include "log.h"

#define SYNC_EVERY_NS (100 * 1000 * 1000ULL)
#define TAIL_STEP 4096

/* An alert that the disk did not take. */
struct late {
	struct late *next;
	enum level level;
	size_t len;
	char line[];	/* with its newline */
};

struct sink_log {
	struct sink sink;	/* first: a sink * is a sink_log * */
	int dirfd;
	int fd;			/* -EBADF: could not be made again */
	dev_t dev;
	ino_t ino;
	uint64_t max_bytes;
	unsigned keep;

	bool torn;		/* a piece of a line stands behind `whole` and must go first */
	uint64_t whole;

	uint64_t synced_ns;	/* when */
	uint64_t unsynced;	/* alerts of level high and above, appended since */
	bool dirty;		/* any appended since */

	struct late *backlog, **backlog_end;
	uint64_t backlog_count;
	size_t backlog_bytes;
	bool failing, unrotated;	/* said so already */
};

/* ---- the file -------------------------------------------------------------- */

/* Cut what stands behind the last newline: a line that was being written when the power went,
 * or the zeros that a file system shows for a block it had not written. */
static int cut_torn(struct sink_log *l, int fd, uint64_t size)
{
	uint64_t keep = size, from;
	char buf[TAIL_STEP];

	while (keep > 0) {
		size_t want;
		ptrdiff_t at;
		ssize_t n;

		from = keep > TAIL_STEP ? keep - TAIL_STEP : 0;
		want = (size_t)(keep - from);
		n = pread(fd, buf, want, (off_t)from);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if ((size_t)n != want)
			return -EIO;
		at = bytes_find_last_byte((struct bytes){ buf, want }, '\n');
		if (at >= 0) {
			keep = from + (uint64_t)at + 1;
			break;
		}
		keep = from;
	}
	if (keep == size)
		return 0;

	if (ftruncate(fd, (off_t)keep) < 0)
		return -errno;
	l->sink.counters.failed++;
	log_warning("alert log: cut %llu bytes of an unfinished line off alerts.jsonl",
		    (unsigned long long)(size - keep));
	return 0;
}

static int open_current(struct sink_log *l)
{
	_cleanup_close_ int fd = -EBADF;
	char name[ALERT_FILE_NAME_MAX];
	struct stat st;
	int r;

	alert_file_name(0, name);
	/* O_NONBLOCK: a FIFO or device in its place must not hang us before fstat tells */
	fd = openat(l->dirfd, name,
		    O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	r = cut_torn(l, fd, (uint64_t)st.st_size);
	if (r < 0)
		return r;

	closep(&l->fd);
	l->fd = TAKE_FD(fd);
	l->dev = st.st_dev;
	l->ino = st.st_ino;
	l->torn = false;
	return 0;
}

/* alerts.jsonl is ours and whole; *ret_size is its length. */
static int check_current(struct sink_log *l, uint64_t *ret_size)
{
	char name[ALERT_FILE_NAME_MAX];
	struct stat st;
	int r;

	alert_file_name(0, name);
	if (l->fd < 0 || fstatat(l->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    st.st_ino != l->ino || st.st_dev != l->dev) {
		r = open_current(l);
		if (r < 0)
			return r;
		if (fstat(l->fd, &st) < 0)
			return -errno;
	}
	if (l->torn) {
		if (ftruncate(l->fd, (off_t)l->whole) < 0)
			return -errno;
		l->torn = false;
		st.st_size = (off_t)l->whole;
	}
	*ret_size = (uint64_t)st.st_size;
	return 0;
}

static void sync_file(struct sink_log *l)
{
	l->synced_ns = clock_mono_ns();
	if (l->fd >= 0 && fdatasync(l->fd) < 0) {
		/* Not repeated: the kernel reports a lost write once and then calls the page clean
		 * (fsync(2), NOTES of Linux 4.13). */
		l->sink.counters.failed++;
		log_error_errno(errno, "alert log: cannot force alerts.jsonl to the disk");
	}
	l->unsynced = 0;
	l->dirty = false;
}

/* alerts.jsonl becomes alerts.jsonl.1, and so on; the last one goes.  From the oldest on, so
 * that a crash in between leaves a gap and no file twice. */
static int rotate(struct sink_log *l)
{
	char from[ALERT_FILE_NAME_MAX], to[ALERT_FILE_NAME_MAX];

	if (l->dirty)
		sync_file(l);
	for (unsigned n = l->keep; n > 0; n--) {
		alert_file_name(n - 1, from);
		alert_file_name(n, to);
		if (renameat(l->dirfd, from, l->dirfd, to) < 0 && errno != ENOENT)
			return -errno;
	}
	if (l->keep == 0) {
		alert_file_name(0, from);
		if (unlinkat(l->dirfd, from, 0) < 0 && errno != ENOENT)
			return -errno;
	}
	(void)fsync(l->dirfd);	/* the names; a file system without it (FUSE) is no reason to stop */
	return open_current(l);
}

/* `line` with its newline at the end, whole or not at all. */
static int append(struct sink_log *l, const struct iovec *line, int parts, size_t len)
{
	uint64_t size;
	ssize_t n;
	int r;

	r = check_current(l, &size);
	if (r < 0)
		return r;
	if (l->max_bytes > 0 && size > 0 && (len > l->max_bytes || size > l->max_bytes - len)) {
		r = rotate(l);
		if (r < 0 && !l->unrotated)
			log_warning_errno(r, "alert log: cannot rotate alerts.jsonl");
		l->unrotated = r < 0;
		r = check_current(l, &size);	/* a log that is too large beats none */
		if (r < 0)
			return r;
	}

	do
		n = writev(l->fd, line, parts);
	while (n < 0 && errno == EINTR);
	if (n >= 0 && (size_t)n == len) {
		l->dirty = true;
		return 0;
	}
	r = n < 0 ? -errno : -ENOSPC;
	if (n > 0) {
		l->whole = size;
		l->torn = ftruncate(l->fd, (off_t)size) < 0;
	}
	return r;
}

/* ---- the sink ---------------------------------------------------------------- */

static void took(struct sink_log *l, enum level level)
{
	l->sink.counters.written++;
	if (level >= LEVEL_HIGH)
		l->unsynced++;
	if (l->failing) {
		l->failing = false;
		log_info("alert log: alerts.jsonl takes alerts again");
	}
}

static void refused(struct sink_log *l, int error)
{
	l->sink.counters.failed++;
	if (!l->failing)
		log_error_errno(error, "alert log: cannot append to alerts.jsonl, keeping alerts in memory");
	l->failing = true;
}

static int retry_backlog(struct sink_log *l)
{
	while (l->backlog) {
		struct late *late = l->backlog;
		struct iovec line = { late->line, late->len };
		int r = append(l, &line, 1, late->len);

		if (r < 0) {
			refused(l, r);
			return r;
		}
		took(l, late->level);
		l->backlog = late->next;
		if (!l->backlog)
			l->backlog_end = &l->backlog;
		l->backlog_count--;
		l->backlog_bytes -= late->len;
		free(late);
	}
	return 0;
}

static int keep_late(struct sink_log *l, const struct alert *a)
{
	struct late *late = NULL;

	if (l->backlog_count < SINK_BACKLOG_MAX && a->json_len < SINK_BACKLOG_BYTES_MAX &&
	    l->backlog_bytes < SINK_BACKLOG_BYTES_MAX - a->json_len)
		late = malloc(sizeof(*late) + a->json_len + 1);
	if (!late)
		return -ENOBUFS;

	*late = (struct late){ .level = a->level, .len = a->json_len + 1 };
	memcpy(late->line, a->json, a->json_len);
	late->line[a->json_len] = '\n';
	*l->backlog_end = late;
	l->backlog_end = &late->next;
	l->backlog_count++;
	l->backlog_bytes += late->len;
	return -EAGAIN;
}

/* A file system's own answer may take its time; nothing here waits for more than that. */
static int sink_log_write(struct sink *s, const struct alert *a)
{
	struct sink_log *l = (struct sink_log *)s;
	struct iovec line[] = { { a->json, a->json_len }, { (char *)"\n", 1 } };
	int r = -EAGAIN;

	/* A full disk is asked again by flush, not by every alert of a flood. */
	if (!l->backlog) {
		r = append(l, line, ELEMENTSOF(line), a->json_len + 1);
		if (r < 0)
			refused(l, r);
	}
	if (r < 0) {
		r = keep_late(l, a);
		if (r == -ENOBUFS)
			l->sink.counters.failed++;
		s->counters.owed = l->backlog_count;
		return r;
	}

	took(l, a->level);
	if (l->unsynced > 0 && clock_mono_ns() - l->synced_ns >= SYNC_EVERY_NS)
		sync_file(l);
	return 0;
}

static int64_t sink_log_flush(struct sink *s)
{
	struct sink_log *l = (struct sink_log *)s;

	(void)retry_backlog(l);
	s->counters.owed = l->backlog_count;
	if (l->unsynced > 0 && clock_mono_ns() - l->synced_ns >= SYNC_EVERY_NS)
		sync_file(l);
	return (int64_t)(l->backlog_count + l->unsynced);
}

static struct sink *sink_log_free(struct sink *s)
{
	struct sink_log *l = (struct sink_log *)s;

	if (!l)
		return NULL;
	if (l->dirty)
		sync_file(l);
	if (l->backlog_count > 0)
		log_error("alert log: %llu alerts lost, the disk did not take them",
			  (unsigned long long)l->backlog_count);
	while (l->backlog) {
		struct late *late = l->backlog;

		l->backlog = late->next;
		free(late);
	}
	closep(&l->fd);
	closep(&l->dirfd);
	free(l);
	return NULL;
}

static const struct sink_ops sink_log_ops = {
	.name = "log",
	.write = sink_log_write,
	.flush = sink_log_flush,
	.free = sink_log_free,
};

int sink_log_new(int state_dirfd, uint64_t max_bytes, unsigned keep, struct sink **ret)
{
	char name[ALERT_FILE_NAME_MAX];
	struct sink_log *l;
	int r;

	if (keep > ALERT_FILES_MAX)
		return -EINVAL;
	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	l->sink.ops = &sink_log_ops;
	l->fd = -EBADF;
	l->max_bytes = max_bytes;
	l->keep = keep;
	l->backlog_end = &l->backlog;

	/* Not F_DUPFD: the caller may hold an O_PATH fd, which fsync refuses. */
	l->dirfd = openat(state_dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = l->dirfd < 0 ? -errno : open_current(l);
	if (r < 0) {
		(void)sink_log_free(&l->sink);
		return r;
	}

	/* Kept fewer since the last start: the surplus would never be rotated out. */
	for (unsigned n = keep + 1; n <= ALERT_FILES_MAX; n++) {
		alert_file_name(n, name);
		(void)unlinkat(l->dirfd, name, 0);
	}
	*ret = &l->sink;
	return 0;
}
