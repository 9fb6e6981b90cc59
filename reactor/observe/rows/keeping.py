"""What is kept straight and kept on disk: reconcile, journal and recording."""

from reactor.observe.names import Kind
from reactor.observe.rows.row import Row

_C, _U, _G, _H = Kind.COUNTER, Kind.UPDOWN, Kind.GAUGE, Kind.HISTOGRAM

RECONCILE = (
    Row(
        "reactor.last_reconcile.timestamp", "s", _G, "reactor_last_reconcile_timestamp_seconds",
        "When the engine's containers were last listed and compared; absent before the first time.",
    ),
    Row(
        "reactor.reconciles", "{reconcile}", _C, "reactor_reconciles_total",
        "Reconciles that came to an end.",
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
        "reactor.reconcile.found", "{run}", _C, "reactor_reconcile_found_total",
        "What reconciles found that no event had told of: runs that were 'adopted', or that were over "
        "('dead').",
        ("what",),
    ),
    Row(
        "reactor.orphans.found", "{container}", _C, "reactor_orphans_found_total",
        "Sidecars found alive whose main container is gone.",
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
    Row(
        "reactor.journal.commit", "s", _G, "reactor_journal_commit_seconds",
        "How long the latest write to the journal took to get to the disk.",
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
