/* ctl_seen.c - open addressing, half full at most.  Names are kept as a hash: whoever makes two of one inode collide has
 * made the second mount of a hook go unsaid, which is said by its first. */
#include "ctl_seen.h"

#include <stdlib.h>

struct entry {
	uint64_t dev, ino, name;	/* all zero: empty */
};

struct ctl_seen {
	struct entry *table;
	size_t count, room;		/* room: a power of two */
};

int ctl_seen_new(struct ctl_seen **ret)
{
	struct ctl_seen *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->room = 1024;
	s->table = calloc(s->room, sizeof(*s->table));
	if (!s->table) {
		free(s);
		return -ENOMEM;
	}
	*ret = s;
	return 0;
}

struct ctl_seen *ctl_seen_free(struct ctl_seen *s)
{
	if (s)
		free(s->table);
	free(s);
	return NULL;
}

/* FNV-1a (RFC 9923 in the making; http://www.isthe.com/chongo/tech/comp/fnv/). */
static uint64_t hash(const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * UINT64_C(1099511628211);
	return h;
}

static struct entry *slot(struct entry *table, size_t room, const struct entry *e)
{
	size_t i = hash(e, sizeof(*e)) & (room - 1);

	while (table[i].name != 0 &&
	       (table[i].dev != e->dev || table[i].ino != e->ino || table[i].name != e->name))
		i = (i + 1) & (room - 1);
	return &table[i];
}

static int grow(struct ctl_seen *s)
{
	size_t room = s->room * 2;
	struct entry *table = calloc(room, sizeof(*table));

	if (!table)
		return -ENOMEM;
	for (size_t i = 0; i < s->room; i++)
		if (s->table[i].name != 0)
			*slot(table, room, &s->table[i]) = s->table[i];
	free(s->table);
	s->table = table;
	s->room = room;
	return 0;
}

int ctl_seen_add(struct ctl_seen *s, dev_t dev, ino_t ino, struct bytes name)
{
	struct entry e = { .dev = dev, .ino = ino, .name = hash(name.ptr, name.len) | 1 };
	struct entry *at;

	if (s->count * 2 >= s->room && grow(s) < 0)
		return -ENOMEM;
	at = slot(s->table, s->room, &e);
	if (at->name != 0)
		return 0;
	*at = e;
	s->count++;
	return 1;
}
