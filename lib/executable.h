/* executable.h - is a file the program that its name says?
 *
 * A program is known by a text that it carries and others do not: a message of its own, the
 * import path of its main package.  A copy of bash that is called "apk" has none of apk's.
 *
 * What it proves: the file was made from that program, or by somebody who put the text into
 * another.  It finds the tool that was copied and renamed; against a file that an attacker has
 * made himself only the owner and the mode of the file help, which are the caller's question.
 */
#ifndef PYHOOKD_EXECUTABLE_H
#define PYHOOKD_EXECUTABLE_H

#include <stdbool.h>

/* `markers`: texts, ended by NULL; at most EXECUTABLE_MARKERS_MAX of 1 to FILEDATA_NEEDLE_MAX bytes.
 * True if the file holds one of them.  A file that grows or shrinks meanwhile is searched as far as
 * it is read.  Nothing is remembered: reading 100 MiB of a container engine takes a tenth of a
 * second, so the caller keeps the answer by inode and time of change.
 * 0; -ENOEXEC: no ELF executable, or larger than EXECUTABLE_BYTES_MAX; -EINVAL: a marker is empty or
 * too long, or there are too many; -ENOMEM; -errno. */
int executable_has_marker(int fd, const char *const *markers, bool *ret);

#endif
