/* manager.c - owns every room and the loop that drives them; decides nothing.
 *
 * Order of the start, which is the order of what must not be missed: first the
 * process table and its connector (so that writers are known), then the marks
 * (from here on nothing is missed), then the well-known places are taken into
 * the inventory, then the service says that it is ready, then the whole disk is taken
 * in, in the background.
 */
#include "manager.h"

#include <cap-ng.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "clock.h"
#include "escape.h"
#include "inventory.h"
#include "limits.h"
#include "log.h"
#include "lookup.h"
#include "mount_events.h"
#include "pipeline.h"
#include "report.h"
#include "users.h"

/* Records of the ring between two looks at everything else. */
#define DISPATCH_MAX 256
/* How long the sinks may take to deliver what is queued when we stop; what is owed to a journald that is
 * not there is delivered at the next start. */
#define STOP_TIMEOUT_MS 2000

struct manager {
	struct config config;
	struct policy policy;
	manager_load_fn load;
	void *userdata;

	int rootfd, procfd, state_dirfd;
	char *computer;
	struct process_table *processes;
	struct memory_reader *memory;
	struct proc_connector *connector;
	struct source_fanotify *source;
	struct mount_events *mount_events;
	pid_t mount_pid;		/* during a refresh: who mounted */
	struct sinks *sinks;
	struct scans *scans;
	struct baseline *baseline;
	struct str scope;		/* what is watched, as the inventory names it */
	struct str evidence_dir;	/* empty: nothing is kept */
	uint64_t start_ns;		/* CLOCK_REALTIME, a moment before the marks were set */
	uint64_t begun_ns;		/* a run before this one began then, and ended before it knew the disk; 0: none */
	bool known;			/* an earlier run's inventory was read: differences are said */
	bool searched;			/* the first search is over */
	uint64_t scan_ns;		/* when the next slice of a search of everything is due */
	uint64_t saved_judged;		/* pipeline_counters.judged at the last snapshot */
	struct pipeline *pipeline;
	bool behind;			/* it has more that is ready */

	sd_event *event;
	sd_event_source *timer, *scan_source, *save_timer;
};

/* ---- the line moves on ------------------------------------------------------------ */

/* A search of everything takes at most half of a processor; what is urgent waits for nothing. */
static void schedule_scan(struct manager *m)
{
	uint64_t at = scans_are_urgent(m->scans) ? 0 : m->scan_ns;

	(void)sd_event_source_set_time(m->scan_source, at / 1000);
	(void)sd_event_source_set_enabled(m->scan_source, SD_EVENT_ONESHOT);
}

/* After anything that may have made something ready. */
static void drive(struct manager *m)
{
	uint64_t next = pipeline_run(m->pipeline, clock_mono_ns());

	m->behind = next == 0;
	if (next == UINT64_MAX) {
		(void)sd_event_source_set_enabled(m->timer, SD_EVENT_OFF);
	} else {
		(void)sd_event_source_set_time(m->timer, next / 1000 + 1);
		(void)sd_event_source_set_enabled(m->timer, SD_EVENT_ONESHOT);
	}
	if (scans_idle(m->scans))
		(void)sd_event_source_set_enabled(m->scan_source, SD_EVENT_OFF);
	else
		schedule_scan(m);
}

static void take_event(struct event *e, void *userdata)
{
	struct manager *m = userdata;

	pipeline_push(m->pipeline, e);
}

static void take_directory(int dirfd, void *userdata)
{
	struct manager *m = userdata;

	source_fanotify_watch_dir(m->source, dirfd);
}

static void take_link(struct bytes path, enum scan_purpose purpose, const struct event *template, void *userdata)
{
	struct manager *m = userdata;

	pipeline_take_link(m->pipeline, path, purpose, template);
}

static int on_events(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct manager *m = userdata;

	(void)source;
	(void)fd;
	(void)revents;
	/* What cannot be judged yet waits in the ring, which is bounded. */
	if (!m->behind)
		(void)source_fanotify_dispatch(m->source, DISPATCH_MAX, take_event, m);
	drive(m);
	return 0;
}

static int on_watermark(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	uint64_t ignored;

	(void)source;
	(void)revents;
	if (read(fd, &ignored, sizeof(ignored)) < 0 && errno != EAGAIN)
		return -errno;
	drive(userdata);
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	drive(userdata);
	return 0;
}

/* ---- the inventory ----------------------------------------------------------------- */

static void save_again_in(struct manager *m, uint64_t ns)
{
	(void)sd_event_source_set_time(m->save_timer, (clock_mono_ns() + ns) / 1000);
	(void)sd_event_source_set_enabled(m->save_timer, SD_EVENT_ONESHOT);
}

/* Only when all that was said stands in the log: a hook in the inventory is not said again. */
static bool save_inventory(struct manager *m)
{
	struct pipeline_counters c;
	int r;

	if (!m->searched)
		return true;
	if (!sinks_are_settled(m->sinks))
		return false;
	pipeline_counters(m->pipeline, &c);
	if (c.judged == m->saved_judged)
		return true;
	r = inventory_save(m->state_dirfd, str_bytes(&m->scope), m->baseline, 0);
	if (r < 0)
		log_warning_errno(r, "cannot write the inventory: after a restart more is compared with the "
				     "alert log");
	else
		m->saved_judged = c.judged;
	return true;
}

static int on_save(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct manager *m = userdata;

	(void)source;
	(void)usec;
	save_again_in(m, save_inventory(m) ? INVENTORY_SAVE_NS : INVENTORY_RETRY_NS);
	return 0;
}

static int on_scan(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct manager *m = userdata;
	uint64_t start = clock_mono_ns(), end;
	bool more = scans_step(m->scans);

	(void)source;
	(void)usec;
	end = clock_mono_ns();
	m->scan_ns = end + (end - start);
	if (!more && !m->searched) {
		m->searched = true;
		if (m->known)
			pipeline_find_removed(m->pipeline);
		save_again_in(m, 0);
	}
	drive(m);
	return 0;
}

static void send_status(struct manager *m)
{
	_cleanup_str_ struct str text = STR_INIT, status = STR_INIT;

	/* Mount points are named by whoever mounts: a newline in one must not begin another
	 * assignment (sd_notify(3)). */
	if (report_filesystems(source_fanotify_mounts(m->source), &text) >= 0 &&
	    escape_append_max(&status, str_bytes(&text), STATUS_BYTES_MAX, ESCAPE_CUT_END) >= 0)
		(void)sd_notifyf(0, "STATUS=%s", status.buf);
}

/* ---- mounts ------------------------------------------------------------------------- */

static void on_new_mount(struct bytes point, bool is_dir, const struct filesystem *fs, bool fresh,
			 void *userdata)
{
	struct manager *m = userdata;
	_cleanup_event_ struct event e = EVENT_INIT;
	_cleanup_str_ struct str dir = STR_INIT;
	_cleanup_close_ int fd = -EBADF;
	bool over_hooks;
	int r;

	if (event_set_paths(&e, point, BYTES_LIT(""), BYTES_LIT("")) < 0 ||
	    str_append_bytes(&dir, is_dir ? point : bytes_dirname(point)) < 0)
		return;
	fd = open(dir.buf, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
	e.what = EVENT_MOUNTED;
	e.feed = FEED_LIVE;
	e.time_ns = clock_ns(CLOCK_REALTIME);
	e.mono_ns = clock_mono_ns();
	e.since_ns = e.mono_ns - MANAGER_MOUNT_LATE_NS;
	e.pid = m->mount_pid;
	e.is_dir = is_dir;

	if (!is_dir) {
		e.dirfd = TAKE_FD(fd);
		pipeline_push(m->pipeline, &e);
		return;
	}
	if (fresh && fs->marked)
		log_info("watching %s (%s)", fs->point, fs->type);
	else if (fresh)
		log_info("not watching %s (%s: %s)", fs->point, fs->type, fs->why_not);
	if (fd < 0)
		return;

	/* A directory mounted over one of hooks replaces them; any other filesystem that
	 * nobody watched until now may hold hooks planted since it was mounted. */
	over_hooks = hookpath_leads_to_hooks(point);
	if (over_hooks)
		pipeline_take_mount(m->pipeline, fd, point);
	if (!over_hooks && !(fresh && fs->marked))
		return;
	if (!over_hooks)
		e.time_ns -= NSEC_PER_SEC;
	r = scans_add(m->scans, fd, point, over_hooks ? SCAN_ARRIVED : SCAN_NEWER, &e);
	if (r == -ENOSPC)
		pipeline_gap(m->pipeline, BYTES_LIT("too many filesystems were mounted at once"), &e);
	else if (r < 0)
		log_warning_errno(r, "cannot search what was mounted");
}

static void on_gone_mount(struct bytes point, void *userdata)
{
	struct manager *m = userdata;

	scans_cancel(m->scans, point);
	pipeline_forget_mount(m->pipeline, point);
}

static int on_mounts(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct manager *m = userdata;
	int r;

	(void)source;
	(void)fd;
	(void)revents;
	mount_events_read(m->mount_events, &m->mount_pid);
	r = mounts_refresh(source_fanotify_mounts(m->source), on_new_mount, on_gone_mount, m);
	if (r < 0)
		log_error_errno(r, "cannot follow a change of the mounts");
	send_status(m);
	drive(m);
	return 0;
}

/* ---- signals --------------------------------------------------------------------------- */

static void log_counters(struct manager *m)
{
	_cleanup_str_ struct str text = STR_INIT;
	const struct report_input in = {
		.pipeline = m->pipeline, .source = m->source, .connector = m->connector,
		.processes = m->processes, .memory = m->memory, .sinks = m->sinks, .scans = m->scans,
	};

	if (report_counters(&in, &text) >= 0)
		log_info("counters: %s", text.buf);
}

static void log_filesystems(struct manager *m)
{
	_cleanup_str_ struct str text = STR_INIT;

	if (report_filesystems(source_fanotify_mounts(m->source), &text) < 0)
		return;
	log_info("%s", text.buf);
}

static int on_usr1(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata)
{
	(void)source;
	(void)si;
	log_counters(userdata);
	return 0;
}

static int on_hup(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata)
{
	struct manager *m = userdata;
	struct config config = CONFIG_INIT;
	struct policy policy = POLICY_INIT;
	int r;

	(void)source;
	(void)si;
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu",
			 (unsigned long long)(clock_mono_ns() / 1000));
	r = m->load(&config, &policy, m->userdata);
	if (r >= 0 && ruleset_count(policy.rules) == 0) {
		log_error("there is no rule any more");
		r = -EINVAL;
	}
	if (r >= 0)
		r = pipeline_set_policy(m->pipeline, &policy);
	if (r < 0) {
		policy_release(&policy);
		config_release(&config);
		log_error("the reload failed: configuration and rules are as they were");
	} else {
		log_info("reloaded: %zu rules (before: %zu)", ruleset_count(policy.rules), ruleset_count(m->policy.rules));
		policy_release(&m->policy);
		m->policy = policy;
		/* What can change without a restart. */
		log_open(config.log_level);
		config_release(&config);
	}
	(void)sd_notify(0, "READY=1");
	return 0;
}

static int on_stop(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata)
{
	struct manager *m = userdata;

	(void)source;
	(void)si;
	(void)sd_notify(0, "STOPPING=1");
	return sd_event_exit(m->event, 0);
}

/* ---- start ------------------------------------------------------------------------------ */

int manager_check_privileges(void)
{
	static const struct {
		unsigned capability;
		const char *name, *why;
		bool needed;
	} list[] = {
		{ CAP_SYS_ADMIN, "CAP_SYS_ADMIN", "to mark filesystems", true },
		{ CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH", "to find and read the files of others", true },
		{ CAP_SYS_PTRACE, "CAP_SYS_PTRACE", "executables of other users are not named", false },
	};

	if (capng_get_caps_process() != 0)
		return -EIO;
	for (size_t i = 0; i < ELEMENTSOF(list); i++) {
		if (capng_have_capability(CAPNG_EFFECTIVE, list[i].capability))
			continue;
		if (list[i].needed) {
			log_error("%s is missing (%s): start pyhookd as root", list[i].name, list[i].why);
			return -EPERM;
		}
		log_warning("%s is missing: %s", list[i].name, list[i].why);
	}
	return 0;
}

/* The service manager's default of 1 024 is soon used up by one deep search. */
static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* The kernel doubles a process's table of descriptors when it is full.  If threads share it, that waits for
 * all processors (synchronize_rcu() in expand_fdtable(), fs/file.c: 5 to 300 ms), and every open() of every thread
 * waits with it: those who read /proc would miss all that is executed meanwhile, just
 * when many events wait, each with its directory open.  The table never shrinks, so it is made
 * large here, where there are no threads yet. */
static void make_room_for_files(int any_fd)
{
	struct rlimit limit;
	int fd;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == 0)
		return;
	fd = fcntl(any_fd, F_DUPFD_CLOEXEC,
		   (int)(limit.rlim_cur < MANAGER_FILES_MAX ? limit.rlim_cur : MANAGER_FILES_MAX) - 1);
	closep(&fd);
}

static int open_state(struct manager *m)
{
	/* The packages make it; a first `make run` has none yet. */
	if (mkdir(m->config.state_dir, 0700) < 0 && errno != EEXIST) {
		log_error_errno(errno, "cannot make the state directory '%s'", m->config.state_dir);
		return -errno;
	}
	m->state_dirfd = open(m->config.state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->state_dirfd < 0) {
		log_error_errno(errno, "cannot open the state directory '%s'", m->config.state_dir);
		return -errno;
	}
	/* Two daemons would rotate one log under each other's feet. */
	if (flock(m->state_dirfd, LOCK_EX | LOCK_NB) < 0) {
		log_error("the state directory '%s' is in use by another pyhookd", m->config.state_dir);
		return -EBUSY;
	}
	return 0;
}

static int load_inventory(struct manager *m)
{
	int r = 0;

	/* Each with its NUL, which no path has. */
	for (char **w = m->config.watch; w && *w && r >= 0; w++)
		r = str_append(&m->scope, *w, bytes_of(*w).len + 1);
	if (r >= 0)
		r = inventory_load(m->state_dirfd, str_bytes(&m->scope), &m->baseline, &m->begun_ns);
	if (r < 0)
		return r;
	m->known = r > 0;
	if (m->known)
		return 0;
	/* Killed before the first search is over, the next run must not take as known what was planted since
	 * this one began. */
	r = inventory_save(m->state_dirfd, str_bytes(&m->scope), m->baseline,
			   m->begun_ns ? m->begun_ns : m->start_ns);
	if (r < 0)
		log_warning_errno(r, "cannot write the inventory");
	return 0;
}

static int start_processes(struct manager *m)
{
	struct proc_connector_counters counters;
	int r;

	r = process_table_new(m->procfd, &m->processes);
	if (r < 0)
		return r;
	r = memory_reader_new(&m->memory);
	if (r < 0)
		return r;
	process_table_set_memory_reader(m->processes, memory_reader_read, m->memory);
	r = proc_connector_new(m->processes, &m->connector);
	if (r < 0) {
		log_warning_errno(r, "no records of processes from the kernel: writers that are gone when "
				     "their event is read will not be named");
		m->connector = NULL;
		process_table_set_fed(m->processes, false);
		return process_table_sync(m->processes, clock_mono_ns());
	}
	proc_connector_counters(m->connector, &counters);
	if (!counters.realtime)
		log_warning("no real-time priority for the thread that follows processes: under load a "
			    "short-lived writer may not be named");
	return 0;
}

static int add_sink(struct manager *m, int r, struct sink *sink, const char *name)
{
	if (r >= 0)
		r = sinks_add(m->sinks, sink);
	if (r < 0)
		log_error_errno(r, "cannot open the output '%s'", name);
	return r;
}

/* Without it alerts are worth as much: no reason not to start. */
static void start_evidence(struct manager *m)
{
	struct evidence *evidence;
	int r;

	if (m->config.evidence_max_size == 0)
		return;
	r = str_appendf(&m->evidence_dir, "%s/" EVIDENCE_DIR, m->config.state_dir);
	if (r >= 0)
		r = evidence_new(m->state_dirfd, m->config.evidence_max_size, &evidence);
	if (r >= 0) {
		sinks_set_evidence(m->sinks, evidence);
		return;
	}
	log_warning_errno(r, "the bytes of hooks are not kept: cannot use '%s'", m->evidence_dir.buf);
	str_clear(&m->evidence_dir);
}

static int start_sinks(struct manager *m)
{
	const struct config *c = &m->config;
	struct sink *sink = NULL;
	int r;

	r = sinks_new(&m->sinks);
	if (r < 0)
		return r;

	start_evidence(m);
	/* The durable log is the first, always: what was seen anywhere is in it. */
	r = sink_log_new(m->state_dirfd, c->log_max_size, c->log_keep, &sink);
	r = add_sink(m, r, sink, "alert log");
	if (r >= 0 && c->outputs & CONFIG_OUTPUT_JOURNAL) {
		r = sink_journal_new(m->state_dirfd, SINK_JOURNAL_SOCKET, c->journal_min_level, &sink);
		r = add_sink(m, r, sink, "journal");
	}
	if (r >= 0 && c->outputs & CONFIG_OUTPUT_TEXT) {
		r = sink_text_new(STDOUT_FILENO, &sink);
		r = add_sink(m, r, sink, "text");
	}
	if (r >= 0 && c->outputs & CONFIG_OUTPUT_JSON) {
		r = sink_json_new(STDOUT_FILENO, &sink);
		r = add_sink(m, r, sink, "json");
	}
	return r < 0 ? r : sinks_start(m->sinks);
}

static int start_source(struct manager *m)
{
	int r = source_fanotify_new(m->config.watch, &m->source);

	if (r == -EPERM)
		log_error("the kernel refuses fanotify (in a container it must be allowed: see pyhookd(8))");
	else if (r == -ENOSYS)
		log_error("this kernel has no fanotify events with names: Linux 5.9 or newer is needed");
	else if (r < 0)
		log_error_errno(r, "cannot watch the filesystems");
	return r;
}

static int start_pipeline(struct manager *m)
{
	const struct pipeline_config config = {
		.rootfd = m->rootfd,
		.procfd = m->procfd,
		.processes = m->processes,
		.baseline = m->baseline,
		.connector = m->connector,
		.source = m->source,
		.scans = m->scans,
		.sinks = m->sinks,
		.computer = bytes_of(m->computer),
		.evidence_dir = str_bytes(&m->evidence_dir),
		.evidence_max_file = m->config.evidence_max_file,
	};
	int r = pipeline_new(&config, &m->pipeline);

	return r < 0 ? r : pipeline_set_policy(m->pipeline, &m->policy);
}

/* What is to be made of what the disk holds at the start? */
static enum scan_purpose first_search(const struct manager *m)
{
	if (m->known)
		return SCAN_DIFFERENCE;
	return m->begun_ns ? SCAN_NEWER : SCAN_INVENTORY;
}

/* ---- the well-known places, before we say that we are ready -------------------------------- */

static void take_in_file(struct manager *m, const char *path)
{
	_cleanup_event_ struct event e = EVENT_INIT;
	_cleanup_str_ struct str dir = STR_INIT;
	struct bytes p = bytes_of(path);
	struct stat st;

	/* What changed since the marks were set comes as an event. */
	if (lstat(path, &st) < 0 || timespec_ns(&st.st_ctim) >= m->start_ns)
		return;
	if (event_set_paths(&e, p, BYTES_LIT(""), BYTES_LIT("")) < 0 ||
	    str_append_bytes(&dir, bytes_dirname(p)) < 0)
		return;
	e.what = EVENT_FOUND;
	e.feed = FEED_SCAN;
	e.silent = !m->known && (m->begun_ns == 0 || timespec_ns(&st.st_ctim) < m->begun_ns);
	e.dirfd = open(dir.buf, O_PATH | O_DIRECTORY | O_CLOEXEC);
	pipeline_push(m->pipeline, &e);
}

static void take_in_glob(struct manager *m, const char *pattern)
{
	struct event since = EVENT_INIT;
	glob_t found = { 0 };

	since.time_ns = m->begun_ns;

	if (glob(pattern, GLOB_NOSORT, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++) {
			_cleanup_close_ int fd = open(found.gl_pathv[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
									  O_CLOEXEC | O_NONBLOCK);

			if (fd >= 0) {
				source_fanotify_watch_dir(m->source, fd);
				(void)scans_add(m->scans, fd, bytes_of(found.gl_pathv[i]),
						first_search(m), &since);
				while (scans_step(m->scans))
					(void)pipeline_run(m->pipeline, clock_mono_ns());
			} else if (errno == ENOTDIR) {
				take_in_file(m, found.gl_pathv[i]);
			}
		}
	}
	globfree(&found);
	(void)pipeline_run(m->pipeline, clock_mono_ns());
}

static void take_in_home(const char *home, void *userdata)
{
	struct manager *m = userdata;

	/* A home on another machine may not answer. */
	if (!lookup_is_local(m->rootfd, bytes_of(home)))
		return;

	for (const char *const *w = hookpath_well_known; *w; w++) {
		_cleanup_str_ struct str pattern = STR_INIT;

		if ((*w)[0] == '~' && str_append_text(&pattern, home) >= 0 &&
		    str_append_text(&pattern, *w + 1) >= 0)
			take_in_glob(m, pattern.buf);
	}
}

static int take_in_well_known(struct manager *m)
{
	struct users *users;
	int r = users_new(m->rootfd, &users);

	if (r < 0)
		return r;
	for (const char *const *w = hookpath_well_known; *w; w++)
		if ((*w)[0] != '~')
			take_in_glob(m, *w);
	users_homes(users, take_in_home, m);
	users_free(users);
	return 0;
}

/* ---- the loop ------------------------------------------------------------------------------- */

/* The loop keeps it, with a reference of its own. */
static int give_to_loop(sd_event_source *s)
{
	int r = sd_event_source_set_floating(s, true);

	sd_event_source_unref(s);
	return r;
}

static int add_io(struct manager *m, int fd, uint32_t events, sd_event_io_handler_t fn, const char *name,
		  int64_t priority)
{
	sd_event_source *s;
	int r = sd_event_add_io(m->event, &s, fd, events, fn, m);

	if (r < 0)
		return r;
	(void)sd_event_source_set_description(s, name);
	(void)sd_event_source_set_priority(s, priority);
	return give_to_loop(s);
}

static int add_signal(struct manager *m, int number, sd_event_signal_handler_t fn)
{
	sd_event_source *s;
	int r = sd_event_add_signal(m->event, &s, number, fn, m);

	return r < 0 ? r : give_to_loop(s);
}

static int start_loop(struct manager *m)
{
	int r = sd_event_default(&m->event);

	if (r >= 0)
		r = sd_event_add_time(m->event, &m->timer, CLOCK_MONOTONIC, 0, 1, on_timer, m);
	if (r >= 0)
		r = sd_event_source_set_enabled(m->timer, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_time(m->event, &m->scan_source, CLOCK_MONOTONIC, 0, 1, on_scan, m);
	if (r >= 0)
		r = sd_event_source_set_priority(m->scan_source, SD_EVENT_PRIORITY_NORMAL);
	if (r >= 0)
		r = sd_event_source_set_enabled(m->scan_source, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_time(m->event, &m->save_timer, CLOCK_MONOTONIC, 0, 0, on_save, m);
	if (r >= 0)
		r = sd_event_source_set_enabled(m->save_timer, SD_EVENT_OFF);
	if (r >= 0)
		r = add_io(m, source_fanotify_fd(m->source), EPOLLIN, on_events, "events",
			   SD_EVENT_PRIORITY_NORMAL);
	if (r >= 0)
		r = add_io(m, mount_events_fd(m->mount_events), mount_events_epoll(m->mount_events),
			   on_mounts, "mounts", SD_EVENT_PRIORITY_IMPORTANT);
	if (r >= 0 && m->connector)
		r = add_io(m, proc_connector_fd(m->connector), EPOLLIN, on_watermark, "watermark",
			   SD_EVENT_PRIORITY_NORMAL);
	if (r >= 0)
		r = add_signal(m, SIGHUP, on_hup);
	if (r >= 0)
		r = add_signal(m, SIGUSR1, on_usr1);
	if (r >= 0)
		r = add_signal(m, SIGTERM, on_stop);
	if (r >= 0)
		r = add_signal(m, SIGINT, on_stop);
	if (r >= 0)
		r = sd_event_set_watchdog(m->event, true);
	return r < 0 ? r : 0;
}

/* Before the first thread, so that every thread inherits the mask. */
static void block_signals(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGUSR1);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGPIPE);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
}

int manager_new(struct config *config, struct policy *policy, manager_load_fn load, void *userdata,
		struct manager **ret)
{
	_cleanup_(manager_freep) struct manager *m = calloc(1, sizeof(*m));
	struct utsname names;
	int r;

	if (!m) {
		config_release(config);
		policy_release(policy);
		return -ENOMEM;
	}
	m->config = *config;
	*config = CONFIG_INIT;
	m->policy = *policy;
	*policy = POLICY_INIT;
	m->load = load;
	m->userdata = userdata;
	m->state_dirfd = -EBADF;
	m->procfd = -EBADF;
	m->rootfd = -EBADF;
	str_init(&m->scope);
	str_init(&m->evidence_dir);
	m->start_ns = clock_ns(CLOCK_REALTIME) - NSEC_PER_SEC;
	m->saved_judged = UINT64_MAX;	/* an empty inventory is one, too */

	block_signals();
	raise_file_limit();

	m->rootfd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	m->procfd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->rootfd < 0 || m->procfd < 0) {
		log_error_errno(errno, "cannot open / or /proc");
		return -errno;
	}
	make_room_for_files(m->rootfd);
	m->computer = strdup(uname(&names) == 0 ? names.nodename : "");
	if (!m->computer)
		return -ENOMEM;

	r = open_state(m);
	if (r >= 0)
		r = load_inventory(m);
	if (r >= 0)
		r = start_sinks(m);
	if (r >= 0)
		r = start_processes(m);
	if (r >= 0)
		r = start_source(m);
	if (r >= 0)
		r = mount_events_new(&m->mount_events);
	if (r >= 0)
		r = scans_new(take_event, take_directory, m, &m->scans);
	if (r >= 0)
		scans_set_link_fn(m->scans, take_link);
	if (r >= 0)
		r = start_pipeline(m);
	if (r >= 0)
		r = start_loop(m);
	if (r >= 0)
		r = take_in_well_known(m);
	if (r < 0)
		return r;

	*ret = TAKE_PTR(m);
	return 0;
}

struct manager *manager_free(struct manager *m)
{
	if (!m)
		return NULL;
	sd_event_source_unref(m->timer);
	sd_event_source_unref(m->scan_source);
	sd_event_source_unref(m->save_timer);
	sd_event_unref(m->event);
	pipeline_free(m->pipeline);
	baseline_free(m->baseline);
	str_release(&m->scope);
	str_release(&m->evidence_dir);
	scans_free(m->scans);
	mount_events_free(m->mount_events);
	source_fanotify_free(m->source);
	proc_connector_free(m->connector);
	process_table_free(m->processes);
	memory_reader_free(m->memory);
	sinks_free(m->sinks, STOP_TIMEOUT_MS);
	policy_release(&m->policy);
	config_release(&m->config);
	free(m->computer);
	closep(&m->state_dirfd);
	closep(&m->procfd);
	closep(&m->rootfd);
	free(m);
	return NULL;
}

/* The last events must find their processes in the table, too. */
static void catch_up_with_processes(struct manager *m)
{
	uint64_t now = clock_mono_ns();

	while (m->connector && proc_connector_watermark(m->connector) < now &&
	       clock_mono_ns() < now + NSEC_PER_SEC) {
		struct pollfd fd = { .fd = proc_connector_fd(m->connector), .events = POLLIN };

		proc_connector_nudge(m->connector);
		(void)poll(&fd, 1, 10);
	}
}

/* What the kernel has told until now goes down the line before we stop. */
static void drain(struct manager *m)
{
	uint64_t end = clock_mono_ns() + 2 * NSEC_PER_SEC;

	source_fanotify_stop(m->source);
	catch_up_with_processes(m);
	while (source_fanotify_dispatch(m->source, DISPATCH_MAX, take_event, m) > 0 &&
	       clock_mono_ns() < end)
		;
	/* Far in the future: what is held is complete now, what waits is joined as it is. */
	while (pipeline_run(m->pipeline, clock_mono_ns() + 3600 * NSEC_PER_SEC) == 0)
		;

	while (!save_inventory(m) && clock_mono_ns() < end)
		(void)usleep(1000);
}

int manager_run(struct manager *m)
{
	int r;

	log_info("%s, mounts%s", source_fanotify_features(m->source),
		 mount_events_have_pid(m->mount_events) ? " and who mounts" : " (not who mounts)");
	log_filesystems(m);
	send_status(m);
	pipeline_scan_all(m->pipeline, first_search(m), m->begun_ns);
	drive(m);
	(void)sd_notify(0, "READY=1");

	r = sd_event_loop(m->event);
	if (r < 0)
		log_error_errno(r, "the event loop failed");
	drain(m);
	log_counters(m);
	return r;
}
