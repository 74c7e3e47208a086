/* ctl_fields.c - pyhookctl fields: every field that a rule may use, from the table that the rules
 * themselves are read with (lib/field.c).
 */
#include "ctl.h"

#include <cjson/cJSON.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "document.h"
#include "field.h"

/* Without a wildcard: a part of the name.  Case does not matter here, for whoever looks for a
 * name does not know it yet. */
static bool matches(const char *name, const char *pattern)
{
	if (!strpbrk(pattern, "*?["))
		return strcasestr(name, pattern) != NULL;
	return fnmatch(pattern, name, FNM_CASEFOLD) == 0;
}

static bool is_wanted(const struct field *f, const struct ctl_call *call)
{
	for (int i = 0; i < call->argc; i++)
		if (matches(f->name, call->argv[i]))
			return true;
	return call->argc == 0;
}

/* The next field from `f` on that is wanted, or the table's end. */
static const struct field *next_wanted(const struct field *f, const struct ctl_call *call)
{
	while (f->name && !is_wanted(f, call))
		f++;
	return f;
}

static void print_text(const struct ctl_call *call)
{
	int width = 0;

	for (const struct field *f = field_table; (f = next_wanted(f, call))->name; f++)
		if (width < (int)strlen(f->name))
			width = (int)strlen(f->name);
	for (const struct field *f = field_table; (f = next_wanted(f, call))->name; f++)
		printf("%-*s  %-7s  %s\n", width, f->name, field_kind_to_string(f->kind), f->help);
}

static bool add_field(cJSON *list, const struct field *f)
{
	cJSON *object = cJSON_CreateObject();

	if (!object || !cJSON_AddItemToArray(list, object)) {
		cJSON_Delete(object);
		return false;
	}
	return cJSON_AddStringToObject(object, "name", f->name) &&
	       cJSON_AddStringToObject(object, "kind", field_kind_to_string(f->kind)) &&
	       cJSON_AddStringToObject(object, "help", f->help) &&
	       (!f->example || cJSON_AddStringToObject(object, "example", f->example));
}

static enum ctl_exit print_json(const struct ctl_call *call)
{
	_cleanup_cjson_ cJSON *list = cJSON_CreateArray();
	bool ok = list != NULL;

	for (const struct field *f = field_table; ok && (f = next_wanted(f, call))->name; f++)
		ok = add_field(list, f);
	return ok ? ctl_print_json(list, true) : ctl_fail("out of memory");
}

enum ctl_exit ctl_fields(const struct ctl_call *call)
{
	if (!next_wanted(field_table, call)->name)
		return ctl_fail("no field has such a name: 'pyhookctl fields' lists them all");
	if (call->json)
		return print_json(call);
	print_text(call);
	return CTL_FINE;
}
