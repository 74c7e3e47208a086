/* Real mounts in a mount namespace of the test's own: for root only. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <poll.h>
#include <sys/fanotify.h>

#include "mounts.h"
#include "temp_tree.h"

#define MASK (FAN_CREATE | FAN_ONDIR)

/* What a refresh told, the last one first to be looked at. */
struct told {
	char point[256];
	bool is_dir, fresh, marked;
	unsigned count;
};

struct fixture {
	struct temp temp;
	int group;
	struct mounts *mounts;
	struct told told;
	char point[128];	/* of mount_at() */
};

static void take(struct bytes point, bool is_dir, const struct filesystem *fs, bool fresh, void *userdata)
{
	struct fixture *x = userdata;

	if (!bytes_has_prefix(point, bytes_of(x->temp.path)))
		return;	/* the host's */
	assert_true(point.len < sizeof(x->told.point));
	memcpy(x->told.point, point.ptr, point.len);
	x->told.point[point.len] = '\0';
	x->told.is_dir = is_dir;
	x->told.fresh = fresh;
	x->told.marked = fs->marked;
	x->told.count++;
}

static void refresh(struct fixture *x)
{
	x->told = (struct told){ .count = 0 };
	assert_int_equal(mounts_refresh(x->mounts, take, NULL, x), 0);
}

static int setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));
	char *watch[2] = { NULL, NULL };

	assert_non_null(x);
	temp_make(&x->temp);
	watch[0] = x->temp.path;
	x->group = fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK | FAN_REPORT_DFID_NAME,
				 O_RDONLY | O_CLOEXEC);
	assert_true(x->group >= 0);
	assert_int_equal(mounts_new(x->group, MASK, watch, &x->mounts), 0);
	refresh(x);
	assert_int_equal(x->told.count, 0);	/* the first look tells nothing */
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;
	char point[128];

	mounts_free(x->mounts);
	close(x->group);
	while (umount2(temp_path(&x->temp, "m", point, sizeof(point)), MNT_DETACH) == 0)
		;
	while (umount2(temp_path(&x->temp, "n", point, sizeof(point)), MNT_DETACH) == 0)
		;
	temp_release(&x->temp);
	free(x);
	return 0;
}

static const char *mount_at(struct fixture *x, const char *name, const char *type, const char *options)
{
	temp_path(&x->temp, name, x->point, sizeof(x->point));
	(void)mkdir(x->point, 0755);
	assert_int_equal(mount("pyhookd-test", x->point, type, 0, options), 0);
	return x->point;
}

static const struct filesystem *at_point(const struct fixture *x, const char *point)
{
	for (size_t i = 0; i < mounts_count(x->mounts); i++) {
		const struct filesystem *fs = mounts_at(x->mounts, i);

		if (fs->point && bytes_equal((struct bytes){ fs->point, fs->point_len }, bytes_of(point)))
			return fs;
	}
	return NULL;
}

/* Does the group hear of what happens at the mount? */
static bool is_heard(const struct fixture *x, const char *point)
{
	char path[256], buffer[8192];
	struct pollfd p = { .fd = x->group, .events = POLLIN };
	int fd;

	while (read(x->group, buffer, sizeof(buffer)) > 0)
		;
	(void)snprintf(path, sizeof(path), "%s/heard", point);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(unlink(path), 0);

	/* The kernel queues before open() returns, so nothing has to be waited for; but others
	 * are at work on the host's filesystems: look for the name. */
	if (poll(&p, 1, 0) <= 0)
		return false;
	for (ssize_t n; (n = read(x->group, buffer, sizeof(buffer))) > 0;)
		if (bytes_find((struct bytes){ buffer, (size_t)n }, BYTES_LIT("heard"), 0) >= 0)
			return true;
	return false;
}

static unsigned open_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void a_new_filesystem_is_marked_and_told(void **state)
{
	struct fixture *x = *state;
	const char *point = mount_at(x, "m", "tmpfs", NULL);
	const struct filesystem *fs;

	refresh(x);
	assert_int_equal(x->told.count, 1);
	assert_string_equal(x->told.point, point);
	assert_true(x->told.is_dir);
	assert_true(x->told.fresh);
	assert_true(x->told.marked);

	fs = at_point(x, point);
	assert_non_null(fs);
	assert_string_equal(fs->type, "tmpfs");
	assert_true(fs->whole);
	assert_true(fs->marked);
	assert_null(fs->why_not);
	assert_int_not_equal(fs->fsid, 0);
	assert_true(is_heard(x, point));

	refresh(x);
	assert_int_equal(x->told.count, 0);
	assert_true(is_heard(x, point));
}

static void a_mount_point_may_have_any_name(void **state)
{
	struct fixture *x = *state;
	const char *point = mount_at(x, "n\n \\040\xff", "tmpfs", NULL);

	refresh(x);
	assert_int_equal(x->told.count, 1);
	assert_string_equal(x->told.point, point);
	assert_true(x->told.marked);
	assert_int_equal(umount(point), 0);
}

/* An open descriptor would make it EBUSY, for an administrator who cannot know why. */
static void can_be_unmounted_at_any_time(void **state)
{
	struct fixture *x = *state;
	unsigned before = open_descriptors();
	const struct filesystem *fs, *again;
	uint64_t fsid;
	struct stat st, expected;
	int fd = -7;

	mount_at(x, "m", "tmpfs", NULL);
	refresh(x);
	assert_int_equal(open_descriptors(), before);
	fs = at_point(x, x->point);
	assert_non_null(fs);
	fsid = fs->fsid;

	/* Not either after an event of it was resolved. */
	assert_int_equal(mounts_fd(x->mounts, fsid, &fd, &again), 0);
	assert_ptr_equal(again, fs);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(stat(x->point, &expected), 0);
	assert_int_equal(st.st_dev, expected.st_dev);
	mounts_close_fds(x->mounts);
	assert_int_equal(open_descriptors(), before);
	assert_int_equal(umount(x->point), 0);

	fd = -7;
	assert_int_equal(mounts_fd(x->mounts, fsid, &fd, &again), -ENODEV);
	refresh(x);
	assert_null(at_point(x, x->point));
	assert_int_equal(mounts_fd(x->mounts, fsid, &fd, &again), -ENODEV);
	assert_int_equal(fd, -7);
	assert_int_equal(x->told.count, 0);
}

/* Between two looks.  The device number is the same again: the lowest that is free. */
static void another_at_the_same_place_is_noticed(void **state)
{
	struct fixture *x = *state;

	mount_at(x, "m", "tmpfs", NULL);
	refresh(x);
	assert_true(is_heard(x, x->point));
	assert_int_equal(umount(x->point), 0);
	mount_at(x, "m", "tmpfs", NULL);
	assert_false(is_heard(x, x->point));	/* the mark went with the first */

	refresh(x);
	assert_int_equal(x->told.count, 1);
	assert_true(x->told.fresh);
	assert_true(x->told.marked);
	assert_true(is_heard(x, x->point));
}

static char *overlay_options(struct fixture *x)
{
	static char options[512];
	static const char *const names[] = { "lower", "upper", "work" };

	for (size_t i = 0; i < ELEMENTSOF(names); i++)
		(void)mkdirat(x->temp.fd, names[i], 0755);
	(void)snprintf(options, sizeof(options), "lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work",
		       x->temp.path, x->temp.path, x->temp.path);
	return options;
}

static void another_type_at_the_same_place_is_noticed(void **state)
{
	struct fixture *x = *state;
	const struct filesystem *fs;

	mount_at(x, "m", "tmpfs", NULL);
	refresh(x);
	assert_int_equal(umount(x->point), 0);
	mount_at(x, "m", "overlay", overlay_options(x));

	refresh(x);
	fs = at_point(x, x->point);
	assert_non_null(fs);
	assert_string_equal(fs->type, "overlay");
	assert_false(fs->marked);
	assert_non_null(fs->why_not);
}

static void an_overlay_is_seen_through_its_upper(void **state)
{
	struct fixture *x = *state;
	const char *options = overlay_options(x);
	const struct filesystem *fs;
	char path[160];

	mount_at(x, "m", "overlay", options);
	refresh(x);
	fs = at_point(x, x->point);
	assert_non_null(fs);
	assert_string_equal(fs->type, "overlay");
	assert_false(fs->marked);
	assert_non_null(fs->why_not);
	assert_true(bytes_has_prefix(bytes_of(fs->why_not), BYTES_LIT("overlay")));
	assert_int_equal(x->told.count, 1);
	assert_false(x->told.marked);

	/* What is written to the merged directory comes from the filesystem below. */
	assert_true(is_heard(x, x->point));
	temp_path(&x->temp, "upper/x.pth", path, sizeof(path));
	assert_true(mounts_watches(x->mounts, bytes_of(path)));
}

static void the_upper_of_a_watched_overlay_is_watched(void **state)
{
	struct fixture *x = *state;
	char merged[128], upper[160], *watch[] = { merged, NULL };
	_cleanup_(mounts_freep) struct mounts *m = NULL;

	mount_at(x, "m", "overlay", overlay_options(x));
	temp_path(&x->temp, "m", merged, sizeof(merged));
	temp_path(&x->temp, "upper/x.pth", upper, sizeof(upper));
	/* Without the marks of the fixture's own table. */
	assert_int_equal(fanotify_mark(x->group, FAN_MARK_FLUSH | FAN_MARK_FILESYSTEM, 0, AT_FDCWD, NULL), 0);
	assert_false(is_heard(x, x->temp.path));
	assert_int_equal(mounts_new(x->group, MASK, watch, &m), 0);
	assert_false(mounts_watches(m, bytes_of(upper)));
	assert_int_equal(mounts_refresh(m, NULL, NULL, NULL), 0);
	assert_true(mounts_watches(m, bytes_of(upper)));
	temp_path(&x->temp, "upperer/x.pth", upper, sizeof(upper));
	assert_false(mounts_watches(m, bytes_of(upper)));
	/* The filesystem that backs it holds no watched path by its name, and is marked. */
	assert_true(is_heard(x, x->temp.path));
}

static void a_second_mount_of_it_is_told_but_not_fresh(void **state)
{
	struct fixture *x = *state;
	char first[128], file[160], second[128];

	mount_at(x, "m", "tmpfs", NULL);
	(void)snprintf(first, sizeof(first), "%s", x->point);
	(void)snprintf(file, sizeof(file), "%s/file", first);
	refresh(x);

	temp_mkdir(&x->temp, "n");
	temp_path(&x->temp, "n", second, sizeof(second));
	assert_int_equal(mount(first, second, NULL, MS_BIND, NULL), 0);
	refresh(x);
	assert_int_equal(x->told.count, 1);
	assert_string_equal(x->told.point, second);
	assert_true(x->told.is_dir);
	assert_false(x->told.fresh);
	assert_int_equal(umount(second), 0);

	/* Of a single file over another. */
	assert_int_equal(mknod(file, S_IFREG | 0644, 0), 0);
	temp_write(&x->temp, "target", BYTES_LIT(""));
	temp_path(&x->temp, "target", second, sizeof(second));
	assert_int_equal(mount(file, second, NULL, MS_BIND, NULL), 0);
	refresh(x);
	assert_int_equal(x->told.count, 1);
	assert_string_equal(x->told.point, second);
	assert_false(x->told.is_dir);
	assert_false(x->told.fresh);
	/* The mount of the whole is still the one that paths are made through. */
	assert_true(at_point(x, first)->whole);
	assert_int_equal(umount(second), 0);
}

/* Only a part of it is mounted: its paths may lack their beginning. */
static void a_part_is_known_as_a_part(void **state)
{
	struct fixture *x = *state;
	char whole[128], part[160], second[128];
	const struct filesystem *fs;

	mount_at(x, "m", "tmpfs", NULL);
	(void)snprintf(whole, sizeof(whole), "%s", x->point);
	(void)snprintf(part, sizeof(part), "%s/part", whole);
	assert_int_equal(mkdir(part, 0755), 0);
	temp_mkdir(&x->temp, "n");
	temp_path(&x->temp, "n", second, sizeof(second));
	assert_int_equal(mount(part, second, NULL, MS_BIND, NULL), 0);
	assert_int_equal(umount(whole), 0);
	refresh(x);
	fs = at_point(x, second);
	assert_non_null(fs);
	assert_false(fs->whole);
	assert_true(fs->marked);
	assert_true(is_heard(x, second));
}

static void a_covered_mount_is_marked_when_it_appears(void **state)
{
	struct fixture *x = *state;
	const struct filesystem *fs;
	unsigned seen = 0;

	mount_at(x, "m", "tmpfs", NULL);
	mount_at(x, "m", "tmpfs", NULL);
	refresh(x);
	for (size_t i = 0; i < mounts_count(x->mounts); i++) {
		fs = mounts_at(x->mounts, i);
		if (!bytes_equal(bytes_of(fs->point), bytes_of(x->point)))
			continue;
		seen++;
		if (!fs->marked)
			assert_string_equal(fs->why_not, "covered by another mount");
	}
	assert_int_equal(seen, 2);
	assert_true(is_heard(x, x->point));

	assert_int_equal(umount(x->point), 0);
	assert_false(is_heard(x, x->point));
	refresh(x);
	fs = at_point(x, x->point);
	assert_non_null(fs);
	assert_true(fs->marked);
	assert_null(fs->why_not);
	assert_true(is_heard(x, x->point));
}

static void what_holds_nothing_watched_is_not_marked(void **state)
{
	struct fixture *x = *state;
	char watched[128], *watch[] = { watched, NULL };
	_cleanup_(mounts_freep) struct mounts *m = NULL;
	unsigned marked = 0;
	char path[160];

	mount_at(x, "n", "tmpfs", NULL);
	mount_at(x, "m", "tmpfs", NULL);
	(void)snprintf(watched, sizeof(watched), "%s", x->point);
	assert_int_equal(mounts_new(x->group, MASK, watch, &m), 0);
	assert_int_equal(mounts_refresh(m, NULL, NULL, NULL), 0);
	for (size_t i = 0; i < mounts_count(m); i++) {
		const struct filesystem *fs = mounts_at(m, i);

		if (fs->marked) {
			marked++;
			assert_string_equal(fs->point, watched);
		} else {
			assert_non_null(fs->why_not);
		}
	}
	assert_int_equal(marked, 1);

	assert_true(mounts_watches(m, bytes_of(watched)));
	(void)snprintf(path, sizeof(path), "%s/x", watched);
	assert_true(mounts_watches(m, bytes_of(path)));
	(void)snprintf(path, sizeof(path), "%sx", watched);
	assert_false(mounts_watches(m, bytes_of(path)));
	assert_false(mounts_watches(m, BYTES_LIT("/")));
}

static void without_a_watch_everything_is_watched(void **state)
{
	struct fixture *x = *state;
	_cleanup_(mounts_freep) struct mounts *m = NULL;

	assert_int_equal(mounts_new(x->group, MASK, NULL, &m), 0);
	assert_true(mounts_watches(m, BYTES_LIT("/any/where")));
	assert_int_equal(mounts_refresh(m, NULL, NULL, NULL), 0);
	assert_true(mounts_count(m) > 0);
	for (size_t i = 0; i < mounts_count(m); i++)
		assert_true(mounts_at(m, i)->marked || mounts_at(m, i)->why_not);
}

static void a_watched_path_must_exist(void **state)
{
	struct fixture *x = *state;
	char missing[] = "/nonexistent/x", *watch[] = { missing, NULL };
	struct mounts *m = NULL;

	assert_int_equal(mounts_new(x->group, MASK, watch, &m), -ENOENT);
	assert_null(m);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_new_filesystem_is_marked_and_told),
		TEST(a_mount_point_may_have_any_name),
		TEST(can_be_unmounted_at_any_time),
		TEST(another_at_the_same_place_is_noticed),
		TEST(another_type_at_the_same_place_is_noticed),
		TEST(an_overlay_is_seen_through_its_upper),
		TEST(the_upper_of_a_watched_overlay_is_watched),
		TEST(a_second_mount_of_it_is_told_but_not_fresh),
		TEST(a_part_is_known_as_a_part),
		TEST(a_covered_mount_is_marked_when_it_appears),
		TEST(what_holds_nothing_watched_is_not_marked),
		TEST(without_a_watch_everything_is_watched),
		TEST(a_watched_path_must_exist),
	};

	if (!own_mount_namespace()) {
		puts("mount namespaces are not permitted");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
