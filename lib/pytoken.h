/* pytoken.h - the tokens of Python source, as CPython's tokenizer cuts them.
 *
 * What the reference manual calls lexical analysis: names, numbers, strings with all prefixes, operators, logical
 * lines, indentation.  Comments and joined lines vanish.  Source that CPython would refuse is read on as far as it
 * makes sense, Python 2's spellings included: a reader that stops at an error would see nothing behind it.
 *
 * A reader is a plain value: a copy of it is a place to come back to.  Views into the text, no memory, linear.
 */
#ifndef PYHOOKD_PYTOKEN_H
#define PYHOOKD_PYTOKEN_H

#include <stdbool.h>

#include "limits.h"
#include "str.h"

enum pytoken_kind {
	PYTOKEN_END,
	PYTOKEN_NAME,		/* keywords, too */
	PYTOKEN_NUMBER,
	PYTOKEN_STRING,		/* one literal; adjacent ones are several */
	PYTOKEN_OP,		/* any other character is one, too */
	PYTOKEN_NEWLINE,	/* the end of a logical line */
	PYTOKEN_INDENT,
	PYTOKEN_DEDENT,
};

enum pystring_prefix {
	PYSTRING_RAW	= 1 << 0,
	PYSTRING_BYTES	= 1 << 1,
	PYSTRING_FORMAT	= 1 << 2,	/* f and t: the parts in braces are code */
};

struct pytoken {
	enum pytoken_kind kind;
	struct bytes text;	/* as it stands in the source */
	struct bytes body;	/* STRING: between the quotes, escapes as they stand */
	unsigned prefix;	/* STRING: enum pystring_prefix */
	unsigned line;		/* of its first character, from the reader's first line */
	uint32_t op;		/* OP: pytoken_op() of its text; else 0 */
	bool ascii;		/* NAME: nothing to normalise */
};

struct pytoken_reader {
	struct bytes text;
	size_t at;
	unsigned line;
	unsigned depth;		/* open brackets: no line ends in them */
	unsigned indents[PYTOKEN_INDENTS_MAX];
	unsigned indent_count;	/* of indents, the outermost included */
	unsigned dedents;	/* to be reported */
	bool line_start;
	bool in_line;		/* a token of this line was reported */
	bool too_deep;		/* a bound was reached: more brackets or indentation than CPython takes */
	unsigned odd_formats;	/* f-strings that do not end as PEP 701 says */
};

/* `line`: number of the first line.  The first line's indentation is that of the whole. */
void pytoken_init(struct pytoken_reader *r, struct bytes text, unsigned line);

/* The same, for an expression: `text` is a part of a line that is in brackets already. */
void pytoken_init_inside(struct pytoken_reader *r, struct bytes text, unsigned line);

/* The next token; PYTOKEN_END for ever at the end, behind a NEWLINE and the DEDENTs. */
void pytoken_next(struct pytoken_reader *r, struct pytoken *ret);

/* An operator as a number; for a literal, the compiler works it out. */
static inline uint32_t pytoken_op(const char *text)
{
	size_t length = strlen(text);
	uint32_t op = 0;

	for (size_t i = 0; i < length && i < 3; i++)
		op = op << 8 | (unsigned char)text[i];
	return op;
}

/* Asked for every token, many times: inline. */
static inline bool pytoken_is_op(const struct pytoken *t, const char *op)
{
	return t->op == pytoken_op(op);
}

static inline bool pytoken_is_name(const struct pytoken *t, struct bytes name)
{
	return t->kind == PYTOKEN_NAME && t->text.len == name.len && memcmp(t->text.ptr, name.ptr, name.len) == 0;
}

/* The replacement field of an f-string that begins behind the brace at body[at - 1]: its code, without conversion and
 * format; *ret_next is behind its closing brace.  False: it is not closed. */
bool pytoken_field(struct bytes body, size_t at, struct bytes *ret_code, struct bytes *ret_format, size_t *ret_next);

/* Append a name as CPython compares it: NFKC, as far as that gives ASCII (PEP 3131; other characters are kept). */
int pytoken_normalise(struct bytes name, struct str *ret);

/* Append the value of a string's body (no format fields resolved): escapes of text or of bytes.  *ret_disguised counts
 * numeric escapes that stand for an ordinary letter or digit. */
int pytoken_unescape(struct bytes body, unsigned prefix, struct str *ret, size_t *ret_disguised);

#endif
