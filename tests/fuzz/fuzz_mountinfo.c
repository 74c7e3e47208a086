/* Every view that is answered lies in the line, in the order of the fields; a table is made of its lines. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "mountinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = malloc(size ? size : 1);
	_cleanup_str_ struct str storage = STR_INIT;
	_cleanup_region_ struct region region = REGION_INIT;
	struct mount_table table;
	struct mount_line m;

	if (!line)
		return 0;
	if (size > 0)
		memcpy(line, data, size);
	if (mountinfo_parse_line(line, size, &m) == 0) {
		assert(m.root.ptr >= line && m.root.ptr + m.root.len <= line + size);
		assert(m.point.ptr > m.root.ptr && m.point.ptr + m.point.len <= line + size);
		assert(m.type.ptr > m.point.ptr && m.type.len > 0);
		(void)mountinfo_option(&m, BYTES_LIT("upperdir"), &storage);
	}
	free(line);

	/* A table has the lines of the text, and finds nothing that is not above the path. */
	if (mount_table_parse((struct bytes){ (const char *)data, size }, &region, &table) == 0) {
		const struct mount_line *on = mount_table_find(&table, BYTES_LIT("/mnt 2/a"));

		assert(table.count <= size);
		assert(!on || mountinfo_is_below(BYTES_LIT("/mnt 2/a"), on->point));
	}
	return 0;
}
