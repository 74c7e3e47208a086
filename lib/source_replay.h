/* source_replay.h - a recording instead of a kernel: one JSON object a line.
 *
 *	{"file": {"path": "/v/x.pth", "content": "import os\n", "mode": "0644"}}
 *	{"file": {"path": "/usr/bin/apk", "elf": "apk-tools", "mode": "0755"}}
 *	{"file": {"path": "/home/a", "directory": true, "mode": "0755", "uid": 1000}}
 *	{"file": {"path": "/v/l.pth", "link": "/v/x.pth"}}
 *	{"file": {"path": "/v/x.pth", "remove": true}}
 *	{"inventory": "/home/a/.profile"}
 *	{"process": {"pid": 10, "ppid": 1, "exe": "/usr/bin/dash", "argv": ["sh"], "cwd": "/", "uid": 0,
 *		     "euid": 0, "loginuid": 1000, "comm": "sh", "environ": ["PYTHONPATH=/x"], "start_ns": 5}}
 *	{"event": {"what": ["create", "close-write"], "path": "/v/x.pth", "pid": 10, "old_path": "",
 *		   "exec_path": "", "is_dir": false}}
 *
 * `file` changes what stands on disk, `inventory` takes a file in as known before, `process` puts
 * one into the table, `event` goes down the line.  `elf` is a program: the head of an ELF file and
 * the text that is in it.  A file belongs to whom its directory belongs to, unless `uid` says another.
 * The executable of a process is the file of that path, if there is one at that time.
 * Strings may hold any byte as \u00XX of JSON:
 * U+0080 to U+00FF stand for the bytes themselves.  The same line that judges the live host
 * judges it, so that every decision can be tested without root.
 */
#ifndef PYHOOKD_SOURCE_REPLAY_H
#define PYHOOKD_SOURCE_REPLAY_H

#include "event.h"
#include "process.h"
#include "region.h"

enum replay_step_kind {
	REPLAY_FILE,
	REPLAY_INVENTORY,
	REPLAY_PROCESS,
	REPLAY_EVENT,
};

struct replay_step {
	enum replay_step_kind kind;
	struct {
		struct bytes path;
		struct bytes content;		/* absent with `link`, `remove` and `directory` */
		struct bytes link;		/* absent: not a link */
		mode_t mode;
		uid_t uid;			/* of the group, too; (uid_t)-1: as the directory that holds it */
		bool remove;
		bool directory;
	} file;					/* in the region */
	struct bytes inventory;			/* likewise */
	struct process *process;		/* a reference, the caller's; NULL unless REPLAY_PROCESS */
	struct event event;			/* the caller's to event_done(); EVENT_INIT unless REPLAY_EVENT */
};

void replay_step_done(struct replay_step *s);

/* Read one line.  -EINVAL: it is no such object, *reterr_what says what is wrong
 * (a constant).  -ENOMEM. */
int source_replay_parse(struct bytes line, struct region *region, struct replay_step *ret,
			const char **reterr_what);

#endif
