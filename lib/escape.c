/* escape.c - the one function that stands between bytes of strangers and
 * whatever shows them: a terminal, a journal, a web page of a SIEM.
 *
 * The input is taken apart into units: a valid UTF-8 character, or one byte
 * that is part of none.  Each unit is written as it is or as an escape, never
 * in between, so a cut between units is always a clean cut.  Which characters
 * are "not printable" is our own table and not iswprint(): that depends on the
 * locale, and calls the characters that attacks are made of printable:
 *
 *  - bidirectional controls reorder what is read ("Trojan Source", CVE-2021-42574;
 *    Unicode Technical Report 36, section 3.2);
 *  - zero-width and default-ignorable characters, variation selectors, tags and
 *    private-use characters are invisible: two names look alike, or a payload is
 *    carried in them;
 *  - blanks other than the space look like one.
 *
 * Letters that look like other letters are not in it: that is not for an
 * escape to solve.
 */
#include "escape.h"

#include <errno.h>
#include <stdio.h>

#define ELLIPSIS "\xe2\x80\xa6"

size_t utf8_sequence(struct bytes b, uint32_t *ret_char)
{
	/* First byte and the range of the second: Unicode, table 3-7. */
	unsigned char c, low = 0x80, high = 0xbf;
	size_t len;
	uint32_t code;

	if (b.len == 0)
		return 0;
	c = (unsigned char)b.ptr[0];
	if (c < 0x80) {
		*ret_char = c;
		return 1;
	}

	if (c >= 0xc2 && c <= 0xdf) {
		len = 2;
		code = c & 0x1f;
	} else if (c >= 0xe0 && c <= 0xef) {
		len = 3;
		code = c & 0x0f;
		if (c == 0xe0)
			low = 0xa0;	/* else overlong */
		else if (c == 0xed)
			high = 0x9f;	/* else a surrogate */
	} else if (c >= 0xf0 && c <= 0xf4) {
		len = 4;
		code = c & 0x07;
		if (c == 0xf0)
			low = 0x90;	/* else overlong */
		else if (c == 0xf4)
			high = 0x8f;	/* else beyond U+10FFFF */
	} else {
		return 0;
	}

	if (b.len < len)
		return 0;
	for (size_t i = 1; i < len; i++) {
		c = (unsigned char)b.ptr[i];
		if (c < low || c > high)
			return 0;
		code = code << 6 | (c & 0x3f);
		low = 0x80;
		high = 0xbf;
	}

	*ret_char = code;
	return len;
}

/* Sorted; both ends included.  Unicode 16: general categories Cc, Cf, Zl, Zp, Zs (but
 * the space), Co, Cs, the property Default_Ignorable_Code_Point, and noncharacters. */
static const struct {
	uint32_t first, last;
} unprintable[] = {
	{ 0x0000, 0x001f },
	{ 0x007f, 0x00a0 },	/* DEL, C1 (0x9b is CSI to a terminal), no-break space */
	{ 0x00ad, 0x00ad },	/* soft hyphen */
	{ 0x034f, 0x034f },	/* combining grapheme joiner */
	{ 0x0600, 0x0605 },
	{ 0x061c, 0x061c },	/* Arabic letter mark: bidirectional */
	{ 0x06dd, 0x06dd },
	{ 0x070f, 0x070f },
	{ 0x0890, 0x0891 },
	{ 0x08e2, 0x08e2 },
	{ 0x115f, 0x1160 },	/* Hangul fillers: blank */
	{ 0x1680, 0x1680 },
	{ 0x17b4, 0x17b5 },
	{ 0x180b, 0x180f },
	{ 0x2000, 0x200f },	/* blanks, zero-width, LRM and RLM */
	{ 0x2028, 0x202f },	/* line and paragraph separator, embeddings and overrides */
	{ 0x205f, 0x206f },	/* word joiner, invisible operators, isolates */
	{ 0x2800, 0x2800 },	/* Braille blank */
	{ 0x3000, 0x3000 },
	{ 0x3164, 0x3164 },	/* Hangul filler */
	{ 0xd800, 0xf8ff },	/* surrogates, private use */
	{ 0xfdd0, 0xfdef },	/* noncharacters */
	{ 0xfe00, 0xfe0f },	/* variation selectors */
	{ 0xfeff, 0xfeff },	/* byte order mark */
	{ 0xffa0, 0xffa0 },
	{ 0xfff0, 0xfffb },	/* ignorable, interlinear annotation */
	{ 0xfffe, 0xffff },
	{ 0x110bd, 0x110bd },
	{ 0x110cd, 0x110cd },
	{ 0x13430, 0x1343f },
	{ 0x1bca0, 0x1bca3 },
	{ 0x1d173, 0x1d17a },
	{ 0x1fffe, 0x1ffff },
	{ 0x2fffe, 0x2ffff },
	{ 0x3fffe, 0x10ffff },	/* planes 4 to 13 are empty; 14 holds tags and variation
				 * selectors; 15 and 16 are private use */
};

static bool printable(uint32_t c)
{
	size_t low = 0, high = sizeof(unprintable) / sizeof(unprintable[0]);

	if (c >= 0x20 && c < 0x7f)
		return true;
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (c > unprintable[mid].last)
			low = mid + 1;
		else if (c < unprintable[mid].first)
			high = mid;
		else
			return false;
	}
	return true;
}

enum {
	KEEP_BACKSLASH = 1 << 0,
	ESCAPE_QUOTE = 1 << 1,
};

/* A unit as it will be written: "\u{10ffff}" is the longest. */
struct unit {
	char text[12];
	size_t len;
	size_t taken;	/* bytes of the input */
};

static void next_unit(struct bytes b, unsigned flags, struct unit *u)
{
	uint32_t c = 0;
	size_t n = utf8_sequence(b, &c);
	int len;

	u->taken = n ? n : 1;
	if (n == 0)
		len = snprintf(u->text, sizeof(u->text), "\\x%02x", (unsigned char)b.ptr[0]);
	else if (c == '\\' && !(flags & KEEP_BACKSLASH))
		len = snprintf(u->text, sizeof(u->text), "\\\\");
	else if (c == '"' && (flags & ESCAPE_QUOTE))
		len = snprintf(u->text, sizeof(u->text), "\\\"");
	else if (c == '\n' || c == '\t' || c == '\r')
		len = snprintf(u->text, sizeof(u->text), "\\%c",
			       c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
	else if (printable(c))
		len = snprintf(u->text, sizeof(u->text), "%.*s", (int)n, b.ptr);
	else if (n == 1)
		len = snprintf(u->text, sizeof(u->text), "\\x%02x", (unsigned)c);
	else
		len = snprintf(u->text, sizeof(u->text), "\\u{%x}", (unsigned)c);
	u->len = (size_t)len;
}

/* Whole units of b in at most `max` bytes.  Answers how many bytes of b they are. */
static int append_units(struct str *out, struct bytes b, unsigned flags, size_t max,
			size_t *ret_taken)
{
	size_t taken = 0;

	while (taken < b.len) {
		struct unit u;
		size_t plain;
		int r;

		/* Nearly everything is plain ASCII: copied in runs. */
		for (plain = taken; plain < b.len && plain - taken < max; plain++) {
			char c = b.ptr[plain];

			if (c < 0x20 || c > 0x7e || c == '\\' || c == '"')
				break;
		}
		if (plain > taken) {
			r = str_append(out, b.ptr + taken, plain - taken);
			if (r < 0)
				return r;
			max -= plain - taken;
			taken = plain;
			continue;
		}

		next_unit(bytes_slice(b, taken, b.len - taken), flags, &u);
		if (u.len > max)
			break;
		r = str_append(out, u.text, u.len);
		if (r < 0)
			return r;
		max -= u.len;
		taken += u.taken;
	}

	*ret_taken = taken;
	return 0;
}

/* How many bytes b becomes; `enough` ends the count early, since all above it
 * is the same to the caller. */
static size_t escaped_length(struct bytes b, unsigned flags, size_t enough)
{
	size_t len = 0;

	while (b.len > 0 && len <= enough) {
		struct unit u;

		next_unit(b, flags, &u);
		len += u.len;
		b = bytes_slice(b, u.taken, b.len - u.taken);
	}
	return len;
}

/* The longest end of b, whole units, that becomes at most `max` bytes.  Units are
 * found from the left only (a byte's meaning depends on those before it), but no
 * unit is longer than four bytes and none shrinks, so it suffices to start a
 * few bytes further left than `max` and to step. */
static struct bytes escaped_tail(struct bytes b, unsigned flags, size_t max)
{
	size_t len;

	if (max == 0)
		return bytes_slice(b, b.len, 0);
	if (b.len > max) {
		size_t start = b.len - max;

		/* Back to a byte that begins a unit whatever stands before it. */
		for (unsigned back = 0; back < 3 && start > 0; back++, start--)
			if (((unsigned char)b.ptr[start] & 0xc0) != 0x80)
				break;
		b = bytes_slice(b, start, b.len - start);
	}

	len = escaped_length(b, flags, SIZE_MAX - 16);
	while (len > max) {
		struct unit u;

		next_unit(b, flags, &u);
		len -= u.len;
		b = bytes_slice(b, u.taken, b.len - u.taken);
	}
	return b;
}

static int append_cut(struct str *out, struct bytes b, unsigned flags, size_t max,
		      enum escape_cut cut)
{
	const size_t dots = sizeof(ELLIPSIS) - 1;
	size_t head, taken;
	struct bytes tail = BYTES_NONE;
	int r;

	if (escaped_length(b, flags, max) <= max)
		return append_units(out, b, flags, max, &taken);
	if (max < dots)
		return 0;

	head = max - dots;
	if (cut == ESCAPE_CUT_MIDDLE) {
		tail = escaped_tail(b, flags, head - head / 3);
		head /= 3;
	}
	r = append_units(out, b, flags, head, &taken);
	if (r < 0)
		return r;
	r = str_append(out, ELLIPSIS, dots);
	if (r < 0)
		return r;
	return append_units(out, tail, flags, SIZE_MAX, &taken);
}

/* Undo what a failure left half done. */
static int all_or_nothing(struct str *out, size_t len, int r)
{
	if (r < 0 && out->cap > 0) {
		out->len = len;
		out->buf[len] = '\0';
	}
	return r;
}

int escape_append(struct str *out, struct bytes b)
{
	size_t len = out->len, taken;

	return all_or_nothing(out, len, append_units(out, b, 0, SIZE_MAX, &taken));
}

int escape_append_escaped(struct str *out, struct bytes b)
{
	size_t len = out->len, taken;

	return all_or_nothing(out, len, append_units(out, b, KEEP_BACKSLASH, SIZE_MAX, &taken));
}

int escape_append_max(struct str *out, struct bytes b, size_t max, enum escape_cut cut)
{
	size_t len = out->len;

	return all_or_nothing(out, len, append_cut(out, b, 0, max, cut));
}

int escape_append_quoted(struct str *out, struct bytes b, size_t max, enum escape_cut cut)
{
	size_t len = out->len;
	int r;

	r = str_append_char(out, '"');
	if (r >= 0)
		r = append_cut(out, b, ESCAPE_QUOTE, max, cut);
	if (r >= 0)
		r = str_append_char(out, '"');
	return all_or_nothing(out, len, r);
}

size_t utf8_encode(uint32_t c, char out[static 4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | (c >> 18 & 7));
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* One escape at the start of `text` (its backslash); answers its length, 0: it is none. */
static size_t decode(struct bytes text, char out[4], size_t *ret_len)
{
	uint32_t c = 0;
	size_t i;

	*ret_len = 1;
	if (text.len < 2)
		return 0;
	switch (text.ptr[1]) {
	case '\\':
		out[0] = '\\';
		return 2;
	case '"':
		out[0] = '"';
		return 2;
	case 'n':
		out[0] = '\n';
		return 2;
	case 't':
		out[0] = '\t';
		return 2;
	case 'r':
		out[0] = '\r';
		return 2;
	case 'x':
		if (text.len < 4 || hex_digit(text.ptr[2]) < 0 || hex_digit(text.ptr[3]) < 0)
			return 0;
		out[0] = (char)(hex_digit(text.ptr[2]) << 4 | hex_digit(text.ptr[3]));
		return 4;
	case 'u':
		if (text.len < 5 || text.ptr[2] != '{')
			return 0;
		for (i = 3; i < text.len && i < 9 && hex_digit(text.ptr[i]) >= 0; i++)
			c = c << 4 | (uint32_t)hex_digit(text.ptr[i]);
		if (i == 3 || i == text.len || text.ptr[i] != '}' || c > 0x10ffff)
			return 0;
		*ret_len = utf8_encode(c, out);	/* never longer than the escape that it was */
		return i + 1;
	default:
		return 0;
	}
}

int escape_undo(struct str *out, struct bytes text)
{
	size_t before = out->len;
	int r = 0;

	while (text.len > 0 && r >= 0) {
		ptrdiff_t slash = bytes_find_byte(text, '\\', 0);
		size_t plain = slash < 0 ? text.len : (size_t)slash, used, len;
		char bytes[4];

		r = str_append(out, text.ptr, plain);
		text = bytes_slice(text, plain, text.len - plain);
		if (r < 0 || text.len == 0)
			break;
		used = decode(text, bytes, &len);
		if (used == 0) {
			r = -EINVAL;
			break;
		}
		r = str_append(out, bytes, len);
		text = bytes_slice(text, used, text.len - used);
	}
	if (r < 0 && out->len > before) {
		out->len = before;
		out->buf[before] = '\0';
	}
	return r;
}
