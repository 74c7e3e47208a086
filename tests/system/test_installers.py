#!/usr/bin/python3
"""Every installer that can be had here, really run while the daemon watches.

For each one three things must hold: the hook that it plants is said, with the installer's name
and as verified; whoever else writes a hook meanwhile (the pip below pipx, the venv below tox) is
a verified installer, too; and nothing is said at high or above.

A tool is one entry: a generator that prepares what it needs, yields, and then runs the tool.
Where the hook is not the one file of its name below the bench, it yields its path, before or
after.  The decorator says by whom the hook is written, and who may write others beside it.  The packages
come from `packaging/install-build-deps --system`; nothing here needs the network.
"""

import glob
import os
import shutil
import subprocess
import sys

REPO = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(REPO, "tests", "live"))
from harness import (DEADLINE, PYENV, PYTHON, Daemon, Failure, Suite, Work, check, check_equal, clean_env,
                     is_serious, on_path, path_of, run, write_file)
from packages import hook_files, source_tree, wheel

HOOK = "live_hook"
ENVIRONMENT = ("venv", "ensurepip", "pip")      # who writes when an environment is made
SYSTEM_SITE = "/usr/lib/python3/dist-packages"
SYSTEM_HOOK = SYSTEM_SITE + "/" + HOOK + ".pth"
USER = 12345                                    # nobody has this id: an ordinary user for a while


class Bench:
    """Where one tool is tried: an empty directory `path`, and what the tools have in common."""

    def __init__(self, shared, name, base):
        self.shared = shared
        self.name = name
        self.path = os.path.join(base, name)
        os.mkdir(self.path)
        self.env = clean_env(self.mkdir("home"), TMPDIR=self.mkdir("tmp"))

    def join(self, *parts):
        return os.path.join(self.path, *parts)

    def mkdir(self, *parts):
        os.makedirs(self.join(*parts), exist_ok=True)
        return self.join(*parts)

    def run(self, *argv, cwd=None, user=None, **env):
        how = {"user": user, "group": user, "extra_groups": []} if user else {}
        return run(*argv, cwd=cwd or self.path, env=dict(self.env, **env), umask=0o022, **how)

    def give_away(self):
        """The bench is an ordinary user's from now on."""
        for path in (self.path, self.join("home"), self.join("tmp")):
            os.chown(path, USER, USER)

    def venv(self, *options, python=PYTHON, name="venv"):
        self.run(python, "-m", "venv", *options, self.join(name))
        return self.join(name)

    def installed(self, name=HOOK + ".pth"):
        found = [os.path.join(d, name) for d, _, names in os.walk(self.path) if name in names]
        check(len(found) == 1, "%d files called %s" % (len(found), name))
        return found[0]


class Shared:
    """What is made once: the daemon, the packages, the directories."""

    def __init__(self, work, system, daemon):
        self.work, self.system, self.daemon = work, system, daemon
        self.wheel = wheel(work)
        self.newer = wheel(work, version="2.0")
        self.wheels = work.mkdir("wheels")
        for path in [self.wheel] + glob.glob("/usr/share/python-wheels/*.whl"):
            shutil.copy(path, self.wheels)
        self.benches = {False: work.mkdir("benches"), True: system.path}


def start(work):
    # A system's package manager that writes below a temporary directory is not believed.
    system = Work("sys", base="/opt")
    try:
        with Daemon(work, watch=[work.path, system.path, SYSTEM_SITE]) as daemon:
            yield Shared(work, system, daemon)
            daemon.lost_nothing()
    finally:
        system.close()


suite = Suite("installers", fixture=start, kind="system")


def writer(alert):
    installer = alert["pyhookd"].get("installer") or {}
    return installer.get("name"), bool(installer.get("verified"))


def account(alert):
    """For a failure: what was seen of a writer, all that its verdict is made of."""
    process = alert.get("process") or {}
    return "\n        ".join(
        ["%s %s %s: %s" % (alert["pyhookd"]["level"], alert["event"]["action"], path_of(alert), writer(alert)),
         "exe %s  argv %s  cwd %s" % (process.get("executable"), process.get("args"),
                                      process.get("working_directory")),
         "below " + " < ".join(str(a.get("command_line") or a.get("executable"))[:100]
                               for a in [process.get("parent") or {}] + (process.get("ancestors") or [])[:3])] +
        (alert["pyhookd"].get("installer") or {}).get("reasons", []))


def is_compiled(alert):
    """Whoever imports a hook compiles it: not an installer's act, judged by its content."""
    return "/__pycache__/" in path_of(alert)


def is_out_of_reach(alert):
    """With the directory its owner is gone, and for him a writer would be verified."""
    return (alert["event"]["action"] == "hook-removed" and
            not os.path.isdir(os.path.dirname(path_of(alert))))


def judge(bench, mark, hook, by, also, removed):
    daemon = bench.shared.daemon
    daemon.settle(4 * DEADLINE)
    # The host has other installers that write in the meantime.
    said = [a for a in daemon.since(mark) if path_of(a) == hook or path_of(a).startswith(bench.path + "/")]
    loud = [a for a in said if is_serious(a)]
    check(not loud, "%d at high or above:\n    %s" % (len(loud), "\n    ".join(map(account, loud[:6]))))
    mine = [a for a in said if path_of(a) == hook and
            (a["event"]["action"] == "hook-removed" if removed else a["event"]["action"].startswith("hook-"))]
    check(mine, "nothing was said about %s" % hook)
    wrong = [a for a in mine if writer(a)[0] != by] + [
        a for a in said if (not writer(a)[1] or writer(a)[0] not in (by,) + also) and
        not is_compiled(a) and not is_out_of_reach(a)]
    check(not wrong, "%d of %d writers are not as they should be:\n    %s" % (
        len(wrong), len(said), "\n    ".join(map(account, wrong[:6]))))


def tool(name, by, also=(), system=False, hook=HOOK + ".pth", removed=False):
    """One entry.  `by`: the installer that writes `hook`; `also`: who may write other hooks;
    `system`: works in the system's own part of the disk; `removed`: the hook is taken away."""
    def add(function):
        def test(shared):
            bench = Bench(shared, name, shared.benches[system])
            steps = function(bench)
            try:
                where = next(steps)
                shared.daemon.settle(4 * DEADLINE)
                mark = shared.daemon.mark()
                where = next(steps, None) or where or bench.installed(hook)
                judge(bench, mark, where, by, tuple(also), removed)
            finally:
                steps.close()
        suite.test(name)(test)
        return function
    return add


# ---- pip ------------------------------------------------------------------------------

@tool("pip-script", by="pip")
def pip_script(b):
    venv = b.venv()
    yield
    b.run(venv + "/bin/pip", "install", b.shared.wheel)


@tool("pip-module", by="pip")
def pip_module(b):
    venv = b.venv()
    yield
    b.run(venv + "/bin/python", "-m", "pip", "install", b.shared.wheel)


@tool("pip-in-activated-environment", by="pip")
def pip_activated(b):
    venv = b.venv()
    yield
    b.run("/bin/sh", "-c", ". venv/bin/activate && pip install " + b.shared.wheel)
    check(venv, "no environment")


@tool("pip-upgrade", by="pip")
def pip_upgrade(b):
    venv = b.venv()
    b.run(venv + "/bin/pip", "install", b.shared.wheel)
    yield
    b.run(venv + "/bin/pip", "install", "--upgrade", "--force-reinstall", b.shared.newer)


@tool("pip-uninstall", by="pip", removed=True)
def pip_uninstall(b):
    venv = b.venv()
    b.run(venv + "/bin/pip", "install", b.shared.wheel)
    yield b.installed()
    b.run(venv + "/bin/pip", "uninstall", "-y", HOOK)


@tool("pip-runner", by="pip")
def pip_runner(b):
    """One pip that works for another Python (pip --python, from 22.3)."""
    venv = b.venv("--without-pip")
    yield
    b.run(PYTHON, "-m", "pip", "--python", venv + "/bin/python", "install", b.shared.wheel)


@tool("pip-target", by="pip")
def pip_target(b):
    """Built elsewhere, then moved."""
    yield
    b.run("pip", "install", "--target", b.join("app", "lib", "python3.11", "site-packages"), b.shared.wheel)


@tool("pip-user", by="pip")
def pip_user(b):
    yield
    b.run("pip3", "install", "--user", "--break-system-packages", b.shared.wheel)


@tool("pip-ordinary-user", by="pip")
def pip_ordinary_user(b):
    b.give_away()
    yield
    b.run(PYTHON, "-m", "pip", "install", "--user", "--break-system-packages", b.shared.wheel, user=USER)


@tool("pip-in-environment-of-ordinary-user", by="pip")
def pip_environment_of_user(b):
    b.give_away()
    b.run(PYTHON, "-m", "venv", b.join("venv"), user=USER)
    yield
    b.run(b.join("venv", "bin", "pip"), "install", b.shared.wheel, user=USER)


@tool("pip-prefix", by="pip")
def pip_prefix(b):
    yield
    b.run("pip", "install", "--prefix", b.join("prefix"), "--break-system-packages", b.shared.wheel)


@tool("pip-root", by="pip")
def pip_root(b):
    yield
    b.run("pip", "install", "--root", b.join("image"), "--break-system-packages", b.shared.wheel)


@tool("pip-editable", by="pip", hook="__editable__.live_editable-1.0.pth", system=True)
def pip_editable(b):
    """PEP 660: the backend makes a wheel, pip installs it."""
    venv = b.venv("--system-site-packages")
    source = source_tree(b.join("source"), pyproject="[build-system]\nrequires = ['setuptools']\n"
                                                     "build-backend = 'setuptools.build_meta'\n")
    yield
    b.run(venv + "/bin/pip", "install", "--no-build-isolation", "-e", source)


@tool("pip-editable-legacy", by="setuptools", also=("pip",), hook="easy-install.pth", system=True)
def pip_editable_legacy(b):
    """pip runs setup.py develop, and that writes the hook."""
    venv = b.venv()
    source = source_tree(b.join("source"))
    yield
    b.run(venv + "/bin/pip", "install", "--no-build-isolation", "-e", source)


@tool("pip-build-isolation", by="pip", hook="sitecustomize.py")
def pip_build_isolation(b):
    """For each build pip makes an environment, with a sitecustomize of its own."""
    venv = b.venv("--system-site-packages")
    source = source_tree(b.join("source"), pyproject="[build-system]\nrequires = ['setuptools', 'wheel']\n"
                                                     "build-backend = 'setuptools.build_meta'\n")
    yield
    try:
        b.run(venv + "/bin/pip", "install", "--find-links", b.shared.wheels, source)
    except Failure as e:
        # Debian has no wheel of `wheel` everywhere: the environment was made all the same.
        check("wheel" in str(e), str(e))
    b.shared.daemon.settle()
    said = [path_of(a) for a in b.shared.daemon.since() if "/pip-build-env-" in path_of(a) and
            path_of(a).startswith(b.path) and path_of(a).endswith("/sitecustomize.py")]
    check(said, "no sitecustomize was seen")
    yield said[0]


# ---- environments -----------------------------------------------------------------------

@tool("venv", by="venv", also=ENVIRONMENT, hook="pyvenv.cfg")
def venv_module(b):
    yield
    b.run(PYTHON, "-m", "venv", b.join("venv"))


@tool("venv-upgrade", by="venv", also=ENVIRONMENT, hook="pyvenv.cfg")
def venv_upgrade(b):
    venv = b.venv()
    yield
    b.run(PYTHON, "-m", "venv", "--clear", venv)


@tool("virtualenv", by="virtualenv", hook="_virtualenv.pth")
def virtualenv_script(b):
    yield
    b.run("virtualenv", "--no-download", b.join("venv"))


@tool("virtualenv-module", by="virtualenv", hook="_virtualenv.pth")
def virtualenv_module(b):
    yield
    b.run(PYTHON, "-m", "virtualenv", "--no-download", b.join("venv"))


def pipx_install(b, **how):
    b.run("pipx", "install", "--pip-args=--no-index --find-links=" + b.shared.wheels, b.shared.wheel, **how)


@tool("pipx", by="pip", also=ENVIRONMENT + ("pipx",))
def pipx(b):
    """The first time: with an environment of its own for pip."""
    b.give_away()
    yield
    pipx_install(b, user=USER)


@tool("pipx-shared-libraries", by="pipx", also=ENVIRONMENT, hook="pipx_shared.pth")
def pipx_shared(b):
    yield
    pipx_install(b, PIPX_HOME=b.join("pipx"), PIPX_BIN_DIR=b.join("bin"))


def python_project(b, backend="", more=""):
    project = b.mkdir("project")
    write_file(os.path.join(project, "README.md"), "")
    write_file(os.path.join(project, "pyproject.toml"),
               "[tool.poetry]\nname = 'live-editable'\nversion = '1.0'\ndescription = ''\nauthors = []\n"
               "readme = 'README.md'\npackages = [{include = 'live_editable'}]\n"
               "[tool.poetry.dependencies]\npython = '^3'\n" + backend + more)
    os.mkdir(os.path.join(project, "live_editable"))
    write_file(os.path.join(project, "live_editable", "__init__.py"), "")
    return project


@tool("poetry", by="poetry", hook="live_editable.pth", system=True)
def poetry(b):
    project = python_project(b)
    yield
    b.run("poetry", "install", "--no-interaction", cwd=project, POETRY_VIRTUALENVS_IN_PROJECT="true")


@tool("poetry-environment", by="poetry", hook="_virtualenv.pth", system=True)
def poetry_environment(b):
    project = python_project(b)
    yield
    b.run("poetry", "env", "use", PYTHON, "--no-interaction", cwd=project, POETRY_VIRTUALENVS_IN_PROJECT="true")


@tool("pdm", by="pdm", system=True)
def pdm(b):
    project = b.mkdir("project")
    write_file(os.path.join(project, "pyproject.toml"),
               "[project]\nname = 'p'\nversion = '1'\nrequires-python = '>=3.9'\n"
               "dependencies = ['live_hook @ file://%s']\n[tool.pdm]\n" % b.shared.wheel)
    venv = b.venv("--without-pip", name="project/.venv")
    yield
    b.run("pdm", "use", "-f", venv + "/bin/python", cwd=project, PDM_CHECK_UPDATE="false")
    b.run("pdm", "install", "--no-self", cwd=project, PDM_CHECK_UPDATE="false")


@tool("tox", by="pip", also=ENVIRONMENT + ("tox", "virtualenv"))
def tox(b):
    project = b.mkdir("project")
    write_file(os.path.join(project, "tox.ini"),
               "[tox]\nskipsdist = true\nenvlist = py\n[testenv]\ndeps = %s\ncommands = python -c 0\n"
               "download = false\npassenv = PIP_*\n" % b.shared.wheel)
    yield
    b.run("tox", cwd=project)


# ---- other ways to install a wheel or a source tree -----------------------------------------

@tool("installer-module", by="installer")
def installer_module(b):
    yield
    b.run(PYTHON, "-m", "installer", "--destdir", b.join("image"), b.shared.wheel)


@tool("installer-in-environment", by="installer")
def installer_in_environment(b):
    venv = b.venv("--without-pip", "--system-site-packages")
    yield
    b.run(venv + "/bin/python", "-m", "installer", b.shared.wheel)


@tool("build", by="pip", also=("build",) + ENVIRONMENT)
def build(b):
    """No hook of its own: what it makes is installed by pip."""
    source = source_tree(b.join("source"), pyproject="[build-system]\nrequires = ['setuptools']\n"
                                                     "build-backend = 'setuptools.build_meta'\n")
    venv = b.venv()
    yield
    b.run(PYTHON, "-m", "build", "--no-isolation", "--sdist", source)
    b.run(venv + "/bin/pip", "install", b.shared.wheel)


@tool("setup.py-develop", by="setuptools", hook="easy-install.pth", system=True)
def setup_py_develop(b):
    venv = b.venv("--system-site-packages", "--without-pip")
    source = source_tree(b.join("source"))
    yield
    b.run(venv + "/bin/python", "setup.py", "develop", cwd=source)


@tool("setup.py-install", by="setuptools", hook="easy-install.pth", system=True)
def setup_py_install(b):
    venv = b.venv("--system-site-packages", "--without-pip")
    source = source_tree(b.join("source"))
    yield
    b.run(venv + "/bin/python", "setup.py", "install", cwd=source)


# ---- the system's package managers --------------------------------------------------------------

def payload(root, site):
    """The files of a package below `root`."""
    os.makedirs(root + site)
    for name, text in hook_files(HOOK).items():
        write_file(os.path.join(root + site, name), text)


def deb(b, version="1.0"):
    root = b.join("deb-" + version)
    payload(root, SYSTEM_SITE)
    os.mkdir(root + "/DEBIAN")
    write_file(root + "/DEBIAN/control", "Package: pyhookd-live-hook\nVersion: %s\nArchitecture: all\n"
               "Maintainer: test <test@localhost>\nDescription: made by a test\n" % version)
    run("dpkg-deb", "--root-owner-group", "-b", root, b.join(version + ".deb"), env=b.env)
    return b.join(version + ".deb")


def purge():
    subprocess.run(["dpkg", "-P", "pyhookd-live-hook"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   check=False)


@tool("dpkg", by="dpkg")
def dpkg(b):
    package = deb(b)
    try:
        yield
        b.run("dpkg", "-i", package)
        yield SYSTEM_HOOK
    finally:
        purge()


@tool("dpkg-root", by="dpkg", system=True)
def dpkg_root(b):
    """As images are made."""
    package = deb(b)
    shutil.rmtree(b.join("deb-1.0"))
    for name in ("info", "updates"):
        b.mkdir("image", "var", "lib", "dpkg", name)
    for name in ("status", "available"):
        write_file(b.join("image", "var", "lib", "dpkg", name), "")
    yield
    b.run("dpkg", "--root=" + b.join("image"), "--force-not-root", "--force-script-chrootless", "-i", package)


@tool("apt", by="dpkg")
def apt(b):
    """A local file: apt leaves the unpacking to dpkg."""
    package, newer = deb(b), deb(b, "2.0")
    try:
        b.run("dpkg", "-i", package)
        yield
        b.run("apt-get", "-o", "DPkg::Lock::Timeout=600", "--no-install-recommends", "-y", "install", newer,
              DEBIAN_FRONTEND="noninteractive")
        yield SYSTEM_HOOK
    finally:
        purge()


@tool("dpkg-purge", by="dpkg", removed=True)
def dpkg_purge(b):
    package = deb(b)
    try:
        b.run("dpkg", "-i", package)
        yield SYSTEM_HOOK
        b.run("dpkg", "-P", "pyhookd-live-hook")
    finally:
        purge()


def rpm_package(b):
    """An rpm whose payload is in the bench: no root directory of its own, nothing on the host."""
    root = b.join("buildroot")
    target = b.join("site", "lib", "python3.11", "site-packages")
    spec = b.join("live.spec")
    payload(b.join("payload"), "")
    write_file(spec, "Name: pyhookd-live-hook\nVersion: 1.0\nRelease: 1\nSummary: made by a test\nLicense: none\n"
               "BuildArch: noarch\nAutoReqProv: no\n%%description\nmade by a test\n%%install\n"
               "mkdir -p %%{buildroot}%s\ncp %s/* %%{buildroot}%s/\n%%files\n%s\n" % (
                   target, b.join("payload"), target, target))
    b.run("rpmbuild", "-bb", "--nodebuginfo", "--buildroot", root, "--define", "_topdir " + b.join("rpmbuild"),
          "--define", "__os_install_post %{nil}", "--define", "_dbpath " + b.join("db"), spec)
    package, = glob.glob(b.join("rpmbuild", "RPMS", "noarch", "*.rpm"))
    shutil.rmtree(root, ignore_errors=True)
    return package, os.path.join(target, HOOK + ".pth")


@tool("rpm", by="rpm", system=True)
def rpm(b):
    package, hook = rpm_package(b)
    yield
    b.run("rpm", "--dbpath", b.join("db"), "--force-debian", "--nodeps", "--nosignature", "-U", package)
    yield hook


@tool("rpm-root", by="rpm", system=True)
def rpm_root(b):
    """rpm changes its root directory: its paths are others than ours."""
    package, hook = rpm_package(b)
    image = b.mkdir("image")
    yield
    b.run("rpm", "--root", image, "--force-debian", "--nodeps", "--nosignature", "-U", package)
    yield image + hook


def repository(b, package):
    repo = b.mkdir("repo")
    shutil.move(package, repo)
    b.run("createrepo_c", "-q", repo)
    return repo


@tool("dnf", by="dnf", system=True)
def dnf(b):
    package, hook = rpm_package(b)
    repo, image = repository(b, package), b.mkdir("image")
    yield
    b.run("dnf", "-y", "-q", "--installroot", image, "--releasever", "1", "--disablerepo=*",
          "--repofrompath=live,file://" + repo, "--enablerepo=live", "--nogpgcheck",
          "--setopt=cachedir=" + b.join("cache"), "--setopt=reposdir=/nonexistent", "install", "pyhookd-live-hook")
    yield image + hook


@tool("zypper", by="rpm", system=True)
def zypper(b):
    """It leaves the unpacking to a child, rpm."""
    package, hook = rpm_package(b)
    image = b.mkdir("image")
    repo = repository(b, package)
    yield
    b.run("zypper", "--root", image, "--non-interactive", "--no-gpg-checks", "--plus-repo", "dir:" + repo,
          "install", "--no-recommends", "--allow-unsigned-rpm", "pyhookd-live-hook")
    yield image + hook


@tool("pacman", by="pacman", system=True)
def pacman(b):
    site = "/usr/lib/python3.11/site-packages"
    payload(b.join("payload"), site)
    write_file(b.join("payload", ".PKGINFO"), "pkgname = pyhookd-live-hook\npkgbase = pyhookd-live-hook\n"
               "pkgver = 1.0-1\npkgdesc = made by a test\nbuilddate = 1\nsize = 1\narch = any\n")
    package = b.join("pyhookd-live-hook-1.0-1-any.pkg.tar.zst")
    b.run("tar", "--zstd", "-cf", package, "-C", b.join("payload"), ".PKGINFO", "usr")
    image = b.mkdir("image")
    b.mkdir("image", "var", "lib", "pacman")
    write_file(b.join("pacman.conf"), "[options]\nArchitecture = auto\nSigLevel = Never\nLocalFileSigLevel = Never\n")
    yield
    b.run("pacman", "--config", b.join("pacman.conf"), "--root", image, "--dbpath", image + "/var/lib/pacman",
          "--noconfirm", "-U", package)
    yield image + site + "/" + HOOK + ".pth"


@tool("nix", by="nix", system=True)
def nix(b):
    """A path that is added to the store by the one program that writes there."""
    source = b.mkdir("source", "lib", "python3.11", "site-packages")
    for name, text in hook_files(HOOK).items():
        write_file(os.path.join(source, name), text)
    store = b.join("root")
    yield
    path = b.run("nix-store", "--store", "local?root=" + store, "--add", b.join("source")).strip()
    yield store + path + "/lib/python3.11/site-packages/" + HOOK + ".pth"


def image(b):
    """A tar with a root directory, and the options that keep an engine in the bench."""
    payload(b.join("rootfs"), "/usr/lib/python3.11/site-packages")
    b.run("tar", "-cf", b.join("rootfs.tar"), "-C", b.join("rootfs"), "usr")
    # vfs wants neither mounts nor a kernel's help; a runroot must be short
    return b.join("rootfs.tar"), ("--root", b.join("storage"), "--runroot", b.join("r"), "--storage-driver", "vfs")


def seen_in_storage(b):
    """The name of a layer is random."""
    b.shared.daemon.settle()
    said = [path_of(a) for a in b.shared.daemon.since() if path_of(a).startswith(b.join("storage/")) and
            path_of(a).endswith("/" + HOOK + ".pth")]
    check(said, "no hook was seen in its storage")
    return said[0]


@tool("podman", by="podman", system=True)
def podman(b):
    """Unpacks a layer in a child, and copies it for a container."""
    rootfs, storage = image(b)
    yield
    b.run("podman", *storage, "import", rootfs, "live:1")
    b.run("podman", *storage, "create", "live:1", "/bin/true")
    yield seen_in_storage(b)


@tool("buildah", by="podman", system=True)
def buildah(b):
    rootfs, storage = image(b)
    yield
    container = b.run("buildah", *storage, "from", "scratch").strip()
    b.run("buildah", *storage, "add", container, rootfs, "/")
    yield seen_in_storage(b)


# ---- configuration management informs, it exempts nothing -----------------------------------------

def ansible_playbook(b, tasks):
    play = b.join("play.yml")
    write_file(play, "- hosts: localhost\n  gather_facts: false\n  tasks:\n" + tasks)
    return lambda: b.run("ansible-playbook", "-c", "local", "-i", "localhost,", "-e",
                         "ansible_python_interpreter=" + PYTHON, play)


def managed(shared, name, by, act):
    """Said as any other writer is, but named: managed, not verified."""
    b = Bench(shared, name, shared.benches[True])
    hook = os.path.join(b.mkdir("app", "lib", "python3.11", "site-packages"), HOOK + ".pth")
    mark = shared.daemon.mark()
    act(b, hook)
    alert = shared.daemon.wait_for(on_path(hook), mark)
    shared.daemon.settle()
    check_equal(writer(alert), (by, False), "the writer\n    %s\n   " % account(alert))
    check(alert["pyhookd"]["installer"].get("managed"), "not said to be managed:\n    " + account(alert))
    check(is_serious(alert), "it is exempted:\n    " + account(alert))


@suite.test("ansible-copy")
def ansible_copy(shared):
    managed(shared, "ansible-copy", "ansible", lambda b, hook: ansible_playbook(
        b, "  - copy: {content: 'import live_hook', dest: %s}\n" % hook)())


@suite.test("puppet-file")
def puppet_file(shared):
    managed(shared, "puppet", "puppet", lambda b, hook: b.run(
        "puppet", "apply", "--confdir", b.mkdir("conf"), "--vardir", b.mkdir("var"), "-e",
        "file { '%s': content => \"import live_hook\\n\" }" % hook))


@tool("ansible-pip", by="pip", system=True)
def ansible_pip(b):
    venv = b.venv()
    play = ansible_playbook(b, "  - pip: {name: %s, executable: %s/bin/pip}\n" % (b.shared.wheel, venv))
    yield
    play()


# ---- other Pythons --------------------------------------------------------------------------------

def pyenv_versions():
    """Those that are there: a developer's machine has other ones, a fresh one none."""
    for version in sorted(glob.glob(os.path.join(PYENV, "versions", "*"))):
        if os.access(version + "/bin/pip", os.X_OK):
            yield os.path.basename(version), version


def of_pyenv(version, path):
    @tool("pip-of-python-" + version, by="pip")
    def pip_script_of(b):
        yield
        b.run(path + "/bin/pip", "install", "--prefix", b.join("prefix"), b.shared.wheel)

    @tool("pip-module-of-python-" + version, by="pip")
    def pip_module_of(b):
        yield
        b.run(path + "/bin/python", "-m", "pip", "install", "--root", b.join("image"), b.shared.wheel)
    return pip_script_of, pip_module_of


for _version, _path in pyenv_versions():
    of_pyenv(_version, _path)

if __name__ == "__main__":
    suite.run()
