/* allowance.h - how much work the hooks of a host may cost together.
 *
 * Whoever plants a hook decides what judging it costs, up to CONTENT_WORK_MAX, and may plant a hundred; the ordinary one behind
 * them must not wait for all of that.  So what was spent comes back at a rate, and who comes when nothing is
 * left has ALLOWANCE_MIN: enough for what an ordinary hook does, and too little to keep others waiting.
 */
#ifndef PYHOOKD_ALLOWANCE_H
#define PYHOOKD_ALLOWANCE_H

#include <stdint.h>

struct allowance {
	uint64_t spent;		/* and not come back yet; 0: all is there */
	uint64_t since_ns;	/* when that was counted */
};

/* What the next hook may cost: CONTENT_WORK_MAX, or what is there of it, ALLOWANCE_MIN at least.  `now_ns` never goes back. */
uint64_t allowance_of(struct allowance *a, uint64_t now_ns);

/* So much it has cost. */
void allowance_spend(struct allowance *a, uint64_t units);

#endif
