/* coalesce.c - a search tree by path (libc's tsearch: balanced, so hostile names
 * cannot make it slow) and two queues: held, by deadline; ready, by arrival. */
#include "coalesce.h"

#include <search.h>
#include <stdlib.h>

#include "limits.h"

struct held {
	struct event event;
	uint64_t deadline;
	struct held *next, *previous;	/* in c->held, oldest first */
};

struct coalesce {
	void *by_path;			/* tsearch: struct held, the held ones only */
	struct held *first, *last;	/* held; the hold is constant, so by deadline, too */
	struct held *ready, **ready_end;
	size_t count;
};

static int compare(const void *a, const void *b)
{
	const struct held *x = a, *y = b;

	return bytes_compare(x->event.path, y->event.path);
}

int coalesce_new(struct coalesce **ret)
{
	struct coalesce *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->ready_end = &c->ready;
	*ret = c;
	return 0;
}

static void held_free(struct held *h)
{
	event_done(&h->event);
	free(h);
}

struct coalesce *coalesce_free(struct coalesce *c)
{
	if (!c)
		return NULL;
	while (c->first) {
		struct held *next = c->first->next;

		(void)tdelete(c->first, &c->by_path, compare);
		held_free(c->first);
		c->first = next;
	}
	while (c->ready) {
		struct held *next = c->ready->next;

		held_free(c->ready);
		c->ready = next;
	}
	free(c);
	return NULL;
}

static void make_ready(struct coalesce *c, struct held *h)
{
	(void)tdelete(h, &c->by_path, compare);
	if (h->previous)
		h->previous->next = h->next;
	else
		c->first = h->next;
	if (h->next)
		h->next->previous = h->previous;
	else
		c->last = h->previous;

	h->next = NULL;
	*c->ready_end = h;
	c->ready_end = &h->next;
}

/* Does the event's pid name the one who acted, or only the last closer? */
static bool names_actor(const struct event *e)
{
	return e->what & ~(uint32_t)(EVENT_CLOSE_WRITE | EVENT_ATTRIB);
}

static int merge(struct event *into, struct event *e)
{
	bool replaces_actor = !names_actor(into) && names_actor(e);
	int r;

	if (replaces_actor || (e->exec_path.len > 0 && into->exec_path.len == 0 && into->pid == e->pid)) {
		r = event_set_paths(into, into->path,
				    e->old_path.len > 0 ? e->old_path : into->old_path, e->exec_path);
		if (r < 0)
			return r;
		into->exec_ns = e->exec_ns;
	} else if (e->old_path.len > 0) {
		r = event_set_paths(into, into->path, e->old_path, into->exec_path);
		if (r < 0)
			return r;
	}
	if (replaces_actor) {
		/* A number is asked for at the time of the act that it is known from. */
		into->pid = e->pid;
		into->mono_ns = e->mono_ns;
		into->since_ns = e->since_ns;
	}
	if (e->what & EVENT_CLOSE_WRITE)
		into->closer_pid = e->closer_pid;
	into->what |= e->what;
	into->is_dir |= e->is_dir;
	into->through &= e->through;

	/* The name's directory may have been replaced meanwhile: the later one counts. */
	if (e->dirfd >= 0) {
		if (into->dirfd >= 0)
			(void)close(into->dirfd);
		into->dirfd = TAKE_FD(e->dirfd);
	}
	event_done(e);
	return 0;
}

int coalesce_add(struct coalesce *c, struct event *e, bool complete, uint64_t now_ns)
{
	struct held key = { .event.path = e->path }, *h;
	void *found = tfind(&key, &c->by_path, compare);

	if (found) {
		/* Its writer, who is still at it, may set mode and owner first. */
		bool completes = complete && e->what != EVENT_ATTRIB;
		int r;

		h = *(struct held **)found;
		r = merge(&h->event, e);
		if (r < 0)
			return r;
		if (completes)
			make_ready(c, h);
		return 0;
	}

	h = calloc(1, sizeof(*h));
	if (!h)
		return -ENOMEM;
	h->event = *e;
	h->deadline = now_ns + COALESCE_HOLD_NS;
	if (!tsearch(h, &c->by_path, compare)) {
		free(h);
		return -ENOMEM;
	}
	*e = EVENT_INIT;

	h->previous = c->last;
	if (c->last)
		c->last->next = h;
	else
		c->first = h;
	c->last = h;
	c->count++;

	if (complete)
		make_ready(c, h);
	else if (c->count > COALESCE_PATHS_MAX)
		make_ready(c, c->first);
	return 0;
}

bool coalesce_take(struct coalesce *c, uint64_t now_ns, struct event *ret)
{
	struct held *h;

	while (c->first && c->first->deadline <= now_ns)
		make_ready(c, c->first);

	h = c->ready;
	if (!h)
		return false;
	c->ready = h->next;
	if (!c->ready)
		c->ready_end = &c->ready;
	c->count--;

	*ret = h->event;
	free(h);
	return true;
}

uint64_t coalesce_deadline(const struct coalesce *c)
{
	if (c->ready)
		return 0;
	return c->first ? c->first->deadline : UINT64_MAX;
}

size_t coalesce_count(const struct coalesce *c)
{
	return c->count;
}
