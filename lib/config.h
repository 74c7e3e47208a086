/* config.h - the daemon's configuration: one table of keys, one struct.
 *
 *	defaults  <  pyhookd.yaml  <  pyhookd.yaml.d/NAME.yaml, in order of name  <  options
 *
 * A later source replaces single values and whole lists.  A file that is wrong
 * anywhere is refused as a whole, with every problem and its place: a daemon that
 * watches must not run with half of what was meant.
 */
#ifndef PYHOOKD_CONFIG_H
#define PYHOOKD_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "detection.h"
#include "problem.h"

#define CONFIG_FILE_DEFAULT "/etc/pyhookd/pyhookd.yaml"

enum config_output {
	CONFIG_OUTPUT_JOURNAL = 1 << 0,
	CONFIG_OUTPUT_TEXT = 1 << 1,
	CONFIG_OUTPUT_JSON = 1 << 2,
};

/* All memory is the struct's own, until config_release().  Paths are absolute,
 * without "." and "..", double and trailing slashes. */
struct config {
	char *state_dir;
	char **rules_dirs;		/* at least one; NULL-terminated */
	char **judgement_dirs;		/* NULL-terminated; may be empty */
	unsigned outputs;		/* enum config_output, or-ed; 0: the alert log only */
	char **watch;			/* NULL-terminated; empty: everything */
	enum level journal_min_level;
	uint64_t log_max_size;		/* bytes */
	unsigned log_keep;		/* old alert logs */
	uint64_t evidence_max_size;	/* bytes of all hooks that are kept; 0: none is */
	uint64_t evidence_max_file;	/* a larger one is not kept */
	int log_level;			/* syslog priority, of the daemon's own words */
};

#define CONFIG_INIT ((struct config){ 0 })

void config_release(struct config *c);	/* also of one that is half made or CONFIG_INIT */
#define _cleanup_config_ __attribute__((cleanup(config_release)))

/* -ENOMEM. */
int config_defaults(struct config *ret);

/* The defaults, the file at `path`, and the drop-ins beside it (PATH.d/NAME.yaml).
 * A file that does not exist is a problem only if it is `required` (somebody named it).
 * -EINVAL: problems say why; -ENOMEM; *ret is untouched. */
int config_load(const char *path, bool required, struct problems *problems, struct config *ret);

/* Put the documents of one file (document.h) over `c`.  -EINVAL: problems were
 * added, and `c` holds only what was right. -ENOMEM. */
int config_apply(struct config *c, const cJSON *documents, const char *file,
		 struct problems *problems);

/* Set one key from outside a file, as an option does: `values` is NULL-terminated, one
 * for a single value; `origin` names it in problems ("--watch").  -ENOENT: no such
 * key; else as config_apply(). */
int config_set(struct config *c, const char *key, const char *const *values, const char *origin,
	       struct problems *problems);

/* ---- the table -------------------------------------------------------------- */

struct config_source;		/* config.c: where a value comes from */

struct config_key {
	const char *name;		/* "journal.min_level" */
	const char *expects;		/* "a level (...)": what a value must be, for problems */
	const char *defaults[4];	/* NULL-terminated */
	const char *help;		/* one sentence */
	/* Read the node into the field at `offset`. */
	int (*parse)(const struct config_source *source, const struct config_key *key,
		     const cJSON *node, void *field);
	size_t offset;			/* in struct config */
	uint64_t min, max;		/* of a number or a size; of a list: how many */
};

/* Terminated by a NULL name. */
extern const struct config_key config_table[];

#endif
