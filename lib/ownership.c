#include "ownership.h"

#include <stddef.h>
#include <sys/xattr.h>

struct ownership ownership_of(const struct stat *st, bool acl)
{
	return (struct ownership){
		.known = true, .uid = st->st_uid, .gid = st->st_gid, .mode = st->st_mode & 07777, .acl = acl,
	};
}

bool ownership_equal(const struct ownership *a, const struct ownership *b)
{
	return a->known == b->known && a->uid == b->uid && a->gid == b->gid && a->mode == b->mode && a->acl == b->acl;
}

/* A user's private group has the user's number (adduser(8), useradd(8) with USERGROUPS_ENAB). */
static bool group_writes(const struct ownership *o)
{
	return o->mode & S_IWGRP && (o->acl || !(o->gid == 0 || o->gid == (gid_t)o->uid));
}

bool ownership_lets_others_write(const struct ownership *o)
{
	return o->mode & S_IWOTH || group_writes(o);
}

bool ownership_is_opened(const struct ownership *before, const struct ownership *now)
{
	if (!before->known || !now->known)
		return false;
	if (now->uid != before->uid && now->uid != 0)
		return true;
	if (now->mode & S_IWOTH)
		return !(before->mode & S_IWOTH);
	return group_writes(now) && !(before->mode & S_IWOTH) &&
	       (!group_writes(before) || now->gid != before->gid || (now->acl && !before->acl));
}

bool ownership_has_acl(const char *path)
{
	return getxattr(path, "system.posix_acl_access", NULL, 0) > 0;
}
