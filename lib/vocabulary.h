/* vocabulary.h - what names and texts of Python code amount to.  Part of judgement.
 *
 *	vocabulary_add_...()  for each file, in any order -> vocabulary_finish() -> asked, never changed
 *
 * Names are dotted ("os.system", "subprocess.*": all below) and looked for by halving.  Texts are looked for all at
 * once, in one pass over what is searched, however many there are (Aho and Corasick, 1975).
 */
#ifndef PYHOOKD_VOCABULARY_H
#define PYHOOKD_VOCABULARY_H

#include <stdint.h>

#include <cjson/cJSON.h>

#include "cleanup.h"
#include "problem.h"
#include "str.h"

struct vocabulary;

int vocabulary_new(struct vocabulary **ret);
struct vocabulary *vocabulary_free(struct vocabulary *v);
DEFINE_CLEANUP(struct vocabulary, vocabulary_free)

/* The value of `aliases:`, `names:`, `texts:`.  What is wrong is a problem and is left out.  0 or -ENOMEM. */
int vocabulary_add_aliases(struct vocabulary *v, const cJSON *node, const char *file, struct problems *problems);
int vocabulary_add_names(struct vocabulary *v, const cJSON *node, const char *file, struct problems *problems);
int vocabulary_add_texts(struct vocabulary *v, const cJSON *node, const char *file, struct problems *problems);

/* Once, after all files.  0 or -ENOMEM. */
int vocabulary_finish(struct vocabulary *v);

unsigned vocabulary_name(const struct vocabulary *v, struct bytes name);	/* a set of enum name_class */
uint64_t vocabulary_text(const struct vocabulary *v, struct bytes text);	/* a set of INDICATOR_BIT */

#endif
