/* record.c - CSV as Python's csv module reads it, from pieces of a file.
 *
 * A file name may hold a comma, a quote or a newline (RFC 4180 quoting); RECORD of a large
 * distribution has megabytes.  So a machine of four states goes over the bytes, and one row is held. */
#include "record.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "filedata.h"
#include "limits.h"

enum state {
	FIELD_START,
	PLAIN,
	QUOTED,
	QUOTE_IN_QUOTED,	/* the end, or the first of two */
};

enum { FIELD_PATH, FIELD_DIGEST, FIELDS_KEPT };

struct parser {
	enum state state;
	unsigned field;
	bool long_row;		/* a field did not fit */
	struct str kept[FIELDS_KEPT];
	record_row_fn row;
	void *userdata;
};

static void parser_release(struct parser *p)
{
	for (unsigned i = 0; i < FIELDS_KEPT; i++)
		str_release(&p->kept[i]);
}

static int parser_init(struct parser *p, record_row_fn row, void *userdata)
{
	int r = 0;

	*p = (struct parser){ .row = row, .userdata = userdata };
	for (unsigned i = 0; i < FIELDS_KEPT; i++)
		str_init(&p->kept[i]);
	/* No append can fail after this. */
	for (unsigned i = 0; r == 0 && i < FIELDS_KEPT; i++)
		r = str_reserve(&p->kept[i], RECORD_FIELD_MAX);
	return r;
}

static void add_byte(struct parser *p, char c)
{
	if (p->field >= FIELDS_KEPT)
		return;
	if (p->kept[p->field].len == RECORD_FIELD_MAX)
		p->long_row = true;
	else
		(void)str_append_char(&p->kept[p->field], c);
}

static int end_row(struct parser *p)
{
	struct record_row row = { .path = str_bytes(&p->kept[FIELD_PATH]) };
	struct bytes digest = str_bytes(&p->kept[FIELD_DIGEST]);
	int r = 0;

	if (row.path.len > 0 && !p->long_row) {
		row.damaged = digest.len > 0 && digest_parse_record(digest, &row.digest) < 0;
		r = p->row(&row, p->userdata);
	}
	for (unsigned i = 0; i < FIELDS_KEPT; i++)
		str_clear(&p->kept[i]);
	p->field = 0;
	p->long_row = false;
	p->state = FIELD_START;
	return r;
}

/* A byte outside of quotes. */
static int plain_byte(struct parser *p, char c)
{
	if (c == '\n' || c == '\r')
		return end_row(p);
	if (c == ',') {
		p->field++;
		p->state = FIELD_START;
		return 0;
	}
	if (c == '"' && p->state == FIELD_START) {
		p->state = QUOTED;
		return 0;
	}
	p->state = PLAIN;
	add_byte(p, c);
	return 0;
}

static int parse_byte(struct parser *p, char c)
{
	switch (p->state) {
	case QUOTED:
		if (c == '"')
			p->state = QUOTE_IN_QUOTED;
		else
			add_byte(p, c);
		return 0;
	case QUOTE_IN_QUOTED:
		if (c != '"')
			return plain_byte(p, c);
		p->state = QUOTED;
		add_byte(p, c);
		return 0;
	default:
		return plain_byte(p, c);
	}
}

static int parse_piece(struct parser *p, struct bytes piece)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < piece.len; i++)
		r = parse_byte(p, piece.ptr[i]);
	return r < 0 ? r : 0;
}

int record_parse(struct bytes text, record_row_fn row, void *userdata)
{
	struct parser p;
	int r = parser_init(&p, row, userdata);

	if (r == 0)
		r = parse_piece(&p, text);
	if (r == 0)
		r = end_row(&p);
	parser_release(&p);
	return r < 0 ? r : 0;
}

static int read_pieces(struct parser *p, int fd, char *buf)
{
	off_t at = 0;
	int r;

	for (;;) {
		ssize_t n = filedata_read_at(fd, buf, FILEDATA_CHUNK, at);

		if (n < 0)
			return (int)n;
		if (n == 0)
			return end_row(p);
		at += n;
		if (at > RECORD_BYTES_MAX)
			return -EFBIG;
		r = parse_piece(p, (struct bytes){ buf, (size_t)n });
		if (r < 0)
			return r;
	}
}

int record_read(int fd, record_row_fn row, void *userdata)
{
	_cleanup_free_ char *buf = malloc(FILEDATA_CHUNK);
	struct parser p;
	int r;

	if (!buf)
		return -ENOMEM;
	r = parser_init(&p, row, userdata);
	if (r == 0)
		r = read_pieces(&p, fd, buf);
	parser_release(&p);
	return r < 0 ? r : 0;
}

static int add_components(struct str *path, struct bytes more)
{
	struct bytes component;
	int r = 0;

	while (r == 0 && bytes_next_component(&more, &component)) {
		if (bytes_equal(component, BYTES_LIT(".")))
			continue;
		if (bytes_equal(component, BYTES_LIT(".."))) {
			ptrdiff_t slash = bytes_find_last_byte(str_bytes(path), '/');

			if (slash >= 0) {
				path->len = (size_t)slash;
				path->buf[path->len] = '\0';
			}
			continue;
		}
		r = str_append_char(path, '/');
		if (r == 0)
			r = str_append_bytes(path, component);
	}
	return r;
}

int record_path(struct bytes site, struct bytes row_path, struct str *ret)
{
	int r = 0;

	str_clear(ret);
	if (row_path.len == 0 || row_path.ptr[0] != '/')
		r = add_components(ret, site);
	if (r == 0)
		r = add_components(ret, row_path);
	if (r == 0 && ret->len == 0)
		r = str_append_char(ret, '/');
	return r;
}
