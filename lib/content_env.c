/* content_env.c - assignments of variables: what each makes an interpreter do, and where its value leads.
 *
 * What a variable means is in variable.c, what a value's place means in place.c.  A relative path in a project's own file
 * (.env, activate) is the project's; anywhere else it is whatever directory Python is started in.
 */
#include "content_private.h"

#include <errno.h>

#include "cleanup.h"
#include "place.h"
#include "variable.h"

static int judge_places(struct subject *s, const struct env_assignment *a, bool list, unsigned ordinary)
{
	struct judging *j = s->j;
	struct place_asker asker = { .rootfd = j->request->rootfd, .home = place_home_of(j->request->path),
				     .owner = j->request->owner, .steps = &j->place_steps };
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
	return subject_note(s, INDICATOR_STARTUP_VARIABLE, a->value);
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
	case VARIABLE_PATH:
		return judge_places(s, a, false, 0);
	case VARIABLE_CACHE:
		return judge_places(s, a, false, PLACE_HIDDEN);
	case VARIABLE_NAME:
		return judge_places(s, a, false, PLACE_RELATIVE);
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
	return judge_value(s, v, &known);
}

/* ---- the whole file ------------------------------------------------------------- */

struct taking {
	struct judging *j;
	size_t count;
};

static int take(const struct env_assignment *a, void *userdata)
{
	struct taking *t = userdata;
	struct subject s = SUBJECT(t->j, JUDGED_LINE, a->line);
	int r = subject_assignment(&s, a);

	/* All are judged; quoted, which takes memory, as many as anybody sets. */
	if (r < 0 || ++t->count > ENVFILE_KEPT_MAX)
		return r;
	return quote(&s, a);
}

int content_judge_env(struct judging *j)
{
	return envfile_parse(j->hook->syntax, j->bytes, take, &(struct taking){ .j = j });
}
