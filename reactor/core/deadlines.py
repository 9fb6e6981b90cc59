"""All deadlines in one heap: who has to be looked at when, the earliest first.

It is never changed in place, as everything in a state: what is put in or taken out gives a new heap that
shares nearly all of the old one (a leftist heap: each change touches a path of about log n nodes). Nothing
is ever searched for in it. Whoever's moment has moved to a later one stays where he is: he is taken out at
the earlier one, found to be too early, and put in again.
"""

from dataclasses import dataclass
from typing import Optional

from reactor.core.container import ContainerId

_Node = tuple[float, ContainerId, int, Optional["_Node"], Optional["_Node"]]
"""A moment, whose it is, the length of the right spine, and the two heaps below."""


@dataclass(frozen=True, slots=True, eq=False)
class Deadlines:
    """Moments and whose they are. One who was put in twice is in it twice."""

    root: _Node | None = None
    count: int = 0

    def __len__(self) -> int:
        return self.count

    def put(self, at: float, key: ContainerId) -> "Deadlines":
        """A heap with this moment in it, too."""
        return Deadlines(_merged(self.root, (at, key, 1, None, None)), self.count + 1)

    @property
    def earliest(self) -> float | None:
        """The first moment of all; None if there is none."""
        return None if self.root is None else self.root[0]

    def due(self, at: float) -> "tuple[list[ContainerId], Deadlines]":
        """Whose moment has come, the earliest first, and the heap without them."""
        root, found = self.root, list[ContainerId]()
        while root is not None and root[0] <= at:
            found.append(root[1])
            root = _merged(root[3], root[4])
        return found, Deadlines(root, self.count - len(found))


def _merged(one: _Node | None, other: _Node | None) -> _Node | None:
    if one is None or other is None:
        return other if one is None else one
    if other[0] < one[0]:
        one, other = other, one
    right, left = _merged(one[4], other), one[3]
    # The longer spine goes to the left, so that the way down on the right stays short.
    if left is None or (right is not None and left[2] < right[2]):
        left, right = right, left
    return one[0], one[1], 1 + (right[2] if right is not None else 0), left, right
