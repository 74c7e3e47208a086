/* document.c - libyaml's events become a cJSON tree that knows its places.
 *
 * libyaml scans; this file only decides what a tree may hold.  It works through
 * the event stream with an explicit stack, so depth is a number to check and
 * never the machine's stack.  Where a construct is refused but the stream can
 * be followed, the walk goes on, so that one run shows every problem.
 *
 * Why not yaml_parser_load(): its document API resolves aliases into shared
 * nodes and keeps no reasons; and places are needed for every node, keys
 * included, since a rule's mistakes are mostly in its keys.
 *
 * Columns: libyaml counts characters, a person's editor and problem.h count
 * bytes.  A cursor that only moves forward with the events turns one into the
 * other; the whole parse stays linear.
 */
#include "document.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <yaml.h>

#include "cleanup.h"
#include "limits.h"

#define COLUMN_BITS 21
#define KEY_LINES_MAX 0x3ff
_Static_assert(DOCUMENT_BYTES_MAX + 1 < 1 << COLUMN_BITS, "a column must fit into its bits");

struct place {
	unsigned line, column;
};

/* One open array or object. */
struct level {
	cJSON *node;
	char *key;		/* of an object, once its key was seen: owned */
	struct place key_place;
	size_t keys;
};

struct builder {
	struct bytes text;
	const char *file;
	struct problems *problems;
	struct level stack[DOCUMENT_DEPTH_MAX];
	size_t depth;		/* of stack in use; the stream's array is stack[0] */
	size_t nodes;
	size_t index, offset;	/* cursor: a character and the byte it starts at */
	size_t line, line_start;	/* line of the last place, and its first byte */
};

static size_t utf8_width(unsigned char c)
{
	return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* Byte offset of a character.  libyaml has checked the encoding up to there. */
static size_t offset_of(struct builder *b, size_t index)
{
	if (index < b->index)
		b->index = b->offset = 0;
	while (b->index < index && b->offset < b->text.len) {
		b->offset += utf8_width((unsigned char)b->text.ptr[b->offset]);
		b->index++;
	}
	return b->offset < b->text.len ? b->offset : b->text.len;
}

static struct place place_of(struct builder *b, const yaml_mark_t *mark)
{
	size_t offset;

	if (mark->line != b->line) {
		b->line_start = offset_of(b, mark->index - mark->column);
		b->line = mark->line;
	}
	offset = offset_of(b, mark->index);
	return (struct place){ (unsigned)mark->line + 1,
			       (unsigned)(offset >= b->line_start ? offset - b->line_start : 0) + 1 };
}

/* For libyaml's reader, which knows the byte only. */
static struct place place_of_offset(struct bytes text, size_t offset)
{
	struct place p = { 1, 1 };

	for (size_t i = 0; i < offset && i < text.len; i++) {
		p.column++;
		if (text.ptr[i] == '\n')
			p = (struct place){ p.line + 1, 1 };
	}
	return p;
}

#define PROBLEM(b, place, ...) \
	problems_add((b)->problems, (b)->file, (place).line, (place).column, __VA_ARGS__)

static void set_place(cJSON *node, struct place value, struct place key, bool quoted)
{
	unsigned lines = value.line - key.line;

	if (lines > KEY_LINES_MAX) {	/* no room for the distance: say where the value is */
		lines = 0;
		key = value;
	}
	node->valueint = (int)value.line;
	node->valuedouble = (double)((uint64_t)value.column | (uint64_t)key.column << COLUMN_BITS |
				     (uint64_t)lines << 2 * COLUMN_BITS | (uint64_t)quoted << 52);
}

static struct level *top(struct builder *b)
{
	return &b->stack[b->depth - 1];
}

static bool awaits_key(struct builder *b)
{
	return cJSON_IsObject(top(b)->node) && !top(b)->key;
}

/* Hang `node` (taken over, freed on failure) below the open array or object. */
static int attach(struct builder *b, cJSON *node, struct place place, bool quoted)
{
	struct level *t = top(b);
	cJSON_bool done;

	if (!node)
		return -ENOMEM;
	if (++b->nodes > DOCUMENT_NODES_MAX) {
		cJSON_Delete(node);
		PROBLEM(b, place, "more than %d values in one file: split it", DOCUMENT_NODES_MAX);
		return -EINVAL;
	}

	if (t->key) {
		set_place(node, place, t->key_place, quoted);
		done = cJSON_AddItemToObject(t->node, t->key, node);
		free(t->key);
		t->key = NULL;
	} else {
		set_place(node, place, place, quoted);
		done = cJSON_AddItemToArray(t->node, node);
	}
	if (!done) {
		cJSON_Delete(node);
		return -ENOMEM;
	}
	return 0;
}

static int open_level(struct builder *b, cJSON *node, struct place place)
{
	int r;

	if (awaits_key(b)) {
		cJSON_Delete(node);
		PROBLEM(b, place, "a key must be a plain word or a quoted text, not a list or a mapping");
		return -EINVAL;
	}
	if (b->depth == DOCUMENT_DEPTH_MAX) {
		cJSON_Delete(node);
		PROBLEM(b, place, "nested deeper than %d levels", DOCUMENT_DEPTH_MAX - 1);
		return -EINVAL;
	}

	r = attach(b, node, place, false);
	if (r < 0)
		return r;

	b->stack[b->depth++] = (struct level){ .node = node };
	return 0;
}

static int take_key(struct builder *b, struct bytes text, struct place place)
{
	struct level *t = top(b);
	const cJSON *former;

	if (++t->keys > DOCUMENT_KEYS_MAX) {
		PROBLEM(b, place, "more than %d keys in one mapping", DOCUMENT_KEYS_MAX);
		return -EINVAL;
	}

	t->key = strndup(text.ptr, text.len);
	if (!t->key)
		return -ENOMEM;
	t->key_place = place;

	former = cJSON_GetObjectItemCaseSensitive(t->node, t->key);
	if (former)
		PROBLEM(b, place, "key '%.64s' stands here a second time (first in line %u): remove one",
			t->key, document_key_line(former));
	return 0;
}

static int take_scalar(struct builder *b, const yaml_event_t *e, struct place place)
{
	struct bytes text = { (const char *)e->data.scalar.value, e->data.scalar.length };
	bool plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	bool quoted = e->data.scalar.style == YAML_SINGLE_QUOTED_SCALAR_STYLE ||
		      e->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;

	/* Only "\0" in double quotes can make one.  cJSON's texts end at a NUL. */
	if (bytes_find_byte(text, '\0', 0) >= 0) {
		PROBLEM(b, place, "a NUL in a text is not supported");
		return -EINVAL;
	}
	if (awaits_key(b))
		return take_key(b, text, place);

	/* libyaml puts what is not written at the token behind it, which may be lines away. */
	if (plain && text.len == 0 && top(b)->key)
		place = top(b)->key_place;
	if (plain && (text.len == 0 || bytes_equal(text, BYTES_LIT("~")) ||
		      bytes_equal(text, BYTES_LIT("null"))))
		return attach(b, cJSON_CreateNull(), place, false);
	return attach(b, cJSON_CreateString(text.ptr), place, quoted);
}

static void refuse_properties(struct builder *b, const void *anchor, const void *tag,
			      struct place place)
{
	if (anchor)
		PROBLEM(b, place, "anchors (&name) are not supported: write the value out");
	if (tag)
		PROBLEM(b, place, "tags (!name) are not supported: remove it");
}

static int take(struct builder *b, const yaml_event_t *e)
{
	struct place place = place_of(b, &e->start_mark);

	switch (e->type) {
	case YAML_MAPPING_START_EVENT:
		refuse_properties(b, e->data.mapping_start.anchor, e->data.mapping_start.tag, place);
		return open_level(b, cJSON_CreateObject(), place);
	case YAML_SEQUENCE_START_EVENT:
		refuse_properties(b, e->data.sequence_start.anchor, e->data.sequence_start.tag, place);
		return open_level(b, cJSON_CreateArray(), place);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		b->depth--;
		return 0;
	case YAML_SCALAR_EVENT:
		refuse_properties(b, e->data.scalar.anchor, e->data.scalar.tag, place);
		return take_scalar(b, e, place);
	case YAML_ALIAS_EVENT:
		PROBLEM(b, place, "aliases (*name) are not supported: write the value out, and quote a text that starts with *");
		/* Something must stand in its place for the walk to go on. */
		if (awaits_key(b))
			return take_key(b, BYTES_LIT("*"), place);
		return attach(b, cJSON_CreateNull(), place, false);
	default:	/* start and end of stream and documents */
		return 0;
	}
}

static int syntax_problem(struct builder *b, const yaml_parser_t *parser)
{
	struct place place;

	switch (parser->error) {
	case YAML_MEMORY_ERROR:
		return -ENOMEM;
	case YAML_READER_ERROR:
		place = place_of_offset(b->text, parser->problem_offset);
		PROBLEM(b, place, "not UTF-8 text: %s", parser->problem);
		return -EINVAL;
	default:
		place = place_of(b, &parser->problem_mark);
		if (parser->context)
			PROBLEM(b, place, "not valid YAML: %s %s (which starts in line %zu)",
				parser->problem, parser->context, parser->context_mark.line + 1);
		else
			PROBLEM(b, place, "not valid YAML: %s", parser->problem);
		return -EINVAL;
	}
}

static void builder_release(struct builder *b)
{
	for (size_t i = 0; i < b->depth; i++)
		free(b->stack[i].key);
}

int document_parse(struct bytes text, const char *file, struct problems *problems, cJSON **ret)
{
	_cleanup_(builder_release) struct builder b = {
		.text = text, .file = file, .problems = problems, .depth = 1, .line = SIZE_MAX,
	};
	_cleanup_cjson_ cJSON *root = cJSON_CreateArray();
	size_t errors = problems->errors;
	yaml_parser_t parser;
	bool end = false;
	int r = 0;

	if (!root)
		return -ENOMEM;
	set_place(root, (struct place){ 1, 1 }, (struct place){ 1, 1 }, false);
	b.stack[0].node = root;

	if (text.len > DOCUMENT_BYTES_MAX) {
		problems_add(problems, file, 0, 0, "larger than %d bytes: split it", DOCUMENT_BYTES_MAX);
		return -EINVAL;
	}

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	/* Said, not guessed: UTF-16 would make every column wrong. */
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)(text.len ? text.ptr : ""), text.len);

	while (r == 0 && !end) {
		yaml_event_t event;

		if (!yaml_parser_parse(&parser, &event)) {
			r = syntax_problem(&b, &parser);
			break;
		}
		end = event.type == YAML_STREAM_END_EVENT;
		r = take(&b, &event);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);

	if (r < 0)
		return r;
	if (problems->errors > errors)
		return -EINVAL;

	*ret = TAKE_PTR(root);
	return 0;
}

int document_load(int dirfd, const char *path, const char *file, struct problems *problems,
		  cJSON **ret)
{
	_cleanup_close_ int fd = -EBADF;
	_cleanup_free_ char *buf = NULL;
	size_t len = 0;
	struct stat st;

	/* O_NONBLOCK: opening a FIFO must not wait for a writer. */
	fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0) {
		problems_add(problems, file, 0, 0, "cannot open: %s", strerror(errno));
		return -EINVAL;
	}
	if (!S_ISREG(st.st_mode)) {
		problems_add(problems, file, 0, 0, "not a regular file");
		return -EINVAL;
	}

	/* st_size may lie (it grows while we read, procfs says 0): read on to the
	 * bound and one byte more, which document_parse() refuses. */
	buf = malloc(DOCUMENT_BYTES_MAX + 1);
	if (!buf)
		return -ENOMEM;
	while (len < DOCUMENT_BYTES_MAX + 1) {
		ssize_t n = read(fd, buf + len, DOCUMENT_BYTES_MAX + 1 - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			problems_add(problems, file, 0, 0, "cannot read: %s", strerror(errno));
			return -EINVAL;
		}
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return document_parse((struct bytes){ buf, len }, file, problems, ret);
}
