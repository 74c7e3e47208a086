/* main.c - the command line of pyhookd(8). */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "config.h"
#include "limits.h"
#include "log.h"
#include "manager.h"
#include "policy.h"
#include "version.h"

/* sysexits.h has EX_NOPERM 77, which test harnesses know as "skip". */
enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_UNABLE = 77,
};

struct options {
	const char *config_file;	/* NULL: the default one, which need not exist */
	char *state_dir;
	char **outputs, **rules_dirs, **judgement_dirs, **watch;	/* NULL-terminated, or NULL; ours, like state_dir */
	bool check;
};

static void options_done(struct options *o)
{
	char **lists[] = { o->outputs, o->rules_dirs, o->judgement_dirs, o->watch };

	for (size_t i = 0; i < ELEMENTSOF(lists); i++) {
		for (char **s = lists[i]; s && *s; s++)
			free(*s);
		free(lists[i]);
	}
	free(o->state_dir);
}

static void usage(FILE *f)
{
	fputs("usage: pyhookd [-c FILE] [--check] [--output journal|text|json]... [--state-dir DIR]\n"
	      "               [--rules-dir DIR]... [--judgement-dir DIR]... [--watch PATH]...\n"
	      "\n"
	      "Watches for code that makes itself run when a Python interpreter starts, and says who\n"
	      "planted it.\n"
	      "\n"
	      "  -c, --config FILE   read this instead of " CONFIG_FILE_DEFAULT "\n"
	      "      --check         load configuration and rules, print every problem, and exit\n"
	      "      --output KIND   where alerts go besides the alert log (may repeat)\n"
	      "      --state-dir DIR keep the alert log there\n"
	      "      --rules-dir DIR load rules from there (may repeat; later ones replace by file name)\n"
	      "      --judgement-dir DIR\n"
	      "                      load weights and templates from there, over the default ones (may repeat)\n"
	      "      --watch PATH    watch only what is below PATH (may repeat)\n"
	      "      --version       print the version\n"
	      "  -h, --help          print this\n"
	      "\n"
	      "See pyhookd(8).\n", f);
}

/* Append to a NULL-terminated list; takes over `value`, NULL: there was no memory. */
static int append(char ***list, char *value)
{
	size_t n = 0;
	char **grown;

	while (*list && (*list)[n])
		n++;
	grown = value ? realloc(*list, (n + 2) * sizeof(*grown)) : NULL;
	if (!grown) {
		free(value);
		return -ENOMEM;
	}
	grown[n] = value;
	grown[n + 1] = NULL;
	*list = grown;
	return 0;
}

/* The configuration wants absolute paths; on a command line one is as it is typed. */
static char *absolute(const char *path)
{
	_cleanup_free_ char *cwd = NULL;
	char *joined = realpath(path, NULL);

	if (joined || path[0] == '/')
		return joined ? joined : strdup(path);
	cwd = getcwd(NULL, 0);
	if (!cwd || asprintf(&joined, "%s/%s", cwd, path) < 0)
		return NULL;
	return joined;
}

/* 1: go on; 0: done; -EINVAL: wrong use. */
static int parse(int argc, char **argv, struct options *o)
{
	enum { CHECK = 256, OUTPUT, STATE_DIR, RULES_DIR, JUDGEMENT_DIR, WATCH, VERSION };
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check", no_argument, NULL, CHECK },
		{ "output", required_argument, NULL, OUTPUT },
		{ "state-dir", required_argument, NULL, STATE_DIR },
		{ "rules-dir", required_argument, NULL, RULES_DIR },
		{ "judgement-dir", required_argument, NULL, JUDGEMENT_DIR },
		{ "watch", required_argument, NULL, WATCH },
		{ "version", no_argument, NULL, VERSION },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c, r = 0;

	while (r >= 0 && (c = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			o->config_file = optarg;
			break;
		case CHECK:
			o->check = true;
			break;
		case OUTPUT:
			r = append(&o->outputs, strdup(optarg));
			break;
		case STATE_DIR:
			free(o->state_dir);
			o->state_dir = absolute(optarg);
			r = o->state_dir ? 0 : -ENOMEM;
			break;
		case RULES_DIR:
			r = append(&o->rules_dirs, absolute(optarg));
			break;
		case JUDGEMENT_DIR:
			r = append(&o->judgement_dirs, absolute(optarg));
			break;
		case WATCH:
			r = append(&o->watch, absolute(optarg));
			break;
		case VERSION:
			puts("pyhookd " PYHOOKD_VERSION);
			return 0;
		case 'h':
			usage(stdout);
			return 0;
		default:
			return -EINVAL;
		}
	}
	if (r < 0)
		return r;
	if (optind < argc) {
		fprintf(stderr, "pyhookd: unexpected argument '%s'\n", argv[optind]);
		return -EINVAL;
	}
	return 1;
}

static void print_problems(const struct problems *problems, FILE *f)
{
	for (size_t i = 0; i < problems->count; i++) {
		_cleanup_str_ struct str text = STR_INIT;

		if (problem_text(&problems->list[i], &text) >= 0)
			fprintf(f, "%s\n", text.buf);
	}
	if (problems->incomplete)
		fprintf(f, "pyhookd: there are more problems than are shown\n");
}

static int apply_options(const struct options *o, struct config *config, struct problems *problems)
{
	const char *state_dir[] = { o->state_dir, NULL };
	const struct {
		const char *key, *origin;
		const char *const *values;
	} list[] = {
		{ "outputs", "--output", (const char *const *)o->outputs },
		{ "rules_dirs", "--rules-dir", (const char *const *)o->rules_dirs },
		{ "judgement_dirs", "--judgement-dir", (const char *const *)o->judgement_dirs },
		{ "watch", "--watch", (const char *const *)o->watch },
		{ "state_dir", "--state-dir", o->state_dir ? state_dir : NULL },
	};

	for (size_t i = 0; i < ELEMENTSOF(list); i++) {
		int r;

		if (!list[i].values)
			continue;
		r = config_set(config, list[i].key, list[i].values, list[i].origin, problems);
		if (r < 0 && r != -EINVAL)
			return r;
	}
	return problems->errors > 0 ? -EINVAL : 0;
}

static int load(const struct options *o, struct problems *problems, struct config *ret_config,
		struct policy *ret_policy)
{
	_cleanup_config_ struct config config = CONFIG_INIT;
	int r;

	r = config_load(o->config_file ? o->config_file : CONFIG_FILE_DEFAULT, o->config_file, problems,
			&config);
	if (r >= 0)
		r = apply_options(o, &config, problems);
	if (r >= 0)
		r = policy_load(config.rules_dirs, config.judgement_dirs, problems, ret_policy);
	if (r < 0)
		return r;

	*ret_config = config;
	config = CONFIG_INIT;
	return 0;
}

/* At a reload: standard error must not block. */
static int load_and_log(struct config *ret_config, struct policy *ret_policy, void *userdata)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	int r = load(userdata, &problems, ret_config, ret_policy);

	for (size_t i = 0; i < problems.count && i < RELOAD_PROBLEMS_MAX; i++) {
		const struct problem *p = &problems.list[i];

		log_line(p->warning ? LOG_WARNING : LOG_ERR, "%s:%u:%u: %s", p->file, p->line, p->column,
			 p->text);
	}
	if (problems.count > RELOAD_PROBLEMS_MAX)
		log_error("and %zu more problems: pyhookd --check shows them",
			  problems.count - RELOAD_PROBLEMS_MAX);
	return r;
}

static int load_and_print(struct config *ret_config, struct policy *ret_policy, void *userdata)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	int r = load(userdata, &problems, ret_config, ret_policy);

	print_problems(&problems, stderr);
	return r;
}

static int check(const struct options *o)
{
	_cleanup_problems_ struct problems problems = PROBLEMS_INIT;
	_cleanup_config_ struct config config = CONFIG_INIT;
	_cleanup_policy_ struct policy policy = POLICY_INIT;
	int r = load(o, &problems, &config, &policy);

	print_problems(&problems, stdout);
	if (r == -ENOMEM)
		fputs("pyhookd: out of memory\n", stderr);
	if (r >= 0)
		printf("%zu rules are in order\n", ruleset_count(policy.rules));
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}

static int run(struct options *o)
{
	_cleanup_config_ struct config config = CONFIG_INIT;
	_cleanup_(manager_freep) struct manager *m = NULL;
	_cleanup_policy_ struct policy policy = POLICY_INIT;
	int r;

	log_open(LOG_INFO);
	if (manager_check_privileges() < 0)
		return EXIT_UNABLE;
	r = load_and_print(&config, &policy, o);
	if (r < 0)
		return EXIT_FAILED;
	log_open(config.log_level);
	r = manager_new(&config, &policy, load_and_log, o, &m);
	if (r == -EPERM || r == -ENOSYS)
		return EXIT_UNABLE;
	if (r < 0) {
		log_error_errno(r, "cannot start");
		return EXIT_FAILED;
	}
	return manager_run(m) < 0 ? EXIT_FAILED : EXIT_OK;
}

int main(int argc, char **argv)
{
	struct options o = { 0 };
	int r = parse(argc, argv, &o), code;

	if (r == 0) {
		code = EXIT_OK;
	} else if (r < 0) {
		usage(stderr);
		code = EXIT_USAGE;
	} else {
		code = o.check ? check(&o) : run(&o);
	}
	options_done(&o);
	return code;
}
