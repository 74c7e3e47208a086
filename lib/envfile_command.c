/* envfile_command.c - one simple command, fed word by word.
 *
 * The lexers of the three shells hand over words; this machine knows which of
 * them are assignments.  An argument that looks like one (grep PYTHONPATH= f) is
 * none, unless the command is known to assign: so the modes below are the list
 * of all commands that do, and of those that run another command (sudo, nice),
 * whose name then decides anew.
 *
 * It must not know about quoting, operators or reserved words; those are the
 * lexers'.
 */
#include <errno.h>
#include <stdint.h>

#include "cleanup.h"
#include "envfile_private.h"

enum mode {
	MODE_START,		/* no command word yet: assignments may stand here */
	MODE_PLAIN,		/* a command that assigns nothing */
	MODE_DECLARE,		/* export, declare, typeset, readonly, local ... NAME=VALUE */
	MODE_WRAPPER,		/* options, NAME=VALUE, then another command */
	MODE_MAYBE,		/* the command word is an expansion: could be export or env */
	MODE_ALIAS,		/* NAME=SCRIPT (sh, fish) or NAME SCRIPT (csh, fish) */
	MODE_EVAL,		/* all words make a script */
	MODE_SHELL,		/* sh -c SCRIPT */
	MODE_TRAP,		/* trap SCRIPT signals */
	MODE_PRINTF,		/* printf -v NAME format word */
	MODE_READ,		/* read NAME */
	MODE_FOR,		/* for NAME in values */
	MODE_PATH_ADD,		/* direnv: path_add NAME directories */
	MODE_SET,		/* fish: set -gx NAME values */
	MODE_SETENV,		/* csh: setenv NAME value; tmux likewise */
	MODE_SYSTEMCTL,		/* systemctl set-environment NAME=VALUE */
	MODE_TMUX,		/* tmux set-environment NAME value */
};

/* Commands that run a command.  Options with an argument of their own, and how
 * many operands come before the command (timeout 5 cmd). */
struct env_wrapper {
	const char *name;
	const char *options;
	unsigned operands;
};

static const struct env_wrapper wrappers[] = {
	{ "env", "uC", 0 },
	{ "sudo", "CDghpRrTtUu", 0 },
	{ "doas", "Cu", 0 },
	{ "exec", "a", 0 },
	{ "command", "", 0 },
	{ "builtin", "", 0 },
	{ "time", "fo", 0 },
	{ "nice", "n", 0 },
	{ "nohup", "", 0 },
	{ "setsid", "", 0 },
	{ "ionice", "cnpPu", 0 },
	{ "timeout", "ks", 1 },
	{ "stdbuf", "ioe", 0 },
	{ "chrt", "TPD", 1 },
	{ "taskset", "", 1 },
	{ "flock", "wE", 1 },
	{ "chroot", "", 1 },
	{ "xargs", "aEdILnPs", 0 },
	{ "strace", "eoOpPsSuX", 0 },
	{ "systemd-run", "uHMpGt", 0 },
	{ "systemd-cat", "tp", 0 },
	{ "systemd-inhibit", "", 0 },
	{ "dbus-run-session", "", 0 },
	{ "dbus-launch", "", 0 },
	{ "runuser", "ugGsw", 0 },
	{ "setpriv", "", 0 },
	{ "unshare", "", 0 },
	{ "nsenter", "t", 0 },
	{ "eatmydata", "", 0 },
	{ "fakeroot", "", 0 },
	{ "noglob", "", 0 },		/* zsh precommand modifiers */
	{ "nocorrect", "", 0 },
	{ "busybox", "", 0 },
	{ "repeat", "", 1 },
	{ "softlimit", "", 0 },
	{ "chpst", "uUbenm", 0 },
	{ "setuidgid", "", 1 },
	{ "su-exec", "", 1 },
	{ "gosu", "", 1 },
};

#define IN_SHELL (1 << DIALECT_SHELL)
#define IN_FISH (1 << DIALECT_FISH)
#define IN_CSH (1 << DIALECT_CSH)
#define IN_ARGV (1 << DIALECT_ARGV)
#define IN_SHELLS (IN_SHELL | IN_FISH | IN_CSH)
#define IN_ALL (IN_SHELLS | IN_ARGV)

static const struct {
	const char *name;
	enum mode mode;
	unsigned dialects;
	bool export;
} commands[] = {
	{ "export", MODE_DECLARE, IN_SHELL | IN_FISH, true },
	{ "declare", MODE_DECLARE, IN_SHELL, false },
	{ "typeset", MODE_DECLARE, IN_SHELL, false },
	{ "readonly", MODE_DECLARE, IN_SHELL, false },
	{ "local", MODE_DECLARE, IN_SHELL, false },
	{ "integer", MODE_DECLARE, IN_SHELL, false },
	{ "nameref", MODE_DECLARE, IN_SHELL, false },
	{ "alias", MODE_ALIAS, IN_SHELLS, true },
	{ "eval", MODE_EVAL, IN_SHELLS, true },
	{ "trap", MODE_TRAP, IN_SHELL, true },
	{ "printf", MODE_PRINTF, IN_SHELL, false },
	{ "read", MODE_READ, IN_SHELL | IN_FISH, false },
	{ "path_add", MODE_PATH_ADD, IN_SHELL, true },
	{ "set", MODE_SET, IN_FISH, false },
	{ "setenv", MODE_SETENV, IN_CSH | IN_FISH, true },
	{ "sh", MODE_SHELL, IN_ALL, true },
	{ "bash", MODE_SHELL, IN_ALL, true },
	{ "rbash", MODE_SHELL, IN_ALL, true },
	{ "dash", MODE_SHELL, IN_ALL, true },
	{ "ash", MODE_SHELL, IN_ALL, true },
	{ "zsh", MODE_SHELL, IN_ALL, true },
	{ "ksh", MODE_SHELL, IN_ALL, true },
	{ "mksh", MODE_SHELL, IN_ALL, true },
	{ "fish", MODE_SHELL, IN_ALL, true },
	{ "csh", MODE_SHELL, IN_ALL, true },
	{ "tcsh", MODE_SHELL, IN_ALL, true },
	{ "su", MODE_SHELL, IN_ALL, true },
	{ "systemctl", MODE_SYSTEMCTL, IN_ALL, true },
	{ "dbus-update-activation-environment", MODE_DECLARE, IN_ALL, true },
	{ "tmux", MODE_TMUX, IN_ALL, true },
};

void env_command_init(struct env_command *c, enum env_dialect dialect)
{
	*c = (struct env_command){
		.dialect = dialect,
		.name = STR_INIT,
		.text = STR_INIT,
		.here_string = STR_INIT,
	};
	for (size_t i = 0; i < ENVFILE_PENDING_MAX; i++) {
		str_init(&c->pending[i].name);
		str_init(&c->pending[i].value);
	}
}

void env_command_release(struct env_command *c)
{
	str_release(&c->name);
	str_release(&c->text);
	str_release(&c->here_string);
	for (size_t i = 0; i < ENVFILE_PENDING_MAX; i++) {
		str_release(&c->pending[i].name);
		str_release(&c->pending[i].value);
	}
}

/* What belongs to one command word; sudo is followed by another. */
static void forget_command_word(struct env_command *c)
{
	c->wrapper = NULL;
	c->operands = c->args = 0;
	c->skip_next = c->assign_next = false;
	c->export = c->nameref = c->tied = c->append = c->erase = false;
	c->path_list = c->script_next = c->substituted = false;
	str_clear(&c->name);
	str_clear(&c->text);
}

void env_command_reset(struct env_command *c)
{
	forget_command_word(c);
	c->mode = MODE_START;
	c->undecidable = c->has_here_string = false;
	str_clear(&c->here_string);
	c->n_pending = 0;
}

bool env_command_started(const struct env_command *c)
{
	return c->mode != MODE_START;
}

bool env_command_reads_script(const struct env_command *c)
{
	return c->mode == MODE_SHELL;
}

bool env_command_is_loop(const struct env_command *c)
{
	return c->mode == MODE_FOR;
}

int env_command_here_string(struct env_command *c, struct bytes text)
{
	str_clear(&c->here_string);
	c->has_here_string = true;
	return str_append_bytes(&c->here_string, text);
}

/* ---- assignments before a command --------------------------------------------- */

static int flush_pending(struct envfile *e, struct env_command *c, unsigned flags)
{
	size_t n = c->n_pending;

	c->n_pending = 0;
	for (size_t i = 0; i < n; i++) {
		const struct env_pending *p = &c->pending[i];
		int r = envfile_report(e, str_bytes(&p->name), str_bytes(&p->value), p->line,
				       p->flags | flags);

		if (r < 0)
			return r;
	}
	return 0;
}

/* NAME=VALUE where a command could stand.  Whether a command follows, so that
 * the variable reaches it, is not known yet.  True: it was one. */
static int prefix_assignment(struct envfile *e, struct env_command *c, const struct env_word *w,
			     bool *ret)
{
	struct bytes name, value;
	struct env_pending *p;
	unsigned flags = w->substituted ? REPORT_UNDECIDABLE : 0;
	ptrdiff_t bracket;
	int r;

	*ret = false;
	if (w->equals == ENV_WORD_NO_EQUALS || w->name_quoted || w->name_expanded)
		return 0;

	name = bytes_slice(str_bytes(&w->text), 0, w->equals);
	value = env_word_after(w, w->equals + 1);
	if (name.len > 0 && name.ptr[name.len - 1] == '+') {
		name.len--;
		flags |= REPORT_APPEND;
	}
	bracket = name.len > 0 && name.ptr[name.len - 1] == ']' ? bytes_find_byte(name, '[', 0) : -1;
	if (!envfile_is_name(bracket > 0 ? bytes_slice(name, 0, (size_t)bracket) : name))
		return 0;

	*ret = true;
	if (w->array || bracket > 0)
		return 0;
	/* bash runs it before each prompt: as good a place as ~/.bashrc itself. */
	if (bytes_equal(name, BYTES_LIT("PROMPT_COMMAND")))
		return envfile_reparse(e, c->dialect, value, w->line, w->substituted);
	if (!envfile_is_python_variable(name))
		return 0;

	if (c->n_pending == ENVFILE_PENDING_MAX) {
		r = flush_pending(e, c, 0);
		if (r < 0)
			return r;
	}
	p = &c->pending[c->n_pending];
	str_clear(&p->name);
	str_clear(&p->value);
	if ((r = str_append_bytes(&p->name, name)) < 0 ||
	    (r = str_append_bytes(&p->value, value)) < 0)
		return r;
	p->line = w->line;
	p->flags = flags;
	c->n_pending++;
	return 0;
}

/* ---- the command word ------------------------------------------------------------ */

static int command_word(struct envfile *e, struct env_command *c, const struct env_word *w)
{
	struct bytes name = bytes_basename(str_bytes(&w->text));
	int r;

	r = flush_pending(e, c, REPORT_EXPORT);
	if (r < 0)
		return r;
	forget_command_word(c);
	c->line = w->line;

	if (w->expanded) {
		c->mode = MODE_MAYBE;
		return 0;
	}
	c->mode = MODE_PLAIN;
	for (size_t i = 0; i < ELEMENTSOF(wrappers); i++)
		if (bytes_equal(name, bytes_of(wrappers[i].name))) {
			c->wrapper = &wrappers[i];
			c->mode = MODE_WRAPPER;
			return 0;
		}
	for (size_t i = 0; i < ELEMENTSOF(commands); i++)
		if ((commands[i].dialects & 1U << c->dialect) &&
		    bytes_equal(name, bytes_of(commands[i].name))) {
			c->mode = commands[i].mode;
			c->export = commands[i].export;
			c->nameref = bytes_equal(name, BYTES_LIT("nameref"));
			break;
		}
	/* `for` is a reserved word: the lexer lets it through as a command. */
	if ((c->dialect == DIALECT_SHELL || c->dialect == DIALECT_FISH) && !w->quoted &&
	    (bytes_equal(name, BYTES_LIT("for")) || bytes_equal(name, BYTES_LIT("foreach")) ||
	     bytes_equal(name, BYTES_LIT("select"))))
		c->mode = MODE_FOR;
	if (c->mode == MODE_SHELL)
		return str_append_bytes(&c->name, name);
	if (c->mode == MODE_PLAIN && (bytes_equal(name, BYTES_LIT(".")) ||
				      bytes_equal(name, BYTES_LIT("source")))) {
		c->mode = MODE_SHELL;	/* of a here-document on /dev/stdin */
		return str_append_bytes(&c->name, BYTES_LIT("sh"));
	}
	return 0;
}

static bool is_option(struct bytes text)
{
	return text.len > 1 && text.ptr[0] == '-';
}

static bool is_long_option(struct bytes text)
{
	return text.len > 2 && text.ptr[0] == '-' && text.ptr[1] == '-';
}

static bool in_cluster(struct bytes text, char letter)
{
	return is_option(text) && !is_long_option(text) && bytes_find_byte(text, letter, 1) > 0;
}

/* Do these option letters end in one whose argument is the next word? */
static bool wants_argument(struct bytes cluster, const char *letters)
{
	if (!is_option(cluster) || is_long_option(cluster))
		return false;
	for (size_t i = 1; i < cluster.len; i++)
		if (bytes_find_byte(bytes_of(letters), cluster.ptr[i], 0) >= 0)
			return i + 1 == cluster.len;
	return false;
}

/* ---- one word of each mode -------------------------------------------------------- */

static unsigned export_flag(const struct env_command *c)
{
	return (c->export ? REPORT_EXPORT : 0) | (c->undecidable ? REPORT_UNDECIDABLE : 0);
}

static int declare_word(struct envfile *e, struct env_command *c, const struct env_word *w)
{
	struct bytes text = str_bytes(&w->text);

	if (text.len > 1 && (text.ptr[0] == '-' || text.ptr[0] == '+') &&
	    w->equals == ENV_WORD_NO_EQUALS && !is_long_option(text)) {
		bool on = text.ptr[0] == '-';

		for (size_t i = 1; i < text.len; i++) {
			if (text.ptr[i] == 'x')
				c->export = on;
			else if (text.ptr[i] == 'n' && c->export)
				c->export = !on;	/* export -n */
			else if (text.ptr[i] == 'n')
				c->nameref = on;
			else if (text.ptr[i] == 'T')
				c->tied = on;
		}
		return 0;
	}
	/* declare -n ref=PYTHONPATH: what is assigned to ref later goes there. */
	if (c->nameref && w->equals != ENV_WORD_NO_EQUALS)
		return envfile_report(e, env_word_after(w, w->equals + 1), BYTES_LIT(""), w->line,
				      REPORT_UNDECIDABLE);
	/* zsh: typeset -xT PYTHONPATH pythonpath; the array's elements follow. */
	if (c->tied && w->equals == ENV_WORD_NO_EQUALS)
		return envfile_report(e, text, BYTES_LIT(""), w->line,
				      export_flag(c) | REPORT_UNDECIDABLE);
	return envfile_report_word(e, w, export_flag(c));
}

/* env -S 'A=b cmd': the string is split into words much as a shell would. */
static int env_split_string(struct envfile *e, struct bytes string, const struct env_word *w)
{
	_cleanup_str_ struct str script = STR_INIT;
	int r;

	if ((r = str_append_text(&script, "env ")) < 0 ||
	    (r = str_append_bytes(&script, string)) < 0)
		return r;
	return envfile_reparse(e, DIALECT_SHELL, str_bytes(&script), w->line, w->substituted);
}

/* --setenv=NAME=VALUE: the assignment begins inside the word. */
static int report_argument(struct envfile *e, const struct env_word *w, size_t from)
{
	struct bytes text = env_word_after(w, from);
	ptrdiff_t equals = bytes_find_byte(text, '=', 0);

	if (equals <= 0)
		return 0;
	return envfile_report(e, bytes_slice(text, 0, (size_t)equals),
			      env_word_after(w, from + (size_t)equals + 1), w->line,
			      REPORT_EXPORT | (w->substituted ? REPORT_UNDECIDABLE : 0));
}

static int wrapper_word(struct envfile *e, struct env_command *c, const struct env_word *w)
{
	struct bytes text = str_bytes(&w->text), name = bytes_of(c->wrapper->name);
	bool env = bytes_equal(name, BYTES_LIT("env"));
	bool systemd_run = bytes_equal(name, BYTES_LIT("systemd-run"));

	if (c->assign_next) {
		c->assign_next = false;
		return envfile_report_word(e, w, REPORT_EXPORT);
	}
	if (c->script_next) {
		c->script_next = false;
		if (env)
			return env_split_string(e, text, w);
		return envfile_reparse(e, DIALECT_SHELL, text, w->line, w->substituted);
	}
	if (is_option(text)) {
		struct bytes split = BYTES_LIT("--split-string="), setenv = BYTES_LIT("--setenv=");
		ptrdiff_t s;

		if (env && bytes_has_prefix(text, split))
			return env_split_string(e, env_word_after(w, split.len), w);
		s = env && !is_long_option(text) ? bytes_find_byte(text, 'S', 1) : -1;
		if (s > 0 && (size_t)s + 1 < text.len)
			return env_split_string(e, env_word_after(w, (size_t)s + 1), w);
		if (s > 0 || (env && bytes_equal(text, BYTES_LIT("--split-string")))) {
			c->script_next = true;
			return 0;
		}
		if (systemd_run && bytes_has_prefix(text, setenv))
			return report_argument(e, w, setenv.len);
		if (systemd_run && (bytes_equal(text, BYTES_LIT("--setenv")) ||
				    bytes_equal(text, BYTES_LIT("-E"))))
			c->assign_next = true;
		else if ((bytes_equal(name, BYTES_LIT("runuser")) ||
			  bytes_equal(name, BYTES_LIT("flock"))) &&
			 bytes_equal(text, BYTES_LIT("-c")))
			c->script_next = true;
		else if (wants_argument(text, c->wrapper->options) ||
			 (env && (bytes_equal(text, BYTES_LIT("--unset")) ||
				  bytes_equal(text, BYTES_LIT("--chdir")))))
			c->skip_next = true;
		return 0;
	}
	if (env && bytes_equal(text, BYTES_LIT("-")))
		return 0;
	if (w->equals != ENV_WORD_NO_EQUALS)
		return envfile_report_word(e, w, REPORT_EXPORT);
	if (c->operands < c->wrapper->operands) {
		c->operands++;
		return 0;
	}
	/* zsh's and bash's `time` is a reserved word: assignments may follow it,
	 * which the line above has seen to. */
	return command_word(e, c, w);
}

static int append_word(struct env_command *c, const struct env_word *w, char separator)
{
	int r;

	if (c->args++ > 0) {
		r = str_append_char(&c->text, separator);
		if (r < 0)
			return r;
	} else {
		c->line = w->line;
	}
	c->substituted |= w->substituted;
	return str_append_bytes(&c->text, str_bytes(&w->text));
}

static int take_name(struct env_command *c, const struct env_word *w)
{
	c->line = w->line;
	return str_append_bytes(&c->name, str_bytes(&w->text));
}

static enum env_dialect dialect_of(struct bytes shell)
{
	if (bytes_equal(shell, BYTES_LIT("fish")))
		return DIALECT_FISH;
	if (bytes_has_suffix(shell, BYTES_LIT("csh")))
		return DIALECT_CSH;
	return DIALECT_SHELL;
}

static int shell_word(struct envfile *e, struct env_command *c, const struct env_word *w)
{
	struct bytes text = str_bytes(&w->text), command = BYTES_LIT("--command=");
	enum env_dialect dialect = dialect_of(str_bytes(&c->name));

	if (bytes_has_prefix(text, command))
		return envfile_reparse(e, dialect, env_word_after(w, command.len), w->line,
				       w->substituted);
	if (is_option(text) || (text.len > 1 && text.ptr[0] == '+')) {
		if (bytes_equal(text, BYTES_LIT("--rcfile")) ||
		    bytes_equal(text, BYTES_LIT("--init-file")))
			c->skip_next = true;
		else if (bytes_equal(text, BYTES_LIT("--command")) ||
			 bytes_equal(text, BYTES_LIT("--init-command")) || in_cluster(text, 'c') ||
			 (dialect == DIALECT_FISH && in_cluster(text, 'C')))
			c->script_next = true;
		else if (in_cluster(text, 'o') || in_cluster(text, 'O'))
			c->skip_next = true;
		return 0;
	}
	if (!c->script_next)
		return 0;
	c->script_next = false;
	return envfile_reparse(e, dialect, text, w->line, w->substituted);
}

static int alias_word(struct envfile *e, struct env_command *c, const struct env_word *w)
{
	if (c->dialect != DIALECT_CSH && w->equals != ENV_WORD_NO_EQUALS && c->name.len == 0)
		return envfile_reparse(e, c->dialect, env_word_after(w, w->equals + 1), w->line,
				       w->substituted);
	if (c->dialect == DIALECT_SHELL || is_option(str_bytes(&w->text)))
		return 0;
	return c->name.len == 0 ? take_name(c, w) : append_word(c, w, ' ');
}

static int printf_word(struct env_command *c, const struct env_word *w)
{
	struct bytes text = str_bytes(&w->text);

	if (c->assign_next) {
		c->assign_next = false;
		return take_name(c, w);
	}
	if (c->args == 0 && bytes_equal(text, BYTES_LIT("-v"))) {
		c->assign_next = true;
		return 0;
	}
	if (c->args == 0 && bytes_has_prefix(text, BYTES_LIT("-v"))) {
		c->line = w->line;
		return str_append_bytes(&c->name, env_word_after(w, 2));
	}
	if (c->args == 0 && bytes_equal(text, BYTES_LIT("--")))
		return 0;

	/* The value is the format, or with "%s" the word behind it. */
	c->substituted |= w->substituted;
	if (c->args++ == 0)
		return str_append_bytes(&c->text, text);
	if (c->args == 2 && bytes_equal(str_bytes(&c->text), BYTES_LIT("%s"))) {
		str_clear(&c->text);
		c->path_list = true;	/* "the text is the value" */
		return str_append_bytes(&c->text, text);
	}
	c->undecidable = true;
	return 0;
}

static int read_word(struct env_command *c, const struct env_word *w)
{
	struct bytes text = str_bytes(&w->text);

	if (is_option(text)) {
		c->skip_next = wants_argument(text, "dinNptucPR");
		c->export |= c->dialect == DIALECT_FISH &&
			     (in_cluster(text, 'x') || bytes_equal(text, BYTES_LIT("--export")));
		return 0;
	}
	c->args++;
	return envfile_is_python_variable(text) && c->name.len == 0 ? take_name(c, w) : 0;
}

static int for_word(struct envfile *e, struct env_command *c, const struct env_word *w)
{
	unsigned n = c->args++;

	if (n == 0)
		return take_name(c, w);
	if (n == 1)	/* "in" */
		return 0;
	return envfile_report(e, str_bytes(&c->name), str_bytes(&w->text), w->line,
			      w->substituted ? REPORT_UNDECIDABLE : 0);
}

static int set_word(struct env_command *c, const struct env_word *w)
{
	static const char *const queries[] = { "--erase", "--query", "--names", "--show" };
	struct bytes text = str_bytes(&w->text);

	if (c->name.len == 0 && is_option(text)) {
		if (!is_long_option(text)) {
			c->export |= in_cluster(text, 'x');
			c->append |= in_cluster(text, 'a') || in_cluster(text, 'p');
			c->erase |= in_cluster(text, 'e') || in_cluster(text, 'q') ||
				    in_cluster(text, 'n') || in_cluster(text, 'S');
			return 0;
		}
		c->export |= bytes_equal(text, BYTES_LIT("--export"));
		c->path_list |= bytes_equal(text, BYTES_LIT("--path"));
		c->append |= bytes_equal(text, BYTES_LIT("--append")) ||
			     bytes_equal(text, BYTES_LIT("--prepend"));
		for (size_t i = 0; i < ELEMENTSOF(queries); i++)
			c->erase |= bytes_equal(text, bytes_of(queries[i]));
		return 0;
	}
	if (c->name.len == 0) {
		ptrdiff_t index = bytes_find_byte(text, '[', 0);

		c->line = w->line;
		if (w->name_expanded) {
			c->undecidable = true;
			c->erase |= !envfile_pattern_is_python(str_bytes(&w->pattern));
			return str_append_bytes(&c->name, text);
		}
		if (index > 0) {
			c->append = true;	/* one element of a list */
			text.len = (size_t)index;
		} else if (bytes_has_suffix(text, BYTES_LIT("PATH"))) {
			c->path_list = true;
		}
		return str_append_bytes(&c->name, text);
	}

	/* fish(1), PATH variables: exported with ":" between, others with " ".
	 * The line stays the name's. */
	if (c->args++ > 0) {
		int r = str_append_char(&c->text, c->path_list ? ':' : ' ');

		if (r < 0)
			return r;
	}
	c->substituted |= w->substituted;
	return str_append_bytes(&c->text, str_bytes(&w->text));
}

static int setenv_word(struct envfile *e, struct env_command *c, const struct env_word *w)
{
	struct bytes text = str_bytes(&w->text);
	unsigned flags = REPORT_EXPORT | (w->substituted ? REPORT_UNDECIDABLE : 0);

	if (c->name.len == 0 && is_option(text)) {
		c->skip_next = bytes_equal(text, BYTES_LIT("-t"));	/* tmux */
		return 0;
	}
	if (c->name.len == 0) {
		c->undecidable = w->name_expanded && envfile_pattern_is_python(str_bytes(&w->pattern));
		return take_name(c, w);
	}
	if (c->args++ > 0)
		return 0;
	if (c->undecidable)
		flags |= REPORT_UNDECIDABLE | REPORT_ANY_NAME;
	return envfile_report(e, str_bytes(&c->name), text, c->line, flags);
}

int env_command_word(struct envfile *e, struct env_command *c, const struct env_word *w)
{
	struct bytes text = str_bytes(&w->text);
	bool assignment;
	int r;

	if (c->skip_next) {
		c->skip_next = false;
		return 0;
	}

	switch ((enum mode)c->mode) {
	case MODE_START:
		if (c->dialect == DIALECT_SHELL || c->dialect == DIALECT_FISH) {
			r = prefix_assignment(e, c, w, &assignment);
			if (r < 0 || assignment)
				return r;
		}
		return command_word(e, c, w);
	case MODE_PLAIN:
		return 0;
	case MODE_DECLARE:
		return declare_word(e, c, w);
	case MODE_WRAPPER:
		return wrapper_word(e, c, w);
	case MODE_MAYBE:
		/* `$run env A=b cmd`: the next words decide; `$grep PYTHONPATH= f`
		 * assigns nothing to anything. */
		if (w->equals != ENV_WORD_NO_EQUALS)
			return w->equals + 1 < w->text.len && !w->name_expanded ?
				       envfile_report_word(e, w, REPORT_EXPORT | REPORT_UNDECIDABLE) :
				       0;
		return is_option(text) || w->expanded ? 0 : command_word(e, c, w);
	case MODE_ALIAS:
		return alias_word(e, c, w);
	case MODE_EVAL:
		return c->args == 0 && bytes_equal(text, BYTES_LIT("--")) ? 0 :
									   append_word(c, w, ' ');
	case MODE_SHELL:
		return shell_word(e, c, w);
	case MODE_TRAP:
		if (is_option(text) || c->args++ > 0)
			return 0;
		return envfile_reparse(e, c->dialect, text, w->line, w->substituted);
	case MODE_PRINTF:
		return printf_word(c, w);
	case MODE_READ:
		return read_word(c, w);
	case MODE_FOR:
		return for_word(e, c, w);
	case MODE_PATH_ADD:
		return c->name.len == 0 ? take_name(c, w) : append_word(c, w, ':');
	case MODE_SET:
		return set_word(c, w);
	case MODE_SETENV:
		return setenv_word(e, c, w);
	case MODE_SYSTEMCTL:
		if (bytes_equal(text, BYTES_LIT("set-environment")))
			c->mode = MODE_DECLARE;
		return 0;
	case MODE_TMUX:
		if (bytes_equal(text, BYTES_LIT("set-environment")) ||
		    bytes_equal(text, BYTES_LIT("setenv")))
			c->mode = MODE_SETENV;
		return 0;
	}
	return 0;
}

/* ---- the end of a command ----------------------------------------------------------- */

static int report_collected(struct envfile *e, struct env_command *c)
{
	struct bytes name = str_bytes(&c->name), text = str_bytes(&c->text);
	unsigned flags = export_flag(c);

	if (c->substituted)
		flags |= REPORT_UNDECIDABLE;
	if (c->append)
		flags |= REPORT_APPEND;

	switch ((enum mode)c->mode) {
	case MODE_EVAL:
	case MODE_ALIAS:
		return c->args == 0 ? 0 :
				      envfile_reparse(e, c->dialect, text, c->line, c->substituted);
	case MODE_SHELL:
		if (!c->has_here_string)
			return 0;
		return envfile_reparse(e, dialect_of(name), str_bytes(&c->here_string), c->line, true);
	case MODE_PRINTF:
		if (c->args == 0)
			return 0;
		if (!c->path_list && (bytes_find_byte(text, '%', 0) >= 0 ||
				      bytes_find_byte(text, '\\', 0) >= 0))
			flags |= REPORT_UNDECIDABLE;
		return envfile_report(e, name, text, c->line, flags);
	case MODE_READ:
		if (name.len == 0)
			return 0;
		/* Without -r backslashes would go. */
		if (c->has_here_string && c->args == 1 &&
		    bytes_find_byte(str_bytes(&c->here_string), '\\', 0) < 0)
			return envfile_report(e, name, str_bytes(&c->here_string), c->line, flags);
		return envfile_report(e, name, BYTES_LIT(""), c->line, flags | REPORT_UNDECIDABLE);
	case MODE_PATH_ADD:
		return c->args == 0 ? 0 : envfile_report(e, name, text, c->line, flags | REPORT_APPEND);
	case MODE_SET:
		if (c->erase || c->args == 0)
			return 0;
		if (c->undecidable)
			flags |= REPORT_ANY_NAME;
		return envfile_report(e, name, text, c->line, flags);
	default:
		return 0;
	}
}

int env_command_end(struct envfile *e, struct env_command *c)
{
	int r = flush_pending(e, c, 0);

	if (r == 0)
		r = report_collected(e, c);
	env_command_reset(c);
	return r;
}
