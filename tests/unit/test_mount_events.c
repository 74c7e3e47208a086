/* Real mounts in a mount namespace of the test's own: for root only. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/epoll.h>

#include "mount_events.h"
#include "temp_tree.h"

struct fixture {
	struct temp temp;
	struct mount_events *events;
	int epoll;
	char point[128];
};

static int setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));
	struct epoll_event e = { 0 };

	assert_non_null(x);
	temp_make(&x->temp);
	temp_mkdir(&x->temp, "m");
	temp_path(&x->temp, "m", x->point, sizeof(x->point));
	assert_int_equal(mount_events_new(&x->events), 0);
	x->epoll = epoll_create1(EPOLL_CLOEXEC);
	e.events = mount_events_epoll(x->events);
	assert_int_equal(epoll_ctl(x->epoll, EPOLL_CTL_ADD, mount_events_fd(x->events), &e), 0);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;

	mount_events_free(x->events);
	close(x->epoll);
	while (umount2(x->point, MNT_DETACH) == 0)
		;
	temp_release(&x->temp);
	free(x);
	return 0;
}

static bool is_ready(const struct fixture *x, int timeout_ms)
{
	struct epoll_event e;

	return epoll_wait(x->epoll, &e, 1, timeout_ms) == 1;
}

/* Somebody else mounts (or unmounts); answers who it was. */
static pid_t mount_by_child(const struct fixture *x, bool attach)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0)
		_exit((attach ? mount("pyhookd-test", x->point, "tmpfs", 0, NULL) : umount(x->point)) < 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	return pid;
}

static void tells_that_and_who(void **state)
{
	struct fixture *x = *state;
	pid_t child, pid = -7;

	assert_false(is_ready(x, 0));
	child = mount_by_child(x, true);
	assert_true(is_ready(x, 10000));
	mount_events_read(x->events, &pid);
	assert_int_equal(pid, mount_events_have_pid(x->events) ? child : 0);
	/* It was taken note of. */
	assert_false(is_ready(x, 0));
}

static void our_own_act_too(void **state)
{
	struct fixture *x = *state;
	pid_t pid = -7;

	assert_int_equal(mount("pyhookd-test", x->point, "tmpfs", 0, NULL), 0);
	assert_true(is_ready(x, 10000));
	mount_events_read(x->events, &pid);
	assert_int_equal(pid, mount_events_have_pid(x->events) ? getpid() : 0);
}

/* Which of them a mount is of cannot be told then. */
static void several_are_nobody(void **state)
{
	struct fixture *x = *state;
	pid_t pid = -7;

	(void)mount_by_child(x, true);
	(void)mount_by_child(x, true);
	assert_true(is_ready(x, 10000));
	mount_events_read(x->events, &pid);
	assert_int_equal(pid, 0);
}

static void an_unmount_wakes_but_brings_nothing(void **state)
{
	struct fixture *x = *state;
	pid_t pid = -7;

	(void)mount_by_child(x, true);
	mount_events_read(x->events, &pid);
	(void)mount_by_child(x, false);
	assert_true(is_ready(x, 10000));
	pid = -7;
	mount_events_read(x->events, &pid);
	assert_int_equal(pid, 0);
}

static void nothing_to_read_is_nobody(void **state)
{
	struct fixture *x = *state;
	pid_t pid = -7;

	mount_events_read(x->events, &pid);
	assert_int_equal(pid, 0);
	mount_events_free(NULL);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(tells_that_and_who),
		TEST(our_own_act_too),
		TEST(several_are_nobody),
		TEST(an_unmount_wakes_but_brings_nothing),
		TEST(nothing_to_read_is_nobody),
	};

	if (!own_mount_namespace()) {
		puts("mount namespaces are not permitted");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
