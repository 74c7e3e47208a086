#include "event.h"

#include <stdlib.h>
#include <unistd.h>

#include "cleanup.h"

static const struct {
	enum event_what what;
	const char *name;
} names[] = {
	{ EVENT_CREATE, "create" },
	{ EVENT_MODIFY, "modify" },
	{ EVENT_CLOSE_WRITE, "close-write" },
	{ EVENT_MOVED_TO, "moved-to" },
	{ EVENT_MOVED_FROM, "moved-from" },
	{ EVENT_DELETE, "delete" },
	{ EVENT_ATTRIB, "attrib" },
	{ EVENT_MOUNTED, "mounted" },
	{ EVENT_FOUND, "found" },
	{ EVENT_OVERFLOW, "overflow" },
};

const char *event_what_to_string(enum event_what one)
{
	for (size_t i = 0; i < ELEMENTSOF(names); i++)
		if (names[i].what == one)
			return names[i].name;
	return NULL;
}

int event_what_from_string(struct bytes name, enum event_what *ret)
{
	for (size_t i = 0; i < ELEMENTSOF(names); i++)
		if (bytes_equal(bytes_of(names[i].name), name)) {
			*ret = names[i].what;
			return 0;
		}
	return -EINVAL;
}

void event_done(struct event *e)
{
	if (e->dirfd >= 0)
		(void)close(e->dirfd);
	free(e->memory);
	*e = EVENT_INIT;
}

static struct bytes put(char **at, struct bytes b)
{
	struct bytes copy = { *at, b.len };

	if (b.len > 0)
		memcpy(*at, b.ptr, b.len);
	(*at)[b.len] = '\0';
	*at += b.len + 1;
	return copy;
}

int event_set_paths(struct event *e, struct bytes path, struct bytes old_path, struct bytes exec_path)
{
	size_t size = 3;
	char *memory, *at;

	if (__builtin_add_overflow(size, path.len, &size) ||
	    __builtin_add_overflow(size, old_path.len, &size) ||
	    __builtin_add_overflow(size, exec_path.len, &size))
		return -ENOMEM;

	memory = malloc(size);
	if (!memory)
		return -ENOMEM;

	/* The arguments may be views into the memory that is replaced. */
	at = memory;
	path = put(&at, path);
	old_path = put(&at, old_path);
	exec_path = put(&at, exec_path);

	free(e->memory);
	e->memory = memory;
	e->path = path;
	e->old_path = old_path;
	e->exec_path = exec_path;
	return 0;
}
