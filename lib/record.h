/* record.h - RECORD of an installed Python distribution: which files it has, and their digests.
 *
 * X-V.dist-info/RECORD is CSV with one row a file: path, digest, size; paths are relative to
 * the directory that holds the dist-info, or absolute (PEP 376, PEP 427, "Recording installed
 * projects" of packaging.python.org).  It lies beside the files and belongs to whom they
 * belong to: it says what is consistent, not what is authentic.
 */
#ifndef PYHOOKD_RECORD_H
#define PYHOOKD_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "digest.h"
#include "str.h"
#include "work.h"

struct record_row {
	struct bytes path;		/* as it is written, quotes taken off */
	struct digest digest;		/* algorithm NULL: none, or none that is known */
	bool damaged;			/* there is a digest, but it cannot be read */
};

/* A negative answer ends the reading.  The row is valid during the call only. */
typedef int (*record_row_fn)(const struct record_row *row, void *userdata);

/* Each row of a file in pieces of a bounded size; rows longer than RECORD_ROW_MAX are passed over.
 * 0, the callback's negative answer, -EFBIG (longer than RECORD_BYTES_MAX), -ENOMEM, -errno. */
int record_read(int fd, record_row_fn row, void *userdata);
int record_parse(struct bytes text, record_row_fn row, void *userdata);

/* The absolute, normal form of a row's path (no ".", "..", double slashes), `site` being the absolute
 * directory that holds the dist-info, without a link.  Into *ret (initialised, emptied first).  -ENOMEM. */
int record_path(struct bytes site, struct bytes row_path, struct str *ret);

struct record_verdict {
	unsigned rows;			/* below the prefix */
	unsigned checked;		/* of these: a digest that fits */
	/* Of what Python can import; none of them may be: */
	unsigned mismatched;		/* another content, or a digest that cannot be read */
	unsigned missing;		/* not there, no regular file, behind a link, unreadable */
	/* Below the prefix, and no row has a digest of it.  Bytecode in __pycache__ or beside its source
	 * does not count; a link does, whatever its name is. */
	unsigned extra;
	unsigned unchecked_bytecode;	/* .pyc in __pycache__ that Python uses without looking at the source (PEP 552) */
	/* Of the rest: changed, missing or added.  Hosts put their own certificates into pip's. */
	unsigned other_data;
	char first_bad[256];		/* the first that may not be, cut, NUL-terminated; not escaped */
};

/* True: what Python can import below the prefix is what RECORD names, all of it. */
bool record_verdict_good(const struct record_verdict *v);

/* Compare what lies below `prefix` ("pip/") in the site directory with RECORD of `dist_info`
 * ("pip-23.0.1.dist-info").
 *
 * It says that no module of the package was replaced or put before one (main.so or main/ beside
 * main.py).  What it does not say: that bytecode in __pycache__ is that of the source (a forged time stamp
 * is not seen), and that RECORD itself is what the index gave.  `work` may be NULL.
 * 0; -EDQUOT: there is too much for what is left of `work`; -ENOENT: no RECORD; -E2BIG: more than RECORD_FILES_MAX files or RECORD_VERIFY_BYTES_MAX bytes;
 * -EINVAL: the prefix is no "name/"; -errno. */
int record_verify(int sitefd, struct bytes dist_info, struct bytes prefix, struct work *work, struct record_verdict *ret);

/* A value that changes when anything that record_verify() looks at changes: names, inodes, sizes and times
 * of everything below the prefix, and of RECORD.  No content is read.  Returns as record_verify(). */
int record_fingerprint(int sitefd, struct bytes dist_info, struct bytes prefix, struct work *work, uint64_t *ret);

#endif
