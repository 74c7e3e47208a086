/* content_pth.c - .pth and .start: lines that stand alone, each judged with what it leads to.
 *
 * Each line that runs goes to pycode; what it imports is looked for in the hook's directory, and then where the path lines
 * lead: up to 3.14 such a directory is on sys.path, behind all others, when the next line runs; from 3.15 on (PEP 829) all
 * are before any line runs.  So each line is judged as though all of them were there.  A path line is judged by where it leads,
 * and by what every start imports from there.
 *
 * A line that is, as a whole, a template of a well-known tool says nothing by itself; what it imports is
 * judged all the same.
 */
#include "content_private.h"

#include <errno.h>

#include "cleanup.h"
#include "pth.h"
#include "startfile.h"

/* ---- .pth -------------------------------------------------------------------- */

static int take_path_line(struct judging *j, const struct pth_line *line)
{
	struct subject s = SUBJECT(j, JUDGED_LINE, line->number);
	int r = 0;

	j->paths++;
	if (!subject_work(&s, WORK_LINE))
		return 0;
	if (line->hidden)
		r = subject_note(&s, INDICATOR_HIDDEN_TEXT, line->text);
	if (r >= 0)
		r = subject_search(&s, line->text, SEARCH_LAST);
	return r < 0 ? r : subject_line(&s, line->text, LINE_ADDS_PATH, line->hidden, CONTENT_EXECUTES);
}

/* Of a line that runs: what it is, and where it leads. */
static int judge_running(struct subject *s, struct bytes text, struct bytes code, enum template_kind kind, bool hidden,
			 struct content_line *line)
{
	struct judging *j = s->j;
	bool runs;
	int r = 0;

	/* What is no template is judged as any other: no less is said of it. */
	if (subject_work(s, WORK_TEMPLATE))
		line->template = judgement_template(j->request->judgement, kind, j->request->path, text);
	s->quiet = line->template != NULL;
	j->executing++;
	j->templates += s->quiet;
	if (hidden)
		r = subject_note(s, INDICATOR_HIDDEN_TEXT, text);
	if (r < 0)
		return r;
	return subject_code(s, &(struct content_code){ .source = code, .path = j->request->path, .line = s->line,
						       .is_line = true, .follow = true }, &runs);
}

static int keep_running(struct subject *s, bool hidden, struct content_line *line)
{
	line->hidden = hidden;
	line->verdict = subject_verdict(s, line->template && !hidden ? CONTENT_TEMPLATE : CONTENT_EXECUTES);
	line->places = s->places;
	line->target = s->target;
	return judging_line(s->j, line);
}

/* exec() raises ValueError: nothing of it runs, and somebody wrote it all the same. */
static int take_refused_line(struct subject *s, const struct pth_line *line)
{
	int r = line->hidden ? subject_note(s, INDICATOR_HIDDEN_TEXT, line->text) : 0;

	return r < 0 ? r : subject_line(s, line->text, LINE_EXECUTES, line->hidden, CONTENT_INERT);
}

static int take_pth_line(const struct pth_line *line, void *userdata)
{
	struct judging *j = userdata;
	struct subject s = SUBJECT(j, JUDGED_LINE, line->number);
	struct content_line kept = { .number = line->number, .text = line->text, .does = LINE_EXECUTES,
				     .eras = line->eras & ~line->unreached };
	int r;

	if (line->kind == PTH_LINE_PATH)
		return take_path_line(j, line);
	if (line->refused)
		return take_refused_line(&s, line);
	r = judge_running(&s, line->text, line->text, TEMPLATE_PTH_LINE, line->hidden, &kept);
	return r < 0 ? r : keep_running(&s, line->hidden, &kept);
}

/* A well-known name with other content. */
static int judge_mimicry(struct judging *j, enum template_kind kind)
{
	struct subject whole = SUBJECT(j, JUDGED_LINE, 0);

	if (j->executing == j->templates || !judgement_is_known_name(j->request->judgement, kind, j->request->path))
		return 0;
	return subject_note(&whole, INDICATOR_KNOWN_NAME, bytes_basename(j->request->path));
}

/* Lib/site.py, addpackage(): what cannot be decoded ends every start. */
static int judge_decoding(struct judging *j)
{
	struct subject whole = SUBJECT(j, JUDGED_LINE, 0);
	unsigned eras = pth_fatal_eras(j->bytes);
	_cleanup_str_ struct str detail = STR_INIT;
	int r;

	/* Weights of a neural network: Python would fail as well, but nobody wrote them for that. */
	if (eras == 0 || pth_is_binary(j->bytes))
		return 0;
	r = str_appendf(&detail, "bytes that are not UTF-8: %s", pth_eras_to_string(eras));
	return r < 0 ? r : subject_note(&whole, INDICATOR_BREAKS_START, str_bytes(&detail));
}

static int take_search(const struct pth_line *line, void *userdata)
{
	return line->kind == PTH_LINE_PATH ? judging_search(userdata, line->text, SEARCH_LAST) : 0;
}

static int take_lines(struct judging *j)
{
	int r;

	(void)work_take(j->work, WORK_LINE_BYTE * (uint64_t)j->bytes.len);
	r = pth_parse(j->bytes, take_search, j);
	if (r >= 0)
		r = pth_parse(j->bytes, take_pth_line, j);
	if (r < 0)
		return r;
	/* Binary data has no paths, though site.py takes its bytes for some. */
	if (j->executing == 0 && pth_is_binary(j->bytes)) {
		j->paths = j->line_count = 0;
		j->hidden = false;
		j->places = 0;
		j->tally = (struct tally){ 0 };
		j->finding_count = 0;
	}
	return 0;
}

int content_judge_pth(struct judging *j)
{
	int r = take_lines(j);

	if (r >= 0)
		r = judge_mimicry(j, TEMPLATE_PTH_LINE);
	if (r >= 0)
		r = judge_decoding(j);
	if (r >= 0 && j->hook->vector == VECTOR_PTH)
		j->hook->vector = j->executing > 0 ? VECTOR_PTH_EXEC : VECTOR_PTH_PATH;
	return r;
}

/* ---- .start ------------------------------------------------------------------ */

/* pkgutil.resolve_name() of "pkg.mod:Class.method", and a call: as source, so that both are judged in one way. */
static int as_source(const struct start_line *line, struct str *ret)
{
	int r = str_append_text(ret, "import ");

	if (r >= 0)
		r = str_append_bytes(ret, line->module);
	if (r >= 0)
		r = str_append_text(ret, "; ");
	if (r >= 0)
		r = str_append_bytes(ret, line->module);
	if (r >= 0)
		r = str_append_char(ret, '.');
	if (r >= 0)
		r = str_append_bytes(ret, line->object);
	return r < 0 ? r : str_append_text(ret, "()");
}

static int judge_entry_point(struct subject *s, const struct start_line *start, struct content_line *line)
{
	_cleanup_str_ struct str code = STR_INIT;
	bool found = false;
	int r = as_source(start, &code);

	if (r >= 0)
		r = judge_running(s, start->text, str_bytes(&code), TEMPLATE_START_LINE, start->hidden, line);
	if (r >= 0)
		r = subject_module(s, start->module, start->object, &found);
	/* What it calls of a library was judged by its name. */
	if (r < 0 || found || s->quiet || !s->j->request->read ||
	    judgement_is_library(s->j->request->judgement, start->module))
		return r;
	return subject_note(s, INDICATOR_MISSING_TARGET, start->text);
}

static int take_start_line(const struct start_line *start, void *userdata)
{
	struct judging *j = userdata;
	struct subject s = SUBJECT(j, JUDGED_LINE, start->number);
	struct content_line line = { .number = start->number, .text = start->text, .does = LINE_CALLS,
				     .eras = start->valid ? PTH_ERA_C : 0 };
	int r;

	if (!start->valid) {
		line.hidden = start->hidden;
		line.verdict = CONTENT_INERT;
		return judging_line(j, &line);
	}
	r = judge_entry_point(&s, start, &line);
	return r < 0 ? r : keep_running(&s, start->hidden, &line);
}

/* What the .pth of the same name would run. */
struct suppressed {
	struct bytes modules[CONTENT_ENTRY_POINTS_MAX];	/* top names of the entry points' modules */
	size_t count;
	bool runs;
	bool moved;		/* a line that runs names one of them, too */
};

static int take_module(const struct start_line *start, void *userdata)
{
	struct suppressed *s = userdata;
	ptrdiff_t dot = bytes_find_byte(start->module, '.', 0);

	if (start->valid && s->count < CONTENT_ENTRY_POINTS_MAX)
		s->modules[s->count++] = dot < 0 ? start->module : bytes_slice(start->module, 0, (size_t)dot);
	return 0;
}

static int take_suppressed_line(const struct pth_line *line, void *userdata)
{
	struct suppressed *s = userdata;

	if (line->kind != PTH_LINE_EXEC)
		return 0;
	s->runs = true;
	for (size_t i = 0; i < s->count && !s->moved; i++)
		s->moved = bytes_find(line->text, s->modules[i], 0) >= 0;
	return 0;
}

/* The .pth beside, of the same name.  -ENOENT, -ENOMEM. */
static int read_suppressed(struct judging *j, struct str *path, struct suppressed *ret)
{
	const struct bytes suffix = BYTES_LIT(".start");
	_cleanup_str_ struct str content = STR_INIT;
	struct bytes stem = j->request->path;
	struct stat st;
	int r;

	if (!bytes_has_suffix(stem, suffix))
		return -ENOENT;
	stem.len -= suffix.len;
	r = str_append_bytes(path, stem);
	if (r >= 0)
		r = str_append_text(path, ".pth");
	if (r >= 0)
		r = judging_read(j, str_bytes(path), &content, &st);
	if (r < 0)
		return r;
	(void)startfile_parse(j->bytes, take_module, ret);
	(void)pth_parse(str_bytes(&content), take_suppressed_line, ret);
	return 0;
}

/* PEP 829: the import lines of NAME.pth are passed over where there is a NAME.start.  A package that goes over from one to the
 * other ships both; then both name the same module. */
static int judge_suppression(struct judging *j)
{
	struct subject whole = SUBJECT(j, JUDGED_LINE, 0);
	struct suppressed suppressed = { 0 };
	_cleanup_str_ struct str path = STR_INIT;
	int r = read_suppressed(j, &path, &suppressed);

	if (r < 0 && r != -ENOENT)
		return r;
	/* Without an entry point it can have no other purpose, whether that .pth is there now or not. */
	if (j->executing > 0 && (!suppressed.runs || suppressed.moved))
		return 0;
	if (suppressed.runs) {
		j->disables = region_copy(j->region, str_bytes(&path));
		if (!j->disables.ptr)
			return -ENOMEM;
	}
	return subject_note(&whole, INDICATOR_SUPPRESSES, str_bytes(&path));
}

int content_judge_start(struct judging *j)
{
	int r = startfile_parse(j->bytes, take_start_line, j);

	if (r < 0 && r != -EILSEQ)
		return r;
	/* Not UTF-8: CPython skips the whole file, however good its lines, and nothing is switched off. */
	if (r == -EILSEQ) {
		j->executing = j->templates = 0;
		return 0;
	}
	r = judge_mimicry(j, TEMPLATE_START_LINE);
	return r < 0 ? r : judge_suppression(j);
}
