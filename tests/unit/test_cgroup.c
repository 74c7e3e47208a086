#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cgroup.h"
#include "cleanup.h"

#define ID1 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID2 "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define UID_ "3b5b9c2e-7a1d-4c55-9d3e-0a1b2c3d4e5f"
#define UID_U "3b5b9c2e_7a1d_4c55_9d3e_0a1b2c3d4e5f"
#define USER1000 "/user.slice/user-1000.slice/user@1000.service"

static const struct row {
	const char *path;
	const char *unit, *slice;		/* NULL: absent */
	enum container_runtime runtime;
	const char *id, *pod;
} rows[] = {
	{ "/", NULL, NULL, CONTAINER_NONE, NULL, NULL },
	{ "", NULL, NULL, CONTAINER_NONE, NULL, NULL },
	{ "/init.scope", "init.scope", NULL, CONTAINER_NONE, NULL, NULL },
	{ "/system.slice/cron.service", "cron.service", "system.slice", CONTAINER_NONE, NULL, NULL },
	{ "/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service", "system-getty.slice",
	  CONTAINER_NONE, NULL, NULL },
	{ "/user.slice/user-1000.slice/session-3.scope", "session-3.scope", "user-1000.slice", CONTAINER_NONE,
	  NULL, NULL },
	{ USER1000 "/app.slice/app-org.gnome.Terminal.slice/vte-spawn-1.scope", "vte-spawn-1.scope",
	  "app-org.gnome.Terminal.slice", CONTAINER_NONE, NULL, NULL },
	{ USER1000 "/init.scope", "init.scope", "user-1000.slice", CONTAINER_NONE, NULL, NULL },
	{ "/system.slice/dev-mqueue.mount", "dev-mqueue.mount", "system.slice", CONTAINER_NONE, NULL, NULL },
	{ "/system.slice/my\\x2dunit.service", "my\\x2dunit.service", "system.slice", CONTAINER_NONE, NULL, NULL },
	/* A group below a unit, and names that are none of these. */
	{ "/system.slice/build.service/job/5", "build.service", "system.slice", CONTAINER_NONE, NULL, NULL },
	{ "/.service/.slice", NULL, NULL, CONTAINER_NONE, NULL, NULL },
	{ "//a//b", NULL, NULL, CONTAINER_NONE, NULL, NULL },
	/* From within a namespace of control groups; a group that is gone. */
	{ "/../../system.slice/cron.service", "cron.service", "system.slice", CONTAINER_NONE, NULL, NULL },
	{ "/../docker-" ID1 ".scope", NULL, NULL, CONTAINER_DOCKER, ID1, NULL },
	{ "/system.slice/docker-" ID1 ".scope (deleted)", NULL, "system.slice", CONTAINER_DOCKER, ID1, NULL },

	{ "/docker/" ID1, NULL, NULL, CONTAINER_DOCKER, ID1, NULL },
	{ "/docker/" ID1 "/system.slice/cron.service", NULL, NULL, CONTAINER_DOCKER, ID1, NULL },
	{ "/system.slice/docker-" ID1 ".scope", NULL, "system.slice", CONTAINER_DOCKER, ID1, NULL },
	{ "/system.slice/docker-" ID1 ".scope/init.scope", NULL, "system.slice", CONTAINER_DOCKER, ID1, NULL },
	{ "/system.slice/docker.service", "docker.service", "system.slice", CONTAINER_NONE, NULL, NULL },
	{ USER1000 "/user.slice/docker-" ID1 ".scope", "user@1000.service", "user.slice", CONTAINER_DOCKER, ID1, NULL },
	{ "/docker/buildkit/abcdefghijklmnopqrstuvwx1", NULL, NULL, CONTAINER_DOCKER, "abcdefghijklmnopqrstuvwx1", NULL },
	{ "/system.slice/docker-" ID1 ".scope/docker/" ID2, NULL, "system.slice", CONTAINER_DOCKER, ID2, NULL },
	{ "/ecs/0f1e2d3c/" ID1, NULL, NULL, CONTAINER_UNKNOWN, ID1, NULL },
	{ "/actions_job/" ID1, NULL, NULL, CONTAINER_UNKNOWN, ID1, NULL },
	{ "/system.slice:odd:" ID1, NULL, NULL, CONTAINER_UNKNOWN, ID1, NULL },
	/* One digit too few, and one that is none. */
	{ "/docker/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde", NULL, NULL, CONTAINER_NONE, NULL, NULL },
	{ "/docker/g123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", NULL, NULL, CONTAINER_NONE, NULL, NULL },
	{ "/system.slice/docker-.scope", "docker-.scope", "system.slice", CONTAINER_NONE, NULL, NULL },
	/* podman's health check is a process of the host. */
	{ "/system.slice/" ID1 ".service", ID1 ".service", "system.slice", CONTAINER_NONE, NULL, NULL },

	{ "/kubepods/besteffort/pod" UID_ "/" ID1, NULL, NULL, CONTAINER_CONTAINERD, ID1, UID_ },
	{ "/kubepods/pod" UID_ "/crio-" ID1, NULL, NULL, CONTAINER_CRIO, ID1, UID_ },
	{ "/kubepods/burstable/pod0123456789abcdef0123456789abcdef/" ID1, NULL, NULL, CONTAINER_CONTAINERD, ID1,
	  "0123456789abcdef0123456789abcdef" },
	{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_U ".slice/cri-containerd-" ID1 ".scope",
	  NULL, "kubepods-burstable-pod" UID_U ".slice", CONTAINER_CONTAINERD, ID1, UID_ },
	{ "/kubepods.slice/kubepods-pod" UID_U ".slice/crio-" ID1 ".scope", NULL, "kubepods-pod" UID_U ".slice",
	  CONTAINER_CRIO, ID1, UID_ },
	{ "/kubepods.slice/kubepods-pod" UID_U ".slice/docker-" ID1 ".scope", NULL, "kubepods-pod" UID_U ".slice",
	  CONTAINER_DOCKER, ID1, UID_ },
	{ "/kubepods.slice/kubepods-pod" UID_U ".slice/crio-conmon-" ID1 ".scope", "crio-conmon-" ID1 ".scope",
	  "kubepods-pod" UID_U ".slice", CONTAINER_NONE, NULL, UID_ },
	{ "/system.slice/containerd.service/kubepods-besteffort-pod" UID_U ".slice:cri-containerd:" ID1,
	  "containerd.service", "system.slice", CONTAINER_CONTAINERD, ID1, UID_ },
	/* kind: a node is a container. */
	{ "/docker/" ID1 "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/"
	  "kubelet-kubepods-besteffort-pod" UID_U ".slice/cri-containerd-" ID2 ".scope", NULL, NULL,
	  CONTAINER_CONTAINERD, ID2, UID_ },
	{ "/k8s.io/" ID1, NULL, NULL, CONTAINER_CONTAINERD, ID1, NULL },
	/* A pod's name that is no uid, and one without Kubernetes above. */
	{ "/kubepods/podium/x", NULL, NULL, CONTAINER_NONE, NULL, NULL },
	{ "/pod" UID_, NULL, NULL, CONTAINER_NONE, NULL, NULL },

	{ "/machine.slice/libpod-" ID1 ".scope/container", NULL, "machine.slice", CONTAINER_PODMAN, ID1, NULL },
	{ "/libpod_parent/libpod-" ID1, NULL, NULL, CONTAINER_PODMAN, ID1, NULL },
	{ "/libpod_parent/" ID2 "/libpod-" ID1, NULL, NULL, CONTAINER_PODMAN, ID1, NULL },
	{ USER1000 "/user.slice/libpod-" ID1 ".scope/container", "user@1000.service", "user.slice", CONTAINER_PODMAN,
	  ID1, NULL },
	{ USER1000 "/app.slice/web.service/libpod-payload-" ID1, "web.service", "app.slice", CONTAINER_PODMAN, ID1, NULL },
	{ "/machine.slice/libpod-conmon-" ID1 ".scope", "libpod-conmon-" ID1 ".scope", "machine.slice", CONTAINER_NONE,
	  NULL, NULL },

	{ "/lxc/web", NULL, NULL, CONTAINER_LXC, "web", NULL },
	{ "/lxc.payload.web/system.slice/cron.service", NULL, NULL, CONTAINER_LXC, "web", NULL },
	{ "/lxc.payload/web", NULL, NULL, CONTAINER_LXC, "web", NULL },
	{ "/lxc.monitor.web", NULL, NULL, CONTAINER_NONE, NULL, NULL },
	{ "/lxc.monitor/web", NULL, NULL, CONTAINER_NONE, NULL, NULL },
	{ "/lxc.payload.web/docker/" ID1, NULL, NULL, CONTAINER_DOCKER, ID1, NULL },

	{ "/machine.slice/systemd-nspawn@my\\x2dweb.service/payload/system.slice/a.service", NULL, "machine.slice",
	  CONTAINER_NSPAWN, "my-web", NULL },
	{ "/machine.slice/machine-my\\x2dweb.scope/payload", NULL, "machine.slice", CONTAINER_NSPAWN, "my-web", NULL },
	{ "/machine.slice/machine-a\\x2.scope", NULL, "machine.slice", CONTAINER_NSPAWN, "a\\x2", NULL },
	{ "/machine.slice/systemd-nspawn@web.service/supervisor", "systemd-nspawn@web.service", "machine.slice",
	  CONTAINER_NONE, NULL, NULL },
	{ "/machine.slice/systemd-nspawn@web.service/payload/supervisor", NULL, "machine.slice", CONTAINER_NSPAWN, "web",
	  NULL },
	{ "/machine.slice/machine-lxc\\x2d123\\x2dweb.scope", NULL, "machine.slice", CONTAINER_LXC, "123-web", NULL },
	{ "/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/emulator", "machine-qemu\\x2d1\\x2dvm.scope", "machine.slice",
	  CONTAINER_NONE, NULL, NULL },
};

static void assert_text(const char *path, const char *what, struct bytes got, const char *want)
{
	if (want ? !bytes_equal(got, bytes_of(want)) : got.ptr != NULL)
		fail_msg("%s: %s is '%.*s', not '%s'", path, what, (int)got.len, got.ptr ? got.ptr : "",
			 want ? want : "(absent)");
}

static void takes_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
		_cleanup_region_ struct region region = REGION_INIT;
		const struct row *row = &rows[i];
		struct cgroup c;

		assert_int_equal(cgroup_parse(bytes_of(row->path), &region, &c), 0);
		assert_text(row->path, "unit", c.unit, row->unit);
		assert_text(row->path, "slice", c.slice, row->slice);
		assert_text(row->path, "id", c.container_id, row->id);
		assert_text(row->path, "pod", c.pod_uid, row->pod);
		if (c.runtime != row->runtime)
			fail_msg("%s: runtime %d", row->path, (int)c.runtime);
		assert_int_equal(c.container_group.ptr != NULL, row->runtime != CONTAINER_NONE);
	}
}

static void tells_the_group_of_the_container(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	struct cgroup c;

	(void)state;
	assert_int_equal(cgroup_parse(BYTES_LIT("/machine.slice/machine-my\\x2dweb.scope/payload/a.slice"), &region, &c), 0);
	assert_text("nspawn", "group", c.container_group, "/machine.slice/machine-my\\x2dweb.scope");
	assert_int_equal(cgroup_parse(BYTES_LIT("/docker/" ID1 "/docker/" ID2 "/x"), &region, &c), 0);
	assert_text("docker", "group", c.container_group, "/docker/" ID1 "/docker/" ID2);
}

static void compares_containers(void **state)
{
	_cleanup_region_ struct region region = REGION_INIT;
	struct cgroup none, a, b, other;

	(void)state;
	assert_int_equal(cgroup_parse(BYTES_LIT("/a"), &region, &none), 0);
	assert_int_equal(cgroup_parse(BYTES_LIT("/docker/" ID1), &region, &a), 0);
	assert_int_equal(cgroup_parse(BYTES_LIT("/system.slice/docker-" ID1 ".scope/x"), &region, &b), 0);
	assert_int_equal(cgroup_parse(BYTES_LIT("/docker/" ID2), &region, &other), 0);
	assert_true(cgroup_same_container(&a, &b));
	assert_false(cgroup_same_container(&a, &other));
	assert_false(cgroup_same_container(&none, &none));
	assert_false(cgroup_same_container(&a, &none));
}

static void names_runtimes(void **state)
{
	(void)state;
	assert_null(container_runtime_to_string(CONTAINER_NONE));
	assert_string_equal(container_runtime_to_string(CONTAINER_CRIO), "cri-o");
	assert_string_equal(container_runtime_to_string(CONTAINER_UNKNOWN), "unknown");
	assert_null(container_runtime_to_string((enum container_runtime)99));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_apart),
		cmocka_unit_test(tells_the_group_of_the_container),
		cmocka_unit_test(compares_containers),
		cmocka_unit_test(names_runtimes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
