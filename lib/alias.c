/* alias.c - a balanced tree (libc's tsearch) by the real path, each with its few names.  Names are hostile, so no hash
 * table that they could flood. */
#include "alias.h"

#include <search.h>

#include "limits.h"

struct place {
	struct bytes real;			/* owned */
	struct bytes names[ALIAS_NAMES_MAX];	/* likewise */
	size_t count;
};

struct aliases {
	void *by_real;
	size_t count;				/* names of all */
};

static int compare_real(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return bytes_compare(x->real, y->real);
}

static void place_free(void *pointer)
{
	struct place *p = pointer;

	for (size_t i = 0; i < p->count; i++)
		free((char *)p->names[i].ptr);
	free((char *)p->real.ptr);
	free(p);
}

int aliases_new(struct aliases **ret)
{
	struct aliases *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	*ret = a;
	return 0;
}

struct aliases *aliases_free(struct aliases *a)
{
	if (!a)
		return NULL;
	tdestroy(a->by_real, place_free);
	free(a);
	return NULL;
}

static struct place *find(const struct aliases *a, struct bytes real)
{
	struct place key = { .real = real };
	void *found = tfind(&key, &a->by_real, compare_real);

	return found ? *(struct place **)found : NULL;
}

static int copy(struct bytes b, struct bytes *ret)
{
	char *memory = malloc(b.len);

	if (!memory)
		return -ENOMEM;
	memcpy(memory, b.ptr, b.len);
	*ret = (struct bytes){ memory, b.len };
	return 0;
}

/* The place of `real`, made if there is none yet. */
static int find_or_make(struct aliases *a, struct bytes real, struct place **ret)
{
	struct place *p = find(a, real);
	int r;

	if (!p) {
		p = calloc(1, sizeof(*p));
		if (!p)
			return -ENOMEM;
		r = copy(real, &p->real);
		if (r >= 0 && !tsearch(p, &a->by_real, compare_real))
			r = -ENOMEM;
		if (r < 0) {
			place_free(p);
			return r;
		}
	}
	*ret = p;
	return 0;
}

static void drop_if_empty(struct aliases *a, struct place *p)
{
	if (p->count > 0)
		return;
	(void)tdelete(p, &a->by_real, compare_real);
	place_free(p);
}

int aliases_add(struct aliases *a, struct bytes real, struct bytes name)
{
	struct place *p;
	int r;

	if (real.len == 0 || real.ptr[0] != '/' || name.len == 0 || name.ptr[0] != '/' || bytes_equal(real, name))
		return -EINVAL;
	p = find(a, real);
	for (size_t i = 0; p && i < p->count; i++)
		if (bytes_equal(p->names[i], name))
			return 0;
	if (a->count >= ALIASES_MAX || (p && p->count == ALIAS_NAMES_MAX))
		return -ENOSPC;
	r = find_or_make(a, real, &p);
	if (r < 0)
		return r;
	r = copy(name, &p->names[p->count]);
	if (r < 0) {
		drop_if_empty(a, p);
		return r;
	}
	p->count++;
	a->count++;
	return 1;
}

static bool is_at_or_below(struct bytes path, struct bytes dir)
{
	return bytes_has_prefix(path, dir) && (path.len == dir.len || path.ptr[dir.len] == '/');
}

/* libc's trees cannot be changed while they are walked: the places that have one of the names are noted first. */
struct search {
	struct bytes name;
	struct place **list;
	size_t count, room;
};

static void note_place(const void *node, VISIT which, void *closure)
{
	struct place *p = *(struct place *const *)node;
	struct search *s = closure;
	bool has = false;

	if (which != postorder && which != leaf)
		return;
	for (size_t i = 0; i < p->count; i++)
		has |= is_at_or_below(p->names[i], s->name);
	if (!has)
		return;
	if (s->count == s->room) {
		size_t room = s->room ? s->room * 2 : 16;
		struct place **list = realloc(s->list, room * sizeof(struct place *));

		if (!list)
			return;	/* remembered longer than it should be: an event that is looked at in vain */
		s->list = list;
		s->room = room;
	}
	s->list[s->count++] = p;
}

static void remove_names(struct aliases *a, struct place *p, struct bytes name)
{
	for (size_t i = 0; i < p->count;) {
		if (!is_at_or_below(p->names[i], name)) {
			i++;
			continue;
		}
		free((char *)p->names[i].ptr);
		p->names[i] = p->names[--p->count];
		a->count--;
	}
}

void aliases_remove(struct aliases *a, struct bytes name)
{
	struct search s = { .name = name };

	twalk_r(a->by_real, note_place, &s);
	for (size_t i = 0; i < s.count; i++) {
		remove_names(a, s.list[i], name);
		drop_if_empty(a, s.list[i]);
	}
	free(s.list);
}

int aliases_of(const struct aliases *a, struct bytes path, alias_fn fn, void *userdata)
{
	_cleanup_str_ struct str name = STR_INIT;

	if (a->count == 0)
		return 0;
	for (struct bytes above = path; above.len > 0; above = bytes_dirname(above)) {
		const struct place *p = find(a, above);
		/* Below the root the path itself begins with the slash. */
		struct bytes rest = above.len == 1 ? path : bytes_slice(path, above.len, path.len - above.len);

		for (size_t i = 0; p && i < p->count; i++) {
			str_clear(&name);
			if (str_append_bytes(&name, p->names[i]) < 0 || str_append_bytes(&name, rest) < 0)
				return -ENOMEM;
			fn(str_bytes(&name), above.len == path.len, userdata);
		}
		if (above.len == 1)
			break;
	}
	return 0;
}

struct below {
	struct bytes dir;
	alias_fn fn;
	void *userdata;
};

static void visit_below(const void *node, VISIT which, void *closure)
{
	const struct place *p = *(struct place *const *)node;
	const struct below *b = closure;

	if ((which != postorder && which != leaf) || !is_at_or_below(p->real, b->dir))
		return;
	for (size_t i = 0; i < p->count; i++)
		b->fn(p->names[i], p->real.len == b->dir.len, b->userdata);
}

void aliases_below(const struct aliases *a, struct bytes dir, alias_fn fn, void *userdata)
{
	struct below b = { dir, fn, userdata };

	twalk_r(a->by_real, visit_below, &b);
}

size_t aliases_count(const struct aliases *a)
{
	return a->count;
}
