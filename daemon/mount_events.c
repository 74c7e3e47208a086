#include "mount_events.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/fanotify.h>

#include "fanotify_record.h"

/* linux/fanotify.h of 6.15 */
#ifndef FAN_REPORT_MNT
#define FAN_REPORT_MNT 0x00004000
#define FAN_MNT_ATTACH 0x01000000
#define FAN_MNT_DETACH 0x02000000
#define FAN_MARK_MNTNS 0x00000110
#endif

struct mount_events {
	int fd;
	bool group;	/* fd is a fanotify group, else mountinfo */
};

static int open_group(void)
{
	_cleanup_close_ int fd = -EBADF, ns = -EBADF;

	fd = fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK | FAN_REPORT_MNT, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ns = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (ns < 0)
		return -errno;
	if (fanotify_mark(fd, FAN_MARK_ADD | FAN_MARK_MNTNS, FAN_MNT_ATTACH | FAN_MNT_DETACH, ns, NULL) < 0)
		return -errno;
	return TAKE_FD(fd);
}

int mount_events_new(struct mount_events **ret)
{
	_cleanup_(mount_events_freep) struct mount_events *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->fd = open_group();
	m->group = m->fd >= 0;
	if (!m->group)
		m->fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (m->fd < 0)
		return -errno;

	*ret = TAKE_PTR(m);
	return 0;
}

struct mount_events *mount_events_free(struct mount_events *m)
{
	if (!m)
		return NULL;
	closep(&m->fd);
	free(m);
	return NULL;
}

int mount_events_fd(const struct mount_events *m)
{
	return m->fd;
}

uint32_t mount_events_epoll(const struct mount_events *m)
{
	return m->group ? EPOLLIN : EPOLLPRI;
}

bool mount_events_have_pid(const struct mount_events *m)
{
	return m->group;
}

void mount_events_read(struct mount_events *m, pid_t *ret_pid)
{
	char buffer[16384];
	pid_t pid = 0;
	bool several = false;
	ssize_t n;

	while (m->group && (n = read(m->fd, buffer, sizeof(buffer))) > 0) {
		struct bytes rest = { buffer, (size_t)n };
		struct fanotify_record r;

		while (fanotify_record_decode(rest, &r) == 0) {
			if (r.mask & FAN_MNT_ATTACH) {
				several |= pid != 0 && pid != r.pid;
				pid = r.pid;
			}
			rest = bytes_slice(rest, r.length, rest.len - r.length);
		}
	}
	*ret_pid = several ? 0 : pid;
}
