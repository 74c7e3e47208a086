#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "limits.h"
#include "record.h"
#include "temp_tree.h"

#define HELLO "sha256=WJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vgM"	/* "hello\n" */

/* ---- rows --------------------------------------------------------------- */

/* "PATH", "PATH+" with a digest, "PATH!" with a damaged one, each ended by '|'. */
static int collect(const struct record_row *row, void *userdata)
{
	struct str *out = userdata;
	const char *mark = row->damaged ? "!" : row->digest.algorithm ? "+" : "";

	assert_false(row->damaged && row->digest.algorithm);
	assert_int_equal(str_append_bytes(out, row->path), 0);
	assert_int_equal(str_append_text(out, mark), 0);
	return str_append_char(out, '|');
}

static const struct {
	struct bytes text;
	const char *rows;
} texts[] = {
	{ BYTES_LIT(""), "" },
	{ BYTES_LIT("\n\r\n,,\n"), "" },
	{ BYTES_LIT("a.py," HELLO ",6\nb.pyc,,\n"), "a.py+|b.pyc|" },
	{ BYTES_LIT("a.py," HELLO ",6\r\nb.pyc,,"), "a.py+|b.pyc|" },
	{ BYTES_LIT("a.py,sha256=x,6\n"), "a.py!|" },
	{ BYTES_LIT("\"a,b.py\"," HELLO ",6\n"), "a,b.py+|" },
	{ BYTES_LIT("\"a\"\"b\",\"" HELLO "\",\"6\"\n"), "a\"b+|" },
	{ BYTES_LIT("\"a\nb\",,\nc,,\n"), "a\nb|c|" },
	{ BYTES_LIT("a\"b,,\n"), "a\"b|" },			/* a quote within is a quote */
	{ BYTES_LIT("\"a\"b,,\n"), "ab|" },			/* as csv.reader without strict */
	{ BYTES_LIT("a\n"), "a|" },				/* installed-files.txt */
	{ BYTES_LIT("a,b,c,d,e\n"), "a!|" },
	{ BYTES_LIT("\"a,,\nb,,\n"), "a,,\nb,,\n|" },		/* never closed */
	{ BYTES_LIT("/abs/a.pth," HELLO ",6\n../../../bin/x,,\n"), "/abs/a.pth+|../../../bin/x|" },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
		_cleanup_str_ struct str rows = STR_INIT;

		assert_int_equal(record_parse(texts[i].text, collect, &rows), 0);
		assert_string_equal(rows.buf, texts[i].rows);
	}
}

static int append_row(struct str *text, size_t path_len)
{
	while (path_len-- > 0)
		if (str_append_char(text, 'x') < 0)
			return -ENOMEM;
	return str_append_text(text, ",,\n");
}

static void test_long_rows(void **state)
{
	_cleanup_str_ struct str text = STR_INIT, rows = STR_INIT;

	(void)state;
	assert_int_equal(append_row(&text, RECORD_FIELD_MAX), 0);
	assert_int_equal(append_row(&text, RECORD_FIELD_MAX + 1), 0);
	assert_int_equal(append_row(&text, 1), 0);
	assert_int_equal(record_parse(str_bytes(&text), collect, &rows), 0);
	assert_int_equal(rows.len, RECORD_FIELD_MAX + 1 + 2);
}

static int stop(const struct record_row *row, void *userdata)
{
	(void)row;
	++*(int *)userdata;
	return -ECANCELED;
}

/* The pieces of a file meet within a row. */
static void test_file(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_str_ struct str text = STR_INIT, from_memory = STR_INIT, from_file = STR_INIT;
	_cleanup_close_ int fd = -EBADF;
	int calls = 0;

	(void)state;
	temp_make(&t);
	for (unsigned i = 0; text.len < 2 * FILEDATA_CHUNK + 100; i++)
		assert_int_equal(str_appendf(&text, "pkg/module%u.py," HELLO ",6\n", i), 0);
	temp_write(&t, "RECORD", str_bytes(&text));
	fd = openat(t.fd, "RECORD", O_RDWR | O_CLOEXEC);
	assert_int_equal(record_parse(str_bytes(&text), collect, &from_memory), 0);
	assert_int_equal(record_read(fd, collect, &from_file), 0);
	assert_true(bytes_equal(str_bytes(&from_memory), str_bytes(&from_file)));
	assert_int_equal(record_read(fd, stop, &calls), -ECANCELED);
	assert_int_equal(calls, 1);
	assert_int_equal(record_read(t.fd, collect, &from_file), -EISDIR);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(ftruncate(fd, RECORD_BYTES_MAX + 1L), 0);
	calls = 0;
	assert_int_equal(record_read(fd, stop, &calls), -EFBIG);
}

static void test_path(void **state)
{
	static const struct {
		const char *site, *row, *path;
	} cases[] = {
		{ "/v/lib/site-packages", "a.pth", "/v/lib/site-packages/a.pth" },
		{ "/v/lib/site-packages", "./x//a.pth", "/v/lib/site-packages/x/a.pth" },
		{ "/v/lib/site-packages", "../../bin/pip", "/v/bin/pip" },
		{ "/v/lib/site-packages", "/v/lib/site-packages/../a.pth", "/v/lib/a.pth" },
		{ "/v", "../../../../a", "/a" },
		{ "/v", "..", "/" },
		{ "/v", "", "/v" },
		{ "/", "a", "/a" },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_str_ struct str path = STR_INIT;

		assert_int_equal(record_path(bytes_of(cases[i].site), bytes_of(cases[i].row), &path), 0);
		assert_string_equal(path.buf, cases[i].path);
	}
}

/* ---- a package ---------------------------------------------------------- */

#define DIST BYTES_LIT("pip-1.dist-info")
#define PREFIX BYTES_LIT("pip/")
#define ROWS                                                                                         \
	"pip/__init__.py," HELLO ",6\npip/cli/main.py," HELLO ",6\npip/cli/__pycache__/main.cpython-311.pyc,,\n" \
	"pip/cacert.pem," HELLO ",6\npip-1.dist-info/RECORD,,\n../../bin/pip," HELLO ",6\n"

/* 3.11's magic number, flags, 8 bytes (PEP 552). */
#define PYC(flags) BYTES_LIT("\xa7\x0d\r\n" flags "\0\0\0" "12345678")

static void make_package(struct temp *t)
{
	temp_make(t);
	temp_mkdir(t, "pip");
	temp_mkdir(t, "pip/cli");
	temp_mkdir(t, "pip/cli/__pycache__");
	temp_mkdir(t, "pip-1.dist-info");
	temp_write(t, "pip/__init__.py", BYTES_LIT("hello\n"));
	temp_write(t, "pip/cli/main.py", BYTES_LIT("hello\n"));
	temp_write(t, "pip/cacert.pem", BYTES_LIT("hello\n"));
	temp_write(t, "pip/cli/__pycache__/main.cpython-311.pyc", PYC("\0"));
	temp_write(t, "pip-1.dist-info/RECORD", BYTES_LIT(ROWS));
}

static struct record_verdict verify(const struct temp *t)
{
	struct record_verdict v = { 0 };

	assert_int_equal(record_verify(t->fd, DIST, PREFIX, NULL, &v), 0);
	return v;
}

static void test_whole_package(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	struct record_verdict v;

	(void)state;
	make_package(&t);
	v = verify(&t);
	assert_true(record_verdict_good(&v));
	assert_int_equal(v.rows, 4);
	assert_int_equal(v.checked, 3);
	assert_string_equal(v.first_bad, "");
}

/* Each way to put code into a package that keeps its RECORD. */
static void test_changed_package(void **state)
{
	static const struct {
		const char *name;	/* is written there; or a link, with "->" before */
		struct bytes content;
		unsigned mismatched, missing, extra, unchecked;
	} cases[] = {
		{ "pip/cli/main.py", BYTES_LIT("hello"), 1, 0, 0, 0 },
		{ "pip/cli/main.py", BYTES_LIT(""), 1, 0, 0, 0 },
		{ "pip/cli/main.so", BYTES_LIT("x"), 0, 0, 1, 0 },
		{ "pip/cli/main.cpython-311-x86_64-linux-gnu.so", BYTES_LIT("x"), 0, 0, 1, 0 },
		{ "pip/cli/__init__.py", BYTES_LIT("x"), 0, 0, 1, 0 },
		{ "pip/main.pyc", PYC("\0"), 0, 0, 1, 0 },
		{ "pip/cli/__pycache__/x.py", BYTES_LIT("x"), 0, 0, 1, 0 },
		{ "pip/cli/__pycache__/main.cpython-311.pyc", PYC("\1"), 0, 0, 0, 1 },
		{ "pip/cli/__pycache__/main.cpython-310.pyc", PYC("\1"), 0, 0, 0, 1 },
		{ "->pip/cli/x.py", BYTES_LIT("main.py"), 0, 0, 1, 0 },
		/* A package of that name goes before main.py. */
		{ "->pip/cli/main", BYTES_LIT("/tmp"), 0, 0, 1, 0 },
		{ "pip/cli/x.pyo", PYC("\0"), 0, 0, 1, 0 },
		{ "pip/cli/__init__.pyc", PYC("\0"), 0, 0, 1, 0 },
		/* Cannot be looked at: it may be anything. */
		{ "->pip/cli/__pycache__/main.cpython-310.pyc", BYTES_LIT("/tmp/x"), 0, 0, 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_temp_ struct temp t = TEMP_INIT;
		const char *name = cases[i].name;
		struct record_verdict v;

		make_package(&t);
		if (bytes_has_prefix(bytes_of(name), BYTES_LIT("->"))) {
			name += 2;
			assert_int_equal(symlinkat(cases[i].content.ptr, t.fd, name), 0);
		} else {
			temp_write(&t, name, cases[i].content);
		}
		v = verify(&t);
		assert_false(record_verdict_good(&v));
		assert_int_equal(v.mismatched, cases[i].mismatched);
		assert_int_equal(v.missing, cases[i].missing);
		assert_int_equal(v.extra, cases[i].extra);
		assert_int_equal(v.unchecked_bytecode, cases[i].unchecked);
		assert_string_equal(v.first_bad, name);
	}
}

static void test_removed_and_linked(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	struct record_verdict v;

	(void)state;
	make_package(&t);
	assert_int_equal(unlinkat(t.fd, "pip/cli/main.py", 0), 0);
	v = verify(&t);
	assert_int_equal(v.missing, 1);
	assert_string_equal(v.first_bad, "pip/cli/main.py");
	/* The content is right, but who owns it is not looked at. */
	temp_write(&t, "elsewhere.py", BYTES_LIT("hello\n"));
	assert_int_equal(symlinkat("../../elsewhere.py", t.fd, "pip/cli/main.py"), 0);
	v = verify(&t);
	assert_int_equal(v.missing, 1);
	assert_int_equal(unlinkat(t.fd, "pip/cli/main.py", 0), 0);
	assert_int_equal(mkfifoat(t.fd, "pip/cli/main.py", 0600), 0);
	v = verify(&t);
	assert_int_equal(v.missing, 1);
	assert_false(record_verdict_good(&v));
}

static void test_data(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	struct record_verdict v;

	(void)state;
	make_package(&t);
	temp_write(&t, "pip/cacert.pem", BYTES_LIT("another authority\n"));
	temp_write(&t, "pip/NOTES", BYTES_LIT("x"));
	v = verify(&t);
	assert_true(record_verdict_good(&v));
	assert_int_equal(v.other_data, 2);
}

/* Python 2 caches there; rows of what was never there are virtualenv's. */
static void test_rows_without_a_digest(void **state)
{
	static const char rows[] = ROWS "pip/cli/main.pyc,,\npip/cli/main.cpython-311.pyc,,\npip/cli/__pycache__,,\n"
					"pip/gone.py,,\n";
	_cleanup_temp_ struct temp t = TEMP_INIT;
	struct record_verdict v;

	(void)state;
	make_package(&t);
	temp_write(&t, "pip-1.dist-info/RECORD", bytes_of(rows));
	v = verify(&t);
	assert_true(record_verdict_good(&v));
	temp_write(&t, "pip/cli/main.pyc", PYC("\0"));
	temp_write(&t, "pip/cli/main.pyo", PYC("\0"));
	v = verify(&t);
	assert_true(record_verdict_good(&v));
	assert_int_equal(v.other_data, 0);
	/* They do not vouch for what is there. */
	temp_write(&t, "pip/cli/main.cpython-311.pyc", PYC("\0"));
	v = verify(&t);
	assert_int_equal(v.extra, 1);
	assert_string_equal(v.first_bad, "pip/cli/main.cpython-311.pyc");
	temp_write(&t, "pip/gone.py", BYTES_LIT("x"));
	v = verify(&t);
	assert_int_equal(v.extra, 2);
	assert_false(record_verdict_good(&v));
}

static void test_rows_of_another_kind(void **state)
{
	static const struct bytes records[] = {
		BYTES_LIT(""),
		BYTES_LIT("pip/__init__.py,,\npip/cli/main.py,,\n"),
		BYTES_LIT("pip/__init__.py," HELLO ",6\npip/cli/main.py,crc32=1,6\n"),
		BYTES_LIT("pip/__init__.py," HELLO ",6\npip/cli/../cli/main.py," HELLO ",6\n"),
		BYTES_LIT("pip/__init__.py," HELLO ",6\npip/cli/main.py," HELLO ",6\npip/../../../etc/x.py," HELLO ",6\n"),
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(records); i++) {
		_cleanup_temp_ struct temp t = TEMP_INIT;
		struct record_verdict v;

		make_package(&t);
		temp_write(&t, "pip-1.dist-info/RECORD", records[i]);
		v = verify(&t);
		assert_false(record_verdict_good(&v));
	}
}

static void test_no_package(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	struct record_verdict v;
	struct work work = { .left = WORK_STAT };
	uint64_t print = 7;
	char deep[3 * (RECORD_DEPTH_MAX + 2)] = "pip";

	(void)state;
	make_package(&t);
	assert_int_equal(record_verify(t.fd, DIST, PREFIX, &work, &v), -EDQUOT);
	assert_int_equal(record_fingerprint(t.fd, DIST, PREFIX, &work, &print), -EDQUOT);
	assert_int_equal(record_verify(t.fd, BYTES_LIT("none"), PREFIX, NULL, &v), -ENOENT);
	assert_int_equal(record_verify(t.fd, BYTES_LIT("../x"), PREFIX, NULL, &v), -EINVAL);
	assert_int_equal(record_verify(t.fd, BYTES_LIT(".."), PREFIX, NULL, &v), -EINVAL);
	assert_int_equal(record_verify(t.fd, BYTES_LIT(""), PREFIX, NULL, &v), -EINVAL);
	assert_int_equal(record_verify(t.fd, DIST, BYTES_LIT("pip"), NULL, &v), -EINVAL);
	assert_int_equal(record_verify(t.fd, DIST, BYTES_LIT("/"), NULL, &v), -EINVAL);
	assert_int_equal(record_verify(t.fd, DIST, BYTES_LIT("../"), NULL, &v), -EINVAL);
	assert_int_equal(record_verify(t.fd, DIST, BYTES_LIT("pip/cli/"), NULL, &v), -EINVAL);
	assert_int_equal(record_verify(t.fd, DIST, BYTES_LIT("gone/"), NULL, &v), -ENOENT);
	for (unsigned i = 0; i <= RECORD_DEPTH_MAX; i++) {
		(void)strcat(deep, "/d");
		temp_mkdir(&t, deep);
	}
	assert_int_equal(record_verify(t.fd, DIST, PREFIX, NULL, &v), -E2BIG);
	assert_int_equal(record_fingerprint(t.fd, DIST, PREFIX, NULL, &print), -E2BIG);
	assert_int_equal(print, 7);
}

/* One large file, named again and again. */
static void test_too_much_to_hash(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_close_ int fd = -EBADF;
	struct record_verdict v;

	(void)state;
	make_package(&t);
	fd = openat(t.fd, "pip/cli/main.py", O_WRONLY | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, RECORD_VERIFY_BYTES_MAX / 3), 0);
	temp_write(&t, "pip-1.dist-info/RECORD",
		   BYTES_LIT("pip/cli/main.py," HELLO ",\npip/cli/main.py," HELLO ",\npip/cli/main.py," HELLO ",\n"));
	v = verify(&t);
	assert_int_equal(v.mismatched, 3);
	temp_write(&t, "pip-1.dist-info/RECORD",
		   BYTES_LIT("pip/cli/main.py," HELLO ",\npip/cli/main.py," HELLO ",\npip/cli/main.py," HELLO ",\n"
			     "pip/cli/main.py," HELLO ",\n"));
	assert_int_equal(record_verify(t.fd, DIST, PREFIX, NULL, &v), -E2BIG);
}

static void test_fingerprint(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	uint64_t before = 0, after = 0;

	(void)state;
	make_package(&t);
	assert_int_equal(record_fingerprint(t.fd, DIST, PREFIX, NULL, &before), 0);
	assert_int_equal(record_fingerprint(t.fd, DIST, PREFIX, NULL, &after), 0);
	assert_true(before == after);

	temp_write(&t, "pip/cli/added.so", BYTES_LIT("x"));
	assert_int_equal(record_fingerprint(t.fd, DIST, PREFIX, NULL, &after), 0);
	assert_true(before != after);
	before = after;
	temp_write(&t, "pip/cli/main.py", BYTES_LIT("longer than before\n"));
	assert_int_equal(record_fingerprint(t.fd, DIST, PREFIX, NULL, &after), 0);
	assert_true(before != after);
	before = after;
	assert_int_equal(renameat(t.fd, "pip/cli/added.so", t.fd, "pip/cli/adder.so"), 0);
	assert_int_equal(record_fingerprint(t.fd, DIST, PREFIX, NULL, &after), 0);
	assert_true(before != after);
	before = after;
	temp_write(&t, "pip-1.dist-info/RECORD", BYTES_LIT(ROWS "x,,\n"));
	assert_int_equal(record_fingerprint(t.fd, DIST, PREFIX, NULL, &after), 0);
	assert_true(before != after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_long_rows),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_whole_package),
		cmocka_unit_test(test_changed_package),
		cmocka_unit_test(test_removed_and_linked),
		cmocka_unit_test(test_data),
		cmocka_unit_test(test_rows_without_a_digest),
		cmocka_unit_test(test_rows_of_another_kind),
		cmocka_unit_test(test_no_package),
		cmocka_unit_test(test_too_much_to_hash),
		cmocka_unit_test(test_fingerprint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
