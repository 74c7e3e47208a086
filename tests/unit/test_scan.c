/* The walk over a real tree in a temporary directory, root and not. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/resource.h>

#include "limits.h"
#include "scan.h"
#include "temp_tree.h"

#define SITE "lib/python3.11/site-packages"

/* What was met, "PATH|" each, in the order of the disk. */
struct met {
	struct str hooks, dirs;
	size_t hook_count;
	int answer;		/* of the callback */
	bool wrong_fd;		/* the name was not in dirfd */
};

static int found(int dirfd, struct bytes path, const struct hook *hook, void *userdata)
{
	struct met *m = userdata;
	_cleanup_str_ struct str name = STR_INIT;
	struct stat st;

	assert_int_not_equal(hook->vector, VECTOR_NONE);
	assert_int_equal(str_append_bytes(&name, bytes_basename(path)), 0);
	m->wrong_fd |= fstatat(dirfd, name.buf, &st, AT_SYMLINK_NOFOLLOW) < 0;
	assert_int_equal(str_append_bytes(&m->hooks, path), 0);
	assert_int_equal(str_append_char(&m->hooks, '|'), 0);
	m->hook_count++;
	return m->answer;
}

static void directory(int dirfd, struct bytes path, void *userdata)
{
	struct met *m = userdata;
	struct stat st;

	m->wrong_fd |= fstat(dirfd, &st) < 0 || !S_ISDIR(st.st_mode);
	assert_int_equal(str_append_bytes(&m->dirs, path), 0);
	assert_int_equal(str_append_char(&m->dirs, '|'), 0);
}

static struct met *met_new(void)
{
	struct met *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	str_init(&m->hooks);
	str_init(&m->dirs);
	return m;
}

static void met_free(struct met **m)
{
	str_release(&(*m)->hooks);
	str_release(&(*m)->dirs);
	free(*m);
}
#define _cleanup_met_ __attribute__((cleanup(met_free)))

static bool met_hook(const struct met *m, struct bytes path)
{
	_cleanup_str_ struct str entry = STR_INIT, all = STR_INIT;

	assert_int_equal(str_append_char(&entry, '|'), 0);
	assert_int_equal(str_append_bytes(&entry, path), 0);
	assert_int_equal(str_append_char(&entry, '|'), 0);
	assert_int_equal(str_append_char(&all, '|'), 0);
	assert_int_equal(str_append_bytes(&all, str_bytes(&m->hooks)), 0);
	return bytes_find(str_bytes(&all), str_bytes(&entry), 0) >= 0;
}

static struct scan *start(const struct temp *t, const char *name)
{
	struct scan *s;
	int fd = openat(t->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(scan_new(fd, bytes_of(name), &s), 0);
	return s;
}

static void run(const struct temp *t, struct met *m, unsigned slice, struct scan_counters *ret)
{
	_cleanup_(scan_freep) struct scan *s = start(t, "/v");
	unsigned steps = 0;
	int r;

	while ((r = scan_step(s, slice, found, directory, m)) > 0)
		assert_true(++steps < 1000000);
	assert_int_equal(r, 0);
	/* Done stays done. */
	assert_int_equal(scan_step(s, slice, found, directory, m), 0);
	scan_counters(s, ret);
	assert_false(m->wrong_fd);
}

static void make_site(const struct temp *t)
{
	temp_mkdir(t, "lib");
	temp_mkdir(t, "lib/python3.11");
	temp_mkdir(t, SITE);
}

static void finds_hooks_and_nothing_else(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_met_ struct met *m = met_new();
	struct scan_counters c;

	(void)state;
	temp_make(&t);
	make_site(&t);
	temp_mkdir(&t, ".hidden");
	temp_mkdir(&t, SITE "/package");
	temp_mkdir(&t, SITE "/dir.pth");
	temp_write(&t, SITE "/a.pth", BYTES_LIT("import os\n"));
	temp_write(&t, SITE "/.b.pth", BYTES_LIT(""));
	temp_write(&t, SITE "/package/weights.pth", BYTES_LIT(""));
	temp_write(&t, SITE "/package/module.py", BYTES_LIT(""));
	temp_write(&t, ".hidden/.profile", BYTES_LIT(""));
	assert_int_equal(symlinkat("/nowhere", t.fd, SITE "/link.pth"), 0);

	run(&t, m, 1000, &c);
	assert_true(met_hook(m, BYTES_LIT("/v/" SITE "/a.pth")));
	assert_true(met_hook(m, BYTES_LIT("/v/" SITE "/.b.pth")));
	assert_true(met_hook(m, BYTES_LIT("/v/" SITE "/link.pth")));
	assert_true(met_hook(m, BYTES_LIT("/v/.hidden/.profile")));
	/* Not the weights, the module, the directory. */
	assert_int_equal(m->hook_count, 4);
	assert_int_equal(c.hooks, 4);
	assert_int_equal(c.directories, 7);
	assert_int_equal(c.unreadable, 0);
	assert_int_equal(c.too_deep, 0);
}

static void takes_names_as_bytes(void **state)
{
	static const struct bytes names[] = {
		BYTES_LIT("new\nline.pth"), BYTES_LIT("\xff\xfe.pth"), BYTES_LIT("\033[2J.pth"),
		BYTES_LIT("%s%n.pth"), BYTES_LIT(" .pth"), BYTES_LIT("...pth"),
	};
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_met_ struct met *m = met_new();
	struct scan_counters c;

	(void)state;
	temp_make(&t);
	make_site(&t);
	for (size_t i = 0; i < ELEMENTSOF(names); i++) {
		char name[256];

		(void)snprintf(name, sizeof(name), SITE "/%s", names[i].ptr);
		temp_write(&t, name, BYTES_LIT("import os\n"));
	}
	run(&t, m, 1, &c);
	assert_int_equal(m->hook_count, ELEMENTSOF(names));
	for (size_t i = 0; i < ELEMENTSOF(names); i++) {
		_cleanup_str_ struct str path = STR_INIT;

		assert_int_equal(str_append_text(&path, "/v/" SITE "/"), 0);
		assert_int_equal(str_append_bytes(&path, names[i]), 0);
		assert_true(met_hook(m, str_bytes(&path)));
	}
}

static void tells_directories_that_take_any_name(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_met_ struct met *m = met_new(), *inside = met_new();
	_cleanup_(scan_freep) struct scan *s = NULL;
	struct scan_counters c;
	int fd;

	(void)state;
	temp_make(&t);
	temp_mkdir(&t, "etc");
	temp_mkdir(&t, "etc/cron.d");
	temp_mkdir(&t, "etc/other");
	temp_write(&t, "etc/cron.d/anything", BYTES_LIT(""));
	temp_write(&t, "etc/other/anything", BYTES_LIT(""));
	run(&t, m, 1000, &c);
	assert_string_equal(m->dirs.buf, "/v/etc/cron.d|");
	assert_string_equal(m->hooks.buf, "/v/etc/cron.d/anything|");

	/* Once, also where the walk starts in such a directory. */
	fd = openat(t.fd, "etc/cron.d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(scan_new(fd, BYTES_LIT("/etc/cron.d"), &s), 0);
	while (scan_step(s, 1, found, directory, inside) > 0)
		;
	assert_string_equal(inside->dirs.buf, "/etc/cron.d|");
	assert_string_equal(inside->hooks.buf, "/etc/cron.d/anything|");
}

static void follows_no_link_to_a_directory(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT, other = TEMP_INIT;
	_cleanup_met_ struct met *m = met_new();
	struct scan_counters c;

	(void)state;
	temp_make(&t);
	temp_make(&other);
	make_site(&t);
	temp_write(&other, "x.pth", BYTES_LIT("import os\n"));
	temp_write(&other, ".profile", BYTES_LIT(""));
	assert_int_equal(symlinkat(other.path, t.fd, SITE "/elsewhere"), 0);
	assert_int_equal(symlinkat(other.path, t.fd, "lib/python3.12"), 0);
	assert_int_equal(symlinkat("..", t.fd, SITE "/loop"), 0);
	run(&t, m, 1000, &c);
	assert_int_equal(m->hook_count, 0);
	assert_int_equal(c.directories, 4);
}

static void small_slices_find_the_same(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_met_ struct met *all = met_new();
	struct scan_counters c;

	(void)state;
	temp_make(&t);
	make_site(&t);
	for (int i = 0; i < 50; i++) {
		char name[128];

		(void)snprintf(name, sizeof(name), SITE "/d%d", i);
		temp_mkdir(&t, name);
		(void)snprintf(name, sizeof(name), SITE "/h%d.pth", i);
		temp_write(&t, name, BYTES_LIT(""));
		(void)snprintf(name, sizeof(name), SITE "/d%d/sitecustomize.py", i);
		temp_write(&t, name, BYTES_LIT(""));
	}
	run(&t, all, 1000000, &c);
	assert_int_equal(all->hook_count, 100);

	for (unsigned slice = 1; slice < 8; slice++) {
		_cleanup_met_ struct met *m = met_new();
		struct scan_counters again;

		run(&t, m, slice, &again);
		assert_string_equal(m->hooks.buf, all->hooks.buf);
		assert_memory_equal(&again, &c, sizeof(c));
	}
}

/* A slice is a bound: so many entries, not more. */
static void a_slice_ends(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_met_ struct met *m = met_new();
	_cleanup_(scan_freep) struct scan *s = NULL;
	struct scan_counters before = { 0 }, after;
	int r;

	(void)state;
	temp_make(&t);
	for (int i = 0; i < 40; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "f%d", i);
		temp_write(&t, name, BYTES_LIT(""));
	}
	s = start(&t, "/v");
	do {
		r = scan_step(s, 5, found, directory, m);
		scan_counters(s, &after);
		assert_true(after.entries - before.entries <= 5);
		before = after;
	} while (r > 0);
	assert_int_equal(after.entries, 42);	/* . and .. */
}

static void the_callback_ends_it(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_met_ struct met *m = met_new();
	_cleanup_(scan_freep) struct scan *s = NULL;

	(void)state;
	temp_make(&t);
	make_site(&t);
	temp_write(&t, SITE "/a.pth", BYTES_LIT(""));
	temp_write(&t, SITE "/b.pth", BYTES_LIT(""));
	m->answer = -EINTR;
	s = start(&t, "/v");
	assert_int_equal(scan_step(s, 1000, found, directory, m), -EINTR);
	assert_int_equal(m->hook_count, 1);
}

/* Made by descriptors: the whole path is longer than PATH_MAX. */
static void counts_what_is_too_deep(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_met_ struct met *m = met_new();
	struct scan_counters c;
	int at;

	(void)state;
	temp_make(&t);
	at = openat(t.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (unsigned i = 0; i < SCAN_DEPTH_MAX + 3; i++) {
		int next, hook;

		/* SCAN_DEPTH_MAX levels are the start and this many below it. */
		if (i == SCAN_DEPTH_MAX - 1 || i == SCAN_DEPTH_MAX) {
			hook = openat(at, ".profile", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
			assert_true(hook >= 0);
			close(hook);
		}
		assert_int_equal(mkdirat(at, "ddd", 0755), 0);
		next = openat(at, "ddd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		close(at);
		at = next;
	}
	close(at);

	/* Descriptors of one branch are held: the daemon's limit allows for that. */
	run(&t, m, 1000, &c);
	if (c.unreadable > 0) {
		print_message("not enough descriptors for SCAN_DEPTH_MAX levels\n");
		skip();
	}
	assert_int_equal(c.too_deep, 1);
	assert_int_equal(c.directories, SCAN_DEPTH_MAX);
	assert_int_equal(m->hook_count, 1);
}

/* In a child, for root reads everything. */
static void counts_what_it_cannot_read(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	pid_t pid;
	int status;

	(void)state;
	temp_make(&t);
	make_site(&t);
	temp_mkdir(&t, "closed");
	temp_write(&t, "closed/.profile", BYTES_LIT(""));
	temp_write(&t, SITE "/a.pth", BYTES_LIT(""));
	assert_int_equal(fchmodat(t.fd, "closed", 0, 0), 0);

	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		_cleanup_met_ struct met *m = met_new();
		struct scan_counters c;

		if (geteuid() == 0 && setuid(65534) < 0)
			_exit(3);
		run(&t, m, 1000, &c);
		_exit(c.unreadable == 1 && m->hook_count == 1 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(fchmodat(t.fd, "closed", 0755, 0), 0);
	assert_int_equal(status, 0);
}

static void stays_on_its_mount(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	char point[128];
	pid_t pid;
	int status;

	(void)state;
	temp_make(&t);
	make_site(&t);
	temp_write(&t, SITE "/a.pth", BYTES_LIT(""));
	temp_mkdir(&t, "other");
	temp_path(&t, "other", point, sizeof(point));

	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		_cleanup_met_ struct met *m = met_new();
		struct scan_counters c;

		if (!own_mount_namespace() || mount("pyhookd-test", point, "tmpfs", 0, NULL) < 0)
			_exit(77);
		/* A descriptor from before sees the mounts of before. */
		close(t.fd);
		t.fd = open(t.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		temp_write(&t, "other/.profile", BYTES_LIT(""));
		run(&t, m, 1000, &c);
		_exit(m->hook_count == 1 && c.unreadable == 0 && c.directories == 4 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		print_message("mount namespaces are not permitted here\n");
		skip();
	}
	assert_int_equal(status, 0);
}

static void does_not_enter_the_kernels_places(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_met_ struct met *m = met_new();
	_cleanup_(scan_freep) struct scan *s = NULL;

	(void)state;
	temp_make(&t);
	temp_mkdir(&t, "proc");
	temp_mkdir(&t, "processes");
	temp_write(&t, "proc/.profile", BYTES_LIT(""));
	temp_write(&t, "processes/.profile", BYTES_LIT(""));
	temp_write(&t, ".profile", BYTES_LIT(""));
	s = start(&t, "/");
	assert_int_equal(scan_step(s, 1000, found, directory, m), 0);
	assert_true(met_hook(m, BYTES_LIT("/processes/.profile")));
	assert_true(met_hook(m, BYTES_LIT("/.profile")));	/* one slash */
	assert_int_equal(m->hook_count, 2);
}

static void takes_the_descriptor_over_also_in_failure(void **state)
{
	struct scan *s = NULL;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(scan_new(fds[0], BYTES_LIT("/v"), &s), -ENOTDIR);
	assert_null(s);
	assert_int_equal(fcntl(fds[0], F_GETFD), -1);
	close(fds[1]);
	scan_free(NULL);
}

static void note_link(int dirfd, struct bytes path, void *userdata)
{
	struct met *m = userdata;
	struct stat st;

	m->wrong_fd |= fstat(dirfd, &st) < 0 || !S_ISDIR(st.st_mode);
	assert_int_equal(str_append_bytes(&m->dirs, path), 0);
	assert_int_equal(str_append_char(&m->dirs, '|'), 0);
}

static void tells_links_that_lead_to_hooks(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_met_ struct met *m = met_new();
	_cleanup_(scan_freep) struct scan *s = NULL;

	(void)state;
	temp_make(&t);
	temp_mkdir(&t, "lib");
	temp_mkdir(&t, "lib/python3.11");
	assert_int_equal(symlinkat("/data/sp", t.fd, SITE), 0);
	assert_int_equal(symlinkat("/data", t.fd, "site-packages"), 0);	/* not below lib/pythonX.Y */
	assert_int_equal(symlinkat("/data", t.fd, "other"), 0);
	s = start(&t, "/v");
	scan_set_link_fn(s, note_link);
	while (scan_step(s, 100, found, NULL, m) > 0)
		;
	assert_string_equal(m->dirs.buf, "/v/" SITE "|");
	assert_false(m->wrong_fd);
}

/* What a link leads to may be everything. */
static void a_narrow_search_stays_near(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_met_ struct met *m = met_new();
	_cleanup_(scan_freep) struct scan *s = NULL;
	struct scan_counters c;

	(void)state;
	temp_make(&t);
	make_site(&t);
	temp_mkdir(&t, "huge");
	temp_mkdir(&t, "huge/lib");
	temp_write(&t, "huge/.profile", BYTES_LIT("x"));
	temp_write(&t, SITE "/x.pth", BYTES_LIT("x"));
	temp_mkdir(&t, SITE "/package");
	temp_write(&t, SITE "/package/sitecustomize.py", BYTES_LIT("x"));
	temp_mkdir(&t, SITE "/sitecustomize");
	temp_write(&t, SITE "/sitecustomize/__init__.py", BYTES_LIT("x"));
	s = start(&t, "/v");
	scan_set_narrow(s);
	while (scan_step(s, 100, found, directory, m) > 0)
		;
	scan_counters(s, &c);
	assert_int_equal(c.hooks, 2);
	assert_true(met_hook(m, BYTES_LIT("/v/" SITE "/x.pth")));
	assert_true(met_hook(m, BYTES_LIT("/v/" SITE "/sitecustomize/__init__.py")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_hooks_and_nothing_else),
		cmocka_unit_test(takes_names_as_bytes),
		cmocka_unit_test(tells_directories_that_take_any_name),
		cmocka_unit_test(follows_no_link_to_a_directory),
		cmocka_unit_test(small_slices_find_the_same),
		cmocka_unit_test(a_slice_ends),
		cmocka_unit_test(the_callback_ends_it),
		cmocka_unit_test(counts_what_is_too_deep),
		cmocka_unit_test(counts_what_it_cannot_read),
		cmocka_unit_test(stays_on_its_mount),
		cmocka_unit_test(does_not_enter_the_kernels_places),
		cmocka_unit_test(takes_the_descriptor_over_also_in_failure),
		cmocka_unit_test(tells_links_that_lead_to_hooks),
		cmocka_unit_test(a_narrow_search_stays_near),
	};
	const struct rlimit descriptors = { SCAN_DEPTH_MAX + 100, SCAN_DEPTH_MAX + 100 };

	/* Where it may be raised: what is left otherwise is a reason to skip. */
	(void)setrlimit(RLIMIT_NOFILE, &descriptors);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
