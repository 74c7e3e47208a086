/* Hooks that went away: from which directory they ran, since when, and what is not remembered any more. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "limits.h"
#include "lost.h"

static void directories(void **state)
{
	static const char *const paths[] = {
		"/s/x.pth", "/s/sitecustomize.py", "/s/sitecustomize/__init__.py", "/s/__pycache__/sitecustomize.cpython-311.pyc",
		"/s/usercustomize/__pycache__/__init__.cpython-311.pyc", "/s/sitecustomize/__init__.abi3.so",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		_cleanup_(lost_freep) struct lost *l = NULL;

		assert_int_equal(lost_new(&l), 0);
		assert_false(lost_since(l, BYTES_LIT("/s"), 0));
		lost_add(l, bytes_of(paths[i]), 10);
		assert_true(lost_since(l, BYTES_LIT("/s"), 9));
		assert_false(lost_since(l, BYTES_LIT("/s"), 10));
		assert_false(lost_since(l, BYTES_LIT("/"), 9));
		assert_false(lost_since(l, BYTES_LIT("/s/sitecustomize"), 9));
		assert_false(lost_since(l, BYTES_LIT("/other"), 9));
	}
}

/* Of a path that is none nothing follows. */
static void odd_paths(void **state)
{
	static const struct bytes paths[] = { { "", 0 }, { NULL, 0 }, { "/", 1 }, { "x", 1 }, { "/\0/x.pth", 8 } };
	_cleanup_(lost_freep) struct lost *l = NULL;

	(void)state;
	assert_int_equal(lost_new(&l), 0);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		lost_add(l, paths[i], 10);
	assert_false(lost_since(l, BYTES_LIT("/s"), 0));
}

/* Whoever makes and removes many others does not hide his own. */
static void forgotten(void **state)
{
	_cleanup_(lost_freep) struct lost *l = NULL;

	(void)state;
	assert_int_equal(lost_new(&l), 0);
	lost_add(l, BYTES_LIT("/s/x.pth"), 10);
	for (unsigned i = 0; i < LOST_HOOKS_MAX - 1; i++)
		lost_add(l, BYTES_LIT("/other/x.pth"), 11 + i);
	assert_true(lost_since(l, BYTES_LIT("/s"), 9));
	assert_false(lost_since(l, BYTES_LIT("/third"), 9));
	lost_add(l, BYTES_LIT("/other/x.pth"), 5000);
	assert_true(lost_since(l, BYTES_LIT("/s"), 9));
	assert_true(lost_since(l, BYTES_LIT("/third"), 9));
	assert_false(lost_since(l, BYTES_LIT("/third"), 10));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(directories),
		cmocka_unit_test(odd_paths),
		cmocka_unit_test(forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
