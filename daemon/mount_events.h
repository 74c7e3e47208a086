/* mount_events.h - something was mounted or unmounted: when, and by whom if the kernel says.
 *
 * A fanotify group of its own for mount events (FAN_REPORT_MNT, Linux 6.15) tells the
 * process; before, a poll of mountinfo (proc_pid_mountinfo(5)) tells that there was a change.
 */
#ifndef PYHOOKD_MOUNT_EVENTS_H
#define PYHOOKD_MOUNT_EVENTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cleanup.h"

struct mount_events;

int mount_events_new(struct mount_events **ret);
struct mount_events *mount_events_free(struct mount_events *m);
DEFINE_CLEANUP(struct mount_events, mount_events_free)

/* To wait for, with these epoll events. */
int mount_events_fd(const struct mount_events *m);
uint32_t mount_events_epoll(const struct mount_events *m);

/* Take note of what has happened.  *ret_pid: the one process that acted, 0 if there were several
 * or it is not known. */
void mount_events_read(struct mount_events *m, pid_t *ret_pid);

bool mount_events_have_pid(const struct mount_events *m);

#endif
