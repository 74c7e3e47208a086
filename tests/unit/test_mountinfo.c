#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <sys/sysmacros.h>

#include "cleanup.h"
#include "limits.h"
#include "mountinfo.h"
#include "temp_tree.h"

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

static void table_of(const char *text, struct region *region, struct mount_table *ret)
{
	assert_int_equal(mount_table_parse(bytes_of(text), region, ret), 0);
	assert_true(ret->complete);
}

static void compares_places(void **state)
{
	static const struct {
		const char *path;
		bool same;
	} cases[] = {
		{ "/", true }, { "/usr", true }, { "/usr/lib", true }, { "/etc", false }, { "/etc/x", false },
		{ "/bound", true }, { "/bound/x", true }, { "/moved", false }, { "/covered", false },
		{ "/data", true }, { "/data/in", true }, { "/data/in/x", true }, { "/data/in/deep", false },
		{ "/near", false }, { "/gone", false }, { "/gonee", true },
	};
	static const char ours[] = "1 1 8:1 / / rw - ext4 d rw\n2 1 8:2 / /data rw - ext4 d rw\n"
				   "3 1 8:3 / /gone rw - ext4 d rw\n";
	static const char theirs[] = "1 1 8:1 / / rw - ext4 d rw\n2 1 8:1 /usr /usr rw - ext4 d rw\n"
				     "3 1 0:9 / /etc rw - tmpfs d rw\n4 1 8:1 /bound /bound rw - ext4 d rw\n"
				     "5 1 8:1 /other /moved rw - ext4 d rw\n6 1 8:1 /covered /covered rw - ext4 d rw\n"
				     "7 1 0:8 / /covered rw - tmpfs d rw\n8 1 8:2 /in /data/in rw - ext4 d rw\n"
				     "9 1 8:2 / /data rw - ext4 d rw\n10 1 8:2 /in /data/in/deep rw - ext4 d rw\n"
				     "11 1 8:1 /near/ear /near rw - ext4 d rw\n";
	_cleanup_region_ struct region region = REGION_INIT;
	struct mount_table a, b;

	(void)state;
	table_of(ours, &region, &a);
	table_of(theirs, &region, &b);
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		struct bytes path = bytes_of(cases[i].path);

		if (mount_table_same_place(&a, &b, path) != cases[i].same ||
		    mount_table_same_place(&b, &a, path) != cases[i].same)
			fail_msg("%s", cases[i].path);
	}
	/* In a chroot nothing may be mounted at all. */
	b.count = 0;
	assert_false(mount_table_same_place(&a, &b, BYTES_LIT("/")));
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

#define TABLE                                              \
	"20 1 8:1 / / rw - ext4 /dev/sda rw\n"            \
	"21 20 0:5 / /srv rw - tmpfs none rw\n"           \
	"22 21 0:6 / /srv/a\\012b rw - fuse.sshfs none rw\n" \
	"23 20 0:7 /sub /srv rw - btrfs none rw\n"

static uint64_t id_on(const struct mount_table *t, const char *path)
{
	const struct mount_line *m = mount_table_find(t, bytes_of(path));

	return m ? m->id : 0;
}

static void finds_in_a_table(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	struct mount_table t, cut, odd, none;

	(void)state;
	assert_int_equal(mount_table_parse(BYTES_LIT(TABLE), &region, &t), 0);
	assert_int_equal(t.count, 4);
	assert_true(t.complete);
	assert_int_equal(id_on(&t, "/"), 20);
	assert_int_equal(id_on(&t, "/srvx"), 20);
	assert_int_equal(id_on(&t, "/srv"), 23);	/* the later covers the earlier */
	assert_int_equal(id_on(&t, "/srv/x"), 23);
	assert_int_equal(id_on(&t, "/srv/a\nb/c"), 22);
	assert_int_equal(id_on(&t, "/srv/a"), 23);

	assert_int_equal(mount_table_parse(BYTES_LIT(TABLE "24 20 0:8 / /x rw - tm"), &region, &cut), 0);
	assert_int_equal(cut.count, 4);
	assert_false(cut.complete);
	assert_int_equal(mount_table_parse(BYTES_LIT("nonsense\n" TABLE), &region, &odd), 0);
	assert_int_equal(odd.count, 4);
	assert_false(odd.complete);
	assert_int_equal(mount_table_parse(BYTES_LIT(""), &region, &none), 0);
	assert_int_equal(none.count, 0);
	assert_int_equal(id_on(&none, "/"), 0);
}

static void takes_so_many_lines(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_str_ struct str text = STR_INIT;
	struct mount_table t;

	(void)state;
	for (unsigned i = 0; i <= MOUNTS_MAX; i++) {
		if (i == MOUNTS_MAX) {
			assert_int_equal(mount_table_parse(str_bytes(&text), &region, &t), 0);
			assert_true(t.complete);
		}
		assert_int_equal(str_appendf(&text, "%u 1 0:5 / /m%u rw - tmpfs none rw\n", i, i), 0);
	}
	assert_int_equal(mount_table_parse(str_bytes(&text), &region, &t), 0);
	assert_int_equal(t.count, MOUNTS_MAX);
	assert_false(t.complete);
}

static void finds_in_a_file(void **state)
{
	_cleanup_fclose_ FILE *f = tmpfile();
	_cleanup_free_ char *storage = NULL;
	struct mount_line m;

	(void)state;
	assert_non_null(f);
	assert_int_equal(fwrite(TABLE, 1, sizeof(TABLE) - 1, f), sizeof(TABLE) - 1);
	rewind(f);
	assert_int_equal(mountinfo_find(fileno(f), BYTES_LIT("/srv/x"), &storage, &m), 0);
	assert_int_equal(m.id, 23);
	assert_true(bytes_equal(m.root, BYTES_LIT("/sub")));
	/* It is read to its end: nothing is left. */
	assert_int_equal(mountinfo_find(fileno(f), BYTES_LIT("/srv/x"), &storage, &m), -ENOENT);
	assert_int_equal(mountinfo_find(-1, BYTES_LIT("/srv/x"), &storage, &m), -EBADF);
}

/* Our own table, whole or cut. */
static void reads_own(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_str_ struct str text = STR_INIT;
	_cleanup_temp_ struct temp tree = TEMP_INIT;
	struct mount_table t;

	(void)state;
	temp_make(&tree);
	assert_int_equal(mount_table_read(tree.fd, &region, &t), -ENOENT);
	temp_mkdir(&tree, "proc");
	temp_mkdir(&tree, "proc/self");
	temp_write(&tree, "proc/self/mountinfo", BYTES_LIT(TABLE));
	assert_int_equal(mount_table_read(tree.fd, &region, &t), 0);
	assert_true(t.complete);
	assert_int_equal(mount_table_find(&t, BYTES_LIT("/srv/x"))->id, 23);
	while (text.len <= MOUNTS_BYTES_MAX)
		assert_int_equal(str_appendf(&text, "1 1 0:5 / /%0200u rw - tmpfs none rw\n", 1), 0);
	temp_write(&tree, "proc/self/mountinfo", str_bytes(&text));
	assert_int_equal(mount_table_read(tree.fd, &region, &t), 0);
	assert_false(t.complete);
	assert_true(t.count > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_lines),
		cmocka_unit_test(refuses_others),
		cmocka_unit_test(compares_places),
		cmocka_unit_test(reads_this_host),
		cmocka_unit_test(finds_in_a_table),
		cmocka_unit_test(takes_so_many_lines),
		cmocka_unit_test(finds_in_a_file),
		cmocka_unit_test(reads_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
