#include "users.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>

struct user {
	uid_t uid;
	char *name;
	char *home;
};

struct users {
	int rootfd;
	struct timespec mtime;
	struct user *list;
	size_t count;
};

int users_new(int rootfd, struct users **ret)
{
	struct users *u = calloc(1, sizeof(*u));

	if (!u)
		return -ENOMEM;
	u->rootfd = rootfd;
	*ret = u;
	return 0;
}

static void clear(struct users *u)
{
	for (size_t i = 0; i < u->count; i++) {
		free(u->list[i].name);
		free(u->list[i].home);
	}
	free(u->list);
	u->list = NULL;
	u->count = 0;
}

struct users *users_free(struct users *u)
{
	if (!u)
		return NULL;
	clear(u);
	free(u);
	return NULL;
}

static void refresh(struct users *u)
{
	_cleanup_close_ int fd = openat(u->rootfd, "etc/passwd", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	_cleanup_fclose_ FILE *f = NULL;
	struct passwd *pw;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	if (st.st_mtim.tv_sec == u->mtime.tv_sec && st.st_mtim.tv_nsec == u->mtime.tv_nsec)
		return;
	f = fdopen(fd, "r");
	if (!f)
		return;
	TAKE_FD(fd);

	clear(u);
	u->mtime = st.st_mtim;
	while ((pw = fgetpwent(f))) {
		struct user *list = realloc(u->list, (u->count + 1) * sizeof(*list));
		struct user one = { .uid = pw->pw_uid };

		if (!list)
			return;
		u->list = list;
		one.name = strdup(pw->pw_name);
		one.home = strdup(pw->pw_dir ? pw->pw_dir : "");
		if (!one.name || !one.home) {
			free(one.name);
			free(one.home);
			return;
		}
		u->list[u->count++] = one;
	}
}

struct bytes users_name(struct users *u, uid_t uid)
{
	refresh(u);
	for (size_t i = 0; i < u->count; i++)
		if (u->list[i].uid == uid)
			return bytes_of(u->list[i].name);
	return BYTES_NONE;
}

void users_homes(struct users *u, void (*fn)(const char *home, void *userdata), void *userdata)
{
	refresh(u);
	for (size_t i = 0; i < u->count; i++) {
		bool seen = u->list[i].home[0] != '/';

		for (size_t k = 0; k < i && !seen; k++)
			seen = bytes_equal(bytes_of(u->list[k].home), bytes_of(u->list[i].home));
		if (!seen)
			fn(u->list[i].home, userdata);
	}
}
