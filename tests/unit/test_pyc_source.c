#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "cleanup.h"
#include "limits.h"
#include "pyc_source.h"

static const struct {
	const char *source, *text;
	bool has;
} cases[] = {
	{ "import os", "os", true },
	{ "import posix", "system", false },
	{ "import ecosystem", "system", false },	/* a part of a word is another word */
	{ "'touch /tmp/x'", "touch /tmp/x", true },
	{ "'touch'", "touch /tmp/x", false },
	{ "'\\x74ouch'", "touch", true },
	{ "'\\164ouch'", "touch", true },
	{ "'\\u0074ouch'", "touch", true },
	{ "'\\U00000074ouch'", "touch", true },
	{ "'\\xzzouch'", "touch", false },
	{ "'one\\ntwo'", "one\ntwo", true },
	{ "'one' 'two'", "onetwo", true },
	{ "('one'  # first\n 'two')", "onetwo", true },
	{ "'one' + f\"two\"", "onetwo", true },
	{ "'one', 'two'", "onetwo", false },
	{ "'%stwo' % x", "two", true },
	{ "'-abc' * 3", "abcabcabc", true },
	{ "'-abc' * 3", "abcabcabd", false },
	{ "class Cls: __name = 1", "_Cls__name", true },
	{ "class Cls: pass", "_Cls__name", false },
	{ "", "__qualname__", true },
	{ "", "Cls.<locals>.<lambda>", false },
	{ "class Cls: pass", "Cls.<locals>.<lambda>", true },
	/* too short, or numbers: made by indexing and formatting */
	{ "", "ab 12345", true },
	{ "", "\xce\xbc\xce\xbc\xce\xbc", true },
};

static void knows_what_the_compiler_makes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_(pyc_source_freep) struct pyc_source *s = NULL;

		assert_int_equal(pyc_source_new(bytes_of(cases[i].source), &s), 0);
		if (pyc_source_has(s, bytes_of(cases[i].text)) != cases[i].has)
			fail_msg("%s in %s", cases[i].text, cases[i].source);
	}
}

static void a_long_source_is_refused(void **state)
{
	struct pyc_source *s = NULL;
	char *text = calloc(1, PYC_SOURCE_MAX + 1);

	(void)state;
	assert_non_null(text);
	assert_int_equal(pyc_source_new((struct bytes){ text, PYC_SOURCE_MAX + 1 }, &s), -EFBIG);
	assert_null(s);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_what_the_compiler_makes),
		cmocka_unit_test(a_long_source_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
