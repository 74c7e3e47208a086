/* alert_fakes.h - what alert.c asks of other modules, for as long as a tree lacks
 * them: each stand-in gives way to the module's own file.  The words are those of
 * the headers. */
#ifndef PYHOOKD_ALERT_FAKES_H
#define PYHOOKD_ALERT_FAKES_H

#include <errno.h>

#include "alert.h"
#include "place.h"

#define FAKE __attribute__((weak))

#if !__has_include("detection.c")
static const char *const fake_types[DETECTION_TYPES] = {
	"", "PYTHONSTARTUP_ENV_SET", "PYTHONPATH_ENV_SET", "SITECUSTOMIZE_MODIFIED", "PTH_FILE_CREATED",
	"PYTHON_STARTUP_FILE_MODIFIED", "PYTHON_ENV_SET", "COVERAGE_GAP",
};
static const char *const fake_levels[LEVELS] = { "informational", "low", "medium", "high", "critical" };

FAKE const char *detection_type_to_string(enum detection_type t)
{
	return fake_types[t];
}

FAKE int detection_type_from_string(struct bytes text, enum detection_type *ret)
{
	for (int i = 1; i < DETECTION_TYPES; i++)
		if (bytes_equal(text, bytes_of(fake_types[i]))) {
			*ret = (enum detection_type)i;
			return 0;
		}
	return -EINVAL;
}

FAKE const char *detection_type_message_id(enum detection_type t)
{
	(void)t;
	return "0123456789abcdef0123456789abcdef";
}

FAKE const char *level_to_string(enum level l)
{
	return fake_levels[l];
}

FAKE int level_from_string(struct bytes text, enum level *ret)
{
	for (int i = 0; i < LEVELS; i++)
		if (bytes_equal(text, bytes_of(fake_levels[i]))) {
			*ret = (enum level)i;
			return 0;
		}
	return -EINVAL;
}

FAKE int level_to_priority(enum level l)
{
	return 6 - (int)l;
}
#endif

#if !__has_include("process.c")
FAKE size_t process_argument_count(const struct process *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->image->argv.len; i++)
		n += p->image->argv.ptr[i] == '\0';
	return n;
}

FAKE struct bytes process_argument(const struct process *p, size_t index)
{
	struct bytes rest = p->image->argv;

	for (;;) {
		ptrdiff_t end = bytes_find_byte(rest, '\0', 0);

		if (end < 0)
			return BYTES_NONE;
		if (index-- == 0)
			return bytes_slice(rest, 0, (size_t)end);
		rest = bytes_slice(rest, (size_t)end + 1, rest.len - (size_t)end - 1);
	}
}

FAKE int process_command_line(const struct process *p, struct str *out)
{
	size_t n = process_argument_count(p);
	int r = 0;

	for (size_t i = 0; r >= 0 && i < n; i++) {
		if (i > 0)
			r = str_append_char(out, ' ');
		if (r >= 0)
			r = str_append_bytes(out, process_argument(p, i));
	}
	return r;
}

FAKE struct bytes process_script(const struct process *p, struct str *storage)
{
	(void)p;
	(void)storage;
	return BYTES_NONE;
}
#endif

#if !__has_include("attribution.c")
FAKE const char *attribution_source_to_string(enum attribution_source s)
{
	static const char *const names[] = { "none", "connector", "open-exec", "proc", "recorded" };

	return names[s];
}

FAKE const char *mismatch_to_string(enum mismatch one)
{
	return one == MISMATCH_ARGV ? "argv-rewritten" : one == MISMATCH_PRELOAD ? "preload" : NULL;
}
#endif

#if !__has_include("hookpath.c")
FAKE const char *vector_to_string(enum vector v)
{
	static const char *const names[] = {
		"none", "pth", "pth-exec", "pth-path", "start", "sitecustomize", "usercustomize", "pyc",
		"stdlib", "interpreter-config", "pyvenv-cfg", "env", "ipython", "jupyter",
	};

	return names[v];
}

FAKE const char *hook_scope_to_string(enum hook_scope s)
{
	static const char *const names[] = {
		"none", "site", "stdlib", "bin", "system", "user", "project", "elsewhere",
	};

	return names[s];
}

FAKE const char *hook_form_to_string(enum hook_form f)
{
	static const char *const names[] = {
		"none", "text", "source", "bytecode", "extension", "package", "archive", "json",
	};

	return names[f];
}
#endif

#if !__has_include("content.c")
FAKE const char *content_verdict_to_string(enum content_verdict v)
{
	static const char *const names[] = {
		"unread", "inert", "template", "executes", "suspicious", "malicious",
	};

	return names[v];
}

FAKE const char *content_line_does_to_string(enum content_line_does d)
{
	static const char *const names[] = { "executes", "calls", "adds-path", "sets" };

	return names[d];
}
#endif

#if !__has_include("place.c")
FAKE const char *place_flag_to_string(enum place_flag one)
{
	return one == PLACE_TEMPORARY ? "temporary" : one == PLACE_MISSING ? "missing" : NULL;
}
#endif

#endif
