/* attribution.c - joins an event with the process that caused it.
 *
 *	process table --> snapshot at the event's time
 *	FAN_OPEN_EXEC --> the executable, where the table missed or not yet had it
 *	/proc now     --> who runs as what now; and what no longer fits
 *
 * Owns: the order of trust, the mismatch flags.  Must not own: the table, when to
 * ask (the caller waits for the connector's watermark), severity.
 *
 * The order.  What was read at exec is the best word: the process had no chance to
 * change it.  OPEN_EXEC knows only the executable, and not one on a filesystem
 * without a mark (a memfd), where it still shows the image before; so it fills a
 * gap and overrides nothing that an EXEC record said - with one exception: an exec
 * that happened after the event but before it was read is told by it, if both
 * executables are on one filesystem, since then the queue would have shown the
 * second one, had it come first.  /proc comes last: it answers only for the living
 * and repeats what the process made of itself.
 *
 * What does not fit.  Two words are compared: what the process was at its exec, and what /proc
 * shows of it now (exe, arguments, name, user).  Of a writer that is gone there is only the
 * first: `compared` says so, since "nothing was found" then says less than it seems.  The rest is
 * seen in what it was at exec, and holds for the dead, too.
 *
 * Is the process in /proc the same one?  Its start time says: a pid can only be
 * reused by a process that starts later.
 *
 * Is it the one that the event is of?  An event says a number only, and its time is known to some
 * milliseconds.  Where two processes had that number in this time, the later one is named,
 * and said to be in doubt; where one of them executed, exec-race says so.
 */
#include "attribution.h"

#include <errno.h>
#include <stddef.h>

#include "limits.h"
#include "procfs.h"

void attribution_done(struct attribution *a)
{
	a->process = process_unref(a->process);
	a->source = ATTRIBUTION_NONE;
	a->mismatch = 0;
	a->complete = false;
	a->compared = false;
}

const char *attribution_source_to_string(enum attribution_source s)
{
	static const char *const names[] = {
		[ATTRIBUTION_NONE] = "none",
		[ATTRIBUTION_CONNECTOR] = "connector",
		[ATTRIBUTION_OPEN_EXEC] = "open-exec",
		[ATTRIBUTION_PROC] = "proc",
		[ATTRIBUTION_RECORDED] = "recorded",
	};

	return (size_t)s < ELEMENTSOF(names) ? names[s] : NULL;
}

const char *mismatch_to_string(enum mismatch one)
{
	static const struct {
		enum mismatch bit;
		const char *name;
	} names[] = {
		{ MISMATCH_EXE, "exe-changed" },
		{ MISMATCH_ARGV, "argv-rewritten" },
		{ MISMATCH_COMM, "comm-renamed" },
		{ MISMATCH_DELETED, "exe-deleted" },
		{ MISMATCH_MEMFD, "memfd" },
		{ MISMATCH_LOADER, "loader" },
		{ MISMATCH_PRELOAD, "preload" },
		{ MISMATCH_PYTHON_ENV, "python-environment" },
		{ MISMATCH_TRACED, "traced" },
		{ MISMATCH_ARGV0, "argv0" },
		{ MISMATCH_USER, "user-changed" },
		{ MISMATCH_ROOT, "other-root" },
		{ MISMATCH_CLOSER, "closer-differs" },
		{ MISMATCH_EXEC_RACE, "exec-race" },
		{ MISMATCH_PID_REUSED, "pid-reused" },
	};

	for (size_t i = 0; i < ELEMENTSOF(names); i++)
		if (names[i].bit == one)
			return names[i].name;
	return NULL;
}

/* ---- the hint of the fanotify queue ------------------------------------------ */

/* A snapshot like `p` (or of pid alone), but executing `exe`. */
static int with_executable(const struct process *p, pid_t pid, struct bytes exe,
			   struct process **ret)
{
	struct process values = { .pid = pid, .loginuid = (uid_t)-1, .sessionid = (uint32_t)-1 };
	_cleanup_(image_unrefp) struct image *made = NULL;
	struct image image = { .exe = exe };
	struct bytes name = bytes_basename(exe);
	int r;

	if (p) {
		process_copy_values(p, &values);
		/* What was read of this very exec, before it was too late for the executable. */
		if (!p->inherited && p->image->exe.len == 0)
			memcpy(&image, p->image, offsetof(struct image, refs));
		image.exe = exe;
		image.cgroup = p->image->cgroup;
		image.exec_ns = p->inherited ? 0 : p->image->exec_ns;
	}
	if (name.len > sizeof(values.comm) - 1)
		name.len = sizeof(values.comm) - 1;
	memset(values.comm, 0, sizeof(values.comm));
	if (name.len > 0)
		memcpy(values.comm, name.ptr, name.len);
	r = image_new(&image, &made);
	if (r < 0)
		return r;
	values.inherited = false;
	values.image = made;
	return process_new(&values, ret);
}

bool attribution_executed_after(const struct process *p, uint64_t ns)
{
	return !p->inherited && p->image->exec_ns > ns;
}

/* Does /proc, too, show the executable that the snapshot has? */
static bool still_executes(int procfd, const struct process *p)
{
	_cleanup_close_ int dirfd = procfd >= 0 ? procfs_open(procfd, p->pid) : -EBADF;
	char buf[PROCESS_PATH_MAX];
	size_t len;

	return dirfd >= 0 && procfs_readlink(dirfd, "exe", buf, sizeof(buf), &len) >= 0 &&
	       bytes_equal((struct bytes){ buf, len }, p->image->exe);
}

/* Hints are kept by pid.  What was read before this process was forked is what another one
 * with its number executed, minutes or two rounds of pids ago. */
static bool is_anothers_hint(const struct event *event, const struct process *p)
{
	return event->exec_ns != 0 && event->exec_ns < p->start_ns;
}

/* Apply what the queue says of the executable.  *p may be NULL and may be replaced. */
static int apply_hint(struct process_table *table, int procfd, const struct event *event,
		      struct process **p, enum attribution_source *source, unsigned *mismatch)
{
	_cleanup_(process_unrefp) struct process *before = NULL;
	struct process *fresh;
	struct bytes hint = event->exec_path;
	int r;

	/* The queue names ld.so after the program that needs it: the caller keeps
	 * the program; one that is called directly says nothing of what it loads. */
	if (hint.len == 0 || executable_is_loader(hint))
		return 0;
	if (*p && bytes_equal((*p)->image->exe, hint))
		return 0;
	if (*p && is_anothers_hint(event, *p))
		return 0;
	if (*p)
		before = process_table_get_before(table, *p);

	if (*p && (*p)->image->exe.len > 0 && !(*p)->inherited) {
		/* An exec of this very process came between the event and its reading. */
		if (before && attribution_executed_after(*p, event->since_ns) && before->start_ns == (*p)->start_ns &&
		    bytes_equal(before->image->exe, hint) &&
		    before->image->exe_dev == (*p)->image->exe_dev && (*p)->image->exe_ino != 0 &&
		    !(*p)->image->exe_memfd) {
			(void)process_unref(*p);
			*p = TAKE_PTR(before);
			*mismatch |= event->feed == FEED_LIVE ? MISMATCH_EXEC_RACE : 0;
		}
		return 0;
	}

	/* A hint that was read after the fork may still be that of the generation before,
	 * which had just executed, while the process of now has only forked. */
	if (*p && (*p)->inherited && before && before->start_ns != (*p)->start_ns &&
	    bytes_equal(before->image->exe, hint))
		return 0;
	if (*p && (*p)->image->exe.len > 0 &&
	    still_executes(event->feed == FEED_REPLAY ? -EBADF : procfd, *p))
		return 0;

	r = with_executable(*p, event->pid, hint, &fresh);
	if (r < 0)
		return r;
	(void)process_unref(*p);
	*p = fresh;
	*source = ATTRIBUTION_OPEN_EXEC;
	return 0;
}

/* ---- /proc now ----------------------------------------------------------------- */

/* Had the process in /proc started when the event was read, and is it `p`? */
static bool is_same(const struct process *p, const struct process *now, const struct event *event,
		    int procfd, uint64_t now_ns)
{
	uint64_t limit_ns = event->mono_ns, suspended_ns;

	if (p && p->start_ticks != 0)
		return p->start_ticks == now->start_ticks;
	if (p && p->start_ns != 0)
		limit_ns = p->start_ns;
	if (procfs_read_suspended(procfd, now_ns, &suspended_ns) < 0)
		return true;	/* a recorded tree: nothing to compare with */
	return procfs_started_by(now->start_ticks, limit_ns, suspended_ns);
}

/* The kernel names a process after what was executed: a program, or a script. */
static bool is_name_of(struct bytes comm, struct bytes path)
{
	struct bytes name = bytes_basename(path);

	if (name.len > 15)
		name.len = 15;
	return bytes_equal(comm, name);
}

static bool is_own_name(const struct process *p, struct bytes comm)
{
	_cleanup_str_ struct str storage = STR_INIT;

	return bytes_equal(comm, bytes_of(p->comm)) || is_name_of(comm, p->image->exe) ||
	       is_name_of(comm, process_argument(p, 0)) ||
	       is_name_of(comm, process_script(p, &storage));
}

/* What the process has changed since its exec. */
static unsigned compare(const struct process *p, const struct process *now)
{
	unsigned mismatch = 0;

	if (p->image->exe.len > 0 && now->image->exe.len > 0) {
		if (!bytes_equal(p->image->exe, now->image->exe) ||
		    (p->image->exe_ino != 0 && now->image->exe_ino != 0 &&
		     (p->image->exe_ino != now->image->exe_ino ||
		      p->image->exe_dev != now->image->exe_dev)))
			mismatch |= MISMATCH_EXE;
		if (now->image->exe_deleted && !now->image->exe_memfd)
			mismatch |= MISMATCH_DELETED;
	}
	if (p->image->argv.len > 0 && now->image->argv.len > 0 && !image_has_same_argv(p->image, now->image))
		mismatch |= MISMATCH_ARGV;
	if (p->image->exe.len > 0 && !is_own_name(p, bytes_of(now->comm)))
		mismatch |= MISMATCH_COMM;
	if (p->credentials_known && now->credentials_known && p->euid != now->euid)
		mismatch |= MISMATCH_USER;
	return mismatch;
}

/* PR_SET_MM_MAP can leave a process without arguments.  Those of one that is ending read as nothing, too, but it
 * has no memory any more, and the link to its executable goes with that: it is asked for last. */
static bool is_emptied(int procfd, const struct process *p, const struct process *now)
{
	_cleanup_close_ int dirfd = -EBADF;
	struct procfs_stat stat;
	size_t len;
	char c;

	if (p->image->argv.len == 0 || now->image->argv.len > 0 || now->image->exe.len == 0)
		return false;
	dirfd = procfs_open(procfd, now->pid);
	return dirfd >= 0 && procfs_read_stat(dirfd, &stat) >= 0 && stat.start_ticks == now->start_ticks &&
	       procfs_read(dirfd, "cmdline", &c, 1, &len, NULL) >= 0 && len == 0 &&
	       procfs_readlink(dirfd, "exe", &c, 1, &len) >= 0;
}

static bool is_traced(int procfd, const struct process *now)
{
	_cleanup_close_ int dirfd = procfs_open(procfd, now->pid);
	struct procfs_status status;
	struct procfs_stat stat;

	return dirfd >= 0 && procfs_read_stat(dirfd, &stat) >= 0 &&
	       stat.start_ticks == now->start_ticks && procfs_read_status(dirfd, &status) >= 0 &&
	       status.tracer != 0;
}

/* Has the process executed since the snapshot?  Then /proc says nothing of it. */
static bool has_executed(struct process_table *table, const struct process *p)
{
	_cleanup_(process_unrefp) struct process *newest =
		process_table_get(table, p->pid, UINT64_MAX);

	return newest && newest->image != p->image;
}

/* `p` with what /proc knows better: who it runs as, and what was left open. */
static int merge(const struct process *p, const struct process *now, bool executed,
		 struct process **ret)
{
	_cleanup_(image_unrefp) struct image *made = NULL;
	struct image image;
	struct process values;
	int r;

	process_copy_values(p, &values);
	if (now->credentials_known) {
		values.uid = now->uid;
		values.euid = now->euid;
		values.gid = now->gid;
		values.egid = now->egid;
		values.credentials_known = true;
	}
	values.loginuid = now->loginuid;
	values.sessionid = now->sessionid;
	values.sid = now->sid;
	values.tty = now->tty;
	values.start_ticks = now->start_ticks;
	if (values.ppid == 0)
		values.ppid = now->ppid;
	if (!values.parent)
		values.parent = now->parent;

	memcpy(&image, p->image, offsetof(struct image, refs));
	if (now->image->cgroup.len > 0)
		image.cgroup = now->image->cgroup;
	if (!executed) {
		/* Only of the same executable; a hint's path may be another name of it. */
		if (image.exe.len == 0) {
			image.exe = now->image->exe;
			image.exe_deleted = now->image->exe_deleted;
			image.exe_memfd = now->image->exe_memfd;
			memcpy(values.comm, now->comm, sizeof(values.comm));
		}
		if (bytes_equal(image.exe, now->image->exe)) {
			if (image.exe_ino == 0) {
				image.exe_dev = now->image->exe_dev;
				image.exe_ino = now->image->exe_ino;
				image.exe_uid = now->image->exe_uid;
				image.exe_mode = now->image->exe_mode;
			}
			if (image.argv.len == 0) {
				image.argv = now->image->argv;
				image.argv_truncated = now->image->argv_truncated;
			}
			if (!image.environ_known && image.environ.len == 0) {
				image.environ = now->image->environ;
				image.environ_known = now->image->environ_known;
			}
		}
		/* The directory is where it is now: a forked shell may have gone on. */
		if (now->image->cwd.len > 0 && (image.cwd.len == 0 || values.inherited))
			image.cwd = now->image->cwd;
	}
	r = image_new(&image, &made);
	if (r < 0)
		return r;
	values.image = made;
	return process_new(&values, ret);
}

/* Is what we have of the number that of a predecessor of the process in /proc, which was there when the
 * event was read?  A hint that was read before that one began, where the table knows nothing; or the
 * table, which was not told of it. */
static bool is_predecessor(struct process_table *table, const struct process *p, enum attribution_source source,
			   const struct process *now, const struct event *event, int procfd, uint64_t now_ns)
{
	_cleanup_(process_unrefp) struct process *newest = NULL;
	uint64_t suspended_ns;

	if (procfs_read_suspended(procfd, now_ns, &suspended_ns) < 0 ||
	    !procfs_started_by(now->start_ticks, event->mono_ns, suspended_ns))
		return false;
	if (source == ATTRIBUTION_OPEN_EXEC && p->start_ns == 0 && p->start_ticks == 0)
		return event->exec_ns != 0 && !procfs_started_by(now->start_ticks, event->exec_ns, suspended_ns);
	if (source != ATTRIBUTION_CONNECTOR || is_same(p, now, event, procfd, now_ns))
		return false;
	/* Or it is on its way, and the event is of the one before. */
	process_table_catch_up(table);
	newest = process_table_get(table, p->pid, UINT64_MAX);
	return newest && newest->start_ns == p->start_ns;
}

/* Had it ended before the event can have happened? */
static bool had_ended(const struct process *p, const struct event *event)
{
	return p->exit_ns != 0 && p->exit_ns <= event->since_ns;
}

/* May /proc show an exec whose record is on its way?  Not if it shows what is known already. */
static bool may_have_executed(const struct process *p, unsigned found)
{
	return found != 0 || p->image->exe.len == 0 || p->image->argv.len == 0 || !p->image->environ_known;
}

static int apply_proc(struct process_table *table, int procfd, const struct event *event,
		      uint64_t now_ns, struct process **p, enum attribution_source *source,
		      unsigned *mismatch, bool *compared, bool *unanswered)
{
	_cleanup_(process_unrefp) struct process *now = NULL;
	struct process *fresh;
	unsigned found = 0;
	bool executed = false;
	int r;

	r = process_read(table, procfd, event->pid, now_ns, &now);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return 0;
	if (*p && is_predecessor(table, *p, *source, now, event, procfd, now_ns)) {
		*mismatch |= had_ended(*p, event) || *source == ATTRIBUTION_OPEN_EXEC ? 0 : MISMATCH_PID_REUSED;
		*p = process_unref(*p);
	}
	if (!is_same(*p, now, event, procfd, now_ns))
		return 0;
	if (is_traced(procfd, now))
		*mismatch |= MISMATCH_TRACED;
	/* It is there and does not let itself be looked at: whether it is what it was is not known. */
	*unanswered = now->image->unanswered;

	if (!*p) {
		*p = TAKE_PTR(now);
		*source = ATTRIBUTION_PROC;
		return 0;
	}

	/* Asked after /proc was read: the record of an exec that this reading has
	 * seen must be in the table.  That takes a while, so not of each event. */
	if (*source == ATTRIBUTION_CONNECTOR) {
		found = compare(*p, now);
		if (may_have_executed(*p, found))
			process_table_catch_up(table);
		executed = has_executed(table, *p);
	}
	if (*source == ATTRIBUTION_CONNECTOR && !executed) {
		*mismatch |= found;
		if (!now->image->unanswered && is_emptied(procfd, *p, now))
			*mismatch |= MISMATCH_ARGV;
		*compared = (*p)->image->exe.len > 0 && !now->image->unanswered;
	}
	/* Only the name: the queue's path is the host's, the one in /proc may be a
	 * container's. */
	if (*source == ATTRIBUTION_OPEN_EXEC && now->image->exe.len > 0 &&
	    !bytes_equal(bytes_basename((*p)->image->exe), bytes_basename(now->image->exe)))
		*mismatch |= MISMATCH_EXE | (now->image->exe_memfd ? MISMATCH_MEMFD : 0);
	if (*source == ATTRIBUTION_CONNECTOR && !executed && (*p)->image->exe.len == 0 &&
	    now->image->exe.len > 0)
		*source = ATTRIBUTION_PROC;

	r = merge(*p, now, executed, &fresh);
	if (r < 0)
		return r;
	(void)process_unref(*p);
	*p = fresh;
	return 0;
}

/* ---- the join ---------------------------------------------------------------------- */

/* Variables that change which code is run or where it is looked for; those that
 * are about buffering, encodings or hashing are none. */
static const struct bytes python_variables[] = {
	{ "PYTHONPATH", 10 },		{ "PYTHONHOME", 10 },
	{ "PYTHONSTARTUP", 13 },	{ "PYTHONUSERBASE", 14 },
	{ "PYTHONEXECUTABLE", 16 },	{ "PYTHONWARNINGS", 14 },
	{ "PYTHONBREAKPOINT", 16 },	{ "PYTHONPLATLIBDIR", 16 },
	{ "PYTHONINSPECT", 13 },	{ "PYTHONPYCACHEPREFIX", 19 },
	{ "PYTHONCASEOK", 12 },		{ "PYTHONPRESITE", 13 },
	{ "__PYVENV_LAUNCHER__", 19 },
};

/* Variables that load a library of somebody's choice into a genuine program: ld.so(8); iconv in
 * the C library (glibc, iconv/gconv_conf.c); openssl-env(7).  An empty value loads nothing. */
static const struct bytes library_variables[] = {
	{ "LD_PRELOAD", 10 },		{ "LD_AUDIT", 8 },
	{ "LD_LIBRARY_PATH", 15 },	{ "LD_ORIGIN_PATH", 14 },
	{ "GCONV_PATH", 10 },		{ "OPENSSL_CONF", 12 },
	{ "OPENSSL_ENGINES", 15 },	{ "OPENSSL_MODULES", 15 },
};

/* Is one of them set, if only to nothing? */
static bool is_any_set(const struct process *p, const struct bytes *names, size_t count, bool also_empty)
{
	for (size_t i = 0; i < count; i++) {
		struct bytes value = process_environment(p, names[i]);

		if (value.len > 0 || (also_empty && value.ptr))
			return true;
	}
	return false;
}

/* The names for whose sake a command line is believed: installers, and Python, which runs most of
 * them.  One line each, with what it may be called as well, because it is a link (python3 to
 * pypy3, yum to dnf5, nix-env to nix) or one of a package's programs.
 *
 * Only these.  argv[0] is any text, and what it says differs from the executable in honest
 * processes all the time: links (sh, vi, awk, cc), programs of many names (busybox), login
 * shells (-bash), titles ("sshd: root@pts/0"), wrappers (exec -a "$0").  Saying so each time
 * would teach people not to look.  Nothing honest is called pip and runs something else. */
static const char *const trusted_names[][8] = {
	{ "python", "pypy", "graalpy" },
	{ "pip" }, { "pipx" }, { "uv", "uvx" }, { "poetry" }, { "pdm" }, { "hatch" }, { "virtualenv" },
	{ "conda", "mamba", "micromamba" }, { "pixi" },
	{ "dpkg", "dpkg-deb", "dpkg-divert" }, { "apt", "apt-get", "aptitude" },
	{ "rpm", "rpmdb" }, { "dnf", "yum", "microdnf", "tdnf" }, { "zypper" }, { "pacman" }, { "apk" },
	{ "nix", "nix-env", "nix-build", "nix-store", "nix-shell", "nix-channel", "nix-daemon" },
	{ "guix" }, { "snap", "snapd" }, { "flatpak" },
};

/* What comes behind the name: "3", "3.11", "3.13t", "-3", "5"; nothing. */
static bool is_version(struct bytes rest)
{
	for (size_t i = 0; i < rest.len; i++) {
		char c = rest.ptr[i];
		bool abiflag = i > 0 && i + 1 == rest.len && (c == 't' || c == 'd' || c == 'm' || c == 'u');

		if ((c < '0' || c > '9') && c != '.' && c != '-' && !abiflag)
			return false;
	}
	return true;
}

/* Which line of trusted_names has `name`, with any version; -1: none. */
static int find_trusted(struct bytes name)
{
	for (size_t line = 0; line < ELEMENTSOF(trusted_names); line++)
		for (size_t i = 0; i < ELEMENTSOF(trusted_names[line]) && trusted_names[line][i]; i++) {
			struct bytes known = bytes_of(trusted_names[line][i]);

			if (bytes_has_prefix(name, known) &&
			    is_version(bytes_slice(name, known.len, name.len - known.len)))
				return (int)line;
		}
	return -1;
}

/* Is that file one of the programs in that line?  With any ending, unless that makes it
 * another line's: python3.11-dbg, aptitude-curses, .uv-wrapped (nixpkgs, make-wrapper.sh). */
static bool is_program_of(int line, struct bytes path)
{
	struct bytes name = bytes_basename(path);
	int exact = find_trusted(name);

	if (exact >= 0)
		return exact == line;
	if (bytes_has_prefix(name, BYTES_LIT(".")))
		name = bytes_slice(name, 1, name.len - 1);
	for (size_t i = 0; i < ELEMENTSOF(trusted_names[line]) && trusted_names[line][i]; i++)
		if (bytes_has_prefix(name, bytes_of(trusted_names[line][i])))
			return true;
	return false;
}

/* A person reads argv[0] up to the first blank: exec -a '/usr/bin/pip install x' is one word. */
static int claim_of(struct bytes argv0)
{
	ptrdiff_t blank = bytes_find_byte(argv0, ' ', 0);
	int line = find_trusted(bytes_basename(argv0));

	if (line < 0 && blank > 0)
		line = find_trusted(bytes_basename(bytes_slice(argv0, 0, (size_t)blank)));
	return line;
}

/* Programs that are called by the names of others: busybox has a dpkg and an rpm, /snap/bin/NAME
 * is a link to snap. */
static bool has_many_names(struct bytes name)
{
	static const char *const programs[] = { "busybox", "toybox", "snap" };

	for (size_t i = 0; i < ELEMENTSOF(programs); i++)
		if (bytes_equal(name, bytes_of(programs[i])))
			return true;
	return false;
}

/* Does argv[0] name an installer or Python, while neither the executable nor the script is it? */
static bool has_false_name(const struct process *p)
{
	_cleanup_str_ struct str storage = STR_INIT;
	struct bytes exe = p->image->exe, script;
	int claim = claim_of(process_argument(p, 0));

	if (claim < 0 || exe.len == 0 || has_many_names(bytes_basename(exe)) || is_program_of(claim, exe))
		return false;
	script = process_script(p, &storage);
	if (bytes_has_prefix(script, BYTES_LIT("-m ")))
		script = bytes_slice(script, 3, script.len - 3);
	return !is_program_of(claim, script);
}

/* What the snapshot alone shows. */
static unsigned look_at(const struct process *p)
{
	unsigned mismatch = 0;

	if (p->image->exe_memfd)
		mismatch |= MISMATCH_MEMFD;
	else if (p->image->exe_deleted)
		mismatch |= MISMATCH_DELETED;
	if (executable_is_loader(p->image->exe))
		mismatch |= MISMATCH_LOADER;
	if (is_any_set(p, library_variables, ELEMENTSOF(library_variables), false))
		mismatch |= MISMATCH_PRELOAD;
	if (is_any_set(p, python_variables, ELEMENTSOF(python_variables), true))
		mismatch |= MISMATCH_PYTHON_ENV;
	if (has_false_name(p))
		mismatch |= MISMATCH_ARGV0;
	if (p->traced)
		mismatch |= MISMATCH_TRACED;
	if (p->argv_changed)
		mismatch |= MISMATCH_ARGV;
	if (p->renamed[0] != '\0' && p->image->exe.len > 0 && !is_own_name(p, bytes_of(p->renamed)))
		mismatch |= MISMATCH_COMM;
	return mismatch;
}

/* An event happened at some time between since_ns and when it was read, some milliseconds after
 * that: a process that writes and then executes dpkg must not be taken for dpkg.  The last executed file
 * that came before the event in the same queue tells the two apart, unless it executed that file twice:
 * python3 that writes and then executes python3 -m pip. */
static bool may_be_earlier_image(struct process_table *table, const struct event *event,
				 const struct process *p)
{
	_cleanup_(process_unrefp) struct process *before = NULL;
	struct bytes name = bytes_basename(p->image->exe);

	if (!attribution_executed_after(p, event->since_ns))
		return false;
	if (is_anothers_hint(event, p) || !bytes_equal(bytes_basename(event->exec_path), name))
		return true;
	before = process_table_get_before(table, p);
	return before && before->start_ns == p->start_ns && !before->inherited &&
	       bytes_equal(bytes_basename(before->image->exe), name);
}

/* What the time of the event leaves open.  `p` is the table's. */
static unsigned look_at_time(struct process_table *table, const struct event *event, const struct process *p)
{
	unsigned mismatch = 0;

	/* A recording has an order of its own. */
	if (event->feed != FEED_LIVE)
		return 0;
	if (may_be_earlier_image(table, event, p))
		mismatch |= MISMATCH_EXEC_RACE;
	/* In those milliseconds a number may have been used again (/proc/sys/kernel/ns_last_pid; or the daemon was
	 * a round of pids late).  The executed file does not tell such two apart: FAN_OPEN_EXEC comes
	 * of an execve(2) that then fails, too, and says the number only. */
	if (process_table_is_contested(table, p, event->since_ns))
		mismatch |= MISMATCH_PID_REUSED;
	return mismatch;
}

/* Its records say so, also of the dead: another effective user than at its exec. */
static bool has_changed_user(struct process_table *table, const struct process *p)
{
	_cleanup_(process_unrefp) struct process *before = NULL;

	if (p->changed_ns == 0)
		return false;
	before = process_table_get(table, p->pid, p->changed_ns - 1);
	return before && before->image == p->image && before->euid != p->euid;
}

int attribution_join(struct process_table *table, int procfd, const struct event *event,
		     uint64_t now_ns, struct attribution *ret)
{
	_cleanup_(process_unrefp) struct process *p = NULL;
	enum attribution_source source = ATTRIBUTION_NONE;
	unsigned mismatch = 0;
	bool compared = false, unanswered = false;
	int r;

	if (event->pid <= 0) {
		*ret = (struct attribution){ .source = ATTRIBUTION_NONE };
		return 0;
	}

	if (process_table_is_fed(table) || event->feed == FEED_REPLAY)
		p = process_table_get(table, event->pid, event->mono_ns);
	if (p)
		source = event->feed == FEED_REPLAY ? ATTRIBUTION_RECORDED : ATTRIBUTION_CONNECTOR;
	if (p && has_changed_user(table, p))
		mismatch |= MISMATCH_USER;
	r = apply_hint(table, procfd, event, &p, &source, &mismatch);
	if (r < 0)
		return r;
	if (p)
		mismatch |= look_at_time(table, event, p);
	/* Whoever closed it may have written into it as well. */
	if (event->closer_pid > 0 && event->closer_pid != event->pid)
		mismatch |= MISMATCH_CLOSER;
	if (procfd >= 0 && event->feed != FEED_REPLAY) {
		r = apply_proc(table, procfd, event, now_ns, &p, &source, &mismatch, &compared, &unanswered);
		if (r < 0)
			return r;
	}
	if (!p) {
		*ret = (struct attribution){ .source = ATTRIBUTION_NONE };
		return 0;
	}

	ret->source = source;
	ret->mismatch = mismatch | look_at(p);
	ret->compared = compared;
	ret->complete = p->image->exe.len > 0 && p->image->argv.len > 0 && p->credentials_known &&
			(p->ppid > 0 || p->pid == 1) && !(ret->mismatch & MISMATCH_PID_REUSED) && !unanswered;
	ret->process = TAKE_PTR(p);
	return 0;
}
