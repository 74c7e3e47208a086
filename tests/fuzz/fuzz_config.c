/* fuzz_config.c - any configuration text: taken whole or refused with a problem,
 * and what is taken keeps the promises of config.h. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "config.h"
#include "document.h"
#include "limits.h"
#include "str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void assert_path(const char *path)
{
	struct bytes b = bytes_of(path), rest = b, component;

	assert(b.len > 0 && b.len < 4096 && b.ptr[0] == '/');
	assert(b.len == 1 || b.ptr[b.len - 1] != '/');
	assert(bytes_find(b, BYTES_LIT("//"), 0) < 0);
	while (bytes_next_component(&rest, &component))
		assert(!bytes_equal(component, BYTES_LIT(".")) && !bytes_equal(component, BYTES_LIT("..")));
}

static void assert_paths(char **list, size_t min)
{
	size_t n = 0;

	for (; list[n]; n++) {
		assert_path(list[n]);
		for (size_t i = 0; i < n; i++)
			assert(!bytes_equal(bytes_of(list[i]), bytes_of(list[n])));
	}
	assert(n >= min && n <= CONFIG_LIST_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	_cleanup_config_ struct config c = CONFIG_INIT;
	_cleanup_cjson_ cJSON *documents = NULL;
	size_t before;
	int r;

	assert(config_defaults(&c) == 0);
	if (document_parse((struct bytes){ (const char *)data, size }, "f", &problems, &documents) < 0)
		return 0;

	before = problems.errors;
	r = config_apply(&c, documents, "f", &problems);
	assert(r == 0 || r == -EINVAL);
	assert((r == 0) == (problems.errors == before));
	for (size_t i = 0; i < problems.count; i++) {
		struct bytes text = bytes_of(problems.list[i].text);

		for (size_t k = 0; k < text.len; k++)
			assert((unsigned char)text.ptr[k] >= 0x20);
		assert(problems.list[i].line > 0 && problems.list[i].column > 0);
	}

	assert_path(c.state_dir);
	assert_paths(c.rules_dirs, 1);
	assert_paths(c.watch, 0);
	assert(c.outputs < 8 && c.journal_min_level < LEVELS && c.log_keep <= 100);
	assert(c.log_max_size >= CONFIG_LOG_SIZE_MIN && c.log_max_size <= (uint64_t)1 << 40);
	assert(c.evidence_max_size <= (uint64_t)1 << 40);
	assert(c.evidence_max_file >= 1024 && c.evidence_max_file <= CONTENT_BYTES_MAX);
	return 0;
}
