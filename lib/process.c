/* process.c - snapshots of processes, and what they say.
 *
 * Owns: the memory of struct process and struct image.  Must not own: which
 * snapshot is the newest (process_table.c), how one is read (process_read.c), what
 * an interpreter is told to run (process_script.c).
 *
 * A snapshot never changes once somebody else may see it, so a reader needs no
 * lock, only a reference.  An image is one allocation, texts included, and shared
 * by all that were forked from it: a process is then 150 bytes.  The counts are
 * atomic, the last one gone frees, in whichever thread.
 */
#include "process.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#include "process_private.h"
#include "procfs.h"

/* ---- snapshots ----------------------------------------------------------- */

struct account *account_new(void)
{
	struct account *a = malloc(sizeof(*a));

	if (a) {
		atomic_init(&a->refs, 1);
		atomic_init(&a->bytes, 0);
	}
	return a;
}

struct account *account_unref(struct account *a)
{
	if (a && atomic_fetch_sub_explicit(&a->refs, 1, memory_order_acq_rel) == 1)
		free(a);
	return NULL;
}

static struct account *account_charge(struct account *a, size_t bytes)
{
	if (a) {
		atomic_fetch_add_explicit(&a->refs, 1, memory_order_relaxed);
		atomic_fetch_add_explicit(&a->bytes, bytes, memory_order_relaxed);
	}
	return a;
}

static void account_discharge(struct account *a, size_t bytes)
{
	if (a)
		atomic_fetch_sub_explicit(&a->bytes, bytes, memory_order_relaxed);
	(void)account_unref(a);
}

static size_t image_size(const struct image *i)
{
	return sizeof(*i) + i->exe.len + i->argv.len + i->environ.len + i->cwd.len + i->cgroup.len;
}

static struct bytes copy_text(char **at, struct bytes text)
{
	struct bytes copy = { *at, text.len };

	if (text.len > 0)
		memcpy(*at, text.ptr, text.len);
	*at += text.len;
	return copy;
}

int image_make(struct account *account, const struct image *from, struct image **ret)
{
	size_t size = image_size(from);
	struct image *i = malloc(size);
	char *at;

	if (!i)
		return -ENOMEM;

	memcpy(i, from, offsetof(struct image, refs));
	at = (char *)(i + 1);
	i->exe = copy_text(&at, from->exe);
	i->argv = copy_text(&at, from->argv);
	i->environ = copy_text(&at, from->environ);
	i->cwd = copy_text(&at, from->cwd);
	i->cgroup = copy_text(&at, from->cgroup);
	atomic_init(&i->refs, 1);
	i->account = account_charge(account, size);
	*ret = i;
	return 0;
}

int image_new(const struct image *from, struct image **ret)
{
	return image_make(NULL, from, ret);
}

struct image *image_ref(struct image *i)
{
	if (i)
		atomic_fetch_add_explicit(&i->refs, 1, memory_order_relaxed);
	return i;
}

struct image *image_unref(struct image *i)
{
	if (i && atomic_fetch_sub_explicit(&i->refs, 1, memory_order_acq_rel) == 1) {
		account_discharge(i->account, image_size(i));
		free(i);
	}
	return NULL;
}

void process_copy_values(const struct process *from, struct process *to)
{
	memcpy(to, from, offsetof(struct process, refs));
}

int process_make(struct account *account, const struct process *from, struct process **ret)
{
	_cleanup_(image_unrefp) struct image *image = NULL;
	struct process *p;
	int r;

	if (from->image) {
		image = image_ref(from->image);
	} else {
		r = image_make(account, &(struct image){ 0 }, &image);
		if (r < 0)
			return r;
	}
	p = malloc(sizeof(*p));
	if (!p)
		return -ENOMEM;

	process_copy_values(from, p);
	p->image = TAKE_PTR(image);
	p->parent = process_ref(from->parent);
	atomic_init(&p->refs, 1);
	p->account = account_charge(account, sizeof(*p));
	*ret = p;
	return 0;
}

int process_new(const struct process *from, struct process **ret)
{
	return process_make(NULL, from, ret);
}

struct process *process_ref(struct process *p)
{
	if (p)
		atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
	return p;
}

struct process *process_unref(struct process *p)
{
	/* A loop and not a recursion: the last reference to a leaf may be the last
	 * one to its whole line of ancestors. */
	while (p && atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) == 1) {
		struct process *parent = p->parent;

		(void)image_unref(p->image);
		account_discharge(p->account, sizeof(*p));
		free(p);
		p = parent;
	}
	return NULL;
}

/* ---- what a snapshot says -------------------------------------------------- */

/* Each may be the same list cut short. */
bool image_has_same_argv(const struct image *a, const struct image *b)
{
	struct bytes x = a->argv, y = b->argv;

	if (a->argv_truncated || b->argv_truncated) {
		size_t n = x.len < y.len ? x.len : y.len;

		if (n == 0)
			return x.len == y.len;
		x.len = y.len = n - 1;	/* the last NUL is where it was cut */
	}
	return bytes_equal(x, y);
}

struct bytes process_argument(const struct process *p, size_t index)
{
	struct bytes list = p->image ? p->image->argv : BYTES_NONE, one;

	while (procfs_next_text(&list, &one))
		if (index-- == 0)
			return one;
	return BYTES_NONE;
}

size_t process_argument_count(const struct process *p)
{
	struct bytes list = p->image ? p->image->argv : BYTES_NONE, one;
	size_t n = 0;

	while (procfs_next_text(&list, &one))
		n++;
	return n;
}

struct bytes process_environment(const struct process *p, struct bytes name)
{
	struct bytes list = p->image ? p->image->environ : BYTES_NONE, one;

	/* The first of two with one name: getenv(3) finds that one. */
	while (procfs_next_text(&list, &one))
		if (one.len > name.len && one.ptr[name.len] == '=' && bytes_has_prefix(one, name))
			return bytes_slice(one, name.len + 1, one.len - name.len - 1);
	return BYTES_NONE;
}

/* Does a shell need quotes to read this as one word, and as this word? */
static bool needs_quotes(struct bytes argument)
{
	if (argument.len == 0)
		return true;
	for (size_t i = 0; i < argument.len; i++)
		if ((unsigned char)argument.ptr[i] <= ' ' || argument.ptr[i] == '\'' ||
		    argument.ptr[i] == '"')
			return true;
	return false;
}

int process_command_line(const struct process *p, struct str *out)
{
	struct bytes list = p->image ? p->image->argv : BYTES_NONE, one;
	_cleanup_str_ struct str line = STR_INIT;
	int r = 0;

	while (r >= 0 && procfs_next_text(&list, &one)) {
		bool quotes = needs_quotes(one);

		if (line.len > 0)
			r = str_append_char(&line, ' ');
		if (r >= 0 && quotes)
			r = str_append_char(&line, '\'');
		for (size_t i = 0; r >= 0 && i < one.len; i++)
			r = one.ptr[i] == '\'' ? str_append_text(&line, "'\\''")
					       : str_append_char(&line, one.ptr[i]);
		if (r >= 0 && quotes)
			r = str_append_char(&line, '\'');
	}
	if (r < 0)
		return r;
	return str_append_bytes(out, str_bytes(&line));
}
