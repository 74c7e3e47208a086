/* What content makes of code: verdicts, and modules that a line leads to.  The judgement data are the defaults. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <errno.h>

#include "cleanup.h"
#include "content.h"
#include "limits.h"
#include "pth.h"

#define SITE "/v/lib/python3.11/site-packages/"
#define RUN "import os\nos.system('touch /tmp/x')\n"

struct disk_file {
	const char *path;
	struct bytes bytes;
};

static int read_disk(void *userdata, struct bytes path, size_t max, struct work *work, struct str *ret,
		     struct stat *ret_st)
{
	(void)work;
	str_clear(ret);
	for (const struct disk_file *f = userdata; f->path; f++) {
		if (!bytes_equal(path, bytes_of(f->path)))
			continue;
		*ret_st = (struct stat){ .st_size = (off_t)f->bytes.len };
		return str_append(ret, f->bytes.ptr, f->bytes.len < max ? f->bytes.len : max);
	}
	return -ENOENT;
}

static struct judgement *judgement;

static int load(void **state)
{
	(void)state;
	return judgement_load(NULL, &PROBLEMS_INIT, &judgement);
}

static int unload(void **state)
{
	(void)state;
	judgement = judgement_free(judgement);
	return 0;
}

static void judge_at(const char *path, struct bytes bytes, const struct disk_file *disk, struct region *region, struct content *ret)
{
	struct hook hook = { 0 };

	(void)hookpath_classify(bytes_of(path), &hook);
	assert_int_equal(content_judge(&(struct content_request){ .path = bytes_of(path), .bytes = bytes, .size = bytes.len,
								  .rootfd = -EBADF, .judgement = judgement, .read = read_disk,
								  .userdata = (void *)disk },
				       &hook, region, ret), 0);
}

static const struct disk_file disk[] = {
	{ SITE "evil.py", BYTES_LIT(RUN) },
	{ SITE "escaped.py", BYTES_LIT("#coding:unicode_escape\n# \\u000aimport os;os.system('x')\n") },
	{ SITE "good.py", BYTES_LIT("def run():\n    return 1\n") },
	{ SITE "called.py", BYTES_LIT("def run():\n    import os\n    os.system('touch /tmp/x')\n") },
	{ SITE "pkg/__init__.py", BYTES_LIT("from .inner import x\n") },
	{ SITE "pkg/inner.py", BYTES_LIT(RUN) },
	{ SITE "pkg/sub.py", BYTES_LIT("x = 1\n") },
	{ SITE "space/sub.py", BYTES_LIT(RUN) },
	{ SITE "both/__init__.py", BYTES_LIT(RUN) },
	{ SITE "both.py", BYTES_LIT("x = 1\n") },
	{ SITE "clean/__init__.py", BYTES_LIT("x = 1\n") },
	{ SITE "clean.py", BYTES_LIT(RUN) },
	{ SITE "os.py", BYTES_LIT(RUN) },
	{ SITE "deep.py", BYTES_LIT("import evil\n") },
	{ SITE "deeper.py", BYTES_LIT("from called import run\nrun()\n") },
	{ SITE "library.py", BYTES_LIT("import connects\n") },
	{ SITE "connects.py", BYTES_LIT("import socket\nsocket.create_connection(('localhost', 1))\n") },
	{ SITE "circle.py", BYTES_LIT("import circular\n") },
	{ SITE "circular.py", BYTES_LIT("import circle\n") },
	{ SITE "parts/__init__.py", BYTES_LIT("from . import part\npart.work()\n") },
	{ SITE "parts/part.py", BYTES_LIT("from .tool import use\ndef work():\n    use()\n") },
	{ SITE "parts/tool.py", BYTES_LIT("import os\ndef use():\n    os.system('touch /tmp/x')\n") },
	{ SITE "lazy.py", BYTES_LIT("import os\ndef __getattr__(name):\n    os.system('touch /tmp/x')\n") },
	{ "/opt/stage2.py", BYTES_LIT(RUN) },
	{ "/home/a/.rc.py", BYTES_LIT("import readline\n") },
	{ "/home/a/evil.py", BYTES_LIT("import socket, os\ns = socket.create_connection(('h', 1))\nos.system('sh')\n") },
	{ NULL, { NULL, 0 } },
};

/* What site.py of each version does, in few lines. */
#define SITE_PY \
	"import sys, os, io\n" \
	"def addpackage(sitedir, name):\n" \
	"    f = io.open_code(os.path.join(sitedir, name))\n" \
	"    for line in f:\n" \
	"        exec(line)\n" \
	"def enablerlcompleter():\n" \
	"    def register():\n" \
	"        import readline\n" \
	"        readline.read_history_file(os.path.join(os.path.expanduser('~'), '.python_history'))\n" \
	"    sys.__interactivehook__ = register\n" \
	"def main():\n" \
	"    for d in sys.path:\n" \
	"        for name in os.listdir(d):\n" \
	"            addpackage(d, name)\n" \
	"    enablerlcompleter()\n" \
	"main()\n"
#define STDLIB "/usr/lib/python3.11/"

static const struct verdict_case {
	const char *path;
	struct bytes bytes;
	enum content_verdict verdict;
	const char *target;		/* of the last line; NULL: none */
} verdict_cases[] = {
	{ SITE "x.pth", BYTES_LIT("import os; os.system('id')\n"), CONTENT_MALICIOUS, NULL },
	{ SITE "x.pth", BYTES_LIT("import os; os.environ.get('X')\n"), CONTENT_EXECUTES, NULL },
	/* what is imported */
	{ SITE "x.pth", BYTES_LIT("import evil\n"), CONTENT_SUSPICIOUS, SITE "evil.py" },
	{ SITE "x.pth", BYTES_LIT("import good\n"), CONTENT_EXECUTES, SITE "good.py" },
	{ SITE "x.pth", BYTES_LIT("import os\n"), CONTENT_EXECUTES, NULL },
	{ SITE "x.pth", BYTES_LIT("import good, evil as e\n"), CONTENT_SUSPICIOUS, SITE "good.py" },
	{ SITE "x.pth", BYTES_LIT("import called\n"), CONTENT_EXECUTES, SITE "called.py" },
	{ SITE "x.pth", BYTES_LIT("import called; called.run()\n"), CONTENT_SUSPICIOUS, SITE "called.py" },
	{ SITE "x.pth", BYTES_LIT("import os; __import__('evil')\n"), CONTENT_SUSPICIOUS, SITE "evil.py" },
	{ SITE "x.pth", BYTES_LIT("import nothing\n"), CONTENT_EXECUTES, NULL },
	/* the package before the module, the package of a module, a namespace, a package's own modules */
	{ SITE "x.pth", BYTES_LIT("import both\n"), CONTENT_SUSPICIOUS, SITE "both/__init__.py" },
	{ SITE "x.pth", BYTES_LIT("import clean\n"), CONTENT_EXECUTES, SITE "clean/__init__.py" },
	{ SITE "x.pth", BYTES_LIT("import both.sub\n"), CONTENT_SUSPICIOUS, SITE "both/__init__.py" },
	{ SITE "x.pth", BYTES_LIT("import space.sub\n"), CONTENT_SUSPICIOUS, SITE "space/sub.py" },
	{ SITE "x.pth", BYTES_LIT("import pkg.sub\n"), CONTENT_SUSPICIOUS, SITE "pkg/sub.py" },
	/* modules of modules: a process counts, a network does not; what is called of them */
	{ SITE "x.pth", BYTES_LIT("import deep\n"), CONTENT_SUSPICIOUS, SITE "deep.py" },
	{ SITE "x.pth", BYTES_LIT("import deeper\n"), CONTENT_SUSPICIOUS, SITE "deeper.py" },
	{ SITE "x.pth", BYTES_LIT("import library\n"), CONTENT_EXECUTES, SITE "library.py" },
	{ SITE "x.pth", BYTES_LIT("import circle\n"), CONTENT_EXECUTES, SITE "circle.py" },
	{ SITE "x.pth", BYTES_LIT("import parts\n"), CONTENT_SUSPICIOUS, SITE "parts/__init__.py" },
	{ SITE "x.pth", BYTES_LIT("import lazy; lazy.x\n"), CONTENT_SUSPICIOUS, SITE "lazy.py" },
	{ SITE "x.pth", BYTES_LIT("import called; called.other(); called.run()\n"), CONTENT_SUSPICIOUS, SITE "called.py" },
	{ SITE "x.pth", BYTES_LIT("import called, atexit; atexit.register(called.run)\n"), CONTENT_SUSPICIOUS, SITE "called.py" },
	/* entry points, other hooks, scripts */
	{ SITE "x.start", BYTES_LIT("called:run\n"), CONTENT_SUSPICIOUS, SITE "called.py" },
	{ SITE "x.start", BYTES_LIT("os:abort\n"), CONTENT_SUSPICIOUS, NULL },
	{ SITE "x.start", BYTES_LIT("faulthandler:enable\n"), CONTENT_EXECUTES, NULL },
	{ SITE "x.start", BYTES_LIT("importlib.nothing:run\n"), CONTENT_EXECUTES, NULL },
	{ SITE "x.start", BYTES_LIT("nobodys:run\n"), CONTENT_SUSPICIOUS, NULL },
	{ SITE "x.start", BYTES_LIT("called:other\n"), CONTENT_EXECUTES, SITE "called.py" },
	{ SITE "sitecustomize.py", BYTES_LIT("import evil\n"), CONTENT_SUSPICIOUS, NULL },
	/* what is hidden by an encoding, in the hook itself and in what it imports */
	{ SITE "sitecustomize.py", BYTES_LIT("# coding: utf-7\n# +AAo-import os+ADs-os.system(+ACc-x+ACc-)\n"), CONTENT_MALICIOUS, NULL },
	{ SITE "sitecustomize.py", BYTES_LIT("# coding: utf-7\n# no more than that\n"), CONTENT_SUSPICIOUS, NULL },
	{ SITE "sitecustomize.py", BYTES_LIT("# coding: sjis\nx = '\x95\x5c'; import os; os.system('x') # '\n"), CONTENT_SUSPICIOUS, NULL },
	{ SITE "sitecustomize.py", BYTES_LIT("# coding: sjis\nx = '\x95\x5c' # '; import os; os.system('x')\n"), CONTENT_EXECUTES, NULL },
	{ SITE "sitecustomize.py", BYTES_LIT("# coding: latin-1\nimport \xbas\n\xbas.system('x')\n"), CONTENT_MALICIOUS, NULL },
	{ SITE "x.pth", BYTES_LIT("import escaped\n"), CONTENT_MALICIOUS, SITE "escaped.py" },
	{ SITE "sitecustomize.py", BYTES_LIT("# nothing\n'''a text'''\n"), CONTENT_INERT, NULL },
	{ SITE "sitecustomize/__init__.py", BYTES_LIT("from . import x\nx = 1\n"), CONTENT_EXECUTES, NULL },
	{ SITE "x.pth", BYTES_LIT("import os; exec(open('/opt/stage2.py').read())\n"), CONTENT_MALICIOUS, "/opt/stage2.py" },
	{ "/home/a/.bashrc", BYTES_LIT("export PYTHONSTARTUP=/home/a/.rc.py\n"), CONTENT_EXECUTES, "/home/a/.rc.py" },
	{ "/home/a/.bashrc", BYTES_LIT("export PYTHONSTARTUP=/home/a/evil.py\n"), CONTENT_MALICIOUS, "/home/a/evil.py" },
	{ "/usr/share/jupyter/kernels/p/kernel.json",
	  BYTES_LIT("{\"argv\": [\"python3\", \"-c\", \"import os; os.system('x')\"]}"), CONTENT_SUSPICIOUS, NULL },
	{ "/usr/share/jupyter/kernels/p/kernel.json",
	  BYTES_LIT("{\"argv\": [\"python3\", \"-c\", \"from IPython.kernel.zmq.kernelapp import main; main()\"]}"),
	  CONTENT_EXECUTES, NULL },
	{ "/h/.ipython/profile_default/ipython_config.json",
	  BYTES_LIT("{\"InteractiveShellApp\": {\"exec_lines\": [\"x = 1\", \"import os; os.system('x')\"]}}"),
	  CONTENT_SUSPICIOUS, NULL },
	/* what stands nowhere: any of its functions may be called */
	{ "/srv/m.py", BYTES_LIT("def run():\n    import os\n    os.system('touch /tmp/x')\n"), CONTENT_SUSPICIOUS, NULL },
	{ "/srv/m.txt", BYTES_LIT("import os; os.system('touch /tmp/x')\n"), CONTENT_INERT, NULL },
	/* the standard library: what is ordinary in its functions, and what is not */
	{ STDLIB "site.py", BYTES_LIT(SITE_PY), CONTENT_EXECUTES, NULL },
	{ STDLIB "site.py", BYTES_LIT(SITE_PY "exec(os.environ['X'])\n"), CONTENT_SUSPICIOUS, NULL },
	{ STDLIB "site.py", BYTES_LIT(SITE_PY "def f():\n    os.system('x')\nf()\n"), CONTENT_MALICIOUS, NULL },
	{ STDLIB "site.py", BYTES_LIT(SITE_PY "def f():\n    exec(open('/opt/stage2.py').read())\nf()\n"), CONTENT_MALICIOUS,
	  NULL },
	{ STDLIB "site.py", BYTES_LIT(SITE_PY "sys.meta_path.insert(0, X())\n"), CONTENT_SUSPICIOUS, NULL },
	{ STDLIB "os.py", BYTES_LIT("import sys\nimport posixpath as path\nsys.modules['os.path'] = path\n"), CONTENT_EXECUTES,
	  NULL },
	{ STDLIB "os.py", BYTES_LIT("import sys\nsys.meta_path.insert(0, X())\n"), CONTENT_SUSPICIOUS, NULL },
	/* its own directory, and another */
	{ SITE "sitecustomize.py", BYTES_LIT("import glob, os, sys\nd = os.path.dirname(__file__)\n"
					    "sys.path[:] = glob.glob(os.path.join(d, '*.whl')) + sys.path\n"), CONTENT_EXECUTES, NULL },
	/* what a package says of its own file, and what is code or lies elsewhere */
	{ SITE "x.pth", BYTES_LIT("import certifi; open(certifi.where(), 'ab').write(b'x')\n"), CONTENT_EXECUTES, NULL },
	{ SITE "x.pth", BYTES_LIT("import certifi; open(certifi.__file__, 'ab').write(b'x')\n"), CONTENT_SUSPICIOUS, NULL },
	{ SITE "x.pth", BYTES_LIT("import inspect, a; open(inspect.getfile(a), 'ab').write(b'x')\n"), CONTENT_SUSPICIOUS, NULL },
	{ SITE "x.pth", BYTES_LIT("import os; open('/etc/x', 'ab').write(b'x')\n"), CONTENT_SUSPICIOUS, NULL },
	/* templates */
	{ SITE "_virtualenv.pth", BYTES_LIT("import _virtualenv"), CONTENT_TEMPLATE, NULL },
	{ SITE "other.pth", BYTES_LIT("import _virtualenv"), CONTENT_EXECUTES, NULL },
	{ SITE "_virtualenv.pth", BYTES_LIT("import _virtualenv\nimport os"), CONTENT_SUSPICIOUS, NULL },
};

static void reaches_a_verdict(void **state)
{
	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(verdict_cases); i++) {
		const struct verdict_case *e = &verdict_cases[i];
		_cleanup_region_ struct region region = REGION_INIT;
		struct bytes target = BYTES_NONE;
		struct content c;

		judge_at(e->path, e->bytes, disk, &region, &c);
		if (c.line_count > 0)
			target = c.lines[c.line_count - 1].target;
		if (c.verdict != e->verdict || !bytes_equal(target, bytes_of(e->target)))
			fail_msg("%s: %s: %s (%d), target %.*s", e->path, e->bytes.ptr, content_verdict_to_string(c.verdict), c.score,
				 (int)target.len, target.ptr ? target.ptr : "");
	}
}

/* What an imported module does when it is imported, or hands to somebody who calls it, and what it only offers. */
#define DO "        os.system('touch /tmp/x')\n"
#define F "import os\ndef f(*a):\n" DO
#define C(method) "import os\nclass C:\n    def " method "(self, *a):\n" DO

static const struct {
	const char *source;
	bool bad;
} import_cases[] = {
	{ F "f()\n", true },
	{ F "import atexit\natexit.register(f)\n", true },
	{ F "import threading\nt = threading.Thread(target=f)\nt.start()\n", true },
	{ F "import signal\nsignal.signal(signal.SIGALRM, f)\n", true },
	{ F "import sys\nsys.excepthook = f\n", true },
	{ F "import builtins\nbuiltins.open = f\n", true },
	{ F "import functools\ng = functools.lru_cache(f)\ng()\n", true },
	{ F "import contextlib\nwith contextlib.ExitStack() as s:\n    @s.callback\n    def g():\n        f()\n", true },
	{ F "d = {}\nd['f'] = f\nd['f']()\n", true },
	{ F "def now(g):\n    g()\n@now\ndef h():\n    f()\n", true },
	{ C("__init__") "c = C()\n", true },
	{ C("__del__") "c = C()\n", true },
	{ C("find_spec") "import sys\nsys.meta_path.append(C())\n", true },
	{ C("__add__") "c = C()\nc + 1\n", true },
	{ C("__rpow__") "x = 2 ** C()\n", true },
	{ C("__iadd__") "c = C()\nc += 1\n", true },
	{ C("__bool__") "c = not C()\n", true },
	{ C("__bool__") "assert C()\n", true },
	{ C("__iter__") "a, b = C()\n", true },
	{ C("__str__") "c = C()\nx = f'{c}'\n", true },
	{ C("__getattr__") "c = C()\nc.x\n", true },
	{ C("__setattr__") "c = C()\nc.x = 1\n", true },
	{ C("__delattr__") "c = C()\ndel c.x\n", true },
	{ C("__setitem__") "c = C()\nc[0] = 1\n", true },
	{ C("__get__") "class D:\n    x = C()\nD.x\n", true },
	{ C("__set__") "class D:\n    x = C()\nd = D()\nd.x = 1\n", true },
	{ C("__init_subclass__") "class D(C): pass\n", true },
	{ C("go") "class D(C):\n    def go(self):\n        super().go()\nD().go()\n", true },
	/* a library */
	{ F, false },
	{ C("go") "class D(C): pass\nd = D()\n", false },
	{ C("__call__") "c = C()\nc.name = 'x'\n", false },
	{ C("__str__") "c = C()\nc.name = 'x'\n", false },
	{ F "def register(table, g):\n    table['x'] = g\nregister(None, f)\n", false },
	{ F "import functools\ng = functools.lru_cache(f)\n", false },
	{ C("go") "c = C()\nfor name in dir(c):\n    print(name)\n", false },
	/* all that it may do later counts as one */
	{ "import os, socket, sys\ndef f(t):\n    os.system('x')\n    socket.create_connection(('h', 1))\n    os.fork()\n"
	  "    os.kill(1, 9)\n    open('/etc/x', 'w')\ndef register(table):\n    table['x'] = f\nregister(None)\n",
	  false },
};

static void tells_what_is_done_at_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(import_cases); i++) {
		const struct disk_file files[] = { { SITE "m.py", bytes_of(import_cases[i].source) }, { NULL, { NULL, 0 } } };
		_cleanup_region_ struct region region = REGION_INIT;
		struct content c;

		judge_at(SITE "x.pth", BYTES_LIT("import m\n"), files, &region, &c);
		if ((c.verdict >= CONTENT_SUSPICIOUS) != import_cases[i].bad)
			fail_msg("%s: %s (%d)", import_cases[i].source, content_verdict_to_string(c.verdict), c.score);
	}
	/* In the hook itself there is no library. */
	for (size_t i = 0; i < 2; i++) {
		_cleanup_region_ struct region region = REGION_INIT;
		struct content c;

		judge_at(i ? SITE "sitecustomize.py" : SITE "usercustomize.py",
			 BYTES_LIT(C("__str__") "c = C()\n"), disk, &region, &c);
		assert_int_equal(c.verdict, CONTENT_SUSPICIOUS);
	}
}

/* Native code of a package counts by what it calls, alone by what it is. */
static void weighs_native_code(void **state)
{
	static const struct disk_file files[] = {
		{ SITE "alone.so", BYTES_LIT("\177ELF\002\001\001") },
		{ SITE "p/__init__.py", BYTES_LIT("from . import _fast\n") },
		{ SITE "p/_fast.so", BYTES_LIT("\177ELF\002\001\001\0PyInit__fast\0memcpy\0") },
		{ SITE "q/__init__.py", BYTES_LIT("from . import _fast\n") },
		{ SITE "q/_fast.so", BYTES_LIT("\177ELF\002\001\001\0PyInit__fast\0system\0") },
		{ NULL, { NULL, 0 } },
	};
	static const struct {
		struct bytes line;
		enum content_verdict verdict;
	} rows[] = {
		{ BYTES_LIT("import alone\n"), CONTENT_SUSPICIOUS },
		{ BYTES_LIT("import p\n"), CONTENT_EXECUTES },
		{ BYTES_LIT("import q\n"), CONTENT_SUSPICIOUS },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
		_cleanup_region_ struct region region = REGION_INIT;
		struct content c;

		judge_at(SITE "x.pth", rows[i].line, files, &region, &c);
		if (c.verdict != rows[i].verdict)
			fail_msg("%s: %s (%d)", rows[i].line.ptr, content_verdict_to_string(c.verdict), c.score);
	}
}

/* A template leads to a module that somebody has changed. */
static void judges_what_a_template_imports(void **state)
{
	static const struct disk_file changed[] = {
		{ SITE "_virtualenv.py", BYTES_LIT(RUN) },
		{ NULL, { NULL, 0 } },
	};
	_cleanup_region_ struct region region = REGION_INIT;
	struct content c;

	(void)state;
	judge_at(SITE "_virtualenv.pth", BYTES_LIT("import _virtualenv"), changed, &region, &c);
	assert_int_equal(c.verdict, CONTENT_SUSPICIOUS);
	assert_int_equal(c.lines[0].verdict, CONTENT_SUSPICIOUS);
	assert_non_null(c.lines[0].template);
	assert_null(content_template(&c));
	assert_true(bytes_equal(c.findings[0].file, BYTES_LIT(SITE "_virtualenv.py")));
	assert_int_equal(c.findings[0].line, 1);
}

/* The worst finding stands first, whatever line it is in; each line has its own verdict and eras. */
static void puts_the_worst_first(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	struct content c;

	(void)state;
	judge_at(SITE "x.pth", BYTES_LIT("/opt/x\nimport sys; sys.path.insert(0, '/opt/y')\n"
					 " import base64; exec(base64.b64decode('aW1wb3J0IG9zOyBvcy5zeXN0ZW0oJ2lkJyk='))\n"),
		 disk, &region, &c);
	assert_int_equal(c.verdict, CONTENT_MALICIOUS);
	assert_int_equal(c.findings[0].indicator, INDICATOR_DECODE_EXECUTE);
	assert_true(bytes_equal(c.findings[0].technique, BYTES_LIT("T1140")));
	assert_true(bytes_has_prefix(c.findings[0].description, BYTES_LIT("executes what it has decoded")));
	assert_int_equal(c.findings[0].line, 3);
	assert_true(bytes_equal(c.decoded, BYTES_LIT("import os; os.system('id')")));
	assert_int_equal(c.lines[0].verdict, CONTENT_EXECUTES);
	assert_int_equal(c.lines[1].verdict, CONTENT_EXECUTES);
	assert_int_equal(c.lines[1].eras, PTH_ERA_A | PTH_ERA_B | PTH_ERA_C);
	assert_int_equal(c.lines[2].verdict, CONTENT_MALICIOUS);
	assert_int_equal(c.lines[2].eras, PTH_ERA_C);
}

/* Lines, each within the bounds of a line, that are hours together; and what must not be hidden by them. */
static void many_costly_lines_are_not_understood(void **state)
{
	static const struct bytes costly = BYTES_LIT("import os; a = 'x' * 4000000; b = a.replace('x', 'y')\n");
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_str_ struct str s = STR_INIT;
	struct content c;

	(void)state;
	assert_int_equal(str_append_text(&s, "import os; os.system('id')\n"), 0);
	for (int i = 0; i < 5000; i++)
		assert_int_equal(str_append_bytes(&s, costly), 0);
	judge_at(SITE "x.pth", str_bytes(&s), disk, &region, &c);
	assert_int_equal(c.executing, 5001);
	assert_true(c.indicators & INDICATOR_BIT(INDICATOR_NOT_UNDERSTOOD));
	assert_true(c.indicators & INDICATOR_BIT(INDICATOR_PROCESS));
	assert_true(c.verdict >= CONTENT_SUSPICIOUS);

	/* Nothing is found in them, but who does that has a reason. */
	judge_at(SITE "x.pth", bytes_slice(str_bytes(&s), 27, s.len - 27), disk, &region, &c);
	assert_int_equal(c.verdict, CONTENT_SUSPICIOUS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reaches_a_verdict),
		cmocka_unit_test(tells_what_is_done_at_once),
		cmocka_unit_test(weighs_native_code),
		cmocka_unit_test(judges_what_a_template_imports),
		cmocka_unit_test(puts_the_worst_first),
		cmocka_unit_test(many_costly_lines_are_not_understood),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
