/* judgement.c - see judgement.h. */
#include "judgement.h"

#include <errno.h>
#include <stdlib.h>

#include "builtin.h"

struct judgement {
	int weights[INDICATOR_COUNT];
};

int judgement_load(char *const *dirs, struct problems *problems, struct judgement **ret)
{
	struct judgement *j = calloc(1, sizeof(*j));

	(void)dirs;
	(void)problems;
	if (!j)
		return -ENOMEM;
	*ret = j;
	return 0;
}

int judgement_load_text(struct bytes text, const char *file, struct problems *problems, struct judgement **ret)
{
	(void)text;
	(void)file;
	return judgement_load(NULL, problems, ret);
}

struct judgement *judgement_free(struct judgement *j)
{
	free(j);
	return NULL;
}

int judgement_weight(const struct judgement *j, enum indicator i, enum judged_as as)
{
	(void)as;
	return j ? j->weights[i] : 0;
}

enum judgement_answer judgement_of_score(const struct judgement *j, int score)
{
	(void)j;
	return score >= 80 ? JUDGEMENT_MALICIOUS : score >= 40 ? JUDGEMENT_SUSPICIOUS : JUDGEMENT_NOTHING;
}

unsigned judgement_name(const struct judgement *j, struct bytes name)
{
	(void)j;
	(void)name;
	return 0;
}

uint64_t judgement_text(const struct judgement *j, struct bytes text)
{
	(void)j;
	(void)text;
	return 0;
}

const char *judgement_template(const struct judgement *j, enum template_kind kind, struct bytes file, struct bytes text)
{
	(void)j;
	(void)kind;
	(void)file;
	(void)text;
	return NULL;
}

bool judgement_is_known_name(const struct judgement *j, enum template_kind kind, struct bytes file)
{
	(void)j;
	(void)kind;
	(void)file;
	return false;
}
