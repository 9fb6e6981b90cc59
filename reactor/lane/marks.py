"""Where a reading lies between the numbers that matter, and which one it passes next.

Only arithmetic is here, and all of it exact. A reading passes a number when it comes to lie on it, above it
or below it, so that whoever asks ``>`` and whoever asks ``>=`` is told. A mark is twice its number, and odd
where the number is no whole one: no reading lies on that.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from reactor.cgroups.sweeping import NEVER

Ratio = tuple[int, int]
"""A numerator and a positive denominator."""


def marks(numbers: Iterable[Ratio], shares: Iterable[Ratio], limit: int | None) -> tuple[int, ...]:
    """All marks in order. A share of no limit, or of one that is not known, is nothing to pass."""
    parts = () if limit is None else ((over * limit, under) for over, under in shares)
    return tuple(sorted({_mark(*ratio) for ratio in (*numbers, *parts)}))


def place(among: Sequence[int], value: int) -> int:
    """Where the value lies: another number for each gap between two marks, and for each mark."""
    return bisect_left(among, 2 * value) + bisect_right(among, 2 * value)


def next_above(among: Sequence[int], value: int) -> int:
    """The greatest whole number that lies where ``value`` does: whatever is above it has passed a mark."""
    right = bisect_right(among, 2 * value)
    if right > bisect_left(among, 2 * value):
        return value
    return (among[right] - 1) // 2 if right < len(among) else NEVER


def foot(mark: int, farthest: int) -> int:
    """How far below a mark somebody comes near it: so far at most, and never by more than a quarter."""
    return min(farthest, mark // 4)


def thresholds(among: Sequence[int], limit: int | None, farthest: int) -> tuple[int, ...]:
    """The numbers at which to be told of usage, so that no passing of a mark by what is *in use* is late.

    That is usage without some page cache, so it passes the mark a little later: hence some numbers more on
    the way from the highest mark to the limit, which is where the kernel begins to end processes. And the
    kernel tells late: hence one more where each mark is near, as ``foot`` has it.
    """
    exact = [(mark + 1) // 2 for mark in among if mark > 0]
    numbers = sorted({*exact, *(number - foot(number, farthest) for number in exact)})
    if numbers:
        highest = numbers[-1]
        above = (limit if limit is not None else highest + highest // 4) - highest
        numbers += [highest + above * part // 8 for part in (1, 2, 4) if above >= 8]
    return tuple(numbers)


def _mark(over: int, under: int) -> int:
    whole, rest = divmod(over, under)
    return 2 * whole + bool(rest)
