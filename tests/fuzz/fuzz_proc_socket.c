/* A record that decodes is complete, whatever the message had; the name in it is not a string. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "proc_socket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sockaddr_nl from = { .nl_family = AF_NETLINK };
	struct proc_event event;

	if (!proc_record_decode((const char *)data, size, &from, sizeof(from), &event))
		return 0;
	assert(size >= 52);
	assert(strnlen(event.event_data.comm.comm, sizeof(event.event_data.comm.comm)) <= 16);
	from.nl_pid = 1;
	assert(!proc_record_decode((const char *)data, size, &from, sizeof(from), &event));
	return 0;
}
