/* answers.c - what the library says about many files, for a comparison with Python's own code.
 *
 * answers pth|start|source <STREAM: each file as a length of four bytes, least first, and its bytes.  Prints "file FLAGS" for
 * each, then a line for each line of it, or one with the decoded text; texts in hex, so that any byte may be in them.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pth.h"
#include "pysource.h"
#include "startfile.h"

static void print_hex(struct bytes b)
{
	static const char digits[] = "0123456789abcdef";

	putchar(' ');
	putchar('=');	/* so that an empty text is a word, too */
	for (size_t i = 0; i < b.len; i++) {
		putchar(digits[(unsigned char)b.ptr[i] >> 4]);
		putchar(digits[(unsigned char)b.ptr[i] & 15]);
	}
}

static int print_pth_line(const struct pth_line *line, void *userdata)
{
	(void)userdata;
	printf("%u %u %u %u %d %d", line->number, line->eras, line->path_eras, line->unreached, line->hidden, line->refused);
	print_hex(line->text);
	putchar('\n');
	return 0;
}

static int print_start_line(const struct start_line *line, void *userdata)
{
	(void)userdata;
	printf("%u %d", line->number, line->valid);
	print_hex(line->text);
	print_hex(line->module);
	print_hex(line->object);
	putchar('\n');
	return 0;
}

static int print_source(struct bytes content)
{
	_cleanup_pysource_ struct pysource source = PYSOURCE_INIT;
	int r = pysource_read(content, &source);

	if (r < 0)
		return r;
	printf("file %d\n", source.unknown);
	print_hex(source.text);
	putchar('\n');
	return 0;
}

static int answer(const char *what, struct bytes content)
{
	if (strcmp(what, "pth") == 0) {
		printf("file %u\n", pth_fatal_eras(content));
		return pth_parse(content, print_pth_line, NULL);
	}
	if (strcmp(what, "source") == 0)
		return print_source(content);
	printf("file 0\n");
	return startfile_parse(content, print_start_line, NULL) == -EILSEQ ? puts("skipped") : 0;
}

int main(int argc, char **argv)
{
	unsigned char head[4];

	if (argc != 2)
		return 2;
	while (fread(head, 1, sizeof(head), stdin) == sizeof(head)) {
		size_t len = head[0] | head[1] << 8 | head[2] << 16 | (size_t)head[3] << 24;
		char *data = malloc(len ? len : 1);

		if (!data || fread(data, 1, len, stdin) != len || answer(argv[1], (struct bytes){ data, len }) < 0)
			return 1;
		free(data);
	}
	return ferror(stdin) || fflush(stdout) != 0;
}
