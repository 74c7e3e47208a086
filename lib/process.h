/* process.h - who did it: every process of the host, the recently dead too.
 *
 * The table is fed with the records of the proc connector (daemon/
 * proc_connector.c), or of a recording, by one thread, and asked by another.
 * What it holds of a process is taken when it forks or executes, because a
 * short-lived writer is gone when its event is read (2 to 65 % of them).
 *
 * How stale, how wrong it can be: the executable, command line, environment and
 * credentials are those at exec (a process that changes its uid without exec
 * is corrected only by attribution.c's look at /proc).  A pid is reused after
 * at least pid_max forks; an entry is therefore a generation (pid and start),
 * and the newest generation that had started when the event was read is the
 * answer.  A dead process is kept PROCESS_DEAD_KEEP_NS or until
 * PROCESS_TABLE_MAX entries are there, whichever is first; as an ancestor it is
 * kept as long as a descendant is.
 */
#ifndef PYHOOKD_PROCESS_H
#define PYHOOKD_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cleanup.h"
#include "str.h"

/* What one exec made of a process: immutable, shared by its forks. */
struct image {
	struct bytes exe;		/* absolute; empty: not known (a kernel thread, or gone) */
	bool exe_deleted;		/* " (deleted)" taken off exe */
	bool exe_memfd;
	dev_t exe_dev;			/* of the executed file; 0 with exe_ino 0: not known */
	ino_t exe_ino;
	uid_t exe_uid;
	mode_t exe_mode;
	struct bytes argv;		/* arguments, each with its NUL; cut at PROCESS_ARGV_MAX; empty: not known */
	bool argv_truncated;
	struct bytes environ;		/* only LD_*, PYTHON*, GCONV_PATH, OPENSSL_*, PIP_LOG, __PYVENV_LAUNCHER__, SUDO_*, SSH_CONNECTION,
					 * VIRTUAL_ENV, HOME, PATH; each with its NUL */
	bool environ_known;
	struct bytes cwd;		/* empty: not known */
	struct bytes cgroup;		/* path in the unified or systemd hierarchy; empty: not known */
	uint64_t exec_ns;		/* CLOCK_MONOTONIC of the exec; 0: before we looked */
	_Atomic unsigned refs;		/* private to process.c */
	struct account *account;	/* likewise: whose memory it counts as, or NULL */
};

/* A snapshot of one process: immutable, refcounted (atomic); any thread. */
struct process {
	pid_t pid;			/* thread group */
	pid_t ppid;			/* at fork: re-parenting does not change it; 0: not known */
	uint64_t start_ns;		/* CLOCK_MONOTONIC of its fork as the connector said, 0 if it was
					 * there before us */
	uint64_t start_ticks;		/* field 22 of /proc/PID/stat; 0: not known */
	char comm[16];			/* NUL-terminated; at exec or when it was read */
	uid_t uid, euid;
	gid_t gid, egid;
	uid_t loginuid;			/* (uid_t)-1: unset */
	uint32_t sessionid;		/* (uint32_t)-1: unset */
	pid_t sid;			/* session leader; 0: not known */
	uint32_t tty;			/* device number, 0: none */
	bool credentials_known;		/* uid..tty were read (from it or from its parent at fork) */
	bool inherited;			/* image is the parent's: it has not executed since its fork */
	struct image *image;		/* never NULL */
	struct process *parent;		/* reference, or NULL: not known or the chain's end */
	uint64_t exit_ns;		/* 0: alive as far as the table knew when the snapshot was taken */
	_Atomic unsigned refs;		/* private to process.c */
	struct account *account;	/* likewise: whose memory it counts as, or NULL */
};

/* Make one from values, for recordings and for tests (the table makes its own).
 * `from` is only looked at: texts are copied, into the one allocation that the
 * image is; process_new() takes its own references to from->image (NULL: an
 * unknown one is made) and from->parent.  The result has one reference.
 * -ENOMEM. */
int image_new(const struct image *from, struct image **ret);
int process_new(const struct process *from, struct process **ret);

/* The values of `from`, to be changed and given to process_new(): no references. */
void process_copy_values(const struct process *from, struct process *to);

struct image *image_ref(struct image *i);
struct image *image_unref(struct image *i);		/* NULL in, NULL out; answers NULL */
DEFINE_CLEANUP(struct image, image_unref)

struct process *process_ref(struct process *p);
struct process *process_unref(struct process *p);	/* NULL in, NULL out; answers NULL */
DEFINE_CLEANUP(struct process, process_unref)

/* argv[index] as a view; absent if there are fewer. */
struct bytes process_argument(const struct process *p, size_t index);
size_t process_argument_count(const struct process *p);

/* Value of a kept environment variable; absent (ptr NULL) if unset or not kept. */
struct bytes process_environment(const struct process *p, struct bytes name);

/* The command line for people: arguments with blanks between, quoted where a
 * blank is inside.  Appended to `out`.  -ENOMEM. */
int process_command_line(const struct process *p, struct str *out);

/* The file that an interpreter runs: the script's path as given (made absolute
 * with cwd), the text "-m MODULE", or "-c" for code in the arguments (also where
 * the interpreter's own letter is -e or -r); absent for a program that is no
 * interpreter, or one that runs interactively or from standard input.
 * A view into memory owned by *storage. */
struct bytes process_script(const struct process *p, struct str *storage);

/* The dynamic loader, which runs any program that it is given (ld.so(8))? */
bool executable_is_loader(struct bytes path);

/* ---- the table ------------------------------------------------------------ */

struct process_table;

/* `procfd`: an open /proc (or a recorded tree); not closed by the table.
 * -ENOMEM. */
int process_table_new(int procfd, struct process_table **ret);
struct process_table *process_table_free(struct process_table *t);
DEFINE_CLEANUP(struct process_table, process_table_free)

/* Are there records to feed it?  True until said otherwise.  Without, nobody tells when a process ends, and
 * what the table knows of a pid may be of another process: attribution_join() then believes
 * /proc only. */
void process_table_set_fed(struct process_table *t, bool fed);
bool process_table_is_fed(const struct process_table *t);

/* Take in every process that /proc shows: at start, and after records were
 * lost.  Known generations keep what is known of them.  0 or -errno. */
int process_table_sync(struct process_table *t, uint64_t now_ns);

/* The connector's records.  EXEC reads /proc of that pid, exe first (cmdline
 * takes the target's mmap lock).  Never block on other threads for longer than
 * a hash lookup.  0 or -ENOMEM (the record is lost, counted). */
int process_table_fork(struct process_table *t, pid_t parent, pid_t child, uint64_t time_ns);
int process_table_exec(struct process_table *t, pid_t pid, uint64_t time_ns);
int process_table_exit(struct process_table *t, pid_t pid, uint64_t time_ns);

/* A ready snapshot, as recordings have it (replay), with the only reference to it, which is
 * taken over.  Without a parent it gets the newest process of the number `ppid`. */
int process_table_put(struct process_table *t, struct process *p);

/* The generation of `pid` that was there at `at_ns`, as it was then (before or
 * after an exec), or NULL.  A reference. */
struct process *process_table_get(struct process_table *t, pid_t pid, uint64_t at_ns);

/* What that pid was before `p`, an answer of process_table_get(): the same process
 * before its last exec, or the generation before; NULL if not kept.  A reference. */
struct process *process_table_get_before(struct process_table *t, const struct process *p);

/* Read one process from /proc now, outside the table: the fallback.  Its parent is looked up
 * in the table.  -ESRCH. */
int process_read(struct process_table *t, int procfd, pid_t pid, uint64_t now_ns,
		 struct process **ret);

struct process_table_counters {
	uint64_t forks, execs, exits;
	uint64_t exec_unread;		/* execs whose executable or command line was gone */
	uint64_t no_memory;
	uint64_t evicted_early;		/* dropped before PROCESS_DEAD_KEEP_NS for want of room */
	uint64_t entries;		/* now */
};
void process_table_counters(struct process_table *t, struct process_table_counters *ret);

#endif
