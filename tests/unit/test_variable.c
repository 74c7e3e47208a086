#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cleanup.h"
#include "variable.h"

static void knows_what_runs_code(void **state)
{
	(void)state;
	assert_int_equal(variable_find(BYTES_LIT("PYTHONPATH"))->value, VARIABLE_MODULES);
	assert_int_equal(variable_find(BYTES_LIT("__PYVENV_LAUNCHER__"))->indicator, INDICATOR_HIJACK_VARIABLE);
	assert_int_equal(variable_find(BYTES_LIT("PYTHONWARNINGS"))->indicator, INDICATOR_COUNT);
	assert_null(variable_find(BYTES_LIT("PYTHONUNBUFFERED")));
	assert_null(variable_find(BYTES_LIT("pythonpath")));
	assert_null(variable_find(BYTES_LIT("PYTHONPATH2")));
	assert_null(variable_find(BYTES_LIT("")));
	assert_null(variable_find(BYTES_NONE));
}

/* Lib/warnings.py: action:message:category:module:lineno. */
static void takes_modules_out_of_filters(void **state)
{
	static const struct {
		const char *value, *modules;	/* one a line */
	} cases[] = {
		{ "", "" },
		{ "ignore", "" },
		{ "ignore::DeprecationWarning", "" },
		{ "a.b", "" }, { "ignore:a.b", "" }, { "ignore::.b", "" }, { "ignore:::a.b", "" },
		{ "ignore::a.b", "a\n" },
		{ "ignore::a.b.C:x:0", "a.b\n" },
		{ "error,ignore:: a.B ,once::c.D,", "a\nc\n" },
		{ "ignore::urllib3.exceptions.W,x::urllib3x.W", "urllib3x\n" },
		{ ",,,", "" }, { "::", "" }, { ":::::::", "" },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_str_ struct str found = STR_INIT;
		struct bytes module;
		size_t at = 0;

		while (variable_next_warning_module(bytes_of(cases[i].value), &at, &module)) {
			assert_int_equal(str_append_bytes(&found, module), 0);
			assert_int_equal(str_append_char(&found, '\n'), 0);
		}
		assert_string_equal(found.buf, cases[i].modules);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_what_runs_code),
		cmocka_unit_test(takes_modules_out_of_filters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
