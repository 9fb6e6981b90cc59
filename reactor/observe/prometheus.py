"""The snapshot as Prometheus text, and the scrape that makes it in a thread.

Only the writing down belongs here. HTTP is the business of ``web``; which numbers there
are, that of the table and of ``snapshot``.
"""

from collections.abc import Iterator

import trio
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from reactor.observe.names import Kind
from reactor.observe.own import read_own
from reactor.observe.snapshot import Capture, Family, MetricSnapshot, Moment, collect
from reactor.observe.table import SECONDS
from reactor.observe.tally import Spread

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4


class Scraper:
    """Answers scrapes: captures on the loop, writes in a thread, one scrape at a time.

    The thread has a limiter of its own, so that nobody who scrapes takes a thread away from
    anything else, and no number of scrapers takes more than one.
    """

    def __init__(self, capture: Capture) -> None:
        self._capture = capture
        self._limiter = trio.CapacityLimiter(1)

    async def text(self) -> bytes:
        """The metrics of this moment in Prometheus' text format."""
        return await trio.to_thread.run_sync(_written, self._capture(), limiter=self._limiter)


def render(snapshot: MetricSnapshot) -> bytes:
    """The snapshot in Prometheus' text format, version 0.0.4."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Frozen(snapshot))
    return generate_latest(registry)


def _written(moment: Moment) -> bytes:
    captured = moment()
    return render(collect(captured, read_own(captured.readings.lane_pid)))


class _Frozen(Collector):
    """Hands prometheus_client a snapshot as if it were being collected."""

    def __init__(self, snapshot: MetricSnapshot) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        for family in self._snapshot.families:
            yield _histogram(family) if family.row.kind is Kind.HISTOGRAM else _numbers(family)


def _numbers(family: Family) -> Metric:
    row = family.row
    # No start times: in this format each would be one more series, called `..._created`.
    make = CounterMetricFamily if row.kind is Kind.COUNTER else GaugeMetricFamily
    made = make(row.name, row.help, labels=row.labels)
    for labels, value in family.points.items():
        if not isinstance(value, Spread):
            made.add_metric(labels, value)
    return made


def _histogram(family: Family) -> Metric:
    row = family.row
    made = HistogramMetricFamily(row.name, row.help, labels=row.labels)
    for labels, spread in family.points.items():
        if isinstance(spread, Spread):
            made.add_metric(labels, _cumulative(spread), spread.total)
    return made


def _cumulative(spread: Spread) -> list[tuple[str, float]]:
    """Prometheus' buckets: each holds all that was not longer, and the last holds everything."""
    buckets: list[tuple[str, float]] = []
    so_far = 0
    for bound, count in zip((*map(str, SECONDS), "+Inf"), spread.counts, strict=True):
        so_far += count
        buckets.append((bound, so_far))
    return buckets
