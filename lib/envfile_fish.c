/* envfile_fish.c - fish: from bytes to the words of commands, and the file in
 * which fish keeps its universal variables.
 *
 * fish(1), "Syntax overview": quotes nest no further than one level, '...' knows
 * \' and \\ only, "..." knows \" \$ \\ and backslash-newline; (cmd) and $(cmd) are
 * command substitutions; there are no here-documents and no subshells.  A list
 * value of several words becomes one string: ":" between the elements of a
 * variable whose name ends in PATH, " " otherwise.
 */
#include <errno.h>
#include <stdint.h>

#include "cleanup.h"
#include "envfile_private.h"

struct fish {
	struct envfile *e;
	struct bytes in;
	size_t pos;
	unsigned line;
};

static int read_list(struct fish *f, bool until_parenthesis);

static int peek(const struct fish *f)
{
	return f->pos < f->in.len ? (unsigned char)f->in.ptr[f->pos] : -1;
}

static void advance(struct fish *f)
{
	if (f->in.ptr[f->pos] == '\n')
		f->line++;
	f->pos++;
}

static int peek_second(const struct fish *f)
{
	return f->pos + 1 < f->in.len ? (unsigned char)f->in.ptr[f->pos + 1] : -1;
}

static bool is_separator(int c)
{
	return c < 0 || c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ';' || c == '&' ||
	       c == '|' || c == '<' || c == '>' || c == ')';
}

static bool is_name_byte(int c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* (...) or $(...), `start` at its beginning and the cursor on the parenthesis. */
static int read_substitution(struct fish *f, struct env_word *w, size_t start)
{
	bool mute = f->e->mute_substitutions;
	int r;

	advance(f);
	if (f->e->depth >= ENVFILE_DEPTH_MAX)
		return env_word_literal(w, '(');
	f->e->depth++;
	f->e->mute += mute;
	r = read_list(f, true);
	f->e->mute -= mute;
	f->e->depth--;
	if (r < 0)
		return r;
	return env_word_expansion(w, bytes_slice(f->in, start, f->pos - start), true);
}

/* $NAME, $$NAME, $NAME[1], $(...), the cursor on the dollar. */
static int read_dollar(struct fish *f, struct env_word *w)
{
	size_t start = f->pos, name;

	while (peek(f) == '$')
		advance(f);
	if (peek(f) == '(')
		return read_substitution(f, w, start);
	name = f->pos;
	while (is_name_byte(peek(f)))
		advance(f);
	if (name != start + 1 || f->pos == name)	/* $$NAME */
		return env_word_expansion(w, bytes_slice(f->in, start, f->pos - start), true);
	w->unknown |= peek(f) == '[';
	return env_word_variable(f->e, w, bytes_slice(f->in, start, f->pos - start),
				 bytes_slice(f->in, name, f->pos - name), false);
}

static int read_quotes(struct fish *f, struct env_word *w)
{
	int quote = peek(f), r = 0;

	advance(f);
	env_word_quote(w);
	while (r >= 0 && peek(f) >= 0) {
		int c = peek(f);

		if (c == '$' && quote == '"') {
			r = read_dollar(f, w);
			continue;
		}
		advance(f);
		if (c == quote)
			break;
		if (c == '\\') {
			int next = peek(f);

			if (next == '\n' && quote == '"') {
				advance(f);
				continue;
			}
			if (next == quote || next == '\\' || (next == '$' && quote == '"')) {
				c = next;
				advance(f);
			}
		}
		r = env_word_literal(w, (char)c);
	}
	return r < 0 ? r : 0;
}

/* The cursor on a backslash outside quotes. */
static int read_escape(struct fish *f, struct env_word *w)
{
	size_t at = f->pos + 1;
	char bytes[4];
	size_t n;
	int r = 0;

	advance(f);
	env_word_quote(w);
	if (peek(f) < 0)
		return env_word_literal(w, '\\');
	if (peek(f) == '\n') {
		advance(f);
		return 0;
	}
	if (env_escape_decode(f->in, &at, bytes, &n)) {
		f->pos = at;
		for (size_t i = 0; i < n && r == 0; i++)
			r = env_word_literal(w, bytes[i]);
		return r;
	}
	r = env_word_literal(w, (char)peek(f));
	advance(f);
	return r;
}

static int read_word(struct fish *f, struct env_word *w)
{
	bool brace = false, comma = false;

	env_word_begin(w, f->line);
	for (;;) {
		int c = peek(f), r;

		if (is_separator(c)) {
			w->unknown |= w->braces;	/* several words */
			return 0;
		}
		if (c == '\'' || c == '"') {
			r = read_quotes(f, w);
		} else if (c == '\\') {
			r = read_escape(f, w);
		} else if (c == '$') {
			r = read_dollar(f, w);
		} else if (c == '(') {
			r = read_substitution(f, w, f->pos);
		} else {
			advance(f);
			brace |= c == '{';
			comma |= c == ',' && brace;
			w->unknown |= c == '*' || c == '?';	/* what there is in the directory */
			w->braces |= c == '}' && comma;
			r = env_word_literal(w, (char)c);
		}
		if (r < 0)
			return r;
	}
}

/* Words before a command that leave it a command. */
static bool is_transparent(const struct env_word *w)
{
	static const char *const words[] = {
		"if", "else", "while", "begin", "end", "and", "or", "not", "!",
	};

	if (w->quoted || w->expanded)
		return false;
	for (size_t i = 0; i < ELEMENTSOF(words); i++)
		if (bytes_equal(str_bytes(&w->text), bytes_of(words[i])))
			return true;
	return false;
}

static int skip_redirection(struct fish *f, struct env_word *w)
{
	while (peek(f) == '<' || peek(f) == '>' || peek(f) == '&' || peek(f) == '?' ||
	       peek(f) == '|')
		advance(f);
	while (peek(f) == ' ' || peek(f) == '\t')
		advance(f);
	return read_word(f, w);
}

static int read_list(struct fish *f, bool until_parenthesis)
{
	_cleanup_env_word_ struct env_word w = ENV_WORD_INIT;
	_cleanup_env_command_ struct env_command c;
	int r = 0;

	env_command_init(&c, DIALECT_FISH);
	while (r >= 0) {
		int next = peek(f);

		if (next < 0)
			break;
		if (next == ' ' || next == '\t' || next == '\r') {
			advance(f);
		} else if (next == '\\' && peek_second(f) == '\n') {
			advance(f);
			advance(f);
		} else if (next == '#') {
			ptrdiff_t end = bytes_find_byte(f->in, '\n', f->pos);

			f->pos = end < 0 ? f->in.len : (size_t)end;
		} else if (next == ')' && until_parenthesis) {
			advance(f);
			break;
		} else if (next == '<' || next == '>' || (next == '&' && peek_second(f) == '>')) {
			r = skip_redirection(f, &w);
		} else if (is_separator(next)) {
			advance(f);
			r = next == '|' ? env_command_pipe(f->e, &c) : env_command_end(f->e, &c);
		} else {
			r = read_word(f, &w);
			/* 2>/dev/null: the digit belongs to the operator. */
			if (r == 0 && (peek(f) == '>' || peek(f) == '<') && w.text.len == 1 &&
			    w.text.buf[0] >= '0' && w.text.buf[0] <= '9')
				continue;
			if (r == 0 && (env_command_started(&c) || !is_transparent(&w)))
				r = env_command_word(f->e, &c, &w);
		}
	}
	return r < 0 ? r : env_command_end(f->e, &c);
}

int envfile_fish(struct envfile *e, struct bytes text, unsigned line)
{
	struct fish f = { .e = e, .in = text, .line = line };

	return read_list(&f, false);
}

/* ---- fish_variables ------------------------------------------------------------ */

/* VALUE of SETUVAR: \xHH and friends; \x1e between the elements of a list, \x1d
 * alone for the empty list (fish-shell: env_universal_common). */
static int decode_value(struct bytes raw, bool path, struct str *ret)
{
	size_t i = 0;

	while (i < raw.len) {
		char bytes[4] = { raw.ptr[i++] };
		size_t n = 1;
		int r;

		if (bytes[0] == '\\' && !env_escape_decode(raw, &i, bytes, &n))
			n = 1;
		if (n == 1 && bytes[0] == '\x1e')
			bytes[0] = path ? ':' : ' ';
		else if (n == 1 && bytes[0] == '\x1d')
			continue;
		r = str_append(ret, bytes, n);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool take_blank_word(struct bytes *line, struct bytes *ret)
{
	size_t end = 0;

	*line = bytes_trim(*line);
	while (end < line->len && line->ptr[end] != ' ' && line->ptr[end] != '\t')
		end++;
	*ret = bytes_slice(*line, 0, end);
	*line = bytes_slice(*line, end, line->len - end);
	return end > 0;
}

static int read_variable(struct envfile *e, struct bytes line, unsigned number)
{
	_cleanup_str_ struct str value = STR_INIT;
	bool path = false, export = false;
	struct bytes word, name;
	ptrdiff_t colon;
	int r;

	if (!take_blank_word(&line, &word))
		return 0;
	if (bytes_equal(word, BYTES_LIT("SET_EXPORT")))		/* before fish 3.0 */
		export = true;
	else if (!bytes_equal(word, BYTES_LIT("SETUVAR")) && !bytes_equal(word, BYTES_LIT("SET")))
		return 0;

	line = bytes_trim(line);
	while (bytes_has_prefix(line, BYTES_LIT("--"))) {
		if (!take_blank_word(&line, &word))
			return 0;
		export |= bytes_equal(word, BYTES_LIT("--export"));
		path |= bytes_equal(word, BYTES_LIT("--path"));
		line = bytes_trim(line);
	}

	colon = bytes_find_byte(line, ':', 0);
	if (colon <= 0)
		return 0;
	name = bytes_slice(line, 0, (size_t)colon);
	path |= bytes_has_suffix(name, BYTES_LIT("PATH"));
	r = decode_value(bytes_slice(line, (size_t)colon + 1, line.len - (size_t)colon - 1), path,
			 &value);
	if (r < 0)
		return r;
	return envfile_report(e, name, env_same(str_bytes(&value)), number, export ? REPORT_EXPORT : 0);
}

int envfile_fish_variables(struct envfile *e, struct bytes text)
{
	unsigned number = 0;

	while (text.len > 0) {
		ptrdiff_t newline = bytes_find_byte(text, '\n', 0);
		size_t len = newline < 0 ? text.len : (size_t)newline;
		int r = read_variable(e, bytes_slice(text, 0, len), ++number);

		if (r < 0)
			return r;
		len += newline >= 0;
		text = bytes_slice(text, len, text.len - len);
	}
	return 0;
}
