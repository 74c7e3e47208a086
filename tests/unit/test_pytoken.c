#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "cleanup.h"
#include "pytoken.h"

/* Tokens as their texts with a blank between them; NEWLINE "$", INDENT ">", DEDENT "<". */
static void describe(struct bytes source, struct str *ret)
{
	struct pytoken_reader r;
	struct pytoken t;

	pytoken_init(&r, source, 1);
	for (pytoken_next(&r, &t); t.kind != PYTOKEN_END; pytoken_next(&r, &t)) {
		static const char *const signs[] = { [PYTOKEN_NEWLINE] = "$", [PYTOKEN_INDENT] = ">", [PYTOKEN_DEDENT] = "<" };

		if (ret->len > 0)
			assert_int_equal(str_append_char(ret, ' '), 0);
		if (t.kind >= PYTOKEN_NEWLINE)
			assert_int_equal(str_append_text(ret, signs[t.kind]), 0);
		else
			assert_int_equal(str_append_bytes(ret, t.text), 0);
	}
}

#define CASE(source, tokens) { BYTES_LIT(source), BYTES_LIT(tokens) }

static void cuts_as_cpython_does(void **state)
{
	static const struct {
		struct bytes source, tokens;
	} cases[] = {
		CASE("", ""),
		CASE("import os, sys", "import os , sys $"),
		CASE("# x\n\n  # y\nimport os # z\n", "import os $"),
		CASE("a;b\n", "a ; b $"),
		CASE("a \\\n b\r\nc\rd", "a b $ c $ d $"),
		CASE("f(a,\n # c\n b)\n", "f ( a , b ) $"),
		/* blocks */
		CASE("if a:\n b\nc\n", "if a : $ > b $ < c $"),
		CASE("if a:\n\tb\n        c\n", "if a : $ > b $ c $ <"),
		CASE("if a:\n  if b:\n    c\n", "if a : $ > if b : $ > c $ < <"),
		CASE("  a\n  b\n", "a $ b $"),
		CASE("a\n )\n b", "a $ > ) $ b $ <"),
		/* numbers end where CPython ends them */
		CASE("0x1for x in y", "0x1f or x in y $"),
		CASE("1if 2.e3else .5j", "1 if 2.e3 else .5j $"),
		CASE("1_000 0o17 0b11 0777L 1e-3 1.e+3", "1_000 0o17 0b11 0777L 1e-3 1.e+3 $"),
		CASE("1..real", "1. . real $"),
		/* operators, the longest first */
		CASE("a**=b//c->d:=e...f<>g!=h>>=i@=j", "a **= b // c -> d := e ... f <> g != h >>= i @= j $"),
		CASE("`a` $ ? !x", "` a ` $ ? ! x $"),
		/* strings */
		CASE("'a\\'b' \"c\" '''d\n'e''' ", "'a\\'b' \"c\" '''d\n'e''' $"),
		CASE("rb'\\' x' bR\"\" u'a' ur'b'", "rb'\\' x' bR\"\" u'a' ur'b' $"),
		CASE("bar'x'", "bar 'x' $"),
		CASE("'not closed\nb", "'not closed $ b $"),
		CASE("'a\\\nb' c", "'a\\\nb' c $"),
		CASE("'''never\nclosed", "'''never\nclosed $"),
		/* f-strings: their own quotes in a field, since PEP 701 */
		CASE("f'{a['b']}' c", "f'{a['b']}' c $"),
		CASE("f'{{' c f'}}'", "f'{{' c f'}}' $"),
		CASE("f'{a:{b}}' f'{a!r:>{w}}'", "f'{a:{b}}' f'{a!r:>{w}}' $"),
		CASE("f'{f'{1}'}' x", "f'{f'{1}'}' x $"),
		CASE("f'\\N{DIGIT ONE}{a}' x", "f'\\N{DIGIT ONE}{a}' x $"),
		CASE("t'{x}' rf'\\{x['a']}' y", "t'{x}' rf'\\{x['a']}' y $"),
		/* ... and if it does not end that way, at the first quote */
		CASE("f'{' x\ny", "f'{' x $ y $"),
		/* NUL is a blank, other bytes are names */
		CASE("a\0b \xef\xbd\x85\xef\xbd\x98\xef\xbd\x85\xef\xbd\x83 \xff", "a b \xef\xbd\x85\xef\xbd\x98\xef\xbd\x85\xef\xbd\x83 \xff $"),
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_str_ struct str s = STR_INIT;

		describe(cases[i].source, &s);
		assert_int_equal(s.len, cases[i].tokens.len);
		assert_memory_equal(s.buf, cases[i].tokens.ptr, s.len);
	}
}

static void counts_lines(void **state)
{
	struct pytoken_reader r;
	struct pytoken t;

	(void)state;
	pytoken_init(&r, BYTES_LIT("a\r\n'''\n\r'''\\\n(\n\nb"), 7);
	for (pytoken_next(&r, &t); !pytoken_is_name(&t, BYTES_LIT("b")); pytoken_next(&r, &t))
		assert_int_not_equal(t.kind, PYTOKEN_END);
	assert_int_equal(t.line, 13);
}

static void says_what_is_too_deep(void **state)
{
	_cleanup_str_ struct str s = STR_INIT;
	struct pytoken_reader r;
	struct pytoken t;

	(void)state;
	for (unsigned i = 0; i < PYTOKEN_BRACKETS_MAX; i++)
		assert_int_equal(str_append_char(&s, '('), 0);
	for (unsigned more = 0; more < 2; more++) {
		pytoken_init(&r, str_bytes(&s), 1);
		do
			pytoken_next(&r, &t);
		while (t.kind != PYTOKEN_END);
		assert_int_equal(r.too_deep, more);
		assert_int_equal(str_append_char(&s, '('), 0);
	}
	str_clear(&s);
	for (unsigned i = 0; i <= PYTOKEN_INDENTS_MAX; i++)
		assert_int_equal(str_appendf(&s, "%*sif a:\n", (int)i, ""), 0);
	pytoken_init(&r, str_bytes(&s), 1);
	do
		pytoken_next(&r, &t);
	while (t.kind != PYTOKEN_END);
	assert_true(r.too_deep);
}

static void normalises_names(void **state)
{
	static const struct {
		struct bytes name, ascii;
	} cases[] = {
		CASE("exec", "exec"),
		CASE("\xef\xbd\x85\xef\xbd\x98" "ec", "exec"),			/* full width */
		CASE("\xf0\x9d\x93\xae\xf0\x9d\x94\x81\xf0\x9d\x95\x96\xf0\x9d\x96\x88", "exec"),	/* mathematical */
		CASE("\xe2\x84\xb4\xc5\xbf", "os"),				/* script o, long s */
		CASE("\xef\xac\x81le", "file"),				/* ligature */
		CASE("\xd0\xb5xec", "\xd0\xb5xec"),				/* a Cyrillic letter is another one */
		CASE("\xff", "\xff"),
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_str_ struct str s = STR_INIT;

		assert_int_equal(pytoken_normalise(cases[i].name, &s), 0);
		assert_int_equal(s.len, cases[i].ascii.len);
		assert_memory_equal(s.buf, cases[i].ascii.ptr, s.len);
	}
}

static void resolves_escapes(void **state)
{
	static const struct {
		struct bytes body, text;
		unsigned prefix;
		size_t disguised;
	} cases[] = {
		{ BYTES_LIT("a\\n\\t\\\\\\'"), BYTES_LIT("a\n\t\\'"), 0, 0 },
		{ BYTES_LIT("\\x6fs\\056\\163"), BYTES_LIT("os.s"), 0, 2 },
		{ BYTES_LIT("\\u0065\\U00000078\\N{LATIN SMALL LETTER E}"), BYTES_LIT("exe"), 0, 3 },
		{ BYTES_LIT("\\xe9"), BYTES_LIT("\xc3\xa9"), 0, 0 },
		{ BYTES_LIT("\\xe9\\u0065"), BYTES_LIT("\xe9\\u0065"), PYSTRING_BYTES, 0 },
		{ BYTES_LIT("\\x41"), BYTES_LIT("\\x41"), PYSTRING_RAW, 0 },
		{ BYTES_LIT("a\\\nb\\\r\nc"), BYTES_LIT("abc"), 0, 0 },
		{ BYTES_LIT("\\q\\x4\\"), BYTES_LIT("\\q\\x4\\"), 0, 0 },
		{ BYTES_LIT("\\0\\08"), BYTES_LIT("\0\0" "8"), 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_str_ struct str s = STR_INIT;
		size_t disguised;

		assert_int_equal(pytoken_unescape(cases[i].body, cases[i].prefix, &s, &disguised), 0);
		assert_int_equal(s.len, cases[i].text.len);
		assert_memory_equal(s.buf, cases[i].text.ptr, s.len);
		assert_int_equal(disguised, cases[i].disguised);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_as_cpython_does),
		cmocka_unit_test(counts_lines),
		cmocka_unit_test(says_what_is_too_deep),
		cmocka_unit_test(normalises_names),
		cmocka_unit_test(resolves_escapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
