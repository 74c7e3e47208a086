/* installer_python.c - the interpreter of an installer: its packages, its script, what it imports.
 *
 * Finds out what sys.prefix and sys.path will have been, from the same files
 * that CPython asks, and looks at who can change them.
 */
#include "installer_private.h"

#include <errno.h>

#include "filedata.h"
#include "launcher.h"
#include "pth.h"

/* The link that a bare name stands for: PATH if it was kept, else the active
 * virtual environment's, else the executable itself. */
static struct bytes search_launcher(struct check *c, struct bytes name, const struct found *exe)
{
	struct bytes path = process_environment(c->process, BYTES_LIT("PATH"));
	struct bytes venv = process_environment(c->process, BYTES_LIT("VIRTUAL_ENV"));
	struct found f;

	for (unsigned i = 0; path.ptr && path.len > 0 && i < INSTALLER_PATH_DIRS_MAX; i++) {
		ptrdiff_t colon = bytes_find_byte(path, ':', 0);
		struct bytes dir = colon < 0 ? path : bytes_slice(path, 0, (size_t)colon), candidate;

		path = colon < 0 ? BYTES_NONE : bytes_slice(path, (size_t)colon + 1, path.len - (size_t)colon - 1);
		dir = check_absolute(c, dir.len ? dir : BYTES_LIT("."));
		candidate = dir.ptr ? check_join(c, dir, name) : BYTES_NONE;
		if (candidate.ptr && trust_look(c, candidate, 0, &f) && f.exists && S_ISREG(f.st.st_mode) &&
		    (f.st.st_mode & 0111))
			return candidate;
	}
	if (is_absolute(venv)) {
		struct bytes bin = check_join_text(c, venv, "bin");
		struct bytes candidate = bin.ptr ? check_join(c, bin, name) : BYTES_NONE;

		if (candidate.ptr && trust_look(c, candidate, 0, &f) && f.exists && f.st.st_ino == exe->st.st_ino &&
		    f.st.st_dev == exe->st.st_dev)
			return candidate;
	}
	return exe->path;
}

struct bytes python_config_value(struct bytes config, struct bytes name)
{
	while (config.len > 0) {
		ptrdiff_t newline = bytes_find_byte(config, '\n', 0);
		struct bytes line = newline < 0 ? config : bytes_slice(config, 0, (size_t)newline);
		ptrdiff_t equals = bytes_find_byte(line, '=', 0);

		config = newline < 0 ? BYTES_NONE
				     : bytes_slice(config, (size_t)newline + 1, config.len - (size_t)newline - 1);
		if (bytes_has_suffix(line, BYTES_LIT("\r")))
			line.len--;
		if (equals >= 0 && bytes_equal_fold(bytes_trim(bytes_slice(line, 0, (size_t)equals)), name))
			return bytes_trim(bytes_slice(line, (size_t)equals + 1, line.len - (size_t)equals - 1));
	}
	return BYTES_NONE;
}

/* python3.11 of the executable's name, or the one directory of that kind in
 * lib/: a copy in a virtual environment may be called just `python`. */
static struct bytes find_lib(struct check *c, struct bytes exe, struct bytes prefix)
{
	struct bytes name = name_of(exe), answer = BYTES_NONE, dir;
	struct found f;
	DIR *d;

	if (bytes_find_byte(name, '.', 0) >= 0) {
		/* python3.7m and python3.11d share the directory of python3.7; python3.13t has its own. */
		while (name.len > 0 && bytes_find_byte(BYTES_LIT("mud"), name.ptr[name.len - 1], 0) >= 0)
			name.len--;
		return name;
	}
	dir = check_join_text(c, prefix, "lib");
	if (!dir.ptr || !trust_look(c, dir, 0, &f) || !f.exists || !S_ISDIR(f.st.st_mode))
		return answer;
	d = trust_open_directory(c, &f);
	if (!d)
		return answer;
	for (unsigned i = 0; i < INSTALLER_ENTRIES_MAX; i++) {
		struct dirent *entry = readdir(d);
		struct bytes n;

		if (!entry)
			break;
		n = bytes_of(entry->d_name);
		if (command_is_python(n) && bytes_find_byte(n, '.', 0) >= 0) {
			answer = region_copy(c->region, n);
			if (!answer.ptr)
				c->error = -ENOMEM;
			break;
		}
	}
	closedir(d);
	return answer;
}

/* DIR is put onto the list if it is there and not on it yet (lib64 is often a link to lib). */
static bool add_site(struct check *c, struct python *py, struct bytes dir)
{
	struct found f;

	if (!dir.ptr || !trust_look(c, dir, 0, &f))
		return false;
	if (!f.exists || !S_ISDIR(f.st.st_mode) || py->site_count == INSTALLER_SITES_MAX)
		return true;
	/* Of a directory these are the links that lead to it. */
	if (trust_after_exec(c, &f.changed))
		return check_say(c, false, "what leads to %.*s was changed after it had started", QUOTE(dir));
	for (size_t i = 0; i < py->site_count; i++)
		if (bytes_equal(py->sites[i], f.path))
			return true;
	py->sites[py->site_count++] = f.path;
	return true;
}

/* DIR/LIB/VERSION/SUB */
static struct bytes site_path(struct check *c, struct bytes dir, const char *lib, struct bytes version, const char *sub)
{
	struct bytes path = check_join_text(c, dir, lib);

	if (path.ptr)
		path = check_join(c, path, version);
	return path.ptr ? check_join_text(c, path, sub) : path;
}

/* Without HOME Python asks for the one of the user (os.path.expanduser()); root's is the same everywhere. */
static struct bytes home_of(const struct process *p)
{
	struct bytes home = process_environment(p, BYTES_LIT("HOME"));

	return !home.ptr && p->uid == 0 ? BYTES_LIT("/root") : home;
}

/* In the order of sys.path (Lib/site.py, main(); Debian's dist-packages from its patch
 * distutils-install-layout). */
static bool find_sites(struct check *c, const struct run *run, struct python *py)
{
	static const char *const libs[] = { "lib", "lib64" };
	const struct bytes local = BYTES_LIT("/usr/local"), python3 = BYTES_LIT("python3");
	struct bytes home = home_of(c->process);
	bool ok = true, debian = bytes_equal(py->base, BYTES_LIT("/usr"));

	if (run->no_site)
		return true;
	for (size_t i = 0; i < ELEMENTSOF(libs) && py->venv; i++)
		ok &= add_site(c, py, site_path(c, py->prefix, libs[i], py->lib, "site-packages"));
	if (py->venv && !py->system_site)
		return ok;

	if (!run->no_user_site && (run->no_environment || !check_is_set(c->process, "PYTHONNOUSERSITE"))) {
		if (!is_absolute(home))
			return check_say(c, false, "its home directory is not known, nor what Python loads from there");
		home = check_join_text(c, home, ".local");
		ok &= home.ptr && add_site(c, py, site_path(c, home, "lib", py->lib, "site-packages"));
	}
	for (size_t i = 0; i < ELEMENTSOF(libs) && debian; i++)
		ok &= add_site(c, py, site_path(c, local, libs[i], py->lib, "dist-packages")) &&
		      add_site(c, py, site_path(c, local, libs[i], py->lib, "site-packages"));
	for (size_t i = 0; i < ELEMENTSOF(libs); i++)
		ok &= add_site(c, py, site_path(c, py->base, libs[i], python3, "dist-packages")) &&
		      add_site(c, py, site_path(c, py->base, libs[i], py->lib, "dist-packages")) &&
		      add_site(c, py, site_path(c, py->base, libs[i], py->lib, "site-packages"));
	return ok;
}

/* Are they one file, or the one a copy of the other, as `venv --copies` makes it? */
static bool is_same_program(struct check *c, const struct python *py, const struct found *a, const struct found *b)
{
	_cleanup_close_ int first = -EBADF, second = -EBADF;
	char one[4096], other[sizeof(one)];
	bool same = true;
	uint64_t extra = (uint64_t)b->st.st_ino ^ ((uint64_t)b->st.st_ctim.tv_sec << 32) ^ (uint64_t)b->st.st_ctim.tv_nsec;

	if (a->st.st_ino == b->st.st_ino && a->st.st_dev == b->st.st_dev)
		return true;
	/* Only an environment has a copy. */
	if (!bytes_equal(bytes_dirname(bytes_dirname(a->path)), py->prefix))
		return false;
	if (!S_ISREG(b->st.st_mode) || a->st.st_size != b->st.st_size || a->st.st_size > EXECUTABLE_BYTES_MAX)
		return false;
	if (memo_get(c->request->cache, MEMO_COPY, &a->st, extra, &same))
		return same;
	first = trust_open(c, a);
	second = trust_open(c, b);
	if (first < 0 || second < 0)
		return false;
	for (off_t at = 0; same && at < a->st.st_size; at += (off_t)sizeof(one)) {
		ssize_t n = filedata_read_at(first, one, sizeof(one), at);

		same = n > 0 && filedata_read_at(second, other, sizeof(other), at) == n && memcmp(one, other, (size_t)n) == 0;
	}
	memo_put(c->request->cache, MEMO_COPY, &a->st, extra, same);
	return same;
}

/* home = of pyvenv.cfg leads to the standard library: it has to be where the executable is, or
 * where the one is that it is a copy of. */
static bool check_home(struct check *c, struct python *py, struct bytes home, const struct found *exe)
{
	const struct bytes names[] = { name_of(exe->path), py->lib, BYTES_LIT("python3"), BYTES_LIT("python") };
	struct found f, base, os;
	struct bytes real, landmark;

	if (!py->venv || !is_absolute(home))
		return true;
	for (size_t i = 0; i < ELEMENTSOF(names); i++) {
		struct bytes path = check_join(c, home, names[i]);

		if (!path.ptr || !trust_look(c, path, trust_flags(c), &f) || !f.exists || !is_same_program(c, py, exe, &f))
			continue;
		if (f.weak.ptr)
			return check_say(c, false, "%.*s can be changed by others: %.*s %s", QUOTE(path), QUOTE(f.weak), f.why);
		/* A link in a directory of one's own, with a library beside it, is not where the executable is. */
		real = bytes_dirname(bytes_dirname(f.path));
		if (!trust_look(c, py->base, 0, &base) || (base.exists && bytes_equal(base.path, real)))
			return true;
		landmark = region_printf(c->region, "%.*s/lib/%.*s/os.py", WHOLE(py->base), WHOLE(py->lib));
		if (!landmark.ptr) {
			c->error = -ENOMEM;
			return false;
		}
		if (!trust_look(c, landmark, 0, &os) || os.exists)
			break;
		py->base = real;
		return true;
	}
	return check_say(c, false, "the home %.*s of its environment is not its executable's", QUOTE(home));
}

/* What replaces sys.path, or stands before the standard library on it. */
static bool check_path_files(struct check *c, const struct python *py, const struct found *exe)
{
	const struct bytes dirs[] = { bytes_dirname(exe->path), bytes_dirname(py->launcher) };
	struct bytes version, zip;
	struct found f;
	char *digits;
	size_t n = 0;

	for (size_t i = 0; i < ELEMENTSOF(dirs); i++)
		for (size_t k = 0; installer_path_files[k]; k++) {
			struct bytes path = check_join_text(c, dirs[i], installer_path_files[k]);

			if (path.ptr && trust_look(c, path, 0, &f) && f.exists)
				return check_say(c, false, "%.*s leads its interpreter elsewhere", QUOTE(path));
		}

	/* lib/python311.zip, before lib/python3.11 */
	version = py->lib;
	digits = region_alloc(c->region, version.len + 1);
	for (size_t i = 0; digits && i < version.len; i++)
		if (version.ptr[i] != '.')
			digits[n++] = version.ptr[i];
	zip = digits ? region_printf(c->region, "%.*s/lib/%s.zip", WHOLE(py->base), digits) : BYTES_NONE;
	if (!zip.ptr) {
		c->error = -ENOMEM;
		return false;
	}
	if (trust_look(c, zip, 0, &f) && f.exists)
		return check_say(c, false, "%.*s stands before the standard library", QUOTE(zip));
	return true;
}

bool python_find(struct check *c, const struct found *exe, const struct run *run, struct python *ret)
{
	struct bytes name = process_argument(c->process, 0), config_path, home;
	struct python py = { 0 };
	struct found f;
	char buffer[INSTALLER_CONFIG_MAX];
	struct bytes config;

	home = BYTES_NONE;
	/* exec -a pip python3: the kernel does not care, a genuine launcher does. */
	if (!command_is_python(name_of(name)))
		return check_say(c, false, "it calls itself %.*s, but that is not its executable", QUOTE(name));
	py.launcher = bytes_find_byte(name, '/', 0) >= 0 ? check_absolute(c, name) : search_launcher(c, name, exe);
	if (!py.launcher.ptr)
		return check_say(c, false, "its working directory is not known, so neither is %.*s", QUOTE(name));
	if (!trust_look(c, py.launcher, trust_flags(c), &f))
		return false;
	if (!f.exists || f.st.st_ino != exe->st.st_ino || f.st.st_dev != exe->st.st_dev)
		return check_say(c, false, "it calls itself %.*s, but that is not its executable", QUOTE(name));
	if (f.weak.ptr)
		return check_say(c, false, "%.*s can be changed by others: %.*s %s", QUOTE(py.launcher), QUOTE(f.weak), f.why);

	/* An upgrade of Python by its own package manager makes the link anew. */
	if (!c->upgraded && trust_changed_since(c, &f))
		return check_say(c, false, "%.*s was changed after it had started", QUOTE(py.launcher));

	/* The bin directory without links, as the link inside it has to stay. */
	if (!trust_look(c, bytes_dirname(py.launcher), trust_flags(c), &f) || !f.exists)
		return false;
	if (trust_after_exec(c, &f.changed))
		return check_say(c, false, "what leads to %.*s was changed after it had started", QUOTE(py.launcher));
	py.prefix = bytes_dirname(f.path);
	py.base = bytes_dirname(bytes_dirname(exe->path));
	config_path = check_join_text(c, py.prefix, "pyvenv.cfg");
	if (!config_path.ptr || !trust_look(c, config_path, trust_flags(c), &f))
		return false;
	if (f.exists) {
		py.venv = true;
		if (!trust_file(c, &f, "the configuration", config_path))
			return false;
		if (trust_changed_since(c, &f))
			return check_say(c, false, "%.*s was changed after it had started", QUOTE(config_path));
		config = trust_read(c, &f, buffer, sizeof(buffer));
		if (!config.ptr || config.len == sizeof(buffer))
			return check_say(c, false, "%.*s cannot be read", QUOTE(config_path));
		home = python_config_value(config, BYTES_LIT("home"));
		py.system_site = bytes_equal_fold(python_config_value(config, BYTES_LIT("include-system-site-packages")),
						  BYTES_LIT("true"));
		if (is_absolute(home)) {
			py.base = region_copy(c->region, bytes_dirname(home));
			if (!py.base.ptr) {
				c->error = -ENOMEM;
				return false;
			}
		}
	} else {
		py.prefix = py.base;
	}
	py.lib = find_lib(c, exe->path, py.prefix);
	if (!py.lib.ptr)
		return check_say(c, false, "which version of Python it is cannot be told");
	if (!check_holds(c, exe, installer_python_markers, UINT64_MAX, "Python") || !check_home(c, &py, home, exe) ||
	    !check_path_files(c, &py, exe) || !find_sites(c, run, &py))
		return false;

	*ret = py;
	return true;
}

static bool look_in(struct check *c, struct bytes dir, const char *file, struct found *ret)
{
	struct bytes path = check_join_text(c, dir, file);

	return path.ptr && trust_look(c, path, trust_flags(c), ret) && ret->exists;
}

/* LIB of the base: where the standard library is. */
static bool look_in_library(struct check *c, const struct python *py, const char *file, struct found *ret)
{
	static const char *const libs[] = { "lib", "lib64" };

	for (size_t i = 0; i < ELEMENTSOF(libs); i++) {
		struct bytes path = site_path(c, py->base, libs[i], py->lib, file);

		if (path.ptr && trust_look(c, path, trust_flags(c), ret) && ret->exists)
			return true;
	}
	return false;
}

struct linked {
	struct check *check;
	struct bytes site;		/* where the .pth is */
	const char *file;
	struct found found;
	unsigned lines;
};

/* A path line of a .pth; -EEXIST ends the search: found. */
static int look_behind_line(const struct pth_line *line, void *userdata)
{
	struct linked *l = userdata;
	struct bytes dir = line->text;
	struct found f;

	if (line->kind != PTH_LINE_PATH)
		return 0;
	if (++l->lines > INSTALLER_PATH_LINES_MAX)
		return -E2BIG;
	if (!is_absolute(dir))
		dir = check_join(l->check, l->site, dir);
	if (!dir.ptr || !look_in(l->check, dir, l->file, &f))
		return 0;
	l->found = f;
	return -EEXIST;
}

static bool is_pth(struct bytes name)
{
	return bytes_has_suffix(name, BYTES_LIT(".pth")) && name.ptr[0] != '.';
}

/* pipx keeps one pip for all its environments, and leads to it with a line of pipx_shared.pth.  The first in the
 * order of names is not asked for: any that leads to a pip which others can change is refused. */
static bool find_linked(struct check *c, struct bytes site, struct found *ret)
{
	struct linked l = { .check = c, .site = site, .file = c->entry->package };
	bool found = false, whole = true;
	struct found dir, f;
	unsigned count = 0;
	char *buffer;
	DIR *d;

	if (!trust_look(c, site, 0, &dir) || !dir.exists)
		return false;
	buffer = region_alloc(c->region, INSTALLER_HOOK_MAX);
	if (!buffer) {
		c->error = -ENOMEM;
		return false;
	}
	d = trust_open_directory(c, &dir);
	if (!d)
		return false;
	while (whole && !(found && l.found.weak.ptr) && c->error >= 0) {
		struct dirent *entry = readdir(d);
		struct bytes text;
		int r;

		if (!entry)
			break;
		whole = ++count <= INSTALLER_PROGRAMS_MAX;
		if (!is_pth(bytes_of(entry->d_name)) || !look_in(c, site, entry->d_name, &f))
			continue;
		text = trust_read(c, &f, buffer, INSTALLER_HOOK_MAX);
		r = text.len < INSTALLER_HOOK_MAX ? pth_parse(text, look_behind_line, &l) : -E2BIG;
		found |= r == -EEXIST;
		whole &= r != -E2BIG;
	}
	closedir(d);
	/* The package that is imported may be behind one of those. */
	if (!whole)
		check_say(c, false, "%.*s has more paths than can be looked at", QUOTE(site));
	if (found)
		*ret = l.found;
	return found;
}

/* The first in the order of sys.path is what would be imported. */
static bool find_package(struct check *c, const struct python *py, struct found *ret)
{
	if (c->entry->flags & ENTRY_STDLIB)
		return look_in_library(c, py, c->entry->package, ret);
	for (size_t i = 0; i < py->site_count; i++)
		if (look_in(c, py->sites[i], c->entry->package, ret) ||
		    ((c->entry->flags & ENTRY_LINKED) && find_linked(c, py->sites[i], ret)))
			return true;
	return false;
}

void python_check_package(struct check *c, const struct python *py)
{
	struct found f;

	if (!c->entry->package)
		return;
	if (!find_package(c, py, &f)) {
		check_say(c, false, "%s is not among the packages of its interpreter", c->entry->package);
		return;
	}
	if (!trust_file(c, &f, "the package", f.path))
		return;
	check_say(c, true, "it runs the package at %.*s", QUOTE(f.path));
	if (trust_changed_since(c, &f))
		c->changed = f.path;
	/* A setup.py is not what setuptools is. */
	if (!(c->entry->flags & (ENTRY_STDLIB | ENTRY_PATH_LINES)))
		python_check_record(c, f.path);
}

static bool is_bin_directory(struct check *c, const struct python *py, struct bytes dir)
{
	const struct bytes system[] = { BYTES_LIT("/usr/bin"), BYTES_LIT("/usr/local/bin"), BYTES_LIT("/bin") };
	struct bytes home = process_environment(c->process, BYTES_LIT("HOME")), own;
	struct found f;

	for (size_t i = 0; i < sizeof(system) / sizeof(system[0]); i++)
		if (bytes_equal(dir, system[i]))
			return true;
	/* The one beside pyvenv.cfg; a link to python in any directory is no environment. */
	own = check_join_text(c, py->prefix, "bin");
	if (own.ptr && bytes_equal(dir, own))
		return true;
	if (!is_absolute(home))
		return false;
	own = check_join_text(c, home, ".local/bin");
	return own.ptr && trust_look(c, own, 0, &f) && f.exists && bytes_equal(dir, f.path);
}

static void check_beside(struct check *c, const struct python *py, const struct run *run, struct bytes dir);

void python_check_script(struct check *c, const struct python *py, const struct run *run)
{
	struct bytes path = check_absolute(c, run->what), text, interpreter;
	char buffer[INSTALLER_SCRIPT_MAX + 1];
	struct found f;

	if (!path.ptr) {
		check_say(c, false, "its working directory is not known, so neither is the script %.*s", QUOTE(run->what));
		return;
	}
	if (!trust_look(c, path, trust_flags(c), &f) || !trust_file(c, &f, "the script", path))
		return;
	if (!is_bin_directory(c, py, bytes_dirname(f.path))) {
		check_say(c, false, "the script %.*s is not where the programs of its interpreter are", QUOTE(f.path));
		return;
	}
	text = trust_read(c, &f, buffer, sizeof(buffer));
	if (!text.ptr) {
		check_say(c, false, "the script %.*s cannot be read", QUOTE(f.path));
		return;
	}
	if (text.len > INSTALLER_SCRIPT_MAX) {
		check_say(c, false, "the script %.*s is too large for a launcher", QUOTE(f.path));
		return;
	}
	/* Where RECORD has to vouch, it does not vouch for what an entry point leads to. */
	if (!launcher_is(text, c->entry->texts, !(c->entry->flags & ENTRY_RECORDED), &interpreter)) {
		check_say(c, false, "the script %.*s is not the launcher of %s", QUOTE(f.path), c->entry->name);
		return;
	}
	check_say(c, true, "the script %.*s is the launcher of %s", QUOTE(f.path), c->entry->name);
	if (trust_changed_since(c, &f))
		c->changed = path;
	check_beside(c, py, run, bytes_dirname(f.path));
}

void python_check_own_script(struct check *c, const struct run *run)
{
	struct bytes path = check_absolute(c, run->what);
	const char *place = c->entry->place;
	struct found f;

	if (!path.ptr || !trust_look(c, path, trust_flags(c), &f)) {
		check_say(c, false, "where %.*s is cannot be told", QUOTE(run->what));
		return;
	}
	if (place && bytes_find(path, bytes_of(place), 0) < 0) {
		check_say(c, false, "the script %.*s is not where %s puts its own", QUOTE(path), c->entry->name);
		return;
	}
	if (!f.exists && (c->entry->flags & ENTRY_FLEETING))
		check_say(c, true, "its script was temporary and is gone");
	else if (trust_file(c, &f, "the script", path))
		check_say(c, true, "the script is %.*s", QUOTE(path));
}

/* PREFIX/lib/python3.11/site-packages, and PREFIX is one: it has an interpreter
 * or a pyvenv.cfg.  A directory of that name is quickly made elsewhere. */
static bool is_site_directory(struct check *c, struct bytes site)
{
	struct bytes versioned = bytes_dirname(site), lib = bytes_dirname(versioned), prefix = bytes_dirname(lib);
	struct bytes home = process_environment(c->process, BYTES_LIT("HOME")), path;
	struct found f;

	if (!command_is_python(name_of(versioned)) ||
	    (!bytes_equal(name_of(lib), BYTES_LIT("lib")) && !bytes_equal(name_of(lib), BYTES_LIT("lib64"))))
		return false;
	if (bytes_equal(prefix, BYTES_LIT("/usr")) || bytes_equal(prefix, BYTES_LIT("/usr/local")))
		return true;
	path = check_join_text(c, prefix, "pyvenv.cfg");
	if (path.ptr && trust_look(c, path, trust_flags(c), &f) && f.exists && !f.weak.ptr)
		return true;
	path = check_join_text(c, prefix, "bin");
	if (path.ptr)
		path = check_join(c, path, name_of(versioned));
	if (path.ptr && trust_look(c, path, trust_flags(c), &f) && f.exists && !f.weak.ptr)
		return true;
	path = is_absolute(home) ? check_join_text(c, home, ".local") : BYTES_NONE;
	return path.ptr && trust_look(c, path, trust_flags(c), &f) && f.exists && bytes_equal(prefix, f.path);
}

void python_check_file(struct check *c, const struct python *py, const struct run *run)
{
	struct bytes path = check_absolute(c, run->what), ending = BYTES_NONE;
	bool fits = false;
	struct found f;

	if (!path.ptr || !trust_look(c, path, trust_flags(c), &f)) {
		check_say(c, false, "where %.*s is cannot be told", QUOTE(run->what));
		return;
	}
	if (f.exists && S_ISDIR(f.st.st_mode)) {
		path = check_join_text(c, f.path, "__main__.py");
		if (!path.ptr || !trust_look(c, path, trust_flags(c), &f))
			return;
		ending = BYTES_LIT("/__main__.py");
	}
	if (!trust_file(c, &f, "the file", path))
		return;
	for (size_t i = 0; i < sizeof(c->entry->names) / sizeof(c->entry->names[0]) && c->entry->names[i]; i++) {
		struct bytes site = f.path, tail = bytes_of(c->entry->names[i]);

		if (!bytes_has_suffix(site, ending))
			continue;
		site.len -= ending.len;
		if (!bytes_has_suffix(site, tail))
			continue;
		site.len -= tail.len - BYTES_LIT("-packages").len;
		fits |= is_site_directory(c, site);
	}
	check_say(c, fits, "%.*s is %sa file of an installed package", QUOTE(f.path), fits ? "" : "not ");
	if (!fits)
		return;
	check_beside(c, py, run, bytes_dirname(f.path));
	if (trust_changed_since(c, &f))
		c->changed = f.path;
	python_check_record(c, f.path);
}

bool python_is_file(struct bytes name, struct bytes *ret_module)
{
	ptrdiff_t dot = bytes_find_byte(name, '.', 0);

	if (dot <= 0 || !(bytes_has_suffix(name, BYTES_LIT(".py")) || bytes_has_suffix(name, BYTES_LIT(".pyc")) ||
			  bytes_has_suffix(name, BYTES_LIT(".so"))))
		return false;
	*ret_module = bytes_slice(name, 0, (size_t)dot);
	return true;
}

/* NAME is a module or package below one of the places where `look` looks. */
static bool is_module(struct check *c, const struct python *py, struct bytes module, bool in_sites)
{
	for (size_t i = 0; i < 2; i++) {
		struct bytes file = i == 0 ? region_printf(c->region, "%.*s.py", WHOLE(module))
					   : region_printf(c->region, "%.*s/__init__.py", WHOLE(module));
		struct found f;

		if (!file.ptr) {
			c->error = -ENOMEM;
			return true;
		}
		if (look_in_library(c, py, file.ptr, &f))
			return true;
		for (size_t k = 0; in_sites && k < py->site_count; k++)
			if (look_in(c, py->sites[k], file.ptr, &f))
				return true;
	}
	return false;
}

/* A directory is a module if it says so; one without __init__ (the `venv` that
 * `python -m venv venv` has just made) loses against any real package. */
static bool is_package(struct check *c, const struct found *dir)
{
	DIR *d = trust_open_directory(c, dir);
	bool answer = false;

	if (!d)
		return false;
	for (unsigned i = 0; !answer && i < INSTALLER_ENTRIES_MAX; i++) {
		struct dirent *entry = readdir(d);

		if (!entry)
			break;
		answer = bytes_has_prefix(bytes_of(entry->d_name), BYTES_LIT("__init__.")) ||
			 bytes_has_prefix(bytes_of(entry->d_name), BYTES_LIT("__main__."));
	}
	closedir(d);
	return answer;
}

/* A directory that Python searches before all others. */
struct front {
	struct bytes path;		/* without links */
	struct bytes own;		/* the tool's module; absent: the launcher's text names it */
	bool sites;			/* nor may anything of the site directories be replaced */
	const char *const *only;	/* instead of all: these names */
	unsigned max;			/* names that are looked at */
};

/* Is it the name of a module that the installer means to have from elsewhere? */
static bool is_needed(struct check *c, const struct python *py, const struct front *front, struct bytes module)
{
	for (size_t i = 0; front->only && front->only[i]; i++)
		if (bytes_equal(module, bytes_of(front->only[i])))
			return true;
	if (front->only)
		return false;
	if (front->own.len > 0 && bytes_equal(module, front->own))
		return true;
	for (size_t i = 0; front->sites && installer_optional_modules[i]; i++)
		if (bytes_equal(module, bytes_of(installer_optional_modules[i])))
			return true;
	/* Python's own tests: no installer imports them, many projects have one.  Python 2 had a smtpd.py among its
	 * programs. */
	return !bytes_equal(module, BYTES_LIT("test")) && !bytes_equal(module, BYTES_LIT("smtpd")) &&
	       is_module(c, py, module, front->sites);
}

/* Byte code is written before the module runs: what it was made of may have removed itself.  The byte code of such a
 * module, absent if there is none. */
static struct bytes find_orphan(struct check *c, const struct python *py, const struct front *front)
{
	struct bytes dir = front->path, cache = check_join_text(c, dir, "__pycache__"), answer = BYTES_NONE, module;
	struct found f, source;
	DIR *d;

	if (!cache.ptr || !trust_look(c, cache, 0, &f) || !f.exists || !S_ISDIR(f.st.st_mode))
		return answer;
	d = trust_open_directory(c, &f);
	for (unsigned i = 0; d && !answer.ptr && c->error >= 0 && i < INSTALLER_ENTRIES_MAX; i++) {
		struct dirent *entry = readdir(d);
		struct bytes path;

		if (!entry)
			break;
		path = check_join_text(c, cache, entry->d_name);
		if (!python_is_file(bytes_of(entry->d_name), &module) || !path.ptr || !trust_look(c, path, 0, &f) || !f.exists ||
		    !trust_after_exec(c, &f.st.st_ctim) || !is_needed(c, py, front, module))
			continue;
		path = region_printf(c->region, "%.*s/%.*s.py", QUOTE(dir), QUOTE(module));
		if (!path.ptr)
			c->error = -ENOMEM;
		else if (trust_look(c, path, 0, &source) && !source.exists)
			answer = f.path;
	}
	if (d)
		closedir(d);
	return answer;
}

struct bytes python_find_orphan(struct check *c, struct bytes dir, const char *const *modules)
{
	return find_orphan(c, NULL, &(struct front){ .path = dir, .only = modules });
}

static bool is_there(struct check *c, struct bytes path)
{
	struct found f;

	return path.ptr && trust_look(c, path, 0, &f) && f.exists;
}

/* Would it be imported before what the installer means? */
static bool shadows(struct check *c, const struct python *py, const struct front *front, const struct dirent *entry)
{
	static const char *const of_a_package[] = { "__init__", "__main__", NULL };
	struct bytes name = bytes_of(entry->d_name), module, path;
	struct found f;
	bool file = python_is_file(name, &module);

	/* A directory of programs is full of names without a dot. */
	if (!file && (bytes_find_byte(name, '.', 0) >= 0 || (entry->d_type != DT_DIR && entry->d_type != DT_LNK &&
							     entry->d_type != DT_UNKNOWN)))
		return false;
	if (!file)
		module = name;
	path = check_join(c, front->path, name);
	if (!path.ptr || !trust_look(c, path, trust_flags(c), &f) || !f.exists)
		return false;
	/* What makes a directory a package may be gone already.  Not where something is taken away itself: `venv --clear
	 * venv` empties a directory of its own name, and nothing is planted by that. */
	if (!file && (!S_ISDIR(f.st.st_mode) ||
		      (!is_package(c, &f) && !(is_there(c, c->target) && trust_lost_since(c, &f)) &&
		       !python_find_orphan(c, f.path, of_a_package).ptr)))
		return false;
	return is_needed(c, py, front, module);
}

/* pip renames what it replaces, "pip" to "~ip", until the new one is there; conda takes out a whole package before
 * it puts in another.  Both take programs out of bin/. */
static bool is_replacing(struct check *c, const struct python *py)
{
	struct bytes meta = check_join_text(c, py->prefix, "conda-meta");
	struct found f, dir;
	bool answer = false;

	if (!meta.ptr || !trust_look(c, meta, 0, &f))
		return false;
	if (f.exists && trust_after_exec(c, &f.st.st_ctim))
		return true;
	for (size_t i = 0; !answer && i < py->site_count && c->error >= 0; i++) {
		DIR *d = trust_look(c, py->sites[i], 0, &dir) && dir.exists ? trust_open_directory(c, &dir) : NULL;

		for (unsigned k = 0; d && !answer && k < INSTALLER_PROGRAMS_MAX; k++) {
			struct dirent *entry = readdir(d);

			if (!entry)
				break;
			answer = entry->d_name[0] == '~' && look_in(c, py->sites[i], entry->d_name, &f) &&
				 trust_after_exec(c, &f.st.st_ctim);
		}
		if (d)
			closedir(d);
	}
	return answer;
}

/* Only what runs code is worth it: builds tidy up in their project, too.  Nor does one count that only root could
 * have changed, where root is not meant. */
static bool has_lost(struct check *c, const struct python *py, const struct found *dir)
{
	if (!c->request->target_runs || (c->entry->flags & ENTRY_SYSTEM) ||
	    (dir->st.st_uid == 0 && c->owner != 0 && !dir->weak.ptr) || !is_there(c, c->target))
		return false;
	return trust_lost_since(c, dir) && !is_replacing(c, py);
}

/* False: said why. */
static bool check_front(struct check *c, const struct python *py, const struct front *front, const char *what)
{
	struct bytes shadow = BYTES_NONE, orphan;
	unsigned count = 0;
	struct found f;
	DIR *d;

	if (!trust_look(c, front->path, trust_flags(c), &f))
		return false;
	d = f.exists && S_ISDIR(f.st.st_mode) ? trust_open_directory(c, &f) : NULL;
	if (!d)
		return check_say(c, false, "%s %.*s cannot be searched", what, QUOTE(front->path));
	while (!shadow.ptr && c->error >= 0 && count <= front->max) {
		struct dirent *entry = readdir(d);

		if (!entry)
			break;
		count++;
		if (!shadows(c, py, front, entry))
			continue;
		shadow = region_copy(c->region, bytes_of(entry->d_name));
		if (!shadow.ptr)
			c->error = -ENOMEM;
	}
	closedir(d);

	if (c->error < 0)
		return false;
	if (shadow.ptr)
		return check_say(c, false, "%.*s in %s %.*s is imported instead", QUOTE(shadow), what, QUOTE(front->path));
	if (count > front->max)
		return check_say(c, false, "%s %.*s is too large to be searched", what, QUOTE(front->path));
	orphan = find_orphan(c, py, front);
	if (orphan.ptr)
		return check_say(c, false, "the module of %.*s was imported instead, and is gone", QUOTE(orphan));
	if (has_lost(c, py, &f))
		return check_say(c, false, "something was taken out of %s %.*s after it had started", what, QUOTE(front->path));
	return c->error >= 0;
}

/* A script's directory is searched first; "python pip/" searches pip/ (Python/pathconfig.c,
 * _PyPathConfig_ComputeSysPath0()). */
static void check_beside(struct check *c, const struct python *py, const struct run *run, struct bytes dir)
{
	const struct front front = { .path = dir, .sites = c->entry->kind == KIND_SCRIPT, .max = INSTALLER_PROGRAMS_MAX };

	if (!run->safe_path)
		(void)check_front(c, py, &front, "the directory of the script");
}

/* A local types.py stops most tools, but it also runs in them: whoever puts one there decides what
 * they do. */
void python_check_working_directory(struct check *c, const struct python *py, const struct run *run)
{
	struct front front = { .max = INSTALLER_ENTRIES_MAX };
	struct bytes cwd = c->process->image->cwd;
	struct found f;

	if (run->safe_path)
		return;
	/* Of pip.__main__, pip is what is looked for. */
	if (run->how == RUN_MODULE) {
		ptrdiff_t dot = bytes_find_byte(run->what, '.', 0);

		front.own = dot < 0 ? run->what : bytes_slice(run->what, 0, (size_t)dot);
	}
	if (!is_absolute(cwd) || !trust_look(c, cwd, trust_flags(c), &f)) {
		check_say(c, false, "its working directory is not known");
		return;
	}
	if (!f.exists) {
		check_say(c, false, "its working directory %.*s cannot be searched", QUOTE(cwd));
		return;
	}
	front.path = f.path;
	if (check_front(c, py, &front, "its working directory"))
		check_say(c, true, "nothing in its working directory is imported instead");
}

/* ---- where it installs to ------------------------------------------------------------- */

/* The value of an option of `pip install`: optparse takes the last one, and short ones in a bunch (-qt DIR).  Else
 * that of the variable that stands for it. */
static struct bytes option_value(const struct check *c, const struct run *run, const char *name, char letter,
				 const char *variable)
{
	static const struct bytes takes_value = BYTES_LIT("rceifC");
	struct bytes answer = process_environment(c->process, bytes_of(variable)), option = bytes_of(name);
	size_t count = process_argument_count(c->process);

	for (size_t i = run->rest; i < count && i < INSTALLER_ARGUMENTS_MAX; i++) {
		struct bytes a = process_argument(c->process, i);

		if (bytes_equal(a, option)) {
			answer = process_argument(c->process, ++i);
		} else if (bytes_has_prefix(a, option) && a.ptr[option.len] == '=') {
			answer = bytes_slice(a, option.len + 1, a.len - option.len - 1);
		} else if (letter && a.len > 1 && a.ptr[0] == '-' && a.ptr[1] != '-') {
			size_t k = 1;

			while (k < a.len && a.ptr[k] != letter && bytes_find_byte(takes_value, a.ptr[k], 0) < 0)
				k++;
			if (k < a.len && a.ptr[k] == letter)
				answer = k + 1 < a.len ? bytes_slice(a, k + 1, a.len - k - 1) : process_argument(c->process, ++i);
		}
	}
	return answer;
}

/* Without links; absent: none, or not there. */
static struct bytes place_of(struct check *c, struct bytes value)
{
	struct bytes home = home_of(c->process);
	struct found f;

	if (value.len == 0)
		return BYTES_NONE;
	if (bytes_has_prefix(value, BYTES_LIT("~/")) && is_absolute(home))
		value = check_join(c, home, bytes_slice(value, 2, value.len - 2));
	else
		value = check_absolute(c, value);
	if (!value.ptr || !trust_look(c, value, 0, &f) || !f.exists || !S_ISDIR(f.st.st_mode))
		return BYTES_NONE;
	return f.path;
}

static bool is_within(struct bytes path, struct bytes dir)
{
	return dir.len > 1 && path.len > dir.len && bytes_has_prefix(path, dir) && path.ptr[dir.len] == '/';
}

/* tempfile.gettempdir() */
static struct bytes temporary_directory(struct check *c)
{
	struct bytes dir = place_of(c, process_environment(c->process, BYTES_LIT("TMPDIR")));

	return dir.ptr ? dir : place_of(c, BYTES_LIT("/tmp"));
}

/* With --target pip makes everything in TMPDIR/pip-target-X/lib/python and moves what is there, in any order: the RECORD
 * that names the file is here or there. */
static bool is_of_what_was_moved(struct check *c, struct bytes dir)
{
	struct bytes name = bytes_slice(c->target, dir.len + 1, c->target.len - dir.len - 1), temporary = temporary_directory(c);
	struct provenance of;
	struct found f, target;
	bool answer = false;
	DIR *d;

	if (!trust_look(c, c->target, 0, &target) || !target.exists || !temporary.ptr || !trust_look(c, temporary, 0, &f))
		return false;
	d = trust_open_directory(c, &f);
	for (unsigned i = 0; d && !answer && c->error >= 0 && i < INSTALLER_ENTRIES_MAX; i++) {
		struct dirent *entry = readdir(d);
		struct bytes path;

		if (!entry)
			break;
		if (!bytes_has_prefix(bytes_of(entry->d_name), BYTES_LIT("pip-target-")))
			continue;
		path = region_printf(c->region, "%.*s/%s/lib/python/%.*s", QUOTE(temporary), entry->d_name, QUOTE(name));
		if (!path.ptr)
			c->error = -ENOMEM;
		else
			answer = python_is_provenanced(c, &target, path, &of);
	}
	if (d)
		closedir(d);
	return answer || python_is_provenanced(c, &target, c->target, &of);
}

void python_check_place(struct check *c, const struct python *py, const struct run *run)
{
	struct bytes target = place_of(c, option_value(c, run, "--target", 't', "PIP_TARGET"));
	struct bytes named[] = { target, place_of(c, option_value(c, run, "--prefix", '\0', "PIP_PREFIX")),
				 place_of(c, option_value(c, run, "--root", '\0', "PIP_ROOT")) };
	struct bytes own = check_join_text(c, temporary_directory(c), "pip-");
	bool fits = own.ptr && own.len > 1 && bytes_has_prefix(c->target, own);

	for (size_t i = 0; i < py->site_count; i++)
		fits |= is_within(c->target, py->sites[i]);
	for (size_t i = 0; i < ELEMENTSOF(named); i++)
		fits |= is_within(c->target, named[i]);
	if (!fits)
		check_say(c, false, "%.*s is not where it installs to: no site directory of its interpreter, none that its arguments "
			  "name", QUOTE(c->target));
	else if (is_within(c->target, target) && c->request->target_runs && !is_of_what_was_moved(c, target))
		check_say(c, false, "no package that it has put into %.*s accounts for the file", QUOTE(target));
}

void python_check_wheels(struct check *c, const struct run *run)
{
	struct bytes wheels, wheel;

	if (!command_is_ensurepip(run->what, &wheels))
		return;
	while (command_next_literal(&wheels, &wheel)) {
		struct found f;

		if (!trust_look(c, wheel, trust_flags(c), &f))
			return;
		if (f.exists && !trust_file(c, &f, "the wheel", wheel))
			return;
	}
	check_say(c, true, "it runs the text of ensurepip");
}
