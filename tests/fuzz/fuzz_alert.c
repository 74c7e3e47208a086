/* fuzz_alert.c - two ways in.
 *
 * The bytes as JSON text: whatever tree it is, the line for a person and the
 * journal's fields are refused or printable.  The bytes as what strangers choose of
 * an event (names, arguments, content): the alert is one line of JSON that reads
 * back, with printable texts only, whose columns are the bytes that went in. */
#include <assert.h>
#include <stdlib.h>

#include "alert.h"
#include "document.h"
#include "escape.h"
#include "limits.h"
#include "pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void assert_printable(struct bytes b)
{
	while (b.len > 0) {
		uint32_t c = 0;
		size_t n = utf8_sequence(b, &c);

		assert(n > 0);
		assert(c >= 0x20 && !(c >= 0x7f && c <= 0x9f) && c != 0x202e);
		b = bytes_slice(b, n, b.len - n);
	}
}

static void assert_texts_printable(const cJSON *node)
{
	const cJSON *child;

	if (cJSON_IsString(node))
		assert_printable(bytes_of(node->valuestring));
	cJSON_ArrayForEach(child, node)
		assert_texts_printable(child);
}

static int check_field(const char *name, struct bytes value, void *userdata)
{
	unsigned *seen = userdata;

	assert(bytes_has_prefix(bytes_of(name), BYTES_LIT("PYHOOKD_")) || *seen < 4);
	if (!bytes_equal(bytes_of(name), BYTES_LIT("PYHOOKD_JSON")))
		assert_printable(value);
	++*seen;
	return 0;
}

static void read_json(const cJSON *json, struct bytes line)
{
	_cleanup_str_ struct str plain = STR_INIT, coloured = STR_INIT;
	unsigned seen = 0;
	int r, fields;

	r = alert_text(json, false, &plain);
	fields = alert_journal_fields(json, line, check_field, &seen);
	assert(r == fields && (r == 0 || r == -EINVAL));
	assert(r == 0 ? seen >= 7 : seen == 0 && plain.len == 0);
	assert_printable(str_bytes(&plain));
	assert(alert_text(json, true, &coloured) == r);
	assert(coloured.len >= plain.len);
}

static void write_json(struct bytes rest, unsigned kind, unsigned form)
{
	static const uint8_t seed[16];
	char *tags[] = { (char *)"attack.persistence", (char *)"attack.t1546.018", NULL, NULL };
	struct sigma_rule rule = { .id = (char *)"id", .title = (char *)"t", .tags = tags, .level = LEVEL_HIGH };
	struct verdict verdict = { { &rule }, 1, 1, LEVEL_HIGH, DETECTION_PTH_FILE_CREATED };
	struct event event = EVENT_INIT;
	struct image image = { 0 };
	struct process process = { .pid = 1, .image = &image }, parent = { .pid = 2, .image = &image };
	struct content_line line = { .number = 1, .does = (enum content_line_does)(form & 3), .hidden = form & 4 };
	struct facts facts = { .event = &event };
	struct bytes comm, target;
	_cleanup_str_ struct str expected = STR_INIT, tag = STR_INIT;
	_cleanup_(alert_freep) struct alert *a = NULL;
	_cleanup_cjson_ cJSON *json = NULL;

	event.path = piece(&rest);
	image.exe = piece(&rest);
	image.argv = piece(&rest);
	image.environ = piece(&rest);
	image.cwd = image.cgroup = piece(&rest);
	comm = piece(&rest);
	memcpy(process.comm, comm.ptr, comm.len < 15 ? comm.len : 15);
	line.text = piece(&rest);
	facts.user_name = facts.computer = piece(&rest);
	if (kind & 1) {
		facts.env.name = piece(&rest);
		facts.env.value = piece(&rest);
	}
	assert(str_append_text(&tag, "attack.") == 0 && str_append_bytes(&tag, piece(&rest)) == 0);
	tags[2] = tag.buf;

	event.what = (uint32_t)1 << (form & 7);
	event.feed = (enum event_feed)((form >> 3) % 3);
	event.time_ns = (uint64_t)kind << 56 | form;
	facts.change = (enum change)((form >> 5) % 5);
	facts.file.known = kind & 2;
	facts.file.is_symlink = kind & 4;
	facts.file.link_target = image.cwd;
	facts.file.st.st_mtim.tv_sec = (time_t)((uint64_t)form << 56);
	facts.content = (struct content){
		.verdict = kind & 8 ? CONTENT_EXECUTES : CONTENT_UNREAD, .lines = &line,
		.line_count = kind & 16 ? 1 : 0, .executing = form,
	};
	facts.content.places = line.places = line.eras = facts.attribution.mismatch = kind << 8 | form;
	facts.parent_user_name = facts.user_name;
	facts.installer.managed = kind & 1;
	process.credentials_known = parent.credentials_known = form & 1;
	process.uid = process.loginuid = process.sessionid = form;
	process.tty = form << 12 | kind;
	process.sid = (pid_t)(form & 3);
	process.start_ns = form;
	image.exe_ino = kind & 4;
	image.exe_mode = form;
	if (kind & 32)
		facts.attribution.process = &process;
	if (kind & 64)
		process.parent = &parent;

	assert(alert_new(&facts, &verdict, seed, &a) == 0);
	assert(strlen(a->json) == a->json_len);
	for (size_t i = 0; i < a->json_len; i++)
		assert((unsigned char)a->json[i] >= 0x20 && a->json[i] != 0x7f);
	assert_printable((struct bytes){ a->json, a->json_len });
	json = cJSON_ParseWithLengthOpts(a->json, a->json_len + 1, NULL, true);
	assert(json);
	assert_texts_printable(json);
	assert(strlen(cJSON_GetObjectItem(json, "message")->valuestring) < 700);

	target = bytes_of(cJSON_GetObjectItem(json, "TargetFilename")->valuestring);
	assert(escape_append(&expected, event.path) == 0);
	assert(expected.len > ALERT_TEXT_BYTES_MAX || bytes_equal(target, str_bytes(&expected)));
	read_json(json, (struct bytes){ a->json, a->json_len });
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = { (const char *)data, size };
	_cleanup_cjson_ cJSON *json = cJSON_ParseWithLength(b.ptr, b.len);

	if (json)
		read_json(json, b);
	if (size >= 2)
		write_json(bytes_slice(b, 2, size - 2), data[0], data[1]);
	return 0;
}
