#include <elf.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "limits.h"
#include "source_replay.h"

static struct replay_step parse(const char *line, struct region *region)
{
	struct replay_step s = { .event = EVENT_INIT };
	const char *wrong = NULL;
	int r = source_replay_parse(bytes_of(line), region, &s, &wrong);

	if (r < 0)
		fail_msg("%s: %s", line, wrong);
	return s;
}

static void files(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	struct replay_step s;

	(void)state;
	s = parse("{\"file\": {\"path\": \"/v/x.pth\", \"content\": \"import os\\n\", \"mode\": \"4755\"}}", &region);
	assert_int_equal(s.kind, REPLAY_FILE);
	assert_true(bytes_equal(s.file.path, BYTES_LIT("/v/x.pth")));
	assert_true(bytes_equal(s.file.content, BYTES_LIT("import os\n")));
	assert_null(s.file.link.ptr);
	assert_false(s.file.remove);
	assert_int_equal(s.file.mode, 04755);
	replay_step_done(&s);

	s = parse("{\"file\": {\"path\": \"/v/x\", \"content\": \"\"}}", &region);
	assert_non_null(s.file.content.ptr);
	assert_int_equal(s.file.content.len, 0);
	assert_int_equal(s.file.mode, 0644);

	s = parse("{\"file\": {\"path\": \"/v/l\", \"link\": \"../x\"}}", &region);
	assert_true(bytes_equal(s.file.link, BYTES_LIT("../x")));
	assert_null(s.file.content.ptr);

	s = parse("{\"file\": {\"path\": \"/v/x\", \"remove\": true}}", &region);
	assert_true(s.file.remove);
}

static void owners_directories_and_programs(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	struct replay_step s;
	Elf64_Ehdr head;

	(void)state;
	s = parse("{\"file\": {\"path\": \"/home/a\", \"directory\": true, \"mode\": \"0700\", \"uid\": 1000}}", &region);
	assert_true(s.file.directory);
	assert_int_equal(s.file.uid, 1000);
	assert_int_equal(s.file.mode, 0700);
	assert_null(s.file.content.ptr);

	s = parse("{\"file\": {\"path\": \"/usr/bin/apk\", \"elf\": \"apk\\u00ff\"}}", &region);
	assert_int_equal(s.file.uid, (uid_t)-1);
	assert_false(s.file.directory);
	assert_int_equal(s.file.content.len, sizeof(head) + 4);
	memcpy(&head, s.file.content.ptr, sizeof(head));
	assert_memory_equal(head.e_ident, ELFMAG, SELFMAG);
	assert_int_equal(head.e_type, ET_DYN);
	assert_true(bytes_has_suffix(s.file.content, BYTES_LIT("apk\xff")));
}

/* JSON has no bytes; U+0080 to U+00FF stand for them, the rest is UTF-8. */
static void any_byte(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	struct replay_step s;

	(void)state;
	s = parse("{\"file\": {\"path\": \"/\\n\\u001b\\u00ff\\u0080\\u007f\", \"content\": \"\\u00c3\\u00a9 \\u20ac\"}}",
		  &region);
	assert_true(bytes_equal(s.file.path, BYTES_LIT("/\n\033\xff\x80\x7f")));
	assert_true(bytes_equal(s.file.content, BYTES_LIT("\xc3\xa9 \xe2\x82\xac")));
}

static void inventories(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	struct replay_step s = parse(" { \"inventory\" : \"/home/a/.profile\" } ", &region);

	(void)state;
	assert_int_equal(s.kind, REPLAY_INVENTORY);
	assert_true(bytes_equal(s.inventory, BYTES_LIT("/home/a/.profile")));
	replay_step_done(&s);
}

static void processes(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	struct replay_step s = parse(
		"{\"process\": {\"pid\": 10, \"ppid\": 1, \"exe\": \"/usr/bin/dash\", \"argv\": [\"sh\", \"-c\", \"\"],"
		" \"cwd\": \"/root\", \"cgroup\": \"/x.slice\", \"uid\": 1000, \"euid\": 0, \"loginuid\": 1000,"
		" \"comm\": \"sixteen-and-more-bytes\", \"environ\": [\"PYTHONPATH=/x\"], \"start_ns\": 5,"
		" \"exe_deleted\": true, \"exe_memfd\": true}}", &region);
	const struct process *p = s.process;

	(void)state;
	assert_int_equal(s.kind, REPLAY_PROCESS);
	assert_non_null(p);
	assert_int_equal(p->pid, 10);
	assert_int_equal(p->ppid, 1);
	assert_int_equal(p->uid, 1000);
	assert_int_equal(p->euid, 0);
	assert_int_equal(p->loginuid, 1000);
	assert_int_equal(p->start_ns, 5);
	assert_true(p->credentials_known);
	assert_string_equal(p->comm, "sixteen-and-mor");	/* TASK_COMM_LEN */
	assert_true(bytes_equal(p->image->exe, BYTES_LIT("/usr/bin/dash")));
	assert_true(p->image->exe_deleted);
	assert_true(p->image->exe_memfd);
	assert_true(bytes_equal(p->image->argv, BYTES_LIT("sh\0-c\0\0")));
	assert_int_equal(process_argument_count(p), 3);
	assert_true(bytes_equal(p->image->cwd, BYTES_LIT("/root")));
	assert_true(bytes_equal(p->image->cgroup, BYTES_LIT("/x.slice")));
	assert_true(bytes_equal(process_environment(p, BYTES_LIT("PYTHONPATH")), BYTES_LIT("/x")));
	replay_step_done(&s);

	/* What is not said is not known; euid is uid's unless it is said. */
	s = parse("{\"process\": {\"pid\": 1, \"uid\": 7}}", &region);
	assert_int_equal(s.process->euid, 7);
	assert_int_equal(s.process->loginuid, (uid_t)-1);
	assert_int_equal(s.process->image->exe.len, 0);
	assert_int_equal(s.process->image->argv.len, 0);
	replay_step_done(&s);
	assert_null(s.process);
	replay_step_done(&s);
}

/* The order of the keys of an object says nothing. */
static void the_order_of_keys_does_not_matter(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	struct replay_step s = parse("{\"process\": {\"euid\": 0, \"uid\": 1000, \"pid\": 9}}", &region);

	(void)state;
	assert_int_equal(s.process->uid, 1000);
	assert_int_equal(s.process->euid, 0);
	replay_step_done(&s);
}

static void events(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	struct replay_step s = parse(
		"{\"event\": {\"what\": [\"create\", \"close-write\"], \"path\": \"/v/x.pth\", \"pid\": 10,"
		" \"closer_pid\": 11, \"old_path\": \"/v/y\", \"exec_path\": \"/bin/sh\", \"is_dir\": true,"
		" \"time_ns\": 1790000000000000000, \"mono_ns\": 77}}", &region);
	const struct event *e = &s.event;

	(void)state;
	assert_int_equal(s.kind, REPLAY_EVENT);
	assert_int_equal(e->what, EVENT_CREATE | EVENT_CLOSE_WRITE);
	assert_int_equal(e->feed, FEED_REPLAY);
	assert_true(bytes_equal(e->path, BYTES_LIT("/v/x.pth")));
	assert_true(bytes_equal(e->old_path, BYTES_LIT("/v/y")));
	assert_true(bytes_equal(e->exec_path, BYTES_LIT("/bin/sh")));
	assert_int_equal(e->pid, 10);
	assert_int_equal(e->closer_pid, 11);
	assert_int_equal(e->time_ns, 1790000000000000000ULL);
	assert_int_equal(e->mono_ns, 77);
	assert_true(e->is_dir);
	assert_false(e->silent);
	assert_int_equal(e->dirfd, -EBADF);
	replay_step_done(&s);

	s = parse("{\"event\": {\"what\": [\"overflow\"]}}", &region);
	assert_int_equal(s.event.what, EVENT_OVERFLOW);
	assert_int_equal(s.event.path.len, 0);
	replay_step_done(&s);
}

#define NOT_ONE "not a JSON object with one key"
#define STRING "a string was expected"
#define NUMBER "a number in range was expected"
#define ABSOLUTE_FILE "\"file\" needs an absolute \"path\""
#define ONE_OF "\"file\" needs one of \"content\", \"elf\", \"link\", \"directory\" and \"remove\""
#define ABSOLUTE_EVENT "\"event\" needs an absolute \"path\""

static void what_is_wrong_is_said(void **state)
{
	static const struct {
		const char *line, *wrong;
	} rows[] = {
		{ "", NOT_ONE },
		{ "x", NOT_ONE },
		{ "[]", NOT_ONE },
		{ "{}", NOT_ONE },
		{ "null", NOT_ONE },
		{ "{\"file\": 1}", NOT_ONE },
		{ "{\"event\": [\"create\"]}", NOT_ONE },
		{ "{\"inventory\": \"/a\", \"event\": {}}", NOT_ONE },
		{ "{\"fil\": {}}", "unknown kind of line" },
		{ "{\"inventory\": 1}", STRING },
		{ "{\"inventory\": \"a\"}", "\"inventory\" needs an absolute path" },
		{ "{\"inventory\": \"\"}", "\"inventory\" needs an absolute path" },

		{ "{\"file\": {}}", ABSOLUTE_FILE },
		{ "{\"file\": {\"content\": \"\"}}", ABSOLUTE_FILE },
		{ "{\"file\": {\"path\": \"x\", \"content\": \"\"}}", ABSOLUTE_FILE },
		{ "{\"file\": {\"path\": \"/x\"}}", ONE_OF },
		{ "{\"file\": {\"path\": \"/x\", \"remove\": false}}", ONE_OF },
		{ "{\"file\": {\"path\": \"/x\", \"remove\": 1}}", ONE_OF },
		{ "{\"file\": {\"path\": \"/x\", \"content\": \"\", \"remove\": 1}}", "true or false was expected" },
		{ "{\"file\": {\"path\": \"/x\", \"content\": \"\", \"mode\": \"0999\"}}", "mode is not an octal number" },
		{ "{\"file\": {\"path\": \"/x\", \"content\": \"\", \"mode\": \"777777\"}}", "mode is not an octal number" },
		{ "{\"file\": {\"path\": \"/x\", \"content\": \"\", \"mode\": 644}}", STRING },
		{ "{\"file\": {\"path\": \"/x\", \"content\": \"\", \"link\": \"/y\"}}", ONE_OF },
		{ "{\"file\": {\"path\": \"/x\", \"elf\": \"\", \"directory\": true}}", ONE_OF },
		{ "{\"file\": {\"path\": \"/x\", \"elf\": true}}", STRING },
		{ "{\"file\": {\"path\": \"/x\", \"content\": \"\", \"directory\": 1}}", "true or false was expected" },
		{ "{\"file\": {\"path\": \"/x\", \"content\": \"\", \"uid\": 4294967295}}", NUMBER },
		{ "{\"file\": {\"path\": \"/x\", \"content\": \"\", \"uid\": -1}}", NUMBER },
		{ "{\"file\": {\"path\": \"/x\", \"content\": \"\", \"mod\": \"0644\"}}", "unknown key in \"file\"" },

		{ "{\"process\": {}}", "\"process\" needs a \"pid\"" },
		{ "{\"process\": {\"pid\": 0}}", "\"process\" needs a \"pid\"" },
		{ "{\"process\": {\"pid\": 1, \"ppid\": -1}}", NUMBER },
		{ "{\"process\": {\"pid\": 1, \"ppid\": 4194305}}", NUMBER },
		{ "{\"process\": {\"pid\": 1, \"uid\": 4294967296}}", NUMBER },
		{ "{\"process\": {\"pid\": 1, \"uid\": \"0\"}}", NUMBER },
		{ "{\"process\": {\"pid\": 1, \"uid\": 1e999}}", NUMBER },
		{ "{\"process\": {\"pid\": 1, \"argv\": \"sh\"}}", "a list was expected" },
		{ "{\"process\": {\"pid\": 1, \"argv\": [1]}}", STRING },
		{ "{\"process\": {\"pid\": 1, \"exe\": null}}", STRING },
		{ "{\"process\": {\"pid\": 1, \"exe_memfd\": \"yes\"}}", "true or false was expected" },
		{ "{\"process\": {\"pid\": 1, \"name\": \"x\"}}", "unknown key in \"process\"" },

		{ "{\"event\": {}}", "\"event\" needs \"what\"" },
		{ "{\"event\": {\"what\": []}}", "\"event\" needs \"what\"" },
		{ "{\"event\": {\"what\": [\"create\"]}}", ABSOLUTE_EVENT },
		{ "{\"event\": {\"what\": [\"create\"], \"path\": \"x\"}}", ABSOLUTE_EVENT },
		{ "{\"event\": {\"what\": [\"overflow\", \"create\"]}}", ABSOLUTE_EVENT },
		{ "{\"event\": {\"what\": [\"create\", \"created\"], \"path\": \"/x\"}}", "unknown word in \"what\"" },
		{ "{\"event\": {\"what\": [\"create\", 1], \"path\": \"/x\"}}", "unknown word in \"what\"" },
		{ "{\"event\": {\"what\": [\"create\"], \"path\": \"/x\", \"pid\": 4194305}}", NUMBER },
		{ "{\"event\": {\"what\": [\"create\"], \"path\": \"/x\", \"is_dir\": 0}}", "true or false was expected" },
		{ "{\"event\": {\"what\": [\"create\"], \"path\": \"/x\", \"uid\": 0}}", "unknown key in \"event\"" },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
		_cleanup_region_ struct region region = REGION_INIT;
		struct replay_step s = { .kind = REPLAY_INVENTORY, .inventory = BYTES_LIT("untouched") };
		const char *wrong = NULL;
		int r = source_replay_parse(bytes_of(rows[i].line), &region, &s, &wrong);

		if (r != -EINVAL || !wrong || !bytes_equal(bytes_of(wrong), bytes_of(rows[i].wrong)))
			fail_msg("%s: %d %s", rows[i].line, r, wrong ? wrong : "nothing");
		/* Not clobbered. */
		assert_int_equal(s.kind, REPLAY_INVENTORY);
		assert_true(bytes_equal(s.inventory, BYTES_LIT("untouched")));
	}
}

/* "what" of a wrong type is no list. */
static void a_what_that_is_no_list(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	struct replay_step s;
	const char *wrong = NULL;

	(void)state;
	assert_int_equal(source_replay_parse(BYTES_LIT("{\"event\": {\"what\": \"create\", \"path\": \"/x\"}}"),
					     &region, &s, &wrong), -EINVAL);
	assert_non_null(wrong);
}

static void a_line_too_long_is_refused(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_str_ struct str line = STR_INIT;
	struct replay_step s = { .kind = REPLAY_FILE };
	const char *wrong = NULL;

	(void)state;
	assert_int_equal(str_reserve(&line, REPLAY_LINE_MAX + 2), 0);
	memset(line.buf, ' ', REPLAY_LINE_MAX + 1);
	memcpy(line.buf, "{\"inventory\": \"/a\"", 18);
	line.buf[REPLAY_LINE_MAX - 1] = '}';
	assert_int_equal(source_replay_parse((struct bytes){ line.buf, REPLAY_LINE_MAX }, &region, &s, &wrong), 0);
	assert_int_equal(s.kind, REPLAY_INVENTORY);
	replay_step_done(&s);
	assert_int_equal(source_replay_parse((struct bytes){ line.buf, REPLAY_LINE_MAX + 1 }, &region, &s, &wrong), -EINVAL);
	assert_string_equal(wrong, NOT_ONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files),
		cmocka_unit_test(owners_directories_and_programs),
		cmocka_unit_test(any_byte),
		cmocka_unit_test(inventories),
		cmocka_unit_test(processes),
		cmocka_unit_test(the_order_of_keys_does_not_matter),
		cmocka_unit_test(events),
		cmocka_unit_test(what_is_wrong_is_said),
		cmocka_unit_test(a_what_that_is_no_list),
		cmocka_unit_test(a_line_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
