/* ownership.h - who may write to a file or a directory, and does a change let others do so?
 *
 * MITRE's detection strategy DET0258 asks for changes of owner or mode that open a start-up hook, or a directory of hooks,
 * to others.  Values only; the caller has looked.
 */
#ifndef PYHOOKD_OWNERSHIP_H
#define PYHOOKD_OWNERSHIP_H

#include <stdbool.h>
#include <sys/stat.h>

struct ownership {
	bool known;
	uid_t uid;
	gid_t gid;
	mode_t mode;		/* permission bits */
	bool acl;		/* it has a list of its own: the group's bits are the most that anybody in it has (acl(5)) */
};

struct ownership ownership_of(const struct stat *st, bool acl);

bool ownership_equal(const struct ownership *a, const struct ownership *b);

/* May somebody write who is neither root nor the owner?  The groups 0 and the owner's private one do not count. */
bool ownership_lets_others_write(const struct ownership *o);

/* May somebody write now who could not before?  False where either is not known. */
bool ownership_is_opened(const struct ownership *before, const struct ownership *now);

/* Does the file have such a list?  `path` leads to it without links that somebody else controls, as /proc/self/fd/N. */
bool ownership_has_acl(const char *path);

#endif
