/* indicator.h - what can be said against the content of a hook, one word each.
 *
 * The code finds indicators; what they weigh and which names and texts belong to them is data
 * (judgement.h).  An indicator is a fact ("it starts a process when Python starts"), not a suspicion.
 */
#ifndef PYHOOKD_INDICATOR_H
#define PYHOOKD_INDICATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "str.h"

enum indicator {
	INDICATOR_DECODE_EXECUTE,	/* executes what it has decoded, decompressed or unmarshalled */
	INDICATOR_EXECUTE_NETWORK,	/* executes what it has read from the network */
	INDICATOR_EXECUTE_FILE,		/* executes the content of a file that is no module beside it */
	INDICATOR_EXECUTE_INPUT,	/* executes what whoever starts it gives: a variable, an argument, standard input */
	INDICATOR_EXECUTE_COMPUTED,	/* exec or eval of something that is neither a literal nor any of the above */
	INDICATOR_PROCESS,		/* starts a process */
	INDICATOR_BACKGROUND,		/* fork, setsid, a thread: goes on beside the program */
	INDICATOR_NETWORK,		/* connects, listens, resolves, transfers */
	INDICATOR_ADDRESS,		/* names an address on a network: a URL, a number and a port; it may only be printed */
	INDICATOR_NATIVE,		/* native code: ctypes, an extension module, memfd */
	INDICATOR_FILE_WRITE,		/* writes, removes or changes files outside its own directory */
	INDICATOR_CREDENTIALS,		/* names where secrets are kept */
	INDICATOR_HARVEST,		/* takes the whole environment, or lists what is on the host, to send or store it */
	INDICATOR_PERSISTENCE,		/* names other places of persistence: cron, units, rc files, authorized_keys, other hooks */
	INDICATOR_INTERFERENCE,		/* kills, ends or blinds others: os.kill, SystemExit, logging, audit hooks, security tools */
	INDICATOR_ANTI_ANALYSIS,	/* looks for debuggers, sandboxes, times; waits; forges times of files */
	INDICATOR_OBFUSCATION,		/* a name or text is put together so that nobody can read or search it */
	INDICATOR_ENCODED_BLOB,		/* a long run of base64, hex or the like */
	INDICATOR_LONG_LINE,		/* longer than what anybody writes */
	INDICATOR_HIDDEN_TEXT,		/* placed so that a person does not see it (pytext.h) */
	INDICATOR_HIDDEN_NAME,		/* the hook's own name: dot, blanks, zero width, confusable characters */
	INDICATOR_KNOWN_NAME,		/* the name of a well-known hook, and not its content */
	INDICATOR_PATH_INSERT,		/* puts a directory before others on sys.path, or makes one a site directory */
	INDICATOR_UNSAFE_PATH,		/* leads to a place where others can write or plant, or that is hidden */
	INDICATOR_IMPORT_HOOK,		/* changes how modules are found or loaded; replaces functions of others */
	INDICATOR_MISSING_TARGET,	/* names code that is not there: whoever puts it there decides */
	INDICATOR_UNCHECKED_BYTECODE,	/* a .pyc that is used whatever its source says */
	INDICATOR_BYTECODE_DIFFERS,	/* a .pyc with names or texts that its source does not have */
	INDICATOR_BYTECODE_ALONE,	/* a .pyc without a source */
	INDICATOR_HIJACK_VARIABLE,	/* a variable that makes every interpreter run other code, even isolated */
	INDICATOR_STARTUP_VARIABLE,	/* a variable that makes an interpreter run or import something */
	INDICATOR_PATH_VARIABLE,	/* PYTHONPATH and its like */
	INDICATOR_INTERPRETER_CONFIG,	/* a file that tells a system's interpreter where its library is */
	INDICATOR_FOREIGN_COMMAND,	/* a kernelspec or the like that starts another program than an interpreter */
	INDICATOR_SUPPRESSES,		/* switches another hook off */
	INDICATOR_SHADOWS,		/* is imported in another's stead */
	INDICATOR_BREAKS_START,		/* makes every start of the interpreter fail or hang */
	INDICATOR_NOT_UNDERSTOOD,	/* too deep, too long or too odd to be followed to its end */
	INDICATOR_COUNT
};

#define INDICATOR_BIT(i) (UINT64_C(1) << (i))

/* "decode-execute", ... */
const char *indicator_to_string(enum indicator i);
/* The same for a person, as the end of "it ...": "starts a process". */
const char *indicator_to_phrase(enum indicator i);
int indicator_from_string(struct bytes name, enum indicator *ret);	/* -EINVAL */

/* One indicator at one place. */
struct finding {
	enum indicator indicator;
	unsigned line;		/* of the hook, from 1; 0: of the whole */
	bool ordinary;		/* in the body of a function, of such a kind as a library's own functions do: see pycode.h */
	bool later;		/* in the body of a function that nothing is seen to call when the code is run: see pycode.h */
	unsigned depth;		/* 0: in the hook itself; 1: in what it decodes or executes as text; counted on */
	struct bytes file;	/* absolute path of another file that it runs, where that is what was found; else absent */
	struct bytes technique, description;	/* what the data says of the indicator (judgement.h); absent: nothing */
	struct bytes detail;	/* what was found, for a person: "os.system('touch /tmp/x')", cut at FINDING_DETAIL_MAX; not escaped */
};

#endif
