#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <zlib.h>

#include "cleanup.h"
#include "pydecode.h"

#define CASE(codec, in, out) { PYDECODE_##codec, BYTES_LIT(in), BYTES_LIT(out) }

/* Expected results are those of Python's own functions. */
static void decodes_as_python_does(void **state)
{
	static const struct {
		enum pydecode_codec codec;
		struct bytes in, out;
	} cases[] = {
		CASE(BASE64, "aW1wb3J0IG9z", "import os"),
		CASE(BASE64, "aW1w\nb3 J0!IG9zLg==junk", "import os."),
		CASE(BASE64, "-_-_", "\xfb\xff\xbf"),
		CASE(BASE32, "NFWXA33SOQQG64Y=", "import os"),
		CASE(BASE16, "69 6d706F7274", "import"),
		CASE(BASE85, "X>D+Ca&#a", "import "),
		CASE(ASCII85, "<~Bl.g-Ec`FBEr~>", "import os"),
		CASE(ASCII85, "z", "\0\0\0\0"),
		CASE(ROT13, "vzcbeg BF 1", "import OS 1"),
		CASE(ESCAPES, "\\x69\\u006d", "im"),
		CASE(PERCENT, "%69m%zz%4", "im%zz%4"),
		CASE(UTF16, "\xff\xfei\0m\0", "im"),
		CASE(UTF16, "\xfe\xff\0i\xd8\x3d\xde\x00", "i\xf0\x9f\x98\x80"),
		CASE(UTF7, "+AGkAbQ-port +- x", "import + x"),
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_str_ struct str s = STR_INIT;

		assert_int_equal(pydecode(cases[i].codec, cases[i].in, 1000, &s), 0);
		assert_int_equal(s.len, cases[i].out.len);
		assert_memory_equal(s.buf, cases[i].out.ptr, s.len);
	}
}

static void refuses_what_is_none(void **state)
{
	_cleanup_str_ struct str s = STR_INIT;

	(void)state;
	assert_int_equal(pydecode(PYDECODE_DEFLATE, BYTES_LIT("no zlib"), 100, &s), -EINVAL);
	assert_int_equal(pydecode(PYDECODE_BASE64, BYTES_LIT("!!!"), 100, &s), -EINVAL);
	assert_int_equal(pydecode(PYDECODE_BASE64, BYTES_LIT(""), 100, &s), 0);
	assert_int_equal(s.len, 0);
}

/* 1 MiB of zeroes in a KiB: what is behind the bound is not made. */
static void is_bounded(void **state)
{
	static unsigned char zeroes[1 << 20], packed[4096];
	uLongf size = sizeof(packed);
	_cleanup_str_ struct str s = STR_INIT;

	(void)state;
	assert_int_equal(compress(packed, &size, zeroes, sizeof(zeroes)), Z_OK);
	assert_int_equal(str_append_text(&s, "x"), 0);
	assert_int_equal(pydecode(PYDECODE_DEFLATE, (struct bytes){ (char *)packed, size }, 5000, &s), 0);
	assert_int_equal(s.len, 5001);
	/* what is cut off gives what there was */
	str_clear(&s);
	assert_int_equal(pydecode(PYDECODE_DEFLATE, (struct bytes){ (char *)packed, size / 2 }, sizeof(zeroes), &s), 0);
	assert_true(s.len > 1000 && s.len < sizeof(zeroes));
	str_clear(&s);
	assert_int_equal(pydecode(PYDECODE_BASE64, BYTES_LIT("aW1wb3J0IG9z"), 4, &s), 0);
	assert_int_equal(s.len, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes_as_python_does),
		cmocka_unit_test(refuses_what_is_none),
		cmocka_unit_test(is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
