/* str.h - views of untrusted bytes, and a string that grows.
 *
 * File names, file contents and command lines may hold any byte, NUL included,
 * so nothing here stops at a NUL and nothing outside uses <string.h>'s str*
 * functions on them.
 *
 * Invariant of struct str: buf is never NULL after str_init() and
 * buf[len] == '\0', so that a str of trusted text can be printed as it is.
 */
#ifndef PYHOOKD_STR_H
#define PYHOOKD_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* ---- views ------------------------------------------------------------- */

/* A view: not owned, valid as long as what it points into.  {NULL, 0} is the
 * absent value; an empty value has a pointer. */
struct bytes {
	const char *ptr;
	size_t len;
};

#define BYTES_NONE ((struct bytes){ NULL, 0 })

/* The bytes of a NUL-terminated string that we made ourselves. */
static inline struct bytes bytes_of(const char *text)
{
	return (struct bytes){ text, text ? strlen(text) : 0 };
}

#define BYTES_LIT(literal) ((struct bytes){ "" literal "", sizeof(literal) - 1 })

static inline struct bytes bytes_slice(struct bytes b, size_t from, size_t len)
{
	/* Nothing is added to the absent value's NULL. */
	return (struct bytes){ from > 0 ? b.ptr + from : b.ptr, len };
}

bool bytes_equal(struct bytes a, struct bytes b);
/* The same for a text of ours; most of a table begin otherwise. */
static inline bool bytes_equal_text(struct bytes b, const char *text)
{
	return (b.len == 0 || b.ptr[0] == text[0]) && bytes_equal(b, bytes_of(text));
}
bool bytes_has_prefix(struct bytes b, struct bytes prefix);
bool bytes_has_suffix(struct bytes b, struct bytes suffix);

/* ASCII letters without regard to case; other bytes must be equal. */
bool bytes_equal_fold(struct bytes a, struct bytes b);
int bytes_compare(struct bytes a, struct bytes b);	/* memcmp order, shorter first */

/* Index of the first `needle` in `b` from `from` on, or -1. */
ptrdiff_t bytes_find(struct bytes b, struct bytes needle, size_t from);
ptrdiff_t bytes_find_byte(struct bytes b, char c, size_t from);
ptrdiff_t bytes_find_last_byte(struct bytes b, char c);

/* Without blanks (space, tab) at both ends. */
struct bytes bytes_trim(struct bytes b);

/* Decimal digits only, at least one, no sign.  -EINVAL, -ERANGE. */
int bytes_to_u64(struct bytes b, uint64_t *ret);

/* Value of a hexadecimal digit, -1: it is none. */
int hex_digit(char c);

/* The last component of a path, and all before it (without the slash; "/" for
 * a name directly below the root, "" where there is no slash). */
struct bytes bytes_basename(struct bytes path);
struct bytes bytes_dirname(struct bytes path);

/* Take the next component off *path (slashes around it skipped).  False when
 * none is left. */
bool bytes_next_component(struct bytes *path, struct bytes *ret);

/* Take the next line off *text, without its newline.  False when nothing is left. */
bool bytes_next_line(struct bytes *text, struct bytes *ret);

/* ---- a string that grows ------------------------------------------------- */

struct str {
	char *buf;
	size_t len;
	size_t cap;	/* bytes allocated; 0: buf is the shared empty string */
};

#define STR_INIT ((struct str){ (char *)"", 0, 0 })

void str_init(struct str *s);
void str_release(struct str *s);	/* frees; s is empty and usable again */
void str_clear(struct str *s);		/* empty, memory kept */

/* All of them: 0, or -ENOMEM and s as it was. */
int str_reserve(struct str *s, size_t more);
int str_append(struct str *s, const void *data, size_t len);
int str_append_bytes(struct str *s, struct bytes b);
int str_append_text(struct str *s, const char *text);
int str_append_char(struct str *s, char c);
int str_appendf(struct str *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The buffer, now the caller's to free(); s is empty.  NULL: no memory. */
char *str_detach(struct str *s);

static inline struct bytes str_bytes(const struct str *s)
{
	return (struct bytes){ s->buf, s->len };
}

#define _cleanup_str_ __attribute__((cleanup(str_release)))

#endif
