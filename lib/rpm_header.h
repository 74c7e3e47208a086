/* rpm_header.h - what the header of an installed rpm package says of one of its files.
 *
 * As rpm keeps it in its database: two counts, an index of tags, and the data that it points into, all big-endian
 * (rpm, lib/header.c: struct entryInfo_s, hdrblobInit(); docs/manual/format.md and tags.md).  Whoever made the root
 * directory made the header, so each number in it is doubted.
 */
#ifndef PYHOOKD_RPM_HEADER_H
#define PYHOOKD_RPM_HEADER_H

#include <stdbool.h>

#include "digest.h"

/* Views into the header. */
struct rpm_file {
	struct bytes package, version, release;	/* version and release may be absent */
	bool has_epoch;
	uint32_t epoch;
	struct digest digest;			/* algorithm NULL: none is recorded (a link, a ghost) */
};

/* Is the file with that `index` of the package installed as `path` (absolute, normal)?  1; 0: no, or it is not
 * installed, or another package has replaced it; -EBADMSG: damaged. */
int rpm_header_find(struct bytes header, uint32_t index, struct bytes path, struct rpm_file *ret);

#endif
