"""What a run of chaos shows in the end: as Markdown for people, as JSON for machines."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from tests.chaos.cast import Fate
from tests.chaos.judging import PROMISE, End, Offences, Trial
from tests.chaos.running import Seen

SHOWN = 20
"""Offences of one kind that are named."""
SLOWEST = 5
"""Ends that are named because they took longest."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Some seconds, in four numbers."""

    count: int
    p50: float
    p90: float
    p99: float
    most: float


def spread(values: Iterable[float]) -> Spread | None:
    """The four numbers; None without any value."""
    ordered = sorted(values)
    if not ordered:
        return None

    def at(share: float) -> float:
        return ordered[max(0, math.ceil(len(ordered) * share) - 1)]

    return Spread(len(ordered), at(0.5), at(0.9), at(0.99), ordered[-1])


def total(acts: Sequence[Seen]) -> Offences:
    """All offences of all acts."""
    return sum((seen.offences for seen in acts), Offences())


def is_clean(acts: Sequence[Seen]) -> bool:
    """Whether nobody was missed, doubled or wrongly ended, and all could be judged."""
    found = total(acts)
    crashes = any(seen.faults.crashes for seen in acts)
    return not (found.missed or found.doubled or found.wrong or found.unexplained or crashes)


def markdown(seed: str, acts: Sequence[Seen]) -> str:
    """The report for people."""
    found, trials = total(acts), [trial for seen in acts for trial in seen.trials]
    forgotten = [trial.name for trial in trials if trial.forgotten and trial.end is not End.MONITOR]
    counts = (
        f"**missed {len(found.missed)}, doubled {len(found.doubled)}, wrong {len(found.wrong)}**, "
        f"late {len(found.late)} (beyond {PROMISE:g} s), unexplained {len(found.unexplained)}; "
        f"repeated without effect: {sum(trial.repeats for trial in trials)}"
    )
    lines = [
        f"# Chaos, seed {seed}",
        "",
        counts,
        "",
        *_acts(acts),
        "",
        *_times(trials),
        "",
        *_kinds(trials),
        *_offences(found),
        *_list("the slowest", _slowest(trials)),
        *_list(
            "ended by itself, and the engine was there", [c for seen in acts for c in seen.faults.crashes]
        ),
        *_list("told by an event alone, which the engine forgot when it died", forgotten),
        *_list("the engine could not start", [one for seen in acts for one in seen.refused]),
        *_list("the journal says otherwise", [claim for seen in acts for claim in seen.claims]),
        *_list("the journal holds likely otherwise", [guess for seen in acts for guess in seen.guesses]),
    ]
    return "\n".join(lines)


def machine_readable(seed: str, acts: Sequence[Seen]) -> str:
    """Everything that was counted and measured."""
    trials = [trial for seen in acts for trial in seen.trials]
    return json.dumps(
        {
            "seed": seed,
            "offences": asdict(total(acts)),
            "repeats": sum(trial.repeats for trial in trials),
            "acts": [
                {
                    "engine": seen.engine,
                    "waves": seen.waves,
                    "breaches": seen.breaches,
                    "innocents": seen.innocents,
                    "kills": seen.faults.kills,
                    "outages": len(seen.faults.outages),
                    "quits": seen.faults.quits,
                    "crashes": seen.faults.crashes,
                    "claims": seen.claims,
                    "guesses": seen.guesses,
                    "seconds": seen.seconds,
                }
                for seen in acts
            ],
            "late": [
                {
                    "name": trial.name,
                    "seconds": trial.late,
                    "after_a_fault": trial.after_a_fault,
                    "calm": trial.calm,
                    "breach": trial.breach,
                    "acted": trial.acted,
                    "died": trial.life.died,
                    "calls": trial.calls,
                }
                for trial in trials
                if trial.late is not None
            ],
        },
        indent=1,
    )


def _acts(acts: Sequence[Seen]) -> Iterator[str]:
    yield "| engine | waves | breaches | innocents | monitor killed | engine killed | gave up | time |"
    yield "|---|---|---|---|---|---|---|---|"
    for seen in acts:
        faults = seen.faults
        yield (
            f"| {seen.engine} | {seen.waves} | {seen.breaches} | {seen.innocents} | {faults.kills} "
            f"| {len(faults.outages)} | {faults.quits} | {seen.seconds:.0f} s |"
        )


def _times(trials: Sequence[Trial]) -> Iterator[str]:
    yield "| seconds to the death | n | p50 | p90 | p99 | max |"
    yield "|---|---|---|---|---|---|"
    for name, fate, after in (
        ("from the breach, no fault between", Fate.ENDED, False),
        ("from the end of the last fault", Fate.ENDED, True),
        ("sidecar, from its main's death", Fate.TAKEN, False),
        ("sidecar, from the end of the last fault", Fate.TAKEN, True),
    ):
        found = spread(
            trial.late
            for trial in trials
            if trial.late is not None and trial.subject.member.fate is fate and trial.after_a_fault is after
        )
        if found is not None:
            numbers = (found.p50, found.p90, found.p99, found.most)
            yield f"| {name} | {found.count} | " + " | ".join(f"{value:.2f}" for value in numbers) + " |"


def _kinds(trials: Sequence[Trial]) -> Iterator[str]:
    yield "| runs | ended by the monitor | died with the engine | ended by themselves | lived |"
    yield "|---|---|---|---|---|"
    names = {Fate.ENDED: "guilty", Fate.TAKEN: "sidecars of the guilty", Fate.SPARED: "innocent"}
    for fate, name in names.items():
        ends = Counter(trial.end for trial in trials if trial.subject.member.fate is fate)
        counts = (ends[end] for end in (End.MONITOR, End.ENGINE, End.ITSELF, End.NOT_YET))
        yield f"| {name} | " + " | ".join(map(str, counts)) + " |"


def _slowest(trials: Sequence[Trial]) -> list[str]:
    """With what it takes to find them in the monitor's logs."""
    timed = [trial for trial in trials if trial.late is not None]
    timed.sort(key=lambda trial: -(trial.late or 0.0))
    return [_slow(trial) for trial in timed[:SLOWEST]]


def _slow(trial: Trial) -> str:
    since = "the end of the last fault" if trial.after_a_fault else "its breach"
    calm = f", which came {trial.calm:.2f} s after a fault" if not trial.after_a_fault and trial.calm else ""
    acted = f"{(trial.acted - trial.breach) / 1e9:.2f} s" if trial.acted else "unknown"
    return (
        f"{trial.name}: {trial.late:.2f} s from {since}{calm}; first signal {acted} after the breach, "
        f"told to {', '.join(trial.calls) or 'nothing'}"
    )


def _offences(found: Offences) -> Iterator[str]:
    for kind, each in asdict(found).items():
        yield from _list(kind, each)


def _list(title: str, each: Sequence[str]) -> Iterator[str]:
    if each:
        yield from ("", f"{title}:", *(f"- {one}" for one in each[:SHOWN]))
        if len(each) > SHOWN:
            yield f"- and {len(each) - SHOWN} more"
