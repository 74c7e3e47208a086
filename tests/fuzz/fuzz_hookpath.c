/* The three questions about a path agree, and the answer is a view into it. */
#include <assert.h>

#include "hookpath.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes path = { (const char *)data, size };
	struct bytes name = bytes_basename(path), dir = bytes_dirname(path);
	struct hook h;

	(void)hookpath_scan_enters(path);
	/* Of a directory that is created the watch thread sees its name and its parent. */
	if (hookpath_dir_takes_any_name(path))
		assert(hookpath_dirname_is_candidate(name) || hookpath_dir_takes_any_name(dir));
	(void)hookpath_name_is_candidate(path);
	/* Of a link likewise, but for the directories of an old PyPy. */
	if (hookpath_leads_to_hooks(path))
		assert(hookpath_linkname_is_candidate(name) || hookpath_dir_takes_any_name(dir) ||
		       bytes_has_suffix(dir, BYTES_LIT("lib-python")));
	assert(!hookpath_alias_differs(path, path));

	if (!hookpath_classify(path, &h)) {
		assert(h.vector == VECTOR_NONE && h.scope == SCOPE_NONE && h.form == FORM_NONE);
		assert(h.syntax == ENV_NONE && !h.temporary && h.site_dir.len == 0);
		return 0;
	}
	assert(h.vector != VECTOR_NONE && h.scope != SCOPE_NONE && h.form != FORM_NONE);
	assert((h.vector == VECTOR_ENV) == (h.syntax != ENV_NONE));
	assert(hookpath_name_is_candidate(name) || hookpath_dir_takes_any_name(dir));
	if (h.site_dir.len > 0) {
		assert(h.site_dir.ptr == path.ptr && h.site_dir.len < path.len);
		assert(bytes_has_prefix(dir, h.site_dir) || h.site_dir.len == 1);
	}
	return 0;
}
