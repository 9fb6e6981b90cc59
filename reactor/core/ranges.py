"""Between which of the numbers that rules compare a reading with it lies: as whole numbers, exactly.

Only arithmetic is here. A reading that lies on such a number has no room at all: ``>`` and ``>=`` differ
just there.
"""

from collections.abc import Iterable

from reactor.core.rules import Mark

Room = tuple[int, int]
"""The least and the greatest whole number that lie where a reading does."""
NOWHERE: Room = (1, 0)
_LEAST, _MOST = -(1 << 80), 1 << 80


def between(value: int | None, limit: int | None, marks: Iterable[Mark]) -> Room:
    """The room of this reading. A part of a limit that is not known is nothing to pass."""
    if value is None or (limit is not None and limit <= 0):
        return NOWHERE
    least, most = _LEAST, _MOST
    for mark in marks:
        if mark.relative and limit is None:
            continue
        over = mark.over * limit if mark.relative and limit is not None else mark.over
        side = value * mark.under - over
        if side > 0:
            least = max(least, over // mark.under + 1)
        elif side < 0:
            most = min(most, -(-over // mark.under) - 1)
        else:
            return value, value
    return least, most
