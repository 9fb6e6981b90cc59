"""What the standard ``OTEL_*`` variables ask for: whether, whereto and how often anything is sent by OTLP.

Only reading them belongs here. What the exporters read by themselves (headers, timeouts, compression,
certificates) is left to them. A value that cannot be followed is refused, with the remedy; one that would be
ignored is remarked upon.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

ALL_SIGNALS = "OTEL_EXPORTER_OTLP_"
INTERVAL = "OTEL_METRIC_EXPORT_INTERVAL"
PROTOCOL = "http/protobuf"
KNOWN = {
    "METRICS": frozenset({"otlp", "none", "prometheus"}),
    "TRACES": frozenset({"otlp", "none"}),
    "LOGS": frozenset({"otlp", "none"}),
}
"""What a signal's exporter can be called; metrics can be scraped in any case."""
_USUAL = {"METRICS": "otlp", "TRACES": "otlp", "LOGS": "none"}
"""What it is called where nobody says: logs are written to stderr, which others collect already."""


class BadSetting(ValueError):
    """An environment variable has a value that cannot be followed; the text names it and the remedy."""


@dataclass(frozen=True, slots=True)
class PushSettings:
    """Whereto and how often, in seconds. ``endpoint`` is the full address of the metrics' path."""

    endpoint: str
    interval: float = 60.0

    @property
    def receiver(self) -> str:
        """The endpoint fit to be logged."""
        return shown(self.endpoint)


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """Whereto, and on which terms: how many records wait at most, how many go at once, and how often."""

    endpoint: str
    most: int = 2048
    batch: int = 512
    delay: float = 5.0

    @property
    def receiver(self) -> str:
        """The endpoint fit to be logged."""
        return shown(self.endpoint)


def push_settings(environ: Mapping[str, str]) -> PushSettings | None:
    """What is asked of metrics; None if no push is. Raises BadSetting."""
    endpoint = _endpoint(environ, "METRICS")
    return None if endpoint is None else PushSettings(endpoint, _number(environ, INTERVAL, 60_000) / 1000)


def trace_settings(environ: Mapping[str, str]) -> BatchSettings | None:
    """What is asked of traces; None if none are to be sent. Raises BadSetting."""
    endpoint = _endpoint(environ, "TRACES")
    if endpoint is None:
        return None
    return _batches(environ, endpoint, "OTEL_BSP_", 5000)


def log_settings(environ: Mapping[str, str]) -> BatchSettings | None:
    """What is asked of logs; None if none are to be sent, as usual. Raises BadSetting."""
    endpoint = _endpoint(environ, "LOGS")
    return None if endpoint is None else _batches(environ, endpoint, "OTEL_BLRP_", 1000)


def _batches(environ: Mapping[str, str], endpoint: str, prefix: str, delay: int) -> BatchSettings:
    most = _number(environ, f"{prefix}MAX_QUEUE_SIZE", 2048)
    batch = min(most, _number(environ, f"{prefix}MAX_EXPORT_BATCH_SIZE", 512))
    return BatchSettings(endpoint, most, batch, _number(environ, f"{prefix}SCHEDULE_DELAY", delay) / 1000)


def remarks(environ: Mapping[str, str]) -> Iterator[str]:
    """What is set and not followed, as sentences for the log."""
    if _is_off(environ):
        return
    for signal, known in KNOWN.items():
        for name in sorted(_exporters(environ, signal) - known):
            yield f"OTEL_{signal}_EXPORTER names {name!r}, which is not spoken: it can be otlp or none"
    if "otlp" in _exporters(environ, "LOGS") and _endpoint(environ, "LOGS") is None:
        yield f"OTEL_LOGS_EXPORTER is 'otlp', and nothing says whereto: set {ALL_SIGNALS}ENDPOINT"
    for variable in ("TIMEOUT", "METRICS_TIMEOUT", "TRACES_TIMEOUT", "LOGS_TIMEOUT"):
        given = environ.get(ALL_SIGNALS + variable, "")
        if given.isascii() and given.isdigit() and len(given) < 10 and int(given) >= 1000:
            yield f"{ALL_SIGNALS}{variable} is {given}: it is taken as seconds, as Python's exporters do"


def shown(endpoint: str) -> str:
    """An address without user, password and query."""
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _is_off(environ: Mapping[str, str]) -> bool:
    return environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"


def _exporters(environ: Mapping[str, str], signal: str) -> set[str]:
    given = environ.get(f"OTEL_{signal}_EXPORTER") or _USUAL[signal]
    return {name.strip() for name in given.split(",")}


def _endpoint(environ: Mapping[str, str], signal: str) -> str | None:
    """Where a signal goes; None if it goes nowhere."""
    variable, path = f"{ALL_SIGNALS}{signal}_ENDPOINT", ""
    if not environ.get(variable):
        variable, path = ALL_SIGNALS + "ENDPOINT", f"/v1/{signal.lower()}"
    given = environ.get(variable)
    if not given or _is_off(environ):
        return None
    if not given.startswith(("http://", "https://")) or not _has_host(given):
        raise BadSetting(f"{variable} is not an http:// or https:// address; such as http://localhost:4318")
    if "otlp" not in _exporters(environ, signal):
        return None
    _refuse_other_protocols(environ, signal)
    return given.rstrip("/") + path if path else given


def _has_host(address: str) -> bool:
    """Whether somebody is named in it; with half of an address in brackets nobody is."""
    try:
        return bool(urlsplit(address).hostname)
    except ValueError:
        return False


def _refuse_other_protocols(environ: Mapping[str, str], signal: str) -> None:
    for variable in (f"{ALL_SIGNALS}{signal}_PROTOCOL", ALL_SIGNALS + "PROTOCOL"):
        given = environ.get(variable)
        if given and given != PROTOCOL:
            raise BadSetting(f"{variable} is {given!r}; reactor speaks {PROTOCOL}, mostly on port 4318")
        if given:
            return  # the one for the signal has the last word


def _number(environ: Mapping[str, str], variable: str, usual: int) -> int:
    given = environ.get(variable) or str(usual)
    if not (given.isascii() and given.isdigit() and len(given) <= 9 and int(given) > 0):
        raise BadSetting(f"{variable} is {given!r}; it takes a number above zero, such as {usual}")
    return int(given)
