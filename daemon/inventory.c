#include "inventory.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "alert_file.h"
#include "baseline_file.h"
#include "clock.h"
#include "document.h"
#include "limits.h"
#include "log.h"

#define NAME "inventory.jsonl"
#define NEW_NAME "inventory.jsonl.new"

/* Events that were on their way when the snapshot was taken carry an earlier time; so does what waited for its package. */
#define OVERLAP_NS (10 * NSEC_PER_SEC + DEFERRAL_TIMEOUT_NS)

static int read_whole(int dirfd, const char *name, struct str *ret)
{
	_cleanup_close_ int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size > INVENTORY_BYTES_MAX)
		return -EBADMSG;
	for (;;) {
		ssize_t n;
		int r = str_reserve(ret, 65536);

		if (r < 0)
			return r;
		n = read(fd, ret->buf + ret->len, 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		ret->len += (size_t)n;
		ret->buf[ret->len] = '\0';
		if (ret->len > INVENTORY_BYTES_MAX)
			return -EBADMSG;
	}
}

/* RFC 3339 as alerts have it, which sorts as text: "2026-11-24T08:20:00". */
static void text_of_time(uint64_t time_ns, char ret[32])
{
	time_t seconds = (time_t)(time_ns / NSEC_PER_SEC);
	struct tm tm;

	ret[0] = '\0';
	if (gmtime_r(&seconds, &tm))
		(void)strftime(ret, 32, "%Y-%m-%dT%H:%M:%S", &tm);
}

static int take_log_file(struct baseline *b, int fd, struct bytes since)
{
	struct line_reader reader = LINE_READER_INIT;
	struct bytes line;
	int r;

	line_reader_open(&reader, fd, 0);
	while ((r = line_reader_next(&reader, &line)) > 0) {
		static const struct bytes start = BYTES_LIT("{\"@timestamp\":\"");
		_cleanup_cjson_ cJSON *alert = NULL;

		/* Most of a long log is older: compare before parsing. */
		if (!bytes_has_prefix(line, start) || line.len < start.len + since.len ||
		    bytes_compare(bytes_slice(line, start.len, since.len), since) < 0)
			continue;
		alert = cJSON_ParseWithLength(line.ptr, line.len);
		r = alert ? baseline_take_alert(b, alert) : 0;
		if (r < 0)
			break;
	}
	line_reader_close(&reader);
	return r == -ENOMEM ? r : 0;
}

static int take_log(struct baseline *b, int state_dirfd, uint64_t since_ns)
{
	char since[32];

	text_of_time(since_ns - OVERLAP_NS, since);
	for (unsigned n = ALERT_FILES_MAX + 1; n-- > 0;) {
		int fd = alert_file_open(state_dirfd, n), r;
		struct stat st;

		if (fd < 0)
			continue;
		if (fstat(fd, &st) == 0 && timespec_ns(&st.st_mtim) + OVERLAP_NS < since_ns) {
			(void)close(fd);
			continue;
		}
		r = take_log_file(b, fd, bytes_of(since));	/* takes fd over */
		if (r < 0)
			return r;
	}
	return 0;
}

int inventory_read(int state_dirfd, struct baseline *b, struct baseline_head *ret_head, struct str *storage)
{
	_cleanup_str_ struct str text = STR_INIT;
	int r = read_whole(state_dirfd, NAME, &text);

	if (r >= 0)
		r = baseline_load(b, str_bytes(&text), ret_head, storage);
	if (r >= 0)
		r = take_log(b, state_dirfd, ret_head->time_ns);
	return r;
}

/* 1: usable; 0: not, and why was logged. */
static int load(int state_dirfd, struct bytes scope, struct baseline *b, uint64_t *ret_begun_ns)
{
	_cleanup_str_ struct str storage = STR_INIT;
	struct baseline_head head;
	int r = inventory_read(state_dirfd, b, &head, &storage);

	if (r == -ENOENT) {
		log_info("no inventory yet: the hooks that are there now are taken as known");
		return 0;
	}
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		log_warning_errno(r, "the inventory cannot be used: what was planted while pyhookd was down "
				     "is taken as known");
		return 0;
	}
	if (!bytes_equal(head.scope, scope)) {
		log_info("the inventory is of another --watch: the hooks that are there now are taken as known");
		return 0;
	}
	if (head.begun)
		*ret_begun_ns = head.time_ns;
	return !head.begun;
}

int inventory_load(int state_dirfd, struct bytes scope, struct baseline **ret, uint64_t *ret_begun_ns)
{
	uint64_t begun_ns = 0;
	_cleanup_(baseline_freep) struct baseline *b = NULL;
	int r, usable;

	r = baseline_new(&b);
	if (r < 0)
		return r;
	usable = load(state_dirfd, scope, b, &begun_ns);
	if (usable < 0)
		return usable;
	if (!usable && begun_ns == 0) {
		/* What was read before it turned out to be wrong is worth nothing. */
		b = baseline_free(b);
		r = baseline_new(&b);
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(b);
	*ret_begun_ns = begun_ns;
	return usable;
}

static int write_whole(int fd, struct bytes b)
{
	while (b.len > 0) {
		ssize_t n = write(fd, b.ptr, b.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		b = bytes_slice(b, (size_t)n, b.len - (size_t)n);
	}
	return 0;
}

int inventory_save(int state_dirfd, struct bytes scope, const struct baseline *b, uint64_t begun_ns)
{
	const struct baseline_head head = {
		.time_ns = begun_ns ? begun_ns : clock_ns(CLOCK_REALTIME), .scope = scope, .begun = begun_ns != 0,
	};
	_cleanup_str_ struct str text = STR_INIT;
	_cleanup_close_ int fd = -EBADF;
	int r;

	r = baseline_save(b, &head, &text);
	if (r < 0)
		return r;
	fd = openat(state_dirfd, NEW_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	r = write_whole(fd, str_bytes(&text));
	if (r < 0) {
		(void)unlinkat(state_dirfd, NEW_NAME, 0);
		return r;
	}
	/* No fsync: main must not wait for a disk.  After a power cut the file is the old one, the
	 * new one, or one without its tail, which is refused. */
	return renameat(state_dirfd, NEW_NAME, state_dirfd, NAME) < 0 ? -errno : 0;
}
