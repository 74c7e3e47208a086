/* interest.h - a set of file handles in which the watch thread looks things up
 * without waiting for anybody: a Bloom filter of atomic words.
 *
 * Main adds the handles of directories whose files matter whatever their name,
 * and of hooks that have a second name; the watch thread asks.  An answer "yes" may
 * be wrong (main then resolves the event in vain); "no" is always right for what
 * was added before.  Nothing is taken out: a directory that is gone costs a vain
 * look-up.  At 100 000 additions one "yes" in a hundred is wrong.
 */
#ifndef PYHOOKD_INTEREST_H
#define PYHOOKD_INTEREST_H

#include <stdatomic.h>
#include <stdbool.h>

#include "fanotify_record.h"

#define INTEREST_BITS (1u << 20)	/* 128 KiB */

struct interest {
	uint64_t seed;			/* so that nobody can choose colliding handles */
	_Atomic uint64_t words[INTEREST_BITS / 64];
	_Atomic uint32_t added;
};

void interest_init(struct interest *s, uint64_t seed);
void interest_add(struct interest *s, const struct handle_view *h);
bool interest_has(const struct interest *s, const struct handle_view *h);

/* The same for one name in a directory, in a set of its own. */
void interest_add_name(struct interest *s, const struct handle_view *dir, struct bytes name);
bool interest_has_name(const struct interest *s, const struct handle_view *dir, struct bytes name);

#endif
