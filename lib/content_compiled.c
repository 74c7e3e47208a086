/* content_compiled.c - hooks that are no text: bytecode, extension modules, archives of modules.
 *
 * Bytecode of __pycache__ is used instead of its source where its header fits the source's time and size, or says that nothing
 * is to be compared (PEP 552).  Where it is what the source says, the source speaks, in an event of its own; where it is
 * older, the interpreter compiles again, and nothing of it runs until somebody sets the source's time back.
 */
#include "content_private.h"

#include <errno.h>

#include "cleanup.h"
#include "native.h"
#include "pyc.h"
#include "zipfile.h"

static int take(struct subject *s, const struct finding *findings, size_t count, uint64_t but, struct bytes file)
{
	int r = 0;

	for (size_t i = 0; i < count && r >= 0; i++) {
		struct finding f = findings[i];

		f.file = file;
		if (!(but & INDICATOR_BIT(f.indicator)))
			r = subject_found(s, &f);
	}
	return r;
}

int subject_bytecode(struct subject *s, struct bytes bytes, struct bytes file, const struct str *source, const struct stat *source_st)
{
	_cleanup_pysource_ struct pysource text = PYSOURCE_INIT;
	_cleanup_region_ struct region scratch = REGION_INIT;
	struct pyc_request request = { .bytes = bytes, .judgement = s->j->request->judgement,
				       .work = s->j->work };
	struct pyc_verdict v;
	uint64_t but = 0;
	int r;

	if (source) {
		r = pysource_read(str_bytes(source), &text);
		if (r < 0)
			return r;
		request.source = text.text;
		request.source_mtime = (uint32_t)source_st->st_mtim.tv_sec;
		request.source_size = (uint32_t)source_st->st_size;
	}
	r = pyc_judge(&request, &scratch, &v);
	if (r < 0)
		return r == -EINVAL ? 0 : r;	/* CPython refuses it, too */
	if (v.stale || v.fits == PYC_FITS)
		return 0;
	if (v.unread)
		subject_unread(s);
	/* Of a file in __pycache__ the source may be there and not be had. */
	if (!file.ptr && s->j->hook->vector == VECTOR_PYC)
		but = INDICATOR_BIT(INDICATOR_BYTECODE_ALONE);
	return take(s, v.findings, v.finding_count, but, file);
}

int subject_native(struct subject *s, struct bytes bytes, struct bytes file)
{
	_cleanup_region_ struct region scratch = REGION_INIT;
	struct native_verdict v;
	int r = native_judge(bytes, s->j->request->judgement, &scratch, &v);

	if (r < 0)
		return r == -EINVAL ? 0 : r;	/* the dynamic linker refuses it, too */
	return take(s, v.findings, v.finding_count, 0, file);
}

/* "/dir/NAME.py" of "/dir/__pycache__/NAME.TAG.pyc" (PEP 3147), or of "/dir/NAME.pyc" and "/dir/NAME.pyo": Python 2 keeps
 * bytecode beside its source (Python/import.c, load_source_module()), and Python 3 does not look at it while the source is
 * there.  -ENOENT: no such name; -ENOMEM. */
static int source_path(struct bytes path, struct str *ret)
{
	struct bytes dir = bytes_dirname(path), name = bytes_basename(path);
	bool cached = bytes_equal(bytes_basename(dir), BYTES_LIT("__pycache__"));
	ptrdiff_t dot = cached ? bytes_find_byte(name, '.', 0) : bytes_find_last_byte(name, '.');
	int r;

	if (dot <= 0)
		return -ENOENT;
	r = str_append_bytes(ret, cached ? bytes_dirname(dir) : dir);
	if (r >= 0)
		r = str_append_char(ret, '/');
	if (r >= 0)
		r = str_append(ret, name.ptr, (size_t)dot);
	return r < 0 ? r : str_append_text(ret, ".py");
}

int content_judge_bytecode(struct judging *j, enum judged_as as)
{
	_cleanup_str_ struct str path = STR_INIT, source = STR_INIT;
	struct subject whole = SUBJECT(j, as, 0);
	struct stat st;
	int r;

	j->leads = j->bytes.len > 0;
	r = source_path(j->request->path, &path);
	if (r >= 0)
		r = judging_read(j, str_bytes(&path), &source, &st);
	if (r < 0 && r != -ENOENT)
		return r;
	return subject_bytecode(&whole, j->bytes, BYTES_NONE, r < 0 ? NULL : &source, &st);
}

int content_judge_native(struct judging *j, enum judged_as as)
{
	struct subject whole = SUBJECT(j, as, 0);

	j->leads = j->bytes.len > 0;
	return subject_native(&whole, j->bytes, BYTES_NONE);
}

/* ---- archives --------------------------------------------------------------------- */

struct archive {
	struct judging *j;
	enum judged_as as;
	size_t left;		/* bytes that may still be unpacked */
	bool starts;		/* it holds a module that every start imports */
};

/* What a member would be, did it lie in the standard library's directory. */
static bool is_start_up_module(struct bytes name, struct hook *ret)
{
	_cleanup_str_ struct str path = STR_INIT;

	return str_append_text(&path, "/usr/lib/python3.13/") >= 0 && str_append_bytes(&path, name) >= 0 &&
	       hookpath_classify(str_bytes(&path), ret) && !ret->temporary &&
	       (ret->vector == VECTOR_STDLIB || ret->vector == VECTOR_SITECUSTOMIZE || ret->vector == VECTOR_USERCUSTOMIZE);
}

static int judge_member(struct archive *a, const struct zipfile_member *member, struct bytes content)
{
	struct judging *j = a->j;
	struct subject s = SUBJECT(j, a->as, 0);
	_cleanup_str_ struct str path = STR_INIT;
	bool runs;
	int r = str_append_bytes(&path, j->request->path);

	if (r >= 0)
		r = str_append_char(&path, '/');
	if (r >= 0)
		r = str_append_bytes(&path, member->name);
	if (r < 0)
		return r;
	if (bytes_has_suffix(member->name, BYTES_LIT(".pyc")))
		return subject_bytecode(&s, content, str_bytes(&path), NULL, NULL);
	return subject_code(&s, &(struct content_code){ .source = content, .path = str_bytes(&path),
							.file = str_bytes(&path), .line = 1 },
			    &runs);
}

static int take_member(const struct zipfile_member *member, void *userdata)
{
	struct archive *a = userdata;
	_cleanup_str_ struct str content = STR_INIT;
	struct hook hook;
	int r;

	if (!is_start_up_module(member->name, &hook))
		return 0;
	a->starts = true;
	/* Twenty thousand members may be the same bytes, and unpack to nothing. */
	if (a->left == 0 || work_take(a->j->work, WORK_INFLATE * (uint64_t)member->packed_size) < 0) {
		struct subject whole = SUBJECT(a->j, a->as, 0);

		subject_unread(&whole);
		return subject_note(&whole, INDICATOR_NOT_UNDERSTOOD, member->name);
	}
	r = zipfile_extract(a->j->bytes, member, a->left, &content);
	if (r < 0 && r != -EINVAL)
		return r;
	a->left -= content.len;
	return judge_member(a, member, str_bytes(&content));
}

/* No distribution ships a pythonXY.zip where a system's interpreter looks for it: before its library. */
int content_judge_archive(struct judging *j, enum judged_as as)
{
	struct archive a = { .j = j, .as = as, .left = CONTENT_READ_BYTES_MAX };
	struct subject whole = SUBJECT(j, as, 0);
	int r;

	j->leads = j->bytes.len > 0;
	r = zipfile_read(j->bytes, take_member, &a);
	if (r == -E2BIG)
		r = subject_note(&whole, INDICATOR_NOT_UNDERSTOOD, BYTES_LIT("too many members"));
	if (r == -EINVAL)
		r = 0;		/* zipimport refuses it, too */
	if (r >= 0 && a.starts && bytes_has_prefix(j->request->path, BYTES_LIT("/usr/")))
		r = subject_note(&whole, INDICATOR_INTERPRETER_CONFIG, bytes_basename(j->request->path));
	return r;
}
