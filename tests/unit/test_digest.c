#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "digest.h"
#include "temp_tree.h"

/* Of "hello\n", from Python's hashlib and base64. */
static const struct {
	const char *record, *name, *hex;
} hello[] = {
	{ "sha256=WJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vgM", "sha256",
	  "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03" },
	{ "sha384=HQ8oTv4-3qS5yjvVFPoTSxfq42HMx6Hu_v-AG5vWYE4B8h9r8knvAwWZ8MIY8rqM", "sha384",
	  "1d0f284efe3edea4b9ca3bd514fa134b17eae361ccc7a1eefeff801b9bd6604e01f21f6bf249ef030599f0c218f2ba8c" },
	{ "sha512=58IrmUxZ2c8rSOVJseJGZmNgRZMNPafBrLKZ0cO3-TH5Sq5B7dosKyB6NuEPi8uNRSI-VIePWzFufOO2vAGWKQ", "sha512",
	  "e7c22b994c59d9cf2b48e549b1e24666636045930d3da7c1acb299d1c3b7f931"
	  "f94aae41edda2c2b207a36e10f8bcb8d45223e54878f5b316e7ce3b6bc019629" },
	{ "sha224=LW1n2R0Lrc3QbLu6H-EVOKaKN-ycLiZFfO_xKw", "sha224",
	  "2d6d67d91d0badcdd06cbbba1fe11538a68a37ec9c2e26457ceff12b" },
	{ "sha1=9XLTlvrpIGYocU-yzgD3LpTyJY8", "sha1", "f572d396fae9206628714fb2ce00f72e94f2258f" },
	{ "md5=sZRqySSS0jR8YjW00mERhA", "md5", "B1946AC92492d2347c6235b4d2611184" },
};

static const char *const no_records[] = {
	"", "=", "sha256", "sha256=", "sha256=WJG1", "=WJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vgM",
	"SHA256=WJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vgM", "sha999=WJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vgM",
	"sha256=WJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vg=", "sha256=WJG1tSLV3whtD/CxEPvZ0hu0+HFjrzTQgoai6Eb2vgM",
	"sha256=WJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vgMA", "sha256=WJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vg",
	" sha256=WJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vgM", "md5=WJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vgM",
};

static void test_fits(void **state)
{
	_cleanup_temp_ struct temp t = TEMP_INIT;
	_cleanup_close_ int same = -EBADF, other = -EBADF;

	(void)state;
	temp_make(&t);
	temp_write(&t, "same", BYTES_LIT("hello\n"));
	temp_write(&t, "other", BYTES_LIT("hello"));
	same = openat(t.fd, "same", O_RDONLY | O_CLOEXEC);
	other = openat(t.fd, "other", O_RDONLY | O_CLOEXEC);
	for (size_t i = 0; i < ELEMENTSOF(hello); i++) {
		struct digest a, b;
		bool fits = false;

		assert_int_equal(digest_parse_record(bytes_of(hello[i].record), &a), 0);
		assert_int_equal(digest_parse_hex(hello[i].name, bytes_of(hello[i].hex), &b), 0);
		assert_string_equal(a.algorithm, b.algorithm);
		assert_int_equal(a.len, b.len);
		assert_memory_equal(a.bytes, b.bytes, a.len);
		assert_int_equal(digest_fits_file(&a, same, 6, &fits), 0);
		assert_true(fits);
		assert_int_equal(digest_fits_file(&a, other, 6, &fits), 0);
		assert_false(fits);
		assert_int_equal(digest_fits_file(&a, same, 5, &fits), -EFBIG);
		assert_int_equal(digest_fits_file(&a, t.fd, 5, &fits), -EISDIR);
		assert_false(fits);
	}
}

static void test_no_digest(void **state)
{
	struct digest d = { .algorithm = "untouched" };

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(no_records); i++)
		if (digest_parse_record(bytes_of(no_records[i]), &d) != -EINVAL)
			fail_msg("taken: %s", no_records[i]);
	assert_int_equal(digest_parse_hex("md5", BYTES_LIT("b1946ac92492d2347c6235b4d261118"), &d), -EINVAL);
	assert_int_equal(digest_parse_hex("md5", BYTES_LIT("b1946ac92492d2347c6235b4d261118g"), &d), -EINVAL);
	assert_int_equal(digest_parse_hex("md6", BYTES_LIT("b1946ac92492d2347c6235b4d2611184"), &d), -EINVAL);
	assert_int_equal(digest_parse_hex("md5", BYTES_NONE, &d), -EINVAL);
	assert_string_equal(d.algorithm, "untouched");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fits),
		cmocka_unit_test(test_no_digest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
