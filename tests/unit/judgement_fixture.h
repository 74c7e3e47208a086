/* judgement_fixture.h - the data that is in the program, for a group of tests: it takes 10 ms to load.
 *
 *	cmocka_run_group_tests(tests, judgement_set_up, judgement_tear_down)
 *
 * leaves it in *state. */
#ifndef PYHOOKD_TEST_JUDGEMENT_FIXTURE_H
#define PYHOOKD_TEST_JUDGEMENT_FIXTURE_H

#include "judgement.h"

static inline int judgement_set_up(void **state)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	struct judgement *j = NULL;
	int r = judgement_load(NULL, &problems, &j);

	*state = j;
	return r;
}

static inline int judgement_tear_down(void **state)
{
	judgement_free(*state);
	return 0;
}

#endif
