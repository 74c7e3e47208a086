/* What envfile says of files, for tests/diff/test_env.py: a stream in, a stream out, so that one
 * process does for thousands of them.
 *
 * In: "SYNTAX LENGTH\n" and that many bytes, again and again.  Out, for each file: a line
 * "a LINE FLAGS NAME VALUE RESOLVED\n" for an assignment and "i LINE FLAGS PATH\n" for an
 * include, texts in hexadecimal ("-": empty), and a line "." at its end. */
#include <stdio.h>
#include <stdlib.h>

#include "cleanup.h"
#include "envfile.h"

static void put_hex(struct bytes b)
{
	putchar(' ');
	if (b.len == 0)
		putchar('-');
	for (size_t i = 0; i < b.len; i++)
		printf("%02x", (unsigned char)b.ptr[i]);
}

static int put_assignment(const struct env_assignment *a, void *userdata)
{
	(void)userdata;
	printf("a %u %s%s%s-", a->line, a->export ? "x" : "", a->undecidable ? "?" : "", a->append ? "+" : "");
	put_hex(a->name);
	put_hex(a->value);
	put_hex(a->resolved);
	putchar('\n');
	return 0;
}

static int put_include(const struct env_include *i, void *userdata)
{
	(void)userdata;
	printf("i %u %s%s-", i->line, i->optional ? "o" : "", i->undecidable ? "?" : "");
	put_hex(i->path);
	putchar('\n');
	return 0;
}

static bool find_syntax(const char *name, enum env_syntax *ret)
{
	for (int s = ENV_NONE; s <= ENV_SYNTAX_LAST; s++)
		if (strcmp(env_syntax_to_string((enum env_syntax)s), name) == 0) {
			*ret = (enum env_syntax)s;
			return true;
		}
	return false;
}

int main(void)
{
	char name[64];
	size_t len;

	while (scanf("%63s %zu", name, &len) == 2) {
		_cleanup_free_ char *content = malloc(len ? len : 1);
		enum env_syntax syntax;

		if (!content || getchar() != '\n' || fread(content, 1, len, stdin) != len || !find_syntax(name, &syntax))
			return 2;
		if (envfile_parse_all(syntax, (struct bytes){ content, len }, put_assignment, put_include, NULL) < 0)
			return 3;
		puts(".");
	}
	return 0;
}
