/* evidence.c - a queue of names, the oldest first; the disk itself says what is there.
 *
 * Owns STATE/evidence.  A file is written under another name and renamed, so that under its digest it is whole or not
 * there.  Names that are not ours are never touched, links never followed.
 *
 * What comes again gets the present as its time of modification and keeps its place in the queue; whoever takes the
 * oldest out sees that it is newer than the queue says and puts it at the end instead (the "second
 * chance" of page replacement).  So nothing is ever searched for.
 *
 * What was kept is not forced to the disk but for `sync`, and then at most every SYNC_EVERY_NS, like the alert log
 * (sink_log.c): a power cut costs what the kernel had not written back yet.
 */
#include "evidence.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "clock.h"
#include "limits.h"

#define SYNC_EVERY_NS (100 * 1000 * 1000ULL)
#define NEW_NAME "new"
/* What a file takes at least of any disk that we are likely to be on. */
#define BLOCK 4096

struct kept {
	char name[EVIDENCE_NAME_LEN + 1];
	uint64_t size;			/* whole blocks */
	uint64_t time_ns;		/* of modification, when it came to this place of the queue */
};

struct evidence {
	int dirfd;
	uint64_t max_size;
	struct kept *queue;		/* a ring of `room` */
	size_t first, count, room;
	uint64_t synced_ns;
	struct evidence_counters counters;
};

static bool is_name(struct bytes b)
{
	if (b.len != EVIDENCE_NAME_LEN)
		return false;
	for (size_t i = 0; i < b.len; i++)
		if (!(b.ptr[i] >= '0' && b.ptr[i] <= '9') && !(b.ptr[i] >= 'a' && b.ptr[i] <= 'f'))
			return false;
	return true;
}

static uint64_t in_blocks(uint64_t size)
{
	return size > UINT64_MAX - BLOCK ? UINT64_MAX : (size + BLOCK - 1) / BLOCK * BLOCK;
}

/* ---- the queue --------------------------------------------------------------- */

static int make_place(struct evidence *e)
{
	size_t room = e->room ? e->room * 2 : 64;
	struct kept *queue;

	if (e->count < e->room)
		return 0;
	queue = calloc(room, sizeof(*queue));
	if (!queue)
		return -ENOMEM;
	for (size_t i = 0; i < e->count; i++)
		queue[i] = e->queue[(e->first + i) % e->room];
	free(e->queue);
	e->queue = queue;
	e->first = 0;
	e->room = room;
	return 0;
}

/* There is a place. */
static void append(struct evidence *e, const struct kept *k)
{
	e->queue[(e->first + e->count++) % e->room] = *k;
	e->counters.bytes += k->size;
}

static struct kept take_first(struct evidence *e)
{
	struct kept k = e->queue[e->first];

	e->first = (e->first + 1) % e->room;
	e->count--;
	e->counters.bytes -= k.size;
	return k;
}

/* Every file of the queue is either removed or moved to the end with its present time, so this ends. */
static void make_room(struct evidence *e, uint64_t size)
{
	while (e->count > 0 && (e->count >= EVIDENCE_FILES_MAX || e->counters.bytes > e->max_size - size)) {
		struct kept k = take_first(e);
		struct stat st;

		if (fstatat(e->dirfd, k.name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
		    timespec_ns(&st.st_mtim) > k.time_ns) {
			k.time_ns = timespec_ns(&st.st_mtim);
			append(e, &k);
			continue;
		}
		if (unlinkat(e->dirfd, k.name, 0) == 0)
			e->counters.removed++;
	}
}

/* ---- the directory ------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;

	return x->time_ns < y->time_ns ? -1 : x->time_ns > y->time_ns;
}

static int take_stock(struct evidence *e)
{
	_cleanup_closedir_ DIR *dir = NULL;
	int fd = openat(e->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;
	const struct dirent *entry;

	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		r = -errno;
		if (fd >= 0)
			(void)close(fd);
		return r;
	}
	while ((entry = readdir(dir))) {
		struct bytes name = bytes_of(entry->d_name);
		struct kept k = { 0 };
		struct stat st;

		if (!is_name(name) || fstatat(e->dirfd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		r = make_place(e);
		if (r < 0)
			return r;
		memcpy(k.name, name.ptr, name.len);
		k.size = in_blocks((uint64_t)st.st_size);
		k.time_ns = timespec_ns(&st.st_mtim);
		append(e, &k);
	}
	if (e->count > 0)
		qsort(e->queue, e->count, sizeof(*e->queue), by_time);
	make_room(e, 0);
	return 0;
}

int evidence_new(int state_dirfd, uint64_t max_size, struct evidence **ret)
{
	_cleanup_(evidence_freep) struct evidence *e = calloc(1, sizeof(*e));
	struct stat st;
	int r;

	if (!e)
		return -ENOMEM;
	e->dirfd = -EBADF;
	e->max_size = max_size;
	if (mkdirat(state_dirfd, EVIDENCE_DIR, 0700) < 0 && errno != EEXIST)
		return -errno;
	e->dirfd = openat(state_dirfd, EVIDENCE_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (e->dirfd < 0 || fstat(e->dirfd, &st) < 0)
		return -errno;
	if (st.st_uid != geteuid())
		return -EPERM;
	/* What is kept may be live malware or somebody's secrets. */
	if ((st.st_mode & 07777) != 0700 && fchmod(e->dirfd, 0700) < 0)
		return -errno;
	(void)unlinkat(e->dirfd, NEW_NAME, 0);	/* a run was killed while it wrote */
	r = take_stock(e);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(e);
	return 0;
}

struct evidence *evidence_free(struct evidence *e)
{
	if (!e)
		return NULL;
	closep(&e->dirfd);
	free(e->queue);
	free(e);
	return NULL;
}

/* ---- keeping --------------------------------------------------------------------- */

static int write_new(struct evidence *e, struct bytes b, bool sync, struct stat *ret)
{
	_cleanup_close_ int fd = -EBADF;

	(void)unlinkat(e->dirfd, NEW_NAME, 0);
	fd = openat(e->dirfd, NEW_NAME, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	while (b.len > 0) {
		ssize_t n = write(fd, b.ptr, b.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		b = bytes_slice(b, (size_t)n, b.len - (size_t)n);
	}
	if (sync && clock_mono_ns() - e->synced_ns >= SYNC_EVERY_NS) {
		if (fdatasync(fd) < 0)
			return -errno;
		e->synced_ns = clock_mono_ns();
	}
	return fstat(fd, ret) < 0 ? -errno : 0;
}

static int keep(struct evidence *e, struct bytes name, struct bytes b, bool sync)
{
	struct kept k = { .size = in_blocks(b.len) };
	struct stat st;
	int r;

	if (!is_name(name))
		return -EINVAL;
	if (k.size > e->max_size)
		return -EFBIG;
	memcpy(k.name, name.ptr, name.len);

	if (fstatat(e->dirfd, k.name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	    (uint64_t)st.st_size == b.len)
		return utimensat(e->dirfd, k.name, NULL, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;

	r = make_place(e);
	if (r < 0)
		return r;
	make_room(e, k.size);
	r = write_new(e, b, sync, &st);
	if (r >= 0 && renameat(e->dirfd, NEW_NAME, e->dirfd, k.name) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlinkat(e->dirfd, NEW_NAME, 0);
		return r;
	}
	k.time_ns = timespec_ns(&st.st_mtim);
	append(e, &k);
	e->counters.kept++;
	return 0;
}

int evidence_keep(struct evidence *e, struct bytes name, struct bytes bytes, bool sync)
{
	int r = keep(e, name, bytes, sync);

	if (r < 0)
		e->counters.failed++;
	return r;
}

void evidence_counters(const struct evidence *e, struct evidence_counters *ret)
{
	*ret = e->counters;
	ret->files = e->count;
}
