#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <syslog.h>
#include <cmocka.h>

#include "cleanup.h"
#include "config.h"
#include "document.h"
#include "limits.h"
#include "str.h"

/* Apply the documents of a YAML text, which must be readable. */
static int apply(struct config *c, const char *yaml, struct problems *problems)
{
	_cleanup_cjson_ cJSON *documents = NULL;

	assert_int_equal(document_parse(bytes_of(yaml), "f", problems, &documents), 0);
	return config_apply(c, documents, "f", problems);
}

static void assert_list(char *const *list, const char *const *expected)
{
	assert_non_null(list);
	for (; *expected; list++, expected++) {
		assert_non_null(*list);
		assert_string_equal(*list, *expected);
	}
	assert_null(*list);
}

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define NOTHING ((const char *const[]){ NULL })

static void assert_defaults(const struct config *c)
{
	assert_string_equal(c->state_dir, "/var/lib/pyhookd");
	assert_list(c->rules_dirs, LIST("/usr/share/pyhookd/rules.d", "/etc/pyhookd/rules.d"));
	assert_list(c->judgement_dirs, LIST("/usr/share/pyhookd/judgement.d", "/etc/pyhookd/judgement.d"));
	assert_int_equal(c->outputs, CONFIG_OUTPUT_JOURNAL);
	assert_list(c->watch, NOTHING);
	assert_int_equal(c->journal_min_level, LEVEL_MEDIUM);
	assert_int_equal(c->log_max_size, 64 * 1024 * 1024);
	assert_int_equal(c->log_keep, 4);
	assert_int_equal(c->evidence_max_size, 64 * 1024 * 1024);
	assert_int_equal(c->evidence_max_file, 4 * 1024 * 1024);
	assert_int_equal(c->log_level, LOG_INFO);
}

static void has_defaults(void **state)
{
	static const char *const empty[] = { "", "# nothing\n", "---\n", "~\n", "{}\n", "journal:\nlog: {}\n" };
	_cleanup_config_ struct config c = CONFIG_INIT;

	(void)state;
	assert_int_equal(config_defaults(&c), 0);
	assert_defaults(&c);
	for (size_t i = 0; i < ELEMENTSOF(empty); i++) {
		_cleanup_problems_ struct problems p = PROBLEMS_INIT;

		assert_int_equal(apply(&c, empty[i], &p), 0);
		assert_int_equal(p.count, 0);
		assert_defaults(&c);
	}
}

static void takes_every_key(void **state)
{
	_cleanup_problems_ struct problems p = PROBLEMS_INIT;
	_cleanup_config_ struct config c = CONFIG_INIT;

	(void)state;
	assert_int_equal(config_defaults(&c), 0);
	assert_int_equal(apply(&c, "state_dir: //srv///state/\nrules_dirs: [/a, /b/c]\noutputs: [json, text]\n"
				   "watch:\n  - /\n  - /home\njournal: {min_level: high}\n"
				   "log:\n  max_size: 2G\n  keep: 0\nevidence: {max_size: 0, max_file: 64K}\n"
				   "log_level: debug\n", &p), 0);
	assert_int_equal(p.count, 0);
	assert_string_equal(c.state_dir, "/srv/state");
	assert_list(c.rules_dirs, LIST("/a", "/b/c"));
	assert_int_equal(c.outputs, CONFIG_OUTPUT_JSON | CONFIG_OUTPUT_TEXT);
	assert_list(c.watch, LIST("/", "/home"));
	assert_int_equal(c.journal_min_level, LEVEL_HIGH);
	assert_true(c.log_max_size == (uint64_t)2 << 30);
	assert_int_equal(c.log_keep, 0);
	assert_int_equal(c.evidence_max_size, 0);
	assert_int_equal(c.evidence_max_file, 65536);
	assert_int_equal(c.log_level, LOG_DEBUG);

	/* A later file replaces lists as a whole and leaves the rest. */
	assert_int_equal(apply(&c, "rules_dirs: [/z]\nwatch: []\noutputs: []\n", &p), 0);
	assert_list(c.rules_dirs, LIST("/z"));
	assert_list(c.watch, NOTHING);
	assert_int_equal(c.outputs, 0);
	assert_string_equal(c.state_dir, "/srv/state");
}

static void names_each_problem(void **state)
{
	static const struct {
		const char *yaml, *problem;
		unsigned line, column;
	} cases[] = {
		{ "statedir: /x", "unknown key 'statedir' (did you mean 'state_dir'?)", 1, 1 },
		{ "STATE_DIR: /x", "unknown key 'STATE_DIR'", 1, 1 },
		{ "state_dri: /x", "unknown key 'state_dri' (did you mean 'state_dir'?)", 1, 1 },
		{ "# which\n\nwathc:\n  - /x\n", "unknown key 'wathc' (did you mean 'watch'?)", 3, 1 },
		{ "colour: /x", "unknown key 'colour'", 1, 1 },
		{ "\"\": /x", "unknown key ''", 1, 1 },
		{ "\"a\\nb\\u001b\": /x", "unknown key 'a\\nb\\x1b'", 1, 1 },
		{ "jurnal:\n  min_level: high", "unknown key 'jurnal' (did you mean 'journal'?)", 1, 1 },
		{ "journal:\n  min_levl: high",
		  "unknown key 'journal.min_levl' (did you mean 'journal.min_level'?)", 2, 3 },
		{ "min_level: high", "unknown key 'min_level' (did you mean 'journal.min_level'?)", 1, 1 },
		{ "journal.min_level: high",
		  "unknown key 'journal.min_level' (write 'journal:' and 'min_level:' below it)", 1, 1 },
		{ "log: info", "'log' must hold keys of its own, not \"info\"", 1, 6 },
		{ "log:\n  log:\n    keep: 3", "unknown key 'log.log'", 2, 3 },
		{ "state_dir: var/lib",
		  "'state_dir' must be an absolute path (beginning with '/'), not \"var/lib\"", 1, 12 },
		{ "state_dir: ''", "'state_dir' must be an absolute path (beginning with '/'), not \"\"", 1, 12 },
		{ "state_dir: ~/x",
		  "'state_dir' must be an absolute path (beginning with '/'), not \"~/x\"", 1, 12 },
		{ "state_dir: /a/../b",
		  "'state_dir' must be a path without '.' and '..', not \"/a/../b\"", 1, 12 },
		{ "state_dir: \"/a\\u001b[2J\"",
		  "'state_dir' must not contain control characters, not \"/a\\x1b[2J\"", 1, 12 },
		{ "state_dir: ~", "'state_dir' has no value (to have the default, remove the key)", 1, 12 },
		{ "state_dir: [/a]", "'state_dir' must be an absolute path", 1, 12 },
		{ "state_dir:\n  a: /a", "'state_dir' must be an absolute path", 2, 3 },
		{ "watch: /home", "'watch' must be a list (write '[/home]')", 1, 8 },
		{ "watch: {}", "'watch' must be a list of absolute paths", 1, 8 },
		{ "watch:\n  - /a\n  - b",
		  "'watch' must be an absolute path (beginning with '/'), not \"b\"", 3, 5 },
		{ "watch: [/a, [/b]]", "'watch' must be a list of absolute paths", 1, 13 },
		{ "watch:\n  - /b\n  - /a\n  - /a/", "\"/a/\" is in 'watch' twice (first in line 3)", 4, 5 },
		{ "rules_dirs: []", "'rules_dirs' must have 1 to 256 elements, not 0", 1, 13 },
		{ "rules_dirs: null", "'rules_dirs' has no value (to have the default, remove the key)", 1, 13 },
		{ "outputs: [syslog]", "'outputs' must be a list of journal, text, json, not \"syslog\"", 1, 11 },
		{ "outputs: [text,\n  text]", "\"text\" is in 'outputs' twice (first in line 1)", 2, 3 },
		{ "journal:\n  min_level: warn",
		  "'journal.min_level' must be a level (informational, low, medium, high, critical), not \"warn\"",
		  2, 14 },
		{ "evidence: {max_file: 5M}", "'evidence.max_file' must be a size from 1K to 4M (a number of bytes, or one "
		  "with K or M), not \"5M\"", 1, 22 },
		{ "log:\n  max_size: 64", "'log.max_size' must be a size from 1M to 1024G (a number of "
		  "bytes, or one with K, M or G), not \"64\"", 2, 13 },
		{ "log: {keep: 101}", "'log.keep' must be a number from 0 to 100, not \"101\"", 1, 13 },
		{ "log: {keep: -1}", "'log.keep' must be a number from 0 to 100, not \"-1\"", 1, 13 },
		{ "log: {keep: 1K}", "'log.keep' must be a number from 0 to 100, not \"1K\"", 1, 13 },
		{ "log_level: loud", "'log_level' must be error, warning, info or debug, not \"loud\"", 1, 12 },
		{ "- state_dir", "must be a mapping ('key: value')", 1, 1 },
		{ "state_dir", "must be a mapping ('key: value')", 1, 1 },
		{ "state_dir: /var/lib/pyhookd\n---\n{}", "a configuration file holds one document", 3, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_problems_ struct problems p = PROBLEMS_INIT;
		_cleanup_config_ struct config c = CONFIG_INIT;

		assert_int_equal(config_defaults(&c), 0);
		assert_int_equal(apply(&c, cases[i].yaml, &p), -EINVAL);
		assert_int_equal(p.count, 1);
		assert_string_equal(p.list[0].text, cases[i].problem);
		assert_string_equal(p.list[0].file, "f");
		assert_int_equal(p.list[0].line, cases[i].line);
		assert_int_equal(p.list[0].column, cases[i].column);
		assert_defaults(&c);
	}
}

static void names_all_problems(void **state)
{
	_cleanup_problems_ struct problems p = PROBLEMS_INIT;
	_cleanup_config_ struct config c = CONFIG_INIT;

	(void)state;
	assert_int_equal(config_defaults(&c), 0);
	assert_int_equal(apply(&c, "nope: 1\nwatch: [x, /a, y, /a]\nlog:\n  nope: 1\n  keep: x\n"
				   "state_dir: /ok\n", &p), -EINVAL);
	assert_int_equal(p.count, 6);
	assert_string_equal(c.state_dir, "/ok");
	assert_list(c.watch, NOTHING);
}

static void reads_sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;		/* 0: refused */
	} cases[] = {
		{ "1048576", 1048576 }, { "1024K", 1048576 }, { "1M", 1048576 }, { "1024G", (uint64_t)1 << 40 },
		{ "1048575", 0 }, { "1023K", 0 }, { "1025G", 0 }, { "18446744073709551616", 0 },
		{ "18014398509483008K", 0 } /* 2^64 + 1M */, { "17179869184G", 0 }, { "64m", 0 }, { "64MB", 0 }, { "6 4M", 0 },
		{ "M", 0 }, { "", 0 }, { "1.5M", 0 }, { "+4M", 0 }, { "0x400000", 0 },
	};
	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_problems_ struct problems p = PROBLEMS_INIT;
		_cleanup_config_ struct config c = CONFIG_INIT;
		int r = config_set(&c, "log.max_size", LIST(cases[i].text), "--size", &p);

		assert_int_equal(r, cases[i].bytes ? 0 : -EINVAL);
		assert_true(c.log_max_size == cases[i].bytes);
	}
}

static void sets_from_options(void **state)
{
	_cleanup_problems_ struct problems p = PROBLEMS_INIT;
	_cleanup_config_ struct config c = CONFIG_INIT;

	(void)state;
	assert_int_equal(config_set(&c, "watch", LIST("/a", "/b"), "--watch", &p), 0);
	assert_list(c.watch, LIST("/a", "/b"));
	assert_int_equal(config_set(&c, "watch", LIST("b"), "--watch", &p), -EINVAL);
	assert_list(c.watch, LIST("/a", "/b"));
	assert_string_equal(p.list[0].file, "--watch");
	assert_int_equal(p.list[0].line, 0);
	assert_int_equal(config_set(&c, "state_dir", NOTHING, "--state-dir", &p), -EINVAL);
	assert_int_equal(config_set(&c, "nope", LIST("b"), "--nope", &p), -ENOENT);
	assert_int_equal(config_set(&c, "journal", LIST("b"), "--nope", &p), -ENOENT);
}

static void bounds_lists(void **state)
{
	static char texts[CONFIG_LIST_MAX + 1][8], big[5000];
	const char *values[CONFIG_LIST_MAX + 2] = { NULL };
	_cleanup_problems_ struct problems p = PROBLEMS_INIT;
	_cleanup_config_ struct config c = CONFIG_INIT;

	(void)state;
	for (size_t i = 0; i < CONFIG_LIST_MAX + 1; i++) {
		(void)snprintf(texts[i], sizeof(texts[i]), "/%zu", i);
		values[i] = texts[i];
	}
	assert_int_equal(config_set(&c, "watch", values, "o", &p), -EINVAL);
	assert_string_equal(p.list[0].text, "'watch' must have 0 to 256 elements, not 257");
	values[CONFIG_LIST_MAX] = NULL;
	assert_int_equal(config_set(&c, "watch", values, "o", &p), 0);

	memset(big, '/', sizeof(big) - 1);
	assert_int_equal(config_set(&c, "state_dir", LIST(big), "o", &p), -EINVAL);
	assert_true(strlen(p.list[1].text) < 200);
}

/* ---- files -------------------------------------------------------------------- */

static char dir[] = "/tmp/test_config.XXXXXX";

static const char *in_dir(const char *name)
{
	static char path[4][128];
	static unsigned next;
	char *p = path[next++ % 4];

	(void)snprintf(p, sizeof(path[0]), "%s/%s", dir, name);
	return p;
}

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(in_dir(name), "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	static const char *const names[] = {
		"c.yaml.d/10-a.yaml", "c.yaml.d/9-b.yaml", "c.yaml.d/.hidden.yaml", "c.yaml.d/note.txt",
		"c.yaml.d", "c.yaml", "link.yaml", "bad.yaml", "notdir.yaml.d",
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(names); i++)
		(void)remove(in_dir(names[i]));
	return rmdir(dir);
}

static void may_lack_the_default_file(void **state)
{
	_cleanup_problems_ struct problems p = PROBLEMS_INIT;
	_cleanup_config_ struct config c = CONFIG_INIT;

	(void)state;
	assert_int_equal(config_load(in_dir("none.yaml"), true, &p, &c), -EINVAL);
	assert_null(c.state_dir);
	assert_int_equal(p.errors, 1);
	assert_int_equal(symlink("/nowhere", in_dir("link.yaml")), 0);
	assert_int_equal(config_load(in_dir("link.yaml"), false, &p, &c), -EINVAL);
	assert_int_equal(p.errors, 2);
	write_file("notdir.yaml.d", "");
	assert_int_equal(config_load(in_dir("notdir.yaml"), false, &p, &c), -EINVAL);
	assert_int_equal(p.errors, 3);

	assert_int_equal(config_load(in_dir("none.yaml"), false, &p, &c), 0);
	assert_int_equal(p.errors, 3);
	assert_defaults(&c);
}

static void loads_drop_ins_in_order(void **state)
{
	_cleanup_problems_ struct problems p = PROBLEMS_INIT;
	_cleanup_config_ struct config c = CONFIG_INIT;

	(void)state;
	write_file("c.yaml", "# a comment\nstate_dir: /one\nwatch: [/a, /b]\nlog:\n  keep: 7\n");
	assert_int_equal(mkdir(in_dir("c.yaml.d"), 0755), 0);
	write_file("c.yaml.d/10-a.yaml", "state_dir: /two\nwatch: [/c]\n");
	write_file("c.yaml.d/9-b.yaml", "state_dir: /three\n");
	write_file("c.yaml.d/.hidden.yaml", "nope: nope\n");
	write_file("c.yaml.d/note.txt", "nope: nope\n");
	assert_int_equal(config_load(in_dir("c.yaml"), true, &p, &c), 0);
	assert_int_equal(p.count, 0);
	assert_string_equal(c.state_dir, "/three");
	assert_list(c.watch, LIST("/c"));
	assert_int_equal(c.log_keep, 7);
	config_release(&c);

	/* Problems of all files, each with its place; nothing is taken. */
	write_file("c.yaml", "statedir: /one\n");
	write_file("c.yaml.d/9-b.yaml", "log:\n  keep: many\n");
	assert_int_equal(config_load(in_dir("c.yaml"), true, &p, &c), -EINVAL);
	assert_null(c.state_dir);
	assert_int_equal(p.count, 2);
	assert_string_equal(p.list[0].file, in_dir("c.yaml"));
	assert_int_equal(p.list[0].line, 1);
	assert_string_equal(p.list[1].file, in_dir("c.yaml.d/9-b.yaml"));
	assert_int_equal(p.list[1].line, 2);
	assert_int_equal(p.list[1].column, 9);
}

static void refuses_broken_files(void **state)
{
	_cleanup_problems_ struct problems p = PROBLEMS_INIT;
	_cleanup_config_ struct config c = CONFIG_INIT;

	(void)state;
	write_file("bad.yaml", "state_dir: [\n");
	assert_int_equal(config_load(in_dir("bad.yaml"), true, &p, &c), -EINVAL);
	assert_int_equal(p.errors, 1);
	write_file("bad.yaml", "state_dir: /a\nstate_dir: /b\n");
	assert_int_equal(config_load(in_dir("bad.yaml"), true, &p, &c), -EINVAL);
	assert_int_equal(p.errors, 2);
	assert_int_equal(config_load(dir, true, &p, &c), -EINVAL);
	assert_null(c.state_dir);
}

/* ---- what is shipped ------------------------------------------------------------- */

static char *slurp(const char *path)
{
	FILE *f = fopen(path, "r");
	static char text[32768];
	size_t n;

	if (!f)
		return NULL;
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	(void)fclose(f);
	return text;
}

/* The shipped file says nothing but the defaults, also when all of it that could be
 * is uncommented; and every key is in it and in the manual page. */
static void ships_the_defaults(void **state)
{
	char *text = slurp("packaging/pyhookd.yaml");
	_cleanup_str_ struct str open = STR_INIT;

	(void)state;
	if (!text)
		skip();		/* not run from the top of the source tree */
	for (char *line = text, *end; *line; line = end) {
		end = strchr(line, '\n');
		assert_non_null(end++);
		/* "#key: value" and "#  key: value" are settings, "# words" is a comment. */
		if (line[0] == '#' && ((line[1] >= 'a' && line[1] <= 'z') || strncmp(line, "#  ", 3) == 0))
			line++;
		assert_int_equal(str_append(&open, line, (size_t)(end - line)), 0);
	}
	for (const struct config_key *key = config_table; key->name; key++) {
		const char *leaf = strchr(key->name, '.') ? strchr(key->name, '.') + 1 : key->name;
		char wanted[64];

		(void)snprintf(wanted, sizeof(wanted), "%s:", leaf);
		if (!strstr(open.buf, wanted))
			fail_msg("packaging/pyhookd.yaml lacks %s", key->name);
	}

	for (int opened = 0; opened < 2; opened++) {
		_cleanup_problems_ struct problems p = PROBLEMS_INIT;
		_cleanup_config_ struct config c = CONFIG_INIT;
		int r;

		write_file("bad.yaml", opened ? open.buf : text);
		r = config_load(in_dir("bad.yaml"), true, &p, &c);
		if (p.count > 0)
			fail_msg("%u:%u: %s", p.list[0].line, p.list[0].column, p.list[0].text);
		assert_int_equal(r, 0);
		assert_defaults(&c);
	}

	text = slurp("docs/pyhookd.yaml.5");
	assert_non_null(text);
	for (const struct config_key *key = config_table; key->name; key++) {
		char wanted[64];

		(void)snprintf(wanted, sizeof(wanted), ".It Ic %s ", key->name);
		if (!strstr(text, wanted))
			fail_msg("docs/pyhookd.yaml.5 lacks %s", key->name);
	}
}

/* ---- without memory --------------------------------------------------------------- */

static size_t allocations_left;

static void *scarce_malloc(size_t size)
{
	if (allocations_left == 0)
		return NULL;
	allocations_left--;
	return malloc(size);
}

static void survives_want_of_memory(void **state)
{
	cJSON_Hooks hooks = { scarce_malloc, free };
	_cleanup_config_ struct config c = CONFIG_INIT;
	int r = -ENOMEM;

	(void)state;
	cJSON_InitHooks(&hooks);
	for (size_t n = 0; r < 0; n++) {
		allocations_left = n;
		r = config_defaults(&c);
		assert_true(r == 0 || (r == -ENOMEM && !c.state_dir));
	}
	cJSON_InitHooks(NULL);
	assert_defaults(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_defaults),
		cmocka_unit_test(takes_every_key),
		cmocka_unit_test(names_each_problem),
		cmocka_unit_test(names_all_problems),
		cmocka_unit_test(reads_sizes),
		cmocka_unit_test(sets_from_options),
		cmocka_unit_test(bounds_lists),
		cmocka_unit_test(may_lack_the_default_file),
		cmocka_unit_test(loads_drop_ins_in_order),
		cmocka_unit_test(refuses_broken_files),
		cmocka_unit_test(ships_the_defaults),
		cmocka_unit_test(survives_want_of_memory),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
