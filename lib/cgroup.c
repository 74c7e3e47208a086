/* cgroup.c - takes the path of a control group apart.
 *
 * One component after the other, from the outside to the inside: what fits a shape of the table
 * is a container, and the last one that does is the innermost.  Units and slices count up to the
 * first container only, since those behind it are of the systemd inside.
 *
 * Owns: how the runtimes name their groups.  Must not own: which of the hierarchies is looked at
 * (procfs.c), what is done with a container (view.c).
 *
 * References.  systemd: docs/CONTROL_GROUP_INTERFACE.md, src/nspawn/nspawn-cgroup.c (payload,
 * supervisor), src/basic/unit-name.c (escapes).  runc: libcontainer/cgroups/systemd/common.go
 * (PREFIX-ID.scope; SLICE:PREFIX:ID is its form before it is taken apart, which the cgroupfs driver takes
 * for a name).  Kubernetes: pkg/kubelet/cm/cgroup_manager_linux.go, pod_container_manager_linux.go.
 * podman: libpod/oci_conmon_linux.go, container_internal_linux.go.  CRI-O:
 * internal/config/cgmgr.  LXC: src/lxc/cgroups/cgfsng.c.
 */
#include "cgroup.h"

#include <errno.h>

#include "cleanup.h"
#include "limits.h"
#include "procfs.h"

enum id_kind {
	ID_HEX,		/* CGROUP_ID_LEN hexadecimal digits */
	ID_NAME,	/* anything */
	ID_MACHINE,	/* anything, with systemd's escapes */
	ID_BUILD,	/* 25 letters and digits: buildkit's */
};

#define CGROUP_ID_LEN 64
#define CGROUP_BUILD_ID_LEN 25

/* A component, or two: the first that fits is taken. */
static const struct shape {
	const char *parent;	/* the component before; NULL: any */
	const char *prefix, *suffix;
	enum id_kind id;
	enum container_runtime runtime;	/* NONE: it looks like a container's and is none */
} shapes[] = {
	{ NULL, "docker-", ".scope", ID_HEX, CONTAINER_DOCKER },
	{ "docker", "", "", ID_HEX, CONTAINER_DOCKER },
	{ "buildkit", "", "", ID_BUILD, CONTAINER_DOCKER },
	{ NULL, "cri-containerd-", ".scope", ID_HEX, CONTAINER_CONTAINERD },
	{ NULL, "nerdctl-", ".scope", ID_HEX, CONTAINER_CONTAINERD },
	{ "k8s.io", "", "", ID_HEX, CONTAINER_CONTAINERD },
	{ NULL, "crio-", ".scope", ID_HEX, CONTAINER_CRIO },
	{ NULL, "crio-", "", ID_HEX, CONTAINER_CRIO },
	{ NULL, "libpod-", ".scope", ID_HEX, CONTAINER_PODMAN },
	{ NULL, "libpod-payload-", "", ID_HEX, CONTAINER_PODMAN },
	{ NULL, "libpod-", "", ID_HEX, CONTAINER_PODMAN },
	{ NULL, "lxc.payload.", "", ID_NAME, CONTAINER_LXC },
	{ "lxc.payload", "", "", ID_NAME, CONTAINER_LXC },
	{ "lxc", "", "", ID_NAME, CONTAINER_LXC },
	/* machined registers virtual machines as well: their process is the host's qemu. */
	{ NULL, "machine-qemu\\x2d", ".scope", ID_NAME, CONTAINER_NONE },
	{ NULL, "machine-lxc\\x2d", ".scope", ID_MACHINE, CONTAINER_LXC },
	{ NULL, "machine-", ".scope", ID_MACHINE, CONTAINER_NSPAWN },
	{ NULL, "systemd-nspawn@", ".service", ID_MACHINE, CONTAINER_NSPAWN },
};

/* The form PREFIX stands between colons in. */
static const struct {
	const char *prefix;
	enum container_runtime runtime;
} prefixes[] = {
	{ "cri-containerd", CONTAINER_CONTAINERD },
	{ "nerdctl", CONTAINER_CONTAINERD },
	{ "docker", CONTAINER_DOCKER },
	{ "crio", CONTAINER_CRIO },
	{ "libpod", CONTAINER_PODMAN },
};

const char *container_runtime_to_string(enum container_runtime r)
{
	static const char *const names[] = {
		[CONTAINER_DOCKER] = "docker",	 [CONTAINER_CONTAINERD] = "containerd",
		[CONTAINER_CRIO] = "cri-o",	 [CONTAINER_PODMAN] = "podman",
		[CONTAINER_LXC] = "lxc",	 [CONTAINER_NSPAWN] = "systemd-nspawn",
		[CONTAINER_UNKNOWN] = "unknown",
	};

	return (size_t)r < ELEMENTSOF(names) ? names[r] : NULL;
}

static bool is_hex(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if (hex_digit(b.ptr[i]) < 0)
			return false;
	return b.len > 0;
}

static bool is_id(struct bytes b, enum id_kind kind)
{
	switch (kind) {
	case ID_HEX:
		return b.len == CGROUP_ID_LEN && is_hex(b);
	case ID_BUILD:
		for (size_t i = 0; i < b.len; i++)
			if (!((b.ptr[i] >= 'a' && b.ptr[i] <= 'z') || (b.ptr[i] >= '0' && b.ptr[i] <= '9')))
				return false;
		return b.len == CGROUP_BUILD_ID_LEN;
	default:
		return b.len > 0;
	}
}

/* What stands between the two; absent: they are not its ends. */
static struct bytes between(struct bytes b, struct bytes prefix, struct bytes suffix)
{
	if (b.len < prefix.len + suffix.len || !bytes_has_prefix(b, prefix) || !bytes_has_suffix(b, suffix))
		return BYTES_NONE;
	return bytes_slice(b, prefix.len, b.len - prefix.len - suffix.len);
}

/* \xHH is one byte; a '-' stands for a '/', which no name of a machine holds. */
static int unescape_unit(struct bytes b, struct region *region, struct bytes *ret)
{
	char *out = region_alloc(region, b.len + 1);
	size_t n = 0;

	if (!out)
		return -ENOMEM;
	for (size_t i = 0; i < b.len; i++) {
		int high, low;

		if (b.len - i >= 4 && b.ptr[i] == '\\' && b.ptr[i + 1] == 'x' &&
		    (high = hex_digit(b.ptr[i + 2])) >= 0 && (low = hex_digit(b.ptr[i + 3])) >= 0) {
			out[n++] = (char)(high << 4 | low);
			i += 3;
		} else {
			out[n++] = b.ptr[i];
		}
	}
	*ret = (struct bytes){ out, n };
	return 0;
}

struct walk {
	struct bytes path;
	struct region *region;
	struct bytes parent;		/* the component before */
	bool kubernetes;		/* one of its groups is above */
	struct cgroup found;
};

/* Up to the end of the component `c`. */
static struct bytes path_up_to(const struct walk *w, struct bytes c)
{
	return bytes_slice(w->path, 0, (size_t)(c.ptr - w->path.ptr) + c.len);
}

static void found_container(struct walk *w, struct bytes component, enum container_runtime runtime,
			    struct bytes id)
{
	w->found.runtime = runtime;
	w->found.container_id = id;
	w->found.container_group = path_up_to(w, component);
}

/* "kubepods-burstable-pod<uid>.slice:cri-containerd:<id>" */
static bool take_colons(struct walk *w, struct bytes c)
{
	ptrdiff_t last = bytes_find_last_byte(c, ':'), middle;
	struct bytes rest, id, prefix;

	if (last < 0)
		return false;
	rest = bytes_slice(c, 0, (size_t)last);
	id = bytes_slice(c, (size_t)last + 1, c.len - (size_t)last - 1);
	middle = bytes_find_last_byte(rest, ':');
	if (middle < 0 || !is_id(id, ID_HEX))
		return false;
	prefix = bytes_slice(rest, (size_t)middle + 1, rest.len - (size_t)middle - 1);
	for (size_t i = 0; i < ELEMENTSOF(prefixes); i++)
		if (bytes_equal(prefix, bytes_of(prefixes[i].prefix))) {
			found_container(w, c, prefixes[i].runtime, id);
			return true;
		}
	found_container(w, c, CONTAINER_UNKNOWN, id);
	return true;
}

/* 1: it is a container's group; 0: not; -ENOMEM. */
static int take_container(struct walk *w, struct bytes c)
{
	for (size_t i = 0; i < ELEMENTSOF(shapes); i++) {
		const struct shape *s = &shapes[i];
		struct bytes id;

		if (s->parent && !bytes_equal(w->parent, bytes_of(s->parent)))
			continue;
		id = between(c, bytes_of(s->prefix), bytes_of(s->suffix));
		if (!id.ptr || !is_id(id, s->id))
			continue;
		if (s->runtime == CONTAINER_NONE)
			return 0;
		if (s->id == ID_MACHINE && unescape_unit(id, w->region, &id) < 0)
			return -ENOMEM;
		found_container(w, c, s->runtime, id);
		return 1;
	}
	if (take_colons(w, c))
		return 1;
	if (!is_id(c, ID_HEX))
		return 0;
	/* The kubelet's cgroupfs driver: CRI-O has a prefix, docker is no runtime of it since 1.24. */
	found_container(w, c, w->kubernetes ? CONTAINER_CONTAINERD : CONTAINER_UNKNOWN, c);
	return 1;
}

/* "pod<uid>" below kubepods, or "kubepods-burstable-pod<uid>.slice", where '_' is its '-'. */
static int take_pod(struct walk *w, struct bytes c)
{
	ptrdiff_t colon = bytes_find_byte(c, ':', 0), at = -1, next;
	struct bytes uid, plain;
	char *out;

	if (colon > 0)
		c = bytes_slice(c, 0, (size_t)colon);
	plain = between(c, BYTES_LIT(""), BYTES_LIT(".slice"));
	if (!plain.ptr)
		plain = c;
	if (bytes_find(c, BYTES_LIT("kubepods"), 0) >= 0) {
		w->kubernetes = true;
		for (next = 0; (next = bytes_find(plain, BYTES_LIT("-pod"), (size_t)next)) >= 0; next++)
			at = next + 4;
	} else if (w->kubernetes && bytes_has_prefix(c, BYTES_LIT("pod"))) {
		at = 3;
	}
	if (at < 0)
		return 0;

	uid = bytes_slice(plain, (size_t)at, plain.len - (size_t)at);
	if (uid.len == 0 || uid.len > CGROUP_POD_UID_MAX)
		return 0;
	for (size_t i = 0; i < uid.len; i++)
		if (hex_digit(uid.ptr[i]) < 0 && uid.ptr[i] != '-' && uid.ptr[i] != '_')
			return 0;
	out = region_alloc(w->region, uid.len + 1);
	if (!out)
		return -ENOMEM;
	for (size_t i = 0; i < uid.len; i++)
		out[i] = uid.ptr[i] == '_' ? '-' : uid.ptr[i];
	w->found.pod_uid = (struct bytes){ out, uid.len };
	return 0;
}

/* Kinds of units that can hold processes (systemd.unit(5)). */
static bool is_unit(struct bytes c)
{
	static const char *const kinds[] = { ".service", ".scope", ".socket", ".mount", ".swap" };

	for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
		if (between(c, BYTES_LIT(""), bytes_of(kinds[i])).len > 0)
			return true;
	return false;
}

/* nspawn itself, and what it forks for its work, sits beside its payload. */
static bool is_supervisor(const struct walk *w, struct bytes c)
{
	return w->found.runtime == CONTAINER_NSPAWN && bytes_equal(c, BYTES_LIT("supervisor")) &&
	       w->found.container_group.ptr + w->found.container_group.len == w->parent.ptr + w->parent.len;
}

int cgroup_parse(struct bytes path, struct region *region, struct cgroup *ret)
{
	struct walk w = { .path = path, .region = region };
	struct cgroup outside = { 0 };
	struct bytes left, c;
	int r;

	/* A removed group (cgroup_show_path() of a dying one). */
	(void)procfs_strip_deleted(&w.path);
	left = w.path;
	while (bytes_next_component(&left, &c)) {
		bool first = w.found.runtime == CONTAINER_NONE;

		/* Seen from a namespace of control groups that is not above (cgroup_namespaces(7)). */
		if (bytes_equal(c, BYTES_LIT("..")))
			continue;
		r = take_pod(&w, c);
		if (r < 0)
			return r;
		if (is_supervisor(&w, c)) {
			w.found = outside;
			w.found.unit = w.parent;
			break;
		}
		if (first)
			outside = w.found;
		r = take_container(&w, c);
		if (r < 0)
			return r;
		if (r == 0 && first) {
			if (is_unit(c))
				w.found.unit = c;
			else if (between(c, BYTES_LIT(""), BYTES_LIT(".slice")).len > 0)
				w.found.slice = c;
		}
		w.parent = c;
	}

	*ret = w.found;
	return 0;
}

bool cgroup_same_container(const struct cgroup *a, const struct cgroup *b)
{
	return a->runtime != CONTAINER_NONE && a->runtime == b->runtime &&
	       bytes_equal(a->container_id, b->container_id);
}
