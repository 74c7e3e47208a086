/* What is kept, what goes first, and what is never touched. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "evidence.h"
#include "limits.h"
#include "temp_tree.h"

#define BLOCK 4096

struct fixture {
	struct temp temp;
	struct evidence *evidence;
};

static int setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	assert_non_null(x);
	temp_make(&x->temp);
	assert_int_equal(evidence_new(x->temp.fd, 4 * BLOCK, &x->evidence), 0);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;

	evidence_free(x->evidence);
	temp_release(&x->temp);
	free(x);
	return 0;
}

/* A name that ends in these digits. */
static const char *name_of(unsigned n)
{
	static char name[EVIDENCE_NAME_LEN + 1];

	(void)snprintf(name, sizeof(name), "%064x", n);
	return name;
}

static int keep(struct fixture *x, unsigned n, const char *text)
{
	return evidence_keep(x->evidence, bytes_of(name_of(n)), bytes_of(text), false);
}

static const char *path_of(unsigned n)
{
	static char path[96];

	(void)snprintf(path, sizeof(path), EVIDENCE_DIR "/%s", name_of(n));
	return path;
}

static bool is_kept(const struct fixture *x, unsigned n)
{
	struct stat st;

	return fstatat(x->temp.fd, path_of(n), &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static struct evidence_counters counters(const struct fixture *x)
{
	struct evidence_counters c;

	evidence_counters(x->evidence, &c);
	return c;
}

static void reopen(struct fixture *x, uint64_t max)
{
	evidence_free(x->evidence);
	assert_int_equal(evidence_new(x->temp.fd, max, &x->evidence), 0);
}

/* Seconds before now. */
static void make_older(struct fixture *x, unsigned n, time_t seconds)
{
	struct timespec times[2];

	assert_int_equal(clock_gettime(CLOCK_REALTIME, &times[0]), 0);
	times[0].tv_sec -= seconds;
	times[1] = times[0];
	assert_int_equal(utimensat(x->temp.fd, path_of(n), times, 0), 0);
}

static void bytes_are_kept_for_root_alone(void **state)
{
	struct fixture *x = *state;
	char content[16] = "";
	struct stat st;
	int fd;

	assert_int_equal(evidence_keep(x->evidence, bytes_of(name_of(1)), (struct bytes){ "a\0b", 3 }, true), 0);
	fd = openat(x->temp.fd, path_of(1), O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, content, sizeof(content)), 3);
	assert_memory_equal(content, "a\0b", 3);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	(void)close(fd);
	assert_int_equal(fstatat(x->temp.fd, EVIDENCE_DIR, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(counters(x).kept, 1);
	assert_int_equal(counters(x).bytes, BLOCK);
}

static void a_directory_that_was_open_to_others_is_closed(void **state)
{
	struct fixture *x = *state;
	struct stat st;

	assert_int_equal(fchmodat(x->temp.fd, EVIDENCE_DIR, 0777, 0), 0);
	reopen(x, BLOCK);
	assert_int_equal(fstatat(x->temp.fd, EVIDENCE_DIR, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static void only_digests_are_names(void **state)
{
	static const char *const bad[] = {
		"", "x", "../../../../../../../../../../../../../../../../../../../../etc/passwd",
		"000000000000000000000000000000000000000000000000000000000000000G",
		"000000000000000000000000000000000000000000000000000000000000000F",
		"00000000000000000000000000000000000000000000000000000000000000000",
	};
	struct fixture *x = *state;

	for (size_t i = 0; i < ELEMENTSOF(bad); i++)
		assert_int_equal(evidence_keep(x->evidence, bytes_of(bad[i]), BYTES_LIT("x"), false), -EINVAL);
	assert_int_equal(counters(x).failed, ELEMENTSOF(bad));
	assert_int_equal(counters(x).files, 0);
}

static void the_oldest_goes_first(void **state)
{
	struct fixture *x = *state;

	for (unsigned n = 1; n <= 5; n++)
		assert_int_equal(keep(x, n, "x"), 0);
	assert_false(is_kept(x, 1));
	for (unsigned n = 2; n <= 5; n++)
		assert_true(is_kept(x, n));
	assert_int_equal(counters(x).removed, 1);
	assert_int_equal(counters(x).files, 4);
	assert_int_equal(counters(x).bytes, 4 * BLOCK);
}

static void what_comes_again_is_the_newest(void **state)
{
	struct fixture *x = *state;

	for (unsigned n = 1; n <= 4; n++)
		assert_int_equal(keep(x, n, "x"), 0);
	for (unsigned n = 1; n <= 4; n++)
		make_older(x, n, 1000 - n);
	reopen(x, 4 * BLOCK);
	assert_int_equal(keep(x, 1, "x"), 0);	/* again */
	assert_int_equal(counters(x).kept, 0);
	assert_int_equal(keep(x, 5, "x"), 0);
	assert_true(is_kept(x, 1));
	assert_false(is_kept(x, 2));
	assert_int_equal(counters(x).files, 4);
	assert_int_equal(counters(x).bytes, 4 * BLOCK);
}

static void an_earlier_run_is_taken_stock_of(void **state)
{
	struct fixture *x = *state;

	for (unsigned n = 1; n <= 4; n++)
		assert_int_equal(keep(x, n, "x"), 0);
	for (unsigned n = 1; n <= 4; n++)
		make_older(x, n, 1000 + n);	/* the first is the newest */
	reopen(x, 2 * BLOCK);
	assert_true(is_kept(x, 1));
	assert_true(is_kept(x, 2));
	assert_false(is_kept(x, 3));
	assert_false(is_kept(x, 4));
	assert_int_equal(counters(x).bytes, 2 * BLOCK);
}

static void what_is_larger_than_all_room_costs_nothing(void **state)
{
	struct fixture *x = *state;
	char *large = calloc(1, 4 * BLOCK + 1);

	assert_non_null(large);
	assert_int_equal(keep(x, 1, "x"), 0);
	assert_int_equal(evidence_keep(x->evidence, bytes_of(name_of(2)), (struct bytes){ large, 4 * BLOCK + 1 }, false),
			 -EFBIG);
	free(large);
	assert_true(is_kept(x, 1));
	assert_false(is_kept(x, 2));
}

/* Whoever could write there could otherwise have any file overwritten. */
static void links_are_not_followed(void **state)
{
	struct fixture *x = *state;
	struct evidence *other;
	struct stat st;

	temp_write(&x->temp, "victim", BYTES_LIT("whole"));
	assert_int_equal(symlinkat("../victim", x->temp.fd, path_of(1)), 0);
	assert_int_equal(symlinkat("../victim", x->temp.fd, EVIDENCE_DIR "/new"), 0);
	assert_int_equal(keep(x, 1, "x"), 0);
	assert_int_equal(fstatat(x->temp.fd, path_of(1), &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(fstatat(x->temp.fd, "victim", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_size, 5);

	temp_mkdir(&x->temp, "state");
	temp_mkdir(&x->temp, "elsewhere");
	assert_int_equal(symlinkat("../elsewhere", x->temp.fd, "state/" EVIDENCE_DIR), 0);
	{
		_cleanup_close_ int fd = openat(x->temp.fd, "state", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		int r = evidence_new(fd, BLOCK, &other);

		assert_true(r == -ELOOP || r == -ENOTDIR);
	}
}

static void other_files_stay(void **state)
{
	struct fixture *x = *state;
	struct stat st;

	temp_write(&x->temp, EVIDENCE_DIR "/README", BYTES_LIT("mine"));
	assert_int_equal(mkdirat(x->temp.fd, path_of(9), 0700), 0);
	reopen(x, BLOCK);
	assert_int_equal(counters(x).files, 0);
	for (unsigned n = 1; n <= 3; n++)
		assert_int_equal(keep(x, n, "x"), 0);
	assert_int_equal(fstatat(x->temp.fd, EVIDENCE_DIR "/README", &st, 0), 0);
	assert_true(is_kept(x, 9));
	/* A directory of that name cannot be replaced: said, and nothing is left behind. */
	assert_true(keep(x, 9, "x") < 0);
	assert_true(fstatat(x->temp.fd, EVIDENCE_DIR "/new", &st, 0) < 0);
	assert_int_equal(counters(x).failed, 1);
}

static void what_an_administrator_removed_is_made_room_for(void **state)
{
	struct fixture *x = *state;

	for (unsigned n = 1; n <= 4; n++)
		assert_int_equal(keep(x, n, "x"), 0);
	for (unsigned n = 1; n <= 4; n++)
		assert_int_equal(unlinkat(x->temp.fd, path_of(n), 0), 0);
	for (unsigned n = 11; n <= 14; n++)
		assert_int_equal(keep(x, n, "x"), 0);
	for (unsigned n = 11; n <= 14; n++)
		assert_true(is_kept(x, n));
	assert_int_equal(counters(x).removed, 0);
}

static void files_are_counted_as_well_as_bytes(void **state)
{
	struct fixture *x = *state;

	reopen(x, UINT64_MAX);
	for (unsigned n = 0; n <= EVIDENCE_FILES_MAX; n++)
		assert_int_equal(keep(x, n, "x"), 0);
	assert_int_equal(counters(x).files, EVIDENCE_FILES_MAX);
	assert_int_equal(counters(x).removed, 1);
	assert_false(is_kept(x, 0));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(bytes_are_kept_for_root_alone),
		TEST(a_directory_that_was_open_to_others_is_closed),
		TEST(only_digests_are_names),
		TEST(the_oldest_goes_first),
		TEST(what_comes_again_is_the_newest),
		TEST(an_earlier_run_is_taken_stock_of),
		TEST(what_is_larger_than_all_room_costs_nothing),
		TEST(links_are_not_followed),
		TEST(other_files_stay),
		TEST(what_an_administrator_removed_is_made_room_for),
		TEST(files_are_counted_as_well_as_bytes),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
