/* report.h - what the daemon knows of itself, as text: counters and what it watches. */
#ifndef PYHOOKD_REPORT_H
#define PYHOOKD_REPORT_H

#include "memory_reader.h"
#include "mounts.h"
#include "pipeline.h"

struct report_input {
	const struct pipeline *pipeline;
	struct source_fanotify *source;
	struct proc_connector *connector;	/* NULL: none */
	struct process_table *processes;
	struct memory_reader *memory;
	struct sinks *sinks;
	struct scans *scans;
};

/* One line of key=value, for SIGUSR1: nothing that was lost is left out. -ENOMEM. */
int report_counters(const struct report_input *in, struct str *ret);

/* "watching / (ext4), /home (xfs); not /mnt/x (fuse.sshfs: remote ...)". -ENOMEM. */
int report_filesystems(struct mounts *mounts, struct str *ret);

#endif
