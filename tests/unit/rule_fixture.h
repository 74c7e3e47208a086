/* rule_fixture.h - one event to write rules about, and rules in one line.
 *
 *	HITS("s: {Image|endswith: /bash}", &facts);
 *
 * The text is the body of a detection; a condition `s` is added when it has none.
 */
#ifndef PYHOOKD_TESTS_RULE_FIXTURE_H
#define PYHOOKD_TESTS_RULE_FIXTURE_H

#include "engine.h"
#include "facts.h"
#include "ruleset.h"

struct fixture {
	struct region region;
	struct event event;
	struct image image, parent_image;
	struct process process, parent;
	struct content_line lines[3];
	struct facts facts;
};

/* bash, from an ssh login of alice's, has written a .pth with one line that runs. */
static inline void fixture_init(struct fixture *x)
{
	*x = (struct fixture){ .region = REGION_INIT, .event = EVENT_INIT };
	x->event.what = EVENT_CREATE | EVENT_CLOSE_WRITE;
	x->event.pid = 4711;
	x->event.path = BYTES_LIT("/usr/lib/python3/dist-packages/evil.pth");

	x->parent_image = (struct image){
		.exe = BYTES_LIT("/usr/sbin/sshd"), .argv = BYTES_LIT("sshd: alice\0"), .refs = 1,
	};
	x->parent = (struct process){ .pid = 4700, .ppid = 1, .image = &x->parent_image, .refs = 1 };
	x->image = (struct image){
		.exe = BYTES_LIT("/usr/bin/bash"), .argv = BYTES_LIT("bash\0-c\0echo\0"),
		.cwd = BYTES_LIT("/home/alice"), .refs = 1,
	};
	x->process = (struct process){
		.pid = 4711, .ppid = 4700, .uid = 0, .euid = 0, .loginuid = 1000, .credentials_known = true,
		.image = &x->image, .parent = &x->parent, .refs = 1,
	};

	x->lines[0] = (struct content_line){ .number = 1, .text = BYTES_LIT("import os; os.system('id')"), .does = LINE_EXECUTES, .hidden = false };
	x->lines[1] = (struct content_line){ .number = 2, .text = BYTES_LIT("/opt/x"), .does = LINE_ADDS_PATH, .hidden = false };
	x->lines[2] = (struct content_line){ .number = 3, .text = BYTES_LIT("import pkg"), .does = LINE_EXECUTES, .hidden = false };

	x->facts = (struct facts){
		.region = &x->region,
		.event = &x->event,
		.category = CATEGORY_FILE_EVENT,
		.change = CHANGE_CREATED,
		.hook = { .vector = VECTOR_PTH_EXEC, .scope = SCOPE_SITE, .form = FORM_TEXT },
		.content = { .verdict = CONTENT_EXECUTES, .lines = x->lines, .line_count = 3,
			     .executing = 2, .paths = 1 },
		.attribution = { .source = ATTRIBUTION_CONNECTOR, .complete = true, .process = &x->process },
		.user_name = BYTES_LIT("root"),
		.computer = BYTES_LIT("host1"),
	};
}

/* The same writer sets a variable in /etc/environment. */
static inline void fixture_init_env(struct fixture *x, const char *name, const char *value)
{
	fixture_init(x);
	x->event.path = BYTES_LIT("/etc/environment");
	x->facts.category = CATEGORY_FILE_EVENT | CATEGORY_REGISTRY_SET;
	x->facts.hook = (struct hook){ .vector = VECTOR_ENV, .scope = SCOPE_SYSTEM, .form = FORM_TEXT,
				       .syntax = ENV_ETC_ENVIRONMENT };
	x->facts.content = (struct content){ .verdict = CONTENT_UNREAD };
	x->facts.env = (struct env_assignment){ .name = bytes_of(name), .value = bytes_of(value), .resolved = bytes_of(value), .line = 1 };
}

static inline void fixture_release(struct fixture *x)
{
	region_release(&x->region);
}

static inline void show_problems(const struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		print_message("%s:%u:%u: %s\n", problems->list[i].file, problems->list[i].line,
			      problems->list[i].column, problems->list[i].text);
}

static inline struct ruleset *ruleset_of(const char *text)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	struct ruleset *rs = NULL;
	int r = ruleset_load_text(bytes_of(text), "rule", &problems, &rs);

	show_problems(&problems);
	assert_int_equal(r, 0);
	return rs;
}

static inline size_t hits(const char *detection, const struct facts *facts)
{
	_cleanup_(ruleset_freep) struct ruleset *rs = NULL;
	_cleanup_(engine_freep) struct engine *engine = NULL;
	_cleanup_str_ struct str text = STR_INIT;
	struct verdict v;

	assert_int_equal(str_appendf(&text,
				     "title: t\nid: 929a690e-bef0-4204-a928-ef5e620d6fcc\nlevel: low\n"
				     "logsource: {category: file_event}\ndetection: {%s%s}\n", detection,
				     strstr(detection, "condition:") ? "" : ", condition: s"), 0);
	rs = ruleset_of(text.buf);
	assert_int_equal(engine_new(rs, &engine), 0);
	assert_int_equal(engine_run(engine, facts, &v), 0);
	return v.hits;
}

#define HITS(detection, facts) assert_int_equal(hits(detection, facts), 1)
#define MISSES(detection, facts) assert_int_equal(hits(detection, facts), 0)

#endif
