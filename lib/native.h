/* native.h - an extension module: what does it ask the C library and the interpreter for?
 *
 * Machine code is not read.  What is judged are its strings: the names of functions that the dynamic linker shall
 * find are among them (ELF, .dynstr), and so are paths, addresses and commands.
 */
#ifndef PYHOOKD_NATIVE_H
#define PYHOOKD_NATIVE_H

#include "indicator.h"
#include "judgement.h"
#include "region.h"

struct native_verdict {
	uint64_t indicators;		/* a set of INDICATOR_BIT; INDICATOR_NATIVE always */
	struct finding *findings;	/* without lines; in the region */
	size_t finding_count;
};

/* 0; -EINVAL: no ELF file; -ENOMEM. */
int native_judge(struct bytes bytes, const struct judgement *judgement, struct region *region, struct native_verdict *ret);

#endif
