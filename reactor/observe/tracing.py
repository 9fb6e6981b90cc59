"""Sending the traces of decisions. What one consists of is in ``spans``, how it is sent in ``batches``."""

from collections.abc import Mapping, Sequence
from functools import partial

from reactor.observe.batches import BatchSender
from reactor.observe.otel import BatchSettings
from reactor.observe.sending import Sink
from reactor.observe.spans import Span, Trail, spans_of
from reactor.observe.tally import Tally
from reactor.observe.waiting import Line

Trails = Line[Trail]
"""What waits, measured in spans."""


def trace_sender(
    settings: BatchSettings, identity: Mapping[str, str], trails: Trails, tally: Tally
) -> BatchSender[Trail, Span]:
    """Whoever sends what is in the line. ``identity`` are resource attributes."""
    opening = partial(_open, settings.endpoint, identity)
    return BatchSender("traces", settings, trails, spans_of, opening, "reactor_spans_total", tally)


def _open(endpoint: str, identity: Mapping[str, str]) -> Sink[Sequence[Span]]:
    from reactor.observe.otlp_spans import SpanSink  # noqa: PLC0415 - heavy, and in the thread

    return SpanSink(endpoint, identity)
