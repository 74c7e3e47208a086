/* fuzz_judgement.c - any data over the defaults: refused with reasons, or a judgement that answers. */
#include <stdint.h>
#include <stdlib.h>

#include "judgement.h"
#include "limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	_cleanup_(judgement_freep) struct judgement *j = NULL;
	struct bytes text = { (const char *)data, size };
	int r = judgement_load_text(text, "f", &problems, &j);

	check(r == 0 || r == -EINVAL);
	check((r == 0) == (j != NULL) && (r == 0) == (problems.errors == 0));
	if (!j)
		return 0;

	for (unsigned i = 0; i < INDICATOR_COUNT; i++)
		for (unsigned as = JUDGED_LINE; as <= JUDGED_INTERACTIVE; as++) {
			int weight = judgement_weight(j, (enum indicator)i, (enum judged_as)as);

			check(weight >= 0 && weight <= JUDGEMENT_WEIGHT_MAX);
		}
	check((judgement_text(j, text) & ~(INDICATOR_BIT(INDICATOR_COUNT) - 1)) == 0);
	check((judgement_name(j, text) & ~((unsigned)NAME_IMPORT * 2 - 1)) == 0);
	check(judgement_name(j, BYTES_LIT("os.system")) & NAME_PROCESS);
	(void)judgement_template(j, TEMPLATE_PTH_LINE, text, text);
	(void)judgement_is_known_name(j, TEMPLATE_PTH_LINE, text);
	return 0;
}
