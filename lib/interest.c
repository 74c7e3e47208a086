#include "interest.h"

/* Four probes from two halves of one hash (Kirsch and Mitzenmacher, 2006). */
#define PROBES 4

void interest_init(struct interest *s, uint64_t seed)
{
	memset(s, 0, sizeof(*s));
	s->seed = seed;
}

static uint64_t mix(uint64_t h)
{
	/* The finalizer of MurmurHash3: every input bit reaches every output bit. */
	h ^= h >> 33;
	h *= 0xff51afd7ed558ccdULL;
	h ^= h >> 33;
	h *= 0xc4ceb9fe1a85ec53ULL;
	h ^= h >> 33;
	return h;
}

/* Without the fsid: a btrfs subvolume's statfs(2) gives another one than its events
 * carry, and the same handle on two filesystems costs only a vain look-up. */
static uint64_t hash(const struct interest *s, const struct handle_view *h)
{
	uint64_t sum = mix(s->seed);
	size_t i;

	for (i = 0; i + 8 <= h->bytes.len; i += 8) {
		uint64_t word;

		memcpy(&word, h->bytes.ptr + i, sizeof(word));
		sum = mix(sum ^ word);
	}
	if (i < h->bytes.len) {
		uint64_t word = h->bytes.len;

		memcpy(&word, h->bytes.ptr + i, h->bytes.len - i);
		sum = mix(sum ^ word);
	}
	return mix(sum ^ (uint64_t)(unsigned)h->type);
}

void interest_add(struct interest *s, const struct handle_view *h)
{
	uint64_t sum = hash(s, h);
	uint32_t a = (uint32_t)sum, b = (uint32_t)(sum >> 32) | 1;

	for (uint32_t i = 0; i < PROBES; i++) {
		uint32_t bit = (a + i * b) % INTEREST_BITS;

		atomic_fetch_or_explicit(&s->words[bit / 64], 1ULL << (bit % 64),
					 memory_order_relaxed);
	}
	atomic_fetch_add_explicit(&s->added, 1, memory_order_relaxed);
}

bool interest_has(const struct interest *s, const struct handle_view *h)
{
	uint64_t sum = hash(s, h);
	uint32_t a = (uint32_t)sum, b = (uint32_t)(sum >> 32) | 1;

	for (uint32_t i = 0; i < PROBES; i++) {
		uint32_t bit = (a + i * b) % INTEREST_BITS;
		uint64_t word = atomic_load_explicit(
			(_Atomic uint64_t *)&s->words[bit / 64], memory_order_relaxed);

		if (!(word >> (bit % 64) & 1))
			return false;
	}
	return true;
}
