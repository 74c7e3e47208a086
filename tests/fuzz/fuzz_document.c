/* fuzz_document.c - any bytes: a tree whose places lie in the text, or problems
 * that say why not, and their places lie in it, too. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "document.h"
#include "limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

struct extent {
	size_t lines, bytes, nodes;
};

static void check_node(const cJSON *node, struct extent *e, unsigned depth)
{
	check(depth <= DOCUMENT_DEPTH_MAX);
	check(++e->nodes <= DOCUMENT_NODES_MAX + 1);
	/* An empty entry at the very end is in the line behind it, for libyaml. */
	check(document_line(node) >= 1 && document_line(node) <= e->lines + 1);
	check(document_column(node) >= 1 && document_column(node) <= e->bytes + 1);
	check(document_key_line(node) >= 1 && document_key_line(node) <= document_line(node));
	check(document_key_column(node) >= 1 && document_key_column(node) <= e->bytes + 1);
	check(document_text_column(node) - document_column(node) <= 1);
	check(cJSON_IsArray(node) || cJSON_IsObject(node) || cJSON_IsNull(node) || cJSON_IsString(node));
	for (const cJSON *n = node->child; n; n = n->next) {
		check(!cJSON_IsObject(node) || n->string);
		check_node(n, e, depth + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	_cleanup_cjson_ cJSON *tree = NULL;
	struct extent e = { .lines = 1, .bytes = size };
	int r;

	for (size_t i = 0; i < size; i++)	/* NEL, LS and PS end a line in YAML, too */
		e.lines += data[i] == '\n' || data[i] == '\r' || data[i] == 0x85 || data[i] == 0xa8 || data[i] == 0xa9;

	r = document_parse((struct bytes){ (const char *)data, size }, "f", &problems, &tree);
	check(r == 0 || r == -EINVAL);
	check((r == 0) == (tree != NULL));
	check((r == 0) == (problems.errors == 0));
	if (tree)
		check_node(tree, &e, 1);
	for (size_t i = 0; i < problems.count; i++) {
		check(problems.list[i].line <= e.lines + 1);
		check(problems.list[i].column <= size + 1);
	}
	return 0;
}
