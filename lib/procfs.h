/* procfs.h - reads /proc/PID, relative to a descriptor of that directory.
 *
 * procfs_open() pins the process: a /proc/PID directory that is open belongs to
 * that one process, and when it is gone everything below answers ESRCH, even if
 * the pid has been given away since.  So whatever was read through one
 * descriptor belongs together.
 *
 * The contents are the process's own words (its name, its arguments, its
 * environment): bytes, bounded, never NUL-terminated strings.  The parsers take
 * views and are pure.
 */
#ifndef PYHOOKD_PROCFS_H
#define PYHOOKD_PROCFS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "str.h"

/* The directory of `pid` below `procfd`: a descriptor (O_PATH), -ESRCH. */
int procfs_open(int procfd, pid_t pid);

/* Up to `size` bytes of the file `name`.  *ret_more (may be NULL): there was
 * more.  -ESRCH if the process is gone, or -errno. */
int procfs_read(int dirfd, const char *name, char *buf, size_t size, size_t *ret_len,
		bool *ret_more);

/* The target of a link.  -ENOENT: it has none (a kernel thread, a zombie). */
int procfs_readlink(int dirfd, const char *name, char *buf, size_t size, size_t *ret_len);

/* A file that holds one number (loginuid, sessionid). */
int procfs_read_number(int dirfd, const char *name, uint32_t *ret);

/* Nanoseconds since the boot, suspended time included, by /proc/uptime: to 10 ms. */
int procfs_read_uptime(int procfd, uint64_t *ret_ns);

/* How much longer ago the boot was than CLOCK_MONOTONIC at `mono_ns` (now) says: the time that the
 * host was suspended.  Negative errno where /proc has no uptime (a recorded tree). */
int procfs_read_suspended(int procfd, uint64_t mono_ns, uint64_t *ret_ns);

/* Can a process of which stat says `start_ticks` be one that was there at `mono_ns`?  A later one
 * with its pid began later; PROCFS_START_SLACK_NS is what these clocks are cut to. */
bool procfs_started_by(uint64_t start_ticks, uint64_t mono_ns, uint64_t suspended_ns);

struct procfs_stat {
	pid_t pid;
	char comm[16];			/* NUL-terminated, cut at 15 */
	char state;			/* 'R', 'S', 'Z'... */
	pid_t ppid;
	pid_t sid;
	uint32_t tty;			/* device number, 0: none */
	bool exiting;			/* PF_EXITING: it gives up what it has, or is a zombie */
	uint64_t threads;
	uint64_t start_ticks;		/* since the boot, sysconf(_SC_CLK_TCK) a second */
};

struct procfs_status {
	uid_t uid, euid;
	gid_t gid, egid;
	pid_t tracer;			/* 0: not traced */
};

/* All: 0, or -EBADMSG and *ret as it was (proc(5) describes the formats). */
int procfs_parse_stat(struct bytes text, struct procfs_stat *ret);
int procfs_parse_status(struct bytes text, struct procfs_status *ret);
int procfs_parse_uptime(struct bytes text, uint64_t *ret_ns);

int procfs_read_stat(int dirfd, struct procfs_stat *ret);
int procfs_read_status(int dirfd, struct procfs_status *ret);

/* The path in systemd's own hierarchy (version 1 and hybrid) or the unified one:
 * a view into text; absent if neither is there. */
struct bytes procfs_parse_cgroup(struct bytes text);

/* Append to `out` the variables that pyhookd keeps, each with its NUL, values
 * cut at PROCFS_VARIABLE_MAX, at most PROCFS_ENVIRON_MAX bytes in all.
 * *ret_complete: none was left out or cut.  -ENOMEM. */
int procfs_filter_environ(struct bytes text, struct str *out, bool *ret_complete);

/* Of a NUL-separated list: take the next element off *list.  False at its end. */
bool procfs_next_text(struct bytes *list, struct bytes *ret);

/* Take " (deleted)" off; true if it was there. */
bool procfs_strip_deleted(struct bytes *path);

#endif
