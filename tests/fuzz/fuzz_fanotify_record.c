/* A record that decodes ends within the buffer, and so does every view of it; the
 * lengths add up, so that a reader makes progress. */
#include <assert.h>
#include <stdint.h>

#include "fanotify_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct bytes b, struct bytes record)
{
	if (b.len > 0)
		assert(b.ptr >= record.ptr && b.ptr + b.len <= record.ptr + record.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest = { (const char *)data, size };
	struct fanotify_record r;

	while (fanotify_record_decode(rest, &r) == 0) {
		struct bytes record;

		assert(r.length > 0 && r.length <= rest.len);
		record = bytes_slice(rest, 0, r.length);
		inside(r.name, record);
		inside(r.old_name, record);
		inside(r.dir.bytes, record);
		inside(r.old_dir.bytes, record);
		inside(r.object.bytes, record);
		rest = bytes_slice(rest, r.length, rest.len - r.length);
	}
	return 0;
}
