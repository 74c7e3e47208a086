/* digest.h - digests of files, in the notations of package databases. */
#ifndef PYHOOKD_DIGEST_H
#define PYHOOKD_DIGEST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "str.h"

#define DIGEST_BYTES 64

struct digest {
	const char *algorithm;		/* a literal, as libcrypto calls it: "SHA256"; NULL: no digest */
	unsigned char bytes[DIGEST_BYTES];
	size_t len;
};

/* "sha256=URLSAFE_BASE64" without padding, as RECORD writes it (PEP 427, PEP 376): sha256, sha384,
 * sha512, sha224, and the md5 and sha1 of old files.  -EINVAL. */
int digest_parse_record(struct bytes text, struct digest *ret);

/* Hexadecimal digits of either case.  `name`: "md5", "sha256".  -EINVAL. */
int digest_parse_hex(const char *name, struct bytes text, struct digest *ret);

/* Does the content of the file have this digest?  At most `max` bytes are read.
 * 0; -EFBIG; -EOPNOTSUPP: libcrypto refuses the algorithm (md5 on a FIPS system); -ENOMEM; -errno. */
int digest_fits_file(const struct digest *digest, int fd, off_t max, bool *ret);

#endif
