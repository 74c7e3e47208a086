/* What the header of a package says of one file, and headers that say anything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cleanup.h"
#include "rpm_header.h"
#include "temp_tree.h"
#include "rpm_fixture.h"

static int find(const struct builder *b, uint32_t index, const char *path, struct rpm_file *ret)
{
	static char kept[sizeof(struct builder)];
	struct bytes header = make_header(b);
	int r = rpm_header_find(header, index, bytes_of(path), ret);

	/* Its texts are looked at after the block is gone. */
	if (r > 0) {
		struct bytes *texts[] = { &ret->package, &ret->version, &ret->release };

		assert_true(header.len <= sizeof(kept));
		memcpy(kept, header.ptr, header.len);
		for (size_t i = 0; i < ELEMENTSOF(texts); i++)
			if (texts[i]->ptr)
				texts[i]->ptr = kept + (texts[i]->ptr - header.ptr);
	}
	free((char *)(uintptr_t)header.ptr);
	return r;
}

static void finds_file(void **state)
{
	struct rpm_file f = { 0 };
	struct builder b;

	(void)state;
	assert_int_equal(find(build_package(&b, "python3-a"), 1, SITE_DIR "a.pth", &f), 1);
	assert_true(bytes_equal(f.package, BYTES_LIT("python3-a")));
	assert_true(bytes_equal(f.version, BYTES_LIT("1.0")));
	assert_true(bytes_equal(f.release, BYTES_LIT("2.fc40")));
	assert_true(f.has_epoch && f.epoch == 3);
	assert_string_equal(f.digest.algorithm, "SHA256");
	/* A digest that is none, and that of a ghost. */
	assert_int_equal(find(&b, 0, SITE_DIR "a.py", &f), 1);
	assert_null(f.digest.algorithm);
	assert_int_equal(find(&b, 2, SITE_DIR "b.pth", &f), 1);
	assert_null(f.digest.algorithm);
}

static void another_file(void **state)
{
	static const char *const paths[] = { SITE_DIR "b.pth", "/etc/a.pth", "/x" SITE_DIR "a.pth", "a.pth", "/", "",
					     SITE_DIR "sub/a.pth", SITE_DIR "aa.pth" };
	struct rpm_file f;
	struct builder b;

	(void)state;
	build_package(&b, "a");
	for (size_t i = 0; i < ELEMENTSOF(paths); i++)
		assert_int_equal(find(&b, 1, paths[i], &f), 0);
	assert_int_equal(find(&b, 3, SITE_DIR "a.pth", &f), 0);
	assert_int_equal(find(&b, UINT32_MAX, SITE_DIR "a.pth", &f), 0);
}

/* "replaced": another package's file is there now. */
static void not_installed(void **state)
{
	struct rpm_file f;
	struct builder b;

	(void)state;
	build_package(&b, "a");
	for (size_t i = 0; i < b.entries; i++)
		if (b.index[16 * i + 2] == (char)(STATES >> 8) && b.index[16 * i + 3] == (char)(STATES & 0xff))
			b.data[(unsigned char)b.index[16 * i + 11] + 1] = 1;
	assert_int_equal(find(&b, 1, SITE_DIR "a.pth", &f), 0);
	assert_int_equal(find(&b, 0, SITE_DIR "a.py", &f), 1);
}

/* Old packages name no algorithm, and some no version. */
static void what_is_absent(void **state)
{
	static const uint32_t zero = 0, unknown = 99;
	struct rpm_file f = { 0 };
	struct builder b = { 0 };

	(void)state;
	ADD_TEXTS(&b, BASENAMES, ARRAY, 1, "a.pth");
	add_numbers(&b, DIRINDEXES, 1, &zero);
	ADD_TEXTS(&b, DIRNAMES, ARRAY, 1, "/");
	assert_int_equal(find(&b, 0, "/a.pth", &f), -EBADMSG);
	ADD_TEXTS(&b, NAME, STRING, 1, "a");
	ADD_TEXTS(&b, DIGESTS, ARRAY, 1, "b1946ac92492d2347c6235b4d2611184");
	assert_int_equal(find(&b, 0, "/a.pth", &f), 1);
	assert_true(!f.version.ptr && !f.release.ptr && !f.has_epoch);
	assert_string_equal(f.digest.algorithm, "MD5");
	add_numbers(&b, DIGESTALGO, 1, &unknown);
	f = (struct rpm_file){ 0 };
	assert_int_equal(find(&b, 0, "/a.pth", &f), 1);
	assert_null(f.digest.algorithm);
}

/* Every number and every length may be anything. */
static void hostile(void **state)
{
	static const unsigned char values[] = { 0, 1, 0x7f, 0x80, 0xff };
	struct bytes good;
	struct rpm_file f;
	struct builder b;

	(void)state;
	good = make_header(build_package(&b, "a"));
	for (size_t len = 0; len < good.len; len++) {
		char *part = malloc(len + 1);

		assert_non_null(part);
		memcpy(part + 1, good.ptr, len);	/* ends with the block */
		assert_int_equal(rpm_header_find((struct bytes){ part + 1, len }, 1, BYTES_LIT(SITE_DIR "a.pth"), &f), -EBADMSG);
		free(part);
	}
	for (size_t i = 0; i < good.len; i++)
		for (size_t v = 0; v < ELEMENTSOF(values); v++) {
			char *at = (char *)(uintptr_t)good.ptr + i, kept = *at;

			*at = (char)values[v];
			assert_true(rpm_header_find(good, 1, BYTES_LIT(SITE_DIR "a.pth"), &f) <= 1);
			*at = kept;
		}
	assert_int_equal(rpm_header_find(good, 1, BYTES_LIT(SITE_DIR "a.pth"), &f), 1);
	free((char *)(uintptr_t)good.ptr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_file),	  cmocka_unit_test(another_file), cmocka_unit_test(not_installed),
		cmocka_unit_test(what_is_absent), cmocka_unit_test(hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
