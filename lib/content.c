/* content.c - what the bytes of a hook do.
 *
 * One judge for each kind of hook; each fills a collector with the lines that
 * matter and counts all of them.  The collector keeps ALERT_LINES_MAX lines.
 * When it is full, a line of more weight (hidden, executing) pushes out the last
 * one of the least weight: a payload behind forty harmless lines is still
 * quoted, and the rules that look at lines still see it.
 *
 * `inert` is said only where an interpreter would neither run nor follow
 * anything.  Where the reading of the bytes is in doubt (JSON that our parser
 * refuses, an unknown source encoding), the hook counts as executing.
 */
#include "content.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <openssl/evp.h>

#include "cleanup.h"
#include "limits.h"
#include "pth.h"
#include "pyc.h"
#include "pytext.h"
#include "startfile.h"

/* ---- collecting lines ---------------------------------------------------- */

struct collector {
	struct region *region;
	struct content_line lines[ALERT_LINES_MAX];
	size_t count, executing, paths;
	bool hidden;
	unsigned least;		/* no line kept weighs less, once the collector is full */
};

static unsigned weight(const struct content_line *l)
{
	bool runs = l->does == LINE_EXECUTES || l->does == LINE_CALLS;

	return (runs ? 2u : 0u) + (l->hidden ? 1u : 0u);
}

/* The views still point into the content: they are copied at the end. */
static void collect(struct collector *c, unsigned number, struct bytes text,
		    enum content_line_does does, bool hidden)
{
	struct content_line line = { .number = number, .text = text, .does = does, .hidden = hidden };
	size_t drop = ALERT_LINES_MAX;
	unsigned least;

	if (hidden)
		c->hidden = true;
	if (line.text.len > ALERT_LINE_BYTES_MAX)
		line.text.len = ALERT_LINE_BYTES_MAX;

	if (c->count < ALERT_LINES_MAX) {
		c->lines[c->count++] = line;
		return;
	}
	if (weight(&line) <= c->least)
		return;

	least = weight(&line);
	for (size_t i = ALERT_LINES_MAX; i-- > 0;)
		if (weight(&c->lines[i]) < least) {
			least = weight(&c->lines[i]);
			drop = i;
		}
	if (drop == ALERT_LINES_MAX) {	/* all weigh as much: remember it */
		c->least = least;
		return;
	}
	for (size_t i = drop; i + 1 < ALERT_LINES_MAX; i++)
		c->lines[i] = c->lines[i + 1];
	c->lines[ALERT_LINES_MAX - 1] = line;
}

/* ---- .pth, .start -------------------------------------------------------- */

static int take_pth_line(const struct pth_line *line, void *userdata)
{
	struct collector *c = userdata;
	bool exec = line->kind == PTH_LINE_EXEC;

	if (exec)
		c->executing++;
	else
		c->paths++;
	collect(c, line->number, line->text, exec ? LINE_EXECUTES : LINE_ADDS_PATH, line->hidden);
	return 0;
}

static enum content_verdict judge_pth(struct collector *c, struct bytes b, struct hook *hook)
{
	(void)pth_parse(b, take_pth_line, c);
	if (hook->vector == VECTOR_PTH)
		hook->vector = c->executing > 0 ? VECTOR_PTH_EXEC : VECTOR_PTH_PATH;
	return c->executing + c->paths > 0 ? CONTENT_EXECUTES : CONTENT_INERT;
}

static int take_start_line(const struct start_line *line, void *userdata)
{
	struct collector *c = userdata;

	if (line->valid)
		c->executing++;
	collect(c, line->number, line->text, LINE_CALLS, line->hidden);
	return 0;
}

static enum content_verdict judge_start(struct collector *c, struct bytes b)
{
	/* Not UTF-8: CPython skips the whole file, however good its lines. */
	if (startfile_parse(b, take_start_line, c) == -EILSEQ)
		c->executing = 0;
	return c->executing > 0 ? CONTENT_EXECUTES : CONTENT_INERT;
}

/* ---- Python source ------------------------------------------------------- */

/* Encodings in which an ASCII character is itself and a '#' starts a comment.
 * In any other (utf-7, unicode_escape, utf-16) a comment may hold code. */
static bool is_plain_encoding(struct bytes name)
{
	static const struct bytes prefix[] = {
		BYTES_LIT("utf-8"), BYTES_LIT("utf8"), BYTES_LIT("utf_8"), BYTES_LIT("ascii"),
		BYTES_LIT("us-ascii"), BYTES_LIT("latin"), BYTES_LIT("iso-8859"),
		BYTES_LIT("iso8859"), BYTES_LIT("iso_8859"), BYTES_LIT("cp125"),
		BYTES_LIT("windows-125"), BYTES_LIT("koi8"), BYTES_LIT("euc"), BYTES_LIT("gb"),
		BYTES_LIT("big5"), BYTES_LIT("shift"), BYTES_LIT("sjis"), BYTES_LIT("mac"),
		BYTES_LIT("tis"),
	};

	for (size_t i = 0; i < ELEMENTSOF(prefix); i++)
		if (name.len >= prefix[i].len &&
		    bytes_equal_fold(bytes_slice(name, 0, prefix[i].len), prefix[i]))
			return true;
	return false;
}

/* PEP 263: ^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+) in one of the first two lines. */
static bool names_odd_encoding(struct bytes comment)
{
	const struct bytes word = BYTES_LIT("coding");
	ptrdiff_t at = -1;

	while ((at = bytes_find(comment, word, (size_t)(at + 1))) >= 0) {
		size_t i = (size_t)at + word.len, start;

		if (i >= comment.len || (comment.ptr[i] != ':' && comment.ptr[i] != '='))
			continue;
		for (i++; i < comment.len && (comment.ptr[i] == ' ' || comment.ptr[i] == '\t'); i++)
			;
		for (start = i; i < comment.len; i++) {
			char ch = comment.ptr[i];

			if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
			      (ch >= '0' && ch <= '9') || ch == '-' || ch == '_' || ch == '.'))
				break;
		}
		if (i == start)
			continue;
		return !is_plain_encoding(bytes_slice(comment, start, i - start));
	}
	return false;
}

static enum content_verdict judge_source(struct collector *c, struct bytes b)
{
	struct pytext_reader reader;
	struct pytext_line line;
	bool odd = false;

	pytext_reader_init(&reader, pytext_skip_bom(b), LINES_UNIVERSAL);
	while (pytext_reader_next(&reader, &line)) {
		bool comment;

		if (line.text.len == 0)
			continue;
		comment = line.text.ptr[0] == '#';
		if (comment && line.number <= 2 && names_odd_encoding(line.text)) {
			odd = true;
			collect(c, line.number, line.text, LINE_SETS, true);
			continue;
		}
		if (comment && !odd)
			continue;
		c->executing++;
		collect(c, line.number, line.text, LINE_EXECUTES, line.hidden || comment);
	}
	return c->executing > 0 ? CONTENT_EXECUTES : CONTENT_INERT;
}

/* The package form does not say what its __init__ is.  A source file cannot hold
 * a NUL, the header of a compiled one always does. */
static bool is_compiled(struct bytes b)
{
	struct pyc_header header;

	return bytes_has_prefix(b, BYTES_LIT("\x7f" "ELF")) ||
	       (pyc_parse_header(b, &header) == 0 &&
		bytes_find_byte(bytes_slice(b, 0, b.len < 32 ? b.len : 32), '\0', 0) >= 0);
}

/* ---- the interpreter's own files ----------------------------------------- */

/* getpath.py, search_up of pyvenv.cfg, and site.py, venv(): "key = value", the
 * key in any case, the last one wins. */
static enum content_verdict judge_pyvenv_cfg(struct collector *c, struct bytes b)
{
	struct pytext_reader reader;
	struct pytext_line line;
	bool home = false;

	pytext_reader_init(&reader, pytext_skip_bom(b), LINES_UNIVERSAL);
	while (pytext_reader_next(&reader, &line)) {
		ptrdiff_t equals = bytes_find_byte(line.text, '=', 0);
		struct bytes key, value;

		if (equals < 0)
			continue;
		key = pytext_strip(bytes_slice(line.text, 0, (size_t)equals));
		value = pytext_strip(bytes_slice(line.text, (size_t)equals + 1,
						 line.text.len - (size_t)equals - 1));

		if (bytes_equal_fold(key, BYTES_LIT("home")))
			home = true;
		else if (!bytes_equal_fold(key, BYTES_LIT("include-system-site-packages")) ||
			 !bytes_equal_fold(value, BYTES_LIT("true")))
			continue;
		collect(c, line.number, line.text, LINE_SETS, line.hidden);
	}
	return home ? CONTENT_EXECUTES : CONTENT_INERT;
}

/* ._pth: each line replaces a piece of sys.path, "import site" turns site.py on
 * again (getpath.py, read_pth).  pybuilddir.txt: its first line names the
 * directory of the platform's modules.  Both take effect even when empty. */
static enum content_verdict judge_path_file(struct collector *c, struct bytes b)
{
	struct pytext_reader reader;
	struct pytext_line line;

	pytext_reader_init(&reader, pytext_skip_bom(b), LINES_UNIVERSAL);
	while (pytext_reader_next(&reader, &line)) {
		if (line.text.len == 0 || line.text.ptr[0] == '#')
			continue;
		if (bytes_equal(line.text, BYTES_LIT("import site"))) {
			c->executing++;
			collect(c, line.number, line.text, LINE_EXECUTES, line.hidden);
		} else if (!bytes_has_prefix(line.text, BYTES_LIT("import "))) {
			c->paths++;
			collect(c, line.number, line.text, LINE_ADDS_PATH, line.hidden);
		}
	}
	return CONTENT_EXECUTES;
}

/* ---- JSON of IPython and Jupyter ----------------------------------------- */

static enum content_verdict judge_text_settings(struct collector *c, struct bytes b)
{
	struct pytext_reader reader;
	struct pytext_line line;

	pytext_reader_init(&reader, pytext_skip_bom(b), LINES_UNIVERSAL);
	while (pytext_reader_next(&reader, &line))
		if (line.text.len > 0)
			collect(c, line.number, line.text, LINE_SETS, line.hidden);
	return c->count > 0 ? CONTENT_EXECUTES : CONTENT_INERT;
}

/* cJSON does not say where a node stood; the first place of the key's name in
 * quotes is good enough for a person to find it. */
static unsigned line_of_key(struct bytes b, struct bytes key)
{
	char buf[64];
	unsigned number = 1;
	ptrdiff_t at;

	if (key.len > sizeof(buf) - 2)
		return 1;
	buf[0] = '"';
	memcpy(buf + 1, key.ptr, key.len);
	buf[key.len + 1] = '"';

	at = bytes_find(b, (struct bytes){ buf, key.len + 2 }, 0);
	for (ptrdiff_t i = 0; i < at; i++)
		number += b.ptr[i] == '\n';
	return number;
}

static int judge_json(struct collector *c, struct bytes b, enum content_verdict *ret)
{
	struct bytes text = pytext_skip_bom(b);
	size_t members = 0;
	cJSON *root;
	int r = 0;

	if (pytext_strip(text).len == 0) {
		*ret = CONTENT_INERT;
		return 0;
	}
	root = cJSON_ParseWithLength(text.ptr, text.len);
	if (!cJSON_IsObject(root)) {
		/* Python's json takes more than cJSON (NaN, deeper nesting). */
		cJSON_Delete(root);
		*ret = judge_text_settings(c, b);
		return 0;
	}

	for (const cJSON *node = root->child; node && members < ALERT_LINES_MAX; node = node->next) {
		char *value = cJSON_PrintUnformatted(node);
		struct bytes line;

		if (!value) {
			r = -ENOMEM;
			break;
		}
		line = region_printf(c->region, "%s = %.*s", node->string, ALERT_LINE_BYTES_MAX, value);
		cJSON_free(value);
		if (!line.ptr) {
			r = -ENOMEM;
			break;
		}
		collect(c, line_of_key(text, bytes_of(node->string)), line, LINE_SETS, false);
		members++;
	}
	cJSON_Delete(root);
	if (r < 0)
		return r;
	*ret = members > 0 ? CONTENT_EXECUTES : CONTENT_INERT;
	return 0;
}

/* ---- together ------------------------------------------------------------ */

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

static int judge_module(struct collector *c, struct bytes b, const struct hook *hook,
			enum content_verdict *ret)
{
	switch (hook->form) {
	case FORM_JSON:
		return judge_json(c, b, ret);
	case FORM_BYTECODE:
	case FORM_EXTENSION:
	case FORM_ARCHIVE:
		*ret = b.len > 0 ? CONTENT_EXECUTES : CONTENT_INERT;
		return 0;
	case FORM_PACKAGE:
		if (is_compiled(b)) {
			*ret = CONTENT_EXECUTES;
			return 0;
		}
		break;
	default:
		break;
	}
	*ret = judge_source(c, b);
	return 0;
}

int content_judge_assignment(const struct content_request *request, const struct env_assignment *a, struct region *region,
			     struct content *ret)
{
	(void)request;
	(void)a;
	(void)region;
	*ret = (struct content){ .verdict = CONTENT_EXECUTES };
	return 0;
}

int content_judge(const struct content_request *request, struct hook *hook, struct region *region, struct content *ret)
{
	struct bytes bytes = request->bytes;
	uint64_t size = request->size;
	struct content content = { .size = size, .verdict = CONTENT_INERT };
	struct collector c = { .region = region };
	struct hook judged = *hook;
	int r = 0;

	if (!bytes.ptr)
		bytes = BYTES_LIT("");
	if (bytes.len > CONTENT_BYTES_MAX)
		bytes.len = CONTENT_BYTES_MAX;
	content.truncated = size > bytes.len;

	r = hash(bytes, content.sha256);
	if (r < 0)
		return r;

	switch (judged.vector) {
	case VECTOR_NONE:
	case VECTOR_ENV:
		break;
	case VECTOR_PTH:
	case VECTOR_PTH_EXEC:
	case VECTOR_PTH_PATH:
		content.verdict = judge_pth(&c, bytes, &judged);
		break;
	case VECTOR_START:
		content.verdict = judge_start(&c, bytes);
		break;
	case VECTOR_PYVENV_CFG:
		content.verdict = judge_pyvenv_cfg(&c, bytes);
		break;
	case VECTOR_INTERPRETER_CONFIG:
		if (judged.form == FORM_ARCHIVE)
			content.verdict = bytes.len > 0 ? CONTENT_EXECUTES : CONTENT_INERT;
		else
			content.verdict = judge_path_file(&c, bytes);
		break;
	case VECTOR_SITECUSTOMIZE:
	case VECTOR_USERCUSTOMIZE:
	case VECTOR_PYC:
	case VECTOR_STDLIB:
	case VECTOR_IPYTHON:
	case VECTOR_JUPYTER:
		r = judge_module(&c, bytes, &judged, &content.verdict);
		break;
	}
	if (r < 0)
		return r;

	if (c.count > 0) {
		content.lines = region_alloc_array(region, c.count, sizeof(*content.lines));
		if (!content.lines)
			return -ENOMEM;
	}
	for (size_t i = 0; i < c.count; i++) {
		content.lines[i] = c.lines[i];
		content.lines[i].text = region_copy(region, c.lines[i].text);
		if (!content.lines[i].text.ptr)
			return -ENOMEM;
	}
	content.line_count = c.count;
	content.executing = c.executing;
	content.paths = c.paths;
	content.hidden = c.hidden;

	*hook = judged;
	*ret = content;
	return 0;
}

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
