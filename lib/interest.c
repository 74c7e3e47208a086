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

static uint64_t absorb(uint64_t sum, struct bytes b)
{
	size_t i;

	for (i = 0; i + 8 <= b.len; i += 8) {
		uint64_t word;

		memcpy(&word, b.ptr + i, sizeof(word));
		sum = mix(sum ^ word);
	}
	if (i < b.len) {
		uint64_t word = b.len;

		memcpy(&word, b.ptr + i, b.len - i);
		sum = mix(sum ^ word);
	}
	return sum;
}

/* Without the fsid: a btrfs subvolume's statfs(2) gives another one than its events
 * carry, and the same handle on two filesystems costs only a vain look-up. */
static uint64_t hash(const struct interest *s, const struct handle_view *h)
{
	return mix(absorb(mix(s->seed), h->bytes) ^ (uint64_t)(unsigned)h->type);
}

static uint64_t hash_name(const struct interest *s, const struct handle_view *dir, struct bytes name)
{
	return mix(absorb(hash(s, dir), name));
}

static void add(struct interest *s, uint64_t sum)
{
	uint32_t a = (uint32_t)sum, b = (uint32_t)(sum >> 32) | 1;

	for (uint32_t i = 0; i < PROBES; i++) {
		uint32_t bit = (a + i * b) % INTEREST_BITS;

		atomic_fetch_or_explicit(&s->words[bit / 64], 1ULL << (bit % 64),
					 memory_order_relaxed);
	}
	atomic_fetch_add_explicit(&s->added, 1, memory_order_relaxed);
}

static bool has(const struct interest *s, uint64_t sum)
{
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

void interest_add(struct interest *s, const struct handle_view *h)
{
	add(s, hash(s, h));
}

bool interest_has(const struct interest *s, const struct handle_view *h)
{
	return has(s, hash(s, h));
}

void interest_add_name(struct interest *s, const struct handle_view *dir, struct bytes name)
{
	add(s, hash_name(s, dir, name));
}

bool interest_has_name(const struct interest *s, const struct handle_view *dir, struct bytes name)
{
	return has(s, hash_name(s, dir, name));
}
