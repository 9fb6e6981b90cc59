"""The one metric table: every metric that reactor has, with both of its names.

Rows only. A number without a row here is not exported, and a row is exported the same to
Prometheus and to OpenTelemetry. Events never carry a container's id: a container that is
gone would take its counts with it. Names of containers stand on ``reactor_container_info``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from reactor.observe.names import Kind, label_name

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Upper bounds of the latency buckets, from one millisecond to one minute."""


@dataclass(frozen=True, slots=True)
class Row:
    """One metric. ``attributes`` are OpenTelemetry's; the label names derive from them."""

    otel: str
    unit: str
    kind: Kind
    name: str
    help: str
    attributes: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The label names in Prometheus."""
        return tuple(label_name(attribute) for attribute in self.attributes)


_C, _U, _G, _H = Kind.COUNTER, Kind.UPDOWN, Kind.GAUGE, Kind.HISTOGRAM
_ID = ("container.id",)

CONTAINERS = (
    Row(
        "reactor.container.info", "", _G, "reactor_container_info",
        "Always 1, for each container that is there; join other series with it by container_id to get names.",
        ("container.id", "container.name", "container.image.name", "standing"),
    ),
    Row(
        "container.threads", "{thread}", _U, "container_threads",
        "Tasks in the container as the kernel counts them, threads included; what rules call pids.", _ID,
    ),
    Row(
        "container.threads.max", "{thread}", _U, "container_threads_max",
        "The container's limit of tasks; absent where there is none.", _ID,
    ),
    Row(
        "container.memory.working_set", "By", _U, "container_memory_working_set_bytes",
        "Memory in use without the page cache that could be dropped; what rules call memory.", _ID,
    ),
    Row(
        "container.memory.limit", "By", _U, "container_memory_limit_bytes",
        "The container's memory limit; absent where there is none.", _ID,
    ),
    Row(
        "container.cpu.time", "s", _C, "container_cpu_time_seconds_total",
        "CPU time that the container has used.", _ID,
    ),
    Row(
        "container.uptime", "s", _G, "container_uptime_seconds",
        "Age of the container's present run; what rules call age. Absent while it is not known.", _ID,
    ),
    Row(
        "container.zombies", "{process}", _U, "container_zombies",
        "Zombies in the container; absent while they are not known, or no rule reads them.", _ID,
    ),
    Row(
        "container.layer.size", "By", _U, "container_layer_size_bytes",
        "Bytes in the container's own layer; what rules call layer_writes. Only where a rule asks.", _ID,
    ),
)  # fmt: skip

RULES = (
    Row("reactor.containers", "{container}", _U, "reactor_containers", "Living containers.", ("standing",)),
    Row("reactor.rules.loaded", "{rule}", _U, "reactor_rules_loaded", "Rules in force."),
    Row(
        "reactor.rules.reload.successful", "", _G, "reactor_rules_reload_successful",
        "1 if the last reload of the rules succeeded, or there was none; 0 while older ones are in force.",
    ),
    Row(
        "reactor.rules.reloads", "{reload}", _C, "reactor_rules_reloads_total",
        "Times the rules were read again while running, by result.", ("result",),
    ),
    Row(
        "reactor.gate.held", "{container}", _U, "reactor_gate_held",
        "Containers that new rules would act on, while they are held back because these are too many.",
    ),
    Row(
        "reactor.hold", "{hold}", _U, "reactor_hold",
        "1 while an operator holds the monitor: nothing is done, and all is said.",
    ),
    Row(
        "reactor.silences", "{silence}", _U, "reactor_silences",
        "Silences in force: containers and rules that an operator exempted for a time.",
    ),
    Row(
        "reactor.breaker.open", "{breaker}", _U, "reactor_breaker_open",
        "Breakers that are open: one for all together, and one for each owner.",
    ),
    Row(
        "reactor.brakes.waiting", "{container}", _U, "reactor_brakes_waiting",
        "Containers that would be ended, and wait for a token of a budget or for the breaker.",
    ),
    Row(
        "reactor.breaker.openings", "{opening}", _C, "reactor_breaker_openings_total",
        "Times that a breaker opened, since too many runs matched within a while.",
    ),
    Row(
        "reactor.budget.shortages", "{shortage}", _C, "reactor_budget_shortages_total",
        "Times that a budget came to have no token left, by kind: rule, owner, host or hard.", ("budget",),
    ),
    Row(
        "reactor.rule.matches", "{match}", _C, "reactor_rule_matches_total",
        "Times that a rule began to match a run, whether or not it came to a decision.", ("rule",),
    ),
    Row(
        "reactor.rule.unknown", "{run}", _U, "reactor_rule_unknown",
        "Runs for which a rule cannot be judged at present, for want of data or of a limit.", ("rule",),
    ),
    Row(
        "reactor.rule.holds", "{hold}", _C, "reactor_rule_holds_total",
        "Times that a rule began to hold back, since more runs matched it at once than its limit.", ("rule",),
    ),
    Row(
        "reactor.rule.defects", "{defect}", _C, "reactor_rule_defects_total",
        "Times that a rule failed by a defect and was put out of force for a container.", ("rule",),
    ),
    Row(
        "reactor.gate.holds", "{hold}", _C, "reactor_gate_holds_total",
        "Times that new rules were said to match too many runs and to wait for an acknowledgement.",
    ),
    Row(
        "reactor.gate.openings", "{opening}", _C, "reactor_gate_openings_total",
        "Times that new rules came into force: 'counted' to be within bounds, or 'acknowledged'.", ("how",),
    ),
    Row(
        "reactor.decisions", "{decision}", _C, "reactor_decisions_total",
        "Decisions that a run should be ended.", ("rule", "action", "dry_run"),
    ),
    Row(
        "reactor.oom.events", "{event}", _C, "reactor_oom_events_total",
        "OOM kills in containers, each counted once, by who told of it first: engine, kernel-log, counter of "
        "its cgroup, or host: the kernel's log, where the whole host was short of memory.", ("told_by",),
    ),
    Row(
        "reactor.exits", "{run}", _C, "reactor_exits_total",
        "Runs that ended, by the cause that is known for it.", ("cause",),
    ),
    Row(
        "reactor.ended_unseen", "{run}", _C, "reactor_ended_unseen_total",
        "Runs that ended while nobody watched and whose exit code nobody knows any more.",
    ),
    Row(
        "reactor.breach.duration", "s", _H, "reactor_breach_duration_seconds",
        "From the first evidence of a breach to the decision; a rule's 'for' is part of it.",
    ),
)  # fmt: skip

ACTIONS = (
    Row(
        "reactor.outcomes", "{outcome}", _C, "reactor_outcomes_total",
        "What came of decisions.", ("action", "result", "why"),
    ),
    Row(
        "reactor.kill.duration", "s", _H, "reactor_kill_duration_seconds",
        "From the decision until the end of the run was verified.", ("action",),
    ),
    Row(
        "reactor.came_back", "{run}", _C, "reactor_came_back_total",
        "Containers that began another run after we had ended one, by a restart policy for instance.",
    ),
    Row(
        "reactor.outbox.queued", "{decision}", _U, "reactor_outbox_queued",
        "Decisions that wait for a worker.",
    ),
    Row(
        "reactor.outbox.in_flight", "{decision}", _U, "reactor_outbox_in_flight",
        "Decisions that a worker is carrying out.",
    ),
    Row(
        "reactor.outbox.quarantined", "{decision}", _U, "reactor_outbox_quarantined",
        "Decisions that the engine does not get done; tried again from time to time.",
    ),
    Row(
        "reactor.outbox.beside", "{decision}", _U, "reactor_outbox_beside",
        "Decisions begun although all places were taken, because nobody came back from the engine.",
    ),
    Row(
        "reactor.outbox.overdue", "{decision}", _U, "reactor_outbox_overdue",
        "Decisions under way that have lost their place, because the engine does not come back from them.",
    ),
    Row(
        "reactor.outbox.at_bound", "{decision}", _C, "reactor_outbox_at_bound_total",
        "Decisions that had to wait because as many went on beside as may be.",
    ),
    Row(
        "reactor.containment.held", "{run}", _U, "reactor_containment_held",
        "Runs that can be ended directly, should a rule ask for it; absent where nobody is.",
    ),
    Row(
        "reactor.contained", "{step}", _C, "reactor_contained_total",
        "Direct steps before the engine was asked, by how, and what came of them: ended, frozen or not; "
        "for a thaw done or failed.",
        ("how", "outcome"),
    ),
)  # fmt: skip

STREAMS = (
    Row("reactor.ready", "", _G, "reactor_ready", "1 when the first reconcile is done and events come in."),
    Row(
        "reactor.events.received", "{event}", _C, "reactor_events_received_total",
        "Container events that the engine sent.",
    ),
    Row(
        "reactor.events.repeated", "{event}", _C, "reactor_events_repeated_total",
        "Events dropped because they had been seen already; normal after a reconnect.",
    ),
    Row(
        "reactor.stream.reconnects", "{reconnect}", _C, "reactor_stream_reconnects_total",
        "Streams that ended, in whatever way, and were opened again.", ("stream",),
    ),
    Row(
        "reactor.gaps", "{gap}", _C, "reactor_gaps_total",
        "Times when events may have been lost and everything was listed and inspected again.",
    ),
    Row(
        "reactor.blind", "s", _C, "reactor_blind_seconds_total",
        "Time during which no events could be received.",
    ),
    Row(
        "reactor.last_event.timestamp", "s", _G, "reactor_last_event_timestamp_seconds",
        "When the last event was received; absent before the first.",
    ),
    Row(
        "reactor.stats.streams", "{stream}", _U, "reactor_stats_streams",
        "Open streams of resource readings, one for each run that a rule needs one for.",
    ),
    Row(
        "reactor.stats.shed", "{stream}", _U, "reactor_stats_shed",
        "Runs that a rule needs readings of and that get none, for want of room; they are not judged.",
    ),
    Row(
        "reactor.kernel.oom_kills", "{kill}", _C, "reactor_kernel_oom_kills_total",
        "OOM kills in the kernel's log, by result: in a container that is known, in none of this engine "
        "(foreign), or nobody can tell (untold).", ("result",),
    ),
    Row(
        "reactor.kernel.log.lost", "{record}", _C, "reactor_kernel_log_lost_total",
        "Records of the kernel's log that were overwritten before they were read, of whatever they spoke.",
    ),
    Row(
        "reactor.kernel.mode", "", _G, "reactor_kernel_mode",
        "1 for the way in which the kernel's cgroups can be used here, 0 for the others: write, read-only or "
        "none; absent until that was tried out.", ("mode",),
    ),
    Row(
        "reactor.kernel.ability", "", _G, "reactor_kernel_ability",
        "1 for what the kernel lets us do, 0 for what it does not; 'reactor doctor' says why.", ("ability",),
    ),
    Row(
        "reactor.kernel.log.up", "", _G, "reactor_kernel_log_up",
        "1 while the kernel's log is read for OOM kills, 0 while it cannot be.",
    ),
    Row(
        "reactor.lane.up", "", _G, "reactor_lane_up",
        "1 while the fast lane looks at cgroups, 0 while it is down and streams are read instead; "
        "absent where no cgroups can be read, or the profile is streams.",
    ),
    Row(
        "reactor.lane.runs", "{run}", _U, "reactor_lane_runs",
        "Runs whose readings come from their cgroups, by the fast lane.",
    ),
    Row(
        "reactor.lane.bells", "{run}", _U, "reactor_lane_bells",
        "Runs of whose memory the kernel itself tells the fast lane; that of others is found by looking.",
    ),
    Row(
        "reactor.lane.busy", "", _G, "reactor_lane_busy",
        "Share of a core that the fast lane used in the last second.",
    ),
    Row(
        "reactor.lane.late", "s", _G, "reactor_lane_late_seconds",
        "By how much the latest look of the fast lane in the last second came after its time.",
    ),
    Row(
        "reactor.lane.slowed", "{look}", _C, "reactor_lane_slowed_total",
        "Looks of the fast lane that had a reason to read all runs, and put that off to keep the budget.",
    ),
    Row(
        "reactor.lane.arming.duration", "s", _H, "reactor_lane_arming_duration_seconds",
        "From the start of a container until the fast lane reads it, if it started while we were there.",
    ),
    Row(
        "reactor.lane.deaths", "{death}", _C, "reactor_lane_deaths_total",
        "Times that the fast lane ended and had to be started again.",
    ),
    Row(
        "reactor.layer.measures", "{measure}", _C, "reactor_layer_measures_total",
        "Times that the engine was asked how much stands in a container's own layer, by result.", ("result",),
    ),
    Row(
        "reactor.layer.measuring", "s", _C, "reactor_layer_measuring_seconds_total",
        "Time that the engine took to answer that.",
    ),
    Row("reactor.samples", "{sample}", _C, "reactor_samples_total", "Resource readings with data in them."),
    Row(
        "reactor.no_data_frames", "{sample}", _C, "reactor_no_data_frames_total",
        "Resource readings without data; they count as unknown, never as zero.",
    ),
    Row(
        "reactor.stale_samples", "{run}", _U, "reactor_stale_samples",
        "Runs whose last resource reading is too old to be evidence.",
    ),
)  # fmt: skip

HOST = (
    Row(
        "reactor.host.memory.known", "", _G, "reactor_host_memory_known",
        "1 while it is known what the engine's host has left, 0 while not; absent where no rule asks.",
    ),
    Row(
        "reactor.host.memory.available", "By", _U, "reactor_host_memory_available_bytes",
        "What the kernel of the engine's host calls available memory; absent while it is not known.",
    ),
)  # fmt: skip

RECONCILE = (
    Row(
        "reactor.last_reconcile.timestamp", "s", _G, "reactor_last_reconcile_timestamp_seconds",
        "When the engine's containers were last listed and compared; absent before the first time.",
    ),
    Row(
        "reactor.reconcile.duration", "s", _H, "reactor_reconcile_duration_seconds",
        "How long one reconcile took: list, inspect, compare.",
    ),
    Row(
        "reactor.reconcile.failures", "{reconcile}", _C, "reactor_reconcile_failures_total",
        "Reconciles that came to nothing because the engine did not answer as it should.",
    ),
    Row(
        "reactor.orphans.found", "{container}", _C, "reactor_orphans_found_total",
        "Sidecars found alive whose main container is gone.",
    ),
)  # fmt: skip

OWNERS = (
    Row(
        "reactor.owners", "{owner}", _U, "reactor_owners",
        "Owners that living mains name, by their kind and by what is known of them.", ("kind", "state"),
    ),
    Row(
        "reactor.owners.gone", "{owner}", _C, "reactor_owners_gone_total",
        "Times that an owner was found to be gone, after it was there or unknown.", ("kind",),
    ),
    Row(
        "reactor.orphans.ended", "{container}", _C, "reactor_orphans_ended_total",
        "Containers that were ended for what they had lost: a 'main' its owner, a 'sidecar' its main.",
        ("standing",),
    ),
    Row(
        "reactor.leases", "{lease}", _U, "reactor_leases",
        "Leases on record: 'held', 'over' since nobody renewed them, or 'given-up'.", ("state",),
    ),
    Row(
        "reactor.lease.connections", "{connection}", _U, "reactor_lease_connections",
        "Open connections that hold a lease.",
    ),
    Row(
        "reactor.lease.events", "{event}", _C, "reactor_lease_events_total",
        "What became of leases: 'taken', 'renewed', 'given-up', 'ran-out'; 'refused' to any but the holder.",
        ("event",),
    ),
)  # fmt: skip

JOURNAL = (
    Row(
        "reactor.journal.healthy", "", _G, "reactor_journal_healthy",
        "1 while what is written to the journal gets to the disk.",
    ),
    Row(
        "reactor.journal.queued", "{record}", _U, "reactor_journal_queued",
        "Records that wait to be written.",
    ),
    Row(
        "reactor.journal.written", "{record}", _C, "reactor_journal_written_total",
        "Records written to the journal.",
    ),
    Row(
        "reactor.journal.dropped", "{record}", _C, "reactor_journal_dropped_total",
        "Records that could not be kept because the journal did not keep up.",
    ),
    Row(
        "reactor.journal.failures", "{failure}", _C, "reactor_journal_failures_total",
        "Writes to the journal that failed.",
    ),
    Row(
        "reactor.journal.late", "{intent}", _C, "reactor_journal_late_total",
        "Intents that were acted upon before they were on the disk, since it was too slow.",
    ),
)  # fmt: skip

RECORDING = (
    Row(
        "reactor.recording.healthy", "", _G, "reactor_recording_healthy",
        "1 while what is recorded gets to the disk; absent where nothing is recorded.",
    ),
    Row(
        "reactor.recording.facts", "{fact}", _C, "reactor_recording_facts_total",
        "Facts written to the recording.",
    ),
    Row(
        "reactor.recording.dropped", "{fact}", _C, "reactor_recording_dropped_total",
        "Facts that are in no recording because the disk was slow or full.",
    ),
    Row(
        "reactor.recording.written", "By", _C, "reactor_recording_written_bytes_total",
        "Bytes written to recordings.",
    ),
)  # fmt: skip

OURSELVES = (
    Row(
        "reactor.build.info", "", _G, "reactor_build_info",
        "Always 1; the version of reactor and of the Python that runs it.", ("version", "python"),
    ),
    Row(
        "process.cpu.time", "s", _C, "process_cpu_time_seconds_total",
        "CPU time that the monitor itself has used.",
    ),
    Row(
        "process.memory.usage", "By", _U, "process_memory_usage_bytes",
        "Resident memory of the monitor itself.",
    ),
    Row("process.threads", "{thread}", _U, "process_threads", "Threads of the monitor itself."),
    Row("process.open_fds", "{file}", _U, "process_open_fds", "Files and sockets that the monitor has open."),
    Row("process.uptime", "s", _G, "process_uptime_seconds", "How long the monitor has been running."),
    Row(
        "reactor.loop.lag", "s", _H, "reactor_loop_lag_seconds",
        "How late a timer of the monitor's loop came, asked once a second.",
    ),
    Row(
        "reactor.exports", "{export}", _C, "reactor_exports_total",
        "Metrics pushed, by how it went; scrapes are counted by whoever scrapes.", ("result",),
    ),
    Row(
        "reactor.metric.overflows", "{event}", _C, "reactor_metric_overflows_total",
        "Counts that went to the label value 'overflow' because a metric had too many label sets.",
        ("metric",),
    ),
)  # fmt: skip

TABLE: tuple[Row, ...] = (
    *CONTAINERS,
    *RULES,
    *ACTIONS,
    *STREAMS,
    *HOST,
    *RECONCILE,
    *OWNERS,
    *JOURNAL,
    *RECORDING,
    *OURSELVES,
)
"""All rows, in the order in which they are exported."""

ROWS: Mapping[str, Row] = MappingProxyType({row.name: row for row in TABLE})
"""The rows by their Prometheus name, which is the name that the code uses, too."""
