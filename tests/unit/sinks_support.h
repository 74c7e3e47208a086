/* sinks_support.h - what the tests of the sinks share: alerts, a state directory.
 */
#ifndef PYHOOKD_TEST_SINKS_SUPPORT_H
#define PYHOOKD_TEST_SINKS_SUPPORT_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "alert.h"
#include "alert_file.h"
#include "escape.h"
#include "sink.h"

/* The least that alert_text() and alert_journal_fields() take for an alert; unlike alert_new()'s,
 * its id is short and its message any bytes. */
static inline struct alert *new_alert(const char *id, enum level level, const char *message)
{
	struct alert *a = calloc(1, sizeof(*a));
	cJSON *json = cJSON_CreateObject(), *o;

	assert_non_null(a);
	(void)cJSON_AddStringToObject(json, "@timestamp", "2026-11-24T08:20:00.123456789Z");
	(void)cJSON_AddStringToObject(json, "message", message);
	(void)cJSON_AddStringToObject(json, "DetectionType",
				      detection_type_to_string(DETECTION_PTH_FILE_CREATED));
	o = cJSON_AddObjectToObject(json, "event");
	(void)cJSON_AddStringToObject(o, "id", id);
	o = cJSON_AddObjectToObject(json, "pyhookd");
	(void)cJSON_AddStringToObject(o, "level", level_to_string(level));
	a->json = cJSON_PrintUnformatted(json);
	a->json_len = strlen(a->json);
	a->level = level;
	(void)snprintf(a->id, sizeof(a->id), "%s", id);
	cJSON_Delete(json);
	return a;
}

static inline struct alert *numbered_alert(unsigned n, enum level level)
{
	char id[16];

	(void)snprintf(id, sizeof(id), "a%05u", n);
	return new_alert(id, level, id);
}

static inline int give(struct sink *s, struct alert *a)
{
	int r = s->ops->write(s, a);

	(void)alert_free(a);
	return r;
}

/* A state directory of one test; the current directory's name for it is in state_path. */
static char state_path[64];
static int state = -EBADF;

static inline int make_state(void **data)
{
	(void)data;
	(void)snprintf(state_path, sizeof(state_path), "/tmp/pyhookd-test.XXXXXX");
	if (!mkdtemp(state_path))
		return -1;
	state = open(state_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return state < 0 ? -1 : 0;
}

static inline int drop_state(void **data)
{
	char command[128];

	(void)data;
	(void)close(state);
	(void)snprintf(command, sizeof(command), "rm -rf -- %s", state_path);
	return system(command);
}

/* The whole of a file of the state directory, to str_release(). */
static inline struct str content(const char *name)
{
	struct str s = STR_INIT;
	int fd = openat(state, name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	assert_true(fd >= 0);
	do {
		assert_int_equal(str_reserve(&s, 65536), 0);
		n = read(fd, s.buf + s.len, 65536);
		assert_true(n >= 0);
		s.len += (size_t)n;
		s.buf[s.len] = '\0';
	} while (n > 0);
	(void)close(fd);
	return s;
}

static inline void put_file(const char *name, struct bytes b)
{
	int fd = openat(state, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, b.ptr, b.len), b.len);
	(void)close(fd);
}

static inline void pause_ms(unsigned ms)
{
	struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

	(void)nanosleep(&t, NULL);
}

#endif
