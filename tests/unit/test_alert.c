#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <sys/sysmacros.h>

#include "alert.h"
#include "document.h"
#include "escape.h"
#include "limits.h"
#include "place.h"
#include "pth.h"

/* ---- a planted .pth, to be varied ----------------------------------------- */

static const uint8_t seed[16] = { 0x00, 0x01, 0xab, 0xff };

struct plant {
	struct event event;
	struct image image, parent_image;
	struct process process, parent;
	struct content_line lines[2];
	struct sigma_rule rule, other;
	struct facts facts;
	struct verdict verdict;
};

static char *tags[] = {
	(char *)"attack.persistence", (char *)"attack.privilege-escalation", (char *)"attack.t1546.018",
	(char *)"attack.g0016", (char *)"detection.emerging-threats", NULL,
};

static void plant(struct plant *p)
{
	*p = (struct plant){ .event = EVENT_INIT };

	p->event.what = EVENT_CREATE | EVENT_CLOSE_WRITE;
	p->event.time_ns = 1795508400123456789;
	p->event.mono_ns = 77;
	p->event.pid = 4242;
	p->event.closer_pid = 4243;
	p->event.path = BYTES_LIT("/srv/app/venv/lib/python3.11/site-packages/x.pth");

	p->parent_image.exe = BYTES_LIT("/usr/sbin/sshd");
	p->parent_image.argv = BYTES_LIT("sshd: alice\0");
	p->parent = (struct process){ .pid = 4000, .ppid = 1, .comm = "sshd", .credentials_known = true,
				      .image = &p->parent_image };
	p->image.exe = BYTES_LIT("/usr/bin/dash");
	p->image.argv = BYTES_LIT("sh\0-c\0echo x >> x.pth\0");
	p->image.cwd = BYTES_LIT("/home/alice");
	p->image.exe_dev = makedev(254, 1);
	p->image.exe_ino = 99;
	p->image.exe_uid = 12;
	p->image.exe_mode = S_IFREG | 04755;
	p->image.environ = BYTES_LIT("LD_PRELOAD=/tmp/l.so\0HOME=/home/alice\0");
	p->process = (struct process){
		.pid = 4242, .ppid = 4000, .comm = "sh", .uid = 1000, .euid = 1001, .loginuid = 1002,
		.gid = 2000, .egid = 2001, .sessionid = 7, .start_ns = 27, .sid = 4000, .tty = 0x8803, .credentials_known = true, .image = &p->image,
		.parent = &p->parent,
	};

	p->lines[0] = (struct content_line){ .number = 1, .text = BYTES_LIT("/tmp/x"), .does = LINE_ADDS_PATH, .places = PLACE_TEMPORARY };
	p->lines[1] = (struct content_line){ .number = 2, .text = BYTES_LIT("import os; os.system('id')"), .does = LINE_EXECUTES, .hidden = false };

	p->rule = (struct sigma_rule){
		.id = (char *)"11111111-2222-3333-4444-555555555555", .title = (char *)"Code in a .pth",
		.description = (char *)"Matches \\.pth\nof strangers.\n", .level = LEVEL_HIGH,
		.detection_type = DETECTION_PTH_FILE_CREATED, .tags = tags,
	};
	p->other = p->rule;
	p->other.level = LEVEL_LOW;
	p->verdict = (struct verdict){
		.rules = { &p->rule, &p->other }, .rule_count = 2, .hits = 2, .level = LEVEL_HIGH,
		.type = DETECTION_PTH_FILE_CREATED,
	};

	p->facts.event = &p->event;
	p->facts.category = CATEGORY_FILE_EVENT;
	p->facts.change = CHANGE_CREATED;
	p->facts.hook = (struct hook){ .vector = VECTOR_PTH_EXEC, .scope = SCOPE_SITE, .form = FORM_TEXT };
	p->facts.file.known = true;
	p->facts.file.st.st_mode = S_IFREG | 0644;
	p->facts.file.st.st_ino = 18446744073709551615u;
	p->facts.file.st.st_dev = makedev(8, 1);
	p->facts.file.st.st_size = 9007199254740993;
	p->facts.file.st.st_mtim.tv_sec = -1;
	p->facts.file.st.st_ctim.tv_sec = 253402300800;		/* the year 10000 */
	p->facts.content = (struct content){
		.verdict = CONTENT_EXECUTES, .size = 60, .sha256 = "abc0", .lines = p->lines,
		.line_count = 2, .executing = 3, .paths = 1, .places = PLACE_TEMPORARY,
	};
	p->facts.attribution = (struct attribution){
		.source = ATTRIBUTION_CONNECTOR, .complete = true, .process = &p->process,
	};
	p->facts.user_name = BYTES_LIT("alice");
	p->facts.parent_user_name = BYTES_LIT("root");
	p->facts.computer = BYTES_LIT("web1");
}

static void plant_assignment(struct plant *p)
{
	plant(p);
	p->event.path = BYTES_LIT("/home/alice/.profile");
	p->facts.hook = (struct hook){ .vector = VECTOR_ENV, .scope = SCOPE_USER, .form = FORM_TEXT,
				       .syntax = ENV_SHELL };
	p->facts.change = CHANGE_MODIFIED;
	p->facts.content = (struct content){ .verdict = CONTENT_EXECUTES, .size = 100, .sha256 = "abc1",
					    .places = PLACE_TEMPORARY };
	p->facts.env = (struct env_assignment){ .name = BYTES_LIT("PYTHONSTARTUP"), .value = BYTES_LIT("/tmp/x.py"),
						.resolved = BYTES_LIT("/tmp/x.py"), .line = 12, .export = true };
	p->verdict.type = DETECTION_PYTHONSTARTUP_ENV_SET;
}

static cJSON *alert_tree(const struct plant *p)
{
	_cleanup_(alert_freep) struct alert *a = NULL;
	cJSON *json;

	assert_int_equal(alert_new(&p->facts, &p->verdict, seed, &a), 0);
	assert_int_equal(strlen(a->json), a->json_len);
	json = cJSON_ParseWithLengthOpts(a->json, a->json_len + 1, NULL, true);
	assert_non_null(json);
	return json;
}

/* The node at "a.b.0.c"; NULL if there is none. */
static const cJSON *at(const cJSON *node, const char *path)
{
	while (node && *path) {
		char key[64];
		size_t n = strcspn(path, ".");

		/* Keys of ours have no dot in them. */
		assert_true(n < sizeof(key));
		memcpy(key, path, n);
		key[n] = '\0';
		node = cJSON_IsArray(node) ? cJSON_GetArrayItem(node, atoi(key)) :
					     cJSON_GetObjectItemCaseSensitive(node, key);
		path += n + (path[n] == '.');
	}
	return node;
}

/* As text: a number as printed, absence as "(none)". */
static void assert_at(const cJSON *json, const char *path, const char *expected)
{
	const cJSON *node = at(json, path);
	char *text;

	if (!node) {
		if (strcmp(expected, "(none)") != 0)
			fail_msg("%s is absent, expected %s", path, expected);
		return;
	}
	text = cJSON_IsString(node) ? strdup(node->valuestring) : cJSON_PrintUnformatted(node);
	assert_non_null(text);
	if (strcmp(text, expected) != 0)
		fail_msg("%s is %s, expected %s", path, text, expected);
	free(text);
}

static void assert_message(const struct plant *p, const char *expected)
{
	_cleanup_cjson_ cJSON *json = alert_tree(p);

	assert_at(json, "message", expected);
}

/* A name is what somebody called a directory. */
static const struct provenance package_of_another = {
	.asked = true, .deferred = true, .kind = PROVENANCE_RECORD, .has_digest = true,
	.package = BYTES_LIT("odd\nname"), .version = BYTES_LIT("1.0"), .database = BYTES_LIT("/s/odd-1.0.dist-info/RECORD"),
};

static void says_whose_it_is(void **state)
{
	_cleanup_cjson_ cJSON *json = NULL;
	struct plant p;

	(void)state;
	plant(&p);
	p.facts.provenance = package_of_another;
	json = alert_tree(&p);
	assert_non_null(strstr(cJSON_GetObjectItem(json, "message")->valuestring,
			       ", of package \"odd\\nname\" 1.0, whose content is another: "));
	cJSON_Delete(json);
	p.facts.provenance = (struct provenance){ .asked = true };
	json = alert_tree(&p);
	assert_at(json, "pyhookd.provenance", "{\"kind\":\"none\",\"deferred\":false}");
}

/* ---- the object ------------------------------------------------------------- */

static void has_every_member(void **state)
{
	static const struct {
		const char *path, *expected;
	} members[] = {
		{ "@timestamp", "2026-11-24T08:20:00.123456789Z" },
		{ "ecs.version", "8.11.0" },
		{ "event.kind", "alert" },
		{ "event.category", "[\"file\"]" },
		{ "event.type", "[\"creation\"]" },
		{ "event.action", "hook-created" },
		{ "event.id", "0001abff000000000000000000000000" },
		{ "event.code", "11" },
		{ "event.severity", "73" },
		{ "event.module", "pyhookd" },
		{ "event.dataset", "pyhookd.alert" },
		{ "event.provider", "fanotify" },
		{ "rule.id", "11111111-2222-3333-4444-555555555555" },
		{ "rule.name", "Code in a .pth" },
		{ "rule.description", "Matches \\.pth of strangers." },
		{ "rule.ruleset", "pyhookd" },
		{ "threat.framework", "MITRE ATT&CK" },
		{ "threat.technique.id", "[\"T1546\"]" },
		{ "threat.technique.subtechnique.id", "[\"T1546.018\"]" },
		{ "threat.tactic.name", "[\"Persistence\",\"Privilege Escalation\"]" },
		{ "file.path", "/srv/app/venv/lib/python3.11/site-packages/x.pth" },
		{ "file.name", "x.pth" },
		{ "file.directory", "/srv/app/venv/lib/python3.11/site-packages" },
		{ "file.extension", "pth" },
		{ "file.inode", "18446744073709551615" },
		{ "file.device", "8:1" },
		{ "file.uid", "0" },
		{ "file.gid", "0" },
		{ "file.mode", "0644" },
		{ "file.mtime", "1969-12-31T23:59:59.000000000Z" },
		{ "file.ctime", "(none)" },
		{ "file.type", "file" },
		{ "file.target_path", "(none)" },
		{ "file.hash.sha256", "abc0" },
		{ "process.pid", "4242" },
		{ "process.name", "sh" },
		{ "process.executable", "/usr/bin/dash" },
		{ "process.args.1", "-c" },
		{ "process.args_count", "3" },
		{ "process.working_directory", "/home/alice" },
		{ "process.env_vars", "[\"LD_PRELOAD=/tmp/l.so\",\"HOME=/home/alice\"]" },
		{ "process.tty.char_device.major", "136" },
		{ "process.tty.char_device.minor", "3" },
		{ "process.start", "2026-11-24T08:20:00.123456739Z" },	/* 50 ns before */
		{ "process.user.id", "1001" },
		{ "process.real_user.id", "1000" },
		{ "process.group.id", "2001" },
		{ "process.real_group.id", "2000" },
		{ "process.session_leader.pid", "4000" },
		{ "process.session_leader.executable", "/usr/sbin/sshd" },
		{ "process.parent.pid", "4000" },
		{ "process.parent.name", "sshd" },
		{ "process.parent.executable", "/usr/sbin/sshd" },
		{ "process.parent.user", "{\"id\":\"0\",\"name\":\"root\"}" },
		{ "process.parent.real_group.id", "0" },
		{ "process.ancestors.0.real_user.id", "0" },
		{ "process.ancestors.0.pid", "4000" },
		{ "process.ancestors.0.executable", "/usr/sbin/sshd" },
		{ "process.ancestors.1", "(none)" },
		{ "user.id", "1000" },
		{ "user.name", "(none)" },		/* it is the name of 1001 */
		{ "user.effective.id", "1001" },
		{ "user.effective.name", "alice" },
		{ "user.audit.id", "1002" },
		{ "host.hostname", "web1" },
		{ "host.name", "web1" },
		{ "Computer", "web1" },
		{ "User", "alice" },
		{ "EventID", "11" },
		{ "DetectionType", "PTH_FILE_CREATED" },
		{ "TargetFilename", "/srv/app/venv/lib/python3.11/site-packages/x.pth" },
		{ "TargetObject", "" },
		{ "Image", "/usr/bin/dash" },
		{ "pyhookd.level", "high" },
		{ "pyhookd.detection_type", "PTH_FILE_CREATED" },
		{ "pyhookd.vector", "pth-exec" },
		{ "pyhookd.scope", "site" },
		{ "pyhookd.form", "text" },
		{ "pyhookd.change", "created" },
		{ "pyhookd.target_object", "(none)" },
		{ "pyhookd.path_relative", "(none)" },
		{ "pyhookd.content.verdict", "executes" },
		{ "pyhookd.content.unread", "(none)" },
		{ "pyhookd.content.size", "60" },
		{ "pyhookd.content.truncated", "false" },
		{ "pyhookd.content.hidden", "false" },
		{ "pyhookd.content.executing", "3" },
		{ "pyhookd.content.paths", "1" },
		{ "pyhookd.content.lines.1.number", "2" },
		{ "pyhookd.content.lines.1.text", "import os; os.system('id')" },
		{ "pyhookd.content.lines.1.does", "executes" },
		{ "pyhookd.content.lines.1.hidden", "false" },
		{ "pyhookd.content.places", "[\"temporary\"]" },
		{ "pyhookd.env", "(none)" },
		{ "pyhookd.installer.name", "(none)" },
		{ "pyhookd.installer.verified", "false" },
		{ "pyhookd.provenance.kind", "record" },
		{ "pyhookd.provenance.package", "odd\\nname" },
		{ "pyhookd.provenance.version", "1.0" },
		{ "pyhookd.provenance.match", "false" },
		{ "pyhookd.provenance.authentic", "false" },
		{ "pyhookd.provenance.database", "/s/odd-1.0.dist-info/RECORD" },
		{ "pyhookd.provenance.deferred", "true" },
		{ "pyhookd.installer.managed", "false" },
		{ "pyhookd.installer.reasons", "[]" },
		{ "pyhookd.attribution.source", "connector" },
		{ "pyhookd.attribution.complete", "true" },
		{ "pyhookd.attribution.compared", "false" },
		{ "pyhookd.attribution.mismatch", "[]" },
		{ "pyhookd.attribution.executable", "{\"deleted\":false,\"memfd\":false,\"inode\":\"99\","
		  "\"device\":\"254:1\",\"uid\":\"12\",\"mode\":\"4755\"}" },
		{ "pyhookd.attribution.terminal", "pts/3" },
		{ "pyhookd.attribution.session_id", "7" },
		{ "pyhookd.closer_pid", "4243" },
		{ "pyhookd.old_path", "(none)" },
		{ "pyhookd.rules.0.title", "Code in a .pth" },
		{ "pyhookd.rules.1.level", "low" },
	};
	_cleanup_cjson_ cJSON *json = NULL;
	_cleanup_(alert_freep) struct alert *a = NULL;
	struct plant p;

	(void)state;
	plant(&p);
	p.facts.provenance = package_of_another;
	json = alert_tree(&p);
	for (size_t i = 0; i < ELEMENTSOF(members); i++)
		assert_at(json, members[i].path, members[i].expected);

	assert_int_equal(alert_new(&p.facts, &p.verdict, seed, &a), 0);
	assert_string_equal(a->id, "0001abff000000000000000000000000");
	assert_int_equal(a->level, LEVEL_HIGH);
	assert_int_equal(a->type, DETECTION_PTH_FILE_CREATED);
	assert_true(a->time_ns == p.event.time_ns && a->read_ns == 77);
	/* Beyond what a double holds. */
	assert_non_null(strstr(a->json, "\"size\":9007199254740993,"));
}

static void assert_suffix(const struct plant *p, const char *expected)
{
	_cleanup_cjson_ cJSON *json = alert_tree(p);
	struct bytes message = bytes_of(at(json, "message")->valuestring);

	if (!bytes_has_suffix(message, bytes_of(expected)))
		fail_msg("message: %s\nexpected: %s", message.ptr, expected);
}

/* What was found out about the content, as a program and as a person get it. */
static void says_what_was_found(void **state)
{
	static struct finding findings[] = {
		{ .indicator = INDICATOR_PROCESS, .line = 2, .detail = BYTES_LIT("os.system('touch /tmp/x')") },
		{ .indicator = INDICATOR_HIDDEN_NAME, .technique = BYTES_LIT("T1036.005"), .description = BYTES_LIT("hides") },
		{ .indicator = INDICATOR_NETWORK, .line = 2, .depth = 1, .file = BYTES_LIT("/site/m.py"),
		  .detail = BYTES_LIT("a\nb") },
	};
	_cleanup_cjson_ cJSON *json = NULL, *object = NULL;
	_cleanup_free_ char *text = NULL;
	struct plant p;

	(void)state;
	plant(&p);
	p.lines[1].eras = PTH_ERA_A | PTH_ERA_C;
	p.lines[1].verdict = CONTENT_MALICIOUS;
	p.lines[1].template = "virtualenv";
	p.lines[1].target = BYTES_LIT("/site/m.py");
	p.facts.content.verdict = CONTENT_MALICIOUS;
	p.facts.content.score = 130;
	p.facts.content.indicators = INDICATOR_BIT(INDICATOR_PROCESS) | INDICATOR_BIT(INDICATOR_NETWORK);
	p.facts.content.findings = findings;
	p.facts.content.finding_count = ELEMENTSOF(findings);
	p.facts.content.decoded = BYTES_LIT("import os\x01");
	p.facts.content.disables = BYTES_LIT("/site/a.pth");

	json = alert_tree(&p);
	assert_at(json, "pyhookd.content.score", "130");
	assert_at(json, "pyhookd.content.indicators", "[\"process\",\"network\"]");
	assert_at(json, "pyhookd.content.findings.0",
		  "{\"indicator\":\"process\",\"line\":2,\"detail\":\"os.system('touch /tmp/x')\",\"depth\":0}");
	assert_at(json, "pyhookd.content.findings.1", "{\"indicator\":\"hidden-name\",\"technique\":\"T1036.005\",\"description\":\"hides\",\"depth\":0}");
	assert_at(json, "pyhookd.content.findings.2.file", "/site/m.py");
	assert_at(json, "pyhookd.content.findings.2.detail", "a\\nb");
	assert_at(json, "pyhookd.content.lines.0.places", "[\"temporary\"]");
	assert_at(json, "pyhookd.content.lines.0.eras", "(none)");
	assert_at(json, "pyhookd.content.lines.1.eras", "[\"<=3.12\",\">=3.15\"]");
	assert_at(json, "pyhookd.content.lines.1.verdict", "malicious");
	assert_at(json, "pyhookd.content.lines.1.template", "virtualenv");
	assert_at(json, "pyhookd.content.lines.1.target", "/site/m.py");
	assert_at(json, "pyhookd.content.decoded", "import os\\x01");
	assert_at(json, "pyhookd.content.disables", "/site/a.pth");
	assert_at(json, "pyhookd.content.template", "(none)");	/* a line's, not all */
	assert_suffix(&p, "): malicious, starts a process (\"os.system('touch /tmp/x')\"), has a name that hides; "
			  "line 2 runs when Python starts (and 2 more): import os; os.system('id')");

	/* The same object, alone. */
	assert_int_equal(alert_hook_new(&p.facts, &p.verdict, &object), 0);
	text = cJSON_PrintUnformatted(at(object, "pyhookd"));
	assert_non_null(text);
	assert_at(json, "pyhookd", text);
	assert_at(json, "message", at(object, "message")->valuestring);
	assert_at(object, "file.hash.sha256", "abc0");
	assert_at(object, "event", "(none)");

	p.facts.content.verdict = CONTENT_TEMPLATE;
	p.facts.content.finding_count = 0;
	cJSON_Delete(json);
	json = alert_tree(&p);
	assert_at(json, "pyhookd.content.template", "virtualenv");

	/* An empty .start. */
	p.facts.content = (struct content){ .verdict = CONTENT_SUSPICIOUS, .findings = findings + 1, .finding_count = 1 };
	assert_suffix(&p, "): suspicious, has a name that hides");

	plant_assignment(&p);
	p.facts.content.verdict = CONTENT_SUSPICIOUS;
	p.facts.content.findings = findings;
	p.facts.content.finding_count = 1;
	assert_message(&p, "/home/alice/.profile line 12 sets PYTHONSTARTUP to \"/tmp/x.py\" (temporary), which starts a "
			   "process, written by /usr/bin/dash (pid 4242, user alice, \"sh -c 'echo x >> x.pth'\")");
}

static void has_an_assignments_members(void **state)
{
	_cleanup_cjson_ cJSON *json = NULL;
	struct plant p;

	(void)state;
	plant_assignment(&p);
	json = alert_tree(&p);
	assert_at(json, "event.action", "variable-set");
	assert_at(json, "EventID", "13");
	assert_at(json, "TargetFilename", "/home/alice/.profile");
	assert_at(json, "TargetObject", "/home/alice/.profile:PYTHONSTARTUP");
	assert_at(json, "file.extension", "(none)");
	assert_at(json, "pyhookd.target_object", "/home/alice/.profile:PYTHONSTARTUP");
	assert_at(json, "pyhookd.env", "{\"name\":\"PYTHONSTARTUP\",\"value\":\"/tmp/x.py\",\"line\":12,"
		  "\"append\":false,\"undecidable\":false,\"places\":[\"temporary\"],"
		  "\"digest\":\"3935134af6401f39\"}");	/* printf PYTHONSTARTUP=/tmp/x.py | sha256sum, the first eight bytes, last first */
	assert_at(json, "pyhookd.content.size", "100");
	assert_at(json, "pyhookd.content.verdict", "executes");
	assert_at(json, "pyhookd.content.score", "0");
	assert_at(json, "pyhookd.content.places", "[\"temporary\"]");
}

static void knows_what_changed(void **state)
{
	static const struct {
		enum change change;
		uint32_t what;
		enum event_feed feed;
		const char *action, *type, *event_id, *provider;
	} cases[] = {
		{ CHANGE_MODIFIED, EVENT_CREATE, FEED_LIVE, "hook-modified", "[\"change\"]", "11", "fanotify" },
		{ CHANGE_REMOVED, EVENT_DELETE, FEED_LIVE, "hook-removed", "[\"deletion\"]", "26", "fanotify" },
		{ CHANGE_UNCHANGED, EVENT_ATTRIB, FEED_LIVE, "hook-unchanged", "[\"info\"]", "11", "fanotify" },
		{ CHANGE_CREATED, EVENT_FOUND, FEED_SCAN, "hook-found", "[\"info\"]", "11", "scan" },
		{ CHANGE_MODIFIED, EVENT_FOUND, FEED_SCAN, "hook-modified", "[\"change\"]", "11", "scan" },
		{ CHANGE_NONE, EVENT_MOVED_FROM, FEED_REPLAY, "hook-removed", "[\"deletion\"]", "26", "replay" },
		{ CHANGE_NONE, EVENT_MOVED_TO, FEED_REPLAY, "hook-created", "[\"creation\"]", "11", "replay" },
		{ CHANGE_NONE, EVENT_CLOSE_WRITE, FEED_REPLAY, "hook-modified", "[\"change\"]", "11", "replay" },
		{ CHANGE_NONE, 0, FEED_REPLAY, "hook-found", "[\"info\"]", "11", "replay" },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_cjson_ cJSON *json = NULL;
		struct plant p;

		plant(&p);
		p.facts.change = cases[i].change;
		p.event.what = cases[i].what;
		p.event.feed = cases[i].feed;
		json = alert_tree(&p);
		assert_at(json, "event.action", cases[i].action);
		assert_at(json, "event.type", cases[i].type);
		assert_at(json, "EventID", cases[i].event_id);
		assert_at(json, "event.code", cases[i].event_id);
		assert_at(json, "event.provider", cases[i].provider);
	}
}

static void leaves_out_what_is_not_known(void **state)
{
	_cleanup_cjson_ cJSON *json = NULL;
	struct plant p;

	(void)state;
	plant(&p);
	p.event.pid = 0;
	p.facts.attribution = (struct attribution){ .source = ATTRIBUTION_NONE };
	p.facts.user_name = BYTES_NONE;
	p.facts.computer = BYTES_NONE;
	p.facts.file.known = false;
	p.facts.content = (struct content){ .unread = "gone" };
	p.verdict.rule_count = 0;
	json = alert_tree(&p);
	assert_at(json, "process", "(none)");
	assert_at(json, "user", "(none)");
	assert_at(json, "host", "(none)");
	assert_at(json, "rule", "(none)");
	assert_at(json, "threat", "(none)");
	assert_at(json, "file.size", "(none)");
	assert_at(json, "file.hash", "(none)");
	assert_at(json, "User", "");
	assert_at(json, "Computer", "");
	assert_at(json, "Image", "");
	assert_at(json, "pyhookd.content.unread", "gone");
	assert_at(json, "pyhookd.rules", "[]");
}

/* Of who did it: zeros and -1 are no facts. */
static void leaves_out_what_is_not_known_of_the_writer(void **state)
{
	static const char *const absent[] = {
		"process.start", "process.args", "process.env_vars", "process.user", "process.group", "process.tty",
		"process.parent.executable", "process.parent.user", "process.ancestors", "user.effective", "user.audit",
		"pyhookd.attribution.executable.inode", "pyhookd.attribution.executable.mode",
		"pyhookd.attribution.terminal", "pyhookd.attribution.session_id", "process.session_leader.name",
	};
	_cleanup_cjson_ cJSON *json = NULL;
	struct plant p;

	(void)state;
	plant(&p);
	p.process = (struct process){ .pid = 4242, .ppid = 4000, .sid = 4001, .start_ns = 78, .loginuid = 1002,
				      .sessionid = 7, .image = &p.image };
	p.image = (struct image){ .exe = BYTES_LIT("/memfd:x"), .exe_deleted = true, .exe_memfd = true };
	p.facts.parent_user_name = BYTES_NONE;
	json = alert_tree(&p);
	for (size_t i = 0; i < ELEMENTSOF(absent); i++)
		assert_at(json, absent[i], "(none)");
	assert_at(json, "user.name", "alice");		/* whoever the numbers are */
	assert_at(json, "process.parent.pid", "4000");
	assert_at(json, "process.session_leader.pid", "4001");
	assert_at(json, "pyhookd.attribution.executable.memfd", "true");

	/* A start before 1970 by our clock is a clock that was set since. */
	cJSON_Delete(json);
	p.process.start_ns = 1;
	p.event.time_ns = 75;
	json = alert_tree(&p);
	assert_at(json, "process.start", "(none)");

	/* Known, and the same user in both. */
	cJSON_Delete(json);
	plant(&p);
	p.process.uid = p.process.euid;
	p.process.loginuid = (uid_t)-1;
	p.process.sessionid = (uint32_t)-1;
	p.parent.credentials_known = false;
	json = alert_tree(&p);
	assert_at(json, "user.name", "alice");
	assert_at(json, "process.parent.user", "{\"name\":\"root\"}");
	assert_at(json, "process.parent.real_user", "(none)");
	assert_at(json, "user.audit", "(none)");
	assert_at(json, "pyhookd.attribution.session_id", "(none)");
}

static void computes_moments(void **state)
{
	static const struct {
		int64_t seconds;
		const char *expected;
	} moments[] = {
		{ 0, "1970-01-01T00:00:00.000000000Z" },
		{ 951782400, "2000-02-29T00:00:00.000000000Z" },
		{ 951868799, "2000-02-29T23:59:59.000000000Z" },
		{ 951868800, "2000-03-01T00:00:00.000000000Z" },
		{ 4107542399, "2100-02-28T23:59:59.000000000Z" },
		{ 4107542400, "2100-03-01T00:00:00.000000000Z" },
		{ 1735689599, "2024-12-31T23:59:59.000000000Z" },
		{ 253402300799, "9999-12-31T23:59:59.000000000Z" },
		{ 253402300800, "(none)" },
		{ -62167219200, "0000-01-01T00:00:00.000000000Z" },
		{ -62167219201, "(none)" },
		{ INT64_MIN, "(none)" },
		{ INT64_MAX, "(none)" },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(moments); i++) {
		_cleanup_cjson_ cJSON *json = NULL;
		struct plant p;

		plant(&p);
		p.facts.file.st.st_mtim.tv_sec = moments[i].seconds;
		json = alert_tree(&p);
		assert_at(json, "file.mtime", moments[i].expected);
	}
}

/* ---- the sentence -------------------------------------------------------------- */

#define WHO "/usr/bin/dash (pid 4242, user alice, \"sh -c "
#define PTH "\"/srv/app/venv/lib/python3.11/site-packages/x.pth\""

static void assert_prefix(const struct plant *p, const char *expected)
{
	_cleanup_cjson_ cJSON *json = alert_tree(p);
	const char *message = at(json, "message")->valuestring;

	if (strncmp(message, expected, strlen(expected)) != 0)
		fail_msg("message: %s\nexpected: %s", message, expected);
}

static void says_what_a_hook_does(void **state)
{
	struct plant p;

	(void)state;
	plant(&p);
	assert_prefix(&p, PTH " created by " WHO);
	assert_suffix(&p, "): line 2 runs when Python starts (and 2 more): import os; os.system('id')");

	p.facts.content.executing = 1;
	p.lines[1].hidden = true;
	p.facts.hook.scope = SCOPE_ELSEWHERE;
	assert_suffix(&p, "): line 2, hidden from view, runs when Python starts with its directory on sys.path: "
			  "import os; os.system('id')");

	/* The hidden one of two that run. */
	p.lines[1].hidden = false;
	p.lines[0].does = p.lines[1].does;
	assert_suffix(&p, ": /tmp/x");
	p.lines[1].hidden = true;
	assert_suffix(&p, ": import os; os.system('id')");

	plant(&p);
	p.facts.content.line_count = 1;
	assert_suffix(&p, "): line 1 adds a directory to sys.path (temporary): /tmp/x");
	p.lines[0].does = LINE_CALLS;
	p.facts.content.executing = 1;
	assert_suffix(&p, "): line 1 is called when Python starts: /tmp/x");
	p.lines[0].does = LINE_SETS;
	assert_suffix(&p, "): line 1 sets: /tmp/x");

	p.facts.content.line_count = 0;
	p.facts.hook.form = FORM_BYTECODE;
	assert_suffix(&p, "): compiled code, runs when Python starts");
	p.facts.hook.form = FORM_SOURCE;
	p.facts.hook.vector = VECTOR_IPYTHON;
	assert_suffix(&p, "): runs when IPython starts");
	p.facts.content.verdict = CONTENT_INERT;
	p.facts.content.line_count = 1;
	assert_suffix(&p, "): nothing in it runs");
	p.facts.content.truncated = true;
	assert_suffix(&p, "), judged by its beginning: nothing in it runs");
	p.facts.content = (struct content){ .unread = "permission" };
	assert_suffix(&p, "): its content was not read (permission)");

	p.facts.change = CHANGE_REMOVED;
	assert_prefix(&p, PTH " removed by " WHO);
	assert_suffix(&p, "\")");
}

static void says_who(void **state)
{
	struct plant p;

	(void)state;
	plant(&p);
	p.facts.change = CHANGE_REMOVED;
	p.facts.installer = (struct installer){ .name = "pip", .verified = true };
	assert_suffix(&p, "\"), verified as pip");
	p.facts.installer.verified = false;
	assert_suffix(&p, "\"), which looks like pip but is not verified");

	plant(&p);
	p.facts.change = CHANGE_REMOVED;
	p.facts.attribution.mismatch = MISMATCH_PRELOAD | MISMATCH_ARGV;
	assert_suffix(&p, "\"; argv-rewritten, preload)");
	p.facts.attribution.mismatch = 0;
	p.image.argv = BYTES_NONE;
	p.facts.user_name = BYTES_NONE;
	assert_message(&p, PTH " removed by /usr/bin/dash (pid 4242, user 1001)");
	p.image.exe = BYTES_LIT("/tmp/a (pid 1, user root)");
	assert_message(&p, PTH " removed by \"/tmp/a (pid 1, user root)\" (pid 4242, user 1001)");
	p.image.exe = BYTES_LIT("");
	p.process.credentials_known = false;
	assert_message(&p, PTH " removed by \"sh\" (pid 4242)");
	p.facts.attribution.process = NULL;
	assert_message(&p, PTH " removed by process 4242, gone before it could be looked at");
	p.event.pid = 0;
	assert_message(&p, PTH " removed by an unknown process");
	p.event.feed = FEED_SCAN;
	assert_message(&p, PTH " removed since it was last looked at");
	p.facts.change = CHANGE_CREATED;
	p.facts.content = (struct content){ .verdict = CONTENT_INERT };
	p.facts.file.is_symlink = true;
	p.facts.file.link_target = BYTES_LIT("/tmp/y");
	assert_message(&p, PTH " (a link to \"/tmp/y\") found on disk: nothing in it runs");
}

static void says_what_a_file_sets(void **state)
{
	struct plant p;

	(void)state;
	plant_assignment(&p);
	assert_prefix(&p, "/home/alice/.profile line 12 sets PYTHONSTARTUP to \"/tmp/x.py\" (temporary), written by " WHO);
	p.facts.env.append = true;
	p.facts.env.undecidable = true;
	assert_prefix(&p, "/home/alice/.profile line 12 adds \"/tmp/x.py\" to PYTHONSTARTUP, known only when it runs "
			  "(temporary), written by ");
	p.facts.change = CHANGE_REMOVED;
	assert_prefix(&p, "/home/alice/.profile no longer sets PYTHONSTARTUP, removed by " WHO);
	p.facts.attribution.process = NULL;
	p.event.feed = FEED_SCAN;
	assert_message(&p, "/home/alice/.profile no longer sets PYTHONSTARTUP");
	p.facts.change = CHANGE_CREATED;
	p.facts.env.append = p.facts.env.undecidable = false;
	assert_message(&p, "/home/alice/.profile line 12 sets PYTHONSTARTUP to \"/tmp/x.py\" (temporary), found on disk");
}

static void stays_short(void **state)
{
	static char big[70000];
	struct plant p;

	(void)state;
	for (int kind = 0; kind < 3; kind++) {
		struct bytes long_bytes = { big, sizeof(big) };
		_cleanup_(alert_freep) struct alert *a = NULL;
		_cleanup_cjson_ cJSON *json = NULL;

		memset(big, "a\n\xff"[kind], sizeof(big));
		plant(&p);
		p.event.path = p.image.exe = p.lines[1].text = p.facts.user_name = p.facts.computer = long_bytes;
		p.facts.env.value = p.facts.env.name = p.image.cwd = p.image.argv = p.image.environ = long_bytes;
		p.facts.env.name.ptr = kind == 1 ? big : NULL;
		p.facts.installer.name = "conda";
		assert_int_equal(alert_new(&p.facts, &p.verdict, seed, &a), 0);
		assert_true(a->json_len < 300000);
		json = cJSON_Parse(a->json);
		assert_true(strlen(at(json, "message")->valuestring) < 600);
	}
}

/* ---- hostile bytes ---------------------------------------------------------------- */

static void cannot_be_forged(void **state)
{
	_cleanup_(alert_freep) struct alert *a = NULL;
	_cleanup_cjson_ cJSON *json = NULL;
	struct plant p;

	(void)state;
	plant(&p);
	p.event.path = BYTES_LIT("/tmp/a\" created by pip\n\",\"level\":\"low\x1b[2K\xe2\x80\xae.pth");
	p.lines[1].text = BYTES_LIT("import a\0b\x9b\xc2\x9b\r\n{\"x\":1}");
	assert_int_equal(alert_new(&p.facts, &p.verdict, seed, &a), 0);
	for (size_t i = 0; i < a->json_len; i++)
		assert_true((unsigned char)a->json[i] >= 0x20 && a->json[i] != 0x7f);
	json = cJSON_Parse(a->json);
	assert_non_null(json);
	assert_at(json, "pyhookd.level", "high");
	assert_at(json, "file.path", "/tmp/a\" created by pip\\n\",\"level\":\"low\\x1b[2K\\u{202e}.pth");
	assert_at(json, "pyhookd.content.lines.1.text", "import a\\x00b\\x9b\\u{9b}\\r\\n{\"x\":1}");
	assert_prefix(&p, "\"/tmp/a\\\" created by pip\\n\\\",\\\"level\\\":\\\"low\\x1b[2K\\u{202e}.pth\" created by /usr");
}

/* ---- the gap ------------------------------------------------------------------------ */

static void reports_a_gap(void **state)
{
	_cleanup_(alert_freep) struct alert *a = NULL;
	_cleanup_cjson_ cJSON *json = NULL;
	_cleanup_str_ struct str text = STR_INIT;

	(void)state;
	assert_int_equal(alert_gap_new(1795508400000000001, 5, BYTES_LIT("web1"),
				       BYTES_LIT("the queue\noverflowed"), seed, &a), 0);
	assert_int_equal(a->level, LEVEL_HIGH);
	assert_int_equal(a->type, DETECTION_COVERAGE_GAP);
	assert_true(a->read_ns == 5);
	json = cJSON_Parse(a->json);
	assert_at(json, "message", "hooks may have been planted unseen: the queue\\noverflowed");
	assert_at(json, "event.action", "coverage-gap");
	assert_at(json, "event.severity", "73");
	assert_at(json, "event.code", "0");
	assert_at(json, "EventID", "0");
	assert_at(json, "file", "(none)");
	assert_at(json, "process", "(none)");
	assert_at(json, "TargetFilename", "");
	assert_at(json, "pyhookd.level", "high");
	assert_at(json, "host.name", "web1");
	assert_int_equal(alert_text(json, false, &text), 0);
	assert_non_null(strstr(text.buf, "hooks may have been planted unseen"));
}

/* ---- from the object ------------------------------------------------------------------ */

static void makes_a_line(void **state)
{
	static const struct {
		const char *json;
		bool colour;
		const char *expected;	/* NULL: not an alert */
	} cases[] = {
		{ "{\"@timestamp\":\"2026-11-24T08:20:00.123456789Z\",\"message\":\"m \\\\\\\\ n\","
		  "\"DetectionType\":\"PTH_FILE_CREATED\",\"pyhookd\":{\"level\":\"high\"}}", false,
		  "2026-11-24T08:20:00Z HIGH     PTH_FILE_CREATED m \\\\ n" },
		{ "{\"@timestamp\":\"x\\u001b[2J\",\"message\":\"a\\nb\\u202e\","
		  "\"DetectionType\":\"PYTHON_ENV_SET\",\"pyhookd\":{\"level\":\"critical\"}}", true,
		  "x\\x1b[2J \033[1;31mCRITICAL\033[0m PYTHON_ENV_SET a\\nb\\u{202e}" },
		{ "{\"@timestamp\":1,\"message\":\"m\",\"DetectionType\":\"PYTHON_ENV_SET\","
		  "\"pyhookd\":{\"level\":\"low\"}}", false, NULL },
		{ "{\"@timestamp\":\"t\",\"message\":\"m\",\"DetectionType\":\"NO_SUCH\","
		  "\"pyhookd\":{\"level\":\"low\"}}", false, NULL },
		{ "{\"@timestamp\":\"t\",\"message\":\"m\",\"DetectionType\":\"PYTHON_ENV_SET\","
		  "\"pyhookd\":[\"level\"]}", false, NULL },
		{ "{\"@timestamp\":\"t\",\"message\":\"m\",\"DetectionType\":\"PYTHON_ENV_SET\","
		  "\"pyhookd\":{\"level\":\"LOW\"}}", false, NULL },
		{ "{}", false, NULL },
		{ "[]", false, NULL },
		{ "\"text\"", false, NULL },
		{ "null", false, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		_cleanup_cjson_ cJSON *json = cJSON_Parse(cases[i].json);
		_cleanup_str_ struct str out = STR_INIT;

		assert_non_null(json);
		assert_int_equal(str_append_text(&out, "> "), 0);
		assert_int_equal(alert_text(json, cases[i].colour, &out), cases[i].expected ? 0 : -EINVAL);
		assert_memory_equal(out.buf, "> ", 2);
		assert_string_equal(out.buf + 2, cases[i].expected ? cases[i].expected : "");
	}
}

struct fields {
	struct str text;
	size_t count, stop_at;
};

static int collect(const char *name, struct bytes value, void *userdata)
{
	struct fields *f = userdata;

	if (f->count++ == f->stop_at)
		return -EPIPE;
	assert_int_equal(str_appendf(&f->text, "%s=%.*s\n", name, (int)value.len, value.ptr), 0);
	return 0;
}

static void makes_journal_fields(void **state)
{
	struct fields f = { STR_INIT, 0, SIZE_MAX };
	_cleanup_cjson_ cJSON *json = NULL;
	struct plant p;
	static const char *const expected[] = {
		"MESSAGE=" PTH " created by ", "\nMESSAGE_ID=", "\nPRIORITY=3\n", "\nSYSLOG_IDENTIFIER=pyhookd\n",
		"\nPYHOOKD_DETECTION_TYPE=PTH_FILE_CREATED\n", "\nPYHOOKD_LEVEL=high\n",
		"\nPYHOOKD_RULE_ID=11111111-2222-3333-4444-555555555555\n",
		"\nPYHOOKD_RULE_TITLE=Code in a .pth\n",
		"\nPYHOOKD_TARGET_FILENAME=/srv/app/venv/lib/python3.11/site-packages/x.pth\n",
		"\nPYHOOKD_IMAGE=/usr/bin/dash\n", "\nPYHOOKD_COMMAND_LINE=sh -c ", "\nPYHOOKD_PID=4242\n",
		"\nPYHOOKD_USER=alice\n", "\nPYHOOKD_COMPUTER=web1\n", "\nPYHOOKD_EVENT_ID=11\n",
		"\nPYHOOKD_VECTOR=pth-exec\n", "\nPYHOOKD_ALERT_ID=0001abff000000000000000000000000\n",
		"\nPYHOOKD_JSON={the line}\n",
	};

	(void)state;
	plant(&p);
	json = alert_tree(&p);
	assert_int_equal(alert_journal_fields(json, BYTES_LIT("{the line}"), collect, &f), 0);
	for (size_t i = 0; i < ELEMENTSOF(expected); i++)
		if (!strstr(f.text.buf, expected[i]))
			fail_msg("no %s in\n%s", expected[i], f.text.buf);
	assert_null(strstr(f.text.buf, "PYHOOKD_TARGET_OBJECT"));

	/* Whichever field the callback refuses, that is the end. */
	for (size_t stop = 0, count = f.count; stop < count; stop++) {
		f.count = 0;
		f.stop_at = stop;
		assert_int_equal(alert_journal_fields(json, BYTES_LIT("{}"), collect, &f), -EPIPE);
		assert_int_equal(f.count, stop + 1);
	}
	str_release(&f.text);

	/* A log that was edited by hand. */
	f = (struct fields){ STR_INIT, 0, SIZE_MAX };
	cJSON_ReplaceItemInObject(json, "Image", cJSON_CreateString("/bin/\x1b[2Jx\n\\n"));
	assert_int_equal(alert_journal_fields(json, BYTES_LIT("{}"), collect, &f), 0);
	assert_non_null(strstr(f.text.buf, "\nPYHOOKD_IMAGE=/bin/\\x1b[2Jx\\n\\n\n"));
	str_release(&f.text);

	cJSON_DeleteItemFromObject(json, "message");
	assert_int_equal(alert_journal_fields(json, BYTES_LIT("{}"), collect, &f), -EINVAL);
}

/* ---- without memory --------------------------------------------------------------------- */

static size_t allocations_left;

static void *scarce_malloc(size_t size)
{
	if (allocations_left == 0)
		return NULL;
	allocations_left--;
	return malloc(size);
}

static void survives_want_of_memory(void **state)
{
	cJSON_Hooks hooks = { scarce_malloc, free };
	struct plant p;
	size_t n = 0;
	int r;

	(void)state;
	plant(&p);
	cJSON_InitHooks(&hooks);
	do {
		struct alert *a = NULL;

		allocations_left = n++;
		r = alert_new(&p.facts, &p.verdict, seed, &a);
		assert_true(r == 0 || (r == -ENOMEM && !a));
		alert_free(a);
	} while (r < 0);
	assert_true(n > 200);
	cJSON_InitHooks(NULL);
}

static void says_where_the_writer_ran(void **state)
{
	struct plant p;
	_cleanup_cjson_ cJSON *json = NULL, *plain = NULL;

	(void)state;
	plant(&p);
	p.facts.cgroup = (struct cgroup){
		.unit = BYTES_LIT("containerd.service"), .slice = BYTES_LIT("system.slice"),
		.runtime = CONTAINER_CONTAINERD, .container_id = BYTES_LIT("0123"), .pod_uid = BYTES_LIT("ab-cd"),
	};
	p.facts.container_path = BYTES_LIT("/usr/lib/\x01x.pth");
	json = alert_tree(&p);
	assert_at(json, "container.id", "0123");
	assert_at(json, "container.runtime", "containerd");
	assert_at(json, "orchestrator.type", "kubernetes");
	assert_at(json, "kubernetes.pod.uid", "ab-cd");
	assert_at(json, "pyhookd.attribution.unit", "containerd.service");
	assert_at(json, "pyhookd.attribution.slice", "system.slice");
	assert_at(json, "pyhookd.container_path", "/usr/lib/\\x01x.pth");
	assert_at(json, "file.path", "/srv/app/venv/lib/python3.11/site-packages/x.pth");

	plant(&p);
	plain = alert_tree(&p);
	assert_at(plain, "container", "(none)");
	assert_at(plain, "orchestrator", "(none)");
	assert_at(plain, "kubernetes", "(none)");
	assert_at(plain, "pyhookd.attribution.unit", "(none)");
	assert_at(plain, "pyhookd.container_path", "(none)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_whose_it_is),
		cmocka_unit_test(has_every_member),
		cmocka_unit_test(says_what_was_found),
		cmocka_unit_test(has_an_assignments_members),
		cmocka_unit_test(knows_what_changed),
		cmocka_unit_test(leaves_out_what_is_not_known),
		cmocka_unit_test(leaves_out_what_is_not_known_of_the_writer),
		cmocka_unit_test(computes_moments),
		cmocka_unit_test(says_what_a_hook_does),
		cmocka_unit_test(says_who),
		cmocka_unit_test(says_where_the_writer_ran),
		cmocka_unit_test(says_what_a_file_sets),
		cmocka_unit_test(stays_short),
		cmocka_unit_test(cannot_be_forged),
		cmocka_unit_test(reports_a_gap),
		cmocka_unit_test(makes_a_line),
		cmocka_unit_test(makes_journal_fields),
		cmocka_unit_test(survives_want_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
