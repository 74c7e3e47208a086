/* fuzz_escape.c - whatever goes in: what comes out is printable UTF-8 and can be
 * turned back into what went in; cut text is no longer than allowed and still
 * made of whole units. */
#include <assert.h>
#include <stdlib.h>

#include "escape.h"

static unsigned hex(char c)
{
	assert((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static void put_utf8(struct str *out, uint32_t c)
{
	char b[4];
	size_t n;

	assert(c >= 0x80 && c <= 0x10ffff);
	if (c < 0x800) {
		b[0] = (char)(0xc0 | c >> 6);
		n = 2;
	} else if (c < 0x10000) {
		b[0] = (char)(0xe0 | c >> 12);
		b[1] = (char)(0x80 | (c >> 6 & 0x3f));
		n = 3;
	} else {
		b[0] = (char)(0xf0 | c >> 18);
		b[1] = (char)(0x80 | (c >> 12 & 0x3f));
		b[2] = (char)(0x80 | (c >> 6 & 0x3f));
		n = 4;
	}
	b[n - 1] = (char)(0x80 | (c & 0x3f));
	assert(str_append(out, b, n) == 0);
}

/* The reader of the format that escape.h describes. */
static void unescape(struct bytes b, struct str *out)
{
	for (size_t i = 0; i < b.len; i++) {
		if (b.ptr[i] != '\\') {
			assert(str_append_char(out, b.ptr[i]) == 0);
			continue;
		}
		i++;
		assert(i < b.len);
		switch (b.ptr[i]) {
		case '\\': case '"':
			assert(str_append_char(out, b.ptr[i]) == 0);
			break;
		case 'n':
			assert(str_append_char(out, '\n') == 0);
			break;
		case 't':
			assert(str_append_char(out, '\t') == 0);
			break;
		case 'r':
			assert(str_append_char(out, '\r') == 0);
			break;
		case 'x':
			assert(b.len - i > 2);
			assert(str_append_char(out, (char)(hex(b.ptr[i + 1]) << 4 | hex(b.ptr[i + 2]))) == 0);
			i += 2;
			break;
		case 'u': {
			uint32_t c = 0;

			assert(b.len - i > 2 && b.ptr[i + 1] == '{');
			for (i += 2; i < b.len && b.ptr[i] != '}'; i++)
				c = c << 4 | hex(b.ptr[i]);
			assert(i < b.len);
			put_utf8(out, c);
			break;
		}
		default:
			abort();
		}
	}
}

static void assert_printable(struct bytes b)
{
	while (b.len > 0) {
		uint32_t c = 0;
		size_t n = utf8_sequence(b, &c);

		assert(n > 0);
		assert(c >= 0x20 && !(c >= 0x7f && c <= 0x9f));
		assert(!(c >= 0x200b && c <= 0x200f) && !(c >= 0x2028 && c <= 0x202e));
		assert(!(c >= 0x2060 && c <= 0x206f) && c != 0xfeff && c < 0x40000);
		b = bytes_slice(b, n, b.len - n);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = { (const char *)data, size };
	_cleanup_str_ struct str s = STR_INIT, back = STR_INIT, again = STR_INIT;
	size_t max = size ? data[0] : 0;

	assert(escape_append(&s, b) == 0);
	assert_printable(str_bytes(&s));
	unescape(str_bytes(&s), &back);
	assert(bytes_equal(str_bytes(&back), b));
	assert(escape_append_escaped(&again, str_bytes(&s)) == 0);
	assert(bytes_equal(str_bytes(&again), str_bytes(&s)));

	for (int cut = ESCAPE_CUT_END; cut <= ESCAPE_CUT_MIDDLE; cut++) {
		struct bytes text;
		ptrdiff_t dots;

		str_clear(&again);
		assert(escape_append_max(&again, b, max, (enum escape_cut)cut) == 0);
		assert(again.len <= max);
		assert_printable(str_bytes(&again));
		/* Whole escapes only, and both ends are the input's. */
		if (s.len <= max) {
			assert(bytes_equal(str_bytes(&again), str_bytes(&s)));
		} else if (max >= 3) {
			text = str_bytes(&again);
			dots = -1;
			do {
				dots = bytes_find(text, BYTES_LIT("\xe2\x80\xa6"), (size_t)(dots + 1));
				assert(dots >= 0);
			} while (!bytes_has_prefix(str_bytes(&s), bytes_slice(text, 0, (size_t)dots)) ||
				 !bytes_has_suffix(str_bytes(&s), bytes_slice(text, (size_t)dots + 3,
									      text.len - (size_t)dots - 3)));
			assert(cut == ESCAPE_CUT_MIDDLE || (size_t)dots + 3 == text.len ||
			       bytes_find(b, BYTES_LIT("\xe2\x80\xa6"), 0) >= 0);
		}
		str_clear(&back);
		unescape(str_bytes(&again), &back);

		str_clear(&again);
		assert(escape_append_quoted(&again, b, max, (enum escape_cut)cut) == 0);
		assert(again.len >= 2 && again.len <= max + 2);
		assert_printable(str_bytes(&again));
		text = bytes_slice(str_bytes(&again), 1, again.len - 2);
		for (size_t i = 0; i < text.len; i++) {
			if (text.ptr[i] == '\\')
				i++;
			else
				assert(text.ptr[i] != '"');
		}
		str_clear(&back);
		unescape(text, &back);
	}
	return 0;
}
