/* evidence.h - the bytes of hooks that an alert was about, kept by their digest.
 *
 *	STATE/evidence/SHA256		0600, in a directory of 0700
 *
 * What is planted is often gone when somebody comes to look: malware deletes itself.  One
 * holder, the sinks thread, which keeps the bytes before the alert is written.
 *
 * Who can make many different alerts can push out what was kept before: the bound is the administrator's.
 */
#ifndef PYHOOKD_EVIDENCE_H
#define PYHOOKD_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "cleanup.h"
#include "str.h"

#define EVIDENCE_DIR "evidence"
#define EVIDENCE_NAME_LEN 64		/* SHA-256, lower-case hex */

struct evidence;

/* Make or open the directory in `state_dirfd`, and take stock of it.  No more than `max_size` bytes, as a
 * disk counts them, are in it from now on; other files in it are left alone.  -ELOOP: it is a link; -ENOTDIR;
 * -EPERM: it is somebody else's. */
int evidence_new(int state_dirfd, uint64_t max_size, struct evidence **ret);
struct evidence *evidence_free(struct evidence *e);
DEFINE_CLEANUP(struct evidence, evidence_free)

/* Keep these bytes, of which `name` is the SHA-256; the oldest go as far as room is needed.  What is there already is
 * only made the newest.  `sync`: force them to the disk.  -EINVAL: no name; -EFBIG: larger than all room; -errno of
 * the disk, and nothing of it is left there. */
int evidence_keep(struct evidence *e, struct bytes name, struct bytes bytes, bool sync);

struct evidence_counters {
	uint64_t kept;		/* newly written */
	uint64_t failed;	/* that could not be kept */
	uint64_t removed;	/* to make room */
	uint64_t bytes, files;	/* there now */
};
void evidence_counters(const struct evidence *e, struct evidence_counters *ret);

#endif
