/* digest.c - an algorithm is known by its name in the database and by its length: a text of another
 * length is no digest. */
#include "digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "cleanup.h"
#include "filedata.h"
#include "limits.h"

static const struct algorithm {
	const char *name;	/* hashlib's, and that of the databases */
	const char *evp;
	size_t len;
} algorithms[] = {
	{ "sha256", "SHA256", 32 }, { "sha384", "SHA384", 48 }, { "sha512", "SHA512", 64 },
	{ "sha224", "SHA224", 28 }, { "sha1", "SHA1", 20 },	{ "md5", "MD5", 16 },
};

static const struct algorithm *find_algorithm(struct bytes name)
{
	for (size_t i = 0; i < ELEMENTSOF(algorithms); i++)
		if (bytes_equal(name, bytes_of(algorithms[i].name)))
			return &algorithms[i];
	return NULL;
}

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '-')
		return 62;
	return c == '_' ? 63 : -1;
}

static int decode_base64(struct bytes text, unsigned char *out, size_t len)
{
	unsigned bits = 0, have = 0;
	size_t done = 0;

	for (size_t i = 0; i < text.len; i++) {
		int digit = base64_digit(text.ptr[i]);

		if (digit < 0)
			return -EINVAL;
		bits = (bits << 6 | (unsigned)digit) & 0xffff;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		if (done == len)
			return -EINVAL;
		out[done++] = (unsigned char)(bits >> have);
	}
	return done == len ? 0 : -EINVAL;
}

int digest_parse_record(struct bytes text, struct digest *ret)
{
	ptrdiff_t at = bytes_find_byte(text, '=', 0);
	const struct algorithm *a = at < 0 ? NULL : find_algorithm(bytes_slice(text, 0, (size_t)at));
	struct digest d;
	int r;

	if (!a)
		return -EINVAL;
	d = (struct digest){ .algorithm = a->evp, .len = a->len };
	text = bytes_slice(text, (size_t)at + 1, text.len - (size_t)at - 1);
	r = decode_base64(text, d.bytes, d.len);
	if (r < 0)
		return r;
	*ret = d;
	return 0;
}

int digest_parse_hex(const char *name, struct bytes text, struct digest *ret)
{
	const struct algorithm *a = find_algorithm(bytes_of(name));
	struct digest d;

	if (!a || text.len != a->len * 2)
		return -EINVAL;
	d = (struct digest){ .algorithm = a->evp, .len = a->len };
	for (size_t i = 0; i < d.len; i++) {
		int high = hex_digit(text.ptr[2 * i]), low = hex_digit(text.ptr[2 * i + 1]);

		if (high < 0 || low < 0)
			return -EINVAL;
		d.bytes[i] = (unsigned char)(high << 4 | low);
	}
	*ret = d;
	return 0;
}

static int hash_file(EVP_MD_CTX *ctx, int fd, off_t max)
{
	_cleanup_free_ char *buf = malloc(FILEDATA_CHUNK);
	off_t at = 0;

	if (!buf)
		return -ENOMEM;
	for (;;) {
		ssize_t n = filedata_read_at(fd, buf, FILEDATA_CHUNK, at);

		if (n < 0)
			return (int)n;
		if (n == 0)
			return 0;
		at += n;
		if (at > max)
			return -EFBIG;
		if (EVP_DigestUpdate(ctx, buf, (size_t)n) != 1)
			return -ENOMEM;
	}
}

int digest_fits_file(const struct digest *digest, int fd, off_t max, bool *ret)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const EVP_MD *md = EVP_get_digestbyname(digest->algorithm);
	int r = -ENOMEM;

	if (ctx)
		r = md && EVP_DigestInit_ex(ctx, md, NULL) == 1 ? hash_file(ctx, fd, max) : -EOPNOTSUPP;
	if (r == 0 && EVP_DigestFinal_ex(ctx, sum, &len) != 1)
		r = -ENOMEM;
	EVP_MD_CTX_free(ctx);
	if (r < 0)
		return r;
	*ret = len == digest->len && memcmp(sum, digest->bytes, len) == 0;
	return 0;
}
