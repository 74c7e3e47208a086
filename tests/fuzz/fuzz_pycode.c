/* The first byte says what it stands in and how much work it may be; then source.  What is said is within its bounds, and
 * the same each time.
 *
 * A function that calls others is read for each call, up to 50 ms for 150 bytes: most may not have so much, or a fuzzer
 * would do nothing else. */
#include <assert.h>
#include <stdlib.h>

#include "limits.h"
#include "pycode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct judgement *the_judgement(void)
{
	static struct judgement *j;
	struct problems problems = { 0 };

	if (!j && judgement_load(NULL, &problems, &j) < 0)
		abort();
	return j;
}

static void look(const struct pycode *c, size_t size)
{
	uint64_t seen = 0;

	assert(c->finding_count <= PYCODE_FINDINGS_MAX && c->import_count <= PYCODE_IMPORTS_MAX);
	assert(c->path_count <= PYCODE_PATHS_MAX);
	for (size_t i = 0; i < c->finding_count; i++) {
		assert(c->findings[i].detail.len <= FINDING_DETAIL_MAX);
		assert(c->findings[i].line >= 1 && c->findings[i].line <= size + 1);
		assert(c->findings[i].depth <= PYCODE_NESTING_MAX);
		seen |= INDICATOR_BIT(c->findings[i].indicator);
	}
	assert(seen == c->indicators);
	assert(c->runs || c->finding_count == 0 || seen == INDICATOR_BIT(INDICATOR_LONG_LINE) ||
	       seen & INDICATOR_BIT(INDICATOR_NOT_UNDERSTOOD));
	assert(!c->decoded.ptr || c->decoded.len <= PYCODE_DECODED_MAX);
}

/* 4 KiB are 80 000 units when they are read once. */
static struct work work_for(uint8_t choice)
{
	return (struct work){ choice >> 3 == 31 ? CONTENT_WORK_MAX : 128 * 1024 };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_region_ struct region region = REGION_INIT;
	struct pycode_request request = { .line = 1, .path = BYTES_LIT("/site/hook.pth"), .judgement = the_judgement() };
	struct pycode one, two;
	struct work first, second;

	if (size == 0)
		return 0;
	first = second = work_for(data[0]);
	request.work = &first;
	request.is_line = data[0] & 1;
	request.is_main = data[0] & 2;
	request.call = data[0] & 4 ? BYTES_LIT("run") : BYTES_NONE;
	request.source = (struct bytes){ (const char *)data + 1, size - 1 };
	assert(pycode_judge(&request, &region, &one) == 0);
	look(&one, size);
	request.work = &second;
	assert(pycode_judge(&request, &region, &two) == 0);
	assert(one.indicators == two.indicators && one.finding_count == two.finding_count && one.runs == two.runs);
	return 0;
}
