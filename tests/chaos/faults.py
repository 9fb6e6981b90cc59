"""The faults: the monitor is killed and started again at once, the engine is killed and comes back.

Only doing them belongs here, and writing down when; when they come is in ``plan``. A monitor that ends by
itself, as it does when it finds no engine, is started again as a service manager would.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.chaos.plan import Outage, Wave
from tests.real.monitor import Monitor
from tools.private_engine import PrivateEngine

LOOK_EVERY = 0.05
AGAIN_AFTER = 0.3


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Something was away, in nanoseconds of this host's clock. Of an engine ``ended`` is when it answered
    again, of a monitor when it was started again."""

    began: int
    ended: int
    engine: bool = False


@dataclass(slots=True)
class Faults:
    """All of them so far. ``launches`` are the moments at which an engine began to be this process."""

    all: list[Fault] = field(default_factory=list)
    launches: list[int] = field(default_factory=list)
    quits: int = 0
    """How often the monitor ended by itself while the engine was away."""
    crashes: list[str] = field(default_factory=list)
    """What it said when it ended by itself, and the engine was there."""

    @property
    def kills(self) -> int:
        """How often the monitor was killed."""
        return sum(not fault.engine for fault in self.all) - self.quits - len(self.crashes)

    @property
    def outages(self) -> list[Fault]:
        """When the engine was away."""
        return [fault for fault in self.all if fault.engine]

    def last_end(self, before: int) -> int:
        """The end of the last fault that was over by then; 0 without any."""
        return max((fault.ended for fault in self.all if fault.ended <= before), default=0)


class Keeper:
    """Keeps one monitor running until the end of the ``with`` block, and kills it in between."""

    def __init__(self, monitor: Monitor, faults: Faults, engine_is_away: Callable[[], bool]) -> None:
        self._monitor = monitor
        self._faults = faults
        self._engine_is_away = engine_is_away
        self._guard = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="keeper")

    @contextmanager
    def kept(self) -> Iterator["Keeper"]:
        """Start it; at the end whoever watches over it stops, and the monitor is left running."""
        self._monitor.start()
        self._thread.start()
        try:
            yield self
        finally:
            self._closing.set()
            self._thread.join()

    def kill9(self) -> None:
        """Kill it and start it again."""
        with self._guard:
            if not self._monitor.has_ended:
                self._again()

    def _again(self) -> None:
        began = time.time_ns()
        self._monitor.kill9()
        self._monitor.start()
        self._faults.all.append(Fault(began, time.time_ns()))

    def _watch(self) -> None:
        while not self._closing.wait(LOOK_EVERY):
            with self._guard:
                if not self._monitor.has_ended:
                    continue
                away = self._engine_is_away()
                self._closing.wait(AGAIN_AFTER)
                if away or self._engine_is_away():
                    self._faults.quits += 1
                else:
                    self._faults.crashes.append(self._monitor.raw_log()[-1000:])
                self._again()


class Wrecker:
    """Kills an engine and lets it come back."""

    def __init__(self, engine: PrivateEngine, faults: Faults) -> None:
        self._engine = engine
        self._faults = faults
        self.away = False
        faults.launches.append(time.time_ns())

    def outage(self, seconds: float) -> None:
        """One outage, from its beginning to its end."""
        began, self.away = time.time_ns(), True
        self._engine.kill9()
        time.sleep(seconds)
        self._faults.launches.append(time.time_ns())
        self._engine.restart()
        self.away = False
        self._faults.all.append(Fault(began, time.time_ns(), engine=True))


@contextmanager
def faults_of(wave: Wave, keeper: Keeper, wrecker: Wrecker) -> Iterator[Callable[[], None]]:
    """Do what the wave says, beside the block; gives what waits until all of it is done."""
    closing = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        began = time.monotonic()
        doing = (
            pool.submit(_kill, wave.kills, keeper, began, closing),
            pool.submit(_wreck, wave.outages, wrecker, began, closing),
        )

        def wait() -> None:
            for each in doing:
                each.result()

        try:
            yield wait
        finally:
            closing.set()
        wait()


def _kill(moments: Sequence[float], keeper: Keeper, began: float, closing: threading.Event) -> None:
    for moment in moments:
        if closing.wait(max(0.0, began + moment - time.monotonic())):
            return
        keeper.kill9()


def _wreck(outages: Sequence[Outage], wrecker: Wrecker, began: float, closing: threading.Event) -> None:
    for outage in outages:
        if closing.wait(max(0.0, began + outage.at - time.monotonic())):
            return
        wrecker.outage(outage.seconds)
