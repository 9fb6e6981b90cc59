"""What a value was during the last while: a bounded record of it, and what can be read from that.

Only the record and its arithmetic belong here: which windows there are is said by the conditions,
and who keeps them is in ``sampling``. However many readings there are, a window is kept in at most
some sixty buckets, and its edge is exact to one of them.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

BUCKETS = 60
"""The parts that a window is divided into."""
LEAST = 3.0
"""The shortest window, in seconds: an engine samples once a second, and two samples must always be in it."""
MOST = 7 * 86_400.0
"""The longest window, in seconds."""


@dataclass(frozen=True, slots=True)
class Window:
    """The last ``seconds`` of a field of one container."""

    field: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Bucket:
    """The readings of a short while: when they began and ended, and what they were."""

    began: float
    ended: float
    first: float
    last: float
    least: float
    most: float
    total: float
    count: int


@dataclass(frozen=True, slots=True)
class Track:
    """One window's readings. ``whole`` means that there was nothing before the first of them."""

    seconds: float
    buckets: tuple[Bucket, ...] = ()
    whole: bool = False

    def add(self, at: float, value: float) -> "Track":
        """The track with one more reading; one that comes out of order says nothing."""
        if not self.buckets:
            return Track(self.seconds, (_alone(at, value),), self.whole)
        last, width = self.buckets[-1], self.seconds / BUCKETS
        if at <= last.ended:
            return self
        if at // width == last.began // width:
            return Track(self.seconds, (*self.buckets[:-1], _more(last, at, value)), self.whole)
        return Track(self.seconds, (*self._kept(at), _alone(at, value)), self.whole)

    def ended(self) -> float:
        """The moment of the last reading."""
        return self.buckets[-1].ended if self.buckets else -math.inf

    def inside(self, at: float) -> tuple[Bucket, ...]:
        """The readings within the window that ends now."""
        begin, first = at - self.seconds, 0
        while first < len(self.buckets) and self.buckets[first].ended < begin:
            first += 1
        return self.buckets[first:]

    def _kept(self, at: float) -> tuple[Bucket, ...]:
        # The last reading before the window stays: a count is told from what it was at its beginning.
        begin, first = at - self.seconds, 0
        while first + 1 < len(self.buckets) and self.buckets[first + 1].ended < begin:
            first += 1
        return self.buckets[first:]


Tracks = Mapping[Window, Track]
_NONE: Tracks = MappingProxyType({})


def no_tracks() -> Tracks:
    """Nothing kept: one empty map for all who have nothing."""
    return _NONE


def covered(track: Track | None, at: float) -> tuple[Bucket, ...]:
    """The readings of a window, or nothing if they are no evidence: two, over half of it, at least."""
    inside = track.inside(at) if track is not None else ()
    if track is None or not inside or (len(inside) == 1 and inside[0].count < 2):
        return ()
    return inside if inside[-1].ended - inside[0].began >= track.seconds / 2 else ()


def slope(track: Track | None, at: float) -> float | None:
    """By how much the value changed a second, from the first reading of the window to the last."""
    inside = covered(track, at)
    if not inside:
        return None
    return (inside[-1].last - inside[0].first) / (inside[-1].ended - inside[0].began)


def largest(track: Track | None, at: float) -> float | None:
    """The largest reading of the window."""
    return max((bucket.most for bucket in covered(track, at)), default=None)


def smallest(track: Track | None, at: float) -> float | None:
    """The smallest reading of the window."""
    return min((bucket.least for bucket in covered(track, at)), default=None)


def average(track: Track | None, at: float) -> float | None:
    """The average of the readings of the window, each of the same weight."""
    inside = covered(track, at)
    count = sum(bucket.count for bucket in inside)
    return sum(bucket.total for bucket in inside) / count if count else None


def time_to(track: Track | None, at: float, value: float, goal: float) -> float | None:
    """In how many seconds the value is at the goal if it goes on as during the window; inf is never."""
    rising = slope(track, at)
    if rising is None:
        return None
    if value >= goal:
        return 0.0
    return (goal - value) / rising if rising > 0 else math.inf


def rises(track: Track | None, at: float) -> int | None:
    """By how much a count went up during the window. One that fell began anew and is not counted back."""
    if track is None or not track.buckets:
        return None
    since = track.buckets[0].began
    if at - since < track.seconds / 2 and not (track.whole and since >= at - track.seconds):
        return None
    return int(sum(_risen(track, number, at - track.seconds) for number in range(len(track.buckets))))


def _risen(track: Track, number: int, begin: float) -> float:
    bucket = track.buckets[number]
    if bucket.ended < begin:
        return 0
    before = track.buckets[number - 1].last if number else bucket.first
    return max(0.0, bucket.first - before) + max(0.0, bucket.last - bucket.first)


def _alone(at: float, value: float) -> Bucket:
    return Bucket(at, at, value, value, value, value, value, 1)


def _more(bucket: Bucket, at: float, value: float) -> Bucket:
    return Bucket(
        bucket.began,
        at,
        bucket.first,
        value,
        min(bucket.least, value),
        max(bucket.most, value),
        bucket.total + value,
        bucket.count + 1,
    )
