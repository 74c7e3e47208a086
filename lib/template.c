/* template.c - see template.h.
 *
 * Owns: how a template is written, read and compared.  Must not own: which there are (packaging/judgement.d/templates.yml),
 * and what it means that a text is one (content.c).
 *
 * What a placeholder takes is bytes that can neither end a string nor begin a statement, and no more than the same
 * value can be written in all its places: whoever plants a line can choose a name, not code.
 */
#include "template.h"

#include <errno.h>
#include <stdlib.h>

#include "document.h"
#include "limits.h"

/* ---- placeholders ------------------------------------------------------------------------------ */

static bool is_word(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool in_dotted(unsigned char c)
{
	return is_word(c) || c == '.';
}

/* Of a distribution's name and version (PEP 508, PEP 440). */
static bool in_release(unsigned char c)
{
	return in_dotted(c) || c == '-' || c == '+' || c == '!';
}

static bool in_version(unsigned char c)
{
	return (c >= '0' && c <= '9') || c == '.';
}

/* A string's content: neither its end nor an escape. */
static bool in_path(unsigned char c)
{
	return c >= 0x20 && c != 0x7f && c != '\'' && c != '"' && c != '\\';
}

static bool in_tuple(unsigned char c)
{
	return is_word(c) || c == '\'' || c == ',' || c == ' ';
}

static bool in_list(unsigned char c)
{
	return in_path(c) || c == '\'';
}

static bool is_any(struct bytes value)
{
	return value.len > 0;
}

static bool is_dotted(struct bytes value)
{
	unsigned char last = '.';

	for (size_t i = 0; i < value.len; i++) {
		if (last == '.' && value.ptr[i] == '.')
			return false;
		last = (unsigned char)value.ptr[i];
	}
	return last != '.';
}

/* Nor "..": it may stand in a path. */
static bool is_release(struct bytes value)
{
	return is_dotted(value) && is_word((unsigned char)value.ptr[0]);
}

static bool is_path(struct bytes value)
{
	return value.len > 0 && value.ptr[0] == '/';
}

/* ['/usr/lib/a', '/b'], as repr() writes it. */
static bool is_list(struct bytes value)
{
	if (value.len < 2 || value.ptr[0] != '[' || value.ptr[value.len - 1] != ']')
		return false;
	value = bytes_slice(value, 1, value.len - 2);
	while (value.len > 0) {
		ptrdiff_t end = value.ptr[0] == '\'' ? bytes_find_byte(value, '\'', 1) : -1;

		if (end < 0 || !is_path(bytes_slice(value, 1, (size_t)end - 1)))
			return false;
		value = bytes_slice(value, (size_t)end + 1, value.len - (size_t)end - 1);
		if (value.len == 0)
			return true;
		if (!bytes_has_prefix(value, BYTES_LIT(", ")) || value.len == 2)
			return false;
		value = bytes_slice(value, 2, value.len - 2);
	}
	return true;
}

static const struct kind {
	struct bytes word;
	bool (*allows)(unsigned char c);	/* a byte of the value */
	bool (*is)(struct bytes value);		/* of allowed bytes */
	bool quoted;				/* must stand between quotes */
	bool in_file;				/* may stand in the name of a file */
} kinds[] = {
	{ BYTES_LIT("NAME"), is_word, is_any, false, true },
	{ BYTES_LIT("DOTTED"), in_dotted, is_dotted, false, true },
	{ BYTES_LIT("RELEASE"), in_release, is_release, false, true },
	{ BYTES_LIT("VERSION"), in_version, is_dotted, false, true },
	{ BYTES_LIT("PATH"), in_path, is_path, true, false },
	{ BYTES_LIT("LIST"), in_list, is_list, false, false },
};

static bool is_plain(struct bytes value, struct bytes written)
{
	return bytes_equal(value, written);
}

/* foo-1.0 as foo_1_0: setuptools' safe_identifier(), re.sub(r'\W', '_', name) */
static bool is_identifier_of(struct bytes value, struct bytes written)
{
	if (value.len != written.len)
		return false;
	for (size_t i = 0; i < value.len; i++)
		if (written.ptr[i] != (is_word((unsigned char)value.ptr[i]) ? value.ptr[i] : '_'))
			return false;
	return true;
}

/* a.b as 'a', 'b' and a as 'a', - repr() of a tuple without its parentheses. */
static bool is_tuple_of(struct bytes value, struct bytes written)
{
	size_t i = 0;

	for (size_t from = 0;;) {
		ptrdiff_t dot = bytes_find_byte(value, '.', from);
		size_t len = (dot < 0 ? value.len : (size_t)dot) - from;

		if (written.len - i < len + 2 || written.ptr[i] != '\'' ||
		    !bytes_equal(bytes_slice(written, i + 1, len), bytes_slice(value, from, len)) ||
		    written.ptr[i + 1 + len] != '\'')
			return false;
		i += len + 2;
		if (dot < 0)
			return from == 0 ? i + 1 == written.len && written.ptr[i] == ',' : i == written.len;
		if (written.len - i < 2 || written.ptr[i] != ',' || written.ptr[i + 1] != ' ')
			return false;
		i += 2;
		from = (size_t)dot + 1;
	}
}

/* a.b as a */
static bool is_parent_of(struct bytes value, struct bytes written)
{
	ptrdiff_t dot = bytes_find_last_byte(value, '.');

	return dot >= 0 && bytes_equal(bytes_slice(value, 0, (size_t)dot), written);
}

/* a.b as b */
static bool is_last_of(struct bytes value, struct bytes written)
{
	ptrdiff_t dot = bytes_find_last_byte(value, '.');

	return dot >= 0 && bytes_equal(bytes_slice(value, (size_t)dot + 1, value.len - (size_t)dot - 1), written);
}

static const struct form {
	struct bytes word;
	bool (*allows)(unsigned char c);	/* NULL: as the kind */
	bool (*is)(struct bytes value, struct bytes written);
} forms[] = {
	{ BYTES_LIT(""), NULL, is_plain },
	{ BYTES_LIT("identifier"), is_word, is_identifier_of },
	{ BYTES_LIT("tuple"), in_tuple, is_tuple_of },
	{ BYTES_LIT("parent"), in_dotted, is_parent_of },
	{ BYTES_LIT("last"), is_word, is_last_of },
};

/* ---- what a template is made of --------------------------------------------------------------------- */

/* A literal, and the placeholder behind it. */
struct piece {
	struct bytes literal;		/* in the pattern's text */
	const struct kind *kind;	/* NULL: nothing; only in the last piece */
	const struct form *form;
	struct bytes slot;		/* "NAME", "NAME2": what is written in all places of it is the same */
};

struct pattern {
	char *text;
	struct piece pieces[TEMPLATE_PIECES_MAX];
	size_t count;
	size_t slashes;			/* of a file's: so many components before the last */
};

struct template {
	char *name;
	enum template_kind kind;
	bool own_name;
	struct pattern *texts, *files;
	size_t text_count, file_count;
};

struct templates {
	struct template *list;
	size_t count;
};

/* What the placeholders of one pattern have taken. */
struct taken {
	struct bytes values[TEMPLATE_PIECES_MAX];
};

static bool (*allows(const struct piece *p))(unsigned char)
{
	return p->form->allows ? p->form->allows : p->kind->allows;
}

/* ---- comparing ------------------------------------------------------------------------------------------ */

/* How many of the first bytes of `b` are allowed. */
static size_t run(struct bytes b, bool (*allowed)(unsigned char))
{
	size_t n = 0;

	while (n < b.len && allowed((unsigned char)b.ptr[n]))
		n++;
	return n;
}

static bool skip(struct bytes *text, struct bytes literal)
{
	if (!bytes_has_prefix(*text, literal))
		return false;
	*text = bytes_slice(*text, literal.len, text->len - literal.len);
	return true;
}

/* The whole of `text`.  What follows a placeholder may begin with bytes that it allows: they are the last of the run. */
static bool match_pattern(const struct pattern *pattern, struct bytes text, struct taken *ret)
{
	if (!skip(&text, pattern->pieces[0].literal))
		return false;
	for (size_t i = 0; i < pattern->count && pattern->pieces[i].kind; i++) {
		const struct piece *p = &pattern->pieces[i];
		struct bytes next = i + 1 < pattern->count ? p[1].literal : BYTES_LIT("");
		size_t shared = run(next, allows(p)), len = run(text, allows(p));

		if (len <= shared)
			return false;
		ret->values[i] = bytes_slice(text, 0, len - shared);
		text = bytes_slice(text, len - shared, text.len - (len - shared));
		if (!skip(&text, next) || (p->form == &forms[0] && !p->kind->is(ret->values[i])))
			return false;
	}
	return text.len == 0;
}

/* The value that stands plainly in the slot. */
static bool plain_value(struct bytes slot, const struct pattern *pattern, const struct taken *taken, struct bytes *ret)
{
	for (size_t i = 0; i < pattern->count; i++)
		if (pattern->pieces[i].kind && pattern->pieces[i].form == &forms[0] &&
		    bytes_equal(pattern->pieces[i].slot, slot)) {
			if (taken)
				*ret = taken->values[i];
			return true;
		}
	return false;
}

/* All places of `in` say the same as the plain ones of either pattern. */
static bool agree(const struct pattern *in, const struct taken *in_taken, const struct pattern *other,
		  const struct taken *other_taken)
{
	for (size_t i = 0; i < in->count && in->pieces[i].kind; i++) {
		const struct piece *p = &in->pieces[i];
		struct bytes value;

		if (!plain_value(p->slot, other, other_taken, &value) && !plain_value(p->slot, in, in_taken, &value))
			return false;
		if (!p->form->is(value, in_taken->values[i]))
			return false;
	}
	return true;
}

/* The last components of the path, as many as the pattern has. */
static struct bytes tail(struct bytes path, const struct pattern *file)
{
	size_t from = path.len, slashes = file->slashes;

	if (file->text[0] == '/')
		return path;
	while (from > 0 && (path.ptr[from - 1] != '/' || slashes-- > 0))
		from--;
	return bytes_slice(path, from, path.len - from);
}

static bool match_template(const struct template *t, struct bytes path, struct bytes text)
{
	struct taken of_file, of_text;

	for (size_t f = 0; f < t->file_count; f++) {
		if (!match_pattern(&t->files[f], tail(path, &t->files[f]), &of_file))
			continue;
		for (size_t i = 0; i < t->text_count; i++)
			if (match_pattern(&t->texts[i], text, &of_text) &&
			    agree(&t->texts[i], &of_text, &t->files[f], &of_file) &&
			    agree(&t->files[f], &of_file, &t->texts[i], &of_text))
				return true;
	}
	return false;
}

/* Of a line without blanks at its ends, of a file without empty lines there: neither runs. */
static struct bytes core(enum template_kind kind, struct bytes text)
{
	if (kind != TEMPLATE_FILE)
		return bytes_trim(text);
	while (text.len > 0 && text.ptr[0] == '\n')
		text = bytes_slice(text, 1, text.len - 1);
	while (text.len > 0 && text.ptr[text.len - 1] == '\n')
		text.len--;
	return text;
}

const char *templates_match(const struct templates *t, enum template_kind kind, struct bytes path, struct bytes text)
{
	text = core(kind, text);
	for (size_t i = 0; i < t->count; i++)
		if (t->list[i].kind == kind && match_template(&t->list[i], path, text))
			return t->list[i].name;
	return NULL;
}

bool templates_know_name(const struct templates *t, enum template_kind kind, struct bytes path)
{
	struct taken taken;

	for (size_t i = 0; i < t->count; i++)
		for (size_t f = 0; f < t->list[i].file_count; f++)
			if (t->list[i].kind == kind && t->list[i].own_name &&
			    match_pattern(&t->list[i].files[f], tail(path, &t->list[i].files[f]), &taken))
				return true;
	return false;
}

/* ---- reading ------------------------------------------------------------------------------------------------ */

/* Where the text of a problem is. */
struct source {
	const char *file;
	struct problems *problems;
};

/* Answers -EINVAL. */
static int refuse(const struct source *s, const cJSON *node, const char *what)
{
	problems_add(s->problems, s->file, document_line(node), document_column(node), "%s", what);
	return -EINVAL;
}

static int refuse_key(const struct source *s, const cJSON *node)
{
	problems_add(s->problems, s->file, document_key_line(node), document_key_column(node), "unknown key '%.64s'",
		     node->string);
	return -EINVAL;
}

static bool is_capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* "NAME2": the kind NAME.  NULL: of no kind. */
static const struct kind *kind_of(struct bytes slot)
{
	while (slot.len > 0 && slot.ptr[slot.len - 1] >= '0' && slot.ptr[slot.len - 1] <= '9')
		slot.len--;
	for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
		if (bytes_equal(slot, kinds[i].word))
			return &kinds[i];
	return NULL;
}

static const struct form *form_of(struct bytes word)
{
	for (size_t i = 1; i < ELEMENTSOF(forms); i++)
		if (bytes_equal(word, forms[i].word))
			return &forms[i];
	return NULL;
}

/* What stands between the braces. */
static bool parse_placeholder(struct bytes inside, struct piece *ret)
{
	ptrdiff_t colon = bytes_find_byte(inside, ':', 0);

	ret->slot = colon < 0 ? inside : bytes_slice(inside, 0, (size_t)colon);
	ret->kind = kind_of(ret->slot);
	ret->form = colon < 0 ? &forms[0] :
		    form_of(bytes_slice(inside, (size_t)colon + 1, inside.len - (size_t)colon - 1));
	return ret->kind && ret->form;
}

/* Behind a placeholder something must end its run: a byte that it does not allow, or the end of all. */
static bool ends_run(const struct pattern *p, size_t i)
{
	struct bytes next = i + 1 < p->count ? p->pieces[i + 1].literal : BYTES_LIT("");

	return run(next, allows(&p->pieces[i])) < next.len || i + 1 >= p->count || !p->pieces[i + 1].kind;
}

static bool is_quote(struct bytes b, bool last)
{
	char c = b.len > 0 ? b.ptr[last ? b.len - 1 : 0] : '\0';

	return c == '\'' || c == '"';
}

static int check_pattern(const struct source *s, const cJSON *node, const struct pattern *p, bool is_file)
{
	for (size_t i = 0; i < p->count && p->pieces[i].kind; i++) {
		const struct piece *piece = &p->pieces[i];

		if (is_file && !piece->kind->in_file)
			return refuse(s, node, "the name of a file cannot hold such a placeholder");
		if (!ends_run(p, i))
			return refuse(s, node, "nothing ends one of the placeholders: what follows it could be a part of it");
		if (piece->kind->quoted &&
		    (i + 1 == p->count || !is_quote(piece->literal, true) || !is_quote(piece[1].literal, false)))
			return refuse(s, node, "a path must stand between quotes");
	}
	return 0;
}

/* A brace that is followed by a capital begins a placeholder; others are themselves. */
static int parse_pattern(const struct source *s, const cJSON *node, bool is_file, enum template_kind kind,
			 struct pattern *ret)
{
	struct bytes text;
	size_t from = 0;

	if (!cJSON_IsString(node))
		return refuse(s, node, "must be a text");
	ret->text = strdup(node->valuestring);
	if (!ret->text)
		return -ENOMEM;
	text = is_file ? bytes_of(ret->text) : core(kind, bytes_of(ret->text));
	if (text.len == 0)
		return refuse(s, node, "must not be empty");

	for (size_t i = 0; i < text.len; i++) {
		ptrdiff_t end;

		ret->slashes += is_file && text.ptr[i] == '/';
		if (text.ptr[i] != '{' || i + 1 == text.len || !is_capital(text.ptr[i + 1]))
			continue;
		end = bytes_find_byte(text, '}', i);
		if (ret->count + 1 >= TEMPLATE_PIECES_MAX)
			return refuse(s, node, "has too many placeholders");
		if (end < 0 || !parse_placeholder(bytes_slice(text, i + 1, (size_t)end - i - 1), &ret->pieces[ret->count]))
			return refuse(s, node, "has an unknown placeholder");
		ret->pieces[ret->count++].literal = bytes_slice(text, from, i - from);
		i = (size_t)end;
		from = i + 1;
	}
	if (from < text.len || ret->count == 0)
		ret->pieces[ret->count++].literal = bytes_slice(text, from, text.len - from);
	return check_pattern(s, node, ret, is_file);
}

/* One text or a list of them. */
static int parse_patterns(const struct source *s, const cJSON *node, bool is_file, enum template_kind kind,
			  struct pattern **ret, size_t *ret_count)
{
	const cJSON *item = cJSON_IsArray(node) ? node->child : node;
	int count = cJSON_IsArray(node) ? cJSON_GetArraySize(node) : 1;

	if (count == 0 || count > TEMPLATE_PATTERNS_MAX)
		return refuse(s, node, "must have at least one text, and not too many");
	*ret = calloc((size_t)count, sizeof(**ret));
	if (!*ret)
		return -ENOMEM;
	for (*ret_count = 0; *ret_count < (size_t)count; item = item->next) {
		int r = parse_pattern(s, item, is_file, kind, &(*ret)[(*ret_count)++]);

		if (r < 0)
			return r;
	}
	return 0;
}

/* Each placeholder of `in` stands plainly somewhere, or nobody could say what it is. */
static bool is_decided(const struct pattern *in, const struct pattern *other)
{
	for (size_t i = 0; i < in->count && in->pieces[i].kind; i++)
		if (!plain_value(in->pieces[i].slot, in, NULL, NULL) &&
		    !plain_value(in->pieces[i].slot, other, NULL, NULL))
			return false;
	return true;
}

static bool are_decided(const struct template *t)
{
	for (size_t f = 0; f < t->file_count; f++)
		for (size_t i = 0; i < t->text_count; i++)
			if (!is_decided(&t->files[f], &t->texts[i]) || !is_decided(&t->texts[i], &t->files[f]))
				return false;
	return true;
}

static bool parse_kind(const cJSON *node, enum template_kind *ret)
{
	static const struct bytes words[] = {
		[TEMPLATE_PTH_LINE] = BYTES_LIT("pth-line"),
		[TEMPLATE_START_LINE] = BYTES_LIT("start-line"),
		[TEMPLATE_FILE] = BYTES_LIT("file"),
	};

	for (size_t i = 0; cJSON_IsString(node) && i < ELEMENTSOF(words); i++)
		if (bytes_equal(bytes_of(node->valuestring), words[i])) {
			*ret = (enum template_kind)i;
			return true;
		}
	return false;
}

static bool parse_truth(const cJSON *node, bool *ret)
{
	struct bytes text = cJSON_IsString(node) ? bytes_of(node->valuestring) : BYTES_NONE;

	*ret = bytes_equal(text, BYTES_LIT("true"));
	return *ret || bytes_equal(text, BYTES_LIT("false"));
}

enum key { KEY_NAME, KEY_KIND, KEY_FILE, KEY_TEXT, KEY_OWN_NAME, KEY_REFERENCE, KEYS };

static const struct {
	struct bytes word;
	bool required;
} keys[KEYS] = {
	[KEY_NAME] = { BYTES_LIT("name"), true },
	[KEY_KIND] = { BYTES_LIT("kind"), true },
	[KEY_FILE] = { BYTES_LIT("file"), true },
	[KEY_TEXT] = { BYTES_LIT("text"), true },
	[KEY_OWN_NAME] = { BYTES_LIT("own_name"), false },
	[KEY_REFERENCE] = { BYTES_LIT("reference"), false },
};

static int find_keys(const struct source *s, const cJSON *node, const cJSON *ret[static KEYS])
{
	const cJSON *item;

	cJSON_ArrayForEach(item, node) {
		size_t i = 0;

		while (i < KEYS && !bytes_equal(bytes_of(item->string), keys[i].word))
			i++;
		if (i == KEYS)
			return refuse_key(s, item);
		ret[i] = item;
	}
	for (size_t i = 0; i < KEYS; i++)
		if (keys[i].required && !ret[i]) {
			problems_add(s->problems, s->file, document_line(node), document_column(node),
				     "the template has no '%s'", keys[i].word.ptr);
			return -EINVAL;
		}
	return 0;
}

static int parse_template(const struct source *s, const cJSON *node, struct template *ret)
{
	const cJSON *found[KEYS] = { NULL };
	int r;

	if (!cJSON_IsObject(node))
		return refuse(s, node, "must be a mapping");
	r = find_keys(s, node, found);
	if (r < 0)
		return r;
	if (!cJSON_IsString(found[KEY_NAME]) || found[KEY_NAME]->valuestring[0] == '\0')
		return refuse(s, found[KEY_NAME], "must be a text");
	if (!parse_kind(found[KEY_KIND], &ret->kind))
		return refuse(s, found[KEY_KIND], "must be pth-line, start-line or file");
	if (found[KEY_OWN_NAME] && !parse_truth(found[KEY_OWN_NAME], &ret->own_name))
		return refuse(s, found[KEY_OWN_NAME], "must be true or false");
	if (found[KEY_REFERENCE] && !cJSON_IsString(found[KEY_REFERENCE]))
		return refuse(s, found[KEY_REFERENCE], "must be a text");

	ret->name = strdup(found[KEY_NAME]->valuestring);
	if (!ret->name)
		return -ENOMEM;
	r = parse_patterns(s, found[KEY_FILE], true, ret->kind, &ret->files, &ret->file_count);
	if (r < 0)
		return r;
	r = parse_patterns(s, found[KEY_TEXT], false, ret->kind, &ret->texts, &ret->text_count);
	if (r < 0)
		return r;
	return are_decided(ret) ? 0 :
	       refuse(s, node, "a placeholder stands nowhere plainly (without ':'), neither in 'file' nor in 'text'");
}

/* ---- life cycle ------------------------------------------------------------------------------------------------ */

static void patterns_release(struct pattern *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(list[i].text);
	free(list);
}

static void template_release(struct template *t)
{
	patterns_release(t->texts, t->text_count);
	patterns_release(t->files, t->file_count);
	free(t->name);
}

int templates_new(struct templates **ret)
{
	struct templates *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	*ret = t;
	return 0;
}

struct templates *templates_free(struct templates *t)
{
	if (t) {
		for (size_t i = 0; i < t->count; i++)
			template_release(&t->list[i]);
		free(t->list);
		free(t);
	}
	return NULL;
}

int templates_add(struct templates *t, const cJSON *node, const char *file, struct problems *problems)
{
	const struct source s = { file, problems };
	const cJSON *item;

	if (!cJSON_IsArray(node)) {
		(void)refuse(&s, node, "must be a list of templates");
		return 0;
	}
	cJSON_ArrayForEach(item, node) {
		_cleanup_(template_release) struct template one = { .name = NULL };
		struct template *list;
		int r = parse_template(&s, item, &one);

		if (r == -EINVAL)
			continue;
		if (r < 0)
			return r;
		if (t->count == TEMPLATES_MAX) {
			(void)refuse(&s, item, "is one template too many");
			return 0;
		}
		list = realloc(t->list, (t->count + 1) * sizeof(*list));
		if (!list)
			return -ENOMEM;
		t->list = list;
		list[t->count++] = TAKE(one, (struct template){ .name = NULL });
	}
	return 0;
}
