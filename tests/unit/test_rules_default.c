/* The rules that are shipped: what level and what DetectionType an event gets.
 *
 * Runs in the source tree, where packaging/rules.d is. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "place.h"
#include "rule_fixture.h"

static struct ruleset *rules;
static struct engine *engine;

#define SITE_DIR "/usr/lib/python3/dist-packages/"
#define OTHER DETECTION_PYTHON_STARTUP_FILE_MODIFIED
#define PTH DETECTION_PTH_FILE_CREATED
#define CUSTOMIZE DETECTION_SITECUSTOMIZE_MODIFIED
#define ENV DETECTION_PYTHON_ENV_SET
#define CRITICAL LEVEL_CRITICAL
#define HIGH LEVEL_HIGH
#define MEDIUM LEVEL_MEDIUM
#define LOW LEVEL_LOW
#define INFO LEVEL_INFORMATIONAL

/* One event.  What is not set is the fixture's: bash created a file with code. */
struct row {
	const char *path;
	enum vector vector;
	enum hook_scope scope;
	enum content_verdict verdict;
	enum change change;
	const char *image, *installer;
	bool verified, temporary, hidden, scan, unknown_writer;
	unsigned places;
	const char *name, *value;	/* a variable */
	bool undecidable;
	const char *line;		/* the one that runs, if it is another than the fixture's */
	unsigned more_lines;		/* that run */
	enum package { NOT_ASKED, NO_PACKAGE, FITS, DIFFERS, NAMED, UNPROVED } package;
	bool other_root;
	enum shadow_kind shadow;
	enum level level;
	enum detection_type type;
};

/* What the databases of packages say. */
static const struct provenance packages[] = {
	[NOT_ASKED] = { .asked = false },
	[NO_PACKAGE] = { .asked = true },
	[FITS] = { .asked = true, .kind = PROVENANCE_RECORD, .has_digest = true, .match = true },
	[DIFFERS] = { .asked = true, .kind = PROVENANCE_RECORD, .has_digest = true },
	[NAMED] = { .asked = true, .kind = PROVENANCE_EGG },
	[UNPROVED] = { .asked = true, .kind = PROVENANCE_RECORD },
};

static void fill(struct fixture *x, const struct row *row)
{
	if (row->name)
		fixture_init_env(x, row->name, row->value);
	else
		fixture_init(x);
	x->event.path = bytes_of(row->path);
	x->event.feed = row->scan ? FEED_SCAN : FEED_LIVE;
	x->facts.hook.vector = row->vector;
	x->facts.hook.scope = row->scope;
	x->facts.hook.temporary = row->temporary;
	x->facts.change = row->change ? row->change : CHANGE_CREATED;
	x->facts.content.verdict = row->verdict;
	x->facts.content.hidden = row->hidden;
	if (row->verdict != CONTENT_EXECUTES || row->vector == VECTOR_PTH_PATH)
		x->facts.content.line_count = 0;
	if (row->line) {
		x->facts.content.line_count = 1;
		x->facts.content.executing = 1 + row->more_lines;
		x->facts.content.lines[0].text = bytes_of(row->line);
	}
	x->facts.content.places = row->places;
	x->facts.env.undecidable = row->undecidable;
	x->facts.installer.verified = row->verified;
	if (row->installer)
		x->facts.installer.name = row->installer;
	x->facts.provenance = packages[row->package];
	if (row->other_root)
		x->facts.container_path = BYTES_LIT("/usr/lib/x.pth");
	x->facts.shadow.kind = row->shadow;
	if (row->shadow != SHADOW_NONE)
		x->facts.shadow.shadows = BYTES_LIT("/usr/lib/python3/dist-packages/sitecustomize.pyc");
	if (row->image)
		x->image.exe = bytes_of(row->image);
	if (row->scan || row->unknown_writer)
		x->facts.attribution = (struct attribution){ .source = ATTRIBUTION_NONE };
}

static struct verdict judge(const struct row *row)
{
	struct fixture x;
	struct verdict v;

	fill(&x, row);
	assert_int_equal(engine_run(engine, &x.facts, &v), 0);
	fixture_release(&x);
	return v;
}

#define EXEC .verdict = CONTENT_EXECUTES
#define INERT .verdict = CONTENT_INERT
#define UNREAD .verdict = CONTENT_UNREAD
#define KNOWN_PTH SITE_DIR "distutils-precedence.pth"
#define KNOWN \
	"import os; var = 'SETUPTOOLS_USE_DISTUTILS'; enabled = os.environ.get(var, 'local') == 'local'; " \
	"enabled and __import__('_distutils_hack').add_shim(); "

static const struct row rows[] = {
	/* .pth */
	{ SITE_DIR "a.pth", VECTOR_PTH_EXEC, SCOPE_SITE, EXEC, .level = HIGH, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH_EXEC, SCOPE_SITE, EXEC, .unknown_writer = true, .level = HIGH, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH_EXEC, SCOPE_SITE, EXEC, .scan = true, .level = HIGH, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH_EXEC, SCOPE_SITE, .verdict = CONTENT_SUSPICIOUS, .level = HIGH, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH_EXEC, SCOPE_SITE, .verdict = CONTENT_SUSPICIOUS, .verified = true, .package = FITS, .level = HIGH, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH_EXEC, SCOPE_SITE, .verdict = CONTENT_MALICIOUS, .verified = true, .package = FITS, .level = CRITICAL, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH_EXEC, SCOPE_SITE, .verdict = CONTENT_MALICIOUS, .change = CHANGE_UNCHANGED, .level = INFO, .type = PTH },
	/* ... and its package */
	{ SITE_DIR "a.pth", VECTOR_PTH_EXEC, SCOPE_SITE, EXEC, .verified = true, .installer = "pip", .package = FITS, .level = MEDIUM, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH_EXEC, SCOPE_SITE, EXEC, .verified = true, .installer = "pip", .package = NAMED, .level = MEDIUM, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH_EXEC, SCOPE_SITE, EXEC, .verified = true, .installer = "pip", .package = NOT_ASKED, .level = MEDIUM, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH_EXEC, SCOPE_SITE, EXEC, .verified = true, .installer = "pip", .package = NO_PACKAGE, .level = HIGH, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH_EXEC, SCOPE_SITE, EXEC, .verified = true, .installer = "pip", .package = DIFFERS, .level = HIGH, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH_EXEC, SCOPE_SITE, EXEC, .verified = true, .installer = "pip", .package = UNPROVED, .level = HIGH, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH_EXEC, SCOPE_SITE, EXEC, .verified = true, .installer = "dpkg", .package = NO_PACKAGE, .other_root = true, .level = MEDIUM, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH_EXEC, SCOPE_SITE, EXEC, .verified = true, .installer = "docker", .package = NO_PACKAGE, .level = MEDIUM, .type = PTH },
	{ SITE_DIR "a.start", VECTOR_START, SCOPE_SITE, EXEC, .verified = true, .installer = "uv", .package = NO_PACKAGE, .level = HIGH, .type = OTHER },
	{ SITE_DIR "_virtualenv.pth", VECTOR_PTH_EXEC, SCOPE_SITE, EXEC, .verified = true, .installer = "uv", .package = NO_PACKAGE, .line = "import _virtualenv", .level = INFO, .type = PTH },
	{ SITE_DIR "sitecustomize.py", VECTOR_SITECUSTOMIZE, SCOPE_SITE, EXEC, .verified = true, .installer = "pip", .package = NO_PACKAGE, .level = HIGH, .type = OTHER },
	{ "/tmp/pip-build-env-x/site/sitecustomize.py", VECTOR_SITECUSTOMIZE, SCOPE_SITE, EXEC, .verified = true, .installer = "pip", .package = NO_PACKAGE, .level = INFO, .type = OTHER },
	{ SITE_DIR "a.pth", VECTOR_PTH_EXEC, SCOPE_SITE, EXEC, .package = FITS, .level = HIGH, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH_EXEC, SCOPE_SITE, EXEC, .scan = true, .package = FITS, .level = MEDIUM, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH_EXEC, SCOPE_SITE, EXEC, .scan = true, .package = DIFFERS, .level = HIGH, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH_EXEC, SCOPE_SITE, EXEC, .scan = true, .package = NAMED, .level = HIGH, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH_EXEC, SCOPE_SITE, EXEC, .scan = true, .package = NO_PACKAGE, .level = HIGH, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH_EXEC, SCOPE_SITE, .verdict = CONTENT_TEMPLATE, .scan = true, .package = FITS, .level = LOW, .type = PTH },
	{ SITE_DIR "a.start", VECTOR_START, SCOPE_SITE, EXEC, .scan = true, .package = FITS, .level = MEDIUM, .type = OTHER },
	{ SITE_DIR "sitecustomize.py", VECTOR_SITECUSTOMIZE, SCOPE_SITE, EXEC, .scan = true, .package = FITS, .level = MEDIUM, .type = CUSTOMIZE },
	{ SITE_DIR "a.pth", VECTOR_PTH_EXEC, SCOPE_SITE, .verdict = CONTENT_TEMPLATE, .level = LOW, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH_EXEC, SCOPE_SITE, EXEC, .change = CHANGE_MODIFIED, .level = HIGH, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH_EXEC, SCOPE_SITE, EXEC, .verified = true, .level = MEDIUM, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH_EXEC, SCOPE_SITE, EXEC, .verified = true, .line = KNOWN, .level = MEDIUM, .type = PTH },
	{ KNOWN_PTH, VECTOR_PTH_EXEC, SCOPE_SITE, EXEC, .verified = true, .line = KNOWN, .level = INFO, .type = PTH },
	{ KNOWN_PTH, VECTOR_PTH_EXEC, SCOPE_SITE, EXEC, .verified = true, .line = "import _virtualenv", .level = MEDIUM, .type = PTH },
	{ SITE_DIR "_virtualenv.pth", VECTOR_PTH_EXEC, SCOPE_SITE, EXEC, .verified = true, .line = "import _virtualenv", .level = MEDIUM, .type = PTH },
	{ KNOWN_PTH, VECTOR_PTH_EXEC, SCOPE_SITE, EXEC, .verified = true, .line = KNOWN, .more_lines = 1, .level = MEDIUM, .type = PTH },
	{ KNOWN_PTH, VECTOR_PTH_EXEC, SCOPE_SITE, EXEC, .verified = true, .line = KNOWN "evil()", .level = MEDIUM, .type = PTH },
	{ KNOWN_PTH, VECTOR_PTH_EXEC, SCOPE_SITE, EXEC, .line = KNOWN, .level = HIGH, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH_EXEC, SCOPE_SITE, EXEC, .change = CHANGE_UNCHANGED, .level = INFO, .type = PTH },
	{ SITE_DIR "a.pth.dpkg-new", VECTOR_PTH_EXEC, SCOPE_SITE, EXEC, .temporary = true, .level = INFO, .type = OTHER },
	{ SITE_DIR "a.pth", VECTOR_PTH_EXEC, SCOPE_SITE, EXEC, .hidden = true, .verified = true, .level = HIGH, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH_EXEC, SCOPE_SITE, EXEC, .hidden = true, .change = CHANGE_UNCHANGED, .level = INFO, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH, SCOPE_SITE, UNREAD, .level = HIGH, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH, SCOPE_SITE, INERT, .level = LOW, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH, SCOPE_SITE, UNREAD, .change = CHANGE_REMOVED, .level = LOW, .type = OTHER },
	{ SITE_DIR "a.pth", VECTOR_PTH, SCOPE_SITE, UNREAD, .change = CHANGE_REMOVED, .verified = true, .level = INFO, .type = OTHER },
	{ SITE_DIR "a.pth", VECTOR_PTH_PATH, SCOPE_SITE, EXEC, .level = LOW, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH_PATH, SCOPE_SITE, EXEC, .places = PLACE_MISSING | PLACE_NOT_ROOTS, .level = LOW, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH_PATH, SCOPE_SITE, EXEC, .places = PLACE_TEMPORARY, .level = HIGH, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH_PATH, SCOPE_SITE, EXEC, .places = PLACE_OTHERS_WRITE | PLACE_MISSING, .level = HIGH, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH_PATH, SCOPE_SITE, EXEC, .places = PLACE_HIDDEN, .level = HIGH, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH_PATH, SCOPE_SITE, EXEC, .places = PLACE_HIDDEN, .verified = true, .level = INFO, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH_PATH, SCOPE_SITE, EXEC, .verified = true, .level = INFO, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH_PATH, SCOPE_SITE, EXEC, .verified = true, .installer = "setuptools", .level = LOW, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH_PATH, SCOPE_SITE, EXEC, .places = PLACE_TEMPORARY, .verified = true, .level = MEDIUM, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH_PATH, SCOPE_SITE, EXEC, .places = PLACE_OTHERS_WRITE, .verified = true, .level = MEDIUM, .type = PTH },
	/* .start */
	{ SITE_DIR "a.start", VECTOR_START, SCOPE_SITE, EXEC, .level = HIGH, .type = OTHER },
	{ SITE_DIR "a.start", VECTOR_START, SCOPE_SITE, INERT, .level = MEDIUM, .type = OTHER },
	{ SITE_DIR "a.start", VECTOR_START, SCOPE_SITE, EXEC, .hidden = true, .verified = true, .level = MEDIUM, .type = OTHER },
	/* sitecustomize, usercustomize */
	{ SITE_DIR "sitecustomize.py", VECTOR_SITECUSTOMIZE, SCOPE_SITE, EXEC, .level = HIGH, .type = CUSTOMIZE },
	{ SITE_DIR "SiteCustomize.py", VECTOR_SITECUSTOMIZE, SCOPE_STDLIB, EXEC, .level = HIGH, .type = CUSTOMIZE },
	{ SITE_DIR "sitecustomize.py", VECTOR_SITECUSTOMIZE, SCOPE_SITE, EXEC, .verified = true, .level = MEDIUM, .type = OTHER },
	{ SITE_DIR "sitecustomize.py", VECTOR_SITECUSTOMIZE, SCOPE_STDLIB, EXEC, .verified = true, .level = INFO, .type = OTHER },
	{ "/tmp/pip-build-env-x/site/sitecustomize.py", VECTOR_SITECUSTOMIZE, SCOPE_SITE, EXEC, .verified = true, .level = INFO, .type = OTHER },
	{ SITE_DIR "sitecustomize.py", VECTOR_SITECUSTOMIZE, SCOPE_SITE, INERT, .level = LOW, .type = CUSTOMIZE },
	{ "/opt/agent/sitecustomize.py", VECTOR_SITECUSTOMIZE, SCOPE_ELSEWHERE, EXEC, .level = MEDIUM, .type = CUSTOMIZE },
	{ SITE_DIR "usercustomize.py", VECTOR_USERCUSTOMIZE, SCOPE_SITE, EXEC, .level = HIGH, .type = OTHER },
	{ "/opt/agent/usercustomize.py", VECTOR_USERCUSTOMIZE, SCOPE_ELSEWHERE, EXEC, .level = MEDIUM, .type = OTHER },
	{ SITE_DIR "sitecustomize.py", VECTOR_SITECUSTOMIZE, SCOPE_SITE, UNREAD, .change = CHANGE_REMOVED, .level = LOW, .type = OTHER },
	/* standard library */
	/* one that shadows another, whatever it holds */
	{ SITE_DIR "sitecustomize.py", VECTOR_SITECUSTOMIZE, SCOPE_SITE, INERT, .shadow = SHADOW_PATH, .level = LEVEL_CRITICAL, .type = CUSTOMIZE },
	{ SITE_DIR "sitecustomize.so", VECTOR_SITECUSTOMIZE, SCOPE_SITE, EXEC, .shadow = SHADOW_FORM, .level = LEVEL_CRITICAL, .type = CUSTOMIZE },
	{ SITE_DIR "sitecustomize.py", VECTOR_SITECUSTOMIZE, SCOPE_SITE, INERT, .shadow = SHADOW_ENVIRONMENT, .level = MEDIUM, .type = CUSTOMIZE },
	{ SITE_DIR "sitecustomize.py", VECTOR_SITECUSTOMIZE, SCOPE_SITE, INERT, .shadow = SHADOW_PATH, .verified = true, .level = LOW, .type = OTHER },
	{ SITE_DIR "sitecustomize.py", VECTOR_SITECUSTOMIZE, SCOPE_SITE, INERT, .shadow = SHADOW_PATH, .change = CHANGE_UNCHANGED, .level = INFO, .type = CUSTOMIZE },

	/* opened to others: of content nothing is new */
	{ SITE_DIR "a.pth", VECTOR_PTH_EXEC, SCOPE_SITE, EXEC, .change = CHANGE_PERMISSIONS, .level = MEDIUM, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH, SCOPE_SITE, INERT, .change = CHANGE_PERMISSIONS, .level = MEDIUM, .type = PTH },
	{ SITE_DIR "a.pth", VECTOR_PTH_EXEC, SCOPE_SITE, EXEC, .change = CHANGE_PERMISSIONS, .verified = true, .level = INFO, .type = PTH },
	{ SITE_DIR "sitecustomize.py", VECTOR_SITECUSTOMIZE, SCOPE_SITE, EXEC, .change = CHANGE_PERMISSIONS, .level = MEDIUM, .type = CUSTOMIZE },
	{ "/etc/environment", VECTOR_ENV, SCOPE_SYSTEM, INERT, .change = CHANGE_PERMISSIONS, .level = MEDIUM, .type = OTHER },
	{ SITE_DIR, VECTOR_NONE, SCOPE_NONE, UNREAD, .change = CHANGE_PERMISSIONS, .level = MEDIUM, .type = OTHER },
	{ SITE_DIR, VECTOR_NONE, SCOPE_NONE, UNREAD, .change = CHANGE_PERMISSIONS, .verified = true, .level = INFO, .type = OTHER },

	{ "/usr/lib/python3.11/encodings/utf_8.py", VECTOR_STDLIB, SCOPE_STDLIB, EXEC, .change = CHANGE_MODIFIED, .level = HIGH, .type = OTHER },
	{ "/usr/lib/python3.11/encodings/utf_8.py", VECTOR_STDLIB, SCOPE_STDLIB, EXEC, .level = MEDIUM, .type = OTHER },
	{ "/usr/lib/python3.11/encodings/utf_8.py", VECTOR_STDLIB, SCOPE_STDLIB, EXEC, .change = CHANGE_MODIFIED, .verified = true, .level = INFO, .type = OTHER },
	/* bytecode */
	{ SITE_DIR "__pycache__/x.pyc", VECTOR_PYC, SCOPE_SITE, EXEC, .level = HIGH, .type = OTHER },
	{ SITE_DIR "__pycache__/x.pyc", VECTOR_PYC, SCOPE_SITE, EXEC, .unknown_writer = true, .level = HIGH, .type = OTHER },
	{ SITE_DIR "__pycache__/x.pyc", VECTOR_PYC, SCOPE_STDLIB, EXEC, .image = "/usr/bin/python3.11", .level = LOW, .type = OTHER },
	{ SITE_DIR "__pycache__/x.pyc", VECTOR_PYC, SCOPE_STDLIB, EXEC, .image = "/opt/v/bin/pypy3.9", .level = LOW, .type = OTHER },
	{ SITE_DIR "__pycache__/x.pyc", VECTOR_PYC, SCOPE_STDLIB, EXEC, .image = "/usr/bin/python3.13t", .level = LOW, .type = OTHER },
	{ SITE_DIR "__pycache__/x.pyc", VECTOR_PYC, SCOPE_STDLIB, EXEC, .image = "/tmp/python3.11", .level = HIGH, .type = OTHER },
	{ SITE_DIR "__pycache__/x.pyc", VECTOR_PYC, SCOPE_STDLIB, EXEC, .image = "/usr/bin/not-python3/x", .level = HIGH, .type = OTHER },
	{ SITE_DIR "__pycache__/x.pyc", VECTOR_PYC, SCOPE_SITE, EXEC, .scan = true, .level = MEDIUM, .type = OTHER },
	{ "/opt/x/__pycache__/x.pyc", VECTOR_PYC, SCOPE_ELSEWHERE, EXEC, .level = LOW, .type = OTHER },
	{ SITE_DIR "__pycache__/x.pyc", VECTOR_PYC, SCOPE_SITE, INERT, .level = LOW, .type = OTHER },
	/* configuration of the interpreter */
	{ "/usr/bin/python3._pth", VECTOR_INTERPRETER_CONFIG, SCOPE_BIN, EXEC, .level = HIGH, .type = OTHER },
	{ "/usr/bin/python3._pth", VECTOR_INTERPRETER_CONFIG, SCOPE_BIN, INERT, .level = HIGH, .type = OTHER },
	{ "/usr/lib/python311.zip", VECTOR_INTERPRETER_CONFIG, SCOPE_STDLIB, UNREAD, .level = HIGH, .type = OTHER },
	{ "/src/pybuilddir.txt", VECTOR_INTERPRETER_CONFIG, SCOPE_ELSEWHERE, EXEC, .level = MEDIUM, .type = OTHER },
	{ "/usr/bin/python3._pth", VECTOR_INTERPRETER_CONFIG, SCOPE_BIN, EXEC, .verified = true, .level = INFO, .type = OTHER },
	{ "/usr/bin/pyvenv.cfg", VECTOR_PYVENV_CFG, SCOPE_BIN, EXEC, .level = HIGH, .type = OTHER },
	{ "/srv/v/pyvenv.cfg", VECTOR_PYVENV_CFG, SCOPE_ELSEWHERE, EXEC, .level = LOW, .type = OTHER },
	/* IPython, Jupyter */
	{ "/home/a/.ipython/profile_default/startup/00.py", VECTOR_IPYTHON, SCOPE_USER, EXEC, .level = MEDIUM, .type = OTHER },
	{ "/home/a/.jupyter/jupyter_config.json", VECTOR_JUPYTER, SCOPE_USER, EXEC, .level = MEDIUM, .type = OTHER },
	{ "/home/a/.jupyter/jupyter_config.json", VECTOR_JUPYTER, SCOPE_USER, INERT, .level = LOW, .type = OTHER },

	/* variables */
#define E VECTOR_ENV
	/* What activate scripts restore is anybody's in a shell's own file. */
	{ "/root/.bashrc", E, SCOPE_USER, .name = "PYTHONHOME", .value = "$_OLD_VIRTUAL_PYTHONHOME", .undecidable = true, .places = PLACE_UNDECIDABLE, .level = HIGH, .type = DETECTION_PYTHON_ENV_SET },
	/* A file of variables of which no assignment is known. */
	{ "/root/.bashrc", E, SCOPE_USER, UNREAD, .level = MEDIUM, .type = DETECTION_PYTHON_ENV_SET },
	{ "/root/.bashrc", E, SCOPE_USER, .verdict = CONTENT_SUSPICIOUS, .level = HIGH, .type = DETECTION_PYTHON_ENV_SET },
	{ "/etc/environment", E, SCOPE_SYSTEM, .name = "PYTHONPATH", .value = "/opt/x", .level = MEDIUM, .type = DETECTION_PYTHONPATH_ENV_SET },
	{ "/etc/environment", E, SCOPE_SYSTEM, .name = "PYTHONPATH", .value = "/tmp/x", .places = PLACE_TEMPORARY, .level = HIGH, .type = DETECTION_PYTHONPATH_ENV_SET },
	{ "/home/a/.bashrc", E, SCOPE_USER, .name = "PYTHONPATH", .value = "/home/a/x", .places = PLACE_NOT_ROOTS, .level = HIGH, .type = DETECTION_PYTHONPATH_ENV_SET },
	{ "/etc/environment", E, SCOPE_SYSTEM, .name = "PYTHONPATH", .value = "/tmp/x", .places = PLACE_TEMPORARY, .verified = true, .level = INFO, .type = DETECTION_PYTHONPATH_ENV_SET },
	{ "/etc/environment", E, SCOPE_SYSTEM, .name = "PYTHONPATH", .value = "/tmp/x", .places = PLACE_TEMPORARY, .change = CHANGE_UNCHANGED, .level = INFO, .type = DETECTION_PYTHONPATH_ENV_SET },
	{ "/etc/environment", E, SCOPE_SYSTEM, .name = "PYTHONPATH", .value = "", .level = LOW, .type = DETECTION_PYTHONPATH_ENV_SET },
	{ "/etc/environment", E, SCOPE_SYSTEM, .name = "PYTHONPATH", .value = "", .undecidable = true, .places = PLACE_UNDECIDABLE, .level = HIGH, .type = DETECTION_PYTHONPATH_ENV_SET },
	{ "/home/a/p/.env", E, SCOPE_PROJECT, .name = "PYTHONPATH", .value = "src", .places = PLACE_RELATIVE, .level = MEDIUM, .type = DETECTION_PYTHONPATH_ENV_SET },
	{ "/home/a/v/bin/activate", E, SCOPE_PROJECT, .name = "PYTHONPATH", .value = "/opt/x", .level = HIGH, .type = DETECTION_PYTHONPATH_ENV_SET },
	{ "/home/a/v/bin/activate.fish", E, SCOPE_PROJECT, .name = "PYTHONSTARTUP", .value = "/opt/x", .level = HIGH, .type = DETECTION_PYTHONSTARTUP_ENV_SET },
	{ "/opt/conda/etc/conda/activate.d/x.sh", E, SCOPE_PROJECT, .name = "PYTHONHOME", .value = "/opt/x", .level = HIGH, .type = ENV },
	{ "/opt/conda/envs/a/conda-meta/state", E, SCOPE_PROJECT, .name = "PYTHONHOME", .value = "/opt/x", .level = HIGH, .type = ENV },
	{ "/home/a/v/bin/activate", E, SCOPE_PROJECT, .name = "PYTHONPATH", .value = "/opt/x", .verified = true, .level = INFO, .type = DETECTION_PYTHONPATH_ENV_SET },
	{ "/home/a/v/bin/activate", E, SCOPE_PROJECT, .name = "PYTHONHOME", .value = "${_OLD_VIRTUAL_PYTHONHOME:-}", .places = PLACE_UNDECIDABLE, .level = LOW, .type = ENV },
	{ "/home/a/v/bin/activate.fish", E, SCOPE_PROJECT, .name = "PYTHONHOME", .value = "$_OLD_VIRTUAL_PYTHONHOME", .places = PLACE_UNDECIDABLE, .level = LOW, .type = ENV },
	{ "/home/a/v/bin/activate", E, SCOPE_PROJECT, .name = "PYTHONHOME", .value = "/x$_OLD_VIRTUAL_PYTHONHOME", .level = HIGH, .type = ENV },
	{ "/etc/profile", E, SCOPE_SYSTEM, .name = "PYTHONSTARTUP", .value = "/etc/pythonrc", .level = MEDIUM, .type = DETECTION_PYTHONSTARTUP_ENV_SET },
	{ "/home/a/.bashrc", E, SCOPE_USER, .name = "PYTHONSTARTUP", .value = "$HOME/.x.py", .places = PLACE_HIDDEN, .level = HIGH, .type = DETECTION_PYTHONSTARTUP_ENV_SET },
	{ "/etc/profile", E, SCOPE_SYSTEM, .name = "PYTHONHOME", .value = "x", .places = PLACE_RELATIVE, .level = HIGH, .type = ENV },
	{ "/etc/profile", E, SCOPE_SYSTEM, .name = "PYTHONEXECUTABLE", .value = "/opt/x", .places = PLACE_MISSING, .level = HIGH, .type = ENV },
	{ "/etc/profile", E, SCOPE_SYSTEM, .name = "__PYVENV_LAUNCHER__", .value = "/opt/x", .places = PLACE_OTHERS_WRITE, .level = HIGH, .type = ENV },
	{ "/etc/profile", E, SCOPE_SYSTEM, .name = "PYTHONPYCACHEPREFIX", .value = "/var/cache/pyc", .level = MEDIUM, .type = ENV },
	{ "/etc/profile", E, SCOPE_SYSTEM, .name = "PYTHONUSERBASE", .value = "/srv/x", .places = PLACE_NOT_ROOTS, .level = HIGH, .type = ENV },
	{ "/home/a/.profile", E, SCOPE_USER, .name = "PYTHONUSERBASE", .value = "$HOME/.local", .places = PLACE_HIDDEN, .level = LOW, .type = ENV },
	{ "/etc/profile", E, SCOPE_SYSTEM, .name = "PYTHONWARNINGS", .value = "ignore::antigravity.W", .level = HIGH, .type = ENV },
	{ "/etc/profile", E, SCOPE_SYSTEM, .name = "PYTHONWARNINGS", .value = "once,ignore::mod.C", .level = HIGH, .type = ENV },
	{ "/etc/profile", E, SCOPE_SYSTEM, .name = "PYTHONWARNINGS", .value = "ignore::DeprecationWarning,error::UserWarning:my.mod", .level = LOW, .type = ENV },
	{ "/etc/profile", E, SCOPE_SYSTEM, .name = "PYTHONWARNINGS", .value = "ignore", .level = LOW, .type = ENV },
	{ "/etc/profile", E, SCOPE_SYSTEM, .name = "PYTHONWARNINGS", .value = "$X", .undecidable = true, .level = MEDIUM, .type = ENV },
	{ "/home/a/p/.env", E, SCOPE_PROJECT, .name = "PYTHONWARNINGS", .value = "ignore::mod.C", .level = MEDIUM, .type = ENV },
	{ "/etc/profile", E, SCOPE_SYSTEM, .name = "PYTHONPLATLIBDIR", .value = "../../tmp", .level = HIGH, .type = ENV },
	{ "/etc/profile", E, SCOPE_SYSTEM, .name = "PYTHONPLATLIBDIR", .value = "lib64", .level = LOW, .type = ENV },
	{ "/etc/profile", E, SCOPE_SYSTEM, .name = "PYTHONBREAKPOINT", .value = "x.y", .places = PLACE_RELATIVE, .level = MEDIUM, .type = ENV },
	{ "/etc/profile", E, SCOPE_SYSTEM, .name = "PYTHONBREAKPOINT", .value = "0", .level = LOW, .type = ENV },
	{ "/etc/profile", E, SCOPE_SYSTEM, .name = "PYTHONHUNTER", .value = "module='x'", .level = MEDIUM, .type = ENV },
	{ "/etc/profile", E, SCOPE_SYSTEM, .name = "PYTHON_FROZEN_MODULES", .value = "off", .level = MEDIUM, .type = ENV },
	{ "/etc/profile", E, SCOPE_SYSTEM, .name = "PYTHON_FROZEN_MODULES", .value = "on", .level = LOW, .type = ENV },
	{ "/etc/profile", E, SCOPE_SYSTEM, .name = "PYTHONINSPECT", .value = "1", .level = LOW, .type = ENV },
	{ "/etc/profile", E, SCOPE_SYSTEM, .name = "PYTHONUNBUFFERED", .value = "1", .places = PLACE_RELATIVE, .level = LOW, .type = ENV },
	{ "/etc/profile", E, SCOPE_SYSTEM, .name = "PYTHONDONTWRITEBYTECODE", .value = "1", .verified = true, .level = INFO, .type = ENV },
#undef E
};

static void gives_each_event_its_level_and_type(void **state)
{
	bool failed = false;

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
		struct verdict v = judge(&rows[i]);

		if (v.rule_count > 0 && v.level == rows[i].level && v.type == rows[i].type)
			continue;
		failed = true;
		print_message("row %zu (%s %s=%s): level %s, want %s; type %s, want %s; by '%s'\n", i, rows[i].path,
			      rows[i].name ? rows[i].name : "", rows[i].value ? rows[i].value : "",
			      level_to_string(v.level), level_to_string(rows[i].level),
			      detection_type_to_string(v.type), detection_type_to_string(rows[i].type),
			      v.rule_count ? v.rules[0]->title : "nothing");
	}
	assert_false(failed);
}

static void every_rule_hits_and_misses(void **state)
{
	(void)state;
	for (size_t k = 0; k < ruleset_count(rules); k++) {
		const struct sigma_rule *rule = ruleset_rule(rules, k);
		size_t hit = 0;

		for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
			struct verdict v = judge(&rows[i]);

			assert_true(v.hits <= VERDICT_RULES_MAX);	/* so that v.rules has them all */
			for (size_t h = 0; h < v.rule_count; h++)
				hit += v.rules[h] == rule;
		}
		if (hit == 0 || hit == ELEMENTSOF(rows))
			fail_msg("%s: '%s' hits %zu of %zu", rule->file, rule->title, hit, ELEMENTSOF(rows));
	}
}

/* What starts with Python out of a site directory: said, also if a genuine installer brings it. */
static bool is_delivered(const struct row *row)
{
	bool module = row->vector == VECTOR_SITECUSTOMIZE || row->vector == VECTOR_USERCUSTOMIZE;

	if (row->verified && row->vector == VECTOR_PTH_PATH && row->places != 0)
		return row->change != CHANGE_REMOVED && row->change != CHANGE_UNCHANGED && !row->temporary;
	return row->verified && row->verdict != CONTENT_INERT && row->verdict != CONTENT_TEMPLATE &&
	       row->change != CHANGE_REMOVED && row->change != CHANGE_UNCHANGED && !row->temporary &&
	       (row->vector == VECTOR_PTH || row->vector == VECTOR_PTH_EXEC || row->vector == VECTOR_START ||
		(module && row->scope == SCOPE_SITE));
}

/* What does what malware does: whoever wrote it. */
static bool is_bad(const struct row *row)
{
	return row->verdict == CONTENT_MALICIOUS && row->vector != VECTOR_ENV && row->change != CHANGE_REMOVED &&
	       row->change != CHANGE_UNCHANGED && !row->temporary;
}

/* Over every combination, not only those that somebody thought of: what is known
 * to be harmless is never above informational, and nothing goes without a type. */
static void holds_for_every_combination(void **state)
{
	static const enum content_verdict verdicts[] = {
		CONTENT_UNREAD, CONTENT_INERT, CONTENT_TEMPLATE, CONTENT_EXECUTES, CONTENT_MALICIOUS,
	};
	static const enum change changes[] = { CHANGE_CREATED, CHANGE_MODIFIED, CHANGE_REMOVED, CHANGE_UNCHANGED };

	(void)state;
	for (int vector = VECTOR_PTH; vector <= VECTOR_JUPYTER; vector++)
	for (int scope = SCOPE_SITE; scope <= SCOPE_ELSEWHERE; scope++)
	for (size_t verdict = 0; verdict < ELEMENTSOF(verdicts); verdict++)
	for (size_t change = 0; change < ELEMENTSOF(changes); change++)
	for (unsigned flags = 0; flags < 16; flags++) {
		struct row row = {
			.path = "/some/sitecustomize.pth", .vector = (enum vector)vector,
			.scope = (enum hook_scope)scope, .verdict = verdicts[verdict], .change = changes[change],
			.verified = flags & 1, .temporary = flags & 2, .places = flags & 4 ? ~0u : 0, .scan = flags & 8,
			.name = vector == VECTOR_ENV ? "PYTHONPATH" : NULL, .value = "/x",
		};
		struct verdict v = judge(&row);

		/* An assignment that is gone is no event: there is nothing in the file to tell of. */
		if (vector == VECTOR_ENV && row.change == CHANGE_REMOVED)
			continue;
		assert_true(v.rule_count > 0);
		assert_int_not_equal(v.type, DETECTION_NONE);
		if (is_bad(&row))
			assert_int_equal(v.level, LEVEL_CRITICAL);
		else if (is_delivered(&row))
			assert_int_equal(v.level, LEVEL_MEDIUM);
		else if (row.verified || row.temporary || row.change == CHANGE_UNCHANGED)
			assert_int_equal(v.level, LEVEL_INFORMATIONAL);
		else if (row.change == CHANGE_REMOVED) {
			assert_int_equal(v.level, LEVEL_LOW);
			assert_non_null(strstr(v.rules[0]->title, "Removed"));
			assert_true(v.rule_count < 2 || v.rules[1]->level < LEVEL_LOW);
		} else
			assert_true(v.level >= LEVEL_LOW);
	}
}

static void says_what_an_alert_needs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ruleset_count(rules); i++) {
		const struct sigma_rule *rule = ruleset_rule(rules, i);
		bool technique = false;

		for (char **tag = rule->tags; *tag; tag++)
			technique |= strcmp(*tag, "attack.t1546.018") == 0;
		assert_true(technique);
		assert_non_null(rule->description);
		assert_non_null(rule->summary);
		assert_null(strchr(rule->description, '\n'));
		assert_int_not_equal(rule->detection_type, DETECTION_NONE);
		assert_int_not_equal(rule->category, 0);
	}
}

/* The manual knows every field, every key and every type. */
static void the_manual_is_complete(void **state)
{
	_cleanup_fclose_ FILE *f = fopen("docs/pyhookd.rules.5", "re");
	_cleanup_str_ struct str page = STR_INIT;
	char block[4096];
	size_t n;

	(void)state;
	assert_non_null(f);
	while ((n = fread(block, 1, sizeof(block), f)) > 0)
		assert_int_equal(str_append(&page, block, n), 0);
	for (const struct field *x = field_table; x->name; x++) {
		_cleanup_free_ char *line = NULL;

		assert_true(asprintf(&line, "\n.It Va %s\n", x->name) > 0);
		if (bytes_find(str_bytes(&page), bytes_of(line), 0) < 0)
			fail_msg("field %s is not in the manual", x->name);
	}
	for (int t = DETECTION_NONE + 1; t < DETECTION_TYPES; t++)
		if (bytes_find(str_bytes(&page), bytes_of(detection_type_to_string((enum detection_type)t)), 0) < 0)
			fail_msg("%s is not in the manual", detection_type_to_string((enum detection_type)t));
}

static int set_up(void **state)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	char *dirs[] = { (char *)"packaging/rules.d", NULL };
	int r = ruleset_load(dirs, &problems, &rules);

	(void)state;
	show_problems(&problems);
	if (r < 0 || problems.count > 0)
		return -1;
	return engine_new(rules, &engine);
}

static int tear_down(void **state)
{
	(void)state;
	engine = engine_free(engine);
	rules = ruleset_free(rules);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_each_event_its_level_and_type),
		cmocka_unit_test(every_rule_hits_and_misses),
		cmocka_unit_test(holds_for_every_combination),
		cmocka_unit_test(says_what_an_alert_needs),
		cmocka_unit_test(the_manual_is_complete),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
