"""How many there are at once, in total and from each address. What they are is not known here."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Crowd:
    """At most ``most`` at once, ``each`` of them from one address. Who has no address counts in the total."""

    def __init__(self, most: int, each: int) -> None:
        self._most = most
        self._each = each
        self._total = 0
        self._of: Counter[str] = Counter()

    def has_room(self, address: str) -> bool:
        """Whether one more would find room."""
        return self._total < self._most and not (address and self._of[address] >= self._each)

    @contextmanager
    def one(self, address: str) -> Iterator[bool]:
        """Count one more while this lasts, and say whether there is room; who has no room is not counted."""
        if not self.has_room(address):
            yield False
            return
        self._total += 1
        self._of[address] += 1
        try:
            yield True
        finally:
            self._total -= 1
            self._of[address] -= 1
            if not self._of[address]:
                # Addresses come and go; what is zero must not stay for ever.
                del self._of[address]
