#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "alias.h"
#include "limits.h"

static int setup(void **state)
{
	return aliases_new((struct aliases **)state);
}

static int teardown(void **state)
{
	aliases_free(*state);
	return 0;
}

static void note(struct bytes name, bool itself, void *userdata)
{
	struct str *all = userdata;

	if (itself)
		assert_int_equal(str_append_char(all, '='), 0);
	assert_int_equal(str_append_bytes(all, name), 0);
	assert_int_equal(str_append_char(all, '|'), 0);
}

static void assert_names(const struct aliases *a, const char *path, const char *names)
{
	_cleanup_str_ struct str all = STR_INIT;

	assert_int_equal(aliases_of(a, bytes_of(path), note, &all), 0);
	assert_string_equal(all.buf, names);
}

static int add(struct aliases *a, const char *real, const char *name)
{
	return aliases_add(a, bytes_of(real), bytes_of(name));
}

static void what_is_below_has_the_name_too(void **state)
{
	struct aliases *a = *state;

	assert_names(a, "/data/sp/x.pth", "");
	assert_int_equal(add(a, "/data/sp", "/v/lib/python3/site-packages"), 1);
	assert_int_equal(add(a, "/data/sp", "/v/lib/python3/site-packages"), 0);
	assert_int_equal(add(a, "/data/sp", "/w/lib/python3/site-packages"), 1);
	assert_int_equal(add(a, "/data/y", "/etc/profile.d/y.sh"), 1);
	assert_int_equal(aliases_count(a), 3);
	assert_names(a, "/data/sp", "=/v/lib/python3/site-packages|=/w/lib/python3/site-packages|");
	assert_names(a, "/data/sp/x.pth", "/v/lib/python3/site-packages/x.pth|/w/lib/python3/site-packages/x.pth|");
	assert_names(a, "/data/sp2/x.pth", "");
	assert_names(a, "/data", "");
	assert_names(a, "/data/y", "=/etc/profile.d/y.sh|");
}

static void the_nearest_comes_first(void **state)
{
	struct aliases *a = *state;

	assert_int_equal(add(a, "/", "/r"), 1);
	assert_int_equal(add(a, "/a/b", "/n"), 1);
	assert_names(a, "/a/b/c", "/n/c|/r/a/b/c|");
	assert_names(a, "/", "=/r/|");
	assert_names(a, "relative", "");
	assert_names(a, "", "");
}

static void names_go_with_all_below_them(void **state)
{
	struct aliases *a = *state;

	assert_int_equal(add(a, "/x", "/v/lib"), 1);
	assert_int_equal(add(a, "/y", "/v/lib/python3"), 1);
	assert_int_equal(add(a, "/y", "/v/library"), 1);
	assert_int_equal(add(a, "/z", "/w"), 1);
	aliases_remove(a, BYTES_LIT("/v/lib"));
	assert_names(a, "/x", "");
	assert_names(a, "/y", "=/v/library|");
	assert_names(a, "/z", "=/w|");
	assert_int_equal(aliases_count(a), 2);
	aliases_remove(a, BYTES_LIT("/nobody"));
	assert_int_equal(aliases_count(a), 2);
}

static void what_a_directory_brings_along(void **state)
{
	struct aliases *a = *state;
	_cleanup_str_ struct str all = STR_INIT;

	assert_int_equal(add(a, "/data/a", "/1"), 1);
	assert_int_equal(add(a, "/data", "/2"), 1);
	assert_int_equal(add(a, "/database", "/3"), 1);
	aliases_below(a, BYTES_LIT("/data"), note, &all);
	assert_string_equal(all.buf, "=/2|/1|");
}

static void nonsense_is_refused(void **state)
{
	struct aliases *a = *state;

	assert_int_equal(add(a, "/x", "/x"), -EINVAL);
	assert_int_equal(add(a, "x", "/y"), -EINVAL);
	assert_int_equal(add(a, "/x", ""), -EINVAL);
	assert_int_equal(add(a, "", "/y"), -EINVAL);
	assert_int_equal(aliases_count(a), 0);
}

static void it_is_bounded(void **state)
{
	struct aliases *a = *state;
	char real[32], name[32];

	for (int i = 0; i < ALIAS_NAMES_MAX; i++) {
		(void)snprintf(name, sizeof(name), "/n%d", i);
		assert_int_equal(add(a, "/x", name), 1);
	}
	assert_int_equal(add(a, "/x", "/more"), -ENOSPC);
	assert_int_equal(add(a, "/x", "/n0"), 0);
	for (int i = ALIAS_NAMES_MAX; i < ALIASES_MAX; i++) {
		(void)snprintf(real, sizeof(real), "/r%d", i);
		assert_int_equal(add(a, real, "/n"), 1);
	}
	assert_int_equal(add(a, "/one-more", "/n"), -ENOSPC);
	aliases_remove(a, BYTES_LIT("/n"));
	assert_int_equal(aliases_count(a), ALIAS_NAMES_MAX);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_is_below_has_the_name_too),
		TEST(the_nearest_comes_first),
		TEST(names_go_with_all_below_them),
		TEST(what_a_directory_brings_along),
		TEST(nonsense_is_refused),
		TEST(it_is_bounded),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
