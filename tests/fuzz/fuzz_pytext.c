/* Lines, blanks and decoding against the simplest reading of their definitions. */
#include <assert.h>

#include "pytext.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The lines are the text without its separators, in order. */
static void read_lines(struct bytes text, enum pytext_lines lines, bool latin1)
{
	struct pytext_reader r;
	struct pytext_line line;
	size_t at = 0, number = 0;

	pytext_reader_init(&r, text, lines);
	r.latin1 = latin1;
	while (pytext_reader_next(&r, &line)) {
		size_t separator = line.raw.ptr - text.ptr - at;

		assert(line.number == ++number);
		assert((separator == 0) == (line.before == BREAK_EDGE));
		assert(separator <= 3);
		assert(line.text.ptr >= line.raw.ptr && line.text.ptr + line.text.len <= line.raw.ptr + line.raw.len);
		assert(bytes_find_byte(line.raw, '\n', 0) < 0 && bytes_find_byte(line.raw, '\r', 0) < 0);
		assert(lines == LINES_UNIVERSAL || bytes_find_byte(line.raw, '\f', 0) < 0);
		at += separator + line.raw.len;
	}
	assert(at <= text.len && text.len - at <= 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = { (const char *)data, size }, bare = pytext_strip(text);
	size_t at = 0, from = 0;
	ptrdiff_t invalid = pytext_find_invalid(text, &from);

	assert(bytes_equal(pytext_strip(bare), bare));
	assert((invalid < 0) == pytext_is_valid(text));
	while (at < size) {
		uint32_t c;
		bool valid;
		size_t len = pytext_decode(text, at, &c, &valid);

		assert(len >= 1 && at + len <= size && c <= 0x10ffff);
		if (!valid)
			break;
		at += len;
	}
	assert(invalid < 0 ? at == size : at == from && (size_t)invalid >= from && (size_t)invalid - from < 4);
	for (int i = 0; i < 4; i++)
		read_lines(text, i & 1 ? LINES_UNIVERSAL : LINES_SPLITLINES, i & 2);
	return 0;
}
