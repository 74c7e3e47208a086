/* installer_command.c - what does a command line run, and which entry is that?
 *
 * The arguments are the writer's own words; nothing is believed here, only read
 * the way CPython reads them.
 */
#include "installer_private.h"

bool command_is_python(struct bytes name)
{
	size_t i;

	if (bytes_has_prefix(name, BYTES_LIT("python")))
		i = 6;
	else if (bytes_has_prefix(name, BYTES_LIT("pypy")))
		i = 4;
	else
		return false;
	for (; i < name.len; i++)
		if ((name.ptr[i] < '0' || name.ptr[i] > '9') && name.ptr[i] != '.' && name.ptr[i] != 't')
			return false;
	return true;
}

void command_parse(const struct process *p, struct run *ret)
{
	static const struct bytes harmless = BYTES_LIT("IEsPuBOSbdvqRt");
	struct run run = { 0 };
	size_t count = process_argument_count(p);

	for (size_t i = 1; i < count && i < INSTALLER_OPTIONS_MAX; i++) {
		struct bytes a = process_argument(p, i);

		if (a.len == 0 || a.ptr[0] != '-') {
			run.how = RUN_SCRIPT;
			run.what = a;
			break;
		}
		if (a.len == 1 || a.ptr[1] == '-') {
			run.refused = a;
			break;
		}
		for (size_t k = 1; k < a.len; k++) {
			char option = a.ptr[k];
			struct bytes value = bytes_slice(a, k + 1, a.len - k - 1);

			if (option == 'c' || option == 'm' || option == 'W' || option == 'X') {
				if (value.len == 0)
					value = ++i < count ? process_argument(p, i) : BYTES_NONE;
				if (option == 'c' || option == 'm') {
					run.how = option == 'c' ? RUN_CODE : RUN_MODULE;
					run.what = value;
					*ret = run;
					return;
				}
				/* A warning's category is imported if it has a dot; -X can name a
				 * directory of byte code or a module to import. */
				if (!run.refused.ptr &&
				    ((option == 'W' && bytes_find_byte(value, '.', 0) >= 0) ||
				     (option == 'X' && (bytes_has_prefix(value, BYTES_LIT("pycache_prefix")) ||
							bytes_has_prefix(value, BYTES_LIT("presite"))))))
					run.refused = a;
				break;
			}
			run.no_environment |= option == 'E' || option == 'I';
			run.safe_path |= option == 'P' || option == 'I';
			run.no_user_site |= option == 's' || option == 'I';
			if (bytes_find_byte(harmless, option, 0) < 0 && !run.refused.ptr)
				run.refused = a;
		}
	}

	*ret = run;
}

/* Name and nothing more, but for a version: pip, pip3, pip-3.11.  A star at the
 * end of the pattern stands for anything. */
static bool name_fits(const char *pattern, struct bytes name)
{
	struct bytes p = bytes_of(pattern);

	if (bytes_has_suffix(p, BYTES_LIT("*")))
		return bytes_has_prefix(name, bytes_slice(p, 0, p.len - 1));
	if (!bytes_has_prefix(name, p))
		return false;
	name = bytes_slice(name, p.len, name.len - p.len);
	if (name.len > 1 && name.ptr[0] == '-')
		name = bytes_slice(name, 1, name.len - 1);
	for (size_t i = 0; i < name.len; i++)
		if ((name.ptr[i] < '0' || name.ptr[i] > '9') && name.ptr[i] != '.')
			return false;
	return true;
}

static bool any_name_fits(const struct entry *e, struct bytes name)
{
	for (size_t i = 0; i < sizeof(e->names) / sizeof(e->names[0]) && e->names[i]; i++)
		if (name_fits(e->names[i], name))
			return true;
	return false;
}

bool command_next_literal(struct bytes *b, struct bytes *ret)
{
	ptrdiff_t end;

	if (b->len < 2 || b->ptr[0] != '\'')
		return false;
	end = bytes_find_byte(*b, '\'', 1);
	if (end < 0)
		return false;
	*ret = bytes_slice(*b, 1, (size_t)end - 1);
	if (bytes_find_byte(*ret, '\\', 0) >= 0)
		return false;
	*b = bytes_slice(*b, (size_t)end + 1, b->len - (size_t)end - 1);
	if (bytes_has_prefix(*b, BYTES_LIT(", ")))
		*b = bytes_slice(*b, 2, b->len - 2);
	else if (b->len > 0)
		return false;
	return true;
}

/* The text between `before` and `after`, which have to follow at once. */
static bool between(struct bytes *text, struct bytes before, struct bytes after, struct bytes *ret)
{
	ptrdiff_t end;

	if (!bytes_has_prefix(*text, before))
		return false;
	end = bytes_find(*text, after, before.len);
	if (end < 0)
		return false;
	*ret = bytes_slice(*text, before.len, (size_t)end - before.len);
	*text = bytes_slice(*text, (size_t)end + after.len, text->len - (size_t)end - after.len);
	return true;
}

bool command_is_ensurepip(struct bytes text, struct bytes *ret_wheels)
{
	struct bytes wheels, arguments, item, list;

	if (!between(&text, BYTES_LIT("\nimport runpy\nimport sys\nsys.path = ["), BYTES_LIT("] + sys.path\n"), &wheels) ||
	    !between(&text, BYTES_LIT("sys.argv[1:] = ["), BYTES_LIT("]\n"), &arguments) ||
	    !bytes_equal(text, BYTES_LIT("runpy.run_module(\"pip\", run_name=\"__main__\", alter_sys=True)\n")))
		return false;

	/* Each item is a piece of the text, so the text bounds the loops. */
	for (list = wheels; list.len > 0;)
		if (!command_next_literal(&list, &item) || !is_absolute(item) ||
		    (!bytes_has_prefix(name_of(item), BYTES_LIT("pip-")) &&
		     !bytes_has_prefix(name_of(item), BYTES_LIT("setuptools-"))) ||
		    !bytes_has_suffix(item, BYTES_LIT(".whl")))
			return false;
	for (list = arguments; list.len > 0;)
		if (!command_next_literal(&list, &item))
			return false;

	*ret_wheels = wheels;
	return wheels.len > 0;
}

/* The process is this, if its claims are true. */
static bool entry_is(const struct entry *e, bool python, const struct run *run, struct bytes exe)
{
	struct bytes wheels;

	switch (e->kind) {
	case KIND_SCRIPT:
		return python && run->how == RUN_SCRIPT && any_name_fits(e, name_of(run->what));
	case KIND_FILE:
		if (!python || run->how != RUN_SCRIPT)
			return false;
		for (size_t i = 0; i < sizeof(e->names) / sizeof(e->names[0]) && e->names[i]; i++)
			if (bytes_has_suffix(run->what, bytes_of(e->names[i])))
				return true;
		return false;
	case KIND_MODULE:
		return python && run->how == RUN_MODULE && bytes_equal(run->what, bytes_of(e->names[0]));
	case KIND_CODE:
		return python && run->how == RUN_CODE && command_is_ensurepip(run->what, &wheels);
	case KIND_CALLER:
		if (!python || run->how != RUN_CODE)
			return false;
		for (size_t i = 0; i < sizeof(e->names) / sizeof(e->names[0]) && e->names[i]; i++)
			if (bytes_find(run->what, bytes_of(e->names[i]), 0) >= 0)
				return true;
		return false;
	case KIND_NATIVE:
		for (size_t i = 0; i < sizeof(e->names) / sizeof(e->names[0]) && e->names[i]; i++)
			if (bytes_equal(name_of(exe), bytes_of(e->names[i])))
				return true;
		return false;
	case KIND_TOOL:
		return any_name_fits(e, name_of(exe)) ||
		       (run->how == RUN_SCRIPT && any_name_fits(e, name_of(run->what)));
	}
	return false;
}

/* An interpreter whose first argument without a dash is a script. */
static bool is_other_interpreter(struct bytes name)
{
	static const char *const interpreters[] = { "ruby", "perl", "sh", "bash", "dash" };

	for (size_t i = 0; i < sizeof(interpreters) / sizeof(interpreters[0]); i++)
		if (name_fits(interpreters[i], name))
			return true;
	return false;
}

const struct entry *command_pick(const struct process *p, struct run *ret_run)
{
	struct bytes exe = p->image->exe, name = name_of(exe);
	bool python = command_is_python(name);
	struct run run = { 0 };

	if (python) {
		command_parse(p, &run);
	} else if (is_other_interpreter(name) && process_argument_count(p) > 1) {
		run.how = RUN_SCRIPT;
		run.what = process_argument(p, 1);
	}

	*ret_run = run;
	for (size_t i = 0; installer_entries[i].name; i++)
		if (entry_is(&installer_entries[i], python, &run, exe))
			return &installer_entries[i];
	return NULL;
}

const struct entry *command_claim(const struct process *p, struct bytes *ret_claim)
{
	struct bytes claims[3] = {
		name_of(process_argument(p, 0)),
		name_of(p->image->exe),
		{ p->comm, strnlen(p->comm, sizeof(p->comm)) },
	};

	for (size_t k = 0; k < 3; k++) {
		ptrdiff_t blank = bytes_find_byte(claims[k], ' ', 0);
		struct bytes claim = blank < 0 ? claims[k] : bytes_slice(claims[k], 0, (size_t)blank);

		for (size_t i = 0; installer_entries[i].name; i++) {
			const struct entry *e = &installer_entries[i];

			if (claim.len > 0 && (e->kind == KIND_SCRIPT || e->kind == KIND_NATIVE || e->kind == KIND_TOOL) &&
			    any_name_fits(e, claim)) {
				*ret_claim = claim;
				return e;
			}
		}
	}
	return NULL;
}
