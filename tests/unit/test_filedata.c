#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "filedata.h"
#include "limits.h"
#include "temp_tree.h"

static void test_read_all(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_str_ struct str text = STR_INIT;
	_cleanup_close_ int fd = -EBADF;

	(void)state;
	temp_make(&t);
	temp_write(&t, "f", BYTES_LIT("a\0b"));
	fd = openat(t.fd, "f", O_RDWR | O_CLOEXEC);
	assert_int_equal(filedata_read_all(fd, 3, &text), 0);
	assert_true(bytes_equal(str_bytes(&text), BYTES_LIT("a\0b")));
	assert_int_equal(filedata_read_all(fd, 3, &text), 0);
	assert_int_equal(text.len, 3);
	assert_int_equal(filedata_read_all(fd, 2, &text), -EFBIG);
	assert_int_equal(filedata_read_all(t.fd, 3, &text), -EINVAL);
	/* More than one piece. */
	assert_int_equal(ftruncate(fd, 2 * FILEDATA_CHUNK), 0);
	assert_int_equal(filedata_read_all(fd, 2 * FILEDATA_CHUNK, &text), 0);
	assert_int_equal(text.len, 2 * FILEDATA_CHUNK);
}

/* As one that has grown since: a file of /proc has no size. */
static void test_read_all_of_a_longer_file(void **state)
{
	_cleanup_str_ struct str text = STR_INIT;
	_cleanup_close_ int fd = open("/proc/version", O_RDONLY | O_CLOEXEC);
	char first[16];

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(filedata_read_at(fd, first, sizeof(first), 0), sizeof(first));
	assert_int_equal(filedata_read_all(fd, FILEDATA_CHUNK, &text), 0);
	assert_true(bytes_has_prefix(str_bytes(&text), (struct bytes){ first, sizeof(first) }));
	assert_int_equal(text.buf[text.len - 1], '\n');
	assert_int_equal(filedata_read_all(fd, text.len - 1, &text), -EFBIG);
}

static void test_holds(void **state)
{
	const struct bytes needles[] = { BYTES_LIT("b\0c") };
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_close_ int fd = -EBADF;
	bool found = false;

	(void)state;
	temp_make(&t);
	temp_write(&t, "f", BYTES_LIT("ab\0cd"));
	fd = openat(t.fd, "f", O_RDONLY | O_CLOEXEC);
	assert_int_equal(filedata_holds(fd, needles, 1, 100, &found), 0);
	assert_true(found);
	/* It must lie within the bytes that may be read. */
	assert_int_equal(filedata_holds(fd, needles, 1, 4, &found), 0);
	assert_true(found);
	assert_int_equal(filedata_holds(fd, needles, 1, 3, &found), 0);
	assert_false(found);
	assert_int_equal(filedata_holds(fd, needles, 0, 100, &found), 0);
	assert_false(found);
}

static int beneath(const struct temp *t, struct bytes path)
{
	_cleanup_close_ int fd = filedata_open_beneath(t->fd, path, O_RDONLY);

	return fd < 0 ? fd : 0;
}

static void test_open_beneath(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;

	(void)state;
	temp_make(&t);
	temp_mkdir(&t, "d");
	temp_write(&t, "d/f", BYTES_LIT("x"));
	assert_int_equal(symlinkat("d", t.fd, "link"), 0);
	assert_int_equal(symlinkat("f", t.fd, "d/link"), 0);
	assert_int_equal(mkfifoat(t.fd, "fifo", 0600), 0);
	assert_int_equal(beneath(&t, BYTES_LIT("d/f")), 0);
	assert_int_equal(beneath(&t, BYTES_LIT("d/../d/f")), 0);
	assert_int_equal(beneath(&t, BYTES_LIT("link/f")), -ELOOP);
	assert_int_equal(beneath(&t, BYTES_LIT("d/link")), -ELOOP);
	assert_int_equal(beneath(&t, BYTES_LIT("../etc")), -EXDEV);
	assert_int_equal(beneath(&t, BYTES_LIT("/etc")), -EXDEV);
	assert_int_equal(beneath(&t, BYTES_LIT("d/f\0x")), -EINVAL);
	assert_int_equal(beneath(&t, BYTES_LIT("none")), -ENOENT);
	/* It does not wait for a writer. */
	assert_int_equal(beneath(&t, BYTES_LIT("fifo")), 0);
}

static int local(const struct temp *t, struct bytes path, bool *root_owned)
{
	_cleanup_close_ int fd = filedata_open_local(t->fd, path, O_RDONLY, root_owned);

	return fd < 0 ? fd : 0;
}

static void test_open_local(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	bool me = geteuid() == 0, root_owned = false;

	(void)state;
	temp_make(&t);
	temp_mkdir(&t, "d");
	temp_mkdir(&t, "d/e");
	temp_write(&t, "d/e/f", BYTES_LIT("x"));
	assert_int_equal(fchmodat(t.fd, "d/e/f", 0644, 0), 0);
	assert_int_equal(symlinkat("e", t.fd, "d/link"), 0);
	assert_int_equal(symlinkat("f", t.fd, "d/e/link"), 0);
	assert_int_equal(local(&t, BYTES_LIT("/d/e/f"), NULL), 0);
	assert_int_equal(local(&t, BYTES_LIT("//d//e/f"), &root_owned), 0);
	assert_int_equal(root_owned, me);
	assert_int_equal(local(&t, BYTES_LIT("/d/link/f"), NULL), -ENOTDIR);
	assert_int_equal(local(&t, BYTES_LIT("/d/e/link"), NULL), -ELOOP);
	assert_int_equal(local(&t, BYTES_LIT("/d/none/f"), NULL), -ENOENT);
	assert_int_equal(local(&t, BYTES_LIT("/"), NULL), -EINVAL);
	assert_int_equal(local(&t, BYTES_LIT("/d\0/e"), NULL), -EINVAL);

	/* Any directory above it that others may write takes it away. */
	assert_int_equal(fchmodat(t.fd, "d", 0775, 0), 0);
	assert_int_equal(local(&t, BYTES_LIT("/d/e/f"), &root_owned), 0);
	assert_false(root_owned);
	assert_int_equal(fchmodat(t.fd, "d", 0755, 0), 0);
	assert_int_equal(fchmodat(t.fd, "d/e/f", 0646, 0), 0);
	assert_int_equal(local(&t, BYTES_LIT("/d/e/f"), &root_owned), 0);
	assert_false(root_owned);
	assert_int_equal(fchmodat(t.fd, "d/e/f", 0644, 0), 0);
	if (!me)
		return;
	assert_int_equal(fchownat(t.fd, "d/e", 1, 0, 0), 0);
	assert_int_equal(local(&t, BYTES_LIT("/d/e/f"), &root_owned), 0);
	assert_false(root_owned);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_all),
		cmocka_unit_test(test_read_all_of_a_longer_file),
		cmocka_unit_test(test_holds),
		cmocka_unit_test(test_open_beneath),
		cmocka_unit_test(test_open_local),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
