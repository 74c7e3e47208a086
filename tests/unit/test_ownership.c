/* Which changes open a file to others. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <sys/xattr.h>
#include <cmocka.h>

#include "cleanup.h"
#include "ownership.h"
#include "temp_tree.h"

#define OWN(u, g, m) { .known = true, .uid = (u), .gid = (g), .mode = (m) }
#define ACL(u, g, m) { .known = true, .uid = (u), .gid = (g), .mode = (m), .acl = true }

static void opening_is_told_from_closing(void **state)
{
	static const struct {
		const char *what;
		struct ownership before, now;
		bool opened;
	} cases[] = {
		{ "nothing", OWN(0, 0, 0644), OWN(0, 0, 0644), false },
		{ "less", OWN(0, 0, 0644), OWN(0, 0, 0600), false },
		{ "more to read", OWN(0, 0, 0600), OWN(0, 0, 0644), false },
		{ "to execute", OWN(0, 0, 0644), OWN(0, 0, 0755), false },
		{ "all may write", OWN(0, 0, 0644), OWN(0, 0, 0666), true },
		{ "all could before", OWN(0, 0, 0666), OWN(0, 0, 0777), false },
		{ "only others, not the group", OWN(0, 0, 0644), OWN(0, 0, 0646), true },
		{ "root's group", OWN(0, 0, 0644), OWN(0, 0, 0664), false },
		{ "the owner's private group", OWN(1000, 1000, 0644), OWN(1000, 1000, 0664), false },
		{ "another group", OWN(1000, 100, 0644), OWN(1000, 100, 0664), true },
		{ "root's file, another group", OWN(0, 50, 0644), OWN(0, 50, 0664), true },
		{ "that group could before", OWN(0, 50, 0664), OWN(0, 50, 0664), false },
		{ "given to a group that may write", OWN(0, 0, 0664), OWN(0, 50, 0664), true },
		{ "from one group to another", OWN(0, 50, 0664), OWN(0, 51, 0664), true },
		{ "given to a group that may not", OWN(0, 0, 0644), OWN(0, 50, 0644), false },
		{ "taken from all, left to a group", OWN(0, 50, 0666), OWN(0, 50, 0664), false },
		{ "given away", OWN(0, 0, 0644), OWN(1000, 0, 0644), true },
		{ "from one user to another", OWN(1000, 1000, 0600), OWN(1001, 1000, 0600), true },
		{ "taken by root", OWN(1000, 1000, 0644), OWN(0, 0, 0644), false },
		{ "a list", OWN(0, 0, 0644), ACL(0, 0, 0664), true },
		{ "a list that lets nobody write", OWN(0, 0, 0644), ACL(0, 0, 0644), false },
		{ "a list beside a group that could", OWN(0, 50, 0664), ACL(0, 50, 0664), true },
		{ "a list that was there", ACL(0, 0, 0664), ACL(0, 0, 0664), false },
		{ "not known before", { .known = false }, OWN(0, 0, 0666), false },
		{ "not known now", OWN(0, 0, 0644), { .known = false }, false },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++)
		if (ownership_is_opened(&cases[i].before, &cases[i].now) != cases[i].opened)
			fail_msg("%s", cases[i].what);
}

static void others_are_neither_root_nor_the_owner(void **state)
{
	const struct ownership closed = OWN(1000, 1000, 0664), all = OWN(0, 0, 0602), group = OWN(0, 50, 0620),
			       list = ACL(0, 0, 0620);

	(void)state;
	assert_false(ownership_lets_others_write(&closed));
	assert_true(ownership_lets_others_write(&all));
	assert_true(ownership_lets_others_write(&group));
	assert_true(ownership_lets_others_write(&list));
}

static void each_part_counts(void **state)
{
	const struct ownership own = OWN(1, 2, 0644), others[] = {
		OWN(3, 2, 0644), OWN(1, 3, 0644), OWN(1, 2, 0645), ACL(1, 2, 0644),
		{ .uid = 1, .gid = 2, .mode = 0644 },
	}, same = OWN(1, 2, 0644);

	(void)state;
	assert_true(ownership_equal(&own, &same));
	for (size_t i = 0; i < ELEMENTSOF(others); i++)
		if (ownership_equal(&own, &others[i]) || ownership_equal(&others[i], &own))
			fail_msg("%zu", i);
}

static void lists_are_seen(void **state)
{
	/* acl(5) as an attribute: version 2; user::rw-, user:1000:rw-, group::r--, mask::rw-, other::r-- */
	static const unsigned char list[] = {
		2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 6, 0, 0xe8, 3, 0, 0, 4, 0, 4, 0, 255, 255, 255, 255,
		16, 0, 6, 0, 255, 255, 255, 255, 32, 0, 4, 0, 255, 255, 255, 255,
	};
	_cleanup_temp_ struct temp t = TEMP_INIT;
	char path[64];

	(void)state;
	temp_make(&t);
	temp_write(&t, "f", BYTES_LIT(""));
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/f", t.fd);
	assert_false(ownership_has_acl(path));
	assert_false(ownership_has_acl("/nothing/there"));
	/* Not every filesystem has them. */
	if (setxattr(path, "system.posix_acl_access", list, sizeof(list), 0) == 0)
		assert_true(ownership_has_acl(path));
	else
		assert_int_equal(errno, EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opening_is_told_from_closing),
		cmocka_unit_test(each_part_counts),
		cmocka_unit_test(lists_are_seen),
		cmocka_unit_test(others_are_neither_root_nor_the_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
