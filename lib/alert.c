/* alert.c - say it: to a SIEM as JSON, to a person as a sentence, to the
 * journal as fields.
 *
 *	facts + verdict --> the object (cJSON) --> one line of text = the alert
 *	                                            |
 *	                      alert_text()  <-------+------->  alert_journal_fields()
 *
 * Owns: the names and the shape of the object, the wording of the sentence.
 * Must not own: what is detected and how grave it is (engine.c), where it goes
 * (daemon/sink_*.c).
 *
 * Names are the Elastic Common Schema's, version 8.11 (event.*, rule.*, threat.*, file.*,
 * process.*, user.*, host.*), those of the query that this detection started from
 * (Computer, User, EventID, DetectionType, TargetFilename, TargetObject, Image), and
 * pyhookd.* for what both lack.  A fact that is not known has no member, but for the
 * query's names, which are always there, since a query that selects columns
 * expects them.
 *
 * Every text goes through lib/escape on its way in: no member holds a control
 * character, so neither does anything made from the object.
 *
 * Building the tree can fail at each of some hundred calls, always for want of
 * memory.  Instead of a hundred checks the builder notes the first failure and turns
 * the rest into nothing; it is looked at once, before the alert is handed out.
 */
#include "alert.h"

#include <stdarg.h>
#include <sys/sysmacros.h>

#include "baseline.h"
#include "escape.h"
#include "limits.h"
#include "place.h"
#include "pth.h"
#include "procfs.h"
#include "terminal.h"

#define ECS_VERSION "8.11.0"

/* Sysmon's: FileCreate, RegistryEvent (Value Set), FileDeleteDetected. */
enum event_id {
	EVENT_ID_NONE = 0,
	EVENT_ID_FILE = 11,
	EVENT_ID_SET = 13,
	EVENT_ID_REMOVED = 26,
};

struct alert *alert_free(struct alert *a)
{
	if (a)
		cJSON_free(a->json);
	if (a)
		free(a->evidence);
	free(a);
	return NULL;
}

/* ---- moments ------------------------------------------------------------- */

/* RFC 3339 in UTC.  Own arithmetic, because gmtime() goes through the C library's
 * zone files, which may count leap seconds.  -ERANGE: not in the years 0 to 9999, which
 * is all that RFC 3339 can say; a file's mtime can be anything. */
static int append_moment(struct str *out, int64_t seconds, long nanoseconds)
{
	int64_t days = seconds / 86400, rest = seconds % 86400, era, year;
	unsigned day_of_era, year_of_era, day_of_year, shifted_month, day, month;

	if (rest < 0) {
		rest += 86400;
		days--;
	}
	if (days < -719528 || days > 2932896)
		return -ERANGE;

	/* Years from March, in eras of 400 years: the leap day is then the last of a
	 * year.  (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".) */
	days += 719468;
	era = (days >= 0 ? days : days - 146096) / 146097;
	day_of_era = (unsigned)(days - era * 146097);
	year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
		       day_of_era / 146096) / 365;
	day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	shifted_month = (5 * day_of_year + 2) / 153;
	day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
	month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
	year = (int64_t)year_of_era + era * 400 + (month <= 2);

	return str_appendf(out, "%04d-%02u-%02uT%02u:%02u:%02u.%09ldZ", (int)year, month, day,
			   (unsigned)(rest / 3600), (unsigned)(rest / 60 % 60),
			   (unsigned)(rest % 60), nanoseconds);
}

/* ---- the builder ----------------------------------------------------------- */

struct builder {
	bool failed;
	struct str scratch;	/* one text on its way into the tree */
};

/* As a member, or as an element where key is NULL.  Keys are literals: not copied. */
static bool attach(cJSON *parent, const char *key, cJSON *item)
{
	return key ? cJSON_AddItemToObjectCS(parent, key, item) :
		     cJSON_AddItemToArray(parent, item);
}

/* What is in the scratch. */
static void put_scratch(struct builder *b, cJSON *parent, const char *key)
{
	cJSON *item;

	if (b->failed || !parent)
		return;
	item = cJSON_CreateString(b->scratch.buf);
	if (!item || !attach(parent, key, item)) {
		cJSON_Delete(item);
		b->failed = true;
	}
}

static void put_text(struct builder *b, cJSON *parent, const char *key, struct bytes text,
		     size_t max)
{
	str_clear(&b->scratch);
	if (escape_append_max(&b->scratch, text, max, ESCAPE_CUT_END) < 0)
		b->failed = true;
	put_scratch(b, parent, key);
}

/* Unless it is absent or empty. */
static void put_text_if(struct builder *b, cJSON *parent, const char *key, struct bytes text,
			size_t max)
{
	if (text.len > 0)
		put_text(b, parent, key, text, max);
}

static void put_path_if(struct builder *b, cJSON *parent, const char *key, struct bytes path)
{
	put_text_if(b, parent, key, path, ALERT_TEXT_BYTES_MAX);
}

/* A text of ours: the name of an enumerator; NULL: nothing. */
static void put_word(struct builder *b, cJSON *parent, const char *key, const char *word)
{
	if (!word)
		return;
	str_clear(&b->scratch);
	if (str_append_text(&b->scratch, word) < 0)
		b->failed = true;
	put_scratch(b, parent, key);
}

/* A text of a rule: the administrator's own words, in which a backslash stands
 * for itself; line breaks become blanks. */
static void put_prose(struct builder *b, cJSON *parent, const char *key, const char *prose)
{
	_cleanup_str_ struct str flat = STR_INIT;
	struct bytes trimmed;

	if (!prose)
		return;
	str_clear(&b->scratch);
	if (str_append_text(&flat, prose) < 0) {
		b->failed = true;
		return;
	}
	for (size_t i = 0; i < flat.len; i++)
		if (flat.buf[i] == '\n' || flat.buf[i] == '\r' || flat.buf[i] == '\t')
			flat.buf[i] = ' ';
	trimmed = bytes_trim(str_bytes(&flat));
	if (escape_append_escaped(&b->scratch, trimmed) < 0)
		b->failed = true;
	put_scratch(b, parent, key);
}

__attribute__((format(printf, 4, 5)))
static void put_format(struct builder *b, cJSON *parent, const char *key, const char *format, ...)
{
	char text[64];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	put_word(b, parent, key, text);
}

/* Raw, since cJSON's numbers are doubles: exact to 2^53 only, and in the
 * locale's notation on the way. */
static void put_number(struct builder *b, cJSON *parent, const char *key, uint64_t n)
{
	char text[24];

	if (b->failed || !parent)
		return;
	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	if (!cJSON_AddRawToObject(parent, key, text))
		b->failed = true;
}

static void put_bool(struct builder *b, cJSON *parent, const char *key, bool value)
{
	if (!b->failed && parent && !cJSON_AddBoolToObject(parent, key, value))
		b->failed = true;
}

static void put_moment(struct builder *b, cJSON *parent, const char *key, int64_t seconds,
		       long nanoseconds)
{
	int r;

	str_clear(&b->scratch);
	r = append_moment(&b->scratch, seconds, nanoseconds);
	if (r == -ERANGE)
		return;
	if (r < 0)
		b->failed = true;
	put_scratch(b, parent, key);
}

static void put_nanoseconds(struct builder *b, cJSON *parent, const char *key, uint64_t ns)
{
	put_moment(b, parent, key, (int64_t)(ns / 1000000000), (long)(ns % 1000000000));
}

static cJSON *put_container(struct builder *b, cJSON *parent, const char *key, cJSON *item)
{
	if (b->failed || !parent) {
		cJSON_Delete(item);
		return NULL;
	}
	if (!item || !attach(parent, key, item)) {
		cJSON_Delete(item);
		b->failed = true;
		return NULL;
	}
	return item;
}

static cJSON *put_object(struct builder *b, cJSON *parent, const char *key)
{
	return put_container(b, parent, key, cJSON_CreateObject());
}

static cJSON *put_array(struct builder *b, cJSON *parent, const char *key)
{
	return put_container(b, parent, key, cJSON_CreateArray());
}

/* The names of the bits that are set. */
static const char *place_name(unsigned bit)
{
	return place_flag_to_string((enum place_flag)bit);
}

static const char *mismatch_name(unsigned bit)
{
	return mismatch_to_string((enum mismatch)bit);
}

static void put_flags(struct builder *b, cJSON *parent, const char *key, unsigned flags,
		      const char *(*name)(unsigned bit))
{
	cJSON *list = put_array(b, parent, key);

	for (unsigned rest = flags; rest != 0; rest &= rest - 1)
		put_word(b, list, NULL, name(rest & -rest));
}

/* ---- what happened --------------------------------------------------------- */

static bool is_assignment(const struct facts *f)
{
	return f->env.name.ptr != NULL;
}

/* A recording has no inventory to compare with: then the event itself says it. */
static enum change change_of(const struct facts *f)
{
	uint32_t what = f->event->what;

	if (f->change != CHANGE_NONE)
		return f->change;
	if (what & (EVENT_DELETE | EVENT_MOVED_FROM))
		return CHANGE_REMOVED;
	if (what & (EVENT_CREATE | EVENT_MOVED_TO))
		return CHANGE_CREATED;
	if (what & (EVENT_MODIFY | EVENT_CLOSE_WRITE))
		return CHANGE_MODIFIED;
	if (what & (EVENT_ATTRIB | EVENT_MOUNTED))
		return CHANGE_UNCHANGED;
	return CHANGE_NONE;
}

/* A scan that meets a hook for the first time does not know that it is new. */
static bool is_found(const struct facts *f)
{
	enum change change = change_of(f);

	return change == CHANGE_NONE || (change == CHANGE_CREATED &&
					    (f->event->feed == FEED_SCAN || f->event->what & EVENT_FOUND));
}

static const char *action_of(const struct facts *f)
{
	if (is_assignment(f))
		return "variable-set";
	if (is_found(f))
		return "hook-found";
	switch (change_of(f)) {
	case CHANGE_CREATED: return "hook-created";
	case CHANGE_MODIFIED: return "hook-modified";
	case CHANGE_REMOVED: return "hook-removed";
	case CHANGE_PERMISSIONS: return "hook-permissions";
	default: return "hook-unchanged";
	}
}

/* ECS event.type */
static const char *type_of(const struct facts *f)
{
	if (is_found(f))
		return "info";
	switch (change_of(f)) {
	case CHANGE_CREATED: return "creation";
	case CHANGE_MODIFIED: return "change";
	case CHANGE_REMOVED: return "deletion";
	case CHANGE_PERMISSIONS: return "change";
	default: return "info";
	}
}

static const char *change_to_string(enum change change)
{
	switch (change) {
	case CHANGE_CREATED: return "created";
	case CHANGE_MODIFIED: return "modified";
	case CHANGE_REMOVED: return "removed";
	case CHANGE_UNCHANGED: return "unchanged";
	case CHANGE_PERMISSIONS: return "permissions";
	default: return NULL;
	}
}

static enum event_id event_id_of(const struct facts *f)
{
	if (change_of(f) == CHANGE_REMOVED)
		return EVENT_ID_REMOVED;
	return is_assignment(f) ? EVENT_ID_SET : EVENT_ID_FILE;
}

static const char *provider_of(enum event_feed feed)
{
	switch (feed) {
	case FEED_SCAN: return "scan";
	case FEED_REPLAY: return "replay";
	default: return "fanotify";
	}
}

static unsigned severity_of(enum level level)
{
	static const unsigned severity[LEVELS] = { 1, 21, 47, 73, 99 };

	return (unsigned)level < LEVELS ? severity[level] : 0;
}

static struct bytes comm_of(const struct process *p)
{
	return (struct bytes){ p->comm, strnlen(p->comm, sizeof(p->comm)) };
}

/* The name of the user whose rights the writer had, else the number. */
static struct bytes user_of(const struct facts *f, char number[static 16])
{
	if (f->user_name.len > 0)
		return f->user_name;
	if (f->attribution.process && f->attribution.process->credentials_known) {
		(void)snprintf(number, 16, "%u", (unsigned)f->attribution.process->euid);
		return bytes_of(number);
	}
	return BYTES_NONE;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* ---- the sentence ---------------------------------------------------------- */

struct sentence {
	int error;
	struct str text;
};

static void say(struct sentence *s, const char *words)
{
	if (s->error >= 0)
		s->error = str_append_text(&s->text, words);
}

static void say_number(struct sentence *s, uint64_t n)
{
	if (s->error >= 0)
		s->error = str_appendf(&s->text, "%llu", (unsigned long long)n);
}

static void say_quoted(struct sentence *s, struct bytes b, size_t max, enum escape_cut cut)
{
	if (s->error >= 0)
		s->error = escape_append_quoted(&s->text, b, max, cut);
}

/* At the end of the sentence, where nothing of ours follows that it could
 * forge, a text needs no quotes. */
static void say_last(struct sentence *s, struct bytes b, size_t max)
{
	if (s->error >= 0)
		s->error = escape_append_max(&s->text, b, max, ESCAPE_CUT_END);
}

/* A name without quotes if it is made of ordinary characters: it cannot be
 * taken for a part of the sentence then. */
static void say_name(struct sentence *s, struct bytes b, size_t max)
{
	bool plain = b.len > 0;

	for (size_t i = 0; plain && i < b.len; i++) {
		char c = b.ptr[i];

		plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) ||
			c == '/' || c == '.' || c == '_' || c == '-' || c == '+' || c == '@';
	}
	if (!plain)
		say_quoted(s, b, max, ESCAPE_CUT_MIDDLE);
	else if (s->error >= 0)
		s->error = escape_append_max(&s->text, b, max, ESCAPE_CUT_MIDDLE);
}

/* " (temporary, writable by others)" */
static void say_flags(struct sentence *s, const char *before, unsigned flags,
		      const char *(*name)(unsigned bit), const char *after)
{
	bool any = false;

	for (unsigned rest = flags; rest != 0; rest &= rest - 1) {
		const char *one = name(rest & -rest);

		if (!one)
			continue;
		say(s, any ? ", " : before);
		say(s, one);
		any = true;
	}
	if (any)
		say(s, after);
}

/* `/usr/bin/dash (pid 4242, user alice, "sh -c ...")` */
static void say_writer(struct sentence *s, const struct facts *f)
{
	const struct process *p = f->attribution.process;
	_cleanup_str_ struct str command_line = STR_INIT;
	char number[16];
	struct bytes user = user_of(f, number);

	if (!p) {
		if (f->event->pid <= 0) {
			say(s, "an unknown process");
			return;
		}
		say(s, "process ");
		say_number(s, (uint64_t)f->event->pid);
		say(s, ", gone before it could be looked at");
		return;
	}

	if (p->image->exe.len > 0)
		say_name(s, p->image->exe, ALERT_MESSAGE_EXE_MAX);
	else if (p->comm[0] != '\0')
		say_quoted(s, comm_of(p), ALERT_MESSAGE_NAME_MAX, ESCAPE_CUT_END);
	else
		say(s, "a process");
	say(s, " (pid ");
	say_number(s, (uint64_t)p->pid);
	if (user.len > 0) {
		say(s, ", user ");
		say_name(s, user, ALERT_MESSAGE_NAME_MAX);
	}
	if (p->image->argv.len > 0) {
		if (process_command_line(p, &command_line) < 0)
			s->error = -ENOMEM;
		say(s, ", ");
		say_quoted(s, str_bytes(&command_line), ALERT_MESSAGE_COMMAND_MAX, ESCAPE_CUT_END);
	}
	say_flags(s, "; ", f->attribution.mismatch, mismatch_name, "");
	say(s, ")");

	if (f->installer.name) {
		say(s, f->installer.verified ? ", verified as " : ", which looks like ");
		say_name(s, bytes_of(f->installer.name), ALERT_MESSAGE_NAME_MAX);
		if (!f->installer.verified)
			say(s, " but is not verified");
	}
}

/* ", of package coverage 7.6" */
static void say_package(struct sentence *s, const struct provenance *p)
{
	if (p->kind == PROVENANCE_NONE)
		return;
	say(s, ", of package ");
	say_name(s, p->package, ALERT_MESSAGE_NAME_MAX);
	if (p->version.len > 0) {
		say(s, " ");
		say_name(s, p->version, ALERT_MESSAGE_NAME_MAX);
	}
	if (p->has_digest && !p->match)
		say(s, ", whose content is another");
}

static void say_by(struct sentence *s, const struct facts *f)
{
	/* A scan sees no writer: that is no finding. */
	if (f->event->feed == FEED_SCAN && !f->attribution.process)
		return;
	say(s, " by ");
	say_writer(s, f);
}

static const char *interpreter_of(enum vector v)
{
	return v == VECTOR_IPYTHON ? "IPython" : v == VECTOR_JUPYTER ? "Jupyter" : "Python";
}

/* " when Python starts" */
static void say_when(struct sentence *s, const struct hook *hook)
{
	say(s, " when ");
	say(s, interpreter_of(hook->vector));
	say(s, " starts");
	if (hook->scope == SCOPE_ELSEWHERE)
		say(s, " with its directory on sys.path");
	if (hook->temporary)
		say(s, ", once it has lost its temporary name");
}

/* The line that tells most: hidden before open, code before paths. */
static const struct content_line *telling_line(const struct content *c)
{
	const struct content_line *best = NULL;
	unsigned best_rank = 0;

	for (size_t i = 0; i < c->line_count; i++) {
		const struct content_line *line = &c->lines[i];
		unsigned rank = line->does == LINE_EXECUTES || line->does == LINE_CALLS ? 5 :
				line->does == LINE_ADDS_PATH ? 3 : 1;

		rank += line->hidden;
		if (rank > best_rank) {
			best = line;
			best_rank = rank;
		}
	}
	return best;
}

/* ": malicious, starts a process ("os.system('id')"), hides text": the strongest findings stand first. */
static void say_findings(struct sentence *s, const struct content *c)
{
	if (c->finding_count == 0)
		return;
	say(s, ": ");
	if (c->verdict == CONTENT_SUSPICIOUS || c->verdict == CONTENT_MALICIOUS) {
		say(s, content_verdict_to_string(c->verdict));
		say(s, ", ");
	}
	for (size_t i = 0; i < c->finding_count && i < ALERT_MESSAGE_FINDINGS_MAX; i++) {
		say(s, i > 0 ? ", " : "");
		say(s, indicator_to_phrase(c->findings[i].indicator));
		if (c->findings[i].detail.len > 0) {
			say(s, " (");
			say_quoted(s, c->findings[i].detail, ALERT_MESSAGE_DETAIL_MAX, ESCAPE_CUT_END);
			say(s, ")");
		}
	}
}

static void say_content(struct sentence *s, const struct facts *f)
{
	const struct content *c = &f->content;
	const struct content_line *line = telling_line(c);

	if (c->verdict == CONTENT_UNREAD) {
		say(s, ": its content was not read");
		if (c->unread) {
			say(s, " (");
			say(s, c->unread);
			say(s, ")");
		}
		return;
	}
	if (c->truncated)
		say(s, ", judged by its beginning");
	say_findings(s, c);
	/* There may be lines all the same: entry points that are none. */
	/* An empty .start: what it does is said. */
	if (!line && c->finding_count > 0 && c->executing == 0 && f->hook.form == FORM_TEXT)
		return;
	say(s, c->finding_count > 0 ? "; " : ": ");
	if (c->verdict == CONTENT_INERT) {
		say(s, "nothing in it runs");
		return;
	}
	if (!line) {
		say(s, f->hook.form == FORM_BYTECODE || f->hook.form == FORM_EXTENSION ?
		       "compiled code, runs" : "runs");
		say_when(s, &f->hook);
		return;
	}

	say(s, "line ");
	say_number(s, line->number);
	if (line->hidden)
		say(s, ", hidden from view,");
	switch (line->does) {
	case LINE_ADDS_PATH:
		say(s, " adds a directory to sys.path");
		say_flags(s, " (", line->places, place_name, ")");
		break;
	case LINE_SETS:
		say(s, " sets");
		break;
	case LINE_CALLS:
		say(s, " is called");
		say_when(s, &f->hook);
		break;
	default:
		say(s, " runs");
		say_when(s, &f->hook);
		break;
	}
	if (line->does != LINE_ADDS_PATH && line->does != LINE_SETS && c->executing > 1) {
		say(s, " (and ");
		say_number(s, c->executing - 1);
		say(s, " more)");
	}
	say(s, ": ");
	say_last(s, line->text, ALERT_MESSAGE_LINE_MAX);
}

static void say_removed(struct sentence *s, const struct facts *f)
{
	struct bytes now = event_new_path(f->event);

	if (now.len == 0) {
		say(s, " removed");
		return;
	}
	say(s, " renamed to ");
	say_quoted(s, now, ALERT_MESSAGE_PATH_MAX, ESCAPE_CUT_MIDDLE);
}

static bool is_directory(const struct facts *f)
{
	return f->file.known && S_ISDIR(f->file.st.st_mode);
}

/* " opened to others (mode 0644 to 0666)" */
static void say_opened(struct sentence *s, const struct facts *f)
{
	const struct ownership *now = &f->file.owner, *before = &f->file.owner_before;

	if (is_directory(f))
		say(s, ", a directory of hooks,");
	say(s, " opened to others (");
	if (s->error >= 0 && now->uid != before->uid)
		s->error = str_appendf(&s->text, "owner %u to %u, ", (unsigned)before->uid, (unsigned)now->uid);
	if (s->error >= 0 && now->gid != before->gid)
		s->error = str_appendf(&s->text, "group %u to %u, ", (unsigned)before->gid, (unsigned)now->gid);
	if (s->error >= 0)
		s->error = str_appendf(&s->text, "mode %04o to %04o%s)", (unsigned)before->mode, (unsigned)now->mode,
				       now->acl ? " with a list" : "");
}

/* Which other file changed, if it was not the hook. */
static struct bytes changed_target(const struct content *c)
{
	for (size_t i = 0; i < c->target_count; i++)
		if (c->targets[i].changed)
			return c->targets[i].path;
	return BYTES_NONE;
}

static void say_modified(struct sentence *s, const struct facts *f)
{
	struct bytes target = changed_target(&f->content);

	say(s, " modified");
	if (target.len > 0) {
		say(s, " through ");
		say_name(s, target, ALERT_MESSAGE_PATH_MAX);
	}
}

static void say_hook(struct sentence *s, const struct facts *f)
{
	enum change change = change_of(f);

	say_quoted(s, f->event->path, ALERT_MESSAGE_PATH_MAX, ESCAPE_CUT_MIDDLE);
	if (f->file.is_symlink) {
		say(s, " (a link to ");
		say_quoted(s, f->file.link_target, ALERT_MESSAGE_EXE_MAX, ESCAPE_CUT_MIDDLE);
		say(s, ")");
	}

	if (is_found(f))
		say(s, " found on disk");
	else if (change == CHANGE_CREATED)
		say(s, " created");
	else if (change == CHANGE_MODIFIED)
		say_modified(s, f);
	else if (change == CHANGE_REMOVED)
		say_removed(s, f);
	else if (change == CHANGE_PERMISSIONS)
		say_opened(s, f);
	else
		say(s, " touched, content unchanged,");
	if (is_found(f) && f->attribution.process)
		say(s, ", put there");
	if (!is_found(f) && f->event->feed == FEED_SCAN && !f->attribution.process)
		say(s, " since it was last looked at");
	if (!is_found(f) || f->attribution.process)
		say_by(s, f);
	say_package(s, &f->provenance);
	if (change == CHANGE_REMOVED || is_directory(f))
		return;
	if (f->shadow.shadows.len > 0) {
		say(s, ", is imported instead of ");
		say_name(s, f->shadow.shadows, ALERT_MESSAGE_PATH_MAX);
	} else if (f->shadow.shadowed_by.len > 0) {
		say(s, ", never runs because of ");
		say_name(s, f->shadow.shadowed_by, ALERT_MESSAGE_PATH_MAX);
	}
	say_content(s, f);
}

static bool is_resolved_further(const struct env_assignment *env)
{
	return env->resolved.ptr && !bytes_equal(env->resolved, env->value);
}

static void say_assignment(struct sentence *s, const struct facts *f)
{
	const struct env_assignment *env = &f->env;
	const struct bytes changed = changed_target(&f->content);
	bool scan = f->event->feed == FEED_SCAN && !f->attribution.process;

	say_name(s, f->event->path, ALERT_MESSAGE_PATH_MAX);
	if (change_of(f) == CHANGE_REMOVED) {
		say(s, " no longer sets ");
		say_name(s, env->name, ALERT_MESSAGE_NAME_MAX);
		say(s, scan ? "" : ", removed");
		say_by(s, f);
		return;
	}

	if (env->file.len > 0) {
		say(s, ", by ");
		say_name(s, env->file, ALERT_MESSAGE_PATH_MAX);
	}
	if (env->line > 0) {
		say(s, " line ");
		say_number(s, env->line);
	}
	if (env->append) {
		say(s, " adds ");
		say_quoted(s, env->value, ALERT_MESSAGE_LINE_MAX, ESCAPE_CUT_MIDDLE);
		say(s, " to ");
		say_name(s, env->name, ALERT_MESSAGE_NAME_MAX);
	} else {
		say(s, " sets ");
		say_name(s, env->name, ALERT_MESSAGE_NAME_MAX);
		say(s, " to ");
		say_quoted(s, env->value, ALERT_MESSAGE_LINE_MAX, ESCAPE_CUT_MIDDLE);
	}
	if (is_resolved_further(env)) {
		say(s, ", which is ");
		say_quoted(s, env->resolved, ALERT_MESSAGE_LINE_MAX, ESCAPE_CUT_MIDDLE);
	}
	if (env->undecidable)
		say(s, ", known only when it runs");
	say_flags(s, " (", f->content.places, place_name, ")");
	if (f->content.verdict >= CONTENT_SUSPICIOUS && f->content.finding_count > 0) {
		say(s, ", which ");
		say(s, indicator_to_phrase(f->content.findings[0].indicator));
	}
	if (changed.len > 0) {
		say(s, ", ");
		say_name(s, changed, ALERT_MESSAGE_PATH_MAX);
		say(s, " changed");
	} else {
		say(s, scan ? ", found on disk" : ", written");
	}
	say_by(s, f);
}

static int message_of(const struct facts *f, struct str *ret)
{
	struct sentence s = { 0, STR_INIT };

	if (is_assignment(f))
		say_assignment(&s, f);
	else
		say_hook(&s, f);
	if (s.error < 0) {
		str_release(&s.text);
		return s.error;
	}
	*ret = s.text;
	return 0;
}

/* ---- the object, member by member ------------------------------------------- */

static void put_event(struct builder *b, cJSON *root, const char *type, const char *action,
		      const char *id, enum event_id event_id, enum level level,
		      const char *provider)
{
	cJSON *event = put_object(b, root, "event");

	put_word(b, event, "kind", "alert");
	put_word(b, put_array(b, event, "category"), NULL, "file");
	put_word(b, put_array(b, event, "type"), NULL, type);
	put_word(b, event, "action", action);
	put_word(b, event, "id", id);
	put_format(b, event, "code", "%d", (int)event_id);
	put_number(b, event, "severity", severity_of(level));
	put_word(b, event, "module", "pyhookd");
	put_word(b, event, "dataset", "pyhookd.alert");
	put_word(b, event, "provider", provider);
}

static void put_rule(struct builder *b, cJSON *root, const struct verdict *v)
{
	cJSON *rule;

	if (v->rule_count == 0)
		return;
	rule = put_object(b, root, "rule");
	put_prose(b, rule, "id", v->rules[0]->id);
	put_prose(b, rule, "name", v->rules[0]->title);
	put_prose(b, rule, "description",
		  v->rules[0]->description ? v->rules[0]->description : v->rules[0]->summary);
	put_word(b, rule, "ruleset", "pyhookd");
}

/* `t1546` or `t1546.018`, in either case. */
static bool is_technique(struct bytes tag)
{
	if ((tag.len != 5 && tag.len != 9) || (tag.ptr[0] != 't' && tag.ptr[0] != 'T'))
		return false;
	for (size_t i = 1; i < tag.len; i++)
		if (i == 5 ? tag.ptr[i] != '.' : !is_digit(tag.ptr[i]))
			return false;
	return true;
}

/* `persistence`, `privilege-escalation` (Sigma 2; 1 has an underscore); not
 * the groups (g0016) and software (s0154) that may be tagged likewise. */
static bool is_tactic(struct bytes tag)
{
	for (size_t i = 0; i < tag.len; i++)
		if (!(tag.ptr[i] >= 'a' && tag.ptr[i] <= 'z') &&
		    tag.ptr[i] != '-' && tag.ptr[i] != '_')
			return false;
	return tag.len > 0;
}

/* The scratch as an element, unless it is one already. */
static void put_scratch_once(struct builder *b, cJSON *list)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, list)
		if (bytes_equal(bytes_of(item->valuestring), str_bytes(&b->scratch)))
			return;
	put_scratch(b, list, NULL);
}

static void put_tag(struct builder *b, struct bytes tag, cJSON *techniques, cJSON *subtechniques,
		    cJSON *tactics)
{
	bool begin = true;
	int r = 0;

	if (is_technique(tag)) {
		for (size_t len = 5; len <= tag.len; len += 4) {
			str_clear(&b->scratch);
			r = str_append_char(&b->scratch, 'T');
			if (r >= 0)
				r = str_append(&b->scratch, tag.ptr + 1, len - 1);
			if (r < 0)
				b->failed = true;
			put_scratch_once(b, len == 5 ? techniques : subtechniques);
		}
	} else if (is_tactic(tag)) {
		str_clear(&b->scratch);
		for (size_t i = 0; r >= 0 && i < tag.len; i++) {
			char c = tag.ptr[i];

			if (c == '-' || c == '_')
				c = ' ';
			else if (begin)
				c = (char)(c - 'a' + 'A');
			begin = c == ' ';
			r = str_append_char(&b->scratch, c);
		}
		if (r < 0)
			b->failed = true;
		put_scratch_once(b, tactics);
	}
}

/* The same as cJSON_AddItemToObjectCS, but nothing where there is nothing in it. */
static void put_filled(struct builder *b, cJSON *parent, const char *key, cJSON *list)
{
	if (cJSON_GetArraySize(list) > 0)
		(void)put_container(b, parent, key, list);
	else
		cJSON_Delete(list);
}

static void put_threat(struct builder *b, cJSON *root, const struct verdict *v)
{
	cJSON *techniques = cJSON_CreateArray(), *subtechniques = cJSON_CreateArray();
	cJSON *tactics = cJSON_CreateArray(), *threat, *technique;

	if (!techniques || !subtechniques || !tactics)
		b->failed = true;
	for (size_t i = 0; i < v->rule_count; i++)
		for (char **tag = v->rules[i]->tags; tag && *tag; tag++) {
			const struct bytes prefix = BYTES_LIT("attack.");
			struct bytes text = bytes_of(*tag);

			if (bytes_has_prefix(text, prefix))
				put_tag(b, bytes_slice(text, prefix.len, text.len - prefix.len),
					techniques, subtechniques, tactics);
		}

	if (b->failed || cJSON_GetArraySize(techniques) + cJSON_GetArraySize(tactics) == 0) {
		cJSON_Delete(techniques);
		cJSON_Delete(subtechniques);
		cJSON_Delete(tactics);
		return;
	}

	threat = put_object(b, root, "threat");
	put_word(b, threat, "framework", "MITRE ATT&CK");
	technique = put_object(b, threat, "technique");
	put_filled(b, technique, "id", techniques);
	if (cJSON_GetArraySize(subtechniques) > 0)
		put_filled(b, put_object(b, technique, "subtechnique"), "id", subtechniques);
	else
		cJSON_Delete(subtechniques);
	put_filled(b, put_object(b, threat, "tactic"), "name", tactics);
}

static const char *file_type(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG: return "file";
	case S_IFLNK: return "symlink";
	case S_IFDIR: return "dir";
	case S_IFIFO: return "fifo";
	case S_IFSOCK: return "socket";
	case S_IFCHR: return "character-device";
	case S_IFBLK: return "block-device";
	default: return NULL;
	}
}

static void put_file(struct builder *b, cJSON *root, const struct facts *f)
{
	const struct stat *st = &f->file.st;
	cJSON *file = put_object(b, root, "file");
	struct bytes path = f->event->path, name = bytes_basename(path);
	ptrdiff_t dot = bytes_find_last_byte(name, '.');

	put_path_if(b, file, "path", path);
	put_path_if(b, file, "name", name);
	put_path_if(b, file, "directory", bytes_dirname(path));
	if (dot > 0)
		put_path_if(b, file, "extension",
			    bytes_slice(name, (size_t)dot + 1, name.len - (size_t)dot - 1));
	if (f->file.known) {
		put_format(b, file, "inode", "%llu", (unsigned long long)st->st_ino);
		put_format(b, file, "device", "%u:%u", major(st->st_dev), minor(st->st_dev));
		put_format(b, file, "uid", "%u", (unsigned)st->st_uid);
		put_format(b, file, "gid", "%u", (unsigned)st->st_gid);
		put_format(b, file, "mode", "%04o", (unsigned)(st->st_mode & 07777));
		put_number(b, file, "size", st->st_size > 0 ? (uint64_t)st->st_size : 0);
		put_moment(b, file, "mtime", st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
		put_moment(b, file, "ctime", st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
		put_word(b, file, "type", file_type(st->st_mode));
	}
	if (f->file.is_symlink)
		put_path_if(b, file, "target_path", f->file.link_target);
	if (f->content.sha256[0] != '\0')
		put_word(b, put_object(b, file, "hash"), "sha256", f->content.sha256);
}

static void put_command_line(struct builder *b, cJSON *parent, const struct process *p, size_t max)
{
	_cleanup_str_ struct str line = STR_INIT;

	if (p->image->argv.len == 0)
		return;
	if (process_command_line(p, &line) < 0) {
		b->failed = true;
		return;
	}
	put_text(b, parent, "command_line", str_bytes(&line), max);
}

static void put_id(struct builder *b, cJSON *parent, const char *key, uint32_t id)
{
	put_format(b, put_object(b, parent, key), "id", "%u", (unsigned)id);
}

/* process.user and process.group are the effective ones (ECS, "Process Fields"). */
static void put_users(struct builder *b, cJSON *parent, const struct process *p)
{
	if (!p->credentials_known)
		return;
	put_id(b, parent, "user", p->euid);
	put_id(b, parent, "real_user", p->uid);
}

static void put_groups(struct builder *b, cJSON *parent, const struct process *p)
{
	if (!p->credentials_known)
		return;
	put_id(b, parent, "group", p->egid);
	put_id(b, parent, "real_group", p->gid);
}

static void put_identity(struct builder *b, cJSON *parent, const struct process *p)
{
	put_number(b, parent, "pid", (uint64_t)p->pid);
	put_path_if(b, parent, "name", comm_of(p));
	put_path_if(b, parent, "executable", p->image->exe);
}

/* What is told of a parent and of each ancestor. */
static void put_process_brief(struct builder *b, cJSON *parent, const struct process *p)
{
	put_identity(b, parent, p);
	put_command_line(b, parent, p, ALERT_SHORT_BYTES_MAX);
	put_users(b, parent, p);
}

static void put_parent(struct builder *b, cJSON *process, const struct facts *f)
{
	const struct process *p = f->attribution.process;
	cJSON *parent, *user;

	if (!p->parent && p->ppid <= 0)
		return;
	parent = put_object(b, process, "parent");
	if (!p->parent) {
		put_number(b, parent, "pid", (uint64_t)p->ppid);
		return;
	}
	put_process_brief(b, parent, p->parent);
	put_groups(b, parent, p->parent);
	put_path_if(b, parent, "working_directory", p->parent->image->cwd);
	if (f->parent_user_name.len > 0) {
		user = cJSON_GetObjectItemCaseSensitive(parent, "user");
		put_text(b, user ? user : put_object(b, parent, "user"), "name", f->parent_user_name,
			 ALERT_SHORT_BYTES_MAX);
	}
}

static void put_ancestors(struct builder *b, cJSON *process, const struct process *p)
{
	cJSON *list;
	size_t n = 0;

	if (!p->parent)
		return;
	list = put_array(b, process, "ancestors");
	for (const struct process *a = p->parent; a && n < ALERT_ANCESTORS_MAX; a = a->parent, n++)
		put_process_brief(b, put_object(b, list, NULL), a);
}

/* More than its number, where the leader is the writer itself or an ancestor. */
static void put_session_leader(struct builder *b, cJSON *process, const struct process *p)
{
	const struct process *leader = p;
	cJSON *object;

	if (p->sid <= 0)
		return;
	object = put_object(b, process, "session_leader");
	while (leader && leader->pid != p->sid)
		leader = leader->parent;
	if (leader)
		put_identity(b, object, leader);
	else
		put_number(b, object, "pid", (uint64_t)p->sid);
}

static void put_terminal(struct builder *b, cJSON *process, uint32_t tty)
{
	cJSON *device;

	if (tty == 0)
		return;
	device = put_object(b, put_object(b, process, "tty"), "char_device");
	put_number(b, device, "major", terminal_major(tty));
	put_number(b, device, "minor", terminal_minor(tty));
}

static void put_arguments(struct builder *b, cJSON *process, const struct process *p)
{
	size_t count = process_argument_count(p);
	cJSON *list;

	put_command_line(b, process, p, ALERT_TEXT_BYTES_MAX);
	if (count == 0)
		return;
	list = put_array(b, process, "args");
	for (size_t i = 0; i < count && i < ALERT_LIST_MAX; i++)
		put_text(b, list, NULL, process_argument(p, i), ALERT_SHORT_BYTES_MAX);
	put_number(b, process, "args_count", count);
}

/* The kept environment: only variables that change what the writer ran, or say
 * for whom (process.h). */
static void put_environment(struct builder *b, cJSON *process, struct bytes environment)
{
	struct bytes variable;
	cJSON *list;

	if (environment.len == 0)
		return;
	list = put_array(b, process, "env_vars");
	for (unsigned n = 0; n < ALERT_LIST_MAX && procfs_next_text(&environment, &variable); n++)
		put_text(b, list, NULL, variable, ALERT_SHORT_BYTES_MAX);
}

/* When it was forked: on the clock of the event, counted back from it.  A fork after the event, or
 * before 1970 by a clock that was set since, is an age that is out of bounds. */
static void put_start(struct builder *b, cJSON *process, const struct event *e, const struct process *p)
{
	uint64_t age_ns = e->mono_ns - p->start_ns;

	if (p->start_ns != 0 && age_ns <= e->time_ns)
		put_nanoseconds(b, process, "start", e->time_ns - age_ns);
}

static void put_process(struct builder *b, cJSON *root, const struct facts *f)
{
	const struct process *p = f->attribution.process;
	cJSON *process;

	if (!p && f->event->pid <= 0)
		return;
	process = put_object(b, root, "process");
	if (!p) {
		put_number(b, process, "pid", (uint64_t)f->event->pid);
		return;
	}

	put_identity(b, process, p);
	put_start(b, process, f->event, p);
	put_arguments(b, process, p);
	put_path_if(b, process, "working_directory", p->image->cwd);
	put_environment(b, process, p->image->environ);
	put_users(b, process, p);
	put_groups(b, process, p);
	put_terminal(b, process, p->tty);
	put_session_leader(b, process, p);
	put_parent(b, process, f);
	put_ancestors(b, process, p);
}

/* Where the writer ran.  The name of a pod's uid is that of Elastic's integrations; ECS has none. */
static void put_surroundings(struct builder *b, cJSON *root, const struct cgroup *c)
{
	cJSON *container;

	if (c->runtime != CONTAINER_NONE) {
		container = put_object(b, root, "container");
		put_text_if(b, container, "id", c->container_id, ALERT_SHORT_BYTES_MAX);
		put_word(b, container, "runtime", container_runtime_to_string(c->runtime));
	}
	if (c->pod_uid.len > 0) {
		put_word(b, put_object(b, root, "orchestrator"), "type", "kubernetes");
		put_text(b, put_object(b, put_object(b, root, "kubernetes"), "pod"), "uid", c->pod_uid,
			 ALERT_SHORT_BYTES_MAX);
	}
}

/* user.effective is ECS's word for whose rights somebody has taken on; user.audit, the login that
 * it comes from, is in no schema, but what Elastic's own Auditbeat calls it. */
static void put_user(struct builder *b, cJSON *root, const struct facts *f)
{
	const struct process *p = f->attribution.process;
	bool known = p && p->credentials_known;
	cJSON *user, *effective;

	if (!known && f->user_name.len == 0)
		return;
	user = put_object(b, root, "user");
	/* The name is the effective user's: the other one's only where they are the same. */
	if (!known || p->uid == p->euid)
		put_text_if(b, user, "name", f->user_name, ALERT_SHORT_BYTES_MAX);
	if (!known)
		return;
	put_format(b, user, "id", "%u", (unsigned)p->uid);
	effective = put_object(b, user, "effective");
	put_format(b, effective, "id", "%u", (unsigned)p->euid);
	put_text_if(b, effective, "name", f->user_name, ALERT_SHORT_BYTES_MAX);
	if (p->loginuid != (uid_t)-1)
		put_id(b, user, "audit", p->loginuid);
}

static void put_host(struct builder *b, cJSON *root, struct bytes computer)
{
	cJSON *host;

	if (computer.len == 0)
		return;
	host = put_object(b, root, "host");
	put_text(b, host, "hostname", computer, ALERT_SHORT_BYTES_MAX);
	put_text(b, host, "name", computer, ALERT_SHORT_BYTES_MAX);
}

/* "FILE:VARIABLE": where Sysmon has the path of a registry value. */
static void put_target_object(struct builder *b, cJSON *parent, const char *key,
			      const struct facts *f)
{
	str_clear(&b->scratch);
	if (escape_append_max(&b->scratch, f->event->path, ALERT_TEXT_BYTES_MAX,
			      ESCAPE_CUT_END) < 0 ||
	    str_append_char(&b->scratch, ':') < 0 ||
	    escape_append_max(&b->scratch, f->env.name, ALERT_SHORT_BYTES_MAX, ESCAPE_CUT_END) < 0)
		b->failed = true;
	put_scratch(b, parent, key);
}

/* The columns of the query that this detection started from. */
static void put_columns(struct builder *b, cJSON *root, const struct facts *f,
			enum detection_type type)
{
	const struct process *p = f->attribution.process;
	char number[16];

	put_text(b, root, "Computer", f->computer, ALERT_SHORT_BYTES_MAX);
	put_text(b, root, "User", user_of(f, number), ALERT_SHORT_BYTES_MAX);
	put_number(b, root, "EventID", event_id_of(f));
	put_word(b, root, "DetectionType", detection_type_to_string(type));
	put_text(b, root, "TargetFilename", f->event->path, ALERT_TEXT_BYTES_MAX);
	if (is_assignment(f))
		put_target_object(b, root, "TargetObject", f);
	else
		put_word(b, root, "TargetObject", "");
	put_text(b, root, "Image", p ? p->image->exe : BYTES_NONE, ALERT_TEXT_BYTES_MAX);
}

static const char *era_name(unsigned bit)
{
	switch ((enum pth_era)bit) {
	case PTH_ERA_A: return "<=3.12";
	case PTH_ERA_B: return "3.13-3.14";
	case PTH_ERA_C: return ">=3.15";
	}
	return NULL;
}

static void put_indicators(struct builder *b, cJSON *parent, uint64_t set)
{
	cJSON *list = put_array(b, parent, "indicators");

	for (unsigned i = 0; i < INDICATOR_COUNT; i++)
		if (set & INDICATOR_BIT(i))
			put_word(b, list, NULL, indicator_to_string((enum indicator)i));
}

static void put_finding(struct builder *b, cJSON *parent, const struct finding *f)
{
	cJSON *finding = put_object(b, parent, NULL);

	put_word(b, finding, "indicator", indicator_to_string(f->indicator));
	put_text_if(b, finding, "technique", f->technique, ALERT_SHORT_BYTES_MAX);
	put_text_if(b, finding, "description", f->description, ALERT_SHORT_BYTES_MAX);
	if (f->line > 0)
		put_number(b, finding, "line", f->line);
	put_path_if(b, finding, "file", f->file);
	put_text_if(b, finding, "detail", f->detail, 4 * FINDING_DETAIL_MAX);
	put_number(b, finding, "depth", f->depth);
}

static void put_line(struct builder *b, cJSON *parent, const struct content_line *l)
{
	cJSON *line = put_object(b, parent, NULL);

	put_number(b, line, "number", l->number);
	put_text(b, line, "text", l->text, 4 * ALERT_LINE_BYTES_MAX);
	put_word(b, line, "does", content_line_does_to_string(l->does));
	put_bool(b, line, "hidden", l->hidden);
	put_word(b, line, "verdict", content_verdict_to_string(l->verdict));
	if (l->eras)
		put_flags(b, line, "eras", l->eras, era_name);
	put_word(b, line, "template", l->template);
	put_path_if(b, line, "target", l->target);
	if (l->places)
		put_flags(b, line, "places", l->places, place_name);
}

static void put_target(struct builder *b, cJSON *parent, const struct content_target *t)
{
	cJSON *target = put_object(b, parent, NULL);

	put_path_if(b, target, "path", t->path);
	if (t->sha256[0])
		put_word(b, target, "sha256", t->sha256);
	put_bool(b, target, "changed", t->changed);
}

static void fill_content(struct builder *b, cJSON *content, const struct content *c)
{
	cJSON *list;

	put_word(b, content, "verdict", content_verdict_to_string(c->verdict));
	put_word(b, content, "unread", c->unread);
	put_number(b, content, "size", c->size);
	put_bool(b, content, "truncated", c->truncated);
	if (c->verdict == CONTENT_UNREAD)
		return;
	put_number(b, content, "score", c->score > 0 ? (uint64_t)c->score : 0);
	put_indicators(b, content, c->indicators);
	list = put_array(b, content, "findings");
	for (size_t i = 0; i < c->finding_count && i < CONTENT_FINDINGS_MAX; i++)
		put_finding(b, list, &c->findings[i]);
	if (c->target_count > 0)
		list = put_array(b, content, "targets");
	for (size_t i = 0; i < c->target_count && i < CONTENT_TARGETS_MAX; i++)
		put_target(b, list, &c->targets[i]);
	put_text_if(b, content, "decoded", c->decoded, ALERT_SHORT_BYTES_MAX);
	put_path_if(b, content, "disables", c->disables);
	put_bool(b, content, "hidden", c->hidden);
	put_number(b, content, "executing", c->executing);
	put_number(b, content, "paths", c->paths);
	list = put_array(b, content, "lines");
	for (size_t i = 0; i < c->line_count && i < ALERT_LINES_MAX; i++)
		put_line(b, list, &c->lines[i]);
	put_word(b, content, "template", content_template(c));
	put_flags(b, content, "places", c->places, place_name);
}

static void put_assignment(struct builder *b, cJSON *parent, const struct facts *f)
{
	cJSON *env = put_object(b, parent, "env");
	uint64_t digest;

	put_text(b, env, "name", f->env.name, ALERT_SHORT_BYTES_MAX);
	put_text(b, env, "value", f->env.value, ALERT_TEXT_BYTES_MAX);
	if (is_resolved_further(&f->env))
		put_text(b, env, "resolved", f->env.resolved, ALERT_TEXT_BYTES_MAX);
	put_path_if(b, env, "file", f->env.file);
	put_number(b, env, "line", f->env.line);
	put_bool(b, env, "append", f->env.append);
	put_bool(b, env, "undecidable", f->env.undecidable);
	put_flags(b, env, "places", f->content.places, place_name);
	/* The value above may be cut; the inventory is rebuilt from this (baseline_file.h). */
	if (baseline_assignment_hash(f->env.name, f->env.resolved, f->env.file, &digest) >= 0)
		put_format(b, env, "digest", "%016llx", (unsigned long long)digest);
	else
		b->failed = true;
}

static void put_installer(struct builder *b, cJSON *parent, const struct installer *i)
{
	cJSON *installer = put_object(b, parent, "installer"), *reasons;

	put_word(b, installer, "name", i->name);
	put_bool(b, installer, "verified", i->verified);
	put_bool(b, installer, "managed", i->managed);
	reasons = put_array(b, installer, "reasons");
	for (size_t n = 0; n < i->reason_count && n < INSTALLER_REASONS_MAX; n++)
		put_text(b, reasons, NULL, i->reasons[n], ALERT_SHORT_BYTES_MAX);
}

static void put_provenance(struct builder *b, cJSON *parent, const struct provenance *p)
{
	cJSON *provenance;

	if (!p->asked && !p->deferred)
		return;
	provenance = put_object(b, parent, "provenance");
	if (p->asked)
		put_word(b, provenance, "kind", provenance_kind_to_string(p->kind));
	put_text_if(b, provenance, "package", p->package, ALERT_SHORT_BYTES_MAX);
	put_text_if(b, provenance, "version", p->version, ALERT_SHORT_BYTES_MAX);
	if (p->has_digest)
		put_bool(b, provenance, "match", p->match);
	if (p->kind != PROVENANCE_NONE)
		put_bool(b, provenance, "authentic", p->authentic);
	put_path_if(b, provenance, "database", p->database);
	put_bool(b, provenance, "deferred", p->deferred);
}

/* The file that was executed, as it was then. */
static void put_executable(struct builder *b, cJSON *parent, const struct image *i)
{
	cJSON *executable;

	if (i->exe.len == 0)
		return;
	executable = put_object(b, parent, "executable");
	put_bool(b, executable, "deleted", i->exe_deleted);
	put_bool(b, executable, "memfd", i->exe_memfd);
	if (i->exe_ino == 0)
		return;
	put_format(b, executable, "inode", "%llu", (unsigned long long)i->exe_ino);
	put_format(b, executable, "device", "%u:%u", major(i->exe_dev), minor(i->exe_dev));
	put_format(b, executable, "uid", "%u", (unsigned)i->exe_uid);
	put_format(b, executable, "mode", "%04o", (unsigned)(i->exe_mode & 07777));
}

static void put_terminal_name(struct builder *b, cJSON *parent, uint32_t tty)
{
	if (tty == 0)
		return;
	str_clear(&b->scratch);
	if (terminal_name(tty, &b->scratch) < 0)
		b->failed = true;
	put_scratch(b, parent, "terminal");
}

static void put_attribution(struct builder *b, cJSON *parent, const struct attribution *a, const struct cgroup *c)
{
	cJSON *attribution = put_object(b, parent, "attribution");
	_cleanup_str_ struct str storage = STR_INIT;
	const struct process *p = a->process;

	put_word(b, attribution, "source", attribution_source_to_string(a->source));
	put_bool(b, attribution, "complete", a->complete);
	put_bool(b, attribution, "compared", a->compared);
	put_flags(b, attribution, "mismatch", a->mismatch, mismatch_name);
	if (!p)
		return;
	put_path_if(b, attribution, "script", process_script(p, &storage));
	put_executable(b, attribution, p->image);
	put_terminal_name(b, attribution, p->tty);
	if (p->credentials_known && p->sessionid != (uint32_t)-1)
		put_number(b, attribution, "session_id", p->sessionid);
	put_path_if(b, attribution, "cgroup", p->image->cgroup);
	put_path_if(b, attribution, "unit", c->unit);
	put_path_if(b, attribution, "slice", c->slice);
}

static void put_rules(struct builder *b, cJSON *parent, const struct verdict *v)
{
	cJSON *rules = put_array(b, parent, "rules");

	for (size_t i = 0; i < v->rule_count; i++) {
		cJSON *rule = put_object(b, rules, NULL);

		put_prose(b, rule, "id", v->rules[i]->id);
		put_prose(b, rule, "title", v->rules[i]->title);
		put_word(b, rule, "level", level_to_string(v->rules[i]->level));
	}
}

/* What file.uid, file.gid and file.mode were before. */
static void put_previous(struct builder *b, cJSON *parent, const struct ownership *before)
{
	cJSON *previous = put_object(b, parent, "previous");

	put_format(b, previous, "uid", "%u", (unsigned)before->uid);
	put_format(b, previous, "gid", "%u", (unsigned)before->gid);
	put_format(b, previous, "mode", "%04o", (unsigned)before->mode);
}

/* Where the bytes are kept. */
static void put_evidence(struct builder *b, cJSON *parent, const struct facts *f, const struct verdict *v)
{
	cJSON *evidence;

	if (!facts_are_evidence(f, v->level))
		return;
	evidence = put_object(b, parent, "evidence");
	put_word(b, evidence, "sha256", f->content.sha256);
	put_path_if(b, evidence, "path", f->evidence_path);
}

static void put_pyhookd(struct builder *b, cJSON *root, const struct facts *f,
			const struct verdict *v)
{
	const struct event *e = f->event;
	pid_t pid = f->attribution.process ? f->attribution.process->pid : e->pid;
	cJSON *own = put_object(b, root, "pyhookd");

	put_word(b, own, "level", level_to_string(v->level));
	put_word(b, own, "detection_type", detection_type_to_string(v->type));
	put_word(b, own, "vector", vector_to_string(f->hook.vector));
	put_word(b, own, "scope", hook_scope_to_string(f->hook.scope));
	put_word(b, own, "form", hook_form_to_string(f->hook.form));
	put_word(b, own, "change", change_to_string(change_of(f)));
	if (is_assignment(f))
		put_target_object(b, own, "target_object", f);
	if (e->path_relative)
		put_bool(b, own, "path_relative", true);
	if (change_of(f) == CHANGE_PERMISSIONS)
		put_previous(b, own, &f->file.owner_before);
	if (!is_directory(f))
		fill_content(b, put_object(b, own, "content"), &f->content);
	if (is_assignment(f))
		put_assignment(b, own, f);
	put_installer(b, own, &f->installer);
	put_provenance(b, own, &f->provenance);
	put_attribution(b, own, &f->attribution, &f->cgroup);
	if (e->closer_pid > 0 && e->closer_pid != pid)
		put_number(b, own, "closer_pid", (uint64_t)e->closer_pid);
	put_path_if(b, own, "old_path", event_former_path(e));
	put_path_if(b, own, "new_path", event_new_path(e));
	put_path_if(b, own, "container_path", f->container_path);
	put_path_if(b, own, "shadows", f->shadow.shadows);
	put_path_if(b, own, "shadowed_by", f->shadow.shadowed_by);
	put_evidence(b, own, f, v);
	put_rules(b, own, v);
}

/* ---- making one -------------------------------------------------------------- */

static struct alert *alert_allocate(uint64_t time_ns, uint64_t mono_ns, enum level level,
				    enum detection_type type, const uint8_t id_seed[16])
{
	struct alert *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->level = level;
	a->type = type;
	a->time_ns = time_ns;
	a->read_ns = mono_ns;
	for (size_t i = 0; i < ALERT_ID_LEN / 2; i++) {
		a->id[2 * i] = "0123456789abcdef"[id_seed[i] >> 4];
		a->id[2 * i + 1] = "0123456789abcdef"[id_seed[i] & 15];
	}
	return a;
}

static cJSON *alert_begin(struct builder *b, const struct alert *a, const char *message)
{
	cJSON *root = cJSON_CreateObject();

	if (!root)
		b->failed = true;
	put_nanoseconds(b, root, "@timestamp", a->time_ns);
	put_word(b, root, "message", message);
	put_word(b, put_object(b, root, "ecs"), "version", ECS_VERSION);
	return root;
}

/* Takes over the tree. */
static int alert_finish(struct builder *b, struct alert *a, cJSON *root)
{
	if (!b->failed)
		a->json = cJSON_PrintUnformatted(root);
	cJSON_Delete(root);
	str_release(&b->scratch);
	if (!a->json)
		return -ENOMEM;
	a->json_len = strlen(a->json);	/* our own text, without NUL: all is escaped */
	return 0;
}

int alert_new(const struct facts *f, const struct verdict *v, const uint8_t id_seed[16],
	      struct alert **ret)
{
	struct builder b = { false, STR_INIT };
	_cleanup_str_ struct str message = STR_INIT;
	_cleanup_(alert_freep) struct alert *a = NULL;
	cJSON *root;
	int r;

	a = alert_allocate(f->event->time_ns, f->event->mono_ns, v->level, v->type, id_seed);
	if (!a)
		return -ENOMEM;
	r = message_of(f, &message);
	if (r < 0)
		return r;

	root = alert_begin(&b, a, message.buf);
	put_event(&b, root, type_of(f), action_of(f), a->id, event_id_of(f), v->level,
		  provider_of(f->event->feed));
	put_rule(&b, root, v);
	put_threat(&b, root, v);
	put_file(&b, root, f);
	put_process(&b, root, f);
	put_user(&b, root, f);
	put_surroundings(&b, root, &f->cgroup);
	put_host(&b, root, f->computer);
	put_columns(&b, root, f, v->type);
	put_pyhookd(&b, root, f, v);
	r = alert_finish(&b, a, root);
	if (r < 0)
		return r;

	*ret = TAKE_PTR(a);
	return 0;
}

int alert_gap_new(uint64_t time_ns, uint64_t mono_ns, struct bytes computer, struct bytes reason,
		  const uint8_t id_seed[16], struct alert **ret)
{
	const struct verdict none = { .level = LEVEL_HIGH, .type = DETECTION_COVERAGE_GAP };
	struct builder b = { false, STR_INIT };
	_cleanup_str_ struct str message = STR_INIT;
	_cleanup_(alert_freep) struct alert *a = NULL;
	cJSON *root, *own;
	int r;

	a = alert_allocate(time_ns, mono_ns, none.level, none.type, id_seed);
	if (!a)
		return -ENOMEM;
	r = str_append_text(&message, "hooks may have been planted unseen: ");
	if (r < 0)
		return r;
	r = escape_append_max(&message, reason, ALERT_MESSAGE_MAX - message.len, ESCAPE_CUT_END);
	if (r < 0)
		return r;

	root = alert_begin(&b, a, message.buf);
	put_event(&b, root, "info", "coverage-gap", a->id, EVENT_ID_NONE, none.level,
		  provider_of(FEED_LIVE));
	put_host(&b, root, computer);
	put_text(&b, root, "Computer", computer, ALERT_SHORT_BYTES_MAX);
	put_word(&b, root, "User", "");
	put_number(&b, root, "EventID", EVENT_ID_NONE);
	put_word(&b, root, "DetectionType", detection_type_to_string(none.type));
	put_word(&b, root, "TargetFilename", "");
	put_word(&b, root, "TargetObject", "");
	put_word(&b, root, "Image", "");
	own = put_object(&b, root, "pyhookd");
	put_word(&b, own, "level", level_to_string(none.level));
	put_word(&b, own, "detection_type", detection_type_to_string(none.type));
	put_rules(&b, own, &none);
	r = alert_finish(&b, a, root);
	if (r < 0)
		return r;

	*ret = TAKE_PTR(a);
	return 0;
}

int alert_hook_new(const struct facts *f, const struct verdict *v, cJSON **ret)
{
	struct builder b = { false, STR_INIT };
	_cleanup_str_ struct str message = STR_INIT;
	cJSON *root;
	int r = message_of(f, &message);

	if (r < 0)
		return r;
	root = cJSON_CreateObject();
	if (!root)
		return -ENOMEM;
	put_word(&b, root, "message", message.buf);
	put_file(&b, root, f);
	put_pyhookd(&b, root, f, v);
	str_release(&b.scratch);
	if (b.failed) {
		cJSON_Delete(root);
		return -ENOMEM;
	}
	*ret = root;
	return 0;
}

/* ---- reading one ---------------------------------------------------------------
 * The tree comes from a file that somebody may have edited: nothing in it is
 * taken for granted, and every text is made printable again. */

/* The text at a.b.c; absent if there is none. */
static struct bytes text_at(const cJSON *node, const char *const keys[static 3])
{
	for (size_t i = 0; i < 3 && keys[i]; i++) {
		if (!cJSON_IsObject(node))
			return BYTES_NONE;
		node = cJSON_GetObjectItemCaseSensitive(node, keys[i]);
	}
	return cJSON_IsString(node) ? bytes_of(node->valuestring) : BYTES_NONE;
}

#define TEXT_AT(node, ...) text_at(node, (const char *const[3]){ __VA_ARGS__ })

struct essence {
	struct bytes moment, message, detection_type;
	enum detection_type type;
	enum level level;
};

static int essence_of(const cJSON *json, struct essence *ret)
{
	struct essence e = {
		.moment = TEXT_AT(json, "@timestamp"),
		.message = TEXT_AT(json, "message"),
		.detection_type = TEXT_AT(json, "DetectionType"),
	};

	if (!e.moment.ptr || !e.message.ptr || !e.detection_type.ptr ||
	    detection_type_from_string(e.detection_type, &e.type) < 0 ||
	    level_from_string(TEXT_AT(json, "pyhookd", "level"), &e.level) < 0)
		return -EINVAL;
	*ret = e;
	return 0;
}

int alert_text(const cJSON *json, bool colour, struct str *out)
{
	static const struct {
		const char *name, *colour;
	} levels[LEVELS] = {
		[LEVEL_INFORMATIONAL] = { "INFO    ", "\033[2m" },
		[LEVEL_LOW] = { "LOW     ", "\033[36m" },
		[LEVEL_MEDIUM] = { "MEDIUM  ", "\033[33m" },
		[LEVEL_HIGH] = { "HIGH    ", "\033[31m" },
		[LEVEL_CRITICAL] = { "CRITICAL", "\033[1;31m" },
	};
	const size_t to_seconds = sizeof("2026-11-24T08:20:00") - 1;
	_cleanup_str_ struct str line = STR_INIT;
	struct essence e;
	int r;

	r = essence_of(json, &e);
	if (r < 0)
		return r;
	if (e.moment.len > to_seconds && e.moment.ptr[to_seconds] == '.')
		e.moment.len = to_seconds;

	r = escape_append_escaped(&line, e.moment);
	if (r >= 0)
		r = str_appendf(&line, "%s %s%s%s ", e.moment.len == to_seconds ? "Z" : "",
				colour ? levels[e.level].colour : "", levels[e.level].name,
				colour ? "\033[0m" : "");
	if (r >= 0)
		r = escape_append_escaped(&line, e.detection_type);
	if (r >= 0)
		r = str_append_char(&line, ' ');
	if (r >= 0)
		r = escape_append_escaped(&line, e.message);
	if (r < 0)
		return r;
	return str_append_bytes(out, str_bytes(&line));
}

/* What is copied from the object into a field as it stands. */
static const struct {
	const char *field;
	const char *keys[3];
} journal_copies[] = {
	{ "PYHOOKD_DETECTION_TYPE", { "DetectionType" } },
	{ "PYHOOKD_LEVEL", { "pyhookd", "level" } },
	{ "PYHOOKD_RULE_ID", { "rule", "id" } },
	{ "PYHOOKD_RULE_TITLE", { "rule", "name" } },
	{ "PYHOOKD_TARGET_FILENAME", { "TargetFilename" } },
	{ "PYHOOKD_TARGET_OBJECT", { "TargetObject" } },
	{ "PYHOOKD_IMAGE", { "Image" } },
	{ "PYHOOKD_COMMAND_LINE", { "process", "command_line" } },
	{ "PYHOOKD_USER", { "User" } },
	{ "PYHOOKD_COMPUTER", { "Computer" } },
	{ "PYHOOKD_EVENT_ID", { "event", "code" } },
	{ "PYHOOKD_VECTOR", { "pyhookd", "vector" } },
	{ "PYHOOKD_ALERT_ID", { "event", "id" } },
};

static int give_escaped(const char *name, struct bytes value, alert_field_fn fn, void *userdata)
{
	_cleanup_str_ struct str text = STR_INIT;
	int r;

	r = escape_append_escaped(&text, value);
	if (r < 0)
		return r;
	return fn(name, str_bytes(&text), userdata);
}

int alert_journal_fields(const cJSON *json, struct bytes line, alert_field_fn fn, void *userdata)
{
	const cJSON *process, *pid;
	char number[24];
	struct essence e;
	int r;

	r = essence_of(json, &e);
	if (r < 0)
		return r;

	r = give_escaped("MESSAGE", e.message, fn, userdata);
	if (r < 0)
		return r;
	r = fn("MESSAGE_ID", bytes_of(detection_type_message_id(e.type)), userdata);
	if (r < 0)
		return r;
	(void)snprintf(number, sizeof(number), "%d", level_to_priority(e.level));
	r = fn("PRIORITY", bytes_of(number), userdata);
	if (r < 0)
		return r;
	r = fn("SYSLOG_IDENTIFIER", BYTES_LIT("pyhookd"), userdata);
	if (r < 0)
		return r;

	for (size_t i = 0; i < ELEMENTSOF(journal_copies); i++) {
		struct bytes value = text_at(json, journal_copies[i].keys);

		/* A field that is absent takes no room in the journal's index. */
		if (value.len == 0)
			continue;
		r = give_escaped(journal_copies[i].field, value, fn, userdata);
		if (r < 0)
			return r;
	}

	process = cJSON_GetObjectItemCaseSensitive(json, "process");
	pid = cJSON_IsObject(process) ? cJSON_GetObjectItemCaseSensitive(process, "pid") : NULL;
	if (cJSON_IsNumber(pid) && pid->valueint > 0) {
		(void)snprintf(number, sizeof(number), "%d", pid->valueint);
		r = fn("PYHOOKD_PID", bytes_of(number), userdata);
		if (r < 0)
			return r;
	}
	return fn("PYHOOKD_JSON", line, userdata);
}
