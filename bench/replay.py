"""``python -m bench.replay``: a recording, from its bytes to the decisions, without a clock to wait for.

A monitor's life is recorded by the writer of recordings: what an engine's own bytes say of a thousand
containers, each of which breaks a limit once. Then the file is read, put into the graph and stepped as fast
as that goes, on one core. The decisions are held against those of the same facts by a slow
reference that rests on no calm and keeps no sums: the very same ones, or some were lost. What a single fact
costs in each case is in ``cost``.
"""

import argparse
import gc
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import trio

from bench.cost import MIB, frame_of, setup_of, some_containers
from bench.programs import CHECKOUT
from reactor.app.rulefiles import load_rules
from reactor.core.container import Container
from reactor.core.decisions import Decision
from reactor.core.facts import Fact, Happened, Happening, Sample, Snapshot, Tick
from reactor.core.ports import EngineInfo
from reactor.core.rules import RuleSet
from reactor.core.state import Setup, State, Step
from reactor.core.step import step
from reactor.engine.stats import FrameBody, StatsStream
from reactor.engine.streaming import parse_line
from reactor.http.lines import Lines
from reactor.recording.header import Header
from reactor.recording.places import Limits, OneFile
from reactor.recording.reading import Recording
from reactor.recording.writing import Moment, Writer
from reactor.streams.graph import Graph
from reactor.streams.scheduler import TrioScheduler

BASE = 1767225600
WANTED = 10_000
"""Facts a second, on one core."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """``decisions`` of ``expected`` were made, ``same`` if they are the very same. Seconds are CPU time."""

    containers: int
    facts: int
    seconds: float
    rate: float
    decisions: int
    expected: int
    same: bool

    @property
    def ok(self) -> bool:
        """Whether nothing was lost. How fast it was is for the reader to judge: machines differ."""
        return self.same and self.decisions == self.expected and self.decisions > 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Record, replay, compare; 1 if anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m bench.replay", description=__doc__)
    parser.add_argument("--containers", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=60, help="of the life that is recorded")
    parser.add_argument("--rules", type=Path, nargs="+", default=[CHECKOUT / "rules"])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="reactor-replay-") as folder:
        rules, path = load_rules(options.rules), Path(folder) / "recording.reactor"
        found = trio.run(replayed, rules, options.containers, options.seconds, path)
    if options.json:
        print(json.dumps(asdict(found)))
    else:
        lost = "" if found.ok else f"  LOST: {found.decisions} of {found.expected} decisions"
        print(f"{found.facts:,} facts, {found.rate:,.0f} a second, {found.decisions:,} decisions{lost}")
    return 0 if found.ok else 1


async def replayed(rules: RuleSet, containers: int, seconds: int, path: Path) -> Replayed:
    """One recording of such a life, made and replayed."""
    await trio.lowlevel.checkpoint()
    setup = setup_of(rules)
    recorded(setup, list(life(some_containers(containers), seconds)), path)
    expected = reference(setup, rules, path)
    gc.collect()
    began = time.process_time()
    facts, decisions = quick(setup, rules, path)
    used = time.process_time() - began
    same = [each.id for each in decisions] == [each.id for each in expected]
    return Replayed(containers, facts, round(used, 3), facts / used, len(decisions), len(expected), same)


def life(containers: Sequence[Container], seconds: int) -> Iterator[Fact]:
    """A reading of each in every second, as the engine's bytes tell; each breaks a limit once."""
    yield Snapshot(1.0, 1.0, 1, tuple(containers))
    streams = [StatsStream(Lines(_nothing, MIB), each.run, 0) for each in containers]
    for second in range(1, seconds + 1):
        for number, (each, stream) in enumerate(zip(containers, streams, strict=True)):
            # The first and the last seconds are quiet.
            over = second == 5 + number % max(1, seconds - 10)
            pids, memory = 2 + (second + number) % 5, (10 + (second * number) % 30) * MIB
            line = frame_of(second, 201 if over and number % 2 else pids, 90 * MIB if over else memory)
            sample = stream.sample(parse_line(line, FrameBody, "stats"), second + number / len(containers))
            if sample is not None:
                yield sample
            if over and number % 10 == 0:
                nanos = (BASE + 3600 + second) * 10**9 + number
                yield Happened(second + number / len(containers), Happening.OOM, each.id, nanos)
        yield Tick(second + 1.0)


async def _nothing() -> bytes | None:
    await trio.lowlevel.checkpoint()
    return None


def recorded(setup: Setup, facts: Sequence[Fact], path: Path) -> None:
    """Write a recording of these facts, and of what they lead to."""
    engine = EngineInfo("bench", "bench", "20.10.24", "1.41", float(BASE), 0)
    about = Header("bench", "0" * 32, 0, 0.0, 0.0, engine, [], b"")
    writer, state = Writer(OneFile(path, Limits()), about, setup), State()
    items = list[tuple[Fact, tuple[Decision, ...]]]()
    for fact in facts:
        result = step(setup, state, fact)
        state = result.state
        items.append((fact, result.decisions))
    moment = Moment(facts[-1].at, BASE + facts[-1].at)
    writer.write(items, moment)
    writer.close(moment)


def quick(setup: Setup, rules: RuleSet, path: Path) -> tuple[int, list[Decision]]:
    """How many facts there are, and what they lead to: from the file through the graph and the step."""
    graph, decisions, count = Graph(setup, TrioScheduler(), now=lambda: 0.0), list[Decision](), 0

    def stepped(result: Step) -> None:
        decisions.extend(result.decisions)

    graph.subscribe(stepped)
    for each in Recording(path, lambda _texts, _version: rules).items():
        graph.feed(each.fact)
        count += 1
    return count, decisions


def reference(setup: Setup, rules: RuleSet, path: Path) -> list[Decision]:
    """What the same facts lead to if everybody is judged always and nothing is kept from before."""
    state, decisions = State(), list[Decision]()
    for each in Recording(path, lambda _texts, _version: rules).items():
        fact = each.fact
        result = step(setup, _forgetful(state, fact), fact)
        state = result.state
        decisions += result.decisions
    return decisions


def _forgetful(state: State, fact: Fact) -> State:
    """The state with no calm for whom this fact is about; for all of them, if time goes on."""
    if isinstance(fact, Tick):
        awake = {entry.run.id: replace(entry, calm=None) for entry in state.entries.values()}
        return replace(state, entries=state.entries.put_all(awake), weather=None, together=None)
    entry = state.entries.get(fact.run.id) if isinstance(fact, Sample) else None
    if entry is None:
        return state
    return replace(state, entries=state.entries.put(entry.run.id, replace(entry, calm=None)))


if __name__ == "__main__":
    sys.exit(main())
