/* executable.c - the head says whether it is a program (elf(5)), a search of the whole file
 * which one.  The text is looked for anywhere, not in .rodata only: the table of sections can be missing
 * or false, and whoever writes into the file can write there as well. */
#include "executable.h"

#include <elf.h>
#include <errno.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "filedata.h"
#include "limits.h"

/* e_type stands at the same place in both classes, in the byte order of the file. */
static bool is_elf(const unsigned char *head, size_t len)
{
	unsigned type;

	if (len < EI_NIDENT + 2 || memcmp(head, ELFMAG, SELFMAG) != 0 || head[EI_VERSION] != EV_CURRENT ||
	    (head[EI_CLASS] != ELFCLASS32 && head[EI_CLASS] != ELFCLASS64))
		return false;
	if (head[EI_DATA] == ELFDATA2MSB)
		type = (unsigned)head[EI_NIDENT] << 8 | head[EI_NIDENT + 1];
	else
		type = (unsigned)head[EI_NIDENT + 1] << 8 | head[EI_NIDENT];
	return type == ET_EXEC || type == ET_DYN;
}

static int check_head(int fd)
{
	unsigned char head[EI_NIDENT + 2];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size > EXECUTABLE_BYTES_MAX)
		return -ENOEXEC;
	n = filedata_read_at(fd, (char *)head, sizeof(head), 0);
	if (n < 0)
		return (int)n;
	return is_elf(head, (size_t)n) ? 0 : -ENOEXEC;
}

int executable_has_marker(int fd, const char *const *markers, bool *ret)
{
	struct bytes needles[EXECUTABLE_MARKERS_MAX];
	size_t count = 0;
	int r;

	for (; markers[count]; count++) {
		if (count == ELEMENTSOF(needles))
			return -EINVAL;
		needles[count] = bytes_of(markers[count]);
	}
	r = check_head(fd);
	if (r < 0)
		return r;
	return filedata_holds(fd, needles, count, EXECUTABLE_BYTES_MAX, ret);
}
