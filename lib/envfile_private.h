/* envfile_private.h - between the parts of envfile, and for nobody else.
 *
 *	envfile.c		dispatch; what is a Python variable; words; reporting
 *	envfile_variables.c	what the file has set so far
 *	envfile_command.c	one simple command, fed word by word: export, env,
 *				sudo, eval, alias, set, setenv ...
 *	envfile_shell.c		sh, bash, zsh, ksh: bytes -> words
 *	envfile_fish.c		fish, fish_variables
 *	envfile_csh.c		csh, tcsh
 *	envfile_config.c	the grammars that are not shells
 *
 * The three lexers differ in quoting, so each has its own file; what a command
 * does with its words hardly differs, so that is one machine.
 */
#ifndef PYHOOKD_ENVFILE_PRIVATE_H
#define PYHOOKD_ENVFILE_PRIVATE_H

#include "envfile.h"
#include "limits.h"

/* One parse of one file, shared by all levels of it. */
struct envfile {
	env_assignment_fn fn;
	env_include_fn include_fn;	/* NULL: nobody asks */
	void *userdata;
	size_t reported;
	size_t reread;		/* bytes that may still be read again */
	size_t putting;		/* bytes of variables' values that may still be put in */
	unsigned lines;		/* of the content */
	struct env_variables *variables;	/* ours; NULL: none yet */
	unsigned segment;	/* counts the boundaries of control flow */
	unsigned conditional;	/* branches and subshells open */
	unsigned functions;	/* definitions open: they run later, or never */
	bool included;		/* another file was read, which may have set anything */
	struct str *output;	/* where an `echo` writes whose output is wanted; not ours, or NULL */
	bool output_unknown;	/* something else wrote there */
	unsigned depth;		/* constructs open */
	unsigned reparse;	/* scripts within scripts open */
	unsigned mute;		/* > 0: has been reported in an earlier reading */
	bool mute_substitutions;	/* in this script, $( ) has been read before */
};

enum env_dialect {
	DIALECT_SHELL,
	DIALECT_FISH,
	DIALECT_CSH,
	DIALECT_ARGV,		/* words that go to execve(): no shell, no assignments before it */
};

/* ---- words --------------------------------------------------------------- */

#define ENV_WORD_NO_EQUALS SIZE_MAX

/* A word after quote removal, and what quote removal forgets.  Expansions stand
 * in the text as they were written. */
struct env_word {
	struct str text;
	struct str pattern;	/* the text before the first "=", a NUL for each expansion,
				 * at most ENVFILE_NAME_MAX bytes */
	size_t equals;		/* offset in text of the first "=" outside expansions */
	unsigned line;		/* where the word begins */
	bool quoted;		/* something is quoted */
	bool name_quoted;	/* ... before the "=" */
	bool name_expanded;	/* an expansion stands before the "=" */
	bool expanded;		/* an expansion anywhere */
	bool substituted;	/* one that only a run would decide: command, arithmetic, process */
	bool unresolved;	/* one that is not put in */
	bool bare;		/* the last one is $NAME without braces */
	bool unknown;		/* one of a variable whose value is not known, or not for sure */
	bool process;		/* <(...), whose output is known: `resolved` */
	bool put_in;		/* `resolved` is in use */
	struct str resolved;	/* the text with known variables put in */
	size_t resolved_equals;	/* offset of the first "=" in it, also from within a variable */
	struct env_split {
		size_t at, len;	/* blanks in it at which the shell would make several words */
	} splits[ENVFILE_SPLITS_MAX];
	size_t n_splits;
	bool braces;		/* an unquoted {a,b} */
	bool array;		/* NAME=(...): not a variable that can be exported */
	bool discard;		/* only the flags are wanted, keep no text */
};

#define ENV_WORD_INIT \
	((struct env_word){ .text = STR_INIT, .pattern = STR_INIT, .resolved = STR_INIT, \
			    .equals = ENV_WORD_NO_EQUALS, .resolved_equals = ENV_WORD_NO_EQUALS })

void env_word_release(struct env_word *w);
void env_word_begin(struct env_word *w, unsigned line);	/* empty again, memory kept */
int env_word_literal(struct env_word *w, char c);
int env_word_expansion(struct env_word *w, struct bytes as_written, bool substitution);
/* An expansion whose value is known.  `split`: outside quotes, where blanks part words. */
int env_word_known(struct envfile *e, struct env_word *w, struct bytes as_written, struct bytes value, bool split);
/* $NAME, after what the file says of it. */
int env_word_variable(struct envfile *e, struct env_word *w, struct bytes as_written, struct bytes name, bool split);
/* The text with known variables put in. */
struct bytes env_word_resolved(const struct env_word *w);
void env_word_quote(struct env_word *w);
struct bytes env_word_resolved_after(const struct env_word *w, size_t from);
struct bytes env_word_after(const struct env_word *w, size_t from);	/* text from offset on */

#define _cleanup_env_word_ __attribute__((cleanup(env_word_release)))

/* The escapes that C, bash's $'...', fish and systemd share: at text[*at], just
 * behind the backslash, \a \n \x41 \101 \u0041.  Appends to `ret`, moves *at.
 * False (nothing done): not such an escape.  bash(1) QUOTING, fish(1) Escaping,
 * systemd.syntax(7). */
bool env_escape_decode(struct bytes text, size_t *at, char ret[static 4], size_t *ret_len);

/* ---- reporting ------------------------------------------------------------ */

enum {
	REPORT_EXPORT = 1 << 0,
	REPORT_APPEND = 1 << 1,
	REPORT_UNDECIDABLE = 1 << 2,
	REPORT_ANY_NAME = 1 << 3,	/* the caller has judged the name */
	REPORT_CHILD = 1 << 4,	/* of one command's environment: the file's own variable stays */
	REPORT_SILENT = 1 << 5,	/* has been reported: only remember it */
};

/* A value as written, and with variables put in. */
struct env_value {
	struct bytes text, resolved;
};

/* Remember it, and report it if it is a Python variable (and not muted). */
int envfile_report(struct envfile *e, struct bytes name, struct env_value value, unsigned line, unsigned flags);
static inline struct env_value env_same(struct bytes value)
{
	return (struct env_value){ value, value };
}
/* A file that is read, too. */
int envfile_report_include(struct envfile *e, struct bytes path, enum env_syntax syntax, unsigned line, bool optional,
			   bool undecidable);
/* The same for NAME=VALUE or NAME+=VALUE in one word.  A name in part unknown is
 * reported when its known parts leave little else than a Python variable. */
int envfile_report_word(struct envfile *e, const struct env_word *w, unsigned flags);
bool envfile_pattern_is_python(struct bytes pattern);
bool envfile_is_name(struct bytes name);	/* [A-Za-z_][A-Za-z0-9_]* */

/* ---- variables ------------------------------------------------------------- */

struct env_variable {
	struct str name, value;
	unsigned segment;	/* in which it was set */
	bool unknown;		/* what only a run would tell */
	bool conflict;		/* a branch may have left another value */
	bool unset;
	bool absent;		/* the entry is there, the variable is not */
	bool reference;		/* declare -n: the value is another variable's name */
};

enum {
	VARIABLE_APPEND = 1 << 0,
	VARIABLE_UNKNOWN = 1 << 1,
	VARIABLE_UNSET = 1 << 2,
	VARIABLE_REFERENCE = 1 << 3,
};

enum env_known {
	ENV_ABSENT,		/* the file does not set it: the environment decides */
	ENV_KNOWN,
	ENV_UNSET,		/* the file has taken it away: empty */
	ENV_ONE_OF_SEVERAL,
	ENV_UNKNOWN,
};

int env_variable_set(struct envfile *e, struct bytes name, struct bytes value, unsigned flags);
/* *ret is set for ENV_KNOWN, ENV_UNSET and ENV_ONE_OF_SEVERAL; valid until the next env_variable_set(). */
enum env_known env_variable_get(const struct envfile *e, struct bytes name, struct bytes *ret);
/* The same; what NAME=VALUE before a command hides while that runs is put back. */
int env_variable_replace(struct envfile *e, struct bytes name, struct bytes value, unsigned flags,
			 struct env_variable *ret_old);	/* *ret_old.value is the caller's, of an append unknown */
void env_variable_put_back(struct envfile *e, struct bytes name, struct env_variable *aside);
bool env_variable_is_ambient(struct bytes name);	/* every login has it */
struct bytes env_variable_target(const struct envfile *e, struct bytes name);	/* through declare -n */
void env_variables_free(struct envfile *e);

/* ---- commands ------------------------------------------------------------- */

struct env_pending {
	struct str name, value, resolved;
	struct env_variable aside;	/* what it hides if a command follows */
	unsigned line, flags;
};

struct env_wrapper;

struct env_command {
	enum env_dialect dialect;
	unsigned mode;		/* enum mode of envfile_command.c; 0: no command word yet */
	const struct env_wrapper *wrapper;
	unsigned operands;	/* of the wrapper, seen */
	bool skip_next;		/* the next word is an option's argument */
	bool assign_next;	/* ... and that argument is NAME=VALUE */
	bool export, nameref, tied, append, erase, path_list, script_next, substituted;
	bool undecidable;
	bool has_here_string, has_output, redirected;
	enum env_syntax syntax;	/* of the file that source reads */
	bool copies, copied;	/* cat; ... of a here-document, which is in the output */
	bool any_name;		/* the name is in part unknown, and looks like one of Python's */
	unsigned args;
	unsigned line;		/* of the name, or of the script's first word */
	struct str name;	/* set, setenv, printf -v, read, for, path_add */
	struct str text;	/* eval's script, a list of values */
	struct str resolved;	/* the same with variables put in */
	struct str output;	/* of the echo that ended last */
	struct str here_string;	/* what it reads from standard input, where that is known */
	struct env_pending pending[ENVFILE_PENDING_MAX];
	size_t n_pending;
};

void env_command_init(struct env_command *c, enum env_dialect dialect);
void env_command_release(struct env_command *c);
void env_command_reset(struct env_command *c);		/* forget the words */
int env_command_word(struct envfile *e, struct env_command *c, const struct env_word *w);
int env_command_here_string(struct env_command *c, struct bytes text);
int env_command_end(struct envfile *e, struct env_command *c);	/* report, then reset */
/* The same at "|": what an echo wrote is what the next command reads. */
int env_command_pipe(struct envfile *e, struct env_command *c);
bool env_command_copies(const struct env_command *c);	/* cat without arguments */
bool env_command_started(const struct env_command *c);
bool env_command_is_loop(const struct env_command *c);	/* for NAME in ... */
/* Does it run what it reads from standard input (sh, source /dev/stdin)? */
bool env_command_reads_script(const struct env_command *c, enum env_dialect *ret);

#define _cleanup_env_command_ __attribute__((cleanup(env_command_release)))

/* ---- grammars ------------------------------------------------------------- */

int envfile_shell(struct envfile *e, struct bytes text, unsigned line);
int envfile_fish(struct envfile *e, struct bytes text, unsigned line);
int envfile_fish_variables(struct envfile *e, struct bytes text);
int envfile_csh(struct envfile *e, struct bytes text, unsigned line);
int envfile_config(struct envfile *e, enum env_syntax syntax, struct bytes text);

/* A script within a script, one level down.  `seen`: its $( ) were read already
 * when it was still a word. */
int envfile_reparse(struct envfile *e, enum env_dialect dialect, struct bytes script,
		    unsigned line, bool seen);

#endif
