/* log.c - the daemon's own words on standard error, none of which may hold it up.
 *
 * Owns the way to file descriptor 2.  Two kinds of standard error are told apart once:
 *
 *	journal   $JOURNAL_STREAM names the device and inode of fd 2 (systemd.exec(5)): a stream
 *	          socket to journald.  "<3>" in front says the priority (sd-daemon(3)).
 *	other     a terminal, a pipe, a file: the words alone.
 *
 * A message quotes file names and rules, which others chose.  The whole text is therefore escaped
 * here, after formatting, where no caller can forget it: a newline in a path
 * comes out as \n and forges no line, with no "<0>" behind it.
 *
 * A journald that hangs lets its stream fill up (about 200 KiB); then lines are dropped and
 * counted.  A line of which only a part went is ended before the next one begins.
 */
#include "log.h"

#include <linux/limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "escape.h"
#include "limits.h"
#include "str.h"

/* One standard error, one state: a log is the one thing that is global. */
static struct {
	pthread_mutex_t lock;	/* guards torn and dropped, and keeps lines whole */
	_Atomic bool journal;
	_Atomic int max_priority;	/* changed by a reload, while others log */
	bool torn;		/* the last line was cut off in its middle */
	uint64_t dropped;
} out = { .lock = PTHREAD_MUTEX_INITIALIZER, .max_priority = LOG_INFO };

/* $JOURNAL_STREAM is "DEVICE:INODE" of the stream; fd 2 may have been sent elsewhere since. */
static bool is_journal_stream(void)
{
	struct bytes text = bytes_of(getenv("JOURNAL_STREAM"));
	ptrdiff_t colon = bytes_find_byte(text, ':', 0);
	uint64_t dev, ino;
	struct stat st;

	if (colon < 0)
		return false;
	if (bytes_to_u64(bytes_slice(text, 0, (size_t)colon), &dev) < 0 ||
	    bytes_to_u64(bytes_slice(text, (size_t)colon + 1, text.len - (size_t)colon - 1), &ino) < 0)
		return false;
	return fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

void log_open(int max_priority)
{
	out.journal = is_journal_stream();
	out.max_priority = max_priority;
}

/* All of b, or as much as goes without waiting. */
static size_t write_some(struct bytes b)
{
	size_t done = 0;

	while (done < b.len) {
		struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };
		size_t len = b.len - done;
		ssize_t n;

		if (out.journal) {
			n = send(STDERR_FILENO, b.ptr + done, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		} else {
			/* writable means PIPE_BUF bytes at once, pipe(7) */
			if (poll(&p, 1, 0) <= 0)
				break;
			n = write(STDERR_FILENO, b.ptr + done, len < PIPE_BUF ? len : PIPE_BUF);
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done;
}

static void put(struct bytes line)
{
	size_t done;

	(void)pthread_mutex_lock(&out.lock);
	if (out.torn && write_some(BYTES_LIT("\n")) == 1)
		out.torn = false;
	done = out.torn ? 0 : write_some(line);
	if (done < line.len) {
		out.dropped++;
		out.torn = out.torn || done > 0;
	}
	(void)pthread_mutex_unlock(&out.lock);
}

static void drop(void)
{
	(void)pthread_mutex_lock(&out.lock);
	out.dropped++;
	(void)pthread_mutex_unlock(&out.lock);
}

static void log_va(int priority, int error, const char *format, va_list ap)
	__attribute__((format(printf, 3, 0)));

static void log_va(int priority, int error, const char *format, va_list ap)
{
	_cleanup_str_ struct str line = STR_INIT;
	char text[LOG_LINE_BYTES_MAX];
	char buf[128];
	size_t len;
	int n, r = 0;

	n = vsnprintf(text, sizeof(text), format, ap);
	if (n < 0) {
		drop();
		return;
	}
	len = (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1;

	if (out.journal)
		r = str_appendf(&line, "<%d>", priority);
	if (r == 0)
		r = escape_append(&line, (struct bytes){ text, len });
	if (r == 0 && (size_t)n > len)
		r = str_append_text(&line, "...");
	if (r == 0 && error != 0)
		/* the GNU strerror_r answers a pointer */
		r = str_appendf(&line, ": %s", strerror_r(error < 0 ? -error : error, buf, sizeof(buf)));
	if (r == 0)
		r = str_append_char(&line, '\n');

	if (r < 0)
		drop();
	else
		put(str_bytes(&line));
}

/* errno is kept: a line about one error must not replace it before the caller returns it. */
void log_line(int priority, const char *format, ...)
{
	int saved = errno;
	va_list ap;

	if (LOG_PRI(priority) > out.max_priority)
		return;
	va_start(ap, format);
	log_va(LOG_PRI(priority), 0, format, ap);
	va_end(ap);
	errno = saved;
}

void log_line_errno(int priority, int error, const char *format, ...)
{
	int saved = errno;
	va_list ap;

	if (LOG_PRI(priority) > out.max_priority)
		return;
	va_start(ap, format);
	log_va(LOG_PRI(priority), error, format, ap);
	va_end(ap);
	errno = saved;
}

uint64_t log_dropped(void)
{
	uint64_t n;

	(void)pthread_mutex_lock(&out.lock);
	n = out.dropped;
	(void)pthread_mutex_unlock(&out.lock);
	return n;
}
