/* shadow.h - sitecustomize and usercustomize are imported once: which one wins?
 *
 * site.py, execsitecustomize(): the first along sys.path as it is then, which is the standard library, the user's site
 * directory and those of the interpreter, in this order; within a directory a package, an extension module, a source, bytecode
 * without a source (importlib/_bootstrap_external.py, FileFinder.find_spec() and _get_supported_file_loaders()).  So one that
 * stands first switches off the one behind it, which may be a security agent's; and one behind another never runs.
 *
 * What PYTHONPATH puts in front of all is not known.
 */
#ifndef PYHOOKD_SHADOW_H
#define PYHOOKD_SHADOW_H

#include "hookpath.h"
#include "region.h"

enum shadow_kind {
	SHADOW_NONE,
	SHADOW_FORM,		/* another form of the module in the same directory */
	SHADOW_PATH,		/* in a later directory of the same interpreter */
	SHADOW_ENVIRONMENT,	/* of the interpreter that a virtual environment is made from */
};

struct shadow {
	enum shadow_kind kind;
	struct bytes shadows;		/* absolute path of what would be imported without this one; absent: nothing */
	struct bytes shadowed_by;	/* what is imported instead of this one, by every interpreter that reads its
					 * directory; absent: it runs */
};

/* For a hook that is there.  Looks at the disk below `rootfd`, at some hundred names at most, follows no link.  *ret is all
 * absent for other hooks.  0 or -ENOMEM. */
int shadow_find(int rootfd, struct bytes path, const struct hook *hook, struct region *region, struct shadow *ret);

const char *shadow_kind_to_string(enum shadow_kind kind);	/* "form", ...; NULL for NONE */

#endif
