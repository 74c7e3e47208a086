/* cleanup.h - scope-bound release of memory and descriptors.
 *
 *	_cleanup_free_ char *path = NULL;
 *	_cleanup_close_ int fd = -EBADF;
 *
 * A variable that leaves the function alive is handed over with TAKE_PTR()
 * or TAKE_FD(), which also disarm the cleanup.
 */
#ifndef PYHOOKD_CLEANUP_H
#define PYHOOKD_CLEANUP_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f) __attribute__((cleanup(f)))

#define TAKE(var, none)                            \
	({                                         \
		__typeof__(var) *take_ = &(var);   \
		__typeof__(var) got_ = *take_;     \
		*take_ = (none);                   \
		got_;                              \
	})
#define TAKE_PTR(p) TAKE(p, NULL)
#define TAKE_FD(fd) TAKE(fd, -EBADF)

/* xfreep(&x) for a `type *xfree(type *)`, for use with _cleanup_(). */
#define DEFINE_CLEANUP(type, func)                 \
	static inline void func##p(type **p)       \
	{                                          \
		*p = func(*p);                     \
	}

static inline void freep(void *p)
{
	free(*(void **)p);
}

/* Keeps errno, so that a cleanup on the error path does not hide the cause. */
static inline void closep(int *fd)
{
	if (*fd >= 0) {
		int saved = errno;

		(void)close(*fd);
		errno = saved;
	}
}

static inline void fclosep(FILE **f)
{
	if (*f)
		(void)fclose(*f);
}

static inline void closedirp(DIR **d)
{
	if (*d)
		(void)closedir(*d);
}

#define _cleanup_free_ _cleanup_(freep)
#define _cleanup_close_ _cleanup_(closep)
#define _cleanup_fclose_ _cleanup_(fclosep)
#define _cleanup_closedir_ _cleanup_(closedirp)

#define ELEMENTSOF(array) (sizeof(array) / sizeof((array)[0]))

#endif
