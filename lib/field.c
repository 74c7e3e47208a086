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

GETTER(old_path)
{
	return f->event ? one_unless_empty(f->event->old_path, ret, max) : 0;
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

GETTER(writer_uid)
{
	return writer(f) && writer(f)->credentials_known ? number(f, writer(f)->euid, ret, max) : 0;
}

GETTER(writer_login_uid)
{
	if (!writer(f) || !writer(f)->credentials_known || writer(f)->loginuid == (uid_t)-1)
		return 0;
	return number(f, writer(f)->loginuid, ret, max);
}

GETTER(attribution_source)
{
	return text(attribution_source_to_string(f->attribution.source), ret, max);
}

GETTER(attribution_complete)
{
	return boolean(f->attribution.complete, ret, max);
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
	};

	return (unsigned)f->change < ELEMENTSOF(names) ? text(names[f->change], ret, max) : 0;
}

GETTER(hook_temporary)
{
	return boolean(f->hook.temporary, ret, max);
}

GETTER(hook_name)
{
	return f->event ? one_unless_empty(event_name(f->event), ret, max) : 0;
}

/* ---- what it does -------------------------------------------------------------- */

/* The content of a file that sets variables is not judged: its assignments are. */
/* What a file of variables sets is in events of their own; its content is a fact only where it
 * could not be read, or not to its end. */
static bool has_content(const struct facts *f)
{
	if (f->hook.vector == VECTOR_NONE)
		return false;
	return f->hook.vector != VECTOR_ENV ||
	       (!is_env(f) && (f->content.verdict == CONTENT_UNREAD || f->content.verdict == CONTENT_SUSPICIOUS));
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

GETTER(content_unread)
{
	return text(f->content.unread, ret, max);
}

GETTER(content_hidden)
{
	return has_content(f) ? boolean(f->content.hidden, ret, max) : 0;
}

GETTER(content_place)
{
	return FLAG_NAMES(f->path_places, place_name, ret, max);
}

GETTER(env_name)
{
	return one(f->env.name, ret, max);
}

GETTER(env_place)
{
	return is_env(f) ? FLAG_NAMES(f->env_places, place_name, ret, max) : 0;
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
	if (!f->file.known || !f->region)
		return 0;
	return one(region_printf(f->region, "%04o", (unsigned)(f->file.st.st_mode & 07777)), ret, max);
}

GETTER(file_owner)
{
	return f->file.known ? number(f, f->file.st.st_uid, ret, max) : 0;
}

GETTER(file_link_target)
{
	return one_unless_empty(f->file.link_target, ret, max);
}

/* ---- the table ------------------------------------------------------------------ */

const struct field field_table[] = {
	/* Sigma's taxonomy: file_event and registry_set */
	{ "EventID", get_event_id, "11: a hook was written or found, 13: a variable is set in a file, 26: it was removed" },
	{ "EventType", get_event_type, "SetValue or DeleteValue for a variable, absent for a file" },
	{ "TargetFilename", get_target_filename, "path of the file" },
	{ "TargetObject", get_target_object, "FILE:VARIABLE for a variable, absent for a file" },
	{ "Details", get_env_value, "value of the variable, quotes and escapes resolved" },
	{ "Image", get_image, "executable of the writing process" },
	{ "CommandLine", get_command_line, "its command line" },
	{ "CurrentDirectory", get_current_directory, "its working directory" },
	{ "User", get_user, "name of its effective user" },
	{ "ProcessId", get_process_id, "its process id" },
	{ "ParentImage", get_parent_image, "executable of its parent" },
	{ "ParentCommandLine", get_parent_command_line, "command line of its parent" },
	{ "ParentProcessId", get_parent_process_id, "process id of its parent" },
	{ "Computer", get_computer, "name of the host" },
	/* ours */
	{ "Hook.Vector", get_hook_vector, "how the file makes Python run code: pth-exec, sitecustomize, env, ..." },
	{ "Hook.Scope", get_hook_scope, "where it stands: site, stdlib, bin, system, user, project or elsewhere" },
	{ "Hook.Form", get_hook_form, "text, source, bytecode, extension, package, archive or json" },
	{ "Hook.Change", get_hook_change, "created, modified, removed or unchanged" },
	{ "Hook.Temporary", get_hook_temporary, "true for a package manager's temporary name, which Python does not read" },
	{ "Hook.Name", get_hook_name, "last component of the path" },
	{ "Content.Verdict", get_content_verdict, "unread, inert, template, executes, suspicious or malicious" },
	{ "Content.Line", get_content_line, "each line that runs (the first ones)" },
	{ "Content.Path", get_content_path, "each line that adds a path to sys.path (the first ones)" },
	{ "Content.Unread", get_content_unread, "why the content was not read" },
	{ "Content.Hidden", get_content_hidden, "true if a line is placed so that a person does not see it" },
	{ "Content.Place", get_content_place, "where the path lines lead: relative, missing, temporary, hidden, others-write, undecidable, not-roots" },
	{ "Env.Name", get_env_name, "name of the variable" },
	{ "Env.Value", get_env_value, "the same as Details" },
	{ "Env.Place", get_env_place, "where the value leads: the same words as Content.Place" },
	{ "Env.Undecidable", get_env_undecidable, "true if only a run would tell the value" },
	{ "Env.Scope", get_env_scope, "Hook.Scope of the file that sets it" },
	{ "File.Type", get_file_type, "file, symlink, dir, fifo, socket, char, block or whiteout" },
	{ "File.Mode", get_file_mode, "permissions in octal, four digits" },
	{ "File.Owner", get_file_owner, "user id of its owner" },
	{ "File.LinkTarget", get_file_link_target, "what a symbolic link leads to, as written in it" },
	{ "Writer.Installer", get_writer_installer, "the installer of packages that the writer looks like: pip, dpkg, ..." },
	{ "Writer.Verified", get_writer_verified, "true if it is that installer: executable, owner, arguments, script and environment fit" },
	{ "Writer.Script", get_writer_script, "the script that an interpreter runs, or -m MODULE or -c" },
	{ "Writer.Mismatch", get_writer_mismatch, "each thing about the writer that does not fit together" },
	{ "Writer.Uid", get_writer_uid, "its effective user id" },
	{ "Writer.LoginUid", get_writer_login_uid, "user id of the login that it comes from" },
	{ "Attribution.Source", get_attribution_source, "how the writer is known" },
	{ "Attribution.Complete", get_attribution_complete, "true if executable, command line, user and parent are known" },
	{ "OldPath", get_old_path, "the former path, if it was renamed from a known place" },
	{ "Feed", get_feed, "live, scan or replay" },
	{ NULL, NULL, NULL },
};

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
