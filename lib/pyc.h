/* pyc.h - a compiled module: would CPython use it (PEP 552), is it made of its source, and what does it do?
 *
 * Bytecode is not followed.  What is judged are the names that it uses (co_names) and its constant texts: whoever wants
 * to start a process has to name what starts one.
 */
#ifndef PYHOOKD_PYC_H
#define PYHOOKD_PYC_H

#include <stdbool.h>
#include <stdint.h>

#include "indicator.h"
#include "judgement.h"
#include "region.h"
#include "str.h"

enum pyc_kind {
	PYC_TIMESTAMP,		/* used when mtime and size equal the source's */
	PYC_CHECKED_HASH,	/* used when the source's SipHash is equal */
	PYC_UNCHECKED_HASH,	/* used always: the source is never looked at */
};

struct pyc_header {
	uint16_t magic;		/* of the CPython version */
	enum pyc_kind kind;
	uint32_t source_mtime;	/* PYC_TIMESTAMP: seconds since the epoch, modulo 2^32 */
	uint32_t source_size;	/* likewise */
};

/* -EINVAL: too short, or not a pyc (CPython would ignore or refuse it). */
int pyc_parse_header(struct bytes content, struct pyc_header *ret);

/* Which Python writes this magic number: 0x0207, 0x0306, 0x030b; of PyPy the one whose layout it shares.
 * 0: none that is known. */
unsigned pyc_python(uint16_t magic);

struct pyc_request {
	struct bytes bytes;			/* of the .pyc */
	struct bytes source;			/* of the .py; absent: there is none, or it is not to be had */
	uint32_t source_mtime, source_size;	/* of the .py, as in the header; not used without a source */
	const struct judgement *judgement;
	struct work *work;			/* what it may cost; NULL: no bound beside pyc's own */
};

enum pyc_fits {
	PYC_FITS_UNKNOWN,	/* no source, or it could not be compared */
	PYC_FITS,		/* every name and every word of its texts stands in the source */
	PYC_DIFFERS,
};

struct pyc_verdict {
	struct pyc_header header;
	unsigned python;		/* pyc_python(); 0: unknown, and nothing more was read */
	bool stale;			/* its time stamp or size is not the source's: CPython compiles the source again */
	enum pyc_fits fits;
	bool unread;			/* it goes on behind a bound: not all of it was looked at */
	uint64_t indicators;		/* a set of INDICATOR_BIT; where it fits, judge the source instead */
	struct finding *findings;	/* PYC_FINDINGS_MAX at most, without lines; in the region */
	size_t finding_count;
};

/* 0; -EINVAL: no pyc; -ENOMEM.  Damaged or hostile data behind the header is no error. */
int pyc_judge(const struct pyc_request *request, struct region *region, struct pyc_verdict *ret);

#endif
