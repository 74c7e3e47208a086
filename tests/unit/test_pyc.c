#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "cleanup.h"
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_headers),
		cmocka_unit_test(leaves_the_result_alone_on_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
