/* zipfile.h - the members of a zip archive, as zipimport sees them.
 *
 * python3XY.zip is the first entry of sys.path, and a path line or PYTHONPATH may lead to any archive: modules in it
 * are imported like files (Lib/zipimport.py).  Archives are read in many ways, and where two readers differ code can
 * be hidden: so this one follows zipimport's (_read_directory, _get_data) and no library's.  Archives over 4 GiB
 * (zip64, from 3.13) are not read.
 */
#ifndef PYHOOKD_ZIPFILE_H
#define PYHOOKD_ZIPFILE_H

#include <stdint.h>

#include "str.h"

struct zipfile_member {
	struct bytes name;		/* a view into the archive: "encodings/__init__.py" */
	uint32_t packed_size, size;	/* bytes, as the directory says */
	uint16_t method;		/* 0: stored; 8: deflated; zipimport takes any other for deflated, too */
	size_t at;			/* of its local header */
};

typedef int (*zipfile_fn)(const struct zipfile_member *member, void *userdata);

/* Every member of the directory, in its order; of two with one name zipimport takes the later.
 * 0; -EINVAL: zipimport would refuse it; -E2BIG: more than ZIPFILE_MEMBERS_MAX; the callback's negative answer. */
int zipfile_read(struct bytes archive, zipfile_fn fn, void *userdata);

/* The content of a member, at most `max` bytes of it, into *ret (initialised, emptied first).
 * -EINVAL: damaged, what could be had is in *ret; -ENOMEM. */
int zipfile_extract(struct bytes archive, const struct zipfile_member *member, size_t max, struct str *ret);

#endif
