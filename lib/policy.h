/* policy.h - what decides: the rules, and the data by which content is judged.  Loaded and replaced together. */
#ifndef PYHOOKD_POLICY_H
#define PYHOOKD_POLICY_H

#include "judgement.h"
#include "ruleset.h"

struct policy {
	struct ruleset *rules;
	struct judgement *judgement;
};

#define POLICY_INIT ((struct policy){ NULL, NULL })

/* ruleset_load() and judgement_load(), with the problems of both.  -EINVAL; -ENOMEM; *ret is untouched. */
int policy_load(char *const *rules_dirs, char *const *judgement_dirs, struct problems *problems, struct policy *ret);

void policy_release(struct policy *p);
#define _cleanup_policy_ __attribute__((cleanup(policy_release)))

#endif
