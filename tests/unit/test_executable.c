#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>

#include "executable.h"
#include "limits.h"
#include "temp_tree.h"

static const char *const markers[] = { "github.com/example/tool/cmd", "tool: no such thing", NULL };

struct head {
	unsigned char magic0, class, data, version, type[2];
};
#define GOOD { ELFMAG0, ELFCLASS64, ELFDATA2LSB, EV_CURRENT, { ET_DYN, 0 } }

static int make_file(const struct temp *t, const char *name, const struct head *h)
{
	unsigned char head[EI_NIDENT + 2] = { h->magic0, ELFMAG1, ELFMAG2, ELFMAG3, h->class, h->data, h->version };
	int fd = openat(t->fd, name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	memcpy(head + EI_NIDENT, h->type, 2);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, head, sizeof(head), 0), (ssize_t)sizeof(head));
	return fd;
}

static void put(int fd, off_t at, const char *text)
{
	assert_int_equal(pwrite(fd, text, strlen(text), at), (ssize_t)strlen(text));
}

static bool has(int fd)
{
	bool found = false;

	assert_int_equal(executable_has_marker(fd, markers, &found), 0);
	return found;
}

static void test_head(void **state)
{
	static const struct {
		struct head head;
		int r;
	} cases[] = {
		{ GOOD, 0 },
		{ { ELFMAG0, ELFCLASS32, ELFDATA2LSB, EV_CURRENT, { ET_EXEC, 0 } }, 0 },
		{ { ELFMAG0, ELFCLASS64, ELFDATA2MSB, EV_CURRENT, { 0, ET_EXEC } }, 0 },
		{ { ELFMAG0, ELFCLASS64, ELFDATA2MSB, EV_CURRENT, { ET_EXEC, 0 } }, -ENOEXEC },
		{ { ELFMAG0, ELFCLASS64, ELFDATA2LSB, EV_CURRENT, { ET_CORE, 0 } }, -ENOEXEC },
		{ { ELFMAG0, ELFCLASS64, ELFDATA2LSB, EV_CURRENT, { ET_REL, 0 } }, -ENOEXEC },
		{ { ELFMAG0, ELFCLASSNONE, ELFDATA2LSB, EV_CURRENT, { ET_DYN, 0 } }, -ENOEXEC },
		{ { ELFMAG0, ELFCLASS64, ELFDATA2LSB, EV_NONE, { ET_DYN, 0 } }, -ENOEXEC },
		{ { '#', ELFCLASS64, ELFDATA2LSB, EV_CURRENT, { ET_DYN, 0 } }, -ENOEXEC },
	};
	_cleanup_temp_ struct temp t = TEMP_INIT;

	(void)state;
	temp_make(&t);
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_close_ int fd = make_file(&t, "x", &cases[i].head);
		bool found = true;

		put(fd, 100, markers[0]);
		assert_int_equal(executable_has_marker(fd, markers, &found), cases[i].r);
		assert_true(found);
	}
}

static void test_no_program(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_close_ int file = -EBADF;
	bool found = true;

	(void)state;
	temp_make(&t);
	assert_int_equal(executable_has_marker(t.fd, markers, &found), -ENOEXEC);
	assert_int_equal(executable_has_marker(-1, markers, &found), -EBADF);
	file = openat(t.fd, "short", O_RDWR | O_CREAT | O_CLOEXEC, 0755);
	assert_int_equal(executable_has_marker(file, markers, &found), -ENOEXEC);
	put(file, 0, ELFMAG);
	assert_int_equal(executable_has_marker(file, markers, &found), -ENOEXEC);
	assert_true(found);
}

/* Wherever it lies, and across each border of two reads. */
static void test_found_anywhere(void **state)
{
	const struct head good = GOOD;
	const off_t border = FILEDATA_CHUNK, len = (off_t)strlen(markers[0]);
	const off_t places[] = {
		EI_NIDENT + 2, border - len, border - len + 1, border - 1, border, 2 * border - 3, 3 * border - len,
	};
	_cleanup_temp_ struct temp t = TEMP_INIT;

	(void)state;
	temp_make(&t);
	for (size_t i = 0; i < ELEMENTSOF(places); i++) {
		_cleanup_close_ int fd = make_file(&t, "x", &good);

		assert_false(has(fd));
		put(fd, places[i], markers[0]);
		assert_int_equal(lseek(fd, 7, SEEK_SET), 7);
		assert_true(has(fd));
		assert_int_equal(lseek(fd, 0, SEEK_CUR), 7);
		/* All but the last byte. */
		put(fd, places[i] + len - 1, "?");
		assert_false(has(fd));
		put(fd, places[i], markers[1]);
		assert_true(has(fd));
	}
}

static void test_bounds(void **state)
{
	const struct head good = GOOD;
	char text[FILEDATA_NEEDLE_MAX + 2];
	const char *one[] = { text, NULL };
	const char *many[EXECUTABLE_MARKERS_MAX + 2] = { NULL };
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_close_ int fd = -EBADF;
	bool found = false;

	(void)state;
	temp_make(&t);
	fd = make_file(&t, "x", &good);
	memset(text, 'a', sizeof(text));
	text[FILEDATA_NEEDLE_MAX] = '\0';
	put(fd, FILEDATA_CHUNK - 1, text);
	assert_int_equal(executable_has_marker(fd, one, &found), 0);
	assert_true(found);
	text[FILEDATA_NEEDLE_MAX] = 'a';
	text[FILEDATA_NEEDLE_MAX + 1] = '\0';
	assert_int_equal(executable_has_marker(fd, one, &found), -EINVAL);
	text[0] = '\0';
	assert_int_equal(executable_has_marker(fd, one, &found), -EINVAL);
	for (size_t i = 0; i <= EXECUTABLE_MARKERS_MAX; i++)
		many[i] = "a";
	assert_int_equal(executable_has_marker(fd, many, &found), -EINVAL);
	many[EXECUTABLE_MARKERS_MAX] = NULL;
	assert_int_equal(executable_has_marker(fd, many, &found), 0);

	/* A sparse file: the size is what counts. */
	assert_int_equal(ftruncate(fd, EXECUTABLE_BYTES_MAX + 1L), 0);
	assert_int_equal(executable_has_marker(fd, markers, &found), -ENOEXEC);
}

/* What the table of installers relies on: dpkg's text is in dpkg and not in the shell. */
static void test_of_this_host(void **state)
{
	static const char *const dpkg[] = { "package management program version", NULL };
	_cleanup_close_ int fd = open("/usr/bin/dpkg", O_RDONLY | O_CLOEXEC), sh = open("/bin/sh", O_RDONLY | O_CLOEXEC);
	bool found = false;

	(void)state;
	if (fd < 0 || sh < 0) {
		print_message("skipped: no dpkg here\n");
		skip();
	}
	assert_int_equal(executable_has_marker(fd, dpkg, &found), 0);
	assert_true(found);
	assert_int_equal(executable_has_marker(sh, dpkg, &found), 0);
	assert_false(found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_no_program),
		cmocka_unit_test(test_found_anywhere),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_of_this_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
