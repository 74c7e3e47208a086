/* installer.c - is the writer a genuine installer?
 *
 * How it works.  The command line is taken apart the way CPython does it (which
 * options, then a script, a -m module or a -c text); that picks one entry of the
 * table `entries`.  The entry is data: how the tool is run, what its launcher
 * script or its package looks like, where it writes.  Then every check of that
 * kind of entry is made, and each says in plain words what it found: an alert
 * shows why a writer was believed or not.  All have to hold.  Adding an
 * installer is an entry here and a row in tests/unit/test_installer.c.
 *
 * What is trusted.  Code counts if only root or the owner of the target's
 * directory can change it: the file, and every directory above it.  The owner
 * can plant a hook in that directory anyway, so believing his pip gives him
 * nothing that he does not have; in a directory of root's only root's code
 * counts.  A user's private group (gid equal to uid, as useradd makes it) is the
 * user; a directory with the sticky bit protects what it holds.
 *
 * What cannot be known here.  A genuine pip whose interpreter loads a hook runs
 * the hook's code; the hooks of that interpreter have their own alerts.  Whether
 * the file belongs to a package is provenance's question, what it does is
 * content's.  Files are looked at after the write, so one that was swapped in
 * between by its owner is judged as it is now; by anybody else it cannot be,
 * because then it does not count.
 *
 * References: facts of CPython are from Modules/getpath.py, Lib/site.py,
 * Python/initconfig.c, Lib/ensurepip/__init__.py and Lib/venv/__init__.py; of
 * pip from pip/_internal/build_env.py and pip/_internal/utils/setuptools_build.py.
 */
#include "installer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "limits.h"
#include "lookup.h"

/* ---- the table ------------------------------------------------------------ */

enum kind {
	KIND_SCRIPT,	/* a launcher script, run by Python: names are its name */
	KIND_FILE,	/* a file of an installed package, run by path: names are how the path ends */
	KIND_MODULE,	/* python -m NAME */
	KIND_CODE,	/* python -c with the text of ensurepip/__init__.py */
	KIND_NATIVE,	/* a program of its own: names are its executable's */
	KIND_CALLER,	/* python -c: the text holds one of the names */
	KIND_TOOL,	/* named by executable, or by the script of any interpreter */
};

/* Where an installer writes.  A true pip that writes ~/.bashrc is no more at
 * its business than a stranger. */
struct habitat {
	enum { HABITAT_CONTAINS = 1, HABITAT_NAME, HABITAT_BESIDE, HABITAT_SUFFIX } how;
	const char *text;	/* part of the path; the file's name; a name in a directory above; the end */
};

enum {
	ENTRY_ROOT = 1 << 0,	/* the system's own: only root may be able to change it */
	ENTRY_STDLIB = 1 << 1,	/* the package is in the standard library, not in a site directory */
	ENTRY_FLEETING = 1 << 2, /* the file is temporary: it may be gone by now, the parent vouches for it */
};

struct entry {
	const char *name;
	enum kind kind;
	const char *names[8];
	const char *package;		/* file below a site directory that has to be there */
	const char *texts[6];		/* one of them is in the launcher script */
	const struct habitat *writes;	/* NULL: anything */
	const char *parent;		/* its parent has to be a verified installer of this name */
	unsigned flags;			/* ENTRY_* */
	const char *never;		/* why it is not verified, whatever it looks like */
};

#define IN_SITE_DIR \
	{ HABITAT_CONTAINS, "/site-packages/" }, { HABITAT_CONTAINS, "/dist-packages/" }
#define IN_VENV \
	IN_SITE_DIR, { HABITAT_NAME, "pyvenv.cfg" }, { HABITAT_CONTAINS, "/bin/activate" }
#define IN_PIP_TEMPORARY \
	{ HABITAT_CONTAINS, "/pip-build-env-" }, { HABITAT_CONTAINS, "/pip-target-" }, \
	{ HABITAT_CONTAINS, "/pip-uninstall-" }

static const struct habitat pip_writes[] = { IN_SITE_DIR, IN_PIP_TEMPORARY, { 0 } };
static const struct habitat build_env_writes[] = { { HABITAT_CONTAINS, "/pip-build-env-" }, { 0 } };
static const struct habitat site_writes[] = { IN_SITE_DIR, { 0 } };
static const struct habitat venv_writes[] = { IN_VENV, { 0 } };
/* virtualenv unpacks its seeds (pip, setuptools) once and copies them from there. */
static const struct habitat virtualenv_writes[] = {
	IN_VENV, { HABITAT_CONTAINS, "/virtualenv/wheel/" }, { 0 }
};
/* A hard link into its cache is how uv installs; uv python install unpacks
 * whole Pythons. */
static const struct habitat uv_writes[] = {
	IN_VENV, { HABITAT_CONTAINS, "/uv/archive-v0/" }, { HABITAT_CONTAINS, "/uv/python/" }, { 0 }
};
/* conda owns all of a prefix, the standard library too. */
static const struct habitat conda_writes[] = {
	IN_VENV, { HABITAT_BESIDE, "conda-meta" }, { HABITAT_CONTAINS, "/pkgs/" },
	{ HABITAT_CONTAINS, "/rattler/cache/" }, { 0 }
};
static const struct habitat pyc_writes[] = {
	{ HABITAT_CONTAINS, "/__pycache__/" }, { HABITAT_SUFFIX, ".pyc" }, { HABITAT_SUFFIX, ".pyo" }, { 0 }
};

#define OWN_CODE "runs the code of the package that is installed, not the installer's"
#define CONFIGURATION "configuration management informs, it exempts nothing"

/* Order matters: the first entry that fits the command line is taken. */
static const struct entry entries[] = {
	/* What runs below an installer and is none: a setup.py may write anything. */
	{ .name = "setuptools", .kind = KIND_CALLER, .never = "setup.py " OWN_CODE,
	  .names = { "# This is <pip-setuptools-caller>", "import sys, setuptools, tokenize; sys.argv[0]",
		     "import io, os, sys, setuptools, tokenize; sys.argv[0]", "import setuptools, tokenize;__file__=" } },
	{ .name = "setuptools", .kind = KIND_SCRIPT, .never = "setup.py " OWN_CODE, .names = { "setup.py" } },
	{ .name = "build-backend", .kind = KIND_SCRIPT, .never = "a build backend " OWN_CODE,
	  .names = { "_in_process.py" } },
	{ .name = "get-pip", .kind = KIND_SCRIPT, .names = { "get-pip.py" },
	  .never = "get-pip.py carries a pip of its own, which cannot be checked" },

	{ .name = "pip", .kind = KIND_FILE, .writes = pip_writes,
	  .names = { "-packages/pip/__pip-runner__.py", "-packages/pip/__main__.py" } },
	/* pip before 22.2 ran its own directory for the requirements of a build ... */
	{ .name = "pip", .kind = KIND_FILE, .writes = pip_writes, .names = { "-packages/pip" } },
	/* ... or, 21.0 to 21.3, a zip of it in a temporary directory. */
	{ .name = "pip", .kind = KIND_FILE, .writes = build_env_writes, .parent = "pip",
	  .names = { "/__env_pip__.zip/pip" }, .flags = ENTRY_FLEETING },
	{ .name = "pip", .kind = KIND_SCRIPT, .names = { "pip" }, .package = "pip/__init__.py", .writes = pip_writes,
	  .texts = { "from pip._internal.cli.main import main", "from pip._internal import main",
		     "from pip import main" } },
	{ .name = "pip", .kind = KIND_MODULE, .names = { "pip" }, .package = "pip/__init__.py",
	  .writes = pip_writes },

	{ .name = "ensurepip", .kind = KIND_MODULE, .names = { "ensurepip" }, .package = "ensurepip/__init__.py",
	  .flags = ENTRY_STDLIB, .writes = site_writes },
	{ .name = "ensurepip", .kind = KIND_CODE, .parent = "ensurepip", .writes = site_writes },
	{ .name = "venv", .kind = KIND_MODULE, .names = { "venv" }, .package = "venv/__init__.py",
	  .flags = ENTRY_STDLIB, .writes = venv_writes },

	{ .name = "virtualenv", .kind = KIND_SCRIPT, .names = { "virtualenv" },
	  .package = "virtualenv/__init__.py", .texts = { "from virtualenv.__main__ import run_with_catch" },
	  .writes = virtualenv_writes },
	{ .name = "virtualenv", .kind = KIND_MODULE, .names = { "virtualenv" },
	  .package = "virtualenv/__init__.py", .writes = virtualenv_writes },
	{ .name = "pipx", .kind = KIND_SCRIPT, .names = { "pipx" }, .package = "pipx/__init__.py",
	  .texts = { "from pipx.main import cli" }, .writes = venv_writes },
	{ .name = "pipx", .kind = KIND_MODULE, .names = { "pipx" }, .package = "pipx/__init__.py",
	  .writes = venv_writes },
	{ .name = "poetry", .kind = KIND_SCRIPT, .names = { "poetry" }, .package = "poetry/console/application.py",
	  .texts = { "from poetry.console.application import main", "from poetry.console import main" },
	  .writes = virtualenv_writes },
	{ .name = "poetry", .kind = KIND_MODULE, .names = { "poetry" }, .package = "poetry/console/application.py",
	  .writes = virtualenv_writes },
	{ .name = "pdm", .kind = KIND_SCRIPT, .names = { "pdm" }, .package = "pdm/__init__.py",
	  .texts = { "from pdm.core import main", "from pdm.__main__ import main" }, .writes = virtualenv_writes },
	{ .name = "pdm", .kind = KIND_MODULE, .names = { "pdm" }, .package = "pdm/__init__.py",
	  .writes = virtualenv_writes },
	/* These make virtual environments in their own process, with virtualenv or venv. */
	{ .name = "tox", .kind = KIND_SCRIPT, .names = { "tox" }, .package = "tox/__init__.py",
	  .texts = { "from tox.run import run", "from tox import cmdline" }, .writes = virtualenv_writes },
	{ .name = "hatch", .kind = KIND_SCRIPT, .names = { "hatch" }, .package = "hatch/__init__.py",
	  .texts = { "from hatch.cli import main" }, .writes = virtualenv_writes },
	{ .name = "build", .kind = KIND_SCRIPT, .names = { "pyproject-build" }, .package = "build/__init__.py",
	  .texts = { "from build.__main__ import entrypoint" }, .writes = virtualenv_writes },
	{ .name = "build", .kind = KIND_MODULE, .names = { "build" }, .package = "build/__init__.py",
	  .writes = virtualenv_writes },
	{ .name = "installer", .kind = KIND_MODULE, .names = { "installer" }, .package = "installer/__init__.py",
	  .writes = site_writes },
	{ .name = "uv", .kind = KIND_NATIVE, .names = { "uv" }, .writes = uv_writes },

	{ .name = "conda", .kind = KIND_SCRIPT, .names = { "conda" }, .package = "conda/__init__.py",
	  .texts = { "from conda.cli import main", "from conda.cli.main import main" }, .writes = conda_writes },
	{ .name = "conda", .kind = KIND_MODULE, .names = { "conda" }, .package = "conda/__init__.py",
	  .writes = conda_writes },
	{ .name = "mamba", .kind = KIND_SCRIPT, .names = { "mamba" }, .package = "mamba/__init__.py",
	  .texts = { "from mamba.mamba import main" }, .writes = conda_writes },
	{ .name = "mamba", .kind = KIND_NATIVE, .names = { "mamba" }, .writes = conda_writes },
	{ .name = "micromamba", .kind = KIND_NATIVE, .names = { "micromamba" }, .writes = conda_writes },
	{ .name = "pixi", .kind = KIND_NATIVE, .names = { "pixi" }, .writes = conda_writes },

	/* py3compile writes in its child `python3.11 -m py_compile -`. */
	{ .name = "compileall", .kind = KIND_MODULE, .names = { "compileall" }, .package = "compileall.py",
	  .flags = ENTRY_STDLIB, .writes = pyc_writes },
	{ .name = "compileall", .kind = KIND_MODULE, .names = { "py_compile" }, .package = "py_compile.py",
	  .flags = ENTRY_STDLIB, .writes = pyc_writes },

	/* The system's package managers. */
	/* Only the one that unpacks: apt leaves that to it, and dpkg-divert and dpkg-deb write what
	 * they are told to, where they are told to. */
	{ .name = "dpkg", .kind = KIND_NATIVE, .flags = ENTRY_ROOT, .names = { "dpkg" } },
	{ .name = "rpm", .kind = KIND_NATIVE, .flags = ENTRY_ROOT, .names = { "rpm", "rpm-ostree", "rpm-ostreed" } },
	{ .name = "dnf", .kind = KIND_NATIVE, .flags = ENTRY_ROOT,
	  .names = { "dnf5", "dnf5daemon-server", "microdnf" } },
	{ .name = "dnf", .kind = KIND_SCRIPT, .flags = ENTRY_ROOT, .names = { "dnf" }, .package = "dnf/__init__.py",
	  .texts = { "from dnf.cli import main" } },
	{ .name = "yum", .kind = KIND_SCRIPT, .flags = ENTRY_ROOT, .names = { "yum" },
	  .texts = { "import yummain", "from dnf.cli import main" } },
	{ .name = "zypper", .kind = KIND_NATIVE, .flags = ENTRY_ROOT, .names = { "zypper", "zypp-rpm" } },
	{ .name = "packagekit", .kind = KIND_NATIVE, .flags = ENTRY_ROOT, .names = { "packagekitd" } },
	{ .name = "pacman", .kind = KIND_NATIVE, .flags = ENTRY_ROOT, .names = { "pacman" } },
	{ .name = "apk", .kind = KIND_NATIVE, .flags = ENTRY_ROOT, .names = { "apk" } },
	{ .name = "nix", .kind = KIND_NATIVE, .flags = ENTRY_ROOT, .names = { "nix-daemon", "nix" } },
	{ .name = "guix", .kind = KIND_NATIVE, .flags = ENTRY_ROOT, .names = { "guix-daemon" } },
	{ .name = "snapd", .kind = KIND_NATIVE, .flags = ENTRY_ROOT, .names = { "snapd" } },
	{ .name = "flatpak", .kind = KIND_NATIVE, .flags = ENTRY_ROOT,
	  .names = { "flatpak", "flatpak-system-helper" } },

	{ .name = "ansible", .kind = KIND_TOOL, .never = CONFIGURATION,
	  .names = { "AnsiballZ_*", "ansible", "ansible-playbook", "ansible-pull", "ansible-connection" } },
	{ .name = "puppet", .kind = KIND_TOOL, .never = CONFIGURATION, .names = { "puppet", "puppet-agent" } },
	{ .name = "chef", .kind = KIND_TOOL, .never = CONFIGURATION,
	  .names = { "chef-client", "chef-solo", "cinc-client" } },
	{ .name = "salt", .kind = KIND_TOOL, .never = CONFIGURATION,
	  .names = { "salt-minion", "salt-call", "salt-master" } },
};

/* Where a distribution keeps these programs: the very directories, since anybody who may write below
 * /usr/lib can make another.  Those of the stores are found by what they begin with. */
static const char *const system_dirs[] = {
	"/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/libexec", "/usr/lib/snapd", "/usr/libexec/snapd",
	"/usr/lib/packagekit", "/usr/lib/PackageKit", "/usr/lib/zypp", "/usr/lib/flatpak",
};
static const char *const system_stores[] = {
	"/nix/store/", "/gnu/store/", "/snap/snapd/", "/snap/core/",
};

/* Variables that make a genuine interpreter run other code; see python(1).
 * PYTHONWARNINGS is looked at on its own. */
static const char *const python_variables[] = {
	"PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONEXECUTABLE", "PYTHONUSERBASE",
	"PYTHONPLATLIBDIR", "PYTHONPYCACHEPREFIX", "PYTHON_PRESITE", "__PYVENV_LAUNCHER__",
};

/* And any program, see ld.so(8). */
static const char *const loader_variables[] = { "LD_PRELOAD", "LD_AUDIT", "LD_LIBRARY_PATH" };

static const struct {
	enum mismatch bit;
	const char *text;
} disguises[] = {
	{ MISMATCH_EXE, "its executable is not the one that it was started as" },
	{ MISMATCH_ARGV, "its command line was rewritten after it had started" },
	{ MISMATCH_DELETED, "its executable was deleted" },
	{ MISMATCH_MEMFD, "its executable was never a file (memfd)" },
	{ MISMATCH_LOADER, "it was started through the dynamic loader" },
	{ MISMATCH_PRELOAD, "foreign libraries are loaded into it" },
	{ MISMATCH_TRACED, "another process traces it" },
};

/* ---- answers -------------------------------------------------------------- */

/* One question under way.  `error` sticks: a check that ran out of memory says
 * nothing more, and the caller gets the error. */
struct check {
	const struct process *process;
	const struct entry *entry;
	int rootfd;
	const struct mount_table *mounts;
	struct bytes target;
	uid_t owner;
	struct region *region;
	struct bytes reasons[INSTALLER_REASONS_MAX];
	size_t reason_count;
	bool refused;
	struct bytes refusal;		/* the first reason against it */
	int error;
};

/* Of a path or argument, what a reason quotes: for "%.*s". */
#define QUOTE(b) (int)((b).len < INSTALLER_QUOTE_MAX ? (b).len : INSTALLER_QUOTE_MAX), (b).len ? (b).ptr : ""

/* Note what a check found.  Answers `holds`. */
static bool __attribute__((format(printf, 3, 4))) say(struct check *c, bool holds, const char *format, ...)
{
	struct bytes text;
	va_list ap;
	char line[2 * INSTALLER_QUOTE_MAX + 256];
	int n;

	va_start(ap, format);
	n = vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	if (n < 0)
		n = 0;
	if ((size_t)n >= sizeof(line))
		n = (int)sizeof(line) - 1;

	text = region_copy(c->region, (struct bytes){ line, (size_t)n });
	if (!text.ptr) {
		c->error = -ENOMEM;
		c->refused = true;
		return false;
	}

	if (c->reason_count < INSTALLER_REASONS_MAX)
		c->reasons[c->reason_count++] = text;
	else if (!holds)
		c->reasons[INSTALLER_REASONS_MAX - 1] = text;
	if (!holds && !c->refused) {
		c->refused = true;
		c->refusal = text;
	}
	return holds;
}

/* a/b in the region; absent (and the error set) when there is no memory. */
static struct bytes join(struct check *c, struct bytes a, struct bytes b)
{
	size_t len;
	char *p;

	if (__builtin_add_overflow(a.len, b.len, &len) || __builtin_add_overflow(len, 2, &len))
		p = NULL;
	else
		p = region_alloc(c->region, len);
	if (!p) {
		c->error = -ENOMEM;
		return BYTES_NONE;
	}

	if (a.len > 0)
		memcpy(p, a.ptr, a.len);
	p[a.len] = '/';
	if (b.len > 0)
		memcpy(p + a.len + 1, b.ptr, b.len);
	return (struct bytes){ p, a.len + 1 + b.len };
}

static struct bytes join_text(struct check *c, struct bytes a, const char *b)
{
	return join(c, a, bytes_of(b));
}

/* The absent path has the empty name. */
static struct bytes name_of(struct bytes path)
{
	return path.ptr ? bytes_basename(path) : BYTES_LIT("");
}

static bool is_absolute(struct bytes path)
{
	return path.len > 0 && path.ptr[0] == '/';
}

/* As the process meant it; absent when its working directory is not known. */
static struct bytes absolute(struct check *c, struct bytes path)
{
	struct bytes cwd = c->process->image->cwd;

	if (is_absolute(path))
		return path;
	return is_absolute(cwd) ? join(c, cwd, path) : BYTES_NONE;
}

/* ---- files ---------------------------------------------------------------- */

enum {
	LOOK_ROOT = 1 << 0,	/* only root may be able to change it */
	LOOK_NO_STICKY = 1 << 1, /* /tmp and its like are no place for it */
};

struct found {
	bool exists;
	struct bytes path;	/* without symbolic links */
	struct stat st;
	struct bytes weak;	/* the first component that others can change; absent: none */
	const char *why;	/* and how */
};

static bool can_be_changed(const struct check *c, const struct stat *st, unsigned flags, const char **ret_why)
{
	bool sticky = S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) && !(flags & LOOK_NO_STICKY);

	if (st->st_uid != 0 && ((flags & LOOK_ROOT) || st->st_uid != c->owner)) {
		*ret_why = "belongs to another user";
		return true;
	}
	if (S_ISLNK(st->st_mode) || sticky)
		return false;
	if (st->st_mode & S_IWOTH) {
		*ret_why = "can be written by everybody";
		return true;
	}
	if ((st->st_mode & S_IWGRP) && st->st_gid != 0 && (st->st_uid == 0 || st->st_gid != st->st_uid)) {
		*ret_why = "can be written by a group";
		return true;
	}
	return false;
}

/* fstatat() and friends want a path relative to rootfd. */
static const char *below_root(const struct str *path)
{
	return path->len > 1 ? path->buf + 1 : ".";
}

/* Resolve `path` below rootfd, one component at a time, and look at the owner
 * and mode of each: a file is as safe as the weakest directory on the way.
 * False: no memory.  Not to be found is an answer. */
static bool look(struct check *c, struct bytes path, unsigned flags, struct found *ret)
{
	_cleanup_str_ struct str done = STR_INIT, rest = STR_INIT, next = STR_INIT;
	struct found found = { 0 };
	unsigned links = 0;
	int r;

	*ret = found;
	if (!is_absolute(path) || path.len >= PATH_MAX || bytes_find_byte(path, '\0', 0) >= 0)
		return true;
	r = str_append_bytes(&rest, path);
	if (r < 0)
		goto no_memory;
	if (fstatat(c->rootfd, ".", &found.st, 0) < 0)
		return true;
	if (can_be_changed(c, &found.st, flags, &found.why))
		found.weak = BYTES_LIT("/");

	for (unsigned i = 0; i < INSTALLER_COMPONENTS_MAX; i++) {
		struct bytes left = str_bytes(&rest), name;
		size_t before = done.len;
		char target[PATH_MAX];
		ssize_t n;

		if (!bytes_next_component(&left, &name)) {
			found.path = region_copy(c->region, done.len ? str_bytes(&done) : BYTES_LIT("/"));
			if (!found.path.ptr)
				goto no_memory;
			found.exists = true;
			*ret = found;
			return true;
		}
		if (bytes_equal(name, BYTES_LIT(".")))
			goto step;
		if (bytes_equal(name, BYTES_LIT(".."))) {
			struct bytes up = bytes_dirname(str_bytes(&done));

			done.len = up.len > 1 ? up.len : 0;
			if (done.cap > 0)
				done.buf[done.len] = '\0';
			goto step;
		}

		r = str_append_char(&done, '/');
		if (r >= 0)
			r = str_append_bytes(&done, name);
		if (r < 0)
			goto no_memory;
		if (done.len >= PATH_MAX || !lookup_is_local_in(c->rootfd, c->mounts, str_bytes(&done)) ||
		    fstatat(c->rootfd, below_root(&done), &found.st, AT_SYMLINK_NOFOLLOW) < 0)
			return true;
		if (!found.weak.ptr && can_be_changed(c, &found.st, flags, &found.why)) {
			found.weak = region_copy(c->region, str_bytes(&done));
			if (!found.weak.ptr)
				goto no_memory;
		}
		if (!S_ISLNK(found.st.st_mode))
			goto step;

		if (++links > INSTALLER_LINKS_MAX)
			return true;
		n = readlinkat(c->rootfd, below_root(&done), target, sizeof(target));
		if (n <= 0 || n == (ssize_t)sizeof(target))
			return true;
		done.len = target[0] == '/' ? 0 : before;
		done.buf[done.len] = '\0';
		str_clear(&next);
		r = str_append(&next, target, (size_t)n);
		if (r >= 0)
			r = str_append_char(&next, '/');
		if (r >= 0)
			r = str_append_bytes(&next, left);
		if (r < 0)
			goto no_memory;
		if (next.len >= 2 * PATH_MAX)
			return true;
		str_clear(&rest);
		r = str_append_bytes(&rest, str_bytes(&next));
		if (r < 0)
			goto no_memory;
		continue;
step:
		str_clear(&next);
		r = str_append_bytes(&next, left);
		if (r < 0)
			goto no_memory;
		str_clear(&rest);
		r = str_append_bytes(&rest, str_bytes(&next));
		if (r < 0)
			goto no_memory;
	}
	return true;

no_memory:
	c->error = -ENOMEM;
	return false;
}

static unsigned look_flags(const struct check *c)
{
	return (c->entry->flags & ENTRY_ROOT) || c->owner == 0 ? LOOK_ROOT : 0;
}

/* A regular file that only root or the owner can change; says why not. */
static bool trusted_file(struct check *c, const struct found *f, const char *what, struct bytes path)
{
	if (!f->exists)
		return say(c, false, "%s %.*s is not there", what, QUOTE(path));
	if (!S_ISREG(f->st.st_mode))
		return say(c, false, "%s %.*s is not a regular file", what, QUOTE(path));
	if (f->weak.ptr)
		return say(c, false, "%s %.*s can be changed by others: %.*s %s", what, QUOTE(path), QUOTE(f->weak),
			   f->why);
	return true;
}

/* Up to `size` bytes of the file that was found.  Absent: cannot be read. */
static struct bytes read_found(struct check *c, const struct found *f, char *buffer, size_t size)
{
	struct bytes path;
	struct stat st;
	size_t len = 0;
	int fd;

	/* region_copy() has put a NUL behind it. */
	path = bytes_slice(f->path, 1, f->path.len - 1);
	fd = openat(c->rootfd, path.ptr, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return BYTES_NONE;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_ino != f->st.st_ino || st.st_dev != f->st.st_dev) {
		close(fd);
		return BYTES_NONE;
	}
	while (len < size) {
		ssize_t n = read(fd, buffer + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	close(fd);
	return (struct bytes){ buffer, len };
}

/* A directory's names, at most INSTALLER_ENTRIES_MAX; NULL: cannot be read. */
static DIR *open_directory(struct check *c, const struct found *f)
{
	DIR *dir;
	int fd;

	fd = openat(c->rootfd, f->path.len > 1 ? f->path.ptr + 1 : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	dir = fdopendir(fd);
	if (!dir)
		close(fd);
	return dir;
}

/* ---- the command line ------------------------------------------------------ */

/* python, python3, python3.11, python3.13t, pypy3.9 */
static bool is_python(struct bytes name)
{
	size_t i;

	if (bytes_has_prefix(name, BYTES_LIT("python")))
		i = 6;
	else if (bytes_has_prefix(name, BYTES_LIT("pypy")))
		i = 4;
	else
		return false;
	for (; i < name.len; i++)
		if ((name.ptr[i] < '0' || name.ptr[i] > '9') && name.ptr[i] != '.' && name.ptr[i] != 't')
			return false;
	return true;
}

struct run {
	enum { RUN_NOTHING, RUN_SCRIPT, RUN_MODULE, RUN_CODE } how;
	struct bytes what;		/* the script as given, the module, the text */
	bool no_environment;		/* -E, -I: PYTHON* do not count */
	bool safe_path;			/* -P, -I: the working directory is not searched */
	bool no_user_site;		/* -s, -I */
	struct bytes refused;		/* the first option that no installer uses */
};

/* Python/initconfig.c, config_parse_cmdline(): short options may stand
 * together, -c and -m end them, -W and -X take the rest or the next argument. */
static void parse_python(const struct process *p, struct run *ret)
{
	static const struct bytes harmless = BYTES_LIT("IEsPuBOSbdvqRt");
	struct run run = { 0 };
	size_t count = process_argument_count(p);

	for (size_t i = 1; i < count && i < INSTALLER_OPTIONS_MAX; i++) {
		struct bytes a = process_argument(p, i);

		if (a.len == 0 || a.ptr[0] != '-') {
			run.how = RUN_SCRIPT;
			run.what = a;
			break;
		}
		if (a.len == 1 || a.ptr[1] == '-') {
			run.refused = a;
			break;
		}
		for (size_t k = 1; k < a.len; k++) {
			char option = a.ptr[k];
			struct bytes value = bytes_slice(a, k + 1, a.len - k - 1);

			if (option == 'c' || option == 'm' || option == 'W' || option == 'X') {
				if (value.len == 0)
					value = ++i < count ? process_argument(p, i) : BYTES_NONE;
				if (option == 'c' || option == 'm') {
					run.how = option == 'c' ? RUN_CODE : RUN_MODULE;
					run.what = value;
					*ret = run;
					return;
				}
				/* A warning's category is imported if it has a dot; -X can name a
				 * directory of byte code or a module to import. */
				if (!run.refused.ptr &&
				    ((option == 'W' && bytes_find_byte(value, '.', 0) >= 0) ||
				     (option == 'X' && (bytes_has_prefix(value, BYTES_LIT("pycache_prefix")) ||
							bytes_has_prefix(value, BYTES_LIT("presite"))))))
					run.refused = a;
				break;
			}
			run.no_environment |= option == 'E' || option == 'I';
			run.safe_path |= option == 'P' || option == 'I';
			run.no_user_site |= option == 's' || option == 'I';
			if (bytes_find_byte(harmless, option, 0) < 0 && !run.refused.ptr)
				run.refused = a;
		}
	}

	*ret = run;
}

/* Name and nothing more, but for a version: pip, pip3, pip-3.11.  A star at the
 * end of the pattern stands for anything. */
static bool name_fits(const char *pattern, struct bytes name)
{
	struct bytes p = bytes_of(pattern);

	if (bytes_has_suffix(p, BYTES_LIT("*")))
		return bytes_has_prefix(name, bytes_slice(p, 0, p.len - 1));
	if (!bytes_has_prefix(name, p))
		return false;
	name = bytes_slice(name, p.len, name.len - p.len);
	if (name.len > 1 && name.ptr[0] == '-')
		name = bytes_slice(name, 1, name.len - 1);
	for (size_t i = 0; i < name.len; i++)
		if ((name.ptr[i] < '0' || name.ptr[i] > '9') && name.ptr[i] != '.')
			return false;
	return true;
}

static bool any_name_fits(const struct entry *e, struct bytes name)
{
	for (size_t i = 0; i < sizeof(e->names) / sizeof(e->names[0]) && e->names[i]; i++)
		if (name_fits(e->names[i], name))
			return true;
	return false;
}

/* One item of a list that Python's repr() wrote: 'text' without an escape.
 * Takes it off *b, with the ", " behind it. */
static bool next_literal(struct bytes *b, struct bytes *ret)
{
	ptrdiff_t end;

	if (b->len < 2 || b->ptr[0] != '\'')
		return false;
	end = bytes_find_byte(*b, '\'', 1);
	if (end < 0)
		return false;
	*ret = bytes_slice(*b, 1, (size_t)end - 1);
	if (bytes_find_byte(*ret, '\\', 0) >= 0)
		return false;
	*b = bytes_slice(*b, (size_t)end + 1, b->len - (size_t)end - 1);
	if (bytes_has_prefix(*b, BYTES_LIT(", ")))
		*b = bytes_slice(*b, 2, b->len - 2);
	else if (b->len > 0)
		return false;
	return true;
}

/* The text between `before` and `after`, which have to follow at once. */
static bool between(struct bytes *text, struct bytes before, struct bytes after, struct bytes *ret)
{
	ptrdiff_t end;

	if (!bytes_has_prefix(*text, before))
		return false;
	end = bytes_find(*text, after, before.len);
	if (end < 0)
		return false;
	*ret = bytes_slice(*text, before.len, (size_t)end - before.len);
	*text = bytes_slice(*text, (size_t)end + after.len, text->len - (size_t)end - after.len);
	return true;
}

/* Is it ensurepip's text, as _run_pip() of 3.8 to 3.14 writes it, and nothing
 * else?  *ret_wheels is the list of wheels that it runs pip from. */
static bool is_ensurepip_text(struct bytes text, struct bytes *ret_wheels)
{
	struct bytes wheels, arguments, item, list;

	if (!between(&text, BYTES_LIT("\nimport runpy\nimport sys\nsys.path = ["), BYTES_LIT("] + sys.path\n"), &wheels) ||
	    !between(&text, BYTES_LIT("sys.argv[1:] = ["), BYTES_LIT("]\n"), &arguments) ||
	    !bytes_equal(text, BYTES_LIT("runpy.run_module(\"pip\", run_name=\"__main__\", alter_sys=True)\n")))
		return false;

	/* Each item is a piece of the text, so the text bounds the loops. */
	for (list = wheels; list.len > 0;)
		if (!next_literal(&list, &item) || !is_absolute(item) ||
		    (!bytes_has_prefix(name_of(item), BYTES_LIT("pip-")) &&
		     !bytes_has_prefix(name_of(item), BYTES_LIT("setuptools-"))) ||
		    !bytes_has_suffix(item, BYTES_LIT(".whl")))
			return false;
	for (list = arguments; list.len > 0;)
		if (!next_literal(&list, &item))
			return false;

	*ret_wheels = wheels;
	return wheels.len > 0;
}

/* The process is this, if its claims are true. */
static bool entry_is(const struct entry *e, bool python, const struct run *run, struct bytes exe)
{
	struct bytes wheels;

	switch (e->kind) {
	case KIND_SCRIPT:
		return python && run->how == RUN_SCRIPT && any_name_fits(e, name_of(run->what));
	case KIND_FILE:
		if (!python || run->how != RUN_SCRIPT)
			return false;
		for (size_t i = 0; i < sizeof(e->names) / sizeof(e->names[0]) && e->names[i]; i++)
			if (bytes_has_suffix(run->what, bytes_of(e->names[i])))
				return true;
		return false;
	case KIND_MODULE:
		return python && run->how == RUN_MODULE && bytes_equal(run->what, bytes_of(e->names[0]));
	case KIND_CODE:
		return python && run->how == RUN_CODE && is_ensurepip_text(run->what, &wheels);
	case KIND_CALLER:
		if (!python || run->how != RUN_CODE)
			return false;
		for (size_t i = 0; i < sizeof(e->names) / sizeof(e->names[0]) && e->names[i]; i++)
			if (bytes_find(run->what, bytes_of(e->names[i]), 0) >= 0)
				return true;
		return false;
	case KIND_NATIVE:
		for (size_t i = 0; i < sizeof(e->names) / sizeof(e->names[0]) && e->names[i]; i++)
			if (bytes_equal(name_of(exe), bytes_of(e->names[i])))
				return true;
		return false;
	case KIND_TOOL:
		return any_name_fits(e, name_of(exe)) ||
		       (run->how == RUN_SCRIPT && any_name_fits(e, name_of(run->what)));
	}
	return false;
}

/* An interpreter whose first argument without a dash is a script. */
static bool is_other_interpreter(struct bytes name)
{
	static const char *const interpreters[] = { "ruby", "perl", "sh", "bash", "dash" };

	for (size_t i = 0; i < sizeof(interpreters) / sizeof(interpreters[0]); i++)
		if (name_fits(interpreters[i], name))
			return true;
	return false;
}

static const struct entry *pick_entry(const struct process *p, struct run *ret_run)
{
	struct bytes exe = p->image->exe, name = name_of(exe);
	bool python = is_python(name);
	struct run run = { 0 };

	if (python) {
		parse_python(p, &run);
	} else if (is_other_interpreter(name) && process_argument_count(p) > 1) {
		run.how = RUN_SCRIPT;
		run.what = process_argument(p, 1);
	}

	*ret_run = run;
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		if (entry_is(&entries[i], python, &run, exe))
			return &entries[i];
	return NULL;
}

/* The entry that the process only calls itself after: argv[0], its executable's
 * or its own name is a tool's, and what runs is something else. */
static const struct entry *pick_claim(const struct process *p, struct bytes *ret_claim)
{
	struct bytes claims[3] = {
		name_of(process_argument(p, 0)),
		name_of(p->image->exe),
		{ p->comm, strnlen(p->comm, sizeof(p->comm)) },
	};

	for (size_t k = 0; k < 3; k++) {
		ptrdiff_t blank = bytes_find_byte(claims[k], ' ', 0);
		struct bytes claim = blank < 0 ? claims[k] : bytes_slice(claims[k], 0, (size_t)blank);

		for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
			const struct entry *e = &entries[i];

			if (claim.len > 0 && (e->kind == KIND_SCRIPT || e->kind == KIND_NATIVE || e->kind == KIND_TOOL) &&
			    any_name_fits(e, claim)) {
				*ret_claim = claim;
				return e;
			}
		}
	}
	return NULL;
}

/* ---- checks that every kind has --------------------------------------------- */

static void check_attribution(struct check *c, const struct attribution *writer)
{
	if (!writer->complete)
		say(c, false, "not all is known of the process");
	for (size_t i = 0; i < sizeof(disguises) / sizeof(disguises[0]); i++)
		if (writer->mismatch & disguises[i].bit)
			say(c, false, "%s", disguises[i].text);
	if (!c->refused)
		say(c, true, "the process is known and shows no disguise");
}

static void check_executable(struct check *c, struct found *ret)
{
	const struct image *image = c->process->image;
	struct bytes exe = image->exe;
	unsigned flags = look_flags(c);

	*ret = (struct found){ 0 };
	if (image->exe_memfd || image->exe_deleted) {
		say(c, false, "the executable %.*s has no file", QUOTE(exe));
		return;
	}
	/* A tool of one's own in /tmp is what an attacker would have, too. */
	if (c->entry->kind == KIND_NATIVE && !(c->entry->flags & ENTRY_ROOT))
		flags |= LOOK_NO_STICKY;
	if (!look(c, exe, flags, ret) || !trusted_file(c, ret, "the executable", exe))
		return;
	if (!bytes_equal(ret->path, exe)) {
		say(c, false, "the executable %.*s is now a link", QUOTE(exe));
		return;
	}
	/* Not known is 0, which no file is. */
	if (image->exe_ino != ret->st.st_ino || image->exe_dev != ret->st.st_dev) {
		say(c, false, "the executable %.*s is not the file that was executed", QUOTE(exe));
		return;
	}
	say(c, true, "the executable %.*s is regular and can be changed by %s only", QUOTE(exe),
	    look_flags(c) & LOOK_ROOT ? "root" : "root and the owner");
}

/* Who may write there anyway?  Another user's pip is a stranger. */
static void check_user(struct check *c)
{
	const struct process *p = c->process;

	if (!p->credentials_known)
		say(c, false, "its user is not known");
	else if (p->euid != 0 && p->euid != c->owner)
		say(c, false, "it runs as user %u, the directory belongs to user %u", (unsigned)p->euid, (unsigned)c->owner);
	else
		say(c, true, "it runs as %s", p->euid == 0 ? "root" : "the owner of the directory");
}

static bool is_set(const struct process *p, const char *name)
{
	return process_environment(p, bytes_of(name)).len > 0;
}

/* action:message:category:module:line; the category is imported if it has a
 * dot (Lib/warnings.py, _getcategory()). */
static bool warnings_import(struct bytes value)
{
	return bytes_find_byte(value, '.', 0) >= 0;
}

static void check_environment(struct check *c, bool python, const struct run *run)
{
	const struct process *p = c->process;
	const char *found = NULL;

	if (!p->image->environ_known) {
		say(c, false, "its environment is not known");
		return;
	}
	for (size_t i = 0; !found && i < sizeof(loader_variables) / sizeof(loader_variables[0]); i++)
		if (is_set(p, loader_variables[i]))
			found = loader_variables[i];
	if (python && !run->no_environment) {
		for (size_t i = 0; !found && i < sizeof(python_variables) / sizeof(python_variables[0]); i++)
			if (is_set(p, python_variables[i]))
				found = python_variables[i];
		if (!found && warnings_import(process_environment(p, BYTES_LIT("PYTHONWARNINGS"))))
			found = "PYTHONWARNINGS";
	}

	if (found)
		say(c, false, "%s is in its environment and can make it run other code", found);
	else
		say(c, true, "no variable in its environment makes it run other code");
}

static bool directory_above_holds(struct check *c, struct bytes path, const char *name)
{
	struct bytes dir = bytes_dirname(path);

	/* One component less each time. */
	for (unsigned i = 0; dir.len > 1 && i < INSTALLER_COMPONENTS_MAX; i++, dir = bytes_dirname(dir)) {
		struct bytes marker = join_text(c, dir, name);
		struct found f;

		if (!marker.ptr || !look(c, marker, 0, &f))
			return false;
		if (f.exists && S_ISDIR(f.st.st_mode) && !f.weak.ptr)
			return true;
	}
	return false;
}

static bool lives_in(struct check *c, const struct habitat *h)
{
	struct bytes text = bytes_of(h->text);

	switch (h->how) {
	case HABITAT_CONTAINS:
		return bytes_find(c->target, text, 0) >= 0;
	case HABITAT_NAME:
		return bytes_equal(name_of(c->target), text);
	case HABITAT_BESIDE:
		return directory_above_holds(c, c->target, h->text);
	case HABITAT_SUFFIX:
		return bytes_has_suffix(c->target, text);
	}
	return false;
}

static void check_target(struct check *c)
{
	struct bytes left = c->target, part;
	const struct habitat *h = c->entry->writes;
	bool plain = is_absolute(c->target);

	while (bytes_next_component(&left, &part))
		if (bytes_equal(part, BYTES_LIT("..")) || bytes_equal(part, BYTES_LIT(".")))
			plain = false;
	if (!plain) {
		say(c, false, "the target %.*s is not a plain path", QUOTE(c->target));
		return;
	}
	if (!h)
		return;
	for (; h->how; h++)
		if (lives_in(c, h)) {
			say(c, true, "%s writes such files", c->entry->name);
			return;
		}
	say(c, false, "%s does not write such files", c->entry->name);
}

/* ---- a program of its own ---------------------------------------------------- */

static void check_native(struct check *c)
{
	struct bytes exe = c->process->image->exe;
	struct bytes dir = name_of(bytes_dirname(exe));
	bool known = false;

	if (!(c->entry->flags & ENTRY_ROOT)) {
		known = bytes_equal(dir, BYTES_LIT("bin")) || bytes_equal(dir, BYTES_LIT("condabin"));
		say(c, known, "the executable is %sin a directory for programs", known ? "" : "not ");
		return;
	}
	for (size_t i = 0; i < ELEMENTSOF(system_dirs); i++)
		if (bytes_equal(bytes_dirname(exe), bytes_of(system_dirs[i])))
			known = true;
	for (size_t i = 0; i < ELEMENTSOF(system_stores); i++)
		if (bytes_has_prefix(exe, bytes_of(system_stores[i])))
			known = true;
	say(c, known, "the executable is %swhere the distribution keeps its programs", known ? "" : "not ");
}

/* ---- Python -------------------------------------------------------------------- */

/* What the interpreter works out at its start (Modules/getpath.py). */
struct python {
	struct bytes launcher;		/* argv[0] as a path: the link in a virtual environment */
	struct bytes prefix;		/* of the virtual environment, or base */
	struct bytes base;
	struct bytes lib;		/* "python3.11": the directory's name in lib/ */
	bool venv;
	bool system_site;		/* the virtual environment also sees base's packages */
};

/* The link that a bare name stands for: PATH if it was kept, else the active
 * virtual environment's, else the executable itself. */
static struct bytes search_launcher(struct check *c, struct bytes name, const struct found *exe)
{
	struct bytes path = process_environment(c->process, BYTES_LIT("PATH"));
	struct bytes venv = process_environment(c->process, BYTES_LIT("VIRTUAL_ENV"));
	struct found f;

	for (unsigned i = 0; path.ptr && path.len > 0 && i < INSTALLER_PATH_DIRS_MAX; i++) {
		ptrdiff_t colon = bytes_find_byte(path, ':', 0);
		struct bytes dir = colon < 0 ? path : bytes_slice(path, 0, (size_t)colon), candidate;

		path = colon < 0 ? BYTES_NONE : bytes_slice(path, (size_t)colon + 1, path.len - (size_t)colon - 1);
		dir = absolute(c, dir.len ? dir : BYTES_LIT("."));
		candidate = dir.ptr ? join(c, dir, name) : BYTES_NONE;
		if (candidate.ptr && look(c, candidate, 0, &f) && f.exists && S_ISREG(f.st.st_mode) &&
		    (f.st.st_mode & 0111))
			return candidate;
	}
	if (is_absolute(venv)) {
		struct bytes bin = join_text(c, venv, "bin");
		struct bytes candidate = bin.ptr ? join(c, bin, name) : BYTES_NONE;

		if (candidate.ptr && look(c, candidate, 0, &f) && f.exists && f.st.st_ino == exe->st.st_ino &&
		    f.st.st_dev == exe->st.st_dev)
			return candidate;
	}
	return exe->path;
}

/* `name = value` of pyvenv.cfg (Lib/site.py, venv()). */
static struct bytes config_value(struct bytes config, struct bytes name)
{
	while (config.len > 0) {
		ptrdiff_t newline = bytes_find_byte(config, '\n', 0);
		struct bytes line = newline < 0 ? config : bytes_slice(config, 0, (size_t)newline);
		ptrdiff_t equals = bytes_find_byte(line, '=', 0);

		config = newline < 0 ? BYTES_NONE
				     : bytes_slice(config, (size_t)newline + 1, config.len - (size_t)newline - 1);
		if (bytes_has_suffix(line, BYTES_LIT("\r")))
			line.len--;
		if (equals >= 0 && bytes_equal_fold(bytes_trim(bytes_slice(line, 0, (size_t)equals)), name))
			return bytes_trim(bytes_slice(line, (size_t)equals + 1, line.len - (size_t)equals - 1));
	}
	return BYTES_NONE;
}

/* python3.11 of the executable's name, or the one directory of that kind in
 * lib/: a copy in a virtual environment may be called just `python`. */
static struct bytes find_lib(struct check *c, struct bytes exe, struct bytes prefix)
{
	struct bytes name = name_of(exe), answer = BYTES_NONE, dir;
	struct found f;
	DIR *d;

	if (bytes_find_byte(name, '.', 0) >= 0)
		return name;
	dir = join_text(c, prefix, "lib");
	if (!dir.ptr || !look(c, dir, 0, &f) || !f.exists || !S_ISDIR(f.st.st_mode))
		return answer;
	d = open_directory(c, &f);
	if (!d)
		return answer;
	for (unsigned i = 0; i < INSTALLER_ENTRIES_MAX; i++) {
		struct dirent *entry = readdir(d);
		struct bytes n;

		if (!entry)
			break;
		n = bytes_of(entry->d_name);
		if (is_python(n) && bytes_find_byte(n, '.', 0) >= 0) {
			answer = region_copy(c->region, n);
			if (!answer.ptr)
				c->error = -ENOMEM;
			break;
		}
	}
	closedir(d);
	return answer;
}

static bool find_python(struct check *c, const struct found *exe, struct python *ret)
{
	struct bytes name = process_argument(c->process, 0), config_path, home;
	struct python py = { 0 };
	struct found f;
	char buffer[INSTALLER_CONFIG_MAX];
	struct bytes config;

	/* exec -a pip python3: the kernel does not care, a genuine launcher does. */
	if (!is_python(name_of(name)))
		return say(c, false, "it calls itself %.*s, but that is not its executable", QUOTE(name));
	py.launcher = bytes_find_byte(name, '/', 0) >= 0 ? absolute(c, name) : search_launcher(c, name, exe);
	if (!py.launcher.ptr)
		return say(c, false, "its working directory is not known, so neither is %.*s", QUOTE(name));
	if (!look(c, py.launcher, look_flags(c), &f))
		return false;
	if (!f.exists || f.st.st_ino != exe->st.st_ino || f.st.st_dev != exe->st.st_dev)
		return say(c, false, "it calls itself %.*s, but that is not its executable", QUOTE(name));
	if (f.weak.ptr)
		return say(c, false, "%.*s can be changed by others: %.*s %s", QUOTE(py.launcher), QUOTE(f.weak), f.why);

	/* The bin directory without links, as the link inside it has to stay. */
	if (!look(c, bytes_dirname(py.launcher), look_flags(c), &f) || !f.exists)
		return false;
	py.prefix = bytes_dirname(f.path);
	py.base = bytes_dirname(bytes_dirname(exe->path));
	config_path = join_text(c, py.prefix, "pyvenv.cfg");
	if (!config_path.ptr || !look(c, config_path, look_flags(c), &f))
		return false;
	if (f.exists) {
		py.venv = true;
		if (!trusted_file(c, &f, "the configuration", config_path))
			return false;
		config = read_found(c, &f, buffer, sizeof(buffer));
		if (!config.ptr || config.len == sizeof(buffer))
			return say(c, false, "%.*s cannot be read", QUOTE(config_path));
		home = config_value(config, BYTES_LIT("home"));
		py.system_site = bytes_equal_fold(config_value(config, BYTES_LIT("include-system-site-packages")),
						  BYTES_LIT("true"));
		if (is_absolute(home)) {
			py.base = region_copy(c->region, bytes_dirname(home));
			if (!py.base.ptr) {
				c->error = -ENOMEM;
				return false;
			}
		}
	} else {
		py.prefix = py.base;
	}
	py.lib = find_lib(c, exe->path, py.prefix);
	if (!py.lib.ptr)
		return say(c, false, "which version of Python it is cannot be told");

	*ret = py;
	return true;
}

/* DIR/LIB/python3.11/SUB/FILE, if it is there: *ret is then filled.  SUB may be
 * empty. */
static bool look_in(struct check *c, struct bytes dir, const char *lib, struct bytes version, const char *sub,
		    const char *file, struct found *ret)
{
	struct bytes path = join_text(c, dir, lib);

	if (path.ptr && version.len > 0)
		path = join(c, path, version);
	if (path.ptr && sub[0] != '\0')
		path = join_text(c, path, sub);
	if (path.ptr)
		path = join_text(c, path, file);
	return path.ptr && look(c, path, look_flags(c), ret) && ret->exists;
}

/* The first in the order of sys.path is what would be imported (Lib/site.py,
 * main(); Debian's dist-packages from its patch distutils-install-layout). */
static bool find_package(struct check *c, const struct python *py, const struct run *run, struct found *ret)
{
	static const char *const libs[] = { "lib", "lib64" };
	const struct bytes usr = BYTES_LIT("/usr"), local = BYTES_LIT("/usr/local"), python3 = BYTES_LIT("python3");
	struct bytes home = process_environment(c->process, BYTES_LIT("HOME"));
	const char *file = c->entry->package;

	for (size_t i = 0; i < 2; i++)
		if ((c->entry->flags & ENTRY_STDLIB) && look_in(c, py->base, libs[i], py->lib, "", file, ret))
			return true;
	if (c->entry->flags & ENTRY_STDLIB)
		return false;

	for (size_t i = 0; i < 2; i++)
		if (py->venv && look_in(c, py->prefix, libs[i], py->lib, "site-packages", file, ret))
			return true;
	if (py->venv && !py->system_site)
		return false;

	if (is_absolute(home) && !run->no_user_site && (run->no_environment || !is_set(c->process, "PYTHONNOUSERSITE"))) {
		struct bytes user = join_text(c, home, ".local");

		if (user.ptr && look_in(c, user, "lib", py->lib, "site-packages", file, ret))
			return true;
	}
	for (size_t i = 0; i < 2; i++) {
		if (bytes_equal(py->base, usr) && (look_in(c, local, libs[i], py->lib, "dist-packages", file, ret) ||
						   look_in(c, local, libs[i], py->lib, "site-packages", file, ret)))
			return true;
		if (look_in(c, py->base, libs[i], python3, "dist-packages", file, ret) ||
		    look_in(c, py->base, libs[i], py->lib, "dist-packages", file, ret) ||
		    look_in(c, py->base, libs[i], py->lib, "site-packages", file, ret))
			return true;
	}
	return false;
}

static void check_package(struct check *c, const struct python *py, const struct run *run)
{
	struct found f;

	if (!c->entry->package)
		return;
	if (!find_package(c, py, run, &f)) {
		say(c, false, "%s is not among the packages of its interpreter", c->entry->package);
		return;
	}
	if (trusted_file(c, &f, "the package", f.path))
		say(c, true, "it runs the package at %.*s", QUOTE(f.path));
}

static bool is_bin_directory(struct check *c, const struct python *py, struct bytes dir)
{
	const struct bytes system[] = { BYTES_LIT("/usr/bin"), BYTES_LIT("/usr/local/bin"), BYTES_LIT("/bin") };
	struct bytes home = process_environment(c->process, BYTES_LIT("HOME")), own;
	struct found f;

	for (size_t i = 0; i < sizeof(system) / sizeof(system[0]); i++)
		if (bytes_equal(dir, system[i]))
			return true;
	/* The one beside pyvenv.cfg; a link to python in any directory is no environment. */
	own = join_text(c, py->prefix, "bin");
	if (own.ptr && bytes_equal(dir, own))
		return true;
	if (!is_absolute(home))
		return false;
	own = join_text(c, home, ".local/bin");
	return own.ptr && look(c, own, 0, &f) && f.exists && bytes_equal(dir, f.path);
}

/* Does a line begin with it?  In a comment or a string it would say nothing. */
static bool has_line(struct bytes text, struct bytes start)
{
	ptrdiff_t at = 0;

	while ((at = bytes_find(text, start, (size_t)at)) >= 0) {
		size_t line = (size_t)at;

		while (line > 0 && (text.ptr[line - 1] == ' ' || text.ptr[line - 1] == '\t'))
			line--;
		if (line == 0 || text.ptr[line - 1] == '\n')
			return true;
		at++;
	}
	return false;
}

static void check_script(struct check *c, const struct python *py, const struct run *run)
{
	struct bytes path = absolute(c, run->what), text;
	char buffer[INSTALLER_SCRIPT_MAX + 1];
	bool fits = false;
	struct found f;

	if (!path.ptr) {
		say(c, false, "its working directory is not known, so neither is the script %.*s", QUOTE(run->what));
		return;
	}
	if (!look(c, path, look_flags(c), &f) || !trusted_file(c, &f, "the script", path))
		return;
	if (!is_bin_directory(c, py, bytes_dirname(f.path))) {
		say(c, false, "the script %.*s is not where the programs of its interpreter are", QUOTE(f.path));
		return;
	}
	text = read_found(c, &f, buffer, sizeof(buffer));
	if (!text.ptr) {
		say(c, false, "the script %.*s cannot be read", QUOTE(f.path));
		return;
	}
	if (text.len > INSTALLER_SCRIPT_MAX) {
		say(c, false, "the script %.*s is too large for a launcher", QUOTE(f.path));
		return;
	}
	for (size_t i = 0; i < sizeof(c->entry->texts) / sizeof(c->entry->texts[0]) && c->entry->texts[i]; i++)
		if (has_line(text, bytes_of(c->entry->texts[i])))
			fits = true;
	if (!fits || !bytes_has_prefix(text, BYTES_LIT("#!")))
		say(c, false, "the script %.*s is not the launcher of %s", QUOTE(f.path), c->entry->name);
	else
		say(c, true, "the script %.*s is the launcher of %s", QUOTE(f.path), c->entry->name);
}

/* PREFIX/lib/python3.11/site-packages, and PREFIX is one: it has an interpreter
 * or a pyvenv.cfg.  A directory of that name is quickly made elsewhere. */
static bool is_site_directory(struct check *c, struct bytes site)
{
	struct bytes versioned = bytes_dirname(site), lib = bytes_dirname(versioned), prefix = bytes_dirname(lib);
	struct bytes home = process_environment(c->process, BYTES_LIT("HOME")), path;
	struct found f;

	if (!is_python(name_of(versioned)) ||
	    (!bytes_equal(name_of(lib), BYTES_LIT("lib")) && !bytes_equal(name_of(lib), BYTES_LIT("lib64"))))
		return false;
	if (bytes_equal(prefix, BYTES_LIT("/usr")) || bytes_equal(prefix, BYTES_LIT("/usr/local")))
		return true;
	path = join_text(c, prefix, "pyvenv.cfg");
	if (path.ptr && look(c, path, look_flags(c), &f) && f.exists && !f.weak.ptr)
		return true;
	path = join_text(c, prefix, "bin");
	if (path.ptr)
		path = join(c, path, name_of(versioned));
	if (path.ptr && look(c, path, look_flags(c), &f) && f.exists && !f.weak.ptr)
		return true;
	path = is_absolute(home) ? join_text(c, home, ".local") : BYTES_NONE;
	return path.ptr && look(c, path, look_flags(c), &f) && f.exists && bytes_equal(prefix, f.path);
}

/* A file of an installed package that is run by its path; for a directory
 * Python runs __main__.py. */
static void check_file(struct check *c, const struct run *run)
{
	struct bytes path = absolute(c, run->what), ending = BYTES_NONE;
	bool fits = false;
	struct found f;

	if (!path.ptr || !look(c, path, look_flags(c), &f)) {
		say(c, false, "where %.*s is cannot be told", QUOTE(run->what));
		return;
	}
	if (c->entry->flags & ENTRY_FLEETING) {
		/* Inside a zip: the zip is the file. */
		path = bytes_dirname(path);
		if (!look(c, path, look_flags(c), &f))
			return;
		if (!f.exists)
			say(c, true, "its file was temporary and is gone");
		else if (trusted_file(c, &f, "the file", path))
			say(c, true, "the file %.*s can be changed by nobody else", QUOTE(path));
		return;
	}
	if (f.exists && S_ISDIR(f.st.st_mode)) {
		path = join_text(c, f.path, "__main__.py");
		if (!path.ptr || !look(c, path, look_flags(c), &f))
			return;
		ending = BYTES_LIT("/__main__.py");
	}
	if (!trusted_file(c, &f, "the file", path))
		return;
	for (size_t i = 0; i < sizeof(c->entry->names) / sizeof(c->entry->names[0]) && c->entry->names[i]; i++) {
		struct bytes site = f.path, tail = bytes_of(c->entry->names[i]);

		if (!bytes_has_suffix(site, ending))
			continue;
		site.len -= ending.len;
		if (!bytes_has_suffix(site, tail))
			continue;
		site.len -= tail.len - BYTES_LIT("-packages").len;
		fits |= is_site_directory(c, site);
	}
	say(c, fits, "%.*s is %sa file of an installed package", QUOTE(f.path), fits ? "" : "not ");
}

static bool is_python_file(struct bytes name, struct bytes *ret_module)
{
	ptrdiff_t dot = bytes_find_byte(name, '.', 0);

	if (dot <= 0 || !(bytes_has_suffix(name, BYTES_LIT(".py")) || bytes_has_suffix(name, BYTES_LIT(".pyc")) ||
			  bytes_has_suffix(name, BYTES_LIT(".so"))))
		return false;
	*ret_module = bytes_slice(name, 0, (size_t)dot);
	return true;
}

static bool is_standard_module(struct check *c, const struct python *py, struct bytes module)
{
	static const char *const libs[] = { "lib", "lib64" };
	struct bytes file = region_printf(c->region, "%.*s.py", QUOTE(module));
	struct bytes package = region_printf(c->region, "%.*s/__init__.py", QUOTE(module));
	struct found f;

	if (!file.ptr || !package.ptr) {
		c->error = -ENOMEM;
		return true;
	}
	/* Python's own tests: no installer imports them, many projects have one. */
	if (bytes_equal(module, BYTES_LIT("test")))
		return false;
	for (size_t i = 0; i < 2; i++)
		if (look_in(c, py->base, libs[i], py->lib, "", file.ptr, &f) ||
		    look_in(c, py->base, libs[i], py->lib, "", package.ptr, &f))
			return true;
	return false;
}

/* A directory is a module if it says so; one without __init__ (the `venv` that
 * `python -m venv venv` has just made) loses against any real package. */
static bool is_package(struct check *c, const struct found *dir)
{
	DIR *d = open_directory(c, dir);
	bool answer = false;

	if (!d)
		return false;
	for (unsigned i = 0; !answer && i < INSTALLER_ENTRIES_MAX; i++) {
		struct dirent *entry = readdir(d);

		if (!entry)
			break;
		answer = bytes_has_prefix(bytes_of(entry->d_name), BYTES_LIT("__init__.")) ||
			 bytes_has_prefix(bytes_of(entry->d_name), BYTES_LIT("__main__."));
	}
	closedir(d);
	return answer;
}

/* Would `name` in the working directory `dir` be imported before what the
 * installer means?  Its own module is nobody's to replace; one of the standard
 * library is, if a trusted user put it there: projects have a types.py. */
static bool shadows(struct check *c, const struct python *py, struct bytes dir, struct bytes name, struct bytes own)
{
	struct bytes module, path;
	struct found f;
	bool file = is_python_file(name, &module);

	if (!file && bytes_find_byte(name, '.', 0) >= 0)
		return false;
	if (!file)
		module = name;
	path = join(c, dir, name);
	if (!path.ptr || !look(c, path, look_flags(c), &f) || !f.exists)
		return false;
	if (!file && (!S_ISDIR(f.st.st_mode) || !is_package(c, &f)))
		return false;
	if (own.len > 0 && bytes_equal(module, own))
		return true;
	return f.weak.ptr && is_standard_module(c, py, module);
}

/* -m and -c search the working directory first: a pip.py there is what runs. */
static void check_working_directory(struct check *c, const struct python *py, const struct run *run)
{
	struct bytes cwd = c->process->image->cwd;
	struct bytes own = run->how == RUN_MODULE ? run->what : BYTES_NONE;
	struct bytes shadow = BYTES_NONE;
	unsigned count = 0;
	struct found f;
	DIR *d;

	if (run->safe_path)
		return;
	if (!is_absolute(cwd) || !look(c, cwd, look_flags(c), &f)) {
		say(c, false, "its working directory is not known");
		return;
	}
	d = f.exists && S_ISDIR(f.st.st_mode) ? open_directory(c, &f) : NULL;
	if (!d) {
		say(c, false, "its working directory %.*s cannot be searched", QUOTE(cwd));
		return;
	}
	while (!shadow.ptr && c->error >= 0 && count <= INSTALLER_ENTRIES_MAX) {
		struct dirent *entry = readdir(d);

		if (!entry)
			break;
		count++;
		if (!shadows(c, py, f.path, bytes_of(entry->d_name), own))
			continue;
		shadow = region_copy(c->region, bytes_of(entry->d_name));
		if (!shadow.ptr)
			c->error = -ENOMEM;
	}
	closedir(d);

	if (c->error < 0)
		return;
	if (shadow.ptr)
		say(c, false, "%.*s in its working directory %.*s is imported instead", QUOTE(shadow), QUOTE(cwd));
	else if (count > INSTALLER_ENTRIES_MAX)
		say(c, false, "its working directory %.*s is too large to be searched", QUOTE(cwd));
	else
		say(c, true, "nothing in its working directory is imported instead");
}

/* ensurepip runs pip from wheels that it unpacked a moment ago and removes. */
static void check_wheels(struct check *c, const struct run *run)
{
	struct bytes wheels, wheel;

	if (!is_ensurepip_text(run->what, &wheels))
		return;
	while (next_literal(&wheels, &wheel)) {
		struct found f;

		if (!look(c, wheel, look_flags(c), &f))
			return;
		if (f.exists && !trusted_file(c, &f, "the wheel", wheel))
			return;
	}
	say(c, true, "it runs the text of ensurepip");
}

static void check_options(struct check *c, const struct run *run)
{
	if (run->refused.ptr)
		say(c, false, "no installer is run with the option %.*s", QUOTE(run->refused));
	else
		say(c, true, "its interpreter has only ordinary options");
}

static void check_process(struct check *c, const struct run *run);

/* Who runs ensurepip's text?  Only ensurepip: the text alone is public. */
static void check_parent(struct check *c)
{
	const struct process *p = c->process, *parent = p->parent;
	struct check above = {
		.process = parent, .rootfd = c->rootfd, .mounts = c->mounts, .target = c->target, .owner = c->owner,
		.region = c->region,
	};
	struct run run;

	if (!parent) {
		say(c, false, "its parent is not known");
		return;
	}
	above.entry = pick_entry(parent, &run);
	/* One level is enough: no entry that vouches needs one that vouches for it. */
	if (!above.entry || above.entry->never || above.entry->parent ||
	    !bytes_equal(bytes_of(above.entry->name), bytes_of(c->entry->parent))) {
		say(c, false, "its parent is not %s", c->entry->parent);
		return;
	}
	/* A parent that became ensurepip after the fork has not run this. */
	if (p->start_ns != 0 && parent->image->exec_ns > p->start_ns) {
		say(c, false, "its parent became %s only after it had started it", c->entry->parent);
		return;
	}
	if (parent->euid != p->euid) {
		say(c, false, "its parent is another user's");
		return;
	}
	check_process(&above, &run);
	if (above.error < 0)
		c->error = above.error;
	else if (above.refused)
		say(c, false, "its parent is not a genuine %s: %.*s", c->entry->parent, QUOTE(above.refusal));
	else
		say(c, true, "its parent is a genuine %s", c->entry->parent);
}

/* All that one entry asks of one process. */
static void check_process(struct check *c, const struct run *run)
{
	struct found exe;
	struct python py;

	check_user(c);
	check_environment(c, c->entry->kind != KIND_NATIVE, run);
	check_executable(c, &exe);
	if (c->entry->kind == KIND_NATIVE) {
		check_native(c);
		return;
	}

	check_options(c, run);
	if (!exe.exists || c->error < 0 || !find_python(c, &exe, &py))
		return;
	if (c->entry->kind == KIND_SCRIPT)
		check_script(c, &py, run);
	if (c->entry->kind == KIND_FILE)
		check_file(c, run);
	if (c->entry->kind == KIND_CODE)
		check_wheels(c, run);
	if (c->entry->kind == KIND_MODULE || c->entry->kind == KIND_CODE)
		check_working_directory(c, &py, run);
	check_package(c, &py, run);
	if (c->entry->parent)
		check_parent(c);
}

/* Nothing is remembered yet. */
struct installer_cache {
	unsigned unused;
};

int installer_cache_new(struct installer_cache **ret)
{
	struct installer_cache *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	*ret = c;
	return 0;
}

struct installer_cache *installer_cache_free(struct installer_cache *c)
{
	free(c);
	return NULL;
}

int installer_identify(const struct installer_request *request, struct region *region, struct installer *ret)
{
	const struct attribution *writer = request->writer;
	struct check c = { .rootfd = request->rootfd, .mounts = request->mounts, .target = request->target,
			   .owner = request->target_dir_uid, .region = region };
	struct bytes claim = BYTES_NONE;
	struct installer answer = { 0 };
	struct run run;

	c.process = writer->process;
	if (!c.process) {
		say(&c, false, "who wrote it is not known");
		goto done;
	}

	c.entry = pick_entry(c.process, &run);
	if (!c.entry) {
		c.entry = pick_claim(c.process, &claim);
		if (c.entry)
			say(&c, false, "it calls itself %.*s, but runs something else", QUOTE(claim));
		else
			say(&c, false, "it looks like no installer");
	} else if (c.entry->never) {
		say(&c, false, "%s", c.entry->never);
	} else {
		check_attribution(&c, writer);
		check_target(&c);
		check_process(&c, &run);
	}

done:
	if (c.error < 0)
		return c.error;
	answer.name = c.entry ? c.entry->name : NULL;
	answer.verified = c.entry && !c.refused;
	memcpy(answer.reasons, c.reasons, sizeof(answer.reasons));
	answer.reason_count = c.reason_count;
	*ret = answer;
	return 0;
}
