/* content_env.c - assignments of variables: what each makes an interpreter do, and where its value leads.
 *
 * What a variable means is in variable.c, what a value's place means in place.c.  A relative path in a project's own file
 * (.env, activate) is the project's; anywhere else it is whatever directory Python is started in.
 *
 * What is included (EnvironmentFile=, `. FILE`) is read as if it stood there, within bounds; patterns and names that only a run
 * would tell are not followed.
 */
#include "content_private.h"

#include <errno.h>

#include "cleanup.h"
#include "place.h"
#include "variable.h"

/* Another file that the hook includes, before its assignments are told; `content` NULL: it is not there. */
typedef int (*env_included_fn)(struct bytes path, const struct str *content, unsigned line, void *userdata);

static int judge_places(struct subject *s, const struct env_assignment *a, bool list, unsigned ordinary)
{
	struct judging *j = s->j;
	struct place_asker asker = judging_asker(j);
	unsigned flags = list ? place_judge_list(&asker, a->value) : place_judge(&asker, a->value);

	if (a->value.len == 0 && !list)
		return 0;	/* an empty value is none: Python/initconfig.c, config_get_env() */
	if (a->undecidable)
		flags |= PLACE_UNDECIDABLE;
	s->places |= flags;
	j->places |= flags;
	if (j->hook->scope == SCOPE_PROJECT)
		ordinary |= PLACE_RELATIVE;
	return place_is_dangerous(flags & ~ordinary) ? subject_note(s, INDICATOR_UNSAFE_PATH, a->value) : 0;
}

/* Each element as it is at the start; a relative one is known in a project's file alone. */
static int judge_modules(struct subject *s, const struct env_assignment *a)
{
	struct judging *j = s->j;
	struct bytes element;
	size_t at = 0;
	int r = judge_places(s, a, true, 0);

	while (r >= 0 && place_next_element(a->value, &at, &element)) {
		char buf[PLACE_PATH_MAX];
		ptrdiff_t len = place_resolve(place_home_of(j->request->path), j->own_dir, element, buf);
		bool relative = element.len == 0 || !(element.ptr[0] == '/' || element.ptr[0] == '~' || element.ptr[0] == '$');

		if (len > 0 && (!relative || j->hook->scope == SCOPE_PROJECT))
			r = subject_start(s, (struct bytes){ buf, (size_t)len }, SEARCH_FROM_START);
	}
	return r;
}

static int judge_script(struct subject *s, const struct env_assignment *a)
{
	int r = judge_places(s, a, false, 0);
	struct subject script = { .j = s->j, .as = JUDGED_INTERACTIVE, .line = s->line };

	if (r < 0 || a->undecidable || a->value.len == 0 || a->value.ptr[0] != '/')
		return r;
	r = subject_file(&script, a->value);
	tally_merge(&s->tally, &script.tally);
	s->target = script.target;
	return r;
}

static int judge_warnings(struct subject *s, const struct env_assignment *a)
{
	struct bytes module;
	size_t at = 0;
	int r = 0;

	while (r >= 0 && variable_next_warning_module(a->value, &at, &module)) {
		s->j->leads = true;
		r = subject_note(s, INDICATOR_HIJACK_VARIABLE, module);
	}
	return r;
}

/* sys.breakpointhook() calls it without arguments; debuggers are what it is for. */
static int judge_callable(struct subject *s, const struct env_assignment *a)
{
	const unsigned harm = NAME_PROCESS | NAME_NETWORK | NAME_NATIVE | NAME_EXECUTE | NAME_UNMARSHAL | NAME_LOAD_FILE |
			      NAME_INTERFERENCE;

	if (!(judgement_name(s->j->request->judgement, a->value) & harm))
		return 0;
	s->j->leads = true;
	return subject_note(s, INDICATOR_HIJACK_VARIABLE, a->value);
}

static int judge_code(struct subject *s, const struct env_assignment *a)
{
	bool runs;

	return subject_code(s, &(struct content_code){ .source = a->value, .path = s->j->request->path, .line = a->line,
						       .is_line = true },
			    &runs);
}

static int judge_value(struct subject *s, const struct variable *v, const struct env_assignment *a)
{
	switch (v->value) {
	case VARIABLE_ANYTHING:
		return 0;
	case VARIABLE_LIST:
		return judge_places(s, a, true, 0);
	case VARIABLE_MODULES:
		return judge_modules(s, a);
	case VARIABLE_PATH:
		return judge_places(s, a, false, 0);
	case VARIABLE_CACHE:
		return judge_places(s, a, false, PLACE_HIDDEN);
	case VARIABLE_NAME:	/* "lib64"; with a slash it is a way to somewhere else */
		return judge_places(s, a, false, bytes_find_byte(a->value, '/', 0) < 0 ? PLACE_RELATIVE : 0);
	case VARIABLE_SCRIPT:
		return judge_script(s, a);
	case VARIABLE_WARNINGS:
		return judge_warnings(s, a);
	case VARIABLE_CALLABLE:
		return judge_callable(s, a);
	case VARIABLE_CODE:
		return judge_code(s, a);
	}
	return 0;
}

/* PYTHONPATH=$(curl ...): a command gives the value, and what it does is written there. */
static int judge_command(struct subject *s, const struct env_assignment *a)
{
	static const enum indicator acts[] = { INDICATOR_NETWORK, INDICATOR_PROCESS };
	uint64_t found = a->undecidable ? judgement_text(s->j->request->judgement, a->value) : 0;
	int r = 0;

	for (size_t i = 0; i < ELEMENTSOF(acts) && r >= 0; i++)
		if (found & INDICATOR_BIT(acts[i]))
			r = subject_note(s, acts[i], a->value);
	return r;
}

/* "NAME=VALUE", as a person writes it. */
static int quote(struct subject *s, const struct env_assignment *a)
{
	_cleanup_str_ struct str text = STR_INIT;
	struct bytes value = a->value, copy;
	int r;

	if (value.len > ALERT_LINE_BYTES_MAX)
		value.len = ALERT_LINE_BYTES_MAX;
	r = str_append_bytes(&text, a->name);
	if (r >= 0)
		r = str_append_text(&text, a->append ? "+=" : "=");
	if (r >= 0)
		r = str_append_bytes(&text, value);
	if (r < 0)
		return r;
	copy = region_copy(s->j->region, str_bytes(&text));
	if (!copy.ptr)
		return -ENOMEM;
	return subject_line(s, copy, LINE_SETS, false, s->tally.set ? CONTENT_EXECUTES : CONTENT_INERT);
}

int subject_assignment(struct subject *s, const struct env_assignment *a)
{
	const struct variable *v = variable_find(a->name);
	struct env_assignment known = *a;
	int r;

	if (!v) {
		/* A name put together while the file runs may be any. */
		if (a->undecidable && !envfile_is_python_variable(a->name))
			s->j->leads = true;
		return 0;
	}
	/* Set to nothing, it is as good as not set. */
	known.value = a->resolved;
	if (known.value.len == 0 && !a->undecidable)
		return 0;
	if (v->indicator != INDICATOR_COUNT) {
		s->j->leads = true;
		r = subject_note(s, v->indicator, a->name);
		if (r < 0)
			return r;
	}
	r = judge_command(s, a);
	if (r < 0)
		return r;
	return judge_value(s, v, &known);
}

/* ---- files that include others --------------------------------------------------- */

/* A file, or one that it includes, while it is read. */
struct reading {
	const struct content_request *request;
	env_assignment_fn fn;
	env_included_fn included;	/* may be NULL */
	void *userdata;
	unsigned files;			/* that may still be included */
	size_t bytes;			/* and read of them */
	struct bytes file;		/* that is being read; absent: the hook */
	unsigned line;			/* of the hook, where that is included */
	unsigned depth;
};

static int read_assignment(const struct env_assignment *a, void *userdata)
{
	const struct reading *r = userdata;
	struct env_assignment one = *a;

	one.file = r->file;
	return r->fn(&one, r->userdata);
}

static int read_included(const struct env_include *i, void *userdata);

static int read_file(struct reading *outer, const struct env_include *i, struct bytes path)
{
	const struct content_request *request = outer->request;
	struct reading inner = *outer;
	_cleanup_str_ struct str content = STR_INIT;
	struct stat st;
	int r;

	inner.file = path;
	inner.line = outer->depth == 0 ? i->line : outer->line;
	inner.depth++;
	r = request->read(request->userdata, path, outer->bytes < CONTENT_BYTES_MAX ? outer->bytes : CONTENT_BYTES_MAX,
			  request->work, &content, &st);
	if (r < 0 && r != -ENOENT && r != -EDQUOT)
		return r;
	if (outer->included) {
		int q = outer->included(path, r < 0 ? NULL : &content, inner.line, outer->userdata);

		if (q < 0)
			return q;
	}
	if (r < 0)
		return 0;
	inner.files--;
	inner.bytes -= content.len;
	r = envfile_parse_all(i->syntax, str_bytes(&content), read_assignment, read_included, &inner);
	outer->files = inner.files;
	outer->bytes = inner.bytes;
	return r;
}

static int read_included(const struct env_include *i, void *userdata)
{
	struct reading *r = userdata;
	struct bytes from = r->file.ptr ? r->file : r->request->path;
	char buf[PLACE_PATH_MAX];
	ptrdiff_t len = place_resolve(place_home_of(r->request->path), bytes_dirname(from), i->path, buf);
	struct bytes path = { buf, len > 0 ? (size_t)len : 0 };
	struct hook hook;

	if (path.len == 0 || i->undecidable || !r->request->read || r->files == 0 || r->bytes == 0 ||
	    r->depth == CONTENT_INCLUDE_DEPTH_MAX)
		return 0;
	/* Itself again; or one that is judged by itself. */
	if (bytes_equal(path, from) || (hookpath_classify(path, &hook) && hook.vector == VECTOR_ENV &&
					hook.scope != SCOPE_ELSEWHERE))
		return 0;
	return read_file(r, i, path);
}

static int read_all(struct reading *r, enum env_syntax syntax, struct bytes content)
{
	/* Bytes are bounded by themselves; those who come behind this file pay for it. */
	(void)work_take(r->request->work, WORK_ENV_BYTE * (uint64_t)content.len);
	r->files = CONTENT_INCLUDES_MAX;
	r->bytes = CONTENT_READ_BYTES_MAX;
	return envfile_parse_all(syntax, content, read_assignment, read_included, r);
}

int content_assignments(const struct content_request *request, enum env_syntax syntax, env_assignment_fn fn, void *userdata)
{
	struct bytes content = content_part(request, request->bytes.ptr ? request->bytes : BYTES_LIT(""));

	return read_all(&(struct reading){ .request = request, .fn = fn, .userdata = userdata }, syntax, content);
}

/* ---- the whole file ------------------------------------------------------------- */

struct taking {
	struct judging *j;
	size_t count;
	unsigned line;		/* of the hook, where the file is included that is being read */
};

static int take(const struct env_assignment *a, void *userdata)
{
	struct taking *t = userdata;
	struct subject s = SUBJECT(t->j, JUDGED_LINE, a->file.ptr ? t->line : a->line);
	int r;

	t->j->included = a->file;
	r = subject_assignment(&s, a);
	t->j->included = BYTES_NONE;
	/* All are judged; quoted, which takes memory, as many as anybody sets. */
	if (r < 0 || ++t->count > ENVFILE_KEPT_MAX)
		return r;
	return quote(&s, a);
}

/* Whoever writes there sets variables here.  A dot in front is usual (~/.cargo/env), and so is that nothing is there. */
static int take_included(struct bytes path, const struct str *content, unsigned line, void *userdata)
{
	struct taking *t = userdata;
	struct subject s = SUBJECT(t->j, JUDGED_LINE, line);
	const struct env_assignment place = { .value = path };
	int r = judge_places(&s, &place, false, PLACE_HIDDEN);

	t->line = line;
	return r < 0 ? r : judging_target(t->j, path, content);
}

int content_judge_env(struct judging *j)
{
	struct taking taking = { .j = j };

	return read_all(&(struct reading){ .request = j->request, .fn = take, .included = take_included, .userdata = &taking },
			j->hook->syntax, j->bytes);
}
