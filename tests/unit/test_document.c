#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "document.h"
#include "limits.h"

static cJSON *parse(struct bytes text)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	cJSON *tree = NULL;

	assert_int_equal(document_parse(text, "f", &problems, &tree), 0);
	assert_int_equal(problems.count, 0);
	assert_non_null(tree);
	return tree;
}

static const cJSON *get(const cJSON *object, const char *name)
{
	const cJSON *node = cJSON_GetObjectItemCaseSensitive(object, name);

	assert_non_null(node);
	return node;
}

#define assert_place(node, line, column)                        \
	do {                                                    \
		assert_int_equal(document_line(node), line);    \
		assert_int_equal(document_column(node), column); \
	} while (0)
#define assert_key_place(node, line, column)                        \
	do {                                                        \
		assert_int_equal(document_key_line(node), line);    \
		assert_int_equal(document_key_column(node), column); \
	} while (0)

static void builds_a_tree_with_places(void **state)
{
	_cleanup_cjson_ cJSON *tree = parse(BYTES_LIT("# comment\n"
						      "title: a b\n"
						      "\xc3\xa4\xc3\xa4: 'quoted'\n"
						      "map:\n"
						      "    Key|re:\n"
						      "        - 11\n"
						      "        - \"x\"\n"
						      "deep: {a: [~, null, 'null', true]}\n"
						      "empty:\n\n"));
	const cJSON *rule = tree->child, *n;

	(void)state;
	assert_int_equal(cJSON_GetArraySize(tree), 1);
	assert_place(rule, 2, 1);
	n = get(rule, "title");
	assert_string_equal(n->valuestring, "a b");
	assert_place(n, 2, 8);
	assert_key_place(n, 2, 1);
	assert_int_equal(document_text_column(n), 8);

	n = get(rule, "\xc3\xa4\xc3\xa4");	/* columns are bytes */
	assert_place(n, 3, 7);
	assert_int_equal(document_text_column(n), 8);

	n = get(get(rule, "map"), "Key|re");
	assert_key_place(n, 5, 5);
	assert_place(n, 6, 9);
	assert_place(n->child, 6, 11);
	assert_true(cJSON_IsString(n->child));	/* a number is a text, too */
	assert_string_equal(n->child->valuestring, "11");
	assert_place(n->child->next, 7, 11);
	assert_key_place(n->child->next, 7, 11);

	assert_place(get(rule, "empty"), 9, 1);
	n = get(get(rule, "deep"), "a")->child;
	assert_true(cJSON_IsNull(n));
	assert_true(cJSON_IsNull(n->next));
	assert_string_equal(n->next->next->valuestring, "null");
	assert_string_equal(n->next->next->next->valuestring, "true");
}

static void reads_json_and_streams(void **state)
{
	_cleanup_cjson_ cJSON *json = parse(BYTES_LIT("{\"a\": [1, \"\\u00e4\", null],\r\n \"B\": {}}"));
	_cleanup_cjson_ cJSON *stream = parse(BYTES_LIT("a: 1\n---\nb: 2\n---\n"));
	_cleanup_cjson_ cJSON *empty = parse(BYTES_LIT("# nothing\n"));
	_cleanup_cjson_ cJSON *none = parse(BYTES_NONE);
	_cleanup_cjson_ cJSON *dense = parse(BYTES_LIT("{\n\t\"a\":[1,{\"b\":\"\\/\"}],\t\"c\":-1.5e3}\n"));
	_cleanup_cjson_ cJSON *bom = parse(BYTES_LIT("\xef\xbb\xbf" "a: 1\n"));

	(void)state;
	assert_string_equal(get(json->child, "a")->child->next->valuestring, "\xc3\xa4");
	assert_place(get(json->child, "B"), 2, 7);
	assert_null(cJSON_GetObjectItemCaseSensitive(json->child, "b"));
	assert_int_equal(cJSON_GetArraySize(stream), 3);
	assert_place(get(stream->child->next, "b"), 3, 4);
	assert_true(cJSON_IsNull(stream->child->next->next));
	assert_int_equal(cJSON_GetArraySize(empty), 0);
	assert_int_equal(cJSON_GetArraySize(none), 0);
	assert_string_equal(get(get(dense->child, "a")->child->next, "b")->valuestring, "/");
	assert_string_equal(get(dense->child, "c")->valuestring, "-1.5e3");
	get(bom->child, "a");
}

/* A key far from its value: the distance does not fit, the value's place is told. */
static void survives_a_distant_value(void **state)
{
	_cleanup_str_ struct str text = STR_INIT;
	_cleanup_cjson_ cJSON *tree = NULL;

	(void)state;
	assert_int_equal(str_append_text(&text, "a: 1\nkey:\n"), 0);
	for (int i = 0; i < 1500; i++)
		assert_int_equal(str_append_text(&text, "#\n"), 0);
	assert_int_equal(str_append_text(&text, "  value\n"), 0);
	tree = parse(str_bytes(&text));
	assert_place(get(tree->child, "key"), 1503, 3);
	assert_key_place(get(tree->child, "key"), 1503, 3);
}

static void says_what_is_wrong_and_where(void **state)
{
	static const struct {
		struct bytes text;
		unsigned line, column;
		const char *part;
	} table[] = {
		{ BYTES_LIT("a: 1\nb: &x 2\n"), 2, 4, "anchors" },
		{ BYTES_LIT("a: *x\n"), 1, 4, "aliases" },
		{ BYTES_LIT("*x : 1\n"), 1, 1, "aliases" },
		{ BYTES_LIT("a: !!python/object 2\n"), 1, 4, "tags" },
		{ BYTES_LIT("a: !m {b: 1}\n"), 1, 4, "tags" },
		{ BYTES_LIT("a: 1\nb: 2\na: 3\n"), 3, 1, "second time (first in line 1)" },
		{ BYTES_LIT("{a: 1, \"a\": 2}"), 1, 8, "second time" },
		{ BYTES_LIT("? [a, b]\n: 1\n"), 1, 3, "a key must be" },
		{ BYTES_LIT("? {a: b}\n: 1\n"), 1, 3, "a key must be" },
		{ BYTES_LIT("a: \"\\0\"\n"), 1, 4, "NUL" },
		{ BYTES_LIT("a: b\0c\n"), 1, 5, "control characters" },
		{ BYTES_LIT("a: 1\n\xc3\xa4: \xff\n"), 2, 5, "not UTF-8" },
		{ BYTES_LIT("\xff\xfe" "a\0:\0"), 1, 1, "not UTF-8" },
		{ BYTES_LIT("a: [1, 2\nb: 3\n"), 2, 2, "not valid YAML" },
		{ BYTES_LIT("a: 'x\n"), 2, 1, "not valid YAML" },
		{ BYTES_LIT("\ta: 1\n"), 1, 1, "not valid YAML" },
		{ BYTES_LIT("a: b: c\n"), 1, 5, "not valid YAML" },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(table); i++) {
		_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
		cJSON *tree = (cJSON *)0x1;

		assert_int_equal(document_parse(table[i].text, "f", &problems, &tree), -EINVAL);
		assert_ptr_equal(tree, (cJSON *)0x1);
		assert_true(problems.count > 0);
		if (!strstr(problems.list[0].text, table[i].part) || problems.list[0].line != table[i].line ||
		    problems.list[0].column != table[i].column)
			fail_msg("%zu: %u:%u: %s", i, problems.list[0].line, problems.list[0].column,
				 problems.list[0].text);
		assert_string_equal(problems.list[0].file, "f");
	}
}

static void goes_on_after_a_mistake(void **state)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	cJSON *tree;

	(void)state;
	assert_int_equal(document_parse(BYTES_LIT("a: &x 1\nb: *x\na: !t 2\n"), "f", &problems, &tree), -EINVAL);
	assert_int_equal(problems.count, 4);
}

static void repeat(struct str *s, const char *text, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_int_equal(str_append_text(s, text), 0);
}

static int parse_quietly(const struct str *s, struct problems *problems)
{
	_cleanup_cjson_ cJSON *tree = NULL;

	return document_parse(str_bytes(s), "f", problems, &tree);
}

static void keeps_its_limits(void **state)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	_cleanup_str_ struct str s = STR_INIT;

	(void)state;
	repeat(&s, "[", DOCUMENT_DEPTH_MAX - 1);
	repeat(&s, "]", DOCUMENT_DEPTH_MAX - 1);
	assert_int_equal(parse_quietly(&s, &problems), 0);

	str_clear(&s);
	repeat(&s, "[", 100000);
	assert_int_equal(parse_quietly(&s, &problems), -EINVAL);
	assert_non_null(strstr(problems.list[0].text, "deeper"));
	problems_release(&problems);

	str_clear(&s);
	repeat(&s, "{a: ", 100000);
	assert_int_equal(parse_quietly(&s, &problems), -EINVAL);
	problems_release(&problems);

	str_clear(&s);
	repeat(&s, "- a\n", DOCUMENT_NODES_MAX - 1);	/* and the list itself */
	assert_int_equal(parse_quietly(&s, &problems), 0);
	repeat(&s, "- a\n", 1);
	assert_int_equal(parse_quietly(&s, &problems), -EINVAL);
	assert_non_null(strstr(problems.list[0].text, "values in one file"));
	problems_release(&problems);

	str_clear(&s);
	for (int i = 0; i < DOCUMENT_KEYS_MAX; i++)
		assert_int_equal(str_appendf(&s, "k%d: 1\n", i), 0);
	assert_int_equal(parse_quietly(&s, &problems), 0);
	repeat(&s, "one more: 1\n", 1);
	assert_int_equal(parse_quietly(&s, &problems), -EINVAL);
	problems_release(&problems);

	str_clear(&s);
	repeat(&s, "#", DOCUMENT_BYTES_MAX);
	assert_int_equal(parse_quietly(&s, &problems), 0);
	repeat(&s, "#", 1);
	assert_int_equal(parse_quietly(&s, &problems), -EINVAL);
	assert_int_equal(problems.list[0].line, 0);
}

/* A whole file in one line: places must not cost a walk from the start each. */
static void stays_linear_in_a_long_line(void **state)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	_cleanup_str_ struct str s = STR_INIT;

	(void)state;
	repeat(&s, "[", 1);
	repeat(&s, "\xc3\xa4,", DOCUMENT_NODES_MAX - 1);
	repeat(&s, "]", 1);
	assert_int_equal(parse_quietly(&s, &problems), 0);
}

static void loads_files(void **state)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	_cleanup_cjson_ cJSON *tree = NULL;
	char dir[] = "/tmp/pyhookd-test-XXXXXX";
	int dirfd, fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dirfd >= 0);
	fd = openat(dirfd, "a.yml", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "a: 1\n", 5), 5);
	close(fd);
	assert_int_equal(mkfifoat(dirfd, "fifo", 0600), 0);
	fd = openat(dirfd, "big", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(ftruncate(fd, DOCUMENT_BYTES_MAX + 1), 0);
	close(fd);

	assert_int_equal(document_load(dirfd, "a.yml", "f", &problems, &tree), 0);
	assert_string_equal(get(tree->child, "a")->valuestring, "1");
	assert_int_equal(document_load(dirfd, "absent", "f", &problems, &tree), -EINVAL);
	assert_non_null(strstr(problems.list[0].text, "No such file"));
	assert_int_equal(document_load(dirfd, "fifo", "f", &problems, &tree), -EINVAL);
	assert_int_equal(document_load(dirfd, ".", "f", &problems, &tree), -EINVAL);
	assert_int_equal(document_load(dirfd, "big", "f", &problems, &tree), -EINVAL);
	assert_non_null(strstr(problems.list[3].text, "larger"));
	assert_int_equal(problems.count, 4);

	unlinkat(dirfd, "a.yml", 0);
	unlinkat(dirfd, "fifo", 0);
	unlinkat(dirfd, "big", 0);
	close(dirfd);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(builds_a_tree_with_places),
		cmocka_unit_test(reads_json_and_streams),
		cmocka_unit_test(survives_a_distant_value),
		cmocka_unit_test(says_what_is_wrong_and_where),
		cmocka_unit_test(goes_on_after_a_mistake),
		cmocka_unit_test(keeps_its_limits),
		cmocka_unit_test(stays_linear_in_a_long_line),
		cmocka_unit_test(loads_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
