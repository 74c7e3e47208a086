/* log.h - the daemon's own words: one line each, on standard error.
 *
 * Under systemd standard error is a stream to journald: lines then carry the
 * "<N>" prefix (sd-daemon(3)) and a line that would block is counted and
 * dropped, since a hung journald must not stop the line.  Alerts never go this
 * way.  lib/ does not log: it returns, and its caller in daemon/ logs once.
 */
#ifndef PYHOOKD_LOG_H
#define PYHOOKD_LOG_H

#include <stdint.h>
#include <syslog.h>

/* Once, before threads: finds out what standard error is. */
void log_open(int max_priority);
void log_line(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* with ": " and the text of error (a positive or negative errno) behind */
void log_line_errno(int priority, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
uint64_t log_dropped(void);

#define log_error(...) log_line(LOG_ERR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)
#define log_error_errno(e, ...) log_line_errno(LOG_ERR, e, __VA_ARGS__)
#define log_warning_errno(e, ...) log_line_errno(LOG_WARNING, e, __VA_ARGS__)

#endif
