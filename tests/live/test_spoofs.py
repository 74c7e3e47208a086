#!/usr/bin/python3
"""Those who look like an installer and are none: each plants a hook that runs code, and is told from the genuine one.

An entry of the table is a way to plant and what has to be named: a mismatch of the attribution, or a reason for which
the installer is not verified.  The hook is at level high or above, and no alert on it calls its writer verified.  The
controls at the beginning are the genuine acts in the same places: without them a spoof could be refused for a trifle.

Where a spoof needs an environment that it may damage it has one of its own, a copy of one that venv made.
"""

import base64
import hashlib
import importlib.util
import marshal
import os
import re
import shutil
import struct
import subprocess
import sys
import threading
import urllib.parse
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer

# Not where everybody may write: that alone would be a reason against most of these.
os.environ.setdefault("PYHOOKD_LIVE_DIR", "/opt")
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (BUILD, DEADLINE, EXECUTES, LEVELS, OP, PYTHON, SITE, Daemon, Failure, Skip, Suite, check,
                     check_equal,
                     clean_env, die_with_parent, level_of, path_of, read_file, run, wait_until, write_file)
from test_benign import wheel

SPOOF = os.path.join(BUILD, "tests", "live", "spoof")
LIBRARY = SPOOF + ".so"
USER = 64990                    # nobody's: a user that the host does not know
CANNOT = 77

# What is put into a genuine tool: planted once, by the process that runs it first.
PLANT = ("import os\n"
         "if os.environ.get('SPOOF_HOOK'):\n"
         "    with open(os.environ.pop('SPOOF_HOOK'), 'w') as planted:\n"
         "        planted.write(%r)\n" % EXECUTES)
PLANT_LINE = "import os; h = os.environ.pop('SPOOF_HOOK', ''); h and open(h, 'w').write(%r)\n" % EXECUTES
SHELL_PLANTS = "echo \"%s\" >\"$SPOOF_HOOK\"" % EXECUTES.strip()


def put(path, text, mode=0o644):
    """A new file of that text, whatever was there; its directory, too."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.lexists(path):
        os.unlink(path)
    write_file(path, text)
    os.chmod(path, mode)
    return path


def append(path, text):
    return put(path, read_file(path) + text.encode(), os.stat(path).st_mode & 0o7777)


def is_planted(path):
    return os.path.exists(path) and (b"import os" in read_file(path) or path.endswith(".pyc"))


class Environment:
    """A virtual environment with a genuine pip, quickly made."""

    def __init__(self, path, base=None):
        self.path = path
        self.bin = os.path.join(path, "bin")
        self.python = os.path.join(self.bin, "python3")
        self.pip = os.path.join(self.bin, "pip")
        self.site = os.path.join(path, SITE)
        if base:
            self._copy(base)

    def _copy(self, base):
        os.makedirs(self.bin)
        os.makedirs(self.site)
        for name, target in (("python3", PYTHON), ("python", "python3")):
            os.symlink(target, os.path.join(self.bin, name))
        put(os.path.join(self.path, "pyvenv.cfg"), read_file(os.path.join(base.path, "pyvenv.cfg")))
        put(self.pip, read_file(base.pip).replace(os.fsencode(base.path), os.fsencode(self.path)), 0o755)
        parts = [os.path.join(base.site, n) for n in os.listdir(base.site)
                 if re.fullmatch(r"pip|pip-.*\.dist-info", n)]
        run("cp", "-a", *parts, self.site)

    def add_setuptools(self, base):
        run("cp", "-a", *[os.path.join(base.site, n) for n in os.listdir(base.site)
                          if re.fullmatch(r"setuptools|pkg_resources|_distutils_hack|setuptools-.*\.dist-info|"
                                          r"distutils-precedence.pth", n)], self.site)

    def own(self, uid):
        run("chown", "-hR", "%d:%d" % (uid, uid), self.path)
        return self


class Stage:
    """What all spoofs share: a daemon, an environment that nobody damages, a wheel."""

    def __init__(self, work, daemon, base, package):
        self.work = work
        self.daemon = daemon
        self.base = base
        self.wheel = package
        self.hook = None
        self.prefix = None          # where a pip is told to install to

    def environment(self):
        return Environment(self.work.join(self.work.unique("env")), self.base)

    def dir(self, name="place"):
        return self.work.mkdir(self.work.unique(name))

    def env(self, **more):
        if self.prefix:
            more.setdefault("PIP_PREFIX", self.prefix)
        return clean_env(self.work.join("home"), SPOOF_HOOK=self.hook, **more)

    def start(self, *argv, env=None, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
              **kwargs):
        return subprocess.Popen([os.fspath(a) for a in argv], env=env or self.env(), stdin=stdin, stdout=stdout,
                                stderr=stderr, preexec_fn=die_with_parent, **kwargs)

    def attack(self, *argv, env=None, **kwargs):
        """Run it to its end.  How it ends does not matter, only what it has planted."""
        p = self.start(*argv, env=env, **kwargs)
        try:
            out = p.communicate(timeout=4 * DEADLINE)[0]
        except subprocess.TimeoutExpired as e:
            p.kill()
            p.communicate()
            raise Failure("%s does not end" % (argv,)) from e
        if p.returncode == CANNOT and os.fspath(argv[0]) == SPOOF:
            raise Skip("this kernel or processor cannot: " + out.decode(errors="replace").strip())
        return out

    def attack_alive(self, *argv, env=None, **kwargs):
        """The same by one that is still there when it is judged: it waits for the end of its standard input."""
        env = dict(env or self.env(), SPOOF_STAY="1")
        p = self.start(*argv, env=env, stdin=subprocess.PIPE, **kwargs)
        try:
            wait_until(lambda: p.poll() is not None or is_planted(self.hook), "the hook")
            self.daemon.settle()
        finally:
            out = p.communicate(timeout=DEADLINE)[0]
        if p.returncode == CANNOT:
            raise Skip("this kernel or processor cannot: " + out.decode(errors="replace").strip())

    def install(self, environment, *more, env=None, prefix=(), **kwargs):
        """A genuine pip at its business, by its launcher."""
        return self.attack(*prefix, environment.pip, "install", "--no-deps", "--force-reinstall", *more, self.wheel,
                           env=env, **kwargs)

    def module(self, environment, *more, options=(), env=None, **kwargs):
        """The same by -m."""
        return self.attack(environment.python, *options, "-m", "pip", "install", "--no-deps", "--force-reinstall",
                           *more,
                           self.wheel, env=env, **kwargs)


def fixture(work):
    base = Environment(work.join("base"))
    run(PYTHON, "-m", "venv", base.path, env=clean_env(work.mkdir("home")))
    package = wheel(work, name="plain")         # its own hook is judged in the controls
    # A user that passwd knows, in this mount namespace.
    home = work.mkdir("user")
    passwd = put(work.join("passwd"), read_file("/etc/passwd") + b"spoof:x:%d:%d::%s:/bin/sh\n" % (
        USER, USER, os.fsencode(home)))
    run("mount", "--bind", passwd, "/etc/passwd")
    work.closers.append(lambda: subprocess.run(["umount", "-l", "/etc/passwd"], check=False))
    with Daemon(work) as daemon:
        stage = Stage(work, daemon, base, package)
        stage.passwd_home = home
        yield stage


suite = Suite("spoofs", fixture)


# Reasons that speak for an installer stand beside those that speak against it.
AFFIRMS = re.compile(r"^(?:it runs as (?:root|the owner)|it was started to|no variable in|the process is known|nothing |"
                     r"the package is what|each hook of|"
                     r"it runs the |its interpreter has only|its parent is a genuine|the executable is (?:in|where)|"
                     r"\S+ writes such files)|^the (?:executable|script|package|file|interpreter)\b.* "
                     r"(?:is regular and can|is the launcher|can be changed by nobody)")


def named(alert):
    """What an alert says against its writer."""
    installer = alert["pyhookd"]["installer"]
    return list(alert["pyhookd"]["attribution"]["mismatch"]) + (
        [] if installer["verified"] else [r for r in installer.get("reasons", []) if not AFFIRMS.search(r)])


def judge(stage, mark, hook, expected, level):
    # The sentinel is behind it in the queue; a verdict may wait for an installer's end.
    stage.daemon.settle()
    about = [a for a in stage.daemon.since(mark) if path_of(a) == hook]
    check(about, "no alert on %s" % hook)
    said = "\n".join("    %s verified=%s installer=%s %s: %s" % (
        a["pyhookd"]["level"], a["pyhookd"]["installer"]["verified"], a["pyhookd"]["installer"].get("name"),
        (a.get("process") or {}).get("executable"), named(a)) for a in about)
    # setuptools is believed for lists of paths, which is what it makes of the file in the end.
    believed = [a for a in about if a["pyhookd"]["installer"]["verified"] and
                a["pyhookd"]["content"]["verdict"] != "inert" and a["pyhookd"]["vector"] != "pth-path"]
    check(not believed, "believed:\n" + said)
    loud = [a for a in about if level_of(a) >= LEVELS.index(level)]
    check(loud, "nothing at %s:\n%s" % (level, said))
    for a in loud:
        for words in named(a):
            if re.search(expected, words):
                print("          %s: %s" % (a["pyhookd"]["installer"].get("name") or "-", words))
                return
    raise Failure("nothing names %r:\n%s" % (expected, said))


# Of these the genuine pip is told to install where the hook is: that it is elsewhere would be a reason by itself.
TOLD_WHERE = ("beside", "code", "cwd", "descriptor", "environment", "inside", "interpreter", "memory", "mount", "option",
              "package", "script")


def spoof(name, expected, level="high", limit=None):
    """Decorates how to plant at stage.hook (or at the path that it answers).  `limit` is why nothing can be named: then
    there has to be an alert, whatever it says."""
    def add(plant):
        @suite.test(name)
        def _(stage):
            prefix = stage.work.mkdir(stage.work.unique("target"))
            stage.prefix = prefix if name.partition("/")[0] in TOLD_WHERE else None
            stage.hook = os.path.join(stage.work.mkdir(prefix, SITE), "hook.pth")
            mark = stage.daemon.mark()
            hook = plant(stage) or stage.hook
            check(is_planted(hook), "the spoof has planted nothing at %s" % hook)
            try:
                judge(stage, mark, hook, expected, level)
            except Failure as e:
                if not limit or not any(path_of(a) == hook for a in stage.daemon.since(mark)):
                    raise
                print("          not told (%s): %s" % (limit, str(e).splitlines()[0]))
        return plant
    return add


def genuine(name, installer):
    """A control: decorates an act that answers a hook, whose writer has to be believed."""
    def add(act):
        @suite.test("genuine/" + name)
        def _(stage):
            stage.prefix = None
            stage.hook = os.path.join(stage.work.mkdir(stage.work.unique("target"), SITE), "unused.pth")
            mark = stage.daemon.mark()
            hook = act(stage)
            stage.daemon.settle()
            about = [a for a in stage.daemon.since(mark) if path_of(a) == hook]
            check(about, "no alert on %s" % hook)
            for a in about:
                i = a["pyhookd"]["installer"]
                check(i["verified"], "%s is not believed: %s" % (i.get("name"), i["reasons"]))
                check_equal(i["name"], installer, "the installer")
        return act
    return add


# ---- the genuine acts ---------------------------------------------------------------

def wheel_with_hook(stage):
    """A wheel with a hook that is no template, under a name of its own."""
    return wheel(stage.work, name=stage.work.unique("live"))


def hook_of(package, site):
    return os.path.join(site, os.path.basename(package).partition("-")[0] + ".pth")


@genuine("pip", "pip")
def _(s):
    e, package = s.environment(), wheel_with_hook(s)
    run(e.pip, "install", package, env=s.env())
    return hook_of(package, e.site)


@genuine("python-m-pip", "pip")
def _(s):
    e, package = s.environment(), wheel_with_hook(s)
    run(e.python, "-m", "pip", "install", package, env=s.env(), cwd=s.dir())
    return hook_of(package, e.site)


@genuine("pip-of-another", "pip")
def _(s):
    """What most spoofs use: the target is another environment's directory."""
    e, package = s.environment(), wheel_with_hook(s)
    prefix = s.dir("prefix")
    run(e.pip, "install", "--prefix", prefix, package, env=s.env())
    return hook_of(package, os.path.join(prefix, SITE))


@genuine("pip-beside-setuptools", "pip")
def _(s):
    """setuptools' own hook, and that of a package, run in this pip: both came with their packages."""
    e = s.environment()
    e.add_setuptools(s.base)
    run(e.pip, "install", wheel_with_hook(s), env=s.env())
    package = wheel_with_hook(s)
    run(e.pip, "install", package, env=s.env())
    return hook_of(package, e.site)


@genuine("pip-reinstalled", "pip")
def _(s):
    """pip installed by pip: its byte code and launcher are from now."""
    wheels = sorted(n for n in os.listdir("/usr/share/python-wheels") if n.startswith("pip-"))
    e, package = s.environment(), wheel_with_hook(s)
    if not wheels:
        raise Skip("no wheel of pip")
    run(e.pip, "install", "--force-reinstall", os.path.join("/usr/share/python-wheels", wheels[0]), env=s.env())
    run(e.pip, "install", package, env=s.env())
    return hook_of(package, e.site)


@genuine("pip-in-a-project", "pip")
def _(s):
    """The working directory is a project, which has modules of its own."""
    e, package, place = s.environment(), wheel_with_hook(s), s.dir("project")
    for name in ("setup.py", "conftest.py", "utils.py", "test/__init__.py", "src/project/__init__.py"):
        put(os.path.join(place, name), "")
    run(e.python, "-m", "pip", "install", package, env=s.env(), cwd=place)
    return hook_of(package, e.site)


@genuine("pip-of-a-copied-interpreter", "pip")
def _(s):
    e, package = Environment(s.work.join(s.work.unique("copies"))), wheel_with_hook(s)
    run(PYTHON, "-m", "venv", "--copies", e.path, env=s.env())
    run(e.pip, "install", package, env=s.env())
    return hook_of(package, e.site)


@genuine("pip-target", "pip")
def _(s):
    """Made in a temporary directory, and moved."""
    package, site = wheel_with_hook(s), s.work.mkdir(s.work.unique("to"), SITE)
    run(s.environment().pip, "install", "--target", site, package, env=s.env())
    return hook_of(package, site)


@genuine("pip-upgrade-with-programs", "pip")
def _(s):
    """The program that pip takes out lies beside its own launcher."""
    e = s.environment()
    for version in ("1", "2"):
        package, name = wheel_of(s, {
            "programs.pth": EXECUTES + "# %s\n" % version,
            "NAME-1.0.dist-info/entry_points.txt": "[console_scripts]\nprogram-of-live = os:getcwd\n"})
        run(e.pip, "install", "--force-reinstall", package, env=s.env())
        run(e.pip, "install", "--force-reinstall", package, env=s.env())
    return os.path.join(e.site, "programs.pth")


@genuine("pip-of-virtualenv", "pip")
def _(s):
    """It has a hook of virtualenv's, with a module that no package has."""
    e, package = Environment(s.work.join(s.work.unique("virtual"))), wheel_with_hook(s)
    if not shutil.which("virtualenv"):
        raise Skip("no virtualenv")
    run("virtualenv", "--no-download", e.path, env=s.env())
    run(e.pip, "install", package, env=s.env())
    return hook_of(package, e.site)


@genuine("pip-with-the-packages-of-the-system", "pip")
def _(s):
    """The system's own hooks run in it, too; those that the machine of the test has beyond its packages are hidden."""
    e, package = Environment(s.work.join(s.work.unique("system"))), wheel_with_hook(s)
    run(PYTHON, "-m", "venv", "--system-site-packages", e.path, env=s.env())
    known = {os.path.realpath(line.strip()) for line in run("sh", "-c", "cat /var/lib/dpkg/info/*.list").splitlines()
             if line.endswith(".pth")}
    foreign = [path for d in ("/usr/lib/python3/dist-packages",
                              "/usr/local/lib/python3.11/dist-packages") if os.path.isdir(d)
               for path in (os.path.join(d, n) for n in os.listdir(d)) if path.endswith(".pth") and path not in known]
    empty = put(s.work.join("empty"), "")
    for path in foreign:
        run("mount", "--bind", empty, path)
    try:
        run(e.pip, "install", package, env=s.env())
        s.daemon.settle()
    finally:
        for path in foreign:
            run("umount", "-l", path)
    return hook_of(package, e.site)


def deb(stage, files, scripts=()):
    """A package of these files, with maintainer scripts; answers its file."""
    tree = stage.dir("deb")
    name = os.path.basename(tree)
    put(os.path.join(tree, "DEBIAN", "control"),
        "Package: live-%s\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@localhost>\nDescription: x\n" % name)
    for script, text in scripts:
        put(os.path.join(tree, "DEBIAN", script), text, 0o755)
    for path, text in files:
        put(os.path.join(tree, path), text)
    run("dpkg-deb", "--build", "-Znone", tree, tree + ".deb")
    return tree + ".deb"


def dpkg_root(stage):
    root = stage.dir("root")
    for d in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers"):
        os.makedirs(os.path.join(root, d))
    for f in ("status", "available"):
        put(os.path.join(root, "var/lib/dpkg", f), "")
    return root


HOOK_OF_DEB = "usr/lib/python3/dist-packages/live.pth"


def dpkg_install(stage, root, package, **kwargs):
    return stage.attack("dpkg", "--root=" + root, "--force-script-chrootless", "--force-depends", "-i", package,
                        **kwargs)


# ---- names and arguments ----------------------------------------------------------------

PYTHON_PLANTS = "import os; open(os.environ['SPOOF_HOOK'], 'w').write(%r)" % EXECUTES


@spoof("argv0/pip", r"^argv0|calls itself|looks like no installer")
def _(s):
    s.attack("/bin/bash", "-c", "exec -a '/usr/bin/pip install requests' %s -c \"$CODE\"" % PYTHON,
             env=s.env(CODE=PYTHON_PLANTS))


@spoof("argv0/dpkg", r"^argv0|calls itself dpkg")
def _(s):
    s.attack("/bin/bash", "-c", "exec -a /usr/bin/dpkg /bin/sh -c '%s' --install x.deb" % SHELL_PLANTS)


@spoof("argv0/python-of-a-venv",
       r"can be changed|not its executable|is not among|instead|not a genuine|not the launcher|differ")
def _(s):
    """Python finds its environment by argv[0]: here one with another pip, in a directory of everybody's."""
    place = s.dir()
    os.chmod(place, 0o1777)
    e = Environment(os.path.join(place, "venv"), s.base).own(USER)
    append(os.path.join(e.site, "pip/__init__.py"), PLANT)
    s.attack("/bin/bash", "-c", "exec -a %s %s -m pip install nothing" % (e.python, PYTHON))


@spoof("comm/prctl", r"^comm-renamed$")
def _(s):
    s.attack_alive(SPOOF, "title", "pip", SPOOF)


@spoof("argv/overwritten", r"^argv-rewritten$")
def _(s):
    s.attack_alive(SPOOF, "title", "spoof", "/usr/bin/python3 -m pip" + " " * 32)


@spoof("argv/overwritten-and-dead", r"looks like no installer|^argv-rewritten$")
def _(s):
    """It ends at once: then what it was executed with is what is said, and nothing of its claims."""
    mark = s.daemon.mark()
    s.attack(SPOOF, "title", "pip", "/usr/bin/python3 -m pip" + " " * 32)
    s.daemon.settle()
    for a in s.daemon.since(mark):
        check_equal((a["process"]["executable"], a["process"]["args"][:3]), (SPOOF, [SPOOF, "title", "pip"]),
                    "who it was")


@spoof("argv/setproctitle", r"^argv-rewritten$")
def _(s):
    s.attack_alive(SPOOF, "title", "pip3", "pip install" + " " * 200, "padding" * 40)


@spoof("argv/mm-map", r"^argv-rewritten$")
def _(s):
    s.attack_alive(SPOOF, "map", "/usr/bin/python3 /usr/bin/pip install requests")


@spoof("argv/mm-map-of-nothing", r"^argv-rewritten$")
def _(s):
    """No arguments any more, as of a thread of the kernel."""
    s.attack_alive(SPOOF, "map", "")


@spoof("exe/mm-exe", r"^exe-changed$")
def _(s):
    """/proc/PID/exe says dpkg; what was executed did not."""
    s.attack_alive(SPOOF, "exe", "/usr/bin/dpkg")


@spoof("exe/mm-exe-and-dead", r"looks like no installer|^exe-changed$")
def _(s):
    s.attack(SPOOF, "exe", "/usr/bin/dpkg")


@spoof("name/tmp-pip", r"calls itself pip|looks like no installer")
def _(s):
    place = s.dir()
    shutil.copy(SPOOF, os.path.join(place, "pip"))
    s.attack(os.path.join(place, "pip"), "install", "requests")


@spoof("name/io-uring", r"calls itself pip|looks like no installer")
def _(s):
    place = s.dir()
    shutil.copy(OP, os.path.join(place, "pip"))
    s.attack(os.path.join(place, "pip"), "io-uring", s.hook, EXECUTES)


@spoof("name/python-in-tmp", r"can be changed|which version|not its executable|interpreter")
def _(s):
    """Not Python at all, but called so, with pip's arguments, in a directory of everybody's."""
    place = s.dir()
    os.chmod(place, 0o1777)
    shutil.copy(SPOOF, os.path.join(place, "python3"))
    s.attack(os.path.join(place, "python3"), "-m", "pip", "install", "requests")


@spoof("name/python-in-venv", r"interpreter|not a genuine Python|is not .*[Pp]ython|executable")
def _(s):
    """The same where a copy of the interpreter would be, all of it the owner's."""
    e = s.environment()
    os.unlink(e.python)
    shutil.copy(SPOOF, e.python)
    s.attack(e.python, "-m", "pip", "install", "requests")


@spoof("name/python-script-in-venv", r"calls itself|looks like no installer|interpreter|executable|argv0")
def _(s):
    e = s.environment()
    put(e.python, "#!/bin/sh\n" + SHELL_PLANTS + "\n", 0o755)
    s.attack(e.python, "-m", "pip", "install", "requests")


@spoof("name/link-called-dpkg", r"calls itself dpkg|argv0")
def _(s):
    place = s.dir()
    os.symlink("/bin/sh", os.path.join(place, "dpkg"))
    s.attack(os.path.join(place, "dpkg"), "-c", SHELL_PLANTS)


@spoof("name/shell-called-uv", r"another program than uv|installs nothing")
def _(s):
    home = s.dir("home")
    uv = os.path.join(home, ".local/bin/uv")
    os.makedirs(os.path.dirname(uv))
    shutil.copy("/bin/bash", uv)
    s.attack(uv, "-c", SHELL_PLANTS)


@spoof("name/program-called-uv", r"another program than uv|installs nothing")
def _(s):
    home = s.dir("home")
    uv = os.path.join(home, ".local/bin/uv")
    os.makedirs(os.path.dirname(uv))
    shutil.copy(SPOOF, uv)
    s.attack(uv, "pip", "install", "requests")


@spoof("name/program-with-the-texts-of-uv", r"another program than uv",
       limit="a program in its owner's own directory is believed for what it holds")
def _(s):
    uv = os.path.join(s.dir("home"), ".local/bin/uv")
    put(uv, read_file(SPOOF) + b"An extremely fast Python package manager.\0", 0o755)
    s.attack(uv, "pip", "install", "requests")


@spoof("name/ansiballz", r"configuration management|can be changed|looks like no")
def _(s):
    """Only a file of that name, in a directory of that name."""
    script = os.path.join(s.dir("home"), ".ansible/tmp/ansible-tmp-1/AnsiballZ_copy.py")
    s.attack(PYTHON, put(script, PLANT))


@spoof("name/apk-of-the-system", r"another program than apk|installs nothing")
def _(s):
    """Root's, in a directory of the system's; but it is a shell. (In this mount namespace only.)"""
    where = "/usr/libexec"
    run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", where)
    try:
        shutil.copy("/bin/bash", os.path.join(where, "apk"))
        s.attack(os.path.join(where, "apk"), "-c", SHELL_PLANTS)
        s.daemon.settle()
    finally:
        run("umount", "-l", where)


@spoof("name/micromamba", r"another program than micromamba")
def _(s):
    home = s.dir("home")
    program = os.path.join(home, "bin/micromamba")
    os.makedirs(os.path.dirname(program))
    shutil.copy(SPOOF, program)
    s.attack(program, "install", "requests")


@spoof("memfd/pip", r"^memfd$|memfd")
def _(s):
    s.attack(SPOOF, "memfd", SPOOF, "/usr/bin/pip", "install")


@spoof("memfd/python", r"^memfd$|memfd")
def _(s):
    s.attack(SPOOF, "memfd", PYTHON, s.base.python, s.base.pip, "install", "nothing",
             env=s.env(PYTHONSTARTUP="/dev/null"))
    # What a memfd's interpreter runs as pip is genuine and plants nothing; so have it plant.
    s.attack(SPOOF, "memfd", PYTHON, s.base.python, "-c", PYTHON_PLANTS)


@spoof("exe/deleted", r"^exe-deleted$")
def _(s):
    program = os.path.join(s.dir(), "dpkg")
    shutil.copy("/bin/bash", program)
    s.attack_alive(program, "-c", "rm \"$0\"; %s; read x" % SHELL_PLANTS, program)


@spoof("exe/deleted-and-dead", r"^exe-deleted$|is not there|deleted")
def _(s):
    program = os.path.join(s.dir(), "dpkg")
    shutil.copy("/bin/bash", program)
    s.attack(program, "-c", "rm \"$0\"; %s" % SHELL_PLANTS, program)


@spoof("exe/replaced", r"deleted|not the file that was executed|^exe-")
def _(s):
    """Executed, and then the genuine one put in its place."""
    place = s.dir("home")
    program = os.path.join(place, ".local/bin/uv")
    os.makedirs(os.path.dirname(program))
    shutil.copy("/bin/bash", program)
    s.attack_alive(program, "-c", "cp /usr/bin/dpkg \"$0.new\"; mv \"$0.new\" \"$0\"; %s; read x" % SHELL_PLANTS, program)


@spoof("exe/exchanged-after-the-act", r"deleted|not the file that was executed|is not there|^exe-|installs nothing")
def _(s):
    """Another file is in its place when it is looked at, and it is dead."""
    place = s.dir("home")
    program = os.path.join(place, "bin", "uv")
    os.makedirs(os.path.dirname(program))
    shutil.copy("/bin/bash", program)
    s.attack(program, "-c", "%s; mv \"$0\" \"$0.old\"; cp /usr/bin/dpkg \"$0\"" % SHELL_PLANTS, program)


def loader():
    with open(PYTHON, "rb") as f:
        return re.search(rb"/lib64/ld-[\w.-]+|/lib/ld-[\w.-]+", f.read(1 << 16)).group(0).decode()


@spoof("loader/python", r"^loader$")
def _(s):
    s.attack(loader(), PYTHON, "-c", PYTHON_PLANTS)


@spoof("loader/pip", r"^loader$")
def _(s):
    s.attack(loader(), "--preload", LIBRARY, PYTHON, s.base.pip, "install", "nothing")


@spoof("loader/argv0", r"^loader$")
def _(s):
    s.attack(loader(), "--argv0", "/usr/bin/dpkg", SPOOF, "--install", "x.deb")


# ---- scripts and modules that are called pip -----------------------------------------------

@spoof("script/own-pip", r"not the launcher|can be changed|not where")
def _(s):
    script = put(os.path.join(s.dir(), "pip"), "#!%s\n%s\n" % (PYTHON, PYTHON_PLANTS), 0o755)
    s.attack(script, "install", "requests")


@spoof("script/quoted-launcher", r"launcher|not where")
def _(s):
    """The line of a launcher, in a text that is never run, beside the code that is."""
    e = s.environment()
    put(e.pip, "#!%s\nX = '''\nfrom pip._internal.cli.main import main\n'''\n%s\n" % (e.python, PYTHON_PLANTS), 0o755)
    s.attack(e.pip, "install", "requests")


@spoof("script/one-line-more", r"launcher")
def _(s):
    e = s.environment()
    put(e.pip, read_file(e.pip).replace(b"import re\n", b"import re\n" + PLANT_LINE.encode()), 0o755)
    s.install(e)


@spoof("script/longer-line", r"launcher")
def _(s):
    e = s.environment()
    put(e.pip, read_file(e.pip).replace(b"import main\n", b"import main; " + PLANT_LINE.encode()), 0o755)
    s.install(e)


@spoof("script/line-in-a-regex", r"launcher")
def _(s):
    """The odd line of a launcher, with another call in it."""
    e = s.environment()
    put(e.pip, read_file(e.pip).replace(b"    sys.exit(main())", b"    sys.exit((exec(%r), main())[1])" % PLANT), 0o755)
    s.install(e)


@spoof("script/encoding-cookie", r"launcher")
def _(s):
    """A comment in bytes is code in characters: the second line says how to read it."""
    e = s.environment()
    text = read_file(e.pip)
    hidden = "# \\u000a" + PLANT_LINE.strip().replace("\n", "\\n")
    put(e.pip, text.replace(b"# -*- coding: utf-8 -*-\n",
                            b"# -*- coding: raw_unicode_escape -*-\n" + hidden.encode() + b"\n"),
        0o755)
    s.install(e)


@spoof("script/zip-behind-the-launcher", r"launcher|large|zip")
def _(s):
    """A script with an archive behind it is a program in that archive (zipimport), whatever the script says."""
    e = s.environment()
    text = read_file(e.pip)
    archive = os.path.join(s.dir(), "x.zip")
    with zipfile.ZipFile(archive, "w") as z:
        z.writestr("__main__.py", PLANT)
    put(e.pip, text + b"# " + read_file(archive), 0o755)
    s.install(e)


@spoof("script/other-interpreter-line", r"launcher|interpreter|looks like no|calls itself")
def _(s):
    """A launcher whose first line gives Python a text to run before: the file's name is an argument of -c."""
    e = s.environment()
    body = read_file(e.pip).partition(b"\n")[2]
    code = put(os.path.join(s.dir(), "c"), PLANT)
    put(e.pip, b"#!%s -cexec(open('%s').read())\n" % (e.python.encode(), code.encode()) + body, 0o755)
    s.install(e)


@spoof("beside/launcher-module", r"instead|beside|before")
def _(s):
    """sys.path[0] is the script's directory: a re.py there is what the launcher imports."""
    e = s.environment()
    put(os.path.join(e.bin, "re.py"), PLANT)
    s.install(e)


@spoof("beside/launcher-pip-package", r"instead|beside|before")
def _(s):
    e = s.environment()
    put(os.path.join(e.bin, "pip.py"), PLANT)       # the launcher is `pip`, no module
    s.install(e)


@spoof("beside/launcher-optional-module", r"instead|beside|before")
def _(s):
    """pip imports _manylinux wherever it is, to ask it: no module of its own, none of the standard library."""
    e = s.environment()
    put(os.path.join(e.bin, "_manylinux.py"), PLANT)
    s.install(e)


@spoof("beside/pip-runner", r"instead|beside|before|RECORD|not listed")
def _(s):
    """pip/__pip-runner__.py by path: its directory is searched first."""
    e = s.environment()
    put(os.path.join(e.site, "pip", "importlib", "__init__.py"), PLANT)
    put(os.path.join(e.site, "pip", "runpy.py"), PLANT)
    put(os.path.join(e.site, "pip", "typing.py"), PLANT)
    s.attack(e.python, os.path.join(e.site, "pip", "__pip-runner__.py"), "install", "nothing")


@spoof("beside/removed", r"instead|beside|before|changed|since")
def _(s):
    """What was beside the launcher is gone when it is looked for."""
    e = s.environment()
    module = os.path.join(e.bin, "re.py")
    put(module,
        "import os, sys\nos.unlink(%r)\nsys.path.pop(0)\ndel sys.modules['re']\n%sfrom re import *\nimport re\n" %
        (module, PLANT))
    s.install(e)


@spoof("script/restored", r"launcher|changed|since")
def _(s):
    """The launcher is the genuine one again before anything is planted."""
    e = s.environment()
    saved = e.pip + ".saved"
    os.rename(e.pip, saved)
    put(e.pip, "#!%s\nimport os\nos.replace(%r, %r)\n%s" % (e.python, saved, e.pip, PLANT), 0o755)
    s.install(e)


@spoof("script/link-turned", r"launcher|changed|since")
def _(s):
    """A link to the genuine launcher, now."""
    e = s.environment()
    true, false = e.pip + ".true", e.pip + ".false"
    os.rename(e.pip, true)
    put(false, "#!%s\nimport os\nos.unlink(%r)\nos.symlink(%r, %r)\n%s" % (e.python, e.pip, true, e.pip, PLANT), 0o755)
    os.symlink(false, e.pip)
    s.install(e)


@spoof("script/by-way-of-proc", r"/proc|not .*known|launcher|not there|can be told|link|where")
def _(s):
    """/proc/self is the attacker when Python opens it, and the daemon when that looks."""
    place = s.dir()
    put(os.path.join(place, "usr/bin/pip"), PLANT)
    s.attack(PYTHON, "/proc/self/cwd/usr/bin/pip", "install", "nothing", cwd=place)


@spoof("argv0/by-way-of-proc", r"/proc|not .*known|not its executable|can be told|link")
def _(s):
    """The same for the interpreter: its environment is what is beside that name."""
    place = s.dir()
    e = Environment(os.path.join(place, "usr"), s.base)
    append(os.path.join(e.site, "pip/__init__.py"), PLANT)
    s.attack("/proc/self/cwd/usr/bin/python3", "-m", "pip", "install", "nothing", cwd=place)


def own_pip(place, text=PLANT):
    put(os.path.join(place, "pip", "__init__.py"), "")
    put(os.path.join(place, "pip", "__main__.py"), text)


@spoof("cwd/pip-package", r"instead")
def _(s):
    place = s.dir()
    own_pip(place)
    s.module(s.base, cwd=place)


@spoof("cwd/pip-extension-module", r"instead")
def _(s):
    """A package whose __init__ is a library: -m imports that to look for its __main__."""
    package = os.path.join(s.dir(), "pip")
    os.mkdir(package)
    shutil.copy(LIBRARY, os.path.join(package, "__init__.cpython-311-%s-linux-gnu.so" % os.uname().machine))
    s.module(s.base, cwd=os.path.dirname(package))


@spoof("cwd/pip-bytecode", r"instead")
def _(s):
    place = s.dir()
    put(os.path.join(place, "pip.py"), PLANT)
    run(PYTHON, "-m", "compileall", "-q", "-b", os.path.join(place, "pip.py"), env=s.env())
    os.unlink(os.path.join(place, "pip.py"))
    s.module(s.base, cwd=place)


@spoof("cwd/standard-library", r"instead")
def _(s):
    """Its owner's own module of that name: a project may have one, but it is what runs in pip."""
    place = s.dir()
    put(os.path.join(place, "typing.py"), PLANT)
    s.module(s.base, cwd=place)


@spoof("cwd/gone", r"working directory|instead")
def _(s):
    """The directory is removed when pip has imported its module from there."""
    place = s.dir()
    own_pip(place, PLANT + "import shutil\nshutil.rmtree(%r)\n" % place)
    s.module(s.base, cwd=place)


@spoof("cwd/module-gone", r"instead|working directory|changed")
def _(s):
    """Only the module is removed: nothing is left to be seen in the directory."""
    place = s.dir()
    own_pip(place, "import shutil\nshutil.rmtree(%r)\n" % os.path.join(place, "pip") + PLANT)
    s.module(s.base, cwd=place)


@spoof("cwd/many-names", r"instead|too large")
def _(s):
    """Behind so many names that a search gives up."""
    place = s.dir()
    for i in range(5000):
        os.close(os.open(os.path.join(place, "f%d" % i), os.O_CREAT | os.O_WRONLY, 0o644))
    own_pip(place)
    s.module(s.base, cwd=place)


@spoof("code/import-pip", r"looks like no installer|calls itself|-c|text")
def _(s):
    s.attack(s.base.python, "-c",
             "%s; import sys; sys.argv[1:] = ['list']; import pip._internal as p; p.main()" % PYTHON_PLANTS)


@spoof("code/stdin", r"looks like no installer|calls itself|option")
def _(s):
    p = s.start(s.base.python, "-", "-m", "pip", "install", stdin=subprocess.PIPE)
    p.communicate(PYTHON_PLANTS.encode(), timeout=DEADLINE)


@spoof("code/ensurepip-text", r"parent")
def _(s):
    """The public text of ensurepip, with a wheel of one's own; nobody's child."""
    s.attack(PYTHON, "-W", "ignore::DeprecationWarning", "-c", ensurepip_text(s))


def ensurepip_text(s):
    evil = os.path.join(s.dir(), "pip-23.0.1-py3-none-any.whl")
    with zipfile.ZipFile(evil, "w") as z:
        z.writestr("pip/__init__.py", "")
        z.writestr("pip/__main__.py", PLANT)
    return ("\nimport runpy\nimport sys\nsys.path = ['%s'] + sys.path\nsys.argv[1:] = ['install']\n"
            "runpy.run_module(\"pip\", run_name=\"__main__\", alter_sys=True)\n" % evil)


@spoof("code/parent-becomes-ensurepip", r"parent")
def _(s):
    """The child first, then its parent turns into the one that would have started it."""
    s.attack(PYTHON, "-c", (
        "import os, time\n"
        "parent = os.getpid()\n"
        "if os.fork() == 0:\n"
        "    while b'ensurepip' not in open('/proc/%%d/cmdline' %% parent, 'rb').read(): time.sleep(0.001)\n"
        "    os.execv(%r, [%r, '-W', 'ignore::DeprecationWarning', '-c', %r])\n"
        "os.execv(%r, [%r, '-m', 'ensurepip', '--root', %r])\n") % (
            PYTHON, PYTHON, ensurepip_text(s), PYTHON, PYTHON, s.dir()))
    wait_until(lambda: is_planted(s.hook), "the hook")


# ---- the environment of a genuine pip --------------------------------------------------------

@spoof("environment/ld-preload", r"^preload$|LD_PRELOAD")
def _(s):
    s.install(s.base, env=s.env(LD_PRELOAD=LIBRARY))


@spoof("environment/ld-preload-dpkg", r"^preload$|LD_PRELOAD")
def _(s):
    s.attack("dpkg", "--version", env=s.env(LD_PRELOAD=LIBRARY))


@spoof("environment/ld-audit", r"^preload$|LD_AUDIT")
def _(s):
    s.install(s.base, env=s.env(LD_AUDIT=LIBRARY))


@spoof("environment/ld-preload-wiped", r"^preload$|LD_PRELOAD")
def _(s):
    """The library is gone from the environment before it plants."""
    s.install(s.base, env=s.env(LD_PRELOAD=LIBRARY, SPOOF_WIPE="1"))


@spoof("environment/ld-preload-twice", r"^preload$|LD_PRELOAD")
def _(s):
    """An empty one first: the loader takes the other."""
    s.attack(SPOOF, "twice", "LD_PRELOAD", "", LIBRARY, s.base.python, s.base.pip, "install", "nothing")


@spoof("environment/ld-preload-behind-a-megabyte", r"^preload$|LD_PRELOAD|environment is not known")
def _(s):
    """Behind more variables than anybody likes to read."""
    env = {"A%d" % i: "x" * 1000 for i in range(1000)}
    env.update(s.env(LD_PRELOAD=LIBRARY))
    s.install(s.base, env=env)


@spoof("environment/pythonpath-twice", r"^python-environment$|PYTHONPATH")
def _(s):
    place = s.dir()
    own_pip(place)
    s.attack(SPOOF, "twice", "PYTHONPATH", place, "", s.base.python, "-m", "pip", "install", "nothing", cwd=s.dir())


@spoof("environment/pythonpath", r"^python-environment$|PYTHONPATH")
def _(s):
    place = s.dir()
    put(os.path.join(place, "pip", "__main__.py"), PLANT)
    put(os.path.join(place, "pip", "__init__.py"), "")
    s.module(s.base, env=s.env(PYTHONPATH=place), cwd=s.dir())


@spoof("environment/pythonhome", r"^python-environment$|PYTHONHOME")
def _(s):
    home = s.dir("home")
    os.makedirs(os.path.join(home, "lib"))
    run("cp", "-rsT", "/usr/lib/python3.11", os.path.join(home, "lib/python3.11"))
    put(os.path.join(home, "lib/python3.11/tempfile.py"), PLANT)
    s.module(s.base, env=s.env(PYTHONHOME=home), cwd=s.dir())


@spoof("environment/pythonuserbase", r"^python-environment$|PYTHONUSERBASE")
def _(s):
    base = s.dir()
    put(os.path.join(base, SITE, "usercustomize.py"), PLANT)
    s.attack(PYTHON, "-m", "pip", "install", "nothing", env=s.env(PYTHONUSERBASE=base), cwd=s.dir())


@spoof("environment/pycache-prefix", r"^python-environment$|PYTHONPYCACHEPREFIX")
def _(s):
    place = s.dir()
    source = os.path.join(s.base.site, "pip/__init__.py")
    put(os.path.join(place, os.path.dirname(source)[1:], "__init__.cpython-311.pyc"), bytecode(PLANT, source))
    s.install(s.base, env=s.env(PYTHONPYCACHEPREFIX=place))


@spoof("environment/pythonwarnings", r"^python-environment$|PYTHONWARNINGS")
def _(s):
    place = s.dir()
    put(os.path.join(place, "evil.py"), PLANT + "class W(Warning):\n    pass\n")
    s.install(s.base, env=s.env(PYTHONWARNINGS="ignore::evil.W", PYTHONPATH=place))


@spoof("environment/inspect", r"PYTHONINSPECT")
def _(s):
    """When the genuine pip is done its interpreter reads on from the terminal."""
    master, slave = os.openpty()
    try:
        os.write(master, (PYTHON_PLANTS + "\n\x04\x04").encode())
        s.attack(s.base.python, "-m", "pip", "install", "nothing", stdin=slave, env=s.env(PYTHONINSPECT="1"),
                 cwd=s.dir())
    finally:
        os.close(slave)
        os.close(master)


@spoof("environment/inspect-option", r"option")
def _(s):
    p = s.start(s.base.python, "-i", "-m", "pip", "install", "nothing", stdin=subprocess.PIPE, cwd=s.dir())
    p.communicate((PYTHON_PLANTS + "\n").encode(), timeout=4 * DEADLINE)


@spoof("environment/openssl-conf", r"^preload$|OPENSSL")
def _(s):
    place = s.dir()
    conf = put(os.path.join(place, "openssl.cnf"),
               "openssl_conf = a\n[a]\nproviders = b\n[b]\nevil = c\n[c]\nmodule = %s\n"
               "activate = 1\n" % LIBRARY)
    s.install(s.base, env=s.env(OPENSSL_CONF=conf))


@spoof("environment/openssl-modules", r"^preload$|OPENSSL")
def _(s):
    """The provider by its name, from a directory of one's own."""
    place = s.dir()
    shutil.copy(LIBRARY, os.path.join(place, "legacy.so"))
    conf = put(os.path.join(place, "openssl.cnf"),
               "openssl_conf = a\n[a]\nproviders = b\n[b]\nlegacy = c\n[c]\nactivate = 1\n")
    s.install(s.base, env=s.env(OPENSSL_MODULES=place, OPENSSL_CONF=conf))


@spoof("environment/gconv-path", r"^preload$|GCONV_PATH")
def _(s):
    """A character set of one's own for the C library, in dpkg's messages."""
    place = s.dir()
    shutil.copy(LIBRARY, os.path.join(place, "EVIL.so"))
    put(os.path.join(place, "gconv-modules"), "module EVIL// INTERNAL EVIL 1\nmodule INTERNAL EVIL// EVIL 1\n")
    s.attack("iconv", "-f", "EVIL", "-t", "UTF-8", "/dev/null", env=s.env(GCONV_PATH=place))


@spoof("environment/path-finds-the-venv",
       r"instead|hook|sitecustomize|RECORD|package|can be changed|starts with|runs code|origin")
def _(s):
    """argv[0] is a bare name: PATH says which environment it is."""
    e = s.environment()
    put(os.path.join(e.site, "pip", "__main__.py"), PLANT)
    s.attack("python3", "-m", "pip", "install", "nothing", env=s.env(PATH=e.bin + ":/usr/bin:/bin"), cwd=s.dir())


# ---- the interpreter and the package of a genuine pip ------------------------------------------

@spoof("inside/pth", r"live-inside\.pth")
def _(s):
    e = s.environment()
    put(os.path.join(e.site, "live-inside.pth"), PLANT_LINE)
    s.install(e)


@spoof("inside/pth-imports-a-module", r"evil\.pth|evil")
def _(s):
    e = s.environment()
    put(os.path.join(e.site, "evil.pth"), "import evil\n")
    put(os.path.join(e.site, "evil.py"), PLANT)
    s.module(e, cwd=s.dir())


@spoof("inside/usercustomize", r"usercustomize")
def _(s):
    """Of the user's directory, which an environment with the system's packages reads, too."""
    e = s.environment()
    put(os.path.join(e.path, "pyvenv.cfg"), read_file(os.path.join(e.path, "pyvenv.cfg"))
        .replace(b"= false", b"= true"))
    home = s.dir("home")
    put(os.path.join(home, ".local", SITE, "usercustomize.py"), PLANT)
    s.install(e, env=s.env(HOME=home))


@spoof("inside/pth-gone", r"live-inside\.pth|hook|changed")
def _(s):
    """The hook in pip's interpreter removes itself before it plants."""
    e = s.environment()
    path = os.path.join(e.site, "live-inside.pth")
    put(path, "import os; os.unlink(%r); exec(%r)\n" % (path, PLANT))
    s.install(e)


@spoof("inside/pth-emptied", r"live-inside\.pth|taken away or changed")
def _(s):
    """It is still there, and holds nothing any more."""
    e = s.environment()
    path = os.path.join(e.site, "live-inside.pth")
    put(path, "import os; os.truncate(%r, 0); exec(%r)\n" % (path, PLANT))
    s.install(e)


@spoof("inside/pth-replaced", r"live-inside\.pth|taken away or changed")
def _(s):
    """Another file is there, which came after pip had started."""
    e = s.environment()
    path = os.path.join(e.site, "live-inside.pth")
    other = put(os.path.join(s.dir(), "other"), "# nothing\n")
    put(path, "import os; os.replace(%r, %r); exec(%r)\n" % (other, path, PLANT))
    s.install(e)


@spoof("inside/package-gone", r"usercustomize|taken away or changed")
def _(s):
    """A package of that name, and its directory with it."""
    e = s.environment()
    path = os.path.join(e.site, "usercustomize")
    put(os.path.join(path, "__init__.py"), "import shutil; shutil.rmtree(%r)\n%s" % (path, PLANT))
    put(os.path.join(e.path, "pyvenv.cfg"), read_file(os.path.join(e.path, "pyvenv.cfg"))
        .replace(b"= false", b"= true"))
    s.install(e)


@spoof("inside/optional-module-gone", r"_manylinux")
def _(s):
    """No hook, so nobody has seen it go; its byte code has stayed."""
    e = s.environment()
    path = os.path.join(e.site, "_manylinux.py")
    put(path, "import os; os.unlink(%r)\n%s" % (path, PLANT))
    s.install(e)


@spoof("inside/site-directory-exchanged", r"leads to .* was changed")
def _(s):
    """The site directory is a link, and leads to a clean one when it is looked at."""
    e = s.environment()
    clean, own = e.site + ".clean", e.site + ".own"
    os.rename(e.site, clean)
    run("cp", "-a", clean, own)
    os.symlink(own, e.site)
    put(os.path.join(own, "live-inside.pth"), "import os; os.unlink(%r); os.symlink(%r, %r); exec(%r)\n" % (
        e.site, clean, e.site, PLANT))
    s.install(e)


@spoof("inside/environment-exchanged", r"leads to .* was changed|was changed after")
def _(s):
    """The same for the whole environment, by the link in the path that it was started by."""
    clean, e = s.environment(), s.environment()
    link = os.path.join(s.dir(), "env")
    os.symlink(e.path, link)
    put(os.path.join(e.site, "live-inside.pth"), "import os; os.unlink(%r); os.symlink(%r, %r); exec(%r)\n" % (
        link, clean.path, link, PLANT))
    s.attack(os.path.join(link, "bin/python3"), "-m", "pip", "install", "nothing", cwd=s.dir())


@spoof("inside/genuine-line-other-module", r"distutils|RECORD|_distutils_hack|hook")
def _(s):
    """distutils-precedence.pth is setuptools' own; the module that it imports is not."""
    e = s.environment()
    e.add_setuptools(s.base)
    append(os.path.join(e.site, "_distutils_hack/__init__.py"), PLANT)
    s.install(e)


@spoof("inside/virtualenv-template-other-module", r"_virtualenv|hook|RECORD")
def _(s):
    """`import _virtualenv` is what virtualenv writes; what it imports is anybody's."""
    e = s.environment()
    put(os.path.join(e.site, "_virtualenv.pth"), "import _virtualenv\n")
    put(os.path.join(e.site, "_virtualenv.py"), PLANT)
    s.install(e)


@spoof("inside/path-line", r"path|hook|imported|instead|evil")
def _(s):
    """A path line runs nothing: the directory that it adds holds a module that pip asks for."""
    e = s.environment()
    place = s.dir()
    put(os.path.join(place, "_manylinux.py"), PLANT)
    put(os.path.join(e.site, "evil.pth"), place + "\n")
    s.install(e)


class Unauthorized(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(401)
        self.end_headers()

    def log_message(self, *arguments):
        pass


@spoof("inside/optional-module-keyring", r"keyring|imported|instead")
def _(s):
    """No start-up hook at all: when an index wants a password pip imports keyring, if there is one."""
    e = s.environment()
    put(os.path.join(e.site, "keyring.py"), PLANT)
    server = HTTPServer(("127.0.0.1", 0), Unauthorized)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        env = s.env()
        del env["PIP_NO_INDEX"]
        s.attack(e.pip, "install", "--retries", "0", "--index-url",
                 "http://127.0.0.1:%d/simple" % server.server_port, "nothing",
                 env=env)
    finally:
        server.shutdown()
        server.server_close()


@spoof("inside/optional-module-manylinux", r"_manylinux|imported|instead")
def _(s):
    e = s.environment()
    put(os.path.join(e.site, "_manylinux.py"), PLANT)
    s.install(e)


@spoof("package/changed", r"RECORD|package|not .*pip|digest|changed")
def _(s):
    e = s.environment()
    append(os.path.join(e.site, "pip/__init__.py"), "\n" + PLANT)
    s.install(e)


@spoof("package/restored", r"changed|since")
def _(s):
    """The package is what it was, to the time of its last change, before anything is planted."""
    e = s.environment()
    path = os.path.join(e.site, "pip/__init__.py")
    saved = os.path.join(s.dir(), "saved")
    shutil.copy2(path, saved)
    append(path, "\nimport shutil\nshutil.copy2(%r, %r)\n" % (saved, path) + PLANT)
    s.install(e)


@spoof("package/changed-deep", r"RECORD|package|digest|changed")
def _(s):
    e = s.environment()
    append(os.path.join(e.site, "pip/_vendor/idna/idnadata.py"), "\n" + PLANT)
    append(os.path.join(e.site, "pip/_internal/operations/install/wheel.py"), "\n" + PLANT)
    s.install(e)


@spoof("package/file-added", r"RECORD|package|digest|extra|not listed|changed")
def _(s):
    """Nothing of pip is changed: an extension module wins over the .py of the same name."""
    e = s.environment()
    shutil.copy(LIBRARY, os.path.join(e.site, "pip/_internal/pyproject.abi3.so"))
    s.install(e)


@spoof("package/directory-added", r"RECORD|package|digest|extra|not listed|changed")
def _(s):
    """A package wins over the module of the same name."""
    e = s.environment()
    put(os.path.join(e.site, "pip/_internal/pyproject/__init__.py"), PLANT)
    s.install(e)


def bytecode(text, source):
    """The byte code of `text`, with the time and size of the source that it stands in for
    (importlib/_bootstrap_external.py)."""
    st = os.stat(source)
    header = struct.pack("<III", 0, int(st.st_mtime) & 0xffffffff, st.st_size & 0xffffffff)
    return importlib.util.MAGIC_NUMBER + header + marshal.dumps(compile(text, source, "exec"))


# It is the interpreter that writes it, at any time, and RECORD has no digest of it: only who compiles the source again
# with that very interpreter can tell.
FORGED_BYTECODE = "byte code that says it belongs to its source is not compared with it"


@spoof("package/bytecode", r"RECORD|byte ?code|pyc|__pycache__|package", limit=FORGED_BYTECODE)
def _(s):
    """Every source is as it was; its byte code is not, and says that it belongs to it."""
    e = s.environment()
    source = os.path.join(e.site, "pip/__init__.py")
    put(os.path.join(e.site, "pip/__pycache__/__init__.cpython-311.pyc"),
        bytecode(PLANT + read_file(source).decode(), source))
    s.install(e)


@spoof("package/bytecode-unchecked", r"RECORD|byte ?code|pyc|__pycache__|package")
def _(s):
    """Byte code that Python does not compare with its source at all (PEP 552)."""
    e = s.environment()
    source = os.path.join(e.site, "pip/__init__.py")
    data = bytecode(PLANT + read_file(source).decode(), source)
    data = data[:4] + struct.pack("<I", 1) + b"\0" * 8 + data[16:]
    put(os.path.join(e.site, "pip/__pycache__/__init__.cpython-311.pyc"), data)
    s.install(e)


@spoof("package/bytecode-optimized", r"RECORD|byte ?code|pyc|__pycache__|package|option", limit=FORGED_BYTECODE)
def _(s):
    """With -O another file of byte code is taken."""
    e = s.environment()
    source = os.path.join(e.site, "pip/__init__.py")
    put(os.path.join(e.site, "pip/__pycache__/__init__.cpython-311.opt-1.pyc"),
        bytecode(PLANT + read_file(source).decode(), source))
    s.module(e, options=("-O",), cwd=s.dir())


@spoof("package/others-can-write", r"can be changed|belongs to another|RECORD")
def _(s):
    e = s.environment()
    os.chmod(os.path.join(e.site, "pip/_internal"), 0o777)
    append(os.path.join(e.site, "pip/_internal/__init__.py"), "\n" + PLANT)
    s.install(e)


@spoof("package/of-a-user-run-by-root", r"belongs to another user|can be changed")
def _(s):
    """An environment of a user's, whose pip root runs: what it writes is where only root may."""
    e = s.environment()
    append(os.path.join(e.site, "pip/__init__.py"), "\n" + PLANT)
    e.own(USER)
    s.install(e)


@spoof("interpreter/home-in-tmp", r"home|pyvenv\.cfg|can be changed|base")
def _(s):
    """pyvenv.cfg says where the standard library is."""
    e = s.environment()
    home = s.dir()
    os.chmod(home, 0o1777)
    own_library(e, os.path.join(home, "python"))
    s.install(e)


def own_library(e, home):
    os.makedirs(os.path.join(home, "bin"))
    os.makedirs(os.path.join(home, "lib"))
    os.symlink(PYTHON, os.path.join(home, "bin", "python3"))
    run("cp", "-rsT", "/usr/lib/python3.11", os.path.join(home, "lib/python3.11"))
    os.unlink(os.path.join(home, "lib/python3.11/sitecustomize.py"))    # no hook is needed
    put(os.path.join(home, "lib/python3.11/tempfile.py"), PLANT)
    put(os.path.join(e.path, "pyvenv.cfg"), "home = %s/bin\ninclude-system-site-packages = false\n" % home)


@spoof("interpreter/home-of-the-owner", r"home|pyvenv\.cfg|base|standard library|prefix")
def _(s):
    """The same in a directory of the owner's own."""
    e = s.environment()
    own_library(e, os.path.join(s.dir(), "python"))
    s.install(e)


@spoof("interpreter/copied-with-own-library", r"home|base|standard library|prefix|python311\.zip|interpreter")
def _(s):
    """A copy of the interpreter finds the library beside it; a zip comes before that."""
    home = s.dir()
    e = s.environment()
    os.makedirs(os.path.join(home, "bin"))
    os.makedirs(os.path.join(home, "lib"))
    shutil.copy(PYTHON, os.path.join(home, "bin/python3.11"))
    os.symlink("python3.11", os.path.join(home, "bin/python3"))
    os.symlink("/usr/lib/python3.11", os.path.join(home, "lib/python3.11"))
    with zipfile.ZipFile(os.path.join(home, "lib/python311.zip"), "w") as z:
        z.writestr("tempfile.py", PLANT)
    put(os.path.join(e.path, "pyvenv.cfg"), "home = %s/bin\ninclude-system-site-packages = false\n" % home)
    for name in ("python3", "python"):
        os.unlink(os.path.join(e.bin, name))
        os.symlink(os.path.join(home, "bin/python3.11"), os.path.join(e.bin, name))
    s.install(e)


@spoof("interpreter/path-file", r"_pth|interpreter|configuration|beside")
def _(s):
    """python3._pth beside a copied interpreter is its whole sys.path."""
    e = s.environment()
    os.unlink(e.python)
    shutil.copy(PYTHON, e.python)
    place = s.dir()
    put(os.path.join(place, "pip", "__init__.py"), "")
    put(os.path.join(place, "pip", "__main__.py"), PLANT)
    put(os.path.join(e.bin, "python3._pth"), "%s\n/usr/lib/python3.11\n/usr/lib/python3.11/lib-dynload\n" % place)
    s.module(e, cwd=s.dir())


@spoof("interpreter/build-directory", r"pybuilddir|interpreter|beside|prefix")
def _(s):
    """pybuilddir.txt beside the executable: Python believes that it is being built, and takes Lib/ there."""
    home = os.path.join(s.dir(), "bin")     # VPATH of this build is the directory above
    os.mkdir(home)
    e = s.environment()
    shutil.copy(PYTHON, os.path.join(home, "python3.11"))
    put(os.path.join(home, "pybuilddir.txt"), ".")
    library = os.path.join(os.path.dirname(home), "Lib")
    run("cp", "-rsT", "/usr/lib/python3.11", library)
    os.unlink(os.path.join(library, "sitecustomize.py"))
    put(os.path.join(library, "tempfile.py"), PLANT)
    put(os.path.join(e.path, "pyvenv.cfg"), "home = %s\ninclude-system-site-packages = false\n" % home)
    for name in ("python3", "python"):
        os.unlink(os.path.join(e.bin, name))
        os.symlink(os.path.join(home, "python3.11"), os.path.join(e.bin, name))
    s.install(e)


@spoof("option/safe-warnings-module", r"option")
def _(s):
    place = s.dir()
    put(os.path.join(place, "evil.py"), PLANT + "class W(Warning):\n    pass\n")
    with zipfile.ZipFile(os.path.join(place, "x.zip"), "w") as z:
        z.writestr("evil.py", PLANT)
    s.attack(s.base.python, "-W", "ignore::evil.W", "-m", "pip", "install", "nothing",
             env=s.env(PYTHONPATH=place), cwd=place)


# ---- what a genuine pip starts, or is given -----------------------------------------------------

def source_tree(s, setup):
    """A project without pyproject.toml: its setup.py is run."""
    tree = s.dir("project")
    put(os.path.join(tree, "setup.py"),
        setup + "\nfrom setuptools import setup\nsetup(name='live', version='1', py_modules=[])\n")
    return tree


def environment_that_builds(s):
    e = s.environment()
    e.add_setuptools(s.base)
    return e


@spoof("child/setup.py", r"setup\.py")
def _(s):
    e = environment_that_builds(s)
    s.attack(e.pip, "install", "--no-build-isolation", "--no-deps", source_tree(s, PLANT))


@spoof("child/setup.py-easy-install", r"setup\.py|easy-install")
def _(s):
    """The one file that a setup.py may write, with code in it."""
    e = environment_that_builds(s)
    hook = os.path.join(e.site, "easy-install.pth")
    tree = source_tree(s, "")
    append(os.path.join(tree, "setup.py"),
           "import sys\nif 'develop' in sys.argv:\n    open(%r, 'w').write(%r)\n" % (hook, EXECUTES))
    s.attack(e.pip, "install", "--no-build-isolation", "--no-deps", "-e", tree)
    return hook


@spoof("child/setup.py-twice-removed", r"looks like no installer|setup\.py|calls itself|child")
def _(s):
    """The grandchild of a genuine pip: a shell of setup.py's."""
    e = environment_that_builds(s)
    s.attack(e.pip, "install", "--no-build-isolation", "--no-deps",
             source_tree(s, "import subprocess\nsubprocess.call(['/bin/sh', '-c', %r])\n" % SHELL_PLANTS))


@spoof("child/setup.py-orphan", r"looks like no installer|setup\.py|calls itself|child")
def _(s):
    """It forks and goes on when pip is gone: init's child, still setup.py's image."""
    e = environment_that_builds(s)
    s.attack(e.pip, "install", "--no-build-isolation", "--no-deps", source_tree(s, (
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    parent = os.getppid()\n"
        "    os.close(1); os.close(2)\n    limit = time.time() + 20\n"
        "    while os.getppid() == parent and time.time() < limit: time.sleep(0.02)\n"
        "    %s\n    os._exit(0)\n" % PYTHON_PLANTS)))
    wait_until(lambda: is_planted(s.hook), "the orphan")


@spoof("child/setup.py-renames-itself", r"comm-renamed|argv-rewritten|setup\.py")
def _(s):
    e = environment_that_builds(s)
    s.attack(e.pip, "install", "--no-build-isolation", "--no-deps", source_tree(s, (
        "import ctypes\nctypes.CDLL(None).prctl(15, b'pip', 0, 0, 0)\n" + PLANT)))


@spoof("child/ln-of-a-prepared-file", r"looks like no installer|calls itself|child")
def _(s):
    """A hard link, by ln(1), called by the child of a true pip: nothing is written."""
    e = environment_that_builds(s)
    prepared = put(os.path.join(s.dir(), "prepared"), EXECUTES)
    s.attack(e.pip, "install", "--no-build-isolation", "--no-deps",
             source_tree(s, "import subprocess\nsubprocess.call(['ln', %r, %r])\n" % (prepared, s.hook)))


@spoof("child/becomes-the-zip-of-pip", r"temporary|__env_pip__|zip|parent")
def _(s):
    """setup.py turns into what pip 21 ran for a build: an archive of pip, which is gone when it is looked for."""
    e = environment_that_builds(s)
    archive = os.path.join(s.dir(), "__env_pip__.zip")
    with zipfile.ZipFile(archive, "w") as z:
        z.writestr("pip/__init__.py", "")
        z.writestr("pip/__main__.py", "import os\nos.unlink(%r)\n%s" % (archive, PLANT))
    hook = os.path.join(s.work.mkdir(s.work.unique("t"), "pip-build-env-x", SITE), "hook.pth")
    s.attack(e.pip, "install", "--no-build-isolation", "--no-deps", source_tree(s, (
        "import os, sys\nos.execv(sys.executable, [sys.executable, %r, 'install'])\n" % (archive + "/pip"))),
        env=dict(s.env(), SPOOF_HOOK=hook))
    return hook


def own_configuration(s, text):
    """An environment whose user has this pip.conf."""
    home = s.dir("home")
    put(os.path.join(home, ".config/pip/pip.conf"), text)
    env = s.env(HOME=home)
    del env["PIP_CONFIG_FILE"]
    return env


@spoof("child/editor-of-pip-config", r"looks like no installer|calls itself|child")
def _(s):
    editor = put(os.path.join(s.dir(), "editor"), "#!/bin/sh\n%s\n" % SHELL_PLANTS, 0o755)
    s.attack(s.base.pip, "config", "--user", "--editor", editor, "edit", env=own_configuration(s, ""))


@spoof("output/pip-config-get", r"output|does not|config|no installer|subcommand")
def _(s):
    """The genuine tool says what it was told to say, into the hook."""
    with open(s.hook, "wb") as f:
        s.attack(s.base.pip, "config", "get", "global.x", stdout=f,
                 env=own_configuration(s, "[global]\nx = %s" % EXECUTES))


def wheel_that_speaks(s):
    """A wheel in a directory whose name has a line that runs; as a URL, which pip decodes."""
    place = os.path.join(s.dir(), "x\nimport os #")
    os.mkdir(place)
    return "file://" + urllib.parse.quote(shutil.copy(s.wheel, place))


@spoof("output/pip-install", r"output|another process|may be what it was")
def _(s):
    """`pip install` says the name of what it installs."""
    with open(s.hook, "wb") as f:
        s.attack(s.base.pip, "install", "--no-deps", "--force-reinstall", wheel_that_speaks(s), stdout=f)


@spoof("output/pip-install-appended", r"output|another process|may be what it was")
def _(s):
    """The same at the end of a hook that is there and known: no creation that somebody else did."""
    write_file(s.hook, "# nothing\n")
    s.daemon.settle()
    with open(s.hook, "ab") as f:
        s.attack(s.base.pip, "install", "--no-deps", "--force-reinstall", wheel_that_speaks(s), stdout=f)


@spoof("output/pip-config-set-through-a-link", r"config|does not|subcommand|no installer")
def _(s):
    """The name of a setting is a line of the file; the file is a link to a hook."""
    env = own_configuration(s, "")
    conf = os.path.join(env["HOME"], ".config/pip/pip.conf")
    os.unlink(conf)
    os.symlink(s.hook, conf)
    put(s.hook, "")
    s.attack(s.base.pip, "config", "--user", "set", "global.import os #", "x", env=env)


@spoof("output/venv-through-a-link", r"does not|venv|argument|not of|environment")
def _(s):
    """venv writes its command line into pyvenv.cfg, and that is a link to a hook."""
    place = os.path.join(s.dir(), "x\nimport os #")
    os.mkdir(place)
    os.symlink(s.hook, os.path.join(place, "pyvenv.cfg"))
    s.attack(PYTHON, "-m", "venv", "--without-pip", place, cwd=s.dir())


@spoof("output/pip-through-a-link", r"RECORD|not of|package|link|does not")
def _(s):
    """A member of a wheel, no hook by its name, written through a dangling link."""
    e = s.environment()
    os.symlink(s.hook, os.path.join(e.site, "data.txt"))
    s.attack(e.pip, "install", "--no-deps", wheel_of(s, {"data.txt": EXECUTES})[0])


@spoof("output/pip-through-a-link-of-its-own", r"RECORD|no package|link",
       limit="pip says only later which files it has put there")
def _(s):
    """The same within the site directory that pip installs to."""
    e = s.environment()
    hook = os.path.join(e.site, "hook.pth")
    os.symlink(hook, os.path.join(e.site, "data.txt"))
    s.attack(e.pip, "install", "--no-deps", wheel_of(s, {"data.txt": EXECUTES})[0])
    return hook


@spoof("output/pip-target-prepared", r"RECORD|not of|package|another process|temporary|prepared|planted")
def _(s):
    """`pip install --target` moves all that is in its temporary directory, whoever put it there."""
    place, target = s.dir("tmp"), os.path.dirname(s.hook)
    done = threading.Event()

    def drop():
        while not done.is_set():
            for name in os.listdir(place):
                if name.startswith("pip-target-"):
                    put(os.path.join(place, name, "lib/python/hook.pth"), EXECUTES)
                    return
    thread = threading.Thread(target=drop)
    thread.start()
    try:
        s.attack(s.base.pip, "install", "--no-deps", "--target", target, s.wheel, env=s.env(TMPDIR=place))
    finally:
        done.set()
        thread.join()


@spoof("compileall/through-a-link", r"source|does not|link|byte code",
       limit="byte code is not compared with its source")
def _(s):
    """A genuine compileall, of other code than the source that the byte code will be taken for."""
    site = os.path.dirname(s.hook)
    place = s.dir()
    source = put(os.path.join(site, "sitecustomize.py"), "pass  " + "#" * (len(PLANT) - 7) + "\n")
    os.mkdir(os.path.join(site, "__pycache__"))
    os.symlink(os.path.join(site, "__pycache__"), os.path.join(place, "__pycache__"))
    evil = put(os.path.join(place, "sitecustomize.py"), PLANT)
    check_equal(os.path.getsize(evil), os.path.getsize(source), "size")
    os.utime(evil, (1700000000, 1700000000))
    os.utime(source, (1700000000, 1700000000))
    s.attack(PYTHON, "-m", "compileall", "-q", evil, cwd=s.dir())
    return os.path.join(site, "__pycache__", "sitecustomize.cpython-311.pyc")


@spoof("descriptor/left-open-for-pip", r"looks like no|another process|may be what it was|output|executed")
def _(s):
    """Opened and written by the attacker, closed by the genuine pip that he becomes."""
    s.attack(SPOOF, "leave-open", s.base.python, s.base.pip, "install", "nothing")


@spoof("descriptor/passed-to-pip", r"another process|looks like no|calls itself|closer")
def _(s):
    """A genuine pip, his child, is the last who has it open."""
    s.attack("/bin/bash", "-c", "exec 9>\"$SPOOF_HOOK\"; echo \"%s\" >&9; %s install nothing & exec 9>&-; wait"
             % (EXECUTES.strip(), s.base.pip))


@spoof("descriptor/known-hook-passed",
       r"another process|looks like no|calls itself|closer|closed the file|output|may be what it was|executed")
def _(s):
    """The hook is there and known; it is written through a mapping that a genuine pip keeps."""
    write_file(s.hook, "#" * 4096)
    s.daemon.settle()
    writes = "import mmap; m = mmap.mmap(9, 0); m[:60] = %r.ljust(60, b'#')" % (b"\n" + EXECUTES.encode())
    s.attack("/bin/bash", "-c", "exec 9<>\"$SPOOF_HOOK\"; %s -c \"$CODE\"; exec %s install nothing" %
             (PYTHON, s.base.pip), env=s.env(CODE=writes))


@spoof("exec/then-dpkg", r"executed|looks like no|may be what")
def _(s):
    s.attack(SPOOF, "then-exec", "/usr/bin/dpkg", "--root=" + dpkg_root(s), "-i", "/nothing.deb")


@spoof("exec/then-pip", r"executed|looks like no|may be what")
def _(s):
    s.attack(SPOOF, "then-exec", s.base.python, s.base.pip, "install", "nothing")


@spoof("exec/vfork", r"executed|looks like no|may be what")
def _(s):
    s.attack(SPOOF, "vfork", "/usr/bin/dpkg", "--root=" + dpkg_root(s), "-i", "/nothing.deb")


@spoof("exec/thread-of-another-name", r"looks like no|calls itself|comm")
def _(s):
    s.attack(PYTHON, "-c", "import ctypes, threading\n"
             "def f():\n    ctypes.CDLL(None).prctl(15, b'dpkg', 0, 0, 0)\n    %s\n"
             "t = threading.Thread(target=f); t.start(); t.join()" % PYTHON_PLANTS)


# ---- another process's memory -----------------------------------------------------------------

OPENS = ("2", "257", "56")      # open, openat of x86-64; openat of others


def waiting_pip(s):
    """A genuine `pip install` that waits for its list of requirements."""
    fifo = os.path.join(s.dir(), "fifo")
    os.mkfifo(fifo)
    p = s.start(s.base.pip, "install", "-r", fifo)

    before = []

    def waits():
        """In the same open(2) as when it was asked before."""
        with open("/proc/%d/syscall" % p.pid, encoding="ascii") as f:
            now = f.read()
        before.append(now)
        return len(before) > 1 and now == before[-2] and now.split()[0] in OPENS
    wait_until(waits, "pip to wait")
    return p, fifo


def end(p):
    p.kill()
    p.communicate()


@spoof("memory/traced", r"^traced$")
def _(s):
    p, _ = waiting_pip(s)
    tracer = s.start(SPOOF, "trace", str(p.pid), "stay", stdin=subprocess.PIPE, stderr=None)
    try:
        line = tracer.stdout.readline()
        if not line and tracer.wait(DEADLINE) == CANNOT:
            raise Skip("only for x86-64")
        check_equal(line, b"ready\n", "the tracer")
        s.daemon.settle()
    finally:
        tracer.communicate(b"\n", timeout=DEADLINE)
        end(p)


@spoof("memory/traced-and-let-go", r"^traced$")
def _(s):
    """When the event is judged nobody traces it any more."""
    p, _ = waiting_pip(s)
    try:
        s.attack(SPOOF, "trace", str(p.pid))
    finally:
        end(p)


@spoof("memory/strace", r"^traced$")
def _(s):
    if not shutil.which("strace"):
        raise Skip("no strace")
    s.attack("strace", "-f", "-qq", "-e", "trace=none", PYTHON, "-c", PYTHON_PLANTS)


@spoof("memory/proc-mem", r"memory|another process|RECORD",
       limit="nothing in a process tells that its memory was written by another")
def _(s):
    """Machine code put into a genuine pip that waits; nobody traces it."""
    p, fifo = waiting_pip(s)
    try:
        s.attack(SPOOF, "memory", str(p.pid))
        with open(fifo, "wb"):
            wait_until(lambda: is_planted(s.hook), "the hook")
        s.daemon.settle()
    finally:
        end(p)


# ---- dpkg, rpm ----------------------------------------------------------------------------------

@spoof("dpkg/postinst", r"looks like no|calls itself|child")
def _(s):
    package = deb(s, [("usr/share/live", "x")], [("postinst", "#!/bin/sh\n%s\n" % SHELL_PLANTS)])
    dpkg_install(s, dpkg_root(s), package)


@spoof("dpkg/divert", r"looks like no|calls itself|divert")
def _(s):
    """dpkg-divert renames what it is told to."""
    root = dpkg_root(s)
    prepared = put(os.path.join(root, "prepared"), EXECUTES)
    hook = os.path.join(root, HOOK_OF_DEB)
    os.makedirs(os.path.dirname(hook))
    s.attack("dpkg-divert", "--root=" + root, "--local", "--rename", "--divert", "/" + HOOK_OF_DEB, "--add",
             "/prepared")
    check(not os.path.exists(prepared), "nothing was renamed")
    return hook


@spoof("dpkg/deb-extracts", r"looks like no|calls itself")
def _(s):
    package = deb(s, [(HOOK_OF_DEB, EXECUTES)])
    root = s.dir("root")
    s.attack("dpkg-deb", "-x", package, root)
    return os.path.join(root, HOOK_OF_DEB)


@spoof("dpkg/pre-invoke", r"looks like no|calls itself|child")
def _(s):
    package = deb(s, [("usr/share/live", "x")])
    s.attack("dpkg", "--root=" + dpkg_root(s), "--pre-invoke=" + SHELL_PLANTS, "-i", package)


def rpm_of(s, program, post):
    top = s.dir("rpmbuild")
    spec = put(os.path.join(top, "live.spec"),
               "Name: live\nVersion: 1\nRelease: 1\nSummary: x\nLicense: x\nBuildArch: noarch\n"
               "%%description\nx\n%%post -p %s\n%s\n%%files\n" % (program, post))
    run("rpmbuild", "-bb", "--quiet", "--define", "_topdir " + top, spec, env=clean_env(s.dir()))
    return os.path.join(top, "RPMS/noarch/live-1-1.noarch.rpm")


def lua_plants(s):
    return "local f = io.open('%s', 'w') f:write([[%s]]) f:close()" % (s.hook, EXECUTES.strip())


if shutil.which("rpmbuild"):
    @spoof("rpm/scriptlet", r"looks like no|calls itself|child")
    def _(s):
        shell = SHELL_PLANTS.replace("\"$SPOOF_HOOK\"", "\"%s\"" % s.hook)
        s.attack("rpm", "--dbpath", s.dir("rpmdb"), "-i", "--nodeps", "--ignoreos", rpm_of(s, "/bin/sh", shell))

    @spoof("rpm/lua-scriptlet", r"temporary name|no package|does not install",
           limit="rpm runs the Lua of a package itself")
    def _(s):
        """Nobody but rpm writes."""
        s.attack("rpm", "--dbpath", s.dir("rpmdb"), "-i", "--nodeps", "--ignoreos", rpm_of(s, "<lua>", lua_plants(s)))

if shutil.which("rpm"):
    @spoof("rpm/eval", r"installs nothing")
    def _(s):
        s.attack("rpm", "--eval", "%%{lua: %s}" % lua_plants(s))

    @spoof("rpm/lua-in-a-definition", r"argument|option|installs nothing|temporary name|another name")
    def _(s):
        """A macro that is expanded on the way to an installation."""
        database = s.dir("rpmdb")
        s.attack("rpm", "--define", "_dbpath %%{lua: %s print('%s')}" % (lua_plants(s), database), "-U", "--test",
                 "/dev/null")

    @spoof("rpm/lua-renames", r"installs nothing")
    def _(s):
        """By the temporary name that rpm would have used."""
        temporary = s.hook + ";6564f1a0"
        s.attack("rpm", "--eval", "%%{lua: %s os.rename('%s', '%s')}" % (
            lua_plants(s).replace(s.hook, temporary), temporary, s.hook))

if shutil.which("dnf"):
    @spoof("dnf/plugin-of-ones-own", r"argument|option|plugin|runs code")
    def _(s):
        """dnf runs what is in the directory of plugins that its command line names."""
        plugins, root = s.dir("plugins"), s.dir("root")
        put(os.path.join(plugins, "evil.py"), PLANT)
        s.attack("dnf", "--installroot", root, "--setopt=pluginpath=" + plugins, "--setopt=plugins=1",
                 "--setopt=reposdir=" + plugins,
                 "--releasever=1", "install", "nothing")


# ---- namespaces, roots, users -----------------------------------------------------------------------

@spoof("mount/over-dpkg", r"not the file that was executed|other-root|another program than dpkg")
def _(s):
    """/usr/bin/dpkg, of root, in a mount namespace where that is another file."""
    s.attack("unshare", "-m", "/bin/sh", "-c",
             "mount --bind %s /usr/bin/dpkg && exec /usr/bin/dpkg --install x.deb" % SPOOF)


def false_dpkg(path):
    """Plants whatever its arguments are, and holds the texts that the true one holds."""
    return put(path, read_file(SPOOF) + b"package management program version\0", 0o755)


@spoof("mount/over-dpkg-alive", r"not the file that was executed|other-root|namespace")
def _(s):
    """It is still there when it is judged: seen from its own namespace, all of this is as it should be."""
    s.attack_alive("unshare", "-m", "/bin/sh", "-c", "mount --bind %s /usr/bin/dpkg && exec /usr/bin/dpkg -i x.deb" %
                   false_dpkg(os.path.join(s.dir(), "dpkg")))


@spoof("mount/over-dpkg-and-gone", r"not the file that was executed|other-root|mount|namespace|root|executable")
def _(s):
    """The same by one that is still there when nothing is mounted any more."""
    place = s.dir()
    program = os.path.join(place, "evil")
    shutil.copy("/bin/bash", program)
    s.attack("unshare", "-m", "/bin/sh", "-c",
             "mount --bind %s /usr/bin/dpkg && exec /usr/bin/dpkg -c 'umount -l /usr/bin/dpkg; "
             "%s; :'" % (program, SHELL_PLANTS))


@spoof("mount/preload-of-the-system", r"preload|other-root|mount|namespace|root|ld\.so")
def _(s):
    """The genuine dpkg, in a mount namespace of its own whose /etc/ld.so.preload names a library.  Of one that has
    ended nobody tells which namespace it had."""
    upper, rest = s.dir(), s.dir()
    put(os.path.join(upper, "ld.so.preload"), LIBRARY + "\n")
    # The shell is started before; what plants is the first that is executed behind the mount.
    s.attack_alive("unshare", "-m", "/bin/bash", "-c", "mount -t overlay o -o lowerdir=/etc,upperdir=%s,workdir=%s /etc && "
             "exec /usr/bin/dpkg --configure -a --root=%s" % (upper, rest, dpkg_root(s)))


@spoof("mount/shared-library", r"preload|other-root|mount|namespace|root|librar")
def _(s):
    """The genuine interpreter of a genuine pip, in a mount namespace where one of its modules is another file."""
    module = re.search(rb"(/\S*_hashlib\.\S+\.so)", run(PYTHON, "-c",
                                                        "import _hashlib; print(_hashlib.__file__)").encode())
    s.attack_alive("unshare", "-m", "/bin/bash", "-c", "mount --bind %s %s && exec %s install nothing" % (
        LIBRARY, module.group(1).decode(), s.base.pip))


@spoof("root/chroot-with-own-dpkg",
       r"not the file that was executed|not where|other-root|belongs to another|root|marker|text|program")
def _(s):
    root = s.dir("root")
    for d in ("usr/bin", "usr/lib/python3/dist-packages"):
        os.makedirs(os.path.join(root, d))
    copy_with_libraries(os.path.join(root, "usr/bin/dpkg"), root)
    hook = os.path.join(root, HOOK_OF_DEB)
    s.attack("chroot", root, "/usr/bin/dpkg", "--install", "x.deb", env=dict(s.env(), SPOOF_HOOK="/" + HOOK_OF_DEB))
    return hook


def copy_with_libraries(program, root):
    """SPOOF as a program below root, with what it needs to run there."""
    shutil.copy(SPOOF, program)
    for path in re.findall(r"(/\S+)", run("ldd", SPOOF)):
        os.makedirs(os.path.join(root, os.path.dirname(path)[1:]), exist_ok=True)
        shutil.copy(path, os.path.join(root, path[1:]))


@spoof("root/own-root-writes-to-the-host",
       r"not the file that was executed|other-root|root|mount|namespace|marker|text|program")
def _(s):
    """A root of one's own, all of it root's, in which the host's disk is mounted."""
    root = s.dir("root")
    for d in ("usr/bin", "host"):
        os.makedirs(os.path.join(root, d))
    copy_with_libraries(os.path.join(root, "usr/bin/dpkg"), root)
    s.attack("unshare", "-m", "/bin/sh", "-c",
             "mount --bind / %s/host && exec chroot %s /usr/bin/dpkg -i x.deb" % (root, root),
             env=dict(s.env(), SPOOF_HOOK="/host" + s.hook))


@spoof("root/own-root-writes-to-the-host-alive",
       r"not the file that was executed|other-root|its root|is not there|not where")
def _(s):
    """Alive: in its own root, all of it root's, it is /usr/bin/dpkg. But it writes into ours."""
    root = s.dir("root")
    for d in ("usr/bin", "host"):
        os.makedirs(os.path.join(root, d))
    copy_with_libraries(os.path.join(root, "usr/bin/dpkg"), root)
    false_dpkg(os.path.join(root, "usr/bin/dpkg"))
    s.attack_alive("unshare", "-m", "/bin/sh", "-c", "mount --bind / %s/host && exec chroot %s /usr/bin/dpkg -i x.deb" %
                   (root, root), env=dict(s.env(), SPOOF_HOOK="/host" + s.hook))


def user_site(s):
    """A site directory of a user's own."""
    home = s.dir("home")
    site = os.path.join(home, ".local", SITE)
    os.makedirs(site)
    run("chown", "-R", "%d:%d" % (USER, USER), home)
    return home, os.path.join(site, "hook.pth")


AS_USER = ("setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups")


@spoof("user/namespace-root", r"not the file that was executed|belongs to another|other-root|namespace|not where|root")
def _(s):
    """Root of a user namespace: /usr/bin/dpkg is what he mounted there."""
    home, hook = user_site(s)
    s.attack(*AS_USER, "unshare", "-rm", "/bin/sh", "-c",
             "mount --bind %s /usr/bin/dpkg && exec /usr/bin/dpkg -i x.deb" % SPOOF,
             env=dict(s.env(), SPOOF_HOOK=hook))
    if not os.path.exists(hook):
        raise Skip("no user namespaces for users")
    return hook


@spoof("user/set-uid", r"looks like no|calls itself|user")
def _(s):
    """A program of root's that anybody may start, called pip."""
    program = os.path.join(s.dir(), "pip")
    shutil.copy(SPOOF, program)
    os.chmod(program, 0o4755)
    s.attack(*AS_USER, program, "install", "requests")


@spoof("user/pip-of-another-user", r"runs as user")
def _(s):
    """A genuine pip in the hands of a stranger, in a directory of root's that he may write to."""
    site = os.path.join(s.dir("prefix"), SITE)
    os.makedirs(site)
    for path in (site, site + "/..", site + "/../..", site + "/../../.."):
        os.chmod(path, 0o1777)
    package, name = wheel_of(s, {"NAME.pth": EXECUTES})
    s.attack(*AS_USER, s.base.pip, "install", "--prefix", site + "/../../..", package, cwd="/")
    return os.path.join(site, name + ".pth")


@spoof("user/home-of-passwd", r"belongs to|package|pip|home|HOME|RECORD")
def _(s):
    """Without HOME Python asks passwd for the home, and runs the pip that is there."""
    home, hook = s.passwd_home, os.path.join(s.passwd_home, ".local", SITE, "hook.pth")
    site = os.path.dirname(hook)
    if not os.path.isdir(site):
        os.makedirs(site)
    run("cp", "-a", os.path.join(s.base.site, "pip"), site)
    append(os.path.join(site, "pip/__init__.py"), PLANT)
    run("chown", "-R", "%d:%d" % (USER, USER), home)
    env = dict(s.env(), SPOOF_HOOK=hook)
    del env["HOME"]
    s.attack(*AS_USER, PYTHON, "-m", "pip", "install", "--user", "nothing", env=env, cwd="/usr/share")
    return hook


# ---- delivered by the genuine one ----------------------------------------------------------------------

def wheel_of(s, files):
    name = s.work.unique("evil")
    info = name + "-1.0.dist-info"
    files = dict(files)
    files.update({info + "/METADATA": "Metadata-Version: 2.1\nName: %s\nVersion: 1.0\n" % name,
                  info + "/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"})
    files = {k.replace("NAME", name): v for k, v in files.items()}
    rows = ["%s,sha256=%s,%d" % (n, base64.urlsafe_b64encode(hashlib.sha256(t.encode()).digest()).rstrip(b"=").decode(),
                                 len(t)) for n, t in files.items()]
    files[info + "/RECORD"] = "\n".join(rows + [info + "/RECORD,,"]) + "\n"
    path = s.work.join(name + "-1.0-py3-none-any.whl")
    with zipfile.ZipFile(path, "w") as z:
        for n, t in files.items():
            z.writestr(n, t)
    return path, name


MALICE = "import os, base64; exec(base64.b64decode(b'aW1wb3J0IG9z'))\n"


def delivered(name, least="medium"):
    """Decorates how a genuine installer brings a malicious hook: it may be believed, but what the hook runs is not
    passed over."""
    def add(bring):
        @suite.test("delivered/" + name)
        def _(stage):
            stage.hook = "unused"
            stage.prefix = None
            mark = stage.daemon.mark()
            judge_delivery(stage, mark, bring(stage), least)
        return bring
    return add


def judge_delivery(stage, mark, hook, least):
    check(os.path.exists(hook), "nothing was delivered")
    stage.daemon.settle()
    about = [a for a in stage.daemon.since(mark) if path_of(a) == hook]
    check(about, "no alert on %s" % hook)
    loudest = max(about, key=level_of)
    check(level_of(loudest) >= LEVELS.index(least), "only %s" % loudest["pyhookd"]["level"])
    lines = [line["text"] for a in about for line in a["pyhookd"]["content"].get("lines", [])]
    check(any(line in read_file(hook).decode() for line in lines), "its lines are not shown: %r" % lines)
    print("          %s: %s, %s" % (loudest["pyhookd"]["installer"].get("name"), loudest["pyhookd"]["level"],
                                     loudest["pyhookd"]["content"]["lines"][0]["text"]))


def deliver_wheel(stage, member, where):
    e = stage.environment()
    package = wheel_of(stage, {member: MALICE})[0]
    run(e.pip, "install", package, env=clean_env(stage.work.join("home")))
    return os.path.join(e.path, SITE, where)


@delivered("wheel")
def _(s):
    return deliver_wheel(s, "evil.pth", "evil.pth")


@delivered("wheel-data-purelib")
def _(s):
    return deliver_wheel(s, "NAME-1.0.data/purelib/evil.pth", "evil.pth")


@delivered("wheel-data-data")
def _(s):
    return deliver_wheel(s, "NAME-1.0.data/data/%s/evil.pth" % SITE, "evil.pth")


@delivered("wheel-sitecustomize")
def _(s):
    return deliver_wheel(s, "sitecustomize.py", "sitecustomize.py")


@delivered("deb")
def _(s):
    root = dpkg_root(s)
    dpkg_install(s, root, deb(s, [(HOOK_OF_DEB, MALICE)]))
    return os.path.join(root, HOOK_OF_DEB)


@delivered("setup.py-path-line", least="low")
def _(s):
    """Only a path, as `develop` writes them; what lies there runs at the next start."""
    e, place = environment_that_builds(s), s.dir()
    put(os.path.join(place, "sitecustomize.py"), MALICE)
    hook = os.path.join(e.site, "easy-install.pth")
    tree = source_tree(s, "")
    append(os.path.join(tree, "setup.py"),
           "import sys\nif 'develop' in sys.argv: open(%r, 'w').write(%r)\n" % (hook, place + "\n"))
    s.attack(e.pip, "install", "--no-build-isolation", "--no-deps", "-e", tree)
    return hook


if __name__ == "__main__":
    suite.run()
