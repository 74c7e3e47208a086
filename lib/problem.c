#include "problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "limits.h"

void problems_release(struct problems *p)
{
	for (size_t i = 0; i < p->count; i++) {
		free(p->list[i].file);
		free(p->list[i].text);
	}
	free(p->list);
	*p = PROBLEMS_INIT;
}

__attribute__((format(printf, 6, 0)))
static void add(struct problems *p, bool warning, const char *file, unsigned line, unsigned column,
		const char *format, va_list ap)
{
	struct problem one = { .line = line, .column = column, .warning = warning };
	struct problem *list;

	if (!warning)
		p->errors++;
	if (p->count >= PROBLEMS_MAX)
		goto incomplete;

	one.file = strdup(file);
	if (!one.file || vasprintf(&one.text, format, ap) < 0) {
		free(one.file);
		goto incomplete;
	}

	list = realloc(p->list, (p->count + 1) * sizeof(*list));
	if (!list) {
		free(one.file);
		free(one.text);
		goto incomplete;
	}

	p->list = list;
	p->list[p->count++] = one;
	return;

incomplete:
	p->incomplete = true;
}

void problems_add(struct problems *p, const char *file, unsigned line, unsigned column,
		  const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	add(p, false, file, line, column, format, ap);
	va_end(ap);
}

void problems_warn(struct problems *p, const char *file, unsigned line, unsigned column,
		   const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	add(p, true, file, line, column, format, ap);
	va_end(ap);
}

int problem_text(const struct problem *p, struct str *out)
{
	size_t before = out->len;
	int r = escape_append(out, bytes_of(p->file));

	if (r >= 0 && p->line > 0)
		r = str_appendf(out, ":%u:%u", p->line, p->column);
	if (r >= 0)
		r = str_append_text(out, p->warning ? ": warning: " : ": ");
	if (r >= 0)
		r = escape_append(out, bytes_of(p->text));
	if (r < 0 && out->len > before) {
		out->len = before;
		out->buf[before] = '\0';
	}
	return r;
}
