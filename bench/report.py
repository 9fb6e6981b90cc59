"""What a run shows in the end: for people as text, for machines as JSON.

The order is: ratios, then times, then what watching costs, then counts and promises. Nothing is
measured here.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from bench.figures import Spread, ratio, spread
from bench.fleet import PIDS_LIMIT
from bench.machine import Machine
from bench.options import Options
from bench.promises import Promise, reaction_ratio
from bench.records import Part, Passage
from bench.table import Row, duration, share, table
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
        ["", "TIMES", *table(_times(report)), *_words(report)],
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
        | {"spreads": {name: found and asdict(found) for name, found in _spreads(part)}}
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
    bare = spread(one.both for one in report.reactor.bare)
    kill = spread(one.kill for one in report.reactor.bare)
    yield (
        "reactor, first breaching sample → return of the kill  :  bare inspect + kill",
        _times_of(reaction_ratio(report.reactor)),
    )
    theirs = spread(passage.reaction for passage in report.consumer.passages)
    yield (
        "thread per container, the same  :  bare kill (it makes no inspect)",
        _times_of(ratio(theirs, kill)),
    )
    yield ("thread per container, the same  :  bare inspect + kill", _times_of(ratio(theirs, bare)))
    ending = spread(passage.ending for passage in report.reactor.passages)
    threads = spread(passage.ending for passage in report.consumer.passages)
    yield ("breach → die, thread per container  :  reactor", _times_of(ratio(threads, ending)))
    scale = report.poller.scale
    unseen = spread(passage.unseen for passage in report.reactor.passages)
    polled = spread(scale.delays) if scale else None
    yield ("breach → seen, poll loop (scaled)  :  reactor", _times_of(ratio(polled, unseen)))


def _times_of(found: float | None) -> str:
    return "-" if found is None else f"{found:.2f} x" if found < 10 else f"{found:.0f} x"


def _times(report: Report) -> Iterator[Row]:
    yield ("", "n", "p50", "p99", "max")
    for part in report.parts:
        yield (part.name,)
        for name, found in _spreads(part):
            yield _row(f"  {name}", found)


def _spreads(part: Part) -> Iterator[tuple[str, Spread | None]]:
    passages = part.passages
    yield "breach → seen", spread(passage.unseen for passage in passages)
    if part.scale is not None:
        yield "breach → seen, scaled (see below)", spread(part.scale.delays)
        yield "one look at one container", spread(part.scale.took)
    yield "seen → kill call", spread(passage.hesitation for passage in passages)
    if part.bare:
        yield "    of it until the inspect begins", spread(map(_until_inspect, passages))
        yield "    of it the inspect", spread(map(_inspecting, passages))
    yield "kill call", spread(passage.call for passage in passages)
    yield "seen → return of the kill", spread(passage.reaction for passage in passages)
    if part.bare:
        yield "bare inspect + kill", spread(one.both for one in part.bare)
        yield "    of it the inspect", spread(one.inspect for one in part.bare)
        yield "    of it the kill", spread(one.kill for one in part.bare)
    yield "breach → die", spread(passage.ending for passage in passages)


def _until_inspect(passage: Passage) -> float | None:
    if passage.kill is None or not passage.kill.steps:
        return None
    return passage.kill.steps[0].began - passage.kill.seen


def _inspecting(passage: Passage) -> float | None:
    if passage.kill is None or not passage.kill.steps or passage.kill.steps[0].what != "inspect":
        return None
    return passage.kill.steps[0].took


def _row(name: str, found: Spread | None) -> Row:
    if found is None:
        return (name, "0", "-", "-", "-")
    return (name, str(found.n), duration(found.p50), duration(found.p99), duration(found.most))


def _words(report: Report) -> list[str]:
    slack = spread(passage.breach.slack for part in report.parts for passage in part.passages)
    lines = [
        "With fewer than 100 measurements p99 is the maximum.",
        "seen: the first breaching sample arrived, as the contender says. die: by the engine's own clock.",
    ]
    if slack is not None:
        lines.append(
            f"A victim's processes were counted every {duration(slack.p50)} (median; the longest gap before"
            f" a breach was {duration(slack.most)})."
        )
    return [*lines, *_scaling(report.poller)]


def _scaling(poller: Part) -> Iterator[str]:
    scale = poller.scale
    if scale is None:
        return
    yield f"The poll loop was not run in full: it looked at {poller.streams} containers (fewer as they"
    yield f"  died) and slept {scale.short_interval:g} s instead of {scale.interval:g} s."
    yield f"  Scaled: each delay times the length of a full round ({scale.containers} containers, each as"
    yield f"  long as the median look, and {scale.interval:g} s of sleep: {duration(scale.full_round)})"
    yield "  over the length of the round in which the breach was seen. In the field a breach waits for any"
    yield f"  time up to a full round, {duration(scale.full_round / 2)} on average."


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
