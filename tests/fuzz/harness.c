/* harness.c - runs a fuzz target over the files named on the command line, so
 * that every corpus is a regression test without libFuzzer. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		FILE *f = fopen(argv[i], "rb");
		uint8_t *data = NULL;
		size_t size = 0, cap = 0;

		if (!f) {
			perror(argv[i]);
			return 1;
		}
		for (;;) {
			size_t n;

			if (size == cap) {
				cap = cap ? cap * 2 : 65536;
				data = realloc(data, cap);
				if (!data)
					return 1;
			}
			n = fread(data + size, 1, cap - size, f);
			if (n == 0)
				break;
			size += n;
		}
		fclose(f);
		/* An exact copy, so that a sanitizer sees a read behind the end. */
		uint8_t *exact = malloc(size ? size : 1);

		if (!exact)
			return 1;
		for (size_t k = 0; k < size; k++)
			exact[k] = data[k];
		LLVMFuzzerTestOneInput(exact, size);
		free(exact);
		free(data);
	}
	return 0;
}
