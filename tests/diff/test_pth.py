#!/usr/bin/python3
"""test_pth.py [--count N] [--starts N] [--seed N] [--keep] - .pth files: what the library says runs, and what does run.

Generated files, of a grammar and mutated, are read by the addpackage() of every Python that is here: each line that it
hands to exec() or takes as a path must be one that the library names for that version, and the other way round, in
order; so must the death of the interpreter at what cannot be decoded.  Some of the files are also given to a real
start, to show that it does the same.  Python 3.15 is pep829.py.  All in a mount namespace of its own, below a tmpfs; a
payload writes its number to an inherited file and nothing else.

B: the build directory.  Ends with 1 at the first files that differ, and shows them.
"""
import argparse
import glob
import json
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile

import pep829

HERE = os.path.dirname(os.path.abspath(__file__))
ERA_A, ERA_B, ERA_C = 1, 2, 4
CHUNK = 8192
SHOWN = 5
START_TIMEOUT = 60


# ---- the files ---------------------------------------------------------------

BREAKS = [b"\n"] * 12 + [b"\r\n"] * 3 + [b"\r"] * 2 + [
    b"\v", b"\f", b"\x1c", b"\x1d", b"\x1e", b"\xc2\x85", b"\xe2\x80\xa8", b"\xe2\x80\xa9", b"\n\r", b"\r\r\n"]
BLANKS = [b" ", b"\t", b"  ", b"\x1f", b"\xc2\xa0", b"\xe3\x80\x80", b"\xe1\x9a\x80", b"\xe2\x80\x83", b"\xe2\x80\xaf",
          b"\xe2\x81\x9f", b"\v", b"\f", b"\xe2\x80\x8b",
          b"\xe1\xa0\x8e"]
BAD = [b"\xff", b"\xfe", b"\x80", b"\xa0", b"\x85", b"\xc0\x80", b"\xc3", b"\xe2\x80", b"\xe0\x80\x80", b"\xed\xa0\x80",
       b"\xf0\x9f\x98", b"\xf4\x90\x80\x80", b"\xf5", b"\xf0\x80", b"\xc3\x28"]
GOOD = [b"\xc3\xa4", b"\xc3\x85", b"\xe2\x82\xac", b"\xf0\x9f\x98\x85", b"\xef\xbb\xbf", b"\xef\xbf\xbe"]
BOM = b"\xef\xbb\xbf"
# U+180E was a blank until Unicode 6.3, and is for PyPy.  CPython has known better since 3.4, and so does the library.
OLD_BLANK = b"\xe1\xa0\x8e"
# At the end of a chunk, 3.6 and PyPy do not wait for its third byte.
HALF_SURROGATE = re.compile(b"\xed[\xa0-\xbf]")


class Choices:
    """What a generator decides, the same for the same seed; `mark` numbers what the files do."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.mark = 0

    def one(self, *choices):
        return self.random.choice(choices)

    def chance(self, n):
        """True once in n."""
        return self.random.randrange(n) == 0


class Generator(Choices):
    def payload(self):
        self.mark += 1
        return b'os.write(9,b"%d ")' % self.mark

    def code(self):
        p = self.payload()
        return self.one(
            b"import os;" + p, b"import os; " + p, b"import\tos;" + p, b"import os ; " + p + b" # x",
            b"import os, sys;" + p,
            b"import sys, os as o;o." + p[3:], b"import os;\f" + p, b"import  os;" + p, b"import os;exec('" + p + b"')",
            b"import os;" + p + b";", b"import os;" + p + b" \t",
            b"import os;" + p + b";import sys\\",            # a continuation is none
            b"import os;" + p + b";1/0", b"import os;" + p + b";raise SystemExit", b"import os;(" + p,
            b"import os;" + p + b"\0", b"import nothing_of_that_name;" + p,
            b"import os;'''\n" + p + b"'''", b"import os;" + p + b"# " + self.one(*BLANKS) + b"x")

    def other(self):
        p = self.payload()
        return self.one(
            b"", b"", b"#", b"# a comment", b"#import os;" + p, b"# import os;" + p, b"sub", b"missing", b"../sub",
            b"/tmp", b"from os import *;" + p, b"import(os);" + p, b"import\fos;" + p, b"import", b"import ", b"import\t",
            b"Import os;" + p, b"importos;" + p, b"import\xc2\xa0os;" + p, b"import\v os;" + p, b"sub\0x", b"\0", b"x# y",
            b"#/../../x", b"  # /../../x", b"a/../../..", b"'''import os;" + p, b".", b"..", b"sub/" + self.one(*GOOD))

    def line(self):
        line = self.code() if self.random.random() < 0.55 else self.other()
        if self.chance(7):
            line = self.one(*BLANKS) + line
        if self.chance(12):
            line += self.one(*BLANKS)
        if self.chance(15):
            at = self.random.randrange(len(line) + 1)
            line = line[:at] + self.one(*BREAKS, *BLANKS, *GOOD) + line[at:]
        if self.chance(40):
            line = BOM + line
        return line

    def lines(self, count):
        favourite = self.one(*BREAKS)
        out = b""
        for _ in range(count):
            out += self.line() + (favourite if self.chance(2) else self.one(*BREAKS))
        return out

    def plain(self):
        out = self.lines(self.random.randrange(1, 9))
        if self.chance(3):
            out = out.rstrip(b"\r\n")
        if self.chance(6):
            out = BOM + out
        return out

    def at_chunk(self):
        """A byte that cannot be decoded, or something that looks like it, near where a chunk ends."""
        out = b"" if self.chance(4) else self.lines(self.random.randrange(1, 5))
        border = CHUNK * self.random.randrange(1, 3) + self.random.randrange(-6, 7)
        body = border - len(out)
        before = b"" if self.chance(3) else self.one(
            b"\n", b"\r", b"\r\n", b"\n" + self.code() + b"\n", b"\n" + self.code() + b"\r")
        filler = self.one(b"#", b"#", b"# " + self.one(*GOOD), b"\n", b"x", b"import os#")
        out += filler
        if body > len(filler) + len(before):
            out += (b"\n" if filler == b"\n" else b"x") * (body - len(filler) - len(before))
        out += before + self.one(*BAD, *BAD, *GOOD)
        return out + (b"" if self.chance(4) else self.one(b"\n", b"", b"\r") + self.lines(self.random.randrange(1, 4)))

    def bad(self):
        out = self.plain()
        for _ in range(self.random.randrange(1, 3)):
            at = self.random.randrange(len(out) + 1)
            out = out[:at] + self.one(*BAD) + out[at:]
        return out

    def utf16(self):
        text = self.plain().decode("utf-8", "replace")
        return text.encode(self.one("utf-16", "utf-16-le", "utf-16-be", "utf-32"))

    def long(self):
        begin = self.one(b"", b"# ", b"import os;" + self.payload() + b" #", b"import os;" + b" " * 200)
        middle = self.one(b"x", b" ", b"\0", b"\xc2\x85", b"\f", BOM) * self.random.randrange(1, 12000)
        return begin + middle + self.one(*BREAKS) + self.lines(3)

    def mutated(self):
        out = bytearray(self.plain())
        for _ in range(self.random.randrange(1, 6)):
            at = self.random.randrange(len(out) + 1)
            what = self.random.randrange(5)
            if what == 0 and at < len(out):
                out[at] = self.random.randrange(256)
            elif what == 1 and at < len(out):
                del out[at]
            elif what == 2:
                out[at:at] = self.one(*BREAKS, *BLANKS, *GOOD, *BAD)
            elif what == 3:
                end = at + self.random.randrange(20)
                to = self.random.randrange(len(out) + 1)
                out[to:to] = out[at:end]
            elif at < len(out):
                out[at] ^= 1 << self.random.randrange(8)
        return bytes(out)

    def file(self):
        kinds = [self.plain] * 10 + [self.mutated] * 8 + [self.at_chunk] * 3 + [self.bad] * 2 + [self.utf16, self.long]
        return self.one(*kinds)()


# ---- the library's answers ---------------------------------------------------

class Answer:
    def __init__(self, fatal):
        self.fatal = fatal
        self.lines = []         # (eras, path_eras, unreached, refused, text)


def answer_rows(build, what, files):
    """-> the words of each line that the library's answers are."""
    stream = b"".join(struct.pack("<I", len(f)) + f for f in files)
    done = subprocess.run([os.path.join(build, "tests/diff/answers"), what], input=stream, stdout=subprocess.PIPE,
                          check=True)
    return (row.split() for row in done.stdout.decode("ascii").splitlines())


def answers_of(build, files):
    answers = []
    for words in answer_rows(build, "pth", files):
        if words[0] == "file":
            answers.append(Answer(int(words[1])))
        else:
            _, eras, paths, unreached, _, refused = map(int, words[:6])
            answers[-1].lines.append((eras, paths, unreached, refused, bytes.fromhex(words[6][1:])))
    assert len(answers) == len(files)
    return answers


# ---- the interpreters --------------------------------------------------------

class Python:
    def __init__(self, path):
        self.path = path
        script = ("import platform,sys;sys.stdout.write('%s %s %d %d' % (platform.python_implementation(),"
                  "platform.python_version(), sys.version_info[0], sys.version_info[1]))")
        words = subprocess.run([path, "-I" if "2.7" not in path else "-E", "-c", script], stdout=subprocess.PIPE,
                               stdin=subprocess.DEVNULL, check=True, timeout=START_TIMEOUT).stdout.decode().split()
        self.name = " ".join(words[:2])
        self.version = int(words[2]), int(words[3])
        # It catches what leaves site.py, and says so (app_main.py); and it reads by st_blksize, not by 8 KiB, so that it
        # may get further than the library says.
        self.pypy = words[0] == "PyPy"
        self.era = ERA_A if self.version < (3, 13) else ERA_B if self.version < (3, 15) else ERA_C


    def knows_less(self, content):
        """Where this version is known to differ from the rest of its era."""
        impatient = self.pypy or (3, 0) < self.version < (3, 7)
        return (self.pypy and OLD_BLANK in content) or (impatient and any(
            HALF_SURROGATE.match(content, end - 2) for end in range(CHUNK, len(content) + 1, CHUNK)))


class Model:
    name = "PEP 829, the model"
    version = (3, 15)
    era = ERA_C
    pypy = False

    @staticmethod
    def knows_less(content):
        return False


def pythons():
    patterns = [os.path.join(root, "versions/*/bin/python") for root in
                (os.environ.get("PYENV_ROOT", ""), os.path.expanduser("~/.pyenv"), "/root/.pyenv") if root]
    patterns += ["%s/%s" % (d, n) for d in ("/usr/bin", "/usr/local/bin", "/opt/*/bin")
                 for n in ("python3", "python3.[0-9]*", "pypy3", "pypy3.[0-9]*")]
    found = {}
    for pattern in patterns:
        for path in sorted(glob.glob(pattern)):
            if path.endswith("-config") or not os.access(path, os.X_OK):
                continue
            try:
                python = Python(path)
            except (OSError, ValueError, IndexError, subprocess.SubprocessError):
                continue
            if python.era != ERA_C:      # its addpackage() is another: pep829.py until one is here
                found.setdefault(python.name, python)
    return sorted(found.values(), key=lambda p: (p.version, p.name))


def environment(locale, **more):
    return dict({"PATH": "/usr/bin:/bin", "LC_ALL": locale, "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"},
                **more)


class Seen:
    """What happened to one file."""
    def __init__(self, lines, end, marks):
        self.lines = lines      # [kind, number, text, raised]
        self.end = end
        self.marks = marks


def encodings(files, era, locale):
    """What each file is decoded with, and with what the texts seen are turned back."""
    def one(content):
        try:
            content.decode("utf-8")
        except UnicodeDecodeError:
            return locale
        return "utf-8" if era != ERA_A else locale
    return [one(content) for content in files]


def read_in_process(python, directory, count, env, encodings_):
    marks_path = os.path.join(directory, "marks")
    out_path = os.path.join(directory, "seen")
    with open(marks_path, "wb+") as marks, open(out_path, "wb+") as out:
        os.dup2(marks.fileno(), 9)
        worker = os.path.join(HERE, "addpackage.py")
        done = subprocess.run([python.path, "-S", "-E", worker, directory, str(count)], stdin=subprocess.DEVNULL,
                              stdout=out, stderr=subprocess.PIPE, env=env, pass_fds=[9])
        os.close(9)
        if done.returncode:
            sys.exit("%s: %s" % (python.name, done.stderr.decode("utf-8", "replace")[-2000:]))
        marks.seek(0)
        data = marks.read()
        out.seek(0)
        rows = [json.loads(row.decode("ascii")) for row in out]
    assert len(rows) == count, "%s read %d of %d files" % (python.name, len(rows), count)
    ends = [row[0] for row in rows[1:]] + [len(data)]
    return [Seen([[k, n, t.encode(e, "surrogatepass"), r] for k, n, t, r in lines], end, data[begin:stop])
            for (begin, lines, end), stop, e in zip(rows, ends, encodings_)]


def read_by_model(files):
    seen = []
    for content in files:
        try:
            lines = [[kind, number, text.encode("utf-8"), "Exception" if kind == "code" and "\0" in text else ""]
                     for kind, number, text in pep829.read_pth(content)]
            seen.append(Seen(lines, "", None))
        except pep829.Dies:
            seen.append(Seen([], "undecodable", None))
    return seen


# ---- the comparison ----------------------------------------------------------

# The bytes of all blanks in UTF-8 and Latin-1.
BLANK_BYTES = bytes({byte for c in range(0x3001) if chr(c).isspace() for byte in chr(c).encode("utf-8")} | {0x85, 0xa0})


def strip(text, encoding):
    """Outer blanks off.  Where the text is not UTF-8 the library need not know what a blank is: off on both sides."""
    if encoding != "utf-8":
        return text.strip(BLANK_BYTES)
    return text.decode(encoding, "surrogatepass").strip().encode(encoding, "surrogatepass")


def climbs(text):
    return b"/../" in text or text.endswith(b"/..")


def of_interest(answer, era, kind, number, text, encoding):
    """Whether pth.h reports such a line: a path line that only a comment's blanks or the mark make one leads nowhere."""
    bare = strip(text, encoding)
    if kind == "code" or climbs(bare):
        return bool(bare)
    first = 0 if era == ERA_A else 1
    return bool(bare) and not bare.startswith(b"#") and not (
        era == ERA_A and number == first and text.startswith(BOM) and not answer.fatal)


def expected(answer, python, encoding, locale_decodes):
    """-> [(kind, text without outer blanks, refused, may be left out)] for that version."""
    out = []
    for eras, paths, unreached, refused, text in answer.lines:
        late = bool(unreached & python.era) and not locale_decodes
        if not (eras | paths) & python.era or (late and not python.pypy):
            continue
        try:
            bare = strip(text, encoding)
        except UnicodeDecodeError:
            break       # here at the latest
        if not bare or (encoding != "utf-8" and not eras and bare.startswith(b"#") and not climbs(bare)):
            continue
        if eras & python.era:
            out.append(("code", bare, bool(refused), late))
        if paths & python.era:
            out.append(("path", bare, False, late))
    return out


def is_left_at_nul(version, kind, text):
    """Up to 3.7, os.path.exists() raises at a NUL, and addpackage() leaves the file; ".." may have taken the NUL away."""
    return version < (3, 8) and kind == "path" and b"\0" in os.path.normpath(b"/site/" + text)


def difference(answer, seen, python, encoding, locale_decodes):
    """None, or what differs."""
    said = expected(answer, python, encoding, locale_decodes)
    left = False        # the rest of the file is ignored
    for kind, number, text, raised in seen.lines:
        if left:
            return "goes on at %s %r" % (kind, text)
        left = (raised == "BaseException" or (raised and python.era != ERA_C) or
                is_left_at_nul(python.version, kind, text))
        if not of_interest(answer, python.era, kind, number, text, encoding):
            continue
        if not said:
            return "not foreseen: %s %r" % (kind, text)
        said_kind, said_text, refused, _ = said.pop(0)
        if kind != said_kind or strip(text, encoding) != said_text:
            return "%s %r foreseen, but %s %r" % (said_kind, said_text, kind, text)
        if refused and not raised:
            return "%r was not refused" % text
    if left:
        return "ends with %r" % seen.end if seen.end == "undecodable" else None
    if said and not said[0][3]:
        return "did not happen: %s %r" % said[0][:2]
    dies = bool(answer.fatal & python.era) and not locale_decodes
    if (seen.end == "undecodable") != dies:
        return "ends with %r, foreseen: %s" % (seen.end, "dies" if dies else "lives")
    return None


class Report:
    def __init__(self):
        self.failed = {}        # by interpreter

    def differs(self, who, index, content, why):
        self.failed[who] = self.failed.get(who, 0) + 1
        if self.failed[who] <= SHOWN:
            shown = content if len(content) < 600 else content[:100] + b" ... " + content[-300:]
            print("%s, file %d (%d bytes): %s\n  %r" % (who, index, len(content), why, shown))


def compare(report, python, files, answers, seen, encodings_, locale_decodes=False, suffix=""):
    who = python.name + suffix
    for i, (content, answer, s, encoding) in enumerate(zip(files, answers, seen, encodings_)):
        if python.knows_less(content):
            continue
        why = difference(answer, s, python, encoding, locale_decodes)
        if why:
            report.differs(who, i, content, why)
    code = sum(kind == "code" for s in seen for kind, _, _, _ in s.lines)
    deaths = sum(bool(s.end) for s in seen)
    print("%-28s %6d files, %6d lines executed, %6d paths, %5d deaths" % (
        who, len(files), code, sum(len(s.lines) for s in seen) - code, deaths))


def compare_starts(report, python, directory, files, seen, count, env, chooser):
    """The same files at a real start, from the user's site directory, which comes before all others."""
    base = os.path.join(directory, "user")
    env = dict(env, PYTHONUSERBASE=base)
    site = subprocess.run([python.path, "-c", "import site;print(site.getusersitepackages())"], env=env, check=True,
                          stdout=subprocess.PIPE, timeout=START_TIMEOUT).stdout.decode().strip()
    os.makedirs(os.path.join(site, "sub"))
    indexes = chooser.sample(range(len(files)), min(count, len(files)))
    dead = 0
    for i in indexes:
        with open(os.path.join(site, "x.pth"), "wb") as f:
            f.write(files[i])
        with open(os.path.join(directory, "marks"), "wb+") as marks:
            os.dup2(marks.fileno(), 9)
            done = subprocess.run([python.path, "-c", "import os;os.write(9, b'lives')"], env=env, pass_fds=[9],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                  timeout=START_TIMEOUT)
            os.close(9)
            marks.seek(0)
            data = marks.read()
        lives = data.endswith(b"lives")
        wrote = data[:-len(b"lives")] if lives else data
        dead += not lives
        if wrote != seen[i].marks or lives == (bool(seen[i].end) and not python.pypy):
            report.differs(python.name + ", started", i, files[i], "in-process %r, %r; started %r, %s (exit %d)" % (
                seen[i].marks, seen[i].end, wrote, "lives" if lives else "dead", done.returncode))
    shutil.rmtree(base)
    print("%-28s %6d starts the same, %d of them fatal" % (python.name, len(indexes), dead))


def compare_ascii(report, python, directory, files, seen, env):
    """With LC_ALL=C, some decode by ASCII (3.6; 3.11 and 3.12 because encoding="locale" overrides the UTF-8 mode): any
    byte beyond it ends the start.  The library has no word for that; what is ASCII must be read as ever."""
    used = encodings(files, python.era, "latin-1" if python.version < (3, 0) else "utf-8")
    differ = 0
    for i, (content, was, now) in enumerate(zip(files, seen, read_in_process(python, directory, len(files), env, used))):
        if (was.lines, was.end) == (now.lines, now.end):
            continue
        differ += 1
        if content.isascii() or now.end != "undecodable" or now.lines != was.lines[:len(now.lines)]:
            report.differs(python.name + ", LC_ALL=C", i, content, "%r, %r" % (now.lines[-1:], now.end))
    print("%-28s %6d files, %d end at a byte beyond ASCII" % (python.name + ", LC_ALL=C", len(files), differ))


def latin1_locale(directory):
    """A locale of 8 bits, made for this test.  None: the sources of locales are not here."""
    target = os.path.join(directory, "en_US.ISO-8859-1")
    try:
        done = subprocess.run(["localedef", "-i", "en_US", "-f", "ISO-8859-1", target],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except FileNotFoundError:
        return None
    return "en_US.ISO-8859-1" if done.returncode == 0 and os.path.isdir(target) else None


def run(args, directory):
    report = Report()
    generator = Generator(args.seed)
    files = [generator.file() for _ in range(args.count)]
    chooser = random.Random(args.seed)
    os.mkdir(os.path.join(directory, "sub"))
    for i, content in enumerate(files):
        with open(os.path.join(directory, "%d.pth" % i), "wb") as f:
            f.write(content)
    answers = answers_of(args.build, files)
    here = pythons()
    if not here:
        print("no Python that could be compared with")
        return 77
    print("seed %d; %s" % (args.seed, ", ".join("%s (%s)" % (p.name, p.path) for p in here)))

    utf8 = environment("C.UTF-8")
    few = max(1, args.count // 5)
    for python in here:
        bytewise = python.version < (3, 0)
        used = encodings(files, python.era, "latin-1" if bytewise else "utf-8")
        seen = read_in_process(python, directory, args.count, utf8, used)
        compare(report, python, files, answers, seen, used, bytewise)
        compare_starts(report, python, directory, files, seen, args.starts, utf8, chooser)
        compare_ascii(report, python, directory, files[:few], seen, environment("C"))
    compare(report, Model, files, answers, read_by_model(files), ["utf-8"] * args.count)

    locale = latin1_locale(directory)
    if not locale:
        print("no 8-bit locale could be made: not compared")
    else:
        latin1 = environment(locale, LOCPATH=directory)
        for python in here:
            used = encodings(files[:few], python.era, "latin-1")
            seen = read_in_process(python, directory, few, latin1, used)
            compare(report, python, files[:few], answers, seen, used, True, ", Latin-1")

    if report.failed:
        print("differences: " + ", ".join("%s %d" % item for item in report.failed.items()))
    return 1 if report.failed else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--starts", type=int, default=15, help="real starts of each interpreter")
    parser.add_argument("--seed", type=int, default=829)
    parser.add_argument("--keep", action="store_true", help="leave the files there")
    parser.add_argument("--build", default=os.environ.get("B", "build"))
    args = parser.parse_args()
    args.build = os.path.abspath(args.build)
    if "PYHOOKD_DIFF_INSIDE" not in os.environ:
        unshare = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
        if subprocess.run(unshare + ["true"], stderr=subprocess.DEVNULL).returncode:
            print("no mount namespace of one's own can be had here")
            return 77
        os.environ["PYHOOKD_DIFF_INSIDE"] = "1"
        os.execvp(unshare[0], unshare + [sys.executable] + [os.path.abspath(sys.argv[0])] + sys.argv[1:])
    directory = tempfile.mkdtemp(prefix="pyhookd-diff-")
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", directory], check=True)
    try:
        return run(args, directory)
    finally:
        if not args.keep:
            subprocess.run(["umount", directory], check=True)
            os.rmdir(directory)


if __name__ == "__main__":
    sys.exit(main())
