/* Real processes with other roots: what the kernel shows of them is what is to be understood. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/prctl.h>

#include "limits.h"
#include "lookup.h"
#include "procfs.h"
#include "temp_tree.h"
#include "view.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static int procfd = -EBADF, rootfd = -EBADF;

/* ---- a process with a view of its own -------------------------------------------- */

struct actor {
	pid_t pid;
	int ready;		/* a byte comes when it has done its `act` */
};

static void actor_end(struct actor *a)
{
	if (a->pid > 0) {
		(void)kill(a->pid, SIGKILL);
		(void)waitpid(a->pid, NULL, 0);
	}
	if (a->ready >= 0)
		(void)close(a->ready);
	*a = (struct actor){ .ready = -EBADF };
}
#define _cleanup_actor_ __attribute__((cleanup(actor_end)))
#define ACTOR_INIT ((struct actor){ .ready = -EBADF })

/* Fork, do `act`, tell, and stay.  False: it was not permitted. */
static bool actor_start(struct actor *a, const struct temp *t, bool (*act)(const struct temp *t))
{
	int ends[2];
	char c = 0;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	a->pid = fork();
	assert_true(a->pid >= 0);
	if (a->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		c = act(t) ? 'y' : 'n';
		(void)!write(ends[1], &c, 1);
		for (;;)
			(void)pause();
	}
	(void)close(ends[1]);
	a->ready = ends[0];
	assert_int_equal(read(a->ready, &c, 1), 1);
	return c == 'y';
}

static bool nothing(const struct temp *t)
{
	(void)t;
	return true;
}

/* T/root, by chroot(2) alone. */
static bool go_chroot(const struct temp *t)
{
	return chdir(t->path) == 0 && chroot("root") == 0 && chdir("/") == 0;
}

static bool go_namespace(const struct temp *t)
{
	(void)t;
	return own_mount_namespace();
}

static bool go_chroot_in_namespace(const struct temp *t)
{
	return own_mount_namespace() && go_chroot(t);
}

/* The namespace of another one, and its root within. */
static pid_t joined;
static bool go_chroot_as_its_child(const struct temp *t)
{
	char name[64];
	int fd;

	(void)snprintf(name, sizeof(name), "/proc/%d/ns/mnt", (int)joined);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && setns(fd, CLONE_NEWNS) == 0 && go_chroot(t);
}

/* Nothing in it is code. */
static bool go_with_own_data(const struct temp *t)
{
	(void)t;
	return own_mount_namespace() && mount("none", "/mnt", "tmpfs", 0, NULL) == 0 &&
	       mount("none", "/var/tmp", "tmpfs", 0, NULL) == 0 &&
	       mount("/etc/passwd", "/etc/hosts", NULL, MS_BIND, NULL) == 0;
}

/* As ProtectSystem= of systemd does. */
static bool go_bound_to_itself(const struct temp *t)
{
	return own_mount_namespace() && mount("/usr", "/usr", NULL, MS_BIND | MS_REC, NULL) == 0 &&
	       mount("/etc", "/etc", NULL, MS_BIND | MS_REC, NULL) == 0 && chdir(t->path) == 0 &&
	       mount("venv", "venv", NULL, MS_BIND, NULL) == 0;
}

static bool go_with_own_etc(const struct temp *t)
{
	(void)t;
	return own_mount_namespace() && mount("none", "/etc", "tmpfs", 0, NULL) == 0;
}

/* A place of the same filesystem, deep in what counts. */
/* As InaccessiblePaths= does. */
static bool go_with_hidden_opt(const struct temp *t)
{
	(void)t;
	return own_mount_namespace() && mount("/run/systemd/inaccessible/dir", "/opt", NULL, MS_BIND, NULL) == 0;
}

static bool go_with_own_file(const struct temp *t)
{
	(void)t;
	return own_mount_namespace() && mount("/etc/passwd", "/usr/bin/env", NULL, MS_BIND, NULL) == 0;
}

static bool go_with_own_module(const struct temp *t)
{
	return own_mount_namespace() && chdir(t->path) == 0 &&
	       mount("outside.pth", "venv/lib/m.py", NULL, MS_BIND, NULL) == 0;
}

/* The type of this filesystem is none that can be looked into, as FUSE. */
static bool go_strange(const struct temp *t)
{
	(void)t;
	return own_mount_namespace() && chroot("/proc") == 0 && chdir("/") == 0;
}

/* A tmpfs over T/root/hidden, then T/root as the root. */
static bool go_bound(const struct temp *t)
{
	return own_mount_namespace() && chdir(t->path) == 0 && mount("root", "root", NULL, MS_BIND, NULL) == 0 &&
	       mount("volume", "root/mnt", NULL, MS_BIND, NULL) == 0 &&
	       mount("none", "root/hidden", "tmpfs", 0, NULL) == 0 && chroot("root") == 0 && chdir("/") == 0;
}

static bool go_overlay_of(const struct temp *t, const char *options)
{
	return own_mount_namespace() && chdir(t->path) == 0 &&
	       mount("overlay", "merged", "overlay", 0, options) == 0 && chroot("merged") == 0 && chdir("/") == 0;
}

/* As a runtime names the directories. */
static bool go_overlay(const struct temp *t)
{
	char options[512];

	(void)snprintf(options, sizeof(options), "lowerdir=%s/root,upperdir=%s/layer/up per,workdir=%s/work", t->path,
		       t->path, t->path);
	return go_overlay_of(t, options);
}

/* As docker does where their names are too long. */
static bool go_relative_overlay(const struct temp *t)
{
	return go_overlay_of(t, "lowerdir=root,upperdir=layer/up per,workdir=work");
}

/* ---- asking ------------------------------------------------------------------------ */

static uint64_t ticks_of(pid_t pid)
{
	_cleanup_close_ int dirfd = procfs_open(procfd, pid);
	struct procfs_stat stat;

	assert_int_equal(procfs_read_stat(dirfd, &stat), 0);
	return stat.start_ticks;
}

static struct process *process_of(pid_t pid, uint64_t ticks, const struct image *image, struct process *parent)
{
	_cleanup_(image_unrefp) struct image *made = NULL;
	struct process *p;

	assert_int_equal(image_new(image, &made), 0);
	assert_int_equal(process_new(&(struct process){ .pid = pid, .start_ticks = ticks, .image = made,
							.parent = parent }, &p), 0);
	return p;
}

/* The view of `p` on T/name. */
static void ask(const struct temp *t, struct process *p, const char *name, struct region *region, struct view *ret)
{
	struct view_request request;
	struct cgroup cgroup;
	char path[256];
	struct stat st;
	bool there;

	temp_path(t, name, path, sizeof(path));
	there = lstat(path, &st) == 0;
	assert_int_equal(cgroup_parse(p->image->cgroup, region, &cgroup), 0);
	request = (struct view_request){ .procfd = procfd, .rootfd = rootfd, .writer = p, .cgroup = &cgroup,
					 .path = region_copy(region, bytes_of(path)), .st = there ? &st : NULL };
	assert_int_equal(view_open(&request, region, ret), 0);
}

static void expect_path(const struct view *v, const char *want, bool shared)
{
	if (want ? !bytes_equal(v->path, bytes_of(want)) : v->path.ptr != NULL)
		fail_msg("'%.*s', not '%s'", (int)v->path.len, v->path.ptr ? v->path.ptr : "", want ? want : "(absent)");
	assert_int_equal(v->shared, shared);
}

/* Of a living process. */
static void expect_view(const struct temp *t, const struct actor *a, const char *name, const char *want, bool shared)
{
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_(process_unrefp) struct process *p = process_of(a->pid, ticks_of(a->pid), &(struct image){ 0 }, NULL);
	_cleanup_view_ struct view v = VIEW_INIT;

	ask(t, p, name, &region, &v);
	assert_true(v.other);
	expect_path(&v, want, shared);
}

static void fill(const struct temp *t)
{
	static const char *const dirs[] = { "venv", "venv/bin", "venv/lib", "root", "root/site", "root/mnt",
					    "root/hidden", "volume", "layer", "layer/up per", "layer/up per/site", "work", "merged" };

	for (size_t i = 0; i < ELEMENTSOF(dirs); i++)
		temp_mkdir(t, dirs[i]);
	temp_write(t, "root/site/a.pth", BYTES_LIT("1"));
	temp_write(t, "root/hidden/b.pth", BYTES_LIT("1"));
	temp_write(t, "volume/c.pth", BYTES_LIT("1"));
	temp_write(t, "layer/up per/site/d.pth", BYTES_LIT("1"));
	temp_write(t, "outside.pth", BYTES_LIT("1"));
	temp_write(t, "venv/bin/pip", BYTES_LIT("1"));
	temp_write(t, "venv/lib/m.py", BYTES_LIT("1"));
	assert_int_equal(symlinkat("venv", t->fd, "link"), 0);
	assert_int_equal(symlinkat("../venv/bin/pip", t->fd, "layer/pip"), 0);
}

/* ---- the tests ------------------------------------------------------------------------ */

static void is_ours(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_actor_ struct actor a = ACTOR_INIT;
	_cleanup_(process_unrefp) struct process *p = NULL, *dead = NULL;
	_cleanup_view_ struct view v = VIEW_INIT, of_dead = VIEW_INIT, recorded = VIEW_INIT;

	(void)state;
	temp_make(&t);
	fill(&t);
	assert_true(actor_start(&a, &t, nothing));
	p = process_of(a.pid, ticks_of(a.pid), &(struct image){ 0 }, NULL);
	ask(&t, p, "outside.pth", &region, &v);
	assert_false(v.other);
	assert_int_equal(v.rootfd, rootfd);
	assert_true(v.procfd >= 0);
	assert_non_null(v.path.ptr);

	/* Another process of that number: nothing of it is taken. */
	dead = process_of(a.pid, ticks_of(a.pid) + 1, &(struct image){ 0 }, NULL);
	ask(&t, dead, "outside.pth", &region, &of_dead);
	assert_false(of_dead.other);
	assert_int_equal(of_dead.procfd, -EBADF);

	assert_int_equal(view_open(&(struct view_request){ .procfd = -EBADF, .rootfd = rootfd, .writer = p,
							   .path = BYTES_LIT("/x") }, &region, &recorded), 0);
	assert_false(recorded.other);
	assert_true(bytes_equal(recorded.path, BYTES_LIT("/x")));
}

static void sees_a_chroot(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_actor_ struct actor a = ACTOR_INIT;
	_cleanup_(process_unrefp) struct process *parent = NULL, *p = NULL, *inside = NULL;
	_cleanup_view_ struct view v = VIEW_INIT;
	char exe[128], cwd[128];

	(void)state;
	temp_make(&t);
	fill(&t);
	if (!actor_start(&a, &t, go_chroot))
		skip();
	expect_view(&t, &a, "root/site/a.pth", "/site/a.pth", false);
	expect_view(&t, &a, "root/site/gone.pth", "/site/gone.pth", false);
	expect_view(&t, &a, "outside.pth", NULL, false);
	expect_view(&t, &a, "root2.pth", NULL, false);

	parent = process_of(1, 0, &(struct image){ .exe = BYTES_LIT("/usr/bin/sh"), .cwd = BYTES_LIT("/") }, NULL);
	p = process_of(a.pid, ticks_of(a.pid),
		       &(struct image){ .exe = bytes_of(temp_path(&t, "root/bin/x", exe, sizeof(exe))),
					.cwd = bytes_of(temp_path(&t, "root", cwd, sizeof(cwd))), .exe_ino = 7 },
		       parent);
	ask(&t, p, "root/site/a.pth", &region, &v);
	assert_true(v.rootfd >= 0);
	assert_int_equal(faccessat(v.rootfd, "site/a.pth", F_OK, 0), 0);
	assert_int_equal(view_process(&v, p, &inside), 0);
	assert_true(bytes_equal(inside->image->exe, BYTES_LIT("/bin/x")));
	assert_true(bytes_equal(inside->image->cwd, BYTES_LIT("/")));
	assert_int_equal(inside->image->exe_ino, 7);
	assert_int_equal(inside->pid, p->pid);
	assert_true(bytes_equal(inside->parent->image->exe, BYTES_LIT("/usr/bin/sh")));
}

static void sees_a_namespace(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_actor_ struct actor a = ACTOR_INIT;
	char path[128];

	(void)state;
	temp_make(&t);
	fill(&t);
	if (!actor_start(&a, &t, go_namespace))
		skip();
	expect_view(&t, &a, "outside.pth", temp_path(&t, "outside.pth", path, sizeof(path)), false);
}

/* Ours is asked, unless what counts is another one there. */
static void expect_doubt(const struct temp *t, bool (*act)(const struct temp *t), const struct image *image,
			 const char *doubt)
{
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_actor_ struct actor a = ACTOR_INIT;
	_cleanup_(process_unrefp) struct process *p = NULL;
	_cleanup_view_ struct view v = VIEW_INIT;

	if (!actor_start(&a, t, act))
		skip();
	p = process_of(a.pid, ticks_of(a.pid), image, NULL);
	ask(t, p, "outside.pth", &region, &v);
	assert_true(v.other);
	assert_true(v.ours);
	assert_int_equal(v.rootfd, rootfd);
	if (doubt ? bytes_find(v.doubt, bytes_of(doubt), 0) < 0 : v.doubt.ptr != NULL)
		fail_msg("'%.*s', not '%s'", (int)v.doubt.len, v.doubt.ptr ? v.doubt.ptr : "", doubt ? doubt : "(absent)");
	if (act == go_with_own_data && !doubt) {
		assert_false(lookup_is_local_in(rootfd, v.mounts, BYTES_LIT("/mnt")));
		assert_false(lookup_is_local_in(rootfd, v.mounts, BYTES_LIT("/mnt/x")));
		assert_true(lookup_is_local_in(rootfd, v.mounts, BYTES_LIT("/usr/bin/env")));
	}
}

static void compares_a_namespace_with_ours(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	char venv[128], link[128], script[128], argv[256], home[128], text[256];
	const struct image native = { .exe = BYTES_LIT("/usr/bin/dpkg"), .argv = BYTES_LIT("/usr/bin/dpkg\0") };
	struct image in_venv = { .exe = BYTES_LIT("/usr/bin/python3.11"), .cwd = BYTES_LIT("/") };

	(void)state;
	temp_make(&t);
	fill(&t);
	expect_doubt(&t, go_namespace, &native, NULL);
	expect_doubt(&t, go_with_own_data, &native, NULL);
	expect_doubt(&t, go_bound_to_itself, &native, NULL);
	expect_doubt(&t, go_with_own_etc, &native, "its mount namespace shows another /etc than the host's");
	expect_doubt(&t, go_with_own_file, &native, "another /usr/bin/env than");

	/* Where a writer's own code is counts for it alone. */
	(void)snprintf(text, sizeof(text), "another %s than", temp_path(&t, "venv/lib/m.py", venv, sizeof(venv)));
	expect_doubt(&t, go_with_own_module, &native, NULL);
	temp_path(&t, "venv/bin/python", venv, sizeof(venv));
	in_venv.argv = (struct bytes){ venv, strlen(venv) + 1 };
	expect_doubt(&t, go_with_own_module, &in_venv, text);
	expect_doubt(&t, go_bound_to_itself, &in_venv, NULL);
	temp_path(&t, "link/bin/python", link, sizeof(link));
	in_venv.argv = (struct bytes){ link, strlen(link) + 1 };
	expect_doubt(&t, go_with_own_module, &in_venv, text);
	/* By a script, which is a link to one of the environment. */
	temp_path(&t, "layer/pip", script, sizeof(script));
	(void)snprintf(argv, sizeof(argv), "/usr/bin/python3.11%c%s", 0, script);
	in_venv.argv = (struct bytes){ argv, sizeof("/usr/bin/python3.11") + strlen(script) + 1 };
	expect_doubt(&t, go_with_own_module, &in_venv, text);
	/* By PATH. */
	in_venv.argv = BYTES_LIT("python\0");
	(void)snprintf(home, sizeof(home), "PATH=/bin:%s/venv/bin", t.path);
	in_venv.environ = (struct bytes){ home, strlen(home) + 1 };
	in_venv.environ_known = true;
	expect_doubt(&t, go_with_own_module, &in_venv, text);
	in_venv.environ = BYTES_LIT("PATH=/bin\0");
	expect_doubt(&t, go_with_own_module, &in_venv, NULL);
	/* -m: from the working directory. */
	in_venv.argv = BYTES_LIT("/usr/bin/python3.11\0-m\0pip\0");
	in_venv.cwd = BYTES_LIT("/mnt");
	expect_doubt(&t, go_with_own_data, &in_venv, "another /mnt than");
	expect_doubt(&t, go_with_own_data, &(struct image){ .exe = in_venv.exe, .cwd = in_venv.cwd }, NULL);
}

/* rpm --root: what it executed is of our root, what it writes of the one it has entered since. */
static void knows_what_was_executed_before_chroot(void **state)
{
	static const struct {
		bool (*act)(const struct temp *t);
		const char *doubt;
	} ways[] = {
		{ go_chroot, NULL },
		{ go_chroot_in_namespace, "is not known" },
		{ go_bound, NULL },
	};
	char exe[PATH_MAX], path[128];
	struct image image = { .exe_dev = 0 };
	struct stat st;

	(void)state;
	image.exe = bytes_of(realpath("/proc/self/exe", exe));
	assert_int_equal(stat(exe, &st), 0);
	image.exe_dev = st.st_dev;
	image.exe_ino = st.st_ino;
	for (size_t i = 0; i < ELEMENTSOF(ways); i++) {
		_cleanup_region_ struct region region = REGION_INIT;
		_cleanup_temp_ struct temp t = TEMP_INIT;
		_cleanup_actor_ struct actor a = ACTOR_INIT;
		_cleanup_(process_unrefp) struct process *p = NULL, *q = NULL, *r = NULL;
		_cleanup_view_ struct view v = VIEW_INIT, w = VIEW_INIT, x = VIEW_INIT;
		struct image other = image;

		temp_make(&t);
		fill(&t);
		temp_write(&t, "root/tool", BYTES_LIT("x"));
		if (!actor_start(&a, &t, ways[i].act))
			skip();
		p = process_of(a.pid, ticks_of(a.pid), &image, NULL);
		ask(&t, p, "root/site/a.pth", &region, &v);
		assert_true(v.other);
		assert_true(v.ours);
		assert_int_equal(v.rootfd, rootfd);
		assert_int_equal(v.prefix.len, 0);
		if (ways[i].doubt ? bytes_find(v.doubt, bytes_of(ways[i].doubt), 0) < 0 : v.doubt.ptr != NULL)
			fail_msg("%zu: '%.*s'", i, (int)v.doubt.len, v.doubt.ptr ? v.doubt.ptr : "");
		if (!ways[i].doubt)
			expect_path(&v, "/site/a.pth", false);

		/* Another file of that name, and one that is of the root. */
		other.exe_ino++;
		q = process_of(a.pid, ticks_of(a.pid), &other, NULL);
		ask(&t, q, "root/site/a.pth", &region, &w);
		assert_false(w.ours);
		other.exe = bytes_of(temp_path(&t, "root/tool", path, sizeof(path)));
		assert_int_equal(stat(path, &st), 0);
		other.exe_dev = st.st_dev;
		other.exe_ino = st.st_ino;
		r = process_of(a.pid, ticks_of(a.pid), &other, NULL);
		ask(&t, r, "root/site/a.pth", &region, &x);
		assert_false(x.ours);
		assert_null(x.doubt.ptr);
	}
}

/* What it had seen is seen by its parent yet. */
static void asks_who_has_stayed_behind(void **state)
{
	static const struct {
		bool (*act)(const struct temp *t);
		const char *doubt;
	} ways[] = { { go_namespace, NULL }, { go_with_own_etc, "another /etc than" }, { nothing, "" } };

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(ways); i++) {
		_cleanup_region_ struct region region = REGION_INIT;
		_cleanup_temp_ struct temp t = TEMP_INIT;
		_cleanup_actor_ struct actor a = ACTOR_INIT, b = ACTOR_INIT;
		_cleanup_(process_unrefp) struct process *parent = NULL, *p = NULL;
		_cleanup_view_ struct view v = VIEW_INIT;
		struct image image = { .exe_dev = 0 };
		char exe[PATH_MAX];
		struct stat st;

		temp_make(&t);
		fill(&t);
		image.exe = bytes_of(realpath("/proc/self/exe", exe));
		assert_int_equal(stat(exe, &st), 0);
		image.exe_dev = st.st_dev;
		image.exe_ino = st.st_ino;
		if (!actor_start(&a, &t, ways[i].act))
			skip();
		joined = a.pid;
		if (!actor_start(&b, &t, ways[i].act == nothing ? go_chroot_in_namespace : go_chroot_as_its_child))
			skip();
		parent = process_of(a.pid, ticks_of(a.pid), &image, NULL);
		p = process_of(b.pid, ticks_of(b.pid), &image, parent);
		ask(&t, p, "root/site/a.pth", &region, &v);
		assert_true(v.ours);
		if (ways[i].doubt ? bytes_find(v.doubt, bytes_of(ways[i].doubt), 0) < 0 : v.doubt.ptr != NULL)
			fail_msg("%zu: '%.*s'", i, (int)v.doubt.len, v.doubt.ptr ? v.doubt.ptr : "");
	}
}

/* A dead one's parent is in a namespace of its own. */
static void doubts_a_dead_one_by_its_parent(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_actor_ struct actor a = ACTOR_INIT;
	_cleanup_(process_unrefp) struct process *parent = NULL, *p = NULL;
	_cleanup_view_ struct view v = VIEW_INIT;

	(void)state;
	temp_make(&t);
	fill(&t);
	if (!actor_start(&a, &t, go_with_own_etc))
		skip();
	parent = process_of(a.pid, ticks_of(a.pid), &(struct image){ 0 }, NULL);
	p = process_of(INT32_MAX, 5, &(struct image){ .exe = BYTES_LIT("/usr/bin/dpkg") }, parent);
	ask(&t, p, "outside.pth", &region, &v);
	assert_true(v.ours);
	assert_true(bytes_find(v.doubt, BYTES_LIT("another /etc than"), 0) > 0);
}

static void sees_bind_mounts(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_actor_ struct actor a = ACTOR_INIT;

	(void)state;
	temp_make(&t);
	fill(&t);
	if (!actor_start(&a, &t, go_bound))
		skip();
	expect_view(&t, &a, "root/site/a.pth", "/site/a.pth", false);
	expect_view(&t, &a, "volume/c.pth", "/mnt/c.pth", true);
	/* A tmpfs is over it. */
	expect_view(&t, &a, "root/hidden/b.pth", NULL, false);
	expect_view(&t, &a, "outside.pth", NULL, false);
}

static void sees_an_overlay(void **state)
{
	static bool (*const ways[])(const struct temp *t) = { go_overlay, go_relative_overlay };

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(ways); i++) {
		_cleanup_temp_ struct temp t = TEMP_INIT;
		_cleanup_actor_ struct actor a = ACTOR_INIT;

		temp_make(&t);
		fill(&t);
		if (!actor_start(&a, &t, ways[i]))
			skip();
		expect_view(&t, &a, "layer/up per/site/d.pth", "/site/d.pth", false);
		/* The end of a name alone proves nothing of a file that is gone. */
		expect_view(&t, &a, "layer/up per/site/gone.pth", i == 0 ? "/site/gone.pth" : NULL, false);
		expect_view(&t, &a, "outside.pth", NULL, false);
	}
}

static void does_not_look_where_it_could_hang(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_actor_ struct actor a = ACTOR_INIT;
	_cleanup_(process_unrefp) struct process *p = NULL;
	_cleanup_view_ struct view v = VIEW_INIT;

	(void)state;
	temp_make(&t);
	fill(&t);
	if (!actor_start(&a, &t, go_strange))
		skip();
	p = process_of(a.pid, ticks_of(a.pid), &(struct image){ 0 }, NULL);
	ask(&t, p, "outside.pth", &region, &v);
	assert_true(v.other);
	assert_int_equal(v.rootfd, -EBADF);
	assert_null(v.path.ptr);
}

/* A dead child of a living process with another root. */
static void asks_ancestors(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_actor_ struct actor a = ACTOR_INIT;
	_cleanup_(process_unrefp) struct process *parent = NULL, *same = NULL, *other = NULL;
	_cleanup_view_ struct view v = VIEW_INIT, w = VIEW_INIT;
	struct image image = { .exe = BYTES_LIT("/tool") };
	char path[128];
	struct stat st;

	(void)state;
	temp_make(&t);
	fill(&t);
	temp_write(&t, "root/tool", BYTES_LIT("x"));
	if (!actor_start(&a, &t, go_chroot))
		skip();
	assert_int_equal(stat(temp_path(&t, "root/tool", path, sizeof(path)), &st), 0);
	image.exe_dev = st.st_dev;
	image.exe_ino = st.st_ino;
	parent = process_of(a.pid, ticks_of(a.pid), &(struct image){ 0 }, NULL);
	same = process_of(INT32_MAX, 5, &image, parent);
	ask(&t, same, "root/site/a.pth", &region, &v);
	assert_true(v.other);
	expect_path(&v, "/site/a.pth", false);
	assert_int_equal(v.procfd, -EBADF);

	/* It executed something that is not there. */
	image.exe_ino++;
	other = process_of(INT32_MAX, 5, &image, parent);
	ask(&t, other, "root/site/a.pth", &region, &w);
	assert_false(w.other);
}

static void gives_up_on_a_dead_container(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_(process_unrefp) struct process *p = NULL;
	_cleanup_view_ struct view v = VIEW_INIT;

	(void)state;
	temp_make(&t);
	p = process_of(INT32_MAX, 5, &(struct image){ .cgroup = BYTES_LIT("/docker/" ID) }, NULL);
	ask(&t, p, "x", &region, &v);
	assert_true(v.other);
	assert_int_equal(v.rootfd, -EBADF);
	expect_path(&v, NULL, false);
}

static void tells_where_output_goes(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	struct view v = VIEW_INIT;
	char path[128];
	struct stat st;
	int saved = dup(1), fd;

	(void)state;
	temp_make(&t);
	temp_path(&t, "out", path, sizeof(path));
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(fstat(fd, &st), 0);
	v.procfd = procfs_open(procfd, getpid());
	assert_false(view_output_is(&v, bytes_of(path), &st));
	(void)fflush(stdout);
	assert_int_equal(dup2(fd, 1), 1);
	/* By name; by number where the name is another. */
	assert_true(view_output_is(&v, bytes_of(path), NULL));
	assert_true(view_output_is(&v, BYTES_LIT("/other"), &st));
	assert_false(view_output_is(&v, BYTES_LIT("/other"), NULL));
	/* By the name that it has in the view. */
	v.prefix = bytes_of(t.path);
	v.path = BYTES_LIT("/out");
	assert_true(view_output_is(&v, BYTES_LIT("/other"), NULL));
	v.path = BYTES_LIT("/ou");
	assert_false(view_output_is(&v, BYTES_LIT("/other"), NULL));
	v.prefix = v.path = BYTES_NONE;
	assert_int_equal(dup2(saved, 1), 1);
	(void)close(saved);
	(void)close(fd);
	view_done(&v);
	assert_false(view_output_is(&v, bytes_of(path), &st));
}

/* The last one: from now on this process has a namespace of its own. */
static void knows_what_hides(void **state)
{
	static const char *const dirs[] = { "/run/systemd", "/run/systemd/inaccessible",
					    "/run/systemd/inaccessible/dir" };
	const struct image native = { .exe = BYTES_LIT("/usr/bin/dpkg"), .argv = BYTES_LIT("/usr/bin/dpkg\0") };
	_cleanup_temp_ struct temp t = TEMP_INIT;

	(void)state;
	if (!own_mount_namespace() || mount("none", "/run", "tmpfs", 0, NULL) < 0)
		skip();
	(void)close(rootfd);
	rootfd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < ELEMENTSOF(dirs); i++)
		assert_int_equal(mkdir(dirs[i], i == 2 ? 0 : 0755), 0);
	temp_make(&t);
	fill(&t);
	expect_doubt(&t, go_with_hidden_opt, &native, NULL);
	/* Something is in it, or will be. */
	assert_int_equal(mkdir("/run/systemd/inaccessible/dir/x", 0755), 0);
	expect_doubt(&t, go_with_hidden_opt, &native, "another /opt than");
	assert_int_equal(rmdir("/run/systemd/inaccessible/dir/x"), 0);
	assert_int_equal(chmod(dirs[2], 0755), 0);
	expect_doubt(&t, go_with_hidden_opt, &native, "another /opt than");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_ours),
		cmocka_unit_test(sees_a_chroot),
		cmocka_unit_test(sees_a_namespace),
		cmocka_unit_test(compares_a_namespace_with_ours),
		cmocka_unit_test(knows_what_was_executed_before_chroot),
		cmocka_unit_test(asks_who_has_stayed_behind),
		cmocka_unit_test(doubts_a_dead_one_by_its_parent),
		cmocka_unit_test(sees_bind_mounts),
		cmocka_unit_test(sees_an_overlay),
		cmocka_unit_test(does_not_look_where_it_could_hang),
		cmocka_unit_test(asks_ancestors),
		cmocka_unit_test(gives_up_on_a_dead_container),
		cmocka_unit_test(tells_where_output_goes),
		cmocka_unit_test(knows_what_hides),
	};

	procfd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	rootfd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
