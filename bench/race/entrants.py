"""Who takes part: each way of watching, how it is started, when it is armed, what it says that it did.

An entrant is made anew for each of its turns and ends with its ``with`` block. What is done to it while it
runs belongs to ``turns``.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

from bench.monitor import Monitor
from bench.programs import Program
from bench.race.names import FAST, LOOP, NETDATA, NOBODY, NORMAL, STREAMS, THREADS
from bench.race.netdata import Netdata
from bench.race.records import Verdict
from bench.race.verdicts import verdicts
from bench.saying import Counted, Killed

SCOPE: Final = "reactor.task"
POLLED: Final = "bench.polled"
"""The poll loop of an attack looks at these only: a whole round over all takes minutes."""
ARMED_WITHIN: Final = 120.0
INTERVAL, SHORT_INTERVAL = 300.0, 4.0
READ = "container_threads"
"""Reactor has a reading of a container when it shows this metric of it."""
ARMING = "reactor_lane_arming_duration_seconds"
RULES: Final = """\
groups:
  - name: bench
    rules:
      - name: lifetime
        when: age > 12h
      - name: pids
        when: pids > 200{contain}
      - name: memory
        when: memory > 80%{contain}
      - name: oom
        on: oom
"""
CONTAIN: Final = "\n        contain: true"
# Hundreds of attacks in minutes are what brakes are for.
CONFIGURATION: Final = (
    "profile: {profile}\ngate: {{off: true}}\nbreaker: {{off: true}}\nbudgets: {{off: true}}\n"
)


class Entrant(Protocol):
    """One of them, running."""

    @property
    def pid(self) -> int | None:
        """Its process; None for nobody."""

    def wait_armed(self, number: int, within: float) -> None:
        """Wait until it has a reading of so many containers. Raises DidNotBegin."""

    def readings(self) -> tuple[float, float] | None:
        """A moment, and how many readings it had taken by then; None if that is not known."""

    def arming(self) -> Sequence[tuple[float, int]]:
        """Within so many seconds of their start so many were armed; nothing where it does not say."""

    def finish(self) -> list[Verdict]:
        """End it; what it says that it did."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a turn takes place. ``rules`` are reactor's, ``more`` is put into its configuration, ``cgroups``
    is the name of the engine's parent."""

    docker_host: str
    folder: Path
    cgroups: str
    rules: str
    port: int
    more: str = ""


class Nobody:
    """What the engine uses when nobody watches."""

    pid = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        return None

    def wait_armed(self, number: int, within: float) -> None:
        """At once."""

    def readings(self) -> tuple[float, float] | None:
        """None are taken."""
        return None

    def arming(self) -> Sequence[tuple[float, int]]:
        """Nobody is armed."""
        return ()

    def finish(self) -> list[Verdict]:
        """Nothing."""
        return []


class Watcher(Program):
    """One of the two contenders that are programs of the bench."""

    def wait_armed(self, number: int, within: float) -> None:
        """Wait until it has said so."""
        self.wait_watching(number, within)

    def readings(self) -> tuple[float, float] | None:
        """As it told last."""
        last: Counted | None = next(iter(self.counted()[-1:]), None)
        return None if last is None else (last.at, last.readings)

    def arming(self) -> Sequence[tuple[float, int]]:
        """It does not say."""
        return ()

    def finish(self) -> list[Verdict]:
        """What it told of its kills."""
        self.stop()
        return [_told(said) for said in self.killed()]


class Ours(Monitor):
    """Reactor, in one of its profiles."""

    def wait_armed(self, number: int, within: float) -> None:
        """Wait until it has a reading of so many."""
        self.wait_series(READ, number, within)

    def readings(self) -> tuple[float, float] | None:
        """By its own metric, at about this moment."""
        return self.read_at("reactor_samples_total")

    def arming(self) -> Sequence[tuple[float, int]]:
        """By its own histogram."""
        return self.buckets(ARMING)

    def finish(self) -> list[Verdict]:
        """What its journal says."""
        self.stop()
        return verdicts(self.journal)


class Collector(Netdata):
    """Netdata: it only looks."""

    def readings(self) -> tuple[float, float] | None:
        """It has no such number: one a second of each, as it was told."""
        return None

    def arming(self) -> Sequence[tuple[float, int]]:
        """It acts on nobody."""
        return ()

    def finish(self) -> list[Verdict]:
        """Nothing."""
        return []


Running = AbstractContextManager[Entrant]


def entrant(name: str, place: Place, *, attacked: bool) -> Running:
    """Start one of them. Raises NotHere for what cannot be had."""
    return _MAKERS[name](place, attacked)


def _loop(place: Place, attacked: bool) -> Watcher:
    label, sleep = (POLLED, SHORT_INTERVAL) if attacked else (SCOPE, INTERVAL)
    return Watcher("bench.race.loop", (place.docker_host, label, str(sleep)), ())


def _threads(place: Place, _attacked: bool) -> Watcher:
    return Watcher("bench.race.threads", (place.docker_host, SCOPE), ())


def _ours(profile: str) -> Callable[[Place, bool], Ours]:
    def make(place: Place, _attacked: bool) -> Ours:
        place.folder.mkdir(parents=True)
        told = CONFIGURATION.format(profile=profile) + place.more
        return Ours(place.docker_host, place.folder, place.rules, told)

    return make


_MAKERS: Final[dict[str, Callable[[Place, bool], Running]]] = {
    NOBODY: lambda _place, _attacked: Nobody(),
    LOOP: _loop,
    THREADS: _threads,
    STREAMS: _ours("streams"),
    NORMAL: _ours("normal"),
    FAST: _ours("fast"),
    NETDATA: lambda place, _attacked: Collector(place.folder, place.cgroups, place.port),
}


def _told(said: Killed) -> Verdict:
    return Verdict(
        said.container, said.rule, said.seen, said.called, called=said.called, returned=said.returned
    )


def first_for(found: Sequence[Verdict], container: str, rule: str) -> Verdict | None:
    """The first verdict about this container for what it broke; one that followed from its death is none."""
    return next((each for each in found if each.container == container and each.rule == rule), None)
