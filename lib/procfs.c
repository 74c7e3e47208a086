/* procfs.c - reads /proc/PID.
 *
 *	/proc/PID --(procfs_open)--> dirfd --(procfs_read)--> bytes --(procfs_parse_*)--> values
 *
 * Owns: the formats of stat, status, cgroup and environ.  Must not own: what the
 * values mean (process.c), when to read them, any memory.
 *
 * Two traps of these formats.  The name in stat is raw and may hold blanks,
 * parentheses and newlines, so its end is the *last* ')' of the text; the
 * kernel puts only numbers behind it.  In status the name is escaped
 * (fs/proc/array.c, proc_task_name()), so a line of it cannot be forged, but the
 * first of two lines with one key counts all the same.
 */
#include "procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "cleanup.h"
#include "limits.h"

int procfs_open(int procfd, pid_t pid)
{
	char name[16];
	int fd;

	if (pid <= 0)
		return -ESRCH;
	(void)snprintf(name, sizeof(name), "%d", (int)pid);
	fd = openat(procfd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	return fd;
}

int procfs_read(int dirfd, const char *name, char *buf, size_t size, size_t *ret_len,
		bool *ret_more)
{
	_cleanup_close_ int fd = -EBADF;
	size_t len = 0;
	bool more = false;

	fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -errno;

	/* A file of /proc may come in pieces of a page: read until it says that
	 * it has ended, or until what we want is full. */
	while (len < size) {
		ssize_t n = read(fd, buf + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	if (len == size && ret_more) {
		char c;

		more = read(fd, &c, 1) > 0;
	}

	*ret_len = len;
	if (ret_more)
		*ret_more = more;
	return 0;
}

int procfs_readlink(int dirfd, const char *name, char *buf, size_t size, size_t *ret_len)
{
	ssize_t n = readlinkat(dirfd, name, buf, size);

	if (n < 0)
		return -errno;
	*ret_len = (size_t)n;
	return 0;
}

static struct bytes trim_line(struct bytes b)
{
	while (b.len > 0 && (b.ptr[b.len - 1] == '\n' || b.ptr[b.len - 1] == '\0'))
		b.len--;
	return bytes_trim(b);
}

int procfs_read_number(int dirfd, const char *name, uint32_t *ret)
{
	char buf[32];
	uint64_t n;
	size_t len;
	int r;

	r = procfs_read(dirfd, name, buf, sizeof(buf), &len, NULL);
	if (r < 0)
		return r;
	if (bytes_to_u64(trim_line((struct bytes){ buf, len }), &n) < 0 || n > UINT32_MAX)
		return -EBADMSG;
	*ret = (uint32_t)n;
	return 0;
}

/* Take the next word (up to a blank, tab or newline) off *text. */
static bool next_word(struct bytes *text, struct bytes *ret)
{
	size_t start = 0, end;

	while (start < text->len && (text->ptr[start] == ' ' || text->ptr[start] == '\t' ||
				     text->ptr[start] == '\n'))
		start++;
	if (start == text->len)
		return false;
	for (end = start; end < text->len && text->ptr[end] != ' ' && text->ptr[end] != '\t' &&
			  text->ptr[end] != '\n'; end++)
		;
	*ret = bytes_slice(*text, start, end - start);
	*text = bytes_slice(*text, end, text->len - end);
	return true;
}

/* Take the next line, without its newline, off *text. */
static bool next_line(struct bytes *text, struct bytes *ret)
{
	ptrdiff_t end;

	if (text->len == 0)
		return false;
	end = bytes_find_byte(*text, '\n', 0);
	if (end < 0) {
		*ret = *text;
		*text = bytes_slice(*text, text->len, 0);
	} else {
		*ret = bytes_slice(*text, 0, (size_t)end);
		*text = bytes_slice(*text, (size_t)end + 1, text->len - (size_t)end - 1);
	}
	return true;
}

static int word_to_pid(struct bytes word, pid_t *ret)
{
	uint64_t n;

	if (bytes_to_u64(word, &n) < 0 || n > INT32_MAX)
		return -EBADMSG;
	*ret = (pid_t)n;
	return 0;
}

int procfs_parse_uptime(struct bytes text, uint64_t *ret_ns)
{
	struct bytes word, fraction;
	uint64_t seconds, hundredths = 0, ns;
	ptrdiff_t dot;

	if (!next_word(&text, &word))
		return -EBADMSG;
	dot = bytes_find_byte(word, '.', 0);
	if (dot >= 0) {
		fraction = bytes_slice(word, (size_t)dot + 1, word.len - (size_t)dot - 1);
		if (fraction.len != 2 || bytes_to_u64(fraction, &hundredths) < 0)
			return -EBADMSG;
		word.len = (size_t)dot;
	}
	if (bytes_to_u64(word, &seconds) < 0 ||
	    __builtin_mul_overflow(seconds, UINT64_C(1000000000), &ns) ||
	    __builtin_add_overflow(ns, hundredths * UINT64_C(10000000), &ns))
		return -EBADMSG;
	*ret_ns = ns;
	return 0;
}

int procfs_read_uptime(int procfd, uint64_t *ret_ns)
{
	char buf[64];
	size_t len;
	int r;

	r = procfs_read(procfd, "uptime", buf, sizeof(buf), &len, NULL);
	if (r < 0)
		return r;
	return procfs_parse_uptime((struct bytes){ buf, len }, ret_ns);
}

int procfs_read_suspended(int procfd, uint64_t mono_ns, uint64_t *ret_ns)
{
	uint64_t uptime_ns;
	int r;

	r = procfs_read_uptime(procfd, &uptime_ns);
	if (r < 0)
		return r;
	if (uptime_ns + PROCFS_START_SLACK_NS < mono_ns)
		return -EBADMSG;
	*ret_ns = uptime_ns > mono_ns ? uptime_ns - mono_ns : 0;
	return 0;
}

bool procfs_started_by(uint64_t start_ticks, uint64_t mono_ns, uint64_t suspended_ns)
{
	long hz = sysconf(_SC_CLK_TCK);
	uint64_t start_ns;

	if (hz <= 0)
		return true;
	/* start_ticks counts suspended time, CLOCK_MONOTONIC does not. */
	if (__builtin_mul_overflow(start_ticks, UINT64_C(1000000000) / (uint64_t)hz, &start_ns))
		return false;
	return start_ns <= mono_ns + suspended_ns + PROCFS_START_SLACK_NS;
}

int procfs_parse_stat(struct bytes text, struct procfs_stat *ret)
{
	struct procfs_stat s = { 0 };
	ptrdiff_t open = bytes_find_byte(text, '(', 0), close = bytes_find_last_byte(text, ')');
	struct bytes word, comm;

	if (open < 1 || close < open)
		return -EBADMSG;
	if (word_to_pid(bytes_trim(bytes_slice(text, 0, (size_t)open)), &s.pid) < 0)
		return -EBADMSG;

	comm = bytes_slice(text, (size_t)open + 1, (size_t)(close - open) - 1);
	if (comm.len > sizeof(s.comm) - 1)	/* workers of the kernel show up to 63 */
		comm.len = sizeof(s.comm) - 1;
	if (comm.len > 0)
		memcpy(s.comm, comm.ptr, comm.len);

	text = bytes_slice(text, (size_t)close + 1, text.len - (size_t)close - 1);
	for (int field = 3; field <= 22; field++) {	/* numbered as in proc(5) */
		uint64_t n;

		if (!next_word(&text, &word))
			return -EBADMSG;
		switch (field) {
		case 3:
			if (word.len != 1)
				return -EBADMSG;
			s.state = word.ptr[0];
			break;
		case 4:
			if (word_to_pid(word, &s.ppid) < 0)
				return -EBADMSG;
			break;
		case 6:
			if (word_to_pid(word, &s.sid) < 0)
				return -EBADMSG;
			break;
		case 7: {
			/* Printed as an int: a large minor number looks negative. */
			bool negative = word.len > 0 && word.ptr[0] == '-';

			if (negative)
				word = bytes_slice(word, 1, word.len - 1);
			if (bytes_to_u64(word, &n) < 0 || n > (uint64_t)INT32_MAX + negative)
				return -EBADMSG;
			s.tty = negative ? 0 - (uint32_t)n : (uint32_t)n;
			break;
		}
		case 9:
			if (bytes_to_u64(word, &n) < 0)
				return -EBADMSG;
			s.exiting = n & 0x4;	/* include/linux/sched.h */
			break;
		case 20:
			if (bytes_to_u64(word, &s.threads) < 0)
				return -EBADMSG;
			break;
		case 22:
			if (bytes_to_u64(word, &s.start_ticks) < 0)
				return -EBADMSG;
			break;
		}
	}

	*ret = s;
	return 0;
}

/* "Uid:	real	effective	saved	file system" */
static int parse_ids(struct bytes values, uint32_t *ret_real, uint32_t *ret_effective)
{
	struct bytes word;
	uint64_t real, effective;

	if (!next_word(&values, &word) || bytes_to_u64(word, &real) < 0 || real > UINT32_MAX)
		return -EBADMSG;
	if (!next_word(&values, &word) || bytes_to_u64(word, &effective) < 0 ||
	    effective > UINT32_MAX)
		return -EBADMSG;
	*ret_real = (uint32_t)real;
	*ret_effective = (uint32_t)effective;
	return 0;
}

int procfs_parse_status(struct bytes text, struct procfs_status *ret)
{
	struct procfs_status s = { 0 };
	bool have_uid = false, have_gid = false, have_tracer = false;
	struct bytes line;

	while ((!have_uid || !have_gid || !have_tracer) && next_line(&text, &line)) {
		ptrdiff_t colon = bytes_find_byte(line, ':', 0);
		struct bytes key, value;

		if (colon < 0)
			continue;
		key = bytes_slice(line, 0, (size_t)colon);
		value = bytes_slice(line, (size_t)colon + 1, line.len - (size_t)colon - 1);

		if (!have_uid && bytes_equal(key, BYTES_LIT("Uid"))) {
			if (parse_ids(value, &s.uid, &s.euid) < 0)
				return -EBADMSG;
			have_uid = true;
		} else if (!have_gid && bytes_equal(key, BYTES_LIT("Gid"))) {
			if (parse_ids(value, &s.gid, &s.egid) < 0)
				return -EBADMSG;
			have_gid = true;
		} else if (!have_tracer && bytes_equal(key, BYTES_LIT("TracerPid"))) {
			if (word_to_pid(bytes_trim(value), &s.tracer) < 0)
				return -EBADMSG;
			have_tracer = true;
		}
	}
	if (!have_uid || !have_gid)
		return -EBADMSG;

	*ret = s;
	return 0;
}

int procfs_read_stat(int dirfd, struct procfs_stat *ret)
{
	char buf[PROCFS_TEXT_MAX];
	size_t len;
	int r;

	r = procfs_read(dirfd, "stat", buf, sizeof(buf), &len, NULL);
	if (r < 0)
		return r;
	return procfs_parse_stat((struct bytes){ buf, len }, ret);
}

int procfs_read_status(int dirfd, struct procfs_status *ret)
{
	char buf[PROCFS_TEXT_MAX];
	size_t len;
	int r;

	r = procfs_read(dirfd, "status", buf, sizeof(buf), &len, NULL);
	if (r < 0)
		return r;
	return procfs_parse_status((struct bytes){ buf, len }, ret);
}

struct bytes procfs_parse_cgroup(struct bytes text)
{
	struct bytes line, unified = BYTES_NONE;

	/* "ID:CONTROLLERS:PATH" (cgroups(7)).  A controller has no ':' in its name,
	 * a path may. */
	while (next_line(&text, &line)) {
		ptrdiff_t first = bytes_find_byte(line, ':', 0), second;
		struct bytes id, controllers, path;

		if (first < 0)
			continue;
		second = bytes_find_byte(line, ':', (size_t)first + 1);
		if (second < 0)
			continue;
		id = bytes_slice(line, 0, (size_t)first);
		controllers = bytes_slice(line, (size_t)first + 1, (size_t)(second - first) - 1);
		path = bytes_slice(line, (size_t)second + 1, line.len - (size_t)second - 1);
		if (path.len == 0 || path.ptr[0] != '/')
			continue;

		if (bytes_equal(controllers, BYTES_LIT("name=systemd")))
			return path;
		if (!unified.ptr && controllers.len == 0 && bytes_equal(id, BYTES_LIT("0")))
			unified = path;
	}
	return unified;
}

bool procfs_next_text(struct bytes *list, struct bytes *ret)
{
	ptrdiff_t end;

	if (list->len == 0)
		return false;
	end = bytes_find_byte(*list, '\0', 0);
	if (end < 0) {
		*ret = *list;
		*list = bytes_slice(*list, list->len, 0);
	} else {
		*ret = bytes_slice(*list, 0, (size_t)end);
		*list = bytes_slice(*list, (size_t)end + 1, list->len - (size_t)end - 1);
	}
	return true;
}

/* What changes which code a program runs, or says on whose behalf it runs. */
static bool is_kept_variable(struct bytes name)
{
	static const struct {
		struct bytes text;
		bool prefix;
	} kept[] = {
		{ { "LD_", 3 }, true },
		{ { "PYTHON", 6 }, true },
		{ { "GCONV_PATH", 10 }, false },	/* libraries into any program: iconv(3) */
		{ { "OPENSSL_", 8 }, true },		/* openssl-env(7) */
		{ { "PIP_LOG", 7 }, true },		/* files that pip writes */
		{ { "PIP_REPORT", 10 }, false },
		{ { "PIP_TARGET", 10 }, false },	/* where pip installs to */
		{ { "PIP_PREFIX", 10 }, false },
		{ { "PIP_ROOT", 8 }, false },
		{ { "TMPDIR", 6 }, false },
		{ { "__PYVENV_LAUNCHER__", 19 }, false },
		{ { "SUDO_", 5 }, true },
		{ { "SSH_CONNECTION", 14 }, false },
		{ { "VIRTUAL_ENV", 11 }, false },
		{ { "PATH", 4 }, false },	/* which interpreter a bare "python3" was */
		{ { "HOME", 4 }, false },
	};

	for (size_t i = 0; i < ELEMENTSOF(kept); i++)
		if (kept[i].prefix ? bytes_has_prefix(name, kept[i].text)
				   : bytes_equal(name, kept[i].text))
			return true;
	return false;
}

int procfs_filter_environ(struct bytes text, struct str *out, bool *ret_complete)
{
	size_t before = out->len;
	bool complete = true;
	struct bytes one;
	int r;

	while (procfs_next_text(&text, &one)) {
		ptrdiff_t equals = bytes_find_byte(one, '=', 0);

		if (equals < 1 || !is_kept_variable(bytes_slice(one, 0, (size_t)equals)))
			continue;
		if (one.len > PROCFS_VARIABLE_MAX) {
			one.len = PROCFS_VARIABLE_MAX;
			complete = false;
		}
		if ((size_t)equals >= one.len)
			continue;	/* a name of a kilobyte */
		if (one.len + 1 > PROCFS_ENVIRON_MAX - (out->len - before)) {
			complete = false;	/* the next one may be short enough */
			continue;
		}
		r = str_reserve(out, one.len + 1);
		if (r < 0)
			return r;
		(void)str_append_bytes(out, one);
		(void)str_append_char(out, '\0');
	}

	*ret_complete = complete;
	return 0;
}

bool procfs_strip_deleted(struct bytes *path)
{
	if (!bytes_has_suffix(*path, BYTES_LIT(" (deleted)")))
		return false;
	path->len -= sizeof(" (deleted)") - 1;
	return true;
}
