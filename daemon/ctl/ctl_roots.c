/* ctl_roots.c - paths and mounts become a list of directories, each searched without leaving its mount.
 *
 * What somebody names is searched wherever it lies.  What is mounted below it is only if it is on this machine and
 * cannot hang (mountinfo_type_is_local()); the kernel's own filesystems are not.
 *
 * A directory that is mounted twice is searched under both names, since the place decides what is a hook: what is no
 * site directory may be bound onto one.  The caller says each hook once.  An overlay whose layers can be seen is not
 * searched: they are, and what is below them has the same structure (containers: .../overlay2/ID/diff, merged).
 */
#include "ctl_roots.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "escape.h"
#include "hookpath.h"
#include "mountinfo.h"

void ctl_roots_done(struct ctl_roots *roots)
{
	for (size_t i = 0; i < roots->count; i++)
		free(roots->list[i].path);
	free(roots->list);
	closep(&roots->fd);
	*roots = CTL_ROOTS_INIT;
}

static int add(struct ctl_roots *roots, struct bytes path, bool is_file, bool again)
{
	struct ctl_root *list = realloc(roots->list, (roots->count + 1) * sizeof(*list));
	struct ctl_root one = { .is_file = is_file, .again = again };

	if (!list)
		return -ENOMEM;
	roots->list = list;
	one.path = strndup(path.ptr, path.len);
	if (!one.path)
		return -ENOMEM;
	list[roots->count++] = one;
	return 0;
}

/* ---- what was named ---------------------------------------------------------------- */

/* The path by which the kernel knows what is open, without links. */
static char *path_of(int fd)
{
	char link[64];

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return realpath(link, NULL);
}

/* `name` below the root: no link in it leads out. */
static int open_named(const struct ctl_roots *roots, const char *name)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	int fd;

	if (roots->prefix == 0)
		fd = open(name, O_PATH | O_CLOEXEC);
	else
		fd = (int)syscall(SYS_openat2, roots->fd, name, &how, sizeof(how));
	return fd < 0 ? -errno : fd;
}

static enum ctl_exit cannot_search(const char *name, int error)
{
	_cleanup_str_ struct str text = STR_INIT;

	if (escape_append(&text, bytes_of(name)) < 0)
		return ctl_fail("out of memory");
	return ctl_fail("cannot search '%s': %s", text.buf, strerror(-error));
}

static enum ctl_exit add_named(struct ctl_roots *roots, const char *name)
{
	_cleanup_close_ int fd = open_named(roots, name);
	_cleanup_free_ char *path = fd < 0 ? NULL : path_of(fd);
	struct stat st;
	int r;

	if (fd < 0)
		return cannot_search(name, fd);
	if (!path || fstat(fd, &st) < 0)
		return cannot_search(name, -errno);
	r = add(roots, bytes_of(path), !S_ISDIR(st.st_mode), false);
	return r < 0 ? cannot_search(name, r) : CTL_FINE;
}

/* Of two that lie in each other the outer one is enough, if it comes to the inner one. */
static void drop_inner(struct ctl_roots *roots, const struct mount_table *mounts)
{
	size_t kept = 0;

	for (size_t i = 0; i < roots->count; i++) {
		struct bytes inner = bytes_of(roots->list[i].path);
		bool drop = false;

		for (size_t k = 0; k < roots->count && !drop && !roots->list[i].is_file; k++) {
			struct bytes outer = roots->list[k].path ? bytes_of(roots->list[k].path) : BYTES_NONE;

			drop = k != i && outer.ptr && !roots->list[k].is_file && mountinfo_is_below(inner, outer) &&
			       mount_table_find(mounts, inner) == mount_table_find(mounts, outer);
		}
		if (drop) {
			free(roots->list[i].path);
			roots->list[i].path = NULL;
		}
	}
	for (size_t i = 0; i < roots->count; i++)
		if (roots->list[i].path)
			roots->list[kept++] = roots->list[i];
	roots->count = kept;
}

/* ---- what is mounted below it -------------------------------------------------------- */

static bool is_below_named(const struct ctl_roots *roots, size_t named, struct bytes path)
{
	for (size_t i = 0; i < named; i++)
		if (!roots->list[i].is_file && mountinfo_is_below(path, bytes_of(roots->list[i].path)))
			return true;
	return false;
}

/* Where `inner` would be if it were reached by `outer`, and is: the same directory by another name. */
static bool is_reached_by(const struct mount_table *mounts, const struct mount_line *outer,
			  const struct mount_line *inner, struct str *ret)
{
	struct bytes rest;

	if (outer->dev != inner->dev || !bytes_equal(outer->type, inner->type) ||
	    !mountinfo_is_below(inner->root, outer->root))
		return false;
	rest = mountinfo_rest_of(inner->root, outer->root);
	str_clear(ret);
	if ((outer->point.len > 1 && str_append_bytes(ret, outer->point) < 0) || str_append_bytes(ret, rest) < 0 ||
	    (ret->len == 0 && str_append_char(ret, '/') < 0))
		return false;
	return mount_table_find(mounts, str_bytes(ret)) == outer;
}

/* Of two mounts of one directory the first counts. */
static bool is_again(const struct ctl_roots *roots, size_t named, const struct mount_table *mounts,
		     const struct mount_line *m)
{
	_cleanup_str_ struct str place = STR_INIT;

	for (const struct mount_line *other = mounts->lines; other < mounts->lines + mounts->count; other++) {
		bool same = bytes_equal(other->root, m->root);

		if (other != m && (!same || other < m) && is_reached_by(mounts, other, m, &place) &&
		    is_below_named(roots, named, str_bytes(&place)) && hookpath_scan_enters(str_bytes(&place)))
			return true;
	}
	return false;
}

static bool is_directory(const char *path)
{
	struct stat st;

	return path[0] == '/' && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool has_visible_layers(const struct mount_line *m)
{
	_cleanup_str_ struct str storage = STR_INIT, layer = STR_INIT;
	struct bytes path;
	ptrdiff_t colon;

	if (!bytes_equal(m->type, BYTES_LIT("overlay")) || m->point.len < 2)
		return false;
	path = mountinfo_option(m, BYTES_LIT("upperdir"), &storage);
	if (!path.ptr)
		path = mountinfo_option(m, BYTES_LIT("lowerdir"), &storage);
	colon = bytes_find_byte(path, ':', 0);
	if (colon >= 0)
		path.len = (size_t)colon;
	return path.len > 0 && str_append_bytes(&layer, path) >= 0 && is_directory(layer.buf);
}

static bool is_wanted(const struct ctl_roots *roots, size_t named, const struct mount_table *mounts,
		      const struct mount_line *m)
{
	struct bytes said = bytes_slice(m->point, roots->prefix <= m->point.len ? roots->prefix : 0,
					roots->prefix <= m->point.len ? m->point.len - roots->prefix : m->point.len);

	if (!mountinfo_type_is_local(m->type) || mount_table_find(mounts, m->point) != m ||
	    !is_below_named(roots, named, m->point) || !hookpath_scan_enters(said) || has_visible_layers(m))
		return false;
	for (size_t i = 0; i < named; i++)
		if (bytes_equal(bytes_of(roots->list[i].path), m->point))
			return false;
	return true;
}

static int add_mounts(struct ctl_roots *roots, const struct mount_table *mounts)
{
	const size_t named = roots->count;

	for (int again = 0; again <= 1; again++)
		for (size_t i = 0; i < mounts->count; i++) {
			const struct mount_line *m = &mounts->lines[i];
			int r;

			if (!is_wanted(roots, named, mounts, m) || is_again(roots, named, mounts, m) != (again == 1))
				continue;
			r = add(roots, m->point, false, again == 1);
			if (r < 0)
				return r;
		}
	return 0;
}

/* ---- together --------------------------------------------------------------------------- */

static enum ctl_exit open_root(const struct ctl_call *call, struct ctl_roots *roots)
{
	const char *name = call->root ? call->root : "/";
	_cleanup_free_ char *path = NULL;

	roots->fd = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (roots->fd < 0)
		return cannot_search(name, -errno);
	path = call->root ? path_of(roots->fd) : strdup("/");
	if (!path)
		return cannot_search(name, -errno);
	roots->prefix = strlen(path) > 1 ? strlen(path) : 0;
	return CTL_FINE;
}

enum ctl_exit ctl_roots_find(const struct ctl_call *call, struct ctl_roots *ret)
{
	_cleanup_(ctl_roots_done) struct ctl_roots roots = CTL_ROOTS_INIT;
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_close_ int host = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct mount_table mounts = { 0 };
	enum ctl_exit status = open_root(call, &roots);
	int r;

	if (status == CTL_FINE && call->argc == 0)
		status = add_named(&roots, "/");
	for (int i = 0; status == CTL_FINE && i < call->argc; i++)
		status = add_named(&roots, call->argv[i]);
	if (status != CTL_FINE)
		return status;
	/* Without /proc only what was named is searched. */
	r = mount_table_read(host, &region, &mounts);
	if (r >= 0) {
		drop_inner(&roots, &mounts);
		r = add_mounts(&roots, &mounts);
	}
	if (r == -ENOMEM)
		return ctl_fail("out of memory");
	if (r >= 0 && !mounts.complete)
		(void)ctl_fail("there are more mounts than are looked at: name those that matter");
	*ret = roots;
	roots = CTL_ROOTS_INIT;
	return CTL_FINE;
}
