/* ctl.c - pyhookctl(8): everything about pyhookd that is not the daemon.
 *
 *	pyhookctl [--json] COMMAND [ARGUMENT...]
 *
 * Owns: the command line, the table of commands, the exit status.  Must not own: what a command
 * does (ctl_NAME.c).
 */
#include "ctl.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "version.h"

static const struct ctl_command commands[] = {
	{ "fields", "[PATTERN...]", "list the fields that a rule may use", ctl_fields },
};

enum ctl_exit ctl_fail(const char *format, ...)
{
	va_list ap;

	fputs("pyhookctl: ", stderr);
	va_start(ap, format);
	(void)vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	return CTL_UNABLE;
}

static void usage(void)
{
	puts("usage: pyhookctl [--json] COMMAND [ARGUMENT...]\n\nCommands:");
	for (size_t i = 0; i < ELEMENTSOF(commands); i++)
		printf("  %-8s %-14s %s\n", commands[i].name, commands[i].arguments, commands[i].help);
	puts("\nOptions:\n"
	     "      --json     print JSON, for programs\n"
	     "      --version  print the version\n"
	     "  -h, --help     print this\n"
	     "\n"
	     "See pyhookctl(8).");
}

static const struct ctl_command *find(const char *name)
{
	for (size_t i = 0; i < ELEMENTSOF(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/* A full disk or a closed pipe must not look like success: the output may be an inventory. */
static int finish(enum ctl_exit status)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		return (int)ctl_fail("cannot write to standard output");
	return (int)status;
}

int main(int argc, char **argv)
{
	enum { JSON = 256, VERSION };
	static const struct option options[] = {
		{ "json", no_argument, NULL, JSON },
		{ "version", no_argument, NULL, VERSION },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct ctl_call call = { 0 };
	const struct ctl_command *command;
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case JSON:
			call.json = true;
			break;
		case VERSION:
			puts("pyhookctl " PYHOOKD_VERSION);
			return finish(CTL_FINE);
		case 'h':
			usage();
			return finish(CTL_FINE);
		default:
			return (int)ctl_fail("'pyhookctl --help' lists commands and options");
		}
	}
	if (optind == argc)
		return (int)ctl_fail("no command: 'pyhookctl --help' lists them");
	command = find(argv[optind]);
	if (!command)
		return (int)ctl_fail("unknown command '%s': 'pyhookctl --help' lists them", argv[optind]);

	call.argc = argc - optind - 1;
	call.argv = argv + optind + 1;
	return finish(command->run(&call));
}
