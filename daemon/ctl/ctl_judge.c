/* ctl_judge.c - a file becomes an object: the alert's members of the hook, one level flatter.
 *
 * The judgement is the daemon's: the same content_judge(), the same rules (as for a hook that a search found: no
 * writer is known), the same words.  What differs is that a file need not be a hook: then it is judged as the kind of
 * file that its name says, and no rule is asked.
 *
 * Owns: which rules, the shape of the object.  Must not own: where the bytes come from (ctl_inspect.c, ctl_scan.c),
 * how it is shown (ctl_text.c).
 */
#include "ctl_judge.h"

#include <unistd.h>

#include "alert.h"
#include "builtin.h"
#include "config.h"
#include "document.h"
#include "engine.h"
#include "escape.h"
#include "limits.h"
#include "work.h"
#include "pth.h"

/* ---- rules ------------------------------------------------------------------- */

void ctl_say_problems(const struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		_cleanup_str_ struct str text = STR_INIT;

		if (problem_text(&problems->list[i], &text) >= 0)
			(void)ctl_fail("%s", text.buf);
	}
}

/* What an option names must be there; of the daemon's directories those count that are.  Without the first, in which the
 * rules of the packages are, the program's own take its place. */
static int load_policy(const struct ctl_call *call, struct problems *problems, struct policy *ret)
{
	_cleanup_config_ struct config config = CONFIG_INIT;
	int r;

	r = config_load(CONFIG_FILE_DEFAULT, false, problems, &config);
	if (r < 0)
		return r;
	if (call->rules_dirs[0])
		r = ruleset_load(call->rules_dirs, problems, &ret->rules);
	else
		r = ruleset_load_over(access(config.rules_dirs[0], F_OK) < 0 ? builtin_rules : NULL, config.rules_dirs,
				      problems, &ret->rules);
	return r < 0 ? r : judgement_load(call->judgement_dirs[0] ? call->judgement_dirs : config.judgement_dirs, problems,
					  &ret->judgement);
}

enum ctl_exit ctl_policy_load(const struct ctl_call *call, struct policy *ret)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	_cleanup_policy_ struct policy policy = POLICY_INIT;
	int r = load_policy(call, &problems, &policy);

	ctl_say_problems(&problems);
	if (r < 0)
		return r == -EINVAL ? ctl_fail("nothing is judged by such rules") : ctl_fail("out of memory");
	*ret = policy;
	policy = POLICY_INIT;
	return CTL_FINE;
}

/* ---- judging ------------------------------------------------------------------- */

struct ctl_judge {
	const struct policy *policy;
	struct engine *engine;
	struct provenance_cache *provenance;
};

int ctl_judge_new(const struct policy *policy, struct ctl_judge **ret)
{
	_cleanup_(ctl_judge_freep) struct ctl_judge *j = calloc(1, sizeof(*j));
	int r;

	if (!j)
		return -ENOMEM;
	j->policy = policy;
	r = engine_new(policy->rules, &j->engine);
	if (r >= 0)
		r = provenance_cache_new(&j->provenance);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(j);
	return 0;
}

struct ctl_judge *ctl_judge_free(struct ctl_judge *j)
{
	if (!j)
		return NULL;
	engine_free(j->engine);
	provenance_cache_free(j->provenance);
	free(j);
	return NULL;
}

/* Python does not look there, but might be made to: a payload that a hook imports, a file that was taken away. */
static struct hook hook_by_name(struct bytes path)
{
	static const struct {
		struct bytes suffix;
		enum vector vector;
		enum hook_form form;
	} kinds[] = {
		{ BYTES_LIT(".pth"), VECTOR_PTH, FORM_TEXT },
		{ BYTES_LIT(".start"), VECTOR_START, FORM_TEXT },
		{ BYTES_LIT(".pyc"), VECTOR_NONE, FORM_BYTECODE },
		{ BYTES_LIT(".so"), VECTOR_NONE, FORM_EXTENSION },
		{ BYTES_LIT(""), VECTOR_NONE, FORM_SOURCE },
	};
	struct hook hook = { .scope = SCOPE_ELSEWHERE, .site_dir = bytes_dirname(path) };

	for (size_t i = 0; i < ELEMENTSOF(kinds) && hook.form == FORM_NONE; i++)
		if (bytes_has_suffix(path, kinds[i].suffix)) {
			hook.vector = kinds[i].vector;
			hook.form = kinds[i].form;
		}
	return hook;
}

static int judge_content(const struct ctl_judge *j, const struct ctl_subject *s, struct facts *f,
			 struct content_request *request)
{
	f->content.size = s->file->size;
	f->content.unread = s->file->unread;
	if (s->file->unread)
		return 0;
	*request = (struct content_request){
		.path = s->path,
		.bytes = str_bytes(&s->file->content),
		.size = s->file->size,
		.owner = s->file->facts.known ? s->file->facts.st.st_uid : 0,
		.rootfd = s->rootfd,
		.judgement = j->policy->judgement,
		.read = s->read,
		.userdata = s->userdata,
	};
	return content_judge(request, &f->hook, f->region, &f->content);
}

/* As the daemon asks for a hook that it found. */
static int find_package(struct ctl_judge *j, const struct ctl_subject *s, struct facts *f)
{
	struct work work = { PROVENANCE_WORK_MAX };
	int r;

	if (s->rootfd < 0 || s->file->fd < 0 || !hook_is_of_package(&f->hook) || f->content.verdict == CONTENT_INERT)
		return 0;
	r = provenance_find(j->provenance, s->rootfd, s->path, s->file->fd, &work, f->region, &f->provenance);
	if (r < 0)
		return r == -EDQUOT ? 0 : r;	/* then it is not known */
	f->provenance.authentic = f->provenance.match && f->provenance.database_root_owned;
	return 0;
}

/* Which rules speak of it; of a file that sets variables, of each assignment. */
struct asking {
	struct engine *engine;
	const struct content_request *request;
	struct facts facts;
	struct verdict verdict;
};

static int ask(struct asking *a)
{
	struct verdict v = { 0 };
	int r = engine_run(a->engine, &a->facts, &v);

	if (r >= 0 && v.rule_count > 0 && (a->verdict.rule_count == 0 || v.level > a->verdict.level))
		a->verdict = v;
	return r;
}

static int ask_assignment(const struct env_assignment *assignment, void *userdata)
{
	struct asking *a = userdata;
	_cleanup_region_ struct region region = REGION_INIT;
	struct content *content = &a->facts.content;
	const struct content whole = *content;
	int r;

	a->facts.env = *assignment;
	r = content_judge_assignment(a->request, assignment, &region, content);
	if (r < 0)
		return r;
	content->size = whole.size;
	content->truncated = whole.truncated;
	r = ask(a);
	*content = whole;	/* what was judged goes with its region */
	return r;
}

static int ask_rules(struct ctl_judge *j, const struct facts *f, const struct content_request *request,
		     struct verdict *ret)
{
	struct asking a = { .engine = j->engine, .request = request, .facts = *f };
	int r;

	a.facts.category = CATEGORY_FILE_EVENT;
	if (f->hook.vector != VECTOR_ENV || f->content.verdict == CONTENT_UNREAD) {
		r = ask(&a);
	} else {
		a.facts.category |= CATEGORY_REGISTRY_SET;
		r = content_assignments(request, f->hook.syntax, ask_assignment, &a);
	}
	if (r >= 0)
		*ret = a.verdict;
	return r;
}

/* ---- the object ------------------------------------------------------------------ */

struct shape {
	cJSON *object;
	bool failed;
};

static void add(struct shape *s, const char *key, cJSON *item)
{
	if (!item || !cJSON_AddItemToObject(s->object, key, item)) {
		cJSON_Delete(item);
		s->failed = true;
	}
}

/* A member that is not there is left out. */
static void move(struct shape *s, cJSON *from, const char *key)
{
	cJSON *item = cJSON_DetachItemFromObjectCaseSensitive(from, key);

	if (item)
		add(s, key, item);
}

static void move_all(struct shape *s, cJSON *from)
{
	while (from && from->child && !s->failed) {
		cJSON *item = cJSON_DetachItemViaPointer(from, from->child);

		add(s, item->string, item);
	}
}

static cJSON *member(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

static void name_versions(struct shape *s, const struct content *c, const cJSON *lines)
{
	const cJSON *line = lines ? lines->child : NULL;

	for (size_t i = 0; line && i < c->line_count; i++, line = line->next) {
		unsigned eras = c->lines[i].eras;

		if (eras && !cJSON_AddStringToObject((cJSON *)line, "python", pth_eras_to_string(eras)))
			s->failed = true;
	}
}

/* What was read under another name says both. */
static int put_names(struct shape *s, struct bytes name, cJSON *file)
{
	_cleanup_str_ struct str text = STR_INIT;
	cJSON *as;

	if (!name.ptr) {
		move(s, file, "path");
		return 0;
	}
	if (escape_append(&text, name) < 0)
		return -ENOMEM;
	add(s, "path", cJSON_CreateString(text.buf));
	as = cJSON_DetachItemFromObjectCaseSensitive(file, "path");
	add(s, "as", as);
	return 0;
}

static int make_object(const struct facts *f, struct bytes name, const struct verdict *v, bool is_hook, cJSON **ret)
{
	_cleanup_cjson_ cJSON *said = NULL;
	_cleanup_cjson_ cJSON *object = cJSON_CreateObject();
	struct shape s = { .object = object };
	cJSON *own, *file;
	int r;

	if (!object)
		return -ENOMEM;
	r = alert_hook_new(f, v, &said);
	if (r < 0)
		return r;
	own = member(said, "pyhookd");
	file = member(said, "file");
	name_versions(&s, &f->content, member(member(own, "content"), "lines"));

	r = put_names(&s, name, file);
	if (r < 0)
		return r;
	if (is_hook)
		move(&s, own, "vector");
	else
		add(&s, "vector", cJSON_CreateNull());
	move(&s, own, "scope");
	move(&s, own, "form");
	if (v->rule_count > 0)
		move(&s, own, "level");
	else
		add(&s, "level", cJSON_CreateNull());
	move_all(&s, member(own, "content"));
	if (f->content.sha256[0])
		add(&s, "sha256", cJSON_CreateString(f->content.sha256));
	move(&s, own, "provenance");
	move(&s, own, "rules");
	move(&s, said, "message");
	if (f->file.known)
		move(&s, said, "file");
	if (s.failed)
		return -ENOMEM;
	*ret = TAKE_PTR(object);
	return 0;
}

int ctl_judge(struct ctl_judge *j, const struct ctl_subject *subject, struct ctl_judged *ret)
{
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_event_ struct event event = EVENT_INIT;
	struct facts f = { .region = &region, .event = &event, .change = CHANGE_CREATED, .file = subject->file->facts };
	struct content_request request = { 0 };
	struct verdict verdict = { 0 };
	cJSON *object;
	bool is_hook;
	int r;

	r = event_set_paths(&event, subject->path, BYTES_LIT(""), BYTES_LIT(""));
	if (r < 0)
		return r;
	event.what = EVENT_FOUND;
	event.feed = FEED_SCAN;
	is_hook = hookpath_classify(event.path, &f.hook);
	if (!is_hook)
		f.hook = hook_by_name(event.path);

	r = judge_content(j, subject, &f, &request);
	if (r >= 0)
		r = find_package(j, subject, &f);
	if (r >= 0 && is_hook)
		r = ask_rules(j, &f, &request, &verdict);
	if (r >= 0)
		r = make_object(&f, subject->name, &verdict, is_hook, &object);
	if (r < 0)
		return r;
	*ret = (struct ctl_judged){
		.object = object,
		.verdict = f.content.verdict,
		.level = verdict.rule_count > 0 ? (int)verdict.level : CTL_LEVEL_NONE,
	};
	return 0;
}

bool ctl_judged_is_finding(const struct ctl_judged *judged)
{
	return judged->verdict >= CONTENT_SUSPICIOUS || judged->level >= (int)LEVEL_HIGH;
}
