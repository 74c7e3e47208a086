#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "limits.h"
#include "rule_fixture.h"
#include "sigma_rule.h"

static struct fixture fixture;
static const struct facts *const f = &fixture.facts;

static int set_up(void **state)
{
	(void)state;
	fixture_init(&fixture);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fixture_release(&fixture);
	return 0;
}

static void compares_texts(void **state)
{
	(void)state;
	HITS("s: {Image: /usr/bin/bash}", f);
	HITS("s: {Image: /USR/BIN/BASH}", f);
	MISSES("s: {Image: bash}", f);
	MISSES("s: {Image|cased: /USR/BIN/BASH}", f);
	HITS("s: {Image|cased: /usr/bin/bash}", f);
	HITS("s: {Image|endswith: /BASH}", f);
	HITS("s: {Image|startswith: /usr/}", f);
	HITS("s: {Image|contains: bin}", f);
	MISSES("s: {Image|contains|cased: BIN}", f);
	HITS("s: {Image: /usr/*/b?sh}", f);
	MISSES("s: {Image: '/usr/\\*/bash'}", f);
	HITS("s: {EventID: 11}", f);
	MISSES("s: {EventID: 1}", f);
	HITS("s: {Writer.Verified: false}", f);
}

static void compares_expressions(void **state)
{
	(void)state;
	HITS("s: {TargetFilename|re: '\\.pth$'}", f);
	MISSES("s: {TargetFilename|re: '\\.PTH$'}", f);
	HITS("s: {TargetFilename|re|i: '\\.PTH$'}", f);
	HITS("s: {Content.Line|re|i|s: 'IMPORT.*system'}", f);
	HITS("s: {Image|re: ['^x', 'bash']}", f);
	MISSES("s: {Image|re|all: ['^x', 'bash']}", f);
	/* a regular expression has no Sigma escapes or wildcards */
	MISSES("s: {Image|re: '^/usr*bash$'}", f);
}

static void joins_values_and_fields(void **state)
{
	(void)state;
	HITS("s: {Image|endswith: [/sh, /bash]}", f);
	MISSES("s: {Image|endswith: [/sh, /zsh]}", f);
	HITS("s: {Image|contains|all: [usr, bash]}", f);
	MISSES("s: {Image|contains|all: [usr, zsh]}", f);
	HITS("s: {Image|endswith: bash, User: root}", f);
	MISSES("s: {Image|endswith: bash, User: alice}", f);
	HITS("s: [{Image|endswith: zsh}, {User: root}]", f);
	MISSES("s: [{Image|endswith: zsh}, {User: alice}]", f);
	/* a field with several values: one of them is enough */
	HITS("s: {Content.Line: import pkg}", f);
	HITS("s: {Content.Line|contains|all: [os.system, pkg]}", f);
	MISSES("s: {Content.Line: /opt/x}", f);
	HITS("s: {Content.Path: /opt/x}", f);
}

static void knows_absent_and_empty(void **state)
{
	struct facts g = *f;

	(void)state;
	HITS("s: {Image|exists: true}", f);
	MISSES("s: {Image|exists: false}", f);
	HITS("s: {OldPath|exists: false}", f);
	HITS("s: {OldPath: null}", f);
	HITS("s: {OldPath: }", f);
	MISSES("s: {Image: null}", f);
	HITS("s: {OldPath: [null, x]}", f);
	MISSES("s: {OldPath|all: [null, x]}", f);
	MISSES("s: {OldPath: ''}", f);
	/* an absent field matches nothing, so its negation holds */
	MISSES("s: {OldPath: '*'}", f);
	HITS("s: {OldPath: '*'}, condition: not s", f);

	g.env.name = BYTES_LIT("PYTHONPATH");
	g.env.value = BYTES_LIT("");
	HITS("s: {Env.Value: ''}", &g);
	HITS("s: {Env.Value: null}", &g);
	HITS("s: {Env.Value|exists: true}", &g);
}

static void searches_keywords(void **state)
{
	(void)state;
	HITS("s: [os.system]", f);
	HITS("s: [OS.SYSTEM, nosuch]", f);
	MISSES("s: [nosuch]", f);
	HITS("s: {'|all': [os.system, sshd]}", f);
	MISSES("s: {'|all': [os.system, nosuch]}", f);
	HITS("s: {'|re': '^import pkg$'}", f);
	HITS("s: [{User: alice}, sshd]", f);
}

static void evaluates_conditions(void **state)
{
	(void)state;
	MISSES("s: {User: root}, filter: {Image|endswith: bash}, condition: s and not filter", f);
	HITS("s: {User: root}, filter: {Image|endswith: zsh}, condition: s and not filter", f);
	HITS("sel_a: {User: x}, sel_b: {User: root}, condition: 1 of sel_*", f);
	MISSES("sel_a: {User: x}, sel_b: {User: root}, condition: all of them", f);
	HITS("a: {User: x}, b: {User: root}, condition: [a, b]", f);
}

#define HEAD "title: t\nid: 929a690e-bef0-4204-a928-ef5e620d6fcc\nlevel: low\nlogsource: {category: file_event}\n"
#define DETECTION "detection: {s: {User: x}, condition: s}\n"

static void says_what_is_wrong_and_where(void **state)
{
	static const struct {
		const char *text;
		unsigned line, column;
		const char *part;
	} table[] = {
		/* the rule */
		{ "- a\n", 1, 1, "a rule must be a map" },
		{ "x", 1, 1, "a rule must be a map" },
		{ "title: t\nlevel: low\nlogsource: {category: file_event}\n" DETECTION, 1, 1, "no id" },
		{ "id: x\ntitle: t\nlevel: low\nlogsource: {category: file_event}\n" DETECTION, 1, 5, "UUID" },
		{ "id: 929a690e-bef0-4204-a928-ef5e620d6fc\nlevel: low\ntitle: t\nlogsource: {category: file_event}\n" DETECTION, 1, 5, "UUID" },
		{ "id: 929a690e-bef0-4204-a928-ef5e620d6fcc\nlevel: low\nlogsource: {category: file_event}\n" DETECTION, 1, 1, "no title" },
		{ "id: 929a690e-bef0-4204-a928-ef5e620d6fcc\nlevel: low\ntitle: [t]\nlogsource: {category: file_event}\n" DETECTION, 3, 8, "title must be a text" },
		{ "id: 929a690e-bef0-4204-a928-ef5e620d6fcc\ntitle: t\nlogsource: {category: file_event}\n" DETECTION, 1, 1, "no level" },
		{ "id: 929a690e-bef0-4204-a928-ef5e620d6fcc\ntitle: t\nlevel: High\nlogsource: {category: file_event}\n" DETECTION, 3, 8, "unknown level" },
		{ "id: 929a690e-bef0-4204-a928-ef5e620d6fcc\ntitle: t\nlevel: low\n" DETECTION, 1, 1, "no logsource" },
		{ "id: 929a690e-bef0-4204-a928-ef5e620d6fcc\ntitle: t\nlevel: low\nlogsource: {product: linux}\n" DETECTION, 4, 1, "no category" },
		{ "id: 929a690e-bef0-4204-a928-ef5e620d6fcc\ntitle: t\nlevel: low\nlogsource: {category: process_creation}\n" DETECTION, 4, 23, "unknown category" },
		{ HEAD "correlation: {type: event_count}\n" DETECTION, 5, 1, "correlation rules" },
		{ HEAD "filter: {rules: [a]}\n" DETECTION, 5, 1, "global filters" },
		{ HEAD "tags: attack.t1546\n" DETECTION, 5, 7, "tags must be a list" },
		{ HEAD "tags: [{a: b}]\n" DETECTION, 5, 8, "a tag must be" },
		{ HEAD "custom: {detection_type: NOSUCH}\n" DETECTION, 5, 26, "unknown detection_type" },
		{ HEAD "custom: x\n" DETECTION, 5, 9, "custom must be a map" },
		/* the detection */
		{ HEAD, 1, 1, "no detection" },
		{ HEAD "detection: x\n", 5, 12, "detection must be a map" },
		{ HEAD "detection: {s: {User: x}}\n", 5, 1, "no condition" },
		{ HEAD "detection: {s: {User: x}, condition: 'x and s'}\n", 5, 39, "no selection 'x'" },
		{ HEAD "detection: {s: {User: x}, condition: s and z}\n", 5, 44, "no selection 'z'" },
		{ HEAD "detection: {s: {User: x}, condition: }\n", 5, 27, "condition must be a text" },
		{ HEAD "detection: {s: {User: x}, condition: []}\n", 5, 38, "condition is empty" },
		{ HEAD "detection: {s: {User: x}, timeframe: 5m, condition: s}\n", 5, 27, "timeframe" },
		{ HEAD "detection: {s: x, condition: s}\n", 5, 16, "must be a map of fields" },
		{ HEAD "detection: {s: {}, condition: s}\n", 5, 16, "empty map" },
		{ HEAD "detection: {s: [], condition: s}\n", 5, 16, "list is empty" },
		{ HEAD "detection: {s: [[a]], condition: s}\n", 5, 17, "list inside a list" },
		{ HEAD "detection: {not: {User: x}, condition: 1 of n*}\n", 5, 13, "word of the condition" },
		/* items */
		{ HEAD "detection: {s: {user: x}, condition: s}\n", 5, 17, "unknown field 'user'" },
		{ HEAD "detection: {s: {'User ': x}, condition: s}\n", 5, 17, "unknown field 'User '" },
		{ HEAD "detection: {s: {'': x}, condition: s}\n", 5, 17, "name is missing" },
		{ HEAD "detection: {s: {User|foo: x}, condition: s}\n", 5, 22, "unknown modifier 'foo'" },
		{ HEAD "detection: {s: {User|base64: x}, condition: s}\n", 5, 22, "unknown modifier 'base64'" },
		{ HEAD "detection: {s: {User|: x}, condition: s}\n", 5, 22, "unknown modifier ''" },
		{ HEAD "detection: {s: {User|contains|endswith: x}, condition: s}\n", 5, 31, "another place" },
		{ HEAD "detection: {s: {User|re|re: x}, condition: s}\n", 5, 25, "second time" },
		{ HEAD "detection: {s: {User|re|contains: x}, condition: s}\n", 5, 17, "cannot be combined" },
		{ HEAD "detection: {s: {User|re|cased: x}, condition: s}\n", 5, 17, "remove 'cased'" },
		{ HEAD "detection: {s: {User|i: x}, condition: s}\n", 5, 22, "belongs directly behind 're'" },
		{ HEAD "detection: {s: {User|all: x}, condition: s}\n", 5, 17, "several values" },
		{ HEAD "detection: {s: {User|exists: maybe}, condition: s}\n", 5, 30, "true or false" },
		{ HEAD "detection: {s: {User|exists: [true]}, condition: s}\n", 5, 30, "true or false" },
		{ HEAD "detection: {s: {User|exists|all: true}, condition: s}\n", 5, 17, "stands alone" },
		{ HEAD "detection: {s: {User: []}, condition: s}\n", 5, 23, "list of values is empty" },
		{ HEAD "detection: {s: {User: {a: b}}, condition: s}\n", 5, 23, "must be a text" },
		{ HEAD "detection: {s: {User: [[a]]}, condition: s}\n", 5, 24, "must be a text" },
		{ HEAD "detection: {s: {User|contains: ''}, condition: s}\n", 5, 32, "empty text" },
		{ HEAD "detection: {s: {User|contains: null}, condition: s}\n", 5, 32, "null can only" },
		{ HEAD "detection: {s: [null], condition: s}\n", 5, 17, "null can only" },
		{ HEAD "detection: {s: {User|re: a(b}, condition: s}\n", 5, 29, "closing parenthesis" },
		{ HEAD "detection: {s: {User|re: 'a)'}, condition: s}\n", 5, 28, "unmatched" },
		{ HEAD "detection:\n  s:\n    User|re:\n      - ok\n      - '['\n  condition: s\n", 9, 11, "not a regular expression" },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(table); i++) {
		_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
		struct ruleset *rs = (struct ruleset *)0x1;

		assert_int_equal(ruleset_load_text(bytes_of(table[i].text), "rule", &problems, &rs), -EINVAL);
		assert_ptr_equal(rs, (struct ruleset *)0x1);
		if (problems.count != 1 || problems.list[0].line != table[i].line ||
		    problems.list[0].column != table[i].column || !strstr(problems.list[0].text, table[i].part)) {
			show_problems(&problems);
			fail_msg("%zu: wanted %u:%u: ...%s in\n%s", i, table[i].line, table[i].column,
				 table[i].part, table[i].text);
		}
	}
}

static void warns_and_loads(void **state)
{
	static const struct {
		const char *text;
		unsigned line, column;
		const char *part;
	} table[] = {
		{ HEAD "detecton: 1\n" DETECTION, 5, 1, "unknown key 'detecton'" },
		{ HEAD "custom: {detecton_type: PTH_FILE_CREATED}\n" DETECTION, 5, 10, "unknown key 'detecton_type'" },
		{ HEAD "detection: {s: {User: x}, t: {User: y}, condition: s}\n", 5, 27, "no condition uses 't'" },
		{ "title: t\nid: 929a690e-bef0-4204-a928-ef5e620d6fcc\nlevel: low\n"
		  "logsource: {category: file_event, product: windows}\n" DETECTION, 4, 44, "a rule for 'windows'" },
		{ "title: t\nid: 929a690e-bef0-4204-a928-ef5e620d6fcc\nlevel: low\n"
		  "logsource: {category: file_event, service: sysmon}\n" DETECTION, 4, 35, "service" },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(table); i++) {
		_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
		_cleanup_(ruleset_freep) struct ruleset *rs = NULL;

		assert_int_equal(ruleset_load_text(bytes_of(table[i].text), "rule", &problems, &rs), 0);
		assert_int_equal(ruleset_count(rs), 1);
		assert_int_equal(ruleset_rule(rs, 0)->category,
				 strstr(table[i].text, "windows") ? 0 : CATEGORY_FILE_EVENT);
		if (problems.count != 1 || !problems.list[0].warning || problems.list[0].line != table[i].line ||
		    problems.list[0].column != table[i].column || !strstr(problems.list[0].text, table[i].part)) {
			show_problems(&problems);
			fail_msg("%zu: %s", i, table[i].text);
		}
	}
}

/* Every mistake of a rule in one run. */
static void collects_all(void **state)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	struct ruleset *rs;

	(void)state;
	assert_int_equal(ruleset_load_text(BYTES_LIT("title: t\nid: x\nlevel: y\nlogsource: {category: z}\n"
						     "detection: {s: {User|re: '(', a: b}, condition: t}\n"),
					   "rule", &problems, &rs), -EINVAL);
	assert_int_equal(problems.count, 6);
}

static void keeps_what_users_see(void **state)
{
	_cleanup_(ruleset_freep) struct ruleset *rs =
		ruleset_of("title: A title\nid: 929A690E-bef0-4204-a928-ef5e620d6fcc\nlevel: critical\n"
			   "description: |\n  Two\n  lines\nlogsource: {category: registry_event, product: linux}\n"
			   "tags: [attack.persistence, attack.t1546.018]\n"
			   "custom: {detection_type: PYTHONPATH_ENV_SET, summary: a sentence}\n"
			   "status: stable\nauthor: a\ndate: 2026-01-02\nreferences: [x]\nfalsepositives: [y]\n" DETECTION);
	const struct sigma_rule *rule = ruleset_rule(rs, 0);

	(void)state;
	assert_string_equal(rule->title, "A title");
	assert_string_equal(rule->id, "929A690E-bef0-4204-a928-ef5e620d6fcc");
	assert_string_equal(rule->description, "Two\nlines\n");
	assert_string_equal(rule->summary, "a sentence");
	assert_string_equal(rule->file, "rule");
	assert_int_equal(rule->level, LEVEL_CRITICAL);
	assert_int_equal(rule->detection_type, DETECTION_PYTHONPATH_ENV_SET);
	assert_int_equal(rule->category, CATEGORY_REGISTRY_SET);
	assert_string_equal(rule->tags[0], "attack.persistence");
	assert_string_equal(rule->tags[1], "attack.t1546.018");
	assert_null(rule->tags[2]);
	assert_null(ruleset_rule(rs, 1));
}

static void bounds_the_selections(void **state)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	_cleanup_str_ struct str text = STR_INIT;
	struct ruleset *rs;

	(void)state;
	assert_int_equal(str_append_text(&text, HEAD "detection:\n  condition: 1 of them\n"), 0);
	for (int i = 0; i < SIGMA_SELECTIONS_MAX; i++)
		assert_int_equal(str_appendf(&text, "  s%d: {User: x}\n", i), 0);
	assert_int_equal(ruleset_load_text(str_bytes(&text), "rule", &problems, &rs), -EINVAL);
	assert_non_null(strstr(problems.list[0].text, "selections"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(compares_texts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(compares_expressions, set_up, tear_down),
		cmocka_unit_test_setup_teardown(joins_values_and_fields, set_up, tear_down),
		cmocka_unit_test_setup_teardown(knows_absent_and_empty, set_up, tear_down),
		cmocka_unit_test_setup_teardown(searches_keywords, set_up, tear_down),
		cmocka_unit_test_setup_teardown(evaluates_conditions, set_up, tear_down),
		cmocka_unit_test(says_what_is_wrong_and_where),
		cmocka_unit_test(warns_and_loads),
		cmocka_unit_test(collects_all),
		cmocka_unit_test(keeps_what_users_see),
		cmocka_unit_test(bounds_the_selections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
