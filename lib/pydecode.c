/* pydecode.c - see pydecode.h.
 *
 * The codes of so many bits a character (base64, base32, hex) share one loop over a table of digits, those of base 85
 * another.  Inflating is zlib's, which is the one that Python uses.
 */
#include "pydecode.h"

#include <errno.h>
#include <stdbool.h>
#include <zlib.h>

#include "cleanup.h"
#include "limits.h"
#include "pytext.h"
#include "pytoken.h"

/* One byte more, if there is room: 0; 1: full; -ENOMEM. */
static int put(struct str *ret, size_t end, uint32_t c)
{
	if (ret->len >= end)
		return 1;
	return str_append_char(ret, (char)c);
}

/* A character as UTF-8. */
static int put_character(struct str *ret, size_t end, uint32_t c)
{
	int r = 0;

	if (c < 0x80)
		return put(ret, end, c);
	if (c < 0x800) {
		r = put(ret, end, 0xc0 | c >> 6);
	} else if (c < 0x10000) {
		r = put(ret, end, 0xe0 | c >> 12);
		r = r ? r : put(ret, end, 0x80 | (c >> 6 & 0x3f));
	} else {
		r = put(ret, end, 0xf0 | (c >> 18 & 7));
		r = r ? r : put(ret, end, 0x80 | (c >> 12 & 0x3f));
		r = r ? r : put(ret, end, 0x80 | (c >> 6 & 0x3f));
	}
	return r ? r : put(ret, end, 0x80 | (c & 0x3f));
}

/* ---- a power of two ------------------------------------------------------------------- */

static int digit64(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

static int digit32(unsigned char c)
{
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

static int digit16(unsigned char c)
{
	return hex_digit((char)c);
}

static int decode_bits(struct bytes in, size_t end, int (*digit)(unsigned char), unsigned bits, struct str *ret)
{
	unsigned have = 0;
	uint32_t value = 0;

	for (size_t i = 0; i < in.len && in.ptr[i] != '='; i++) {
		int d = digit((unsigned char)in.ptr[i]), r;

		if (d < 0)
			continue;	/* binascii.a2b_base64() discards what is no digit */
		value = value << bits | (uint32_t)d;
		have += bits;
		if (have < 8)
			continue;
		have -= 8;
		r = put(ret, end, value >> have & 0xff);
		if (r)
			return r;
		value &= (1u << have) - 1;
	}
	return 0;
}

static int decode_base64(struct bytes in, size_t end, struct str *ret)
{
	return decode_bits(in, end, digit64, 6, ret);
}

static int decode_base32(struct bytes in, size_t end, struct str *ret)
{
	return decode_bits(in, end, digit32, 5, ret);
}

static int decode_base16(struct bytes in, size_t end, struct str *ret)
{
	return decode_bits(in, end, digit16, 4, ret);
}

/* ---- 85 --------------------------------------------------------------------------------- */

/* base64._b85alphabet */
static int digit_b85(unsigned char c)
{
	static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
	const char *p = c ? memchr(alphabet, c, sizeof(alphabet) - 1) : NULL;

	return p ? (int)(p - alphabet) : -1;
}

static int digit_a85(unsigned char c)
{
	return c >= '!' && c <= 'u' ? c - '!' : -1;
}

/* The bytes of one group of `n` digits, filled up with the largest one. */
static int put_group(struct str *ret, size_t end, const int digits[5], unsigned n)
{
	uint64_t value = 0;
	int r = 0;

	for (unsigned i = 0; i < 5; i++)
		value = value * 85 + (uint64_t)(i < n ? digits[i] : 84);
	for (unsigned i = 0; i + 1 < n && !r; i++)
		r = put(ret, end, (uint32_t)(value >> (24 - 8 * i) & 0xff));
	return r;
}

static int decode_85(struct bytes in, size_t end, int (*digit)(unsigned char), bool adobe, struct str *ret)
{
	int digits[5];
	unsigned n = 0;
	int r;

	for (size_t i = 0; i < in.len; i++) {
		int d = digit((unsigned char)in.ptr[i]);

		if (adobe && n == 0 && in.ptr[i] == 'z') {
			for (unsigned k = 0; k < 4; k++)
				if ((r = put(ret, end, 0)) != 0)
					return r;
			continue;
		}
		if (adobe && in.ptr[i] == '~')
			break;
		if (d < 0)
			continue;
		digits[n++] = d;
		if (n < 5)
			continue;
		r = put_group(ret, end, digits, n);
		if (r)
			return r;
		n = 0;
	}
	return n > 1 ? put_group(ret, end, digits, n) : 0;
}

static int decode_base85(struct bytes in, size_t end, struct str *ret)
{
	return decode_85(in, end, digit_b85, false, ret);
}

static int decode_ascii85(struct bytes in, size_t end, struct str *ret)
{
	if (bytes_has_prefix(in, BYTES_LIT("<~")))
		in = bytes_slice(in, 2, in.len - 2);
	return decode_85(in, end, digit_a85, true, ret);
}

/* ---- text ------------------------------------------------------------------------------- */

static int decode_rot13(struct bytes in, size_t end, struct str *ret)
{
	int r = 0;

	for (size_t i = 0; i < in.len && !r; i++) {
		unsigned char c = (unsigned char)in.ptr[i], base = c & 0x20 ? 'a' : 'A';

		if (c < 0x80 && c >= base && c < base + 26)
			c = (unsigned char)(base + (c - base + 13) % 26);
		r = put(ret, end, c);
	}
	return r;
}

static int decode_escapes(struct bytes in, size_t end, struct str *ret)
{
	size_t room = end - ret->len, disguised;

	/* An escape is never shorter than what it stands for. */
	return pytoken_unescape(in.len > room ? bytes_slice(in, 0, room) : in, 0, ret, &disguised);
}

static int decode_percent(struct bytes in, size_t end, struct str *ret)
{
	int r = 0;

	for (size_t i = 0; i < in.len && !r; i++) {
		if (in.ptr[i] == '%' && i + 2 < in.len && hex_digit(in.ptr[i + 1]) >= 0 && hex_digit(in.ptr[i + 2]) >= 0) {
			r = put(ret, end, (uint32_t)(hex_digit(in.ptr[i + 1]) << 4 | hex_digit(in.ptr[i + 2])));
			i += 2;
		} else {
			r = put(ret, end, (unsigned char)in.ptr[i]);
		}
	}
	return r;
}

/* Units of 16 bits to characters; *state is the first half of a pair. */
static int put_unit(struct str *ret, size_t end, uint32_t unit, uint32_t *state)
{
	uint32_t high = *state;

	*state = 0;
	if (high && unit >= 0xdc00 && unit < 0xe000)
		return put_character(ret, end, 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00));
	if (unit >= 0xd800 && unit < 0xdc00) {
		*state = unit;
		return 0;
	}
	return put_character(ret, end, unit);
}

static int decode_utf16(struct bytes in, size_t end, struct str *ret)
{
	bool big = bytes_has_prefix(in, BYTES_LIT("\xfe\xff"));
	bool mark = big || bytes_has_prefix(in, BYTES_LIT("\xff\xfe"));
	uint32_t state = 0;
	int r = 0;

	for (size_t i = mark ? 2 : 0; i + 1 < in.len && !r; i += 2) {
		uint32_t a = (unsigned char)in.ptr[i], b = (unsigned char)in.ptr[i + 1];

		r = put_unit(ret, end, big ? a << 8 | b : b << 8 | a, &state);
	}
	return r;
}

static int decode_utf7(struct bytes in, size_t end, struct str *ret)
{
	uint32_t value = 0, state = 0;
	unsigned have = 0;
	bool shifted = false;
	int r = 0;

	for (size_t i = 0; i < in.len && !r; i++) {
		int d = digit64((unsigned char)in.ptr[i]);

		if (shifted && d >= 0 && in.ptr[i] != '-' && in.ptr[i] != '_') {
			value = (value << 6 | (uint32_t)d) & 0x3fffff;
			have += 6;
			if (have >= 16) {
				have -= 16;
				r = put_unit(ret, end, value >> have & 0xffff, &state);
			}
		} else if (shifted) {
			shifted = false;
			if (in.ptr[i] != '-')
				r = put(ret, end, (unsigned char)in.ptr[i]);
		} else if (in.ptr[i] == '+' && i + 1 < in.len && in.ptr[i + 1] == '-') {
			r = put(ret, end, '+');
			i++;
		} else if (in.ptr[i] == '+') {
			shifted = true;
			have = 0;
		} else {
			r = put(ret, end, (unsigned char)in.ptr[i]);
		}
	}
	return r;
}

/* ---- deflate ------------------------------------------------------------------------------ */

static int inflate_into(z_stream *z, size_t end, struct str *ret)
{
	int r, z_result = Z_OK;

	while (z_result == Z_OK && ret->len < end) {
		size_t room = end - ret->len < PYDECODE_CHUNK ? end - ret->len : PYDECODE_CHUNK;
		char chunk[PYDECODE_CHUNK];

		z->next_out = (unsigned char *)chunk;
		z->avail_out = (unsigned)room;
		z_result = inflate(z, Z_NO_FLUSH);
		r = str_append(ret, chunk, room - z->avail_out);
		if (r < 0)
			return r;
		if (z->avail_out == room && z_result == Z_OK)
			break;
	}
	return z_result == Z_MEM_ERROR ? -ENOMEM : 0;
}

static int decode_deflate(struct bytes in, size_t end, struct str *ret)
{
	/* inflateInit2(): 32 tells zlib and gzip apart, a negative number is without header. */
	static const int windows[] = { 32 + MAX_WBITS, -MAX_WBITS };
	size_t before = ret->len;

	for (size_t i = 0; i < ELEMENTSOF(windows); i++) {
		z_stream z = { .next_in = (unsigned char *)(uintptr_t)in.ptr, .avail_in = (unsigned)in.len };
		int r;

		if (inflateInit2(&z, windows[i]) != Z_OK)
			return -ENOMEM;
		r = inflate_into(&z, end, ret);
		(void)inflateEnd(&z);
		if (r < 0 || ret->len > before)
			return r;
	}
	return -EINVAL;
}

/* ---- all of them ---------------------------------------------------------------------------- */

int pydecode(enum pydecode_codec codec, struct bytes in, size_t max, struct str *ret)
{
	static int (*const decoders[PYDECODE_CODECS])(struct bytes, size_t, struct str *) = {
		[PYDECODE_BASE64] = decode_base64,
		[PYDECODE_BASE32] = decode_base32,
		[PYDECODE_BASE16] = decode_base16,
		[PYDECODE_BASE85] = decode_base85,
		[PYDECODE_ASCII85] = decode_ascii85,
		[PYDECODE_ROT13] = decode_rot13,
		[PYDECODE_ESCAPES] = decode_escapes,
		[PYDECODE_PERCENT] = decode_percent,
		[PYDECODE_UTF16] = decode_utf16,
		[PYDECODE_UTF7] = decode_utf7,
		[PYDECODE_DEFLATE] = decode_deflate,
	};
	size_t before = ret->len;
	int r;

	r = decoders[codec](in, before + max, ret);
	if (r < 0)
		return r;
	return ret->len == before && in.len > 0 ? -EINVAL : 0;
}
