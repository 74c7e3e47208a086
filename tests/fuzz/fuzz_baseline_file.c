/* A snapshot that loads is saved and loaded again as the same; an alert changes at most one hook. */
#include <assert.h>
#include <stdint.h>

#include "baseline_file.h"
#include "document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = { (const char *)data, size };
	_cleanup_(baseline_freep) struct baseline *a = NULL, *b = NULL;
	_cleanup_str_ struct str storage = STR_INIT, storage2 = STR_INIT, saved = STR_INIT, again = STR_INIT;
	_cleanup_cjson_ cJSON *alert = NULL;
	struct baseline_head head, head2;
	size_t before;

	if (baseline_new(&a) < 0 || baseline_new(&b) < 0)
		return 0;
	if (baseline_load(a, text, &head, &storage) == 0) {
		assert(baseline_save(a, &head, &saved) == 0);
		assert(baseline_load(b, str_bytes(&saved), &head2, &storage2) == 0);
		assert(head.time_ns == head2.time_ns && head.begun == head2.begun && bytes_equal(head.scope, head2.scope));
		assert(baseline_save(b, &head2, &again) == 0);
		assert(bytes_equal(str_bytes(&saved), str_bytes(&again)));
	}

	before = baseline_count(a);
	alert = cJSON_ParseWithLength((const char *)data, size);
	if (alert && baseline_take_alert(a, alert) == 0)
		assert(baseline_count(a) <= before + 1 && baseline_count(a) + 1 >= before);
	return 0;
}
