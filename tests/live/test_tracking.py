#!/usr/bin/python3
"""What happens to a hook by another name than its own, or to who may write to it."""

import os
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (EXECUTES, EXECUTES_TOO, Daemon, Skip, Suite, check, check_equal, on_path, path_of, run, wait_until,
                     write_file)

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


if __name__ == "__main__":
    suite.run()
