/* deferral.c - a list, in the order in which it began to wait: there are few.
 *
 * The facts are moved as they are.  Their views point into the event's memory and the region's blocks, which stay
 * where they are; only the two pointers to event and region themselves are set anew.
 */
#include "deferral.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "limits.h"

struct deferral {
	struct deferred *first, **end;
	size_t count, bytes;
};

struct deferred *deferred_free(struct deferred *d)
{
	if (!d)
		return NULL;
	attribution_done(&d->facts.attribution);
	event_done(&d->event);
	region_release(&d->region);
	free(d);
	return NULL;
}

int deferral_new(struct deferral **ret)
{
	struct deferral *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->end = &d->first;
	*ret = d;
	return 0;
}

struct deferral *deferral_free(struct deferral *d)
{
	while (d && d->first)
		deferred_free(deferral_take(d, d->first));
	free(d);
	return NULL;
}

int deferral_add(struct deferral *d, struct facts *f, struct event *event, struct region *region,
		 const struct hookfile *file, uint64_t since_ns, uint64_t now_ns)
{
	struct deferred *one;

	if (d->count == DEFERRAL_MAX || d->bytes + region->used > DEFERRAL_BYTES_MAX)
		return -ENOSPC;
	one = calloc(1, sizeof(*one));
	if (!one)
		return -ENOMEM;
	one->event = *event;
	*event = EVENT_INIT;
	closep(&one->event.dirfd);
	one->event.dirfd = -EBADF;
	one->region = *region;
	*region = REGION_INIT;
	one->facts = *f;
	one->facts.event = &one->event;
	one->facts.region = &one->region;
	one->facts.evidence = BYTES_NONE;	/* the content is the caller's */
	f->attribution.process = NULL;
	one->file = *file;
	one->file.content = STR_INIT;
	one->file.fd = -EBADF;
	one->file.met = NULL;
	one->since_ns = since_ns;
	one->interval_ns = DEFERRAL_FIRST_NS;
	one->next_ns = now_ns + one->interval_ns;
	*d->end = one;
	d->end = &one->next;
	d->count++;
	d->bytes += one->region.used;
	return 0;
}

struct deferred *deferral_find(const struct deferral *d, struct bytes path)
{
	for (struct deferred *one = d->first; one; one = one->next)
		if (bytes_equal(one->event.path, path))
			return one;
	return NULL;
}

static struct deferred *earliest(const struct deferral *d)
{
	struct deferred *best = d->first;

	for (struct deferred *one = d->first; one; one = one->next)
		if (one->next_ns < best->next_ns)
			best = one;
	return best;
}

struct deferred *deferral_due(const struct deferral *d, uint64_t now_ns)
{
	struct deferred *one = earliest(d);

	return one && one->next_ns <= now_ns ? one : NULL;
}

void deferred_again(struct deferred *one, uint64_t cost_ns, uint64_t now_ns)
{
	uint64_t pause;

	one->interval_ns = one->interval_ns * 2 < DEFERRAL_LAST_NS ? one->interval_ns * 2 : DEFERRAL_LAST_NS;
	pause = cost_ns * DEFERRAL_COST_FACTOR > one->interval_ns ? cost_ns * DEFERRAL_COST_FACTOR : one->interval_ns;
	one->next_ns = now_ns + pause;
	/* Its writer has ended: there is but one more look. */
	if (one->gone_ns > 0 && one->gone_ns + DEFERRAL_SETTLE_NS < one->next_ns)
		one->next_ns = one->gone_ns + DEFERRAL_SETTLE_NS;
	if (one->since_ns + DEFERRAL_TIMEOUT_NS < one->next_ns)
		one->next_ns = one->since_ns + DEFERRAL_TIMEOUT_NS;
}

struct deferred *deferral_take(struct deferral *d, struct deferred *one)
{
	struct deferred **at = &d->first;

	while (*at != one)
		at = &(*at)->next;
	*at = one->next;
	if (d->end == &one->next)
		d->end = at;
	one->next = NULL;
	d->count--;
	/* What was looked at meanwhile went into the region, too. */
	d->bytes = 0;
	for (const struct deferred *other = d->first; other; other = other->next)
		d->bytes += other->region.used;
	return one;
}

uint64_t deferral_deadline(const struct deferral *d)
{
	const struct deferred *one = earliest(d);

	return one ? one->next_ns : UINT64_MAX;
}

size_t deferral_count(const struct deferral *d)
{
	return d->count;
}
