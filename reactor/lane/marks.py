"""Where a reading lies between the numbers that matter, and which one it passes next.

Only arithmetic is here. A reading passes a number when it comes to lie on it, above it or below it: whoever
asks ``>`` and whoever asks ``>=`` is told.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from reactor.cgroups.sweeping import NEVER


def marks(numbers: Iterable[float], shares: Iterable[float], limit: int | None) -> tuple[float, ...]:
    """All numbers in order. A share of no limit, or of one that is not known, is nothing to pass."""
    parts = () if limit is None else (share / 100 * limit for share in shares)
    return tuple(sorted({*numbers, *parts}))


def place(among: Sequence[float], value: int) -> int:
    """Where the value lies: another number for each gap between two marks, and for each mark."""
    return bisect_left(among, value) + bisect_right(among, value)


def next_above(among: Sequence[float], value: int) -> int:
    """A whole value above this lies elsewhere: the greatest that still lies where ``value`` does."""
    right = bisect_right(among, value)
    if right > bisect_left(among, value):
        return value
    return math.ceil(among[right]) - 1 if right < len(among) else NEVER
