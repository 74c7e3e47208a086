/* facts.h - all that the line knows about one event: what the rules look at
 * and the alert says.
 *
 * Each stage fills its part; a stage that cannot answer leaves its part as it
 * was (zero: absent).  Views point into the event, the process snapshot or the
 * region, which outlive the facts.
 */
#ifndef PYHOOKD_FACTS_H
#define PYHOOKD_FACTS_H

#include "attribution.h"
#include "cgroup.h"
#include "content.h"
#include "detection.h"
#include "envfile.h"
#include "event.h"
#include "hookpath.h"
#include "installer.h"
#include "ownership.h"
#include "provenance.h"
#include "region.h"
#include "shadow.h"

/* Sigma's logsource category, a set: a file that sets a variable is both. */
enum facts_category {
	CATEGORY_FILE_EVENT = 1 << 0,
	CATEGORY_REGISTRY_SET = 1 << 1,	/* on Linux: an assignment in a file takes the registry's place */
};

enum change {
	CHANGE_NONE,
	CHANGE_CREATED,		/* the name was not known as a hook before */
	CHANGE_MODIFIED,	/* it was, with other content */
	CHANGE_REMOVED,
	CHANGE_UNCHANGED,	/* written again with the same bytes, or touched */
	CHANGE_PERMISSIONS,	/* unchanged, but others may write to it now who could not before */
};

/* The file as it was when it was looked at. */
struct file_facts {
	bool known;
	bool gone;			/* not known because there is nothing of that name */
	bool is_symlink;
	bool whiteout;			/* overlay's character device 0:0: a removal */
	struct bytes link_target;
	struct stat st;			/* of the name itself (lstat) */
	uid_t dir_uid;			/* owner of the directory */
	struct ownership owner, owner_before;	/* of what is read: of a link its target; not known: not looked at */
};

/* The same bytes as before. */
static inline bool change_keeps_content(enum change c)
{
	return c == CHANGE_UNCHANGED || c == CHANGE_PERMISSIONS;
}

struct facts {
	struct region *region;
	const struct event *event;
	unsigned category;		/* enum facts_category, or-ed */
	enum change change;
	struct hook hook;
	struct file_facts file;
	struct content content;		/* of one assignment: what that amounts to; size and digest are the file's */
	struct shadow shadow;		/* which other module it is imported instead of, or is not imported for */

	/* One event per assignment: set for VECTOR_ENV only. */
	struct env_assignment env;	/* env.name.ptr is NULL otherwise */

	struct attribution attribution;
	struct bytes user_name;		/* of the writer's effective uid; absent: not known */
	struct bytes parent_user_name;	/* likewise, of its parent's */
	struct installer installer;
	struct provenance provenance;		/* which package says that the file is its own */
	struct cgroup cgroup;			/* of the writer: unit, slice, container */
	struct bytes container_path;		/* the file as the writer sees it, if its root is not ours; absent otherwise */

	struct bytes evidence;		/* the hook's bytes, until an alert has taken them along */
	struct bytes evidence_path;	/* where they are kept if it comes to that; absent: nowhere */

	struct bytes computer;		/* host name */
};

/* Are the hook's bytes kept with an alert of this level? */
static inline bool facts_are_evidence(const struct facts *f, enum level level)
{
	return level >= LEVEL_MEDIUM && f->evidence_path.len > 0 && f->change != CHANGE_REMOVED;
}

#endif
