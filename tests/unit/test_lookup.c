#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lookup.h"
#include "temp_tree.h"

static struct mount_table table_of(const char *text, struct region *region)
{
	struct mount_table t;

	assert_int_equal(mount_table_parse(bytes_of(text), region, &t), 0);
	return t;
}

/* What the table says is believed, where the look-up leaves the root's mount: the mount that is really there
 * is a harmless one. */
static void asks_the_table_of_the_process(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_temp_ struct temp t = TEMP_INIT;
	struct mount_table local = table_of("1 0 0:1 / / rw - ext4 a rw\n2 1 0:2 / /sub rw - tmpfs a rw\n", &region);
	struct mount_table strange = table_of("1 0 0:1 / / rw - ext4 a rw\n2 1 0:2 / /sub rw - fuse.x a rw\n", &region);
	struct mount_table cut = table_of("1 0 0:1 / / rw - ext4 a rw\n2 1 0:2 / /sub rw - tmpfs a rw\n3", &region);
	struct mount_table none = table_of("", &region);
	char path[128];

	(void)state;
	temp_make(&t);
	temp_mkdir(&t, "sub");
	temp_mkdir(&t, "plain");
	if (!own_mount_namespace() || mount("none", temp_path(&t, "sub", path, sizeof(path)), "tmpfs", 0, NULL) < 0)
		skip();
	/* The descriptor is of the mount namespace that was left. */
	assert_int_equal(dup3(open(t.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), t.fd, O_CLOEXEC), t.fd);

	assert_true(lookup_is_local_in(t.fd, &local, BYTES_LIT("/sub/x")));
	assert_false(lookup_is_local_in(t.fd, &strange, BYTES_LIT("/sub")));
	assert_false(lookup_is_local_in(t.fd, &strange, BYTES_LIT("//sub/x")));
	assert_false(lookup_is_local_in(t.fd, &cut, BYTES_LIT("/sub/x")));
	assert_false(lookup_is_local_in(t.fd, &none, BYTES_LIT("/sub/x")));
	/* On the root's own mount nothing else counts. */
	assert_true(lookup_is_local_in(t.fd, &none, BYTES_LIT("/plain/x")));
	assert_true(lookup_is_local_in(t.fd, &cut, BYTES_LIT("/")));
	/* A root without a table, as a recording has. */
	assert_true(lookup_is_local(t.fd, BYTES_LIT("/sub/x")));
	assert_int_equal(umount2(path, MNT_DETACH), 0);
}

/* The image of a disk has a file of that name, which says that all is well, or makes whoever opens it wait. */
static void a_table_that_is_not_the_kernels(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	char path[128], table[128];

	(void)state;
	temp_make(&t);
	temp_mkdir(&t, "sub");
	temp_mkdir(&t, "proc");
	temp_mkdir(&t, "proc/self");
	temp_write(&t, "proc/self/mountinfo", BYTES_LIT("1 0 0:1 / / rw - ext4 a rw\n"));
	if (!own_mount_namespace() || mount("none", temp_path(&t, "sub", path, sizeof(path)), "tmpfs", 0, NULL) < 0)
		skip();
	assert_int_equal(dup3(open(t.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), t.fd, O_CLOEXEC), t.fd);

	assert_false(lookup_is_local(t.fd, BYTES_LIT("/sub/x")));
	assert_true(lookup_is_local(t.fd, BYTES_LIT("/plain/x")));
	temp_path(&t, "proc/self/mountinfo", table, sizeof(table));
	assert_int_equal(unlink(table), 0);
	assert_int_equal(mkfifo(table, 0600), 0);
	assert_false(lookup_is_local(t.fd, BYTES_LIT("/sub/x")));
	assert_int_equal(umount2(path, MNT_DETACH), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_the_table_of_the_process),
		cmocka_unit_test(a_table_that_is_not_the_kernels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
