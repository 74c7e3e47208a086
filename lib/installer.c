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
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

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
};

/* ---- answers -------------------------------------------------------------- */

bool __attribute__((format(printf, 3, 4))) check_say(struct check *c, bool holds, const char *format, ...)
{
	struct bytes text;
	va_list ap;
	char line[2 * INSTALLER_QUOTE_MAX + 256];
	int n;

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

	if (c->reason_count < INSTALLER_REASONS_MAX)
		c->reasons[c->reason_count++] = text;
	else if (!holds)
		c->reasons[INSTALLER_REASONS_MAX - 1] = text;
	if (!holds && !c->refused) {
		c->refused = true;
		c->refusal = text;
	}
	return holds;
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

static void check_attribution(struct check *c, const struct attribution *writer)
{
	if (!writer->complete)
		check_say(c, false, "not all is known of the process");
	for (size_t i = 0; i < sizeof(disguises) / sizeof(disguises[0]); i++)
		if (writer->mismatch & disguises[i].bit)
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
	if (image->exe_memfd || image->exe_deleted) {
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
	/* Not known is 0, which no file is. */
	if (image->exe_ino != ret->st.st_ino || image->exe_dev != ret->st.st_dev) {
		check_say(c, false, "the executable %.*s is not the file that was executed", QUOTE(exe));
		return;
	}
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

bool check_is_set(const struct process *p, const char *name)
{
	return process_environment(p, bytes_of(name)).len > 0;
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
	}
	return false;
}

static void check_target(struct check *c)
{
	struct bytes left = c->target, part;
	const struct habitat *h = c->entry->writes;
	bool plain = is_absolute(c->target);

	while (bytes_next_component(&left, &part))
		if (bytes_equal(part, BYTES_LIT("..")) || bytes_equal(part, BYTES_LIT(".")))
			plain = false;
	if (!plain) {
		check_say(c, false, "the target %.*s is not a plain path", QUOTE(c->target));
		return;
	}
	if (!h)
		return;
	for (; h->how; h++)
		if (lives_in(c, h)) {
			check_say(c, true, "%s writes such files", c->entry->name);
			return;
		}
	check_say(c, false, "%s does not write such files", c->entry->name);
}

/* ---- a program of its own ---------------------------------------------------- */

static void check_native(struct check *c)
{
	struct bytes exe = c->process->image->exe;
	struct bytes dir = name_of(bytes_dirname(exe));
	bool known = false;

	if (!(c->entry->flags & ENTRY_ROOT)) {
		known = bytes_equal(dir, BYTES_LIT("bin")) || bytes_equal(dir, BYTES_LIT("condabin"));
		check_say(c, known, "the executable is %sin a directory for programs", known ? "" : "not ");
		return;
	}
	for (size_t i = 0; installer_system_dirs[i]; i++)
		if (bytes_equal(bytes_dirname(exe), bytes_of(installer_system_dirs[i])))
			known = true;
	for (size_t i = 0; installer_system_stores[i]; i++)
		if (bytes_has_prefix(exe, bytes_of(installer_system_stores[i])))
			known = true;
	check_say(c, known, "the executable is %swhere the distribution keeps its programs", known ? "" : "not ");
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
	struct check above = {
		.process = parent, .rootfd = c->rootfd, .target = c->target, .owner = c->owner, .region = c->region,
	};
	struct run run;

	if (!parent) {
		check_say(c, false, "its parent is not known");
		return;
	}
	above.entry = command_pick(parent, &run);
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
		check_say(c, false, "its parent is not a genuine %s: %.*s", c->entry->parent, QUOTE(above.refusal));
	else
		check_say(c, true, "its parent is a genuine %s", c->entry->parent);
}

/* All that one entry asks of one process. */
static void check_process(struct check *c, const struct run *run)
{
	struct found exe;
	struct python py;

	check_user(c);
	check_environment(c, c->entry->kind != KIND_NATIVE, run);
	check_executable(c, &exe);
	if (c->entry->kind == KIND_NATIVE) {
		check_native(c);
		return;
	}

	check_options(c, run);
	if (!exe.exists || c->error < 0 || !python_find(c, &exe, &py))
		return;
	if (c->entry->kind == KIND_SCRIPT)
		python_check_script(c, &py, run);
	if (c->entry->kind == KIND_FILE)
		python_check_file(c, run);
	if (c->entry->kind == KIND_CODE)
		python_check_wheels(c, run);
	if (c->entry->kind == KIND_MODULE || c->entry->kind == KIND_CODE)
		python_check_working_directory(c, &py, run);
	python_check_package(c, &py, run);
	if (c->entry->parent)
		check_parent(c);
}

/* Nothing is remembered yet. */
struct installer_cache {
	unsigned unused;
};

int installer_cache_new(struct installer_cache **ret)
{
	struct installer_cache *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	*ret = c;
	return 0;
}

struct installer_cache *installer_cache_free(struct installer_cache *c)
{
	free(c);
	return NULL;
}

int installer_identify(const struct installer_request *request, struct region *region, struct installer *ret)
{
	const struct attribution *writer = request->writer;
	struct check c = { .rootfd = request->rootfd, .target = request->target,
			   .owner = request->target_dir_uid, .region = region };
	struct bytes claim = BYTES_NONE;
	struct installer answer = { 0 };
	struct run run;

	c.process = writer->process;
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
	} else if (c.entry->never) {
		check_say(&c, false, "%s", c.entry->never);
	} else {
		check_attribution(&c, writer);
		check_target(&c);
		check_process(&c, &run);
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
