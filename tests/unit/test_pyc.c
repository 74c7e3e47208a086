#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "cleanup.h"
#include "judgement_fixture.h"
#include "limits.h"
#include "pyc.h"

static const struct {
	struct bytes content;
	int ret;
	struct pyc_header header;
} cases[] = {
	/* CPython 3.11 (3495), PEP 552 */
	{ BYTES_LIT("\xa7\x0d\r\n\0\0\0\0\x01\x02\x03\x84\x10\0\0\0"), 0,
	  { 3495, PYC_TIMESTAMP, 0x84030201, 16 } },
	{ BYTES_LIT("\xa7\x0d\r\n\1\0\0\0hashhash"), 0, { 3495, PYC_UNCHECKED_HASH, 0, 0 } },
	{ BYTES_LIT("\xa7\x0d\r\n\3\0\0\0hashhash"), 0, { 3495, PYC_CHECKED_HASH, 0, 0 } },
	/* CHECK_SOURCE without a hash is a time stamp for CPython */
	{ BYTES_LIT("\xa7\x0d\r\n\2\0\0\0\1\0\0\0\2\0\0\0"), 0, { 3495, PYC_TIMESTAMP, 1, 2 } },
	{ BYTES_LIT("\xa7\x0d\r\n\4\0\0\0\1\0\0\0\2\0\0\0"), -EINVAL, { 0, 0, 0, 0 } },
	{ BYTES_LIT("\xa7\x0d\r\n\0\0\0\0\1\0\0\0\2\0\0"), -EINVAL, { 0, 0, 0, 0 } },
	/* 3.6 (3379): mtime and size; 3.2 (3180), 2.7 (62211): mtime alone */
	{ BYTES_LIT("\x33\x0d\r\n\1\0\0\0\2\0\0\0"), 0, { 3379, PYC_TIMESTAMP, 1, 2 } },
	{ BYTES_LIT("\x33\x0d\r\n\1\0\0\0\2\0\0"), -EINVAL, { 0, 0, 0, 0 } },
	{ BYTES_LIT("\x6c\x0c\r\n\1\0\0\0"), 0, { 3180, PYC_TIMESTAMP, 1, 0 } },
	{ BYTES_LIT("\x03\xf3\r\n\1\0\0\0"), 0, { 62211, PYC_TIMESTAMP, 1, 0 } },
	/* PyPy 3.9 (336) has flags, PyPy 3.6 (160) has not */
	{ BYTES_LIT("\x50\x01\r\n\1\0\0\0hashhash"), 0, { 336, PYC_UNCHECKED_HASH, 0, 0 } },
	{ BYTES_LIT("\xa0\x00\r\n\1\0\0\0\2\0\0\0"), 0, { 160, PYC_TIMESTAMP, 1, 2 } },
	/* not a pyc */
	{ BYTES_LIT(""), -EINVAL, { 0, 0, 0, 0 } },
	{ BYTES_LIT("\xa7\x0d\r\n"), -EINVAL, { 0, 0, 0, 0 } },
	{ BYTES_LIT("\xa7\x0d\n\n\0\0\0\0\1\0\0\0\2\0\0\0"), -EINVAL, { 0, 0, 0, 0 } },
	{ BYTES_LIT("\xa7\x0d\r\r\0\0\0\0\1\0\0\0\2\0\0\0"), -EINVAL, { 0, 0, 0, 0 } },
	{ BYTES_LIT("import os; import sys"), -EINVAL, { 0, 0, 0, 0 } },
	{ BYTES_LIT("\x7f" "ELF\2\1\1\0\0\0\0\0\0\0\0\0"), -EINVAL, { 0, 0, 0, 0 } },
};

static void reads_headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		struct pyc_header h = { 0, 0, 0, 0 }, e = cases[i].header;
		int r = pyc_parse_header(cases[i].content, &h);

		if (r != cases[i].ret || h.magic != e.magic || h.kind != e.kind ||
		    h.source_mtime != e.source_mtime || h.source_size != e.source_size)
			fail_msg("case %zu: %d, magic %u, kind %d", i, r, h.magic, (int)h.kind);
	}
}

static void leaves_the_result_alone_on_failure(void **state)
{
	struct pyc_header h = { 7, PYC_CHECKED_HASH, 8, 9 };

	(void)state;
	assert_int_equal(pyc_parse_header(BYTES_LIT("\xa7\x0d\r\n\x10\0\0\0\0\0\0\0\0\0\0\0"), &h), -EINVAL);
	assert_int_equal(h.magic, 7);
	assert_int_equal(h.source_size, 9);
}

static void knows_the_versions(void **state)
{
	static const struct {
		uint16_t magic;
		unsigned python;
	} rows[] = {
		{ 62211, 0x0207 }, { 3230, 0x0303 }, { 3310, 0x0304 }, { 3351, 0x0305 }, { 3379, 0x0306 }, { 3394, 0x0307 },
		{ 3413, 0x0308 }, { 3425, 0x0309 }, { 3439, 0x030a }, { 3495, 0x030b }, { 3531, 0x030c }, { 3571, 0x030d },
		{ 3627, 0x030e }, { 336, 0x0308 }, { 0, 0 }, { 65535, 0 }, { 3800, 0 }, { 3180, 0 },
		{ 3649, 0x030e }, { 3650, 0x030f }, { 3749, 0x030f }, { 3750, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(rows); i++)
		assert_int_equal(pyc_python(rows[i].magic), rows[i].python);
}

/* ---- judging ------------------------------------------------------------------ */

#define L0 "\0\0\0\0"
#define HEADER "\xa7\x0d\r\n" L0 "\1\0\0\0" "\4\0\0\0"
#define UNCHECKED "\xa7\x0d\r\n" "\1\0\0\0" L0 L0
/* A code object of 3.11 with tuples of constants and of names, each with its number. */
#define CODE(consts, names) "c" L0 L0 L0 L0 L0 "s" L0 ")" consts ")" names ")\0" "s" L0 "z\0" "z\0" "z\0" L0 "s" L0 "s" L0
#define TEXT(n, text) "z" n text
#define BLOB "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
	     "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define B(name) INDICATOR_BIT(INDICATOR_##name)

static const struct {
	const char *what;
	struct bytes bytes, source;
	enum pyc_fits fits;
	bool stale;
	uint64_t all, none;	/* which must be there, which must not */
} judged[] = {
	{ "a call of os.system, alone", BYTES_LIT(HEADER CODE("\2" "N" TEXT("\2", "id"), "\2" TEXT("\2", "os") TEXT("\6", "system"))),
	  BYTES_NONE, PYC_FITS_UNKNOWN, false, B(PROCESS) | B(BYTECODE_ALONE), B(NOT_UNDERSTOOD) | B(UNCHECKED_BYTECODE) },
	{ "names in a function", BYTES_LIT(HEADER CODE("\1" CODE("\0", "\2" TEXT("\6", "system") TEXT("\2", "os")), "\0")),
	  BYTES_NONE, PYC_FITS_UNKNOWN, false, B(PROCESS), 0 },
	{ "the two names in different functions",
	  BYTES_LIT(HEADER CODE("\2" CODE("\0", "\1" TEXT("\6", "system")) CODE("\0", "\1" TEXT("\2", "os")), "\0")),
	  BYTES_NONE, PYC_FITS_UNKNOWN, false, 0, B(PROCESS) },
	{ "__import__('os').system", BYTES_LIT(HEADER CODE("\1" TEXT("\2", "os"), "\2" TEXT("\012", "__import__") TEXT("\6", "system"))),
	  BYTES_NONE, PYC_FITS_UNKNOWN, false, B(PROCESS), 0 },
	{ "getattr(os, 'system')", BYTES_LIT(HEADER CODE("\1" TEXT("\6", "system"), "\2" TEXT("\2", "os") TEXT("\7", "getattr"))),
	  BYTES_NONE, PYC_FITS_UNKNOWN, false, B(PROCESS), 0 },
	{ "exec of base64", BYTES_LIT(HEADER CODE("\1" TEXT("\240", BLOB), "\3" TEXT("\4", "exec") TEXT("\6", "base64") TEXT("\011", "b64decode"))),
	  BYTES_NONE, PYC_FITS_UNKNOWN, false, B(DECODE_EXECUTE) | B(ENCODED_BLOB), 0 },
	{ "exec of a text", BYTES_LIT(HEADER CODE("\1" TEXT("\032", "import os; os.system('id')"), "\1" TEXT("\4", "exec"))),
	  BYTES_NONE, PYC_FITS_UNKNOWN, false, B(PROCESS), 0 },
	{ "nothing in particular", BYTES_LIT(HEADER CODE("\1" TEXT("\2", "hi"), "\1" TEXT("\5", "print"))), BYTES_LIT("print('hi')"),
	  PYC_FITS, true, 0, ~UINT64_C(0) },
	{ "of its source", BYTES_LIT(HEADER CODE("\1" TEXT("\5", "hello"), "\1" TEXT("\5", "print"))), BYTES_LIT("print('h\\x65l' 'lo')"),
	  PYC_FITS, true, 0, B(BYTECODE_DIFFERS) },
	{ "of another source", BYTES_LIT(HEADER CODE("\1" TEXT("\5", "hello"), "\1" TEXT("\6", "system"))), BYTES_LIT("hello"),
	  PYC_DIFFERS, true, B(BYTECODE_DIFFERS), B(BYTECODE_ALONE) },
	{ "unchecked", BYTES_LIT(UNCHECKED CODE("\0", "\0")), BYTES_LIT("hello"), PYC_FITS, false, B(UNCHECKED_BYTECODE),
	  B(BYTECODE_DIFFERS) },
	{ "damaged behind the names", BYTES_LIT(HEADER "c" L0 L0 L0 L0 L0 "s" L0 ")\0" ")\2" TEXT("\2", "os") TEXT("\6", "system") "?"),
	  BYTES_NONE, PYC_FITS_UNKNOWN, false, B(PROCESS) | B(NOT_UNDERSTOOD), 0 },
	{ "of an interpreter that nobody knows", BYTES_LIT("\xff\xff\r\n" L0), BYTES_NONE, PYC_FITS_UNKNOWN, false, B(BYTECODE_ALONE), 0 },
};

static void judges_names_and_texts(void **state)
{
	for (size_t i = 0; i < ELEMENTSOF(judged); i++) {
		_cleanup_region_ struct region region = REGION_INIT;
		struct pyc_verdict v = { .stale = true };
		struct pyc_request request = { .bytes = judged[i].bytes, .source = judged[i].source, .judgement = *state };

		assert_int_equal(pyc_judge(&request, &region, &v), 0);
		if (v.fits != judged[i].fits || v.stale != judged[i].stale || (v.indicators & judged[i].all) != judged[i].all ||
		    v.indicators & judged[i].none)
			fail_msg("%s: fits %d, stale %d, indicators %llx", judged[i].what, (int)v.fits, v.stale,
				 (unsigned long long)v.indicators);
	}
}

/* A module with the time stamp and the size of its source is used as it is. */
static void a_forged_time_stamp_does_not_help(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	struct pyc_verdict v = { .stale = true };
	struct pyc_request request = {
		.bytes = BYTES_LIT(HEADER CODE("\0", "\2" TEXT("\2", "os") TEXT("\6", "system"))),
		.source = BYTES_LIT("pass"),
		.source_mtime = 1,
		.source_size = 4,
		.judgement = *state,
	};

	assert_int_equal(pyc_judge(&request, &region, &v), 0);
	assert_false(v.stale);
	assert_int_equal(v.fits, PYC_DIFFERS);
	request.source_size = 5;
	assert_int_equal(pyc_judge(&request, &region, &v), 0);
	assert_true(v.stale);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_headers),
		cmocka_unit_test(leaves_the_result_alone_on_failure),
		cmocka_unit_test(knows_the_versions),
		cmocka_unit_test(judges_names_and_texts),
		cmocka_unit_test(a_forged_time_stamp_does_not_help),
	};

	return cmocka_run_group_tests(tests, judgement_set_up, judgement_tear_down);
}
