/* sigma_rule.h - one compiled rule: what a user may see of it. */
#ifndef PYHOOKD_SIGMA_RULE_H
#define PYHOOKD_SIGMA_RULE_H

#include <stddef.h>

#include "detection.h"

struct sigma_detection;		/* the compiled selections and condition: sigma_rule.c */

struct sigma_rule {
	char *id;		/* UUID as written */
	char *title;
	char *description;	/* or NULL */
	char *summary;		/* custom.summary, or NULL */
	char *file;		/* where it was loaded from */
	enum level level;
	enum detection_type detection_type;	/* DETECTION_NONE: the rule names none */
	char **tags;		/* NULL-terminated */
	unsigned category;	/* enum facts_category, or-ed: events it is asked about */
	struct sigma_detection *detection;
};

#endif
