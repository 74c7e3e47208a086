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
	MODE_UNSET,		/* unset NAME, unsetenv NAME */
	MODE_SOURCE,		/* . FILE */
	MODE_ECHO,		/* its words are what another command may read as a script */
	MODE_CSH_SET,		/* csh: set NAME = value, @ NAME = expression, foreach NAME */
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
	{ "unset", MODE_UNSET, IN_SHELL | IN_CSH, false },
	{ "unsetenv", MODE_UNSET, IN_CSH, false },
	{ ".", MODE_SOURCE, IN_SHELL | IN_FISH, true },
	{ "source", MODE_SOURCE, IN_SHELLS, true },
	{ "source_env", MODE_SOURCE, IN_SHELL, true },		/* direnv-stdlib(1) */
	{ "source_env_if_exists", MODE_SOURCE, IN_SHELL, true },
	{ "dotenv", MODE_SOURCE, IN_SHELL, true },
	{ "dotenv_if_exists", MODE_SOURCE, IN_SHELL, true },
	{ "echo", MODE_ECHO, IN_SHELLS, false },
	{ "mapfile", MODE_READ, IN_SHELL, false },
	{ "readarray", MODE_READ, IN_SHELL, false },
	{ "getopts", MODE_READ, IN_SHELL, false },
	{ "@", MODE_CSH_SET, IN_CSH, false },
	{ "foreach", MODE_CSH_SET, IN_CSH, false },
	{ "set", MODE_CSH_SET, IN_CSH, false },
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
		.resolved = STR_INIT,
		.output = STR_INIT,
		.here_string = STR_INIT,
	};
	for (size_t i = 0; i < ENVFILE_PENDING_MAX; i++) {
		str_init(&c->pending[i].name);
		str_init(&c->pending[i].value);
		str_init(&c->pending[i].resolved);
		str_init(&c->pending[i].aside.value);
	}
}

void env_command_release(struct env_command *c)
{
	str_release(&c->name);
	str_release(&c->text);
	str_release(&c->resolved);
	str_release(&c->output);
	str_release(&c->here_string);
	for (size_t i = 0; i < ENVFILE_PENDING_MAX; i++) {
		str_release(&c->pending[i].name);
		str_release(&c->pending[i].value);
		str_release(&c->pending[i].resolved);
		str_release(&c->pending[i].aside.value);
	}
}

/* What belongs to one command word; sudo is followed by another. */
static void forget_command_word(struct env_command *c)
{
	c->wrapper = NULL;
	c->operands = c->args = 0;
	c->skip_next = c->assign_next = false;
	c->export = c->nameref = c->tied = c->append = c->erase = false;
	c->path_list = c->script_next = c->substituted = c->any_name = c->copies = c->copied = false;
	str_clear(&c->name);
	str_clear(&c->text);
	str_clear(&c->resolved);
}

void env_command_reset(struct env_command *c)
{
	forget_command_word(c);
	c->mode = MODE_START;
	c->undecidable = c->has_here_string = c->redirected = false;
	str_clear(&c->here_string);
	while (c->n_pending > 0)	/* it was no command after all: `A=1 f() {` */
		str_release(&c->pending[--c->n_pending].aside.value);
}

static enum env_dialect dialect_of(struct bytes shell)
{
	if (bytes_equal(shell, BYTES_LIT("fish")))
		return DIALECT_FISH;
	if (bytes_has_suffix(shell, BYTES_LIT("csh")))
		return DIALECT_CSH;
	return DIALECT_SHELL;
}

bool env_command_started(const struct env_command *c)
{
	return c->mode != MODE_START;
}

bool env_command_reads_script(const struct env_command *c, enum env_dialect *ret)
{
	*ret = c->mode == MODE_SHELL ? dialect_of(str_bytes(&c->name)) : c->dialect;
	return c->mode == MODE_SHELL || (c->mode == MODE_SOURCE && c->script_next);
}

bool env_command_copies(const struct env_command *c)
{
	return c->mode == MODE_PLAIN && c->copies && c->args == 0;
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

/* ---- scripts in words -------------------------------------------------------- */

static int reparse_word(struct envfile *e, enum env_dialect dialect, struct bytes script, const struct env_word *w)
{
	return envfile_reparse(e, dialect, script, w->line, w->substituted);
}

/* A script that runs another time, or never, or in a process of its own. */
static int reparse_later(struct envfile *e, enum env_dialect dialect, struct bytes script, const struct env_word *w)
{
	int r;

	e->conditional++;
	e->functions++;
	e->segment++;
	r = reparse_word(e, dialect, script, w);
	e->segment++;
	e->functions--;
	e->conditional--;
	return r;
}

/* ---- assignments before a command --------------------------------------------- */

/* All that waited.  With `command` they were for that command only, and what they hid is back. */
static int flush_pending(struct envfile *e, struct env_command *c, bool command)
{
	size_t n = c->n_pending;

	c->n_pending = 0;
	for (size_t i = n; command && i-- > 0;)
		env_variable_put_back(e, str_bytes(&c->pending[i].name), &c->pending[i].aside);
	for (size_t i = 0; i < n; i++) {
		struct env_pending *p = &c->pending[i];
		struct env_value value = { str_bytes(&p->value), str_bytes(&p->resolved) };
		int r;

		str_release(&p->aside.value);
		r = envfile_report(e, str_bytes(&p->name), value, p->line,
				   p->flags | REPORT_CHILD | (command ? REPORT_EXPORT : 0));
		if (r < 0)
			return r;
	}
	return 0;
}

static int remember_pending(struct env_pending *p, struct bytes name, struct env_value value, const struct env_word *w,
			    unsigned flags)
{
	int r;

	str_clear(&p->name);
	str_clear(&p->value);
	str_clear(&p->resolved);
	if ((r = str_append_bytes(&p->name, name)) < 0 || (r = str_append_bytes(&p->value, value.text)) < 0 ||
	    (r = str_append_bytes(&p->resolved, value.resolved)) < 0)
		return r;
	p->line = w->line;
	p->flags = flags;
	return 0;
}

/* Does the shell take this word for an assignment?  NAME=, NAME+=, NAME[i]= as they stand. */
static bool is_assignment(const struct env_word *w, struct bytes *ret_name, bool *ret_element, bool *ret_append)
{
	ptrdiff_t bracket;
	struct bytes name;

	if (w->equals == ENV_WORD_NO_EQUALS || w->name_quoted || w->name_expanded)
		return false;
	name = bytes_slice(str_bytes(&w->text), 0, w->equals);
	*ret_append = bytes_has_suffix(name, BYTES_LIT("+"));
	name.len -= *ret_append;
	bracket = bytes_has_suffix(name, BYTES_LIT("]")) ? bytes_find_byte(name, '[', 0) : -1;
	*ret_element = bracket > 0;
	if (bracket > 0)
		name.len = (size_t)bracket;
	*ret_name = name;
	return envfile_is_name(name);
}

static unsigned word_flags(const struct env_word *w)
{
	return w->substituted || w->unknown ? REPORT_UNDECIDABLE : 0;
}

/* NAME=VALUE where a command could stand.  Whether a command follows, so that
 * the variable reaches it, is not known yet.  True: it was one. */
static int prefix_assignment(struct envfile *e, struct env_command *c, const struct env_word *w,
			     bool *ret)
{
	struct env_value value;
	struct env_pending *p;
	struct bytes name;
	bool element, append;
	unsigned flags = word_flags(w);
	int r;

	*ret = is_assignment(w, &name, &element, &append);
	if (!*ret)
		return 0;
	if (w->array || element)
		return env_variable_set(e, name, BYTES_LIT(""), VARIABLE_UNKNOWN);
	value.text = env_word_after(w, w->equals + 1);
	value.resolved = env_word_resolved_after(w, w->resolved_equals + 1);
	/* bash runs it before each prompt: as good a place as ~/.bashrc itself. */
	if (bytes_equal(name, BYTES_LIT("PROMPT_COMMAND")))
		return reparse_later(e, c->dialect, value.resolved, w);
	name = env_variable_target(e, name);

	if (c->n_pending == ENVFILE_PENDING_MAX) {
		r = flush_pending(e, c, false);
		if (r < 0)
			return r;
	}
	p = &c->pending[c->n_pending];
	r = remember_pending(p, name, value, w, flags | (append ? REPORT_APPEND : 0));
	if (r < 0)
		return r;
	c->n_pending++;
	return env_variable_replace(e, str_bytes(&p->name), str_bytes(&p->resolved),
				    (append ? VARIABLE_APPEND : 0) | (flags ? VARIABLE_UNKNOWN : 0), &p->aside);
}

/* ---- the command word ------------------------------------------------------------ */

static int command_word(struct envfile *e, struct env_command *c, const struct env_word *w)
{
	struct bytes name = bytes_basename(env_word_resolved(w));
	int r;

	r = flush_pending(e, c, true);
	if (r < 0)
		return r;
	forget_command_word(c);
	c->line = w->line;

	if (w->unresolved) {
		c->mode = MODE_MAYBE;
		return 0;
	}
	c->mode = MODE_PLAIN;
	c->copies = bytes_equal(name, BYTES_LIT("cat"));
	for (size_t i = 0; i < ELEMENTSOF(wrappers); i++)
		if (bytes_equal_text(name, wrappers[i].name)) {
			c->wrapper = &wrappers[i];
			c->mode = MODE_WRAPPER;
			return 0;
		}
	for (size_t i = 0; i < ELEMENTSOF(commands); i++)
		if ((commands[i].dialects & 1U << c->dialect) &&
		    bytes_equal_text(name, commands[i].name)) {
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
	if (c->mode == MODE_SHELL || c->mode == MODE_SOURCE || c->mode == MODE_CSH_SET)
		return str_append_bytes(&c->name, name);
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
	if (c->nameref && w->equals != ENV_WORD_NO_EQUALS) {
		struct bytes target = env_word_resolved_after(w, w->resolved_equals + 1);
		int r = env_variable_set(e, bytes_slice(text, 0, w->equals), target,
					 VARIABLE_REFERENCE | (word_flags(w) ? VARIABLE_UNKNOWN : 0));

		return r < 0 ? r : envfile_report(e, target, env_same(BYTES_LIT("")), w->line, REPORT_UNDECIDABLE);
	}
	/* zsh: typeset -xT PYTHONPATH pythonpath; the array's elements follow. */
	if (c->tied && w->equals == ENV_WORD_NO_EQUALS)
		return envfile_report(e, text, env_same(BYTES_LIT("")), w->line,
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
	return reparse_later(e, DIALECT_SHELL, str_bytes(&script), w);
}

/* --setenv=NAME=VALUE: the assignment begins inside the word. */
static int report_argument(struct envfile *e, const struct env_word *w, size_t from)
{
	struct bytes text = env_word_resolved_after(w, from);
	ptrdiff_t equals = bytes_find_byte(text, '=', 0);

	if (equals <= 0)
		return 0;
	return envfile_report(e, bytes_slice(text, 0, (size_t)equals), env_same(bytes_slice(text, (size_t)equals + 1,
			      text.len - (size_t)equals - 1)), w->line, REPORT_EXPORT | REPORT_CHILD | word_flags(w));
}

static int wrapper_word(struct envfile *e, struct env_command *c, const struct env_word *w)
{
	struct bytes text = env_word_resolved(w), name = bytes_of(c->wrapper->name);
	bool env = bytes_equal(name, BYTES_LIT("env"));
	bool systemd_run = bytes_equal(name, BYTES_LIT("systemd-run"));

	if (c->assign_next) {
		c->assign_next = false;
		return envfile_report_word(e, w, REPORT_EXPORT | REPORT_CHILD);
	}
	if (c->script_next) {
		c->script_next = false;
		if (env)
			return env_split_string(e, text, w);
		return reparse_later(e, DIALECT_SHELL, text, w);
	}
	if (is_option(text)) {
		struct bytes split = BYTES_LIT("--split-string="), setenv = BYTES_LIT("--setenv=");
		ptrdiff_t s;

		if (env && bytes_has_prefix(text, split))
			return env_split_string(e, env_word_resolved_after(w, split.len), w);
		s = env && !is_long_option(text) ? bytes_find_byte(text, 'S', 1) : -1;
		if (s > 0 && (size_t)s + 1 < text.len)
			return env_split_string(e, env_word_resolved_after(w, (size_t)s + 1), w);
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
	if (w->resolved_equals != ENV_WORD_NO_EQUALS)
		return envfile_report_word(e, w, REPORT_EXPORT | REPORT_CHILD);
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
	struct bytes between = { &separator, c->args++ > 0 };
	int r;

	if (between.len == 0 && c->mode != MODE_SET)	/* there the line stays the name's */
		c->line = w->line;
	c->substituted |= w->substituted;
	c->undecidable |= w->unknown;
	if ((r = str_append_bytes(&c->text, between)) < 0 ||
	    (r = str_append_bytes(&c->text, str_bytes(&w->text))) < 0 ||
	    (r = str_append_bytes(&c->resolved, between)) < 0)
		return r;
	return str_append_bytes(&c->resolved, env_word_resolved(w));
}

static int take_name(struct env_command *c, const struct env_word *w)
{
	c->line = w->line;
	return str_append_bytes(&c->name, env_word_resolved(w));
}

static int shell_word(struct envfile *e, struct env_command *c, const struct env_word *w)
{
	struct bytes text = env_word_resolved(w), command = BYTES_LIT("--command=");
	enum env_dialect dialect = dialect_of(str_bytes(&c->name));

	if (bytes_has_prefix(text, command))
		return reparse_later(e, dialect, env_word_resolved_after(w, command.len), w);
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
	return reparse_later(e, dialect, text, w);
}

static int alias_word(struct envfile *e, struct env_command *c, const struct env_word *w)
{
	if (c->dialect != DIALECT_CSH && w->resolved_equals != ENV_WORD_NO_EQUALS && c->name.len == 0)
		return reparse_later(e, c->dialect, env_word_resolved_after(w, w->resolved_equals + 1), w);
	if (c->dialect == DIALECT_SHELL || is_option(str_bytes(&w->text)))
		return 0;
	return c->name.len == 0 ? take_name(c, w) : append_word(c, w, ' ');
}

static int printf_word(struct env_command *c, const struct env_word *w)
{
	struct bytes text = env_word_resolved(w);

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
		return str_append_bytes(&c->name, bytes_slice(text, 2, text.len - 2));
	}
	if (c->args == 0 && bytes_equal(text, BYTES_LIT("--")))
		return 0;

	/* The value is the format, or with "%s" the word behind it. */
	if (c->args == 1 && (bytes_equal(str_bytes(&c->resolved), BYTES_LIT("%s")) ||
			     bytes_equal(str_bytes(&c->resolved), BYTES_LIT("%s\\n")))) {
		c->args = 0;
		c->path_list = true;	/* "the text is the value" */
		str_clear(&c->text);
		str_clear(&c->resolved);
	} else if (c->args > 0) {
		c->undecidable = true;
		return 0;
	}
	return append_word(c, w, ' ');
}

static int echo_word(struct env_command *c, const struct env_word *w)
{
	struct bytes text = str_bytes(&w->text);

	if (c->args == 0 && is_option(text) && text.len < 4 && (text.ptr[1] == 'n' || text.ptr[1] == 'e' || text.ptr[1] == 'E')) {
		c->path_list |= text.ptr[1] == 'e';	/* "escapes are resolved" */
		return 0;
	}
	return append_word(c, w, ' ');
}

static int read_word(struct envfile *e, struct env_command *c, const struct env_word *w)
{
	struct bytes text = env_word_resolved(w);

	if (is_option(text)) {
		c->skip_next = wants_argument(text, "dinNptucPR");
		c->export |= c->dialect == DIALECT_FISH &&
			     (in_cluster(text, 'x') || bytes_equal(text, BYTES_LIT("--export")));
		return 0;
	}
	c->args++;
	if (c->name.len == 0 && (c->args == 1 || envfile_is_python_variable(text)))
		return take_name(c, w);
	return env_variable_set(e, text, BYTES_LIT(""), VARIABLE_UNKNOWN);
}

static int for_word(struct envfile *e, struct env_command *c, const struct env_word *w)
{
	unsigned n = c->args++;
	struct env_value value = { str_bytes(&w->text), env_word_resolved(w) };
	int r;

	if (n == 0)
		return take_name(c, w);
	if (n == 1)	/* "in" */
		return 0;
	/* Of several values each has its turn: a branch, so to speak. */
	e->conditional += n > 2;
	r = envfile_report(e, str_bytes(&c->name), value, w->line, word_flags(w));
	e->conditional -= n > 2;
	return r;
}

/* . FILE: a file that is read as this one is; or what is given to it on standard input. */
static int source_word(struct envfile *e, struct env_command *c, const struct env_word *w)
{
	static const char *const inputs[] = { "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0", "-" };
	struct bytes path = env_word_resolved(w), command = str_bytes(&c->name);

	if (c->args > 0 || is_option(path))
		return 0;
	c->args++;
	if (w->process)
		return envfile_reparse(e, c->dialect, path, w->line, true);
	for (size_t i = 0; i < ELEMENTSOF(inputs); i++)
		c->script_next |= bytes_equal(path, bytes_of(inputs[i]));
	if (c->script_next)
		return 0;
	return envfile_report_include(e, path, bytes_has_prefix(command, BYTES_LIT("dotenv")) ? ENV_DOTENV :
				      c->dialect == DIALECT_FISH ? ENV_FISH : c->dialect == DIALECT_CSH ? ENV_CSH : ENV_SHELL,
				      w->line, bytes_has_suffix(command, BYTES_LIT("_if_exists")),
				      w->substituted || w->unknown);
}

/* csh: set X, set X = v, set X=v, several in a row; the lists of foreach and (a b), and @'s arithmetic, are not
 * followed.  c->text is the name that still wants a value, c->args what was seen of it. */
static int csh_set_word(struct envfile *e, struct env_command *c, const struct env_word *w)
{
	enum { NAME, EQUALS, VALUE };
	struct bytes text = env_word_resolved(w);
	unsigned unknown = word_flags(w) ? VARIABLE_UNKNOWN : 0;
	int r;

	if (!bytes_equal(str_bytes(&c->name), BYTES_LIT("set")))
		return c->args++ > 0 ? 0 : env_variable_set(e, text, BYTES_LIT(""), VARIABLE_UNKNOWN);
	if (c->args == EQUALS && bytes_equal(text, BYTES_LIT("="))) {
		c->args = VALUE;
		/* Unknown until the word behind has said otherwise: it may be a list. */
		return env_variable_set(e, str_bytes(&c->text), BYTES_LIT(""), VARIABLE_UNKNOWN);
	}
	if (c->args == VALUE || (c->args == EQUALS && bytes_has_prefix(text, BYTES_LIT("=")))) {
		text = c->args == VALUE ? text : bytes_slice(text, 1, text.len - 1);
		c->args = NAME;
		return env_variable_set(e, str_bytes(&c->text), text, unknown);
	}
	if (is_option(text))
		return 0;
	c->args = EQUALS;
	str_clear(&c->text);
	if (w->resolved_equals == ENV_WORD_NO_EQUALS) {
		r = str_append_bytes(&c->text, text);
		return r < 0 ? r : env_variable_set(e, text, BYTES_LIT(""), 0);
	}
	r = str_append(&c->text, text.ptr, w->resolved_equals);
	text = bytes_slice(text, w->resolved_equals + 1, text.len - w->resolved_equals - 1);
	c->args = text.len > 0 ? NAME : VALUE;
	return r < 0 ? r : env_variable_set(e, str_bytes(&c->text), text, text.len > 0 ? unknown : VARIABLE_UNKNOWN);
}

static int set_word(struct env_command *c, const struct env_word *w)
{
	static const char *const queries[] = { "--erase", "--query", "--names", "--show" };
	struct bytes text = env_word_resolved(w);

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
		if (w->unresolved) {
			c->undecidable = c->any_name = true;
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

	/* fish(1), PATH variables: exported with ":" between, others with " ". */
	return append_word(c, w, c->path_list ? ':' : ' ');
}

static int setenv_word(struct envfile *e, struct env_command *c, const struct env_word *w)
{
	struct env_value value = { str_bytes(&w->text), env_word_resolved(w) };
	unsigned flags = REPORT_EXPORT | word_flags(w);

	if (c->name.len == 0 && is_option(value.text)) {
		c->skip_next = bytes_equal(value.text, BYTES_LIT("-t"));	/* tmux */
		return 0;
	}
	if (c->name.len == 0) {
		c->any_name = w->unresolved && envfile_pattern_is_python(str_bytes(&w->pattern));
		return take_name(c, w);
	}
	if (c->args++ > 0)
		return 0;
	if (c->any_name)
		flags |= REPORT_UNDECIDABLE | REPORT_ANY_NAME;
	return envfile_report(e, str_bytes(&c->name), value, c->line, flags);
}

/* A word into which a shell puts a variable with blanks in it becomes several. */
static int split_word(struct envfile *e, struct env_command *c, const struct env_word *w)
{
	struct bytes all = env_word_resolved(w);
	size_t from = 0;

	for (size_t i = 0; i <= w->n_splits; i++) {
		_cleanup_env_word_ struct env_word field = ENV_WORD_INIT;
		size_t to = i < w->n_splits ? w->splits[i].at : all.len;
		int r = 0;

		env_word_begin(&field, w->line);
		for (size_t k = from; k < to && r == 0; k++)
			r = env_word_literal(&field, all.ptr[k]);
		/* What an expansion left is no assignment before a command, nor a reserved word. */
		field.quoted = field.name_quoted = true;
		field.substituted = w->substituted;
		field.unknown = w->unknown;
		field.unresolved = w->unresolved;
		if (r == 0 && to > from)
			r = env_command_word(e, c, &field);
		if (r < 0)
			return r;
		from = i < w->n_splits ? to + w->splits[i].len : to;
	}
	return 0;
}

/* Not those that are assignments as they stand, nor what eval joins again. */
static bool is_split(const struct env_command *c, const struct env_word *w)
{
	struct bytes name;
	bool element, append;

	if (w->n_splits == 0 || c->mode == MODE_PLAIN || c->mode == MODE_EVAL || c->mode == MODE_ECHO)
		return false;
	return (c->mode != MODE_START && c->mode != MODE_DECLARE) || !is_assignment(w, &name, &element, &append);
}

int env_command_word(struct envfile *e, struct env_command *c, const struct env_word *w)
{
	struct bytes text = env_word_resolved(w);
	bool assignment;
	int r;

	if (is_split(c, w))
		return split_word(e, c, w);
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
		c->args++;
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
		return is_option(text) || w->unresolved ? 0 : command_word(e, c, w);
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
		return reparse_later(e, c->dialect, text, w);
	case MODE_PRINTF:
		return printf_word(c, w);
	case MODE_READ:
		return read_word(e, c, w);
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
	case MODE_UNSET:
		return is_option(text) ? 0 : env_variable_set(e, text, BYTES_LIT(""), VARIABLE_UNSET);
	case MODE_SOURCE:
		return source_word(e, c, w);
	case MODE_ECHO:
		return echo_word(c, w);
	case MODE_CSH_SET:
		return csh_set_word(e, c, w);
	}
	return 0;
}

/* ---- the end of a command ----------------------------------------------------------- */

/* What printf makes of its format alone, or echo -e of its words, is left to the shell. */
static bool needs_no_decoding(struct bytes text)
{
	return bytes_find_byte(text, '%', 0) < 0 && bytes_find_byte(text, '\\', 0) < 0;
}

/* What an echo writes, for the command behind "|" or around $( ). */
static int keep_output(struct envfile *e, struct env_command *c)
{
	struct bytes text = str_bytes(&c->resolved);
	bool written = (c->mode == MODE_ECHO || (c->mode == MODE_PRINTF && c->name.len == 0)) && !c->substituted &&
		       !c->redirected;
	bool exact = c->path_list ? c->mode == MODE_PRINTF || needs_no_decoding(text) :
				    c->mode == MODE_ECHO || needs_no_decoding(text);
	int r;

	str_clear(&c->output);
	c->has_output = written && exact;
	if (c->has_output && ((r = str_append_bytes(&c->output, text)) < 0 || (r = str_append_char(&c->output, '\n')) < 0))
		return r;
	if (!e->output || c->mode == MODE_START)
		return 0;
	if (!c->has_output || e->output->len + c->output.len > ENVFILE_RESOLVED_MAX) {
		e->output_unknown |= !c->copied;
		return 0;
	}
	return str_append_bytes(e->output, str_bytes(&c->output));
}

static int report_read(struct envfile *e, struct env_command *c, struct bytes name, unsigned flags)
{
	struct bytes text = str_bytes(&c->here_string);
	ptrdiff_t newline = bytes_find_byte(text, '\n', 0);

	if (newline >= 0)
		text.len = (size_t)newline;
	/* Without -r backslashes would go. */
	if (c->has_here_string && c->args == 1 && bytes_find_byte(text, '\\', 0) < 0)
		return envfile_report(e, name, env_same(bytes_trim(text)), c->line, flags);
	return envfile_report(e, name, env_same(BYTES_LIT("")), c->line, flags | REPORT_UNDECIDABLE);
}

/* fish: a list of several words is one string for children, but not in $NAME. */
static int report_set(struct envfile *e, struct env_command *c, struct bytes name, struct env_value value, unsigned flags)
{
	int r = 0;

	if (c->erase)
		return 0;
	if (c->any_name)
		flags |= REPORT_ANY_NAME | REPORT_UNDECIDABLE;
	r = envfile_report(e, name, value, c->line, flags | (c->args > 1 ? REPORT_CHILD : 0));
	if (r == 0 && c->args > 1)
		r = env_variable_set(e, name, BYTES_LIT(""), VARIABLE_UNKNOWN);
	return r;
}

static int report_collected(struct envfile *e, struct env_command *c)
{
	struct bytes name = str_bytes(&c->name);
	struct env_value value = { str_bytes(&c->text), str_bytes(&c->resolved) };
	unsigned flags = export_flag(c);

	if (c->substituted)
		flags |= REPORT_UNDECIDABLE;
	if (c->append)
		flags |= REPORT_APPEND;

	switch ((enum mode)c->mode) {
	case MODE_EVAL:
		return envfile_reparse(e, c->dialect, value.resolved, c->line, c->substituted);
	case MODE_ALIAS: {
		struct env_word at = { .line = c->line, .substituted = c->substituted };

		return reparse_later(e, c->dialect, value.resolved, &at);
	}
	case MODE_SHELL:
		if (!c->has_here_string)
			return 0;
		return envfile_reparse(e, dialect_of(name), str_bytes(&c->here_string), c->line, true);
	case MODE_SOURCE:
		/* fish's source without a file reads standard input. */
		if (!c->has_here_string || (c->args > 0 && !c->script_next))
			return 0;
		return envfile_reparse(e, c->dialect, str_bytes(&c->here_string), c->line, true);
	case MODE_PRINTF:
		if (c->args == 0 || name.len == 0)
			return 0;
		if (!c->path_list && !needs_no_decoding(value.resolved))
			flags |= REPORT_UNDECIDABLE;
		return envfile_report(e, name, value, c->line, flags);
	case MODE_READ:
		return name.len == 0 ? 0 : report_read(e, c, name, flags);
	case MODE_SETENV:
		/* csh: setenv NAME, without a value. */
		return c->args > 0 || c->any_name ? 0 : envfile_report(e, name, value, c->line, flags);
	case MODE_PATH_ADD:
		return c->args == 0 ? 0 : envfile_report(e, name, value, c->line, flags | REPORT_APPEND);
	case MODE_SET:
		return name.len == 0 ? 0 : report_set(e, c, name, value, flags);
	default:
		return 0;
	}
}

int env_command_end(struct envfile *e, struct env_command *c)
{
	int r = flush_pending(e, c, false);

	if (r == 0)
		r = report_collected(e, c);
	if (r == 0)
		r = keep_output(e, c);
	env_command_reset(c);
	return r;
}

int env_command_pipe(struct envfile *e, struct env_command *c)
{
	struct str *wanted = e->output;
	int r;

	e->output = NULL;	/* it goes to the next command, not to whoever wants the list's */
	r = env_command_end(e, c);
	e->output = wanted;
	return r < 0 || !c->has_output ? r : env_command_here_string(c, str_bytes(&c->output));
}
