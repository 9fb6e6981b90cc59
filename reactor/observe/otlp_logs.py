"""Log lines as OpenTelemetry's own, and the sink that sends them by OTLP over HTTP. As heavy as ``otlp``."""

from collections.abc import Mapping, Sequence

from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk._logs.export import LogRecordExportResult
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

from reactor.observe.loglines import LogLine
from reactor.observe.otlp_wire import TROUBLES, Words, resource_of
from reactor.observe.sending import NotDelivered

EXPORTER_LOGGER = "opentelemetry.exporter.otlp.proto.http._log_exporter"
_NANO = 1_000_000_000
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_SCOPE = InstrumentationScope("reactor")
_NUMBERS = {"INFO": SeverityNumber.INFO, "WARN": SeverityNumber.WARN, "ERROR": SeverityNumber.ERROR}


class LogSink:
    """Sends log lines to one receiver. Blocking: used in a thread."""

    def __init__(self, endpoint: str, identity: Mapping[str, str]) -> None:
        self._resource = resource_of(identity)
        try:
            self._exporter = OTLPLogExporter(endpoint=endpoint)
        except TROUBLES as error:
            raise NotDelivered(f"the exporter cannot be set up: {error}") from error
        self._words = Words(EXPORTER_LOGGER)

    def send(self, lines: Sequence[LogLine]) -> None:
        """Send them, with the exporter's own retries. Raises NotDelivered."""
        records = [readable_record(line, self._resource) for line in lines]
        with self._words as words:
            result = self._exporter.export(records)
        if result is not LogRecordExportResult.SUCCESS:
            raise NotDelivered(words.why())

    def close(self) -> None:
        """Give up what is under way, from any thread."""
        self._exporter.shutdown()  # type: ignore[no-untyped-call]  # The exporter leaves it without types.


def readable_record(line: LogLine, resource: Resource) -> ReadableLogRecord:
    """One line in the SDK's record."""
    at = round(line.at * _NANO)
    span = SpanContext(int(line.trace, 16), int(line.span, 16), is_remote=False, trace_flags=_SAMPLED)
    record = LogRecord(
        timestamp=at,
        observed_timestamp=at,
        context=set_span_in_context(NonRecordingSpan(span)),
        severity_text=line.severity,
        severity_number=_NUMBERS[line.severity],
        body=line.body,
        attributes=line.attributes,
        event_name=line.event,
    )
    return ReadableLogRecord(record, resource, _SCOPE)
