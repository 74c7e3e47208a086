/* content_name.c - a name that a person does not see, or takes for another.
 *
 * Only where the name is the writer's choice: of a .pth and a .start.  Names in any script are ordinary; what is
 * not is what shows as nothing, as a blank, or as another character (Unicode Technical Report 36, "Visual Spoofing"), and
 * a dot in front, which ls(1) passes over and several versions of Python do not (gh-113659).
 */
#include "content_private.h"

#include "cleanup.h"
#include "pytext.h"

struct range {
	uint32_t first, last;
};

static bool is_in(uint32_t c, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

/* Shown as nothing, or as something else than it is. */
static bool is_deceptive(uint32_t c)
{
	static const struct range ranges[] = {
		{ 0x00, 0x1f }, { 0x7f, 0x9f },			/* controls */
		{ 0xad, 0xad }, { 0x34f, 0x34f }, { 0x61c, 0x61c },	/* soft hyphen, joiner, mark */
		{ 0x115f, 0x1160 }, { 0x3164, 0x3164 }, { 0xffa0, 0xffa0 },	/* Hangul fillers */
		{ 0x180b, 0x180e }, { 0x200b, 0x200f },		/* variation selectors, zero width, marks */
		{ 0x2028, 0x202e }, { 0x2060, 0x206f },		/* separators, overrides, isolates */
		{ 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff },		/* variation selectors, byte order mark */
		{ 0xff01, 0xff5e },				/* full-width forms of ASCII */
		{ 0xfff0, 0xffff }, { 0xe000, 0xf8ff },		/* specials, private use */
		{ 0x1d400, 0x1d7ff },				/* mathematical letters */
		{ 0xe0000, 0xe0fff }, { 0xf0000, 0x10ffff },	/* tags, private use */
	};

	return is_in(c, ranges, ELEMENTSOF(ranges));
}

/* Scripts of which letters look like Latin ones. */
static bool is_lookalike(uint32_t c)
{
	static const struct range ranges[] = {
		{ 0x370, 0x3ff }, { 0x400, 0x52f }, { 0x530, 0x58f }, { 0x13a0, 0x13ff },
	};

	return is_in(c, ranges, ELEMENTSOF(ranges));
}

static bool is_latin_letter(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool hides(struct bytes name, struct bytes suffix)
{
	struct bytes stem = bytes_has_suffix(name, suffix) ? bytes_slice(name, 0, name.len - suffix.len) : name;
	bool latin = false, lookalike = false;
	uint32_t c;
	bool valid;

	if (name.len > 0 && name.ptr[0] == '.')
		return true;
	if (stem.len > 0 && (stem.ptr[0] == ' ' || stem.ptr[stem.len - 1] == ' '))
		return true;
	for (size_t at = 0; at < stem.len;) {
		at += pytext_decode(stem, at, &c, &valid);
		if (!valid || is_deceptive(c) || (c != ' ' && pytext_is_blank(c)))
			return true;
		latin |= is_latin_letter(c);
		lookalike |= is_lookalike(c);
	}
	return latin && lookalike;
}

int content_judge_name(struct judging *j)
{
	static const struct bytes suffixes[] = { BYTES_LIT(".pth"), BYTES_LIT(".start") };
	struct bytes name = bytes_basename(j->request->path);
	struct subject whole = SUBJECT(j, JUDGED_LINE, 0);

	/* Nothing in it runs: then nothing is hidden by the name. */
	if (j->executing + j->paths == 0)
		return 0;
	for (size_t i = 0; i < ELEMENTSOF(suffixes); i++)
		if (bytes_has_suffix(name, suffixes[i]) && hides(name, suffixes[i]))
			return subject_note(&whole, INDICATOR_HIDDEN_NAME, name);
	return 0;
}
