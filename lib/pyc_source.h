/* pyc_source.h - can this bytecode have been compiled from this source?
 *
 * Every name of the bytecode is an identifier of its source, and every word of its texts a word of it.  An edit of
 * the bytecode that uses words of the source alone passes; another compiler's optimisation does not fail.
 */
#ifndef PYHOOKD_PYC_SOURCE_H
#define PYHOOKD_PYC_SOURCE_H

#include <stdbool.h>

#include "cleanup.h"
#include "str.h"

struct pyc_source;

/* The words of the text, which is copied.  -EFBIG: longer than PYC_SOURCE_MAX; -ENOMEM. */
int pyc_source_new(struct bytes text, struct pyc_source **ret);
struct pyc_source *pyc_source_free(struct pyc_source *s);
DEFINE_CLEANUP(struct pyc_source, pyc_source_free)

/* A name of co_names, or the words of a constant.  Names that the compiler itself puts in are known. */
bool pyc_source_has(const struct pyc_source *s, struct bytes text);

#endif
