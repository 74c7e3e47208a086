/* installer_python.c - the interpreter of an installer: its packages, its script, what it imports.
 *
 * Finds out what sys.prefix and sys.path will have been, from the same files
 * that CPython asks, and looks at who can change them.
 */
#include "installer_private.h"

#include <errno.h>

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

	if (bytes_find_byte(name, '.', 0) >= 0)
		return name;
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

bool python_find(struct check *c, const struct found *exe, struct python *ret)
{
	struct bytes name = process_argument(c->process, 0), config_path, home;
	struct python py = { 0 };
	struct found f;
	char buffer[INSTALLER_CONFIG_MAX];
	struct bytes config;

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

	/* The bin directory without links, as the link inside it has to stay. */
	if (!trust_look(c, bytes_dirname(py.launcher), trust_flags(c), &f) || !f.exists)
		return false;
	py.prefix = bytes_dirname(f.path);
	py.base = bytes_dirname(bytes_dirname(exe->path));
	config_path = check_join_text(c, py.prefix, "pyvenv.cfg");
	if (!config_path.ptr || !trust_look(c, config_path, trust_flags(c), &f))
		return false;
	if (f.exists) {
		py.venv = true;
		if (!trust_file(c, &f, "the configuration", config_path))
			return false;
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

	*ret = py;
	return true;
}

/* DIR/LIB/python3.11/SUB/FILE, if it is there: *ret is then filled.  SUB may be
 * empty. */
static bool look_in(struct check *c, struct bytes dir, const char *lib, struct bytes version, const char *sub,
		    const char *file, struct found *ret)
{
	struct bytes path = check_join_text(c, dir, lib);

	if (path.ptr && version.len > 0)
		path = check_join(c, path, version);
	if (path.ptr && sub[0] != '\0')
		path = check_join_text(c, path, sub);
	if (path.ptr)
		path = check_join_text(c, path, file);
	return path.ptr && trust_look(c, path, trust_flags(c), ret) && ret->exists;
}

/* The first in the order of sys.path is what would be imported (Lib/site.py,
 * main(); Debian's dist-packages from its patch distutils-install-layout). */
static bool find_package(struct check *c, const struct python *py, const struct run *run, struct found *ret)
{
	static const char *const libs[] = { "lib", "lib64" };
	const struct bytes usr = BYTES_LIT("/usr"), local = BYTES_LIT("/usr/local"), python3 = BYTES_LIT("python3");
	struct bytes home = process_environment(c->process, BYTES_LIT("HOME"));
	const char *file = c->entry->package;

	for (size_t i = 0; i < 2; i++)
		if ((c->entry->flags & ENTRY_STDLIB) && look_in(c, py->base, libs[i], py->lib, "", file, ret))
			return true;
	if (c->entry->flags & ENTRY_STDLIB)
		return false;

	for (size_t i = 0; i < 2; i++)
		if (py->venv && look_in(c, py->prefix, libs[i], py->lib, "site-packages", file, ret))
			return true;
	if (py->venv && !py->system_site)
		return false;

	if (is_absolute(home) && !run->no_user_site && (run->no_environment || !check_is_set(c->process, "PYTHONNOUSERSITE"))) {
		struct bytes user = check_join_text(c, home, ".local");

		if (user.ptr && look_in(c, user, "lib", py->lib, "site-packages", file, ret))
			return true;
	}
	for (size_t i = 0; i < 2; i++) {
		if (bytes_equal(py->base, usr) && (look_in(c, local, libs[i], py->lib, "dist-packages", file, ret) ||
						   look_in(c, local, libs[i], py->lib, "site-packages", file, ret)))
			return true;
		if (look_in(c, py->base, libs[i], python3, "dist-packages", file, ret) ||
		    look_in(c, py->base, libs[i], py->lib, "dist-packages", file, ret) ||
		    look_in(c, py->base, libs[i], py->lib, "site-packages", file, ret))
			return true;
	}
	return false;
}

void python_check_package(struct check *c, const struct python *py, const struct run *run)
{
	struct found f;

	if (!c->entry->package)
		return;
	if (!find_package(c, py, run, &f)) {
		check_say(c, false, "%s is not among the packages of its interpreter", c->entry->package);
		return;
	}
	if (trust_file(c, &f, "the package", f.path))
		check_say(c, true, "it runs the package at %.*s", QUOTE(f.path));
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

/* Does a line begin with it?  In a comment or a string it would say nothing. */
static bool has_line(struct bytes text, struct bytes start)
{
	ptrdiff_t at = 0;

	while ((at = bytes_find(text, start, (size_t)at)) >= 0) {
		size_t line = (size_t)at;

		while (line > 0 && (text.ptr[line - 1] == ' ' || text.ptr[line - 1] == '\t'))
			line--;
		if (line == 0 || text.ptr[line - 1] == '\n')
			return true;
		at++;
	}
	return false;
}

void python_check_script(struct check *c, const struct python *py, const struct run *run)
{
	struct bytes path = check_absolute(c, run->what), text;
	char buffer[INSTALLER_SCRIPT_MAX + 1];
	bool fits = false;
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
	for (size_t i = 0; i < sizeof(c->entry->texts) / sizeof(c->entry->texts[0]) && c->entry->texts[i]; i++)
		if (has_line(text, bytes_of(c->entry->texts[i])))
			fits = true;
	if (!fits || !bytes_has_prefix(text, BYTES_LIT("#!")))
		check_say(c, false, "the script %.*s is not the launcher of %s", QUOTE(f.path), c->entry->name);
	else
		check_say(c, true, "the script %.*s is the launcher of %s", QUOTE(f.path), c->entry->name);
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

void python_check_file(struct check *c, const struct run *run)
{
	struct bytes path = check_absolute(c, run->what), ending = BYTES_NONE;
	bool fits = false;
	struct found f;

	if (!path.ptr || !trust_look(c, path, trust_flags(c), &f)) {
		check_say(c, false, "where %.*s is cannot be told", QUOTE(run->what));
		return;
	}
	if (c->entry->flags & ENTRY_FLEETING) {
		/* Inside a zip: the zip is the file. */
		path = bytes_dirname(path);
		if (!trust_look(c, path, trust_flags(c), &f))
			return;
		if (!f.exists)
			check_say(c, true, "its file was temporary and is gone");
		else if (trust_file(c, &f, "the file", path))
			check_say(c, true, "the file %.*s can be changed by nobody else", QUOTE(path));
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
}

static bool is_python_file(struct bytes name, struct bytes *ret_module)
{
	ptrdiff_t dot = bytes_find_byte(name, '.', 0);

	if (dot <= 0 || !(bytes_has_suffix(name, BYTES_LIT(".py")) || bytes_has_suffix(name, BYTES_LIT(".pyc")) ||
			  bytes_has_suffix(name, BYTES_LIT(".so"))))
		return false;
	*ret_module = bytes_slice(name, 0, (size_t)dot);
	return true;
}

static bool is_standard_module(struct check *c, const struct python *py, struct bytes module)
{
	static const char *const libs[] = { "lib", "lib64" };
	struct bytes file = region_printf(c->region, "%.*s.py", QUOTE(module));
	struct bytes package = region_printf(c->region, "%.*s/__init__.py", QUOTE(module));
	struct found f;

	if (!file.ptr || !package.ptr) {
		c->error = -ENOMEM;
		return true;
	}
	/* Python's own tests: no installer imports them, many projects have one. */
	if (bytes_equal(module, BYTES_LIT("test")))
		return false;
	for (size_t i = 0; i < 2; i++)
		if (look_in(c, py->base, libs[i], py->lib, "", file.ptr, &f) ||
		    look_in(c, py->base, libs[i], py->lib, "", package.ptr, &f))
			return true;
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

/* Would `name` in the working directory `dir` be imported before what the
 * installer means?  Its own module is nobody's to replace; one of the standard
 * library is, if a trusted user put it there: projects have a types.py. */
static bool shadows(struct check *c, const struct python *py, struct bytes dir, struct bytes name, struct bytes own)
{
	struct bytes module, path;
	struct found f;
	bool file = is_python_file(name, &module);

	if (!file && bytes_find_byte(name, '.', 0) >= 0)
		return false;
	if (!file)
		module = name;
	path = check_join(c, dir, name);
	if (!path.ptr || !trust_look(c, path, trust_flags(c), &f) || !f.exists)
		return false;
	if (!file && (!S_ISDIR(f.st.st_mode) || !is_package(c, &f)))
		return false;
	if (own.len > 0 && bytes_equal(module, own))
		return true;
	return f.weak.ptr && is_standard_module(c, py, module);
}

void python_check_working_directory(struct check *c, const struct python *py, const struct run *run)
{
	struct bytes cwd = c->process->image->cwd;
	struct bytes own = run->how == RUN_MODULE ? run->what : BYTES_NONE;
	struct bytes shadow = BYTES_NONE;
	unsigned count = 0;
	struct found f;
	DIR *d;

	if (run->safe_path)
		return;
	if (!is_absolute(cwd) || !trust_look(c, cwd, trust_flags(c), &f)) {
		check_say(c, false, "its working directory is not known");
		return;
	}
	d = f.exists && S_ISDIR(f.st.st_mode) ? trust_open_directory(c, &f) : NULL;
	if (!d) {
		check_say(c, false, "its working directory %.*s cannot be searched", QUOTE(cwd));
		return;
	}
	while (!shadow.ptr && c->error >= 0 && count <= INSTALLER_ENTRIES_MAX) {
		struct dirent *entry = readdir(d);

		if (!entry)
			break;
		count++;
		if (!shadows(c, py, f.path, bytes_of(entry->d_name), own))
			continue;
		shadow = region_copy(c->region, bytes_of(entry->d_name));
		if (!shadow.ptr)
			c->error = -ENOMEM;
	}
	closedir(d);

	if (c->error < 0)
		return;
	if (shadow.ptr)
		check_say(c, false, "%.*s in its working directory %.*s is imported instead", QUOTE(shadow), QUOTE(cwd));
	else if (count > INSTALLER_ENTRIES_MAX)
		check_say(c, false, "its working directory %.*s is too large to be searched", QUOTE(cwd));
	else
		check_say(c, true, "nothing in its working directory is imported instead");
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
