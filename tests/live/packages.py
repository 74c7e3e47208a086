"""packages - what tests have installed: a wheel and a source tree with start-up hooks.

The hook of the wheel holds an import line that is no known template: only a verified installer
and a RECORD speak for it.  Nothing here needs the network or a build tool.
"""

import base64
import hashlib
import os
import zipfile

from harness import write_file


def hook_files(name):
    """A module and a start-up hook that imports it."""
    return {name + ".py": "LOADED = True\n", name + ".pth": "import %s\n" % name}


def row(name, text):
    """What RECORD says of a file."""
    return "%s,sha256=%s,%d" % (name, base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
                                .rstrip(b"=").decode(), len(text))


def wheel(work, name="live_hook", version="1.0", hook=None, record=row, more=0):
    """Build NAME-VERSION.whl with a module and a start-up hook that imports it (PEP 427).  `hook`: another text for
    that; `record` gives each file's row in RECORD, or None; `more` files come after the hook, so that
    installing takes its time."""
    info = "%s-%s.dist-info" % (name, version)
    files = dict(hook_files(name))
    if hook is not None:
        files[name + ".pth"] = hook
    for n in range(more):
        files["%s_data/%d.txt" % (name, n)] = "%d\n" % n
    files[info + "/METADATA"] = "Metadata-Version: 2.1\nName: %s\nVersion: %s\n" % (name, version)
    files[info + "/WHEEL"] = ("Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"
                              "Tag: py2.py3-none-any\n")
    files[info + "/entry_points.txt"] = "[console_scripts]\n%s = %s:print\n" % (name.replace("_", "-"), name)
    rows = [r for r in (record(n, t) for n, t in files.items()) if r]
    files[info + "/RECORD"] = "\n".join(rows + [info + "/RECORD,,"]) + "\n"
    path = work.join("%s-%s-py2.py3-none-any.whl" % (name, version))
    with zipfile.ZipFile(path, "w") as z:
        for n, t in files.items():
            z.writestr(n, t)
    return path


def source_tree(path, name="live_editable", pyproject=""):
    """A project that setuptools builds; without `pyproject` by the legacy way."""
    os.makedirs(os.path.join(path, name))
    write_file(os.path.join(path, name, "__init__.py"), "")
    write_file(os.path.join(path, "setup.py"),
               "from setuptools import setup\nsetup(name='%s', version='1.0', packages=['%s'])\n" % (
                   name.replace("_", "-"), name))
    if pyproject:
        write_file(os.path.join(path, "pyproject.toml"), pyproject)
    return path
