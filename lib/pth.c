/* pth.c - the lines of a .pth file, as the union of three eras of site.py.
 *
 * The eras split differently.  B and C cut at all separators of str.splitlines();
 * what lies between two is a segment.  Era A knows only \n, \r and \r\n: one of its
 * lines may hold several segments, and then the whole of it goes to exec(), or is a
 * comment, or a path.  Where the two are the same text they are reported once,
 * for all eras; otherwise the line of era A first, then the segments.
 *
 * A byte order mark is the first character of line 1 for era A, so that it never is an
 * import line; B and C skip it ("utf-8-sig").  Leading blanks make a path line of
 * code in A and B; C strips first (PEP 829).
 *
 * What is not UTF-8.  A UTF-8 locale: B and C decode the whole file first and die
 * before anything ran.  A decodes by chunks (Modules/_io/textio.c), so the lines
 * that were complete before the chunk with the bad byte have run.  An 8-bit locale:
 * A decodes anything and splits as before, B and C fall back to it, which makes
 * 0x85 a separator, 0xA0 a blank, and the mark three characters.  Since the locale
 * of the next start is anybody's choice, such bytes never make a line less than
 * executing here.
 *
 * exec() refuses a NUL (Python/pythonrun.c, "source code string cannot contain
 * null bytes"), and A and B leave the file at the first line that raises.
 * Python 2 to 3.7 leave it at a path line with a NUL, too; that is not told apart
 * from the rest of era A.
 */
#include "pth.h"

#include "limits.h"
#include "pytext.h"

/* What era A reads at once: TextIOWrapper._CHUNK_SIZE. */
#define CHUNK_BYTES 8192

enum meaning {
	MEANS_NOTHING,		/* blank, or a comment */
	MEANS_CODE,
	MEANS_PATH,
};

struct reading {
	struct bytes content;
	pth_line_fn fn;
	void *userdata;
	unsigned fatal;		/* see pth_fatal_eras() */
	size_t decoded;		/* bytes that era A has decoded when it dies */
	unsigned stopped;	/* eras that ignore what follows */
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

/* What site.py makes of a line that is not blank. */
static enum meaning meaning_of(struct bytes line)
{
	return is_import(line) ? MEANS_CODE : is_comment(line) ? MEANS_NOTHING : MEANS_PATH;
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

/* ---- decoding ------------------------------------------------------------ */

/* Reading stops somewhere in a file that is too large, and may cut a character there: that is no bad byte. */
static struct bytes whole_characters(struct bytes content)
{
	size_t from;

	if (content.len >= CONTENT_BYTES_MAX && pytext_find_invalid(content, &from) == (ptrdiff_t)content.len)
		return bytes_slice(content, 0, from);
	return content;
}

unsigned pth_fatal_eras(struct bytes content)
{
	return pytext_is_valid(whole_characters(content)) ? 0 : PTH_ERAS_ALL;
}

/* Half of a surrogate that is written as UTF-8 would be.  A decoder that is fed by chunks waits for its third
 * byte, because the error handler "surrogatepass" may want it (Objects/unicodeobject.c, since 3.7; 3.6 and PyPy do
 * not wait). */
static bool is_half_surrogate(struct bytes content, size_t from, size_t at)
{
	return at < content.len && content.ptr[from] == '\xed' && (content.ptr[at] & '\xe0') == '\xa0';
}

/* There is a bad byte: what the chunks before it decode to.  A character that their end cuts off is kept for the
 * next. */
static size_t decoded_before_death(struct bytes content)
{
	size_t from = 0, at = (size_t)pytext_find_invalid(content, &from), chunk;

	if (is_half_surrogate(content, from, at))
		at++;
	if (at == content.len)		/* noticed at the end, when all else is decoded */
		return from;
	chunk = at / CHUNK_BYTES * CHUNK_BYTES;
	return from < chunk ? from : chunk;
}

/* Whether era A, in a UTF-8 locale, gets a line of its own before it dies.  A \r at the end of what is decoded waits
 * for what follows, which may be its \n. */
static bool era_a_reaches(const struct reading *r, struct bytes line)
{
	size_t end = (size_t)(line.ptr - r->content.ptr) + line.len;

	if (!r->fatal)
		return true;
	if (end == r->content.len)
		return false;
	return end + (r->content.ptr[end] == '\r') < r->decoded;
}

/* ---- reporting ----------------------------------------------------------- */

static int report(struct reading *r, struct pth_line line)
{
	unsigned out_of_reach = line.unreached;

	line.eras &= ~r->stopped;
	line.path_eras &= ~r->stopped;
	line.unreached = (line.eras | line.path_eras) & out_of_reach;
	if (!line.eras && !line.path_eras)
		return 0;
	line.kind = line.eras ? PTH_LINE_EXEC : PTH_LINE_PATH;
	line.refused = line.eras && bytes_find_byte(line.text, '\0', 0) >= 0;
	if (line.refused)
		r->stopped |= line.eras & (PTH_ERA_A | PTH_ERA_B);
	return r->fn(&line, r->userdata);
}

static void add_era(struct pth_line *line, enum pth_era era, enum meaning meaning)
{
	if (meaning == MEANS_CODE)
		line->eras |= era;
	else if (meaning == MEANS_PATH)
		line->path_eras |= era;
}

/* A line of era A that is not a segment: it holds several, or begins with the mark. */
static int report_era_a(struct reading *r, struct bytes raw, const struct pytext_line *seg, bool bom)
{
	struct pth_line line = {
		.number = seg->number,
		.text = pytext_strip(raw),
		.unreached = era_a_reaches(r, raw) ? 0 : PTH_ERA_A,
		.hidden = seg->hidden || !bom,
	};

	add_era(&line, PTH_ERA_A, meaning_of(raw));
	/* The mark, too, makes a path below the site directory of it. */
	if (line.text.len == 0 || ((bom || is_comment(line.text)) && !climbs(line.text)))
		return 0;
	return report(r, line);
}

/* A segment; `era_a` is the line of era A if that is the same text, or absent. */
static int report_segment(struct reading *r, struct bytes era_a, const struct pytext_line *seg, bool bom)
{
	struct pth_line line = {
		.number = seg->number,
		.text = seg->text,
		.unreached = r->fatal & (PTH_ERA_B | PTH_ERA_C),
		.hidden = seg->hidden,
	};

	if (line.text.len == 0 || (is_comment(line.text) && !climbs(line.text)))
		return 0;
	if (era_a.ptr) {
		add_era(&line, PTH_ERA_A, meaning_of(era_a));
		if (!era_a_reaches(r, era_a))
			line.unreached |= PTH_ERA_A;
	}
	add_era(&line, PTH_ERA_B, meaning_of(seg->raw));
	add_era(&line, PTH_ERA_C, meaning_of(seg->text));

	/* A mark alone is an editor's habit; in front of code it makes the older
	 * interpreters and the naive reader miss it. */
	if (line.eras && bom)
		line.hidden = true;
	return report(r, line);
}

/* The line of era A that begins at `start`. */
static struct bytes era_a_line(struct bytes content, size_t start)
{
	size_t end = start;

	while (end < content.len && content.ptr[end] != '\n' && content.ptr[end] != '\r')
		end++;
	return bytes_slice(content, start, end - start);
}

static int report_line(struct reading *r, const struct pytext_line *seg, bool bom)
{
	struct bytes era_a = BYTES_NONE;

	if (seg->before != BREAK_OTHER) {
		size_t start = bom ? 0 : (size_t)(seg->raw.ptr - r->content.ptr);
		struct bytes text;

		era_a = seg->after == BREAK_OTHER || bom ? era_a_line(r->content, start) : seg->raw;
		text = pytext_strip(era_a);
		if (text.ptr != seg->text.ptr || text.len != seg->text.len) {
			int ret = report_era_a(r, era_a, seg, bom);

			if (ret < 0)
				return ret;
			era_a = BYTES_NONE;
		}
	}
	return report_segment(r, era_a, seg, bom);
}

int pth_parse(struct bytes content, pth_line_fn fn, void *userdata)
{
	struct reading reading = { .content = whole_characters(content), .fn = fn, .userdata = userdata };
	struct pytext_reader reader;
	struct pytext_line seg;
	size_t mark = 0;	/* bytes of it */
	int r = 0;

	content = reading.content;
	reading.fatal = pth_fatal_eras(content);
	if (reading.fatal)
		reading.decoded = decoded_before_death(content);
	else
		mark = content.len - pytext_skip_bom(content).len;

	pytext_reader_init(&reader, bytes_slice(content, mark, content.len - mark), LINES_SPLITLINES);
	reader.latin1 = reading.fatal != 0;
	while (r >= 0 && pytext_reader_next(&reader, &seg))
		r = report_line(&reading, &seg, mark > 0 && seg.before == BREAK_EDGE);
	return r < 0 ? r : 0;
}

const char *pth_eras_to_string(unsigned eras)
{
	static const char *const words[PTH_ERAS_ALL + 1] = {
		[0] = "no version of Python",
		[PTH_ERA_A] = "Python 3.12 and earlier",
		[PTH_ERA_B] = "Python 3.13 and 3.14",
		[PTH_ERA_C] = "Python 3.15 and later",
		[PTH_ERA_A | PTH_ERA_B] = "Python 3.14 and earlier",
		[PTH_ERA_B | PTH_ERA_C] = "Python 3.13 and later",
		[PTH_ERA_A | PTH_ERA_C] = "all versions of Python but 3.13 and 3.14",
		[PTH_ERAS_ALL] = "all versions of Python",
	};

	return words[eras & PTH_ERAS_ALL];
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
