/* fuzz_template.c - any path and any text: whether it is a template's, and what is true of all that are.  Names
 * and texts are looked up on the way.  Pieces: path, text. */
#include <stdint.h>
#include <stdlib.h>

#include "judgement.h"
#include "pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static const struct judgement *defaults(void)
{
	static struct judgement *j;
	struct problems problems = PROBLEMS_INIT;

	if (!j)
		check(judgement_load(NULL, &problems, &j) == 0);
	return j;
}

/* More behind it or before it is another text, and one line is one line. */
static void check_line(const struct judgement *j, enum template_kind kind, struct bytes path, struct bytes text)
{
	_cleanup_str_ struct str more = STR_INIT;

	for (size_t i = 0; i < text.len; i++)
		check((unsigned char)text.ptr[i] >= 0x20 || text.ptr[i] == '\t');
	check(str_append_bytes(&more, text) == 0 && str_append_text(&more, ";x") == 0);
	check(judgement_template(j, kind, path, str_bytes(&more)) == NULL);
	str_clear(&more);
	check(str_append_text(&more, "x;") == 0 && str_append_bytes(&more, text) == 0);
	check(judgement_template(j, kind, path, str_bytes(&more)) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct judgement *j = defaults();
	struct bytes rest = { (const char *)data, size };
	struct bytes path = piece(&rest), text = piece(&rest);

	for (unsigned kind = TEMPLATE_PTH_LINE; kind <= TEMPLATE_FILE; kind++) {
		bool known = judgement_is_known_name(j, (enum template_kind)kind, path);

		if (judgement_template(j, (enum template_kind)kind, path, text) && kind != TEMPLATE_FILE)
			check_line(j, (enum template_kind)kind, path, text);
		/* Only the last components count, and there is none that has no name. */
		check(!known || bytes_basename(path).len > 0);
	}
	(void)judgement_name(j, text);
	(void)judgement_text(j, text);
	return 0;
}
