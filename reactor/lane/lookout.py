"""When who is looked at: the tripwire at every look, everybody when it trips, and everybody now and then.

What belongs here is the order of looking and its budget. What a reading means for one run is in ``eye``, what
is read in ``cgroups``. Nothing here waits or knows what time it is.
"""

import heapq
from collections.abc import Callable, Iterable
from dataclasses import replace

from reactor.cgroups.descriptors import Budget, CgroupGone, Drawer
from reactor.cgroups.files import HOT, What
from reactor.cgroups.sweeping import Sweep
from reactor.lane.eye import Eye
from reactor.lane.purse import Purse
from reactor.lane.wires import Stir, Wire
from reactor.lane.words import Arm, Beat, Disarm, News, Told

SWEEP_EVERY = 0.1
"""Seconds between two sweeps that nothing asked for, at most as long as the budget allows."""
PEAKS_EVERY = 1.0
PEAKS_AT_ONCE = 100
DUE_AT_ONCE = 20
LEAST_PAUSE = 0.05
INFINITE = float("inf")
CLOSE_EVERY = 0.02
"""Seconds between two looks at the working set of those whose usage says nothing, or who are above a mark."""
KEPT = (*HOT, What.PIDS_PEAK, What.MEMORY_STAT, What.CPU)


class Lookout:
    """Looks when it is told to, and says what there is to tell."""

    def __init__(self, share: float, budget: Budget, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._budget = budget
        self._sweep = Sweep()
        self._purse = Purse(share, clock())
        self._eyes: dict[int, Eye] = {}
        self._by_index: dict[int, Eye] = {}
        self._due: list[tuple[float, int]] = []
        self._wires = tuple(Wire(what, share, clock()) for what in HOT)
        self._told: list[Told] = []
        self._gone: list[int] = []
        self._sweep_at = self._close_at = self._peaks_at = 0.0
        self.is_stirring = False
        self._next = 0.0
        self._close: set[Eye] = set()
        self._peaks: list[Eye] = []
        self._looks = self._sweeps = self._count = 0

    def obey(self, words: Iterable[Arm | Disarm]) -> None:
        """Begin, or cease, to read runs; the first reading of each is told at once."""
        for word in words:
            if isinstance(word, Arm):
                self._arm(word)
            else:
                self._drop(word.key)
        self._next = 0.0

    def look(self) -> News:
        """Look once: at the parents, and at whoever there is a reason to look at."""
        self._looks += 1
        now = self._clock()
        self.is_stirring = False
        for wire in self._wires:
            if stir := wire.look(now):
                self.is_stirring = True
                self._look_at_once(wire, stir)
        if now < self._next and not self._told and not self._gone:
            # Nearly always: a look costs two reads and nothing else.
            return NOTHING
        self._look_around(now)
        self._next = min(self._sweep_at, self._peaks_at, self._due[0][0] if self._due else INFINITE)
        if self._close:
            self._next = min(self._next, self._close_at)
        return self._said()

    def _look_at_once(self, wire: Wire, stir: Stir) -> None:
        """The parents have moved: by enough for a look at everybody, or at those who are near a mark."""
        began = self._clock()
        if stir is Stir.ALL:
            self._sweep_all()
        else:
            for eye in tuple(self._close):
                self._meet(eye)
        wire.spend(self._clock() - began)

    def _look_around(self, now: float) -> None:
        """At everybody whose time has come."""
        self._purse.fill(now)
        if now >= self._sweep_at:
            self._sweep_all()
        if self._close and now >= self._close_at:
            self._look_closely()
        if now >= self._peaks_at:
            self._look_at_peaks(now)
        for _ in range(DUE_AT_ONCE):
            if not self._due or self._due[0][0] > now:
                break
            self._beat(heapq.heappop(self._due)[1], now)

    def beat(self, busy: float, late: float) -> Beat:
        """That it is there, and how it goes."""
        kept = self._budget.used
        slowed = sum(wire.slowed for wire in self._wires)
        return Beat(len(self._eyes), kept, self._looks, self._sweeps, self._count, slowed, busy, late)

    def close(self) -> None:
        """Read nobody any more."""
        for key in tuple(self._eyes):
            self._drop(key)
        for wire in self._wires:
            wire.close()

    def _arm(self, word: Arm) -> None:
        old = self._eyes.get(word.key)
        drawer = Drawer(word.home, self._budget) if old is None else old.drawer
        eye = Eye(word, drawer)
        try:
            drawer.keep(KEPT)
        except CgroupGone:
            drawer.close()
            self._gone.append(word.key)
            return
        if old is not None:
            self._close.discard(old)
            eye.peak, eye.high = old.peak, old.high
        eye.index = self._sweep.watch(drawer)
        if old is None:
            for wire in self._wires:
                wire.add(word.home)
        self._eyes[word.key] = self._by_index[eye.index] = eye
        self._meet(eye)
        eye.stagger(self._clock())
        heapq.heappush(self._due, (eye.due, word.key))

    def _drop(self, key: int) -> None:
        eye = self._eyes.pop(key, None)
        if eye is not None:
            self._close.discard(eye)
            del self._by_index[eye.index]
            # The sweep forgets its numbers first: they go to others.
            self._sweep.drop(eye.drawer.home.run)
            eye.drawer.close()
            for wire in self._wires:
                wire.remove(eye.word.home)

    def _sweep_all(self) -> None:
        began = self._clock()
        over, gone = [*self._sweep.sweep()], [*self._sweep.gone]
        for index in over:
            self._meet(self._by_index[index])
        for index in gone:
            self._lose(self._by_index[index])
        for wire in self._wires:
            wire.swept()
        took = self._clock() - began
        self._sweeps += 1
        self._purse.spend(took)
        self._sweep_at = began + self._purse.period(took, SWEEP_EVERY)

    def _look_closely(self) -> None:
        """At those of whom a sweep cannot tell enough: behind page cache, or above a mark."""
        began = self._clock()
        for eye in tuple(self._close):
            self._meet(eye)
        took = self._clock() - began
        self._purse.spend(took)
        self._close_at = began + self._purse.period(took, CLOSE_EVERY)

    def _look_at_peaks(self, now: float) -> None:
        """At some each time, so that everybody has had his turn in a second, and no look takes long."""
        if not self._peaks:
            self._peaks = [*self._eyes.values()]
        for _ in range(min(len(self._peaks), PEAKS_AT_ONCE)):
            self._look_at_peak(self._peaks.pop())
        rounds = max(1, -(-len(self._eyes) // PEAKS_AT_ONCE))
        self._peaks_at = now + max(PEAKS_EVERY / rounds, LEAST_PAUSE)

    def _look_at_peak(self, eye: Eye) -> None:
        if self._eyes.get(eye.word.key) is not eye:
            return
        try:
            peak, now = eye.read_peak(), self._clock()
            missed = eye.missed(peak, max(self._sweep.pids[eye.index], 0)) if peak is not None else 0
            if missed:
                self._tell(replace(eye.told(eye.read(now)), pids=missed))
                # What there is now comes after it, so that nobody takes it for lasting.
                self._meet(eye, passed=True)
        except CgroupGone:
            self._lose(eye)

    def _beat(self, key: int, now: float) -> None:
        eye = self._eyes.get(key)
        if eye is None:
            return
        if eye.due <= now:
            self._meet(eye)
        if self._eyes.get(key) is eye:
            heapq.heappush(self._due, (max(eye.due, now), key))

    def _meet(self, eye: Eye, *, passed: bool = False) -> None:
        """Read one run whole, and tell what is worth it."""
        try:
            reading = eye.read(self._clock())
        except CgroupGone:
            self._lose(eye)
            return
        if (eye.take(reading) or passed) and (reading.pids or reading.pids is None):
            self._tell(eye.told(reading))
        if eye.masked or eye.above or eye.near:
            self._close.add(eye)
            self._next = min(self._next, self._close_at)
        else:
            self._close.discard(eye)
        self._sweep.watch(eye.drawer, eye.over_pids, eye.over_usage)

    def _lose(self, eye: Eye) -> None:
        """Its cgroup is gone: the run is over."""
        if self._eyes.get(eye.word.key) is eye:
            self._gone.append(eye.word.key)
            self._drop(eye.word.key)

    def _tell(self, told: Told) -> None:
        self._count += 1
        self._told.append(told)

    def _said(self) -> News:
        if not self._told and not self._gone:
            return NOTHING
        said = News(tuple(self._told), tuple(self._gone))
        self._told.clear()
        self._gone.clear()
        return said


NOTHING = News()
