"""What a run shows in the end: for people as text, for machines as JSON.

The order is: ratios, then times, then what watching costs, then counts and promises. Nothing is
measured here.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from bench.figures import ratio, spread
from bench.fleet import PIDS_LIMIT
from bench.machine import Machine
from bench.options import Options
from bench.promises import Promise, reaction_ratio
from bench.records import Part
from bench.table import Row, share, table
from bench.times import spreads, times, words
from bench.victims import PROCESSES, THRESHOLD


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a run found out."""

    machine: Machine
    options: Options
    reactor: Part
    consumer: Part
    poller: Part
    promises: Sequence[Promise]

    @property
    def parts(self) -> tuple[Part, ...]:
        """The contenders in the order in which they ran."""
        return self.reactor, self.consumer, self.poller


def text(report: Report) -> str:
    """The report for people."""
    sections = (
        _head(report),
        ["", "RATIOS", *table(_ratios(report))],
        ["", "TIMES", *table(times(report.parts)), *words(report.parts)],
        ["", "WHAT WATCHING COSTS", *table(_costs(report.parts))],
        ["", "COUNTS, BY THE ENGINE'S OWN EVENTS", *table(_counts(report.parts))],
        ["", "PROMISES", *table(_promises(report.promises))],
    )
    return "\n".join(line for section in sections for line in section)


def machine_readable(report: Report) -> str:
    """Every single measurement, and what was made of them."""
    options = {name: value for name, value in asdict(report.options).items() if name not in {"json", "keep"}}
    parts = {
        part.name: asdict(part)
        | {"spreads": {name.strip(): found and asdict(found) for name, found in spreads(part)}}
        for part in report.parts
    }
    whole = {
        "machine": asdict(report.machine),
        "options": options,
        "ratio": reaction_ratio(report.reactor),
        "promises": [asdict(promise) for promise in report.promises],
        "parts": parts,
    }
    return json.dumps(whole, indent=1, ensure_ascii=False)


def _head(report: Report) -> list[str]:
    options = report.options
    size = (
        f"{options.containers} idle containers; {options.victims} victims for each stream contender,"
        f" {options.poll_victims} for the poll loop."
    )
    kind = (
        f"A victim forks to {PROCESSES} processes, below its limit of {PIDS_LIMIT};"
        f" its breach is the moment of number {THRESHOLD + 1}."
    )
    return [str(report.machine), f"{size} {kind}"]


def _ratios(report: Report) -> Iterator[Row]:
    reactor, consumer = report.reactor, report.consumer
    bare, at_sample = (spread(one.both for one in found) for found in (reactor.bare, reactor.bare_at_sample))
    ours, theirs = (spread(one.reaction for one in part.passages) for part in (reactor, consumer))
    named = "first breaching sample → return of the kill"
    yield (f"reactor, {named} : bare inspect + kill", _times_of(ratio(ours, bare)))
    yield (f"reactor, {named} : the same at a sample", _times_of(ratio(ours, at_sample)))
    yield (f"thread per container, {named} : bare inspect + kill", _times_of(ratio(theirs, bare)))
    scale = report.poller.scale
    unseen = spread(passage.unseen for passage in reactor.passages)
    polled = spread(scale.delays) if scale else None
    yield ("poll loop (scaled) : reactor, breach → seen", _times_of(ratio(polled, unseen)))


def _times_of(found: float | None) -> str:
    return "-" if found is None else f"{found:.2f} x" if found < 10 else f"{found:.0f} x"


def _costs(parts: Sequence[Part]) -> Iterator[Row]:
    yield ("", *(part.name for part in parts))
    yield ("containers watched", *(str(part.streams) for part in parts))
    yield ("threads (most)", *(str(part.cost.threads) for part in parts))
    yield ("memory (peak RSS)", *(f"{part.cost.memory / 1e6:.1f} MB" for part in parts))
    yield (
        "own CPU while nothing happens, of a core",
        *(share(p.cost.quiet_cpu, p.cost.quiet) for p in parts),
    )
    yield (
        "engine's CPU while nothing happens, of a core",
        *(
            share(sum(p.cost.quiet_engine.values()), p.cost.quiet) if p.cost.quiet_engine else "-"
            for p in parts
        ),
    )
    for program in _programs(parts):
        yield (f"    {program}", *(share(p.cost.quiet_engine.get(program, 0), p.cost.quiet) for p in parts))
    yield ("own CPU over the whole part", *(f"{p.cost.whole_cpu:.1f} of {p.cost.whole:.0f} s" for p in parts))
    yield (
        "engine's CPU over the whole part",
        *(f"{sum(p.cost.whole_engine.values()):.1f} of {p.cost.whole:.0f} s" for p in parts),
    )


def _programs(parts: Iterable[Part]) -> list[str]:
    return sorted({program for part in parts for program in part.cost.quiet_engine})


def _counts(parts: Sequence[Part]) -> Iterator[Row]:
    yield ("", *(part.name for part in parts))
    yield ("victims", *(str(part.counts.victims) for part in parts))
    yield ("missed", *(str(part.counts.missed) for part in parts))
    yield ("doubled", *(str(part.counts.doubled) for part in parts))
    yield ("innocents touched", *(str(part.counts.wrong) for part in parts))


def _promises(promises: Iterable[Promise]) -> Iterator[Row]:
    for promise in promises:
        yield (promise.what, promise.found, "kept" if promise.kept else "BROKEN")
