/* Against a second, slower reading of a .pth: era A, straight from site.py of Python 3.12; and invariants. */
#include <assert.h>

#include "pth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	struct bytes content;
	unsigned number, fatal;
	size_t era_a;
	unsigned stopped;
};

static int look(const struct pth_line *line, void *userdata)
{
	struct seen *s = userdata;
	unsigned eras = line->eras | line->path_eras;

	assert(line->number >= s->number);
	s->number = line->number;
	assert(line->text.len > 0);
	assert(line->text.ptr >= s->content.ptr);
	assert(line->text.ptr + line->text.len <= s->content.ptr + s->content.len);
	assert((line->kind == PTH_LINE_EXEC) == (line->eras != 0));
	assert(eras && !(eras & s->stopped) && !(line->eras & line->path_eras));
	assert((line->unreached & ~eras) == 0 && (line->unreached == 0 || s->fatal));
	assert(bytes_find_byte(line->text, '\n', 0) < 0);
	assert(bytes_find_byte(line->text, '\r', 0) < 0);
	/* Outer blanks are off. */
	assert(bytes_trim(line->text).len == line->text.len);
	/* Later eras take what earlier ones take of a line of its own. */
	if (line->eras & PTH_ERA_B && line->text.len > 7)
		assert(line->eras & PTH_ERA_C);
	if (line->refused)
		s->stopped |= line->eras & (PTH_ERA_A | PTH_ERA_B);
	s->era_a += (line->eras & PTH_ERA_A) != 0;
	return 0;
}

/* Era A, Python 3.12: universal newlines, startswith(), and the rest ignored when exec() raises. */
static size_t count_era_a(struct bytes b)
{
	size_t count = 0, start = 0;

	for (size_t i = 0; i <= b.len; i++)
		if (i == b.len || b.ptr[i] == '\n' || b.ptr[i] == '\r') {
			struct bytes line = bytes_slice(b, start, i - start);

			start = i + 1;
			if (!bytes_has_prefix(line, BYTES_LIT("import ")) && !bytes_has_prefix(line, BYTES_LIT("import\t")))
				continue;
			count++;
			if (bytes_find_byte(line, '\0', 0) >= 0)
				break;
		}
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes content = { (const char *)data, size };
	struct seen s = { .content = content, .fatal = pth_fatal_eras(content) };

	assert(pth_parse(content, look, &s) == 0);
	assert(s.era_a == count_era_a(content));
	(void)pth_is_binary(content);
	return 0;
}
