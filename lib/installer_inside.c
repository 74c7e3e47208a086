/* installer_inside.c - what else runs inside the interpreter of an installer?
 *
 * A genuine pip, started by a genuine Python, does what its modules say, and what
 * the hooks say that this Python runs at its start.  So the package has to be
 * what its RECORD says, and each hook that runs code has to be one that a package
 * brought, or a text that everybody knows.  Whether a RECORD is true, nothing on
 * the disk tells: an attacker who writes his own beside his hook passes here,
 * and is seen by the alert on the hook itself.
 *
 * A hook that came after the process had started was not run by it.  Of one that
 * was taken away meanwhile, or put right, only the watch knows (has_lost_hook).
 *
 * References: Lib/site.py, main(), addsitedir(), execsitecustomize();
 * setuptools/_distutils_hack; virtualenv/create/via_global_ref/_virtualenv.py;
 * setuptools/command/easy_install.py.
 */
#include "installer_private.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "pth.h"
#include "record.h"
#include "venvpatch.h"

/* ---- the package ----------------------------------------------------------------- */

/* "pip" of SITE/pip/__init__.py, and SITE. */
static bool split_package(struct bytes file, struct bytes *ret_site, struct bytes *ret_top)
{
	struct bytes dir = bytes_dirname(file);

	*ret_top = name_of(dir);
	*ret_site = bytes_dirname(dir);
	return ret_top->len > 0 && ret_site->len > 1;
}

/* pip-23.0.1.dist-info */
static bool is_dist_info(struct bytes name, struct bytes project)
{
	return bytes_has_prefix(name, project) && name.len > project.len && name.ptr[project.len] == '-' &&
	       bytes_has_suffix(name, BYTES_LIT(".dist-info"));
}

/* Memory, and too much work, end it; what cannot be looked at does not. */
static bool ends_question(struct check *c, int r)
{
	if (r != -ENOMEM && r != -EDQUOT)
		return false;
	c->error = r;
	return true;
}

/* 1: a RECORD fits; 0: there is none; -EBADMSG: one does not fit, and why was said; -ENOMEM, -EDQUOT: as check.error. */
static int compare_with_record(struct check *c, struct bytes site, struct bytes dist_info, struct bytes prefix)
{
	_cleanup_close_ int fd = -EBADF;
	struct record_verdict v;
	struct stat st;
	struct found f;
	uint64_t print;
	bool known, good;
	int r;

	if (!trust_look(c, site, 0, &f))
		return c->error;
	if (!f.exists || f.path.len < 2)
		return 0;
	fd = openat(c->rootfd, f.path.ptr + 1, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return 0;
	r = record_fingerprint(fd, dist_info, prefix, c->work, &print);
	if (ends_question(c, r) || r == -ENOENT)
		return r == -ENOENT ? 0 : r;
	known = r == 0;
	st = f.st;
	/* Other files of the directory change all the time. */
	st.st_size = 0;
	st.st_ctim = (struct timespec){ 0, 0 };
	if (known && memo_get(c->request->cache, MEMO_PACKAGE, &st, print, &good)) {
		if (good)
			return 1;
		check_say(c, false, "the package at %.*s is not what its RECORD says", QUOTE(site));
		return -EBADMSG;
	}
	r = record_verify(fd, dist_info, prefix, c->work, &v);
	if (ends_question(c, r) || r == -ENOENT)
		return r == -ENOENT ? 0 : r;
	good = r == 0 && record_verdict_good(&v);
	if (r < 0)
		check_say(c, false, "the package at %.*s cannot be compared with its RECORD", QUOTE(site));
	else if (!record_verdict_good(&v))
		check_say(c, false, "%.200s in the package is not what its RECORD says", v.first_bad);
	if (known)
		memo_put(c->request->cache, MEMO_PACKAGE, &st, print, good);
	return good ? 1 : -EBADMSG;
}

/* The file RECORD of the package, absent if there is none. */
static struct bytes record_of(struct check *c, const struct found *site, struct bytes top)
{
	struct bytes answer = BYTES_NONE;
	DIR *d = trust_open_directory(c, site);

	for (unsigned i = 0; d && !answer.ptr && c->error >= 0 && i < INSTALLER_PROGRAMS_MAX; i++) {
		struct dirent *entry = readdir(d);

		if (!entry)
			break;
		if (!is_dist_info(bytes_of(entry->d_name), top))
			continue;
		answer = region_printf(c->region, "%.*s/%s/RECORD", WHOLE(site->path), entry->d_name);
		if (!answer.ptr)
			c->error = -ENOMEM;
	}
	if (d)
		closedir(d);
	return answer;
}

/* Of a process that was asked about before: it has loaded its package, and may be replacing it now. */
static struct stat stat_of_process(const struct process *p)
{
	return (struct stat){ .st_ino = (ino_t)p->pid,
			      .st_ctim = { .tv_sec = (time_t)(p->image->exec_ns / 1000000000),
					   .tv_nsec = (long)(p->image->exec_ns % 1000000000) } };
}

void python_check_record(struct check *c, struct bytes file)
{
	struct stat process = stat_of_process(c->process);
	struct bytes site, top, prefix;
	bool recorded = false, good;
	struct found dir, f;
	int r = 0;
	DIR *d;

	/* It is much to look at; what is refused already has its reasons. */
	if (c->refused || !split_package(file, &site, &top))
		return;
	/* dpkg's own directory: what is there Debian has changed after RECORD was written.  It is root's alone. */
	if (bytes_equal(site, BYTES_LIT("/usr/lib/python3/dist-packages")) && trust_look(c, file, LOOK_ROOT, &f) &&
	    f.exists && !f.weak.ptr)
		return;
	if (c->process->image->exec_ns != 0 && memo_get(c->request->cache, MEMO_PROCESS, &process, 0, &good) && good) {
		c->renewed = true;
		return;
	}
	prefix = region_printf(c->region, "%.*s/", WHOLE(top));
	if (!prefix.ptr) {
		c->error = -ENOMEM;
		return;
	}
	if (!trust_look(c, site, 0, &dir) || !dir.exists)
		return;
	d = trust_open_directory(c, &dir);
	if (!d) {
		check_say(c, false, "%.*s cannot be searched", QUOTE(site));
		return;
	}
	/* More than one, after an upgrade that was cut short: each has to fit. */
	for (unsigned i = 0; i < INSTALLER_PROGRAMS_MAX && r >= 0; i++) {
		struct dirent *entry = readdir(d);

		if (!entry)
			break;
		if (!is_dist_info(bytes_of(entry->d_name), top))
			continue;
		r = compare_with_record(c, dir.path, bytes_of(entry->d_name), prefix);
		recorded |= r > 0;
	}
	closedir(d);
	if (r < 0)
		return;
	if (recorded) {
		struct bytes record = record_of(c, &dir, top);

		c->renewed = record.ptr && trust_look(c, record, 0, &f) && f.exists && trust_changed_since(c, &f);
		check_say(c, true, "the package is what its RECORD says");
		if (!c->changed.ptr || c->renewed)
			memo_put(c->request->cache, MEMO_PROCESS, &process, 0, true);
		return;
	}
	/* Debian's packages have none; what is root's alone needs none. */
	if ((c->entry->flags & ENTRY_RECORDED) && trust_look(c, file, LOOK_ROOT, &f) && f.weak.ptr)
		check_say(c, false, "nothing says which files the package at %.*s has", QUOTE(site));
}

/* ---- its hooks ---------------------------------------------------------------------- */

/* A line that everybody knows. */
static const char *const known_lines[] = {
	/* easy-install.pth of setuptools before 34 */
	"import sys; sys.__plen = len(sys.path)",
	"import sys; new=sys.path[sys.__plen:]; del sys.path[sys.__plen:]; p=getattr(sys,'__egginsert',0); "
	"sys.path[p:p]=new; sys.__egginsert = p+len(new)",
	NULL,
};

/* distutils-precedence.pth of setuptools since 49 (setup.py, install_with_pth), 60 with the other default. */
static const char *const distutils_lines[] = {
	"import os; var = 'SETUPTOOLS_USE_DISTUTILS'; enabled = os.environ.get(var, 'local') == 'local'; "
	"enabled and __import__('_distutils_hack').add_shim();",
	"import os; var = 'SETUPTOOLS_USE_DISTUTILS'; enabled = os.environ.get(var, 'stdlib') == 'local'; "
	"enabled and __import__('_distutils_hack').add_shim();",
	NULL,
};

bool python_is_provenanced(struct check *c, const struct found *f, struct bytes path, struct provenance *ret)
{
	_cleanup_close_ int fd = trust_open(c, f);
	int r;

	*ret = (struct provenance){ .kind = PROVENANCE_NONE };
	r = provenance_find(installer_cache_provenance(c->request->cache), c->rootfd, path, fd < 0 ? -EBADF : fd, c->work,
			    c->region, ret);
	if (r < 0)
		c->error = r;
	return r == 0 && ret->kind != PROVENANCE_NONE && ret->match;
}

struct hook_lines {
	struct check *check;
	struct bytes site;
	bool runs;		/* there is a line that runs */
	bool known;		/* all of these are known */
	unsigned paths;		/* path lines */
	struct bytes added;	/* a module that such a line brings in; absent: none */
};

/* _virtualenv.py lies beside its .pth; no package has it. */
static bool is_seed_of_environment(struct check *c, struct bytes site)
{
	struct bytes module = check_join_text(c, site, "_virtualenv.py"), text;
	char buffer[INSTALLER_SEED_MAX];
	struct found f;

	if (!module.ptr || !trust_look(c, module, trust_flags(c), &f) || !f.exists || f.weak.ptr || trust_changed_since(c, &f))
		return false;
	text = trust_read(c, &f, buffer, sizeof(buffer));
	return text.ptr && text.len < sizeof(buffer) && venvpatch_is(text);
}

static bool is_one_of(struct bytes text, const char *const *list)
{
	for (size_t i = 0; list[i]; i++)
		if (bytes_equal(text, bytes_of(list[i])))
			return true;
	return false;
}

/* Fedora and its like take RECORD out of the setuptools of the system, and rpm's database is not asked.  What the line
 * imports is then good if it is root's alone, as Debian's packages are; the .pth itself does not matter, since
 * its text is known.  Nothing else that root's package managers put there is believed for that alone: what
 * was there before the watch is known anyway, what came later had its own question. */
static bool is_distutils_of_root(struct check *c, struct bytes site)
{
	struct bytes path = check_join_text(c, site, "_distutils_hack/__init__.py");
	struct bytes lib = bytes_dirname(bytes_dirname(site));
	struct found f;

	if (!bytes_equal(lib, BYTES_LIT("/usr/lib")) && !bytes_equal(lib, BYTES_LIT("/usr/lib64")))
		return false;
	return path.ptr && trust_look(c, path, LOOK_ROOT | LOOK_NO_STICKY, &f) && f.exists && S_ISREG(f.st.st_mode) &&
	       !f.weak.ptr;
}

/* A directory that a path line adds: its hooks do not run, but a module there that a library imports if
 * there is one does.  Only what is plainly there is looked for. */
static void judge_added_directory(struct hook_lines *h, struct bytes dir)
{
	struct check *c = h->check;
	struct found f;

	if (++h->paths > INSTALLER_PATH_LINES_MAX)
		return;
	if (!is_absolute(dir))
		dir = check_join(c, h->site, dir);
	for (size_t i = 0; dir.ptr && installer_optional_modules[i] && c->error >= 0; i++)
		for (size_t k = 0; k < 2; k++) {
			struct provenance of;
			struct bytes path = k == 0 ? region_printf(c->region, "%.*s/%s.py", WHOLE(dir), installer_optional_modules[i])
						   : region_printf(c->region, "%.*s/%s/__init__.py", WHOLE(dir),
								   installer_optional_modules[i]);

			if (!path.ptr)
				c->error = -ENOMEM;
			else if (trust_look(c, path, 0, &f) && f.exists && !python_is_provenanced(c, &f, path, &of))
				h->added = path;
		}
}

static int judge_line(const struct pth_line *line, void *userdata)
{
	struct hook_lines *h = userdata;

	if (line->kind != PTH_LINE_EXEC) {
		judge_added_directory(h, line->text);
		return 0;
	}
	h->runs = true;
	if (is_one_of(line->text, known_lines))
		return 0;
	if (is_one_of(line->text, distutils_lines) && is_distutils_of_root(h->check, h->site))
		return 0;
	if (bytes_equal(line->text, BYTES_LIT("import _virtualenv")) && is_seed_of_environment(h->check, h->site))
		return 0;
	h->known = false;
	return 0;
}

static bool is_word_byte(char b)
{
	return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9') || b == '_';
}

/* The next run of letters, digits and underscores. */
static bool next_word(struct bytes *text, struct bytes *ret)
{
	size_t i = 0, start;

	while (i < text->len && !is_word_byte(text->ptr[i]))
		i++;
	start = i;
	while (i < text->len && is_word_byte(text->ptr[i]))
		i++;
	*ret = bytes_slice(*text, start, i - start);
	*text = bytes_slice(*text, i, text->len - i);
	return ret->len > 0;
}

/* distutils-precedence.pth is setuptools', but what it runs is in _distutils_hack/: each name in the text that is a
 * module beside it has to be its package's, too. */
static bool imports_are_provenanced(struct check *c, struct bytes site, struct bytes text, const struct provenance *of)
{
	struct bytes word, last = BYTES_NONE, path, prefix, dist;
	struct found f;

	if (of->kind != PROVENANCE_RECORD)
		return true;
	dist = name_of(bytes_dirname(of->database));
	for (unsigned i = 0; i < INSTALLER_WORDS_MAX && next_word(&text, &word) && c->error >= 0; i++) {
		struct provenance p;

		if (last.ptr && bytes_equal(word, last))
			continue;
		last = word;
		path = check_join(c, site, word);
		if (!path.ptr || !trust_look(c, path, 0, &f))
			return false;
		if (f.exists && S_ISDIR(f.st.st_mode)) {
			prefix = region_printf(c->region, "%.*s/", WHOLE(word));
			if (!prefix.ptr) {
				c->error = -ENOMEM;
				return false;
			}
			if (compare_with_record(c, site, dist, prefix) < 0)
				return false;
			continue;
		}
		path = region_printf(c->region, "%.*s/%.*s.py", WHOLE(site), WHOLE(word));
		if (!path.ptr) {
			c->error = -ENOMEM;
			return false;
		}
		if (!trust_look(c, path, 0, &f))
			return false;
		if (f.exists && S_ISREG(f.st.st_mode) && !python_is_provenanced(c, &f, path, &p))
			return false;
	}
	return true;
}

static bool is_pth(struct bytes name)
{
	return bytes_has_suffix(name, BYTES_LIT(".pth")) && name.ptr[0] != '.';
}

/* False: it was said why the hook counts against the process. */
static bool check_hook(struct check *c, struct bytes dir, struct bytes name, bool pth)
{
	struct bytes path = check_join(c, dir, name), text = BYTES_NONE;
	struct hook_lines lines = { .check = c, .site = dir, .known = true };
	struct provenance of;
	bool answer = false;
	struct found f;
	char *buffer;

	if (!path.ptr || !trust_look(c, path, 0, &f))
		return false;
	if (f.exists && S_ISDIR(f.st.st_mode)) {
		path = check_join_text(c, path, "__init__.py");
		if (!path.ptr || !trust_look(c, path, 0, &f))
			return false;
	}
	if (!f.exists || !S_ISREG(f.st.st_mode) || bytes_equal(path, c->target) || bytes_equal(f.path, c->target))
		return true;
	if (memo_get(c->request->cache, MEMO_HOOK, &f.st, 0, &answer) && answer)
		return true;
	/* Its birth says that it came later; the time of change would say it, too, of one that has run and then put itself
	 * right. */
	if (trust_born_since(c, &f) ||
	    (c->request->is_known_hook && c->request->is_known_hook(c->request->userdata, path, &f.st)))
		return true;

	buffer = region_alloc(c->region, INSTALLER_HOOK_MAX);
	if (!buffer) {
		c->error = -ENOMEM;
		return false;
	}
	text = trust_read(c, &f, buffer, INSTALLER_HOOK_MAX);
	if (pth && text.ptr && text.len < INSTALLER_HOOK_MAX) {
		(void)pth_parse(text, judge_line, &lines);
		if (lines.paths > INSTALLER_PATH_LINES_MAX)
			return check_say(c, false, "%.*s has more paths than can be looked at", QUOTE(path));
		if (lines.added.ptr)
			return check_say(c, false, "%.*s leads its interpreter to %.*s", QUOTE(path), QUOTE(lines.added));
		if (!lines.runs || lines.known)
			return true;
	} else if (!pth && text.ptr && text.len == 0) {
		return true;
	}
	if (!python_is_provenanced(c, &f, path, &of))
		return check_say(c, false, "its interpreter also runs %.*s, which no package accounts for", QUOTE(path));
	if (pth && !imports_are_provenanced(c, dir, text, &of))
		return check_say(c, false, "its interpreter also runs %.*s, and what that imports is not its package's",
				 QUOTE(path));
	if (!pth)
		memo_put(c->request->cache, MEMO_HOOK, &f.st, 0, true);
	return true;
}

/* A directory is a module of its name. */
static bool is_module_of(struct bytes name, const char *const *modules)
{
	struct bytes module = name;

	if (bytes_find_byte(name, '.', 0) >= 0 && !python_is_file(name, &module))
		return false;
	for (size_t i = 0; modules[i]; i++)
		if (bytes_equal(module, bytes_of(modules[i])))
			return true;
	return false;
}

/* False: one was found that counts against the process, or the directory cannot be searched. */
static bool check_directory(struct check *c, struct bytes path, bool site)
{
	static const char *const at_start[] = { "sitecustomize", "usercustomize", NULL };
	uint64_t exec_ns = c->process->image->exec_ns;
	unsigned count = 0;
	struct bytes orphan;
	struct found f;
	bool ok = true;
	DIR *d;

	if (!trust_look(c, path, 0, &f))
		return false;
	if (!f.exists || !S_ISDIR(f.st.st_mode))
		return true;
	orphan = site ? python_find_orphan(c, f.path, installer_optional_modules) : BYTES_NONE;
	if (orphan.ptr)
		return check_say(c, false, "its interpreter also ran the module of %.*s, which is gone", QUOTE(orphan));
	if (c->request->has_lost_hook && exec_ns != 0 && c->request->has_lost_hook(c->request->userdata, f.path, exec_ns))
		return check_say(c, false, "a hook in %.*s, which no package accounted for, was taken away or changed after it had "
				 "started", QUOTE(path));
	d = trust_open_directory(c, &f);
	if (!d)
		return check_say(c, false, "%.*s cannot be searched", QUOTE(path));
	while (ok && c->error >= 0 && count <= INSTALLER_PROGRAMS_MAX) {
		struct dirent *entry = readdir(d);
		struct bytes name;
		bool pth;

		if (!entry)
			break;
		count++;
		name = bytes_of(entry->d_name);
		pth = site && is_pth(name);
		if (pth || is_module_of(name, at_start) || (site && is_module_of(name, installer_optional_modules)))
			ok = check_hook(c, f.path, name, pth);
	}
	closedir(d);
	if (count > INSTALLER_PROGRAMS_MAX)
		return check_say(c, false, "%.*s is too large to be searched", QUOTE(path));
	return ok;
}

void python_check_inside(struct check *c, const struct python *py, const struct run *run)
{
	static const char *const libs[] = { "lib", "lib64" };
	bool ok = true;

	if (run->no_site)
		return;
	for (size_t i = 0; ok && i < ELEMENTSOF(libs) && c->error >= 0; i++) {
		struct bytes dir = region_printf(c->region, "%.*s/%s/%.*s", WHOLE(py->base), libs[i], WHOLE(py->lib));

		if (!dir.ptr)
			c->error = -ENOMEM;
		else
			ok = check_directory(c, dir, false);
	}
	for (size_t i = 0; ok && i < py->site_count && c->error >= 0; i++)
		ok = check_directory(c, py->sites[i], true);
	if (ok && c->error >= 0)
		check_say(c, true, "each hook of its interpreter is a package's, or was there before");
}
