"""addpackage.py DIRECTORY COUNT - let this interpreter's own site.addpackage() read DIRECTORY/0.pth to COUNT-1.pth.

Runs in every interpreter under test, Python 2 included; started with -S, so that `site` is a module like any other.
What addpackage() does is seen at the two functions that it calls for a line, exec() and makepath(); both do their
work, too.  Prints a line of JSON for each file: where its marks begin, [[kind, line number, text, what was raised],
...], what ended the reading.
The payloads of the files write their marks to descriptor 9, a file.
"""
import fcntl
import io
import json
import os
import resource
import site
import sys

if sys.version_info[0] == 2:
    class Nowhere(object):
        def write(self, text):
            pass
else:
    class Nowhere(io.TextIOBase):
        def write(self, text):
            return len(text)

seen = []


def text_of(line):
    return line.decode("latin-1") if isinstance(line, bytes) else line


def makepath(*paths):
    if paths[-1].strip():       # up to 3.11 a blank line is a path, the site directory
        seen.append(["path", sys._getframe(1).f_locals.get("n"), text_of(paths[-1]), ""])
    return real_makepath(*paths)


def run(line):
    frame = sys._getframe(1)
    entry = ["code", frame.f_locals.get("n"), text_of(line), ""]
    seen.append(entry)
    try:
        # As in addpackage()'s frame, where its names are in view; but an exec() in the line is none of ours.
        names = dict(frame.f_globals)
        names.pop("exec", None)
        exec(line, names, dict(frame.f_locals))
    except BaseException as e:
        entry[3] = "Exception" if isinstance(e, Exception) else "BaseException"
        raise


if sys.version_info[0] == 2:
    # A statement there, so nothing that can be replaced from outside.
    with open(os.path.splitext(site.__file__)[0] + ".py") as f:
        source = f.read()
    assert source.count(" exec line\n") == 1
    exec(compile(source.replace(" exec line\n", " run(line)\n"), "site.py", "exec"), site.__dict__)
    site.run = run
else:
    setattr(site, "exec", run)
real_makepath = site.makepath
site.makepath = makepath


def main():
    directory, count = sys.argv[1], int(sys.argv[2])
    paths = list(sys.path)
    errors = sys.stderr

    # Mutated code could ask for anything.
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    out = os.fdopen(fcntl.fcntl(1, fcntl.F_DUPFD, 500), "w")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for fd in range(3):
        os.dup2(nowhere, fd)
    for i in range(count):
        del seen[:]
        end = ""
        begin = os.fstat(9).st_size
        sys.stderr = Nowhere()
        try:
            site.addpackage(directory, "%d.pth" % i, set())
        except UnicodeDecodeError:
            end = "undecodable"
        except BaseException as e:
            end = type(e).__name__
        sys.stderr = errors
        sys.path[:] = paths
        out.write(json.dumps([begin, seen, end]) + "\n")
    out.close()


main()
