/* pieces.h - one input, several texts. */
#ifndef PYHOOKD_TESTS_PIECES_H
#define PYHOOKD_TESTS_PIECES_H

#include "str.h"

/* The next piece of the input; pieces end at 0xfe, which no text in UTF-8 has. */
static inline struct bytes piece(struct bytes *rest)
{
	ptrdiff_t end = bytes_find_byte(*rest, (char)0xfe, 0);
	size_t len = end < 0 ? rest->len : (size_t)end;
	struct bytes b = bytes_slice(*rest, 0, len);

	*rest = bytes_slice(*rest, len + (end >= 0), rest->len - len - (end >= 0));
	return b;
}

#endif
