/* The data that is in the program, and what is wrong with data that somebody writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "builtin.h"
#include "judgement.h"
#include "limits.h"

static struct judgement *defaults(void)
{
	struct problems problems = PROBLEMS_INIT;
	struct judgement *j = NULL;
	int r = judgement_load(NULL, &problems, &j);

	for (size_t i = 0; i < problems.count; i++)
		print_message("%s:%u:%u: %s\n", problems.list[i].file, problems.list[i].line,
			      problems.list[i].column, problems.list[i].text);
	assert_int_equal(r, 0);
	assert_int_equal(problems.count, 0);
	problems_release(&problems);
	return j;
}

static void loads_the_defaults(void **state)
{
	_cleanup_(judgement_freep) struct judgement *j = defaults();

	(void)state;
	assert_int_equal(judgement_of_score(j, 39), JUDGEMENT_NOTHING);
	assert_int_equal(judgement_of_score(j, 40), JUDGEMENT_SUSPICIOUS);
	assert_int_equal(judgement_of_score(j, 80), JUDGEMENT_MALICIOUS);
	assert_int_equal(judgement_name(j, BYTES_LIT("os.system")), NAME_PROCESS);
	assert_int_equal(judgement_name(j, BYTES_LIT("posix.system")), NAME_PROCESS);
	assert_int_equal(judgement_name(j, BYTES_LIT("builtins.exec")), NAME_EXECUTE);
	assert_true(judgement_text(j, BYTES_LIT("~/.ssh/id_rsa")) == INDICATOR_BIT(INDICATOR_CREDENTIALS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loads_the_defaults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
