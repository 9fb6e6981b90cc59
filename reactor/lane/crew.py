"""Those who are read, and what there is to say of them.

What belongs here is what a look at one run leads to: what is told, who is looked at closely from now on, who
has a bell. When whose turn it is, is in ``lookout`` and ``rounds``; what a reading means, in ``eye``.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from reactor.cgroups.descriptors import Budget, CgroupGone, Drawer
from reactor.cgroups.files import HOT, What
from reactor.cgroups.reading import Reading
from reactor.cgroups.sweeping import UNKNOWN, Sweep
from reactor.lane.alarms import Alarms
from reactor.lane.alike import Alike
from reactor.lane.eye import Eye
from reactor.lane.gauge import Gauge
from reactor.lane.resting import Resting
from reactor.lane.words import Arm, News, Told

KEPT = (*HOT, What.PIDS_PEAK, What.CPU)
NOTHING = News()
SUSPECT_FOR = 0.5
LIMITS_TRIED = 3
"""So often limits are read that are others each time."""
RINGS_AGAIN = 0.1
"""Seconds after which a ring is answered in any case."""


class Crew:
    """Everybody, by key; ``close`` are those of whom sweeps and bells cannot tell enough.

    ``climbs`` is whether one of them was found on the way to a mark when they were looked at last.
    ``rest`` are those who need not be told again, ``stirred`` who was one of them and need a turn now.
    """

    def __init__(self, budget: Budget, clock: Callable[[], float], alarms: Alarms) -> None:
        self._budget, self._clock, self._alarms = budget, clock, alarms
        self.sweep = Sweep()
        self.eyes: dict[int, Eye] = {}
        self.close: set[Eye] = set()
        self._by_index: dict[int, Eye] = {}
        self._told: list[Told] = []
        self._gone: list[int] = []
        self._moved: list[int] = []
        self.rest, self.stirred = Resting(), list[Eye]()
        self.count = 0
        self._pressing = False
        self.climbs = False
        self._alike = Alike()

    def arm(self, word: Arm) -> Eye | None:
        """Begin to read a run, or read it by other numbers; its first reading is told. None if it is gone."""
        old = self.eyes.get(word.key)
        gauge = Gauge(Drawer(word.home, self._budget) if old is None else old.gauge.drawer)
        eye = Eye(self._with_shared_numbers(word), gauge, self._alike)
        try:
            eye.gauge.drawer.keep(KEPT)
            eye.begin(old)
        except CgroupGone:
            if old is not None:
                self.lose(old)
            else:
                eye.gauge.drawer.close()
                self._gone.append(word.key)
            return None
        if old is not None:
            self.close.discard(old)
            eye.strung, eye.waits = old.strung, old.waits
        eye.index = self.sweep.watch(eye.gauge.drawer)
        self.eyes[word.key] = self._by_index[eye.index] = eye
        self.meet(eye)
        if self.eyes.get(word.key) is eye:
            self.look_at_peak(eye)
        eye.stagger(self._clock())
        return self.eyes.get(word.key)

    def _with_shared_numbers(self, word: Arm) -> Arm:
        one = self._alike.one
        return replace(
            word,
            pids=one(word.pids),
            memory=one(word.memory),
            pids_shares=one(word.pids_shares),
            memory_shares=one(word.memory_shares),
        )

    def drop(self, key: int) -> None:
        """Read it no more."""
        eye = self.eyes.pop(key, None)
        if eye is None:
            return
        self.rest.drop(key)
        self.close.discard(eye)
        del self._by_index[eye.index]
        # The sweep forgets its numbers first: they go to others.
        self.sweep.drop(eye.gauge.drawer.home.run)
        eye.gauge.drawer.close()
        self._alarms.forget(eye)

    def meet(self, eye: Eye, *, passed: bool = False) -> None:
        """Read one run whole, and tell what is worth it."""
        try:
            reading, is_news = self._taken(eye)
        except CgroupGone:
            self.lose(eye)
            return
        if eye.numbers is not eye.settled_for:
            self._alarms.settle(eye)
        if (is_news or passed) and (reading.pids or reading.pids is None):
            self._tell(eye, eye.told(reading))
        elif is_news and self.rest.drop(eye.word.key):
            # Nobody is in it any more, which is no reading: but as it was told it is not.
            self._stir(eye)
        if (eye.masked or eye.above or eye.near or eye.is_muted) != (eye in self.close):
            self._draw_near(eye)
        self.sweep.watch(eye.gauge.drawer, eye.over_pids, eye.over_usage)
        self.sweep.pids[eye.index], self.sweep.usage[eye.index] = _known(reading.pids), _known(reading.usage)

    def _taken(self, eye: Eye) -> tuple[Reading, bool]:
        """A reading, and whether it has to be told. Whoever is above a mark is so by the limits of now."""
        at = self._clock()
        reading = eye.read(at)
        is_news = eye.take(reading)
        for _ in range(LIMITS_TRIED):
            if not (is_news and eye.above and eye.limits_changed(at)):
                return reading, is_news
            at = self._clock()
            reading = eye.read(at)
            is_news = eye.take(reading) or is_news
        eye.doubt_limits(at)
        return reading, eye.take(reading) or is_news

    def sweep_all(self, *, usage: bool, tripped: bool = False) -> None:
        """Read everybody's numbers, and meet whoever is above one that matters.

        If a tripwire was the reason, those have grown just now, and will be looked at closely for a while.
        """
        over, gone = [*self.sweep.sweep(usage=usage)], [*self.sweep.gone]
        for index in over:
            eye = self._by_index[index]
            if tripped:
                eye.suspect_until = self._clock() + SUSPECT_FOR
            self.meet(eye)
        for index in gone:
            self.lose(self._by_index[index])
        for wire in self._alarms.wires:
            if usage or wire.what is not What.MEMORY:
                wire.swept(self.sweep.headroom(wire.what))

    def look_closely(self) -> dict[What, int]:
        """At those of whom sweeps and bells cannot tell enough; by how much they have grown together."""
        before = {eye: self._seen(eye) for eye in self.close}
        now = self._clock()
        self.climbs = False
        for eye, seen in before.items():
            if eye.stands(now, *seen):
                continue
            if eye.is_muted:
                self._alarms.hear(eye)
            self.meet(eye)
            self.climbs = self.climbs or eye.climbs
        grown = dict.fromkeys(HOT, 0)
        for eye, seen in before.items():
            for what, old, new in zip(HOT, seen, self._seen(eye), strict=True):
                grown[what] += max(0, new - old) if old >= 0 else 0
        return grown

    def look_at_rest(self, key: int, now: float, *, tell: bool, closely: bool = True) -> None:
        """Whether one who rests is as he was told: if not, he is told anew, or said to have moved."""
        eye = self.eyes[key]
        anew = self.rest.may_read_anew(now, eye.read_at)
        if not anew and eye.is_untouched(now, closely=closely):
            self.rest.put(key, now)
            return
        try:
            still = eye.is_still(closely=closely)
            if still and eye.have_limits_moved(now):
                still, tell = False, True
            if still and (not anew or eye.is_as_told(now)):
                self.rest.put(key, now)
                return
        except CgroupGone:
            self.lose(eye)
            return
        if still or tell:
            eye.due = now
            self.meet(eye)
        if self.eyes.get(key) is eye and key not in self.rest:
            self._stir(eye)

    def look_at_peaks(self, eyes: Iterable[Eye]) -> None:
        """Whether one of these has been where nobody saw it. Nearly always none has, at a read for each."""
        for eye in eyes:
            if self.eyes.get(eye.word.key) is eye and eye.has_peaked(max(self.sweep.pids[eye.index], 0)):
                self.look_at_peak(eye)

    def look_at_peak(self, eye: Eye) -> None:
        """Tell of its peak if it passed a mark and nobody saw it."""
        try:
            peak = eye.gauge.read_peak()
            missed = eye.missed(peak, max(self.sweep.pids[eye.index], 0)) if peak is not None else 0
            if missed:
                at, limits = self._clock(), eye.gauge.limits
                told = replace(eye.told(eye.read(at)), pids=missed, lasts=False)
                # Of what nobody saw nobody knows by which limit it was reached, if that was changed since.
                is_same = not eye.limits_changed(at) and eye.gauge.limits == limits
                self._tell(eye, told if is_same else replace(told, pids_limit=None), pressing=True)
                # What there is now comes after it, so that nobody takes it for lasting.
                self.meet(eye, passed=True)
        except CgroupGone:
            self.lose(eye)

    def lose(self, eye: Eye) -> None:
        """Its cgroup is gone: the run is over."""
        if self.eyes.get(eye.word.key) is eye:
            self._gone.append(eye.word.key)
            self.drop(eye.word.key)

    def ring(self, bell: int, *, can_pay: bool) -> bool:
        """Look at whoever this bell is of; False if that is nobody, or has to wait.

        One that rings and rings must not cost what is there for all: it is looked at like others for a while.
        """
        key, now = self._alarms.key_of(bell), self._clock()
        eye = self.eyes.get(key) if key is not None else None
        if eye is None:
            return False
        if not can_pay and now - eye.rung < RINGS_AGAIN:
            self._alarms.mute(eye)
            self.close.add(eye)
            return False
        eye.rung = now
        self.meet(eye)
        return True

    def hang_up(self) -> None:
        """Take over the bells that are ready. What was passed since they were ordered was not rung for."""
        for key in self._alarms.hung():
            eye = self.eyes.get(key)
            if eye is not None:
                self._alarms.settle(eye)
                self.meet(eye)

    def said(self) -> News:
        """What there is to say, once."""
        if not (self._told or self._gone or self._moved):
            return NOTHING
        # Whoever was told anew and rests again has not moved since; whoever moved after he was told has.
        moved = {key for key in self._moved if key not in self.rest}
        said = News(tuple(self._told), tuple(self._gone), None, tuple(sorted(moved)), self._pressing)
        self._pressing = False
        for each in (self._told, self._gone, self._moved):
            each.clear()
        return said

    def _draw_near(self, eye: Eye) -> None:
        """Look at it closely from now on, or no more; meanwhile the dearest of its files is kept open."""
        if eye in self.close:
            self.close.discard(eye)
            eye.gauge.drawer.close((What.MEMORY_STAT,))
        else:
            self.close.add(eye)
            eye.gauge.drawer.keep((What.MEMORY_STAT,))

    def _seen(self, eye: Eye) -> tuple[int, int]:
        return self.sweep.pids[eye.index], self.sweep.usage[eye.index]

    def _tell(self, eye: Eye, told: Told, *, pressing: bool = False) -> None:
        self.count += 1
        self._told.append(told)
        self._pressing = self._pressing or pressing or eye.above
        if told.lasts:
            self.rest.put(told.key, told.at)
        elif self.rest.drop(told.key):
            self.stirred.append(eye)

    def _stir(self, eye: Eye) -> None:
        self._moved.append(eye.word.key)
        self.stirred.append(eye)


def _known(number: int | None) -> int:
    return UNKNOWN if number is None else number
