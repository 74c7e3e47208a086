/* Stands for python3, and for whatever else a file would start, in tests/diff/test_env.py: adds what a
 * Python there would find in its environment to descriptor 9, as "NAME=VALUE\0".  `probe @MARK` writes
 * "@MARK\0" instead.  tcsh closes its descriptors: then to the file that is named after the session.
 * Small and static, since it runs ten thousand times. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char *argv[])
{
	static char out[1 << 20];
	size_t len = 0;

	if (argc == 2 && argv[1][0] == '@') {
		len = strlen(argv[1]) + 1;
		memcpy(out, argv[1], len);
	}
	for (char **e = environ; argc != 2 && *e; e++) {
		size_t n = strlen(*e) + 1;

		if ((strncmp(*e, "PYTHON", 6) == 0 || strncmp(*e, "__PYVENV", 8) == 0) && len + n < sizeof(out)) {
			memcpy(out + len, *e, n);
			len += n;
		}
	}
	if (write(9, out, len) < 0) {
		char path[64];

		snprintf(path, sizeof(path), "/tmp/sessions/%d", (int)getsid(0));
		return write(open(path, O_WRONLY | O_CREAT | O_APPEND, 0666), out, len) < 0;
	}
	return 0;
}
