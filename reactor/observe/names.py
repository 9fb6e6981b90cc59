"""How an OpenTelemetry name becomes a Prometheus name, by the rules that everybody else applies.

Pure functions on names only. They are the same as in the collectors that take OTLP in, so a
metric has one name in Prometheus whichever way it came. The table states both names, and a
test holds them to this translation.
"""

import re
from enum import StrEnum


class Kind(StrEnum):
    """What a metric's numbers do. An updown can be added up over its labels; a gauge cannot."""

    COUNTER = "counter"
    UPDOWN = "updown"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


_UNITS = {
    "By": "bytes",
    "s": "seconds",
    "ms": "milliseconds",
    "%": "percent",
    "Hz": "hertz",
    "1": "",
}
_NOT_A_LABEL = re.compile("[^a-zA-Z0-9_]")
_NOT_A_NAME = re.compile("[^a-zA-Z0-9:]+")


def translate(otel: str, unit: str, kind: Kind) -> str:
    """The Prometheus name of an OpenTelemetry metric: dots to underscores, unit and type as suffixes.

    A unit in braces is a remark and is dropped; ``1`` makes a gauge a ratio. Raises KeyError for
    a unit that no row has used so far, since its suffix would be a guess.
    """
    words = [word for word in _NOT_A_NAME.split(otel) if word]
    suffix = "" if not unit or unit.startswith("{") else _UNITS[unit]
    if suffix and suffix not in words:
        words.append(suffix)
    if kind is Kind.COUNTER:
        words = [*(word for word in words if word != "total"), "total"]
    if kind is Kind.GAUGE and unit == "1":
        words = [*(word for word in words if word != "ratio"), "ratio"]
    return "_".join(words)


def label_name(attribute: str) -> str:
    """The Prometheus label of an OpenTelemetry attribute, such as ``container_id`` of ``container.id``."""
    return _NOT_A_LABEL.sub("_", attribute)
