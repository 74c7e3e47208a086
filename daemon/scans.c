#include "scans.h"

#include <fcntl.h>
#include <stdlib.h>
#include <linux/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "clock.h"
#include "limits.h"
#include "scan.h"

struct job {
	struct job *next;
	struct scan *scan;
	struct str path;
	enum scan_purpose purpose;
	uint64_t start_ns;		/* CLOCK_REALTIME */
	bool started;
	bool behind;			/* a link, under whose name nobody watched until now */
	struct event template;
};

struct queue {
	struct job *first, **end;
};

struct scans {
	struct queue urgent;		/* something happened: an attacker may be waiting for it */
	struct queue background;	/* everything: minutes on a large disk */
	uint64_t waiting;
	scans_event_fn event_fn;
	scans_dir_fn dir_fn;
	scans_link_fn link_fn;
	void *userdata;
	struct scans_counters done;
};

int scans_new(scans_event_fn event_fn, scans_dir_fn dir_fn, void *userdata, struct scans **ret)
{
	struct scans *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->urgent.end = &s->urgent.first;
	s->background.end = &s->background.first;
	s->event_fn = event_fn;
	s->dir_fn = dir_fn;
	s->userdata = userdata;
	*ret = s;
	return 0;
}

void scans_set_link_fn(struct scans *s, scans_link_fn fn)
{
	s->link_fn = fn;
}

static struct job *job_free(struct job *j)
{
	if (!j)
		return NULL;
	scan_free(j->scan);
	str_release(&j->path);
	event_done(&j->template);
	free(j);
	return NULL;
}
DEFINE_CLEANUP(struct job, job_free)

static void clear(struct queue *q)
{
	while (q->first) {
		struct job *next = q->first->next;

		job_free(q->first);
		q->first = next;
	}
}

struct scans *scans_free(struct scans *s)
{
	if (!s)
		return NULL;
	clear(&s->urgent);
	clear(&s->background);
	free(s);
	return NULL;
}

/* A mount of our own, in no namespace, of what the directory lies in: descriptors in it do not make
 * umount(8) fail with EBUSY, as those in the mount itself would for as long as the search takes. Before 5.2,
 * or where it is not allowed, the directory itself. */
static int open_apart(int dirfd, const char *path)
{
	int tree = (int)syscall(SYS_open_tree, dirfd, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	int fd;

	if (tree < 0)
		return openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
	/* The clone goes away with the last descriptor in it. */
	fd = openat(tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
	(void)close(tree);
	return fd;
}

/* A search that has not begun will see all that there is by then: a directory that is moved to
 * and fro is searched once. */
static bool is_waiting(const struct queue *q, struct bytes path, enum scan_purpose purpose)
{
	for (const struct job *j = q->first; j; j = j->next)
		if (!j->started && j->purpose == purpose && bytes_equal(str_bytes(&j->path), path))
			return true;
	return false;
}

static int add(struct scans *s, int dirfd, struct bytes path, enum scan_purpose purpose, const struct event *template,
	       bool behind)
{
	_cleanup_(job_freep) struct job *j = NULL;
	_cleanup_close_ int fd = -EBADF;
	struct queue *q;
	int r;

	q = behind || purpose == SCAN_ARRIVED || purpose == SCAN_NEWER ? &s->urgent : &s->background;
	if (is_waiting(q, path, purpose))
		return 0;
	if (s->waiting >= SCANS_MAX)
		return -ENOSPC;

	if (dirfd >= 0) {
		fd = open_apart(dirfd, ".");
		if (fd < 0)
			return -errno;
	}
	j = calloc(1, sizeof(*j));
	if (!j)
		return -ENOMEM;
	j->template = EVENT_INIT;
	str_init(&j->path);
	r = str_append_bytes(&j->path, path);
	if (r < 0)
		return r;
	j->purpose = purpose;
	j->behind = behind;
	j->start_ns = clock_ns(CLOCK_REALTIME);
	if (template) {
		j->template.what = template->what;
		j->template.feed = template->feed;
		j->template.pid = template->pid;
		j->template.time_ns = template->time_ns;
		j->template.mono_ns = template->mono_ns;
		j->template.since_ns = template->since_ns;
		j->template.exec_ns = template->exec_ns;
		j->template.path_relative = template->path_relative;
		r = event_set_paths(&j->template, template->path, template->old_path, template->exec_path);
		if (r < 0)
			return r;
	}
	if (fd >= 0) {
		r = scan_new(TAKE_FD(fd), path, &j->scan);
		if (r < 0)
			return r;
	}

	*q->end = j;
	q->end = &j->next;
	s->waiting++;
	TAKE_PTR(j);
	return 0;
}

int scans_add(struct scans *s, int dirfd, struct bytes path, enum scan_purpose purpose,
	      const struct event *template)
{
	return add(s, dirfd, path, purpose, template, false);
}

int scans_add_behind(struct scans *s, int dirfd, struct bytes path, enum scan_purpose purpose,
		     const struct event *template)
{
	return add(s, dirfd, path, purpose, template, true);
}

struct step {
	struct scans *s;
	struct job *job;
};

/* Changed since the search began: the kernel tells of it, with the process.  The inventory must not
 * take in silently what was planted while it is made (the file system's clock is coarse, hence the second). */
static bool is_told_by_an_event(const struct job *j, uint64_t changed_ns)
{
	/* From the future: a clock was set back, and nothing can be told from it. */
	if (changed_ns > clock_ns(CLOCK_REALTIME))
		return false;
	switch (j->purpose) {
	case SCAN_INVENTORY:
		return changed_ns >= j->start_ns - NSEC_PER_SEC;
	case SCAN_DIFFERENCE:
		return changed_ns >= j->start_ns;
	default:
		return false;
	}
}

static int found(int dirfd, struct bytes path, const struct hook *hook, void *userdata)
{
	struct step *step = userdata;
	const struct event *template = &step->job->template;
	_cleanup_event_ struct event e = EVENT_INIT;
	struct bytes name = bytes_basename(path);
	_cleanup_str_ struct str copy = STR_INIT;
	uint64_t changed_ns = 0;
	struct stat st;
	int r;

	(void)hook;
	r = str_append_bytes(&copy, name);
	if (r < 0)
		return r;
	if (fstatat(dirfd, copy.buf, &st, AT_SYMLINK_NOFOLLOW) == 0)
		changed_ns = timespec_ns(&st.st_ctim);
	if (!step->job->behind && is_told_by_an_event(step->job, changed_ns))
		return 0;

	r = event_set_paths(&e, path, BYTES_LIT(""), template->exec_path);
	if (r < 0)
		return r;
	e.what = EVENT_FOUND;
	e.feed = FEED_SCAN;
	e.time_ns = template->mono_ns ? template->time_ns : clock_ns(CLOCK_REALTIME);
	e.mono_ns = template->mono_ns ? template->mono_ns : clock_mono_ns();
	e.since_ns = template->since_ns;
	e.exec_ns = template->exec_ns;
	e.path_relative = template->path_relative;
	e.alias = step->job->behind;
	/* Out of descriptors: the event is judged without reading, not lost. */
	e.dirfd = fcntl(dirfd, F_DUPFD_CLOEXEC, 3);

	switch (step->job->purpose) {
	case SCAN_INVENTORY:
		e.silent = !step->job->behind || template->time_ns == 0 || changed_ns < template->time_ns;
		break;
	case SCAN_NEWER:
		e.silent = changed_ns < template->time_ns;
		break;
	case SCAN_ARRIVED:
		e.what = template->what;
		e.feed = template->feed;
		e.pid = template->pid;
		break;
	case SCAN_DIFFERENCE:
		break;
	}
	step->s->event_fn(&e, step->s->userdata);
	return 0;
}

/* When the search that met it began: what changed since then under the other name no event has told. */
static void link_met(int dirfd, struct bytes path, void *userdata)
{
	struct step *step = userdata;
	const struct job *j = step->job;
	struct event template = j->template;

	(void)dirfd;
	if (j->purpose == SCAN_INVENTORY && !j->behind)
		template.time_ns = j->start_ns;
	step->s->link_fn(path, j->purpose, &template, step->s->userdata);
}

static void directory(int dirfd, struct bytes path, void *userdata)
{
	struct step *step = userdata;

	(void)path;
	if (step->s->dir_fn)
		step->s->dir_fn(dirfd, step->s->userdata);
}

/* When its turn comes, so that a filesystem can be unmounted as long as it waits. */
static bool open_scan(struct job *j)
{
	int fd = open_apart(AT_FDCWD, j->path.buf);

	return fd >= 0 && scan_new(fd, str_bytes(&j->path), &j->scan) >= 0;
}

static void finish(struct scans *s, struct queue *q)
{
	struct job *j = q->first;

	q->first = j->next;
	if (!q->first)
		q->end = &q->first;
	s->waiting--;
	job_free(j);
}

bool scans_step(struct scans *s)
{
	struct queue *q = s->urgent.first ? &s->urgent : &s->background;
	struct job *j = q->first;
	struct scan_counters c;
	struct step step = { s, j };

	if (!j)
		return false;
	j->started = true;
	if (!j->scan && !open_scan(j)) {
		s->done.unreadable++;
		finish(s, q);
		return s->waiting > 0;
	}
	if (s->link_fn)
		scan_set_link_fn(j->scan, link_met);
	if (j->behind)
		scan_set_narrow(j->scan);
	if (scan_step(j->scan, SCANS_SLICE, found, directory, &step) > 0)
		return true;

	scan_counters(j->scan, &c);
	s->done.done++;
	s->done.entries += c.entries;
	s->done.hooks += c.hooks;
	s->done.unreadable += c.unreadable;
	s->done.too_deep += c.too_deep;
	finish(s, q);
	return s->waiting > 0;
}

void scans_cancel(struct scans *s, struct bytes path)
{
	struct queue *const queues[] = { &s->urgent, &s->background };

	for (size_t i = 0; i < ELEMENTSOF(queues); i++) {
		struct job **at = &queues[i]->first;

		while (*at) {
			struct job *j = *at;

			if (!bytes_equal(str_bytes(&j->path), path)) {
				at = &j->next;
				continue;
			}
			*at = j->next;
			s->waiting--;
			job_free(j);
		}
		queues[i]->end = at;
	}
}

bool scans_idle(const struct scans *s)
{
	return s->waiting == 0;
}

bool scans_are_urgent(const struct scans *s)
{
	return s->urgent.first;
}

void scans_counters(const struct scans *s, struct scans_counters *ret)
{
	*ret = s->done;
	ret->waiting = s->waiting;
}
