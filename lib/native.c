/* native.c - the strings of an ELF file.
 *
 * The names of dynamic symbols stand in a string table, each behind a NUL and with one behind it, whatever the headers
 * of the file say: so they are found without believing the headers, which the dynamic linker reads otherwise than
 * other tools do (it uses the program headers alone).  The same word as a text of the program says as much.
 */
#include "native.h"

#include <errno.h>

#include "cleanup.h"
#include "limits.h"

/* Functions of the C library and of the interpreter's C API. */
static const struct {
	const char *name;
	enum indicator indicator;
} symbols[] = {
	{ "system", INDICATOR_PROCESS },
	{ "popen", INDICATOR_PROCESS },
	{ "execl", INDICATOR_PROCESS },
	{ "execle", INDICATOR_PROCESS },
	{ "execlp", INDICATOR_PROCESS },
	{ "execv", INDICATOR_PROCESS },
	{ "execve", INDICATOR_PROCESS },
	{ "execveat", INDICATOR_PROCESS },
	{ "execvp", INDICATOR_PROCESS },
	{ "execvpe", INDICATOR_PROCESS },
	{ "fexecve", INDICATOR_PROCESS },
	{ "posix_spawn", INDICATOR_PROCESS },
	{ "posix_spawnp", INDICATOR_PROCESS },
	{ "fork", INDICATOR_BACKGROUND },
	{ "vfork", INDICATOR_BACKGROUND },
	{ "clone", INDICATOR_BACKGROUND },
	{ "forkpty", INDICATOR_BACKGROUND },
	{ "daemon", INDICATOR_BACKGROUND },
	{ "setsid", INDICATOR_BACKGROUND },
	{ "socket", INDICATOR_NETWORK },
	{ "connect", INDICATOR_NETWORK },
	{ "getaddrinfo", INDICATOR_NETWORK },
	{ "gethostbyname", INDICATOR_NETWORK },
	{ "sendto", INDICATOR_NETWORK },
	{ "curl_easy_perform", INDICATOR_NETWORK },
	{ "SSL_connect", INDICATOR_NETWORK },
	{ "kill", INDICATOR_INTERFERENCE },
	{ "ptrace", INDICATOR_INTERFERENCE },
	{ "process_vm_writev", INDICATOR_INTERFERENCE },
	{ "memfd_create", INDICATOR_OBFUSCATION },
	{ "PyRun_SimpleString", INDICATOR_EXECUTE_COMPUTED },
	{ "PyRun_SimpleStringFlags", INDICATOR_EXECUTE_COMPUTED },
	{ "PyRun_String", INDICATOR_EXECUTE_COMPUTED },
	{ "PyRun_StringFlags", INDICATOR_EXECUTE_COMPUTED },
	{ "PyRun_SimpleFileExFlags", INDICATOR_EXECUTE_FILE },
	{ "PyRun_FileExFlags", INDICATOR_EXECUTE_FILE },
	{ "PyEval_EvalCode", INDICATOR_EXECUTE_COMPUTED },
	{ "Py_CompileStringExFlags", INDICATOR_EXECUTE_COMPUTED },
	{ "PyMarshal_ReadObjectFromString", INDICATOR_DECODE_EXECUTE },
	{ "UPX!", INDICATOR_OBFUSCATION },
};

struct judge {
	const struct judgement *judgement;
	struct region *region;
	struct native_verdict *verdict;
};

static int say(struct judge *j, enum indicator i, struct bytes detail)
{
	struct native_verdict *v = j->verdict;

	if (v->indicators & INDICATOR_BIT(i))
		return 0;
	if (detail.len > FINDING_DETAIL_MAX)
		detail.len = FINDING_DETAIL_MAX;
	v->findings[v->finding_count] = (struct finding){ .indicator = i, .detail = region_copy(j->region, detail) };
	if (!v->findings[v->finding_count].detail.ptr)
		return -ENOMEM;
	v->finding_count++;
	v->indicators |= INDICATOR_BIT(i);
	return 0;
}

static int take_string(struct judge *j, struct bytes text)
{
	uint64_t found;
	int r = 0;

	for (size_t i = 0; i < ELEMENTSOF(symbols); i++)
		if (bytes_equal(text, bytes_of(symbols[i].name)))
			return say(j, symbols[i].indicator, text);
	found = judgement_text(j->judgement, text);
	for (unsigned i = 0; i < INDICATOR_COUNT && r >= 0; i++)
		if (found & INDICATOR_BIT(i))
			r = say(j, (enum indicator)i, text);
	return r;
}

int native_judge(struct bytes bytes, const struct judgement *judgement, struct region *region, struct native_verdict *ret)
{
	struct native_verdict v = { 0 };
	struct judge j = { .judgement = judgement, .region = region, .verdict = &v };
	size_t start = 0;
	int r;

	if (!bytes_has_prefix(bytes, BYTES_LIT("\x7f" "ELF")))
		return -EINVAL;
	/* One of each at most. */
	v.findings = region_alloc_array(region, INDICATOR_COUNT, sizeof(*v.findings));
	if (!v.findings)
		return -ENOMEM;
	r = say(&j, INDICATOR_NATIVE, BYTES_LIT("an extension module"));
	for (size_t i = 0; i <= bytes.len && r >= 0; i++) {
		if (i < bytes.len && bytes.ptr[i] >= ' ' && bytes.ptr[i] <= '~')
			continue;
		if (i - start >= NATIVE_STRING_MIN)
			r = take_string(&j, bytes_slice(bytes, start, i - start));
		start = i + 1;
	}
	if (r < 0)
		return r;
	*ret = v;
	return 0;
}
