"""A receiver for OTLP over HTTP: a real server that keeps what it is sent."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AGGREGATION_TEMPORALITY_CUMULATIVE,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
)

from reactor.observe.names import Kind, label_name, translate

Series = dict[tuple[str, frozenset[tuple[str, str]]], float]
"""By name and labels, as Prometheus would call them."""


class Receiver(ThreadingHTTPServer):
    """Answers with ``status``, or not at all while ``hold`` is not set."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[ExportMetricsServiceRequest] = []
        self.traces: list[ExportTraceServiceRequest] = []
        self.logs: list[ExportLogsServiceRequest] = []
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.status = 200
        self.came = threading.Event()
        self.third = threading.Event()
        self.hold = threading.Event()
        self.hold.set()

    @property
    def url(self) -> str:
        """Its address without a path."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.endswith("/v1/traces"):
            self.server.traces.append(ExportTraceServiceRequest.FromString(body))
        elif self.path.endswith("/v1/logs"):
            self.server.logs.append(ExportLogsServiceRequest.FromString(body))
        else:
            self.server.requests.append(ExportMetricsServiceRequest.FromString(body))
        self.server.paths.append(self.path)
        self.server.headers.append(dict(self.headers))
        self.server.came.set()
        if len(self.server.requests) >= 3:
            self.server.third.set()
        self.server.hold.wait(30)
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver on a port of its own, ended afterwards."""
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.hold.set()
        server.shutdown()
        thread.join()
        server.server_close()


def received(request: ExportMetricsServiceRequest) -> Series:
    """All numbers of one push, under the names that Prometheus gives them."""
    series: Series = {}
    for resource in request.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                _take(metric, series)
    return series


def attributes(pairs: "list[KeyValue]") -> dict[str, str]:
    """Attributes as a dictionary."""
    return {pair.key: pair.value.string_value for pair in pairs}


def _take(metric: Metric, series: Series) -> None:
    if metric.WhichOneof("data") == "histogram":
        assert metric.histogram.aggregation_temporality == AGGREGATION_TEMPORALITY_CUMULATIVE
        name = translate(metric.name, metric.unit, Kind.HISTOGRAM)
        for spread in metric.histogram.data_points:
            _take_spread(name, spread, series)
        return
    if metric.WhichOneof("data") == "gauge":
        kind, points = Kind.GAUGE, list(metric.gauge.data_points)
    else:
        assert metric.sum.aggregation_temporality == AGGREGATION_TEMPORALITY_CUMULATIVE
        kind = Kind.COUNTER if metric.sum.is_monotonic else Kind.UPDOWN
        points = list(metric.sum.data_points)
    for point in points:
        series[translate(metric.name, metric.unit, kind), _labels(list(point.attributes))] = _number(point)


def _take_spread(name: str, spread: HistogramDataPoint, series: Series) -> None:
    labels = _labels(list(spread.attributes))
    so_far = 0
    for bound, count in zip((*map(str, spread.explicit_bounds), "+Inf"), spread.bucket_counts, strict=True):
        so_far += count
        series[name + "_bucket", labels | {("le", bound)}] = so_far
    series[name + "_sum", labels] = spread.sum
    series[name + "_count", labels] = spread.count


def _labels(pairs: "list[KeyValue]") -> frozenset[tuple[str, str]]:
    return frozenset((label_name(key), value) for key, value in attributes(pairs).items())


def _number(point: NumberDataPoint) -> float:
    return point.as_int if point.WhichOneof("value") == "as_int" else point.as_double
