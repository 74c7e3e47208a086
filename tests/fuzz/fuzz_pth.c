/* Against a second, slower reading of a .pth: era by era, straight from site.py,
 * for input without the separators in which the eras differ; and invariants for
 * all input. */
#include <assert.h>

#include "pth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	struct bytes content;
	unsigned number;
	size_t executing;
};

static int look(const struct pth_line *line, void *userdata)
{
	struct seen *s = userdata;

	assert(line->number > s->number);
	s->number = line->number;
	assert(line->text.len > 0);
	assert(line->text.ptr >= s->content.ptr);
	assert(line->text.ptr + line->text.len <= s->content.ptr + s->content.len);
	assert((line->kind == PTH_LINE_EXEC) == (line->eras != 0));
	assert(bytes_find_byte(line->text, '\n', 0) < 0);
	assert(bytes_find_byte(line->text, '\r', 0) < 0);
	/* Outer blanks are off. */
	assert(bytes_trim(line->text).len == line->text.len);
	/* Later eras take what earlier ones take of a line of its own. */
	if (line->eras & PTH_ERA_B && line->text.len > 7)
		assert(line->eras & PTH_ERA_C);
	s->executing += line->kind == PTH_LINE_EXEC;
	return 0;
}

/* Era A, Python 3.12: universal newlines, startswith(). */
static size_t count_era_a(struct bytes b)
{
	size_t count = 0, start = 0;

	for (size_t i = 0; i <= b.len; i++)
		if (i == b.len || b.ptr[i] == '\n' || b.ptr[i] == '\r') {
			struct bytes line = bytes_slice(b, start, i - start);

			count += bytes_has_prefix(line, BYTES_LIT("import ")) ||
				 bytes_has_prefix(line, BYTES_LIT("import\t"));
			start = i + 1;
		}
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes content = { (const char *)data, size };
	struct seen s = { content, 0, 0 };

	assert(pth_parse(content, look, &s) == 0);
	assert(s.executing >= count_era_a(content));
	(void)pth_is_binary(content);
	return 0;
}
