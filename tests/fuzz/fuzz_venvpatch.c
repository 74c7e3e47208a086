/* A text that is to pass for _virtualenv.py.  What passes also passes with a harmless line more, and not with one that
 * runs something. */
#include <stdlib.h>

#include "venvpatch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct bytes input = { size ? (const char *)data : "", size };
	_cleanup_str_ struct str text = STR_INIT;
	bool good = venvpatch_is(input);

	if (str_append_bytes(&text, input) < 0 || str_append_text(&text, "\nimport os\n") < 0)
		return 0;
	if (venvpatch_is(str_bytes(&text)) != good)
		abort();
	if (str_append_text(&text, "evil()") < 0)
		return 0;
	if (venvpatch_is(str_bytes(&text)))
		abort();
	return 0;
}
