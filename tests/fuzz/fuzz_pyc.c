#include <assert.h>
#include <errno.h>

#include "pyc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_header(struct bytes content)
{
	const uint8_t *data = (const uint8_t *)content.ptr;
	struct pyc_header h = { 1, PYC_CHECKED_HASH, 2, 3 };
	int r = pyc_parse_header(content, &h);

	if (r < 0) {
		assert(r == -EINVAL);
		assert(h.magic == 1 && h.source_mtime == 2 && h.source_size == 3);
		return;
	}
	assert(content.len >= 8 && data[2] == '\r' && data[3] == '\n');
	assert(h.magic == (data[0] | data[1] << 8));
	if (h.kind != PYC_TIMESTAMP)
		assert(content.len >= 16 && (data[4] & 1) && h.source_mtime == 0 && h.source_size == 0);
}

/* The first byte says how much of the rest is the source: a part of 256. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct judgement *judgement;
	_cleanup_region_ struct region region = REGION_INIT;
	struct pyc_verdict v = { .fits = PYC_FITS_UNKNOWN };
	struct pyc_request request = { 0 };
	size_t source;
	int r;

	if (!judgement) {
		struct problems problems = PROBLEMS_INIT;

		assert(judgement_load(NULL, &problems, &judgement) == 0);
		problems_release(&problems);
	}
	if (size == 0)
		return 0;
	source = (size - 1) * data[0] / 256;
	request.judgement = judgement;
	request.bytes = (struct bytes){ (const char *)data + 1 + source, size - 1 - source };
	if (source > 0)
		request.source = (struct bytes){ (const char *)data + 1, source };

	read_header(request.bytes);
	r = pyc_judge(&request, &region, &v);
	assert(r == 0 || r == -EINVAL);
	assert(source > 0 || v.fits == PYC_FITS_UNKNOWN);
	for (size_t i = 0; i < v.finding_count; i++)
		assert(v.indicators & INDICATOR_BIT(v.findings[i].indicator));
	return 0;
}
