"""Rows of the board *Monitor* about its inside: what it sees, its journal, what it costs, and the canary."""

from tools.boards.fleet import CORES, RATE
from tools.boards.panels import Panel, Query, bars, lines, narrow_cell, number, table

READY = "(reactor_engine_up{@} or reactor_ready{@})"
"""Whether each engine is seen: of one that is away its own monitor has nothing to say."""


def quantile(share: float, histogram: str, by: str = "") -> str:
    """So many of all took at most as long as this."""
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile ({share}, sum by ({labels}) (rate({histogram}_bucket{{@}}{RATE})))"


def streams() -> tuple[Panel, ...]:
    """Who is watched, what comes in, how old it is, and what reconciles found."""
    return (
        lines(
            "Who is watched",
            "1 while an engine is watched and its monitor is ready. An engine that is watched alone may have "
            "no name.",
            Query(READY, "{{instance}} {{engine}}"),
            width=24,
            defaults={"min": 0, "max": 1},
        ),
        lines(
            "Facts",
            "What comes in per second, by its source.",
            Query(f"sum by (source) (rate(reactor_facts_total{{@}}{RATE}))", "{{source}}"),
            unit="cps",
            width=8,
        ),
        lines(
            "Age of the last fact",
            "How long ago each source last told something. Events are rare on a quiet host; lists and the "
            "clock never are.",
            Query(
                "time() - max by (engine, source) (reactor_last_fact_timestamp_seconds{@})",
                "{{source}} {{engine}}",
            ),
            unit="s",
            width=8,
        ),
        lines(
            "Blind",
            "The part of the time in which no events could be received, and gaps after which everything "
            "was listed anew.",
            Query(f"sum (rate(reactor_blind_seconds_total{{@}}{RATE}))", "blind"),
            Query(f"sum (increase(reactor_gaps_total{{@}}{RATE}))", "gaps"),
            Query(
                f"sum by (stream) (increase(reactor_stream_reconnects_total{{@}}{RATE}))",
                "reconnects: {{stream}}",
            ),
            width=8,
        ),
        lines(
            "Readings",
            "Readings per second, those without data in them, and how many containers have none that is "
            "evidence.",
            Query(f"sum (rate(reactor_samples_total{{@}}{RATE}))", "readings per second"),
            Query(f"sum (rate(reactor_no_data_frames_total{{@}}{RATE}))", "without data, per second"),
            Query("sum (reactor_stale_samples{@})", "containers without a fresh one"),
            Query("sum (reactor_lane_runs{@})", "read from the kernel"),
            Query("sum (reactor_stats_streams{@})", "read from the engine"),
            width=8,
        ),
        lines(
            "Reconcile",
            "How long it takes to list, inspect and compare (half, and 99 of 100), and how long ago that "
            "was.",
            Query(quantile(0.5, "reactor_reconcile_duration_seconds"), "half of all"),
            Query(quantile(0.99, "reactor_reconcile_duration_seconds"), "99 of 100"),
            Query("time() - min (reactor_last_reconcile_timestamp_seconds{@})", "last one ago"),
            unit="s",
            width=8,
        ),
        bars(
            "What reconciles found",
            "What no event had told: runs that were taken up, or were over; sidecars without their main; "
            "and reconciles that failed.",
            Query(f"sum by (what) (increase(reactor_reconcile_found_total{{@}}{RATE}))", "{{what}}"),
            Query(f"sum (increase(reactor_orphans_found_total{{@}}{RATE}))", "orphans"),
            Query(f"sum (increase(reactor_reconcile_failures_total{{@}}{RATE}))", "failed"),
            width=8,
        ),
    )


def kernel() -> tuple[Panel, ...]:
    """In which way the kernel's accounts are used, and what would have to be granted for a better one."""
    return (
        number(
            "How the kernel's accounts are used",
            "Write: read, and kept informed by the kernel. Read-only: read. None: the engine's streams are "
            "all there is.",
            Query("max by (instance, engine, mode) (reactor_kernel_mode{@}) > 0", "{{mode}} {{engine}}"),
            text="name",
            width=6,
        ),
        table(
            "What it lacks",
            "What the kernel does not let the monitor do, why, and what would have to be granted. Not all "
            "of it is needed: reactor doctor says what is lost.",
            Query("max by (instance, engine, ability, why, grant) (reactor_kernel_lack{@})", now=True),
            columns={
                "instance": "Monitor",
                "engine": "Engine",
                "ability": "What",
                "why": "Why",
                "grant": "To be granted",
            },
            value="Lacking",
            width=18,
            overrides=(narrow_cell("Monitor", 150), narrow_cell("What", 140), narrow_cell("Lacking", 80)),
        ),
    )


def journal() -> tuple[Panel, ...]:
    """Whether what is written gets to the disk."""
    return (
        lines(
            "Written",
            "Records that are written per second, and those that wait.",
            Query(f"sum (rate(reactor_journal_written_total{{@}}{RATE}))", "written per second"),
            Query("sum (reactor_journal_queued{@})", "waiting"),
            width=8,
        ),
        lines(
            "Time to the disk",
            "How long the latest write took to get to the disk.",
            Query("max (reactor_journal_commit_seconds{@})", "latest write"),
            unit="s",
            width=8,
        ),
        bars(
            "Trouble",
            "Writes that failed, records that were dropped, and intents that were acted upon before they "
            "were on the disk.",
            Query(f"sum (increase(reactor_journal_failures_total{{@}}{RATE}))", "failed"),
            Query(f"sum (increase(reactor_journal_dropped_total{{@}}{RATE}))", "dropped"),
            Query(f"sum (increase(reactor_journal_late_total{{@}}{RATE}))", "late"),
            width=8,
        ),
    )


def cost() -> tuple[Panel, ...]:
    """What the monitor and its fast lane take of the host."""
    return (
        lines(
            "CPU",
            "CPU time per second: of the monitor, of the fast lane, and of what judging facts takes, by "
            "source.",
            Query(f"sum (rate(process_cpu_time_seconds_total{{@}}{RATE}))", "monitor"),
            Query(f"sum (rate(reactor_lane_cpu_time_seconds_total{{@}}{RATE}))", "fast lane"),
            Query(f"sum by (source) (rate(reactor_step_seconds_total{{@}}{RATE})) > 0", "judging {{source}}"),
            unit=CORES,
            width=8,
        ),
        lines(
            "Memory",
            "Resident memory of the monitor and of the fast lane.",
            Query("sum (process_memory_usage_bytes{@})", "monitor"),
            Query("sum (reactor_lane_memory_usage_bytes{@})", "fast lane"),
            unit="bytes",
            width=8,
        ),
        lines(
            "Files and threads",
            "Files and sockets that are open, how many may be, and threads.",
            Query("sum (process_open_fds{@})", "open"),
            Query("min (process_open_fds_max{@})", "limit: open"),
            Query("sum (process_threads{@})", "threads"),
            dashed="limit: .*",
            width=8,
        ),
        lines(
            "Judging a rule",
            "CPU time that it takes to judge a rule for one run.",
            Query("max by (rule) (reactor_rule_evaluation_seconds{@})", "{{rule}}"),
            unit="s",
            width=8,
        ),
        lines(
            "Making the numbers",
            "For how long the loop stands still for an export (99 of 100), and how long it takes beside "
            "the loop.",
            Query(quantile(0.99, "reactor_snapshot_duration_seconds"), "loop stands still"),
            Query(
                quantile(0.99, "reactor_rendering_duration_seconds", "export"), "beside the loop: {{export}}"
            ),
            unit="s",
            width=8,
        ),
        bars(
            "Scrapes and garbage",
            "Scrapes that were answered, and collections of garbage by generation.",
            Query(f"sum by (format) (increase(reactor_scrapes_total{{@}}{RATE}))", "scrapes: {{format}}"),
            Query(
                f"sum by (cpython_gc_generation) (increase(cpython_gc_collections_total{{@}}{RATE}))",
                "garbage, generation {{cpython_gc_generation}}",
            ),
            width=8,
        ),
    )


def canary() -> tuple[Panel, ...]:
    """The containers that break a rule on purpose."""
    return (
        lines(
            "Last canary that was ended in time",
            "How long ago that was, and how often one is sent. Nothing where there is no canary.",
            Query(
                "time() - max by (instance, engine) (reactor_canary_last_success_timestamp_seconds{@})",
                "{{instance}} {{engine}}",
            ),
            Query("max by (instance, engine) (reactor_canary_interval_seconds{@})", "limit: interval"),
            unit="s",
            dashed="limit: .*",
            width=8,
        ),
        lines(
            "From breach to death",
            "How long canaries take to be ended: half of them, and 99 of 100.",
            Query(quantile(0.5, "reactor_canary_duration_seconds"), "half of all"),
            Query(quantile(0.99, "reactor_canary_duration_seconds"), "99 of 100"),
            unit="s",
            width=8,
        ),
        bars(
            "Canaries",
            "What became of them: ended in time, late, or failed to start.",
            Query(f"sum by (result) (increase(reactor_canary_runs_total{{@}}{RATE}))", "{{result}}"),
            width=8,
        ),
    )
