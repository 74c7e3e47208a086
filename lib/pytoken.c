/* pytoken.c - cuts Python source into tokens.
 *
 * The rules are those of CPython's Parser/tokenizer.c (Parser/lexer/ since 3.13) and of the reference manual, chapter
 * "Lexical analysis".  Where versions differ, the text is cut as the newest does, if that works out, since a text that
 * older ones accept means the same to it: an f-string may hold its own quotes since PEP 701 (3.12); if it does not end that
 * way, it ends at the first quote, as before.
 *
 * Names are ASCII letters, digits, "_" and every byte from 0x80 on: which characters may start a name (PEP 3131)
 * decides only whether CPython refuses the file.
 */
#include "pytoken.h"

#include "cleanup.h"
#include "pytext.h"

/* ---- characters ------------------------------------------------------------------- */

static int byte_at(struct bytes b, size_t at)
{
	return at < b.len ? (unsigned char)b.ptr[at] : -1;
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_name_start(int c)
{
	return is_letter(c) || c == '_' || c >= 0x80;
}

static bool is_name_byte(int c)
{
	return is_name_start(c) || is_digit(c);
}

static int lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/* Length of the line end at `at`: 0, 1, or 2 for \r\n. */
static size_t line_end(struct bytes b, size_t at)
{
	int c = byte_at(b, at);

	if (c == '\r')
		return byte_at(b, at + 1) == '\n' ? 2 : 1;
	return c == '\n';
}

static unsigned count_lines(struct bytes b)
{
	unsigned n = 0;

	for (size_t i = 0; i < b.len;) {
		size_t end = line_end(b, i);

		n += end > 0;
		i += end ? end : 1;
	}
	return n;
}

/* ---- strings ---------------------------------------------------------------------- */

/* How many of the quote at `at` begin a literal: 1 or 3. */
static size_t quote_length(struct bytes b, size_t at)
{
	char q = b.ptr[at];

	return byte_at(b, at + 1) == q && byte_at(b, at + 2) == q ? 3 : 1;
}

struct quote {
	char c;
	size_t length;
	bool raw;
};

static bool closes(struct bytes b, size_t at, struct quote q)
{
	return b.ptr[at] == q.c &&
	       (q.length == 1 || (byte_at(b, at + 1) == q.c && byte_at(b, at + 2) == q.c));
}

/* From behind the opening quotes to the closing ones, or to where the literal breaks off: *ret_closed. */
static size_t plain_end(struct bytes b, size_t at, struct quote q, bool *ret_closed)
{
	while (at < b.len) {
		if (closes(b, at, q)) {
			*ret_closed = true;
			return at;
		}
		if (b.ptr[at] == '\\' && at + 1 < b.len)
			at += 1 + (line_end(b, at + 1) ? line_end(b, at + 1) : 1);
		else if (q.length == 1 && line_end(b, at))
			break;
		else
			at++;
	}
	*ret_closed = false;
	return at;
}

/* The literal's quotes and prefix at `at`, of which `prefix_length` bytes are letters. */
static unsigned prefix_of(struct bytes letters)
{
	unsigned prefix = 0;

	for (size_t i = 0; i < letters.len; i++)
		switch (lower(letters.ptr[i])) {
		case 'r': prefix |= PYSTRING_RAW; break;
		case 'b': prefix |= PYSTRING_BYTES; break;
		case 'f':
		case 't': prefix |= PYSTRING_FORMAT; break;
		default: break;
		}
	return prefix;
}

/* Are these letters before a quote a prefix?  u, and each of r, b, f, t at most once. */
static bool is_prefix(struct bytes letters)
{
	unsigned seen = 0;

	if (letters.len > 2)
		return false;
	for (size_t i = 0; i < letters.len; i++) {
		int c = lower(letters.ptr[i]);

		if (!(c == 'r' || c == 'b' || c == 'f' || c == 't' || c == 'u') || seen & 1u << (c - 'a'))
			return false;
		seen |= 1u << (c - 'a');
	}
	return true;
}

static size_t format_end(struct bytes b, size_t at, struct quote q, unsigned depth, bool *ret_closed);

/* Behind a literal within a replacement field.  `from`: where the field's code began, for its prefix. */
static size_t skip_literal(struct bytes b, size_t from, size_t at, unsigned depth, bool *ret_closed)
{
	struct quote q = { b.ptr[at], quote_length(b, at), false };
	size_t start = at;
	unsigned prefix;

	while (start > from && at - start < 2 && is_letter(byte_at(b, start - 1)))
		start--;
	prefix = prefix_of(bytes_slice(b, start, at - start));
	q.raw = prefix & PYSTRING_RAW;
	if (q.length == 1 && byte_at(b, at + 1) == q.c) {
		*ret_closed = true;
		return at + 2;
	}
	at = prefix & PYSTRING_FORMAT ? format_end(b, at + q.length, q, depth + 1, ret_closed) :
		plain_end(b, at + q.length, q, ret_closed);
	return at + q.length;
}

/* The code of a field, from behind its brace to what ends it: "}", or ":" or "!" of its format, or a "=" before those. */
static size_t field_code_end(struct bytes b, size_t at, unsigned depth, bool *ret_closed)
{
	size_t from = at;
	unsigned open = 0;

	*ret_closed = false;
	while (at < b.len) {
		int c = (unsigned char)b.ptr[at];

		if (c == '\'' || c == '"') {
			at = skip_literal(b, from, at, depth, ret_closed);
			if (!*ret_closed)
				return at;
			*ret_closed = false;
			continue;
		}
		if (open == 0 && (c == '}' || c == ':' || (c == '!' && byte_at(b, at + 1) != '='))) {
			*ret_closed = true;
			return at;
		}
		if (c == '(' || c == '[' || c == '{')
			open++;
		else if ((c == ')' || c == ']' || c == '}') && open > 0)
			open--;
		at++;
	}
	return at;
}

/* Behind the "}" of a field whose code ends at `at`; its format may hold fields. */
static size_t field_end(struct bytes b, size_t at, unsigned depth, bool *ret_closed)
{
	*ret_closed = false;
	while (at < b.len) {
		if (b.ptr[at] == '}') {
			*ret_closed = true;
			return at + 1;
		}
		if (b.ptr[at] == '{') {
			if (depth >= PYTOKEN_FORMATS_MAX)
				return at;
			at = field_code_end(b, at + 1, depth + 1, ret_closed);
			if (*ret_closed)
				at = field_end(b, at, depth + 1, ret_closed);
			if (!*ret_closed)
				return at;
			*ret_closed = false;
		} else {
			at++;
		}
	}
	return at;
}

/* What a backslash keeps from being read in an f-string: a brace never, save that of a character's name. */
static size_t escape_length(struct bytes b, size_t at, bool raw)
{
	int next = byte_at(b, at + 1);

	if (!raw && next == 'N' && byte_at(b, at + 2) == '{')
		for (size_t i = at + 3; i < b.len && i < at + 3 + PYTOKEN_CHARACTER_NAME_MAX; i++)
			if (b.ptr[i] == '}')
				return i + 1 - at;
	return next == '{' || next == '}' || next < 0 ? 1 : 1 + (line_end(b, at + 1) ? line_end(b, at + 1) : 1);
}

/* The same as plain_end() for an f-string, in which a field may hold the same quotes (PEP 701). */
static size_t format_end(struct bytes b, size_t at, struct quote q, unsigned depth, bool *ret_closed)
{
	*ret_closed = false;
	if (depth >= PYTOKEN_FORMATS_MAX)
		return at;
	while (at < b.len) {
		if (closes(b, at, q)) {
			*ret_closed = true;
			return at;
		}
		if (b.ptr[at] == '{' && byte_at(b, at + 1) == '{') {
			at += 2;
		} else if (b.ptr[at] == '{') {
			at = field_code_end(b, at + 1, depth, ret_closed);
			if (*ret_closed)
				at = field_end(b, at, depth, ret_closed);
			if (!*ret_closed)
				return at;
			*ret_closed = false;
		} else if (b.ptr[at] == '\\') {
			at += escape_length(b, at, q.raw);
		} else if (q.length == 1 && line_end(b, at)) {
			break;
		} else {
			at++;
		}
	}
	return at;
}

bool pytoken_field(struct bytes body, size_t at, struct bytes *ret_code, struct bytes *ret_format, size_t *ret_next)
{
	bool closed;
	size_t end = field_code_end(body, at, 0, &closed), next;

	if (!closed)
		return false;
	next = field_end(body, end, 0, &closed);
	if (!closed)
		return false;
	*ret_code = bytes_slice(body, at, end - at);
	*ret_format = bytes_slice(body, end, next - 1 - end);
	*ret_next = next;
	return true;
}

/* The literal whose quote is at `quote_at`, with its prefix from `start` on. */
static void read_string(struct pytoken_reader *r, size_t start, size_t quote_at, struct pytoken *ret)
{
	struct quote q = { r->text.ptr[quote_at], quote_length(r->text, quote_at), false };
	size_t from = quote_at + q.length, end = from;
	bool closed = false;

	ret->kind = PYTOKEN_STRING;
	ret->prefix = prefix_of(bytes_slice(r->text, start, quote_at - start));
	q.raw = ret->prefix & PYSTRING_RAW;
	if (ret->prefix & PYSTRING_FORMAT) {
		if (r->odd_formats < PYTOKEN_ODD_FORMATS_MAX)
			end = format_end(r->text, from, q, 0, &closed);
		r->odd_formats += !closed;
		r->too_deep = r->too_deep || !closed;
	}
	if (!closed)
		end = plain_end(r->text, from, q, &closed);
	ret->body = bytes_slice(r->text, from, end - from);
	r->at = closed ? end + q.length : end;
	r->line += count_lines(ret->body);
}

/* ---- numbers, names, operators -------------------------------------------------------- */

static bool is_digit_of(int c, char base)
{
	switch (base) {
	case 'x': return c >= 0 && hex_digit((char)c) >= 0;
	case 'o': return c >= '0' && c <= '7';
	case 'b': return c == '0' || c == '1';
	default: return is_digit(c);
	}
}

static size_t skip_digits(struct bytes b, size_t at, char base)
{
	while (is_digit_of(byte_at(b, at), base) || byte_at(b, at) == '_')
		at++;
	return at;
}

/* Ends where CPython ends it, so that "0x1for x" and "1if y" are a number and a name. */
static size_t number_end(struct bytes b, size_t at)
{
	int second = lower(byte_at(b, at + 1));
	int c;

	if (b.ptr[at] == '0' && (second == 'x' || second == 'o' || second == 'b')) {
		at = skip_digits(b, at + 2, (char)second);
	} else {
		at = skip_digits(b, at, 0);
		if (byte_at(b, at) == '.')
			at = skip_digits(b, at + 1, 0);
		if (lower(byte_at(b, at)) == 'e') {
			size_t sign = byte_at(b, at + 1) == '+' || byte_at(b, at + 1) == '-';

			if (is_digit(byte_at(b, at + 1 + sign)))
				at = skip_digits(b, at + 1 + sign, 0);
		}
	}
	c = lower(byte_at(b, at));
	if (c == 'j' || c == 'l')	/* l: Python 2 */
		at++;
	return at;
}

/* The operator at `at`, the longest that stands there: as pytoken_op(), and its length. */
static uint32_t read_operator(struct bytes b, size_t at, size_t *ret_length)
{
	uint32_t first = (unsigned char)b.ptr[at];
	int second = byte_at(b, at + 1), third = byte_at(b, at + 2);
	bool doubled = second == (int)first && memchr("*/<>", (int)first, 4);

	*ret_length = 1;
	if (first == '.' && second == '.' && third == '.')
		*ret_length = 3;
	else if (doubled)
		*ret_length = third == '=' ? 3 : 2;
	else if (second == '=' && memchr("+-*/%&|^@<>=!:", (int)first, 14))
		*ret_length = 2;
	else if (second == '>' && (first == '-' || first == '<'))
		*ret_length = 2;
	if (*ret_length > 1)
		first = first << 8 | (uint32_t)second;
	if (*ret_length > 2)
		first = first << 8 | (uint32_t)third;
	return first;
}

static void count_bracket(struct pytoken_reader *r, char c)
{
	if (c == '(' || c == '[' || c == '{') {
		r->depth++;
		r->too_deep = r->too_deep || r->depth > PYTOKEN_BRACKETS_MAX;
	} else if ((c == ')' || c == ']' || c == '}') && r->depth > 0) {
		r->depth--;
	}
}

static void read_name(struct pytoken_reader *r, struct pytoken *ret)
{
	size_t start = r->at, at = start;
	int c;

	ret->kind = PYTOKEN_NAME;
	ret->ascii = true;
	while (is_name_byte(c = byte_at(r->text, at))) {
		ret->ascii = ret->ascii && c < 0x80;
		at++;
	}
	if ((c == '\'' || c == '"') && is_prefix(bytes_slice(r->text, start, at - start)))
		read_string(r, start, at, ret);
	else
		r->at = at;
}

static void read_token(struct pytoken_reader *r, struct pytoken *ret)
{
	size_t start = r->at;
	int c = byte_at(r->text, start);

	ret->line = r->line;
	if (is_name_start(c)) {
		read_name(r, ret);
	} else if (is_digit(c) || (c == '.' && is_digit(byte_at(r->text, start + 1)))) {
		ret->kind = PYTOKEN_NUMBER;
		r->at = number_end(r->text, start);
	} else if (c == '\'' || c == '"') {
		read_string(r, start, start, ret);
	} else {
		size_t length;

		ret->kind = PYTOKEN_OP;
		ret->op = read_operator(r->text, start, &length);
		r->at += length;
		count_bracket(r, (char)c);
	}
	ret->text = bytes_slice(r->text, start, r->at - start);
}

/* ---- lines ------------------------------------------------------------------------------ */

/* Over blanks, comments and joined lines; at the end of a logical line it stops. */
static void skip_blanks(struct pytoken_reader *r)
{
	for (;;) {
		int c = byte_at(r->text, r->at);
		size_t end;

		if (c == ' ' || c == '\t' || c == '\f' || c == 0) {
			r->at++;
		} else if (c == '#') {
			while (r->at < r->text.len && !line_end(r->text, r->at))
				r->at++;
		} else if (c == '\\' && (end = line_end(r->text, r->at + 1)) > 0) {
			r->at += 1 + end;
			r->line++;
		} else if (r->depth > 0 && (end = line_end(r->text, r->at)) > 0) {
			r->at += end;
			r->line++;
		} else {
			return;
		}
	}
}

/* Column of the first token of a line, at which the reader stands then.  False: the line is blank. */
static bool read_indentation(struct pytoken_reader *r, unsigned *ret)
{
	unsigned column = 0;
	int c;

	for (;; r->at++) {
		c = byte_at(r->text, r->at);
		if (c == ' ')
			column++;
		else if (c == '\t')
			column = (column / 8 + 1) * 8;
		else if (c == '\f')
			column = 0;
		else
			break;
	}
	skip_blanks(r);
	if (r->at >= r->text.len)
		return false;
	if (line_end(r->text, r->at)) {
		r->at += line_end(r->text, r->at);
		r->line++;
		return false;
	}
	*ret = column;
	return true;
}

/* At the start of a line.  True: an INDENT is to be reported; DEDENTs are counted in r->dedents. */
static bool start_line(struct pytoken_reader *r)
{
	unsigned column = 0;

	r->line_start = false;
	while (r->at < r->text.len)
		if (read_indentation(r, &column))
			break;
	if (r->at >= r->text.len)
		return false;
	if (r->indent_count == 0)
		r->indents[r->indent_count++] = column;
	if (column > r->indents[r->indent_count - 1]) {
		if (r->indent_count == PYTOKEN_INDENTS_MAX) {
			r->too_deep = true;
			return false;
		}
		r->indents[r->indent_count++] = column;
		return true;
	}
	while (r->indent_count > 1 && column < r->indents[r->indent_count - 1]) {
		r->indent_count--;
		r->dedents++;
	}
	return false;
}

void pytoken_init(struct pytoken_reader *r, struct bytes text, unsigned line)
{
	*r = (struct pytoken_reader){ .text = text, .line = line, .line_start = true };
}

void pytoken_init_inside(struct pytoken_reader *r, struct bytes text, unsigned line)
{
	*r = (struct pytoken_reader){ .text = text, .line = line, .depth = 1 };
}

static void end_of_text(struct pytoken_reader *r, struct pytoken *ret)
{
	if (r->in_line) {
		r->in_line = false;
		ret->kind = PYTOKEN_NEWLINE;
	} else if (r->indent_count > 1) {
		r->indent_count--;
		ret->kind = PYTOKEN_DEDENT;
	}
}

void pytoken_next(struct pytoken_reader *r, struct pytoken *ret)
{
	size_t end;

	*ret = (struct pytoken){ .kind = PYTOKEN_END, .line = r->line, .text = bytes_slice(r->text, r->at, 0) };
	if (r->line_start && start_line(r)) {
		ret->kind = PYTOKEN_INDENT;
		return;
	}
	if (r->dedents > 0) {
		r->dedents--;
		ret->kind = PYTOKEN_DEDENT;
		return;
	}
	skip_blanks(r);
	ret->line = r->line;
	if (r->at >= r->text.len) {
		end_of_text(r, ret);
		return;
	}
	end = line_end(r->text, r->at);
	if (end > 0) {
		r->at += end;
		r->line++;
		r->line_start = true;
		r->in_line = false;
		ret->kind = PYTOKEN_NEWLINE;
		return;
	}
	r->in_line = true;
	read_token(r, ret);
}

/* ---- values ------------------------------------------------------------------------------ */

/* Characters that may stand in a name and that NFKC makes ASCII (Unicode 14; made with unicodedata): first, last, and what
 * the first one becomes, the others counted on. */
static const struct {
	uint32_t first, last;
	const char *ascii;
} look_alikes[] = {
	{ 0xaa, 0xaa, "a" }, { 0xba, 0xba, "o" }, { 0x132, 0x132, "IJ" }, { 0x133, 0x133, "ij" },
	{ 0x17f, 0x17f, "s" }, { 0x1c7, 0x1c7, "LJ" }, { 0x1c8, 0x1c8, "Lj" }, { 0x1c9, 0x1c9, "lj" },
	{ 0x1ca, 0x1ca, "NJ" }, { 0x1cb, 0x1cb, "Nj" }, { 0x1cc, 0x1cc, "nj" }, { 0x1f1, 0x1f1, "DZ" },
	{ 0x1f2, 0x1f2, "Dz" }, { 0x1f3, 0x1f3, "dz" }, { 0x2b0, 0x2b0, "h" }, { 0x2b2, 0x2b2, "j" },
	{ 0x2b3, 0x2b3, "r" }, { 0x2b7, 0x2b7, "w" }, { 0x2b8, 0x2b8, "y" }, { 0x2e1, 0x2e1, "l" },
	{ 0x2e2, 0x2e2, "s" }, { 0x2e3, 0x2e3, "x" }, { 0x1d2c, 0x1d2c, "A" }, { 0x1d2e, 0x1d2e, "B" },
	{ 0x1d30, 0x1d31, "D" }, { 0x1d33, 0x1d3a, "G" }, { 0x1d3c, 0x1d3c, "O" }, { 0x1d3e, 0x1d3e, "P" },
	{ 0x1d3f, 0x1d3f, "R" }, { 0x1d40, 0x1d41, "T" }, { 0x1d42, 0x1d42, "W" }, { 0x1d43, 0x1d43, "a" },
	{ 0x1d47, 0x1d47, "b" }, { 0x1d48, 0x1d49, "d" }, { 0x1d4d, 0x1d4d, "g" }, { 0x1d4f, 0x1d4f, "k" },
	{ 0x1d50, 0x1d50, "m" }, { 0x1d52, 0x1d52, "o" }, { 0x1d56, 0x1d56, "p" }, { 0x1d57, 0x1d58, "t" },
	{ 0x1d5b, 0x1d5b, "v" }, { 0x1d62, 0x1d62, "i" }, { 0x1d63, 0x1d63, "r" }, { 0x1d64, 0x1d65, "u" },
	{ 0x1d9c, 0x1d9c, "c" }, { 0x1da0, 0x1da0, "f" }, { 0x1dbb, 0x1dbb, "z" }, { 0x2071, 0x2071, "i" },
	{ 0x207f, 0x207f, "n" }, { 0x2090, 0x2090, "a" }, { 0x2091, 0x2091, "e" }, { 0x2092, 0x2092, "o" },
	{ 0x2093, 0x2093, "x" }, { 0x2095, 0x2095, "h" }, { 0x2096, 0x2099, "k" }, { 0x209a, 0x209a, "p" },
	{ 0x209b, 0x209c, "s" }, { 0x2102, 0x2102, "C" }, { 0x210a, 0x210a, "g" }, { 0x210b, 0x210b, "H" },
	{ 0x210c, 0x210c, "H" }, { 0x210d, 0x210d, "H" }, { 0x210e, 0x210e, "h" }, { 0x2110, 0x2110, "I" },
	{ 0x2111, 0x2111, "I" }, { 0x2112, 0x2112, "L" }, { 0x2113, 0x2113, "l" }, { 0x2115, 0x2115, "N" },
	{ 0x2119, 0x211b, "P" }, { 0x211c, 0x211c, "R" }, { 0x211d, 0x211d, "R" }, { 0x2124, 0x2124, "Z" },
	{ 0x2128, 0x2128, "Z" }, { 0x212a, 0x212a, "K" }, { 0x212c, 0x212d, "B" }, { 0x212f, 0x212f, "e" },
	{ 0x2130, 0x2131, "E" }, { 0x2133, 0x2133, "M" }, { 0x2134, 0x2134, "o" }, { 0x2139, 0x2139, "i" },
	{ 0x2145, 0x2145, "D" }, { 0x2146, 0x2147, "d" }, { 0x2148, 0x2149, "i" }, { 0x2160, 0x2160, "I" },
	{ 0x2161, 0x2161, "II" }, { 0x2162, 0x2162, "III" }, { 0x2163, 0x2163, "IV" }, { 0x2164, 0x2164, "V" },
	{ 0x2165, 0x2165, "VI" }, { 0x2166, 0x2166, "VII" }, { 0x2167, 0x2167, "VIII" }, { 0x2168, 0x2168, "IX" },
	{ 0x2169, 0x2169, "X" }, { 0x216a, 0x216a, "XI" }, { 0x216b, 0x216b, "XII" }, { 0x216c, 0x216c, "L" },
	{ 0x216d, 0x216e, "C" }, { 0x216f, 0x216f, "M" }, { 0x2170, 0x2170, "i" }, { 0x2171, 0x2171, "ii" },
	{ 0x2172, 0x2172, "iii" }, { 0x2173, 0x2173, "iv" }, { 0x2174, 0x2174, "v" }, { 0x2175, 0x2175, "vi" },
	{ 0x2176, 0x2176, "vii" }, { 0x2177, 0x2177, "viii" }, { 0x2178, 0x2178, "ix" }, { 0x2179, 0x2179, "x" },
	{ 0x217a, 0x217a, "xi" }, { 0x217b, 0x217b, "xii" }, { 0x217c, 0x217c, "l" }, { 0x217d, 0x217e, "c" },
	{ 0x217f, 0x217f, "m" }, { 0x2c7c, 0x2c7c, "j" }, { 0x2c7d, 0x2c7d, "V" }, { 0xa7f2, 0xa7f2, "C" },
	{ 0xa7f3, 0xa7f3, "F" }, { 0xa7f4, 0xa7f4, "Q" }, { 0xfb00, 0xfb00, "ff" }, { 0xfb01, 0xfb01, "fi" },
	{ 0xfb02, 0xfb02, "fl" }, { 0xfb03, 0xfb03, "ffi" }, { 0xfb04, 0xfb04, "ffl" }, { 0xfb05, 0xfb05, "st" },
	{ 0xfb06, 0xfb06, "st" }, { 0xfe33, 0xfe33, "_" }, { 0xfe34, 0xfe34, "_" }, { 0xfe4d, 0xfe4d, "_" },
	{ 0xfe4e, 0xfe4e, "_" }, { 0xfe4f, 0xfe4f, "_" }, { 0xff10, 0xff19, "0" }, { 0xff21, 0xff3a, "A" },
	{ 0xff3f, 0xff3f, "_" }, { 0xff41, 0xff5a, "a" }, { 0x107a5, 0x107a5, "q" }, { 0x1d400, 0x1d419, "A" },
	{ 0x1d41a, 0x1d433, "a" }, { 0x1d434, 0x1d44d, "A" }, { 0x1d44e, 0x1d454, "a" }, { 0x1d456, 0x1d467, "i" },
	{ 0x1d468, 0x1d481, "A" }, { 0x1d482, 0x1d49b, "a" }, { 0x1d49c, 0x1d49c, "A" }, { 0x1d49e, 0x1d49f, "C" },
	{ 0x1d4a2, 0x1d4a2, "G" }, { 0x1d4a5, 0x1d4a6, "J" }, { 0x1d4a9, 0x1d4ac, "N" }, { 0x1d4ae, 0x1d4b5, "S" },
	{ 0x1d4b6, 0x1d4b9, "a" }, { 0x1d4bb, 0x1d4bb, "f" }, { 0x1d4bd, 0x1d4c3, "h" }, { 0x1d4c5, 0x1d4cf, "p" },
	{ 0x1d4d0, 0x1d4e9, "A" }, { 0x1d4ea, 0x1d503, "a" }, { 0x1d504, 0x1d505, "A" }, { 0x1d507, 0x1d50a, "D" },
	{ 0x1d50d, 0x1d514, "J" }, { 0x1d516, 0x1d51c, "S" }, { 0x1d51e, 0x1d537, "a" }, { 0x1d538, 0x1d539, "A" },
	{ 0x1d53b, 0x1d53e, "D" }, { 0x1d540, 0x1d544, "I" }, { 0x1d546, 0x1d546, "O" }, { 0x1d54a, 0x1d550, "S" },
	{ 0x1d552, 0x1d56b, "a" }, { 0x1d56c, 0x1d585, "A" }, { 0x1d586, 0x1d59f, "a" }, { 0x1d5a0, 0x1d5b9, "A" },
	{ 0x1d5ba, 0x1d5d3, "a" }, { 0x1d5d4, 0x1d5ed, "A" }, { 0x1d5ee, 0x1d607, "a" }, { 0x1d608, 0x1d621, "A" },
	{ 0x1d622, 0x1d63b, "a" }, { 0x1d63c, 0x1d655, "A" }, { 0x1d656, 0x1d66f, "a" }, { 0x1d670, 0x1d689, "A" },
	{ 0x1d68a, 0x1d6a3, "a" }, { 0x1d7ce, 0x1d7d7, "0" }, { 0x1d7d8, 0x1d7e1, "0" }, { 0x1d7e2, 0x1d7eb, "0" },
	{ 0x1d7ec, 0x1d7f5, "0" }, { 0x1d7f6, 0x1d7ff, "0" }, { 0x1fbf0, 0x1fbf9, "0" },
};

/* The run that holds c, by binary search; -1: none. */
static int look_alike(uint32_t c)
{
	size_t low = 0, high = ELEMENTSOF(look_alikes);

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (c > look_alikes[mid].last)
			low = mid + 1;
		else
			high = mid;
	}
	return low < ELEMENTSOF(look_alikes) && c >= look_alikes[low].first ? (int)low : -1;
}

int pytoken_normalise(struct bytes name, struct str *ret)
{
	for (size_t at = 0; at < name.len;) {
		uint32_t c;
		bool valid;
		size_t n = pytext_decode(name, at, &c, &valid);
		int run = c >= 0x80 && valid ? look_alike(c) : -1;
		int r;

		if (run < 0)
			r = str_append(ret, name.ptr + at, n);
		else if (look_alikes[run].ascii[1])
			r = str_append_text(ret, look_alikes[run].ascii);
		else
			r = str_append_char(ret, (char)(look_alikes[run].ascii[0] + (c - look_alikes[run].first)));
		if (r < 0)
			return r;
		at += n;
	}
	return 0;
}

static int append_character(struct str *ret, uint32_t c, bool is_bytes)
{
	char utf8[4];
	size_t n;

	if (is_bytes || c < 0x80)
		return str_append_char(ret, (char)c);
	if (c < 0x800) {
		utf8[0] = (char)(0xc0 | c >> 6);
		n = 2;
	} else if (c < 0x10000) {
		utf8[0] = (char)(0xe0 | c >> 12);
		n = 3;
	} else {
		utf8[0] = (char)(0xf0 | (c >> 18 & 7));
		n = 4;
	}
	for (size_t i = 1; i < n; i++)
		utf8[i] = (char)(0x80 | (c >> 6 * (n - 1 - i) & 0x3f));
	return str_append(ret, utf8, n);
}

/* Digits of a numeric escape; how many there were. */
static size_t read_digits(struct bytes b, size_t at, size_t max, unsigned base, uint32_t *ret)
{
	uint32_t value = 0;
	size_t n = 0;

	for (; n < max && at + n < b.len; n++) {
		int digit = hex_digit(b.ptr[at + n]);

		if (digit < 0 || (unsigned)digit >= base)
			break;
		value = value * base + (uint32_t)digit;
	}
	*ret = value;
	return n;
}

/* \N{LATIN SMALL LETTER E}: the letters of ASCII; other names give U+FFFD. */
static uint32_t named_character(struct bytes name)
{
	static const struct bytes small = BYTES_LIT("LATIN SMALL LETTER "), capital = BYTES_LIT("LATIN CAPITAL LETTER ");

	if (name.len == small.len + 1 && bytes_equal_fold(bytes_slice(name, 0, small.len), small))
		return (uint32_t)lower((unsigned char)name.ptr[name.len - 1]);
	if (name.len == capital.len + 1 && bytes_equal_fold(bytes_slice(name, 0, capital.len), capital))
		return (uint32_t)lower((unsigned char)name.ptr[name.len - 1]) - ('a' - 'A');
	return 0xfffd;
}

/* One escape, its backslash at `at`: what it is, and its length; 0: none, the backslash stands for itself. */
static size_t read_escape(struct bytes b, size_t at, bool is_bytes, uint32_t *ret, bool *ret_numeric)
{
	static const char simple[] = "\\\\'\'\"\"a\ab\bf\fn\nr\rt\tv\v";
	int c = byte_at(b, at + 1);
	size_t n;

	for (size_t i = 0; i + 1 < sizeof(simple); i += 2)
		if (c == simple[i]) {
			*ret = (unsigned char)simple[i + 1];
			return 2;
		}
	*ret_numeric = true;
	if (c >= '0' && c <= '7') {
		n = read_digits(b, at + 1, 3, 8, ret);
		*ret &= is_bytes ? 0xff : 0x1ff;
		return 1 + n;
	}
	if (c == 'x' && read_digits(b, at + 2, 2, 16, ret) == 2)
		return 4;
	if (is_bytes)
		return 0;
	if (c == 'u' && read_digits(b, at + 2, 4, 16, ret) == 4)
		return 6;
	if (c == 'U' && read_digits(b, at + 2, 8, 16, ret) == 8)
		return *ret <= 0x10ffff ? 10 : 0;
	if (c == 'N' && byte_at(b, at + 2) == '{') {
		ptrdiff_t end = -1;

		for (size_t i = at + 3; i < b.len && i < at + 3 + PYTOKEN_CHARACTER_NAME_MAX && end < 0; i++)
			if (b.ptr[i] == '}')
				end = (ptrdiff_t)i;
		if (end < 0)
			return 0;
		*ret = named_character(bytes_slice(b, at + 3, (size_t)end - at - 3));
		return (size_t)end + 1 - at;
	}
	return 0;
}

int pytoken_unescape(struct bytes body, unsigned prefix, struct str *ret, size_t *ret_disguised)
{
	bool is_bytes = prefix & PYSTRING_BYTES;
	size_t start = 0;
	int r;

	*ret_disguised = 0;
	if (prefix & PYSTRING_RAW)
		return str_append_bytes(ret, body);
	for (size_t at = 0; at < body.len;) {
		bool numeric = false;
		size_t n = 0;
		uint32_t c;

		if (body.ptr[at] != '\\') {
			at++;
			continue;
		}
		r = str_append(ret, body.ptr + start, at - start);
		if (r < 0)
			return r;
		start = at;
		n = line_end(body, at + 1);
		if (n > 0) {
			at += 1 + n;
			start = at;
			continue;
		}
		n = read_escape(body, at, is_bytes, &c, &numeric);
		if (n == 0) {
			at += at + 1 < body.len && body.ptr[at + 1] != '\\' ? 2 : 1;
			continue;
		}
		*ret_disguised += numeric && c < 0x80 && (is_letter((int)c) || is_digit((int)c));
		r = append_character(ret, c, is_bytes);
		if (r < 0)
			return r;
		at += n;
		start = at;
	}
	return str_append(ret, body.ptr + start, body.len - start);
}
