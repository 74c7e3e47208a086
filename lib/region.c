#include "region.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define REGION_BLOCK 4096

struct region_block {
	struct region_block *next;
	size_t used, size;
	_Alignas(max_align_t) char data[];
};

void region_release(struct region *r)
{
	while (r->head) {
		struct region_block *next = r->head->next;

		free(r->head);
		r->head = next;
	}
	*r = REGION_INIT;
}

void *region_alloc(struct region *r, size_t size)
{
	const size_t align = _Alignof(max_align_t);
	struct region_block *b = r->head;
	size_t rounded, block_size, total;
	void *p;

	if (__builtin_add_overflow(size ? size : 1, align - 1, &rounded))
		return NULL;
	rounded &= ~(align - 1);

	if (!b || b->size - b->used < rounded) {
		block_size = rounded > REGION_BLOCK ? rounded : REGION_BLOCK;
		if (__builtin_add_overflow(sizeof(*b), block_size, &total))
			return NULL;
		b = calloc(1, total);
		if (!b)
			return NULL;
		b->size = block_size;
		b->next = r->head;
		r->head = b;
	}

	p = b->data + b->used;
	b->used += rounded;
	r->used += rounded;
	return p;
}

void *region_alloc_array(struct region *r, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		return NULL;
	return region_alloc(r, total);
}

struct bytes region_copy(struct region *r, struct bytes b)
{
	size_t size;
	char *p;

	if (__builtin_add_overflow(b.len, 1, &size))
		return BYTES_NONE;
	p = region_alloc(r, size);
	if (!p)
		return BYTES_NONE;
	if (b.len > 0)
		memcpy(p, b.ptr, b.len);
	return (struct bytes){ p, b.len };
}

struct bytes region_printf(struct region *r, const char *format, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, format);
	n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (n < 0)
		return BYTES_NONE;

	p = region_alloc(r, (size_t)n + 1);
	if (!p)
		return BYTES_NONE;
	va_start(ap, format);
	(void)vsnprintf(p, (size_t)n + 1, format, ap);
	va_end(ap);
	return (struct bytes){ p, (size_t)n };
}
