/* detection.h - the DetectionType values that users see, in order of precedence.
 *
 * The first five are the seed's.  Its query computes them by nested ifs; here
 * each branch is a rule, and of the rules that hit, the type that stands first
 * in this list is the alert's: the same precedence.
 */
#ifndef PYHOOKD_DETECTION_H
#define PYHOOKD_DETECTION_H

#include "str.h"

enum detection_type {
	DETECTION_NONE,
	DETECTION_PYTHONSTARTUP_ENV_SET,
	DETECTION_PYTHONPATH_ENV_SET,
	DETECTION_SITECUSTOMIZE_MODIFIED,
	DETECTION_PTH_FILE_CREATED,
	DETECTION_PYTHON_STARTUP_FILE_MODIFIED,
	DETECTION_PYTHON_ENV_SET,
	DETECTION_COVERAGE_GAP,		/* events were lost: not an attack seen, but one may be unseen */
	DETECTION_TYPES,
};

enum level {
	LEVEL_INFORMATIONAL,
	LEVEL_LOW,
	LEVEL_MEDIUM,
	LEVEL_HIGH,
	LEVEL_CRITICAL,
	LEVELS,
};

const char *detection_type_to_string(enum detection_type t);		/* "PTH_FILE_CREATED"; "" for NONE */
int detection_type_from_string(struct bytes text, enum detection_type *ret);	/* -EINVAL */

/* The journal's MESSAGE_ID: 32 hex digits, stable for ever. */
const char *detection_type_message_id(enum detection_type t);

const char *level_to_string(enum level l);				/* "high" */
int level_from_string(struct bytes text, enum level *ret);		/* -EINVAL */
int level_to_priority(enum level l);					/* syslog: 2 critical .. 6 informational */

#endif
