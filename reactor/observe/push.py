"""Pushing the metrics by OTLP at intervals, if the environment asks for it.

The standard ``OTEL_*`` variables decide whether, whereto and how often. A receiver that is
slow, gone or hostile costs one thread and one log line, and disturbs nothing else.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import trio

from reactor.observe.own import read_own
from reactor.observe.snapshot import Capture, Moment, collect
from reactor.observe.tally import Tally

if TYPE_CHECKING:
    from reactor.observe.otlp import OtlpSink

METRICS = "OTEL_EXPORTER_OTLP_METRICS_"
ALL_SIGNALS = "OTEL_EXPORTER_OTLP_"
INTERVAL = "OTEL_METRIC_EXPORT_INTERVAL"
PROTOCOL = "http/protobuf"

log = logging.getLogger(__name__)


class BadSetting(ValueError):
    """An environment variable has a value that cannot be followed; the text names it and the remedy."""


@dataclass(frozen=True, slots=True)
class PushSettings:
    """Whereto and how often, in seconds. ``endpoint`` is the full address of the metrics' path."""

    endpoint: str
    interval: float = 60.0

    @property
    def receiver(self) -> str:
        """The endpoint fit to be logged: without user, password and query."""
        parts = urlsplit(self.endpoint)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def push_settings(environ: Mapping[str, str]) -> PushSettings | None:
    """What the environment asks for; None if it asks for no push. Raises BadSetting."""
    endpoint = _endpoint(environ)
    wanted = environ.get("OTEL_METRICS_EXPORTER") or "otlp"
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true" or endpoint is None:
        return None
    if "otlp" not in (name.strip() for name in wanted.split(",")):
        return None
    _refuse_other_protocols(environ)
    return PushSettings(endpoint, _interval(environ))


def _endpoint(environ: Mapping[str, str]) -> str | None:
    variable, path = METRICS + "ENDPOINT", ""
    if not environ.get(variable):
        variable, path = ALL_SIGNALS + "ENDPOINT", "/v1/metrics"
    given = environ.get(variable)
    if not given:
        return None
    if not given.startswith(("http://", "https://")):
        raise BadSetting(f"{variable} is not an http:// or https:// address; such as http://localhost:4318")
    return given.rstrip("/") + path if path else given


def _refuse_other_protocols(environ: Mapping[str, str]) -> None:
    for variable in (METRICS + "PROTOCOL", ALL_SIGNALS + "PROTOCOL"):
        given = environ.get(variable)
        if given and given != PROTOCOL:
            raise BadSetting(f"{variable} is {given!r}; reactor speaks {PROTOCOL}, mostly on port 4318")
        if given:
            return  # the one for metrics has the last word


def _interval(environ: Mapping[str, str]) -> float:
    given = environ.get(INTERVAL) or "60000"
    if not (given.isascii() and given.isdigit() and len(given) <= 9 and int(given) > 0):
        raise BadSetting(f"{INTERVAL} is {given!r}; it takes a number of milliseconds, such as 60000")
    return int(given) / 1000


class Pusher:
    """Sends the numbers of the moment to the receiver, again and again.

    ``identity`` are resource attributes such as ``service.instance.id``. Whether a push comes
    off is counted, and logged when it changes.
    """

    def __init__(
        self, settings: PushSettings, identity: Mapping[str, str], capture: Capture, tally: Tally
    ) -> None:
        self._settings = settings
        self._identity = identity
        self._capture = capture
        self._tally = tally
        self._limiter = trio.CapacityLimiter(1)
        self._sink: OtlpSink | None = None
        self._failing = False
        for result in ("ok", "failed"):  # the first failure is an increase only if there was a zero before
            tally.count("reactor_exports_total", 0, signal="metrics", result=result)

    async def run(self) -> None:
        """Push at every interval, for ever; one that takes longer delays the next."""
        try:
            while True:
                await trio.sleep(self._settings.interval)
                await self.push()
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the receiver, and of a thread that still waits for it."""
        if self._sink is not None:
            self._sink.close()
            self._sink = None

    async def push(self) -> bool:
        """Push once, now; whether it got through. For the last numbers, before ``run`` is cancelled."""
        # A thread that waits for the receiver is left behind when we are cancelled: closing the
        # sink lets it go, and it holds a token of nobody else's limiter.
        why = await trio.to_thread.run_sync(
            self._send, self._capture(), limiter=self._limiter, abandon_on_cancel=True
        )
        self._tally.count("reactor_exports_total", signal="metrics", result="failed" if why else "ok")
        self._tell(why)
        return not why

    def _send(self, moment: Moment) -> str:
        from reactor.observe.otlp import NotDelivered, OtlpSink  # noqa: PLC0415 - heavy, and in the thread

        try:
            if self._sink is None:
                self._sink = OtlpSink(self._settings.endpoint, self._identity)
            captured = moment()
            self._sink.send(collect(captured, read_own(captured.readings.lane_pid)))
        except NotDelivered as error:
            return str(error)
        return ""

    def _tell(self, why: str) -> None:
        if bool(why) is self._failing:
            return
        self._failing = bool(why)
        receiver = self._settings.receiver
        if why:
            log.warning("metrics do not get through", extra={"receiver": receiver, "why": why})
        else:
            log.info("metrics get through again", extra={"receiver": receiver})
