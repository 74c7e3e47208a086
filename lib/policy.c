/* policy.c - see policy.h. */
#include "policy.h"

#include <errno.h>

void policy_release(struct policy *p)
{
	ruleset_free(p->rules);
	judgement_free(p->judgement);
	*p = POLICY_INIT;
}

int policy_load(char *const *rules_dirs, char *const *judgement_dirs, struct problems *problems, struct policy *ret)
{
	_cleanup_policy_ struct policy p = POLICY_INIT;
	int r, s;

	r = ruleset_load(rules_dirs, problems, &p.rules);
	if (r == -ENOMEM)
		return r;
	s = judgement_load(judgement_dirs, problems, &p.judgement);
	if (r < 0 || s < 0)
		return s < 0 ? s : r;

	*ret = p;
	p = POLICY_INIT;
	return 0;
}
