/* indicator.c - the words for indicators. */
#include "indicator.h"

#include <errno.h>

#include "cleanup.h"

static const char *const names[INDICATOR_COUNT] = {
	[INDICATOR_DECODE_EXECUTE] = "decode-execute",
	[INDICATOR_EXECUTE_NETWORK] = "execute-network",
	[INDICATOR_EXECUTE_FILE] = "execute-file",
	[INDICATOR_EXECUTE_COMPUTED] = "execute-computed",
	[INDICATOR_PROCESS] = "process",
	[INDICATOR_BACKGROUND] = "background",
	[INDICATOR_NETWORK] = "network",
	[INDICATOR_ADDRESS] = "address",
	[INDICATOR_NATIVE] = "native",
	[INDICATOR_FILE_WRITE] = "file-write",
	[INDICATOR_CREDENTIALS] = "credentials",
	[INDICATOR_HARVEST] = "harvest",
	[INDICATOR_PERSISTENCE] = "persistence",
	[INDICATOR_INTERFERENCE] = "interference",
	[INDICATOR_ANTI_ANALYSIS] = "anti-analysis",
	[INDICATOR_OBFUSCATION] = "obfuscation",
	[INDICATOR_ENCODED_BLOB] = "encoded-blob",
	[INDICATOR_LONG_LINE] = "long-line",
	[INDICATOR_HIDDEN_TEXT] = "hidden-text",
	[INDICATOR_HIDDEN_NAME] = "hidden-name",
	[INDICATOR_KNOWN_NAME] = "known-name",
	[INDICATOR_PATH_INSERT] = "path-insert",
	[INDICATOR_UNSAFE_PATH] = "unsafe-path",
	[INDICATOR_IMPORT_HOOK] = "import-hook",
	[INDICATOR_MISSING_TARGET] = "missing-target",
	[INDICATOR_UNCHECKED_BYTECODE] = "unchecked-bytecode",
	[INDICATOR_BYTECODE_DIFFERS] = "bytecode-differs",
	[INDICATOR_BYTECODE_ALONE] = "bytecode-alone",
	[INDICATOR_HIJACK_VARIABLE] = "hijack-variable",
	[INDICATOR_STARTUP_VARIABLE] = "startup-variable",
	[INDICATOR_PATH_VARIABLE] = "path-variable",
	[INDICATOR_INTERPRETER_CONFIG] = "interpreter-config",
	[INDICATOR_FOREIGN_COMMAND] = "foreign-command",
	[INDICATOR_SUPPRESSES] = "suppresses",
	[INDICATOR_SHADOWS] = "shadows",
	[INDICATOR_BREAKS_START] = "breaks-start",
	[INDICATOR_NOT_UNDERSTOOD] = "not-understood",
};

const char *indicator_to_string(enum indicator i)
{
	return (unsigned)i < INDICATOR_COUNT ? names[i] : "not-understood";
}

int indicator_from_string(struct bytes name, enum indicator *ret)
{
	for (unsigned i = 0; i < INDICATOR_COUNT; i++)
		if (bytes_equal(name, bytes_of(names[i]))) {
			*ret = (enum indicator)i;
			return 0;
		}
	return -EINVAL;
}
