/* pth.c - the lines of a .pth file, as the union of three eras of site.py.
 *
 * The eras split differently, so they cannot be compared line by line.  The
 * file is cut at the separators of all eras together (those of
 * str.splitlines(), eras B and C); what lies between two is a segment, and
 * what is reported is a segment.  Era A knows only \n, \r and \r\n: one of its
 * lines may hold several segments.  So two states run along:
 *
 *   a_line     what era A makes of the line that this segment is part of.  If
 *              that line starts with "import ", the whole of it is handed to
 *              exec(), so every segment up to its end executes in era A,
 *              whatever it starts with.
 *   segment    what eras B and C make of this segment on its own.
 *
 * A byte order mark hides line 1 from era A (the line starts with U+FEFF) and is
 * skipped by B and C ("utf-8-sig").  Leading blanks make a path line of code in
 * A and B; C strips first (PEP 829).
 *
 * Bytes that cannot be decoded end the reading in some versions and locales:
 * CPython up to 3.12 has by then executed all lines of the 8 KiB chunks before,
 * Python 2 does not decode at all, and an 8-bit locale decodes anything.  Since
 * the locale of the next start is anybody's choice, such bytes never make a
 * line less than executing here.
 */
#include "pth.h"

#include "pytext.h"

enum a_line {
	A_COMMENT,
	A_EXEC,
	A_PATH,
};

static bool is_import(struct bytes b)
{
	return bytes_has_prefix(b, BYTES_LIT("import ")) ||
	       bytes_has_prefix(b, BYTES_LIT("import\t"));
}

static bool is_comment(struct bytes b)
{
	return b.len > 0 && b.ptr[0] == '#';
}

/* site.py makes os.path.abspath(join(sitedir, line)) of a path line, so
 * "  # x/../../../tmp" leads out of the site directory although a person (and
 * era C) reads a comment.  Without ".." it could only name a directory in the
 * site directory itself, whose writer needs no .pth. */
static bool climbs(struct bytes b)
{
	ptrdiff_t at = -1;

	while ((at = bytes_find(b, BYTES_LIT("/.."), (size_t)(at + 1))) >= 0)
		if ((size_t)at + 3 == b.len || b.ptr[at + 3] == '/')
			return true;
	return false;
}

int pth_parse(struct bytes content, pth_line_fn fn, void *userdata)
{
	struct bytes rest = pytext_skip_bom(content);
	bool bom = rest.len != content.len;
	enum a_line a_line = A_PATH;
	struct pytext_reader reader;
	struct pytext_line seg;
	int r;

	pytext_reader_init(&reader, rest, LINES_SPLITLINES);
	while (pytext_reader_next(&reader, &seg)) {
		bool bom_here = bom && seg.before == BREAK_EDGE;
		struct pth_line line = {
			.number = seg.number,
			.text = seg.text,
			.hidden = seg.hidden,
		};

		if (seg.before != BREAK_OTHER) {
			if (is_import(seg.raw) && !bom_here)
				a_line = A_EXEC;
			else if (is_comment(seg.raw) && !bom_here)
				a_line = A_COMMENT;
			else
				a_line = A_PATH;
		}
		if (seg.text.len == 0)
			continue;

		if (a_line == A_EXEC)
			line.eras |= PTH_ERA_A;
		if (is_import(seg.raw))
			line.eras |= PTH_ERA_B;
		if (is_import(seg.text))
			line.eras |= PTH_ERA_C;

		if (line.eras) {
			line.kind = PTH_LINE_EXEC;
			/* A mark alone is an editor's habit; in front of code it
			 * makes the older interpreters and the naive reader miss it. */
			line.hidden = line.hidden || bom_here;
		} else {
			line.kind = PTH_LINE_PATH;
			if (is_comment(seg.text)) {
				bool comment_in_all = is_comment(seg.raw) && a_line == A_COMMENT;

				if (comment_in_all || !climbs(seg.text))
					continue;
			}
		}

		r = fn(&line, userdata);
		if (r < 0)
			return r;
	}
	return 0;
}

bool pth_is_binary(struct bytes content)
{
	static const struct bytes magic[] = {
		BYTES_LIT("PK\x03\x04"),		/* zip: torch.save() since 1.6, also empty archives */
		BYTES_LIT("PK\x05\x06"),
		BYTES_LIT("\x80\x02"),			/* pickle protocols 2 to 5: torch.save() before 1.6 */
		BYTES_LIT("\x80\x03"),
		BYTES_LIT("\x80\x04"),
		BYTES_LIT("\x80\x05"),
		BYTES_LIT("\x89HDF\r\n\x1a\n"),
		BYTES_LIT("\x93NUMPY"),
		BYTES_LIT("\x7f" "ELF"),
		BYTES_LIT("\x1f\x8b"),			/* gzip */
		BYTES_LIT("BZh"),
		BYTES_LIT("\xfd" "7zXZ"),
		BYTES_LIT("\x28\xb5\x2f\xfd"),		/* zstd */
	};

	for (size_t i = 0; i < sizeof(magic) / sizeof(magic[0]); i++)
		if (bytes_has_prefix(content, magic[i]))
			return true;
	return content.len >= 262 && bytes_equal(bytes_slice(content, 257, 5), BYTES_LIT("ustar"));
}
