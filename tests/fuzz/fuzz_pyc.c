#include <assert.h>
#include <errno.h>

#include "pyc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pyc_header h = { 1, PYC_CHECKED_HASH, 2, 3 };
	int r = pyc_parse_header((struct bytes){ (const char *)data, size }, &h);

	if (r < 0) {
		assert(r == -EINVAL);
		assert(h.magic == 1 && h.source_mtime == 2 && h.source_size == 3);
		return 0;
	}
	assert(size >= 8 && data[2] == '\r' && data[3] == '\n');
	assert(h.magic == (data[0] | data[1] << 8));
	if (h.kind != PYC_TIMESTAMP)
		assert(size >= 16 && (data[4] & 1) && h.source_mtime == 0 && h.source_size == 0);
	return 0;
}
