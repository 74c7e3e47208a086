/* _virtualenv.py: the genuine ones, and those with something of one's own in them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "cleanup.h"
#include "filedata.h"
#include "venvpatch.h"

static void lines(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} cases[] = {
		{ "", true },
		{ "import os\nimport sys\n\n    lock = []  # noqa: RUF012\n", true },
		{ "\timport os   \nimport sys", true },
		{ "import os\r\n", false },
		{ "# -*- coding: utf-8 -*-\nimport os\n", true },
		{ "# a remark of a later version\nimport os\n", true },
		{ "sys.meta_path.insert(0, _Finder())\n", true },
		{ "import evil\n", false },
		{ "import os; evil()\n", false },
		{ "import os\nexec('x')\n", false },
		{ "import osx\n", false },
		{ "import os # noqa\n", false },
		{ "import os  # \"\"\"; import evil\n", false },
		{ "\"\"\"\n# \"\"\"; import evil\n", false },
		{ "# ''' + evil\n", false },
		{ "# x\\\n", false },
		{ "# -*- coding: raw_unicode_escape -*-\n", false },
		{ "import os  # coding=utf-7\n", false },
		{ "# x\rimport evil\n", false },
		{ "# x\x0cimport evil\n", false },
		{ "# caf\xc3\xa9\n", false },
		{ "import os  # x  # \"\"\" y\n", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (venvpatch_is(bytes_of(cases[i].text)) != cases[i].good)
			fail_msg("case %zu: %s", i, cases[i].text);
	assert_false(venvpatch_is((struct bytes){ "import os\0\n", 11 }));
}

static void the_distributions_own(void **state)
{
	_cleanup_close_ int fd = open("/usr/lib/python3/dist-packages/virtualenv/create/via_global_ref/_virtualenv.py",
				      O_RDONLY | O_CLOEXEC);
	_cleanup_str_ struct str text = STR_INIT;

	(void)state;
	if (fd < 0)
		skip();
	assert_int_equal(filedata_read_all(fd, 65536, &text), 0);
	assert_true(venvpatch_is(str_bytes(&text)));
	assert_int_equal(str_append_text(&text, "import evil\n"), 0);
	assert_false(venvpatch_is(str_bytes(&text)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(the_distributions_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
