/* source_replay.c - recordings are input like any other: every type is checked, an
 * unknown key is an error (a misspelt one would make a test say nothing). */
#include "source_replay.h"

#include <cjson/cJSON.h>
#include <elf.h>

#include "cleanup.h"
#include "document.h"
#include "limits.h"

struct reader {
	struct region *region;
	const char *wrong;
	bool no_memory;
};

/* JSON has no bytes: U+0080..U+00FF stand for them. */
static struct bytes text_of(struct reader *r, const cJSON *node)
{
	const char *s = cJSON_IsString(node) ? node->valuestring : NULL;
	struct bytes in, out;
	size_t n = 0;

	if (!s) {
		r->wrong = "a string was expected";
		return BYTES_NONE;
	}
	in = bytes_of(s);	/* cJSON's strings end at a NUL: it has no other kind */
	out = region_copy(r->region, in);
	if (!out.ptr) {
		r->no_memory = true;
		return BYTES_NONE;
	}
	for (size_t i = 0; i < in.len; i++) {
		unsigned char c = (unsigned char)in.ptr[i];

		if ((c == 0xc2 || c == 0xc3) && i + 1 < in.len)
			c = (unsigned char)((c & 3) << 6 | ((unsigned char)in.ptr[++i] & 0x3f));
		((char *)out.ptr)[n++] = (char)c;
	}
	out.len = n;
	return out;
}

static uint64_t number_of(struct reader *r, const cJSON *node, double max)
{
	if (!cJSON_IsNumber(node) || !(node->valuedouble >= 0) || node->valuedouble > max) {
		r->wrong = "a number in range was expected";
		return 0;
	}
	return (uint64_t)node->valuedouble;
}

static bool truth_of(struct reader *r, const cJSON *node)
{
	if (!cJSON_IsBool(node))
		r->wrong = "true or false was expected";
	return cJSON_IsTrue(node);
}

static bool is(const cJSON *node, const char *key)
{
	return bytes_equal(bytes_of(node->string), bytes_of(key));
}

/* A program without code: what asks whether a file is one looks at the head only (elf(5)).  A
 * recording could not hold the head itself: JSON's strings have no NUL here. */
static struct bytes elf_of(struct reader *r, struct bytes text)
{
	static const Elf64_Ehdr head = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_DYN,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_ehsize = sizeof(Elf64_Ehdr),
	};
	_cleanup_str_ struct str all = STR_INIT;
	struct bytes program;

	if (str_append(&all, (const char *)&head, sizeof(head)) < 0 || str_append_bytes(&all, text) < 0) {
		r->no_memory = true;
		return BYTES_NONE;
	}
	program = region_copy(r->region, str_bytes(&all));
	if (!program.ptr)
		r->no_memory = true;
	return program;
}

static mode_t mode_of(struct reader *r, const cJSON *node)
{
	struct bytes octal = text_of(r, node);
	mode_t mode = 0;

	for (size_t i = 0; i < octal.len; i++) {
		if (octal.ptr[i] < '0' || octal.ptr[i] > '7' || mode > 07777)
			r->wrong = "mode is not an octal number";
		mode = (mode & 07777) * 8 + (mode_t)(octal.ptr[i] - '0');
	}
	return mode & 07777;
}

static void read_file(struct reader *r, const cJSON *object, struct replay_step *s)
{
	const cJSON *n;

	s->kind = REPLAY_FILE;
	s->file.mode = 0644;
	s->file.uid = (uid_t)-1;
	cJSON_ArrayForEach(n, object) {
		if (is(n, "path"))
			s->file.path = text_of(r, n);
		else if (is(n, "content"))
			s->file.content = text_of(r, n);
		else if (is(n, "link"))
			s->file.link = text_of(r, n);
		else if (is(n, "remove"))
			s->file.remove = truth_of(r, n);
		else if (is(n, "elf"))
			s->file.content = elf_of(r, text_of(r, n));
		else if (is(n, "directory"))
			s->file.directory = truth_of(r, n);
		else if (is(n, "uid"))
			s->file.uid = (uid_t)number_of(r, n, 4294967294.0);
		else if (is(n, "mode"))
			s->file.mode = mode_of(r, n);
		else
			r->wrong = "unknown key in \"file\"";
	}
	if (s->file.path.len == 0 || s->file.path.ptr[0] != '/')
		r->wrong = "\"file\" needs an absolute \"path\"";
	else if (!!s->file.content.ptr + !!s->file.link.ptr + s->file.remove + s->file.directory != 1)
		r->wrong = "\"file\" needs one of \"content\", \"elf\", \"link\", \"directory\" and \"remove\"";
}

/* Strings, each with a NUL behind it, as /proc has them. */
static struct bytes list_of(struct reader *r, const cJSON *array)
{
	_cleanup_str_ struct str all = STR_INIT;
	const cJSON *n;

	if (!cJSON_IsArray(array)) {
		r->wrong = "a list was expected";
		return BYTES_NONE;
	}
	cJSON_ArrayForEach(n, array) {
		struct bytes one = text_of(r, n);

		if (one.ptr && (str_append_bytes(&all, one) < 0 || str_append_char(&all, '\0') < 0))
			r->no_memory = true;
	}
	return region_copy(r->region, str_bytes(&all));
}

static int read_process(struct reader *r, const cJSON *object, struct replay_step *s)
{
	struct image image = { 0 };
	struct process process = { .loginuid = (uid_t)-1, .sessionid = (uint32_t)-1 };
	_cleanup_(image_unrefp) struct image *own = NULL;
	struct bytes comm = BYTES_LIT("");
	bool euid = false;
	const cJSON *n;
	int e;

	s->kind = REPLAY_PROCESS;
	process.credentials_known = true;
	image.environ_known = true;
	image.exe_mode = S_IFREG | 0755;
	cJSON_ArrayForEach(n, object) {
		if (is(n, "pid"))
			process.pid = (pid_t)number_of(r, n, 4194304);
		else if (is(n, "ppid"))
			process.ppid = (pid_t)number_of(r, n, 4194304);
		else if (is(n, "exe"))
			image.exe = text_of(r, n);
		else if (is(n, "argv"))
			image.argv = list_of(r, n);
		else if (is(n, "environ"))
			image.environ = list_of(r, n);
		else if (is(n, "cwd"))
			image.cwd = text_of(r, n);
		else if (is(n, "cgroup"))
			image.cgroup = text_of(r, n);
		else if (is(n, "comm"))
			comm = text_of(r, n);
		else if (is(n, "uid"))
			process.uid = (uid_t)number_of(r, n, 4294967295.0);
		else if (is(n, "euid")) {
			process.euid = (uid_t)number_of(r, n, 4294967295.0);
			euid = true;
		} else if (is(n, "loginuid"))
			process.loginuid = (uid_t)number_of(r, n, 4294967295.0);
		else if (is(n, "start_ns"))
			process.start_ns = number_of(r, n, 9e15);
		else if (is(n, "exe_deleted"))
			image.exe_deleted = truth_of(r, n);
		else if (is(n, "exe_memfd"))
			image.exe_memfd = truth_of(r, n);
		else
			r->wrong = "unknown key in \"process\"";
	}
	if (!euid)
		process.euid = process.uid;
	if (process.pid == 0)
		r->wrong = "\"process\" needs a \"pid\"";
	if (r->wrong)
		return 0;
	if (comm.len > sizeof(process.comm) - 1)
		comm.len = sizeof(process.comm) - 1;
	if (comm.len > 0)
		memcpy(process.comm, comm.ptr, comm.len);

	e = image_new(&image, &own);
	if (e < 0)
		return e;
	process.image = own;
	return process_new(&process, &s->process);
}

static int read_event(struct reader *r, const cJSON *object, struct replay_step *s)
{
	struct bytes path = BYTES_LIT(""), old_path = BYTES_LIT(""), exec_path = BYTES_LIT("");
	struct event *e = &s->event;
	const cJSON *n, *what;

	s->kind = REPLAY_EVENT;
	e->feed = FEED_REPLAY;
	cJSON_ArrayForEach(n, object) {
		if (is(n, "what")) {
			if (!cJSON_IsArray(n))
				r->wrong = "\"what\" is not a list";
			cJSON_ArrayForEach(what, n) {
				enum event_what one;

				if (event_what_from_string(text_of(r, what), &one) < 0)
					r->wrong = "unknown word in \"what\"";
				else
					e->what |= one;
			}
		} else if (is(n, "path"))
			path = text_of(r, n);
		else if (is(n, "old_path") || is(n, "new_path"))
			old_path = text_of(r, n);
		else if (is(n, "exec_path"))
			exec_path = text_of(r, n);
		else if (is(n, "pid"))
			e->pid = (pid_t)number_of(r, n, 4194304);
		else if (is(n, "closer_pid"))
			e->closer_pid = (pid_t)number_of(r, n, 4194304);
		else if (is(n, "time_ns"))
			e->time_ns = number_of(r, n, 9e18);
		else if (is(n, "mono_ns"))
			e->mono_ns = number_of(r, n, 9e15);
		else if (is(n, "is_dir"))
			e->is_dir = truth_of(r, n);
		else
			r->wrong = "unknown key in \"event\"";
	}
	if (e->what == 0)
		r->wrong = "\"event\" needs \"what\"";
	else if (e->what != EVENT_OVERFLOW && (path.len == 0 || path.ptr[0] != '/'))
		r->wrong = "\"event\" needs an absolute \"path\"";
	if (r->wrong)
		return 0;
	return event_set_paths(e, path, old_path, exec_path);
}

void replay_step_done(struct replay_step *s)
{
	s->process = process_unref(s->process);
	event_done(&s->event);
}

int source_replay_parse(struct bytes line, struct region *region, struct replay_step *ret,
			const char **reterr_what)
{
	_cleanup_cjson_ cJSON *root = NULL;
	struct replay_step s = { .event = EVENT_INIT };
	struct reader r = { .region = region };
	const cJSON *only;
	int e = 0;

	*reterr_what = "not a JSON object with one key";
	if (line.len > REPLAY_LINE_MAX)
		return -EINVAL;
	root = cJSON_ParseWithLength(line.ptr, line.len);
	only = cJSON_IsObject(root) ? root->child : NULL;
	if (!only || only->next)
		return -EINVAL;

	if (is(only, "inventory")) {
		s.kind = REPLAY_INVENTORY;
		s.inventory = text_of(&r, only);
		if (!r.wrong && (s.inventory.len == 0 || s.inventory.ptr[0] != '/'))
			r.wrong = "\"inventory\" needs an absolute path";
	} else if (!cJSON_IsObject(only)) {
		return -EINVAL;
	} else if (is(only, "file")) {
		read_file(&r, only, &s);
	} else if (is(only, "process")) {
		e = read_process(&r, only, &s);
	} else if (is(only, "event")) {
		e = read_event(&r, only, &s);
	} else {
		r.wrong = "unknown kind of line";
	}

	if (e < 0 || r.no_memory || r.wrong) {
		replay_step_done(&s);
		if (e < 0 || r.no_memory)
			return -ENOMEM;
		*reterr_what = r.wrong;
		return -EINVAL;
	}
	*ret = s;
	return 0;
}
