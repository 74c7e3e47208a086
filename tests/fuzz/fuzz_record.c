/* Rows are parts of the text; a text without quotes has as many rows as it has lines that begin with
 * something, by a second, slower reading; what a path becomes is normal. */
#include <assert.h>

#include "limits.h"
#include "record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	size_t rows, bytes;
};

static int look(const struct record_row *row, void *userdata)
{
	struct seen *s = userdata;
	struct str path = STR_INIT;

	s->rows++;
	s->bytes += row->path.len;
	assert(row->path.len > 0 && row->path.len <= RECORD_FIELD_MAX);
	assert(!row->damaged || !row->digest.algorithm);
	assert(!row->digest.algorithm || row->digest.len <= DIGEST_BYTES);
	assert(record_path(BYTES_LIT("/v/lib"), row->path, &path) == 0);
	assert(path.len > 0 && path.buf[0] == '/');
	assert(path.len == 1 || path.buf[path.len - 1] != '/');
	assert(bytes_find(str_bytes(&path), BYTES_LIT("//"), 0) < 0);
	assert(bytes_find(str_bytes(&path), BYTES_LIT("/../"), 0) < 0);
	str_release(&path);
	return 0;
}

static size_t count_lines(struct bytes b)
{
	size_t count = 0, start = 0;

	for (size_t i = 0; i <= b.len; i++)
		if (i == b.len || b.ptr[i] == '\n' || b.ptr[i] == '\r') {
			count += i > start && b.ptr[start] != ',';
			start = i + 1;
		}
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = { (const char *)data, size };
	struct seen s = { 0 };

	assert(record_parse(text, look, &s) == 0);
	assert(s.bytes <= size);
	if (size <= RECORD_FIELD_MAX && bytes_find_byte(text, '"', 0) < 0)
		assert(s.rows == count_lines(text));
	return 0;
}
