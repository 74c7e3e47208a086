/* terminal.h - the number of a controlling terminal, as field 7 of /proc/PID/stat has it
 * (proc_pid_stat(5)), and the name that people know it by.
 */
#ifndef PYHOOKD_TERMINAL_H
#define PYHOOKD_TERMINAL_H

#include <stdint.h>

#include "str.h"

unsigned terminal_major(uint32_t tty);
unsigned terminal_minor(uint32_t tty);

/* Appends "pts/3", "tty1", "ttyS0"; "MAJOR:MINOR" for one that has no name here.  -ENOMEM. */
int terminal_name(uint32_t tty, struct str *out);

#endif
