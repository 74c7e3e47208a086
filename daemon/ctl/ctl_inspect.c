/* ctl_inspect.c - pyhookctl inspect: what would this file do when Python starts?
 *
 * The file is one that a person names, so it is read wherever it lies; what it names in turn is read only beside it,
 * without leaving its mount, so that nothing in it can make the answer wait or come from elsewhere.  With --as the
 * directory of FILE takes the place of the directory of PATH, and as many directories above as have the same names:
 *
 *	inspect --as /usr/lib/python3/dist-packages/pkg/__init__.py   copy/pkg/__init__.py
 *
 * finds /usr/lib/python3/dist-packages/other.py as copy/other.py.
 */
#include "ctl.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ctl_judge.h"
#include "ctl_text.h"
#include "escape.h"
#include "limits.h"
#include "mountinfo.h"
#include "record.h"

/* One FILE, and where it is taken to stand. */
struct inspected {
	const char *name;		/* as it was given */
	struct str file;		/* absolute; "-" for standard input */
	struct str path;		/* where it stands, or shall stand */
	size_t shared;			/* directories at the end of both paths that have the same names */
};

#define INSPECTED_INIT(given) ((struct inspected){ .name = (given), .file = STR_INIT, .path = STR_INIT })

static void inspected_done(struct inspected *i)
{
	str_release(&i->file);
	str_release(&i->path);
}

/* ---- names ------------------------------------------------------------------------ */

static int make_absolute(const char *name, struct str *ret)
{
	_cleanup_free_ char *cwd = name[0] == '/' ? NULL : getcwd(NULL, 0);

	if (name[0] != '/' && !cwd)
		return -errno;
	return record_path(bytes_of(cwd), bytes_of(name), ret);
}

/* By the real name of its directory, as a search would meet it, unless only the given name is one of a hook: a site
 * directory may be a link. */
static int name_itself(struct inspected *i)
{
	_cleanup_free_ char *given_dir = NULL, *dir = NULL;
	_cleanup_str_ struct str real = STR_INIT;
	struct bytes name = bytes_basename(str_bytes(&i->file));
	struct hook hook;
	int r = str_append_bytes(&i->path, str_bytes(&i->file));

	if (r < 0 || hookpath_classify(str_bytes(&i->path), &hook))
		return r;
	given_dir = strndup(i->file.buf, i->file.len - name.len);
	dir = given_dir ? realpath(given_dir, NULL) : NULL;
	if (!dir)
		return given_dir ? 0 : -ENOMEM;
	r = record_path(bytes_of(dir), name, &real);
	if (r < 0 || !hookpath_classify(str_bytes(&real), &hook))
		return r;
	str_clear(&i->path);
	return str_append_bytes(&i->path, str_bytes(&real));
}

static size_t count_shared(struct bytes a, struct bytes b)
{
	size_t count = 0;

	for (;;) {
		a = bytes_dirname(a);
		b = bytes_dirname(b);
		if (a.len < 2 || b.len < 2 || !bytes_equal(bytes_basename(a), bytes_basename(b)))
			return count;
		count++;
	}
}

static int name_inspected(struct inspected *i, const char *as)
{
	int r = make_absolute(i->name, &i->file);

	if (r >= 0)
		r = as ? make_absolute(as, &i->path) : name_itself(i);
	if (r >= 0)
		i->shared = count_shared(str_bytes(&i->file), str_bytes(&i->path));
	return r;
}

/* ---- beside it ---------------------------------------------------------------------- */

/* Below `dir`, links included, but never on another mount: there might be nobody to answer.  O_PATH. */
static int open_below(struct bytes dir, struct bytes rest)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS,
	};
	_cleanup_str_ struct str d = STR_INIT, name = STR_INIT;
	_cleanup_close_ int fd = -EBADF;
	int r;

	if (str_append_bytes(&d, dir) < 0 || str_append_bytes(&name, rest) < 0)
		return -ENOMEM;
	fd = open(d.buf, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -ENOENT;
	r = (int)syscall(SYS_openat2, fd, name.buf, &how, sizeof(how));
	return r < 0 ? -ENOENT : r;
}

static int read_beside(void *userdata, struct bytes path, size_t max, struct work *work, struct str *ret,
		       struct stat *ret_st)
{
	const struct inspected *i = userdata;
	struct bytes dir = bytes_dirname(str_bytes(&i->path)), file_dir = bytes_dirname(str_bytes(&i->file));
	_cleanup_hookfile_ struct hookfile f = HOOKFILE_INIT;
	_cleanup_close_ int fd = -EBADF;
	struct bytes rest;
	int r;

	(void)work;
	str_clear(ret);
	for (size_t up = i->shared; !mountinfo_is_below(path, dir); up--) {
		if (up == 0)
			return -ENOENT;
		dir = bytes_dirname(dir);
		file_dir = bytes_dirname(file_dir);
	}
	rest = mountinfo_rest_of(path, dir);
	if (rest.len < 2)
		return -ENOENT;
	fd = open_below(file_dir, bytes_slice(rest, 1, rest.len - 1));
	if (fd < 0)
		return fd;
	r = hookfile_read_opened(fd, &f);
	if (r < 0)
		return r;
	if (f.unread)
		return -ENOENT;
	*ret_st = f.content_st;
	return str_append_bytes(ret, bytes_slice(str_bytes(&f.content), 0, f.content.len < max ? f.content.len : max));
}

/* ---- the file --------------------------------------------------------------------------- */

static enum ctl_exit cannot_read(const struct inspected *i, const char *why)
{
	_cleanup_str_ struct str name = STR_INIT;

	if (escape_append(&name, bytes_of(i->name)) < 0)
		return ctl_fail("out of memory");
	return ctl_fail("cannot read '%s': %s", name.buf, why);
}

static int read_all(int fd, struct hookfile *f)
{
	for (;;) {
		char buf[16384];
		ssize_t n = read(fd, buf, sizeof(buf));
		size_t keep = n > 0 ? (size_t)n : 0;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		f->size += keep;
		if (keep > CONTENT_BYTES_MAX - f->content.len)
			keep = CONTENT_BYTES_MAX - f->content.len;
		if (str_append(&f->content, buf, keep) < 0)
			return -ENOMEM;
	}
}

/* What stands at the name, which may be a link. */
static int look_at(const struct inspected *i, int rootfd, struct region *region, struct hookfile *f)
{
	_cleanup_str_ struct str dir = STR_INIT, name = STR_INIT;
	_cleanup_close_ int dirfd = -EBADF;
	int r = str_append_bytes(&dir, bytes_dirname(str_bytes(&i->file)));

	if (r >= 0)
		r = str_append_bytes(&name, bytes_basename(str_bytes(&i->file)));
	if (r < 0)
		return r;
	dirfd = open(dir.buf, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dirfd >= 0)
		hookfile_look(rootfd, dirfd, name.buf, str_bytes(&i->file), region, f);
	f->unread = NULL;	/* whoever names the file is answered, wherever it lies */
	return 0;
}

/* What cannot be read is said. */
static enum ctl_exit read_inspected(const struct inspected *i, int rootfd, bool stands, struct region *region,
				    struct hookfile *f)
{
	_cleanup_close_ int fd = -EBADF;
	int r;

	if (strcmp(i->name, "-") == 0) {
		r = read_all(STDIN_FILENO, f);
		return r < 0 ? cannot_read(i, strerror(-r)) : CTL_FINE;
	}
	fd = open(i->name, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return cannot_read(i, strerror(errno));
	if (stands && look_at(i, rootfd, region, f) < 0)
		return ctl_fail("out of memory");
	r = hookfile_read_opened(fd, f);
	if (r < 0)
		return ctl_fail("out of memory");
	if (f->unread)
		return cannot_read(i, S_ISDIR(f->content_st.st_mode) ? "it is a directory" : f->unread);
	return CTL_FINE;
}

/* ---- the answer --------------------------------------------------------------------------- */

struct inspection {
	const struct ctl_call *call;
	struct ctl_judge *judge;
	int rootfd;
	bool one;			/* there is one FILE */
};

static enum ctl_exit show(const struct inspection *in, const struct ctl_judged *judged)
{
	_cleanup_str_ struct str text = STR_INIT;
	enum ctl_exit status = CTL_FINE;

	if (in->call->json)
		status = ctl_print_json(judged->object, in->one);
	else if (ctl_text_inspect(judged->object, &text) < 0)
		status = ctl_fail("out of memory");
	else
		fputs(text.buf, stdout);
	return status == CTL_FINE && ctl_judged_is_finding(judged) ? CTL_FINDINGS : status;
}

static enum ctl_exit inspect(const struct inspection *in, const char *name)
{
	_cleanup_(inspected_done) struct inspected i = INSPECTED_INIT(name);
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_hookfile_ struct hookfile file = HOOKFILE_INIT;
	struct ctl_judged judged;
	enum ctl_exit status;
	bool stands = !in->call->as;
	int r = name_inspected(&i, in->call->as);

	if (r < 0)
		return cannot_read(&i, strerror(-r));
	status = read_inspected(&i, in->rootfd, stands, &region, &file);
	if (status != CTL_FINE)
		return status;
	r = ctl_judge(in->judge, &(struct ctl_subject){ .path = str_bytes(&i.path),
							.name = stands ? BYTES_NONE : bytes_of(name),
							.rootfd = stands ? in->rootfd : -EBADF,
							.file = &file,
							.read = read_beside,
							.userdata = &i }, &judged);
	if (r < 0)
		return ctl_fail("out of memory");
	status = show(in, &judged);
	cJSON_Delete(judged.object);
	return status;
}

static enum ctl_exit inspect_all(struct inspection *in)
{
	enum ctl_exit status = CTL_FINE;

	for (int n = 0; n < in->call->argc; n++) {
		enum ctl_exit one = inspect(in, in->call->argv[n]);

		if (n + 1 < in->call->argc && !in->call->json && one != CTL_UNABLE)
			putchar('\n');
		if (one > status)
			status = one;
	}
	return status;
}

enum ctl_exit ctl_inspect(const struct ctl_call *call)
{
	_cleanup_policy_ struct policy policy = POLICY_INIT;
	_cleanup_(ctl_judge_freep) struct ctl_judge *judge = NULL;
	_cleanup_close_ int rootfd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	enum ctl_exit status;

	if (call->argc == 0)
		return ctl_fail("inspect which file? see 'pyhookctl --help'");
	if (call->as && call->argc > 1)
		return ctl_fail("--as is the place of one file: inspect one at a time, see 'pyhookctl --help'");
	for (int n = 0; n < call->argc; n++)
		if (!call->as && strcmp(call->argv[n], "-") == 0)
			return ctl_fail("standard input has no place: say with --as where it would stand");
	status = ctl_policy_load(call, &policy);
	if (status != CTL_FINE)
		return status;
	if (ctl_judge_new(&policy, &judge) < 0)
		return ctl_fail("out of memory");
	return inspect_all(&(struct inspection){ .call = call, .judge = judge, .rootfd = rootfd, .one = call->argc == 1 });
}
