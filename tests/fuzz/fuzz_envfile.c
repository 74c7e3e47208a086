/* The first byte selects the grammar, the rest is the file.
 *
 * Invariants: every name reported is one of Python's, or is called undecidable
 * and has an expansion or a hole's text in it; the line exists in the file; the
 * same file says the same twice; a negative answer of the callback comes back.
 *
 * Scripts within scripts are read up to 256 KiB, however short the file is, so only some are read again. */
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

/* One of eight, by what is in it, so that a failure comes again. */
static bool is_read_again(struct bytes content)
{
	uint64_t sum = 0;

	mix(&sum, content);
	return (sum >> 32) % 8 == 0;
}

static void check_again(enum env_syntax syntax, struct bytes content, const struct seen *first, struct seen second)
{
	struct seen stopped = second;

	if (envfile_parse_all(syntax, content, check, check_include, &second) != 0 ||
	    first->n != second.n || first->sum != second.sum)
		abort();
	stopped.stop_at = first->n;
	if (first->n > 0 && envfile_parse(syntax, content, check, &stopped) != -ECANCELED)
		abort();
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
	if (envfile_parse_all(syntax, content, check, check_include, &first) != 0)
		abort();
	if (is_read_again(content))
		check_again(syntax, content, &first, second);
	return 0;
}
