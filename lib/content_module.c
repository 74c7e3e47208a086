/* content_module.c - a hook that is a module: sitecustomize, a start-up file, one of the standard library.
 *
 * Which of its lines are code is told line by line, what the code does as a whole (content_import.c); compiled forms are
 * content_compiled.c's.
 */
#include "content_private.h"

#include "cleanup.h"
#include "pyc.h"
#include "pytext.h"

/* ---- source: which lines are code ---------------------------------------------- */

/* How bad are the findings of a line, which come in any order? */
static enum content_verdict verdict_of_line(const struct judging *j, enum judged_as as, unsigned number)
{
	struct subject line = SUBJECT((struct judging *)j, as, number);

	for (size_t i = 0; i < j->finding_count; i++) {
		enum indicator indicator = j->findings[i].indicator;

		if (j->findings[i].line != number)
			continue;
		tally_add(&line.tally, indicator, j->tally.weights[indicator]);
	}
	return line.tally.set ? subject_verdict(&line, CONTENT_EXECUTES) : CONTENT_EXECUTES;
}

static bool holds(struct bytes line, struct bytes part)
{
	return part.ptr >= line.ptr && part.ptr < line.ptr + line.len;
}

/* Lines that are no comments; all of them where the encoding may hide code in one. */
static void collect_lines(struct judging *j, enum judged_as as, const struct pysource *source)
{
	struct pytext_reader reader;
	struct pytext_line line;
	bool odd = false;

	pytext_reader_init(&reader, pytext_skip_bom(j->bytes), LINES_UNIVERSAL);
	while (pytext_reader_next(&reader, &line)) {
		struct content_line kept = { .number = line.number, .text = line.text, .does = LINE_EXECUTES };
		bool comment;

		if (line.text.len == 0)
			continue;
		comment = line.text.ptr[0] == '#';
		if (comment && source->odd && !odd && holds(line.text, source->encoding)) {
			odd = true;
			kept.does = LINE_SETS;
		} else if (comment && !odd) {
			continue;
		} else {
			j->executing++;
		}
		kept.hidden = line.hidden || comment;
		kept.verdict = verdict_of_line(j, as, line.number);
		(void)judging_line(j, &kept);
	}
}

/* ---- the hook itself ---------------------------------------------------------------- */

/* "def NAME(" or "class NAME" at the left margin. */
static struct bytes defined_name(struct bytes line)
{
	static const struct bytes words[] = { BYTES_LIT("def "), BYTES_LIT("async def ") };

	for (size_t i = 0; i < ELEMENTSOF(words); i++) {
		struct bytes rest;
		size_t n = 0;

		if (!bytes_has_prefix(line, words[i]))
			continue;
		rest = bytes_trim(bytes_slice(line, words[i].len, line.len - words[i].len));
		while (n < rest.len && content_is_identifier(bytes_slice(rest, n, 1)))
			n++;
		return bytes_slice(rest, 0, n);
	}
	return BYTES_NONE;
}

/* Of a module that stands alone nobody knows which functions are called: any may be. */
static int judge_functions(struct subject *s, const struct content_code *code)
{
	struct pytext_reader reader;
	struct pytext_line line;
	unsigned count = 0;
	int r = 0;

	pytext_reader_init(&reader, code->source, LINES_UNIVERSAL);
	while (r >= 0 && count < CONTENT_FUNCTIONS_MAX && pytext_reader_next(&reader, &line)) {
		struct content_code called = *code;
		bool runs;

		called.call = defined_name(line.raw);
		if (called.call.len == 0)
			continue;
		count++;
		r = subject_code(s, &called, &runs);
	}
	return r;
}

static int judge_source(struct judging *j, enum judged_as as)
{
	_cleanup_pysource_ struct pysource source = PYSOURCE_INIT;
	struct subject whole = SUBJECT(j, as, 0);
	struct content_code code = { .is_text = true, .path = j->request->path, .line = 1,
				     .follow = as == JUDGED_MODULE,
				     .package = j->hook->form == FORM_PACKAGE ? bytes_dirname(j->request->path) : BYTES_NONE };
	const char *template = judgement_template(j->request->judgement, TEMPLATE_FILE, j->request->path, j->bytes);
	int r = pysource_read(j->bytes, &source);
	bool runs = false;

	whole.quiet = template != NULL;
	code.source = source.text;
	if (r >= 0)
		r = subject_code(&whole, &code, &runs);
	if (r >= 0 && j->hook->vector == VECTOR_NONE && !template)
		r = judge_functions(&whole, &code);
	if (r >= 0)
		r = subject_encoding(&whole, &source, BYTES_NONE);
	if (r < 0)
		return r;
	collect_lines(j, as, &source);
	if (!runs && !source.odd)
		j->executing = j->line_count = 0;
	if (template) {
		j->templates = j->executing;
		for (size_t i = 0; i < j->line_count; i++) {
			j->lines[i].template = template;
			j->lines[i].verdict = CONTENT_TEMPLATE;
		}
	} else if (j->hidden) {
		r = subject_note(&whole, INDICATOR_HIDDEN_TEXT, BYTES_NONE);
	}
	return r;
}

/* The package form does not say what its __init__ is.  A source file cannot hold
 * a NUL, the header of a compiled one always does. */
static bool is_bytecode(struct bytes b)
{
	struct pyc_header header;

	return pyc_parse_header(b, &header) == 0 &&
	       bytes_find_byte(bytes_slice(b, 0, b.len < 32 ? b.len : 32), '\0', 0) >= 0;
}

/* Of what stands nowhere in particular, by its name. */
static enum hook_form form_of(const struct judging *j)
{
	struct bytes path = j->request->path;

	if (j->hook->vector != VECTOR_NONE && j->hook->form != FORM_PACKAGE)
		return j->hook->form;
	if (bytes_has_prefix(j->bytes, BYTES_LIT("\x7f" "ELF")) || bytes_has_suffix(path, BYTES_LIT(".so")))
		return FORM_EXTENSION;
	if (bytes_has_suffix(path, BYTES_LIT(".pyc")) || is_bytecode(j->bytes))
		return FORM_BYTECODE;
	if (j->hook->form == FORM_PACKAGE || bytes_has_suffix(path, BYTES_LIT(".py")) ||
	    bytes_has_suffix(path, BYTES_LIT(".ipy")))
		return FORM_SOURCE;
	return FORM_NONE;
}

int content_judge_module(struct judging *j, enum judged_as as)
{
	switch (form_of(j)) {
	case FORM_BYTECODE:
		return content_judge_bytecode(j, as);
	case FORM_EXTENSION:
		return content_judge_native(j, as);
	case FORM_ARCHIVE:
		return content_judge_archive(j, as);
	case FORM_SOURCE:
		return judge_source(j, as);
	default:
		return 0;
	}
}
