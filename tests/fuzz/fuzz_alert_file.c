/* A line of the durable log is refused, or gives JSON with an id that is one; the journal sink reads
 * what root may have edited by hand. */
#include <assert.h>
#include <stdint.h>

#include "alert_file.h"
#include "document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char id[ALERT_ID_LEN + 1];
	_cleanup_cjson_ cJSON *json = NULL;

	if (alert_line_parse((struct bytes){ (const char *)data, size }, id, &json) < 0) {
		assert(!json);
		return 0;
	}
	assert(cJSON_IsObject(json));
	assert(alert_id_valid(bytes_of(id)));
	return 0;
}
