/* Which changes open a file to others. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cleanup.h"
#include "ownership.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opening_is_told_from_closing),
		cmocka_unit_test(others_are_neither_root_nor_the_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
