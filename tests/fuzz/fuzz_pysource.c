/* The text of a source file: what no encoding changes is passed on, what is decoded is bounded and the same the second time. */
#include <assert.h>

#include "limits.h"
#include "pysource.h"
#include "pytext.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_pysource_ struct pysource s = PYSOURCE_INIT, again = PYSOURCE_INIT;
	struct bytes bytes = { (const char *)data, size };

	assert(pysource_read(bytes, &s) == 0);
	assert(pysource_read(bytes, &again) == 0);
	assert(bytes_equal(s.text, again.text) && s.odd == again.odd);
	assert(s.text.len <= PYSOURCE_GROWTH * size);
	assert(s.odd || !s.unknown);
	if (!s.encoding.ptr) {
		assert(bytes_equal(s.text, pytext_skip_bom(bytes)) && !s.odd);
		return 0;
	}
	assert(s.encoding.ptr >= bytes.ptr && s.encoding.ptr + s.encoding.len <= bytes.ptr + size);
	/* What was decoded is UTF-8. */
	assert(s.text.ptr != s.decoded.buf || s.odd || pytext_is_valid(s.text));
	return 0;
}
