#!/usr/bin/python3
"""What happens to a hook by another name than its own, or to who may write to it."""

import os
import re
import signal
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (EXECUTES, EXECUTES_TOO, IN_STEPS, INERT, SITE, Daemon, LoopFs, Op, Skip, Suite, check, check_equal,
                     on_path, path_of, read_file, run, wait_until, write_file)

suite = Suite("tracking")


def write_old(path, text):
    """A hook that was there when the watch began: younger ones are told by events, which nobody had."""
    write_file(path, text)
    wait_until(lambda: time.time() - os.lstat(path).st_ctime > 1.2, "a file of more than a second")


def chmod(path, mode):
    run("/usr/bin/chmod", mode, path)


def by(alert):
    return (alert.get("process") or {}).get("executable", "")


# ---- who may write -----------------------------------------------------------------------

@suite.test("permissions/hook")
def permissions_hook(work):
    path = os.path.join(work.site("venv"), "x.pth")
    write_old(path, EXECUTES)
    with Daemon(work) as daemon:
        daemon.settle()
        mark = daemon.mark()
        chmod(path, "600")                      # less: informational at most
        run("/usr/bin/touch", "-d", "2020-01-01", path)
        daemon.quiet(mark, "low")
        chmod(path, "666")
        alert = daemon.exactly_one(path, mark, "medium", change="permissions")
        check_equal(by(alert), "/usr/bin/chmod", "who did it")
        check_equal(alert["file"]["mode"], "0666", "mode")
        check_equal(alert["pyhookd"]["previous"]["mode"], "0600", "mode before")
        mark = daemon.mark()
        chmod(path, "777")                      # they could before
        chmod(path, "644")
        daemon.quiet(mark, "low")
        mark = daemon.mark()
        run("/usr/bin/chown", "65534", path)
        alert = daemon.exactly_one(path, mark, "medium", change="permissions")
        check_equal(by(alert), "/usr/bin/chown", "who did it")


@suite.test("permissions/through-another-name")
def permissions_other_name(work):
    path = os.path.join(work.site("venv"), "x.pth")
    write_file(path, EXECUTES)
    os.link(path, work.join("innocent"))
    write_old(path, EXECUTES)
    with Daemon(work) as daemon:
        daemon.settle()
        mark = daemon.mark()
        chmod(work.join("innocent"), "666")
        daemon.exactly_one(path, mark, "medium", change="permissions")


@suite.test("permissions/new-hook")
def permissions_new(work):
    """Of a hook that was planted while we watch, and of a target."""
    site = work.site("venv")
    target = work.join("target")
    with Daemon(work) as daemon:
        path = os.path.join(site, "x.pth")
        write_file(path, EXECUTES)
        write_file(target, EXECUTES)
        os.symlink(target, os.path.join(site, "y.pth"))
        daemon.settle()
        mark = daemon.mark()
        chmod(path, "666")
        daemon.exactly_one(path, mark, "medium", change="permissions")
        mark = daemon.mark()
        chmod(target, "666")
        daemon.exactly_one(os.path.join(site, "y.pth"), mark, "medium", change="permissions")


@suite.test("permissions/directories")
def permissions_directories(work):
    site = work.site("venv")
    path = os.path.join(site, "x.pth")
    write_old(path, EXECUTES)
    above = [site, os.path.dirname(site), work.join("venv", "lib"), work.join("venv")]
    with Daemon(work) as daemon:
        daemon.settle()
        for directory in above:
            mark = daemon.mark()
            chmod(directory, "777")
            alert = daemon.exactly_one(directory, mark, "medium", change="permissions")
            check_equal(by(alert), "/usr/bin/chmod", "who did it")
            check_equal(alert["file"]["type"], "dir", "type")
            mark = daemon.mark()
            chmod(directory, "755")
            run("/usr/bin/touch", directory)
            chmod(directory, "775")             # root's own group
            daemon.quiet(mark, "low")
        mark = daemon.mark()
        os.chmod(work.path, 0o777)              # not of the environment
        os.chmod(work.path, 0o755)
        daemon.quiet(mark, "low")


@suite.test("permissions/acl")
def permissions_acl(work):
    """What setfacl -m u:65534:rw does; the group's bits of the mode are the list's mask from then on."""
    def entry(tag, permissions, number=0xffffffff):
        return struct.pack("<HHI", tag, permissions, number)

    # include/uapi/linux/posix_acl_xattr.h, posix_acl.h: owner, user 65534, group, mask, others
    acl = struct.pack("<I", 2) + entry(1, 6) + entry(2, 6, 65534) + entry(4, 4) + entry(16, 6) + entry(32, 4)
    path = os.path.join(work.site("venv"), "x.pth")
    write_old(path, EXECUTES)
    with Daemon(work) as daemon:
        daemon.settle()
        mark = daemon.mark()
        try:
            os.setxattr(path, "system.posix_acl_access", acl)
        except OSError as e:
            raise Skip("no access control lists here: %s" % e) from e
        daemon.exactly_one(path, mark, "medium", change="permissions")


@suite.test("permissions/env-file")
def permissions_env(work):
    path = os.path.join(work.mkdir("etc"), "environment")
    write_old(path, "LANG=C\n")
    with Daemon(work) as daemon:
        daemon.settle()
        mark = daemon.mark()
        chmod(path, "666")
        daemon.exactly_one(path, mark, "medium", change="permissions")


@suite.test("permissions/while-off")
def permissions_off(work):
    path = os.path.join(work.site("venv"), "x.pth")
    write_old(path, EXECUTES)
    state = work.mkdir("state")
    with Daemon(work, state=state) as daemon:
        daemon.settle()
    chmod(path, "666")
    with Daemon(work, state=state) as daemon:
        alert = daemon.exactly_one(path, 0, "medium", change="permissions")
        check("process" not in alert, "a writer is named for what nobody saw")
    with Daemon(work, state=state) as daemon:
        daemon.quiet(0, "informational")


# ---- directories that stand elsewhere ------------------------------------------------------

def site_link(work, name, *levels):
    """An environment NAME of which the directory `levels` up from the site directory (site-packages, python3.11, lib)
    is a link to a directory of another name.  Answers the site directory by its two names."""
    above = len(levels) - 1
    parts = ("lib", "python3.11", "site-packages")
    cut = 3 - 1 - above
    work.mkdir(name, *parts[:cut])
    real = work.mkdir(name + "-data", "d", *parts[cut + 1:])
    os.symlink(work.join(name + "-data", "d"), work.join(name, *parts[:cut + 1]))
    return work.join(name, *parts), real


LINKS = (("site",), ("python", "site"), ("lib", "python", "site"))


@suite.test("alias/there-at-the-start")
def alias_start(work):
    sites = [site_link(work, "v%d" % i, *levels) for i, levels in enumerate(LINKS)]
    for _, real in sites:
        write_old(os.path.join(real, "old.pth"), EXECUTES)
    with Daemon(work) as daemon:
        daemon.settle()
        for name, real in sites:
            mark = daemon.mark()
            pid = Op("create", os.path.join(real, "x.pth"), EXECUTES).finish().pid
            alert = daemon.exactly_one(os.path.join(name, "x.pth"), mark, change=IN_STEPS)
            check_equal(alert["process"]["pid"], pid, "pid")
            mark = daemon.mark()
            write_file(os.path.join(real, "old.pth"), EXECUTES_TOO)         # was known by its name
            daemon.exactly_one(os.path.join(name, "old.pth"), mark, change="modified")
            mark = daemon.mark()
            write_file(os.path.join(real, "sitecustomize.py"), EXECUTES)
            alert = daemon.exactly_one(os.path.join(name, "sitecustomize.py"), mark)
            check_equal(alert["pyhookd"]["scope"], "site", "scope")
            mark = daemon.mark()
            write_file(work.join("prepared"), EXECUTES)
            os.rename(work.join("prepared"), os.path.join(real, "moved.pth"))
            daemon.exactly_one(os.path.join(name, "moved.pth"), mark)
            mark = daemon.mark()
            os.unlink(os.path.join(real, "x.pth"))
            daemon.wait_for(on_path(os.path.join(name, "x.pth"), change="removed"), mark)
        daemon.lost_nothing()


@suite.test("alias/made-while-watched")
def alias_made(work):
    """A link to a prepared directory plants all that is in it."""
    for i in range(len(LINKS)):
        work.mkdir("w%d-data" % i)
    with Daemon(work) as daemon:
        for i, levels in enumerate(LINKS):
            outside = work.mkdir("w%d" % i, "outside")
            name, real = site_link(work, "w%d" % i, *levels)
            parts = name.split("/")
            link = next("/".join(parts[:n]) for n in range(2, len(parts) + 1) if os.path.islink("/".join(parts[:n])))
            daemon.settle()		# what the link led to is searched while it is there
            os.rename(link, os.path.join(outside, "kept"))
            daemon.settle()
            write_file(os.path.join(real, "x.pth"), EXECUTES)
            daemon.quiet(0 if i == 0 else mark)
            mark = daemon.mark()
            os.rename(os.path.join(outside, "kept"), link)
            daemon.exactly_one(os.path.join(name, "x.pth"), mark, change="created")
            mark = daemon.mark()
            write_file(os.path.join(real, "y.pth"), EXECUTES)
            daemon.exactly_one(os.path.join(name, "y.pth"), mark)
            mark = daemon.mark()


@suite.test("alias/dangling-first")
def alias_dangling(work):
    """The link first, what it leads to later, by a rename."""
    name = work.join("venv", SITE)
    os.makedirs(os.path.dirname(name))
    prepared = work.mkdir("prepared")
    write_file(os.path.join(prepared, "x.pth"), EXECUTES)
    os.symlink(work.join("data", "sp"), name)
    with Daemon(work) as daemon:
        daemon.settle()
        mark = daemon.mark()
        work.mkdir("data")
        os.rename(prepared, work.join("data", "sp"))
        daemon.exactly_one(os.path.join(name, "x.pth"), mark)
    second = work.join("second", SITE)
    os.makedirs(os.path.dirname(second))
    with Daemon(work) as daemon:
        os.symlink(work.join("data2", "sp"), second)
        daemon.settle()
        mark = daemon.mark()
        work.mkdir("staging", "sp")
        write_file(work.join("staging", "sp", "x.pth"), EXECUTES)
        os.rename(work.join("staging"), work.join("data2"))
        daemon.exactly_one(os.path.join(second, "x.pth"), mark)


@suite.test("alias/chain")
def alias_chain(work):
    """A link in the middle is exchanged."""
    name = work.join("venv", SITE)
    os.makedirs(os.path.dirname(name))
    one, two = work.mkdir("one"), work.mkdir("two")
    write_file(os.path.join(two, "x.pth"), EXECUTES)
    os.symlink(one, work.join("middle"))
    os.symlink(work.join("middle"), name)
    with Daemon(work) as daemon:
        daemon.settle()
        mark = daemon.mark()
        os.symlink(two, work.join("middle.new"))
        os.rename(work.join("middle.new"), work.join("middle"))
        daemon.exactly_one(os.path.join(name, "x.pth"), mark)
        mark = daemon.mark()
        write_file(os.path.join(one, "y.pth"), EXECUTES)         # leads there no more
        daemon.quiet(mark)


@suite.test("alias/any-name")
def alias_any_name(work):
    work.mkdir("etc")
    data = work.mkdir("data")
    os.symlink(data, work.join("etc", "profile.d"))
    with Daemon(work) as daemon:
        daemon.settle()
        mark = daemon.mark()
        write_file(os.path.join(data, "x.sh"), "export PYTHONSTARTUP=/tmp/x.py\n")
        daemon.wait_for(on_path(work.join("etc", "profile.d", "x.sh"), "medium"), mark)


@suite.test("alias/bind-mount")
def alias_bind(work):
    """There at the start, and made later."""
    one, two = work.site("one"), work.site("two")
    data = work.mkdir("data")
    other = work.mkdir("other")
    write_old(os.path.join(data, "old.pth"), EXECUTES)
    run("mount", "--bind", data, one)
    with Daemon(work) as daemon:
        daemon.settle()
        mark = daemon.mark()
        write_file(os.path.join(data, "x.pth"), EXECUTES)
        daemon.exactly_one(os.path.join(one, "x.pth"), mark)
        mark = daemon.mark()
        write_file(os.path.join(one, "old.pth"), EXECUTES_TOO)
        daemon.exactly_one(os.path.join(one, "old.pth"), mark, change="modified")
        write_file(os.path.join(other, "x.pth"), EXECUTES)
        daemon.quiet(daemon.mark())
        mark = daemon.mark()
        run("mount", "--bind", other, two)
        daemon.exactly_one(os.path.join(two, "x.pth"), mark)
        mark = daemon.mark()
        write_file(os.path.join(other, "y.pth"), EXECUTES)
        daemon.exactly_one(os.path.join(two, "y.pth"), mark)
        run("umount", two)
        daemon.settle()
        mark = daemon.mark()
        write_file(os.path.join(other, "z.pth"), EXECUTES)
        daemon.quiet(mark)


@suite.test("alias/hostile")
def alias_hostile(work):
    """A link to everything, one to itself, loops, and more links than are remembered."""
    for i, target in enumerate(("/", ".", "..", "site-packages", work.path, "/proc/self/root", "/proc/self/cwd")):
        directory = os.path.dirname(work.site("h%d" % i))
        os.rmdir(os.path.join(directory, "site-packages"))
        os.symlink(target, os.path.join(directory, "site-packages"))
    loop = work.mkdir("loop", "lib")
    for i in range(40):
        os.symlink(".", os.path.join(loop, "python3.%d" % i))
    os.symlink(".", os.path.join(loop, "lib"))
    os.symlink(".", os.path.join(loop, "site-packages"))
    many = work.mkdir("many", "lib")
    empty = work.mkdir("empty")
    for i in range(3000):
        os.symlink(empty, os.path.join(many, "python3.%d" % i))
    with Daemon(work) as daemon:
        wait_until(lambda: daemon.counters().get("scans_waiting") == 0, "the end of the search")
        daemon.settle()
        path = os.path.join(work.site("venv"), "x.pth")
        mark = daemon.mark()
        write_file(path, EXECUTES)
        daemon.wait_for(on_path(path, "high"), mark)
        check(daemon.counters()["aliases"] <= 16384, "the bound")


# ---- what goes ----------------------------------------------------------------------------

@suite.test("removed/renamed-in-its-directory")
def removed_renamed(work):
    path = os.path.join(work.site("venv"), "x.pth")
    write_old(path, EXECUTES)
    with Daemon(work) as daemon:
        daemon.settle()
        mark = daemon.mark()
        os.rename(path, path + ".bak")
        alert = daemon.exactly_one(path, mark, "low", change="removed")
        check_equal(alert["pyhookd"]["new_path"], path + ".bak", "new path")
        mark = daemon.mark()
        os.rename(path + ".bak", path)
        daemon.exactly_one(path, mark, change="created")


@suite.test("evidence/kept")
def evidence_kept(work):
    """A hook that removes itself leaves its bytes."""
    site = work.site("venv")
    with Daemon(work) as daemon:
        for i in range(2):
            path = os.path.join(site, "x%d.pth" % i)
            write_file(path, EXECUTES)
            alert = daemon.wait_for(on_path(path, "high"))
            os.unlink(path)
            kept = alert["pyhookd"]["evidence"]
            check_equal(kept["path"], os.path.join(daemon.state, "evidence", kept["sha256"]), "path")
            check_equal(kept["sha256"], alert["file"]["hash"]["sha256"], "digest")
            check_equal(read_file(kept["path"]).decode(), EXECUTES, "bytes")
            check_equal(os.stat(kept["path"]).st_mode & 0o7777, 0o600, "mode")
        mark = daemon.mark()
        write_file(os.path.join(site, "inert.pth"), INERT)
        daemon.quiet(mark)
        check_equal(len(os.listdir(os.path.join(daemon.state, "evidence"))), 1, "files")


@suite.test("evidence/full-disk")
def evidence_full(work):
    """Costs the evidence, not the alert."""
    disk = LoopFs(work, "tmpfs", "disk")
    state = work.mkdir("disk", "state")
    run("mount", "-o", "remount,size=4m", disk.mountpoint)
    site = work.site("venv")
    big = b"import os; os.environ.get('X')\n" + b"#" * (3 << 20) + b"\n"
    with Daemon(work, state=state, watch=[work.join("venv")], check_log=False) as daemon:
        for i in range(3):
            write_file(os.path.join(site, "x%d.pth" % i), big + b"# %d\n" % i)
            daemon.wait_for(on_path(os.path.join(site, "x%d.pth" % i), "high"))
        wait_until(lambda: daemon.counters()["evidence_failed"] == 2, "two that are not kept")
        check_equal(daemon.counters()["alerts_dropped"], 0, "alerts dropped")
        for name in os.listdir(os.path.join(state, "evidence")):
            check_equal(len(read_file(os.path.join(state, "evidence", name))), len(big) + 4, "a whole file")


@suite.test("shadow/form-and-path")
def shadow(work):
    """In a prefix of its own, with a library."""
    library = work.mkdir("py", "lib", "python3.11")
    site = work.site("py")
    write_file(os.path.join(library, "os.py"), "")
    write_old(os.path.join(site, "sitecustomize.py"), "import os\n")
    with Daemon(work) as daemon:
        daemon.settle()
        mark = daemon.mark()
        write_file(os.path.join(site, "sitecustomize.pyc"), b"x" * 20)     # behind the source: never runs
        alert = daemon.wait_for(on_path(os.path.join(site, "sitecustomize.pyc")), mark)
        check_equal(alert["pyhookd"]["shadowed_by"], os.path.join(site, "sitecustomize.py"), "shadowed by")
        mark = daemon.mark()
        write_file(os.path.join(library, "sitecustomize.py"), "")
        alert = daemon.exactly_one(os.path.join(library, "sitecustomize.py"), mark, "critical")
        check_equal(alert["pyhookd"]["shadows"], os.path.join(site, "sitecustomize.py"), "shadows")


# ---- hooks whose bytes stand elsewhere ----------------------------------------------------

@suite.test("target/replaced")
def target_replaced(work):
    """x.pth -> /data/current -> y: by rename, by unlink and create, by a link in the middle, by a rename of none."""
    data = work.mkdir("data")
    y, middle = os.path.join(data, "y"), os.path.join(data, "current")
    write_file(y, EXECUTES)
    os.symlink("y", middle)
    path = os.path.join(work.site("venv"), "x.pth")
    os.symlink(middle, path)
    wait_until(lambda: time.time() - os.lstat(path).st_ctime > 1.2, "a link of more than a second")
    with Daemon(work) as daemon:
        daemon.settle()

        def step(what, line):
            mark = daemon.mark()
            what()
            alert = daemon.exactly_one(path, mark, change="modified")
            check_equal(alert["pyhookd"]["content"]["lines"][0]["text"], line.strip(), "the line")

        def by_rename():
            write_file(os.path.join(data, "new"), EXECUTES_TOO)
            os.rename(os.path.join(data, "new"), y)

        def by_link():
            write_file(os.path.join(data, "z"), EXECUTES)
            os.symlink("z", os.path.join(data, "link"))
            os.rename(os.path.join(data, "link"), middle)

        def by_write():
            write_file(os.path.join(data, "z"), EXECUTES_TOO)

        step(by_rename, EXECUTES_TOO)
        step(by_link, EXECUTES)
        step(by_write, EXECUTES_TOO)
        mark = daemon.mark()
        write_file(y, EXECUTES)                 # leads there no more
        daemon.quiet(mark)
        os.unlink(os.path.join(data, "z"))
        daemon.settle()
        mark = daemon.mark()
        write_file(os.path.join(data, "z"), EXECUTES)
        daemon.wait_for(on_path(path, "high"), mark)


@suite.test("target/hard-link")
def target_hard_link(work):
    path = os.path.join(work.site("venv"), "x.pth")
    write_file(path, EXECUTES)
    os.link(path, work.join("other"))
    write_old(path, EXECUTES)
    with Daemon(work) as daemon:
        daemon.settle()
        mark = daemon.mark()
        pid = Op("overwrite", work.join("other"), EXECUTES_TOO).finish().pid
        alert = daemon.exactly_one(path, mark, change="modified")
        check_equal(alert["process"]["pid"], pid, "pid")


# ---- what a hook runs besides itself ---------------------------------------------------------

IMPORTS = "import helper_mod\n"
HARMLESS = "value = 1\n"
HARMFUL = "import os\nos.system('touch /tmp/pyhookd-live')\n"


def changed_target(alert):
    return [t["path"] for t in alert["pyhookd"]["content"].get("targets", ()) if t["changed"]]


def hook_with_module(work):
    site = work.site("venv")
    module = os.path.join(site, "helper_mod.py")
    write_file(module, HARMLESS)
    path = os.path.join(site, "x.pth")
    write_old(path, IMPORTS)
    return path, module


@suite.test("companion/module")
def companion_module(work):
    """Code for a module that a known hook imports: by writing, by replacing, by one who never closes."""
    path, module = hook_with_module(work)
    with Daemon(work) as daemon:
        daemon.settle()
        mark = daemon.mark()
        pid = Op("append", module, HARMFUL).finish().pid
        alert = daemon.exactly_one(path, mark, change="modified")
        check_equal(alert["process"]["pid"], pid, "pid")
        check_equal(changed_target(alert), [module], "what changed")
        check(any(f.get("file") == module for f in alert["pyhookd"]["content"]["findings"]), "a finding names the module")
        mark = daemon.mark()
        run("/usr/bin/touch", module)
        write_file(work.join("same"), HARMLESS + HARMFUL)
        os.rename(work.join("same"), module)            # the same bytes
        daemon.quiet(mark, "informational")
        mark = daemon.mark()
        write_file(work.join("prepared"), HARMFUL + "# more\n")
        os.rename(work.join("prepared"), module)
        daemon.exactly_one(path, mark, change="modified")
        mark = daemon.mark()
        os.unlink(module)                               # nothing of it runs any more
        daemon.quiet(mark, "informational")
        write_file(work.join("again"), HARMFUL + "# yet more\n")
        os.rename(work.join("again"), module)
        daemon.exactly_one(path, mark, change="modified")
        daemon.lost_nothing()


@suite.test("companion/while-the-hook-is-away")
def companion_while_away(work):
    """As an upgrade does it: the hook is taken away, the module is written, the hook is put back.  All of it is judged
    when the hook stands there again, and who wrote the module has not written the hook."""
    path, module = hook_with_module(work)
    text = read_file(path)
    with Daemon(work) as daemon:
        daemon.settle()
        mark = daemon.mark()
        daemon.process.send_signal(signal.SIGSTOP)
        os.rename(path, work.join("stash"))
        of_module = Op("overwrite", module, HARMLESS).finish().pid
        of_hook = Op("create", path, text.decode()).finish().pid
        daemon.process.send_signal(signal.SIGCONT)
        daemon.settle()
        writers = [a["process"]["pid"] for a in daemon.since(mark) if path_of(a) == path and
                   a["event"]["action"] != "hook-removed"]
        check_equal(writers, [of_hook], "who wrote the hook, not %d" % of_module)
        mark = daemon.mark()
        daemon.process.send_signal(signal.SIGSTOP)
        of_module = Op("overwrite", module, HARMLESS).finish().pid
        of_hook = Op("overwrite", path, IMPORTS + "# more\n").finish().pid
        daemon.process.send_signal(signal.SIGCONT)
        daemon.exactly_one(path, mark, change="modified")
        daemon.settle()
        check_equal([a["process"]["pid"] for a in daemon.since(mark) if path_of(a) == path], [of_hook],
                    "who changed the hook, not %d" % of_module)
        daemon.lost_nothing()


@suite.test("companion/of-a-new-hook")
def companion_new(work):
    site = work.site("venv")
    with Daemon(work) as daemon:
        write_file(os.path.join(site, "helper_mod.py"), HARMLESS)
        write_file(os.path.join(site, "x.pth"), IMPORTS)
        daemon.settle()
        mark = daemon.mark()
        write_file(os.path.join(site, "helper_mod.py"), HARMFUL)
        daemon.exactly_one(os.path.join(site, "x.pth"), mark, change="modified")


@suite.test("companion/that-comes-later")
def companion_later(work):
    """A hook whose module is not there yet: as source, as a package, below one."""
    site = work.site("venv")
    hooks = [os.path.join(site, "%s.pth" % n) for n in ("source", "package", "below")]
    for path, line in zip(hooks, ("import later_one", "import later_two", "import later_three.inner")):
        write_old(path, line + "\n")
    with Daemon(work) as daemon:
        daemon.settle()
        mark = daemon.mark()
        pid = Op("create", os.path.join(site, "later_one.py"), HARMFUL).finish().pid
        alert = daemon.exactly_one(hooks[0], mark, change="modified")
        check_equal(alert["process"]["pid"], pid, "pid")
        mark = daemon.mark()
        write_file(os.path.join(work.mkdir("venv", "lib", "python3.11", "site-packages", "later_two"), "__init__.py"), HARMFUL)
        daemon.exactly_one(hooks[1], mark, change="modified")
        mark = daemon.mark()
        write_file(os.path.join(work.mkdir("prepared"), "__init__.py"), "import os\n")
        write_file(work.join("prepared", "inner.py"), HARMFUL)
        os.rename(work.join("prepared"), os.path.join(site, "later_three"))
        daemon.exactly_one(hooks[2], mark, change="modified")
        mark = daemon.mark()
        write_file(os.path.join(site, "subprocess.py"), HARMFUL)        # of nobody
        daemon.quiet(mark, "informational")


@suite.test("companion/while-off")
def companion_off(work):
    path, module = hook_with_module(work)
    state = work.mkdir("state")
    with Daemon(work, state=state) as daemon:
        daemon.settle()
    write_file(module, HARMFUL)
    daemon = Daemon(work, state=state)
    alert = daemon.exactly_one(path, 0, change="modified")
    check("process" not in alert, "a writer is named for what nobody saw")
    mark = daemon.mark()
    write_file(module, HARMFUL + HARMFUL)
    daemon.exactly_one(path, mark, change="modified")
    daemon.kill()
    with Daemon(work, state=state) as daemon:
        daemon.quiet(0, "informational")                # the log says it
        mark = daemon.mark()
        write_file(module, HARMFUL + "# more\n")        # followed in this run, too
        daemon.exactly_one(path, mark, change="modified")


@suite.test("companion/older-inventory")
def companion_older_inventory(work):
    """It does not know the modules: they are taken as they are."""
    path, module = hook_with_module(work)
    state = work.mkdir("state")
    with Daemon(work, state=state) as daemon:
        daemon.settle()
    inventory = os.path.join(state, "inventory.jsonl")
    text = read_file(inventory).decode()
    check('"targets":["' in text, "a target in the inventory")
    write_file(inventory, re.sub(r',"targets":\[[^]]*\]', "", text))
    with Daemon(work, state=state) as daemon:
        daemon.quiet(0, "informational")
        mark = daemon.mark()
        write_file(module, HARMFUL)
        daemon.exactly_one(path, mark, change="modified")


@suite.test("companion/startup-script")
def companion_script(work):
    script = work.join("rc.py")
    path = os.path.join(work.mkdir("etc"), "environment")
    write_file(script, HARMLESS)
    write_old(path, "LANG=C\nPYTHONSTARTUP=%s\nPYTHONPATH=/opt/x\n" % script)
    with Daemon(work) as daemon:
        daemon.settle()
        mark = daemon.mark()
        pid = Op("append", script, HARMFUL).finish().pid
        alert = daemon.exactly_one(path, mark, "medium", change="modified")
        check_equal(alert["process"]["pid"], pid, "pid")
        check_equal(alert["pyhookd"]["env"]["name"], "PYTHONSTARTUP", "variable")
        check_equal(changed_target(alert), [script], "what changed")


@suite.test("companion/environment-file")
def companion_environment_file(work):
    included = os.path.join(work.mkdir("app"), "env")
    unit = os.path.join(work.mkdir("etc", "systemd", "system"), "x.service")
    write_file(included, "A=1\nPYTHONPATH=/opt/x\n")
    write_old(unit, "[Service]\nEnvironmentFile=-%s\nExecStart=/bin/true\n" % included)
    state = work.mkdir("state")
    with Daemon(work, state=state) as daemon:
        daemon.settle()
        mark = daemon.mark()
        write_file(included, "A=2\nPYTHONPATH=/opt/x\n")
        daemon.quiet(mark, "informational")
        pid = Op("append", included, "PYTHONHOME=/tmp/y\n").finish().pid
        alert = daemon.exactly_one(unit, mark, "medium")
        check_equal(alert["process"]["pid"], pid, "pid")
        check_equal(alert["pyhookd"]["env"]["name"], "PYTHONHOME", "variable")
        check_equal(alert["pyhookd"]["env"]["file"], included, "file")
        check_equal(alert["pyhookd"]["env"]["line"], 3, "line")
    write_file(included, "A=2\nPYTHONPATH=/opt/x\nPYTHONHOME=/tmp/y\nPYTHONSTARTUP=/tmp/z.py\n")
    with Daemon(work, state=state) as daemon:
        alert = daemon.exactly_one(unit, 0, "medium")
        check_equal(alert["pyhookd"]["env"]["name"], "PYTHONSTARTUP", "variable")
        mark = daemon.mark()
        os.unlink(included)
        daemon.quiet(mark, "informational")
        write_file(included, "PYTHONUSERBASE=/tmp/u\n")
        daemon.exactly_one(unit, mark, "medium")
        daemon.lost_nothing()


@suite.test("companion/two-that-lead-to-each-other")
def companion_circle(work):
    one, two = (os.path.join(work.mkdir(n), "sitecustomize.py") for n in ("one", "two"))
    write_file(one, "import runpy\nrunpy.run_path(%r)\n" % two)
    write_old(two, "import runpy\nrunpy.run_path(%r)\n" % one)
    with Daemon(work) as daemon:
        daemon.settle()
        mark = daemon.mark()
        with open(one, "a", encoding="utf-8") as f:
            f.write("# more\n")
        daemon.wait_for(on_path(one), mark)
        daemon.settle()


if __name__ == "__main__":
    suite.run()
