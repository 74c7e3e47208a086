/* cgroup.h - what the path of a control group says: unit, slice, container.
 *
 *	/system.slice/cron.service
 *	/user.slice/user-1000.slice/session-3.scope
 *	/system.slice/docker-0123...ef.scope
 *	/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod<uid>.slice/cri-containerd-<id>.scope
 *
 * A process can't choose its group without the right to write to the hierarchy, but who has that
 * can choose any name: it informs, and exempts nothing.
 */
#ifndef PYHOOKD_CGROUP_H
#define PYHOOKD_CGROUP_H

#include <stdbool.h>

#include "region.h"
#include "str.h"

enum container_runtime {
	CONTAINER_NONE,
	CONTAINER_DOCKER,
	CONTAINER_CONTAINERD,
	CONTAINER_CRIO,
	CONTAINER_PODMAN,
	CONTAINER_LXC,
	CONTAINER_NSPAWN,
	CONTAINER_UNKNOWN,	/* an id, but not whose */
};

/* Views of the path, as it stands there (systemd's escapes are kept), if not said otherwise; each
 * absent where the path does not say. */
struct cgroup {
	/* What is outside of the outermost container, whose own scope or service is not meant: */
	struct bytes unit;		/* innermost systemd unit: "cron.service", "session-3.scope" */
	struct bytes slice;		/* innermost slice: "user-1000.slice" */
	/* Of the innermost container: */
	enum container_runtime runtime;
	struct bytes container_id;	/* 64 hexadecimal digits; a name for LXC; of nspawn the machine's name, its
					 * escapes resolved, in the region */
	struct bytes container_group;	/* the path up to the group that is the container's */
	struct bytes pod_uid;		/* of Kubernetes, with dashes as the API has it; in the region */
};

/* `path` as in /proc/PID/cgroup.  -ENOMEM. */
int cgroup_parse(struct bytes path, struct region *region, struct cgroup *ret);

/* Two processes of one container?  Not if either is in none. */
bool cgroup_same_container(const struct cgroup *a, const struct cgroup *b);

const char *container_runtime_to_string(enum container_runtime r);	/* "docker", ...; NULL for NONE */

#endif
