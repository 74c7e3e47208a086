/* content_config.c - files that tell an interpreter where its library is.
 *
 * Modules/getpath.py: pyvenv.cfg beside the interpreter or above it (PEP 405), NAME._pth and pybuilddir.txt
 * beside it.  An ordinary virtual environment has a pyvenv.cfg; no distribution puts one, or one of the others, where a system's
 * interpreter is.
 */
#include "content_private.h"

#include "place.h"
#include "pytext.h"

/* ---- pyvenv.cfg ---------------------------------------------------------------- */

/* `home` of a system's interpreter is the directory where that interpreter is, also where that is the tree of
 * a container or an image: what is in it has paths of its own. */
static bool leads_elsewhere(const struct judging *j, struct bytes home)
{
	struct bytes dir = bytes_dirname(j->request->path);
	char buf[PLACE_PATH_MAX];
	ptrdiff_t len = place_join(BYTES_LIT("/"), home, buf);
	struct bytes joined = len < 0 ? home : (struct bytes){ buf, (size_t)len };

	if (joined.len == 0)
		return true;
	if (bytes_equal(bytes_basename(joined), BYTES_LIT("bin")) && bytes_has_suffix(dir, bytes_dirname(joined)))
		return false;
	return !bytes_has_suffix(dir, joined);
}

static int judge_home(struct subject *s, struct bytes home)
{
	int r;

	s->j->leads = true;
	r = subject_path(s, home);
	if (r >= 0 && s->j->hook->scope == SCOPE_BIN && leads_elsewhere(s->j, home))
		r = subject_note(s, INDICATOR_INTERPRETER_CONFIG, home);
	return r;
}

/* getpath.py, and site.py, venv(): "key = value", the key in any case, the last one wins. */
int content_judge_pyvenv_cfg(struct judging *j)
{
	struct pytext_reader reader;
	struct pytext_line line;
	int r = 0;

	pytext_reader_init(&reader, pytext_skip_bom(j->bytes), LINES_UNIVERSAL);
	while (r >= 0 && pytext_reader_next(&reader, &line)) {
		ptrdiff_t equals = bytes_find_byte(line.text, '=', 0);
		struct subject s = SUBJECT(j, JUDGED_LINE, line.number);
		struct bytes key, value;

		if (equals < 0)
			continue;
		key = pytext_strip(bytes_slice(line.text, 0, (size_t)equals));
		value = pytext_strip(bytes_slice(line.text, (size_t)equals + 1,
						 line.text.len - (size_t)equals - 1));

		if (bytes_equal_fold(key, BYTES_LIT("home")))
			r = judge_home(&s, value);
		else if (!bytes_equal_fold(key, BYTES_LIT("include-system-site-packages")) ||
			 !bytes_equal_fold(value, BYTES_LIT("true")))
			continue;
		if (r >= 0)
			r = subject_line(&s, line.text, LINE_SETS, line.hidden, CONTENT_EXECUTES);
	}
	return r;
}

/* ---- ._pth, pybuilddir.txt ------------------------------------------------------ */

static int take_path_file_line(struct judging *j, const struct pytext_line *line)
{
	struct subject s = SUBJECT(j, JUDGED_LINE, line->number);
	int r;

	if (bytes_equal(line->text, BYTES_LIT("import site"))) {
		j->executing++;
		return subject_line(&s, line->text, LINE_EXECUTES, line->hidden, CONTENT_EXECUTES);
	}
	if (bytes_has_prefix(line->text, BYTES_LIT("import ")))
		return 0;
	j->paths++;
	r = subject_search(&s, line->text, SEARCH_FROM_START);
	return r < 0 ? r : subject_line(&s, line->text, LINE_ADDS_PATH, line->hidden, CONTENT_EXECUTES);
}

/* ._pth: each line replaces a piece of sys.path, "import site" turns site.py on again (getpath.py).
 * pybuilddir.txt: its first line names the directory of the platform's modules.  Both take effect even when
 * empty.  A build tree has its own pybuilddir.txt, beside no system's interpreter. */
int content_judge_path_file(struct judging *j)
{
	struct subject whole = SUBJECT(j, JUDGED_LINE, 0);
	struct pytext_reader reader;
	struct pytext_line line;
	int r = 0;

	j->leads = true;
	if (j->hook->scope == SCOPE_BIN)
		r = subject_note(&whole, INDICATOR_INTERPRETER_CONFIG, bytes_basename(j->request->path));
	pytext_reader_init(&reader, pytext_skip_bom(j->bytes), LINES_UNIVERSAL);
	while (r >= 0 && pytext_reader_next(&reader, &line))
		if (line.text.len > 0 && line.text.ptr[0] != '#')
			r = take_path_file_line(j, &line);
	return r;
}
