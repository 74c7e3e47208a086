#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "cleanup.h"
#include "limits.h"
#include "pycode.h"

static struct judgement *judgement;

static int load(void **state)
{
	struct problems problems = { 0 };

	(void)state;
	return judgement_load(NULL, &problems, &judgement);
}

static int unload(void **state)
{
	(void)state;
	judgement = judgement_free(judgement);
	return 0;
}

static void judge(struct bytes source, bool is_line, struct region *region, struct pycode *ret)
{
	struct pycode_request request = {
		.source = source,
		.path = BYTES_LIT("/site/hook.pth"),
		.line = 1,
		.is_line = is_line,
		.judgement = judgement,
	};

	assert_int_equal(pycode_judge(&request, region, ret), 0);
}

/* The indicators, in the order in which they were found. */
static void name_indicators(const struct pycode *c, struct str *s)
{
	uint64_t seen = 0;

	for (size_t i = 0; i < c->finding_count; i++) {
		if (seen & INDICATOR_BIT(c->findings[i].indicator))
			continue;
		seen |= INDICATOR_BIT(c->findings[i].indicator);
		assert_int_equal(str_appendf(s, "%s%s", s->len ? " " : "", indicator_to_string(c->findings[i].indicator)), 0);
	}
	assert_int_equal(seen, c->indicators);
}

struct expectation {
	const char *source, *indicators;
};

static void expect(const struct expectation *cases, size_t count, bool is_line)
{
	for (size_t i = 0; i < count; i++) {
		_cleanup_region_ struct region region = REGION_INIT;
		_cleanup_str_ struct str s = STR_INIT;
		struct pycode c;

		judge(bytes_of(cases[i].source), is_line, &region, &c);
		name_indicators(&c, &s);
		if (!bytes_equal(str_bytes(&s), bytes_of(cases[i].indicators)))
			print_message("in: %s\n", cases[i].source);
		assert_string_equal(s.buf, cases[i].indicators);
	}
}

/* Each way leads to os.system. */
static void follows_names(void **state)
{
	static const char *const ways[] = {
		"import os; os.system('true')",
		"import os\nclass A:\n def __getattr__(s, k): return getattr(os, k)\nA().system('true')",
		"import os\nclass A:\n def __or__(s, o): return o('true')\nA() | os.system",
		"import os\nclass A:\n def __radd__(s, o): return o('true')\nos.system + A()",
		"import os\nclass A:\n def __contains__(s, o): return o('true')\nos.system in A()",
		"import os\nclass A:\n __add__ = lambda s, o: os.system(o)\nA() + 'true'",
		"import os\nclass A:\n def __setattr__(s, k, v): v('true')\nA().x = os.system",
		"import os, abc\nclass A(abc.ABC):\n @classmethod\n def __subclasshook__(c, o): os.system('true')\nisinstance(1, A)",
		"import os, enum\nclass A(enum.Enum):\n @classmethod\n def _missing_(c, o): os.system('true')\nA(2)",
		"import os, copy\nclass A:\n def __reduce__(s): return os.system, ('true',)\ncopy.copy(A())",
		"import os; os.environ['PYTHONBREAKPOINT'] = 'os.system'; breakpoint('true')",
		"import os, sys; sys.displayhook = os.system",
		"from IPython import get_ipython as g; g().run_line_magic('sx', 'true')",
		"import antigravity",
		"import os\nmatch [1, os.system, 'true', 2, 3, 4, 5]:\n case [_, f, *c] if c: f(c)",
		"import os\nmatch {'k': os.system}:\n case {'x': 1}: pass\n case {'k': f}:\n  f('true')",
		"import os\nmatch (os.system):\n case f: f('true')",
		"import os\nprint(f('true')) if (f := os.system) else 0",
		"def f():\n \"import os; os.system('true')\"\nexec(f.__doc__)",
		"import os\nl = ['true']\nl.sort(key=os.system)",
		"import os\nglobals().update(f=os.system)\nf('true')",
		"import os\ndef g():\n yield os.system\nfor f in g(): f('true')",
		"import os\ndef g(): yield os.system\nnext(g())('true')",
		"import os, contextlib\n@contextlib.contextmanager\ndef g(): yield os.system\nwith g() as f: f('true')",
		"[s('true') for o in [__import__('os')] for s in [o.system]]",
		"import os\nclass E(Exception):\n def __init__(self): os.system('true')\nraise E",
		"import os\nsorted(['true'], key=os.system)",
		"import tkinter; tkinter.Tcl().eval('exec true')",
		"from IPython import get_ipython as g; g().system('true')",
		"import os as o; o.system('true')",
		"from os import system as s; s('true')",
		"from os import *\nsystem('true')",
		"import os; s = os.system; t = s; t('true')",
		"import os; a, b = 1, os.system; b('true')",
		"import os; a = b = c = os.system; b('true')",
		"import os; (s := os.system)('true')",
		"import os; [print, os.system][1]('true')",
		"import os; {'x': os.system}['x']('true')",
		"import os; d = {}\nd['x'] = os.system\nd.get('x')('true')",
		"import os; (lambda: os.system)()('true')",
		"import os; (os.system if x else print)('true')",
		"import os; x and os.system('true')",
		"import os; [f('true') for f in (os.system,)]",
		"import os\nfor f in print, os.system:\n f('true')",
		"import os; f = print\nif x: f = os.system\nf('true')",
		"import os; f = os.system\nif x: f = print\nf('true')",
		"__import__('os').system('true')",
		"import importlib; importlib.import_module('os').system('true')",
		"import sys; sys.modules['os'].system('true')",
		"import os; getattr(os, 'system')('true')",
		"import os; vars(os)['system']('true')",
		"import os; os.__dict__['system']('true')",
		"import os; globals()['os'].system('true')",
		"import os, operator; operator.attrgetter('system')(os)('true')",
		"import os, operator; operator.methodcaller('system', 'true')(os)",
		"import os, functools; functools.partial(os.system, 'true')()",
		"import os; list(map(os.system, ['true']))",
		"import os\ndef f(g, *a): g(*a)\nf(os.system, 'true')",
		"import os\ndef f(x, g=os.system): g(x)\nf('true')",
		"import os\ndef f(): return os.system\nf()('true')",
		"import os\nclass A:\n os.system('true')",
		"import os\nclass A:\n def __init__(self): self.f = os.system\n def g(self): self.f('true')\nA().g()",
		"import os\nclass A:\n @staticmethod\n def f(x): os.system(x)\nA.f('true')",
		"import os\nclass A:\n def f(self): os.system('true')\nclass B(A): pass\nB().f()",
		"import os\nclass A:\n def __del__(self): os.system('true')\nA()",
		"import os\ntry: pass\nexcept: os.system('true')",
		"import os\nwith os.system('true') as x: pass",
		"import os; x = f'{os.system(\"true\")}'",
		"import os; x: int = os.system('true')",
		"import os\n@os.system\n@str\ndef f(): pass",
		"import os\ndef f(): os.system('true')\nx = property(f)",
		"import sys, os\ndef f(*a): os.system('true')\nsys.settrace and print(f)\nx.hook = f",
		"exec('import os; os.system(\"true\")')",
		"exec('im' + 'port os; os.sys' 'tem(\"true\")')",
		"exec('import %s; os.%s(\"true\")' % ('os', 'system'))",
		"exec('import {0}; {0}.{f}(\"true\")'.format('os', f='system'))",
		"exec(compile('import os; os.system(1)', 'x', 'exec'))",
		"exec 'import os; os.system(1)' in {}",
		"eval('__import__')('os').system('true')",
		"import os\nprint >>f, os.system('true')",
		"import os; `os.system('true')`",
		"import os; \\\n  os \\\n . system (\n 'true')",
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(ways); i++) {
		_cleanup_region_ struct region region = REGION_INIT;
		struct pycode c;

		judge(bytes_of(ways[i]), false, &region, &c);
		if (!(c.indicators & INDICATOR_BIT(INDICATOR_PROCESS)))
			print_message("not found in: %s\n", ways[i]);
		assert_true(c.indicators & INDICATOR_BIT(INDICATOR_PROCESS));
		assert_false(c.indicators & INDICATOR_BIT(INDICATOR_DECODE_EXECUTE));
		assert_true(c.runs);
	}
}

static void knows_where_code_comes_from(void **state)
{
	static const struct expectation cases[] = {
		{ "import base64; exec(base64.b64decode('b3MuYWJvcnQoKQ=='))", "decode-execute interference" },
		{ "import base64 as b\nx = b.b64decode(b'b3MuYWJvcnQoKQ==').decode()\neval(x)", "decode-execute interference" },
		{ "exec(bytes.fromhex('6f732e61626f72742829'))", "decode-execute interference" },
		{ "import codecs; exec(codecs.decode('bf.nobeg()', 'rot13'))", "decode-execute interference" },
		{ "exec(''.join(map(chr, [111, 115, 46, 97, 98, 111, 114, 116, 40, 41])))", "decode-execute interference" },
		{ "exec(''.join(chr(c ^ 1) for c in [110, 114, 47, 96, 99, 110, 115, 117, 41, 40]))", "decode-execute interference" },
		{ "s = ''\nfor c in [111, 115, 46, 97, 98, 111, 114, 116, 40, 41]: s += chr(c)\nexec(s)", "decode-execute interference" },
		{ "def d(s, k): return ''.join(chr(ord(c) - k) for c in s)\nexec(d('pt/bcpsu)*', 1))", "decode-execute interference" },
		{ "exec(')(troba.so'[::-1])", "decode-execute interference" },
		{ "from itertools import cycle as c\nexec(bytes(a ^ b for a, b in zip(b'nr/`cnsu)(', c(b'\\1'))))",
		  "decode-execute interference" },
		{ "def g():\n for c in b'nr/`cnsu)(': yield chr(c ^ 1)\nexec(''.join(g()))", "decode-execute interference" },
		{ "d = {2: 'abort()', 1: 'os.'}\nexec(''.join(d[k] for k in sorted(d)))", "interference" },
		{ "exec(''.join({'x': 'o'}.get(c, c) for c in 'xs.abxrt()'))", "interference" },
		{ "exec(bytes(b ^ k for b in x))", "decode-execute" },
		{ "exec(str(1111111111111111111111111111111111111111))", "decode-execute" },
		{ "import re; exec(re.sub('x', 'o', y))", "decode-execute" },
		{ "import codecs; exec(codecs.lookup('rot13').decode('bf')[0])", "decode-execute" },
		{ "import configparser as c\nx = c.ConfigParser()\nx.read('/x')\nexec(x['a']['b'])", "execute-file" },
		{ "import jinja2; jinja2.Template(\"{{ x.os.popen('true') }}\").render()", "process" },
		{ "x = 'use subprocess, not os.system()'", "" },
		{ "from pip._vendor import requests; requests.get(x)", "network" },
		{ "exec('oX.XaXbXoXrXtX(X)'.replace('X', ''))", "" },
		{ "import zlib; exec(zlib.decompress(x))", "decode-execute" },
		{ "import marshal; exec(marshal.loads(b'x'))", "decode-execute" },
		{ "import pickle; pickle.loads(b'x')", "decode-execute" },
		{ "import pickle; pickle.load(open('/var/x', 'rb'))", "execute-file" },
		{ "import pickle; pickle.load(open('/site/x', 'rb'))", "" },
		{ "%run -i /var/x", "execute-file" },
		{ "def f(): pass\nf.__code__ = x.replace(co_code=b'x')", "obfuscation execute-computed" },
		{ "from urllib.request import urlopen as u; exec(u(x).read())", "network execute-network" },
		{ "import socket; s = socket.socket(); s.connect(a); exec(s.recv(9))", "network execute-network" },
		{ "exec(open('/var/x').read())", "execute-file" },
		{ "with open('/var/x') as f: exec(f.read())", "execute-file" },
		{ "import pathlib; exec((pathlib.Path('/var') / 'x').read_text())", "execute-file" },
		{ "import runpy; runpy.run_path('/var/x')", "execute-file" },
		{ "import os; exec(open(os.path.join(os.path.dirname(__file__), 'x.py')).read())", "" },
		{ "import os; exec(os.environ['X'])", "execute-input" },
		{ "from os import environ as e; exec(e.get('X', 'import os'))", "execute-input" },
		{ "import os; exec('trace(%s)' % os.environ['X'])", "execute-computed" },
		{ "from sys import argv; eval(argv[-1])", "execute-input" },
		{ "import sys; exec(''.join(sys.stdin))", "execute-input" },
		{ "exec(input())", "execute-input" },
		{ "exec(x)", "execute-computed" },
		{ "exec('pass')", "" },
		{ "import os; os.chmod('/var/x', 0o4755)", "file-write persistence" },
		{ "import os; os.chmod('/var/x', 0o755)", "file-write" },
		{ "import shutil; shutil.rmtree('/home')", "file-write interference" },
		{ "import shutil; shutil.rmtree('/var/cache/x')", "file-write" },
		{ "import os; os.write(os.open('/var/x', os.O_WRONLY), b'x')", "file-write" },
		{ "import os; os.write(1, b'x')", "" },
		{ "from pathlib import Path; Path('~/x').expanduser().write_text('x')", "file-write" },
		{ "open('/x/y.pth', 'w')", "persistence file-write" },
		{ "open(x + '/y.pth', 'w')", "persistence file-write" },
		{ "open(f'{x}/y.pth', 'w')", "persistence file-write" },
		{ "import os; open(os.path.join(x, 'y', '__init__.py'), 'a')", "persistence file-write" },
		{ "import os; exec(os.linesep + 'os.abort()')", "execute-computed interference" },
		{ "import os; os.rename('/var/x', '/var/sitecustomize.py')", "persistence file-write" },
		{ "open('/site/x.py', 'w')", "" },
		{ "x = '/var/log/shop/x.log'", "" },
		{ "x = '/var/log/auth.log'", "interference" },
		{ "import os; os.system('clear')", "" },
		{ "import os; os.system('clear; x')", "process" },
		{ "import sys\nclass P:\n def __str__(s): return '>'\nsys.ps1 = P()", "" },
		{ "import socket as s\nold = s.getaddrinfo\ndef g(*a, **k): return old(*a, **k)\ns.getaddrinfo = g", "import-hook" },
		{ "import socket as s\nold = s.getaddrinfo\ndef g(*a, **k): return old('x', 1)\ns.getaddrinfo = g",
		  "import-hook network" },
		{ "match = {}; match['a'] = 1; match.x; case = match\nmatch (1)\nmatch: int\ncase = exec\ncase('pass')", "" },
		{ "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import os; os.abort()'])", "process interference" },
		{ "import os; os.system(\"python3 -c 'import os; os.abort()'\")", "process interference" },
	};

	(void)state;
	expect(cases, ELEMENTSOF(cases), false);
}

static void tells_hiding_from_writing(void **state)
{
	static const struct expectation cases[] = {
		{ "import os; getattr(os, 'ab' + 'ort')()", "obfuscation interference" },
		{ "\xef\xbd\x85xec('pass')", "obfuscation" },
		{ "x = '\\x61\\x62\\x63\\x64'", "obfuscation" },
		{ "x = 'a' + 'b'; y = '\\x1b[0m' + x; print('%s: %d' % (x, 1))", "" },
		{ "raise ValueError('see ~/.ssh/id_rsa')", "" },
		{ "'''~/.ssh/id_rsa'''", "" },
		{ "# ~/.ssh/id_rsa", "" },
		{ "x = '~/.ssh/id_rsa'", "credentials" },
		{ "import os; x = os.path.join('~/.s' + 'sh', 'id_rsa')\nf(x)", "credentials" },
	};

	(void)state;
	expect(cases, ELEMENTSOF(cases), false);
}

/* What nobody calls when Python starts weighs nothing; in a line, nobody writes it for nothing. */
static void reads_what_runs(void **state)
{
	static const struct expectation module[] = {
		{ "import os\ndef f(): os.abort()", "" },
		{ "import os\ndef f(): os.abort()\ndef g(): f()", "" },
		{ "import os\nclass A:\n def f(self): os.abort()", "" },
		{ "import os\nf = lambda: os.abort()", "" },
		{ "import os\nif __name__ == '__main__': os.abort()\nelse: x", "" },
		{ "import os\nif __name__ == '__main__':\n os.abort()\nos.fork()", "background" },
		{ "import os\n__name__ = '__main__'\nif __name__ == '__main__': os.abort()", "interference" },
		{ "import os\ndef f(): os.abort()\nimport atexit; atexit.register(f)", "interference" },
		{ "import os\nclass A:\n def f(self): os.abort()\nx(A())", "interference" },
		{ "import os\n@property\ndef f(self): os.abort()", "" },
		{ "import os\n@register\ndef f(): os.abort()", "interference" },
	};
	static const struct expectation line[] = {
		{ "import os; f = lambda: os.abort()", "interference" },
	};

	(void)state;
	expect(module, ELEMENTSOF(module), false);
	expect(line, ELEMENTSOF(line), true);
}

static void calls_entry_points(void **state)
{
	static const struct bytes source = BYTES_LIT("import os\ndef run(): os.abort()\nclass A:\n @classmethod\n def go(cls): os.fork()\n");
	static const struct {
		struct bytes call;
		uint64_t indicators;
	} cases[] = {
		{ BYTES_LIT(""), 0 },
		{ BYTES_LIT("run"), INDICATOR_BIT(INDICATOR_INTERFERENCE) },
		{ BYTES_LIT("A.go"), INDICATOR_BIT(INDICATOR_BACKGROUND) },
		{ BYTES_LIT("missing.x"), 0 },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_region_ struct region region = REGION_INIT;
		struct pycode_request request = { .source = source, .line = 1, .call = cases[i].call, .judgement = judgement };
		struct pycode c;

		assert_int_equal(pycode_judge(&request, &region, &c), 0);
		assert_int_equal(c.indicators, cases[i].indicators);
	}
}

static void says_what_else_would_run(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_str_ struct str s = STR_INIT;
	struct pycode c;

	(void)state;
	judge(BYTES_LIT("import a, b.c as d; d.install(); from .e import f; from g import h; h(); __import__('i.j').j.k()\nimport l\n"
			"def m(): import n\n"
			"import sys; sys.path.insert(0, '/opt/x'); sys.path.append(sitedir + '/y'); sys.path.insert(0, q)\n"
			"exec(open('/site/own.py').read()); open('/etc/z', 'w')\n"), true, &region, &c);
	for (size_t i = 0; i < c.import_count; i++)
		assert_int_equal(str_appendf(&s, "%u:%.*s:%.*s:%d ", c.imports[i].level, (int)c.imports[i].module.len, c.imports[i].module.ptr,
					     (int)c.imports[i].calls.len, c.imports[i].calls.ptr ? c.imports[i].calls.ptr : "", c.imports[i].alone), 0);
	assert_string_equal(s.buf, "0:a::0 0:b.c:install:0 1:e::0 1:e.f::0 0:g:h:0 0:g.h::0 0:i.j:k:0 0:l::1 "
			    "0:sys:path.insert,path.append:0 0:n::1 ");
	str_clear(&s);
	for (size_t i = 0; i < c.path_count; i++)
		assert_int_equal(str_appendf(&s, "%d:%.*s:%d:%u ", c.paths[i].use, (int)c.paths[i].path.len, c.paths[i].path.ptr,
					     c.paths[i].known, c.paths[i].line), 0);
	assert_string_equal(s.buf, "0:/opt/x:1:4 1:/site/y:1:4 0::0:4 2:/site/own.py:1:5 3:/etc/z:1:5 ");
}

static void writes_what_was_found(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	struct pycode c;

	(void)state;
	judge(BYTES_LIT("\nimport os, base64\nos.system('touch /tmp/x')\nexec(base64.b64decode('b3MuYWJvcnQoKQ=='))"), false, &region, &c);
	assert_int_equal(c.finding_count, 3);
	assert_int_equal(c.findings[0].line, 3);
	assert_string_equal(c.findings[0].detail.ptr, "os.system('touch /tmp/x')");
	assert_string_equal(c.findings[1].detail.ptr, "exec(base64.b64decode(...))");
	assert_int_equal(c.findings[1].depth, 0);
	assert_string_equal(c.findings[2].detail.ptr, "os.abort()");
	assert_int_equal(c.findings[2].depth, 1);
	assert_int_equal(c.findings[2].line, 4);
	assert_string_equal(c.decoded.ptr, "os.abort()");
}

static void tells_what_runs_nothing(void **state)
{
	static const char *const inert[] = { "", "\n# x\n", "'''a'''", "pass", "'a' 'b'\n\"c\"\n" };

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(inert); i++) {
		_cleanup_region_ struct region region = REGION_INIT;
		struct pycode c;

		judge(bytes_of(inert[i]), false, &region, &c);
		assert_false(c.runs);
	}
}

/* Each of these once took forever, or all of the stack. */
static void is_bounded(void **state)
{
	static const struct {
		const char *piece;
		bool deep;
	} cases[] = {
		{ "(", true }, { "[", true }, { "{", true }, { "f(", true }, { "lambda:", false }, { "not ", false }, { "-", false },
		{ "2**", true }, { "a=", true }, { "if a:", true }, { "class A:", true }, { "[x for x in ", true }, { "f\"{", true },
		{ ":", false }, { "@", false }, { "a if b else ", false }, { "(a:=", true }, { "x.", false }, { "'a' ", false },
		{ "[a for a in [1]]\n", true }, { "exec(\"exec(x)\")\n", false },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_region_ struct region region = REGION_INIT;
		_cleanup_str_ struct str s = STR_INIT;
		struct pycode c;

		while (s.len < 1 << 20)
			assert_int_equal(str_append_text(&s, cases[i].piece), 0);
		judge(str_bytes(&s), false, &region, &c);
		if (cases[i].deep != !!(c.indicators & INDICATOR_BIT(INDICATOR_NOT_UNDERSTOOD)))
			print_message("in: %s\n", cases[i].piece);
		assert_int_equal(cases[i].deep, !!(c.indicators & INDICATOR_BIT(INDICATOR_NOT_UNDERSTOOD)));
		assert_true(region.used < 1 << 20);
	}
}

/* What is beyond a bound is read on. */
static void sees_behind_what_is_too_deep(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_str_ struct str s = STR_INIT;
	struct pycode c;

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(str_append_char(&s, '('), 0);
	assert_int_equal(str_append_text(&s, "os.abort()"), 0);
	judge(str_bytes(&s), false, &region, &c);
	assert_int_equal(c.indicators, INDICATOR_BIT(INDICATOR_NOT_UNDERSTOOD) | INDICATOR_BIT(INDICATOR_INTERFERENCE));
}

static void texts_do_not_grow_without_end(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_str_ struct str s = STR_INIT;
	struct pycode c;

	(void)state;
	assert_int_equal(str_append_text(&s, "x = y = 'a' * 99\n"), 0);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(str_append_text(&s, "x = x + y\ny = y + x\n"), 0);
	judge(str_bytes(&s), false, &region, &c);
	assert_true(region.used < 1 << 20);
}

static void calls_do_not_nest_without_end(void **state)
{
	static const char *const sources[] = {
		"import functools as f; p = print\nfor i in range(60000): p = f.partial(p)\np()",
		"def f(x): return list(map(f, 'a' * 60000))\nf(1)\nlist(map(lambda x: list(map(f, 'aaaaaaaaa')), 'aaaaaaaaaaaaaa'))",
		"l = []\nfor i in range(9): l = [l] * 1 + [l] + [l]\nl.append(l); g(l, *l)\nwhile l: g(l)",
		"def f():\n f()\n g()\ndef g():\n f()\n g()\nf()",
		"__import__('.a.'); __import__(''); import sys; sys.modules['..']; getattr(sys, '.')",
		"class A(A): pass\nclass A(A): pass\nA().x.y",
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(sources); i++) {
		_cleanup_region_ struct region region = REGION_INIT;
		struct pycode c;

		judge(bytes_of(sources[i]), false, &region, &c);
		assert_true(c.runs);
	}
}

#define BIG "x = 'a' * 4000000\n"

/* A few bytes that have megabytes copied, compared or searched, or that double with each line: said 4 000 times, they spend all
 * that one hook may cost, and it is said that something was not read. */
static void counts_what_is_done(void **state)
{
	static const struct {
		const char *head, *again;
	} cases[] = {
		{ BIG "l = ['a', 'b', 'c']\n", "x.join(l)\n" },
		{ "l = (',' * 65000).split(',')\n", "''.join(l)\n" },
		{ BIG "a = 'aa'\n", "a.replace('a', x)\n" },
		{ BIG, "'%s%s' % (x, x)\n" },
		{ BIG, "'{}{}'.format(x, x)\n" },
		{ BIG, "f'{x}'\n" },
		{ "y = '{ ' * 2000000\n", "y.format()\n" },
		{ BIG "t = bytes(range(256))\n", "x.translate(t)\n" },
		{ BIG "y = 'a' * 4000000\nd = {y: 1}\n", "d[x]\n" },
		{ BIG, "o.a = x\n" },
		{ BIG, "f(x)\n" },
		{ "import logging.config as c\na = [1] * 1\na = [a, a, a, a, a, a, a, a, a, a, a, a]\na = [a, a, a, a, a, a, a, a, a, a, a, a]\n"
		  "a = [a, a, a, a, a, a, a, a, a, a, a, a]\n", "c.dictConfig([a, a, a, a, a, a, a, a, a, a, a, a])\n" },
		{ "from functools import partial\np = f\n", "if a: p = partial(p, 1)\nelse: p = partial(p, 2)\np()\n" },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_region_ struct region region = REGION_INIT;
		_cleanup_str_ struct str s = STR_INIT;
		struct pycode c;

		assert_int_equal(str_append_text(&s, cases[i].head), 0);
		for (int k = 0; k < 4000; k++)
			assert_int_equal(str_append_text(&s, cases[i].again), 0);
		judge(str_bytes(&s), false, &region, &c);
		if (!c.unread || !(c.indicators & INDICATOR_BIT(INDICATOR_NOT_UNDERSTOOD)))
			fail_msg("not counted: %s", cases[i].again);
	}
}

/* The rounds of a loop and the calls of a function are bounded: if the function does harm, that is said; else it is no news. */
static void says_what_it_does_not_read_again(void **state)
{
	static const struct {
		const char *source;
		bool unread;
	} cases[] = {
		{ "def f(a): exec(a)\nfor i in range(65536):\n  a; a; a; a; a\nf('1')\nf('import os; os.system(1)')\n", true },
		{ "for i in range(65536):\n  a; a; a; a; a\nfor i in ['1', 'import os; os.system(1)']: exec(i)\n", true },
		{ "for i in range(65536):\n  a; a; a; a; a\nmap(exec, ['1', 'import os; os.system(1)'])\n", true },
		{ "for i in range(65536):\n  a; a; a; a; a\n[exec(i) for i in ['1', 'import os; os.system(1)']]\n", true },
		{ "def f(a): return a + 1\nfor i in range(65536):\n  f(i); f(i)\nf(1)\n", false },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_region_ struct region region = REGION_INIT;
		struct pycode c;

		judge(bytes_of(cases[i].source), false, &region, &c);
		if (c.unread != cases[i].unread && !(c.indicators & INDICATOR_BIT(INDICATOR_PROCESS)))
			fail_msg("%s", cases[i].source);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_names),
		cmocka_unit_test(knows_where_code_comes_from),
		cmocka_unit_test(tells_hiding_from_writing),
		cmocka_unit_test(reads_what_runs),
		cmocka_unit_test(calls_entry_points),
		cmocka_unit_test(says_what_else_would_run),
		cmocka_unit_test(writes_what_was_found),
		cmocka_unit_test(tells_what_runs_nothing),
		cmocka_unit_test(is_bounded),
		cmocka_unit_test(sees_behind_what_is_too_deep),
		cmocka_unit_test(texts_do_not_grow_without_end),
		cmocka_unit_test(calls_do_not_nest_without_end),
		cmocka_unit_test(counts_what_is_done),
		cmocka_unit_test(says_what_it_does_not_read_again),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
