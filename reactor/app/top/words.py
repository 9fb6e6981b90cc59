"""What a monitor answered, as words for a terminal: whatever it is, and unknown where it is not known.

Whatever comes from a monitor may be a stranger's words: it is made fit for a terminal here.
"""

import math
from collections.abc import Mapping
from typing import Any

from reactor.core.language.printing import tame
from reactor.core.language.units import say_bytes, say_duration

UNKNOWN = "—"
LONGEST = 120

Told = Mapping[str, Any]


def part(told: Told, name: str) -> Told:
    """A part of an answer; empty if it is none."""
    found = told.get(name)
    return found if isinstance(found, dict) else {}


def tamed(value: Any) -> str:
    """Somebody's words."""
    return "" if value is None else tame(str(value), LONGEST)


def number(value: Any) -> float | None:
    """A number that can be reckoned with."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) else None


def amounts(near: Told) -> str:
    """How much of how much; a unit that both have is said once."""
    value, bound = _amount(near, "value"), _amount(near, "bound")
    count, _, unit = value.partition(" ")
    return f"{count} of {bound}" if unit and bound.endswith(f" {unit}") else f"{value} of {bound}"


def _amount(near: Told, name: str) -> str:
    match near.get("unit"):
        case "bytes":
            return size(near.get(name))
        case "seconds":
            return span(near.get(name))
        case _:
            return count(near.get(name))


def count(value: Any) -> str:
    """How many."""
    found = number(value)
    return UNKNOWN if found is None else f"{found:,.0f}" if found.is_integer() else f"{found:.4g}"


def size(value: Any) -> str:
    """How much memory."""
    found = number(value)
    return UNKNOWN if found is None else say_bytes(round(found))


def cores(value: Any) -> str:
    """How many processors' worth of work."""
    found = number(value)
    return UNKNOWN if found is None else f"{found:.2f}"


def span(value: Any) -> str:
    """How long."""
    found = number(value)
    return UNKNOWN if found is None else say_duration(round(found))


def percent(share: float) -> str:
    """How far; what is not quite there is not there."""
    return ">999%" if share > 9.99 else f"{math.floor(share * 100 + 1e-9)}%"
