/* pydecode.h - what base64.b64decode() and its like make of some bytes.
 *
 * As tolerant as the tolerant ones among Python's decoders: what they skip is skipped, and what is wrong ends the
 * result, so that the part before it is still seen.  Bounded by `max`; owns nothing.
 */
#ifndef PYHOOKD_PYDECODE_H
#define PYHOOKD_PYDECODE_H

#include "str.h"

enum pydecode_codec {
	PYDECODE_BASE64,	/* both alphabets */
	PYDECODE_BASE32,
	PYDECODE_BASE16,	/* bytes.fromhex(), binascii.unhexlify() */
	PYDECODE_BASE85,
	PYDECODE_ASCII85,
	PYDECODE_ROT13,
	PYDECODE_ESCAPES,	/* unicode_escape */
	PYDECODE_PERCENT,	/* urllib.parse.unquote() */
	PYDECODE_UTF16,		/* with or without byte order mark, little endian by default */
	PYDECODE_UTF7,		/* RFC 2152 */
	PYDECODE_DEFLATE,	/* zlib, gzip and raw */
	PYDECODE_CODECS
};

/* Append at most `max` bytes to *ret.  -EINVAL: not of this encoding from its first byte on; -ENOMEM. */
int pydecode(enum pydecode_codec codec, struct bytes in, size_t max, struct str *ret);

#endif
