#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "cleanup.h"
#include "limits.h"
#include "marshal.h"

/* What was handed out, one a line: "1n:os". */
static int take(const struct marshal_item *item, void *userdata)
{
	static const char letters[] = { '{', '}', 'n', 't', 'b' };

	return str_appendf(userdata, "%u%c:%.*s\n", item->depth, letters[item->what], (int)item->text.len,
			   item->text.ptr ? item->text.ptr : "");
}

#define L0 "\0\0\0\0"
/* code bytes, then consts, names and the rest */
#define NOTHING ")\0"
#define SMALL(n, items) ")" n items
#define ASCII(n, text) "z" n text

#define LONGS_27 L0 L0 L0 L0
#define LONGS_36 LONGS_27 L0
#define LONGS_38 LONGS_36 L0
#define LONGS_311 LONGS_36
#define TAIL_OLD NOTHING NOTHING NOTHING "s" L0 "s" L0 L0 "s" L0		/* varnames .. name, firstlineno, lnotab */
#define TAIL_311 NOTHING "s" L0 "z\0" "z\0" "z\0" L0 "s" L0 "s" L0
#define CODE "s\1\0\0\0d"

static const struct {
	const char *what;
	unsigned python;
	struct bytes data;
	int ret;
	const char *items;
} cases[] = {
	{ "2.7", 0x0207, BYTES_LIT("c" LONGS_27 CODE "(\1\0\0\0" "s\2\0\0\0hi" "(\2\0\0\0" "t\2\0\0\0os" "R" L0 TAIL_OLD), 0,
	  "1{:\n1b:hi\n1n:os\n1n:os\n1}:\n" },
	{ "3.6", 0x0306, BYTES_LIT("\xe3" LONGS_36 CODE SMALL("\2", "N" ASCII("\2", "hi")) SMALL("\1", "\xda\2os") TAIL_OLD), 0,
	  "1{:\n1t:hi\n1n:os\n1}:\n" },
	{ "3.8", 0x0308, BYTES_LIT("\xe3" LONGS_38 CODE NOTHING SMALL("\1", "Z\2os") TAIL_OLD), 0, "1{:\n1n:os\n1}:\n" },
	{ "3.11", 0x030b, BYTES_LIT("\xe3" LONGS_311 CODE SMALL("\1", "u\2\0\0\0\xc3\xa4") SMALL("\1", "A\1\0\0\0x") TAIL_311), 0,
	  "1{:\n1t:\xc3\xa4\n1n:x\n1}:\n" },
	{ "all constants", 0x030e,
	  BYTES_LIT("c" LONGS_311 CODE
		    SMALL("\x14", "N" "F" "T" "S" "." "i" L0 "I" L0 L0 "f\3" "1.5" "g" L0 L0 "x\1" "1" "\1" "2" "y" L0 L0 L0 L0
			  "l\xfe\xff\xff\xff" "\1\0\2\0" "s\1\0\0\0b" "(\1\0\0\0a\1\0\0\0t" "[\0\0\0\0" "<\1\0\0\0z\1f" ">\0\0\0\0"
			  "{NN0" ":NNN" "z\1e")
		    NOTHING TAIL_311), 0, "1{:\n1b:b\n1t:t\n1t:f\n1t:e\n1}:\n" },
	/* a tuple that is one for two functions: its names count for each */
	{ "a reference", 0x030b,
	  BYTES_LIT("c" LONGS_311 CODE SMALL("\1", "c" LONGS_311 CODE NOTHING "\xa9\1" "Z\1q" TAIL_311) "r\0\0\0\0" TAIL_311), 0,
	  "1{:\n2{:\n2n:q\n2}:\n1n:q\n1}:\n" },
	{ "a reference that is none", 0x030b, BYTES_LIT("c" LONGS_311 CODE "r\1\0\0\0" NOTHING TAIL_311), -EINVAL, "1{:\n" },
	{ "a tuple in itself", 0x030b, BYTES_LIT("c" LONGS_311 CODE "\xa9\1r\0\0\0\0" NOTHING TAIL_311), -EDQUOT, "1{:\n" },
	{ "a length beyond the end", 0x030b, BYTES_LIT("c" LONGS_311 CODE SMALL("\1", "z\xff" "abc")), -EINVAL, "1{:\n" },
	{ "2^32-1 items", 0x030b, BYTES_LIT("c" LONGS_311 CODE "(\xff\xff\xff\xff" "N"), -EINVAL, "1{:\n" },
	{ "code as a name", 0x030b, BYTES_LIT("c" LONGS_311 CODE NOTHING "c" LONGS_311), -EINVAL, "1{:\n" },
	{ "an unknown type", 0x030b, BYTES_LIT("c" LONGS_311 "?"), -EINVAL, "1{:\n" },
	{ "no code", 0x030b, BYTES_LIT("N"), -EINVAL, "" },
	{ "nothing", 0x030b, BYTES_LIT(""), -EINVAL, "" },
};

static void hands_out_names_and_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_str_ struct str got = STR_INIT;
		int r = marshal_read(cases[i].data, cases[i].python, take, &got);

		if (r != cases[i].ret || !bytes_equal(str_bytes(&got), bytes_of(cases[i].items)))
			fail_msg("%s: %d\n%s", cases[i].what, r, got.buf);
	}
}

static void every_truncation_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++)
		for (size_t n = 0; cases[i].ret == 0 && n < cases[i].data.len; n++) {
			_cleanup_str_ struct str got = STR_INIT;

			assert_int_equal(marshal_read(bytes_slice(cases[i].data, 0, n), cases[i].python, take, &got), -EINVAL);
		}
}

static int count(const struct marshal_item *item, void *userdata)
{
	(void)item;
	++*(size_t *)userdata;
	return 0;
}

static int refuse(const struct marshal_item *item, void *userdata)
{
	(void)userdata;
	return item->what == MARSHAL_NAME ? -ECANCELED : 0;
}

/* Tuples of references to tuples of references ...: 2^n texts from n tuples. */
static void a_bomb_of_references_ends(void **state)
{
	_cleanup_str_ struct str bomb = STR_INIT;
	size_t items = 0;

	(void)state;
	assert_int_equal(str_append(&bomb, "c" LONGS_311 CODE ")\x64", 1 + sizeof(LONGS_311) - 1 + sizeof(CODE) - 1 + 2), 0);
	assert_int_equal(str_append(&bomb, "\xa9\2z\1az\1b", 8), 0);
	for (unsigned i = 0; i < 99; i++) {
		assert_int_equal(str_append(&bomb, "\xa9\2", 2), 0);
		for (unsigned k = 0; k < 2; k++) {
			assert_int_equal(str_append(&bomb, "r", 1), 0);
			assert_int_equal(str_append(&bomb, (char[]){ (char)i, 0, 0, 0 }, 4), 0);
		}
	}
	assert_int_equal(marshal_read(str_bytes(&bomb), 0x030b, count, &items), -EDQUOT);
	assert_true(items < 3 * bomb.len + MARSHAL_WORK_MIN);
}

static void the_callback_ends_it(void **state)
{
	(void)state;
	assert_int_equal(marshal_read(cases[1].data, cases[1].python, refuse, NULL), -ECANCELED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hands_out_names_and_texts),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(a_bomb_of_references_ends),
		cmocka_unit_test(the_callback_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
