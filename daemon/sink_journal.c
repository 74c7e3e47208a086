/* sink_journal.c - alerts to journald, in order, none lost, over absence and restart.
 *
 * Owns its socket and the cursor file.  It reads the durable log and never writes it.
 *
 * Why not sd_journal_send(): measured with libsystemd 252, it answers 0 when the socket does
 * not exist, and blocks once a stopped journald's queue is full, at 11 messages
 * with net.unix.max_dgram_qlen=10.  So we speak the protocol ourselves
 * (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/) and every answer is seen.  The socket is not
 * connected: each sendmsg() looks the path up, which makes the return of a journald that
 * was replaced need no work at all.
 *
 * Two ways of working:
 *
 *	current   the position stands at the log's end.  write() sends the alert that it is
 *	          given and moves the position behind it.
 *	behind    something is owed.  write() only counts; flush() reads the log from the
 *	          position on, sends, and is current again once it meets the end.
 *
 * So the order is the log's.  Which way it is, is not remembered but seen: write() is current
 * only if the log ends with this very alert and the position stands right before it.
 *
 * The position names a place by what is written there: the id of the file's first alert, the
 * offset, and the id of the last alert that was passed.  Inode numbers would not do: ext4 gives
 * the number of a file that was rotated away to the next new one.
 * After a start the position is looked for
 *   - in the file that begins with that alert, at the offset, behind that alert;
 *   - at that file's end, if the offset lies beyond it (a power cut took lines that journald
 *     has already);
 *   - behind that alert, wherever it is (logs copied, a line cut out);
 *   - else at the beginning of the oldest file: a line too many rather than one too few.
 * Without a cursor it is the log's end: a first start does not send history again.
 *
 * The cursor is written after every alert, in place with one pwrite() of CURSOR_SIZE bytes (1 us,
 * against 160 us for a new file and rename()), after having been made by rename() at the start.
 * One page is written whole or not at all as far as a kill -9 goes, one sector
 * for a power cut, and no new block is needed, so a full disk does not stop it.  kill -9 between
 * sendmsg() and pwrite() has that one alert sent again; only a power cut, which may undo
 * half a minute of cursor writes, has more of them sent twice.
 *
 * When the log's disk is full, the log keeps the alert in memory, and so do we (`held`): it
 * is sent all the same, since filling a disk must not silence journald, and passed over when it
 * shows up in the log later.
 */
#include "sink.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "alert_file.h"
#include "clock.h"
#include "limits.h"
#include "log.h"

#define CURSOR_NAME "journal.cursor"
#define CURSOR_NEW_NAME "journal.cursor.new"
#define CURSOR_SIZE 256

/* A flush gives the thread back to the queue after this long. */
#define FLUSH_NS (50 * 1000 * 1000ULL)

/* The buffer of a larger datagram is given back. */
#define DATAGRAM_KEPT (256 * 1024)

/* sd_journal_sendv(3) and journald agree on 64 (systemd, journal_field_valid()). */
#define FIELD_NAME_MAX 64

/* An alert that is not in the log yet. */
struct held {
	struct held *next;
	char id[ALERT_ID_LEN + 1];
	bool sent;
	size_t len;
	char line[];
};

struct position {
	char file[ALERT_ID_LEN + 1];	/* first alert of the file; "": none read yet */
	char alert[ALERT_ID_LEN + 1];	/* last alert before the offset; "": none, or damaged */
	uint64_t offset;		/* only in the cursor file; else the reader's */
};

struct sink_journal {
	struct sink sink;	/* first: a sink * is a sink_journal * */
	int dirfd;
	int socket;
	struct sockaddr_un address;
	enum level min;

	struct line_reader log;	/* its offset is the position's */
	struct position at;
	bool behind;
	uint64_t lines_owed;

	int cursor_fd;		/* -EBADF: could not be made */
	bool unsaved;

	struct held *held, **held_end;
	size_t held_count, held_bytes;
	uint64_t held_unsent;

	struct str datagram;
	bool unreachable, unsavable;	/* said so already */
};

/* ---- the native protocol ----------------------------------------------------- */

static bool field_name_valid(struct bytes name)
{
	if (name.len == 0 || name.len > FIELD_NAME_MAX || name.ptr[0] < 'A' || name.ptr[0] > 'Z')
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (!((name.ptr[i] >= 'A' && name.ptr[i] <= 'Z') ||
		      (name.ptr[i] >= '0' && name.ptr[i] <= '9') || name.ptr[i] == '_'))
			return false;
	return true;
}

/* An alert_field_fn.  A value with a newline in it goes with its length, or it would forge
 * the next field. */
static int add_field(const char *name, struct bytes value, void *userdata)
{
	struct str *out = userdata;
	bool framed = bytes_find_byte(value, '\n', 0) >= 0;
	size_t before = out->len;
	uint8_t length[8];
	int r;

	if (!field_name_valid(bytes_of(name)))
		return -EINVAL;
	for (int i = 0; i < 8; i++)
		length[i] = (uint8_t)((uint64_t)value.len >> (8 * i));

	r = str_append_text(out, name);
	if (r == 0)
		r = str_append_char(out, framed ? '\n' : '=');
	if (r == 0 && framed)
		r = str_append(out, length, sizeof(length));
	if (r == 0)
		r = str_append_bytes(out, value);
	if (r == 0)
		r = str_append_char(out, '\n');
	if (r < 0)
		out->len = before;
	return r;
}

static int write_all(int fd, struct bytes b)
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

/* What no datagram can hold goes as a sealed memfd, whose content journald can trust not to
 * change while it reads. */
static int transmit_memfd(struct sink_journal *j)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
	_cleanup_close_ int fd = -EBADF;
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr m = {
		.msg_name = &j->address,
		.msg_namelen = sizeof(j->address),
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int r;

	fd = memfd_create("pyhookd-alert", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	r = write_all(fd, str_bytes(&j->datagram));
	if (r < 0)
		return r;
	if (fcntl(fd, F_ADD_SEALS, seals) < 0)
		return -errno;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	return sendmsg(j->socket, &m, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* SO_SNDBUF stays as it is: a larger one only lets more alerts wait in a hung journald's queue,
 * where they would die with it, instead of in our log. */
static int transmit(struct sink_journal *j)
{
	struct iovec payload = { j->datagram.buf, j->datagram.len };
	struct msghdr m = {
		.msg_name = &j->address,
		.msg_namelen = sizeof(j->address),
		.msg_iov = &payload,
		.msg_iovlen = 1,
	};

	if (sendmsg(j->socket, &m, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return 0;
	if (errno != EMSGSIZE && errno != ENOBUFS)
		return -errno;
	return transmit_memfd(j);
}

/* 0: journald has it.  -EINVAL: never will, the line is no alert; anything else: not now. */
static int send_alert(struct sink_journal *j, struct bytes line, const cJSON *json)
{
	int r;

	str_clear(&j->datagram);
	r = alert_journal_fields(json, line, add_field, &j->datagram);
	if (r < 0) {
		j->sink.counters.failed++;
		return r;
	}

	r = transmit(j);
	if (j->datagram.cap > DATAGRAM_KEPT)
		str_release(&j->datagram);
	if (r == 0) {
		j->sink.counters.written++;
		if (j->unreachable)
			log_info("journal: journald takes alerts again");
		j->unreachable = false;
		return 0;
	}
	j->sink.counters.failed++;
	if (!j->unreachable)	/* to standard error, which may not be journald */
		log_warning_errno(r, "journal: journald is %s, alerts are owed",
				  r == -EAGAIN ? "stuck" : "not reachable");
	j->unreachable = true;
	return r == -EINVAL ? -EIO : r;
}

/* ---- alerts that the log does not have ----------------------------------------- */

static void forget_held(struct sink_journal *j, struct held **link)
{
	struct held *h = *link;

	*link = h->next;
	if (j->held_end == &h->next)
		j->held_end = link;
	j->held_count--;
	j->held_bytes -= h->len;
	j->held_unsent -= !h->sent;
	free(h);
}

static int hold(struct sink_journal *j, const struct alert *a, bool sent)
{
	size_t len = sent ? 0 : a->json_len;
	struct held *h = NULL;

	/* What was sent is remembered only to be recognised: it gives way. */
	while (j->held && j->held->sent && j->held_count >= SINK_BACKLOG_MAX)
		forget_held(j, &j->held);
	if (j->held_count < SINK_BACKLOG_MAX && len < SINK_BACKLOG_BYTES_MAX &&
	    j->held_bytes < SINK_BACKLOG_BYTES_MAX - len)
		h = malloc(sizeof(*h) + len);
	if (!h)
		return -ENOBUFS;

	*h = (struct held){ .sent = sent, .len = len };
	memcpy(h->id, a->id, sizeof(h->id));
	memcpy(h->line, a->json, len);
	*j->held_end = h;
	j->held_end = &h->next;
	j->held_count++;
	j->held_bytes += len;
	j->held_unsent += !sent;
	return 0;
}

static struct held *find_held(const struct sink_journal *j, const char *id)
{
	struct held *h;

	for (h = j->held; h; h = h->next)
		if (bytes_equal(bytes_of(h->id), bytes_of(id)))
			break;
	return h;
}

/* The log has this one now.  It writes in order, so what was held before it and sent will not
 * come any more. */
static void unhold(struct sink_journal *j, const struct held *h)
{
	struct held **link = &j->held;

	while (*link != h)
		if ((*link)->sent)
			forget_held(j, link);
		else
			link = &(*link)->next;
	forget_held(j, link);
}

static int send_held(struct sink_journal *j)
{
	for (struct held *h = j->held; h; h = h->next) {
		char id[ALERT_ID_LEN + 1];
		cJSON *json;
		int r;

		if (h->sent)
			continue;
		r = alert_line_parse((struct bytes){ h->line, h->len }, id, &json);
		if (r == 0) {
			r = send_alert(j, (struct bytes){ h->line, h->len }, json);
			cJSON_Delete(json);
		}
		if (r < 0 && r != -EINVAL)
			return r;
		h->sent = true;
		j->held_unsent--;
	}
	return 0;
}

/* ---- the cursor ------------------------------------------------------------------ */

static void format_cursor(const struct sink_journal *j, char ret[static CURSOR_SIZE])
{
	char text[CURSOR_SIZE];
	int n = snprintf(text, sizeof(text), "{\"file\":\"%s\",\"offset\":%llu,\"alert\":\"%s\"}", j->at.file,
			 (unsigned long long)j->log.offset, j->at.alert);

	memset(ret, ' ', CURSOR_SIZE);
	memcpy(ret, text, (size_t)n);
	ret[CURSOR_SIZE - 1] = '\n';
}

static int make_cursor(struct sink_journal *j)
{
	_cleanup_close_ int fd = -EBADF;
	char record[CURSOR_SIZE];
	int r;

	format_cursor(j, record);
	(void)unlinkat(j->dirfd, CURSOR_NEW_NAME, 0);
	fd = openat(j->dirfd, CURSOR_NEW_NAME, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	r = write_all(fd, (struct bytes){ record, sizeof(record) });
	if (r < 0)
		return r;
	if (fsync(fd) < 0 || renameat(j->dirfd, CURSOR_NEW_NAME, j->dirfd, CURSOR_NAME) < 0)
		return -errno;
	(void)fsync(j->dirfd);

	closep(&j->cursor_fd);
	j->cursor_fd = TAKE_FD(fd);
	return 0;
}

/* `may_make`: also where that takes a new file, which costs too much to be tried per alert. */
static void save_cursor(struct sink_journal *j, bool may_make)
{
	char record[CURSOR_SIZE];
	struct stat st;
	int r = -EBADF;

	j->unsaved = true;
	if (j->cursor_fd >= 0 && fstat(j->cursor_fd, &st) == 0 && st.st_nlink > 0) {
		format_cursor(j, record);
		r = pwrite(j->cursor_fd, record, sizeof(record), 0) == (ssize_t)sizeof(record) ? 0 : -EIO;
	} else if (may_make) {
		r = make_cursor(j);
	} else {
		return;
	}

	if (r == 0) {
		j->unsaved = j->unsavable = false;
		return;
	}
	if (!j->unsavable)
		log_warning_errno(r, "journal: cannot write %s, a restart may send alerts twice", CURSOR_NAME);
	j->unsavable = true;
}

static int copy_id(const cJSON *object, const char *name, char ret[static ALERT_ID_LEN + 1])
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(object, name);
	struct bytes id;

	if (!cJSON_IsString(v))
		return -EINVAL;
	id = bytes_of(v->valuestring);
	if (id.len > 0 && !alert_id_valid(id))
		return -EINVAL;
	memcpy(ret, id.ptr, id.len + 1);
	return 0;
}

/* -ENOENT: there is none; -EINVAL: there is, and it says nothing. */
static int read_cursor(struct sink_journal *j, struct position *ret)
{
	_cleanup_close_ int fd = -EBADF;
	struct position p = { 0 };
	char record[CURSOR_SIZE];
	const cJSON *offset;
	struct stat st;
	cJSON *json;
	ssize_t n;
	int r;

	fd = openat(j->dirfd, CURSOR_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return errno == ENOENT ? -ENOENT : -EINVAL;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -EINVAL;
	n = pread(fd, record, sizeof(record), 0);
	if (n <= 0)
		return -EINVAL;
	json = cJSON_ParseWithLength(record, (size_t)n);
	if (!json)
		return -EINVAL;

	offset = cJSON_GetObjectItemCaseSensitive(json, "offset");
	r = copy_id(json, "file", p.file);
	if (r == 0)
		r = copy_id(json, "alert", p.alert);
	/* a double is exact to 2^53 */
	if (r == 0 && !(cJSON_IsNumber(offset) && offset->valuedouble >= 0 &&
			offset->valuedouble <= 9007199254740992.0))
		r = -EINVAL;
	if (r == 0) {
		p.offset = (uint64_t)offset->valuedouble;
		*ret = p;
	}
	cJSON_Delete(json);
	return r;
}

/* ---- reading the log --------------------------------------------------------------- */

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

/* Go on to the file that came after ours, or to the oldest where we have none or ours was rotated
 * out of existence (our descriptor keeps its inode number from being given away).
 * 1: at the beginning of it, 0: there is none. */
static int next_file(struct sink_journal *j)
{
	char name[ALERT_FILE_NAME_MAX];
	unsigned n = ALERT_FILES_MAX + 1;
	struct stat ours, st;
	int fd;

	if (j->log.fd >= 0) {
		if (fstat(j->log.fd, &ours) < 0)
			return -errno;
		for (unsigned i = 0; i <= ALERT_FILES_MAX; i++) {
			alert_file_name(i, name);
			if (fstatat(j->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && same_file(&st, &ours)) {
				n = i;
				break;
			}
		}
	}
	while (n-- > 0) {
		fd = alert_file_open(j->dirfd, n);
		if (fd == -EMFILE || fd == -ENFILE || fd == -ENOMEM)
			return fd;
		if (fd < 0)	/* a gap, or what is not ours */
			continue;
		line_reader_open(&j->log, fd, 0);
		j->at.file[0] = '\0';
		return 1;
	}
	return 0;
}

static int next_line(struct sink_journal *j, struct bytes *ret)
{
	int r;

	for (;;) {
		r = j->log.fd < 0 ? 0 : line_reader_next(&j->log, ret);
		if (r != 0)
			return r;
		r = next_file(j);
		if (r <= 0)
			return r;
	}
}

/* The line that the reader has just given has been dealt with. */
static void pass(struct sink_journal *j, const char *id)
{
	memcpy(j->at.alert, id, strlen(id) + 1);
	if (j->at.file[0] == '\0')
		memcpy(j->at.file, id, strlen(id) + 1);
	j->unsaved = true;
}

static bool below(const struct sink_journal *j, const cJSON *json)
{
	const cJSON *level = cJSON_GetObjectItemCaseSensitive(
		cJSON_GetObjectItemCaseSensitive(json, "pyhookd"), "level");
	enum level l;

	if (!cJSON_IsString(level) || level_from_string(bytes_of(level->valuestring), &l) < 0)
		return false;	/* unknown is not unimportant */
	return l < j->min;
}

/* Deal with one line of the log.  0: done with it; otherwise it is still owed. */
static int send_line(struct sink_journal *j, struct bytes line)
{
	char id[ALERT_ID_LEN + 1];
	struct held *held;
	cJSON *json;
	int r;

	r = alert_line_parse(line, id, &json);
	if (r < 0) {
		j->sink.counters.failed++;
		pass(j, "");
		return 0;
	}

	held = find_held(j, id);
	if ((held && held->sent) || below(j, json)) {
		r = 0;
	} else {
		r = send_alert(j, line, json);
		if (r == -EINVAL)	/* journald will never take it */
			r = 0;
		if (r == 0 && !held && j->lines_owed > 0)
			j->lines_owed--;
	}
	cJSON_Delete(json);
	if (r < 0)
		return r;

	if (held)
		unhold(j, held);
	pass(j, id);
	save_cursor(j, false);
	return 0;
}

/* Send what the log has behind the position.  0: the position is the log's end. */
static int catch_up(struct sink_journal *j, uint64_t deadline)
{
	struct bytes line;
	int r;

	while ((r = next_line(j, &line)) == 1) {
		j->behind = true;
		r = send_line(j, line);
		if (r < 0) {
			j->log.offset = j->log.start;
			return r;
		}
		if (clock_mono_ns() >= deadline)
			return -EAGAIN;
	}
	if (r == 0) {
		j->behind = false;
		j->lines_owed = 0;
	}
	return r;
}

/* ---- where to begin ------------------------------------------------------------------ */

/* Read on to the end of the file or behind alert `id`.  True: it was there.  Notes the first alert in
 * *ret_first and the last one in *ret_last. */
static bool read_until(struct line_reader *r, const char *id, struct position *ret)
{
	char seen[ALERT_ID_LEN + 1];
	struct bytes line;
	cJSON *json;

	*ret = (struct position){ 0 };
	while (line_reader_next(r, &line) == 1) {
		ret->alert[0] = '\0';
		if (alert_line_parse(line, seen, &json) < 0)
			continue;
		cJSON_Delete(json);
		memcpy(ret->alert, seen, sizeof(seen));
		if (ret->file[0] == '\0')
			memcpy(ret->file, seen, sizeof(seen));
		if (id && bytes_equal(bytes_of(seen), bytes_of(id)))
			return true;
	}
	return false;
}

/* The first alert in the file that is whole. */
static void first_alert(int fd, char ret[static ALERT_ID_LEN + 1])
{
	struct line_reader r = LINE_READER_INIT;
	struct bytes line;
	cJSON *json;
	int copy;

	ret[0] = '\0';
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (copy < 0)
		return;
	line_reader_open(&r, copy, 0);
	while (line_reader_next(&r, &line) == 1)
		if (alert_line_parse(line, ret, &json) == 0) {
			cJSON_Delete(json);
			break;
		}
	line_reader_close(&r);
}

/* A line of alert p->alert ends at p->offset. */
static bool alert_ends_there(int fd, const struct position *p)
{
	_cleanup_str_ struct str tail = STR_INIT;
	char id[ALERT_ID_LEN + 1];
	struct bytes line;
	ptrdiff_t nl;
	cJSON *json;
	ssize_t n;

	if (p->offset == 0)
		return p->alert[0] == '\0';
	for (uint64_t want = 64 * 1024;; want *= 2) {
		if (want > p->offset)
			want = p->offset;
		if (want > ALERT_FILE_LINE_MAX + 1)
			return p->alert[0] == '\0';
		str_clear(&tail);
		if (str_reserve(&tail, want) < 0)
			return false;
		n = pread(fd, tail.buf, want, (off_t)(p->offset - want));
		if (n < 0 || (uint64_t)n != want || tail.buf[n - 1] != '\n')
			return false;
		line = (struct bytes){ tail.buf, want - 1 };
		nl = bytes_find_last_byte(line, '\n');
		if (nl >= 0 || want == p->offset)
			break;
	}
	line = bytes_slice(line, (size_t)(nl + 1), line.len - (size_t)(nl + 1));
	if (alert_line_parse(line, id, &json) < 0)
		return p->alert[0] == '\0';
	cJSON_Delete(json);
	return p->alert[0] == '\0' || bytes_equal(bytes_of(id), bytes_of(p->alert));
}

static bool begin_by_file(struct sink_journal *j, const struct position *p)
{
	char first[ALERT_ID_LEN + 1];

	if (p->file[0] == '\0')
		return false;
	for (unsigned n = 0; n <= ALERT_FILES_MAX; n++) {
		int fd = alert_file_open(j->dirfd, n);
		struct stat st;

		if (fd < 0)
			continue;
		first_alert(fd, first);
		if (!bytes_equal(bytes_of(first), bytes_of(p->file)) || fstat(fd, &st) < 0) {
			closep(&fd);
			continue;
		}
		j->at = *p;
		if (p->offset > (uint64_t)st.st_size) {
			line_reader_open(&j->log, fd, 0);
			(void)read_until(&j->log, NULL, &j->at);
			return true;
		}
		if (alert_ends_there(fd, p)) {
			line_reader_open(&j->log, fd, p->offset);
			return true;
		}
		closep(&fd);
	}
	return false;
}

static bool begin_by_alert(struct sink_journal *j, const char *id)
{
	if (id[0] == '\0')
		return false;
	for (unsigned n = 0; n <= ALERT_FILES_MAX; n++) {
		int fd = alert_file_open(j->dirfd, n);

		if (fd < 0)
			continue;
		line_reader_open(&j->log, fd, 0);
		if (read_until(&j->log, id, &j->at))
			return true;
	}
	line_reader_close(&j->log);
	return false;
}

/* Behind the newest alert there is: the current file may be empty after a rotation. */
static void begin_at_end(struct sink_journal *j)
{
	for (unsigned n = 0; n <= ALERT_FILES_MAX; n++) {
		int fd = alert_file_open(j->dirfd, n);

		if (fd < 0)
			continue;
		line_reader_open(&j->log, fd, 0);
		(void)read_until(&j->log, NULL, &j->at);
		if (j->at.file[0] != '\0')
			return;
	}
	line_reader_close(&j->log);
}

/* How many alerts follow that are to be sent. */
static uint64_t count_owed(struct sink_journal *j)
{
	uint64_t offset = j->log.offset, lines = 0;
	struct position at = j->at;
	char id[ALERT_ID_LEN + 1];
	struct bytes line;
	int fd = -EBADF;
	cJSON *json;

	if (j->log.fd >= 0) {
		fd = fcntl(j->log.fd, F_DUPFD_CLOEXEC, 3);
		if (fd < 0)
			return 0;
	}
	while (next_line(j, &line) == 1) {
		if (alert_line_parse(line, id, &json) < 0)
			continue;
		lines += !below(j, json);
		cJSON_Delete(json);
	}
	if (fd >= 0)
		line_reader_open(&j->log, fd, offset);
	else
		line_reader_close(&j->log);
	j->at = at;
	return lines;
}

static void begin(struct sink_journal *j)
{
	struct position p;
	int r = read_cursor(j, &p);

	j->at = (struct position){ 0 };
	if (r == -ENOENT) {
		begin_at_end(j);
	} else if (r < 0) {
		log_warning("journal: %s is damaged, sending the alert log from its beginning", CURSOR_NAME);
		j->sink.counters.failed++;
	} else if (!begin_by_file(j, &p) && !begin_by_alert(j, p.alert)) {
		j->at = (struct position){ 0 };
		if (p.alert[0] != '\0')
			log_warning("journal: the alert log has been rotated or changed beyond %s, sending all of it",
				    CURSOR_NAME);
	}
	j->lines_owed = count_owed(j);
	j->behind = j->lines_owed > 0;
	j->sink.counters.owed = j->lines_owed;
	save_cursor(j, true);
}

/* ---- the sink -------------------------------------------------------------------------- */

/* The log's last line is this alert: it was not kept back by a full disk. */
static bool log_ends_with(int fd, uint64_t size, const struct alert *a)
{
	_cleanup_str_ struct str tail = STR_INIT;
	size_t len = a->json_len + 1;
	ssize_t n;

	if (size < len || str_reserve(&tail, len) < 0)
		return false;
	n = pread(fd, tail.buf, len, (off_t)(size - len));
	return n >= 0 && (size_t)n == len && tail.buf[len - 1] == '\n' &&
	       memcmp(tail.buf, a->json, len - 1) == 0;
}

enum place {
	NOT_IN_LOG,
	NEXT,		/* in the log, at the position */
	FURTHER,	/* in the log, behind others */
};

/* Where the log has this alert; goes on to a new file for it. */
static enum place find_in_log(struct sink_journal *j, const struct alert *a)
{
	_cleanup_close_ int fd = -EBADF;
	size_t len = a->json_len + 1;
	struct stat ours, st;

	fd = alert_file_open(j->dirfd, 0);
	if (fd < 0 || fstat(fd, &st) < 0 || !log_ends_with(fd, (uint64_t)st.st_size, a))
		return NOT_IN_LOG;
	if (j->behind || j->held)
		return FURTHER;

	if (j->log.fd >= 0) {
		if (fstat(j->log.fd, &ours) < 0)
			return FURTHER;
		if (same_file(&ours, &st))
			return (uint64_t)st.st_size == j->log.offset + len ? NEXT : FURTHER;
		if ((uint64_t)ours.st_size != j->log.offset)
			return FURTHER;
	}
	if ((uint64_t)st.st_size != len)
		return FURTHER;
	line_reader_open(&j->log, TAKE_FD(fd), 0);
	j->at.file[0] = '\0';
	return NEXT;
}

static uint64_t owed(struct sink_journal *j)
{
	return j->sink.counters.owed = j->lines_owed + j->held_unsent;
}

static int send_directly(struct sink_journal *j, const struct alert *a)
{
	struct bytes line = { a->json, a->json_len };
	cJSON *json = cJSON_ParseWithLength(a->json, a->json_len);
	int r;

	if (!json) {
		j->sink.counters.failed++;
		return -EINVAL;
	}
	r = send_alert(j, line, json);
	cJSON_Delete(json);
	return r;
}

static int sink_journal_write(struct sink *s, const struct alert *a)
{
	struct sink_journal *j = (struct sink_journal *)s;
	enum place place = find_in_log(j, a);
	bool wanted = a->level >= j->min;
	int r = 0;

	if (place == NEXT) {
		if (wanted)
			r = send_directly(j, a);
		if (r == 0 || r == -EINVAL) {
			j->log.offset += a->json_len + 1;
			pass(j, alert_id_valid(bytes_of(a->id)) ? a->id : "");
			if (wanted)
				save_cursor(j, false);
			return r;
		}
	} else if (place == NOT_IN_LOG && wanted) {
		if (!j->behind && j->held_unsent == 0)
			r = send_directly(j, a);
		else
			r = -EAGAIN;
		if (r != -EINVAL && hold(j, a, r == 0) < 0 && r < 0) {
			s->counters.failed++;	/* no disk, no journald, no memory */
			r = -ENOBUFS;
		}
		(void)owed(j);
		return r == 0 || r == -EINVAL || r == -ENOBUFS ? r : -EAGAIN;
	}
	if (place == NOT_IN_LOG)
		return 0;

	j->behind = true;
	if (wanted)
		j->lines_owed++;
	(void)owed(j);
	return wanted ? -EAGAIN : 0;
}

static int64_t sink_journal_flush(struct sink *s)
{
	struct sink_journal *j = (struct sink_journal *)s;
	int r = catch_up(j, clock_mono_ns() + FLUSH_NS);

	if (r == 0)
		r = send_held(j);
	if (j->unsaved)
		save_cursor(j, true);
	if (owed(j) > 0)
		return (int64_t)s->counters.owed;
	return r == 0 || r == -EAGAIN ? j->behind : r;
}

static struct sink *sink_journal_free(struct sink *s)
{
	struct sink_journal *j = (struct sink_journal *)s;

	if (!j)
		return NULL;
	if (j->unsaved && j->dirfd >= 0)
		save_cursor(j, true);
	while (j->held)
		forget_held(j, &j->held);
	line_reader_close(&j->log);
	str_release(&j->datagram);
	closep(&j->cursor_fd);
	closep(&j->socket);
	closep(&j->dirfd);
	free(j);
	return NULL;
}

static const struct sink_ops sink_journal_ops = {
	.name = "journal",
	.write = sink_journal_write,
	.flush = sink_journal_flush,
	.free = sink_journal_free,
};

int sink_journal_new(int state_dirfd, const char *socket_path, enum level min, struct sink **ret)
{
	struct sink_journal *j;
	size_t len = strlen(socket_path);
	int r = 0;

	if (len == 0 || len >= sizeof(j->address.sun_path))
		return -ENAMETOOLONG;
	j = calloc(1, sizeof(*j));
	if (!j)
		return -ENOMEM;
	j->sink.ops = &sink_journal_ops;
	j->min = min;
	j->cursor_fd = -EBADF;
	j->log = LINE_READER_INIT;
	j->held_end = &j->held;
	str_init(&j->datagram);
	j->address.sun_family = AF_UNIX;
	memcpy(j->address.sun_path, socket_path, len + 1);

	j->dirfd = openat(state_dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (j->dirfd < 0)
		r = -errno;
	j->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (j->socket < 0 && r == 0)
		r = -errno;
	if (r < 0) {
		(void)sink_journal_free(&j->sink);
		return r;
	}

	begin(j);
	*ret = &j->sink;
	return 0;
}
