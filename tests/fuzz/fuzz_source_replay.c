/* A line of a recording is refused with a reason or gives a whole step. */
#include <assert.h>
#include <stdint.h>

#include "source_replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_region_ struct region region = REGION_INIT;
	struct replay_step s;
	const char *wrong = NULL;
	int r = source_replay_parse((struct bytes){ (const char *)data, size }, &region, &s, &wrong);

	if (r < 0) {
		assert(wrong);
		return 0;
	}
	if (s.kind == REPLAY_EVENT)
		assert(s.event.what != 0);
	if (s.kind == REPLAY_PROCESS)
		assert(s.process && s.process->pid > 0);
	replay_step_done(&s);
	return 0;
}
