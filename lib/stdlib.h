/* stdlib.h - which modules come from the standard library, in whatever site directory one of their name lies?
 *
 * The standard library stands before the site directories on sys.path (Lib/site.py only appends), so `import json` in a .pth
 * is never a json.py beside it.
 */
#ifndef PYHOOKD_STDLIB_H
#define PYHOOKD_STDLIB_H

#include <stdbool.h>

#include "str.h"

/* Is this top-level name a module of every CPython from 3.10 on? */
bool stdlib_has_module(struct bytes name);

#endif
