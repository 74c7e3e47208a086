/* proc_socket.h - sockets on which the kernel tells of processes (its proc connector).
 *
 * Two kinds.  One socket gets every record of interest, in order; others get EXEC records
 * only, each from its part of the processors.  What is not wanted is dropped by a filter in
 * the kernel, before anybody is woken.
 */
#ifndef PYHOOKD_PROC_SOCKET_H
#define PYHOOKD_PROC_SOCKET_H

#include <linux/cn_proc.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* The names of the enumerators moved in Linux 6.6 (out of struct proc_event);
 * the numbers are the interface. */
#define WHAT_NONE 0u
#define WHAT_FORK 1u
#define WHAT_EXEC 2u
#define WHAT_UID 4u
#define WHAT_GID 0x40u
#define WHAT_SID 0x80u
#define WHAT_PTRACE 0x100u
#define WHAT_COMM 0x200u
#define WHAT_EXIT 0x80000000u

enum { PROC_RECORD_BYTES = 256 };	/* nlmsghdr 16, cn_msg 20, proc_event 40: room for a longer one */

/* All records of interest, non-blocking; the kernel has acknowledged when this returns.
 * -EPERM, -ECONNREFUSED (not the initial network namespace), -ETIMEDOUT (no
 * acknowledgement: another pid namespace). */
int proc_socket_open(int *ret);

/* EXEC records of the processors whose number leaves `part` when divided by `parts`, blocking.
 * To be opened after the one of proc_socket_open(), which makes the kernel send at all. */
int proc_socket_open_execs(unsigned part, unsigned parts, int *ret);

/* Let a thread that waits in recv() on it return. */
int proc_socket_prod(int fd);

/* Unsubscribe and close; *fd is -EBADF then. */
void proc_socket_close(int *fd);
void proc_socket_close_execs(int *fd);

/* The record in one message: a copy, since there it is not aligned.  False for anything else, and
 * for what did not come from the kernel. */
bool proc_record_decode(const char *message, size_t size, const struct sockaddr_nl *from,
			socklen_t from_size, struct proc_event *ret);

#endif
