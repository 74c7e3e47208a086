/* escape.h - make untrusted bytes safe to print: the only place that does it.
 *
 * Everything upstream keeps the bytes as they are; a sink escapes them once.
 * The result is valid UTF-8 without control characters, without bidirectional
 * or zero-width format characters (they reorder or hide what a person reads),
 * and can be turned back: a backslash is doubled, every byte or character
 * that is not printable becomes \n \t \r \xHH (a byte) or \u{HEX} (a character).
 */
#ifndef PYHOOKD_ESCAPE_H
#define PYHOOKD_ESCAPE_H

#include "str.h"

/* Append b, escaped.  -ENOMEM, and out as it was. */
int escape_append(struct str *out, struct bytes b);

/* The same for text that was escaped before, or that we wrote ourselves:
 * backslashes are kept, so doing it again changes nothing, and whatever should not
 * be there (the log was edited by hand) is still made printable. */
int escape_append_escaped(struct str *out, struct bytes b);

enum escape_cut {
	ESCAPE_CUT_END,		/* "beginning..." */
	ESCAPE_CUT_MIDDLE,	/* "beginn...end": of a path, the last component tells most */
};

/* Append b, escaped, in at most `max` bytes.  What does not fit is left out
 * where `cut` says, with U+2026 in its place; neither an escape nor a character
 * is split. */
int escape_append_max(struct str *out, struct bytes b, size_t max, enum escape_cut cut);

/* The same between double quotes (not counted in max), with \" for a quote
 * inside, so that a quoted name cannot end its own quotation. */
int escape_append_quoted(struct str *out, struct bytes b, size_t max, enum escape_cut cut);

/* Append the bytes that escape_append() made `text` of.  -EINVAL: nothing that it makes. */
int escape_undo(struct str *out, struct bytes text);

/* Length of the valid UTF-8 sequence at the start of b (1 to 4), 0: none.
 * Overlong forms, surrogates and beyond U+10FFFF are not valid. */
size_t utf8_sequence(struct bytes b, uint32_t *ret_char);

/* Write the character as UTF-8; answers its length, 1 to 4.  Of what is
 * beyond U+10FFFF the low 21 bits count. */
size_t utf8_encode(uint32_t c, char out[static 4]);

#endif
