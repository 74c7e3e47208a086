/* fuzz_field.c - every field of a writer and a file whose texts are the input's (pieces ended by
 * 0xfe): never more values than there is room for, never an absent one, and of its kind. */
#include <assert.h>
#include <stdlib.h>

#include "field.h"
#include "pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t number(struct bytes *rest)
{
	struct bytes b = piece(rest);
	uint32_t n = 0;

	memcpy(&n, b.ptr, b.len < sizeof(n) ? b.len : sizeof(n));
	return n;
}

static void ask_all(const struct facts *f, size_t max)
{
	struct bytes values[FIELD_VALUES_MAX + 1], guard = BYTES_LIT("guard");

	for (const struct field *x = field_table; x->name; x++) {
		size_t count;
		uint64_t n;

		values[max] = guard;
		count = x->get(f, values, max);
		assert(count <= max && values[max].ptr == guard.ptr);
		assert(count <= 1 || x->kind == FIELD_LIST);
		for (size_t i = 0; i < count; i++)
			assert(values[i].ptr);
		assert(count == 0 || x->kind != FIELD_NUMBER || bytes_to_u64(values[0], &n) == 0);
		assert(count == 0 || x->kind != FIELD_BOOLEAN || bytes_equal(values[0], BYTES_LIT("true")) ||
		       bytes_equal(values[0], BYTES_LIT("false")));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest = { size ? (const char *)data : "", size };
	_cleanup_region_ struct region region = REGION_INIT;
	struct event event = EVENT_INIT;
	struct image image = { .exe = piece(&rest), .argv = piece(&rest), .environ = piece(&rest),
			       .cwd = piece(&rest), .cgroup = piece(&rest), .exe_ino = 1 };
	struct process parent = { .pid = 2, .image = &image }, process = { .pid = 3, .image = &image, .parent = &parent };
	struct content_line line = { .number = 1, .does = LINE_EXECUTES };
	struct facts f = { .region = &region, .event = &event, .attribution.process = &process };
	struct bytes comm = piece(&rest);

	memcpy(process.comm, comm.ptr, comm.len < sizeof(process.comm) ? comm.len : sizeof(process.comm));
	process.credentials_known = true;
	process.uid = process.gid = process.loginuid = process.sessionid = number(&rest);
	process.tty = number(&rest);
	process.sid = (pid_t)number(&rest);
	image.exe_mode = f.file.st.st_mode = number(&rest);
	f.attribution.mismatch = number(&rest);
	event.path = piece(&rest);
	event.old_path = f.container_path = piece(&rest);
	line.text = f.user_name = f.parent_user_name = piece(&rest);
	f.content = (struct content){ .lines = &line, .line_count = 1, .places = number(&rest), .indicators = number(&rest) };
	f.installer = (struct installer){ .name = "pip", .reasons = { line.text }, .reason_count = 1 };
	f.cgroup = (struct cgroup){ .unit = image.cgroup, .container_id = image.cgroup };
	f.file.known = true;
	if (rest.len > 0)
		f.env.name = f.env.value = rest;

	ask_all(&f, FIELD_VALUES_MAX);
	ask_all(&f, 1);
	ask_all(&f, 0);
	return 0;
}
