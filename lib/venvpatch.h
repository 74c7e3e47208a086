/* venvpatch.h - is a text the _virtualenv.py that virtualenv and uv put into each environment?
 *
 * Its hook, _virtualenv.pth, runs it at every start, no package has it, and its text differs from version to
 * version.
 */
#ifndef PYHOOKD_VENVPATCH_H
#define PYHOOKD_VENVPATCH_H

#include <stdbool.h>

#include "str.h"

/* True: `text` consists of nothing but lines that some version has, and of comments.  In whatever order they are,
 * they change what distutils takes from its configuration, and no more.  False: another text, or no memory. */
bool venvpatch_is(struct bytes text);

#endif
