/* limits.h - every bound on work and memory, each with its reason.
 *
 * A loop over input that somebody else controls ends at one of these.  Where a
 * bound is reached, what was left out is counted and said, never dropped in
 * silence.  One section a module, in alphabetical order.
 */
#ifndef PYHOOKD_LIMITS_H
#define PYHOOKD_LIMITS_H

/* ---- alert ------------------------------------------------------------- */
/* Lines of a hook that an alert quotes: the first ones tell the story, the
 * count of the others is given. */
#define ALERT_LINES_MAX 32
/* Bytes of one quoted line; a payload of a megabyte is named by its hash. */
#define ALERT_LINE_BYTES_MAX 2048
/* Ancestors that an alert lists; a login shell is rarely deeper than ten. */
#define ALERT_ANCESTORS_MAX 32
/* Bytes of one escaped text in the object: a path of PATH_MAX bytes, each written
 * as \xHH, is whole. */
#define ALERT_TEXT_BYTES_MAX (4 * 4096)
/* Bytes of texts that stand in lists or explain: an ancestor's command line, a
 * reason.  Thirty of them must not make the object unreadable. */
#define ALERT_SHORT_BYTES_MAX 1024
/* Arguments or variables of the writer that are listed one by one; the count is
 * given, and the command line is there too. */
#define ALERT_LIST_MAX 64
/* Parts of the sentence, escaped bytes: with its words it is about 500 bytes,
 * which a pager's display and a chat message still show. */
#define ALERT_MESSAGE_PATH_MAX 140
#define ALERT_MESSAGE_EXE_MAX 70
#define ALERT_MESSAGE_COMMAND_MAX 80
#define ALERT_MESSAGE_LINE_MAX 110
#define ALERT_MESSAGE_NAME_MAX 32
/* Findings that the sentence names, and how much of each: what a person acts on. */
#define ALERT_MESSAGE_FINDINGS_MAX 2
#define ALERT_MESSAGE_DETAIL_MAX 60
/* A sentence that was made elsewhere (a gap's reason). */
#define ALERT_MESSAGE_MAX 500

/* ---- alias ------------------------------------------------------------- */
/* Other names of all directories and targets that are remembered, some 200 bytes each: a host has a handful, one
 * with a farm of linked environments thousands. */
#define ALIASES_MAX 16384
/* Names of one of them: whoever makes a loop of links stops here. */
#define ALIAS_NAMES_MAX 16

/* ---- allowance --------------------------------------------------------- */
/* What a hook may cost whatever others have spent: 128 KiB of source, some 10 ms; twice of what distutils-precedence.pth takes. */
#define ALLOWANCE_MIN (2 * 1024 * 1024)
/* Of what was spent a unit comes back after so many ns: a tenth of a processor for those who spend all. */
#define ALLOWANCE_UNIT_NS 50

/* ---- baseline ---------------------------------------------------------- */
/* Entries kept; 5 000 environments with 20 hooks each need a fifth of it. */
#define BASELINE_ENTRIES_MAX 500000
/* Digests of other files that are remembered with one: those that it runs now, and those of the time before. */
#define BASELINE_TARGETS_MAX (2 * CONTENT_TARGETS_MAX)

/* ---- cgroup ------------------------------------------------------------ */
/* Bytes of a pod's uid: a UUID has 36, the hash of a static pod 32. */
#define CGROUP_POD_UID_MAX 64

/* ---- coalesce ---------------------------------------------------------- */
/* A name created but not closed yet is read after this long: long enough for
 * open+write+close of an ordinary writer, too short for an interpreter to be
 * started by a person in between. */
#define COALESCE_HOLD_NS (20 * 1000 * 1000LL)
/* Paths held at once; beyond it the oldest is judged at once. */
#define COALESCE_PATHS_MAX 4096

/* ---- config ------------------------------------------------------------ */
/* Elements of a list: paths somebody wrote by hand. */
#define CONFIG_LIST_MAX 256
/* Files in the drop-in directory. */
#define CONFIG_DROPINS_MAX 256
/* Longest key that a misspelt one is compared with: the comparison is quadratic. */
#define CONFIG_KEY_BYTES_MAX 64
/* Bytes of a wrong value that a problem quotes. */
#define CONFIG_QUOTE_BYTES_MAX 80
/* Smallest alert log: the largest alert (ALERT_LINES_MAX lines, all of them escaped)
 * must fit. */
#define CONFIG_LOG_SIZE_MIN (1024 * 1024)

/* ---- content ----------------------------------------------------------- */
/* Bytes of a hook that are read and judged.  The largest hook seen in the wild
 * is 34 KiB; CPython has no limit, so a larger file is judged by this much and
 * called truncated, which is suspicious in itself. */
#define CONTENT_BYTES_MAX (4 * 1024 * 1024)
/* Findings of one hook: one of each indicator, and some more of those that were found often. */
#define CONTENT_FINDINGS_MAX 64
/* Other files that are asked for with one hook (each spelling of a module's file name is one),
 * and bytes read of them together: an import line has some twenty spellings, a hook of a dozen imports
 * is the longest seen, modules of several thousand lines import fifty.  Beyond it, INDICATOR_NOT_UNDERSTOOD, and what the
 * hook itself imports is suspicious. */
#define CONTENT_READS_MAX 8192
#define CONTENT_READ_BYTES_MAX (8 * 1024 * 1024)
/* Of them as many for what modules import in their turn, and half of the bytes. */
#define CONTENT_DEEP_READS_MAX 512
/* Other files of one hook that are watched for it: the longest seen imports three. */
#define CONTENT_TARGETS_MAX 8
/* Files of variables that one includes, and how deep: an .envrc includes one that includes one. */
#define CONTENT_INCLUDES_MAX 16
#define CONTENT_INCLUDE_DEPTH_MAX 2
/* Modules of one hook whose judgement is remembered while its other lines are judged. */
#define CONTENT_MODULES_MAX 64
/* Modules that import one another, from the first one that a hook imports: a loader, a package, its parts.  What is
 * deeper is seldom written for a hook. */
#define CONTENT_IMPORT_DEPTH_MAX 4
/* Down to here a module that is not read to its end makes a hook suspicious; what libraries import below it is more than
 * there is work for, and says nothing.  A loader and the module that it loads are above it. */
#define CONTENT_NEAR_DEPTH 2
/* One part in so many of the work is for all that is below that: 4 MiB, 15 ms.  To read all that setuptools imports, which
 * distutils-precedence.pth leads to in each environment, took 100 ms. */
#define CONTENT_FAR_WORK_SHARE 32
/* The least that counts of a module that a module imports: libraries connect, and are made of native code; they do not
 * start a process or execute what they have decoded when they are imported. */
#define CONTENT_DEEP_WEIGHT_MIN 50
/* Directories and archives that a hook puts onto sys.path and in which the modules that it imports are looked for: an
 * easy-install.pth of a developer has some ten, and asks for no module. */
#define CONTENT_SEARCHES_MAX 16
/* Scripts that execute one another: exec(open(...).read()). */
#define CONTENT_SCRIPT_DEPTH_MAX 4
/* Bytes of a module's dotted name: CPython has no limit, a path has. */
#define CONTENT_MODULE_NAME_MAX 1024
/* Functions of a module that is judged alone and that any other may call. */
#define CONTENT_FUNCTIONS_MAX 32
/* Entry points of a .start that are compared with the .pth of its name. */
#define CONTENT_ENTRY_POINTS_MAX 16
/* Looks at the disk for all places of one hook together: some hundred paths of ten components. */
#define CONTENT_PLACE_STEPS_MAX 8192
/* What all code of one hook may cost to read, in units of work.h: main waits for it.  4 MiB of ordinary source and 8 MiB
 * of modules cost 100 million.  Beyond it, INDICATOR_NOT_UNDERSTOOD, and suspicious. */
#define CONTENT_WORK_MAX (128 * 1024 * 1024)
/* Where a hook may cost less (allowance.h), a byte of it is judged for so much. */
#define CONTENT_WORK_BYTE 16
/* Bytes of what is decoded that are kept for a person. */
#define CONTENT_DECODED_MAX 1024
/* Bytes of a finding's excerpt: what a person takes in at a glance. */
#define FINDING_DETAIL_MAX 160

/* ---- ctl --------------------------------------------------------------- */
/* Of a line of a hook that pyhookctl shows: the first bytes, and the last, where a payload may be that was pushed out
 * of sight.  Two lines of a terminal. */
#define CTL_LINE_HEAD_MAX 110
#define CTL_LINE_TAIL_MAX 40
/* Blanks in a row that are shown as their number. */
#define CTL_BLANKS_MAX 8

/* ---- deferral ---------------------------------------------------------- */
/* Hooks that wait for their package at once, and the memory that they keep: a distribution with more of them, or
 * pip at work in hundreds of environments, has the rest said as they are. */
#define DEFERRAL_MAX 256
#define DEFERRAL_BYTES_MAX (16 * 1024 * 1024)
/* How long one waits.  pip writes RECORD when all files of a package are there: 10 s for 2 500 files under strace. */
#define DEFERRAL_TIMEOUT_NS (60 * 1000 * 1000 * 1000LL)
/* The package's database is looked at again after this, then after twice as long, up to a second; but what the
 * looks cost is no more than one part in twenty of the time. */
#define DEFERRAL_FIRST_NS (20 * 1000 * 1000LL)
#define DEFERRAL_LAST_NS (1000 * 1000 * 1000LL)
#define DEFERRAL_COST_FACTOR 20
/* After the installer's end, so that what it did last has been read from the kernel's queue: WATCH_COALESCE_NS, the
 * second look, and PIPELINE_RUN_MAX events before it. */
#define DEFERRAL_SETTLE_NS (100 * 1000 * 1000LL)

/* ---- document ---------------------------------------------------------- */
/* Bytes of one rule or configuration file: the largest Sigma rule published is
 * under 100 KiB.  document.h packs columns into 21 bits, so below 2 MiB. */
#define DOCUMENT_BYTES_MAX (1024 * 1024)
/* Nesting.  A rule needs five levels; cJSON_Delete() recurses this deep. */
#define DOCUMENT_DEPTH_MAX 32
/* Nodes of one file: a list of ten thousand file names still fits, and a tree
 * is at most about 15 MiB. */
#define DOCUMENT_NODES_MAX 100000
/* Keys of one mapping: looking for duplicates is quadratic in them. */
#define DOCUMENT_KEYS_MAX 1000

/* ---- dpkg_db ----------------------------------------------------------- */
/* Bytes of one file of dpkg's database: `status` of a host with 4 000 packages has 6 MiB. */
#define DPKG_DB_FILE_MAX (64 * 1024 * 1024)
/* Bytes of it that are read for one index: the lists of 4 000 packages have 60 MiB. */
#define DPKG_DB_BYTES_MAX (256 * 1024 * 1024)
/* Files in its directory: seven a package. */
#define DPKG_DB_ENTRIES_MAX 200000
/* Paths kept: a host has five, one with everything of Debian some hundred. */
#define DPKG_DB_PATHS_MAX 10000

/* ---- envfile ----------------------------------------------------------- */
/* Different assignments of one file that are remembered; a real one has a handful.  The
 * rest of a file that has more is not read, and that is said. */
#define ENVFILE_KEPT_MAX 1024
/* New ones of them that are said each by itself; then one alert says that there are more. */
#define ENVFILE_SAID_MAX 64
/* Constructs within constructs: $( ), ${ }, ( ), quotes in them.  People nest
 * five; each level costs some 1.5 KiB of C stack. */
#define ENVFILE_DEPTH_MAX 100
/* Texts that are scripts within scripts: eval, alias, sh -c, trap.  Each level
 * doubles the backslashes that its author has to write. */
#define ENVFILE_REPARSE_MAX 8
/* Bytes that may be read a second time, per byte of the file: ENVFILE_REPARSE_MAX
 * for honest nesting.  It keeps an ambiguous "((" from costing 2^depth. */
#define ENVFILE_REREAD_FACTOR ENVFILE_REPARSE_MAX
/* Here-documents announced in one line; bash's own HEREDOC_MAX. */
#define ENVFILE_HEREDOCS_MAX 16
/* Assignments of Python variables before one command that wait for the answer
 * to "does a command follow?"; the ones before them are reported at once. */
#define ENVFILE_PENDING_MAX 8
/* Bytes of a name in part unknown that are compared with the known names, and
 * of the name in ${NAME:=word}; the longest known name has 21. */
#define ENVFILE_NAME_MAX 64
/* Bytes of NAME[subscript]= that are looked ahead for the bracket; a longer
 * subscript is read as ordinary text. */
#define ENVFILE_SUBSCRIPT_MAX 256
/* Variables of one file that are remembered to be put into later values; a long profile sets 50.
 * Beyond that a variable is unknown, and who uses it undecidable. */
#define ENVFILE_VARIABLES_MAX 256
/* Bytes of one value with variables put in: PATH_MAX twice over.  X=$X$X doubles. */
#define ENVFILE_RESOLVED_MAX 8192
/* Bytes that are put in for variables, and bytes that are read again, whatever the file's size; and
 * ENVFILE_REREAD_FACTOR for each of its bytes. */
#define ENVFILE_PUT_IN_MIN (256 * 1024)
/* Bytes of reading that setting out to read a script within a script takes as long as: 4 MiB of `eval a` are a million. */
#define ENVFILE_REPARSE_COST 256
/* Words that one word falls into when a variable in it holds blanks: `$cmd` with a command and its arguments. */
#define ENVFILE_SPLITS_MAX 16
/* Names made of one word by {a,b}; a shell has no limit, a person stops at 3. */
#define ENVFILE_BRACE_NAMES_MAX 64

/* ---- evidence ---------------------------------------------------------- */
/* Files kept, whatever their size: a queue of 5 MiB.  (64 MiB hold 16 384 of one block.) */
#define EVIDENCE_FILES_MAX 65536

/* ---- executable -------------------------------------------------------- */
/* Bytes of a program that is searched for its marker: the largest that is asked for, a
 * container engine in one file, has 120 MiB. */
#define EXECUTABLE_BYTES_MAX (256 * 1024 * 1024)
/* Markers of one program: one for each generation of it. */
#define EXECUTABLE_MARKERS_MAX 8

/* ---- filedata ---------------------------------------------------------- */
/* Bytes of one read. */
#define FILEDATA_CHUNK (256 * 1024)
/* Bytes of a text that is searched for: a file's name (NAME_MAX), or a sentence. */
#define FILEDATA_NEEDLE_MAX 256

/* ---- guard ------------------------------------------------------------- */
/* Directories of hooks that are marked: four an environment.  A mark pins an inode, about 1 KiB of kernel memory. */
#define GUARD_DIRECTORIES_MAX 50000

/* ---- handle ------------------------------------------------------------ */
/* Directories climbed to find a path longer than PATH_MAX: 4 096 bytes hold at
 * least 16 names, and an attacker gains nothing from a deeper one. */
#define HANDLE_CLIMB_MAX 64

/* ---- hookfile ---------------------------------------------------------- */
/* Links followed to a hook's content, as many as the kernel follows (path_resolution(7)). */
#define HOOKFILE_LINKS_MAX 40
/* Components that are gone through on the way to a file, with those of all links: one way has a dozen, and 40 links
 * of 2 000 take a quarter of a second. */
#define HOOKFILE_STEPS_MAX 1024

/* ---- installer --------------------------------------------------------- */
/* Options of an interpreter before its script; real installers give three. */
#define INSTALLER_OPTIONS_MAX 32
/* Bytes of a launcher script that are read.  pip's is 250, dnf's 2 092; a
 * script that its entry allows to be larger is named in the table. */
#define INSTALLER_SCRIPT_MAX 4096
/* Bytes of pyvenv.cfg; the standard library's is 200. */
#define INSTALLER_CONFIG_MAX 4096
/* Symbolic links followed in one path, as the kernel (path_resolution(7)). */
#define INSTALLER_LINKS_MAX 40
/* Components of one path, links included: PATH_MAX allows 2 048 of one letter. */
#define INSTALLER_COMPONENTS_MAX 4096
/* Names of a working directory, or of a lib/, that are looked at; a directory
 * with more cannot be searched for a shadowing module and does not count. */
#define INSTALLER_ENTRIES_MAX 4096
/* Directories of a PATH that are tried; a long one has twenty. */
#define INSTALLER_PATH_DIRS_MAX 64
/* Bytes of a path or an argument that a reason quotes. */
#define INSTALLER_QUOTE_MAX 256
/* Site directories of one interpreter: an environment's and a base's, lib and lib64, Debian's
 * four, the user's. */
#define INSTALLER_SITES_MAX 12
/* Names of a directory of programs that are looked at; /usr/bin of a large desktop has 5 000. */
#define INSTALLER_PROGRAMS_MAX 65536
/* Answers that are remembered, 96 bytes each: more programs and packages than write in a day.  They stand in groups of
 * INSTALLER_MEMO_WAYS, of which the one that was not asked for longest gives way: to push out one that is in use, some
 * 4 000 others have to come between two questions, each after a look of WORK_PATH at least. */
#define INSTALLER_MEMOS_MAX 4096
#define INSTALLER_MEMO_WAYS 16
/* What one hook event may have looked at, in units of work.h, 3 to 5 ns each: main waits for it.  All that stands below
 * takes from it, so that one event costs 0.1 to 0.25 s at most, whatever was put there.  A genuine pip of 11 MiB beside 900
 * distributions with RECORDs of 60 MiB and five hooks stays below it when nothing is remembered, and takes 5 ms afterwards. */
#define INSTALLER_WORK_MAX (32 * 1024 * 1024)
/* Arguments that are compared with the target; PROCESS_ARGV_MAX bytes hold 500 of 8. */
#define INSTALLER_ARGUMENTS_MAX 1024
/* Bytes of a hook that is read because the interpreter of a pip has run it; a larger one is no template. */
#define INSTALLER_HOOK_MAX 65536
/* Words of a .pth that are looked for as modules beside it; setuptools' has 15.  Each may be searched for in all RECORDs, as
 * far as INSTALLER_WORK_MAX goes. */
#define INSTALLER_WORDS_MAX 256
/* Bytes of _virtualenv.py: Debian's has 5 200. */
#define INSTALLER_SEED_MAX 16384
/* Between the change of a new file and that of its directory: two readings of a clock that ticks every 1 to 10 ms. */
#define INSTALLER_ADDING_NS (20 * 1000 * 1000LL)
/* Path lines of a .pth, or of a site directory on the way to a package, that are followed; each costs a look at every
 * directory on its way.  setuptools' easy-install.pth has one for each project that is developed; with more than
 * this the installer is not believed. */
#define INSTALLER_PATH_LINES_MAX 256

/* ---- inventory --------------------------------------------------------- */
/* Bytes of the file: BASELINE_ENTRIES_MAX entries of a usual length. */
#define INVENTORY_BYTES_MAX (256 * 1024 * 1024)
/* A snapshot is written when something was judged since the last, at most this often. */
#define INVENTORY_SAVE_NS (600 * 1000 * 1000 * 1000LL)
/* Alerts may still be on their way to the log then: look again after this long. */
#define INVENTORY_RETRY_NS (100 * 1000 * 1000LL)

/* ---- judgement --------------------------------------------------------- */
/* Files of data in all directories: three come with the program, a site adds one or two. */
#define JUDGEMENT_FILES_MAX 1000
/* The largest weight.  One indicator alone is malicious with 80; sums of all stay far below INT_MAX. */
#define JUDGEMENT_WEIGHT_MAX 1000
/* Bytes of what the data says of an indicator, for people: it stands with each finding. */
#define JUDGEMENT_DESCRIPTION_MAX 200

/* ---- launcher ---------------------------------------------------------- */
/* Bytes of a launcher: dnf's, the longest, has 2 092; a licence may stand above it. */
#define LAUNCHER_BYTES_MAX 16384

/* ---- lost -------------------------------------------------------------- */
/* Hooks that nobody accounts for and that went away: each was an alert, so few go while one pip runs. */
#define LOST_HOOKS_MAX 256

/* ---- manager ----------------------------------------------------------- */
/* Descriptors that there is room for from the start: LimitNOFILE of the unit.  512 KiB of
 * kernel memory. */
#define MANAGER_FILES_MAX 65536
/* A mount may be noticed this long after it was made: main is busy with a slice of a search, or waits
 * for a processor. */
#define MANAGER_MOUNT_LATE_NS (50 * 1000 * 1000ULL)

/* ---- marshal ----------------------------------------------------------- */
/* Objects within objects: functions in functions, tuples in tuples.  Recursion in C; compilers refuse 100
 * levels of indentation (Parser/tokenizer.c, MAXINDENT), CPython reads 2 000. */
#define MARSHAL_DEPTH_MAX 250
/* Objects that may be read again beyond twice the size, in bytes, of small files. */
#define MARSHAL_WORK_MIN 1024

/* ---- matcher ----------------------------------------------------------- */
/* Bytes of one pattern; published rules stay below 1 KiB. */
#define MATCHER_PATTERN_BYTES_MAX 8192
/* Comparisons of one wildcard match.  A plain search needs one or two for each
 * byte of a value (CONTENT_BYTES_MAX); only patterns that repeat themselves need
 * more, and 16 million take about 30 ms. */
#define MATCHER_STEPS_MAX (16 * 1024 * 1024)
/* pcre2's internal match() calls for one regular expression: a tenth of its
 * default, about 20 ms, reached by catastrophic backtracking only. */
#define MATCHER_REGEX_MATCH_MAX 1000000
/* Nested backtracking points, and KiB of heap for them (interpreter). */
#define MATCHER_REGEX_DEPTH_MAX 100000
#define MATCHER_REGEX_HEAP_KIB_MAX 20480
/* Bytes of machine code's own stack (JIT); beyond it the interpreter takes over. */
#define MATCHER_JIT_STACK_MAX (512 * 1024)

/* ---- memory_reader ------------------------------------------------------ */
/* How long arguments or environment of another process are waited for: they take 20 us.  A
 * process that is swapped out, or one that makes others wait, is not worth more of main's time. */
#define MEMORY_READER_WAIT_NS (50 * 1000 * 1000ULL)
/* Threads that wait for such a process and are left behind; with this many, nobody's memory is read.
 * One process costs one of them. */
#define MEMORY_READER_STUCK_MAX 4

/* ---- mountinfo --------------------------------------------------------- */
/* Lines of another process's table that are looked at.  A container has 30, a node with
 * 100 pods 1 000; fs.mount-max allows 100 000. */
#define MOUNTS_MAX 16384
/* Bytes of our own table, which is read once for an event, and of one read of it. */
#define MOUNTS_BYTES_MAX (2 * 1024 * 1024)
#define MOUNTS_CHUNK 32768

/* ---- native ------------------------------------------------------------ */
/* Bytes of a string that says something; "kill" is the shortest function. */
#define NATIVE_STRING_MIN 4

/* ---- package_db -------------------------------------------------------- */
/* Bytes of one file, unpacked: apk's only one has 10 MiB on a large host, the mtree of a kernel 2 MiB. */
#define PACKAGE_DB_FILE_MAX (16 * 1024 * 1024)
/* Bytes of all, and of those that are searched for a digest: 1 500 packages of pacman's have 45 MiB of files. */
#define PACKAGE_DB_BYTES_MAX (64 * 1024 * 1024)
#define PACKAGE_DB_ENTRIES_MAX 20000
/* Paths that can be hooks: a distribution with all of Python's packages has a hundred. */
#define PACKAGE_DB_PATHS_MAX 10000

/* ---- pipeline ---------------------------------------------------------- */
/* How long an event waits for the process table to catch up with it. */
#define PIPELINE_JOIN_NS (1000 * 1000 * 1000LL)
/* Events that are judged in one go; then main looks after signals and the watchdog.  One takes 0.2 ms, and 0.2 s where
 * its writer does all to be slow: together half of WatchdogSec=. */
#define PIPELINE_RUN_MAX 64
/* And no more after this time: some cost 0.5 s. */
#define PIPELINE_RUN_NS (500 * 1000 * 1000ULL)
/* Hooks in the inventory beyond which new ones are not marked themselves (a mark pins an
 * inode, about 1 KiB of kernel memory). */
#define PIPELINE_TRACKED_MAX 100000
/* Hooks that went last, so that the second event of one removal is known: a search finds what an event has told, an
 * overlay has two. */
#define PIPELINE_REMOVED_MAX 64
/* One report of lost events in this time; the counter has them all. */
#define PIPELINE_GAP_NS (10 * 1000 * 1000 * 1000LL)

/* ---- place ------------------------------------------------------------- */
/* Longer paths cannot be opened at all (PATH_MAX), so nothing is found there. */
#define PLACE_PATH_MAX 4096
/* Symbolic links followed for one path: the kernel's own bound (MAXSYMLINKS). */
#define PLACE_SYMLINKS_MAX 40
/* Elements of one list that are judged; real ones have below thirty. */
#define PLACE_ELEMENTS_MAX 256
/* Looks at the disk for one path or one list, so that a list made to be walked
 * through long chains of links costs milliseconds, not seconds. */
#define PLACE_STEPS_MAX 4096

/* ---- problem ----------------------------------------------------------- */
/* Problems kept of one load; the count goes on. */
#define PROBLEMS_MAX 1000

/* ---- proc_connector, exec_readers --------------------------------------- */
/* Bytes of the socket's queue: 8 MiB hold some 10 000 records (a record of 76
 * bytes is charged about 800), a second of the fastest fork storm. */
#define PROC_CONNECTOR_QUEUE_BYTES (8 * 1024 * 1024)
/* Records that one system call takes. */
#define PROC_CONNECTOR_BATCH 32
/* Such calls before the thread does something else, though there are more records: 65 536 of them are more
 * than the socket holds (the kernel doubles PROC_CONNECTOR_QUEUE_BYTES), 0.1 s. */
#define PROC_CONNECTOR_BATCHES_MAX 2048
/* While there are records they are taken this far apart, at once when an event waits
 * for them.  A wake-up for each is what costs most: 5 to 10 us. */
#define PROC_CONNECTOR_PAUSE_NS (10 * 1000 * 1000LL)
/* /proc is read in full after a loss at most this often: it takes 0.1 s of a
 * real-time thread on a host with 1 000 processes. */
#define PROC_CONNECTOR_SYNC_NS (1000 * 1000 * 1000ULL)
/* The kernel acknowledges within the send() itself; a second is for a stuck host. */
#define PROC_CONNECTOR_ACK_NS (1000 * 1000 * 1000ULL)
/* How long whoever compares the table with /proc waits for it, and the steps of that.  It takes
 * less than a millisecond; more only where a reader is stuck. */
#define PROC_CONNECTOR_CATCH_UP_NS (50 * 1000 * 1000LL)
#define PROC_CONNECTOR_STEP_NS (100 * 1000LL)
/* Threads that read executables, each for the processors whose number leaves its own as the
 * rest: every record is offered to each of their sockets, some 0.1 us. */
#define EXEC_READERS_MAX 16
/* Bytes of such a socket's queue: 2 000 execs on one processor that has no time to run its reader. */
#define EXEC_READERS_QUEUE_BYTES (2 * 1024 * 1024)
/* Bytes of readings on their way to the table, for each reader: some 500 of an ordinary
 * length, far more than a processor executes in PROC_CONNECTOR_PAUSE_NS.  Not touched before used. */
#define EXEC_READERS_RING_SIZE (256 * 1024)
/* A reader that has done nothing for this long, and a record that is this old, or a reader that is
 * at records this much later: there will be no reading of it.  And in all it is not waited
 * longer than the second. */
#define EXEC_READERS_IDLE_NS (5 * 1000 * 1000ULL)
#define EXEC_READERS_WAIT_NS (20 * 1000 * 1000ULL)
/* Readings put aside since another processor's record came first; dropped after this long. */
#define EXEC_READERS_ASIDE_MAX 256
#define EXEC_READERS_ASIDE_NS (1000 * 1000 * 1000ULL)
/* At the end they are waited for this long, all together: who has not come by then is stuck. */
#define EXEC_READERS_STOP_NS (2000 * 1000 * 1000ULL)

/* ---- process ----------------------------------------------------------- */
/* A dead process is kept this long: an event waits at most a second for its
 * join, an alert of an installer 60 s for the end of the installation. */
#define PROCESS_DEAD_KEEP_NS (60 * 1000 * 1000 * 1000ULL)
/* Processes in the table, the dead included; twice the default pid_max.  Only
 * dead ones are dropped for it: the living are bounded by the kernel. */
#define PROCESS_TABLE_MAX 65536
/* Bytes of all snapshots.  60 s of a build server with 1 000 execs a second and
 * its long command lines would be 200 MiB; beyond this the longest dead go
 * early, and once none is left, new ones are kept without environment and with
 * their first PROCESS_ARGV_SCANT bytes of arguments. */
#define PROCESS_MEMORY_MAX (32 * 1024 * 1024)
#define PROCESS_ARGV_SCANT 256
/* Bytes of arguments that are kept: compilers' lines pass it, an interpreter's
 * options and script stand at the front. */
#define PROCESS_ARGV_MAX 4096
/* PATH_MAX; the kernel shows no longer one in /proc (d_path() in a page). */
#define PROCESS_PATH_MAX 4096
/* systemd's deepest with a container in it is near 300. */
#define PROCESS_CGROUP_MAX 1024
/* Links of a chain of ancestors.  Where a fork would exceed it, the chain is cut
 * behind the nearest PROCESS_ANCESTORS_KEPT: `while fork; parent exits` would
 * otherwise keep every process that ever was. */
#define PROCESS_ANCESTORS_MAX 64
#define PROCESS_ANCESTORS_KEPT 32
/* Former states that are kept of one process, for an event that happened before an exec
 * and is asked for after it: three execs, each with a change of user before the next. */
#define PROCESS_STATES_KEPT 6
/* Entries that one record may drop, so that no record takes long; two suffice to
 * keep up, since a record adds at most one. */
#define PROCESS_DROP_BATCH 16
/* Processes that one reading of /proc takes in: PID_MAX_LIMIT. */
#define PROCESS_SYNC_MAX (4 * 1024 * 1024)
/* Threads of a process whose leader has exited that are asked for the executable. */
#define PROCESS_TASKS_MAX 64

/* ---- procfs ------------------------------------------------------------- */
/* /proc/uptime is cut to 10 ms, a start to one tick (10 ms with _SC_CLK_TCK 100). */
#define PROCFS_START_SLACK_NS (50 * 1000 * 1000ULL)
/* stat is below 400 bytes, status below 1 600; cgroup version 1 with its 13
 * hierarchies and long paths passes 2 000. */
#define PROCFS_TEXT_MAX 8192
/* Bytes of an environment that are looked at.  Linux allows a quarter of the
 * stack limit (2 MiB); the ordinary one is 2 to 4 KiB. */
#define PROCFS_ENVIRON_READ_MAX (256 * 1024)
/* Bytes of one kept variable, and of all of them. */
#define PROCFS_VARIABLE_MAX 1024
#define PROCFS_ENVIRON_MAX 4096

/* ---- provenance -------------------------------------------------------- */
/* Directories upwards in which a distribution that owns the file is looked for: the site
 * directory itself, and above pkg/ and pkg/__pycache__/. */
#define PROVENANCE_SITE_LEVELS 3
/* The same for conda-meta: PREFIX/lib/python3.11/site-packages/pkg/__pycache__/. */
#define PROVENANCE_CONDA_LEVELS 6
/* Distributions of one site directory; the largest environments seen have 900. */
#define PROVENANCE_DISTS_MAX 4096
/* Names of a directory that are looked at: each distribution brings two or three. */
#define PROVENANCE_ENTRIES_MAX 65536
/* Bytes of databases that one question searches: RECORDs of 900 distributions have 60 MiB.
 * A search for a name takes some 20 ms for this much.  Those that changed last are searched first.  Questions of installer have
 * INSTALLER_WORK_MAX for all of them together. */
#define PROVENANCE_SEARCH_BYTES_MAX (64 * 1024 * 1024)
/* Bytes of the file that is hashed: as much of a hook as is judged, and room. */
#define PROVENANCE_FILE_BYTES_MAX (16 * 1024 * 1024)
/* Bytes of one file in conda-meta, and values in it: that of a package with 20 000 files. */
#define PROVENANCE_CONDA_BYTES_MAX (16 * 1024 * 1024)
#define PROVENANCE_CONDA_NODES_MAX 500000
/* Bytes of an easy-install.pth whose lines are compared with the links beside it, and of such a link. */
#define PROVENANCE_PTH_BYTES_MAX (64 * 1024)
#define PROVENANCE_LINK_BYTES_MAX (8 * 1024)
/* Packages of dpkg that name one path: one, or two where it is diverted. */
#define PROVENANCE_OWNERS_MAX 4
/* Links between a hook and its content; Debian's sitecustomize.py has one. */
#define PROVENANCE_LINKS_MAX 4
/* Answers that are remembered, 400 bytes each: hooks that run code, of the environments in which pip is at work. */
#define PROVENANCE_KNOWN_MAX 256
/* What may be done to find the package of one hook: a third of what may be done about its writer. */
#define PROVENANCE_WORK_MAX (12 * 1024 * 1024)
/* Directories above a file of which one may be the root of an image: /var/lib/containers/storage/overlay/ID/diff/
 * usr/local/lib/python3.11/dist-packages/pkg/__pycache__/. */
#define PROVENANCE_ROOT_LEVELS 16
/* Directories in which a file has no package: a search that is made for many hooks in each of them. */
#define PROVENANCE_NOTHING_MAX 1024
/* Roots (containers) whose package database is remembered. */
#define PROVENANCE_ROOTS_MAX 4

/* ---- pyc --------------------------------------------------------------- */
/* Bytes of a source with which bytecode is compared; the largest of the standard library that starts from disk
 * is a tenth of it. */
#define PYC_SOURCE_MAX (1024 * 1024)
/* Between two literals that are one: blanks, an indentation, a sign. */
#define PYC_JOIN_MAX 256
/* Of a text that is repeated ('-' * 72): the bytes of one. */
#define PYC_PERIOD_MAX 16
/* Names of one code object that are put together in pairs, and pairs of a whole module: module.function. */
#define PYC_NAMES_MAX 512
#define PYC_PAIRS_MAX 400000
/* Bytes of a module's or a function's name; longer ones are in no vocabulary. */
#define PYC_NAME_BYTES_MAX 64
/* Functions in functions; a class in a class in a function is three. */
#define PYC_NESTED_MAX 24
/* A run of base64 that is no identifier, path or digest. */
#define PYC_BLOB_MIN 120
/* Of one module; each indicator has one, and some have more. */
#define PYC_FINDINGS_MAX 32

/* ---- pycode ------------------------------------------------------------ */
/* Bytes of the names that are called of one imported module, and dots of a relative import that are followed. */
#define PYCODE_IMPORT_CALLS_MAX 2048
#define PYCODE_LEVELS_MAX 8
/* What one reading gives: findings (one of each indicator and kind, and others as long as there is room), modules and paths. */
#define PYCODE_FINDINGS_MAX 128
#define PYCODE_IMPORTS_MAX 512
#define PYCODE_PATHS_MAX 64
/* Expressions within expressions: CPython refuses more brackets; some 1.5 KiB of C stack each. */
#define PYCODE_DEPTH_MAX PYTOKEN_BRACKETS_MAX
/* Functions of the source that call each other; more are called, but not followed. */
#define PYCODE_CALLS_MAX 16
/* Calls within calls in all: map() of partial() of functions; some 3 KiB of C stack each. */
#define PYCODE_CALL_DEPTH_MAX 64
/* Tokens that are read again, for functions called again and for loops over known items: some 50 ms. */
#define PYCODE_AGAIN_MAX (256 * 1024)
/* Bytes that take as long to read again as a token. */
#define PYCODE_AGAIN_BYTES 8
/* Text that is executed, in text that is executed: exec(b64decode(...)) is nested by people thrice, by tools some ten times. */
#define PYCODE_NESTING_MAX 16
#define PYCODE_NESTED_BYTES_MAX (8 * 1024 * 1024)
/* Names of the source in one scope, and dotted names of others; a large module has 2 000. */
#define PYCODE_VARIABLES_MAX 65536
#define PYCODE_NAMES_MAX 65536
/* Slots of a table that are looked at for one name: a crowd of names with one hash does not make it slow. */
#define PYCODE_PROBES_MAX 64
/* Bytes of a dotted name. */
#define PYCODE_NAME_MAX 256
/* Arguments of one call, parameters of one function, targets of one assignment, bases of one class. */
#define PYCODE_ARGUMENTS_MAX 12
#define PYCODE_PARAMETERS_MAX 64
#define PYCODE_TARGETS_MAX 16
#define PYCODE_BASES_MAX 4
/* Modules of "from x import *", in which a name may be. */
#define PYCODE_STARS_MAX 4
/* Signs before one operand: "not not x"; what more do is not known. */
#define PYCODE_SIGNS_MAX 8
/* Bytes of a run of base64 or hex that no person writes, and of a line of a .pth. */
#define PYCODE_BLOB_MIN 120
#define PYCODE_LINE_MAX 4096
/* Lists within lists (and classes below classes), and items of all of them, that are looked through for what may be called. */
#define PYCODE_ESCAPE_DEPTH_MAX 8
#define PYCODE_ESCAPE_ITEMS_MAX 64
/* Bytes that one decoding gives: 1 KiB of zlib may stand for a MiB. */
#define PYCODE_DECODE_MAX (4 * 1024 * 1024)
/* Bytes of one argument that a finding's detail shows. */
#define PYCODE_SHOWN_MAX 80
/* Bytes of the start of the first decoded text that is kept. */
#define PYCODE_DECODED_MAX 1024
/* Numeric escapes for ordinary letters in one text: nobody writes that many by mistake. */
#define PYCODE_DISGUISED_MIN 4

/* ---- pydecode ---------------------------------------------------------- */
/* Bytes that are inflated at a time, on the stack. */
#define PYDECODE_CHUNK 4096

/* ---- pysource ---------------------------------------------------------- */
/* Bytes of an encoding's name that is known: "unicode11utf7" and its like are the longest. */
#define PYSOURCE_NAME_MAX 32
/* Bytes that are converted at once: any character has room in them. */
#define PYSOURCE_PIECE 4096
/* A byte of utf-7 becomes at most so many of UTF-8. */
#define PYSOURCE_GROWTH 3
/* Bytes that stand for no character, looked at one by one: CPython refuses a file at the first. */
#define PYSOURCE_ERRORS_MAX 1024

/* ---- pytext ------------------------------------------------------------ */
/* Code behind this many blanks is out of sight in a terminal of ordinary width;
 * no benign hook that was seen has such a run. */
#define PYTEXT_BLANK_RUN 80
/* Code behind this many blank lines is below the first screen. */
#define PYTEXT_BLANK_LINES 20

/* ---- pytoken ----------------------------------------------------------- */
/* Levels of indentation and open brackets: CPython refuses more (MAXINDENT, MAXLEVEL in Parser/tokenizer.h). */
#define PYTOKEN_INDENTS_MAX 100
#define PYTOKEN_BRACKETS_MAX 200
/* f-strings within fields of f-strings: people nest two.  CPython takes 150 (MAXFSTRINGLEVEL), but each level is read once more. */
#define PYTOKEN_FORMATS_MAX 16
/* f-strings that do not end as PEP 701 says, of one text: each may be read to the end of the text twice. */
#define PYTOKEN_ODD_FORMATS_MAX 16
/* Bytes of the name in \N{name}; the longest of Unicode has 88. */
#define PYTOKEN_CHARACTER_NAME_MAX 100

/* ---- pyvalue ----------------------------------------------------------- */
/* Bytes of one text that is put together while code is read: as much as is read of a hook. */
#define PYVALUE_TEXT_MAX CONTENT_BYTES_MAX
/* Items of one list: the bytes of a payload, one number each. */
#define PYVALUE_ITEMS_MAX 65536
/* Values that one name may have, where that depends on what is not decided. */
#define PYVALUE_CHOICES_MAX 4
/* Bytes of all that is made while one source is read, and bytes that are copied or looked at for it: "x = y + y" doubles, a
 * loop that adds characters copies again and again.  Together some 50 ms. */
#define PYVALUE_MEMORY_MAX (64 * 1024 * 1024)
#define PYVALUE_WORK_MAX (64 * 1024 * 1024)

/* ---- record ------------------------------------------------------------ */
/* Bytes of a RECORD; that of a distribution with 100 000 files has 12 MiB. */
#define RECORD_BYTES_MAX (64 * 1024 * 1024)
/* Bytes of one field: PATH_MAX, so that every path that can be opened fits. */
#define RECORD_FIELD_MAX 4096
/* Files below a package that is compared with its RECORD; pip has 900. */
#define RECORD_FILES_MAX 65536
/* Directories within each other there; pip has six. */
#define RECORD_DEPTH_MAX 32
/* Bytes of all its files that are hashed: pip has 11 MiB, which takes 50 ms.  INSTALLER_WORK_MAX is less. */
#define RECORD_VERIFY_BYTES_MAX (128 * 1024 * 1024)

/* ---- report ------------------------------------------------------------ */
/* Bytes of the state that the service manager shows. */
#define STATUS_BYTES_MAX 1024
/* Problems of a reload that are logged; `--check` shows them all. */
#define RELOAD_PROBLEMS_MAX 20

/* ---- rpm_db ------------------------------------------------------------ */
/* Bytes of a header: that of a kernel with all its modules has 1 MiB. */
#define RPM_DB_HEADER_MAX (16 * 1024 * 1024)
/* Bytes that one question reads: the schema, some pages of two trees, a header for each file of that name, and the
 * journal, which has 4 MiB before it is emptied (https://sqlite.org/wal.html, "Automatic Checkpoint"). */
#define RPM_DB_BYTES_MAX (64 * 1024 * 1024)
/* Steps of SQLite's machine, as many to a turn: a question takes a few hundred.  Together some 20 ms. */
#define RPM_DB_TURN 1000
#define RPM_DB_TURNS_MAX 1000
/* Files with the name of the one that is asked for: each package for each Python that is installed. */
#define RPM_DB_ROWS_MAX 64

/* ---- rpm_header -------------------------------------------------------- */
/* rpm, lib/header.c: HEADER_TAGS_MAX. */
#define RPM_HEADER_ENTRIES_MAX 65535

/* ---- scan -------------------------------------------------------------- */
/* Directory levels below the start; PATH_MAX allows 2 048 of one letter. */
#define SCAN_DEPTH_MAX 2048
/* Directory entries between two looks at the clock of pyhookctl scan: some milliseconds. */
#define SCAN_SLICE 4096
/* Between two lines of its progress: more often than a person sees is flicker. */
#define SCAN_PROGRESS_NS (100 * UINT64_C(1000000))
/* Bytes of its text for one level, which is kept until it can be sorted: some hundred thousand hooks.  Somebody may
 * have planted millions. */
#define SCAN_TEXT_MAX (64 * 1024 * 1024)

/* ---- scans ------------------------------------------------------------- */
/* Searches waiting at once (a directory moved into place is one); beyond it all
 * are replaced by one search of everything. */
#define SCANS_MAX 256
/* Directory entries looked at before main's other work has its turn: about 1 ms. */
#define SCANS_SLICE 512

/* ---- shadow ------------------------------------------------------------ */
/* Directories of one interpreter: four of its library, seven of Debian's and Fedora's, a user's; twice for an environment. */
#define SHADOW_DIRS_MAX 24
/* Versions 3.N that are looked for where a directory is shared by all (Debian's /usr/lib/python3). */
#define SHADOW_MINOR_MIN 3
#define SHADOW_MINOR_MAX 24

/* ---- sigma ------------------------------------------------------------- */
/* Parentheses and `not`s within each other in a condition: evaluation recurses. */
#define SIGMA_CONDITION_DEPTH_MAX 32
/* Terms and operators of one condition, after `1 of x*` is written out. */
#define SIGMA_CONDITION_NODES_MAX 4096
/* Selections of one rule; the largest published rules have some 40. */
#define SIGMA_SELECTIONS_MAX 256
/* Rules of one set: SigmaHQ's whole repository has 3 500.  Each event asks every
 * rule of its category, less than a microsecond each. */
#define SIGMA_RULES_MAX 5000
/* Files in the rule directories together. */
#define SIGMA_FILES_MAX 10000

/* ---- sinks ------------------------------------------------------------- */
/* Alerts, and bytes of them, that wait for the sinks thread.  It empties some ten
 * thousand a second; a queue this long means that a disk hangs.  The bytes bound what an
 * attacker gains by planting hooks whose alerts are as large as an alert can be. */
#define SINKS_QUEUE_MAX 8192
#define SINKS_QUEUE_BYTES_MAX (64 * 1024 * 1024)
/* The same two for alerts that a sink itself keeps while the disk is full. */
#define SINK_BACKLOG_MAX 8192
#define SINK_BACKLOG_BYTES_MAX (64 * 1024 * 1024)
/* Old files of the durable log: what a reader looks for after alerts.jsonl. */
#define ALERT_FILES_MAX 100
/* Bytes of one line of the durable log.  The limits of alert keep a line below one
 * MiB; what is longer was not written by us and is skipped as damaged. */
#define ALERT_FILE_LINE_MAX (16 * 1024 * 1024)
/* Bytes of one of the daemon's own log lines before escaping: two paths of PATH_MAX and the
 * words around them. */
#define LOG_LINE_BYTES_MAX 9216

/* ---- source_fanotify --------------------------------------------------- */
/* Bytes of one read: some 2 000 records (fanotify(7): at least 4.4 KB for one). */
#define WATCH_READ_SIZE (256 * 1024)
/* The longest record: of FAN_RENAME, with two names of 255 bytes and three handles of 128, it has less than
 * 1 KiB.  A read that leaves this much has emptied the queue. */
#define WATCH_RECORD_MAX 4096
/* Candidates on their way from the watch thread to main: some 10 000.  Not
 * touched before it is used. */
#define WATCH_RING_SIZE (4 * 1024 * 1024)
/* Under load reads are this far apart.  Measured on `cp -a` of 17 000 files: the
 * workload takes 1.38 times as long with a read an event, 1.07 with this. */
#define WATCH_COALESCE_NS (5 * 1000 * 1000LL)
/* Reads made at once before that sets in, and gained back one every WATCH_COALESCE_NS. */
#define WATCH_BURST 16
/* After the last event that was read, one more look: the next one is then known to be later than that.  So a
 * program that was executed this long before its first act is known to have been, whatever is in the queue. */
#define WATCH_QUIET_NS (5 * 1000 * 1000)
/* Processes whose last executed file is remembered (a table indexed by pid). */
#define WATCH_EXEC_SLOTS 4096
/* Bytes of one such record; a longer one is not remembered. */
#define WATCH_EXEC_BYTES 440

/* ---- source_replay ----------------------------------------------------- */
/* Bytes of one line of a recording: room for the largest hook that is judged, escaped. */
#define REPLAY_LINE_MAX (32 * 1024 * 1024)

/* ---- template ---------------------------------------------------------- */
/* Templates of all files; a text is compared with those whose file's name fits, some ten. */
#define TEMPLATES_MAX 1000
/* Wordings of one template, and names of its file: setuptools changed one three times in ten years. */
#define TEMPLATE_PATTERNS_MAX 64
/* Placeholders of one wording, and one: a line of setuptools for a nested namespace has eight. */
#define TEMPLATE_PIECES_MAX 16

/* ---- view -------------------------------------------------------------- */
/* Bytes of the mountinfo of another namespace; that of a node with 100 pods is 500 KiB.  The kernel
 * writes a MiB in 20 ms, for each hook that somebody with so many mounts plants. */
#define VIEW_MOUNTS_BYTES_MAX (1024 * 1024)
/* Mounts of one container that show the file and are looked at closer; there are one or two. */
#define VIEW_CANDIDATES_MAX 64
/* Processes of a container that are asked for its root, where the writer is dead: each answers. */
#define VIEW_PEERS_MAX 64
/* Directories that one writer has its code from: some ten, and one for each of its PATH. */
#define VIEW_PLACES_MAX 96
/* Mounts in them, of a namespace with our root and of ours, that are compared; a host has ten. */
#define VIEW_COMPARED_MAX 256
/* Lines that both tables may have together: each file of a package that is looked at is looked for in
 * them.  A node with 100 pods has 2 000. */
#define VIEW_LINES_MAX 8192
/* st_size of an empty directory of a tmpfs: 2 * BOGO_DIRENT_SIZE (mm/shmem.c). */
#define VIEW_EMPTY_DIR_SIZE 40
/* Bytes of fdinfo: position, flags, mount and inode stand in its first 100, locks behind them. */
#define VIEW_FDINFO_MAX 1024

/* ---- vocabulary -------------------------------------------------------- */
/* Names, aliases and texts, of each; ours are about 1 000 names and 200 texts. */
#define VOCABULARY_ENTRIES_MAX 10000
/* Bytes of one: the longest dotted name that we have is 60. */
#define VOCABULARY_BYTES_MAX 256
/* A text of fewer would be found anywhere. */
#define VOCABULARY_TEXT_BYTES_MIN 3
/* Bytes of all texts: each may be a state of the automaton, whose numbers have 16 bits, and a state of 50
 * classes of bytes takes 100 bytes. */
#define VOCABULARY_TEXTS_BYTES_MAX 32768

/* ---- work -------------------------------------------------------------- */
/* Units (a byte that is hashed, 3 to 5 ns) of a path that is looked at or opened, or of each of its components where it is gone
 * down by hand: 3 to 5 us; and of a name in a directory
 * that is open already, of which only stat(2) is asked. */
#define WORK_PATH 1024
#define WORK_STAT 256
/* Of each byte of a path that is gone down again, 20 ns, and of each mount that is compared with it. */
#define WORK_PATH_BYTE 8
#define WORK_MOUNT 2
/* Of one name of a directory, as readdir(3) gives it. */
#define WORK_NAME 32
/* Bytes that are searched for a text in the time in which one is hashed. */
#define WORK_SEARCH_BYTES 16
/* Of a token of Python and each of its bytes, with all that is done for it; of a piece of Python, however short; of two
 * names of bytecode that are put together. */
#define WORK_TOKEN 16
#define WORK_TOKEN_BYTE 4
#define WORK_PYCODE 512
/* Of a call, whoever is called, of one round of a loop, and of one class that is asked for an attribute; of an item that is
 * put behind others, beside its bytes; and of the loop over what a source has imported, for each. */
#define WORK_CALL 64
#define WORK_ITEM 4
#define WORK_IMPORT 1
/* Of each packed byte that is inflated: blocks of nothing take 6 to 20 bytes each. */
#define WORK_INFLATE 16
/* Of a line that is compared with all templates: 1 us. */
#define WORK_TEMPLATE 256
/* Of a path line of a .pth, of each byte of its lines, of a file of variables, and of JSON, which is made into a tree. */
#define WORK_LINE 64
#define WORK_LINE_BYTE 4
#define WORK_ENV_BYTE 12
#define WORK_JSON_BYTE 16
/* Of each byte of a source whose words are looked up for bytecode. */
#define WORK_SOURCE_BYTE 16
#define WORK_PAIR 32
/* Bytes of memory that are zeroed in the time in which one is hashed. */
#define WORK_ZERO_BYTES 8
/* Bytes of JSON that take as long as one that is hashed are less than one: the tree is made of them. */
#define WORK_JSON 4

/* ---- zipfile ----------------------------------------------------------- */
/* Members that are looked at; the whole standard library has 3 000. */
#define ZIPFILE_MEMBERS_MAX 20000
/* Bytes that are unpacked at a time: what is packed may be a thousand times larger than it looks. */
#define ZIPFILE_PIECE 65536

#endif
