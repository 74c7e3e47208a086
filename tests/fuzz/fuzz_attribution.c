/* fuzz_attribution.c - what a writer chose: its executable's path, arguments and environment, each
 * ended by 0xfe.  Whatever they are, the join answers, names only mismatches that have a name, and
 * calls nobody a liar who runs what argv[0] says. */
#include <assert.h>
#include <stdlib.h>

#include "attribution.h"
#include "pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned join(const struct image *from)
{
	struct event event = { .pid = 20, .closer_pid = 20, .mono_ns = 1, .feed = FEED_REPLAY, .dirfd = -EBADF };
	_cleanup_attribution_ struct attribution a = { 0 };
	_cleanup_(process_table_freep) struct process_table *table = NULL;
	_cleanup_(image_unrefp) struct image *image = NULL;
	struct process *p;

	assert(process_table_new(-EBADF, &table) == 0);
	assert(image_new(from, &image) == 0);
	assert(process_new(&(struct process){ .pid = 20, .ppid = 10, .image = image }, &p) == 0);
	assert(process_table_put(table, p) == 0);
	assert(attribution_join(table, -EBADF, &event, 1, &a) == 0);
	assert(a.source == ATTRIBUTION_RECORDED && !a.compared && !a.complete);
	assert(a.mismatch < MISMATCH_LAST << 1);
	for (unsigned bit = 1; bit <= MISMATCH_LAST; bit <<= 1)
		assert(!(a.mismatch & bit) || mismatch_to_string((enum mismatch)bit));
	return a.mismatch;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest = { size ? (const char *)data : "", size };
	struct image image = { .exe = piece(&rest), .argv = piece(&rest), .environ = piece(&rest), .cwd = piece(&rest) };
	const struct process process = { .image = &image };
	unsigned mismatch = join(&image);

	assert(!(mismatch & MISMATCH_ARGV0) || image.exe.len > 0);
	assert(!(mismatch & (MISMATCH_PRELOAD | MISMATCH_PYTHON_ENV)) || image.environ.len > 0);

	image.exe = process_argument(&process, 0);
	assert(bytes_find_byte(image.exe, ' ', 0) >= 0 || !(join(&image) & MISMATCH_ARGV0));
	return 0;
}
