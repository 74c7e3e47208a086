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

/* ---- baseline ---------------------------------------------------------- */
/* Entries kept; 5 000 environments with 20 hooks each need a fifth of it. */
#define BASELINE_ENTRIES_MAX 500000

/* ---- coalesce ---------------------------------------------------------- */
/* A name created but not closed yet is read after this long: long enough for
 * open+write+close of an ordinary writer, too short for an interpreter to be
 * started by a person in between. */
#define COALESCE_HOLD_NS (20 * 1000 * 1000LL)
/* Paths held at once; beyond it the oldest is judged at once. */
#define COALESCE_PATHS_MAX 4096

/* ---- content ----------------------------------------------------------- */
/* Bytes of a hook that are read and judged.  The largest hook seen in the wild
 * is 34 KiB; CPython has no limit, so a larger file is judged by this much and
 * called truncated, which is suspicious in itself. */
#define CONTENT_BYTES_MAX (4 * 1024 * 1024)

/* ---- document ---------------------------------------------------------- */

/* ---- envfile ----------------------------------------------------------- */

/* ---- matcher ----------------------------------------------------------- */

/* ---- problem ----------------------------------------------------------- */
/* Problems kept of one load; the count goes on. */
#define PROBLEMS_MAX 1000

/* ---- process ----------------------------------------------------------- */

/* ---- pth --------------------------------------------------------------- */

/* ---- scan -------------------------------------------------------------- */
/* Directory levels below the start; PATH_MAX allows 2 048 of one letter. */
#define SCAN_DEPTH_MAX 2048

/* ---- sigma ------------------------------------------------------------- */

/* ---- sinks ------------------------------------------------------------- */

/* ---- source_fanotify --------------------------------------------------- */

#endif
