/* variable.c - the table, and the grammar of warning filters.
 *
 * Variables that run nothing are not in the table; of a name that starts with PYTHON and is not known here, a
 * later version of Python may think something, which the alert says without a judgement.
 */
#include "variable.h"

#include "cleanup.h"

static const struct variable table[] = {
	/* getpath.py: the program that "started", by which prefix and pyvenv.cfg are found.  Not ignored with -I. */
	{ "PYTHONEXECUTABLE", INDICATOR_HIJACK_VARIABLE, VARIABLE_PATH },
	{ "__PYVENV_LAUNCHER__", INDICATOR_HIJACK_VARIABLE, VARIABLE_PATH },
	/* initconfig.c */
	{ "PYTHONPATH", INDICATOR_PATH_VARIABLE, VARIABLE_MODULES },
	{ "PYTHONHOME", INDICATOR_PATH_VARIABLE, VARIABLE_LIST },	/* prefix[:exec_prefix] */
	{ "PYTHONPLATLIBDIR", INDICATOR_PATH_VARIABLE, VARIABLE_NAME },
	{ "PYTHONPYCACHEPREFIX", INDICATOR_PATH_VARIABLE, VARIABLE_CACHE },
	{ "PYTHONUSERBASE", INDICATOR_PATH_VARIABLE, VARIABLE_PATH },	/* site.py */
	{ "PYTHONSTARTUP", INDICATOR_STARTUP_VARIABLE, VARIABLE_SCRIPT },	/* Modules/main.c */
	{ "PYTHONWARNINGS", INDICATOR_COUNT, VARIABLE_WARNINGS },
	{ "PYTHONBREAKPOINT", INDICATOR_COUNT, VARIABLE_CALLABLE },	/* Python/sysmodule.c, sys_breakpointhook() */
	{ "PYTHON_PRESITE", INDICATOR_HIJACK_VARIABLE, VARIABLE_ANYTHING },	/* a module; debug builds since 3.13 */
	/* tools whose own .pth reads them */
	{ "PYTHONHUNTER", INDICATOR_STARTUP_VARIABLE, VARIABLE_CODE },
	{ "PYTHONMANHOLE", INDICATOR_STARTUP_VARIABLE, VARIABLE_CODE },
	{ "AUTOWRAPT_BOOTSTRAP", INDICATOR_STARTUP_VARIABLE, VARIABLE_ANYTHING },
	{ "COVERAGE_PROCESS_START", INDICATOR_COUNT, VARIABLE_PATH },
	{ "IPYTHONDIR", INDICATOR_COUNT, VARIABLE_PATH },
	{ "JUPYTER_CONFIG_DIR", INDICATOR_COUNT, VARIABLE_PATH },
	{ "JUPYTER_CONFIG_PATH", INDICATOR_COUNT, VARIABLE_LIST },
	{ "JUPYTER_DATA_DIR", INDICATOR_COUNT, VARIABLE_PATH },
	{ "JUPYTER_PATH", INDICATOR_COUNT, VARIABLE_LIST },
};

const struct variable *variable_find(struct bytes name)
{
	for (size_t i = 0; i < ELEMENTSOF(table); i++)
		if (bytes_equal(name, bytes_of(table[i].name)))
			return &table[i];
	return NULL;
}

/* Packages whose own manuals tell to filter their warnings this way.  Somebody who can plant a
 * module of such a name where it would be found has a hook of his own there. */
static bool is_ordinary_module(struct bytes module)
{
	static const struct bytes ordinary[] = {
		BYTES_LIT("builtins"), BYTES_LIT("warnings"), BYTES_LIT("urllib3"), BYTES_LIT("requests"),
		BYTES_LIT("sqlalchemy"), BYTES_LIT("pkg_resources"), BYTES_LIT("setuptools"), BYTES_LIT("cryptography"),
		BYTES_LIT("numpy"), BYTES_LIT("pandas"), BYTES_LIT("pytest"), BYTES_LIT("django"), BYTES_LIT("jinja2"),
		BYTES_LIT("sklearn"), BYTES_LIT("marshmallow"), BYTES_LIT("pydantic"),
	};
	ptrdiff_t dot = bytes_find_byte(module, '.', 0);
	struct bytes top = dot < 0 ? module : bytes_slice(module, 0, (size_t)dot);

	for (size_t i = 0; i < ELEMENTSOF(ordinary); i++)
		if (bytes_equal(top, ordinary[i]))
			return true;
	return false;
}

/* The n-th field of what colons separate, without blanks; empty: there is none. */
static struct bytes nth_field(struct bytes filter, unsigned n)
{
	size_t at = 0;

	for (;; n--) {
		ptrdiff_t colon = bytes_find_byte(filter, ':', at);
		size_t end = colon < 0 ? filter.len : (size_t)colon;

		if (n == 0)
			return bytes_trim(bytes_slice(filter, at, end - at));
		if (colon < 0)
			return bytes_slice(filter, 0, 0);
		at = end + 1;
	}
}

/* action:message:category:module:lineno (Lib/warnings.py, _setoption; Python/initconfig.c splits at commas). */
bool variable_next_warning_module(struct bytes value, size_t *at, struct bytes *ret_module)
{
	while (*at < value.len) {
		ptrdiff_t comma = bytes_find_byte(value, ',', *at);
		size_t end = comma < 0 ? value.len : (size_t)comma;
		struct bytes category = nth_field(bytes_slice(value, *at, end - *at), 2);
		ptrdiff_t dot = bytes_find_last_byte(category, '.');

		*at = end + (comma >= 0);
		if (dot <= 0 || is_ordinary_module(category))
			continue;
		*ret_module = bytes_slice(category, 0, (size_t)dot);
		return true;
	}
	return false;
}
