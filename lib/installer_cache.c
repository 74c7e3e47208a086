/* installer_cache.c - what was found of files that have not changed since.
 *
 * Searching a program of 100 MiB for its marker takes a tenth of a second, and a
 * package manager writes a thousand hooks.  Bad answers are kept as well: whoever
 * asks the same again and again should not have it looked at again.
 *
 * A table of small groups: in a group the answer that was not asked for longest
 * gives way, so that it cannot grow, and what is used stays while others come and
 * go.  One thread.
 */
#include "installer_private.h"

#include <errno.h>
#include <stdlib.h>

#include "provenance.h"

struct memo {
	enum memo_kind kind;	/* 0: empty */
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed;
	uint64_t extra;
	uint64_t used;		/* when it was asked for, in questions */
	bool answer;
};

struct installer_cache {
	struct memo memos[INSTALLER_MEMOS_MAX];
	uint64_t clock;
	struct provenance_cache *provenance;	/* owned */
};

int installer_cache_new(struct installer_cache **ret)
{
	struct installer_cache *c = calloc(1, sizeof(*c));

	int r = c ? provenance_cache_new(&c->provenance) : -ENOMEM;

	if (r < 0) {
		free(c);
		return r;
	}
	*ret = c;
	return 0;
}

struct installer_cache *installer_cache_free(struct installer_cache *c)
{
	if (c)
		provenance_cache_free(c->provenance);
	free(c);
	return NULL;
}

struct provenance_cache *installer_cache_provenance(struct installer_cache *cache)
{
	return cache ? cache->provenance : NULL;
}

/* The first of its group. */
static struct memo *group_of(struct installer_cache *cache, enum memo_kind kind, const struct stat *st, uint64_t extra)
{
	/* The multiplier of Knuth's, TAOCP 6.4: neighbours go far apart.  Where the table lies nobody else knows, so
	 * nobody makes files whose answers all go into one group. */
	const uint64_t k = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t h = ((uint64_t)st->st_ino ^ ((uint64_t)st->st_dev << 32) ^ (uint64_t)(uintptr_t)cache) * k;

	h = ((h ^ (h >> 32)) + extra) * k;
	h = ((h ^ (h >> 32)) + kind) * k >> 32;
	return &cache->memos[h % (INSTALLER_MEMOS_MAX / INSTALLER_MEMO_WAYS) * INSTALLER_MEMO_WAYS];
}

static bool is_about(const struct memo *m, enum memo_kind kind, const struct stat *st, uint64_t extra)
{
	return m->kind == kind && m->dev == st->st_dev && m->ino == st->st_ino && m->size == st->st_size &&
	       m->changed.tv_sec == st->st_ctim.tv_sec && m->changed.tv_nsec == st->st_ctim.tv_nsec &&
	       m->extra == extra;
}

bool memo_get(struct installer_cache *cache, enum memo_kind kind, const struct stat *st, uint64_t extra, bool *ret)
{
	struct memo *group = cache ? group_of(cache, kind, st, extra) : NULL;

	for (size_t i = 0; group && i < INSTALLER_MEMO_WAYS; i++) {
		if (!is_about(&group[i], kind, st, extra))
			continue;
		group[i].used = ++cache->clock;
		*ret = group[i].answer;
		return true;
	}
	return false;
}

/* That of the same question, or an empty one (never used), or the one that was not used longest. */
static struct memo *place_for(struct memo *group, enum memo_kind kind, const struct stat *st, uint64_t extra)
{
	struct memo *oldest = group;

	for (size_t i = 0; i < INSTALLER_MEMO_WAYS; i++) {
		if (is_about(&group[i], kind, st, extra))
			return &group[i];
		if (group[i].used < oldest->used)
			oldest = &group[i];
	}
	return oldest;
}

void memo_put(struct installer_cache *cache, enum memo_kind kind, const struct stat *st, uint64_t extra, bool answer)
{
	if (!cache)
		return;
	*place_for(group_of(cache, kind, st, extra), kind, st, extra) = (struct memo){
		.kind = kind, .dev = st->st_dev, .ino = st->st_ino, .size = st->st_size, .changed = st->st_ctim,
		.extra = extra, .answer = answer, .used = ++cache->clock,
	};
}
