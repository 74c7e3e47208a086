/* pipeline.c - the line, from an event to an alert.  Read judge() first.
 *
 *	push: what can it be?  --> coalesce: is it complete? --> wait: does the process
 *	table know of it yet? --> judge: file, process, content, change, package, rules, alert
 *
 * Code of a genuine installer stops before the rules until its package is there (deferral.h), and is said then.
 *
 * Owns: the events between those steps, the engine.  Must not own:
 * where events come from, where alerts go, when it is called.
 */
#include "pipeline.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>

#include "alert.h"
#include "allowance.h"
#include "clock.h"
#include "coalesce.h"
#include "deferral.h"
#include "engine.h"
#include "filedata.h"
#include "follow.h"
#include "guard.h"
#include "hookfile.h"
#include "limits.h"
#include "log.h"
#include "lost.h"
#include "users.h"
#include "view.h"

struct waiting {
	struct waiting *next;
	struct event event;
};

struct pipeline {
	struct pipeline_config config;
	struct coalesce *coalesce;
	struct engine *engine;
	const struct judgement *judgement;
	struct users *users;
	struct installer_cache *installers;
	struct follow *follow;		/* where links lead */
	struct guard *guard;		/* the directories of hooks */
	struct lost *lost;		/* hooks that nobody accounts for and that went away */
	struct deferral *deferral;	/* hooks of installers that are at work */
	struct waiting *first, **end;	/* complete, waiting for the watermark, in order */
	uint64_t removed[PIPELINE_REMOVED_MAX];	/* digests of the paths that went last and are not there again */
	size_t removed_next;
	uint64_t last_gap_ns;
	struct allowance allowance;	/* what is left for judging */
	struct work work;		/* what the hook may cost that is being judged, with all its assignments */
	uint64_t granted;		/* that was, at first */
	bool search_again;		/* events were lost while a search was under way */
	bool find_removed;		/* when the search is over */
	struct pipeline_counters counters;
};

int pipeline_new(const struct pipeline_config *config, struct pipeline **ret)
{
	_cleanup_(pipeline_freep) struct pipeline *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	p->config = *config;
	p->end = &p->first;
	r = coalesce_new(&p->coalesce);
	if (r >= 0)
		r = users_new(config->rootfd, &p->users);
	if (r >= 0)
		r = installer_cache_new(&p->installers);
	if (r >= 0)
		r = lost_new(&p->lost);
	if (r >= 0)
		r = deferral_new(&p->deferral);
	if (r >= 0)
		r = guard_new(config->source, &p->guard);
	if (r >= 0)
		r = follow_new(config->rootfd, config->source, &p->follow);
	if (r < 0)
		return r;

	*ret = TAKE_PTR(p);
	return 0;
}

struct pipeline *pipeline_free(struct pipeline *p)
{
	if (!p)
		return NULL;
	while (p->first) {
		struct waiting *next = p->first->next;

		event_done(&p->first->event);
		free(p->first);
		p->first = next;
	}
	coalesce_free(p->coalesce);
	engine_free(p->engine);
	users_free(p->users);
	installer_cache_free(p->installers);
	lost_free(p->lost);
	deferral_free(p->deferral);
	guard_free(p->guard);
	follow_free(p->follow);
	free(p);
	return NULL;
}

int pipeline_set_policy(struct pipeline *p, const struct policy *policy)
{
	struct engine *engine;
	int r = engine_new(policy->rules, &engine);

	if (r < 0)
		return r;
	engine_free(p->engine);
	p->engine = engine;
	p->judgement = policy->judgement;
	return 0;
}

/* ---- stages: each fills its part of the facts -------------------------------- */

/* The last component of the event's path, as the C string that openat() wants. */
static const char *c_name(const struct facts *f)
{
	return region_copy(f->region, event_name(f->event)).ptr;
}

/* Before a hook is judged.  One that a search has found is in no hurry, nor is a recording. */
static void begin_work(struct pipeline *p, const struct event *e)
{
	bool whole = e->feed == FEED_REPLAY || e->what == EVENT_FOUND;

	p->granted = whole ? CONTENT_WORK_MAX : allowance_of(&p->allowance, clock_mono_ns());
	p->work.left = p->granted;
}

static void end_work(struct pipeline *p, const struct content *c)
{
	bool part = c->size > p->granted / CONTENT_WORK_BYTE || p->work.left == 0;

	p->counters.hurried += p->granted < CONTENT_WORK_MAX && part;
	allowance_spend(&p->allowance, p->granted - p->work.left);
}

/* What is judged, and what with it. */
#define CONTENT_REQUEST(pipeline, facts, hookfile)                                          \
	((struct content_request){ .path = (facts)->event->path,                            \
				   .bytes = str_bytes(&(hookfile)->content),                \
				   .size = (hookfile)->size,                                \
				   .owner = (facts)->file.st.st_uid,                        \
				   .rootfd = (pipeline)->config.rootfd,                     \
				   .judgement = (pipeline)->judgement,                      \
				   .work = &(pipeline)->work,                               \
				   .most = (pipeline)->granted / CONTENT_WORK_BYTE,         \
				   .read = hookfile_read_other,                             \
				   .userdata = &(pipeline)->config.rootfd })

/* What does it do?  Also: what stands there now? */
static int stage_content(struct pipeline *p, struct facts *f, struct hookfile *file)
{
	const char *name = c_name(f);
	int r;

	if (!name)
		return -ENOMEM;
	if (f->event->dirfd >= 0) {
		hookfile_look(p->config.rootfd, f->event->dirfd, name, f->event->path, f->region, file);
	} else {
		/* No descriptor was to be had, which says nothing about the hook, unless the
		 * event is its end. */
		file->facts.gone = f->event->what & (EVENT_DELETE | EVENT_MOVED_FROM);
		file->unread = file->facts.gone ? "gone" : "permission";
	}
	if (file->facts.known && !file->facts.whiteout) {
		r = hookfile_read(p->config.rootfd, f->event->dirfd, name, f->event->path, file);
		if (r < 0)
			return r;
	}
	f->file = file->facts;
	if (file->unread) {
		f->content.verdict = CONTENT_UNREAD;
		f->content.unread = file->unread;
		f->content.size = file->size;
		return 0;
	}
	return content_judge(&CONTENT_REQUEST(p, f, file), &f->hook, f->region, &f->content);
}

/* Which other module is not imported because of it, or instead of it? */
static int stage_shadow(struct pipeline *p, struct facts *f)
{
	int r;

	if (f->event->silent || !f->file.known || f->file.whiteout)
		return 0;
	r = shadow_find(p->config.rootfd, f->event->path, &f->hook, f->region, &f->shadow);
	if (r < 0 || !f->shadow.shadows.ptr)
		return r;
	f->content.indicators |= INDICATOR_BIT(INDICATOR_SHADOWS);
	f->content.disables = f->shadow.shadows;
	return 0;
}

/* What is to be kept of it, should an alert be grave enough? */
static int stage_evidence(struct pipeline *p, struct facts *f, const struct hookfile *file)
{
	/* Of what waited, and is gone now, there was a path. */
	f->evidence = f->evidence_path = BYTES_NONE;
	if (p->config.evidence_dir.len == 0 || file->unread || f->content.sha256[0] == '\0' || file->content.len == 0 ||
	    file->size > p->config.evidence_max_file)
		return 0;
	f->evidence_path = region_printf(f->region, "%.*s/%s", (int)p->config.evidence_dir.len,
					 p->config.evidence_dir.ptr, f->content.sha256);
	f->evidence = str_bytes(&file->content);
	return f->evidence_path.ptr ? 0 : -ENOMEM;
}

#define REMOVALS (EVENT_MOVED_FROM | EVENT_DELETE)

/* The name was taken away and stands there again.  Whoever put it there has an event of his own, which
 * comes; he who removed it must not be named for the content. */
static bool was_put_back(const struct facts *f)
{
	const uint32_t what = f->event->what;

	return (what & REMOVALS) && !(what & ~(uint32_t)(REMOVALS | EVENT_ATTRIB)) && f->file.known && !f->file.whiteout;
}

static void doubt_installer(struct facts *f, struct bytes reason)
{
	struct installer *i = &f->installer;

	if (!i->verified)
		return;
	i->verified = false;
	if (i->reason_count < INSTALLER_REASONS_MAX)
		i->reasons[i->reason_count++] = reason;
}

/* Why a writer that looks genuine may not be the one who wrote. */
static void doubt_act(struct facts *f)
{
	const uint32_t seen = f->event->what & ~(uint32_t)EVENT_ATTRIB;

	/* Whoever closed it may have written into it as well. */
	if (f->attribution.mismatch & MISMATCH_CLOSER)
		doubt_installer(f, BYTES_LIT("another process had the file open for writing, too"));
	/* A descriptor can be inherited, and a write through a mapping shows as nobody's. */
	if (f->event->feed == FEED_LIVE && seen == EVENT_CLOSE_WRITE)
		doubt_installer(f, BYTES_LIT("it closed the file, but was not seen to create or to change it"));
	/* The time of an event is known to some milliseconds: a process that writes and then executes dpkg
	 * must not be taken for dpkg.  Of an installer the queue's order is not believed: who wants to look
	 * like one tries to execute it once before, in vain. */
	if (f->installer.name && f->event->feed == FEED_LIVE &&
	    attribution_executed_after(f->attribution.process, f->event->since_ns))
		f->attribution.mismatch |= MISMATCH_EXEC_RACE;
	if (f->attribution.mismatch & MISMATCH_EXEC_RACE)
		doubt_installer(f, BYTES_LIT("it executed its program about when the file was written: who wrote "
					     "may be what it was before"));
}

/* Does anything of it run when Python starts?  True also where that is not known. */
static bool target_runs(const struct facts *f)
{
	/* A file that sets variables holds shell code, too. */
	return f->hook.vector == VECTOR_ENV || f->content.executing > 0 || f->content.truncated ||
	       f->content.verdict == CONTENT_UNREAD || f->content.verdict > CONTENT_EXECUTES ||
	       (f->content.verdict == CONTENT_EXECUTES && f->content.paths == 0);
}

/* A question about the writer of one event. */
struct asker {
	const struct pipeline *pipeline;
	const struct facts *facts;
	struct bytes dir;		/* of has_lost_hook() */
	bool lost;
};

/* Was it there when the watch began, and is it as it was?  A hook that somebody planted since has a writer. */
static bool is_known_hook(void *userdata, struct bytes path, const struct stat *st)
{
	const struct asker *a = userdata;
	const struct baseline_entry *e = baseline_find(a->pipeline->config.baseline, path);

	return e && e->writer_pid == 0 && !e->unaccounted && e->dev == st->st_dev && e->ino == st->st_ino &&
	       e->ctime_ns == (int64_t)timespec_ns(&st->st_ctim);
}

/* Its event may be waiting still, or be one that could not be resolved any more. */
static void compare_with_disk(const struct baseline_entry *e, void *userdata)
{
	struct asker *a = userdata;
	const struct process *writer = a->facts->attribution.process;
	_cleanup_str_ struct str path = STR_INIT;
	struct stat st;

	/* What the writer has made itself it did not run at its start. */
	if (a->lost || !e->unaccounted || !bytes_equal(lost_directory(e->path), a->dir) ||
	    bytes_equal(e->path, a->facts->event->path) ||
	    (e->writer_pid == a->facts->event->pid && writer && e->writer_start_ns == writer->start_ns))
		return;
	if (str_append_bytes(&path, e->path) < 0 || path.len < 2 ||
	    fstatat(a->pipeline->config.rootfd, path.buf + 1, &st, AT_SYMLINK_NOFOLLOW) < 0)
		a->lost = true;
	else if (!S_ISLNK(st.st_mode))
		a->lost = e->ino != st.st_ino || e->dev != st.st_dev || e->ctime_ns != (int64_t)timespec_ns(&st.st_ctim);
}

static bool has_lost_hook(void *userdata, struct bytes dir, uint64_t since_mono_ns)
{
	struct asker *a = userdata;

	a->dir = dir;
	a->lost = lost_since(a->pipeline->lost, dir, since_mono_ns);
	if (!a->lost)
		baseline_below(a->pipeline->config.baseline, dir, compare_with_disk, a);
	return a->lost;
}

/* Is it an installer?  Asked of the files that the writer sees. */
static int identify(struct pipeline *p, struct facts *f, const struct view *view)
{
	struct attribution writer = f->attribution;
	_cleanup_(process_unrefp) struct process *process = NULL;
	int r;

	r = view_process(view, f->attribution.process, &process);
	if (r < 0)
		return r;
	writer.process = process;
	r = installer_identify(&(struct installer_request){
				       .writer = &writer,
				       .rootfd = view->rootfd,
				       .mounts = view->mounts,
				       .target = view->ours ? f->event->path : view->path,
				       .target_dir_uid = f->file.known ? f->file.dir_uid : 0,
				       .target_runs = target_runs(f),
				       .output_is_target = view_output_is(view, f->event->path,
									  f->file.known ? &f->file.st : NULL),
				       .clock_offset_ns = (int64_t)(f->event->time_ns - f->event->mono_ns),
				       .is_known_hook = view->other ? NULL : is_known_hook,
				       .has_lost_hook = view->other ? NULL : has_lost_hook,
				       .userdata = &(struct asker){ .pipeline = p, .facts = f },
				       .cache = p->installers },
			       f->region, &f->installer);
	if (r < 0)
		return r;
	if (view->rootfd < 0)
		doubt_installer(f, BYTES_LIT("the files of its container cannot be looked at"));
	/* Whoever is root in a container makes its pip as he likes: it counts for what is in there only. */
	if (view->shared && !view->ours)
		doubt_installer(f, BYTES_LIT("the file is not of its container or root directory alone"));
	if (view->doubt.ptr)
		doubt_installer(f, view->doubt);
	doubt_act(f);
	return 0;
}

static struct bytes user_name(struct pipeline *p, struct facts *f, const struct process *process)
{
	struct bytes name = process && process->credentials_known ? users_name(p->users, process->euid) : BYTES_NONE;

	return name.ptr ? region_copy(f->region, name) : BYTES_NONE;
}

/* Who did it, in which container, and is it an installer? */
static int stage_process(struct pipeline *p, struct facts *f)
{
	_cleanup_view_ struct view view = VIEW_INIT;
	int r;

	if (f->event->pid == 0)
		return 0;
	r = attribution_join(p->config.processes, p->config.procfd, f->event, clock_mono_ns(), &f->attribution);
	if (r < 0)
		return r;
	if (!f->attribution.process) {
		p->counters.unattributed++;
		return 0;
	}

	f->user_name = user_name(p, f, f->attribution.process);
	f->parent_user_name = user_name(p, f, f->attribution.process->parent);
	r = cgroup_parse(f->attribution.process->image->cgroup, f->region, &f->cgroup);
	if (r < 0)
		return r;
	r = view_open(&(struct view_request){ .procfd = f->event->feed == FEED_REPLAY ? -EBADF : p->config.procfd,
					      .rootfd = p->config.rootfd,
					      .writer = f->attribution.process,
					      .cgroup = &f->cgroup,
					      .path = f->event->path,
					      .st = f->file.known ? &f->file.st : NULL },
		      f->region, &view);
	if (r < 0)
		return r;
	/* The path of an event may be one that nobody has. */
	if (view.other && f->event->path_relative)
		view.path = BYTES_NONE;
	if (view.other)
		f->attribution.mismatch |= MISMATCH_ROOT;
	if (view.other && !bytes_equal(view.path, f->event->path))
		f->container_path = view.path;
	return identify(p, f, &view);
}

static bool is_same_writer(const struct facts *f, const struct baseline_entry *before)
{
	const struct process *writer = f->attribution.process;

	return writer && before->writer_pid == f->event->pid && before->writer_start_ns == writer->start_ns;
}

/* Has the database the installer for its writer, as far as can be told?  Its times say that it was changed while that
 * process was at work, and its owner is that user: another process of his could have done it, too.  But what counts here
 * was written by the installer itself, so all that could be gained is that what it wrote without a
 * row for it is told as though it had one. */
static bool is_database_of_writer(const struct facts *f, uint64_t now_ns)
{
	const struct process *writer = f->attribution.process;
	uint64_t offset = f->event->time_ns - f->event->mono_ns, since;

	if (!f->installer.verified || !writer || !writer->credentials_known)
		return false;
	since = writer->image->exec_ns > 0 ? writer->image->exec_ns : f->event->mono_ns;
	return provenance_was_written_by(&f->provenance, writer->euid, since + offset, now_ns);
}

/* A new hook of somebody who is no installer is of no package, or makes no difference to what is said.  To find that out
 * takes a look at every name of the directory, which is another one with each hook that he plants. */
static bool is_worth_asking(const struct facts *f)
{
	return f->event->feed != FEED_LIVE || f->installer.verified || !f->attribution.process || f->change != CHANGE_CREATED;
}

/* Which package says that the file is its own? */
static int stage_provenance(struct pipeline *p, struct facts *f, const struct hookfile *file)
{
	struct work work = { PROVENANCE_WORK_MAX };
	struct bytes root = BYTES_LIT("");
	int r;

	if (!hook_is_of_package(&f->hook) || file->fd < 0 || f->content.verdict == CONTENT_INERT)
		return 0;
	/* Of a writer with another root its packages are there; a volume is of nobody's. */
	if (f->container_path.len > 0 && bytes_has_suffix(f->event->path, f->container_path))
		root = bytes_slice(f->event->path, 0, f->event->path.len - f->container_path.len);
	r = provenance_find_in(installer_cache_provenance(p->installers), p->config.rootfd, root, f->event->path, file->fd,
			       &work, f->region, &f->provenance);
	if (r == -EDQUOT)
		return 0;	/* it is not known, which is not the same as of no package */
	if (r < 0)
		return r;
	f->provenance.authentic = f->provenance.match &&
				  (f->provenance.database_root_owned ||
				   is_database_of_writer(f, clock_ns(CLOCK_REALTIME)));
	return 0;
}

static int target_hash(const struct content_target *t, uint64_t *ret)
{
	return baseline_assignment_hash(t->path, bytes_of(t->sha256), BYTES_NONE, ret);
}

/* Is another file that runs with the hook not as it was?  Says which.  One that is gone runs nothing. */
static int find_changed_targets(struct content *c, const struct baseline_entry *before, bool *ret_changed)
{
	bool changed = false;

	for (size_t i = 0; before && before->targets_known && i < c->target_count; i++) {
		struct content_target *t = &c->targets[i];
		uint64_t digest;
		int r = target_hash(t, &digest);

		if (r < 0)
			return r;
		t->changed = t->sha256[0] != '\0' && !baseline_entry_has_target(before, digest);
		changed |= t->changed;
	}
	*ret_changed = changed;
	return 0;
}

/* New, changed, removed, or the same?  Against the inventory. */
static enum change change_of(const struct facts *f, const struct hookfile *file, const struct baseline_entry *before,
			     bool targets_changed)
{
	const uint32_t planted = EVENT_CREATE | EVENT_CLOSE_WRITE | EVENT_MOVED_TO | EVENT_MODIFY |
				 EVENT_MOUNTED;

	if (f->file.whiteout || (f->file.gone && !(f->event->what & planted)))
		return CHANGE_REMOVED;
	if (!before)
		return f->event->what & (EVENT_CREATE | EVENT_MOVED_TO | EVENT_FOUND | EVENT_MOUNTED) ?
			       CHANGE_CREATED : CHANGE_MODIFIED;
	/* Created, looked at while it was still open, and written on by the same process: one act. */
	if (before->open && is_same_writer(f, before) && !(f->event->what & EVENT_MOVED_TO) &&
	    !bytes_equal(bytes_of(before->sha256), bytes_of(f->content.sha256)))
		return CHANGE_CREATED;
	/* A link that leads nowhere still does. */
	if (before->sha256[0] == '\0' && f->content.sha256[0] == '\0' && before->dev == file->content_st.st_dev &&
	    before->ino == file->content_st.st_ino && before->ctime_ns == (int64_t)timespec_ns(&file->content_st.st_ctim))
		return CHANGE_UNCHANGED;
	if (before->sha256[0] != '\0' && f->content.sha256[0] != '\0' &&
	    bytes_equal(bytes_of(before->sha256), bytes_of(f->content.sha256)) && !targets_changed)
		return ownership_is_opened(&before->owner, &f->file.owner) ? CHANGE_PERMISSIONS : CHANGE_UNCHANGED;
	return CHANGE_MODIFIED;
}

/* A file that the hook leads to was written, and by now the hook itself is another, or there again: who did that has an
 * event of his own, which comes. */
static bool is_others_change(const struct facts *f, const struct baseline_entry *before)
{
	if (!f->event->through)
		return false;
	return !before || (!f->file.is_symlink && !bytes_equal(bytes_of(before->sha256), bytes_of(f->content.sha256)));
}

/* The place of a path among those that went last; NULL: it is not there. */
static uint64_t *find_removed(struct pipeline *p, struct bytes path, uint64_t *ret_digest)
{
	/* Any digest of bytes will do. */
	if (baseline_assignment_hash(path, BYTES_LIT(""), BYTES_NONE, ret_digest) < 0)
		return NULL;
	for (size_t i = 0; i < PIPELINE_REMOVED_MAX; i++)
		if (p->removed[i] == *ret_digest)
			return &p->removed[i];
	return NULL;
}

/* Is a removal of what is not known any more one that was said?  Takes note of it. */
static bool is_second_removal(struct pipeline *p, const struct facts *f, const struct baseline_entry *before)
{
	uint64_t digest = 0, *known = find_removed(p, f->event->path, &digest);

	if (f->change != CHANGE_REMOVED || f->file.whiteout) {
		if (known)
			*known = 0;
		return false;
	}
	if (!known)
		p->removed[p->removed_next++ % PIPELINE_REMOVED_MAX] = digest;
	return known && (!before || before->ino == 0);
}

/* Is this what was said already: the same act of the same process, or nothing new on disk? */
static bool is_repetition(const struct facts *f, const struct baseline_entry *before)
{
	if (f->change == CHANGE_REMOVED)
		return f->file.whiteout && before && before->sha256[0] == '\0' &&
		       before->ino == f->file.st.st_ino;
	if (f->change != CHANGE_UNCHANGED)
		return false;
	/* The same bytes were written to what it leads to. */
	if (f->event->through && !f->file.is_symlink)
		return true;
	/* Times and attributes alone are told as well. */
	if (f->event->what == EVENT_ATTRIB && ownership_equal(&before->owner, &f->file.owner))
		return true;
	return f->event->what == EVENT_FOUND || is_same_writer(f, before);
}

/* Nothing of the file is different from what the inventory says: not worth a read. */
static bool is_as_known(const struct hookfile *file, const struct baseline_entry *before)
{
	const struct stat *st = &file->content_st;

	/* An older inventory does not know who may write. */
	return before && before->owner.known && file->facts.known && !file->facts.is_symlink && before->dev == st->st_dev &&
	       before->ino == st->st_ino && before->size == (uint64_t)st->st_size &&
	       before->ctime_ns == (int64_t)timespec_ns(&st->st_ctim);
}

/* ---- rules, alert, sinks ------------------------------------------------------ */

/* The first alert takes the bytes along; without memory it goes without. */
static void hand_over_evidence(struct facts *f, struct alert *a)
{
	if (f->evidence.len == 0 || !facts_are_evidence(f, a->level))
		return;
	a->evidence = malloc(f->evidence.len);
	if (!a->evidence)
		return;
	memcpy(a->evidence, f->evidence.ptr, f->evidence.len);
	a->evidence_len = f->evidence.len;
	memcpy(a->evidence_name, f->content.sha256, sizeof(a->evidence_name));
	f->evidence = BYTES_NONE;
}

static int say(struct pipeline *p, struct facts *f)
{
	struct verdict verdict = { 0 };
	struct alert *alert;
	uint8_t seed[16];
	int r;

	r = engine_run(p->engine, f, &verdict);
	if (r < 0)
		return r;
	if (verdict.rule_count == 0) {
		p->counters.no_rule++;
		return 0;
	}

	if (getrandom(seed, sizeof(seed), 0) != sizeof(seed))
		return -EIO;
	r = alert_new(f, &verdict, seed, &alert);
	if (r < 0)
		return r;
	/* How long it takes us to say something does not include how long an installer is at work. */
	if (f->provenance.deferred)
		alert->read_ns = clock_mono_ns();
	hand_over_evidence(f, alert);
	p->counters.alerts[alert->level]++;
	return sinks_push(p->config.sinks, alert);
}

/* One file that sets variables: an event for each assignment that was not there before. */
struct assignments {
	struct pipeline *pipeline;
	struct facts *facts;
	struct hookfile *file;
	const struct baseline_entry *before;
	uint64_t *list;
	size_t count, room;
	size_t said;
	bool silent;
	bool targets_changed;		/* scripts that it names, or files that it includes, are not what they were */
	size_t looked;			/* at such scripts */
	bool too_many;			/* the file was not read to its end */
};

/* One event for one assignment: with the file's size and digest, and a judgement of its own.  One that is `known` is said if the
 * script that it names is another. */
static int say_assignment(struct assignments *all, const struct env_assignment *a, bool known)
{
	struct pipeline *p = all->pipeline;
	bool changed;
	struct facts one = *all->facts;
	struct content judged;
	int r;

	one.env = *a;
	one.env.name = region_copy(one.region, a->name);
	one.env.value = region_copy(one.region, a->value);
	one.env.resolved = region_copy(one.region, a->resolved);
	if (a->file.ptr)
		one.env.file = region_copy(one.region, a->file);
	if (!one.env.name.ptr || !one.env.value.ptr || !one.env.resolved.ptr || (a->file.ptr && !one.env.file.ptr))
		return -ENOMEM;
	one.category = CATEGORY_FILE_EVENT | CATEGORY_REGISTRY_SET;

	r = content_judge_assignment(&CONTENT_REQUEST(p, &one, all->file), &one.env, one.region, &judged);
	if (r < 0)
		return r;
	r = find_changed_targets(&judged, all->before, &changed);
	if (r < 0)
		return r;
	if (known && !changed)
		return 0;
	all->said++;
	judged.size = one.content.size;
	judged.truncated = one.content.truncated;
	memcpy(judged.sha256, one.content.sha256, sizeof(judged.sha256));
	one.content = judged;
	return say(p, &one);
}

static int take_assignment(const struct env_assignment *a, void *userdata)
{
	struct assignments *all = userdata;
	uint64_t digest;
	bool known;
	int r;

	/* What it comes to: X=/usr/a becoming X=/tmp/a changes PYTHONPATH=$X, too. */
	r = baseline_assignment_hash(a->name, a->resolved, a->file, &digest);
	if (r < 0)
		return r;

	/* The same assignment twice in a file is one. */
	for (size_t i = 0; i < all->count; i++)
		if (all->list[i] == digest)
			return 0;
	if (all->count == ENVFILE_KEPT_MAX) {
		all->too_many = true;
		return -E2BIG;
	}
	if (all->count == all->room) {
		size_t room = all->room ? all->room * 2 : 8;
		uint64_t *list = realloc(all->list, room * sizeof(*list));

		if (!list)
			return -ENOMEM;
		all->list = list;
		all->room = room;
	}
	all->list[all->count++] = digest;

	known = all->before && baseline_entry_has(all->before, digest);
	if (all->silent || (known && (!all->targets_changed || ++all->looked > ENVFILE_SAID_MAX)))
		return 0;
	if (all->said == ENVFILE_SAID_MAX) {
		all->too_many = true;
		return 0;
	}
	return say_assignment(all, a, known);
}

/* From now on changes of this very file are told, whatever name or descriptor is used.
 * Each mark pins an inode in the kernel's memory for as long as the hook is there. */
static bool track(struct pipeline *p, int dirfd, const char *name, bool follow)
{
	if (!p->config.source || !name || dirfd < 0)
		return false;
	if (baseline_count(p->config.baseline) >= PIPELINE_TRACKED_MAX) {
		p->counters.untracked++;
		return false;
	}
	source_fanotify_track(p->config.source, dirfd, name, follow);
	return true;
}

/* What a file sets beyond what could be read of it, or was said, is a fact by itself: somebody
 * may count on nobody looking there. */
static int say_unseen_assignments(struct pipeline *p, struct facts *f, const struct assignments *env)
{
	bool unread = f->content.verdict == CONTENT_UNREAD && !f->file.gone;

	if (f->event->silent || f->change == CHANGE_UNCHANGED || f->change == CHANGE_REMOVED)
		return 0;
	if (f->change == CHANGE_PERMISSIONS) {
		f->category = CATEGORY_FILE_EVENT;
		return say(p, f);
	}
	if (!unread && !f->content.truncated && !env->too_many)
		return 0;
	if (!unread)
		f->content.verdict = CONTENT_SUSPICIOUS;
	f->env = (struct env_assignment){ 0 };
	f->category = CATEGORY_FILE_EVENT;
	return say(p, f);
}

/* Whoever was started before it went may have run it. */
static void note_lost(struct pipeline *p, const struct facts *f, const struct hookfile *file, const struct baseline_entry *before)
{
	const uint32_t planted = EVENT_CREATE | EVENT_CLOSE_WRITE | EVENT_MOVED_TO | EVENT_MODIFY;
	bool gone = f->change == CHANGE_REMOVED || file->facts.gone;

	if (f->hook.vector == VECTOR_ENV)
		return;
	/* One that came and went within one event was never looked at. */
	if (before ? !before->unaccounted : !(gone && f->event->what & planted))
		return;
	if (gone || !change_keeps_content(f->change) || before->ino != file->content_st.st_ino ||
	    before->dev != file->content_st.st_dev)
		lost_add(p->lost, f->event->path, f->event->mono_ns);
}

/* Who may write to the directories of a hook: of one that is known by another name, the real ones. */
static void guard_directories(struct pipeline *p, const struct facts *f)
{
	_cleanup_str_ struct str real = STR_INIT;
	const struct hook alone = { 0 };

	if (!f->event->alias) {
		guard_hook(p->guard, f->event->dirfd, f->event->path, &f->hook);
		return;
	}
	if (p->config.source && f->event->dirfd >= 0 &&
	    source_fanotify_real_path(p->config.source, f->event->dirfd, &real) >= 0 && str_append_text(&real, "/.") >= 0)
		guard_hook(p->guard, f->event->dirfd, str_bytes(&real), &alone);
}

/* The digests of its other files, and those of before while it is itself as it was: what is taken away and put back is not new. */
static void add_targets(struct baseline_entry *e, const struct facts *f, const struct baseline_entry *before, uint64_t *list)
{
	bool same = before && bytes_equal(bytes_of(before->sha256), bytes_of(f->content.sha256));
	size_t kept = f->content.verdict == CONTENT_UNREAD && before ? before->target_count : 0;
	uint64_t digest;

	e->targets = list;
	e->targets_known = f->content.verdict != CONTENT_UNREAD || (before && before->targets_known);
	for (size_t i = 0; i < f->content.target_count; i++)
		if (target_hash(&f->content.targets[i], &digest) >= 0)
			list[e->target_count++] = digest;
	for (size_t i = 0; before && (same || kept) && i < before->target_count && e->target_count < BASELINE_TARGETS_MAX; i++)
		if (!baseline_entry_has_target(e, before->targets[i]))
			list[e->target_count++] = before->targets[i];
}

/* Remember what stands there now, so that the next change is measured against it. */
static void remember(struct pipeline *p, const struct facts *f, const struct hookfile *file,
		     const struct baseline_entry *before, const struct assignments *env)
{
	const struct stat *st = &file->content_st;
	uint64_t targets[BASELINE_TARGETS_MAX];
	struct baseline_entry e = {
		.path = f->event->path,
		.dev = st->st_dev,
		.ino = st->st_ino,
		.size = (uint64_t)st->st_size,
		.ctime_ns = (int64_t)timespec_ns(&st->st_ctim),
		.writer_pid = f->event->pid,
		.writer_start_ns = f->attribution.process ? f->attribution.process->start_ns : 0,
		.open = f->change == CHANGE_CREATED && f->event->what & EVENT_CREATE &&
			!(f->event->what & (EVENT_CLOSE_WRITE | EVENT_MOVED_TO)),
		.owner = f->file.owner,
		.unaccounted = change_keeps_content(f->change) && before ?
				       before->unaccounted :
				       !f->event->silent && !f->installer.verified && target_runs(f),
		.assignments = env->list,
		.assignment_count = env->count,
	};

	/* Not to be looked at now: what was known of it stays known. */
	if (!file->facts.known && !file->facts.gone)
		return;
	memcpy(e.sha256, f->content.sha256, sizeof(e.sha256));
	add_targets(&e, f, before, targets);
	/* Who changed the mode, or a file that it imports, has not written it. */
	if (before && (f->event->what == EVENT_ATTRIB || (f->event->through && !f->file.is_symlink))) {
		e.writer_pid = before->writer_pid;
		e.writer_start_ns = before->writer_start_ns;
	}
	/* Of a file that could not be read, or not to its end, the assignments are not all known. */
	if (f->hook.vector == VECTOR_ENV && (file->unread || f->content.truncated) && before &&
	    e.assignment_count == 0) {
		e.assignments = before->assignments;
		e.assignment_count = before->assignment_count;
	}

	if (f->change == CHANGE_REMOVED || file->facts.gone) {
		/* Editors unlink and create: the assignments that were there are not new then.
		 * A whiteout comes with several events, of which one is said. */
		/* So does who replaces a module of the standard library: it was there, and is changed. */
		if (!f->file.whiteout && f->hook.vector != VECTOR_STDLIB &&
		    (!before || before->assignment_count == 0)) {
			baseline_remove(p->config.baseline, f->event->path);
			return;
		}
		e.assignments = before ? before->assignments : NULL;
		e.assignment_count = before ? before->assignment_count : 0;
		e.sha256[0] = '\0';
		if (!f->file.whiteout)
			e.dev = e.ino = 0;
	} else if (!file->unread) {
		e.tracked = before && before->tracked && before->dev == e.dev && before->ino == e.ino;
		if (!e.tracked)
			e.tracked = track(p, f->event->dirfd, c_name(f), f->file.is_symlink);
		guard_directories(p, f);
	}
	if (baseline_put(p->config.baseline, &e) < 0)
		p->counters.no_memory++;
}

/* ---- waiting for the package ---------------------------------------------------- */

/* Not worth a wait: what is suspicious by itself, whoever brought it, and what no rule asks its package for. */
static bool may_wait(const struct facts *f)
{
	return f->event->feed == FEED_LIVE && !f->event->silent && !f->event->path_relative && f->installer.verified &&
	       hook_is_of_package(&f->hook) && f->hook.vector != VECTOR_PTH_PATH && f->content.verdict == CONTENT_EXECUTES &&
	       (f->change == CHANGE_CREATED || f->change == CHANGE_MODIFIED);
}

/* The installer is not done: that it is of no package, or of another content, cannot be told yet. */
static void forget_provenance(struct facts *f)
{
	if (!f->provenance.match)
		f->provenance = (struct provenance){ .deferred = f->provenance.deferred };
}

static bool is_at_work(struct pipeline *p, const struct process *writer, uint64_t now_ns)
{
	struct process_table *table = p->config.processes;
	_cleanup_(process_unrefp) struct process *now = NULL;

	if (process_table_is_fed(table))
		now = process_table_get(table, writer->pid, now_ns);
	else if (p->config.procfd >= 0 && process_read(table, p->config.procfd, writer->pid, now_ns, &now) < 0)
		return false;
	if (!now || now->exit_ns > 0)
		return false;
	return now->start_ns > 0 && writer->start_ns > 0 ? now->start_ns == writer->start_ns :
							    now->start_ticks == writer->start_ticks;
}

/* It is not the file any more that was judged: it is judged as it is now.  What the installer wrote comes as an
 * event, which goes before: so it was somebody else. */
static int judge_again(struct pipeline *p, struct deferred *one, struct hookfile *now)
{
	struct facts *f = &one->facts;
	const struct facts before = *f;
	int r;

	hookfile_done(now);
	r = stage_content(p, f, now);
	if (r < 0)
		return r;
	if (!f->file.known || f->content.verdict == CONTENT_UNREAD) {
		/* Gone, or not to be read any more: what it was is said. */
		f->file = before.file;
		f->content = before.content;
		f->hook = before.hook;
		return 0;
	}
	if (!bytes_equal(bytes_of(f->content.sha256), bytes_of(before.content.sha256)))
		doubt_installer(f, BYTES_LIT("the content was changed after the installer had written it"));
	return 0;
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       timespec_ns(&a->st_ctim) == timespec_ns(&b->st_ctim);
}

/* As it stands there now.  No descriptor was kept.  0: it is not known yet what that is. */
static int look_again(struct pipeline *p, struct deferred *one, struct hookfile *now, uint64_t now_ns, bool last)
{
	int r;

	one->facts.provenance = (struct provenance){ 0 };
	one->event.dirfd = filedata_open_local(p->config.rootfd, bytes_dirname(one->event.path), O_PATH | O_DIRECTORY, NULL);
	if (one->event.dirfd < 0) {
		one->event.dirfd = -EBADF;
		now->facts.gone = true;
		return 1;
	}
	hookfile_look(p->config.rootfd, one->event.dirfd, c_name(&one->facts), one->event.path, &one->region, now);
	r = hookfile_read(p->config.rootfd, one->event.dirfd, c_name(&one->facts), one->event.path, now);
	if (r < 0)
		return r;
	if (is_same_file(&now->content_st, &one->file.content_st))
		return 1;
	/* Whoever changed it has an event, as a rule, which names him: it may be on its way. */
	if (one->changed_ns == 0)
		one->changed_ns = now_ns;
	if (!last && now_ns < one->changed_ns + PIPELINE_JOIN_NS)
		return 0;
	r = judge_again(p, one, now);
	one->file.content_st = now->content_st;
	one->changed_ns = 0;
	return r < 0 ? r : 1;
}

static int say_deferred(struct pipeline *p, struct deferred *one, const struct hookfile *now)
{
	const struct baseline_entry *before = baseline_find(p->config.baseline, one->event.path);
	int r;

	p->counters.judged++;
	one->facts.provenance.deferred = true;
	one->facts.category = CATEGORY_FILE_EVENT;
	r = stage_evidence(p, &one->facts, now);
	if (r >= 0)
		r = say(p, &one->facts);
	if (r < 0)
		return r;
	note_lost(p, &one->facts, now, before);
	remember(p, &one->facts, now, before, &(struct assignments){ 0 });
	return 0;
}

static void end_deferred(struct pipeline *p, struct deferred *one, const struct hookfile *now)
{
	int r = say_deferred(p, one, now);

	if (r < 0) {
		p->counters.no_memory += r != -ENOBUFS;
		log_warning_errno(r, "a hook that waited for its package was not said");
	}
	deferred_free(one);
}

/* Another event tells what stands there now: this one is said as it was, and goes first. */
static void end_waiting(struct pipeline *p, struct deferred *one)
{
	(void)deferral_take(p->deferral, one);
	forget_provenance(&one->facts);
	end_deferred(p, one, &one->file);
}

/* A hook may be written before the modules that it imports. */
static int judge_companions(struct pipeline *p, struct deferred *one, const struct hookfile *now)
{
	struct facts *f = &one->facts;

	if (!now->facts.known || now->unread || f->content.verdict == CONTENT_UNREAD)
		return 0;
	return content_judge(&CONTENT_REQUEST(p, f, now), &f->hook, f->region, &f->content);
}

/* Is its package there? */
static void ask_again(struct pipeline *p, struct deferred *one, uint64_t now_ns)
{
	_cleanup_hookfile_ struct hookfile now = HOOKFILE_INIT;
	const uint64_t begun = clock_mono_ns();
	bool done, timeout = now_ns >= one->since_ns + DEFERRAL_TIMEOUT_NS;
	int r;

	begin_work(p, &one->event);
	if (one->gone_ns == 0 && !is_at_work(p, one->facts.attribution.process, begun))
		one->gone_ns = now_ns;
	done = one->gone_ns > 0 && now_ns >= one->gone_ns + DEFERRAL_SETTLE_NS;

	r = look_again(p, one, &now, now_ns, timeout);
	done = done && r != 0;
	if (r > 0)
		r = stage_provenance(p, &one->facts, &now);
	if (r >= 0 && !done && !timeout && !one->facts.provenance.match && one->facts.installer.verified) {
		end_work(p, &one->facts.content);
		closep(&one->event.dirfd);
		one->event.dirfd = -EBADF;
		deferred_again(one, clock_mono_ns() - begun, now_ns);
		return;
	}

	(void)deferral_take(p->deferral, one);
	if (r >= 0)
		r = judge_companions(p, one, &now);
	end_work(p, &one->facts.content);
	if (r < 0)
		p->counters.no_memory++;	/* said as it was */
	if (!done)
		forget_provenance(&one->facts);
	p->counters.deferral_timeouts += !done && timeout;
	end_deferred(p, one, &now);
}

/* A hook waits, and here is what happened to it since.  True: the waiting one, as it is, has told all. */
static bool meet_waiting(struct pipeline *p, struct facts *f, uint64_t *ret_since_ns)
{
	struct deferred *one = deferral_find(p->deferral, f->event->path);

	if (!one)
		return false;
	/* It is there, says a search; or the same bytes are written again; or it is about a file that the hook imports:
	 * what waits will tell. */
	if (f->event->what == EVENT_FOUND || (f->event->through && !f->file.is_symlink) ||
	    (f->content.sha256[0] != '\0' &&
	     bytes_equal(bytes_of(f->content.sha256), bytes_of(one->facts.content.sha256)))) {
		p->counters.same_act++;
		return true;
	}
	f->change = one->facts.change;
	if (may_wait(f) && f->attribution.process && one->event.pid == f->event->pid &&
	    one->facts.attribution.process->start_ns == f->attribution.process->start_ns) {
		*ret_since_ns = one->since_ns;
		deferred_free(deferral_take(p->deferral, one));
		return false;
	}
	end_waiting(p, one);
	return false;
}

/* 1: it waits, and facts and event are empty; 0: it cannot, or need not. */
static int wait_for_package(struct pipeline *p, struct facts *f, struct event *e, struct hookfile *file, uint64_t since_ns)
{
	const uint64_t now_ns = clock_mono_ns();
	int r;

	if (f->provenance.match || !may_wait(f))
		return 0;
	/* A change that comes without an event of this name. */
	(void)track(p, e->dirfd, c_name(f), f->file.is_symlink);
	r = deferral_add(p->deferral, f, e, f->region, file, since_ns > 0 ? since_ns : now_ns, now_ns);
	if (r == 0)
		return 1;
	p->counters.undeferred++;	/* said now is better than lost */
	return 0;
}

/* ---- the line ------------------------------------------------------------------ */

struct hook_link {
	struct pipeline *pipeline;
	const struct facts *facts;
	bool begun;
};

/* A hook is a link: what it leads through is the hook, too. */
static void target_met(int dirfd, const char *name, struct bytes path, struct bytes missing, void *userdata)
{
	struct hook_link *l = userdata;

	/* It may have led elsewhere before. */
	if (!l->begun)
		follow_forget(l->pipeline->follow, l->facts->event->path);
	l->begun = true;
	follow_target(l->pipeline->follow, dirfd, name, path, missing, l->facts->event->path);
}

/* Another file that runs with the hook. */
static void companion_met(int dirfd, const char *name, struct bytes path, struct bytes missing, void *userdata)
{
	const struct hook_link *l = userdata;

	follow_target(l->pipeline->follow, dirfd, name, path, missing, l->facts->event->path);
	if (!missing.ptr)
		(void)track(l->pipeline, dirfd, name, false);
}

/* What happens to them is an event of the hook from now on.  The name of one that went stays followed while the hook is
 * what it was: it may come back as another. */
static void follow_companions(struct pipeline *p, const struct facts *f, const struct baseline_entry *before, bool link_followed)
{
	struct hook_link l = { .pipeline = p, .facts = f };

	if (!p->config.source)
		return;
	if (!link_followed && before && before->target_count > 0 &&
	    !bytes_equal(bytes_of(before->sha256), bytes_of(f->content.sha256)))
		follow_forget(p->follow, f->event->path);
	for (size_t i = 0; i < f->content.target_count; i++) {
		_cleanup_close_ int fd = -EBADF;
		const char *unread;

		(void)hookfile_walk(p->config.rootfd, f->content.targets[i].path, companion_met, &l, &fd, &unread);
	}
}

/* May files run with the hook that an inventory does not tell by the hook's own file? */
static bool may_lead_on(const struct hook *hook, const struct baseline_entry *before)
{
	return !before->targets_known || before->target_count > 0 || hook->vector == VECTOR_PTH || hook->vector == VECTOR_START;
}

static int judge_facts(struct pipeline *p, struct facts *f, struct event *e, struct hookfile *file)
{
	const struct baseline_entry *before = baseline_find(p->config.baseline, f->event->path);
	struct assignments env = { .pipeline = p, .facts = f, .file = file, .silent = f->event->silent };
	struct hook_link link = { .pipeline = p, .facts = f };
	_cleanup_free_ uint64_t *list = NULL;
	uint64_t since_ns = 0;
	int r;

	if (f->event->what == EVENT_FOUND && f->event->dirfd >= 0) {
		struct hookfile look = HOOKFILE_INIT;

		hookfile_look(p->config.rootfd, f->event->dirfd, c_name(f), f->event->path, f->region, &look);
		if (is_as_known(&look, before) && !may_lead_on(&f->hook, before)) {
			/* Known from an earlier run: nothing to say, but it has no mark in this one. */
			if (!before->tracked && track(p, f->event->dirfd, c_name(f), false))
				baseline_set_tracked(p->config.baseline, f->event->path);
			guard_directories(p, f);
			return 0;
		}
	}

	file->met = target_met;
	file->userdata = &link;
	r = stage_content(p, f, file);
	if (r < 0)
		return r;
	if (f->file.gone)
		follow_forget(p->follow, f->event->path);
	if (f->file.known && S_ISDIR(f->file.st.st_mode))
		return 0;	/* site.py ignores a directory of such a name */
	if (was_put_back(f))
		return 0;
	r = stage_shadow(p, f);
	if (r < 0)
		return r;
	r = stage_evidence(p, f, file);
	if (r < 0)
		return r;

	if (!f->event->silent) {
		r = stage_process(p, f);
		if (r < 0)
			return r;
	}
	if (meet_waiting(p, f, &since_ns))
		return 0;
	before = baseline_find(p->config.baseline, f->event->path);
	if (since_ns == 0 && is_others_change(f, before)) {
		p->counters.same_act++;
		return 0;
	}
	env.before = before;
	follow_companions(p, f, before, link.begun);
	r = find_changed_targets(&f->content, before, &env.targets_changed);
	if (r < 0)
		return r;
	f->change = since_ns > 0 ? f->change : change_of(f, file, before, env.targets_changed);
	if (before)
		f->file.owner_before = before->owner;

	if (!f->event->silent && f->change != CHANGE_REMOVED && !is_repetition(f, before) && is_worth_asking(f)) {
		r = stage_provenance(p, f, file);
		if (r == 0 && f->installer.verified)
			forget_provenance(f);
		if (r == 0)
			r = wait_for_package(p, f, e, file, since_ns);
		if (r != 0)
			return r < 0 ? r : 0;
	}

	p->counters.judged++;
	if (f->content.verdict == CONTENT_UNREAD && f->change != CHANGE_REMOVED)
		p->counters.unread++;

	if (f->hook.vector == VECTOR_ENV) {
		r = content_assignments(&CONTENT_REQUEST(p, f, file), f->hook.syntax, take_assignment, &env);
		list = env.list;
		if (r < 0 && r != -E2BIG)
			return r;
		r = say_unseen_assignments(p, f, &env);
		if (r < 0)
			return r;
	} else if (!f->event->silent) {
		if (is_second_removal(p, f, before) || is_repetition(f, before)) {
			p->counters.same_act++;
		} else {
			f->category = CATEGORY_FILE_EVENT;
			r = say(p, f);
			if (r < 0)
				return r;
		}
	}
	note_lost(p, f, file, before);
	remember(p, f, file, before, &env);
	return 0;
}

/* Somebody changed who may write to a directory of hooks, or to one above it. */
static int judge_directory(struct pipeline *p, struct facts *f)
{
	const char *name = c_name(f);
	_cleanup_close_ int fd = -EBADF;
	struct stat *st = &f->file.st;
	char self[64];
	int r;

	if (!name)
		return -ENOMEM;
	if (f->event->dirfd >= 0)
		fd = openat(f->event->dirfd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, st) < 0)
		return 0;	/* gone, or moved on: another event tells */
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	f->file.known = true;
	f->file.dir_uid = st->st_uid;
	f->file.owner = ownership_of(st, ownership_has_acl(self));
	if (!guard_update(p->guard, f->event->path, &f->file.owner, &f->file.owner_before) ||
	    !ownership_is_opened(&f->file.owner_before, &f->file.owner))
		return 0;
	r = stage_process(p, f);
	if (r < 0)
		return r;
	f->change = CHANGE_PERMISSIONS;
	f->category = CATEGORY_FILE_EVENT;
	p->counters.judged++;
	return say(p, f);
}

/* *e may be empty afterwards. */
static void judge(struct pipeline *p, struct event *e)
{
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_hookfile_ struct hookfile file = HOOKFILE_INIT;
	struct facts f = {
		.region = &region,
		.event = e,
		.computer = p->config.computer,
		.attribution.source = ATTRIBUTION_NONE,
	};
	int r;

	if (!e->is_dir && !hookpath_classify(e->path, &f.hook))
		return;
	begin_work(p, e);
	r = e->is_dir ? judge_directory(p, &f) : judge_facts(p, &f, e, &file);
	end_work(p, &f.content);
	if (r == -ENOBUFS) {
		/* Not said, so it is not in the inventory either: the next search says it. */
		log_warning("alerts come faster than they can be written: one was dropped");
	} else if (r < 0) {
		p->counters.no_memory++;
		log_error_errno(r, "an event on a hook was not judged");
	}
	attribution_done(&f.attribution);
}

/* ---- before the line: what can it be, and is it complete? ------------------------ */

static void queue_search(struct pipeline *p, int fd, struct bytes path, bool behind, const struct event *template)
{
	int r = behind ? scans_add_behind(p->config.scans, fd, path, SCAN_ARRIVED, template) :
			 scans_add(p->config.scans, fd, path, SCAN_ARRIVED, template);

	if (r == -ENOSPC)
		pipeline_gap(p, BYTES_LIT("too many directories were moved at once"), template);
	else if (r < 0)
		p->counters.no_memory++;
}

/* The hooks in a directory that came as a whole are the act of who moved or mounted it.  In one that
 * was only made, what is there already was put there by somebody whose event was filtered
 * out, since nobody knew yet that every name matters: it is found, without a writer. */
static void search_arrived(struct pipeline *p, const struct event *e, struct bytes path, bool behind)
{
	struct event template = *e;
	_cleanup_close_ int fd = -EBADF;
	_cleanup_str_ struct str name = STR_INIT;

	if (!p->config.scans || e->dirfd < 0 || str_append_bytes(&name, event_name(e)) < 0)
		return;
	fd = openat(e->dirfd, name.buf, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return;	/* gone or moved on: another event tells */

	if (!(e->what & (EVENT_MOVED_TO | EVENT_MOUNTED))) {
		template.what = EVENT_FOUND;
		template.feed = FEED_SCAN;
		template.pid = 0;
	}
	queue_search(p, fd, path, behind, &template);
}

/* Paths, gathered before that which has them is changed: each with its length. */
static void collect_path(struct str *list, struct bytes path)
{
	uint32_t len = (uint32_t)path.len;

	/* What does not fit is only remembered longer than it should be. */
	if (str_reserve(list, sizeof(len) + path.len) >= 0) {
		(void)str_append(list, &len, sizeof(len));
		(void)str_append_bytes(list, path);
	}
}

static void collect(const struct baseline_entry *e, void *userdata)
{
	if (e->ino == 0 && e->sha256[0] == '\0')
		return;		/* it is gone already, and only remembered */
	collect_path(userdata, e->path);
}

static bool next_collected(const struct str *list, size_t *at, struct bytes *ret)
{
	uint32_t len;

	if (list->len - *at < sizeof(len))
		return false;
	memcpy(&len, list->buf + *at, sizeof(len));
	*ret = bytes_slice(str_bytes(list), *at + sizeof(len), len);
	*at += sizeof(len) + len;
	return true;
}

/* A directory went away with the hooks in it. */
static void forget_below(struct pipeline *p, struct bytes dir, uint64_t mono_ns)
{
	_cleanup_str_ struct str gone = STR_INIT;
	struct bytes path;
	size_t at = 0;

	baseline_below(p->config.baseline, dir, collect, &gone);
	while (next_collected(&gone, &at, &path)) {
		const struct baseline_entry *e = baseline_find(p->config.baseline, path);

		if (e && e->unaccounted)
			lost_add(p->lost, path, mono_ns);
		baseline_remove(p->config.baseline, path);
	}
	guard_forget(p->guard, dir);
}

static void hold(struct pipeline *p, struct event *e, bool complete)
{
	if (coalesce_add(p->coalesce, e, complete, clock_mono_ns()) < 0) {
		p->counters.no_memory++;
		event_done(e);
	}
}

/* ---- other names ---------------------------------------------------------------- */

/* What an event of one name says of every other name of the file. */
#define THROUGH_OTHER_NAMES (EVENT_MODIFY | EVENT_CLOSE_WRITE | EVENT_ATTRIB)

/* The link `name` leads elsewhere now, or somebody put there what it leads to: all behind it is his act. */
static void follow_again(struct pipeline *p, struct bytes name, const struct event *e)
{
	_cleanup_close_ int fd = -EBADF;
	struct event template = *e;
	int r;

	forget_below(p, name, e->mono_ns);
	follow_forget(p->follow, name);
	r = follow_link(p->follow, name, &fd);
	if (r < 0)
		log_warning_errno(r, "a link behind which hooks are expected cannot be followed");
	if (r <= 0 || !p->config.scans)
		return;
	template.what = EVENT_MOVED_TO;
	queue_search(p, fd, name, true, &template);
}

static void collect_name(struct bytes name, bool itself, void *userdata)
{
	(void)itself;
	collect_path(userdata, name);
}

/* Is it a link behind which hooks are expected, or was it one? */
static void push_link(struct pipeline *p, const struct event *e)
{
	_cleanup_str_ struct str name = STR_INIT;
	struct stat st;

	if (!(e->what & (EVENT_CREATE | EVENT_MOVED_TO | EVENT_MOVED_FROM | EVENT_DELETE)) ||
	    !hookpath_linkname_is_candidate(event_name(e)) || !hookpath_leads_to_hooks(e->path))
		return;
	if (e->what & (EVENT_CREATE | EVENT_MOVED_TO) && e->dirfd >= 0 && str_append_bytes(&name, event_name(e)) >= 0 &&
	    fstatat(e->dirfd, name.buf, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode)) {
		follow_again(p, e->path, e);
		return;
	}
	forget_below(p, e->path, e->mono_ns);
	follow_forget(p->follow, e->path);
}

void pipeline_take_link(struct pipeline *p, struct bytes path, enum scan_purpose purpose, const struct event *template)
{
	_cleanup_close_ int fd = -EBADF;

	/* What does not go is counted by who could not do it. */
	if (follow_link(p->follow, path, &fd) > 0 && scans_add_behind(p->config.scans, fd, path, purpose, template) < 0) {
		follow_forget(p->follow, path);
		p->search_again = true;
	}
}

void pipeline_take_mount(struct pipeline *p, int dirfd, struct bytes path)
{
	(void)follow_mount(p->follow, dirfd, path);
}

void pipeline_forget_mount(struct pipeline *p, struct bytes path)
{
	follow_forget(p->follow, path);
}

/* An event of `e` under another name.  False: that cannot be had. */
static bool copy_event(const struct event *e, struct bytes name, struct event *ret)
{
	*ret = EVENT_INIT;
	if (event_set_paths(ret, name, BYTES_LIT(""), e->exec_path) < 0)
		return false;
	ret->what = e->what;
	ret->feed = e->feed;
	ret->time_ns = e->time_ns;
	ret->mono_ns = e->mono_ns;
	ret->since_ns = e->since_ns;
	ret->exec_ns = e->exec_ns;
	ret->pid = e->pid;
	ret->closer_pid = e->closer_pid;
	ret->is_dir = e->is_dir;
	return true;
}

/* What an event of a target says of the hook that leads to it. */
static uint32_t what_of_target(uint32_t what)
{
	uint32_t hook = what & THROUGH_OTHER_NAMES;

	if (what & (EVENT_CREATE | EVENT_MOVED_TO | EVENT_MOVED_FROM | EVENT_DELETE | EVENT_MOUNTED))
		hook |= EVENT_MODIFY;
	/* Of these nothing more will come. */
	if (what & (EVENT_MOVED_TO | EVENT_MOVED_FROM | EVENT_DELETE | EVENT_MOUNTED))
		hook |= EVENT_CLOSE_WRITE;
	return hook;
}

/* The hook `name` is a link to where `e` happened, or through it. */
static void push_target(struct pipeline *p, const struct event *e, struct bytes name)
{
	const char *unread;
	struct event copy;

	if (!copy_event(e, name, &copy)) {
		p->counters.no_memory++;
		return;
	}
	copy.what = what_of_target(e->what);
	copy.is_dir = false;
	copy.through = true;
	if (copy.what & EVENT_CLOSE_WRITE && copy.closer_pid == 0)
		copy.closer_pid = e->pid;
	(void)hookfile_walk(p->config.rootfd, bytes_dirname(name), NULL, NULL, &copy.dirfd, &unread);
	pipeline_push(p, &copy);
}

/* The directory of `e` is one of hooks by another name. */
static void push_alias(struct pipeline *p, const struct event *e, struct bytes name)
{
	struct event copy;

	if (!copy_event(e, name, &copy)) {
		p->counters.no_memory++;
		return;
	}
	copy.alias = true;
	copy.dirfd = e->dirfd < 0 ? -EBADF : fcntl(e->dirfd, F_DUPFD_CLOEXEC, 3);
	pipeline_push(p, &copy);
}

/* By its name a unit could be a directory of drop-ins, too; what is in the inventory is a file. */
static bool is_link_to_hooks(struct pipeline *p, struct bytes name)
{
	return hookpath_leads_to_hooks(name) && !baseline_find(p->config.baseline, name);
}

struct names {
	struct str itself, below;
};

static void sort_name(struct bytes name, bool itself, void *userdata)
{
	struct names *n = userdata;

	collect_path(itself ? &n->itself : &n->below, name);
}

/* Hand on what it is by its other names. */
static void push_other_paths(struct pipeline *p, const struct event *e)
{
	struct names names = { STR_INIT, STR_INIT };
	struct hook own, other;
	struct bytes name;
	size_t at = 0;
	/* A hook by its own name is said by that. */
	bool known = !e->is_dir && hookpath_classify(e->path, &own) && own.scope != SCOPE_ELSEWHERE;

	if (follow_names(p->follow, e->path, sort_name, &names) < 0)
		p->counters.no_memory++;
	while (!known && next_collected(&names.below, &at, &name))
		if (e->is_dir || hookpath_classify(name, &other))
			push_alias(p, e, name);
	at = 0;
	while (next_collected(&names.itself, &at, &name)) {
		if (e->is_dir) {
			continue;	/* find_links_again() */
		} else if (is_link_to_hooks(p, name)) {
			if (e->what & (EVENT_CREATE | EVENT_MOVED_TO | EVENT_MOVED_FROM | EVENT_DELETE))
				follow_again(p, name, e);
		} else if (!known && hookpath_classify(name, &other)) {
			push_target(p, e, name);
		}
	}
	str_release(&names.itself);
	str_release(&names.below);
}

/* A directory came or went that links lead through. */
static void find_links_again(struct pipeline *p, const struct event *e)
{
	_cleanup_str_ struct str names = STR_INIT;
	struct hook hook;
	struct bytes name;
	size_t at = 0;

	follow_names_below(p->follow, e->path, collect_name, &names);
	while (next_collected(&names, &at, &name)) {
		if (is_link_to_hooks(p, name))
			follow_again(p, name, e);
		else if (hookpath_classify(name, &hook))
			push_target(p, e, name);
	}
}

static void push_dir(struct pipeline *p, struct event *e)
{
	if (e->what == EVENT_ATTRIB) {
		hold(p, e, true);
		return;
	}
	if (e->what & (EVENT_MOVED_FROM | EVENT_DELETE) && !(e->what & EVENT_MOVED_TO))
		forget_below(p, e->path, e->mono_ns);
	if (e->what & (EVENT_MOVED_TO | EVENT_MOUNTED) ||
	    (e->what & EVENT_CREATE && hookpath_dir_takes_any_name(e->path)))
		search_arrived(p, e, e->path, e->alias);
	if (!e->alias && follow_count(p->follow) > 0)
		find_links_again(p, e);
	event_done(e);
}

static bool is_there(struct pipeline *p, struct bytes path)
{
	_cleanup_str_ struct str copy = STR_INIT;
	struct stat st;

	return str_append_bytes(&copy, path) < 0 || copy.len < 2 ||
	       fstatat(p->config.rootfd, copy.buf + 1, &st, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

void pipeline_find_removed(struct pipeline *p)
{
	_cleanup_str_ struct str known = STR_INIT;
	struct bytes path;
	size_t at = 0;

	baseline_below(p->config.baseline, BYTES_LIT("/"), collect, &known);
	while (next_collected(&known, &at, &path)) {
		struct event e = EVENT_INIT;

		/* Where the directory is gone, too, its filesystem may not be mounted now. */
		if (is_there(p, path) || !is_there(p, bytes_dirname(path)) ||
		    event_set_paths(&e, path, BYTES_LIT(""), BYTES_LIT("")) < 0)
			continue;
		e.what = EVENT_DELETE;
		e.feed = FEED_SCAN;
		e.time_ns = clock_ns(CLOCK_REALTIME);
		e.mono_ns = clock_mono_ns();
		pipeline_push(p, &e);
	}
}

/* A known hook was written through a name that is none: each name it has as a hook
 * gets an event of its own. */
struct other_names {
	struct pipeline *pipeline;
	const struct event *event;
	struct event list[16];
	size_t count;
};

static void take_other_name(const struct baseline_entry *known, void *userdata)
{
	struct other_names *o = userdata;
	struct event *e = &o->list[o->count];
	const char *unread;
	struct hook hook;

	if (o->count == ELEMENTSOF(o->list) || !hookpath_classify(known->path, &hook) ||
	    !copy_event(o->event, known->path, e))
		return;
	e->what &= THROUGH_OTHER_NAMES;
	(void)hookfile_walk(o->pipeline->config.rootfd, bytes_dirname(known->path), NULL, NULL, &e->dirfd, &unread);
	o->count++;
}

static void push_other_names(struct pipeline *p, struct event *e)
{
	struct other_names o = { .pipeline = p, .event = e };
	_cleanup_str_ struct str name = STR_INIT;
	struct stat st;

	if (e->what & THROUGH_OTHER_NAMES && e->dirfd >= 0 &&
	    str_append_bytes(&name, event_name(e)) >= 0 &&
	    fstatat(e->dirfd, name.buf, &st, AT_SYMLINK_NOFOLLOW) == 0)
		baseline_by_inode(p->config.baseline, st.st_dev, st.st_ino, take_other_name, &o);
	if (o.count == 0)
		p->counters.not_hooks++;
	for (size_t i = 0; i < o.count; i++)
		pipeline_push(p, &o.list[i]);
	event_done(e);
}

/* Is the file as its writer wants it, as far as can be told? */
static bool is_complete(struct pipeline *p, const struct event *e)
{
	_cleanup_str_ struct str name = STR_INIT;
	struct stat st;

	if (e->what & (EVENT_CLOSE_WRITE | EVENT_MOVED_TO | EVENT_MOVED_FROM | EVENT_DELETE |
		       EVENT_MOUNTED | EVENT_FOUND))
		return true;
	/* Nothing more belongs to it, and the next may be somebody else's. */
	if (e->what == EVENT_ATTRIB)
		return true;
	if (!(e->what & EVENT_CREATE) || e->dirfd < 0 || str_append_bytes(&name, event_name(e)) < 0)
		return false;
	/* A link, a node, a name that is gone again: nothing more will come. */
	if (fstatat(e->dirfd, name.buf, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_nlink > 1)
		return true;
	/* Created and open: from now on its writes are reported, so that one who never
	 * closes is seen. */
	track(p, e->dirfd, name.buf, false);
	return false;
}

void pipeline_push(struct pipeline *p, struct event *e)
{
	struct hook hook;

	p->counters.events++;
	if (e->what & EVENT_OVERFLOW) {
		pipeline_gap(p, BYTES_LIT("the kernel's event queue, or ours, overflowed"), e);
		event_done(e);
		return;
	}
	/* Two hooks may lead to each other. */
	if (!e->alias && !e->through && follow_count(p->follow) > 0 && e->feed != FEED_SCAN)
		push_other_paths(p, e);
	if (p->config.source && !mounts_watches(source_fanotify_mounts(p->config.source), e->path)) {
		event_done(e);
		return;
	}
	if (e->is_dir) {
		push_dir(p, e);
		return;
	}
	push_link(p, e);
	if (!hookpath_classify(e->path, &hook)) {
		push_other_names(p, e);
		return;
	}
	if (hook.temporary) {
		/* Python does not read it until it is renamed, which is an event of its own. */
		p->counters.temporary++;
		event_done(e);
		return;
	}
	hold(p, e, is_complete(p, e));
}

/* ---- moving on --------------------------------------------------------------------- */

static void wait_for_process(struct pipeline *p, struct event *e)
{
	struct waiting *w = malloc(sizeof(*w));

	if (!w) {
		judge(p, e);	/* less surely attributed, but not lost */
		event_done(e);
		return;
	}
	w->event = *e;
	w->next = NULL;
	*p->end = w;
	p->end = &w->next;
	p->counters.waiting++;
}

/* Has the process table heard of everything that happened before the event? */
static bool is_joinable(struct pipeline *p, const struct event *e, uint64_t now_ns)
{
	if (!p->config.connector || e->pid == 0 ||
	    proc_connector_watermark(p->config.connector) >= e->mono_ns)
		return true;
	if (now_ns < e->mono_ns + PIPELINE_JOIN_NS)
		return false;
	p->counters.join_timeouts++;
	return true;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t pipeline_run(struct pipeline *p, uint64_t now_ns)
{
	const uint64_t begun_ns = clock_mono_ns();
	struct deferred *one;
	struct event e;

	if (p->config.scans && scans_idle(p->config.scans)) {
		if (p->find_removed)
			pipeline_find_removed(p);
		p->find_removed = p->search_again;
		if (p->search_again)
			pipeline_scan_all(p, SCAN_DIFFERENCE, 0);
		p->search_again = false;
	}

	while (coalesce_take(p->coalesce, now_ns, &e))
		wait_for_process(p, &e);

	for (int n = 0; p->first && is_joinable(p, &p->first->event, now_ns); n++) {
		struct waiting *w = p->first;

		if (n == PIPELINE_RUN_MAX || clock_mono_ns() > begun_ns + PIPELINE_RUN_NS)
			return 0;
		p->first = w->next;
		if (!p->first)
			p->end = &p->first;
		p->counters.waiting--;
		judge(p, &w->event);
		event_done(&w->event);
		free(w);
	}

	/* What came by events goes before: a hook may have been written again. */
	for (int n = 0; (one = deferral_due(p->deferral, now_ns)); n++) {
		if (n == PIPELINE_RUN_MAX)
			return 0;
		ask_again(p, one, now_ns);
	}

	if (p->first) {
		uint64_t timeout = p->first->event.mono_ns + PIPELINE_JOIN_NS;

		proc_connector_nudge(p->config.connector);
		return earlier(timeout, earlier(coalesce_deadline(p->coalesce), deferral_deadline(p->deferral)));
	}
	return earlier(coalesce_deadline(p->coalesce), deferral_deadline(p->deferral));
}

/* ---- lost events ---------------------------------------------------------------------- */

struct search {
	struct pipeline *pipeline;
	enum scan_purpose purpose;
	struct event template;
};

static void search_root(const char *dir, void *userdata)
{
	const struct search *search = userdata;

	if (scans_add(search->pipeline->config.scans, -EBADF, bytes_of(dir), search->purpose,
		      &search->template) < 0)
		log_warning("cannot search %s", dir);
}

/* A directory that is mounted where hooks are expected: a search of its filesystem meets it by its own name only. */
static void search_bound(const char *point, void *userdata)
{
	const struct search *search = userdata;
	struct pipeline *p = search->pipeline;
	struct bytes path = bytes_of(point);
	_cleanup_close_ int fd = -EBADF;

	if (!hookpath_leads_to_hooks(path) || !mounts_watches(source_fanotify_mounts(p->config.source), path))
		return;
	fd = open(point, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0 && follow_mount(p->follow, fd, path) > 0 &&
	    scans_add_behind(p->config.scans, fd, path, search->purpose, &search->template) < 0)
		log_warning("cannot search %s", point);
}

void pipeline_scan_all(struct pipeline *p, enum scan_purpose purpose, uint64_t since_ns)
{
	struct search search = { .pipeline = p, .purpose = purpose, .template = EVENT_INIT };

	search.template.time_ns = since_ns;

	if (p->config.source && p->config.scans) {
		mounts_search_roots(source_fanotify_mounts(p->config.source), search_root, &search);
		mounts_points(source_fanotify_mounts(p->config.source), search_bound, &search);
	}
}

void pipeline_gap(struct pipeline *p, struct bytes reason, const struct event *e)
{
	struct alert *alert;
	uint8_t seed[16];

	p->counters.gaps++;
	/* A search finds what any number of gaps hid, if it starts after the last of them. */
	if (p->config.scans && !scans_idle(p->config.scans)) {
		p->search_again = true;
	} else {
		p->find_removed = true;
		pipeline_scan_all(p, SCAN_DIFFERENCE, 0);
	}

	if (p->last_gap_ns != 0 && e->mono_ns < p->last_gap_ns + PIPELINE_GAP_NS)
		return;
	p->last_gap_ns = e->mono_ns;

	log_warning("%.*s: events were lost, the disk is searched for what they would have told",
		    (int)reason.len, reason.ptr);
	if (getrandom(seed, sizeof(seed), 0) == sizeof(seed) &&
	    alert_gap_new(e->time_ns, e->mono_ns, p->config.computer, reason, seed, &alert) >= 0) {
		p->counters.alerts[alert->level]++;
		(void)sinks_push(p->config.sinks, alert);	/* counts what it must drop */
	} else {
		p->counters.no_memory++;
	}
}

void pipeline_counters(const struct pipeline *p, struct pipeline_counters *ret)
{
	struct engine_counters engine;

	engine_counters(p->engine, &engine);
	*ret = p->counters;
	ret->regex_limited = engine.regex_limited;
	ret->waiting += coalesce_count(p->coalesce);
	ret->deferred = deferral_count(p->deferral);
	ret->hooks = baseline_count(p->config.baseline);
	ret->untracked += guard_refused(p->guard);
	ret->aliases = follow_count(p->follow);
	ret->unfollowed = follow_refused(p->follow);
}
