"""The snapshot as OpenTelemetry metrics, and the sink that sends it by OTLP over HTTP.

Importing this module costs a fifth of a second, so only a push that is wanted does it, and
in its thread. The SDK's own instruments are not used: they keep every container that there
ever was. What the exporter reads from the environment (headers, timeout, compression,
certificates) it reads itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import cast

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import Exemplar
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    DataT,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricExportResult,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from reactor.observe import tally
from reactor.observe.breath import breathing
from reactor.observe.names import Kind
from reactor.observe.otlp_wire import TROUBLES, Words, resource_of
from reactor.observe.prometheus import GREATEST
from reactor.observe.sending import NotDelivered
from reactor.observe.snapshot import Family, MetricSnapshot
from reactor.observe.table import SECONDS
from reactor.observe.tally import Labels, Spread

EXPORTER_LOGGER = "opentelemetry.exporter.otlp.proto.http.metric_exporter"
_NANO = 1_000_000_000
ENGINE = "engine"


class OtlpSink:
    """Sends snapshots to one receiver. Blocking: used in a thread."""

    def __init__(self, endpoint: str, identity: Mapping[str, str]) -> None:
        self._resource = resource_of(identity)
        try:
            self._exporter = OTLPMetricExporter(endpoint=endpoint)
        except TROUBLES as error:
            # A variable that the exporter cannot follow must not take the monitor down.
            raise NotDelivered(f"the exporter cannot be set up: {error}") from error
        self._words = Words(EXPORTER_LOGGER)

    def send(self, snapshot: MetricSnapshot) -> None:
        """Send it, with the exporter's own retries. Raises NotDelivered."""
        with self._words as words:
            result = self._exporter.export(metrics_data(snapshot, self._resource))
        if result is not MetricExportResult.SUCCESS:
            raise NotDelivered(words.why())

    def close(self) -> None:
        """Give up what is under way, from any thread."""
        self._exporter.shutdown()


def metrics_data(snapshot: MetricSnapshot, resource: Resource) -> MetricsData:
    """The snapshot in OpenTelemetry's records, cumulative, under the same resource for all."""
    metrics = []
    for _, same in groupby(snapshot.families, key=lambda family: family.row.name):
        families = tuple(same)
        row = families[0].row
        metrics.append(Metric(row.otel, row.help, row.unit, _data(families, snapshot)))
    scope = ScopeMetrics(InstrumentationScope("reactor"), metrics, schema_url="")
    return MetricsData([ResourceMetrics(resource, [scope], schema_url="")])


def _data(families: Sequence[Family], snapshot: MetricSnapshot) -> DataT:
    """The points of one row, of all engines."""
    cumulative, kind = AggregationTemporality.CUMULATIVE, families[0].row.kind
    if kind is Kind.HISTOGRAM:
        spreads = [each for family in families for each in _spreads(family, snapshot)]
        return Histogram(spreads, cumulative)
    points = [each for family in families for each in _numbers(family, snapshot)]
    if kind is Kind.GAUGE:
        return Gauge(points)
    return Sum(points, cumulative, is_monotonic=kind is Kind.COUNTER)


def _numbers(family: Family, snapshot: MetricSnapshot) -> Iterator[NumberDataPoint]:
    at = round(snapshot.at * _NANO)
    for labels, value in breathing(family.points.items()):
        if not isinstance(value, Spread):
            began = round(family.began(labels) * _NANO)
            # An integer beyond 64 bits would fail the whole export; as a float it is only rounded.
            fits = isinstance(value, float) or abs(value) <= GREATEST
            yield NumberDataPoint(_attributes(family, labels), began, at, value if fits else float(value))


def _spreads(family: Family, snapshot: MetricSnapshot) -> Iterator[HistogramDataPoint]:
    unset = cast("float", None)  # least and greatest are optional in the protocol, but not in the SDK's type
    for labels, spread in family.points.items():
        if isinstance(spread, Spread):
            yield HistogramDataPoint(
                attributes=_attributes(family, labels),
                start_time_unix_nano=round(family.began(labels) * _NANO),
                time_unix_nano=round(snapshot.at * _NANO),
                count=sum(spread.counts),
                sum=spread.total,
                bucket_counts=spread.counts,
                explicit_bounds=SECONDS,
                min=unset,
                max=unset,
                exemplars=[_exemplar(each) for each in spread.exemplars if each is not None],
            )


def _exemplar(exemplar: tally.Exemplar) -> Exemplar:
    """A span has the id of the certificate that it is of, so that both lead to it."""
    return Exemplar(
        {"decision_id": exemplar.decision},
        exemplar.value,
        round(exemplar.at * _NANO),
        span_id=int(exemplar.decision, 16),
        trace_id=int(exemplar.trace, 16),
    )


def _attributes(family: Family, labels: Labels) -> dict[str, str]:
    whose = {ENGINE: family.engine} if family.engine else {}
    return whose | dict(zip(family.row.attributes, labels, strict=True))
