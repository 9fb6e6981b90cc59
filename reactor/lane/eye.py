"""One watched run: what was last told of it, and what is worth telling next.

Only judging readings belongs here; when somebody looks is in ``lookout``. Whoever is *above* a mark is looked
at more often, so that its way back is told as soon. Page cache can fill a container up to its limit, and then
usage says nothing any more: such a one is *masked*, and read by its working set on the way to its next mark.
"""

import os
from dataclasses import dataclass, field
from math import inf

from reactor.cgroups.files import What
from reactor.cgroups.reading import Reading
from reactor.cgroups.sweeping import NEVER
from reactor.lane.alike import Alike
from reactor.lane.gauge import Gauge
from reactor.lane.marks import foot, marks, next_above, place, thresholds
from reactor.lane.words import Arm, Told

GOLDEN = 0.6180339887
ENGINES_OWN = 32
"""More processes than an engine needs to begin a container: they count in it until it has begun."""
NEAR_PIDS, NEAR_BYTES = 8, 4 << 20
"""Who is so near to a mark passes it without the parents having moved by much."""
RUNG_LATE = 128 * os.sysconf("SC_PAGE_SIZE")
"""By so much on each processor usage may be beyond a number before version 1 tells: it asks so seldom."""
FOOT = (2 << 20) + RUNG_LATE * min(12, os.cpu_count() or 1)
"""So far below a mark the kernel is asked to tell as well: who is so near is looked at closely."""
AHEAD, LEAST_PACE = 2.0, 0.01
"""For how many seconds the pace of a growth is believed, and within how many it is not measured."""
RESTLESS = 0.5
"""Seconds by which who is at rest may be told of early: turns come now and then."""
WORK = 0.05
"""Seconds of processor time after which who is at rest is told again."""
HOT = 0.5
"""Seconds between two readings that are told of a run above a mark."""
UNMOVED = 300.0
"""Seconds after which one is read whole although nothing in it has run: the host may take page cache back."""
STEADY = 0.005
"""The part of a core by which it may work more or less than it was told to, and need not be told anew."""


@dataclass(slots=True, eq=False)
class Eye:
    """``above`` is whether it was last above a mark, ``masked`` whether usage says nothing of its
    next one, ``near`` whether that is near.

    ``over_pids`` and ``over_usage`` are the numbers above which a sweep has to say so, half of the way to
    the next mark. ``peak`` is the highest count of PIDs that the kernel knew of when it was last asked,
    ``high`` the highest that was told since. ``suspect_until`` is how long it is taken for one that grows.

    ``numbers`` are those of usage that matter, ``is_told`` is whether the kernel tells of them by itself,
    ``rung`` when it did, ``is_muted`` whether it is not heard for a while. ``strung`` are the tripwires.
    ``climbs`` is whether it is near a mark of memory and comes nearer than it has been since it came near.
    ``waits`` is whether it stands in the line of turns. ``read_at`` is when it was last read whole, or
    need not have been.
    """

    word: Arm
    gauge: Gauge
    alike: Alike
    index: int = -1
    due: float = 0.0
    above: bool = False
    masked: bool = False
    near: bool = False
    over_pids: int = NEVER
    over_usage: int = NEVER
    peak: int = 0
    high: int = 0
    suspect_until: float = 0.0
    is_told: bool = False
    rung: float = 0.0
    is_muted: bool = False
    waits: bool = False
    strung: frozenset[What] = frozenset()
    climbs: bool = False
    numbers: tuple[int, ...] = ()
    settled_for: tuple[int, ...] | None = None
    _of_pids: tuple[int, ...] = field(default=(), init=False)
    _of_memory: tuple[int, ...] = field(default=(), init=False)
    _places: tuple[int, int] = field(default=(-1, -1), init=False)
    _said: tuple[int, int, float] = field(default=(-1, -1, 0.0), init=False)
    _worked: float | None = field(default=None, init=False)
    _works: float | None = field(default=None, init=False)
    _told: tuple[int | None, object] = field(default=(None, None), init=False)
    _whole_at: float = field(default=0.0, init=False)
    read_at: float = field(default=0.0, init=False)
    _before: tuple[int, float] = field(default=(0, 0.0), init=False)
    _grows: float = field(default=0.0, init=False)
    _highest: int = field(default=0, init=False)
    _stays: bool = field(default=False, init=False)

    def take(self, reading: Reading) -> bool:
        """Take a reading in; whether it has to be told, because it passed a mark or it is time."""
        pids, memory = reading.pids or 0, reading.memory or 0
        self.read_at = self._whole_at = reading.at
        places = place(self._of_pids, pids), place(self._of_memory, memory)
        passed, self._places = places != self._places, places
        self.above = places != (0, 0)
        over_pids, over_usage = next_above(self._of_pids, pids), next_above(self._of_memory, memory)
        usage = reading.usage or 0
        # Who grows comes near sooner. Of whom a bell tells, it does so late, and of what it is not asked for.
        near_pids = max(NEAR_PIDS, self._ahead(pids, reading.at))
        near_bytes = foot(over_usage, FOOT) if self.is_told else NEAR_BYTES
        is_close = over_usage - usage < near_bytes
        self.near = over_pids - pids < near_pids or is_close or reading.at < self.suspect_until
        self._stays = is_close or over_pids - pids < NEAR_PIDS
        self.climbs = self.is_told and is_close and usage > self._highest
        self._highest = max(usage, self._highest) if is_close else 0
        self.masked = usage > over_usage
        self.over_pids = _half_way(pids, over_pids, NEAR_PIDS)
        self.over_usage = _half_way(usage, over_usage, NEAR_BYTES)
        if self.masked or self.is_told:
            self.over_usage = NEVER
        if not passed and reading.at < self.due:
            return False
        self.due = reading.at + (min(HOT, self.word.every) if self.above else self.word.every)
        self._keep(reading)
        self.high = max(self.high, pids)
        return True

    def _has_not_run(self, at: float) -> bool:
        """Whether nothing in it has run for a nanosecond since it was told: then it has touched no page."""
        if self._works is None or abs(self._works) > STEADY or at >= self._whole_at + UNMOVED:
            return False
        if self._worked is None or self.gauge.worked() != self._worked:
            return False
        self.read_at = at
        return True

    def _keep(self, reading: Reading) -> None:
        """It is told: what the next one is held against."""
        self._works = self._pace_of_work(reading)
        self._said, self._worked = (reading.pids or 0, reading.usage or 0, reading.at), reading.cpu
        self._told = reading.memory, self.gauge.limits

    def _pace_of_work(self, reading: Reading) -> float | None:
        """The part of a core that it has used since it was told, None if that is not known."""
        took = reading.at - self._said[2]
        if reading.cpu is None or self._worked is None or took < LEAST_PACE:
            return None
        return (reading.cpu - self._worked) / took

    def is_as_told(self, at: float) -> bool:
        """Whether all of it is as it was told, what is only seen by reading it whole as well.

        It works as it was told to if it was told twice at least. Raises CgroupGone.
        """
        if self._has_not_run(at):
            return True
        reading = self.read(at)
        pids, usage, _ = self._said
        works, told = self._pace_of_work(reading), self._works
        if works is None or told is None or abs(works - told) > STEADY:
            return False
        self.read_at = self._whole_at = reading.at
        same = (reading.pids, reading.usage, reading.memory) == (pids, usage, self._told[0])
        return same and self.gauge.limits == self._told[1]

    def rests(self, now: float, pids: int) -> bool:
        """Whether all is as it was told, not long ago, so that it need not be told again; then it is put off.

        ``pids`` is what was seen just now.
        """
        said, usage, at = self._said
        if self.above or self.masked or pids != said or now >= at + self.word.at_rest - RESTLESS:
            return False
        if self.gauge.usage_now() != usage:
            return False
        self.due = now + self.word.every
        return True

    def stands(self, now: float, pids: int, usage: int) -> bool:
        """Whether this is what there still is of one that is near a mark: then there is nothing to look into.

        What is in use is never more than usage, so it is below its mark as well. Who is looked at because it
        grew is not meant: that it grows no more is to be found out.
        """
        if self.above or self.masked or self.is_muted or not self._stays or now >= self.due:
            return False
        return pids >= 0 and usage >= 0 and self.gauge.counts_now() == (pids, usage)

    def _is_known(self, reading: Reading) -> bool:
        return bool(reading.pids) and reading.usage is not None and reading.memory is not None

    def is_untouched(self, now: float, *, closely: bool) -> bool:
        """The same as ``is_still`` and no limit due, where that is quickly to be seen; else False."""
        pids, usage, _ = self._said
        cpu = self._worked + WORK if closely and self._worked is not None else inf
        return self.gauge.shows(pids, usage, cpu, now)

    def is_still(self, *, closely: bool) -> bool:
        """Whether it is as it was told last, if ``closely`` in what it works as well. Raises CgroupGone."""
        pids, usage, _ = self._said
        if self.gauge.counts() != (pids, usage):
            return False
        worked = self.gauge.worked_now() if closely else None
        return worked is None or self._worked is None or worked - self._worked < WORK

    def stagger(self, now: float) -> None:
        """Bring its next turn forward, each run by another part of it: many are armed at one moment."""
        left = 1 - 0.9 * (self.word.key * GOLDEN % 1)
        self.due = now + (self.due - now) * left
        self.gauge.stagger(now, left)

    def told(self, reading: Reading) -> Told:
        """The reading as it is told."""
        pids_limit, memory_limit = self.gauge.limits
        return Told(
            self.word.key,
            reading.at,
            reading.pids or None,
            pids_limit,
            reading.memory or None,
            memory_limit,
            reading.cpu or None,
            self.word.lasts and self._is_known(reading) and not (self.above or self.masked),
        )

    def begin(self, old: "Eye | None") -> None:
        """Take over what was known, or find out what is history. Raises CgroupGone.

        All of a fresh run is its own doing, but for the few threads by which an engine begins it. What
        another had reached before it was armed is history: nobody knows when that was, and by which rules.
        """
        if old is not None:
            self.peak, self.high = old.peak, old.high
        elif self.word.fresh:
            self.peak = ENGINES_OWN
        else:
            self.peak = self.gauge.read_peak() or 0

    def missed(self, peak: int, now: int) -> int:
        """A peak that passed a mark and that nobody saw, 0 if there was none."""
        known, self.peak = self.peak, max(peak, self.peak)
        high, self.high = self.high, now
        if peak <= known:
            return 0
        return peak if place(self._of_pids, peak) > place(self._of_pids, max(high, now)) else 0

    def read(self, at: float) -> Reading:
        """What there is to be told of it now. Raises CgroupGone."""
        reading = self.gauge.read(at, closely=self.masked or self.above)
        if self.gauge.read_limits(at):
            self._draw()
        return reading

    def limits_changed(self, at: float) -> bool:
        """Whether a limit is another one than it was taken for; then it has to be read anew.

        Limits are read seldom, and somebody may have raised one since: whoever is above a part of the old
        one breaks nothing. Raises CgroupGone.
        """
        if not (self.word.pids_shares or self.word.memory_shares) or not self.gauge.have_changed(at):
            return False
        self._draw()
        return True

    def have_limits_moved(self, at: float) -> bool:
        """Whether they are others than they were told, if it is time to look. Raises CgroupGone."""
        known = self.gauge.limits
        if not self.gauge.read_limits(at):
            return False
        self._draw()
        return self.gauge.limits != known

    def doubt_limits(self, at: float) -> None:
        """They are others each time they are read: what part of them is used is unknown."""
        self.gauge.forget_limits(at)
        self._draw()

    def has_peaked(self, pids: int) -> bool:
        """Whether its peak has to be looked into; ``pids`` is what was last seen."""
        peaked = self.gauge.has_peaked(self.peak)
        if not peaked:
            self.high = pids
        return peaked

    def _ahead(self, pids: int, at: float) -> int:
        """By how much it will have grown when it is swept again, if it goes on as between two readings."""
        before, since = self._before
        if at - since >= LEAST_PACE:
            self._before = pids, at
            self._grows = max(0, pids - before) / (at - since) if since else 0.0
        return int(self._grows * AHEAD)

    def _draw(self) -> None:
        word, drawn, one = self.word, (self._of_pids, self._of_memory), self.alike.one
        self._of_pids = one(marks(word.pids, word.pids_shares, self.gauge.limits[0]))
        self._of_memory = one(marks(word.memory, word.memory_shares, self.gauge.limits[1]))
        numbers = thresholds(self._of_memory, self.gauge.limits[1], FOOT)
        if numbers != self.numbers:
            self.numbers = one(numbers)
        if (self._of_pids, self._of_memory) != drawn:
            self._places = (-1, -1)


def _half_way(value: int, mark: int, least: int) -> int:
    """Above what a sweep has to say so: half of the way to the mark, where it becomes near, or the mark."""
    if mark - value < least or mark >= NEVER:
        return mark
    return min(value + (mark - value) // 2, mark - least)
