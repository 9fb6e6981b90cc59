"""The snapshot written down for Prometheus: in its classic text format, and in that of OpenMetrics.

Only the writing down belongs here; who gets which format, and how often it is made, is in ``scraping``. It is
written in pieces, with a pause of no length after each, since the loop waits for its turn meanwhile.
"""

import math
from collections.abc import Iterator, Sequence
from enum import Enum

from reactor.observe.breath import breathing
from reactor.observe.names import Kind
from reactor.observe.snapshot import Family, MetricSnapshot
from reactor.observe.table import SECONDS
from reactor.observe.tally import Exemplar, Labels, Spread

BOUNDS = (*map(str, SECONDS), "+Inf")
"""The upper bounds of the buckets as they are written, the last without an end."""
PIECE = 200
"""So many series are written in one go: some tenths of a millisecond."""

GREATEST = 2**63 - 1
"""No export has greater integers."""

_TYPES = {Kind.COUNTER: "counter", Kind.UPDOWN: "gauge", Kind.GAUGE: "gauge", Kind.HISTOGRAM: "histogram"}
_UNITS = ("_bytes", "_seconds")


class Format(Enum):
    """How it is written, and what the writing is called."""

    TEXT = "text/plain; version=0.0.4; charset=utf-8"
    OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


def render(snapshot: MetricSnapshot, style: Format = Format.TEXT) -> bytes:
    """The whole snapshot."""
    return b"".join(pieces(snapshot, style))


def pieces(snapshot: MetricSnapshot, style: Format = Format.TEXT) -> Iterator[bytes]:
    """The snapshot piece by piece."""
    whole = style is Format.OPENMETRICS
    written = ""
    for family in snapshot.families:
        if family.row.name != written:
            # Said once, of however many engines there are numbers.
            yield "".join(_head(family, whole=whole)).encode()
        written = family.row.name
        for some in breathing(_cut(list(family.points)), often=1):
            yield "".join(_lines(family, some, whole=whole)).encode()
    if whole:
        yield b"# EOF\n"


def _cut(keys: list[Labels]) -> Iterator[list[Labels]]:
    return (keys[start : start + PIECE] for start in range(0, len(keys), PIECE))


def _head(family: Family, *, whole: bool) -> Iterator[str]:
    row = family.row
    # What is called a counter differs: OpenMetrics counts the suffix to the sample.
    name = row.name.removesuffix("_total") if whole else row.name
    yield f"# HELP {name} {_escaped(row.help) if whole else _help(row.help)}\n"
    yield f"# TYPE {name} {_TYPES[row.kind]}\n"
    unit = next((unit for unit in _UNITS if name.endswith(unit)), "") if whole else ""
    if unit:
        yield f"# UNIT {name} {unit[1:]}\n"


def _lines(family: Family, keys: Sequence[Labels], *, whole: bool) -> Iterator[str]:
    row, points = family.row, family.points
    name, counts = row.name, whole and row.kind is Kind.COUNTER
    labels = [f'{label}="' for label in row.labels]
    whose = [f'engine="{_escaped(family.engine)}"'] if family.engine else []
    for key in keys:
        value = points[key]
        own = [f'{label}{_escaped(text)}"' for label, text in zip(labels, key, strict=True)]
        pairs = ",".join(whose + own)
        if isinstance(value, Spread):
            yield from _spread(name, pairs, value, whole=whole)
        else:
            yield f"{name}{{{pairs}}} {_number(value)}\n" if pairs else f"{name} {_number(value)}\n"
        if counts or (whole and isinstance(value, Spread)):
            began = family.began(key)
            if began:
                yield f"{name.removesuffix('_total')}_created{_braced(pairs)} {_number(began)}\n"


def _spread(name: str, pairs: str, spread: Spread, *, whole: bool) -> Iterator[str]:
    """Prometheus' buckets: each holds all that was not longer, and the last holds everything."""
    comma, so_far = "," if pairs else "", 0
    exemplars = spread.exemplars if whole and spread.exemplars else (None,) * len(BOUNDS)
    for bound, count, exemplar in zip(BOUNDS, spread.counts, exemplars, strict=True):
        so_far += count
        behind = _exemplar(exemplar) if exemplar is not None else ""
        yield f'{name}_bucket{{{pairs}{comma}le="{bound}"}} {so_far}{behind}\n'
    yield f"{name}_count{_braced(pairs)} {so_far}\n"
    yield f"{name}_sum{_braced(pairs)} {_number(spread.total)}\n"


def _exemplar(exemplar: Exemplar) -> str:
    """By the certificate's id, and by the trace's as everybody calls it."""
    who = f'decision_id="{_escaped(exemplar.decision)}",trace_id="{_escaped(exemplar.trace)}"'
    return f" # {{{who}}} {_number(exemplar.value)} {exemplar.at:.3f}"


def _braced(pairs: str) -> str:
    return f"{{{pairs}}}" if pairs else ""


def _number(value: float) -> str:
    if isinstance(value, int):
        # Beyond 64 bits OpenTelemetry has no integers: both exports round there.
        return str(value) if abs(value) <= GREATEST else repr(float(value))
    if math.isfinite(value):
        return repr(value)
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"


def _escaped(text: str) -> str:
    if '"' not in text and "\\" not in text and "\n" not in text:
        return text
    return _help(text).replace('"', '\\"')


def _help(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")
