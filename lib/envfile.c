/* envfile.c - dispatch, words, and what counts as a Python variable.
 *
 * Everything is read once, from left to right, into words; a word is looked at
 * when it is complete and forgotten.  So memory is that of the longest word, and
 * time is linear, except that a script within a script (eval "...") is read once
 * more for each level, of which there are ENVFILE_REPARSE_MAX.
 *
 * What is not understood is skipped.  This module must not decide whether a
 * value is dangerous: that is the rules' business.
 */
#include "envfile.h"

#include <errno.h>
#include <linux/limits.h>
#include <stdint.h>

#include "cleanup.h"
#include "envfile_private.h"
#include "escape.h"

/* ---- names ------------------------------------------------------------------ */

/* Names behind "PYTHON" that lead to other code (CPython: Python/initconfig.c,
 * Modules/getpath.py). */
static const char *const python_tails[] = {
	"PATH", "HOME", "STARTUP", "USERBASE", "PLATLIBDIR", "EXECUTABLE",
	"WARNINGS", "PYCACHEPREFIX", "INSPECT", "BREAKPOINT",
};

bool envfile_is_name(struct bytes name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
		      (i > 0 && c >= '0' && c <= '9')))
			return false;
	}
	return name.len > 0;
}

bool envfile_is_python_variable(struct bytes name)
{
	struct bytes prefix = BYTES_LIT("PYTHON");

	if (bytes_equal(name, BYTES_LIT("__PYVENV_LAUNCHER__")))
		return true;
	if (!bytes_has_prefix(name, prefix) || name.len == prefix.len)
		return false;
	for (size_t i = prefix.len; i < name.len; i++) {
		char c = name.ptr[i];

		if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'))
			return false;
	}
	return true;
}

static bool tail_fits(struct bytes tail, bool whole_prefix_known)
{
	struct bytes prefix = BYTES_LIT("PYTHON");

	for (size_t i = 0; i < ELEMENTSOF(python_tails); i++) {
		struct bytes known = bytes_of(python_tails[i]);

		if (whole_prefix_known && bytes_has_suffix(known, tail))
			return true;
		/* Nothing before the hole: ask for the whole of "PATH", or for
		 * more of it ("ONPATH"), lest ${x}H= be taken for one. */
		if (!whole_prefix_known && bytes_has_suffix(tail, known)) {
			struct bytes rest = bytes_slice(tail, 0, tail.len - known.len);

			if (bytes_has_suffix(prefix, rest))
				return true;
		}
	}
	return false;
}

/* `export PYTHON$x=v` may set PYTHONPATH and hardly anything else, `export $x=v`
 * may set anything: only the first kind is worth an alert.  NULs are holes. */
bool envfile_pattern_is_python(struct bytes pattern)
{
	struct bytes prefix = BYTES_LIT("PYTHON"), head, tail;
	ptrdiff_t first = bytes_find_byte(pattern, '\0', 0);
	ptrdiff_t last = bytes_find_last_byte(pattern, '\0');

	if (first < 0)
		return envfile_is_python_variable(pattern);
	for (size_t i = 0; i < pattern.len; i++) {
		char c = pattern.ptr[i];

		if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '\0'))
			return false;
	}

	head = bytes_slice(pattern, 0, (size_t)first);
	tail = bytes_slice(pattern, (size_t)last + 1, pattern.len - (size_t)last - 1);

	if (head.len == 0)
		return tail.len > 0 && tail_fits(tail, false);
	if (bytes_has_prefix(head, prefix)) {
		struct bytes known = bytes_slice(head, prefix.len, head.len - prefix.len);

		/* PYTHON3$x and PYTHON_$x name build variables; CPython's own
		 * with an underscore are not in python_tails. */
		if (known.len > 0) {
			bool fits = false;

			for (size_t i = 0; i < ELEMENTSOF(python_tails); i++)
				fits |= bytes_has_prefix(bytes_of(python_tails[i]), known);
			if (!fits)
				return false;
		}
		return tail.len == 0 || tail_fits(tail, true);
	}
	/* A part of "PYTHON": PYTH$x */
	return head.len >= 3 && bytes_has_prefix(prefix, head) &&
	       (tail.len == 0 || tail_fits(tail, true) || tail_fits(tail, false));
}

/* ---- words ------------------------------------------------------------------ */

void env_word_release(struct env_word *w)
{
	str_release(&w->text);
	str_release(&w->pattern);
	str_release(&w->resolved);
}

void env_word_begin(struct env_word *w, unsigned line)
{
	str_clear(&w->text);
	str_clear(&w->pattern);
	str_clear(&w->resolved);
	w->equals = w->resolved_equals = ENV_WORD_NO_EQUALS;
	w->line = line;
	w->n_splits = 0;
	w->quoted = w->name_quoted = w->name_expanded = false;
	w->expanded = w->substituted = w->braces = w->array = false;
	w->unresolved = w->bare = w->unknown = w->process = w->put_in = false;
}

/* Nothing was an "=" so far: this still belongs to the name. */
static bool in_name(const struct env_word *w)
{
	return w->equals == ENV_WORD_NO_EQUALS && w->resolved_equals == ENV_WORD_NO_EQUALS;
}

static int append_pattern(struct env_word *w, struct bytes part)
{
	size_t room = ENVFILE_NAME_MAX - w->pattern.len;

	return str_append(&w->pattern, part.ptr, part.len < room ? part.len : room);
}

int env_word_literal(struct env_word *w, char c)
{
	int r = 0;

	if (w->discard)
		return 0;
	/* $X"y": as written it would be $Xy. */
	w->unknown |= w->bare && envfile_is_name((struct bytes){ (char[]){ '_', c }, 2 });
	w->bare = false;
	if (in_name(w) && c != '=')
		r = append_pattern(w, (struct bytes){ &c, 1 });
	if (c == '=' && w->equals == ENV_WORD_NO_EQUALS)
		w->equals = w->text.len;
	if (c == '=' && w->resolved_equals == ENV_WORD_NO_EQUALS)
		w->resolved_equals = w->put_in ? w->resolved.len : w->text.len;
	if (r == 0)
		r = str_append_char(&w->text, c);
	return r == 0 && w->put_in ? str_append_char(&w->resolved, c) : r;
}

int env_word_expansion(struct env_word *w, struct bytes as_written, bool substitution)
{
	int r = 0;

	w->expanded = w->unresolved = true;
	w->bare = as_written.len > 1 && as_written.ptr[0] == '$' && envfile_is_name(bytes_slice(as_written, 1, as_written.len - 1));
	w->substituted |= substitution;
	if (w->discard)
		return 0;
	if (in_name(w)) {
		w->name_expanded = true;
		r = append_pattern(w, (struct bytes){ "\0", 1 });
	}
	if (r == 0)
		r = str_append_bytes(&w->text, as_written);
	return r == 0 && w->put_in ? str_append_bytes(&w->resolved, as_written) : r;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* Where a shell would part the value that is about to be put in. */
static void note_splits(struct env_word *w, struct bytes value)
{
	for (size_t i = 0; i < value.len; i++) {
		size_t from = i;

		while (i < value.len && is_blank(value.ptr[i]))
			i++;
		if (i > from && w->n_splits < ENVFILE_SPLITS_MAX)
			w->splits[w->n_splits++] = (struct env_split){ w->resolved.len + from, i - from };
	}
}

int env_word_known(struct envfile *e, struct env_word *w, struct bytes as_written, struct bytes value, bool split)
{
	ptrdiff_t equals;
	int r = 0;

	/* Nobody asks for the text, or it would grow without bound: as written. */
	if (w->discard || value.len > e->putting || w->resolved.len + value.len > ENVFILE_RESOLVED_MAX) {
		w->unknown |= !w->discard;
		return env_word_expansion(w, as_written, false);
	}
	e->putting -= value.len;
	w->expanded = true;
	if (!w->put_in) {
		w->put_in = true;
		r = str_append_bytes(&w->resolved, str_bytes(&w->text));
		if (r < 0)
			return r;
	}
	if (split)
		note_splits(w, value);
	equals = bytes_find_byte(value, '=', 0);
	if (in_name(w)) {
		w->name_expanded = true;
		r = append_pattern(w, equals < 0 ? value : bytes_slice(value, 0, (size_t)equals));
	}
	if (equals >= 0 && w->resolved_equals == ENV_WORD_NO_EQUALS)
		w->resolved_equals = w->resolved.len + (size_t)equals;
	if (r == 0)
		r = str_append_bytes(&w->resolved, value);
	return r == 0 ? str_append_bytes(&w->text, as_written) : r;
}

int env_word_variable(struct envfile *e, struct env_word *w, struct bytes as_written, struct bytes name, bool split)
{
	struct bytes value = BYTES_LIT("");

	switch (env_variable_get(e, name, &value)) {
	case ENV_UNKNOWN:
		w->unknown = true;
		break;
	case ENV_ABSENT:
		break;
	case ENV_ONE_OF_SEVERAL:
		w->unknown = true;
		return env_word_known(e, w, as_written, value, split);
	case ENV_KNOWN:
	case ENV_UNSET:
		return env_word_known(e, w, as_written, value, split);
	}
	return env_word_expansion(w, as_written, false);
}

struct bytes env_word_resolved(const struct env_word *w)
{
	return str_bytes(w->put_in ? &w->resolved : &w->text);
}

void env_word_quote(struct env_word *w)
{
	w->quoted = true;
	if (w->equals == ENV_WORD_NO_EQUALS)
		w->name_quoted = true;
}

struct bytes env_word_after(const struct env_word *w, size_t from)
{
	return bytes_slice(str_bytes(&w->text), from, w->text.len - from);
}

struct bytes env_word_resolved_after(const struct env_word *w, size_t from)
{
	struct bytes all = env_word_resolved(w);

	return bytes_slice(all, from, all.len - from);
}

bool env_escape_decode(struct bytes text, size_t *at, char ret[static 4], size_t *ret_len)
{
	static const char from[] = "abeEfnrtv\\'\"?", to[] = "\a\b\033\033\f\n\r\t\v\\'\"?";
	size_t i = *at, digits = 0, max;
	uint32_t value = 0;
	unsigned base = 16;
	const char *hit;
	char c;

	if (i >= text.len)
		return false;
	c = text.ptr[i];

	hit = memchr(from, c, sizeof(from) - 1);
	if (hit) {
		ret[0] = to[hit - from];
		*ret_len = 1;
		*at = i + 1;
		return true;
	}
	if (c == 'x') {
		max = 2;
		i++;
	} else if (c == 'u') {
		max = 4;
		i++;
	} else if (c == 'U') {
		max = 8;
		i++;
	} else if (c >= '0' && c <= '7') {
		max = 3;
		base = 8;
	} else {
		return false;
	}

	while (i < text.len && digits < max) {
		int v = hex_digit(text.ptr[i]);

		if (v < 0 || (unsigned)v >= base)
			break;
		value = value * base + (unsigned)v;
		digits++;
		i++;
	}
	if (digits == 0)
		return false;

	if (c == 'u' || c == 'U') {
		*ret_len = utf8_encode(value, ret);
	} else {
		ret[0] = (char)(value & 0xff);
		*ret_len = 1;
	}
	*at = i;
	return true;
}

/* ---- reporting ---------------------------------------------------------------- */

int envfile_report(struct envfile *e, struct bytes name, struct env_value value, unsigned line, unsigned flags)
{
	struct env_assignment a = {
		.name = name,
		.value = value.text,
		.resolved = value.resolved,
		/* A script that a variable held is longer than the line it stands in. */
		.line = line < e->lines ? line : e->lines,
		.append = flags & REPORT_APPEND,
		.undecidable = flags & REPORT_UNDECIDABLE,
		.export = flags & REPORT_EXPORT,
	};
	int r;

	name = a.name = env_variable_target(e, name);
	if (!(flags & REPORT_CHILD)) {
		r = env_variable_set(e, name, value.resolved,
				     (a.append ? VARIABLE_APPEND : 0) | (a.undecidable ? VARIABLE_UNKNOWN : 0));
		if (r < 0)
			return r;
	}
	if (e->mute > 0 || (flags & REPORT_SILENT) || (!(flags & REPORT_ANY_NAME) && !envfile_is_python_variable(name)))
		return 0;
	e->reported++;
	r = e->fn(&a, e->userdata);
	return r < 0 ? r : 0;
}

int envfile_report_include(struct envfile *e, struct bytes path, enum env_syntax syntax, unsigned line, bool optional,
			   bool undecidable)
{
	struct env_include i = {
		.path = path,
		.syntax = syntax,
		.line = line < e->lines ? line : e->lines,
		.optional = optional,
		.undecidable = undecidable,
	};
	int r;

	if (e->mute > 0)
		return 0;
	e->included = true;
	if (!e->include_fn || path.len == 0 || path.len >= PATH_MAX)
		return 0;
	r = e->include_fn(&i, e->userdata);
	return r < 0 ? r : 0;
}

/* export PYTHON{PATH,HOME}=/x: bash and zsh make two words of it.  One list of
 * alternatives in the name, not nested: the rest is no name that anyone writes. */
static int report_braces(struct envfile *e, const struct env_word *w, struct bytes name,
			 struct env_value value, unsigned flags)
{
	ptrdiff_t open = bytes_find_byte(name, '{', 0), close;
	_cleanup_str_ struct str one = STR_INIT;
	size_t from;
	int r;

	close = open < 0 ? -1 : bytes_find_byte(name, '}', (size_t)open);
	if (close < 0)
		return 0;

	from = (size_t)open + 1;
	for (unsigned n = 0; n < ENVFILE_BRACE_NAMES_MAX && from <= (size_t)close; n++) {
		ptrdiff_t comma = bytes_find_byte(name, ',', from);
		size_t to = comma < 0 || comma > close ? (size_t)close : (size_t)comma;

		str_clear(&one);
		if ((r = str_append(&one, name.ptr, (size_t)open)) < 0 ||
		    (r = str_append(&one, name.ptr + from, to - from)) < 0 ||
		    (r = str_append(&one, name.ptr + close + 1,
				    name.len - (size_t)close - 1)) < 0)
			return r;
		r = envfile_report(e, str_bytes(&one), value, w->line, flags);
		if (r < 0)
			return r;
		from = to + 1;
	}
	return 0;
}

int envfile_report_word(struct envfile *e, const struct env_word *w, unsigned flags)
{
	struct bytes name, pattern = str_bytes(&w->pattern);
	struct env_value value;

	if (w->array || w->resolved_equals == ENV_WORD_NO_EQUALS)
		return 0;

	/* `export $x`, the "=" within $x: as written there is only the word. */
	name = bytes_slice(str_bytes(&w->text), 0, w->equals == ENV_WORD_NO_EQUALS ? w->text.len : w->equals);
	value.text = w->equals == ENV_WORD_NO_EQUALS ? name : env_word_after(w, w->equals + 1);
	value.resolved = env_word_resolved_after(w, w->resolved_equals + 1);
	if (bytes_has_suffix(name, BYTES_LIT("+")) || bytes_has_suffix(pattern, BYTES_LIT("+"))) {
		flags |= REPORT_APPEND;
		name.len -= bytes_has_suffix(name, BYTES_LIT("+"));
		pattern.len -= bytes_has_suffix(pattern, BYTES_LIT("+"));
	}
	if (w->substituted || w->unknown)
		flags |= REPORT_UNDECIDABLE;

	if (w->name_expanded) {
		if (bytes_find_byte(pattern, '\0', 0) < 0)
			return envfile_report(e, pattern, value, w->line, flags);
		if (!envfile_pattern_is_python(pattern))
			return 0;
		return envfile_report(e, name, value, w->line,
				      flags | REPORT_UNDECIDABLE | REPORT_ANY_NAME);
	}
	if (w->braces && name.len <= ENVFILE_NAME_MAX * ENVFILE_BRACE_NAMES_MAX)
		if (bytes_find_byte(name, '{', 0) >= 0)
			return report_braces(e, w, name, value, flags);
	return envfile_report(e, name, value, w->line, flags);
}

/* ---- dispatch ----------------------------------------------------------------- */

int envfile_reparse(struct envfile *e, enum env_dialect dialect, struct bytes script,
		    unsigned line, bool seen)
{
	bool outer = e->mute_substitutions;
	int r = 0;

	if (e->mute > 0 || script.len == 0 || script.len + ENVFILE_REPARSE_COST > e->reread ||
	    e->reparse >= ENVFILE_REPARSE_MAX || e->depth >= ENVFILE_DEPTH_MAX)
		return 0;

	e->reread -= script.len + ENVFILE_REPARSE_COST;
	e->reparse++;
	e->depth++;
	e->mute_substitutions = seen;
	switch (dialect) {
	case DIALECT_SHELL:
	case DIALECT_ARGV:
		r = envfile_shell(e, script, line);
		break;
	case DIALECT_FISH:
		r = envfile_fish(e, script, line);
		break;
	case DIALECT_CSH:
		r = envfile_csh(e, script, line);
		break;
	}
	e->mute_substitutions = outer;
	e->depth--;
	e->reparse--;
	return r;
}

/* bash (evalfile.c), dash (input.c) and tcsh drop NULs from what they read, so that
 * PYTHON\0PATH= is PYTHONPATH=. */
static int without_nuls(struct bytes content, struct str *ret)
{
	size_t from = 0;
	int r;

	while (from < content.len) {
		ptrdiff_t nul = bytes_find_byte(content, '\0', from);
		size_t to = nul < 0 ? content.len : (size_t)nul;

		r = str_append(ret, content.ptr + from, to - from);
		if (r < 0)
			return r;
		from = to + 1;
	}
	return 0;
}

static int parse(struct envfile *e, enum env_syntax syntax, struct bytes content)
{
	_cleanup_str_ struct str clean = STR_INIT;
	int r;

	switch (syntax) {
	case ENV_NONE:
		return 0;
	case ENV_SHELL:
	case ENV_CSH:
		if (bytes_find_byte(content, '\0', 0) >= 0) {
			r = without_nuls(content, &clean);
			if (r < 0)
				return r;
			content = str_bytes(&clean);
		}
		return syntax == ENV_SHELL ? envfile_shell(e, content, 1) : envfile_csh(e, content, 1);
	case ENV_FISH:
		return envfile_fish(e, content, 1);
	case ENV_FISH_VARIABLES:
		return envfile_fish_variables(e, content);
	case ENV_ETC_ENVIRONMENT:
	case ENV_PAM_ENV:
	case ENV_ENVIRONMENT_D:
	case ENV_SYSTEMD:
	case ENV_CRON:
	case ENV_SSH_ENVIRONMENT:
	case ENV_SSH_AUTHORIZED_KEYS:
	case ENV_SSHD_CONFIG:
	case ENV_CONDA_STATE:
	case ENV_SUPERVISORD:
	case ENV_DOTENV:
		return envfile_config(e, syntax, content);
	}
	return 0;
}

int envfile_parse(enum env_syntax syntax, struct bytes content, env_assignment_fn fn, void *userdata)
{
	return envfile_parse_all(syntax, content, fn, NULL, userdata);
}

int envfile_parse_all(enum env_syntax syntax, struct bytes content, env_assignment_fn fn, env_include_fn include_fn,
		      void *userdata)
{
	struct envfile e = { .fn = fn, .include_fn = include_fn, .userdata = userdata, .lines = 1 };
	int r;

	if (content.len == 0)
		return 0;
	if (__builtin_mul_overflow(content.len, (size_t)ENVFILE_REREAD_FACTOR, &e.reread) ||
	    __builtin_add_overflow(e.reread, (size_t)ENVFILE_PUT_IN_MIN, &e.reread))
		e.reread = SIZE_MAX;
	e.putting = e.reread;
	for (ptrdiff_t at = -1; (at = bytes_find_byte(content, '\n', (size_t)(at + 1))) >= 0;)
		e.lines++;

	r = parse(&e, syntax, content);
	env_variables_free(&e);
	return r;
}

const char *env_syntax_to_string(enum env_syntax s)
{
	static const char *const names[] = {
		[ENV_NONE] = "none",
		[ENV_SHELL] = "shell",
		[ENV_FISH] = "fish",
		[ENV_FISH_VARIABLES] = "fish-variables",
		[ENV_CSH] = "csh",
		[ENV_ETC_ENVIRONMENT] = "etc-environment",
		[ENV_PAM_ENV] = "pam-env",
		[ENV_ENVIRONMENT_D] = "environment.d",
		[ENV_SYSTEMD] = "systemd",
		[ENV_CRON] = "cron",
		[ENV_SSH_ENVIRONMENT] = "ssh-environment",
		[ENV_SSH_AUTHORIZED_KEYS] = "ssh-authorized-keys",
		[ENV_SSHD_CONFIG] = "sshd-config",
		[ENV_CONDA_STATE] = "conda-state",
		[ENV_SUPERVISORD] = "supervisord",
		[ENV_DOTENV] = "dotenv",
	};

	return (size_t)s < ELEMENTSOF(names) ? names[s] : "unknown";
}
