/* template.c - see template.h. */
#include "template.h"

#include <errno.h>
#include <stdlib.h>

struct templates {
	size_t count;
};

int templates_new(struct templates **ret)
{
	struct templates *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	*ret = t;
	return 0;
}

struct templates *templates_free(struct templates *t)
{
	free(t);
	return NULL;
}

int templates_add(struct templates *t, const cJSON *node, const char *file, struct problems *problems)
{
	(void)t; (void)node; (void)file; (void)problems;
	return 0;
}

const char *templates_match(const struct templates *t, enum template_kind kind, struct bytes path, struct bytes text)
{
	(void)t; (void)kind; (void)path; (void)text;
	return NULL;
}

bool templates_know_name(const struct templates *t, enum template_kind kind, struct bytes path)
{
	(void)t; (void)kind; (void)path;
	return false;
}
