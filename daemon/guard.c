#include "guard.h"

#include <fcntl.h>
#include <stdlib.h>

#include "limits.h"

struct guard {
	struct source_fanotify *source;
	struct baseline *directories;	/* by path, as the hooks are; of each the ownership alone */
	uint64_t refused;
};

int guard_new(struct source_fanotify *source, struct guard **ret)
{
	_cleanup_(guard_freep) struct guard *g = calloc(1, sizeof(*g));
	int r;

	if (!g)
		return -ENOMEM;
	g->source = source;
	r = baseline_new(&g->directories);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(g);
	return 0;
}

struct guard *guard_free(struct guard *g)
{
	if (!g)
		return NULL;
	baseline_free(g->directories);
	free(g);
	return NULL;
}

/* How many directories, from that of the hook on upwards, belong to the environment: PREFIX/lib/python3.11/site-packages
 * has three above it, PREFIX/lib/python3.11 two. */
static unsigned depth_of(struct bytes path, const struct hook *hook)
{
	struct bytes dir = bytes_dirname(path);
	unsigned n = hook->scope == SCOPE_SITE ? 4 : hook->scope == SCOPE_STDLIB ? 3 : 1;

	if (hook->site_dir.len == 0)
		return 1;
	/* A package's __init__, a __pycache__: below the directory that is meant. */
	for (; dir.len > hook->site_dir.len; dir = bytes_dirname(dir))
		n++;
	return n;
}

static void watch_over(struct guard *g, int fd, struct bytes dir)
{
	struct baseline_entry e = { .path = dir };
	char self[64];
	struct stat st;

	if (baseline_count(g->directories) >= GUARD_DIRECTORIES_MAX) {
		g->refused++;
		return;
	}
	if (g->source)
		source_fanotify_track_dir(g->source, fd);
	/* After the mark: what changes from here on is told. */
	if (fstat(fd, &st) < 0)
		return;
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	e.owner = ownership_of(&st, ownership_has_acl(self));
	if (baseline_put(g->directories, &e) < 0)
		g->refused++;
}

void guard_hook(struct guard *g, int dirfd, struct bytes path, const struct hook *hook)
{
	unsigned depth = depth_of(path, hook);
	struct bytes dir = bytes_dirname(path);
	_cleanup_close_ int fd = -EBADF;

	for (unsigned i = 0; i < depth && dir.len > 1; i++, dir = bytes_dirname(dir)) {
		/* By "..", so that no exchange of a component on the way leads elsewhere. */
		int next = openat(i == 0 ? dirfd : fd, i == 0 ? "." : "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

		closep(&fd);
		fd = next;
		if (fd < 0)
			return;
		if (!baseline_find(g->directories, dir))
			watch_over(g, fd, dir);
	}
}

bool guard_update(struct guard *g, struct bytes dir, const struct ownership *now, struct ownership *ret_before)
{
	const struct baseline_entry *known = baseline_find(g->directories, dir);
	struct baseline_entry e = { .path = dir, .owner = *now };
	struct ownership before;

	if (!known)
		return false;
	before = known->owner;
	if (baseline_put(g->directories, &e) < 0)
		return false;	/* without memory; as before, so it is asked again at the next change */
	*ret_before = before;
	return true;
}

static void collect(const struct baseline_entry *e, void *userdata)
{
	struct str *list = userdata;

	/* Each with its NUL, which no path has; what finds no memory is remembered longer than it should be. */
	if (str_reserve(list, e->path.len + 1) >= 0) {
		(void)str_append_bytes(list, e->path);
		(void)str_append_char(list, '\0');
	}
}

void guard_forget(struct guard *g, struct bytes dir)
{
	_cleanup_str_ struct str list = STR_INIT;
	struct bytes rest;

	baseline_below(g->directories, dir, collect, &list);
	rest = str_bytes(&list);
	while (rest.len > 0) {
		ptrdiff_t end = bytes_find_byte(rest, '\0', 0);

		baseline_remove(g->directories, bytes_slice(rest, 0, (size_t)end));
		rest = bytes_slice(rest, (size_t)end + 1, rest.len - (size_t)end - 1);
	}
	baseline_remove(g->directories, dir);
}

size_t guard_count(const struct guard *g)
{
	return baseline_count(g->directories);
}

uint64_t guard_refused(const struct guard *g)
{
	return g->refused;
}
