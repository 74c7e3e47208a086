/* envfile_shell.c - sh, bash, zsh, ksh: from bytes to the words of commands.
 *
 * POSIX calls it token recognition (XCU 2.3): operators and words are told
 * apart, quotes and escapes resolved, expansions kept as they were written.
 * What is inside an expansion - $(...), `...`, ${X:-...} - is read as well,
 * since it may assign; each byte is consumed by the innermost construct that it
 * belongs to, and its text is handed up when the construct closes.
 *
 * Conditions are not evaluated: both branches of an `if` are commands.  Bodies of
 * here-documents are text, except those that a shell reads (sh <<EOF), and except
 * for the expansions in them.
 *
 * bash is the reference where the shells differ.  What it would refuse as a
 * syntax error is read as far as it makes sense.
 */
#include <errno.h>
#include <stdint.h>

#include "cleanup.h"
#include "envfile_private.h"

struct here_document {
	struct str delimiter;
	bool quoted;		/* no expansions in the body */
	bool strip_tabs;
	bool script;		/* its reader executes it */
	enum env_dialect dialect;	/* ... as this */
	bool copied;		/* its reader writes it again */
	bool in_substitution;	/* "E)" ends it as well (bash, with a warning) */
};

struct sh {
	struct envfile *e;
	struct bytes in;
	size_t pos;
	unsigned line;
	struct here_document here[ENVFILE_HEREDOCS_MAX];	/* bodies yet to come */
	size_t n_here;
	unsigned substitutions;	/* open */
	unsigned unclosed;	/* line of a quote that the input does not close, or 0 */
};

enum end { END_OF_INPUT, END_PAREN };

static int read_list(struct sh *s, enum end end);
static int read_dollar(struct sh *s, struct env_word *w, bool in_double_quotes);

static void sh_init(struct sh *s, struct envfile *e, struct bytes in, unsigned line)
{
	*s = (struct sh){ .e = e, .in = in, .line = line };
	for (size_t i = 0; i < ENVFILE_HEREDOCS_MAX; i++)
		str_init(&s->here[i].delimiter);
}

static void sh_release(struct sh *s)
{
	for (size_t i = 0; i < ENVFILE_HEREDOCS_MAX; i++)
		str_release(&s->here[i].delimiter);
}

/* ---- the cursor ------------------------------------------------------------------ */

/* The next byte as it stands, or -1. */
static int raw(const struct sh *s)
{
	return s->pos < s->in.len ? (unsigned char)s->in.ptr[s->pos] : -1;
}

/* The next byte; a backslash before a newline vanishes with it, wherever it
 * stands but in single quotes (XCU 2.2.1). */
static int peek(struct sh *s)
{
	while (s->pos + 1 < s->in.len && s->in.ptr[s->pos] == '\\' &&
	       s->in.ptr[s->pos + 1] == '\n') {
		s->pos += 2;
		s->line++;
	}
	return raw(s);
}

static void advance(struct sh *s)
{
	if (s->in.ptr[s->pos] == '\n')
		s->line++;
	s->pos++;
}

/* If the next byte is c, take it. */
static bool take(struct sh *s, char c)
{
	if (peek(s) != (unsigned char)c)
		return false;
	advance(s);
	return true;
}

/* The byte behind the next one. */
static int peek_second(struct sh *s)
{
	size_t pos;
	unsigned line;
	int c;

	if (peek(s) < 0)
		return -1;
	pos = s->pos;
	line = s->line;
	advance(s);
	c = peek(s);
	s->pos = pos;
	s->line = line;
	return c;
}

static bool is_name_byte(int c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

/* A quote opened in `line` is not closed: the shell would refuse the file. */
static void note_unclosed(struct sh *s, unsigned line)
{
	if (s->unclosed == 0)
		s->unclosed = line;
}

static bool enter(struct sh *s)
{
	if (s->e->depth >= ENVFILE_DEPTH_MAX)
		return false;
	s->e->depth++;
	return true;
}

static void leave(struct sh *s)
{
	s->e->depth--;
}

static struct bytes since(const struct sh *s, size_t from)
{
	return bytes_slice(s->in, from, s->pos - from);
}

/* ---- what commands write ----------------------------------------------------------- */

/* The commands within $( ), ` ` and <( ) run in a process of their own, and what they write
 * becomes part of a word: known if it is but an echo. */
struct output {
	struct str text;
	struct str *outer;
	bool outer_unknown;
	unsigned conditional;
};

static void output_begin(struct envfile *e, struct output *o)
{
	str_init(&o->text);
	o->outer = e->output;
	o->outer_unknown = e->output_unknown;
	o->conditional = e->conditional++;
	e->output = e->mute_substitutions ? NULL : &o->text;
	e->output_unknown = false;
	e->segment++;
}

/* Hands the result to the word, if reading it went well (`r`). */
static int output_end(struct envfile *e, struct output *o, int r, struct env_word *w, struct bytes as_written, bool split)
{
	bool known = !e->output_unknown && e->output;

	e->output = o->outer;
	e->output_unknown = o->outer_unknown;
	e->conditional = o->conditional;
	e->segment++;
	while (o->text.len > 0 && o->text.buf[o->text.len - 1] == '\n')
		o->text.buf[--o->text.len] = '\0';
	if (r == 0 && known && o->text.len > 0) {
		w->substituted = true;
		r = env_word_known(e, w, as_written, str_bytes(&o->text), split);
	} else if (r == 0) {
		r = env_word_expansion(w, as_written, true);
	}
	str_release(&o->text);
	return r;
}

/* ---- quotes ------------------------------------------------------------------------ */

static int read_single_quotes(struct sh *s, struct env_word *w)
{
	unsigned line = s->line;

	advance(s);
	env_word_quote(w);
	while (raw(s) >= 0) {
		int c = raw(s), r;

		advance(s);
		if (c == '\'')
			return 0;
		r = env_word_literal(w, (char)c);
		if (r < 0)
			return r;
	}
	note_unclosed(s, line);
	return 0;
}

/* $'...' (bash(1) QUOTING), the cursor behind the first quote. */
static int read_ansi_quotes(struct sh *s, struct env_word *w)
{
	bool cut = false;
	int r = 0;

	env_word_quote(w);
	while (raw(s) >= 0 && r == 0) {
		int c = raw(s);
		char bytes[4];
		size_t n;

		advance(s);
		if (c == '\'')
			break;
		bytes[0] = (char)c;
		n = 1;
		if (c == '\\' && raw(s) >= 0) {
			if (raw(s) == 'c' && s->pos + 1 < s->in.len) {
				bytes[0] = (char)(s->in.ptr[s->pos + 1] & 0x1f);
				advance(s);
				advance(s);
			} else if (!env_escape_decode(s->in, &s->pos, bytes, &n)) {
				bytes[0] = '\\';
				n = 1;
			}
		}
		/* An escaped NUL ends the string (bash's own strings do), not the quotes. */
		cut |= n == 1 && bytes[0] == '\0';
		for (size_t i = 0; i < n && r == 0 && !cut; i++)
			r = env_word_literal(w, bytes[i]);
	}
	return r;
}

/* `...`, the cursor on the first.  Within, \ escapes only $ ` \ (and " inside
 * double quotes); what remains is a script. */
static int read_backquotes(struct sh *s, struct env_word *w, bool in_double_quotes)
{
	_cleanup_str_ struct str script = STR_INIT;
	struct output out;
	size_t start = s->pos;
	unsigned line = s->line;
	int r;

	advance(s);
	while (raw(s) >= 0 && raw(s) != '`') {
		int c = raw(s);

		advance(s);
		if (c == '\\' && raw(s) >= 0) {
			int next = raw(s);

			if (next == '`' || next == '$' || next == '\\' ||
			    (in_double_quotes && next == '"')) {
				c = next;
				advance(s);
			}
		}
		r = str_append_char(&script, (char)c);
		if (r < 0)
			return r;
	}
	if (raw(s) == '`')
		advance(s);
	else
		note_unclosed(s, line);

	output_begin(s->e, &out);
	r = s->e->mute_substitutions ?
		    0 :
		    envfile_reparse(s->e, DIALECT_SHELL, str_bytes(&script), line, false);
	return output_end(s->e, &out, r, w, since(s, start), !in_double_quotes);
}

/* The cursor behind the opening quote. */
static int read_double_quotes(struct sh *s, struct env_word *w)
{
	unsigned line = s->line;

	env_word_quote(w);
	for (;;) {
		int c = peek(s), r;

		if (c < 0) {
			note_unclosed(s, line);
			return 0;
		}
		if (c == '$') {
			r = read_dollar(s, w, true);
		} else if (c == '`') {
			r = read_backquotes(s, w, true);
		} else {
			advance(s);
			if (c == '"')
				return 0;
			if (c == '\\' && (raw(s) == '$' || raw(s) == '`' || raw(s) == '"' ||
					  raw(s) == '\\')) {
				c = raw(s);
				advance(s);
			}
			r = env_word_literal(w, (char)c);
		}
		if (r < 0)
			return r;
	}
}

/* A quote, an escape or an expansion at the cursor; false: an ordinary byte. */
static int read_special(struct sh *s, struct env_word *w, bool in_double_quotes, bool *ret)
{
	int c = peek(s);

	*ret = true;
	switch (c) {
	case '\'':
		if (in_double_quotes)
			break;
		return read_single_quotes(s, w);
	case '"':
		advance(s);
		return read_double_quotes(s, w);
	case '\\':
		advance(s);
		env_word_quote(w);
		c = raw(s);
		if (c < 0)
			return env_word_literal(w, '\\');
		advance(s);
		return env_word_literal(w, (char)c);
	case '$':
		return read_dollar(s, w, in_double_quotes);
	case '`':
		return read_backquotes(s, w, in_double_quotes);
	default:
		break;
	}
	*ret = false;
	return 0;
}

/* ---- expansions ---------------------------------------------------------------------- */

/* A list up to ")"; inside a script that was a word before, all of this has been
 * reported already. */
static int read_substitution(struct sh *s)
{
	bool mute = s->e->mute_substitutions;
	int r;

	s->e->mute += mute;
	s->substitutions++;
	r = read_list(s, END_PAREN);
	s->substitutions--;
	s->e->mute -= mute;
	return r;
}

/* $[...], arithmetic of old; and subscripts.  The cursor on the bracket. */
static int read_brackets(struct sh *s, struct env_word *w)
{
	unsigned open = 0;

	for (;;) {
		bool special;
		int r = read_special(s, w, false, &special), c;

		if (r < 0)
			return r;
		if (special)
			continue;
		c = peek(s);
		if (c < 0)
			return 0;
		advance(s);
		if (c == '[')
			open++;
		else if (c == ']' && --open == 0)
			return 0;
	}
}

/* Text in balanced parentheses, the cursor behind the first: arithmetic, or a
 * pattern.  *ret: it ended in "))". */
static int read_parentheses(struct sh *s, struct env_word *w, bool arithmetic, bool *ret)
{
	unsigned open = 0;

	*ret = false;
	for (;;) {
		bool special;
		int r = read_special(s, w, false, &special), c;

		if (r < 0)
			return r;
		if (special)
			continue;
		c = peek(s);
		if (c < 0)
			return 0;
		if (!arithmetic && c == '\n')
			return 0;	/* no pattern after all */
		advance(s);
		if (c == '(') {
			open++;
		} else if (c == ')') {
			if (open > 0) {
				open--;
			} else {
				if (!arithmetic || raw(s) == ')') {
					*ret = true;
					if (arithmetic)
						advance(s);
				}
				return 0;
			}
		}
	}
}

/* "((" at the cursor: arithmetic if it closes with "))" (bash(1): tried in this
 * order), else a subshell within a substitution or subshell. */
static int read_arithmetic(struct sh *s, struct env_word *w, bool *ret)
{
	size_t start = s->pos;
	unsigned line = s->line, unclosed = s->unclosed;
	int r;

	*ret = false;
	if (!enter(s))	/* nothing is taken: what comes is read as a subshell */
		return 0;
	advance(s);
	(void)take(s, '(');
	/* An assignment in $( ) in what turns out to be no arithmetic is reported
	 * by both readings: once too often does no harm. */
	r = read_parentheses(s, w, true, ret);
	leave(s);
	if (r < 0 || *ret)
		return r;

	if (s->e->reread < s->pos - start) {
		*ret = true;	/* too expensive to be sure: leave it behind */
		return 0;
	}
	s->e->reread -= s->pos - start;
	s->pos = start;
	s->line = line;
	s->unclosed = unclosed;
	return 0;
}

/* Within "${X:-...}" a single quote quotes in bash, and is itself in dash.  bash
 * is the reference, as long as the quote closes in its line. */
static bool single_quotes_close(const struct sh *s)
{
	for (size_t i = s->pos + 1; i < s->in.len && s->in.ptr[i] != '\n'; i++)
		if (s->in.ptr[i] == '\'')
			return true;
	return false;
}

/* A name at the cursor, at most ENVFILE_NAME_MAX bytes of it; *ret_len 0: none, or a longer one. */
static void read_name(struct sh *s, char ret[static ENVFILE_NAME_MAX], size_t *ret_len)
{
	size_t len = 0;

	while (is_name_byte(peek(s))) {
		if (len < ENVFILE_NAME_MAX)
			ret[len] = (char)raw(s);
		len++;
		advance(s);
	}
	*ret_len = len <= ENVFILE_NAME_MAX ? len : 0;
}

/* ${NAME op word}, XCU 2.6.2; OTHER cuts or replaces, or is no operator of POSIX. */
struct braces {
	char name[ENVFILE_NAME_MAX];
	size_t len;
	enum { OP_NONE, OP_DEFAULT, OP_ASSIGN, OP_ERROR, OP_ALTERNATIVE, OP_OTHER } op;
	bool colon;		/* an empty value counts as none */
	bool flags;		/* zsh's ${(flags)NAME} */
};

static void read_braces_head(struct sh *s, struct braces *ret)
{
	static const char operators[] = "}-=?+";
	const char *op;

	*ret = (struct braces){ .op = OP_OTHER };
	if (peek(s) == '(') {
		ret->flags = true;
		while (raw(s) >= 0 && raw(s) != ')' && raw(s) != '}' && raw(s) != '\n')
			advance(s);
		(void)take(s, ')');
	}
	read_name(s, ret->name, &ret->len);
	/* zsh's ${:-word} has no name; bash would refuse it. */
	if (ret->len == 0 && !(peek(s) == ':' && peek_second(s) == '-'))
		return;
	if (peek(s) == ':' && peek_second(s) == ':') {	/* zsh: ${NAME::=word} */
		advance(s);
		advance(s);
		ret->op = take(s, '=') ? OP_ASSIGN : OP_OTHER;
		return;
	}
	if (peek(s) == ':' && (peek_second(s) <= 0 || !memchr(operators + 1, peek_second(s), 4)))
		return;
	ret->colon = take(s, ':');
	op = peek(s) > 0 ? memchr(operators, peek(s), sizeof(operators) - 1) : NULL;
	if (!op)
		return;
	ret->op = (unsigned)(op - operators);
	if (ret->op != OP_NONE)
		advance(s);
}

/* The word behind the operator, up to the brace. */
static int read_braces_word(struct sh *s, struct env_word *inner, bool in_double_quotes)
{
	for (;;) {
		bool special;
		int c, r;
		bool literal_quote = in_double_quotes && peek(s) == '\'' && !single_quotes_close(s);

		r = read_special(s, inner, literal_quote, &special);
		if (r < 0)
			return r;
		if (special)
			continue;
		c = peek(s);
		if (c < 0)
			return 0;
		advance(s);
		if (c == '}')
			return 0;
		r = env_word_literal(inner, (char)c);
		if (r < 0)
			return r;
	}
}

/* What it stands for, as far as the file decides it.  A variable that the file does not set is taken
 * for unset where there is a word for that, unless every login has it. */
static int expand_braces(struct sh *s, struct env_word *w, const struct braces *b, const struct env_word *inner,
			 struct bytes as_written, bool split)
{
	struct bytes name = { b->name, b->len }, value = BYTES_LIT("");
	enum env_known known = env_variable_get(s->e, name, &value);
	bool unset = known == ENV_UNSET || (known == ENV_KNOWN && b->colon && value.len == 0);
	bool absent = known == ENV_ABSENT && !env_variable_is_ambient(name);
	bool nothing = absent && !envfile_is_python_variable(name), word;
	int r;

	if (b->op == OP_NONE || b->op == OP_ERROR)
		return env_word_variable(s->e, w, as_written, name, split);
	if (nothing && !b->flags && (b->op == OP_OTHER || b->op == OP_ALTERNATIVE))
		return env_word_known(s->e, w, as_written, BYTES_LIT(""), false);
	if (b->op == OP_OTHER) {
		w->unknown |= known != ENV_ABSENT;
		return env_word_expansion(w, as_written, inner->substituted || b->flags);
	}
	if (b->op == OP_ALTERNATIVE && unset)
		return env_word_known(s->e, w, as_written, BYTES_LIT(""), false);
	word = b->op == OP_ALTERNATIVE ? known == ENV_KNOWN : unset || absent;
	if (!word && b->op == OP_ALTERNATIVE) {
		w->unknown |= known != ENV_ABSENT;
		return env_word_expansion(w, as_written, inner->substituted);
	}
	if (!word)
		return env_word_variable(s->e, w, as_written, name, split);

	if (b->op == OP_ASSIGN) {
		struct env_value set = { str_bytes(&inner->text), env_word_resolved(inner) };

		r = envfile_report(s->e, name, set, inner->line,
				   inner->substituted || inner->unknown ? REPORT_UNDECIDABLE : 0);
		if (r < 0)
			return r;
	}
	w->substituted |= inner->substituted;
	w->unknown |= inner->unknown;
	w->unresolved |= inner->unresolved;
	return env_word_known(s->e, w, as_written, env_word_resolved(inner), split && !inner->quoted);
}

/* ${...}, the cursor on the brace, `start` on the dollar. */
static int read_braces(struct sh *s, struct env_word *w, size_t start, bool in_double_quotes)
{
	_cleanup_env_word_ struct env_word inner = ENV_WORD_INIT;
	unsigned line = s->line;
	struct braces b;
	int r;

	advance(s);
	read_braces_head(s, &b);
	inner.discard = b.op == OP_NONE || b.op == OP_ERROR || b.op == OP_OTHER;
	inner.line = line;
	r = read_braces_word(s, &inner, in_double_quotes);
	if (r < 0)
		return r;
	if (b.len == 0 && b.op != OP_DEFAULT)
		return env_word_expansion(w, since(s, start), inner.substituted || b.flags);
	return expand_braces(s, w, &b, &inner, since(s, start), !in_double_quotes);
}

static int read_dollar(struct sh *s, struct env_word *w, bool in_double_quotes)
{
	size_t start = s->pos;
	bool arithmetic = false;
	int c, r = 0;

	advance(s);
	c = peek(s);

	if (c == '\'' && !in_double_quotes) {
		advance(s);
		return read_ansi_quotes(s, w);
	}
	if (c == '"' && !in_double_quotes) {	/* translated: the same text without a catalogue */
		advance(s);
		return read_double_quotes(s, w);
	}
	if (c == '(' || c == '{') {
		if (!enter(s))
			return env_word_literal(w, '$');
		if (c == '{') {
			r = read_braces(s, w, start, in_double_quotes);
			leave(s);
			return r;
		}
		if (peek_second(s) == '(') {
			_cleanup_env_word_ struct env_word inner = ENV_WORD_INIT;

			inner.discard = true;
			r = read_arithmetic(s, &inner, &arithmetic);
		}
		if (r == 0 && !arithmetic) {
			struct output out;

			advance(s);
			output_begin(s->e, &out);
			r = read_substitution(s);
			leave(s);
			return output_end(s->e, &out, r, w, since(s, start), !in_double_quotes);
		}
		leave(s);
		return r < 0 ? r : env_word_expansion(w, since(s, start), true);
	}

	if (c == '[' && enter(s)) {
		_cleanup_env_word_ struct env_word inner = ENV_WORD_INIT;

		inner.discard = true;
		r = read_brackets(s, &inner);
		leave(s);
		return r < 0 ? r : env_word_expansion(w, since(s, start), true);
	}
	if (is_name_byte(c) && !is_digit(c)) {
		char name[1 + ENVFILE_NAME_MAX];
		size_t len;

		read_name(s, name + 1, &len);
		name[0] = '$';	/* as written, but for a backslash and newline in it */
		return len == 0 ? env_word_expansion(w, since(s, start), false) : env_word_variable(s->e, w, (struct bytes){ name, len + 1 }, (struct bytes){ name + 1, len }, !in_double_quotes);
	}
	if (is_digit(c) || (c > 0 && memchr("@*#?-$!", c, 7))) {
		advance(s);
		return env_word_expansion(w, since(s, start), true);
	}
	return env_word_literal(w, '$');
}

/* ---- words ----------------------------------------------------------------------------- */

static bool is_metacharacter(int c)
{
	return c < 0 || c == ' ' || c == '\t' || c == '\n' || c == ';' || c == '&' || c == '|' ||
	       c == '(' || c == ')' || c == '<' || c == '>';
}

static void skip_comment(struct sh *s)
{
	ptrdiff_t end = bytes_find_byte(s->in, '\n', s->pos);

	s->pos = end < 0 ? s->in.len : (size_t)end;
}

/* The elements of NAME=(...), the cursor behind the parenthesis. */
static int read_array(struct sh *s)
{
	_cleanup_env_word_ struct env_word element = ENV_WORD_INIT;
	bool word_start = true;

	element.discard = true;
	for (;;) {
		bool special;
		int r = read_special(s, &element, false, &special), c;

		if (r < 0)
			return r;
		if (special) {
			word_start = false;
			continue;
		}
		c = peek(s);
		if (c < 0)
			return 0;
		if (c == '#' && word_start) {
			skip_comment(s);
			continue;
		}
		advance(s);
		if (c == ')')
			return 0;
		word_start = c == ' ' || c == '\t' || c == '\n';
	}
}

/* NAME[1<<2]=x: within the brackets nothing is an operator.  The cursor on the
 * bracket, a name before it. */
static bool at_subscript(const struct sh *s)
{
	size_t limit = s->in.len - s->pos > ENVFILE_SUBSCRIPT_MAX ? s->pos + ENVFILE_SUBSCRIPT_MAX :
								   s->in.len;

	for (size_t i = s->pos; i < limit && s->in.ptr[i] != '\n'; i++)
		if (s->in.ptr[i] == ']' && i + 1 < s->in.len &&
		    (s->in.ptr[i + 1] == '=' || s->in.ptr[i + 1] == '+'))
			return true;
	return false;
}

/* A word at the cursor, which stands on no blank and no operator. */
static int read_word(struct sh *s, struct env_word *w)
{
	bool comma = false, brace = false;
	int last = -1;

	env_word_begin(w, s->line);
	for (;;) {
		bool special, ended;
		int r = read_special(s, w, false, &special), c;

		if (r < 0)
			return r;
		if (special) {
			last = -1;
			continue;
		}

		c = peek(s);
		if ((c == '<' || c == '>') && peek_second(s) == '(') {
			size_t start = s->pos;

			struct output out;

			advance(s);
			if (!enter(s))
				return 0;
			(void)take(s, '(');
			output_begin(s->e, &out);
			r = read_substitution(s);
			leave(s);
			r = output_end(s->e, &out, r, w, since(s, start), false);
			w->process = w->put_in;
			if (r < 0)
				return r;
			last = -1;
			continue;
		}
		if (c == '(' && last == '=' && w->equals + 1 == w->text.len) {
			advance(s);
			w->array = true;
			r = read_array(s);
			if (r < 0)
				return r;
			last = -1;
			continue;
		}
		/* bash's extended patterns, @(a|b); "!(" may be a negated subshell. */
		if (c == '(' && last > 0 && memchr("?*+@!", last, 5) &&
		    (last != '!' || w->text.len > 1)) {
			_cleanup_env_word_ struct env_word pattern = ENV_WORD_INIT;
			size_t start = s->pos;

			pattern.discard = true;
			advance(s);
			r = read_parentheses(s, &pattern, false, &ended);
			if (r == 0)
				r = env_word_expansion(w, since(s, start), pattern.substituted);
			if (r < 0)
				return r;
			last = -1;
			continue;
		}
		if (is_metacharacter(c))
			break;
		if (c == '[' && !w->quoted && !w->expanded && w->equals == ENV_WORD_NO_EQUALS &&
		    envfile_is_name(str_bytes(&w->text)) && at_subscript(s)) {
			_cleanup_env_word_ struct env_word subscript = ENV_WORD_INIT;

			subscript.discard = true;
			r = read_brackets(s, &subscript);
			if (r == 0)
				r = env_word_literal(w, '[');
			if (r == 0)
				r = env_word_literal(w, ']');
			if (r < 0)
				return r;
			last = -1;
			continue;
		}

		advance(s);
		brace |= c == '{';
		comma |= c == ',' && brace;
		w->braces |= c == '}' && comma;
		r = env_word_literal(w, (char)c);
		if (r < 0)
			return r;
		last = c;
	}
	return 0;
}

static bool word_is(const struct env_word *w, const char *text)
{
	return !w->quoted && !w->expanded && bytes_equal_text(str_bytes(&w->text), text);
}

static bool word_is_one_of(const struct env_word *w, const char *const *set, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (word_is(w, set[i]))
			return true;
	return false;
}

/* ---- redirections and here-documents ------------------------------------------------------ */

/* An unquoted body with its expansions; in a nested reader, so that an open "$("
 * ends with the body. */
static int read_here_expansions(struct sh *s, struct bytes body, unsigned line, struct env_word *w)
{
	struct sh inner;
	int r = 0;

	if (!enter(s))
		return 0;

	sh_init(&inner, s->e, body, line);
	while (r == 0 && peek(&inner) >= 0) {
		int c = raw(&inner);

		if (c == '$') {
			r = read_dollar(&inner, w, true);
			continue;
		}
		if (c == '`') {
			r = read_backquotes(&inner, w, true);
			continue;
		}
		advance(&inner);
		if (c == '\\' && (raw(&inner) == '$' || raw(&inner) == '`' || raw(&inner) == '\\')) {
			c = raw(&inner);
			advance(&inner);
		}
		r = env_word_literal(w, (char)c);
	}
	sh_release(&inner);
	leave(s);
	return r;
}

/* What reads it may be a shell, or a cat whose output is a script. */
static int use_here_document(struct sh *s, const struct here_document *h, struct bytes body, unsigned line)
{
	_cleanup_env_word_ struct env_word w = ENV_WORD_INIT;
	struct str *output = h->copied ? s->e->output : NULL;
	bool unknown = false;
	int r;

	if (!h->quoted && (bytes_find_byte(body, '$', 0) >= 0 || bytes_find_byte(body, '`', 0) >= 0 ||
			   bytes_find_byte(body, '\\', 0) >= 0)) {
		w.discard = !h->script && !output;
		r = read_here_expansions(s, body, line, &w);
		if (r < 0)
			return r;
		body = env_word_resolved(&w);
		unknown = w.substituted || w.unknown;
	}
	if (h->script)
		return envfile_reparse(s->e, h->dialect, body, line, !h->quoted);
	if (!output)
		return 0;
	if (unknown || output->len + body.len > ENVFILE_RESOLVED_MAX) {
		s->e->output_unknown = true;
		return 0;
	}
	return str_append_bytes(output, body);
}

static int read_here_document(struct sh *s, const struct here_document *h)
{
	size_t start = s->pos, end = s->in.len;
	unsigned line = s->line;
	bool continued = false;
	struct bytes body;

	while (s->pos < s->in.len) {
		ptrdiff_t newline = bytes_find_byte(s->in, '\n', s->pos);
		size_t stop = newline < 0 ? s->in.len : (size_t)newline, backslashes = 0;
		struct bytes text = bytes_slice(s->in, s->pos, stop - s->pos);
		size_t at = s->pos;

		s->pos = stop;
		if (newline >= 0)
			advance(s);
		while (h->strip_tabs && text.len > 0 && text.ptr[0] == '\t')
			text = bytes_slice(text, 1, text.len - 1);
		if (!continued && bytes_equal(text, str_bytes(&h->delimiter))) {
			end = at;
			break;
		}
		if (h->in_substitution && bytes_has_prefix(text, str_bytes(&h->delimiter)) &&
		    bytes_find_byte(text, ')', h->delimiter.len) >= 0) {
			end = at;
			/* Back to what is behind the delimiter. */
			s->line -= newline >= 0;
			s->pos = stop - text.len + h->delimiter.len;
			break;
		}
		while (backslashes < text.len && text.ptr[text.len - 1 - backslashes] == '\\')
			backslashes++;
		continued = !h->quoted && backslashes % 2 == 1;
	}

	body = bytes_slice(s->in, start, end - start);
	return use_here_document(s, h, body, line);
}

static int read_here_documents(struct sh *s)
{
	size_t n = s->n_here;

	s->n_here = 0;
	for (size_t i = 0; i < n; i++) {
		int r = read_here_document(s, &s->here[i]);

		if (r < 0)
			return r;
	}
	return 0;
}

/* A redirection at the cursor, with the word that it needs. */
static int read_redirection(struct sh *s, struct env_command *c, struct env_word *w)
{
	int first = peek(s), r;
	unsigned same = 0;
	bool strip_tabs = false;

	while (same < 3 && take(s, (char)first))
		same++;
	if (first == '<' && same == 2)
		strip_tabs = take(s, '-');
	else if (peek(s) == '&' || peek(s) == '|' || peek(s) == '>')
		advance(s);

	while (peek(s) == ' ' || peek(s) == '\t')
		advance(s);
	if (is_metacharacter(peek(s)) && !((peek(s) == '<' || peek(s) == '>') && peek_second(s) == '('))
		return 0;
	r = read_word(s, w);
	if (r < 0)
		return r;
	if (first != '<') {
		c->redirected = true;
		return 0;
	}

	if (same == 3)
		return env_command_here_string(c, env_word_resolved(w));
	if (same == 2 && s->n_here < ENVFILE_HEREDOCS_MAX) {
		struct here_document *h = &s->here[s->n_here];

		str_clear(&h->delimiter);
		h->quoted = w->quoted;
		h->strip_tabs = strip_tabs;
		h->script = env_command_reads_script(c, &h->dialect);
		h->copied = c->copied = env_command_copies(c);
		h->in_substitution = s->substitutions > 0;
		s->n_here++;
		return str_append_bytes(&h->delimiter, str_bytes(&w->text));
	}
	return 0;
}

/* ---- lists of commands ------------------------------------------------------------------------ */

/* 2>file, {fd}>file: the word before the operator is part of it. */
static bool is_descriptor(struct sh *s, const struct env_word *w)
{
	struct bytes text = str_bytes(&w->text);

	if ((raw(s) != '<' && raw(s) != '>') || w->quoted || w->expanded || text.len == 0)
		return false;
	if (text.len > 2 && text.ptr[0] == '{' && text.ptr[text.len - 1] == '}')
		return envfile_is_name(bytes_slice(text, 1, text.len - 2));
	for (size_t i = 0; i < text.len; i++)
		if (!is_digit((unsigned char)text.ptr[i]))
			return false;
	return true;
}

/* Where a list stands in `case word in pattern) list ;; esac`. */
struct list_state {
	unsigned cases;		/* open */
	unsigned words;		/* of this command */
	bool case_head;		/* between `case` and `in` */
	bool pattern;		/* between `in` or ";;" and ")" */
	bool condition;		/* within [[ ]] */
	bool function;		/* the next word is a function's name */
	bool defined;		/* the next "{" or "(" is a function's body */
	bool and_or;		/* behind && or || or | */
	unsigned braces;	/* open */
	unsigned function_braces;	/* as many are open in the outermost function; 0: in none */
	unsigned branches;	/* of e->conditional, opened here */
};

static void open_branch(struct sh *s, struct list_state *l)
{
	l->branches++;
	s->e->conditional++;
	s->e->segment++;
}

static void close_branch(struct sh *s, struct list_state *l)
{
	s->e->conditional -= l->branches > 0;
	l->branches -= l->branches > 0;
	s->e->segment++;
}

/* Where control flow parts and meets again. */
static void follow_control(struct sh *s, struct list_state *l, const struct env_word *w)
{
	static const char *const opening[] = { "then", "do" };
	static const char *const closing[] = { "elif", "fi", "done" };

	if (word_is_one_of(w, opening, ELEMENTSOF(opening))) {
		open_branch(s, l);
	} else if (word_is_one_of(w, closing, ELEMENTSOF(closing))) {
		close_branch(s, l);
	} else if (word_is(w, "else")) {
		s->e->segment++;
	} else if (word_is(w, "{")) {
		l->braces++;
		if (l->defined && l->function_braces == 0) {
			l->function_braces = l->braces;
			s->e->functions++;
			open_branch(s, l);
		}
		l->defined = false;
	} else if (word_is(w, "}") && l->braces > 0) {
		if (l->braces == l->function_braces) {
			l->function_braces = 0;
			s->e->functions--;
			close_branch(s, l);
		}
		l->braces--;
	}
}

/* A word that the grammar takes for itself: true, and the command stays without
 * a command word. */
static bool reserved_word(struct sh *s, struct list_state *l, const struct env_command *c,
			  const struct env_word *w)
{
	static const char *const transparent[] = {
		"if", "then", "elif", "else", "fi", "while", "until", "do", "done",
		"{", "}", "!", "coproc", "always",
	};

	if (l->case_head) {
		if (l->words++ > 0 && (word_is(w, "in") || word_is(w, "{"))) {	/* "{": zsh */
			l->case_head = false;
			l->pattern = true;
			l->cases++;
			l->words = 0;
			open_branch(s, l);
		}
		return true;
	}
	if (l->condition) {
		l->condition = !word_is(w, "]]");
		return true;
	}
	if (l->function) {
		l->function = false;
		l->defined = true;
		return true;
	}
	if (env_command_started(c) || l->words > 0)
		return false;
	if (word_is(w, "case")) {
		l->case_head = true;
		return true;
	}
	if (word_is(w, "esac")) {
		l->cases -= l->cases > 0;
		close_branch(s, l);
		return true;
	}
	if (word_is(w, "[[")) {
		l->condition = true;
		return true;
	}
	if (word_is(w, "function")) {
		l->function = true;
		return true;
	}
	if (!word_is_one_of(w, transparent, ELEMENTSOF(transparent)))
		return false;
	follow_control(s, l, w);
	return true;
}

static int list_word(struct sh *s, struct list_state *l, struct env_command *c, struct env_word *w)
{
	int r = read_word(s, w);

	if (r < 0)
		return r;
	if (l->pattern) {
		if (word_is(w, "esac")) {
			l->pattern = false;
			l->cases -= l->cases > 0;
			close_branch(s, l);
		}
		return 0;
	}
	if (is_descriptor(s, w) || reserved_word(s, l, c, w))
		return 0;
	l->words++;
	return env_command_word(s->e, c, w);
}

static int end_command(struct sh *s, struct list_state *l, struct env_command *c)
{
	l->words = 0;
	l->condition = l->function = false;
	return env_command_end(s->e, c);
}

/* "&&", "||" and "|", of which only the first byte is taken: what follows may not run, or runs elsewhere. */
static int and_or(struct sh *s, struct list_state *l, struct env_command *c, int first)
{
	bool pipe = first == '|' && peek(s) != '|';

	if (!l->and_or)
		open_branch(s, l);
	else
		s->e->segment++;
	l->and_or = true;
	if (!pipe)
		return end_command(s, l, c);
	l->words = 0;
	return env_command_pipe(s->e, c);
}

/* ";", "&" and newline. */
static int end_list(struct sh *s, struct list_state *l, struct env_command *c)
{
	int r = end_command(s, l, c);

	if (l->and_or)
		close_branch(s, l);
	l->and_or = false;
	return r;
}

/* "(" at the cursor.  name() {...} defines, ((...)) computes, anything else is a
 * subshell, or a pattern of zsh, which does no harm when it is read as one. */
static int list_parenthesis(struct sh *s, struct list_state *l, struct env_command *c)
{
	bool arithmetic = false;
	int r = 0;

	if (l->pattern || l->condition || l->case_head || !enter(s)) {
		advance(s);
		return 0;
	}

	if (peek_second(s) == '(') {
		_cleanup_env_word_ struct env_word text = ENV_WORD_INIT;

		text.discard = true;
		r = read_arithmetic(s, &text, &arithmetic);
	}
	if (r == 0 && !arithmetic) {
		bool definition;

		advance(s);
		while (peek(s) == ' ' || peek(s) == '\t')
			advance(s);
		definition = peek(s) == ')';
		s->e->functions += l->defined;
		s->e->conditional++;
		s->e->segment++;
		r = read_list(s, END_PAREN);
		s->e->segment++;
		s->e->conditional--;
		s->e->functions -= l->defined;
		l->defined = definition;
		/* What came before was a function's name, or zsh's `for x (a b)`,
		 * behind which a command begins. */
		if (definition || env_command_is_loop(c)) {
			env_command_reset(c);
			l->words = 0;
		}
	}
	leave(s);
	return r;
}

static int list_operator(struct sh *s, struct list_state *l, struct env_command *c,
			 struct env_word *w)
{
	int first = peek(s), r;

	if (first == '<' || first == '>') {
		if (l->condition || l->pattern) {
			advance(s);
			return 0;
		}
		return read_redirection(s, c, w);
	}
	if (first == '(')
		return list_parenthesis(s, l, c);

	advance(s);
	if (l->pattern) {
		l->pattern = first != ')';
		return 0;
	}
	if (l->condition && first != ';')
		return 0;
	if (first == '&' && peek(s) == '>') {
		while (take(s, '>'))
			;
		while (peek(s) == ' ' || peek(s) == '\t')
			advance(s);
		return is_metacharacter(peek(s)) ? 0 : read_word(s, w);
	}
	if ((first == '&' && peek(s) == '&') || first == '|') {
		r = and_or(s, l, c, first);
		if (first == peek(s) || (first == '|' && peek(s) == '&'))
			advance(s);
		return r;
	}
	r = end_list(s, l, c);
	/* ;; ;& ;;& and zsh's ;| */
	if (first == ';' && l->cases > 0 && (peek(s) == ';' || peek(s) == '&' || peek(s) == '|')) {
		advance(s);
		(void)take(s, '&');
		l->pattern = true;
	}
	return r;
}

static int read_list(struct sh *s, enum end end)
{
	_cleanup_env_word_ struct env_word w = ENV_WORD_INIT;
	_cleanup_env_command_ struct env_command c;
	struct list_state l = { 0 };
	unsigned conditional = s->e->conditional, functions = s->e->functions;
	int r = 0;

	env_command_init(&c, DIALECT_SHELL);
	while (r >= 0) {
		int next = peek(s);

		if (next < 0)
			break;
		if (next == ' ' || next == '\t') {
			advance(s);
		} else if (next == '#') {
			skip_comment(s);
		} else if (next == '\n') {
			advance(s);
			/* A newline behind && is none. */
			if (!l.pattern && !l.case_head)
				r = env_command_started(&c) || l.words > 0 || !l.and_or ? end_list(s, &l, &c) : 0;
			if (r == 0)
				r = read_here_documents(s);
		} else if (next == ')' && !l.pattern && !l.condition && end == END_PAREN) {
			advance(s);
			break;
		} else if (is_metacharacter(next) &&
			   !((next == '<' || next == '>') && peek_second(s) == '(')) {
			r = list_operator(s, &l, &c, &w);
		} else {
			r = list_word(s, &l, &c, &w);
		}
	}
	if (r == 0)
		r = end_command(s, &l, &c);
	s->e->conditional = conditional;
	s->e->functions = functions;
	return r;
}

/* The shell would refuse the file from here on; but systemd's EnvironmentFile= and
 * the like take lines as they come (MOTD=it's up), and a shell other than bash may
 * see a quote where we do not.  So each line behind the open quote is read alone. */
static int read_lines_alone(struct envfile *e, struct bytes text, unsigned line, unsigned after)
{
	while (text.len > 0) {
		ptrdiff_t newline = bytes_find_byte(text, '\n', 0);
		size_t len = newline < 0 ? text.len : (size_t)newline;

		if (line > after) {
			int r = envfile_reparse(e, DIALECT_SHELL, bytes_slice(text, 0, len), line,
						false);

			if (r < 0)
				return r;
		}
		len += newline >= 0;
		text = bytes_slice(text, len, text.len - len);
		line++;
	}
	return 0;
}

int envfile_shell(struct envfile *e, struct bytes text, unsigned line)
{
	struct sh s;
	int r;

	sh_init(&s, e, text, line);
	r = read_list(&s, END_OF_INPUT);
	if (r == 0 && s.unclosed > 0 && e->reparse == 0)
		r = read_lines_alone(e, text, line, s.unclosed);
	sh_release(&s);
	return r;
}
