/* Which directories are watched over, and what is remembered of them.  The marks: tests/live/test_tracking.py. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "guard.h"
#include "temp_tree.h"

#define SITE "v/lib/python3.11/site-packages"

struct fixture {
	struct temp temp;
	struct guard *guard;
};

static int setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	assert_non_null(x);
	temp_make(&x->temp);
	temp_mkdir(&x->temp, "v");
	temp_mkdir(&x->temp, "v/lib");
	temp_mkdir(&x->temp, "v/lib/python3.11");
	temp_mkdir(&x->temp, SITE);
	temp_mkdir(&x->temp, SITE "/sitecustomize");
	temp_mkdir(&x->temp, "v/etc");
	assert_int_equal(guard_new(NULL, &x->guard), 0);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;

	guard_free(x->guard);
	temp_release(&x->temp);
	free(x);
	return 0;
}

static void watch(struct fixture *x, const char *dir, const char *name)
{
	_cleanup_close_ int fd = openat(x->temp.fd, dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_str_ struct str path = STR_INIT;
	struct hook hook;

	assert_int_equal(str_appendf(&path, "/%s/%s", dir, name), 0);
	assert_true(hookpath_classify(str_bytes(&path), &hook));
	guard_hook(x->guard, fd, str_bytes(&path), &hook);
}

static bool update(struct fixture *x, const char *dir, mode_t mode, struct ownership *ret)
{
	const struct ownership now = { .known = true, .uid = getuid(), .gid = getgid(), .mode = mode };

	return guard_update(x->guard, bytes_of(dir), &now, ret);
}

static void the_directories_of_an_environment(void **state)
{
	struct fixture *x = *state;
	struct ownership before;

	watch(x, SITE, "x.pth");
	watch(x, SITE, "y.pth");
	assert_int_equal(guard_count(x->guard), 4);
	watch(x, SITE "/sitecustomize", "__init__.py");
	assert_int_equal(guard_count(x->guard), 5);
	watch(x, "v/etc", "environment");	/* alone: what is above is no environment */
	assert_int_equal(guard_count(x->guard), 6);
	assert_true(update(x, "/v", 0777, &before));
	assert_int_equal(before.mode, 0755);
	assert_true(update(x, "/v/lib/python3.11", 0777, &before));
	assert_false(update(x, "/", 0777, &before));
	assert_false(update(x, "/other", 0777, &before));
	assert_int_equal(guard_refused(x->guard), 0);
}

static void the_last_state_is_remembered(void **state)
{
	struct fixture *x = *state;
	struct ownership before;

	watch(x, SITE, "x.pth");
	assert_true(update(x, "/" SITE, 0777, &before));
	assert_int_equal(before.mode, 0755);
	assert_true(update(x, "/" SITE, 0700, &before));
	assert_int_equal(before.mode, 0777);
}

static void what_is_gone_is_forgotten(void **state)
{
	struct fixture *x = *state;
	struct ownership before;

	watch(x, SITE, "x.pth");
	guard_forget(x->guard, BYTES_LIT("/v/lib/python3.11"));
	assert_int_equal(guard_count(x->guard), 2);
	assert_false(update(x, "/" SITE, 0777, &before));
	assert_true(update(x, "/v/lib", 0777, &before));
	watch(x, SITE, "x.pth");
	assert_int_equal(guard_count(x->guard), 4);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_directories_of_an_environment),
		TEST(the_last_state_is_remembered),
		TEST(what_is_gone_is_forgotten),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
