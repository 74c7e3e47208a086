#!/usr/bin/python3
"""Writers in containers and other roots: which container, the path on the host, the path within, and
whether their installers are believed for what is theirs.

A container is made of what a runtime makes it of: an overlay on the host's own root, a pid and a mount
namespace, and a control group with the name that docker or the kubelet gives it.
"""

import os
import re
import select
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (DEADLINE, EXECUTES, EXECUTES_TOO, OP, PYTHON, SITE, Daemon, Failure, LoopFs, Op, Skip, Suite, check,
                     check_equal, clean_env, die_with_parent, on_path, path_of, run, wait_until, write_file)
from test_benign import wheel

suite = Suite("containers")

ID = "0123456789abcdef" * 4
POD = "3b5b9c2e-7a1d-4c55-9d3e-0a1b2c3d4e5f"
DOCKER = "system.slice/docker-%s.scope" % ID
KUBERNETES = "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod%s.slice/cri-containerd-%s.scope" % (
    POD.replace("-", "_"), ID)


# ---- a container ------------------------------------------------------------------

def hierarchy():
    """Where the control group is made: the hierarchy whose path the daemon reads."""
    for path in ("/sys/fs/cgroup/systemd", "/sys/fs/cgroup"):
        if os.path.exists(os.path.join(path, "cgroup.procs")):
            return path
    raise Skip("no hierarchy of control groups")


class Group:
    """A control group, removed at the end with those above it that were made for it."""

    def __init__(self, work, name):
        self.path = os.path.join(hierarchy(), name)
        self.made = []
        path = os.path.dirname(self.path)
        try:
            while not os.path.exists(path):
                self.made.append(path)
                path = os.path.dirname(path)
            os.makedirs(self.path)
        except OSError as e:
            raise Skip("no control group can be made: %s" % e) from e
        self.made.insert(0, self.path)
        work.closers.append(self.close)

    def enter(self):
        with open(os.path.join(self.path, "cgroup.procs"), "w", encoding="ascii") as f:
            f.write("%d\n" % os.getpid())

    def close(self):
        def empty():
            with open(os.path.join(self.path, "cgroup.procs"), encoding="ascii") as f:
                return not f.read()
        wait_until(empty, "the end of the group " + self.path)
        for path in self.made:
            try:
                os.rmdir(path)
            except OSError:
                return          # another test has a group in it


# What a container runs: the lines of standard input, one after the other; "done N" is the answer.
AGENT = """
while read -r line; do
    sh -c "$line" </dev/null >&2 && echo "done 0" || echo "done $?"
done
"""


class Root:
    """A process with a root of its own that runs commands for us until the end of the test."""

    def __init__(self, work, script, group=None, namespaces=("--mount", "--pid", "--fork", "--propagation",
                                                             "private", "--kill-child")):
        def prepare():
            die_with_parent()
            if group:
                group.enter()
        self.process = subprocess.Popen((["unshare", *namespaces] if namespaces else []) +
                                        ["sh", "-ec", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, bufsize=0, preexec_fn=prepare,
                                        env=clean_env("/root"))
        self.closed = False
        work.closers.append(self.close)
        self.run("true")

    def run(self, command):
        self.process.stdin.write(command.encode() + b"\n")
        ready, _, _ = select.select([self.process.stdout], [], [], 20 * DEADLINE)
        check(ready, "no answer to " + command)
        answer = self.process.stdout.readline()
        if answer != b"done 0\n":
            self.process.kill()
            raise Failure("%s: %r\n%s" % (command, answer,
                                          self.process.stderr.read().decode(errors="replace")[-2000:]))

    def close(self):
        if self.closed:
            return
        self.closed = True
        self.process.stdin.close()
        try:
            self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()


class Container(Root):
    """The host's root below, an empty layer above."""

    def __init__(self, work, group=None, lower="/", volume=None):
        self.fs = LoopFs(work, "tmpfs", "layers")
        self.upper = os.path.join(self.fs.root, "overlay2", "a b", "diff")
        for d in (self.upper, self.at("work"), self.at("merged"), os.path.join(self.upper, "volume"),
                  os.path.join(self.upper, "tool")):
            os.makedirs(d, exist_ok=True)
        run("cp", OP, os.path.join(self.upper, "tool", "op"))
        script = """
mount -t overlay overlay -o "lowerdir={lower},upperdir={upper},workdir={work}" {merged}
test -z "{volume}" || mount --bind "{volume}" {merged}/volume
mount -t proc proc {merged}/proc
mount -t devtmpfs dev {merged}/dev 2>/dev/null || mount --bind /dev {merged}/dev
cd {merged}
mkdir -p old
pivot_root . old
cd /
umount -l /old
{agent}
""".format(lower=lower, upper=self.upper, work=self.at("work"), merged=self.at("merged"), volume=volume or "",
           agent=AGENT)
        super().__init__(work, script, group)

    def at(self, name):
        return os.path.join(self.fs.root, name)

    def host(self, path):
        """Where a file of the container is on the host."""
        return self.upper + path


def started(work, group=None, **more):
    c = Container(work, group, **more)
    c.run("mkdir -p /srv/venv/" + SITE)
    return c


def check_origin(a, runtime="docker", pod=None, slice_="system.slice"):
    check_equal((a.get("container") or {}).get("id"), ID, "container.id")
    check_equal(a["container"].get("runtime"), runtime, "container.runtime")
    check_equal(a["pyhookd"]["attribution"].get("slice"), slice_, "slice")
    check_equal(a.get("kubernetes"), {"pod": {"uid": pod}} if pod else None, "kubernetes")


def installer_of(a):
    i = a["pyhookd"]["installer"]
    return i.get("name"), i["verified"]


# ---- who and where ------------------------------------------------------------------

def planted(work, daemon, c, path, command):
    """Run a command that plants `path` in the container; the alert on it."""
    mark = daemon.mark()
    c.run(command)
    return daemon.wait_for(on_path(c.host(path), "high"), mark)


def with_group(name, **origin):
    def test(work):
        c = started(work, Group(work, name))
        with Daemon(work) as daemon:
            # Dead when it is judged; alive (it sleeps until it is killed by its end); by rename.
            one, two = ("/srv/venv/%s/%s.pth" % (SITE, n) for n in ("dead", "alive"))
            a = planted(work, daemon, c, one, "echo '%s' >%s" % (EXECUTES.strip(), one))
            check_equal(a["pyhookd"].get("container_path"), one, "container_path of a dead writer")
            check_origin(a, **origin)
            a = planted(work, daemon, c, two, "%s -c 'import time; f = open(\"%s\", \"w\"); f.write(\"%s\\n\"); f.close(); "
                        "time.sleep(1)'" % (PYTHON, two, EXECUTES_TOO.strip()))
            check_equal(a["pyhookd"].get("container_path"), two, "container_path of a living writer")
            check_equal(a["process"]["executable"], os.path.realpath(PYTHON), "executable")
            check_origin(a, **origin)
    return test


suite.test("docker")(with_group(DOCKER))
suite.test("docker-cgroupfs")(with_group("docker/" + ID, slice_=None))
suite.test("kubernetes")(with_group(KUBERNETES, runtime="containerd", pod=POD, slice_="kubepods-burstable-pod%s.slice" %
                                    POD.replace("-", "_")))


@suite.test("static-writer")
def static_writer(work):
    """open, write, _exit by a program that is only in the container."""
    c = started(work, Group(work, DOCKER))
    with Daemon(work) as daemon:
        path = "/srv/venv/%s/op.pth" % SITE
        a = planted(work, daemon, c, path, "/tool/op create %s '%s'" % (path, EXECUTES.strip()))
        check_equal(a["process"]["executable"], "/tool/op", "executable")
        check_equal(a["pyhookd"].get("container_path"), path, "container_path")
        check_origin(a)


@suite.test("no-group")
def no_group(work):
    """Nothing says which container, but the root is another."""
    c = started(work)
    with Daemon(work) as daemon:
        path = "/srv/venv/%s/a.pth" % SITE
        a = planted(work, daemon, c, path, "echo '%s' >%s" % (EXECUTES.strip(), path))
        check_equal(a["pyhookd"].get("container_path"), path, "container_path")
        check_equal(a.get("container"), None, "container")


@suite.test("brought-in")
def brought_in(work):
    """As `docker exec` does: whoever started it is of the host, so another process of its group is asked."""
    group = Group(work, DOCKER)
    c = started(work, group)
    with open(os.path.join(group.path, "cgroup.procs"), encoding="ascii") as f:
        inside = [pid for pid in f.read().split() if int(pid) != c.process.pid][0]
    path = "/srv/venv/%s/e.pth" % SITE
    with Daemon(work) as daemon:
        def prepare():
            die_with_parent()
            group.enter()
        subprocess.run(["nsenter", "-t", inside, "-m", "-p", "/tool/op", "create", path, EXECUTES], check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, preexec_fn=prepare,
                       start_new_session=True)       # as runc does
        a = daemon.wait_for(on_path(c.host(path), "high"))
        check_equal(a["pyhookd"].get("container_path"), path, "container_path")
        check_origin(a)


@suite.test("volume")
def volume(work):
    """A directory of the host's that is mounted in the container."""
    site = work.site("shared", "venv")
    c = started(work, Group(work, DOCKER), volume=work.join("shared"))
    with Daemon(work) as daemon:
        mark = daemon.mark()
        inner = "/volume/venv/%s/v.pth" % SITE
        c.run("echo '%s' >%s" % (EXECUTES.strip(), inner))
        a = daemon.wait_for(on_path(os.path.join(site, "v.pth"), "high"), mark)
        check_equal(a["pyhookd"].get("container_path"), inner, "container_path")
        check_origin(a)


@suite.test("all-dead")
def all_dead(work):
    """The whole container is gone when its file is judged: the id is still known."""
    c = started(work, Group(work, DOCKER))
    with Daemon(work) as daemon:
        path = "/srv/venv/%s/last.pth" % SITE
        os.kill(daemon.pid, signal.SIGSTOP)
        try:
            c.run("echo '%s' >%s" % (EXECUTES.strip(), path))
            c.close()
        finally:
            os.kill(daemon.pid, signal.SIGCONT)
        a = daemon.wait_for(on_path(c.host(path), "high"))
        check_equal(installer_of(a)[1], False, "verified")


def copy_program(program, root):
    """A program and the libraries that it is linked with, as they lie here."""
    os.makedirs(root + "/bin", exist_ok=True)
    run("cp", "-L", program, root + "/bin/")
    for library in re.findall(r"(/\S+)", run("ldd", program)):
        if library.endswith(":"):
            continue
        os.makedirs(root + os.path.dirname(library), exist_ok=True)
        run("cp", "-L", library, root + library)


# More than are looked at.
MOUNT_MANY = """
import ctypes, os
c = ctypes.CDLL(None)
c.mount(b"none", b"/volume", b"tmpfs", 0, None)
for i in range(3000):
    d = b"/volume/%0200d" % i
    os.mkdir(d)
    if c.mount(d, d, None, 4096, None):         # MS_BIND
        raise SystemExit(1)
"""


@suite.test("many-mounts")
def many_mounts(work):
    """The number of mounts is up to who is in the container; the daemon does not hang on them."""
    c = started(work, Group(work, DOCKER))
    write_file(c.host("/tool/many.py"), MOUNT_MANY)
    c.run("%s /tool/many.py" % PYTHON)
    with Daemon(work) as daemon:
        path = "/srv/venv/%s/m.pth" % SITE
        a = planted(work, daemon, c, path, "echo '%s' >%s" % (EXECUTES.strip(), path))
        check_equal(a["pyhookd"].get("container_path"), path, "container_path")
        check_origin(a)


@suite.test("chroot")
def chroot(work):
    """No namespace and no group: only the root is another."""
    fs = LoopFs(work, "tmpfs", "jail")
    os.makedirs(os.path.join(fs.root, "srv/venv", SITE))
    copy_program("/bin/sh", fs.root)
    os.mkdir(os.path.join(fs.root, "dev"))
    write_file(os.path.join(fs.root, "dev", "null"), "")
    jail = Root(work, "exec chroot %s /bin/sh -ec '%s'" % (fs.root, AGENT.replace("sh -c", "/bin/sh -c")),
                namespaces=None)
    inner = "/srv/venv/%s/c.pth" % SITE
    with Daemon(work) as daemon:
        jail.run("echo \"%s\" >%s" % (EXECUTES.strip(), inner))
        a = daemon.wait_for(on_path(fs.root + inner, "high"))
        check_equal(a["process"]["executable"], fs.root + "/bin/sh", "executable")
        check_equal(a["pyhookd"].get("container_path"), inner, "container_path")


# ---- their installers -----------------------------------------------------------------

@suite.test("genuine-pip")
def genuine_pip(work):
    package = wheel(work)
    c = started(work, Group(work, DOCKER))
    run("cp", package, c.host("/tool/"))
    env = "HOME=/root PIP_NO_INDEX=1"
    with Daemon(work) as daemon:
        c.run("%s %s -m venv /opt/v" % (env, PYTHON))
        c.run("%s /opt/v/bin/pip install /tool/%s" % (env, os.path.basename(package)))
        a = daemon.wait_for(lambda a: path_of(a).endswith("/live_hook.pth"))
        check_equal(a["pyhookd"].get("container_path", "").startswith("/opt/v/"), True, "container_path")
        check_equal(installer_of(a), ("pip", True), "the installer: %s" % a["pyhookd"]["installer"]["reasons"])
        daemon.quiet()


@suite.test("pip-in-a-chroot")
def pip_in_a_chroot(work):
    """As an image is built: its executable and working directory are told by our names."""
    package = wheel(work)
    fs = LoopFs(work, "tmpfs", "image")
    upper, merged, scratch = (work.mkdir("image", n) for n in ("upper", "merged", "work"))
    run("mount", "-t", "overlay", "overlay", "-o", "lowerdir=/,upperdir=%s,workdir=%s" % (upper, scratch), merged)
    run("cp", package, os.path.join(fs.root, "merged"))
    with Daemon(work) as daemon:
        for command in ((PYTHON, "-m", "venv", "/opt/v"),
                        ("/opt/v/bin/pip", "install", "/" + os.path.basename(package))):
            run("chroot", merged, *command, env=clean_env("/root"))
        a = daemon.wait_for(lambda a: path_of(a).endswith("/live_hook.pth"))
        check_equal(path_of(a).startswith(upper), True, "the path on the host")
        daemon.settle()
    # Its writer lives as long as pip does; a first look may come when it is gone.
    check_equal(installer_of(a), ("pip", True), "the installer: %s" % a["pyhookd"]["installer"]["reasons"])


def in_namespace(*prefix, plants=True):
    """A service's mount namespace, where all has the name that it has here."""
    def test(work):
        package = wheel(work)
        venv = work.join("venv")
        hook = work.site("venv")
        with Daemon(work) as daemon:
            env = clean_env(work.mkdir("home"))
            run(*prefix, PYTHON, "-m", "venv", venv, env=env)
            run(*prefix, os.path.join(venv, "bin", "pip"), "install", package, env=env)
            a = daemon.wait_for(lambda a: path_of(a).endswith("/live_hook.pth"))
            check_equal(installer_of(a), ("pip", True), "the installer: %s" % a["pyhookd"]["installer"]["reasons"])
            check_equal(a["pyhookd"].get("container_path"), None, "container_path")
            daemon.quiet()
            if not plants:      # with a program of ours, which may lie below /tmp
                return
            mark = daemon.mark()
            Op("create", os.path.join(hook, "h.pth"), EXECUTES, prefix=prefix).finish()
            a = daemon.wait_for(on_path(os.path.join(hook, "h.pth"), "high"), mark)
            check_equal(a["pyhookd"].get("container_path"), None, "container_path")
    return test


def with_mounts(*commands):
    """A prefix: a namespace with mounts of its own; whoever made them stays, and can be asked when the writer is dead."""
    return "unshare", "--mount", "sh", "-ec", "\n".join(commands) + '\n"$@"\n:', "sh"


suite.test("pip-in-a-namespace")(in_namespace("unshare", "--mount"))
# As units have it: ProtectSystem=, PrivateDevices=; PrivateTmp=.
suite.test("pip-in-a-service")(in_namespace(*with_mounts(
    "mount --bind /usr /usr", "mount -o remount,bind,ro /usr", "mount --bind /etc /etc", "mount -t tmpfs none /mnt",
    "mount -t tmpfs none /dev/shm", "mount --bind /etc/hostname /etc/hosts")))
suite.test("pip-with-a-private-tmp")(in_namespace(*with_mounts("mount -t tmpfs none /tmp"), plants=False))


def with_own(what, *commands):
    """A namespace in which something is other than here that a genuine pip is told by, or made of."""
    def test(work):
        venv = work.join("venv")
        work.site("venv")
        names = {"venv": venv, "site": os.path.join(venv, SITE)}
        with Daemon(work) as daemon:
            env = clean_env(work.mkdir("home"))
            run(PYTHON, "-m", "venv", venv, env=env)
            daemon.settle()
            mark = daemon.mark()
            run(*with_mounts(*(c.format(**names) for c in commands)), os.path.join(venv, "bin", "pip"), "install",
                wheel(work), env=env)
            a = daemon.wait_for(lambda a: path_of(a).endswith("/live_hook.pth"), mark)
            check_equal(installer_of(a), ("pip", False), "the installer")
            check("its mount namespace shows another %s than the host's" % what.format(**names) in
                  a["pyhookd"]["installer"]["reasons"], "%s" % a["pyhookd"]["installer"]["reasons"])
    return test


suite.test("pip-below-another-etc")(with_own("/etc", "mkdir -p {venv}/u {venv}/w", "mount -t overlay none -o "
                                             "lowerdir=/etc,upperdir={venv}/u,workdir={venv}/w /etc"))
suite.test("pip-with-another-module")(with_own("{site}/pip/_internal/pyproject.py", "mount --bind "
                                               "{site}/pip/_internal/pyproject.py {site}/pip/_internal/pyproject.py",
                                               "cp {site}/pip/_internal/pyproject.py {venv}/p.py",
                                               "mount --bind {venv}/p.py {site}/pip/_internal/pyproject.py"))


@suite.test("pip-into-a-volume")
def pip_into_a_volume(work):
    """The container's pip, which its root makes as he likes, does not vouch for what the host has."""
    package = wheel(work)
    run(PYTHON, "-m", "venv", "--without-pip", work.join("shared", "venv"), env=clean_env("/root"))
    c = started(work, Group(work, DOCKER), volume=work.join("shared"))
    run("cp", package, c.host("/tool/"))
    with Daemon(work) as daemon:
        c.run("HOME=/root PIP_NO_INDEX=1 %s -m pip install --target /volume/venv/%s /tool/%s" %
              (PYTHON, SITE, os.path.basename(package)))
        a = daemon.wait_for(lambda a: path_of(a).endswith("/live_hook.pth"))
        check_equal(installer_of(a), ("pip", False), "the installer: %s" % a["pyhookd"]["installer"]["reasons"])


@suite.test("false-pip")
def false_pip(work):
    """A copy of a shell in the container, with pip's arguments; and a script of pip's name."""
    c = started(work, Group(work, DOCKER))
    with Daemon(work) as daemon:
        one, two = ("/srv/venv/%s/%s.pth" % (SITE, n) for n in ("one", "two"))
        write_file(c.host("/tool/pip"), "#!%s\nopen('%s', 'w').write(%r)\n" % (PYTHON, two, EXECUTES_TOO))
        os.chmod(c.host("/tool/pip"), 0o755)
        c.run("cp /bin/sh /tool/python3")
        a = planted(work, daemon, c, one, "/tool/python3 -c 'echo \"%s\" >%s' /usr/bin/pip install x" %
                    (EXECUTES.strip().replace("'", "\\\""), one))
        check_equal(installer_of(a)[1], False, "verified")
        a = planted(work, daemon, c, two, "/tool/pip install x")
        check_equal(installer_of(a)[1], False, "verified")


if __name__ == "__main__":
    suite.run()
