/* process_private.h - shared by process.c, process_read.c and process_table.c only.
 */
#ifndef PYHOOKD_PROCESS_PRIVATE_H
#define PYHOOKD_PROCESS_PRIVATE_H

#include <stdatomic.h>
#include <stddef.h>

#include "limits.h"
#include "process.h"
#include "procfs.h"

/* ---- process.c ---- */

/* The memory that a table's snapshots take, whoever holds them: it outlives the
 * table for their sake. */
struct account {
	_Atomic unsigned refs;
	_Atomic size_t bytes;
};

struct account *account_new(void);
struct account *account_unref(struct account *a);

/* image_new() and process_new() on an account (or NULL). */
int image_make(struct account *account, const struct image *from, struct image **ret);
int process_make(struct account *account, const struct process *from, struct process **ret);

/* ---- process_read.c ---- */

/* Where one process is read to; the views of an image being made point here. */
struct scratch {
	char exe[PROCESS_PATH_MAX];
	char cwd[PROCESS_PATH_MAX];
	char argv[PROCESS_ARGV_MAX + 1];
	char cgroup[PROCFS_TEXT_MAX];
	struct str raw;			/* environ as read */
	struct str environ;		/* what is kept of it */
	process_memory_read *read_memory;	/* NULL: procfs_read() */
	void *read_memory_argument;	/* not owned */
};

struct process_reader {
	int procfd;			/* not owned */
	struct scratch scratch;
};

/* Each fills its part of *image or *p; `dirfd` is of procfs_open(). */
void process_read_argv(int dirfd, struct scratch *s, struct image *image);
int process_read_exe(int dirfd, struct scratch *s, struct image *image);
int process_read_image(int dirfd, struct scratch *s, struct image *image);
int process_read_image_of_thread(int dirfd, struct scratch *s, struct image *image);
void process_read_cgroup(int dirfd, struct scratch *s, struct image *image);
void process_read_audit(int dirfd, uid_t *ret_loginuid, uint32_t *ret_sessionid);
void process_apply_stat(struct process *p, const struct procfs_stat *stat);
void process_apply_status(struct process *p, const struct procfs_status *status);

#endif
