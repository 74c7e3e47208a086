"""The start-up files of Python 3.15 (PEP 829), as a model to compare the library with where no such Python is at hand.

Written from the PEP and from what CPython's Lib/site.py does (StartupState, _read_pthstart_file); stated in the terms
of a test: what would be handed to exec(), what would be taken as a path, which entry points would be called.  It keeps
the order of each kind, not the order of phases.
"""
import re

WORDS = r"(?!\d)\w+(?:\.(?!\d)\w+)*"
ENTRY_POINT = re.compile("(%s):(%s)" % (WORDS, WORDS), re.UNICODE)


class Dies(Exception):
    """The exception leaves site.main(): the interpreter does not start."""


def lines_of(content, locale):
    """Lines of a file, stripped.  None: not UTF-8, and there is no locale to fall back to (.start)."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        if locale is None:
            return None
        try:
            text = content.decode(locale)
        except UnicodeDecodeError:
            raise Dies
    return [line.strip() for line in text.splitlines()]


def is_code(line):
    return line.startswith(("import ", "import\t"))


def read_pth(content, locale="utf-8"):
    """-> what each line is, in order: ("code" or "path", number, text)."""
    return [("code" if is_code(line) else "path", number, line)
            for number, line in enumerate(lines_of(content, locale), 1)
            if line and not line.startswith("#")]


def read_start(content):
    """-> (number, text, module and object or None); None: the whole file is skipped, and disables no .pth."""
    lines = lines_of(content, None)
    if lines is None:
        return None
    return [(number, line, ENTRY_POINT.fullmatch(line))
            for number, line in enumerate(lines, 1) if line and not line.startswith("#")]


def start_up(files):
    """A site directory, {name: content} -> (lines handed to exec(), entry points called), in their order."""
    entries, code = {}, []
    for name in sorted(files):
        if name.endswith(".start") and not name.startswith("."):
            lines = read_start(files[name])
            if lines is not None:
                entries[name[:-len("start")]] = [text for _, text, match in lines if match]
    for name in sorted(files):
        if name.endswith(".pth") and not name.startswith(".") and name[:-len("pth")] not in entries:
            code += [text for kind, _, text in read_pth(files[name]) if kind == "code"]
    return code, [text for name in sorted(entries) for text in entries[name]]
