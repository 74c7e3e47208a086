#!/usr/bin/python3
"""The seed's three tests and Atomic Red Team's T1546.018 on Linux, as an attacker runs them.

A shell's builtin `echo` writes, so the process that the alert must name is the shell: alive
for a few milliseconds.  Payloads are Atomic's own, with their output in our directory; the
hook is then run by the interpreter, to show that what we planted is a real one.
"""

import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (IN_STEPS, PYTHON, Daemon, Suite, check, check_equal, clean_env, die_with_parent,
                     read_file, run, unescape, write_file)

suite = Suite("atomics")
SHELLS = ("sh", "bash")


def shell(work, command, name="sh"):
    """Run `name -c command`; answers the shell's pid."""
    p = subprocess.Popen([name, "-c", command], env=clean_env(work.join("home")),
                         stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)
    check_equal(p.wait(), 0, "exit status of %s -c %r" % (name, command))
    return p.pid


def expect(daemon, mark, path, detection, pid, command, name):
    """One alert, high or above, that says all of it."""
    a = daemon.exactly_one(path, mark, "high")
    process = a["process"]
    check_equal(a["DetectionType"], detection, "DetectionType")
    check_equal(a["pyhookd"]["detection_type"], detection, "pyhookd.detection_type")
    check_equal(unescape(a["TargetFilename"]), path, "TargetFilename")
    check_equal(int(process["pid"]), pid, "process.pid")
    executable = os.path.realpath("/bin/" + name)
    check_equal(process["executable"], executable, "process.executable")
    check_equal(a["Image"], executable, "Image")
    check_equal([unescape(x) for x in process["args"]], [name, "-c", command], "process.args")
    check(unescape(process["command_line"]).startswith(name + " -c"), "process.command_line: %r" %
          process["command_line"])
    check_equal(int(process["parent"]["pid"]), os.getpid(), "process.parent.pid")
    check(a["pyhookd"]["change"] in IN_STEPS, "pyhookd.change: %r" % a["pyhookd"]["change"])
    check_equal(str(a["user"]["id"]), "0", "user.id")
    check_equal(a["threat"]["technique"]["subtechnique"]["id"], ["T1546.018"], "sub-technique")
    return a


def environment(work):
    """A virtual environment; answers (its interpreter, its site directory)."""
    venv = work.join("atomic_sitecust_posix")
    run(PYTHON, "-m", "venv", "--without-pip", venv, env=clean_env(work.mkdir("home")))
    python = os.path.join(venv, "bin", "python")
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))",
               env=clean_env(work.join("home"))).strip()
    return python, site


def each_shell(name):
    def add(function):
        for sh in SHELLS:
            suite.test("%s/%s" % (name, sh))(lambda work, sh=sh: function(work, sh))
        return function
    return add


@each_shell("pth")
def pth(work, sh):
    """Atomic #3, the seed's test 3."""
    python, site = environment(work)
    hook, proof = os.path.join(site, "atomic_hook.pth"), work.join("atomic_hook_poc.txt")
    with Daemon(work) as daemon:
        mark = daemon.mark()
        command = "echo \"import os; os.system('cat /etc/passwd 1> %s')\" > %s" % (proof, hook)
        pid = shell(work, command, sh)
        a = expect(daemon, mark, hook, "PTH_FILE_CREATED", pid, command, sh)
        check_equal(a["pyhookd"]["vector"], "pth-exec", "vector")
        check_equal(a["EventID"], 11, "EventID")
        line = a["pyhookd"]["content"]["lines"][0]
        check_equal((line["number"], line["does"]), (1, "executes"), "the line")
        check("os.system(" in line["text"], "the line's text: %r" % line["text"])
        run(python, "-c", "pass", env=clean_env(work.join("home")))
        check_equal(read_file(proof), read_file("/etc/passwd"), "what the hook wrote")


@each_shell("usercustomize")
def usercustomize(work, sh):
    """Atomic #5: Python's user site, with HOME in our directory."""
    home = work.mkdir("home")
    site = run(PYTHON, "-c", "import site; print(site.getusersitepackages())",
               env=clean_env(home)).strip()
    check(site.startswith(home), "the user site is %s" % site)
    hook, proof = os.path.join(site, "usercustomize.py"), work.join("poc.txt")
    with Daemon(work) as daemon:
        mark = daemon.mark()
        command = "mkdir -p %s; echo \"import os; os.system('date > %s')\" > %s; :" % (site, proof, hook)
        pid = shell(work, command, sh)
        a = expect(daemon, mark, hook, "PYTHON_STARTUP_FILE_MODIFIED", pid, command, sh)
        check_equal(a["pyhookd"]["vector"], "usercustomize", "vector")
        run(PYTHON, "-c", "pass", env=clean_env(home))
        check(read_file(proof), "the hook did not run")


@each_shell("sitecustomize")
def sitecustomize(work, sh):
    """The seed's test 1.  Not run afterwards: Debian has a sitecustomize in its standard library,
    which stands first on sys.path and shadows this one, until somebody moves it away."""
    _, site = environment(work)
    hook = os.path.join(site, "sitecustomize.py")
    with Daemon(work) as daemon:
        mark = daemon.mark()
        command = "echo \"open('/tmp/python_startup_test.txt', 'w').write('x')\" >> %s" % hook
        pid = shell(work, command, sh)
        a = expect(daemon, mark, hook, "SITECUSTOMIZE_MODIFIED", pid, command, sh)
        check_equal(a["pyhookd"]["vector"], "sitecustomize", "vector")


@each_shell("pythonstartup")
def pythonstartup(work, sh):
    """The seed's test 2: on Linux the registry's place is taken by files such as ~/.profile."""
    profile = os.path.join(work.mkdir("home"), ".profile")
    write_file(profile, "# ~/.profile\numask 022\n")
    with Daemon(work) as daemon:
        mark = daemon.mark()
        command = "echo 'export PYTHONSTARTUP=/tmp/argus_pystartup.py' >> $HOME/.profile"
        pid = shell(work, command, sh)
        a = expect(daemon, mark, profile, "PYTHONSTARTUP_ENV_SET", pid, command, sh)
        check_equal(a["EventID"], 13, "EventID")
        check_equal(unescape(a["TargetObject"]), profile + ":PYTHONSTARTUP", "TargetObject")
        check_equal(a["event"]["action"], "variable-set", "event.action")
        check_equal((a["pyhookd"]["env"]["name"], a["pyhookd"]["env"]["value"]),
                    ("PYTHONSTARTUP", "/tmp/argus_pystartup.py"), "env")

        # The assignment is known now: what else happens to the file is not news.
        mark = daemon.mark()
        shell(work, "echo '# a comment' >> $HOME/.profile", sh)
        daemon.quiet(mark, "informational")
        run("sed", "-i", "s/umask 022/umask 027/", profile)
        check(b"umask 027" in read_file(profile), "sed did nothing")
        daemon.quiet(mark, "informational")

        # Another value is.
        command = "echo 'export PYTHONSTARTUP=/tmp/another.py' >> $HOME/.profile"
        pid = shell(work, command, sh)
        a = daemon.exactly_one(profile, mark, "high")
        check_equal(a["pyhookd"]["env"]["value"], "/tmp/another.py", "env.value")
        check_equal(int(a["process"]["pid"]), pid, "process.pid")


@each_shell("pythonpath")
def pythonpath(work, sh):
    """The same for PYTHONPATH, to a directory that anybody may create."""
    rc = os.path.join(work.mkdir("home"), ".bashrc")
    with Daemon(work) as daemon:
        mark = daemon.mark()
        command = "echo 'export PYTHONPATH=/tmp/.argus' > $HOME/.bashrc"
        pid = shell(work, command, sh)
        a = expect(daemon, mark, rc, "PYTHONPATH_ENV_SET", pid, command, sh)
        check_equal(unescape(a["TargetObject"]), rc + ":PYTHONPATH", "TargetObject")


if __name__ == "__main__":
    suite.run()
