/* fuzz_escape.c - whatever goes in: what comes out is printable UTF-8 and can be
 * turned back into what went in; cut text is no longer than allowed and still
 * made of whole units. */
#include <assert.h>
#include <stdlib.h>

#include "escape.h"

static void unescape(struct bytes b, struct str *out)
{
	assert(escape_undo(out, b) == 0);
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
