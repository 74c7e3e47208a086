/* baseline.c - a balanced tree (libc's tsearch) by path.  Names are hostile, so no
 * hash table that they could flood. */
#include "baseline.h"

#include <openssl/evp.h>
#include <search.h>
#include <stdlib.h>

#include "limits.h"

struct baseline {
	void *by_path;
	size_t count;
};

static int compare_path(const void *a, const void *b)
{
	const struct baseline_entry *x = a, *y = b;

	return bytes_compare(x->path, y->path);
}

int baseline_new(struct baseline **ret)
{
	struct baseline *b = calloc(1, sizeof(*b));

	if (!b)
		return -ENOMEM;
	*ret = b;
	return 0;
}

static void entry_free(void *p)
{
	struct baseline_entry *e = p;

	free((char *)e->path.ptr);
	free(e->assignments);
	free(e->targets);
	free(e);
}

struct baseline *baseline_free(struct baseline *b)
{
	if (!b)
		return NULL;
	tdestroy(b->by_path, entry_free);
	free(b);
	return NULL;
}

static struct baseline_entry *find(const struct baseline *b, struct bytes path)
{
	struct baseline_entry key = { .path = path };
	void *found = tfind(&key, &b->by_path, compare_path);

	return found ? *(struct baseline_entry **)found : NULL;
}

const struct baseline_entry *baseline_find(const struct baseline *b, struct bytes path)
{
	return find(b, path);
}

void baseline_remove(struct baseline *b, struct bytes path)
{
	struct baseline_entry *e = find(b, path);

	if (!e)
		return;
	(void)tdelete(e, &b->by_path, compare_path);
	b->count--;
	entry_free(e);
}

void baseline_set_tracked(struct baseline *b, struct bytes path)
{
	struct baseline_entry *e = find(b, path);

	if (e)
		e->tracked = true;
}

/* *ret: NULL for an empty list. */
static int copy_digests(const uint64_t *list, size_t count, uint64_t **ret)
{
	*ret = NULL;
	if (count == 0)
		return 0;
	*ret = malloc(count * sizeof(**ret));
	if (!*ret)
		return -ENOMEM;
	memcpy(*ret, list, count * sizeof(**ret));
	return 0;
}

int baseline_put(struct baseline *b, const struct baseline_entry *e)
{
	struct baseline_entry *copy, *old = find(b, e->path);
	char *path;

	if (!old && b->count >= BASELINE_ENTRIES_MAX)
		return -ENOSPC;

	copy = malloc(sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = *e;
	copy->assignments = copy->targets = NULL;
	copy->path.ptr = path = malloc(e->path.len + 1);
	if (!path)
		goto no_memory;
	memcpy(path, e->path.ptr, e->path.len);
	path[e->path.len] = '\0';
	if (copy_digests(e->assignments, e->assignment_count, &copy->assignments) < 0 ||
	    copy_digests(e->targets, e->target_count, &copy->targets) < 0)
		goto no_memory;

	if (old) {
		/* Same key, so the node stays: only what it points to is exchanged. */
		*(struct baseline_entry **)tfind(old, &b->by_path, compare_path) = copy;
		entry_free(old);
		return 0;
	}
	if (!tsearch(copy, &b->by_path, compare_path))
		goto no_memory;
	b->count++;
	return 0;

no_memory:
	entry_free(copy);
	return -ENOMEM;
}

/* libc's trees can only be walked whole.  At these sizes (a few thousand entries; a
 * write through another name or a directory that goes is rare) that is cheaper
 * than a second index would be to keep. */
struct walk {
	baseline_fn fn;
	void *userdata;
	struct bytes dir;		/* ptr NULL: by inode */
	dev_t dev;
	ino_t ino;
};

static bool wanted(const struct walk *w, const struct baseline_entry *e)
{
	if (!w->dir.ptr)
		return e->dev == w->dev && e->ino == w->ino;
	if (!bytes_has_prefix(e->path, w->dir))
		return false;
	return bytes_equal(w->dir, BYTES_LIT("/")) ||
	       (e->path.len > w->dir.len && e->path.ptr[w->dir.len] == '/');
}

static void visit(const void *node, VISIT which, void *closure)
{
	const struct baseline_entry *e = *(struct baseline_entry *const *)node;
	const struct walk *w = closure;

	if ((which == postorder || which == leaf) && wanted(w, e))
		w->fn(e, w->userdata);
}

void baseline_by_inode(const struct baseline *b, dev_t dev, ino_t ino, baseline_fn fn, void *userdata)
{
	struct walk w = { .fn = fn, .userdata = userdata, .dev = dev, .ino = ino };

	twalk_r(b->by_path, visit, &w);
}

void baseline_below(const struct baseline *b, struct bytes dir, baseline_fn fn, void *userdata)
{
	struct walk w = { .fn = fn, .userdata = userdata, .dir = dir };

	twalk_r(b->by_path, visit, &w);
}

size_t baseline_count(const struct baseline *b)
{
	return b->count;
}

int baseline_assignment_hash(struct bytes name, struct bytes value, struct bytes file, uint64_t *ret)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool done;

	/* A name holds no "=", so the pair is told apart from every other pair. */
	done = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
	       EVP_DigestUpdate(ctx, name.ptr, name.len) == 1 &&
	       EVP_DigestUpdate(ctx, "=", 1) == 1 &&
	       EVP_DigestUpdate(ctx, value.ptr, value.len) == 1 &&
	       (file.len == 0 || (EVP_DigestUpdate(ctx, "", 1) == 1 && EVP_DigestUpdate(ctx, file.ptr, file.len) == 1)) &&
	       EVP_DigestFinal_ex(ctx, sum, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	if (!done)
		return -ENOMEM;

	memcpy(ret, sum, sizeof(*ret));
	return 0;
}

static bool has(const uint64_t *list, size_t count, uint64_t digest)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == digest)
			return true;
	return false;
}

bool baseline_entry_has(const struct baseline_entry *e, uint64_t assignment)
{
	return has(e->assignments, e->assignment_count, assignment);
}

bool baseline_entry_has_target(const struct baseline_entry *e, uint64_t target)
{
	return has(e->targets, e->target_count, target);
}
