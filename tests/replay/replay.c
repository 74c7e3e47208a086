/* replay.c - run a recording down the real line and compare the alerts.
 *
 *	replay DIR		DIR/events.jsonl in, DIR/expected.jsonl out
 *
 * An expected line is a part of the alert at the same place: every member that it names
 * must be there and equal.  "..." as the last element of a list lets more follow.  With
 * UPDATE=1 in the environment the whole alerts are printed instead, to write one from.
 *
 * A recording whose files belong to others than whoever runs it needs root to be laid out;
 * without, it is left out (77).
 */
#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "clock.h"
#include "document.h"
#include "pipeline.h"
#include "policy.h"
#include "sinks.h"
#include "source_replay.h"

#define CHECK(condition, ...)                                  \
	do {                                                   \
		if (!(condition)) {                            \
			fprintf(stderr, __VA_ARGS__);          \
			fputc('\n', stderr);                   \
			exit(1);                               \
		}                                              \
	} while (0)

struct replay {
	char root[64], state[64];
	int rootfd, statefd;
	struct process_table *processes;
	struct baseline *baseline;
	struct sinks *sinks;
	struct pipeline *pipeline;
	uint64_t now_ns;
};

/* Below the recording's root, as an openat() path. */
static const char *inside(struct bytes path, struct str *storage)
{
	str_clear(storage);
	while (path.len > 0 && path.ptr[0] == '/')
		path = bytes_slice(path, 1, path.len - 1);
	CHECK(str_append_bytes(storage, path) >= 0, "out of memory");
	return storage->buf;
}

static void remove_all(const struct replay *r)
{
	_cleanup_str_ struct str command = STR_INIT;

	CHECK(str_appendf(&command, "rm -rf '%s' '%s'", r->root, r->state) >= 0, "out of memory");
	CHECK(system(command.buf) == 0, "cannot remove %s", r->root);
}

/* What was made belongs to `uid`, or else to the owner of the directory that holds it. */
static void give(struct replay *r, struct bytes path, uid_t uid)
{
	_cleanup_str_ struct str file = STR_INIT, dir = STR_INIT;
	struct bytes parent = bytes_dirname(path);
	struct stat st;
	const char *name = path.len > 1 ? inside(path, &file) : ".";

	CHECK(fstatat(r->rootfd, parent.len > 1 ? inside(parent, &dir) : ".", &st, 0) == 0, "cannot stat %s", name);
	if (uid == (uid_t)-1)
		uid = st.st_uid;
	CHECK(fstatat(r->rootfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0, "cannot stat %s", name);
	if (st.st_uid == uid || fchownat(r->rootfd, name, uid, uid, AT_SYMLINK_NOFOLLOW) == 0)
		return;
	CHECK(errno == EPERM || errno == EINVAL, "cannot chown %s", name);
	printf("needs root: %s belongs to user %u\n", name, (unsigned)uid);
	remove_all(r);
	exit(77);
}

static void make_parents(struct replay *r, struct bytes path)
{
	_cleanup_str_ struct str prefix = STR_INIT;
	struct bytes rest = bytes_dirname(path), component;

	while (bytes_next_component(&rest, &component)) {
		CHECK(str_append_bytes(&prefix, component) >= 0, "out of memory");
		if (mkdirat(r->rootfd, prefix.buf, 0755) == 0)
			give(r, bytes_slice(path, 0, prefix.len + 1), (uid_t)-1);
		CHECK(str_append_char(&prefix, '/') >= 0, "out of memory");
	}
}

static void make_file(struct replay *r, const struct replay_step *s, const char *name)
{
	_cleanup_close_ int fd = openat(r->rootfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK(fd >= 0, "cannot create %s", name);
	CHECK(write(fd, s->file.content.ptr, s->file.content.len) == (ssize_t)s->file.content.len,
	      "cannot write %s", name);
}

static void change_file(struct replay *r, const struct replay_step *s)
{
	_cleanup_str_ struct str path = STR_INIT, link = STR_INIT;
	const char *name = s->file.path.len > 1 ? inside(s->file.path, &path) : ".";

	if (s->file.remove) {
		CHECK(unlinkat(r->rootfd, name, 0) == 0, "cannot remove %s", name);
		return;
	}
	make_parents(r, s->file.path);
	if (s->file.link.ptr) {
		CHECK(str_append_bytes(&link, s->file.link) >= 0, "out of memory");
		CHECK(symlinkat(link.buf, r->rootfd, name) == 0, "cannot link %s", name);
	} else if (s->file.directory) {
		CHECK(mkdirat(r->rootfd, name, 0700) == 0 || errno == EEXIST, "cannot make %s", name);
	} else {
		make_file(r, s, name);
	}
	/* The owner first: chown(2) takes the set-user-ID bit away. */
	give(r, s->file.path, s->file.uid);
	CHECK(s->file.link.ptr || fchmodat(r->rootfd, name, s->file.mode, 0) == 0, "cannot chmod %s", name);
}

/* A process was started from the file that stands there now. */
static void find_executable(struct replay *r, struct process *p)
{
	_cleanup_str_ struct str path = STR_INIT;
	struct image *image = p->image;
	struct stat st;

	if (image->exe.len < 2 || image->exe_deleted || image->exe_memfd ||
	    fstatat(r->rootfd, inside(image->exe, &path), &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	image->exe_dev = st.st_dev;
	image->exe_ino = st.st_ino;
	image->exe_uid = st.st_uid;
	image->exe_mode = st.st_mode;
}

static void push(struct replay *r, struct event *e)
{
	_cleanup_str_ struct str dir = STR_INIT;

	r->now_ns += NSEC_PER_SEC;
	if (e->mono_ns == 0)
		e->mono_ns = r->now_ns;
	if (e->time_ns == 0)
		e->time_ns = 1790000000ULL * NSEC_PER_SEC + r->now_ns;
	if (e->path.len > 0) {
		struct bytes parent = bytes_dirname(e->path);

		e->dirfd = openat(r->rootfd, parent.len > 1 ? inside(parent, &dir) : ".",
				  O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	pipeline_push(r->pipeline, e);
	/* As though everything that is held had waited long enough. */
	while (pipeline_run(r->pipeline, clock_mono_ns() + 10 * NSEC_PER_SEC) == 0)
		;
}

static void run_line(struct replay *r, struct bytes line, const char *file, unsigned number)
{
	_cleanup_region_ struct region region = REGION_INIT;
	struct replay_step s;
	const char *wrong;
	int e = source_replay_parse(line, &region, &s, &wrong);

	CHECK(e >= 0, "%s:%u: %s", file, number, e == -EINVAL ? wrong : "out of memory");
	switch (s.kind) {
	case REPLAY_FILE:
		change_file(r, &s);
		break;
	case REPLAY_INVENTORY: {
		struct event event = EVENT_INIT;

		event.what = EVENT_FOUND;
		event.feed = FEED_SCAN;
		event.silent = true;
		CHECK(event_set_paths(&event, s.inventory, BYTES_LIT(""), BYTES_LIT("")) >= 0, "out of memory");
		push(r, &event);
		break;
	}
	case REPLAY_PROCESS:
		find_executable(r, s.process);
		CHECK(process_table_put(r->processes, s.process) >= 0, "out of memory");
		s.process = NULL;
		break;
	case REPLAY_EVENT:
		push(r, &s.event);
		break;
	}
	replay_step_done(&s);
}

typedef void (*line_fn)(struct replay *r, struct bytes line, const char *file, unsigned number);

static void for_each_line(struct replay *r, int dirfd, const char *name, line_fn fn)
{
	_cleanup_close_ int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
	_cleanup_fclose_ FILE *f = NULL;
	_cleanup_free_ char *line = NULL;
	unsigned number = 0;
	size_t size = 0;
	ssize_t n;

	CHECK(fd >= 0, "cannot open %s", name);
	f = fdopen(fd, "r");
	CHECK(f, "cannot read %s", name);
	TAKE_FD(fd);
	while ((n = getline(&line, &size, f)) > 0) {
		number++;
		if (line[n - 1] == '\n')
			n--;
		if (n > 0 && line[0] != '#')
			fn(r, (struct bytes){ line, (size_t)n }, name, number);
	}
}

/* ---- comparison -------------------------------------------------------------- */

static cJSON *expected, *actual;

static void take_expected(struct replay *r, struct bytes line, const char *file, unsigned number)
{
	cJSON *one = cJSON_ParseWithLength(line.ptr, line.len);

	(void)r;
	CHECK(one, "%s:%u: not JSON", file, number);
	cJSON_AddItemToArray(expected, one);
}

static void take_actual(struct replay *r, struct bytes line, const char *file, unsigned number)
{
	cJSON *one = cJSON_ParseWithLength(line.ptr, line.len);

	(void)r;
	CHECK(one, "%s:%u: the alert log holds a line that is not JSON", file, number);
	cJSON_AddItemToArray(actual, one);
}

static bool is_more(const cJSON *node)
{
	return cJSON_IsString(node) && bytes_equal(bytes_of(node->valuestring), BYTES_LIT("..."));
}

static bool is_part(const cJSON *part, const cJSON *whole)
{
	const cJSON *p, *w;

	if (!whole)
		return cJSON_IsNull(part);	/* null: must be absent */
	if (cJSON_IsObject(part)) {
		cJSON_ArrayForEach(p, part)
			if (!is_part(p, cJSON_GetObjectItemCaseSensitive(whole, p->string)))
				return false;
		return cJSON_IsObject(whole);
	}
	if (cJSON_IsArray(part)) {
		w = whole->child;
		cJSON_ArrayForEach(p, part) {
			if (is_more(p) && !p->next)
				return true;
			if (!w || !is_part(p, w))
				return false;
			w = w->next;
		}
		return cJSON_IsArray(whole) && !w;
	}
	return cJSON_Compare(part, whole, true);
}

static int compare(void)
{
	int n = cJSON_GetArraySize(expected), m = cJSON_GetArraySize(actual), wrong = 0;

	for (int i = 0; i < n || i < m; i++) {
		const cJSON *e = cJSON_GetArrayItem(expected, i), *a = cJSON_GetArrayItem(actual, i);
		_cleanup_free_ char *e_text = e ? cJSON_PrintUnformatted(e) : NULL;
		_cleanup_free_ char *a_text = a ? cJSON_PrintUnformatted(a) : NULL;

		if (e && a && is_part(e, a))
			continue;
		fprintf(stderr, "alert %d\n  expected %s\n  got      %s\n", i + 1, e_text ? e_text : "none",
			a_text ? a_text : "none");
		wrong++;
	}
	return wrong;
}

int main(int argc, char **argv)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	char rules_dir[] = "packaging/rules.d", *dirs[] = { rules_dir, NULL };
	struct replay r = { .root = "/tmp/replay-root.XXXXXX", .state = "/tmp/replay-state.XXXXXX",
			    .now_ns = NSEC_PER_SEC };
	struct policy policy;
	struct sink *sink;
	int dirfd, wrong;

	CHECK(argc == 2, "usage: replay DIR");
	dirfd = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(dirfd >= 0, "cannot open %s", argv[1]);
	CHECK(mkdtemp(r.root) && mkdtemp(r.state), "cannot make a temporary directory");
	r.rootfd = open(r.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r.statefd = open(r.state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(r.rootfd >= 0 && r.statefd >= 0, "cannot open a temporary directory");

	CHECK(policy_load(dirs, NULL, &problems, &policy) >= 0, "the default rules do not load: %s",
	      problems.count ? problems.list[0].text : "?");
	CHECK(process_table_new(-EBADF, &r.processes) >= 0 && baseline_new(&r.baseline) >= 0 && sinks_new(&r.sinks) >= 0 &&
		      sink_log_new(r.statefd, 1 << 30, 1, &sink) >= 0 && sinks_add(r.sinks, sink) >= 0 &&
		      sinks_start(r.sinks) >= 0,
	      "cannot set up the line");
	{
		const struct pipeline_config config = {
			.rootfd = r.rootfd, .procfd = -EBADF, .processes = r.processes, .baseline = r.baseline,
			.sinks = r.sinks, .computer = BYTES_LIT("replay"),
		};

		CHECK(pipeline_new(&config, &r.pipeline) >= 0 && pipeline_set_policy(r.pipeline, &policy) >= 0,
		      "cannot set up the line");
	}

	for_each_line(&r, dirfd, "events.jsonl", run_line);
	pipeline_free(r.pipeline);
	sinks_free(r.sinks, 5000);
	process_table_free(r.processes);
	baseline_free(r.baseline);
	policy_release(&policy);

	expected = cJSON_CreateArray();
	actual = cJSON_CreateArray();
	for_each_line(&r, r.statefd, "alerts.jsonl", take_actual);
	if (getenv("UPDATE")) {
		const cJSON *a;

		cJSON_ArrayForEach(a, actual) {
			_cleanup_free_ char *text = cJSON_PrintUnformatted(a);

			puts(text ? text : "");
		}
		wrong = 0;
	} else {
		for_each_line(&r, dirfd, "expected.jsonl", take_expected);
		wrong = compare();
	}
	cJSON_Delete(expected);
	cJSON_Delete(actual);
	close(r.rootfd);
	close(r.statefd);
	close(dirfd);
	remove_all(&r);
	return wrong > 0;
}
