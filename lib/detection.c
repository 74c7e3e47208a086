/* detection.c - names, message ids and priorities: three tables.
 *
 * Everything here is seen by users (alerts, the journal catalog, SIEM queries),
 * so a line may be added but never changed.
 */
#include "detection.h"

#include <errno.h>

#include "cleanup.h"

/* The message ids were made once with `systemd-id128 new`. */
static const struct {
	const char *name, *message_id;
} types[DETECTION_TYPES] = {
	[DETECTION_NONE] =
		{ "", "db6373e5ab3243f8b678b346d434b21d" },
	[DETECTION_PYTHONSTARTUP_ENV_SET] =
		{ "PYTHONSTARTUP_ENV_SET", "128d6041450b48ae891dac7d5ba97b26" },
	[DETECTION_PYTHONPATH_ENV_SET] =
		{ "PYTHONPATH_ENV_SET", "b07dfb5019bd4a01aa908509c310dc38" },
	[DETECTION_SITECUSTOMIZE_MODIFIED] =
		{ "SITECUSTOMIZE_MODIFIED", "c35354efc2c04c6bbbe927cd2315d688" },
	[DETECTION_PTH_FILE_CREATED] =
		{ "PTH_FILE_CREATED", "a5181bb71b3a458b9b7147486d63d360" },
	[DETECTION_PYTHON_STARTUP_FILE_MODIFIED] =
		{ "PYTHON_STARTUP_FILE_MODIFIED", "123edde7adc44fa3a487dae4ad3f13eb" },
	[DETECTION_PYTHON_ENV_SET] =
		{ "PYTHON_ENV_SET", "7ce06c3e472b4b9c96bed2492f2f6fa7" },
	[DETECTION_COVERAGE_GAP] =
		{ "COVERAGE_GAP", "722b23986b3345a5a468636ec511890c" },
};

/* sd-daemon(3): 2 critical, 3 error, 4 warning, 5 notice, 6 informational. */
static const struct {
	const char *name;
	int priority;
} levels[LEVELS] = {
	[LEVEL_INFORMATIONAL] = { "informational", 6 },
	[LEVEL_LOW] = { "low", 5 },
	[LEVEL_MEDIUM] = { "medium", 4 },
	[LEVEL_HIGH] = { "high", 3 },
	[LEVEL_CRITICAL] = { "critical", 2 },
};

const char *detection_type_to_string(enum detection_type t)
{
	return (unsigned)t < DETECTION_TYPES ? types[t].name : "";
}

int detection_type_from_string(struct bytes text, enum detection_type *ret)
{
	for (size_t i = DETECTION_NONE + 1; i < DETECTION_TYPES; i++) {
		if (bytes_equal(text, bytes_of(types[i].name))) {
			*ret = (enum detection_type)i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *detection_type_message_id(enum detection_type t)
{
	return types[(unsigned)t < DETECTION_TYPES ? t : DETECTION_NONE].message_id;
}

const char *level_to_string(enum level l)
{
	return (unsigned)l < LEVELS ? levels[l].name : "";
}

int level_from_string(struct bytes text, enum level *ret)
{
	for (size_t i = 0; i < ELEMENTSOF(levels); i++) {
		if (bytes_equal(text, bytes_of(levels[i].name))) {
			*ret = (enum level)i;
			return 0;
		}
	}
	return -EINVAL;
}

int level_to_priority(enum level l)
{
	return (unsigned)l < LEVELS ? levels[l].priority : levels[LEVEL_INFORMATIONAL].priority;
}
