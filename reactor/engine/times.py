"""The engine's moments as numbers: RFC 3339 with up to nine digits, seconds since the epoch.

Only differences of two of the engine's own moments mean anything; how they get onto our clock is
in ``ages``.
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d{1,18}))?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)


def seconds(text: str) -> float | None:
    """The moment in seconds since the epoch; None for the zero time and for what is no time."""
    found = _TIME.fullmatch(text)
    if not found:
        return None
    day, time, digits, zone = found.groups()
    try:
        whole = datetime.fromisoformat(f"{day}T{time}{'+00:00' if zone in 'Zz' else zone}")
        # The year 1 is how Go writes "never"; near it a zone can also lead out of the calendar.
        return None if whole.year == 1 else whole.timestamp() + float(f"0.{digits or 0}")
    except (ValueError, OverflowError):
        return None


def header_seconds(text: str) -> float | None:
    """The moment that a Date header names; None if it names none."""
    try:
        return parsedate_to_datetime(text).replace(tzinfo=UTC).timestamp()
    except (ValueError, OverflowError, TypeError):
        return None


def since(moment: float) -> str:
    """As the engine wants to be asked: seconds with nine digits, never a float's own form."""
    return f"{max(moment, 0.0):.9f}"
