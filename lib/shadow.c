/* shadow.c - make the part of sys.path that matters, in its order, and see what stands there.
 *
 * The directories come from the layout of the path alone, as CPython's getpath.py and site.py, Debian's site.py (which has
 * /usr/local/lib/pythonX.Y/dist-packages and /usr/lib/python3/dist-packages instead) and Fedora's make them.
 */
#include "shadow.h"

#include <fcntl.h>

#include "cleanup.h"
#include "filedata.h"
#include "installer_private.h"
#include "limits.h"

struct order {
	struct bytes dirs[SHADOW_DIRS_MAX];
	size_t count;
	size_t environment;	/* dirs from here on are of the interpreter behind a virtual environment */
};

struct finder {
	int rootfd;
	struct region *region;
	struct bytes module;	/* "sitecustomize" */
	struct bytes dir;	/* of the hook */
	size_t rank;		/* of its form */
	bool failed;		/* no memory */
};

/* ---- forms ------------------------------------------------------------------------ */

/* The part of a suffix that names the platform (PEP 3149), as distributions configure it. */
#if defined(__x86_64__)
#define PLATFORM "x86_64-linux-gnu"
#elif defined(__aarch64__)
#define PLATFORM "aarch64-linux-gnu"
#elif defined(__i386__)
#define PLATFORM "i386-linux-gnu"
#elif defined(__arm__)
#define PLATFORM "arm-linux-gnueabihf"
#elif defined(__powerpc64__)
#define PLATFORM "powerpc64le-linux-gnu"
#elif defined(__s390x__)
#define PLATFORM "s390x-linux-gnu"
#elif defined(__riscv)
#define PLATFORM "riscv64-linux-gnu"
#else
#define PLATFORM ""
#endif

/* In the order of FileFinder; %s is "cpython-311-PLATFORM". */
static const char *const forms[] = {
	"/__init__.%s.so", "/__init__.abi3.so", "/__init__.so", "/__init__.py", "/__init__.pyc",
	".%s.so", ".abi3.so", ".so", ".py", ".pyc",
};

static struct bytes put(struct finder *f, struct bytes b)
{
	if (!b.ptr)
		f->failed = true;
	return b;
}

static struct bytes join(struct finder *f, struct bytes dir, const char *rest)
{
	return put(f, region_printf(f->region, "%.*s%s", (int)dir.len, dir.ptr, rest));
}

/* "python3.11" -> "cpython-311-x86_64-linux-gnu"; empty: it has none that is known. */
static struct bytes tag_of(struct finder *f, struct bytes version)
{
	static const struct bytes start = BYTES_LIT("python3.");

	if (!bytes_has_prefix(version, start))
		return BYTES_LIT("");
	return put(f, region_printf(f->region, "cpython-3%.*s-" PLATFORM, (int)(version.len - start.len),
				    version.ptr + start.len));
}

/* "sitecustomize.cpython-311-x86_64-linux-gnu.so" in the form `i`; absent: there is no such name. */
static struct bytes form_name(struct finder *f, size_t i, struct bytes tag)
{
	struct bytes form = bytes_of(forms[i]);
	ptrdiff_t at = bytes_find(form, BYTES_LIT("%s"), 0);

	if (at < 0)
		return join(f, f->module, forms[i]);
	if (tag.len == 0)
		return BYTES_NONE;
	return put(f, region_printf(f->region, "%.*s%.*s%.*s.so", (int)f->module.len, f->module.ptr, (int)at, form.ptr,
				    (int)tag.len, tag.ptr));
}

/* Which form comes first in a directory, of those from `from` on and before `to`?  Absent: none. */
static struct bytes first_form(struct finder *f, struct bytes dir, struct bytes version, size_t from, size_t to)
{
	_cleanup_close_ int fd = filedata_open_local(f->rootfd, dir, O_PATH | O_DIRECTORY, NULL);
	struct bytes tag = tag_of(f, version);

	for (size_t i = from; fd >= 0 && !f->failed && i < to; i++) {
		struct bytes name = form_name(f, i, tag);
		struct stat st;

		/* A link is one that leads to a file: Debian's does. */
		if (name.ptr && fstatat(fd, name.ptr, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(st.st_mode))
			return put(f, region_printf(f->region, "%.*s/%s", (int)dir.len, dir.ptr, name.ptr));
	}
	return BYTES_NONE;
}

/* The hook's own; ELEMENTSOF(forms): one that this version does not import. */
static size_t rank_of(struct finder *f, struct bytes path, struct bytes version)
{
	struct bytes name = bytes_slice(path, f->dir.len + 1, path.len - f->dir.len - 1), tag = tag_of(f, version);

	for (size_t i = 0; i < ELEMENTSOF(forms); i++)
		if (bytes_equal(name, form_name(f, i, tag)))
			return i;
	return ELEMENTSOF(forms);
}

/* ---- directories -------------------------------------------------------------------- */

static void add(struct finder *f, struct order *o, struct bytes prefix, const char *middle, struct bytes version,
		const char *end)
{
	if (o->count < SHADOW_DIRS_MAX)
		o->dirs[o->count++] = put(f, region_printf(f->region, "%.*s%s%.*s%s", (int)prefix.len, prefix.ptr, middle,
							   (int)version.len, version.ptr, end));
}

static void add_stdlib(struct finder *f, struct order *o, struct bytes prefix, struct bytes version)
{
	add(f, o, prefix, "/lib64/", version, "");
	add(f, o, prefix, "/lib/", version, "");
	add(f, o, prefix, "/lib64/", version, "/lib-dynload");
	add(f, o, prefix, "/lib/", version, "/lib-dynload");
}

static void add_sites(struct finder *f, struct order *o, struct bytes prefix, struct bytes version)
{
	if (bytes_equal(prefix, BYTES_LIT("/usr"))) {
		add(f, o, prefix, "/local/lib64/", version, "/site-packages");
		add(f, o, prefix, "/local/lib/", version, "/site-packages");
		add(f, o, prefix, "/local/lib/", version, "/dist-packages");
		add(f, o, prefix, "/lib/python3/dist-packages", BYTES_LIT(""), "");
		add(f, o, prefix, "/lib/", version, "/dist-packages");
	}
	add(f, o, prefix, "/lib64/", version, "/site-packages");
	add(f, o, prefix, "/lib/", version, "/site-packages");
}

static bool has_stdlib(struct finder *f, struct bytes prefix, struct bytes version)
{
	static const char *const libs[] = { "/lib/", "/lib64/" };

	for (size_t i = 0; i < ELEMENTSOF(libs) && !f->failed; i++) {
		struct bytes dir = put(f, region_printf(f->region, "%.*s%s%.*s", (int)prefix.len, prefix.ptr, libs[i],
							(int)version.len, version.ptr));
		_cleanup_close_ int fd = f->failed ? -EBADF : filedata_open_local(f->rootfd, dir, O_PATH | O_DIRECTORY, NULL);

		if (fd >= 0 && faccessat(fd, "os.py", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			return true;
	}
	return false;
}

/* ---- who wins ------------------------------------------------------------------------- */

struct outcome {
	struct shadow first;		/* of any interpreter */
	size_t interpreters, shadowed;
};

static void judge(struct finder *f, const struct order *o, struct bytes version, struct outcome *out)
{
	struct bytes other = BYTES_NONE;
	size_t at = 0;

	while (at < o->count && !bytes_equal(o->dirs[at], f->dir))
		at++;
	if (at == o->count || f->failed)
		return;		/* this interpreter does not look there */
	out->interpreters++;

	for (size_t i = 0; i < at && !other.ptr; i++)
		other = first_form(f, o->dirs[i], version, 0, ELEMENTSOF(forms));
	if (!other.ptr)
		other = first_form(f, f->dir, version, 0, f->rank);
	if (other.ptr) {
		out->shadowed++;
		if (!out->first.shadowed_by.ptr)
			out->first.shadowed_by = other;
		return;
	}
	if (out->first.shadows.ptr)
		return;

	other = first_form(f, f->dir, version, f->rank + 1, ELEMENTSOF(forms));
	if (other.ptr) {
		out->first.kind = SHADOW_FORM;
	} else {
		for (size_t i = at + 1; i < o->count && !other.ptr; i++) {
			other = first_form(f, o->dirs[i], version, 0, ELEMENTSOF(forms));
			out->first.kind = !other.ptr ? SHADOW_NONE :
					  i >= o->environment ? SHADOW_ENVIRONMENT : SHADOW_PATH;
		}
	}
	out->first.shadows = other;
}

/* The interpreter of a prefix; `user`: it reads the hook's directory as its user's, which is below no prefix. */
static void judge_prefix(struct finder *f, struct bytes path, struct bytes prefix, struct bytes version, bool user,
			 struct outcome *out)
{
	struct order o = { .environment = SIZE_MAX };

	if (!has_stdlib(f, prefix, version))
		return;
	f->rank = rank_of(f, path, version);
	if (f->rank == ELEMENTSOF(forms))
		return;
	add_stdlib(f, &o, prefix, version);
	if (user)
		add(f, &o, f->dir, "", BYTES_LIT(""), "");
	add_sites(f, &o, prefix, version);
	judge(f, &o, version, out);
}

/* False: it is none. */
static bool judge_environment(struct finder *f, struct bytes path, struct bytes prefix, struct bytes version,
			      struct outcome *out)
{
	struct bytes file = join(f, prefix, "/pyvenv.cfg"), config, base, system;
	_cleanup_str_ struct str text = STR_INIT;
	_cleanup_close_ int fd = -EBADF;
	struct order o = { .environment = SIZE_MAX };

	fd = f->failed ? -EBADF : filedata_open_local(f->rootfd, file, O_RDONLY | O_NONBLOCK | O_NOCTTY, NULL);
	if (fd < 0 || filedata_read_all(fd, INSTALLER_CONFIG_MAX, &text) < 0)
		return false;
	config = str_bytes(&text);
	base = bytes_dirname(python_config_value(config, BYTES_LIT("home")));
	system = python_config_value(config, BYTES_LIT("include-system-site-packages"));
	f->rank = rank_of(f, path, version);
	if (base.len < 2 || f->rank == ELEMENTSOF(forms))
		return true;

	add_stdlib(f, &o, base, version);
	add(f, &o, prefix, "/lib64/", version, "/site-packages");
	add(f, &o, prefix, "/lib/", version, "/site-packages");
	o.environment = o.count;
	/* Absent is true (site.py, venv()). */
	if (!system.ptr || bytes_equal_fold(system, BYTES_LIT("true")))
		add_sites(f, &o, base, version);
	judge(f, &o, version, out);
	return true;
}

/* Of every version that is there: a directory that they share. */
static void judge_shared(struct finder *f, struct bytes path, struct outcome *out)
{
	for (unsigned minor = SHADOW_MINOR_MIN; minor <= SHADOW_MINOR_MAX && !f->failed; minor++)
		judge_prefix(f, path, BYTES_LIT("/usr"), put(f, region_printf(f->region, "python3.%u", minor)), false, out);
}

static void judge_all(struct finder *f, struct bytes path, enum hook_scope scope, struct outcome *out)
{
	static const struct bytes systems[] = { BYTES_LIT("/usr"), BYTES_LIT("/usr/local") };
	struct bytes lib = scope == SCOPE_SITE ? bytes_dirname(f->dir) : f->dir, version, prefix;
	bool user;

	if (bytes_equal(bytes_basename(lib), BYTES_LIT("lib-dynload")))
		lib = bytes_dirname(lib);
	version = bytes_basename(lib);
	prefix = bytes_dirname(bytes_dirname(lib));
	/* Debian links lib/python3.11/sitecustomize.py there. */
	if (bytes_equal(bytes_dirname(lib), BYTES_LIT("/etc"))) {
		path = put(f, region_printf(f->region, "/usr/lib/%.*s%.*s", (int)version.len, version.ptr,
					    (int)(path.len - f->dir.len), path.ptr + f->dir.len));
		if (f->failed)
			return;
		f->dir = bytes_slice(path, 0, BYTES_LIT("/usr/lib/").len + version.len);
		prefix = BYTES_LIT("/usr");
	}
	if (bytes_equal(version, BYTES_LIT("python3"))) {
		judge_shared(f, path, out);
		return;
	}
	user = bytes_equal(bytes_basename(prefix), BYTES_LIT(".local"));
	if (!user && judge_environment(f, path, prefix, version, out))
		return;
	for (size_t i = 0; i < ELEMENTSOF(systems); i++)
		judge_prefix(f, path, systems[i], version, user, out);
	if (!user && !bytes_equal(prefix, systems[0]) && !bytes_equal(prefix, systems[1]))
		judge_prefix(f, path, prefix, version, false, out);
}

int shadow_find(int rootfd, struct bytes path, const struct hook *hook, struct region *region, struct shadow *ret)
{
	struct finder f = { .rootfd = rootfd, .region = region, .dir = hook->site_dir };
	struct outcome out = { 0 };

	*ret = (struct shadow){ 0 };
	if (hook->vector == VECTOR_SITECUSTOMIZE)
		f.module = BYTES_LIT("sitecustomize");
	else if (hook->vector == VECTOR_USERCUSTOMIZE)
		f.module = BYTES_LIT("usercustomize");
	else
		return 0;
	if (rootfd < 0 || hook->temporary || (hook->scope != SCOPE_SITE && hook->scope != SCOPE_STDLIB))
		return 0;

	judge_all(&f, path, hook->scope, &out);
	if (f.failed)
		return -ENOMEM;
	/* It runs for one of them at least. */
	if (out.shadowed < out.interpreters)
		out.first.shadowed_by = BYTES_NONE;
	*ret = out.first;
	return 0;
}

const char *shadow_kind_to_string(enum shadow_kind kind)
{
	static const char *const names[] = {
		[SHADOW_FORM] = "form",
		[SHADOW_PATH] = "path",
		[SHADOW_ENVIRONMENT] = "environment",
	};

	return (size_t)kind < ELEMENTSOF(names) ? names[kind] : NULL;
}
