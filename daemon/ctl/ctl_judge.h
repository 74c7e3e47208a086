/* ctl_judge.h - judge one file by the daemon's own stages: content, rules, alert.
 *
 * The policy is loaded once and shared; a judge belongs to one thread.
 */
#ifndef PYHOOKD_CTL_JUDGE_H
#define PYHOOKD_CTL_JUDGE_H

#include "cleanup.h"
#include "content.h"
#include "ctl.h"
#include "hookfile.h"
#include "policy.h"
#include "provenance.h"

/* As the options say; without any the daemon's, or else what is in the program.  What is wrong is said.
 * CTL_FINE or CTL_UNABLE. */
enum ctl_exit ctl_policy_load(const struct ctl_call *call, struct policy *ret);
/* One line each, on standard error. */
void ctl_say_problems(const struct problems *problems);

struct ctl_judge;

/* `policy` must outlive it.  -ENOMEM. */
int ctl_judge_new(const struct policy *policy, struct ctl_judge **ret);
struct ctl_judge *ctl_judge_free(struct ctl_judge *j);
DEFINE_CLEANUP(struct ctl_judge, ctl_judge_free)

struct ctl_subject {
	struct bytes path;		/* where it stands, or shall stand: absolute, normalised */
	struct bytes name;		/* what it is called where it was read, if that is not `path`; else absent */
	int rootfd;			/* below which it stands; -EBADF: it does not, and nothing of the disk is looked at */
	struct hookfile *file;		/* facts.known is false if it does not stand there */
	content_read_fn read;
	void *userdata;			/* for read() */
};

#define CTL_LEVEL_NONE (-1)

struct ctl_judged {
	cJSON *object;			/* the caller's; see pyhookctl(8) for its members */
	enum content_verdict verdict;
	int level;			/* enum level, or CTL_LEVEL_NONE: no rule speaks of it */
};

/* -ENOMEM. */
int ctl_judge(struct ctl_judge *j, const struct ctl_subject *subject, struct ctl_judged *ret);

/* Must a person look at it? */
bool ctl_judged_is_finding(const struct ctl_judged *judged);

#endif
