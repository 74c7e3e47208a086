/* Whole lines of well-known tools: what is one, what only looks like one, and what may stand where a name does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "builtin.h"
#include "document.h"
#include "judgement.h"
#include "limits.h"

static struct judgement *defaults(void)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	struct judgement *j = NULL;

	assert_int_equal(judgement_load(NULL, &problems, &j), 0);
	return j;
}

static void knows_the_shapes(void **state)
{
	static const struct {
		enum template_kind kind;
		const char *file, *text, *template;
	} rows[] = {
		{ TEMPLATE_PTH_LINE, "/v/_virtualenv.pth", "import _virtualenv", "virtualenv" },
		{ TEMPLATE_PTH_LINE, "_virtualenv.pth", "import _virtualenv", "virtualenv" },
		{ TEMPLATE_PTH_LINE, "/v/__editable__.foo-1.0.pth",
		  "import __editable___foo_1_0_finder; __editable___foo_1_0_finder.install()", "setuptools-editable" },
		{ TEMPLATE_PTH_LINE, "/v/__editable__.foo_bar-1.0.dev1+g1a.pth",
		  "import __editable___foo_bar_1_0_dev1_g1a_finder; __editable___foo_bar_1_0_dev1_g1a_finder.install()",
		  "setuptools-editable" },
		{ TEMPLATE_PTH_LINE, "/v/foo-1.0-nspkg.pth",
		  "import sys, types, os;p = os.path.join(sys._getframe(1).f_locals['sitedir'], *('a', 'b'));"
		  "importlib = __import__('importlib.util');__import__('importlib.machinery');"
		  "m = sys.modules.setdefault('a.b', importlib.util.module_from_spec("
		  "importlib.machinery.PathFinder.find_spec('a.b', [os.path.dirname(p)])));"
		  "m = m or sys.modules.setdefault('a.b', types.ModuleType('a.b'));"
		  "mp = (m or []) and m.__dict__.setdefault('__path__',[]);(p not in mp) and mp.append(p);"
		  "m and setattr(sys.modules['a'], 'b', m)", "setuptools-namespace" },
		{ TEMPLATE_PTH_LINE, "/v/foo-editable.pth", "import _foo_editable_loader", "meson-python" },
		{ TEMPLATE_START_LINE, "/v/_editable_skbc_x.start", "_editable_skbc_x:entrypoint", "scikit-build-core-start" },
		{ TEMPLATE_FILE, "/usr/lib/python3.11/sitecustomize.py",
		  "# install the apport exception handler if available\ntry:\n    import apport_python_hook\n"
		  "except ImportError:\n    pass\nelse:\n    apport_python_hook.install()\n", "debian-apport" },
		/* Another file, another value, another kind, more on either side. */
		{ TEMPLATE_PTH_LINE, "/v/x_virtualenv.pth", "import _virtualenv", NULL },
		{ TEMPLATE_PTH_LINE, "/v/_virtualenv.pth/x.pth", "import _virtualenv", NULL },
		{ TEMPLATE_START_LINE, "/v/_virtualenv.pth", "import _virtualenv", NULL },
		{ TEMPLATE_PTH_LINE, "/v/_virtualenv.pth", "import _virtualenv;", NULL },
		{ TEMPLATE_PTH_LINE, "/v/_virtualenv.pth", "import _virtualenv, os", NULL },
		{ TEMPLATE_PTH_LINE, "/v/_virtualenv.pth", "import os; import _virtualenv", NULL },
		{ TEMPLATE_PTH_LINE, "/v/_virtualenv.pth", "import _virtualenv\n", NULL },
		{ TEMPLATE_PTH_LINE, "/v/__editable__.foo-1.0.pth",
		  "import __editable___foo_1_1_finder; __editable___foo_1_1_finder.install()", NULL },
		{ TEMPLATE_PTH_LINE, "/v/__editable__.foo-1.0.pth",
		  "import __editable___foo_1_0_finder; __editable___bar_1_0_finder.install()", NULL },
		{ TEMPLATE_PTH_LINE, "/v/__editable__..pth", "import __editable____finder; __editable____finder.install()", NULL },
		{ TEMPLATE_START_LINE, "/v/_editable_skbc_x.start", "_editable_skbc_y:entrypoint", NULL },
		{ TEMPLATE_FILE, "/usr/lib/python3.11/sitecustomize.py",
		  "# install the apport exception handler if available\ntry:\n    import apport_python_hook\n"
		  "except ImportError:\n    pass\nelse:\n    apport_python_hook.install()\nimport os\n", NULL },
		{ TEMPLATE_PTH_LINE, "", "", NULL },
	};
	_cleanup_(judgement_freep) struct judgement *j = defaults();

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
		const char *name = judgement_template(j, rows[i].kind, bytes_of(rows[i].file), bytes_of(rows[i].text));

		if (!rows[i].template ? name != NULL : !name || strcmp(name, rows[i].template) != 0)
			fail_msg("row %zu is %s", i, name ? name : "no template");
	}
}

static void knows_names_that_tools_have_for_themselves(void **state)
{
	static const struct {
		const char *file;
		bool known;
	} rows[] = {
		{ "/v/distutils-precedence.pth", true }, { "/v/_virtualenv.pth", true },
		{ "/v/zope.event-4.4-nspkg.pth", true }, { "/v/__editable__.requests-2.31.0.pth", true },
		{ "/v/_foo.pth", false }, { "/v/foo.pth", false }, { "/v/easy-install.pth", false },
		{ "/v/a1_coverage.pth", false }, { "/v/-nspkg.pth", false }, { "/v/sitecustomize.py", false },
		{ "/v/_virtualenv.pth/x", false }, { "", false },
	};
	_cleanup_(judgement_freep) struct judgement *j = defaults();

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(rows); i++)
		if (judgement_is_known_name(j, TEMPLATE_PTH_LINE, bytes_of(rows[i].file)) != rows[i].known)
			fail_msg("%s", rows[i].file);
	assert_false(judgement_is_known_name(j, TEMPLATE_START_LINE, BYTES_LIT("/v/_virtualenv.pth")));
	assert_false(judgement_is_known_name(j, TEMPLATE_FILE, BYTES_LIT("/usr/lib/python3.11/sitecustomize.py")));
}

/* ---- every template, every placeholder, every hostile text --------------------------------------- */

/* A value for each kind, and what each form of it is. */
static const struct {
	const char *placeholder, *value;
} values[] = {
	{ "NAME", "foo_1" },
	{ "DOTTED", "a.b" }, { "DOTTED:tuple", "'a', 'b'" }, { "DOTTED:parent", "a" }, { "DOTTED:last", "b" },
	{ "RELEASE", "foo.x-1.0+g1" }, { "RELEASE:identifier", "foo_x_1_0_g1" },
	{ "VERSION", "3.11" },
	{ "PATH", "/usr/lib/x" }, { "PATH2", "/y" },
	{ "LIST", "['/a', '/b c']" }, { "LIST2", "[]" },
};

static const struct bytes hostile[] = {
	BYTES_LIT(""), BYTES_LIT(" "), BYTES_LIT("a b"), BYTES_LIT("a;import os"), BYTES_LIT("a\nimport os"), BYTES_LIT("a\rb"),
	BYTES_LIT("a'"), BYTES_LIT("a')"), BYTES_LIT("a\""), BYTES_LIT("a\\"), BYTES_LIT("a\\'"), BYTES_LIT("a#"), BYTES_LIT("a\0b"),
	BYTES_LIT("a,os"), BYTES_LIT("a as b"), BYTES_LIT("a=b"), BYTES_LIT("__import__('os').system('x')"), BYTES_LIT("a(b)"),
	BYTES_LIT("a\xe2\x80\xa8import os"), BYTES_LIT("\xc3\xa9"), BYTES_LIT("'a', os.system('x'), 'b'"), BYTES_LIT("'a', 'b', x"),
	BYTES_LIT("['/a', os.system('x')]"), BYTES_LIT("['/a'] + x"), BYTES_LIT("['/a',]"), BYTES_LIT("['/a', '/b'"),
	BYTES_LIT("['/a' '/b']"), BYTES_LIT("['a']"), BYTES_LIT("a..b"), BYTES_LIT(".a"), BYTES_LIT("a."), BYTES_LIT("a/b"), BYTES_LIT("../a"),
	BYTES_LIT("/a\nb"), BYTES_LIT("/a\x7f"), BYTES_LIT("/a' + x + '"), BYTES_LIT("/a\\x27"), BYTES_LIT("{NAME}"), BYTES_LIT("\t"),
};

/* The value of the n-th placeholder replaced by `instead`, or, n < 0, all of that word.  Answers how many there are. */
static int instantiate(struct bytes pattern, int n, struct bytes word, struct bytes instead, struct str *ret)
{
	int seen = 0;

	str_clear(ret);
	for (size_t i = 0; i < pattern.len; i++) {
		ptrdiff_t end = bytes_find_byte(pattern, '}', i);
		struct bytes inside, value = BYTES_NONE;

		if (pattern.ptr[i] != '{' || end < 0 || pattern.ptr[i + 1] < 'A' || pattern.ptr[i + 1] > 'Z') {
			assert_int_equal(str_append_char(ret, pattern.ptr[i]), 0);
			continue;
		}
		inside = bytes_slice(pattern, i + 1, (size_t)end - i - 1);
		for (size_t v = 0; v < ELEMENTSOF(values); v++)
			if (bytes_equal(inside, bytes_of(values[v].placeholder)))
				value = bytes_of(values[v].value);
		if (!value.ptr)
			fail_msg("the test has no value for {%.*s}", (int)inside.len, inside.ptr);
		if (n < 0 ? bytes_equal(inside, word) : seen == n)
			value = instead;
		assert_int_equal(str_append_bytes(ret, value), 0);
		seen++;
		i = (size_t)end;
	}
	return seen;
}

struct templates_of_test {
	cJSON *documents;
	const struct judgement *judgement;
	size_t hostile, matched;
};

static const cJSON *first(const cJSON *node)
{
	return cJSON_IsArray(node) ? node->child : node;
}

static enum template_kind kind_of(const cJSON *node)
{
	const char *kind = cJSON_GetObjectItem(node, "kind")->valuestring;

	return strcmp(kind, "file") == 0 ? TEMPLATE_FILE : strcmp(kind, "pth-line") == 0 ? TEMPLATE_PTH_LINE : TEMPLATE_START_LINE;
}

static const char *match(const struct templates_of_test *t, const cJSON *node, const struct str *file, const struct str *text)
{
	return judgement_template(t->judgement, kind_of(node), str_bytes(file), str_bytes(text));
}

/* A path in quotes may be anything that does not end them; all else that is hostile may not be. */
static bool is_allowed(struct bytes value)
{
	for (size_t i = 0; i < value.len; i++)
		if ((unsigned char)value.ptr[i] < 0x20 || value.ptr[i] == 0x7f || value.ptr[i] == '\'' ||
		    value.ptr[i] == '"' || value.ptr[i] == '\\')
			return false;
	return value.len > 0 && value.ptr[0] == '/';
}

/* One text and one file of a template, with each hostile value in each place, alone and in all places of its word. */
static void try_hostile(struct templates_of_test *t, const cJSON *node, struct bytes text, struct bytes file)
{
	_cleanup_str_ struct str a = STR_INIT, b = STR_INIT;
	int count = instantiate(text, -1, BYTES_NONE, BYTES_NONE, &a);

	(void)instantiate(file, -1, BYTES_NONE, BYTES_NONE, &b);
	if (!match(t, node, &b, &a))
		fail_msg("does not match itself: %s in %s", a.buf, b.buf);
	t->matched++;

	for (size_t h = 0; h < ELEMENTSOF(hostile); h++) {
		for (int n = 0; n < count; n++) {
			(void)instantiate(text, n, BYTES_NONE, hostile[h], &a);
			(void)instantiate(file, -1, BYTES_NONE, BYTES_NONE, &b);
			t->hostile++;
			if (match(t, node, &b, &a) && !is_allowed(hostile[h]))
				fail_msg("%s in %s", a.buf, b.buf);
		}
		for (size_t v = 0; v < ELEMENTSOF(values); v++) {
			struct bytes word = bytes_of(values[v].placeholder);
			_cleanup_str_ struct str braced = STR_INIT;

			assert_int_equal(str_appendf(&braced, "{%s}", values[v].placeholder), 0);
			if (bytes_find(text, str_bytes(&braced), 0) < 0)
				continue;
			(void)instantiate(text, -1, word, hostile[h], &a);
			(void)instantiate(file, -1, word, hostile[h], &b);
			t->hostile++;
			if (match(t, node, &b, &a) && !is_allowed(hostile[h]))
				fail_msg("%s in %s", a.buf, b.buf);
		}
	}
}

/* Something on either side of it, or a byte less. */
static void try_ends(struct templates_of_test *t, const cJSON *node, struct bytes text, struct bytes file)
{
	static const char *const more[] = { ";", ";x", "x", "#", ",os", "'", "(", "\\", "\x01", "=1", "\r" };
	_cleanup_str_ struct str a = STR_INIT, b = STR_INIT, c = STR_INIT;

	(void)instantiate(text, -1, BYTES_NONE, BYTES_NONE, &a);
	(void)instantiate(file, -1, BYTES_NONE, BYTES_NONE, &b);
	while (a.len > 0 && (a.buf[a.len - 1] == '\n' || a.buf[a.len - 1] == ' '))
		a.len--;
	for (size_t i = 0; i < ELEMENTSOF(more); i++)
		for (int before = 0; before < 2; before++) {
			str_clear(&c);
			assert_int_equal(before ? str_append_text(&c, more[i]) : 0, 0);
			assert_int_equal(str_append_bytes(&c, str_bytes(&a)), 0);
			assert_int_equal(before ? 0 : str_append_text(&c, more[i]), 0);
			if (match(t, node, &b, &c))
				fail_msg("%s", c.buf);
		}
	a.len--;
	assert_null(match(t, node, &b, &a));
}

static void no_placeholder_lets_code_through(void **state)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	_cleanup_(judgement_freep) struct judgement *j = defaults();
	_cleanup_cjson_ cJSON *documents = NULL;
	struct templates_of_test t = { .judgement = j };
	const struct builtin_file *f = builtin_judgement;
	const cJSON *node, *list;

	(void)state;
	while (strcmp(f->name, "templates.yml") != 0)
		f++;
	assert_int_equal(document_parse(f->text, f->name, &problems, &documents), 0);
	list = cJSON_GetObjectItem(documents->child, "templates");
	cJSON_ArrayForEach(node, list) {
		const cJSON *files = cJSON_GetObjectItem(node, "file"), *texts = cJSON_GetObjectItem(node, "text");

		for (const cJSON *file = first(files); file; file = cJSON_IsArray(files) ? file->next : NULL)
			for (const cJSON *text = first(texts); text; text = cJSON_IsArray(texts) ? text->next : NULL) {
				try_hostile(&t, node, bytes_of(text->valuestring), bytes_of(file->valuestring));
				try_ends(&t, node, bytes_of(text->valuestring), bytes_of(file->valuestring));
			}
	}
	assert_true(t.matched > 40);
	assert_true(t.hostile > 3000);
}

/* ---- reading ---------------------------------------------------------------------------------------- */

static void says_what_is_wrong(void **state)
{
#define T(rest) "templates:\n  - { name: n, kind: pth-line, " rest " }\n"
	static const struct {
		const char *text, *problem;
	} rows[] = {
		{ "templates: {}\n", "1:12: must be a list of templates" },
		{ "templates: [5]\n", "1:13: must be a mapping" },
		{ T("file: f"), "2:5: the template has no 'text'" },
		{ T("file: f, text: t, txt: t"), "2:50: unknown key 'txt'" },
		{ "templates: [{ name: n, kind: line, file: f, text: t }]\n", "1:30: must be pth-line, start-line or file" },
		{ T("file: f, text: t, own_name: yes"), "2:60: must be true or false" },
		{ T("file: [], text: t"), "2:38: must have at least one text, and not too many" },
		{ T("file: f, text: [[]]"), "2:48: must be a text" },
		{ T("file: f, text: ''"), "2:47: must not be empty" },
		{ T("file: f, text: '{WORD}'"), "2:47: has an unknown placeholder" },
		{ T("file: f, text: '{NAME:tupel}'"), "2:47: has an unknown placeholder" },
		{ T("file: f, text: '{NAME'"), "2:47: has an unknown placeholder" },
		{ T("file: f, text: '{NAME}{NAME}'"),
		  "2:47: nothing ends one of the placeholders: what follows it could be a part of it" },
		{ T("file: f, text: '{NAME}_x_{NAME}'"),
		  "2:47: nothing ends one of the placeholders: what follows it could be a part of it" },
		{ T("file: f, text: 'x {PATH}'"), "2:47: a path must stand between quotes" },
		{ T("file: f, text: 'x \"{PATH};'"), "2:47: a path must stand between quotes" },
		{ T("file: '{PATH}', text: x"), "2:38: the name of a file cannot hold such a placeholder" },
		{ T("file: f, text: 'x {DOTTED:last}'"),
		  "2:5: a placeholder stands nowhere plainly (without ':'), neither in 'file' nor in 'text'" },
		{ T("file: 'f{NAME}', text: ['x {NAME2:last}', 'x {NAME}']"),
		  "2:5: a placeholder stands nowhere plainly (without ':'), neither in 'file' nor in 'text'" },
		{ T("file: f, text: '{NAME} {NAME} {NAME} {NAME} {NAME} {NAME} {NAME} {NAME} {NAME} {NAME} {NAME} {NAME} "
		    "{NAME} {NAME} {NAME} {NAME}'"), "2:47: has too many placeholders" },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
		_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
		_cleanup_free_ char *said = NULL;
		struct judgement *j = NULL;

		assert_int_equal(judgement_load_text(bytes_of(rows[i].text), "t", &problems, &j), -EINVAL);
		assert_true(asprintf(&said, "%u:%u: %s", problems.list[0].line, problems.list[0].column,
				     problems.list[0].text) > 0);
		assert_string_equal(said, rows[i].problem);
	}
}

static void other_braces_are_themselves(void **state)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	_cleanup_(judgement_freep) struct judgement *j = NULL;

	(void)state;
	assert_int_equal(judgement_load_text(BYTES_LIT("templates:\n  - name: n\n    kind: pth-line\n    file: '/f/{NAME}/x.pth'\n"
						       "    text: 'import a; a({0!r}, {}, {[A]}, {'\n"), "t", &problems, &j), 0);
	assert_non_null(judgement_template(j, TEMPLATE_PTH_LINE, BYTES_LIT("/f/n/x.pth"), BYTES_LIT("import a; a({0!r}, {}, {[A]}, {")));
	/* A name that begins with a slash is the whole path. */
	assert_null(judgement_template(j, TEMPLATE_PTH_LINE, BYTES_LIT("/e/f/n/x.pth"), BYTES_LIT("import a; a({0!r}, {}, {[A]}, {")));
	assert_null(judgement_template(j, TEMPLATE_PTH_LINE, BYTES_LIT("/f/n/n/x.pth"), BYTES_LIT("import a; a({0!r}, {}, {[A]}, {")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_the_shapes),
		cmocka_unit_test(knows_names_that_tools_have_for_themselves),
		cmocka_unit_test(no_placeholder_lets_code_through),
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(other_braces_are_themselves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
