/* fuzz_judgement.c - any data: refused with reasons, or something that answers.  Weights are loaded over the defaults, which
 * takes 10 ms; vocabularies and templates by themselves, a thousand times as fast. */
#include <stdint.h>
#include <stdlib.h>

#include "document.h"
#include "judgement.h"
#include "limits.h"
#include "template.h"
#include "vocabulary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void check_parts(const cJSON *document, struct bytes text)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	_cleanup_(vocabulary_freep) struct vocabulary *v = NULL;
	_cleanup_(templates_freep) struct templates *t = NULL;
	const cJSON *node;

	check(vocabulary_new(&v) == 0 && templates_new(&t) == 0);
	cJSON_ArrayForEach(node, document)
		check(vocabulary_add_aliases(v, node, "f", &problems) == 0 &&
		      vocabulary_add_names(v, node, "f", &problems) == 0 &&
		      vocabulary_add_texts(v, node, "f", &problems) == 0 &&
		      templates_add(t, node, "f", &problems) == 0);
	check(vocabulary_finish(v) == 0);
	check((vocabulary_text(v, text) & ~(INDICATOR_BIT(INDICATOR_COUNT) - 1)) == 0);
	check((vocabulary_name(v, text) & ~((unsigned)NAME_IMPORT * 2 - 1)) == 0);
	for (unsigned kind = TEMPLATE_PTH_LINE; kind <= TEMPLATE_FILE; kind++) {
		(void)templates_match(t, (enum template_kind)kind, text, text);
		(void)templates_know_name(t, (enum template_kind)kind, text);
	}
}

static void check_all(struct bytes text)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	_cleanup_(judgement_freep) struct judgement *j = NULL;
	int r = judgement_load_text(text, "f", &problems, &j);

	check(r == 0 || r == -EINVAL);
	check((r == 0) == (j != NULL) && (r == 0) == (problems.errors == 0));
	if (!j)
		return;

	for (unsigned i = 0; i < INDICATOR_COUNT; i++)
		for (unsigned as = JUDGED_LINE; as <= JUDGED_INTERACTIVE; as++) {
			int weight = judgement_weight(j, (enum indicator)i, (enum judged_as)as);

			check(weight >= 0 && weight <= JUDGEMENT_WEIGHT_MAX);
		}
	check(judgement_name(j, BYTES_LIT("os.system")) & NAME_PROCESS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	_cleanup_cjson_ cJSON *documents = NULL;
	struct bytes text = { (const char *)data, size };

	if (document_parse(text, "f", &problems, &documents) < 0)
		return 0;
	for (const cJSON *d = documents->child; d; d = d->next) {
		check_parts(d, text);
		if (cJSON_GetObjectItem(d, "indicators") || cJSON_GetObjectItem(d, "thresholds"))
			check_all(text);
	}
	return 0;
}
