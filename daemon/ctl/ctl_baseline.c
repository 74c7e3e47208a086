/* ctl_baseline.c - pyhookctl baseline: the inventory that changes are measured against.
 *
 *	show [PATTERN...]	what is in it: the last snapshot, and what the alert log has said since
 *	accept PATH...		take what stands at PATH now as known
 *
 * The daemon holds its inventory in memory and its state directory locked: while it runs, `show` may be some minutes
 * behind what it knows of silent changes, and `accept` is refused, since the daemon would write over it.
 */
#include "ctl.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "baseline.h"
#include "clock.h"
#include "config.h"
#include "ctl_judge.h"
#include "document.h"
#include "escape.h"
#include "event.h"
#include "hookfile.h"
#include "inventory.h"
#include "limits.h"
#include "record.h"

struct inventory {
	int dirfd;
	struct baseline *baseline;
	struct baseline_head head;
	struct str storage;		/* what head points into */
};

#define INVENTORY_INIT ((struct inventory){ .dirfd = -EBADF, .storage = STR_INIT })

static void inventory_done(struct inventory *i)
{
	closep(&i->dirfd);
	baseline_free(i->baseline);
	str_release(&i->storage);
}

/* ---- opening it ------------------------------------------------------------------- */

static enum ctl_exit open_state(const struct ctl_call *call, struct inventory *ret)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	_cleanup_config_ struct config config = CONFIG_INIT;
	const char *dir = call->state_dir;

	if (!dir && config_load(CONFIG_FILE_DEFAULT, false, &problems, &config) < 0) {
		ctl_say_problems(&problems);
		return ctl_fail("name the state directory with --state-dir");
	}
	if (!dir)
		dir = config.state_dir;
	ret->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (ret->dirfd < 0)
		return ctl_fail("cannot open the state directory '%s': %s", dir, strerror(errno));
	return CTL_FINE;
}

static enum ctl_exit read_inventory(struct inventory *i)
{
	int r = baseline_new(&i->baseline);

	if (r >= 0)
		r = inventory_read(i->dirfd, i->baseline, &i->head, &i->storage);
	if (r == -ENOENT)
		return ctl_fail("there is no inventory yet: pyhookd makes it when it has run");
	if (r == -EBADMSG)
		return ctl_fail("the inventory is damaged: pyhookd makes a new one when it starts");
	return r < 0 ? ctl_fail("cannot read the inventory: %s", strerror(-r)) : CTL_FINE;
}

/* ---- show --------------------------------------------------------------------------- */

struct showing {
	const struct ctl_call *call;
	size_t count;
	bool failed;
};

/* A name that is gone is remembered for what it set. */
static bool is_gone(const struct baseline_entry *e)
{
	return e->ino == 0 && e->sha256[0] == '\0';
}

static bool is_wanted(const struct showing *s, const char *path)
{
	for (int n = 0; n < s->call->argc; n++) {
		const char *pattern = s->call->argv[n];

		if (strpbrk(pattern, "*?[") ? fnmatch(pattern, path, 0) == 0 : strstr(path, pattern) != NULL)
			return true;
	}
	return s->call->argc == 0;
}

static bool show_json(const struct baseline_entry *e, const char *path)
{
	_cleanup_cjson_ cJSON *object = cJSON_CreateObject();

	return object && cJSON_AddStringToObject(object, "path", path) &&
	       cJSON_AddNumberToObject(object, "inode", (double)e->ino) &&
	       cJSON_AddNumberToObject(object, "size", (double)e->size) &&
	       cJSON_AddNumberToObject(object, "ctime", (double)(e->ctime_ns / (int64_t)NSEC_PER_SEC)) &&
	       cJSON_AddStringToObject(object, "sha256", e->sha256) &&
	       cJSON_AddNumberToObject(object, "assignments", (double)e->assignment_count) &&
	       ctl_print_json(object, false) == CTL_FINE;
}

static void show_text(const struct baseline_entry *e, const char *path)
{
	time_t changed = (time_t)(e->ctime_ns / (int64_t)NSEC_PER_SEC);
	char text[32] = "-";
	struct tm tm;

	if (gmtime_r(&changed, &tm))
		(void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	printf("%-12.12s %8llu  %s  %s\n", e->sha256[0] ? e->sha256 : "-", (unsigned long long)e->size, text, path);
}

static void show_entry(const struct baseline_entry *e, void *userdata)
{
	_cleanup_str_ struct str path = STR_INIT;
	struct showing *s = userdata;

	if (s->failed || is_gone(e))
		return;
	if (escape_append(&path, e->path) < 0) {
		s->failed = true;
		return;
	}
	if (!is_wanted(s, path.buf))
		return;
	s->count++;
	if (s->call->json)
		s->failed = !show_json(e, path.buf);
	else
		show_text(e, path.buf);
}

static enum ctl_exit show(const struct ctl_call *call, struct inventory *i)
{
	struct showing s = { .call = call };
	enum ctl_exit status = read_inventory(i);

	if (status != CTL_FINE)
		return status;
	baseline_below(i->baseline, BYTES_LIT("/"), show_entry, &s);
	if (s.failed)
		return ctl_fail("out of memory");
	return s.count == 0 && call->argc > 0 ? ctl_fail("no hook in the inventory has such a path") : CTL_FINE;
}

/* ---- accept --------------------------------------------------------------------------- */

struct accepting {
	struct baseline_entry entry;
	uint64_t *list;
};

static int take_assignment(const struct env_assignment *a, void *userdata)
{
	struct accepting *accepting = userdata;
	struct baseline_entry *e = &accepting->entry;
	int r;

	if (e->assignment_count == ENVFILE_KEPT_MAX)
		return -E2BIG;
	r = baseline_assignment_hash(a->name, a->resolved, a->file, &accepting->list[e->assignment_count]);
	if (r >= 0)
		e->assignment_count++;
	return r < 0 ? r : 0;
}

/* As the daemon remembers a hook that it found; the digest is that of the judgement. */
static int put_entry(struct baseline *b, const struct judgement *judgement, int rootfd, struct bytes path, struct hook *hook,
		     const struct hookfile *file)
{
	const struct content_request request = { .path = path, .bytes = str_bytes(&file->content), .size = file->size,
						 .rootfd = -EBADF, .judgement = judgement, .read = hookfile_read_other,
						 .userdata = &rootfd };
	_cleanup_region_ struct region region = REGION_INIT;
	struct content content;
	const struct stat *st = &file->content_st;
	_cleanup_free_ uint64_t *list = calloc(ENVFILE_KEPT_MAX, sizeof(*list));
	struct accepting a = {
		.entry = { .path = path, .dev = st->st_dev, .ino = st->st_ino, .size = (uint64_t)st->st_size,
			   .ctime_ns = (int64_t)timespec_ns(&st->st_ctim), .assignments = list },
		.list = list,
	};
	int r;

	if (!list)
		return -ENOMEM;
	r = content_judge(&request, hook, &region, &content);
	if (r < 0)
		return r;
	memcpy(a.entry.sha256, content.sha256, sizeof(a.entry.sha256));
	if (hook->vector == VECTOR_ENV)
		r = content_assignments(&request, hook->syntax, take_assignment, &a);
	return r < 0 ? r : baseline_put(b, &a.entry);
}

static enum ctl_exit cannot_accept(const char *name, const char *why)
{
	_cleanup_str_ struct str text = STR_INIT;

	if (escape_append(&text, bytes_of(name)) < 0)
		return ctl_fail("out of memory");
	return ctl_fail("cannot accept '%s': %s", text.buf, why);
}

/* By the names that the daemon has for it: without a link in its directory. */
static enum ctl_exit accept_path(struct inventory *i, const struct judgement *judgement, int rootfd, const char *name)
{
	_cleanup_free_ char *copy = strdup(name), *dir = NULL;
	char *slash = copy ? strrchr(copy, '/') : NULL;
	_cleanup_str_ struct str path = STR_INIT;
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_hookfile_ struct hookfile file = HOOKFILE_INIT;
	_cleanup_close_ int dirfd = -EBADF;
	const char *base = slash ? slash + 1 : copy;
	struct hook hook;
	int r;

	if (!copy)
		return ctl_fail("out of memory");
	if (slash)
		*slash = '\0';
	dir = realpath(!slash ? "." : slash == copy ? "/" : copy, NULL);
	dirfd = dir ? open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC) : -EBADF;
	if (dirfd < 0)
		return cannot_accept(name, strerror(errno));
	if (record_path(bytes_of(dir), bytes_of(base), &path) < 0)
		return ctl_fail("out of memory");
	if (!hookpath_classify(str_bytes(&path), &hook))
		return cannot_accept(name, "it is not a place where Python looks");
	hookfile_look(rootfd, dirfd, base, str_bytes(&path), &region, &file);
	if (file.facts.gone) {
		baseline_remove(i->baseline, str_bytes(&path));
		return CTL_FINE;
	}
	r = hookfile_read(rootfd, dirfd, base, str_bytes(&path), &file);
	if (r >= 0 && file.unread)
		return cannot_accept(name, file.unread);
	if (r >= 0)
		r = put_entry(i->baseline, judgement, rootfd, str_bytes(&path), &hook, &file);
	return r < 0 ? cannot_accept(name, strerror(-r)) : CTL_FINE;
}

static enum ctl_exit accept_paths(const struct ctl_call *call, struct inventory *i)
{
	_cleanup_close_ int rootfd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_policy_ struct policy policy = POLICY_INIT;
	enum ctl_exit status;
	int r;

	if (call->argc == 0)
		return ctl_fail("accept which PATH? see 'pyhookctl --help'");
	if (flock(i->dirfd, LOCK_EX | LOCK_NB) < 0)
		return ctl_fail("pyhookd is running and would write over it: stop it first (systemctl stop pyhookd)");
	status = ctl_policy_load(call, &policy);
	if (status == CTL_FINE)
		status = read_inventory(i);
	if (status == CTL_FINE && i->head.begun)
		status = ctl_fail("pyhookd has not finished its first search: let it, before anything is accepted");
	for (int n = 0; status == CTL_FINE && n < call->argc; n++)
		status = accept_path(i, policy.judgement, rootfd, call->argv[n]);
	if (status != CTL_FINE)
		return status;
	r = inventory_save(i->dirfd, i->head.scope, i->baseline, 0);
	return r < 0 ? ctl_fail("cannot write the inventory: %s", strerror(-r)) : CTL_FINE;
}

enum ctl_exit ctl_baseline(const struct ctl_call *call)
{
	_cleanup_(inventory_done) struct inventory i = INVENTORY_INIT;
	const char *verb = call->argc > 0 ? call->argv[0] : "show";
	struct ctl_call rest = *call;
	bool accepts = strcmp(verb, "accept") == 0;
	enum ctl_exit status;

	if (!accepts && strcmp(verb, "show") != 0)
		return ctl_fail("baseline '%s': it is show or accept, see 'pyhookctl --help'", verb);
	if (rest.argc > 0) {
		rest.argc--;
		rest.argv++;
	}
	status = open_state(call, &i);
	if (status != CTL_FINE)
		return status;
	return accepts ? accept_paths(&rest, &i) : show(&rest, &i);
}
