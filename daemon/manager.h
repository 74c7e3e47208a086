/* manager.h - the daemon as a whole: makes the rooms, connects them, runs the loop.
 *
 *	watch thread ---ring---> main: pipeline ---queue---> sinks thread
 *	processes thread --table--^
 */
#ifndef PYHOOKD_MANAGER_H
#define PYHOOKD_MANAGER_H

#include "cleanup.h"
#include "config.h"
#include "policy.h"

struct manager;

/* How to load configuration and policy: again at SIGHUP. */
typedef int (*manager_load_fn)(struct config *ret_config, struct policy *ret_policy, void *userdata);

/* Before anything else: is it of any use to go on?  -EPERM, and the one line that says what is missing. */
int manager_check_privileges(void);

/* Start everything; takes over what `config` and `policy` hold.  Errors are logged.  -EPERM: the
 * kernel refuses fanotify; -ENOSYS: it does not have it; others. */
int manager_new(struct config *config, struct policy *policy, manager_load_fn load, void *userdata,
		struct manager **ret);
struct manager *manager_free(struct manager *m);
DEFINE_CLEANUP(struct manager, manager_free)

/* Until SIGTERM or SIGINT, then drain.  0, or -errno of the loop. */
int manager_run(struct manager *m);

#endif
