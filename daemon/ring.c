/* ring.c - positions only grow; the index is the position modulo the size.
 *
 * A record is a 32-bit length and its bytes, rounded up to 8; it never wraps: what
 * does not fit before the end is filled with a skip mark and starts at 0 again.
 */
#include "ring.h"

#include <stdatomic.h>
#include <stdint.h>

#define SKIP UINT32_MAX
#define ALIGN 8

struct ring {
	size_t size;
	_Atomic size_t head;	/* written by the producer */
	_Atomic size_t tail;	/* written by the consumer */
	size_t current;		/* consumer: whole size of the record peeked at, 0: none */
	_Alignas(ALIGN) char data[];
};

int ring_new(size_t size, struct ring **ret)
{
	struct ring *r;

	if (size < 2 * ALIGN || (size & (size - 1)) != 0)
		return -EINVAL;
	/* Not touched before it is used: an idle daemon does not pay for it. */
	r = malloc(sizeof(*r) + size);
	if (!r)
		return -ENOMEM;

	r->size = size;
	r->current = 0;
	atomic_init(&r->head, 0);
	atomic_init(&r->tail, 0);
	*ret = r;
	return 0;
}

struct ring *ring_free(struct ring *r)
{
	free(r);
	return NULL;
}

static void put_length(struct ring *r, size_t at, uint32_t length)
{
	memcpy(r->data + at, &length, sizeof(length));
}

bool ring_push(struct ring *r, const struct bytes *parts, size_t count)
{
	size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	size_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
	size_t at = head & (r->size - 1), len = 0, need, to_end = r->size - at;
	uint32_t length;

	for (size_t i = 0; i < count; i++)
		if (__builtin_add_overflow(len, parts[i].len, &len))
			return false;
	if (len > r->size / 2)
		return false;
	length = (uint32_t)len;
	need = (sizeof(length) + len + ALIGN - 1) & ~(size_t)(ALIGN - 1);

	if (need > to_end) {
		if (head - tail + to_end + need > r->size)
			return false;
		put_length(r, at, SKIP);
		head += to_end;
		at = 0;
	} else if (head - tail + need > r->size) {
		return false;
	}

	put_length(r, at, length);
	at += sizeof(length);
	for (size_t i = 0; i < count; i++) {
		if (parts[i].len > 0)
			memcpy(r->data + at, parts[i].ptr, parts[i].len);
		at += parts[i].len;
	}

	atomic_store_explicit(&r->head, head + need, memory_order_release);
	return true;
}

bool ring_peek(struct ring *r, struct bytes *ret)
{
	size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	size_t head = atomic_load_explicit(&r->head, memory_order_acquire);
	uint32_t length;

	for (;;) {
		size_t at = tail & (r->size - 1);

		if (tail == head)
			return false;
		memcpy(&length, r->data + at, sizeof(length));
		if (length != SKIP) {
			*ret = (struct bytes){ r->data + at + sizeof(length), length };
			break;
		}
		tail += r->size - at;
		atomic_store_explicit(&r->tail, tail, memory_order_release);
	}

	r->current = (sizeof(length) + length + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	return true;
}

void ring_pop(struct ring *r)
{
	size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

	atomic_store_explicit(&r->tail, tail + r->current, memory_order_release);
	r->current = 0;
}

size_t ring_used(const struct ring *r)
{
	return atomic_load_explicit((_Atomic size_t *)&r->head, memory_order_relaxed) -
	       atomic_load_explicit((_Atomic size_t *)&r->tail, memory_order_relaxed);
}
