/* alert_file.c - the names of the durable log's files, and their lines.
 *
 * The sink that writes the log is sink_log.c; this is what its readers share: the journal
 * sink, which catches up from it, and whoever shows alerts to a person.
 *
 * The log is ours and 0600, yet a reader takes nothing for granted: a disk may have lost
 * blocks at a power cut, and what journald is told must not depend on a line being whole.
 */
#include "alert_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "limits.h"

#define READ_STEP (64 * 1024)

void alert_file_name(unsigned n, char ret[static ALERT_FILE_NAME_MAX])
{
	if (n == 0)
		(void)snprintf(ret, ALERT_FILE_NAME_MAX, "alerts.jsonl");
	else
		(void)snprintf(ret, ALERT_FILE_NAME_MAX, "alerts.jsonl.%u", n);
}

int alert_file_open(int state_dirfd, unsigned n)
{
	_cleanup_close_ int fd = -EBADF;
	char name[ALERT_FILE_NAME_MAX];
	struct stat st;

	alert_file_name(n, name);
	/* O_NONBLOCK: a FIFO in the file's place must not hang us */
	fd = openat(state_dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	return TAKE_FD(fd);
}

void line_reader_open(struct line_reader *r, int fd, uint64_t offset)
{
	line_reader_close(r);
	r->fd = fd;
	r->offset = offset;
	r->base = offset;
}

void line_reader_close(struct line_reader *r)
{
	closep(&r->fd);
	r->fd = -EBADF;
	str_release(&r->window);
	r->offset = r->start = r->base = 0;
}

/* Forget the window's bytes before r->offset, or all where they do not reach it. */
static void forget_read(struct line_reader *r)
{
	uint64_t gone = r->offset - r->base;

	if (r->offset < r->base || gone >= r->window.len) {
		str_clear(&r->window);
	} else {
		memmove(r->window.buf, r->window.buf + gone, r->window.len - gone);
		r->window.len -= gone;
	}
	r->base = r->offset;
}

/* Append what the file has behind the window.  Answers the bytes read, 0 at its end. */
static ssize_t read_more(struct line_reader *r)
{
	ssize_t n;

	if (str_reserve(&r->window, READ_STEP) < 0)
		return -ENOMEM;
	do
		n = pread(r->fd, r->window.buf + r->window.len, READ_STEP,
			  (off_t)(r->base + r->window.len));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	r->window.len += (size_t)n;
	r->window.buf[r->window.len] = '\0';
	return n;
}

/* Only complete lines are final: the log takes back the torn piece that a full disk left, and
 * puts other bytes there. */
static void forget_torn(struct line_reader *r)
{
	r->window.len = (size_t)(bytes_find_last_byte(str_bytes(&r->window), '\n') + 1);
}

/* Pass over a line that is too long to be one of ours, to the newline that ends it. */
static int skip_line(struct line_reader *r)
{
	uint64_t start = r->offset;
	ptrdiff_t end;
	ssize_t n;

	for (;;) {
		str_clear(&r->window);
		r->base = r->offset;
		n = read_more(r);
		if (n <= 0) {
			r->offset = start;
			str_clear(&r->window);
			return (int)n;
		}
		end = bytes_find_byte(str_bytes(&r->window), '\n', 0);
		if (end >= 0) {
			r->start = start;
			r->offset += (uint64_t)end + 1;
			str_clear(&r->window);
			return 1;
		}
		r->offset += r->window.len;
	}
}

int line_reader_next(struct line_reader *r, struct bytes *ret)
{
	size_t from = 0, seen;
	bool fresh = false;
	ptrdiff_t end;
	ssize_t n;

	if (r->fd < 0)
		return -EBADF;
	if (r->offset >= r->base && r->offset - r->base < r->window.len)
		from = (size_t)(r->offset - r->base);
	else
		forget_read(r);

	seen = from;
	for (;;) {
		end = bytes_find_byte(str_bytes(&r->window), '\n', seen);
		if (end >= 0)
			break;
		seen = r->window.len - from;	/* the line will start at 0 */
		forget_read(r);
		from = 0;
		if (seen > ALERT_FILE_LINE_MAX) {
			int s = skip_line(r);

			if (s == 1)
				*ret = BYTES_NONE;
			return s;
		}
		n = read_more(r);
		if (n <= 0) {
			forget_torn(r);
			return (int)n;
		}
		fresh = true;
	}
	if (fresh)
		forget_torn(r);

	*ret = (struct bytes){ r->window.buf + from, (size_t)end - from };
	r->start = r->offset;
	r->offset += ret->len + 1;
	return 1;
}

bool alert_id_valid(struct bytes id)
{
	if (id.len == 0 || id.len > ALERT_ID_LEN)
		return false;
	for (size_t i = 0; i < id.len; i++) {
		char c = id.ptr[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      c == '-' || c == '_' || c == '.'))
			return false;
	}
	return true;
}

int alert_line_parse(struct bytes line, char ret_id[static ALERT_ID_LEN + 1], cJSON **ret)
{
	const cJSON *id;
	const char *end;
	cJSON *json;

	if (!line.ptr)
		return -EINVAL;
	json = cJSON_ParseWithLengthOpts(line.ptr, line.len, &end, false);
	if (!json)
		return -EINVAL;

	id = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(json, "event"), "id");
	if (end != line.ptr + line.len || !cJSON_IsString(id) ||
	    !alert_id_valid(bytes_of(id->valuestring))) {
		cJSON_Delete(json);
		return -EINVAL;
	}

	memcpy(ret_id, id->valuestring, strlen(id->valuestring) + 1);
	*ret = json;
	return 0;
}
