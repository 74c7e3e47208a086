/* hookpath.c - the structure of paths that make code run when Python starts.
 *
 * Everything is matched from the right: a virtual environment, an overlay's
 * upper directory, a chroot or a conda prefix may stand anywhere, so what is on
 * the left of the last few components says nothing.  "/etc/profile.d/x.sh"
 * is recognised below /var/lib/docker/overlay2/X/diff as well.
 *
 * Three questions, in the order of their cost:
 *
 *   hookpath_name_is_candidate()	the name alone, for every event of the host: one
 *					switch on its length, one on its last bytes
 *   hookpath_dir_takes_any_name()	the directory alone, for every directory that a
 *					scan passes
 *   hookpath_classify()		both, for what passed one of the above
 *
 * They must agree: what classify() takes, one of the other two must let
 * through.  tests/unit/test_hookpath.c and fuzz_hookpath hold them to that, so a
 * new exact name goes into is_exact_name() too, and a row of env_table with a
 * "*" in its name makes its directory one that takes any name.
 *
 * Sources: site.py and getpath.py for Python; Debian's python-policy for
 * dist-packages; bash(1), zsh(1), fish(1), csh(1), pam_env(8),
 * environment.d(5), systemd.unit(5), crontab(5), sshd_config(5) and IPython's
 * and Jupyter's path documentation for the rest.
 */
#include "hookpath.h"

#include "cleanup.h"

/* ---- components, counted from the right ---------------------------------- */

#define PARTS_MAX 8	/* the deepest rule: usr/local/share/jupyter/kernels/X/kernel.json */

struct parts {
	struct bytes path;
	struct bytes part[PARTS_MAX];	/* part[0] is the last component; empty where there is none */
};

static void parts_split(struct parts *p, struct bytes path)
{
	size_t end = path.len;

	*p = (struct parts){ .path = path };
	for (size_t i = 0; i < PARTS_MAX; i++)
		p->part[i] = bytes_slice(path, 0, 0);

	for (size_t i = 0; i < PARTS_MAX; i++) {
		ptrdiff_t slash = bytes_find_last_byte(bytes_slice(path, 0, end), '/');

		p->part[i] = bytes_slice(path, (size_t)(slash + 1), end - (size_t)(slash + 1));
		if (slash <= 0)
			break;
		end = (size_t)slash;
	}
}

/* The path up to and including part i. */
static struct bytes upto(const struct parts *p, size_t i)
{
	if (i >= PARTS_MAX || !p->part[i].ptr || p->part[i].len == 0)
		return bytes_slice(p->path, 0, p->path.len > 0 && p->path.ptr[0] == '/');
	return bytes_slice(p->path, 0, (size_t)(p->part[i].ptr - p->path.ptr) + p->part[i].len);
}

#define is(b, literal) \
	((b).len == sizeof(literal) - 1 && memcmp((b).ptr, "" literal, sizeof(literal) - 1) == 0)
#define starts(b, literal) \
	((b).len >= sizeof(literal) - 1 && memcmp((b).ptr, "" literal, sizeof(literal) - 1) == 0)
#define ends(b, literal)                   \
	((b).len >= sizeof(literal) - 1 && \
	 memcmp((b).ptr + (b).len - (sizeof(literal) - 1), "" literal, sizeof(literal) - 1) == 0)

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static struct bytes behind(struct bytes b, size_t n)
{
	return bytes_slice(b, n, b.len - n);
}

static struct bytes without_last(struct bytes b, size_t n)
{
	return bytes_slice(b, 0, b.len - n);
}

/* Does `dir` end with the components of `tail` (which is not empty)? */
static bool dir_ends_with(struct bytes dir, struct bytes tail)
{
	/* The last byte first: asked of every directory of a scan, for every row. */
	return dir.len >= tail.len && dir.ptr[dir.len - 1] == tail.ptr[tail.len - 1] &&
	       bytes_has_suffix(dir, tail) &&
	       (dir.len == tail.len || dir.ptr[dir.len - tail.len - 1] == '/');
}

/* ---- Python's directories ------------------------------------------------ */

/* python3, python3.11, python3.13t, pypy3.9, python2.7 */
static bool is_python_dir(struct bytes b, bool *ret_minor, bool *ret_py2)
{
	size_t i;

	if (starts(b, "python"))
		i = 6;
	else if (starts(b, "pypy"))
		i = 4;
	else
		return false;

	if (i == b.len || (b.ptr[i] != '2' && b.ptr[i] != '3'))
		return false;
	*ret_py2 = b.ptr[i] == '2';
	*ret_minor = false;
	if (++i < b.len && b.ptr[i] == '.') {
		size_t digits = ++i;

		while (i < b.len && is_digit(b.ptr[i]))
			i++;
		if (i == digits)
			return false;
		*ret_minor = true;
	}
	if (i < b.len && b.ptr[i] == 't')	/* free-threaded (PEP 703) */
		i++;
	return i == b.len;
}

/* sys.platlibdir, as distributions set it. */
static bool is_lib(struct bytes b)
{
	return is(b, "lib") || is(b, "lib64") || is(b, "lib32") || is(b, "libx32");
}

/* Is part i the name of a site directory? */
static bool is_site_dir(const struct parts *p, size_t i)
{
	bool minor, py2;

	if (i + 2 >= PARTS_MAX)
		return false;
	if (is(p->part[i], "site-python"))	/* until 3.4 */
		return is_lib(p->part[i + 1]);
	if (!is(p->part[i], "site-packages") && !is(p->part[i], "dist-packages"))
		return false;
	/* PyPy until 7.3.5 had <prefix>/site-packages, where the prefix unpacks as
	 * "pypy3.6-v7.3.3-linux64"; Debian's for Python 2 was lib/pypy. */
	if (starts(p->part[i + 1], "pypy"))
		return true;
	return is_python_dir(p->part[i + 1], &minor, &py2) && is_lib(p->part[i + 2]);
}

/* Is part i the name of a standard library directory? */
static bool is_stdlib_dir(const struct parts *p, size_t i, bool *ret_py2)
{
	bool minor;

	if (i + 1 >= PARTS_MAX)
		return false;
	if (is(p->part[i + 1], "lib-python")) {	/* upstream PyPy until 7.3.5 */
		*ret_py2 = starts(p->part[i], "2") || starts(p->part[i], "modified-2");
		return *ret_py2 || starts(p->part[i], "3");
	}
	return is_python_dir(p->part[i], &minor, ret_py2) && minor && is_lib(p->part[i + 1]);
}

/* Where does the directory at part i stand on sys.path? */
static enum hook_scope module_scope(const struct parts *p, size_t i)
{
	bool minor, py2;

	if (i >= PARTS_MAX)
		return SCOPE_ELSEWHERE;
	if (is_site_dir(p, i))
		return SCOPE_SITE;
	if (is_stdlib_dir(p, i, &py2) || is(p->part[i], "lib_pypy") ||
	    (is(p->part[i], "lib-dynload") && is_stdlib_dir(p, i + 1, &py2)))
		return SCOPE_STDLIB;
	/* Debian links lib/python3.11/sitecustomize.py to /etc/python3.11/. */
	if (i + 1 < PARTS_MAX && is(p->part[i + 1], "etc") &&
	    is_python_dir(p->part[i], &minor, &py2))
		return SCOPE_STDLIB;
	return SCOPE_ELSEWHERE;
}

static bool is_bin(struct bytes b)
{
	return is(b, "bin") || is(b, "sbin");
}

/* ---- module names -------------------------------------------------------- */

enum module {
	MODULE_NONE,
	MODULE_SITECUSTOMIZE,
	MODULE_USERCUSTOMIZE,
	MODULE_STDLIB,
	MODULE_STDLIB_PY2,	/* imported at every start by Python 2 only */
};

/* Modules that some version imports from disk at every start (from 3.11 on most
 * are frozen; `-X frozen_modules=off` and the older versions read them). */
static enum module module_of(struct bytes stem)
{
	switch (stem.len) {
	case 2:
		if (is(stem, "os") || is(stem, "io"))
			return MODULE_STDLIB;
		return is(stem, "re") ? MODULE_STDLIB_PY2 : MODULE_NONE;
	case 3:
		return is(stem, "abc") ? MODULE_STDLIB : MODULE_NONE;
	case 4:
		return is(stem, "site") || is(stem, "stat") ? MODULE_STDLIB : MODULE_NONE;
	case 5:
		if (is(stem, "runpy"))
			return MODULE_STDLIB;	/* python -m */
		return is(stem, "types") ? MODULE_STDLIB_PY2 : MODULE_NONE;
	case 6:
		return is(stem, "codecs") || is(stem, "locale") ? MODULE_STDLIB : MODULE_NONE;
	case 7:
		if (is(stem, "pkgutil"))
			return MODULE_STDLIB;
		return is(stem, "_abcoll") ? MODULE_STDLIB_PY2 : MODULE_NONE;
	case 8:
		return is(stem, "copy_reg") || is(stem, "UserDict") || is(stem, "warnings")
			       ? MODULE_STDLIB_PY2 : MODULE_NONE;
	case 9:
		if (is(stem, "posixpath") || is(stem, "sysconfig") || is(stem, "linecache") ||
		    is(stem, "encodings"))
			return MODULE_STDLIB;
		return is(stem, "traceback") ? MODULE_STDLIB_PY2 : MODULE_NONE;
	case 11:
		if (is(stem, "genericpath") || is(stem, "_bootlocale") || is(stem, "_weakrefset"))
			return MODULE_STDLIB;
		return is(stem, "sre_compile") ? MODULE_STDLIB_PY2 : MODULE_NONE;
	case 13:
		if (is(stem, "sitecustomize"))
			return MODULE_SITECUSTOMIZE;
		if (is(stem, "usercustomize"))
			return MODULE_USERCUSTOMIZE;
		return is(stem, "_sitebuiltins") ? MODULE_STDLIB : MODULE_NONE;
	case 16:
		return is(stem, "_collections_abc") ? MODULE_STDLIB : MODULE_NONE;
	default:
		/* 3.6: _sysconfigdata_m_linux_x86_64-linux-gnu */
		return starts(stem, "_sysconfigdata_") ? MODULE_STDLIB : MODULE_NONE;
	}
}

/* Submodules of encodings that a start imports: the file system's codec under
 * the locales that are in use, and the two that are always there.  Other
 * codecs need a locale or PYTHONIOENCODING that names them. */
static bool is_startup_codec(struct bytes stem)
{
	return is(stem, "__init__") || is(stem, "aliases") || is(stem, "utf_8") ||
	       is(stem, "utf_8_sig") || is(stem, "latin_1") || is(stem, "ascii") ||
	       is(stem, "iso8859_1") || is(stem, "iso8859_15");
}

/* Name = STEM SUFFIX, as FileFinder looks for it (importlib.machinery.
 * all_suffixes()).  The stem ends at the first dot, for module names have none. */
static enum hook_form split_module(struct bytes name, struct bytes *ret_stem)
{
	ptrdiff_t dot = bytes_find_byte(name, '.', 0);
	struct bytes suffix;

	if (dot <= 0)
		return FORM_NONE;
	*ret_stem = bytes_slice(name, 0, (size_t)dot);
	suffix = behind(name, (size_t)dot);

	if (is(suffix, ".py"))
		return FORM_SOURCE;
	if (is(suffix, ".pyc") || is(suffix, ".pyo"))
		return FORM_BYTECODE;
	if (!ends(suffix, ".so"))
		return FORM_NONE;
	if (is(suffix, ".so")) {
		if (ends(*ret_stem, "module") && ret_stem->len > 6 &&
		    module_of(without_last(*ret_stem, 6)) != MODULE_NONE)
			*ret_stem = without_last(*ret_stem, 6);	/* Python 2: Xmodule.so */
		return FORM_EXTENSION;
	}
	if (is(suffix, ".abi3.so") || is(suffix, ".abi3t.so") || starts(suffix, ".cpython") ||
	    starts(suffix, ".pypy") || starts(suffix, ".graalpy") ||
	    bytes_find(suffix, BYTES_LIT("-linux-"), 0) >= 0)	/* Debian's Python 2 */
		return FORM_EXTENSION;
	return FORM_NONE;
}

/* STEM.TAG[.opt-N].pyc (PEP 3147, PEP 488) */
static bool split_cached(struct bytes name, struct bytes *ret_stem)
{
	ptrdiff_t dot = bytes_find_byte(name, '.', 0);
	struct bytes tag;

	if (dot <= 0 || !ends(name, ".pyc") || name.len - 4 <= (size_t)dot + 1)
		return false;
	tag = bytes_slice(name, (size_t)dot + 1, name.len - 4 - ((size_t)dot + 1));
	if (!((tag.ptr[0] >= 'a' && tag.ptr[0] <= 'z') || (tag.ptr[0] >= 'A' && tag.ptr[0] <= 'Z')))
		return false;
	*ret_stem = bytes_slice(name, 0, (size_t)dot);
	return true;
}

/* ---- temporary names ----------------------------------------------------- */

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* The name that this file will be renamed to, if its name tells: dpkg's X.dpkg-new
 * and X.dpkg-tmp, rpm's X;HEX8, and X.pyc.NNN of importlib's _write_atomic().
 * (apk's .apk.HASH and the random names of others do not tell.) */
static bool strip_temporary(struct bytes name, struct bytes *ret)
{
	size_t i;

	if (name.len < 10)
		return false;

	switch (name.ptr[name.len - 1]) {
	case 'w':
	case 'p':
		if (!ends(name, ".dpkg-new") && !ends(name, ".dpkg-tmp"))
			return false;
		*ret = without_last(name, 9);
		return true;
	case '0' ... '9':
	case 'a' ... 'f':
	case 'A' ... 'F':
		break;
	default:
		return false;
	}

	if (name.ptr[name.len - 9] == ';') {
		for (i = name.len - 8; i < name.len && is_hex(name.ptr[i]); i++)
			;
		if (i == name.len) {
			*ret = without_last(name, 9);
			return true;
		}
	}

	/* id() of an object: at most 20 digits. */
	for (i = name.len; i > 0 && name.len - i < 21 && is_digit(name.ptr[i - 1]); i--)
		;
	if (i < name.len && i >= 5 && bytes_has_suffix(bytes_slice(name, 0, i), BYTES_LIT(".pyc."))) {
		*ret = bytes_slice(name, 0, i - 1);
		return true;
	}
	return false;
}

/* In a directory that takes any name: what editors, package managers and
 * crontab(1) leave there is read by nobody. */
static bool is_leftover(struct bytes name)
{
	static const struct bytes suffix[] = {
		BYTES_LIT("~"), BYTES_LIT(".swp"), BYTES_LIT(".swo"), BYTES_LIT(".swx"),
		BYTES_LIT(".bak"), BYTES_LIT(".orig"), BYTES_LIT(".tmp"),
		BYTES_LIT(".dpkg-old"), BYTES_LIT(".dpkg-dist"), BYTES_LIT(".dpkg-bak"),
		BYTES_LIT(".ucf-old"), BYTES_LIT(".ucf-new"), BYTES_LIT(".ucf-dist"),
		BYTES_LIT(".rpmsave"), BYTES_LIT(".rpmnew"), BYTES_LIT(".rpmorig"),
	};

	for (size_t i = 0; i < ELEMENTSOF(suffix); i++)
		if (bytes_has_suffix(name, suffix[i]))
			return true;
	if (starts(name, ".#") || starts(name, "#") || starts(name, ".apk.") || starts(name, "tmp."))
		return true;
	if (is(name, "4913"))	/* vim tries whether it may write */
		return true;
	if (starts(name, "sed") && name.len == 9) {	/* sed -i: "sed" and six more */
		for (size_t i = 3; i < 9; i++)
			if (!is_digit(name.ptr[i]) && !(name.ptr[i] >= 'a' && name.ptr[i] <= 'z') &&
			    !(name.ptr[i] >= 'A' && name.ptr[i] <= 'Z'))
				return false;
		/* A word of nine letters is a real name: sed's are of all 62. */
		for (size_t i = 3; i < 9; i++)
			if (!(name.ptr[i] >= 'a' && name.ptr[i] <= 'z'))
				return true;
	}
	return false;
}

/* ---- files that set variables -------------------------------------------- */

struct env_row {
	struct bytes dir;	/* the last components of the directory; empty: any directory */
	struct bytes name;	/* exact, or "*" with an optional suffix behind it */
	enum env_syntax syntax;
	enum hook_scope scope;
};

#define ROW(dir, name, syntax, scope) { BYTES_LIT(dir), BYTES_LIT(name), ENV_##syntax, SCOPE_##scope }

/* The first row that fits decides. */
static const struct env_row env_table[] = {
	/* sh, bash, ksh: for all users */
	ROW("etc", "profile", SHELL, SYSTEM),
	ROW("etc", "profile.local", SHELL, SYSTEM),		/* SUSE */
	ROW("etc", "bash.bashrc", SHELL, SYSTEM),
	ROW("etc", "bash.bashrc.local", SHELL, SYSTEM),
	ROW("etc", "bash.bash_logout", SHELL, SYSTEM),
	ROW("etc", "bashrc", SHELL, SYSTEM),
	ROW("etc", "ksh.kshrc", SHELL, SYSTEM),
	ROW("etc", "kshrc", SHELL, SYSTEM),
	ROW("etc", "mkshrc", SHELL, SYSTEM),
	ROW("etc", "rc.local", SHELL, SYSTEM),
	ROW("etc/rc.d", "rc.local", SHELL, SYSTEM),
	ROW("etc/bash", "bashrc", SHELL, SYSTEM),		/* Gentoo, Alpine */
	ROW("etc/bash", "bash_logout", SHELL, SYSTEM),
	ROW("etc/bash/bashrc.d", "*", SHELL, SYSTEM),
	ROW("etc/profile.d", "*.sh", SHELL, SYSTEM),
	ROW("etc/profile.d", "*.csh", CSH, SYSTEM),
	ROW("etc/profile.d", "*.fish", FISH, SYSTEM),
	ROW("etc/profile.d", "sh.local", SHELL, SYSTEM),	/* Fedora */
	ROW("etc/profile.d", "csh.local", CSH, SYSTEM),
	ROW("etc/profile.d", "*.zsh", SHELL, SYSTEM),
	ROW("etc/X11/Xsession.d", "*", SHELL, SYSTEM),
	ROW("etc/X11/xinit/xinitrc.d", "*", SHELL, SYSTEM),
	ROW("etc/X11/xinit", "xinitrc", SHELL, SYSTEM),
	ROW("etc/X11", "Xsession", SHELL, SYSTEM),
	ROW("etc/default", "locale", ETC_ENVIRONMENT, SYSTEM),	/* pam_env's envfile= on Debian */
	ROW("etc/default", "*", SHELL, SYSTEM),
	ROW("etc/sysconfig", "*", SHELL, SYSTEM),
	ROW("etc/conf.d", "*", SHELL, SYSTEM),
	ROW("etc/init.d", "*", SHELL, SYSTEM),
	ROW("etc/rc.d/init.d", "*", SHELL, SYSTEM),
	ROW("etc/env.d", "*", SHELL, SYSTEM),			/* Gentoo */

	/* zsh */
	ROW("etc", "zshenv", SHELL, SYSTEM),
	ROW("etc", "zprofile", SHELL, SYSTEM),
	ROW("etc", "zshrc", SHELL, SYSTEM),
	ROW("etc", "zlogin", SHELL, SYSTEM),
	ROW("etc", "zlogout", SHELL, SYSTEM),
	ROW("etc/zsh", "zshenv", SHELL, SYSTEM),
	ROW("etc/zsh", "zprofile", SHELL, SYSTEM),
	ROW("etc/zsh", "zshrc", SHELL, SYSTEM),
	ROW("etc/zsh", "zlogin", SHELL, SYSTEM),
	ROW("etc/zsh", "zlogout", SHELL, SYSTEM),

	/* csh */
	ROW("etc", "csh.cshrc", CSH, SYSTEM),
	ROW("etc", "csh.login", CSH, SYSTEM),
	ROW("etc", "csh.logout", CSH, SYSTEM),
	ROW("etc/csh/cshrc.d", "*", CSH, SYSTEM),
	ROW("etc/csh/login.d", "*", CSH, SYSTEM),

	/* fish; the user's rows first, for "fish/conf.d" ends both */
	ROW(".config/fish", "config.fish", FISH, USER),
	ROW(".config/fish", "fish_variables", FISH_VARIABLES, USER),
	ROW(".config/fish/conf.d", "*.fish", FISH, USER),
	ROW(".config/fish/functions", "*.fish", FISH, USER),
	ROW(".local/share/fish/vendor_conf.d", "*.fish", FISH, USER),
	ROW("etc/fish", "config.fish", FISH, SYSTEM),
	ROW("etc/fish/conf.d", "*.fish", FISH, SYSTEM),
	ROW("etc/fish/functions", "*.fish", FISH, SYSTEM),
	ROW("share/fish/vendor_conf.d", "*.fish", FISH, SYSTEM),
	ROW("share/fish/vendor_functions.d", "*.fish", FISH, SYSTEM),
	ROW("share/fish", "config.fish", FISH, SYSTEM),
	ROW("", "fish_variables", FISH_VARIABLES, USER),	/* XDG_CONFIG_HOME elsewhere */
	ROW("", "config.fish", FISH, USER),

	/* PAM, environment.d */
	ROW("etc", "environment", ETC_ENVIRONMENT, SYSTEM),
	ROW("etc/security", "pam_env.conf", PAM_ENV, SYSTEM),
	ROW("", ".pam_environment", PAM_ENV, USER),
	ROW(".config/environment.d", "*.conf", ENVIRONMENT_D, USER),
	ROW("etc/environment.d", "*.conf", ENVIRONMENT_D, SYSTEM),
	ROW("lib/environment.d", "*.conf", ENVIRONMENT_D, SYSTEM),
	ROW("run/environment.d", "*.conf", ENVIRONMENT_D, SYSTEM),

	/* cron */
	ROW("etc", "crontab", CRON, SYSTEM),
	ROW("etc", "anacrontab", CRON, SYSTEM),
	ROW("etc/cron.d", "*", CRON, SYSTEM),
	ROW("etc/crontabs", "*", CRON, USER),			/* Alpine */
	ROW("spool/cron", "*", CRON, USER),			/* cronie */
	ROW("spool/cron/crontabs", "*", CRON, USER),		/* Debian */
	ROW("spool/cron/tabs", "*", CRON, USER),		/* SUSE */

	/* ssh */
	ROW("etc/ssh", "sshd_config", SSHD_CONFIG, SYSTEM),
	ROW("etc/ssh/sshd_config.d", "*.conf", SSHD_CONFIG, SYSTEM),
	ROW(".ssh", "environment", SSH_ENVIRONMENT, USER),
	ROW(".ssh", "authorized_keys", SSH_AUTHORIZED_KEYS, USER),
	ROW(".ssh", "authorized_keys2", SSH_AUTHORIZED_KEYS, USER),

	/* supervisord (its tree below /etc/supervisor is not a row: any depth) */
	ROW("etc", "supervisord.conf", SUPERVISORD, SYSTEM),
	ROW("etc/supervisor", "supervisord.conf", SUPERVISORD, SYSTEM),
	ROW("etc/supervisord.d", "*.ini", SUPERVISORD, SYSTEM),
	ROW("etc/supervisord.d", "*.conf", SUPERVISORD, SYSTEM),
	ROW("etc/supervisor.d", "*.ini", SUPERVISORD, SYSTEM),	/* Alpine, Arch */
	ROW("etc/supervisor.d", "*.conf", SUPERVISORD, SYSTEM),
	ROW("", "supervisord.conf", SUPERVISORD, PROJECT),

	/* a user's shells: the name is enough, homes are anywhere */
	ROW("", ".profile", SHELL, USER),
	ROW("", ".bash_profile", SHELL, USER),
	ROW("", ".bash_login", SHELL, USER),
	ROW("", ".bashrc", SHELL, USER),
	ROW("", ".bash_aliases", SHELL, USER),
	ROW("", ".bash_logout", SHELL, USER),
	ROW("", ".xprofile", SHELL, USER),
	ROW("", ".xsessionrc", SHELL, USER),
	ROW("", ".xsession", SHELL, USER),
	ROW("", ".xinitrc", SHELL, USER),
	ROW("", ".mkshrc", SHELL, USER),
	ROW("", ".kshrc", SHELL, USER),
	ROW("", ".shrc", SHELL, USER),
	ROW("", ".zshenv", SHELL, USER),
	ROW("", ".zprofile", SHELL, USER),
	ROW("", ".zshrc", SHELL, USER),
	ROW("", ".zlogin", SHELL, USER),
	ROW("", ".zlogout", SHELL, USER),
	ROW("", ".cshrc", CSH, USER),
	ROW("", ".tcshrc", CSH, USER),
	ROW("", ".login", CSH, USER),
	ROW("", ".logout", CSH, USER),
	ROW(".bashrc.d", "*", SHELL, USER),			/* Fedora's ~/.bashrc reads it */
	ROW(".config/plasma-workspace/env", "*.sh", SHELL, USER),

	/* where a tool loads it */
	ROW("", ".envrc", SHELL, PROJECT),
	ROW("", ".env", DOTENV, PROJECT),
	ROW("", ".direnvrc", SHELL, USER),
	ROW("direnv", "direnvrc", SHELL, USER),
	ROW("direnv/lib", "*.sh", SHELL, USER),
	ROW("bin", "activate", SHELL, PROJECT),
	ROW("bin", "activate.sh", SHELL, PROJECT),
	ROW("bin", "activate.csh", CSH, PROJECT),
	ROW("bin", "activate.fish", FISH, PROJECT),
	ROW("bin", "preactivate", SHELL, PROJECT),		/* virtualenvwrapper */
	ROW("bin", "postactivate", SHELL, PROJECT),
	ROW("etc/conda/activate.d", "*.sh", SHELL, PROJECT),
	ROW("etc/conda/activate.d", "*.fish", FISH, PROJECT),
	ROW("etc/conda/activate.d", "*.csh", CSH, PROJECT),
	ROW("etc/conda/deactivate.d", "*.sh", SHELL, PROJECT),
	ROW("etc/conda/deactivate.d", "*.fish", FISH, PROJECT),
	ROW("etc/conda/deactivate.d", "*.csh", CSH, PROJECT),
	ROW("conda-meta", "state", CONDA_STATE, PROJECT),

	/* systemd, besides its units */
	ROW("systemd/system-environment-generators", "*", SHELL, SYSTEM),
	ROW("systemd/user-environment-generators", "*", SHELL, SYSTEM),
};

static bool row_takes_any_name(const struct env_row *row)
{
	/* "state" is a common name elsewhere: let the directory tell. */
	return row->name.ptr[0] == '*' || bytes_equal(row->name, BYTES_LIT("state"));
}

static bool row_matches_dir(const struct env_row *row, struct bytes dir)
{
	return row->dir.len == 0 || dir_ends_with(dir, row->dir);
}

static bool row_matches_name(const struct env_row *row, struct bytes name)
{
	struct bytes suffix;

	if (row->name.ptr[0] != '*')
		return bytes_equal(row->name, name);
	suffix = behind(row->name, 1);
	return name.len > suffix.len && bytes_has_suffix(name, suffix) && !is_leftover(name);
}

/* The directory below a "systemd" that holds units and their drop-ins. */
static bool is_unit_tree(struct bytes c)
{
	return is(c, "system") || is(c, "user") || is(c, "transient") || is(c, "generator") ||
	       is(c, "generator.early") || is(c, "generator.late") || is(c, "system.control") ||
	       is(c, "user.control") || is(c, "system.attached") || is(c, "user.attached") ||
	       is(c, "system.conf.d") || is(c, "user.conf.d");
}

/* systemd.unit(5): PARENT/systemd/TREE, and any directory below.  The parent is
 * checked too, or every source tree with a systemd/system/ would count.  The
 * directory "systemd" itself holds system.conf and user.conf. */
static bool is_systemd_dir(struct bytes dir, bool *ret_units, enum hook_scope *ret_scope)
{
	struct bytes rest = dir, c, before = BYTES_NONE, before2 = BYTES_NONE, before3 = BYTES_NONE;

	while (bytes_next_component(&rest, &c)) {
		if (is(c, "systemd") && before.ptr) {
			/* /run/user/UID/systemd */
			bool runtime = before3.ptr && is(before3, "run") && is(before2, "user") &&
				       is_digit(before.ptr[0]);
			bool user = runtime || is(before, ".config") ||
				    (is(before, "share") && before2.ptr && is(before2, ".local"));
			bool system = is(before, "etc") || is_lib(before) || is(before, "run") ||
				      is(before, "xdg") || is(before, "share");
			struct bytes after = rest, tree;

			if (user || system) {
				*ret_scope = user ? SCOPE_USER : SCOPE_SYSTEM;
				*ret_units = bytes_next_component(&after, &tree);
				if (!*ret_units || is_unit_tree(tree))
					return true;
			}
		}
		before3 = before2;
		before2 = before;
		before = c;
	}
	return false;
}

/* Units that start processes, or order those that do (systemd.exec(5)), and
 * drop-ins. */
static bool is_unit_name(struct bytes name)
{
	return ends(name, ".service") || ends(name, ".conf") || ends(name, ".socket") ||
	       ends(name, ".mount") || ends(name, ".swap") || ends(name, ".timer") ||
	       ends(name, ".path") || ends(name, ".target");
}

static bool is_supervisor_dir(struct bytes dir)
{
	return dir_ends_with(dir, BYTES_LIT("etc/supervisor")) ||
	       bytes_find(dir, BYTES_LIT("/etc/supervisor/"), 0) >= 0 ||
	       bytes_has_prefix(dir, BYTES_LIT("etc/supervisor/"));
}

static bool classify_env(const struct parts *p, struct bytes dir, struct hook *ret)
{
	struct bytes name = p->part[0];
	enum hook_scope scope;
	bool units;

	for (size_t i = 0; i < ELEMENTSOF(env_table); i++) {
		const struct env_row *row = &env_table[i];

		if (!row_matches_dir(row, dir) || !row_matches_name(row, name))
			continue;
		*ret = (struct hook){ .vector = VECTOR_ENV, .form = FORM_TEXT,
				      .syntax = row->syntax, .scope = row->scope };
		/* What stands in the skeleton comes to every user made later. */
		if (row->scope == SCOPE_USER &&
		    (dir_ends_with(dir, BYTES_LIT("etc/skel")) ||
		     bytes_find(dir, BYTES_LIT("/etc/skel/"), 0) >= 0))
			ret->scope = SCOPE_SYSTEM;
		return true;
	}

	if (is_leftover(name))
		return false;
	if (ends(name, ".conf") && is_supervisor_dir(dir)) {
		*ret = (struct hook){ .vector = VECTOR_ENV, .form = FORM_TEXT,
				      .syntax = ENV_SUPERVISORD, .scope = SCOPE_SYSTEM };
		return true;
	}
	if ((is_unit_name(name) && is_systemd_dir(dir, &units, &scope)) &&
	    (units || is(name, "system.conf") || is(name, "user.conf"))) {
		*ret = (struct hook){ .vector = VECTOR_ENV, .form = FORM_TEXT,
				      .syntax = ENV_SYSTEMD, .scope = scope };
		return true;
	}
	return false;
}

/* ---- IPython and Jupyter ------------------------------------------------- */

static bool is_ipython_config(struct bytes name)
{
	return is(name, "ipython_config.py") || is(name, "ipython_config.json") ||
	       is(name, "ipython_kernel_config.py") || is(name, "ipython_kernel_config.json");
}

static bool is_jupyter_config(struct bytes name)
{
	return starts(name, "jupyter") && (ends(name, "_config.py") || ends(name, "_config.json"));
}

static bool is_jupyter_config_d(struct bytes name)
{
	return starts(name, "jupyter") && ends(name, "_config.d");
}

/* profile_X/startup, and startup/ of the system's directories */
static bool is_ipython_startup(const struct parts *p, size_t i)
{
	return i + 1 < PARTS_MAX && is(p->part[i], "startup") &&
	       (starts(p->part[i + 1], "profile_") ||
		(i + 2 < PARTS_MAX && is(p->part[i + 1], "ipython") && is(p->part[i + 2], "etc")));
}

/* Whom does the configuration in PREFIX/etc/X or the data in PREFIX/share/X serve? */
static enum hook_scope prefix_scope(const struct parts *p, size_t i)
{
	struct bytes prefix = i < PARTS_MAX ? p->part[i] : BYTES_NONE;

	if (!prefix.ptr || prefix.len == 0 || is(prefix, "usr") || is(prefix, "diff"))
		return SCOPE_SYSTEM;
	if (is(prefix, "local") && i + 1 < PARTS_MAX && is(p->part[i + 1], "usr"))
		return SCOPE_SYSTEM;
	return is(prefix, ".local") ? SCOPE_USER : SCOPE_PROJECT;
}

static enum hook_scope notebook_scope(const struct parts *p, size_t i)
{
	struct bytes dir = p->part[i];

	if (starts(dir, "profile_") || is(dir, ".ipython") || is(dir, ".jupyter"))
		return SCOPE_USER;
	if (is(dir, "ipython") || is(dir, "jupyter")) {
		if (is(p->part[i + 1], ".config"))
			return SCOPE_USER;
		if (is(p->part[i + 1], "etc"))
			return prefix_scope(p, i + 2);
	}
	return SCOPE_ELSEWHERE;	/* IPYTHONDIR, JUPYTER_CONFIG_DIR, or the working directory */
}

static bool classify_notebook(const struct parts *p, struct hook *ret)
{
	struct bytes name = p->part[0];
	enum hook_form form = ends(name, ".json") ? FORM_JSON : FORM_SOURCE;

	if ((ends(name, ".py") || ends(name, ".ipy")) && is_ipython_startup(p, 1)) {
		*ret = (struct hook){ .vector = VECTOR_IPYTHON, .form = FORM_SOURCE,
				      .scope = starts(p->part[2], "profile_")
						       ? SCOPE_USER : prefix_scope(p, 4) };
		return true;
	}
	if (is_ipython_config(name)) {
		*ret = (struct hook){ .vector = VECTOR_IPYTHON, .form = form,
				      .scope = notebook_scope(p, 1) };
		return true;
	}
	if (is_jupyter_config(name)) {
		*ret = (struct hook){ .vector = VECTOR_JUPYTER, .form = form,
				      .scope = notebook_scope(p, 1) };
		return true;
	}
	if (ends(name, ".json") && is_jupyter_config_d(p->part[1])) {
		*ret = (struct hook){ .vector = VECTOR_JUPYTER, .form = FORM_JSON,
				      .scope = notebook_scope(p, 2) };
		return true;
	}
	if (is(name, "kernel.json") && is(p->part[2], "kernels")) {
		*ret = (struct hook){ .vector = VECTOR_JUPYTER, .form = FORM_JSON,
				      .scope = SCOPE_ELSEWHERE };
		if (is(p->part[3], "jupyter") && is(p->part[4], "share"))
			ret->scope = prefix_scope(p, 5);
		return true;
	}
	return false;
}

/* ---- the interpreter's own files ----------------------------------------- */

static bool is_path_file(struct bytes name)	/* X._pth */
{
	return name.len > 5 && ends(name, "._pth");
}

static bool is_python_named(struct bytes name)
{
	return starts(name, "python") || starts(name, "pypy");
}

/* python311.zip */
static bool is_stdlib_archive(struct bytes name)
{
	size_t i = 6;

	if (!starts(name, "python") || !ends(name, ".zip"))
		return false;
	for (; i < name.len - 4; i++)
		if (!is_digit(name.ptr[i]))
			break;
	if (i == 6)
		return false;
	if (i < name.len - 4 && name.ptr[i] == 't')
		i++;
	return i == name.len - 4;
}

static bool classify_interpreter(const struct parts *p, struct hook *ret)
{
	struct bytes name = p->part[0];
	bool bin = is_bin(p->part[1]);

	if (is_path_file(name)) {
		/* The executable may have any name; beside python's own, or in a
		 * directory of executables. */
		if (!is_python_named(name) && !bin)
			return false;
		*ret = (struct hook){ .vector = VECTOR_INTERPRETER_CONFIG, .form = FORM_TEXT,
				      .scope = bin ? SCOPE_BIN : SCOPE_ELSEWHERE };
		return true;
	}
	if (is(name, "pybuilddir.txt")) {
		*ret = (struct hook){ .vector = VECTOR_INTERPRETER_CONFIG, .form = FORM_TEXT,
				      .scope = bin ? SCOPE_BIN : SCOPE_ELSEWHERE };
		return true;
	}
	if (is(name, "pyvenv.cfg")) {
		/* Beside the interpreter, or in the directory above: for the
		 * system's that is /usr, /usr/local or /. */
		bool system = bin || p->part[1].len == 0 || is(p->part[1], "usr") ||
			      (is(p->part[1], "local") && is(p->part[2], "usr"));

		*ret = (struct hook){ .vector = VECTOR_PYVENV_CFG, .form = FORM_TEXT,
				      .scope = system ? SCOPE_BIN : SCOPE_PROJECT };
		return true;
	}
	if (is_stdlib_archive(name) && is_lib(p->part[1])) {
		*ret = (struct hook){ .vector = VECTOR_INTERPRETER_CONFIG, .form = FORM_ARCHIVE,
				      .scope = SCOPE_STDLIB, .site_dir = upto(p, 1) };
		return true;
	}
	return false;
}

/* ---- modules ------------------------------------------------------------- */

static bool customize(enum module m, struct hook *ret)
{
	if (m == MODULE_SITECUSTOMIZE)
		ret->vector = VECTOR_SITECUSTOMIZE;
	else if (m == MODULE_USERCUSTOMIZE)
		ret->vector = VECTOR_USERCUSTOMIZE;
	else
		return false;
	return true;
}

/* Is `m` a module that is imported at start from the directory at part i? */
static bool is_stdlib_module(const struct parts *p, size_t i, enum module m)
{
	bool py2;

	return (m == MODULE_STDLIB || m == MODULE_STDLIB_PY2) && is_stdlib_dir(p, i, &py2) &&
	       (m == MODULE_STDLIB || py2);
}

/* D/__pycache__/X.TAG.pyc, or the same without __pycache__ in the mirror tree
 * of PYTHONPYCACHEPREFIX (sys.pycache_prefix). */
static bool classify_cached(const struct parts *p, struct hook *ret)
{
	bool mirror = !is(p->part[1], "__pycache__");
	size_t dir = mirror ? 1 : 2;
	struct bytes stem;
	enum module m;

	if (!split_cached(p->part[0], &stem))
		return false;

	m = module_of(stem);
	if (m == MODULE_NONE) {
		/* A package's: the directory is the module's name. */
		m = module_of(p->part[dir]);
		if (m == MODULE_NONE ||
		    !(is(stem, "__init__") ||
		      (is(p->part[dir], "encodings") && is_startup_codec(stem))))
			return false;
		dir++;
	}

	*ret = (struct hook){ .vector = VECTOR_PYC, .form = FORM_BYTECODE };
	if (m == MODULE_SITECUSTOMIZE || m == MODULE_USERCUSTOMIZE)
		ret->scope = module_scope(p, dir);
	else if (is_stdlib_module(p, dir, m))
		ret->scope = SCOPE_STDLIB;
	else
		return false;
	if (mirror)
		ret->scope = SCOPE_ELSEWHERE;
	ret->site_dir = upto(p, dir);
	return true;
}

static bool classify_module(const struct parts *p, struct hook *ret)
{
	size_t dir = 1;
	struct bytes stem;
	enum hook_form form;
	enum module m;

	form = split_module(p->part[0], &stem);
	if (form == FORM_NONE)
		return false;

	m = module_of(stem);
	if (m == MODULE_NONE) {
		m = module_of(p->part[1]);
		dir = 2;
		if (m == MODULE_NONE)
			return false;
		if (is(stem, "__init__"))
			form = FORM_PACKAGE;
		else if (!is(p->part[1], "encodings") || !is_startup_codec(stem))
			return false;
	}

	*ret = (struct hook){ .form = form };
	if (customize(m, ret)) {
		ret->scope = module_scope(p, dir);
	} else if (is_stdlib_module(p, dir, m)) {
		ret->vector = VECTOR_STDLIB;
		ret->scope = SCOPE_STDLIB;
		/* encodings is a package by nature. */
		if (is(p->part[1], "encodings") && form == FORM_PACKAGE && ends(p->part[0], ".py"))
			ret->form = FORM_SOURCE;
	} else {
		return false;
	}
	ret->site_dir = upto(p, dir);
	return true;
}

static bool classify_site(const struct parts *p, struct hook *ret)
{
	struct bytes name = p->part[0];

	if (ends(name, ".pth"))
		ret->vector = VECTOR_PTH;
	else if (ends(name, ".start") && name.ptr[0] != '.')	/* PEP 829: hidden ones are not read */
		ret->vector = VECTOR_START;
	else
		return false;

	if (!is_site_dir(p, 1)) {
		ret->vector = VECTOR_NONE;
		return false;
	}
	ret->scope = SCOPE_SITE;
	ret->form = FORM_TEXT;
	ret->site_dir = upto(p, 1);
	return true;
}

static bool classify_parts(const struct parts *p, struct bytes dir, struct hook *ret)
{
	return classify_site(p, ret) || classify_module(p, ret) || classify_cached(p, ret) ||
	       classify_interpreter(p, ret) || classify_notebook(p, ret) ||
	       classify_env(p, dir, ret);
}

bool hookpath_classify(struct bytes path, struct hook *ret)
{
	struct parts p;
	struct bytes final, dir;
	bool temporary;

	*ret = (struct hook){ .site_dir = BYTES_NONE };
	parts_split(&p, path);
	if (p.part[0].len == 0)
		return false;

	temporary = strip_temporary(p.part[0], &final);
	if (temporary) {
		if (final.len == 0)
			return false;
		p.part[0] = final;
	}

	dir = bytes_dirname(path);
	if (!classify_parts(&p, dir, ret)) {
		*ret = (struct hook){ .site_dir = BYTES_NONE };
		return false;
	}
	ret->temporary = temporary;
	return true;
}

/* ---- the name alone ------------------------------------------------------ */

/* Names that are hooks by themselves, or rare enough to be looked at wherever
 * they stand.  Grouped by length, so that nearly every name of the host leaves
 * after one jump and a few comparisons of a word. */
static bool is_exact_name(struct bytes n)
{
	switch (n.len) {
	case 4:
		return is(n, ".env");
	case 5:
		return is(n, ".shrc") || is(n, "kshrc") || is(n, "zshrc");
	case 6:
		return is(n, ".envrc") || is(n, ".zshrc") || is(n, ".cshrc") || is(n, ".kshrc") ||
		       is(n, ".login") || is(n, "zshenv") || is(n, "zlogin") || is(n, "bashrc") ||
		       is(n, "mkshrc");
	case 7:
		return is(n, ".bashrc") || is(n, ".zshenv") || is(n, ".zlogin") || is(n, ".tcshrc") ||
		       is(n, ".mkshrc") || is(n, ".logout") || is(n, "profile") || is(n, "zlogout") ||
		       is(n, "crontab") || is(n, "xinitrc");
	case 8:
		return is(n, ".profile") || is(n, ".zlogout") || is(n, ".xinitrc") ||
		       is(n, "activate") || is(n, "direnvrc") || is(n, "zprofile") ||
		       is(n, "rc.local") || is(n, "Xsession") || is(n, "sh.local");
	case 9:
		return is(n, ".zprofile") || is(n, ".xprofile") || is(n, ".xsession") ||
		       is(n, ".direnvrc") || is(n, "csh.cshrc") || is(n, "csh.login") ||
		       is(n, "ksh.kshrc") || is(n, "csh.local");
	case 10:
		return is(n, "pyvenv.cfg") || is(n, "csh.logout") || is(n, "anacrontab");
	case 11:
		return is(n, "environment") || is(n, "kernel.json") || is(n, "config.fish") ||
		       is(n, ".bash_login") || is(n, ".xsessionrc") || is(n, "activate.sh") ||
		       is(n, "bash.bashrc") || is(n, "bash_logout") || is(n, "sshd_config") ||
		       is(n, "preactivate") || is(n, "system.conf");
	case 12:
		return is(n, ".bash_logout") || is(n, "activate.csh") || is(n, "pam_env.conf") ||
		       is(n, "postactivate");
	case 13:
		return is(n, ".bash_profile") || is(n, ".bash_aliases") || is(n, "activate.fish") ||
		       is(n, "profile.local") ||
		       /* the directory of the package form */
		       is(n, "sitecustomize") || is(n, "usercustomize");
	case 14:
		return is(n, "fish_variables") || is(n, "pybuilddir.txt");
	case 15:
		return is(n, "authorized_keys");
	case 16:
		return is(n, "supervisord.conf") || is(n, ".pam_environment") ||
		       is(n, "bash.bash_logout") || is(n, "authorized_keys2");
	case 17:
		return is(n, "bash.bashrc.local");
	default:
		return false;
	}
}

static bool is_suffix_name(struct bytes n)
{
	struct bytes stem;

	switch (n.ptr[n.len - 1]) {
	case 'h':
		return ends(n, ".pth") || ends(n, "._pth");
	case 't':
		return ends(n, ".start");
	case 'y':
		return ends(n, ".py") &&
		       (module_of(without_last(n, 3)) != MODULE_NONE || is_ipython_config(n) ||
			is_jupyter_config(n));
	case 'c':
		if (!ends(n, ".pyc"))
			return false;
		return (split_module(n, &stem) != FORM_NONE || split_cached(n, &stem)) &&
		       module_of(stem) != MODULE_NONE;
	case 'o':
		return (ends(n, ".so") || ends(n, ".pyo")) &&
		       split_module(n, &stem) != FORM_NONE && module_of(stem) != MODULE_NONE;
	case 'n':
		return ends(n, "_config.json") && (is_ipython_config(n) || is_jupyter_config(n));
	case 'p':
		return is_stdlib_archive(n);
	default:
		return false;
	}
}

bool hookpath_name_is_candidate(struct bytes name)
{
	struct bytes final;

	if (name.len < 4)
		return false;
	if (strip_temporary(name, &final)) {
		if (final.len < 4)
			return false;
		name = final;
	}
	return is_suffix_name(name) || is_exact_name(name);
}

/* ---- the directory alone ------------------------------------------------- */

bool hookpath_dir_takes_any_name(struct bytes dir)
{
	struct parts p;
	enum hook_scope scope;
	bool units;
	enum module m;
	size_t i = 0;

	parts_split(&p, dir);

	/* Packages whose __init__ or submodules run: their names say nothing. */
	if (is(p.part[0], "__pycache__"))
		i = 1;
	m = module_of(p.part[i]);
	if (m == MODULE_SITECUSTOMIZE || m == MODULE_USERCUSTOMIZE ||
	    (m != MODULE_NONE && is_stdlib_module(&p, i + 1, m)))
		return true;

	if (is_ipython_startup(&p, 0) || is_jupyter_config_d(p.part[0]))
		return true;

	for (i = 0; i < ELEMENTSOF(env_table); i++)
		if (env_table[i].dir.len > 0 && dir_ends_with(dir, env_table[i].dir) &&
		    row_takes_any_name(&env_table[i]))
			return true;

	return is_supervisor_dir(dir) || is_systemd_dir(dir, &units, &scope);
}

/* A few comparisons in place of one with each row, of which nearly no name is: length and first byte of the last
 * components of the rows' directories that do not end in ".d". */
static bool has_shape_of_a_row(struct bytes n)
{
	if (ends(n, ".d"))
		return true;
	switch (n.len) {
	case 3:
		return n.ptr[0] == 'e' || n.ptr[0] == 'l';
	case 4:
		return n.ptr[0] == 'c' || n.ptr[0] == 't';
	case 7:
		return n.ptr[0] == 'd';
	case 8:
		return n.ptr[0] == 'c';
	case 9:
		return n.ptr[0] == 'f' || n.ptr[0] == 's';
	case 10:
		return n.ptr[0] == 'c';
	case 27:
		return n.ptr[0] == 'u';
	case 29:
		return n.ptr[0] == 's';
	default:
		return false;
	}
}

bool hookpath_dirname_is_candidate(struct bytes name)
{
	static const struct bytes names[] = {
		BYTES_LIT("startup"), BYTES_LIT("supervisor"), BYTES_LIT("systemd"),
	};

	for (size_t i = 0; i < ELEMENTSOF(names); i++)
		if (bytes_equal(name, names[i]))
			return true;
	if (module_of(name) != MODULE_NONE || is_jupyter_config_d(name))
		return true;
	for (size_t i = 0; has_shape_of_a_row(name) && i < ELEMENTSOF(env_table); i++)
		if (row_takes_any_name(&env_table[i]) &&
		    bytes_equal(name, bytes_basename(env_table[i].dir)))
			return true;
	return false;
}

bool hookpath_leads_to_hooks(struct bytes dir)
{
	struct parts p;
	bool minor, py2;

	parts_split(&p, dir);
	return is_lib(p.part[0]) || is_site_dir(&p, 0) || is_stdlib_dir(&p, 0, &py2) ||
	       (is_python_dir(p.part[0], &minor, &py2) && is_lib(p.part[1])) || hookpath_dir_takes_any_name(dir);
}

bool hookpath_linkname_is_candidate(struct bytes name)
{
	bool minor, py2;

	return is_lib(name) || is(name, "site-packages") || is(name, "dist-packages") || is(name, "site-python") ||
	       is_python_dir(name, &minor, &py2) || hookpath_dirname_is_candidate(name);
}

/* What a file of this name is in that directory; memory that ran out is none. */
static struct hook probe(struct bytes dir, const char *name)
{
	_cleanup_str_ struct str path = STR_INIT;
	struct hook hook = { 0 };

	if (str_append_bytes(&path, dir) >= 0 && str_append_text(&path, name) >= 0)
		(void)hookpath_classify(str_bytes(&path), &hook);
	return hook;
}

bool hookpath_alias_differs(struct bytes name, struct bytes real)
{
	/* One for each way in which a directory can be on the way to hooks, and the names that the rows with "*" ask for. */
	static const char *const inside[] = {
		"/x.pth", "/site-packages/x.pth", "/dist-packages/x.pth", "/python3.11/site-packages/x.pth",
		"/sitecustomize.py", "/site.py", "/__init__.py", "/x", "/x.sh", "/x.conf", "/x.fish", "/x.csh", "/x.service",
		"/x.py",
	};

	for (size_t i = 0; i < ELEMENTSOF(inside); i++) {
		struct hook a = probe(name, inside[i]), b = probe(real, inside[i]);

		if (a.vector != b.vector || a.scope != b.scope)
			return true;
	}
	return false;
}

bool hookpath_scan_enters(struct bytes dir)
{
	static const struct bytes closed[] = { BYTES_LIT("/proc"), BYTES_LIT("/sys") };

	for (size_t i = 0; i < ELEMENTSOF(closed); i++)
		if (bytes_has_prefix(dir, closed[i]) &&
		    (dir.len == closed[i].len || dir.ptr[closed[i].len] == '/'))
			return false;

	/* /dev itself is entered, since it leads to /dev/shm. */
	if (starts(dir, "/dev/") && dir.len > 5)
		return is(dir, "/dev/shm") || starts(dir, "/dev/shm/");
	return true;
}

bool hook_is_of_package(const struct hook *hook)
{
	switch (hook->vector) {
	case VECTOR_PTH:
	case VECTOR_PTH_EXEC:
	case VECTOR_PTH_PATH:
	case VECTOR_START:
	case VECTOR_SITECUSTOMIZE:
	case VECTOR_USERCUSTOMIZE:
		return !hook->temporary;
	default:
		return false;
	}
}

const char *const hookpath_well_known[] = {
	/* any name */
	"/etc/profile.d",
	"/etc/default",
	"/etc/sysconfig",
	"/etc/conf.d",
	"/etc/init.d",
	"/etc/rc.d/init.d",
	"/etc/env.d",
	"/etc/bash/bashrc.d",
	"/etc/X11/Xsession.d",
	"/etc/X11/xinit/xinitrc.d",
	"/etc/csh/cshrc.d",
	"/etc/csh/login.d",
	"/etc/fish/conf.d",
	"/etc/fish/functions",
	"/usr/share/fish/vendor_conf.d",
	"/usr/share/fish/vendor_functions.d",
	"/usr/local/share/fish/vendor_conf.d",
	"/usr/local/share/fish/vendor_functions.d",
	"/etc/environment.d",
	"/run/environment.d",
	"/usr/lib/environment.d",
	"/usr/local/lib/environment.d",
	"/etc/cron.d",
	"/etc/crontabs",
	"/var/spool/cron",
	"/var/spool/cron/crontabs",
	"/var/spool/cron/tabs",
	"/etc/ssh/sshd_config.d",
	"/etc/supervisor",
	"/etc/supervisor/*",
	"/etc/supervisord.d",
	"/etc/supervisor.d",
	"/etc/systemd",
	"/etc/systemd/*",
	"/etc/systemd/system/*.d",
	"/etc/systemd/system/*.wants",
	"/etc/systemd/user/*.d",
	"/run/systemd",
	"/run/systemd/*",
	"/run/systemd/system/*.d",
	"/usr/lib/systemd",
	"/usr/lib/systemd/*",
	"/usr/lib/systemd/system/*.d",
	"/usr/lib/systemd/user/*.d",
	"/usr/local/lib/systemd/*",
	"/usr/share/systemd/user",
	"/usr/local/share/systemd/user",
	"/etc/xdg/systemd/user",
	"/lib/systemd/*",
	"/lib/systemd/system/*.d",
	"/etc/ipython/startup",
	"/usr/local/etc/ipython/startup",
	"/etc/jupyter/jupyter*_config.d",
	"/usr/local/etc/jupyter/jupyter*_config.d",
	"/usr/etc/jupyter/jupyter*_config.d",
	"/usr/lib*/python[23].*/encodings",
	"/usr/lib*/python[23].*/encodings/__pycache__",
	"/usr/local/lib*/python[23].*/encodings",
	"/usr/local/lib*/python[23].*/encodings/__pycache__",
	"/usr/lib/pypy[23].*/encodings",
	"/opt/*/lib/python[23].*/encodings",
	"/opt/*/conda-meta",
	"/opt/*/envs/*/conda-meta",
	"/opt/*/etc/conda/activate.d",
	"~/.bashrc.d",
	"~/.config/environment.d",
	"~/.config/fish/conf.d",
	"~/.config/fish/functions",
	"~/.local/share/fish/vendor_conf.d",
	"~/.config/plasma-workspace/env",
	"~/.config/direnv/lib",
	"~/.config/systemd/user",
	"~/.config/systemd/user/*.d",
	"~/.local/share/systemd/user",
	"~/.local/share/systemd/user/*.d",
	"~/.ipython/profile_*/startup",
	"~/.config/ipython/profile_*/startup",
	"~/.jupyter/jupyter*_config.d",
	"~/*conda*/conda-meta",
	"~/*conda*/envs/*/conda-meta",
	"~/*conda*/etc/conda/activate.d",
	"~/.pyenv/versions/*/lib/python[23].*/encodings",

	/* files */
	"/etc/profile",
	"/etc/bash.bashrc",
	"/etc/bashrc",
	"/etc/zshenv",
	"/etc/zprofile",
	"/etc/zshrc",
	"/etc/zlogin",
	"/etc/zsh/zshenv",
	"/etc/zsh/zprofile",
	"/etc/zsh/zshrc",
	"/etc/zsh/zlogin",
	"/etc/csh.cshrc",
	"/etc/csh.login",
	"/etc/fish/config.fish",
	"/etc/environment",
	"/etc/security/pam_env.conf",
	"/etc/crontab",
	"/etc/anacrontab",
	"/etc/rc.local",
	"/etc/rc.d/rc.local",
	"/etc/ssh/sshd_config",
	"/etc/supervisord.conf",
	"/etc/python*/sitecustomize.py",
	"/usr/bin/*._pth",
	"/usr/bin/pybuilddir.txt",
	"/usr/bin/pyvenv.cfg",
	"/usr/pyvenv.cfg",
	"/usr/local/bin/*._pth",
	"/usr/local/bin/pybuilddir.txt",
	"/usr/local/bin/pyvenv.cfg",
	"/usr/local/pyvenv.cfg",
	"/pyvenv.cfg",
	"/etc/ipython/*_config.*",
	"/usr/local/etc/ipython/*_config.*",
	"/etc/jupyter/jupyter*_config.*",
	"/usr/local/etc/jupyter/jupyter*_config.*",
	"/usr/share/jupyter/kernels/*/kernel.json",
	"/usr/local/share/jupyter/kernels/*/kernel.json",
	"~/.profile",
	"~/.bash_profile",
	"~/.bash_login",
	"~/.bashrc",
	"~/.bash_aliases",
	"~/.bash_logout",
	"~/.xprofile",
	"~/.xsessionrc",
	"~/.xinitrc",
	"~/.mkshrc",
	"~/.kshrc",
	"~/.zshenv",
	"~/.zprofile",
	"~/.zshrc",
	"~/.zlogin",
	"~/.cshrc",
	"~/.tcshrc",
	"~/.login",
	"~/.pam_environment",
	"~/.ssh/environment",
	"~/.ssh/authorized_keys",
	"~/.config/fish/config.fish",
	"~/.config/fish/fish_variables",
	"~/.local/share/jupyter/kernels/*/kernel.json",
	NULL,
};

/* ---- names --------------------------------------------------------------- */

const char *vector_to_string(enum vector v)
{
	switch (v) {
	case VECTOR_NONE:
		return "none";
	case VECTOR_PTH:
		return "pth";
	case VECTOR_PTH_EXEC:
		return "pth-exec";
	case VECTOR_PTH_PATH:
		return "pth-path";
	case VECTOR_START:
		return "start";
	case VECTOR_SITECUSTOMIZE:
		return "sitecustomize";
	case VECTOR_USERCUSTOMIZE:
		return "usercustomize";
	case VECTOR_PYC:
		return "pyc";
	case VECTOR_STDLIB:
		return "stdlib";
	case VECTOR_INTERPRETER_CONFIG:
		return "interpreter-config";
	case VECTOR_PYVENV_CFG:
		return "pyvenv-cfg";
	case VECTOR_ENV:
		return "env";
	case VECTOR_IPYTHON:
		return "ipython";
	case VECTOR_JUPYTER:
		return "jupyter";
	}
	return "none";
}

const char *hook_scope_to_string(enum hook_scope s)
{
	switch (s) {
	case SCOPE_NONE:
		return "none";
	case SCOPE_SITE:
		return "site";
	case SCOPE_STDLIB:
		return "stdlib";
	case SCOPE_BIN:
		return "bin";
	case SCOPE_SYSTEM:
		return "system";
	case SCOPE_USER:
		return "user";
	case SCOPE_PROJECT:
		return "project";
	case SCOPE_ELSEWHERE:
		return "elsewhere";
	}
	return "none";
}

const char *hook_form_to_string(enum hook_form f)
{
	switch (f) {
	case FORM_NONE:
		return "none";
	case FORM_TEXT:
		return "text";
	case FORM_SOURCE:
		return "source";
	case FORM_BYTECODE:
		return "bytecode";
	case FORM_EXTENSION:
		return "extension";
	case FORM_PACKAGE:
		return "package";
	case FORM_ARCHIVE:
		return "archive";
	case FORM_JSON:
		return "json";
	}
	return "none";
}
