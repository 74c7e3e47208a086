#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>
#include <cmocka.h>

#include "cleanup.h"
#include "limits.h"
#include "zip_fixture.h"
#include "zipfile.h"

static void pack(struct bytes text, struct str *ret)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)text.ptr, .avail_in = (uInt)text.len };

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(str_reserve(ret, deflateBound(&z, text.len)), 0);
	z.next_out = (Bytef *)ret->buf;
	z.avail_out = (uInt)deflateBound(&z, text.len);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	ret->len = z.total_out;
	assert_int_equal(deflateEnd(&z), Z_OK);
}

/* ---- reading them ------------------------------------------------------------ */

/* "name=content" of each member. */
struct listing {
	struct bytes archive;
	struct str text;
	size_t max;
};

static int list(const struct zipfile_member *m, void *userdata)
{
	struct listing *l = userdata;
	_cleanup_str_ struct str content = STR_INIT;
	int r = zipfile_extract(l->archive, m, l->max, &content);

	return str_appendf(&l->text, "%.*s=%.*s%s\n", (int)m->name.len, m->name.ptr, (int)content.len, content.buf,
			   r < 0 ? "!" : "");
}

static int read_archive(struct bytes archive, size_t max, struct str *ret)
{
	struct listing l = { .archive = archive, .text = STR_INIT, .max = max };
	int r = zipfile_read(archive, list, &l);

	str_release(ret);
	*ret = l.text;
	return r;
}

static void reads_stored_and_deflated_members(void **state)
{
	_cleanup_archive_ struct archive a = ARCHIVE_INIT;
	_cleanup_str_ struct str packed = STR_INIT, got = STR_INIT, moved = STR_INIT;

	(void)state;
	pack(BYTES_LIT("import os"), &packed);
	zip_add(&a, "sitecustomize.py", 8, str_bytes(&packed), 9);
	zip_add(&a, "encodings/__init__.py", 0, BYTES_LIT("import io"), 9);
	zip_finish(&a, BYTES_LIT(""));

	assert_int_equal(read_archive(str_bytes(&a.text), 100, &got), 0);
	assert_string_equal(got.buf, "sitecustomize.py=import os\nencodings/__init__.py=import io\n");
	assert_int_equal(read_archive(str_bytes(&a.text), 4, &got), 0);
	assert_string_equal(got.buf, "sitecustomize.py=impo\nencodings/__init__.py=impo\n");

	/* A program may stand in front of an archive (zipapp), and a comment behind it. */
	zip_put_bytes(&moved, BYTES_LIT("#!/usr/bin/python3\nPK\5\6 is no end record here\n"));
	zip_put_bytes(&moved, str_bytes(&a.text));
	moved.buf[moved.len - 2] = 3;
	zip_put_bytes(&moved, BYTES_LIT("abc"));
	assert_int_equal(read_archive(str_bytes(&moved), 100, &got), 0);
	assert_string_equal(got.buf, "sitecustomize.py=import os\nencodings/__init__.py=import io\n");
}

static void damage_is_said(void **state)
{
	_cleanup_archive_ struct archive a = ARCHIVE_INIT;
	_cleanup_str_ struct str packed = STR_INIT, got = STR_INIT;

	(void)state;
	pack(BYTES_LIT("import os; import sys; import os; import sys"), &packed);
	packed.buf[5] = (char)0xff;
	packed.buf[6] = (char)0xff;
	zip_add(&a, "damaged.py", 8, str_bytes(&packed), 9);
	zip_add(&a, "cut.py", 8, bytes_slice(str_bytes(&packed), 0, 3), 9);
	zip_finish(&a, BYTES_LIT(""));
	assert_int_equal(read_archive(str_bytes(&a.text), 100, &got), 0);
	assert_true(bytes_find(str_bytes(&got), BYTES_LIT("!\ncut.py="), 0) > 0);
	assert_true(bytes_has_suffix(str_bytes(&got), BYTES_LIT("!\n")));
}

static void what_zipimport_refuses_is_refused(void **state)
{
	_cleanup_archive_ struct archive a = ARCHIVE_INIT;
	_cleanup_str_ struct str got = STR_INIT;
	struct bytes whole;
	size_t end;

	(void)state;
	zip_add(&a, "x.py", 0, BYTES_LIT("x"), 1);
	zip_finish(&a, BYTES_LIT(""));
	whole = str_bytes(&a.text);
	end = whole.len - 22;

	assert_int_equal(read_archive(BYTES_LIT("no archive"), 9, &got), -EINVAL);
	assert_int_equal(read_archive(BYTES_LIT("no archive, but as long as an end record"), 9, &got), -EINVAL);
	for (size_t n = 0; n < whole.len; n++)
		assert_int_equal(read_archive(bytes_slice(whole, 0, n), 9, &got), -EINVAL);

	a.text.buf[end + 12]++;		/* the directory is longer than what stands before its end */
	a.text.buf[end + 15] = 1;
	assert_int_equal(read_archive(whole, 9, &got), -EINVAL);
	a.text.buf[end + 12]--;
	a.text.buf[end + 15] = 0;
	a.text.buf[end - (size_t)a.directory.len + 28] = (char)0xff;	/* a name beyond the end */
	assert_int_equal(read_archive(whole, 9, &got), -EINVAL);
}

static void a_bomb_is_unpacked_as_far_as_wanted(void **state)
{
	_cleanup_archive_ struct archive a = ARCHIVE_INIT;
	_cleanup_str_ struct str zeros = STR_INIT, packed = STR_INIT, got = STR_INIT;

	(void)state;
	assert_int_equal(str_reserve(&zeros, 10000000), 0);
	memset(zeros.buf, '0', 10000000);
	pack((struct bytes){ zeros.buf, 10000000 }, &packed);
	zip_add(&a, "b", 8, str_bytes(&packed), 10000000);
	zip_finish(&a, BYTES_LIT(""));
	assert_int_equal(read_archive(str_bytes(&a.text), 3 * ZIPFILE_PIECE + 10, &got), 0);
	assert_int_equal(got.len, 3 * ZIPFILE_PIECE + 10 + 3);
}

static int count(const struct zipfile_member *m, void *userdata)
{
	(void)m;
	++*(size_t *)userdata;
	return 0;
}

static void the_number_of_members_is_bounded(void **state)
{
	_cleanup_archive_ struct archive a = ARCHIVE_INIT;
	size_t n = 0;

	(void)state;
	for (unsigned i = 0; i <= ZIPFILE_MEMBERS_MAX; i++)
		zip_add(&a, "", 0, BYTES_LIT(""), 0);
	zip_finish(&a, BYTES_LIT(""));
	assert_int_equal(zipfile_read(str_bytes(&a.text), count, &n), -E2BIG);
	assert_int_equal(n, ZIPFILE_MEMBERS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_stored_and_deflated_members),
		cmocka_unit_test(damage_is_said),
		cmocka_unit_test(what_zipimport_refuses_is_refused),
		cmocka_unit_test(a_bomb_is_unpacked_as_far_as_wanted),
		cmocka_unit_test(the_number_of_members_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
