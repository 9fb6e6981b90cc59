"""What a service manager is told about: one monitor, or several side by side.

Only how it stands with them is here. When that is said, and in which lines, is in ``reporting``.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

import trio

from reactor.app.fleet.member import Stage, Standing, lacking
from reactor.app.monitor import Monitor
from reactor.app.numbers import Numbers
from reactor.app.systemd.standing import BEGINS, standing
from reactor.app.systemd.working import Works

WAITED_FOR = 60.0
"""Seconds, from the first question on, in which one of several engines may be listed for the first time."""


class Subject(Protocol):
    """Whoever is reported on."""

    @property
    def is_ready(self) -> bool:
        """Whether all has begun that can begin."""
        ...

    def status(self) -> str:
        """How it stands, in one line."""
        ...

    def why_not(self, now: float) -> str:
        """What does not work, as a sentence; empty if all does. ``now`` is on our monotonic clock."""
        ...


class OneMonitor:
    """The only monitor of this process. ``engine`` is its name, ``period`` how often that is listed."""

    def __init__(self, engine: str, period: float) -> None:
        self._engine = engine
        self._period = period
        self._numbers: Numbers | None = None
        self._works: Works | None = None

    @contextmanager
    def watching(self, monitor: Monitor, numbers: Numbers) -> Iterator[None]:
        """From now on there is a monitor to speak of; it is over with the process."""
        self._numbers = numbers
        self._works = Works(monitor, numbers, self._period, trio.current_time())
        yield

    @property
    def is_ready(self) -> bool:
        """Whether its engine has been listed, and events come in."""
        return self._numbers is not None and self._numbers.is_ready

    def status(self) -> str:
        """How it stands."""
        return BEGINS if self._numbers is None else standing(self._numbers, self._engine)

    def why_not(self, now: float) -> str:
        """What does not work of it."""
        return self._works.why_not(now) if self._works is not None else ""


class SeveralMonitors:
    """Those of several engines, by their names. ``period`` is how often each engine is listed.

    An engine that is away keeps nobody from being ready: those that are there are guarded, and a manager that
    waits for the last one would end all of them. One that lets itself be asked and then hangs does so only
    for a while.
    """

    def __init__(
        self,
        standings: Mapping[str, Standing],
        period: float,
        clock: Callable[[], float] = trio.current_time,
    ) -> None:
        self._standings = standings
        self._period = period
        self._clock = clock
        self._until: float | None = None
        self._works: dict[str, Works] = {}

    @contextmanager
    def watching(self, name: str, monitor: Monitor, numbers: Numbers) -> Iterator[None]:
        """While this lasts, the engine with this name has this monitor."""
        self._works[name] = Works(monitor, numbers, self._period, trio.current_time())
        try:
            yield
        finally:
            del self._works[name]

    @property
    def is_ready(self) -> bool:
        """Whether each engine has been listed, or was found to be away; at the latest when we have waited."""
        now = self._clock()
        if self._until is None:
            self._until = now + WAITED_FOR
        return now >= self._until or all(_is_settled(each) for each in self._standings.values())

    def status(self) -> str:
        """Which engines are not watched, and how it stands with the others."""
        found = self._standings.values()
        watched = sum(each.stage is Stage.WATCHING for each in found)
        told = f"watching {watched} of {len(found)} engines"
        return "; ".join(part for part in (lacking(self._standings), told) if part)

    def why_not(self, now: float) -> str:
        """What does not work, of the first one of which that can be said."""
        found = ((name, each.why_not(now)) for name, each in self._works.items())
        return next((f"{name}: {why}" for name, why in found if why), "")


def _is_settled(each: Standing) -> bool:
    if each.stage is Stage.WATCHING:
        return each.numbers is not None and each.numbers.is_ready
    return each.stage is not Stage.STARTING
