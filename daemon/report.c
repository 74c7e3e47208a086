#include "report.h"

#include "log.h"

int report_counters(const struct report_input *in, struct str *ret)
{
	struct pipeline_counters p;
	struct source_counters s;
	struct scans_counters scans;
	struct sinks_counters sinks;
	struct process_table_counters processes;
	struct proc_connector_counters connector = { 0 };
	struct memory_reader_counters memory;
	int r;

	pipeline_counters(in->pipeline, &p);
	source_fanotify_counters(in->source, &s);
	scans_counters(in->scans, &scans);
	sinks_counters(in->sinks, &sinks);
	process_table_counters(in->processes, &processes);
	memory_reader_counters(in->memory, &memory);
	if (in->connector)
		proc_connector_counters(in->connector, &connector);

#define N(name, value) { name, (uint64_t)(value) }
	const struct {
		const char *name;
		uint64_t value;
	} list[] = {
		N("events", s.events), N("reads", s.reads), N("candidates", s.candidates),
		N("overflow", s.overflow), N("lost", s.ring_full + s.undecodable + p.no_memory + sinks.dropped),
		N("stale", s.stale), N("unresolved", s.unresolved), N("tracked", s.tracked),
		N("untracked", s.untracked + p.untracked), N("interest", s.interest), N("ring_bytes", s.ring_bytes), N("not_hooks", p.not_hooks), N("temporary", p.temporary),
		N("aliases", p.aliases), N("unfollowed", p.unfollowed),
		N("judged", p.judged), N("same_act", p.same_act), N("no_rule", p.no_rule), N("regex_limited", p.regex_limited),
		N("unread", p.unread), N("unattributed", p.unattributed),
		N("join_timeouts", p.join_timeouts), N("gaps", p.gaps), N("waiting", p.waiting),
		N("deferred", p.deferred), N("deferral_timeouts", p.deferral_timeouts), N("undeferred", p.undeferred), N("hurried", p.hurried),
		N("hooks", p.hooks), N("alerts_critical", p.alerts[LEVEL_CRITICAL]),
		N("alerts_high", p.alerts[LEVEL_HIGH]), N("alerts_medium", p.alerts[LEVEL_MEDIUM]),
		N("alerts_low", p.alerts[LEVEL_LOW]), N("alerts_informational", p.alerts[LEVEL_INFORMATIONAL]),
		N("scans_done", scans.done), N("scans_waiting", scans.waiting),
		N("scan_entries", scans.entries), N("scan_unreadable", scans.unreadable),
		N("scan_too_deep", scans.too_deep), N("processes", processes.entries),
		N("execs", processes.execs), N("exec_unread", processes.exec_unread),
		N("exec_late", connector.unstaged), N("exec_readers_lost", connector.readers_lost),
		N("memory_unanswered", memory.unanswered), N("memory_stuck", memory.stuck),
		N("connector", in->connector != NULL), N("connector_realtime", connector.realtime),
		N("connector_lost", connector.lost), N("alerts_queued", sinks.queued),
		N("evidence_kept", sinks.evidence.kept), N("evidence_removed", sinks.evidence.removed),
		N("evidence_failed", sinks.evidence.failed + sinks.evidence_dropped), N("evidence_bytes", sinks.evidence.bytes),
		N("alerts_dropped", sinks.dropped), N("last_latency_us", sinks.last_latency_ns / 1000),
		N("max_latency_us", sinks.max_latency_ns / 1000), N("log_lines_dropped", log_dropped()),
	};
#undef N

	for (size_t i = 0; i < ELEMENTSOF(list); i++) {
		r = str_appendf(ret, "%s%s=%llu", i ? " " : "", list[i].name,
				(unsigned long long)list[i].value);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < sinks.sink_count; i++) {
		r = str_appendf(ret, " %s_written=%llu %s_failed=%llu %s_owed=%llu", sinks.sink[i].name,
				(unsigned long long)sinks.sink[i].c.written, sinks.sink[i].name,
				(unsigned long long)sinks.sink[i].c.failed, sinks.sink[i].name,
				(unsigned long long)sinks.sink[i].c.owed);
		if (r < 0)
			return r;
	}
	return 0;
}

int report_filesystems(struct mounts *mounts, struct str *ret)
{
	bool first = true;
	int r = 0;

	for (size_t i = 0; i < mounts_count(mounts) && r >= 0; i++) {
		const struct filesystem *fs = mounts_at(mounts, i);

		if (!fs->marked)
			continue;
		r = str_appendf(ret, "%s%s (%s%s)", first ? "watching " : ", ", fs->point, fs->type,
				fs->whole ? "" : ", a part of it");
		first = false;
	}
	if (first && r >= 0)
		r = str_append_text(ret, "watching nothing");

	first = true;
	for (size_t i = 0; i < mounts_count(mounts) && r >= 0; i++) {
		const struct filesystem *fs = mounts_at(mounts, i);

		if (fs->marked)
			continue;
		r = str_appendf(ret, "%s%s (%s: %s)", first ? "; not watching " : ", ",
				fs->point ? fs->point : "?", fs->type, fs->why_not ? fs->why_not : "?");
		first = false;
	}
	return r;
}
