/* process.h - who did it: every process of the host, the recently dead too.
 *
 * The table is fed with the records of the proc connector (daemon/
 * proc_connector.c), or of a recording, by one thread, and asked by another.  What
 * /proc shows at an exec is read by others yet (daemon/exec_readers.c), who are there in
 * time, and comes to the table as a struct process_reading.
 * What it holds of a process is taken when it forks or executes, because a
 * short-lived writer is gone when its event is read (2 to 65 % of them).
 *
 * How stale, how wrong it can be: the executable, command line, environment and
 * directory are those at exec.  User and group are those of the records (fork
 * inherits, every change is told); of several changes between two execs the table keeps
 * the state before the first and after the last.  Login, session, terminal and cgroup
 * are the parent's at fork and are read anew only where another context begins: at an
 * exec of a session leader, of a child of pid 1, of one whose user changed since its
 * fork.  One that moves itself into another cgroup and executes (systemd-run --scope)
 * is not seen to; attribution.c looks again at the living.
 *
 * A pid is reused after at least pid_max forks; an entry is therefore a generation
 * (pid and start), and the newest generation that had started when the event was read is
 * the answer.  What was read late is taken back if a
 * record shows that the process was gone, or another program, by then.
 * A dead process is kept PROCESS_DEAD_KEEP_NS or until PROCESS_TABLE_MAX entries are
 * there, whichever is first; as an ancestor it is kept as long as a descendant is.
 */
#ifndef PYHOOKD_PROCESS_H
#define PYHOOKD_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cleanup.h"
#include "procfs.h"
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
	struct bytes environ;		/* only LD_*, GCONV_PATH, OPENSSL_*, PYTHON*, __PYVENV_LAUNCHER__, PIP_LOG*,
					 * PIP_REPORT, PIP_TARGET, PIP_PREFIX, PIP_ROOT, TMPDIR, SUDO_*, SSH_CONNECTION,
					 * VIRTUAL_ENV, HOME, PATH; each with its NUL */
	bool environ_known;
	bool unanswered;		/* it let its memory not be read: arguments and environment are not known */
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
	uint64_t start_ticks;		/* field 22 of /proc/PID/stat; 0: not read, start_ns is known then */
	char comm[16];			/* NUL-terminated; at exec or when it was read */
	char renamed[16];		/* the name it gave itself since its exec; empty: none */
	uid_t uid, euid;
	gid_t gid, egid;
	uid_t loginuid;			/* (uid_t)-1: unset */
	uint32_t sessionid;		/* (uint32_t)-1: unset */
	pid_t sid;			/* session leader; 0: not known */
	uint32_t tty;			/* device number, 0: none */
	bool credentials_known;		/* uid..tty were read (from it or from its parent at fork) */
	uint64_t changed_ns;		/* when it changed its user or group since its exec; 0: it did not */
	bool traced;			/* a debugger was attached at some time (PTRACE_ATTACH, PTRACE_SEIZE) */
	bool argv_changed;		/* /proc showed other arguments after records were lost: rewritten, or of an
					 * exec that was not seen */
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

/* Are these the same arguments, as far as they were read? */
bool image_has_same_argv(const struct image *a, const struct image *b);

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

/* What was read of a process at an exec.  The texts of `image` are views: valid as long
 * as whoever read them says. */
struct process_reading {
	struct image image;		/* exec_ns set; exe empty: it could not be read */
	char comm[16];			/* empty: not read */
	pid_t sid;			/* 0: not known */
	bool stat_known, status_known;
	bool context_known;		/* loginuid, sessionid and image.cgroup were read */
	struct procfs_stat stat;
	struct procfs_status status;
	uid_t loginuid;
	uint32_t sessionid;
	uint64_t read_ns;		/* when the reading began; 0: with the record */
};

enum process_depth {
	PROCESS_DEPTH_SAFE,		/* only what never waits for a lock of the process */
	PROCESS_DEPTH_IMAGE,		/* what an exec changes */
	PROCESS_DEPTH_ALL,		/* stat and status, too: for a process whose fork was not seen */
};

/* One thread's means to read processes, from the /proc that `procfd` is. */
struct process_reader;
int process_reader_new(int procfd, struct process_reader **ret);
struct process_reader *process_reader_free(struct process_reader *r);
DEFINE_CLEANUP(struct process_reader, process_reader_free)

/* Read the process that executed at `time_ns`, the arguments first: it may be gone in a
 * moment.  `sid`: what getsid(2) said, 0: not asked; of a session leader the context is
 * read, too.  The views are valid until the next call.  Gone: *ret has no executable, and
 * arguments if it was there for them. */
void process_reader_read(struct process_reader *r, pid_t pid, uint64_t time_ns, pid_t sid,
			 enum process_depth depth, struct process_reading *ret);
int process_table_procfd(const struct process_table *t);

/* How to read a file of /proc/PID that lies in the memory of the process (cmdline, environ), which decides
 * how long that takes: `read` is as procfs_read(), with -ETIMEDOUT for no answer.  NULL: directly.  For the table,
 * process_read() and the readers made for it; set before there is another thread.  An exec reader, which
 * may be lost, reads directly. */
typedef int process_memory_read(void *argument, int dirfd, const char *name, char *buf, size_t size,
				size_t *ret_len, bool *ret_more);
void process_table_set_memory_reader(struct process_table *t, process_memory_read *read, void *argument);
int process_table_new_reader(const struct process_table *t, struct process_reader **ret);

/* The connector's records.  Never block on other threads for longer than a hash
 * lookup.  0 or -ENOMEM (the record is lost, counted).  exec_read takes a reading in;
 * what is missing in it and is needed (a process whose fork was not seen, a new context) is read
 * from /proc, at `now_ns`.  exec makes the reading itself, in time. */
int process_table_fork(struct process_table *t, pid_t parent, pid_t child, uint64_t time_ns);
int process_table_exec(struct process_table *t, pid_t pid, uint64_t time_ns);
int process_table_exec_read(struct process_table *t, pid_t pid, uint64_t time_ns, uint64_t now_ns,
			    const struct process_reading *reading);
int process_table_exit(struct process_table *t, pid_t pid, uint64_t time_ns);
int process_table_uid(struct process_table *t, pid_t pid, uid_t uid, uid_t euid, uint64_t time_ns);
int process_table_gid(struct process_table *t, pid_t pid, gid_t gid, gid_t egid, uint64_t time_ns);
int process_table_session(struct process_table *t, pid_t pid, uint64_t time_ns);	/* setsid(2) */
int process_table_rename(struct process_table *t, pid_t pid, struct bytes comm, uint64_t time_ns);
int process_table_traced(struct process_table *t, pid_t pid, uint64_t time_ns);

/* Records were lost: until the next sync, every exec is checked to be of the generation
 * that the table knows. */
void process_table_set_doubt(struct process_table *t);

/* How to bring the table up to the present: whoever compares it with /proc must not take an exec
 * whose record is still on its way for a change.  `catch_up` returns soon, done or not.
 * NULL: there is nothing to wait for. */
void process_table_set_catch_up(struct process_table *t, void (*catch_up)(void *), void *argument);
void process_table_catch_up(struct process_table *t);

/* A ready snapshot, as recordings have it (replay), with the only reference to it, which is
 * taken over.  Without a parent it gets the newest process of the number `ppid`. */
int process_table_put(struct process_table *t, struct process *p);

/* The generation of `pid` that was there at `at_ns`, as it was then (before or
 * after an exec), or NULL.  A reference. */
struct process *process_table_get(struct process_table *t, pid_t pid, uint64_t at_ns);

/* What that pid was before `p`, an answer of process_table_get(): the same process
 * before its last exec, or the generation before; NULL if not kept.  A reference. */
struct process *process_table_get_before(struct process_table *t, const struct process *p);

/* May an act of that number, at some time after `since_ns`, be of another process than `p`, an answer of
 * process_table_get()?  So if `p` began later than that and one before it may still have been there. */
bool process_table_is_contested(struct process_table *t, const struct process *p, uint64_t since_ns);

/* Read one process from /proc now, outside the table: the fallback.  Its parent is looked up
 * in the table.  -ESRCH. */
int process_read(struct process_table *t, int procfd, pid_t pid, uint64_t now_ns,
		 struct process **ret);

struct process_table_counters {
	uint64_t forks, execs, exits;
	uint64_t changes;		/* of user, group, session, name; tracers */
	uint64_t exec_unread;		/* execs whose executable or command line was gone */
	uint64_t no_memory;
	uint64_t evicted_early;		/* dropped before PROCESS_DEAD_KEEP_NS for want of room */
	uint64_t entries;		/* now */
};
void process_table_counters(struct process_table *t, struct process_table_counters *ret);

#endif
