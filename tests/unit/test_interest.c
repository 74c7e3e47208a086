#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "interest.h"

static struct interest set;

static struct handle_view handle(uint64_t *storage, uint64_t n)
{
	*storage = n;
	return (struct handle_view){ .type = 1, .bytes = { (const char *)storage, sizeof(*storage) } };
}

static void has_what_was_added(void **state)
{
	uint64_t storage;
	unsigned wrong = 0;

	(void)state;
	interest_init(&set, 42);
	for (uint64_t i = 0; i < 10000; i++) {
		struct handle_view h = handle(&storage, i);

		interest_add(&set, &h);
	}
	for (uint64_t i = 0; i < 10000; i++) {
		struct handle_view h = handle(&storage, i);

		assert_true(interest_has(&set, &h));
	}
	for (uint64_t i = 1000000; i < 1100000; i++) {
		struct handle_view h = handle(&storage, i);

		wrong += interest_has(&set, &h);
	}
	/* Four probes, 40 000 of a million bits: about 2 in a million are expected. */
	assert_true(wrong < 100);
}

static void looks_at_every_byte(void **state)
{
	char bytes[11] = "0123456789";
	struct handle_view h = { .type = 1, .bytes = { bytes, 10 } };

	(void)state;
	interest_init(&set, 1);
	interest_add(&set, &h);
	for (size_t i = 0; i < 10; i++) {
		bytes[i] ^= 1;
		assert_false(interest_has(&set, &h));
		bytes[i] ^= 1;
	}
	h.type = 2;
	assert_false(interest_has(&set, &h));
	h.type = 1;
	h.bytes.len = 9;
	assert_false(interest_has(&set, &h));
}

static void a_name_is_of_its_directory(void **state)
{
	uint64_t one, two;
	struct handle_view a = handle(&one, 1), b = handle(&two, 2);

	(void)state;
	interest_init(&set, 7);
	interest_add_name(&set, &a, BYTES_LIT("y"));
	assert_true(interest_has_name(&set, &a, BYTES_LIT("y")));
	assert_false(interest_has_name(&set, &a, BYTES_LIT("z")));
	assert_false(interest_has_name(&set, &a, BYTES_LIT("yy")));
	assert_false(interest_has_name(&set, &a, BYTES_LIT("")));
	assert_false(interest_has_name(&set, &b, BYTES_LIT("y")));
	assert_false(interest_has(&set, &a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_what_was_added),
		cmocka_unit_test(looks_at_every_byte),
		cmocka_unit_test(a_name_is_of_its_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
