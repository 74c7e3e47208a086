/* The first byte is the number of the file, the rest is the header.  What is said of it is in the header, and the header
 * holds both parts of the path. */
#include <assert.h>
#include <errno.h>

#include "rpm_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(struct bytes text, struct bytes header)
{
	assert(!text.ptr || (text.ptr >= header.ptr && text.len < header.len &&
			     text.ptr + text.len < header.ptr + header.len && text.ptr[text.len] == '\0'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes header = { (const char *)data + 1, size - 1 };
	struct rpm_file file = { 0 };
	int r;

	if (size == 0)
		return 0;
	r = rpm_header_find(header, data[0], BYTES_LIT("/s/a.pth"), &file);
	assert(r == 1 || r == 0 || r == -EBADMSG);
	if (r < 1)
		return 0;
	assert(file.package.ptr && file.digest.len <= DIGEST_BYTES);
	check_inside(file.package, header);
	check_inside(file.version, header);
	check_inside(file.release, header);
	assert(bytes_find(header, BYTES_LIT("/"), 0) >= 0 && bytes_find(header, BYTES_LIT("h\0"), 0) >= 0);
	return 0;
}
