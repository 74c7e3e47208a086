/* installer.c - is the writer a genuine installer?
 *
 * How it works.  The command line is taken apart the way CPython does it (which
 * options, then a script, a -m module or a -c text); that picks one entry of the
 * table of installer_table.c.  The entry is data: how the tool is run, what its launcher
 * script or its package looks like, where it writes.  Then every check of that
 * kind of entry is made, and each says in plain words what it found: an alert
 * shows why a writer was believed or not.  All have to hold.  Adding an
 * installer is an entry here and a row in tests/unit/test_installer.c.
 *
 * What is trusted.  Code counts if only root or the owner of the target's
 * directory can change it: the file, and every directory above it.  The owner
 * can plant a hook in that directory anyway, so believing his pip gives him
 * nothing that he does not have; in a directory of root's only root's code
 * counts.  A user's private group (gid equal to uid, as useradd makes it) is the
 * user; a directory with the sticky bit protects what it holds.
 *
 * What cannot be known here.  A genuine pip whose interpreter loads a hook runs
 * the hook's code; the hooks of that interpreter have their own alerts.  Whether
 * the file belongs to a package is provenance's question, what it does is
 * content's.  Files are looked at after the write, so one that was swapped in
 * between by its owner is judged as it is now; by anybody else it cannot be,
 * because then it does not count.
 *
 * References: facts of CPython are from Modules/getpath.py, Lib/site.py,
 * Python/initconfig.c, Lib/ensurepip/__init__.py and Lib/venv/__init__.py; of
 * pip from pip/_internal/build_env.py and pip/_internal/utils/setuptools_build.py.
 */
#include "installer_private.h"

#include <errno.h>
#include <linux/limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "executable.h"
#include "procfs.h"

static const struct {
	enum mismatch bit;
	const char *text;
} disguises[] = {
	{ MISMATCH_EXE, "its executable is not the one that it was started as" },
	{ MISMATCH_ARGV, "its command line was rewritten after it had started" },
	{ MISMATCH_DELETED, "its executable was deleted" },
	{ MISMATCH_MEMFD, "its executable was never a file (memfd)" },
	{ MISMATCH_LOADER, "it was started through the dynamic loader" },
	{ MISMATCH_PRELOAD, "foreign libraries are loaded into it" },
	{ MISMATCH_TRACED, "another process traces it" },
	{ MISMATCH_PID_REUSED, "another process had its number about when the file was written" },
};

/* ---- answers -------------------------------------------------------------- */

bool __attribute__((format(printf, 3, 4))) check_say(struct check *c, bool holds, const char *format, ...)
{
	struct bytes text;
	va_list ap;
	char line[2 * INSTALLER_QUOTE_MAX + 256];
	int n;

	/* What is said of a look that was not made would be false. */
	if (c->error < 0) {
		c->refused = true;
		return false;
	}

	va_start(ap, format);
	n = vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	if (n < 0)
		n = 0;
	if ((size_t)n >= sizeof(line))
		n = (int)sizeof(line) - 1;

	text = region_copy(c->region, (struct bytes){ line, (size_t)n });
	if (!text.ptr) {
		c->error = -ENOMEM;
		c->refused = true;
		return false;
	}

	/* What speaks against it stands first, in its order, and pushes out what speaks for it. */
	if (holds) {
		if (c->reason_count < INSTALLER_REASONS_MAX)
			c->reasons[c->reason_count++] = text;
		return true;
	}
	if (c->refusal_count < INSTALLER_REASONS_MAX) {
		size_t behind = c->reason_count - c->refusal_count;

		if (c->reason_count == INSTALLER_REASONS_MAX)
			behind--;
		else
			c->reason_count++;
		memmove(&c->reasons[c->refusal_count + 1], &c->reasons[c->refusal_count], behind * sizeof(c->reasons[0]));
		c->reasons[c->refusal_count++] = text;
	}
	c->refused = true;
	return false;
}

struct bytes check_join(struct check *c, struct bytes a, struct bytes b)
{
	size_t len;
	char *p;

	if (__builtin_add_overflow(a.len, b.len, &len) || __builtin_add_overflow(len, 2, &len))
		p = NULL;
	else
		p = region_alloc(c->region, len);
	if (!p) {
		c->error = -ENOMEM;
		return BYTES_NONE;
	}

	if (a.len > 0)
		memcpy(p, a.ptr, a.len);
	p[a.len] = '/';
	if (b.len > 0)
		memcpy(p + a.len + 1, b.ptr, b.len);
	return (struct bytes){ p, a.len + 1 + b.len };
}

struct bytes check_join_text(struct check *c, struct bytes a, const char *b)
{
	return check_join(c, a, bytes_of(b));
}

struct bytes check_absolute(struct check *c, struct bytes path)
{
	struct bytes cwd = c->process->image->cwd;

	if (is_absolute(path))
		return path;
	return is_absolute(cwd) ? check_join(c, cwd, path) : BYTES_NONE;
}

/* ---- checks that every kind has --------------------------------------------- */

/* dnf upgrades the Python that runs it, pacman itself: what was executed is deleted, and another file has its
 * name.  What was executed was root's alone when it was; what is there now is, too, and came later. */
static bool is_upgraded(struct check *c)
{
	const struct image *image = c->process->image;
	struct found now;

	if (!(c->entry->flags & ENTRY_SYSTEM) || image->exe_memfd || image->exe_ino == 0 || image->exe_uid != 0 ||
	    (image->exe_mode & (S_IWGRP | S_IWOTH)) || !S_ISREG(image->exe_mode))
		return false;
	if (!trust_look(c, image->exe, LOOK_ROOT | LOOK_NO_STICKY, &now) || !now.exists || now.weak.ptr)
		return false;
	return S_ISREG(now.st.st_mode) && bytes_equal(now.path, image->exe) &&
	       (now.st.st_ino != image->exe_ino || now.st.st_dev != image->exe_dev) && trust_changed_since(c, &now);
}

static void check_attribution(struct check *c, const struct attribution *writer)
{
	if (!writer->complete)
		check_say(c, false, "not all is known of the process");
	for (size_t i = 0; i < sizeof(disguises) / sizeof(disguises[0]); i++)
		if ((writer->mismatch & disguises[i].bit) && !(disguises[i].bit == MISMATCH_DELETED && c->upgraded))
			check_say(c, false, "%s", disguises[i].text);
	if (!c->refused)
		check_say(c, true, "the process is known and shows no disguise");
}

static void check_executable(struct check *c, struct found *ret)
{
	const struct image *image = c->process->image;
	struct bytes exe = image->exe;
	unsigned flags = trust_flags(c);

	*ret = (struct found){ 0 };
	if (image->exe_memfd || (image->exe_deleted && !c->upgraded)) {
		check_say(c, false, "the executable %.*s has no file", QUOTE(exe));
		return;
	}
	/* A tool of one's own in /tmp is what an attacker would have, too. */
	if (c->entry->kind == KIND_NATIVE && !(c->entry->flags & ENTRY_ROOT))
		flags |= LOOK_NO_STICKY;
	if (!trust_look(c, exe, flags, ret) || !trust_file(c, ret, "the executable", exe))
		return;
	if (!bytes_equal(ret->path, exe)) {
		check_say(c, false, "the executable %.*s is now a link", QUOTE(exe));
		return;
	}
	if (c->upgraded) {
		check_say(c, true, "the executable %.*s was root's alone, and was replaced since by another that is", QUOTE(exe));
		return;
	}
	/* Not known is 0, which no file is. */
	if (image->exe_ino != ret->st.st_ino || image->exe_dev != ret->st.st_dev) {
		check_say(c, false, "the executable %.*s is not the file that was executed", QUOTE(exe));
		return;
	}
	if (trust_changed_since(c, ret))
		check_say(c, false, "the executable %.*s was changed after it had started", QUOTE(exe));
	check_say(c, true, "the executable %.*s is regular and can be changed by %s only", QUOTE(exe),
	    trust_flags(c) & LOOK_ROOT ? "root" : "root and the owner");
}

/* Who may write there anyway?  Another user's pip is a stranger. */
static void check_user(struct check *c)
{
	const struct process *p = c->process;

	if (!p->credentials_known)
		check_say(c, false, "its user is not known");
	else if (p->euid != 0 && p->euid != c->owner)
		check_say(c, false, "it runs as user %u, the directory belongs to user %u", (unsigned)p->euid, (unsigned)c->owner);
	else
		check_say(c, true, "it runs as %s", p->euid == 0 ? "root" : "the owner of the directory");
}

/* Any of several of one name: ld.so takes the last that is not empty, getenv(3) the first. */
bool check_is_set(const struct process *p, const char *name)
{
	struct bytes list = p->image->environ, one, n = bytes_of(name);

	while (procfs_next_text(&list, &one))
		if (one.len > n.len + 1 && one.ptr[n.len] == '=' && bytes_has_prefix(one, n))
			return true;
	return false;
}

/* action:message:category:module:line; the category is imported if it has a
 * dot (Lib/warnings.py, _getcategory()). */
static bool warnings_import(struct bytes value)
{
	return bytes_find_byte(value, '.', 0) >= 0;
}

static void check_environment(struct check *c, bool python, const struct run *run)
{
	const struct process *p = c->process;
	const char *found = NULL;

	if (!p->image->environ_known) {
		check_say(c, false, "its environment is not known");
		return;
	}
	for (size_t i = 0; !found && installer_loader_variables[i]; i++)
		if (check_is_set(p, installer_loader_variables[i]))
			found = installer_loader_variables[i];
	if (python && !run->no_environment) {
		for (size_t i = 0; !found && installer_python_variables[i]; i++)
			if (check_is_set(p, installer_python_variables[i]))
				found = installer_python_variables[i];
		if (!found && warnings_import(process_environment(p, BYTES_LIT("PYTHONWARNINGS"))))
			found = "PYTHONWARNINGS";
	}

	if (found)
		check_say(c, false, "%s is in its environment and can make it run other code", found);
	else
		check_say(c, true, "no variable in its environment makes it run other code");
}

static bool directory_above_holds(struct check *c, struct bytes path, const char *name)
{
	struct bytes dir = bytes_dirname(path);

	/* One component less each time. */
	for (unsigned i = 0; dir.len > 1 && i < INSTALLER_COMPONENTS_MAX; i++, dir = bytes_dirname(dir)) {
		struct bytes marker = check_join_text(c, dir, name);
		struct found f;

		if (!marker.ptr || !trust_look(c, marker, 0, &f))
			return false;
		if (f.exists && S_ISDIR(f.st.st_mode) && !f.weak.ptr)
			return true;
	}
	return false;
}

/* Do the components of `pattern` follow each other in `path`?  A star is any one. */
static bool is_below(struct bytes path, struct bytes pattern)
{
	struct bytes from = path, skipped;

	do {
		struct bytes p = from, w = pattern, name, want;
		bool fits = true;

		while (fits && bytes_next_component(&w, &want))
			fits = bytes_next_component(&p, &name) &&
			       (bytes_equal(want, BYTES_LIT("*")) || bytes_equal(want, name));
		if (fits && p.len > 0)
			return true;
	} while (bytes_next_component(&from, &skipped));
	return false;
}

static bool lives_in(struct check *c, const struct habitat *h)
{
	struct bytes text = bytes_of(h->text);

	switch (h->how) {
	case HABITAT_CONTAINS:
		return bytes_find(c->target, text, 0) >= 0;
	case HABITAT_NAME:
		return bytes_equal(name_of(c->target), text);
	case HABITAT_BESIDE:
		return directory_above_holds(c, c->target, h->text);
	case HABITAT_SUFFIX:
		return bytes_has_suffix(c->target, text);
	case HABITAT_BELOW:
		return is_below(c->target, text);
	}
	return false;
}

static bool lives_in_one(struct check *c, const struct habitat *h)
{
	for (; h->how; h++)
		if (lives_in(c, h))
			return true;
	return false;
}

static void refuse_target(struct check *c)
{
	if (c->entry->otherwise)
		check_say(c, false, "%s", c->entry->otherwise);
	else
		check_say(c, false, "%s does not write such files", c->entry->name);
}

/* rpm --root DIR, dpkg --root=DIR: what is below is a system of its own. */
static struct bytes path_in_its_root(const struct check *c)
{
	struct bytes list = c->process->image->argv, a;

	while (procfs_next_text(&list, &a)) {
		ptrdiff_t equals = bytes_find_byte(a, '=', 0);

		if (!is_absolute(a) && equals > 0)
			a = bytes_slice(a, (size_t)equals + 1, a.len - (size_t)equals - 1);
		while (a.len > 1 && a.ptr[a.len - 1] == '/')
			a.len--;
		if (is_absolute(a) && a.len > 1 && bytes_has_prefix(c->target, a) && c->target.len > a.len &&
		    c->target.ptr[a.len] == '/')
			return bytes_slice(c->target, a.len, c->target.len - a.len);
	}
	return c->target;
}

static bool begins_with_one(struct bytes path, const char *const *list)
{
	for (size_t i = 0; list[i]; i++)
		if (bytes_has_prefix(path, bytes_of(list[i])))
			return true;
	return false;
}

static void check_system(struct check *c)
{
	/* What a package has below another root is the system's there, or somebody's files by another way. */
	static const char *const in_image[] = { "/usr/", "/etc/", "/opt/", NULL };
	struct bytes path = path_in_its_root(c);

	if (c->owner != 0)
		check_say(c, false, "%s writes the system's files, the directory belongs to user %u", c->entry->name,
			  (unsigned)c->owner);
	else if (path.ptr != c->target.ptr ? !begins_with_one(path, in_image) : begins_with_one(path, installer_homes))
		check_say(c, false, "%s writes the system's files, %.*s is none", c->entry->name, QUOTE(c->target));
}

static void check_target(struct check *c)
{
	struct bytes left = c->target, part;
	bool plain = is_absolute(c->target);

	while (bytes_next_component(&left, &part))
		if (bytes_equal(part, BYTES_LIT("..")) || bytes_equal(part, BYTES_LIT(".")))
			plain = false;
	if (!plain) {
		check_say(c, false, "the target %.*s is not a plain path", QUOTE(c->target));
		return;
	}
	if (c->request->output_is_target)
		check_say(c, false, "its output was led into the file");
	if (c->entry->flags & ENTRY_SYSTEM)
		check_system(c);
	if ((c->entry->flags & ENTRY_PATH_LINES) && c->request->target_runs)
		refuse_target(c);
	else if (c->entry->writes && !lives_in_one(c, c->entry->writes))
		refuse_target(c);
	else if (c->entry->writes)
		check_say(c, true, "%s writes such files", c->entry->name);
}

/* ---- the arguments -------------------------------------------------------------- */

static void check_verb(struct check *c, const struct run *run)
{
	const struct grammar *g = c->entry->grammar;
	struct bytes word;
	bool building;

	if (!g)
		return;
	if (!command_writes(g, c->process, run->rest, &building, &word)) {
		if (word.ptr)
			check_say(c, false, "%s installs nothing with the argument %.*s", c->entry->name, QUOTE(word));
		else
			check_say(c, false, "%s installs nothing without an argument that says so", c->entry->name);
		return;
	}
	if (building && !c->vouches && !lives_in_one(c, g->building_writes))
		check_say(c, false, "%s %.*s writes to the environments of builds only", c->entry->name, QUOTE(word));
	else
		check_say(c, true, "it was started to %.*s", QUOTE(word));
}

/* The target's file, if it is still there. */
struct target {
	struct bytes path;
	struct found found;
};

/* Is it a name of the target?  Links are followed. */
static bool names_target(struct check *c, struct bytes argument, const struct target *t)
{
	struct bytes path;
	struct found f;

	if (argument.len == 0 || argument.len >= PATH_MAX || bytes_find_byte(argument, '\n', 0) >= 0)
		return false;
	path = check_absolute(c, argument);
	if (!path.ptr)
		return bytes_equal(name_of(argument), name_of(t->path));
	if (bytes_equal(path, t->path))
		return true;
	if (!trust_look(c, path, 0, &f) || !f.exists)
		return false;
	if (bytes_equal(f.path, t->path))
		return true;
	return t->found.exists && f.st.st_ino == t->found.st.st_ino && f.st.st_dev == t->found.st.st_dev;
}

/* Through a descriptor anything can be written; what it led to is not known any more. */
static bool names_descriptor(struct bytes argument)
{
	return bytes_has_prefix(argument, BYTES_LIT("/dev/fd/")) || bytes_has_prefix(argument, BYTES_LIT("/dev/std")) ||
	       bytes_has_prefix(argument, BYTES_LIT("/proc/"));
}

/* An option's value may stand behind "=", or at once behind its letter. */
static size_t split_argument(struct bytes a, struct bytes parts[3])
{
	ptrdiff_t equals = bytes_find_byte(a, '=', 0);
	size_t n = 0;

	parts[n++] = a;
	if (equals >= 0)
		parts[n++] = bytes_slice(a, (size_t)equals + 1, a.len - (size_t)equals - 1);
	if (a.len > 2 && a.ptr[0] == '-' && a.ptr[1] != '-')
		parts[n++] = bytes_slice(a, 2, a.len - 2);
	return n;
}

static bool is_reading_option(struct bytes a)
{
	for (size_t i = 0; installer_reading_options[i]; i++)
		if (bytes_equal(bytes_of(installer_reading_options[i]), a))
			return true;
	return false;
}

/* The text behind -c. */
static bool is_code(const struct check *c, struct bytes a)
{
	struct run run;

	command_parse(c->process, &run);
	return run.how == RUN_CODE && run.what.ptr == a.ptr;
}

/* pip --log FILE, pip install --report FILE: no installer is given the name of what it installs.  So
 * that it need not be known which options of which tool write, none may name the target. */
static void check_arguments(struct check *c)
{
	struct bytes list = c->process->image->argv, a, before = BYTES_NONE, parts[3];
	struct target t = { .path = c->target };
	unsigned count = 0;

	if (c->process->image->argv_truncated && !(c->entry->flags & ENTRY_ROOT)) {
		check_say(c, false, "its command line is too long to be known whole");
		return;
	}
	if (!trust_look(c, c->target, 0, &t.found))
		return;
	for (; procfs_next_text(&list, &a) && c->error >= 0; before = a) {
		size_t n = split_argument(a, parts);

		/* venv writes its own command line into pyvenv.cfg. */
		if (bytes_find_byte(a, '\n', 0) >= 0 && (c->entry->kind == KIND_NATIVE || !is_code(c, a))) {
			check_say(c, false, "an argument of it holds a line break");
			return;
		}
		if (++count > INSTALLER_ARGUMENTS_MAX) {
			check_say(c, false, "it has too many arguments");
			return;
		}
		for (size_t i = 0; i < n; i++)
			if (names_target(c, parts[i], &t)) {
				check_say(c, false, "its argument %.*s names the file itself", QUOTE(a));
				return;
			} else if (names_descriptor(parts[i]) && !is_reading_option(before)) {
				check_say(c, false, "its argument %.*s leads to a file that is not known", QUOTE(a));
				return;
			}
	}
	for (size_t i = 0; installer_output_variables[i]; i++) {
		struct bytes value = process_environment(c->process, bytes_of(installer_output_variables[i]));

		if (names_target(c, value, &t) || names_descriptor(value))
			check_say(c, false, "%s in its environment names the file itself", installer_output_variables[i]);
	}
}

/* tox runs a toxfile.py, which is the project's, in its own process. */
static void check_local_code(struct check *c)
{
	struct bytes dir = c->process->image->cwd;

	for (unsigned i = 0; dir.len > 0 && i < INSTALLER_COMPONENTS_MAX; i++, dir = bytes_dirname(dir)) {
		for (size_t k = 0; k < ELEMENTSOF(c->entry->local) && c->entry->local[k]; k++) {
			struct bytes path = check_join_text(c, dir, c->entry->local[k]);
			struct found f;

			if (!path.ptr || !trust_look(c, path, 0, &f))
				return;
			if (f.exists) {
				check_say(c, false, "it also runs %.*s, which is no installer's", QUOTE(path));
				return;
			}
		}
		if (dir.len == 1)
			return;
	}
}

/* ---- a program of its own ---------------------------------------------------- */

static bool in_system_directory(struct bytes path)
{
	for (size_t i = 0; installer_system_dirs[i]; i++)
		if (bytes_equal(bytes_dirname(path), bytes_of(installer_system_dirs[i])))
			return true;
	for (size_t i = 0; installer_system_stores[i]; i++)
		if (bytes_has_prefix(path, bytes_of(installer_system_stores[i])))
			return true;
	return false;
}

static bool in_program_directory(struct bytes path)
{
	struct bytes dir = name_of(bytes_dirname(path));

	for (size_t i = 0; installer_program_places[i]; i++)
		if (is_below(path, bytes_of(installer_program_places[i])))
			return true;
	return bytes_equal(dir, BYTES_LIT("bin")) || bytes_equal(dir, BYTES_LIT("sbin")) ||
	       bytes_equal(dir, BYTES_LIT("condabin"));
}

bool check_holds(struct check *c, const struct found *exe, const char *const *markers, uint64_t extra,
		 const char *what)
{
	bool has = false;
	int fd, r;

	if (!memo_get(c->request->cache, MEMO_MARKER, &exe->st, extra, &has)) {
		if (!trust_afford(c, (uint64_t)exe->st.st_size / WORK_SEARCH_BYTES))
			return false;
		fd = trust_open(c, exe);
		r = fd < 0 ? fd : executable_has_marker(fd, markers, &has);
		if (fd >= 0)
			close(fd);
		if (r == -ENOMEM)
			c->error = r;
		if (r < 0 && r != -ENOEXEC)
			return check_say(c, false, "the executable %.*s cannot be read", QUOTE(exe->path));
		memo_put(c->request->cache, MEMO_MARKER, &exe->st, extra, has);
	}
	return has || check_say(c, false, "the executable is another program than %s", what);
}

/* A copy of bash that is called apk is none. */
static void check_marker(struct check *c, const struct found *exe)
{
	if (c->entry->markers[0] &&
	    check_holds(c, exe, c->entry->markers, (uint64_t)(c->entry - installer_entries), c->entry->name))
		check_say(c, true, "the executable holds what makes it %s", c->entry->name);
}

static void check_native(struct check *c, const struct found *exe)
{
	struct bytes path = c->process->image->exe;
	bool known;

	if (!(c->entry->flags & ENTRY_ROOT)) {
		known = in_program_directory(path);
		check_say(c, known, "the executable is %sin a directory for programs", known ? "" : "not ");
	} else {
		known = in_system_directory(path);
		check_say(c, known, "the executable is %swhere the distribution keeps its programs", known ? "" : "not ");
	}
	if (exe->exists && !c->refused)
		check_marker(c, exe);
}

/* A script of any interpreter, as configuration management is. */
static void check_tool(struct check *c, const struct run *run)
{
	struct bytes path;
	struct found f;

	if (run->how != RUN_SCRIPT)
		return;
	path = check_absolute(c, run->what);
	if (!path.ptr)
		check_say(c, false, "its working directory is not known, so neither is the script %.*s", QUOTE(run->what));
	else if (trust_look(c, path, trust_flags(c) | LOOK_NO_STICKY, &f) && trust_file(c, &f, "the script", path))
		check_say(c, in_program_directory(f.path) || in_system_directory(f.path),
			  "the script is %.*s", QUOTE(f.path));
}

/* ---- all of them -------------------------------------------------------------- */

static void check_options(struct check *c, const struct run *run)
{
	if (run->refused.ptr)
		check_say(c, false, "no installer is run with the option %.*s", QUOTE(run->refused));
	else
		check_say(c, true, "its interpreter has only ordinary options");
}

static void check_process(struct check *c, const struct run *run);

/* Who runs ensurepip's text?  Only ensurepip: the text alone is public. */
static void check_parent(struct check *c)
{
	const struct process *p = c->process, *parent = p->parent;
	struct check above = *c;
	struct run run;

	if (!parent) {
		check_say(c, false, "its parent is not known");
		return;
	}
	above.process = parent;
	above.entry = command_pick(parent, &run);
	above.vouches = true;
	above.refused = above.renewed = above.upgraded = false;
	above.changed = BYTES_NONE;
	above.reason_count = above.refusal_count = 0;
	/* One level is enough: no entry that vouches needs one that vouches for it. */
	if (!above.entry || above.entry->never || above.entry->parent ||
	    !bytes_equal(bytes_of(above.entry->name), bytes_of(c->entry->parent))) {
		check_say(c, false, "its parent is not %s", c->entry->parent);
		return;
	}
	/* A parent that became ensurepip after the fork has not run this. */
	if (p->start_ns != 0 && parent->image->exec_ns > p->start_ns) {
		check_say(c, false, "its parent became %s only after it had started it", c->entry->parent);
		return;
	}
	if (parent->euid != p->euid) {
		check_say(c, false, "its parent is another user's");
		return;
	}
	check_process(&above, &run);
	if (above.error < 0)
		c->error = above.error;
	else if (above.refused)
		check_say(c, false, "its parent is not a genuine %s: %.*s", c->entry->parent, QUOTE(above.reasons[0]));
	else
		check_say(c, true, "its parent is a genuine %s", c->entry->parent);
}

static void check_python(struct check *c, const struct found *exe, const struct run *run)
{
	const struct entry *e = c->entry;
	struct python py;

	check_options(c, run);
	if (!exe->exists || c->error < 0 || !python_find(c, exe, run, &py))
		return;
	switch (e->kind) {
	case KIND_SCRIPT:
		if (e->flags & ENTRY_OWN_SCRIPT)
			python_check_own_script(c, run);
		else
			python_check_script(c, &py, run);
		break;
	case KIND_FILE:
		python_check_file(c, &py, run);
		break;
	case KIND_ENSUREPIP:
		python_check_wheels(c, run);
		break;
	default:
		break;
	}
	if (run->how != RUN_SCRIPT && !(e->flags & ENTRY_ANY_CWD))
		python_check_working_directory(c, &py, run);
	if ((e->flags & ENTRY_SITES) && !c->vouches)
		python_check_place(c, &py, run);
	python_check_package(c, &py);
	/* pip can replace itself; then all of it is new. */
	if (c->changed.ptr && !c->renewed)
		check_say(c, false, "%.*s was changed after it had started", QUOTE(c->changed));
	if (!c->refused)
		python_check_inside(c, &py, run);
	if (e->parent && !c->refused)
		check_parent(c);
}

/* All that one entry asks of one process. */
static void check_process(struct check *c, const struct run *run)
{
	bool python = command_is_python(name_of(c->process->image->exe));
	struct found exe;

	check_user(c);
	check_environment(c, python, run);
	check_executable(c, &exe);
	check_verb(c, run);
	check_local_code(c);
	if (c->entry->kind == KIND_NATIVE)
		check_native(c, &exe);
	else if (c->entry->kind == KIND_TOOL)
		check_tool(c, run);
	else
		check_python(c, &exe, run);
}

/* Of our own root the table of mounts is read here, once, rather than for every name on another mount. */
static int find_mounts(struct check *c)
{
	int r;

	c->mounts = c->request->mounts;
	if (c->mounts)
		return 0;
	r = mount_table_read(c->rootfd, c->region, &c->own_mounts);
	if (r == 0)
		c->mounts = &c->own_mounts;
	return r == -ENOMEM ? r : 0;
}

/* What it is, if all that it claims is true. */
static void check_entry(struct check *c, const struct run *run)
{
	if (find_mounts(c) < 0) {
		c->error = -ENOMEM;
		return;
	}
	c->upgraded = is_upgraded(c);
	check_attribution(c, c->request->writer);
	if (!(c->entry->flags & ENTRY_MANAGED)) {
		check_target(c);
		check_arguments(c);
	}
	check_process(c, run);
	if (c->error == -EDQUOT) {
		c->error = 0;
		check_say(c, false, "there is too much in its interpreter to be looked at");
	}
}

int installer_identify(const struct installer_request *request, struct region *region, struct installer *ret)
{
	struct work work = { .left = INSTALLER_WORK_MAX };
	struct check c = { .request = request, .process = request->writer->process, .rootfd = request->rootfd,
			   .target = request->target, .owner = request->target_dir_uid, .region = region,
			   .work = &work };
	struct bytes claim = BYTES_NONE;
	struct installer answer = { 0 };
	struct run run;

	if (!c.process) {
		check_say(&c, false, "who wrote it is not known");
		goto done;
	}

	c.entry = command_pick(c.process, &run);
	if (!c.entry) {
		c.entry = command_claim(c.process, &claim);
		if (c.entry)
			check_say(&c, false, "it calls itself %.*s, but runs something else", QUOTE(claim));
		else
			check_say(&c, false, "it looks like no installer");
	} else if (c.entry->flags & ENTRY_MANAGED) {
		check_entry(&c, &run);
		answer.managed = !c.refused;
		check_say(&c, false, "%s", c.entry->never);
	} else if (c.entry->never) {
		check_say(&c, false, "%s", c.entry->never);
	} else {
		check_entry(&c, &run);
	}

done:
	if (c.error < 0)
		return c.error;
	answer.name = c.entry ? c.entry->name : NULL;
	answer.verified = c.entry && !c.refused;
	memcpy(answer.reasons, c.reasons, sizeof(answer.reasons));
	answer.reason_count = c.reason_count;
	*ret = answer;
	return 0;
}
