#!/usr/bin/python3
"""Every .pth file and sitecustomize of Debian is below suspicious.

The archive's own index (Contents, fetched by apt into a directory of the test's) says which packages have them.  Each is
downloaded and unpacked, not installed, and what is in it is judged as at its place.  A package that cannot be had is said
and passed over; that most cannot is a failure.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter

REPO = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
B = os.environ.get("B", os.path.join(REPO, "build"))
DIRECTORY = re.compile(r"(site|dist)-packages/[^/]+\.pth$")
MODULE = re.compile(r"(^|/)(site|user)customize\.py$")
CONTENTS = "Acquire::IndexTargets::deb::Contents-deb::"


def is_hook(path):
    return DIRECTORY.search(path) is not None or MODULE.search(path) is not None


def contents(lists):
    """Lines of the index: path, packages."""
    os.makedirs(os.path.join(lists, "partial"))
    options = ["-o", "Dir::State::lists=" + lists, "-o", "DPkg::Lock::Timeout=600",
               "-o", CONTENTS + "MetaKey=$(COMPONENT)/Contents-$(ARCHITECTURE)",
               "-o", CONTENTS + "ShortDescription=Contents", "-o", CONTENTS + "Description=Contents",
               "-o", CONTENTS + "DefaultEnabled=true"]
    subprocess.run(["apt-get", *options, "-qq", "update"], check=True)
    targets = subprocess.run(["apt-get", *options, "indextargets", "--format", "$(FILENAME)", "Identifier: Contents-deb"],
                             check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    for target in targets:
        with subprocess.Popen(["/usr/lib/apt/apt-helper", "cat-file", target], stdout=subprocess.PIPE, text=True,
                              errors="replace") as index:
            yield from index.stdout


def packages_of(lines):
    """Packages that have a hook, each with its hooks' paths."""
    found = {}
    for line in lines:
        path, _, owners = line.rstrip("\n").rpartition(" ")
        path = path.rstrip()
        if not is_hook(path):
            continue
        for owner in owners.split(","):
            found.setdefault(owner.rpartition("/")[2], set()).add("/" + path)
    return found


def fetch(package, where):
    """Where the package is unpacked; None: it cannot be had."""
    os.makedirs(where)
    if subprocess.run(["apt-get", "-qq", "download", package], cwd=where, stdout=subprocess.DEVNULL,
                      stderr=subprocess.DEVNULL).returncode != 0:
        return None
    archive = next((name for name in os.listdir(where) if name.endswith(".deb")), None)
    if archive is None:
        return None
    root = os.path.join(where, "root")
    subprocess.run(["dpkg-deb", "-x", os.path.join(where, archive), root], check=True)
    os.unlink(os.path.join(where, archive))
    return root


def inspect(root, path):
    """The judgement; None: a link that leads out of the package."""
    if not os.path.isfile(root + path):
        return None
    out = subprocess.run([os.path.join(B, "pyhookctl"), "inspect", "--json", "--as", path, root + path],
                         stdout=subprocess.PIPE, check=False).stdout
    return json.loads(out)


def main():
    counts, bad, missing = Counter(), [], []
    with tempfile.TemporaryDirectory(prefix="pyhookd-debian-") as work:
        os.chmod(work, 0o755)       # apt fetches as its own user
        found = packages_of(contents(os.path.join(work, "lists")))
        for package in sorted(found):
            root = fetch(package, os.path.join(work, package))
            if root is None:
                missing.append(package)
                continue
            for path in sorted(found[package]):
                judged = inspect(root, path)
                if judged is None:
                    continue
                counts[judged["verdict"]] += 1
                if judged["verdict"] in ("suspicious", "malicious", "unread"):
                    bad.append("%s: %s: %s, %s" % (package, path, judged["verdict"], judged["indicators"]))
    print("%d packages with %d names, %d files: %s" % (len(found), sum(map(len, found.values())), sum(counts.values()),
                                         ", ".join("%d %s" % (n, v) for v, n in sorted(counts.items()))))
    if missing:
        print("not to be had: " + " ".join(missing))
    print("\n".join(bad))
    if not found or bad or len(missing) * 2 > len(found):
        print("FAIL")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
