/* vocabulary.c - see vocabulary.h.
 *
 * Owns: how a name and a text are written in the data, and how they are found.  Must not own: which they are
 * (packaging/judgement.d/vocabulary.yml), what they weigh (judgement.c).
 *
 * The automaton for the texts is a table of states by classes of bytes.  ASCII letters are folded in it, and a text that
 * is written with a capital is compared once more where it ends; so are its borders.  A state's texts are those that
 * end there: its own and, by `shorter`, those that are an ending of it; that chain is no longer than the longest text,
 * which is bounded, and nothing is compared for an indicator that was found before.  So a search is linear.
 */
#include "vocabulary.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "document.h"
#include "indicator.h"
#include "judgement.h"
#include "limits.h"

struct name {
	struct bytes text;		/* owned */
	unsigned classes;		/* of the name itself */
	unsigned below;			/* of all names below it: "subprocess.*" */
};

struct alias {
	struct bytes from, to;		/* owned */
};

struct text {
	struct bytes text;		/* owned; as written, without the stars */
	bool exact;			/* it has a capital: case counts */
	bool border_before, border_after;
	uint64_t bit;
	uint32_t next;			/* the next text that ends in the same state; index + 1 */
};

struct state {
	uint32_t first;			/* its own texts: index + 1; 0: none */
	uint16_t shorter;		/* the longest ending of it that has texts; 0: none */
	uint16_t failure;		/* the longest ending of it that is a state */
};

enum form {
	FORM_ADDRESS_AND_PORT,
	FORMS
};

struct vocabulary {
	struct name *names;
	size_t name_count;
	struct alias *aliases;
	size_t alias_count;
	struct text *texts;
	size_t text_count, text_bytes;
	uint64_t form_bits[FORMS];	/* indicators of each form; 0: not looked for */

	unsigned char class_of[256];
	size_t classes;
	struct state *states;
	uint16_t *next;			/* states by classes */
	size_t state_count, state_capacity;
	uint64_t bits;			/* of all texts */
};

/* ---- words of the data ---------------------------------------------------------------- */

static const struct {
	struct bytes word;
	enum name_class class;
} class_table[] = {
	{ BYTES_LIT("process"), NAME_PROCESS },
	{ BYTES_LIT("background"), NAME_BACKGROUND },
	{ BYTES_LIT("network"), NAME_NETWORK },
	{ BYTES_LIT("native"), NAME_NATIVE },
	{ BYTES_LIT("decode"), NAME_DECODE },
	{ BYTES_LIT("execute"), NAME_EXECUTE },
	{ BYTES_LIT("compile"), NAME_COMPILE },
	{ BYTES_LIT("unmarshal"), NAME_UNMARSHAL },
	{ BYTES_LIT("read-file"), NAME_READ_FILE },
	{ BYTES_LIT("write-file"), NAME_WRITE_FILE },
	{ BYTES_LIT("path-insert"), NAME_PATH_INSERT },
	{ BYTES_LIT("import-hook"), NAME_IMPORT_HOOK },
	{ BYTES_LIT("load-file"), NAME_LOAD_FILE },
	{ BYTES_LIT("interference"), NAME_INTERFERENCE },
	{ BYTES_LIT("anti-analysis"), NAME_ANTI_ANALYSIS },
	{ BYTES_LIT("harvest"), NAME_HARVEST },
	{ BYTES_LIT("reflection"), NAME_REFLECTION },
	{ BYTES_LIT("import"), NAME_IMPORT },
	{ BYTES_LIT("input"), NAME_INPUT },
	{ BYTES_LIT("library"), NAME_LIBRARY },
	{ BYTES_LIT("keep"), NAME_KEEP },
};

static bool class_from_string(struct bytes word, enum name_class *ret)
{
	for (size_t i = 0; i < ELEMENTSOF(class_table); i++)
		if (bytes_equal(word, class_table[i].word)) {
			*ret = class_table[i].class;
			return true;
		}
	return false;
}

static bool is_word(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c >= 0x80;
}

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static unsigned char fold(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + ('a' - 'A')) : c;
}

static bool is_dotted(struct bytes name)
{
	bool start = true;

	if (name.len == 0 || name.len > VOCABULARY_BYTES_MAX)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.ptr[i];

		if (c == '.' ? start : !is_word(c))
			return false;
		start = c == '.';
	}
	return !start;
}

/* ---- collecting ----------------------------------------------------------------------- */

/* `subject`: what is quoted; NULL: nothing. */
static void refuse(struct problems *problems, const char *file, const cJSON *node, const char *subject, const char *what)
{
	problems_add(problems, file, document_line(node), document_column(node), subject ? "'%.64s' %s" : "%s%s",
		     subject ? subject : "", what);
}

static int copy(struct bytes b, struct bytes *ret)
{
	char *text = malloc(b.len + 1);

	if (!text)
		return -ENOMEM;
	memcpy(text, b.ptr, b.len);
	text[b.len] = '\0';
	*ret = (struct bytes){ text, b.len };
	return 0;
}

/* Room for one more in an array of `count`, which grows by doubling: at 0 and at each power of two. */
static int room(void *array, size_t count, size_t size)
{
	void **list = array, *more;

	if (count > 0 && (count & (count - 1)) != 0)
		return 0;
	more = realloc(*list, (count > 0 ? count * 2 : 1) * size);
	if (!more)
		return -ENOMEM;
	*list = more;
	return 0;
}

typedef int (*add_fn)(struct vocabulary *v, const cJSON *group, const cJSON *item, const char *file,
		      struct problems *problems);

/* A mapping of groups, each a list of texts. */
static int add_groups(struct vocabulary *v, const cJSON *node, const char *file, struct problems *problems,
		      add_fn add)
{
	const cJSON *group, *item;
	int r;

	if (!cJSON_IsObject(node)) {
		refuse(problems, file, node, NULL, "must be a mapping of lists");
		return 0;
	}
	cJSON_ArrayForEach(group, node) {
		if (!cJSON_IsArray(group)) {
			refuse(problems, file, group, group->string, "must be a list");
			continue;
		}
		cJSON_ArrayForEach(item, group) {
			if (!cJSON_IsString(item) || item->valuestring[0] == '\0') {
				refuse(problems, file, item, group->string, "must hold texts");
				continue;
			}
			r = add(v, group, item, file, problems);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

static int add_name(struct vocabulary *v, const cJSON *group, const cJSON *item, const char *file,
		    struct problems *problems)
{
	struct bytes name = bytes_of(item->valuestring);
	struct name one = { .text = BYTES_NONE };
	enum name_class class;
	bool below = bytes_has_suffix(name, BYTES_LIT(".*"));
	int r;

	if (!class_from_string(bytes_of(group->string), &class)) {
		problems_add(problems, file, document_key_line(group), document_key_column(group),
			     "unknown class '%.64s'", group->string);
		return 0;
	}
	if (below)
		name.len -= 2;
	if (!is_dotted(name)) {
		refuse(problems, file, item, item->valuestring, "is no dotted name, or too long");
		return 0;
	}
	if (v->name_count == VOCABULARY_ENTRIES_MAX) {
		refuse(problems, file, item, item->valuestring, "is one name too many");
		return 0;
	}

	r = room(&v->names, v->name_count, sizeof(*v->names));
	if (r < 0)
		return r;
	r = copy(name, &one.text);
	if (r < 0)
		return r;
	*(below ? &one.below : &one.classes) = class;
	v->names[v->name_count++] = one;
	return 0;
}

int vocabulary_add_names(struct vocabulary *v, const cJSON *node, const char *file, struct problems *problems)
{
	return add_groups(v, node, file, problems, add_name);
}

int vocabulary_add_aliases(struct vocabulary *v, const cJSON *node, const char *file, struct problems *problems)
{
	const cJSON *item;
	int r;

	if (!cJSON_IsObject(node)) {
		refuse(problems, file, node, NULL, "must be a mapping of names to names");
		return 0;
	}
	cJSON_ArrayForEach(item, node) {
		struct alias one = { BYTES_NONE, BYTES_NONE };
		struct bytes from = bytes_of(item->string);
		struct bytes to = cJSON_IsString(item) ? bytes_of(item->valuestring) : BYTES_NONE;

		if (!is_dotted(from) || !to.ptr || (to.len > 0 && !is_dotted(to))) {
			refuse(problems, file, item, item->string, "must be a name that stands for another");
			continue;
		}
		if (v->alias_count == VOCABULARY_ENTRIES_MAX) {
			refuse(problems, file, item, item->string, "is one alias too many");
			return 0;
		}
		r = room(&v->aliases, v->alias_count, sizeof(*v->aliases));
		if (r < 0)
			return r;
		r = copy(from, &one.from);
		if (r < 0)
			return r;
		r = copy(to, &one.to);
		if (r < 0) {
			free((char *)one.from.ptr);
			return r;
		}
		v->aliases[v->alias_count++] = one;
	}
	return 0;
}

/* ---- forms: what is no fixed text ---------------------------------------------------------- */

/* Digits from *i on, at most `max`. */
static bool skip_number(struct bytes text, size_t *i, size_t max)
{
	size_t start = *i;

	while (*i < text.len && *i - start < max && is_digit((unsigned char)text.ptr[*i]))
		(*i)++;
	return *i > start && (*i == text.len || !is_digit((unsigned char)text.ptr[*i]));
}

static bool is_address(struct bytes text, size_t i)
{
	for (int part = 0; part < 4; part++) {
		if (part > 0 && (i >= text.len || text.ptr[i++] != '.'))
			return false;
		if (!skip_number(text, &i, 3))
			return false;
	}
	return i < text.len && text.ptr[i++] == ':' && skip_number(text, &i, 5);
}

/* 203.0.113.7:4444.  A version has no colon, a time no dots. */
static bool has_address_and_port(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (is_digit((unsigned char)text.ptr[i]) &&
		    (i == 0 || (!is_word((unsigned char)text.ptr[i - 1]) && text.ptr[i - 1] != '.')) &&
		    is_address(text, i))
			return true;
	return false;
}

static const struct {
	struct bytes word;
	bool (*find)(struct bytes text);
} forms[FORMS] = {
	[FORM_ADDRESS_AND_PORT] = { BYTES_LIT("{ADDRESS:PORT}"), has_address_and_port },
};

static bool add_form(struct vocabulary *v, struct bytes text, uint64_t bit)
{
	for (size_t i = 0; i < FORMS; i++)
		if (bytes_equal(text, forms[i].word)) {
			v->form_bits[i] |= bit;
			return true;
		}
	return false;
}

/* ---- texts ----------------------------------------------------------------------------------- */

/* A star at an end: whatever adjoins.  Else a letter or digit at an end is an end of a word, and a dot at the beginning
 * that of a file's name: Application.profile is none. */
static struct text read_text(struct bytes written)
{
	struct text t = { .text = written, .border_before = true, .border_after = true };

	if (bytes_has_prefix(t.text, BYTES_LIT("*"))) {
		t.text = bytes_slice(t.text, 1, t.text.len - 1);
		t.border_before = false;
	}
	if (bytes_has_suffix(t.text, BYTES_LIT("*"))) {
		t.text.len--;
		t.border_after = false;
	}
	for (size_t i = 0; i < t.text.len; i++)
		t.exact |= fold((unsigned char)t.text.ptr[i]) != (unsigned char)t.text.ptr[i];
	if (t.text.len > 0) {
		t.border_before &= is_word((unsigned char)t.text.ptr[0]) || t.text.ptr[0] == '.';
		t.border_after &= is_word((unsigned char)t.text.ptr[t.text.len - 1]);
	}
	return t;
}

static int add_text(struct vocabulary *v, const cJSON *group, const cJSON *item, const char *file,
		    struct problems *problems)
{
	struct text one = read_text(bytes_of(item->valuestring));
	enum indicator indicator;
	int r;

	if (indicator_from_string(bytes_of(group->string), &indicator) < 0) {
		problems_add(problems, file, document_key_line(group), document_key_column(group),
			     "unknown indicator '%.64s'", group->string);
		return 0;
	}
	if (add_form(v, bytes_of(item->valuestring), INDICATOR_BIT(indicator)))
		return 0;
	if (one.text.len < VOCABULARY_TEXT_BYTES_MIN || one.text.len > VOCABULARY_BYTES_MAX) {
		refuse(problems, file, item, item->valuestring, "is too short or too long to be looked for");
		return 0;
	}
	if (v->text_count == VOCABULARY_ENTRIES_MAX ||
	    v->text_bytes + one.text.len > VOCABULARY_TEXTS_BYTES_MAX) {
		refuse(problems, file, item, item->valuestring, "is one text too many");
		return 0;
	}

	r = room(&v->texts, v->text_count, sizeof(*v->texts));
	if (r < 0)
		return r;
	r = copy(one.text, &one.text);
	if (r < 0)
		return r;
	one.bit = INDICATOR_BIT(indicator);
	v->texts[v->text_count++] = one;
	v->text_bytes += one.text.len;
	v->bits |= one.bit;
	return 0;
}

int vocabulary_add_texts(struct vocabulary *v, const cJSON *node, const char *file, struct problems *problems)
{
	return add_groups(v, node, file, problems, add_text);
}

/* ---- the automaton ----------------------------------------------------------------------------- */

/* Bytes that no text has are of one class, 0. */
static void number_classes(struct vocabulary *v)
{
	v->classes = 1;
	for (size_t t = 0; t < v->text_count; t++)
		for (size_t i = 0; i < v->texts[t].text.len; i++) {
			unsigned char *class = &v->class_of[fold((unsigned char)v->texts[t].text.ptr[i])];

			if (*class == 0)
				*class = (unsigned char)v->classes++;
		}
	for (unsigned c = 'A'; c <= 'Z'; c++)
		v->class_of[c] = v->class_of[fold((unsigned char)c)];
}

static int add_state(struct vocabulary *v, uint16_t *ret)
{
	if (v->state_count == v->state_capacity) {
		size_t capacity = v->state_capacity ? v->state_capacity * 2 : 256;
		struct state *states = realloc(v->states, capacity * sizeof(*states));
		uint16_t *next;

		if (!states)
			return -ENOMEM;
		v->states = states;
		next = realloc(v->next, capacity * v->classes * sizeof(*next));
		if (!next)
			return -ENOMEM;
		v->next = next;
		v->state_capacity = capacity;
	}
	v->states[v->state_count] = (struct state){ 0 };
	memset(v->next + v->state_count * v->classes, 0, v->classes * sizeof(*v->next));
	*ret = (uint16_t)v->state_count++;
	return 0;
}

/* The way of one text, made where it is missing.  0 or -ENOMEM. */
static int add_way(struct vocabulary *v, size_t index)
{
	struct text *t = &v->texts[index];
	uint16_t state = 0;

	for (size_t i = 0; i < t->text.len; i++) {
		size_t edge = state * v->classes + v->class_of[(unsigned char)t->text.ptr[i]];
		uint16_t to = v->next[edge];
		int r;

		if (to == 0) {
			r = add_state(v, &to);
			if (r < 0)
				return r;
			v->next[edge] = to;
		}
		state = to;
	}
	t->next = v->states[state].first;
	v->states[state].first = (uint32_t)index + 1;
	return 0;
}

/* Breadth first: whatever a state lacks, its longest ending has. */
static int complete(struct vocabulary *v)
{
	_cleanup_free_ uint16_t *queue = calloc(v->state_count, sizeof(*queue));
	size_t head = 0, tail = 0;

	if (!queue)
		return -ENOMEM;
	for (size_t c = 0; c < v->classes; c++)
		if (v->next[c] != 0)
			queue[tail++] = v->next[c];

	while (head < tail) {
		uint16_t state = queue[head++];
		uint16_t failure = v->states[state].failure;

		v->states[state].shorter = v->states[failure].first ? failure : v->states[failure].shorter;
		for (size_t c = 0; c < v->classes; c++) {
			uint16_t *to = &v->next[state * v->classes + c];
			uint16_t fallback = v->next[failure * v->classes + c];

			if (*to == 0) {
				*to = fallback;
			} else {
				v->states[*to].failure = fallback;
				queue[tail++] = *to;
			}
		}
	}
	return 0;
}

static int build_automaton(struct vocabulary *v)
{
	uint16_t root;
	int r;

	number_classes(v);
	r = add_state(v, &root);
	for (size_t i = 0; r >= 0 && i < v->text_count; i++)
		r = add_way(v, i);
	return r < 0 ? r : complete(v);
}

/* ---- names --------------------------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b)
{
	return bytes_compare(((const struct name *)a)->text, ((const struct name *)b)->text);
}

static int compare_aliases(const void *a, const void *b)
{
	return bytes_compare(((const struct alias *)a)->from, ((const struct alias *)b)->from);
}

/* A name that is in several lists becomes one entry. */
static void merge_names(struct vocabulary *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->name_count; i++) {
		if (n > 0 && compare_names(&v->names[n - 1], &v->names[i]) == 0) {
			v->names[n - 1].classes |= v->names[i].classes;
			v->names[n - 1].below |= v->names[i].below;
			free((char *)v->names[i].text.ptr);
		} else {
			v->names[n++] = v->names[i];
		}
	}
	v->name_count = n;
}

int vocabulary_finish(struct vocabulary *v)
{
	if (v->name_count > 0)
		qsort(v->names, v->name_count, sizeof(*v->names), compare_names);
	merge_names(v);
	if (v->alias_count > 0)
		qsort(v->aliases, v->alias_count, sizeof(*v->aliases), compare_aliases);
	return build_automaton(v);
}

/* The first components of a dotted name, one more each time; *from: 0 at first. */
static bool next_prefix(struct bytes name, size_t *from, struct bytes *ret)
{
	ptrdiff_t dot;

	if (*from > name.len)
		return false;
	dot = bytes_find_byte(name, '.', *from);
	*ret = bytes_slice(name, 0, dot < 0 ? name.len : (size_t)dot);
	*from = ret->len + 1;
	return true;
}

/* "posix.system" as "os.system", in `buffer`; the longest alias counts. */
static struct bytes without_alias(const struct vocabulary *v, struct bytes name, char buffer[static VOCABULARY_BYTES_MAX])
{
	const struct alias *alias = NULL;
	struct bytes prefix, rest;
	size_t from = 0;

	while (v->alias_count > 0 && next_prefix(name, &from, &prefix)) {
		const struct alias key = { .from = prefix };
		const struct alias *a = bsearch(&key, v->aliases, v->alias_count, sizeof(*v->aliases), compare_aliases);

		alias = a ? a : alias;
	}
	if (!alias)
		return name;

	rest = bytes_slice(name, alias->from.len, name.len - alias->from.len);
	if (alias->to.len == 0 && rest.len > 0)	/* "builtins.exec": a dot less, too */
		rest = bytes_slice(rest, 1, rest.len - 1);
	if (alias->to.len + rest.len > VOCABULARY_BYTES_MAX)
		rest.len = VOCABULARY_BYTES_MAX - alias->to.len;
	memcpy(buffer, alias->to.ptr, alias->to.len);
	memcpy(buffer + alias->to.len, rest.ptr, rest.len);
	return (struct bytes){ buffer, alias->to.len + rest.len };
}

unsigned vocabulary_name(const struct vocabulary *v, struct bytes name)
{
	char buffer[VOCABULARY_BYTES_MAX];
	struct bytes prefix;
	unsigned classes = 0;
	size_t from = 0;

	/* No entry is longer, so what is behind has a say in nothing but `name.*`. */
	if (name.len > VOCABULARY_BYTES_MAX)
		name.len = VOCABULARY_BYTES_MAX;
	name = without_alias(v, name, buffer);
	while (v->name_count > 0 && next_prefix(name, &from, &prefix)) {
		const struct name key = { .text = prefix };
		const struct name *found = bsearch(&key, v->names, v->name_count, sizeof(*v->names), compare_names);

		if (found)
			classes |= prefix.len == name.len ? found->classes : found->below;
	}
	return classes;
}

/* ---- searching -------------------------------------------------------------------------------------- */

/* Does a word go on at `at`?  So it does behind a hyphen: bash-completion is no bash. */
static bool word_goes_on(struct bytes in, size_t at)
{
	if (at + 1 < in.len && in.ptr[at] == '-')
		at++;
	return at < in.len && is_word((unsigned char)in.ptr[at]);
}

/* The text ends before `end`, apart from case and borders. */
static bool is_there(const struct text *t, struct bytes in, size_t end)
{
	size_t start = end - t->text.len;

	if (t->border_before && start > 0 && is_word((unsigned char)in.ptr[start - 1]))
		return false;
	if (t->border_after && word_goes_on(in, end))
		return false;
	return !t->exact || bytes_equal(bytes_slice(in, start, t->text.len), t->text);
}

uint64_t vocabulary_text(const struct vocabulary *v, struct bytes text)
{
	uint64_t found = 0;
	uint16_t state = 0;

	for (size_t i = 0; i < text.len && found != v->bits; i++) {
		state = v->next[state * v->classes + v->class_of[(unsigned char)text.ptr[i]]];
		for (uint16_t s = state; s != 0; s = v->states[s].shorter)
			for (uint32_t t = v->states[s].first; t != 0; t = v->texts[t - 1].next)
				if (!(found & v->texts[t - 1].bit) && is_there(&v->texts[t - 1], text, i + 1))
					found |= v->texts[t - 1].bit;
	}
	for (size_t i = 0; i < FORMS; i++)
		if ((v->form_bits[i] & ~found) != 0 && forms[i].find(text))
			found |= v->form_bits[i];
	return found;
}

/* ---- life cycle ----------------------------------------------------------------------------------------- */

int vocabulary_new(struct vocabulary **ret)
{
	struct vocabulary *v = calloc(1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	*ret = v;
	return 0;
}

struct vocabulary *vocabulary_free(struct vocabulary *v)
{
	if (v) {
		for (size_t i = 0; i < v->name_count; i++)
			free((char *)v->names[i].text.ptr);
		for (size_t i = 0; i < v->alias_count; i++) {
			free((char *)v->aliases[i].from.ptr);
			free((char *)v->aliases[i].to.ptr);
		}
		for (size_t i = 0; i < v->text_count; i++)
			free((char *)v->texts[i].text.ptr);
		free(v->names);
		free(v->aliases);
		free(v->texts);
		free(v->states);
		free(v->next);
		free(v);
	}
	return NULL;
}
