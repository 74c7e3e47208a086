#include "str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool bytes_has_prefix(struct bytes b, struct bytes prefix)
{
	return b.len >= prefix.len && bytes_equal(bytes_slice(b, 0, prefix.len), prefix);
}

bool bytes_has_suffix(struct bytes b, struct bytes suffix)
{
	return b.len >= suffix.len &&
	       bytes_equal(bytes_slice(b, b.len - suffix.len, suffix.len), suffix);
}

static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool bytes_equal_fold(struct bytes a, struct bytes b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (fold(a.ptr[i]) != fold(b.ptr[i]))
			return false;
	return true;
}

int bytes_compare(struct bytes a, struct bytes b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int r = n ? memcmp(a.ptr, b.ptr, n) : 0;

	if (r != 0)
		return r;
	return (a.len > b.len) - (a.len < b.len);
}

ptrdiff_t bytes_find(struct bytes b, struct bytes needle, size_t from)
{
	const char *hit;

	if (from > b.len || needle.len > b.len - from)
		return -1;
	if (needle.len == 0)
		return (ptrdiff_t)from;
	/* Sanitizers look at the whole rest for each memmem(3). */
	if (needle.len == 1)
		return bytes_find_byte(b, needle.ptr[0], from);

	hit = memmem(b.ptr + from, b.len - from, needle.ptr, needle.len);
	return hit ? hit - b.ptr : -1;
}

ptrdiff_t bytes_find_byte(struct bytes b, char c, size_t from)
{
	const char *hit;

	if (from >= b.len)
		return -1;
	hit = memchr(b.ptr + from, c, b.len - from);
	return hit ? hit - b.ptr : -1;
}

ptrdiff_t bytes_find_last_byte(struct bytes b, char c)
{
	const char *hit = b.len ? memrchr(b.ptr, c, b.len) : NULL;

	return hit ? hit - b.ptr : -1;
}

struct bytes bytes_trim(struct bytes b)
{
	while (b.len > 0 && (b.ptr[0] == ' ' || b.ptr[0] == '\t'))
		b = bytes_slice(b, 1, b.len - 1);
	while (b.len > 0 && (b.ptr[b.len - 1] == ' ' || b.ptr[b.len - 1] == '\t'))
		b.len--;
	return b;
}

int bytes_to_u64(struct bytes b, uint64_t *ret)
{
	uint64_t n = 0;

	if (b.len == 0)
		return -EINVAL;
	for (size_t i = 0; i < b.len; i++) {
		if (b.ptr[i] < '0' || b.ptr[i] > '9')
			return -EINVAL;
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(b.ptr[i] - '0'), &n))
			return -ERANGE;
	}

	*ret = n;
	return 0;
}

int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

struct bytes bytes_basename(struct bytes path)
{
	ptrdiff_t slash = bytes_find_last_byte(path, '/');

	return bytes_slice(path, (size_t)(slash + 1), path.len - (size_t)(slash + 1));
}

struct bytes bytes_dirname(struct bytes path)
{
	ptrdiff_t slash = bytes_find_last_byte(path, '/');

	if (slash < 0)
		return bytes_slice(path, 0, 0);
	return bytes_slice(path, 0, slash == 0 ? 1 : (size_t)slash);
}

bool bytes_next_component(struct bytes *path, struct bytes *ret)
{
	size_t start = 0, end;

	while (start < path->len && path->ptr[start] == '/')
		start++;
	if (start == path->len)
		return false;
	for (end = start; end < path->len && path->ptr[end] != '/'; end++)
		;

	*ret = bytes_slice(*path, start, end - start);
	*path = bytes_slice(*path, end, path->len - end);
	return true;
}

bool bytes_next_line(struct bytes *text, struct bytes *ret)
{
	ptrdiff_t end;

	if (text->len == 0)
		return false;
	end = bytes_find_byte(*text, '\n', 0);
	*ret = bytes_slice(*text, 0, end < 0 ? text->len : (size_t)end);
	*text = bytes_slice(*text, ret->len + (end >= 0), text->len - ret->len - (end >= 0));
	return true;
}

void str_init(struct str *s)
{
	*s = STR_INIT;
}

void str_release(struct str *s)
{
	if (s->cap > 0)
		free(s->buf);
	str_init(s);
}

void str_clear(struct str *s)
{
	s->len = 0;
	if (s->cap > 0)
		s->buf[0] = '\0';
}

int str_reserve(struct str *s, size_t more)
{
	size_t need, cap;
	char *buf;

	if (__builtin_add_overflow(s->len, more, &need) || __builtin_add_overflow(need, 1, &need))
		return -ENOMEM;
	if (need <= s->cap)
		return 0;

	cap = s->cap ? s->cap : 64;
	while (cap < need)
		if (__builtin_mul_overflow(cap, 2, &cap))
			return -ENOMEM;

	buf = realloc(s->cap ? s->buf : NULL, cap);
	if (!buf)
		return -ENOMEM;

	buf[s->len] = '\0';
	s->buf = buf;
	s->cap = cap;
	return 0;
}

int str_append(struct str *s, const void *data, size_t len)
{
	int r;

	if (len == 0)
		return 0;
	r = str_reserve(s, len);
	if (r < 0)
		return r;

	memcpy(s->buf + s->len, data, len);
	s->len += len;
	s->buf[s->len] = '\0';
	return 0;
}

int str_append_bytes(struct str *s, struct bytes b)
{
	return str_append(s, b.ptr, b.len);
}

int str_append_text(struct str *s, const char *text)
{
	return str_append_bytes(s, bytes_of(text));
}

int str_append_char(struct str *s, char c)
{
	return str_append(s, &c, 1);
}

int str_appendf(struct str *s, const char *format, ...)
{
	va_list ap;
	int n, r;

	va_start(ap, format);
	n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (n < 0)
		return -ENOMEM;

	r = str_reserve(s, (size_t)n);
	if (r < 0)
		return r;

	va_start(ap, format);
	(void)vsnprintf(s->buf + s->len, (size_t)n + 1, format, ap);
	va_end(ap);
	s->len += (size_t)n;
	return 0;
}

char *str_detach(struct str *s)
{
	char *buf;

	if (str_reserve(s, 0) < 0)
		return NULL;
	buf = s->buf;
	str_init(s);
	return buf;
}
