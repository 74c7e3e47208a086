/* view.h - the filesystem as the writer sees it.
 *
 * A process in a container or a chroot has another root than ours: its executable, its script and
 * the file it wrote have other names there, and what is called /usr/bin/python3 is another file.
 * The event's path is the host's (/var/lib/docker/overlay2/.../diff/usr/lib/...).
 *
 * What a process is made of is not always of its root: one that has a mount namespace of its own could show anything, and
 * one that executed first and changed its root then (rpm --root) has nothing in there.  So the view
 * says whose files to ask, and why they may say something else than what was executed.
 *
 * What is there belongs to whoever made the container: it is looked at, never believed, and nothing is
 * opened that could wait for somebody else (lookup.h).
 */
#ifndef PYHOOKD_VIEW_H
#define PYHOOKD_VIEW_H

#include <stdbool.h>
#include <sys/stat.h>

#include "cgroup.h"
#include "mountinfo.h"
#include "process.h"
#include "region.h"
#include "str.h"

struct view {
	int rootfd;		/* the root in which it executed what it is (O_PATH|O_DIRECTORY).  -EBADF: it is another
				 * one, and nothing of it can be looked at */
	bool other;		/* its root, or its mount namespace, is not ours */
	bool ours;		/* rootfd is the caller's, and the event's own path is one of it; else the view's */
	struct bytes path;	/* the event's path in it, in the region or the caller's; absent: cannot be told */
	bool shared;		/* the file is not of its root alone: a volume, a directory of the host's */
	struct bytes doubt;	/* why it may have executed something else than what is seen; absent: nothing says so */
	struct bytes prefix;	/* of a chroot: what /proc/PID/exe and cwd of its processes begin with */
	const struct mount_table *mounts;	/* for lookup.h: what is mounted below rootfd, in the region; NULL: ours */
	int procfd;		/* /proc/PID of the writer; owned; -EBADF: it is dead */
};

#define VIEW_INIT ((struct view){ .rootfd = -EBADF, .procfd = -EBADF })

void view_done(struct view *v);
#define _cleanup_view_ __attribute__((cleanup(view_done)))

struct view_request {
	int procfd;			/* ours; -EBADF: a recording, whose processes all see the same */
	int rootfd;			/* ours */
	const struct process *writer;
	const struct cgroup *cgroup;	/* of the writer */
	struct bytes path;		/* of the event */
	const struct stat *st;		/* of that file (lstat); NULL: it is gone, or not known */
};

/* The view of the writer, or, if it is dead, of the nearest living process of the same container: an
 * ancestor, or another one in its control group.  What cannot be told leaves the view ours with `path` as
 * it is; but a dead one that was in a container of which nothing lives saw something else.
 * 0 or -ENOMEM. */
int view_open(const struct view_request *request, struct region *region, struct view *ret);

/* `p` and its ancestors as a process of the view names things: without its prefix.  A reference.  -ENOMEM. */
int view_process(const struct view *v, struct process *p, struct process **ret);

/* Does the writer's standard output or error lead into the file?  False also where it is dead. */
bool view_output_is(const struct view *v, struct bytes path, const struct stat *st);

#endif
