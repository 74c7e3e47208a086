/* lost.c - the last hooks that went away, in a ring.
 *
 * Owns: what is remembered, and for how long.  Must not own: which hooks nobody accounts for (the
 * pipeline), what follows from it (installer_inside.c).
 */
#include "lost.h"

#include <errno.h>
#include <stdlib.h>

#include "limits.h"

struct one {
	struct str dir;
	uint64_t ns;
};

struct lost {
	struct one ring[LOST_HOOKS_MAX];
	unsigned next;
	uint64_t forgotten_ns;	/* of the last one that is not remembered */
};

int lost_new(struct lost **ret)
{
	struct lost *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	for (unsigned i = 0; i < LOST_HOOKS_MAX; i++)
		str_init(&l->ring[i].dir);
	*ret = l;
	return 0;
}

struct lost *lost_free(struct lost *l)
{
	for (unsigned i = 0; l && i < LOST_HOOKS_MAX; i++)
		str_release(&l->ring[i].dir);
	free(l);
	return NULL;
}

/* Byte code is in a directory of its own, and so are the modules of a package. */
struct bytes lost_directory(struct bytes path)
{
	struct bytes dir = bytes_dirname(path);

	if (bytes_equal(bytes_basename(dir), BYTES_LIT("__pycache__")))
		dir = bytes_dirname(dir);
	if (bytes_has_prefix(bytes_basename(path), BYTES_LIT("__init__.")))
		dir = bytes_dirname(dir);
	return dir;
}

static void forget(struct lost *l, uint64_t ns)
{
	if (ns > l->forgotten_ns)
		l->forgotten_ns = ns;
}

void lost_add(struct lost *l, struct bytes path, uint64_t mono_ns)
{
	struct one *o = &l->ring[l->next];

	l->next = (l->next + 1) % LOST_HOOKS_MAX;
	forget(l, o->ns);
	str_clear(&o->dir);
	o->ns = mono_ns;
	if (str_append_bytes(&o->dir, lost_directory(path)) < 0)
		forget(l, mono_ns);
}

bool lost_since(const struct lost *l, struct bytes dir, uint64_t mono_ns)
{
	if (l->forgotten_ns > mono_ns)
		return true;
	for (unsigned i = 0; i < LOST_HOOKS_MAX; i++)
		if (l->ring[i].ns > mono_ns && bytes_equal(str_bytes(&l->ring[i].dir), dir))
			return true;
	return false;
}
