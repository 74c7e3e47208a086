/* Every view that is answered lies in the path, or is not longer than it; an id without a
 * container, or one without an id, is never answered. */
#include <assert.h>
#include <stdint.h>

#include "cgroup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void within(struct bytes path, struct bytes part)
{
	assert(!part.ptr || (part.len > 0 && part.ptr >= path.ptr && part.ptr + part.len <= path.ptr + path.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_region_ struct region region = REGION_INIT;
	struct bytes path = { (const char *)data, size };
	struct cgroup c;

	if (cgroup_parse(path, &region, &c) < 0)
		return 0;
	within(path, c.unit);
	within(path, c.slice);
	within(path, c.container_group);
	assert(c.container_id.len <= size && c.pod_uid.len <= size);
	assert((c.runtime == CONTAINER_NONE) == (c.container_id.ptr == NULL));
	assert((c.runtime == CONTAINER_NONE) == (container_runtime_to_string(c.runtime) == NULL));
	assert((c.runtime == CONTAINER_NONE) == (c.container_group.ptr == NULL));
	return 0;
}
