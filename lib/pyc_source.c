/* pyc_source.c - the words of a source, as they are, and as the compiler may have put them together.
 *
 * A word is a run of ASCII letters, digits and _: nobody names a function of the standard library with others.
 * Three copies are cut into words: the text itself; with escapes replaced ("\x41bc" is Abc); with adjacent and added
 * literals joined and conversions of "%" taken out, since the compiler folds those.  The words are sorted: whoever
 * writes the source must not be able to make a look-up slow, as he could with a hash table.
 */
#include "pyc_source.h"

#include <errno.h>
#include <stdint.h>

#include "limits.h"

struct pyc_source {
	struct str text;		/* the three copies, one after the other */
	struct bytes *words;		/* sorted, each once */
	size_t count;
};

/* What is in no source: Python/compile.c, Python/codegen.c, Objects/typeobject.c, Lib/dataclasses is not the compiler's. */
static const char *const implicit[] = {
	"AssertionError", "NotImplementedError", "StopAsyncIteration", "StopIteration", "__annotate__", "__annotations__", "__build_class__",
	"__class__", "__classcell__", "__classdict__", "__classdictcell__", "__conditional_annotations__", "__debug__", "__doc__",
	"__enter__", "__exit__", "__file__", "__firstlineno__", "__locals__", "__metaclass__", "__module__", "__name__",
	"__qualname__", "__static_attributes__", "__type_params__", "dictcomp", "format", "generic_base", "genexpr",
	"lambda", "listcomp", "locals", "module", "return", "setcomp", "type_params", "VALUE_WITH_FAKE_GLOBALS",
};

static bool is_word_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool next_word(struct bytes text, size_t *at, struct bytes *ret)
{
	size_t start;

	while (*at < text.len && !is_word_byte(text.ptr[*at]))
		(*at)++;
	start = *at;
	while (*at < text.len && is_word_byte(text.ptr[*at]))
		(*at)++;
	*ret = bytes_slice(text, start, *at - start);
	return *at > start;
}

static int append_character(struct str *s, uint32_t c)
{
	char utf8[4];
	size_t n = 0;

	if (c < 0x80) {
		utf8[n++] = (char)c;
	} else if (c < 0x800) {
		utf8[n++] = (char)(0xc0 | c >> 6);
	} else if (c < 0x10000) {	/* surrogates, too: marshal writes them so */
		utf8[n++] = (char)(0xe0 | c >> 12);
		utf8[n++] = (char)(0x80 | (c >> 6 & 0x3f));
	} else {
		utf8[n++] = (char)(0xf0 | (c >> 18 & 7));
		utf8[n++] = (char)(0x80 | (c >> 12 & 0x3f));
		utf8[n++] = (char)(0x80 | (c >> 6 & 0x3f));
	}
	if (c >= 0x80)
		utf8[n++] = (char)(0x80 | (c & 0x3f));
	return str_append(s, utf8, n);
}

/* The digits of \x41, \u0041, \U00000041, \101 at `at`; how many bytes they take; 0: none. */
static size_t number(struct bytes b, size_t at, uint32_t *ret)
{
	size_t digits = 0, i = at;

	*ret = 0;
	if (i < b.len && b.ptr[i] >= '0' && b.ptr[i] <= '7') {
		for (; i < b.len && i < at + 3 && b.ptr[i] >= '0' && b.ptr[i] <= '7'; i++)
			*ret = *ret * 8 + (uint32_t)(b.ptr[i] - '0');
		return i - at;
	}
	if (i < b.len)
		digits = b.ptr[i] == 'x' ? 2 : b.ptr[i] == 'u' ? 4 : b.ptr[i] == 'U' ? 8 : 0;
	if (digits == 0 || b.len - i - 1 < digits)
		return 0;
	for (i++; digits > 0; i++, digits--) {
		int v = hex_digit(b.ptr[i]);

		if (v < 0)
			return 0;
		*ret = *ret << 4 | (uint32_t)v;
	}
	return i - at;
}

static int append_unescaped(struct str *s, struct bytes b)
{
	static const char letters[] = "abfnrtv";
	int r = 0;

	for (size_t i = 0; i < b.len && r >= 0; i++) {
		uint32_t c;
		size_t n;

		if (b.ptr[i] != '\\' || i + 1 == b.len) {
			r = str_append_char(s, b.ptr[i]);
			continue;
		}
		n = number(b, i + 1, &c);
		if (n > 0) {
			r = append_character(s, c);
			i += n;
		} else if (memchr(letters, b.ptr[i + 1], sizeof(letters) - 1)) {
			r = str_append_char(s, ' ');
			i++;
		} else if (b.ptr[i + 1] == '\n') {
			i++;	/* the line goes on */
		} else {
			r = str_append_char(s, '\\');
		}
	}
	return r;
}

/* Behind the quote at `at`: does another literal follow that the compiler joins to it?  Where it begins, or 0. */
static size_t next_literal(struct bytes b, size_t at)
{
	const size_t end = b.len - at > PYC_JOIN_MAX ? at + PYC_JOIN_MAX : b.len;
	const char quote = b.ptr[at];
	size_t i = at;

	while (i < end && b.ptr[i] == quote)
		i++;
	while (i < end && memchr(" \t\r\n\\+()#", b.ptr[i], 10)) {
		const bool comment = b.ptr[i++] == '#';

		while (comment && i < end && b.ptr[i] != '\n')
			i++;
	}
	for (unsigned prefix = 0; i < end && prefix < 2 && memchr("rbufRBUF", b.ptr[i], 8); prefix++)
		i++;
	if (i >= end || (b.ptr[i] != '"' && b.ptr[i] != '\''))
		return 0;
	for (const char q = b.ptr[i]; i < end && b.ptr[i] == q;)
		i++;
	return i;
}

static size_t conversion(struct bytes b, size_t at)
{
	size_t i = at + 1;

	while (i < b.len && i < at + 8 && memchr("-+ #.0123456789", b.ptr[i], 15))
		i++;
	return i < b.len && memchr("sra", b.ptr[i], 3) ? i + 1 : 0;
}

static int append_joined(struct str *s, struct bytes b)
{
	int r = 0;

	for (size_t i = 0; i < b.len && r >= 0; i++) {
		size_t next = b.ptr[i] == '"' || b.ptr[i] == '\'' ? next_literal(b, i) : 0;

		if (next > i) {
			i = next - 1;
			continue;
		}
		next = b.ptr[i] == '%' ? conversion(b, i) : 0;
		if (next > i)
			i = next - 1;
		r = str_append_char(s, next > i ? ' ' : b.ptr[i]);
	}
	return r;
}

static int compare(const void *a, const void *b)
{
	return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

static int cut(struct pyc_source *s)
{
	struct bytes text = str_bytes(&s->text), word;
	size_t n = 0, at = 0;

	while (next_word(text, &at, &word))
		n++;
	s->words = n ? reallocarray(NULL, n, sizeof(*s->words)) : NULL;
	if (n && !s->words)
		return -ENOMEM;
	n = at = 0;
	while (next_word(text, &at, &word))
		s->words[n++] = word;
	if (n > 0)
		qsort(s->words, n, sizeof(*s->words), compare);
	for (size_t i = 0; i < n; i++)
		if (s->count == 0 || !bytes_equal(s->words[s->count - 1], s->words[i]))
			s->words[s->count++] = s->words[i];
	return 0;
}

int pyc_source_new(struct bytes text, struct pyc_source **ret)
{
	_cleanup_(pyc_source_freep) struct pyc_source *s = NULL;
	_cleanup_str_ struct str unescaped = STR_INIT;
	int r;

	if (text.len > PYC_SOURCE_MAX)
		return -EFBIG;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	str_init(&s->text);
	r = append_unescaped(&unescaped, text);
	if (r >= 0)
		r = str_append_bytes(&s->text, text);
	if (r >= 0)
		r = str_append_char(&s->text, '\n');
	if (r >= 0)
		r = str_append_bytes(&s->text, str_bytes(&unescaped));
	if (r >= 0)
		r = str_append_char(&s->text, '\n');
	if (r >= 0)
		r = append_joined(&s->text, str_bytes(&unescaped));
	if (r >= 0)
		r = cut(s);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(s);
	return 0;
}

struct pyc_source *pyc_source_free(struct pyc_source *s)
{
	if (!s)
		return NULL;
	str_release(&s->text);
	free(s->words);
	free(s);
	return NULL;
}

static bool has_word(const struct pyc_source *s, struct bytes word)
{
	if (s->count > 0 && bsearch(&word, s->words, s->count, sizeof(*s->words), compare))
		return true;
	for (size_t i = 0; i < ELEMENTSOF(implicit); i++)
		if (bytes_equal(word, bytes_of(implicit[i])))
			return true;
	return false;
}

/* "_Class__name" is how the compiler writes a private name (reference manual, "Private name mangling"). */
static bool has_private(const struct pyc_source *s, struct bytes word)
{
	ptrdiff_t at = word.len > 1 && word.ptr[0] == '_' ? bytes_find(word, BYTES_LIT("__"), 1) : -1;

	return at > 0 && has_word(s, bytes_slice(word, (size_t)at, word.len - (size_t)at));
}

/* 'ab' * 3 is one constant. */
static bool has_repeated(const struct pyc_source *s, struct bytes word)
{
	for (size_t n = 1; n <= PYC_PERIOD_MAX && n <= word.len / 2; n++)
		if (memcmp(word.ptr, word.ptr + n, word.len - n) == 0 && word.len % n == 0)
			return has_word(s, bytes_slice(word, 0, n));
	return false;
}

/* What says nothing: short ones and numbers are made by formatting, by indices, by joining single characters. */
static bool is_telling(struct bytes word)
{
	if (word.len < 3)
		return false;
	for (size_t i = 0; i < word.len; i++)
		if (word.ptr[i] < '0' || word.ptr[i] > '9')
			return true;
	return false;
}

bool pyc_source_has(const struct pyc_source *s, struct bytes text)
{
	struct bytes word;
	size_t at = 0;

	while (next_word(text, &at, &word))
		if (is_telling(word) && !has_word(s, word) && !has_private(s, word) && !has_repeated(s, word))
			return false;
	return true;
}
