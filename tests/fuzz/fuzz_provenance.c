/* The databases of a small root are what the input says: its first byte chooses whose.  Whatever they
 * say, the answer is about the file that was asked for, and matches only where its digest stands in them. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "provenance.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const dirs[] = {
	"s", "s/a-1.dist-info", "s/a-1.egg-info", "conda-meta", "var", "var/lib", "var/lib/dpkg", "var/lib/dpkg/info",
	"var/lib/pacman", "var/lib/pacman/local", "var/lib/pacman/local/a-1", "lib", "lib/apk", "lib/apk/db",
	"var/lib/rpm",
};

static const struct {
	const char *file;
	enum provenance_kind kind;
	const char *digest;	/* of "hello\n", as this database writes it; NULL: it has none */
} databases[] = {
	{ "s/a-1.dist-info/RECORD", PROVENANCE_RECORD, "WJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vgM" },
	{ "s/a-1.egg-info/installed-files.txt", PROVENANCE_EGG, NULL },
	{ "conda-meta/a-1-0.json", PROVENANCE_CONDA, "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03" },
	{ "var/lib/dpkg/info/a.list", PROVENANCE_DPKG, NULL },
	{ "var/lib/dpkg/info/a.md5sums", PROVENANCE_DPKG, "b1946ac92492d2347c6235b4d2611184" },
	{ "var/lib/dpkg/status", PROVENANCE_DPKG, "b1946ac92492d2347c6235b4d2611184" },
	{ "var/lib/pacman/local/a-1/files", PROVENANCE_PACMAN, NULL },
	{ "var/lib/pacman/local/a-1/desc", PROVENANCE_PACMAN, NULL },
	/* packed, so that nothing can be said about how long it has to be */
	{ "var/lib/pacman/local/a-1/mtree", PROVENANCE_PACMAN, "" },
	{ "lib/apk/db/installed", PROVENANCE_APK, "9XLTlvrpIGYocU+yzgD3LpTyJY8=" },
	/* in pages, in which the header may have any place */
	{ "var/lib/rpm/rpmdb.sqlite", PROVENANCE_RPM, "" },
};

static void put(int root, const char *name, const void *data, size_t size)
{
	_cleanup_close_ int fd = openat(root, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
}

/* Made once, in memory where there is such a place; removed when the fuzzer's process ends. */
static char in_memory[] = "/dev/shm/pyhookd-fuzz.XXXXXX", on_disk[] = "/tmp/pyhookd-fuzz.XXXXXX";
static const char *top;
static int root = -1;

static void remove_root(void)
{
	for (size_t i = 0; i < ELEMENTSOF(databases); i++)
		(void)unlinkat(root, databases[i].file, 0);
	(void)unlinkat(root, "s/a.pth", 0);
	for (size_t i = ELEMENTSOF(dirs); i > 0; i--)
		(void)unlinkat(root, dirs[i - 1], AT_REMOVEDIR);
	(void)rmdir(top);
}

static void make_root(void)
{
	top = mkdtemp(in_memory);
	if (!top)
		top = mkdtemp(on_disk);
	assert(top);
	root = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < ELEMENTSOF(dirs); i++)
		assert(mkdirat(root, dirs[i], 0755) == 0);
	put(root, "s/a.pth", "hello\n", 6);
	(void)atexit(remove_root);
}

/* The other files of dpkg's, without which the input would not be asked. */
static void put_all(size_t chosen, struct bytes input)
{
	static const char list[] = "/s/a.pth\n", status[] = "Package: a\nVersion: 1\n";
	static const char files[] = "%FILES%\ns/a.pth\n", desc[] = "%NAME%\na\n\n%VERSION%\n1\n";
	static enum provenance_kind before = PROVENANCE_NONE;

	for (size_t i = 0; i < ELEMENTSOF(databases); i++)
		if (databases[i].kind == before)
			(void)unlinkat(root, databases[i].file, 0);
	before = databases[chosen].kind;
	if (databases[chosen].kind == PROVENANCE_DPKG) {
		put(root, "var/lib/dpkg/info/a.list", list, sizeof(list) - 1);
		put(root, "var/lib/dpkg/status", status, sizeof(status) - 1);
	}
	if (databases[chosen].kind == PROVENANCE_PACMAN) {
		put(root, "var/lib/pacman/local/a-1/files", files, sizeof(files) - 1);
		put(root, "var/lib/pacman/local/a-1/desc", desc, sizeof(desc) - 1);
	}
	put(root, databases[chosen].file, input.ptr, input.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_region_ struct region region = REGION_INIT;
	_cleanup_close_ int fd = -EBADF;
	struct provenance p = { 0 };
	struct bytes input;
	size_t chosen;

	if (size == 0)
		return 0;
	if (root < 0)
		make_root();
	chosen = (data[0] - '0') % ELEMENTSOF(databases);
	input = (struct bytes){ (const char *)data + 1, size - 1 };
	put_all(chosen, input);
	fd = openat(root, "s/a.pth", O_RDONLY | O_CLOEXEC);
	assert(fd >= 0);
	assert(provenance_find(NULL, root, BYTES_LIT("/s/a.pth"), fd, NULL, &region, &p) == 0);
	assert(p.kind == PROVENANCE_NONE || p.kind == databases[chosen].kind);
	assert((p.kind != PROVENANCE_NONE) == (p.database.ptr != NULL));
	/* Another algorithm of RECORD's may stand there, or the same digest in capitals. */
	if (p.match)
		assert(databases[chosen].digest && input.len >= bytes_of(databases[chosen].digest).len / 2);
	return 0;
}
