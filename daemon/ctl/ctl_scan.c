/* ctl_scan.c - pyhookctl scan: every hook on disk, judged, with the package that it is of.
 *
 *	roots (ctl_roots.c) --> walk (lib/scan) --> judge (ctl_judge.c) --> a line of JSON, or a text that is kept
 *	                                                                   until all are there and can be sorted by level
 *
 * Whoever filled the disk may want the search to wait, to grow or to be led astray: files are read as the daemon reads
 * them (hookfile.h), texts are kept up to a bound, the walk has its own bounds (scan.h).
 *
 * Owns: what is printed when.  Must not own: what a hook is or does, where a search begins.
 */
#include "ctl.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "ctl_judge.h"
#include "ctl_roots.h"
#include "ctl_seen.h"
#include "ctl_text.h"
#include "limits.h"
#include "scan.h"

static volatile sig_atomic_t interrupted;

struct search {
	const struct ctl_call *call;
	struct ctl_roots roots;
	struct ctl_judge *judge;
	struct ctl_seen *seen;		/* hooks that were said, by inode and name */
	const struct ctl_root *root;	/* that is searched now */
	struct str text[LEVELS + 1];	/* of each level, the last one without a level; at most SCAN_TEXT_MAX bytes each */
	size_t in_level[LEVELS + 1], left_out[LEVELS + 1];
	size_t in_verdict[CONTENT_MALICIOUS + 1];
	size_t hooks;
	uint64_t directories, unreadable;
	uint64_t start_ns, shown_ns;
	bool show;			/* progress, on standard error */
	bool finding;
};

/* ---- progress -------------------------------------------------------------------------- */

static void show_progress(struct search *s, uint64_t directories)
{
	uint64_t now = clock_mono_ns();

	if (!s->show || now < s->shown_ns + SCAN_PROGRESS_NS)
		return;
	s->shown_ns = now;
	/* To the line's beginning, and away with what is behind: without flicker. */
	fprintf(stderr, "\r%llu directories, %zu hooks, %llu s\x1b[K",
		(unsigned long long)(s->directories + directories), s->hooks,
		(unsigned long long)((now - s->start_ns) / NSEC_PER_SEC));
	fflush(stderr);
}

static void clear_progress(const struct search *s)
{
	if (s->show)
		fputs("\r\x1b[K", stderr);
}

/* ---- one hook ---------------------------------------------------------------------------- */

static int say(struct search *s, const struct ctl_judged *judged)
{
	size_t level = judged->level == CTL_LEVEL_NONE ? LEVELS : (size_t)judged->level;
	struct str *text = &s->text[level];

	s->in_level[level]++;
	s->in_verdict[judged->verdict]++;
	s->finding |= ctl_judged_is_finding(judged);
	if (s->call->json)
		return ctl_print_json(judged->object, false) == CTL_FINE ? 0 : -ENOMEM;
	if (!s->call->all && judged->level < (int)LEVEL_MEDIUM)
		return 0;
	if (text->len > SCAN_TEXT_MAX) {
		s->left_out[level]++;
		return 0;
	}
	return ctl_text_brief(judged->object, text);
}

/* `path` as the search says it: with what leads to the root. */
static int judge(struct search *s, int dirfd, struct bytes path)
{
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_hookfile_ struct hookfile file = HOOKFILE_INIT;
	_cleanup_str_ struct str name = STR_INIT;
	struct ctl_judged judged;
	int r = str_append_bytes(&name, bytes_basename(path));

	if (r < 0)
		return r;
	hookfile_look(s->roots.fd, dirfd, name.buf, path, &region, &file);
	if (file.facts.gone)
		return 0;
	if (file.facts.known) {
		r = ctl_seen_add(s->seen, file.facts.st.st_dev, file.facts.st.st_ino, str_bytes(&name));
		if (r < 0 || (r == 0 && s->root->again))
			return r;
	}
	r = hookfile_read(s->roots.fd, dirfd, name.buf, path, &file);
	if (r < 0)
		return r;
	s->hooks++;
	r = ctl_judge(s->judge, &(struct ctl_subject){ .path = path,
						       .rootfd = s->roots.fd,
						       .file = &file,
						       .read = hookfile_read_other,
						       .userdata = &s->roots.fd }, &judged);
	if (r < 0)
		return r;
	r = say(s, &judged);
	cJSON_Delete(judged.object);
	return r;
}

static int found(int dirfd, struct bytes path, const struct hook *hook, void *userdata)
{
	(void)hook;
	return interrupted ? -EINTR : judge(userdata, dirfd, path);
}

/* ---- one root ------------------------------------------------------------------------------- */

/* Its path as it is said: that of an image's file begins below the image. */
static struct bytes said_path(const struct search *s, const struct ctl_root *root)
{
	struct bytes path = bytes_of(root->path);

	path = bytes_slice(path, s->roots.prefix, path.len - s->roots.prefix);
	return path.len > 0 ? path : BYTES_LIT("/");
}

static int search_file(struct search *s, const struct ctl_root *root)
{
	_cleanup_str_ struct str dir = STR_INIT;
	_cleanup_close_ int dirfd = -EBADF;

	if (str_append_bytes(&dir, bytes_dirname(bytes_of(root->path))) < 0)
		return -ENOMEM;
	dirfd = open(dir.buf, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0) {
		s->unreadable++;
		return 0;
	}
	return judge(s, dirfd, said_path(s, root));
}

static int walk(struct search *s, struct scan *scan)
{
	struct scan_counters c;
	int r;

	do {
		r = scan_step(scan, SCAN_SLICE, found, NULL, s);
		scan_counters(scan, &c);
		show_progress(s, c.directories);
	} while (r > 0 && !interrupted);
	s->directories += c.directories;
	s->unreadable += c.unreadable + c.too_deep;
	return r == -EINTR ? 0 : r;
}

static int search_root(struct search *s, const struct ctl_root *root)
{
	_cleanup_(scan_freep) struct scan *scan = NULL;
	int fd, r;

	s->root = root;
	if (root->is_file)
		return search_file(s, root);
	fd = open(root->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		s->unreadable++;
		return 0;
	}
	r = scan_new(fd, said_path(s, root), &scan);
	return r < 0 ? r : walk(s, scan);
}

/* ---- the answer ------------------------------------------------------------------------------ */

static void print_levels(const struct search *s)
{
	for (size_t n = LEVELS + 1; n-- > 0;) {
		size_t level = n == 0 ? LEVELS : n - 1;	/* critical first, what has no level last */

		if (s->text[level].len == 0)
			continue;
		printf("%s\n%s", level == LEVELS ? "no level" : level_to_string((enum level)level), s->text[level].buf);
		if (s->left_out[level] > 0)
			printf("  and %zu more: --json prints them all\n", s->left_out[level]);
		putchar('\n');
	}
}

static void print_summary(const struct search *s, FILE *f)
{
	const char *comma = ": ";

	fprintf(f, "%s%zu hooks", interrupted ? "interrupted: " : "", s->hooks);
	for (size_t v = CONTENT_MALICIOUS + 1; v-- > 0;)
		if (s->in_verdict[v] > 0) {
			fprintf(f, "%s%zu %s", comma, s->in_verdict[v],
				content_verdict_to_string((enum content_verdict)v));
			comma = ", ";
		}
	fprintf(f, "; %llu directories in %.1f s", (unsigned long long)s->directories,
		(double)(clock_mono_ns() - s->start_ns) / NSEC_PER_SEC);
	if (s->unreadable > 0)
		fprintf(f, "; %llu could not be read", (unsigned long long)s->unreadable);
	fputc('\n', f);
}

static enum ctl_exit search_all(struct search *s)
{
	int r = 0;

	for (size_t i = 0; i < s->roots.count && r >= 0 && !interrupted; i++)
		r = search_root(s, &s->roots.list[i]);
	clear_progress(s);
	if (r < 0)
		return ctl_fail("out of memory");
	if (!s->call->json)
		print_levels(s);
	print_summary(s, s->call->json ? stderr : stdout);
	return interrupted ? CTL_INTERRUPTED : s->finding ? CTL_FINDINGS : CTL_FINE;
}

static void interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

/* A second one ends it at once. */
static void take_interrupts(void)
{
	const struct sigaction action = { .sa_handler = interrupt, .sa_flags = (int)SA_RESETHAND };

	(void)sigaction(SIGINT, &action, NULL);
}

static void search_done(struct search *s)
{
	for (size_t i = 0; i < ELEMENTSOF(s->text); i++)
		str_release(&s->text[i]);
	ctl_roots_done(&s->roots);
	ctl_judge_free(s->judge);
	ctl_seen_free(s->seen);
}

enum ctl_exit ctl_scan(const struct ctl_call *call)
{
	_cleanup_policy_ struct policy policy = POLICY_INIT;
	_cleanup_(search_done) struct search s = { .call = call, .roots = CTL_ROOTS_INIT, .start_ns = clock_mono_ns() };
	enum ctl_exit status;

	for (size_t i = 0; i < ELEMENTSOF(s.text); i++)
		str_init(&s.text[i]);
	s.show = isatty(STDERR_FILENO) && !(call->json && isatty(STDOUT_FILENO));
	status = ctl_roots_find(call, &s.roots);
	if (status == CTL_FINE)
		status = ctl_policy_load(call, &policy);
	if (status != CTL_FINE)
		return status;
	if (ctl_judge_new(&policy, &s.judge) < 0 || ctl_seen_new(&s.seen) < 0)
		return ctl_fail("out of memory");
	if (geteuid() != 0)
		fputs("pyhookctl: not root: what only others may read is left out\n", stderr);
	take_interrupts();
	return search_all(&s);
}
