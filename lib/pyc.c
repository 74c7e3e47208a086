/* pyc.c - the header of a compiled module.
 *
 * Three layouts, told apart by the magic number (Lib/importlib/
 * _bootstrap_external.py and Include/internal/pycore_magic_number.h):
 *
 *	Python 2, 3.0 to 3.2	magic "\r\n"  mtime
 *	3.3 to 3.6		magic "\r\n"  mtime  size
 *	3.7 on (PEP 552)	magic "\r\n"  flags  mtime size | hash
 *
 * CPython's magic numbers are above 50 000 for Python 2 and count up from
 * 3000 for Python 3; PyPy's are below 1000, GraalPy's from 21 000.  An unknown
 * number gets the newest layout: it is more likely to be a later interpreter.
 */
#include "pyc.h"

#include <errno.h>

#include "cleanup.h"

#define MAGIC_PYPY_END 1000
#define MAGIC_PYPY_PEP552 224	/* PyPy 3.7 */
#define MAGIC_PY3_SIZE 3200	/* 3.3a1: the source's size was added */
#define MAGIC_PY3_PEP552 3392	/* 3.7a4 */
#define MAGIC_PY2 50000

#define FLAG_HASH 1u		/* a hash stands in the place of mtime and size */
#define FLAG_CHECK_SOURCE 2u

static uint32_t le32(struct bytes b, size_t at)
{
	const unsigned char *p = (const unsigned char *)b.ptr + at;

	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

int pyc_parse_header(struct bytes content, struct pyc_header *ret)
{
	struct pyc_header h = { .kind = PYC_TIMESTAMP };
	size_t at = 4;
	uint32_t flags;

	if (content.len < 8 || content.ptr[2] != '\r' || content.ptr[3] != '\n')
		return -EINVAL;
	h.magic = (uint16_t)(le32(content, 0) & 0xffff);

	if (h.magic >= MAGIC_PY2 || (h.magic >= 3000 && h.magic < MAGIC_PY3_SIZE)) {
		h.source_mtime = le32(content, 4);
		*ret = h;
		return 0;
	}

	if ((h.magic >= MAGIC_PY3_SIZE && h.magic < MAGIC_PY3_PEP552) ||
	    (h.magic < MAGIC_PYPY_END && h.magic < MAGIC_PYPY_PEP552)) {
		if (content.len < 12)
			return -EINVAL;
	} else {
		if (content.len < 16)
			return -EINVAL;
		flags = le32(content, 4);
		/* _classify_pyc() refuses flags that it does not know. */
		if (flags & ~(FLAG_HASH | FLAG_CHECK_SOURCE))
			return -EINVAL;
		if (flags & FLAG_HASH) {
			h.kind = flags & FLAG_CHECK_SOURCE ? PYC_CHECKED_HASH : PYC_UNCHECKED_HASH;
			*ret = h;
			return 0;
		}
		at = 8;
	}

	h.source_mtime = le32(content, at);
	h.source_size = le32(content, at + 4);
	*ret = h;
	return 0;
}

unsigned pyc_python(uint16_t magic)
{
	/* Include/internal/pycore_magic_number.h; Lib/importlib/_bootstrap_external.py up to 3.13.  Each version
	 * used several while it was made; the first of each is here. */
	static const struct {
		uint16_t first;
		unsigned python;
	} versions[] = {
		{ 0, 0 },
		{ 64, 0x0303 },		/* PyPy3 (pypy/module/imp/importing.py): counted on by 16 for each release */
		{ 224, 0x0307 },	/* PyPy 3.7 */
		{ 256, 0x0308 },	/* 3.8, 3.9, 3.10, 3.11: still with nlocals */
		{ 512, 0 },
		{ 3230, 0x0303 },
		{ 3250, 0x0304 },
		{ 3320, 0x0305 },
		{ 3360, 0x0306 },
		{ 3390, 0x0307 },
		{ 3400, 0x0308 },
		{ 3420, 0x0309 },
		{ 3430, 0x030a },
		{ 3450, 0x030b },
		{ 3500, 0x030c },
		{ 3550, 0x030d },
		{ 3600, 0x030e },
		{ 3650, 0x030f },
		{ 3750, 0 },
		{ 62211, 0x0207 },	/* PyPy 2.7 adds some, too */
		{ 62300, 0 },
	};
	unsigned python = 0;

	for (size_t i = 0; i < ELEMENTSOF(versions) && versions[i].first <= magic; i++)
		python = versions[i].python;
	return python;
}
