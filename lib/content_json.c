/* content_json.c - the JSON of IPython and Jupyter: kernelspecs and settings.
 *
 * A kernelspec (kernel.json; jupyter_client's documentation, "Kernel specs") says which program is started for a notebook:
 * an interpreter with a kernel's module is what it is for, a shell with a command line is not.  Settings (ipython_config.json and
 * the like; traitlets' JSONFileConfigLoader) may hold code and names of files that run at start.
 */
#include "content_private.h"

#include <cjson/cJSON.h>
#include <errno.h>

#include "cleanup.h"
#include "document.h"
#include "pytext.h"

/* cJSON does not say where a node stood; the first place of the key's name in
 * quotes is good enough for a person to find it. */
static unsigned line_of_key(struct bytes b, struct bytes key)
{
	char buf[64];
	unsigned number = 1;
	ptrdiff_t at;

	if (key.len > sizeof(buf) - 2)
		return 1;
	buf[0] = '"';
	memcpy(buf + 1, key.ptr, key.len);
	buf[key.len + 1] = '"';

	at = bytes_find(b, (struct bytes){ buf, key.len + 2 }, 0);
	for (ptrdiff_t i = 0; i < at; i++)
		number += b.ptr[i] == '\n';
	return number;
}

static struct bytes text_of(const cJSON *node)
{
	return cJSON_IsString(node) ? bytes_of(node->valuestring) : BYTES_NONE;
}

/* ---- kernelspecs ---------------------------------------------------------------- */

static bool is_one_of(struct bytes b, const struct bytes *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (bytes_equal(b, list[i]))
			return true;
	return false;
}

static bool is_shell(struct bytes program)
{
	static const struct bytes shells[] = {
		BYTES_LIT("sh"), BYTES_LIT("bash"), BYTES_LIT("dash"), BYTES_LIT("ash"), BYTES_LIT("zsh"), BYTES_LIT("ksh"),
		BYTES_LIT("mksh"), BYTES_LIT("fish"), BYTES_LIT("csh"), BYTES_LIT("tcsh"), BYTES_LIT("busybox"),
		BYTES_LIT("toybox"), BYTES_LIT("perl"), BYTES_LIT("script"), BYTES_LIT("nohup"), BYTES_LIT("setsid"),
	};

	return is_one_of(bytes_basename(program), shells, ELEMENTSOF(shells));
}

/* python, python3, python3.11, pypy3, ... */
static bool is_python(struct bytes program)
{
	static const struct bytes names[] = { BYTES_LIT("python"), BYTES_LIT("pypy") };
	struct bytes base = bytes_basename(program);

	for (size_t i = 0; i < ELEMENTSOF(names); i++) {
		size_t n = names[i].len;

		if (!bytes_has_prefix(base, names[i]))
			continue;
		while (n < base.len && ((base.ptr[n] >= '0' && base.ptr[n] <= '9') || base.ptr[n] == '.' || base.ptr[n] == 't'))
			n++;
		return n == base.len;
	}
	return false;
}

/* `env` before a program: assignments are what they are anywhere. */
static const cJSON *skip_env(const cJSON *arg)
{
	if (!arg || !bytes_equal(bytes_basename(text_of(arg)), BYTES_LIT("env")))
		return arg;
	for (arg = arg->next; arg; arg = arg->next) {
		struct bytes text = text_of(arg);

		if (text.len > 0 && text.ptr[0] != '-' && bytes_find_byte(text, '=', 0) < 0)
			return arg;
	}
	return NULL;
}

static int judge_code(struct subject *s, struct bytes code)
{
	bool runs;

	return subject_code(s, &(struct content_code){ .source = code, .path = s->j->request->path, .line = s->line,
						       .is_text = true }, &runs);
}

static int judge_python(struct subject *s, const cJSON *arg)
{
	for (; arg; arg = arg->next) {
		struct bytes text = text_of(arg);

		if (bytes_equal(text, BYTES_LIT("-c")))
			return arg->next ? judge_code(s, text_of(arg->next)) : 0;
		if (bytes_equal(text, BYTES_LIT("-m")))
			return 0;	/* a kernel's module; of which, the directory tells nothing */
		if (text.len > 0 && text.ptr[0] == '/')
			return subject_file(s, text);
		if (text.len == 0 || text.ptr[0] != '-')
			return 0;
	}
	return 0;
}

static int judge_argv(struct subject *s, const cJSON *argv)
{
	const cJSON *first = cJSON_IsArray(argv) ? skip_env(argv->child) : NULL;
	struct bytes program = text_of(first);
	int r = 0;

	if (program.len == 0)
		return 0;
	if (program.ptr[0] == '/')
		r = subject_path(s, program);
	if (r >= 0 && is_python(program))
		return judge_python(s, first->next);
	if (r >= 0 && is_shell(program))
		r = subject_note(s, INDICATOR_FOREIGN_COMMAND, program);
	return r;
}

static int judge_variables(struct subject *s, const cJSON *env)
{
	int r = 0;

	for (const cJSON *node = cJSON_IsObject(env) ? env->child : NULL; node && r >= 0; node = node->next)
		if (cJSON_IsString(node) && node->string)
			r = subject_assignment(s, &(struct env_assignment){ .name = bytes_of(node->string),
										.value = text_of(node),
										.resolved = text_of(node),
										.line = s->line, .export = true });
	return r;
}

/* ---- settings -------------------------------------------------------------------- */

static int judge_each(struct subject *s, const cJSON *node, int (*judge)(struct subject *s, struct bytes text))
{
	int r = 0;

	if (cJSON_IsString(node))
		return judge(s, text_of(node));
	for (const cJSON *one = cJSON_IsArray(node) ? node->child : NULL; one && r >= 0; one = one->next)
		if (cJSON_IsString(one))
			r = judge(s, text_of(one));
	return r;
}

/* InteractiveShellApp (IPython/core/shellapp.py) and what Jupyter's configurables call. */
static const struct setting {
	const char *name;
	int (*judge)(struct subject *s, struct bytes text);
} settings[] = {
	{ "exec_lines", judge_code },
	{ "code_to_run", judge_code },
	{ "exec_files", subject_file },
	{ "file_to_run", subject_file },
};

/* Settings stand two levels deep: {"InteractiveShellApp": {"exec_lines": [...]}}. */
static int judge_settings(struct subject *s, const cJSON *node)
{
	int r = 0;

	for (const cJSON *one = cJSON_IsObject(node) ? node->child : NULL; one && r >= 0; one = one->next)
		for (size_t i = 0; i < ELEMENTSOF(settings) && r >= 0; i++)
			if (one->string && bytes_equal(bytes_of(one->string), bytes_of(settings[i].name)))
				r = judge_each(s, one, settings[i].judge);
	return r;
}

/* ---- together --------------------------------------------------------------------- */

static int judge_member(struct subject *s, const cJSON *node)
{
	struct bytes key = bytes_of(node->string);

	if (bytes_equal(key, BYTES_LIT("argv")))
		return judge_argv(s, node);
	if (bytes_equal(key, BYTES_LIT("env")))
		return judge_variables(s, node);
	return judge_settings(s, node);
}

static int take_member(struct judging *j, struct bytes text, const cJSON *node)
{
	struct subject s = SUBJECT(j, JUDGED_INTERACTIVE, line_of_key(text, bytes_of(node->string)));
	char *value = cJSON_PrintUnformatted(node);
	struct bytes line;
	int r;

	if (!value)
		return -ENOMEM;
	line = region_printf(j->region, "%s = %.*s", node->string, ALERT_LINE_BYTES_MAX, value);
	cJSON_free(value);
	if (!line.ptr)
		return -ENOMEM;
	r = judge_member(&s, node);
	return r < 0 ? r : subject_line(&s, line, LINE_SETS, false, CONTENT_EXECUTES);
}

/* Python's json takes more than cJSON (NaN, deeper nesting): what it would make of this is not known. */
static int take_text(struct judging *j)
{
	struct subject whole = SUBJECT(j, JUDGED_INTERACTIVE, 0);
	struct pytext_reader reader;
	struct pytext_line line;

	pytext_reader_init(&reader, pytext_skip_bom(j->bytes), LINES_UNIVERSAL);
	while (pytext_reader_next(&reader, &line)) {
		struct content_line kept = { .number = line.number, .text = line.text, .does = LINE_SETS,
					     .hidden = line.hidden, .verdict = CONTENT_EXECUTES };

		if (line.text.len == 0)
			continue;
		j->leads = true;
		(void)judging_line(j, &kept);
	}
	return j->leads ? subject_note(&whole, INDICATOR_NOT_UNDERSTOOD, BYTES_LIT("JSON that cannot be read")) : 0;
}

int content_judge_json(struct judging *j)
{
	struct subject whole = SUBJECT(j, JUDGED_INTERACTIVE, 0);
	struct bytes text = pytext_skip_bom(j->bytes);
	_cleanup_cjson_ cJSON *root = subject_work(&whole, WORK_JSON_BYTE * (uint64_t)text.len) ?
		cJSON_ParseWithLength(text.ptr, text.len) : NULL;
	size_t members = 0;
	int r = 0;

	if (!cJSON_IsObject(root))
		return take_text(j);
	for (const cJSON *node = root->child; node && members < ALERT_LINES_MAX && r >= 0; node = node->next, members++) {
		j->leads = true;
		r = take_member(j, text, node);
	}
	return r;
}
