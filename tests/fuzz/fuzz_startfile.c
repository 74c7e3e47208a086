#include <assert.h>
#include <errno.h>

#include "startfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int look(const struct start_line *line, void *userdata)
{
	unsigned *number = userdata;

	assert(line->number > *number);
	*number = line->number;
	assert(line->text.len > 0 && line->text.ptr[0] != '#');
	assert(bytes_trim(line->text).len == line->text.len);
	assert(line->valid == (line->module.len > 0 && line->object.len > 0));
	if (line->valid) {
		assert(line->module.len + 1 + line->object.len == line->text.len);
		assert(bytes_find_byte(line->object, ':', 0) < 0);
		assert(bytes_find_byte(line->text, ' ', 0) < 0);
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned number = 0;
	int r = startfile_parse((struct bytes){ (const char *)data, size }, look, &number);

	assert(r == 0 || r == -EILSEQ);
	return 0;
}
