/* process_script.c - which script an interpreter runs.
 *
 * "python3.11 wrote it" says nothing; what python3.11 was told to run does.  The
 * answer is the first argument that is no option, so the options that take an
 * argument of their own must be known.  One table has them for each family of
 * interpreters; everything that a table does not know is taken for an option
 * without one.
 *
 * Owns: command line syntax of interpreters.  Must not own: whether the script is
 * what it claims to be (installer.c).
 */
#include "process.h"

#include <errno.h>

#include "procfs.h"

/* Letters of one option word: `-IBc CODE`, `-mMODULE`, `-W ignore`. */
struct interpreter {
	const char *names[8];
	const char *code;	/* letters: code follows, there is no script */
	const char *argument;	/* letters: the rest of the word, or else the next word, is their argument */
	const char *rest;	/* letters: the rest of the word is their argument, if there is one */
	const char *next;	/* letters: the next word is always theirs (sh -o) */
	const char *file;	/* letters: their argument is the script */
	bool module;		/* -m MODULE runs one */
	bool plus;		/* +x is an option, too */
	const char *stdin_;	/* letters: the script is standard input */
	const char *long_code[6];	/* long options: code follows */
	const char *long_argument[8];	/* long options: the next word is theirs, unless "=VALUE" */
};

static const struct interpreter interpreters[] = {
	{	/* Python/initconfig.c and Python/getopt.c, short_opts[] */
		.names = { "python", "pypy" },
		.code = "c", .argument = "WX", .module = true,
		.long_argument = { "--check-hash-based-pycs" },
	},
	{	/* dash(1), bash(1), ksh(1), zsh(1) */
		.names = { "sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "rbash" },
		.code = "c", .next = "oO", .plus = true, .stdin_ = "s",
		.long_argument = { "--rcfile", "--init-file", "--emulate" },
	},
	{	/* perlrun(1) */
		.names = { "perl" },
		.code = "eE", .argument = "I", .rest = "0CDdFilmMVx",
	},
	{	/* ruby(1) */
		.names = { "ruby" },
		.code = "e", .argument = "ICEXr", .rest = "0FiKTWx",
		.long_argument = { "--encoding", "--external-encoding", "--internal-encoding",
				   "--disable", "--enable", "--dump", "--backtrace-limit" },
	},
	{	/* node --help */
		.names = { "node", "nodejs" },
		.code = "ep", .argument = "rC",
		.long_code = { "--eval", "--print", "-pe" },
		.long_argument = { "--require", "--import", "--loader", "--experimental-loader",
				   "--conditions", "--title", "--env-file", "--input-type" },
	},
	{	/* php(1) */
		.names = { "php" },
		.code = "rBRE", .argument = "cdzgSt", .file = "fF",
		.long_code = { "--run" },
		.long_argument = { "--define", "--php-ini" },
	},
	{	/* lua(1) */
		.names = { "lua", "luajit" },
		.code = "e", .argument = "l", .rest = "jbO",
	},
};

/* ld.so(8): options before the program that it is to load. */
static const char *const loader_arguments[] = {
	"--library-path", "--argv0", "--preload", "--audit", "--inhibit-rpath",
	"--glibc-hwcaps-prepend", "--glibc-hwcaps-mask",
};

static bool has_letter(const char *letters, char c)
{
	return letters && bytes_find_byte(bytes_of(letters), c, 0) >= 0;
}

static bool is_one_of(const char *const *texts, size_t n, struct bytes word)
{
	for (size_t i = 0; i < n && texts[i]; i++)
		if (bytes_equal(word, bytes_of(texts[i])))
			return true;
	return false;
}

/* "python3.13t", "perl5.36.0", "node-20", "lua5.4", "python3-dbg": the name and a version. */
static bool is_version(struct bytes rest)
{
	if (bytes_has_suffix(rest, BYTES_LIT("-dbg")))
		rest.len -= 4;
	for (size_t i = 0; i < rest.len; i++) {
		char c = rest.ptr[i];

		if ((c < '0' || c > '9') && c != '.' && c != '-' &&
		    !(i > 0 && i + 2 >= rest.len && has_letter("dtmu", c)))	/* sys.abiflags */
			return false;
	}
	return true;
}

static const struct interpreter *find_interpreter(struct bytes program)
{
	struct bytes name = bytes_basename(program);

	if (name.len > 0 && name.ptr[0] == '-')	/* a login shell */
		name = bytes_slice(name, 1, name.len - 1);
	for (size_t i = 0; i < ELEMENTSOF(interpreters); i++)
		for (size_t k = 0;
		     k < ELEMENTSOF(interpreters[i].names) && interpreters[i].names[k]; k++) {
			struct bytes known = bytes_of(interpreters[i].names[k]);

			if (bytes_has_prefix(name, known) &&
			    is_version(bytes_slice(name, known.len, name.len - known.len)))
				return &interpreters[i];
		}
	return NULL;
}

bool executable_is_loader(struct bytes path)
{
	struct bytes name = bytes_basename(path);

	/* ld-linux-x86-64.so.2, ld-2.31.so, ld-musl-x86_64.so.1 */
	return bytes_has_prefix(name, BYTES_LIT("ld-")) &&
	       bytes_find(name, BYTES_LIT(".so"), 0) > 0;
}

/* Find the interpreter, and leave in *argv what follows its own name. */
static const struct interpreter *enter(const struct process *p, struct bytes *argv)
{
	struct bytes exe = p->image->exe, word;

	if (!procfs_next_text(argv, &word))
		return NULL;
	if (executable_is_loader(exe)) {
		do {
			if (!procfs_next_text(argv, &word))
				return NULL;
			if (is_one_of(loader_arguments, ELEMENTSOF(loader_arguments), word))
				(void)procfs_next_text(argv, &(struct bytes){ 0 });
		} while (word.len > 0 && word.ptr[0] == '-');
		return find_interpreter(word);
	}
	if (bytes_equal(bytes_basename(exe), BYTES_LIT("busybox"))) {
		/* By the name that it is called with, or as `busybox sh ...`. */
		if (bytes_equal(bytes_basename(word), BYTES_LIT("busybox")) &&
		    !procfs_next_text(argv, &word))
			return NULL;
		return find_interpreter(word);
	}
	return find_interpreter(exe.len > 0 ? exe : word);
}

enum word {
	WORD_OPTION,	/* and its argument was taken off the list */
	WORD_CODE,
	WORD_MODULE,
	WORD_FILE,
	WORD_STDIN,
};

/* One word of short options; *ret_value for MODULE and FILE. */
static enum word short_options(const struct interpreter *in, struct bytes word, struct bytes *argv,
			       struct bytes *ret_value)
{
	enum word what = WORD_OPTION;

	for (size_t i = 1; i < word.len; i++) {
		struct bytes rest = bytes_slice(word, i + 1, word.len - i - 1);
		char c = word.ptr[i];

		if (has_letter(in->code, c))
			return WORD_CODE;
		if (has_letter(in->stdin_, c))
			what = WORD_STDIN;
		if (has_letter(in->next, c))
			(void)procfs_next_text(argv, &(struct bytes){ 0 });
		if (has_letter(in->rest, c))
			break;
		if (has_letter(in->argument, c) || has_letter(in->file, c) ||
		    (in->module && c == 'm')) {
			if (rest.len == 0 && !procfs_next_text(argv, &rest))
				return WORD_STDIN;
			if (has_letter(in->argument, c))
				break;
			*ret_value = rest;
			return c == 'm' ? WORD_MODULE : WORD_FILE;
		}
	}
	return what;
}

/* True: *ret is the script, "-c", or the module's name with *ret_module. */
static bool find_script(const struct interpreter *in, struct bytes argv, struct bytes *ret,
			enum word *ret_what)
{
	struct bytes word;
	bool from_stdin = false;

	while (procfs_next_text(&argv, &word)) {
		enum word what = WORD_OPTION;
		ptrdiff_t equals;

		if (word.len == 0)
			return false;
		if (word.ptr[0] != '-' && !(in->plus && word.ptr[0] == '+')) {
			if (from_stdin)
				return false;
			*ret = word;
			*ret_what = WORD_FILE;
			return true;
		}
		/* "-" is standard input; for a shell it ends the options, as "--" does. */
		if (word.len == 1 && !in->plus)
			return false;
		if (word.len == 1 || bytes_equal(word, BYTES_LIT("--"))) {
			if (from_stdin || !procfs_next_text(&argv, &word) || word.len == 0)
				return false;
			*ret = word;
			*ret_what = WORD_FILE;
			return true;
		}

		equals = bytes_find_byte(word, '=', 0);
		if (is_one_of(in->long_code, ELEMENTSOF(in->long_code),
			      equals < 0 ? word : bytes_slice(word, 0, (size_t)equals)))
			what = WORD_CODE;
		else if (is_one_of(in->long_argument, ELEMENTSOF(in->long_argument), word))
			(void)procfs_next_text(&argv, &(struct bytes){ 0 });
		else if (word.ptr[1] != '-')
			what = short_options(in, word, &argv, ret);

		if (what == WORD_STDIN)
			from_stdin = true;
		if (what == WORD_CODE || what == WORD_MODULE || what == WORD_FILE) {
			*ret_what = what;
			return true;
		}
	}
	return false;
}

struct bytes process_script(const struct process *p, struct str *storage)
{
	const struct interpreter *in;
	struct bytes argv, script = BYTES_NONE;
	enum word what;
	int r;

	if (!p->image)
		return BYTES_NONE;
	argv = p->image->argv;
	in = enter(p, &argv);
	if (!in || !find_script(in, argv, &script, &what))
		return BYTES_NONE;

	str_clear(storage);
	switch (what) {
	case WORD_CODE:
		r = str_append_text(storage, "-c");
		break;
	case WORD_MODULE:
		r = str_append_text(storage, "-m ");
		if (r >= 0)
			r = str_append_bytes(storage, script);
		break;
	default:
		r = 0;
		if (script.len > 0 && script.ptr[0] != '/' && p->image->cwd.len > 0) {
			while (bytes_has_prefix(script, BYTES_LIT("./")))
				script = bytes_slice(script, 2, script.len - 2);
			r = str_append_bytes(storage, p->image->cwd);
			if (r >= 0 && !bytes_has_suffix(p->image->cwd, BYTES_LIT("/")))
				r = str_append_char(storage, '/');
		}
		if (r >= 0)
			r = str_append_bytes(storage, script);
	}
	return r < 0 ? BYTES_NONE : str_bytes(storage);
}
