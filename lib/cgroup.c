/* cgroup.c - takes the path of a control group apart. */
#include "cgroup.h"

int cgroup_parse(struct bytes path, struct region *region, struct cgroup *ret)
{
	(void)path;
	(void)region;
	*ret = (struct cgroup){ 0 };
	return 0;
}

const char *container_runtime_to_string(enum container_runtime r)
{
	(void)r;
	return NULL;
}
