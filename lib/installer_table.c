/* installer_table.c - data: which installers there are, and what tells them.
 *
 * Adding one is an entry here and a row in tests/unit/test_installer.c.  What the
 * fields of an entry mean is said in installer_private.h; no code belongs here.
 *
 * References: the subcommands and options are from each tool's own help and man page.
 *
 * A marker is a text that this program holds and no sibling of it, since a sibling is what may lie
 * in its place: not `dpkg-deb` for dpkg, not the name of a library that others link, not the import
 * path of a Go package that docker(1) has, too.  A text of its own command line is best; of Go
 * programs the names of functions stay in the table that a trace needs, also when stripped.
 * Looked up in Debian 12's programs, and not found in each other, in bash, cp, python3.11, perl,
 * git, gcc-12 and docker(1) 28: dpkg, rpm, packagekitd, pacman, zypper, nix, snapd, flatpak, its
 * helper, dockerd, containerd, podman, buildah, skopeo.  Only in the public sources, no program at
 * hand: uv, rye, maturin, mamba and micromamba, pixi, zypp-rpm, rpm-ostree, dnf5 and its daemon,
 * microdnf, apk, guix-daemon, buildkitd, crio, and the second marker of dockerd (moby 29).
 */
#include "installer_private.h"

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define ANY_OPTION LIST("*")

/* ---- where they write ------------------------------------------------------- */

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
/* The lists of path lines of `develop` and of eggs (setuptools/command/easy_install.py). */
static const struct habitat setuptools_writes[] = {
	{ HABITAT_NAME, "easy-install.pth" }, { HABITAT_NAME, "setuptools.pth" }, { HABITAT_SUFFIX, ".egg-link" }, { 0 }
};
/* virtualenv unpacks its seeds (pip, setuptools) once and copies them from there. */
static const struct habitat virtualenv_writes[] = {
	IN_VENV, { HABITAT_CONTAINS, "/virtualenv/wheel/" }, { 0 }
};
/* A hard link into its cache is how uv installs; uv python install unpacks
 * whole Pythons. */
static const struct habitat uv_writes[] = {
	IN_VENV, { HABITAT_CONTAINS, "/uv/archive-v0/" }, { HABITAT_CONTAINS, "/uv/builds-v0/" },
	{ HABITAT_CONTAINS, "/uv/environments-v" }, { HABITAT_CONTAINS, "/uv/python/" }, { 0 }
};
/* rye keeps its Pythons there. */
static const struct habitat rye_writes[] = { IN_VENV, { HABITAT_CONTAINS, "/.rye/py/" }, { 0 } };
/* conda owns all of a prefix, the standard library too. */
static const struct habitat conda_writes[] = {
	IN_VENV, { HABITAT_BESIDE, "conda-meta" }, { HABITAT_CONTAINS, "/pkgs/" },
	{ HABITAT_CONTAINS, "/rattler/cache/" }, { 0 }
};
static const struct habitat pyc_writes[] = {
	{ HABITAT_CONTAINS, "/__pycache__/" }, { HABITAT_SUFFIX, ".pyc" }, { HABITAT_SUFFIX, ".pyo" }, { 0 }
};
static const struct habitat flatpak_writes[] = {
	{ HABITAT_CONTAINS, "/var/lib/flatpak/" }, { HABITAT_CONTAINS, "/.local/share/flatpak/" },
	{ HABITAT_CONTAINS, "/var/tmp/flatpak-cache-" }, { 0 }
};
static const struct habitat store_writes[] = {
	{ HABITAT_CONTAINS, "/nix/store/" }, { HABITAT_CONTAINS, "/gnu/store/" }, { 0 }
};
/* The layers of images: drivers overlay2, vfs, btrfs, zfs of Docker, the snapshotters of
 * containerd, the drivers of containers/storage. */
static const struct habitat image_writes[] = {
	{ HABITAT_BELOW, "overlay2/*/diff" }, { HABITAT_BELOW, "overlay/*/diff" }, { HABITAT_BELOW, "vfs/dir/*" },
	{ HABITAT_BELOW, "btrfs/subvolumes/*" }, { HABITAT_BELOW, "zfs/graph/*" },
	{ HABITAT_BELOW, "snapshots/*/fs" }, { HABITAT_BELOW, "snapshots/snapshots/*/fs" },
	{ HABITAT_BELOW, "tmpmounts/*" }, { 0 }
};

/* ---- the arguments with which they write ---------------------------------------- */

/* pip/_internal/cli/cmdoptions.py, general_group. */
static const struct grammar pip_grammar = {
	.verbs = LIST("install", "uninstall"),
	/* They make the requirements of a build. */
	.building = LIST("wheel", "download", "lock"),
	.building_writes = build_env_writes,
	.flags = LIST("-h", "--help", "--debug", "--isolated", "--require-virtualenv", "--require-venv", "-v", "--verbose",
		      "-q", "--quiet", "--no-input", "--no-cache-dir", "--disable-pip-version-check", "--no-color",
		      "--no-python-version-warning"),
	.valued = LIST("--python", "--log", "--log-file", "--local-log", "--keyring-provider", "--proxy", "--retries",
		       "--timeout", "--default-timeout", "--exists-action", "--trusted-host", "--cert", "--client-cert",
		       "--cache-dir", "--use-feature", "--use-deprecated", "--resume-retries"),
};
static const struct grammar pipx_grammar = {
	.verbs = LIST("install", "install-all", "inject", "uninject", "upgrade", "upgrade-all", "upgrade-shared",
		      "uninstall", "uninstall-all", "reinstall", "reinstall-all", "run", "runpip", "ensurepath"),
	.flags = LIST("--quiet", "-q", "--verbose", "-v", "--global"),
};
static const struct grammar poetry_grammar = {
	.verbs = LIST("install", "add", "remove", "update", "sync", "self", "env use", "run", "shell", "build", "lock"),
	.valued = LIST("-C", "--directory", "-P", "--project"),
	.flags = LIST("-q", "--quiet", "-v", "--verbose", "-n", "--no-interaction", "--ansi", "--no-ansi", "--no-plugins",
		      "--no-cache"),
};
static const struct grammar pdm_grammar = {
	.verbs = LIST("install", "add", "remove", "update", "sync", "use", "venv create", "run", "build", "lock", "self",
		      "plugin", "init", "import", "fix", "python", "py"),
	.valued = LIST("-c", "--config"),
	.flags = LIST("-I", "--ignore-python", "--no-cache", "-n", "--non-interactive", "-q", "--quiet", "-v", "--verbose"),
};
static const struct grammar hatch_grammar = {
	.verbs = LIST("env create", "env remove", "env run", "env prune", "run", "shell", "test", "fmt", "build", "dep",
		      "python install", "python update", "publish", "version"),
	.valued = LIST("-e", "--env", "-p", "--project", "--config", "--data-dir", "--cache-dir"),
	.flags = LIST("-v", "--verbose", "-q", "--quiet", "--color", "--no-color", "--interactive", "--no-interactive"),
};
/* crates/uv-cli/src/lib.rs, GlobalArgs. */
static const struct grammar uv_grammar = {
	.verbs = LIST("pip install", "pip sync", "pip uninstall", "pip compile", "sync", "add", "remove", "venv", "run",
		      "tool install", "tool upgrade", "tool uninstall", "tool run", "tool uvx", "python install",
		      "python upgrade", "python uninstall", "build", "lock", "export", "init"),
	.valued = LIST("--cache-dir", "--config-file", "--directory", "--project", "--color", "--python-preference",
		       "--python-fetch", "--allow-insecure-host", "--preview-features"),
	.flags = LIST("-q", "--quiet", "-v", "--verbose", "-n", "--no-cache", "--no-cache-dir", "--offline", "--no-progress",
		      "--native-tls", "--system-certs", "--no-config", "--no-python-downloads", "--managed-python",
		      "--no-managed-python", "--preview", "--no-preview", "--no-color"),
};
static const struct grammar rye_grammar = {
	.verbs = LIST("sync", "add", "remove", "install", "uninstall", "tools install", "tools uninstall", "toolchain fetch",
		      "fetch", "self update", "init", "build", "run", "lock", "test", "lint", "fmt"),
};
static const struct grammar maturin_grammar = { .verbs = LIST("develop", "dev"), .flags = LIST("-v", "--verbose", "-q") };
static const struct grammar conda_grammar = {
	.verbs = LIST("install", "create", "update", "upgrade", "remove", "uninstall", "rename", "env create", "env update",
		      "env remove", "self-update", "clean"),
	.valued = LIST("-n", "--name", "-p", "--prefix", "-r", "--root-prefix", "--rc-file", "--log-level"),
	.flags = LIST("-v", "--verbose", "-q", "--quiet", "-y", "--yes", "--no-plugins", "--json", "--offline", "--no-rc",
		      "--no-env", "--experimental"),
};
static const struct grammar pixi_grammar = {
	.verbs = LIST("install", "add", "remove", "update", "upgrade", "global", "run", "shell", "shell-hook", "exec", "x",
		      "reinstall", "lock", "init", "self-update"),
	.valued = LIST("--color"),
	.flags = LIST("-v", "--verbose", "-q", "--quiet", "--no-progress"),
};
/* pip/_internal/utils/setuptools_build.py: make_setuptools_develop_args(), _install_args(). */
static const struct grammar setuptools_grammar = { .verbs = LIST("develop", "install"), .flags = ANY_OPTION, .anywhere = true };

static const struct grammar dpkg_grammar = {
	.verbs = LIST("-i", "--install", "--unpack", "--configure", "-r", "--remove", "-P", "--purge", "--triggers-only",
		      "-A", "--record-avail"),
};
static const struct grammar rpm_grammar = {
	.verbs = LIST("-i", "--install", "-U", "--upgrade", "-F", "--freshen", "-e", "--erase", "--reinstall", "--restore"),
	/* It asks; or it runs macros and Lua of another's (rpm-lua(7)). */
	.without = LIST("-q", "--query", "-V", "--verify", "--querytags", "--showrc", "--eval", "-E", "--define", "-D",
			"--load", "--pipe", "--macros", "--rcfile"),
};
static const struct grammar pacman_grammar = {
	.verbs = LIST("-S", "--sync", "-U", "--upgrade", "-R", "--remove"),
	.without = LIST("-Q", "--query", "-F", "--files", "-T", "--deptest", "-D", "--database"),
};
/* apk-tools 2 and 3: apk(8), GLOBAL OPTIONS. */
static const struct grammar apk_grammar = {
	.verbs = LIST("add", "del", "upgrade", "fix", "mkndx"),
	.valued = LIST("-p", "--root", "-X", "--repository", "--arch", "--cache-dir", "--cache-max-age", "--keys-dir",
		       "--repositories-file", "--repository-config", "--progress-fd", "--timeout", "--wait"),
	.flags = ANY_OPTION,
};
static const struct grammar dnf_grammar = {
	.verbs = LIST("install", "localinstall", "reinstall", "upgrade", "update", "upgrade-minimal", "update-minimal",
		      "downgrade", "remove", "erase", "autoremove", "distro-sync", "dsync", "distribution-synchronization",
		      "group", "groupinstall", "swap", "module", "history", "offline", "offline-upgrade", "system-upgrade",
		      "builddep", "shell", "do", "environment", "in", "up", "dg", "rm", "rei", "upg"),
	.valued = LIST("-c", "--config", "--installroot", "--releasever", "--repo", "--repoid", "--enablerepo",
		       "--disablerepo", "-x", "--exclude", "--excludepkgs", "--disableexcludes", "--disableexcludepkgs",
		       "--setopt", "--repofrompath", "--forcearch", "-d", "--debuglevel", "-e", "--errorlevel",
		       "--rpmverbosity", "-R", "--randomwait", "--color", "--comment", "--destdir", "--downloaddir",
		       "--advisory", "--bz", "--cve", "--sec-severity", "--secseverity", "--enableplugin",
		       "--disableplugin", "--use-host-config"),
	.flags = ANY_OPTION,
	/* Plugins from elsewhere (dnf.conf(5)): "--setopt=pluginpath=X", "--setopt" "pluginpath=X". */
	.without = LIST("--setopt=pluginpath", "pluginpath", "--setopt=pluginconfpath", "pluginconfpath"),
};
/* zypper(8), GLOBAL OPTIONS. */
static const struct grammar zypper_grammar = {
	.verbs = LIST("install", "in", "remove", "rm", "update", "up", "dist-upgrade", "dup", "patch", "source-install", "si",
		      "install-new-recommends", "inr", "verify", "ve", "removeptf"),
	.valued = LIST("-R", "--root", "--installroot", "-c", "--config", "-C", "--cache-dir", "--raw-cache-dir",
		       "--solv-cache-dir", "--pkg-cache-dir", "-D", "--reposd-dir", "--plus-repo", "-p", "--plus-content",
		       "--userdata", "--releasever", "--gpg-auto-import-keys"),
	.flags = ANY_OPTION,
};
static const struct grammar flatpak_grammar = {
	.verbs = LIST("install", "update", "upgrade", "uninstall", "remove", "repair", "create-usb"),
	.valued = LIST("--installation", "--arch"),
	.flags = ANY_OPTION,
};

/* ---- the entries ------------------------------------------------------------------ */

#define OWN_CODE "runs the code of the package that is installed, not the installer's"
#define CONFIGURATION "configuration management informs, it exempts nothing"

#define PIP_IMPORTS \
	{ "from pip._internal.cli.main import main", "from pip._internal.main import main", \
	  "from pip._internal import main", "from pip import main" }
#define SYSTEM (ENTRY_ROOT | ENTRY_SYSTEM)

const struct entry installer_entries[] = {
	/* What runs below an installer and is none: a setup.py may write anything.  Only the lists of
	 * path lines are believed that `develop` and `install` write. */
	{ .name = "setuptools", .kind = KIND_SHIM, .parent = "pip", .package = "setuptools/__init__.py",
	  .grammar = &setuptools_grammar, .writes = setuptools_writes, .otherwise = "setup.py " OWN_CODE,
	  .flags = ENTRY_PATH_LINES | ENTRY_ANY_CWD },
	{ .name = "setuptools", .kind = KIND_SCRIPT, .names = { "setup.py" }, .package = "setuptools/__init__.py",
	  .grammar = &setuptools_grammar, .writes = setuptools_writes, .otherwise = "setup.py " OWN_CODE,
	  .flags = ENTRY_PATH_LINES | ENTRY_OWN_SCRIPT },
	{ .name = "setuptools", .kind = KIND_CODE, .never = "setup.py " OWN_CODE,
	  .names = { "<pip-setuptools-caller>", "setuptools, tokenize;" } },
	{ .name = "build-backend", .kind = KIND_SCRIPT, .never = "a build backend " OWN_CODE,
	  .names = { "_in_process.py" } },
	{ .name = "get-pip", .kind = KIND_SCRIPT, .names = { "get-pip.py" },
	  .never = "get-pip.py carries a pip of its own, which cannot be checked" },
	{ .name = "pip", .kind = KIND_SCRIPT, .names = { "pip.pyz" },
	  .never = "pip.pyz is a pip in one file, which cannot be checked" },

	{ .name = "pip", .kind = KIND_FILE, .writes = pip_writes, .grammar = &pip_grammar,
	  .names = { "-packages/pip/__pip-runner__.py", "-packages/pip/__main__.py" }, .flags = ENTRY_RECORDED | ENTRY_SITES },
	/* pip before 22.2 ran its own directory for the requirements of a build ... */
	{ .name = "pip", .kind = KIND_FILE, .writes = pip_writes, .grammar = &pip_grammar, .names = { "-packages/pip" },
	  .flags = ENTRY_RECORDED | ENTRY_SITES },
	/* ... or, 21.0 to 21.3, a zip of it in a temporary directory. */
	{ .name = "pip", .kind = KIND_FILE, .names = { "/__env_pip__.zip/pip" },
	  .never = "it runs a pip in a zip, which cannot be checked" },
	{ .name = "pip", .kind = KIND_SCRIPT, .names = { "pip" }, .package = "pip/__init__.py", .writes = pip_writes,
	  .grammar = &pip_grammar, .texts = PIP_IMPORTS, .flags = ENTRY_RECORDED | ENTRY_SITES },
	/* Ansible's module pip (plugins/modules/pip.py, _get_pip()) runs pip.__main__. */
	{ .name = "pip", .kind = KIND_MODULE, .names = { "pip", "pip.__main__" }, .package = "pip/__init__.py",
	  .grammar = &pip_grammar, .writes = pip_writes, .flags = ENTRY_RECORDED | ENTRY_SITES | ENTRY_LINKED },

	{ .name = "ensurepip", .kind = KIND_MODULE, .names = { "ensurepip" }, .package = "ensurepip/__init__.py",
	  .flags = ENTRY_STDLIB, .writes = site_writes },
	{ .name = "ensurepip", .kind = KIND_ENSUREPIP, .parent = "ensurepip", .writes = site_writes },
	{ .name = "venv", .kind = KIND_MODULE, .names = { "venv" }, .package = "venv/__init__.py",
	  .flags = ENTRY_STDLIB, .writes = venv_writes },

	{ .name = "virtualenv", .kind = KIND_SCRIPT, .names = { "virtualenv" },
	  .package = "virtualenv/__init__.py", .writes = virtualenv_writes,
	  .texts = { "from virtualenv.__main__ import run_with_catch", "from virtualenv import main" } },
	{ .name = "virtualenv", .kind = KIND_MODULE, .names = { "virtualenv" },
	  .package = "virtualenv/__init__.py", .writes = virtualenv_writes },
	{ .name = "pipx", .kind = KIND_SCRIPT, .names = { "pipx" }, .package = "pipx/__init__.py",
	  .grammar = &pipx_grammar, .texts = { "from pipx.main import cli" }, .writes = venv_writes },
	{ .name = "pipx", .kind = KIND_MODULE, .names = { "pipx" }, .package = "pipx/__init__.py",
	  .grammar = &pipx_grammar, .writes = venv_writes },
	{ .name = "poetry", .kind = KIND_SCRIPT, .names = { "poetry" }, .package = "poetry/console/application.py",
	  .grammar = &poetry_grammar, .writes = virtualenv_writes,
	  .texts = { "from poetry.console.application import main", "from poetry.console import main" } },
	{ .name = "poetry", .kind = KIND_MODULE, .names = { "poetry" }, .package = "poetry/console/application.py",
	  .grammar = &poetry_grammar, .writes = virtualenv_writes },
	/* A namespace package: there is no pdm/__init__.py.  Plugins of the project are put onto
	 * its path (pdm/core.py, load_plugins()). */
	{ .name = "pdm", .kind = KIND_SCRIPT, .names = { "pdm" }, .package = "pdm/core.py", .local = { ".pdm-plugins" },
	  .grammar = &pdm_grammar, .writes = virtualenv_writes,
	  .texts = { "from pdm.core import main", "from pdm.__main__ import main" } },
	{ .name = "pdm", .kind = KIND_MODULE, .names = { "pdm" }, .package = "pdm/core.py", .local = { ".pdm-plugins" },
	  .grammar = &pdm_grammar, .writes = virtualenv_writes },
	/* These make virtual environments in their own process, with virtualenv or venv.  tox 4 imports
	 * a toxfile.py (tox/plugin/inline.py). */
	{ .name = "tox", .kind = KIND_SCRIPT, .names = { "tox" }, .package = "tox/__init__.py",
	  .local = { "toxfile.py", "☣.py" }, .writes = virtualenv_writes,
	  .texts = { "from tox.run import run", "from tox import cmdline" } },
	{ .name = "tox", .kind = KIND_MODULE, .names = { "tox" }, .package = "tox/__init__.py",
	  .local = { "toxfile.py", "☣.py" }, .writes = virtualenv_writes },
	{ .name = "hatch", .kind = KIND_SCRIPT, .names = { "hatch" }, .package = "hatch/__init__.py",
	  .grammar = &hatch_grammar, .texts = { "from hatch.cli import main" }, .writes = virtualenv_writes },
	{ .name = "hatch", .kind = KIND_MODULE, .names = { "hatch" }, .package = "hatch/__init__.py",
	  .grammar = &hatch_grammar, .writes = virtualenv_writes },
	{ .name = "build", .kind = KIND_SCRIPT, .names = { "pyproject-build" }, .package = "build/__init__.py",
	  .texts = { "from build.__main__ import entrypoint" }, .writes = virtualenv_writes },
	{ .name = "build", .kind = KIND_MODULE, .names = { "build" }, .package = "build/__init__.py",
	  .writes = virtualenv_writes },
	{ .name = "installer", .kind = KIND_MODULE, .names = { "installer" }, .package = "installer/__init__.py",
	  .writes = site_writes },

	{ .name = "uv", .kind = KIND_NATIVE, .names = { "uv" }, .writes = uv_writes, .grammar = &uv_grammar,
	  .markers = { "An extremely fast Python package manager." } },
	{ .name = "rye", .kind = KIND_NATIVE, .names = { "rye" }, .writes = rye_writes, .grammar = &rye_grammar,
	  .markers = { "Updated self-python installation at" } },
	{ .name = "maturin", .kind = KIND_NATIVE, .names = { "maturin" }, .writes = site_writes,
	  .grammar = &maturin_grammar, .markers = { "Build and publish crates with pyo3" } },

	{ .name = "conda", .kind = KIND_SCRIPT, .names = { "conda" }, .package = "conda/__init__.py",
	  .grammar = &conda_grammar, .texts = { "from conda.cli import main", "from conda.cli.main import main" },
	  .writes = conda_writes },
	{ .name = "conda", .kind = KIND_MODULE, .names = { "conda" }, .package = "conda/__init__.py",
	  .grammar = &conda_grammar, .writes = conda_writes },
	{ .name = "mamba", .kind = KIND_SCRIPT, .names = { "mamba" }, .package = "mamba/__init__.py",
	  .grammar = &conda_grammar, .texts = { "from mamba.mamba import main" }, .writes = conda_writes },
	{ .name = "mamba", .kind = KIND_NATIVE, .names = { "mamba" }, .writes = conda_writes,
	  .grammar = &conda_grammar, .markers = { "using micromamba in constructor" } },
	{ .name = "micromamba", .kind = KIND_NATIVE, .names = { "micromamba" }, .writes = conda_writes,
	  .grammar = &conda_grammar, .markers = { "using micromamba in constructor" } },
	{ .name = "pixi", .kind = KIND_NATIVE, .names = { "pixi" }, .writes = conda_writes, .grammar = &pixi_grammar,
	  .markers = { "Developer Workflow and Environment Management for" } },

	/* py3compile writes in its child `python3.11 -m py_compile -`. */
	{ .name = "compileall", .kind = KIND_MODULE, .names = { "compileall" }, .package = "compileall.py",
	  .flags = ENTRY_STDLIB, .writes = pyc_writes },
	{ .name = "compileall", .kind = KIND_MODULE, .names = { "py_compile" }, .package = "py_compile.py",
	  .flags = ENTRY_STDLIB, .writes = pyc_writes },

	/* The system's package managers. */
	/* Only the one that unpacks: apt leaves that to it, and dpkg-divert and dpkg-deb write what
	 * they are told to, where they are told to. */
	{ .name = "dpkg", .kind = KIND_NATIVE, .flags = SYSTEM, .names = { "dpkg" }, .grammar = &dpkg_grammar,
	  .markers = { "package management program version" } },
	{ .name = "rpm", .kind = KIND_NATIVE, .flags = SYSTEM, .names = { "rpm" }, .grammar = &rpm_grammar,
	  .markers = { "only installation and upgrading may be forced" } },
	/* zypper's: it is told over its standard input what to do. */
	{ .name = "rpm", .kind = KIND_NATIVE, .flags = SYSTEM, .names = { "zypp-rpm" },
	  .markers = { "Running zypp-rpm directly from the console is not supported" } },
	{ .name = "rpm", .kind = KIND_NATIVE, .flags = SYSTEM, .names = { "rpm-ostree" },
	  .markers = { "Remove overlayed additional package" } },
	{ .name = "dnf", .kind = KIND_NATIVE, .flags = SYSTEM, .names = { "dnf5" }, .grammar = &dnf_grammar,
	  .markers = { "DNF5 is a program for maintaining packages." } },
	{ .name = "dnf", .kind = KIND_NATIVE, .flags = SYSTEM, .names = { "microdnf" }, .grammar = &dnf_grammar,
	  .markers = { "This is microdnf, which implements subset of" } },
	{ .name = "dnf", .kind = KIND_NATIVE, .flags = SYSTEM, .names = { "dnf5daemon-server" },
	  .markers = { "org.rpm.dnf.v0.rpm.execute_transaction" } },
	{ .name = "dnf", .kind = KIND_SCRIPT, .flags = SYSTEM, .names = { "dnf" }, .package = "dnf/__init__.py",
	  .grammar = &dnf_grammar, .texts = { "from dnf.cli import main" } },
	{ .name = "yum", .kind = KIND_SCRIPT, .flags = SYSTEM, .names = { "yum" }, .grammar = &dnf_grammar,
	  .texts = { "import yummain", "from dnf.cli import main" } },
	{ .name = "zypper", .kind = KIND_NATIVE, .flags = SYSTEM, .names = { "zypper" }, .grammar = &zypper_grammar,
	  .markers = { "ZYPP_LOCKFILE_ROOT" } },
	{ .name = "packagekit", .kind = KIND_NATIVE, .flags = SYSTEM, .names = { "packagekitd" },
	  .markers = { "org.freedesktop.PackageKit.Transaction.NotSupported" } },
	{ .name = "pacman", .kind = KIND_NATIVE, .flags = SYSTEM, .names = { "pacman" }, .grammar = &pacman_grammar,
	  .markers = { "only one operation may be used at a time" } },
	{ .name = "apk", .kind = KIND_NATIVE, .flags = SYSTEM, .names = { "apk", "apk.static" }, .grammar = &apk_grammar,
	  .markers = { "force-missing-repositories" } },
	{ .name = "snapd", .kind = KIND_NATIVE, .flags = SYSTEM, .names = { "snapd" },
	  .markers = { "github.com/snapcore/snapd/overlord/snapstate" } },

	/* These have places of their own, which may be a user's. */
	{ .name = "nix", .kind = KIND_NATIVE, .flags = ENTRY_ROOT, .writes = store_writes,
	  .names = { "nix-daemon", "nix", "nix-store", "nix-build", "nix-env" },
	  .markers = { "src/nix-store/nix-store.cc", "nix-collect-garbage" } },
	{ .name = "guix", .kind = KIND_NATIVE, .flags = ENTRY_ROOT, .names = { "guix-daemon" }, .writes = store_writes,
	  .markers = { "perform derivation builds and store accesses" } },
	{ .name = "flatpak", .kind = KIND_NATIVE, .flags = ENTRY_ROOT, .names = { "flatpak" }, .writes = flatpak_writes,
	  .grammar = &flatpak_grammar, .markers = { "'%s' is not a flatpak command" } },
	{ .name = "flatpak", .kind = KIND_NATIVE, .flags = ENTRY_ROOT, .names = { "flatpak-system-helper" },
	  .writes = flatpak_writes, .markers = { "Flatpak system helper" } },

	/* Container engines unpack images; in their layers they may write what they like.  The
	 * helpers (docker-untar, storage-applyLayer) are the engine's own program under another argv[0]. */
	{ .name = "docker", .kind = KIND_NATIVE, .flags = ENTRY_ROOT, .names = { "dockerd" }, .writes = image_writes,
	  .markers = { "github.com/docker/docker/daemon.(*Daemon)", "github.com/moby/moby/v2/daemon.(*Daemon)" } },
	{ .name = "containerd", .kind = KIND_NATIVE, .flags = ENTRY_ROOT, .names = { "containerd" },
	  .writes = image_writes, .markers = { "/cmd/containerd/command." } },
	{ .name = "buildkit", .kind = KIND_NATIVE, .flags = ENTRY_ROOT, .names = { "buildkitd" },
	  .writes = image_writes, .markers = { "buildkitd.lock" } },
	{ .name = "podman", .kind = KIND_NATIVE, .flags = ENTRY_ROOT, .names = { "podman", "buildah", "skopeo" },
	  .writes = image_writes, .markers = { "/cmd/podman/registry.", "github.com/containers/buildah/cmd/buildah",
		       "github.com/containers/skopeo/cmd/skopeo" } },
	{ .name = "cri-o", .kind = KIND_NATIVE, .flags = ENTRY_ROOT, .names = { "crio" }, .writes = image_writes,
	  .markers = { "github.com/cri-o/cri-o/server.(*Server)" } },

	/* ansible runs each module as a script in a directory of its own, which it removes afterwards. */
	{ .name = "ansible", .kind = KIND_SCRIPT, .names = { "AnsiballZ_*" }, .place = "/ansible-tmp-",
	  .flags = ENTRY_MANAGED | ENTRY_OWN_SCRIPT | ENTRY_FLEETING, .never = CONFIGURATION },
	{ .name = "ansible", .kind = KIND_TOOL, .flags = ENTRY_MANAGED, .never = CONFIGURATION,
	  .names = { "ansible", "ansible-playbook", "ansible-pull", "ansible-connection" } },
	{ .name = "puppet", .kind = KIND_TOOL, .flags = ENTRY_MANAGED | ENTRY_ROOT, .never = CONFIGURATION,
	  .names = { "puppet", "puppet-agent" } },
	{ .name = "chef", .kind = KIND_TOOL, .flags = ENTRY_MANAGED | ENTRY_ROOT, .never = CONFIGURATION,
	  .names = { "chef-client", "chef-solo", "cinc-client" } },
	{ .name = "salt", .kind = KIND_TOOL, .flags = ENTRY_MANAGED | ENTRY_ROOT, .never = CONFIGURATION,
	  .names = { "salt-minion", "salt-call", "salt-master" } },
	{ .name = NULL },
};

/* ---- what else is known ------------------------------------------------------------ */

/* Where a distribution keeps these programs: the very directories, since anybody who may write below
 * /usr/lib can make another.  Those of the stores are found by what they begin with. */
const char *const installer_system_dirs[] = {
	"/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin", "/usr/local/sbin", "/usr/libexec", "/usr/lib/snapd",
	"/usr/libexec/snapd", "/usr/lib/packagekit", "/usr/lib/PackageKit", "/usr/lib/zypp", "/usr/lib/zypper",
	"/usr/lib/flatpak", "/usr/libexec/podman", NULL,
};
const char *const installer_system_stores[] = {
	"/nix/store/", "/gnu/store/", "/snap/snapd/", "/snap/core/", "/snap/docker/", "/var/lib/rancher/k3s/data/",
	"/var/lib/rancher/rke2/data/", "/opt/puppetlabs/", "/opt/chef/", "/opt/cinc/", "/opt/saltstack/", NULL,
};

/* Where people keep their own things: no package manager of the system unpacks there. */
const char *const installer_homes[] = {
	"/home/", "/root/", "/tmp/", "/var/tmp/", "/dev/shm/", "/run/user/", NULL,
};

/* Variables that make a genuine interpreter run other code; see python(1).
 * PYTHONWARNINGS is looked at on its own. */
const char *const installer_python_variables[] = {
	"PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONEXECUTABLE", "PYTHONUSERBASE",
	"PYTHONPLATLIBDIR", "PYTHONPYCACHEPREFIX", "PYTHON_PRESITE", "PYTHONINSPECT", "__PYVENV_LAUNCHER__", NULL,
};

/* And any program: ld.so(8); the C library loads a converter of gconv's (iconv(3)), OpenSSL the
 * engines and providers of its configuration (openssl-env(7)). */
const char *const installer_loader_variables[] = {
	"LD_PRELOAD", "LD_AUDIT", "LD_LIBRARY_PATH", "LD_ORIGIN_PATH", "GCONV_PATH", "OPENSSL_CONF", "OPENSSL_ENGINES",
	"OPENSSL_MODULES", NULL,
};

/* pip takes each of its options from a variable, too. */
const char *const installer_output_variables[] = { "PIP_LOG", "PIP_LOG_FILE", "PIP_REPORT", NULL };

/* What a CPython or a PyPy holds, also one that is only a front of libpython. */
const char *const installer_python_markers[] = { "Py_BytesMain", "_Py_UnixMain", "Py_Main", "pypy_main_startup", NULL };

/* Beside an interpreter they replace its whole path (Modules/getpath.py); DIR/bin is where it is. */
const char *const installer_path_files[] = { "pybuilddir.txt", "python._pth", "python3._pth", NULL };

/* Modules that no tool brings along, but that its libraries import if there are any: packaging/_manylinux.py,
 * pip/_internal/network/auth.py, pip/_internal/cli/index_command.py. */
const char *const installer_optional_modules[] = {
	"_manylinux", "keyring", "truststore", NULL,
};

/* Options of ruby and its like before the script that change nothing of what runs. */
const char *const installer_tool_options[] = { "--disable-gems", "--disable=gems", "-W0", "-w", "-W", NULL };

/* Where else than in a bin a user keeps programs: rye's shims and the uv of its own. */
const char *const installer_program_places[] = { ".rye/shims", ".rye/self", ".rye/uv/*", NULL };

/* `pip install -r <(...)` reads from /dev/fd/63. */
const char *const installer_reading_options[] = { "-r", "--requirement", "-c", "--constraint", NULL };
