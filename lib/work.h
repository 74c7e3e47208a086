/* work.h - how much may be done for one question.
 *
 * What is looked at to answer was put there by whoever asked for it to be looked at: each part of it has a bound, and the
 * number of parts times their bounds is minutes.  So all parts take from one amount.  A unit is a byte that
 * is hashed or parsed, 3 to 5 ns; what else is done is counted in the same money (limits.h).
 */
#ifndef PYHOOKD_WORK_H
#define PYHOOKD_WORK_H

#include <errno.h>
#include <stdint.h>

#include "limits.h"

struct work {
	uint64_t left;
};

/* Take `units` off; -EDQUOT, and nothing is left, if there are not so many.  `w` NULL: there is no bound. */
static inline int work_take(struct work *w, uint64_t units)
{
	if (!w)
		return 0;
	if (units > w->left) {
		w->left = 0;
		return -EDQUOT;
	}
	w->left -= units;
	return 0;
}

/* A name is looked up, and perhaps opened. */
static inline int work_take_path(struct work *w)
{
	return work_take(w, WORK_PATH);
}

/* So many bytes are searched for a text. */
static inline int work_take_search(struct work *w, uint64_t bytes)
{
	return work_take(w, bytes / WORK_SEARCH_BYTES + WORK_PATH);
}

#endif
