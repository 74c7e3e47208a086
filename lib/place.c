/* place.c - who can decide what stands at a path?
 *
 * The path is made absolute the way Python makes it so (os.path.abspath():
 * "." and ".." go before any link is looked at) and then walked one component
 * at a time.  Each component is asked for with fstatat(AT_SYMLINK_NOFOLLOW)
 * below `rootfd`; links are read and followed here, so that every directory on
 * the way is judged, also those that a link leads through and that stat() would
 * not show, and so that an absolute link stays below `rootfd`.
 *
 * What is walked holds no link any more (`resolved`), which is why asking the
 * kernel for the whole of it follows none.  Somebody may swap a directory
 * for a link in between: then the answer is about what stood there a moment
 * ago or stands there now, as with any look at a path.
 *
 * "Others can write" has three exemptions, which are no others:
 *   - root, and the hook's own owner;
 *   - the group 0;
 *   - the owner's private group (same number, USERGROUPS_ENAB in login.defs):
 *     with umask 002 every directory of a user is writable by it.
 */
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "limits.h"
#include "lookup.h"

struct walk {
	int rootfd;
	uid_t owner;
	struct bytes base;
	unsigned *steps;		/* left */
	unsigned flags;
	char resolved[PLACE_PATH_MAX];	/* no leading slash; "." is written for the root itself */
	size_t len;
};

/* Directories where everybody may create, or that are made anew at each boot
 * or login. */
static bool is_temporary_root(struct bytes path)
{
	static const struct bytes roots[] = {
		BYTES_LIT("tmp"), BYTES_LIT("var/tmp"), BYTES_LIT("dev/shm"),
		BYTES_LIT("run/user"), BYTES_LIT("run/shm"), BYTES_LIT("proc"),
	};

	for (size_t i = 0; i < ELEMENTSOF(roots); i++)
		if (bytes_equal(path, roots[i]))
			return true;
	return false;
}

/* Directories with a dot that tools make in every home and project: a hook that
 * leads there is the ordinary case, not one that hides. */
static bool is_ordinary_dot(struct bytes c)
{
	static const struct bytes ordinary[] = {
		BYTES_LIT(".local"), BYTES_LIT(".venv"), BYTES_LIT(".virtualenvs"),
		BYTES_LIT(".virtualenv"), BYTES_LIT(".pyenv"), BYTES_LIT(".conda"),
		BYTES_LIT(".linuxbrew"), BYTES_LIT(".nix-profile"), BYTES_LIT(".asdf"),
		BYTES_LIT(".rye"), BYTES_LIT(".pixi"), BYTES_LIT(".tox"), BYTES_LIT(".nox"),
		BYTES_LIT(".hatch"), BYTES_LIT(".mise"), BYTES_LIT(".spack"),
		BYTES_LIT(".config"),	/* XDG Base Directory Specification */
	};

	for (size_t i = 0; i < ELEMENTSOF(ordinary); i++)
		if (bytes_equal(c, ordinary[i]))
			return true;
	return false;
}

static bool is_hidden(struct bytes c)
{
	return c.len > 0 && c.ptr[0] == '.' && !bytes_equal(c, BYTES_LIT(".")) &&
	       !bytes_equal(c, BYTES_LIT("..")) && !is_ordinary_dot(c);
}

static bool has_expansion(struct bytes c)
{
	return bytes_find_byte(c, '$', 0) >= 0 || bytes_find_byte(c, '`', 0) >= 0 ||
	       bytes_find(c, BYTES_LIT("@{"), 0) >= 0;
}

/* ---- the walk ------------------------------------------------------------ */

/* Is `dir` above `path`? */
static bool is_above(struct bytes dir, struct bytes path)
{
	return path.len > dir.len && bytes_has_prefix(path, dir) && (dir.len == 0 || path.ptr[dir.len] == '/');
}

/* Is where the walk stands, before `rest`, as much a matter of `base` as of the path? */
static bool is_common(const struct walk *w, struct bytes rest)
{
	struct bytes here = { w->resolved, w->len }, base = w->base, next, of_base;

	if (base.len == 0 || bytes_equal(here, base))
		return base.len > 0;
	if (!is_above(here, base))
		return false;
	base = bytes_slice(base, here.len, base.len - here.len);
	return bytes_next_component(&rest, &next) && bytes_next_component(&base, &of_base) && bytes_equal(next, of_base);
}

static void judge_stat(struct walk *w, const struct stat *st)
{
	bool private_group = st->st_gid == 0 ||
			     (st->st_uid == w->owner && (gid_t)st->st_uid == st->st_gid);

	if (st->st_uid != 0) {
		w->flags |= PLACE_NOT_ROOTS;
		if (st->st_uid != w->owner)
			w->flags |= PLACE_OTHERS_WRITE;
	}
	if ((st->st_mode & S_IWOTH) || ((st->st_mode & S_IWGRP) && !private_group))
		w->flags |= PLACE_OTHERS_WRITE;
	/* A sticky directory that all may write is a place for temporary files,
	 * whatever its name. */
	if (S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) && (st->st_mode & S_IWOTH))
		w->flags |= PLACE_TEMPORARY;
}

static bool walk_push(struct walk *w, struct bytes c)
{
	size_t need;

	if (__builtin_add_overflow(w->len, c.len + 2, &need) || need > sizeof(w->resolved))
		return false;
	if (w->len > 0)
		w->resolved[w->len++] = '/';
	memcpy(w->resolved + w->len, c.ptr, c.len);
	w->len += c.len;
	w->resolved[w->len] = '\0';
	return true;
}

static void walk_pop(struct walk *w)
{
	ptrdiff_t slash = bytes_find_last_byte((struct bytes){ w->resolved, w->len }, '/');

	w->len = slash < 0 ? 0 : (size_t)slash;
	w->resolved[w->len] = '\0';
}

static bool walk_stat(struct walk *w, struct stat *ret)
{
	if (*w->steps == 0) {
		errno = ELOOP;
		return false;
	}
	(*w->steps)--;
	if (w->len > 0) {
		/* With its slash in front, as the table of mounts has it. */
		char path[PLACE_PATH_MAX + 1];

		path[0] = '/';
		memcpy(path + 1, w->resolved, w->len + 1);
		if (!lookup_is_local_at(w->rootfd, w->rootfd, w->resolved,
					(struct bytes){ path, w->len + 1 })) {
			errno = EREMOTE;	/* not to be decided without asking another machine */
			return false;
		}
	}
	return fstatat(w->rootfd, w->len > 0 ? w->resolved : ".", ret, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Walk `path` from the root.  Flags go to w->flags. */
static void walk(struct walk *w, struct bytes path)
{
	char buf[2][PLACE_PATH_MAX];	/* what is left to walk, in turns */
	unsigned links = 0, turn = 0;
	struct bytes rest = path, c;
	struct stat st;
	bool common;

	w->len = 0;
	w->resolved[0] = '\0';
	if (!walk_stat(w, &st)) {
		w->flags |= PLACE_UNDECIDABLE;
		return;
	}
	if (!is_common(w, rest))
		judge_stat(w, &st);

	while (bytes_next_component(&rest, &c)) {
		char target[PLACE_PATH_MAX];
		ssize_t n;
		size_t left;

		if (bytes_equal(c, BYTES_LIT(".")))
			continue;
		if (bytes_equal(c, BYTES_LIT(".."))) {	/* in the target of a link */
			walk_pop(w);
			continue;
		}
		if (has_expansion(c)) {
			w->flags |= PLACE_UNDECIDABLE;
			return;
		}
		/* A NUL ends a path for the kernel; Python refuses such a path. */
		if (bytes_find_byte(c, '\0', 0) >= 0 || !walk_push(w, c)) {
			w->flags |= PLACE_MISSING;
			return;
		}
		common = is_common(w, rest);
		if (!common && is_temporary_root((struct bytes){ w->resolved, w->len }))
			w->flags |= PLACE_TEMPORARY;

		if (!walk_stat(w, &st)) {
			/* No right to look, or too much to look at: not known. */
			w->flags |= errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG
					    ? PLACE_MISSING : PLACE_UNDECIDABLE;
			return;
		}
		if (!S_ISLNK(st.st_mode)) {
			if (!common)
				judge_stat(w, &st);
			if (S_ISREG(st.st_mode))
				return;	/* what is left stands inside of an archive (zipimport) */
			continue;
		}

		if (++links > PLACE_SYMLINKS_MAX) {
			w->flags |= PLACE_MISSING;	/* ELOOP, for Python as well */
			return;
		}
		/* /proc/PID/fd and the like: the link's text is not where it leads. */
		n = readlinkat(w->rootfd, w->resolved, target, sizeof(target));
		if (n <= 0) {
			w->flags |= PLACE_UNDECIDABLE;
			return;
		}
		if ((size_t)n >= sizeof(target) || rest.len > sizeof(buf[0]) - 1 - (size_t)n) {
			w->flags |= PLACE_MISSING;
			return;
		}
		left = (size_t)n + rest.len;
		memcpy(buf[turn], target, (size_t)n);
		if (rest.len > 0)
			memcpy(buf[turn] + n, rest.ptr, rest.len);	/* starts with its slash */
		rest = (struct bytes){ buf[turn], left };
		turn ^= 1;

		walk_pop(w);
		if (target[0] == '/') {
			w->len = 0;
			w->resolved[0] = '\0';
		}
	}
}

/* ---- one path ------------------------------------------------------------ */

/* ~, $HOME and ${HOME} in front, followed by a slash or the end. */
static size_t home_prefix(struct bytes path)
{
	static const struct bytes forms[] = {
		BYTES_LIT("~"), BYTES_LIT("$HOME"), BYTES_LIT("${HOME}"), BYTES_LIT("@{HOME}"),
	};

	for (size_t i = 0; i < ELEMENTSOF(forms); i++)
		if (bytes_has_prefix(path, forms[i]) &&
		    (path.len == forms[i].len || path.ptr[forms[i].len] == '/'))
			return forms[i].len;
	return 0;
}

ptrdiff_t place_join(struct bytes dir, struct bytes path, char buf[PLACE_PATH_MAX])
{
	struct bytes in[2] = { path.len > 0 && path.ptr[0] == '/' ? BYTES_LIT("") : dir, path }, c;
	size_t len = 0;

	for (size_t i = 0; i < 2; i++)
		while (bytes_next_component(&in[i], &c)) {
			if (bytes_equal(c, BYTES_LIT(".")))
				continue;
			if (bytes_equal(c, BYTES_LIT(".."))) {
				ptrdiff_t slash = bytes_find_last_byte((struct bytes){ buf, len }, '/');

				len = slash < 0 ? 0 : (size_t)slash;
				continue;
			}
			if (c.len >= PLACE_PATH_MAX - 1 - len)
				return -1;
			buf[len++] = '/';
			memcpy(buf + len, c.ptr, c.len);
			len += c.len;
		}
	return (ptrdiff_t)len;
}

ptrdiff_t place_resolve(struct bytes home, struct bytes dir, struct bytes path, char buf[PLACE_PATH_MAX])
{
	size_t n = bytes_has_prefix(path, BYTES_LIT("%h/")) ? strlen("%h") : home_prefix(path);

	if (n > 0) {
		dir = home;
		while (n < path.len && path.ptr[n] == '/')
			n++;
		path = bytes_slice(path, n, path.len - n);
	}
	if (dir.len == 0 || dir.ptr[0] != '/')
		return -1;
	for (size_t i = 0; i < path.len; i++)
		if (path.ptr[i] == '\0' || memchr("$`*?[%~", path.ptr[i], strlen("$`*?[%~")))
			return -1;
	return place_join(dir, path, buf);
}

struct bytes place_home_of(struct bytes path)
{
	const struct bytes homes = BYTES_LIT("/home/"), root = BYTES_LIT("/root/");
	ptrdiff_t end;

	if (bytes_has_prefix(path, root))
		return bytes_slice(path, 0, root.len - 1);
	end = bytes_has_prefix(path, homes) ? bytes_find_byte(path, '/', homes.len) :
					      bytes_find(path, BYTES_LIT("/."), 0);
	return end > 0 ? bytes_slice(path, 0, (size_t)end) : BYTES_NONE;
}

/* The directory that both have in common, for a path without "." and "..": its length.  (Every path has the root.) */
static size_t common_directory(struct bytes path, struct bytes base)
{
	struct bytes rest[2] = { path, base }, c[2];
	size_t len = 0;

	while (bytes_next_component(&rest[0], &c[0]) && bytes_next_component(&rest[1], &c[1]) && bytes_equal(c[0], c[1]))
		len = (size_t)(c[0].ptr - path.ptr) + c[0].len;
	return len;
}

/* What the text alone tells. */
static unsigned judge_text(struct bytes path, struct bytes home, struct bytes base)
{
	size_t common = common_directory(path, base);
	struct bytes rest = path, c;
	unsigned flags = 0;

	while (bytes_next_component(&rest, &c)) {
		size_t end = (size_t)(c.ptr - path.ptr) + c.len;
		bool rc;

		/* The last that is common counts, unless it is `base` itself (place.h). */
		if (path.ptr[0] == '/' && (end > common || (end == common && end != base.len)) &&
		    is_temporary_root(bytes_slice(path, 1, end - 1)))
			flags |= PLACE_TEMPORARY;
		if (end <= common || !is_hidden(c))
			continue;
		/* ~/.pythonrc.py is where PYTHONSTARTUP is told to point. */
		rc = rest.len == 0 &&
		     (bytes_has_prefix(c, BYTES_LIT(".python")) ||
		      (home.len > 0 && bytes_equal(bytes_dirname(path), home)));
		if (!rc)
			flags |= PLACE_HIDDEN;
	}
	return flags;
}

static unsigned judge_one(const struct place_asker *asker, struct bytes path)
{
	char buf[PLACE_PATH_MAX];
	struct walk w = { .rootfd = asker->rootfd, .owner = asker->owner, .steps = asker->steps };
	struct bytes base = asker->base.len > 0 && asker->base.ptr[0] == '/' ? asker->base : BYTES_LIT("");
	struct bytes absolute, prefix = BYTES_LIT(""), home = asker->home;
	size_t n;
	ptrdiff_t len;

	if (path.len == 0)
		return PLACE_RELATIVE;

	n = home_prefix(path);
	if (n > 0) {
		if (home.len == 0 || home.ptr[0] != '/')
			return PLACE_UNDECIDABLE | judge_text(path, home, BYTES_NONE);
		prefix = home;
		while (n < path.len && path.ptr[n] == '/')
			n++;
		path = bytes_slice(path, n, path.len - n);
	} else if (path.ptr[0] == '~' || path.ptr[0] == '%' || path.ptr[0] == '$' ||
		   path.ptr[0] == '`' || bytes_has_prefix(path, BYTES_LIT("@{"))) {
		/* ~user, systemd's %h, any other expansion in front */
		return PLACE_UNDECIDABLE | judge_text(path, home, BYTES_NONE);
	} else if (path.ptr[0] != '/') {
		return PLACE_RELATIVE | judge_text(path, home, BYTES_NONE) |
		       (has_expansion(path) ? PLACE_UNDECIDABLE : 0);
	}

	len = place_join(prefix, path, buf);
	if (len < 0)
		return PLACE_MISSING | judge_text(path, home, BYTES_NONE);
	absolute = (struct bytes){ buf, (size_t)len };

	w.flags = judge_text(absolute, home, base);
	w.base = base.len > 0 ? bytes_slice(base, 1, base.len - 1) : BYTES_NONE;
	if (asker->rootfd < 0)
		return w.flags | (has_expansion(absolute) ? PLACE_UNDECIDABLE : 0);
	walk(&w, absolute);
	return w.flags;
}

unsigned place_judge(const struct place_asker *asker, struct bytes path)
{
	unsigned steps = PLACE_STEPS_MAX;
	struct place_asker alone = *asker;

	if (!alone.steps)
		alone.steps = &steps;
	return judge_one(&alone, path);
}

/* ---- lists --------------------------------------------------------------- */

/* The list as it was before, in the ways that people write it.  It adds no
 * place: what it holds was judged where it was set.  (A default, as in
 * ${PYTHONPATH:-/tmp/x}, is a place and is not among them.)  Those with a colon
 * inside stick to their neighbour: /opt/x${PYTHONPATH:+:$PYTHONPATH}. */
static const struct bytes former_list[] = {
	BYTES_LIT("${PYTHONPATH:+:$PYTHONPATH}"),
	BYTES_LIT("${PYTHONPATH:+:${PYTHONPATH}}"),
	BYTES_LIT("${PYTHONPATH+:$PYTHONPATH}"),
	BYTES_LIT("${PYTHONPATH+:${PYTHONPATH}}"),
	BYTES_LIT("${PYTHONPATH:+$PYTHONPATH:}"),
	BYTES_LIT("${PYTHONPATH:+${PYTHONPATH}:}"),
	BYTES_LIT("${PYTHONPATH+$PYTHONPATH:}"),
	BYTES_LIT("${PYTHONPATH+${PYTHONPATH}:}"),
	BYTES_LIT("${PYTHONPATH:-}"),
	BYTES_LIT("${PYTHONPATH-}"),
	BYTES_LIT("${PYTHONPATH}"),
	BYTES_LIT("$PYTHONPATH"),
};

/* `b` without the former list at either end; *ret_found says whether it was there. */
static struct bytes without_former_list(struct bytes b, bool *ret_found)
{
	*ret_found = false;
	for (size_t i = 0; i < ELEMENTSOF(former_list); i++) {
		struct bytes f = former_list[i];

		if (bytes_has_suffix(b, f))
			b = bytes_slice(b, 0, b.len - f.len);
		else if (bytes_has_prefix(b, f) && f.ptr[f.len - 1] == '}')
			b = bytes_slice(b, f.len, b.len - f.len);
		else
			continue;
		*ret_found = true;
	}
	return b;
}

/* Up to the next colon outside of ${...}. */
static size_t element_end(struct bytes list, size_t from)
{
	unsigned depth = 0;
	size_t i;

	for (i = from; i < list.len; i++) {
		if (list.ptr[i] == '$' && i + 1 < list.len && list.ptr[i + 1] == '{')
			depth++;
		else if (list.ptr[i] == '}' && depth > 0)
			depth--;
		else if (list.ptr[i] == ':' && depth == 0)
			break;
	}
	/* A brace that is never closed is no expansion. */
	if (depth > 0) {
		ptrdiff_t colon = bytes_find_byte(list, ':', from);

		return colon < 0 ? list.len : (size_t)colon;
	}
	return i;
}

bool place_next_element(struct bytes list, size_t *at, struct bytes *ret)
{
	/* `PYTHONPATH=` does nothing; an empty element is the working directory. */
	while (list.len > 0 && *at <= list.len) {
		size_t end = element_end(list, *at);
		struct bytes element = bytes_slice(list, *at, end - *at);
		bool former;

		*at = end + 1;
		element = without_former_list(element, &former);
		if (element.len == 0 && former)
			continue;
		*ret = element;
		return true;
	}
	return false;
}

unsigned place_judge_list(const struct place_asker *asker, struct bytes list)
{
	unsigned flags = 0, steps = PLACE_STEPS_MAX, count = 0;
	struct place_asker alone = *asker;
	struct bytes element;
	size_t at = 0;

	if (!alone.steps)
		alone.steps = &steps;
	while (place_next_element(list, &at, &element)) {
		if (++count > PLACE_ELEMENTS_MAX)
			return flags | PLACE_UNDECIDABLE;
		flags |= judge_one(&alone, element);
	}
	return flags;
}

const char *place_flag_to_string(enum place_flag one)
{
	switch (one) {
	case PLACE_RELATIVE:
		return "relative";
	case PLACE_MISSING:
		return "missing";
	case PLACE_TEMPORARY:
		return "temporary";
	case PLACE_HIDDEN:
		return "hidden";
	case PLACE_OTHERS_WRITE:
		return "others-write";
	case PLACE_UNDECIDABLE:
		return "undecidable";
	case PLACE_NOT_ROOTS:
		return "not-roots";
	}
	return NULL;
}
