"""What is quoted of a run: ratios of figures of one and the same run, and what was to be reached.

Machines differ and are shared, ratios hold. Each says which way is better, so that a later run can be held
against it. Arithmetic on a document only (``result``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from bench.race.names import FAST, KERNEL, LOOP, NETDATA, NORMAL, STREAMS, THREADS

Json = dict[str, Any]
TIMES, SHARE, SECONDS, MEMORY, NUMBER = "x", "%", "s", "memory", "number"
GONE: Final = "verdict → last process gone"
BY_SIZE: Final = ((1_000, 0.02, 100e6), (10_000, 0.05, 150e6))
"""Containers, and what share of a core and how many bytes they may cost."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """``more`` is whether a greater one is better; ``unit`` is ``x`` or ``%``."""

    name: str
    value: float
    more: bool
    unit: str = TIMES


@dataclass(frozen=True, slots=True)
class Target:
    """Something to be reached: at most (or at least) ``bound``; ``found`` is None if it was not measured."""

    name: str
    bound: float
    found: float | None
    unit: str
    at_least: bool = False

    @property
    def reached(self) -> bool | None:
        """Whether it was; None if it was not measured."""
        if self.found is None:
            return None
        return self.found >= self.bound if self.at_least else self.found <= self.bound


def latency(document: Json, contender: str, group: str, interval: str, which: str) -> float | None:
    """One figure of the table of latencies."""
    for row in document["latencies"]:
        if (row["contender"], row["group"], row["interval"]) == (contender, group, interval):
            found: float = row[which]
            return found
    return None


def cost(document: Json, contender: str, containers: int, which: str) -> float | None:
    """One figure of the table of costs."""
    for row in document["costs"]:
        if (row["contender"], row["containers"]) == (contender, containers):
            found: float | None = row[which]
            return found
    return None


def ratios(document: Json) -> list[Ratio]:
    """All that could be formed."""
    found = [
        *_sooner(document),
        *_cheaper(document),
        *_against_bare(document),
        *_against_floor(document),
        *_shares(document),
    ]
    return [ratio for ratio in found if ratio is not None]


def _sooner(document: Json) -> Iterator[Ratio | None]:
    for ours in (STREAMS, *KERNEL):
        for group in ("PIDs", "memory"):
            mine = latency(document, ours, group, "breach → verdict", "p50")
            theirs = latency(document, THREADS, group, "breach → verdict", "p50")
            yield _quotient(f"{group}, breach → verdict p50: {THREADS} : {ours}", theirs, mine, more=True)
    mine = latency(document, NORMAL, "PIDs", "breach → verdict", "p50")
    polled, scale = latency(document, LOOP, "PIDs", "breach → verdict", "p50"), document["loop"]["scale"]
    full = None if polled is None or scale is None else polled * scale
    yield _quotient(f"PIDs, breach → verdict p50: {LOOP} (scaled) : {NORMAL}", full, mine, more=True)


def _cheaper(document: Json) -> Iterator[Ratio | None]:
    for size in document["sizes"]:
        theirs = cost(document, THREADS, size, "total")
        looker = cost(document, NETDATA, size, "cpu")
        for ours in (STREAMS, *KERNEL):
            mine = cost(document, ours, size, "total")
            what = f"CPU with the engine's share, {size} containers: {THREADS} : {ours}"
            yield _quotient(what, theirs, mine, more=True)
        own = cost(document, NORMAL, size, "cpu")
        yield _quotient(f"CPU, {size} containers: {NORMAL} : {NETDATA}", own, looker, more=False)


def _against_bare(document: Json) -> Iterator[Ratio | None]:
    bare = document["bare"]
    for ours in (THREADS, *KERNEL):
        for which in ("p50", "p99"):
            mine = latency(document, ours, "PIDs", "breach → die", which)
            below = bare and bare["die"][which]
            yield _quotient(
                f"PIDs, breach → die {which}: {ours} : the engine's bare kill", mine, below, more=False
            )


def _against_floor(document: Json) -> Iterator[Ratio | None]:
    """An older run has none."""
    for ours in KERNEL:
        for group, floor in document.get("floor", {}).items():
            for which in ("p50", "p99"):
                mine = latency(document, ours, group, GONE, which)
                yield _quotient(
                    f"{group}, {GONE} {which}: {ours} : the kernel alone", mine, floor[which], more=False
                )


def _shares(document: Json) -> Iterator[Ratio | None]:
    for row in document["counts"]:
        name = row["contender"]
        if row["hogs_running"]:
            share = row["hogs_running_ended_first"] / row["hogs_running"]
            what = f"hogs at full speed ended before the kernel's OOM: {name}"
            yield Ratio(what, share, more=True, unit=SHARE)
        if row["transients_running"]:
            share = row["transients_running_missed"] / row["transients_running"]
            yield Ratio(f"transients of 5 ms missed: {name}", share, more=False, unit=SHARE)
        if row["lasting"]:
            share = row["lasting_missed"] / row["lasting"]
            yield Ratio(f"lasting breaches missed: {name}", share, more=False, unit=SHARE)


def _quotient(name: str, above: float | None, below: float | None, *, more: bool) -> Ratio | None:
    if above is None or below is None or below <= 0 or above <= 0:
        return None
    return Ratio(name, above / below, more)


WITHIN: Final = (
    # group, interval, which, seconds for normal, seconds for fast
    ("PIDs", "breach → verdict", "p50", 0.005, 0.001),
    ("PIDs", "breach → verdict", "p99", 0.015, 0.005),
    ("tree fork bomb", "breach → verdict", "p99", 0.020, 0.005),
    ("memory", "breach → verdict", "p50", 0.002, 0.0005),
    ("memory", "breach → verdict", "p99", 0.010, 0.004),
    ("PIDs", "verdict → last process gone", "p50", 0.015, 0.012),
    ("PIDs", "verdict → last process gone", "p99", 0.015, 0.012),
    ("memory", "verdict → last process gone", "p50", 0.002, 0.001),
)


def targets(document: Json) -> list[Target]:
    """What the two profiles that read the kernel are to reach, and what they did."""
    both = [target for number, name in enumerate(KERNEL) for target in _targets(document, name, number)]
    return [*(both if document["latencies"] else ()), *_apart(document)]


def _apart(document: Json) -> Iterator[Target]:
    """What is measured by programs of their own."""
    measured = document["parts"]
    for size, cpu, memory in BY_SIZE:
        rows = [row for row in measured.get("scale", ()) if row["containers"] == size]
        found = rows[-1] if rows else {}
        yield Target(f"CPU, {size:,} containers on made cgroups", cpu, found.get("cpu"), SHARE)
        pss = found.get("pss")
        yield Target(f"memory, {size:,} containers", memory, pss and 1e6 * pss, MEMORY)
    replayed: Json = next(iter(measured.get("replay", ())), {})
    yield Target(
        "a recording: facts a second on one core", 10_000, replayed.get("rate"), NUMBER, at_least=True
    )
    lost = replayed.get("expected", 0) - replayed["decisions"] if replayed else None
    yield Target("a recording: decisions lost", 0, lost, NUMBER)


def _targets(document: Json, name: str, number: int) -> Iterator[Target]:
    for group, interval, which, *bounds in WITHIN:
        found = latency(document, name, group, interval, which)
        yield Target(f"{name}: {group}, {interval} {which}", bounds[number], found, SECONDS)
    known = {ratio.name: ratio.value for ratio in ratios(document)}
    for group in ("PIDs", "memory"):
        what = f"{group}, breach → verdict p50: {THREADS} : {name}"
        yield Target(what, (100.0, 300.0)[number], known.get(what), TIMES, at_least=True)
    for which, bound in (("p50", 1.5), ("p99", 3.0)):
        what = f"PIDs, breach → die {which}: {name} : the engine's bare kill"
        yield Target(what, bound, known.get(what), TIMES)
    armed = next((row["p99"] for row in document["arming"] if row["contender"] == name), None)
    yield Target(f"{name}: container start → armed p99", (0.05, 0.02)[number], armed, SECONDS)
    what = f"hogs at full speed ended before the kernel's OOM: {name}"
    yield Target(what, (0.95, 0.99)[number], known.get(what), SHARE, at_least=True)
    what = f"transients of 5 ms missed: {name}"
    yield Target(what, 0.0, known.get(what), SHARE)
    yield from _cheap_enough(document, name, known)


def _cheap_enough(document: Json, name: str, known: dict[str, float]) -> Iterator[Target]:
    size = 100
    own = cost(document, name, size, "cpu")
    yield Target(f"{name}: CPU, {size} containers", 0.02 if name == FAST else 0.006, own, SHARE)
    if name == NORMAL:
        what = f"CPU with the engine's share, {size} containers: {THREADS} : {NORMAL}"
        yield Target(what, 30.0, known.get(what), TIMES, at_least=True)
        what = f"CPU, {size} containers: {NORMAL} : {NETDATA}"
        yield Target(what, 1.0, known.get(what), TIMES)
