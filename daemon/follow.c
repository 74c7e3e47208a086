#include "follow.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "hookfile.h"
#include "hookpath.h"

struct follow {
	int rootfd;
	struct source_fanotify *source;
	struct aliases *aliases;
	uint64_t refused;		/* names that there was no room for */
};

int follow_new(int rootfd, struct source_fanotify *source, struct follow **ret)
{
	_cleanup_(follow_freep) struct follow *f = calloc(1, sizeof(*f));
	int r;

	if (!f)
		return -ENOMEM;
	f->rootfd = rootfd;
	f->source = source;
	r = aliases_new(&f->aliases);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(f);
	return 0;
}

struct follow *follow_free(struct follow *f)
{
	if (!f)
		return NULL;
	aliases_free(f->aliases);
	free(f);
	return NULL;
}

static int add(struct follow *f, struct bytes real, struct bytes name)
{
	int r = aliases_add(f->aliases, real, name);

	if (r == -ENOSPC || r == -ENOMEM)
		f->refused++;
	return r;
}

/* As events will name it: a directory that is mounted at several places has one path there. */
static int real_path(struct follow *f, int dirfd, struct bytes path, struct str *ret)
{
	if (f->source && source_fanotify_real_path(f->source, dirfd, ret) >= 0)
		return 0;
	str_clear(ret);
	return str_append_bytes(ret, path);
}

/* "/a" and "b//./c" are "/a/b/c".  -EINVAL: it goes up again, and who knows where to. */
static int append_missing(struct str *path, struct bytes missing)
{
	struct bytes component;
	int r = 0;

	while (r >= 0 && bytes_next_component(&missing, &component)) {
		if (bytes_equal(component, BYTES_LIT(".")))
			continue;
		if (bytes_equal(component, BYTES_LIT("..")))
			return -EINVAL;
		r = str_append_char(path, '/');
		if (r >= 0)
			r = str_append_bytes(path, component);
	}
	return r;
}

void follow_target(struct follow *f, int dirfd, const char *name, struct bytes path, struct bytes missing,
		   struct bytes hook)
{
	_cleanup_str_ struct str real = STR_INIT;

	if (real_path(f, dirfd, bytes_dirname(path), &real) < 0 ||
	    (real.len > 1 && str_append_char(&real, '/') < 0) || str_append_text(&real, name) < 0 ||
	    append_missing(&real, missing) < 0) {
		f->refused++;
		return;
	}
	/* One that is known still has its name in the source's filter. */
	if (add(f, str_bytes(&real), hook) > 0 && f->source)
		source_fanotify_watch_name(f->source, dirfd, bytes_of(name));
}

struct met {
	struct follow *follow;
	struct bytes link;
};

static void met(int dirfd, const char *name, struct bytes path, struct bytes missing, void *userdata)
{
	struct met *m = userdata;
	struct stat st;

	/* A directory has its names by itself, a link on the way and what is missing by the place where it stands. */
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || S_ISLNK(st.st_mode))
		follow_target(m->follow, dirfd, name, path, missing, m->link);
}

int follow_mount(struct follow *f, int dirfd, struct bytes path)
{
	_cleanup_str_ struct str real = STR_INIT;
	int r = real_path(f, dirfd, path, &real);

	if (r < 0)
		return r;
	if (bytes_equal(path, str_bytes(&real)) || !hookpath_alias_differs(path, str_bytes(&real)))
		return 0;
	r = add(f, str_bytes(&real), path);
	return r < 0 ? r : 1;
}

int follow_link(struct follow *f, struct bytes path, int *ret_fd)
{
	_cleanup_close_ int fd = -EBADF;
	struct met m = { f, path };
	const char *unread = NULL;
	struct stat st;
	int r;

	r = hookfile_walk(f->rootfd, path, met, &m, &fd, &unread);
	if (r < 0)
		return r;
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISDIR(st.st_mode))
		return 0;
	r = follow_mount(f, fd, path);
	if (r > 0)
		*ret_fd = TAKE_FD(fd);
	return r;
}

void follow_forget(struct follow *f, struct bytes path)
{
	aliases_remove(f->aliases, path);
}

int follow_names(const struct follow *f, struct bytes path, alias_fn fn, void *userdata)
{
	return aliases_of(f->aliases, path, fn, userdata);
}

void follow_names_below(const struct follow *f, struct bytes dir, alias_fn fn, void *userdata)
{
	aliases_below(f->aliases, dir, fn, userdata);
}

size_t follow_count(const struct follow *f)
{
	return aliases_count(f->aliases);
}

uint64_t follow_refused(const struct follow *f)
{
	return f->refused;
}
