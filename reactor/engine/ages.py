"""When a run began, on our own monotonic clock, or that this is not known for certain.

The engine says when a run began on its own wall clock, which may be set at any moment, and so
may ours. So a start is worked out once, as "so long ago by the engine's own clock", is held
against what the kernel says of the process where that can be seen, and is then kept as a moment
on the clock that counts since boot. Sources that disagree make the start unknown; no age is ever
guessed. Pure arithmetic is below; reading clocks and /proc is in ``clocks``.
"""

import math
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

from reactor.core.container import Run
from reactor.core.ports import Anchor, Anchors
from reactor.engine.times import seconds

TOLERANCE = 5.0
"""Seconds by which two sources may differ: engines differ in when they note a moment."""

SLOWEST_START = 60.0
"""Seconds that an engine on a busy host may take from a process's beginning until it writes the start down.

Of the two moments that is the later one: by it nobody is ended too soon, and nobody is left out either.
"""

REMEMBERED = 50_000


class Clocks(Protocol):
    """What the machine says of time."""

    @property
    def boot_id(self) -> str:
        """Which boot of this machine it is."""
        ...

    def since_boot(self) -> float:
        """Seconds since boot, suspended time included."""
        ...

    def process_start(self, pid: int, container: str) -> float | None:
        """When this process began, in seconds since boot; None unless it is seen to be that container's."""
        ...


class NoAnchors:
    """For those who keep no journal: every start is a first one."""

    def anchor(self, run: Run) -> Anchor | None:  # noqa: ARG002 - the protocol's parameter
        """Nothing was kept."""
        return None

    def keep(self, run: Run, anchor: Anchor) -> None:
        """Nothing is kept."""


class EngineClock:
    """The engine's wall clock, as seen from our monotonic one."""

    def __init__(self) -> None:
        self._offset: float | None = None
        self._last: float | None = None
        self.steady_since = -math.inf

    def learn(self, engine: float, asked: float, answered: float) -> None:
        """The engine said that it is ``engine``, at some moment between ``asked`` and ``answered``."""
        # An answer that took long could be from anywhere in that time, and is not worth believing.
        if answered - asked > TOLERANCE:
            return
        offset = engine - (asked + answered) / 2
        if self._last is not None and abs(offset - self._last) > TOLERANCE:
            self.steady_since = answered
        self._offset = self._last = offset

    def forget(self) -> None:
        """The engine's clock is not what it was, and nothing is known of it now."""
        self._offset = None

    def now(self, at: float) -> float | None:
        """The engine's time at a moment of ours; None if it is not known."""
        return None if self._offset is None else at + self._offset

    def fits(self, engine: float, asked: float, answered: float) -> bool:
        """Whether a time that the engine named (to the second) in an answer is the one that we expect."""
        first, last = self.now(asked), self.now(answered)
        slack = TOLERANCE / 2
        return first is not None and last is not None and first - slack <= engine + 0.5 <= last + slack

    def moment(self, text: str, at: float) -> float | None:
        """A moment of the engine's on our clock; None if it is no time, or lies in the future."""
        then, now = seconds(text), self.now(at)
        if then is None or now is None or then > now + TOLERANCE:
            return None
        return at - max(now - then, 0.0)


class Told:
    """Moments that were worked out from the engine's texts once, and stay what they were found to be."""

    def __init__(self) -> None:
        self._moments: OrderedDict[tuple[str, str], float] = OrderedDict()

    def find(self, key: tuple[str, str], work_out: Callable[[], float | None]) -> float | None:
        """The moment of this container and text; what is unknown now can still become known."""
        known = self._moments.get(key)
        if known is not None:
            self._moments.move_to_end(key)
            return known
        found = work_out()
        if found is not None:
            self._moments[key] = found
            if len(self._moments) > REMEMBERED:
                self._moments.popitem(last=False)
        return found


class Ages:
    """Works out when runs began, and remembers it: an answer that was given stays, whatever the clocks do."""

    def __init__(self, anchors: Anchors, clocks: Clocks, *, local: bool) -> None:
        self._anchors = anchors
        self._clocks = clocks
        self._local = local
        self._known: OrderedDict[Run, float] = OrderedDict()
        self._told = Told()
        self.engine = EngineClock()
        self.disagreements = 0

    def born(self, run: Run, pid: int, at: float) -> float | None:
        """When this run began on our clock; None if that is not certain. ``at`` is now."""
        known = self._known.get(run)
        if known is not None:
            self._known.move_to_end(run)
            return known
        boot = self._clocks.since_boot() - at
        if not run.started_at:
            # An engine that was killed in the middle of a start runs a container whose start it never wrote
            # down. The kernel knows it; it is asked each time, since another such run would look the same.
            seen = self._seen(run, pid)
            return None if seen is None else seen - boot
        born = self._agreed(run, pid, at, boot)
        if born is not None:
            self._remember(run, born, boot)
        return born

    def created(self, container: str, text: str, at: float) -> float | None:
        """When a container was created on our clock, by the engine's word alone."""
        return self._told.find((container, text), lambda: self._by_word(text, at))

    def finished(self, run: Run, text: str, at: float) -> float | None:
        """When the last end was on our clock; None if there was none, or if it is not certain."""
        if not text:
            return None
        return self._told.find((run.id, text), lambda: self._finished(run, text, at))

    def _finished(self, run: Run, text: str, at: float) -> float | None:
        found, lasted = self._by_word(text, at), _between(run.started_at, text)
        born = self._known.get(run)
        if found is None or born is None or lasted is None or lasted < 0:
            return found  # An earlier run's end, or a run that we did not see alive.
        if born < self.engine.steady_since:
            return found  # It began by another clock than it ended by: there is nothing to compare.
        if abs(born + lasted - found) > TOLERANCE:
            self.disagreements += 1
            return None
        return found

    def _by_word(self, text: str, at: float) -> float | None:
        found = self.engine.moment(text, at)
        # What was written down before the engine's clock was set means nothing by the clock of now.
        return None if found is None or found < self.engine.steady_since else found

    def _agreed(self, run: Run, pid: int, at: float, boot: float) -> float | None:
        """``boot`` is what has to be added to a moment of ours to get seconds since boot."""
        said = self._anchored(run, boot)
        if said is None:
            said = self.engine.moment(run.started_at, at)
        seen = self._seen(run, pid)
        if said is None or seen is None:
            return said
        if not -TOLERANCE <= said - (seen - boot) <= SLOWEST_START:
            self.disagreements += 1
            return None
        return said

    def _seen(self, run: Run, pid: int) -> float | None:
        """When its process began, in seconds since boot, where that can be seen."""
        return self._clocks.process_start(pid, run.id) if self._local and pid > 0 else None

    def _anchored(self, run: Run, boot: float) -> float | None:
        anchor = self._anchors.anchor(run)
        if anchor is None or anchor.boot_id != self._clocks.boot_id:
            return None
        return anchor.born - boot

    def _remember(self, run: Run, born: float, boot: float) -> None:
        self._known[run] = born
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        anchor = self._anchors.anchor(run)
        if anchor is None or anchor.boot_id != self._clocks.boot_id:
            self._anchors.keep(run, Anchor(self._clocks.boot_id, born + boot))


def _between(started: str, finished: str) -> float | None:
    """For how long a run lasted by the engine's clock of that time."""
    first, last = seconds(started), seconds(finished)
    return None if first is None or last is None else last - first
