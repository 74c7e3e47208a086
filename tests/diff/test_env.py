#!/usr/bin/python3
"""envfile against the programs that really read these files.

    test_env.py BUILD [--count N] [--seed S] [--reader NAME ...] [--keep DIR] [-v]

For each reader N files are made from a grammar, a third of them then damaged, and each is given to the
reader itself - bash, dash, zsh, mksh, fish, tcsh, pam_env.so, environment.d's generator, systemd - and to
lib/envfile (through envdump).  What the reader sets (a Python in its place would see it: probe.c) must have
been reported, with that value or as undecidable; what is reported as exported and decided, but was not set,
is a false report.  Every variable has a name of its own, so nothing hides behind a later assignment.

All of it runs in mount, PID, network and IPC namespaces of its own, as a user that owns nothing, with limits
on time, files and processes: a damaged script may do anything.  Root, or user namespaces, are needed.
"""
import argparse, collections, ctypes, os, random, re, resource, shutil, signal, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, HERE)
import grammar  # noqa: E402

UID = 64999
WORK = "/tmp/envtest"           # on a tmpfs of ours
HOME = WORK + "/home"
BASE = {"HOME": HOME, "XDG_EXTRA": "/extra", "PATH": WORK + "/bin", "LANG": "C.UTF-8", "TERM": "dumb"}
TOOLS = "env cat true false echo printf sh bash dash test [ sleep tcsh nohup".split()
GENERATOR = "/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator"
SYSTEMD = "/lib/systemd/systemd"
BATCH = 50
DAMAGED = []                    # of the files of the reader at work


# ---- running the readers --------------------------------------------------------------------

def limits(user):
    resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 22, 1 << 22))
    resource.setrlimit(resource.RLIMIT_NPROC, (400, 400))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if user:
        os.setgroups([])
        os.setgid(UID)
        os.setuid(UID)


def run(argv, timeout, env=None, out=None):
    """Its output, or None when it took too long.  `out` becomes descriptor 9."""
    p = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                         env=env or BASE, cwd=WORK + "/cwd", start_new_session=True, pass_fds=(9,) if out else ())
    try:
        return p.communicate(timeout=timeout)[0]
    except subprocess.TimeoutExpired:
        return None
    finally:
        reap(p)


def reap(p):
    """With all that it has started, loops that never end among it."""
    try:
        os.killpg(p.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    p.wait()
    if p.stdout:
        p.stdout.close()


def pairs(data):
    found = set()
    for item in data.split(b"\0"):
        name, equals, value = item.partition(b"=")
        if equals:
            found.add((name, value))
    return found


SHELL_DRIVER = """
for i in "$@"; do
    ( trap 'PATH=%s/bin probe' EXIT; . files/$i ) </dev/null >/dev/null 2>&1 9>>out/$i
done
"""
ARGV = {
    "bash": ["bash", "--norc", "--noprofile", "-c", SHELL_DRIVER],
    "dash": ["dash", "-c", SHELL_DRIVER],
    "zsh": ["zsh", "-f", "-c", SHELL_DRIVER],
    "mksh": ["mksh", "-c", SHELL_DRIVER],
}


def run_shell(name, files):
    """In batches, a subshell for each file; a batch that takes too long is run again one by one."""
    os.chdir(WORK)
    results = {}
    driver = SHELL_DRIVER.replace("%s", WORK).replace("out/", WORK + "/out/").replace("files/", WORK + "/files/")
    argv = [driver if a is SHELL_DRIVER else a for a in ARGV[name]] + [name]

    def batch(indices, timeout):
        for i in indices:
            open(f"out/{i}", "wb").close()
        done = run(["/usr/bin/" + argv[0]] + argv[1:] + [str(i) for i in indices], timeout)
        if done is None and len(indices) > 1:
            for i in indices:
                batch([i], 1)
            return
        for i in indices:
            results[i] = None if done is None else pairs(open(f"out/{i}", "rb").read())

    for i, content in enumerate(files):
        with open(f"files/{i}", "wb") as f:
            f.write(content)
    for start in range(0, len(files), BATCH):
        batch(list(range(start, min(start + BATCH, len(files)))), 5)
    return results


def run_tcsh(name, files):
    """One process each: the file's errors end it."""
    results = {}
    for i, content in enumerate(files):
        path = f"{WORK}/files/{i}"
        with open(path, "wb") as f:
            f.write(content + b"\nprobe\n")
        p = subprocess.Popen(["/usr/bin/tcsh", "-f", path], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, env=BASE, cwd=WORK + "/cwd", start_new_session=True)
        try:
            p.wait(2)
        except subprocess.TimeoutExpired:
            pass
        reap(p)
        out = f"/tmp/sessions/{p.pid}"
        results[i] = set()
        if os.path.exists(out):
            results[i] = pairs(open(out, "rb").read())
            os.unlink(out)
    return results


def run_fish(name, files):
    """In batches: what one file leaves behind does not matter, since names are not used twice."""
    results = {}
    os.chdir(WORK)

    def batch(indices, timeout):
        script = "".join(f"{WORK}/bin/probe @{i}; source {WORK}/files/{i}; {WORK}/bin/probe\n" for i in indices)
        with open("driver.fish", "w") as f:
            f.write(script)
        fd = os.open("out/fish", os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        os.dup2(fd, 9)
        os.close(fd)
        done = run(["/usr/bin/fish", "--no-config", WORK + "/driver.fish"], timeout, out=True)
        os.close(9)
        data = open("out/fish", "rb").read()
        if (done is None or b"@%d\0" % indices[-1] not in data) and len(indices) > 1:
            for i in indices:
                batch([i], 2)
            return
        parts = re.split(rb"(?:\A|(?<=\0))@(\d+)\0", data)
        for number, rest in zip(parts[1::2], parts[2::2]):
            if int(number) in indices:
                i = int(number)
                results[i] = {p for p in pairs(rest) if grammar.belongs(p[0], i)}

    for i, content in enumerate(files):
        with open(f"files/{i}", "wb") as f:
            f.write(content)
    for start in range(0, len(files), 20):
        batch(list(range(start, min(start + 20, len(files)))), 10)
    return results


class Pam:
    """pam_env.so, through libpam and a service directory of ours."""

    class Conv(ctypes.Structure):
        _fields_ = [("conv", ctypes.c_void_p), ("appdata", ctypes.c_void_p)]

    def __init__(self):
        self.lib = ctypes.CDLL("libpam.so.0")
        self.libc = ctypes.CDLL(None)
        self.lib.pam_getenvlist.restype = ctypes.POINTER(ctypes.c_void_p)
        proto = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
        self.callback = proto(lambda *a: 19)
        self.conv = self.Conv(ctypes.cast(self.callback, ctypes.c_void_p), None)

    def environment(self, arguments):
        os.makedirs(WORK + "/pam", exist_ok=True)
        with open(WORK + "/pam/service", "w") as f:
            f.write("session required pam_env.so " + arguments + "\n")
        handle = ctypes.c_void_p()
        r = self.lib.pam_start_confdir(b"service", b"root", ctypes.byref(self.conv), (WORK + "/pam").encode(),
                                       ctypes.byref(handle))
        if r != 0:
            raise SystemExit("pam_start_confdir failed: %d" % r)
        self.lib.pam_open_session(handle, 0)
        found, n = set(), 0
        entries = self.lib.pam_getenvlist(handle)
        while entries[n]:
            found |= pairs(ctypes.string_at(entries[n]))
            self.libc.free(ctypes.c_void_p(entries[n]))
            n += 1
        self.lib.pam_end(handle, 0)
        return found


def run_pam(name, files):
    """/etc/environment, pam_env.conf and ~/.pam_environment: its path is relative to root's home."""
    pam, results = Pam(), {}
    empty = WORK + "/empty"
    open(empty, "w").close()
    arguments = {
        "etc-environment": "conffile={e} envfile={p} readenv=1 user_readenv=0",
        "pam-env": "conffile={p} envfile={e} readenv=0 user_readenv=0",
        "pam-env-user": "conffile={e} envfile={e} readenv=0 user_readenv=1 user_envfile=..{p}",
    }[name]
    os.environ.clear()
    os.environ.update(BASE)
    for i, content in enumerate(files):
        path = f"{WORK}/files/{i}"
        with open(path, "wb") as f:
            f.write(content)
        results[i] = pam.environment(arguments.format(e=empty, p=path))
    return results


def run_environment_d(name, files):
    """Its output is quoted for a shell.  Several files make one environment, of names that differ unless damaged."""
    results = {}
    directory = WORK + "/config/environment.d"
    os.makedirs(directory)

    def batch(indices):
        for i in indices:
            with open(f"{directory}/{i}.conf", "wb") as f:
                f.write(files[i])
            results[i] = set()
        out = run([GENERATOR], 10, dict(BASE, XDG_CONFIG_HOME=WORK + "/config")) or b""
        for name, value in re.findall(rb"^(PYTHON\w+)=(.*(?:\n(?!\w+=).*)*)$", out.rstrip(b"\n"), re.M):
            for i in indices:
                if len(indices) == 1 or grammar.belongs(name, i):
                    results[i].add((name, unquote_c(value)))
        for i in indices:
            os.unlink(f"{directory}/{i}.conf")

    whole = [i for i in range(len(files)) if not DAMAGED[i]]
    for start in range(0, len(whole), BATCH):
        batch(whole[start:start + BATCH])
    for i in range(len(files)):
        if DAMAGED[i]:
            batch([i])
    return results


def unquote_c(text):
    """systemd's shell_maybe_quote(): as it is, or $'...' , or "..."."""
    if text.startswith(b"$'") and text.endswith(b"'"):
        return re.sub(rb"\\(x..|[0-7]{3}|.)", lambda m: c_escape(m.group(1)), text[2:-1], flags=re.S)
    if len(text) > 1 and text.startswith(b'"') and text.endswith(b'"'):
        return re.sub(rb'\\(["\\`$]|x..|[0-7]{3}|[abfnrtv])', lambda m: c_escape(m.group(1)), text[1:-1], flags=re.S)
    return text


def c_escape(e):
    table = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
    if len(e) == 3:
        return bytes([int(e[1:], 16) if e[:1] == b"x" else int(e, 8)])
    return table.get(e, e)


def run_systemd(name, files):
    """`systemd --test --user` loads units with its own parser and shows what it understood."""
    results = {}
    for start in range(0, len(files), 200):
        units = WORK + "/units"
        shutil.rmtree(units, ignore_errors=True)
        os.makedirs(units)
        indices = range(start, min(start + 200, len(files)))
        for i in indices:
            with open(f"{units}/u{i}.service", "wb") as f:
                f.write(files[i])
            results[i] = set()
        with open(units + "/all.target", "w") as f:
            f.write("[Unit]\nDefaultDependencies=no\n" + "".join(f"Wants=u{i}.service\n" for i in indices))
        out = run([SYSTEMD, "--test", "--user", "--unit=all.target"], 60,
                  dict(BASE, XDG_RUNTIME_DIR=WORK + "/run", SYSTEMD_UNIT_PATH=units, SYSTEMD_LOG_LEVEL="crit")) or b""
        unit = last = None
        for line in out.split(b"\n"):
            m = re.match(rb"\t-> Unit (u(\d+)\.service|.*):$", line)
            if m:
                unit = int(m.group(2)) if m.group(2) else None
            m = re.match(rb"\t\tEnvironment: (\w+)=(.*)$", line, re.S)
            if unit is None:
                continue
            if m:
                last = m.group(1), m.group(2)
                results[unit].add(last)
            elif not line.startswith(b"\t") and last:      # a value with a newline in it
                results[unit].remove(last)
                last = last[0], last[1] + b"\n" + line
                results[unit].add(last)
            else:
                last = None
    return results


SHELLS = ("bash", "dash", "zsh", "mksh")
READERS = {
    "bash": ("shell", run_shell), "dash": ("shell", run_shell), "zsh": ("shell", run_shell),
    "mksh": ("shell", run_shell), "fish": ("fish", run_fish), "tcsh": ("csh", run_tcsh),
    "etc-environment": ("etc-environment", run_pam), "pam-env": ("pam-env", run_pam),
    "pam-env-user": ("pam-env", run_pam), "environment.d": ("environment.d", run_environment_d),
    "systemd": ("systemd", run_systemd),
}


# ---- what we say ------------------------------------------------------------------------------

Report = collections.namedtuple("Report", "line flags name value resolved")


def unhex(text):
    return b"" if text == "-" else bytes.fromhex(text)


def ask_us(build, syntax, files):
    stream = b"".join(b"%s %d\n%s" % (syntax.encode(), len(c), c) for c in files)
    out = subprocess.run([build + "/tests/diff/envdump"], input=stream, stdout=subprocess.PIPE, check=True).stdout
    results, current = [], []
    for line in out.decode().split("\n"):
        words = line.split(" ")
        if words[0] == "a":
            current.append(Report(int(words[1]), words[2], *map(unhex, words[3:6])))
        elif words[0] == ".":
            results.append(current)
            current = []
    if len(results) != len(files):
        raise SystemExit("envdump did not answer for every file")
    return results


# ---- comparing --------------------------------------------------------------------------------

def expand(reader, value):
    """What the reader's own environment decides."""
    pam, systemd = reader.startswith("pam"), reader == "systemd"

    def braces(m):
        name, op, word = m.groups()
        known = BASE.get(name.decode(), "").encode() if not pam else b""
        if op == b":-":
            return known or expand(reader, word)
        if op == b":+":
            return expand(reader, word) if known else b""
        return known
    if reader in SHELLS + ("fish", "tcsh"):
        value = re.sub(rb"(^|:)~(?=[/:]|$)", rb"\1" + HOME.encode(), value)
    if pam:
        value = re.sub(rb"@\{([^}]*)\}", lambda m: {b"HOME": b"/root", b"PAM_USER": b"root"}.get(m.group(1), b""), value)
    if systemd:
        return value.replace(b"%h", HOME.encode()).replace(b"%S", HOME.encode() + b"/.config")
    value = re.sub(rb"\$\{(\w+)(?:(:[-+])((?:[^{}]|\{[^{}]*\})*))?\}", braces, value)
    return value if pam else re.sub(rb"\$(\w+)()()", braces, value)


def agrees(reader, report, value):
    if "?" in report.flags:
        return True
    candidates = {report.resolved, expand(reader, report.resolved)}
    if reader == "zsh":
        candidates |= {re.sub(rb"\\(.)", rb"\1", c) for c in candidates}    # $'\(', which bash leaves alone
    if reader == "fish" and b"$" in report.resolved:
        return True                 # an unset variable takes its word along
    if "+" in report.flags:
        return any(value.endswith(c) or value.startswith(c) for c in candidates)
    return value in candidates


def compare(reader, real, ours):
    """Yields (class, name, value)."""
    holes = any(not re.fullmatch(rb"[A-Z_0-9]+", r.name) for r in ours)
    for name, value in sorted(real):
        mine = [r for r in ours if r.name == name]
        if any(agrees(reader, r, value) for r in mine):
            yield "undecidable" if all("?" in r.flags for r in mine) else "agreed", name, value
        elif not value:
            yield "empty", name, value          # `export X` of an X that was never set, OVERRIDE= DEFAULT=
        elif mine:
            yield "value", name, value
        else:
            yield "undecidable" if holes else "missed", name, value
    seen = {name for name, _ in real}
    for r in ours:
        if r.name not in seen and r.resolved and "x" in r.flags and "?" not in r.flags:
            yield "false", r.name, r.resolved


def is_ours(name):
    return name.startswith(b"PYTHON") and re.fullmatch(rb"PYTHON[A-Z0-9_]+", name)


def check(reader, options):
    syntax, runner = READERS[reader]
    rng = random.Random(f"{options.seed} {reader}")
    made = [grammar.make(reader, rng, i) for i in range(options.count)]
    files = [c for c, _ in made]
    DAMAGED[:] = [d for _, d in made]
    ours = ask_us(options.build, syntax, files)
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        limits(runner is not run_pam)       # which takes no other user's file, and runs nothing
        with os.fdopen(write_end, "w") as f:
            f.write(repr(runner(reader, files)))
        os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end) as f:
        text = f.read()
    os.waitpid(child, 0)
    if not text:
        raise SystemExit(reader + ": its runner failed")
    real = eval(text)               # written by ourselves, of bytes and numbers

    tally, examples, slow = collections.Counter(), collections.defaultdict(list), 0
    strict = collections.Counter()
    for i, (content, damaged) in enumerate(made):
        if real.get(i) is None:
            slow += 1
            continue
        found = {p for p in real[i] if is_ours(p[0])}
        for kind, name, value in compare(reader, found, ours[i]):
            if kind == "missed" and damaged and re.search(rb"PYTHON\w*[$`]", content):
                kind = "hole"       # PYTHON$x_1: of names in part unknown only CPython's own are reported
            # Until systemd 256 a backslash continued a comment, too; what stands there is reported all the same.
            if syntax == "environment.d" and kind in ("value", "false") and re.search(rb"^\s*[#;].*\\$", content, re.M):
                kind = "comment"
            # What stands behind an error in a damaged file never runs: no false report.
            if kind == "false" and damaged:
                kind = "damaged"
            tally[kind] += 1
            if kind in ("missed", "value", "false"):
                strict[damaged] += 1
                examples[kind].append((i, content, name, value, [r for r in ours[i] if r.name == name]))
    # Damage makes texts that the readers take apart in ways of their own: some are known by now, a few are
    # allowed to be new.  Undamaged files must agree.
    bad = strict[False] + (strict[True] if strict[True] > 3 + options.count // 400 else 0)
    print(f"{reader:16} {options.count} files: {tally['agreed']} agreed, {tally['undecidable']} undecidable, "
          f"{tally['missed']} missed, {tally['value']} other values, {tally['false']} never set, "
          f"{slow} too slow; {tally['damaged']} behind an error, {tally['hole'] + tally['comment'] + tally['empty']} explained; "
          f"{strict[False]} disagreements in files that are not damaged", flush=True)
    for kind in ("missed", "value", "false"):
        for i, content, name, value, mine in examples[kind][:options.show]:
            print(f"  {kind}: file {i}, {name.decode()}={value!r}, reported {[(r.flags, r.resolved) for r in mine]}")
            print("    | " + content.decode("utf-8", "backslashreplace").replace("\n", "\n    | "))
    return bad


# ---- the sandbox ------------------------------------------------------------------------------

def prepare():
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    build = os.path.abspath(sys.argv[1])
    with open(build + "/tests/diff/probe", "rb") as f:
        probe = f.read()
    with open(build + "/tests/diff/envdump", "rb") as f:
        dump = f.read()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=1777,size=256m", "tmpfs", "/tmp"], check=True)
    for name in ("bin", "files", "home", "out", "cwd", "run", "pam"):
        os.makedirs(f"{WORK}/{name}")
    os.makedirs("/tmp/sessions")
    os.makedirs("/tmp/build/tests/diff")
    for path, data in ((WORK + "/bin/probe", probe), ("/tmp/build/tests/diff/envdump", dump)):
        with open(path, "wb") as f:
            f.write(data)
        os.chmod(path, 0o755)
    os.symlink("probe", WORK + "/bin/python3")
    for tool in TOOLS:
        os.symlink(shutil.which(tool), f"{WORK}/bin/{tool}")
    for path in (WORK, WORK + "/files", WORK + "/out", WORK + "/cwd", WORK + "/run", WORK + "/pam", "/tmp/sessions"):
        os.chown(path, UID, UID)
    os.chdir(WORK + "/cwd")
    return "/tmp/build"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=3, help="examples of each kind")
    parser.add_argument("--reader", action="append", choices=sorted(READERS))
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()

    if not options.inside:
        if os.geteuid() != 0:
            print("needs root")
            return 77
        os.execvp("unshare", ["unshare", "--mount", "--pid", "--net", "--ipc", "--fork", "--kill-child", "--mount-proc",
                              sys.executable, os.path.abspath(__file__), os.path.abspath(options.build)] +
                  sys.argv[2:] + ["--inside"])
    options.build = prepare()
    print(f"seed {options.seed}", flush=True)
    bad = sum(check(reader, options) for reader in options.reader or READERS)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
