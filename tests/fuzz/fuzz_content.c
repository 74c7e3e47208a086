/* The first byte chooses the kind of hook, the second the form, the third the grammar of variables and a variable; the
 * rest is its content, which is also what every other file holds that the hook asks for. */
#include <assert.h>
#include <errno.h>

#include "content.h"
#include "limits.h"
#include "place.h"

static struct judgement *judgement;

struct disk {
	struct bytes bytes;
	size_t asked, given;
};

static int read_same(void *userdata, struct bytes path, size_t max, struct work *work, struct str *ret,
		     struct stat *ret_st)
{
	struct disk *d = userdata;
	size_t len = d->bytes.len < max ? d->bytes.len : max;

	(void)work;
	assert(path.len > 0 && path.ptr[0] == '/');
	d->asked++;
	str_clear(ret);
	/* Some are there. */
	if (d->asked % 3 == 0)
		return -ENOENT;
	d->given += len;
	*ret_st = (struct stat){ .st_size = (off_t)len };
	return str_append(ret, d->bytes.ptr, len);
}

static void check(const struct content *c)
{
	uint64_t listed = 0;

	assert(c->verdict >= CONTENT_INERT && c->verdict <= CONTENT_MALICIOUS && !c->unread);
	assert(c->line_count <= ALERT_LINES_MAX && c->finding_count <= CONTENT_FINDINGS_MAX);
	for (size_t i = 0; i < c->line_count; i++) {
		assert(c->lines[i].text.ptr && c->lines[i].text.len <= ALERT_LINE_BYTES_MAX);
		assert(c->lines[i].verdict >= CONTENT_INERT);
		assert(c->hidden || !c->lines[i].hidden);
		assert(!(c->lines[i].places & ~c->places));
	}
	for (size_t i = 0; i < c->finding_count; i++) {
		assert(c->findings[i].detail.len <= FINDING_DETAIL_MAX);
		listed |= INDICATOR_BIT(c->findings[i].indicator);
	}
	assert(listed == c->indicators);
	assert(c->decoded.len <= CONTENT_DECODED_MAX);
	assert(c->indicators || c->score == 0);
	/* What runs is never called inert. */
	if (c->executing + c->paths > 0)
		assert(c->verdict != CONTENT_INERT);
}

static void judge(struct hook hook, const char *path, struct bytes bytes)
{
	_cleanup_region_ struct region region = REGION_INIT;
	struct hook before = hook;
	struct disk disk = { .bytes = bytes };
	struct content_request request = { .path = bytes_of(path), .bytes = bytes, .size = bytes.len, .rootfd = -EBADF,
					   .judgement = judgement, .read = read_same, .userdata = &disk };
	struct content c;

	assert(content_judge(&request, &hook, &region, &c) == 0);
	assert(hook.vector == before.vector || before.vector == VECTOR_PTH);
	assert(hook.vector != VECTOR_PTH);
	assert(c.size == bytes.len && c.sha256[63] && !c.sha256[64]);
	check(&c);
	if (hook.vector == VECTOR_PTH_PATH && before.vector == VECTOR_PTH)
		assert(c.executing == 0);
	assert(disk.asked <= CONTENT_READS_MAX && disk.given <= CONTENT_READ_BYTES_MAX);
	assert(region.used < 4 * 1024 * 1024);
}

static void judge_assignment(uint8_t choice, struct bytes bytes)
{
	static const char *const names[] = {
		"PYTHONPATH", "PYTHONSTARTUP", "PYTHONWARNINGS", "PYTHONHUNTER", "PYTHONBREAKPOINT", "PYTHONHOME",
	};
	_cleanup_region_ struct region region = REGION_INIT;
	struct env_assignment a = { .value = bytes, .resolved = bytes, .line = 1 };
	struct content c;

	a.name = bytes_of(names[choice % ELEMENTSOF(names)]);
	assert(content_judge_assignment(&(struct content_request){ .path = BYTES_LIT("/etc/environment"), .rootfd = -EBADF,
								   .judgement = judgement },
					&a, &region, &c) == 0);
	check(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = {
		[VECTOR_NONE] = "/v/x.py",
		[VECTOR_PTH] = "/v/lib/python3.11/site-packages/x.pth",
		[VECTOR_START] = "/v/lib/python3.11/site-packages/x.start",
		[VECTOR_SITECUSTOMIZE] = "/usr/lib/python3/dist-packages/sitecustomize.py",
		[VECTOR_PYC] = "/usr/lib/python3.11/__pycache__/os.cpython-311.pyc",
		[VECTOR_PYVENV_CFG] = "/usr/pyvenv.cfg",
		[VECTOR_INTERPRETER_CONFIG] = "/usr/bin/python3._pth",
		[VECTOR_ENV] = "/home/a/.bashrc",
		[VECTOR_JUPYTER] = "/usr/share/jupyter/kernels/p/kernel.json",
	};
	struct hook hook = { 0 };
	const char *path;
	struct bytes bytes;

	if (!judgement && judgement_load(NULL, &PROBLEMS_INIT, &judgement) < 0)
		abort();
	if (size < 3)
		return 0;
	hook.vector = (enum vector)(data[0] % (VECTOR_JUPYTER + 1));
	hook.form = (enum hook_form)(data[1] % (FORM_JSON + 1));
	hook.scope = (enum hook_scope)(data[1] / (FORM_JSON + 1) % (SCOPE_ELSEWHERE + 1));
	hook.syntax = hook.vector == VECTOR_ENV ? (enum env_syntax)(data[2] % (ENV_DOTENV + 1)) : ENV_NONE;
	path = paths[hook.vector] ? paths[hook.vector] : "/v/lib/python3.11/site-packages/x.pth";
	bytes = (struct bytes){ (const char *)data + 3, size - 3 };

	judge(hook, path, bytes);
	judge_assignment(data[2], bytes);
	return 0;
}
