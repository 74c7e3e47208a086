/* view.h - the filesystem as the writer sees it.
 *
 * A process in a container or a chroot has another root than ours: its executable, its script and
 * the file it wrote have other names there, and what is called /usr/bin/python3 is another file.
 * The event's path is the host's (/var/lib/docker/overlay2/.../diff/usr/lib/...).
 */
#ifndef PYHOOKD_VIEW_H
#define PYHOOKD_VIEW_H

#include <stdbool.h>

#include "process.h"
#include "region.h"
#include "str.h"

struct view {
	int rootfd;		/* its "/" (O_PATH|O_DIRECTORY); owned by the view if `other`, else the caller's */
	bool other;		/* its root, or its mount namespace, is not ours */
	struct bytes path;	/* the event's path in it, in the region; absent: cannot be told */
};

void view_done(struct view *v);
#define _cleanup_view_ __attribute__((cleanup(view_done)))

/* The view of `writer`, or, if it is dead, of the nearest living process of the same
 * container: an ancestor, or another one in its control group.  `procfd` and `rootfd` are ours;
 * procfd -EBADF: a recording, whose processes all see the same.  What cannot be told leaves
 * the view ours with `path` as it is.  0 or -ENOMEM. */
int view_open(int procfd, int rootfd, const struct process *writer, struct bytes path, struct region *region,
	      struct view *ret);

#endif
