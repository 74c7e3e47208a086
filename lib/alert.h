/* alert.h - what we say: facts and verdict as one JSON object (ECS names), as
 * a sentence, and as the journal's fields.
 *
 * The object is the alert; the sentence (its "message") is a part of it, and the
 * terminal's line and the journal's fields are made from it, so that an alert read back
 * from the log says the same as a fresh one.
 */
#ifndef PYHOOKD_ALERT_H
#define PYHOOKD_ALERT_H

#include <cjson/cJSON.h>

#include "cleanup.h"
#include "engine.h"
#include "facts.h"

#define ALERT_ID_LEN 32

/* One alert: owned by one holder at a time, handed down to the sinks thread. */
struct alert {
	char id[ALERT_ID_LEN + 1];	/* hex; unique on the host */
	enum level level;
	enum detection_type type;
	uint64_t time_ns;		/* CLOCK_REALTIME of the event */
	uint64_t read_ns;		/* CLOCK_MONOTONIC when the event was read: latency = now - this */
	char *json;			/* one line without the newline, UTF-8; owned */
	size_t json_len;
	char *evidence;			/* bytes of the hook that are to be kept before it is written; owned; NULL: none */
	size_t evidence_len;
	char evidence_name[65];		/* their SHA-256 */
};

struct alert *alert_free(struct alert *a);
DEFINE_CLEANUP(struct alert, alert_free)

/* `id_seed`: 16 random bytes from the caller (lib/ has no source of randomness).
 * -ENOMEM. */
int alert_new(const struct facts *f, const struct verdict *v, const uint8_t id_seed[16],
	      struct alert **ret);

/* DETECTION_COVERAGE_GAP, level high: events were lost, so a hook may have been
 * planted unseen.  `reason` is a sentence without full stop, such as "the kernel's event
 * queue overflowed: a rescan was started".  -ENOMEM. */
int alert_gap_new(uint64_t time_ns, uint64_t mono_ns, struct bytes computer, struct bytes reason,
		  const uint8_t id_seed[16], struct alert **ret);

/* What an alert says of the hook itself, without an alert: an object with the members `message`, `file` and
 * `pyhookd`, the caller's to cJSON_Delete().  -ENOMEM. */
int alert_hook_new(const struct facts *f, const struct verdict *v, cJSON **ret);

/* One line for a person, from the alert's JSON, escaped; with colour if asked.  Appended to
 * out, no newline.  -EINVAL: not an alert. */
int alert_text(const cJSON *json, bool colour, struct str *out);

/* The journal's fields of an alert's JSON: calls fn for MESSAGE, MESSAGE_ID, PRIORITY,
 * SYSLOG_IDENTIFIER and PYHOOKD_*; ends at its first negative answer.  `line` is the JSON
 * text itself, for PYHOOKD_JSON.  -EINVAL: not an alert; -ENOMEM. */
typedef int (*alert_field_fn)(const char *name, struct bytes value, void *userdata);
int alert_journal_fields(const cJSON *json, struct bytes line, alert_field_fn fn, void *userdata);

#endif
