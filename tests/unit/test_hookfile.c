/* Files that are made to be read wrong, or never to the end. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <linux/limits.h>
#include <sys/sysmacros.h>

#include "hookfile.h"
#include "limits.h"
#include "temp_tree.h"

struct looked {
	struct region region;
	struct hookfile file;
};

static void looked_release(struct looked *l)
{
	hookfile_done(&l->file);
	region_release(&l->region);
}
#define _cleanup_looked_ __attribute__((cleanup(looked_release)))
#define LOOKED_INIT ((struct looked){ .region = REGION_INIT, .file = HOOKFILE_INIT })

/* Look and read "/d/NAME" below the tree; `d` exists. */
static void look_and_read(const struct temp *t, const char *name, struct looked *l)
{
	_cleanup_close_ int dirfd = openat(t->fd, "d", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_str_ struct str path = STR_INIT;

	assert_true(dirfd >= 0);
	assert_int_equal(str_appendf(&path, "/d/%s", name), 0);
	hookfile_look(t->fd, dirfd, name, str_bytes(&path), &l->region, &l->file);
	if (l->file.facts.known)
		assert_int_equal(hookfile_read(t->fd, dirfd, name, str_bytes(&path), &l->file), 0);
}

static void make(struct temp *t)
{
	temp_make(t);
	temp_mkdir(t, "d");
	temp_mkdir(t, "e");
	temp_write(t, "d/file", BYTES_LIT("imp\0ort\n"));
	temp_write(t, "e/other", BYTES_LIT("other"));
}

#define assert_read(l, text)                                                       \
	do {                                                                       \
		assert_null((l)->file.unread);                                     \
		assert_true(bytes_equal(str_bytes(&(l)->file.content), BYTES_LIT(text))); \
	} while (0)

#define assert_unread(l, why)                                                      \
	do {                                                                       \
		assert_non_null((l)->file.unread);                                 \
		assert_string_equal((l)->file.unread, why);                        \
		assert_int_equal((l)->file.content.len, 0);                        \
	} while (0)

static void reads_a_file(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_looked_ struct looked l = LOOKED_INIT;

	(void)state;
	make(&t);
	look_and_read(&t, "file", &l);
	assert_read(&l, "imp\0ort\n");
	assert_int_equal(l.file.size, 8);
	assert_true(l.file.facts.known);
	assert_false(l.file.facts.is_symlink);
	assert_false(l.file.facts.whiteout);
	assert_int_equal(l.file.facts.st.st_mode & 07777, 0644);
	assert_int_equal(l.file.facts.dir_uid, geteuid());
	assert_int_equal(l.file.content_st.st_ino, l.file.facts.st.st_ino);

	hookfile_done(&l.file);
	hookfile_done(&l.file);
}

static void an_empty_file_is_read(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_looked_ struct looked l = LOOKED_INIT;

	(void)state;
	make(&t);
	temp_write(&t, "d/empty", BYTES_LIT(""));
	look_and_read(&t, "empty", &l);
	assert_read(&l, "");
	assert_int_equal(l.file.size, 0);
}

static void what_is_gone_is_no_error(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_looked_ struct looked l = LOOKED_INIT, later = LOOKED_INIT;
	_cleanup_close_ int dirfd = -EBADF;

	(void)state;
	make(&t);
	look_and_read(&t, "nothing", &l);
	assert_unread(&l, "gone");
	assert_false(l.file.facts.known);

	/* Between the look and the read. */
	dirfd = openat(t.fd, "d", O_PATH | O_DIRECTORY | O_CLOEXEC);
	hookfile_look(t.fd, dirfd, "file", BYTES_LIT("/d/file"), &later.region, &later.file);
	assert_int_equal(unlinkat(dirfd, "file", 0), 0);
	assert_int_equal(hookfile_read(t.fd, dirfd, "file", BYTES_LIT("/d/file"), &later.file), 0);
	assert_unread(&later, "gone");
	assert_true(later.file.facts.known);
}

/* None of these may be waited for. */
static void what_is_no_file_is_not_opened(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;

	(void)state;
	make(&t);
	temp_mkdir(&t, "d/directory");
	assert_int_equal(mkfifoat(t.fd, "d/fifo", 0644), 0);
	assert_int_equal(symlinkat("fifo", t.fd, "d/to-fifo"), 0);
	assert_int_equal(symlinkat("directory", t.fd, "d/to-directory"), 0);
	assert_int_equal(mknodat(t.fd, "d/socket", S_IFSOCK | 0644, 0), 0);
	{
		static const char *const names[] = { "directory", "fifo", "to-fifo", "to-directory", "socket" };

		for (size_t i = 0; i < ELEMENTSOF(names); i++) {
			_cleanup_looked_ struct looked l = LOOKED_INIT;

			look_and_read(&t, names[i], &l);
			assert_unread(&l, "not a regular file");
			assert_true(l.file.facts.known);
		}
	}
	if (mknodat(t.fd, "d/device", S_IFCHR | 0644, makedev(1, 5)) == 0) {	/* /dev/zero */
		_cleanup_looked_ struct looked l = LOOKED_INIT;

		look_and_read(&t, "device", &l);
		assert_unread(&l, "not a regular file");
		assert_false(l.file.facts.whiteout);
	}
}

/* The name that was looked at is another thing when it is read. */
/* Of what somebody has opened: the same, wherever it lies. */
static void reads_what_is_open(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_hookfile_ struct hookfile f = HOOKFILE_INIT, fifo = HOOKFILE_INIT;
	_cleanup_close_ int fd = -EBADF, other = -EBADF;

	(void)state;
	make(&t);
	fd = openat(t.fd, "d/file", O_PATH | O_CLOEXEC);
	assert_int_equal(hookfile_read_opened(fd, &f), 0);
	assert_null(f.unread);
	assert_int_equal(f.size, 8);
	assert_true(bytes_equal(str_bytes(&f.content), BYTES_LIT("imp\0ort\n")));
	assert_true(f.fd >= 0);

	assert_int_equal(mkfifoat(t.fd, "fifo", 0600), 0);
	other = openat(t.fd, "fifo", O_PATH | O_CLOEXEC);
	assert_int_equal(hookfile_read_opened(other, &fifo), 0);
	assert_string_equal(fifo.unread, "not a regular file");
	assert_int_equal(fifo.fd, -EBADF);
}

static void an_exchange_leads_nowhere(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_looked_ struct looked fifo = LOOKED_INIT, link = LOOKED_INIT;
	_cleanup_close_ int dirfd = -EBADF;

	(void)state;
	make(&t);
	dirfd = openat(t.fd, "d", O_PATH | O_DIRECTORY | O_CLOEXEC);
	hookfile_look(t.fd, dirfd, "file", BYTES_LIT("/d/file"), &fifo.region, &fifo.file);
	hookfile_look(t.fd, dirfd, "file", BYTES_LIT("/d/file"), &link.region, &link.file);

	assert_int_equal(unlinkat(dirfd, "file", 0), 0);
	assert_int_equal(mkfifoat(dirfd, "file", 0644), 0);
	assert_int_equal(hookfile_read(t.fd, dirfd, "file", BYTES_LIT("/d/file"), &fifo.file), 0);
	assert_unread(&fifo, "not a regular file");

	assert_int_equal(unlinkat(dirfd, "file", 0), 0);
	assert_int_equal(symlinkat("../e/other", dirfd, "file"), 0);
	assert_int_equal(hookfile_read(t.fd, dirfd, "file", BYTES_LIT("/d/file"), &link.file), 0);
	assert_unread(&link, "not a regular file");
}

static void follows_links(void **state)
{
	static const struct {
		const char *name, *target;
	} links[] = {
		{ "same-dir", "file" },
		{ "dot", "./file" },
		{ "up", "../e/other" },
		{ "up-and-down", "../d/../e/./other" },
		{ "absolute", "/e/other" },		/* below the root that was given */
		{ "slashes", "//e///other" },
		{ "chain", "up" },
		{ "chain-of-absolute", "/d/absolute" },
		{ "through-directory", "dirlink/other" },
		{ "dirlink", "../e" },
	};
	_cleanup_temp_ struct temp t = TEMP_INIT;

	(void)state;
	make(&t);
	for (size_t i = 0; i < ELEMENTSOF(links); i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "d/%s", links[i].name);
		assert_int_equal(symlinkat(links[i].target, t.fd, name), 0);
	}
	for (size_t i = 0; i + 1 < ELEMENTSOF(links); i++) {
		_cleanup_looked_ struct looked l = LOOKED_INIT;
		struct stat target;

		look_and_read(&t, links[i].name, &l);
		if (l.file.unread)
			fail_msg("%s: %s", links[i].name, l.file.unread);
		if (i < 2)
			assert_read(&l, "imp\0ort\n");
		else
			assert_read(&l, "other");
		assert_true(l.file.facts.is_symlink);
		assert_true(bytes_equal(l.file.facts.link_target, bytes_of(links[i].target)));
		assert_true(S_ISLNK(l.file.facts.st.st_mode));
		assert_int_equal(fstatat(t.fd, i < 2 ? "d/file" : "e/other", &target, 0), 0);
		assert_int_equal(l.file.content_st.st_ino, target.st_ino);
		assert_int_equal(l.file.size, (uint64_t)target.st_size);
	}
}

static void links_without_an_end(void **state)
{
	static const struct {
		const char *name, *target;
	} links[] = {
		{ "self", "self" },
		{ "ping", "pong" },
		{ "pong", "/d/ping" },
		{ "dangling", "/e/nothing" },
		{ "through-a-file", "file/x" },
		{ "growing", "growing/growing" },
	};
	_cleanup_temp_ struct temp t = TEMP_INIT;

	(void)state;
	make(&t);
	for (size_t i = 0; i < ELEMENTSOF(links); i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "d/%s", links[i].name);
		assert_int_equal(symlinkat(links[i].target, t.fd, name), 0);
	}
	for (size_t i = 0; i < ELEMENTSOF(links); i++) {
		_cleanup_looked_ struct looked l = LOOKED_INIT;

		look_and_read(&t, links[i].name, &l);
		assert_unread(&l, "dangling link");
		assert_true(l.file.facts.known);
		assert_true(l.file.facts.is_symlink);
	}
}

/* What Python can open, we can read; and a chain too long for it ends. */
static void chains_as_long_as_the_kernels(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	char name[32], target[32];

	(void)state;
	make(&t);
	assert_int_equal(symlinkat("file", t.fd, "d/l1"), 0);
	for (int i = 2; i <= 60; i++) {
		(void)snprintf(name, sizeof(name), "d/l%d", i);
		(void)snprintf(target, sizeof(target), "l%d", i - 1);
		assert_int_equal(symlinkat(target, t.fd, name), 0);
	}
	for (int i = 1; i <= 60; i++) {
		_cleanup_looked_ struct looked l = LOOKED_INIT;
		_cleanup_close_ int fd = -EBADF;

		(void)snprintf(name, sizeof(name), "d/l%d", i);
		fd = openat(t.fd, name, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			assert_int_equal(errno, ELOOP);
		look_and_read(&t, name + 2, &l);
		if (fd >= 0)
			assert_read(&l, "imp\0ort\n");
		if (i > HOOKFILE_LINKS_MAX + 1)
			assert_unread(&l, "dangling link");
	}
}

/* As in a chroot: above the root there is the root. */
static void dots_do_not_lead_above_the_root(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT, outside = TEMP_INIT;
	_cleanup_looked_ struct looked l = LOOKED_INIT;
	char target[128];

	(void)state;
	make(&t);
	temp_make(&outside);
	temp_write(&outside, "secret", BYTES_LIT("secret"));
	(void)snprintf(target, sizeof(target), "../../../../../..%s/secret", outside.path);
	assert_int_equal(symlinkat(target, t.fd, "d/above"), 0);
	look_and_read(&t, "above", &l);
	assert_unread(&l, "dangling link");
}

static void a_huge_file_is_cut(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_looked_ struct looked l = LOOKED_INIT, exact = LOOKED_INIT;
	_cleanup_close_ int fd = -EBADF, small = -EBADF;
	const off_t size = (off_t)1 << 40;	/* sparse */

	(void)state;
	make(&t);
	fd = openat(t.fd, "d/huge", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_int_equal(pwrite(fd, "end", 3, CONTENT_BYTES_MAX - 3), 3);
	if (ftruncate(fd, size) < 0)
		skip();
	look_and_read(&t, "huge", &l);
	assert_null(l.file.unread);
	assert_int_equal(l.file.size, (uint64_t)size);
	assert_int_equal(l.file.content.len, CONTENT_BYTES_MAX);
	assert_memory_equal(l.file.content.buf + CONTENT_BYTES_MAX - 3, "end", 4);	/* and its NUL */

	small = openat(t.fd, "d/exact", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_int_equal(ftruncate(small, CONTENT_BYTES_MAX), 0);
	look_and_read(&t, "exact", &exact);
	assert_null(exact.file.unread);
	assert_int_equal(exact.file.content.len, CONTENT_BYTES_MAX);
	assert_int_equal(exact.file.size, CONTENT_BYTES_MAX);
}

static void a_whiteout_is_a_removal(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_looked_ struct looked l = LOOKED_INIT;

	(void)state;
	make(&t);
	/* Permitted to everybody since Linux 5.8, but not on every filesystem. */
	if (mknodat(t.fd, "d/whiteout", S_IFCHR, makedev(0, 0)) < 0) {
		print_message("no whiteout can be made here\n");
		skip();
	}
	look_and_read(&t, "whiteout", &l);
	assert_true(l.file.facts.known);
	assert_true(l.file.facts.whiteout);
	assert_null(l.file.unread);
	assert_int_equal(l.file.content.len, 0);
}

/* In a child, for root may read everything. */
static void what_may_not_be_read_is_said(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	pid_t pid;
	int status;

	(void)state;
	make(&t);
	temp_mkdir(&t, "d/closed");
	temp_write(&t, "d/closed/x", BYTES_LIT("x"));
	temp_write(&t, "d/secret", BYTES_LIT("x"));
	assert_int_equal(symlinkat("secret", t.fd, "d/link"), 0);
	assert_int_equal(fchmodat(t.fd, "d/secret", 0, 0), 0);
	assert_int_equal(fchmodat(t.fd, "d/closed", 0, 0), 0);

	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		_cleanup_looked_ struct looked file = LOOKED_INIT, link = LOOKED_INIT, dir = LOOKED_INIT;
		int dirfd;

		if (geteuid() == 0 && setuid(65534) < 0)
			_exit(3);
		look_and_read(&t, "secret", &file);
		assert_unread(&file, "permission");
		assert_true(file.file.facts.known);
		look_and_read(&t, "link", &link);
		assert_unread(&link, "permission");

		dirfd = openat(t.fd, "d/closed", O_PATH | O_DIRECTORY | O_CLOEXEC);
		hookfile_look(t.fd, dirfd, "x", BYTES_LIT("/d/closed/x"), &dir.region, &dir.file);
		assert_unread(&dir, "permission");
		assert_false(dir.file.facts.known);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(fchmodat(t.fd, "d/closed", 0755, 0), 0);
	assert_int_equal(status, 0);
}

/* A look leaves no trace that a person who compares times would see. */
static void reading_changes_no_content_or_change_time(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_looked_ struct looked l = LOOKED_INIT;
	struct stat before, after;

	(void)state;
	make(&t);
	assert_int_equal(fstatat(t.fd, "d/file", &before, 0), 0);
	look_and_read(&t, "file", &l);
	assert_int_equal(fstatat(t.fd, "d/file", &after, 0), 0);
	assert_memory_equal(&before.st_mtim, &after.st_mtim, sizeof(before.st_mtim));
	assert_memory_equal(&before.st_ctim, &after.st_ctim, sizeof(before.st_ctim));
}

/* A module that a hook imports: by its path, through links, and nothing that could make the reader wait. */
static void reads_another_file(void **state)
{
	static const struct {
		const char *path, *content;	/* NULL: not to be had */
	} cases[] = {
		{ "/d/file.py", "0123456789" }, { "/d/../d/./file.py", "0123456789" }, { "/d/link", "0123456789" },
		{ "/d/up", "other" }, { "/d/none", NULL }, { "/d", NULL }, { "/d/file.py/x", NULL }, { "/d/fifo", NULL },
		{ "/d/socket", NULL }, { "/d/loop", NULL }, { "d/file.py", NULL }, { "", NULL }, { "/", NULL },
	};
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_str_ struct str got = STR_INIT;
	struct stat st;

	(void)state;
	make(&t);
	temp_write(&t, "d/file.py", BYTES_LIT("0123456789"));
	assert_int_equal(symlinkat("/d/file.py", t.fd, "d/link"), 0);
	assert_int_equal(symlinkat("../../../e/other", t.fd, "d/up"), 0);
	assert_int_equal(symlinkat("loop", t.fd, "d/loop"), 0);
	assert_int_equal(mkfifoat(t.fd, "d/fifo", 0644), 0);
	assert_int_equal(mknodat(t.fd, "d/socket", S_IFSOCK | 0644, 0), 0);

	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		int r;

		assert_int_equal(str_append_text(&got, "what was there before"), 0);
		r = hookfile_read_other(&t.fd, bytes_of(cases[i].path), 4096, NULL, &got, &st);
		if (r != (cases[i].content ? 0 : -ENOENT) ||
		    (cases[i].content && !bytes_equal(str_bytes(&got), bytes_of(cases[i].content))))
			fail_msg("%s: %d, %s", cases[i].path, r, got.buf);
	}

	/* No more than is asked for; a NUL ends no path. */
	assert_int_equal(hookfile_read_other(&t.fd, BYTES_LIT("/d/file.py"), 4, NULL, &got, &st), 0);
	assert_true(bytes_equal(str_bytes(&got), BYTES_LIT("0123")));
	assert_int_equal(st.st_size, 10);
	assert_int_equal(hookfile_read_other(&t.fd, BYTES_LIT("/d/file.py\0x"), 4, NULL, &got, &st), -ENOENT);
}

/* "far" leads to "file.py", and takes so many components for it. */
static void a_way_is_paid_for(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_str_ struct str target = STR_INIT, got = STR_INIT;
	struct work work = { .left = 2 * WORK_PATH };
	struct stat st;

	(void)state;
	make(&t);
	temp_write(&t, "d/file.py", BYTES_LIT("1"));
	assert_int_equal(hookfile_read_other(&t.fd, BYTES_LIT("/d/file.py"), 4, &work, &got, &st), 0);
	assert_int_equal(work.left, 0);
	assert_int_equal(hookfile_read_other(&t.fd, BYTES_LIT("/d/file.py"), 4, &work, &got, &st), -EDQUOT);
	/* What is not there is paid for as far as it goes. */
	work.left = 2 * WORK_PATH;
	assert_int_equal(hookfile_read_other(&t.fd, BYTES_LIT("/none/a/b/c"), 4, &work, &got, &st), -ENOENT);
	assert_int_equal(work.left, WORK_PATH);

	for (unsigned i = 0; i < HOOKFILE_STEPS_MAX - 3; i++)
		assert_int_equal(str_append_text(&target, "./"), 0);
	assert_int_equal(str_append_text(&target, "file.py"), 0);
	assert_int_equal(symlinkat(target.buf, t.fd, "d/far"), 0);
	assert_int_equal(hookfile_read_other(&t.fd, BYTES_LIT("/d/far"), 4, NULL, &got, &st), 0);
	assert_int_equal(symlinkat("far", t.fd, "d/farther"), 0);
	assert_int_equal(hookfile_read_other(&t.fd, BYTES_LIT("/d/farther"), 4, NULL, &got, &st), -EDQUOT);
}

/* Whoever plants it is told of, as of every hook that cannot be read. */
static void a_hook_is_too_far_away(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_looked_ struct looked l = LOOKED_INIT;
	_cleanup_str_ struct str target = STR_INIT;

	(void)state;
	make(&t);
	for (unsigned i = 0; i < HOOKFILE_STEPS_MAX; i++)
		assert_int_equal(str_append_text(&target, "./"), 0);
	assert_int_equal(str_append_text(&target, "file"), 0);
	assert_int_equal(symlinkat(target.buf, t.fd, "d/far"), 0);
	look_and_read(&t, "far", &l);
	assert_unread(&l, "too long a way");
}

static void note_met(int dirfd, const char *name, struct bytes path, struct bytes missing, void *userdata)
{
	struct str *all = userdata;
	struct stat st;

	assert_int_equal(fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0, missing.ptr == NULL);
	assert_true(bytes_equal(bytes_basename(path), bytes_of(name)));
	assert_int_equal(str_append_bytes(all, path), 0);
	if (missing.ptr)
		assert_int_equal(str_appendf(all, "+%.*s", (int)missing.len, missing.ptr), 0);
	assert_int_equal(str_append_char(all, '|'), 0);
}

static void assert_walk(const struct temp *t, const char *path, const char *met, const char *unread)
{
	_cleanup_str_ struct str all = STR_INIT;
	_cleanup_close_ int fd = -EBADF;
	const char *why = NULL;

	assert_int_equal(hookfile_walk(t->fd, bytes_of(path), note_met, &all, &fd, &why), 0);
	assert_string_equal(all.buf, met);
	assert_int_equal(fd >= 0, unread == NULL);
	if (unread)
		assert_string_equal(why, unread);
}

static void tells_what_a_link_leads_through(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;

	(void)state;
	make(&t);
	assert_int_equal(symlinkat("../e/middle", t.fd, "d/link"), 0);
	assert_int_equal(symlinkat("/d/file", t.fd, "e/middle"), 0);
	assert_int_equal(symlinkat("/none/such/x", t.fd, "d/dangling"), 0);
	assert_int_equal(symlinkat(".", t.fd, "d/itself"), 0);
	assert_walk(&t, "/d/file", "/d/file|", NULL);
	assert_walk(&t, "/d/link", "/d/link|/e/middle|/d/file|", NULL);
	assert_walk(&t, "/d/itself/link", "/d/itself|/d/link|/e/middle|/d/file|", NULL);
	assert_walk(&t, "/d/dangling", "/d/dangling|/none+/such/x/|", "dangling link");
	assert_walk(&t, "/d", "/d|", NULL);
	assert_walk(&t, "/", "", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_file),
		cmocka_unit_test(an_empty_file_is_read),
		cmocka_unit_test(what_is_gone_is_no_error),
		cmocka_unit_test(what_is_no_file_is_not_opened),
		cmocka_unit_test(reads_what_is_open),
		cmocka_unit_test(an_exchange_leads_nowhere),
		cmocka_unit_test(follows_links),
		cmocka_unit_test(links_without_an_end),
		cmocka_unit_test(chains_as_long_as_the_kernels),
		cmocka_unit_test(dots_do_not_lead_above_the_root),
		cmocka_unit_test(a_huge_file_is_cut),
		cmocka_unit_test(a_whiteout_is_a_removal),
		cmocka_unit_test(what_may_not_be_read_is_said),
		cmocka_unit_test(reads_another_file),
		cmocka_unit_test(a_way_is_paid_for),
		cmocka_unit_test(a_hook_is_too_far_away),
		cmocka_unit_test(reading_changes_no_content_or_change_time),
		cmocka_unit_test(tells_what_a_link_leads_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
