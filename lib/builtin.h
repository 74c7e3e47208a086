/* builtin.h - the default rules and judgement data, as they are in packaging/, inside the program.
 *
 * So pyhookctl works where nothing is installed: copied to a host that is looked into.  The tables are made at
 * build time (packaging/embed).
 */
#ifndef PYHOOKD_BUILTIN_H
#define PYHOOKD_BUILTIN_H

#include "str.h"

struct builtin_file {
	const char *name;	/* "21-pth-exec.yml" */
	struct bytes text;
};

/* In byte order of the names; terminated by a NULL name. */
extern const struct builtin_file builtin_rules[];
extern const struct builtin_file builtin_judgement[];

#endif
