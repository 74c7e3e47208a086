/* The markers of the table, held against the programs of this host: each in its own, none in a sibling's. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>

#include "executable.h"
#include "installer_private.h"

/* What lies beside an installer, is made of the same parts, or is at hand to be copied. */
static const char *const others[] = {
	"/bin/sh", "/bin/bash", "/usr/bin/cp", "/usr/bin/perl", "/usr/bin/git", "/usr/bin/python3", "/usr/bin/rsync",
	"/usr/bin/dpkg-deb", "/usr/bin/dpkg-query", "/usr/bin/dpkg-divert", "/usr/bin/apt-get", "/usr/bin/apt-cache",
	"/usr/bin/rpmkeys", "/usr/bin/rpm2cpio", "/usr/bin/rpmdb", "/usr/bin/rpmsign", "/usr/bin/rpmbuild",
	"/usr/bin/createrepo_c", "/usr/bin/pacman-conf", "/usr/bin/vercmp", "/usr/bin/pkcon",
	"/usr/bin/docker", "/usr/local/bin/docker", "/usr/bin/ctr", "/usr/bin/containerd-shim-runc-v2", "/usr/sbin/runc",
	"/usr/bin/conmon", "/usr/bin/crun", "/usr/bin/snap", "/usr/lib/podman/rootlessport", "/usr/libexec/podman/quadlet",
	"/usr/libexec/podman/rootlessport", "/usr/libexec/flatpak-portal", "/usr/libexec/flatpak-session-helper",
};

/* 1 or 0; negative: it is not here, or no program. */
static int holds(const char *path, const char *const *markers)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool has;
	int r = fd < 0 ? -ENOENT : executable_has_marker(fd, markers, &has);

	return r < 0 ? r : has;
}

static void every_native_entry_has_a_marker(void **state)
{
	(void)state;
	for (const struct entry *e = installer_entries; e->name; e++) {
		if (e->kind != KIND_NATIVE)
			continue;
		assert_non_null(e->markers[0]);
		/* A short one is anywhere, by chance. */
		for (size_t i = 0; e->markers[i]; i++)
			assert_true(strlen(e->markers[i]) >= 14);
	}
}

static void no_sibling_holds_a_marker(void **state)
{
	(void)state;
	for (const struct entry *e = installer_entries; e->name; e++)
		for (size_t i = 0; e->markers[0] && i < ELEMENTSOF(others); i++)
			if (holds(others[i], e->markers) > 0)
				fail_msg("%s holds a marker of %s", others[i], e->names[0]);
}

/* Nor does one installer hold another's. */
static void each_holds_its_own(void **state)
{
	size_t seen = 0;

	(void)state;
	for (const struct entry *e = installer_entries; e->name; e++) {
		for (size_t n = 0; e->kind == KIND_NATIVE && e->names[n]; n++) {
			for (const char *const *dir = installer_system_dirs; *dir; dir++) {
				char path[256];

				(void)snprintf(path, sizeof(path), "%s/%s", *dir, e->names[n]);
				if (holds(path, e->markers) < 0)
					continue;
				seen++;
				for (const struct entry *other = installer_entries; other->name; other++)
					if (other->markers[0] && strcmp(other->name, e->name) != 0 &&
					    holds(path, other->markers) > 0)
						fail_msg("%s holds a marker of %s", path, other->name);
				if (holds(path, e->markers) != 1)
					fail_msg("%s holds no marker of %s", path, e->name);
			}
		}
	}
	if (seen == 0)
		skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_native_entry_has_a_marker),
		cmocka_unit_test(no_sibling_holds_a_marker),
		cmocka_unit_test(each_holds_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
