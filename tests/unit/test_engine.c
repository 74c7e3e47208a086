#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "rule_fixture.h"

#define RULE(id, category, level, type, detection)                                             \
	"---\ntitle: t" id "\nid: 929a690e-bef0-4204-a928-0000000000" id "\nlevel: " level "\n" \
	"logsource: {category: " category "}\ncustom: {" type "}\n"                             \
	"detection: {s: {" detection "}, condition: s}\n"
#define TYPE(t) "detection_type: " t

static struct fixture fixture;

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

static void orders_the_hits(void **state)
{
	_cleanup_(ruleset_freep) struct ruleset *rs =
		ruleset_of(RULE("01", "file_event", "low", TYPE("PTH_FILE_CREATED"), "User: root")
			   RULE("02", "file_event", "high", "", "User: root")
			   RULE("04", "file_event", "high", TYPE("PYTHON_ENV_SET"), "User: root")
			   RULE("03", "file_event", "high", TYPE("PYTHON_ENV_SET"), "User: root")
			   RULE("05", "file_event", "high", TYPE("PYTHON_STARTUP_FILE_MODIFIED"), "User: root")
			   RULE("06", "file_event", "critical", TYPE("PYTHONPATH_ENV_SET"), "User: alice"));
	_cleanup_(engine_freep) struct engine *engine = NULL;
	static const char order[] = "53421";
	struct verdict v;

	(void)state;
	assert_int_equal(engine_new(rs, &engine), 0);
	assert_int_equal(engine_run(engine, &fixture.facts, &v), 0);
	assert_int_equal(v.hits, 5);
	assert_int_equal(v.rule_count, 5);
	assert_int_equal(v.level, LEVEL_HIGH);
	assert_int_equal(v.type, DETECTION_PTH_FILE_CREATED);	/* of a rule that does not decide the level */
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(v.rules[i]->title[2], order[i]);
}

static void asks_rules_of_the_category_only(void **state)
{
	_cleanup_(ruleset_freep) struct ruleset *rs =
		ruleset_of(RULE("01", "file_event", "low", "", "User: root")
			   RULE("02", "registry_set", "high", TYPE("PYTHON_ENV_SET"), "User: root"));
	_cleanup_(engine_freep) struct engine *engine = NULL;
	struct engine_counters counters;
	struct verdict v;

	(void)state;
	assert_int_equal(engine_new(rs, &engine), 0);
	assert_int_equal(engine_run(engine, &fixture.facts, &v), 0);
	assert_int_equal(v.hits, 1);
	assert_int_equal(v.level, LEVEL_LOW);
	assert_int_equal(v.type, DETECTION_NONE);

	fixture.facts.category |= CATEGORY_REGISTRY_SET;
	assert_int_equal(engine_run(engine, &fixture.facts, &v), 0);
	assert_int_equal(v.hits, 2);
	assert_int_equal(v.level, LEVEL_HIGH);

	fixture.facts.category = 0;
	assert_int_equal(engine_run(engine, &fixture.facts, &v), 0);
	assert_int_equal(v.hits, 0);
	assert_int_equal(v.rule_count, 0);

	engine_counters(engine, &counters);
	assert_int_equal(counters.evaluated, 3);
	assert_int_equal(counters.regex_limited, 0);
}

/* Values of the event before must not be seen by the next. */
static void forgets_the_event_before(void **state)
{
	_cleanup_(ruleset_freep) struct ruleset *rs = ruleset_of(RULE("01", "file_event", "low", "", "User: root"));
	_cleanup_(engine_freep) struct engine *engine = NULL;
	struct facts other = fixture.facts;
	struct verdict v;

	(void)state;
	other.user_name = BYTES_LIT("alice");
	assert_int_equal(engine_new(rs, &engine), 0);
	assert_int_equal(engine_run(engine, &fixture.facts, &v), 0);
	assert_int_equal(v.hits, 1);
	assert_int_equal(engine_run(engine, &other, &v), 0);
	assert_int_equal(v.hits, 0);
}

static void keeps_the_best_of_many(void **state)
{
	_cleanup_(ruleset_freep) struct ruleset *rs = NULL;
	_cleanup_(engine_freep) struct engine *engine = NULL;
	_cleanup_str_ struct str text = STR_INIT;
	struct verdict v;

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(str_appendf(&text, "---\ntitle: t\nid: 929a690e-bef0-4204-a928-%012d\nlevel: %s\n"
					     "logsource: {category: file_event}\n"
					     "detection: {s: {User: root}, condition: s}\n",
					     (i * 37) % 100, level_to_string((enum level)((i * 37) % 100 / 20))), 0);
	rs = ruleset_of(text.buf);
	assert_int_equal(engine_new(rs, &engine), 0);
	assert_int_equal(engine_run(engine, &fixture.facts, &v), 0);
	assert_int_equal(v.hits, 100);
	assert_int_equal(v.rule_count, VERDICT_RULES_MAX);
	assert_int_equal(v.level, LEVEL_CRITICAL);
	for (size_t i = 0; i < VERDICT_RULES_MAX; i++) {
		assert_int_equal(v.rules[i]->level, LEVEL_CRITICAL);
		assert_true(i == 0 || strcmp(v.rules[i - 1]->id, v.rules[i]->id) < 0);
	}
}

static void counts_matches_without_an_end(void **state)
{
	_cleanup_(ruleset_freep) struct ruleset *rs =
		ruleset_of(RULE("01", "file_event", "low", "", "Computer|re: '^(a+)+[bc]'"));
	_cleanup_(engine_freep) struct engine *engine = NULL;
	struct engine_counters counters;
	struct verdict v;

	(void)state;
	fixture.facts.computer = BYTES_LIT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	assert_int_equal(engine_new(rs, &engine), 0);
	assert_int_equal(engine_run(engine, &fixture.facts, &v), 0);
	assert_int_equal(v.hits, 0);
	engine_counters(engine, &counters);
	assert_int_equal(counters.regex_limited, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(orders_the_hits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(asks_rules_of_the_category_only, set_up, tear_down),
		cmocka_unit_test_setup_teardown(forgets_the_event_before, set_up, tear_down),
		cmocka_unit_test_setup_teardown(keeps_the_best_of_many, set_up, tear_down),
		cmocka_unit_test_setup_teardown(counts_matches_without_an_end, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
