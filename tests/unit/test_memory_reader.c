/* Readings that are answered, late, or never.  The module is included, so that what reads /proc can be one that
 * waits until it is told to go on. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "fake_proc.h"
#include "procfs.h"

static _Atomic bool silent;
static _Atomic unsigned begun;

static int read_or_wait(int dirfd, const char *name, char *buf, size_t size, size_t *ret_len, bool *ret_more)
{
	static const struct timespec step = { .tv_nsec = 1000 * 1000 };

	begun++;
	while (silent)
		(void)nanosleep(&step, NULL);
	return procfs_read(dirfd, name, buf, size, ret_len, ret_more);
}

#define procfs_read read_or_wait
#include "../../daemon/memory_reader.c"
#undef procfs_read

enum { PIDS = MEMORY_READER_STUCK_MAX + 2 };

static struct tree *tree_of_many(void **state)
{
	struct tree *tree = *state;

	for (int pid = 1; pid <= PIDS; pid++)
		write_process(tree, (struct fake){ pid, 0, 1, "/bin/sh", BYTES_LIT("sh\0-c\0"), 0, 1, NULL });
	silent = false;
	return tree;
}

static int ask_of(struct memory_reader *m, struct tree *tree, pid_t pid, char *buf, size_t size, size_t *len,
		  bool *more)
{
	_cleanup_close_ int dirfd = procfs_open(tree->fd, pid);

	assert_true(dirfd >= 0);
	return memory_reader_read(m, dirfd, "cmdline", buf, size, len, more);
}

static void wait_until_stuck(struct memory_reader *m, uint64_t threads)
{
	static const struct timespec step = { .tv_nsec = 1000 * 1000 };
	struct memory_reader_counters c;

	for (int i = 0; i < 20000; i++) {
		memory_reader_counters(m, &c);
		if (c.stuck == threads)
			return;
		(void)nanosleep(&step, NULL);
	}
	fail();
}

/* On a busy host a thread may begin too late: then it is asked again. */
static int answer_of(struct memory_reader *m, struct tree *tree, pid_t pid, char *buf, size_t size, size_t *len,
		     bool *more)
{
	int r = -ETIMEDOUT;

	for (int i = 0; i < 400 && r == -ETIMEDOUT; i++)
		r = ask_of(m, tree, pid, buf, size, len, more);
	return r;
}

static void make_stuck(struct memory_reader *m, struct tree *tree, pid_t pid, uint64_t threads)
{
	struct memory_reader_counters c = { 0 };
	char buf[16];
	size_t len = 77;

	silent = true;
	for (int i = 0; i < 400 && c.stuck < threads; i++) {
		assert_int_equal(ask_of(m, tree, pid, buf, sizeof(buf), &len, NULL), -ETIMEDOUT);
		assert_int_equal(len, 77);
		memory_reader_counters(m, &c);
	}
	assert_int_equal(c.stuck, threads);
}

static void answers_as_procfs_does(void **state)
{
	_cleanup_(memory_reader_freep) struct memory_reader *m = NULL;
	_cleanup_close_ int dirfd = -EBADF;
	struct tree *tree = tree_of_many(state);
	struct memory_reader_counters c;
	char buf[16], big[16];
	size_t len = 77;
	bool more;

	assert_int_equal(memory_reader_new(&m), 0);
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(answer_of(m, tree, 1 + i % PIDS, buf, sizeof(buf), &len, NULL), 0);
		assert_true(bytes_equal((struct bytes){ buf, len }, BYTES_LIT("sh\0-c\0")));
	}
	assert_int_equal(answer_of(m, tree, 1, buf, 2, &len, &more), 0);
	assert_int_equal(len, 2);
	assert_true(more);
	assert_int_equal(answer_of(m, tree, 1, buf, 7, &len, &more), 0);
	assert_false(more);
	/* Gone: the error is the reading's own, and nothing is written. */
	dirfd = procfs_open(tree->fd, 1);
	remove_process(tree, 1);
	len = 77;
	assert_int_equal(memory_reader_read(m, dirfd, "cmdline", big, sizeof(big), &len, &more), -ENOENT);
	assert_int_equal(len, 77);
	assert_int_equal(memory_reader_read(m, -EBADF, "cmdline", big, sizeof(big), &len, &more), -EBADF);
	memory_reader_counters(m, &c);
	assert_int_equal(c.stuck, 0);
}

static void leaves_behind_what_does_not_answer(void **state)
{
	_cleanup_(memory_reader_freep) struct memory_reader *m = NULL;
	struct tree *tree = tree_of_many(state);
	struct memory_reader_counters c;
	char buf[16];
	size_t len = 77;

	assert_int_equal(memory_reader_new(&m), 0);
	begun = 0;
	make_stuck(m, tree, 1, 1);
	/* It has one already. */
	for (int i = 0; i < 10; i++)
		assert_int_equal(ask_of(m, tree, 1, buf, sizeof(buf), &len, NULL), -ETIMEDOUT);
	assert_int_equal(begun, 1);
	for (pid_t pid = 2; pid <= MEMORY_READER_STUCK_MAX; pid++)
		make_stuck(m, tree, pid, (uint64_t)pid);
	/* Now nobody is asked. */
	for (pid_t pid = 1; pid <= PIDS; pid++)
		assert_int_equal(ask_of(m, tree, pid, buf, sizeof(buf), &len, NULL), -ETIMEDOUT);
	assert_int_equal(begun, MEMORY_READER_STUCK_MAX);
	memory_reader_counters(m, &c);
	assert_int_equal(c.stuck, MEMORY_READER_STUCK_MAX);
	assert_true(c.unanswered >= MEMORY_READER_STUCK_MAX + 10 + PIDS);

	/* They return. */
	silent = false;
	wait_until_stuck(m, 0);
	assert_int_equal(answer_of(m, tree, 1, buf, sizeof(buf), &len, NULL), 0);
	assert_true(bytes_equal((struct bytes){ buf, len }, BYTES_LIT("sh\0-c\0")));
}

static void goes_on_for_the_others(void **state)
{
	_cleanup_(memory_reader_freep) struct memory_reader *m = NULL;
	struct tree *tree = tree_of_many(state);
	char buf[16];
	size_t len = 0;

	assert_int_equal(memory_reader_new(&m), 0);
	make_stuck(m, tree, 1, 1);
	silent = false;		/* it may return meanwhile, and need not */
	assert_int_equal(answer_of(m, tree, 2, buf, sizeof(buf), &len, NULL), 0);
	assert_int_equal(len, 6);
	wait_until_stuck(m, 0);
}

/* ---- two callers, for the thread sanitizer ------------------------------------------- */

struct caller {
	struct memory_reader *m;
	struct tree *tree;
};

static void *call_often(void *argument)
{
	struct caller *c = argument;
	uintptr_t failed = 0;

	for (int i = 0; i < 2000; i++) {
		char buf[16];
		size_t len = 0;
		int r = ask_of(c->m, c->tree, 1 + i % PIDS, buf, sizeof(buf), &len, NULL);

		failed += r != -ETIMEDOUT && (r != 0 || len != 6);
	}
	return (void *)failed;
}

static void is_asked_by_two(void **state)
{
	_cleanup_(memory_reader_freep) struct memory_reader *m = NULL;
	struct tree *tree = tree_of_many(state);
	struct caller c = { .tree = tree };
	pthread_t thread;
	void *failed;

	assert_int_equal(memory_reader_new(&m), 0);
	c.m = m;
	assert_int_equal(pthread_create(&thread, NULL, call_often, &c), 0);
	assert_null(call_often(&c));
	assert_int_equal(pthread_join(thread, &failed), 0);
	assert_null(failed);
	wait_until_stuck(m, 0);
}

static void ends_with_a_thread_that_is_stuck(void **state)
{
	static struct memory_reader *m;	/* it keeps its memory: found by the leak checker */
	struct tree *tree = tree_of_many(state);

	assert_int_equal(memory_reader_new(&m), 0);
	make_stuck(m, tree, 1, 1);
	assert_null(memory_reader_free(m));
	silent = false;
	assert_int_equal(pthread_join(m->slot[0].thread, NULL), 0);
	assert_null(memory_reader_free(NULL));
}

int main(void)
{
#define IN_TREE(f) cmocka_unit_test_setup_teardown(f, make_tree, remove_tree)
	static const struct CMUnitTest tests[] = {
		IN_TREE(answers_as_procfs_does),
		IN_TREE(leaves_behind_what_does_not_answer),
		IN_TREE(goes_on_for_the_others),
		IN_TREE(is_asked_by_two),
		IN_TREE(ends_with_a_thread_that_is_stuck),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
