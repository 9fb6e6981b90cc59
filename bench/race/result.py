"""All that a run found out, and what is made of it: one summary by number of containers and contender.

Arithmetic and plain data only: the summary is what the JSON holds, and what table, plots, documents and the
comparison with an older run are made of.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any, Final

from bench.figures import Spread, spread
from bench.floor import SHAPES
from bench.machine import Machine
from bench.race.beside import FORMAT
from bench.race.costs import costs
from bench.race.kinds import HOG, TRANSIENT
from bench.race.names import ACTING, OURS
from bench.race.options import Options
from bench.race.records import Arming, Attack, Found, Loop

Json = dict[str, Any]
INTERVALS: Final[Mapping[str, Callable[[Attack], float | None]]] = {
    "breach → verdict": lambda attack: attack.since_breach("decided"),
    "breach → contained": lambda attack: attack.since_breach("contained"),
    "verdict → contained": lambda attack: attack.between("decided", "contained"),
    "verdict → last process gone": lambda attack: attack.between("decided", "gone"),
    "breach → last process gone": lambda attack: attack.since_breach("gone"),
    "breach → die": lambda attack: attack.since_breach("died"),
    "breach → verified": lambda attack: attack.since_breach("verified"),
}
GROUPS: Final[Mapping[str, Callable[[Attack], bool]]] = {
    "PIDs": lambda attack: "bomb" in attack.kind and not attack.at_start,
    "PIDs, at the start": lambda attack: "bomb" in attack.kind and attack.at_start,
    "memory": lambda attack: attack.kind in {"hog at full speed", "slow ramp"} and not attack.at_start,
    "memory, at the start": lambda attack: (
        attack.kind in {"hog at full speed", "slow ramp"} and attack.at_start
    ),
    "tree fork bomb": lambda attack: attack.kind == "tree fork bomb" and not attack.at_start,
}
"""Attacks that are summed up together; the tree fork bomb, which takes all processors, once more alone."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a run brings home; ``foreign_after`` is what others used of the machine when it was over, in
    cores. ``cut`` is why it was not played to its end, ``parts`` what was measured by programs of their own.
    """

    machine: Machine
    options: Options
    found: Found
    loop: Loop
    foreign_after: float = 0.0
    cut: str = ""
    parts: Json = field(default_factory=dict)


def document(result: Result) -> Json:
    """The whole result as plain data."""
    found, options = result.found, result.options
    return {
        "format": FORMAT,
        "machine": asdict(result.machine) | {"foreign_after": result.foreign_after},
        "cut": result.cut,
        "sizes": sorted({window.containers for window in found.windows}),
        "attacked": options.attacked,
        "seconds": options.seconds,
        "costs": list(costs(found.windows, result.loop)),
        "latencies": list(latencies(found.attacks)),
        "counts": list(counts(found.attacks)),
        "arming": list(arming(found.armings)),
        "bare": _bare(found),
        "floor": dict(_floors(found)),
        "loop": _loop(result),
        "missing": dict(found.missing),
        "innocents": found.innocents,
        "attacks": [_short(attack) for attack in found.attacks],
        "parts": dict(result.parts),
        "beside": [],
    }


def latencies(attacks: Sequence[Attack]) -> Iterator[Json]:
    """One row for each contender, group of attacks and interval that was measured at all."""
    for name in ACTING:
        own = [attack for attack in attacks if attack.contender == name]
        for group, belongs in GROUPS.items():
            for interval, of in INTERVALS.items():
                # What the kernel ended says nothing of how long an end takes.
                ends = interval != "breach → verdict"
                found = spread(of(each) for each in own if belongs(each) and not (ends and each.oom))
                if found is not None:
                    yield {"contender": name, "group": group, "interval": interval} | _numbers(found)


def counts(attacks: Sequence[Attack]) -> Iterator[Json]:
    """What became of the attacks: who was missed, how often the kernel was faster."""
    for name in ACTING:
        own = [attack for attack in attacks if attack.contender == name]
        if not own:
            continue
        hogs = [attack for attack in own if attack.kind == HOG.name and attack.breach is not None]
        short = [attack for attack in own if attack.kind == TRANSIENT.name and attack.breach is not None]
        lasting = [attack for attack in own if attack.kind not in {HOG.name, TRANSIENT.name}]
        yield {
            "contender": name,
            "attacks": len(own),
            "hogs": len(hogs),
            "hogs_ended_first": sum(not attack.oom and attack.died is not None for attack in hogs),
            "hogs_running": sum(not attack.at_start for attack in hogs),
            "hogs_running_ended_first": sum(
                not attack.oom and attack.died is not None for attack in hogs if not attack.at_start
            ),
            "at_start": sum(each.at_start for each in own if each.breach is not None),
            "at_start_caught": sum(_caught(each) for each in own if each.at_start),
            "transients": len(short),
            "transients_missed": sum(attack.verdict is None for attack in short),
            "transients_running": sum(not attack.at_start for attack in short),
            "transients_running_missed": sum(
                attack.verdict is None for attack in short if not attack.at_start
            ),
            "lasting": len(lasting),
            "lasting_missed": sum(attack.died is None for attack in lasting),
        }


def _caught(attack: Attack) -> bool:
    """Whether somebody was there in time: ended it before the kernel did, or knows of what was over."""
    if attack.breach is None:
        return False
    if attack.kind == TRANSIENT.name:
        return attack.verdict is not None
    return attack.died is not None and not attack.oom


def arming(found: Sequence[Arming]) -> Iterator[Json]:
    """How long from a container's start until the lane read it, out of histograms: one row for each."""
    for name in OURS:
        buckets: dict[float, int] = {}
        for each in found:
            for bound, count in each.buckets if each.contender == name else ():
                buckets[bound] = buckets.get(bound, 0) + count
        number = max(buckets.values(), default=0)
        if number:
            ordered = sorted(buckets.items())
            yield {
                "contender": name,
                "n": number,
                "p50": quantile(ordered, 0.5),
                "p99": quantile(ordered, 0.99),
            }


def quantile(buckets: Sequence[tuple[float, int]], part: float) -> float:
    """Within the bucket in which it is, as if what is there were spread evenly, as Prometheus does it."""
    wanted, low, before = part * buckets[-1][1], 0.0, 0
    for bound, count in buckets:
        if count >= wanted and count > before:
            return low if math.isinf(bound) else low + (bound - low) * (wanted - before) / (count - before)
        low, before = bound, count
    return low


def _bare(found: Found) -> Json | None:
    """The engine's own kill of an idle container in this run, to its event."""
    die, call = spread(each.die for each in found.bare), spread(each.call for each in found.bare)
    if die is None or call is None:
        return None
    return {"die": _numbers(die), "call": _numbers(call)}


def _floors(found: Found) -> Iterator[tuple[str, Json]]:
    """The kernel's own end of as much in this run, to the last process gone."""
    for shape in SHAPES:
        gone = spread(each.gone for each in found.floors if each.shape == shape)
        if gone is not None:
            yield shape, _numbers(gone)


def _loop(result: Result) -> Json:
    """The poll loop as it was, and how long its rounds would be in the field."""
    loop = result.loop
    look = median(loop.looks) if loop.looks else None
    full = None if look is None else result.options.attacked * look + loop.interval
    rounds = median(loop.rounds) if loop.rounds else None
    return {
        "interval": loop.interval, "short": loop.short, "look": look, "round": rounds, "full_round": full,
        "scale": None if full is None or not rounds else full / rounds,
    }  # fmt: skip


def _short(attack: Attack) -> Json:
    """One attack, its moments as seconds after the breach."""
    moments = (
        "seen",
        "decided",
        "contained",
        "called",
        "returned",
        "gone",
        "died",
        "verified",
        "last",
        "counted",
    )
    after = {name: _rounded(attack.since_breach(name)) for name in moments}
    told = {
        "contender": attack.contender,
        "kind": attack.kind,
        "at_start": attack.at_start,
        "oom": attack.oom,
    }
    return (
        told | {"amount": attack.amount} | {name: value for name, value in after.items() if value is not None}
    )


def _numbers(found: Spread) -> Json:
    return {"n": found.n, "p50": found.p50, "p99": found.p99, "max": found.most}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
