/* envfile_config.c - the grammars that are not shells.
 *
 * One function a grammar, each after the reader that it imitates, which the
 * comment above it names.  All go through the file line by line; where a reader
 * joins lines, the joined text goes to a buffer.  Commands within (ExecStart=,
 * cron's, command="...") are handed to the shell's reader or, where no shell
 * reads them, word by word to envfile_command.c.
 */
#include <errno.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "cleanup.h"
#include "envfile_private.h"

/* ---- lines ------------------------------------------------------------------------ */

struct lines {
	struct bytes rest;
	unsigned number;	/* of the line last taken */
};

static bool next_line(struct lines *l, struct bytes *ret)
{
	ptrdiff_t newline;

	if (l->rest.len == 0)
		return false;
	newline = bytes_find_byte(l->rest, '\n', 0);
	*ret = bytes_slice(l->rest, 0, newline < 0 ? l->rest.len : (size_t)newline);
	l->rest = newline < 0 ? bytes_slice(l->rest, l->rest.len, 0) :
				bytes_slice(l->rest, (size_t)newline + 1,
					    l->rest.len - (size_t)newline - 1);
	l->number++;
	return true;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static struct bytes trim_space(struct bytes b)
{
	while (b.len > 0 && is_space(b.ptr[0]))
		b = bytes_slice(b, 1, b.len - 1);
	while (b.len > 0 && is_space(b.ptr[b.len - 1]))
		b.len--;
	return b;
}

static struct bytes from(struct bytes b, size_t at)
{
	return bytes_slice(b, at, b.len - at);
}

static bool starts_with_one_of(struct bytes b, const char *set)
{
	return b.len > 0 && bytes_find_byte(bytes_of(set), b.ptr[0], 0) >= 0;
}

/* ---- pam_env ------------------------------------------------------------------------ */

/* A line as _assemble_line() of Linux-PAM's pam_env.c gives it: blanks at its start and what stands behind "#"
 * go, lines without more than that are skipped, also between joined ones; a
 * backslash joins, even with blanks behind it, unless a comment is cut off. */
static int next_pam_line(struct lines *l, struct str *ret, unsigned *ret_line, bool *ret_more)
{
	struct bytes line;
	int r;

	str_clear(ret);
	*ret_more = false;
	while (next_line(l, &line)) {
		ptrdiff_t hash;
		size_t end, start = 0;

		while (start < line.len && (line.ptr[start] == ' ' || line.ptr[start] == '\t'))
			start++;
		if (start == line.len || line.ptr[start] == '#')
			continue;
		if (!*ret_more)	/* of a later one they stay */
			line = from(line, start);
		if (!*ret_more)
			*ret_line = l->number;
		*ret_more = true;
		hash = bytes_find_byte(line, '#', 0);
		if (hash >= 0)
			return str_append(ret, line.ptr, (size_t)hash);
		end = line.len;
		while (line.ptr[end - 1] == ' ' || line.ptr[end - 1] == '\t')
			end--;
		if (line.ptr[end - 1] != '\\')
			return str_append_bytes(ret, line);
		r = str_append(ret, line.ptr, end - 1);
		if (r < 0)
			return r;
	}
	return 0;
}

/* A NUL ends a line, as C strings go. */
static struct bytes until_nul(struct bytes line)
{
	ptrdiff_t nul = bytes_find_byte(line, '\0', 0);

	return nul < 0 ? line : bytes_slice(line, 0, (size_t)nul);
}

/* /etc/environment, after _parse_env_file(): "export " is skipped, one quote at either end of the value
 * goes (they need not match), nothing is expanded, blanks stay. */
static int parse_etc_environment(struct envfile *e, struct bytes text)
{
	_cleanup_str_ struct str joined = STR_INIT;
	struct lines lines = { .rest = text };
	unsigned number = 0;
	bool more;

	for (;;) {
		struct bytes export = BYTES_LIT("export "), line, value;
		ptrdiff_t equals;
		int r = next_pam_line(&lines, &joined, &number, &more);

		if (r < 0 || !more)
			return r;
		line = until_nul(str_bytes(&joined));
		if (bytes_has_prefix(line, export))
			line = from(line, export.len);
		equals = bytes_find_byte(line, '=', 0);
		if (equals <= 0)
			continue;

		value = from(line, (size_t)equals + 1);
		if (starts_with_one_of(value, "\"'")) {
			value = from(value, 1);
			if (value.len > 0 && (value.ptr[value.len - 1] == '"' ||
					      value.ptr[value.len - 1] == '\''))
				value.len--;
		}
		r = envfile_report(e, bytes_slice(line, 0, (size_t)equals), env_same(value), number,
				   REPORT_EXPORT);
		if (r < 0)
			return r;
	}
}

/* A value behind DEFAULT= or OVERRIDE=, after _parse_line(): up to a blank, or within double quotes, which must be
 * the whole.  False: a line that is ignored.  *line moves behind it. */
static bool take_pam_value(struct bytes *line, struct bytes *ret)
{
	size_t end = 0;

	if (starts_with_one_of(*line, "\"")) {
		ptrdiff_t quote = bytes_find_byte(*line, '"', 1);

		if (quote < 0)
			return false;
		*ret = bytes_slice(*line, 1, (size_t)quote - 1);
		*line = from(*line, (size_t)quote + 1);
		return line->len == 0 || line->ptr[0] == ' ' || line->ptr[0] == '\t';
	}
	while (end < line->len && line->ptr[end] != ' ' && line->ptr[end] != '\t')
		end++;
	*ret = bytes_slice(*line, 0, end);
	*line = from(*line, end);
	return true;
}

/* The same with ${NAME} put in, after _expand_arg(): only what pam_env itself has set is known to it; @{ITEM} stays.
 * A backslash before $ or @ takes their meaning, before others it goes.  -EBADMSG: an open brace, with which the
 * reader gives up the whole file. */
static int expand_pam_value(struct envfile *e, struct bytes raw, struct env_word *w)
{
	size_t i = 0;
	int r = 0;

	env_word_begin(w, 0);
	w->equals = w->resolved_equals = 0;	/* all of it is value */
	while (i < raw.len && r == 0) {
		char c = raw.ptr[i++];
		struct bytes name, known = BYTES_LIT("");
		ptrdiff_t close;

		if (c == '\\' && i < raw.len) {
			c = raw.ptr[i];
			if (c != '$' && c != '@')
				continue;
			i++;
		} else if (c == '\\') {
			continue;
		} else if ((c == '$' || c == '@') && i < raw.len && raw.ptr[i] == '{') {
			close = bytes_find_byte(raw, '}', i);
			if (close < 0)	/* once: the file ends here */
				return -EBADMSG;
			name = bytes_slice(raw, i + 1, (size_t)close - i - 1);
			if (c == '$' && env_variable_get(e, name, &known) == ENV_ABSENT && !env_variable_is_ambient(name))
				known = BYTES_LIT("");
			if (c == '$' && (known.len > 0 || !env_variable_is_ambient(name)))
				r = env_word_known(e, w, bytes_slice(raw, i - 1, (size_t)close - i + 2), known, false);
			else
				r = env_word_expansion(w, bytes_slice(raw, i - 1, (size_t)close - i + 2), false);
			i = (size_t)close + 1;
			continue;
		}
		r = env_word_literal(w, c);
	}
	return r;
}

/* The two values of one line; the second is taken if nothing is left of the first. */
enum { PAM_DEFAULT, PAM_OVERRIDE, PAM_VALUES };

/* NAME [DEFAULT=[value]] [OVERRIDE=[value]]: false, it is something else and ignored as a whole. */
static bool read_pam_line(struct bytes line, struct bytes *ret_name, struct bytes ret_values[static PAM_VALUES])
{
	static const char *const keys[] = { [PAM_DEFAULT] = "DEFAULT=", [PAM_OVERRIDE] = "OVERRIDE=" };
	size_t end = 0;

	while (end < line.len && line.ptr[end] != ' ' && line.ptr[end] != '\t')
		end++;
	*ret_name = bytes_slice(line, 0, end);
	line = from(line, end);
	while (starts_with_one_of(line, " \t")) {
		size_t k = 0;
		struct bytes value;

		while (starts_with_one_of(line, " \t"))
			line = from(line, 1);
		while (k < ELEMENTSOF(keys) && !bytes_has_prefix(line, bytes_of(keys[k])))
			k++;
		if (k == ELEMENTSOF(keys))
			return false;
		line = from(line, bytes_of(keys[k]).len);
		if (!take_pam_value(&line, &value))
			return false;
		/* An empty one, unless in quotes, is none: then an earlier one stays. */
		if (value.len > 0 || value.ptr[-1] == '"')
			ret_values[k] = value;
	}
	return true;
}

/* pam_env.conf(5), after _parse_config_file(). */
static int parse_pam_env(struct envfile *e, struct bytes text)
{
	_cleanup_str_ struct str joined = STR_INIT;
	_cleanup_env_word_ struct env_word w = ENV_WORD_INIT;
	struct lines lines = { .rest = text };
	unsigned number = 0;
	bool more;

	for (;;) {
		struct bytes values[PAM_VALUES] = { BYTES_NONE, BYTES_NONE }, name;
		unsigned second = 0;
		ptrdiff_t equals;
		int r = next_pam_line(&lines, &joined, &number, &more);

		if (r < 0 || !more)
			return r;
		if (!read_pam_line(until_nul(str_bytes(&joined)), &name, values))
			continue;
		for (int k = PAM_OVERRIDE; k >= PAM_DEFAULT; k--) {
			struct env_value value;

			if (!values[k].ptr || (k == PAM_OVERRIDE && values[k].len == 0))
				continue;
			r = expand_pam_value(e, values[k], &w);
			if (r == -EBADMSG)
				return 0;
			value = (struct env_value){ str_bytes(&w.text), env_word_resolved(&w) };
			if (r == 0 && (k == PAM_DEFAULT || value.resolved.len > 0))
				r = envfile_report(e, name, value, number, REPORT_EXPORT | second | (w.unknown ? REPORT_UNDECIDABLE : 0));
			if (r < 0)
				return r;
			/* What only the environment knows may be empty: then the default counts. */
			if (value.resolved.len > 0 && !w.unresolved)
				break;
			second = REPORT_CHILD;	/* ${NAME} is more likely the other one */
		}
		/* NAME=value, which the module takes for a name without a value, and hands to putenv as it is. */
		equals = bytes_find_byte(name, '=', 0);
		if (equals > 0) {
			r = envfile_report(e, bytes_slice(name, 0, (size_t)equals), env_same(from(name, (size_t)equals + 1)), number,
					   REPORT_EXPORT | (values[PAM_DEFAULT].ptr || values[PAM_OVERRIDE].ptr ? REPORT_UNDECIDABLE : 0));
			if (r < 0)
				return r;
		}
	}
}

/* ---- environment.d, EnvironmentFile ---------------------------------------------------- */

/* The value of NAME=, after parse_env_file_internal() of systemd: quotes only where
 * the value begins or another quoted part ends, "\" before a newline joins, otherwise
 * it escapes (within "..." only $ ` " \); blanks at the end of an unquoted one go. */
static int take_systemd_value(struct bytes text, size_t *at, unsigned *line, struct str *ret)
{
	enum { BEFORE, PLAIN, SINGLE, DOUBLE } state = BEFORE;
	size_t i = *at, keep = 0;
	int r = 0;

	str_clear(ret);
	while (i < text.len && r == 0) {
		char c = text.ptr[i++];

		if (c == '\n')
			(*line)++;
		if (state == SINGLE || state == DOUBLE) {
			if (c == (state == SINGLE ? '\'' : '"')) {
				state = BEFORE;
				keep = ret->len;
				continue;
			}
			if (c == '\\' && state == DOUBLE && i < text.len) {
				char next = text.ptr[i];

				if (next == '\n') {
					(*line)++;
					i++;
					continue;
				}
				if (starts_with_one_of(from(text, i), "\"\\`$")) {
					c = next;
					i++;
				}
			}
			r = str_append_char(ret, c);
			continue;
		}
		if (c == '\n' || c == '\r')
			break;
		if (state == BEFORE && (c == '\'' || c == '"')) {
			state = c == '\'' ? SINGLE : DOUBLE;
			continue;
		}
		if (state == BEFORE && is_space(c))
			continue;
		state = PLAIN;
		if (c == '\\') {
			if (i == text.len)
				break;
			c = text.ptr[i++];
			if (c == '\n' || c == '\r') {
				*line += c == '\n';
				continue;
			}
			r = str_append_char(ret, c);
			keep = ret->len;
			continue;
		}
		r = str_append_char(ret, c);
		if (!is_space(c))
			keep = ret->len;
	}
	*at = i;
	if (state == PLAIN && r == 0 && keep < ret->len) {
		ret->len = keep;
		ret->buf[keep] = '\0';
	}
	return r;
}

static int expand_systemd(struct envfile *e, struct bytes text, unsigned depth, struct env_word *w);

/* ${NAME}, ${NAME:-word}, ${NAME:+word} at text[*at], behind the "${"; false: no such thing. */
static bool take_systemd_braces(struct envfile *e, struct bytes text, size_t *at, struct bytes *ret_name, char *ret_op, struct bytes *ret_word)
{
	size_t i = *at, open = 1;

	while (i < text.len && i - *at <= ENVFILE_NAME_MAX && text.ptr[i] != '}' && text.ptr[i] != ':')
		i++;
	*ret_name = bytes_slice(text, *at, i - *at);
	*ret_op = '\0';
	*ret_word = BYTES_LIT("");
	if (i == *at || i == text.len || i - *at > ENVFILE_NAME_MAX)
		return false;
	if (text.ptr[i] == '}') {
		*at = i + 1;
		return true;
	}
	if (i + 1 >= text.len || text.ptr[i] != ':' || (text.ptr[i + 1] != '-' && text.ptr[i + 1] != '+'))
		return false;
	*ret_op = text.ptr[i + 1];
	i += 2;
	/* A brace that nothing closes is looked for once for each that opens: as long as the file's share lasts. */
	for (size_t k = i; k < text.len && e->reread > 0; k++, e->reread--) {
		if (text.ptr[k] == '{')
			open++;
		else if (text.ptr[k] == '}' && --open == 0) {
			*ret_word = bytes_slice(text, i, k - i);
			*at = k + 1;
			return true;
		}
	}
	return false;
}

/* One expansion; what the file does not set is the environment's, and left as written where there is no word. */
static int expand_systemd_variable(struct envfile *e, struct env_word *w, struct bytes as_written, struct bytes name, char op,
				   struct bytes word, unsigned depth)
{
	_cleanup_env_word_ struct env_word inner = ENV_WORD_INIT;
	struct bytes value = BYTES_LIT("");
	enum env_known known = env_variable_get(e, name, &value);
	bool absent = known == ENV_ABSENT && !env_variable_is_ambient(name);
	int r;

	if (!envfile_is_name(name) && op == '\0')
		return env_word_known(e, w, as_written, BYTES_LIT(""), false);
	if (known == ENV_ABSENT && !absent)
		return env_word_expansion(w, as_written, false);
	if ((op == '-' && (absent || value.len == 0)) || (op == '+' && value.len > 0)) {
		inner.equals = inner.resolved_equals = 0;
		r = expand_systemd(e, word, depth + 1, &inner);
		if (r < 0)
			return r;
		w->unresolved |= inner.unresolved;
		return env_word_known(e, w, as_written, env_word_resolved(&inner), false);
	}
	if (absent && op == '\0')
		return env_word_expansion(w, as_written, false);
	return env_word_known(e, w, as_written, op == '+' ? BYTES_LIT("") : value, false);
}

/* replace_env_full() with braces or without, and the extended forms (environment.d(5)). */
static int expand_systemd(struct envfile *e, struct bytes text, unsigned depth, struct env_word *w)
{
	size_t i = 0;
	int r = 0;

	while (i < text.len && r == 0) {
		size_t start = i, end;
		struct bytes name, word;
		char op;

		if (text.ptr[i] != '$' || i + 1 == text.len || depth > ENVFILE_REPARSE_MAX) {
			r = env_word_literal(w, text.ptr[i++]);
			continue;
		}
		end = ++i;
		if (text.ptr[i] == '$') {
			r = env_word_literal(w, text.ptr[i++]);
		} else if (text.ptr[i] == '{') {
			end = i + 1;
			if (!take_systemd_braces(e, text, &end, &name, &op, &word)) {
				r = env_word_literal(w, '$');
				continue;
			}
			r = expand_systemd_variable(e, w, bytes_slice(text, start, end - start), name, op, word, depth);
			i = end;
		} else {
			while (end < text.len && envfile_is_name((struct bytes){ (char[]){ '_', text.ptr[end] }, 2 }))
				end++;
			name = bytes_slice(text, i, end - i);
			if (!envfile_is_name(name)) {	/* a digit */
				name.len = 0;
				end = i;
			}
			r = name.len == 0 ? env_word_literal(w, '$') :
					    expand_systemd_variable(e, w, bytes_slice(text, start, end - start), name, '\0',
								    BYTES_LIT(""), depth);
			i = end;
		}
	}
	return r;
}

static int report_environment_d(struct envfile *e, struct bytes key, struct bytes value, unsigned line)
{
	_cleanup_env_word_ struct env_word w = ENV_WORD_INIT;
	int r;

	w.equals = w.resolved_equals = 0;	/* all of it is value */
	r = expand_systemd(e, value, 0, &w);
	/* NAME= without anything sets nothing. */
	if (r < 0 || value.len == 0)
		return r;
	return envfile_report(e, key, (struct env_value){ value, env_word_resolved(&w) }, line,
			      REPORT_EXPORT | (w.unknown ? REPORT_UNDECIDABLE : 0));
}

static int parse_environment_d(struct envfile *e, struct bytes text)
{
	_cleanup_str_ struct str value = STR_INIT;
	unsigned line = 1;
	size_t at = 0;

	while (at < text.len) {
		unsigned first = line;
		size_t end = at;
		struct bytes key;
		int r;

		while (end < text.len && text.ptr[end] != '\n' && text.ptr[end] != '=')
			end++;
		key = trim_space(bytes_slice(text, at, end - at));
		if (end < text.len && text.ptr[end] == '=' && !starts_with_one_of(key, "#;")) {
			at = end + 1;
			r = take_systemd_value(text, &at, &line, &value);
			if (r == 0)
				r = report_environment_d(e, key, str_bytes(&value), first);
			if (r < 0)
				return r;
		} else {
			ptrdiff_t newline = bytes_find_byte(text, '\n', end);

			at = newline < 0 ? text.len : (size_t)newline + 1;
			line++;
		}
	}
	return 0;
}

/* ---- systemd units ----------------------------------------------------------------------- */

/* One word after extract_first_word() with UNQUOTE and CUNESCAPE: quotes anywhere
 * in it, C escapes in and out of quotes (systemd.syntax(7), QUOTING), another escape or an open quote makes the rest
 * of the line invalid (false, as when none is left).  Expansions and specifiers stay. */
static int take_systemd_word(struct bytes *line, struct env_word *w, bool *ret)
{
	char quote = '\0';
	size_t i = 0;
	int r = 0;

	*ret = false;
	while (i < line->len && is_space(line->ptr[i]))
		i++;
	if (i == line->len)
		return 0;

	while (i < line->len && r == 0) {
		char c = line->ptr[i++];
		char bytes[4] = { c };
		size_t n = 1;

		if (!quote && is_space(c))
			break;
		if (quote ? c == quote : (c == '\'' || c == '"')) {
			quote = quote ? '\0' : c;
			env_word_quote(w);
			continue;
		}
		if (c == '\\') {
			if (i < line->len && line->ptr[i] == 's') {
				bytes[0] = ' ';
				i++;
			} else if (!env_escape_decode(*line, &i, bytes, &n)) {
				return 0;
			}
		}
		for (size_t k = 0; k < n && r == 0; k++)
			r = env_word_literal(w, bytes[k]);
	}
	*line = from(*line, i);
	*ret = !quote;
	return r;
}

/* "%%" is "%"; other specifiers stay: who runs the unit decides (systemd.unit(5), SPECIFIERS). */
static int unescape_percent(struct bytes value, struct str *ret)
{
	int r = 0;

	str_clear(ret);
	for (size_t i = 0; i < value.len && r == 0; i++) {
		r = str_append_char(ret, value.ptr[i]);
		if (value.ptr[i] == '%' && i + 1 < value.len && value.ptr[i + 1] == '%')
			i++;
	}
	return r;
}

static int parse_systemd_environment(struct envfile *e, struct bytes value, unsigned line)
{
	_cleanup_env_word_ struct env_word w = ENV_WORD_INIT;
	_cleanup_str_ struct str plain = STR_INIT;

	for (;;) {
		bool more;
		int r;

		env_word_begin(&w, line);
		r = take_systemd_word(&value, &w, &more);
		if (r < 0 || !more)
			return r;
		if (w.equals == ENV_WORD_NO_EQUALS)
			continue;
		r = unescape_percent(env_word_after(&w, w.equals + 1), &plain);
		if (r == 0)
			r = envfile_report(e, bytes_slice(str_bytes(&w.text), 0, w.equals), env_same(str_bytes(&plain)),
					   line, REPORT_EXPORT);
		if (r < 0)
			return r;
	}
}

/* Words for execve(): the program, which may be env or a shell, and its arguments.
 * A word ";" begins another command. */
static int parse_command_line(struct envfile *e, struct bytes value, unsigned line)
{
	_cleanup_env_command_ struct env_command c;
	_cleanup_env_word_ struct env_word w = ENV_WORD_INIT;

	env_command_init(&c, DIALECT_ARGV);
	for (;;) {
		bool more;
		int r;

		env_word_begin(&w, line);
		r = take_systemd_word(&value, &w, &more);
		if (r < 0)
			return r;
		if (!more)
			return env_command_end(e, &c);
		if (!w.quoted && bytes_equal(str_bytes(&w.text), BYTES_LIT(";")))
			r = env_command_end(e, &c);
		else
			r = env_command_word(e, &c, &w);
		if (r < 0)
			return r;
	}
}

static int parse_systemd_assignment(struct envfile *e, struct bytes line, unsigned number)
{
	static const char *const keys[] = {
		"Environment", "DefaultEnvironment", "ManagerEnvironment",
	};
	ptrdiff_t equals = bytes_find_byte(line, '=', 0);
	struct bytes key, value;

	if (equals <= 0)
		return 0;
	key = trim_space(bytes_slice(line, 0, (size_t)equals));
	value = trim_space(from(line, (size_t)equals + 1));
	for (size_t i = 0; i < ELEMENTSOF(keys); i++)
		if (bytes_equal(key, bytes_of(keys[i])))
			return parse_systemd_environment(e, value, number);
	if (bytes_equal(key, BYTES_LIT("EnvironmentFile"))) {
		bool optional = starts_with_one_of(value, "-");

		value = optional ? from(value, 1) : value;
		return envfile_report_include(e, value, ENV_ENVIRONMENT_D, number, optional, false);
	}
	if (!bytes_has_prefix(key, BYTES_LIT("Exec")))
		return 0;
	while (starts_with_one_of(value, "@-:+!|"))
		value = from(value, 1);
	return parse_command_line(e, value, number);
}

/* An odd number of them: the last is not escaped itself. */
static bool ends_in_backslash(struct bytes line)
{
	size_t n = 0;

	while (n < line.len && line.ptr[line.len - 1 - n] == '\\')
		n++;
	return n % 2 == 1;
}

/* A unit: a backslash at the end of a line joins with a blank, and comments between
 * joined lines vanish (systemd.syntax(7)). */
static int parse_systemd(struct envfile *e, struct bytes text)
{
	_cleanup_str_ struct str joined = STR_INIT;
	struct lines lines = { .rest = text };
	unsigned number = 0;
	struct bytes line;
	bool open = false;
	int r = 0;

	while (r == 0 && next_line(&lines, &line)) {
		struct bytes trimmed = trim_space(line);
		bool more;

		if (starts_with_one_of(trimmed, "#;"))
			continue;
		if (line.len > 0 && line.ptr[line.len - 1] == '\r')
			line.len--;
		more = ends_in_backslash(line);
		if (!open) {
			str_clear(&joined);
			number = lines.number;
		}
		r = str_append(&joined, line.ptr, line.len - more);
		if (r == 0 && more)
			r = str_append_char(&joined, ' ');
		open = more;
		if (r == 0 && !open)
			r = parse_systemd_assignment(e, str_bytes(&joined), number);
	}
	if (r == 0 && open)
		r = parse_systemd_assignment(e, str_bytes(&joined), number);
	return r;
}

/* ---- cron ---------------------------------------------------------------------------------- */

static struct bytes unquote(struct bytes b)
{
	if (b.len >= 2 && (b.ptr[0] == '"' || b.ptr[0] == '\'') && b.ptr[b.len - 1] == b.ptr[0])
		return bytes_slice(b, 1, b.len - 2);
	return b;
}

static bool take_field(struct bytes *line, struct bytes *ret)
{
	size_t end = 0;

	*line = trim_space(*line);
	while (end < line->len && !is_space(line->ptr[end]))
		end++;
	*ret = bytes_slice(*line, 0, end);
	*line = trim_space(from(*line, end));
	return end > 0;
}

/* A login name as useradd takes it, which no command that is fond of arguments
 * like NAME=VALUE has. */
static bool looks_like_user(struct bytes word)
{
	static const char *const commands[] = {
		"grep", "egrep", "fgrep", "sed", "awk", "echo", "printf", "test", "find", "make",
		"cmake", "dd", "docker", "podman", "git", "curl", "wget", "logger",
	};

	for (size_t i = 0; i < word.len; i++) {
		char c = word.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '_' || c == '-' || c == '.'))
			return false;
	}
	for (size_t i = 0; i < ELEMENTSOF(commands); i++)
		if (bytes_equal(word, bytes_of(commands[i])))
			return false;
	return word.len > 0;
}

/* crontab(5): an unescaped "%" ends the command, the rest is its standard input. */
static int cron_command(struct envfile *e, struct bytes command, unsigned line)
{
	_cleanup_str_ struct str script = STR_INIT;
	struct bytes user, rest;
	size_t before;
	int r = 0;

	for (size_t i = 0; i < command.len && r == 0; i++) {
		char c = command.ptr[i];

		if (c == '%')
			break;
		if (c == '\\' && i + 1 < command.len && command.ptr[i + 1] == '%')
			c = command.ptr[++i];
		r = str_append_char(&script, c);
	}
	before = e->reported;
	if (r == 0)
		r = envfile_reparse(e, DIALECT_SHELL, str_bytes(&script), line, false);
	if (r < 0 || e->reported != before)
		return r;

	/* The system's tables have a user before the command. */
	rest = str_bytes(&script);
	if (!take_field(&rest, &user) || !looks_like_user(user))
		return 0;
	return envfile_reparse(e, DIALECT_SHELL, rest, line, false);
}

static int parse_cron(struct envfile *e, struct bytes text)
{
	struct lines lines = { .rest = text };
	struct bytes line;

	while (next_line(&lines, &line)) {
		struct bytes name, field;
		ptrdiff_t equals;
		unsigned fields;
		int r;

		line = trim_space(line);
		if (line.len == 0 || line.ptr[0] == '#')
			continue;

		/* load_env() of cron: NAME = value, either in quotes. */
		equals = bytes_find_byte(line, '=', 0);
		name = equals <= 0 ? BYTES_NONE :
				     unquote(trim_space(bytes_slice(line, 0, (size_t)equals)));
		if (envfile_is_name(name)) {
			r = envfile_report(e, name, env_same(unquote(trim_space(from(line, (size_t)equals + 1)))),
					   lines.number, REPORT_EXPORT);
			if (r < 0)
				return r;
			continue;
		}

		fields = line.ptr[0] == '@' ? 1 : 5;
		while (fields > 0 && take_field(&line, &field))
			fields--;
		r = fields > 0 ? 0 : cron_command(e, line, lines.number);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- ssh -------------------------------------------------------------------------------------- */

/* read_environment_file() of OpenSSH's session.c: no quotes, no expansion. */
static int parse_ssh_environment(struct envfile *e, struct bytes text)
{
	struct lines lines = { .rest = text };
	struct bytes line;

	while (next_line(&lines, &line)) {
		ptrdiff_t equals;
		int r;

		while (line.len > 0 && (line.ptr[0] == ' ' || line.ptr[0] == '\t'))
			line = from(line, 1);
		equals = bytes_find_byte(line, '=', 0);
		if (equals <= 0 || line.ptr[0] == '#')
			continue;
		r = envfile_report(e, bytes_slice(line, 0, (size_t)equals),
				   env_same(from(line, (size_t)equals + 1)), lines.number, REPORT_EXPORT);
		if (r < 0)
			return r;
	}
	return 0;
}

static int key_option(struct envfile *e, struct bytes key, struct bytes value, unsigned line)
{
	ptrdiff_t equals;

	if (bytes_equal_fold(key, BYTES_LIT("command")))
		return envfile_reparse(e, DIALECT_SHELL, value, line, false);
	equals = bytes_find_byte(value, '=', 0);
	if (!bytes_equal_fold(key, BYTES_LIT("environment")) || equals <= 0)
		return 0;
	return envfile_report(e, bytes_slice(value, 0, (size_t)equals),
			      env_same(from(value, (size_t)equals + 1)), line, REPORT_EXPORT);
}

/* authorized_keys, sshd(8): options before the key, separated by commas, each
 * key="value" with \" for a quote; the first blank outside quotes ends them. */
static int parse_authorized_keys(struct envfile *e, struct bytes text)
{
	_cleanup_str_ struct str value = STR_INIT;
	struct lines lines = { .rest = text };
	struct bytes line;

	while (next_line(&lines, &line)) {
		size_t i = 0;

		line = trim_space(line);
		if (line.len > 0 && line.ptr[0] == '#')
			continue;
		while (i < line.len && !is_space(line.ptr[i])) {
			size_t start = i;
			struct bytes key;
			int r = 0;

			while (i < line.len && !is_space(line.ptr[i]) && line.ptr[i] != ',' &&
			       line.ptr[i] != '=')
				i++;
			key = bytes_slice(line, start, i - start);
			if (i + 1 < line.len && line.ptr[i] == '=' && line.ptr[i + 1] == '"') {
				str_clear(&value);
				for (i += 2; i < line.len && line.ptr[i] != '"' && r == 0; i++) {
					if (line.ptr[i] == '\\' && i + 1 < line.len &&
					    line.ptr[i + 1] == '"')
						i++;
					r = str_append_char(&value, line.ptr[i]);
				}
				i += i < line.len;
				if (r == 0)
					r = key_option(e, key, str_bytes(&value), lines.number);
				if (r < 0)
					return r;
			} else if (i < line.len && !is_space(line.ptr[i])) {
				i++;
			}
		}
	}
	return 0;
}

/* sshd_config(5), ssh_config(5): keyword arguments, or keyword=arguments. */
static int parse_sshd_config(struct envfile *e, struct bytes text)
{
	struct lines lines = { .rest = text };
	struct bytes line;

	while (next_line(&lines, &line)) {
		struct bytes keyword;
		size_t end = 0;
		int r = 0;

		line = trim_space(line);
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		while (end < line.len && !is_space(line.ptr[end]) && line.ptr[end] != '=')
			end++;
		keyword = unquote(bytes_slice(line, 0, end));
		line = trim_space(from(line, end));
		if (starts_with_one_of(line, "="))
			line = trim_space(from(line, 1));
		if (bytes_equal_fold(keyword, BYTES_LIT("SetEnv")))
			r = parse_systemd_environment(e, line, lines.number);
		else if (bytes_equal_fold(keyword, BYTES_LIT("ForceCommand")))
			r = envfile_reparse(e, DIALECT_SHELL, line, lines.number, false);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- conda --------------------------------------------------------------------------------------- */

static unsigned count_lines(struct bytes text)
{
	unsigned n = 0;
	ptrdiff_t at = -1;

	while ((at = bytes_find_byte(text, '\n', (size_t)(at + 1))) >= 0)
		n++;
	return n;
}

/* <prefix>/conda-meta/state: {"env_vars": {"NAME": "value"}}.  cJSON keeps no
 * positions: the line is that of the first such key behind the one before. */
static int parse_conda_state(struct envfile *e, struct bytes text)
{
	cJSON *root = cJSON_ParseWithLengthOpts(text.ptr, text.len, NULL, false);
	const cJSON *group, *item;
	unsigned line = 1;
	bool written_plainly = true;	/* keys in \u escapes are not looked for */
	size_t at = 0;
	int r = 0;

	cJSON_ArrayForEach(group, root) {
		if (!cJSON_IsObject(group) || !group->string ||
		    !bytes_equal(bytes_of(group->string), BYTES_LIT("env_vars")))
			continue;
		cJSON_ArrayForEach(item, group) {
			struct bytes name = bytes_of(item->string);
			ptrdiff_t hit;

			if (!cJSON_IsString(item) || !envfile_is_python_variable(name))
				continue;
			/* conda's mark for a variable that it takes away. */
			if (bytes_equal(bytes_of(item->valuestring),
					BYTES_LIT("***unset***")))
				continue;
			hit = written_plainly ? bytes_find(text, name, at) : -1;
			if (hit >= 0) {
				line += count_lines(bytes_slice(text, at, (size_t)hit - at));
				at = (size_t)hit;
			} else {
				written_plainly = false;
			}
			r = envfile_report(e, name, env_same(bytes_of(item->valuestring)), line,
					   REPORT_EXPORT);
			if (r < 0)
				break;
		}
		if (r < 0)
			break;
	}
	cJSON_Delete(root);
	return r;
}

/* ---- supervisord ------------------------------------------------------------------------------------ */

/* KEY="val",KEY2='val',KEY3=val, after supervisor's dict_of_key_value_pairs(), which
 * reads tokens with Python's shlex. */
static int supervisord_environment(struct envfile *e, struct bytes text, unsigned line)
{
	_cleanup_env_word_ struct env_word w = ENV_WORD_INIT;
	size_t i = 0;

	while (i < text.len) {
		char quote = '\0';
		int r = 0;

		while (i < text.len && (is_space(text.ptr[i]) || text.ptr[i] == '\n' ||
					text.ptr[i] == ',')) {
			line += text.ptr[i] == '\n';
			i++;
		}
		env_word_begin(&w, line);
		for (; i < text.len && r == 0; i++) {
			char c = text.ptr[i];

			line += c == '\n';
			if (quote ? c == quote : (c == '"' || c == '\''))
				quote = quote ? '\0' : c;
			else if (!quote && (c == ',' || c == '\n'))
				break;
			else if (quote || !is_space(c))
				r = env_word_literal(&w, c);
		}
		/* The newline that ended a value is counted; step over it. */
		i += i < text.len;
		if (r == 0)
			r = envfile_report_word(e, &w, REPORT_EXPORT);
		if (r < 0)
			return r;
	}
	return 0;
}

/* configparser's ini: a line that begins with a blank continues the value; ";" at
 * the start of a line, or behind a blank, begins a comment. */
static int parse_supervisord(struct envfile *e, struct bytes text)
{
	_cleanup_str_ struct str value = STR_INIT;
	struct lines lines = { .rest = text };
	struct bytes line;
	unsigned first = 0;
	enum { OTHER, ENVIRONMENT, COMMAND } key = OTHER;
	int r = 0;

	for (;;) {
		bool more = next_line(&lines, &line), continued;
		struct bytes trimmed = more ? trim_space(line) : BYTES_NONE, name;
		ptrdiff_t comment, equals;

		if (more && (starts_with_one_of(trimmed, ";#") || trimmed.len == 0)) {
			if (key != OTHER) {
				r = str_append_char(&value, '\n');
				if (r < 0)
					return r;
			}
			continue;
		}
		comment = more ? bytes_find(trimmed, BYTES_LIT(" ;"), 0) : -1;
		if (comment >= 0)
			trimmed.len = (size_t)comment;
		continued = more && is_space(line.ptr[0]);
		if (continued) {
			if (key == OTHER)
				continue;
			if ((r = str_append_char(&value, '\n')) < 0 ||
			    (r = str_append_bytes(&value, trimmed)) < 0)
				return r;
			continue;
		}

		if (key == ENVIRONMENT)
			r = supervisord_environment(e, str_bytes(&value), first);
		else if (key == COMMAND)
			r = parse_command_line(e, str_bytes(&value), first);
		if (r < 0 || !more)
			return r;

		key = OTHER;
		equals = bytes_find_byte(trimmed, '=', 0);
		if (equals < 0)
			equals = bytes_find_byte(trimmed, ':', 0);
		if (equals <= 0)
			continue;
		name = trim_space(bytes_slice(trimmed, 0, (size_t)equals));
		if (bytes_equal_fold(name, BYTES_LIT("environment")))
			key = ENVIRONMENT;
		else if (bytes_equal_fold(name, BYTES_LIT("command")))
			key = COMMAND;
		else
			continue;
		first = lines.number;
		str_clear(&value);
		r = str_append_bytes(&value, trim_space(from(trimmed, (size_t)equals + 1)));
		if (r < 0)
			return r;
	}
}

/* ---- dotenv ------------------------------------------------------------------------------------------- */

/* The value behind "=", after python-dotenv's parser: '...' with \' and \\, "..."
 * with C's escapes, both over several lines; else up to a comment behind a blank. */
static int take_dotenv_value(struct bytes text, size_t *at, unsigned *line, struct str *ret)
{
	size_t i = *at;
	char quote;
	int r = 0;

	str_clear(ret);
	while (i < text.len && is_space(text.ptr[i]))
		i++;
	quote = i < text.len && starts_with_one_of(from(text, i), "\"'`") ? text.ptr[i] : '\0';
	if (!quote) {
		ptrdiff_t newline = bytes_find_byte(text, '\n', i);
		size_t end = newline < 0 ? text.len : (size_t)newline;
		struct bytes value = bytes_slice(text, i, end - i);

		for (size_t k = 0; k < value.len; k++)
			if (value.ptr[k] == '#' && (k == 0 || is_space(value.ptr[k - 1]))) {
				value.len = k;
				break;
			}
		*at = end;
		return str_append_bytes(ret, trim_space(value));
	}

	i++;
	while (i < text.len && r == 0) {
		char c = text.ptr[i++], bytes[4] = { c };
		size_t n = 1;

		*line += c == '\n';
		if (c == quote)
			break;
		if (c == '\\' && i < text.len) {
			if (quote == '"' && env_escape_decode(text, &i, bytes, &n)) {
				;
			} else if (text.ptr[i] == quote || text.ptr[i] == '\\') {
				bytes[0] = text.ptr[i++];
				n = 1;
			}
		}
		r = str_append(ret, bytes, n);
	}
	*at = i;
	return r;
}

static int parse_dotenv(struct envfile *e, struct bytes text)
{
	_cleanup_str_ struct str value = STR_INIT;
	unsigned line = 1;
	size_t at = 0;

	while (at < text.len) {
		struct bytes export = BYTES_LIT("export"), key;
		unsigned first = line;
		size_t end = at;
		ptrdiff_t newline;
		int r;

		while (end < text.len && text.ptr[end] != '\n' && text.ptr[end] != '=' &&
		       text.ptr[end] != '#' && text.ptr[end] != ':')
			end++;
		key = trim_space(bytes_slice(text, at, end - at));
		if (bytes_has_prefix(key, export) && key.len > export.len &&
		    is_space(key.ptr[export.len]))
			key = trim_space(from(key, export.len));
		at = end;
		if (end < text.len && (text.ptr[end] == '=' || text.ptr[end] == ':')) {
			at = end + 1;
			r = take_dotenv_value(text, &at, &line, &value);
			if (r == 0)
				r = envfile_report(e, unquote(key), env_same(str_bytes(&value)), first,
						   REPORT_EXPORT);
			if (r < 0)
				return r;
		}
		newline = bytes_find_byte(text, '\n', at);
		at = newline < 0 ? text.len : (size_t)newline + 1;
		line++;
	}
	return 0;
}

int envfile_config(struct envfile *e, enum env_syntax syntax, struct bytes text)
{
	switch (syntax) {
	case ENV_ETC_ENVIRONMENT:
		return parse_etc_environment(e, text);
	case ENV_PAM_ENV:
		return parse_pam_env(e, text);
	case ENV_ENVIRONMENT_D:
		return parse_environment_d(e, text);
	case ENV_SYSTEMD:
		return parse_systemd(e, text);
	case ENV_CRON:
		return parse_cron(e, text);
	case ENV_SSH_ENVIRONMENT:
		return parse_ssh_environment(e, text);
	case ENV_SSH_AUTHORIZED_KEYS:
		return parse_authorized_keys(e, text);
	case ENV_SSHD_CONFIG:
		return parse_sshd_config(e, text);
	case ENV_CONDA_STATE:
		return parse_conda_state(e, text);
	case ENV_SUPERVISORD:
		return parse_supervisord(e, text);
	case ENV_DOTENV:
		return parse_dotenv(e, text);
	default:
		return 0;
	}
}
