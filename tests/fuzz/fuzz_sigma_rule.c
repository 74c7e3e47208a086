/* fuzz_sigma_rule.c - any rule file: refused with reasons, or a ruleset that can
 * be run over an event and gives a verdict in order. */
#include <stdint.h>
#include <stdlib.h>

#include "engine.h"
#include "limits.h"
#include "ruleset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void run(const struct ruleset *rs)
{
	_cleanup_(engine_freep) struct engine *engine = NULL;
	_cleanup_region_ struct region region = REGION_INIT;
	struct content_line lines[] = {
		{ .number = 1, .text = BYTES_LIT("import os\xff\0 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), .does = LINE_EXECUTES, .hidden = true },
		{ .number = 2, .text = BYTES_LIT(""), .does = LINE_ADDS_PATH, .hidden = false },
	};
	struct image image = { .exe = BYTES_LIT("/usr/bin/bash"), .argv = BYTES_LIT("bash\0-c\0x\0") };
	struct process process = { .pid = 7, .image = &image };
	struct event event = EVENT_INIT;
	struct facts facts = {
		.region = &region, .event = &event, .category = CATEGORY_FILE_EVENT | CATEGORY_REGISTRY_SET,
		.change = CHANGE_CREATED,
		.hook = { .vector = VECTOR_PTH_EXEC, .scope = SCOPE_SITE, .form = FORM_TEXT },
		.content = { .verdict = CONTENT_EXECUTES, .lines = lines, .line_count = 2 },
		.env = { .name = BYTES_LIT("PYTHONPATH"), .value = BYTES_LIT("/tmp\n/x") },
		.attribution = { .process = &process, .mismatch = MISMATCH_ARGV },
	};
	struct verdict v, again;

	event.path = BYTES_LIT("/usr/lib/python3/dist-packages/a\n.pth");
	check(engine_new(rs, &engine) == 0);
	check(engine_run(engine, &facts, &v) == 0);
	check(v.hits <= ruleset_count(rs) && v.rule_count <= v.hits && v.rule_count <= VERDICT_RULES_MAX);
	check((v.hits > 0) == (v.rule_count > 0));
	if (v.hits > 0)
		check(v.rules[0]->level == v.level);
	for (size_t i = 1; i < v.rule_count; i++)
		check(v.rules[i - 1]->level >= v.rules[i]->level);
	check(engine_run(engine, &facts, &again) == 0);
	check(again.hits == v.hits && again.level == v.level && again.type == v.type);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	_cleanup_(ruleset_freep) struct ruleset *rs = NULL;
	int r;

	r = ruleset_load_text((struct bytes){ (const char *)data, size }, "f", &problems, &rs);
	check(r == 0 || r == -EINVAL);
	check((r == 0) == (rs != NULL));
	check((r == 0) == (problems.errors == 0));
	if (!rs)
		return 0;

	for (size_t i = 0; i < ruleset_count(rs); i++) {
		const struct sigma_rule *rule = ruleset_rule(rs, i);

		check(rule->id && rule->title && rule->tags && rule->file && rule->detection);
		check((unsigned)rule->level < LEVELS && (unsigned)rule->detection_type < DETECTION_TYPES);
	}
	run(rs);
	return 0;
}
