/* indicator.c - the words for indicators. */
#include "indicator.h"

#include <errno.h>

#include "cleanup.h"

static const char *const names[INDICATOR_COUNT] = {
	[INDICATOR_DECODE_EXECUTE] = "decode-execute",
	[INDICATOR_EXECUTE_NETWORK] = "execute-network",
	[INDICATOR_EXECUTE_FILE] = "execute-file",
	[INDICATOR_EXECUTE_INPUT] = "execute-input",
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

static const char *const phrases[INDICATOR_COUNT] = {
	[INDICATOR_DECODE_EXECUTE] = "executes what it decodes",
	[INDICATOR_EXECUTE_NETWORK] = "executes what it reads from the network",
	[INDICATOR_EXECUTE_FILE] = "executes another file",
	[INDICATOR_EXECUTE_INPUT] = "executes what whoever starts it gives it",
	[INDICATOR_EXECUTE_COMPUTED] = "executes text that it computes",
	[INDICATOR_PROCESS] = "starts a process",
	[INDICATOR_BACKGROUND] = "goes on in the background",
	[INDICATOR_NETWORK] = "uses the network",
	[INDICATOR_NATIVE] = "runs native code",
	[INDICATOR_FILE_WRITE] = "changes files elsewhere",
	[INDICATOR_CREDENTIALS] = "names where secrets are kept",
	[INDICATOR_HARVEST] = "collects what is on the host",
	[INDICATOR_PERSISTENCE] = "names other places of persistence",
	[INDICATOR_INTERFERENCE] = "ends or blinds others",
	[INDICATOR_ANTI_ANALYSIS] = "evades analysis",
	[INDICATOR_OBFUSCATION] = "puts names together so that nobody can read them",
	[INDICATOR_ENCODED_BLOB] = "holds a long encoded text",
	[INDICATOR_LONG_LINE] = "has a line longer than anybody writes",
	[INDICATOR_HIDDEN_TEXT] = "hides text from view",
	[INDICATOR_HIDDEN_NAME] = "has a name that hides",
	[INDICATOR_KNOWN_NAME] = "has the name of a well-known hook, but not its content",
	[INDICATOR_PATH_INSERT] = "puts a directory before others on sys.path",
	[INDICATOR_UNSAFE_PATH] = "leads to a place where others can plant",
	[INDICATOR_IMPORT_HOOK] = "changes how modules are imported",
	[INDICATOR_MISSING_TARGET] = "names code that is not there",
	[INDICATOR_UNCHECKED_BYTECODE] = "is bytecode that is never compared with its source",
	[INDICATOR_BYTECODE_DIFFERS] = "is bytecode that is not its source's",
	[INDICATOR_BYTECODE_ALONE] = "is bytecode without a source",
	[INDICATOR_HIJACK_VARIABLE] = "makes every interpreter run other code",
	[INDICATOR_STARTUP_VARIABLE] = "makes an interpreter run or import something",
	[INDICATOR_PATH_VARIABLE] = "changes where modules are found",
	[INDICATOR_INTERPRETER_CONFIG] = "changes where an interpreter finds its library",
	[INDICATOR_FOREIGN_COMMAND] = "starts another program than an interpreter",
	[INDICATOR_SUPPRESSES] = "switches another hook off",
	[INDICATOR_SHADOWS] = "is imported in another's stead",
	[INDICATOR_BREAKS_START] = "makes every start of the interpreter fail",
	[INDICATOR_NOT_UNDERSTOOD] = "could not be followed to its end",
};

const char *indicator_to_phrase(enum indicator i)
{
	return (unsigned)i < INDICATOR_COUNT && phrases[i] ? phrases[i] : phrases[INDICATOR_NOT_UNDERSTOOD];
}

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
