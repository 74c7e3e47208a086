#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "limits.h"
#include "rule_fixture.h"

/* Three directories below one temporary one: vendor, etc and (never made) absent. */
static char base[] = "/tmp/pyhookd-test-XXXXXX";
static char vendor[64], etc[64], absent[64];

static void put(const char *dir, const char *name, const char *text)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_fclose_ FILE *f = NULL;

	assert_true(asprintf(&path, "%s/%s", dir, name) > 0);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
}

static void put_rule(const char *dir, const char *name, const char *title, unsigned id)
{
	_cleanup_free_ char *text = NULL;

	assert_true(asprintf(&text, "title: %s\nid: 929a690e-bef0-4204-a928-%012u\nlevel: low\n"
			     "logsource: {category: file_event}\ndetection: {s: {User: x}, condition: s}\n",
			     title, id) > 0);
	put(dir, name, text);
}

static int set_up(void **state)
{
	(void)state;
	memcpy(base + sizeof(base) - 7, "XXXXXX", 6);
	assert_non_null(mkdtemp(base));
	(void)snprintf(vendor, sizeof(vendor), "%s/vendor", base);
	(void)snprintf(etc, sizeof(etc), "%s/etc", base);
	(void)snprintf(absent, sizeof(absent), "%s/absent", base);
	return mkdir(vendor, 0700) < 0 || mkdir(etc, 0700) < 0;
}

static int tear_down(void **state)
{
	_cleanup_free_ char *command = NULL;

	(void)state;
	return asprintf(&command, "rm -rf '%s'", base) < 0 || system(command) != 0;
}

static struct ruleset *load(struct problems *problems)
{
	char *dirs[] = { vendor, etc, NULL };
	struct ruleset *rs = NULL;
	int r = ruleset_load(dirs, problems, &rs);

	if (r < 0)
		show_problems(problems);
	assert_int_equal(r, 0);
	return rs;
}

static void loads_in_order_of_names(void **state)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	_cleanup_(ruleset_freep) struct ruleset *rs = NULL;

	(void)state;
	put_rule(vendor, "20-b.yml", "b", 2);
	put_rule(vendor, "10-a.yaml", "a", 1);
	put_rule(etc, "15-c.json", "c", 3);
	put_rule(vendor, "README", "not a rule file", 4);
	put_rule(vendor, ".hidden.yml", "not a rule file", 5);
	put(etc, "30-two.yml",
	    "---\ntitle: d\nid: 929a690e-bef0-4204-a928-000000000006\nlevel: low\n"
	    "logsource: {category: file_event}\ndetection: {s: {User: x}, condition: s}\n"
	    "---\ntitle: e\nid: 929a690e-bef0-4204-a928-000000000007\nlevel: low\n"
	    "logsource: {category: file_event}\ndetection: {s: {User: x}, condition: s}\n---\n");
	rs = load(&problems);
	assert_int_equal(problems.count, 0);
	assert_int_equal(ruleset_count(rs), 5);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(ruleset_rule(rs, i)->title[0], "acbde"[i]);
	assert_non_null(strstr(ruleset_rule(rs, 0)->file, "/vendor/10-a.yaml"));
}

static void later_directories_override_and_mask(void **state)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	_cleanup_(ruleset_freep) struct ruleset *rs = NULL;
	_cleanup_free_ char *mask = NULL;

	(void)state;
	put_rule(vendor, "10-a.yml", "vendor's", 1);
	put_rule(vendor, "20-b.yml", "masked", 2);
	put_rule(etc, "10-a.yml", "mine", 1);
	assert_true(asprintf(&mask, "%s/20-b.yml", etc) > 0);
	assert_int_equal(symlink("/dev/null", mask), 0);
	rs = load(&problems);
	assert_int_equal(ruleset_count(rs), 1);
	assert_string_equal(ruleset_rule(rs, 0)->title, "mine");
}

#define RULE(title, id) "title: " title "\nid: 929a690e-bef0-4204-a928-00000000000" id "\nlevel: low\n" \
			"logsource: {category: file_event}\ndetection: {s: {User: x}, condition: s}\n"

/* Without an installation the program's rules count, and directories lie over them. */
static void lies_over_the_programs_rules(void **state)
{
	static const struct builtin_file program[] = {
		{ "10-a.yml", BYTES_LIT(RULE("program's", "1")) },
		{ "20-b.yml", BYTES_LIT(RULE("masked", "2")) },
		{ "30-c.yml", BYTES_LIT(RULE("kept", "3")) },
		{ 0 },
	};
	static const struct builtin_file wrong[] = { { "10-a.yml", BYTES_LIT("title: [\n") }, { 0 } };
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	_cleanup_(ruleset_freep) struct ruleset *rs = NULL;
	_cleanup_free_ char *mask = NULL;
	char *dirs[] = { absent, etc, NULL }, *none[] = { NULL };
	struct ruleset *untouched = NULL;

	(void)state;
	put_rule(etc, "10-a.yml", "mine", 1);
	assert_true(asprintf(&mask, "%s/20-b.yml", etc) > 0);
	assert_int_equal(symlink("/dev/null", mask), 0);
	assert_int_equal(ruleset_load_over(program, dirs, &problems, &rs), 0);
	assert_int_equal(problems.count, 0);
	assert_int_equal(ruleset_count(rs), 2);
	assert_string_equal(ruleset_rule(rs, 0)->title, "mine");
	assert_string_equal(ruleset_rule(rs, 1)->title, "kept");

	rs = ruleset_free(rs);
	assert_int_equal(ruleset_load_over(program, none, &problems, &rs), 0);
	assert_int_equal(ruleset_count(rs), 3);
	rs = ruleset_free(rs);
	assert_int_equal(ruleset_load_over(NULL, dirs, &problems, &rs), 0);
	assert_int_equal(ruleset_count(rs), 1);
	assert_int_equal(ruleset_load_over(wrong, none, &problems, &untouched), -EINVAL);
	assert_null(untouched);
	assert_int_equal(problems.list[0].line, 2);
}

/* What is in this program. */
static void the_builtin_rules_are_in_order(void **state)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	_cleanup_(ruleset_freep) struct ruleset *rs = NULL;
	char *none[] = { NULL };

	(void)state;
	assert_int_equal(ruleset_load_over(builtin_rules, none, &problems, &rs), 0);
	assert_int_equal(problems.count, 0);
	assert_true(ruleset_count(rs) > 20);
}

static void is_all_or_nothing(void **state)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	struct ruleset *rs = (struct ruleset *)0x1;
	char *dirs[] = { vendor, absent, etc, NULL };

	(void)state;
	put_rule(vendor, "10-good.yml", "good", 1);
	put(vendor, "20-bad.yml", "title: [\n");
	put(etc, "30-bad.yml", "title: t\n");
	put_rule(etc, "40-same.yml", "same id", 1);
	assert_int_equal(ruleset_load(dirs, &problems, &rs), -EINVAL);
	assert_ptr_equal(rs, (struct ruleset *)0x1);
	show_problems(&problems);
	assert_int_equal(problems.count, 7);	/* one more for each thing that 30-bad lacks */
	assert_string_equal(problems.list[0].file, absent);
	assert_int_equal(problems.list[0].line, 0);
	assert_non_null(strstr(problems.list[1].file, "20-bad.yml"));
	assert_non_null(strstr(problems.list[6].file, "40-same.yml"));
	assert_non_null(strstr(problems.list[6].text, "same id"));
	assert_int_equal(problems.list[6].line, 2);
	assert_int_equal(problems.list[6].column, 5);
}

static void refuses_strange_files(void **state)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	_cleanup_free_ char *fifo = NULL, *dir = NULL, *dangling = NULL;
	struct ruleset *rs;
	char *dirs[] = { vendor, NULL };

	(void)state;
	assert_true(asprintf(&fifo, "%s/fifo.yml", vendor) > 0);
	assert_true(asprintf(&dir, "%s/dir.yml", vendor) > 0);
	assert_true(asprintf(&dangling, "%s/dangling.yml", vendor) > 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(symlink("/nonexistent", dangling), 0);
	assert_int_equal(ruleset_load(dirs, &problems, &rs), -EINVAL);
	assert_int_equal(problems.count, 3);
}

static void warns_when_there_is_no_rule(void **state)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	_cleanup_(ruleset_freep) struct ruleset *rs = load(&problems);

	(void)state;
	assert_int_equal(ruleset_count(rs), 0);
	assert_int_equal(problems.count, 1);
	assert_true(problems.list[0].warning);
}

static void refuses_two_rules_of_one_id(void **state)
{
	static const char text[] =
		"title: a\nid: 929a690e-bef0-4204-a928-ef5e620d6fcc\nlevel: low\n"
		"logsource: {category: file_event}\ndetection: {s: {User: x}, condition: s}\n"
		"---\ntitle: b\nid: 929A690E-BEF0-4204-A928-EF5E620D6FCC\nlevel: low\n"
		"logsource: {category: file_event}\ndetection: {s: {User: x}, condition: s}\n";
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	struct ruleset *rs;

	(void)state;
	assert_int_equal(ruleset_load_text(bytes_of(text), "f", &problems, &rs), -EINVAL);
	assert_int_equal(problems.count, 1);
	assert_int_equal(problems.list[0].line, 8);
}

static void bounds_the_rules(void **state)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	_cleanup_(ruleset_freep) struct ruleset *rs = NULL;

	(void)state;
	for (unsigned file = 0; file < 2; file++) {
		_cleanup_str_ struct str text = STR_INIT;
		char name[32];

		for (unsigned i = 0; i < SIGMA_RULES_MAX / 2 + file; i++)
			assert_int_equal(str_appendf(&text, "---\ntitle: t\nid: 929a690e-bef0-4204-a928-%012u\nlevel: low\n"
						     "logsource: {category: file_event}\n"
						     "detection: {s: {User: x}, condition: s}\n",
						     file * SIGMA_RULES_MAX + i), 0);
		(void)snprintf(name, sizeof(name), "%u.yml", file);
		put(vendor, name, text.buf);
	}
	assert_int_equal(ruleset_load((char *[]){ vendor, NULL }, &problems, &rs), -EINVAL);
	assert_int_equal(problems.count, 1);
	assert_non_null(strstr(problems.list[0].text, "more than 5000 rules"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(loads_in_order_of_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(later_directories_override_and_mask, set_up, tear_down),
		cmocka_unit_test_setup_teardown(lies_over_the_programs_rules, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_builtin_rules_are_in_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(is_all_or_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refuses_strange_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(warns_when_there_is_no_rule, set_up, tear_down),
		cmocka_unit_test(refuses_two_rules_of_one_id),
		cmocka_unit_test_setup_teardown(bounds_the_rules, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
