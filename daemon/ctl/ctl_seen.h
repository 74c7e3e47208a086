/* ctl_seen.h - which files were met already: a set of (device, inode, name).
 *
 * The name belongs to it: two hard links are two hooks.
 */
#ifndef PYHOOKD_CTL_SEEN_H
#define PYHOOKD_CTL_SEEN_H

#include <sys/types.h>

#include "cleanup.h"
#include "str.h"

struct ctl_seen;

int ctl_seen_new(struct ctl_seen **ret);	/* -ENOMEM */
struct ctl_seen *ctl_seen_free(struct ctl_seen *s);
DEFINE_CLEANUP(struct ctl_seen, ctl_seen_free)

/* 1: it is new, and is in it now; 0: it was there.  -ENOMEM. */
int ctl_seen_add(struct ctl_seen *s, dev_t dev, ino_t ino, struct bytes name);

#endif
