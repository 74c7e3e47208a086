/* follow.h - where links lead, so that what happens there is an event of the hook.
 *
 *	/opt/venv/lib/python3.11/site-packages -> /data/sp	a directory of hooks that stands elsewhere
 *	/etc/profile.d/x.sh -> /data/current/y -> /srv/y	a hook whose bytes do
 *
 * Owns: the other names (lib/alias), and which names the source lets through because of them.  Must not own: what is
 * made of an event (pipeline.c), searches (scans.c).  Without a source (a recording) paths are taken as they are.
 */
#ifndef PYHOOKD_FOLLOW_H
#define PYHOOKD_FOLLOW_H

#include "alias.h"
#include "source_fanotify.h"

struct follow;

int follow_new(int rootfd, struct source_fanotify *source, struct follow **ret);
struct follow *follow_free(struct follow *f);
DEFINE_CLEANUP(struct follow, follow_free)

/* The link `path`, behind which hooks are expected.  All that it leads through is known by its name from now on, whether
 * it is there or not.  1: it leads to a directory whose hooks are none by its own name; *ret_fd (the caller's) is that;
 * 0: to none; -ENOSPC: there are too many; -ENOMEM. */
int follow_link(struct follow *f, struct bytes path, int *ret_fd);

/* The directory `dirfd` is mounted at `path`; as follow_link(). */
int follow_mount(struct follow *f, int dirfd, struct bytes path);

/* The hook `hook` leads through `name` in `dirfd`, which is `path` (hookfile_met_fn). */
void follow_target(struct follow *f, int dirfd, const char *name, struct bytes path, struct bytes missing,
		   struct bytes hook);

/* The link, or the hook, is gone, or leads elsewhere. */
void follow_forget(struct follow *f, struct bytes path);

/* All other names of `path`: alias.h. */
int follow_names(const struct follow *f, struct bytes path, alias_fn fn, void *userdata);

/* The names that lead to what is at or below `dir`. */
void follow_names_below(const struct follow *f, struct bytes dir, alias_fn fn, void *userdata);

size_t follow_count(const struct follow *f);
uint64_t follow_refused(const struct follow *f);

#endif
