#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "cleanup.h"
#include "event.h"

static void every_bit_has_one_name(void **state)
{
	size_t named = 0;

	(void)state;
	for (unsigned bit = 0; bit < 31; bit++) {
		const char *name = event_what_to_string((enum event_what)(1u << bit));
		enum event_what back;

		if (!name)
			continue;
		named++;
		assert_int_equal(event_what_from_string(bytes_of(name), &back), 0);
		assert_int_equal(back, 1u << bit);
	}
	assert_int_equal(named, 10);
}

static void several_bits_have_none(void **state)
{
	(void)state;
	assert_null(event_what_to_string((enum event_what)0));
	assert_null(event_what_to_string((enum event_what)(EVENT_CREATE | EVENT_DELETE)));
}

static void unknown_names_are_refused(void **state)
{
	static const struct bytes wrong[] = {
		BYTES_LIT(""), BYTES_LIT("creat"), BYTES_LIT("created"), BYTES_LIT("Create"), BYTES_LIT("create\0"),
		BYTES_LIT(" create"), BYTES_LIT("create,delete"),
	};
	enum event_what what = EVENT_ATTRIB;

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
		assert_int_equal(event_what_from_string(wrong[i], &what), -EINVAL);
	assert_int_equal(what, EVENT_ATTRIB);
}

static void paths_are_copied_with_every_byte(void **state)
{
	_cleanup_event_ struct event e = EVENT_INIT;
	char path[] = "/a\n\xff/x.pth";

	(void)state;
	assert_int_equal(event_set_paths(&e, bytes_of(path), BYTES_LIT("/o\0ld"), BYTES_LIT("")), 0);
	memset(path, '!', sizeof(path) - 1);
	assert_true(bytes_equal(e.path, BYTES_LIT("/a\n\xff/x.pth")));
	assert_true(bytes_equal(e.old_path, BYTES_LIT("/o\0ld")));
	assert_non_null(e.exec_path.ptr);
	assert_int_equal(e.exec_path.len, 0);
	assert_true(bytes_equal(event_name(&e), BYTES_LIT("x.pth")));
	/* So that a path without a NUL in it can be given to a system call. */
	assert_int_equal(e.path.ptr[e.path.len], '\0');
	assert_int_equal(e.old_path.ptr[e.old_path.len], '\0');
	assert_int_equal(e.exec_path.ptr[0], '\0');
}

static void its_own_views_may_be_set_again(void **state)
{
	_cleanup_event_ struct event e = EVENT_INIT;

	(void)state;
	assert_int_equal(event_set_paths(&e, BYTES_LIT("/new"), BYTES_LIT("/old"), BYTES_LIT("/bin/mv")), 0);
	assert_int_equal(event_set_paths(&e, e.old_path, e.path, bytes_slice(e.exec_path, 5, 2)), 0);
	assert_true(bytes_equal(e.path, BYTES_LIT("/old")));
	assert_true(bytes_equal(e.old_path, BYTES_LIT("/new")));
	assert_true(bytes_equal(e.exec_path, BYTES_LIT("mv")));
}

static void absent_paths_become_empty(void **state)
{
	_cleanup_event_ struct event e = EVENT_INIT;

	(void)state;
	assert_int_equal(event_set_paths(&e, BYTES_NONE, BYTES_NONE, BYTES_NONE), 0);
	assert_non_null(e.path.ptr);
	assert_int_equal(e.path.len, 0);
}

static void sizes_that_overflow_leave_it_as_it_was(void **state)
{
	_cleanup_event_ struct event e = EVENT_INIT;
	struct bytes huge = { "", SIZE_MAX };

	(void)state;
	assert_int_equal(event_set_paths(&e, BYTES_LIT("/a"), BYTES_LIT("/b"), BYTES_LIT("/c")), 0);
	assert_int_equal(event_set_paths(&e, huge, BYTES_LIT(""), BYTES_LIT("")), -ENOMEM);
	assert_int_equal(event_set_paths(&e, BYTES_LIT("/x"), huge, BYTES_LIT("")), -ENOMEM);
	assert_int_equal(event_set_paths(&e, BYTES_LIT("/x"), BYTES_LIT(""), huge), -ENOMEM);
	assert_true(bytes_equal(e.path, BYTES_LIT("/a")));
	assert_true(bytes_equal(e.exec_path, BYTES_LIT("/c")));
}

static void done_closes_and_may_be_repeated(void **state)
{
	struct event e = EVENT_INIT;
	int fd = open("/", O_PATH | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	e.dirfd = fd;
	e.what = EVENT_CREATE;
	e.pid = 7;
	assert_int_equal(event_set_paths(&e, BYTES_LIT("/a"), BYTES_LIT(""), BYTES_LIT("")), 0);
	event_done(&e);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(e.dirfd, -EBADF);
	assert_int_equal(e.what, 0);
	assert_int_equal(e.pid, 0);
	assert_int_equal(e.path.len, 0);
	assert_null(e.memory);
	event_done(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_bit_has_one_name),
		cmocka_unit_test(several_bits_have_none),
		cmocka_unit_test(unknown_names_are_refused),
		cmocka_unit_test(paths_are_copied_with_every_byte),
		cmocka_unit_test(its_own_views_may_be_set_again),
		cmocka_unit_test(absent_paths_become_empty),
		cmocka_unit_test(sizes_that_overflow_leave_it_as_it_was),
		cmocka_unit_test(done_closes_and_may_be_repeated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
