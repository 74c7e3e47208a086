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

/* Length of the valid UTF-8 sequence at the start of b (1 to 4), 0: none.
 * Overlong forms, surrogates and beyond U+10FFFF are not valid. */
size_t utf8_sequence(struct bytes b, uint32_t *ret_char);

#endif
