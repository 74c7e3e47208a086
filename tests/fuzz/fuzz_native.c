#include <assert.h>
#include <errno.h>

#include "native.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct judgement *judgement;
	_cleanup_region_ struct region region = REGION_INIT;
	struct native_verdict v = { 0 };
	int r;

	if (!judgement) {
		struct problems problems = PROBLEMS_INIT;

		assert(judgement_load(NULL, &problems, &judgement) == 0);
		problems_release(&problems);
	}
	r = native_judge((struct bytes){ (const char *)data, size }, judgement, &region, &v);
	assert(r == 0 || r == -EINVAL);
	for (size_t i = 0; i < v.finding_count; i++)
		assert(v.indicators & INDICATOR_BIT(v.findings[i].indicator));
	assert(r < 0 || v.indicators & INDICATOR_BIT(INDICATOR_NATIVE));
	return 0;
}
