/* matcher.c - texts with wildcards by hand, regular expressions by pcre2.
 *
 * Texts.  A pattern is compiled to operations of 16 bits: a byte to be equal,
 * "any byte" or "any run".  Matching is the usual loop that goes back to the last
 * run only, which is enough for such patterns: no recursion, at worst
 * value times pattern comparisons, and those are counted.
 *
 * Regular expressions.  Compiled without UTF (see matcher.h), with pcre2's
 * limits set low, since the values are an attacker's: an expression that would
 * backtrack for minutes on a well-chosen line ends after about 20 ms and says
 * so.  NEVER_UTF keeps a pattern from turning UTF on by itself with (*UTF).
 * Machine code is tried first; when its stack is too small for a value the
 * interpreter is asked, so that a long line is no way to hide.
 */
#include "matcher.h"

#include <stdio.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "limits.h"

enum { OP_ANY_BYTE = 256, OP_ANY_RUN };

struct matcher {
	pcre2_code *regex;	/* NULL: a text */
	bool jit;
	bool fold;
	size_t count;
	uint16_t ops[];
};

struct matcher_scratch {
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_jit_stack *jit_stack;	/* NULL: pcre2 uses 32 KiB of the machine's */
};

static unsigned char fold(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c - 'A' + 'a') : c;
}

int matcher_new_text(struct bytes text, enum matcher_where where, unsigned options,
		     struct matcher **ret)
{
	struct matcher *m;

	if (text.len > MATCHER_PATTERN_BYTES_MAX)
		return -E2BIG;

	m = calloc(1, sizeof(*m) + (text.len + 2) * sizeof(m->ops[0]));
	if (!m)
		return -ENOMEM;
	m->fold = options & MATCHER_IGNORE_CASE;

	if (where == MATCHER_CONTAINS || where == MATCHER_ENDSWITH)
		m->ops[m->count++] = OP_ANY_RUN;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if (c == '*' || c == '?') {
			m->ops[m->count++] = c == '*' ? OP_ANY_RUN : OP_ANY_BYTE;
			continue;
		}
		if (c == '\\' && i + 1 < text.len &&
		    (text.ptr[i + 1] == '*' || text.ptr[i + 1] == '?' || text.ptr[i + 1] == '\\'))
			c = (unsigned char)text.ptr[++i];
		m->ops[m->count++] = m->fold ? fold(c) : c;
	}
	if (where == MATCHER_CONTAINS || where == MATCHER_STARTSWITH)
		m->ops[m->count++] = OP_ANY_RUN;

	*ret = m;
	return 0;
}

static int match_text(const struct matcher *m, struct bytes value)
{
	size_t at = 0, op = 0, run = SIZE_MAX, run_at = 0, steps = 0;

	while (at < value.len) {
		if (++steps > MATCHER_STEPS_MAX)
			return -E2BIG;

		if (op < m->count && m->ops[op] == OP_ANY_RUN) {
			if (op + 1 == m->count)
				return 1;
			run = op++;
			run_at = at;
			continue;
		}
		if (op < m->count) {
			unsigned char c = (unsigned char)value.ptr[at];

			if (m->ops[op] == OP_ANY_BYTE || m->ops[op] == (m->fold ? fold(c) : c)) {
				op++;
				at++;
				continue;
			}
		}
		if (run == SIZE_MAX)
			return 0;
		/* The last run takes one byte more. */
		op = run + 1;
		at = ++run_at;
	}

	while (op < m->count && m->ops[op] == OP_ANY_RUN)
		op++;
	return op == m->count;
}

int matcher_new_regex(struct bytes pattern, unsigned options, struct matcher **ret,
		      struct matcher_error *reterr)
{
	uint32_t flags = PCRE2_NEVER_UTF | PCRE2_NEVER_UCP |
			 (options & MATCHER_IGNORE_CASE ? PCRE2_CASELESS : 0) |
			 (options & MATCHER_MULTILINE ? PCRE2_MULTILINE : 0) |
			 (options & MATCHER_DOTALL ? PCRE2_DOTALL : 0);
	_cleanup_(matcher_freep) struct matcher *m = NULL;
	PCRE2_SIZE offset = 0;
	int code = 0;

	if (pattern.len > MATCHER_PATTERN_BYTES_MAX) {
		reterr->offset = MATCHER_PATTERN_BYTES_MAX;
		(void)snprintf(reterr->text, sizeof(reterr->text), "longer than %d bytes",
			       MATCHER_PATTERN_BYTES_MAX);
		return -EINVAL;
	}

	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;

	m->regex = pcre2_compile((PCRE2_SPTR)(pattern.len ? pattern.ptr : ""), pattern.len, flags,
				 &code, &offset, /* context= */ NULL);
	if (!m->regex) {
		PCRE2_UCHAR text[sizeof(reterr->text)];

		if (code == PCRE2_ERROR_HEAP_FAILED)
			return -ENOMEM;
		if (pcre2_get_error_message(code, text, sizeof(text)) < 0 && text[0] == '\0')
			return -ENOMEM;
		reterr->offset = offset <= pattern.len ? offset : pattern.len;
		(void)snprintf(reterr->text, sizeof(reterr->text), "%s", (const char *)text);
		return -EINVAL;
	}

	m->jit = pcre2_jit_compile(m->regex, PCRE2_JIT_COMPLETE) == 0;
	*ret = TAKE_PTR(m);
	return 0;
}

struct matcher *matcher_free(struct matcher *m)
{
	if (m) {
		pcre2_code_free(m->regex);
		free(m);
	}
	return NULL;
}

bool matcher_is_jit(const struct matcher *m)
{
	return m->jit;
}

int matcher_scratch_new(struct matcher_scratch **ret)
{
	_cleanup_(matcher_scratch_freep) struct matcher_scratch *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;

	/* One pair: whether it matches is all that is asked. */
	s->data = pcre2_match_data_create(1, NULL);
	s->context = pcre2_match_context_create(NULL);
	if (!s->data || !s->context)
		return -ENOMEM;

	(void)pcre2_set_match_limit(s->context, MATCHER_REGEX_MATCH_MAX);
	(void)pcre2_set_depth_limit(s->context, MATCHER_REGEX_DEPTH_MAX);
	(void)pcre2_set_heap_limit(s->context, MATCHER_REGEX_HEAP_KIB_MAX);
	s->jit_stack = pcre2_jit_stack_create(32 * 1024, MATCHER_JIT_STACK_MAX, NULL);
	if (s->jit_stack)
		pcre2_jit_stack_assign(s->context, NULL, s->jit_stack);

	*ret = TAKE_PTR(s);
	return 0;
}

struct matcher_scratch *matcher_scratch_free(struct matcher_scratch *s)
{
	if (s) {
		pcre2_match_data_free(s->data);
		pcre2_match_context_free(s->context);
		pcre2_jit_stack_free(s->jit_stack);
		free(s);
	}
	return NULL;
}

int matcher_match(const struct matcher *m, struct matcher_scratch *s, struct bytes value)
{
	PCRE2_SPTR subject = (PCRE2_SPTR)(value.len ? value.ptr : "");
	int n;

	if (!m->regex)
		return match_text(m, value);

	n = pcre2_match(m->regex, subject, value.len, 0, 0, s->data, s->context);
	if (n == PCRE2_ERROR_JIT_STACKLIMIT)
		n = pcre2_match(m->regex, subject, value.len, 0, PCRE2_NO_JIT, s->data, s->context);
	if (n >= 0)
		return 1;

	switch (n) {
	case PCRE2_ERROR_NOMATCH:
		return 0;
	case PCRE2_ERROR_NOMEMORY:
		return -ENOMEM;
	default:	/* MATCHLIMIT, DEPTHLIMIT, HEAPLIMIT */
		return -E2BIG;
	}
}
