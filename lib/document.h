/* document.h - YAML or JSON text as a tree of cJSON nodes that know their place.
 *
 * JSON is read by the YAML parser, of which it is a subset.  Mappings become
 * cJSON objects (keys keep their order and their case), sequences arrays.  A
 * plain (unquoted) `null`, `~` or nothing becomes cJSON_NULL; every other
 * scalar becomes a cJSON_String with its text as written: what a number or a
 * truth value means is for the reader of the field to say, who can then name
 * line and column when it is neither.
 *
 * Each node carries its place in the otherwise unused members valueint (line)
 * and valuedouble (the rest, packed), so a tree must not be handed to
 * cJSON_Compare() and the members are read through the functions below only.
 * Lines and columns count from 1, columns in bytes.  A member of an object knows
 * two places: that of its value and that of its key.
 *
 * Refused, as errors with a place: anchors and aliases (a small file could
 * grow without bound), tags, duplicate keys (the second would silently win),
 * keys that are not scalars, depth, nodes and size beyond limits.h, bytes that
 * are not UTF-8, NUL.
 */
#ifndef PYHOOKD_DOCUMENT_H
#define PYHOOKD_DOCUMENT_H

#include <stdint.h>

#include <cjson/cJSON.h>

#include "problem.h"
#include "str.h"

/* All documents of a stream (`---` separates them), as a cJSON array, in *ret,
 * the caller's to cJSON_Delete().  `file` names the text in problems.
 * -EINVAL: at least one problem was added.  -ENOMEM. */
int document_parse(struct bytes text, const char *file, struct problems *problems, cJSON **ret);

/* The same for a file, relative to the directory `dirfd` (or AT_FDCWD).  A file
 * that cannot be read, is not regular or is too large is a problem, too. */
int document_load(int dirfd, const char *path, const char *file, struct problems *problems,
		  cJSON **ret);

/* valuedouble holds an integer below 2^53, from the lowest bit: 21 bits column of
 * the value, 21 bits column of the key, 10 bits lines from the key to the value,
 * 1 bit "the value is quoted". */
static inline unsigned document_line(const cJSON *node)
{
	return (unsigned)node->valueint;
}

static inline unsigned document_column(const cJSON *node)
{
	return (unsigned)((uint64_t)node->valuedouble & 0x1fffff);
}

/* Where the key of an object's member stands; for any other node, its own place. */
static inline unsigned document_key_line(const cJSON *node)
{
	return (unsigned)node->valueint - (unsigned)((uint64_t)node->valuedouble >> 42 & 0x3ff);
}

static inline unsigned document_key_column(const cJSON *node)
{
	return (unsigned)((uint64_t)node->valuedouble >> 21 & 0x1fffff);
}

/* Column of the first byte of a scalar's text: behind its quote, if it has one.
 * A place inside the text is right as long as no escape stands before it. */
static inline unsigned document_text_column(const cJSON *node)
{
	return document_column(node) + (unsigned)((uint64_t)node->valuedouble >> 52 & 1);
}

static inline void cjson_deletep(cJSON **node)
{
	cJSON_Delete(*node);
}

#define _cleanup_cjson_ __attribute__((cleanup(cjson_deletep)))

#endif
