"""Files that set variables, made from a grammar: make(reader, rng, i) -> (bytes, damaged).

Every variable has a name of its own, PYTHONV<k>_<i>, so that an environment after the file's end shows
all that were set.  Statements are unconditional, or in branches that are taken."""
import re

VALUES = ["/tmp/a", "/opt/x", "/a:/b", "", "x y", "it's", 'a"b', "a$b", "a#b", "#a", "~", "~/x", "/a:~/b", "é", "a\\b",
          "a=b", "{a,b}", "*", "%s", "a\\nb", "a;b", "a|b", "a&b", "(a)", "<a", "`a", "[a]", "a\tb", " a", "a ", "a\nb",
          "\\", "!", "a!b", "$", "${", "a\\ b", "^a", "a'b\"c", "1", "-n", "a@{HOME}", "$HOME", "%h", "a%%b", "\x7f"]
DAMAGE = list("'\"\\$`(){}[]<>;&|#=~+-\n\t !*?@%:,") + ["PYTHON", "export ", "$(", "${", "$((", "<<", "<<<", "\\\n", "\r", "''",
                                                       '""', "\0", "$'", "fi", "done", "esac", "then", "do\n"]


def belongs(name, i):
    return name.endswith(b"_%d" % i)


class Maker:
    def __init__(self, reader, rng, i):
        self.reader, self.rng, self.i, self.k = reader, rng, i, 0
        self.bashlike = reader in ("bash", "zsh", "mksh")

    def name(self):
        self.k += 1
        return f"PYTHONV{self.k}_{self.i}"

    def local(self):
        self.k += 1
        return f"h{self.k}_{self.i}"

    def pick(self, *choices):
        return self.rng.choice(choices)

    def value(self):
        v = self.rng.choice(VALUES)
        if self.rng.random() < 0.2:
            v += self.rng.choice(VALUES)
        return v

    def plain(self):
        """A value that needs no quotes anywhere."""
        return self.pick("/tmp/a", "/opt/x.y", "a-b", "/a:/b", "v1", "/tmp/.x", "a,b", "a+b")

    def chunks(self, text):
        while text:
            n = self.rng.randint(1, max(1, len(text)))
            yield text[:n]
            text = text[n:]


# ---- sh, bash, zsh, ksh ---------------------------------------------------------------------------

class Shell(Maker):
    @property
    def ansi_quotes(self):
        return self.reader != "dash" and not self.for_sh

    for_sh = False

    def posix_word(self):
        """For sh, whoever runs it."""
        self.for_sh = True
        w = self.word(self.plain())
        self.for_sh = False
        return w

    def chunk(self, t, first):
        r = self.rng.random()
        if r < 0.35 and "'" not in t:
            return "'" + t + "'"
        if r < 0.6 and "!" not in t:
            return '"' + re.sub(r'([\\"$`])', r"\\\1", t) + '"'
        if r < 0.75 and self.ansi_quotes and t.isascii():
            return "$'" + "".join(self.ansi(c) for c in t) + "'"
        if "\n" in t:
            return "'\n'".join(self.chunk(p, False) if p else "" for p in t.split("\n")) if "'" not in t else \
                '"' + re.sub(r'([\\"$`])', r"\\\1", t) + '"'
        return re.sub(r"([^\w/.:,+@%-])", lambda m: m.group(1) if ord(m.group(1)) > 127 else "\\" + m.group(1), t)

    def ansi(self, c):
        r = self.rng.random()
        if r < 0.2 and self.reader != "mksh":      # which takes more than two digits
            return "\\x%02x" % ord(c)
        if r < 0.3:
            return "\\%03o" % ord(c)
        return {"'": "\\'", "\\": "\\\\"}.get(c, c)

    def word(self, v=None):
        v = self.value() if v is None else v
        if not v:
            return self.pick("", "''", '""')
        return "".join(self.chunk(c, n == 0) for n, c in enumerate(self.chunks(v)))

    def expansion(self):
        """A word that uses a variable: of the environment, of the file (the statement before), or none."""
        r = self.rng.random()
        if r < 0.3:
            return "", self.pick("$HOME", "${HOME}", '"$HOME"', "$XDG_EXTRA/x", '"${XDG_EXTRA}:/y"', "~/x", "$UNSET_X", "~")
        h = self.local()
        before = f"{h}={self.word(self.plain())}" + self.pick("\n", "; ")
        use = self.pick("$@", '"$@"', "${@}", '"${@}"', "/x:$@", '"$@:/y"', "${@:-/z}", "${@-/z}", "${@:+/z}", "${@:=/z}",
                        '"${@:-/z}"').replace("@", h)
        if self.rng.random() < 0.15:
            return "", self.pick("${@:-/z}", "${@-/z}", "${@:=/z}", '"${@:-/z y}"').replace("@", h)
        return before, use

    def assignment(self):
        if self.rng.random() < 0.45:
            before, w = self.expansion()
            return before, f"{self.name()}={w}"
        return "", f"{self.name()}={self.word()}"

    def script_word(self, script):
        """A script as one word."""
        if "'" not in script and self.rng.random() < 0.6:
            return "'" + script + "'"
        return '"' + re.sub(r'([\\"$`])', r"\\\1", script) + '"'

    def atom(self):
        r = self.rng.random()
        n = self.name()
        if r < 0.22:
            before, a = self.assignment()
            return before + f"export {a}"
        if r < 0.3:
            before, a = self.assignment()
            return before + a + self.pick("; ", "\n") + "export " + a.partition("=")[0]
        if r < 0.36:
            before, a = self.assignment()
            return before + self.pick("", "X=1 ", ">/dev/null ") + a + self.pick(" python3", " python3 -c 'x=1'", " command python3",
                                                                                 " env A=b python3")
        if r < 0.40:
            if self.rng.random() < 0.2:
                return f"env -i {n}={self.word()} /tmp/envtest/bin/python3"
            return self.pick("env ", "env A=b ", "env -u A ", "env -- ", "command env ", "exec env ") \
                .replace("exec ", "") + f"{n}={self.word()} {self.probe()}"
        if r < 0.43:
            return f"export {self.pick('A=1', 'B', '')} {n}={self.word()} {self.name()}={self.word()}"
        if r < 0.46:
            return self.pick("export \"N\"=W", "export 'N'=W", "export N\"\"=W", "export N''=W", "ex'p'ort N=W", "\\export N=W",
                             "export \\\n N=W", "expo\\\nrt N=W", "export N\\\n=W", "export N=W" if self.reader == "zsh" else "command export N=W") \
                .replace("N", n, 1).replace("W", self.word(self.plain()))
        if r < 0.49:
            return self.indirect_name(n)
        if r < 0.56:
            inner = f"export {n}={self.word(self.plain())}"
            h = self.local()
            return self.pick(f"eval {self.script_word(inner)}", f"eval {inner}", f"{h}={self.script_word(inner)}; eval \"${h}\"",
                             f"{h}={self.script_word(inner)}; eval ${h}", f"eval {self.script_word('eval ' + self.script_word(inner))}")
        if r < 0.6:
            inner = f"export {n}={self.word(self.plain())}"
            posix = f"export {n}={self.posix_word()}"
            choices = [f". /dev/stdin <<EOF\n{inner}\nEOF", f". /dev/stdin <<'E F'\n{inner}\nE F",
                       f"sh <<\\EOF\n{posix}\npython3\nEOF", f"sh -c {self.script_word(posix + '; python3')}",
                       f"{n}={self.word()} sh -c python3", f"sh -ec {self.script_word(posix + '; python3')} x y"]
            if self.reader in ("bash", "zsh"):
                choices += [f". <(echo {self.script_word(inner)})", f"source /dev/stdin <<<{self.script_word(inner)}",
                            f"bash <<<{self.script_word(inner + '; python3')}", f"source <(cat <<E\n{inner}\nE\n)"]
            return self.pick(*choices)
        if r < 0.64:
            return self.pick(f": ${{{n}:={self.plain()}}}; export {n}", f": \"${{{n}={self.plain()}}}\"; export {n}",
                             f"for {n} in {self.word(self.plain())}; do export {n}; done", f"export {n}; {n}={self.word()}",
                             f"readonly {n}={self.word(self.plain())}; export {n}", f"set -a; {n}={self.word()}; set +a",
                             f"read {n} <<E\n{self.plain()}\nE\nexport {n}", f"export {n}=$(echo {self.plain()})",
                             f"export {n}=`echo {self.plain()}`", f"export {n}=/x$((1+2))",
                             f"{n}=$(echo a); export {n}")
        if self.bashlike and r < 0.74:
            h = self.local()
            choices = [f"typeset -x {n}={self.word()}", f"typeset -x {n}; {n}={self.word()}"]
            if self.reader != "mksh":
                choices += [f"declare -x {n}={self.word()}", f"printf -v {n} %s {self.word(self.plain())}; export {n}",
                            f"read -r {n} <<<{self.word(self.plain())}; export {n}", f"{n}=a; {n}+={self.word(self.plain())}; export {n}",
                            f"declare -gx {n}={self.word()}", f"builtin export {n}={self.word()}",
                            f"export {n}=${{{h}//a/b}}x"]
            if self.reader == "bash":
                choices += [f"declare -n {h}={n}; {h}={self.word(self.plain())}; export {n}", f"export {{{n},{self.name()}}}={self.plain()}",
                            f"{h}=({self.plain()} b); export {n}=${{{h}[0]}}", f"{h}={n}; export ${{{h}}}={self.plain()}",
                            f"{h}={n}; printf -v \"${h}\" %s {self.plain()}; export {n}", f"export {n}=$\"{self.plain()}\""]
            if self.reader == "zsh":
                choices += [f"typeset -gx {n}={self.word()}", f"typeset -xT {n} {h}; {h}=(/a /b)", f"export {n}=${{:-{self.plain()}}}",
                            f"noglob export {n}={self.plain()}", f"{h}=(/a /b); export {n}=${{(j.:.){h}}}",
                            f"typeset -T {n} {h}; export {n}; {h}+=(/a)"]
            return self.pick(*choices)
        if r < 0.78:
            f = self.local()
            return self.pick(f"{f}() {{ export {n}={self.word()}; }}; {f}", f"{f} () {{\nexport {n}={self.word()}\n}}\n{f}",
                             f"{f}() ( {n}=x python3 ); {f}")
        before, a = self.assignment()
        return before + f"export {a}"

    def indirect_name(self, n):
        h, p = self.local(), self.plain()
        return self.pick(f"{h}={n}; export \"${h}={p}\"", f"{h}={n}; export ${h}={p}", f"{h}={n}={p}; export ${h}",
                         f"{h}={n}={p}; export \"${h}\"", f"{h}={n[:8]}; export \"${{{h}}}{n[8:]}={p}\"",
                         f"{h}={n}; eval \"export ${h}={p}\"", f"{h}='export {n}={p}'; eval ${h}",
                         f"{h}=export; ${h} {n}={p}", f"{h}={n}; eval ${h}={p}; export ${h}")

    def probe(self):
        return "python3"

    def wrap(self, s, depth):
        if depth > 2 or self.rng.random() < 0.6:
            return s
        s2 = self.statement(depth + 1)
        f = self.local()
        return self.pick(f"if true; then\n{s}\nfi", f"if false; then :; else\n{s}\nfi", f"case x in\ny) ;;\nx) {s}\n;;\nesac",
                         f"case x in (x)\n{s}\nesac", f"for i in 1; do\n{s}\ndone", f"{{ {s}\n}}", f"({s}\npython3)",
                         f"true && {{ {s}\n}}", f"false || {{ {s}\n}}", f"{f}() {{\n{s}\npython3\n}}\n{f}", f"{s}\n{s2}", f"( {s}\npython3\n)",
                         f"while true; do\n{s}\nbreak; done", f"x=$(\n{s}\npython3\n)", f"if [ -n x ]; then\n{s}\nfi",
                         f"echo \"$(\n{s}\npython3)\" >/dev/null", f"until false; do {{ {s}\n}}; break; done",
                         f": <<E\n$(\n{s}\npython3\n)\nE" if "<<" not in s else s)

    def noise(self):
        return self.pick("# export PYTHONV0_0=x", "echo 'PYTHONV0_0=x' >/dev/null", "x='it'\"'\"'s'", ": \"a # b\"", "", "true",
                         "x=${y:-'}'}", "cat <<E >/dev/null\nexport PYTHONV0_0=x\nE", "x=$((1<<2))", "case a in a) ;; esac",
                         "f() { :; }", "echo \\# $# ${#x} >/dev/null", "x=\"${y:-\"a b\"}\"", "x=`echo \"a\"`", "[ a = b ]",
                         "x=a\\\nb", "unset x", "cat <<-E >/dev/null\n\t$x 'it\n\tE", "export LANG=C", "x=$(echo $(echo ')'))", "! false")

    def statement(self, depth=0):
        return self.wrap(self.atom(), depth)

    def file(self):
        out = []
        for _ in range(self.rng.randint(1, 5)):
            if self.rng.random() < 0.4:
                out.append(self.noise())
            if self.reader in ("dash", "zsh", "mksh") and self.rng.random() < 0.05:    # others do not expand them here
                f = self.local()
                out.append(f"alias {f}='export {self.name()}={self.plain()}'\n{f}")
            out.append(self.statement())
        return "\n".join(out) + self.pick("\n", "", "\n# end")


# ---- fish ------------------------------------------------------------------------------------------------

class Fish(Maker):
    def name(self):
        self.k += 1
        return f"PYTHON{self.pick('V', 'V', 'PATH')}{self.k}_{self.i}"

    def word(self, v=None):
        v = self.value() if v is None else v
        if not v:
            return self.pick("''", '""')
        return "".join(self.chunk(c) for c in self.chunks(v))

    def chunk(self, t):
        r = self.rng.random()
        if r < 0.4:
            return "'" + t.replace("\\", "\\\\").replace("'", "\\'") + "'"
        if r < 0.7:
            return '"' + re.sub(r'([\\"$])', r"\\\1", t) + '"'
        out = ""
        for c in t:
            if c == "\n":
                out += "\\n"
            elif c == "\t":
                out += "\\t"
            elif re.match(r"[\w/.:,+-]", c) or ord(c) > 127:
                out += "\\x%02x" % ord(c) if ord(c) < 127 and self.rng.random() < 0.1 else c
            elif ord(c) == 127:
                out += "\\x7f"
            else:
                out += "\\" + c
        return out

    def atom(self):
        n, w, p, h = self.name(), self.word(), self.plain(), self.local()
        return self.pick(
            f"set -gx {n} {w}", f"set -x {n} {w}", f"set --export {n} {w}", f"set -g -x {n} {w}", f"set -xg {n} {w}", f"export {n}={w}",
            f"set -gx {n} {w} {self.word()}", f"set -gx {n} {self.word(p)} /b", f"{n}={w} python3", f"env {n}={w} python3",
            f"set {h} {p}; set -gx {n} ${h}", f"set {h} {p}\nset -gx {n} \"${h}/x\"", f"set -gx {n} $HOME/x", f"set -gx {n} \"$HOME\"",
            f"set -gx {n} ~/x", f"set -gx {n} (echo {p})", f"set -gx {n} $(echo {p})", f"set {n} {w}; set -x {n} ${n}",
            f"set -gx {n} a; set -a {n} {p}", f"set -gx {n} a; set -p {n} {p}", f"set -gx {n}", f"set -g {n} {w}; set -gx {n} ${n}",
            f"eval 'set -gx {n} {p}'", f"eval set -gx {n} {p}", f"set {h} 'set -gx {n} {p}'; eval ${h}", f"set {h} {n}; set -gx ${h} {p}",
            f"function {h}; set -gx {n} {p}; end; {h}", f"function {h}\nset -gx {n} {p}\nend\n{h}", f"echo 'set -gx {n} {p}' | source",
            f"sh -c 'export {n}={p}; python3'", f"set -Ux {n} {p}", f"set -l -x {n} {p}; python3", f"command env {n}={p} python3",
            f"begin; set -lx {n} {w}; python3; end", f"alias {h} 'set -gx {n} {p}'; {h}", f"set -gx -- {n} {p}", f"setenv {n} {p}",
            f"set -gx {n} {p}; and true", f"for {h} in {p}; set -gx {n} ${h}; end", 
            f"set -gx \\\n{n} {p}", f"set -gx {n} a{{b,c}}", f"set -gx {n} $UNSET_X", f"set -gx --path {n} /a /b", f"set -gx --unpath {n} /a /b",
            f"read -gx {n} < /dev/null", f"echo {p} | read -gx {n}", f"set -gx {n} /a:/b /c", f"export {n}={p} {self.name()}={p}",
            f"set -q {n}; or set -gx {n} {p}", f"test -d /nowhere; or set -gx {n} {p}", f"set -gx {n} $XDG_EXTRA:/a")

    def statement(self, depth=0):
        s = self.atom()
        if depth > 2 or self.rng.random() < 0.6:
            return s
        return self.pick(f"if true\n{s}\nend", f"if false; else; {s}; end", f"begin; {s}; end", f"true; and {s}" if "\n" not in s else s,
                         f"switch x; case y; case x; {s}; end", f"for i in 1; {s}; end", f"not false\n{s}", f"while true; {s}; break; end",
                         f"{s}\n{self.statement(depth + 1)}", f"if not false; {s}; end", f"if true; and true; {s}; end")

    def file(self):
        out = []
        for _ in range(self.rng.randint(1, 5)):
            if self.rng.random() < 0.3:
                out.append(self.pick("# set -gx PYTHONV0_0 x", "echo 'it\\'s' \"a\\\"b\" >/dev/null", "set x 'a # b'", "", "set x (echo ')')",
                                     "set y $x[1]", "echo a{b,c} >/dev/null 2>&1", "set x \"(a\"", "echo \\# a#b >/dev/null"))
            out.append(self.statement())
        return "\n".join(out) + self.pick("\n", "")


# ---- csh --------------------------------------------------------------------------------------------------

class Csh(Maker):
    def word(self, v=None):
        v = self.value() if v is None else v
        v = v.replace("\n", " ")
        if not v:
            return self.pick("''", '""')
        return "".join(self.chunk(c) for c in self.chunks(v))

    def chunk(self, t):
        r = self.rng.random()
        if r < 0.4 and not re.search(r"['!]", t):
            return "'" + t + "'"
        if r < 0.7 and not re.search(r'["$`!\\]', t):
            return '"' + t + '"'
        return re.sub(r"([^\w/.:,+-])", lambda m: m.group(1) if ord(m.group(1)) > 126 else "\\" + m.group(1), t)

    def atom(self):
        n, w, p, h = self.name(), self.word(), self.plain(), self.local()
        return self.pick(
            f"setenv {n} {w}", f"setenv {n} {w}", f"setenv {n}", f"env {n}={w} python3", f"setenv {n} $HOME/x", f"setenv {n} \"$HOME\"",
            f"setenv {n} ~/x", f"set {h} = {p}; setenv {n} ${h}", f"set {h} = {p}\nsetenv {n} ${{{h}}}/x", f"set {h}={p}\nsetenv {n} \"${{{h}}}:/y\"",
            f"set {h} = ( /a /b )\nsetenv {n} ${h}[1]", f"set {h} = {n}; setenv ${h} {p}", f"eval 'setenv {n} {p}'", f"eval setenv {n} {p}",
            f"set {h} = 'setenv {n} {p}'; eval \"${h}\"", f"alias {h} 'setenv {n} {p}'\n{h}", f"setenv {n} `echo {p}`", f"sh -c 'export {n}={p}; python3'",
            f"( setenv {n} {w}; python3 )", f"setenv \\\n{n} {p}", f"@ {h} = 1 + 2; setenv {n} ${h}", f"foreach {h} ({p})\nsetenv {n} ${h}\nend",
            f"tcsh -fc 'setenv {n} {p}; python3'", f"setenv {n} a#b", f"setenv {n} {p} # x",
            f"set {h} = export; setenv {n} ${{{h}}}x", f"setenv {n} {p}; true", f"sh <<E\nexport {n}={p}\npython3\nE",
            f"setenv {h} {p}; setenv {n} ${{{h}}}:/x", f"source /dev/stdin <<E\nsetenv {n} {p}\nE", f"nohup env {n}={p} python3", f"setenv {n} $?HOME",
            f"setenv {n} {p}:$HOME", f"if (1) setenv {n} {p}", f"setenv {n} $HOME:h", f"set {h}={p}; setenv {n} ${h}:h")

    def statement(self, depth=0):
        s = self.atom()
        if depth > 2 or self.rng.random() < 0.7:
            return s
        return self.pick(f"if (1) then\n{s}\nendif", f"if (0) then\ntrue\nelse\n{s}\nendif", f"switch (x)\ncase x:\n{s}\nbreaksw\nendsw",
                         f"foreach i (1)\n{s}\nend", f"{s}\n{self.statement(depth + 1)}", f"if ( -d / && 1 ) then\n{s}\nendif",
                         f"while (1)\n{s}\nbreak\nend", f"if (! $?UNSET_X) then\n{s}\nendif")

    def file(self):
        out = []
        for _ in range(self.rng.randint(1, 4)):
            if self.rng.random() < 0.3:
                out.append(self.pick("# setenv PYTHONV0_0 x", "echo 'a b' > /dev/null", "set x = ( a b c )", "", "echo \"a 'b\" >& /dev/null",
                                     "set y = `echo a`", "python3", "python3", "set a = 1 b = 2 c", "echo a\\'b > /dev/null", "cat <<E > /dev/null\nsetenv PYTHONV0_0 x\nE", "alias ll 'ls -l'"))
            out.append(self.statement())
        return "\n".join(out) + self.pick("\n", "")


# ---- lines of NAME=VALUE ---------------------------------------------------------------------------------------

class EtcEnvironment(Maker):
    def file(self):
        out = []
        for _ in range(self.rng.randint(1, 6)):
            n, v = self.name(), self.value()
            out.append(self.pick(f"{n}={v}", f"{n}=\"{v}\"", f"{n}='{v}'", f"export {n}={v}", f"  {n}={v}  ", f"{n}={v} # x", f"{n} = {v}", f"{n}=\"{v}",
                                 f"{n}={v}\\", f"export\t{n}={v}", f"{n}={v}\r", f"# {n}={v}", f"{n}={v}'", f"{n}=a\\\nb", f"{n}", f"={v}", f"{n}= {v}",
                                 f"export  {n}={v}", f"{n}=$HOME", f"{n}={v}\"x", f"{n}=\"a\" \"b\"", "", "x y z", f"{n}+={v}", f"\"{n}\"={v}", f"{n}=''"))
        # A backslash at the very end is not joined to anything: older versions drop that line.
        return "\n".join(out) + "\nZ=1" + self.pick("\n", "")


class PamEnv(Maker):
    def word(self):
        p = self.plain()
        return self.pick(p, f'"{p}"', f'"{p} b"', "${HOME}/x", "@{HOME}/x", '"${XDG_EXTRA}:/b"', "a\\$b", "\\@x", "~/x", f'"{p}', f'""', "", "$HOME", "a#b",
                         f"{p}${{UNSET_X}}", "a\\\\b", '"a\\"b"', "'a b'", "a$", "@", "\\x", "${PYTHONV1_%d}" % self.i, f'{p}"x"', '"a"b', "@{PAM_USER}")

    def file(self):
        out = []
        for _ in range(self.rng.randint(1, 6)):
            n, w = self.name(), self.word()
            out.append(self.pick(f"{n} DEFAULT={w}", f"{n} OVERRIDE={w}", f"{n} DEFAULT={w} OVERRIDE={self.word()}", f"{n}\tDEFAULT={w}", f"{n}   DEFAULT={w}  ",
                                 f"{n} \\\n DEFAULT={w}", f"# {n} DEFAULT={w}", f"{n} DEFAULT={w} # x", f"{n}", f"{n} default={w}",
                                 f"{n}={w}", f"{n} DEFAULT= {w}", f"{n} OVERRIDE={w} DEFAULT={self.word()}", f"{n} DEFAULT={w} JUNK", f"{n} DEFAULT={w}\r", "",
                                 f"{n} DEFAULT = {w}", f"{n} JUNK DEFAULT={w}", f"{n} DEFAULT={w} DEFAULT=/second"))
        return "\n".join(out) + self.pick("\n", "\n", "")


class EnvironmentD(Maker):
    def word(self):
        v = self.value()
        return self.pick(v, v, f'"{v}"', f"'{v}'", '"' + re.sub(r'([\\"$`])', r"\\\1", v) + '"', "${HOME}/x", "$HOME/x", "${XDG_EXTRA:-/z}", "${UNSET_X:-/z}",
                         "${XDG_EXTRA:+/z}", f"{self.plain()}:${{UNSET_X}}", "a\\\nb", '"a\\\nb"', "$$HOME", "\\$HOME", "'$HOME'", '"$HOME"', "a  ", "a # b",
                         f"\"{v}\"'x'", f"{v}\\", "${UNSET_X:-${HOME}}", "$", "${", "${HOME", "~/x", "a'b'c", "a\"b\"")

    def file(self):
        out = []
        for _ in range(self.rng.randint(1, 6)):
            n, w = self.name(), self.word()
            h = f"H{self.k}_{self.i}"
            out.append(self.pick(f"{n}={w}", f"{n}={w}", f"  {n}={w}", f"{n} = {w}", f"# {n}={w}", f"; {n}={w}", f"export {n}={w}", f"{n}={w}\r", f"{n}",
                                 f"{h}={self.plain()}\n{n}=${{{h}}}/x", f"{h}={self.plain()}\n{n}=${h}:/y", f"{n}=", "", f"{n}={w} ;x",
                                 f"{n}=/a\n{n}=${{{n}}}:/b", f"{n}={w}\t"))
        return "\n".join(out) + self.pick("\n", "")


class Systemd(Maker):
    def word(self, v=None):
        v = (self.value() if v is None else v).replace("\n", "\\n")
        esc = v.replace("\\", "\\\\").replace("%", "%%")
        if "%" in v:        # %s and others ask for the user
            return '"' + esc.replace('"', '\\"') + '"'
        return self.pick('"' + esc.replace('"', '\\"') + '"', "'" + esc.replace("'", "\\'") + "'", v, v, esc,
                         re.sub(r"[^\w/.:]", lambda m: "\\x%02x" % ord(m.group(0)) if ord(m.group(0)) < 128 else m.group(0), v))

    def file(self):
        out = ["[Service]", "ExecStart=/bin/true"]
        for _ in range(self.rng.randint(1, 5)):
            n, v = self.name(), self.value().replace("\n", " ").replace("%s", "s")
            w = self.word(f"{n}={v}")
            out.append(self.pick(f"Environment={w}", f"Environment={w}", f"Environment={w} {self.word(self.name() + '=' + self.plain())}", f"Environment = {w}",
                                 f"# Environment={w}", f"; Environment={w}", f"Environment=A=b \\\n  {w}", f"Environment=A=b \\\n# x\n  {w}", f"  Environment={w}",
                                 f"Environment={n}=%h/x", f"Environment={n}={v}", f'Environment="{n}={v}"', f"Environment={n}=\"{v}\"", f"environment={w}",
                                 f"Environment={w}\r", f"Environment={n}=a\\\nb", f"Environment={n}=%%x", f"Environment={w}", "", "[Unit]\n[Service]",
                                 f"Environment={n}=$HOME", f"Environment='{n}'=x", f"Environment={n}+=x", f"Environment={n}", f"Environment={w}  ", "Nonsense=x",
                                 f"Environment={n}=%S/x", f"Environment={n}=a;b", f"Environment={n}=a%", f"Environment=\"{n}=a\"b"))
        return "\n".join(out) + self.pick("\n", "")


MAKERS = {"fish": Fish, "tcsh": Csh, "etc-environment": EtcEnvironment, "pam-env": PamEnv, "pam-env-user": PamEnv,
          "environment.d": EnvironmentD, "systemd": Systemd}


def damage(rng, text):
    for _ in range(rng.randint(1, 3)):
        at = rng.randint(0, len(text))
        r = rng.random()
        if r < 0.4:
            text = text[:at] + text[at + rng.randint(1, 3):]
        elif r < 0.8:
            text = text[:at] + rng.choice(DAMAGE) + text[at:]
        else:
            to = min(len(text), at + rng.randint(1, 12))
            text = text[:at] + text[at:to] * 2 + text[to:]
    return text


def make(reader, rng, i):
    text = MAKERS.get(reader, Shell)(reader, rng, i).file()
    damaged = rng.random() < 0.33
    if damaged:
        text = damage(rng, text)
    return text.encode("utf-8", "surrogateescape"), damaged
