/* variable.h - what does an environment variable make an interpreter do?
 *
 * One table: the variable, what setting it amounts to, and what its value is.  Facts of CPython's
 * Python/initconfig.c, Modules/getpath.py and Lib/warnings.py, and of the tools that read variables in a start-up hook.
 */
#ifndef PYHOOKD_VARIABLE_H
#define PYHOOKD_VARIABLE_H

#include <stdbool.h>

#include "indicator.h"
#include "str.h"

enum variable_value {
	VARIABLE_ANYTHING,	/* runs nothing and leads nowhere: PYTHONUNBUFFERED, PYTHONHASHSEED, ... */
	VARIABLE_LIST,		/* of paths, separated by colons */
	VARIABLE_MODULES,	/* likewise, each put onto sys.path before the standard library */
	VARIABLE_PATH,		/* one path, to a directory or a program */
	VARIABLE_CACHE,		/* one path, to a directory that may be hidden: where caches are */
	VARIABLE_SCRIPT,	/* one path, to Python source that is executed */
	VARIABLE_NAME,		/* a directory's name, joined to a prefix */
	VARIABLE_WARNINGS,	/* filters, which import the module of a dotted category */
	VARIABLE_CALLABLE,	/* dotted name of something that is called */
	VARIABLE_CODE,		/* Python source that is evaluated */
};

struct variable {
	const char *name;
	enum indicator indicator;	/* INDICATOR_COUNT: of setting it alone, none */
	enum variable_value value;
};

/* NULL: not known, or it does nothing. */
const struct variable *variable_find(struct bytes name);

/* Next filter of PYTHONWARNINGS that imports a module, with the module (a view into `value`): "x.y" of
 * "ignore::x.y.Warning".  Names from which many projects filter warnings are passed over.  *at: 0 at first.  False: no more. */
bool variable_next_warning_module(struct bytes value, size_t *at, struct bytes *ret_module);

#endif
