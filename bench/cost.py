"""``python -m bench.cost``: what a sample or an event costs, from its bytes to the decision, and no engine.

What belongs here is CPU per fact on one core, by ``process_time``, on the real path: the engine's own bytes
are decoded, put into the Rx graph with the rules that are shipped, and stepped. Every run of it counts what
came out, so that a figure for facts that were lost cannot come about. Beside it stands a loop that decodes
the same bytes and does nothing else: machines differ, and the ratio to that one does not.
"""

import argparse
import gc
import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import msgspec
import trio

from reactor.app.rulefiles import load_rules
from reactor.app.settings import Settings
from reactor.core.breaker import no_breaker
from reactor.core.budgets import no_budgets
from reactor.core.container import Container, ContainerId, Run, State
from reactor.core.decisions import Decision
from reactor.core.facts import Happened, Happening, Snapshot, Tick
from reactor.core.restraint import no_gate
from reactor.core.rules import RuleSet
from reactor.core.state import Setup, Step
from reactor.engine import events
from reactor.engine.stats import FrameBody, StatsStream
from reactor.engine.streaming import parse_line
from reactor.http.lines import Lines
from reactor.streams.graph import Graph
from reactor.streams.scheduler import TrioScheduler

CHECKOUT = Path(__file__).resolve().parent.parent
STARTED = "2026-01-01T00:00:00.000000000Z"
MIB = 1 << 20
BASE = 1767225600
GROWTHS = ("unchanged", "moving", "crossing")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measurement: facts in, decisions out, seconds of CPU for each fact, and for decoding alone."""

    what: str
    containers: int
    rules: int
    facts: int
    decisions: int
    expected: int
    each: float
    bare: float

    @property
    def ok(self) -> bool:
        """Whether nothing was lost."""
        return self.decisions == self.expected

    def line(self) -> str:
        """For people."""
        rate = 1 / self.each if self.each else 0.0
        ratio = f"{self.each / self.bare:4.1f} x decoding alone" if self.bare else ""
        lost = "" if self.ok else f"  LOST: {self.decisions} of {self.expected} decisions"
        return (
            f"{self.what:<22} {self.containers:>6} containers {self.rules:>3} rules"
            f" {self.each * 1e6:8.1f} us {rate:>9.0f}/s  {ratio}{lost}"
        )


def main() -> int:
    """Measure, and show what was found; 1 if anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m bench.cost", description=__doc__)
    parser.add_argument("--containers", type=int, nargs="+", default=[10, 1000, 10_000])
    parser.add_argument("--rules", type=Path, nargs="+", default=[CHECKOUT / "rules"])
    parser.add_argument("--facts", type=int, default=20_000, help="how many, at least (default: 20000)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = trio.run(_measure, load_rules(options.rules), options.containers, options.facts)
    if options.json:
        print(msgspec.json.encode(found).decode())
    else:
        print(*(figure.line() for figure in found), sep="\n")
    return 0 if all(figure.ok for figure in found) else 1


async def _measure(rules: RuleSet, sizes: list[int], facts: int) -> list[Figure]:
    await trio.lowlevel.checkpoint()
    found = []
    for size in sizes:
        found += [_samples(_bench(rules, size), how, facts) for how in GROWTHS]
        found += [_events(_bench(rules, size), facts), _ticks(_bench(rules, size))]
    for number in (1, 10, 50):
        found += [_samples(_bench(_so_many(rules, number), 1000), how, facts) for how in GROWTHS]
    return found


class Bench:
    """A graph with so many containers in it, all of whose rules were in force before, and no brakes."""

    def __init__(self, setup: Setup, containers: list[Container]) -> None:
        self.at = 1.0
        self.setup, self.containers = setup, containers
        self.decisions: list[Decision] = []
        self.steps = 0
        self.graph = Graph(setup, TrioScheduler(), now=lambda: self.at)
        self.graph.subscribe(self._stepped)
        self.graph.feed(Snapshot(self.at, self.at, 1, tuple(containers)))
        self.streams = [StatsStream(Lines(_nothing, MIB), each.run, 0) for each in containers]
        self.tick(1.0)

    def _stepped(self, step: Step) -> None:
        self.steps += 1
        self.decisions += step.decisions

    def tick(self, seconds: float) -> None:
        """Let time go on."""
        self.at += seconds
        self.graph.feed(Tick(self.at))


async def _nothing() -> bytes | None:
    await trio.lowlevel.checkpoint()
    return None


def _bench(rules: RuleSet, size: int) -> Bench:
    return Bench(setup_of(rules), some_containers(size))


def setup_of(rules: RuleSet) -> Setup:
    """These rules as they would be in force, without brakes: what holds back would hide what was lost."""
    return replace(Settings().setup(rules), gate=no_gate(), budgets=no_budgets(), breaker=no_breaker())


def some_containers(size: int) -> list[Container]:
    """So many, all of them in scope and none of them out of the ordinary."""
    return [_container(number) for number in range(size)]


def _so_many(rules: RuleSet, number: int) -> RuleSet:
    """Rules about processes and memory, as many as are wanted, each with a bound of its own."""
    pattern = [rule for rule in rules.rules if rule.name in {"safety/pids", "safety/memory"}]
    chosen = [pattern[each % 2] for each in range(number)]
    return RuleSet(tuple(replace(rule, name=f"{rule.name}-{each}") for each, rule in enumerate(chosen)))


def _container(number: int) -> Container:
    key = hashlib.sha256(str(number).encode()).hexdigest()
    return Container(
        run=Run(ContainerId(key), STARTED),
        name=f"job-{number}",
        image="runner/job:1",
        state=State.RUNNING,
        labels=MappingProxyType({"reactor.task": f"job-{number}"}),
        born=0.0,
        created=0.0,
        pids_limit=256,
        memory_limit=100 * MIB,
        init=True,
        privileged=False,
        restarts=0,
        health_check=False,
        memory_limited=True,
        pids_limited=True,
        cpu_limited=True,
        log_driver="json-file",
    )


def frame_of(second: int, pids: int, memory: int) -> bytes:
    """A frame of an engine's stats, with the parts that reactor does not read as long as they are there."""
    zeros: dict[str, list[int]] = {
        f"{name}_recursive": [] for name in ("io_service_bytes", "io_serviced", "io_queue", "io_merged")
    }
    cpu = {"total_usage": 10**9 + second, "percpu_usage": [1, 2], "usage_in_kernelmode": 3}
    counters = dict.fromkeys(("active_anon", "cache", "rss", "total_cache", "total_rss", "pgfault"), memory)
    frame = {
        "read": f"2026-01-01T01:{second // 60 % 60:02d}:{second % 60:02d}.123456789Z",
        "preread": STARTED,
        "pids_stats": {"current": pids, "limit": 256},
        "blkio_stats": zeros,
        "num_procs": 0,
        "cpu_stats": {"cpu_usage": cpu, "system_cpu_usage": 10**12, "online_cpus": 2},
        "precpu_stats": {"cpu_usage": cpu, "system_cpu_usage": 10**12, "online_cpus": 2},
        "memory_stats": {"usage": memory, "stats": counters, "limit": 100 * MIB},
        "networks": {"eth0": dict.fromkeys(("rx_bytes", "rx_packets", "tx_bytes", "tx_packets"), second)},
    }
    return json.dumps(frame, separators=(",", ":")).encode()


def _samples(bench: Bench, how: str, facts: int) -> Figure:
    """Readings of all in turn: the same ones, ones that move far from any bound, ones that pass one."""
    size = len(bench.containers)
    rounds = max(2, -(-facts // size))
    # The first of each is news to everybody, and no part of what is measured.
    _feed(bench, [frame_of(0, 2, 10 * MIB)] * size)
    bench.tick(1.0)
    frames = [frame_of(*_reading(how, number)) for number in range(1, rounds + 1)]
    before, used = len(bench.decisions), 0.0
    for frame in frames:
        used += _timed(lambda frame=frame: _feed(bench, [frame] * size))  # type: ignore[misc]
        bench.at += 1.0
    bare = _timed(lambda: [parse_line(frame, FrameBody, "stats") for frame in frames for _ in range(size)])
    expected = size if how == "crossing" else 0
    ends = sum(decision.ends and not decision.dry_run for decision in bench.decisions[before:])
    count, rules = rounds * size, len(bench.setup.rules.rules)
    return Figure(f"sample, {how}", size, rules, count, ends, expected, used / count, bare / count)


def _reading(how: str, number: int) -> tuple[int, int, int]:
    match how:
        case "unchanged":
            return number, 2, 10 * MIB
        case "moving":
            return number, 2 + number % 3, (10 + number % 7) * MIB
        case _:
            return number, 201 if number > 1 else 2, 10 * MIB


def _feed(bench: Bench, frames: list[bytes]) -> None:
    feed, at = bench.graph.feed, bench.at
    for stream, frame in zip(bench.streams, frames, strict=True):
        sample = stream.sample(parse_line(frame, FrameBody, "stats"), at)
        if sample is not None:
            feed(sample)


def _events(bench: Bench, facts: int) -> Figure:
    """Events that matter, each to somebody, and one OOM for each container among them: that one decides."""
    size = len(bench.containers)
    lines = list(_event_lines(bench, max(facts, 4 * size)))
    steps = bench.steps

    def feed() -> None:
        for line in lines:
            event = events.read(line)
            if event is not None:
                bench.graph.feed(Happened(bench.at, Happening(event.action), event.id, event.time_nano))

    used = _timed(feed)
    bare = _timed(lambda: [parse_line(line, events.EventBody, "event") for line in lines])
    ends = sum(decision.ends and not decision.dry_run for decision in bench.decisions)
    lost = len(lines) - (bench.steps - steps)
    rules, count = len(bench.setup.rules.rules), len(lines)
    return Figure("event", size, rules, count, ends - lost, size, used / count, bare / count)


def _event_lines(bench: Bench, count: int) -> Iterator[bytes]:
    for number in range(count):
        container = bench.containers[number % len(bench.containers)]
        first = number < len(bench.containers)
        nanos = (BASE + 3600) * 10**9 + number
        attributes = {"image": container.image, "name": container.name, **container.labels}
        body = {
            "status": "oom" if first else "start",
            "id": container.id,
            "from": container.image,
            "Type": "container",
            "Action": "oom" if first else "start",
            "Actor": {"ID": container.id, "Attributes": attributes},
            "scope": "local",
            "time": nanos // 10**9,
            "timeNano": nanos,
        }
        yield json.dumps(body, separators=(",", ":")).encode()


def _ticks(bench: Bench) -> Figure:
    """A second in which nothing happens, when everybody was read."""
    size, times = len(bench.containers), 20
    _feed(bench, [frame_of(0, 2, 10 * MIB)] * size)
    # Until all were read, and for some seconds more, the gate for new rules has its own questions to all.
    bench.tick(15.0)
    _feed(bench, [frame_of(1, 2, 10 * MIB)] * size)
    for _ in range(3):
        bench.tick(0.5)

    def go_on() -> None:
        for _ in range(times):
            bench.tick(0.25)

    used = _timed(go_on)
    return Figure("tick", size, len(bench.setup.rules.rules), times, 0, 0, used / times, 0.0)


def _timed(do: Callable[[], object]) -> float:
    gc.collect()
    began = time.process_time()
    do()
    return time.process_time() - began


if __name__ == "__main__":
    sys.exit(main())
