#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "temp_tree.h"
#include "users.h"

#define PASSWD \
	"root:x:0:0:root:/root:/bin/bash\n" \
	"# no user\n" \
	"broken\n" \
	"also:x:notanumber:0::/x:\n" \
	"alice:x:1000:1000:Alice,,,:/home/alice:/bin/zsh\n" \
	"twin:x:1000:1000::/home/alice:/bin/sh\n" \
	"nohome:x:1001:1001:::/bin/sh\n" \
	"relative:x:1002:1002::home/r:/bin/sh\n" \
	"last:x:4294967294:0::/nonexistent:/bin/false"

static void make(struct temp *t)
{
	temp_make(t);
	temp_mkdir(t, "etc");
	temp_write(t, "etc/passwd", BYTES_LIT(PASSWD));
}

static void names_users(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_(users_freep) struct users *u = NULL;

	(void)state;
	make(&t);
	assert_int_equal(users_new(t.fd, &u), 0);
	assert_true(bytes_equal(users_name(u, 0), BYTES_LIT("root")));
	assert_true(bytes_equal(users_name(u, 1000), BYTES_LIT("alice")));	/* the first of two */
	assert_true(bytes_equal(users_name(u, 4294967294u), BYTES_LIT("last")));
	assert_null(users_name(u, 5).ptr);
	assert_null(users_name(u, (uid_t)-1).ptr);
	/* Stays the caller's. */
	assert_true(fcntl(t.fd, F_GETFD) >= 0);
}

static void take_home(const char *home, void *userdata)
{
	struct str *all = userdata;

	assert_int_equal(str_appendf(all, "%s|", home), 0);
}

static void tells_each_home_once(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_(users_freep) struct users *u = NULL;
	_cleanup_str_ struct str homes = STR_INIT;

	(void)state;
	make(&t);
	assert_int_equal(users_new(t.fd, &u), 0);
	users_homes(u, take_home, &homes);
	/* Neither an empty nor a relative one. */
	assert_string_equal(homes.buf, "/root|/home/alice|/nonexistent|");
}

/* useradd(8) writes another file and renames it. */
static void notices_a_new_user(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_(users_freep) struct users *u = NULL;
	struct timespec times[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };

	(void)state;
	make(&t);
	assert_int_equal(users_new(t.fd, &u), 0);
	assert_null(users_name(u, 1003).ptr);

	temp_write(&t, "etc/passwd+", BYTES_LIT("root:x:0:0::/root:\nbob:x:1003:1003::/home/bob:\n"));
	assert_int_equal(utimensat(t.fd, "etc/passwd+", times, 0), 0);	/* not the same tick */
	assert_int_equal(renameat(t.fd, "etc/passwd+", t.fd, "etc/passwd"), 0);
	assert_true(bytes_equal(users_name(u, 1003), BYTES_LIT("bob")));
	assert_null(users_name(u, 1000).ptr);
}

static void a_missing_file_is_no_user(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_(users_freep) struct users *u = NULL;
	_cleanup_str_ struct str homes = STR_INIT;

	(void)state;
	temp_make(&t);
	assert_int_equal(users_new(t.fd, &u), 0);
	assert_null(users_name(u, 0).ptr);
	users_homes(u, take_home, &homes);
	assert_int_equal(homes.len, 0);

	temp_mkdir(&t, "etc");
	temp_write(&t, "etc/passwd", BYTES_LIT(PASSWD));
	assert_true(bytes_equal(users_name(u, 0), BYTES_LIT("root")));
	/* What was known stays known while it is being replaced. */
	assert_int_equal(unlinkat(t.fd, "etc/passwd", 0), 0);
	assert_true(bytes_equal(users_name(u, 0), BYTES_LIT("root")));
}

static void a_fifo_is_not_waited_for(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_(users_freep) struct users *u = NULL;

	(void)state;
	temp_make(&t);
	temp_mkdir(&t, "etc");
	assert_int_equal(mkfifoat(t.fd, "etc/passwd", 0644), 0);
	assert_int_equal(users_new(t.fd, &u), 0);
	assert_null(users_name(u, 0).ptr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_users),
		cmocka_unit_test(tells_each_home_once),
		cmocka_unit_test(notices_a_new_user),
		cmocka_unit_test(a_missing_file_is_no_user),
		cmocka_unit_test(a_fifo_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
