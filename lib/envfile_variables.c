/* envfile_variables.c - what the file itself has set so far.
 *
 * X=/tmp/a; export PYTHONPATH=$X is an assignment of /tmp/a, and is to be judged as one.
 * So values are remembered as they are read, and put into the words behind them.
 *
 * Branches are all read, though one is taken.  Between two boundaries of control flow (a
 * segment) what was set last holds; behind it, a value that a branch may have replaced is one of
 * several, and who uses it is told so.  A file that sets more variables, or
 * longer values, than are remembered has them called unknown, never taken for unset.
 */
#include <errno.h>
#include <stdlib.h>

#include "cleanup.h"
#include "envfile_private.h"

#define SLOTS (ENVFILE_VARIABLES_MAX * 4)	/* a power of two */

struct env_variables {
	struct env_variable list[ENVFILE_VARIABLES_MAX];
	size_t n;
	bool full;
	uint16_t slots[SLOTS];	/* index + 1 */
};

static size_t slot_of(const struct env_variables *v, struct bytes name)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < name.len; i++)
		h = (h ^ (unsigned char)name.ptr[i]) * 16777619u;
	for (h %= SLOTS;; h = (h + 1) % SLOTS)
		if (v->slots[h] == 0 || bytes_equal(str_bytes(&v->list[v->slots[h] - 1].name), name))
			return h;
}

static struct env_variable *find(const struct envfile *e, struct bytes name)
{
	size_t slot;

	if (!e->variables || name.len > ENVFILE_NAME_MAX)
		return NULL;
	slot = slot_of(e->variables, name);
	return e->variables->slots[slot] ? &e->variables->list[e->variables->slots[slot] - 1] : NULL;
}

/* *ret: NULL, there is no room for it. */
static int find_or_add(struct envfile *e, struct bytes name, struct env_variable **ret)
{
	struct env_variable *known = find(e, name);
	int r;

	*ret = known;
	if (known)
		return 0;
	if (!e->variables) {
		e->variables = calloc(1, sizeof(*e->variables));
		if (!e->variables)
			return -ENOMEM;
	}
	if (e->variables->n == ENVFILE_VARIABLES_MAX || name.len > ENVFILE_NAME_MAX) {
		e->variables->full = true;
		return 0;
	}
	known = &e->variables->list[e->variables->n];
	*known = (struct env_variable){ .name = STR_INIT, .value = STR_INIT, .absent = true };
	r = str_append_bytes(&known->name, name);
	if (r < 0)
		return r;
	e->variables->slots[slot_of(e->variables, name)] = (uint16_t)++e->variables->n;
	*ret = known;
	return 0;
}

void env_variables_free(struct envfile *e)
{
	for (size_t i = 0; e->variables && i < e->variables->n; i++) {
		str_release(&e->variables->list[i].name);
		str_release(&e->variables->list[i].value);
	}
	free(e->variables);
	e->variables = NULL;
}

/* May code behind a branch see another value than this one? */
static bool conflicts(const struct envfile *e, const struct env_variable *v, struct bytes value, unsigned flags)
{
	return e->conditional > 0 && !v->absent &&
	       (v->unknown || v->conflict || v->unset || flags || !bytes_equal(str_bytes(&v->value), value));
}

int env_variable_replace(struct envfile *e, struct bytes name, struct bytes value, unsigned flags,
			 struct env_variable *ret_old)
{
	struct env_variable *v, old = { .name = STR_INIT, .value = STR_INIT, .absent = true };
	bool too_long;
	int r;

	*ret_old = old;
	if (e->mute > 0 || !envfile_is_name(name))
		return 0;
	r = find_or_add(e, name, &v);
	if (r < 0 || !v)
		return r;

	old = *v;
	str_init(&old.name);
	v->conflict = conflicts(e, v, value, flags);
	if (flags & VARIABLE_APPEND) {
		/* Copying what was there for each of a million appends is too much. */
		str_init(&old.value);
		old.unknown = true;
	} else {
		str_init(&v->value);
	}
	*ret_old = old;
	too_long = v->value.len + value.len > ENVFILE_RESOLVED_MAX;
	v->segment = e->segment;
	v->unset = flags & VARIABLE_UNSET;
	v->reference = flags & VARIABLE_REFERENCE;
	v->unknown = too_long || (flags & VARIABLE_UNKNOWN) || ((flags & VARIABLE_APPEND) && v->unknown);
	v->absent = false;
	return v->unknown ? 0 : str_append_bytes(&v->value, value);
}

int env_variable_set(struct envfile *e, struct bytes name, struct bytes value, unsigned flags)
{
	struct env_variable old;
	int r = env_variable_replace(e, name, value, flags, &old);

	str_release(&old.value);
	return r;
}

void env_variable_put_back(struct envfile *e, struct bytes name, struct env_variable *aside)
{
	struct env_variable *v = find(e, name);

	if (v) {
		struct str own = v->name;

		str_release(&v->value);
		*v = *aside;
		v->name = own;
		str_init(&aside->value);
	}
	str_release(&aside->value);
}

struct bytes env_variable_target(const struct envfile *e, struct bytes name)
{
	const struct env_variable *v = find(e, name);

	return v && v->reference && !v->absent && !v->unknown ? str_bytes(&v->value) : name;
}

/* Names that a login brings along: whoever writes $HOME means that one. */
bool env_variable_is_ambient(struct bytes name)
{
	static const char *const names[] = {
		"HOME", "USER", "LOGNAME", "PWD", "OLDPWD", "PATH", "SHELL", "UID", "HOSTNAME", "TMPDIR", "LANG",
		"VIRTUAL_ENV", "CONDA_PREFIX",
	};

	if (bytes_has_prefix(name, BYTES_LIT("XDG_")) && envfile_is_name(name))
		return true;
	for (size_t i = 0; i < ELEMENTSOF(names); i++)
		if (bytes_equal(name, bytes_of(names[i])))
			return true;
	return false;
}

enum env_known env_variable_get(const struct envfile *e, struct bytes name, struct bytes *ret)
{
	const struct env_variable *v = find(e, name);

	if (!v || v->absent) {
		bool elsewhere = e->functions > 0 || e->included || (e->variables && e->variables->full);

		return elsewhere && !env_variable_is_ambient(name) && !envfile_is_python_variable(name) ? ENV_UNKNOWN : ENV_ABSENT;
	}
	if (v->unknown)
		return ENV_UNKNOWN;
	*ret = str_bytes(&v->value);
	if (v->conflict && v->segment != e->segment)
		return ENV_ONE_OF_SEVERAL;
	return v->unset ? ENV_UNSET : ENV_KNOWN;
}
