/* installer_table.c - data: which installers there are, and what tells them.
 *
 * Adding one is an entry here and a row in tests/unit/test_installer.c.  What the
 * fields of an entry mean is said in installer_private.h; no code belongs here.
 */
#include "installer_private.h"

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

const struct entry installer_entries[] = {
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
	{ .name = NULL },
};

/* Where a distribution keeps these programs: the very directories, since anybody who may write below
 * /usr/lib can make another.  Those of the stores are found by what they begin with. */
const char *const installer_system_dirs[] = {
	"/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/libexec", "/usr/lib/snapd", "/usr/libexec/snapd",
	"/usr/lib/packagekit", "/usr/lib/PackageKit", "/usr/lib/zypp", "/usr/lib/flatpak", NULL,
};
const char *const installer_system_stores[] = {
	"/nix/store/", "/gnu/store/", "/snap/snapd/", "/snap/core/", NULL,
};

/* Variables that make a genuine interpreter run other code; see python(1).
 * PYTHONWARNINGS is looked at on its own. */
const char *const installer_python_variables[] = {
	"PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONEXECUTABLE", "PYTHONUSERBASE",
	"PYTHONPLATLIBDIR", "PYTHONPYCACHEPREFIX", "PYTHON_PRESITE", "__PYVENV_LAUNCHER__", NULL,
};

/* And any program, see ld.so(8). */
const char *const installer_loader_variables[] = { "LD_PRELOAD", "LD_AUDIT", "LD_LIBRARY_PATH", NULL };
