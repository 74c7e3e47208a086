#!/usr/bin/python3
"""Every operation that can put a hook in place, on every filesystem that can be marked.

Each case has an environment of its own, FS/CASE/venv/lib/python3.11/site-packages, does one
operation by one system call (op.c) and demands exactly one alert: with the hook's final path,
the right DetectionType, what changed, and the process that did it.  The effect on the disk is
checked first: an operation that did nothing proves nothing.

Which events the kernel has for each is the measured table in docs/ARCHITECTURE.md; the
point of this matrix is that the alert does not depend on it.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (EXECUTES, EXECUTES_TOO, IN_STEPS, INERT, OP, SITE, Daemon, LoopFs, Op, Suite,
                     check, check_equal, is_serious, on_path, op, path_of, read_file, run, unescape,
                     unmount, write_file)

FS_KINDS = LoopFs.KINDS
LONG = EXECUTES + "# a tail that a truncation cuts off\n"

suite = Suite("operations")
rows = []                               # the names of the matrix's operations, in order


class Stage:
    """What all cases share: the filesystems and the one daemon that watches them."""

    def __init__(self, work):
        self.work = work
        self.fs = {kind: LoopFs(work, kind) for kind in FS_KINDS}
        self.held = {}

        overlay = self.fs["overlay"]
        for name in ("copy-up", "copy-up-truncate", "whiteout"):
            site = os.path.join(overlay.lower, name, "venv", SITE)
            os.makedirs(site)
            write_file(os.path.join(site, "lower.pth"), INERT if name != "copy-up-truncate" else LONG)
        overlay.start_overlay()

        # Descriptors that are older than the daemon and its marks.
        for kind, fs in self.fs.items():
            site = os.path.join(fs.root, "fd-before-daemon", "venv", SITE)
            os.makedirs(site)
            path = os.path.join(site, "held.pth")
            write_file(path, INERT)
            self.held[kind] = (path, Op("write-held", path, EXECUTES).wait_ready())

        self.later = work.mkdir("later")
        self.daemon = Daemon(work, watch=[fs.watch for fs in self.fs.values()] + [self.later])


def stage(work):
    s = Stage(work)
    yield s
    s.daemon.lost_nothing()
    s.daemon.stop()


suite.fixture = stage


class Case:
    """One operation on one filesystem."""

    def __init__(self, shared, kind, name):
        self.shared, self.kind, self.name = shared, kind, name
        self.fs = shared.fs[kind]
        self.daemon = shared.daemon
        self.dir = os.path.join(self.fs.root, name)
        self.site = os.path.join(self.dir, "venv", SITE)
        self.outside = os.path.join(self.dir, "outside")
        os.makedirs(self.site, exist_ok=True)
        os.makedirs(self.outside, exist_ok=True)
        self.hook = os.path.join(self.site, name + ".pth")
        # The new directories have been looked into before the operation starts; the race
        # between the two has a test of its own, fresh-directory.
        self.settled()

    def plant(self, path, text):
        """Something that stands there before the operation: its own alerts are over."""
        write_file(path, text)
        self.settled()

    def outside_file(self, name, text):
        """A file that is no hook; its own events are over."""
        path = os.path.join(self.outside, name)
        write_file(path, text)
        self.settled()
        return path

    def settled(self):
        self.daemon.settle()
        self.start = self.daemon.mark()

    def expect(self, path=None, pid=None, content=None, change=("created",), level="high"):
        """Exactly one alert, and what is in it.  Answers it."""
        path = path or self.hook
        if content is not None:
            check_equal(read_file(path), content.encode(), "content on the disk")
        seen = self.fs.seen(path)
        a = self.daemon.exactly_one(seen, self.start, level)
        # Nothing is created where something is removed: the query's last branch, not its fourth.
        check_equal(a["DetectionType"], "PYTHON_STARTUP_FILE_MODIFIED" if change == ("removed",)
                    else "PTH_FILE_CREATED", "DetectionType")
        check_equal(unescape(a["TargetFilename"]), seen, "TargetFilename")
        check_equal(a["file"]["name"], os.path.basename(path), "file.name")
        check(a["pyhookd"]["change"] in change, "change: got %r, want one of %r" %
              (a["pyhookd"]["change"], change))
        check("path_relative" not in a["pyhookd"], "the path is marked as relative")
        if pid is not None:
            check_equal(int(a["process"]["pid"]), pid, "process.pid")
            check_equal(a["process"]["executable"], os.path.realpath(OP), "process.executable")
            check(OP in a["process"]["command_line"], "process.command_line: %r" %
                  a["process"]["command_line"])
        return a


def operation(name, kinds=FS_KINDS):
    """Register one row of the matrix: the function runs once for each filesystem."""
    def add(function):
        rows.append(name)
        for kind in kinds:
            def one(shared, kind=kind):
                function(Case(shared, kind, name))
            one.__doc__ = function.__doc__
            suite.test("%s/%s" % (name, kind))(one)
        return function
    return add


# ---- a new name -----------------------------------------------------------------------

@operation("create")
def create(case):
    done = op("create", case.hook, EXECUTES)
    case.expect(pid=done.pid, content=EXECUTES, change=IN_STEPS)


@operation("tmpfile-linkat")
def tmpfile_linkat(case):
    done = op("tmpfile-linkat", case.site, case.hook, EXECUTES)
    case.expect(pid=done.pid, content=EXECUTES)


@operation("link")
def link(case):
    source = case.outside_file("innocent.txt", EXECUTES)
    done = op("link", source, case.hook)
    case.expect(pid=done.pid, content=EXECUTES)


@operation("symlink")
def symlink(case):
    source = case.outside_file("innocent.txt", EXECUTES)
    target = os.path.relpath(source, case.site)
    done = op("symlink", target, case.hook)
    a = case.expect(pid=done.pid, content=EXECUTES)
    check_equal(a["file"]["type"], "symlink", "file.type")
    check_equal(a["file"]["target_path"], target, "file.target_path")


@operation("rename-into")
def rename_into(case):
    source = case.outside_file("innocent.txt", EXECUTES)
    done = op("rename", source, case.hook)
    a = case.expect(pid=done.pid, content=EXECUTES)
    check_equal(a["pyhookd"].get("old_path"), case.fs.seen(source), "old_path")


@operation("rename-within")
def rename_within(case):
    source = os.path.join(case.site, "harmless.txt")
    case.plant(source, EXECUTES)
    done = op("rename", source, case.hook)
    case.expect(pid=done.pid, content=EXECUTES)


@operation("rename-hook")
def rename_hook(case):
    """From one hook's name to another: one is created, the other is gone."""
    former = os.path.join(case.site, "former.pth")
    case.plant(former, EXECUTES)
    done = op("rename", former, case.hook)
    case.expect(pid=done.pid, content=EXECUTES)
    case.daemon.wait_for(on_path(case.fs.seen(former), change="removed"), case.start)


@operation("rename-over")
def rename_over(case):
    case.plant(case.hook, EXECUTES_TOO)
    source = case.outside_file("innocent.txt", EXECUTES)
    done = op("rename", source, case.hook)
    case.expect(pid=done.pid, content=EXECUTES, change=("created", "modified"))


@operation("rename-exchange")
def rename_exchange(case):
    case.plant(case.hook, INERT)
    source = case.outside_file("innocent.txt", EXECUTES)
    done = op("exchange", source, case.hook)
    check_equal(read_file(source), INERT.encode(), "the other file")
    case.expect(pid=done.pid, content=EXECUTES, change=("created", "modified"))


@operation("replace")
def replace(case):
    """As editors do it: a temporary file beside, renamed over the hook."""
    case.plant(case.hook, EXECUTES_TOO)
    done = op("replace", case.hook, EXECUTES)
    case.expect(pid=done.pid, content=EXECUTES, change=("created", "modified"))


@operation("move-directory")
def move_directory(case):
    """A directory becomes a site directory by its rename: no event names the hook, and those
    of its creation, under a path that meant nothing, are over."""
    os.rmdir(case.site)
    moved = Op("move-tree", os.path.join(case.dir, "stage"), os.path.basename(case.hook), EXECUTES,
               case.site).wait_ready()
    case.settled()
    moved.finish()
    case.expect(pid=moved.pid, content=EXECUTES)


@operation("move-directory-at-once")
def move_directory_at_once(case):
    """The same in one go: the events of the creation are read when the directory has moved."""
    os.rmdir(case.site)
    moved = Op("move-tree", os.path.join(case.dir, "stage"), os.path.basename(case.hook), EXECUTES,
               case.site).wait_ready().finish()
    case.expect(pid=moved.pid, content=EXECUTES, change=IN_STEPS)


@operation("move-tree")
def move_tree(case):
    """A whole environment is moved into place, the hook several levels below."""
    place = os.path.join(case.dir, "env")
    hook = os.path.join(place, SITE, "deep.pth")
    moved = Op("move-tree", os.path.join(case.dir, "stage"), os.path.join(SITE, "deep.pth"), EXECUTES,
               place).wait_ready()
    case.settled()
    moved.finish()
    case.expect(path=hook, pid=moved.pid, content=EXECUTES)


@operation("mknod")
def mknod(case):
    """An empty regular file: not serious yet, but a hook's name."""
    done = op("mknod", case.hook)
    case.expect(pid=done.pid, content="", level="informational")


@operation("fifo")
def fifo(case):
    """Every start of the interpreter would hang in it; the daemon must not."""
    done = op("mkfifo", case.hook)
    case.expect(pid=done.pid, level="informational")


@operation("copy-file-range")
def copy_file_range(case):
    source = case.outside_file("innocent.txt", EXECUTES)
    done = op("copy-file-range", source, case.hook)
    case.expect(pid=done.pid, content=EXECUTES, change=IN_STEPS)


@operation("sendfile")
def sendfile(case):
    source = case.outside_file("innocent.txt", EXECUTES)
    done = op("sendfile", source, case.hook)
    case.expect(pid=done.pid, content=EXECUTES, change=IN_STEPS)


@operation("reflink", kinds=("xfs", "btrfs"))
def reflink(case):
    source = case.outside_file("innocent.txt", EXECUTES)
    done = op("clone", source, case.hook)
    case.expect(pid=done.pid, content=EXECUTES, change=IN_STEPS)


@operation("io-uring")
def io_uring(case):
    done = op("io-uring", case.hook, EXECUTES)
    case.expect(pid=done.pid, content=EXECUTES, change=IN_STEPS)


# ---- another content --------------------------------------------------------------------

@operation("overwrite")
def overwrite(case):
    case.plant(case.hook, EXECUTES_TOO)
    done = op("overwrite", case.hook, EXECUTES)
    case.expect(pid=done.pid, content=EXECUTES, change=("modified",))


@operation("append")
def append(case):
    case.plant(case.hook, INERT)
    done = op("append", case.hook, EXECUTES)
    case.expect(pid=done.pid, content=INERT + EXECUTES, change=("modified",))


@operation("truncate")
def truncate(case):
    """By path: the kernel says MODIFY and nothing else."""
    case.plant(case.hook, LONG)
    done = op("truncate", case.hook, len(EXECUTES))
    case.expect(pid=done.pid, content=EXECUTES, change=("modified",))


@operation("ftruncate-held")
def ftruncate_held(case):
    case.plant(case.hook, LONG)
    held = Op("ftruncate", case.hook, len(EXECUTES)).wait_ready()
    case.settled()
    held.finish()
    case.expect(pid=held.pid, content=EXECUTES, change=("modified",))


@operation("write-held")
def write_held(case):
    """Through a descriptor that was opened while the hook was innocent."""
    case.plant(case.hook, INERT)
    held = Op("write-held", case.hook, EXECUTES).wait_ready()
    case.settled()
    held.finish()
    case.expect(pid=held.pid, content=EXECUTES, change=("modified",))


@operation("fd-before-daemon")
def fd_before_daemon(case):
    """The same, and the descriptor is older than the daemon's mark."""
    path, held = case.shared.held[case.kind]
    case.settled()
    held.finish()
    case.expect(path=path, pid=held.pid, content=EXECUTES, change=("modified",))


@operation("mmap")
def mmap(case):
    case.plant(case.hook, "#" * len(EXECUTES))
    done = op("mmap", case.hook, EXECUTES)
    case.expect(pid=done.pid, content=EXECUTES, change=("modified",))


@operation("fd-passed")
def fd_passed(case):
    """A child writes, the parent closes: the child did it, the closer is named too."""
    case.plant(case.hook, INERT)
    done = op("pass-fd", case.hook, EXECUTES)
    a = case.expect(pid=done.child, content=EXECUTES, change=("modified",))
    check(a["pyhookd"].get("closer_pid") in (None, done.pid, str(done.pid)), "closer_pid: %r" %
          a["pyhookd"].get("closer_pid"))


@operation("hard-link-written")
def hard_link_written(case):
    """A hook is written by its other name, which is no hook's and not watched."""
    source = case.outside_file("innocent.txt", INERT)
    op("link", source, case.hook)
    case.settled()
    done = op("append", source, EXECUTES)
    case.expect(pid=done.pid, content=INERT + EXECUTES, change=("modified",))


@operation("symlink-target-written")
def symlink_target_written(case):
    source = case.outside_file("innocent.txt", INERT)
    op("symlink", os.path.relpath(source, case.site), case.hook)
    case.settled()
    done = op("append", source, EXECUTES)
    case.expect(pid=done.pid, content=INERT + EXECUTES, change=("modified",))


# ---- gone -------------------------------------------------------------------------------

@operation("unlink")
def unlink(case):
    case.plant(case.hook, EXECUTES)
    done = op("unlink", case.hook)
    check(not os.path.exists(case.hook), "the hook is still there")
    a = case.expect(pid=done.pid, change=("removed",), level="informational")
    check_equal(a["EventID"], 26, "EventID")
    check_equal(a["event"]["action"], "hook-removed", "event.action")


@operation("rename-away")
def rename_away(case):
    case.plant(case.hook, EXECUTES)
    done = op("rename", case.hook, os.path.join(case.outside, "kept.txt"))
    case.expect(pid=done.pid, change=("removed",), level="informational")


# ---- from elsewhere -----------------------------------------------------------------------

@operation("via-proc-root")
def via_proc_root(case):
    done = op("via-root", os.getpid(), case.hook, EXECUTES)
    case.expect(pid=done.pid, content=EXECUTES, change=IN_STEPS)


@operation("other-mount-namespace")
def other_mount_namespace(case):
    done = op("create", case.hook, EXECUTES, prefix=("unshare", "--mount"))
    case.expect(pid=done.pid, content=EXECUTES, change=IN_STEPS)


@operation("bind-mount-alias")
def bind_mount_alias(case):
    """Written through a bind mount that stands at an innocent path."""
    alias = case.shared.work.mkdir("alias-" + case.kind)
    run("mount", "--bind", case.fs.root, alias)
    try:
        done = op("create", os.path.join(alias, os.path.relpath(case.hook, case.fs.root)), EXECUTES)
        case.expect(pid=done.pid, content=EXECUTES, change=IN_STEPS)
    finally:
        unmount(alias)


@operation("bind-mount-alias-hidden")
def bind_mount_alias_hidden(case):
    """The same of one directory, in a mount namespace that the daemon does not see."""
    alias = case.shared.work.mkdir("hidden-alias-" + case.kind)
    done = op("create", os.path.join(alias, os.path.basename(case.hook)), EXECUTES, prefix=(
        "unshare", "--mount", "sh", "-c", 'mount --bind "$1" "$2" && shift 2 && exec "$@"', "sh",
        case.site, alias))
    case.expect(pid=done.pid, content=EXECUTES, change=IN_STEPS)


# overlay: the file that is mounted over has a path of the merged view only
@operation("bind-mount-over-hook", kinds=("ext4", "tmpfs", "xfs", "btrfs"))
def bind_mount_over_hook(case):
    """No event of a file at all: only the table of mounts changes."""
    source = case.outside_file("innocent.txt", EXECUTES)
    case.plant(case.hook, INERT)
    run("mount", "--bind", source, case.hook)
    try:
        case.expect(content=EXECUTES, change=("created", "modified"))
    finally:
        unmount(case.hook)


@operation("overlay-copy-up", kinds=("overlay",))
def overlay_copy_up(case):
    hook = os.path.join(case.fs.root, "copy-up", "venv", SITE, "lower.pth")
    done = op("append", hook, EXECUTES)
    case.expect(path=hook, pid=done.pid, content=INERT + EXECUTES, change=("created", "modified"))


@operation("overlay-copy-up-truncate", kinds=("overlay",))
def overlay_copy_up_truncate(case):
    hook = os.path.join(case.fs.root, "copy-up-truncate", "venv", SITE, "lower.pth")
    done = op("truncate", hook, len(EXECUTES))
    case.expect(path=hook, pid=done.pid, content=EXECUTES, change=("created", "modified"))


@operation("overlay-whiteout", kinds=("overlay",))
def overlay_whiteout(case):
    """The deletion of a lower layer's hook is a device 0:0 in the upper one."""
    hook = os.path.join(case.fs.root, "whiteout", "venv", SITE, "lower.pth")
    done = op("unlink", hook)
    check(not os.path.exists(hook), "the hook is still there")
    case.expect(path=hook, pid=done.pid, change=("removed",), level="informational")


@operation("subvolume", kinds=("btrfs",))
def subvolume(case):
    """Only the top level of btrfs can be marked; it must speak for the subvolumes."""
    sub = os.path.join(case.dir, "sub")
    run("btrfs", "-q", "subvolume", "create", sub)
    hook = os.path.join(sub, "venv", SITE, "sub.pth")
    os.makedirs(os.path.dirname(hook))
    case.settled()
    done = op("create", hook, EXECUTES)
    case.expect(path=hook, pid=done.pid, content=EXECUTES, change=IN_STEPS)


@suite.test("fresh-directory")
def fresh_directory(shared):
    """A directory is made and a hook created in it at once, by two processes: the scan of
    the new directory may meet the hook first, the alert must still name who wrote it."""
    daemon = shared.daemon
    for i in range(30):
        site = shared.work.join("ext4", "fresh-directory", str(i), "venv", SITE)
        hook = os.path.join(site, "fresh.pth")
        mark = daemon.mark()
        os.makedirs(site)
        done = op("create", hook, EXECUTES)
        a = daemon.wait_for(on_path(hook, "high"), mark)
        check_equal(int(a["process"]["pid"]), done.pid, "process.pid in round %d" % i)
    daemon.settle()
    serious = [a for a in daemon.since() if is_serious(a) and "/fresh-directory/" in path_of(a)]
    check_equal(len(serious), 30, "alerts on 30 hooks")


# ---- mounts that come and go -----------------------------------------------------------------

def plant_on_new_mount(shared, fs, name):
    """Plant at once after the mount: either the mark was there already, or the scan of the
    new filesystem finds it; and again when the daemon must have marked it."""
    daemon = shared.daemon
    start = daemon.mark()
    site = os.path.join(fs.root, name, SITE)
    os.makedirs(site)
    first, second = os.path.join(site, "first.pth"), os.path.join(site, "second.pth")
    op("create", first, EXECUTES)
    daemon.exactly_one(first, start, "high")
    start = daemon.mark()
    done = op("create", second, EXECUTES)
    a = daemon.exactly_one(second, start, "high", change="created")
    check_equal(int(a["process"]["pid"]), done.pid, "process.pid")


@suite.test("new-mount/tmpfs")
def new_mount_tmpfs(shared):
    fs = LoopFs(shared.work, "tmpfs", "later/tmpfs")
    plant_on_new_mount(shared, fs, "one")
    fs.unmount()
    fs.mount()
    plant_on_new_mount(shared, fs, "two")
    fs.unmount()


@suite.test("new-mount/ext4")
def new_mount_ext4(shared):
    fs = LoopFs(shared.work, "ext4", "later/ext4")
    plant_on_new_mount(shared, fs, "one")
    fs.unmount()                # fails if the daemon holds the filesystem busy
    fs.mount()
    plant_on_new_mount(shared, fs, "two")
    fs.unmount()


@suite.test("new-mount/carries-a-hook")
def new_mount_carries_a_hook(shared):
    """A filesystem that was prepared elsewhere: the scan finds its hook."""
    fs = LoopFs(shared.work, "ext4", "prepared")        # not watched
    site = os.path.join(fs.root, "venv", SITE)
    os.makedirs(site)
    write_file(os.path.join(site, "brought.pth"), EXECUTES)
    shared.daemon.settle()
    fs.unmount()
    start = shared.daemon.mark()
    fs.mountpoint = fs.root = shared.work.mkdir("later", "brought")
    fs.mount()
    shared.daemon.exactly_one(os.path.join(fs.root, "venv", SITE, "brought.pth"), start, "high")
    fs.unmount()


def print_matrix():
    mark = {"PASS": "yes", "FAIL": "**no**", "SKIP": "skipped", None: ""}
    names = [r for r in rows if any("%s/%s" % (r, k) in suite.results for k in FS_KINDS)]
    if not names:
        return
    print("\n| operation | %s |" % " | ".join(FS_KINDS))
    print("|---|" + "---|" * len(FS_KINDS))
    for name in names:
        print("| %s | %s |" % (name, " | ".join(
            mark[suite.results.get("%s/%s" % (name, kind))] for kind in FS_KINDS)))
    print()


suite.at_end = print_matrix

if __name__ == "__main__":
    suite.run()
