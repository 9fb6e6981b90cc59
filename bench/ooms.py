"""How many instant OOM kills each witness can put down to their container: kernel log, counters, the engine.

``python -m bench.ooms --count 100`` starts an engine of its own and containers in it that run out of memory
within milliseconds, several at once. All three are heard beside each other; what the core makes of them
together is shown by the tests. OOM kills of other engines on this host are counted and left alone.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import docker
import trio

from reactor.cgroups.mounts import look_for_trees
from reactor.core.container import Container, ContainerId
from reactor.core.facts import Happened
from reactor.core.notes import Adopted, Cause, Ended, Note
from reactor.core.ports import EngineError, Event
from reactor.core.protection import Standing
from reactor.core.state import State, Step
from reactor.engine.calls import DockerEngine
from reactor.engine.endpoint import resolve
from reactor.kmsg.births import Births
from reactor.kmsg.counters import CounterWatch
from reactor.kmsg.watching import HOLD, OomWatch
from tools.private_engine import TEST_IMAGE, PrivateEngine

MEMORY = "16m"
HOG = ("sh", "-c", "a=x; while true; do a=$a$a; done")
AT_ONCE = 6
SETTLES = HOLD + 3.0
"""Seconds after the last start in which what is late can come."""


@dataclass
class Heard:
    """Who told of whom."""

    log: set[ContainerId] = field(default_factory=set)
    counters: set[ContainerId] = field(default_factory=set)
    engine: set[ContainerId] = field(default_factory=set)
    kills: int = 0
    foreign: int = 0
    untold: int = 0


class Listener:
    """All three witnesses, and what each of them said; what a monitor would look at is looked at."""

    def __init__(self, engine: DockerEngine) -> None:
        self.heard = Heard()
        self._engine = engine
        self._known: dict[ContainerId, Container] = {}
        self._births = Births(look_for_trees())
        self._log = OomWatch(self._by_log, lambda key: key in self._known, self._births)
        self._counters = CounterWatch(look_for_trees(), self._by_counter, lambda: True)

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Listen for ever."""
        info = await self._engine.identify()
        self._log.connected(info)
        async with trio.open_nursery() as nursery:
            for task in (self._log.run, self._log.settle, self._counters.run, self._births.run):
                nursery.start_soon(task)
            async with self._engine.open_events(info.now) as events:
                task_status.started()
                async for event in events:
                    nursery.start_soon(self._hear, event)

    def counted(self) -> Heard:
        """What was heard so far."""
        stats = self._log.statistics()
        self.heard.kills, self.heard.foreign, self.heard.untold = stats.kills, stats.foreign, stats.untold
        return self.heard

    async def _hear(self, event: Event) -> None:
        if event.action == "oom":
            self.heard.engine.add(event.id)
        elif event.action == "start":
            try:
                seen = await self._engine.inspect(event.id)
            except EngineError:
                return
            self._known[event.id] = seen
            self._tell(Adopted(trio.current_time(), seen, Standing.WATCHED))
        elif event.action == "die" and event.id in self._known:
            run = self._known[event.id].run
            self._tell(Ended(trio.current_time(), run, "", Cause.UNSEEN))

    def _tell(self, note: Note) -> None:
        for each in (self._log, self._counters):
            each.step(Step(State(), (), (note,)))

    def _by_log(self, fact: Happened) -> None:
        self.heard.log.add(fact.id)

    def _by_counter(self, fact: Happened) -> None:
        self.heard.counters.add(fact.id)


def start_all(docker_host: str, count: int) -> list[ContainerId]:
    """Make so many that run out of memory, and start them, some at once."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        counts = [len(range(number, count, AT_ONCE)) for number in range(AT_ONCE)]
        made = pool.map(lambda some: _start_some(docker_host, some), counts)
        return [each for some in made for each in some]


def _start_some(docker_host: str, count: int) -> list[ContainerId]:
    # A client each: one must not be used by two threads at once.
    client = docker.APIClient(base_url=docker_host, timeout=120)
    try:
        host = client.create_host_config(network_mode="none", mem_limit=MEMORY, memswap_limit=MEMORY)
        made = [client.create_container(TEST_IMAGE, [*HOG], host_config=host)["Id"] for _ in range(count)]
        for container in made:
            client.start(container)
        return [ContainerId(container) for container in made]
    finally:
        client.close()


async def measure(docker_host: str, count: int) -> tuple[list[ContainerId], Heard]:
    """Let them run out of memory, and wait until everybody has had the time to say so."""
    listener = Listener(DockerEngine(resolve(docker_host, {})))
    async with trio.open_nursery() as nursery:
        await nursery.start(listener.run)
        limiter = trio.CapacityLimiter(1)
        made = await trio.to_thread.run_sync(start_all, docker_host, count, limiter=limiter)
        await trio.sleep(SETTLES)
        nursery.cancel_scope.cancel()
    return made, listener.counted()


def lines(made: Sequence[ContainerId], heard: Heard) -> list[str]:
    """The shares, for people."""
    ids = set(made)
    found = {
        "kernel log": ids & heard.log,
        "counters": ids & heard.counters,
        "engine's event": ids & heard.engine,
        "any of them": ids & (heard.log | heard.counters | heard.engine),
    }
    table = [
        f"{name:<16}{len(each):>6} of {len(ids)}{100 * len(each) / len(ids):>8.1f} %"
        for name, each in found.items()
    ]
    told = f"{heard.kills} kills in the log, {heard.foreign} foreign, of {heard.untold} nobody can tell whose"
    return [f"{len(ids)} instant OOM kills, put down to their container by", *table, told]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure once and print it."""
    parser = argparse.ArgumentParser(prog="python -m bench.ooms", description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="how many containers (default: 100)")
    options = parser.parse_args(arguments)
    engine = PrivateEngine()
    engine.start()
    try:
        engine.import_busybox()
        began = time.monotonic()
        made, heard = trio.run(measure, engine.docker_host, max(1, options.count))
        print("\n".join(lines(made, heard)))
        print(f"{time.monotonic() - began:.0f} s, {SETTLES:.0f} of them waiting for what is late")
    finally:
        engine.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
