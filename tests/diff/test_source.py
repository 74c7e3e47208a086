#!/usr/bin/python3
"""test_source.py [--count N] [--seed N] - source files that name an encoding: what runs, and what the library reads.

Generated files, with code in comments and texts where an encoding makes it some, are compiled by every Python that is here;
where it compiles one, the text that the library makes of it must run the same marks.  What CPython refuses the
library may read.  A mark is a number in a list: the files do nothing.

B: the build directory.  Ends with 1 at differences, and shows the first.
"""
import argparse
import base64
import collections
import json
import os
import subprocess
import sys
import tempfile

import test_pth

NAMES = [
    b"utf-8", b"UTF_8", b"utf8", b"utf-8-sig", b"utf-8-unix", b"ascii", b"us-ascii", b"latin-1", b"Latin_1", b"latin-1-dos",
    b"iso-8859-1", b"iso8859-15", b"l1", b"iso-latin-1-x", b"latin2", b"cp1252", b"windows-1251", b"cp437", b"850", b"koi8-r",
    b"mac-roman", b"tis-620", b"utf-7", b"utf_7", b"UTF7", b"unicode_escape", b"unicode-escape",
    b"raw_unicode_escape", b"shift_jis", b"sjis", b"cp932", b"shift_jis_2004", b"shift_jisx0213", b"euc_jp", b"euc_jis_2004",
    b"gb2312", b"gbk", b"cp936", b"gb18030", b"big5", b"big5hkscs", b"cp950", b"euc_kr", b"cp949", b"rot13", b"utf-16", b"utf-32",
    b"punycode", b"idna", b"hz", b"iso2022_jp", b"cp037", b"johab", b"hex", b"base64", b"nothing", b"utf-7-x", b"u7", b"u8"]
# Those where the library only says so.
UNKNOWN = {b"utf-16", b"utf-32", b"punycode", b"idna", b"hz", b"iso2022_jp", b"cp037", b"johab", b"hex", b"base64", b"nothing", b"utf-7-x"}
COMMENTS = [b"# coding: %s", b"# -*- coding: %s -*-", b"#coding=%s", b"# vim: set fileencoding=%s :", b" \t# coding:\t%s", b"\f# encoding: %s",
            b"# coding, coding: %s", b"#!/usr/bin/python coding:%s", b"#coding:%s;x", b"# coding %s", b"# Coding: %s", b"x = 1 # coding: %s",
            b"''' # coding: %s '''"]
BREAKS = [b"\n"] * 8 + [b"\r\n", b"\r"]
# Characters of several bytes of the encodings above, some with a second byte that is a backslash, a brace, "|" or "~".
WIDE = [b"\x95\x5c", b"\x83\x5c", b"\x8f\x5c", b"\xa5\x5c", b"\xb3\x5c", b"\xa4\xa4", b"\xb0\xa1", b"\x81\x30\x81\x30", b"\x90\x7e", b"\xa3\xed",
        b"\xe3\x81\x82", b"\x8e\xb1", b"\x8f\xa2\xaf", b"\xb9\x7c"]
HIGH = [b"\xe4", b"\x80", b"\xff", b"\xaa", b"\xba", b"\xa0", b"\x85"]


class Generator(test_pth.Choices):
    def payload(self):
        self.mark += 1
        return b"m(%d)" % self.mark

    def utf7(self, text):
        coded = text.decode("ascii").encode("utf-16-be")
        return b"+" + base64.b64encode(coded).rstrip(b"=") + self.one(b"-", b"-", b"")

    def plain(self, p):
        return self.one(p, p + b" # " + self.one(*HIGH), b"# " + self.one(*HIGH) + b" " + p, b"x = '" + self.one(*HIGH) + b"'; " + p,
                        b"x = b'\\x41'; " + p, b"if 1:\n    " + p, b"x = (1,\n     2); " + p, b"x = '\\\\'; " + p,
                        b"# ~{" + p + b"~}", p.replace(b"m", b"z"), b"\xba = 1; " + p)

    def wide(self, p):
        wide = self.one(*WIDE)
        return self.one(b"# " + wide + b" " + p, b"x = '" + wide + b"'; " + p + b" #'", b"x = '" + wide + b"' # '; " + p,
                        b"x =  + wide + b; " + p, b"x" + wide + b" = 1; " + p, b"m\xa3\xed = m; " + p,
                        b"x = '" + wide + b"\\'; " + p + b" #'", b"x = '" + wide + b"\\\\'; " + p + b" #'")

    def shifted(self, p):
        return self.one(b"# " + self.utf7(b"\n" + p + b"\n") + self.payload(), b"# +AAo-" + p, b"#+AAo" + p, b"# +AAoACg-" + p,
                        b"x = +ACI-;" + p + b"+ACI-;" + self.payload(), b"x = 1 +- 1; " + p, b"x = '+-'; " + p, self.utf7(p),
                        b"# +-AAo-" + p, b"x = '+2D3eCg-'; " + p, b"# + AAo-" + p, b"# +AAo/" + p)

    def escaped(self, p):
        return self.one(b"# \\u000a" + p, b"# \\x0a" + p, b"# \\n" + p, b"# \\12" + p, b"# \\\\n" + p, b"# \\\\u000a" + p,
                        b"# \\\\\\u000a" + p, b"# \\U0000000a" + p, b"# \\u000A\\u006d" + p[1:], b"x = '\\u0027; " + p + b" #'",
                        b"# \\\n" + p, b"# \\N{LATIN SMALL LETTER M}\\n" + p, b"# \\u00" + p, b"\\u006d(%d)" % self.mark,
                        b"# \\012" + p, b"# \\0123" + p)

    def line(self, name):
        kinds = [self.plain, self.wide, self.shifted, self.escaped]
        plain = name.lower().replace(b"_", b"-")
        fits = self.shifted if b"7" in plain else self.escaped if b"escape" in plain else self.one(self.plain, self.wide)
        make = self.one(*kinds) if self.chance(8) else self.one(fits, fits, fits, self.plain)
        return make(self.payload())

    def body(self, name):
        return b"".join(self.line(name) + self.one(*BREAKS) for _ in range(self.random.randrange(1, 5)))

    def file(self):
        name = self.one(*NAMES)
        first = self.one(b"", b"", b"", b"#!/usr/bin/python3\n", b"\n", b" \t\r", b"\f\n", b"x = 1\n", b"# x\r\n", b"\n\n")
        out = first + self.one(*COMMENTS) % name + self.one(*BREAKS) + self.body(name)
        if self.chance(12):
            out = b"\xef\xbb\xbf" + out
        if self.chance(10):
            at = self.random.randrange(len(out) + 1)
            out = out[:at] + self.one(*HIGH, *WIDE, b"\\", b"+", b"\n", b"#", b"'") + out[at:]
        return name, out


def answers_of(build, files):
    answers = []        # [unknown, text]
    for words in test_pth.answer_rows(build, "source", files):
        if words[0] == "file":
            answers.append([words[1] == "1", None])
        else:
            answers[-1][1] = bytes.fromhex(words[0][1:])
    assert len(answers) == len(files)
    return answers


def finds_no_name(python, content):
    """PyPy ends a line at \\n alone when it looks for the name, takes the first "coding" for it, and has another mind about
    what a backslash before raw_unicode_escape's is."""
    head = b"\n".join(content.replace(b"\r\n", b"\n").split(b"\n")[:2])
    return python.pypy and (b"coding, coding" in head or b"\r" in head or b"raw_unicode" in head)


def compare(python, path, files, answers, counts):
    """-> the differences."""
    done = subprocess.run([python.path, "-S", "-E", os.path.join(test_pth.HERE, "runsource.py"), path],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True)
    rows = [json.loads(row) for row in done.stdout.splitlines()]
    assert len(rows) == len(files)
    differences = []
    for (name, content), (unknown, text), (ran, foreseen) in zip(files, answers, rows):
        if finds_no_name(python, content):
            counts["not compared"] += 1
            continue
        kind = "refused" if ran is None else "not decoded" if unknown else "the same"
        if kind == "not decoded" and name not in UNKNOWN:
            differences.append((content, "%s is not known, and runs %r" % (name.decode(), ran)))
        elif kind == "the same" and ran != foreseen:
            differences.append((content, "runs %r, foreseen: %r of %r" % (ran, foreseen, text)))
        else:
            counts[kind] += 1
            counts["marks"] += len(ran or [])
    return differences


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=263)
    parser.add_argument("--build", default=os.environ.get("B", "build"))
    args = parser.parse_args()
    here = test_pth.pythons()
    if not here:
        print("no Python that could be compared with")
        return 77
    generator = Generator(args.seed)
    files = [generator.file() for _ in range(args.count)]
    answers = answers_of(args.build, [content for _, content in files])
    failed = False
    with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
        json.dump([[content.hex(), text.hex()] for (_, content), (_, text) in zip(files, answers)], f)
        f.flush()
        for python in here:
            counts = collections.Counter()
            differences = compare(python, f.name, files, answers, counts)
            print("%-20s %6d files: %s; %d differ" % (
                python.name, len(files), ", ".join("%d %s" % (counts[k], k) for k in sorted(counts)), len(differences)))
            for content, why in differences[:test_pth.SHOWN]:
                print("  %r\n    %s" % (content, why))
            failed |= bool(differences)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
