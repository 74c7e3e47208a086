#!/usr/bin/python3
"""pyhookctl scan and baseline on real mounts: what is found, once each, under which name; what makes it wait or leads
it astray; how it ends."""

import json
import os
import pty
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (BUILD, DEADLINE, EXECUTES, INERT, RULES, SITE, Daemon, LoopFs, Suite, check, check_equal,
                     die_with_parent, on_path, run, unescape, wait_until, write_file)
from test_adversity import silent_fuse

CTL = os.path.join(BUILD, "pyhookctl")

suite = Suite("scan")


def scan(*args, status=(0, 1), **kwargs):
    """The objects of a search, and what it said on standard error."""
    p = subprocess.run([CTL, "scan", "--json", "--rules-dir", RULES] + [os.fspath(a) for a in args],
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=DEADLINE,
                       preexec_fn=die_with_parent, check=False, **kwargs)
    check(p.returncode in status, "scan: exit %d: %s" % (p.returncode, p.stderr.decode(errors="replace")[-2000:]))
    return [json.loads(line) for line in p.stdout.splitlines()], p.stderr.decode(errors="replace")


def paths(objects):
    return sorted(unescape(o["path"]) for o in objects)


@suite.test("object")
def object_(work):
    path = os.path.join(work.site("env"), "x.pth")
    write_file(path, EXECUTES)
    os.chmod(path, 0o640)
    [o], err = scan(work.path)
    check_equal((o["path"], o["vector"], o["level"], o["lines"][0]["does"]), (path, "pth-exec", "high", "executes"), "object")
    check_equal((o["file"]["uid"], o["file"]["mode"], o["file"]["mtime"][:4].isdigit()), ("0", "0640", True), "file")
    check("1 hooks" in err, "summary: %r" % err)


@suite.test("once-each")
def once_each(work):
    """Two hard links are two hooks, and two paths that lie in each other are one search."""
    a, b = work.site("a"), work.site("b")
    write_file(os.path.join(a, "x.pth"), EXECUTES)
    os.link(os.path.join(a, "x.pth"), os.path.join(b, "x.pth"))
    os.symlink(os.path.join(a, "x.pth"), os.path.join(a, "link.pth"))
    os.symlink(work.path, work.join("a", "loop"))
    want = [os.path.join(a, "link.pth"), os.path.join(a, "x.pth"), os.path.join(b, "x.pth")]
    objects, _ = scan(work.path)
    check_equal(paths(objects), want, "hooks")
    objects, _ = scan(work.path, a, work.path)
    check_equal(paths(objects), want, "hooks of three paths")
    objects, _ = scan(os.path.join(a, "x.pth"), b)
    check_equal(paths(objects), want[1:], "a file and a directory")


@suite.test("mounts")
def mounts(work):
    """What is mounted below is searched, what is mounted over is not there, and a bind mount is said by its first name,
    unless only the second is that of a hook."""
    disk = LoopFs(work, "tmpfs", "disk")
    os.makedirs(os.path.join(disk.root, "env", SITE))
    write_file(os.path.join(disk.root, "env", SITE, "x.pth"), EXECUTES)
    os.makedirs(os.path.join(disk.root, "plain"))
    write_file(os.path.join(disk.root, "plain", "y.pth"), EXECUTES)
    bound = work.mkdir("bound")
    run("mount", "--bind", disk.root, bound)
    site = work.site("venv")
    write_file(os.path.join(site, "covered.pth"), EXECUTES)
    run("mount", "--bind", os.path.join(disk.root, "plain"), site)
    objects, _ = scan(work.path)
    check_equal(paths(objects), [os.path.join(disk.root, "env", SITE, "x.pth"), os.path.join(site, "y.pth")], "hooks")
    objects, _ = scan(bound)
    check_equal(paths(objects), [os.path.join(bound, "env", SITE, "x.pth")], "hooks of the bind mount alone")


@suite.test("container")
def container(work):
    """Layers that can be seen are searched, their overlay is not; one whose layers are hidden is."""
    disk = LoopFs(work, "overlay")
    os.makedirs(os.path.join(disk.lower, "env", SITE))
    write_file(os.path.join(disk.lower, "env", SITE, "x.pth"), EXECUTES)
    disk.start_overlay()
    write_file(os.path.join(disk.root, "env", SITE, "y.pth"), EXECUTES)
    lower, upper = (os.path.join(d, "env", SITE) for d in (disk.lower, disk.watch))
    objects, _ = scan(work.path)
    check_equal(paths(objects), [os.path.join(lower, "x.pth"), os.path.join(upper, "y.pth")], "hooks of the layers")
    merged = os.path.join(disk.root, "env", SITE)
    objects, _ = scan(disk.root)
    check_equal(paths(objects), [os.path.join(merged, "x.pth"), os.path.join(merged, "y.pth")], "hooks by name")


@suite.test("image")
def image(work):
    """Paths are those in the image, and nothing in it leads out or makes anybody wait."""
    root = work.mkdir("image")
    site = os.path.join(root, "usr", SITE)
    os.makedirs(site)
    write_file(os.path.join(site, "x.pth"), EXECUTES)
    outside = work.join("outside.pth")
    write_file(outside, EXECUTES)
    os.symlink("/" + os.path.relpath(outside, "/"), os.path.join(site, "out.pth"))
    os.symlink("../../../../../../../../../.." + outside, os.path.join(site, "up.pth"))
    os.symlink("/usr/" + SITE + "/x.pth", os.path.join(site, "in.pth"))
    os.symlink(work.path, os.path.join(root, "away"))
    os.makedirs(os.path.join(root, "proc", "self"))
    os.mkfifo(os.path.join(root, "proc", "self", "mountinfo"))
    objects, _ = scan("--root", root)
    said = {o["path"]: o for o in objects}
    check_equal(sorted(said), ["/usr/%s/%s.pth" % (SITE, n) for n in ("in", "out", "up", "x")], "hooks")
    for name, unread in (("in", None), ("x", None), ("out", "dangling link"), ("up", "dangling link")):
        check_equal(said["/usr/%s/%s.pth" % (SITE, name)].get("unread"), unread, name)
    objects, _ = scan("--root", root, "/usr/lib")
    check_equal(len(objects), 4, "hooks below a path of the image")
    _, err = scan("--root", root, "/away", status=(2,))
    check("/away" in err, "a link out of the image: %r" % err)


@suite.test("silent-mount")
def silent_mount(work):
    site = work.site("env")
    fd = silent_fuse(work.join("nas"))
    try:
        os.symlink(work.join("nas", "payload"), os.path.join(site, "link.pth"))
        write_file(os.path.join(site, "path.pth"), work.join("nas") + "\n")
        write_file(os.path.join(site, "x.pth"), EXECUTES)
        objects, _ = scan(work.path)
        check_equal([o.get("unread") for o in sorted(objects, key=lambda o: o["path"])], ["remote", None, None], "unread")
    finally:
        os.close(fd)


@suite.test("hostile")
def hostile(work):
    site = work.site("env")
    names = [b"a\nb.pth", b"\x1b]0;x\x07.pth", b"\xff\xfe.pth", "\u202eabc.pth".encode(), b".pth", b"'\"$(id).pth"]
    for name in names:
        write_file(os.path.join(os.fsencode(site), name), EXECUTES)
    os.mkfifo(os.path.join(site, "fifo.pth"))
    os.mkdir(os.path.join(site, "directory.pth"))
    os.symlink("loop.pth", os.path.join(site, "loop.pth"))
    with open(os.path.join(site, "sparse.pth"), "wb") as f:
        f.truncate(1 << 32)
    objects, _ = scan(work.path)
    want = sorted([os.path.join(site, os.fsdecode(n)) for n in names] +
                  [os.path.join(site, n) for n in ("fifo.pth", "loop.pth", "sparse.pth")])
    check_equal(paths(objects), want, "hooks")
    text = subprocess.run([CTL, "scan", "--all", work.path], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=DEADLINE, check=False).stdout.decode()
    check(not [c for c in text if c < " " and c != "\n" or c > "~" and c != "\u2026"], "not to be printed: %r" % text)
    fd = os.open(LoopFs(work, "tmpfs", "deep").root, os.O_RDONLY)      # which goes without being emptied
    for _ in range(2500):
        os.mkdir("d", dir_fd=fd)
        below = os.open("d", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = below
    os.close(fd)
    _, err = scan(work.path)
    check("could not be read" in err, "too deep: %r" % err)


@suite.test("text")
def text_(work):
    site = work.site("env")
    write_file(os.path.join(site, "high.pth"), EXECUTES)
    write_file(os.path.join(site, "low.pth"), INERT)

    def said(*args):
        p = subprocess.run([CTL, "scan", "--rules-dir", RULES, work.path] + list(args), stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, timeout=DEADLINE, check=False)
        check_equal((p.returncode, p.stderr), (1, b""), "exit and standard error")
        return p.stdout.decode().splitlines()
    short, full = said(), said("--all")
    check("  " + os.path.join(site, "high.pth") in short and short[0] == "high", "%r" % short)
    check("  " + os.path.join(site, "low.pth") not in short, "low is shown")
    check("  " + os.path.join(site, "low.pth") in full, "--all does not show low")
    check(short[-1].startswith("2 hooks: "), "summary: %r" % short[-1])


@suite.test("not-root")
def not_root(work):
    site, secret = work.site("env"), work.site("secret")
    write_file(os.path.join(site, "x.pth"), EXECUTES)
    write_file(os.path.join(site, "mine.pth"), EXECUTES)
    os.chmod(os.path.join(site, "mine.pth"), 0o600)
    os.chmod(secret, 0o700)

    def drop():
        die_with_parent()
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    p = subprocess.run([CTL, "scan", "--json", "--rules-dir", RULES, work.path], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       timeout=DEADLINE, preexec_fn=drop, check=False)
    said = {o["path"]: o.get("unread") for o in map(json.loads, p.stdout.splitlines())}
    check_equal(said, {os.path.join(site, "x.pth"): None, os.path.join(site, "mine.pth"): "permission"}, "hooks")
    err = p.stderr.decode()
    check_equal(err.count("not root"), 1, "said once: %r" % err)
    check("1 could not be read" in err, "summary: %r" % err)


def on_terminal(work, *args):
    """Standard error is a terminal; answers the process and what reads it."""
    main, other = pty.openpty()
    p = subprocess.Popen([CTL, "scan", "--rules-dir", RULES, work.path] + list(args), stdout=subprocess.PIPE, stderr=other,
                         preexec_fn=die_with_parent)
    os.close(other)
    return p, main


def everything(fd):
    text = b""
    while True:
        try:
            piece = os.read(fd, 65536)
        except OSError:     # EIO: nobody has the other end any more
            return text
        if not piece:
            return text
        text += piece


@suite.test("progress")
def progress(work):
    for n in range(40):
        for m in range(40):
            os.makedirs(work.join("d%d" % n, "e%d" % m, "f", "g"))
    write_file(os.path.join(work.site("env"), "x.pth"), EXECUTES)
    p, main = on_terminal(work)
    err = everything(main)
    out = p.stdout.read().decode()
    p.stdout.close()
    check_equal(p.wait(), 1, "exit")
    check("1 hooks" in out, "summary: %r" % out)
    check(err.endswith(b"\r\x1b[K"), "progress is not cleared: %r" % err[-80:])


@suite.test("interrupt")
def interrupt(work):
    """What was found is printed: the first line comes while the search is stopped at a directory that takes long."""
    write_file(os.path.join(work.site("a"), "x.pth"), EXECUTES)
    slow = LoopFs(work, "tmpfs", "slow")
    site = os.path.join(slow.root, SITE)
    os.makedirs(site)
    for n in range(20000):
        with open(os.path.join(site, "%d.pth" % n), "w", encoding="ascii") as f:
            f.write(EXECUTES)
    read, write = os.pipe()
    p = subprocess.Popen([CTL, "scan", "--json", "--rules-dir", RULES, os.path.join(work.path, "a"), slow.root],
                         stdout=write, stderr=subprocess.PIPE, preexec_fn=die_with_parent)
    os.close(write)
    with os.fdopen(read, "rb") as out:
        first = json.loads(out.readline())
        p.send_signal(signal.SIGINT)        # the pipe is full or nearly: it has not ended
        lines = out.readlines()
    err = p.stderr.read().decode()
    p.stderr.close()
    check_equal(p.wait(), 130, "exit")
    check(first["path"].endswith("/x.pth"), first["path"])
    check(len(lines) < 20000 and all(json.loads(line) for line in lines), "%d lines" % len(lines))
    check("interrupted: " in err, "summary: %r" % err)


@suite.test("accept")
def accept(work):
    """Accepted while the daemon is down: its next start says nothing of it."""
    site = work.site("env")
    state = work.mkdir("state")
    with Daemon(work, state=state) as daemon:
        wait_until(lambda: daemon.counters()["scans_waiting"] == 0, "the end of the first search")
    accepted, other = os.path.join(site, "accepted.pth"), os.path.join(site, "other.pth")
    write_file(accepted, EXECUTES)
    write_file(other, EXECUTES)
    run(CTL, "baseline", "--state-dir", state, "accept", accepted)
    wait_until(lambda: time.time() - os.lstat(other).st_ctime > 1.2, "a file of more than a second")
    with Daemon(work, state=state) as daemon:
        daemon.wait_for(on_path(other))
        daemon.settle()
        check(not [a for a in daemon.alerts if on_path(accepted)(a)], "the accepted hook was said")
        p = subprocess.run([CTL, "baseline", "--state-dir", state, "accept", other], stderr=subprocess.PIPE, check=False)
        check(p.returncode == 2 and b"is running" in p.stderr, "accept beside a daemon: %r" % p.stderr)


if __name__ == "__main__":
    suite.run()
