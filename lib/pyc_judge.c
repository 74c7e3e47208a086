/* pyc_judge.c - what a compiled module does, by its names and texts.
 *
 * A code object names what it uses: `os.system(x)` leaves "os" and "system" in co_names, in whatever order and with
 * others between them.  So the names of one code object are put together in pairs, and a pair that is a function of
 * the vocabulary is taken to be used.  That is no proof, as a call in source is; but a module that has both names and
 * means neither is rare, and where the source is at hand and fits, the source is judged and not this.
 */
#include "pyc.h"

#include <errno.h>

#include "cleanup.h"
#include "limits.h"
#include "marshal.h"
#include "pyc_source.h"
#include "pycode.h"

/* What a class of names amounts to by itself. */
static const struct {
	unsigned name_class;
	enum indicator indicator;
} meanings[] = {
	{ NAME_PROCESS, INDICATOR_PROCESS },
	{ NAME_BACKGROUND, INDICATOR_BACKGROUND },
	{ NAME_NETWORK, INDICATOR_NETWORK },
	{ NAME_NATIVE, INDICATOR_NATIVE },
	{ NAME_WRITE_FILE, INDICATOR_FILE_WRITE },
	{ NAME_PATH_INSERT, INDICATOR_PATH_INSERT },
	{ NAME_IMPORT_HOOK, INDICATOR_IMPORT_HOOK },
	{ NAME_LOAD_FILE, INDICATOR_EXECUTE_FILE },
	{ NAME_INTERFERENCE, INDICATOR_INTERFERENCE },
	{ NAME_ANTI_ANALYSIS, INDICATOR_ANTI_ANALYSIS },
	{ NAME_HARVEST, INDICATOR_HARVEST },
};

/* One code object that is being read. */
struct code {
	struct bytes names[PYC_NAMES_MAX];
	size_t name_count;
	struct bytes texts[PYC_NAMES_MAX];	/* constants that could be a module's or a function's name, or code */
	size_t text_count;
};

struct judge {
	const struct pyc_request *request;
	struct region *region;
	const struct pyc_source *source;
	struct code *codes[PYC_NESTED_MAX];	/* the one in depth d is codes[d - 1]; allocated when first needed */
	unsigned open;				/* how many are being read */
	unsigned pairs;
	struct pyc_verdict *verdict;
};

static int say(struct judge *j, enum indicator i, struct bytes detail, unsigned depth)
{
	struct pyc_verdict *v = j->verdict;
	struct finding *f;

	if (v->indicators & INDICATOR_BIT(i) || v->finding_count == PYC_FINDINGS_MAX)
		return 0;
	if (detail.len > FINDING_DETAIL_MAX)
		detail.len = FINDING_DETAIL_MAX;
	f = &v->findings[v->finding_count];
	*f = (struct finding){ .indicator = i, .depth = depth, .detail = region_copy(j->region, detail) };
	if (!f->detail.ptr)
		return -ENOMEM;
	v->finding_count++;
	v->indicators |= INDICATOR_BIT(i);
	return 0;
}

/* ---- texts ---------------------------------------------------------------------- */

static bool is_base64_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/' ||
	       c == '-' || c == '_' || c == '=';
}

static bool is_blob(struct bytes text)
{
	size_t run = 0;

	for (size_t i = 0; i < text.len; i++) {
		run = is_base64_byte(text.ptr[i]) ? run + 1 : 0;
		if (run == PYC_BLOB_MIN)
			return true;
	}
	return false;
}

static int take_text(struct judge *j, struct code *code, struct bytes text)
{
	uint64_t found = judgement_text(j->request->judgement, text);
	int r = 0;

	for (unsigned i = 0; i < INDICATOR_COUNT && r >= 0; i++)
		if (found & INDICATOR_BIT(i))
			r = say(j, (enum indicator)i, text, 0);
	if (r >= 0 && is_blob(text))
		r = say(j, INDICATOR_ENCODED_BLOB, text, 0);
	if (code->text_count < PYC_NAMES_MAX)
		code->texts[code->text_count++] = text;
	return r;
}

/* ---- names ---------------------------------------------------------------------- */

static int take_classes(struct judge *j, unsigned classes, struct bytes name)
{
	int r = 0;

	for (size_t i = 0; i < ELEMENTSOF(meanings) && r >= 0; i++)
		if (classes & meanings[i].name_class)
			r = say(j, meanings[i].indicator, name, 0);
	return r;
}

/* module.function, with neither longer than any is.  -EDQUOT: there have been too many. */
static int pair(struct judge *j, struct bytes module, struct bytes function, unsigned *classes)
{
	char buf[2 * PYC_NAME_BYTES_MAX + 1];
	struct bytes dotted = { buf, module.len + 1 + function.len };
	unsigned found;

	if (module.len == 0 || module.len > PYC_NAME_BYTES_MAX || function.len == 0 || function.len > PYC_NAME_BYTES_MAX)
		return 0;
	if (j->pairs++ == PYC_PAIRS_MAX || work_take(j->request->work, WORK_PAIR) < 0)
		return -EDQUOT;
	memcpy(buf, module.ptr, module.len);
	buf[module.len] = '.';
	memcpy(buf + module.len + 1, function.ptr, function.len);

	found = judgement_name(j->request->judgement, dotted);
	*classes |= found;
	return found ? take_classes(j, found, dotted) : 0;
}

/* All pairs of a left and a right side. */
static int pair_lists(struct judge *j, const struct bytes *left, size_t left_count, const struct bytes *right,
		      size_t right_count, unsigned *classes)
{
	int r = 0;

	for (size_t a = 0; a < left_count && r >= 0; a++)
		for (size_t b = 0; b < right_count && r >= 0; b++)
			r = pair(j, left[a], right[b], classes);
	return r;
}

/* A text that is executed is code of its own. */
static int take_executed_texts(struct judge *j, const struct code *code)
{
	int r = 0;

	for (size_t t = 0; t < code->text_count && r >= 0; t++) {
		/* References make ten thousand texts of one: each has its own memory. */
		_cleanup_region_ struct region scratch = REGION_INIT;
		struct pycode inner = { 0 };

		r = pycode_judge(&(struct pycode_request){ .source = code->texts[t],
							   .line = 1,
							   .judgement = j->request->judgement,
							   .work = j->request->work },
				 &scratch, &inner);
		j->verdict->unread |= inner.unread;
		for (size_t i = 0; i < inner.finding_count && r >= 0; i++)
			r = say(j, inner.findings[i].indicator, inner.findings[i].detail, inner.findings[i].depth + 1);
	}
	return r;
}

/* What is executed comes from where the other names say. */
static int take_execution(struct judge *j, const struct code *code, unsigned classes)
{
	int r;

	if (!(classes & NAME_EXECUTE))
		return classes & NAME_UNMARSHAL ? say(j, INDICATOR_EXECUTE_COMPUTED, BYTES_LIT("marshal or pickle"), 0) : 0;
	if (classes & (NAME_DECODE | NAME_UNMARSHAL))
		r = say(j, INDICATOR_DECODE_EXECUTE, BYTES_LIT("exec or eval beside a decoder"), 0);
	else if (classes & NAME_NETWORK)
		r = say(j, INDICATOR_EXECUTE_NETWORK, BYTES_LIT("exec or eval beside the network"), 0);
	else
		r = say(j, INDICATOR_EXECUTE_COMPUTED, BYTES_LIT("exec or eval"), 0);
	return r < 0 ? r : take_executed_texts(j, code);
}

static int end_code(struct judge *j)
{
	const struct code *code = j->codes[--j->open];
	unsigned classes = 0, plain = 0;
	int r = 0;

	for (size_t i = 0; i < code->name_count && r >= 0; i++) {
		unsigned found = judgement_name(j->request->judgement, code->names[i]);

		plain |= found;
		if (found)
			r = take_classes(j, found, code->names[i]);
	}
	if (r >= 0)
		r = pair_lists(j, code->names, code->name_count, code->names, code->name_count, &classes);
	/* __import__('os').system, getattr(os, 'system') */
	if (r >= 0 && plain & NAME_IMPORT)
		r = pair_lists(j, code->texts, code->text_count, code->names, code->name_count, &classes);
	if (r >= 0 && plain & NAME_REFLECTION)
		r = pair_lists(j, code->names, code->name_count, code->texts, code->text_count, &classes);
	if (r == -EDQUOT)
		r = say(j, INDICATOR_NOT_UNDERSTOOD, BYTES_LIT("more names than can be compared"), 0);
	return r < 0 ? r : take_execution(j, code, classes | plain);
}

/* ---- reading -------------------------------------------------------------------- */

static int begin_code(struct judge *j, unsigned depth)
{
	struct code **code = &j->codes[depth - 1];

	if (!*code)
		*code = malloc(sizeof(**code));
	if (!*code)
		return -ENOMEM;
	(*code)->name_count = (*code)->text_count = 0;
	j->open = depth;
	return 0;
}

static int compare(struct judge *j, const struct marshal_item *item)
{
	if (!j->source || j->verdict->fits == PYC_DIFFERS || item->what == MARSHAL_BYTES ||
	    pyc_source_has(j->source, item->text))
		return 0;
	j->verdict->fits = PYC_DIFFERS;
	return say(j, INDICATOR_BYTECODE_DIFFERS, item->text, 0);
}

static int take_item(const struct marshal_item *item, void *userdata)
{
	struct judge *j = userdata;
	struct code *code;
	int r;

	if (item->depth == 0 || item->depth > PYC_NESTED_MAX)
		return item->depth ? -EDQUOT : 0;
	if (item->what == MARSHAL_CODE)
		return begin_code(j, item->depth);
	if (item->what == MARSHAL_CODE_END)
		return end_code(j);
	code = j->codes[item->depth - 1];

	r = compare(j, item);
	if (r < 0)
		return r;
	if (item->what != MARSHAL_NAME)
		return take_text(j, code, item->text);
	if (code->name_count < PYC_NAMES_MAX)
		code->names[code->name_count++] = item->text;
	return 0;
}

static int read_all(struct judge *j, struct bytes data)
{
	struct bytes reason = BYTES_NONE;
	int r = marshal_read(data, j->verdict->python, take_item, j);

	if (r == -EDQUOT)
		reason = BYTES_LIT("bytecode that no compiler makes");
	else if (r == -EINVAL)
		reason = BYTES_LIT("damaged bytecode");
	if (!reason.ptr) {
		if (r >= 0 && j->source && j->verdict->fits == PYC_FITS_UNKNOWN)
			j->verdict->fits = PYC_FITS;
		return r;
	}
	j->verdict->unread |= r == -EDQUOT;
	/* What was read up to there counts all the same. */
	r = say(j, INDICATOR_NOT_UNDERSTOOD, reason, 0);
	while (j->open > 0 && r >= 0)
		r = end_code(j);
	return r;
}

static size_t header_size(unsigned python)
{
	return python < 0x0303 ? 8 : python < 0x0307 ? 12 : 16;
}

static int judge_header(struct judge *j)
{
	struct pyc_verdict *v = j->verdict;
	int r = 0;

	if (v->header.kind == PYC_UNCHECKED_HASH)
		r = say(j, INDICATOR_UNCHECKED_BYTECODE, BYTES_LIT("its header says that the source is not to be looked at"), 0);
	if (r >= 0 && !j->request->source.ptr)
		r = say(j, INDICATOR_BYTECODE_ALONE, BYTES_LIT("bytecode without a source"), 0);
	v->stale = j->request->source.ptr && v->header.kind == PYC_TIMESTAMP &&
		   (v->header.source_mtime != j->request->source_mtime ||
		    (v->python >= 0x0303 && v->header.source_size != j->request->source_size));
	return r;
}

int pyc_judge(const struct pyc_request *request, struct region *region, struct pyc_verdict *ret)
{
	_cleanup_(pyc_source_freep) struct pyc_source *source = NULL;
	struct pyc_verdict v = { .fits = PYC_FITS_UNKNOWN };
	struct judge j = { .request = request, .region = region, .verdict = &v };
	size_t header;
	int r;

	r = pyc_parse_header(request->bytes, &v.header);
	if (r < 0)
		return r;
	v.python = pyc_python(v.header.magic);
	v.findings = region_alloc_array(region, PYC_FINDINGS_MAX, sizeof(*v.findings));
	if (!v.findings)
		return -ENOMEM;
	r = judge_header(&j);
	header = header_size(v.python);
	if (r < 0 || v.python == 0 || request->bytes.len < header)
		goto out;

	/* It is cut into words, which are sorted.  What is not compared is judged by itself. */
	if (request->source.ptr && work_take(request->work, WORK_SOURCE_BYTE * request->source.len) >= 0) {
		r = pyc_source_new(request->source, &source);
		if (r < 0 && r != -EFBIG)
			return r;
		j.source = source;
	}
	r = read_all(&j, bytes_slice(request->bytes, header, request->bytes.len - header));
	for (size_t i = 0; i < PYC_NESTED_MAX; i++)
		free(j.codes[i]);
out:
	if (r < 0)
		return r;
	*ret = v;
	return 0;
}
