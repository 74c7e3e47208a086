/* field.c - what a rule may ask for: one table, one getter an entry.
 *
 * A getter turns a part of the facts into texts and decides nothing.  Where the
 * facts hold a text already, the value is a view of it; numbers and texts that
 * are put together live in the event's region.  A fact that is not known makes
 * the field absent, never empty, so that `Image|exists: false` means what it says;
 * so does memory that ran out.
 *
 * The names are part of the interface (pyhookd.rules(5)): add, never rename.
 */
#include "field.h"

#include "cleanup.h"
#include "place.h"
#include "procfs.h"
#include "terminal.h"

/* Sysmon's event numbers, which Sigma's taxonomy uses, too. */
#define EVENT_ID_FILE_CREATE "11"
#define EVENT_ID_REGISTRY_SET "13"
#define EVENT_ID_FILE_DELETE "26"

#define GETTER(name) static size_t get_##name(const struct facts *f, struct bytes *ret, size_t max)

static size_t one(struct bytes value, struct bytes *ret, size_t max)
{
	if (!value.ptr || max == 0)
		return 0;
	ret[0] = value;
	return 1;
}

/* One, or absent when there is nothing in it: for facts whose empty value means "not known". */
static size_t one_unless_empty(struct bytes value, struct bytes *ret, size_t max)
{
	return value.len > 0 ? one(value, ret, max) : 0;
}

static size_t text(const char *value, struct bytes *ret, size_t max)
{
	return one_unless_empty(bytes_of(value), ret, max);
}

static size_t boolean(bool value, struct bytes *ret, size_t max)
{
	return one(value ? BYTES_LIT("true") : BYTES_LIT("false"), ret, max);
}

static size_t number(const struct facts *f, uint64_t value, struct bytes *ret, size_t max)
{
	if (!f->region)
		return 0;
	return one(region_printf(f->region, "%llu", (unsigned long long)value), ret, max);
}

/* Permissions as chmod(1) has them. */
static size_t mode(const struct facts *f, mode_t value, struct bytes *ret, size_t max)
{
	if (!f->region)
		return 0;
	return one(region_printf(f->region, "%04o", (unsigned)(value & 07777)), ret, max);
}

/* A set of flags, one value each. */
#define FLAG_NAMES(flags, to_string, ret, max)                                     \
	({                                                                         \
		size_t count_ = 0;                                                 \
		for (unsigned bit_ = 1; bit_ != 0 && count_ < (max); bit_ <<= 1)   \
			if ((flags) & bit_)                                        \
				count_ += text(to_string(bit_), (ret) + count_, (max) - count_); \
		count_;                                                            \
	})

static const char *place_name(unsigned bit)
{
	return place_flag_to_string((enum place_flag)bit);
}

static const char *mismatch_name(unsigned bit)
{
	return mismatch_to_string((enum mismatch)bit);
}

static const struct process *writer(const struct facts *f)
{
	return f->attribution.process;
}

static const struct process *writer_parent(const struct facts *f)
{
	return writer(f) ? writer(f)->parent : NULL;
}

/* Of an executable that was looked at: owner and permissions are its own then. */
static const struct image *seen_image(const struct facts *f)
{
	return writer(f) && writer(f)->image->exe_ino != 0 ? writer(f)->image : NULL;
}

static bool is_env(const struct facts *f)
{
	return f->env.name.ptr != NULL;
}

/* ---- what happened ----------------------------------------------------------- */

GETTER(event_id)
{
	return text(f->change == CHANGE_REMOVED ? EVENT_ID_FILE_DELETE :
		    is_env(f) ? EVENT_ID_REGISTRY_SET : EVENT_ID_FILE_CREATE, ret, max);
}

GETTER(event_type)
{
	if (!is_env(f))
		return 0;
	return text(f->change == CHANGE_REMOVED ? "DeleteValue" : "SetValue", ret, max);
}

GETTER(target_filename)
{
	return f->event ? one_unless_empty(f->event->path, ret, max) : 0;
}

GETTER(target_object)
{
	_cleanup_str_ struct str s = STR_INIT;

	if (!is_env(f) || !f->event || !f->region)
		return 0;
	/* Not by format: both parts may hold any byte. */
	if (str_append_bytes(&s, f->event->path) < 0 || str_append_char(&s, ':') < 0 ||
	    str_append_bytes(&s, f->env.name) < 0)
		return 0;
	return one(region_copy(f->region, str_bytes(&s)), ret, max);
}

GETTER(env_value)
{
	return is_env(f) ? one(f->env.value, ret, max) : 0;
}

GETTER(new_path)
{
	return f->event ? one_unless_empty(event_new_path(f->event), ret, max) : 0;
}

GETTER(old_path)
{
	return f->event ? one_unless_empty(event_former_path(f->event), ret, max) : 0;
}

GETTER(feed)
{
	static const char *const names[] = {
		[FEED_LIVE] = "live", [FEED_SCAN] = "scan", [FEED_REPLAY] = "replay",
	};

	if (!f->event || (unsigned)f->event->feed >= ELEMENTSOF(names))
		return 0;
	return text(names[f->event->feed], ret, max);
}

GETTER(computer)
{
	return one_unless_empty(f->computer, ret, max);
}

/* ---- who did it -------------------------------------------------------------- */

static size_t command_line(const struct facts *f, const struct process *p, struct bytes *ret, size_t max)
{
	_cleanup_str_ struct str s = STR_INIT;

	if (!p || p->image->argv.len == 0 || !f->region || process_command_line(p, &s) < 0)
		return 0;
	return one(region_copy(f->region, str_bytes(&s)), ret, max);
}

GETTER(image)
{
	return writer(f) ? one_unless_empty(writer(f)->image->exe, ret, max) : 0;
}

GETTER(command_line)
{
	return command_line(f, writer(f), ret, max);
}

GETTER(current_directory)
{
	return writer(f) ? one_unless_empty(writer(f)->image->cwd, ret, max) : 0;
}

GETTER(user)
{
	return one_unless_empty(f->user_name, ret, max);
}

GETTER(process_id)
{
	pid_t pid = writer(f) ? writer(f)->pid : f->event ? f->event->pid : 0;

	return pid > 0 ? number(f, (uint64_t)pid, ret, max) : 0;
}

/* The kernel's own numbers of a login and of its session; -1 is "unset". */
GETTER(logon_id)
{
	if (!writer(f) || !writer(f)->credentials_known || writer(f)->sessionid == (uint32_t)-1)
		return 0;
	return number(f, writer(f)->sessionid, ret, max);
}

GETTER(terminal_session_id)
{
	return writer(f) && writer(f)->sid > 0 ? number(f, (uint64_t)writer(f)->sid, ret, max) : 0;
}

GETTER(parent_user)
{
	return one_unless_empty(f->parent_user_name, ret, max);
}

GETTER(parent_image)
{
	return writer_parent(f) ? one_unless_empty(writer_parent(f)->image->exe, ret, max) : 0;
}

GETTER(parent_command_line)
{
	return command_line(f, writer_parent(f), ret, max);
}

GETTER(parent_process_id)
{
	return writer(f) && writer(f)->ppid > 0 ? number(f, (uint64_t)writer(f)->ppid, ret, max) : 0;
}

GETTER(writer_installer)
{
	return text(f->installer.name, ret, max);
}

GETTER(writer_verified)
{
	return boolean(f->installer.verified, ret, max);
}

static bool has_package(const struct facts *f)
{
	return f->provenance.kind != PROVENANCE_NONE;
}

GETTER(provenance_kind)
{
	return f->provenance.asked ? text(provenance_kind_to_string(f->provenance.kind), ret, max) : 0;
}

GETTER(provenance_package)
{
	return one_unless_empty(f->provenance.package, ret, max);
}

GETTER(provenance_version)
{
	return one_unless_empty(f->provenance.version, ret, max);
}

GETTER(provenance_match)
{
	return has_package(f) && f->provenance.has_digest ? boolean(f->provenance.match, ret, max) : 0;
}

GETTER(provenance_authentic)
{
	return has_package(f) ? boolean(f->provenance.authentic, ret, max) : 0;
}

GETTER(provenance_database)
{
	return one_unless_empty(f->provenance.database, ret, max);
}

GETTER(provenance_deferred)
{
	return f->provenance.asked || f->provenance.deferred ? boolean(f->provenance.deferred, ret, max) : 0;
}

GETTER(writer_script)
{
	_cleanup_str_ struct str storage = STR_INIT;

	if (!writer(f) || !f->region)
		return 0;
	return one(region_copy(f->region, process_script(writer(f), &storage)), ret, max);
}

GETTER(writer_mismatch)
{
	return FLAG_NAMES(f->attribution.mismatch, mismatch_name, ret, max);
}

GETTER(writer_managed)
{
	return boolean(f->installer.managed, ret, max);
}

GETTER(writer_reasons)
{
	size_t count = 0;

	for (size_t i = 0; i < f->installer.reason_count && count < max; i++)
		count += one(f->installer.reasons[i], ret + count, max - count);
	return count;
}

GETTER(writer_comm)
{
	const struct process *p = writer(f);

	if (!p)
		return 0;
	return one_unless_empty((struct bytes){ p->comm, strnlen(p->comm, sizeof(p->comm)) }, ret, max);
}

static size_t credential(const struct facts *f, uint32_t id, struct bytes *ret, size_t max)
{
	return writer(f)->credentials_known ? number(f, id, ret, max) : 0;
}

GETTER(writer_uid)
{
	return writer(f) ? credential(f, writer(f)->euid, ret, max) : 0;
}

GETTER(writer_real_uid)
{
	return writer(f) ? credential(f, writer(f)->uid, ret, max) : 0;
}

GETTER(writer_gid)
{
	return writer(f) ? credential(f, writer(f)->egid, ret, max) : 0;
}

GETTER(writer_real_gid)
{
	return writer(f) ? credential(f, writer(f)->gid, ret, max) : 0;
}

GETTER(writer_login_uid)
{
	if (!writer(f) || writer(f)->loginuid == (uid_t)-1)
		return 0;
	return credential(f, writer(f)->loginuid, ret, max);
}

GETTER(writer_terminal)
{
	_cleanup_str_ struct str name = STR_INIT;

	if (!writer(f) || writer(f)->tty == 0 || !f->region || terminal_name(writer(f)->tty, &name) < 0)
		return 0;
	return one(region_copy(f->region, str_bytes(&name)), ret, max);
}

/* A number that a session goes by is not given to another process as long as anybody is in it. */
GETTER(writer_session_leader)
{
	for (const struct process *p = writer(f); p; p = p->parent)
		if (p->pid == writer(f)->sid)
			return one_unless_empty(p->image->exe, ret, max);
	return 0;
}

GETTER(writer_environment)
{
	struct bytes list = writer(f) ? writer(f)->image->environ : BYTES_NONE, variable;
	size_t count = 0;

	while (count < max && procfs_next_text(&list, &variable))
		count += one_unless_empty(variable, ret + count, max - count);
	return count;
}

GETTER(writer_ancestors)
{
	size_t count = 0;

	for (const struct process *p = writer_parent(f); p && count < max; p = p->parent)
		count += one_unless_empty(p->image->exe, ret + count, max - count);
	return count;
}

GETTER(writer_ancestor_command_lines)
{
	size_t count = 0;

	for (const struct process *p = writer_parent(f); p && count < max; p = p->parent)
		count += command_line(f, p, ret + count, max - count);
	return count;
}

GETTER(writer_executable_owner)
{
	return seen_image(f) ? number(f, seen_image(f)->exe_uid, ret, max) : 0;
}

GETTER(writer_executable_mode)
{
	return seen_image(f) ? mode(f, seen_image(f)->exe_mode, ret, max) : 0;
}

GETTER(writer_cgroup)
{
	return writer(f) ? one_unless_empty(writer(f)->image->cgroup, ret, max) : 0;
}

GETTER(writer_unit)
{
	return one_unless_empty(f->cgroup.unit, ret, max);
}

GETTER(writer_slice)
{
	return one_unless_empty(f->cgroup.slice, ret, max);
}

GETTER(writer_container_id)
{
	return one_unless_empty(f->cgroup.container_id, ret, max);
}

GETTER(writer_container_runtime)
{
	return text(container_runtime_to_string(f->cgroup.runtime), ret, max);
}

GETTER(writer_pod_uid)
{
	return one_unless_empty(f->cgroup.pod_uid, ret, max);
}

GETTER(attribution_source)
{
	return text(attribution_source_to_string(f->attribution.source), ret, max);
}

GETTER(attribution_complete)
{
	return boolean(f->attribution.complete, ret, max);
}

GETTER(attribution_compared)
{
	return boolean(f->attribution.compared, ret, max);
}

/* ---- the hook ----------------------------------------------------------------- */

GETTER(hook_vector)
{
	return f->hook.vector == VECTOR_NONE ? 0 : text(vector_to_string(f->hook.vector), ret, max);
}

GETTER(hook_scope)
{
	return f->hook.scope == SCOPE_NONE ? 0 : text(hook_scope_to_string(f->hook.scope), ret, max);
}

GETTER(hook_form)
{
	return f->hook.form == FORM_NONE ? 0 : text(hook_form_to_string(f->hook.form), ret, max);
}

GETTER(hook_change)
{
	static const char *const names[] = {
		[CHANGE_NONE] = NULL,
		[CHANGE_CREATED] = "created",
		[CHANGE_MODIFIED] = "modified",
		[CHANGE_REMOVED] = "removed",
		[CHANGE_UNCHANGED] = "unchanged",
		[CHANGE_PERMISSIONS] = "unchanged",
	};

	/* A rule about content that changed lets "unchanged" out, and need not know of this one. */
	if (f->change == CHANGE_PERMISSIONS && max >= 2) {
		ret[0] = BYTES_LIT("unchanged");
		ret[1] = BYTES_LIT("permissions");
		return 2;
	}
	return (unsigned)f->change < ELEMENTSOF(names) ? text(names[f->change], ret, max) : 0;
}

GETTER(hook_temporary)
{
	return boolean(f->hook.temporary, ret, max);
}

GETTER(hook_shadows)
{
	return one_unless_empty(f->shadow.shadows, ret, max);
}

GETTER(hook_shadow_kind)
{
	return text(shadow_kind_to_string(f->shadow.kind), ret, max);
}

GETTER(hook_shadowed_by)
{
	return one_unless_empty(f->shadow.shadowed_by, ret, max);
}

GETTER(hook_name)
{
	return f->event ? one_unless_empty(event_name(f->event), ret, max) : 0;
}

/* ---- what it does -------------------------------------------------------------- */

/* A file that sets variables is judged by its assignments, each of which is an event of its own; its content
 * as a whole is a fact only where it could not be read, or not to its end. */
static bool has_content(const struct facts *f)
{
	if (f->hook.vector == VECTOR_NONE)
		return false;
	return f->hook.vector != VECTOR_ENV || is_env(f) ||
	       f->content.verdict == CONTENT_UNREAD || f->content.verdict >= CONTENT_SUSPICIOUS;
}

static size_t lines(const struct facts *f, bool paths, struct bytes *ret, size_t max)
{
	size_t count = 0;

	for (size_t i = 0; i < f->content.line_count && count < max; i++) {
		const struct content_line *line = &f->content.lines[i];
		bool runs = line->does == LINE_EXECUTES || line->does == LINE_CALLS;

		if (paths ? line->does == LINE_ADDS_PATH : runs)
			count += one(line->text, ret + count, max - count);
	}
	return count;
}

GETTER(content_verdict)
{
	return has_content(f) ? text(content_verdict_to_string(f->content.verdict), ret, max) : 0;
}

GETTER(content_line)
{
	return lines(f, false, ret, max);
}

GETTER(content_path)
{
	return lines(f, true, ret, max);
}

GETTER(content_executing)
{
	return has_content(f) && f->content.verdict != CONTENT_UNREAD ? number(f, f->content.executing, ret, max) : 0;
}

GETTER(content_unread)
{
	return text(f->content.unread, ret, max);
}

GETTER(content_hidden)
{
	return has_content(f) ? boolean(f->content.hidden, ret, max) : 0;
}

GETTER(content_score)
{
	return has_content(f) && f->content.verdict != CONTENT_UNREAD ?
		       number(f, f->content.score > 0 ? (uint64_t)f->content.score : 0, ret, max) : 0;
}

GETTER(content_indicator)
{
	size_t count = 0;

	for (unsigned i = 0; i < INDICATOR_COUNT && count < max; i++)
		if (f->content.indicators & INDICATOR_BIT(i))
			count += text(indicator_to_string((enum indicator)i), ret + count, max - count);
	return count;
}

GETTER(content_template)
{
	return text(content_template(&f->content), ret, max);
}

GETTER(content_target)
{
	size_t count = 0;

	for (size_t i = 0; i < f->content.line_count && count < max; i++)
		count += one_unless_empty(f->content.lines[i].target, ret + count, max - count);
	return count;
}

GETTER(content_changed)
{
	size_t count = 0;

	for (size_t i = 0; i < f->content.target_count && count < max; i++)
		if (f->content.targets[i].changed)
			count += one_unless_empty(f->content.targets[i].path, ret + count, max - count);
	return count;
}

GETTER(content_decoded)
{
	return one_unless_empty(f->content.decoded, ret, max);
}

GETTER(content_disables)
{
	return one_unless_empty(f->content.disables, ret, max);
}

GETTER(content_place)
{
	return is_env(f) ? 0 : FLAG_NAMES(f->content.places, place_name, ret, max);
}

GETTER(env_name)
{
	return one(f->env.name, ret, max);
}

GETTER(env_resolved)
{
	return one_unless_empty(f->env.resolved, ret, max);
}

GETTER(env_file)
{
	return one_unless_empty(f->env.file, ret, max);
}

GETTER(env_place)
{
	return is_env(f) ? FLAG_NAMES(f->content.places, place_name, ret, max) : 0;
}

GETTER(env_undecidable)
{
	return is_env(f) ? boolean(f->env.undecidable, ret, max) : 0;
}

GETTER(env_scope)
{
	return is_env(f) ? get_hook_scope(f, ret, max) : 0;
}

/* ---- the file ------------------------------------------------------------------ */

GETTER(file_type)
{
	const struct file_facts *file = &f->file;

	if (!file->known)
		return 0;
	if (file->whiteout)
		return text("whiteout", ret, max);
	if (file->is_symlink)
		return text("symlink", ret, max);
	switch (file->st.st_mode & S_IFMT) {
	case S_IFREG:
		return text("file", ret, max);
	case S_IFLNK:
		return text("symlink", ret, max);
	case S_IFDIR:
		return text("dir", ret, max);
	case S_IFIFO:
		return text("fifo", ret, max);
	case S_IFSOCK:
		return text("socket", ret, max);
	case S_IFCHR:
		return text("char", ret, max);
	case S_IFBLK:
		return text("block", ret, max);
	default:
		return 0;
	}
}

GETTER(file_mode)
{
	return f->file.known ? mode(f, f->file.st.st_mode, ret, max) : 0;
}

GETTER(file_owner)
{
	return f->file.known ? number(f, f->file.st.st_uid, ret, max) : 0;
}

GETTER(file_link_target)
{
	return one_unless_empty(f->file.link_target, ret, max);
}

GETTER(file_container_path)
{
	return one_unless_empty(f->container_path, ret, max);
}

/* ---- the table ------------------------------------------------------------------ */

const struct field field_table[] = {
	/* Sigma's taxonomy: file_event, registry_set and what process_creation says of a process */
	{ "EventID", FIELD_NUMBER, get_event_id,
	  "11: a hook was written or found, 13: a variable is set in a file, 26: it was removed", "11" },
	{ "EventType", FIELD_STRING, get_event_type,
	  "SetValue or DeleteValue for a variable, absent for a file", "SetValue" },
	{ "TargetFilename", FIELD_STRING, get_target_filename,
	  "path of the file", "/usr/lib/python3/dist-packages/x.pth" },
	{ "TargetObject", FIELD_STRING, get_target_object,
	  "FILE:VARIABLE for a variable, absent for a file", "/etc/environment:PYTHONPATH" },
	{ "Details", FIELD_STRING, get_env_value,
	  "value of the variable, quotes and escapes resolved", "/tmp/lib" },
	{ "Image", FIELD_STRING, get_image,
	  "executable of the writing process", "/usr/bin/python3.11" },
	{ "CommandLine", FIELD_STRING, get_command_line,
	  "the writer's command line, as it was given when the program was started", "python3 -m pip install x" },
	{ "CurrentDirectory", FIELD_STRING, get_current_directory,
	  "the writer's working directory", "/home/alice" },
	{ "User", FIELD_STRING, get_user,
	  "name of the writer's effective user", "root" },
	{ "LogonId", FIELD_NUMBER, get_logon_id,
	  "number of the login session that the writer belongs to, as audit counts them", "3" },
	{ "TerminalSessionId", FIELD_NUMBER, get_terminal_session_id,
	  "process id of the leader of the writer's session", "4711" },
	{ "ProcessId", FIELD_NUMBER, get_process_id,
	  "the writer's process id", "4712" },
	{ "ParentImage", FIELD_STRING, get_parent_image,
	  "executable of the writer's parent, the process that forked it", "/usr/bin/bash" },
	{ "ParentCommandLine", FIELD_STRING, get_parent_command_line,
	  "command line of the writer's parent", "-bash" },
	{ "ParentProcessId", FIELD_NUMBER, get_parent_process_id,
	  "process id of the writer's parent", "4711" },
	{ "ParentUser", FIELD_STRING, get_parent_user,
	  "name of the effective user of the writer's parent", "alice" },
	{ "Computer", FIELD_STRING, get_computer,
	  "name of the host", "web1" },
	/* ours */
	{ "Hook.Vector", FIELD_STRING, get_hook_vector,
	  "how the file makes Python run code: pth-exec, sitecustomize, env, ...", "pth-exec" },
	{ "Hook.Scope", FIELD_STRING, get_hook_scope,
	  "where the file stands: site, stdlib, bin, system, user, project or elsewhere", "site" },
	{ "Hook.Form", FIELD_STRING, get_hook_form,
	  "text, source, bytecode, extension, package, archive or json", "text" },
	{ "Hook.Change", FIELD_LIST, get_hook_change,
	  "created, modified, removed or unchanged; permissions beside unchanged if others may write to it now who could not "
	  "before", "created" },
	{ "Hook.Temporary", FIELD_BOOLEAN, get_hook_temporary,
	  "true for a package manager's temporary name, which Python does not read", NULL },
	{ "Hook.Shadows", FIELD_STRING, get_hook_shadows,
	  "the sitecustomize or usercustomize that is not imported any more because this one comes first",
	  "/usr/local/lib/python3.11/dist-packages/sitecustomize.py" },
	{ "Hook.ShadowKind", FIELD_STRING, get_hook_shadow_kind,
	  "where that stands: form (another form in the same directory), path (a later directory), environment (of the "
	  "interpreter that a virtual environment is made from)", "path" },
	{ "Hook.ShadowedBy", FIELD_STRING, get_hook_shadowed_by,
	  "the one that is imported instead of this one, so that this one never runs",
	  "/usr/lib/python3.11/sitecustomize.py" },
	{ "Hook.Name", FIELD_STRING, get_hook_name,
	  "last component of the path", "x.pth" },
	{ "Content.Verdict", FIELD_STRING, get_content_verdict,
	  "unread, inert, template, executes, suspicious or malicious", "executes" },
	{ "Content.Line", FIELD_LIST, get_content_line,
	  "each line that runs (the first ones)", "import os; os.system('id')" },
	{ "Content.Executing", FIELD_NUMBER, get_content_executing,
	  "how many lines run, also those that Content.Line has no room for", "1" },
	{ "Content.Path", FIELD_LIST, get_content_path,
	  "each line that adds a path to sys.path (the first ones)", "/tmp/lib" },
	{ "Content.Unread", FIELD_STRING, get_content_unread,
	  "why the content was not read", "permission" },
	{ "Content.Hidden", FIELD_BOOLEAN, get_content_hidden,
	  "true if a line is placed so that a person does not see it", NULL },
	{ "Content.Place", FIELD_LIST, get_content_place,
	  "where the path lines lead: relative, missing, temporary, hidden, others-write, undecidable, not-roots",
	  "temporary" },
	{ "Content.Score", FIELD_NUMBER, get_content_score,
	  "sum of the weights of what was found in it: pyhookd.judgement(5)", "95" },
	{ "Content.Indicator", FIELD_LIST, get_content_indicator,
	  "each thing that was found in it, one word each: pyhookd.judgement(5)", "process" },
	{ "Content.Template", FIELD_STRING, get_content_template,
	  "which well-known tool writes what it holds, if all that runs is such a tool's", "virtualenv" },
	{ "Content.Target", FIELD_LIST, get_content_target,
	  "path of each module that a line of it imports or calls and that was found",
	  "/usr/lib/python3/dist-packages/x.py" },
	{ "Content.Changed", FIELD_LIST, get_content_changed,
	  "path of each other file that runs or is read with it and is not what it was: of a hook that is modified through it",
	  "/usr/lib/python3/dist-packages/x.py" },
	{ "Content.Decoded", FIELD_STRING, get_content_decoded,
	  "start of the text that it decodes and would execute", "import os; os.system('id')" },
	{ "Content.Disables", FIELD_STRING, get_content_disables,
	  "path of the hook that this one switches off, or is imported instead of",
	  "/usr/lib/python3/dist-packages/x.pth" },
	{ "Env.Name", FIELD_STRING, get_env_name,
	  "name of the variable", "PYTHONPATH" },
	{ "Env.Value", FIELD_STRING, get_env_value,
	  "the same as Details", "/tmp/lib" },
	{ "Env.Resolved", FIELD_STRING, get_env_resolved,
	  "the value with the variables put in that the file has set before, as far as that is known", "/tmp/lib" },
	{ "Env.File", FIELD_STRING, get_env_file,
	  "the included file that it stands in (EnvironmentFile=); absent: in the hook itself", "/opt/app/env" },
	{ "Env.Place", FIELD_LIST, get_env_place,
	  "where the value leads: the same words as Content.Place", "temporary" },
	{ "Env.Undecidable", FIELD_BOOLEAN, get_env_undecidable,
	  "true if only a run would tell the value", NULL },
	{ "Env.Scope", FIELD_STRING, get_env_scope,
	  "Hook.Scope of the file that sets it", "system" },
	{ "File.Type", FIELD_STRING, get_file_type,
	  "file, symlink, dir, fifo, socket, char, block or whiteout", "file" },
	{ "File.Mode", FIELD_STRING, get_file_mode,
	  "permissions in octal, four digits", "0644" },
	{ "File.Owner", FIELD_NUMBER, get_file_owner,
	  "user id of the file's owner", "0" },
	{ "File.LinkTarget", FIELD_STRING, get_file_link_target,
	  "what a symbolic link leads to, as written in it", "../evil.py" },
	{ "File.ContainerPath", FIELD_STRING, get_file_container_path,
	  "path of the file as a writer with another root (a container, a chroot) sees it",
	  "/usr/lib/python3/dist-packages/x.pth" },
	{ "Provenance.Kind", FIELD_STRING, get_provenance_kind,
	  "whose database names the file: record, egg, conda, dpkg, rpm, pacman, apk; none if no package does; absent if they were not "
	  "asked, or the installer was not done yet", "record" },
	{ "Provenance.Package", FIELD_STRING, get_provenance_package,
	  "the package that names the file as its own", "coverage" },
	{ "Provenance.Version", FIELD_STRING, get_provenance_version,
	  "version of that package", "7.6.1" },
	{ "Provenance.Match", FIELD_BOOLEAN, get_provenance_match,
	  "true if the content has the digest that the package gives; absent if it gives none", NULL },
	{ "Provenance.Authentic", FIELD_BOOLEAN, get_provenance_authentic,
	  "true if it matches, and only root or a verified installer has written the database", NULL },
	{ "Provenance.Database", FIELD_STRING, get_provenance_database,
	  "path of the file that names it", "/var/lib/dpkg/info/python3-coverage.md5sums" },
	{ "Provenance.Deferred", FIELD_BOOLEAN, get_provenance_deferred,
	  "true if the answer was waited for while the installer was at work", NULL },
	{ "Writer.Installer", FIELD_STRING, get_writer_installer,
	  "the installer of packages that the writer looks like: pip, dpkg, ...", "pip" },
	{ "Writer.Verified", FIELD_BOOLEAN, get_writer_verified,
	  "true if the writer is that installer: executable, owner, arguments, script and environment fit", NULL },
	{ "Writer.Managed", FIELD_BOOLEAN, get_writer_managed,
	  "true if the writer was run by a genuine configuration management (ansible, salt, ...); excuses nothing", NULL },
	{ "Writer.Reasons", FIELD_LIST, get_writer_reasons,
	  "why the writer is that installer, or why not: each reason a sentence", "LD_PRELOAD is set" },
	{ "Writer.Mismatch", FIELD_LIST, get_writer_mismatch,
	  "each thing about the writer that does not fit together: pyhookd.rules(5), MISMATCHES", "argv-rewritten" },
	{ "Writer.Script", FIELD_STRING, get_writer_script,
	  "the script that an interpreter runs, or -m MODULE or -c", "-m pip" },
	{ "Writer.Comm", FIELD_STRING, get_writer_comm,
	  "the writer's name as ps(1) shows it, at most 15 bytes, which it may choose", "python3" },
	{ "Writer.Uid", FIELD_NUMBER, get_writer_uid,
	  "the writer's effective user id", "0" },
	{ "Writer.RealUid", FIELD_NUMBER, get_writer_real_uid,
	  "the writer's real user id", "1000" },
	{ "Writer.Gid", FIELD_NUMBER, get_writer_gid,
	  "the writer's effective group id", "0" },
	{ "Writer.RealGid", FIELD_NUMBER, get_writer_real_gid,
	  "the writer's real group id", "1000" },
	{ "Writer.LoginUid", FIELD_NUMBER, get_writer_login_uid,
	  "user id of the login that the writer comes from", "1000" },
	{ "Writer.Terminal", FIELD_STRING, get_writer_terminal,
	  "the writer's terminal, as pts/0, tty1 or MAJOR:MINOR; absent if it has none", "pts/0" },
	{ "Writer.SessionLeader", FIELD_STRING, get_writer_session_leader,
	  "executable of the leader of the writer's session, if that is itself or an ancestor", "/usr/bin/bash" },
	{ "Writer.Environment", FIELD_LIST, get_writer_environment,
	  "NAME=value of each variable of the writer that is kept, as it was at its start", "LD_PRELOAD=/tmp/x.so" },
	{ "Writer.Ancestors", FIELD_LIST, get_writer_ancestors,
	  "executable of the writer's parent, of the parent's parent and so on", "/usr/sbin/sshd" },
	{ "Writer.AncestorCommandLines", FIELD_LIST, get_writer_ancestor_command_lines,
	  "command line of each of the writer's ancestors, the parent's first", "sshd: alice [priv]" },
	{ "Writer.ExecutableOwner", FIELD_NUMBER, get_writer_executable_owner,
	  "user id of the owner of the writer's executable", "0" },
	{ "Writer.ExecutableMode", FIELD_STRING, get_writer_executable_mode,
	  "permissions of the writer's executable in octal, four digits", "0755" },
	{ "Writer.Cgroup", FIELD_STRING, get_writer_cgroup,
	  "path of the writer's control group", "/system.slice/cron.service" },
	{ "Writer.Unit", FIELD_STRING, get_writer_unit,
	  "the unit of systemd that the writer runs in", "cron.service" },
	{ "Writer.Slice", FIELD_STRING, get_writer_slice,
	  "the slice of systemd that the writer runs in", "user-1000.slice" },
	{ "Writer.ContainerId", FIELD_STRING, get_writer_container_id,
	  "the container that the writer runs in: 64 hexadecimal digits, or a name", "web" },
	{ "Writer.ContainerRuntime", FIELD_STRING, get_writer_container_runtime,
	  "whose container: docker, containerd, podman, lxc, ...", "docker" },
	{ "Writer.PodUid", FIELD_STRING, get_writer_pod_uid,
	  "UID of the Kubernetes pod that the writer runs in", "0a4df2a5-6e0f-4b38-9a5c-0f5f4f0e1b11" },
	{ "Attribution.Source", FIELD_STRING, get_attribution_source,
	  "how the writer is known: connector, open-exec, proc, recorded or none", "connector" },
	{ "Attribution.Complete", FIELD_BOOLEAN, get_attribution_complete,
	  "true if executable, command line, user and parent are known", NULL },
	{ "Attribution.Compared", FIELD_BOOLEAN, get_attribution_compared,
	  "true if the writer was still there to be compared with what it had been started as", NULL },
	{ "NewPath", FIELD_STRING, get_new_path,
	  "of a hook that was renamed away: its path now", "/usr/lib/python3/dist-packages/x.pth.bak" },
	{ "OldPath", FIELD_STRING, get_old_path,
	  "the former path, if it was renamed from a known place", "/tmp/x.pth" },
	{ "Feed", FIELD_STRING, get_feed,
	  "live, scan or replay", "live" },
	{ NULL, FIELD_STRING, NULL, NULL, NULL },
};

const char *field_kind_to_string(enum field_kind k)
{
	static const char *const names[] = {
		[FIELD_STRING] = "string",
		[FIELD_NUMBER] = "number",
		[FIELD_BOOLEAN] = "boolean",
		[FIELD_LIST] = "list",
	};

	return (size_t)k < ELEMENTSOF(names) ? names[k] : NULL;
}

size_t field_count(void)
{
	return ELEMENTSOF(field_table) - 1;
}

const struct field *field_find(struct bytes name)
{
	for (const struct field *f = field_table; f->name; f++)
		if (bytes_equal(name, bytes_of(f->name)))
			return f;
	return NULL;
}
