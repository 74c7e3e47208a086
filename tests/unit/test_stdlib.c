#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cleanup.h"
#include "stdlib.h"

static void knows_its_modules(void **state)
{
	static const struct {
		const char *name;
		bool known;
	} cases[] = {
		{ "__future__", true }, { "abc", true }, { "subprocess", true }, { "zoneinfo", true }, { "xml", true },
		{ "distutils", false },	/* until 3.11 */ { "tomllib", false },	/* from 3.11 on */
		{ "", false }, { "ab", false }, { "abcd", false }, { "Subprocess", false }, { "zzz", false }, { "pip", false },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++)
		if (stdlib_has_module(bytes_of(cases[i].name)) != cases[i].known)
			fail_msg("%s", cases[i].name);
	assert_false(stdlib_has_module(BYTES_LIT("abc\0")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_its_modules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
