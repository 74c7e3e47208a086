/* field.h - every field that a rule may use: one table.
 *
 * Fields carry the names of Sigma's taxonomy where it has one, our own
 * (Hook.*, Content.*, Env.*, Writer.*, Attribution.*) for the rest.
 */
#ifndef PYHOOKD_FIELD_H
#define PYHOOKD_FIELD_H

#include <stdbool.h>

#include "facts.h"

/* A field may have several values (every line of a hook); a condition holds if it
 * holds for one of them, as Sigma says of lists. */
#define FIELD_VALUES_MAX 64

/* What a value is, for people: to a rule all values are texts. */
enum field_kind {
	FIELD_STRING,
	FIELD_NUMBER,		/* decimal digits */
	FIELD_BOOLEAN,		/* "true" or "false" */
	FIELD_LIST,		/* any number of strings */
};

struct field {
	const char *name;
	enum field_kind kind;
	/* Fill up to `max` values, from the facts or their region.  Answers how many;
	 * 0: the field is absent. */
	size_t (*get)(const struct facts *f, struct bytes *ret, size_t max);
	const char *help;		/* one sentence without full stop */
	const char *example;		/* a value as it may be; NULL where the help says it all */
};

const char *field_kind_to_string(enum field_kind k);	/* "string", ... */

/* NULL: no such field.  Names are matched exactly. */
const struct field *field_find(struct bytes name);

/* The whole table, terminated by a NULL name. */
extern const struct field field_table[];

/* Entries of the table without its end. */
size_t field_count(void);

#endif
