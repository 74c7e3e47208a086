/* place.h - where does a path lead that Python was told to look at?
 *
 * A path line of a .pth, an element of PYTHONPATH, the value of PYTHONSTARTUP:
 * harmless when it leads to a place of root's (or of the hook's own owner),
 * dangerous when others can write there or will be able to create it.
 */
#ifndef PYHOOKD_PLACE_H
#define PYHOOKD_PLACE_H

#include <stdbool.h>
#include <sys/types.h>

#include "str.h"

enum place_flag {
	PLACE_RELATIVE = 1 << 0,	/* relative or empty: depends on where Python is started */
	PLACE_MISSING = 1 << 1,		/* does not exist: whoever creates it decides */
	PLACE_TEMPORARY = 1 << 2,	/* below /tmp, /var/tmp, /dev/shm, /run/user, /proc */
	PLACE_HIDDEN = 1 << 3,		/* a component starts with a dot, except directories that tools make
					 * everywhere (.local, .venv, ...) and a dot file directly in `home` */
	PLACE_OTHERS_WRITE = 1 << 4,	/* it, or a directory above it, is writable by group or others, or
					 * owned by somebody who is neither root nor `owner`; the groups 0
					 * and the owner's private one do not count */
	PLACE_UNDECIDABLE = 1 << 5,	/* an expansion is left in it */
	PLACE_NOT_ROOTS = 1 << 6,	/* owned (it or a directory above) by somebody who is not root */
};

/* Judge one path as used by a hook whose owner is `owner`; `home` replaces a
 * leading ~, $HOME or ${HOME} where it is known.  Looks at the disk below
 * `rootfd` with fstatat only, never opens what it finds.  A set of place_flag. */
unsigned place_judge(int rootfd, struct bytes path, struct bytes home, uid_t owner);

/* For variables: the union over the elements of a colon-separated list.  The
 * list as it was before ($PYTHONPATH, ${PYTHONPATH:+:$PYTHONPATH}) adds nothing;
 * an empty list sets nothing: 0. */
unsigned place_judge_list(int rootfd, struct bytes list, struct bytes home, uid_t owner);

/* Leads to code that others can write or plant.  (Hidden counts: it is where
 * nobody looks.) */
static inline bool place_is_dangerous(unsigned flags)
{
	return flags & (PLACE_RELATIVE | PLACE_MISSING | PLACE_TEMPORARY | PLACE_HIDDEN |
			PLACE_OTHERS_WRITE | PLACE_UNDECIDABLE);
}

/* "relative", "missing", ...: name of one flag; NULL: no such. */
const char *place_flag_to_string(enum place_flag one);

#endif
