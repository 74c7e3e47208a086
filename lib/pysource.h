/* pysource.h - the bytes of a source file as the text that CPython's tokenizer sees.
 *
 * A comment in one of the first two lines may name an encoding (PEP 263), and in some of them a comment holds code: "+AAo-" is a
 * newline in utf-7, "\u000a" in unicode_escape, and the second byte of a character of shift_jis may be a backslash.
 */
#ifndef PYHOOKD_PYSOURCE_H
#define PYHOOKD_PYSOURCE_H

#include <stdbool.h>

#include "str.h"

struct pysource {
	struct bytes text;	/* UTF-8, or what stands in its stead, without byte order mark; a view into the bytes that were read,
				 * or into `decoded` */
	struct bytes encoding;	/* as the comment names it: a view into the bytes; absent: it names none */
	bool odd;		/* in this encoding a comment may be code: nobody needs it */
	bool unknown;		/* no encoding that is known, or it cannot be decoded: `text` is the bytes as they are */
	struct str decoded;
};

#define PYSOURCE_INIT ((struct pysource){ .decoded = STR_INIT })

/* What cannot be decoded is replaced: CPython would refuse the file, most of it is read here all the same.
 * 0; -ENOMEM.  `ret`: initialised; `bytes` must outlive it. */
int pysource_read(struct bytes bytes, struct pysource *ret);

void pysource_done(struct pysource *s);
#define _cleanup_pysource_ __attribute__((cleanup(pysource_done)))

#endif
