/* ring.h - a bounded ring of records of any size, from one thread to another.
 *
 * One producer (watch), one consumer (main); neither waits for the other.  The
 * producer is told when a record does not fit: it counts and goes on.
 */
#ifndef PYHOOKD_RING_H
#define PYHOOKD_RING_H

#include <stdbool.h>
#include <stddef.h>

#include "cleanup.h"
#include "str.h"

struct ring;

/* `size`: bytes, a power of two.  -ENOMEM. */
int ring_new(size_t size, struct ring **ret);
struct ring *ring_free(struct ring *r);
DEFINE_CLEANUP(struct ring, ring_free)

/* Producer: copy the parts, one behind the other, as one record.  False: no room. */
bool ring_push(struct ring *r, const struct bytes *parts, size_t count);

/* Consumer: a view of the oldest record, valid until ring_pop().  False: empty. */
bool ring_peek(struct ring *r, struct bytes *ret);
void ring_pop(struct ring *r);

size_t ring_used(const struct ring *r);	/* bytes; any thread, approximate */

#endif
