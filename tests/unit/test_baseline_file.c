#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>

#include "baseline_file.h"
#include "document.h"
#include "limits.h"

#define SHA "65e239ea01982f941eb087cd97d96ee04a92d6c2ae7e41ab83a1a991e7307e01"
#define HEAD "{\"pyhookd_inventory\":1,\"hooks\":1,\"time\":\"7\",\"scope\":\"\"}\n"
#define ENTRY "{\"path\":\"/a\",\"dev\":\"1\",\"ino\":\"2\",\"size\":\"3\",\"ctime\":\"4\",\"sha256\":\"\",\"env\":[]}\n"

static int load_text(const char *text, struct baseline **ret, struct baseline_head *head, struct str *storage)
{
	assert_int_equal(baseline_new(ret), 0);
	return baseline_load(*ret, bytes_of(text), head, storage);
}

static void comes_back_as_it_was(void **state)
{
	_cleanup_(baseline_freep) struct baseline *a = NULL, *b = NULL;
	_cleanup_str_ struct str text = STR_INIT, storage = STR_INIT;
	struct baseline_head head = { .time_ns = UINT64_MAX, .scope = BYTES_LIT("/srv\0/o\"pt\0"), .begun = true }, back;
	uint64_t digests[] = { 0, UINT64_MAX }, targets[] = { 7 };
	struct baseline_entry e = {
		.path = BYTES_LIT("/v/a\n\"\\\x01\xff\xe2\x80\xae.pth"), .dev = 64769, .ino = 12345678901234567ULL,
		.size = 99, .ctime_ns = 1790000000123456789LL, .sha256 = SHA, .assignments = digests,
		.assignment_count = 2, .targets = targets, .target_count = 1, .targets_known = true,
	};
	const struct baseline_entry *found;

	(void)state;
	assert_int_equal(baseline_new(&a), 0);
	assert_int_equal(baseline_new(&b), 0);
	assert_int_equal(baseline_put(a, &e), 0);
	assert_int_equal(baseline_save(a, &head, &text), 0);
	assert_int_equal(baseline_load(b, str_bytes(&text), &back, &storage), 0);

	assert_true(back.time_ns == UINT64_MAX);
	assert_true(back.begun);
	assert_true(bytes_equal(back.scope, head.scope));
	assert_int_equal(baseline_count(b), 1);
	found = baseline_find(b, e.path);
	assert_non_null(found);
	assert_true(found->dev == e.dev && found->ino == e.ino && found->size == e.size &&
		    found->ctime_ns == e.ctime_ns);
	assert_string_equal(found->sha256, SHA);
	assert_int_equal(found->assignment_count, 2);
	assert_true(baseline_entry_has(found, UINT64_MAX) && baseline_entry_has(found, 0));
	assert_true(found->targets_known && found->target_count == 1 && baseline_entry_has_target(found, 7));
	assert_false(baseline_entry_has_target(found, UINT64_MAX));
}

/* One that does not tell what runs with a hook. */
static void an_older_one_is_taken(void **state)
{
	_cleanup_(baseline_freep) struct baseline *b = NULL;
	_cleanup_str_ struct str storage = STR_INIT;
	struct baseline_head head;
	const struct baseline_entry *e;

	(void)state;
	assert_int_equal(load_text(HEAD ENTRY "{\"count\":\"1\"}\n", &b, &head, &storage), 0);
	e = baseline_find(b, BYTES_LIT("/a"));
	assert_false(e->targets_known);
	assert_int_equal(e->target_count, 0);
}

static void damage_is_refused(void **state)
{
	static const char *const wrong[] = {
		"", "\n", "x\n", HEAD, HEAD ENTRY, HEAD "{\"count\":\"1\"}\n", HEAD ENTRY "{\"count\":\"0\"}\n",
		HEAD ENTRY "{\"count\":\"1\"}", HEAD ENTRY "{\"count\":\"1\"}\n" ENTRY, ENTRY "{\"count\":\"0\"}\n",
		"{\"pyhookd_inventory\":2,\"hooks\":1,\"time\":\"7\",\"scope\":\"\"}\n{\"count\":\"0\"}\n",
		"{\"pyhookd_inventory\":1,\"hooks\":0,\"time\":\"7\",\"scope\":\"\"}\n{\"count\":\"0\"}\n",
		"{\"pyhookd_inventory\":1,\"hooks\":1,\"scope\":\"\"}\n{\"count\":\"0\"}\n",
		HEAD "{\"path\":\"a\",\"dev\":\"1\",\"ino\":\"2\",\"size\":\"3\",\"ctime\":\"4\",\"sha256\":\"\",\"env\":[]}\n{\"count\":\"1\"}\n",
		HEAD "{\"path\":\"/a\\\\q\",\"dev\":\"1\",\"ino\":\"2\",\"size\":\"3\",\"ctime\":\"4\",\"sha256\":\"\",\"env\":[]}\n{\"count\":\"1\"}\n",
		HEAD "{\"path\":\"/a\",\"dev\":\"1\",\"ino\":\"2\",\"size\":\"3\",\"ctime\":\"4\",\"sha256\":\"zz\",\"env\":[]}\n{\"count\":\"1\"}\n",
		HEAD "{\"path\":\"/a\",\"dev\":1,\"ino\":\"2\",\"size\":\"3\",\"ctime\":\"4\",\"sha256\":\"\",\"env\":[]}\n{\"count\":\"1\"}\n",
		HEAD "{\"path\":\"/a\",\"dev\":\"1\",\"ino\":\"2\",\"size\":\"3\",\"ctime\":\"4\",\"sha256\":\"\",\"env\":[\"12\"]}\n{\"count\":\"1\"}\n",
		HEAD "{\"path\":\"/a\",\"dev\":\"1\",\"ino\":\"2\",\"size\":\"3\",\"ctime\":\"4\",\"sha256\":\"\",\"env\":[],"
		     "\"targets\":[7]}\n{\"count\":\"1\"}\n",
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
		_cleanup_(baseline_freep) struct baseline *b = NULL;
		_cleanup_str_ struct str storage = STR_INIT;
		struct baseline_head head;

		if (load_text(wrong[i], &b, &head, &storage) != -EBADMSG)
			fail_msg("%zu was taken", i);
	}
}

static void take(struct baseline *b, const char *text)
{
	_cleanup_cjson_ cJSON *alert = cJSON_Parse(text);

	assert_non_null(alert);
	assert_int_equal(baseline_take_alert(b, alert), 0);
}

static void an_alert_is_taken_in(void **state)
{
	_cleanup_(baseline_freep) struct baseline *b = NULL;
	const struct baseline_entry *e;
	uint64_t digest;

	(void)state;
	assert_int_equal(baseline_new(&b), 0);
	take(b, "{\"file\":{\"path\":\"/v/x\\\\n.pth\",\"hash\":{\"sha256\":\"" SHA "\"}},\"pyhookd\":{\"change\":\"created\"}}");
	e = baseline_find(b, BYTES_LIT("/v/x\n.pth"));
	assert_non_null(e);
	assert_string_equal(e->sha256, SHA);

	/* Two assignments of one file are two alerts, the second twice. */
	take(b, "{\"file\":{\"path\":\"/p\"},\"pyhookd\":{\"env\":{\"digest\":\"0000000000000001\"}}}");
	take(b, "{\"file\":{\"path\":\"/p\"},\"pyhookd\":{\"env\":{\"digest\":\"0000000000000002\"}}}");
	take(b, "{\"file\":{\"path\":\"/p\"},\"pyhookd\":{\"env\":{\"digest\":\"0000000000000002\"}}}");
	e = baseline_find(b, BYTES_LIT("/p"));
	assert_int_equal(e->assignment_count, 2);

	take(b, "{\"file\":{\"path\":\"/v/x\\\\n.pth\"},\"pyhookd\":{\"change\":\"removed\"}}");
	assert_null(baseline_find(b, BYTES_LIT("/v/x\n.pth")));

	/* What runs with it: added to what was known of it, as many as there is room for. */
	take(b, "{\"file\":{\"path\":\"/t\"},\"pyhookd\":{\"content\":{}}}");
	assert_false(baseline_find(b, BYTES_LIT("/t"))->targets_known);
	for (unsigned i = 0; i < BASELINE_TARGETS_MAX + 1; i++) {
		char text[256];

		(void)snprintf(text, sizeof(text), "{\"file\":{\"path\":\"/t\"},\"pyhookd\":{\"content\":{\"targets\":["
			       "{\"path\":\"/m\\\\n%u\",\"sha256\":\"" SHA "\"},{\"path\":\"/m\\\\n%u\",\"sha256\":\"" SHA "\"}]}}}", i, i);
		take(b, text);
	}
	e = baseline_find(b, BYTES_LIT("/t"));
	assert_int_equal(e->target_count, BASELINE_TARGETS_MAX);
	assert_int_equal(baseline_assignment_hash(BYTES_LIT("/m\n16"), BYTES_LIT(SHA), BYTES_NONE, &digest), 0);
	assert_true(baseline_entry_has_target(e, digest));
	baseline_remove(b, BYTES_LIT("/t"));

	/* About no hook, or edited by hand: nothing changes. */
	take(b, "{\"pyhookd\":{\"detection_type\":\"COVERAGE_GAP\"}}");
	take(b, "{\"file\":{\"path\":\"relative\"},\"pyhookd\":{}}");
	take(b, "{\"file\":{\"path\":\"/q\",\"hash\":{\"sha256\":\"short\"}},\"pyhookd\":{}}");
	take(b, "[]");
	assert_int_equal(baseline_count(b), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back_as_it_was),
		cmocka_unit_test(an_older_one_is_taken),
		cmocka_unit_test(damage_is_refused),
		cmocka_unit_test(an_alert_is_taken_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
