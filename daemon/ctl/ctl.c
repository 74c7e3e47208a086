/* ctl.c - pyhookctl(8): everything about pyhookd that is not the daemon.
 *
 *	pyhookctl [OPTION...] COMMAND [OPTION...] [ARGUMENT...]
 *
 * Owns: the command line, the tables of commands and of options, the exit status.  Must not own: what a command
 * does (ctl_NAME.c).
 */
#include "ctl.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "version.h"

enum ctl_option {
	OPTION_JSON = 1 << 0,
	OPTION_AS = 1 << 1,
	OPTION_RULES_DIR = 1 << 2,
	OPTION_JUDGEMENT_DIR = 1 << 3,
	OPTION_ROOT = 1 << 4,
	OPTION_ALL = 1 << 5,
	OPTION_STATE_DIR = 1 << 6,
};

#define OPTIONS_JUDGE (OPTION_JSON | OPTION_RULES_DIR | OPTION_JUDGEMENT_DIR)

static const struct {
	const char *name, *argument, *help;	/* argument NULL: it takes none */
	enum ctl_option option;
} known_options[] = {
	{ "json", NULL, "print JSON, for programs", OPTION_JSON },
	{ "as", "PATH", "inspect: judge the file as though it stood at PATH", OPTION_AS },
	{ "root", "DIR", "scan: take DIR for the root directory: an image, a mounted disk", OPTION_ROOT },
	{ "all", NULL, "scan: print what is below medium, too", OPTION_ALL },
	{ "state-dir", "DIR", "baseline: the daemon's state directory", OPTION_STATE_DIR },
	{ "rules-dir", "DIR", "load rules from there (may repeat; later ones replace by file name)", OPTION_RULES_DIR },
	{ "judgement-dir", "DIR", "load judgement data from there, over the program's (may repeat)", OPTION_JUDGEMENT_DIR },
};

static const struct ctl_command commands[] = {
	{ "baseline", "show|accept ...", "show the inventory of hooks, or take a change as known",
	  OPTION_JSON | OPTION_STATE_DIR, ctl_baseline },
	{ "fields", "[PATTERN...]", "list the fields that a rule may use", OPTION_JSON, ctl_fields },
	{ "inspect", "FILE...", "say what a file would do when Python starts", OPTIONS_JUDGE | OPTION_AS, ctl_inspect },
	{ "scan", "[PATH...]", "find and judge every hook on disk", OPTIONS_JUDGE | OPTION_ROOT | OPTION_ALL, ctl_scan },
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

enum ctl_exit ctl_print_json(const cJSON *json, bool indented)
{
	char *text = indented ? cJSON_Print(json) : cJSON_PrintUnformatted(json);

	if (!text)
		return ctl_fail("out of memory");
	puts(text);
	cJSON_free(text);
	return CTL_FINE;
}

static void usage_option(const char *name, const char *argument, const char *help)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "--%s%s%s", name, argument ? " " : "", argument ? argument : "");
	printf("      %-20s %s\n", text, help);
}

static void usage(void)
{
	puts("usage: pyhookctl [OPTION...] COMMAND [OPTION...] [ARGUMENT...]\n\nCommands:");
	for (size_t i = 0; i < ELEMENTSOF(commands); i++)
		printf("  %-8s %-20s %s\n", commands[i].name, commands[i].arguments, commands[i].help);
	puts("\nOptions:");
	for (size_t i = 0; i < ELEMENTSOF(known_options); i++)
		usage_option(known_options[i].name, known_options[i].argument, known_options[i].help);
	usage_option("version", NULL, "print the version");
	puts("  -h, --help               print this\n"
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

/* `list` has room for all of argv. */
static void append(char **list, char *value)
{
	while (*list)
		list++;
	*list = value;
}

static void take(struct ctl_call *call, enum ctl_option option)
{
	switch (option) {
	case OPTION_JSON:
		call->json = true;
		break;
	case OPTION_AS:
		call->as = optarg;
		break;
	case OPTION_ROOT:
		call->root = optarg;
		break;
	case OPTION_ALL:
		call->all = true;
		break;
	case OPTION_STATE_DIR:
		call->state_dir = optarg;
		break;
	case OPTION_RULES_DIR:
		append(call->rules_dirs, optarg);
		break;
	case OPTION_JUDGEMENT_DIR:
		append(call->judgement_dirs, optarg);
		break;
	}
}

static enum ctl_exit run(struct ctl_call *call, unsigned given, int argc, char **argv)
{
	const struct ctl_command *command;

	if (argc == 0)
		return ctl_fail("no command: 'pyhookctl --help' lists them");
	command = find(argv[0]);
	if (!command)
		return ctl_fail("unknown command '%s': 'pyhookctl --help' lists them", argv[0]);
	for (size_t i = 0; i < ELEMENTSOF(known_options); i++)
		if (given & known_options[i].option & ~command->options)
			return ctl_fail("'%s' takes no --%s: see 'pyhookctl --help'", command->name,
					known_options[i].name);
	call->argc = argc - 1;
	call->argv = argv + 1;
	return command->run(call);
}

int main(int argc, char **argv)
{
	enum { FIRST = 256, VERSION = FIRST + ELEMENTSOF(known_options) };
	struct option options[ELEMENTSOF(known_options) + 3] = { 0 };
	_cleanup_free_ char **rules_dirs = calloc((size_t)argc + 1, sizeof(*rules_dirs));
	_cleanup_free_ char **judgement_dirs = calloc((size_t)argc + 1, sizeof(*judgement_dirs));
	struct ctl_call call = { .rules_dirs = rules_dirs, .judgement_dirs = judgement_dirs };
	unsigned given = 0;
	int c;

	if (!rules_dirs || !judgement_dirs)
		return (int)ctl_fail("out of memory");
	for (size_t i = 0; i < ELEMENTSOF(known_options); i++)
		options[i] = (struct option){ known_options[i].name, known_options[i].argument != NULL, NULL,
					      FIRST + (int)i };
	options[ELEMENTSOF(known_options)] = (struct option){ "version", no_argument, NULL, VERSION };
	options[ELEMENTSOF(known_options) + 1] = (struct option){ "help", no_argument, NULL, 'h' };

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == VERSION) {
			puts("pyhookctl " PYHOOKD_VERSION);
			return finish(CTL_FINE);
		}
		if (c == 'h') {
			usage();
			return finish(CTL_FINE);
		}
		if (c < FIRST || c > VERSION)
			return (int)ctl_fail("'pyhookctl --help' lists commands and options");
		given |= known_options[c - FIRST].option;
		take(&call, known_options[c - FIRST].option);
	}
	return finish(run(&call, given, argc - optind, argv + optind));
}
