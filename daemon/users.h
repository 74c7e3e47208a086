/* users.h - names of users, from the password file.
 *
 * Not from NSS: a directory server that does not answer would stop the line.  A user whom
 * only such a server knows is named by number.
 */
#ifndef PYHOOKD_USERS_H
#define PYHOOKD_USERS_H

#include <sys/types.h>

#include "cleanup.h"
#include "str.h"

struct users;

/* `rootfd`: etc/passwd is read below it, again when it has changed; not closed. */
int users_new(int rootfd, struct users **ret);
struct users *users_free(struct users *u);
DEFINE_CLEANUP(struct users, users_free)

/* Absent: not known.  Valid until the next call. */
struct bytes users_name(struct users *u, uid_t uid);

/* Call fn for each distinct home directory. */
void users_homes(struct users *u, void (*fn)(const char *home, void *userdata), void *userdata);

#endif
