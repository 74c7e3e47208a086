#!/usr/bin/python3
"""test_start.py [--count N] [--seed N] - .start files: what the library says is called, and what PEP 829 calls.

The algorithm is pep829.py, since no Python 3.15 is at hand; names are matched by `re`, as pkgutil.resolve_name() does.
Each file is compared line by line, and together with a .pth of the same name: which import lines a .start switches off.

B: the build directory.  Ends with 1 at differences, and shows the first.
"""
import argparse
import os
import sys

import pep829
import test_pth

SHOWN = 5


class Generator(test_pth.Generator):
    WORDS = [b"pkg", b"mod", b"_x", b"a1", b"run", b"__init__", b"1a", b"", b"a-b", b"a b", b"x\0", b"\xc3\xa4",
             b"\xe4\xb8\xad", b"\xd9\xa3a", b"\xe2\x80\x94", b"\xcc\x81", b"a\xcc\x81", b"\xc2\xb2",
             b"\xf0\x9d\x90\x80", b"\xef\xbc\x91", b"A\xe2\x82\x81"]

    def dotted(self):
        words = self.WORDS if self.chance(4) else self.WORDS[:6]
        return b".".join(self.one(*words) for _ in range(self.random.randrange(1, 4)))

    def code(self):
        if self.chance(2):
            return self.dotted() + b":" + self.dotted()
        return self.one(self.dotted(), self.dotted() + b":", b":" + self.dotted(), b"a:b:c", b"a :b", b"a: b", b"a.b:c.d",
                        b"a:b # x", b"a:b()", b"a:b[extra]", b"pkg.mod:run", b"pkg.mod:run")


def answers_of(build, files):
    answers = []        # [skipped, [(number, valid, text, module, object)]]
    for words in test_pth.answer_rows(build, "start", files):
        if words[0] == "file":
            answers.append([False, []])
        elif words[0] == "skipped":
            answers[-1][0] = True
        else:
            answers[-1][1].append((int(words[0]), words[1] == "1") + tuple(bytes.fromhex(w[1:]) for w in words[2:]))
    assert len(answers) == len(files)
    return answers


def difference(content, answer, counts):
    skipped, lines = answer
    model = pep829.read_start(content)
    if skipped != (model is None):
        return "skipped: %s, foreseen: %s" % (model is None, skipped)
    if skipped:
        counts["skipped"] += 1
        return None
    if len(lines) != len(model):
        return "%d lines, foreseen: %d" % (len(model), len(lines))
    for (number, valid, text, module, name), (its_number, its_text, match) in zip(lines, model):
        if (number, text) != (its_number, its_text.encode("utf-8")):
            return "line %d %r, foreseen: %d %r" % (its_number, its_text, number, text)
        if match and not valid:
            return "%r is called, not foreseen" % its_text
        if match and (module, name) != tuple(part.encode("utf-8") for part in match.groups()):
            return "%r is %r, foreseen: %r" % (its_text, match.groups(), (module, name))
        if valid and not match and text.isascii():
            return "%r is not called, but foreseen" % its_text
        counts["called" if match else "more than called" if valid else "refused"] += 1
    return None


def switches_off(start, pth, skipped, fatal):
    """With x.start beside x.pth: do import lines of x.pth run?  As the PEP's algorithm has it, against what was said."""
    if fatal:
        return None
    code, _ = pep829.start_up({"x.start": start, "x.pth": pth})
    alone, _ = pep829.start_up({"x.pth": pth})
    if code != (alone if skipped else []):
        return "x.pth runs %r" % code
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=829)
    parser.add_argument("--build", default=os.environ.get("B", "build"))
    args = parser.parse_args()
    generator = Generator(args.seed)
    paths = test_pth.Generator(args.seed)
    files = [generator.file() for _ in range(args.count)]
    pths = [paths.plain() for _ in range(args.count)]
    answers = answers_of(args.build, files)
    counts = dict.fromkeys(("called", "refused", "more than called", "skipped", "differ"), 0)

    pth_answers = test_pth.answers_of(args.build, pths)
    for i, (content, pth, answer, pth_answer) in enumerate(zip(files, pths, answers, pth_answers)):
        why = difference(content, answer, counts) or switches_off(content, pth, answer[0], pth_answer.fatal)
        if why:
            counts["differ"] += 1
            if counts["differ"] <= SHOWN:
                print("file %d: %s\n  %r" % (i, why, content[:600]))
    print("seed %d: %d files; lines: %s" % (args.seed, args.count, ", ".join("%s %d" % item for item in counts.items())))
    return 1 if counts["differ"] else 0


if __name__ == "__main__":
    sys.exit(main())
