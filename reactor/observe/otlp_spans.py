"""Spans as OpenTelemetry's own, and the sink that sends them by OTLP over HTTP. As heavy as ``otlp``."""

from collections.abc import Mapping, Sequence

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from reactor.observe.otlp_wire import TROUBLES, Words, resource_of
from reactor.observe.sending import NotDelivered
from reactor.observe.spans import Span

EXPORTER_LOGGER = "opentelemetry.exporter.otlp.proto.http.trace_exporter"
_NANO = 1_000_000_000
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_SCOPE = InstrumentationScope("reactor")


class SpanSink:
    """Sends spans to one receiver. Blocking: used in a thread."""

    def __init__(self, endpoint: str, identity: Mapping[str, str]) -> None:
        self._resource = resource_of(identity)
        try:
            self._exporter = OTLPSpanExporter(endpoint=endpoint)
        except TROUBLES as error:
            raise NotDelivered(f"the exporter cannot be set up: {error}") from error
        self._words = Words(EXPORTER_LOGGER)

    def send(self, spans: Sequence[Span]) -> None:
        """Send them, with the exporter's own retries. Raises NotDelivered."""
        readable = [readable_span(span, self._resource) for span in spans]
        with self._words as words:
            result = self._exporter.export(readable)
        if result is not SpanExportResult.SUCCESS:
            raise NotDelivered(words.why())

    def close(self) -> None:
        """Give up what is under way, from any thread."""
        self._exporter.shutdown()  # type: ignore[no-untyped-call]  # The exporter leaves it without types.


def readable_span(span: Span, resource: Resource) -> ReadableSpan:
    """One span in the SDK's record."""
    return ReadableSpan(
        span.name,
        _context(span.trace, span.id),
        _context(span.trace, span.parent) if span.parent else None,
        resource,
        span.attributes,
        kind=SpanKind.CLIENT if span.asks else SpanKind.INTERNAL,
        status=Status(StatusCode.ERROR, span.failed) if span.failed else Status(StatusCode.UNSET),
        start_time=round(span.start * _NANO),
        end_time=round(span.end * _NANO),
        instrumentation_scope=_SCOPE,
    )


def _context(trace: str, span: str) -> SpanContext:
    return SpanContext(int(trace, 16), int(span, 16), is_remote=False, trace_flags=_SAMPLED)
