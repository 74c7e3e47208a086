/* ctl_text.c - what pyhookctl inspect and scan print for a person.
 *
 * Every text of the object was escaped when it was put in (alert.c): it is printed as it is.
 */
#include "ctl_text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"

static const char *text_of(const cJSON *object, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

/* Numbers that alert.c made are raw texts (alert.c, put_number()). */
static const char *number_of(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

	return cJSON_IsRaw(item) ? item->valuestring : NULL;
}

static const cJSON *list_of(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

	return cJSON_IsArray(item) ? item->child : NULL;
}

static void print_words(const char *before, const cJSON *list, const char *after)
{
	for (const cJSON *item = list; item; item = item->next)
		printf("%s%s", item == list ? before : ", ", item->valuestring);
	if (list)
		fputs(after, stdout);
}

static void print_if(const char *before, const char *text, const char *after)
{
	if (text)
		printf("%s%s%s", before, text, after);
}

/* "in the root of a site directory": where it stands. */
static const char *place_of(const cJSON *object)
{
	static const struct {
		const char *scope, *words;
	} places[] = {
		{ "site", "in a site directory" },
		{ "stdlib", "in a standard library" },
		{ "bin", "beside an interpreter" },
		{ "system", "for the whole system" },
		{ "user", "for one user" },
		{ "project", "for one project" },
	};
	const char *scope = text_of(object, "scope");

	for (size_t i = 0; scope && i < ELEMENTSOF(places); i++)
		if (strcmp(places[i].scope, scope) == 0)
			return places[i].words;
	return "where Python looks only if it is told to";
}

static void print_kind(const cJSON *object)
{
	const char *vector = text_of(object, "vector");

	if (vector)
		printf("  %s, %s\n", vector, place_of(object));
	else
		puts("  not a place where Python looks: judged by its name");
}

static void print_findings(const cJSON *object)
{
	const cJSON *list = list_of(object, "findings");

	if (list)
		puts("\n  Why");
	for (const cJSON *f = list; f; f = f->next) {
		const char *detail = text_of(f, "detail"), *line = number_of(f, "line");

		printf("    %-20s", text_of(f, "indicator"));
		print_if(" line ", line, detail ? ":" : "");
		print_if(" ", detail, "");
		print_if(" (in ", text_of(f, "file"), ")");
		putchar('\n');
	}
}

static const char *deed_of(const cJSON *line)
{
	static const struct {
		const char *does, *words;
	} deeds[] = {
		{ "executes", "runs" },
		{ "calls", "is called" },
		{ "adds-path", "adds a path" },
		{ "sets", "sets" },
	};
	const char *does = text_of(line, "does");

	for (size_t i = 0; does && i < ELEMENTSOF(deeds); i++)
		if (strcmp(deeds[i].does, does) == 0)
			return deeds[i].words;
	return "";
}

static void print_lines(const cJSON *object)
{
	const cJSON *list = list_of(object, "lines");

	if (list)
		puts("\n  Lines");
	for (const cJSON *line = list; line; line = line->next) {
		const char *versions = text_of(line, "python");

		printf("    %4s  %s", number_of(line, "number"), deed_of(line));
		if (versions && strcmp(versions, "all") != 0)
			printf(" (Python %s)", versions);
		if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(line, "hidden")))
			fputs(", hidden from view", stdout);
		print_if(", template ", text_of(line, "template"), "");
		print_if(", runs ", text_of(line, "target"), "");
		print_words(", leads to a place that is ", list_of(line, "places"), "");
		printf("\n          %s\n", text_of(line, "text"));
	}
}

/* The package gives a digest, and it is another one. */
static bool has_other_content(const cJSON *provenance)
{
	return cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(provenance, "match"));
}

static void print_provenance(const cJSON *object)
{
	const cJSON *p = cJSON_GetObjectItemCaseSensitive(object, "provenance");
	const char *package = text_of(p, "package");

	if (!p)
		return;
	printf("  package     %s", package ? package : "none has it");
	print_if(" ", text_of(p, "version"), "");
	print_if(" (", package ? text_of(p, "kind") : NULL, ")");
	puts(has_other_content(p) ? ", NOT as the package has it" : "");
}

void ctl_text_inspect(const cJSON *object)
{
	const char *path = text_of(object, "path"), *as = text_of(object, "as");
	const char *level = text_of(object, "level"), *score = number_of(object, "score");

	printf("%s", path);
	print_if(" as ", as, "");
	printf("\n  %s", text_of(object, "verdict"));
	print_if(" (", text_of(object, "unread"), ")");
	print_if(", score ", score, "");
	print_if(", level ", level, "");
	if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, "truncated")))
		fputs(", judged by its beginning", stdout);
	putchar('\n');
	print_kind(object);
	print_findings(object);
	print_lines(object);
	print_if("\n  It decodes and would run\n    ", text_of(object, "decoded"), "\n");
	print_if("\n  It switches off ", text_of(object, "disables"), "\n");
	putchar('\n');
	print_provenance(object);
	for (const cJSON *rule = list_of(object, "rules"); rule; rule = rule->next)
		printf("  rule        %s (%s)\n", text_of(rule, "title"), text_of(rule, "level"));
	print_if("  sha256      ", text_of(object, "sha256"), "\n");
	print_if("  size        ", number_of(object, "size"), "\n");
}

/* ---- in two or three lines -------------------------------------------------------- */

struct brief {
	struct str *out;
	int error;
};

static void say(struct brief *b, const char *before, const char *text, const char *after)
{
	if (text && b->error >= 0)
		b->error = str_appendf(b->out, "%s%s%s", before, text, after);
}

static void say_package(struct brief *b, const cJSON *object)
{
	const cJSON *p = cJSON_GetObjectItemCaseSensitive(object, "provenance");
	const char *package = text_of(p, "package");

	if (p)
		say(b, "; ", package ? package : "of no package", has_other_content(p) ? " (not as the package has it)" : "");
}

static void say_file(struct brief *b, const cJSON *object)
{
	const cJSON *file = cJSON_GetObjectItemCaseSensitive(object, "file");
	const char *mtime = text_of(file, "mtime");

	say(b, "; uid ", text_of(file, "uid"), "");
	say(b, ", ", text_of(file, "mode"), "");
	if (mtime && b->error >= 0)	/* the day is enough */
		b->error = str_appendf(b->out, ", %.10s", mtime);
}

static void say_reason(struct brief *b, const cJSON *object)
{
	const cJSON *finding = list_of(object, "findings"), *line = list_of(object, "lines");

	if (finding) {
		say(b, "      ", text_of(finding, "indicator"), "");
		say(b, ", line ", number_of(finding, "line"), "");
		say(b, ": ", text_of(finding, "detail"), "");
		say(b, "", "\n", "");
	} else if (line) {
		say(b, "      line ", number_of(line, "number"), " ");
		say(b, deed_of(line), ": ", text_of(line, "text"));
		say(b, "", "\n", "");
	}
}

int ctl_text_brief(const cJSON *object, struct str *out)
{
	struct brief b = { out, 0 };

	say(&b, "  ", text_of(object, "path"), "\n");
	say(&b, "      ", text_of(object, "verdict"), "");
	say(&b, " (", text_of(object, "unread"), ")");
	say(&b, ", score ", number_of(object, "score"), "");
	say(&b, ", ", text_of(object, "vector"), "");
	say_package(&b, object);
	say_file(&b, object);
	say(&b, "", "\n", "");
	say_reason(&b, object);
	return b.error;
}
