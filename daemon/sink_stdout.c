/* sink_stdout.c - alerts on standard output: sentences for a person, or JSON lines for a pipe.
 *
 * A convenience beside the durable log, so it loses rather than waits: `pyhookd --output json |
 * less` with a reader who went for coffee must not hold up the log and journald, which the same
 * thread feeds.
 *
 * A pipe says writable (poll(2)) when it takes PIPE_BUF bytes at once, hence each write is at
 * most that long and cannot block; O_NONBLOCK would do too, but it belongs to the open
 * file and so would change the terminal for the shell that started us.  The first time that the
 * reader stalls we wait STALL_MS, then not at all until it reads again.  A line begun is
 * finished later, so none is ever torn; the alerts in between are counted as failed.
 *
 * A reader that is gone is EPIPE: the sinks thread has SIGPIPE blocked.
 */
#include "sink.h"

#include <linux/limits.h>
#include <poll.h>

#include "log.h"

#define STALL_MS 50

struct sink_stdout {
	struct sink sink;	/* first: a sink * is a sink_stdout * */
	int fd;			/* not ours to close */
	bool colour;
	bool stalled, gone;
	struct str line;	/* being written */
	size_t done;		/* bytes of it that are */
};

/* Write on.  0: the line is out; -EAGAIN: the reader stalls; -EPIPE. */
static int write_on(struct sink_stdout *o)
{
	while (o->done < o->line.len) {
		struct pollfd p = { .fd = o->fd, .events = POLLOUT };
		size_t len = o->line.len - o->done;
		ssize_t n;

		/* POLLERR: the write will say what it is */
		if (poll(&p, 1, o->stalled ? 0 : STALL_MS) == 0) {
			o->stalled = true;
			return -EAGAIN;
		}
		n = write(o->fd, o->line.buf + o->done, len < PIPE_BUF ? len : PIPE_BUF);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		o->done += (size_t)n;
	}
	o->stalled = false;
	str_clear(&o->line);
	o->done = 0;
	return 0;
}

static int write_line(struct sink_stdout *o)
{
	int r = write_on(o);

	if (r == 0)
		o->sink.counters.written++;
	if (r == -EPIPE || r == -EBADF) {
		o->gone = true;
		o->sink.counters.failed++;
		str_release(&o->line);
		o->done = 0;
		log_warning_errno(r, "standard output is gone, alerts go on elsewhere");
	}
	o->sink.counters.owed = o->line.len > 0;
	return r;
}

/* Room for another line: the one before is out. */
static int begin_line(struct sink_stdout *o)
{
	int r = o->gone ? -EPIPE : 0;

	if (r == 0 && o->line.len > 0)
		r = write_line(o);
	if (r < 0)
		o->sink.counters.failed++;
	return r;
}

static int end_line(struct sink_stdout *o, int r)
{
	if (r == 0)
		r = str_append_char(&o->line, '\n');
	if (r < 0) {
		o->sink.counters.failed++;
		str_clear(&o->line);
		return r;
	}
	return write_line(o);
}

static int sink_json_write(struct sink *s, const struct alert *a)
{
	struct sink_stdout *o = (struct sink_stdout *)s;
	int r = begin_line(o);

	if (r < 0)
		return r;
	return end_line(o, str_append(&o->line, a->json, a->json_len));
}

static int sink_text_write(struct sink *s, const struct alert *a)
{
	struct sink_stdout *o = (struct sink_stdout *)s;
	int r = begin_line(o);
	cJSON *json;

	if (r < 0)
		return r;
	json = cJSON_ParseWithLength(a->json, a->json_len);
	r = json ? alert_text(json, o->colour, &o->line) : -EINVAL;
	cJSON_Delete(json);
	return end_line(o, r);
}

/* Finish a line whose reader had stalled: one poll(2) a tick, without waiting. */
static int64_t sink_stdout_flush(struct sink *s)
{
	struct sink_stdout *o = (struct sink_stdout *)s;

	if (!o->gone && o->line.len > 0)
		(void)write_line(o);
	return (int64_t)s->counters.owed;
}

static struct sink *sink_stdout_free(struct sink *s)
{
	struct sink_stdout *o = (struct sink_stdout *)s;

	if (!o)
		return NULL;
	str_release(&o->line);
	free(o);
	return NULL;
}

static const struct sink_ops sink_text_ops = {
	.name = "text",
	.write = sink_text_write,
	.flush = sink_stdout_flush,
	.free = sink_stdout_free,
};

static const struct sink_ops sink_json_ops = {
	.name = "json",
	.write = sink_json_write,
	.flush = sink_stdout_flush,
	.free = sink_stdout_free,
};

static int sink_stdout_new(const struct sink_ops *ops, int fd, bool colour, struct sink **ret)
{
	struct sink_stdout *o = calloc(1, sizeof(*o));

	if (!o)
		return -ENOMEM;
	o->sink.ops = ops;
	o->fd = fd;
	o->colour = colour;
	str_init(&o->line);
	*ret = &o->sink;
	return 0;
}

/* https://no-color.org: set and not empty means none, whatever the value. */
static bool wants_colour(int fd)
{
	const char *no_color = getenv("NO_COLOR");

	return isatty(fd) && !(no_color && no_color[0] != '\0');
}

int sink_text_new(int fd, struct sink **ret)
{
	return sink_stdout_new(&sink_text_ops, fd, wants_colour(fd), ret);
}

int sink_json_new(int fd, struct sink **ret)
{
	return sink_stdout_new(&sink_json_ops, fd, false, ret);
}
