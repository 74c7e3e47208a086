/* pysource.c - finds the encoding of a source file, and decodes it.
 *
 * Where it is named: Parser/tokenizer.c (Parser/tokenizer/helpers.c since 3.13), check_bom(), check_coding_spec(),
 * get_coding_spec(), get_normal_name(); what the names mean: Lib/encodings/aliases.py.  A name is compared without "-", "_" and
 * case, which accepts more than CPython does.
 *
 * Which character a byte above 0x7f stands for matters little, but where a character ends does, and some are a letter of ASCII
 * to the compiler (PEP 3131, NFKC): so the tables of iconv(3) are used, for the encodings below and no others (its ISO-2022 and
 * EBCDIC had their holes, CVE-2024-2961), and what it cannot convert is replaced byte by byte.  Where it has no table (some
 * distributions have them in a package of their own), bytes above 0x7f are taken for letters of Latin-1 if each is a character, else
 * the encoding is unknown.
 *
 * Not decoded, and said to be unknown: stateful and EBCDIC encodings, punycode and idna (they keep the text in ASCII), and
 * codecs that others register.  UTF-16 and UTF-32 hold NULs, with which CPython compiles nothing.
 */
#include "pysource.h"

#include <errno.h>
#include <iconv.h>
#include <stdint.h>

#include "cleanup.h"
#include "limits.h"
#include "pydecode.h"
#include "pytext.h"

/* ---- which encoding --------------------------------------------------------------- */

enum scheme {
	SCHEME_UNKNOWN,
	SCHEME_UTF8,		/* also ASCII: what is no UTF-8 is passed on as it is */
	SCHEME_LATIN1,
	SCHEME_TABLE,		/* by iconv, which calls it `table`: a byte for a character */
	SCHEME_WIDE,		/* likewise, and some have several, of which not all are above 0x7f */
	SCHEME_UTF7,
	SCHEME_ESCAPES,
	SCHEME_RAW_ESCAPES,
	SCHEME_ROT13,		/* Python 2 alone */
};

static const struct encoding {
	const char *name;	/* without "-" and "_", in small letters */
	enum scheme scheme;
	const char *table;
} encodings[] = {
	{ "utf8", SCHEME_UTF8, NULL }, { "utf8sig", SCHEME_UTF8, NULL }, { "u8", SCHEME_UTF8, NULL }, { "utf", SCHEME_UTF8, NULL },
	{ "cp65001", SCHEME_UTF8, NULL }, { "ascii", SCHEME_UTF8, NULL }, { "usascii", SCHEME_UTF8, NULL },
	{ "646", SCHEME_UTF8, NULL }, { "iso646us", SCHEME_UTF8, NULL },
	{ "latin1", SCHEME_LATIN1, NULL }, { "latin", SCHEME_LATIN1, NULL }, { "l1", SCHEME_LATIN1, NULL },
	{ "iso88591", SCHEME_LATIN1, NULL }, { "iso8859", SCHEME_LATIN1, NULL }, { "88591", SCHEME_LATIN1, NULL },
	{ "8859", SCHEME_LATIN1, NULL }, { "cp819", SCHEME_LATIN1, NULL }, { "isolatin1", SCHEME_LATIN1, NULL },
	{ "utf7", SCHEME_UTF7, NULL }, { "u7", SCHEME_UTF7, NULL }, { "unicode11utf7", SCHEME_UTF7, NULL },
	{ "unicodeescape", SCHEME_ESCAPES, NULL }, { "rawunicodeescape", SCHEME_RAW_ESCAPES, NULL },
	{ "rot13", SCHEME_ROT13, NULL },

	{ "latin2", SCHEME_TABLE, "ISO-8859-2" }, { "l2", SCHEME_TABLE, "ISO-8859-2" }, { "latin3", SCHEME_TABLE, "ISO-8859-3" },
	{ "latin4", SCHEME_TABLE, "ISO-8859-4" }, { "cyrillic", SCHEME_TABLE, "ISO-8859-5" },
	{ "arabic", SCHEME_TABLE, "ISO-8859-6" }, { "greek", SCHEME_TABLE, "ISO-8859-7" },
	{ "greek8", SCHEME_TABLE, "ISO-8859-7" }, { "hebrew", SCHEME_TABLE, "ISO-8859-8" },
	{ "latin5", SCHEME_TABLE, "ISO-8859-9" }, { "latin6", SCHEME_TABLE, "ISO-8859-10" }, { "thai", SCHEME_TABLE, "ISO-8859-11" },
	{ "latin7", SCHEME_TABLE, "ISO-8859-13" }, { "latin8", SCHEME_TABLE, "ISO-8859-14" },
	{ "latin9", SCHEME_TABLE, "ISO-8859-15" }, { "l9", SCHEME_TABLE, "ISO-8859-15" }, { "latin10", SCHEME_TABLE, "ISO-8859-16" },
	{ "tis620", SCHEME_TABLE, "TIS-620" }, { "koi8r", SCHEME_TABLE, "KOI8-R" }, { "koi8u", SCHEME_TABLE, "KOI8-U" },
	{ "koi8t", SCHEME_TABLE, "KOI8-T" }, { "kz1048", SCHEME_TABLE, "RK1048" }, { "ptcp154", SCHEME_TABLE, "PT154" },
	{ "hproman8", SCHEME_TABLE, "HP-ROMAN8" }, { "macroman", SCHEME_TABLE, "MACINTOSH" },
	{ "macintosh", SCHEME_TABLE, "MACINTOSH" }, { "maccyrillic", SCHEME_TABLE, "MAC-CYRILLIC" },
	{ "maclatin2", SCHEME_TABLE, "MAC-CENTRALEUROPE" }, { "macgreek", SCHEME_LATIN1, NULL },
	{ "maciceland", SCHEME_LATIN1, NULL }, { "macturkish", SCHEME_LATIN1, NULL }, { "macfarsi", SCHEME_LATIN1, NULL },
	{ "macarabic", SCHEME_LATIN1, NULL }, { "maccroatian", SCHEME_LATIN1, NULL }, { "macromanian", SCHEME_LATIN1, NULL },

	/* glibc's SJIS has a yen for the backslash, CPython and CP932 have none. */
	{ "shiftjis", SCHEME_WIDE, "CP932" }, { "sjis", SCHEME_WIDE, "CP932" }, { "csshiftjis", SCHEME_WIDE, "CP932" },
	{ "cp932", SCHEME_WIDE, "CP932" }, { "932", SCHEME_WIDE, "CP932" }, { "ms932", SCHEME_WIDE, "CP932" },
	{ "mskanji", SCHEME_WIDE, "CP932" },
	{ "shiftjis2004", SCHEME_WIDE, "SHIFT_JISX0213" }, { "shiftjisx0213", SCHEME_WIDE, "SHIFT_JISX0213" },
	{ "sjis2004", SCHEME_WIDE, "SHIFT_JISX0213" }, { "sjisx0213", SCHEME_WIDE, "SHIFT_JISX0213" },
	{ "eucjp", SCHEME_WIDE, "EUC-JP" }, { "ujis", SCHEME_WIDE, "EUC-JP" }, { "ujp", SCHEME_WIDE, "EUC-JP" },
	{ "eucjis2004", SCHEME_WIDE, "EUC-JISX0213" }, { "jisx0213", SCHEME_WIDE, "EUC-JISX0213" },
	{ "eucjisx0213", SCHEME_WIDE, "EUC-JISX0213" },
	{ "gb2312", SCHEME_WIDE, "GBK" }, { "gb231280", SCHEME_WIDE, "GBK" }, { "euccn", SCHEME_WIDE, "GBK" },
	{ "eucgb2312cn", SCHEME_WIDE, "GBK" }, { "chinese", SCHEME_WIDE, "GBK" }, { "gbk", SCHEME_WIDE, "GBK" },
	{ "cp936", SCHEME_WIDE, "GBK" }, { "936", SCHEME_WIDE, "GBK" }, { "ms936", SCHEME_WIDE, "GBK" },
	{ "gb18030", SCHEME_WIDE, "GB18030" }, { "gb180302000", SCHEME_WIDE, "GB18030" },
	{ "big5", SCHEME_WIDE, "BIG5" }, { "big5tw", SCHEME_WIDE, "BIG5" }, { "csbig5", SCHEME_WIDE, "BIG5" },
	{ "cp950", SCHEME_WIDE, "CP950" }, { "950", SCHEME_WIDE, "CP950" }, { "ms950", SCHEME_WIDE, "CP950" },
	{ "big5hkscs", SCHEME_WIDE, "BIG5-HKSCS" }, { "hkscs", SCHEME_WIDE, "BIG5-HKSCS" },
	{ "euckr", SCHEME_WIDE, "CP949" }, { "korean", SCHEME_WIDE, "CP949" }, { "ksc5601", SCHEME_WIDE, "CP949" },
	{ "ksx1001", SCHEME_WIDE, "CP949" }, { "cp949", SCHEME_WIDE, "CP949" }, { "949", SCHEME_WIDE, "CP949" },
	{ "ms949", SCHEME_WIDE, "CP949" }, { "uhc", SCHEME_WIDE, "CP949" },
};

/* Code pages and parts of ISO 8859, each a byte for a character with ASCII below: "cp1251", "windows-1251", "1251", "iso8859-5". */
static const struct family {
	const char *prefix;
	const char *table;	/* what iconv has before the number */
	unsigned numbers[40];
} families[] = {
	{ "cp", "CP", { 437, 720, 737, 775, 850, 852, 855, 856, 857, 858, 860, 861, 862, 863, 864, 865, 866, 869, 874, 1006, 1125, 1250,
			  1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258 } },
	{ "windows", "CP", { 1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258 } },
	{ "ibm", "CP", { 437, 775, 850, 852, 855, 857, 858, 860, 861, 862, 863, 864, 865, 866, 869 } },
	{ "", "CP", { 437, 775, 850, 852, 855, 857, 858, 860, 861, 862, 863, 864, 865, 866, 869, 1125, 1250, 1251, 1252, 1253, 1254, 1255,
			1256, 1257, 1258 } },
	{ "iso8859", "ISO-8859-", { 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16 } },
	{ "8859", "ISO-8859-", { 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16 } },
};

/* Small letters; "-" and "_" out.  0: longer than any name that is known. */
static size_t squeeze(struct bytes name, char ret[static PYSOURCE_NAME_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		if (c == '-' || c == '_')
			continue;
		if (n == PYSOURCE_NAME_MAX)
			return 0;
		ret[n++] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
	}
	return n;
}

/* get_normal_name(): "utf-8-anything" is utf-8, "latin-1-unix" latin-1. */
static enum scheme scheme_of_prefix(struct bytes name)
{
	static const struct {
		struct bytes prefix;
		enum scheme scheme;
	} known[] = {
		{ BYTES_LIT("utf-8-"), SCHEME_UTF8 }, { BYTES_LIT("latin-1-"), SCHEME_LATIN1 },
		{ BYTES_LIT("iso-8859-1-"), SCHEME_LATIN1 }, { BYTES_LIT("iso-latin-1-"), SCHEME_LATIN1 },
	};
	char dashed[12];

	for (size_t i = 0; i < ELEMENTSOF(known); i++) {
		size_t n = known[i].prefix.len;

		if (name.len < n)
			continue;
		for (size_t k = 0; k < n; k++)
			dashed[k] = name.ptr[k] == '_' ? '-' : name.ptr[k];
		if (bytes_equal_fold((struct bytes){ dashed, n }, known[i].prefix))
			return known[i].scheme;
	}
	return SCHEME_UNKNOWN;
}

static bool family_has(const struct family *f, struct bytes name, unsigned *ret)
{
	struct bytes prefix = bytes_of(f->prefix);
	char digits[16];

	if (!bytes_has_prefix(name, prefix))
		return false;
	for (size_t i = 0; i < ELEMENTSOF(f->numbers) && f->numbers[i]; i++) {
		int n = snprintf(digits, sizeof(digits), "%u", f->numbers[i]);

		if (!bytes_equal(bytes_slice(name, prefix.len, name.len - prefix.len), (struct bytes){ digits, (size_t)n }))
			continue;
		*ret = f->numbers[i];
		return true;
	}
	return false;
}

/* `table`: room for the name of one that is put together. */
static struct encoding find_encoding(struct bytes name, char table[static PYSOURCE_NAME_MAX])
{
	char buf[PYSOURCE_NAME_MAX];
	struct bytes squeezed = { buf, squeeze(name, buf) };
	unsigned number;

	for (size_t i = 0; i < ELEMENTSOF(encodings); i++)
		if (bytes_equal(squeezed, bytes_of(encodings[i].name)))
			return encodings[i];
	for (size_t i = 0; i < ELEMENTSOF(families); i++) {
		if (!family_has(&families[i], squeezed, &number))
			continue;
		(void)snprintf(table, PYSOURCE_NAME_MAX, "%s%u", families[i].table, number);
		return (struct encoding){ .scheme = SCHEME_TABLE, .table = table };
	}
	return (struct encoding){ .scheme = scheme_of_prefix(name) };
}

/* ---- where it is named ------------------------------------------------------------- */

static bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

/* get_coding_spec(): "coding", ":" or "=", blanks, a name; anywhere in the comment. */
static struct bytes named_in(struct bytes comment)
{
	const struct bytes word = BYTES_LIT("coding");
	ptrdiff_t at = -1;

	while ((at = bytes_find(comment, word, (size_t)(at + 1))) >= 0) {
		size_t i = (size_t)at + word.len, start;

		if (i >= comment.len || (comment.ptr[i] != ':' && comment.ptr[i] != '='))
			continue;
		for (i++; i < comment.len && (comment.ptr[i] == ' ' || comment.ptr[i] == '\t'); i++)
			;
		for (start = i; i < comment.len && is_name_byte(comment.ptr[i]); i++)
			;
		if (i > start)
			return bytes_slice(comment, start, i - start);
	}
	return BYTES_NONE;
}

/* In the first line, or in the second where the first is a comment or empty. */
static struct bytes find_name(struct bytes text)
{
	struct pytext_reader reader;
	struct pytext_line line;

	pytext_reader_init(&reader, text, LINES_UNIVERSAL);
	for (int i = 0; i < 2 && pytext_reader_next(&reader, &line); i++) {
		struct bytes rest = line.raw, name;

		while (rest.len > 0 && (rest.ptr[0] == ' ' || rest.ptr[0] == '\t' || rest.ptr[0] == '\f'))
			rest = bytes_slice(rest, 1, rest.len - 1);
		if (rest.len == 0)
			continue;
		if (rest.ptr[0] != '#')
			break;
		name = named_in(rest);
		if (name.ptr)
			return name;
	}
	return BYTES_NONE;
}

/* ---- decoding ------------------------------------------------------------------------ */

static int from_latin1(struct bytes in, struct str *ret)
{
	int r = 0;

	for (size_t i = 0; i < in.len && r >= 0; i++) {
		unsigned char c = (unsigned char)in.ptr[i];

		if (c < 0x80) {
			r = str_append_char(ret, (char)c);
			continue;
		}
		r = str_append_char(ret, (char)(0xc0 | c >> 6));
		if (r >= 0)
			r = str_append_char(ret, (char)(0x80 | (c & 0x3f)));
	}
	return r;
}

/* As far as there is room: 0 at the end, 1 at a byte that is in no table, -ENOBUFS; *in is behind what was taken. */
static int convert(iconv_t cd, struct bytes *in, struct str *ret)
{
	char *from = (char *)(uintptr_t)in->ptr, *to;
	size_t left = in->len, room = PYSOURCE_PIECE;
	size_t done;
	int error = 0, r = str_reserve(ret, room);

	if (r < 0)
		return r;
	to = ret->buf + ret->len;
	done = iconv(cd, &from, &left, &to, &room);
	if (done == (size_t)-1)
		error = errno;
	ret->len += PYSOURCE_PIECE - room;
	ret->buf[ret->len] = '\0';
	*in = bytes_slice(*in, in->len - left, left);
	return error == E2BIG ? -ENOBUFS : error ? 1 : 0;
}

static int by_table(const char *table, struct bytes in, struct str *ret)
{
	iconv_t cd = iconv_open("UTF-8", table);
	unsigned errors = 0;
	int r = 0;

	if (cd == (iconv_t)-1)
		return errno == ENOMEM ? -ENOMEM : -ENOENT;
	while (in.len > 0 && (r >= 0 || r == -ENOBUFS)) {
		r = convert(cd, &in, ret);
		if (r != 1 || in.len == 0)
			continue;
		/* CPython has refused it by now. */
		if (++errors == PYSOURCE_ERRORS_MAX) {
			r = from_latin1(in, ret);
			break;
		}
		r = from_latin1(bytes_slice(in, 0, 1), ret);
		in = bytes_slice(in, 1, in.len - 1);
		(void)iconv(cd, NULL, NULL, NULL, NULL);
	}
	(void)iconv_close(cd);
	return r == -ENOMEM ? r : 0;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Length of "\uXXXX" or "\UXXXXXXXX" at the start; 0: none. */
static size_t raw_escape(struct bytes b)
{
	size_t digits = b.len < 2 ? 0 : b.ptr[1] == 'u' ? 4 : b.ptr[1] == 'U' ? 8 : 0;

	if (digits == 0 || b.len < 2 + digits)
		return 0;
	for (size_t i = 0; i < digits; i++)
		if (!is_hex(b.ptr[2 + i]))
			return 0;
	return 2 + digits;
}

/* Objects/unicodeobject.c, _PyUnicode_DecodeRawUnicodeEscapeStateful(): a backslash and the character behind it go together. */
static int from_raw_escapes(struct bytes in, struct str *ret)
{
	int r = 0;

	for (size_t i = 0; i < in.len && r >= 0;) {
		size_t n = in.ptr[i] == '\\' ? raw_escape(bytes_slice(in, i, in.len - i)) : 0;

		if (n > 0) {
			r = pydecode(PYDECODE_ESCAPES, bytes_slice(in, i, n), n, ret);
			r = r == -EINVAL ? 0 : r;
			i += n;
			continue;
		}
		n = in.ptr[i] == '\\' && i + 1 < in.len ? 2 : 1;
		r = str_append(ret, in.ptr + i, n);
		i += n;
	}
	return r;
}

/* Both escapes are made of Latin-1. */
static int from_escapes(struct bytes in, bool raw, struct str *ret)
{
	_cleanup_str_ struct str wide = STR_INIT;
	int r = from_latin1(in, &wide);

	if (r < 0)
		return r;
	return raw ? from_raw_escapes(str_bytes(&wide), ret) : pydecode(PYDECODE_ESCAPES, str_bytes(&wide), wide.len, ret);
}

/* -ENOENT, -EINVAL: it cannot be decoded. */
static int decode(const struct encoding *e, struct bytes in, struct str *ret)
{
	int r;

	switch (e->scheme) {
	case SCHEME_LATIN1:
		return from_latin1(in, ret);
	case SCHEME_TABLE:
		r = by_table(e->table, in, ret);
		return r == -ENOENT ? from_latin1(in, ret) : r;
	case SCHEME_WIDE:
		return by_table(e->table, in, ret);
	case SCHEME_UTF7:
		return pydecode(PYDECODE_UTF7, in, PYSOURCE_GROWTH * in.len, ret);
	case SCHEME_ESCAPES:
	case SCHEME_RAW_ESCAPES:
		return from_escapes(in, e->scheme == SCHEME_RAW_ESCAPES, ret);
	case SCHEME_ROT13:
		return pydecode(PYDECODE_ROT13, in, in.len, ret);
	case SCHEME_UTF8:
	case SCHEME_UNKNOWN:
		break;
	}
	return -ENOENT;
}

int pysource_read(struct bytes bytes, struct pysource *ret)
{
	char table[PYSOURCE_NAME_MAX];
	struct encoding e;
	int r;

	str_clear(&ret->decoded);
	ret->text = pytext_skip_bom(bytes);
	ret->encoding = find_name(ret->text);
	ret->odd = ret->unknown = false;
	if (!ret->encoding.ptr)
		return 0;
	e = find_encoding(ret->encoding, table);
	ret->odd = e.scheme == SCHEME_UNKNOWN || e.scheme >= SCHEME_UTF7;
	ret->unknown = e.scheme == SCHEME_UNKNOWN;
	/* Behind a mark it is UTF-8, or CPython refuses it. */
	if (e.scheme == SCHEME_UTF8 || ret->unknown || ret->text.len < bytes.len)
		return 0;
	r = decode(&e, ret->text, &ret->decoded);
	if (r == -ENOMEM)
		return r;
	ret->unknown = r < 0;
	ret->odd |= ret->unknown;
	if (r >= 0)
		ret->text = str_bytes(&ret->decoded);
	return 0;
}

void pysource_done(struct pysource *s)
{
	str_release(&s->decoded);
}
