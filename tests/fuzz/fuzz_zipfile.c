#include <assert.h>
#include <errno.h>

#include "cleanup.h"
#include "zipfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int take(const struct zipfile_member *m, void *userdata)
{
	const struct bytes *archive = userdata;
	_cleanup_str_ struct str content = STR_INIT;
	int r = zipfile_extract(*archive, m, 1000, &content);

	assert(m->name.ptr >= archive->ptr && m->name.ptr + m->name.len <= archive->ptr + archive->len);
	assert(r == 0 || r == -EINVAL);
	assert(content.len <= 1000);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes archive = { (const char *)data, size };
	int r = zipfile_read(archive, take, &archive);

	assert(r == 0 || r == -EINVAL || r == -E2BIG);
	return 0;
}
