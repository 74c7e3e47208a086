/* process_table.c - every process of the host: the newest snapshots.
 *
 *	FORK --> child's entry shares the parent's image, copies its credentials
 *	UID, GID --> another snapshot of the same image
 *	EXEC --> what was read of /proc/PID becomes a new snapshot, the former one is kept
 *	EXIT --> the entry is queued for removal, the snapshot says when
 *
 * Owns: generations, ancestry, what is forgotten.  Must not own: where records come
 * from (daemon/proc_connector.c), the judgement of what is known (attribution.c).
 *
 * The lock.  The thread that feeds the table is real-time, the one that asks is
 * not; the mutex therefore hands on priority.  /proc is read and most memory
 * is allocated and freed outside it.  A snapshot that is published is written to only
 * while the table has the single reference: a second one can be had only under the lock,
 * or from one.
 *
 * Generations.  An entry is one process from fork to exit.  A bucket lists the
 * entries of its pids, the newest first.  An entry also remembers the snapshots
 * before its last execs: `sh -c 'echo ... >x.pth; exec true'` is asked for after
 * the exec and must be answered with sh.  A change of user or group makes a state of its own,
 * too (a setuid program is announced by it, before its EXEC), but one for each
 * image at most: a process that changes to and fro pushes nothing out.
 *
 * Late readings.  Where the reader of execs was too late, or a new context is read
 * by the feeding thread, milliseconds after the record, the pid may be of another process
 * by then.  A record of this pid that is older than the reading shows it, and comes before
 * anybody asks, since who asks waits for the watermark: what was read is then taken back.  What
 * could not be taken back, since a child or another state has it, does not get it.
 *
 * Memory.  Every snapshot counts on the table's account until it is freed,
 * wherever its last reference is; PROCESS_MEMORY_MAX says what follows.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>

#include "process_private.h"

enum { BUCKETS = 16384 };	/* a power of two; 128 KiB, four entries each when full */

/* What was read at a time, and by whom. */
enum {
	READ_IMAGE = 1,
	READ_CONTEXT = 2,
	READ_CREDENTIALS = 4,
	READ_PARENT = 8,
	READ_ALL = 15,
};
enum { BY_READER, BY_TABLE, READS };

struct readings {
	uint64_t at_ns[READS];		/* 0: with the record itself */
	unsigned what[READS];
};

struct entry {
	struct entry *next;			/* in its bucket: older or of another pid */
	struct entry *dead_prev, *dead_next;	/* in the order of exits; only if dead */
	bool dead;
	uint64_t exit_ns;			/* only if dead */
	uint64_t seen_ns;			/* /proc showed it after this moment; 0: records only */
	uint64_t began_by_ns;			/* its fork was not seen, and may have been as late as this */
	struct process *now;
	struct process *former[PROCESS_STATES_KEPT];	/* before its execs, the last one first */
	bool moved;				/* user or session changed: exec begins a new context */
	struct readings readings;		/* at its last exec */
};

struct process_table {
	_Atomic bool unfed;
	int procfd;				/* not owned */
	struct account *account;
	struct process_reader *reader;		/* of the feeding thread, as the next two are */
	bool scant;				/* memory is short and nobody dead is left to forget */
	bool doubt;				/* records were lost, and /proc not yet read in full */
	void (*catch_up)(void *);		/* NULL: none */
	void *catch_up_argument;		/* not owned */

	pthread_mutex_t lock;			/* of all below */
	struct entry **buckets;
	struct entry *dead_first, *dead_last;
	uint64_t evicted_ns;			/* the last exit of those who were dropped early */
	struct process_table_counters counters;
};

static struct entry *entry_free(struct entry *e)
{
	if (!e)
		return NULL;
	(void)process_unref(e->now);
	for (size_t i = 0; i < ELEMENTSOF(e->former); i++)
		(void)process_unref(e->former[i]);
	free(e);
	return NULL;
}
DEFINE_CLEANUP(struct entry, entry_free)

static void free_entries(struct entry *list)
{
	while (list) {
		struct entry *next = list->next;

		(void)entry_free(list);
		list = next;
	}
}

int process_table_new(int procfd, struct process_table **ret)
{
	_cleanup_(process_table_freep) struct process_table *t = NULL;
	pthread_mutexattr_t attr;
	int r;

	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	if (pthread_mutexattr_init(&attr) != 0) {
		free(TAKE_PTR(t));
		return -ENOMEM;
	}
	(void)pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	r = pthread_mutex_init(&t->lock, &attr);
	if (r != 0)	/* a kernel without priority inheritance: a plain one will do */
		r = pthread_mutex_init(&t->lock, NULL);
	(void)pthread_mutexattr_destroy(&attr);
	if (r != 0) {
		free(TAKE_PTR(t));
		return -ENOMEM;
	}

	t->procfd = procfd;
	t->buckets = calloc(BUCKETS, sizeof(struct entry *));
	t->account = account_new();
	if (!t->buckets || !t->account || process_reader_new(procfd, &t->reader) < 0)
		return -ENOMEM;

	*ret = TAKE_PTR(t);
	return 0;
}

struct process_table *process_table_free(struct process_table *t)
{
	if (!t)
		return NULL;
	for (size_t i = 0; t->buckets && i < BUCKETS; i++)
		free_entries(t->buckets[i]);
	free(t->buckets);
	(void)account_unref(t->account);
	(void)process_reader_free(t->reader);
	(void)pthread_mutex_destroy(&t->lock);
	free(t);
	return NULL;
}

static void lock(struct process_table *t)
{
	(void)pthread_mutex_lock(&t->lock);
}

static void unlock(struct process_table *t)
{
	(void)pthread_mutex_unlock(&t->lock);
}

static struct entry **bucket_of(struct process_table *t, pid_t pid)
{
	return &t->buckets[(unsigned)pid & (BUCKETS - 1)];
}

static struct entry *find_newest(struct process_table *t, pid_t pid)
{
	for (struct entry *e = *bucket_of(t, pid); e; e = e->next)
		if (e->now->pid == pid)
			return e;
	return NULL;
}

static struct process *get_newest(struct process_table *t, pid_t pid)
{
	struct entry *e;
	struct process *p = NULL;

	lock(t);
	e = find_newest(t, pid);
	if (e)
		p = process_ref(e->now);
	unlock(t);
	return p;
}

static void dead_unlink(struct process_table *t, struct entry *e)
{
	if (!e->dead)
		return;
	*(e->dead_prev ? &e->dead_prev->dead_next : &t->dead_first) = e->dead_next;
	*(e->dead_next ? &e->dead_next->dead_prev : &t->dead_last) = e->dead_prev;
	e->dead_prev = e->dead_next = NULL;
	e->dead = false;
}

static void dead_append(struct process_table *t, struct entry *e, uint64_t exit_ns)
{
	e->dead = true;
	e->exit_ns = exit_ns;
	e->dead_prev = t->dead_last;
	*(t->dead_last ? &t->dead_last->dead_next : &t->dead_first) = e;
	t->dead_last = e;
}

/* The entry's snapshot, to be written to: a copy takes its place where others have it, too.
 * NULL: no memory, counted.  *ret_garbage is the caller's, to process_unref() outside
 * the lock. */
static struct process *writable(struct process_table *t, struct entry *e,
				struct process **ret_garbage)
{
	struct process *copy;

	if (atomic_load_explicit(&e->now->refs, memory_order_acquire) == 1)
		return e->now;
	if (process_make(t->account, e->now, &copy) < 0) {
		t->counters.no_memory++;
		return NULL;
	}
	*ret_garbage = e->now;
	e->now = copy;
	return copy;
}

static void mark_dead(struct process_table *t, struct entry *e, uint64_t exit_ns,
		      struct process **ret_garbage)
{
	struct process *p;

	if (e->dead)
		return;
	dead_append(t, e, exit_ns);
	p = writable(t, e, ret_garbage);
	if (p)
		p->exit_ns = exit_ns;
}

/* What was read of the entry's last exec only after `time_ns`. */
static unsigned read_after(const struct entry *e, uint64_t time_ns)
{
	unsigned what = 0;

	for (int i = 0; i < READS; i++)
		if (e->readings.at_ns[i] > time_ns)
			what |= e->readings.what[i];
	return what;
}

/* The values of a process that executed nobody knows what. */
static void forget_image(struct process *p, struct image *image)
{
	*image = (struct image){ .exec_ns = image->exec_ns, .cgroup = image->cgroup };
	memset(p->comm, 0, sizeof(p->comm));
}

/* A record of `time_ns` says that what was read after it is not of the entry's process as
 * it was: take it back, as far as it is one of `what`. */
static void take_back(struct process_table *t, struct entry *e, uint64_t time_ns, unsigned what,
		      struct process **ret_garbage)
{
	struct image *image, from;
	struct process *p;

	what &= read_after(e, time_ns);
	if (what == 0)
		return;
	for (int i = 0; i < READS; i++)
		e->readings.what[i] &= ~what;
	p = writable(t, e, ret_garbage);
	if (!p)
		return;
	memcpy(&from, p->image, offsetof(struct image, refs));
	if (what & READ_IMAGE) {
		t->counters.exec_unread += from.exe.len > 0 && from.argv.len > 0;
		forget_image(p, &from);
	}
	if (what & READ_PARENT) {
		p->parent = process_unref(p->parent);
		p->ppid = 0;
	}
	if (what & READ_CREDENTIALS)
		p->credentials_known = false;
	if (what & READ_CONTEXT) {
		from.cgroup = p->parent ? p->parent->image->cgroup : BYTES_NONE;
		p->loginuid = p->parent ? p->parent->loginuid : (uid_t)-1;
		p->sessionid = p->parent ? p->parent->sessionid : (uint32_t)-1;
	}
	if (image_make(t->account, &from, &image) < 0) {
		t->counters.no_memory++;
		return;
	}
	(void)image_unref(p->image);
	p->image = image;
}

/* Take out what has been dead for long enough, or must make room.  The entries
 * are chained to *garbage, to be freed outside the lock. */
static void drop_surplus(struct process_table *t, uint64_t now_ns, struct entry **garbage)
{
	int early = 0;

	for (int n = 0; n < PROCESS_DROP_BATCH && t->dead_first; n++) {
		struct entry *e = t->dead_first, **link;
		bool old = now_ns > e->exit_ns && now_ns - e->exit_ns >= PROCESS_DEAD_KEEP_NS;

		if (!old) {
			/* Freed only after the lock is given back, so the account does
			 * not tell yet what this loop has won: two a record. */
			if (t->counters.entries <= PROCESS_TABLE_MAX &&
			    (early >= 2 ||
			     atomic_load_explicit(&t->account->bytes, memory_order_relaxed) <=
				     PROCESS_MEMORY_MAX))
				break;
			early++;
			t->counters.evicted_early++;
			t->evicted_ns = e->exit_ns;
		}
		dead_unlink(t, e);
		for (link = bucket_of(t, e->now->pid); *link != e; link = &(*link)->next)
			;
		*link = e->next;
		e->next = *garbage;
		*garbage = e;
		t->counters.entries--;
	}
}

static void insert_newest(struct process_table *t, struct entry *e)
{
	struct entry **bucket = bucket_of(t, e->now->pid);

	e->next = *bucket;
	*bucket = e;
	t->counters.entries++;
}

/* The state of a process after an exec; the one before is kept.  *ret_garbage as
 * above.  Takes over the reference. */
static void push_state(struct entry *e, struct process *p, struct process **ret_garbage)
{
	enum { last = PROCESS_STATES_KEPT - 1 };

	*ret_garbage = e->former[last];
	memmove(&e->former[1], &e->former[0], last * sizeof(e->former[0]));
	e->former[0] = e->now;
	e->now = p;
}

enum news {
	NEWS_GENERATION,	/* another process than the entry's, or the first of its pid */
	NEWS_EXEC,		/* the entry's process, which has executed */
	NEWS_CORRECTION,	/* the entry's process, better known than before */
};

/* What is published, and how it was come by. */
struct publication {
	enum news news;
	uint64_t former_exit_ns;	/* the generation before, if it seems alive, died then */
	uint64_t seen_ns;		/* as in struct entry, as are the next three */
	bool moved;
	struct readings readings;
	uint64_t now_ns;		/* the record's time */
};

/* Publish `p` as the state of its pid.  Takes over *p on success. */
static int publish(struct process_table *t, struct process **p, const struct publication *how)
{
	_cleanup_(process_unrefp) struct process *replaced = NULL;
	_cleanup_(process_unrefp) struct process *taken = NULL;
	_cleanup_(entry_freep) struct entry *fresh = NULL;
	struct entry *e, *garbage = NULL;

	if (how->news == NEWS_GENERATION) {
		fresh = calloc(1, sizeof(*fresh));
		if (!fresh)
			return -ENOMEM;
	}

	/* Only the caller's thread makes entries: that of an exec is still there. */
	lock(t);
	e = find_newest(t, (*p)->pid);
	if (e && how->news != NEWS_CORRECTION)
		take_back(t, e, how->now_ns, READ_ALL, &taken);
	if (e && how->news != NEWS_GENERATION) {
		/* The leader of a thread group may have exited; a thread that then
		 * executes becomes the leader (execve(2)). */
		dead_unlink(t, e);
		if (how->seen_ns > e->seen_ns)
			e->seen_ns = how->seen_ns;
		if (how->news == NEWS_EXEC) {
			push_state(e, TAKE_PTR(*p), &replaced);
		} else {
			replaced = e->now;
			e->now = TAKE_PTR(*p);
		}
	} else if (fresh) {
		if (e)
			mark_dead(t, e, how->former_exit_ns, &replaced);
		fresh->now = TAKE_PTR(*p);
		fresh->seen_ns = how->seen_ns;
		fresh->began_by_ns = e ? how->seen_ns : 0;
		e = TAKE_PTR(fresh);
		insert_newest(t, e);
	}
	if (e && !*p) {
		e->moved = how->moved;
		e->readings = how->readings;
		if (e->now->exit_ns != 0)
			dead_append(t, e, e->now->exit_ns);
	}
	drop_surplus(t, how->now_ns, &garbage);
	t->scant =
		!t->dead_first &&
		atomic_load_explicit(&t->account->bytes, memory_order_relaxed) > PROCESS_MEMORY_MAX;
	unlock(t);

	free_entries(garbage);
	return 0;
}

static void count_no_memory(struct process_table *t)
{
	lock(t);
	t->counters.no_memory++;
	unlock(t);
}

/* ---- ancestry ---------------------------------------------------------------- */

/* `parent` as the head of a chain that may get one more link, *ret a reference.
 * A chain that has its full length is copied as far as PROCESS_ANCESTORS_KEPT
 * (links of a shared chain can't be cut), and the copy also takes the parent's place
 * in the table, so that its next child finds it short. */
static int chain_parent(struct process_table *t, struct process *parent, struct process **ret)
{
	struct process *line[PROCESS_ANCESTORS_KEPT], *p = parent;
	_cleanup_(process_unrefp) struct process *copy = NULL;
	_cleanup_(process_unrefp) struct process *replaced = NULL;
	struct entry *e;
	size_t depth = 0;
	int r;

	for (; p && depth < PROCESS_ANCESTORS_MAX; p = p->parent, depth++)
		if (depth < ELEMENTSOF(line))
			line[depth] = p;
	if (depth < PROCESS_ANCESTORS_MAX) {
		*ret = process_ref(parent);
		return 0;
	}

	for (size_t i = ELEMENTSOF(line); i-- > 0;) {
		struct process values, *next;

		process_copy_values(line[i], &values);
		values.parent = copy;
		r = process_make(t->account, &values, &next);
		if (r < 0)
			return r;
		(void)process_unref(copy);
		copy = next;
	}

	lock(t);
	e = find_newest(t, parent->pid);
	if (e && e->now == parent) {
		replaced = e->now;
		e->now = process_ref(copy);
	}
	unlock(t);
	*ret = TAKE_PTR(copy);
	return 0;
}

/* ---- records ------------------------------------------------------------------ */

/* The parent at a fork that its image was read after: that may be of what it executed since, or of another
 * process.  Its child would keep it, where no record takes it back. */
static int without_image(struct process_table *t, struct process **p)
{
	_cleanup_(image_unrefp) struct image *made = NULL;
	struct process values, *copy;
	struct image image;
	int r;

	process_copy_values(*p, &values);
	memcpy(&image, values.image, offsetof(struct image, refs));
	forget_image(&values, &image);
	r = image_make(t->account, &image, &made);
	if (r < 0)
		return r;
	values.image = made;
	r = process_make(t->account, &values, &copy);
	if (r < 0)
		return r;
	(void)process_unref(*p);
	*p = copy;
	return 0;
}

static int do_fork(struct process_table *t, pid_t parent, pid_t child, uint64_t time_ns)
{
	_cleanup_(process_unrefp) struct process *base = NULL;
	_cleanup_(process_unrefp) struct process *there = NULL;
	_cleanup_(process_unrefp) struct process *head = NULL;
	_cleanup_(process_unrefp) struct process *fresh = NULL;
	struct process values = { .loginuid = (uid_t)-1, .sessionid = (uint32_t)-1 };
	struct publication how = { .former_exit_ns = time_ns, .now_ns = time_ns };
	bool late = false;
	struct entry *e;
	int r;

	lock(t);
	t->counters.forks++;
	e = find_newest(t, parent);
	if (e) {
		base = process_ref(e->now);
		late = read_after(e, time_ns) & READ_IMAGE;
		how.moved = e->moved;
	}
	/* The record was in the queue when /proc was read, and what /proc showed is
	 * this process: only its start and its parent are news. */
	e = find_newest(t, child);
	if (e && !e->dead && time_ns <= e->seen_ns && e->now->start_ns == 0)
		there = process_ref(e->now);
	unlock(t);

	if (late) {
		r = without_image(t, &base);
		if (r < 0)
			return r;
	}
	if (base) {
		r = chain_parent(t, base, &head);
		if (r < 0)
			return r;
	}
	if (there) {
		process_copy_values(there, &values);
	} else {
		if (base)
			process_copy_values(base, &values);
		values.inherited = true;
		values.traced = false;
		values.start_ticks = 0;
		values.changed_ns = 0;
		values.exit_ns = 0;
	}
	values.pid = child;
	values.ppid = parent;
	values.start_ns = time_ns;
	values.parent = head;
	r = process_make(t->account, &values, &fresh);
	if (r < 0)
		return r;
	how.news = there ? NEWS_CORRECTION : NEWS_GENERATION;
	return publish(t, &fresh, &how);
}

int process_table_fork(struct process_table *t, pid_t parent, pid_t child, uint64_t time_ns)
{
	int r = do_fork(t, parent, child, time_ns);

	if (r < 0)
		count_no_memory(t);
	return r;
}

/* What the parent had at fork may not hold any more: a login, a service or a
 * container begins here.  Three more files then, which are not read at each of
 * the thousands of execs of a build. */
static bool is_new_context(const struct process *base, const struct process *now, bool moved)
{
	return !base || moved || now->ppid == 1 || now->sid == now->pid || now->sid != base->sid ||
	       now->uid != base->uid || now->euid != base->euid;
}

/* Is what /proc shows of a pid the process `there`? */
static bool is_generation(const struct process *there, uint64_t start_ticks,
			  const uint64_t *suspended_ns)
{
	if (there->start_ticks != 0)
		return there->start_ticks == start_ticks;
	return there->start_ns == 0 || !suspended_ns ||
	       procfs_started_by(start_ticks, there->start_ns, *suspended_ns);
}

/* The entry of `pid` as an exec at `time_ns` finds it: a reference, or NULL.  *ret_same: it is the
 * one that executed, and not one whose end we missed. */
static struct process *find_base(struct process_table *t, pid_t pid, uint64_t time_ns,
				 const struct process_reading *reading, bool *ret_moved,
				 bool *ret_same)
{
	struct process *base = NULL;
	uint64_t suspended_ns;
	struct entry *e;
	bool have;

	lock(t);
	e = find_newest(t, pid);
	if (e) {
		base = process_ref(e->now);
		*ret_moved = e->moved;
	}
	unlock(t);

	/* Gone before it could be asked: while records are missing it may be another. */
	*ret_same = base && (reading->stat_known || !t->doubt);
	if (!base || !reading->stat_known)
		return base;
	have = t->doubt && procfs_read_suspended(t->procfd, time_ns, &suspended_ns) >= 0;
	*ret_same = is_generation(base, reading->stat.start_ticks, have ? &suspended_ns : NULL);
	return base;
}

/* Of a process of which too little is known, or it is not sure that it is the one. */
static void read_stat_and_status(struct process_table *t, pid_t pid, struct process_reading *reading)
{
	_cleanup_close_ int dirfd = -EBADF;
	struct entry *e;
	bool enough;

	lock(t);
	e = find_newest(t, pid);
	enough = !t->doubt && e && e->now->credentials_known;
	unlock(t);
	if (!enough)
		dirfd = procfs_open(t->procfd, pid);
	if (dirfd < 0)
		return;
	reading->stat_known = procfs_read_stat(dirfd, &reading->stat) >= 0;
	reading->status_known = procfs_read_status(dirfd, &reading->status) >= 0;
}

static void read_context(struct process_table *t, pid_t pid, struct process_reading *reading)
{
	_cleanup_close_ int dirfd = procfs_open(t->procfd, pid);

	if (dirfd < 0)
		return;
	process_read_audit(dirfd, &reading->loginuid, &reading->sessionid);
	process_read_cgroup(dirfd, &t->reader->scratch, &reading->image);
	reading->context_known = true;
}

/* No memory for all of it (PROCESS_MEMORY_MAX). */
static void make_scant(struct process_table *t, struct image *image)
{
	char *argv = t->reader->scratch.argv;

	image->environ = BYTES_NONE;
	image->environ_known = false;
	if (image->argv.len <= PROCESS_ARGV_SCANT + 1)
		return;
	memmove(argv, image->argv.ptr, PROCESS_ARGV_SCANT);
	argv[PROCESS_ARGV_SCANT] = '\0';
	image->argv = (struct bytes){ argv, PROCESS_ARGV_SCANT + 1 };
	image->argv_truncated = true;
}

/* `p` as it was before the exec becomes what it is after it. */
static void apply_reading(struct process *p, const struct process_reading *reading)
{
	p->exit_ns = 0;
	p->changed_ns = 0;
	p->inherited = false;
	p->argv_changed = false;
	memset(p->renamed, 0, sizeof(p->renamed));
	if (reading->sid > 0)
		p->sid = reading->sid;
	if (reading->comm[0] != '\0')
		memcpy(p->comm, reading->comm, sizeof(p->comm));
	if (reading->stat_known)
		process_apply_stat(p, &reading->stat);
	if (reading->status_known)
		process_apply_status(p, &reading->status);
}

/* A process that the table did not know: its parent is the one of now.  *ret_head: a reference. */
static int begin_generation(struct process_table *t, const struct process_reading *reading,
			    uint64_t start_ns, struct process *p, struct process **ret_head)
{
	_cleanup_(process_unrefp) struct process *parent = NULL;
	int r;

	p->start_ns = start_ns;
	p->ppid = reading->stat_known ? reading->stat.ppid : 0;
	p->parent = NULL;
	p->traced = false;
	p->credentials_known = false;
	parent = p->ppid > 0 ? get_newest(t, p->ppid) : NULL;
	if (!parent)
		return 0;
	r = chain_parent(t, parent, ret_head);
	if (r < 0)
		return r;
	p->parent = *ret_head;
	return 0;
}

static int do_exec(struct process_table *t, pid_t pid, uint64_t time_ns, uint64_t now_ns,
		   struct process_reading *reading)
{
	_cleanup_(process_unrefp) struct process *base = NULL;
	_cleanup_(process_unrefp) struct process *head = NULL;
	_cleanup_(process_unrefp) struct process *fresh = NULL;
	_cleanup_(image_unrefp) struct image *made = NULL;
	struct process values = { .pid = pid, .loginuid = (uid_t)-1, .sessionid = (uint32_t)-1 };
	struct publication how = { .former_exit_ns = time_ns, .now_ns = time_ns,
				   .readings.at_ns = { reading->read_ns, now_ns } };
	unsigned *by_reader = &how.readings.what[BY_READER], *by_table = &how.readings.what[BY_TABLE];
	bool same, moved = false, had_stat = reading->stat_known;
	int r;

	if (!had_stat)
		read_stat_and_status(t, pid, reading);
	base = find_base(t, pid, time_ns, reading, &moved, &same);
	if (base)
		process_copy_values(base, &values);
	if (!same) {
		r = begin_generation(t, reading, base ? time_ns : 0, &values, &head);
		if (r < 0)
			return r;
	}
	apply_reading(&values, reading);

	*by_reader |= READ_IMAGE | (reading->context_known ? READ_CONTEXT : 0);
	if (reading->stat_known)
		*(had_stat ? by_reader : by_table) |= READ_CREDENTIALS | (same ? 0 : READ_PARENT);
	if (!reading->context_known && is_new_context(same ? base : NULL, &values, moved)) {
		read_context(t, pid, reading);
		*by_table |= READ_CONTEXT;
	}
	if (reading->context_known) {
		values.loginuid = reading->loginuid;
		values.sessionid = reading->sessionid;
	}
	if (reading->image.cgroup.len == 0 && same)
		reading->image.cgroup = base->image->cgroup;
	if (t->scant)
		make_scant(t, &reading->image);

	r = image_make(t->account, &reading->image, &made);
	if (r < 0)
		return r;
	values.image = made;
	r = process_make(t->account, &values, &fresh);
	if (r < 0)
		return r;
	how.news = same ? NEWS_EXEC : NEWS_GENERATION;
	return publish(t, &fresh, &how);
}

int process_table_exec_read(struct process_table *t, pid_t pid, uint64_t time_ns, uint64_t now_ns,
			    const struct process_reading *reading)
{
	struct process_reading mine = *reading;
	int r;

	lock(t);
	t->counters.execs++;
	t->counters.exec_unread += mine.image.exe.len == 0 || mine.image.argv.len == 0;
	unlock(t);
	r = do_exec(t, pid, time_ns, now_ns, &mine);
	if (r < 0)
		count_no_memory(t);
	return r;
}

int process_table_exec(struct process_table *t, pid_t pid, uint64_t time_ns)
{
	struct process_reading reading;

	process_reader_read(t->reader, pid, time_ns, 0, PROCESS_DEPTH_ALL, &reading);
	return process_table_exec_read(t, pid, time_ns, 0, &reading);
}

/* The entry that a record of a living process is about; NULL: none, or /proc was read after it. */
static struct entry *find_living(struct process_table *t, pid_t pid, uint64_t time_ns)
{
	struct entry *e = find_newest(t, pid);

	return e && !e->dead && time_ns > e->seen_ns ? e : NULL;
}

/* User or group, of which the other's pair is -1.  The first change makes a state of its own, the
 * ones after it are written into that. */
static int change_ids(struct process_table *t, pid_t pid, const struct procfs_status *ids, bool user,
		      uint64_t time_ns)
{
	_cleanup_(process_unrefp) struct process *replaced = NULL;
	_cleanup_(process_unrefp) struct process *taken = NULL;
	struct process *p = NULL, *fresh;
	struct entry *e;
	int r = 0;

	lock(t);
	t->counters.changes++;
	e = find_living(t, pid, time_ns);
	/* Before two states show it.  The rest is as true of one as of the other. */
	if (e)
		take_back(t, e, time_ns, READ_IMAGE, &taken);
	if (e && e->now->changed_ns == 0) {
		r = process_make(t->account, e->now, &fresh);
		if (r >= 0) {
			fresh->changed_ns = time_ns;
			push_state(e, fresh, &replaced);
			p = fresh;
		} else {
			t->counters.no_memory++;
		}
	} else if (e) {
		p = writable(t, e, &replaced);
		r = p ? 0 : -ENOMEM;
	}
	if (p && user) {
		p->uid = ids->uid;
		p->euid = ids->euid;
		e->moved = true;
	} else if (p) {
		p->gid = ids->gid;
		p->egid = ids->egid;
	}
	unlock(t);
	return r;
}

int process_table_uid(struct process_table *t, pid_t pid, uid_t uid, uid_t euid, uint64_t time_ns)
{
	return change_ids(t, pid, &(struct procfs_status){ .uid = uid, .euid = euid }, true, time_ns);
}

int process_table_gid(struct process_table *t, pid_t pid, gid_t gid, gid_t egid, uint64_t time_ns)
{
	return change_ids(t, pid, &(struct procfs_status){ .gid = gid, .egid = egid }, false, time_ns);
}

static void set_session(struct process *p, const void *value)
{
	(void)value;
	p->sid = p->pid;
	p->tty = 0;
}

static void set_traced(struct process *p, const void *value)
{
	(void)value;
	p->traced = true;
}

static void set_name(struct process *p, const void *value)
{
	memcpy(p->renamed, value, sizeof(p->renamed));
}

/* What /proc shows of a process now. */
struct look {
	struct procfs_stat stat;
	struct procfs_status status;
	bool other_arguments;		/* than at its exec */
};

static bool is_renamed(const struct process *p, const struct look *look)
{
	return p->comm[0] != '\0' && memcmp(look->stat.comm, p->comm, sizeof(p->comm)) != 0 &&
	       memcmp(look->stat.comm, p->renamed, sizeof(p->renamed)) != 0;
}

static void set_look(struct process *p, const void *value)
{
	const struct look *look = value;

	if (!p->credentials_known)
		process_apply_status(p, &look->status);
	p->sid = look->stat.sid;
	p->tty = look->stat.tty;
	p->traced |= look->status.tracer != 0;
	p->argv_changed |= look->other_arguments;
	if (is_renamed(p, look))
		memcpy(p->renamed, look->stat.comm, sizeof(p->renamed));
}

/* What is true of the process from now on and makes no state of its own. */
static int change(struct process_table *t, pid_t pid, uint64_t time_ns,
		  void (*set)(struct process *p, const void *value), const void *value)
{
	_cleanup_(process_unrefp) struct process *replaced = NULL;
	struct process *p = NULL;
	struct entry *e;

	lock(t);
	t->counters.changes++;
	e = find_living(t, pid, time_ns);
	if (e)
		p = writable(t, e, &replaced);
	if (p)
		set(p, value);
	if (p && (set == set_session || set == set_look))
		e->moved = true;
	unlock(t);
	return e && !p ? -ENOMEM : 0;
}

int process_table_session(struct process_table *t, pid_t pid, uint64_t time_ns)
{
	return change(t, pid, time_ns, set_session, NULL);
}

int process_table_traced(struct process_table *t, pid_t pid, uint64_t time_ns)
{
	return change(t, pid, time_ns, set_traced, NULL);
}

int process_table_rename(struct process_table *t, pid_t pid, struct bytes comm, uint64_t time_ns)
{
	char name[16] = { 0 };

	if (comm.len > 0)
		memcpy(name, comm.ptr, comm.len < sizeof(name) ? comm.len : sizeof(name) - 1);
	return change(t, pid, time_ns, set_name, name);
}

void process_table_set_doubt(struct process_table *t)
{
	t->doubt = true;
}

void process_table_set_catch_up(struct process_table *t, void (*catch_up)(void *), void *argument)
{
	t->catch_up = catch_up;
	t->catch_up_argument = argument;
}

void process_table_catch_up(struct process_table *t)
{
	if (t->catch_up)
		t->catch_up(t->catch_up_argument);
}

void process_table_set_memory_reader(struct process_table *t, process_memory_read *read, void *argument)
{
	t->reader->scratch.read_memory = read;
	t->reader->scratch.read_memory_argument = argument;
}

static void use_memory_reader_of(const struct process_table *t, struct process_reader *reader)
{
	reader->scratch.read_memory = t->reader->scratch.read_memory;
	reader->scratch.read_memory_argument = t->reader->scratch.read_memory_argument;
}

int process_table_new_reader(const struct process_table *t, struct process_reader **ret)
{
	int r = process_reader_new(t->procfd, ret);

	if (r >= 0)
		use_memory_reader_of(t, *ret);
	return r;
}

int process_table_procfd(const struct process_table *t)
{
	return t->procfd;
}

int process_table_exit(struct process_table *t, pid_t pid, uint64_t time_ns)
{
	_cleanup_(process_unrefp) struct process *replaced = NULL;
	_cleanup_(process_unrefp) struct process *taken = NULL;
	struct entry *e, *garbage = NULL;

	lock(t);
	t->counters.exits++;
	e = find_newest(t, pid);
	/* Seen in /proc after this: the record is of a generation before it. */
	if (e && time_ns > e->seen_ns) {
		take_back(t, e, time_ns, READ_ALL, &taken);
		/* Two ends: the first was of the generation before, whose number was free already when
		 * its record was made (exit_notify(), then proc_exit_connector() in kernel/exit.c). */
		dead_unlink(t, e);
		mark_dead(t, e, time_ns, &replaced);
	}
	drop_surplus(t, time_ns, &garbage);
	unlock(t);

	free_entries(garbage);
	return 0;
}

void process_table_set_fed(struct process_table *t, bool fed)
{
	t->unfed = !fed;
}

bool process_table_is_fed(const struct process_table *t)
{
	return !t->unfed;
}

int process_table_put(struct process_table *t, struct process *p)
{
	_cleanup_(process_unrefp) struct process *mine = p;
	_cleanup_(process_unrefp) struct process *there = get_newest(t, p->pid);
	uint64_t now_ns =
		p->image && p->image->exec_ns > p->start_ns ? p->image->exec_ns : p->start_ns;
	bool same = there && there->start_ns == p->start_ns;

	/* A recording names the parent by number only; nobody else has the snapshot yet. */
	if (!p->parent && p->ppid > 0)
		p->parent = get_newest(t, p->ppid);
	return publish(t, &mine,
		       &(struct publication){ .news = same ? NEWS_EXEC : NEWS_GENERATION,
					      .former_exit_ns = p->start_ns, .now_ns = now_ns });
}

/* ---- /proc as a whole ------------------------------------------------------------ */

/* Is it that we could not ask, rather than that nobody is there?  What is not asked would be taken for
 * gone, so the whole is to be asked again. */
static bool is_shortage(int r)
{
	return r == -EMFILE || r == -ENFILE || r == -ENOMEM;
}

/* Everything that /proc says of the process behind `dirfd`. */
static int read_process(struct process_table *t, struct account *account, int dirfd,
			struct scratch *s, uint64_t start_ns, struct process **ret)
{
	_cleanup_(process_unrefp) struct process *parent = NULL;
	_cleanup_(process_unrefp) struct process *head = NULL;
	_cleanup_(image_unrefp) struct image *made = NULL;
	struct process values = { .start_ns = start_ns };
	struct image image = { 0 };
	struct procfs_status status;
	struct procfs_stat stat;
	bool have_image;
	int r;

	have_image = process_read_image(dirfd, s, &image) >= 0;
	r = procfs_read_stat(dirfd, &stat);
	if (r < 0)
		return is_shortage(r) ? r : -ESRCH;
	if (!have_image && stat.state == 'Z' && stat.threads > 1)
		(void)process_read_image_of_thread(dirfd, s, &image);
	values.pid = stat.pid;
	values.ppid = stat.ppid;
	process_apply_stat(&values, &stat);
	if (procfs_read_status(dirfd, &status) >= 0)
		process_apply_status(&values, &status);
	process_read_audit(dirfd, &values.loginuid, &values.sessionid);
	process_read_cgroup(dirfd, s, &image);
	if (account && t->scant)
		make_scant(t, &image);

	/* Only an older process can be the parent: of a younger one, this pid's
	 * predecessor was read. */
	if (t && stat.ppid > 0)
		parent = get_newest(t, stat.ppid);
	if (parent && parent->start_ticks <= stat.start_ticks) {
		r = chain_parent(t, parent, &head);
		if (r < 0)
			return r;
	}
	values.parent = head;
	r = image_make(account, &image, &made);
	if (r < 0)
		return r;
	values.image = made;
	return process_make(account, &values, ret);
}

int process_read(struct process_table *t, int procfd, pid_t pid, uint64_t now_ns,
		 struct process **ret)
{
	_cleanup_(process_reader_freep) struct process_reader *reader = NULL;
	_cleanup_close_ int dirfd = -EBADF;
	int r;

	(void)now_ns;
	dirfd = procfs_open(procfd, pid);
	if (dirfd < 0)
		return dirfd;
	r = process_reader_new(procfd, &reader);
	if (r < 0)
		return r;
	if (t)
		use_memory_reader_of(t, reader);
	return read_process(t, NULL, dirfd, &reader->scratch, 0, ret);
}

struct seen {
	pid_t pid;
	uint64_t start_ticks;
};

static int compare_seen(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	if (x->start_ticks != y->start_ticks)
		return x->start_ticks < y->start_ticks ? -1 : 1;
	return (x->pid > y->pid) - (x->pid < y->pid);
}

/* The processes of /proc, zombies left out, in the order in which they started:
 * then a parent is always in the table before its children. */
static int list_processes(int procfd, struct seen **ret, size_t *ret_n)
{
	_cleanup_free_ struct seen *list = NULL;
	size_t n = 0, cap = 0;
	int fd, r = 0;
	DIR *dir;

	fd = openat(procfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	if (!dir) {
		r = -errno;
		(void)close(fd);
		return r;
	}
	while (n < PROCESS_SYNC_MAX) {
		const struct dirent *de = readdir(dir);
		_cleanup_close_ int dirfd = -EBADF;
		struct procfs_stat stat;
		uint64_t pid;

		if (!de)
			break;
		if (bytes_to_u64(bytes_of(de->d_name), &pid) < 0 || pid > PROCESS_SYNC_MAX)
			continue;
		dirfd = procfs_open(procfd, (pid_t)pid);
		r = dirfd < 0 ? dirfd : procfs_read_stat(dirfd, &stat);
		if (is_shortage(r))
			break;
		if (r < 0 || stat.pid != (pid_t)pid)
			continue;
		if ((stat.state == 'Z' && stat.threads <= 1) || stat.state == 'X')
			continue;
		if (n == cap) {
			struct seen *more = reallocarray(list, cap ? cap * 2 : 256, sizeof(*list));

			if (!more) {
				r = -ENOMEM;
				break;
			}
			list = more;
			cap = cap ? cap * 2 : 256;
		}
		list[n++] = (struct seen){ stat.pid, stat.start_ticks };
	}
	(void)closedir(dir);
	if (is_shortage(r))
		return r;
	if (n > 0)
		qsort(list, n, sizeof(*list), compare_seen);
	*ret = TAKE_PTR(list);
	*ret_n = n;
	return 0;
}

/* Among the records that were lost may be one of a change.  The arguments: of an exec of the same
 * program (python3 evil.py, then python3 -m pip), or they were rewritten.  Which of them, /proc does not
 * tell, so those of the exec are kept, and said to be in doubt. */
static int refresh(struct process_table *t, const struct process *there, int dirfd, struct image *now,
		   uint64_t now_ns)
{
	struct look look;
	const struct procfs_status *ids = &look.status;
	bool known = there->credentials_known;
	int r;

	r = procfs_read_stat(dirfd, &look.stat);
	if (r >= 0)
		r = procfs_read_status(dirfd, &look.status);
	if (r < 0)
		return is_shortage(r) ? r : 0;
	process_read_argv(dirfd, &t->reader->scratch, now);
	look.other_arguments = there->image->argv.len > 0 && now->argv.len > 0 && !image_has_same_argv(there->image, now);
	if (known && (there->uid != ids->uid || there->euid != ids->euid))
		r = change_ids(t, there->pid, ids, true, now_ns);
	if (r >= 0 && known && (there->gid != ids->gid || there->egid != ids->egid))
		r = change_ids(t, there->pid, ids, false, now_ns);
	if (r >= 0 && (!known || there->sid != look.stat.sid || there->tty != look.stat.tty ||
		       (ids->tracer != 0 && !there->traced) || (look.other_arguments && !there->argv_changed) ||
		       is_renamed(there, &look)))
		r = change(t, there->pid, now_ns, set_look, &look);
	return r;
}

static void mark_seen(struct process_table *t, pid_t pid, uint64_t now_ns)
{
	struct entry *e;

	lock(t);
	e = find_newest(t, pid);
	if (e)
		e->seen_ns = now_ns;
	unlock(t);
}

/* `suspended_ns`: of procfs_read_suspended(), NULL: not known. */
static int sync_one(struct process_table *t, const struct seen *seen, uint64_t now_ns,
		    const uint64_t *suspended_ns)
{
	_cleanup_(process_unrefp) struct process *there = NULL;
	_cleanup_(process_unrefp) struct process *fresh = NULL;
	_cleanup_close_ int dirfd = -EBADF;
	struct image now = { 0 };
	uint64_t start_ns = 0, former_exit_ns = now_ns;
	struct entry *e;
	bool same;
	int r;

	dirfd = procfs_open(t->procfd, seen->pid);
	if (dirfd < 0)
		return is_shortage(dirfd) ? dirfd : 0;

	lock(t);
	e = find_newest(t, seen->pid);
	if (e) {
		there = process_ref(e->now);
		/* Of a generation whose fork was lost this is known: it began after
		 * the last that we know of the one before. */
		former_exit_ns = e->dead ? e->exit_ns : there->start_ns;
		if (there->image->exec_ns > former_exit_ns)
			former_exit_ns = there->image->exec_ns;
		if (e->seen_ns > former_exit_ns)
			former_exit_ns = e->seen_ns;
	}
	same = e && !e->dead && is_generation(there, seen->start_ticks, suspended_ns);
	unlock(t);

	if (same) {
		r = process_read_exe(dirfd, &t->reader->scratch, &now);
		if (r < 0 || (bytes_equal(now.exe, there->image->exe) && there->image->exe.len > 0)) {
			r = refresh(t, there, dirfd, &now, now_ns);
			mark_seen(t, seen->pid, now_ns);
			return r;
		}
	} else if (there) {
		start_ns = former_exit_ns + 1;
	}

	r = read_process(t, t->account, dirfd, &t->reader->scratch, start_ns, &fresh);
	if (r == -ESRCH)
		return 0;
	if (r < 0)
		return r;
	if (same) {	/* not seen by others yet, so it may be written */
		fresh->start_ns = there->start_ns;
		fresh->ppid = there->ppid ? there->ppid : fresh->ppid;
		fresh->image->exec_ns =
			there->start_ns == 0 && there->image->exe.len == 0 ? 0 : now_ns;
		if (there->parent) {
			(void)process_unref(fresh->parent);
			fresh->parent = process_ref(there->parent);
		}
	}
	return publish(t, &fresh,
		       &(struct publication){ .news = same ? NEWS_EXEC : NEWS_GENERATION,
					      .former_exit_ns = former_exit_ns, .seen_ns = now_ns,
					      .now_ns = now_ns });
}

/* What /proc did not show is gone: its EXIT was lost. */
static void sweep(struct process_table *t, uint64_t now_ns)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		struct entry *e;

		/* One bucket at a time: whoever asks meanwhile waits for a few entries. */
		lock(t);
		for (e = t->buckets[i]; e; e = e->next) {
			struct process *replaced = NULL;

			if (e->dead || e->seen_ns >= now_ns || e->now->start_ns >= now_ns)
				continue;
			mark_dead(t, e, now_ns, &replaced);
			(void)process_unref(replaced);	/* others hold it: nothing is freed here */
		}
		unlock(t);
	}
}

int process_table_sync(struct process_table *t, uint64_t now_ns)
{
	_cleanup_free_ struct seen *list = NULL;
	uint64_t suspended_ns = 0;
	bool have_suspended;
	size_t n = 0;
	int r;

	have_suspended = procfs_read_suspended(t->procfd, now_ns, &suspended_ns) >= 0;
	r = list_processes(t->procfd, &list, &n);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		r = sync_one(t, &list[i], now_ns, have_suspended ? &suspended_ns : NULL);
		if (r == -ENOMEM)
			count_no_memory(t);
		if (r < 0)
			return r;
	}
	sweep(t, now_ns);
	t->doubt = false;
	return 0;
}

/* ---- questions --------------------------------------------------------------------- */

/* From when on a snapshot is true of its process. */
static uint64_t since(const struct process *p)
{
	uint64_t at = p->inherited || p->image->exec_ns < p->start_ns ? p->start_ns : p->image->exec_ns;

	return p->changed_ns > at ? p->changed_ns : at;
}

/* The newest generation that had started; its place among those of the pid. */
static struct entry *find_at(struct process_table *t, pid_t pid, uint64_t at_ns)
{
	struct entry *best = NULL;

	for (struct entry *e = *bucket_of(t, pid); e; e = e->next)
		if (e->now->pid == pid && e->now->start_ns <= at_ns &&
		    (!best || e->now->start_ns > best->now->start_ns))
			best = e;
	return best;
}

struct process *process_table_get(struct process_table *t, pid_t pid, uint64_t at_ns)
{
	struct process *p = NULL;
	struct entry *e;

	lock(t);
	e = find_at(t, pid, at_ns);
	if (e) {
		p = e->now;
		for (size_t i = 0; i < ELEMENTSOF(e->former) && e->former[i] && since(p) > at_ns;
		     i++)
			p = e->former[i];
		(void)process_ref(p);
	}
	unlock(t);
	return p;
}

struct process *process_table_get_before(struct process_table *t, const struct process *p)
{
	struct process *before = NULL;
	struct entry *e;

	lock(t);
	e = find_at(t, p->pid, p->start_ns);
	if (e) {
		const struct process *next = e->now;

		for (size_t i = 0; i < ELEMENTSOF(e->former) && e->former[i] && !before; i++) {
			if (next->image == p->image && e->former[i]->image != p->image)
				before = e->former[i];
			next = e->former[i];
		}
	}
	if (!before && e && p->start_ns > 0) {
		e = find_at(t, p->pid, p->start_ns - 1);
		if (e)
			before = e->now;
	}
	before = process_ref(before);
	unlock(t);
	return before;
}

bool process_table_is_contested(struct process_table *t, const struct process *p, uint64_t since_ns)
{
	bool contested;

	lock(t);
	/* Who was forgotten before the time may have had any number. */
	contested = p->start_ns > since_ns && t->evicted_ns > since_ns;
	for (const struct entry *e = *bucket_of(t, p->pid); e && !contested; e = e->next) {
		if (e->now->pid != p->pid || e->now->start_ns > p->start_ns)
			continue;
		if (e->now->start_ns == p->start_ns)
			contested = e->began_by_ns > since_ns;
		else
			contested = p->start_ns > since_ns && (!e->dead || e->exit_ns > since_ns);
	}
	unlock(t);
	return contested;
}

void process_table_counters(struct process_table *t, struct process_table_counters *ret)
{
	lock(t);
	*ret = t->counters;
	unlock(t);
}
