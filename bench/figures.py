"""What is made of many measurements: a median, a 99th percentile, and how many there were.

Arithmetic only.
"""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """A number of measurements. With fewer than 100 of them ``p99`` is the largest."""

    n: int
    p50: float
    p99: float
    least: float
    most: float


def spread(values: Iterable[float | None]) -> Spread | None:
    """Sum up what was measured; what is None was not. None if nothing was."""
    found = sorted(value for value in values if value is not None)
    if not found:
        return None
    return Spread(len(found), statistics.median(found), nearest_rank(found, 99), found[0], found[-1])


def nearest_rank(ordered: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of all do not exceed; never one that was not measured."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def ratio(above: Spread | None, below: Spread | None) -> float | None:
    """The quotient of two medians."""
    if above is None or below is None or below.p50 <= 0:
        return None
    return above.p50 / below.p50
