/* The first byte chooses the kind of hook, the rest is its content. */
#include <assert.h>

#include <errno.h>

#include "content.h"
#include "limits.h"

/* Nothing but the bytes. */
static int judge(struct hook *hook, struct bytes bytes, uint64_t size, struct region *region, struct content *ret)
{
	return content_judge(&(struct content_request){ .bytes = bytes, .size = size, .rootfd = -EBADF }, hook, region, ret);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_region_ struct region region = REGION_INIT;
	struct hook hook = { 0 }, before;
	struct content c;
	struct bytes bytes;
	size_t hidden = 0;

	if (size == 0)
		return 0;
	hook.vector = (enum vector)(data[0] % (VECTOR_JUPYTER + 1));
	hook.form = (enum hook_form)(data[0] / (VECTOR_JUPYTER + 1) % (FORM_JSON + 1));
	before = hook;
	bytes = (struct bytes){ (const char *)data + 1, size - 1 };

	assert(judge(&hook, bytes, bytes.len, &region, &c) == 0);
	assert(hook.vector == before.vector || before.vector == VECTOR_PTH);
	assert(hook.vector != VECTOR_PTH);
	assert(c.verdict == CONTENT_INERT || c.verdict == CONTENT_EXECUTES);
	assert(c.line_count <= ALERT_LINES_MAX);
	assert(c.size == bytes.len && c.sha256[63] && !c.sha256[64] && !c.unread);
	for (size_t i = 0; i < c.line_count; i++) {
		assert(c.lines[i].number > 0);
		assert(c.lines[i].text.ptr && c.lines[i].text.len <= ALERT_LINE_BYTES_MAX);
		hidden += c.lines[i].hidden;
	}
	assert(c.hidden || hidden == 0);
	/* What runs is never called inert, save a .start that CPython skips. */
	if (c.executing + c.paths > 0)
		assert(c.verdict == CONTENT_EXECUTES);
	if (hook.vector == VECTOR_PTH_PATH && before.vector == VECTOR_PTH)
		assert(c.executing == 0);
	return 0;
}
