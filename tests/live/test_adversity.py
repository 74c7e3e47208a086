#!/usr/bin/python3
"""What an attacker, or bad luck, can do to the daemon: mounts that never answer, files made to tire it, names made
to speak for it, too few descriptors, a restart at the wrong moment."""

import ctypes
import mmap
import os
import shutil
import signal
import stat
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (BUILD, DEADLINE, EXECUTES, EXECUTES_TOO, PYTHON, RULES, Daemon, Failure, Skip, Suite, check,
                     check_equal, die_with_parent, is_serious, on_path, path_of, run, wait_until, write_file)

SILENT = os.path.join(BUILD, "tests", "live", "silent")
CTL = os.path.join(BUILD, "pyhookctl")

suite = Suite("adversity")


def silent_fuse(where):
    """A FUSE filesystem whose server never answers; answers the descriptor that is its server."""
    if not os.path.exists("/dev/fuse"):
        raise Skip("no /dev/fuse")
    os.makedirs(where)
    fd = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    libc = ctypes.CDLL(None, use_errno=True)
    options = b"fd=%d,rootmode=40000,user_id=0,group_id=0" % fd
    if libc.mount(b"silent", os.fsencode(where), b"fuse.silent", 0, options):
        os.close(fd)
        raise OSError(ctypes.get_errno(), "mount of a FUSE filesystem")
    return fd


def age(path):
    """Until the first inventory takes it as being there before: what is younger than a second is left to events."""
    wait_until(lambda: time.time() - os.lstat(path).st_ctime > 1.2, "a file of more than a second")


def goes_on(work, daemon, name):
    """It judges another hook, so it waits for nobody."""
    path = os.path.join(work.site(name), "after.pth")
    write_file(path, EXECUTES)
    return daemon.wait_for(on_path(path, "high"))


@suite.test("silent-mount/at-start")
def silent_at_start(work):
    fd = silent_fuse(work.join("nas"))
    try:
        with Daemon(work) as daemon:
            goes_on(work, daemon, "env")
    finally:
        os.close(fd)


@suite.test("silent-mount/link")
def silent_link(work):
    site = work.site("env")
    with Daemon(work) as daemon:
        fd = silent_fuse(work.join("nas"))
        try:
            link = os.path.join(site, "link.pth")
            os.symlink(work.join("nas", "payload"), link)
            alert = daemon.wait_for(on_path(link))
            check_equal(alert["pyhookd"]["content"]["unread"], "remote", "why it was not read")
            goes_on(work, daemon, "other")
        finally:
            os.close(fd)


@suite.test("silent-mount/path-line")
def silent_path_line(work):
    with Daemon(work) as daemon:
        fd = silent_fuse(work.join("nas"))
        try:
            path = os.path.join(work.site("env"), "line.pth")
            write_file(path, work.join("nas", "lib") + "\n")
            daemon.wait_for(on_path(path))
            goes_on(work, daemon, "other")
        finally:
            os.close(fd)


class SilentWriter:
    """A process that writes a hook, and whose memory nobody can read (tests/live/silent.c), until the block ends."""

    def __init__(self, where, hook):
        if not os.path.exists("/dev/fuse"):
            raise Skip("no /dev/fuse")
        os.makedirs(where)
        self.process = subprocess.Popen([SILENT, where, hook], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        preexec_fn=die_with_parent)
        line = self.process.stdout.readline()
        if not line:
            raise Failure("silent: exit %d" % self.process.wait())
        self.pid = int(line)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.process.communicate()


@suite.test("silent-memory")
def silent_memory(work):
    """Whoever reads its arguments waits for ever: no thread of the daemon that anybody needs."""
    hook = os.path.join(work.site("env"), "hook.pth")
    with Daemon(work) as daemon:
        with SilentWriter(work.join("silent"), hook) as writer:
            alert = daemon.wait_for(on_path(hook, "high"))
            check_equal(alert["process"]["pid"], writer.pid, "the writer")
            check_equal(alert["process"]["executable"], SILENT, "its executable")
            attribution = alert["pyhookd"]["attribution"]
            check_equal((attribution["complete"], attribution["compared"]), (False, False), "complete, compared")
            goes_on(work, daemon, "other")
            check_equal(daemon.counters()["memory_stuck"], 1, "threads that wait for it")
            # It does not cost another thread each time, and one that starts now is stopped as ever.
            for i in range(5):
                os.rename(hook, hook + ".old")
                os.rename(hook + ".old", hook)
            with Daemon(work) as another:
                goes_on(work, another, "third")
                check_equal(another.counters()["memory_stuck"], 1, "threads that wait for it")
            check_equal(daemon.counters()["memory_stuck"], 1, "threads that wait for it")
        wait_until(lambda: daemon.counters()["memory_stuck"] == 0, "the thread returns")
        goes_on(work, daemon, "last")


@suite.test("many-assignments")
def many_assignments(work):
    """A file that sets a variable a hundred thousand times costs and says no more than one with a thousand."""
    profile = os.path.join(work.mkdir("home"), ".profile")
    with Daemon(work) as daemon:
        write_file(profile, "".join("export PYTHONPATH=/%d\n" % i for i in range(100000)))
        daemon.wait_for(on_path(profile, "high", detection_type="PYTHON_ENV_SET"))
        goes_on(work, daemon, "env")
        said = [a for a in daemon.since() if path_of(a) == profile]
        check(len(said) <= 80, "%d alerts on one file" % len(said))
        check_equal(said[0]["DetectionType"], "PYTHONPATH_ENV_SET", "the first of them")
        # The same file again is nothing new.
        mark = daemon.mark()
        os.utime(profile)
        daemon.quiet(mark)


@suite.test("unreadable-variables")
def unreadable_variables(work):
    home = work.mkdir("home")
    with Daemon(work) as daemon:
        for name, make in ((".bashrc", lambda p: os.symlink("/dev/zero", p)), (".zshrc", os.mkfifo)):
            path = os.path.join(home, name)
            make(path)
            alert = daemon.wait_for(on_path(path))
            check_equal(alert["pyhookd"]["level"], "medium", name)
        padded = os.path.join(home, ".profile")
        write_file(padded, "#" * 5000000 + "\nexport PYTHONSTARTUP=/tmp/x.py\n")
        daemon.wait_for(on_path(padded, "high"))


@suite.test("name-that-speaks")
def name_that_speaks(work):
    """A mount point's name cannot send the service manager an assignment of its own."""
    where = work.join("x\nWATCHDOG=trigger\nMAINPID=1")
    os.mkdir(where)
    run("mount", "-t", "tmpfs", "tmpfs", where)
    try:
        with Daemon(work) as daemon:
            goes_on(work, daemon, "env")
        sent = [line for message in daemon.notified for line in message.split("\n")]
        wrong = [line for line in sent if line.startswith(("WATCHDOG=trigger", "MAINPID="))]
        check_equal(wrong, [], "assignments that the name made")
    finally:
        run("umount", where)


@suite.test("few-descriptors")
def few_descriptors(work):
    """Without descriptors a hook is judged unread, or found later; it was not removed."""
    state = work.mkdir("state")
    hooks = [os.path.join(work.site("env%d" % i), "hook.pth") for i in range(200)]
    for hook in hooks:
        write_file(hook, EXECUTES)
    age(hooks[-1])
    with Daemon(work, state=state) as daemon:
        daemon.settle()
    with Daemon(work, state=state, prefix=("prlimit", "--nofile=40:40")) as daemon:
        daemon.settle()
        removed = [a for a in daemon.since() if a["event"]["action"] == "hook-removed"]
        check_equal(removed, [], "hooks said to be removed")


@suite.test("known-hook-after-a-restart")
def known_hook_after_a_restart(work):
    """What an earlier run knew is followed in this one: truncated, written without a close, through another name."""
    state = work.mkdir("state")
    hook = os.path.join(work.site("env"), "hook.pth")
    other = work.join("plain.txt")
    write_file(hook, EXECUTES * 3)
    os.link(hook, other)
    age(hook)
    with Daemon(work, state=state) as daemon:
        daemon.settle()
    with Daemon(work, state=state) as daemon:
        mark = daemon.mark()
        os.truncate(hook, len(EXECUTES))
        daemon.wait_for(on_path(hook, change="modified"), mark)
        mark = daemon.mark()
        with open(other, "a", encoding="ascii") as f:
            f.write(EXECUTES_TOO)
        daemon.wait_for(on_path(hook, change="modified"), mark)
        mark = daemon.mark()
        fd = os.open(hook, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(fd, EXECUTES.encode())
            daemon.wait_for(on_path(hook, change="modified"), mark)
        finally:
            os.close(fd)


@suite.test("bound-onto-itself")
def bound_onto_itself(work):
    """As ProtectHome=read-only of systemd does with /home: what is in it is searched all the same."""
    state = work.mkdir("state")
    site = work.site("home")
    where = work.join("home")
    run("mount", "--bind", where, where)
    try:
        with Daemon(work, state=state) as daemon:
            daemon.settle()
        missed = os.path.join(site, "missed.pth")
        write_file(missed, EXECUTES)
        with Daemon(work, state=state) as daemon:
            daemon.wait_for(on_path(missed, "high"))
    finally:
        run("umount", where)


@suite.test("no-records-of-processes")
def no_records(work):
    """In another network namespace the kernel gives none: a writer may be unknown, but is never another."""
    with Daemon(work, prefix=("unshare", "--net")) as daemon:
        for i in range(20):
            path = os.path.join(work.site("env%d" % i), "hook.pth")
            subprocess.run(["sh", "-c", "echo 'import os' >" + path], check=True)
            alert = daemon.wait_for(on_path(path, "high"))
            executable = alert.get("process", {}).get("executable", "")
            check(os.path.basename(executable) in ("", "dash", "bash", "sh"), "written by %s" % executable)
            check(not alert["pyhookd"]["installer"]["verified"], "verified")


@suite.test("removed-in-a-gap")
def removed_in_a_gap(work):
    """A hook that went while the daemon was down is said to be gone, once."""
    state = work.mkdir("state")
    hook = os.path.join(work.site("env"), "hook.pth")
    write_file(hook, EXECUTES)
    age(hook)
    with Daemon(work, state=state) as daemon:
        daemon.settle()
    os.unlink(hook)
    with Daemon(work, state=state) as daemon:
        daemon.wait_for(on_path(hook, change="removed"))
        wait_until(lambda: not [a for a in daemon.since() if path_of(a) == hook and is_serious(a)], "nothing serious")
    with Daemon(work, state=state) as daemon:
        daemon.settle()
        check_equal([a for a in daemon.since() if path_of(a) == hook], [], "alerts on what is gone")


@suite.test("dpkg-after-the-act")
def dpkg_after_the_act(work):
    """Who writes and then executes dpkg is not dpkg, however late the event is read."""
    if not os.path.exists("/usr/bin/dpkg"):
        raise Skip("no dpkg")
    disguise = work.join("ld-x.so")         # a name that is passed over as the dynamic loader's
    shutil.copy("/bin/bash", disguise)
    with Daemon(work) as daemon:
        for i in range(30):
            path = os.path.join(work.site("env%d" % i), "hook.pth")
            subprocess.run([disguise, "-c", "echo 'import os' >%s; exec /usr/bin/dpkg --version" % path],
                           stdout=subprocess.DEVNULL, check=True)
            alert = daemon.wait_for(on_path(path))
            check(not alert["pyhookd"]["installer"]["verified"], "%r" % alert["pyhookd"]["installer"])
            check(is_serious(alert), "level %s" % alert["pyhookd"]["level"])


@suite.test("code-behind-the-end")
def code_behind_the_end(work):
    """Python reads a .pth to its end, the daemon 4 MiB of it."""
    path = os.path.join(work.site("env"), "long.pth")
    with Daemon(work) as daemon:
        write_file(path, "#\n" * 2200000 + EXECUTES)
        daemon.wait_for(on_path(path, "high"))


@suite.test("mapping-of-a-later-link")
def mapping_of_a_later_link(work):
    """A hook written through a mapping of a hard link that was made when it was known already."""
    path = os.path.join(work.site("env"), "hook.pth")
    other = work.join("plain.bin")
    with Daemon(work) as daemon:
        write_file(path, "# " + " " * 60 + "\n")
        daemon.wait_for(on_path(path))
        daemon.settle()
        os.link(path, other)
        mark = daemon.mark()
        with open(other, "r+b") as f, mmap.mmap(f.fileno(), 0) as m:
            m[:len(EXECUTES)] = EXECUTES.encode()
        daemon.wait_for(on_path(path, "high"), mark)


@suite.test("reload-to-nothing")
def reload_to_nothing(work):
    rules = work.mkdir("rules")
    shutil.copytree(RULES, rules, dirs_exist_ok=True)
    with Daemon(work, rules=(rules,)) as daemon:
        for name in os.listdir(rules):
            os.unlink(os.path.join(rules, name))
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_stderr("the reload failed")
        goes_on(work, daemon, "env")


@suite.test("umount-during-a-search")
def umount_during_a_search(work):
    """A filesystem that is mounted, searched and unmounted at once: umount(8) must not find it busy."""
    image, where = work.join("image"), work.mkdir("disk")
    with open(image, "wb") as f:
        f.truncate(64 << 20)
    run("mkfs.ext4", "-q", "-F", "-N", "20000", image)
    run("mount", "-o", "loop", image, where)
    for i in range(9000):
        os.mkdir(os.path.join(where, "d%d" % i))
    run("umount", where)
    with Daemon(work) as daemon:
        for _ in range(10):
            seen = len(daemon.stderr)
            run("mount", "-o", "loop", image, where)
            # It is marked (for which its root is open for a moment), and the search begins.
            daemon.wait_stderr("watching .*disk", seen)
            run("umount", where)        # fails if it is busy
        goes_on(work, daemon, "env")


# A line, a size or a depth that nobody writes; each is judged before what is planted behind it.
MIB = 1 << 20
HUGE = {
    "line": "import os; x = '%s'\n" % ("A" * MIB),
    "lines": "".join("import os; x = %d\n" % i for i in range(100000)),
    "deep": "import os; x = %s\n" % ("(" * MIB),
}


@suite.test("huge-hooks")
def huge_hooks(work):
    site = work.site("env")
    with Daemon(work) as daemon:
        for name, text in HUGE.items():
            write_file(os.path.join(site, name + ".pth"), text)
        # It is there whole in one step: what is being made is judged as it is found.
        sparse = work.join("sparse")
        with open(sparse, "wb") as f:
            f.truncate(1 << 30)
        os.rename(sparse, os.path.join(site, "sparse.pth"))
        goes_on(work, daemon, "other")
        for name in HUGE:
            hook = os.path.join(site, name + ".pth")
            alert = daemon.wait_for(on_path(hook, "high", change=("created", "modified")))
            check(alert["pyhookd"]["content"]["verdict"] in ("executes", "suspicious", "malicious"), name)
        alert = daemon.wait_for(on_path(os.path.join(site, "sparse.pth")))
        check_equal(alert["pyhookd"]["content"]["verdict"], "suspicious", "verdict on the sparse file")
        daemon.lost_nothing()
    for name in sorted(HUGE) + ["sparse"]:
        inspect(os.path.join(site, name + ".pth"))


def inspect(path):
    """What pyhookctl says of a file: 1 is its exit status where something is of level high."""
    p = subprocess.run([CTL, "inspect", path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, timeout=DEADLINE, preexec_fn=die_with_parent, check=False)
    check(p.returncode in (0, 1), "inspect %s: exit %d: %r" % (path, p.returncode, p.stderr[-500:]))
    check(os.fsencode(path) in p.stdout, "inspect %s says nothing of it" % path)


def make_loop(path):
    os.symlink(path + ".back", path)
    os.symlink(path, path + ".back")


def make_null(path):
    os.mknod(path, stat.S_IFCHR | 0o644, os.makedev(1, 3))


SPECIAL = {"fifo": os.mkfifo, "null": make_null, "loop": make_loop, "directory": os.mkdir}


def plant_leading_to(work, kind, target, module):
    """Hooks of all kinds that lead to `target`, which is no file; `module` is one in place of a module's file, or None.
    Answers their paths."""
    site, home = work.site(kind, "env"), work.mkdir(kind, "home")
    units = work.mkdir(kind, "etc", "systemd", "system")
    hooks = {
        os.path.join(site, "executes.pth"): "import sys; exec(open('%s').read())\n" % target,
        os.path.join(site, "line.pth"): target + "\n",
        os.path.join(home, ".bashrc"): "export PYTHONSTARTUP=%s\n" % target,
        os.path.join(home, ".profile"): ". %s\nexport PYTHONPATH=%s\n" % (target, target),
        os.path.join(units, "some.service"):
            "[Service]\nEnvironmentFile=-%s\nEnvironment=PYTHONPATH=%s\nExecStart=/bin/true\n" % (target, target),
    }
    if module:
        hooks[os.path.join(site, "imports.pth")] = "import %s\n" % module
    for path, text in hooks.items():
        write_file(path, text)
    return list(hooks)


def judged_all(work, daemon, hooks, name):
    goes_on(work, daemon, name)
    for path in hooks:
        alert = daemon.wait_for(on_path(path))
        check(not alert["pyhookd"].get("content", {}).get("unread"), "%s was not read" % path)
        inspect(path)


def leads_to_special(kind):
    @suite.test("leads-to/" + kind)
    def test(work):
        target = work.join("special")
        SPECIAL[kind](target)
        site = work.site(kind, "env")
        SPECIAL[kind](os.path.join(site, "special_module.py"))
        with Daemon(work) as daemon:
            judged_all(work, daemon, plant_leading_to(work, kind, target, "special_module"), "other")
            daemon.lost_nothing()


for each in SPECIAL:
    leads_to_special(each)


@suite.test("environments-behind-costly-hooks")
def environments_behind_costly_hooks(work):
    """Hooks that cost what all may cost together, and environments that are copied meanwhile: those are judged in a
    hurry, and are what they always are."""
    run(PYTHON, "-m", "venv", work.join("venv"))
    site = work.site("costly")
    with Daemon(work) as daemon:
        daemon.settle()
        mark = daemon.mark()
        for i in range(60):
            write_file(os.path.join(site, "x%d.pth" % i), "import os; x = [%s]\n" % ("os.getenv('a')," * 270000))
        for i in range(8):
            run("/bin/cp", "-a", work.join("venv"), work.join("copy%d" % i))
        daemon.settle(6 * DEADLINE)
        check(daemon.counters()["hurried"], "nothing was judged in a hurry")
        loud = [path_of(a) for a in daemon.since(mark) if "/copy" in path_of(a) and is_serious(a)]
        check_equal(loud, [], "at high")
        daemon.lost_nothing()


@suite.test("leads-to/silent-mount")
def leads_to_silent(work):
    with Daemon(work) as daemon:
        fd = silent_fuse(work.join("nas"))
        try:
            target = work.join("nas", "special")
            site = work.site("silent", "env")
            os.symlink(target, os.path.join(site, "special_module.py"))
            judged_all(work, daemon, plant_leading_to(work, "silent", target, "special_module"), "other")
            daemon.lost_nothing()
        finally:
            os.close(fd)


@suite.test("module-becomes-special")
def module_becomes_special(work):
    """The file of a module that a hook imports, and that was judged with it, is replaced by what cannot be read."""
    site = work.site("env")
    hook, module = os.path.join(site, "hook.pth"), os.path.join(site, "its_module.py")
    with Daemon(work) as daemon:
        write_file(module, EXECUTES)
        write_file(hook, "import its_module\n")
        alert = daemon.wait_for(on_path(hook, "high"))
        paths = [t["path"] for t in alert["pyhookd"]["content"].get("targets", [])]
        check(module in paths, "the module is watched: %r" % paths)
        for kind, make in SPECIAL.items():
            special = work.join(kind)
            make(special)
            if kind == "directory":
                os.unlink(module)
            os.rename(special, module)
            goes_on(work, daemon, kind)
            inspect(hook)
        daemon.lost_nothing()


if __name__ == "__main__":
    suite.run()
