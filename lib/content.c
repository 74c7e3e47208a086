/* content.c - what a hook does: what was found in it, what that weighs, the verdict.
 *
 * One judge for each kind of hook (content_private.h) reports lines and findings.  Of lines, ALERT_LINES_MAX
 * are kept: when there are more, a line of more weight pushes out the last one of the least, so that a payload
 * behind forty harmless lines is still quoted.  Of findings, the first of each indicator is always kept.
 *
 * `inert` is said only where an interpreter would neither run nor follow anything.  Where the reading of the
 * bytes is in doubt (JSON that our parser refuses, an unknown source encoding), the hook counts as executing.
 */
#include "content_private.h"

#include <errno.h>
#include <openssl/evp.h>

#include "cleanup.h"
#include "place.h"

/* ---- findings -------------------------------------------------------------- */

void tally_add(struct tally *t, enum indicator i, int weight)
{
	if (!(t->set & INDICATOR_BIT(i)) || weight > t->weights[i])
		t->weights[i] = weight;
	t->set |= INDICATOR_BIT(i);
}

void tally_add_later(struct tally *t, enum indicator i, int weight)
{
	if (weight > t->later)
		t->later = weight;
	t->set |= INDICATOR_BIT(i);
}

void tally_merge(struct tally *into, const struct tally *from)
{
	for (unsigned i = 0; i < INDICATOR_COUNT; i++)
		if (from->set & INDICATOR_BIT(i))
			tally_add(into, (enum indicator)i, from->weights[i]);
	if (from->later > into->later)
		into->later = from->later;
	into->unread |= from->unread;
}

static int tally_score(const struct tally *t)
{
	int score = t->later;

	for (unsigned i = 0; i < INDICATOR_COUNT; i++)
		score += t->weights[i];
	return score;
}

static struct bytes cut(struct bytes b, size_t max)
{
	if (b.len > max)
		b.len = max;
	return b;
}

struct bytes content_part(const struct content_request *request, struct bytes b)
{
	return request->most > 0 ? cut(b, request->most) : b;
}

static int copy_into(struct region *region, struct bytes *b, size_t max)
{
	if (!b->ptr)
		return 0;
	*b = region_copy(region, cut(*b, max));
	return b->ptr ? 0 : -ENOMEM;
}

/* A place in the list for one more, or NULL: the last repetition gives way to the first of its kind. */
static struct finding *room_for(struct judging *j, bool first)
{
	uint64_t seen = 0;
	size_t drop = CONTENT_FINDINGS_MAX;

	if (j->finding_count < CONTENT_FINDINGS_MAX)
		return &j->findings[j->finding_count++];
	if (!first)
		return NULL;
	for (size_t i = 0; i < CONTENT_FINDINGS_MAX; i++) {
		if (seen & INDICATOR_BIT(j->findings[i].indicator))
			drop = i;
		seen |= INDICATOR_BIT(j->findings[i].indicator);
	}
	/* There are fewer indicators than room, so one was there twice. */
	for (size_t i = drop; i + 1 < CONTENT_FINDINGS_MAX; i++)
		j->findings[i] = j->findings[i + 1];
	return &j->findings[CONTENT_FINDINGS_MAX - 1];
}

_Static_assert((int)INDICATOR_COUNT < CONTENT_FINDINGS_MAX, "each indicator has room");

static enum judged_as place_of_finding(const struct subject *s, const struct finding *f)
{
	if (s->as == JUDGED_LIBRARY && f->ordinary)
		return JUDGED_LIBRARY_FUNCTION;
	return s->as == JUDGED_MODULE && s->depth > 0 && f->later ? JUDGED_MODULE_FUNCTION : s->as;
}

int subject_found(struct subject *s, const struct finding *f)
{
	struct judging *j = s->j;
	bool first = !(j->tally.set & INDICATOR_BIT(f->indicator));
	enum judged_as as = place_of_finding(s, f);
	int weight = judgement_weight(j->request->judgement, f->indicator, as);
	void (*add)(struct tally *t, enum indicator i, int weight) = as == JUDGED_MODULE_FUNCTION ? tally_add_later : tally_add;
	struct finding *kept, copy = *f;
	int r;

	/* All that a large package does would add up to something. */
	if (s->deep && weight < CONTENT_DEEP_WEIGHT_MIN)
		return 0;
	add(&s->tally, f->indicator, weight);
	add(&j->tally, f->indicator, weight);
	kept = room_for(j, first);
	if (!kept)
		return 0;
	copy.line = s->line ? s->line : f->line;
	if (!copy.file.ptr)
		copy.file = j->included;
	*kept = (struct finding){ .indicator = f->indicator, .line = copy.line };
	r = copy_into(j->region, &copy.detail, FINDING_DETAIL_MAX);
	if (r >= 0)
		r = copy_into(j->region, &copy.file, PLACE_PATH_MAX);
	if (r < 0)
		return r;
	*kept = copy;
	return 0;
}

int subject_note(struct subject *s, enum indicator indicator, struct bytes detail)
{
	return subject_found(s, &(struct finding){ .indicator = indicator, .detail = detail });
}

bool subject_is_far(const struct subject *s)
{
	return s->deep && s->depth > CONTENT_NEAR_DEPTH;
}

void subject_unread(struct subject *s)
{
	if (subject_is_far(s))
		return;
	s->tally.unread = s->j->tally.unread = true;
}

bool subject_work(struct subject *s, uint64_t units)
{
	if (work_take(s->j->work, units) == 0)
		return true;
	subject_unread(s);
	(void)subject_note(s, INDICATOR_NOT_UNDERSTOOD, BYTES_LIT("too much to look at"));
	return false;
}

enum content_verdict subject_verdict(const struct subject *s, enum content_verdict otherwise)
{
	switch (judgement_of_score(s->j->request->judgement, tally_score(&s->tally))) {
	case JUDGEMENT_MALICIOUS:
		return CONTENT_MALICIOUS;
	case JUDGEMENT_SUSPICIOUS:
		return CONTENT_SUSPICIOUS;
	case JUDGEMENT_NOTHING:
		break;
	}
	return s->tally.unread && otherwise < CONTENT_SUSPICIOUS ? CONTENT_SUSPICIOUS : otherwise;
}

/* ---- places ---------------------------------------------------------------- */

/* The directory that a hook's environment is in: three above lib/python3.X/site-packages; of what is in no
 * environment its own. */
static struct bytes environment_of(const struct judging *j)
{
	struct bytes prefix = j->dir;

	for (int i = 0; i < 3 && j->hook->site_dir.len > 0; i++)
		prefix = bytes_dirname(prefix);
	return prefix;
}

struct place_asker judging_asker(struct judging *j)
{
	return (struct place_asker){ .rootfd = j->request->rootfd, .home = place_home_of(j->request->path),
				     .owner = j->request->owner, .base = environment_of(j), .steps = &j->place_steps };
}

int subject_path(struct subject *s, struct bytes path)
{
	struct judging *j = s->j;
	struct place_asker asker = judging_asker(j);
	char buf[PLACE_PATH_MAX];
	ptrdiff_t len = place_join(j->dir, path, buf);
	struct bytes joined = len > 0 ? (struct bytes){ buf, (size_t)len } : BYTES_LIT("/");
	unsigned flags;

	/* Longer than any path, or none for the kernel: nothing can be there. */
	if (len < 0 || bytes_find_byte(path, '\0', 0) >= 0)
		flags = PLACE_MISSING;
	else
		flags = place_judge(&asker, joined);
	s->places |= flags;
	j->places |= flags;
	return place_is_dangerous(flags) ? subject_note(s, INDICATOR_UNSAFE_PATH, path) : 0;
}

/* ---- lines ----------------------------------------------------------------- */

static int line_weight(const struct content_line *l)
{
	bool runs = l->does == LINE_EXECUTES || l->does == LINE_CALLS;

	return 4 * (int)l->verdict + (runs ? 2 : 0) + (l->hidden ? 1 : 0);
}

/* Text and target are copied at the end: most lines of a crowd are dropped. */
int judging_line(struct judging *j, const struct content_line *line)
{
	int weight = line_weight(line), least = weight;
	size_t drop = ALERT_LINES_MAX;

	j->hidden |= line->hidden;
	if (j->line_count < ALERT_LINES_MAX) {
		drop = j->line_count++;
	} else {
		if (weight <= j->least)
			return 0;
		for (size_t i = ALERT_LINES_MAX; i-- > 0;)
			if (j->weights[i] < least) {
				least = j->weights[i];
				drop = i;
			}
		if (drop == ALERT_LINES_MAX) {	/* all weigh as much: remember it */
			j->least = least;
			return 0;
		}
		for (size_t i = drop; i + 1 < ALERT_LINES_MAX; i++) {
			j->lines[i] = j->lines[i + 1];
			j->weights[i] = j->weights[i + 1];
		}
		drop = ALERT_LINES_MAX - 1;
	}
	j->lines[drop] = *line;
	j->lines[drop].text = cut(line->text, ALERT_LINE_BYTES_MAX);
	j->weights[drop] = weight;
	return 0;
}

int subject_line(struct subject *s, struct bytes text, enum content_line_does does, bool hidden,
		 enum content_verdict otherwise)
{
	return judging_line(s->j, &(struct content_line){
		.number = s->line, .text = text, .does = does, .hidden = hidden,
		.verdict = subject_verdict(s, otherwise), .places = s->places, .target = s->target });
}

/* ---- other files ------------------------------------------------------------- */

static int hash(struct bytes b, char ret[static 65])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	/* Fails only without memory: SHA-256 is in every provider. */
	if (EVP_Digest(b.len ? b.ptr : "", b.len, md, &len, EVP_sha256(), NULL) != 1 || len != 32)
		return -ENOMEM;
	for (unsigned i = 0; i < len; i++) {
		ret[2 * i] = digits[md[i] >> 4];
		ret[2 * i + 1] = digits[md[i] & 15];
	}
	ret[64] = '\0';
	return 0;
}

/* One that is there goes before the last that is not. */
static struct content_target *room_for_target(struct judging *j, const struct str *content)
{
	if (j->target_count < CONTENT_TARGETS_MAX) {
		j->targets[j->target_count] = (struct content_target){ 0 };
		return &j->targets[j->target_count++];
	}
	for (size_t i = CONTENT_TARGETS_MAX; content && i-- > 0;)
		if (j->targets[i].sha256[0] == '\0')
			return &j->targets[i];
	return NULL;
}

int judging_target(struct judging *j, struct bytes path, const struct str *content)
{
	struct content_target target = { .path = path }, *t;
	int r = 0;

	/* Of a member the archive. */
	if (judging_in_archive(j, path)) {
		target.path = path = j->archive.path;
		content = j->archive.content;
	}
	for (size_t i = 0; i < j->target_count; i++)
		if (bytes_equal(j->targets[i].path, path))
			return 0;
	t = path.len > 0 && path.ptr[0] == '/' ? room_for_target(j, content) : NULL;
	if (!t)
		return 0;
	if (content)
		r = hash(str_bytes(content), target.sha256);
	target.path = region_copy(j->region, path);
	if (r < 0 || !target.path.ptr)
		return -ENOMEM;
	*t = target;
	return 0;
}

/* ---- the whole ------------------------------------------------------------- */

static int copy_lines(struct judging *j, struct content *ret)
{
	int r;

	if (j->line_count == 0)
		return 0;
	ret->lines = region_alloc_array(j->region, j->line_count, sizeof(*ret->lines));
	if (!ret->lines)
		return -ENOMEM;
	for (size_t i = 0; i < j->line_count; i++) {
		ret->lines[i] = j->lines[i];
		r = copy_into(j->region, &ret->lines[i].text, ALERT_LINE_BYTES_MAX);
		if (r < 0)
			return r;
	}
	ret->line_count = j->line_count;
	return 0;
}

/* A finding may outlive the data, which can be loaded anew. */
static int describe_finding(struct judging *j, struct finding *f)
{
	const struct judgement *judgement = j->request->judgement;

	f->technique = region_copy(j->region, judgement_technique(judgement, f->indicator));
	f->description = region_copy(j->region, judgement_description(judgement, f->indicator));
	return f->technique.ptr && f->description.ptr ? 0 : -ENOMEM;
}

/* The first of each indicator before repetitions, of those the heaviest first; else as they were found. */
static int copy_findings(struct judging *j, struct content *ret)
{
	struct finding *list;
	bool taken[CONTENT_FINDINGS_MAX] = { false };
	uint64_t seen = 0;

	if (j->finding_count == 0)
		return 0;
	list = region_alloc_array(j->region, j->finding_count, sizeof(*list));
	if (!list)
		return -ENOMEM;
	for (size_t n = 0; n < j->finding_count; n++) {
		size_t best = CONTENT_FINDINGS_MAX;
		long best_rank = 0;

		for (size_t i = 0; i < j->finding_count; i++) {
			enum indicator indicator = j->findings[i].indicator;
			long rank = j->tally.weights[indicator] + (seen & INDICATOR_BIT(indicator) ? 0 : 1000000L);

			if (!taken[i] && (best == CONTENT_FINDINGS_MAX || rank > best_rank)) {
				best = i;
				best_rank = rank;
			}
		}
		taken[best] = true;
		seen |= INDICATOR_BIT(j->findings[best].indicator);
		list[n] = j->findings[best];
		if (describe_finding(j, &list[n]) < 0)
			return -ENOMEM;
	}
	ret->findings = list;
	ret->finding_count = j->finding_count;
	return 0;
}

static int copy_targets(struct judging *j, struct content *ret)
{
	if (j->target_count == 0)
		return 0;
	ret->targets = region_alloc_array(j->region, j->target_count, sizeof(*ret->targets));
	if (!ret->targets)
		return -ENOMEM;
	memcpy(ret->targets, j->targets, j->target_count * sizeof(*ret->targets));
	ret->target_count = j->target_count;
	return 0;
}

static enum content_verdict verdict_of(const struct judging *j)
{
	const struct subject whole = { .j = (struct judging *)j, .tally = j->tally };
	bool runs = j->executing > 0;

	if (runs && j->templates == j->executing && !j->hidden)
		return subject_verdict(&whole, CONTENT_TEMPLATE);
	return subject_verdict(&whole, runs || j->leads || j->paths > 0 ? CONTENT_EXECUTES : CONTENT_INERT);
}

static int finish(struct judging *j, struct content *ret)
{
	int r = copy_lines(j, ret);

	if (r >= 0)
		r = copy_findings(j, ret);
	if (r >= 0)
		r = copy_targets(j, ret);
	if (r < 0)
		return r;
	ret->verdict = verdict_of(j);
	ret->score = tally_score(&j->tally);
	ret->indicators = j->tally.set;
	ret->executing = j->executing;
	ret->paths = j->paths;
	ret->hidden = j->hidden;
	ret->places = j->places;
	ret->decoded = j->decoded;
	ret->disables = j->disables;
	return 0;
}

static void judging_init(struct judging *j, const struct content_request *request, struct hook *hook, struct region *region)
{
	*j = (struct judging){ .request = request, .region = region, .hook = hook, .bytes = request->bytes,
			       .place_steps = CONTENT_PLACE_STEPS_MAX, .reads = CONTENT_READS_MAX,
			       .read_bytes = CONTENT_READ_BYTES_MAX,
			       .own = { CONTENT_WORK_MAX } };
	j->work = request->work ? request->work : &j->own;
	j->far_work = j->work->left / CONTENT_FAR_WORK_SHARE;
	if (!j->bytes.ptr)
		j->bytes = BYTES_LIT("");
	j->bytes = cut(j->bytes, CONTENT_BYTES_MAX);
	j->own_dir = hook->site_dir.len > 0 ? hook->site_dir : bytes_dirname(request->path);
	j->dir = j->own_dir;
}

/* What stands in no place where Python looks is judged as what its name says. */
static enum vector vector_of_name(struct bytes path)
{
	if (bytes_has_suffix(path, BYTES_LIT(".pth")))
		return VECTOR_PTH;
	if (bytes_has_suffix(path, BYTES_LIT(".start")))
		return VECTOR_START;
	return VECTOR_NONE;
}

static int dispatch(struct judging *j)
{
	enum vector vector = j->hook->vector;

	if (vector == VECTOR_NONE)
		vector = vector_of_name(j->request->path);
	switch (vector) {
	case VECTOR_PTH:
	case VECTOR_PTH_EXEC:
	case VECTOR_PTH_PATH:
		return content_judge_pth(j);
	case VECTOR_START:
		return content_judge_start(j);
	case VECTOR_ENV:
		return content_judge_env(j);
	case VECTOR_PYVENV_CFG:
		return content_judge_pyvenv_cfg(j);
	case VECTOR_INTERPRETER_CONFIG:
		return j->hook->form == FORM_ARCHIVE ? content_judge_module(j, JUDGED_LIBRARY) : content_judge_path_file(j);
	case VECTOR_IPYTHON:
	case VECTOR_JUPYTER:
		return j->hook->form == FORM_JSON ? content_judge_json(j) : content_judge_module(j, JUDGED_INTERACTIVE);
	case VECTOR_STDLIB:
		return content_judge_module(j, JUDGED_LIBRARY);
	case VECTOR_NONE:
	case VECTOR_SITECUSTOMIZE:
	case VECTOR_USERCUSTOMIZE:
	case VECTOR_PYC:
		return content_judge_module(j, JUDGED_MODULE);
	}
	return 0;
}

/* Python reads it to its end, we do not: what is behind may run. */
static int judge_truncation(struct judging *j, struct content *content)
{
	struct subject whole = SUBJECT(j, JUDGED_MODULE, 0);

	content->truncated = content->size > j->bytes.len;
	if (!content->truncated)
		return 0;
	if (j->hook->vector == VECTOR_PTH_PATH)
		j->hook->vector = VECTOR_PTH_EXEC;
	return subject_note(&whole, INDICATOR_NOT_UNDERSTOOD, BYTES_LIT("only its beginning was read"));
}

int content_judge(const struct content_request *request, struct hook *hook, struct region *region, struct content *ret)
{
	struct content content = { .size = request->size };
	struct hook judged = *hook;
	_cleanup_free_ struct judging *j = malloc(sizeof(*j));	/* 20 KiB: not for a stack of unknown depth */
	int r;

	if (!j)
		return -ENOMEM;
	judging_init(j, request, &judged, region);
	r = hash(j->bytes, content.sha256);
	j->bytes = content_part(request, j->bytes);
	(void)work_take(j->work, j->bytes.len);
	if (r >= 0)
		r = dispatch(j);
	if (r >= 0)
		r = content_judge_name(j);
	if (r >= 0)
		r = judge_truncation(j, &content);
	if (r >= 0)
		r = finish(j, &content);
	if (r < 0)
		return r;
	/* Whatever is behind, and whatever weighs how much; of a file of variables its assignments are judged. */
	if (content.truncated && content.verdict < CONTENT_SUSPICIOUS && judged.vector != VECTOR_ENV)
		content.verdict = CONTENT_SUSPICIOUS;

	*hook = judged;
	*ret = content;
	return 0;
}

int content_judge_assignment(const struct content_request *request, const struct env_assignment *a, struct region *region,
			     struct content *ret)
{
	struct content content = { 0 };
	struct hook hook = { 0 };
	_cleanup_free_ struct judging *j = malloc(sizeof(*j));
	int r;

	if (!j)
		return -ENOMEM;
	(void)hookpath_classify(request->path, &hook);
	judging_init(j, request, &hook, region);
	j->included = a->file;
	r = subject_assignment(&SUBJECT(j, JUDGED_LINE, a->line), a);
	if (r >= 0)
		r = finish(j, &content);
	if (r < 0)
		return r;
	*ret = content;
	return 0;
}

/* ---- words ------------------------------------------------------------------ */

const char *content_template(const struct content *c)
{
	if (c->verdict == CONTENT_TEMPLATE)
		for (size_t i = 0; i < c->line_count; i++)
			if (c->lines[i].template)
				return c->lines[i].template;
	return NULL;
}

const char *content_verdict_to_string(enum content_verdict v)
{
	switch (v) {
	case CONTENT_UNREAD:
		return "unread";
	case CONTENT_INERT:
		return "inert";
	case CONTENT_TEMPLATE:
		return "template";
	case CONTENT_EXECUTES:
		return "executes";
	case CONTENT_SUSPICIOUS:
		return "suspicious";
	case CONTENT_MALICIOUS:
		return "malicious";
	}
	return "unread";
}

const char *content_line_does_to_string(enum content_line_does d)
{
	switch (d) {
	case LINE_EXECUTES:
		return "executes";
	case LINE_CALLS:
		return "calls";
	case LINE_ADDS_PATH:
		return "adds-path";
	case LINE_SETS:
		return "sets";
	}
	return "executes";
}
