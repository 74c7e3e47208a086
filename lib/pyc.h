/* pyc.h - the header of a compiled module (PEP 552): would CPython use it? */
#ifndef PYHOOKD_PYC_H
#define PYHOOKD_PYC_H

#include <stdbool.h>
#include <stdint.h>

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

#endif
