/* source_fanotify.c - one fanotify group with directory-entry events on every
 * local filesystem, and the thread that reads it.
 *
 * The watch thread does as little as is possible for every file event of the
 * host: decode, compare the name, throw away.  What may be a hook goes into the
 * ring as the kernel's own record, with the last file that the same process
 * executed (FAN_OPEN_EXEC comes in order in the same queue, so it is known even
 * when the process is gone).  It resolves nothing, opens nothing, waits for
 * nobody; a full ring is counted and handled like an overflow.
 *
 * Everything else is main's: handles are resolved through a mount of the
 * filesystem's root, names stay bytes.
 *
 * Why a limited queue: with FAN_UNLIMITED_QUEUE the kernel allocates with __GFP_NOFAIL
 * (fs/notify/fanotify/fanotify.c), so that a flood would end the daemon at its memory
 * limit.  A full queue is said, and the disk is searched for what was missed.
 */
#include "source_fanotify.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "clock.h"
#include "handle.h"
#include "hookpath.h"
#include "interest.h"
#include "limits.h"
#include "log.h"
#include "ring.h"

/* What the C library's headers may lack (linux/fanotify.h). */
#ifndef FAN_REPORT_TARGET_FID
#define FAN_REPORT_TARGET_FID 0x00001000
#endif
#ifndef FAN_RENAME
#define FAN_RENAME 0x10000000
#endif
#ifndef FAN_REPORT_DFID_NAME
#define FAN_REPORT_DFID_NAME 0x00000c00
#endif

/* Before each kernel record in the ring. */
struct candidate {
	uint64_t time_ns, mono_ns, since_ns;
	uint64_t exec_ns;		/* when the OPEN_EXEC record was read */
	uint32_t record_len;		/* behind it: the record, then the OPEN_EXEC record */
	uint32_t exec_len;
};

/* The last OPEN_EXEC of a pid.  A slot is shared by all pids with the same remainder:
 * the later one wins, the loser is named by the process table all the same. */
struct exec_slot {
	pid_t pid;
	uint32_t len;
	uint64_t read_ns;		/* a pid is used again, and nobody clears the slot */
	char record[WATCH_EXEC_BYTES];
};

struct source_fanotify {
	int fanotify_fd;
	int wake_fd;			/* eventfd: watch -> main */
	int stop_fd;			/* eventfd: main -> watch */
	uint64_t mask;
	char *features;
	struct mounts *mounts;
	struct ring *ring;
	struct interest interest;	/* directories and files */
	struct interest names;		/* one name in a directory: what a link leads through */
	struct exec_slot *execs;	/* watch thread only */
	char *buffer;			/* likewise */
	uint64_t empty_ns;		/* likewise: the queue was empty at some time after this, and what is
					 * to be read came later */
	pthread_t thread;
	bool started;
	pid_t self;

	_Atomic bool overflowed;	/* watch sets, main takes */
	_Atomic uint64_t events, reads, candidates, overflow, ring_full, undecodable;
	uint64_t stale, unresolved, tracked, untracked;	/* main's */
};

/* ---- the watch thread ------------------------------------------------------ */

static void count(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

/* The dynamic loader is executed after every dynamic program and names nothing. */
static bool is_loader(struct bytes name)
{
	return bytes_has_prefix(name, BYTES_LIT("ld-")) && bytes_find(name, BYTES_LIT(".so"), 0) > 0;
}

static void remember_exec(struct source_fanotify *s, const struct fanotify_record *r, struct bytes raw,
			  uint64_t read_ns)
{
	struct exec_slot *slot = &s->execs[(uint32_t)r->pid % WATCH_EXEC_SLOTS];

	if (is_loader(r->name))
		return;
	if (raw.len > sizeof(slot->record)) {
		slot->pid = 0;	/* better none than that of an earlier program */
		return;
	}
	slot->pid = r->pid;
	slot->len = (uint32_t)raw.len;
	slot->read_ns = read_ns;
	memcpy(slot->record, raw.ptr, raw.len);
}

static bool is_link_of_interest(const struct source_fanotify *s, uint64_t mask, const struct handle_view *dir,
				struct bytes name)
{
	return (mask & (FAN_CREATE | FAN_DELETE | FAN_RENAME | FAN_MOVED_TO | FAN_MOVED_FROM) &&
		hookpath_linkname_is_candidate(name)) ||
	       interest_has_name(&s->names, dir, name);
}

static bool is_candidate(const struct source_fanotify *s, const struct fanotify_record *r)
{
	if ((r->mask & ~(uint64_t)(FAN_OPEN_EXEC | FAN_ONDIR)) == 0)
		return false;
	if (r->mask & FAN_ONDIR)
		/* A directory that moves brings its hooks along without a word; a new
		 * one may be of those that take any name. */
		return r->mask & (FAN_RENAME | FAN_MOVED_TO | FAN_MOVED_FROM | FAN_ATTRIB) ||
		       (r->mask & FAN_CREATE && (hookpath_dirname_is_candidate(r->name) ||
						 interest_has(&s->interest, &r->dir) ||
						 interest_has_name(&s->names, &r->dir, r->name)));
	/* Asked for on known hooks only.  (Without a name: a link to it went, which is an event of its own.) */
	if (r->mask & (FAN_MODIFY | FAN_ATTRIB))
		return r->name.len > 0;
	if (hookpath_name_is_candidate(r->name) || interest_has(&s->interest, &r->dir))
		return true;
	if (r->old_name.len > 0 &&
	    (hookpath_name_is_candidate(r->old_name) || interest_has(&s->interest, &r->old_dir)))
		return true;
	if (r->object.bytes.len > 0 && interest_has(&s->interest, &r->object))
		return true;
	/* A link that leads to hooks, or one that a hook leads through. */
	return is_link_of_interest(s, r->mask, &r->dir, r->name) ||
	       (r->old_name.len > 0 && is_link_of_interest(s, r->mask, &r->old_dir, r->old_name));
}

static void push(struct source_fanotify *s, const struct fanotify_record *r, struct bytes raw,
		 uint64_t time_ns, uint64_t mono_ns)
{
	const struct exec_slot *slot = &s->execs[(uint32_t)r->pid % WATCH_EXEC_SLOTS];
	struct candidate head = {
		.time_ns = time_ns,
		.mono_ns = mono_ns,
		.since_ns = s->empty_ns,
		.exec_ns = slot->read_ns,
		.record_len = (uint32_t)raw.len,
		.exec_len = slot->pid == r->pid && r->pid != 0 ? slot->len : 0,
	};
	const struct bytes parts[] = {
		{ (const char *)&head, sizeof(head) },
		raw,
		{ slot->record, head.exec_len },
	};

	count(&s->candidates, 1);
	if (!ring_push(s->ring, parts, ELEMENTSOF(parts))) {
		count(&s->ring_full, 1);
		atomic_store_explicit(&s->overflowed, true, memory_order_release);
	}
}

/* Answers whether main has something to do. */
static bool filter(struct source_fanotify *s, struct bytes buffer)
{
	uint64_t time_ns = clock_ns(CLOCK_REALTIME), mono_ns = clock_mono_ns(), n = 0;
	bool wake = false;

	while (buffer.len > 0) {
		struct fanotify_record r;
		struct bytes raw;

		if (fanotify_record_decode(buffer, &r) < 0) {
			/* What follows is lost: as though the queue had overflowed. */
			count(&s->undecodable, 1);
			atomic_store_explicit(&s->overflowed, true, memory_order_release);
			wake = true;
			break;
		}
		raw = bytes_slice(buffer, 0, r.length);
		buffer = bytes_slice(buffer, r.length, buffer.len - r.length);
		n++;

		if (r.mask & FAN_Q_OVERFLOW) {
			count(&s->overflow, 1);
			atomic_store_explicit(&s->overflowed, true, memory_order_release);
			wake = true;
			continue;
		}
		if (r.mask & FAN_OPEN_EXEC)
			remember_exec(s, &r, raw, mono_ns);
		if (r.pid != s->self && is_candidate(s, &r)) {
			push(s, &r, raw, time_ns, mono_ns);
			wake = true;
		}
	}
	count(&s->events, n);
	return wake;
}

static void sleep_ns(int64_t ns)
{
	struct timespec t = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };

	(void)nanosleep(&t, NULL);
}

/* Read at once while events are rare, every WATCH_COALESCE_NS when they are many: a wake-up
 * and a read an event cost the workload more than anything else we do. */
static void pace(double *tokens, uint64_t *last_ns)
{
	uint64_t now = clock_mono_ns();

	*tokens += (double)(now - *last_ns) / (double)WATCH_COALESCE_NS;
	if (*tokens > WATCH_BURST)
		*tokens = WATCH_BURST;
	*last_ns = now;
	if (*tokens < 1) {
		sleep_ns((int64_t)((1 - *tokens) * (double)WATCH_COALESCE_NS));
		now = clock_mono_ns();
		*tokens += (double)(now - *last_ns) / (double)WATCH_COALESCE_NS;
		*last_ns = now;
	}
	*tokens -= 1;
}

/* Read what the kernel has.  Answers whether main has something to do; `all`: until nothing is left.
 *
 * A read ends when the queue is empty or the next record does not fit (fanotify_read(),
 * fs/notify/fanotify/fanotify_user.c).  So one that leaves room enough has seen the queue empty after its
 * start, and what the next one brings happened later.  That is as near as the time of an event is known. */
static bool read_events(struct source_fanotify *s, char *buffer, bool all)
{
	bool wake = false;

	for (;;) {
		uint64_t start_ns = clock_mono_ns();
		ssize_t n = read(s->fanotify_fd, buffer, WATCH_READ_SIZE);

		if (n <= 0)
			break;
		count(&s->reads, 1);
		wake |= filter(s, (struct bytes){ buffer, (size_t)n });
		if ((size_t)n <= WATCH_READ_SIZE - WATCH_RECORD_MAX)
			s->empty_ns = start_ns;
		if (!all && (size_t)n < WATCH_READ_SIZE / 2)
			break;	/* it was (nearly) all: the next round waits */
	}
	return wake;
}

static void *watch(void *userdata)
{
	struct source_fanotify *s = userdata;
	char *buffer = s->buffer;
	double tokens = WATCH_BURST;
	uint64_t last_ns = clock_mono_ns();
	bool quiet = false;

	for (;;) {
		struct pollfd fds[] = {
			{ .fd = s->fanotify_fd, .events = POLLIN },
			{ .fd = s->stop_fd, .events = POLLIN },
		};
		uint64_t start_ns = clock_mono_ns();
		int r = poll(fds, ELEMENTSOF(fds), quiet ? -1 : WATCH_QUIET_NS / 1000000);

		if (r < 0)
			continue;
		quiet = r == 0;
		if (quiet) {
			/* It looks once more when the time is over (do_poll(), fs/select.c). */
			s->empty_ns = start_ns + WATCH_QUIET_NS;
			continue;
		}
		if (fds[1].revents) {
			(void)read_events(s, buffer, true);
			return NULL;
		}

		pace(&tokens, &last_ns);
		if (read_events(s, buffer, false))
			(void)eventfd_write(s->wake_fd, 1);
	}
}

/* ---- main: set-up ---------------------------------------------------------- */

static int make_group(struct source_fanotify *s, struct str *features)
{
	/* One by one from the best to the least (fanotify_init(2): 5.17, 5.9). */
	static const struct {
		unsigned flags;
		const char *name;
	} tries[] = {
		{ FAN_REPORT_DFID_NAME | FAN_REPORT_FID | FAN_REPORT_TARGET_FID, "names and targets" },
		{ FAN_REPORT_DFID_NAME | FAN_REPORT_FID, "names (no targets: kernel before 5.17)" },
		{ FAN_REPORT_DFID_NAME, "names only" },
	};

	for (size_t i = 0; i < ELEMENTSOF(tries); i++) {
		s->fanotify_fd = fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK |
					       FAN_UNLIMITED_MARKS | tries[i].flags,
					       O_RDONLY | O_CLOEXEC);
		if (s->fanotify_fd >= 0)
			return str_appendf(features, "events with %s", tries[i].name);
		if (errno != EINVAL)
			return -errno;
	}
	return -ENOSYS;
}

/* FAN_RENAME says both names at once (5.17); before, two events say one each. */
static int choose_mask(struct source_fanotify *s, struct str *features)
{
	uint64_t base = FAN_CREATE | FAN_DELETE | FAN_CLOSE_WRITE | FAN_ONDIR;
	static const struct {
		uint64_t mask;
		const char *name;
	} tries[] = {
		{ FAN_RENAME | FAN_OPEN_EXEC, ", renames, executions" },
		{ FAN_MOVED_FROM | FAN_MOVED_TO | FAN_OPEN_EXEC, ", moves (no FAN_RENAME), executions" },
		{ FAN_MOVED_FROM | FAN_MOVED_TO, ", moves only" },
	};
	_cleanup_close_ int probe = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (probe < 0)
		return -errno;
	for (size_t i = 0; i < ELEMENTSOF(tries); i++) {
		/* An inode mark: it can be had where a filesystem mark cannot (overlay). */
		if (fanotify_mark(s->fanotify_fd, FAN_MARK_ADD, base | tries[i].mask, probe, NULL) == 0) {
			(void)fanotify_mark(s->fanotify_fd, FAN_MARK_FLUSH, 0, AT_FDCWD, NULL);
			s->mask = base | tries[i].mask;
			return str_append_text(features, tries[i].name);
		}
		if (errno != EINVAL)
			break;
	}
	/* Not even this: let the marks themselves say why. */
	s->mask = base | tries[0].mask;
	return 0;
}

int source_fanotify_new(char *const *watch_paths, struct source_fanotify **ret)
{
	_cleanup_(source_fanotify_freep) struct source_fanotify *s = NULL;
	_cleanup_str_ struct str features = STR_INIT;
	uint64_t seed;
	int r;

	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->fanotify_fd = s->wake_fd = s->stop_fd = -EBADF;
	s->empty_ns = clock_mono_ns();	/* no group, no event */
	s->self = getpid();

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		return -EIO;
	interest_init(&s->interest, seed);
	interest_init(&s->names, ~seed);

	r = make_group(s, &features);
	if (r < 0)
		return r;
	r = choose_mask(s, &features);
	if (r < 0)
		return r;
	s->features = str_detach(&features);

	s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	s->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->wake_fd < 0 || s->stop_fd < 0)
		return -errno;
	/* Zeroed pages of a fresh mapping: only slots in use cost memory. */
	s->execs = calloc(WATCH_EXEC_SLOTS, sizeof(*s->execs));
	s->buffer = malloc(WATCH_READ_SIZE);
	if (!s->execs || !s->features || !s->buffer)
		return -ENOMEM;
	r = ring_new(WATCH_RING_SIZE, &s->ring);
	if (r < 0)
		return r;

	r = mounts_new(s->fanotify_fd, s->mask, watch_paths, &s->mounts);
	if (r < 0)
		return r;
	r = mounts_refresh(s->mounts, NULL, NULL, NULL);
	if (r < 0)
		return r;

	r = pthread_create(&s->thread, NULL, watch, s);
	if (r != 0)
		return -r;
	s->started = true;
	(void)pthread_setname_np(s->thread, "watch");

	*ret = TAKE_PTR(s);
	return 0;
}

void source_fanotify_stop(struct source_fanotify *s)
{
	if (!s->started)
		return;
	(void)eventfd_write(s->stop_fd, 1);
	(void)pthread_join(s->thread, NULL);
	s->started = false;
}

struct source_fanotify *source_fanotify_free(struct source_fanotify *s)
{
	if (!s)
		return NULL;
	source_fanotify_stop(s);
	mounts_free(s->mounts);
	closep(&s->fanotify_fd);
	closep(&s->wake_fd);
	closep(&s->stop_fd);
	ring_free(s->ring);
	free(s->execs);
	free(s->buffer);
	free(s->features);
	free(s);
	return NULL;
}

int source_fanotify_fd(const struct source_fanotify *s)
{
	return s->wake_fd;
}

struct mounts *source_fanotify_mounts(struct source_fanotify *s)
{
	return s->mounts;
}

const char *source_fanotify_features(const struct source_fanotify *s)
{
	return s->features;
}

/* ---- main: from records to events ------------------------------------------- */

static uint32_t what_of(uint64_t mask)
{
	static const struct {
		uint64_t fan;
		enum event_what what;
	} map[] = {
		{ FAN_CREATE, EVENT_CREATE },	      { FAN_MODIFY, EVENT_MODIFY },
		{ FAN_CLOSE_WRITE, EVENT_CLOSE_WRITE }, { FAN_MOVED_TO, EVENT_MOVED_TO },
		{ FAN_MOVED_FROM, EVENT_MOVED_FROM },   { FAN_DELETE, EVENT_DELETE },
		{ FAN_ATTRIB, EVENT_ATTRIB },
	};
	uint32_t what = 0;

	for (size_t i = 0; i < ELEMENTSOF(map); i++)
		if (mask & map[i].fan)
			what |= map[i].what;
	return what;
}

/* Append the path of `name` in the directory `dir`; *ret_dirfd is that directory. */
static int resolve(struct source_fanotify *s, const struct handle_view *dir, struct bytes name,
		   struct str *ret_path, int *ret_dirfd, bool *ret_relative)
{
	const struct filesystem *fs;
	_cleanup_close_ int fd = -EBADF;
	int mount_fd, r;

	r = mounts_fd(s->mounts, dir->fsid, &mount_fd, &fs);
	if (r < 0)
		return r;
	r = handle_open(mount_fd, dir, &fd);
	if (r < 0)
		return r;
	r = handle_directory_path(fd, ret_path);
	if (r < 0)
		return r;

	/* Through a mount of a part, what lies outside of it has a wrong path. */
	*ret_relative = !fs->whole && (!bytes_has_prefix(str_bytes(ret_path), bytes_of(fs->point)) ||
				       bytes_equal(str_bytes(ret_path), BYTES_LIT("/")));

	if (ret_path->len == 0 || ret_path->buf[ret_path->len - 1] != '/') {
		r = str_append_char(ret_path, '/');
		if (r < 0)
			return r;
	}
	r = str_append_bytes(ret_path, name);
	if (r < 0)
		return r;
	if (ret_dirfd)
		*ret_dirfd = TAKE_FD(fd);
	return 0;
}

/* Of an event of a directory itself ("."): its name in the directory above, and that. */
static int resolve_itself(struct source_fanotify *s, const struct handle_view *dir, struct str *ret_path, int *ret_dirfd,
			  bool *ret_relative)
{
	_cleanup_close_ int fd = -EBADF;
	int r = resolve(s, dir, BYTES_LIT(""), ret_path, &fd, ret_relative);

	if (r < 0)
		return r;
	if (ret_path->len < 2)
		return -ENOENT;		/* the root has no name */
	ret_path->buf[--ret_path->len] = '\0';	/* the slash, after which there is no name */
	*ret_dirfd = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return *ret_dirfd < 0 ? -errno : 0;
}

struct dispatch {
	struct source_fanotify *source;
	source_event_fn fn;
	void *userdata;
	const struct candidate *head;
	const struct fanotify_record *record;
	struct bytes exec_path;
};

static void hand_over(const struct dispatch *d, uint32_t what, const struct handle_view *dir,
		      struct bytes name, struct bytes old_path)
{
	struct source_fanotify *s = d->source;
	_cleanup_event_ struct event e = EVENT_INIT;
	_cleanup_str_ struct str path = STR_INIT;
	int r;

	if (bytes_equal(name, BYTES_LIT(".")))
		r = resolve_itself(s, dir, &path, &e.dirfd, &e.path_relative);
	else
		r = resolve(s, dir, name, &path, &e.dirfd, &e.path_relative);
	if (r >= 0)
		r = event_set_paths(&e, str_bytes(&path), old_path, d->exec_path);
	if (r < 0) {
		if (r == -ESTALE || r == -ENOENT) {
			s->stale++;
		} else {
			s->unresolved++;
			/* Out of descriptors or memory: it may have been a hook.  (One that is too deep to be
			 * named is counted only: anybody can make such paths, and a search each.) */
			if (r == -EMFILE || r == -ENFILE || r == -ENOMEM)
				atomic_store_explicit(&s->overflowed, true, memory_order_release);
		}
		return;
	}

	e.what = what;
	e.feed = FEED_LIVE;
	e.time_ns = d->head->time_ns;
	e.mono_ns = d->head->mono_ns;
	e.since_ns = d->head->since_ns;
	e.exec_ns = d->exec_path.len > 0 ? d->head->exec_ns : 0;
	e.pid = d->record->pid;
	e.closer_pid = what & EVENT_CLOSE_WRITE ? d->record->pid : 0;
	e.is_dir = d->record->mask & FAN_ONDIR;
	d->fn(&e, d->userdata);
}

static void dispatch_one(struct dispatch *d, struct bytes exec_raw)
{
	struct source_fanotify *s = d->source;
	const struct fanotify_record *r = d->record;
	_cleanup_str_ struct str exec_path = STR_INIT, old_path = STR_INIT, new_path = STR_INIT;
	struct fanotify_record exec;
	bool relative;

	if (exec_raw.len > 0 && fanotify_record_decode(exec_raw, &exec) == 0 && exec.name.len > 0 &&
	    resolve(s, &exec.dir, exec.name, &exec_path, NULL, &relative) == 0)
		d->exec_path = str_bytes(&exec_path);

	if (r->mask & FAN_RENAME) {
		bool known = resolve(s, &r->old_dir, r->old_name, &old_path, NULL, &relative) == 0;

		if (!known)
			str_clear(&old_path);
		if (resolve(s, &r->dir, r->name, &new_path, NULL, &relative) < 0)
			str_clear(&new_path);
		hand_over(d, EVENT_MOVED_TO, &r->dir, r->name, str_bytes(&old_path));
		if (known)
			hand_over(d, EVENT_MOVED_FROM, &r->old_dir, r->old_name, str_bytes(&new_path));
	}
	/* Of itself a directory tells only what was asked of it. */
	if (bytes_equal(r->name, BYTES_LIT(".")) && !(r->mask & FAN_ATTRIB))
		return;
	if (what_of(r->mask) != 0 && r->name.len > 0)
		hand_over(d, what_of(r->mask), &r->dir, r->name, BYTES_LIT(""));
}

static void hand_over_overflow(struct source_fanotify *s, source_event_fn fn, void *userdata)
{
	struct event e = EVENT_INIT;

	if (!atomic_exchange_explicit(&s->overflowed, false, memory_order_acquire))
		return;
	e.what = EVENT_OVERFLOW;
	e.feed = FEED_LIVE;
	e.time_ns = clock_ns(CLOCK_REALTIME);
	e.mono_ns = clock_mono_ns();
	fn(&e, userdata);
	event_done(&e);
}

unsigned source_fanotify_dispatch(struct source_fanotify *s, unsigned max, source_event_fn fn,
				  void *userdata)
{
	unsigned taken = 0;
	struct bytes raw;
	eventfd_t ignored;

	(void)eventfd_read(s->wake_fd, &ignored);

	while (taken < max && ring_peek(s->ring, &raw)) {
		struct candidate head;
		struct fanotify_record record;
		struct dispatch d = { .source = s, .fn = fn, .userdata = userdata,
				      .head = &head, .record = &record, .exec_path = BYTES_LIT("") };

		memcpy(&head, raw.ptr, sizeof(head));
		if (fanotify_record_decode(bytes_slice(raw, sizeof(head), head.record_len), &record) == 0)
			dispatch_one(&d, bytes_slice(raw, sizeof(head) + head.record_len, head.exec_len));
		ring_pop(s->ring);
		taken++;
	}
	mounts_close_fds(s->mounts);
	if (taken < max)
		hand_over_overflow(s, fn, userdata);
	else
		(void)eventfd_write(s->wake_fd, 1);	/* there may be more */
	return taken;
}

void source_fanotify_watch_dir(struct source_fanotify *s, int dirfd)
{
	char storage[MAX_HANDLE_SZ];
	struct handle_view h;

	if (handle_of(dirfd, 0, storage, sizeof(storage), &h) == 0)
		interest_add(&s->interest, &h);
}

void source_fanotify_watch_name(struct source_fanotify *s, int dirfd, struct bytes name)
{
	char storage[MAX_HANDLE_SZ];
	struct handle_view h;

	if (handle_of(dirfd, 0, storage, sizeof(storage), &h) == 0)
		interest_add_name(&s->names, &h, name);
}

int source_fanotify_real_path(struct source_fanotify *s, int dirfd, struct str *ret)
{
	_cleanup_str_ struct str path = STR_INIT;
	char storage[MAX_HANDLE_SZ];
	struct handle_view h;
	struct statfs sf;
	uint64_t fsid;
	bool relative;
	int r;

	if (fstatfs(dirfd, &sf) < 0)
		return -errno;
	memcpy(&fsid, &sf.f_fsid, sizeof(fsid));
	r = handle_of(dirfd, fsid, storage, sizeof(storage), &h);
	if (r >= 0)
		r = resolve(s, &h, BYTES_LIT(""), &path, NULL, &relative);
	mounts_close_fds(s->mounts);
	if (r < 0)
		return r;
	return str_append(ret, path.buf, path.len > 1 ? path.len - 1 : path.len);	/* without the last slash */
}

void source_fanotify_track(struct source_fanotify *s, int dirfd, const char *name, bool follow)
{
	_cleanup_close_ int fd = -EBADF;
	char storage[MAX_HANDLE_SZ], self[64];
	struct handle_view h;
	struct stat st;

	fd = openat(dirfd, name, O_PATH | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW));
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	if (fanotify_mark(s->fanotify_fd, FAN_MARK_ADD, FAN_MODIFY | FAN_ATTRIB, AT_FDCWD, self) < 0) {
		s->untracked++;
		return;
	}
	s->tracked++;
	/* Through another name, now or later, also a close tells, of a writer who used a mapping. */
	if (handle_of(fd, 0, storage, sizeof(storage), &h) == 0)
		interest_add(&s->interest, &h);
}

void source_fanotify_track_dir(struct source_fanotify *s, int dirfd)
{
	char self[64];

	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", dirfd);
	if (fanotify_mark(s->fanotify_fd, FAN_MARK_ADD, FAN_ATTRIB | FAN_ONDIR, AT_FDCWD, self) < 0)
		s->untracked++;
}

void source_fanotify_counters(const struct source_fanotify *s, struct source_counters *ret)
{
	*ret = (struct source_counters){
		.events = s->events,
		.reads = s->reads,
		.candidates = s->candidates,
		.overflow = s->overflow,
		.ring_full = s->ring_full,
		.undecodable = s->undecodable,
		.stale = s->stale,
		.unresolved = s->unresolved,
		.tracked = s->tracked,
		.untracked = s->untracked,
		.ring_bytes = ring_used(s->ring),
		.interest = atomic_load_explicit(&((struct source_fanotify *)s)->interest.added,
						 memory_order_relaxed) +
			    atomic_load_explicit(&((struct source_fanotify *)s)->names.added, memory_order_relaxed),
	};
}
