/* ctl_text.c - what pyhookctl inspect and scan print for a person.
 *
 * Every text of the object was escaped when it was put in (alert.c): nothing in it reaches the terminal but what can be
 * seen.  Text is made in a struct str; what cannot be appended for want of memory ends it.
 */
#include "ctl_text.h"

#include <stdbool.h>
#include <string.h>

#include "cleanup.h"
#include "limits.h"
#include "pth.h"

struct page {
	struct str *out;
	int error;
};

static const char *text_of(const cJSON *object, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

/* Numbers that alert.c made are raw texts (alert.c, put_number()). */
static const char *number_of(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

	return cJSON_IsRaw(item) ? item->valuestring : NULL;
}

static const cJSON *list_of(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

	return cJSON_IsArray(item) ? item->child : NULL;
}

static bool is_true(const cJSON *object, const char *key)
{
	return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, key));
}

/* Nothing where there is no text. */
static void say(struct page *p, const char *before, const char *text, const char *after)
{
	if (text && p->error >= 0)
		p->error = str_appendf(p->out, "%s%s%s", before, text, after);
}

static void say_words(struct page *p, const char *before, const cJSON *list)
{
	for (const cJSON *item = list; item; item = item->next)
		say(p, item == list ? before : ", ", item->valuestring, "");
}

static void say_piece(struct page *p, struct bytes piece)
{
	if (p->error >= 0)
		p->error = str_append_bytes(p->out, piece);
}

/* The bytes of one character stay together. */
static size_t character_start(struct bytes b, size_t at)
{
	while (at > 0 && at < b.len && ((unsigned char)b.ptr[at] & 0xc0) == 0x80)
		at--;
	return at;
}

static size_t count_blanks(struct bytes b, size_t at)
{
	size_t n = 0;

	while (at + n < b.len && b.ptr[at + n] == ' ')
		n++;
	return n;
}

/* A line of a hook: long runs of blanks as their number, and a long line without its middle. */
static void say_line(struct page *p, const char *line)
{
	_cleanup_str_ struct str flat = STR_INIT;
	struct page whole = { &flat, p->error };
	struct bytes b = bytes_of(line);

	for (size_t i = 0; i < b.len;) {
		size_t blanks = count_blanks(b, i), step = blanks > 0 ? blanks : 1;

		if (blanks > CTL_BLANKS_MAX && whole.error >= 0)
			whole.error = str_appendf(&flat, " [%zu blanks] ", blanks);
		else
			say_piece(&whole, bytes_slice(b, i, step));
		i += step;
	}
	p->error = whole.error;
	b = str_bytes(&flat);
	if (b.len <= CTL_LINE_HEAD_MAX + CTL_LINE_TAIL_MAX) {
		say_piece(p, b);
	} else {
		size_t head = character_start(b, CTL_LINE_HEAD_MAX), tail = character_start(b, b.len - CTL_LINE_TAIL_MAX);

		say_piece(p, bytes_slice(b, 0, head));
		say(p, "", "\u2026", "");
		say_piece(p, bytes_slice(b, tail, b.len - tail));
	}
	say(p, "", "\n", "");
}

struct words {
	const char *word, *words;
};

static const char *words_of(const struct words *table, const char *word, const char *other)
{
	for (; word && table->word; table++)
		if (strcmp(table->word, word) == 0)
			return table->words;
	return other;
}

static const struct words places[] = {
	{ "site", "in a site directory" },
	{ "stdlib", "in a standard library" },
	{ "bin", "beside an interpreter" },
	{ "system", "for the whole system" },
	{ "user", "for one user" },
	{ "project", "for one project" },
	{ NULL, NULL },
};

static const struct words deeds[] = {
	{ "executes", "runs" },
	{ "calls", "is called" },
	{ "adds-path", "adds a path" },
	{ "sets", "sets" },
	{ NULL, NULL },
};

/* The package gives a digest, and it is another one. */
static bool has_other_content(const cJSON *provenance)
{
	return cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(provenance, "match"));
}

/* ---- on one screen ------------------------------------------------------------- */

static void say_kind(struct page *p, const cJSON *object)
{
	const char *vector = text_of(object, "vector");

	if (!vector) {
		say(p, "  ", "not a place where Python looks: judged by its name", "\n");
		return;
	}
	say(p, "  ", vector, ", ");
	say(p, "", words_of(places, text_of(object, "scope"), "where Python looks only if it is told to"), "\n");
}

/* Where it was found, and what: "line 3, in /site/m.py: os.system('id')". */
static void say_place(struct page *p, const cJSON *finding)
{
	const char *line = number_of(finding, "line"), *file = text_of(finding, "file"), *detail = text_of(finding, "detail");
	bool placed = line || file;

	if (!placed && !detail)
		return;
	say(p, "      ", line ? "line " : "", "");
	say(p, "", line, file ? ", " : "");
	say(p, "in ", file, "");
	say(p, placed && detail ? ": " : "", "", detail ? "" : "\n");
	if (detail)
		say_line(p, detail);
}

static void say_findings(struct page *p, const cJSON *object)
{
	const cJSON *list = list_of(object, "findings");

	if (list)
		say(p, "\n", "  Why", "\n");
	for (const cJSON *f = list; f; f = f->next) {
		say(p, "    ", text_of(f, "indicator"), "");
		say(p, " (", text_of(f, "technique"), ")");
		say(p, ": ", text_of(f, "description"), "");
		say(p, "", "\n", "");
		say_place(p, f);
	}
}

static void say_lines(struct page *p, const cJSON *object)
{
	const cJSON *list = list_of(object, "lines");

	if (list)
		say(p, "\n", "  Lines", "\n");
	for (const cJSON *line = list; line; line = line->next) {
		const char *versions = text_of(line, "python");

		say(p, "    ", number_of(line, "number"), " ");
		say(p, "", words_of(deeds, text_of(line, "does"), ""), "");
		if (versions && strcmp(versions, pth_eras_to_string(PTH_ERAS_ALL)) != 0)
			say(p, " (", versions, ")");
		say(p, "", is_true(line, "hidden") ? ", hidden from view" : NULL, "");
		say(p, ", template ", text_of(line, "template"), "");
		say(p, ", runs ", text_of(line, "target"), "");
		say_words(p, ", leads to a place that is ", list_of(line, "places"));
		say(p, "", "\n", "      ");
		say_line(p, text_of(line, "text"));
	}
}

static void say_provenance(struct page *p, const cJSON *object)
{
	const cJSON *provenance = cJSON_GetObjectItemCaseSensitive(object, "provenance");
	const char *package = text_of(provenance, "package");

	if (!provenance)
		return;
	say(p, "  package  ", package ? package : "none has it", "");
	say(p, " ", text_of(provenance, "version"), "");
	say(p, " (", package ? text_of(provenance, "kind") : NULL, ")");
	say(p, "", has_other_content(provenance) ? ", not as the package has it" : "", "\n");
}

int ctl_text_inspect(const cJSON *object, struct str *out)
{
	struct page p = { out, 0 };

	say(&p, "", text_of(object, "path"), "");
	say(&p, " as ", text_of(object, "as"), "");
	say(&p, "\n  ", text_of(object, "verdict"), "");
	say(&p, " (", text_of(object, "unread"), ")");
	say(&p, ", score ", number_of(object, "score"), "");
	say(&p, ", level ", text_of(object, "level"), "");
	say(&p, "", is_true(object, "truncated") ? ", judged by its beginning" : "", "\n");
	say_kind(&p, object);
	say_findings(&p, object);
	say_lines(&p, object);
	if (text_of(object, "decoded")) {
		say(&p, "\n", "  It decodes and would run", "\n    ");
		say_line(&p, text_of(object, "decoded"));
	}
	say(&p, "\n  It switches off ", text_of(object, "disables"), "\n");
	say(&p, "", "\n", "");
	say_provenance(&p, object);
	for (const cJSON *rule = list_of(object, "rules"); rule; rule = rule->next) {
		say(&p, "  rule     ", text_of(rule, "title"), "");
		say(&p, " (", text_of(rule, "level"), ")\n");
	}
	say(&p, "  sha256   ", text_of(object, "sha256"), "\n");
	say(&p, "  size     ", number_of(object, "size"), "\n");
	return p.error;
}

/* ---- in two or three lines -------------------------------------------------------- */

static void say_package(struct page *p, const cJSON *object)
{
	const cJSON *provenance = cJSON_GetObjectItemCaseSensitive(object, "provenance");
	const char *package = text_of(provenance, "package");

	if (provenance)
		say(p, "; ", package ? package : "of no package",
		    has_other_content(provenance) ? " (not as the package has it)" : "");
}

static void say_file(struct page *p, const cJSON *object)
{
	const cJSON *file = cJSON_GetObjectItemCaseSensitive(object, "file");
	const char *mtime = text_of(file, "mtime");

	say(p, "; uid ", text_of(file, "uid"), "");
	say(p, ", ", text_of(file, "mode"), "");
	if (mtime && p->error >= 0)	/* the day is enough */
		p->error = str_appendf(p->out, ", %.10s", mtime);
}

static void say_reason(struct page *p, const cJSON *object)
{
	const cJSON *finding = list_of(object, "findings"), *line = list_of(object, "lines");

	if (finding) {
		const char *detail = text_of(finding, "detail");

		say(p, "      ", text_of(finding, "indicator"), "");
		say(p, ", line ", number_of(finding, "line"), "");
		say(p, "", ": ", "");
		say_line(p, detail ? detail : "");
	} else if (line) {
		say(p, "      line ", number_of(line, "number"), " ");
		say(p, "", words_of(deeds, text_of(line, "does"), ""), ": ");
		say_line(p, text_of(line, "text"));
	}
}

int ctl_text_brief(const cJSON *object, struct str *out)
{
	struct page p = { out, 0 };

	say(&p, "  ", text_of(object, "path"), "\n");
	say(&p, "      ", text_of(object, "verdict"), "");
	say(&p, " (", text_of(object, "unread"), ")");
	say(&p, ", score ", number_of(object, "score"), "");
	say(&p, ", ", text_of(object, "vector"), "");
	say_package(&p, object);
	say_file(&p, object);
	say(&p, "", "\n", "");
	say_reason(&p, object);
	return p.error;
}
