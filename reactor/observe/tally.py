"""What has happened so far, counted: the monitor's counters and histograms.

One tally lives as long as the monitor. It takes only what the table knows, so a mistyped
name or a forgotten label fails at once, in the first test that runs the line. How things
stand at present is not counted here: that is in ``readings``.
"""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import TypeVar

from reactor.observe.names import Kind
from reactor.observe.table import ROWS, SECONDS, TABLE
from reactor.observe.text import plain

MOST_LABEL_SETS = 2000
"""How many label sets one metric may have; whatever comes on top is counted under OVERFLOW."""

OVERFLOW = "overflow"
OVERFLOWS = "reactor_metric_overflows_total"

_Series = TypeVar("_Series")

Labels = tuple[str, ...]
"""Label values, in the order of the row's labels."""


class NoSuchMetric(LookupError):
    """No row of the table has this name and kind."""


class WrongLabels(TypeError):
    """The labels given are not those of the table."""


class WrongNumber(ValueError):
    """A counter was given less than nothing, or something that is no number."""


@dataclass(frozen=True, slots=True)
class Exemplar:
    """One observation that stands for those of its bucket: what it was, when by the wall clock, about what.

    ``decision`` is the id of a certificate, ``trace`` the trace it belongs to.
    """

    value: float
    at: float
    decision: str
    trace: str


@dataclass(frozen=True, slots=True)
class Spread:
    """One histogram: how many observations fell into each bucket, the last without bound, and their sum.

    ``exemplars`` has the latest of each bucket, None where there is none; it is empty where nobody gives any.
    """

    counts: tuple[int, ...]
    total: float
    exemplars: tuple[Exemplar | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """A tally as it was at one moment. By metric name, then by label values."""

    counters: Mapping[str, Mapping[Labels, float]]
    spreads: Mapping[str, Mapping[Labels, Spread]]


class _Buckets:
    """One histogram while it grows."""

    __slots__ = ("counts", "exemplars", "total")

    def __init__(self) -> None:
        self.counts = [0] * (len(SECONDS) + 1)
        self.total = 0.0
        self.exemplars: list[Exemplar | None] = []

    def add(self, seconds: float, exemplar: Exemplar | None) -> None:
        place = bisect_left(SECONDS, seconds)
        self.counts[place] += 1
        self.total += seconds
        if exemplar is not None:
            self.exemplars = self.exemplars or [None] * len(self.counts)
            self.exemplars[place] = exemplar

    def frozen(self) -> Spread:
        return Spread(tuple(self.counts), self.total, tuple(self.exemplars))


class Tally:
    """Counts events by label and times by bucket. What has no labels is there from the start, at zero."""

    def __init__(self, *, most: int = MOST_LABEL_SETS) -> None:
        self._most = most
        self._counters: dict[str, dict[Labels, float]] = {}
        self._buckets: dict[str, dict[Labels, _Buckets]] = {}
        for row in TABLE:
            if row.kind is Kind.COUNTER:
                self._counters[row.name] = {} if row.labels else {(): 0}
            if row.kind is Kind.HISTOGRAM:
                self._buckets[row.name] = {} if row.labels else {(): _Buckets()}

    def count(self, name: str, by: float = 1, /, **labels: str | bool) -> None:
        """Count so many more. ``by=0`` brings a series into being before its first event."""
        if by < 0 or not isfinite(by):
            raise WrongNumber(f"{name} cannot be counted up by {by}")
        series = _found(self._counters, name)
        key = self._key(series, name, labels)
        series[key] = series.get(key, 0) + by

    def reach(self, name: str, total: float, /, **labels: str | bool) -> None:
        """Take over a total that somebody else counts, from a ``statistics()``; it never goes down."""
        if not isfinite(total):
            raise WrongNumber(f"{name} cannot have come to {total}")
        series = _found(self._counters, name)
        key = self._key(series, name, labels)
        series[key] = max(series.get(key, 0), total)

    def observe(
        self, name: str, seconds: float, exemplar: Exemplar | None = None, /, **labels: str | bool
    ) -> None:
        """Put one duration into its bucket. A negative one, of clocks that disagree, counts as none.

        An ``exemplar`` takes the place of the one that the bucket had.
        """
        if not isfinite(seconds):
            raise WrongNumber(f"{name} cannot have taken {seconds}")
        series = _found(self._buckets, name)
        key = self._key(series, name, labels)
        buckets = series.get(key)
        if buckets is None:
            buckets = series[key] = _Buckets()
        buckets.add(max(0.0, seconds), exemplar)

    def expect(self, name: str, /, **labels: str | bool) -> None:
        """Bring a histogram into being before its first observation."""
        series = _found(self._buckets, name)
        series.setdefault(self._key(series, name, labels), _Buckets())

    def freeze(self) -> Counts:
        """The numbers as they are now; counting on does not change them."""
        return Counts(
            {name: dict(series) for name, series in self._counters.items()},
            {
                name: {key: one.frozen() for key, one in series.items()}
                for name, series in self._buckets.items()
            },
        )

    def _key(self, series: Mapping[Labels, object], name: str, labels: Mapping[str, str | bool]) -> Labels:
        wanted = ROWS[name].labels
        if labels.keys() != set(wanted):
            raise WrongLabels(f"{name} has the labels {wanted}, not {tuple(labels)}")
        key = tuple(_value(labels[label]) for label in wanted)
        if key in series or len(series) < self._most:
            return key
        # Nothing is lost from the sum; only who it was is.
        self.count(OVERFLOWS, metric=name)
        return (OVERFLOW,) * len(wanted)


def _found(kept: Mapping[str, dict[Labels, _Series]], name: str) -> dict[Labels, _Series]:
    series = kept.get(name)
    if series is None:
        raise NoSuchMetric(f"the table has no such counter or histogram: {name}")
    return series


def _value(label: str | bool) -> str:
    # The cleaned text is the key, so that two texts which look the same are one series.
    if isinstance(label, bool):
        return "true" if label else "false"
    return plain(str(label))
