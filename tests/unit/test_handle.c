/* Needs open_by_handle_at(2): CAP_DAC_READ_SEARCH, and a filesystem with handles. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <linux/limits.h>

#include "handle.h"
#include "limits.h"
#include "temp_tree.h"

#define STORAGE_SIZE (MAX_HANDLE_SZ + 8)

static void comes_back_to_the_same_directory(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_close_ int dir = -EBADF, back = -EBADF;
	char storage[STORAGE_SIZE];
	struct handle_view h;
	struct stat a, b;

	(void)state;
	temp_make(&t);
	temp_mkdir(&t, "dir");
	dir = openat(t.fd, "dir", O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(handle_of(dir, 99, storage, sizeof(storage), &h), 0);
	assert_int_equal(h.fsid, 99);
	assert_ptr_equal(h.bytes.ptr, storage);
	assert_true(h.bytes.len > 0);

	/* By what it is, not by its name. */
	assert_int_equal(renameat(t.fd, "dir", t.fd, "renamed"), 0);
	assert_int_equal(handle_open(t.fd, &h, &back), 0);
	assert_int_equal(fstat(dir, &a), 0);
	assert_int_equal(fstat(back, &b), 0);
	assert_int_equal(a.st_ino, b.st_ino);
	assert_int_equal(a.st_dev, b.st_dev);
}

static void a_storage_too_small_is_refused(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	struct handle_view h = { .type = -7 };
	char storage[4];

	(void)state;
	temp_make(&t);
	assert_int_equal(handle_of(t.fd, 0, storage, sizeof(storage), &h), -E2BIG);
	assert_int_equal(h.type, -7);
}

static void forged_handles_are_refused(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	char storage[STORAGE_SIZE], huge[MAX_HANDLE_SZ + 1] = { 0 };
	struct handle_view h;
	int fd = -7;

	(void)state;
	temp_make(&t);
	assert_int_equal(handle_of(t.fd, 0, storage, sizeof(storage), &h), 0);
	h.bytes = (struct bytes){ huge, sizeof(huge) };
	assert_int_equal(handle_open(t.fd, &h, &fd), -EINVAL);
	h.bytes = (struct bytes){ huge, 8 };
	assert_true(handle_open(t.fd, &h, &fd) < 0);
	h.bytes.len = 0;
	assert_true(handle_open(t.fd, &h, &fd) < 0);
	assert_int_equal(fd, -7);
}

static void a_removed_directory_is_stale(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_str_ struct str path = STR_INIT;
	char storage[STORAGE_SIZE];
	struct handle_view h;
	int dir, fd = -7;

	(void)state;
	temp_make(&t);
	temp_mkdir(&t, "dir");
	dir = openat(t.fd, "dir", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(handle_of(dir, 0, storage, sizeof(storage), &h), 0);
	assert_int_equal(unlinkat(t.fd, "dir", AT_REMOVEDIR), 0);

	/* Held open it still can be reached, but has no path any more. */
	assert_int_equal(handle_directory_path(dir, &path), -ESTALE);
	assert_int_equal(path.len, 0);
	close(dir);
	assert_int_equal(handle_open(t.fd, &h, &fd), -ESTALE);
	assert_int_equal(fd, -7);
}

static void says_the_path(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_str_ struct str path = STR_INIT;
	_cleanup_close_ int dir = -EBADF, root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char expected[128];

	(void)state;
	temp_make(&t);
	/* Not taken for the kernel's mark of what was removed, nor cut at the newline. */
	temp_mkdir(&t, "a\nb (deleted)");
	dir = openat(t.fd, "a\nb (deleted)", O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(handle_directory_path(dir, &path), 0);
	assert_string_equal(path.buf, temp_path(&t, "a\nb (deleted)", expected, sizeof(expected)));

	str_clear(&path);
	assert_int_equal(handle_directory_path(root, &path), 0);
	assert_string_equal(path.buf, "/");
}

/* Go down by descriptors, for the path cannot be opened; appends it to `expected`. */
static int go_down(const struct temp *t, char letter, size_t name_len, size_t levels, struct str *expected)
{
	char name[NAME_MAX + 1];
	int at = openat(t->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	memset(name, letter, name_len);
	name[name_len] = '\0';
	for (size_t i = 0; i < levels; i++) {
		int next;

		name[0] = (char)('A' + i % 26);	/* so that their order shows */

		assert_int_equal(mkdirat(at, name, 0755), 0);
		next = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		/* The right one among several has to be found. */
		assert_int_equal(mkdirat(at, "other", 0755), 0);
		close(at);
		at = next;
		assert_int_equal(str_append_char(expected, '/'), 0);
		assert_int_equal(str_append_text(expected, name), 0);
	}
	return at;
}

static void says_paths_longer_than_path_max(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_str_ struct str path = STR_INIT, expected = STR_INIT;
	_cleanup_close_ int at = -EBADF;

	(void)state;
	temp_make(&t);
	assert_int_equal(str_append_text(&expected, t.path), 0);
	at = go_down(&t, 'n', NAME_MAX, 40, &expected);
	assert_true(expected.len > 2 * PATH_MAX);
	assert_int_equal(handle_directory_path(at, &path), 0);
	assert_int_equal(path.len, expected.len);
	assert_string_equal(path.buf, expected.buf);
}

/* On both sides of what the kernel can say. */
static void says_paths_around_path_max(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_str_ struct str base = STR_INIT;
	_cleanup_close_ int at = -EBADF;
	size_t first;

	(void)state;
	temp_make(&t);
	assert_int_equal(str_append_text(&base, t.path), 0);
	at = go_down(&t, 'm', 203, 19, &base);
	first = PATH_MAX - base.len - 6;
	for (size_t len = first; len < first + 12; len++) {
		_cleanup_str_ struct str path = STR_INIT;
		_cleanup_close_ int fd = -EBADF;
		char name[NAME_MAX + 1];

		assert_true(len <= NAME_MAX);
		memset(name, 'x', len);
		name[len] = '\0';
		assert_int_equal(mkdirat(at, name, 0755), 0);
		fd = openat(at, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		assert_int_equal(handle_directory_path(fd, &path), 0);
		assert_int_equal(path.len, base.len + 1 + len);
		assert_true(bytes_has_prefix(str_bytes(&path), str_bytes(&base)));
		assert_true(bytes_has_suffix(str_bytes(&path), (struct bytes){ name, len }));
	}
}

static void gives_up_where_it_is_absurd(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_str_ struct str path = STR_INIT, expected = STR_INIT;
	_cleanup_close_ int at = -EBADF;

	(void)state;
	temp_make(&t);
	at = go_down(&t, 'd', NAME_MAX, HANDLE_CLIMB_MAX + 20, &expected);
	assert_int_equal(handle_directory_path(at, &path), -ELOOP);
	assert_int_equal(path.len, 0);
}

static void bad_descriptors_are_errors(void **state)
{
	_cleanup_str_ struct str path = STR_INIT;
	char storage[STORAGE_SIZE];
	struct handle_view h;

	(void)state;
	assert_int_equal(handle_directory_path(-1, &path), -EBADF);
	assert_int_equal(handle_of(-1, 0, storage, sizeof(storage), &h), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back_to_the_same_directory),
		cmocka_unit_test(a_storage_too_small_is_refused),
		cmocka_unit_test(forged_handles_are_refused),
		cmocka_unit_test(a_removed_directory_is_stale),
		cmocka_unit_test(says_the_path),
		cmocka_unit_test(says_paths_longer_than_path_max),
		cmocka_unit_test(says_paths_around_path_max),
		cmocka_unit_test(gives_up_where_it_is_absurd),
		cmocka_unit_test(bad_descriptors_are_errors),
	};
	int tmp = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd;
	char storage[STORAGE_SIZE];
	struct handle_view h;

	if (tmp < 0 || handle_of(tmp, 0, storage, sizeof(storage), &h) < 0 || handle_open(tmp, &h, &fd) < 0) {
		puts("open_by_handle_at is not permitted, or /tmp has no handles");
		return 77;
	}
	(void)close(fd);
	(void)close(tmp);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
