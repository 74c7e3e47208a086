/* The first byte chooses the codec, the second the bound. */
#include <assert.h>
#include <errno.h>

#include "pydecode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_str_ struct str s = STR_INIT;
	size_t max;
	int r;

	if (size < 2)
		return 0;
	max = (size_t)data[1] * 64;
	assert(str_append_text(&s, "kept") == 0);
	r = pydecode((enum pydecode_codec)(data[0] % PYDECODE_CODECS), (struct bytes){ (const char *)data + 2, size - 2 }, max, &s);
	assert(r == 0 || r == -EINVAL);
	assert(s.len >= 4 && s.len - 4 <= max);
	assert(memcmp(s.buf, "kept", 4) == 0);
	return 0;
}
