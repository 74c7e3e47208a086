/* sigma_condition.c - tokens, a recursive-descent parser, a small tree.
 *
 * One function a line of the grammar in sigma_condition.h.  `and` and `or` take
 * any number of operands, so a long chain is wide, not deep; what makes a tree
 * deep are parentheses and `not`, and those are counted.  `1 of x*` is written out
 * as an `or` of the selections that are there: the evaluation knows three
 * operators and no names.
 *
 * The nodes are in one array and name each other by index, so that the array
 * may move while it grows and is freed in one call.
 */
#include "sigma_condition.h"

#include <stdio.h>

#include "limits.h"
#include "matcher.h"

enum op { OP_SELECTION, OP_AND, OP_OR, OP_NOT };

#define NONE UINT32_MAX

struct node {
	enum op op;
	uint32_t selection;	/* OP_SELECTION */
	uint32_t child;		/* the first operand */
	uint32_t next;		/* the next operand of the same operator */
};

struct sigma_condition {
	struct node *nodes;
	size_t count;
	uint32_t root;
};

enum token { TOKEN_END, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_PIPE, TOKEN_WORD };

struct parser {
	struct bytes text;
	const struct bytes *names;
	size_t name_count;
	bool *used;
	struct sigma_condition *c;
	struct sigma_condition_error *err;

	/* the token that comes next */
	enum token token;
	struct bytes word;
	size_t offset;
	unsigned depth;
};

#define FAIL(p, at, ...)                                                              \
	({                                                                            \
		(p)->err->offset = (at);                                              \
		(void)snprintf((p)->err->text, sizeof((p)->err->text), __VA_ARGS__);  \
		-EINVAL;                                                              \
	})
#define SHOW(b) (int)((b).len < 64 ? (b).len : 64), (b).ptr

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_word(char c)
{
	return !is_blank(c) && c != '(' && c != ')' && c != '|';
}

static void advance(struct parser *p)
{
	size_t at = p->offset + p->word.len;

	while (at < p->text.len && is_blank(p->text.ptr[at]))
		at++;
	p->offset = at;
	p->word = bytes_slice(p->text, at, 0);
	if (at == p->text.len) {
		p->token = TOKEN_END;
		return;
	}

	p->word.len = 1;
	switch (p->text.ptr[at]) {
	case '(':
		p->token = TOKEN_OPEN;
		break;
	case ')':
		p->token = TOKEN_CLOSE;
		break;
	case '|':
		p->token = TOKEN_PIPE;
		break;
	default:
		p->token = TOKEN_WORD;
		while (at + p->word.len < p->text.len && is_word(p->text.ptr[at + p->word.len]))
			p->word.len++;
	}
}

static bool at_keyword(const struct parser *p, struct bytes keyword)
{
	return p->token == TOKEN_WORD && bytes_equal_fold(p->word, keyword);
}

static int new_node(struct parser *p, struct node node, uint32_t *ret)
{
	struct sigma_condition *c = p->c;

	if (c->count == SIGMA_CONDITION_NODES_MAX)
		return FAIL(p, p->offset, "the condition has more than %d terms", SIGMA_CONDITION_NODES_MAX);

	if ((c->count & (c->count - 1)) == 0) {	/* full: sizes are powers of two */
		struct node *nodes = realloc(c->nodes, (c->count ? c->count * 2 : 1) * sizeof(*nodes));

		if (!nodes)
			return -ENOMEM;
		c->nodes = nodes;
	}
	c->nodes[c->count] = node;
	*ret = (uint32_t)c->count++;
	return 0;
}

static int new_selection(struct parser *p, size_t index, uint32_t *ret)
{
	p->used[index] = true;
	return new_node(p, (struct node){ OP_SELECTION, (uint32_t)index, NONE, NONE }, ret);
}

/* Make `node` an operand of *ret: the first stands alone, the second makes the operator. */
static int add_operand(struct parser *p, enum op op, uint32_t node, uint32_t *last, uint32_t *ret)
{
	int r;

	if (*ret == NONE) {
		*ret = *last = node;
		return 0;
	}
	if (*ret == *last) {
		uint32_t operator;

		r = new_node(p, (struct node){ op, 0, *ret, NONE }, &operator);
		if (r < 0)
			return r;
		*ret = operator;
	}
	p->c->nodes[*last].next = node;
	*last = node;
	return 0;
}

/* Behind "1 of" or "all of". */
static int parse_set(struct parser *p, enum op op, uint32_t *ret)
{
	_cleanup_(matcher_freep) struct matcher *pattern = NULL;
	uint32_t node = NONE, last = NONE;
	struct bytes word = p->word;
	size_t offset = p->offset;
	bool them;
	int r;

	if (p->token != TOKEN_WORD)
		return FAIL(p, offset, "'of' needs 'them' or a pattern such as selection_* behind it");
	them = bytes_equal_fold(word, BYTES_LIT("them"));
	r = matcher_new_text(word, MATCHER_WHOLE, 0, &pattern);
	if (r == -E2BIG)
		return FAIL(p, offset, "the pattern is too long");
	if (r < 0)
		return r;
	advance(p);

	for (size_t i = 0; i < p->name_count; i++) {
		uint32_t operand;

		if (them ? bytes_has_prefix(p->names[i], BYTES_LIT("_"))
			 : matcher_match(pattern, NULL, p->names[i]) != 1)
			continue;
		r = new_selection(p, i, &operand);
		if (r < 0)
			return r;
		r = add_operand(p, op, operand, &last, &node);
		if (r < 0)
			return r;
	}
	if (node == NONE)
		return FAIL(p, offset, "no selection fits '%.*s'", SHOW(word));

	*ret = node;
	return 0;
}

static int parse_or(struct parser *p, uint32_t *ret);

static int parse_word(struct parser *p, uint32_t *ret)
{
	struct bytes word = p->word;
	size_t offset = p->offset;

	advance(p);
	if (at_keyword(p, BYTES_LIT("of"))) {
		advance(p);
		if (bytes_equal(word, BYTES_LIT("1")))
			return parse_set(p, OP_OR, ret);
		if (bytes_equal_fold(word, BYTES_LIT("all")))
			return parse_set(p, OP_AND, ret);
		return FAIL(p, offset, "'%.*s of' is not understood: write '1 of' or 'all of'", SHOW(word));
	}
	if (sigma_condition_is_reserved(word))
		return FAIL(p, offset, "'%.*s' cannot stand here: a selection's name is missing", SHOW(word));

	for (size_t i = 0; i < p->name_count; i++)
		if (bytes_equal(word, p->names[i]))
			return new_selection(p, i, ret);
	return FAIL(p, offset, "the detection has no selection '%.*s'", SHOW(word));
}

static int parse_not(struct parser *p, uint32_t *ret)
{
	bool negated = at_keyword(p, BYTES_LIT("not"));
	size_t offset = p->offset;
	uint32_t operand;
	int r;

	if (!negated && p->token == TOKEN_WORD)
		return parse_word(p, ret);
	if (!negated && p->token == TOKEN_PIPE)
		return FAIL(p, offset, "'|' (aggregation) is not supported");
	if (!negated && p->token != TOKEN_OPEN)
		return FAIL(p, offset, "a selection's name is missing here");

	if (++p->depth > SIGMA_CONDITION_DEPTH_MAX)
		return FAIL(p, offset, "nested deeper than %d levels", SIGMA_CONDITION_DEPTH_MAX);
	advance(p);

	if (negated) {
		r = parse_not(p, &operand);
		if (r < 0)
			return r;
		r = new_node(p, (struct node){ OP_NOT, 0, operand, NONE }, ret);
		if (r < 0)
			return r;
	} else {
		r = parse_or(p, ret);
		if (r < 0)
			return r;
		if (p->token != TOKEN_CLOSE)
			return FAIL(p, p->offset, "a closing parenthesis is missing here");
		advance(p);
	}
	p->depth--;
	return 0;
}

/* The same for "or" (of ands) and "and" (of nots). */
static int parse_chain(struct parser *p, enum op op, struct bytes keyword,
		       int (*parse_operand)(struct parser *, uint32_t *), uint32_t *ret)
{
	uint32_t node = NONE, last = NONE;

	for (;;) {
		uint32_t operand;
		int r;

		r = parse_operand(p, &operand);
		if (r < 0)
			return r;
		r = add_operand(p, op, operand, &last, &node);
		if (r < 0)
			return r;
		if (!at_keyword(p, keyword))
			break;
		advance(p);
	}
	*ret = node;
	return 0;
}

static int parse_and(struct parser *p, uint32_t *ret)
{
	return parse_chain(p, OP_AND, BYTES_LIT("and"), parse_not, ret);
}

static int parse_or(struct parser *p, uint32_t *ret)
{
	return parse_chain(p, OP_OR, BYTES_LIT("or"), parse_and, ret);
}

int sigma_condition_parse(struct bytes text, const struct bytes *names, size_t count, bool *used,
			  struct sigma_condition **ret, struct sigma_condition_error *reterr)
{
	_cleanup_(sigma_condition_freep) struct sigma_condition *c = calloc(1, sizeof(*c));
	struct parser p = {
		.text = text.ptr ? text : BYTES_LIT(""), .names = names, .name_count = count,
		.used = used, .c = c, .err = reterr, .word = { "", 0 },
	};
	int r;

	if (!c)
		return -ENOMEM;

	advance(&p);
	if (p.token == TOKEN_END)
		return FAIL(&p, 0, "the condition is empty: name a selection");
	r = parse_or(&p, &c->root);
	if (r < 0)
		return r;
	if (p.token == TOKEN_PIPE)
		return FAIL(&p, p.offset, "'|' (aggregation) is not supported");
	if (p.token != TOKEN_END)
		return FAIL(&p, p.offset, "'and' or 'or' is missing before '%.*s'", SHOW(p.word));

	*ret = TAKE_PTR(c);
	return 0;
}

struct sigma_condition *sigma_condition_free(struct sigma_condition *c)
{
	if (c) {
		free(c->nodes);
		free(c);
	}
	return NULL;
}

static int eval(const struct sigma_condition *c, uint32_t index, sigma_selection_fn fn, void *userdata)
{
	const struct node *n = &c->nodes[index];
	int r;

	switch (n->op) {
	case OP_SELECTION:
		return fn(n->selection, userdata);
	case OP_NOT:
		r = eval(c, n->child, fn, userdata);
		return r < 0 ? r : !r;
	case OP_AND:
	case OP_OR:
		for (uint32_t i = n->child; i != NONE; i = c->nodes[i].next) {
			r = eval(c, i, fn, userdata);
			if (r < 0 || (r > 0) == (n->op == OP_OR))
				return r;
		}
		return n->op == OP_AND;
	}
	return -EINVAL;
}

int sigma_condition_eval(const struct sigma_condition *c, sigma_selection_fn fn, void *userdata)
{
	return eval(c, c->root, fn, userdata);
}

bool sigma_condition_is_reserved(struct bytes name)
{
	static const char *const words[] = { "and", "or", "not", "of", "all", "them", "1" };

	for (size_t i = 0; i < ELEMENTSOF(words); i++)
		if (bytes_equal_fold(name, bytes_of(words[i])))
			return true;
	return false;
}
