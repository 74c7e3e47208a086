/* ctl_roots.h - the directories where a search begins: one for each mount that is looked through.
 */
#ifndef PYHOOKD_CTL_ROOTS_H
#define PYHOOKD_CTL_ROOTS_H

#include <stdbool.h>
#include <stddef.h>

#include "ctl.h"

struct ctl_root {
	char *path;		/* absolute, without a link */
	bool is_file;		/* a file that was named, which is looked at whatever it is */
	bool again;		/* what is in it is in another one, too, under other names */
};

struct ctl_roots {
	int fd;			/* what is taken for the root directory; O_PATH */
	size_t prefix;		/* so many bytes of each path lead there: 0 for / */
	struct ctl_root *list;	/* those with `again` last */
	size_t count;
};

#define CTL_ROOTS_INIT ((struct ctl_roots){ .fd = -EBADF })

/* Below call->root, of call->argv or of everything.  What cannot be found is said.  CTL_FINE or CTL_UNABLE. */
enum ctl_exit ctl_roots_find(const struct ctl_call *call, struct ctl_roots *ret);
void ctl_roots_done(struct ctl_roots *roots);

#endif
