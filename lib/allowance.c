/* allowance.c - see allowance.h. */
#include "allowance.h"

#include "limits.h"

uint64_t allowance_of(struct allowance *a, uint64_t now_ns)
{
	uint64_t back = (now_ns - a->since_ns) / ALLOWANCE_UNIT_NS;

	a->spent -= back < a->spent ? back : a->spent;
	/* What is less than a unit is not lost. */
	a->since_ns += back * ALLOWANCE_UNIT_NS;
	return a->spent < CONTENT_WORK_MAX - ALLOWANCE_MIN ? CONTENT_WORK_MAX - a->spent : ALLOWANCE_MIN;
}

void allowance_spend(struct allowance *a, uint64_t units)
{
	/* More than all is never owed: a minute of this is over when it is over. */
	a->spent = units < CONTENT_WORK_MAX - a->spent ? a->spent + units : CONTENT_WORK_MAX;
}
