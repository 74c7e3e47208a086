/* startfile.c - the entry points of a .start file.
 *
 * PEP 829: decoded as utf-8-sig, str.splitlines(), str.strip(); blank lines
 * and those starting with '#' are skipped; every other line goes to
 * pkgutil.resolve_name(strict=True) and the result is called.  Its pattern is
 *
 *	(?!\d)\w+(\.(?!\d)\w+)*:(?!\d)\w+(\.(?!\d)\w+)*
 *
 * A character beyond ASCII counts as a word character here.  That takes more
 * than \w does (no tables of Unicode for a name that would fail to import), and
 * never less.
 */
#include "startfile.h"

#include <errno.h>

#include "pytext.h"

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || (unsigned char)c >= 0x80;
}

static bool is_dotted_words(struct bytes b)
{
	bool at_start = true;	/* of a word */

	for (size_t i = 0; i < b.len; i++) {
		char c = b.ptr[i];

		if (c == '.' && !at_start) {
			at_start = true;
			continue;
		}
		if (!is_word(c) || (at_start && c >= '0' && c <= '9'))
			return false;
		at_start = false;
	}
	return !at_start;
}

int startfile_parse(struct bytes content, start_line_fn fn, void *userdata)
{
	struct pytext_reader reader;
	struct pytext_line line;
	int r;

	pytext_reader_init(&reader, pytext_skip_bom(content), LINES_SPLITLINES);
	while (pytext_reader_next(&reader, &line)) {
		struct start_line start = {
			.number = line.number,
			.text = line.text,
			.module = bytes_slice(line.text, 0, 0),
			.object = bytes_slice(line.text, 0, 0),
			.hidden = line.hidden,
		};
		ptrdiff_t colon;

		if (line.text.len == 0 || line.text.ptr[0] == '#')
			continue;

		colon = bytes_find_byte(line.text, ':', 0);
		if (colon >= 0) {
			struct bytes module = bytes_slice(line.text, 0, (size_t)colon);
			struct bytes object = bytes_slice(line.text, (size_t)colon + 1,
							  line.text.len - (size_t)colon - 1);

			if (is_dotted_words(module) && is_dotted_words(object)) {
				start.module = module;
				start.object = object;
				start.valid = true;
			}
		}

		r = fn(&start, userdata);
		if (r < 0)
			return r;
	}
	return pytext_is_valid(content) ? 0 : -EILSEQ;
}
