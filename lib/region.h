/* region.h - memory that lives as long as one event.
 *
 * Whatever the stages of the line learn about an event is put into the event's
 * region and goes with it in one call: no stage frees anything.  Not shared
 * between threads.
 */
#ifndef PYHOOKD_REGION_H
#define PYHOOKD_REGION_H

#include "str.h"

struct region_block;

struct region {
	struct region_block *head;
	size_t used;		/* bytes handed out, for limits and statistics */
};

#define REGION_INIT ((struct region){ NULL, 0 })

void region_release(struct region *r);	/* frees all; r is usable again */

/* Zeroed memory, aligned for any type; NULL when there is none. */
void *region_alloc(struct region *r, size_t size);
void *region_alloc_array(struct region *r, size_t count, size_t size);

/* A copy with a NUL behind it.  ptr is NULL when there is no memory. */
struct bytes region_copy(struct region *r, struct bytes b);
struct bytes region_printf(struct region *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define _cleanup_region_ __attribute__((cleanup(region_release)))

#endif
