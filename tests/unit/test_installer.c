/* Installers, genuine and pretended.  The tree below is a small host: an own
 * root directory with Pythons, launchers and packages in it.  The command lines
 * and environments of the genuine rows were taken with strace from Debian 12
 * (pip 23.0, venv, ensurepip, py3compile, virtualenv) and from CPython 3.6 to
 * 3.13; the fields that no check reads are left out. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "installer.h"
#include "limits.h"

/* ---- the host --------------------------------------------------------------- */

#define PIP_SCRIPT(python) \
	"#!" python "\n# -*- coding: utf-8 -*-\nimport re\nimport sys\nfrom pip._internal.cli.main import main\n" \
	"if __name__ == '__main__':\n    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])\n" \
	"    sys.exit(main())\n"
#define SITE "/srv/v/lib/python3.11/site-packages/"
#define LINKED "/srv/x/lib/python3.11/site-packages/"
#define SYSTEM_SITE "/usr/lib/python3.11/site-packages/"
/* The digest of an empty file, as RECORD has it. */
#define EMPTY ",sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n"
#define PIP_RECORD(site) { site "pip-23.dist-info/RECORD", "pip/__init__.py" EMPTY, 0644 }
#define DISTUTILS_LINE \
	"import os; var = 'SETUPTOOLS_USE_DISTUTILS'; enabled = os.environ.get(var, 'local') == 'local'; " \
	"enabled and __import__('_distutils_hack').add_shim(); \n"
#define DISTUTILS_DIGEST "JjjOniUA5XKl4N5_rtZmHrVp0baW_LoHsN0iPaX10iQ"
/* As pip and distlib write them. */
#define SCRIPT(import, call) \
	"#!/usr/bin/python3\n# -*- coding: utf-8 -*-\nimport re\nimport sys\n" import "\nif __name__ == \"__main__\":\n" \
	"    sys.argv[0] = re.sub(r\"(-script\\.pyw|\\.exe)?$\", \"\", sys.argv[0])\n    sys.exit(" call "())\n"
/* setuptools', which leaves it to entry_points.txt. */
#define ASKING_SCRIPT(name) \
	"#!/usr/bin/python3\n__requires__ = '" name "==4'\nimport re\nimport sys\nfrom pkg_resources import load_entry_point\n\n" \
	"if __name__ == '__main__':\n    sys.exit(\n        load_entry_point('" name "==4', 'console_scripts', '" name "')()\n    )\n"
/* What dnf 4 has below its comments. */
#define DNF_SCRIPT \
	"#!/usr/bin/python3\nfrom __future__ import unicode_literals\nimport sys\n\n" \
	"if __name__ != \"__main__\":\n    sys.stderr.write('The executable DNF module must not be imported.')\n" \
	"    sys.exit(1)\n\nhere = sys.path[0]\nif here == '/usr/bin':\n" \
	"    # we never import Python modules from /usr/bin\n" \
	"    # removing this lowers the risk of accidental imports of weird files\n    del sys.path[0]\nelse:\n    # git checkout\n    import os\n" \
	"    dnf_toplevel = os.path.dirname(here)\n    sys.path[0] = dnf_toplevel\n\n" \
	"from dnf.cli import main\nmain.user_main(sys.argv[1:], exit_code=True)\n"
/* conda's own entry point. */
#define CONDA_SCRIPT \
	"#!/opt/conda/bin/python\n# -*- coding: utf-8 -*-\nimport sys\n\nif __name__ == '__main__':\n" \
	"    from conda.cli import main\n    sys.exit(main())\n"

static int identify(const struct attribution *writer, int rootfd, struct bytes target, uid_t uid,
		    struct region *region, struct installer *ret)
{
	return installer_identify(&(struct installer_request){ .writer = writer, .rootfd = rootfd, .target = target,
							       .target_dir_uid = uid, .target_runs = true },
				  region, ret);
}

static const struct {
	const char *path;
	const char *content;	/* NULL: a directory; "-> X": a link */
	mode_t mode;
} host[] = {
	{ "/tmp", NULL, 01777 },
	{ "/usr/bin/python3.11", "\177ELF" "Py_BytesMain 3.11", 0755 },
	{ "/usr/bin/python3", "-> python3.11", 0 },
	{ "/bin", "-> usr/bin", 0 },
	{ "/usr/bin/pip", PIP_SCRIPT("/usr/bin/python3"), 0755 },
	{ "/usr/bin/pip3", PIP_SCRIPT("/usr/bin/python3"), 0755 },
	{ "/usr/bin/pip3.11", PIP_SCRIPT("/usr/bin/python3"), 0755 },
	{ "/usr/bin/virtualenv", SCRIPT("from virtualenv.__main__ import run_with_catch", "run_with_catch"), 0755 },
	{ "/usr/bin/pipx", SCRIPT("from pipx.main import cli", "cli"), 0755 },
	{ "/usr/bin/poetry", SCRIPT("from poetry.console.application import main", "main"), 0755 },
	{ "/usr/bin/pdm", SCRIPT("from pdm.core import main", "main"), 0755 },
	{ "/usr/bin/dnf-3", DNF_SCRIPT, 0755 },
	{ "/usr/bin/dpkg", "\177ELF" "package management program version", 0755 },
	{ "/usr/bin/rpm", "\177ELF" "only installation and upgrading may be forced", 0755 },
	{ "/usr/bin/pacman", "\177ELF" "only one operation may be used at a time", 0755 },
	{ "/usr/bin/ruby3.1", "\177ELF", 0755 },
	{ "/usr/bin/bash", "\177ELF", 0755 },
	{ "/usr/bin/puppet", "#!/usr/bin/ruby\n", 0755 },
	{ "/usr/lib/snapd/snapd", "\177ELF" "github.com/snapcore/snapd/overlord/snapstate.x", 0755 },
	{ "/usr/lib/python3.11/venv/__init__.py", "", 0644 },
	{ "/usr/lib/python3.11/ensurepip/__init__.py", "", 0644 },
	{ "/usr/lib/python3.11/compileall.py", "", 0644 },
	{ "/usr/lib/python3.11/py_compile.py", "", 0644 },
	{ "/usr/lib/python3.11/optparse.py", "", 0644 },
	{ "/usr/lib/python3.11/re.py", "", 0644 },
	{ "/usr/lib/python3.11/json/__init__.py", "", 0644 },
	{ "/usr/lib/python3/dist-packages/pip/__init__.py", "", 0644 },
	{ "/usr/lib/python3/dist-packages/setuptools/__init__.py", "", 0644 },
	{ "/usr/lib/python3/dist-packages/tox/__init__.py", "", 0644 },
	{ "/usr/bin/tox", SCRIPT("from tox.run import run", "run"), 0755 },
	{ "/usr/bin/apk", "\177ELF" "bash", 0755 },
	{ "/usr/bin/zypper", "#!/bin/sh\n", 0755 },
	{ "/usr/bin/podman", "\177ELF" "github.com/containers/podman/v4/cmd/podman/registry.x", 0755 },
	{ "/usr/bin/dockerd", "\177ELF" "github.com/docker/docker/daemon.(*Daemon).x", 0755 },
	{ "/usr/bin/containerd", "\177ELF" "github.com/containerd/containerd/v2/cmd/containerd/command.x", 0755 },
	{ "/usr/bin/nix", "\177ELF" "src/nix-store/nix-store.cc", 0755 },
	{ "/usr/bin/flatpak", "\177ELF" "'%s' is not a flatpak command", 0755 },
	{ "/usr/bin/salt-minion", "#!/usr/bin/python3\n", 0755 },
	{ "/root/.ansible/tmp/ansible-tmp-1-2-3/AnsiballZ_copy.py", "", 0700 },
	{ "/usr/lib/python3/dist-packages/pip/__main__.py", "", 0644 },
	{ "/usr/lib/python3/dist-packages/pip/__pip-runner__.py", "", 0644 },
	{ "/usr/lib/python3/dist-packages/pip-23.dist-info/RECORD", "pip/__init__.py" EMPTY "pip/__main__.py" EMPTY "pip/__pip-runner__.py" EMPTY, 0644 },
	{ "/usr/lib/python3/dist-packages/virtualenv/__init__.py", "", 0644 },
	{ "/usr/lib/python3/dist-packages/pipx/__init__.py", "", 0644 },
	{ "/usr/lib/python3/dist-packages/poetry/console/application.py", "", 0644 },
	{ "/usr/lib/python3/dist-packages/pdm/core.py", "", 0644 },
	{ "/usr/lib/python3/dist-packages/dnf/__init__.py", "", 0644 },
	{ "/usr/lib/python3/dist-packages/installer/__init__.py", "", 0644 },
	/* a virtual environment, and one with a copy of the interpreter */
	{ "/srv/v/pyvenv.cfg", "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11.2\n", 0644 },
	{ "/srv/v/bin/python3", "-> /usr/bin/python3", 0 },
	{ "/srv/v/bin/python", "-> python3", 0 },
	{ "/srv/v/bin/pip", PIP_SCRIPT("/srv/v/bin/python3"), 0755 },
	{ "/srv/v/tools/uv", "\177ELF" "An extremely fast Python package manager.", 0755 },
	{ "/srv/v/bin/uv", "\177ELF" "An extremely fast Python package manager.", 0755 },
	{ "/srv/v/lib/python3.11/site-packages/pip/__init__.py", "", 0644 },
	{ SITE "pip-23.dist-info/RECORD", "pip/__init__.py" EMPTY "pip/__pip-runner__.py" EMPTY, 0644 },
	{ "/srv/v/lib/python3.11/site-packages/setuptools/__init__.py", "", 0644 },
	{ "/srv/v/bin/rye", "\177ELF" "bash", 0755 },
	/* no Python under its name; another one's library; files that replace the path */
	{ "/srv/f/pyvenv.cfg", "home = /usr/bin\n", 0644 },
	{ "/srv/f/bin/python3", "\177ELF" "bash", 0755 },
	{ "/srv/f/lib/python3.11/site-packages/pip/__init__.py", "", 0644 },
	PIP_RECORD("/srv/f/lib/python3.11/site-packages/"),
	{ "/srv/g/pyvenv.cfg", "home = /opt/py/bin\n", 0644 },
	{ "/srv/g/bin/python3", "-> /usr/bin/python3", 0 },
	{ "/srv/g/lib/python3.11/site-packages/pip/__init__.py", "", 0644 },
	PIP_RECORD("/srv/g/lib/python3.11/site-packages/"),
	{ "/srv/h/pyvenv.cfg", "home = /usr/bin\n", 0644 },
	{ "/srv/h/bin/python3", "\177ELF" "Py_BytesMain 3.11", 0755 },
	{ "/srv/h/bin/python3._pth", "/tmp\n", 0644 },
	{ "/srv/h/lib/python3.11/site-packages/pip/__init__.py", "", 0644 },
	PIP_RECORD("/srv/h/lib/python3.11/site-packages/"),
	{ "/srv/i/bin/python3.11", "\177ELF" "Py_BytesMain 3.11", 0755 },
	{ "/srv/i/lib/python311.zip", "", 0644 },
	{ "/srv/i/lib/python3.11/site-packages/pip/__init__.py", "", 0644 },
	PIP_RECORD("/srv/i/lib/python3.11/site-packages/"),
	{ "/srv/j/pyvenv.cfg", "home = /usr/bin\n", 0644 },
	{ "/srv/j/bin/python3", "-> /usr/bin/python3", 0 },
	{ "/srv/j/bin/pip", PIP_SCRIPT("/srv/j/bin/python3"), 0755 },
	{ "/srv/j/bin/_manylinux.py", "", 0644 },
	{ "/srv/j/lib/python3.11/site-packages/pip/__init__.py", "", 0644 },
	PIP_RECORD("/srv/j/lib/python3.11/site-packages/"),
	/* genuine launchers with something beside them */
	{ "/srv/b/pyvenv.cfg", "home = /usr/bin\n", 0644 },
	{ "/srv/b/bin/python3", "-> /usr/bin/python3", 0 },
	{ "/srv/b/bin/pip", PIP_SCRIPT("/srv/b/bin/python3"), 0755 },
	{ "/srv/b/bin/re.py", "", 0644 },
	{ "/srv/b/lib/python3.11/site-packages/pip/__init__.py", "", 0644 },
	PIP_RECORD("/srv/b/lib/python3.11/site-packages/"),
	{ "/srv/d/pyvenv.cfg", "home = /usr/bin\n", 0644 },
	{ "/srv/d/bin/python3", "-> /usr/bin/python3", 0 },
	{ "/srv/d/bin/pip3", PIP_SCRIPT("/srv/d/bin/python3"), 0755 },
	{ "/srv/d/bin/pip.cpython-311-x86_64-linux-gnu.so", "", 0644 },
	{ "/srv/d/lib/python3.11/site-packages/pip/__init__.py", "", 0644 },
	PIP_RECORD("/srv/d/lib/python3.11/site-packages/"),
	{ "/srv/d/lib/python3.11/site-packages/pip/__pip-runner__.py", "", 0644 },
	{ "/srv/d/lib/python3.11/site-packages/pip/json/__init__.py", "", 0644 },
	/* a launcher with a line too many */
	{ "/srv/e/pyvenv.cfg", "home = /usr/bin\n", 0644 },
	{ "/srv/e/bin/python3", "-> /usr/bin/python3", 0 },
	{ "/srv/e/bin/pip", PIP_SCRIPT("/srv/e/bin/python3") "import evil\n", 0755 },
	{ "/srv/e/bin/pip3", ASKING_SCRIPT("pip"), 0755 },
	{ "/usr/local/bin/tox", ASKING_SCRIPT("tox"), 0755 },
	{ "/srv/e/lib/python3.11/site-packages/pip/__init__.py", "", 0644 },
	PIP_RECORD("/srv/e/lib/python3.11/site-packages/"),
	/* pipx's environment: its pip is another one's */
	{ "/srv/x/pyvenv.cfg", "home = /usr/bin\n", 0644 },
	{ "/srv/x/bin/python", "-> /usr/bin/python3", 0 },
	{ "/srv/x/lib/python3.11/site-packages/pipx_shared.pth", "/srv/v/lib/python3.11/site-packages\n", 0644 },
	{ "/srv/y/pyvenv.cfg", "home = /usr/bin\n", 0644 },
	{ "/srv/y/bin/python", "-> /usr/bin/python3", 0 },
	{ "/srv/y/lib/python3.11/site-packages/pipx_shared.pth", "/tmp/x/open\n", 0644 },
	{ "/tmp/x/open/pip/__init__.py", "", 0646 },
	{ "/srv/v/lib/python3.11/site-packages/pip/__pip-runner__.py", "", 0644 },
	{ "/srv/c/pyvenv.cfg", "home = /usr/bin\nversion = 3.11.2", 0644 },
	{ "/srv/c/bin/python3", "\177ELF" "Py_BytesMain 3.11", 0755 },
	{ "/srv/c/bin/pip3", PIP_SCRIPT("/srv/c/bin/python3"), 0755 },
	{ "/srv/c/lib/python3.11/site-packages/pip/__init__.py", "", 0644 },
	PIP_RECORD("/srv/c/lib/python3.11/site-packages/"),
	/* an environment without pip that sees the system's */
	{ "/srv/s/pyvenv.cfg", "home = /usr/bin\ninclude-system-site-packages = true\n", 0644 },
	{ "/srv/s/bin/python3", "-> /usr/bin/python3", 0 },
	{ "/srv/n/pyvenv.cfg", "home = /usr/bin\ninclude-system-site-packages = false\n", 0644 },
	{ "/srv/n/bin/python3", "-> /usr/bin/python3", 0 },
	/* pyenv, conda */
	{ "/opt/py/bin/python3.9", "\177ELF" "Py_BytesMain 3.9", 0755 },
	{ "/opt/py/bin/python", "-> python3.9", 0 },
	{ "/opt/py/bin/pip3.9", PIP_SCRIPT("/opt/py/bin/python3.9"), 0755 },
	{ "/opt/py/bin/pip", "-> pip3.9", 0 },
	{ "/opt/py/lib/python3.9/site-packages/pip/__init__.py", "", 0644 },
	PIP_RECORD("/opt/py/lib/python3.9/site-packages/"),
	{ "/opt/py/lib/python3.9/ensurepip/__init__.py", "", 0644 },
	{ "/opt/conda/bin/python3.12", "\177ELF" "Py_BytesMain 3.12", 0755 },
	{ "/opt/conda/bin/python", "-> python3.12", 0 },
	{ "/opt/conda/bin/conda", CONDA_SCRIPT, 0755 },
	{ "/opt/conda/bin/micromamba", "\177ELF" "using micromamba in constructor", 0755 },
	{ "/opt/conda/conda-meta", NULL, 0755 },
	{ "/opt/conda/lib/python3.12/compileall.py", "", 0644 },
	{ "/opt/conda/lib/python3.12/site-packages/conda/__init__.py", "", 0644 },
	/* working directories */
	{ "/code/plain/types.py", "", 0644 },
	{ "/code/plain/venv/pyvenv.cfg", "", 0644 },
	{ "/code/tox/toxfile.py", "", 0644 },
	{ "/code/tox/sub/x", "", 0644 },
	{ "/code/link/log", "-> /srv/v/lib/python3.11/site-packages/x.pth", 0 },
	{ "/srv/v/lib/python3.11/site-packages/x.pth", "", 0644 },
	{ "/code/plain/setup.py", "", 0644 },
	{ "/code/shadow/pip/__init__.py", "", 0644 },
	{ "/code/file/pip.py", "", 0644 },
	{ "/code/open/optparse.py", "", 0644 },
	{ "/code/open/mine.py", "", 0644 },
	/* what attackers leave */
	{ "/tmp/pip", "\177ELF copy of python", 0755 },
	{ "/tmp/bin/uv", "\177ELF" "An extremely fast Python package manager.", 0755 },
	{ "/tmp/x/pip3", PIP_SCRIPT("/usr/bin/python3"), 0755 },
	{ "/tmp/x/python3", "-> /usr/bin/python3", 0 },
	{ "/tmp/x/site-packages/pip/__pip-runner__.py", "", 0644 },
	{ "/tmp/x/lib/python3.11/site-packages/pip/__main__.py", "", 0644 },
	{ "/tmp/x/dpkg", "\177ELF" ".dpkg-tmp", 0755 },
	{ "/usr/local/bin/pip", "#!/usr/bin/python3\nprint('mine')\n", 0755 },
	{ "/usr/local/bin/pip3", "-> /tmp/x/pip3", 0 },
	{ "/usr/local/bin/pip3.11", "-> pip3.11", 0 },
	{ "/usr/bin/setup.py", "", 0644 },
	{ "/tmp/tmpabc/pip-23.0.1-py3-none-any.whl", "PK", 0644 },
	{ "/tmp/pip-standalone-pip-1/__env_pip__.zip", "PK", 0644 },
};

struct world {
	char root[PATH_MAX];
	int fd;
	uid_t uid;	/* owner of everything that the tree holds */
};

static void parents(const struct world *w, const char *path)
{
	char copy[PATH_MAX];

	snprintf(copy, sizeof(copy), "%s", path + 1);
	for (char *p = copy; *p; p++)
		if (*p == '/') {
			*p = '\0';
			if (mkdirat(w->fd, copy, 0755) == 0)
				assert_int_equal(fchownat(w->fd, copy, w->uid, w->uid, 0), 0);
			*p = '/';
		}
}

static void put(const struct world *w, const char *path, const char *content, mode_t mode)
{
	const char *p = path + 1;

	parents(w, path);
	if (!content) {
		(void)mkdirat(w->fd, p, 0755);
	} else if (strncmp(content, "->", 2) == 0) {
		assert_int_equal(symlinkat(content + 3, w->fd, p), 0);
		assert_int_equal(fchownat(w->fd, p, w->uid, w->uid, AT_SYMLINK_NOFOLLOW), 0);
		return;
	} else {
		int fd = openat(w->fd, p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

		assert_true(fd >= 0);
		/* The head of a program for a 64-bit machine (elf(5)) stands for the four bytes. */
		if (strncmp(content, "\177ELF", 4) == 0) {
			static const char head[18] = "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2";

			assert_int_equal(write(fd, head, sizeof(head)), sizeof(head));
			content += 4;
		}
		assert_int_equal(write(fd, content, strlen(content)), (ssize_t)strlen(content));
		close(fd);
	}
	assert_int_equal(fchownat(w->fd, p, w->uid, w->uid, 0), 0);
	assert_int_equal(fchmodat(w->fd, p, mode, 0), 0);
}

static void chmod_at(const struct world *w, const char *path, mode_t mode)
{
	assert_int_equal(fchmodat(w->fd, path[1] ? path + 1 : ".", mode, 0), 0);
}

static int make_world(void **state, uid_t uid)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		return -1;
	snprintf(w->root, sizeof(w->root), "/tmp/test_installer.XXXXXX");
	if (!mkdtemp(w->root) || chmod(w->root, 0755) < 0 || chown(w->root, uid, uid) < 0)
		return -1;
	w->fd = open(w->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	w->uid = uid;
	for (size_t i = 0; i < sizeof(host) / sizeof(host[0]); i++)
		put(w, host[i].path, host[i].content, host[i].mode);
	*state = w;
	return 0;
}

/* Root tests a user's environments as well as its own. */
static int setup(void **state)
{
	return make_world(state, geteuid());
}

static int setup_user(void **state)
{
	return make_world(state, geteuid() == 0 ? 1000 : geteuid());
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int teardown(void **state)
{
	struct world *w = *state;

	close(w->fd);
	nftw(w->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(w);
	return 0;
}

/* ---- asking ------------------------------------------------------------------- */

#define ENSUREPIP_TEXT(wheel) \
	"\nimport runpy\nimport sys\nsys.path = ['" wheel "', '/usr/share/python-wheels/setuptools-66.1.1-py3-none-any.whl'] + " \
	"sys.path\nsys.argv[1:] = ['install', '--no-cache-dir', '--no-index', '--find-links', '/tmp/tmpabc', " \
	"'--upgrade', 'setuptools', 'pip']\nrunpy.run_module(\"pip\", run_name=\"__main__\", alter_sys=True)\n"
#define SHIM_TEXT(path, other) \
	"import sys, setuptools, tokenize; sys.argv[0] = '" path "'; __file__='" other "';" \
	"f=getattr(tokenize, 'open', open)(__file__);code=f.read().replace('\\r\\n', '\\n');f.close();" \
	"exec(compile(code, __file__, 'exec'))"
#define SHIM SHIM_TEXT("/code/plain/setup.py", "/code/plain/setup.py")
#define OLD_SHIM \
	"import setuptools, tokenize;__file__='/code/plain/setup.py';f=getattr(tokenize, 'open', open)(__file__);" \
	"code=f.read().replace('\\r\\n', '\\n');f.close();exec(compile(code, __file__, 'exec'))"
#define ENSUREPIP ENSUREPIP_TEXT("/tmp/tmpabc/pip-23.0.1-py3-none-any.whl")

struct row {
	const char *exe;
	const char *argv[10];
	const char *env[4];		/* HOME=/root and PIP_PREFIX=/srv/v always are there */
	const char *cwd;		/* NULL: / */
	const char *target;		/* NULL: a .pth of /srv/v */
	unsigned mismatch;
	bool path_lines;		/* the target runs nothing */
	bool output;			/* its output leads into the target */
	const char *parent_exe;
	const char *parent_argv[6];
	/* the answer */
	const char *name;
	bool verified, managed;
	const char *reason;		/* part of one of the reasons */
};

struct subject {
	struct image image, parent_image;
	struct process process, parent;
	struct attribution writer;
	struct str argv, env, parent_argv;
};

static void list(struct str *s, const char *const *items, size_t max)
{
	for (size_t i = 0; i < max && items[i]; i++)
		assert_int_equal(str_append(s, items[i], strlen(items[i]) + 1), 0);
}

static void stat_exe(const struct world *w, struct image *image)
{
	struct stat st;

	if (fstatat(w->fd, image->exe.ptr + 1, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		image->exe_dev = st.st_dev;
		image->exe_ino = st.st_ino;
	}
}

static void fill(const struct world *w, const struct row *row, struct subject *s)
{
	/* Most rows write into /srv/v, whatever pip they are about. */
	static const char *const always[] = { "HOME=/root", "PIP_PREFIX=/srv/v" };

	*s = (struct subject){ .argv = STR_INIT, .env = STR_INIT, .parent_argv = STR_INIT };
	list(&s->argv, row->argv, 10);
	list(&s->env, always, ELEMENTSOF(always));
	list(&s->env, row->env, 4);
	list(&s->parent_argv, row->parent_argv, 6);

	s->image = (struct image){
		.exe = bytes_of(row->exe), .argv = str_bytes(&s->argv), .environ = str_bytes(&s->env),
		.environ_known = true, .cwd = bytes_of(row->cwd ? row->cwd : "/"), .exec_ns = 30,
	};
	stat_exe(w, &s->image);
	s->process = (struct process){
		.pid = 100, .ppid = 99, .start_ns = 25, .uid = w->uid, .euid = w->uid, .credentials_known = true,
		.comm = "x", .image = &s->image,
	};
	if (row->parent_exe) {
		s->parent_image = (struct image){
			.exe = bytes_of(row->parent_exe), .argv = str_bytes(&s->parent_argv),
			.environ = str_bytes(&s->env), .environ_known = true, .cwd = bytes_of("/"), .exec_ns = 20,
		};
		stat_exe(w, &s->parent_image);
		s->parent = s->process;
		s->parent.pid = 99;
		s->parent.image = &s->parent_image;
		s->parent.parent = NULL;
		s->process.parent = &s->parent;
	}
	s->writer = (struct attribution){
		.source = ATTRIBUTION_CONNECTOR, .complete = true, .mismatch = row->mismatch, .process = &s->process,
	};
}

static void drain(struct subject *s)
{
	str_release(&s->argv);
	str_release(&s->env);
	str_release(&s->parent_argv);
}

static bool has_reason(const struct installer *in, const char *text)
{
	for (size_t i = 0; i < in->reason_count; i++)
		if (bytes_find(in->reasons[i], bytes_of(text), 0) >= 0)
			return true;
	return false;
}

static void expect(const struct installer *in, const struct row *row, const char *label)
{
	bool name_ok = (!in->name && !row->name) ||
		       (in->name && row->name && bytes_equal(bytes_of(in->name), bytes_of(row->name)));

	if (name_ok && in->verified == row->verified && in->managed == row->managed &&
	    (!row->reason || has_reason(in, row->reason)))
		return;
	print_message("%s: %s %s: answered %s, %s\n", label, row->exe, row->argv[1] ? row->argv[1] : "",
		      in->name ? in->name : "none", in->verified ? "verified" : "not verified");
	for (size_t i = 0; i < in->reason_count; i++)
		print_message("    %.*s\n", (int)in->reasons[i].len, in->reasons[i].ptr);
	fail();
}

static void ask(const struct world *w, const struct row *row, struct installer *ret, struct region *region)
{
	const char *target = row->target ? row->target : "/srv/v/lib/python3.11/site-packages/x.pth";
	struct subject s;

	fill(w, row, &s);
	assert_int_equal(installer_identify(&(struct installer_request){
				.writer = &s.writer, .rootfd = w->fd, .target = bytes_of(target), .target_dir_uid = w->uid,
				.target_runs = !row->path_lines, .output_is_target = row->output }, region, ret), 0);
	assert_true(ret->reason_count > 0);
	/* What decides stands in front. */
	if (!ret->verified && row->reason && !row->managed)
		assert_true(bytes_find(ret->reasons[0], BYTES_LIT("the process is known"), 0) < 0);
	drain(&s);
}

static void check_rows(const struct world *w, const struct row *rows, size_t count, const char *label)
{
	for (size_t i = 0; i < count; i++) {
		_cleanup_region_ struct region region = REGION_INIT;
		struct installer in = { 0 };
		char text[64];

		ask(w, &rows[i], &in, &region);
		snprintf(text, sizeof(text), "%s %zu", label, i);
		expect(&in, &rows[i], text);
	}
}

#define CHECK(w, rows) check_rows(w, rows, sizeof(rows) / sizeof((rows)[0]), #rows)

#define PY "/usr/bin/python3.11"
#define PYENV "/opt/py/bin/python3.9"

/* ---- the rows ------------------------------------------------------------------- */

static void genuine(void **state)
{
	static const struct row rows[] = {
		{ PY, { "/usr/bin/python3", "/usr/bin/pip", "install", "x" }, .name = "pip", .verified = true,
		  .reason = "the script /usr/bin/pip is the launcher of pip" },
		{ PY, { "/usr/bin/python3", "/bin/pip3", "install", "x" }, .name = "pip", .verified = true },
		{ PY, { "/usr/bin/python3", "/usr/local/bin/../../bin/pip3.11", "install" }, .name = "pip", .verified = true },
		/* Ansible's pip module */
		{ PY, { "/usr/bin/python3", "-m", "pip.__main__", "install", "x" }, .name = "pip", .verified = true },
		{ PY, { "python3", "-m", "pip", "install", "x" }, .name = "pip", .verified = true,
		  .reason = "/usr/lib/python3/dist-packages/pip/__init__.py" },
		{ PY, { "python3", "-Im", "pip", "install" }, .name = "pip", .verified = true },
		{ PY, { "python3", "-Wi", "-X", "dev", "-sP", "-mpip", "install" }, .name = "pip", .verified = true },
		{ PY, { "/srv/v/bin/python3", "/srv/v/bin/pip", "install", "./x.whl" }, .name = "pip", .verified = true,
		  .reason = "/srv/v/bin/pip" },
		{ PY, { "/srv/v/bin/python3", "v/bin/pip", "install" }, .cwd = "/srv", .name = "pip", .verified = true },
		{ PY, { "bin/python", "-m", "pip", "install" }, .cwd = "/srv/v", .name = "pip", .verified = true,
		  .reason = "/srv/v/lib/python3.11/site-packages/pip" },
		{ PY, { "python", "-m", "pip", "install" }, { "VIRTUAL_ENV=/srv/v" }, .name = "pip", .verified = true,
		  .reason = "/srv/v/lib/python3.11/site-packages/pip" },
		{ PY, { "python", "-m", "pip", "install" }, { "PATH=/none:/srv/v/bin:/usr/bin" }, .name = "pip", .verified = true,
		  .reason = "/srv/v/lib/python3.11/site-packages/pip" },
		{ PY, { "/srv/s/bin/python3", "-m", "pip", "install" }, .name = "pip", .verified = true,
		  .reason = "/usr/lib/python3/dist-packages/pip" },
		{ "/srv/c/bin/python3", { "/srv/c/bin/python3", "/srv/c/bin/pip3", "install" }, .name = "pip", .verified = true },
		{ PYENV, { "/opt/py/bin/python3.9", "/opt/py/bin/pip", "install" }, .name = "pip", .verified = true },
		/* an isolated build: pip installs the requirements with a second pip */
		{ PY, { "/srv/v/bin/python3", "/srv/v/lib/python3.11/site-packages/pip/__pip-runner__.py", "install",
			"--ignore-installed", "--prefix", "/tmp/pip-build-env-xfph574i/overlay" },
		  .target = "/tmp/pip-build-env-xfph574i/overlay/lib/python3.11/site-packages/distutils-precedence.pth",
		  .name = "pip", .verified = true, .reason = "a file of an installed package" },
		{ PY, { "/usr/bin/python3", "/usr/lib/python3/dist-packages/pip", "install" },
		  .target = "/tmp/pip-build-env-xfph574i/site/sitecustomize.py", .name = "pip", .verified = true },
		/* a setting that changes nothing */
		{ PY, { "/usr/bin/python3", "/usr/bin/pip", "install" }, { "PYTHONUNBUFFERED=1", "PYTHONWARNINGS=ignore", "PYTHONPATH=" },
		  .name = "pip", .verified = true },
		{ PY, { "/usr/bin/python3", "-I", "/usr/bin/pip", "install" }, { "PYTHONPATH=/tmp/x" }, .name = "pip", .verified = true },
		/* environments */
		{ PY, { "/usr/bin/python3", "-m", "venv", "v" }, .cwd = "/code/plain", .target = "/srv/v/pyvenv.cfg",
		  .name = "venv", .verified = true },
		/* a copied interpreter finds its standard library through pyvenv.cfg */
		{ "/srv/c/bin/python3", { "/srv/c/bin/python3", "-m", "venv", "v" }, .name = "venv", .verified = true,
		  .reason = "/usr/lib/python3.11/venv" },
		/* the directory that it just made has its name */
		{ PY, { "python3", "-m", "venv", "venv" }, .cwd = "/code/plain", .target = "/code/plain/venv/pyvenv.cfg",
		  .name = "venv", .verified = true },
		{ PY, { "/srv/v/bin/python3", "-m", "ensurepip", "--upgrade" }, .cwd = "/srv/v", .name = "ensurepip",
		  .verified = true },
		{ PY, { "/srv/v/bin/python3", "-W", "ignore::DeprecationWarning", "-c", ENSUREPIP }, .cwd = "/srv/v",
		  .parent_exe = PY, .parent_argv = { "/srv/v/bin/python3", "-m", "ensurepip", "--upgrade", "--default-pip" },
		  .name = "ensurepip", .verified = true, .reason = "its parent is a genuine ensurepip" },
		{ PYENV, { "/opt/py/bin/python", "-I", "-c", ENSUREPIP_TEXT("/tmp/tmpgone/pip-23.0.1-py3-none-any.whl") },
		  .parent_exe = PYENV, .parent_argv = { "/opt/py/bin/python", "-Im", "ensurepip" }, .name = "ensurepip",
		  .verified = true },
		{ PY, { "/usr/bin/python3", "/usr/bin/virtualenv", "v" },
		  .target = "/srv/v/lib/python3.11/site-packages/_virtualenv.pth", .name = "virtualenv", .verified = true },
		{ PY, { "/usr/bin/python3", "-m", "virtualenv", "v" },
		  .target = "/root/.local/share/virtualenv/wheel/3.11/image/1/CopyPipInstall/s/distutils-precedence.pth",
		  .name = "virtualenv", .verified = true },
		{ PY, { "/usr/bin/python3", "/usr/bin/pipx", "install" }, .name = "pipx", .verified = true },
		{ PY, { "/usr/bin/python3", "/usr/bin/poetry", "install" }, .name = "poetry", .verified = true },
		{ PY, { "/usr/bin/python3", "/usr/bin/pdm", "install" }, .name = "pdm", .verified = true },
		{ PY, { "/usr/bin/python3", "-m", "installer", "x.whl" }, .name = "installer", .verified = true },
		{ "/srv/v/bin/uv", { "uv", "pip", "install", "x" }, .name = "uv", .verified = true },
		{ "/opt/conda/bin/python3.12", { "/opt/conda/bin/python", "/opt/conda/bin/conda", "install" },
		  .target = "/opt/conda/lib/python3.12/site.py", .name = "conda", .verified = true },
		{ "/opt/conda/bin/micromamba", { "micromamba", "install" },
		  .target = "/opt/conda/etc/conda/activate.d/x.sh", .name = "micromamba", .verified = true },
		{ "/opt/conda/bin/python3.12", { "/opt/conda/bin/python", "-Wi", "-m", "compileall", "-q" },
		  .target = "/opt/conda/lib/python3.12/__pycache__/sitecustomize.cpython-312.pyc", .name = "compileall",
		  .verified = true },
		{ PY, { PY, "-m", "py_compile", "-" }, .target = "/usr/lib/python3/dist-packages/__pycache__/a.cpython-311.pyc",
		  .name = "compileall", .verified = true },
		{ PY, { PY, "-E", "-S", "-m", "py_compile", "-" },
		  .target = "/usr/lib/python3.11/__pycache__/sitecustomize.cpython-311.pyc.140", .name = "compileall",
		  .verified = true },
	};

	CHECK(*state, rows);
}

/* What belongs to the system counts only when it is root's. */
static void genuine_system(void **state)
{
	static const struct row rows[] = {
		{ "/usr/bin/dpkg", { "/usr/bin/dpkg", "--unpack", "x.deb" }, .target = "/etc/profile.d/x.sh", .name = "dpkg",
		  .verified = true },
		{ "/usr/bin/rpm", { "rpm", "-i" }, .name = "rpm", .verified = true },
		{ "/usr/bin/pacman", { "pacman", "-S" }, .name = "pacman", .verified = true },
		{ "/usr/lib/snapd/snapd", { "/usr/lib/snapd/snapd" }, .name = "snapd", .verified = true },
		{ PY, { "/usr/bin/python3", "/usr/bin/dnf-3", "install" }, .target = "/etc/environment", .name = "dnf",
		  .verified = true },
		{ "/usr/bin/rpm", { "rpm", "-Uvh", "x.rpm" }, .target = "/usr/lib/x.pth", .name = "rpm", .verified = true },
		{ "/usr/bin/rpm", { "rpm", "-qi", "x" }, .name = "rpm", .reason = "with the argument -qi" },
		{ "/usr/bin/rpm", { "rpm", "--root", "/tmp/r", "-U", "x" }, .target = "/tmp/r/usr/lib/x.pth", .name = "rpm",
		  .verified = true },
		{ "/usr/bin/rpm", { "rpm", "-U", "x" }, .target = "/tmp/r/usr/lib/x.pth", .name = "rpm", .reason = "/tmp/r/usr/lib/x.pth is none" },
		{ "/usr/bin/rpm", { "rpm", "--root=/home/u", "-U", "x" }, .target = "/home/u/.local/lib/python3.11/x.pth",
		  .name = "rpm", .reason = "x.pth is none" },
		{ "/usr/bin/rpm", { "rpm", "--define", "_dbpath %{lua:x}", "-U", "x" }, .name = "rpm", .reason = "argument --define" },
		{ PY, { "/usr/bin/python3", "/usr/bin/dnf-3", "--setopt=pluginpath=/tmp", "install", "x" }, .name = "dnf",
		  .reason = "argument --setopt=pluginpath" },
		{ "/usr/bin/pacman", { "pacman", "-Syu" }, .name = "pacman", .verified = true },
		{ "/usr/bin/pacman", { "pacman", "-Qi" }, .name = "pacman", .reason = "argument -Qi" },
		{ "/usr/bin/dpkg", { "dpkg", "--log=" SITE "x.pth", "-i", "x.deb" }, .name = "dpkg", .reason = "names the file" },
		{ "/usr/bin/dpkg", { "dpkg", "--get-selections" }, .name = "dpkg", .reason = "without an argument" },
		{ "/usr/bin/dpkg", { "dpkg", "-i", "x.deb" }, .target = "/home/u/.local/lib/python3.11/site-packages/x.pth",
		  .name = "dpkg", .reason = "x.pth is none" },
		{ "/usr/bin/apk", { "apk", "add", "x" }, .name = "apk", .reason = "is another program than apk" },
		{ "/usr/bin/zypper", { "zypper", "in", "x" }, .name = "zypper", .reason = "is another program than zypper" },
		{ "/usr/bin/podman", { "storage-applyLayer", "/x" }, .name = "podman", .verified = true,
		  .target = "/var/lib/containers/storage/overlay/0a/diff/usr/lib/python3.11/site-packages/x.pth" },
		{ "/usr/bin/podman", { "podman", "pull", "x" }, .name = "podman", .reason = "does not write such files" },
		{ "/usr/bin/podman", { "podman", "pull", "x" }, .name = "podman", .reason = "does not write such files",
		  .target = "/var/lib/containers/storage/overlay/0a/diff" },
		{ "/usr/bin/dockerd", { "docker-untar", "/" }, .name = "docker", .verified = true,
		  .target = "/var/lib/docker/overlay2/0a/diff/usr/lib/python3.11/sitecustomize.py" },
		{ "/usr/bin/containerd", { "containerd" }, .name = "containerd", .verified = true,
		  .target = "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/7/fs/usr/lib/python3.11/x.pth" },
		{ "/usr/bin/nix", { "nix-daemon" }, .target = "/nix/store/a-b/lib/python3.11/site-packages/x.pth", .name = "nix",
		  .verified = true },
		{ "/usr/bin/nix", { "nix-daemon" }, .name = "nix", .reason = "does not write" },
		{ "/usr/bin/flatpak", { "flatpak", "install", "x" }, .name = "flatpak", .verified = true,
		  .target = "/var/lib/flatpak/runtime/x/lib/python3.11/site-packages/x.pth" },
		{ "/usr/bin/dpkg", { "/usr/bin/dpkg", "-i" }, { "LD_PRELOAD=/tmp/x.so" }, .name = "dpkg",
		  .reason = "LD_PRELOAD" },
		{ "/tmp/x/dpkg", { "/usr/bin/dpkg", "-i" }, .name = "dpkg", .reason = "not where the distribution" },
	};
	const struct world *w = *state;

	if (w->uid != 0)
		skip();
	CHECK(w, rows);
}

#define BY_PIP .parent_exe = PY, .parent_argv = { "/srv/v/bin/python3", "/srv/v/bin/pip", "install", "-e", "." }
#define VENV "/srv/v/bin/python3"

/* A setup.py is the package's own code: what it is believed for are lists of path lines. */
static void setup_py(void **state)
{
	static const struct row rows[] = {
		{ PY, { VENV, "-c", SHIM, "develop", "--no-deps" }, .target = SITE "easy-install.pth", .path_lines = true,
		  BY_PIP, .name = "setuptools", .verified = true, .reason = "its parent is a genuine pip" },
		{ PY, { VENV, "-u", "-c", OLD_SHIM, "install", "--record", "x" }, .target = SITE "easy-install.pth",
		  .path_lines = true, BY_PIP, .name = "setuptools", .verified = true },
		{ PY, { VENV, "-c", SHIM, "--no-user-cfg", "develop" }, .target = SITE "x.egg-link", .path_lines = true,
		  .cwd = "/code/shadow", BY_PIP, .name = "setuptools", .verified = true },
		{ PY, { VENV, "setup.py", "-q", "develop" }, .cwd = "/code/plain", .target = SITE "easy-install.pth",
		  .path_lines = true, .name = "setuptools", .verified = true },
		{ PY, { VENV, "/code/plain/setup.py", "install" }, .target = SITE "setuptools.pth", .path_lines = true,
		  .name = "setuptools", .verified = true },
		/* it runs code, or is another file */
		{ PY, { VENV, "-c", SHIM, "develop" }, .target = SITE "easy-install.pth", BY_PIP, .name = "setuptools",
		  .reason = "setup.py runs the code of the package" },
		{ PY, { VENV, "-c", SHIM, "develop" }, .target = SITE "x.pth", .path_lines = true, BY_PIP,
		  .name = "setuptools", .reason = "setup.py runs the code of the package" },
		{ PY, { VENV, "-c", SHIM, "egg_info" }, .target = SITE "easy-install.pth", .path_lines = true, BY_PIP,
		  .name = "setuptools", .reason = "installs nothing with the argument egg_info" },
		{ PY, { VENV, "setup.py", "develop" }, .cwd = "/code/plain", .target = SITE "sitecustomize.py",
		  .path_lines = true, .name = "setuptools", .reason = "setup.py runs the code" },
		/* nobody, or another one, runs it */
		{ PY, { VENV, "-c", SHIM, "develop" }, .target = SITE "easy-install.pth", .path_lines = true,
		  .name = "setuptools", .reason = "its parent is not known" },
		{ PY, { VENV, "-c", SHIM, "develop" }, .target = SITE "easy-install.pth", .path_lines = true,
		  .parent_exe = "/usr/bin/bash", .parent_argv = { "bash" }, .name = "setuptools", .reason = "parent is not pip" },
		{ PY, { VENV, "-c", SHIM, "develop" }, .target = SITE "easy-install.pth", .path_lines = true,
		  .parent_exe = PY, .parent_argv = { VENV, "/srv/v/bin/pip", "list" }, .name = "setuptools",
		  .reason = "pip installs nothing with the argument list" },
		/* not the text */
		{ PY, { VENV, "-c", SHIM ";import evil", "develop" }, .target = SITE "easy-install.pth", .path_lines = true,
		  BY_PIP, .name = "setuptools", .reason = "not the installer's" },
		{ PY, { VENV, "-c", SHIM_TEXT("/code/plain/setup.py", "/tmp/setup.py"), "develop" },
		  .target = SITE "easy-install.pth", .path_lines = true, BY_PIP, .name = "setuptools",
		  .reason = "not the installer's" },
		{ PY, { VENV, "-c", SHIM_TEXT("/x' + evil() + 'setup.py", "/x' + evil() + 'setup.py"), "develop" },
		  .target = SITE "easy-install.pth", .path_lines = true, BY_PIP, .name = "setuptools",
		  .reason = "not the installer's" },
		{ PY, { VENV, "-c", SHIM_TEXT("/tmp/evil.py", "/tmp/evil.py"), "develop" },
		  .target = SITE "easy-install.pth", .path_lines = true, BY_PIP, .name = "setuptools",
		  .reason = "not the installer's" },
	};

	CHECK(*state, rows);
}

/* A genuine tool that was not asked to install, or was made to write something else. */
static void other_business(void **state)
{
	static const struct row rows[] = {
		{ PY, { VENV, "/srv/v/bin/pip", "config", "get", "x" }, .name = "pip", .reason = "with the argument config" },
		{ PY, { VENV, "/srv/v/bin/pip", "list" }, .name = "pip", .reason = "with the argument list" },
		{ PY, { VENV, "/srv/v/bin/pip", "--version" }, .name = "pip", .reason = "with the argument --version" },
		{ PY, { VENV, "/srv/v/bin/pip" }, .name = "pip", .reason = "without an argument" },
		{ PY, { VENV, "/srv/v/bin/pip", "--proxy", "install", "config" }, .name = "pip", .reason = "argument config" },
		{ PY, { VENV, "/srv/v/bin/pip", "--prox", "install", "config" }, .name = "pip", .reason = "argument --prox" },
		{ PY, { VENV, "/srv/v/bin/pip", "--proxy=x", "-vvq", "--no-input", "install", "a" }, .name = "pip",
		  .verified = true },
		{ PY, { VENV, "/srv/v/bin/pip", "--isolated", "--python", "/x", "install", "a" }, .name = "pip", .verified = true },
		{ PY, { VENV, "-m", "pip", "show", "install" }, .name = "pip", .reason = "argument show" },
		{ PY, { VENV, "/srv/v/bin/pip", "wheel", "." }, .name = "pip", .reason = "environments of builds only" },
		{ PY, { VENV, "/srv/v/bin/pip", "wheel", "." }, .target = "/tmp/pip-build-env-1/site/sitecustomize.py",
		  .name = "pip", .verified = true },
		{ "/srv/v/bin/uv", { "uv", "tool", "dir" }, .name = "uv", .reason = "argument tool" },
		{ "/srv/v/bin/uv", { "uv", "--offline", "tool", "install", "x" }, .name = "uv", .verified = true },
		{ "/srv/v/bin/uv", { "uv", "pip", "--quiet", "sync", "x" }, .name = "uv", .verified = true },
		{ "/srv/v/bin/uv", { "uv", "pip", "freeze" }, .name = "uv", .reason = "argument pip" },
		{ PY, { "/usr/bin/python3", "/usr/bin/poetry", "env", "info" }, .name = "poetry", .reason = "argument env" },
		{ "/opt/conda/bin/micromamba", { "micromamba", "-p", "install", "list" }, .name = "micromamba",
		  .reason = "argument list" },
		/* its output */
		{ PY, { VENV, "/srv/v/bin/pip", "install", "x" }, .output = true, .name = "pip",
		  .reason = "its output was led into the file" },
		{ PY, { VENV, "/srv/v/bin/pip", "install", "--log", SITE "x.pth", "x" }, .name = "pip",
		  .reason = "names the file itself" },
		{ PY, { VENV, "/srv/v/bin/pip", "install", "--log=" SITE "x.pth" }, .name = "pip", .reason = "names the file" },
		{ PY, { VENV, "/srv/v/bin/pip", "install", "-r" SITE "x.pth" }, .name = "pip", .reason = "names the file" },
		{ PY, { VENV, "/srv/v/bin/pip", "install", "--report", "x.pth" }, .cwd = "/srv/v/lib/python3.11/site-packages",
		  .name = "pip", .reason = "names the file itself" },
		{ PY, { VENV, "/srv/v/bin/pip", "install", "--log", "/code/link/log" }, .name = "pip", .reason = "names the file" },
		{ PY, { VENV, "/srv/v/bin/pip", "install", "--log", "/dev/fd/5" }, .name = "pip", .reason = "not known" },
		{ PY, { VENV, "/srv/v/bin/pip", "install", "-r", "/dev/fd/63" }, .name = "pip", .verified = true },
		{ PY, { VENV, "/srv/v/bin/pip", "install", "x" }, { "PIP_LOG=" SITE "x.pth" }, .name = "pip",
		  .reason = "PIP_LOG in its environment" },
		{ PY, { VENV, "/srv/v/bin/pip", "install", "x" }, { "GCONV_PATH=/tmp" }, .name = "pip", .reason = "GCONV_PATH" },
		{ "/srv/v/bin/uv", { "uv", "sync" }, { "OPENSSL_CONF=/tmp/x" }, .name = "uv", .reason = "OPENSSL_CONF" },
		/* what it runs besides */
		{ PY, { "/usr/bin/python3", "/usr/bin/tox", "run" }, .cwd = "/code/tox/sub", .name = "tox",
		  .reason = "it also runs /code/tox/toxfile.py" },
		{ PY, { "/usr/bin/python3", "/usr/bin/tox", "run" }, .cwd = "/code/plain", .name = "tox", .verified = true },
		{ PY, { "/srv/b/bin/python3", "/srv/b/bin/pip", "install" }, .name = "pip",
		  .reason = "re.py in the directory of the script /srv/b/bin is imported instead" },
		{ PY, { "/srv/b/bin/python3", "-P", "/srv/b/bin/pip", "install" }, .name = "pip", .verified = true },
		{ PY, { "/srv/d/bin/python3", "/srv/d/bin/pip3", "install" }, .name = "pip",
		  .reason = "pip.cpython-311-x86_64-linux-gnu.so in the directory" },
		{ PY, { "/srv/d/bin/python3", "/srv/d/lib/python3.11/site-packages/pip/__pip-runner__.py", "install" },
		  .name = "pip", .reason = "json in the directory" },
		{ PY, { "/srv/e/bin/python3", "/srv/e/bin/pip", "install" }, .name = "pip", .reason = "is not the launcher of pip" },
		/* entry_points.txt says what it runs, and RECORD says nothing about that */
		{ PY, { "/srv/e/bin/python3", "/srv/e/bin/pip3", "install" }, .name = "pip", .reason = "is not the launcher of pip" },
		{ PY, { "/usr/bin/python3", "/usr/local/bin/tox", "run" }, .cwd = "/code/plain", .name = "tox", .verified = true },
		/* the interpreter */
		{ "/srv/f/bin/python3", { "/srv/f/bin/python3", "-m", "pip", "install" }, .name = "pip",
		  .reason = "is another program than Python" },
		{ PY, { "/srv/g/bin/python3", "-m", "pip", "install" }, .name = "pip",
		  .reason = "the home /opt/py/bin of its environment is not its executable's" },
		{ "/srv/h/bin/python3", { "/srv/h/bin/python3", "-m", "pip", "install" }, .name = "pip",
		  .reason = "python3._pth leads its interpreter elsewhere" },
		{ "/srv/i/bin/python3.11", { "/srv/i/bin/python3.11", "-m", "pip", "install" }, .name = "pip",
		  .reason = "/srv/i/lib/python311.zip stands before the standard library" },
		{ PY, { "/srv/j/bin/python3", "/srv/j/bin/pip", "install" }, .name = "pip", .reason = "_manylinux.py in the directory" },
		{ PY, { "/usr/bin/python3", "-m", "venv", "v\nimport evil" }, .target = "/srv/v/pyvenv.cfg", .name = "venv",
		  .reason = "holds a line break" },
		{ PY, { VENV, "/srv/v/bin/pip", "install" }, { "LD_PRELOAD=", "LD_PRELOAD=/tmp/x.so" }, .name = "pip",
		  .reason = "LD_PRELOAD" },
		/* another program under the name */
		{ "/srv/v/bin/rye", { "rye", "sync" }, .name = "rye", .reason = "is another program than rye" },
		{ PY, { "/usr/bin/python3", "/code/plain/pip.pyz", "install" }, .name = "pip", .reason = "cannot be checked" },
		/* a pip that a line leads to */
		{ PY, { "/srv/x/bin/python", "-m", "pip", "install", "x" }, .target = "/srv/x/lib/python3.11/site-packages/x.pth",
		  .name = "pip", .verified = true, .reason = "/srv/v/lib/python3.11/site-packages/pip/__init__.py" },
		{ PY, { "/srv/y/bin/python", "-m", "pip", "install", "x" }, .target = "/srv/y/lib/python3.11/site-packages/x.pth",
		  .name = "pip", .reason = "can be changed by others" },
	};

	CHECK(*state, rows);
}

/* A genuine pip does what its modules and the hooks of its interpreter say. */
static void inside(void **state)
{
	static const struct row good[] = {
		{ PY, { VENV, "/srv/v/bin/pip", "install" }, .target = SITE "y.pth", .name = "pip", .verified = true,
		  .reason = "the package is what its RECORD says" },
	};
	static const struct row evil_seed[] = {
		{ PY, { VENV, "/srv/v/bin/pip", "install" }, .target = SITE "y.pth", .name = "pip",
		  .reason = "also runs " SITE "_virtualenv.pth" },
	};
	static const struct row other[] = {
		{ PY, { VENV, "/srv/v/bin/pip", "install" }, .target = SITE "h.pth", .name = "pip", .verified = true },
	};
	static const struct {
		const char *path, *content, *reason;
	} bad[] = {
		{ SITE "h.pth", "import evil\n", "also runs " SITE "h.pth, which no package" },
		{ SITE "h.pth", "/some/path\nimport\tevil\n", "also runs " SITE "h.pth" },
		{ SITE "sitecustomize.py", "x = 1\n", "also runs " SITE "sitecustomize.py" },
		{ SITE "sitecustomize.cpython-311-x86_64-linux-gnu.so", "x", "also runs " SITE "sitecustomize.c" },
		{ SITE "usercustomize/__init__.py", "x", "also runs " SITE "usercustomize/__init__.py" },
		{ "/usr/lib/python3.11/sitecustomize.py", "x", "also runs /usr/lib/python3.11/sitecustomize.py" },
		{ SITE "_manylinux.py", "x", "also runs " SITE "_manylinux.py" },
		{ SITE "keyring/__init__.py", "x", "also runs " SITE "keyring/__init__.py" },
		{ SITE "h.pth", DISTUTILS_LINE, "also runs " SITE "h.pth" },
		{ SITE "h.pth", "import _virtualenv\n", "also runs " SITE "h.pth" },
		{ SITE "pip/__init__.py", "evil", "pip/__init__.py in the package is not what its RECORD says" },
		{ SITE "pip/re.py", "evil", "pip/re.py in the package" },
		{ SITE "pip-22.dist-info/RECORD", "pip/__init__.py,sha256=aaaa,1\n", "in the package is not what its RECORD" },
	};
	static const struct {
		const char *path, *content;
	} harmless[] = {
		{ SITE "p.pth", "/some/path\n# import x\n" },
		{ SITE "easy-install.pth", "import sys; sys.__plen = len(sys.path)\n./x\n" },
		{ SITE "keyring.txt", "x" },
		{ SITE ".h.pth", "import evil\n" },
		{ SITE "sub/h.pth", "import evil\n" },
		{ SITE "_virtualenv.pth", "import _virtualenv" },
	};
	const struct world *w = *state;

	put(w, SITE "_virtualenv.py", "import evil\n", 0644);
	put(w, SITE "_virtualenv.pth", "import _virtualenv", 0644);
	CHECK(w, evil_seed);
	put(w, SITE "_virtualenv.py", "import os\nimport sys\n", 0644);
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		put(w, harmless[i].path, harmless[i].content, 0644);
	CHECK(w, good);
	unlinkat(w->fd, &(SITE "_virtualenv.py")[1], 0);
	unlinkat(w->fd, &(SITE "_virtualenv.pth")[1], 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct row row = good[0];
		bool is_pip = bytes_find(bytes_of(bad[i].path), BYTES_LIT("/pip"), 0) >= 0;

		put(w, bad[i].path, bad[i].content, 0644);
		row.verified = false;
		row.reason = bad[i].reason;
		check_rows(w, &row, 1, bad[i].path);
		/* Not what it is about to write. */
		if (bytes_has_suffix(bytes_of(bad[i].path), BYTES_LIT("/h.pth")))
			CHECK(w, other);
		if (is_pip && bytes_has_suffix(bytes_of(bad[i].path), BYTES_LIT("__init__.py")))
			put(w, bad[i].path, "", 0644);
		else
			assert_int_equal(unlinkat(w->fd, bad[i].path + 1, 0), 0);
		CHECK(w, good);
	}
}

/* A hook that a package has: the hook and what it imports have to be the package's. */
static void inside_recorded(void **state)
{
	static const struct row good[] = {
		{ PY, { VENV, "/srv/v/bin/pip", "install" }, .target = SITE "y.pth", .name = "pip", .verified = true },
	};
	static const struct row bad[] = {
		{ PY, { VENV, "/srv/v/bin/pip", "install" }, .target = SITE "y.pth", .name = "pip",
		  .reason = "_distutils_hack/__init__.py in the package is not what its RECORD says" },
	};
	static const struct row changed[] = {
		{ PY, { VENV, "/srv/v/bin/pip", "install" }, .target = SITE "y.pth", .name = "pip",
		  .reason = "also runs " SITE "d.pth, which no package" },
	};
	const struct world *w = *state;

	put(w, SITE "_distutils_hack/__init__.py", "", 0644);
	put(w, SITE "d.pth", DISTUTILS_LINE, 0644);
	CHECK(w, changed);
	put(w, SITE "setuptools-66.dist-info/RECORD", "d.pth,sha256=" DISTUTILS_DIGEST ",152\n_distutils_hack/__init__.py" EMPTY, 0644);
	CHECK(w, good);
	put(w, SITE "_distutils_hack/__init__.py", "evil", 0644);
	CHECK(w, bad);
	put(w, SITE "_distutils_hack/__init__.py", "", 0644);
	CHECK(w, good);
	put(w, SITE "d.pth", DISTUTILS_LINE "import evil\n", 0644);
	CHECK(w, changed);
}

/* Fedora's setuptools has no RECORD; what is root's alone in the system's own directory needs none. */
static void inside_of_the_system(void **state)
{
	static const struct row good[] = {
		{ PY, { "/usr/bin/python3", "-m", "pip", "install" }, .name = "pip", .verified = true },
	};
	static const struct row bad[] = {
		{ PY, { "/usr/bin/python3", "-m", "pip", "install" }, .name = "pip", .reason = "which no package accounts for" },
	};
	const struct world *w = *state;

	put(w, SYSTEM_SITE "distutils-precedence.pth", DISTUTILS_LINE, 0644);
	CHECK(w, bad);
	put(w, SYSTEM_SITE "_distutils_hack/__init__.py", "", 0644);
	if (w->uid != 0) {
		CHECK(w, bad);
		return;
	}
	CHECK(w, good);
	chmod_at(w, SYSTEM_SITE "_distutils_hack/__init__.py", 0666);
	CHECK(w, bad);
	chmod_at(w, SYSTEM_SITE "_distutils_hack/__init__.py", 0644);
	put(w, SYSTEM_SITE "distutils-precedence.pth", DISTUTILS_LINE "import evil\n", 0644);
	CHECK(w, bad);
	put(w, SYSTEM_SITE "distutils-precedence.pth", DISTUTILS_LINE, 0644);
	CHECK(w, good);
	put(w, SYSTEM_SITE "sitecustomize.py", "x = 1\n", 0644);
	CHECK(w, bad);
}

/* A bad answer is kept until a file is another. */
static void bad_is_remembered(void **state)
{
	static const struct row row = { PY, { VENV, "/srv/v/bin/pip", "install" }, .name = "pip" };
	const struct world *w = *state;
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_(installer_cache_freep) struct installer_cache *cache = NULL;
	struct installer_request request;
	struct installer in;
	struct subject s;

	assert_int_equal(installer_cache_new(&cache), 0);
	put(w, SITE "_distutils_hack/__init__.py", "evil", 0644);
	put(w, SITE "d.pth", DISTUTILS_LINE, 0644);
	put(w, SITE "setuptools-66.dist-info/RECORD", "d.pth,sha256=" DISTUTILS_DIGEST ",152\n_distutils_hack/__init__.py" EMPTY, 0644);
	fill(w, &row, &s);
	request = (struct installer_request){ .writer = &s.writer, .rootfd = w->fd, .target = bytes_of(SITE "y.pth"),
					      .target_dir_uid = w->uid, .target_runs = true, .cache = cache };
	assert_int_equal(installer_identify(&request, &region, &in), 0);
	assert_true(!in.verified && has_reason(&in, "__init__.py in the package is not what its RECORD says"));
	assert_int_equal(installer_identify(&request, &region, &in), 0);
	assert_true(!in.verified && has_reason(&in, "the package at " "/srv/v"));
	put(w, SITE "_distutils_hack/__init__.py", "", 0644);
	assert_int_equal(installer_identify(&request, &region, &in), 0);
	assert_true(in.verified);
	drain(&s);
}

/* Each part alone is within its bound. */
static void too_much(void **state)
{
	static const struct row rows[] = {
		{ PY, { VENV, "/srv/v/bin/pip", "install" }, .target = SITE "y.pth", .name = "pip",
		  .reason = "there is too much in its interpreter" },
	};
	static const struct row enough[] = {
		{ PY, { VENV, "/srv/v/bin/pip", "install" }, .target = SITE "y.pth", .name = "pip", .verified = true },
	};
	static const struct row else_refused[] = {
		{ PY, { VENV, "/srv/v/bin/pip", "list" }, .target = SITE "y.pth", .name = "pip",
		  .reason = "installs nothing with the argument list" },
	};
	const struct world *w = *state;
	const char *record = SITE "setuptools-66.dist-info/RECORD";
	int fd;

	put(w, SITE "_distutils_hack/__init__.py", "", 0644);
	put(w, SITE "d.pth", DISTUTILS_LINE, 0644);
	put(w, record, "d.pth,sha256=" DISTUTILS_DIGEST ",152\n_distutils_hack/__init__.py" EMPTY, 0644);
	CHECK(w, enough);
	fd = openat(w->fd, record + 1, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, INSTALLER_WORK_MAX / 4), 0);
	CHECK(w, enough);
	assert_int_equal(ftruncate(fd, INSTALLER_WORK_MAX / 4 * 3), 0);
	close(fd);
	CHECK(w, rows);
	CHECK(w, else_refused);
}

static int64_t realtime(void)
{
	struct timespec now;

	assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The clock of files goes in steps of some milliseconds: again, until the file is later. */
static void put_after(const struct world *w, const char *path, const char *content, int64_t then)
{
	int64_t deadline = realtime() + INT64_C(10000000000);
	struct stat st;

	do {
		assert_true(realtime() < deadline);
		(void)unlinkat(w->fd, path + 1, 0);
		put(w, path, content, 0755);
		assert_int_equal(fstatat(w->fd, path + 1, &st, AT_SYMLINK_NOFOLLOW), 0);
	} while ((int64_t)st.st_ctim.tv_sec * 1000000000 + st.st_ctim.tv_nsec <= then + 100);
}

static bool knows_h(void *userdata, struct bytes path, const struct stat *st)
{
	return st->st_ino != 0 && bytes_equal(path, *(const struct bytes *)userdata);
}

struct loss {
	const char *dir;
	uint64_t ns;
};

static bool has_lost(void *userdata, struct bytes dir, uint64_t since_ns)
{
	const struct loss *loss = userdata;

	return bytes_equal(dir, bytes_of(loss->dir)) && loss->ns > since_ns;
}

/* A hook that its interpreter may have run went away. */
static void inside_lost(void **state)
{
	static const struct row row = { PY, { VENV, "/srv/v/bin/pip", "install" }, .name = "pip" };
	/* The process executes at 30. */
	static const struct {
		struct loss loss;
		bool verified;
	} cases[] = {
		{ { "/srv/v/lib/python3.11/site-packages", 31 }, false },
		{ { "/srv/v/lib/python3.11/site-packages", 30 }, true },
		{ { "/usr/lib/python3.11", 31 }, false },
		{ { "/usr/lib/python3/dist-packages", 31 }, true },	/* the environment does not see it */
	};
	const struct world *w = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_region_ struct region region = REGION_INIT;
		struct loss loss = cases[i].loss;
		struct installer in;
		struct subject s;

		fill(w, &row, &s);
		assert_int_equal(installer_identify(&(struct installer_request){
					.writer = &s.writer, .rootfd = w->fd, .target = bytes_of(SITE "y.pth"), .target_dir_uid = w->uid,
					.target_runs = true, .has_lost_hook = has_lost, .userdata = &loss }, &region, &in), 0);
		assert_true(in.verified == cases[i].verified);
		assert_true(in.verified || has_reason(&in, "taken away or changed after it had started"));
		drain(&s);
	}
}

/* The last of many lines is a path line like the first. */
static void inside_many_lines(void **state)
{
	static const struct row own[] = {
		{ PY, { VENV, "/srv/v/bin/pip", "install" }, .target = SITE "y.pth", .name = "pip", .verified = true },
	};
	static const struct row own_bad[] = {
		{ PY, { VENV, "/srv/v/bin/pip", "install" }, .target = SITE "y.pth", .name = "pip", .reason = "leads its interpreter to" },
	};
	static const struct row linked[] = {
		{ PY, { "/srv/x/bin/python", "-m", "pip", "install" }, .target = LINKED "x.pth", .name = "pip", .verified = true },
	};
	static const struct row linked_bad[] = {
		{ PY, { "/srv/x/bin/python", "-m", "pip", "install" }, .target = LINKED "x.pth", .name = "pip",
		  .reason = "can be changed by others" },
	};
	static const struct row too_many[] = {
		{ PY, { VENV, "/srv/v/bin/pip", "install" }, .target = SITE "y.pth", .name = "pip",
		  .reason = "m.pth has more paths than can be looked at" },
		{ PY, { "python3", "-m", "pip.__main__", "install" }, .cwd = "/code/shadow", .name = "pip",
		  .reason = "pip in its working directory" },
		{ PY, { "python3", "-m", "pip.__main__", "install" }, .cwd = "/code/file", .name = "pip",
		  .reason = "pip.py in its working directory" },
		{ PY, { "/srv/x/bin/python", "-m", "pip", "install" }, .target = LINKED "x.pth", .name = "pip",
		  .reason = "site-packages has more paths than can be looked at" },
	};
	const struct world *w = *state;
	_cleanup_str_ struct str text = STR_INIT;

	put(w, "/srv/added/_manylinux.py", "x", 0644);
	for (unsigned i = 0; i < INSTALLER_PATH_LINES_MAX - 2; i++)
		assert_int_equal(str_append_text(&text, "/none\n"), 0);
	put(w, SITE "m.pth", text.buf, 0644);
	put(w, LINKED "m.pth", text.buf, 0644);
	CHECK(w, own);
	CHECK(w, linked);
	assert_int_equal(str_append_text(&text, "/srv/added\n"), 0);
	put(w, SITE "m.pth", text.buf, 0644);
	CHECK(w, own_bad);
	assert_int_equal(unlinkat(w->fd, &(LINKED "pipx_shared.pth")[1], 0), 0);
	assert_int_equal(str_append_text(&text, "/tmp/x/open\n"), 0);
	put(w, LINKED "m.pth", text.buf, 0644);
	CHECK(w, linked_bad);
	str_clear(&text);
	for (unsigned i = 0; i < INSTALLER_PATH_LINES_MAX; i++)
		assert_int_equal(str_append_text(&text, "/none\n"), 0);
	assert_int_equal(str_append_text(&text, "/srv/added\n/tmp/x/open\n"), 0);
	put(w, SITE "m.pth", text.buf, 0644);
	put(w, LINKED "m.pth", text.buf, 0644);
	CHECK(w, too_many);
}

/* What was there before the watch, and what came after the process. */
static void inside_known(void **state)
{
	static const struct row row = { PY, { VENV, "/srv/v/bin/pip", "install" }, .name = "pip" };
	struct bytes known = bytes_of(SITE "h.pth");
	const struct world *w = *state;
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_(installer_cache_freep) struct installer_cache *cache = NULL;
	struct installer_request request;
	struct installer in;
	struct subject s;

	assert_int_equal(installer_cache_new(&cache), 0);
	put(w, SITE "h.pth", "import evil\n", 0644);
	fill(w, &row, &s);
	request = (struct installer_request){ .writer = &s.writer, .rootfd = w->fd, .target = bytes_of(SITE "y.pth"),
					      .target_dir_uid = w->uid, .target_runs = true, .cache = cache };
	assert_int_equal(installer_identify(&request, &region, &in), 0);
	assert_false(in.verified);
	request.is_known_hook = knows_h;
	request.userdata = &known;
	assert_int_equal(installer_identify(&request, &region, &in), 0);
	assert_true(in.verified);

	/* One that came after the process was not run by it; one that was there and changed, was. */
	request.is_known_hook = NULL;
	request.clock_offset_ns = realtime();
	assert_int_equal(installer_identify(&request, &region, &in), 0);
	assert_false(in.verified);
	assert_true(has_reason(&in, "also runs"));
	put_after(w, SITE "h.pth", "import evil\n", request.clock_offset_ns);
	assert_int_equal(installer_identify(&request, &region, &in), 0);
	assert_true(in.verified || has_reason(&in, "also runs"));	/* a filesystem may know of no birth */
	drain(&s);
}

/* What the process ran was changed since: it may have been put back. */
static void changed_since(void **state)
{
	static const struct row row = { PY, { "/srv/s/bin/python3", "/srv/s/bin/pip", "install" }, .name = "pip" };
	static const struct {
		const char *path, *content, *reason;
	} files[] = {
		{ "/srv/s/bin/pip", PIP_SCRIPT("/srv/s/bin/python3"), "/srv/s/bin/pip was changed after it had started" },
		{ "/srv/s/bin/pip", "-> pip-real", "/srv/s/bin/pip was changed after it had started" },
		{ "/usr/lib/python3/dist-packages/pip/__init__.py", "", "pip/__init__.py was changed after it had started" },
		{ "/srv/s/pyvenv.cfg", "home = /usr/bin\ninclude-system-site-packages = true\n", "pyvenv.cfg was changed" },
		{ "/usr/bin/python3.11", "\177ELF" "Py_BytesMain 3.11", "python3.11 was changed after it had started" },
	};
	const struct world *w = *state;

	put(w, "/srv/s/bin/pip", PIP_SCRIPT("/srv/s/bin/python3"), 0755);
	put(w, "/srv/s/bin/pip-real", PIP_SCRIPT("/srv/s/bin/python3"), 0755);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		_cleanup_region_ struct region region = REGION_INIT;
		struct installer_request request;
		struct installer in;
		struct subject s;

		fill(w, &row, &s);
		request = (struct installer_request){ .writer = &s.writer, .rootfd = w->fd, .target = bytes_of(SITE "y.pth"),
						      .target_dir_uid = w->uid, .target_runs = true,
						      .clock_offset_ns = realtime() };
		assert_int_equal(installer_identify(&request, &region, &in), 0);
		assert_true(in.verified);
		put_after(w, files[i].path, files[i].content, request.clock_offset_ns);
		drain(&s);
		fill(w, &row, &s);
		assert_int_equal(installer_identify(&request, &region, &in), 0);
		assert_false(in.verified);
		assert_true(has_reason(&in, files[i].reason));
		drain(&s);
	}
}

static int64_t change_of(const struct world *w, const char *path)
{
	struct stat st;

	assert_int_equal(fstatat(w->fd, path + 1, &st, AT_SYMLINK_NOFOLLOW), 0);
	return (int64_t)st.st_ctim.tv_sec * 1000000000 + st.st_ctim.tv_nsec;
}

/* A file comes and goes: again, until the directory's change is told from that of all that is in it. */
static void take_out(const struct world *w, const char *path, const char *dir)
{
	int64_t begin = realtime(), deadline = begin + INT64_C(10000000000);

	do {
		assert_true(realtime() < deadline);
		put(w, path, "", 0644);
		assert_int_equal(unlinkat(w->fd, path + 1, 0), 0);
	} while (change_of(w, dir) <= begin + 2 * INSTALLER_ADDING_NS);
}

/* What was beside the script, or in the working directory, when it started is gone. */
static void lost_since(void **state)
{
	static const struct row by_script = { PY, { "/srv/v/bin/python3", "/srv/v/bin/pip", "install" }, .name = "pip" };
	static const struct row by_module = { PY, { "/srv/v/bin/python3", "-m", "pip", "install" }, .cwd = "/code/plain2",
					      .name = "pip" };
	static const struct {
		const struct row *row;
		const char *taken, *dir;	/* taken out of the directory */
		const char *left;		/* what stays there, or comes, after that; NULL: nothing */
		bool inert, gone;		/* the target runs nothing, is not there any more */
		const char *reason;		/* NULL: verified */
	} cases[] = {
		{ &by_script, NULL, NULL, NULL, false, false, NULL },
		{ &by_script, "/srv/v/bin/re.py", "/srv/v/bin", NULL, false, false, "taken out of the directory of the script /srv/v/bin" },
		{ &by_script, "/srv/v/bin/re.py", "/srv/v/bin", NULL, true, false, NULL },
		{ &by_script, "/srv/v/bin/re.py", "/srv/v/bin", NULL, false, true, NULL },
		{ &by_script, "/srv/v/bin/old", "/srv/v/bin", "/srv/v/bin/new", false, false, NULL },
		/* an upgrade */
		{ &by_script, "/srv/v/bin/old", "/srv/v/bin", SITE "~ld/__init__.py", false, false, NULL },
		{ &by_script, "/srv/v/bin/old", "/srv/v/bin", "/srv/v/conda-meta/x.json", false, false, NULL },
		{ &by_module, "/code/plain2/pip.py", "/code/plain2", NULL, false, false, "taken out of its working directory" },
		{ &by_module, "/code/plain2/pip/__main__.py", "/code/plain2/pip", NULL, false, false, "pip in its working directory" },
		/* byte code stays */
		{ &by_script, NULL, NULL, "/srv/v/bin/__pycache__/re.cpython-311.pyc", false, false, "re.cpython-311.pyc was imported instead" },
		{ &by_script, NULL, NULL, SITE "__pycache__/_manylinux.cpython-311.pyc", false, false, "also ran the module of" },
		{ &by_script, NULL, NULL, SITE "__pycache__/own.cpython-311.pyc", false, false, NULL },
		{ &by_script, NULL, NULL, "/srv/v/bin/__pycache__/own.cpython-311.pyc", false, false, NULL },
		{ &by_module, NULL, NULL, "/code/plain2/__pycache__/pip.cpython-311.pyc", false, false, "pip.cpython-311.pyc was imported" },
		{ &by_module, NULL, NULL, "/code/plain2/pip/__pycache__/__main__.cpython-311.pyc", false, false, "pip in its working" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_region_ struct region region = REGION_INIT;
		struct installer_request request;
		struct world *w;
		struct installer in;
		struct subject s;

		/* Each begins with another directory. */
		assert_int_equal(teardown(state), 0);
		assert_int_equal(setup(state), 0);
		w = *state;
		put(w, "/code/plain2/setup.py", "", 0644);
		put(w, "/code/plain2/pip/readme", "", 0644);
		if (!cases[i].gone)
			put(w, SITE "x.pth", "import x\n", 0644);
		fill(w, cases[i].row, &s);
		request = (struct installer_request){ .writer = &s.writer, .rootfd = w->fd, .target = bytes_of(SITE "x.pth"),
						      .target_dir_uid = w->uid, .target_runs = !cases[i].inert,
						      .clock_offset_ns = realtime() };
		if (cases[i].gone)
			(void)unlinkat(w->fd, &(SITE "x.pth")[1], 0);
		if (cases[i].taken)
			take_out(w, cases[i].taken, cases[i].dir);
		if (cases[i].left)
			put_after(w, cases[i].left, "", request.clock_offset_ns);
		assert_int_equal(installer_identify(&request, &region, &in), 0);
		if (in.verified != !cases[i].reason || (cases[i].reason && !has_reason(&in, cases[i].reason))) {
			print_message("case %zu\n", i);
			for (size_t k = 0; k < in.reason_count; k++)
				print_message("    %.*s\n", (int)in.reasons[k].len, in.reasons[k].ptr);
			fail();
		}
		drain(&s);
	}
}

/* A link on the way leads to another environment, or to another site directory, now. */
static void link_turned(void **state)
{
	static const struct row row = { PY, { "/srv/ln/bin/python3", "-m", "pip", "install" }, .name = "pip" };
	static const struct {
		const char *link, *to, *reason;
	} links[] = {
		{ "/srv/ln", "-> v", "/srv/ln/bin/python3 was changed after it had started" },
		{ "/srv/v/lib", "-> lib2", "what leads to /srv/v/lib/python3.11/site-packages was changed" },
	};
	const struct world *w = *state;

	put(w, "/srv/ln", "-> v", 0);
	assert_int_equal(renameat(w->fd, "srv/v/lib", w->fd, "srv/v/lib2"), 0);
	put(w, "/srv/v/lib", "-> lib2", 0);
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		_cleanup_region_ struct region region = REGION_INIT;
		struct installer_request request;
		struct installer in;
		struct subject s;

		fill(w, &row, &s);
		request = (struct installer_request){ .writer = &s.writer, .rootfd = w->fd,
						      .target = bytes_of("/srv/v/lib2/python3.11/site-packages/x.pth"),
						      .target_dir_uid = w->uid, .target_runs = true, .clock_offset_ns = realtime() };
		assert_int_equal(installer_identify(&request, &region, &in), 0);
		assert_true(in.verified);
		assert_int_equal(unlinkat(w->fd, links[i].link + 1, 0), 0);
		put_after(w, links[i].link, links[i].to, request.clock_offset_ns);
		assert_int_equal(installer_identify(&request, &region, &in), 0);
		assert_false(in.verified);
		assert_true(has_reason(&in, links[i].reason));
		drain(&s);
	}
}

/* pip installs into its own site directories, or where it is told to. */
static void places(void **state)
{
#define ELSEWHERE "/opt/py/lib/python3.9/site-packages/"
#define TO_ELSEWHERE .target = ELSEWHERE "x.pth", .name = "pip"
	static const struct row rows[] = {
		{ PY, { VENV, "/srv/v/bin/pip", "install", "x" }, TO_ELSEWHERE, .reason = "is not where it installs to" },
		{ PY, { VENV, "-m", "pip", "install", "x" }, TO_ELSEWHERE, .reason = "is not where it installs to" },
		{ PY, { VENV, "/srv/v/bin/pip", "install", "--prefix", "/opt/py" }, TO_ELSEWHERE, .verified = true },
		{ PY, { VENV, "/srv/v/bin/pip", "install", "--prefix=../opt/py" }, .cwd = "/code", TO_ELSEWHERE, .verified = true },
		{ PY, { VENV, "/srv/v/bin/pip", "install", "--prefix=/opt/py", "--prefix=/srv/v" }, TO_ELSEWHERE,
		  .reason = "is not where it installs to" },
		{ PY, { VENV, "/srv/v/bin/pip", "install", "--prefix=/opt/p" }, TO_ELSEWHERE, .reason = "not where it installs" },
		{ PY, { VENV, "/srv/v/bin/pip", "install", "--prefix=" }, TO_ELSEWHERE, .reason = "not where it installs" },
		{ PY, { VENV, "/srv/v/bin/pip", "install", "--prefix" }, TO_ELSEWHERE, .reason = "not where it installs" },
		{ PY, { VENV, "/srv/v/bin/pip", "install", "--root", "/opt" }, TO_ELSEWHERE, .verified = true },
		{ PY, { VENV, "/srv/v/bin/pip", "install" }, { "PIP_ROOT=/opt" }, TO_ELSEWHERE, .verified = true },
		{ PY, { VENV, "/srv/v/bin/pip", "install", "--prefix=~/p" }, { "HOME=/opt" }, TO_ELSEWHERE, .reason = "not where" },
		{ PY, { VENV, "/srv/v/bin/pip", "install", "-qt", "/opt/py" }, .path_lines = true, TO_ELSEWHERE, .verified = true },
		{ PY, { VENV, "/srv/v/bin/pip", "install", "-qt/opt/py" }, .path_lines = true, TO_ELSEWHERE, .verified = true },
		{ PY, { VENV, "/srv/v/bin/pip", "install", "-qrt", "/opt/py" }, .path_lines = true, TO_ELSEWHERE, .reason = "not where" },
		/* what was moved is in a RECORD, there or here */
		{ PY, { VENV, "/srv/v/bin/pip", "install", "-t", "/opt/py/lib/python3.9/site-packages" }, TO_ELSEWHERE,
		  .reason = "no package that it has put into /opt/py/lib" },
		{ PY, { VENV, "/srv/v/bin/pip", "install", "-t", "/opt/py/lib/python3.9/site-packages" }, .target = ELSEWHERE "y.pth",
		  .name = "pip", .verified = true },
		{ PY, { VENV, "/srv/v/bin/pip", "install" }, { "PIP_TARGET=/opt/py/lib/python3.9/site-packages" },
		  .target = ELSEWHERE "z.pth", .name = "pip", .verified = true },
		{ PY, { VENV, "/srv/v/bin/pip", "install", "-t", "/opt/py/lib/python3.9/site-packages" }, { "TMPDIR=/code" },
		  .target = ELSEWHERE "z.pth", .name = "pip", .reason = "no package" },
		{ PY, { VENV, "/srv/v/bin/pip", "install" }, .target = "/tmp/pip-target-1/lib/python/site-packages/z.pth", .name = "pip",
		  .verified = true },
		{ PY, { VENV, "/srv/v/bin/pip", "install" }, { "TMPDIR=/code" },
		  .target = "/tmp/pip-target-1/lib/python/site-packages/z.pth", .name = "pip", .reason = "is not where" },
	};
	const struct world *w = *state;

	put(w, ELSEWHERE "x.pth", "", 0644);
	put(w, ELSEWHERE "y.pth", "", 0644);
	put(w, ELSEWHERE "z.pth", "", 0644);
	put(w, ELSEWHERE "y-1.dist-info/RECORD", "y.pth" EMPTY, 0644);
	put(w, "/tmp/pip-target-1/lib/python/z-1.dist-info/RECORD", "z.pth" EMPTY, 0644);
	CHECK(w, rows);
}

/* A tool of the system's is replaced while it runs, by itself or with its Python. */
static void upgraded(void **state)
{
	static const struct row rows[] = {
		{ "/usr/bin/pacman", { "pacman", "-Syu" }, .target = "/usr/lib/x.pth", .mismatch = MISMATCH_DELETED },
		{ PY, { "/usr/bin/python3", "/usr/bin/dnf-3", "upgrade" }, .target = "/usr/lib/x.pth", .mismatch = MISMATCH_DELETED },
		/* not the system's */
		{ PY, { VENV, "/srv/v/bin/pip", "install" }, .mismatch = MISMATCH_DELETED },
	};
	static const char *const contents[] = { "\177ELF" "only one operation may be used at a time", "\177ELF" "Py_BytesMain 3.11", "\177ELF" "Py_BytesMain" };
	const struct world *w = *state;

	if (w->uid != 0)
		skip();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (int how = 0; how <= 5; how++) {
			_cleanup_region_ struct region region = REGION_INIT;
			struct installer_request request;
			struct installer in;
			struct subject s;

			fill(w, &rows[i], &s);
			request = (struct installer_request){ .writer = &s.writer, .rootfd = w->fd, .target_dir_uid = 0,
							      .target = bytes_of(rows[i].target ? rows[i].target : SITE "y.pth"),
							      .target_runs = true, .clock_offset_ns = realtime() };
			s.image.exe_mode = how == 1 ? S_IFREG | 0775 : S_IFREG | 0755;
			s.image.exe_uid = how == 2 ? 1000 : 0;
			s.image.exe_deleted = true;
			/* Any number that the new file has not. */
			s.image.exe_ino = how == 3 ? 0 : 1;
			if (how == 4)
				request.clock_offset_ns += INT64_C(1000000000000);
			else
				put_after(w, rows[i].exe, contents[i], request.clock_offset_ns);
			if (how == 5)
				put(w, rows[i].exe, "\177ELF" "bash", 0755);
			assert_int_equal(installer_identify(&request, &region, &in), 0);
			if (in.verified != (how == 0 && i < 2))
				fail_msg("row %zu, way %d: %.*s", i, how, (int)in.reasons[0].len, in.reasons[0].ptr);
			put(w, rows[i].exe, contents[i], 0755);
			drain(&s);
		}
}

/* What runs it was sent by somebody, and is named; it is no installer. */
static void managed(void **state)
{
	static const struct row rows[] = {
		{ PY, { "/usr/bin/python3", "/root/.ansible/tmp/ansible-tmp-1-2-3/AnsiballZ_copy.py" }, .name = "ansible",
		  .managed = true, .reason = "informs, it exempts nothing" },
		{ PY, { "/usr/bin/python3", "/root/.ansible/tmp/ansible-tmp-9-9-9/AnsiballZ_file.py" }, .name = "ansible",
		  .managed = true, .reason = "temporary and is gone" },
		{ PY, { "/usr/bin/python3", "/tmp/x/AnsiballZ_copy.py" }, .name = "ansible", .reason = "not where ansible puts" },
		{ PY, { "/usr/bin/python3", "/root/.ansible/tmp/ansible-tmp-1-2-3/AnsiballZ_copy.py" }, { "PYTHONPATH=/tmp" },
		  .name = "ansible", .reason = "PYTHONPATH" },
		{ "/usr/bin/ruby3.1", { "ruby", "/usr/bin/puppet", "agent" }, .name = "puppet", .managed = true },
		{ "/usr/bin/ruby3.1", { "ruby", "/tmp/x/puppet", "agent" }, .name = "puppet", .reason = "is not there" },
		{ PY, { "/usr/bin/python3", "/usr/bin/salt-minion" }, .name = "salt", .managed = true },
	};
	const struct world *w = *state;

	if (w->uid != 0)
		skip();
	CHECK(w, rows);
}

static void pretended(void **state)
{
	static const struct row rows[] = {
		/* another program under the name */
		{ "/tmp/pip", { "/tmp/pip", "install" }, .name = "pip", .reason = "calls itself pip" },
		{ PY, { "/usr/bin/pip install requests", "-c", "open('x.pth')" }, .name = "pip", .reason = "calls itself pip" },
		{ PY, { "pip", "-m", "pip" }, .name = "pip", .reason = "but that is not its executable" },
		{ PY, { "/usr/bin/pip", "/usr/bin/pip3" }, .name = "pip", .reason = "but that is not its executable" },
		{ PY, { "/opt/py/bin/python", "/opt/py/bin/pip" }, .name = "pip", .reason = "but that is not its executable" },
		{ PY, { "python", "-m", "pip" }, { "PATH=/opt/py/bin:/usr/bin" }, .name = "pip",
		  .reason = "but that is not its executable" },
		{ PY, { "dpkg", "-c", "x" }, .name = "dpkg", .reason = "calls itself dpkg" },
		{ "/usr/bin/bash", { "bash", "-c", "x" }, .name = NULL },
		{ PY, { "python3", "x.py" }, .name = NULL, .reason = "no installer" },
		{ PY, { "python3" }, .name = NULL },
		/* a script called pip */
		{ PY, { "/usr/bin/python3", "/tmp/x/pip3", "install" }, .name = "pip",
		  .reason = "not where the programs of its interpreter are" },
		{ PY, { "/usr/bin/python3", "x/pip3", "install" }, .cwd = "/tmp", .name = "pip", .reason = "not where" },
		{ PY, { "/usr/bin/python3", "/usr/local/bin/pip3", "install" }, .name = "pip", .reason = "not where" },
		{ PY, { "/usr/bin/python3", "/usr/local/bin/pip" }, .name = "pip", .reason = "is not the launcher of pip" },
		{ PY, { "/usr/bin/python3", "/usr/local/bin/pip3.11" }, .name = "pip", .reason = "is not there" },
		{ PY, { "/usr/bin/python3", "/none/pip" }, .name = "pip", .reason = "is not there" },
		{ PY, { "/tmp/x/python3", "/tmp/x/pip3" }, .cwd = "/tmp", .name = "pip",
		  .reason = "not where the programs" },
		{ PY, { "/usr/bin/python3", "/srv/v/bin/pip" }, .name = "pip", .reason = "not where the programs" },
		{ PY, { "/usr/bin/python3", "/tmp/x/site-packages/pip/__pip-runner__.py" }, .name = "pip",
		  .reason = "is not a file of an installed package" },
		{ PY, { "/usr/bin/python3", "/tmp/x/lib/python3.11/site-packages/pip" }, .name = "pip",
		  .reason = "is not a file of an installed package" },
		{ PY, { "/usr/bin/python3", "/tmp/x-packages/pip/__pip-runner__.py" }, .name = "pip", .reason = "not there" },
		/* options, text */
		{ PY, { "/usr/bin/python3", "-i", "/usr/bin/pip" }, .name = "pip", .reason = "the option -i" },
		{ PY, { "/usr/bin/python3", "-W", "ignore::evil.Mod", "-m", "pip" }, .name = "pip", .reason = "the option -W" },
		{ PY, { "/usr/bin/python3", "-Xpycache_prefix=/tmp", "-m", "pip" }, .name = "pip", .reason = "the option -X" },
		{ PY, { "/usr/bin/python3", "-c", "import pip" }, .name = NULL },
		{ PY, { "/usr/bin/python3", "-c", ENSUREPIP }, .name = "ensurepip", .reason = "its parent is not known" },
		{ PY, { "/usr/bin/python3", "-c", ENSUREPIP }, .parent_exe = "/usr/bin/bash", .parent_argv = { "bash" },
		  .name = "ensurepip", .reason = "its parent is not ensurepip" },
		{ PY, { "/usr/bin/python3", "-c", ENSUREPIP }, .parent_exe = PY, .parent_argv = { "python3", "-c", ENSUREPIP },
		  .name = "ensurepip", .reason = "its parent is not ensurepip" },
		{ PY, { "/usr/bin/python3", "-c", ENSUREPIP }, .parent_exe = PY,
		  .parent_argv = { "/tmp/pip", "-m", "ensurepip" }, .name = "ensurepip", .reason = "not a genuine ensurepip" },
		{ PY, { "/usr/bin/python3", "-c", ENSUREPIP "import evil\n" }, .parent_exe = PY,
		  .parent_argv = { "/usr/bin/python3", "-m", "ensurepip" }, .name = NULL },
		{ PY, { "/usr/bin/python3", "-c", ENSUREPIP_TEXT("/tmp/evil") }, .parent_exe = PY,
		  .parent_argv = { "/usr/bin/python3", "-m", "ensurepip" }, .name = NULL },
		{ PY, { "/usr/bin/python3", "-c", ENSUREPIP_TEXT("/tmp/pip-1.whl'], evil(), ['/a/pip-1.whl") },
		  .parent_exe = PY, .parent_argv = { "/usr/bin/python3", "-m", "ensurepip" }, .name = NULL },
		{ PY, { "/usr/bin/python3", "-c", ENSUREPIP_TEXT("/tmp/pip-1") }, .name = NULL },
		{ PY, { "/usr/bin/python3", "-c", ENSUREPIP_TEXT("/tmp/pip-\\x27.whl") }, .name = NULL },
		{ PY, { "/usr/bin/python3", "-c", ENSUREPIP }, .parent_exe = PY,
		  .parent_argv = { "/usr/bin/python3", "/usr/bin/pip" }, .name = "ensurepip",
		  .reason = "its parent is not ensurepip" },
		{ "/bin/python3.11", { "/usr/bin/python3", "/usr/bin/pip" }, .name = "pip", .reason = "is now a link" },
		{ "/srv/v/tools/uv", { "uv", "pip" }, .name = "uv", .reason = "not in a directory for programs" },
		/* the working directory, the environment, the package */
		{ PY, { "python3", "-m", "pip" }, .cwd = "/code/shadow", .name = "pip", .reason = "pip in its working directory" },
		{ PY, { "python3", "-m", "pip" }, .cwd = "/code/file", .name = "pip", .reason = "pip.py in its working directory" },
		{ PY, { "python3", "-I", "-m", "pip", "install" }, .cwd = "/code/file", .name = "pip", .verified = true },
		{ PY, { "python3", "-m", "pip" }, .cwd = "/none", .name = "pip", .reason = "cannot be searched" },
		{ PY, { "python3", "-m", "pip" }, .cwd = "gone", .name = "pip", .reason = "not known" },
		{ PY, { "/srv/n/bin/python3", "-m", "pip" }, .name = "pip", .reason = "not among the packages" },
		{ PY, { "/usr/bin/python3", "/usr/bin/pip" }, { "PYTHONPATH=/tmp" }, .name = "pip", .reason = "PYTHONPATH" },
		{ PY, { "/usr/bin/python3", "/usr/bin/pip" }, { "PYTHONHOME=/tmp" }, .name = "pip", .reason = "PYTHONHOME" },
		{ PY, { "/usr/bin/python3", "/usr/bin/pip" }, { "PYTHONWARNINGS=ignore::a.b" }, .name = "pip",
		  .reason = "PYTHONWARNINGS" },
		{ PY, { "/usr/bin/python3", "-I", "/usr/bin/pip" }, { "LD_PRELOAD=/tmp/x.so" }, .name = "pip",
		  .reason = "LD_PRELOAD" },
		{ PY, { "/usr/bin/python3", "/usr/bin/pip" }, { "LD_AUDIT=/tmp/x.so" }, .name = "pip", .reason = "LD_AUDIT" },
		{ "/srv/v/bin/uv", { "uv" }, { "LD_LIBRARY_PATH=/tmp" }, .name = "uv", .reason = "LD_LIBRARY_PATH" },
		{ "/tmp/bin/uv", { "uv", "pip" }, .name = "uv", .reason = "can be changed by others" },
		/* disguises that the attribution saw */
		{ PY, { "/usr/bin/python3", "/usr/bin/pip" }, .mismatch = MISMATCH_ARGV, .name = "pip", .reason = "rewritten" },
		{ PY, { "/usr/bin/python3", "/usr/bin/pip" }, .mismatch = MISMATCH_EXE, .name = "pip", .reason = "started as" },
		{ PY, { "/usr/bin/python3", "/usr/bin/pip" }, .mismatch = MISMATCH_TRACED, .name = "pip", .reason = "traces" },
		{ PY, { "/usr/bin/python3", "/usr/bin/pip" }, .mismatch = MISMATCH_PID_REUSED, .name = "pip", .reason = "number" },
		{ PY, { "/usr/bin/python3", "/usr/bin/pip" }, .mismatch = MISMATCH_LOADER, .name = "pip", .reason = "loader" },
		{ PY, { "/usr/bin/python3", "/usr/bin/pip" }, .mismatch = MISMATCH_PRELOAD, .name = "pip", .reason = "libraries" },
		/* what an installer runs is not the installer */
		{ PY, { "/usr/bin/python3", "setup.py", "develop" }, .parent_exe = PY,
		  .parent_argv = { "/usr/bin/python3", "/usr/bin/pip" }, .name = "setuptools", .reason = "not the installer's" },
		{ PY, { "/usr/bin/python3", "/usr/bin/setup.py", "install" }, .name = "setuptools" },
		{ PY, { "/usr/bin/python3", "-u", "-c", "\nexec(compile('''\n# This is <pip-setuptools-caller> -- a caller" },
		  .name = "setuptools", .reason = "setup.py" },
		{ PY, { "/usr/bin/python3", "-c", "import io, os, sys, setuptools, tokenize; sys.argv[0] = '/x/setup.py'" },
		  .name = "setuptools" },
		{ PY, { "/srv/v/bin/python3", "/srv/v/lib/python3.11/site-packages/pip/_vendor/pyproject_hooks/_in_process/_in_process.py",
			"build_wheel" }, .name = "build-backend" },
		{ PY, { "/usr/bin/python3", "get-pip.py" }, .name = "get-pip", .reason = "cannot be checked" },
		/* a zip of pip's */
		{ PY, { "/usr/bin/python3", "/tmp/pip-standalone-pip-1/__env_pip__.zip/pip", "install" },
		  .target = "/tmp/pip-build-env-1/overlay/lib/python3.11/site-packages/a.pth", .parent_exe = PY,
		  .parent_argv = { "/usr/bin/python3", "/usr/bin/pip", "install" }, .name = "pip",
		  .reason = "cannot be checked" },
		/* not its business */
		{ PY, { "/usr/bin/python3", "/usr/bin/pip" }, .target = "/root/.bashrc", .name = "pip",
		  .reason = "pip does not write such files" },
		{ PY, { "/usr/bin/python3", "/usr/bin/pip" }, .target = "/usr/lib/python3.11/sitecustomize.py", .name = "pip",
		  .reason = "pip does not write" },
		{ PY, { "/usr/bin/python3", "/usr/bin/pip" }, .target = "/a/site-packages/../../etc/profile", .name = "pip",
		  .reason = "not a plain path" },
		{ PY, { "/usr/bin/python3", "-m", "venv", "v" }, .target = "/etc/environment", .name = "venv",
		  .reason = "venv does not write" },
		{ PY, { PY, "-m", "py_compile", "-" }, .target = "/usr/lib/python3.11/sitecustomize.py", .name = "compileall",
		  .reason = "does not write" },
		{ "/opt/conda/bin/python3.12", { "/opt/conda/bin/python", "/opt/conda/bin/conda" },
		  .target = "/root/.config/fish/config.fish", .name = "conda", .reason = "does not write" },
		/* configuration management */
		{ PY, { "/usr/bin/python3", "/root/.ansible/tmp/a/AnsiballZ_copy.py" }, .name = "ansible",
		  .reason = "it exempts nothing" },
	};

	CHECK(*state, rows);
}

/* A file or a directory on the way that others can write takes the trust away. */
static void writable_by_others(void **state)
{
	static const struct {
		const char *path;
		mode_t mode;
	} weak[] = {
		{ "/srv/v/bin/pip", 0757 }, { "/srv/v/bin/pip", 0777 }, { "/srv/v/bin", 0757 }, { "/srv", 0777 },
		{ "/usr/bin/python3.11", 0757 }, { "/usr/bin", 0777 }, { "/", 0777 }, { "/srv/v/pyvenv.cfg", 0666 },
		{ "/srv/v/lib/python3.11/site-packages/pip/__init__.py", 0646 },
		{ "/srv/v/lib/python3.11/site-packages", 0757 },
	};
	static const struct row good[] = {
		{ PY, { "/srv/v/bin/python3", "/srv/v/bin/pip", "install" }, .name = "pip", .verified = true },
	};
	static const struct row bad[] = {
		{ PY, { "/srv/v/bin/python3", "/srv/v/bin/pip", "install" }, .name = "pip",
		  .reason = "can be written by everybody" },
	};
	static const struct row link[] = {
		{ PY, { "/srv/s/bin/python3", "/usr/bin/pip" }, .name = "pip",
		  .reason = "/srv/s/bin/python3 can be changed by others" },
	};
	const struct world *w = *state;

	for (size_t i = 0; i < sizeof(weak) / sizeof(weak[0]); i++) {
		struct stat st;

		assert_int_equal(fstatat(w->fd, weak[i].path[1] ? weak[i].path + 1 : ".", &st, 0), 0);
		chmod_at(w, weak[i].path, weak[i].mode);
		CHECK(w, bad);
		chmod_at(w, weak[i].path, st.st_mode & 07777);
		CHECK(w, good);
	}

	/* So does the link that the interpreter was started through. */
	chmod_at(w, "/srv/s/bin", 0777);
	CHECK(w, link);
}

/* A private group is its user, any other group is others; only root can set this up. */
static void groups_and_owners(void **state)
{
	static const struct row good[] = {
		{ PY, { "/srv/v/bin/python3", "/srv/v/bin/pip", "install" }, .name = "pip", .verified = true },
	};
	static const struct row group[] = {
		{ PY, { "/srv/v/bin/python3", "/srv/v/bin/pip", "install" }, .name = "pip", .reason = "written by a group" },
	};
	static const struct row other[] = {
		{ PY, { "/srv/v/bin/python3", "/srv/v/bin/pip", "install" }, .name = "pip", .reason = "another user" },
	};
	const struct world *w = *state;
	static const char *const paths[] = { "srv/v/bin/pip", "srv/v/bin", "srv/v", "srv/v/lib/python3.11/site-packages/pip" };

	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		assert_int_equal(fchmodat(w->fd, paths[i], 0775, 0), 0);
		CHECK(w, good);		/* gid 0, or the user's own */
		assert_int_equal(fchownat(w->fd, paths[i], w->uid, 4711, 0), 0);
		CHECK(w, group);
		assert_int_equal(fchmodat(w->fd, paths[i], 0755, 0), 0);
		CHECK(w, good);
		assert_int_equal(fchownat(w->fd, paths[i], 4711, 4711, 0), 0);
		CHECK(w, other);
		assert_int_equal(fchownat(w->fd, paths[i], w->uid, w->uid, 0), 0);
		CHECK(w, good);
	}
}

/* In a directory of root's a user's code does not count; in the user's, root's does. */
static void root_trusts_root_only(void **state)
{
	static const struct row row = { PY, { "/srv/v/bin/python3", "/srv/v/bin/pip", "install" }, .name = "pip" };
	const struct world *w = *state;
	_cleanup_region_ struct region region = REGION_INIT;
	struct installer in;
	struct subject s;

	if (w->uid == 0)
		skip();
	fill(w, &row, &s);
	s.process.uid = s.process.euid = 0;
	assert_int_equal(identify(&s.writer, w->fd, bytes_of(SITE "x.pth"), 0, &region, &in), 0);
	assert_false(in.verified);
	assert_true(has_reason(&in, "belongs to another user"));

	assert_int_equal(identify(&s.writer, w->fd, bytes_of(SITE "x.pth"), w->uid, &region, &in), 0);
	assert_true(in.verified);

	s.process.euid = 4711;
	assert_int_equal(identify(&s.writer, w->fd, bytes_of(SITE "x.pth"), w->uid, &region, &in), 0);
	assert_false(in.verified);
	assert_true(has_reason(&in, "it runs as user 4711"));
	drain(&s);
}

/* No directory is a place to start `-m pip` from, if there is a module of the standard library in it:
 * it is run, whoever put it there. */
static void working_directory(void **state)
{
	static const struct row good[] = {
		{ PY, { "python3", "-I", "-m", "pip", "install" }, .cwd = "/code/open", .name = "pip", .verified = true },
	};
	static const struct row gone[] = {
		{ PY, { "python3", "-m", "pip", "install" }, .cwd = "/code/open", .name = "pip", .verified = true },
	};
	static const struct row bad[] = {
		{ PY, { "python3", "-m", "pip" }, .cwd = "/code/open", .name = "pip",
		  .reason = "optparse.py in its working directory" },
	};
	const struct world *w = *state;

	CHECK(w, good);
	CHECK(w, bad);
	chmod_at(w, "/code/open", 0777);
	CHECK(w, bad);
	unlinkat(w->fd, "code/open/optparse.py", 0);
	CHECK(w, gone);
}

static void facts_that_are_missing(void **state)
{
	static const struct row row = { PY, { "/usr/bin/python3", "/usr/bin/pip" }, .name = "pip" };
	const struct bytes target = BYTES_LIT("/a/site-packages/x.pth");
	const struct world *w = *state;
	_cleanup_region_ struct region region = REGION_INIT;
	struct installer in;
	struct subject s;

	fill(w, &row, &s);
#define MUST(text) \
	do { \
		assert_int_equal(identify(&s.writer, w->fd, target, w->uid, &region, &in), 0); \
		assert_false(in.verified); \
		assert_true(has_reason(&in, text)); \
		drain(&s); \
		fill(w, &row, &s); \
	} while (0)
	s.writer.complete = false;
	MUST("not all is known");
	s.image.environ_known = false;
	MUST("its environment is not known");
	s.image.environ = BYTES_LIT("X=1\0");
	s.process.uid = 4711;
	MUST("its home directory is not known");
	s.image.exe_ino++;
	MUST("not the file that was executed");
	s.image.exe_ino = 0;
	s.image.exe_dev = 0;
	MUST("not the file that was executed");
	s.image.exe_deleted = true;
	MUST("has no file");
	s.image.exe_memfd = true;
	MUST("has no file");
	s.process.credentials_known = false;
	MUST("its user is not known");
	s.image.exe = BYTES_NONE;
	MUST("looks like no installer");
	s.image.argv = BYTES_NONE;
	MUST("looks like no installer");
	s.image.cwd = BYTES_NONE;
	s.image.argv = BYTES_LIT("bin/python3\0bin/pip\0");
	MUST("its working directory is not known");
	s.writer.process = NULL;
	MUST("who wrote it is not known");
	assert_null(in.name);
	drain(&s);
}

/* The parent was made genuine only afterwards, or is another's. */
static void borrowed_parent(void **state)
{
	static const struct row row = {
		PY, { "/usr/bin/python3", "-c", ENSUREPIP }, .parent_exe = PY,
		.parent_argv = { "/usr/bin/python3", "-m", "ensurepip" },
	};
	const struct bytes target = BYTES_LIT("/a/site-packages/x.pth");
	const struct world *w = *state;
	_cleanup_region_ struct region region = REGION_INIT;
	struct installer in;
	struct subject s;

	fill(w, &row, &s);
	assert_int_equal(identify(&s.writer, w->fd, target, w->uid, &region, &in), 0);
	assert_true(in.verified);
	s.parent_image.exec_ns = 26;
	MUST("only after it had started it");
	s.parent.euid = 4711;
	MUST("another user's");
	s.parent_image.environ = BYTES_LIT("PYTHONPATH=/tmp\0");
	MUST("not a genuine ensurepip: PYTHONPATH");
	chmod_at(w, "/tmp/tmpabc/pip-23.0.1-py3-none-any.whl", 0666);
	MUST("the wheel");
	drain(&s);
}

/* Nothing of this may hang, crash or be believed. */
static void hostile(void **state)
{
	static const struct row loops[] = {
		{ PY, { "/usr/bin/python3", "/loop/a" "/pip" }, .name = "pip", .reason = "is not there" },
		{ PY, { "/usr/bin/python3", "/fifo/pip" }, .name = "pip", .reason = "not a regular file" },
		{ PY, { "/usr/bin/python3", "/usr/bin/python3.11/pip" }, .name = "pip", .reason = "is not there" },
		{ PY, { "/usr/bin/python3", "../../../../usr/bin/pip", "install" }, .cwd = "/srv/v", .name = "pip", .verified = true },
		{ PY, { "/srv/v/bin/python3", "/srv/v/bin/pip3" }, .name = "pip", .reason = "too large" },
	};
	const struct world *w = *state;
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_str_ struct str long_path = STR_INIT, many = STR_INIT;
	struct installer in;
	struct subject s;
	char *big;

	put(w, "/loop/a", "-> b", 0);
	put(w, "/loop/b", "-> a", 0);
	parents(w, "/fifo/pip");
	assert_int_equal(mkfifoat(w->fd, "fifo/pip", 0600), 0);
	assert_int_equal(fchownat(w->fd, "fifo/pip", w->uid, w->uid, 0), 0);
	big = malloc(INSTALLER_SCRIPT_MAX + 2);
	assert_non_null(big);
	memset(big, '#', INSTALLER_SCRIPT_MAX + 1);
	big[INSTALLER_SCRIPT_MAX + 1] = '\0';
	put(w, "/srv/v/bin/pip3", big, 0755);
	free(big);
	CHECK(w, loops);

	fill(w, &loops[0], &s);
	for (int i = 0; i < 200000; i++)
		assert_int_equal(str_append_text(&long_path, "/a"), 0);
	assert_int_equal(str_append_text(&long_path, "/pip"), 0);
	assert_int_equal(str_append_text(&many, "/usr/bin/python3"), 0);
	assert_int_equal(str_append_char(&many, '\0'), 0);
	assert_int_equal(str_append_bytes(&many, str_bytes(&long_path)), 0);
	assert_int_equal(str_append_char(&many, '\0'), 0);
	s.image.argv = str_bytes(&many);
	assert_int_equal(identify(&s.writer, w->fd, str_bytes(&long_path), w->uid, &region, &in), 0);
	assert_false(in.verified);
	for (size_t i = 0; i < in.reason_count; i++)
		assert_true(in.reasons[i].len < 1024);

	/* Options without end, without a value, without a letter. */
	str_clear(&many);
	assert_int_equal(str_append(&many, "python3", 8), 0);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(str_append(&many, "-B", 3), 0);
	assert_int_equal(str_append(&many, "-m\0pip", 7), 0);
	s.image.argv = str_bytes(&many);
	assert_int_equal(identify(&s.writer, w->fd, BYTES_LIT("/x"), w->uid, &region, &in), 0);
	assert_null(in.name);
	s.image.argv = BYTES_LIT("python3\0-m");
	assert_int_equal(identify(&s.writer, w->fd, BYTES_NONE, w->uid, &region, &in), 0);
	assert_null(in.name);
	s.image.argv = BYTES_LIT("\0\0-\0");
	assert_int_equal(identify(&s.writer, w->fd, BYTES_NONE, w->uid, &region, &in), 0);
	assert_null(in.name);
	s.image.argv = BYTES_LIT("python3\0-m\0pip\0");
	s.image.cwd = BYTES_LIT("/\0/x");
	assert_int_equal(identify(&s.writer, w->fd, BYTES_LIT("/x\0y/site-packages/z"), w->uid, &region, &in), 0);
	assert_false(in.verified);
	drain(&s);
}

/* A working directory that cannot be searched to its end is not believed. */
static void crowded_working_directory(void **state)
{
	static const struct row rows[] = {
		{ PY, { "python3", "-m", "pip" }, .cwd = "/crowd", .name = "pip", .reason = "too large to be searched" },
	};
	const struct world *w = *state;
	char path[64];

	put(w, "/crowd/0", "", 0644);
	for (int i = 1; i <= INSTALLER_ENTRIES_MAX; i++) {
		snprintf(path, sizeof(path), "crowd/%d", i);
		assert_int_equal(linkat(w->fd, "crowd/0", w->fd, path, 0), 0);
	}
	CHECK(w, rows);
}

#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define LONG "/srv/" X50 X50 "/" X50 X50 "/" X50 X50
#define LONG_SITE LONG "/lib/python3.11/site-packages/"

/* A reason cuts a path; what is looked for is not cut. */
static void long_paths(void **state)
{
	static const struct row good[] = {
		{ LONG "/bin/python3.11", { LONG "/bin/python3.11", LONG "/bin/pip", "install", "x" }, .target = LONG_SITE "y.pth",
		  .name = "pip", .verified = true },
	};
	static const struct {
		const char *path, *content, *reason;
	} bad[] = {
		{ LONG "/lib/python311.zip", "", "stands before the standard library" },
		{ LONG "/lib/python3.11/sitecustomize.py", "x = 1\n", "also runs /srv/x" },
		{ LONG "/lib/python3.11/re.py", "x = 1\n", "re.py in the directory of the script" },
		{ LONG "/added/_manylinux.py", "x = 1\n", "leads its interpreter to" },
	};
	const struct world *w = *state;

	put(w, LONG "/bin/python3.11", "\177ELF" "Py_BytesMain 3.11", 0755);
	put(w, LONG "/bin/pip", PIP_SCRIPT(LONG "/bin/python3.11"), 0755);
	put(w, LONG "/bin/re.py", "", 0644);
	put(w, LONG_SITE "pip/__init__.py", "", 0644);
	put(w, LONG_SITE "pip-23.dist-info/RECORD", "pip/__init__.py" EMPTY, 0644);
	put(w, LONG_SITE "p.pth", LONG "/added\n", 0644);
	CHECK(w, good);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct row row = good[0];

		put(w, bad[i].path, bad[i].content, 0644);
		row.verified = false;
		row.reason = bad[i].reason;
		check_rows(w, &row, 1, bad[i].path + sizeof(LONG) - 1);
		assert_int_equal(unlinkat(w->fd, bad[i].path + 1, 0), 0);
	}
	CHECK(w, good);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown), \
		cmocka_unit_test_setup_teardown(f, setup_user, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(genuine),
		TEST(genuine_system),
		TEST(setup_py),
		TEST(other_business),
		TEST(managed),
		TEST(inside),
		TEST(inside_recorded),
		TEST(inside_many_lines),
		TEST(inside_of_the_system),
		TEST(bad_is_remembered),
		TEST(too_much),
		TEST(inside_known),
		TEST(inside_lost),
		TEST(changed_since),
		TEST(upgraded),
		TEST(link_turned),
		TEST(places),
		cmocka_unit_test_setup_teardown(lost_since, setup, teardown),
		TEST(pretended),
		TEST(writable_by_others),
		TEST(groups_and_owners),
		TEST(root_trusts_root_only),
		TEST(working_directory),
		TEST(facts_that_are_missing),
		TEST(borrowed_parent),
		TEST(hostile),
		TEST(long_paths),
		cmocka_unit_test_setup_teardown(crowded_working_directory, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
