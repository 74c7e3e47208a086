/* installer_cache.c - what was found of files that have not changed since.
 *
 * Searching a program of 100 MiB for its marker takes a tenth of a second, and a
 * package manager writes a thousand hooks.  A table without chains: a newer
 * answer takes the place of an older one, so that it cannot grow.  One thread.
 */
#include "installer_private.h"

#include <errno.h>
#include <stdlib.h>

struct memo {
	enum memo_kind kind;	/* 0: empty */
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed;
	uint64_t extra;
	bool answer;
};

struct installer_cache {
	struct memo memos[INSTALLER_MEMOS_MAX];
};

int installer_cache_new(struct installer_cache **ret)
{
	struct installer_cache *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	*ret = c;
	return 0;
}

struct installer_cache *installer_cache_free(struct installer_cache *c)
{
	free(c);
	return NULL;
}

static size_t slot_of(enum memo_kind kind, const struct stat *st, uint64_t extra)
{
	uint64_t h = (uint64_t)st->st_ino ^ ((uint64_t)st->st_dev << 32) ^ extra ^ ((uint64_t)kind << 56);

	/* The multiplier of Knuth's, TAOCP 6.4: neighbours go far apart. */
	return (size_t)((h * UINT64_C(0x9e3779b97f4a7c15)) >> 32) % INSTALLER_MEMOS_MAX;
}

static bool is_about(const struct memo *m, enum memo_kind kind, const struct stat *st, uint64_t extra)
{
	return m->kind == kind && m->dev == st->st_dev && m->ino == st->st_ino && m->size == st->st_size &&
	       m->changed.tv_sec == st->st_ctim.tv_sec && m->changed.tv_nsec == st->st_ctim.tv_nsec &&
	       m->extra == extra;
}

bool memo_get(const struct installer_cache *cache, enum memo_kind kind, const struct stat *st, uint64_t extra,
	      bool *ret)
{
	const struct memo *m;

	if (!cache)
		return false;
	m = &cache->memos[slot_of(kind, st, extra)];
	if (!is_about(m, kind, st, extra))
		return false;
	*ret = m->answer;
	return true;
}

void memo_put(struct installer_cache *cache, enum memo_kind kind, const struct stat *st, uint64_t extra, bool answer)
{
	if (!cache)
		return;
	cache->memos[slot_of(kind, st, extra)] = (struct memo){
		.kind = kind, .dev = st->st_dev, .ino = st->st_ino, .size = st->st_size, .changed = st->st_ctim,
		.extra = extra, .answer = answer,
	};
}
