/* pytext.c - lines and blanks as CPython's str defines them.
 *
 * The sets are those of Objects/unicodetype_db.h (_PyUnicode_IsWhitespace,
 * _PyUnicode_IsLinebreak), which str.isspace(), str.strip() and
 * str.splitlines() use.  They have not changed since Python 3.0, except that
 * U+180E left the blanks with Unicode 6.3 (CPython 3.4); it is not counted.
 *
 * Bytes that are not UTF-8 are taken as Latin-1.  CPython decodes such a file
 * with the locale's encoding or fails, depending on version and locale;
 * Latin-1 is what the commonest 8-bit locale makes of it, and it keeps 0x85
 * (a line break) and 0xA0 (a blank) in view.
 */
#include "pytext.h"

#include "escape.h"
#include "limits.h"

static bool is_continuation(struct bytes b, size_t at)
{
	return at < b.len && ((unsigned char)b.ptr[at] & 0xc0) == 0x80;
}

/* CPython's decoder refuses overlong forms, surrogates and what is beyond Unicode, too. */
size_t pytext_decode(struct bytes b, size_t at, uint32_t *ret, bool *ret_valid)
{
	size_t len = utf8_sequence(bytes_slice(b, at, b.len - at), ret);

	*ret_valid = len > 0;
	if (len > 0)
		return len;
	*ret = (unsigned char)b.ptr[at];
	return 1;
}

/* A character begins with these bytes, and is longer.  What may follow a lead byte is a range that holds 0x80 or
 * 0xbf, whatever the lead byte. */
static bool is_begun(struct bytes b)
{
	static const char fill[] = { '\x80', '\xbf' };
	char whole[4];
	uint32_t c;

	for (size_t i = 0; b.len < sizeof(whole) && i < sizeof(fill); i++) {
		memset(whole, fill[i], sizeof(whole));
		memcpy(whole, b.ptr, b.len);
		if (utf8_sequence((struct bytes){ whole, sizeof(whole) }, &c) > b.len)
			return true;
	}
	return false;
}

ptrdiff_t pytext_find_invalid(struct bytes b, size_t *ret_from)
{
	size_t at = 0, len = 0;
	uint32_t c;
	bool valid;

	for (; at < b.len; at += len) {
		len = pytext_decode(b, at, &c, &valid);
		if (!valid)
			break;
	}
	if (at >= b.len)
		return -1;

	*ret_from = at;
	for (len = 1; at + len <= b.len && is_begun(bytes_slice(b, at, len)); len++)
		;
	return (ptrdiff_t)(at + len - 1);
}

bool pytext_is_valid(struct bytes b)
{
	size_t from;

	return pytext_find_invalid(b, &from) < 0;
}

bool pytext_is_blank(uint32_t c)
{
	if (c < 0x80)
		return c == ' ' || (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x1f);
	return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
	       c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

/* The set of str.splitlines(); \r\n is put together by the caller. */
static bool is_line_break(uint32_t c)
{
	return (c >= 0x0a && c <= 0x0d) || (c >= 0x1c && c <= 0x1e) || c == 0x85 ||
	       c == 0x2028 || c == 0x2029;
}

static size_t decode(struct bytes b, size_t at, bool latin1, uint32_t *ret)
{
	bool valid;

	if (!latin1)
		return pytext_decode(b, at, ret, &valid);
	*ret = (unsigned char)b.ptr[at];
	return 1;
}

static struct bytes strip(struct bytes b, bool latin1)
{
	size_t start = 0, end, at;
	uint32_t c;

	while (start < b.len) {
		size_t len = decode(b, start, latin1, &c);

		if (!pytext_is_blank(c))
			break;
		start += len;
	}

	/* Backwards: step to where the last character begins (at most
	 * three continuation bytes before its end). */
	for (end = b.len; end > start; end = at) {
		at = end - 1;
		for (int i = 0; i < 3 && at > start && is_continuation(b, at); i++)
			at--;
		if (at + decode(b, at, latin1, &c) != end) {
			at = end - 1;	/* a stray byte: Latin-1 */
			c = (unsigned char)b.ptr[at];
		}
		if (!pytext_is_blank(c))
			break;
	}
	return bytes_slice(b, start, end - start);
}

struct bytes pytext_strip(struct bytes b)
{
	return strip(b, false);
}

struct bytes pytext_skip_bom(struct bytes b)
{
	if (bytes_has_prefix(b, BYTES_LIT("\xef\xbb\xbf")))
		return bytes_slice(b, 3, b.len - 3);
	return b;
}

void pytext_reader_init(struct pytext_reader *r, struct bytes text, enum pytext_lines lines)
{
	*r = (struct pytext_reader){ .text = text, .lines = lines, .before = BREAK_EDGE };
}

bool pytext_reader_next(struct pytext_reader *r, struct pytext_line *ret)
{
	struct bytes b = r->text;
	size_t at = r->at, start = r->at, len = 0;
	unsigned run = 0;
	bool behind_blanks = false, nul = false;
	enum pytext_break after = BREAK_EDGE;
	uint32_t c;

	if (at >= b.len)
		return false;

	for (; at < b.len; at += len) {
		len = decode(b, at, r->latin1, &c);
		if (c == '\n') {
			after = BREAK_NEWLINE;
			break;
		}
		if (c == '\r') {
			after = BREAK_RETURN;
			if (at + 1 < b.len && b.ptr[at + 1] == '\n') {
				after = BREAK_NEWLINE;
				len = 2;
			}
			break;
		}
		if (r->lines == LINES_SPLITLINES && is_line_break(c)) {
			after = BREAK_OTHER;
			break;
		}

		if (pytext_is_blank(c)) {
			run++;
			continue;
		}
		if (run >= PYTEXT_BLANK_RUN)
			behind_blanks = true;
		run = 0;
		if (c == '\0')
			nul = true;
	}

	*ret = (struct pytext_line){
		.raw = bytes_slice(b, start, at - start),
		.number = ++r->number,
		.blank_before = r->blank_lines,
		.before = r->before,
		.after = after,
	};
	ret->text = strip(ret->raw, r->latin1);

	if (after != BREAK_EDGE)
		at += len;
	/* "\r\r\n" is what a doubled conversion leaves, and a \r at the very end
	 * hides nothing; any other bare \r lets the rest of the row be written
	 * over the code before it. */
	ret->hidden = behind_blanks || nul || ret->blank_before >= PYTEXT_BLANK_LINES ||
		      ret->before == BREAK_RETURN || ret->before == BREAK_OTHER ||
		      (after == BREAK_RETURN && at < b.len && b.ptr[at] != '\r');

	r->at = at;
	r->before = after;
	r->blank_lines = ret->text.len == 0 ? r->blank_lines + 1 : 0;
	return true;
}
