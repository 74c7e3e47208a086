/* ctl.h - what the commands of pyhookctl(8) share.
 *
 * A command is a file ctl_NAME.c with one function, and a line in the table of ctl.c.
 */
#ifndef PYHOOKD_CTL_H
#define PYHOOKD_CTL_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/* How pyhookctl ends. */
enum ctl_exit {
	CTL_FINE = 0,
	CTL_FINDINGS = 1,	/* it ran, and found something that a person must look at */
	CTL_UNABLE = 2,		/* it could not run: wrong usage, or a failure, which was said */
	CTL_INTERRUPTED = 130,	/* as the shell says it of SIGINT; what was found until then was printed */
};

/* The command line.  Texts are views into argv. */
struct ctl_call {
	bool json;			/* for programs: JSON on standard output */
	bool all;
	const char *as, *root, *state_dir;	/* NULL: not given */
	char **rules_dirs, **judgement_dirs;	/* NULL-terminated; empty: not given */
	int argc;			/* arguments behind the options */
	char **argv;
};

struct ctl_command {
	const char *name;
	const char *arguments;	/* for the usage line */
	const char *help;	/* one sentence without full stop */
	unsigned options;	/* those that it takes (ctl.c) */
	enum ctl_exit (*run)(const struct ctl_call *call);
};

/* "pyhookctl: ..." on standard error; answers CTL_UNABLE. */
enum ctl_exit ctl_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One line of JSON; for a person, who asked for one thing only, indented.  CTL_FINE, or CTL_UNABLE. */
enum ctl_exit ctl_print_json(const cJSON *json, bool indented);

enum ctl_exit ctl_baseline(const struct ctl_call *call);
enum ctl_exit ctl_fields(const struct ctl_call *call);
enum ctl_exit ctl_inspect(const struct ctl_call *call);
enum ctl_exit ctl_scan(const struct ctl_call *call);

#endif
