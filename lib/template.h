/* template.h - whole lines and files that well-known tools write.  Part of judgement.
 *
 * A template is text with placeholders, and the names of files under which it stands, with the same placeholders:
 *
 *	text: import __editable___{RELEASE:identifier}_finder; __editable___{RELEASE:identifier}_finder.install()
 *	file: __editable__.{RELEASE}.pth
 *
 * A placeholder is the longest run of the bytes that its kind allows; what follows it must end that run, which is
 * checked when it is loaded.  So a text is compared in one pass, without trying again.  All places of one placeholder
 * must hold the same value, each in the form that is written behind the colon.
 */
#ifndef PYHOOKD_TEMPLATE_H
#define PYHOOKD_TEMPLATE_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "cleanup.h"
#include "judgement.h"
#include "problem.h"
#include "str.h"

struct templates;

int templates_new(struct templates **ret);
struct templates *templates_free(struct templates *t);
DEFINE_CLEANUP(struct templates, templates_free)

/* The value of `templates:`.  What is wrong is a problem and is left out.  0 or -ENOMEM. */
int templates_add(struct templates *t, const cJSON *node, const char *file, struct problems *problems);

/* Name of the template that `text` is under that path, owned by `t`; NULL: of none. */
const char *templates_match(const struct templates *t, enum template_kind kind, struct bytes path, struct bytes text);

/* The path is one of a template of the kind that has its names for itself (`own_name`). */
bool templates_know_name(const struct templates *t, enum template_kind kind, struct bytes path);

#endif
