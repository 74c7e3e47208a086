#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "place.h"
#include "rule_fixture.h"

static struct fixture fixture;
static struct facts *const f = &fixture.facts;

static int set_up(void **state)
{
	(void)state;
	fixture_init(&fixture);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fixture_release(&fixture);
	return 0;
}

/* The field's values, joined with '|'; "-" when it is absent. */
static void check(const char *name, const char *expected)
{
	_cleanup_str_ struct str got = STR_INIT;
	struct bytes values[FIELD_VALUES_MAX];
	const struct field *field = field_find(bytes_of(name));
	size_t count;

	assert_non_null(field);
	count = field->get(f, values, FIELD_VALUES_MAX);
	assert_true(count <= FIELD_VALUES_MAX);
	if (count == 0)
		assert_int_equal(str_append_text(&got, "-"), 0);
	for (size_t i = 0; i < count; i++) {
		assert_non_null(values[i].ptr);
		assert_int_equal(str_append_text(&got, i ? "|" : ""), 0);
		assert_int_equal(str_append_bytes(&got, values[i]), 0);
	}
	assert_string_equal(got.buf, expected);
}

static void the_table_is_sound(void **state)
{
	size_t count = 0;

	(void)state;
	for (const struct field *x = field_table; x->name; x++, count++) {
		assert_ptr_equal(field_find(bytes_of(x->name)), x);	/* no name twice */
		assert_non_null(x->get);
		assert_true(strlen(x->help) > 10);
		assert_null(strpbrk(x->name, "|*? :"));
		assert_non_null(field_kind_to_string(x->kind));
		/* Of a boolean there are two values, of the others a person wants to see one. */
		assert_true(x->kind == FIELD_BOOLEAN ? !x->example : x->example && *x->example);
	}
	assert_int_equal(count, field_count());
	assert_null(field_find(BYTES_LIT("image")));
	assert_null(field_find(BYTES_LIT("Image\0")));
	assert_null(field_find(BYTES_NONE));
	assert_null(field_kind_to_string((enum field_kind)(FIELD_LIST + 1)));
}

/* A value is of its field's kind. */
static void check_kinds(void)
{
	struct bytes values[FIELD_VALUES_MAX];

	for (const struct field *x = field_table; x->name; x++) {
		size_t count = x->get(f, values, FIELD_VALUES_MAX);
		uint64_t n;

		if (count > 1 && x->kind != FIELD_LIST)
			fail_msg("%s has %zu values", x->name, count);
		if (count == 0)
			continue;
		if (x->kind == FIELD_NUMBER && bytes_to_u64(values[0], &n) < 0)
			fail_msg("%s is no number: %.*s", x->name, (int)values[0].len, values[0].ptr);
		if (x->kind == FIELD_BOOLEAN && !bytes_equal(values[0], BYTES_LIT("true")) &&
		    !bytes_equal(values[0], BYTES_LIT("false")))
			fail_msg("%s is no boolean", x->name);
	}
}

/* pyhookd.rules(5) describes the table, and nothing else: the other way round is in
 * test_rules_default.c. */
static void the_manual_invents_nothing(void **state)
{
	_cleanup_fclose_ FILE *page = fopen("docs/pyhookd.rules.5", "re");
	const char item[] = ".It Va ";
	bool fields = false;
	char line[1024];
	size_t count = 0;

	(void)state;
	assert_non_null(page);
	while (fgets(line, sizeof(line), page)) {
		struct bytes text = bytes_of(line);

		text.len--;	/* the newline */
		if (bytes_has_prefix(text, BYTES_LIT(".Sh ")))
			fields = bytes_equal(text, BYTES_LIT(".Sh FIELDS"));
		if (!fields || !bytes_has_prefix(text, bytes_of(item)))
			continue;
		count++;
		text = bytes_slice(text, sizeof(item) - 1, text.len - (sizeof(item) - 1));
		if (!field_find(text))
			fail_msg("the manual knows a field %.*s", (int)text.len, text.ptr);
	}
	assert_int_equal(count, field_count());
}

/* A stage that could not answer leaves zeros: no getter may trip over them. */
static void nothing_known_is_nothing_told(void **state)
{
	static const struct facts nothing;
	struct bytes values[FIELD_VALUES_MAX];

	(void)state;
	for (const struct field *x = field_table; x->name; x++) {
		size_t count = x->get(&nothing, values, FIELD_VALUES_MAX);

		if (bytes_equal(bytes_of(x->name), BYTES_LIT("EventID")) ||
		    bytes_equal(bytes_of(x->name), BYTES_LIT("Hook.Temporary")) ||
		    bytes_equal(bytes_of(x->name), BYTES_LIT("Writer.Verified")) ||
		    bytes_equal(bytes_of(x->name), BYTES_LIT("Writer.Managed")) ||
		    bytes_has_prefix(bytes_of(x->name), BYTES_LIT("Attribution.")))
			assert_int_equal(count, 1);
		else if (count != 0)
			fail_msg("%s", x->name);
		assert_int_equal(x->get(f, values, 0), 0);
	}
}

static void tells_of_a_file(void **state)
{
	(void)state;
	check("EventID", "11");
	check("EventType", "-");
	check("TargetFilename", "/usr/lib/python3/dist-packages/evil.pth");
	check("TargetObject", "-");
	check("Details", "-");
	check("Image", "/usr/bin/bash");
	check("CommandLine", "bash -c echo");
	check("CurrentDirectory", "/home/alice");
	check("User", "root");
	check("ProcessId", "4711");
	check("ParentImage", "/usr/sbin/sshd");
	check("ParentCommandLine", "'sshd: alice'");
	check("ParentProcessId", "4700");
	check("Computer", "host1");
	check("Hook.Vector", "pth-exec");
	check("Hook.Scope", "site");
	check("Hook.Form", "text");
	check("Hook.Change", "created");
	check("Hook.Temporary", "false");
	check("Hook.Name", "evil.pth");
	check("Content.Verdict", "executes");
	check("Content.Line", "import os; os.system('id')|import pkg");
	check("Content.Path", "/opt/x");
	check("Content.Unread", "-");
	check("Content.Hidden", "false");
	check("Content.Place", "-");
	check("Env.Name", "-");
	check("Env.Scope", "-");
	check("Writer.Installer", "-");
	check("Writer.Verified", "false");
	check("Writer.Mismatch", "-");
	check("Writer.Uid", "0");
	check("Writer.LoginUid", "1000");
	check("Attribution.Source", "connector");
	check("Attribution.Complete", "true");
	check("Attribution.Compared", "false");
	check("OldPath", "-");
	check("Feed", "live");
	check_kinds();

	check("Content.Score", "0");
	check("Content.Indicator", "-");
	check("Content.Template", "-");
	check("Content.Target", "-");
	check("Content.Decoded", "-");
	check("Content.Disables", "-");
	f->content.verdict = CONTENT_TEMPLATE;
	f->content.score = 95;
	f->content.indicators = INDICATOR_BIT(INDICATOR_PROCESS) | INDICATOR_BIT(INDICATOR_NOT_UNDERSTOOD);
	f->content.lines[0].template = "virtualenv";
	f->content.lines[0].target = BYTES_LIT("/site/m.py");
	f->content.decoded = BYTES_LIT("import os");
	f->content.disables = BYTES_LIT("/site/a.pth");
	check("Content.Score", "95");
	check("Content.Indicator", "process|not-understood");
	check("Content.Template", "virtualenv");
	check("Content.Target", "/site/m.py");
	check("Content.Decoded", "import os");
	check("Content.Disables", "/site/a.pth");
	f->content.verdict = CONTENT_EXECUTES;
	check("Content.Template", "-");

	f->change = CHANGE_REMOVED;
	f->hook.temporary = true;
	f->content.unread = "gone";
	f->content.places = PLACE_TEMPORARY | PLACE_OTHERS_WRITE;
	f->installer.name = "pip";
	f->installer.verified = true;
	f->attribution.mismatch = MISMATCH_ARGV | MISMATCH_PRELOAD;
	fixture.event.feed = FEED_SCAN;
	fixture.event.old_path = BYTES_LIT("/tmp/x");
	fixture.process.loginuid = (uid_t)-1;
	check("EventID", "26");
	check("Hook.Change", "removed");
	check("Hook.Temporary", "true");
	check("Content.Unread", "gone");
	check("Content.Place", "temporary|others-write");
	check("Writer.Installer", "pip");
	check("Writer.Verified", "true");
	check("Writer.Mismatch", "argv-rewritten|preload");
	check("Writer.LoginUid", "-");
	check("Feed", "scan");
	check("OldPath", "/tmp/x");

	f->attribution.process = NULL;		/* the pid is known all the same */
	check("Image", "-");
	check("CommandLine", "-");
	check("ParentImage", "-");
	check("Writer.Uid", "-");
	check("ProcessId", "4711");
}

/* All that is known of who did it: a session, a service, a container. */
static void tells_of_the_writer(void **state)
{
	struct process *p = &fixture.process;
	struct image *image = &fixture.image;

	(void)state;
	p->uid = 1000;
	p->gid = 1001;
	p->egid = 4294967295u;		/* no number has a meaning of its own here */
	p->sid = 4700;
	p->sessionid = 7;
	p->tty = 136 << 8 | 3;
	memcpy(p->comm, "fifteen-bytes-x", sizeof(p->comm));
	image->environ = BYTES_LIT("LD_PRELOAD=/x.so\0PYTHONPATH=\0");
	image->exe_ino = 5;
	image->exe_uid = 33;
	image->exe_mode = S_IFREG | 04755;
	image->cgroup = BYTES_LIT("/system.slice/docker-0.scope");
	f->parent_user_name = BYTES_LIT("alice");
	f->cgroup = (struct cgroup){ .unit = BYTES_LIT("docker-0.scope"), .slice = BYTES_LIT("system.slice"),
				     .container_id = BYTES_LIT("0123"), .pod_uid = BYTES_LIT("a-b") };
	f->container_path = BYTES_LIT("/usr/lib/x.pth");
	f->installer = (struct installer){ .name = "pip", .managed = true, .reason_count = 2,
					   .reasons = { BYTES_LIT("one"), BYTES_LIT("two") } };
	f->attribution.compared = true;

	check("LogonId", "7");
	check("TerminalSessionId", "4700");
	check("ParentUser", "alice");
	check("Writer.Comm", "fifteen-bytes-x");
	check("Writer.Uid", "0");
	check("Writer.RealUid", "1000");
	check("Writer.Gid", "4294967295");
	check("Writer.RealGid", "1001");
	check("Writer.LoginUid", "1000");
	check("Writer.Terminal", "pts/3");
	check("Writer.SessionLeader", "/usr/sbin/sshd");
	check("Writer.Environment", "LD_PRELOAD=/x.so|PYTHONPATH=");
	check("Writer.Ancestors", "/usr/sbin/sshd");
	check("Writer.AncestorCommandLines", "'sshd: alice'");
	check("Writer.ExecutableOwner", "33");
	check("Writer.ExecutableMode", "4755");
	check("Writer.Cgroup", "/system.slice/docker-0.scope");
	check("Writer.Unit", "docker-0.scope");
	check("Writer.Slice", "system.slice");
	check("Writer.ContainerId", "0123");
	check("Writer.PodUid", "a-b");
	check("File.ContainerPath", "/usr/lib/x.pth");
	check("Writer.Managed", "true");

	check("Provenance.Kind", "-");
	check("Provenance.Deferred", "-");
	f->provenance = (struct provenance){ .asked = true, .deferred = true };
	check("Provenance.Kind", "none");
	check("Provenance.Match", "-");
	check("Provenance.Authentic", "-");
	check("Provenance.Deferred", "true");
	f->provenance = (struct provenance){ .asked = true, .kind = PROVENANCE_RECORD, .has_digest = true, .match = true,
					     .package = BYTES_LIT("foo"), .version = BYTES_LIT("1.0"),
					     .database = BYTES_LIT("/s/foo-1.0.dist-info/RECORD") };
	check("Provenance.Kind", "record");
	check("Provenance.Package", "foo");
	check("Provenance.Version", "1.0");
	check("Provenance.Match", "true");
	check("Provenance.Authentic", "false");
	check("Provenance.Database", "/s/foo-1.0.dist-info/RECORD");
	check("Provenance.Deferred", "false");
	check("Writer.Reasons", "one|two");
	check("Attribution.Compared", "true");
	check_kinds();
	HITS("s: {Writer.Environment|startswith: LD_PRELOAD, Writer.Uid: 0, Writer.Terminal: pts/3}", f);
	MISSES("s: {Writer.ContainerRuntime|exists: true}", f);

	/* Itself the leader; and one that is neither it nor an ancestor. */
	p->sid = 4711;
	check("Writer.SessionLeader", "/usr/bin/bash");
	p->sid = 1;
	check("Writer.SessionLeader", "-");
	check("TerminalSessionId", "1");

	/* What is not known is absent, though its number is one that could be. */
	p->credentials_known = false;
	p->sid = 0;
	p->tty = 0;
	image->exe_ino = 0;
	check("LogonId", "-");
	check("TerminalSessionId", "-");
	check("Writer.SessionLeader", "-");
	check("Writer.RealUid", "-");
	check("Writer.Gid", "-");
	check("Writer.LoginUid", "-");
	check("Writer.Terminal", "-");
	check("Writer.ExecutableOwner", "-");
	check("Writer.ExecutableMode", "-");
	p->credentials_known = true;
	p->sessionid = (uint32_t)-1;
	check("LogonId", "-");
}

/* Ancestors beyond number, some of which nothing is known of. */
static void tells_of_many_ancestors(void **state)
{
	static struct process line[FIELD_VALUES_MAX + 20];
	static struct image unknown = { .refs = 1 };
	struct bytes values[FIELD_VALUES_MAX];

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(line); i++)
		line[i] = (struct process){ .pid = (pid_t)i + 2, .image = i % 2 ? &fixture.parent_image : &unknown,
					    .parent = i + 1 < ELEMENTSOF(line) ? &line[i + 1] : NULL, .refs = 1 };
	fixture.process.parent = line;
	assert_int_equal(field_find(BYTES_LIT("Writer.Ancestors"))->get(f, values, FIELD_VALUES_MAX),
			 ELEMENTSOF(line) / 2);
	assert_int_equal(field_find(BYTES_LIT("Writer.AncestorCommandLines"))->get(f, values, 3), 3);
	for (size_t i = 0; i < ELEMENTSOF(line); i++)
		line[i].image = &fixture.parent_image;
	assert_int_equal(field_find(BYTES_LIT("Writer.Ancestors"))->get(f, values, FIELD_VALUES_MAX), FIELD_VALUES_MAX);
}

static void tells_of_a_variable(void **state)
{
	(void)state;
	fixture_release(&fixture);
	fixture_init_env(&fixture, "PYTHONPATH", "/tmp/x");
	f->content.places = PLACE_TEMPORARY;
	check("EventID", "13");
	check("EventType", "SetValue");
	check("TargetFilename", "/etc/environment");
	check("TargetObject", "/etc/environment:PYTHONPATH");
	check("Details", "/tmp/x");
	check("Env.Value", "/tmp/x");
	check("Env.Name", "PYTHONPATH");
	check("Env.Place", "temporary");
	check("Env.Undecidable", "false");
	check("Env.Scope", "system");
	f->content.verdict = CONTENT_SUSPICIOUS;
	f->content.score = 60;
	check("Content.Verdict", "suspicious");
	check("Content.Score", "60");
	check("Content.Place", "-");

	f->change = CHANGE_REMOVED;
	check("EventID", "26");
	check("EventType", "DeleteValue");
}

static void tells_of_the_file_itself(void **state)
{
	static const struct { mode_t mode; const char *type; } types[] = {
		{ S_IFREG, "file" }, { S_IFLNK, "symlink" }, { S_IFDIR, "dir" }, { S_IFIFO, "fifo" },
		{ S_IFSOCK, "socket" }, { S_IFCHR, "char" }, { S_IFBLK, "block" }, { 0, "-" },
	};

	(void)state;
	check("File.Type", "-");
	check("File.Mode", "-");
	check("File.Owner", "-");
	f->file.known = true;
	f->file.st.st_uid = 4294967294u;
	f->file.link_target = BYTES_LIT("../evil");
	for (size_t i = 0; i < ELEMENTSOF(types); i++) {
		f->file.st.st_mode = types[i].mode | 04755;
		check("File.Type", types[i].type);
	}
	check("File.Mode", "4755");
	f->file.st.st_mode = S_IFREG | 0600;
	check("File.Mode", "0600");
	check("File.Owner", "4294967294");
	check("File.LinkTarget", "../evil");
	f->file.is_symlink = true;
	check("File.Type", "symlink");
	f->file.whiteout = true;
	check("File.Type", "whiteout");
}

/* More lines than values fit: the first ones, nothing behind the end. */
static void fills_no_more_than_fits(void **state)
{
	struct content_line many[FIELD_VALUES_MAX + 10];
	struct bytes values[FIELD_VALUES_MAX + 1];

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(many); i++)
		many[i] = (struct content_line){ .number = (unsigned)i, .text = BYTES_LIT("x"), .does = LINE_CALLS, .hidden = false };
	f->content.lines = many;
	f->content.line_count = ELEMENTSOF(many);
	values[FIELD_VALUES_MAX] = BYTES_LIT("guard");
	assert_int_equal(field_find(BYTES_LIT("Content.Line"))->get(f, values, FIELD_VALUES_MAX), FIELD_VALUES_MAX);
	assert_string_equal(values[FIELD_VALUES_MAX].ptr, "guard");
	f->attribution.mismatch = ~0u;
	assert_int_equal(field_find(BYTES_LIT("Writer.Mismatch"))->get(f, values, 3), 3);
}

static void keeps_every_byte(void **state)
{
	static const struct bytes path = BYTES_LIT("/home/a%s\n\xff/\0x/.bashrc");
	struct bytes value;

	(void)state;
	fixture_init_env(&fixture, "PYTHONHOME", "");
	fixture.event.path = path;
	assert_int_equal(field_find(BYTES_LIT("TargetObject"))->get(f, &value, 1), 1);
	assert_int_equal(value.len, path.len + sizeof(":PYTHONHOME") - 1);
	assert_memory_equal(value.ptr, path.ptr, path.len);
	assert_int_equal(field_find(BYTES_LIT("Details"))->get(f, &value, 1), 1);
	assert_int_equal(value.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_table_is_sound, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_known_is_nothing_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tells_of_a_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_manual_invents_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tells_of_the_writer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tells_of_many_ancestors, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tells_of_a_variable, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tells_of_the_file_itself, set_up, tear_down),
		cmocka_unit_test_setup_teardown(fills_no_more_than_fits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(keeps_every_byte, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
