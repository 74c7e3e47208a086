/* ctl.h - what the commands of pyhookctl(8) share.
 *
 * A command is a file ctl_NAME.c with one function, and a line in the table of ctl.c.
 */
#ifndef PYHOOKD_CTL_H
#define PYHOOKD_CTL_H

#include <stdbool.h>

/* How pyhookctl ends. */
enum ctl_exit {
	CTL_FINE = 0,
	CTL_FINDINGS = 1,	/* it ran, and found something that a person must look at */
	CTL_UNABLE = 2,		/* it could not run: wrong usage, or a failure, which was said */
};

struct ctl_call {
	bool json;		/* for programs: one JSON text on standard output */
	int argc;		/* arguments behind the options */
	char **argv;
};

struct ctl_command {
	const char *name;
	const char *arguments;	/* for the usage line */
	const char *help;	/* one sentence without full stop */
	enum ctl_exit (*run)(const struct ctl_call *call);
};

/* "pyhookctl: ..." on standard error; answers CTL_UNABLE. */
enum ctl_exit ctl_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

enum ctl_exit ctl_fields(const struct ctl_call *call);

#endif
