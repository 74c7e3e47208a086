/* fuzz_sigma_condition.c - any condition: refused with a place inside it, or a
 * tree that answers 0 or 1 for any answers of its selections, the same when asked
 * again, and asks only selections that it said it uses. */
#include <stdint.h>
#include <stdlib.h>

#include "sigma_condition.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static const struct bytes names[] = {
	BYTES_LIT("a"), BYTES_LIT("b"), BYTES_LIT("sel_1"), BYTES_LIT("sel_2"), BYTES_LIT("_x"), BYTES_LIT("f-1"),
};
enum { COUNT = ELEMENTSOF(names) };

struct asking {
	unsigned answers, asked;
	const bool *used;
};

static int answer(size_t selection, void *userdata)
{
	struct asking *a = userdata;

	check(selection < COUNT && a->used[selection]);
	a->asked |= 1u << selection;
	return a->answers >> selection & 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(sigma_condition_freep) struct sigma_condition *c = NULL;
	struct sigma_condition_error err = { 0 };
	bool used[COUNT] = { false };
	int r;

	r = sigma_condition_parse((struct bytes){ (const char *)data, size }, names, COUNT, used, &c, &err);
	check(r == 0 || r == -EINVAL);
	check((r == 0) == (c != NULL));
	if (r < 0) {
		check(err.offset <= size && err.text[0] != '\0');
		return 0;
	}
	for (unsigned answers = 0; answers < 1u << COUNT; answers++) {
		struct asking a = { answers, 0, used }, b = { answers, 0, used };
		int first = sigma_condition_eval(c, answer, &a);

		check(first == 0 || first == 1);
		check(a.asked != 0);
		/* What was not asked does not matter. */
		b.answers ^= ~a.asked;
		check(sigma_condition_eval(c, answer, &b) == first);
	}
	return 0;
}
