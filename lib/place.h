/* place.h - where does a path lead that Python was told to look at?
 *
 * A path line of a .pth, an element of PYTHONPATH, the value of PYTHONSTARTUP:
 * harmless when it leads to a place of root's (or of the hook's own owner),
 * dangerous when others can write there or will be able to create it.
 */
#ifndef PYHOOKD_PLACE_H
#define PYHOOKD_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "limits.h"
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

/* Who asks. */
struct place_asker {
	int rootfd;		/* the disk is looked at below it; -EBADF: by the text alone */
	struct bytes home;	/* replaces a leading ~, $HOME or ${HOME}; absent: not known */
	uid_t owner;		/* of the hook */
	struct bytes base;	/* the directory of the hook, or of its environment; absent: none.  What is true of a directory
				 * that the path and `base` have in common is true of the hook as well, and adds nothing; but of
				 * the last such directory it counts who may write to it, unless it is `base` itself: beside
				 * /tmp/mine/venv anybody may create /tmp/other, but not /tmp/mine/other */
	unsigned *steps;	/* looks at the disk that are left: PLACE_STEPS_MAX at first, one for all that is
				 * judged together.  NULL: so many for each call */
};

/* Judge one path as used by a hook.  Looks at the disk with fstatat only, never opens what it finds.
 * A set of place_flag. */
unsigned place_judge(const struct place_asker *asker, struct bytes path);

/* For variables: the union over the elements of a colon-separated list.  The
 * list as it was before ($PYTHONPATH, ${PYTHONPATH:+:$PYTHONPATH}) adds nothing;
 * an empty list sets nothing: 0. */
unsigned place_judge_list(const struct place_asker *asker, struct bytes list);

/* The next element of such a list, without the list as it was before; of that alone nothing is told.  *at: 0 at first.
 * False: no more. */
bool place_next_element(struct bytes list, size_t *at, struct bytes *ret);

/* The home directory that a file is in, as far as its path tells: /root, /home/NAME, what stands before the
 * first hidden component.  A view; absent: in none. */
struct bytes place_home_of(struct bytes path);

/* os.path.abspath(os.path.join(dir, path)): "." and ".." go before any link is looked at.
 * The length; -1: too long.  `buf` is no C string. */
ptrdiff_t place_join(struct bytes dir, struct bytes path, char buf[PLACE_PATH_MAX]);

/* As place_join(), of what a file in `dir` writes: ~, $HOME, ${HOME} and %h in front are `home`.  -1 also where another expansion
 * is left, or a pattern. */
ptrdiff_t place_resolve(struct bytes home, struct bytes dir, struct bytes path, char buf[PLACE_PATH_MAX]);

/* Leads to code that others can write or plant.  (Hidden counts: it is where nobody looks.)  That nothing
 * is there yet does not: only who may create it matters, which the other flags tell; nor does what is not known. */
static inline bool place_is_dangerous(unsigned flags)
{
	return flags & (PLACE_RELATIVE | PLACE_TEMPORARY | PLACE_HIDDEN | PLACE_OTHERS_WRITE);
}

/* "relative", "missing", ...: name of one flag; NULL: no such. */
const char *place_flag_to_string(enum place_flag one);

#endif
