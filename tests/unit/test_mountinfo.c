#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <sys/sysmacros.h>

#include "cleanup.h"
#include "mountinfo.h"

static int parse(const char *text, char *storage, struct mount_line *ret)
{
	size_t len = strlen(text);

	memcpy(storage, text, len);
	return mountinfo_parse_line(storage, len, ret);
}

static void reads_lines(void **state)
{
	char line[512];
	struct mount_line m;
	_cleanup_str_ struct str storage = STR_INIT;

	(void)state;
	assert_int_equal(parse("36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 shared:2 - ext3 /dev/root "
			       "rw,errors=continue", line, &m), 0);
	assert_int_equal(m.id, 36);
	assert_int_equal(m.dev, makedev(98, 0));
	assert_true(bytes_equal(m.root, BYTES_LIT("/mnt1")));
	assert_true(bytes_equal(m.point, BYTES_LIT("/mnt 2")));
	assert_true(bytes_equal(m.type, BYTES_LIT("ext3")));

	assert_int_equal(parse("1 1 0:40 / /merged rw - overlay overlay rw,lowerdir=/l,upperdir=/a\\054b,workdir=/w",
			       line, &m), 0);
	assert_true(bytes_equal(mountinfo_option(&m, BYTES_LIT("upperdir"), &storage), BYTES_LIT("/a,b")));
	assert_null(mountinfo_option(&m, BYTES_LIT("upper"), &storage).ptr);

	/* A file system without options, and a mount point that ends in a newline. */
	assert_int_equal(parse("1 1 0:1 / /a\\012 rw - tmpfs none", line, &m), 0);
	assert_true(bytes_equal(m.point, BYTES_LIT("/a\n")));
}

static void refuses_others(void **state)
{
	static const char *const wrong[] = {
		"", "36", "36 35 98:0 / / rw", "36 35 98:0 / / rw - ext4", "x 35 98:0 / / rw - ext4 d rw",
		"36 35 980 / / rw - ext4 d rw", "36 35 9:x / / rw - ext4 d rw",
	};
	char line[512];
	struct mount_line m;

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
		assert_int_equal(parse(wrong[i], line, &m), -EINVAL);
}

static void reads_this_host(void **state)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/self/mountinfo", "re");
	_cleanup_free_ char *line = NULL;
	size_t size = 0;
	ssize_t n;

	(void)state;
	assert_non_null(f);
	while ((n = getline(&line, &size, f)) > 0) {
		struct mount_line m;

		assert_int_equal(mountinfo_parse_line(line, (size_t)n - 1, &m), 0);
		assert_int_equal(m.point.ptr[0], '/');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_lines),
		cmocka_unit_test(refuses_others),
		cmocka_unit_test(reads_this_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
