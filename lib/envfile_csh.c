/* envfile_csh.c - csh and tcsh: from bytes to the words of commands.
 *
 * csh(1), "Lexical structure": a backslash-newline is a blank, not nothing; a
 * quoted string ends at the end of its line at the latest, unless a backslash
 * stands before the newline; within "..." and '...' a backslash is itself.  There
 * are no assignments before a command: setenv sets, env passes on.
 *
 * History (!) is not expanded: a file has none.
 */
#include <errno.h>
#include <stdint.h>

#include "cleanup.h"
#include "envfile_private.h"

struct csh {
	struct envfile *e;
	struct bytes in;
	size_t pos;
	unsigned line;
	struct str here;	/* delimiter of a here-document yet to come */
	bool has_here, here_script;
	enum env_dialect here_dialect;
};

static int peek(const struct csh *s)
{
	return s->pos < s->in.len ? (unsigned char)s->in.ptr[s->pos] : -1;
}

static int peek_second(const struct csh *s)
{
	return s->pos + 1 < s->in.len ? (unsigned char)s->in.ptr[s->pos + 1] : -1;
}

static void advance(struct csh *s)
{
	if (s->in.ptr[s->pos] == '\n')
		s->line++;
	s->pos++;
}

static bool is_separator(int c)
{
	return c < 0 || c == ' ' || c == '\t' || c == '\n' || c == ';' || c == '&' || c == '|' ||
	       c == '(' || c == ')' || c == '<' || c == '>';
}

static bool is_name_byte(int c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* `...` on one line, the cursor on the first. */
static int read_backquotes(struct csh *s, struct env_word *w)
{
	size_t start = s->pos;
	unsigned line = s->line;
	struct bytes script;
	int r;

	advance(s);
	while (peek(s) >= 0 && peek(s) != '`' && peek(s) != '\n') {
		if (peek(s) == '\\' && peek_second(s) >= 0)
			advance(s);
		advance(s);
	}
	script = bytes_slice(s->in, start + 1, s->pos - start - 1);
	if (peek(s) == '`')
		advance(s);
	r = s->e->mute_substitutions ? 0 :
				       envfile_reparse(s->e, DIALECT_CSH, script, line, false);
	if (r < 0)
		return r;
	return env_word_expansion(w, bytes_slice(s->in, start, s->pos - start), true);
}

/* $NAME, ${NAME}, $NAME[1], $?NAME; modifiers stay literal text. */
static int read_dollar(struct csh *s, struct env_word *w)
{
	struct bytes text, name;
	size_t start = s->pos;
	bool brace, digits;

	advance(s);
	brace = peek(s) == '{';
	if (brace)
		advance(s);
	while (peek(s) == '?' || peek(s) == '#' || peek(s) == '%')
		advance(s);
	digits = peek(s) >= '0' && peek(s) <= '9';
	while ((is_name_byte(peek(s)) && !(digits && (peek(s) < '0' || peek(s) > '9'))) || (brace && peek(s) >= 0 && peek(s) != '}' && peek(s) != '\n'))
		advance(s);
	if (brace && peek(s) == '}')
		advance(s);
	if (s->pos == start + 1)
		return env_word_literal(w, '$');
	text = bytes_slice(s->in, start, s->pos - start);
	name = brace ? bytes_slice(text, 2, text.len - 2 - (text.len > 2 && text.ptr[text.len - 1] == '}')) :
		       bytes_slice(text, 1, text.len - 1);
	if (!envfile_is_name(name))
		return env_word_expansion(w, text, true);
	/* $X[1] and $X:h take a part of it. */
	w->unknown |= peek(s) == '[' || (peek(s) == ':' && peek_second(s) >= 'a' && peek_second(s) <= 'z');
	return env_word_variable(s->e, w, text, name, false);
}

static int read_quotes(struct csh *s, struct env_word *w)
{
	int quote = peek(s), r = 0;

	advance(s);
	env_word_quote(w);
	while (r >= 0 && peek(s) >= 0 && peek(s) != '\n') {
		int c = peek(s);

		if (quote == '"' && c == '$') {
			r = read_dollar(s, w);
			continue;
		}
		if (quote == '"' && c == '`') {
			r = read_backquotes(s, w);
			continue;
		}
		advance(s);
		if (c == quote)
			break;
		if (c == '\\' && (peek(s) == '\n' || peek(s) == '!')) {
			c = peek(s);
			advance(s);
		}
		r = env_word_literal(w, (char)c);
	}
	return r < 0 ? r : 0;
}

static int read_word(struct csh *s, struct env_word *w)
{
	env_word_begin(w, s->line);
	for (;;) {
		int c = peek(s), r;

		/* "#" begins a comment in the middle of a word as well (tcsh). */
		if (is_separator(c) || c == '#' || (c == '\\' && peek_second(s) == '\n'))
			return 0;
		if (c == '\'' || c == '"') {
			r = read_quotes(s, w);
		} else if (c == '`') {
			r = read_backquotes(s, w);
		} else if (c == '$') {
			r = read_dollar(s, w);
		} else {
			advance(s);
			if (c == '\\' && peek(s) >= 0) {
				env_word_quote(w);
				c = peek(s);
				advance(s);
			}
			r = env_word_literal(w, (char)c);
		}
		if (r < 0)
			return r;
	}
}

static int read_redirection(struct csh *s, const struct env_command *c, struct env_word *w)
{
	bool here = peek(s) == '<' && peek_second(s) == '<';
	int r;

	while (peek(s) == '<' || peek(s) == '>' || peek(s) == '&' || peek(s) == '!')
		advance(s);
	while (peek(s) == ' ' || peek(s) == '\t')
		advance(s);
	r = read_word(s, w);
	if (r < 0 || !here)
		return r;
	str_clear(&s->here);
	s->has_here = true;
	s->here_script = env_command_reads_script(c, &s->here_dialect);
	return str_append_bytes(&s->here, str_bytes(&w->text));
}

static int read_here_document(struct csh *s)
{
	size_t start = s->pos, end = s->in.len;
	unsigned line = s->line;

	s->has_here = false;
	while (s->pos < s->in.len) {
		ptrdiff_t newline = bytes_find_byte(s->in, '\n', s->pos);
		size_t stop = newline < 0 ? s->in.len : (size_t)newline;
		struct bytes text = bytes_slice(s->in, s->pos, stop - s->pos);

		end = s->pos;
		s->pos = stop;
		if (newline >= 0)
			advance(s);
		if (bytes_equal(text, str_bytes(&s->here)))
			break;
		end = s->pos;
	}
	return s->here_script ? envfile_reparse(s->e, s->here_dialect, bytes_slice(s->in, start, end - start), line, false) : 0;
}

static bool is_transparent(const struct env_word *w)
{
	static const char *const words[] = { "if", "then", "else", "endif", "while", "end" };

	for (size_t i = 0; i < ELEMENTSOF(words); i++)
		if (!w->quoted && bytes_equal(str_bytes(&w->text), bytes_of(words[i])))
			return true;
	return false;
}

static int read_commands(struct csh *s)
{
	_cleanup_env_word_ struct env_word w = ENV_WORD_INIT;
	_cleanup_env_command_ struct env_command c;
	int r = 0;

	env_command_init(&c, DIALECT_CSH);
	while (r >= 0) {
		int next = peek(s);

		if (next < 0)
			break;
		if (next == ' ' || next == '\t') {
			advance(s);
		} else if (next == '\\' && peek_second(s) == '\n') {
			advance(s);
			advance(s);
		} else if (next == '#') {
			ptrdiff_t end = bytes_find_byte(s->in, '\n', s->pos);

			s->pos = end < 0 ? s->in.len : (size_t)end;
		} else if (next == '<' || next == '>') {
			r = read_redirection(s, &c, &w);
		} else if (is_separator(next)) {
			/* "(" too: after `if (...)` a command begins, and what is
			 * within is no command that sets anything. */
			advance(s);
			r = env_command_end(s->e, &c);
			if (next == '\n' && r == 0 && s->has_here)
				r = read_here_document(s);
		} else {
			r = read_word(s, &w);
			if (r == 0 && (env_command_started(&c) || !is_transparent(&w)))
				r = env_command_word(s->e, &c, &w);
		}
	}
	return r < 0 ? r : env_command_end(s->e, &c);
}

int envfile_csh(struct envfile *e, struct bytes text, unsigned line)
{
	struct csh s = { .e = e, .in = text, .line = line, .here = STR_INIT };
	int r = read_commands(&s);

	str_release(&s.here);
	return r;
}
