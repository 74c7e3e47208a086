/* launcher.h - is a text the launcher of a Python tool, and nothing more?
 *
 * pip, pipx, poetry and their like are started by a script of a few lines that an installer
 * has generated.  Whoever may write that script may write anything into it, so that it
 * contains the right import says nothing: every other line must be one that launchers have.
 * What is imported is not looked at here, nor where the script lies and who owns it.
 */
#ifndef PYHOOKD_LAUNCHER_H
#define PYHOOKD_LAUNCHER_H

#include <stdbool.h>

#include "str.h"

/* `imports`: the lines by which the tool is known, ended by NULL, such as
 * "from pip._internal.cli.main import main".  `text` is the whole script.
 * `may_ask`: also the forms of setuptools' that import nothing of the tool, but run what
 * entry_points.txt of a project of that name says; which file that is, and what it says, is not looked at.
 *
 * On true *ret_interpreter (part of `text`) is the interpreter as it stands in the script: an
 * absolute path, or a mere name: in the script's own directory (a relocatable environment of
 * uv's).  A script that asks env(1) is none: any interpreter could run it. */
bool launcher_is(struct bytes text, const char *const *imports, bool may_ask, struct bytes *ret_interpreter);

#endif
