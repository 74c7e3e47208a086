/* Any text: tokens stand in it one behind the other, the reading ends, and what is between two tokens is blank. */
#include <assert.h>

#include "pytoken.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at_string(const struct pytoken *t)
{
	_cleanup_str_ struct str s = STR_INIT;
	struct bytes code, format;
	size_t next, disguised;

	assert(t->body.ptr >= t->text.ptr && t->body.ptr + t->body.len <= t->text.ptr + t->text.len);
	assert(pytoken_unescape(t->body, t->prefix, &s, &disguised) == 0);
	assert(disguised <= t->body.len / 2);
	for (size_t i = 0; i < t->body.len && i < 64; i++)
		if (t->body.ptr[i] == '{' && pytoken_field(t->body, i + 1, &code, &format, &next)) {
			assert(next > i && next <= t->body.len);
			assert(code.len + format.len < t->body.len);
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = { (const char *)data, size };
	struct pytoken_reader reader;
	struct pytoken t;
	size_t at = 0, indents = 0, dedents = 0;

	pytoken_init(&reader, text, 1);
	for (size_t count = 0;; count++) {
		_cleanup_str_ struct str name = STR_INIT;

		pytoken_next(&reader, &t);
		assert(count <= 3 * size + 2);
		assert(reader.at <= size && t.line >= 1 && t.line <= size + 1);
		indents += t.kind == PYTOKEN_INDENT;
		dedents += t.kind == PYTOKEN_DEDENT;
		if (t.kind == PYTOKEN_END)
			break;
		if (t.text.len == 0)
			continue;
		assert(t.text.ptr >= text.ptr + at);
		at = (size_t)(t.text.ptr - text.ptr) + t.text.len;
		assert(at == reader.at);
		if (t.kind == PYTOKEN_STRING)
			look_at_string(&t);
		if (t.kind == PYTOKEN_NAME)
			assert(pytoken_normalise(t.text, &name) == 0 && (name.len > 0) == (t.text.len > 0));
	}
	assert(indents == dedents);
	pytoken_next(&reader, &t);
	assert(t.kind == PYTOKEN_END);
	return 0;
}
