#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <sys/fanotify.h>

#include "fanotify_record.h"

struct builder {
	char data[1024];
	size_t len;
};

static void put(struct builder *b, const void *data, size_t len)
{
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

static void put_metadata(struct builder *b, uint64_t mask, int pid)
{
	struct fanotify_event_metadata m = {
		.event_len = sizeof(m), .vers = FANOTIFY_METADATA_VERSION, .metadata_len = sizeof(m),
		.mask = mask, .fd = FAN_NOFD, .pid = pid,
	};

	b->len = 0;
	put(b, &m, sizeof(m));
}

static void fix_length(struct builder *b)
{
	uint32_t len = (uint32_t)b->len;

	memcpy(b->data, &len, sizeof(len));
}

/* As copy_fid_info_to_user() in the kernel: header, fsid, handle, name, NULs to a multiple of 4. */
static void put_info(struct builder *b, uint8_t type, const char *handle, const char *name)
{
	uint32_t size = (uint32_t)strlen(handle);
	int32_t handle_type = 1;
	uint16_t len = (uint16_t)((20 + size + strlen(name) + 1 + 3) & ~3u);
	size_t start = b->len;
	uint64_t fsid = 77;
	char head[2] = { (char)type, 0 };

	put(b, head, 2);
	put(b, &len, 2);
	put(b, &fsid, 8);
	put(b, &size, 4);
	put(b, &handle_type, 4);
	put(b, handle, size);
	put(b, name, strlen(name));
	while (b->len - start < len)
		put(b, "", 1);
	fix_length(b);
}

static void decodes_a_rename(void **state)
{
	struct builder b;
	struct fanotify_record r;

	(void)state;
	put_metadata(&b, 0x10000000, 123);
	put_info(&b, 10, "olddir", "a.tmp");
	put_info(&b, 12, "newdir!", "b.pth");
	put_info(&b, 1, "self", "");
	assert_int_equal(fanotify_record_decode((struct bytes){ b.data, b.len }, &r), 0);
	assert_int_equal(r.pid, 123);
	assert_int_equal(r.length, b.len);
	assert_true(bytes_equal(r.old_name, BYTES_LIT("a.tmp")));
	assert_true(bytes_equal(r.old_dir.bytes, BYTES_LIT("olddir")));
	assert_true(bytes_equal(r.name, BYTES_LIT("b.pth")));
	assert_true(bytes_equal(r.dir.bytes, BYTES_LIT("newdir!")));
	assert_true(bytes_equal(r.object.bytes, BYTES_LIT("self")));
	assert_true(r.dir.fsid == 77);
}

static void skips_what_it_does_not_know(void **state)
{
	struct builder b;
	struct fanotify_record r;

	(void)state;
	put_metadata(&b, FAN_CREATE, 5);
	put_info(&b, 99, "future", "x");
	put_info(&b, 2, "dir", "n.pth");
	assert_int_equal(fanotify_record_decode((struct bytes){ b.data, b.len }, &r), 0);
	assert_true(bytes_equal(r.name, BYTES_LIT("n.pth")));
}

/* Cut anywhere, or with any byte of its lengths wrong, it is refused or read within bounds. */
static void survives_damage(void **state)
{
	struct builder b;
	struct fanotify_record r;

	(void)state;
	put_metadata(&b, FAN_CREATE, 5);
	put_info(&b, 2, "directory", "name.pth");
	for (size_t len = 1; len < b.len; len++)
		assert_int_equal(fanotify_record_decode((struct bytes){ b.data, len }, &r), -EBADMSG);
	assert_int_equal(fanotify_record_decode((struct bytes){ b.data, 0 }, &r), -ENODATA);
	for (size_t i = 0; i < b.len; i++) {
		char saved = b.data[i];

		b.data[i] = (char)0xff;
		if (fanotify_record_decode((struct bytes){ b.data, b.len }, &r) == 0) {
			assert_true(r.length <= b.len);
			assert_true(r.name.len <= b.len);
		}
		b.data[i] = saved;
	}
	b.data[4] = FANOTIFY_METADATA_VERSION + 1;
	assert_int_equal(fanotify_record_decode((struct bytes){ b.data, b.len }, &r), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes_a_rename),
		cmocka_unit_test(skips_what_it_does_not_know),
		cmocka_unit_test(survives_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
