#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "cleanup.h"
#include "judgement_fixture.h"
#include "limits.h"
#include "native.h"

#define B(name) INDICATOR_BIT(INDICATOR_##name)

static const struct {
	struct bytes bytes;
	uint64_t indicators;
} cases[] = {
	{ BYTES_LIT("\x7f" "ELF\2\1\1\0\0PyInit_x\0PyModule_Create2\0libc.so.6\0"), B(NATIVE) },
	{ BYTES_LIT("\x7f" "ELF\0system\0PyInit_x\0"), B(NATIVE) | B(PROCESS) },
	{ BYTES_LIT("\x7f" "ELF\0execve\0socket\0connect"), B(NATIVE) | B(PROCESS) | B(NETWORK) },
	{ BYTES_LIT("\x7f" "ELF\0fork\0setsid\0kill\0"), B(NATIVE) | B(BACKGROUND) | B(INTERFERENCE) },
	{ BYTES_LIT("\x7f" "ELF\0PyRun_SimpleString\0"), B(NATIVE) | B(EXECUTE_COMPUTED) },
	/* a part of a word is no symbol */
	{ BYTES_LIT("\x7f" "ELF\0subsystem\0systemd\0fork2\0"), B(NATIVE) },
	{ BYTES_LIT("\x7f" "ELF\0/home/a/.ssh/id_rsa\0"), B(NATIVE) | B(CREDENTIALS) },
};

static void judges_by_symbols_and_texts(void **state)
{
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_region_ struct region region = REGION_INIT;
		struct native_verdict v = { 0 };

		assert_int_equal(native_judge(cases[i].bytes, *state, &region, &v), 0);
		if (v.indicators != cases[i].indicators)
			fail_msg("case %zu: %llx", i, (unsigned long long)v.indicators);
		for (size_t k = 0; k < v.finding_count; k++)
			assert_true(v.findings[k].detail.len > 0);
	}
}

static void details_are_cut(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_str_ struct str text = STR_INIT;
	struct native_verdict v = { 0 };

	assert_int_equal(str_append_bytes(&text, BYTES_LIT("\x7f" "ELF\0/home/a/.ssh/id_rsa ")), 0);
	for (size_t i = 0; i < FINDING_DETAIL_MAX; i++)
		assert_int_equal(str_append_char(&text, 'x'), 0);
	assert_int_equal(native_judge(str_bytes(&text), *state, &region, &v), 0);
	assert_int_equal(v.indicators, B(NATIVE) | B(CREDENTIALS));
	assert_int_equal(v.findings[v.finding_count - 1].detail.len, FINDING_DETAIL_MAX);
}

static void other_files_are_refused(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	struct native_verdict v = { .indicators = 1 };

	assert_int_equal(native_judge(BYTES_LIT("import os"), *state, &region, &v), -EINVAL);
	assert_int_equal(native_judge(BYTES_LIT(""), *state, &region, &v), -EINVAL);
	assert_int_equal(v.indicators, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_by_symbols_and_texts),
		cmocka_unit_test(details_are_cut),
		cmocka_unit_test(other_files_are_refused),
	};

	return cmocka_run_group_tests(tests, judgement_set_up, judgement_tear_down);
}
