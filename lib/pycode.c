/* pycode.c - see pycode.h. */
#include "pycode.h"

int pycode_judge(const struct pycode_request *request, struct region *region, struct pycode *ret)
{
	(void)region;
	*ret = (struct pycode){ .runs = request->source.len > 0 };
	return 0;
}
