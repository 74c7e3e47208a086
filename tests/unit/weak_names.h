/* weak_names.h - stand-ins for the functions of other modules that lib/field.c
 * refers to, so that the rule engine can be tested alone.
 *
 * They are weak: where the library's own are linked, those are used.  The names
 * are the ones that users see (DESIGN, section 5).
 */
#ifndef PYHOOKD_TESTS_WEAK_NAMES_H
#define PYHOOKD_TESTS_WEAK_NAMES_H

#include "facts.h"
#include "place.h"

#define WEAK __attribute__((weak))

WEAK const char *vector_to_string(enum vector v)
{
	static const char *const names[] = {
		"none", "pth", "pth-exec", "pth-path", "start", "sitecustomize", "usercustomize", "pyc", "stdlib",
		"interpreter-config", "pyvenv-cfg", "env", "ipython", "jupyter",
	};
	return names[v];
}

WEAK const char *hook_scope_to_string(enum hook_scope s)
{
	static const char *const names[] = {
		"none", "site", "stdlib", "bin", "system", "user", "project", "elsewhere",
	};
	return names[s];
}

WEAK const char *hook_form_to_string(enum hook_form f)
{
	static const char *const names[] = {
		"none", "text", "source", "bytecode", "extension", "package", "archive", "json",
	};
	return names[f];
}

WEAK const char *content_verdict_to_string(enum content_verdict v)
{
	static const char *const names[] = {
		"unread", "inert", "template", "executes", "suspicious", "malicious",
	};
	return names[v];
}

WEAK const char *place_flag_to_string(enum place_flag one)
{
	static const char *const names[] = {
		"relative", "missing", "temporary", "hidden", "others-write", "undecidable", "not-roots",
	};
	int bit = __builtin_ctz((unsigned)one);

	return bit < 7 ? names[bit] : NULL;
}

WEAK const char *mismatch_to_string(enum mismatch one)
{
	return one == MISMATCH_ARGV ? "argv-rewritten" : one == MISMATCH_PRELOAD ? "preload" : "other";
}

WEAK const char *attribution_source_to_string(enum attribution_source s)
{
	static const char *const names[] = { "none", "connector", "open-exec", "proc", "recorded" };

	return names[s];
}

/* The real one quotes; for what the tests write, this is the same. */
WEAK int process_command_line(const struct process *p, struct str *out)
{
	struct bytes argv = p->image->argv;

	for (size_t i = 0; i + 1 < argv.len; i++)
		if (str_append_char(out, argv.ptr[i] ? argv.ptr[i] : ' ') < 0)
			return -ENOMEM;
	return 0;
}

WEAK struct bytes process_script(const struct process *p, struct str *storage)
{
	(void)p;
	(void)storage;
	return BYTES_NONE;
}

#endif
