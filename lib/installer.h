/* installer.h - is the writer a genuine installer of Python packages?
 *
 * A name proves nothing: pip runs as python3.11, and /tmp/pip is anybody's.  A
 * writer counts as an installer only when executable, owner, arguments, script
 * and environment all fit one entry of a table; each answer carries its reasons
 * in plain words.  A child of an installer (a setup.py) is not the installer.
 */
#ifndef PYHOOKD_INSTALLER_H
#define PYHOOKD_INSTALLER_H

#include <stdbool.h>

#include "attribution.h"
#include "region.h"

#define INSTALLER_REASONS_MAX 16

struct installer {
	const char *name;		/* "pip", "dpkg", "conda", ...; NULL: looks like none of them */
	bool verified;			/* every condition of its entry holds */
	struct bytes reasons[INSTALLER_REASONS_MAX];	/* why, or why not: in the region */
	size_t reason_count;
};

/* Who wrote `target` (an absolute path)?  Files are looked at below `rootfd`.
 * `target_dir_uid` is the owner of the directory that holds the target: a
 * writer whose code others can change does not count for a directory of
 * root's.  0 or -ENOMEM. */
int installer_identify(const struct attribution *writer, int rootfd, struct bytes target,
		       uid_t target_dir_uid, struct region *region, struct installer *ret);

#endif
