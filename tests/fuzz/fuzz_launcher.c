/* What no accepted text may have, whatever the table says: a byte that begins a line for Python only, a
 * second statement in a line, a line that goes on, an evaluation. */
#include <assert.h>

#include "launcher.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const imports[] = { "from pip._internal.cli.main import main", "from dnf.cli import main", NULL };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = { (const char *)data, size }, interpreter = BYTES_NONE;
	struct bytes rest = text, line;

	if (!launcher_is(text, imports, true, &interpreter)) {
		assert(!interpreter.ptr);
		return 0;
	}
	assert(interpreter.len > 0 && interpreter.ptr > text.ptr);
	assert(interpreter.ptr + interpreter.len <= text.ptr + text.len);
	assert(bytes_find_byte(text, '\r', 0) < 0 && bytes_find_byte(text, '\0', 0) < 0);
	while (bytes_next_line(&rest, &line)) {
		line = bytes_trim(line);
		/* No statement behind another, no line that goes on, outside of a comment and the form for sh. */
		if (line.len == 0 || line.ptr[0] == '#' || line.ptr[0] == '\'')
			continue;
		assert(bytes_find_byte(line, ';', 0) < 0);
		assert(line.ptr[line.len - 1] != '\\');
		assert(bytes_find(line, BYTES_LIT("exec("), 0) < 0 && bytes_find(line, BYTES_LIT("eval("), 0) < 0);
	}
	return 0;
}
