/* The first byte selects the grammar, the rest is the file.
 *
 * Invariants: every name reported is one of Python's, or is called undecidable
 * and has an expansion or a hole's text in it; the line exists in the file; the
 * same file says the same twice; a negative answer of the callback comes back. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "envfile.h"
#include "limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	unsigned lines;		/* in the file */
	size_t size;
	unsigned n;
	uint64_t sum;
	unsigned stop_at;
};

static void mix(uint64_t *sum, struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		*sum = (*sum ^ (unsigned char)b.ptr[i]) * 1099511628211u;
	*sum = (*sum ^ b.len) * 1099511628211u;
}

static int check(const struct env_assignment *a, void *userdata)
{
	struct seen *s = userdata;

	if (!envfile_is_python_variable(a->name) && !a->undecidable)
		abort();
	if (a->line < 1 || a->line > s->lines)
		abort();
	/* Escapes shrink, joins shrink; only fish's \u and cron's copies come close. */
	if (a->value.len > s->size || a->name.len > s->size)
		abort();
	if (a->value.len > 0 && !a->value.ptr)
		abort();
	/* With variables put in, but not without bound. */
	if (!a->resolved.ptr || a->resolved.len > s->size + ENVFILE_RESOLVED_MAX)
		abort();
	mix(&s->sum, a->resolved);
	mix(&s->sum, a->name);
	mix(&s->sum, a->value);
	s->n++;
	return s->stop_at && s->n == s->stop_at ? -ECANCELED : 0;
}

static int check_include(const struct env_include *i, void *userdata)
{
	struct seen *s = userdata;

	if (i->path.len == 0 || i->line < 1 || i->line > s->lines || i->syntax > ENV_SYNTAX_LAST)
		abort();
	mix(&s->sum, i->path);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen first = { .lines = 1, .size = size }, second;
	struct bytes content;
	enum env_syntax syntax;

	if (size < 1)
		return 0;
	/* Letters, so that the corpus can be written with an editor. */
	syntax = (enum env_syntax)((unsigned)(data[0] - 'A') % (ENV_DOTENV + 1));
	content = (struct bytes){ (const char *)data + 1, size - 1 };
	for (size_t i = 0; i < content.len; i++)
		first.lines += content.ptr[i] == '\n';

	second = first;
	if (envfile_parse_all(syntax, content, check, check_include, &first) != 0 ||
	    envfile_parse_all(syntax, content, check, check_include, &second) != 0)
		abort();
	if (first.n != second.n || first.sum != second.sum)
		abort();

	if (first.n > 0) {
		second = (struct seen){ .lines = first.lines, .size = size, .stop_at = first.n };
		if (envfile_parse(syntax, content, check, &second) != -ECANCELED)
			abort();
	}
	return 0;
}
