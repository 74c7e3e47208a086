#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>

#include "detection.h"

/* Users' queries hang on these: a change here is a break. */
static void names_are_fixed(void **state)
{
	static const char *const expected[] = {
		"", "PYTHONSTARTUP_ENV_SET", "PYTHONPATH_ENV_SET", "SITECUSTOMIZE_MODIFIED",
		"PTH_FILE_CREATED", "PYTHON_STARTUP_FILE_MODIFIED", "PYTHON_ENV_SET", "COVERAGE_GAP",
	};

	(void)state;
	assert_int_equal(sizeof(expected) / sizeof(expected[0]), DETECTION_TYPES);
	for (int i = 0; i < DETECTION_TYPES; i++) {
		enum detection_type t = DETECTION_TYPES;

		assert_string_equal(detection_type_to_string((enum detection_type)i), expected[i]);
		if (i == DETECTION_NONE)
			continue;
		assert_int_equal(detection_type_from_string(bytes_of(expected[i]), &t), 0);
		assert_int_equal(t, i);
	}
	assert_string_equal(detection_type_to_string(DETECTION_TYPES), "");
}

static void refuses_unknown_names(void **state)
{
	enum detection_type t = DETECTION_COVERAGE_GAP;
	enum level l = LEVEL_HIGH;

	(void)state;
	assert_int_equal(detection_type_from_string(BYTES_LIT(""), &t), -EINVAL);
	assert_int_equal(detection_type_from_string(BYTES_LIT("pth_file_created"), &t), -EINVAL);
	assert_int_equal(detection_type_from_string(BYTES_LIT("COVERAGE_GAP\0"), &t), -EINVAL);
	assert_int_equal(t, DETECTION_COVERAGE_GAP);
	assert_int_equal(level_from_string(BYTES_LIT("High"), &l), -EINVAL);
	assert_int_equal(level_from_string(BYTES_NONE, &l), -EINVAL);
	assert_int_equal(l, LEVEL_HIGH);
}

static void message_ids_are_ids_and_differ(void **state)
{
	(void)state;
	for (int i = 0; i < DETECTION_TYPES; i++) {
		const char *id = detection_type_message_id((enum detection_type)i);

		assert_int_equal(strlen(id), 32);
		assert_int_equal(strspn(id, "0123456789abcdef"), 32);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(id, detection_type_message_id((enum detection_type)k));
	}
	assert_string_equal(detection_type_message_id(DETECTION_TYPES), detection_type_message_id(DETECTION_NONE));
}

static void levels_map_to_priorities(void **state)
{
	static const struct { const char *name; int priority; } expected[] = {
		{ "informational", 6 }, { "low", 5 }, { "medium", 4 }, { "high", 3 }, { "critical", 2 },
	};

	(void)state;
	for (int i = 0; i < LEVELS; i++) {
		enum level l = LEVELS;

		assert_string_equal(level_to_string((enum level)i), expected[i].name);
		assert_int_equal(level_from_string(bytes_of(expected[i].name), &l), 0);
		assert_int_equal(l, i);
		assert_int_equal(level_to_priority((enum level)i), expected[i].priority);
	}
	assert_int_equal(level_to_priority(LEVELS), 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_fixed),
		cmocka_unit_test(refuses_unknown_names),
		cmocka_unit_test(message_ids_are_ids_and_differ),
		cmocka_unit_test(levels_map_to_priorities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
