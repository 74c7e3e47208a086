/* baseline_file.c - text to and from the inventory.  The files lie in a directory of
 * root's, and are read like any other input all the same. */
#include "baseline_file.h"

#include "document.h"
#include "escape.h"
#include "hookpath.h"
#include "limits.h"

/* Of the file; another number is another format. */
#define FORMAT 1

struct save {
	struct str *out;
	uint64_t count;
	int error;
};

/* A JSON string of escaped text: a quote is all that JSON still minds, and a backslash. */
static int append_string(struct str *out, struct bytes b)
{
	_cleanup_str_ struct str escaped = STR_INIT;
	int r = escape_append(&escaped, b);

	if (r >= 0)
		r = str_append_char(out, '"');
	for (size_t i = 0; i < escaped.len && r >= 0; i++) {
		if (escaped.buf[i] == '"' || escaped.buf[i] == '\\')
			r = str_append_char(out, '\\');
		if (r >= 0)
			r = str_append_char(out, escaped.buf[i]);
	}
	return r < 0 ? r : str_append_char(out, '"');
}

static int append_digests(struct str *out, const char *key, const uint64_t *list, size_t count)
{
	int r = str_appendf(out, ",\"%s\":[", key);

	for (size_t i = 0; i < count && r >= 0; i++)
		r = str_appendf(out, "%s\"%016llx\"", i ? "," : "", (unsigned long long)list[i]);
	return r < 0 ? r : str_append_char(out, ']');
}

/* Numbers go as strings: JSON's are doubles for most readers, cJSON's too. */
static int append_entry(struct str *out, const struct baseline_entry *e)
{
	int r = str_append_text(out, "{\"path\":");

	if (r >= 0)
		r = append_string(out, e->path);
	if (r >= 0)
		r = str_appendf(out, ",\"dev\":\"%llu\",\"ino\":\"%llu\",\"size\":\"%llu\",\"ctime\":\"%llu\","
				"\"sha256\":\"%s\"",
				(unsigned long long)e->dev, (unsigned long long)e->ino,
				(unsigned long long)e->size, (unsigned long long)e->ctime_ns, e->sha256);
	if (r >= 0)
		r = append_digests(out, "env", e->assignments, e->assignment_count);
	if (r >= 0 && e->targets_known)
		r = append_digests(out, "targets", e->targets, e->target_count);
	if (r >= 0 && e->owner.known)
		r = str_appendf(out, ",\"uid\":\"%u\",\"gid\":\"%u\",\"mode\":\"%u\",\"acl\":%s", (unsigned)e->owner.uid,
				(unsigned)e->owner.gid, (unsigned)e->owner.mode, e->owner.acl ? "true" : "false");
	return r < 0 ? r : str_append_text(out, "}\n");
}

static void save_entry(const struct baseline_entry *e, void *userdata)
{
	struct save *s = userdata;

	if (s->error >= 0)
		s->error = append_entry(s->out, e);
	s->count++;
}

int baseline_save(const struct baseline *b, const struct baseline_head *head, struct str *ret)
{
	struct save s = { .out = ret };
	int r;

	r = str_appendf(ret, "{\"pyhookd_inventory\":%d,\"hooks\":%d,\"time\":\"%llu\",\"scope\":", FORMAT,
			HOOKPATH_REVISION, (unsigned long long)head->time_ns);
	if (r >= 0)
		r = append_string(ret, head->scope);
	if (r >= 0)
		r = str_append_text(ret, head->begun ? ",\"begun\":true}\n" : "}\n");
	if (r < 0)
		return r;

	baseline_below(b, BYTES_LIT("/"), save_entry, &s);
	if (s.error < 0)
		return s.error;
	return str_appendf(ret, "{\"count\":\"%llu\"}\n", (unsigned long long)s.count);
}

/* ---- reading --------------------------------------------------------------------- */

static struct bytes text_of(const cJSON *object, const char *key)
{
	const cJSON *n = cJSON_GetObjectItemCaseSensitive(object, key);

	return cJSON_IsString(n) ? bytes_of(n->valuestring) : BYTES_NONE;
}

static bool number_of(const cJSON *object, const char *key, uint64_t *ret)
{
	return bytes_to_u64(text_of(object, key), ret) == 0;
}

/* Sixteen lower-case hex digits. */
static bool digest_of(struct bytes text, uint64_t *ret)
{
	uint64_t n = 0;

	if (text.len != 16)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c >= '0' && c <= '9')
			n = n << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			n = n << 4 | (uint64_t)(c - 'a' + 10);
		else
			return false;
	}
	*ret = n;
	return true;
}

static bool sha256_of(struct bytes text, char ret[65])
{
	if (text.len != 64 && text.len != 0)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (!((text.ptr[i] >= '0' && text.ptr[i] <= '9') || (text.ptr[i] >= 'a' && text.ptr[i] <= 'f')))
			return false;
	if (text.len > 0)
		memcpy(ret, text.ptr, text.len);
	ret[text.len] = '\0';
	return true;
}

/* Of an inventory that has it; an older one does not. */
static struct ownership owner_of(const cJSON *line)
{
	uint64_t uid, gid, mode;

	if (!number_of(line, "uid", &uid) || !number_of(line, "gid", &gid) || !number_of(line, "mode", &mode))
		return (struct ownership){ 0 };
	return (struct ownership){ .known = true, .uid = (uid_t)uid, .gid = (gid_t)gid, .mode = (mode_t)(mode & 07777),
				   .acl = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(line, "acl")) };
}

/* *ret: the caller's to free. */
static int digests_of(const cJSON *array, uint64_t **ret, size_t *ret_count)
{
	_cleanup_free_ uint64_t *list = calloc((size_t)cJSON_GetArraySize(array) + 1, sizeof(*list));
	size_t count = 0;
	const cJSON *n;

	if (!list)
		return -ENOMEM;
	cJSON_ArrayForEach(n, array)
		if (!cJSON_IsString(n) || !digest_of(bytes_of(n->valuestring), &list[count++]))
			return -EBADMSG;
	*ret = TAKE_PTR(list);
	*ret_count = count;
	return 0;
}

static int take_entry(struct baseline *b, const cJSON *line)
{
	struct baseline_entry e = { 0 };
	const cJSON *env = cJSON_GetObjectItemCaseSensitive(line, "env");
	const cJSON *targets = cJSON_GetObjectItemCaseSensitive(line, "targets");
	_cleanup_str_ struct str path = STR_INIT;
	_cleanup_free_ uint64_t *list = NULL, *target_list = NULL;
	uint64_t dev, ino, ctime;
	int r;

	if (!number_of(line, "dev", &dev) || !number_of(line, "ino", &ino) ||
	    !number_of(line, "size", &e.size) || !number_of(line, "ctime", &ctime) ||
	    !sha256_of(text_of(line, "sha256"), e.sha256) || !cJSON_IsArray(env))
		return -EBADMSG;
	r = escape_undo(&path, text_of(line, "path"));
	if (r < 0)
		return r == -ENOMEM ? r : -EBADMSG;
	if (path.len == 0 || path.buf[0] != '/')
		return -EBADMSG;

	r = digests_of(env, &list, &e.assignment_count);
	/* An older inventory has none. */
	e.targets_known = cJSON_IsArray(targets);
	if (r >= 0 && e.targets_known)
		r = digests_of(targets, &target_list, &e.target_count);
	if (r < 0)
		return r;

	e.path = str_bytes(&path);
	e.dev = (dev_t)dev;
	e.ino = (ino_t)ino;
	e.ctime_ns = (int64_t)ctime;
	e.owner = owner_of(line);
	e.assignments = list;
	e.targets = target_list;
	r = baseline_put(b, &e);
	return r == -ENOSPC ? 0 : r;
}

static int take_head(const cJSON *line, struct baseline_head *ret, struct str *storage)
{
	const cJSON *format = cJSON_GetObjectItemCaseSensitive(line, "pyhookd_inventory");
	const cJSON *hooks = cJSON_GetObjectItemCaseSensitive(line, "hooks");
	int r;

	/* One that knew fewer kinds of hooks would make the others look new. */
	if (!cJSON_IsNumber(format) || format->valueint != FORMAT || !cJSON_IsNumber(hooks) ||
	    hooks->valueint != HOOKPATH_REVISION || !number_of(line, "time", &ret->time_ns))
		return -EBADMSG;
	ret->begun = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(line, "begun"));
	str_clear(storage);
	r = escape_undo(storage, text_of(line, "scope"));
	ret->scope = str_bytes(storage);
	return r == -EINVAL ? -EBADMSG : r;
}

int baseline_load(struct baseline *b, struct bytes text, struct baseline_head *ret_head,
		  struct str *storage)
{
	struct baseline_head head = { 0 };
	uint64_t entries = 0, count;
	bool first = true;

	while (text.len > 0) {
		ptrdiff_t end = bytes_find_byte(text, '\n', 0);
		_cleanup_cjson_ cJSON *line = NULL;
		int r;

		if (end < 0)
			return -EBADMSG;
		line = cJSON_ParseWithLength(text.ptr, (size_t)end);
		text = bytes_slice(text, (size_t)end + 1, text.len - (size_t)end - 1);
		if (!cJSON_IsObject(line))
			return -EBADMSG;

		if (first) {
			r = take_head(line, &head, storage);
			first = false;
		} else if (number_of(line, "count", &count)) {
			if (count != entries || text.len > 0)
				return -EBADMSG;
			*ret_head = head;
			return 0;
		} else {
			r = take_entry(b, line);
			entries++;
		}
		if (r < 0)
			return r;
	}
	return -EBADMSG;	/* no tail: it was cut */
}

/* ---- the alert log ----------------------------------------------------------------- */

/* Add one assignment to those that the path is known to have. */
static int add_assignment(struct baseline_entry *e, const struct baseline_entry *before, uint64_t digest,
			  uint64_t **ret_list)
{
	size_t n = before ? before->assignment_count : 0;
	uint64_t *list = malloc((n + 1) * sizeof(*list));

	if (!list)
		return -ENOMEM;
	if (n > 0)
		memcpy(list, before->assignments, n * sizeof(*list));
	if (!before || !baseline_entry_has(before, digest))
		list[n++] = digest;
	e->assignments = *ret_list = list;
	e->assignment_count = n;
	return 0;
}

/* The mode is in octal there.  Whether there is a list is not said: that it is new is said again, rather than
 * never. */
static struct ownership owner_said(const cJSON *file)
{
	struct bytes mode = text_of(file, "mode");
	struct ownership o = { .known = true };
	uint64_t uid, gid;

	if (!number_of(file, "uid", &uid) || !number_of(file, "gid", &gid) || mode.len == 0 || mode.len > 4 ||
	    bytes_equal(text_of(file, "type"), BYTES_LIT("symlink")))
		return (struct ownership){ 0 };
	for (size_t i = 0; i < mode.len; i++) {
		if (mode.ptr[i] < '0' || mode.ptr[i] > '7')
			return (struct ownership){ 0 };
		o.mode = o.mode << 3 | (mode_t)(mode.ptr[i] - '0');
	}
	o.uid = (uid_t)uid;
	o.gid = (gid_t)gid;
	return o;
}

/* Add what the alert says of other files to those that are known; the oldest give way. */
static int add_targets(struct baseline_entry *e, const struct baseline_entry *before, const cJSON *targets,
		       uint64_t list[static BASELINE_TARGETS_MAX])
{
	const cJSON *target;
	uint64_t digest;
	int r;

	e->targets = list;
	e->targets_known = cJSON_IsArray(targets) || (before && before->targets_known);
	for (size_t i = 0; before && i < before->target_count && e->target_count < BASELINE_TARGETS_MAX; i++)
		list[e->target_count++] = before->targets[i];
	cJSON_ArrayForEach(target, targets) {
		_cleanup_str_ struct str path = STR_INIT;

		r = escape_undo(&path, text_of(target, "path"));
		if (r == -EINVAL)
			continue;
		if (r >= 0)
			r = baseline_assignment_hash(str_bytes(&path), text_of(target, "sha256"), BYTES_NONE, &digest);
		if (r < 0)
			return r;
		if (baseline_entry_has_target(e, digest))
			continue;
		if (e->target_count == BASELINE_TARGETS_MAX)
			memmove(list, list + 1, --e->target_count * sizeof(*list));
		list[e->target_count++] = digest;
	}
	return 0;
}

int baseline_take_alert(struct baseline *b, const cJSON *alert)
{
	const cJSON *file = cJSON_GetObjectItemCaseSensitive(alert, "file");
	const cJSON *ours = cJSON_GetObjectItemCaseSensitive(alert, "pyhookd");
	const cJSON *env = cJSON_GetObjectItemCaseSensitive(ours, "env");
	struct baseline_entry e = { 0 };
	const struct baseline_entry *before;
	_cleanup_str_ struct str path = STR_INIT;
	_cleanup_free_ uint64_t *list = NULL;
	uint64_t digest, targets[BASELINE_TARGETS_MAX];
	int r;

	r = escape_undo(&path, text_of(file, "path"));
	if (r == -ENOMEM)
		return r;
	if (r < 0 || path.len == 0 || path.buf[0] != '/')
		return 0;
	before = baseline_find(b, str_bytes(&path));

	if (bytes_equal(text_of(file, "type"), BYTES_LIT("dir")))
		return 0;	/* of a directory of hooks: none itself */
	if (!env && bytes_equal(text_of(ours, "change"), BYTES_LIT("removed"))) {
		baseline_remove(b, str_bytes(&path));
		return 0;
	}
	if (!sha256_of(text_of(cJSON_GetObjectItemCaseSensitive(file, "hash"), "sha256"), e.sha256))
		return 0;
	/* No inode and no ctime: the next search reads the file and compares its bytes. */
	e.path = str_bytes(&path);
	e.owner = owner_said(file);
	if (env) {
		if (!digest_of(text_of(env, "digest"), &digest))
			return 0;
		r = add_assignment(&e, before, digest, &list);
		if (r < 0)
			return r;
	}
	r = add_targets(&e, before, cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(ours, "content"), "targets"),
			targets);
	if (r < 0)
		return r;
	r = baseline_put(b, &e);
	return r == -ENOSPC ? 0 : r;
}
