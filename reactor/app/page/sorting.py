"""Sorting ten thousand things while the loop goes round: no single sort of them, which nothing interrupts."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from reactor.app.page.slices import Slices

Thing = TypeVar("Thing")
FEW = 128
"""So many are sorted at once."""
_SEEN = 8
"""Of each few so many say where the borders between them are to be."""


async def in_order(things: Sequence[Thing], key: Callable[[Thing], Any], slices: Slices) -> list[Thing]:
    """The things by their keys, the least first; who have the same key stay as they came.

    They are put into small heaps whose borders a sample gives, and each heap is sorted by itself.
    """
    # With its number each key is there once, or all who have the same one would be one large heap.
    keyed: list[tuple[Any, int]] = []
    for number, thing in enumerate(things):
        keyed.append((key(thing), number))
        if slices.over:
            await slices.pause()
    heaps = await _heaps(keyed, slices)
    found: list[Thing] = []
    for heap in heaps:
        heap.sort()
        found.extend([things[number] for _, number in heap])
        heap.clear()
        if slices.over:
            await slices.pause()
    return found


async def _heaps(keyed: list[tuple[Any, int]], slices: Slices) -> list[list[tuple[Any, int]]]:
    sample = sorted(keyed[:: FEW // _SEEN])
    borders = sample[_SEEN::_SEEN]
    heaps: list[list[tuple[Any, int]]] = [[] for _ in range(len(borders) + 1)]
    for each in keyed:
        heaps[bisect_right(borders, each)].append(each)
        if slices.over:
            await slices.pause()
    keyed.clear()
    return heaps
