"""runsource.py FILE - compile and run what is in FILE, in this interpreter, Python 2 included.

FILE is JSON: [[bytes of a source file, text that the library makes of it], ...], in hex, the text in UTF-8.  Prints a line of
JSON for each: what ran of the bytes and what of the text, each null if it did not compile, else the marks of m().
"""
import binascii
import json
import sys
import warnings


def run(source):
    marks = []
    try:
        code = compile(source, "x", "exec")
    except Exception:       # SyntaxError, LookupError, UnicodeError, ValueError, by version
        return None
    try:
        exec(code, {"m": marks.append, "__builtins__": {}})
    except Exception:
        marks.append(-1)
    return marks


warnings.simplefilter("ignore")
with open(sys.argv[1]) as f:
    for raw, text in json.load(f):
        # A text has no encoding: Python 2 refuses one that names it.
        text = binascii.unhexlify(text).decode("utf-8", "replace").replace(u"coding", u"cxding")
        print(json.dumps([run(binascii.unhexlify(raw)), run(text)]))
