/* zip_fixture.h - makes zip archives, good ones and bad ones, for tests.  cmocka's headers come before. */
#ifndef PYHOOKD_ZIP_FIXTURE_H
#define PYHOOKD_ZIP_FIXTURE_H

#include "str.h"

struct archive {
	struct str text, directory;
	unsigned members;
};

#define ARCHIVE_INIT ((struct archive){ .text = STR_INIT, .directory = STR_INIT })

static inline void archive_done(struct archive *a)
{
	str_release(&a->text);
	str_release(&a->directory);
}

#define _cleanup_archive_ __attribute__((cleanup(archive_done)))

static inline void zip_put(struct str *s, uint32_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		assert_int_equal(str_append_char(s, (char)(value >> 8 * i & 0xff)), 0);
}

static inline void zip_put_bytes(struct str *s, struct bytes b)
{
	assert_int_equal(str_append_bytes(s, b), 0);
}

/* The fields that both headers have, from the version to the sizes of names. */
static inline void zip_put_common(struct str *s, unsigned method, size_t packed, size_t size, size_t name)
{
	zip_put(s, 20, 2);
	zip_put(s, 0, 2);
	zip_put(s, method, 2);
	zip_put(s, 0, 4);	/* time */
	zip_put(s, 0, 4);	/* crc: zipimport does not look at it */
	zip_put(s, (uint32_t)packed, 4);
	zip_put(s, (uint32_t)size, 4);
	zip_put(s, (uint32_t)name, 2);
	zip_put(s, 0, 2);	/* extra */
}

static inline void zip_add(struct archive *a, const char *name, unsigned method, struct bytes packed, size_t size)
{
	const uint32_t at = (uint32_t)a->text.len;
	struct bytes n = bytes_of(name);

	zip_put_bytes(&a->text, BYTES_LIT("PK\3\4"));
	zip_put_common(&a->text, method, packed.len, size, n.len);
	zip_put_bytes(&a->text, n);
	zip_put_bytes(&a->text, packed);

	zip_put_bytes(&a->directory, BYTES_LIT("PK\1\2"));
	zip_put(&a->directory, 20, 2);
	zip_put_common(&a->directory, method, packed.len, size, n.len);
	for (unsigned i = 0; i < 2 + 2 + 2 + 4; i++)	/* comment, disk, attributes */
		zip_put(&a->directory, 0, 1);
	zip_put(&a->directory, at, 4);
	zip_put_bytes(&a->directory, n);
	a->members++;
}

static inline void zip_finish(struct archive *a, struct bytes comment)
{
	const uint32_t at = (uint32_t)a->text.len;

	zip_put_bytes(&a->text, str_bytes(&a->directory));
	zip_put_bytes(&a->text, BYTES_LIT("PK\5\6"));
	zip_put(&a->text, 0, 4);
	zip_put(&a->text, a->members, 2);
	zip_put(&a->text, a->members, 2);
	zip_put(&a->text, (uint32_t)a->directory.len, 4);
	zip_put(&a->text, at, 4);
	zip_put(&a->text, (uint32_t)comment.len, 2);
	zip_put_bytes(&a->text, comment);
}

#endif
