/* overlay.h - which files count, where several directories may hold them.
 *
 * As systemd's drop-in directories: of the files of one name that of the last directory counts, so that /etc
 * overrides /usr/share, and that what is in the program (builtin.h), without touching either; a link to /dev/null masks.
 * Used by rules (ruleset.h) and by what content is judged with (judgement.h).
 */
#ifndef PYHOOKD_OVERLAY_H
#define PYHOOKD_OVERLAY_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "builtin.h"
#include "problem.h"

struct overlay_source {
	const char *what;			/* "rule": for problems */
	const struct builtin_file *builtin;	/* before all directories; NULL: nothing */
	char *const *dirs;			/* NULL-terminated; NULL: none */
	const char *const *suffixes;		/* NULL-terminated: ".yml", ... */
	bool may_be_missing;			/* a directory that is not there is no problem */
	size_t files_max;
};

/* The documents (document.h) of one file.  Negative: ends the load; mistakes are problems. */
typedef int (*overlay_fn)(void *userdata, const cJSON *documents, const char *file, struct problems *problems);

/* Call `fn` for each file that counts, in byte order of their names.  A file or directory that cannot be read is a problem.
 * 0, -ENOMEM, or what `fn` said. */
int overlay_load(const struct overlay_source *source, struct problems *problems, overlay_fn fn, void *userdata);

#endif
