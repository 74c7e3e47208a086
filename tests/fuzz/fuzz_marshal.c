#include <assert.h>
#include <errno.h>

#include "marshal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	struct bytes data;
	unsigned depth;
};

static int take(const struct marshal_item *item, void *userdata)
{
	struct seen *s = userdata;

	if (item->what == MARSHAL_CODE) {
		s->depth++;
	} else if (item->what == MARSHAL_CODE_END) {
		assert(s->depth > 0);
	} else {
		assert(item->text.ptr >= s->data.ptr && item->text.ptr + item->text.len <= s->data.ptr + s->data.len);
	}
	assert(item->depth == s->depth);
	if (item->what == MARSHAL_CODE_END)
		s->depth--;
	return 0;
}

/* The first byte chooses the interpreter. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned pythons[] = { 0x0207, 0x0306, 0x0308, 0x030b, 0x030e };
	struct seen s = { .depth = 0 };
	int r;

	if (size == 0)
		return 0;
	s.data = (struct bytes){ (const char *)data + 1, size - 1 };
	r = marshal_read(s.data, pythons[data[0] % 5], take, &s);
	assert(r == 0 || r == -EINVAL || r == -EDQUOT);
	assert(r < 0 || s.depth == 0);
	return 0;
}
